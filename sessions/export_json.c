#include "core/posix.h"

#include "sessions/export.h"

#include "core/json.h"
#include "sessions/walk_json.h"

/* The shape is read back by import.c; what is added later must be optional there. */

static void put_raw(JsonOut *out, const char *key, Str json) {
	Json *doc = json_parse(json, NULL);
	json_put_key(out, key);
	if (doc)
		json_put_value(out, doc);
	else
		json_put_null(out);
	json_free(doc);
}

static void put_head(JsonOut *out, const Session *session) {
	json_member_integer(out, "version", 1);
	json_member_text(out, "kind", "triptych-session");
	json_member_text(out, "program", TRIPTYCH_VERSION);
	json_member_object(out, "session");
	json_member_str(out, "uuid", session->uuid);
	json_member_str(out, "name", session->name);
	json_member_str(out, "created", session->created);
	json_member_str(out, "analysis", session->analysis);
	json_close(out);
	json_member_object(out, "sides");
	for (int i = 0; i < SIDE_COUNT; i++) {
		const SessionSide *side = &session->sides[i];
		if (side->n_paths == 0) continue;
		json_member_object(out, side_name((Side)i));
		json_member_array(out, "paths");
		for (size_t p = 0; p < side->n_paths; p++) json_put_text(out, side->paths[p]);
		json_close(out);
		json_member_array(out, "context");
		for (size_t p = 0; p < side->n_context; p++) json_put_text(out, side->context[p]);
		json_close(out);
		json_member_bool(out, "noContext", side->no_context);
		json_member_str(out, "commit", side->commit);
		json_member_str(out, "branch", side->branch);
		json_member_bool(out, "dirty", side->dirty);
		json_member_integer(out, "changed", (int64_t)side->n_changed);
		json_close(out);
	}
	json_close(out);
}

static bool put_candidates(Store *store, int64_t key, JsonOut *out, Arena *arena, Err *err) {
	Query q = query_open(store, "SELECT id, own, first_seen, place, binding, why, could_be, merged_into, body "
	                            "FROM candidate WHERE session = ? ORDER BY place, id");
	query_integer(&q, key);
	json_member_array(out, "candidates");
	while (query_row(&q)) {
		json_open_object(out);
		json_member_str(out, "id", query_get(&q, 0, arena));
		json_member_bool(out, "own", query_get_integer(&q, 1) != 0);
		json_member_str(out, "firstSeen", query_get(&q, 2, arena));
		json_member_integer(out, "place", query_get_integer(&q, 3));
		json_member_str(out, "binding", query_get(&q, 4, arena));
		json_member_str(out, "why", query_get(&q, 5, arena));
		put_raw(out, "couldBe", query_get(&q, 6, arena));
		json_member_str(out, "mergedInto", query_get(&q, 7, arena));
		put_raw(out, "body", query_get(&q, 8, arena));
		json_close(out);
	}
	json_close(out);
	return query_end(&q, err);
}

static bool put_sightings(Store *store, int64_t key, JsonOut *out, Arena *arena, Err *err) {
	static const char *const TEXTS[] = { "candidate", "time", "analysis", "name", "component", "content", "fingerprint",
		"tokens", "mlx", "torch", "excerpt" };
	static const char *const NUMBERS[] = { "from", "to", "line" };
	Query q =
	    query_open(store, "SELECT candidate, time, analysis, name, component, content_id, fingerprint, token_hash, "
	                      "mlx_hash, torch_hash, excerpt, span_start, span_end, line FROM sighting "
	                      "WHERE session = ? ORDER BY key");
	query_integer(&q, key);
	json_member_array(out, "sightings");
	while (query_row(&q)) {
		json_open_object(out);
		int column = 0;
		for (size_t i = 0; i < BASE_COUNT(TEXTS); i++) json_member_str(out, TEXTS[i], query_get(&q, column++, arena));
		for (size_t i = 0; i < BASE_COUNT(NUMBERS); i++) {
			json_member_integer(out, NUMBERS[i], query_get_integer(&q, column++));
		}
		json_close(out);
	}
	json_close(out);
	return query_end(&q, err);
}

static bool put_texts(Store *store, int64_t key, JsonOut *out, Arena *arena, Err *err) {
	Query q = query_open(store, "SELECT content_id, text FROM file_text WHERE content_id IN "
	                            "(SELECT content_id FROM sighting WHERE session = ?) ORDER BY content_id");
	query_integer(&q, key);
	json_member_object(out, "files");
	while (query_row(&q)) {
		Str id = query_get(&q, 0, arena);
		json_member_str(out, id.ptr, query_get(&q, 1, arena));
	}
	json_close(out);
	return query_end(&q, err);
}

static bool put_components(Store *store, int64_t key, JsonOut *out, Arena *arena, Err *err) {
	Query q = query_open(store, "SELECT label FROM component WHERE session = ? ORDER BY label");
	query_integer(&q, key);
	json_member_array(out, "components");
	while (query_row(&q)) json_put_str(out, query_get(&q, 0, arena));
	json_close(out);
	return query_end(&q, err);
}

static bool put_events(Store *store, int64_t key, JsonOut *out, Arena *arena, Err *err) {
	LogEvent *events;
	size_t n;
	if (!log_read(store, key, arena, &events, &n, err)) return false;
	json_member_array(out, "events");
	for (size_t i = 0; i < n; i++) walk_put_event(out, &events[i], true);
	json_close(out);
	return true;
}

bool export_session_json(Store *store, const Session *session, Buf *buf, Err *err) {
	Arena arena = { 0 };
	JsonOut out = json_out(buf, JSON_PRETTY);
	json_open_object(&out);
	put_head(&out, session);
	bool ok = put_candidates(store, session->key, &out, &arena, err) &&
	          put_sightings(store, session->key, &out, &arena, err) &&
	          put_components(store, session->key, &out, &arena, err) &&
	          put_events(store, session->key, &out, &arena, err) && put_texts(store, session->key, &out, &arena, err);
	json_close(&out);
	arena_done(&arena);
	return ok;
}

bool export_json(const Plan *plan, Buf *out, Err *err) {
	if (!plan->walk) return err_set(err, "this JSON is of a session; a scan has its own");
	return export_session_json(walk_store(plan->walk), walk_session(plan->walk), out, err);
}
