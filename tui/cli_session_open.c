#include "core/posix.h"

#include "tui/cli_session.h"

#include "sessions/demo.h"
#include "sessions/export.h"
#include "sessions/init.h"
#include "sessions/paths.h"
#include "tui/cli_screen.h"

#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* ---- new, demo, open ---- */

static void take_sides(const Cli *cli, SourceOptions sides[SIDE_COUNT]) {
	for (int i = 0; i < SIDE_COUNT; i++) {
		sides[i] = (SourceOptions) { 0 };
		Str name = arena_printf(cli->arena, "--%s", side_name((Side)i));
		sides[i].paths = cli_values(cli, name.ptr, &sides[i].n_paths);
	}
	sides[SIDE_SWIFT].context = cli_values(cli, "--context", &sides[SIDE_SWIFT].n_context);
	for (int i = 0; i < SIDE_COUNT; i++) sides[i].no_context = cli_flag(cli, "--no-context");
}

/* A path that can't be read is told before anything is stored. */
static bool check_paths(const SourceOptions sides[SIDE_COUNT], Err *err) {
	for (int i = 0; i < SIDE_COUNT; i++) {
		for (size_t p = 0; p < sides[i].n_paths; p++) {
			if (access(sides[i].paths[p], R_OK) != 0) return err_set(err, "there is no '%s'", sides[i].paths[p]);
		}
	}
	return sides[SIDE_SWIFT].n_paths > 0 || err_set(err, "new needs the port: --swift PATH");
}

static bool create_and_scan(
    const Cli *cli, Store *store, const char *name, const SourceOptions sides[SIDE_COUNT], Buf *out, Err *err) {
	Session session;
	if (!session_create(store, name, sides, cli->arena, &session, err)) return false;
	Walk *walk;
	bool ok = walk_open(store, name, &walk, err);
	if (!ok) return false;
	ok = cli_walk_rescan(cli, walk, NULL, err);
	if (ok) cli_walk_summary(walk, out);
	walk_close(walk);
	/* a session whose first scan failed (no Swift file there) is no session: nothing was decided in it */
	if (!ok) session_purge(store, &session, NULL);
	return ok;
}

int cli_run_new(Cli *cli, Err *err) {
	SourceOptions sides[SIDE_COUNT];
	take_sides(cli, sides);
	if (!check_paths(sides, err)) return CLI_ERROR;
	bool screen = !cli_flag(cli, "--no-tui");
	if (screen && !cli_has_screen(cli)) {
		err_set(err, "the screen needs a terminal; without one: triptych new %s --no-tui ...", cli->args[0]);
		return CLI_ERROR;
	}
	Store *store = cli_store(cli, true, err);
	if (!store) return CLI_ERROR;
	Buf out = { 0 };
	bool ok = create_and_scan(cli, store, cli->args[0], sides, &out, err);
	store_close(store);
	if (ok && screen) {
		buf_done(&out);
		return cli_screen_open(cli, cli->args[0], err);
	}
	int status = cli_put(&out, err);
	return ok ? status : CLI_ERROR;
}

static bool latest_demo(Store *store, Arena *arena, Str *name, Err *err) {
	SessionSummary *list;
	size_t n;
	*name = STR_NONE;
	if (!session_list(store, false, arena, &list, &n, err)) return false;
	for (size_t i = 0; i < n && name->len == 0; i++) {
		if (str_is(list[i].session.name, "demo") || str_starts(list[i].session.name, "demo-"))
			*name = list[i].session.name;
	}
	return true;
}

/* "demo", "demo-2", ...: the first that no session has, deleted ones included. */
static Str free_demo_name(Store *store, Arena *arena) {
	Str name = STR("demo");
	Session session;
	for (int i = 2; session_find(store, name.ptr, true, arena, &session, NULL); i++)
		name = arena_printf(arena, "demo-%d", i);
	return name;
}

