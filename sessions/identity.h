/* Binding what was known of a port to what a new scan found: which old candidate is which new one.
 *
 * A pure function over arrays; it reads no database and no file. The steps, in this order, each one to one:
 *   1. same content id: technique and overlapping span, whatever the fingerprint
 *   2. the line map of an exact diff from the old file to the new one
 *   3. same fingerprint, exactly one old and one new left in the port
 *   4. same technique in the same or a renamed component, likeness of the excerpts at least 0.6 and 0.15 above the second
 *      best, seen from both sides: changed
 *   5. what could be several, or is one of equal twins whose number changed: uncertain
 * A verdict must never come to lie on other code than it was given for, so what is in doubt is uncertain: equal twins are
 * bound by a diff only where component or the lines around tell them apart, and code that turns up in a new component while
 * its old place still stands among the same lines is taken for a copy. */
#ifndef SESSIONS_IDENTITY_H
#define SESSIONS_IDENTITY_H

#include "core/source.h"

typedef struct IdentityAnchor {
	Str technique;
	Str name;       /* of the file, relative to the side's root */
	Str component;  /* label, or empty */
	Str content_id; /* of the file */
	Span span;      /* bytes from 0 in that content */
	uint64_t fingerprint, token_hash;
	Str excerpt;    /* whole lines of the span */
	bool uncertain; /* old only: it was uncertain before, so only its very content (step 1) settles it */
} IdentityAnchor;

typedef struct IdentityFile {
	Str name, content_id, text;
	bool has_errors; /* something in it did not parse */
} IdentityFile;

typedef struct IdentityComponent {
	Str label;
	bool has_errors; /* something in it did not parse */
} IdentityComponent;

typedef struct IdentityInput {
	const IdentityAnchor *old, *found;
	size_t n_old, n_found;
	const IdentityFile *files; /* the port as it is, context too */
	size_t n_files;
	const IdentityFile *old_texts; /* by content id; what is missing only costs step 2 */
	size_t n_old_texts;
	const IdentityComponent *components; /* of the port as it is */
	size_t n_components;
	const Str *old_components; /* of the port as it was; none: unknown, then nothing counts as renamed */
	size_t n_old_components;
	const Str *skipped; /* names or paths of files that were found but not read */
	size_t n_skipped;
	const Str *techniques; /* those that ran */
	size_t n_techniques;
} IdentityInput;

typedef enum IdentityKind {
	IDENTITY_SAME,
	IDENTITY_MOVED,
	IDENTITY_CHANGED,
	IDENTITY_UNCERTAIN,
	IDENTITY_LOOKS_DONE, /* the component is there, parses, the card ran and doesn't find it */
	IDENTITY_REMOVED,    /* the component is gone */
	IDENTITY_NOT_SEEN,   /* the file wasn't read or has errors there, or the technique didn't run */
} IdentityKind;

typedef struct IdentityBinding {
	IdentityKind kind;
	uint32_t found;           /* index of what it is now: SAME, MOVED, CHANGED */
	int step;                 /* 1 to 4 that bound it, else 0 */
	const uint32_t *could_be; /* indices: UNCERTAIN (none when it was uncertain before) */
	size_t n_could_be;
} IdentityBinding;

/* One binding an old anchor; found ones that no binding names are new. In arena. */
IdentityBinding *identity_bind(const IdentityInput *input, Arena *arena);

/* Where a span that no card finds (a candidate of the user's own) lies now. False when it can't be told: *kind then says
 * UNCERTAIN, LOOKS_DONE (never), REMOVED or NOT_SEEN. */
bool identity_follow(
    const IdentityInput *input, const IdentityAnchor *old, Arena *arena, size_t *file, Span *span, IdentityKind *kind);

#endif
