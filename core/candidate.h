/* A candidate: a technique at a place in the port, with its evidence and its trade-off; and what identifies it.
 *
 * Candidates own nothing: their text lies in the arena of the scan (or session) that holds them. */
#ifndef CORE_CANDIDATE_H
#define CORE_CANDIDATE_H

#include "core/program.h"

typedef enum Confidence { CONFIDENCE_LOW, CONFIDENCE_MEDIUM, CONFIDENCE_HIGH } Confidence;
const char *confidence_name(Confidence confidence); /* "low", "medium", "high" */
bool confidence_of(Str name, Confidence *confidence);

typedef struct Place {
	Side side;
	const char *path; /* as found under the given PATH */
	const char *name; /* relative to the side's root */
	Span span;        /* bytes from 0 */
	Pos start, end;   /* lines and columns from 1; end is the position behind the last byte */
	Str excerpt;      /* the span's whole lines, as read */
	Str component;    /* label of the component, or empty */
} Place;

typedef struct Evidence {
	Place place;
	Str note;      /* "PyTorch does it at model.py:119", "does not do it either: scores at whisper.py:95" */
	bool supports; /* speaks for the candidate; else against it */
} Evidence;

typedef enum Axis { AXIS_GAIN, AXIS_ACCURACY, AXIS_CLARITY, AXIS_EFFORT, AXIS_COUNT } Axis;
const char *axis_name(Axis axis); /* "gain", "accuracy", "clarity", "effort" */

typedef struct Tradeoff {
	double axis[AXIS_COUNT]; /* gain 0..5, accuracy risk 0..5, clarity -2..+2, effort 0..5 */
	Str *reasons;            /* in words, one a line */
	size_t n_reasons;
	Str arithmetic[AXIS_COUNT]; /* "card 4 x 1.2 (per step and layer) = 4.8" */
} Tradeoff;

typedef struct Anchor {
	char content_id[41];        /* of the port's file */
	uint64_t token_hash;        /* of the span's tokens, comments and white space left out */
	uint64_t reference_hash[2]; /* of the mlx and torch evidence excerpts; 0 without */
} Anchor;

typedef struct Candidate {
	char id[64];   /* "sdpa-3f2a90c1d2e3": technique and 12 hex digits */
	Str technique; /* card id */
	Str title;
	Str family;
	Confidence confidence;
	Place place;           /* in the port */
	ComponentId component; /* in the scan that found it, or COMPONENT_NONE */
	Str message;           /* one or two sentences about this place */
	Str *why;              /* signals that made the confidence, in words */
	size_t n_why;
	Str *against; /* what speaks against it here */
	size_t n_against;
	Evidence *evidence;
	size_t n_evidence;
	Frequency frequency;
	Str chain;
	Tradeoff tradeoff;
	double score; /* order: gain x confidence / (1 + accuracy + effort / 2) */
	uint64_t fingerprint;
	uint32_t ordinal; /* among equals in the same component */
	Anchor anchor;
	Str *needs; /* ids of candidates that are done before it (sdpa-gqa needs its sdpa) */
	size_t n_needs;
	Str *conflicts; /* ids that exclude it */
	size_t n_conflicts;
	bool suppressed; /* by a `triptych:ignore` comment, whose reason stands here */
	Str suppression;
} Candidate;

/* Fills id, score, anchor and trade-off arithmetic from the rest; sorts so that what is needed stands before, else by score
 * downwards, then name and line. */
void candidate_identify(Candidate *candidate);
void candidates_sort(Candidate *candidates, size_t n);
/* Gain here = card gain x this factor. */
double frequency_factor(Frequency frequency);
/* Hash of a text's tokens: identifiers, numbers, strings and operators in order; comments and white space don't count. */
uint64_t candidate_token_hash(Lang lang, Str text);
/* Similarity of two excerpts by their tokens, 0..1: 2 x longest common subsequence / sum of lengths. */
double candidate_similarity(Lang lang, Str a, Str b);

#endif
