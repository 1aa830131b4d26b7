#include "core/posix.h"

#include "tui/view_plan.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/utf8.h"
#include "sessions/plan.h"
#include "tui/doc.h"
#include "tui/mark.h"
#include "tui/view_ask.h"
#include "tui/view_draft.h"
#include "tui/view_walk.h"
#include "tui/widget.h"

#define ID_WIDTH 24
#define CHART_WIDTH 40

typedef struct PlanView {
	View view;
	Work *work;
	View *walk;
	uint32_t generation;
	size_t log_seen; /* events of the session, as last looked up */
	Arena arena;
	Plan plan;
	ListState list;
	Rect rows;
	Doc doc;
	size_t doc_top;
	LineHistory typed;
	char *asked; /* the candidate that a question is about */
} PlanView;

static void look_up(PlanView *v) {
	arena_done(&v->arena);
	v->generation = work_generation(v->work);
	walk_log(work_walk(v->work), &v->log_seen);
	memset(&v->plan, 0, sizeof v->plan);
	plan_of_walk(work_walk(v->work), work_catalogue(v->work), &v->arena, &v->plan);
	list_set(&v->list, v->plan.n_steps);
}

/* Another view may have kept something: then the plan points to what is no longer there. */
static bool refresh(PlanView *v) {
	size_t n;
	walk_log(work_walk(v->work), &n);
	if (v->generation == work_generation(v->work) && n == v->log_seen) return false;
	look_up(v);
	return true;
}

static const PlanStep *selected(const PlanView *v) { return v->plan.n_steps ? &v->plan.steps[v->list.selected] : NULL; }

static void select_id(PlanView *v, const char *id) {
	for (size_t i = 0; i < v->plan.n_steps; i++)
		if (strcmp(v->plan.steps[i].item->candidate.id, id) == 0) list_select(&v->list, i);
}

/* ---- drawing ---- */

static void draw_top(const PlanView *v, Grid *grid, Rect line) {
	size_t accepted = 0;
	for (size_t i = 0; i < v->plan.n_steps; i++) accepted += v->plan.steps[i].item->verdict == VERDICT_ACCEPT;
	int col = grid_puts(grid, line, line.row, line.col + 1, STYLE(ROLE_TITLE), "Plan") + 3;
	col = grid_cut(grid, line, line.row, col, line.cols / 4, STYLE(ROLE_ACCENT), str_of(work_name(v->work))) + 3;
	grid_printf(grid, line, line.row, col, STYLE(ROLE_TEXT), "%zu accepted · %zu measure first · %zu done", accepted,
	    v->plan.n_measure, v->plan.n_done);
	Buf right = { 0 };
	buf_printf(&right, "effort %.3g, %.3g left", v->plan.effort, v->plan.effort_left);
	int width = utf8_width(buf_view(&right));
	if (line.cols > 90)
		grid_text(grid, line, line.row, line.col + line.cols - width - 1, STYLE(ROLE_DIM), buf_view(&right));
	buf_done(&right);
	grid_ground(grid, line, GROUND_LINE);
}

static void words_of(const PlanStep *step, Buf *out) {
	const WalkItem *item = step->item;
	buf_printf(out, "effort %.2g", item->tradeoff.axis[AXIS_EFFORT]);
	for (size_t i = 0; i < step->n_after; i++) buf_printf(out, "%s%zu", i ? ", " : "   after ", step->after[i]);
	if (item->condition.len) {
		buf_printf(
		    out, "   %s%.*s", str_starts(item->condition, "only if") ? "" : "only if ", STR_ARG(item->condition));
	}
	if (item->done && item->measurement.has_numbers)
		buf_printf(out, "   %.4g → %.4g %.*s", item->measurement.before, item->measurement.after,
		    STR_ARG(item->measurement.unit));
	if (item->done && item->measurement.has_parity) buf_printf(out, "   parity %.2g", item->measurement.parity);
	if (item->gone && !item->done) buf_printf(out, "   %s", state_words(item->state));
}

