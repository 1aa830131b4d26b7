#include "core/posix.h"

#include "sessions/baseline.h"

#include "core/candidate_json.h"
#include "sessions/session.h"

#include <string.h>

const char *baseline_state_name(BaselineState state) {
	static const char *const NAMES[] = { "new", "unchanged", "updated" };
	return NAMES[state];
}

typedef VEC(Candidate) Known;

static void take_known(Known *known, Arena *arena, Baseline *out) {
	out->n_known = known->n;
	out->known = ARENA_ARRAY(arena, IdentityAnchor, known->n + 1);
	out->ids = ARENA_ARRAY(arena, Str, known->n + 1);
	const Candidate *kept = VEC_TO_ARENA(*known, arena);
	for (size_t i = 0; i < out->n_known; i++) {
		out->known[i] = identity_anchor(&kept[i]);
		out->ids[i] = str_of(kept[i].id);
	}
}

/* ---- of a session ---- */

static bool read_candidates(Store *store, int64_t session, Arena *arena, Baseline *out, Err *err) {
	Known known = { 0 };
	Query q = query_open(
	    store, "SELECT body FROM candidate WHERE session = ? AND own = 0 AND merged_into IS NULL ORDER BY place, id");
	query_integer(&q, session);
	bool ok = true;
	while (ok && query_row(&q)) {
		Json *doc = json_parse(query_get(&q, 0, arena), err);
		Candidate c;
		ok = doc && candidate_read(doc, arena, &c);
		if (ok) VEC_PUSH(known) = c;
		json_free(doc);
	}
	take_known(&known, arena, out);
	return query_end(&q, ok ? err : NULL) && ok;
}

static bool read_texts(Store *store, int64_t session, Arena *arena, Baseline *out, Err *err) {
	VEC(IdentityFile) texts = { 0 };
	Query q = query_open(store, "SELECT content_id, text FROM file_text WHERE content_id IN "
	                            "(SELECT content_id FROM sighting WHERE session = ?)");
	query_integer(&q, session);
	while (query_row(&q)) {
		Str id = query_get(&q, 0, arena);
		VEC_PUSH(texts) = (IdentityFile) { .content_id = id, .text = query_get(&q, 1, arena) };
	}
	out->n_texts = texts.n;
	out->texts = VEC_TO_ARENA(texts, arena);
	return query_end(&q, err);
}

static bool read_components(Store *store, int64_t session, Arena *arena, Baseline *out, Err *err) {
	VEC(Str) labels = { 0 };
	Query q = query_open(store, "SELECT label FROM component WHERE session = ?");
	query_integer(&q, session);
	while (query_row(&q)) VEC_PUSH(labels) = query_get(&q, 0, arena);
	out->n_components = labels.n;
	out->components = VEC_TO_ARENA(labels, arena);
	return query_end(&q, err);
}

bool baseline_of_session(Store *store, const char *name, Arena *arena, Baseline *out, Err *err) {
	*out = (Baseline) { 0 };
	Session session;
	return session_find(store, name, false, arena, &session, err) &&
	       read_candidates(store, session.key, arena, out, err) && read_texts(store, session.key, arena, out, err) &&
	       read_components(store, session.key, arena, out, err);
}

/* ---- of a file ---- */

static void fill_id(Candidate *c, Str id) {
	size_t n = id.len < sizeof c->id - 1 ? id.len : sizeof c->id - 1;
	if (n > 0) memcpy(c->id, id.ptr, n);
}

static void read_scan(const Json *doc, Arena *arena, Known *known) {
	for (const Json *it = json_first(json_get(doc, "candidates")); it; it = json_next(it)) {
		Candidate c = { .component = COMPONENT_NONE };
		fill_id(&c, json_text_at(it, "id"));
		c.technique = arena_str(arena, json_text_at(it, "technique"));
		c.place.component = arena_str(arena, json_text_at(it, "component"));
		candidate_read_identity(json_get(it, "identity"), arena, &c);
		VEC_PUSH(*known) = c;
	}
}

