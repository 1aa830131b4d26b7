/* Re-binding measured with real scans: a port is copied, scanned and decided upon; then, run by run, edited with marks
 * (tests/support/marked.h), scanned again and taken over by the session as a rescan does; and what became of every candidate
 * is held against the truth. */
#ifndef TESTS_REBIND_H
#define TESTS_REBIND_H

#include "core/scan.h"

typedef struct RebindTally {
	size_t right;     /* bound to the very code, or rightly said to be gone */
	size_t uncertain; /* asked about */
	size_t missed;    /* said to be gone though it is there */
	size_t wrong;     /* bound to other code */
} RebindTally;

/* All candidates, and those at or near which something was edited. */
typedef struct RebindResult {
	RebindTally all, touched;
} RebindResult;

typedef struct Rebind Rebind;

/* Copies the port (and scans it with these references; NULL for none). NULL with err when it can't be scanned. */
Rebind *rebind_open(const char *const sides[SIDE_COUNT], Err *err);
void rebind_close(Rebind *rebind);
size_t rebind_n_candidates(const Rebind *rebind);
/* One run: the edits (indices into MARKED_EDITS), each at a candidate's place that the seed chooses. What went wrong is
 * printed when loud. False when none of the edits could be made. */
bool rebind_run(Rebind *rebind, const size_t *edits, size_t n, uint64_t seed, RebindResult *result, bool loud);
/* Runs of one to three random edits, counted as a whole and by class (of MARKED_EDIT_COUNT; may be NULL). */
void rebind_runs(Rebind *rebind, size_t n, uint64_t seed, RebindResult *whole, RebindResult *by_class, bool loud);
/* A line of the table, and its head. */
void rebind_print_head(void);
void rebind_print(const char *name, const RebindResult *result);
size_t rebind_sum(const RebindTally *tally);

#endif
