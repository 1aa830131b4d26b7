/* The one database of a user, and the only file that knows SQLite.
 *
 * Owns the connection, the schema with its migrations, transactions, and the words for what goes wrong. What the tables
 * mean is the business of the modules above (session, log, walk): they hand their SQL to a Query.
 *
 * Promises: what a committed transaction wrote is on the disk (WAL, synchronous=FULL); two processes wait for each
 * other; a database of a newer Triptych is refused unread, an older one is migrated after a backup copy beside it
 * ("triptych.db.v1-20261123T152900Z"); events can't be updated or deleted (triggers), except by a purge.
 * A Store is used from one thread at a time. */
#ifndef SESSIONS_STORE_H
#define SESSIONS_STORE_H

#include "core/base.h"

typedef struct Store Store;

/* One step of the schema: the SQL that leads from version n-1 to version n, n being its place from 1. */
typedef struct StoreStep {
	Str sql;
} StoreStep;

/* Opens the database, making it and its folder (0700) when absent and create is set. A file that can't be written is
 * opened for reading: every write then fails with "the database 'x' is read-only: nothing was written". NULL with err
 * otherwise. */
Store *store_open(const char *path, bool create, Err *err);
/* The same with other steps, for tests of migrations. */
Store *store_open_steps(const char *path, bool create, const StoreStep *steps, size_t n, Err *err);
void store_close(Store *store); /* NULL is fine */
const char *store_path(const Store *store);
bool store_is_read_only(const Store *store);
/* Whether another connection has committed since the last call (or since store_open). */
bool store_changed_elsewhere(Store *store);
/* PRAGMA integrity_check and foreign_key_check, application id, schema; lines of findings into report ("" when all is well). */
bool store_check(Store *store, Buf *report, Err *err);
/* A copy of the whole database by SQLite's own backup; fails when path exists. */
bool store_backup(Store *store, const char *path, Err *err);
/* For tests of a full disk: no more pages than the database has now. */
void store_limit_size(Store *store, bool full);

/* ---- transactions: all or nothing, the writer's lock from the start ---- */

bool store_begin(Store *store, Err *err);
/* Commits when ok, else rolls back; false when it was not ok or the commit failed (err is then set unless it was). */
bool store_end(Store *store, bool ok, Err *err);

/* ---- statements ---- */

/* A statement being filled and read. All-zero is empty. Errors are remembered and told by query_row and query_end, so
 * that binding needs no checks. */
typedef struct Query {
	Store *store;
	void *statement; /* sqlite3_stmt */
	int next;        /* parameter, from 1 */
	bool failed;
} Query;

Query query_open(Store *store, const char *sql);
/* Values for the parameters (?), in order. */
void query_text(Query *query, Str text);
void query_cstr(Query *query, const char *text); /* NULL binds null */
void query_opt(Query *query, Str text);          /* empty binds null */
void query_integer(Query *query, int64_t value);
void query_real(Query *query, double value);
void query_null(Query *query);
/* Next row: true when there is one. False at the end and on failure, which query_end tells. */
bool query_row(Query *query);
/* Columns from 0 of the row. Text is copied into the arena (empty for null). */
Str query_get(Query *query, int column, Arena *arena);
int64_t query_get_integer(Query *query, int column);
double query_get_real(Query *query, int column);
bool query_get_null(Query *query, int column);
/* Releases it; false with err when anything about it failed. */
bool query_end(Query *query, Err *err);
/* Runs it to its end and releases it. */
bool query_run(Query *query, Err *err);
/* Rows changed by the last statement that was run. */
int64_t store_changes(const Store *store);
int64_t store_last_id(const Store *store);

#endif