static void read_sarif(const Json *doc, Arena *arena, Known *known) {
	for (const Json *run = json_first(json_get(doc, "runs")); run; run = json_next(run)) {
		for (const Json *it = json_first(json_get(run, "results")); it; it = json_next(it)) {
			Candidate c = { .component = COMPONENT_NONE };
			const Json *place = json_first(json_get(it, "locations"));
			const Json *logical = json_first(json_get(place, "logicalLocations"));
			fill_id(&c, json_text_at(it, "properties.candidate"));
			c.technique = arena_str(arena, json_text_at(it, "ruleId"));
			c.place.component = arena_str(arena, json_text_at(logical, "fullyQualifiedName"));
			const Json *properties = json_get(it, "properties");
			candidate_read_identity(json_get(properties, "identity"), arena, &c);
			VEC_PUSH(*known) = c;
		}
	}
}

bool baseline_of_text(const char *path, Str text, Arena *arena, Baseline *out, Err *err) {
	*out = (Baseline) { 0 };
	Err cause = { { 0 } };
	Json *doc = json_parse(text, &cause);
	bool sarif = doc && json_get(doc, "runs");
	if (!doc || !(sarif || json_get(doc, "candidates"))) {
		json_free(doc);
		return err_set(err, "'%s' is no scan of Triptych's (--format json or sarif)%s%s", path, doc ? "" : ": ",
		    doc ? "" : cause.text);
	}
	Known known = { 0 };
	if (sarif)
		read_sarif(doc, arena, &known);
	else
		read_scan(doc, arena, &known);
	take_known(&known, arena, out);
	json_free(doc);
	return true;
}

/* ---- comparing ---- */

/* The scan's own id stands for what a file of an older program says no more of. */
static void know_by_id(const Baseline *baseline, const Scan *scan, BaselineState *states) {
	for (size_t i = 0; i < scan->n_candidates; i++) {
		for (size_t o = 0; o < baseline->n_known && states[i] == BASELINE_NEW; o++) {
			bool bare = baseline->known[o].content_id.len == 0;
			if (bare && str_is(baseline->ids[o], scan->candidates[i].id)) states[i] = BASELINE_UNCHANGED;
		}
	}
}

BaselineState *baseline_compare(
    const Baseline *baseline, const Scan *scan, const Catalogue *catalogue, Arena *arena, size_t *n_new) {
	BaselineState *states = ARENA_ARRAY(arena, BaselineState, scan->n_candidates + 1);
	IdentityInput in = {
		.old = baseline->known,
		.n_old = baseline->n_known,
		.old_texts = baseline->texts,
		.n_old_texts = baseline->n_texts,
		.old_components = baseline->components,
		.n_old_components = baseline->n_components,
	};
	identity_of_scan(&in, scan, catalogue, arena);
	const IdentityBinding *bound = identity_bind(&in, arena);
	for (size_t o = 0; o < in.n_old; o++) {
		if (bound[o].kind == IDENTITY_CHANGED)
			states[bound[o].found] = BASELINE_UPDATED;
		else if (bound[o].kind < IDENTITY_CHANGED)
			states[bound[o].found] = BASELINE_UNCHANGED;
	}
	for (size_t o = 0; o < in.n_old; o++) {
		for (size_t i = 0; bound[o].kind == IDENTITY_UNCERTAIN && i < bound[o].n_could_be; i++) {
			if (states[bound[o].could_be[i]] != BASELINE_NEW) continue;
			states[bound[o].could_be[i]] = BASELINE_UNCHANGED;
			break;
		}
	}
	know_by_id(baseline, scan, states);
	*n_new = 0;
	for (size_t i = 0; i < scan->n_candidates; i++)
		*n_new += states[i] == BASELINE_NEW && !scan->candidates[i].suppressed;
	return states;
}
