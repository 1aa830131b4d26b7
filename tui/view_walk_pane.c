#include "core/posix.h"

#include "tui/view_walk_state.h"

#include <stdlib.h>
#include <string.h>

#include "core/utf8.h"

/* ---- what a pane shows ---- */

static void clear(Pane *pane) {
	arena_done(&pane->arena);
	pane->file = NULL;
	pane->has_text = false;
	pane->name = pane->component = pane->empty = STR_NONE;
	pane->first = pane->last = pane->span_first = pane->span_last = 0;
	pane->id = COMPONENT_NONE;
	pane->against = false;
	pane->top = pane->cursor = 0;
	pane->left = 0;
	pane->settle = true;
}

static void show_component(WalkView *v, Pane *pane, Side side, ComponentId id) {
	const Outline *outline = &work_scan(v->work)->sides[side].outline;
	if (id == COMPONENT_NONE || id >= outline->n) return;
	const Component *component = &outline->components[id];
	pane->id = id;
	pane->component = arena_str(&pane->arena, component->name); /* without the path, which stands above it */
	pane->first = source_pos(pane->file, component->span.start).line;
	pane->last = source_pos(pane->file, component->span.end ? component->span.end - 1 : 0).line;
}

static void show_file(Pane *pane, const SourceFile *file, uint32_t index) {
	pane->file = file;
	pane->file_index = index;
	pane->text = code_of_file(file);
	pane->has_text = true;
	pane->name = str_of(file->name);
}

/* A place of a candidate or its evidence: in the file as scanned, else the excerpt that was kept. */
static void show_place(WalkView *v, Pane *pane, const Place *place) {
	uint32_t index = 0;
	const SourceFile *file = work_file(v->work, place->side, place->name, &index);
	pane->span_first = place->start.line;
	pane->span_last =
	    place->end.line > place->start.line && place->end.column <= 1 ? place->end.line - 1 : place->end.line;
	pane->cursor = pane->span_first;
	if (file && place->end.line <= file->n_lines) {
		show_file(pane, file, index);
		show_component(v, pane, place->side,
		    outline_at(&work_scan(v->work)->sides[place->side].outline, index, place->span.start));
		return;
	}
	pane->name = arena_str(&pane->arena, str_of(place->name));
	pane->component = arena_str(&pane->arena, place->component);
	pane->text = code_of_excerpt(arena_str(&pane->arena, place->excerpt), place->start.line, &pane->arena);
	pane->has_text = place->excerpt.len > 0;
	if (!pane->has_text) pane->empty = STR("its file is not in the sources as scanned");
}

static const Evidence *evidence_of(const WalkItem *item, Side side) {
	const Evidence *found = NULL;
	for (size_t i = 0; i < item->candidate.n_evidence; i++) {
		const Evidence *evidence = &item->candidate.evidence[i];
		if (evidence->place.side != side || !evidence->place.name) continue;
		if (!found || (evidence->supports && !found->supports)) found = evidence;
	}
	return found;
}

/* The component of a reference that answers the port's, or answers what it lies in. */
static ComponentId answer_of(const Scan *scan, Side side, ComponentId id) {
	const Outline *outline = &scan->sides[SIDE_SWIFT].outline;
	while (id != COMPONENT_NONE) {
		ComponentId answer = rows_answer(&scan->rows, SIDE_SWIFT, id, side);
		if (answer != COMPONENT_NONE) return answer;
		id = outline->components[id].parent;
	}
	return COMPONENT_NONE;
}

static void show_whole(WalkView *v, Pane *pane, Side side, ComponentId id) {
	const ScanSide *scanned = &work_scan(v->work)->sides[side];
	uint32_t file = scanned->outline.components[id].file;
	show_file(pane, &scanned->source.files[file], file);
	show_component(v, pane, side, id);
	pane->cursor = pane->first;
}

