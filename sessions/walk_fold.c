#include "core/posix.h"

#include "sessions/walk_state.h"

#include <stdio.h>
#include <string.h>

/* ---- what the log says of one candidate ---- */

static void read_axis(const LogEvent *e, WalkItem *item, Arena *arena) {
	Json *doc = json_parse(e->data, NULL);
	double value;
	for (int i = 0; i < AXIS_COUNT; i++) {
		if (!str_is(json_text_at(doc, "axis"), axis_name((Axis)i)) || !json_number(json_get(doc, "value"), &value))
			continue;
		Tradeoff *t = &item->tradeoff;
		t->arithmetic[i] = arena_printf(arena, "set to %g by %.*s (computed: %g)%s%.*s", value, STR_ARG(e->who),
		    item->candidate.tradeoff.axis[i], e->reason.len ? ": " : "", STR_ARG(e->reason));
		t->axis[i] = value;
		item->overridden[i] = true;
	}
	json_free(doc);
}

static void read_measurement(const LogEvent *e, WalkItem *item, Arena *arena) {
	Json *doc = json_parse(e->data, NULL);
	Measurement *m = &item->measurement;
	*m = (Measurement) { 0 };
	bool before = json_number(json_get(doc, "before"), &m->before);
	m->has_numbers = json_number(json_get(doc, "after"), &m->after) && before;
	m->unit = arena_str(arena, json_text_at(doc, "unit"));
	m->command = arena_str(arena, json_text_at(doc, "command"));
	m->has_parity = json_number(json_get(doc, "parity"), &m->parity);
	item->done = true;
	json_free(doc);
}

static void read_order(const LogEvent *e, WalkItem *item) {
	Json *doc = json_parse(e->data, NULL);
	item->order = json_integer_at(doc, "to", 0);
	json_free(doc);
}

static void read_history(const Walk *walk, WalkItem *item, Arena *arena) {
	VEC(const LogEvent *) history = { 0 };
	Str id = str_of(item->candidate.id);
	for (size_t i = 0; i < walk->n_events; i++) {
		const LogEvent *e = &walk->events[i];
		if (!str_eq(e->candidate, id)) continue;
		VEC_PUSH(history) = e;
		if (e->undone) continue;
		switch (e->kind) {
		case LOG_AXIS: read_axis(e, item, arena); break;
		case LOG_DONE: read_measurement(e, item, arena); break;
		case LOG_ORDER: read_order(e, item); break;
		case LOG_NOTE: item->n_notes++; break;
		default: break;
		}
	}
	item->n_history = history.n;
	item->history = (const LogEvent **)VEC_TO_ARENA(history, arena);
	item->judged = log_verdict(walk->events, walk->n_events, walk->session.key, id);
	if (!item->judged) return;
	item->verdict = item->judged->verdict;
	item->because = item->judged->reason;
	item->condition = item->judged->condition;
	item->who = item->judged->who;
	item->when = item->judged->time;
	item->verdict_event = item->judged->id;
}

/* ---- its state ---- */

/* Why a decided candidate asks again: what differs between what was judged and what is there; empty when nothing does. */
static Str what_changed(const Walk *walk, const WalkItem *item, const Judged *judged, Binding binding, Arena *arena) {
	const Candidate *c = &item->candidate;
	bool same_analysis = str_eq(judged->analysis, walk->session.analysis);
	/* an upgrade may see another span of code that nobody touched */
	bool touched = !str_is(judged->content_id, c->anchor.content_id) && (same_analysis || binding == BINDING_CHANGED);
	if (c->anchor.token_hash != judged->token_hash && touched) return STR("its code changed since the verdict");
	static const char *const SIDES[2] = { "the Python reference changed since the verdict",
		"the PyTorch original changed since the verdict" };
	for (int i = 0; i < 2; i++) {
		if (c->anchor.reference_hash[i] != judged->reference_hash[i]) return str_of(SIDES[i]);
	}
	if (same_analysis && frequency_factor(c->frequency) > frequency_factor(judged->frequency)) {
		return arena_printf(arena, "it runs more often than when it was judged: %s, then %s",
		    frequency_words(c->frequency), frequency_words(judged->frequency));
	}
	return STR_NONE;
}

