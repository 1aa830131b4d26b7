/* A session: a guided optimization of one port, by name, with the paths of its sides and where its walk stood.
 *
 * Owns the tables session and side. Candidates and verdicts are walk.h and log.h. Text lies in the arena given. */
#ifndef SESSIONS_SESSION_H
#define SESSIONS_SESSION_H

#include "core/source.h"
#include "sessions/store.h"

typedef struct SessionSide {
	const char **paths; /* scope, absolute; n_paths 0: the side is absent */
	size_t n_paths;
	const char **context;
	size_t n_context;
	bool no_context;
	/* as the last scan found it */
	Str commit, branch;
	bool dirty;
	size_t n_changed;
} SessionSide;

/* What the screen remembers; all texts are the screen's own business. */
typedef struct SessionView {
	Str selected; /* candidate's id */
	Str filter;
	Str state; /* anything else, such as sort order and pane, as the screen likes to write it */
	int64_t scroll;
} SessionView;

typedef struct Session {
	int64_t key; /* in this database */
	Str uuid;    /* everywhere */
	Str name;
	Str created, opened;   /* RFC 3339, UTC */
	Str program, analysis; /* versions at the last scan */
	bool deleted;
	SessionSide sides[SIDE_COUNT];
	SessionView view;
} Session;

/* Line of a list. */
typedef struct SessionSummary {
	Session session;
	size_t n_candidates; /* to be decided upon: what `candidates` shows without --all */
	size_t n_decided;
} SessionSummary;

/* Makes a session; the name must be free (deleted sessions keep theirs), not empty, without control characters or '/'. */
bool session_create(
    Store *store, const char *name, const SourceOptions sides[SIDE_COUNT], Arena *arena, Session *out, Err *err);
/* By name. Deleted ones are found only when deleted is set. Fails with "there is no session 'x'" (and what is near). */
bool session_find(Store *store, const char *name, bool deleted, Arena *arena, Session *out, Err *err);
/* Last used first. */
bool session_list(Store *store, bool deleted, Arena *arena, SessionSummary **out, size_t *n, Err *err);
/* Where a side lies on this machine, instead of what was kept; made absolute. */
bool session_set_paths(
    Store *store, const Session *session, Side side, const char *const *paths, size_t n_paths, Err *err);
bool session_rename(Store *store, const Session *session, const char *name, Err *err);
/* Hides and brings back, by an event each. */
bool session_delete(Store *store, const Session *session, Err *err);
bool session_undelete(Store *store, const Session *session, Err *err);
/* Removes everything that only this session refers to. The caller has asked, and written an export. */
bool session_purge(Store *store, const Session *session, Err *err);
bool session_save_view(Store *store, int64_t key, const SessionView *view, Err *err);
bool session_touch(Store *store, int64_t key, Err *err); /* opened = now */
/* Which paths the sides have, for a scan; borrowed from the session. */
void session_source_options(const Session *session, SourceOptions out[SIDE_COUNT]);
/* A folder of the port, for git's user name and its card folder; never NULL. */
const char *session_folder(const Session *session, Arena *arena);

#endif
