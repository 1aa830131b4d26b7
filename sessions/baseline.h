/* A baseline: what was known of a port before, so that a scan can tell what is new in it. Taken from a session (all that it
 * ever saw, whatever was decided), or from a file that an earlier scan wrote (JSON or SARIF).
 *
 * Matched by the rules of sessions/identity.h, never by line: moved and reformatted code is known. Nothing is written. */
#ifndef SESSIONS_BASELINE_H
#define SESSIONS_BASELINE_H

#include "sessions/identity_scan.h"
#include "sessions/store.h"

typedef struct Baseline {
	IdentityAnchor *known;
	size_t n_known;
	Str *ids;            /* per known one */
	IdentityFile *texts; /* of the files as they were; none from a file */
	size_t n_texts;
	Str *components; /* of the port as it was; none from a file */
	size_t n_components;
} Baseline;

/* All of it lies in the arena. */
bool baseline_of_session(Store *store, const char *name, Arena *arena, Baseline *out, Err *err);
/* path names the text in messages: "'old.json' is no scan of Triptych's". */
bool baseline_of_text(const char *path, Str text, Arena *arena, Baseline *out, Err *err);

typedef enum BaselineState { BASELINE_NEW, BASELINE_UNCHANGED, BASELINE_UPDATED } BaselineState;
const char *baseline_state_name(BaselineState state); /* "new", "unchanged", "updated": SARIF's words */

/* One state a candidate of the scan, in arena; *n_new counts the new ones that aren't suppressed. Of equal ones of which
 * nobody can say which is which, as many are new as there are more than before. */
BaselineState *baseline_compare(
    const Baseline *baseline, const Scan *scan, const Catalogue *catalogue, Arena *arena, size_t *n_new);

#endif
