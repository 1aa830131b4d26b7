#include "core/posix.h"

#include "tui/view_discuss.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "core/utf8.h"
#include "tui/mark.h"
#include "tui/model_keep.h"
#include "tui/model_parts.h"
#include "tui/pager.h"
#include "tui/talk.h"
#include "tui/view_ask.h"
#include "tui/widget.h"

typedef struct Discuss {
	View view;
	Work *work;
	Talk *talk;
	char id[64];
	Buf question; /* of the exchange under way, or waiting for a yes */
	bool kept;    /* the exchange under way is over and stored */
	Pager pager;
	LineHistory questions;
	/* the thread as kept, looked up when it changes: what an answer claims is checked once */
	Arena arena;
	struct Said {
		Str question, answer, words;
	} * said;
	size_t n_said;
	Buf spent; /* by the session */
	uint32_t generation;
} Discuss;

static const WalkItem *item_of(const Discuss *v) { return walk_item(work_walk(v->work), str_of(v->id)); }

/* ---- drawing ---- */

static void add_question(Doc *doc, Str question) {
	doc_blank(doc);
	doc_label(doc, "?", 2, STYLE(ROLE_ACCENT), STYLE(ROLE_STRONG), question);
}

/* ---- the thread ---- */

static Str member(const Json *data, const char *key) {
	Str text = STR_NONE;
	return json_string(json_get(data, key), &text) ? text : STR_NONE;
}

/* The answer with what it claims and doesn't exist marked, in the arena. */
static Str marked_answer(Discuss *v, Str answer, const PortWorld *port) {
	Buf marked = { 0 };
	size_t n;
	const WalkItem *item = item_of(v);
	ModelWorld world = { .scan = work_scan(v->work), .port = port, .candidate = item ? &item->candidate : NULL };
	ClaimWorld claims_of = model_world(&world);
	const Claim *claims = claims_check(answer, &claims_of, &v->arena, &n);
	claims_mark(answer, claims, n, &marked);
	Str copy = arena_str(&v->arena, buf_view(&marked));
	buf_done(&marked);
	return copy;
}

static void look_at(Discuss *v, const LogEvent *event, const PortWorld *port, struct Said *out) {
	Json *data = json_parse(event->data, NULL);
	Str answer = member(data, "answer"), state = member(data, "state"), model = member(data, "model");
	Buf words = { 0 };
	mark_age(event->time, (int64_t)time(NULL), &words);
	if (model.len) buf_printf(&words, " · %.*s", STR_ARG(model));
	if (state.len && !str_is(state, "done")) buf_printf(&words, " · a part only: %.*s", STR_ARG(state));
	out->question = arena_str(&v->arena, event->reason);
	out->answer = port ? marked_answer(v, answer, port) : arena_str(&v->arena, answer);
	out->words = arena_str(&v->arena, buf_view(&words));
	buf_done(&words);
	json_free(data);
}

static void look_up(Discuss *v) {
	const WalkItem *item = item_of(v);
	const PortWorld *port = work_port(v->work);
	ModelSpent spent;
	arena_done(&v->arena);
	v->n_said = 0;
	v->generation = work_generation(v->work);
	v->said = ARENA_ARRAY(&v->arena, struct Said, item ? item->n_history + 1 : 1);
	for (size_t i = 0; item && i < item->n_history; i++)
		if (item->history[i]->kind == LOG_ANSWER && !item->history[i]->undone)
			look_at(v, item->history[i], port, &v->said[v->n_said++]);
	buf_clear(&v->spent);
	model_spent(work_walk(v->work), &spent);
	model_spent_words(&spent, &v->spent);
}

static void add_thread(Discuss *v) {
	for (size_t i = 0; i < v->n_said; i++) {
		add_question(&v->pager.doc, v->said[i].question);
		doc_blank(&v->pager.doc);
		doc_markdown(&v->pager.doc, 2, v->said[i].answer);
		doc_text(&v->pager.doc, 2, STYLE(ROLE_DIM), v->said[i].words);
	}
}

static void build(Discuss *v, int width) {
	Doc *doc = &v->pager.doc;
	doc_start(doc, width);
	add_thread(v);
	const Exchange *exchange = talk_exchange(v->talk);
	if (exchange && !v->kept) {
		add_question(doc, buf_view(&v->question));
		doc_blank(doc);
		doc_markdown(doc, 2, exchange_text(exchange)); /* claims are checked when it is whole */
	}
	if (exchange && (!v->kept || talk_can_again(v->talk))) {
		Buf words = { 0 };
		talk_words(v->talk, &words);
		doc_text(doc, 2, STYLE(exchange_state(exchange) == EXCHANGE_FAILED ? ROLE_BAD : ROLE_INFO), buf_view(&words));
		buf_done(&words);
	}
	if (doc->lines.n == 0)
		doc_text(doc, 2, STYLE(ROLE_DIM),
		    STR("Nothing was asked yet. A question goes to the model with the card, the three spans, the trade-off and earlier verdicts."));
}

