/* Claims in a model's answer that can be checked: files, lines and APIs that it names. Finding them is done here; what exists
 * is asked of the caller, and what doesn't is marked in the text. A claim that nobody can judge is left alone. */
#ifndef PROMPTS_CHECK_H
#define PROMPTS_CHECK_H

#include "core/base.h"

typedef enum ClaimKind {
	CLAIM_FILE, /* `Layers/Attention.swift` */
	CLAIM_LINE, /* Attention.swift:71-78, "line 71" */
	CLAIM_API,  /* `MLXFast.scaledDotProductAttention(queries:keys:)` in backticks, or MLX.name without */
	CLAIM_CODE, /* a block of Swift that names what isn't there */
} ClaimKind;

typedef enum ClaimTruth { CLAIM_UNKNOWN, CLAIM_EXISTS, CLAIM_MISSING } ClaimTruth;

typedef struct Claim {
	ClaimKind kind;
	size_t start, end;  /* bytes of the answer */
	Str path;           /* FILE, LINE; empty for "line 71": the port's file */
	size_t first, last; /* lines, from 1 */
	Str name;           /* API: "MLXFast.scaledDotProductAttention", without arguments; CODE: what is missing, a list */
	Str labels;         /* API: what stands in its parentheses, as written; ptr NULL: no parentheses */
	ClaimTruth truth;
} Claim;

/* What exists. Any function may be NULL: then nothing is said of its kind. path and name are as the answer has them. */
typedef struct ClaimWorld {
	/* Lines of the file whose path ends so (at a slash), of any side: SIZE_MAX when there is none. An empty path: of the longest
	 * file that the question showed, SIZE_MAX when that isn't known. */
	size_t (*lines)(void *user, Str path);
	/* Whether an API of that name is known to exist, known not to, or neither. */
	ClaimTruth (*api)(void *user, Str name, Str labels);
	/* What of the library a block of Swift names that isn't there, a list in the arena; empty when nothing is missing. */
	Str (*code)(void *user, Str text, Arena *arena);
	void *user;
} ClaimWorld;

/* Finds the claims in order, into the arena, with their truth: of a code block only whether something is missing in it. */
const Claim *claims_check(Str answer, const ClaimWorld *world, Arena *arena, size_t *n);
/* Adds the answer with each missing thing marked behind it: "`MLX.fastAttention` [not found]". */
void claims_mark(Str answer, const Claim *claims, size_t n, Buf *out);

#endif
