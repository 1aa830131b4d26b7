/* Where everything of the walk goes: three panes at 120 columns and more, two at 100, one with tabs below; the list and
 * the card under them, one of them where it is narrow. */
#include "core/posix.h"

#include "tui/view_walk_state.h"

#include <string.h>

#include "core/utf8.h"
#include "tui/mark.h"

enum { THREE_PANES = 120, TWO_PANES = 100 };

/* ---- the top line ---- */

static int draw_progress(WalkView *v, Grid *grid, Rect line, int col, const WorkProgress *at) {
	double value = at->total ? (double)at->done / (double)at->total : 0;
	col = grid_puts(grid, line, line.row, col, STYLE(ROLE_INFO), at->phase) + 1;
	if (at->total) col = grid_printf(grid, line, line.row, col, STYLE(ROLE_DIM), "%zu/%zu", at->done, at->total) + 1;
	widget_bar(grid, line, line.row, col, 12, value, false);
	(void)v;
	return col + 12;
}

/* What is said of a side, in three lengths: 0 all, 1 without from where it moved, 2 that it is there. */
static void side_words(const WalkView *v, Side side, int brevity, Buf *out, Role *role) {
	const Session *session = walk_session(work_walk(v->work));
	const SessionSide *s = &session->sides[side];
	const WalkSide *now = walk_side(work_walk(v->work), side);
	bool moved = now && now->moved, port = side == SIDE_SWIFT;
	*role = moved ? ROLE_WARN : ROLE_DIM;
	buf_printf(out, "%s %s", side_name(side), s->n_paths ? "✓" : "–");
	if (s->n_paths == 0) return;
	if (moved && brevity == 0)
		buf_printf(out, " moved from %.*s to %.*s", STR_ARG(now->was), STR_ARG(now->now));
	else if (moved)
		buf_puts(out, " moved");
	else if (port && s->branch.len && brevity < 2)
		buf_printf(out, " %.*s", STR_ARG(s->branch));
	if (port && s->dirty && brevity < 2)
		buf_printf(out, ", %zu file%s changed", s->n_changed, s->n_changed == 1 ? "" : "s");
}

static bool try_sides(const WalkView *v, Grid *grid, Rect line, int from, int brevity) {
	Buf words[SIDE_COUNT] = { { 0 } };
	Role roles[SIDE_COUNT];
	int width = 0;
	for (int side = 0; side < SIDE_COUNT; side++) {
		side_words(v, (Side)side, brevity, &words[side], &roles[side]);
		width += utf8_width(buf_view(&words[side])) + 2;
	}
	int col = line.col + line.cols - width + 1;
	bool fits = col > from + 1;
	for (int side = 0; side < SIDE_COUNT; side++) {
		if (fits) col = grid_text(grid, line, line.row, col, STYLE(roles[side]), buf_view(&words[side])) + 2;
		buf_done(&words[side]);
	}
	return fits;
}

static void draw_sides(const WalkView *v, Grid *grid, Rect line, int from) {
	for (int brevity = 0; brevity < 3; brevity++)
		if (try_sides(v, grid, line, from, brevity)) return;
}

/* The tabs of the one pane that is shown, at the right: "1 python  2 pytorch  [3 swift]". */
static void draw_tabs(const WalkView *v, Grid *grid, Rect line, int from) {
	static const char *const names[SIDE_COUNT] = { "python", "pytorch", "swift" };
	int col = line.col + line.cols - 32;
	for (int side = 0; side < SIDE_COUNT && col > from; side++) {
		bool here = v->tab == (Side)side;
		col = grid_printf(grid, line, line.row, col, STYLE(here ? ROLE_ACCENT : ROLE_DIM), here ? "[%d %s]" : " %d %s ",
		    side + 1, names[side]);
	}
}

