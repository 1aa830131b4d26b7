#include "core/posix.h"

#include "sessions/session.h"

#include "core/json.h"
#include "sessions/log.h"
#include "sessions/paths.h"

#include <string.h>
#include <sys/stat.h>

/* ---- paths as JSON ---- */

static Str paths_json(const char *const *paths, size_t n, Arena *arena) {
	Buf buf = { 0 };
	JsonOut out = json_out(&buf, JSON_COMPACT);
	json_open_array(&out);
	for (size_t i = 0; i < n; i++) {
		char *absolute = paths_absolute(paths[i]);
		json_put_text(&out, absolute);
		free(absolute);
	}
	json_close(&out);
	Str text = arena_str(arena, buf_view(&buf));
	buf_done(&buf);
	return text;
}

static const char **paths_of_json(Str text, size_t *n, Arena *arena) {
	Json *doc = json_parse(text, NULL);
	*n = json_count(doc);
	const char **paths = ARENA_ARRAY(arena, const char *, *n);
	size_t i = 0;
	for (const Json *it = json_first(doc); it; it = json_next(it)) {
		Str path = STR_NONE;
		json_string(it, &path);
		paths[i++] = arena_strdup(arena, path);
	}
	json_free(doc);
	return paths;
}

/* ---- reading ---- */

static bool read_sides(Store *store, Session *session, Arena *arena, Err *err) {
	Query q = query_open(
	    store, "SELECT side, paths, context, no_context, revision, branch, dirty, changed FROM side WHERE session = ?");
	query_integer(&q, session->key);
	while (query_row(&q)) {
		Side side;
		if (!side_of(query_get(&q, 0, arena), &side)) continue;
		SessionSide *s = &session->sides[side];
		s->paths = paths_of_json(query_get(&q, 1, arena), &s->n_paths, arena);
		s->context = paths_of_json(query_get(&q, 2, arena), &s->n_context, arena);
		s->no_context = query_get_integer(&q, 3) != 0;
		s->commit = query_get(&q, 4, arena);
		s->branch = query_get(&q, 5, arena);
		s->dirty = query_get_integer(&q, 6) != 0;
		s->n_changed = (size_t)query_get_integer(&q, 7);
	}
	return query_end(&q, err);
}

static void read_view(Str text, Arena *arena, SessionView *view) {
	Json *doc = json_parse(text, NULL);
	view->selected = arena_str(arena, json_text_at(doc, "selected"));
	view->filter = arena_str(arena, json_text_at(doc, "filter"));
	view->state = arena_str(arena, json_text_at(doc, "state"));
	view->scroll = json_integer_at(doc, "scroll", 0);
	json_free(doc);
}

#define SESSION_SELECT                                                                                                 \
	"SELECT key, uuid, name, created, opened, program, analysis, deleted, view, listed, decided FROM session "

static void read_session(Query *q, Arena *arena, Session *out) {
	*out = (Session) {
		.key = query_get_integer(q, 0),
		.uuid = query_get(q, 1, arena),
		.name = query_get(q, 2, arena),
		.created = query_get(q, 3, arena),
		.opened = query_get(q, 4, arena),
		.program = query_get(q, 5, arena),
		.analysis = query_get(q, 6, arena),
		.deleted = query_get_integer(q, 7) != 0,
	};
	read_view(query_get(q, 8, arena), arena, &out->view);
}

static bool find_any(Store *store, Str name, Arena *arena, Session *out, bool *found, Err *err) {
	Query q = query_open(store, SESSION_SELECT "WHERE name = ?");
	query_text(&q, name);
	*found = query_row(&q);
	if (*found) read_session(&q, arena, out);
	if (!query_end(&q, err)) return false;
	return !*found || read_sides(store, out, arena, err);
}

bool session_find(Store *store, const char *name, bool deleted, Arena *arena, Session *out, Err *err) {
	bool found;
	if (!find_any(store, str_of(name), arena, out, &found, err)) return false;
	if (!found) return err_set(err, "there is no session '%s' (triptych sessions lists them)", name);
	if (out->deleted && !deleted) {
		return err_set(err, "the session '%s' is deleted; triptych undelete %s brings it back", name, name);
	}
	return true;
}

