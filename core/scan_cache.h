/* What an earlier scan of the very same input found, kept by a higher layer (ScanCache) so that a rescan with nothing changed
 * need only read the files.
 *
 * The result is kept as a whole, not file by file: what a file's candidates are depends on every other file of the port
 * (callers decide how often a line runs, declarations elsewhere what a call means, an absence is said of the package) and of
 * the references. Keeping parts would need to know which of it each finding had looked at; to guess that is how a cache begins
 * to lie. So the key is a hash of everything that decides: the program's version and its code, the paths, names and content
 * ids of all files that were opened, scope and context, of all sides, the manifests that detectors read beside them, every
 * card's hash, the techniques and confidence asked for, and the corrected rows. */
#ifndef CORE_SCAN_CACHE_H
#define CORE_SCAN_CACHE_H

#include "core/scan.h"

/* Part of every fingerprint: raised by hand when fingerprints or spans of what was found before change
 * (tests/test_analysis.c tells), so that old ones are not taken for new ones. */
#define SCAN_ANALYSIS "2"

/* Files beside the port's sources that detectors read: a detector that reads another one adds it here. */
extern const char *const SCAN_READS_BESIDE[];

/* Sets scan->key, from the sources that are open. */
void scan_cache_key(const ScanOptions *options, const Catalogue *catalogue, Scan *scan);
/* True when nothing is to be analysed: the caller has this very scan, checkouts too (scan->unchanged is then set), or asks for candidates
 * alone and they were kept (they are then in the scan). */
bool scan_cache_knows(const ScanOptions *options, Scan *scan);
/* Lists components and files with errors when candidates alone are asked for, and keeps the result. */
void scan_cache_keep(const ScanOptions *options, Scan *scan);

#endif
