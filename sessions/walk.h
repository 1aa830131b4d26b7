/* The walk: a session with all its candidates and what was decided of them. The command line and the screen do
 * everything through it, so that they do the same.
 *
 * Owns the open session in memory: items in walk order, folded from the candidates last seen and the log. It is read from
 * the database alone, so it opens without a scan; a scan is taken over with walk_take_scan (which binds old to new,
 * sessions/identity.h, and stores what was seen). Nothing here writes to a source, and nothing but walk_decide and
 * walk_undo ever changes a verdict: skipping, closing and rescans don't.
 *
 * Memory: items and their text stay valid until the next call that changes the walk (walk_take_scan, walk_decide, walk_undo,
 * walk_note, ..., walk_reload); after it, find the item again by its id (copy ids that you keep). A Walk and its Store are
 * used by one thread. The Scan given to walk_take_scan is not kept: what is needed of it is copied.
 *
 * Errors: bool with err, complete for a message ("the disk is full: nothing was written"). What failed changed nothing, in the
 * database and in memory: what a user typed can be offered again. */
#ifndef SESSIONS_WALK_H
#define SESSIONS_WALK_H

#include "core/align.h"
#include "core/candidate.h"
#include "sessions/log.h"
#include "sessions/session.h"

struct Scan;
struct ScanOptions;
struct Catalogue;

typedef enum CandidateState {
	STATE_OPEN,       /* nothing was decided yet, or its verdict was taken back */
	STATE_SAME,       /* decided, and the code is as it was judged */
	STATE_MOVED,      /* the same code at another place */
	STATE_CHANGED,    /* its code, its reference or how often it runs changed since the verdict: asks again */
	STATE_UNCERTAIN,  /* several places could be it: the user says which (walk_same_as) */
	STATE_LOOKS_DONE, /* the component is there, the card ran and no longer finds it: to be confirmed */
	STATE_DONE,       /* confirmed, or a measurement was recorded */
	STATE_REMOVED,    /* its component is gone */
	STATE_NOT_SEEN,   /* its file wasn't read or has errors there, or its technique didn't run */
	STATE_SUPPRESSED, /* by an ignore comment */
	STATE_COUNT
} CandidateState;
const char *state_name(CandidateState state);  /* "open", "same", ..., "looks-done", "not-seen": as in JSON */
const char *state_words(CandidateState state); /* for people: "looks done", "not seen" */

typedef struct Measurement {
	bool has_numbers;
	double before, after;
	Str unit, command;
	bool has_parity;
	double parity; /* largest difference measured */
} Measurement;

typedef struct WalkItem {
	Candidate candidate; /* as last seen; its trade-off is the computed one */
	Str short_id;        /* shortest unique beginning of its id with at least 4 hex digits: "sdpa-3f2a" */
	CandidateState state;
	Str state_why;   /* one line: "moved from line 71 to 88", "the PyTorch original changed", ...; may be empty */
	bool gone;       /* not in the port as last seen: removed, looks done, done and no longer found, not seen */
	bool own;        /* the user's own */
	bool hidden;     /* below medium confidence and never decided, or suppressed, or merged: only `--all` shows it */
	bool undecided;  /* counts as open: no verdict, or asks again (changed, uncertain); never when gone or hidden */
	Verdict verdict; /* that counts; VERDICT_NONE */
	Str because, condition, who, when; /* of that verdict */
	Str verdict_event;                 /* its id */
	const LogEvent *judged;            /* that event; its data has the judged excerpts (walk_judged); NULL */
	Tradeoff tradeoff;                 /* with the axes overridden by hand; reasons say so */
	bool overridden[AXIS_COUNT];
	double score;             /* from that trade-off: the order */
	const LogEvent **history; /* its events in order, undone ones included (flagged) */
	size_t n_history;
	size_t n_notes;
	bool done; /* marked so */
	Measurement measurement;
	Str *could_be; /* STATE_UNCERTAIN: ids of the candidates it could be */
	size_t n_could_be;
	int64_t order; /* place in the plan set by hand, 0: none */
} WalkItem;

