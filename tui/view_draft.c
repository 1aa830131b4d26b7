#include "core/posix.h"

#include "tui/view_draft.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "core/utf8.h"
#include "tui/mark.h"
#include "tui/model_keep.h"
#include "tui/model_parts.h"
#include "tui/pager.h"
#include "tui/talk.h"
#include "tui/verify.h"
#include "tui/view_ask.h"
#include "tui/widget.h"

/* What is being verified. */
typedef enum CheckedKind {
	CHECK_ANSWER, /* a model's reply */
	CHECK_EDITED, /* the whole file, as a person changed it */
	CHECK_AGAIN,  /* a draft that was kept before */
} CheckedKind;

typedef struct DraftView {
	View view;
	const ViewEnv *env;
	Work *work;
	Talk *talk; /* NULL: there is no model to ask (why), kept drafts are shown all the same */
	Err why;
	char id[64];
	Buf wish;     /* of the draft under way */
	bool sent;    /* a draft is under way, or failed and can be sent again */
	bool mending; /* it is the second try */
	struct {
		Verify *verify; /* under way; NULL */
		CheckedKind kind;
		Arena arena;
		ModelAnswer answer; /* CHECK_ANSWER */
		KeptDraft draft;    /* CHECK_AGAIN */
		Str text;           /* what is verified */
	} check;
	Pager pager;
	LineHistory wishes;
	/* the drafts as kept, looked up when they change */
	Arena arena;
	KeptDraft *drafts;
	Str *ages;
	size_t n, shown;
	Buf spent; /* by the session */
	uint32_t generation;
} DraftView;

static const WalkItem *item_of(const DraftView *v) { return walk_item(work_walk(v->work), str_of(v->id)); }

static void look_up(DraftView *v) {
	const WalkItem *item = item_of(v);
	arena_done(&v->arena);
	v->n = 0;
	v->generation = work_generation(v->work);
	v->drafts = ARENA_ARRAY(&v->arena, KeptDraft, item ? item->n_history + 1 : 1);
	v->ages = ARENA_ARRAY(&v->arena, Str, item ? item->n_history + 1 : 1);
	for (size_t i = 0; item && i < item->n_history; i++) {
		const LogEvent *event = item->history[i];
		if (event->undone || !model_read_draft(event, &v->arena, &v->drafts[v->n])) continue;
		Buf age = { 0 };
		mark_age(event->time, (int64_t)time(NULL), &age);
		v->ages[v->n++] = arena_str(&v->arena, buf_view(&age));
		buf_done(&age);
	}
	if (v->shown >= v->n) v->shown = v->n ? v->n - 1 : 0;
	ModelSpent spent;
	buf_clear(&v->spent);
	model_spent(work_walk(v->work), &spent);
	model_spent_words(&spent, &v->spent);
}

static void look_up_latest(DraftView *v) {
	look_up(v);
	v->shown = v->n ? v->n - 1 : 0;
	v->pager.top = 0;
}

/* ---- drawing ---- */

static void add_checks(Doc *doc, const KeptDraft *draft) {
	for (int i = 0; i < DRAFT_CHECKS; i++) {
		const DraftCheck *check = &draft->checks[i];
		if (!check->done) continue;
		Buf text = { 0 };
		buf_puts(&text, draft_check_words((DraftCheckKind)i));
		if (check->note.len) buf_printf(&text, ": %.*s", STR_ARG(check->note));
		doc_label(doc, check->ok ? "  ✓" : "  ✗ not:", check->ok ? 4 : 9, STYLE(check->ok ? ROLE_GOOD : ROLE_BAD),
		    STYLE(check->ok ? ROLE_DIM : ROLE_TEXT), buf_view(&text));
		buf_done(&text);
	}
}

