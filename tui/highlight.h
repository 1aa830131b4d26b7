/* Syntax colours, made on a thread of their own, so that no key waits for them: a text is asked for by its content id, and
 * is plain until its colours are there.
 *
 * Compiling a grammar's query takes a fifth of a second and colouring a file some milliseconds; both happen on the
 * thread, once a language and once a content. Functions are for the main thread. */
#ifndef TUI_HIGHLIGHT_H
#define TUI_HIGHLIGHT_H

#include "core/syntax.h"
#include "tui/theme.h"
#include "tui/wait.h"

typedef struct Highlights Highlights;

/* wait is woken when colours have come; it must outlive the object. */
Highlights *highlights_new(Wait *wait);
void highlights_free(Highlights *highlights); /* waits for the text under work; NULL is fine */
/* The colours of a text, in order of start; NULL while they aren't there (then they are made). The text is copied. The array is
 * good until the next call. */
const Highlight *highlights_get(Highlights *highlights, Lang lang, const char *content_id, Str text, size_t *n);
/* True while something asked for is being made. */
bool highlights_busy(Highlights *highlights);

Role highlight_role(HighlightRole role);

#endif