/* What answers as a whole has no line of its own: the evidence is its name. */
static bool is_head(const WalkView *v, const Pane *pane, const Place *place) {
	if (!pane->file || pane->id == COMPONENT_NONE) return false;
	Span name = work_scan(v->work)->sides[place->side].outline.components[pane->id].name_span;
	return place->span.start == name.start && place->span.end == name.end;
}

static void follow_reference(WalkView *v, const WalkItem *item, Side side) {
	Pane *pane = &v->panes[side];
	const Scan *scan = work_scan(v->work);
	const Evidence *evidence = evidence_of(item, side);
	if (evidence) {
		show_place(v, pane, &evidence->place);
		pane->against = !evidence->supports;
		if (is_head(v, pane, &evidence->place)) pane->span_first = pane->span_last = 0;
		return;
	}
	if (walk_session(work_walk(v->work))->sides[side].n_paths == 0) {
		pane->empty = arena_printf(&pane->arena, "This session has no %s.", side_title(side));
		return;
	}
	if (!scan || !scan->sides[side].present) {
		pane->empty = STR("The sources are being read.");
		return;
	}
	const Pane *port = &v->panes[SIDE_SWIFT];
	ComponentId own = COMPONENT_NONE;
	if (port->file)
		own = outline_at(&scan->sides[SIDE_SWIFT].outline, port->file_index, item->candidate.place.span.start);
	ComponentId answer = answer_of(scan, side, own);
	if (answer == COMPONENT_NONE) {
		pane->empty = own == COMPONENT_NONE
		                  ? STR("Nothing answers this place here.")
		                  : arena_printf(&pane->arena, "Nothing answers %.*s here.", STR_ARG(port->component));
		return;
	}
	show_whole(v, pane, side, answer);
}

/* The port's pane, else the first that shows a component. */
static Side choose_hub(const WalkView *v) {
	static const Side order[] = { SIDE_SWIFT, SIDE_MLX, SIDE_TORCH };
	for (size_t i = 0; i < BASE_COUNT(order); i++)
		if (v->panes[order[i]].id != COMPONENT_NONE) return order[i];
	return SIDE_SWIFT;
}

/* Kept while the same components are shown, since long functions take some milliseconds. */
static void align_panes(WalkView *v) {
	const Scan *scan = work_scan(v->work);
	bool same = scan && v->lines_generation == work_generation(v->work) + 1;
	for (int side = 0; side < SIDE_COUNT; side++) {
		same = same && v->lines_of[side] == v->panes[side].id;
		v->lines_of[side] = v->panes[side].id;
	}
	v->panes_stamp++;
	if (same) return;
	arena_done(&v->lines_arena);
	memset(v->lines, 0, sizeof v->lines);
	v->lines_generation = work_generation(v->work) + 1;
	v->hub = choose_hub(v);
	ComponentId hub = v->panes[v->hub].id;
	for (int side = 0; scan && hub != COMPONENT_NONE && side < SIDE_COUNT; side++) {
		ComponentId other = v->panes[side].id;
		if (side == (int)v->hub || other == COMPONENT_NONE) continue;
		align_lines(&scan->sides[v->hub].program, hub, &scan->sides[side].program, other, &v->lines_arena,
		    &v->lines[side].to, &v->lines[side].from);
	}
}

static uint32_t line_by_answer(const WalkView *v, Side from, Side to, uint32_t line);

/* A reference without a span of its own stands where the port's place would be. */
static void stand_nearby(WalkView *v, Side side) {
	Pane *pane = &v->panes[side];
	uint32_t line = line_by_answer(v, SIDE_SWIFT, side, v->panes[SIDE_SWIFT].cursor);
	if (pane->has_text && !pane->span_first && line) pane->cursor = line;
}

