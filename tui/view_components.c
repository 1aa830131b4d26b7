#include "core/posix.h"

#include "tui/view_components.h"

#include <stdlib.h>

#include "core/utf8.h"
#include "tui/coverage.h"
#include "tui/row_pin.h"
#include "tui/view_ask.h"
#include "tui/view_walk.h"
#include "tui/widget.h"

typedef enum Show { SHOW_ALL, SHOW_MISSING, SHOW_OWN, SHOW_UNSURE, SHOW_COUNT } Show;

enum { WHY_ROWS = 4 }; /* a rule, places, two lines of evidence */

typedef struct Components {
	View view;
	Work *work;
	View *walk;
	uint32_t generation;
	Arena arena;
	CoverageEntry *shown; /* rows, and a head for each file */
	Side group;           /* whose files they stand by */
	ListState list;
	Show show;
	Buf find;
	Rect rows;
	Str swift;      /* label of the row that a question is about */
	bool take_back; /* it is corrected: the question is whether to take that back */
	CoverageCount count;
	LineHistory typed;
} Components;

static const char *show_words(Show show) {
	static const char *const words[SHOW_COUNT] = {
		[SHOW_ALL] = "all",
		[SHOW_MISSING] = "not ported",
		[SHOW_OWN] = "only in the port",
		[SHOW_UNSURE] = "matched with less than 0.8, or by hand",
	};
	return words[show];
}

/* ---- looking up ---- */

static const Rows *rows_of_work(const Components *v) {
	const Scan *scan = work_scan(v->work);
	return scan ? &scan->rows : NULL;
}

static Str label(const Components *v, const Row *row, Side side, Arena *arena) {
	const Scan *scan = work_scan(v->work);
	if (row->n[side] == 0) return STR_NONE;
	Str text = component_label(&scan->sides[side].outline, row->ids[side][0], arena);
	if (row->n[side] > 1) text = arena_printf(arena, "%.*s +%zu", STR_ARG(text), row->n[side] - 1);
	return text;
}

static bool in_references(const Row *row) { return row->n[SIDE_MLX] || row->n[SIDE_TORCH]; }

static bool fits(const Components *v, const Row *row) {
	switch (v->show) {
	case SHOW_MISSING:
		if (row->n[SIDE_SWIFT] || !in_references(row)) return false;
		break;
	case SHOW_OWN:
		if (!row->n[SIDE_SWIFT] || in_references(row)) return false;
		break;
	case SHOW_UNSURE:
		if (!row->pinned && (row->confidence >= 0.8 || !row->n[SIDE_SWIFT] || !in_references(row))) return false;
		break;
	default: break;
	}
	if (v->find.len == 0) return true;
	Arena arena = { 0 };
	bool found = false;
	for (int side = 0; side < SIDE_COUNT && !found; side++)
		found = utf8_find(label(v, row, (Side)side, &arena), buf_view(&v->find), 0, NULL) != SIZE_MAX;
	arena_done(&arena);
	return found;
}

/* A head can't be selected: the next row that way is, else the next one the other way. */
static void off_heads(Components *v, int step) {
	size_t at = v->list.selected;
	while (at < v->list.n && v->shown[at].row == COVERAGE_HEAD) {
		if (step < 0 && at == 0) step = 1;
		at = step > 0 ? at + 1 : at - 1;
	}
	if (at < v->list.n) v->list.selected = at;
}

static void look_up(Components *v) {
	const Rows *rows = rows_of_work(v);
	v->generation = work_generation(v->work);
	v->swift = STR_NONE;
	v->count = (CoverageCount) { 0 };
	arena_done(&v->arena);
	size_t n = 0, n_shown = 0;
	uint32_t *fitting = rows ? ARENA_ARRAY(&v->arena, uint32_t, rows->n + 1) : NULL;
	for (size_t i = 0; rows && i < rows->n; i++) {
		const Row *row = &rows->rows[i];
		if (coverage_shows(work_scan(v->work), row) && fits(v, row)) fitting[n++] = (uint32_t)i;
	}
	if (rows) {
		v->count = coverage_of_rows(work_scan(v->work));
		v->shown = coverage_group(work_scan(v->work), v->group, fitting, n, &v->arena, &n_shown);
	}
	list_set(&v->list, n_shown);
	off_heads(v, 1);
}

static const Row *row_at(const Components *v, size_t at) {
	const Rows *rows = rows_of_work(v);
	return rows && at < v->list.n && v->shown[at].row != COVERAGE_HEAD ? &rows->rows[v->shown[at].row] : NULL;
}

static const Row *selected(const Components *v) { return row_at(v, v->list.selected); }