static void draw(View *view, const ViewEnv *env, Grid *grid, Rect rect) {
	Discuss *v = (Discuss *)view;
	const WalkItem *item = item_of(v);
	Rect line = rect_take_rows(&rect, 1);
	(void)env;
	int col = grid_puts(grid, line, line.row, line.col + 1, STYLE(ROLE_TITLE), "Discussion") + 2;
	if (item) col = grid_text(grid, line, line.row, col, STYLE(ROLE_ACCENT), item->short_id) + 2;
	if (item) grid_cut(grid, line, line.row, col, line.cols / 2, STYLE(ROLE_TEXT), item->candidate.title);
	const Profile *profile = talk_profile(v->talk);
	int width = utf8_width(str_of(profile->model ? profile->model : "")) + 1;
	grid_puts(
	    grid, line, line.row, line.col + line.cols - width, STYLE(ROLE_DIM), profile->model ? profile->model : "");
	grid_ground(grid, line, GROUND_LINE);
	if (v->spent.len > 0) {
		Rect spent = rect_take_rows(&rect, -1);
		grid_text(grid, spent, spent.row, spent.col + 1, STYLE(ROLE_DIM), buf_view(&v->spent));
	}
	Rect body = { rect.row, rect.col + 1, rect.rows, rect.cols > 104 ? 100 : rect.cols - 2 };
	build(v, body.cols);
	pager_draw(&v->pager, grid, body, rect, GROUND_NONE);
}

/* ---- asking ---- */

static Prompt *make_prompt(Discuss *v, const ViewEnv *env, Err *err) {
	const Scan *scan = work_scan(v->work);
	const WalkItem *item = item_of(v);
	if (!item) {
		err_set(err, "the candidate is no longer known");
		return NULL;
	}
	if (!scan) {
		err_set(err, "the sources are still being read");
		return NULL;
	}
	Arena arena = { 0 };
	Prompt *prompt = NULL;
	Str template;
	PromptRequest request = { .use = PROMPT_DISCUSS, .question = buf_view(&v->question) };
	request.turns = model_turns(item, &arena, &request.n_turns);
	if (model_template(env->options->config, PROMPT_DISCUSS, &arena, &template, err) &&
	    model_parts(
	        work_walk(v->work), item, scan, work_catalogue(v->work), work_port(v->work), &arena, &request.parts, err))
		prompt = prompt_make(&request, template, profile_budget(talk_profile(v->talk)), err);
	arena_done(&arena);
	return prompt;
}

static Reaction begun(Discuss *v, bool sent, Reaction reaction) {
	if (sent) {
		v->kept = false;
		v->pager.follow = true;
	}
	return reaction;
}

static Reaction agreed(View *owner, const ViewEnv *env, Str text, bool kept) {
	Discuss *v = (Discuss *)owner;
	bool sent;
	(void)env;
	(void)text;
	Reaction reaction = talk_answered(v->talk, kept, &sent);
	return begun(v, sent, reaction);
}

static Reaction question_given(View *owner, const ViewEnv *env, Str text, bool kept) {
	Discuss *v = (Discuss *)owner;
	Err err = { { 0 } };
	if (!kept || str_trim(text).len == 0) return react(REACT_DONE);
	if (talk_busy(v->talk)) return react_say("an answer is still coming; C-c stops it");
	buf_clear(&v->question);
	buf_str(&v->question, str_trim(text));
	Prompt *prompt = make_prompt(v, env, &err);
	if (!prompt) return react_bad("%s", err.text);
	bool sent;
	Reaction reaction = talk_send(v->talk, prompt, &v->view, agreed, &sent);
	return begun(v, sent, reaction);
}

static View *ask_line(Discuss *v) {
	AskOptions ask = { .label = "question:", .history = &v->questions, .owner = &v->view, .answer = question_given };
	return view_ask_new(&ask);
}

