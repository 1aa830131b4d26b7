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

struct Scan;

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
	/* Nobody looks at trees, outlines, programs or rows: what was kept of an earlier scan may stand for the analysis, and
	 * these are then empty. Sources are always read. */
	bool candidates_only;
	const struct Scan
	    *unless; /* a scan that the caller has: when nothing differs from it, only `unchanged` is set; or NULL */
} ScanOptions;

/* A component of the port by its place, in order of file and start: what is left of the outline in a scan of candidates only. */
typedef struct ScanComponent {
	Str label;
	uint32_t file;
	Span span;
	bool has_errors; /* something in it did not parse */
} ScanComponent;

typedef struct ScanSide {
	bool present;
	Source source;
	SyntaxTree *trees;
	Outline outline;
	Program program;
} ScanSide;

/* A comment `// triptych:ignore ID reason` in the scope. */
typedef struct ScanIgnore {
	uint32_t file, line; /* line from 1 */
	Str id, reason;      /* either may be empty */
} ScanIgnore;

/* What is to be said of a line of the port that is no candidate: an ignore comment without a reason, or of no technique. */
typedef struct ScanNotice {
	const char *path; /* as found under the given PATH */
	uint32_t line;
	Str words;
} ScanNotice;

typedef struct Scan {
	ScanSide sides[SIDE_COUNT];
	Rows rows;
	Candidate
	    *candidates; /* of the scope, at least min_confidence, suppressed ones included (flagged so), in walk order */
	size_t n_candidates;
	Str *warnings; /* "3 of 41 files have errors", notices, cards that could not be read, ... one line each */
	size_t n_warnings;
	ScanIgnore *ignores;
	size_t n_ignores;
	ScanNotice *notices; /* also among the warnings */
	size_t n_notices;
	char key[41];              /* hash of everything that decides the result: core/scan_cache.h */
	bool unchanged;            /* nothing differs from the scan of options.unless, and nothing else was found out */
	bool from_cache;           /* of candidates only: kept by an earlier scan */
	ScanComponent *components; /* of candidates only */
	size_t n_components;
	bool *file_errors; /* of candidates only: a file of the port did not parse everywhere */
	double seconds;
	Arena arena;
} Scan;

/* What every result depends on beside its input; changes with each release that changes the analysis. */
const char *scan_analysis_version(void);
/* The same with a checksum of the analysis code and the built-in cards: raised by every build of other code, by itself. What one
 * build found can be compared word by word; between builds only what does not depend on the analysis. */
const char *scan_build(void);

bool scan_run(const ScanOptions *options, const Catalogue *catalogue, Scan *out, Err *err);
void scan_done(Scan *scan);
/* The label of the innermost component around an offset, of a scan of candidates only; or empty. */
Str scan_component_at(const Scan *scan, uint32_t file, uint32_t offset);

#endif
