/* Between source.c and source_open.c, and nobody else. */
#ifndef CORE_SOURCE_OPEN_H
#define CORE_SOURCE_OPEN_H

#include "core/source.h"

/* Fills line_starts and n_lines from the text. */
void source_index_lines(Arena *arena, SourceFile *file);

#endif
