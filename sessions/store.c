#include "core/posix.h"

#include "sessions/store.h"

#include "core/data.h"
#include "sessions/paths.h"

#include <errno.h>
#include <sqlite3.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { APPLICATION_ID = 0x54727970 /* "Tryp" */, BUSY_MS = 15000 };

struct Store {
	sqlite3 *db;
	char *path;
	bool read_only;
	int64_t data_version;
};

/* ---- words for what goes wrong ---- */

static bool fail(const Store *store, int code, Err *err) {
	const char *path = store->path;
	switch (code & 0xff) {
	case SQLITE_FULL: return err_set(err, "the disk is full: nothing was written to '%s'", path);
	case SQLITE_READONLY: return err_set(err, "the database '%s' is read-only: nothing was written", path);
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
		return err_set(err, "another program keeps the database '%s' locked: nothing was written", path);
	case SQLITE_NOTADB: return err_set(err, "'%s' is not a database", path);
	case SQLITE_CORRUPT:
		return err_set(err, "the database '%s' is damaged (%s): triptych doctor", path, sqlite3_errmsg(store->db));
	case SQLITE_CANTOPEN: return err_set(err, "cannot open the database '%s': %s", path, strerror(errno));
	case SQLITE_IOERR: return err_set(err, "cannot read or write the database '%s': %s", path, sqlite3_errstr(code));
	default: return err_set(err, "database '%s': %s", path, sqlite3_errmsg(store->db));
	}
}

static bool exec(Store *store, const char *sql, Err *err) {
	int code = sqlite3_exec(store->db, sql, NULL, NULL, NULL);
	return code == SQLITE_OK ? true : fail(store, sqlite3_extended_errcode(store->db), err);
}

static bool exec_str(Store *store, Str sql, Err *err) {
	Buf text = { 0 };
	buf_str(&text, sql);
	buf_putc(&text, ' ');
	bool ok = exec(store, text.ptr, err);
	buf_done(&text);
	return ok;
}

static bool pragma_integer(Store *store, const char *sql, int64_t *out, Err *err) {
	Query q = query_open(store, sql);
	if (query_row(&q)) *out = query_get_integer(&q, 0);
	return query_end(&q, err);
}

/* ---- schema ---- */

static bool backup_before(Store *store, int64_t version, Err *err) {
	char stamp[32];
	time_t now = time(NULL);
	struct tm utc;
	gmtime_r(&now, &utc);
	strftime(stamp, sizeof stamp, "%Y%m%dT%H%M%SZ", &utc);
	Buf path = { 0 };
	buf_printf(&path, "%s.v%lld-%s", store->path, (long long)version, stamp);
	/* a second migration within one second would only be one that failed: its backup is as good */
	bool ok = access(path.ptr, F_OK) == 0 || store_backup(store, path.ptr, err);
	buf_done(&path);
	return ok;
}

static bool apply_steps(Store *store, const StoreStep *steps, int64_t from, size_t n, Err *err) {
	char sql[96];
	bool ok = true;
	for (size_t i = (size_t)from; ok && i < n; i++) ok = exec_str(store, steps[i].sql, err);
	snprintf(sql, sizeof sql, "PRAGMA application_id = %d; PRAGMA user_version = %zu", APPLICATION_ID, n);
	return ok && exec(store, sql, err);
}

static bool read_version(Store *store, int64_t *version, Err *err) {
	int64_t id = 0, tables = 0;
	if (!pragma_integer(store, "PRAGMA user_version", version, err) ||
	    !pragma_integer(store, "PRAGMA application_id", &id, err) ||
	    !pragma_integer(store, "SELECT count(*) FROM sqlite_master", &tables, err)) {
		return false;
	}
	if (id == APPLICATION_ID || (id == 0 && *version == 0 && tables == 0)) return true;
	return err_set(err, "'%s' is a database of another program", store->path);
}

static bool newer(const Store *store, int64_t version, size_t n, Err *err) {
	return err_set(err,
	    "the database '%s' was written by a newer Triptych (schema %lld, this one knows %zu): nothing was read or written",
	    store->path, (long long)version, n);
}

/* Brings the schema up to date: looks first without a lock, and again with it, since another process may be at it. */
static bool bring_up_to_date(Store *store, const StoreStep *steps, size_t n, Err *err) {
	int64_t version = 0;
	if (!read_version(store, &version, err)) return false;
	if (version > (int64_t)n) return newer(store, version, n, err);
	if (version == (int64_t)n) return true;
	if (store->read_only) {
		return err_set(err, "the database '%s' is of an older Triptych and read-only: it can't be brought up to date",
		    store->path);
	}
	if (version > 0 && !backup_before(store, version, err)) return false;
	if (!store_begin(store, err)) return false;
	bool ok = read_version(store, &version, err);
	if (ok && version > (int64_t)n) ok = newer(store, version, n, err);
	if (ok && version < (int64_t)n) ok = apply_steps(store, steps, version, n, err);
	return store_end(store, ok, err);
}