static bool new_demo(const Cli *cli, Store *store, const char *folder, Str *name, Buf *out, Err *err) {
	SourceOptions sides[SIDE_COUNT] = { 0 };
	const char *paths[SIDE_COUNT];
	for (int i = 0; i < SIDE_COUNT; i++) {
		char *path = demo_side(folder, (Side)i);
		paths[i] = arena_strdup(cli->arena, str_of(path));
		free(path);
		sides[i].paths = &paths[i];
		sides[i].n_paths = 1;
	}
	*name = free_demo_name(store, cli->arena);
	return create_and_scan(cli, store, name->ptr, sides, out, err);
}

static bool prepare_demo(const Cli *cli, Store *store, Str *name, Buf *out, Err *err) {
	bool reset = cli_flag(cli, "--reset");
	char *data = paths_data(&paths_process_env);
	char *folder = base_path_join(data, "demo");
	bool ok = demo_lay_out(folder, reset, err) && latest_demo(store, cli->arena, name, err);
	Session old;
	if (ok && reset && name->len > 0) {
		ok = session_find(store, name->ptr, false, cli->arena, &old, err) && session_delete(store, &old, err);
		*name = STR_NONE;
	}
	if (ok && name->len == 0) {
		ok = new_demo(cli, store, folder, name, out, err);
	} else if (ok) {
		Walk *walk;
		ok = walk_open(store, name->ptr, &walk, err);
		if (ok) {
			cli_walk_summary(walk, out);
			walk_close(walk);
		}
	}
	free(folder);
	free(data);
	return ok;
}

int cli_run_demo(Cli *cli, Err *err) {
	bool screen = !cli_flag(cli, "--no-tui");
	if (screen && !cli_has_screen(cli)) {
		err_set(err, "the screen needs a terminal; without one: triptych demo --no-tui");
		return CLI_ERROR;
	}
	Store *store = cli_store(cli, true, err);
	if (!store) return CLI_ERROR;
	Buf out = { 0 };
	Str name;
	bool ok = prepare_demo(cli, store, &name, &out, err);
	store_close(store);
	if (ok && screen) {
		buf_done(&out);
		return cli_screen_open(cli, name.ptr, err);
	}
	int status = cli_put(&out, err);
	return ok ? status : CLI_ERROR;
}

/* ---- .triptych/session ---- */

/* The sides of the file whose folders are here; those that aren't are told of, and where to get them. */
static void sides_of_file(const InitFile *file, SourceOptions sides[SIDE_COUNT]) {
	for (int i = 0; i < SIDE_COUNT; i++) {
		const InitSide *side = &file->sides[i];
		sides[i] = (SourceOptions) { .paths = side->paths, .n_paths = side->n_paths };
		for (size_t p = 0; p < side->n_paths; p++) {
			if (access(side->paths[p], R_OK) == 0 || i == SIDE_SWIFT) continue;
			cli_note("the %s is not at '%s'%s%.*s%s%.*s: going on without it", side_title((Side)i), side->paths[p],
			    side->url.len ? "; it comes from " : "", STR_ARG(side->url), side->commit.len ? " at " : "",
			    STR_ARG(side->commit));
			sides[i].n_paths = 0;
			break;
		}
	}
}

bool cli_session_from_file(Cli *cli, const char *wanted, const char **name, Buf *out, Err *err) {
	*name = NULL;
	char *top;
	char *path = init_path(".", &top);
	InitFile file;
	bool there = access(path, F_OK) == 0;
	bool ok = !there || init_read(path, top, cli->arena, &file, err);
	if (ok && there && (!wanted || str_is(file.name, wanted))) {
		SourceOptions sides[SIDE_COUNT];
		sides_of_file(&file, sides);
		*name = arena_strdup(cli->arena, file.name);
		Store *store = cli_store(cli, true, err);
		ok = store && check_paths(sides, err) && create_and_scan(cli, store, *name, sides, out, err);
		store_close(store);
	}
	free(path);
	free(top);
	return ok;
}

