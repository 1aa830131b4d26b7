#include "core/posix.h"

#include "sessions/export.h"

#include "core/json.h"
#include "core/candidate_json.h"

/* The export of another person is text to be judged: every part is checked for its type, ids for their form, and the whole is
 * one transaction. Paths in it are kept as they are; a rescan says when they lead nowhere. */

typedef struct Import {
	Store *store;
	const Json *doc;
	int64_t session;
	Arena *arena;
	ImportCounts *counts;
} Import;

static bool find_key(Import *im, const char *sql, Str value, Err *err) {
	Query q = query_open(im->store, sql);
	query_text(&q, value);
	if (query_row(&q)) im->session = query_get_integer(&q, 0);
	return query_end(&q, err);
}

/* "whisper-port", or "whisper-port-2" when another session has that name. */
static bool free_name(Import *im, Str wanted, Str *name, Err *err) {
	*name = arena_str(im->arena, wanted);
	for (int i = 2;; i++) {
		Query q = query_open(im->store, "SELECT 1 FROM session WHERE name = ?");
		query_text(&q, *name);
		bool taken = query_row(&q);
		if (!query_end(&q, err)) return false;
		if (!taken) return true;
		*name = arena_printf(im->arena, "%.*s-%d", STR_ARG(wanted), i);
	}
}

static bool has_text(Str text) { return text.len > 0 && text.len <= 100; }

static bool clean_name(Str name) {
	for (size_t i = 0; i < name.len; i++) {
		if ((unsigned char)name.ptr[i] < ' ' || name.ptr[i] == '/' || name.ptr[i] == 0x7f) return false;
	}
	return has_text(name) && name.ptr[0] != '-';
}

static Str array_text(const Json *array, Arena *arena) {
	Buf buf = { 0 };
	JsonOut out = json_out(&buf, JSON_COMPACT);
	if (json_kind(array) == JSON_ARRAY) {
		json_put_value(&out, array);
	} else {
		buf_puts(&buf, "[]");
	}
	Str text = arena_str(arena, buf_view(&buf));
	buf_done(&buf);
	return text;
}

static bool make_sides(Import *im, Err *err) {
	bool ok = true;
	for (const Json *it = json_first(json_get(im->doc, "sides")); ok && it; it = json_next(it)) {
		Side side;
		if (!side_of(json_key(it), &side)) continue;
		Query q = query_open(im->store,
		    "INSERT INTO side (session, side, paths, context, no_context, revision, branch, dirty, "
		    "changed) VALUES (?,?,?,?,?,?,?,?,?)");
		query_integer(&q, im->session);
		query_cstr(&q, side_name(side));
		query_text(&q, array_text(json_get(it, "paths"), im->arena));
		query_text(&q, array_text(json_get(it, "context"), im->arena));
		query_integer(&q, json_bool_at(it, "noContext", false));
		query_text(&q, json_text_at(it, "commit"));
		query_text(&q, json_text_at(it, "branch"));
		query_integer(&q, json_bool_at(it, "dirty", false));
		query_integer(&q, json_integer_at(it, "changed", 0));
		ok = query_run(&q, err);
	}
	return ok;
}

static bool make_session(Import *im, Err *err) {
	const Json *session = json_get(im->doc, "session");
	Str name = json_text_at(session, "name"), uuid = json_text_at(session, "uuid");
	if (!clean_name(name) || !has_text(uuid)) return err_set(err, "the export names no session");
	if (!free_name(im, name, &im->counts->name, err)) return false;
	char now[25];
	log_now(now);
	Query q = query_open(
	    im->store, "INSERT INTO session (uuid, name, created, opened, program, analysis) VALUES (?,?,?,?,?,?)");
	query_text(&q, uuid);
	query_text(&q, im->counts->name);
	query_text(&q, json_text_at(session, "created"));
	query_cstr(&q, now);
	query_text(&q, json_text_at(im->doc, "program"));
	query_text(&q, json_text_at(session, "analysis"));
	if (!query_run(&q, err)) return false;
	im->session = store_last_id(im->store);
	im->counts->made = true;
	return make_sides(im, err);
}

