#include "core/posix.h"

#include "tui/view_review.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "core/git.h"
#include "core/utf8.h"
#include "tui/code.h"
#include "tui/mark.h"
#include "tui/view_ask.h"
#include "tui/view_walk.h"
#include "tui/widget.h"

typedef struct Review {
	View view;
	Work *work;
	View *walk;
	uint32_t generation;
	Arena arena; /* of the events */
	LogEvent *events;
	size_t n_events;
	size_t *shown; /* indexes, latest first unless searched */
	ListState list;
	bool stale_only; /* those whose code, reference or place is no longer as it was judged */
	Buf search;
	char *search_before;
	LineHistory searches;
	Rect rows;
	/* the code of the selected one */
	Arena code_arena;
	char of[64]; /* event's id for which it was looked up */
	bool has_then, has_now;
	Place then;
	CodeText code_then, code_now;
	uint32_t *map; /* of git_line_map */
	uint32_t n_map;
	size_t n_changed;
	Str now_words;
	size_t scroll;
} Review;

/* ---- looking up ---- */

static bool is_decision(const LogEvent *event) { return event->kind == LOG_VERDICT || event->kind == LOG_NOTE; }

static bool is_here(const Review *v, const LogEvent *event) {
	return event->session == walk_session(work_walk(v->work))->key;
}

static const WalkItem *item_of(const Review *v, const LogEvent *event) {
	return is_here(v, event) ? walk_item(work_walk(v->work), event->candidate) : NULL;
}

static bool is_stale(const Review *v, const LogEvent *event) {
	const WalkItem *item = item_of(v, event);
	return item && item->judged && str_cmp(item->judged->id, event->id) == 0 && item->state != STATE_SAME &&
	       item->state != STATE_OPEN && item->state != STATE_DONE;
}

static bool look_up(Review *v, Err *err) {
	Store *store = walk_store(work_walk(v->work));
	Str search = str_trim(buf_view(&v->search));
	arena_done(&v->arena);
	v->events = NULL;
	v->n_events = 0;
	v->generation = work_generation(v->work);
	memset(v->of, 0, sizeof v->of);
	bool fine = search.len ? log_search(store, search, &v->arena, &v->events, &v->n_events, err)
	                       : log_read(store, 0, &v->arena, &v->events, &v->n_events, err);
	if (!fine) v->n_events = 0;
	if (!search.len) log_fold(v->events, v->n_events);
	v->shown = base_realloc(v->shown, (v->n_events + 1) * sizeof *v->shown);
	size_t n = 0;
	for (size_t i = 0; i < v->n_events; i++) {
		size_t at = search.len ? i : v->n_events - 1 - i;
		const LogEvent *event = &v->events[at];
		if (is_decision(event) && !event->undone && (!v->stale_only || is_stale(v, event))) v->shown[n++] = at;
	}
	list_set(&v->list, n);
	return fine;
}

static const LogEvent *selected(const Review *v) { return v->list.n ? &v->events[v->shown[v->list.selected]] : NULL; }

static Str now_words(const Review *v, const LogEvent *event, const WalkItem *item) {
	if (!is_here(v, event)) return STR("as it is now: in another session");
	if (!item) return STR("as it is now: no longer known");
	if (item->gone) return arena_printf((Arena *)&v->code_arena, "as it is now: %s", state_words(item->state));
	if (v->n_changed == 0) return STR("as it is now: unchanged");
	return arena_printf(
	    (Arena *)&v->code_arena, "as it is now: %zu line%s changed", v->n_changed, v->n_changed == 1 ? "" : "s");
}

/* Reads the code as it was judged out of the event, and as it is out of the walk. */
static void look_at_code(Review *v) {
	const LogEvent *event = selected(v);
	if (!event || str_is(event->id, v->of)) return;
	arena_done(&v->code_arena);
	memset(v->of, 0, sizeof v->of);
	if (event->id.len < sizeof v->of) memcpy(v->of, event->id.ptr, event->id.len);
	v->scroll = 0;
	v->n_changed = 0;
	v->map = NULL;
	v->has_then = walk_judged(event, SIDE_SWIFT, &v->code_arena, &v->then);
	if (v->has_then) v->code_then = code_of_excerpt(v->then.excerpt, v->then.start.line, &v->code_arena);
	if (v->has_then) v->code_then.dedent = code_indent(&v->code_then, v->code_then.first, UINT32_MAX);
	const WalkItem *item = item_of(v, event);
	v->has_now = item && !item->gone && item->candidate.place.excerpt.len;
	if (v->has_now) {
		Str excerpt = arena_str(&v->code_arena, item->candidate.place.excerpt);
		v->code_now = code_of_excerpt(excerpt, item->candidate.place.start.line, &v->code_arena);
		v->code_now.dedent = code_indent(&v->code_now, v->code_now.first, UINT32_MAX);
	}
	if (v->has_then && v->has_now) {
		v->map = git_line_map(v->code_then.text, v->code_now.text, &v->code_arena, &v->n_map);
		size_t kept = 0;
		for (uint32_t line = 1; line <= v->n_map; line++) kept += v->map[line] != GIT_LINE_GONE;
		size_t longer = v->n_map > v->code_now.n_lines ? v->n_map : v->code_now.n_lines;
		v->n_changed = longer > kept ? longer - kept : 0;
	}
	v->now_words = now_words(v, event, item);
}

