#include "core/posix.h"

#include "tui/view_suggest.h"

#include <stdlib.h>
#include <string.h>

#include "core/utf8.h"
#include "prompts/suggest.h"
#include "tui/doc.h"
#include "tui/model_keep.h"
#include "tui/model_parts.h"
#include "tui/talk.h"
#include "tui/widget.h"

typedef struct Suggest {
	View view;
	const ViewEnv *env;
	Work *work;
	Talk *talk;
	Arena arena;               /* of everything below */
	Str component, path, code; /* copies: a scan may end meanwhile */
	uint32_t first_line;       /* of the code in its file */
	Prompt *prompt;            /* made, not sent yet */
	const Suggestion *list;
	bool *taken;
	size_t n;
	bool answered;
	ListState at;
	Rect rows;
	Doc doc;
} Suggest;

/* ---- drawing ---- */

static void draw_row(const Suggest *v, Grid *grid, Rect line, size_t i) {
	const Suggestion *s = &v->list[i];
	Ground ground = i == v->at.selected ? GROUND_SELECTED : GROUND_NONE;
	if (ground) grid_fill(grid, line, STYLE_ON(ROLE_TEXT, ground));
	grid_puts(grid, line, line.row, line.col, STYLE_ON(ROLE_ACCENT, ground), ground ? "▸" : " ");
	grid_puts(grid, line, line.row, line.col + 1,
	    STYLE_ON(v->taken[i] ? ROLE_GOOD
	             : s->found  ? ROLE_TEXT
	                         : ROLE_BAD,
	        ground),
	    v->taken[i] ? "✓"
	    : s->found  ? "○"
	                : "✗");
	int col = grid_cut(grid, line, line.row, line.col + 3, line.cols / 2, STYLE_ON(ROLE_TEXT, ground), s->title) + 2;
	col = grid_cut(grid, line, line.row, col, 20, STYLE_ON(ROLE_DIM, ground), s->technique) + 2;
	if (!s->found) grid_puts(grid, line, line.row, col, STYLE_ON(ROLE_BAD, ground), s->problem ? s->problem : "");
}

static void build(Suggest *v, int width) {
	doc_start(&v->doc, width);
	if (v->n == 0) return;
	const Suggestion *s = &v->list[v->at.selected];
	doc_label(&v->doc, "Why", 9, STYLE(ROLE_HINT), STYLE(ROLE_TEXT), s->why);
	if (s->risk.len) doc_label(&v->doc, "Risk", 9, STYLE(ROLE_HINT), STYLE(ROLE_TEXT), s->risk);
	doc_blank(&v->doc);
	doc_text(&v->doc, 0, STYLE(ROLE_DIM),
	    s->found ? STR("The lines it is about:") : STR("What it quotes, which is not there:"));
	doc_text(&v->doc, 2, STYLE(ROLE_TEXT), s->found ? str_sub(v->code, s->start, s->end) : s->quote);
}

static void draw(View *view, const ViewEnv *env, Grid *grid, Rect rect) {
	Suggest *v = (Suggest *)view;
	(void)env;
	Rect top = rect_take_rows(&rect, 1);
	int col = grid_puts(grid, top, top.row, top.col + 1, STYLE(ROLE_TITLE), "Suggestions") + 2;
	grid_text(grid, top, top.row, col, STYLE(ROLE_ACCENT), v->component);
	grid_ground(grid, top, GROUND_LINE);
	Rect status = rect_take_rows(&rect, 1);
	Buf words = { 0 };
	if (!v->answered)
		talk_words(v->talk, &words);
	else
		buf_printf(&words, v->n ? "%zu proposed; none is a candidate until you take it" : "nothing was proposed", v->n);
	grid_text(grid, status, status.row, status.col + 1, STYLE(ROLE_INFO), buf_view(&words));
	buf_done(&words);
	int rows = (int)v->n < rect.rows / 2 ? (int)v->n : rect.rows / 2;
	v->rows = rect_take_rows(&rect, rows);
	list_settle(&v->at, v->rows.rows);
	for (int i = 0; i < v->rows.rows && v->at.top + (size_t)i < v->n; i++)
		draw_row(v, grid, (Rect) { v->rows.row + i, v->rows.col, 1, v->rows.cols }, v->at.top + (size_t)i);
	Rect text = { rect.row + 1, rect.col + 1, rect.rows - 1, rect.cols > 104 ? 100 : rect.cols - 2 };
	build(v, text.cols);
	doc_draw(&v->doc, grid, text, 0, GROUND_NONE);
}

