/* The inside of a Walk, shared by the files sessions/walk*.c and by nothing else.
 *
 * Two arenas: `seen` holds the session, the candidates as stored and what a rescan left; `folded` what follows from the log
 * (events, items). A new event renews only the second. */
#ifndef SESSIONS_WALK_STATE_H
#define SESSIONS_WALK_STATE_H

#include "core/json.h"
#include "sessions/walk.h"

/* How the last rescan left a candidate: the column `binding`. */
typedef enum Binding {
	BINDING_NEW,
	BINDING_SAME,
	BINDING_MOVED,
	BINDING_CHANGED,
	BINDING_UNCERTAIN,
	BINDING_LOOKS_DONE,
	BINDING_REMOVED,
	BINDING_NOT_SEEN,
	BINDING_SUPPRESSED,
	BINDING_COUNT
} Binding;
const char *binding_name(Binding binding); /* "new", "same", ..., "looks-done" */
bool binding_of(Str name, Binding *binding);

/* A row of the table candidate. */
typedef struct Seen {
	Candidate candidate;
	bool own;
	Binding binding;
	Str why;
	Str *could_be;
	size_t n_could_be;
	Str merged_into;
} Seen;

struct Walk {
	Store *store;
	char *name;
	Arena seen_arena, folded_arena;
	Session session;
	Seen *seen;
	size_t n_seen;
	WalkSide sides[SIDE_COUNT];
	Map scan_ids; /* id in the last scan taken -> index in seen + 1, in seen_arena */
	LogEvent *events;
	size_t n_events;
	WalkItem *items;
	size_t n_items;
	RowPins pins;
};

/* walk_fold.c: items and pins from seen and events, in folded_arena. */
void walk_fold(Walk *walk);
/* walk.c */
bool walk_reload_log(Walk *walk, Err *err);
const Seen *walk_seen(const Walk *walk, Str id);
/* walk_decide.c: adds one event of this session; the caller holds a transaction. */
bool walk_event(Walk *walk, LogEvent *event, Arena *arena, Err *err);
/* Reads what an action changed (rows_too: candidates as well), and keeps the counts that lists show. */
bool walk_after(Walk *walk, bool rows_too, Err *err);
/* walk_scan.c: where the candidate is seen, as a new row; the caller holds a transaction. */
bool walk_add_sighting(Walk *walk, const Candidate *candidate, const char *now, Err *err);
/* walk_act.c: the event that sets an axis, its data in the arena. Fails outside of the axis's range. */
bool walk_axis_event(const char *id, Axis axis, double value, Str because, Arena *arena, LogEvent *out, Err *err);
/* walk_item, or err. */
const WalkItem *walk_must_have(const Walk *walk, const char *id, Err *err);
/* walk_own.c: the whole lines of a span, without the last line end. */
Str walk_whole_lines(const SourceFile *file, Span span);
/* walk_own.c: undoes what walk_same_as stored; the caller holds a transaction. */
bool walk_unmerge(Walk *walk, const LogEvent *event, Err *err);
/* walk_judged.c: what is judged, as the data of a verdict's event. */
Str walk_judged_data(const Walk *walk, const WalkItem *item, Arena *arena);
/* What of it a fold compares with. */
typedef struct Judged {
	bool known;
	Str analysis, name, content_id;
	uint32_t line;
	uint64_t token_hash, reference_hash[2];
	Frequency frequency;
} Judged;
void walk_judged_anchor(const LogEvent *event, Arena *arena, Judged *out);

#endif
