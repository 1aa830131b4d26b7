/* The files that are embedded in the program: cards, ops.tsv, the API table, prompts, schema, demo, highlight queries.
 *
 * The table behind it is written by the host program core/embed.c at build time. Paths are those in the repository
 * ("core/techniques/sdpa.md"); highlight queries stand as "queries/swift.scm" and "queries/python.scm". */
#ifndef CORE_DATA_H
#define CORE_DATA_H

#include "core/base.h"

typedef struct DataFile {
	const char *path; /* NUL-terminated */
	Str text;         /* static storage; also NUL-terminated behind its end */
} DataFile;

/* False when there is no such file. */
bool data_get(const char *path, Str *text);
/* The files whose path starts with prefix, in byte order of their paths: returns the first and their number. */
const DataFile *data_list(const char *prefix, size_t *n);

#endif
