/* Suggestions of a model for a component: read from its reply, each tied to lines that really stand there. They are shown, and
 * become candidates only when a person takes them. */
#ifndef PROMPTS_SUGGEST_H
#define PROMPTS_SUGGEST_H

#include "core/base.h"

typedef struct Suggestion {
	Str title, technique, why, risk;     /* technique: a known id or empty */
	Str quote;                           /* as the model wrote it */
	bool found;                          /* the quote stands in the component, at one place */
	const char *problem;                 /* why not: "quotes code that is not there"; static; NULL when found */
	size_t start, end;                   /* whole lines of the component, bytes, when found */
	int gain, accuracy, clarity, effort; /* in the card's ranges; SUGGEST_UNKNOWN when not given */
} Suggestion;

enum { SUGGEST_UNKNOWN = -100, SUGGEST_MAX = 20 };

/* Reads the JSON array of a reply (fenced or bare) into the arena; *n may be 0 ("nothing to propose"). is_technique says
 * whether an id is in the catalogue. False with err when the reply holds no such array. */
bool suggest_read(Str reply, Str component, bool (*is_technique)(void *user, Str id), void *user, Arena *arena,
    const Suggestion **out, size_t *n, Err *err);

#endif
