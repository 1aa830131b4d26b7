#include "core/posix.h"

#include "sessions/walk_state.h"

#include <stdio.h>
#include <string.h>

bool walk_event(Walk *walk, LogEvent *event, Arena *arena, Err *err) {
	event->session = walk->session.key;
	return log_add(walk->store, session_folder(&walk->session, arena), event, arena, err);
}

/* What a list of sessions shows beside the name. Nothing depends on it, so a failure is passed over. */
static void save_counts(Walk *walk) {
	Query q = query_open(walk->store, "UPDATE session SET listed = ?, decided = ? WHERE key = ?");
	query_integer(&q, (int64_t)walk_n_listed(walk));
	query_integer(&q, (int64_t)walk_n_decided(walk));
	query_integer(&q, walk->session.key);
	query_run(&q, NULL);
}

bool walk_after(Walk *walk, bool rows_too, Err *err) {
	bool ok = rows_too ? walk_reload(walk, err) : walk_reload_log(walk, err);
	if (ok) save_counts(walk);
	return ok;
}

const WalkItem *walk_must_have(const Walk *walk, const char *id, Err *err) {
	const WalkItem *item = walk_item(walk, str_of(id));
	if (!item) err_set(err, "the session '%.*s' has no candidate '%s'", STR_ARG(walk->session.name), id);
	return item;
}

/* ---- what speaks against a decision ---- */

typedef struct Deciding {
	Walk *walk;
	const Decision *decision;
	Question *question;
	VEC(const WalkItem *) chosen; /* those named first, then what they need */
	size_t n_named;
} Deciding;

static bool is_yes(Verdict verdict) { return verdict == VERDICT_ACCEPT || verdict == VERDICT_MEASURE; }

/* Accepted or measured first, and still to be done or done. */
static bool is_wanted(const WalkItem *item) {
	return is_yes(item->verdict) && !item->hidden && (!item->gone || item->done);
}

static bool is_chosen(const Deciding *d, const WalkItem *item) {
	for (size_t i = 0; i < d->chosen.n; i++) {
		if (d->chosen.at[i] == item) return true;
	}
	return false;
}

static void ask(Question *q, QuestionKind kind, const WalkItem *about) {
	q->kind = kind;
	if (q->n_ids < BASE_COUNT(q->ids)) q->ids[q->n_ids++] = str_of(about->candidate.id);
}

static void phrase(Question *q, const WalkItem *item, const char *words, const char *flag) {
	Buf ids = { 0 };
	for (size_t i = 0; i < q->n_ids; i++) buf_printf(&ids, "%s%.*s", i ? ", " : "", STR_ARG(q->ids[i]));
	char text[sizeof q->text * 2];
	snprintf(text, sizeof text, words, item->candidate.id, ids.ptr ? ids.ptr : "");
	size_t n = strlen(text) < sizeof q->text - 1 ? strlen(text) : sizeof q->text - 1;
	memcpy(q->text, text, n);
	q->text[n] = '\0';
	snprintf(q->flag, sizeof q->flag, "%s", flag);
	buf_done(&ids);
}

/* What it needs, is there to be done, and is neither accepted nor being accepted. */
static bool needs_more(const Deciding *d, const WalkItem *item) {
	for (size_t i = 0; i < item->candidate.n_needs; i++) {
		const WalkItem *needed = walk_item(d->walk, item->candidate.needs[i]);
		if (!needed || needed == item || needed->gone || needed->done || is_wanted(needed) || is_chosen(d, needed))
			continue;
		ask(d->question, QUESTION_NEEDS, needed);
	}
	if (d->question->kind == QUESTION_NONE) return false;
	phrase(d->question, item, "%s needs %s, not accepted yet", "--with-dependencies or --force");
	return true;
}

static bool excludes(const WalkItem *a, const WalkItem *b) {
	for (size_t i = 0; i < a->candidate.n_conflicts; i++) {
		if (str_is(a->candidate.conflicts[i], b->candidate.id)) return true;
	}
	return false;
}

static bool is_contradicted(const Deciding *d, const WalkItem *item) {
	for (size_t i = 0; i < d->walk->n_items; i++) {
		const WalkItem *other = &d->walk->items[i];
		if (other == item || !(excludes(item, other) || excludes(other, item))) continue;
		if (is_wanted(other) || is_chosen(d, other)) ask(d->question, QUESTION_CONFLICT, other);
	}
	if (d->question->kind == QUESTION_NONE) return false;
	phrase(d->question, item, "%s and %s exclude each other: only one of them can be accepted",
	    "--force, or reject or undo the other first");
	return true;
}

static bool is_needed(const Deciding *d, const WalkItem *item) {
	for (size_t i = 0; i < d->walk->n_items; i++) {
		const WalkItem *other = &d->walk->items[i];
		if (!is_wanted(other) || other->done || is_chosen(d, other)) continue;
		for (size_t k = 0; k < other->candidate.n_needs; k++) {
			if (str_is(other->candidate.needs[k], item->candidate.id)) ask(d->question, QUESTION_NEEDED, other);
		}
	}
	if (d->question->kind == QUESTION_NONE) return false;
	phrase(d->question, item, "%s is needed by %s, which stays accepted", "--force");
	return true;
}