static bool set_up(Store *store, const StoreStep *steps, size_t n, Err *err) {
	sqlite3_busy_timeout(store->db, BUSY_MS);
	sqlite3_extended_result_codes(store->db, 1);
	/* trusted_schema stays on: with it off, SQLite before 3.41 refuses the triggers that keep the full-text index */
	if (!exec(store, "PRAGMA foreign_keys = ON", err)) return false;
	int64_t version = 0;
	/* what isn't ours is refused before anything could be written to it */
	if (!read_version(store, &version, err)) return false;
	if (version > (int64_t)n) return newer(store, version, n, err);
	if (!store->read_only && !exec(store, "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL", err)) return false;
	if (!bring_up_to_date(store, steps, n, err)) return false;
	return pragma_integer(store, "PRAGMA data_version", &store->data_version, err);
}

/* ---- opening ---- */

static bool make_parent(const char *path, Err *err) {
	char *folder = paths_parent(path);
	bool ok = paths_make_folder(folder, err);
	free(folder);
	return ok;
}

/* A read-only file in a folder that can't be written has no place for WAL's shared memory: immutable then reads what was
 * checkpointed. */
static int open_read_only(Store *store) {
	int code = sqlite3_open_v2(store->path, &store->db, SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX, NULL);
	if (code == SQLITE_OK && sqlite3_exec(store->db, "PRAGMA schema_version", NULL, NULL, NULL) == SQLITE_OK)
		return code;
	sqlite3_close(store->db);
	Buf uri = { 0 };
	buf_puts(&uri, "file:");
	for (const char *p = store->path; *p; p++) {
		buf_printf(&uri, strchr("?#%", *p) ? "%%%02X" : "%c", (unsigned)(unsigned char)*p);
	}
	buf_puts(&uri, "?immutable=1");
	code = sqlite3_open_v2(uri.ptr, &store->db, SQLITE_OPEN_READONLY | SQLITE_OPEN_URI | SQLITE_OPEN_NOMUTEX, NULL);
	buf_done(&uri);
	return code;
}

static bool open_file(Store *store, bool create, Err *err) {
	bool exists = access(store->path, F_OK) == 0;
	if (!exists && !create) return err_set(err, "there is no database '%s' yet", store->path);
	if (!exists && !make_parent(store->path, err)) return false;
	if (exists && access(store->path, R_OK) != 0) {
		return err_set(err, "cannot read the database '%s': %s", store->path, strerror(errno));
	}
	store->read_only = exists && access(store->path, W_OK) != 0;
	int code;
	if (store->read_only) {
		code = open_read_only(store);
	} else {
		mode_t mask = umask(0077); /* decisions are their owner's: 0600 */
		code = sqlite3_open_v2(
		    store->path, &store->db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, NULL);
		if (code == SQLITE_OK) sqlite3_exec(store->db, "PRAGMA schema_version", NULL, NULL, NULL);
		umask(mask);
	}
	return code == SQLITE_OK ? true : fail(store, code, err);
}

Store *store_open_steps(const char *path, bool create, const StoreStep *steps, size_t n, Err *err) {
	Store *store = base_alloc(sizeof *store);
	store->path = base_strdup(path);
	if (open_file(store, create, err) && set_up(store, steps, n, err)) return store;
	store_close(store);
	return NULL;
}

Store *store_open(const char *path, bool create, Err *err) {
	StoreStep steps[32];
	size_t n = 0, n_files = 0;
	const DataFile *files = data_list("sessions/schema", &n_files);
	/* in byte order of their names: schema.sql stands before schema_002.sql */
	for (size_t i = 0; i < n_files && n < BASE_COUNT(steps); i++) steps[n++].sql = files[i].text;
	return store_open_steps(path, create, steps, n, err);
}

void store_close(Store *store) {
	if (!store) return;
	sqlite3_close_v2(store->db);
	free(store->path);
	free(store);
}

const char *store_path(const Store *store) { return store->path; }
bool store_is_read_only(const Store *store) { return store->read_only; }
int64_t store_changes(const Store *store) { return sqlite3_changes64(store->db); }
int64_t store_last_id(const Store *store) { return sqlite3_last_insert_rowid(store->db); }

