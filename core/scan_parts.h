/* The steps of a scan behind scan_run. Internal to core/scan*.c and technique_check. */
#ifndef CORE_SCAN_PARTS_H
#define CORE_SCAN_PARTS_H

#include "core/match.h"
#include "core/scan.h"

/* Parses all files, outlines and lowers them. False only when cancelled. */
bool scan_analyse(ScanSide *side, Side which, unsigned n_threads, const ScanProgress *progress, Arena *arena);
void scan_side_done(ScanSide *side);

/* Runs the techniques over the analysed port, with its rows, and makes candidates of what they find. */
void scan_find(const ScanOptions *options, const Catalogue *catalogue, Scan *scan);

/* Makes candidates of findings: evidence, confidence, trade-off, identity. Those below min_confidence are left out. */
void scan_candidates(Scan *scan, const Findings *findings, Confidence min_confidence);

/* Reads the ignore comments of the scope, with a notice for each that says too little (none when the catalogue is empty). */
void scan_read_ignores(Scan *scan, const Catalogue *catalogue);
/* The comment that hides candidates of the technique that begin on the line, or NULL. */
const ScanIgnore *scan_ignore_at(const Scan *scan, uint32_t file, uint32_t line, Str technique);

/* The place of a span with its whole lines, lines and columns. */
Place scan_place(const ScanSide *side, Side which, uint32_t file, Span span, Arena *arena);

#endif