static void draw_top(WalkView *v, Grid *grid, Rect line, int panes) {
	Walk *walk = work_walk(v->work);
	size_t listed = walk_n_listed(walk), decided = walk_n_decided(walk);
	WorkProgress at;
	int col = line.col + 1;
	if (panes == SIDE_COUNT) col = grid_puts(grid, line, line.row, col, STYLE(ROLE_TITLE), "triptych") + 2;
	col = grid_cut(grid, line, line.row, col, line.cols / 4, STYLE(ROLE_ACCENT), str_of(work_name(v->work)));
	if (panes == SIDE_COUNT) col = grid_puts(grid, line, line.row, col, STYLE(ROLE_DIM), " · walk");
	col += panes == SIDE_COUNT ? 4 : 2;
	if (work_progress(v->work, &at)) {
		col = draw_progress(v, grid, line, col, &at);
	} else {
		col = grid_printf(grid, line, line.row, col, STYLE(ROLE_TEXT), panes > 1 ? "%zu of %zu decided" : "%zu/%zu",
		          decided, listed) +
		      1;
		int cells = panes == SIDE_COUNT ? 18 : 14;
		widget_bar(grid, line, line.row, col, cells, listed ? (double)decided / (double)listed : 0, false);
		col += cells;
	}
	if (panes == 1)
		draw_tabs(v, grid, line, col);
	else
		draw_sides(v, grid, line, col);
	grid_ground(grid, line, GROUND_LINE);
}

/* ---- the panes ---- */

static void pane_with_title(WalkView *v, Grid *grid, Rect rect, Side side, Str title, bool heads) {
	Pane *pane = &v->panes[side];
	pane->rect = rect;
	Rect inside = widget_frame(grid, rect, title, STR_NONE, v->focus == (Focus)side);
	if (heads) {
		Buf name = { 0 };
		Rect head = rect_take_rows(&inside, 2);
		utf8_cut_front(&name, pane->name, head.cols - 2);
		grid_text(grid, head, head.row, head.col + 1, STYLE(ROLE_DIM), buf_view(&name));
		grid_cut(grid, head, head.row + 1, head.col + 1, head.cols - 2, STYLE(ROLE_TITLE), pane->component);
		buf_done(&name);
	}
	walk_pane_draw(v, side, grid, inside);
}

/* With one pane the title says where it is. */
static void one_pane(WalkView *v, Grid *grid, Rect rect) {
	const Pane *pane = &v->panes[v->tab];
	Buf title = { 0 };
	if (pane->has_text)
		buf_printf(&title, "%.*s ─ %.*s:%u", STR_ARG(pane->component), STR_ARG(pane->name), (unsigned)pane->cursor);
	else
		buf_puts(&title, side_title(v->tab));
	pane_with_title(v, grid, rect, v->tab, buf_view(&title), false);
	buf_done(&title);
}

/* Two panes: the port, and the reference that has the focus, or answers, or is there. */
static Side reference_shown(const WalkView *v) {
	if (v->tab != SIDE_SWIFT) return v->tab;
	if (v->panes[SIDE_MLX].span_first || !v->panes[SIDE_TORCH].has_text) return SIDE_MLX;
	return v->panes[SIDE_TORCH].span_first || !v->panes[SIDE_MLX].has_text ? SIDE_TORCH : SIDE_MLX;
}

static void draw_panes(WalkView *v, Grid *grid, Rect rect, int n) {
	for (int side = 0; side < SIDE_COUNT; side++) v->panes[side].rect = v->panes[side].code = (Rect) { 0 };
	if (n == 1) {
		walk_rows_build(v, 1u << v->tab);
		one_pane(v, grid, rect);
		return;
	}
	Side shown[SIDE_COUNT] = { SIDE_MLX, SIDE_TORCH, SIDE_SWIFT };
	if (n == 2) {
		shown[0] = reference_shown(v);
		shown[1] = SIDE_SWIFT;
	}
	unsigned sides = 0;
	for (int i = 0; i < n; i++) sides |= 1u << shown[i];
	walk_rows_build(v, sides);
	int focus = -1, width = (rect.cols - 1) / n;
	Rect places[SIDE_COUNT];
	for (int i = 0; i < n; i++) {
		int col = rect.col + i * width;
		places[i] = (Rect) { rect.row, col, rect.rows, i + 1 < n ? width + 1 : rect.col + rect.cols - col };
		if (v->focus == (Focus)shown[i])
			focus = i;
		else
			pane_with_title(v, grid, places[i], shown[i], str_of(side_title(shown[i])), true);
	}
	if (focus >= 0) pane_with_title(v, grid, places[focus], shown[focus], str_of(side_title(shown[focus])), true);
}