/* ---- asking ---- */

static bool make_prompt(Suggest *v, ComponentId id, Err *err) {
	const Scan *scan = work_scan(v->work);
	Arena arena = { 0 };
	PromptRequest request = { .use = PROMPT_SUGGEST };
	Str template;
	const Outline *outline = &scan->sides[SIDE_SWIFT].outline;
	const SourceFile *file = &scan->sides[SIDE_SWIFT].source.files[outline->components[id].file];
	model_parts_component(
	    work_walk(v->work), scan, id, work_catalogue(v->work), work_port(v->work), &arena, &request.parts);
	v->component = component_label(outline, id, &v->arena);
	v->path = arena_str(&v->arena, str_of(file->path));
	v->code = arena_str(&v->arena, request.parts.code);
	bool inside = request.parts.code.ptr >= file->text.ptr && request.parts.code.ptr <= file->text.ptr + file->text.len;
	v->first_line = inside ? source_pos(file, (uint32_t)(request.parts.code.ptr - file->text.ptr)).line : 1;
	if (model_template(v->env->options->config, PROMPT_SUGGEST, &arena, &template, err))
		v->prompt = prompt_make(&request, template, profile_budget(talk_profile(v->talk)), err);
	arena_done(&arena);
	return v->prompt != NULL;
}

static Reaction agreed(View *owner, const ViewEnv *env, Str text, bool kept) {
	bool sent;
	(void)env;
	(void)text;
	return talk_answered(((Suggest *)owner)->talk, kept, &sent);
}

static Reaction begin(Suggest *v) {
	bool sent;
	Prompt *prompt = v->prompt;
	v->prompt = NULL;
	return talk_send(v->talk, prompt, &v->view, agreed, &sent);
}

static bool is_technique(void *user, Str id) {
	const Catalogue *catalogue = user;
	return catalogue && catalogue_find(catalogue, id);
}

/* What the model sent is kept with the session, also a part of it: it was paid for, whatever is taken. */
static bool keep(Suggest *v, const ModelAnswer *answer, Err *err) {
	KeptBy by = { .profile = talk_profile(v->talk), .prompt = talk_prompt(v->talk)->version };
	return answer->text.len == 0 || model_keep_answer(work_walk(v->work), NULL, v->component, answer, &by, err);
}

static Reaction came(Suggest *v) {
	Err err = { { 0 } };
	ModelAnswer answer;
	talk_answer(v->talk, &v->arena, &answer);
	if (!keep(v, &answer, &err)) return react_bad("%s", err.text);
	if (answer.state != EXCHANGE_DONE) return react_bad("%s", answer.message.len ? answer.message.ptr : "nothing came");
	if (!suggest_read(
	        answer.text, v->code, is_technique, (void *)work_catalogue(v->work), &v->arena, &v->list, &v->n, &err))
		return react_bad("%s", err.text);
	v->answered = true;
	v->taken = ARENA_ARRAY(&v->arena, bool, v->n + 1);
	list_set(&v->at, v->n);
	Buf words = { 0 };
	model_usage_words(talk_profile(v->talk), &answer.usage, &words);
	Reaction reaction = react_say("%s", words.ptr);
	buf_done(&words);
	return reaction;
}

/* ---- taking one ---- */

static uint32_t line_of(const Suggest *v, size_t offset) {
	uint32_t line = v->first_line;
	for (size_t i = 0; i < offset && i < v->code.len; i++) line += v->code.ptr[i] == '\n';
	return line;
}