void walk_panes_follow(WalkView *v) {
	const WalkItem *item = walk_selected(v);
	for (int side = 0; side < SIDE_COUNT; side++) clear(&v->panes[side]);
	if (!item) {
		v->panes[SIDE_SWIFT].empty = STR("No candidate is selected.");
		return;
	}
	show_place(v, &v->panes[SIDE_SWIFT], &item->candidate.place);
	follow_reference(v, item, SIDE_MLX);
	follow_reference(v, item, SIDE_TORCH);
	align_panes(v);
	stand_nearby(v, SIDE_MLX);
	stand_nearby(v, SIDE_TORCH);
}

void walk_panes_show(WalkView *v, const ComponentId ids[SIDE_COUNT]) {
	if (!work_scan(v->work)) return;
	for (int side = 0; side < SIDE_COUNT; side++) {
		clear(&v->panes[side]);
		if (ids[side] != COMPONENT_NONE)
			show_whole(v, &v->panes[side], (Side)side, ids[side]);
		else
			v->panes[side].empty = side == SIDE_SWIFT ? STR("Not ported.") : STR("Nothing answers it here.");
	}
	align_panes(v);
}

void walk_panes_done(WalkView *v) {
	for (int side = 0; side < SIDE_COUNT; side++) arena_done(&v->panes[side].arena);
	arena_done(&v->lines_arena);
	walk_rows_done(v);
}

/* ---- moving: the others come along ---- */

typedef struct Knot {
	uint32_t from, to;
} Knot;

static size_t knots_between(const Pane *a, const Pane *b, Knot out[4]) {
	size_t n = 0;
	Knot all[4] = { { a->first, b->first }, { a->span_first, b->span_first }, { a->span_last, b->span_last },
		{ a->last, b->last } };
	for (size_t i = 0; i < 4; i++) {
		if (all[i].from == 0 || all[i].to == 0) continue;
		if (n && (all[i].from <= out[n - 1].from || all[i].to < out[n - 1].to)) continue;
		out[n++] = all[i];
	}
	return n;
}

/* The line of one pane as an answer to a line of another: by operations and words, by way of the hub; 0: not known. */
static uint32_t line_by_answer(const WalkView *v, Side from, Side to, uint32_t line) {
	if (from != v->hub) line = line_nearest(&v->lines[from].from, line);
	if (line == 0 || to == v->hub) return line;
	return line_nearest(&v->lines[to].to, line);
}

/* Whether a line has an answer of its own there, rather than being near one that has. */
static bool is_answered(const WalkView *v, Side from, Side to, uint32_t line) {
	const LineAnswer *answer = line_answer(from == v->hub ? &v->lines[to].to : &v->lines[from].from, line);
	return answer && answer->line && (from == v->hub || to == v->hub || is_answered(v, v->hub, to, answer->line));
}

/* Without operations: the line of b that lies where a line of a does, between places that are known to answer. */
static uint32_t line_by_place(const Pane *a, const Pane *b, uint32_t line) {
	Knot knots[4];
	size_t n = knots_between(a, b, knots);
	if (n == 0) return b->cursor;
	if (line <= knots[0].from) return knots[0].to > knots[0].from - line ? knots[0].to - (knots[0].from - line) : 1;
	for (size_t i = 0; i + 1 < n; i++) {
		Knot low = knots[i], high = knots[i + 1];
		if (line > high.from) continue;
		return low.to + (uint32_t)((uint64_t)(line - low.from) * (high.to - low.to) / (high.from - low.from));
	}
	return knots[n - 1].to + (line - knots[n - 1].from);
}

static uint32_t last_line(const Pane *pane) { return pane->text.first + pane->text.n_lines - 1; }

static void set_cursor(Pane *pane, uint32_t line) {
	if (!pane->has_text) return;
	if (line < pane->text.first) line = pane->text.first;
	if (line > last_line(pane)) line = last_line(pane);
	pane->cursor = line;
}

