/* The fenced code blocks of a model's reply (CommonMark, section 4.5). */
#ifndef PROMPTS_FENCE_H
#define PROMPTS_FENCE_H

#include "core/base.h"

typedef struct Fence {
	Str language;      /* first word of the info string, as written; may be empty */
	Str text;          /* the lines inside, the last with its line break; a slice of the reply */
	size_t start, end; /* of all of it in the reply, fences included; bytes */
	size_t indent;     /* blanks before the opening fence, to be taken off each line by the reader */
	bool open;         /* the reply ended before it was closed */
} Fence;

/* Finds the next block at or after *at, and moves *at behind it. */
bool fence_next(Str reply, size_t *at, Fence *out);
/* The line of text that begins at *at, without its line break; moves *at behind it. False at the end. */
bool line_next(Str text, size_t *at, Str *line);

#endif