/* Whether the database has the session; else .triptych/session around here may name it. */
static bool find_or_make(Cli *cli, const char *wanted, Buf *out, Err *err) {
	if (access(cli->db, F_OK) == 0) {
		Store *store = cli_store(cli, false, err);
		if (!store) return false;
		Session session;
		bool there = session_find(store, wanted, true, cli->arena, &session, NULL);
		bool ok = !there || session_find(store, wanted, false, cli->arena, &session, err);
		store_close(store);
		if (there || !ok) return ok;
	}
	const char *name;
	if (!cli_session_from_file(cli, wanted, &name, out, err)) return false;
	return name || err_set(err, "there is no session '%s' (triptych sessions lists them)", wanted);
}

int cli_run_open(Cli *cli, Err *err) {
	bool screen = !cli_flag(cli, "--no-tui");
	Buf out = { 0 };
	if (screen && !cli_has_screen(cli)) return cli_screen_open(cli, cli->args[0], err);
	if (!find_or_make(cli, cli->args[0], &out, err)) return CLI_ERROR;
	if (screen) {
		buf_done(&out);
		return cli_screen_open(cli, cli->args[0], err);
	}
	CliWalk w;
	if (out.len == 0) {
		if (!cli_walk_open(cli, &w, err)) return CLI_ERROR;
		cli_walk_summary(w.walk, &out);
		cli_walk_close(&w);
	}
	return cli_put(&out, err);
}

/* ---- sessions, rescan, rename, delete ---- */

static void put_session_json(JsonOut *json, const SessionSummary *s) {
	json_open_object(json);
	json_member_str(json, "name", s->session.name);
	json_member_str(json, "uuid", s->session.uuid);
	json_member_str(json, "created", s->session.created);
	json_member_str(json, "opened", s->session.opened);
	json_member_integer(json, "candidates", (int64_t)s->n_candidates);
	json_member_integer(json, "decided", (int64_t)s->n_decided);
	json_member_object(json, "sides");
	for (int i = 0; i < SIDE_COUNT; i++) {
		const SessionSide *side = &s->session.sides[i];
		if (side->n_paths == 0) continue;
		json_member_array(json, side_name((Side)i));
		for (size_t p = 0; p < side->n_paths; p++) json_put_text(json, side->paths[p]);
		json_close(json);
	}
	json_close(json);
	json_close(json);
}

static void put_session_text(Buf *out, const SessionSummary *s) {
	const SessionSide *port = &s->session.sides[SIDE_SWIFT];
	cli_safe(out, s->session.name);
	for (size_t i = s->session.name.len; i < 24; i++) buf_putc(out, ' ');
	buf_printf(out, " %3zu of %3zu decided  %.10s  ", s->n_decided, s->n_candidates,
	    s->session.opened.ptr ? s->session.opened.ptr : "");
	cli_safe(out, str_of(port->n_paths ? port->paths[0] : ""));
	buf_putc(out, '\n');
}

static const char *const TEXT_OR_JSON[] = { "text", "json", NULL };

int cli_run_sessions(Cli *cli, Err *err) {
	if (!cli_format(cli, TEXT_OR_JSON, err)) return CLI_ERROR;
	SessionSummary *list = NULL;
	size_t n = 0;
	if (access(cli->db, F_OK) == 0) {
		Store *store = cli_store(cli, false, err);
		bool ok = store && session_list(store, cli_flag(cli, "--deleted"), cli->arena, &list, &n, err);
		store_close(store);
		if (!ok) return CLI_ERROR;
	}
	Buf out = { 0 };
	if (cli->json) {
		JsonOut json = json_out(&out, JSON_PRETTY);
		json_open_object(&json);
		json_member_integer(&json, "version", 1);
		json_member_array(&json, "sessions");
		for (size_t i = 0; i < n; i++) put_session_json(&json, &list[i]);
		json_close(&json);
		json_close(&json);
	} else {
		for (size_t i = 0; i < n; i++) put_session_text(&out, &list[i]);
		if (n == 0) cli_note("no session yet: triptych demo, or triptych new NAME --swift PATH");
	}
	return cli_put(&out, err);
}