bool store_changed_elsewhere(Store *store) {
	int64_t version = store->data_version;
	if (!pragma_integer(store, "PRAGMA data_version", &version, NULL)) return false;
	bool changed = version != store->data_version;
	store->data_version = version;
	return changed;
}

/* ---- care ---- */

bool store_check(Store *store, Buf *report, Err *err) {
	Arena arena = { 0 };
	static const char *const CHECKS[] = { "PRAGMA integrity_check", "PRAGMA foreign_key_check" };
	bool ok = true;
	for (size_t i = 0; ok && i < BASE_COUNT(CHECKS); i++) {
		Query q = query_open(store, CHECKS[i]);
		while (query_row(&q)) {
			Str line = query_get(&q, 0, &arena);
			if (!str_is(line, "ok")) buf_printf(report, "%s: %.*s\n", CHECKS[i] + 7, STR_ARG(line));
		}
		ok = query_end(&q, err);
	}
	arena_done(&arena);
	return ok;
}

bool store_backup(Store *store, const char *path, Err *err) {
	if (access(path, F_OK) == 0) return err_set(err, "'%s' exists", path);
	Query q = query_open(store, "VACUUM INTO ?");
	query_cstr(&q, path);
	Err cause = { { 0 } };
	if (query_run(&q, &cause) && chmod(path, 0600) == 0) return true;
	return err_set(err, "cannot write the backup copy '%s': %s", path, cause.text[0] ? cause.text : strerror(errno));
}

void store_limit_size(Store *store, bool full) {
	exec(store, full ? "PRAGMA max_page_count = 1" : "PRAGMA max_page_count = 1073741823", NULL);
}

/* ---- transactions ---- */

bool store_begin(Store *store, Err *err) {
	return store->read_only ? fail(store, SQLITE_READONLY, err) : exec(store, "BEGIN IMMEDIATE", err);
}

bool store_end(Store *store, bool ok, Err *err) {
	if (ok && exec(store, "COMMIT", err)) return true;
	if (!sqlite3_get_autocommit(store->db)) exec(store, "ROLLBACK", NULL);
	return false;
}

/* ---- statements ---- */

Query query_open(Store *store, const char *sql) {
	Query q = { store, NULL, 1, false };
	sqlite3_stmt *statement = NULL;
	q.failed = sqlite3_prepare_v2(store->db, sql, -1, &statement, NULL) != SQLITE_OK;
	q.statement = statement;
	return q;
}

static void bound(Query *q, int code) { q->failed = code != SQLITE_OK || q->failed; }

void query_text(Query *q, Str text) {
	if (q->failed) return;
	bound(q, sqlite3_bind_text64(
	             q->statement, q->next++, text.ptr ? text.ptr : "", text.len, SQLITE_TRANSIENT, SQLITE_UTF8));
}

void query_cstr(Query *q, const char *text) {
	if (text)
		query_text(q, str_of(text));
	else
		query_null(q);
}

void query_opt(Query *q, Str text) {
	if (text.len > 0)
		query_text(q, text);
	else
		query_null(q);
}

void query_integer(Query *q, int64_t value) {
	if (!q->failed) bound(q, sqlite3_bind_int64(q->statement, q->next++, value));
}

void query_real(Query *q, double value) {
	if (!q->failed) bound(q, sqlite3_bind_double(q->statement, q->next++, value));
}

void query_null(Query *q) {
	if (!q->failed) bound(q, sqlite3_bind_null(q->statement, q->next++));
}

bool query_row(Query *q) {
	if (q->failed) return false;
	int code = sqlite3_step(q->statement);
	if (code == SQLITE_ROW) return true;
	if (code != SQLITE_DONE) q->failed = true;
	return false;
}

Str query_get(Query *q, int column, Arena *arena) {
	const char *text = (const char *)sqlite3_column_text(q->statement, column);
	if (!text) return STR_NONE;
	return arena_str(arena, (Str) { text, (size_t)sqlite3_column_bytes(q->statement, column) });
}

int64_t query_get_integer(Query *q, int column) { return sqlite3_column_int64(q->statement, column); }
double query_get_real(Query *q, int column) { return sqlite3_column_double(q->statement, column); }
bool query_get_null(Query *q, int column) { return sqlite3_column_type(q->statement, column) == SQLITE_NULL; }

bool query_end(Query *q, Err *err) {
	bool ok = !q->failed;
	/* the connection's code is that of the last call, so it is read before the statement is released */
	if (!ok) fail(q->store, sqlite3_extended_errcode(q->store->db), err);
	sqlite3_finalize(q->statement);
	q->statement = NULL;
	return ok;
}

bool query_run(Query *q, Err *err) {
	while (query_row(q)) continue;
	return query_end(q, err);
}
