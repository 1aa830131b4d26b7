/* Verdicts: the reason is asked for on the bottom line; what the walk asks back is asked of the user; nothing is decided
 * before the last Enter, and what was typed is offered again when it could not be stored. */
#include "core/posix.h"

#include "tui/view_walk_state.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tui/mark.h"
#include "tui/model_keep.h"

static Reaction decide(WalkView *v);

/* ---- whom it is about ---- */

static void forget_ids(WalkView *v) {
	for (size_t i = 0; i < v->n_ids; i++) free(v->ids[i]);
	free(v->ids);
	v->ids = NULL;
	v->n_ids = 0;
}

void walk_decide_done(WalkView *v) {
	forget_ids(v);
	buf_done(&v->because);
	buf_done(&v->condition);
}

static void add_id(WalkView *v, const char *id) {
	v->ids = base_realloc(v->ids, (v->n_ids + 1) * sizeof *v->ids);
	v->ids[v->n_ids++] = base_strdup(id);
}

static void take_ids(WalkView *v, const WalkItem *item, bool group) {
	size_t n;
	const WalkItem *items = walk_items(work_walk(v->work), &n);
	forget_ids(v);
	if (!group) add_id(v, item->candidate.id);
	for (size_t i = 0; group && i < n; i++)
		if (items[i].undecided && str_cmp(items[i].candidate.technique, item->candidate.technique) == 0)
			add_id(v, items[i].candidate.id);
}

static void short_name(const WalkView *v, Buf *out) {
	const WalkItem *item = v->n_ids ? walk_item(work_walk(v->work), str_of(v->ids[0])) : NULL;
	if (v->n_ids > 1 && item)
		buf_printf(out, "%zu of %.*s", v->n_ids, STR_ARG(item->candidate.technique));
	else if (item)
		buf_str(out, item->short_id);
}

/* ---- asking for the reason ---- */

static Reaction reason_given(View *owner, const ViewEnv *env, Str text, bool kept) {
	WalkView *v = (WalkView *)owner;
	(void)env;
	if (!kept) return react_say("nothing was decided");
	Buf *into = v->verdict == VERDICT_MEASURE ? &v->condition : &v->because;
	buf_clear(&v->because);
	buf_clear(&v->condition);
	buf_str(into, str_trim(text));
	v->with_dependencies = v->force = false;
	return decide(v);
}

/* The line with what the language model said of the candidate, to be quoted. */
static Reaction open_line(const WalkView *v, AskOptions *ask) {
	const WalkItem *item = v->n_ids == 1 ? walk_item(work_walk(v->work), str_of(v->ids[0])) : NULL;
	Arena arena = { 0 };
	if (item) ask->quotes = model_quotes(item, &arena, &ask->n_quotes);
	Reaction reaction = react_open(view_ask_new(ask));
	arena_done(&arena);
	return reaction;
}

static Reaction ask_reason(WalkView *v, Str initial) {
	Buf label = { 0 };
	buf_printf(&label, "%s ", verdict_name(v->verdict));
	short_name(v, &label);
	buf_puts(&label, v->verdict == VERDICT_MEASURE ? ", accept only if:" : " because:");
	AskOptions ask = { .label = label.ptr,
		.initial = initial,
		.required = v->verdict == VERDICT_REJECT || v->verdict == VERDICT_MEASURE,
		.required_why = v->verdict == VERDICT_MEASURE
		                    ? "say what must come out, such as: parity < 1e-3 and 5 % faster (Esc leaves)"
		                    : "say why: the next port will ask (Esc leaves)",
		.history = &v->reasons,
		.owner = &v->view,
		.answer = reason_given };
	Reaction reaction = open_line(v, &ask);
	buf_done(&label);
	return reaction;
}

static Reaction group_confirmed(View *owner, const ViewEnv *env, Str text, bool kept) {
	(void)env;
	(void)text;
	return kept ? ask_reason((WalkView *)owner, STR_NONE) : react_say("nothing was decided");
}

static Reaction preview_group(WalkView *v) {
	Buf label = { 0 }, body = { 0 };
	buf_printf(&label, "%s all %zu below?", verdict_name(v->verdict), v->n_ids);
	for (size_t i = 0; i < v->n_ids; i++) {
		const WalkItem *item = walk_item(work_walk(v->work), str_of(v->ids[i]));
		if (!item) continue;
		buf_printf(&body, "%.*s  %.*s  %s:%u\n", STR_ARG(item->short_id), STR_ARG(item->candidate.place.component),
		    item->candidate.place.name ? item->candidate.place.name : "", (unsigned)item->candidate.place.start.line);
	}
	Reaction reaction = react_open(view_confirm_new(label.ptr, body.ptr, &v->view, group_confirmed));
	buf_done(&label);
	buf_done(&body);
	return reaction;
}