/* ---- drawing ---- */

static void draw_top(const Components *v, Grid *grid, Rect line) {
	int col = grid_puts(grid, line, line.row, line.col + 1, STYLE(ROLE_TITLE), "Components") + 3;
	if (rows_of_work(v))
		col = grid_printf(
		          grid, line, line.row, col, STYLE(ROLE_TEXT), "%zu of %zu ported", v->count.answered, v->count.n) +
		      3;
	if (v->show != SHOW_ALL)
		col = grid_printf(grid, line, line.row, col, STYLE(ROLE_ACCENT), "filter: %s", show_words(v->show)) + 3;
	if (v->find.len) grid_printf(grid, line, line.row, col, STYLE(ROLE_ACCENT), "find: %s", v->find.ptr);
	grid_ground(grid, line, GROUND_LINE);
}

/* "path#Name" without the path, which stands elsewhere on the screen. */
static Str bare_label(Str label_text) {
	size_t hash = str_find(label_text, "#", 0);
	return hash == SIZE_MAX ? label_text : str_sub(label_text, hash + 1, label_text.len);
}

/* The last part of a member's name, since its class stands above it. */
static Str short_label(Str label_text, ComponentKind kind) {
	if (kind != COMPONENT_METHOD) return label_text;
	for (size_t i = label_text.len; i-- > 0;)
		if (label_text.ptr[i] == '.') return str_sub(label_text, i + 1, label_text.len);
	return label_text;
}

static Str evidence_words(const Row *row, Arena *arena) {
	Buf words = { 0 };
	if (row->pinned) buf_puts(&words, "by hand");
	for (size_t i = 0; i < row->n_evidence; i++) {
		if (words.len) buf_puts(&words, " · ");
		buf_str(&words, row->evidence[i]);
	}
	Str copy = arena_str(arena, buf_view(&words));
	buf_done(&words);
	return copy;
}

static void draw_side(
    const Components *v, Grid *grid, Rect cell, const Row *row, Side side, Ground ground, bool whole, Arena *arena) {
	Str text = bare_label(label(v, row, side, arena));
	bool member = row->kind == COMPONENT_METHOD;
	Role role = member ? ROLE_TEXT : ROLE_TITLE;
	if (text.len == 0) {
		bool missing = side == SIDE_SWIFT && in_references(row);
		text = missing ? STR("─ not ported") : STR("─");
		role = missing ? ROLE_WARN : ROLE_DIM;
		member = false;
	} else if (!whole) {
		text = short_label(text, row->kind);
	}
	grid_cut(
	    grid, cell, cell.row, cell.col + (member ? 2 : 0), cell.cols - (member ? 3 : 1), STYLE_ON(role, ground), text);
}

static void draw_row(const Components *v, Grid *grid, Rect line, const Row *row, bool here) {
	Arena arena = { 0 };
	Ground ground = here ? GROUND_SELECTED : GROUND_NONE;
	int match = 7, why = line.cols >= 110 ? line.cols / 4 : 0;
	int width = (line.cols - 2 - match - why) / SIDE_COUNT;
	if (here) grid_fill(grid, line, STYLE_ON(ROLE_TEXT, ground));
	grid_puts(grid, line, line.row, line.col, STYLE_ON(ROLE_ACCENT, ground), here ? "▸" : " ");
	int col = line.col + 2;
	bool whole = here || v->show != SHOW_ALL || v->find.len; /* its class may not stand above it */
	for (int side = 0; side < SIDE_COUNT; side++, col += width)
		draw_side(v, grid, (Rect) { line.row, col, 1, width }, row, (Side)side, ground, whole, &arena);
	bool matched = (row->n[SIDE_MLX] > 0) + (row->n[SIDE_TORCH] > 0) + (row->n[SIDE_SWIFT] > 0) > 1;
	if (matched)
		grid_printf(grid, line, line.row, col, STYLE_ON(row->confidence < 0.8 ? ROLE_WARN : ROLE_DIM, ground), "%.2f",
		    row->confidence);
	if (why) grid_cut(grid, line, line.row, col + match, why, STYLE_ON(ROLE_DIM, ground), evidence_words(row, &arena));
	arena_done(&arena);
}

