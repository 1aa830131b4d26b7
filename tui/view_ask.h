/* Asking on the bottom line: for a text, or for yes or no. The view below stays in sight. */
#ifndef TUI_VIEW_ASK_H
#define TUI_VIEW_ASK_H

#include "tui/view.h"
#include "tui/widget_line.h"

typedef struct AskOptions {
	const char *label;        /* "reject sdpa-3f2a because:"; copied */
	Str initial;              /* what stands there already */
	bool required;            /* an empty text isn't kept; required_why says so */
	const char *required_why; /* "say why: a rejection without a reason helps nobody"; static storage */
	const Str *quotes;        /* that C-q puts in, one after the other; copied */
	size_t n_quotes;
	LineHistory *history; /* may be NULL; what is kept is added to it; must outlive the view */
	View *owner;          /* below it on the stack */
	AnswerFn answer;      /* called after the line is closed */
	AnswerFn changed;     /* called with kept false whenever the text changes (search as you type); may be NULL */
} AskOptions;

/* One line: Enter keeps it, Esc leaves everything as it was, C-e opens it in the editor, where it may get several lines. */
View *view_ask_new(const AskOptions *options);

/* A question answered by yes (answer with kept true) or no; any other action is a no. With a body (lines; NULL: none) that
 * is shown over the view below. Both are copied. */
View *view_confirm_new(const char *label, const char *body, View *owner, AnswerFn answer);

#endif