/* ---- drawing ---- */

typedef struct Columns {
	int when, session, technique, component, verdict;
} Columns;

static void draw_top(const Review *v, Grid *grid, Rect line) {
	int col = grid_puts(grid, line, line.row, line.col + 1, STYLE(ROLE_TITLE), "Decisions") + 3;
	col =
	    grid_puts(grid, line, line.row, col, STYLE(ROLE_DIM), v->stale_only ? "no longer as judged" : "all sessions") +
	    3;
	if (v->search.len)
		col = grid_printf(grid, line, line.row, col, STYLE(ROLE_ACCENT), "search: %s", v->search.ptr) + 3;
	grid_printf(grid, line, line.row, line.col + line.cols - 12, STYLE(ROLE_DIM), "%5zu found", v->list.n);
	(void)col;
	grid_ground(grid, line, GROUND_LINE);
}

static Columns columns_for(int width) {
	if (width >= 110) return (Columns) { 13, 18, 18, 30, 12 };
	return (Columns) { 11, 12, 13, 16, 10 };
}

static void draw_event(const Review *v, Grid *grid, Rect line, const LogEvent *event, bool here) {
	Ground ground = here ? GROUND_SELECTED : GROUND_NONE;
	Columns c = columns_for(line.cols);
	Buf age = { 0 }, verdict = { 0 };
	Mark mark = mark_of_verdict(event->verdict);
	const WalkItem *item = item_of(v, event);
	size_t dash = SIZE_MAX; /* the technique is the id's beginning, up to its digits */
	for (size_t i = 0; i < event->candidate.len; i++)
		if (event->candidate.ptr[i] == '-') dash = i;
	Str technique = str_sub(event->candidate, 0, dash);
	mark_age(event->time, (int64_t)time(NULL), &age);
	if (event->kind == LOG_NOTE)
		buf_puts(&verdict, "  note");
	else
		buf_printf(&verdict, "%s %s", mark.glyph, verdict_name(event->verdict));
	if (here) grid_fill(grid, line, STYLE_ON(ROLE_TEXT, ground));
	grid_puts(grid, line, line.row, line.col, STYLE_ON(ROLE_ACCENT, ground), here ? "▸" : " ");
	int col = line.col + 2;
	grid_cut(grid, line, line.row, col, c.when - 1, STYLE_ON(ROLE_DIM, ground), buf_view(&age));
	grid_cut(grid, line, line.row, col += c.when, c.session - 1, STYLE_ON(ROLE_TEXT, ground), event->session_name);
	grid_cut(grid, line, line.row, col += c.session, c.technique - 1, STYLE_ON(ROLE_TEXT, ground), technique);
	grid_cut(grid, line, line.row, col += c.technique, c.component - 1, STYLE_ON(ROLE_TEXT, ground),
	    item ? item->candidate.place.component : str_sub(event->candidate, dash == SIZE_MAX ? 0 : dash + 1, SIZE_MAX));
	Role role = event->kind == LOG_NOTE ? ROLE_DIM : mark.role;
	grid_cut(grid, line, line.row, col += c.component, c.verdict - 1, STYLE_ON(role, ground), buf_view(&verdict));
	col += c.verdict;
	if (event->condition.len)
		col = grid_cut(grid, line, line.row, col, 40, STYLE_ON(ROLE_WARN, ground), event->condition) + 1;
	grid_cut(grid, line, line.row, col, line.col + line.cols - col - 1, STYLE_ON(ROLE_TEXT, ground), event->reason);
	buf_done(&age);
	buf_done(&verdict);
}

static void draw_list(Review *v, Grid *grid, Rect rect) {
	v->rows = rect;
	list_settle(&v->list, rect.rows);
	if (v->list.n == 0)
		grid_puts(grid, rect, rect.row, rect.col + 2, STYLE(ROLE_DIM),
		    v->search.len ? "No decision or note has these words." : "Nothing was decided yet.");
	for (int i = 0; i < rect.rows; i++) {
		size_t row = v->list.top + (size_t)i;
		if (row >= v->list.n) break;
		Rect line = { rect.row + i, rect.col, 1, rect.cols };
		draw_event(v, grid, line, &v->events[v->shown[row]], row == v->list.selected);
	}
	widget_scrollbar(grid, rect, &v->list);
}