static uint32_t follow(const WalkView *v, Side from, Side to) {
	const Pane *pane = &v->panes[from];
	uint32_t beside = is_answered(v, from, to, pane->cursor) ? 0 : walk_rows_beside(v, from, pane->cursor, to);
	uint32_t line = beside ? beside : line_by_answer(v, from, to, pane->cursor);
	return line ? line : line_by_place(pane, &v->panes[to], pane->cursor);
}

void walk_pane_go(WalkView *v, Side side, uint32_t line) {
	set_cursor(&v->panes[side], line);
	for (int other = 0; other < SIDE_COUNT; other++)
		if (other != (int)side) set_cursor(&v->panes[other], follow(v, side, (Side)other));
}

/* Up and down are by lines; a page is one of what is seen. */
static int64_t page(const WalkView *v, Side side, int64_t step) {
	const Pane *pane = &v->panes[side];
	step *= pane->code.rows > 2 ? pane->code.rows - 1 : 1;
	return walk_rows_shown(v) ? walk_rows_step(v, side, pane->cursor, step) : pane->cursor + step;
}

bool walk_pane_act(WalkView *v, Side side, ActionId action) {
	Pane *pane = &v->panes[side];
	int64_t line = pane->cursor;
	switch (action) {
	case ACTION_UP: line--; break;
	case ACTION_DOWN: line++; break;
	case ACTION_PAGE_UP: line = page(v, side, -1); break;
	case ACTION_PAGE_DOWN: line = page(v, side, 1); break;
	case ACTION_FIRST: line = pane->text.first; break;
	case ACTION_LAST: line = last_line(pane); break;
	case ACTION_LEFT: pane->left = pane->left > 8 ? pane->left - 8 : 0; return true;
	case ACTION_RIGHT: pane->left += pane->left < 400 ? 8 : 0; return true;
	default: return false;
	}
	if (pane->has_text) walk_pane_go(v, side, line < 1 ? 1 : (uint32_t)line);
	return true;
}

void walk_pane_scroll(WalkView *v, Side side, int delta) {
	int64_t line = (int64_t)v->panes[side].cursor + delta;
	if (v->panes[side].has_text) walk_pane_go(v, side, line < 1 ? 1 : (uint32_t)line);
}

bool walk_pane_find(WalkView *v, Side side, Str text, bool next) {
	Pane *pane = &v->panes[side];
	if (!pane->has_text || text.len == 0) return false;
	uint32_t n = pane->text.n_lines, at = pane->cursor - pane->text.first + (next ? 1 : 0);
	for (uint32_t i = 0; i < n; i++) {
		uint32_t line = (at + i) % n, start = pane->text.line_starts[line];
		uint32_t end = line + 1 < n ? pane->text.line_starts[line + 1] : (uint32_t)pane->text.text.len;
		if (utf8_find(str_sub(pane->text.text, start, end), text, 0, NULL) == SIZE_MAX) continue;
		walk_pane_go(v, side, pane->text.first + line);
		return true;
	}
	return false;
}

/* ---- drawing ---- */

enum { MARGIN = 3 };

size_t walk_pane_top(const PaneStand *at, size_t top, int rows) {
	if (rows <= 0) return top;
	size_t shown = (size_t)rows, margin = shown > 2 * MARGIN ? MARGIN : (shown - 1) / 2;
	size_t last = at->n > shown ? at->n - shown : 0;
	if (at->settle) {
		size_t back = shown / 3, need = at->end != SIZE_MAX && at->end > at->cursor ? at->end : at->cursor;
		top = at->cursor > back ? at->cursor - back : 0;
		if (at->head != SIZE_MAX && at->head <= at->cursor && need - at->head + 1 + margin <= shown) top = at->head;
	}
	if (at->cursor < top + margin) top = at->cursor > margin ? at->cursor - margin : 0;
	if (at->cursor + margin + 1 > top + shown) top = at->cursor + margin + 1 - shown;
	return top > last ? last : top;
}

