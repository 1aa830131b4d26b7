/* The pieces that views are made of: panes with titles in shared borders, bars, lists that scroll, hints, popups. They
 * draw into a rectangle of the grid and hold no more state than a list's position. */
#ifndef TUI_WIDGET_H
#define TUI_WIDGET_H

#include "tui/grid.h"
#include "tui/view.h"

/* A border around rect with a title on its upper line at the left, and one at the right (either may be empty). Panes that
 * share a border overlap by one row or column: the joins come by themselves. A title too long is cut with an ellipsis;
 * the right one is left out when both don't fit. Returns the inside. With focus, drawn in the accent; draw that one last. */
Rect widget_frame(Grid *grid, Rect rect, Str title, Str right, bool focus);

/* A bar of `cells` for value 0..1, in eighths of a cell; the rest in ROLE_BAR_REST as "░", or blank when bare. */
void widget_bar(Grid *grid, Rect rect, int row, int col, int cells, double value, bool bare);

/* ---- lists ---- */

typedef struct ListState {
	size_t n;        /* rows there are */
	size_t selected; /* below n, 0 when empty */
	size_t top;      /* first row shown */
} ListState;

void list_set(ListState *list, size_t n); /* a new number of rows; keeps the selection where it can */
void list_select(ListState *list, size_t row);
/* Handles up, down, page-up, page-down, first, last; rows is what is shown at once. False for other actions. */
bool list_act(ListState *list, ActionId action, int rows);
/* Settles `top` so that the selected row is shown, with a margin of up to three rows to both edges where there are more. */
void list_settle(ListState *list, int rows);
/* Scrolls what is shown by delta rows (the wheel), and takes the selection along at the edges. */
void list_scroll(ListState *list, int delta, int rows);
/* The mouse over a list that was drawn in rows: the wheel scrolls it, a press selects. Elsewhere the wheel scrolls the text
 * beside it, whose first line is *top. False for what is neither. */
bool list_event(ListState *list, Rect rows, size_t *top, const Event *event);
/* A text that is only read, by its first line: up, down, pages, ends. Drawing settles a top that is too low down. */
bool text_act(size_t *top, size_t n, int rows, ActionId action);
void text_scroll(size_t *top, int delta);
/* A mark at the right edge of rect for where the shown part lies, when not all is shown. */
void widget_scrollbar(Grid *grid, Rect rect, const ListState *list);

/* ---- hints and popups ---- */

/* One line of hints "a accept  r reject" for a view: those of its actions that have a rank, a key and apply now, least
 * important dropped until it fits. help's hint stays longest. */
void widget_hints(Grid *grid, Rect line, const Keymap *keymap, const View *view);
/* A cleared, framed rectangle in the middle of rect, at most rows × cols with its border; returns the inside. */
Rect widget_popup(Grid *grid, Rect rect, int rows, int cols, Str title);
/* Draws text wrapped at blanks to the width of rect, beginning with line `skip` of the result. Returns how many lines
 * there are in all. Newlines in text begin a new line. */
int widget_wrap(Grid *grid, Rect rect, Style style, Str text, int skip);
/* How many lines text takes when wrapped to that many cells. */
int widget_wrap_lines(Str text, int cells);

#endif
