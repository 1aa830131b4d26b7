/* The panes as aligned lines: one row holds the lines that answer each other, and fillers where there is none. */
#include "core/posix.h"

#include "tui/view_walk_state.h"

#include <string.h>

bool walk_rows_shown(const WalkView *v) { return v->aligned && v->rows.rows && v->rows.stamp == v->panes_stamp; }

static uint32_t first_line(const Pane *pane) { return pane->text.first; }
static uint32_t last_line(const Pane *pane) { return pane->text.first + pane->text.n_lines - 1; }

static bool is_shown(unsigned sides, Side side) { return sides & 1u << side; }

/* The hub of the lines where it is shown, else the first pane that is. */
static Side hub_of(const WalkView *v, unsigned sides) {
	static const Side order[] = { SIDE_SWIFT, SIDE_MLX, SIDE_TORCH };
	if (is_shown(sides, v->hub)) return v->hub;
	for (size_t i = 0; i < BASE_COUNT(order); i++)
		if (is_shown(sides, order[i])) return order[i];
	return SIDE_SWIFT;
}

static void index_rows(WalkView *v) {
	PaneRows *rows = &v->rows;
	for (int side = 0; side < SIDE_COUNT; side++) {
		const Pane *pane = &v->panes[side];
		rows->of[side] =
		    is_shown(rows->sides, (Side)side) ? ARENA_ARRAY(&rows->arena, uint32_t, pane->text.n_lines) : NULL;
	}
	for (size_t row = 0; row < rows->n; row++)
		for (int side = 0; side < SIDE_COUNT; side++) {
			uint32_t line = rows->rows[row].line[side];
			if (line) rows->of[side][line - first_line(&v->panes[side])] = (uint32_t)row;
		}
}

void walk_rows_build(WalkView *v, unsigned sides) {
	PaneRows *rows = &v->rows;
	LinePane panes[SIDE_COUNT] = { 0 };
	int n = 0;
	for (int side = 0; side < SIDE_COUNT; side++) {
		if (!v->panes[side].has_text) sides &= ~(1u << side);
		n += is_shown(sides, (Side)side);
	}
	if (rows->rows && rows->sides == sides && rows->stamp == v->panes_stamp) return;
	arena_done(&rows->arena);
	*rows = (PaneRows) { .sides = sides, .stamp = v->panes_stamp };
	if (!v->aligned || n < 2) return;
	Side hub = hub_of(v, sides);
	for (int side = 0; side < SIDE_COUNT; side++) {
		const Pane *pane = &v->panes[side];
		if (!is_shown(sides, (Side)side)) continue;
		const LineAlignment *to = &v->lines[side].to;
		panes[side] = (LinePane) { .first = first_line(pane),
			.last = last_line(pane),
			.beside = hub == v->hub && to->n ? to : NULL,
			.anchor = pane->span_first ? pane->span_first : pane->cursor };
		v->panes[side].settle = true;
	}
	rows->rows = line_rows(panes, hub, &rows->arena, &rows->n);
	index_rows(v);
}

/* The row of a line, SIZE_MAX when it has none. */
static size_t row_of(const WalkView *v, Side side, uint32_t line) {
	const Pane *pane = &v->panes[side];
	if (!v->rows.of[side] || line < first_line(pane) || line > last_line(pane)) return SIZE_MAX;
	return v->rows.of[side][line - first_line(pane)];
}

uint32_t walk_rows_line(const WalkView *v, Side side, size_t row) {
	return row < v->rows.n ? v->rows.rows[row].line[side] : 0;
}

uint32_t walk_rows_beside(const WalkView *v, Side from, uint32_t line, Side to) {
	return walk_rows_shown(v) ? walk_rows_line(v, to, row_of(v, from, line)) : 0;
}

uint32_t walk_rows_step(const WalkView *v, Side side, uint32_t line, int64_t rows) {
	size_t row = row_of(v, side, line);
	if (row == SIZE_MAX) return line;
	int64_t at = (int64_t)row + rows, last = (int64_t)v->rows.n - 1;
	for (int64_t i = at < 0 ? 0 : at > last ? last : at; i >= 0 && i <= last; i += rows < 0 ? -1 : 1)
		if (walk_rows_line(v, side, (size_t)i)) return walk_rows_line(v, side, (size_t)i);
	return rows < 0 ? first_line(&v->panes[side]) : last_line(&v->panes[side]);
}

/* The pane whose cursor must be seen: the focused one, else the hub's. */
static Side leader(const WalkView *v) {
	if (v->focus <= FOCUS_SWIFT && is_shown(v->rows.sides, (Side)v->focus)) return (Side)v->focus;
	return hub_of(v, v->rows.sides);
}

void walk_rows_settle(WalkView *v, int rows) {
	Side side = leader(v);
	Pane *pane = &v->panes[side];
	PaneStand at = { .n = v->rows.n,
		.cursor = row_of(v, side, pane->cursor),
		.head = row_of(v, side, pane->first),
		.end = row_of(v, side, pane->span_last),
		.settle = pane->settle };
	if (at.cursor == SIZE_MAX) at.cursor = 0;
	v->rows.top = walk_pane_top(&at, v->rows.top, rows);
	for (int i = 0; i < SIDE_COUNT; i++) v->panes[i].settle = false;
}

/* ---- drawing ---- */

typedef struct LookContext {
	const WalkView *v;
	Side side;
} LookContext;

static CodeLook look(const void *context, uint32_t line) {
	const LookContext *c = context;
	return walk_pane_look(c->v, c->side, line);
}

void walk_rows_draw(const WalkView *v, Side side, Grid *grid, Rect rect, const CodeText *text) {
	for (int i = 0; i < rect.rows; i++) {
		Rect line = { rect.row + i, rect.col, 1, rect.cols };
		size_t row = v->rows.top + (size_t)i;
		uint32_t number = walk_rows_line(v, side, row);
		if (number)
			code_draw(grid, line, text, number, v->panes[side].left, look, &(LookContext) { v, side });
		else if (row < v->rows.n)
			grid_puts(grid, line, line.row, line.col + 1, STYLE(ROLE_DIM), "╌╌╌");
	}
}

/* ---- the key ---- */

Reaction walk_rows_toggle(WalkView *v) {
	v->aligned = !v->aligned;
	v->panes_stamp++;
	int drawn = 0;
	for (int side = 0; side < SIDE_COUNT; side++) {
		v->panes[side].settle = true;
		drawn += v->panes[side].rect.rows > 0;
	}
	if (!v->aligned) return react_say("plain text");
	return react_say(drawn > 1 ? "lines that answer each other on one row"
	                           : "lines that answer each other on one row, where two panes have room");
}

void walk_rows_done(WalkView *v) { arena_done(&v->rows.arena); }
