/* Coverage: which components of the references have a counterpart in the port, over all and by file. What lies outside the
 * sides' scope is read to understand them, and is nobody's to port: it stands only where it answers what is inside. */
#ifndef TUI_COVERAGE_H
#define TUI_COVERAGE_H

#include "core/scan.h"

typedef struct CoverageCount {
	size_t n, answered; /* of a reference: by the port; of the port: by a reference */
} CoverageCount;

bool coverage_shows(const Scan *scan, const Row *row);     /* some component of it is in a scope */
bool coverage_is_wanted(const Scan *scan, const Row *row); /* ... and one of a reference: it is to be ported */
CoverageCount coverage_of_rows(const Scan *scan);          /* rows that are wanted */
CoverageCount coverage_of_file(const Scan *scan, Side side, uint32_t file); /* its components */

/* Rows in order of one side's files, each file's place by place; rows without that side behind, by the files of the first side
 * that has them. */
typedef struct CoverageEntry {
	Side side; /* of the file under which the row stands */
	uint32_t file;
	uint32_t row; /* index; COVERAGE_HEAD for the line that names the file */
} CoverageEntry;
#define COVERAGE_HEAD UINT32_MAX

/* Sorts indexes of the scan's rows so, with a head before each file. In arena; *n_entries of them. */
CoverageEntry *coverage_group(
    const Scan *scan, Side side, const uint32_t *rows, size_t n, Arena *arena, size_t *n_entries);

#endif
