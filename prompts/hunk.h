/* Hunks of diffs and search/replace blocks as models write them, and where in a file they belong. */
#ifndef PROMPTS_HUNK_H
#define PROMPTS_HUNK_H

#include "core/base.h"
#include "prompts/draft.h"

typedef struct Edits {
	VEC(DraftEdit) list;
	Arena *arena; /* holds the texts */
} Edits;

/* Line starts of a text, for finding runs of lines in it. */
typedef struct FileLines {
	Str text;
	VEC(size_t) starts; /* byte offsets; one more at the end: text.len */
} FileLines;
void file_lines_init(FileLines *lines, Str text);
void file_lines_done(FileLines *lines);

/* Adds the edits of all hunks in text. Of several places that fit, the one that touches the span counts, else the one in
 * the component; more than one of these is an error. The line numbers of a diff are not looked at: a model saw none. */
bool hunk_read_diff(Str text, size_t indent, const FileLines *file, const DraftPlace *near, Edits *out, Err *err);
bool hunk_read_search(Str text, const FileLines *file, const DraftPlace *near, Edits *out, Err *err);
bool hunk_is_diff(Str text);   /* has lines that begin with "@@", or "--- " with "+++ " behind */
bool hunk_is_search(Str text); /* has "<<<<<<< SEARCH" */

#endif
