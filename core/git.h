/* What git knows, by libgit2, read-only: identity of texts, ignore rules, where a checkout stands, line diffs, and
 * files in the format of git's configuration.
 *
 * Owns nothing lasting but an open Checkout. Never writes to a repository, runs a hook or a filter, or opens a network
 * socket. Paths inside a checkout are relative to its top and '/' separated. */
#ifndef CORE_GIT_H
#define CORE_GIT_H

#include "core/base.h"

/* git's blob id: SHA-1 of "blob LEN\0" and the bytes, as 40 hex digits and a NUL. */
void git_id_of_text(Str text, char out[41]);

/* ---- checkouts ---- */

typedef struct Checkout Checkout;

/* The checkout around a file or folder that exists, or NULL when there is none (or only a bare repository). */
Checkout *checkout_open(const char *path);
void checkout_close(Checkout *checkout);            /* NULL is fine */
const char *checkout_top(const Checkout *checkout); /* absolute, without a slash at its end; lives with the checkout */
/* Whether git leaves out this path relative to the top: its ignore rules match, and nothing at or below it is tracked. */
bool checkout_ignores(Checkout *checkout, const char *relative, bool folder);
/* Commit at HEAD as 40 hex digits ("" before the first) and the branch ("" when detached). */
void checkout_head(Checkout *checkout, char commit[41], Buf *branch);
/* How many tracked files differ from HEAD, in the index or on disk. */
size_t checkout_changed(Checkout *checkout);

/* git's user.name as it applies in this folder; false when unset. */
bool git_user_name(const char *folder, Buf *out);

/* ---- differences ---- */

enum { GIT_LINE_GONE = 0 };
/* Exact line diff: for each line of old (from 1; index 0 is unused) the line of new that is the same line kept, or
 * GIT_LINE_GONE. The array has *n_old + 1 elements and lies in the arena. */
uint32_t *git_line_map(Str old_text, Str new_text, Arena *arena, uint32_t *n_old);
/* Unified diff with three lines of context, headers "--- a/NAME" and "+++ b/NAME"; nothing when the texts are equal.
 * False when libgit2 fails (out of memory). */
bool git_unified_diff(const char *name, Str old_text, Str new_text, Buf *out, Err *err);

/* ---- files in git's configuration format ---- */

typedef struct GitSetting {
	Str section;    /* lower case: "profile" */
	Str subsection; /* as written; empty when none: "local" of [profile "local"] */
	Str key;        /* lower case: "keyenv" */
	Str value;      /* "true" for a key without a value */
} GitSetting;
/* All settings of one file in order. Fails when it can't be read or isn't in the format, naming file and line:
 * "config:3: missing ']' in section header". [include] is followed as git does. */
bool git_config_read(const char *path, Arena *arena, GitSetting **out, size_t *n, Err *err);

#endif
