#include "core/posix.h"

#include "tui/grid.h"

#include <stdlib.h>
#include <string.h>

#include "core/utf8.h"

#define GRID_MAX 1000

static int clip_int(int value, int low, int high) { return value < low ? low : value > high ? high : value; }

void grid_resize(Grid *grid, int rows, int cols) {
	rows = clip_int(rows, 1, GRID_MAX);
	cols = clip_int(cols, 1, GRID_MAX);
	if (rows != grid->rows || cols != grid->cols) {
		grid->cells = base_realloc(grid->cells, (size_t)rows * (size_t)cols * sizeof(Cell));
		grid->rows = rows;
		grid->cols = cols;
	}
	grid_clear(grid);
}

static void blank(Cell *cell, Style style) { *cell = (Cell) { .text = " ", .len = 1, .width = 1, .style = style }; }

void grid_clear(Grid *grid) {
	for (int i = 0; i < grid->rows * grid->cols; i++) blank(&grid->cells[i], STYLE(ROLE_TEXT));
	grid->cursor_row = grid->cursor_col = -1;
}

void grid_done(Grid *grid) {
	free(grid->cells);
	*grid = (Grid) { 0 };
}

static Cell *cell_at(Grid *grid, int row, int col) { return &grid->cells[row * grid->cols + col]; }

const Cell *grid_at(const Grid *grid, int row, int col) {
	if (row < 0 || col < 0 || row >= grid->rows || col >= grid->cols) return NULL;
	return &grid->cells[row * grid->cols + col];
}

/* ---- rectangles ---- */

Rect grid_all(const Grid *grid) { return (Rect) { 0, 0, grid->rows, grid->cols }; }

Rect rect_inner(Rect rect) { return (Rect) { rect.row + 1, rect.col + 1, rect.rows - 2, rect.cols - 2 }; }

Rect rect_clip(Rect rect, Rect within) {
	int top = rect.row > within.row ? rect.row : within.row;
	int left = rect.col > within.col ? rect.col : within.col;
	int bottom = rect.row + rect.rows, right = rect.col + rect.cols;
	if (bottom > within.row + within.rows) bottom = within.row + within.rows;
	if (right > within.col + within.cols) right = within.col + within.cols;
	if (bottom < top) bottom = top;
	if (right < left) right = left;
	return (Rect) { top, left, bottom - top, right - left };
}

bool rect_has(Rect rect, int row, int col) {
	return row >= rect.row && col >= rect.col && row < rect.row + rect.rows && col < rect.col + rect.cols;
}

Rect rect_take_rows(Rect *rect, int rows) {
	int n = clip_int(rows < 0 ? -rows : rows, 0, rect->rows > 0 ? rect->rows : 0);
	Rect taken = { rows < 0 ? rect->row + rect->rows - n : rect->row, rect->col, n, rect->cols };
	if (rows > 0) rect->row += n;
	rect->rows -= n;
	return taken;
}

Rect rect_take_cols(Rect *rect, int cols) {
	int n = clip_int(cols < 0 ? -cols : cols, 0, rect->cols > 0 ? rect->cols : 0);
	Rect taken = { rect->row, cols < 0 ? rect->col + rect->cols - n : rect->col, rect->rows, n };
	if (cols > 0) rect->col += n;
	rect->cols -= n;
	return taken;
}

/* ---- drawing ---- */

/* Before a cell is written: when it is half of a wide character, the other half becomes a blank. */
static void detach(Grid *grid, int row, int col) {
	Cell *cell = cell_at(grid, row, col);
	if (cell->width == 0 && col > 0) blank(cell - 1, cell[-1].style);
	if (cell->width == 2 && col + 1 < grid->cols) blank(cell + 1, cell[1].style);
}

void grid_fill(Grid *grid, Rect rect, Style style) {
	rect = rect_clip(rect, grid_all(grid));
	for (int row = rect.row; row < rect.row + rect.rows; row++)
		for (int col = rect.col; col < rect.col + rect.cols; col++) {
			detach(grid, row, col);
			blank(cell_at(grid, row, col), style);
		}
}

void grid_ground(Grid *grid, Rect rect, Ground ground) {
	rect = rect_clip(rect, grid_all(grid));
	for (int row = rect.row; row < rect.row + rect.rows; row++)
		for (int col = rect.col; col < rect.col + rect.cols; col++)
			cell_at(grid, row, col)->style.ground = (uint8_t)ground;
}

static void put(Grid *grid, int row, int col, Style style, Str text, int width) {
	for (int i = 0; i < width; i++) detach(grid, row, col + i);
	Cell *cell = cell_at(grid, row, col);
	*cell = (Cell) { .width = (uint8_t)width, .style = style };
	while (text.len > GRID_CLUSTER) {
		text.len--;
		while (text.len && ((unsigned char)text.ptr[text.len] & 0xC0) == 0x80) text.len--;
	}
	memcpy(cell->text, text.ptr, text.len);
	cell->len = (uint8_t)text.len;
	if (width == 2) cell[1] = (Cell) { .width = 0, .style = style };
}

