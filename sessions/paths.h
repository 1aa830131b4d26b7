/* Where the program's own files lie: the XDG folders, on macOS too, and the database and configuration in them.
 *
 * Owns nothing. Only paths_make_folder writes. Results are heap text, absolute, to be freed with free(). */
#ifndef SESSIONS_PATHS_H
#define SESSIONS_PATHS_H

#include "core/base.h"

/* How variables of the environment are read: getenv in the program, a table in tests. */
typedef struct PathsEnv {
	const char *(*get)(void *user, const char *name); /* NULL when it isn't set */
	void *user;
} PathsEnv;
extern const PathsEnv paths_process_env; /* getenv */

/* $XDG_DATA_HOME/triptych, else ~/.local/share/triptych. A relative XDG path counts as unset, as its standard says. */
char *paths_data(const PathsEnv *env);
/* $XDG_CONFIG_HOME/triptych, else ~/.config/triptych. */
char *paths_config_folder(const PathsEnv *env);
/* given, else $TRIPTYCH_DB, else triptych.db in the data folder. */
char *paths_db(const PathsEnv *env, const char *given);
/* given, else $TRIPTYCH_CONFIG, else the file "config" in the configuration folder (which need not exist). */
char *paths_config(const PathsEnv *env, const char *given);

/* The path made absolute against the current folder, without "." and ".." and double slashes (by text alone: links stay). */
char *paths_absolute(const char *path);
/* Everything before the last slash ("/" at the top, "." without one). */
char *paths_parent(const char *path);
/* The top of the checkout around a file or folder, else the nearest folder above it with a Package.swift, else the folder
 * itself: where .triptych/ lies. */
char *paths_project(const char *path);
/* Makes the folder and what is missing above it, readable by its owner alone (0700). */
bool paths_make_folder(const char *path, Err *err);
/* Writes a whole file by a temporary one beside it that is renamed into place, so that no half file is ever seen. Without
 * replace it fails when the file exists: "'x' exists". */
bool paths_write_file(const char *path, Str text, bool replace, Err *err);

#endif