static void put_changes_json(const WalkChanges *c, Buf *out) {
	JsonOut json = json_out(out, JSON_PRETTY);
	json_open_object(&json);
	json_member_integer(&json, "version", 1);
	json_member_integer(&json, "new", (int64_t)c->n_new);
	json_member_integer(&json, "same", (int64_t)c->n_same);
	json_member_integer(&json, "moved", (int64_t)c->n_moved);
	json_member_integer(&json, "changed", (int64_t)c->n_changed);
	json_member_integer(&json, "uncertain", (int64_t)c->n_uncertain);
	json_member_integer(&json, "looks-done", (int64_t)c->n_looks_done);
	json_member_integer(&json, "removed", (int64_t)c->n_removed);
	json_member_integer(&json, "not-seen", (int64_t)c->n_not_seen);
	json_member_integer(&json, "suppressed", (int64_t)c->n_suppressed);
	json_close(&json);
}

int cli_run_rescan(Cli *cli, Err *err) {
	CliWalk w;
	if (!cli_format(cli, TEXT_OR_JSON, err) || !cli_walk_open(cli, &w, err)) return CLI_ERROR;
	WalkChanges changes = { 0 };
	Buf out = { 0 };
	bool ok = cli_walk_rescan(cli, w.walk, &changes, err);
	if (ok && cli->json) {
		put_changes_json(&changes, &out);
	} else if (ok) {
		walk_changes_words(&changes, &out);
		buf_puts(&out, ". ");
		cli_walk_summary(w.walk, &out);
	}
	cli_walk_close(&w);
	int status = cli_put(&out, err);
	return ok ? status : CLI_ERROR;
}

typedef bool SessionFn(const Cli *cli, Store *store, const Session *session, Err *err);

static int with_session(Cli *cli, bool deleted, SessionFn *run, Err *err) {
	Store *store = cli_store(cli, false, err);
	if (!store) return CLI_ERROR;
	Session session;
	bool ok = session_find(store, cli->args[0], deleted, cli->arena, &session, err) && run(cli, store, &session, err);
	store_close(store);
	return ok ? CLI_OK : CLI_ERROR;
}

static bool rename_it(const Cli *cli, Store *store, const Session *session, Err *err) {
	return session_rename(store, session, cli->args[1], err);
}
int cli_run_rename(Cli *cli, Err *err) { return with_session(cli, false, rename_it, err); }

static bool undelete_it(const Cli *cli, Store *store, const Session *session, Err *err) {
	(void)cli;
	return session->deleted ? session_undelete(store, session, err)
	                        : err_set(err, "the session '%.*s' is not deleted", STR_ARG(session->name));
}
int cli_run_undelete(Cli *cli, Err *err) { return with_session(cli, true, undelete_it, err); }

static bool delete_it(const Cli *cli, Store *store, const Session *session, Err *err) {
	(void)cli;
	return session_delete(store, session, err);
}

static bool confirm_purge(const Cli *cli) {
	if (cli_flag(cli, "--yes")) return true;
	if (!isatty(STDIN_FILENO)) return false;
	fprintf(stderr, "Remove '%s' and all that was decided in it, for good? Type its name: ", cli->args[0]);
	char line[128];
	if (!fgets(line, sizeof line, stdin)) return false;
	return str_is(str_trim(str_of(line)), cli->args[0]);
}

static bool purge_it(const Cli *cli, Store *store, const Session *session, Err *err) {
	char now[32];
	time_t t = time(NULL);
	struct tm utc;
	gmtime_r(&t, &utc);
	strftime(now, sizeof now, "%Y%m%dT%H%M%SZ", &utc);
	Str path = arena_printf(cli->arena, "%s.purged-%.*s-%s.json", store_path(store), STR_ARG(session->uuid), now);
	Buf out = { 0 };
	bool ok = export_session_json(store, session, &out, err) &&
	          paths_write_file(path.ptr, buf_view(&out), false, err) && session_purge(store, session, err);
	buf_done(&out);
	if (ok) cli_note("removed; an export is kept in %s", path.ptr);
	return ok;
}

int cli_run_delete(Cli *cli, Err *err) {
	if (!cli_flag(cli, "--purge")) return with_session(cli, false, delete_it, err);
	if (!confirm_purge(cli)) {
		err_set(err, "nothing was removed; without a terminal: --purge --yes");
		return CLI_NO;
	}
	return with_session(cli, true, purge_it, err);
}
