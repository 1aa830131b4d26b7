#include "core/posix.h"

#include "sessions/plan.h"

#include "core/scan.h"
#include "sessions/log.h"

#include <stdio.h>
#include <string.h>

/* ---- order ---- */

typedef VEC(const WalkItem *) Items;

static bool is_step(const WalkItem *item) {
	return !item->hidden && (item->verdict == VERDICT_ACCEPT || item->verdict == VERDICT_MEASURE);
}

static bool needs(const WalkItem *item, const WalkItem *other) {
	for (size_t i = 0; i < item->candidate.n_needs; i++) {
		if (str_is(item->candidate.needs[i], other->candidate.id)) return true;
	}
	return false;
}

static size_t place_of(const Items *items, const WalkItem *item) {
	size_t i = 0;
	while (i < items->n && items->at[i] != item) i++;
	return i;
}

static void put_at(Items *items, size_t from, size_t to) {
	const WalkItem *item = items->at[from];
	if (to > items->n - 1) to = items->n - 1;
	if (from < to)
		memmove(&items->at[from], &items->at[from + 1], (to - from) * sizeof *items->at);
	else
		memmove(&items->at[to + 1], &items->at[to], (from - to) * sizeof *items->at);
	items->at[to] = item;
}

/* Takes the first that needs none of those behind it; a circle is left as it is. */
static void needed_first(Items *items) {
	for (size_t at = 0; at < items->n; at++) {
		size_t pick = at;
		for (; pick < items->n; pick++) {
			bool waits = false;
			for (size_t k = at; k < items->n; k++) waits = waits || (k != pick && needs(items->at[pick], items->at[k]));
			if (!waits) break;
		}
		if (pick < items->n) put_at(items, pick, at);
	}
}

/* Walk order, then the moves made by hand as they were made. */
static void order_steps(const Walk *walk, Items *items) {
	size_t n, n_events;
	const WalkItem *all = walk_items(walk, &n);
	for (size_t i = 0; i < n; i++) {
		if (is_step(&all[i])) VEC_PUSH(*items) = &all[i];
	}
	const LogEvent *events = walk_log(walk, &n_events);
	for (size_t i = 0; i < n_events; i++) {
		const LogEvent *e = &events[i];
		if (e->kind != LOG_ORDER || e->undone) continue;
		long long to = 0;
		size_t digits = str_find(e->data, ":", 0);
		if (digits != SIZE_MAX) to = strtoll(e->data.ptr + digits + 1, NULL, 10);
		size_t from = place_of(items, walk_item(walk, e->candidate));
		if (from < items->n && to >= 1) put_at(items, from, (size_t)to - 1);
	}
	needed_first(items);
}

bool plan_can_move(const Walk *walk, const char *id, size_t n, Question *question, Err *err) {
	Items items = { 0 };
	order_steps(walk, &items);
	const WalkItem *item = walk_item(walk, str_of(id));
	size_t from = place_of(&items, item);
	bool ok = true;
	if (from == items.n) {
		ok = err_set(err, "%s is not in the plan: accept it first", id);
	} else if (n < 1 || n > items.n) {
		ok = err_set(err, "the plan has places 1 to %zu, not %zu", items.n, n);
	} else {
		put_at(&items, from, n - 1);
		for (size_t a = 0; a < items.n; a++) {
			for (size_t b = a + 1; b < items.n; b++) {
				if (!needs(items.at[a], items.at[b]) || question->n_ids > 0) continue;
				question->kind = QUESTION_NEEDS;
				question->ids[question->n_ids++] = str_of(items.at[b]->candidate.id);
				snprintf(question->text, sizeof question->text, "%s needs %s, which would stand behind it",
				    items.at[a]->candidate.id, items.at[b]->candidate.id);
				ok = false;
			}
		}
	}
	VEC_FREE(items);
	return ok;
}

/* ---- making ---- */

static void add_words(PlanStep *step, const Catalogue *catalogue) {
	const Technique *t = catalogue ? catalogue_find(catalogue, step->item->candidate.technique) : NULL;
	if (!t) return;
	step->check = t->check;
	step->instead = t->instead_text;
	step->description = t->description;
}

static void link_steps(Plan *plan, Arena *arena) {
	for (size_t i = 0; i < plan->n_steps; i++) {
		PlanStep *step = &plan->steps[i];
		step->after = ARENA_ARRAY(arena, size_t, plan->n_steps);
		for (size_t k = 0; k < plan->n_steps; k++) {
			if (needs(step->item, plan->steps[k].item)) step->after[step->n_after++] = k + 1;
		}
	}
}

