/* The screen as cells, before any terminal sees it: what views draw into, and what `:dump` writes.
 *
 * A grid is rows × columns of cells. A cell holds one character (a grapheme cluster in UTF-8), how wide it is, and its
 * style. A character of two cells has its text in the left cell; the right one has width 0 and no text. Lines of boxes
 * are kept as arms (up, down, left, right), so that borders which meet or cross join by themselves.
 *
 * Rows and columns count from 0. Every drawing function clips to the rectangle it is given (which itself is clipped to
 * the grid), so a view can never draw outside its place; text is made visible (core/utf8.h) and never steers a terminal. */
#ifndef TUI_GRID_H
#define TUI_GRID_H

#include "core/base.h"
#include "tui/theme.h"

enum { GRID_UP = 1, GRID_DOWN = 2, GRID_LEFT = 4, GRID_RIGHT = 8 };

#define GRID_CLUSTER 27

typedef struct Cell {
	char text[GRID_CLUSTER]; /* UTF-8, not terminated; longer clusters are cut at a code point */
	uint8_t len;             /* bytes of text; 0 in an arms cell and in the right half of a wide character */
	uint8_t width;           /* 1 or 2; 0 in the right half */
	uint8_t arms;            /* GRID_UP ... : part of a box */
	Style style;
} Cell;

typedef struct Rect {
	int row, col, rows, cols; /* empty when rows or cols is not positive */
} Rect;

typedef struct Grid {
	int rows, cols;
	Cell *cells;
	int cursor_row, cursor_col; /* -1: no cursor */
} Grid;

/* A piece of text with one style; lines of code and hints are arrays of them. */
typedef struct Run {
	Str text;
	Style style;
} Run;

/* All-zero is an empty grid. Sizes are clipped to 1..1000. Resizing clears. */
void grid_resize(Grid *grid, int rows, int cols);
void grid_clear(Grid *grid);
void grid_done(Grid *grid);
const Cell *grid_at(const Grid *grid, int row, int col); /* NULL outside */

Rect grid_all(const Grid *grid);
Rect rect_inner(Rect rect); /* without a border of one cell */
Rect rect_clip(Rect rect, Rect within);
bool rect_has(Rect rect, int row, int col);
/* Cuts `rows` lines off the top (negative: bottom) of *rect and returns them. */
Rect rect_take_rows(Rect *rect, int rows);
Rect rect_take_cols(Rect *rect, int cols);

/* Blanks the rectangle in that style. */
void grid_fill(Grid *grid, Rect rect, Style style);
/* Sets the ground behind what is already drawn, and leaves characters and roles. */
void grid_ground(Grid *grid, Rect rect, Ground ground);
/* Draws text at row, col (of the grid), clipped to rect on both sides (col may lie left of it). Returns the column after
 * the text, whether or not all of it was visible. A wide character cut by an edge becomes a blank. */
int grid_text(Grid *grid, Rect rect, int row, int col, Style style, Str text);
int grid_puts(Grid *grid, Rect rect, int row, int col, Style style, const char *text);
int grid_printf(Grid *grid, Rect rect, int row, int col, Style style, const char *fmt, ...) BASE_PRINTF(6, 7);
/* Draws at most `cells` of text, with an ellipsis when it is longer. Returns the column after it. */
int grid_cut(Grid *grid, Rect rect, int row, int col, int cells, Style style, Str text);
/* Draws runs one after the other from column col, of which the first `skip` cells are left out (scrolled away). */
int grid_runs(Grid *grid, Rect rect, int row, int col, int skip, const Run *runs, size_t n);

/* Lines of boxes, joined with what is there. A line of n cells from row, col; the ends reach only inwards, so that a
 * corner is what two lines make. n below 2 draws nothing. */
void grid_hline(Grid *grid, Rect rect, int row, int col, int n, Style style);
void grid_vline(Grid *grid, Rect rect, int row, int col, int n, Style style);
void grid_box(Grid *grid, Rect rect, Style style);

void grid_cursor(Grid *grid, Rect rect, int row, int col); /* shows the cursor, when it is inside rect */

/* What a cell shows, as UTF-8: its text, or the box character of its arms ("┼"), or a blank. */
Str grid_glyph(const Cell *cell);
/* The same for a terminal that has ASCII only: boxes of + - |, marks by their nearest look, anything else '?'. One
 * character, which fills the first cell of the glyph. */
char grid_ascii(const Cell *cell);

/* The rows as text lines, blanks at their ends and empty rows at the end trimmed. */
void grid_dump(const Grid *grid, Buf *out);
/* The styles: for each row that has any but plain text, lines `ROW:COL role/ground text`, a line for each stretch of one
 * style (blanks without a ground left out); rows and columns count from 1. */
void grid_dump_roles(const Grid *grid, Buf *out);
/* True when some row contains the text. */
bool grid_shows(const Grid *grid, Str text);

#endif