/* One cluster at col, or blanks where an edge cuts it. Columns left of the rectangle are scrolled away. */
static void place(Grid *grid, Rect clip, int row, int col, Style style, Str text, int width) {
	int end = clip.col + clip.cols;
	if (col >= clip.col && col + width <= end) {
		put(grid, row, col, style, text, width);
		return;
	}
	for (int i = col; i < col + width; i++)
		if (i >= clip.col && i < end) put(grid, row, i, style, STR(" "), 1);
}

int grid_text(Grid *grid, Rect rect, int row, int col, Style style, Str text) {
	Rect clip = rect_clip(rect, grid_all(grid));
	bool visible = row >= clip.row && row < clip.row + clip.rows && clip.cols > 0;
	Utf8Cluster cluster;
	while (utf8_next(&text, &cluster)) {
		if (cluster.width == 0) continue;
		if (visible && cluster.kind == UTF8_PLAIN) {
			place(grid, clip, row, col, style, cluster.text, cluster.width);
		} else if (visible) {
			Buf form = { 0 };
			utf8_show(&form, cluster.text);
			for (size_t i = 0; i < form.len; i++)
				place(grid, clip, row, col + (int)i, style, str_sub(buf_view(&form), i, i + 1), 1);
			buf_done(&form);
		}
		col += cluster.width;
	}
	return col;
}

int grid_puts(Grid *grid, Rect rect, int row, int col, Style style, const char *text) {
	return grid_text(grid, rect, row, col, style, str_of(text));
}

int grid_printf(Grid *grid, Rect rect, int row, int col, Style style, const char *fmt, ...) {
	Buf text = { 0 };
	va_list args;
	va_start(args, fmt);
	buf_vprintf(&text, fmt, args);
	va_end(args);
	col = grid_text(grid, rect, row, col, style, buf_view(&text));
	buf_done(&text);
	return col;
}

int grid_cut(Grid *grid, Rect rect, int row, int col, int cells, Style style, Str text) {
	Buf shown = { 0 };
	utf8_cut(&shown, text, cells);
	col = grid_text(grid, rect, row, col, style, buf_view(&shown));
	buf_done(&shown);
	return col;
}

int grid_runs(Grid *grid, Rect rect, int row, int col, int skip, const Run *runs, size_t n) {
	Rect clip = rect_clip((Rect) { rect.row, col, rect.rows, rect.col + rect.cols - col }, rect);
	col -= skip;
	for (size_t i = 0; i < n; i++) col = grid_text(grid, clip, row, col, runs[i].style, runs[i].text);
	return col;
}

/* ---- boxes ---- */

static void add_arms(Grid *grid, Rect clip, int row, int col, unsigned arms, Style style) {
	if (!rect_has(clip, row, col)) return;
	detach(grid, row, col);
	Cell *cell = cell_at(grid, row, col);
	unsigned all = arms | cell->arms;
	*cell = (Cell) { .width = 1, .arms = (uint8_t)all, .style = style };
}

void grid_hline(Grid *grid, Rect rect, int row, int col, int n, Style style) {
	Rect clip = rect_clip(rect, grid_all(grid));
	for (int i = 0; n >= 2 && i < n; i++)
		add_arms(grid, clip, row, col + i, (i > 0 ? GRID_LEFT : 0u) | (i + 1 < n ? GRID_RIGHT : 0u), style);
}

void grid_vline(Grid *grid, Rect rect, int row, int col, int n, Style style) {
	Rect clip = rect_clip(rect, grid_all(grid));
	for (int i = 0; n >= 2 && i < n; i++)
		add_arms(grid, clip, row + i, col, (i > 0 ? GRID_UP : 0u) | (i + 1 < n ? GRID_DOWN : 0u), style);
}

void grid_box(Grid *grid, Rect rect, Style style) {
	if (rect.rows < 2 || rect.cols < 2) return;
	grid_hline(grid, rect, rect.row, rect.col, rect.cols, style);
	grid_hline(grid, rect, rect.row + rect.rows - 1, rect.col, rect.cols, style);
	grid_vline(grid, rect, rect.row, rect.col, rect.rows, style);
	grid_vline(grid, rect, rect.row, rect.col + rect.cols - 1, rect.rows, style);
}

void grid_cursor(Grid *grid, Rect rect, int row, int col) {
	if (!rect_has(rect_clip(rect, grid_all(grid)), row, col)) return;
	grid->cursor_row = row;
	grid->cursor_col = col;
}

/* ---- what a cell shows ---- */

