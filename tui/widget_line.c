#include "core/posix.h"

#include "tui/widget_line.h"

#include <stdlib.h>
#include <string.h>

#include "core/utf8.h"

#define HISTORY_MAX 100

Str line_text(const LineEdit *line) { return line->text.ptr ? buf_view(&line->text) : STR(""); }

static void replace(LineEdit *line, size_t from, size_t to, Str with) {
	Buf text = { .max = LINE_MAX_BYTES };
	Str old = line_text(line);
	if (old.len - (to - from) + with.len > LINE_MAX_BYTES) return; /* full */
	buf_str(&text, str_sub(old, 0, from));
	buf_str(&text, with);
	buf_str(&text, str_sub(old, to, old.len));
	buf_done(&line->text);
	line->text = text;
	line->cursor = from + with.len;
}

void line_paste(LineEdit *line, Str text) {
	Buf clean = { .max = LINE_MAX_BYTES };
	bool blank = false;
	for (Utf8Cluster cluster; utf8_next(&text, &cluster);) {
		char c = cluster.text.ptr[0];
		if (c == '\n' || c == '\r' || c == '\t') {
			if (!blank) buf_putc(&clean, ' ');
			blank = true;
		} else if (cluster.kind == UTF8_PLAIN) {
			buf_str(&clean, cluster.text);
			blank = false;
		}
	}
	if (!clean.too_big) replace(line, line->cursor, line->cursor, buf_view(&clean));
	buf_done(&clean);
}

void line_set(LineEdit *line, Str text) {
	buf_clear(&line->text);
	line->cursor = 0;
	line_paste(line, text);
}

void line_init(LineEdit *line, Str text, const LineHistory *history) {
	*line = (LineEdit) { .history = history, .at = history ? history->n : 0 };
	line_set(line, text);
}

void line_done(LineEdit *line) {
	buf_done(&line->text);
	free(line->typed);
	*line = (LineEdit) { 0 };
}

/* ---- moving and deleting ---- */

static bool blank_at(Str text, size_t at) { return at < text.len && text.ptr[at] == ' '; }

static size_t word_before(const LineEdit *line) {
	Str text = line_text(line);
	size_t at = line->cursor;
	while (at > 0 && blank_at(text, at - 1)) at--;
	while (at > 0 && !blank_at(text, at - 1)) at--;
	return at;
}

static size_t word_after(const LineEdit *line) {
	Str text = line_text(line);
	size_t at = line->cursor;
	while (blank_at(text, at)) at++;
	while (at < text.len && !blank_at(text, at)) at++;
	return at;
}

static void step_history(LineEdit *line, int delta) {
	size_t n = line->history ? line->history->n : 0;
	if ((delta < 0 && line->at == 0) || (delta > 0 && line->at >= n)) return;
	if (line->at == n) {
		free(line->typed);
		line->typed = base_strdup(line->text.ptr ? line->text.ptr : "");
	}
	line->at += (size_t)delta; /* wraps to minus one for -1 */
	line_set(line, str_of(line->at == n ? line->typed : line->history->at[line->at]));
}

static bool moves(LineEdit *line, Key key) {
	Str text = line_text(line);
	switch (key) {
	case KEYS_LEFT: line->cursor = utf8_before(text, line->cursor); return true;
	case KEYS_RIGHT: line->cursor = utf8_after(text, line->cursor); return true;
	case KEYS_HOME:
	case KEYS_CTRL | 'a': line->cursor = 0; return true;
	case KEYS_END: line->cursor = text.len; return true;
	case KEYS_LEFT | KEYS_CTRL:
	case KEYS_META | 'b': line->cursor = word_before(line); return true;
	case KEYS_RIGHT | KEYS_CTRL:
	case KEYS_META | 'f': line->cursor = word_after(line); return true;
	case KEYS_UP: step_history(line, -1); return true;
	case KEYS_DOWN: step_history(line, 1); return true;
	default: return false;
	}
}

static bool deletes(LineEdit *line, Key key) {
	Str text = line_text(line);
	size_t at = line->cursor;
	switch (key) {
	case KEYS_BACKSPACE: replace(line, at == 0 ? 0 : utf8_before(text, at), at, STR_NONE); return true;
	case KEYS_DELETE:
		replace(line, at, utf8_after(text, at), STR_NONE);
		line->cursor = at;
		return true;
	case KEYS_CTRL | 'w':
	case KEYS_META | KEYS_BACKSPACE: replace(line, word_before(line), at, STR_NONE); return true;
	case KEYS_CTRL | 'u': replace(line, 0, at, STR_NONE); return true;
	case KEYS_CTRL | 'k':
		replace(line, at, text.len, STR_NONE);
		line->cursor = at;
		return true;
	default: return false;
	}
}

bool line_key(LineEdit *line, Key key) {
	if (moves(line, key) || deletes(line, key)) return true;
	if (!key_types(key)) return false;
	char bytes[4];
	size_t n = utf8_encode(key, bytes);
	line_paste(line, (Str) { bytes, n });
	return true;
}

void line_draw(LineEdit *line, Grid *grid, Rect rect, Style style) {
	Str text = line_text(line);
	int cursor = utf8_width(str_sub(text, 0, line->cursor)), width = utf8_width(text);
	int room = rect.cols - 1; /* the last cell is for the cursor behind the text */
	if (room < 1) return;
	if (cursor < line->left) line->left = cursor;
	if (cursor > line->left + room) line->left = cursor - room;
	if (width < line->left + room) line->left = width > room ? width - room : 0;
	Rect row = { rect.row, rect.col, 1, rect.cols };
	grid_text(grid, row, rect.row, rect.col - line->left, style, text);
	if (line->left > 0) grid_puts(grid, row, rect.row, rect.col, STYLE(ROLE_DIM), "…");
	grid_cursor(grid, row, rect.row, rect.col + cursor - line->left);
}

/* ---- history ---- */

void line_remember(LineHistory *history, Str text) {
	if (text.len == 0 || (history->n && str_is(text, history->at[history->n - 1]))) return;
	if (history->n == HISTORY_MAX) {
		free(history->at[0]);
		memmove(history->at, history->at + 1, (HISTORY_MAX - 1) * sizeof *history->at);
		history->n--;
	}
	Buf copy = { 0 };
	buf_str(&copy, text);
	VEC_PUSH(*history) = buf_take(&copy);
}

void line_history_done(LineHistory *history) {
	for (size_t i = 0; i < history->n; i++) free(history->at[i]);
	VEC_FREE(*history);
}