static void add_diff(Doc *doc, Str diff) {
	Str line;
	while (diff.len > 0 && str_split(&diff, '\n', &line)) {
		Style style = STYLE(ROLE_TEXT);
		if (str_starts(line, "+++") || str_starts(line, "---") || str_starts(line, "@@")) {
			style = STYLE(ROLE_DIM);
		} else if (str_starts(line, "+")) {
			style = STYLE_ON(ROLE_GOOD, GROUND_ADDED);
		} else if (str_starts(line, "-")) {
			style = STYLE_ON(ROLE_BAD, GROUND_REMOVED);
		}
		doc_text(doc, 2, style, line);
	}
}

/* What becomes of it. */
static const char *fate(const DraftView *v, const KeptDraft *draft) {
	const WalkItem *item = item_of(v);
	if (draft->state.len > 0 && !str_is(draft->state, "done")) return " · a part only: it goes into no patch";
	if (!draft->passed) return " · a check failed: it goes into no patch";
	if (!item || item->verdict != VERDICT_ACCEPT)
		return " · passed: it goes into the patch once the candidate is accepted";
	return " · passed: the latest one goes into the patch";
}

static void add_draft(DraftView *v) {
	const KeptDraft *draft = &v->drafts[v->shown];
	Doc *doc = &v->pager.doc;
	Buf words = { 0 };
	buf_printf(&words, "draft %zu of %zu · %.*s · ", v->shown + 1, v->n, STR_ARG(v->ages[v->shown]));
	if (draft->edited)
		buf_puts(&words, "edited by hand");
	else
		buf_printf(&words, "%.*s, prompt %.*s", STR_ARG(draft->model), STR_ARG(draft->prompt));
	buf_puts(&words, fate(v, draft));
	doc_text(doc, 2, STYLE(draft->passed ? ROLE_GOOD : ROLE_WARN), buf_view(&words));
	buf_done(&words);
	doc_blank(doc);
	add_checks(doc, draft);
	doc_blank(doc);
	if (draft->diff.len > 0) {
		add_diff(doc, draft->diff);
	} else {
		doc_markdown(doc, 2, draft->text);
	}
	doc_blank(doc);
	doc_text(doc, 2, STYLE(ROLE_DIM), buf_view(&v->spent));
}

/* A reply as it comes, or while it is verified. */
static void add_reply(DraftView *v, Str words, Role role, Str reply) {
	Buf line = { 0 };
	if (v->mending) buf_puts(&line, "being mended: ");
	buf_str(&line, words);
	doc_text(&v->pager.doc, 2, STYLE(role), buf_view(&line));
	buf_done(&line);
	doc_blank(&v->pager.doc);
	doc_markdown(&v->pager.doc, 2, reply);
}

static void build(DraftView *v, int width) {
	doc_start(&v->pager.doc, width);
	const Exchange *exchange = v->talk && v->sent ? talk_exchange(v->talk) : NULL;
	Buf words = { 0 };
	if (v->check.verify) {
		verify_words(v->check.verify, &words);
		add_reply(v, buf_view(&words), ROLE_INFO, v->check.kind == CHECK_ANSWER ? v->check.text : STR_NONE);
	} else if (exchange) {
		talk_words(v->talk, &words);
		bool failed = exchange_state(exchange) == EXCHANGE_FAILED;
		add_reply(v, buf_view(&words), failed ? ROLE_BAD : ROLE_INFO, exchange_text(exchange));
	} else if (v->n > 0) {
		add_draft(v);
	} else {
		doc_text(&v->pager.doc, 2, STYLE(ROLE_DIM),
		    STR("No draft yet. The model gets the card, the three spans, the trade-off and earlier verdicts; what it "
		        "writes is checked, and nothing is applied."));
	}
	buf_done(&words);
}

static void draw(View *view, const ViewEnv *env, Grid *grid, Rect rect) {
	DraftView *v = (DraftView *)view;
	const WalkItem *item = item_of(v);
	Rect line = rect_take_rows(&rect, 1);
	(void)env;
	int col = grid_puts(grid, line, line.row, line.col + 1, STYLE(ROLE_TITLE), "Drafts") + 2;
	if (item) col = grid_text(grid, line, line.row, col, STYLE(ROLE_ACCENT), item->short_id) + 2;
	if (item) grid_cut(grid, line, line.row, col, line.cols / 2, STYLE(ROLE_TEXT), item->candidate.title);
	grid_ground(grid, line, GROUND_LINE);
	Rect body = { rect.row, rect.col + 1, rect.rows, rect.cols > 124 ? 120 : rect.cols - 2 };
	build(v, body.cols);
	v->pager.follow = v->talk && talk_busy(v->talk);
	pager_draw(&v->pager, grid, body, rect, GROUND_NONE);
}

