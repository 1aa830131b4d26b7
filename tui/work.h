/* The open session as the screen works on it: the store, the walk, the latest scan, and the thread that scans. The views of
 * a session share one; it is closed with the last of them.
 *
 * The scan runs on a thread of its own and touches neither the walk nor the store; its result is taken over on the main
 * thread, in work_tick. All functions are for the main thread. */
#ifndef TUI_WORK_H
#define TUI_WORK_H

#include "core/scan.h"
#include "sessions/walk.h"
#include "tui/draft_api.h"
#include "tui/highlight.h"
#include "tui/view.h"

typedef struct Work Work;

/* Opens the session; work_start comes next. NULL with err. The caller has one reference. env must outlive it. */
Work *work_open(const ViewEnv *env, const char *session, Err *err);
Work *work_keep(Work *work);   /* one more */
void work_release(Work *work); /* one less; the last cancels the scan, waits for it, and closes everything */

Walk *work_walk(Work *work);
const char *work_name(const Work *work);
/* The latest scan that ended; NULL before. Its memory, and what was found in it, is good until work_tick returns true. */
const Scan *work_scan(const Work *work);
const Catalogue *work_catalogue(const Work *work); /* NULL before the first scan ended */
/* What the port of the latest scan has: its words and its versions of the libraries. NULL before the first scan ended. */
const PortWorld *work_port(const Work *work);
Highlights *work_highlights(Work *work);
uint32_t work_generation(const Work *work); /* counts the scans taken over, to notice a new one */

/* All that one scan brought. It never changes; whoever needs it for longer than until the next work_tick, such as a thread, keeps
 * it. Keeping and releasing are for the main thread. */
typedef struct WorkReading {
	Scan scan;
	Catalogue catalogue;
	PortWorld port;
	int references;
} WorkReading;
WorkReading *work_reading_keep(Work *work); /* of the latest scan; NULL before the first */
void work_reading_release(WorkReading *reading);

/* Leaves something whose thread was cancelled to the session: it is released once it has ended, so that nobody waits for it. */
void work_leave(Work *work, void *thing, bool (*ended)(void *thing), void (*release)(void *thing));

/* The name of the model's profile chosen on the screen; NULL: the configuration's choice. Copied. */
const char *work_profile(const Work *work);
void work_set_profile(Work *work, const char *name);

/* Begins a scan; false with err when one is under way, or a card is wrong. */
bool work_start(Work *work, Err *err);
void work_cancel(Work *work); /* what was known stays */
bool work_busy(const Work *work);

/* Takes back what was done last and says in `what` what that was; after a correction of a row the scan begins anew. */
bool work_undo(Work *work, Buf *what, Err *err);

typedef struct WorkProgress {
	const char *phase; /* "reading", "parsing", ...; static storage */
	size_t done, total;
} WorkProgress;
/* False when no scan is under way. */
bool work_progress(Work *work, WorkProgress *out);

/* After a wake-up: takes a finished scan over, or notices that another process changed the database. True when what the
 * views hold must be looked up anew. *say gets a message (heap) or NULL; *bad whether it is an error's. Several views may
 * call it: the first one does the work and gets the message; all others see work_generation change. */
bool work_tick(Work *work, char **say, bool *bad);

/* Whether a file of the latest scan is another on the disk by now: its size differs, or it was written after the scan began. */
bool work_is_stale(const Work *work, const SourceFile *file);

/* A file of the latest scan by side and name; NULL. */
const SourceFile *work_file(const Work *work, Side side, const char *name, uint32_t *index);

#endif