Reaction walk_ask_verdict(WalkView *v, Verdict verdict, bool group) {
	const WalkItem *item = walk_selected(v);
	if (!item) return react_say("no candidate is selected");
	v->verdict = verdict;
	group = group || walk_fold_size(v) > 1; /* what stands for several is decided for all, after a look at them */
	take_ids(v, item, group);
	if (v->n_ids == 0) return react_say("nothing of %.*s is open", STR_ARG(item->candidate.technique));
	return group ? preview_group(v) : ask_reason(v, STR_NONE);
}

/* ---- deciding ---- */

static Reaction question_answered(View *owner, const ViewEnv *env, Str text, bool kept) {
	(void)env;
	(void)text;
	return kept ? decide((WalkView *)owner) : react_say("nothing was decided");
}

static Reaction ask_back(WalkView *v, const Question *question) {
	Buf label = { 0 };
	buf_printf(&label, "%s: ", question->text);
	switch (question->kind) {
	case QUESTION_NEEDS:
		buf_puts(&label, "accept both?");
		v->with_dependencies = true;
		break;
	case QUESTION_NEEDED:
	case QUESTION_GONE:
		buf_printf(&label, "%s all the same?", verdict_name(v->verdict));
		v->force = true;
		break;
	default: { /* a contradiction or an uncertain binding is settled first, not waved through */
		Reaction refused = react_bad("%s; nothing was decided", question->text);
		buf_done(&label);
		return refused;
	}
	}
	Reaction reaction = react_open(view_confirm_new(label.ptr, NULL, &v->view, question_answered));
	buf_done(&label);
	return reaction;
}

/* What was typed stands in the line again; it is lost only by Esc. */
static Reaction offer_again(WalkView *v, const Err *err) {
	Reaction reaction = ask_reason(v, buf_view(v->verdict == VERDICT_MEASURE ? &v->condition : &v->because));
	reaction.say = base_strdup(err->text);
	reaction.bad = true;
	return reaction;
}

static Reaction decided(WalkView *v) {
	Mark mark = mark_of_verdict(v->verdict);
	Buf name = { 0 };
	short_name(v, &name);
	bool here = false;
	for (size_t i = 0; i < v->n_ids; i++) here = here || strcmp(v->ids[i], v->selected) == 0;
	walk_looked_up(v);
	if (here) walk_next_open(v, 1);
	Reaction reaction = react_say("%s %s: %s", mark.glyph, mark.word, name.ptr ? name.ptr : "");
	buf_done(&name);
	return reaction;
}

static Reaction decide(WalkView *v) {
	Decision decision = { .ids = (const char *const *)v->ids,
		.n_ids = v->n_ids,
		.verdict = v->verdict,
		.because = buf_view(&v->because),
		.condition = buf_view(&v->condition),
		.with_dependencies = v->with_dependencies,
		.force = v->force };
	Question question = { .kind = QUESTION_NONE };
	Err err = { 0 };
	if (walk_decide(work_walk(v->work), &decision, &question, &err)) return decided(v);
	if (question.kind != QUESTION_NONE) return ask_back(v, &question);
	return offer_again(v, &err);
}

/* The candidate of the latest event: what was taken back is what one wants to see. */
static void last_about(const WalkView *v, char *id, size_t size) {
	size_t n;
	const LogEvent *events = walk_log(work_walk(v->work), &n);
	if (n > 0) snprintf(id, size, "%.*s", STR_ARG(events[n - 1].candidate));
}

Reaction walk_undo_last(WalkView *v) {
	Buf what = { 0 };
	Err err = { 0 };
	bool fine = work_undo(v->work, &what, &err);
	char id[64] = "";
	if (fine) last_about(v, id, sizeof id);
	Reaction reaction = fine ? react_say("taken back: %s", what.ptr ? what.ptr : "") : react_bad("%s", err.text);
	buf_done(&what);
	if (fine) walk_looked_up(v);
	if (id[0]) walk_select_id(v, str_of(id));
	return reaction;
}

/* ---- which one it is ---- */