/* ---- asking ---- */

static Prompt *make_prompt(DraftView *v, Str reply, Str failures, Err *err) {
	const WalkItem *item = item_of(v);
	const Scan *scan = work_scan(v->work);
	Arena arena = { 0 };
	DraftSubject subject;
	Prompt *prompt = NULL;
	Str template;
	PromptRequest request = {
		.use = PROMPT_DRAFT, .question = buf_view(&v->wish), .reply = reply, .failures = failures
	};
	if (!item || !scan) {
		err_set(err, item ? "the sources are still being read" : "the candidate is no longer known");
	} else if (draft_subject(scan, work_catalogue(v->work), walk_pins(work_walk(v->work)), work_port(v->work),
	               &item->candidate, &subject, err) &&
	           model_template(v->env->options->config, PROMPT_DRAFT, &arena, &template, err) &&
	           model_parts(work_walk(v->work), item, scan, work_catalogue(v->work), work_port(v->work), &arena,
	               &request.parts, err)) {
		request.parts.span = str_sub(subject.place.file, subject.place.span_start, subject.place.span_end);
		prompt = prompt_make(&request, template, profile_budget(talk_profile(v->talk)), err);
	}
	arena_done(&arena);
	return prompt;
}

static Reaction begun(DraftView *v, bool sent, Reaction reaction) {
	if (sent) v->sent = true;
	if (sent) v->mending = false;
	return reaction;
}

static Reaction agreed(View *owner, const ViewEnv *env, Str text, bool kept) {
	DraftView *v = (DraftView *)owner;
	bool sent;
	(void)env;
	(void)text;
	Reaction reaction = talk_answered(v->talk, kept, &sent);
	return begun(v, sent, reaction);
}

static bool is_busy(const DraftView *v) { return v->check.verify || (v->talk && talk_busy(v->talk)); }

static Reaction wish_given(View *owner, const ViewEnv *env, Str text, bool kept) {
	DraftView *v = (DraftView *)owner;
	Err err = { { 0 } };
	bool sent;
	(void)env;
	if (!kept) return react_say("nothing was sent");
	if (is_busy(v)) return react_say("a draft is still coming; C-c stops it");
	buf_clear(&v->wish);
	buf_str(&v->wish, str_trim(text));
	Prompt *prompt = make_prompt(v, STR_NONE, STR_NONE, &err);
	if (!prompt) return react_bad("%s", err.text);
	Reaction reaction = talk_send(v->talk, prompt, &v->view, agreed, &sent);
	return begun(v, sent, reaction);
}

static Reaction ask_wish(DraftView *v) {
	if (!v->talk) return react_bad("%s", v->why.text);
	AskOptions ask = {
		.label = "draft, with a wish (Enter for none):", .history = &v->wishes, .owner = &v->view, .answer = wish_given
	};
	return react_open(view_ask_new(&ask));
}

/* ---- keeping ---- */

/* Stores what was verified with its verdict; subject NULL: with the reason why it wasn't. */
static bool keep(DraftView *v, const DraftVerdict *verdict, const DraftSubject *subject, Err *err) {
	Walk *walk = work_walk(v->work);
	KeptBy by = { 0 };
	switch (v->check.kind) {
	case CHECK_ANSWER:
		by = (KeptBy) { .profile = talk_profile(v->talk), .prompt = talk_prompt(v->talk)->version };
		return model_keep_draft(walk, v->id, buf_view(&v->wish), &v->check.answer, verdict, subject, &by, err);
	case CHECK_EDITED: return model_keep_draft(walk, v->id, STR_NONE, NULL, verdict, subject, &by, err);
	case CHECK_AGAIN: return model_keep_again(walk, v->id, &v->check.draft, verdict, subject, err);
	}
	return false;
}