typedef struct WalkSide {
	bool moved;   /* its commit, or whether it is dirty, differs from what was there at the previous scan */
	Str was, now; /* "4f2c91a main" */
} WalkSide;

typedef struct Walk Walk; /* inside: sessions/walk_state.h */

/* ---- opening ---- */

/* Opens by name; touches the session (it is then the latest). */
bool walk_open(Store *store, const char *name, Walk **out, Err *err);
void walk_close(Walk *walk); /* NULL is fine */
/* Reads the log and the candidates anew. */
bool walk_reload(Walk *walk, Err *err);
/* True when another process wrote to the database: then walk_reload. Cheap. */
bool walk_is_stale(Walk *walk);

const Session *walk_session(const Walk *walk);
Store *walk_store(const Walk *walk);
const WalkItem *walk_items(const Walk *walk, size_t *n); /* walk order; gone, suppressed and hidden ones at the end */
size_t walk_n_listed(
    const Walk *walk); /* neither hidden nor suppressed nor gone (but uncertain): what is to be decided */
size_t walk_n_decided(const Walk *walk); /* of those, not undecided */
const WalkSide *walk_side(const Walk *walk, Side side);
/* By its whole id; NULL. */
const WalkItem *walk_item(const Walk *walk, Str id);
/* By what a user types: an id, a beginning of one with at least 4 of its hex digits ("sdpa-3f2a"), or those digits
 * alone ("3f2a"). Returns how many fit; other than 1 err says so (and names them). */
size_t walk_find(const Walk *walk, Str typed, const WalkItem **out, Err *err);
/* The next (step 1) or previous (-1) undecided item from index at, going round; SIZE_MAX when there is none. */
size_t walk_next_undecided(const Walk *walk, size_t at, int step);
/* All events of the session in order. */
const LogEvent *walk_log(const Walk *walk, size_t *n);

/* ---- scanning ---- */

/* The session's sides, pins, and low confidence (so that nothing falls out of sight by a hair); the rest is zero. In arena. */
bool walk_scan_options(const Walk *walk, Arena *arena, struct ScanOptions *out, Err *err);
/* The cards: built-in, the user's (config_folder/techniques), the port's (.triptych/techniques). config_folder may be NULL. */
bool walk_catalogue(const Walk *walk, const char *config_folder, struct Catalogue *out, Err *err);

typedef struct WalkChanges { /* counts of a rescan, for one line */
	size_t n_new, n_same, n_moved, n_changed, n_uncertain, n_looks_done, n_removed, n_not_seen, n_suppressed;
} WalkChanges;
/* Binds the candidates known to those found and stores the sightings; no verdict changes. changes may be NULL. */
bool walk_take_scan(
    Walk *walk, const struct Scan *scan, const struct Catalogue *catalogue, WalkChanges *changes, Err *err);
/* The candidate of the walk that a candidate of that scan became (its id may be older): by the scan's id. */
const WalkItem *walk_item_of_scan(const Walk *walk, const char *scan_id);
/* "3 new, 2 moved, 1 looks done", or "nothing changed". */
void walk_changes_words(const WalkChanges *changes, Buf *out);

/* ---- deciding ---- */

typedef struct AxisSet {
	Axis axis;
	double value;
} AxisSet;

typedef struct Decision {
	const char *const *ids; /* whole ids; several make one action with one undo */
	size_t n_ids;
	Verdict verdict;        /* not VERDICT_NONE */
	Str because;            /* may be empty */
	Str condition;          /* may be empty */
	bool with_dependencies; /* accept what it needs as well */
	bool force;             /* though it needs what isn't accepted, or is uncertain */
	const AxisSet *axes;    /* set by hand in the same action, of those named; the reason is that of the verdict */
	size_t n_axes;
} Decision;

typedef enum QuestionKind {
	QUESTION_NONE,
	QUESTION_NEEDS,     /* it needs candidates that aren't accepted: with_dependencies or force */
	QUESTION_CONFLICT,  /* an accepted candidate excludes it: reject or undo that one first, or force */
	QUESTION_NEEDED,    /* accepted candidates need it (reject, defer): force */
	QUESTION_UNCERTAIN, /* it is uncertain which one it is: walk_same_as first, or force */
	QUESTION_GONE,      /* it is no longer in the port: force */
} QuestionKind;

