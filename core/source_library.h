/* A package that carries MLX's own sources: they are the library, not the port. Between source_open.c and nobody else. */
#ifndef CORE_SOURCE_LIBRARY_H
#define CORE_SOURCE_LIBRARY_H

#include "core/source.h"

/* Takes the files of MLX itself out of *n files: in a port that vendors the library, `softmax` and `Linear` are the library's as
 * in one that depends on it. Told by a folder MLX that declares MLXArray; the library's other modules stand beside it. Leaves
 * everything as it is when nothing else of the scope would remain: then the library is what was asked for. */
void source_leave_library_out(SourceFile *files, size_t *n);

#endif