static Str where_from(const WalkItem *item, const Judged *judged, Arena *arena) {
	const Place *place = &item->candidate.place;
	if (!str_is(judged->name, place->name)) {
		return arena_printf(arena, "moved from %.*s:%u", STR_ARG(judged->name), judged->line);
	}
	return judged->line == place->start.line
	           ? STR_NONE
	           : arena_printf(arena, "moved from line %u to %u", judged->line, place->start.line);
}

static void settle_present(const Walk *walk, WalkItem *item, const Seen *seen, Arena *arena) {
	Judged judged = { 0 };
	if (item->judged) walk_judged_anchor(item->judged, arena, &judged);
	if (!judged.known) {
		item->state = seen->binding == BINDING_MOVED     ? STATE_MOVED
		              : seen->binding == BINDING_CHANGED ? STATE_CHANGED
		              : item->verdict != VERDICT_NONE    ? STATE_SAME
		                                                 : STATE_OPEN;
		item->state_why = seen->why;
		item->undecided = item->verdict == VERDICT_NONE || item->state == STATE_CHANGED;
		return;
	}
	Str changed = what_changed(walk, item, &judged, seen->binding, arena);
	Str moved = where_from(item, &judged, arena);
	item->state = changed.len ? STATE_CHANGED : moved.len ? STATE_MOVED : STATE_SAME;
	item->state_why = changed.len ? changed : moved;
	item->undecided = changed.len > 0;
}

static const CandidateState STATE_OF[BINDING_COUNT] = {
	[BINDING_UNCERTAIN] = STATE_UNCERTAIN,
	[BINDING_LOOKS_DONE] = STATE_LOOKS_DONE,
	[BINDING_REMOVED] = STATE_REMOVED,
	[BINDING_NOT_SEEN] = STATE_NOT_SEEN,
	[BINDING_SUPPRESSED] = STATE_SUPPRESSED,
};

static void settle_state(const Walk *walk, WalkItem *item, const Seen *seen, Arena *arena) {
	if (seen->binding < BINDING_UNCERTAIN) {
		settle_present(walk, item, seen, arena);
	} else {
		item->state = STATE_OF[seen->binding];
		item->state_why = seen->why;
		item->gone = item->state != STATE_SUPPRESSED;
		item->undecided = item->state == STATE_UNCERTAIN;
	}
	if (item->done) {
		if (!item->gone) item->state_why = STR("marked as done, though the card still finds it");
		item->state = STATE_DONE;
		item->undecided = false;
	}
	item->could_be = seen->could_be;
	item->n_could_be = seen->n_could_be;
	bool touched = item->n_history > 0;
	item->hidden =
	    seen->merged_into.len > 0 || (item->candidate.confidence == CONFIDENCE_LOW && !item->own && !touched);
	if (item->hidden) item->undecided = false;
}

static double score_of(const WalkItem *item) {
	static const double WEIGHT[] = { [CONFIDENCE_LOW] = 0.3, [CONFIDENCE_MEDIUM] = 0.7, [CONFIDENCE_HIGH] = 1.0 };
	const double *axis = item->tradeoff.axis;
	return axis[AXIS_GAIN] * WEIGHT[item->candidate.confidence] / (1 + axis[AXIS_ACCURACY] + axis[AXIS_EFFORT] / 2);
}

static void fold_item(const Walk *walk, const Seen *seen, WalkItem *item, Arena *arena) {
	*item = (WalkItem) { .candidate = seen->candidate, .own = seen->own, .tradeoff = seen->candidate.tradeoff };
	read_history(walk, item, arena);
	settle_state(walk, item, seen, arena);
	item->score = score_of(item);
}

/* Own candidates whose adding was taken back are no more. */
static bool is_taken_back(const Walk *walk, const Seen *seen) {
	if (!seen->own) return false;
	for (size_t i = 0; i < walk->n_events; i++) {
		const LogEvent *e = &walk->events[i];
		if (e->kind == LOG_ADD && !e->undone && str_is(e->candidate, seen->candidate.id)) return false;
	}
	return true;
}

/* ---- order ---- */

static int rank(const WalkItem *item) {
	if (item->hidden) return 3;
	if (item->state == STATE_SUPPRESSED) return 2;
	return item->gone && item->state != STATE_UNCERTAIN ? 1 : 0;
}