static void draw_file(const Components *v, Grid *grid, Rect line, const CoverageEntry *entry) {
	const Scan *scan = work_scan(v->work);
	const SourceFile *file = &scan->sides[entry->side].source.files[entry->file];
	CoverageCount count = coverage_of_file(scan, entry->side, entry->file);
	int col = grid_cut(grid, line, line.row, line.col + 2, line.cols - 30, STYLE(ROLE_ACCENT), str_of(file->name)) + 2;
	if (!file->in_scope) { /* only what answers the scope stands under it */
		grid_puts(grid, line, line.row, col, STYLE(ROLE_DIM), "in the package around");
		return;
	}
	grid_printf(grid, line, line.row, col, STYLE(ROLE_DIM), "%zu of %zu %s", count.answered, count.n,
	    entry->side == SIDE_SWIFT ? "answered" : "ported");
}

static void draw_head(Grid *grid, Rect line) {
	int match = 7, why = line.cols >= 110 ? line.cols / 4 : 0;
	int width = (line.cols - 2 - match - why) / SIDE_COUNT, col = line.col + 2;
	for (int side = 0; side < SIDE_COUNT; side++, col += width)
		grid_cut(grid, line, line.row, col, width - 1, STYLE(ROLE_HINT), str_of(side_title((Side)side)));
	grid_puts(grid, line, line.row, col, STYLE(ROLE_HINT), "match");
	if (why) grid_puts(grid, line, line.row, col + match, STYLE(ROLE_HINT), "why");
}

/* All of the selected row: where its components stand, and why. */
static void draw_why(const Components *v, Grid *grid, Rect rect) {
	const Row *row = selected(v);
	Arena arena = { 0 };
	Buf places = { 0 };
	for (int side = 0; row && side < SIDE_COUNT; side++) {
		const ScanSide *s = &work_scan(v->work)->sides[side];
		for (size_t i = 0; i < row->n[side]; i++) {
			const Component *c = &s->outline.components[row->ids[side][i]];
			const SourceFile *file = &s->source.files[c->file];
			buf_printf(
			    &places, "%s%s:%u", places.len ? "  " : "", file->name, source_pos(file, c->name_span.start).line);
		}
	}
	Rect rule = rect_take_rows(&rect, 1);
	grid_hline(grid, rule, rule.row, rule.col, rule.cols, STYLE(ROLE_DIM));
	if (row) {
		grid_cut(grid, rect, rect.row, rect.col + 2, rect.cols - 3, STYLE(ROLE_TEXT), buf_view(&places));
		Rect why = { rect.row + 1, rect.col + 2, rect.rows - 1, rect.cols - 3 };
		widget_wrap(grid, why, STYLE(ROLE_DIM), evidence_words(row, &arena), 0);
	}
	buf_done(&places);
	arena_done(&arena);
}

static void draw(View *view, const ViewEnv *env, Grid *grid, Rect rect) {
	Components *v = (Components *)view;
	const Rows *rows = rows_of_work(v);
	(void)env;
	draw_top(v, grid, rect_take_rows(&rect, 1));
	draw_head(grid, rect_take_rows(&rect, 1));
	if (rect.rows > 12) {
		draw_why(v, grid, (Rect) { rect.row + rect.rows - WHY_ROWS, rect.col, WHY_ROWS, rect.cols });
		rect.rows -= WHY_ROWS;
	}
	v->rows = rect;
	list_settle(&v->list, rect.rows);
	if (v->list.n == 0)
		grid_puts(
		    grid, rect, rect.row, rect.col + 2, STYLE(ROLE_DIM), rows ? "No row fits." : "The sources are being read.");
	for (int i = 0; i < rect.rows; i++) {
		size_t at = v->list.top + (size_t)i;
		if (at >= v->list.n) break;
		Rect line = { rect.row + i, rect.col, 1, rect.cols };
		if (row_at(v, at))
			draw_row(v, grid, line, row_at(v, at), at == v->list.selected);
		else
			draw_file(v, grid, line, &v->shown[at]);
	}
	widget_scrollbar(grid, rect, &v->list);
}

/* ---- correcting ---- */

static Reaction corrected(Components *v, const char *what) {
	Err err = { { 0 } };
	if (!work_start(v->work, &err)) return react_say("%s; it shows with the next scan", what);
	return react_say("%s; aligning anew", what);
}

static Reaction bind_given(View *owner, const ViewEnv *env, Str text, bool kept) {
	Components *v = (Components *)owner;
	Err err = { { 0 } };
	(void)env;
	if (!kept) return react(REACT_DONE);
	RowPin pin;
	const Scan *scan = work_scan(v->work);
	if (!row_pin_parse(text, &pin, &err) || (scan && !row_pin_check(scan, &pin, &err)))
		return react_bad("%s", err.text);
	if (!walk_bind_row(work_walk(v->work), &pin, &err)) return react_bad("%s", err.text);
	return corrected(v, "bound");
}