static CodeLook look_then(const void *context, uint32_t line) {
	const Review *v = context;
	uint32_t i = line - v->code_then.first + 1;
	bool gone = v->map && (i > v->n_map || v->map[i] == GIT_LINE_GONE);
	return (
	    CodeLook) { .span = gone ? "-" : NULL, .span_role = ROLE_BAD, .ground = gone ? GROUND_REMOVED : GROUND_NONE };
}

static CodeLook look_now(const void *context, uint32_t line) {
	const Review *v = context;
	bool kept = !v->map;
	for (uint32_t i = 1; v->map && i <= v->n_map && !kept; i++) kept = v->map[i] == line - v->code_now.first + 1;
	return (
	    CodeLook) { .span = kept ? NULL : "+", .span_role = ROLE_GOOD, .ground = kept ? GROUND_NONE : GROUND_ADDED };
}

static void draw_code(Review *v, Grid *grid, Rect rect) {
	int half = rect.cols / 2;
	Rect left = { rect.row, rect.col, rect.rows, half + 1 },
	     right = { rect.row, rect.col + half, rect.rows, rect.cols - half };
	look_at_code(v);
	bool any = selected(v) != NULL;
	Buf title = { 0 };
	buf_puts(&title, "as it was judged");
	if (any && v->has_then && v->then.name) buf_printf(&title, ": %s:%u", v->then.name, (unsigned)v->then.start.line);
	Rect then = widget_frame(grid, left, buf_view(&title), STR_NONE, false);
	Rect now = widget_frame(grid, right, any ? v->now_words : STR("as it is now"), STR_NONE, false);
	buf_done(&title);
	if (any && v->has_then)
		code_draw(grid, then, &v->code_then, v->code_then.first + (uint32_t)v->scroll, 0, look_then, v);
	if (any && v->has_now) code_draw(grid, now, &v->code_now, v->code_now.first + (uint32_t)v->scroll, 0, look_now, v);
	if (any && !v->has_then) grid_puts(grid, then, then.row, then.col + 1, STYLE(ROLE_DIM), "no code was kept with it");
}

static void draw(View *view, const ViewEnv *env, Grid *grid, Rect rect) {
	Review *v = (Review *)view;
	(void)env;
	draw_top(v, grid, rect_take_rows(&rect, 1));
	Rect under = rect_take_rows(&rect, -(rect.rows * 2 / 5));
	if (rect.cols >= 60) {
		Columns c = columns_for(rect.cols);
		Rect head = rect_take_rows(&rect, 1);
		int col = head.col + 2;
		grid_puts(grid, head, head.row, col, STYLE(ROLE_HINT), "when");
		grid_puts(grid, head, head.row, col += c.when, STYLE(ROLE_HINT), "session");
		grid_puts(grid, head, head.row, col += c.session, STYLE(ROLE_HINT), "technique");
		grid_puts(grid, head, head.row, col += c.technique, STYLE(ROLE_HINT), "component");
		grid_puts(grid, head, head.row, col += c.component, STYLE(ROLE_HINT), "verdict");
		grid_puts(grid, head, head.row, col + c.verdict, STYLE(ROLE_HINT), "because");
	}
	draw_list(v, grid, rect);
	draw_code(v, grid, under);
}

/* ---- actions ---- */

static Reaction set_search(Review *v, Str text) {
	Buf search = { 0 };
	Err err = { { 0 } };
	buf_str(&search, text);
	buf_done(&v->search);
	v->search = search;
	bool fine = look_up(v, &err);
	list_select(&v->list, 0);
	return fine ? react(REACT_DONE) : react_bad("%s", err.text);
}

static Reaction search_changed(View *owner, const ViewEnv *env, Str text, bool kept) {
	(void)env;
	(void)kept;
	return set_search((Review *)owner, text);
}

static Reaction search_given(View *owner, const ViewEnv *env, Str text, bool kept) {
	Review *v = (Review *)owner;
	(void)env;
	return set_search(v, kept ? text : str_of(v->search_before));
}

static Reaction ask_search(Review *v) {
	free(v->search_before);
	v->search_before = base_strdup(v->search.ptr ? v->search.ptr : "");
	AskOptions ask = { .label = "search in reasons and notes:",
		.initial = buf_view(&v->search),
		.history = &v->searches,
		.owner = &v->view,
		.answer = search_given,
		.changed = search_changed };
	return react_open(view_ask_new(&ask));
}

/* Superseding is done where the candidate is seen whole: in the walk, with the same question. */
static Reaction in_the_walk(Review *v, ActionId then) {
	const LogEvent *event = selected(v);
	if (!event) return react(REACT_DONE);
	if (!is_here(v, event))
		return react_say("that was in %.*s: open that session to decide anew", STR_ARG(event->session_name));
	if (!item_of(v, event)) return react_say("that candidate is no longer known");
	view_walk_select(v->walk, event->candidate);
	return (Reaction) { .what = REACT_DONE | REACT_CLOSE | (then == ACTION_NONE ? 0u : REACT_RUN), .run = then };
}

