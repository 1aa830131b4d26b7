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

bool pager_act(Pager *pager, ActionId action) {
	if (action == ACTION_LAST) {
		pager->follow = true;
		return true;
	}
	if (!text_act(&pager->top, pager->doc.lines.n, pager->rows, action)) return false;
	pager->follow = false;
	return true;
}

bool pager_event(Pager *pager, const Event *event) {
	if (event->kind != EVENT_WHEEL) return false;
	text_scroll(&pager->top, event->delta);
	pager->follow = false;
	return true;
}
