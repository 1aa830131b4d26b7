/* Where names are mentioned in a whole source: the ground of every claim that something is not used.
 *
 * Built over all files of the context for a set of names. Comments don't count; words of skipped `#if` arms, of spans
 * that don't parse and of strings that are a single word do, since what they stand for can't be known. Argument labels
 * are no mentions: they never refer to a function, a type or a field. */
#ifndef CORE_MENTIONS_H
#define CORE_MENTIONS_H

#include "core/component.h"

typedef struct Mention {
	uint32_t file;
	Span span;
	ComponentId component; /* innermost component around it, or COMPONENT_NONE */
	SynId node;            /* the identifier; 0 for a word of text */
	bool dotted;           /* behind a '.' */
	bool own;              /* behind `self.` or `Self.` */
	bool called;           /* followed by an argument list */
	bool is_declaration;   /* names what is being declared (also of parameters and locals) */
	bool is_write;         /* target of an assignment, and nothing is read */
	uint32_t next;         /* next mention of the same name, or MENTION_NONE */
} Mention;
#define MENTION_NONE UINT32_MAX

typedef struct Mentions {
	const Outline *outline;
	Map labels; /* the same for argument labels asked for */
	Map first;  /* name -> index of the first mention + 1; names asked for without mentions have 0 */
	VEC(Mention) list;
} Mentions;

/* Asks for a name; before mentions_build. Keys are borrowed. */
void mentions_want(Mentions *mentions, Str name);
/* Asks for calls with an argument of that label, whatever is called: their mentions end where the list begins. */
void mentions_want_label(Mentions *mentions, Str label);
void mentions_build(Mentions *mentions, const Outline *outline);
void mentions_done(Mentions *mentions);
/* Index of the first mention of a wanted name, or MENTION_NONE. */
uint32_t mentions_first(const Mentions *mentions, Str name);
uint32_t mentions_first_label(const Mentions *mentions, Str label);

/* The argument list behind a mention: labels (empty for none) of up to max arguments, their number, and whether a trailing
 * closure follows. False when the list can't be found. */
bool mentions_labels(
    const Mentions *mentions, const Mention *mention, Str *labels, size_t max, size_t *n, bool *trailing);

#endif
