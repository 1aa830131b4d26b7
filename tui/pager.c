#include "core/posix.h"

#include "tui/pager.h"

#include "tui/widget.h"

void pager_done(Pager *pager) { doc_done(&pager->doc); }

void pager_draw(Pager *pager, Grid *grid, Rect rect, Rect frame, Ground ground) {
	size_t n = pager->doc.lines.n, shown = rect.rows > 0 ? (size_t)rect.rows : 0, last = n > shown ? n - shown : 0;
	pager->rows = rect.rows;
	if (pager->follow || pager->top > last) pager->top = last;
	doc_draw(&pager->doc, grid, rect, pager->top, ground);
	widget_scrollbar(grid, frame, &(ListState) { .n = n, .top = pager->top });
}

/* Downwards without a limit: drawing settles it. */
static void scroll(Pager *pager, int delta) {
	size_t back = (size_t)(delta < 0 ? -delta : 0);
	pager->follow = false;
	if (delta > 0)
		pager->top += (size_t)delta;
	else
		pager->top = back > pager->top ? 0 : pager->top - back;
}

bool pager_act(Pager *pager, ActionId action) {
	switch (action) {
	case ACTION_UP: scroll(pager, -1); break;
	case ACTION_DOWN: scroll(pager, 1); break;
	case ACTION_PAGE_UP: scroll(pager, 1 - pager->rows); break;
	case ACTION_PAGE_DOWN: scroll(pager, pager->rows - 1); break;
	case ACTION_FIRST: scroll(pager, -(int)pager->doc.lines.n); break;
	case ACTION_LAST: pager->follow = true; break;
	default: return false;
	}
	return true;
}

bool pager_event(Pager *pager, const Event *event) {
	if (event->kind != EVENT_WHEEL) return false;
	scroll(pager, event->delta);
	return true;
}