/* ---- the list and the card ---- */

static void draw_list(WalkView *v, Grid *grid, Rect rect) {
	Walk *walk = work_walk(v->work);
	Buf title = { 0 };
	Str right = STR_NONE;
	if (v->filter.len)
		buf_printf(&title, "Filter: %.*s  (%zu)", STR_ARG(walk_filter(v)), v->list.n);
	else
		buf_printf(&title, "Candidates  %zu open", walk_n_listed(walk) - walk_n_decided(walk));
	if (v->sort != WALK_SORT_ORDER)
		right = str_of(walk_sort_words(v->sort));
	else if (v->show_all)
		right = STR("all");
	walk_list_draw(v, grid, widget_frame(grid, rect, buf_view(&title), right, v->focus == FOCUS_LIST));
	buf_done(&title);
}

static void draw_card(WalkView *v, Grid *grid, Rect rect, bool numbered) {
	const WalkItem *item = walk_selected(v);
	Buf title = { 0 };
	Str right = STR_NONE;
	if (item) {
		if (numbered) buf_printf(&title, "%zu/%zu ", v->list.selected + 1, v->list.n);
		buf_printf(&title, "%.*s  %.*s", STR_ARG(item->short_id), STR_ARG(item->candidate.title));
		right = str_of(item->own ? "your own" : confidence_name(item->candidate.confidence));
	}
	Rect inside = widget_frame(grid, rect, buf_view(&title), right, v->focus == FOCUS_CARD);
	buf_done(&title);
	Rect text = { inside.row, inside.col + 1, inside.rows, inside.cols - 2 };
	walk_card_build(v, item, text.cols, text.rows);
	size_t shown = text.rows > 0 ? (size_t)text.rows : 0, last = v->card.lines.n > shown ? v->card.lines.n - shown : 0;
	if (v->card_top > last) v->card_top = last;
	v->card_rows = text.rows;
	v->card_rect = inside;
	doc_draw(&v->card, grid, text, v->card_top, GROUND_NONE);
	widget_scrollbar(grid, inside, &(ListState) { .n = v->card.lines.n, .top = v->card_top });
}

static void draw_lower(WalkView *v, Grid *grid, Rect rect, int panes) {
	v->list_rect = v->card_rect = (Rect) { 0 };
	if (panes == 1) {
		if (v->list_open)
			draw_list(v, grid, rect);
		else
			draw_card(v, grid, rect, true);
		return;
	}
	int width = rect.cols / 3;
	if (width < 36) width = 36;
	Rect list = { rect.row, rect.col, rect.rows, width + 1 },
	     card = { rect.row, rect.col + width, rect.rows, rect.cols - width };
	if (v->focus == FOCUS_LIST) {
		draw_card(v, grid, card, false);
		draw_list(v, grid, list);
	} else {
		draw_list(v, grid, list);
		draw_card(v, grid, card, false);
	}
}

void walk_draw(View *view, const ViewEnv *env, Grid *grid, Rect rect) {
	WalkView *v = (WalkView *)view;
	(void)env;
	walk_refresh(v);
	int panes = rect.cols >= THREE_PANES ? 3 : rect.cols >= TWO_PANES ? 2 : 1;
	if (v->focus <= FOCUS_SWIFT) v->tab = (Side)v->focus;
	draw_top(v, grid, rect_take_rows(&rect, 1), panes);
	int lower = rect.rows * 2 / 5;
	if (lower < 9) lower = 9;
	if (lower > 18) lower = 18;
	if (rect.rows < 14) lower = rect.rows / 2;
	Rect top = { rect.row, rect.col, rect.rows - lower + 1, rect.cols };
	Rect under = { rect.row + rect.rows - lower, rect.col, lower, rect.cols };
	draw_panes(v, grid, top, panes);
	draw_lower(v, grid, under, panes); /* after the panes: its titles stand in the border that both share */
}

bool walk_focus_shown(const WalkView *v, Focus focus) {
	if (focus == FOCUS_LIST) return v->list_rect.rows > 0;
	if (focus == FOCUS_CARD) return v->card_rect.rows > 0;
	return v->panes[focus].rect.rows > 0;
}
