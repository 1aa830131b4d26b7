/* Finding the files of a language below paths: git's ignore rules, build products left out, each file once.
 *
 * Reads folders, never files. Folders that begin with a dot, DerivedData, node_modules, __pycache__, SourcePackages,
 * checkouts and Python environments are left out also where git isn't; a path that is given is taken as it is, though.
 * Links to files are followed; links to folders only when they lead to a place inside the fence. */
#ifndef CORE_SOURCE_WALK_H
#define CORE_SOURCE_WALK_H

#include "core/source.h"

typedef struct WalkFile {
	const char *path;  /* as found under the path given: what is opened */
	const char *place; /* absolute, links in its folders resolved: what names are made of */
	size_t given;      /* number of the walk_add that found it, from 0 */
	bool is_given;     /* the path itself, not found in a folder */
} WalkFile;

typedef struct Walk {
	Lang lang;
	Arena *arena; /* borrowed: texts lie there */
	VEC(WalkFile) files;
	Map seen; /* resolved places of files and folders */
	size_t n_given;
	VEC(WalkFile) links; /* folders behind links, kept for last */
} Walk;

/* Adds the file, or the files below the folder, that were not found before. fence is the absolute resolved folder that
 * links must stay in. Fails when there is nothing at path; folders that can't be read are passed over. */
bool walk_add(Walk *walk, const char *path, const char *fence, Err *err);
void walk_done(Walk *walk);

/* realpath into the arena; NULL when there is nothing at path. */
const char *walk_resolve(Arena *arena, const char *path);
/* place below folder (both absolute): what remains, or NULL when it isn't below. "" for the folder itself. */
const char *walk_below(const char *folder, const char *place);

#endif