bool session_list(Store *store, bool deleted, Arena *arena, SessionSummary **out, size_t *n, Err *err) {
	VEC(SessionSummary) list = { 0 };
	Query q = query_open(store, SESSION_SELECT "WHERE deleted = ? ORDER BY opened DESC, key DESC");
	query_integer(&q, deleted);
	while (query_row(&q)) {
		SessionSummary *s = &VEC_PUSH(list);
		read_session(&q, arena, &s->session);
		s->n_candidates = (size_t)query_get_integer(&q, 9);
		s->n_decided = (size_t)query_get_integer(&q, 10);
	}
	bool ok = query_end(&q, err);
	for (size_t i = 0; ok && i < list.n; i++) ok = read_sides(store, &list.at[i].session, arena, err);
	*n = list.n;
	*out = (SessionSummary *)VEC_TO_ARENA(list, arena);
	return ok;
}

/* ---- making ---- */

static bool check_name(Str name, Err *err) {
	if (str_trim(name).len == 0) return err_set(err, "a session needs a name");
	if (name.len > 100) return err_set(err, "the session's name is longer than 100 bytes");
	if (name.ptr[0] == '-') return err_set(err, "a session's name can't begin with '-'");
	for (size_t i = 0; i < name.len; i++) {
		unsigned char c = (unsigned char)name.ptr[i];
		if (c < ' ' || c == 0x7f || c == '/')
			return err_set(err, "a session's name has no '/' and no control characters");
	}
	return true;
}

static bool name_is_free(Store *store, Str name, Arena *arena, Err *err) {
	bool found;
	Session other;
	if (!find_any(store, name, arena, &other, &found, err)) return false;
	if (!found) return true;
	if (other.deleted) {
		return err_set(err, "a deleted session has the name '%.*s': triptych undelete %.*s, or delete %.*s --purge",
		    STR_ARG(name), STR_ARG(name), STR_ARG(name));
	}
	return err_set(err, "there is a session '%.*s' already: triptych open %.*s", STR_ARG(name), STR_ARG(name));
}

static bool insert_side(Store *store, int64_t key, Side side, const SourceOptions *options, Arena *arena, Err *err) {
	Query q = query_open(store, "INSERT INTO side (session, side, paths, context, no_context) VALUES (?,?,?,?,?)");
	query_integer(&q, key);
	query_cstr(&q, side_name(side));
	query_text(&q, paths_json(options->paths, options->n_paths, arena));
	query_text(&q, paths_json(options->context, options->n_context, arena));
	query_integer(&q, options->no_context);
	return query_run(&q, err);
}

static bool insert_session(Store *store, const char *name, Arena *arena, Err *err) {
	char uuid[37], now[25];
	if (!log_uuid(uuid, err) || !name_is_free(store, str_of(name), arena, err)) return false;
	log_now(now);
	Query q = query_open(store, "INSERT INTO session (uuid, name, created, opened, program) VALUES (?,?,?,?,?)");
	query_cstr(&q, uuid);
	query_cstr(&q, name);
	query_cstr(&q, now);
	query_cstr(&q, now);
	query_cstr(&q, TRIPTYCH_VERSION);
	return query_run(&q, err);
}

bool session_create(
    Store *store, const char *name, const SourceOptions sides[SIDE_COUNT], Arena *arena, Session *out, Err *err) {
	if (!check_name(str_of(name), err) || !store_begin(store, err)) return false;
	bool ok = insert_session(store, name, arena, err);
	int64_t key = store_last_id(store);
	for (int i = 0; ok && i < SIDE_COUNT; i++) {
		if (sides[i].n_paths > 0) ok = insert_side(store, key, (Side)i, &sides[i], arena, err);
	}
	return store_end(store, ok, err) && session_find(store, name, false, arena, out, err);
}

/* ---- changing ---- */

static bool add_event(Store *store, const Session *session, LogKind kind, Str data, Arena *arena, Err *err) {
	LogEvent event = { .kind = kind, .session = session->key, .data = data };
	return log_add(store, session_folder(session, arena), &event, arena, err);
}

static bool set_name(Store *store, const Session *session, const char *name, Err *err) {
	Query q = query_open(store, "UPDATE session SET name = ? WHERE key = ?");
	query_cstr(&q, name);
	query_integer(&q, session->key);
	return query_run(&q, err);
}

bool session_set_paths(
    Store *store, const Session *session, Side side, const char *const *paths, size_t n_paths, Err *err) {
	Arena arena = { 0 };
	Query q = query_open(store, "INSERT INTO side (session, side, paths) VALUES (?,?,?) "
	                            "ON CONFLICT (session, side) DO UPDATE SET paths = excluded.paths");
	query_integer(&q, session->key);
	query_cstr(&q, side_name(side));
	query_text(&q, paths_json(paths, n_paths, &arena));
	arena_done(&arena);
	return query_run(&q, err);
}

