/* The verification of a model's draft. A draft is never taken on trust: it must be one change to the file as it is now, parse without new
 * errors, no longer have the technique at its place, bring no new candidate, name only APIs that the port's version of mlx-swift has,
 * and leave the lines outside of the candidate's alone. Each is a check with its result in words, fit to be sent back to the model.
 *
 * Nothing is written anywhere; the file is read once, to see that it is still what the scan read. */
#ifndef TUI_DRAFT_CHECK_H
#define TUI_DRAFT_CHECK_H

#include "core/scan.h"
#include "prompts/draft.h"
#include "tui/draft_api.h"

typedef enum DraftCheckKind {
	DRAFT_FORM,    /* the reply holds one change that fits the file */
	DRAFT_APPLIES, /* the file on the disk is the one it was made for */
	DRAFT_PARSES,
	DRAFT_PLACE, /* lines outside of the candidate's are neither changed nor removed */
	DRAFT_NAMES, /* nothing is used that the draft no longer declares */
	DRAFT_API,
	DRAFT_GONE, /* the technique is no longer found there */
	DRAFT_NEW,  /* nothing is found that wasn't */
	DRAFT_CHECKS
} DraftCheckKind;
const char *draft_check_name(DraftCheckKind kind);  /* "parses": as stored */
const char *draft_check_words(DraftCheckKind kind); /* "parses without new errors" */

typedef struct DraftCheck {
	bool done; /* it was run; those behind a failed DRAFT_FORM are not */
	bool ok;
	Str note; /* what is wrong, or worth knowing; may be empty */
} DraftCheck;

/* What a draft is of; everything borrowed, and the scan fresh. */
typedef struct DraftSubject {
	const Scan *scan;
	const Catalogue *catalogue;
	const RowPins *pins; /* may be NULL */
	const PortWorld *world;
	Str technique; /* empty or unknown to the catalogue: the person's own */
	uint32_t file; /* index in the port's source */
	DraftPlace place;
	const ScanProgress *progress; /* of a verification that can be stopped; may be NULL */
} DraftSubject;

typedef struct DraftVerdict {
	DraftCheck checks[DRAFT_CHECKS];
	bool passed;
	bool stopped;     /* by subject->progress: the checks say nothing */
	Str diff;         /* unified, against the file as it is; empty without DRAFT_FORM */
	Str text;         /* the whole new file */
	const char *form; /* of prompts/draft.h */
	size_t added, removed;
} DraftVerdict;

/* Finds the candidate's file and whole lines, and the component around them, in the scan. False with err when the file is no longer
 * in it. */
bool draft_subject(const Scan *scan, const Catalogue *catalogue, const RowPins *pins, const PortWorld *world,
    const Candidate *candidate, DraftSubject *out, Err *err);

/* Checks a reply of a model. Texts lie in the arena. */
void draft_verify(const DraftSubject *subject, Str reply, Arena *arena, DraftVerdict *out);
/* The same for the whole file as a person edited it. */
void draft_verify_file(const DraftSubject *subject, Str text, Arena *arena, DraftVerdict *out);
/* The same for a diff that was kept. */
void draft_verify_diff(const DraftSubject *subject, Str diff, Arena *arena, DraftVerdict *out);
/* The verdict on a reply that isn't whole: what may be missing can't be checked, so it is no draft. why: "cancelled". */
void draft_partial(Str why, Arena *arena, DraftVerdict *out);
/* What a verdict depends on beside the draft: the port's files, the versions of its libraries, this analysis. While it is the same,
 * and the file on the disk too, the verdict still holds. */
uint64_t draft_port_state(const Scan *scan, const PortWorld *world);
/* The failed checks as a list for the model: "- parses without new errors: line 12: ...". */
void draft_failures(const DraftVerdict *verdict, Buf *out);

#endif