/* A part of an answer, or one that could not be verified, is kept all the same: it was paid for. */
static bool keep_unchecked(DraftView *v, Str why, Err *err) {
	DraftVerdict verdict;
	draft_partial(why, &v->check.arena, &verdict);
	return keep(v, &verdict, NULL, err);
}

static void take_answer(DraftView *v) {
	arena_done(&v->check.arena);
	v->check.kind = CHECK_ANSWER;
	talk_answer(v->talk, &v->check.arena, &v->check.answer);
	v->check.text = v->check.answer.text;
}

/* ---- verifying ---- */

static Reaction begin_check(DraftView *v) {
	Err err = { { 0 } };
	v->check.verify = verify_begin(v->env->wait, v->work, v->id, v->check.text, v->check.kind == CHECK_EDITED, &err);
	v->pager.top = 0;
	if (v->check.verify) return react(REACT_DONE);
	Err lost = { { 0 } };
	bool kept = v->check.kind == CHECK_AGAIN || keep_unchecked(v, str_of(err.text), &lost);
	look_up_latest(v);
	return react_bad("%s", kept ? err.text : lost.text);
}

/* What the model sent is there, or a part of it, or nothing. */
static Reaction came(DraftView *v) {
	Err err = { { 0 } };
	take_answer(v);
	const ModelAnswer *answer = &v->check.answer;
	v->sent = answer->text.len == 0;
	if (v->sent) return react_bad("%.*s", STR_ARG(answer->message));
	if (answer->state == EXCHANGE_DONE) return begin_check(v);
	bool kept = keep_unchecked(v, answer->message, &err);
	v->sent = true; /* it can be sent again */
	look_up_latest(v);
	return kept ? react_say("a part came, and is kept as one") : react_bad("%s", err.text);
}

static bool mend(DraftView *v, const DraftVerdict *verdict, Err *err) {
	Buf failures = { 0 };
	draft_failures(verdict, &failures);
	Prompt *prompt = make_prompt(v, v->check.answer.text, buf_view(&failures), err);
	buf_done(&failures);
	if (!prompt) return false;
	talk_go_on(v->talk, prompt);
	v->sent = v->mending = true;
	return true;
}

static Reaction say_verdict(DraftView *v, const DraftVerdict *verdict) {
	const char *outcome = verdict->passed ? "the draft passed" : "the draft did not pass";
	if (v->check.kind != CHECK_ANSWER) return verdict->passed ? react_say("%s", outcome) : react_bad("%s", outcome);
	Buf words = { 0 };
	model_usage_words(talk_profile(v->talk), &v->check.answer.usage, &words);
	Reaction reaction = react_say("%s; %s", outcome, words.ptr);
	buf_done(&words);
	return reaction;
}

/* The verification has ended: its result counts only for the code that it was made of. */
static Reaction checked(DraftView *v) {
	Err err = { { 0 } };
	Verify *verify = v->check.verify;
	const DraftVerdict *verdict = verify_verdict(verify);
	Reaction reaction;
	v->check.verify = NULL;
	if (verdict->stopped) {
		bool kept = v->check.kind == CHECK_AGAIN || keep_unchecked(v, STR("checking it was stopped"), &err);
		reaction = kept ? react_say("stopped") : react_bad("%s", err.text);
		look_up_latest(v);
	} else if (!verify_is_current(verify, v->work)) {
		reaction = begin_check(v);
	} else if (!keep(v, verdict, verify_subject(verify), &err)) {
		reaction = react_bad("%s", err.text);
	} else {
		bool back = v->check.kind == CHECK_ANSWER && !verdict->passed && !v->mending;
		look_up_latest(v);
		if (!back)
			reaction = say_verdict(v, verdict);
		else if (mend(v, verdict, &err))
			reaction = react_say("it did not pass; sent back once, to be mended");
		else
			reaction = react_bad("%s", err.text);
	}
	verify_free(verify);
	return reaction;
}