static void draw_step(const PlanView *v, Grid *grid, Rect line, size_t i) {
	const PlanStep *step = &v->plan.steps[i];
	Ground ground = i == v->list.selected ? GROUND_SELECTED : GROUND_NONE;
	Mark mark = mark_of_item(step->item);
	if (ground) grid_fill(grid, line, STYLE_ON(ROLE_TEXT, ground));
	grid_puts(grid, line, line.row, line.col, STYLE_ON(ROLE_ACCENT, ground), ground ? "▸" : " ");
	int col =
	    grid_printf(grid, line, line.row, line.col + 1, STYLE_ON(ROLE_LINE_NUMBER, ground), "%3zu", step->number) + 2;
	col = grid_puts(grid, line, line.row, col, STYLE_ON(mark.role, ground), mark.glyph) + 1;
	grid_cut(grid, line, line.row, col, ID_WIDTH, STYLE_ON(ROLE_TEXT, ground), step->item->short_id);
	col += ID_WIDTH + 1;
	int room = line.cols > 90 ? 32 : 16;
	grid_cut(grid, line, line.row, col, room, STYLE_ON(ROLE_TEXT, ground), step->item->candidate.place.component);
	col += room + 1;
	Buf words = { 0 };
	words_of(step, &words);
	grid_cut(grid, line, line.row, col, line.col + line.cols - col - 1, STYLE_ON(ROLE_DIM, ground), buf_view(&words));
	buf_done(&words);
}

static void draw_steps(PlanView *v, Grid *grid, Rect rect) {
	v->rows = rect;
	list_settle(&v->list, rect.rows);
	if (v->plan.n_steps == 0)
		widget_wrap(grid, (Rect) { rect.row, rect.col + 1, rect.rows, rect.cols - 2 }, STYLE(ROLE_DIM),
		    STR("Nothing is accepted yet. What you accept or want measured in the walk stands here, in the order to do it."),
		    0);
	for (int i = 0; i < rect.rows; i++) {
		size_t row = v->list.top + (size_t)i;
		if (row < v->plan.n_steps) draw_step(v, grid, (Rect) { rect.row + i, rect.col, 1, rect.cols }, row);
	}
	widget_scrollbar(grid, rect, &v->list);
}

/* Gain upwards, risk to the right; a step is its number, and the selected one stands out. */
static void draw_chart(const PlanView *v, Grid *grid, Rect rect) {
	int height = rect.rows - 2, width = rect.cols - 6;
	if (height < 3 || width < 10) return;
	grid_puts(grid, rect, rect.row, rect.col + 1, STYLE(ROLE_HINT), "gain");
	grid_vline(grid, rect, rect.row + 1, rect.col + 3, height, STYLE(ROLE_BORDER));
	grid_hline(grid, rect, rect.row + height, rect.col + 3, width + 2, STYLE(ROLE_BORDER));
	for (int tick = 5; tick >= 1; tick--)
		grid_printf(grid, rect, rect.row + height - 1 - (int)((tick * (height - 2)) / 5.0 + 0.5), rect.col + 1,
		    STYLE(ROLE_DIM), "%d", tick);
	grid_puts(grid, rect, rect.row + rect.rows - 1, rect.col + width / 2, STYLE(ROLE_HINT), "accuracy risk");
	for (size_t pass = 0; pass < 2; pass++)
		for (size_t i = 0; i < v->plan.n_steps; i++) {
			const Tradeoff *t = &v->plan.steps[i].item->tradeoff;
			bool here = i == v->list.selected;
			if (here != (pass == 1)) continue;
			int row = rect.row + height - 1 - (int)(t->axis[AXIS_GAIN] / 5 * (height - 2) + 0.5);
			int col = rect.col + 5 + (int)(t->axis[AXIS_ACCURACY] / 5 * (width - 4) + 0.5);
			grid_printf(grid, rect, row, col, here ? STYLE_ON(ROLE_ACCENT, GROUND_SELECTED) : STYLE(ROLE_TEXT), "%zu·",
			    v->plan.steps[i].number);
		}
}

static void draw_check(PlanView *v, Grid *grid, Rect rect) {
	const PlanStep *step = selected(v);
	doc_start(&v->doc, rect.cols);
	if (step) {
		doc_label(&v->doc, "", 0, STYLE(ROLE_TEXT), STYLE(ROLE_TITLE), step->item->candidate.title);
		if (step->item->because.len)
			doc_label(&v->doc, "because", 9, STYLE(ROLE_HINT), STYLE(ROLE_TEXT), step->item->because);
		doc_text(&v->doc, 0, STYLE(ROLE_TEXT), step->item->candidate.message);
		if (step->check.len) {
			doc_blank(&v->doc);
			doc_text(&v->doc, 0, STYLE(ROLE_HINT), STR("Check"));
			doc_markdown(&v->doc, 0, step->check);
		}
	}
	size_t shown = rect.rows > 0 ? (size_t)rect.rows : 0, last = v->doc.lines.n > shown ? v->doc.lines.n - shown : 0;
	if (v->doc_top > last) v->doc_top = last;
	doc_draw(&v->doc, grid, rect, v->doc_top, GROUND_NONE);
}