/* Stores what came, also a part of it, labelled. */
static Reaction keep(Discuss *v) {
	Arena arena = { 0 };
	ModelAnswer answer;
	Err err = { { 0 } };
	const Prompt *prompt = talk_prompt(v->talk);
	KeptBy by = { .profile = talk_profile(v->talk), .prompt = prompt->version };
	Reaction reaction = react(REACT_DONE);
	talk_answer(v->talk, &arena, &answer);
	v->kept = answer.text.len > 0;
	if (v->kept && !model_keep_answer(work_walk(v->work), v->id, buf_view(&v->question), &answer, &by, &err)) {
		v->kept = false;
		reaction = react_bad("%s", err.text);
	} else if (answer.state == EXCHANGE_FAILED) {
		reaction = react_bad("%.*s", STR_ARG(answer.message));
	} else {
		Buf words = { 0 };
		model_usage_words(talk_profile(v->talk), &answer.usage, &words);
		reaction = react_say("%s", words.ptr ? words.ptr : "");
		buf_done(&words);
	}
	arena_done(&arena);
	look_up(v);
	return reaction;
}

/* ---- the rest of a view ---- */

static Reaction again(Discuss *v) {
	if (!talk_again(v->talk)) return react(REACT_DONE);
	return begun(v, true, react_say("sent again"));
}

static Reaction copy(const Discuss *v) {
	if (v->n_said == 0) return react_say("there is no answer yet");
	return react_copy(v->said[v->n_said - 1].answer);
}

static Reaction act(View *view, const ViewEnv *env, ActionId action, const Event *event) {
	Discuss *v = (Discuss *)view;
	(void)env;
	(void)event;
	switch (action) {
	case ACTION_QUESTION: return react_open(ask_line(v));
	case ACTION_OPEN: return again(v);
	case ACTION_COPY: return copy(v);
	case ACTION_CANCEL: return talk_cancel(v->talk);
	case ACTION_WALK: return react(REACT_DONE | REACT_CLOSE);
	default: return react(pager_act(&v->pager, action) ? REACT_DONE : REACT_IGNORED);
	}
}

static Reaction on_event(View *view, const ViewEnv *env, const Event *event) {
	(void)env;
	return react(pager_event(&((Discuss *)view)->pager, event) ? REACT_DONE : REACT_IGNORED);
}

static Reaction tick(View *view, const ViewEnv *env) {
	Discuss *v = (Discuss *)view;
	(void)env;
	TalkStep step = talk_step(v->talk);
	bool changed = step != TALK_SAME || v->generation != work_generation(v->work);
	if (v->generation != work_generation(v->work)) look_up(v);
	if (step == TALK_ENDED) return keep(v);
	return react(changed ? REACT_DONE : REACT_IGNORED);
}

static bool busy(const View *view) { return talk_busy(((const Discuss *)view)->talk); }

static bool can(const View *view, ActionId action) {
	const Discuss *v = (const Discuss *)view;
	switch (action) {
	case ACTION_UNDO:
	case ACTION_COMPONENTS:
	case ACTION_REVIEW:
	case ACTION_PLAN:
	case ACTION_RESCAN:
	case ACTION_EXPORT:
	case ACTION_PROFILE:
	case ACTION_FIND:
	case ACTION_FIND_NEXT:
	case ACTION_NEXT_PANE:
	case ACTION_PREVIOUS_PANE:
	case ACTION_LEFT:
	case ACTION_RIGHT: return false;
	case ACTION_OPEN: return talk_can_again(v->talk);
	default: return true;
	}
}

static void free_discuss(View *view) {
	Discuss *v = (Discuss *)view;
	if (talk_is_open(v->talk)) { /* a part that came is kept, labelled */
		Reaction stopped = talk_cancel(v->talk), kept = keep(v);
		reaction_done(&stopped);
		reaction_done(&kept);
	}
	talk_free(v->talk);
	buf_done(&v->question);
	buf_done(&v->spent);
	pager_done(&v->pager);
	arena_done(&v->arena);
	line_history_done(&v->questions);
	work_release(v->work);
	free(v);
}

static const ViewOps OPS = {
	.name = "the discussion",
	.where = WHERE_DISCUSS,
	.draw = draw,
	.act = act,
	.event = on_event,
	.tick = tick,
	.busy = busy,
	.can = can,
	.free = free_discuss,
};

View *view_discuss_new(const ViewEnv *env, Work *work, Str id, Err *err) {
	Talk *talk = talk_new(env, work, err);
	if (!talk) return NULL;
	Discuss *v = base_alloc(sizeof *v);
	v->view.ops = &OPS;
	v->work = work_keep(work);
	v->talk = talk;
	v->pager.follow = true;
	if (id.len < sizeof v->id) memcpy(v->id, id.ptr, id.len);
	look_up(v);
	return &v->view;
}