static Reaction ask_bind(Components *v) {
	const Row *row = selected(v);
	const Scan *scan = work_scan(v->work);
	Buf initial = { 0 };
	for (int side = 0; row && side < SIDE_COUNT; side++) {
		static const Side order[] = { SIDE_SWIFT, SIDE_MLX, SIDE_TORCH };
		Side here = order[side];
		if (side) buf_puts(&initial, side == 1 ? " = " : ", ");
		if (row->n[here]) buf_str(&initial, component_label(&scan->sides[here].outline, row->ids[here][0], &v->arena));
	}
	AskOptions ask = { .label = "these answer each other (SWIFT = MLX, TORCH):",
		.initial = buf_view(&initial),
		.history = &v->typed,
		.owner = &v->view,
		.answer = bind_given };
	Reaction reaction = react_open(view_ask_new(&ask));
	buf_done(&initial);
	return reaction;
}

static Reaction unbind_confirmed(View *owner, const ViewEnv *env, Str text, bool kept) {
	Components *v = (Components *)owner;
	Err err = { { 0 } };
	(void)env;
	(void)text;
	if (!kept || !v->swift.len) return react(REACT_DONE);
	RowPin nothing = row_pin_nothing(v->swift);
	bool fine = v->take_back ? walk_unbind_row(work_walk(v->work), v->swift, &err)
	                         : walk_bind_row(work_walk(v->work), &nothing, &err);
	if (!fine) return react_bad("%s", err.text);
	return corrected(v, v->take_back ? "the correction is taken back" : "unbound");
}

static Reaction ask_unbind(Components *v) {
	const Row *row = selected(v);
	if (!row || !row->n[SIDE_SWIFT]) return react_say("the port has nothing in this row");
	v->swift = component_label(&work_scan(v->work)->sides[SIDE_SWIFT].outline, row->ids[SIDE_SWIFT][0], &v->arena);
	v->take_back = row->pinned;
	Buf label_text = { 0 };
	if (row->pinned)
		buf_printf(&label_text, "take the correction of %.*s back?", STR_ARG(v->swift));
	else
		buf_printf(&label_text, "nothing of the references answers %.*s?", STR_ARG(v->swift));
	Reaction reaction = react_open(view_confirm_new(label_text.ptr, NULL, &v->view, unbind_confirmed));
	buf_done(&label_text);
	return reaction;
}

/* ---- actions ---- */

static Reaction find_changed(View *owner, const ViewEnv *env, Str text, bool kept) {
	Components *v = (Components *)owner;
	(void)env;
	(void)kept;
	buf_clear(&v->find);
	buf_str(&v->find, str_trim(text));
	look_up(v);
	return react(REACT_DONE);
}

static Reaction ask_find(Components *v) {
	AskOptions ask = { .label = "components with:",
		.initial = buf_view(&v->find),
		.owner = &v->view,
		.answer = find_changed,
		.changed = find_changed };
	return react_open(view_ask_new(&ask));
}

static Reaction next_filter(Components *v) {
	v->show = (Show)((v->show + 1) % SHOW_COUNT);
	look_up(v);
	return react_say("%s", show_words(v->show));
}

static Reaction open_row(Components *v) {
	const Row *row = selected(v);
	ComponentId ids[SIDE_COUNT];
	if (!row) return react(REACT_DONE);
	for (int side = 0; side < SIDE_COUNT; side++) ids[side] = row->n[side] ? row->ids[side][0] : COMPONENT_NONE;
	view_walk_show(v->walk, ids);
	return react(REACT_DONE | REACT_CLOSE);
}

static Reaction edit(const Components *v) {
	const Row *row = selected(v);
	const Scan *scan = work_scan(v->work);
	static const Side order[] = { SIDE_SWIFT, SIDE_MLX, SIDE_TORCH };
	for (int i = 0; row && i < SIDE_COUNT; i++) {
		if (!row->n[order[i]]) continue;
		const ScanSide *side = &scan->sides[order[i]];
		const Component *component = &side->outline.components[row->ids[order[i]][0]];
		const SourceFile *file = &side->source.files[component->file];
		return react_edit_source(file->path, source_pos(file, component->span.start).line);
	}
	return react_say("no row is selected");
}

static Reaction step_missing(Components *v, int step) {
	for (size_t i = 1; i <= v->list.n; i++) {
		size_t at = (v->list.selected + (step > 0 ? i : v->list.n - i % v->list.n)) % v->list.n;
		const Row *row = row_at(v, at);
		if (!row || row->n[SIDE_SWIFT] || !in_references(row)) continue;
		list_select(&v->list, at);
		return react(REACT_DONE);
	}
	return react_say("everything is ported");
}

