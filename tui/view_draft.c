#include "core/posix.h"

#include "tui/view_draft.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "core/utf8.h"
#include "tui/doc.h"
#include "tui/mark.h"
#include "tui/model_keep.h"
#include "tui/model_parts.h"
#include "tui/talk.h"
#include "tui/view_ask.h"
#include "tui/widget.h"

typedef struct DraftView {
	View view;
	Work *work;
	Talk *talk; /* NULL: there is no model to ask (why), kept drafts are shown all the same */
	Err why;
	char id[64];
	Buf wish;        /* of the draft under way */
	Prompt *waiting; /* made, to be agreed to */
	bool sent;       /* a draft is under way, or failed and can be sent again */
	bool mending;    /* it is the second try */
	Doc doc;
	size_t top;
	int rows;
	LineHistory wishes;
	/* the drafts as kept, looked up when they change */
	Arena arena;
	KeptDraft *drafts;
	Str *ages;
	size_t n, shown;
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

static void add_draft(DraftView *v) {
	const KeptDraft *draft = &v->drafts[v->shown];
	const WalkItem *item = item_of(v);
	Buf words = { 0 };
	buf_printf(&words, "draft %zu of %zu · %.*s · ", v->shown + 1, v->n, STR_ARG(v->ages[v->shown]));
	buf_printf(&words, draft->edited ? "edited by hand" : "%.*s", STR_ARG(draft->model));
	bool accepted = item && item->verdict == VERDICT_ACCEPT;
	buf_puts(&words, !draft->passed ? " · a check failed: it goes into no patch"
	                 : accepted     ? " · passed: the latest one goes into the patch"
	                                : " · passed: it goes into the patch once the candidate is accepted");
	doc_text(&v->doc, 2, STYLE(draft->passed ? ROLE_GOOD : ROLE_WARN), buf_view(&words));
	buf_done(&words);
	doc_blank(&v->doc);
	add_checks(&v->doc, draft);
	doc_blank(&v->doc);
	if (draft->diff.len > 0) {
		add_diff(&v->doc, draft->diff);
	} else {
		doc_markdown(&v->doc, 2, draft->text);
	}
}

static void build(DraftView *v, int width) {
	doc_start(&v->doc, width);
	const Exchange *exchange = v->talk && v->sent ? talk_exchange(v->talk) : NULL;
	if (exchange) {
		Buf words = { 0 };
		if (v->mending) buf_puts(&words, "being mended: ");
		talk_words(v->talk, &words);
		bool failed = exchange_state(exchange) == EXCHANGE_FAILED;
		doc_text(&v->doc, 2, STYLE(failed ? ROLE_BAD : ROLE_INFO), buf_view(&words));
		buf_done(&words);
		doc_blank(&v->doc);
		doc_markdown(&v->doc, 2, exchange_text(exchange));
	} else if (v->n > 0) {
		add_draft(v);
	} else {
		doc_text(&v->doc, 2, STYLE(ROLE_DIM),
		    STR("No draft yet. The model gets the card, the three spans, the trade-off and earlier verdicts; what it "
		        "writes is checked, and nothing is applied."));
	}
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
	v->rows = body.rows;
	size_t shown = body.rows > 0 ? (size_t)body.rows : 0, last = v->doc.lines.n > shown ? v->doc.lines.n - shown : 0;
	if (v->top > last || (v->talk && talk_busy(v->talk))) v->top = last;
	doc_draw(&v->doc, grid, body, v->top, GROUND_NONE);
	widget_scrollbar(grid, rect, &(ListState) { .n = v->doc.lines.n, .top = v->top });
}

/* ---- what a draft is of ---- */

typedef struct Asking {
	Arena arena;
	PortWorld port;
	DraftSubject subject;
} Asking;

static bool asking_open(DraftView *v, Asking *out, Err *err) {
	const Scan *scan = work_scan(v->work);
	const WalkItem *item = item_of(v);
	*out = (Asking) { 0 };
	if (!item) return err_set(err, "the candidate is no longer known");
	if (!scan) return err_set(err, "the sources are still being read");
	port_world_init(&out->port, &scan->sides[SIDE_SWIFT].source);
	/* a kept event renews the item's memory */
	Candidate candidate = item->candidate;
	candidate.technique = arena_str(&out->arena, candidate.technique);
	return draft_subject(
	    scan, work_catalogue(v->work), walk_pins(work_walk(v->work)), &out->port, &candidate, &out->subject, err);
}

static void asking_close(Asking *asking) {
	port_world_done(&asking->port);
	arena_done(&asking->arena);
}

static Prompt *make_prompt(DraftView *v, const char *config, Str reply, Str failures, Err *err) {
	Asking asking;
	Prompt *prompt = NULL;
	Str template;
	PromptRequest request = {
		.use = PROMPT_DRAFT, .question = buf_view(&v->wish), .reply = reply, .failures = failures
	};
	if (asking_open(v, &asking, err) && model_template(config, PROMPT_DRAFT, &asking.arena, &template, err) &&
	    model_parts(work_walk(v->work), item_of(v), work_scan(v->work), work_catalogue(v->work), &asking.port,
	        &asking.arena, &request.parts, err)) {
		const DraftPlace *place = &asking.subject.place;
		request.parts.span = str_sub(place->file, place->span_start, place->span_end);
		prompt = prompt_make(&request, template, profile_budget(talk_profile(v->talk)), err);
	}
	asking_close(&asking);
	return prompt;
}

/* ---- asking ---- */

static void send_it(DraftView *v, Prompt *prompt, bool mending) {
	v->sent = true;
	v->mending = mending;
	talk_ask(v->talk, prompt);
}

static Reaction agreed(View *owner, const ViewEnv *env, Str text, bool kept) {
	DraftView *v = (DraftView *)owner;
	Prompt *prompt = v->waiting;
	(void)env;
	(void)text;
	v->waiting = NULL;
	if (!kept) {
		prompt_free(prompt);
		return react_say("nothing was sent");
	}
	talk_agree(v->talk);
	send_it(v, prompt, false);
	return react(REACT_DONE);
}

static Reaction ask_yes(DraftView *v) {
	Buf label = { 0 }, body = { 0 };
	const Profile *profile = talk_profile(v->talk);
	buf_printf(&label, "send about %lld tokens to %s?", (long long)v->waiting->tokens,
	    profile->url ? profile->url : "the model");
	prompt_show(v->waiting, &body);
	Reaction reaction = react_open(view_confirm_new(label.ptr, body.ptr, &v->view, agreed));
	buf_done(&label);
	buf_done(&body);
	return reaction;
}

static Reaction wish_given(View *owner, const ViewEnv *env, Str text, bool kept) {
	DraftView *v = (DraftView *)owner;
	Err err = { { 0 } };
	if (!kept) return react_say("nothing was sent");
	if (talk_busy(v->talk)) return react_say("a draft is still coming; C-c stops it");
	buf_clear(&v->wish);
	buf_str(&v->wish, str_trim(text));
	Prompt *prompt = make_prompt(v, env->options->config, STR_NONE, STR_NONE, &err);
	if (!prompt) return react_bad("%s", err.text);
	if (!talk_wants_yes(v->talk)) {
		send_it(v, prompt, false);
		return react(REACT_DONE);
	}
	prompt_free(v->waiting);
	v->waiting = prompt;
	return ask_yes(v);
}

static Reaction ask_wish(DraftView *v) {
	if (!v->talk) return react_bad("%s", v->why.text);
	AskOptions ask = {
		.label = "draft, with a wish (Enter for none):", .history = &v->wishes, .owner = &v->view, .answer = wish_given
	};
	return react_open(view_ask_new(&ask));
}

/* ---- what came ---- */

static Reaction mend(DraftView *v, const char *config, const ModelAnswer *answer, const DraftVerdict *verdict) {
	Buf failures = { 0 };
	Err err = { { 0 } };
	draft_failures(verdict, &failures);
	Prompt *prompt = make_prompt(v, config, answer->text, buf_view(&failures), &err);
	buf_done(&failures);
	if (!prompt) return react_bad("%s", err.text);
	send_it(v, prompt, true);
	return react_say("it did not pass; sent back once, to be mended");
}

/* Verifies and stores what came; sends it back once when it doesn't pass. A part of an answer isn't sent back. */
static Reaction take(DraftView *v, const char *config) {
	Asking asking;
	Err err = { { 0 } };
	ModelAnswer answer;
	DraftVerdict verdict;
	Reaction reaction = react(REACT_DONE);
	bool ok = asking_open(v, &asking, &err);
	talk_answer(v->talk, &asking.arena, &answer);
	bool came = answer.text.len > 0;
	if (ok && came) {
		KeptBy by = { .profile = talk_profile(v->talk), .prompt = talk_prompt(v->talk)->version };
		draft_verify(&asking.subject, answer.text, &asking.arena, &verdict);
		ok = model_keep_draft(
		    work_walk(v->work), v->id, buf_view(&v->wish), &answer, &verdict, &asking.subject, &by, &err);
	}
	v->sent = !came;
	look_up(v);
	v->shown = v->n ? v->n - 1 : 0;
	v->top = 0;
	if (!ok) {
		reaction = react_bad("%s", err.text);
	} else if (!came) {
		reaction = react_bad("%.*s%s", STR_ARG(answer.message), "; Enter sends it again");
	} else if (!verdict.passed && !v->mending && answer.state == EXCHANGE_DONE) {
		reaction = mend(v, config, &answer, &verdict);
	} else {
		Buf words = { 0 };
		model_usage_words(talk_profile(v->talk), &answer.usage, &words);
		reaction = react_say("%s; %s", verdict.passed ? "the draft passed" : "the draft did not pass", words.ptr);
		buf_done(&words);
	}
	asking_close(&asking);
	return reaction;
}

/* ---- editing ---- */

/* The whole file with a kept draft in place; false when it no longer fits. */
static bool text_of(const DraftSubject *subject, const KeptDraft *kept, Draft *out, Err *err) {
	Buf reply = { 0 };
	buf_printf(&reply, "```diff\n%.*s\n```\n", STR_ARG(kept->diff));
	bool ok = draft_read(buf_view(&reply), &subject->place, out, err);
	buf_done(&reply);
	return ok;
}

static Reaction edited(View *owner, const ViewEnv *env, Str text, bool kept) {
	DraftView *v = (DraftView *)owner;
	Asking asking;
	Err err = { { 0 } };
	DraftVerdict verdict;
	(void)env;
	if (!kept) return react_say("the draft stays as it was");
	bool ok = asking_open(v, &asking, &err);
	if (ok) {
		draft_verify_file(&asking.subject, text, &asking.arena, &verdict);
		KeptBy by = { 0 };
		ok = model_keep_draft(work_walk(v->work), v->id, STR_NONE, NULL, &verdict, &asking.subject, &by, &err);
	}
	asking_close(&asking);
	look_up(v);
	v->shown = v->n ? v->n - 1 : 0;
	if (!ok) return react_bad("%s", err.text);
	return verdict.passed ? react_say("checked again: it passed") : react_bad("checked again: it did not pass");
}

static Reaction edit(DraftView *v) {
	if (v->n == 0 || v->drafts[v->shown].diff.len == 0) return react_say("there is no draft to edit");
	Asking asking;
	Draft draft;
	Err err = { { 0 } };
	Reaction reaction;
	if (asking_open(v, &asking, &err) && text_of(&asking.subject, &v->drafts[v->shown], &draft, &err)) {
		reaction = react_edit_text(&v->view, edited, draft.text);
		draft_done(&draft);
	} else {
		reaction = react_bad("the draft no longer fits the file: %s", err.text);
	}
	asking_close(&asking);
	return reaction;
}

/* ---- the rest of a view ---- */

static void scroll(DraftView *v, int delta) {
	size_t back = (size_t)(delta < 0 ? -delta : 0);
	if (delta > 0)
		v->top += (size_t)delta; /* drawing settles it */
	else
		v->top = back > v->top ? 0 : v->top - back;
}

static Reaction again(DraftView *v) {
	if (!v->talk || !v->sent || talk_busy(v->talk)) return react(REACT_DONE);
	talk_again(v->talk);
	return react_say("sent again");
}

static Reaction show(DraftView *v, int step) {
	if (v->n == 0) return react_say("there is no draft yet");
	v->sent = v->talk && talk_busy(v->talk);
	v->shown = (v->shown + v->n + (size_t)(step > 0 ? 1 : v->n - 1)) % v->n;
	v->top = 0;
	return react(REACT_DONE);
}

static Reaction act(View *view, const ViewEnv *env, ActionId action, const Event *event) {
	DraftView *v = (DraftView *)view;
	(void)env;
	(void)event;
	switch (action) {
	case ACTION_DRAFT: return ask_wish(v);
	case ACTION_EDIT_DRAFT: return edit(v);
	case ACTION_NEXT: return show(v, 1);
	case ACTION_PREVIOUS: return show(v, -1);
	case ACTION_OPEN: return again(v);
	case ACTION_COPY: return v->n ? react_copy(v->drafts[v->shown].diff) : react_say("there is no draft yet");
	case ACTION_CANCEL:
		if (!v->talk || !talk_busy(v->talk)) return react(REACT_IGNORED);
		talk_cancel(v->talk);
		return react_say("stopped");
	case ACTION_WALK: return react(REACT_DONE | REACT_CLOSE);
	case ACTION_UP: scroll(v, -1); break;
	case ACTION_DOWN: scroll(v, 1); break;
	case ACTION_PAGE_UP: scroll(v, 1 - v->rows); break;
	case ACTION_PAGE_DOWN: scroll(v, v->rows - 1); break;
	case ACTION_FIRST: v->top = 0; break;
	case ACTION_LAST: v->top = v->doc.lines.n; break;
	default: return react(REACT_IGNORED);
	}
	return react(REACT_DONE);
}

static Reaction on_event(View *view, const ViewEnv *env, const Event *event) {
	(void)env;
	if (event->kind != EVENT_WHEEL) return react(REACT_IGNORED);
	scroll((DraftView *)view, event->delta);
	return react(REACT_DONE);
}

static Reaction tick(View *view, const ViewEnv *env) {
	DraftView *v = (DraftView *)view;
	bool was = v->talk && talk_busy(v->talk);
	bool changed = v->talk && talk_step(v->talk);
	if (v->generation != work_generation(v->work)) {
		look_up(v);
		changed = true;
	}
	if (was && !talk_busy(v->talk)) return take(v, env->options->config);
	return react(changed ? REACT_DONE : REACT_IGNORED);
}

static bool busy(const View *view) {
	const DraftView *v = (const DraftView *)view;
	return v->talk && talk_busy(v->talk);
}

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
	case ACTION_COPY: return v->n > 0;
	case ACTION_NEXT:
	case ACTION_PREVIOUS: return v->n > 1;
	case ACTION_OPEN: return v->talk && v->sent && !talk_busy(v->talk);
	default: return true;
	}
}

static void free_draft(View *view) {
	DraftView *v = (DraftView *)view;
	talk_free(v->talk);
	prompt_free(v->waiting);
	buf_done(&v->wish);
	doc_done(&v->doc);
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

View *view_draft_new(const ViewEnv *env, Work *work, Str id) {
	DraftView *v = base_alloc(sizeof *v);
	v->view.ops = &OPS;
	v->work = work_keep(work);
	if (id.len < sizeof v->id) memcpy(v->id, id.ptr, id.len);
	look_up(v);
	v->shown = v->n ? v->n - 1 : 0;
	v->talk = talk_new(env, work_profile(work), &v->why);
	return &v->view;
}
