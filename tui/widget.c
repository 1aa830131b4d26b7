#include "core/posix.h"

#include "tui/widget.h"

#include <stdlib.h>
#include <string.h>

#include "core/utf8.h"

#define MARGIN 3

/* ---- frames and bars ---- */

Rect widget_frame(Grid *grid, Rect rect, Str title, Str right, bool focus) {
	Style border = STYLE(focus ? ROLE_BORDER_FOCUS : ROLE_BORDER);
	grid_box(grid, rect, border);
	Rect top = { rect.row, rect.col + 1, 1, rect.cols - 2 };
	int room = top.cols - 4, right_width = utf8_width(right);
	if (right.len && right_width + utf8_width(title) + 4 <= room) {
		int col = top.col + top.cols - right_width - 3;
		col = grid_puts(grid, top, top.row, col, border, " ");
		col = grid_text(grid, top, top.row, col, STYLE(ROLE_DIM), right);
		grid_puts(grid, top, top.row, col, border, " ");
		room -= right_width + 3;
	}
	if (title.len && room > 0) {
		int col = grid_puts(grid, top, top.row, top.col + 1, border, " ");
		col = grid_cut(grid, top, top.row, col, room, STYLE(focus ? ROLE_ACCENT : ROLE_TITLE), title);
		grid_puts(grid, top, top.row, col, border, " ");
	}
	return rect_inner(rect);
}

void widget_bar(Grid *grid, Rect rect, int row, int col, int cells, double value, bool bare) {
	static const char *const parts[] = { "", "▏", "▎", "▍", "▌", "▋", "▊", "▉", "█" };
	if (!(value > 0)) value = 0;
	if (value > 1) value = 1;
	int eighths = (int)(value * cells * 8 + 0.5);
	for (int i = 0; i < cells; i++) {
		int here = eighths - i * 8 > 8 ? 8 : eighths - i * 8;
		if (here > 0)
			grid_puts(grid, rect, row, col + i, STYLE(ROLE_BAR), parts[here]);
		else if (!bare)
			grid_puts(grid, rect, row, col + i, STYLE(ROLE_BAR_REST), "░");
	}
}

/* ---- lists ---- */

void list_select(ListState *list, size_t row) {
	list->selected = list->n == 0 ? 0 : row >= list->n ? list->n - 1 : row;
}

void list_set(ListState *list, size_t n) {
	list->n = n;
	list_select(list, list->selected);
	if (list->top >= n) list->top = 0;
}

static void move_by(ListState *list, int delta) {
	size_t back = (size_t)(delta < 0 ? -delta : 0);
	if (delta < 0)
		list->selected = back > list->selected ? 0 : list->selected - back;
	else
		list_select(list, list->selected + (size_t)delta);
}

bool list_act(ListState *list, ActionId action, int rows) {
	int page = rows > 2 ? rows - 1 : 1;
	switch (action) {
	case ACTION_UP: move_by(list, -1); break;
	case ACTION_DOWN: move_by(list, 1); break;
	case ACTION_PAGE_UP: move_by(list, -page); break;
	case ACTION_PAGE_DOWN: move_by(list, page); break;
	case ACTION_FIRST: list_select(list, 0); break;
	case ACTION_LAST: list_select(list, list->n); break;
	default: return false;
	}
	return true;
}

void list_settle(ListState *list, int rows) {
	if (rows <= 0) return;
	size_t shown = (size_t)rows, margin = shown > 2 * MARGIN ? MARGIN : (shown - 1) / 2;
	size_t last = list->n > shown ? list->n - shown : 0;
	if (list->selected < list->top + margin) list->top = list->selected > margin ? list->selected - margin : 0;
	if (list->selected + margin + 1 > list->top + shown) list->top = list->selected + margin + 1 - shown;
	if (list->top > last) list->top = last;
}

void list_scroll(ListState *list, int delta, int rows) {
	if (rows <= 0 || list->n == 0) return;
	size_t shown = (size_t)rows, margin = shown > 2 * MARGIN ? MARGIN : (shown - 1) / 2;
	size_t last = list->n > shown ? list->n - shown : 0, step = (size_t)(delta < 0 ? -delta : delta);
	if (delta < 0)
		list->top = step > list->top ? 0 : list->top - step;
	else
		list->top = list->top + step > last ? last : list->top + step;
	size_t low = list->top ? list->top + margin : 0;
	size_t high = list->top < last ? list->top + shown - 1 - margin : list->n - 1;
	if (list->selected < low) list_select(list, low);
	if (list->selected > high) list_select(list, high);
}

void text_scroll(size_t *top, int delta) {
	size_t step = (size_t)(delta < 0 ? -delta : delta);
	if (delta > 0)
		*top += step;
	else
		*top = step > *top ? 0 : *top - step;
}

bool text_act(size_t *top, size_t n, int rows, ActionId action) {
	switch (action) {
	case ACTION_UP: text_scroll(top, -1); return true;
	case ACTION_DOWN: text_scroll(top, 1); return true;
	case ACTION_PAGE_UP: text_scroll(top, 1 - rows); return true;
	case ACTION_PAGE_DOWN: text_scroll(top, rows - 1); return true;
	case ACTION_FIRST: *top = 0; return true;
	case ACTION_LAST: *top = n; return true;
	default: return false;
	}
}