static Reaction same_given(View *owner, const ViewEnv *env, Str text, bool kept) {
	WalkView *v = (WalkView *)owner;
	const WalkItem *item = NULL;
	Err err = { { 0 } };
	(void)env;
	if (!kept || v->n_ids == 0) return react(REACT_DONE);
	if (walk_find(work_walk(v->work), str_trim(text), &item, &err) != 1) return react_bad("%s", err.text);
	char is[64];
	snprintf(is, sizeof is, "%s", item->candidate.id); /* the item goes with the change */
	if (!walk_same_as(work_walk(v->work), v->ids[0], is, &err)) return react_bad("%s", err.text);
	walk_looked_up(v);
	return react_say("bound to %s", is);
}

Reaction walk_ask_same(WalkView *v) {
	const WalkItem *item = walk_selected(v);
	if (!item) return react_say("no candidate is selected");
	take_ids(v, item, false);
	Buf label = { 0 };
	buf_puts(&label, "which one is it:");
	for (size_t i = 0; i < item->n_could_be; i++)
		buf_printf(&label, "%s %.*s", i ? " or" : "", STR_ARG(item->could_be[i]));
	AskOptions ask = { .label = label.ptr, .owner = &v->view, .answer = same_given };
	Reaction reaction = react_open(view_ask_new(&ask));
	buf_done(&label);
	return reaction;
}

/* ---- notes and axes ---- */

static Reaction note_given(View *owner, const ViewEnv *env, Str text, bool kept);

static Reaction ask_note(WalkView *v, Str initial) {
	Buf label = { 0 };
	buf_puts(&label, "note on ");
	short_name(v, &label);
	buf_putc(&label, ':');
	AskOptions ask = { .label = label.ptr,
		.initial = initial,
		.required = true,
		.required_why = "nothing was typed (Esc leaves)",
		.history = &v->reasons,
		.owner = &v->view,
		.answer = note_given };
	Reaction reaction = open_line(v, &ask);
	buf_done(&label);
	return reaction;
}

static Reaction note_given(View *owner, const ViewEnv *env, Str text, bool kept) {
	WalkView *v = (WalkView *)owner;
	Err err = { 0 };
	(void)env;
	if (!kept || v->n_ids == 0) return react(REACT_DONE);
	if (!walk_note(work_walk(v->work), v->ids[0], text, &err)) {
		Reaction reaction = ask_note(v, text);
		reaction.say = base_strdup(err.text);
		reaction.bad = true;
		return reaction;
	}
	walk_looked_up(v);
	return react_say("noted");
}

Reaction walk_ask_note(WalkView *v) {
	const WalkItem *item = walk_selected(v);
	if (!item) return react_say("no candidate is selected");
	take_ids(v, item, false);
	return ask_note(v, STR_NONE);
}

/* "gain 2 the loop runs once in practice" */
static Reaction axis_given(View *owner, const ViewEnv *env, Str text, bool kept) {
	WalkView *v = (WalkView *)owner;
	char value[16] = "";
	Err err = { 0 };
	(void)env;
	if (!kept || v->n_ids == 0) return react(REACT_DONE);
	Str rest = str_trim(text), name = STR_NONE, figure = STR_NONE;
	str_split(&rest, ' ', &name);
	rest = str_trim(rest);
	str_split(&rest, ' ', &figure);
	int axis = 0;
	while (axis < AXIS_COUNT && !str_is(name, axis_name((Axis)axis))) axis++;
	if (figure.len < sizeof value) memcpy(value, figure.ptr ? figure.ptr : "", figure.len);
	char *end = value;
	double number = strtod(value, &end);
	Str because = str_trim(rest);
	if (axis == AXIS_COUNT || *end || end == value || because.len == 0)
		return react_bad("an axis (gain, accuracy, clarity, effort), a number, and why: gain 2 runs once in practice");
	if (!walk_override(work_walk(v->work), v->ids[0], (Axis)axis, number, because, &err))
		return react_bad("%s", err.text);
	walk_looked_up(v);
	return react_say("%s of this candidate is %s now", axis_name((Axis)axis), value);
}

Reaction walk_ask_axis(WalkView *v) {
	const WalkItem *item = walk_selected(v);
	if (!item) return react_say("no candidate is selected");
	take_ids(v, item, false);
	AskOptions ask = { .label = "override (axis, number, why):", .owner = &v->view, .answer = axis_given };
	return react_open(view_ask_new(&ask));
}