static void settle(Pane *pane, int rows) {
	uint32_t first = pane->text.first;
	if (rows <= 0) return;
	if (pane->cursor < first) pane->cursor = first;
	PaneStand at = { .n = pane->text.n_lines,
		.cursor = pane->cursor - first,
		.head = pane->first >= first ? pane->first - first : SIZE_MAX,
		.end = pane->span_last >= first ? pane->span_last - first : SIZE_MAX,
		.settle = pane->settle };
	if (pane->first == 0) at.head = SIZE_MAX;
	pane->top = first + (uint32_t)walk_pane_top(&at, pane->top > first ? pane->top - first : 0, rows);
	pane->settle = false;
}

/* How a line is answered. A line of the hub stands against both others, and the one that is nearer to it counts: what
 * one of them does just so is the same. */
static LineMark line_mark(const WalkView *v, Side side, uint32_t line) {
	const LineAnswer *answer;
	if (side != v->hub) {
		answer = line_answer(&v->lines[side].from, line);
		return answer ? answer->mark : LINE_PLAIN;
	}
	LineMark mark = LINE_PLAIN;
	for (int other = 0; other < SIDE_COUNT; other++) {
		answer = line_answer(&v->lines[other].to, line);
		if (!answer || answer->mark == LINE_PLAIN) continue;
		if (mark == LINE_PLAIN || answer->mark < mark) mark = answer->mark; /* in order: same, differs, only here */
	}
	return mark;
}

CodeLook walk_pane_look(const WalkView *v, Side side, uint32_t line) {
	static const struct {
		const char *glyph;
		Role role;
	} marks[] = {
		[LINE_PLAIN] = { NULL, ROLE_TEXT },
		[LINE_SAME] = { "=", ROLE_MARK_SAME },
		[LINE_DIFFERS] = { "~", ROLE_MARK_DIFFERS },
		[LINE_ONLY] = { "+", ROLE_MARK_ONLY },
	};
	const Pane *pane = &v->panes[side];
	bool focus = v->focus == (Focus)side, follows = v->focus <= FOCUS_SWIFT && !focus;
	LineMark mark = line_mark(v, side, line);
	CodeLook look = { .here = focus && line == pane->cursor, .mark = marks[mark].glyph, .mark_role = marks[mark].role };
	if (pane->span_first && line >= pane->span_first && line <= pane->span_last) {
		look.span = "▌";
		look.span_role = pane->against ? ROLE_WARN : ROLE_MARK_SPAN;
		look.ground = GROUND_SPAN;
	}
	if (focus && line == pane->cursor) look.ground = GROUND_SELECTED;
	if (follows && line == pane->cursor) look.ground = GROUND_ANSWER;
	return look;
}

typedef struct LookContext {
	const WalkView *v;
	Side side;
} LookContext;

static CodeLook look(const void *context, uint32_t line) {
	const LookContext *c = context;
	return walk_pane_look(c->v, c->side, line);
}

void walk_pane_draw(WalkView *v, Side side, Grid *grid, Rect rect) {
	Pane *pane = &v->panes[side];
	pane->code = rect;
	if (!pane->has_text) {
		widget_wrap(grid, (Rect) { rect.row, rect.col + 1, rect.rows, rect.cols - 2 }, STYLE(ROLE_DIM), pane->empty, 0);
		return;
	}
	CodeText text = pane->text;
	if (pane->file)
		text.colours = highlights_get(
		    work_highlights(v->work), pane->file->lang, pane->file->content_id, pane->file->text, &text.n_colours);
	if (pane->first && pane->last)
		text.dedent = code_indent(&text, pane->first, pane->last);
	else if (!pane->file)
		text.dedent = code_indent(&text, text.first, last_line(pane));
	if (walk_rows_shown(v)) {
		walk_rows_settle(v, rect.rows);
		walk_rows_draw(v, side, grid, rect, &text);
		return;
	}
	settle(pane, rect.rows);
	code_draw(grid, rect, &text, pane->top, pane->left, look, &(LookContext) { v, side });
}
