/* `.triptych/session` in a port's repository: which folders are its three sides, for everyone who works on it; and a
 * proposal of it from what lies near by.
 *
 * The file is in the format of git's configuration: [session] name; [swift], [mlx], [torch] each with `path` (repeatable,
 * relative to the repository's top) and, for who hasn't got it, `url` and `commit`. Reading folders for a proposal opens
 * files for reading only. */
#ifndef SESSIONS_INIT_H
#define SESSIONS_INIT_H

#include "core/source.h"

typedef struct InitSide {
	const char **paths; /* absolute */
	size_t n_paths;
	Str url, commit; /* empty when not said */
} InitSide;

typedef struct InitFile {
	Str name; /* of the session */
	InitSide sides[SIDE_COUNT];
} InitFile;

/* The file's path for the port around a file or folder: heap. *top (may be NULL) gets the repository's top, heap. */
char *init_path(const char *around, char **top);
/* Reads it; relative paths are made absolute. Fails when it isn't there or is wrong, naming it. Text in arena. */
bool init_read(const char *path, const char *top, Arena *arena, InitFile *out, Err *err);
/* Writes it; with replace also over an older one. Paths inside or beside the repository are written relative to its top. */
bool init_write(const char *path, const char *top, const InitFile *file, bool replace, Err *err);

/* A folder that could be a reference, with what speaks for it. */
typedef struct InitFind {
	Side side;
	const char *path;         /* absolute */
	size_t n_classes, n_keys; /* names and weight keys of the port that its files have */
	double score;
	Str why; /* "12 of 14 classes, 31 weight keys: AudioEncoder, MultiHeadAttention, ..." */
} InitFind;
/* Looks in the folders near (none: where the repository lies, so beside it and in it) for Python that shares names with the
 * port; best first, both sides mixed, at most 20. port: file or folder of the Swift sources. */
bool init_propose(const char *port, const char *top, const char *const *near, size_t n_near, Arena *arena,
    InitFind **out, size_t *n, Err *err);

#endif
