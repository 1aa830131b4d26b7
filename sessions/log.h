/* The log: events that are only ever added. Verdicts, notes, corrections, measurements; who, when, why, on what.
 *
 * Owns the table event and its full-text index. An event is identified by a random UUID (version 4), so that logs of
 * several people merge. What holds now is folded from the log: an event counts unless a later one undid it; of verdicts
 * on one candidate the one counts that no other counting verdict supersedes (of several, from a merge, the latest). */
#ifndef SESSIONS_LOG_H
#define SESSIONS_LOG_H

#include "sessions/store.h"

typedef enum LogKind {
	LOG_VERDICT,
	LOG_NOTE,
	LOG_UNDO,   /* supersedes = what is undone */
	LOG_AXIS,   /* a trade-off axis set by hand: data {"axis":"gain","value":3} */
	LOG_DONE,   /* data: the measurement */
	LOG_ADD,    /* a candidate of the user's own: data = the candidate */
	LOG_SAME,   /* the user says which one an uncertain candidate is: data {"is":ID} */
	LOG_ROW,    /* a row corrected: data {"swift":..,"mlx":..,"torch":..} or {"swift":..,"unbind":true} */
	LOG_ORDER,  /* the plan's order: data {"to":N} */
	LOG_ANSWER, /* a model's answer to a question (reason): data {"answer":..,"model":..} */
	LOG_DRAFT,  /* a model's draft: data {"text":..,"diff":..,"checks":[..]} */
	LOG_DELETE, /* of the session */
	LOG_UNDELETE,
	LOG_RENAME, /* data {"from":..,"to":..} */
	LOG_KIND_COUNT
} LogKind;
const char *log_kind_name(LogKind kind); /* "verdict", "note", "undo", ... */
bool log_kind_of(Str name, LogKind *kind);

typedef enum Verdict {
	VERDICT_NONE,
	VERDICT_ACCEPT,
	VERDICT_REJECT,
	VERDICT_DEFER,
	VERDICT_MEASURE,
	VERDICT_COUNT
} Verdict;
const char *verdict_name(Verdict verdict); /* "none", "accept", "reject", "defer", "measure" */
bool verdict_of(Str name, Verdict *verdict);

typedef struct LogEvent {
	Str id;   /* UUID */
	Str time; /* RFC 3339 with milliseconds, UTC */
	Str who;
	LogKind kind;
	Str candidate; /* its id, or empty */
	Verdict verdict;
	Str reason;     /* because, or the note's text */
	Str condition;  /* "only if parity < 1e-3" */
	Str supersedes; /* id of an event, or empty */
	Str batch;      /* events of one action share it: one undo takes back all; or empty */
	Str data;       /* JSON object: what was judged (of verdicts), or as said at the kind; may be empty */
	int64_t seq;    /* order in which this database got them */
	int64_t session;
	Str session_name;
	bool undone; /* filled by log_fold */
} LogEvent;

/* Adds one event of a session; id, time and who are filled here when empty, for a port in folder. */
bool log_add(Store *store, const char *folder, LogEvent *event, Arena *arena, Err *err);
/* Adds an event as it is unless its id is known; *added says which. For import. */
bool log_merge(Store *store, const LogEvent *event, bool *added, Err *err);
/* All events of a session (0: of all sessions that aren't deleted) in order of seq. */
bool log_read(Store *store, int64_t session, Arena *arena, LogEvent **out, size_t *n, Err *err);
/* Marks what was undone. Events must be those of log_read for one session or for all. */
void log_fold(LogEvent *events, size_t n);
/* The verdict that counts for a candidate, or NULL. */
const LogEvent *log_verdict(const LogEvent *events, size_t n, int64_t session, Str candidate);
/* Full-text search over reasons and notes of all sessions that aren't deleted, best first; every word must occur, the
 * last one may be a beginning. A text without words finds nothing. */
bool log_search(Store *store, Str text, Arena *arena, LogEvent **out, size_t *n, Err *err);

/* A new UUID of version 4 from the system's randomness. */
bool log_uuid(char out[37], Err *err);
/* Now, RFC 3339 with milliseconds, UTC: "2026-11-23T15:29:00.123Z". */
void log_now(char out[25]);
/* git's user name in the folder, else the login. */
Str log_who(const char *folder, Arena *arena);

#endif
