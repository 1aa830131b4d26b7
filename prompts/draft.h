/* A model's draft: the change that a reply proposes to one file, taken from any usual form. Text only: whether it parses,
 * what is found in it and which APIs it names is for others to check, on Draft.text.
 *
 * Forms: one fenced block of Swift that replaces the span, or the whole component when it begins with its declaration, or the
 * whole file; fenced (or bare) unified diffs; search/replace blocks; a block together with diffs for other places of the
 * file. Line numbers of diffs are not trusted, their lines are: each must stand in the file exactly (blanks at line
 * ends apart). Nothing is guessed: what is ambiguous, left out ("// ... rest as before") or not in the file is an error that
 * says so in words fit to be sent back to the model. */
#ifndef PROMPTS_DRAFT_H
#define PROMPTS_DRAFT_H

#include "core/base.h"

/* Ranges are bytes of file, whole lines. */
typedef struct DraftPlace {
	Str file; /* the text of the file as it is now */
	size_t span_start, span_end;
	size_t component_start, component_end; /* around the span; both 0 when it isn't known */
} DraftPlace;

typedef struct DraftEdit {
	size_t start, end; /* bytes of the file that are replaced; equal: an insertion */
	Str text;
} DraftEdit;

typedef struct Draft {
	Arena arena;            /* holds what follows */
	const DraftEdit *edits; /* in the order of the file, none touching another */
	size_t n_edits;
	Str text;               /* the whole file with the edits */
	size_t added, removed;  /* lines, all together */
	size_t removed_outside; /* lines changed or removed outside the span: to be looked at */
	size_t added_outside;
	const char *form; /* "block", "component", "file", "diff", "search/replace"; static */
} Draft;

/* False with err when the reply holds no draft or one that doesn't fit the file. Release with draft_done. */
bool draft_read(Str reply, const DraftPlace *place, Draft *out, Err *err);
/* The same for a text edited by a person: the whole new file. */
bool draft_from_file(Str text, const DraftPlace *place, Draft *out, Err *err);
/* The same for a diff that was kept: it must fit the file as it is now at one place, or at that of its line numbers. */
bool draft_of_diff(Str diff, Str file, Draft *out, Err *err);
void draft_done(Draft *draft);

#endif