static const char *const BOX[16] = {
	[0] = " ",
	[GRID_UP] = "│",
	[GRID_DOWN] = "│",
	[GRID_UP | GRID_DOWN] = "│",
	[GRID_LEFT] = "─",
	[GRID_RIGHT] = "─",
	[GRID_LEFT | GRID_RIGHT] = "─",
	[GRID_DOWN | GRID_RIGHT] = "┌",
	[GRID_DOWN | GRID_LEFT] = "┐",
	[GRID_UP | GRID_RIGHT] = "└",
	[GRID_UP | GRID_LEFT] = "┘",
	[GRID_UP | GRID_DOWN | GRID_RIGHT] = "├",
	[GRID_UP | GRID_DOWN | GRID_LEFT] = "┤",
	[GRID_DOWN | GRID_LEFT | GRID_RIGHT] = "┬",
	[GRID_UP | GRID_LEFT | GRID_RIGHT] = "┴",
	[GRID_UP | GRID_DOWN | GRID_LEFT | GRID_RIGHT] = "┼",
};

Str grid_glyph(const Cell *cell) {
	if (cell->arms) return str_of(BOX[cell->arms & 15]);
	return (Str) { cell->text, cell->len };
}

static const struct {
	const char *glyph;
	char ascii;
} NEAREST[] = {
	{ "…", '~' },
	{ "○", 'o' },
	{ "●", '*' },
	{ "✓", 'v' },
	{ "✔", 'V' },
	{ "✗", 'x' },
	{ "◐", '%' },
	{ "▸", '>' },
	{ "▌", '|' },
	{ "▏", '|' },
	{ "│", '|' },
	{ "─", '-' },
	{ "█", '#' },
	{ "▉", '#' },
	{ "▊", '#' },
	{ "▋", '=' },
	{ "▍", '=' },
	{ "▎", '-' },
	{ "░", '.' },
	{ "·", '.' },
	{ "→", '>' },
	{ "←", '<' },
	{ "↑", '^' },
	{ "↓", 'v' },
	{ "×", 'x' },
	{ "—", '-' },
	{ "–", '-' },
	{ "‘", '\'' },
	{ "’", '\'' },
	{ "“", '"' },
	{ "”", '"' },
};

char grid_ascii(const Cell *cell) {
	unsigned across = cell->arms & (GRID_LEFT | GRID_RIGHT), upright = cell->arms & (GRID_UP | GRID_DOWN);
	if (cell->arms) return across && upright ? '+' : across ? '-' : '|';
	if (cell->len == 0) return ' ';
	if (cell->len == 1) return cell->text[0];
	for (size_t i = 0; i < BASE_COUNT(NEAREST); i++)
		if (str_is((Str) { cell->text, cell->len }, NEAREST[i].glyph)) return NEAREST[i].ascii;
	return '?';
}

/* ---- dumps ---- */

static void row_text(const Grid *grid, int row, Buf *out) {
	for (int col = 0; col < grid->cols; col++) buf_str(out, grid_glyph(grid_at(grid, row, col)));
	while (out->len && out->ptr[out->len - 1] == ' ') out->ptr[--out->len] = '\0';
}

void grid_dump(const Grid *grid, Buf *out) {
	int empty = 0;
	for (int row = 0; row < grid->rows; row++) {
		Buf line = { 0 };
		row_text(grid, row, &line);
		if (line.len == 0) {
			empty++;
		} else {
			for (; empty > 0; empty--) buf_putc(out, '\n');
			buf_str(out, buf_view(&line));
			buf_putc(out, '\n');
		}
		buf_done(&line);
	}
}

static bool same_style(Style a, Style b) { return a.role == b.role && a.ground == b.ground; }

void grid_dump_roles(const Grid *grid, Buf *out) {
	for (int row = 0; row < grid->rows; row++)
		for (int col = 0, end; col < grid->cols; col = end) {
			Style style = grid_at(grid, row, col)->style;
			Buf text = { 0 };
			for (end = col; end < grid->cols && same_style(grid_at(grid, row, end)->style, style); end++)
				buf_str(&text, grid_glyph(grid_at(grid, row, end)));
			bool plain = style.ground == GROUND_NONE && (style.role == ROLE_TEXT || str_trim(buf_view(&text)).len == 0);
			if (!plain)
				buf_printf(out, "%d:%d %s/%s %s\n", row + 1, col + 1, theme_role_name((Role)style.role),
				    theme_ground_name((Ground)style.ground), text.ptr ? text.ptr : "");
			buf_done(&text);
		}
}

bool grid_shows(const Grid *grid, Str text) {
	char *needle = base_alloc(text.len + 1);
	if (text.len) memcpy(needle, text.ptr, text.len);
	bool found = false;
	for (int row = 0; row < grid->rows && !found; row++) {
		Buf line = { 0 };
		row_text(grid, row, &line);
		found = str_find(buf_view(&line), needle, 0) != SIZE_MAX;
		buf_done(&line);
	}
	free(needle);
	return found;
}