/* ---- editing, checking again ---- */

/* The whole file with a kept draft in place, in the arena of the check. */
static bool text_of(DraftView *v, const KeptDraft *kept, Str *out, Err *err) {
	const SourceFile *file = work_file(v->work, SIDE_SWIFT, arena_strdup(&v->check.arena, kept->file), NULL);
	if (!file) return err_set(err, "its file is no longer in the port");
	Draft draft;
	if (!draft_of_diff(kept->diff, file->text, &draft, err)) return false;
	*out = arena_str(&v->check.arena, draft.text);
	draft_done(&draft);
	return true;
}

static Reaction edited(View *owner, const ViewEnv *env, Str text, bool kept) {
	DraftView *v = (DraftView *)owner;
	(void)env;
	if (!kept) return react_say("the draft stays as it was");
	arena_done(&v->check.arena);
	v->check.kind = CHECK_EDITED;
	v->check.text = arena_str(&v->check.arena, text);
	return begin_check(v);
}

static Reaction edit(DraftView *v) {
	Err err = { { 0 } };
	Str text;
	if (is_busy(v)) return react_say("a draft is still being made");
	if (v->n == 0 || v->drafts[v->shown].diff.len == 0) return react_say("there is no draft to edit");
	arena_done(&v->check.arena);
	if (!text_of(v, &v->drafts[v->shown], &text, &err))
		return react_bad("the draft no longer fits the file: %s", err.text);
	return react_edit_text(&v->view, edited, text);
}

static Reaction check_again(DraftView *v) {
	Err err = { { 0 } };
	if (is_busy(v)) return react_say("a draft is still being made");
	if (v->n == 0) return react_say("there is no draft yet");
	arena_done(&v->check.arena);
	const KeptDraft *shown = &v->drafts[v->shown];
	KeptDraft *draft = &v->check.draft;
	*draft = (KeptDraft) { .edited = shown->edited,
		.text = arena_str(&v->check.arena, shown->text),
		.model = arena_str(&v->check.arena, shown->model),
		.prompt = arena_str(&v->check.arena, shown->prompt) };
	v->check.kind = CHECK_AGAIN;
	if (shown->state.len > 0 && !str_is(shown->state, "done")) return react_say("a part of a draft can't be checked");
	if (shown->diff.len == 0)
		v->check.text = draft->text;
	else if (!shown->edited)
		v->check.text = arena_printf(&v->check.arena, "```diff\n%.*s```\n", STR_ARG(shown->diff));
	else if (!text_of(v, shown, &v->check.text, &err))
		return react_bad("the draft no longer fits the file: %s", err.text);
	return begin_check(v);
}

/* ---- the rest of a view ---- */

static Reaction again(DraftView *v) {
	if (!v->talk || v->check.verify || !talk_again(v->talk)) return react(REACT_DONE);
	v->sent = true;
	return react_say("sent again");
}

static Reaction show(DraftView *v, int step) {
	if (v->n == 0) return react_say("there is no draft yet");
	v->sent = v->talk && talk_busy(v->talk);
	v->shown = (v->shown + v->n + (size_t)(step > 0 ? 1 : v->n - 1)) % v->n;
	v->pager.top = 0;
	return react(REACT_DONE);
}

static Reaction stop(DraftView *v) {
	if (!v->check.verify) return v->talk ? talk_cancel(v->talk) : react(REACT_IGNORED);
	verify_cancel(v->check.verify);
	return react_say("stopping");
}