static bool choose_session(Import *im, const char *into, Err *err) {
	if (into) {
		im->counts->name = arena_str(im->arena, str_of(into));
		if (!find_key(im, "SELECT key FROM session WHERE name = ?", str_of(into), err)) return false;
		return im->session || err_set(err, "there is no session '%s'", into);
	}
	Str uuid = json_text_at(im->doc, "session.uuid");
	if (!find_key(im, "SELECT key FROM session WHERE uuid = ?", uuid, err)) return false;
	if (im->session == 0) return make_session(im, err);
	Query q = query_open(im->store, "SELECT name FROM session WHERE key = ?");
	query_integer(&q, im->session);
	if (query_row(&q)) im->counts->name = query_get(&q, 0, im->arena);
	return query_end(&q, err);
}

/* ---- candidates ---- */

static Str body_text(const Json *body, Arena *arena) {
	Buf buf = { 0 };
	JsonOut out = json_out(&buf, JSON_COMPACT);
	json_put_value(&out, body);
	Str text = arena_str(arena, buf_view(&buf));
	buf_done(&buf);
	return text;
}

/* What is known here stays as this port's last scan found it; only what isn't comes in. */
static bool add_candidate(Import *im, const Json *it, Err *err) {
	Candidate candidate;
	const Json *body = json_get(it, "body");
	Str id = json_text_at(it, "id");
	if (!has_text(id) || !candidate_read(body, im->arena, &candidate) || !str_is(id, candidate.id)) {
		return err_set(err, "a candidate of the export is not one");
	}
	im->counts->n_candidates++;
	Query q =
	    query_open(im->store, "INSERT OR IGNORE INTO candidate (session, id, own, first_seen, place, binding, why, "
	                          "could_be, merged_into, body) VALUES (?,?,?,?,?,?,?,?,?,?)");
	query_integer(&q, im->session);
	query_text(&q, id);
	query_integer(&q, json_bool_at(it, "own", false));
	query_text(&q, json_text_at(it, "firstSeen"));
	query_integer(&q, json_integer_at(it, "place", 0));
	query_text(&q, json_text_at(it, "binding"));
	query_text(&q, json_text_at(it, "why"));
	query_text(&q, array_text(json_get(it, "couldBe"), im->arena));
	query_opt(&q, json_text_at(it, "mergedInto"));
	query_text(&q, body_text(body, im->arena));
	if (!query_run(&q, err)) return false;
	im->counts->n_new_candidates += store_changes(im->store) > 0;
	return true;
}

static bool is_sighted(Import *im, Str candidate, bool *sighted, Err *err) {
	Query q = query_open(im->store, "SELECT 1 FROM sighting WHERE session = ? AND candidate = ?");
	query_integer(&q, im->session);
	query_text(&q, candidate);
	*sighted = query_row(&q);
	return query_end(&q, err);
}

static bool add_sighting(Import *im, const Json *it, Err *err) {
	static const char *const TEXTS[] = { "candidate", "time", "analysis", "name", "component", "content", "fingerprint",
		"tokens", "mlx", "torch", "excerpt" };
	static const char *const NUMBERS[] = { "from", "to", "line" };
	Query q = query_open(im->store,
	    "INSERT INTO sighting (session, candidate, time, analysis, name, component, content_id, fingerprint, token_hash, "
	    "mlx_hash, torch_hash, excerpt, span_start, span_end, line) VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)");
	query_integer(&q, im->session);
	for (size_t i = 0; i < BASE_COUNT(TEXTS); i++) query_text(&q, json_text_at(it, TEXTS[i]));
	for (size_t i = 0; i < BASE_COUNT(NUMBERS); i++) query_integer(&q, json_integer_at(it, NUMBERS[i], 0));
	return query_run(&q, err);
}

/* Sightings of a candidate come in whole or, when this database has its own, not at all. */
static bool add_sightings(Import *im, Err *err) {
	Map known = { 0 };
	bool ok = true;
	const Json *list = json_get(im->doc, "sightings");
	for (const Json *it = json_first(list); ok && it; it = json_next(it)) {
		Str candidate = json_text_at(it, "candidate");
		const uintptr_t *seen = map_get(&known, candidate);
		bool sighted = seen && *seen;
		if (!seen) {
			ok = is_sighted(im, candidate, &sighted, err);
			map_put(&known, candidate, sighted);
		}
		if (ok && !sighted) ok = add_sighting(im, it, err);
	}
	map_done(&known);
	return ok;
}