static void draw(View *view, const ViewEnv *env, Grid *grid, Rect rect) {
	PlanView *v = (PlanView *)view;
	(void)env;
	refresh(v);
	draw_top(v, grid, rect_take_rows(&rect, 1));
	int lower = rect.rows / 2;
	Rect under = rect_take_rows(&rect, -lower);
	draw_steps(v, grid, rect);
	Rect inside = widget_frame(grid, under, STR_NONE, STR_NONE, false);
	if (under.cols >= 2 * CHART_WIDTH) {
		Rect chart = rect_take_cols(&inside, CHART_WIDTH);
		draw_chart(v, grid, chart);
		grid_vline(grid, under, under.row, chart.col + chart.cols, under.rows, STYLE(ROLE_BORDER));
		rect_take_cols(&inside, 1);
	}
	draw_check(v, grid, (Rect) { inside.row, inside.col + 1, inside.rows, inside.cols - 2 });
}

/* ---- actions ---- */

static Reaction move(PlanView *v, int step) {
	Question question = { .kind = QUESTION_NONE };
	Err err = { { 0 } };
	const PlanStep *chosen = selected(v);
	if (!chosen) return react(REACT_DONE);
	size_t to = chosen->number;
	if ((step < 0 && to <= 1) || (step > 0 && to >= v->plan.n_steps)) return react(REACT_DONE);
	char id[64];
	snprintf(id, sizeof id, "%s", chosen->item->candidate.id);
	bool fine = walk_move(work_walk(v->work), id, step < 0 ? to - 1 : to + 1, &question, &err);
	look_up(v);
	select_id(v, id);
	if (fine) return react(REACT_DONE);
	return react_bad("%s", question.kind != QUESTION_NONE ? question.text : err.text);
}

/* Takes "before 12.1 after 14.9 unit tok/s parity 1e-4 command swift run bench", all optional, the command last. */
static bool parse_measurement(Str text, Measurement *out, Err *err) {
	bool before = false, after = false;
	for (Str word; text.ptr && (text = str_trim(text)).len && str_split(&text, ' ', &word);) {
		char name[16], value[64];
		snprintf(name, sizeof name, "%.*s", STR_ARG(word));
		if (str_is(word, "command")) {
			out->command = str_trim(text);
			break;
		}
		text = str_trim(text);
		if (!text.len || !str_split(&text, ' ', &word)) return err_set(err, "something must follow '%s'", name);
		snprintf(value, sizeof value, "%.*s", STR_ARG(word));
		char *end = value;
		double number = strtod(value, &end);
		bool is_number = *end == '\0' && end != value;
		if (strcmp(name, "unit") == 0)
			out->unit = word;
		else if (strcmp(name, "before") == 0 && is_number)
			out->before = number, before = true;
		else if (strcmp(name, "after") == 0 && is_number)
			out->after = number, after = true;
		else if (strcmp(name, "parity") == 0 && is_number)
			out->parity = number, out->has_parity = true;
		else
			return err_set(err, "'%s %s' is not one of: before N after N unit U parity N command TEXT", name, value);
	}
	out->has_numbers = before && after;
	return before == after || err_set(err, "a measurement has both: before N after N");
}

static Reaction ask_done(PlanView *v, Str initial);

static Reaction done_given(View *owner, const ViewEnv *env, Str text, bool kept) {
	PlanView *v = (PlanView *)owner;
	Measurement measurement = { 0 };
	Err err = { { 0 } };
	(void)env;
	if (!kept || !v->asked) return react_say("not marked as done");
	bool some = str_trim(text).len > 0;
	if (!parse_measurement(text, &measurement, &err) ||
	    !walk_mark_done(work_walk(v->work), v->asked, some ? &measurement : NULL, STR_NONE, &err)) {
		Reaction again = ask_done(v, text);
		again.say = base_strdup(err.text);
		again.bad = true;
		return again;
	}
	look_up(v);
	return react_say("done");
}

static Reaction ask_done(PlanView *v, Str initial) {
	AskOptions ask = { .label = "done (before N after N unit U parity N command TEXT, or nothing):",
		.initial = initial,
		.history = &v->typed,
		.owner = &v->view,
		.answer = done_given };
	return react_open(view_ask_new(&ask));
}

static Reaction note_given(View *owner, const ViewEnv *env, Str text, bool kept) {
	PlanView *v = (PlanView *)owner;
	Err err = { { 0 } };
	(void)env;
	if (!kept || !v->asked || str_trim(text).len == 0) return react(REACT_DONE);
	if (!walk_note(work_walk(v->work), v->asked, text, &err)) return react_bad("%s", err.text);
	look_up(v);
	return react_say("noted");
}

