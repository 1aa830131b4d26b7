/* What a Python file imports from its own package, read from its lines: `from .cache import X`, `import a.b.c`.
 *
 * Finds places of files, reads none. Part of how source_open finds a Python side's context. */
#ifndef CORE_SOURCE_IMPORTS_H
#define CORE_SOURCE_IMPORTS_H

#include "core/base.h"

enum { SOURCE_IMPORTS_MAX = 400 }; /* no more imports are followed when a side has this many files */

/* The files below root that the text at place imports, as an arena array of absolute paths. Names that lead to no file
 * below root (libraries) are left out. */
const char **source_imports(Str text, const char *place, const char *root, Arena *arena, size_t *n);

#endif
