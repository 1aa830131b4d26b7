/* Lines of the port before and after, for binding (sessions/identity.h): which lines a span covers, what stands around it,
 * and which old line is which new one. Pure functions over texts. */
#ifndef SESSIONS_IDENTITY_LINES_H
#define SESSIONS_IDENTITY_LINES_H

#include "sessions/identity.h"

typedef struct Lines {
	uint32_t first, last; /* from 1, both included */
} Lines;

/* An exact diff's word for each old line; white space at line ends doesn't count, so that CRLF changes no line. */
typedef struct LineMap {
	uint32_t *to; /* index 1..n: the new line, or GIT_LINE_GONE; NULL: no map */
	uint32_t n;   /* lines of the old text */
} LineMap;

Lines lines_of(Str text, Span span);
/* Of whole lines, without white space at both ends. */
Span lines_span(Str text, Lines lines);
/* Hash of the two lines before and after, within the function, that aren't blank, without indentation; never 0. */
uint64_t lines_around(Str text, Span span);
LineMap lines_map(Str before, Str now, Arena *arena);
/* The lines are all kept, one behind the other. */
bool lines_kept(const LineMap *map, Lines old, Lines *now);
/* The first and last line are kept. */
bool lines_ends_kept(const LineMap *map, Lines old, Lines *now);

/* What a binding looks up; NULL when it isn't there. */
const IdentityFile *identity_file_of_name(const IdentityFile *files, size_t n, Str name);
const IdentityFile *identity_file_of_content(const IdentityFile *files, size_t n, Str content_id);
const IdentityComponent *identity_component_now(const IdentityInput *in, Str label);
bool identity_is_skipped(const IdentityInput *in, Str name);

#endif
