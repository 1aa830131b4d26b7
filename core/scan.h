/* One scan: sources in, rows and candidates out. The only door to the analysis for sessions and tui.
 *
 * Owns the sources, trees, outlines, programs and rows of a scan until scan_done. May run on a thread of its own; the
 * callbacks are called from there. Never writes to a source. */
#ifndef CORE_SCAN_H
#define CORE_SCAN_H

#include "core/align.h"
#include "core/technique.h"

/* What a higher layer lends: results of earlier scans by content id and analysis version. All members may be NULL. */
typedef struct ScanCache {
	void *context;
	/* Puts the stored bytes into out; false when there are none. */
	bool (*get)(void *context, Str key, Buf *out);
	void (*put)(void *context, Str key, Str bytes);
} ScanCache;

typedef struct ScanProgress {
	void *context;
	/* phase: "reading", "parsing", "lowering", "aligning", "matching". */
	void (*step)(void *context, const char *phase, size_t done, size_t total);
	const volatile bool *cancel;
} ScanProgress;

typedef struct ScanOptions {
	SourceOptions sides[SIDE_COUNT]; /* n_paths 0: the side is absent; swift must be there except for align */
	const char *const *techniques;   /* ids to run; n_techniques 0: all */
	size_t n_techniques;
	Confidence min_confidence;
	unsigned n_threads;  /* 0: as many as there are processors, at most 8 */
	const RowPins *pins; /* corrections of rows; may be NULL */
	const ScanCache *cache;
	const ScanProgress *progress;
	bool rows_only; /* align: no candidates */
} ScanOptions;

typedef struct ScanSide {
	bool present;
	Source source;
	SyntaxTree *trees;
	Outline outline;
	Program program;
} ScanSide;

typedef struct Scan {
	ScanSide sides[SIDE_COUNT];
	Rows rows;
	Candidate
	    *candidates; /* of the scope, at least min_confidence, suppressed ones included (flagged so), in walk order */
	size_t n_candidates;
	Str *warnings; /* "3 of 41 files have errors", an ignore comment without a reason, ... one line each */
	size_t n_warnings;
	double seconds;
	Arena arena;
} Scan;

/* What every result depends on beside its input; changes with each release that changes the analysis. */
const char *scan_analysis_version(void);

bool scan_run(const ScanOptions *options, const Catalogue *catalogue, Scan *out, Err *err);
void scan_done(Scan *scan);

#endif