static int by_rank(const void *a, const void *b) {
	const WalkItem *x = a, *y = b;
	if (rank(x) != rank(y)) return rank(x) - rank(y);
	if (x->score != y->score) return x->score > y->score ? -1 : 1;
	int name = strcmp(x->candidate.place.name, y->candidate.place.name);
	if (name) return name;
	if (x->candidate.place.start.line != y->candidate.place.start.line) {
		return x->candidate.place.start.line < y->candidate.place.start.line ? -1 : 1;
	}
	return strcmp(x->candidate.id, y->candidate.id);
}

static bool waits_for(const WalkItem *item, const WalkItem *rest, size_t n) {
	for (size_t i = 0; i < item->candidate.n_needs; i++) {
		for (size_t k = 0; k < n; k++) {
			if (&rest[k] == item || rank(&rest[k]) != rank(item)) continue;
			if (str_is(item->candidate.needs[i], rest[k].candidate.id)) return true;
		}
	}
	return false;
}

/* What is needed stands before what needs it; a circle is left as it is. */
static void needed_first(WalkItem *items, size_t n) {
	for (size_t at = 0; at < n; at++) {
		size_t pick = at;
		while (pick < n && waits_for(&items[pick], items + at, n - at)) pick++;
		if (pick == n || pick == at) continue;
		WalkItem taken = items[pick];
		memmove(&items[at + 1], &items[at], (pick - at) * sizeof *items);
		items[at] = taken;
	}
}

/* ---- short ids ---- */

static size_t shared(const char *a, const char *b) {
	size_t n = 0;
	while (a[n] && a[n] == b[n]) n++;
	return n;
}

static void shorten(Walk *walk, Arena *arena) {
	for (size_t i = 0; i < walk->n_items; i++) {
		const char *id = walk->items[i].candidate.id;
		size_t dash = strlen(id);
		while (dash > 0 && id[dash - 1] != '-') dash--;
		size_t need = dash + 4;
		for (size_t k = 0; k < walk->n_items; k++) {
			size_t same = k == i ? 0 : shared(id, walk->items[k].candidate.id);
			if (same >= need) need = same + 1;
		}
		walk->items[i].short_id = arena_str(arena, str_sub(str_of(id), 0, need));
	}
}

/* ---- rows ---- */

static void read_pin(const LogEvent *e, RowPin *pin, bool *unbind, Arena *arena) {
	Json *doc = json_parse(e->data, NULL);
	*pin = (RowPin) { .swift = arena_str(arena, json_text_at(doc, "swift")) };
	*unbind = json_bool_at(doc, "unbind", false);
	for (int s = 0; s < SIDE_SWIFT; s++) {
		pin->given[s] = json_kind(json_get(doc, side_name((Side)s))) == JSON_STRING;
		pin->other[s] = arena_str(arena, json_text_at(doc, side_name((Side)s)));
	}
	json_free(doc);
}

static void fold_pins(Walk *walk, Arena *arena) {
	RowPin *pins = ARENA_ARRAY(arena, RowPin, walk->n_events);
	size_t n = 0;
	for (size_t i = 0; i < walk->n_events; i++) {
		const LogEvent *e = &walk->events[i];
		if (e->kind != LOG_ROW || e->undone) continue;
		RowPin pin;
		bool unbind;
		read_pin(e, &pin, &unbind, arena);
		if (!unbind) {
			pins[n++] = pin;
			continue;
		}
		size_t kept = 0;
		for (size_t k = 0; k < n; k++) {
			if (!str_eq(pins[k].swift, pin.swift)) pins[kept++] = pins[k];
		}
		n = kept;
	}
	walk->pins = (RowPins) { pins, n };
}

void walk_fold(Walk *walk) {
	Arena *arena = &walk->folded_arena;
	walk->items = ARENA_ARRAY(arena, WalkItem, walk->n_seen);
	walk->n_items = 0;
	for (size_t i = 0; i < walk->n_seen; i++) {
		if (is_taken_back(walk, &walk->seen[i])) continue;
		fold_item(walk, &walk->seen[i], &walk->items[walk->n_items++], arena);
	}
	if (walk->n_items > 1) qsort(walk->items, walk->n_items, sizeof *walk->items, by_rank);
	needed_first(walk->items, walk->n_items);
	shorten(walk, arena);
	fold_pins(walk, arena);
}