static Reaction only_stale(Review *v) {
	Err err = { { 0 } };
	v->stale_only = !v->stale_only;
	if (!look_up(v, &err)) return react_bad("%s", err.text);
	return react_say(
	    v->stale_only ? "verdicts whose code, reference or place is no longer as it was judged" : "all decisions");
}

static Reaction undo(Review *v) {
	Buf what = { 0 };
	Err err = { { 0 } };
	bool fine = walk_undo(work_walk(v->work), NULL, &what, &err);
	Reaction reaction = fine ? react_say("taken back: %s", what.ptr ? what.ptr : "") : react_bad("%s", err.text);
	buf_done(&what);
	if (fine) look_up(v, NULL);
	return reaction;
}

static Reaction edit(const Review *v) {
	const LogEvent *event = selected(v);
	const WalkItem *item = event ? item_of(v, event) : NULL;
	if (!item || !item->candidate.place.path) return react_say("its source is not in this session");
	return react_edit_source(item->candidate.place.path, item->candidate.place.start.line);
}

static Reaction act(View *view, const ViewEnv *env, ActionId action, const Event *event) {
	Review *v = (Review *)view;
	(void)env;
	(void)event;
	switch (action) {
	case ACTION_FIND: return ask_search(v);
	case ACTION_FILTER: return only_stale(v);
	case ACTION_OPEN: return in_the_walk(v, ACTION_NONE);
	case ACTION_ACCEPT:
	case ACTION_REJECT:
	case ACTION_DEFER:
	case ACTION_MEASURE:
	case ACTION_NOTE:
	case ACTION_CARD: return in_the_walk(v, action);
	case ACTION_UNDO: return undo(v);
	case ACTION_EDIT_SOURCE: return edit(v);
	case ACTION_WALK: return react(REACT_DONE | REACT_CLOSE);
	case ACTION_COMPONENTS:
	case ACTION_PLAN:
	case ACTION_EXPORT: return (Reaction) { .what = REACT_DONE | REACT_CLOSE | REACT_RUN, .run = action };
	case ACTION_LEFT: v->scroll -= v->scroll > 4 ? 4 : v->scroll; return react(REACT_DONE);
	case ACTION_RIGHT: v->scroll += v->scroll < 1000 ? 4 : 0; return react(REACT_DONE);
	default: return react(list_act(&v->list, action, v->rows.rows) ? REACT_DONE : REACT_IGNORED);
	}
}

static Reaction on_event(View *view, const ViewEnv *env, const Event *event) {
	Review *v = (Review *)view;
	(void)env;
	return react(list_event(&v->list, v->rows, &v->scroll, event) ? REACT_DONE : REACT_IGNORED);
}

static Reaction tick(View *view, const ViewEnv *env) {
	Review *v = (Review *)view;
	(void)env;
	if (v->generation == work_generation(v->work)) return react(REACT_IGNORED);
	look_up(v, NULL);
	return react(REACT_DONE);
}

static bool can(const View *view, ActionId action) {
	const Review *v = (const Review *)view;
	const LogEvent *event = selected(v);
	switch (action) {
	case ACTION_ACCEPT:
	case ACTION_REJECT:
	case ACTION_DEFER:
	case ACTION_MEASURE:
	case ACTION_NOTE:
	case ACTION_CARD:
	case ACTION_OPEN:
	case ACTION_EDIT_SOURCE: return event && item_of(v, event);
	case ACTION_SORT:
	case ACTION_SHOW_ALL:
	case ACTION_FIND_NEXT:
	case ACTION_NEXT_PANE:
	case ACTION_PREVIOUS_PANE:
	case ACTION_RESCAN:
	case ACTION_PROFILE: return false;
	default: return true;
	}
}

static void free_review(View *view) {
	Review *v = (Review *)view;
	arena_done(&v->arena);
	arena_done(&v->code_arena);
	line_history_done(&v->searches);
	buf_done(&v->search);
	free(v->search_before);
	free(v->shown);
	work_release(v->work);
	free(v);
}

static const ViewOps OPS = {
	.name = "the decisions",
	.where = WHERE_REVIEW,
	.draw = draw,
	.act = act,
	.event = on_event,
	.tick = tick,
	.can = can,
	.free = free_review,
};

View *view_review_new(const ViewEnv *env, Work *work, View *walk) {
	(void)env;
	Review *v = base_alloc(sizeof *v);
	v->view.ops = &OPS;
	v->work = work_keep(work);
	v->walk = walk;
	look_up(v, NULL);
	return &v->view;
}