static Reaction about_selected(PlanView *v, ActionId action) {
	const PlanStep *step = selected(v);
	if (!step) return react_say("no step is selected");
	free(v->asked);
	v->asked = base_strdup(step->item->candidate.id);
	if (action == ACTION_DONE) return ask_done(v, STR_NONE);
	AskOptions ask = { .label = "note:", .owner = &v->view, .answer = note_given };
	return react_open(view_ask_new(&ask));
}

static Reaction undo(PlanView *v) {
	Buf what = { 0 };
	Err err = { { 0 } };
	bool fine = walk_undo(work_walk(v->work), NULL, &what, &err);
	Reaction reaction = fine ? react_say("taken back: %s", what.ptr ? what.ptr : "") : react_bad("%s", err.text);
	buf_done(&what);
	if (fine) look_up(v);
	return reaction;
}

static Reaction open_step(PlanView *v) {
	const PlanStep *step = selected(v);
	if (!step) return react(REACT_DONE);
	view_walk_select(v->walk, str_of(step->item->candidate.id));
	return react(REACT_DONE | REACT_CLOSE);
}

static Reaction edit(const PlanView *v) {
	const PlanStep *step = selected(v);
	if (!step || !step->item->candidate.place.path) return react_say("no step is selected");
	return react_edit_source(step->item->candidate.place.path, step->item->candidate.place.start.line);
}

static Reaction drafts(const PlanView *v, const ViewEnv *env) {
	const PlanStep *step = selected(v);
	return step ? view_draft_open(env, v->work, step->item) : react_say("no step is selected");
}

static Reaction act(View *view, const ViewEnv *env, ActionId action, const Event *event) {
	PlanView *v = (PlanView *)view;
	(void)event;
	refresh(v);
	switch (action) {
	case ACTION_DRAFT: return drafts(v, env);
	case ACTION_MOVE_UP: return move(v, -1);
	case ACTION_MOVE_DOWN: return move(v, 1);
	case ACTION_DONE:
	case ACTION_NOTE: return about_selected(v, action);
	case ACTION_UNDO: return undo(v);
	case ACTION_OPEN: return open_step(v);
	case ACTION_WALK: return react(REACT_DONE | REACT_CLOSE);
	case ACTION_EDIT_SOURCE: return edit(v);
	case ACTION_COMPONENTS:
	case ACTION_REVIEW:
	case ACTION_EXPORT: return (Reaction) { .what = REACT_DONE | REACT_CLOSE | REACT_RUN, .run = action };
	default: break;
	}
	if (!list_act(&v->list, action, v->rows.rows)) return react(REACT_IGNORED);
	v->doc_top = 0;
	return react(REACT_DONE);
}

static Reaction on_event(View *view, const ViewEnv *env, const Event *event) {
	PlanView *v = (PlanView *)view;
	(void)env;
	return react(list_event(&v->list, v->rows, &v->doc_top, event) ? REACT_DONE : REACT_IGNORED);
}

static Reaction tick(View *view, const ViewEnv *env) {
	PlanView *v = (PlanView *)view;
	(void)env;
	return react(refresh(v) ? REACT_DONE : REACT_IGNORED);
}

static bool can(const View *view, ActionId action) {
	const PlanView *v = (const PlanView *)view;
	switch (action) {
	case ACTION_OPEN:
	case ACTION_DRAFT:
	case ACTION_DONE:
	case ACTION_NOTE:
	case ACTION_EDIT_SOURCE: return v->plan.n_steps > 0;
	case ACTION_MOVE_UP:
	case ACTION_MOVE_DOWN: return v->plan.n_steps > 1;
	case ACTION_UNDO: {
		size_t n;
		walk_log(work_walk(v->work), &n);
		return n > 0;
	}
	case ACTION_CARD:
	case ACTION_COPY:
	case ACTION_RESCAN:
	case ACTION_PROFILE:
	case ACTION_FIND:
	case ACTION_FIND_NEXT:
	case ACTION_NEXT_PANE:
	case ACTION_PREVIOUS_PANE:
	case ACTION_LEFT:
	case ACTION_RIGHT: return false;
	default: return true;
	}
}

static void free_plan(View *view) {
	PlanView *v = (PlanView *)view;
	doc_done(&v->doc);
	arena_done(&v->arena);
	line_history_done(&v->typed);
	free(v->asked);
	work_release(v->work);
	free(v);
}

static const ViewOps OPS = {
	.name = "the plan",
	.where = WHERE_PLAN,
	.draw = draw,
	.act = act,
	.event = on_event,
	.tick = tick,
	.can = can,
	.free = free_plan,
};

View *view_plan_new(const ViewEnv *env, Work *work, View *walk) {
	(void)env;
	PlanView *v = base_alloc(sizeof *v);
	v->view.ops = &OPS;
	v->work = work_keep(work);
	v->walk = walk;
	look_up(v);
	return &v->view;
}