static PlanStep *steps_of(const Items *items, bool numbered, const Catalogue *catalogue, Arena *arena) {
	PlanStep *steps = ARENA_ARRAY(arena, PlanStep, items->n);
	for (size_t i = 0; i < items->n; i++) {
		steps[i] = (PlanStep) { .number = numbered ? i + 1 : 0, .item = items->at[i] };
		add_words(&steps[i], catalogue);
	}
	return steps;
}

static void sum_up(Plan *plan) {
	for (size_t i = 0; i < plan->n_steps; i++) {
		const WalkItem *item = plan->steps[i].item;
		plan->effort += item->tradeoff.axis[AXIS_EFFORT];
		if (item->done)
			plan->n_done++;
		else
			plan->effort_left += item->tradeoff.axis[AXIS_EFFORT];
		plan->n_measure += item->verdict == VERDICT_MEASURE && !item->done;
	}
}

static void stamp(Plan *plan, Arena *arena) {
	char now[25];
	log_now(now);
	plan->made = arena_str(arena, str_of(now));
}

static void collect(const Walk *walk, Verdict verdict, Items *out) {
	size_t n;
	const WalkItem *all = walk_items(walk, &n);
	for (size_t i = 0; i < n; i++) {
		const WalkItem *item = &all[i];
		if (item->hidden || item->verdict != verdict) continue;
		if (verdict == VERDICT_NONE && !item->undecided) continue;
		VEC_PUSH(*out) = item;
	}
}

static PlanStep *part(const Walk *walk, Verdict verdict, const Catalogue *catalogue, Arena *arena, size_t *n) {
	Items items = { 0 };
	collect(walk, verdict, &items);
	*n = items.n;
	PlanStep *steps = steps_of(&items, false, catalogue, arena);
	VEC_FREE(items);
	return steps;
}

void plan_of_walk(const Walk *walk, const Catalogue *catalogue, Arena *arena, Plan *out) {
	const Session *session = walk_session(walk);
	*out = (Plan) { .walk = walk, .name = session->name };
	stamp(out, arena);
	for (int i = 0; i < SIDE_COUNT; i++) {
		const SessionSide *s = &session->sides[i];
		out->sides[i].present = s->n_paths > 0;
		out->sides[i].commit = s->commit;
		out->sides[i].branch = s->branch;
		out->sides[i].dirty = s->dirty;
	}
	Items items = { 0 };
	order_steps(walk, &items);
	out->n_steps = items.n;
	out->steps = steps_of(&items, true, catalogue, arena);
	VEC_FREE(items);
	link_steps(out, arena);
	sum_up(out);
	out->rejected = part(walk, VERDICT_REJECT, catalogue, arena, &out->n_rejected);
	out->deferred = part(walk, VERDICT_DEFER, catalogue, arena, &out->n_deferred);
	out->open = part(walk, VERDICT_NONE, catalogue, arena, &out->n_open);
}

void plan_of_scan(const Scan *scan, const Catalogue *catalogue, Arena *arena, Plan *out) {
	const Source *port = &scan->sides[SIDE_SWIFT].source;
	*out = (Plan) { .name = str_of(port->package ? port->package : "port") };
	stamp(out, arena);
	for (int i = 0; i < SIDE_COUNT; i++) {
		const ScanSide *s = &scan->sides[i];
		out->sides[i].present = s->present;
		if (!s->present) continue;
		out->sides[i].commit = str_of(s->source.commit);
		out->sides[i].branch = str_of(s->source.branch);
		out->sides[i].dirty = s->source.dirty;
	}
	WalkItem *items = ARENA_ARRAY(arena, WalkItem, scan->n_candidates);
	out->open = ARENA_ARRAY(arena, PlanStep, scan->n_candidates);
	for (size_t i = 0; i < scan->n_candidates; i++) {
		const Candidate *c = &scan->candidates[i];
		items[i] =
		    (WalkItem) { .candidate = *c, .short_id = str_of(c->id), .tradeoff = c->tradeoff, .score = c->score };
		items[i].state = c->suppressed ? STATE_SUPPRESSED : STATE_OPEN;
		items[i].undecided = !c->suppressed;
		items[i].state_why = c->suppression;
		out->open[out->n_open] = (PlanStep) { .item = &items[i] };
		add_words(&out->open[out->n_open++], catalogue);
	}
}