static Reaction act(View *view, const ViewEnv *env, ActionId action, const Event *event) {
	DraftView *v = (DraftView *)view;
	(void)env;
	(void)event;
	switch (action) {
	case ACTION_DRAFT: return ask_wish(v);
	case ACTION_EDIT_DRAFT: return edit(v);
	case ACTION_CHECK_DRAFT: return check_again(v);
	case ACTION_NEXT: return show(v, 1);
	case ACTION_PREVIOUS: return show(v, -1);
	case ACTION_OPEN: return again(v);
	case ACTION_COPY: return v->n ? react_copy(v->drafts[v->shown].diff) : react_say("there is no draft yet");
	case ACTION_CANCEL: return stop(v);
	case ACTION_WALK: return react(REACT_DONE | REACT_CLOSE);
	default: return react(pager_act(&v->pager, action) ? REACT_DONE : REACT_IGNORED);
	}
}

static Reaction on_event(View *view, const ViewEnv *env, const Event *event) {
	(void)env;
	return react(pager_event(&((DraftView *)view)->pager, event) ? REACT_DONE : REACT_IGNORED);
}

static Reaction tick(View *view, const ViewEnv *env) {
	DraftView *v = (DraftView *)view;
	TalkStep step = v->talk ? talk_step(v->talk) : TALK_SAME;
	bool changed = step != TALK_SAME || v->check.verify;
	(void)env;
	if (v->generation != work_generation(v->work)) {
		look_up(v);
		changed = true;
	}
	if (step == TALK_ENDED) return came(v);
	if (v->check.verify && verify_ended(v->check.verify)) return checked(v);
	return react(changed ? REACT_DONE : REACT_IGNORED);
}

static bool busy(const View *view) { return is_busy((const DraftView *)view); }

static bool can(const View *view, ActionId action) {
	const DraftView *v = (const DraftView *)view;
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
	case ACTION_EDIT_DRAFT:
	case ACTION_CHECK_DRAFT:
	case ACTION_COPY: return v->n > 0;
	case ACTION_NEXT:
	case ACTION_PREVIOUS: return v->n > 1;
	case ACTION_OPEN: return v->talk && v->sent && talk_can_again(v->talk);
	default: return true;
	}
}

/* What came is kept, also when it is a part only or the check isn't over. */
static void keep_open(DraftView *v) {
	Err err = { { 0 } };
	if (v->talk && talk_is_open(v->talk)) {
		Reaction stopped = talk_cancel(v->talk);
		reaction_done(&stopped);
		take_answer(v);
		if (v->check.answer.text.len > 0) keep_unchecked(v, v->check.answer.message, &err);
	} else if (v->check.verify) {
		if (v->check.kind != CHECK_AGAIN) keep_unchecked(v, STR("the view was closed before it was checked"), &err);
		verify_leave(v->check.verify, v->work);
	}
}

static void free_draft(View *view) {
	DraftView *v = (DraftView *)view;
	keep_open(v);
	talk_free(v->talk);
	buf_done(&v->wish);
	buf_done(&v->spent);
	arena_done(&v->check.arena);
	pager_done(&v->pager);
	arena_done(&v->arena);
	line_history_done(&v->wishes);
	work_release(v->work);
	free(v);
}

static const ViewOps OPS = {
	.name = "the drafts",
	.where = WHERE_DRAFT,
	.draw = draw,
	.act = act,
	.event = on_event,
	.tick = tick,
	.busy = busy,
	.can = can,
	.free = free_draft,
};

static View *new_view(const ViewEnv *env, Work *work, Str id) {
	DraftView *v = base_alloc(sizeof *v);
	v->view.ops = &OPS;
	v->env = env;
	v->work = work_keep(work);
	if (id.len < sizeof v->id) memcpy(v->id, id.ptr, id.len);
	look_up(v);
	v->shown = v->n ? v->n - 1 : 0;
	v->talk = talk_new(env, work, &v->why);
	return &v->view;
}

Reaction view_draft_open(const ViewEnv *env, Work *work, const WalkItem *item) {
	Reaction reaction = react_open(new_view(env, work, str_of(item->candidate.id)));
	bool drafted = false;
	for (size_t i = 0; i < item->n_history; i++) drafted = drafted || item->history[i]->kind == LOG_DRAFT;
	if (drafted) return reaction;
	reaction.what |= REACT_RUN;
	reaction.run = ACTION_DRAFT;
	return reaction;
}