static Reaction take(Suggest *v) {
	Err err = { { 0 } };
	Str id;
	if (v->n == 0) return react(REACT_DONE);
	const Suggestion *s = &v->list[v->at.selected];
	if (!s->found)
		return react_bad("it cannot be taken: it %s", s->problem ? s->problem : "quotes code that is not there");
	if (v->taken[v->at.selected]) return react_say("it is a candidate already");
	OwnCandidate own = { .path = v->path.ptr,
		.first_line = line_of(v, s->start),
		.last_line = line_of(v, s->end > s->start ? s->end - 1 : s->start),
		.title = s->title,
		.technique = s->technique,
		.reason = s->why };
	const int axes[AXIS_COUNT] = {
		[AXIS_GAIN] = s->gain, [AXIS_ACCURACY] = s->accuracy, [AXIS_CLARITY] = s->clarity, [AXIS_EFFORT] = s->effort
	};
	for (int i = 0; i < AXIS_COUNT; i++) {
		own.has_axis[i] = axes[i] != SUGGEST_UNKNOWN;
		own.axis[i] = own.has_axis[i] ? axes[i] : 0;
	}
	if (!walk_add_own(work_walk(v->work), &own, &id, &err)) return react_bad("%s", err.text);
	v->taken[v->at.selected] = true;
	return react_say("taken as a candidate; nothing is decided");
}

/* ---- the rest of a view ---- */

static Reaction act(View *view, const ViewEnv *env, ActionId action, const Event *event) {
	Suggest *v = (Suggest *)view;
	(void)env;
	(void)event;
	switch (action) {
	case ACTION_OPEN:
		if (v->answered) return take(v);
		if (v->prompt) return begin(v);
		return talk_again(v->talk) ? react_say("sent again") : react(REACT_DONE);
	case ACTION_CANCEL: return talk_cancel(v->talk);
	default: return react(list_act(&v->at, action, v->rows.rows) ? REACT_DONE : REACT_IGNORED);
	}
}

static Reaction on_event(View *view, const ViewEnv *env, const Event *event) {
	Suggest *v = (Suggest *)view;
	(void)env;
	if (event->kind == EVENT_WHEEL)
		list_scroll(&v->at, event->delta, v->rows.rows);
	else if (event->kind == EVENT_PRESS && rect_has(v->rows, event->row, event->col))
		list_select(&v->at, v->at.top + (size_t)(event->row - v->rows.row));
	else
		return react(REACT_IGNORED);
	return react(REACT_DONE);
}

static Reaction tick(View *view, const ViewEnv *env) {
	Suggest *v = (Suggest *)view;
	(void)env;
	TalkStep step = talk_step(v->talk);
	if (step == TALK_ENDED) return came(v);
	return react(step == TALK_CHANGED ? REACT_DONE : REACT_IGNORED);
}

static bool busy(const View *view) { return talk_busy(((const Suggest *)view)->talk); }

static bool can(const View *view, ActionId action) {
	(void)view;
	return action == ACTION_OPEN || action_info(action)->group == ACTION_GROUP_MOVE ||
	       action_info(action)->group == ACTION_GROUP_PROGRAM;
}

static bool bottom(View *view, const ViewEnv *env, Grid *grid, Rect line) {
	const Suggest *v = (const Suggest *)view;
	(void)env;
	grid_puts(grid, line, line.row, line.col + 1, STYLE(ROLE_HINT),
	    v->answered ? "Enter takes the selected one as a candidate · Esc closes"
	                : "Enter sends · C-c stops · Esc closes");
	return true;
}

static void free_suggest(View *view) {
	Suggest *v = (Suggest *)view;
	Err err = { { 0 } };
	if (talk_is_open(v->talk)) {
		ModelAnswer answer;
		Reaction stopped = talk_cancel(v->talk);
		reaction_done(&stopped);
		talk_answer(v->talk, &v->arena, &answer);
		keep(v, &answer, &err);
	}
	talk_free(v->talk);
	prompt_free(v->prompt);
	doc_done(&v->doc);
	arena_done(&v->arena);
	work_release(v->work);
	free(v);
}

static const ViewOps OPS = {
	.name = "the suggestions",
	.where = WHERE_TEXT,
	.draw = draw,
	.act = act,
	.event = on_event,
	.tick = tick,
	.busy = busy,
	.can = can,
	.bottom = bottom,
	.free = free_suggest,
};

View *view_suggest_new(const ViewEnv *env, Work *work, ComponentId id, Err *err) {
	if (!work_scan(work) || id == COMPONENT_NONE) {
		err_set(err, "the sources are still being read");
		return NULL;
	}
	Talk *talk = talk_new(env, work, err);
	if (!talk) return NULL;
	Suggest *v = base_alloc(sizeof *v);
	v->view.ops = &OPS;
	v->env = env;
	v->work = work_keep(work);
	v->talk = talk;
	if (make_prompt(v, id, err)) return &v->view;
	free_suggest(&v->view);
	return NULL;
}