static bool is_out_of_sight(const Deciding *d, const WalkItem *item) {
	Question *q = d->question;
	if (item->state == STATE_UNCERTAIN) {
		q->kind = QUESTION_UNCERTAIN;
		for (size_t i = 0; i < item->n_could_be && q->n_ids < BASE_COUNT(q->ids); i++)
			q->ids[q->n_ids++] = item->could_be[i];
		phrase(q, item,
		    q->n_ids ? "it is uncertain which one %s is now: it could be %s" : "it is uncertain where %s is now%s",
		    q->n_ids ? "--same-as ID, or --force" : "--force");
		return true;
	}
	if (!item->gone) return false;
	ask(q, QUESTION_GONE, item);
	q->n_ids = 0;
	Buf words = { 0 };
	buf_printf(&words, "%%s is %s%%s", state_words(item->state));
	phrase(q, item, words.ptr, "--force");
	buf_done(&words);
	return true;
}

/* Adds what is needed, and what that needs. */
static void add_dependencies(Deciding *d) {
	for (size_t i = 0; i < d->chosen.n; i++) {
		const Candidate *c = &d->chosen.at[i]->candidate;
		for (size_t k = 0; k < c->n_needs; k++) {
			const WalkItem *needed = walk_item(d->walk, c->needs[k]);
			if (!needed || needed->gone || needed->done || is_wanted(needed) || is_chosen(d, needed)) continue;
			VEC_PUSH(d->chosen) = needed;
		}
	}
}

static bool must_ask(Deciding *d) {
	bool yes = is_yes(d->decision->verdict);
	if (d->decision->force) return false;
	for (size_t i = 0; i < d->chosen.n; i++) {
		const WalkItem *item = d->chosen.at[i];
		if (is_out_of_sight(d, item)) return true;
		if (yes ? needs_more(d, item) || is_contradicted(d, item) : is_needed(d, item)) return true;
	}
	return false;
}

/* ---- deciding ---- */

static bool add_verdict(Deciding *d, size_t i, Str batch, Arena *arena, Err *err) {
	const WalkItem *item = d->chosen.at[i];
	const Decision *decision = d->decision;
	bool named = i < d->n_named;
	LogEvent event = {
		.kind = LOG_VERDICT,
		.candidate = str_of(item->candidate.id),
		.verdict = named ? decision->verdict : VERDICT_ACCEPT,
		.reason = named ? decision->because : arena_printf(arena, "needed by %s", d->chosen.at[0]->candidate.id),
		.condition = named ? decision->condition : STR_NONE,
		.supersedes = item->verdict_event,
		.batch = batch,
		.data = walk_judged_data(d->walk, item, arena),
	};
	return walk_event(d->walk, &event, arena, err);
}

static bool add_axes(Deciding *d, size_t i, Str batch, Arena *arena, Err *err) {
	const Decision *decision = d->decision;
	bool ok = true;
	for (size_t a = 0; ok && i < d->n_named && a < decision->n_axes; a++) {
		LogEvent event;
		const AxisSet *set = &decision->axes[a];
		ok = walk_axis_event(
		    d->chosen.at[i]->candidate.id, set->axis, set->value, decision->because, arena, &event, err);
		event.batch = batch;
		ok = ok && walk_event(d->walk, &event, arena, err);
	}
	return ok;
}

static bool add_verdicts(Deciding *d, Err *err) {
	Arena arena = { 0 };
	char batch[37] = "";
	bool ok = (d->chosen.n < 2 && d->decision->n_axes == 0) || log_uuid(batch, err);
	if (ok) {
		ok = store_begin(d->walk->store, err);
		if (ok) {
			for (size_t i = 0; ok && i < d->chosen.n; i++) {
				ok = add_verdict(d, i, str_of(batch), &arena, err) && add_axes(d, i, str_of(batch), &arena, err);
			}
			ok = store_end(d->walk->store, ok, err);
		}
	}
	arena_done(&arena);
	return ok;
}

static bool choose(Deciding *d, Err *err) {
	for (size_t i = 0; i < d->decision->n_ids; i++) {
		const WalkItem *item = walk_must_have(d->walk, d->decision->ids[i], err);
		if (!item) return false;
		if (!is_chosen(d, item)) VEC_PUSH(d->chosen) = item;
	}
	d->n_named = d->chosen.n;
	if (d->n_named == 0) return err_set(err, "no candidate was named");
	if (is_yes(d->decision->verdict) && d->decision->with_dependencies) add_dependencies(d);
	return true;
}

bool walk_decide(Walk *walk, const Decision *decision, Question *question, Err *err) {
	*question = (Question) { .kind = QUESTION_NONE };
	/* judged is what the walk shows; what others decided meanwhile must be seen for needs and conflicts */
	if (store_changed_elsewhere(walk->store) && !walk_reload(walk, err)) return false;
	Deciding d = { .walk = walk, .decision = decision, .question = question };
	bool ok = choose(&d, err) && !must_ask(&d) && add_verdicts(&d, err);
	VEC_FREE(d.chosen);
	return ok && walk_after(walk, false, err);
}
