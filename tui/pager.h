/* A laid-out text (tui/doc.h) in a rectangle, scrolled by keys and the wheel. Used by views that show something long. */
#ifndef TUI_PAGER_H
#define TUI_PAGER_H

#include "tui/doc.h"
#include "tui/view.h"

typedef struct Pager {
	Doc doc; /* filled anew by the view before pager_draw */
	size_t top;
	int rows;
	bool follow; /* its end is shown as it grows, until the user scrolls */
} Pager;

void pager_done(Pager *pager);
/* Draws the text in rect, with a mark of the position at the right edge of `frame`. Settles the scrolling. */
void pager_draw(Pager *pager, Grid *grid, Rect rect, Rect frame, Ground ground);
/* Up, down, page-up, page-down, first, last; false for other actions. */
bool pager_act(Pager *pager, ActionId action);
bool pager_event(Pager *pager, const Event *event); /* the wheel; false for other events */

#endif