bool session_rename(Store *store, const Session *session, const char *name, Err *err) {
	if (!check_name(str_of(name), err) || !store_begin(store, err)) return false;
	Arena arena = { 0 };
	Buf data = { 0 };
	JsonOut out = json_out(&data, JSON_COMPACT);
	json_open_object(&out);
	json_member_str(&out, "from", session->name);
	json_member_text(&out, "to", name);
	json_close(&out);
	bool ok = name_is_free(store, str_of(name), &arena, err) && set_name(store, session, name, err) &&
	          add_event(store, session, LOG_RENAME, buf_view(&data), &arena, err);
	ok = store_end(store, ok, err);
	buf_done(&data);
	arena_done(&arena);
	return ok;
}

static bool set_deleted(Store *store, const Session *session, bool deleted, Err *err) {
	if (!store_begin(store, err)) return false;
	Arena arena = { 0 };
	Query q = query_open(store, "UPDATE session SET deleted = ? WHERE key = ?");
	query_integer(&q, deleted);
	query_integer(&q, session->key);
	bool ok =
	    query_run(&q, err) && add_event(store, session, deleted ? LOG_DELETE : LOG_UNDELETE, STR_NONE, &arena, err);
	arena_done(&arena);
	return store_end(store, ok, err);
}

bool session_delete(Store *store, const Session *session, Err *err) { return set_deleted(store, session, true, err); }
bool session_undelete(Store *store, const Session *session, Err *err) {
	return set_deleted(store, session, false, err);
}

static bool run_for(Store *store, const char *sql, int64_t key, Err *err) {
	Query q = query_open(store, sql);
	query_integer(&q, key);
	return query_run(&q, err);
}

bool session_purge(Store *store, const Session *session, Err *err) {
	static const char *const STEPS[] = {
		"INSERT INTO purging (session) VALUES (?)",
		"DELETE FROM event WHERE session = ?",
		"DELETE FROM sighting WHERE session = ?",
		"DELETE FROM session WHERE key = ?",
		"DELETE FROM purging WHERE session = ?",
	};
	if (!store_begin(store, err)) return false;
	bool ok = true;
	for (size_t i = 0; ok && i < BASE_COUNT(STEPS); i++) ok = run_for(store, STEPS[i], session->key, err);
	if (ok) {
		Query q = query_open(store, "DELETE FROM file_text WHERE content_id NOT IN (SELECT content_id FROM sighting)");
		ok = query_run(&q, err);
	}
	return store_end(store, ok, err);
}

bool session_save_view(Store *store, int64_t key, const SessionView *view, Err *err) {
	Buf buf = { 0 };
	JsonOut out = json_out(&buf, JSON_COMPACT);
	json_open_object(&out);
	json_member_str(&out, "selected", view->selected);
	json_member_str(&out, "filter", view->filter);
	json_member_str(&out, "state", view->state);
	json_member_integer(&out, "scroll", view->scroll);
	json_close(&out);
	Query q = query_open(store, "UPDATE session SET view = ? WHERE key = ?");
	query_text(&q, buf_view(&buf));
	query_integer(&q, key);
	bool ok = query_run(&q, err);
	buf_done(&buf);
	return ok;
}

bool session_touch(Store *store, int64_t key, Err *err) {
	char now[25];
	log_now(now);
	Query q = query_open(store, "UPDATE session SET opened = ? WHERE key = ?");
	query_cstr(&q, now);
	query_integer(&q, key);
	return query_run(&q, err);
}

/* ---- what follows from it ---- */

void session_source_options(const Session *session, SourceOptions out[SIDE_COUNT]) {
	for (int i = 0; i < SIDE_COUNT; i++) {
		const SessionSide *s = &session->sides[i];
		out[i] = (SourceOptions) {
			.paths = s->paths,
			.n_paths = s->n_paths,
			.context = s->context,
			.n_context = s->n_context,
			.no_context = s->no_context,
		};
	}
}

const char *session_folder(const Session *session, Arena *arena) {
	const SessionSide *port = &session->sides[SIDE_SWIFT];
	if (port->n_paths == 0) return ".";
	struct stat info;
	if (stat(port->paths[0], &info) != 0 || S_ISDIR(info.st_mode)) return port->paths[0];
	char *parent = paths_parent(port->paths[0]);
	const char *folder = arena_strdup(arena, str_of(parent));
	free(parent);
	return folder;
}
