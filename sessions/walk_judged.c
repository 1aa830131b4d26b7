#include "core/posix.h"

#include "sessions/walk_state.h"

#include "core/scan.h"
#include "core/candidate_json.h"

#include <stdio.h>
#include <string.h>

Str walk_judged_data(const Walk *walk, const WalkItem *item, Arena *arena) {
	const Candidate *c = &item->candidate;
	Buf buf = { 0 };
	JsonOut out = json_out(&buf, JSON_COMPACT);
	json_open_object(&out);
	json_member_str(&out, "technique", c->technique);
	json_member_str(&out, "title", c->title);
	json_member_str(&out, "analysis", walk->session.analysis);
	json_member_str(&out, "commit", walk->session.sides[SIDE_SWIFT].commit);
	json_member_text(&out, "confidence", confidence_name(c->confidence));
	json_member_text(&out, "frequency", frequency_words(c->frequency));
	json_member_text(&out, "content", c->anchor.content_id);
	hash_put(&out, "tokens", c->anchor.token_hash);
	hash_put(&out, "mlx", c->anchor.reference_hash[0]);
	hash_put(&out, "torch", c->anchor.reference_hash[1]);
	json_put_key(&out, "tradeoff");
	tradeoff_put(&out, &item->tradeoff);
	json_member_array(&out, "places");
	place_put(&out, &c->place);
	for (size_t i = 0; i < c->n_evidence; i++) place_put(&out, &c->evidence[i].place);
	json_close(&out);
	json_close(&out);
	Str data = arena_str(arena, buf_view(&buf));
	buf_done(&buf);
	return data;
}

void walk_judged_anchor(const LogEvent *event, Arena *arena, Judged *out) {
	*out = (Judged) { 0 };
	Json *doc = json_parse(event->data, NULL);
	const Json *place = json_at(doc, "places[0]");
	if (place) {
		*out = (Judged) {
			.known = true,
			.analysis = arena_str(arena, json_text_at(doc, "analysis")),
			.name = arena_str(arena, json_text_at(place, "name")),
			.content_id = arena_str(arena, json_text_at(doc, "content")),
			.line = (uint32_t)json_integer_at(place, "start.line", 0),
			.token_hash = hash_read(json_text_at(doc, "tokens")),
			.reference_hash = { hash_read(json_text_at(doc, "mlx")), hash_read(json_text_at(doc, "torch")) },
		};
		for (int i = 0; i < FREQUENCY_COUNT; i++) {
			if (str_is(json_text_at(doc, "frequency"), frequency_words((Frequency)i))) out->frequency = (Frequency)i;
		}
	}
	json_free(doc);
}

bool walk_judged(const LogEvent *event, Side side, Arena *arena, Place *out) {
	Json *doc = json_parse(event->data, NULL);
	bool found = false;
	for (const Json *it = json_first(json_get(doc, "places")); it && !found; it = json_next(it)) {
		if (!str_is(json_text_at(it, "side"), side_name(side))) continue;
		place_read(it, arena, out);
		found = true;
	}
	json_free(doc);
	return found;
}

/* ---- precedents ---- */

/* "sdpa" of "sdpa-3f2a90c1d2e3". */
static Str technique_of_id(Str id) {
	size_t at = id.len;
	while (at > 0 && id.ptr[at - 1] != '-') at--;
	return at > 0 ? str_sub(id, 0, at - 1) : id;
}

static int by_nearness(const void *a, const void *b) {
	const Precedent *x = a, *y = b;
	if (x->likeness != y->likeness) return x->likeness > y->likeness ? -1 : 1;
	return -str_cmp(x->event->time, y->event->time);
}

static Precedent precedent(const Walk *walk, const WalkItem *item, const LogEvent *event, Arena *arena) {
	Precedent p = { .event = event, .where = event->session_name };
	Place place;
	if (walk_judged(event, SIDE_SWIFT, arena, &place)) {
		p.excerpt = place.excerpt;
		if (place.component.len > 0) {
			p.where = arena_printf(arena, "%.*s, %.*s", STR_ARG(event->session_name), STR_ARG(place.component));
		}
		p.likeness = candidate_similarity(LANG_SWIFT, item->candidate.place.excerpt, place.excerpt);
	}
	/* above every likeness: it was said of this very candidate */
	if (event->session == walk->session.key && str_is(event->candidate, item->candidate.id)) p.likeness = 2;
	return p;
}

bool walk_precedents(const Walk *walk, const WalkItem *item, Arena *arena, Precedent **out, size_t *n, Err *err) {
	LogEvent *events;
	size_t n_events;
	*n = 0;
	if (!log_read(walk->store, 0, arena, &events, &n_events, err)) return false;
	log_fold(events, n_events);
	VEC(Precedent) list = { 0 };
	for (size_t i = 0; i < n_events; i++) {
		const LogEvent *e = &events[i];
		if (e->kind != LOG_VERDICT || e->undone || !str_eq(technique_of_id(e->candidate), item->candidate.technique))
			continue;
		/* what counts now stands on the card already */
		if (str_eq(e->id, item->verdict_event)) continue;
		VEC_PUSH(list) = precedent(walk, item, e, arena);
	}
	if (list.n > 1) qsort(list.at, list.n, sizeof *list.at, by_nearness);
	for (size_t i = 0; i < list.n && list.at[i].likeness > 1; i++) list.at[i].likeness = 1;
	*n = list.n;
	*out = (Precedent *)VEC_TO_ARENA(list, arena);
	return true;
}