bool list_event(ListState *list, Rect rows, size_t *top, const Event *event) {
	bool in_rows = rect_has(rows, event->row, event->col);
	if (event->kind == EVENT_WHEEL && in_rows)
		list_scroll(list, event->delta, rows.rows);
	else if (event->kind == EVENT_WHEEL)
		text_scroll(top, event->delta);
	else if (event->kind == EVENT_PRESS && in_rows)
		list_select(list, list->top + (size_t)(event->row - rows.row));
	else
		return false;
	return true;
}

void widget_scrollbar(Grid *grid, Rect rect, const ListState *list) {
	if (rect.rows < 2 || list->n <= (size_t)rect.rows) return;
	size_t rows = (size_t)rect.rows, last = list->n - rows;
	size_t length = rows * rows / list->n;
	if (length == 0) length = 1;
	size_t from = list->top >= last ? rows - length : (rows - length) * list->top / last;
	for (size_t i = 0; i < length; i++)
		grid_puts(grid, rect, rect.row + (int)(from + i), rect.col + rect.cols - 1, STYLE(ROLE_DIM), "▐");
}

/* ---- hints ---- */

typedef struct Hint {
	ActionId action;
	int rank, width;
	bool dropped;
} Hint;

static int hint_width(const Keymap *keymap, ActionId action) {
	char name[KEYS_NAME_MAX];
	return utf8_width(str_of(key_to_name(keymap_first(keymap, action), name))) + 1 +
	       utf8_width(str_of(action_info(action)->label)) + 2;
}

static size_t collect_hints(const Keymap *keymap, const View *view, Hint *hints, int *total) {
	size_t n = 0;
	for (int i = 1; i < ACTION_COUNT; i++) {
		const ActionInfo *info = action_info((ActionId)i);
		if (!(info->where & view->ops->where) || info->rank == 0) continue;
		if (keymap_first(keymap, (ActionId)i) == KEYS_NONE) continue;
		if (view->ops->can && !view->ops->can(view, (ActionId)i)) continue;
		hints[n] = (Hint) { (ActionId)i, info->rank, hint_width(keymap, (ActionId)i), false };
		*total += hints[n++].width;
	}
	return n;
}

void widget_hints(Grid *grid, Rect line, const Keymap *keymap, const View *view) {
	Hint hints[ACTION_COUNT];
	int total = 0;
	size_t n = collect_hints(keymap, view, hints, &total);
	while (total > line.cols) {
		Hint *least = NULL;
		for (size_t i = 0; i < n; i++)
			if (!hints[i].dropped && (!least || hints[i].rank >= least->rank)) least = &hints[i];
		if (!least) return;
		least->dropped = true;
		total -= least->width;
	}
	int col = line.col + 1;
	for (size_t i = 0; i < n; i++) {
		if (hints[i].dropped) continue;
		char name[KEYS_NAME_MAX];
		const char *key = key_to_name(keymap_first(keymap, hints[i].action), name);
		col = grid_puts(grid, line, line.row, col, STYLE(ROLE_KEY), key) + 1;
		col = grid_puts(grid, line, line.row, col, STYLE(ROLE_HINT), action_info(hints[i].action)->label) + 2;
	}
}

/* ---- popups and wrapped text ---- */

Rect widget_popup(Grid *grid, Rect rect, int rows, int cols, Str title) {
	if (rows > rect.rows) rows = rect.rows;
	if (cols > rect.cols) cols = rect.cols;
	Rect box = { rect.row + (rect.rows - rows) / 2, rect.col + (rect.cols - cols) / 2, rows, cols };
	grid_fill(grid, box, STYLE_ON(ROLE_TEXT, GROUND_POPUP));
	Rect inside = widget_frame(grid, box, title, STR_NONE, true);
	grid_ground(grid, box, GROUND_POPUP);
	return inside;
}

/* Takes the next line of at most `cells` off *rest: up to a newline, else to the last blank that fits, else as many
 * characters as fit (at least one). */
static bool next_line(Str *rest, int cells, Str *line) {
	if (!rest->ptr) return false;
	size_t newline = str_find(*rest, "\n", 0);
	size_t end = newline == SIZE_MAX ? rest->len : newline;
	size_t fit = utf8_fit(str_sub(*rest, 0, end), cells);
	if (fit == end) {
		*line = str_sub(*rest, 0, end);
		*rest = newline == SIZE_MAX ? STR_NONE : str_sub(*rest, newline + 1, rest->len);
		return true;
	}
	size_t blank = fit;
	while (blank > 0 && rest->ptr[blank] != ' ') blank--;
	size_t indent = 0;
	while (indent < blank && rest->ptr[indent] == ' ') indent++;
	if (blank > indent) fit = blank;
	if (fit == 0) fit = utf8_after(*rest, 0);
	*line = str_sub(*rest, 0, fit);
	while (fit < end && rest->ptr[fit] == ' ') fit++;
	*rest = str_sub(*rest, fit, rest->len);
	return true;
}

int widget_wrap(Grid *grid, Rect rect, Style style, Str text, int skip) {
	Str line;
	int n = 0;
	if (rect.cols <= 0 || text.len == 0) return 0;
	while (next_line(&text, rect.cols, &line)) {
		if (n >= skip && n - skip < rect.rows) grid_text(grid, rect, rect.row + n - skip, rect.col, style, line);
		n++;
	}
	return n;
}

int widget_wrap_lines(Str text, int cells) {
	Str line;
	int n = 0;
	while (cells > 0 && text.len && next_line(&text, cells, &line)) n++;
	return n;
}