typedef struct Question {
	QuestionKind kind;
	Str ids[16];    /* the candidates it is about: whole ids, of the walk's memory */
	size_t n_ids;   /* at most 16 */
	char text[512]; /* a sentence for people: "sdpa-gqa-77ab needs sdpa-3f2a, which isn't accepted" */
	char flag[96];  /* for the command line: "--with-dependencies or --force" */
} Question;

/* Adds the verdicts with what was judged. True: done, it is on the disk. False with question->kind set: nothing was changed, ask
 * (err is untouched). False with kind QUESTION_NONE: err. */
bool walk_decide(Walk *walk, const Decision *decision, Question *question, Err *err);
/* Takes back the last action that counts (a verdict, note, axis, done, order, row: whatever came last), or the last on
 * this candidate (whole id). *what gets words: "accept of sdpa-3f2a". Fails with "nothing to undo". */
bool walk_undo(Walk *walk, const char *id, Buf *what, Err *err);
bool walk_note(Walk *walk, const char *id, Str text, Err *err);
/* Sets an axis by hand; fails outside of its range (gain, accuracy, effort 0..5, clarity -2..2). */
bool walk_override(Walk *walk, const char *id, Axis axis, double value, Str because, Err *err);
/* Marks an accepted or measure-first candidate as done; measurement may be NULL. */
bool walk_mark_done(Walk *walk, const char *id, const Measurement *measurement, Str note, Err *err);
/* The uncertain candidate id is the one called is (an id of could_be, or any candidate without a verdict of its own). */
bool walk_same_as(Walk *walk, const char *id, const char *is, Err *err);
/* Moves a candidate to place n (from 1) of the plan. False with question when what it needs would stand behind it. */
bool walk_move(Walk *walk, const char *id, size_t n, Question *question, Err *err);

typedef struct OwnCandidate {
	const char *path;               /* a file of the port: absolute, or as the session's names go */
	uint32_t first_line, last_line; /* from 1, both included */
	Str title;
	Str technique; /* or empty: "own" */
	Str reason;
	bool has_axis[AXIS_COUNT];
	double axis[AXIS_COUNT];
} OwnCandidate;
/* Adds a candidate of the user's own; its id in *id (of the walk's memory). The file is read for the excerpt. */
bool walk_add_own(Walk *walk, const OwnCandidate *own, Str *id, Err *err);

/* Keeps a model's answer (LOG_ANSWER) or draft (LOG_DRAFT) with a candidate, or (id NULL) with the session: text is the question,
 * data a JSON object. */
bool walk_keep(Walk *walk, const char *id, LogKind kind, Str text, Str data, Err *err);

/* ---- rows ---- */

/* The corrections that count, in order: for ScanOptions and rows_build. */
const RowPins *walk_pins(const Walk *walk);
bool walk_bind_row(Walk *walk, const RowPin *pin, Err *err);
/* Takes back every correction of this component of the port; fails when there is none. */
bool walk_unbind_row(Walk *walk, Str swift, Err *err);

/* ---- looking back ---- */

/* An earlier verdict on the same technique, in any session: the same candidate first, then by likeness of the code judged, then the
 * latest. */
typedef struct Precedent {
	const LogEvent *event; /* in arena */
	double likeness;       /* 0..1 */
	Str excerpt;           /* of the port, as judged */
	Str where;             /* "chatterbox-port, Attention.callAsFunction" */
} Precedent;
bool walk_precedents(const Walk *walk, const WalkItem *item, Arena *arena, Precedent **out, size_t *n, Err *err);

/* The place and excerpt that a verdict was made on, of one side; false when the event has none. Text in arena. */
bool walk_judged(const LogEvent *event, Side side, Arena *arena, Place *out);

/* ---- the screen's memory ---- */

bool walk_save_view(Walk *walk, const SessionView *view, Err *err);

#endif