static bool add_rest(Import *im, Err *err) {
	bool ok = true;
	for (const Json *it = json_first(json_get(im->doc, "files")); ok && it; it = json_next(it)) {
		Str text;
		if (!json_string(it, &text)) continue;
		Query q = query_open(im->store, "INSERT OR IGNORE INTO file_text (content_id, text) VALUES (?, ?)");
		query_text(&q, json_key(it));
		query_text(&q, text);
		ok = query_run(&q, err);
	}
	for (const Json *it = json_first(json_get(im->doc, "components")); ok && it && im->counts->made;
	     it = json_next(it)) {
		Str label;
		if (!json_string(it, &label)) continue;
		Query q = query_open(im->store, "INSERT OR IGNORE INTO component (session, label) VALUES (?, ?)");
		query_integer(&q, im->session);
		query_text(&q, label);
		ok = query_run(&q, err);
	}
	return ok;
}

/* ---- events ---- */

static bool is_uuid(Str id) {
	if (id.len != 36) return false;
	for (size_t i = 0; i < 36; i++) {
		char c = id.ptr[i];
		bool dash = i == 8 || i == 13 || i == 18 || i == 23;
		bool hex = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
		if (dash ? c != '-' : !hex) return false;
	}
	return true;
}

static bool add_event(Import *im, const Json *it, Err *err) {
	LogEvent event = {
		.id = json_text_at(it, "id"),
		.time = json_text_at(it, "time"),
		.who = json_text_at(it, "who"),
		.candidate = json_text_at(it, "candidate"),
		.reason = json_text_at(it, "reason"),
		.condition = json_text_at(it, "condition"),
		.supersedes = json_text_at(it, "supersedes"),
		.batch = json_text_at(it, "batch"),
		.session = im->session,
	};
	Str kind = json_text_at(it, "kind");
	if (!is_uuid(event.id) || event.time.len == 0 || !log_kind_of(kind, &event.kind)) {
		return err_set(err, "an event of the export is not one ('%.*s')", STR_ARG(kind));
	}
	verdict_of(json_text_at(it, "verdict"), &event.verdict);
	if (event.kind == LOG_VERDICT && event.verdict == VERDICT_NONE) {
		return err_set(err, "a verdict of the export has none of the four");
	}
	const Json *data = json_get(it, "data");
	if (json_is_set(data)) event.data = body_text(data, im->arena);
	/* the life of the session as such is each one's own */
	bool own = event.kind == LOG_DELETE || event.kind == LOG_UNDELETE || event.kind == LOG_RENAME;
	if (own && !im->counts->made) return true;
	im->counts->n_events++;
	bool added = false;
	if (!log_merge(im->store, &event, &added, err)) return false;
	im->counts->n_new_events += added;
	return true;
}

static bool add_all(Import *im, const char *into, Err *err) {
	if (!choose_session(im, into, err)) return false;
	bool ok = true;
	for (const Json *it = json_first(json_get(im->doc, "candidates")); ok && it; it = json_next(it)) {
		ok = add_candidate(im, it, err);
	}
	ok = ok && add_sightings(im, err) && add_rest(im, err);
	for (const Json *it = json_first(json_get(im->doc, "events")); ok && it; it = json_next(it))
		ok = add_event(im, it, err);
	return ok;
}

bool import_json(Store *store, Str text, const char *into, Arena *arena, ImportCounts *counts, Err *err) {
	*counts = (ImportCounts) { 0 };
	Json *doc = json_parse(text, err);
	if (!doc) return false;
	Import im = { .store = store, .doc = doc, .arena = arena, .counts = counts };
	bool ok = false;
	if (!str_is(json_text_at(doc, "kind"), "triptych-session")) {
		err_set(err, "this is no export of a session");
	} else if (json_integer_at(doc, "version", 0) != 1) {
		err_set(err, "the export is of a newer Triptych (version %lld)", (long long)json_integer_at(doc, "version", 0));
	} else if (store_begin(store, err)) {
		ok = store_end(store, add_all(&im, into, err), err);
	}
	json_free(doc);
	return ok;
}