static Reaction next_group(Components *v) {
	static const Side next[SIDE_COUNT] = {
		[SIDE_SWIFT] = SIDE_MLX, [SIDE_MLX] = SIDE_TORCH, [SIDE_TORCH] = SIDE_SWIFT
	};
	const Scan *scan = work_scan(v->work);
	do v->group = next[v->group];
	while (scan && !scan->sides[v->group].present && v->group != SIDE_SWIFT);
	look_up(v);
	return react_say("by the files of the %s", side_title(v->group));
}

static Reaction undo(Components *v) {
	Buf what = { 0 };
	Err err = { { 0 } };
	bool fine = work_undo(v->work, &what, &err);
	Reaction reaction = fine ? react_say("taken back: %s", what.ptr ? what.ptr : "") : react_bad("%s", err.text);
	buf_done(&what);
	return reaction;
}

static Reaction move(Components *v, ActionId action) {
	size_t before = v->list.selected;
	if (!list_act(&v->list, action, v->rows.rows)) return react(REACT_IGNORED);
	off_heads(v, v->list.selected < before ? -1 : 1);
	return react(REACT_DONE);
}

static Reaction act(View *view, const ViewEnv *env, ActionId action, const Event *event) {
	Components *v = (Components *)view;
	(void)env;
	(void)event;
	switch (action) {
	case ACTION_FILTER: return next_filter(v);
	case ACTION_FIND: return ask_find(v);
	case ACTION_SORT: return next_group(v);
	case ACTION_UNDO: return undo(v);
	case ACTION_OPEN: return open_row(v);
	case ACTION_BIND: return ask_bind(v);
	case ACTION_UNBIND: return ask_unbind(v);
	case ACTION_EDIT_SOURCE: return edit(v);
	case ACTION_NEXT_OPEN: return step_missing(v, 1);
	case ACTION_PREVIOUS_OPEN: return step_missing(v, -1);
	case ACTION_WALK: return react(REACT_DONE | REACT_CLOSE);
	case ACTION_REVIEW:
	case ACTION_PLAN:
	case ACTION_RESCAN:
	case ACTION_EXPORT: return (Reaction) { .what = REACT_DONE | REACT_CLOSE | REACT_RUN, .run = action };
	default: return move(v, action);
	}
}

static Reaction on_event(View *view, const ViewEnv *env, const Event *event) {
	Components *v = (Components *)view;
	(void)env;
	if (!rect_has(v->rows, event->row, event->col)) return react(REACT_IGNORED);
	if (event->kind == EVENT_WHEEL)
		list_scroll(&v->list, event->delta, v->rows.rows);
	else if (event->kind == EVENT_PRESS)
		list_select(&v->list, v->list.top + (size_t)(event->row - v->rows.row));
	else
		return react(REACT_IGNORED);
	off_heads(v, event->kind == EVENT_WHEEL && event->delta < 0 ? -1 : 1);
	return react(REACT_DONE);
}

static Reaction tick(View *view, const ViewEnv *env) {
	Components *v = (Components *)view;
	(void)env;
	if (v->generation == work_generation(v->work)) return react(REACT_IGNORED);
	look_up(v);
	return react(REACT_DONE);
}

static bool can(const View *view, ActionId action) {
	const Components *v = (const Components *)view;
	switch (action) {
	case ACTION_FIND_NEXT:
	case ACTION_SUGGEST:
	case ACTION_NEXT_PANE:
	case ACTION_PREVIOUS_PANE:
	case ACTION_LEFT:
	case ACTION_RIGHT:
	case ACTION_PROFILE: return false;
	case ACTION_OPEN:
	case ACTION_BIND:
	case ACTION_UNBIND:
	case ACTION_EDIT_SOURCE: return v->list.n > 0;
	default: return true;
	}
}

static void free_components(View *view) {
	Components *v = (Components *)view;
	arena_done(&v->arena);
	buf_done(&v->find);
	line_history_done(&v->typed);
	work_release(v->work);
	free(v);
}

static const ViewOps OPS = {
	.name = "the components",
	.where = WHERE_COMPONENTS,
	.draw = draw,
	.act = act,
	.event = on_event,
	.tick = tick,
	.can = can,
	.free = free_components,
};

View *view_components_new(const ViewEnv *env, Work *work, View *walk) {
	(void)env;
	Components *v = base_alloc(sizeof *v);
	v->view.ops = &OPS;
	v->work = work_keep(work);
	v->walk = walk;
	v->group = SIDE_SWIFT;
	look_up(v);
	return &v->view;
}
