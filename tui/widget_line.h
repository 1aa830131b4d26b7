/* One line being typed: a buffer with a cursor, fed key by key. Knows nothing of a screen until it is drawn. */
#ifndef TUI_WIDGET_LINE_H
#define TUI_WIDGET_LINE_H

#include "tui/grid.h"
#include "tui/keys.h"

/* What was typed before, newest last; at most 100 lines. All-zero is empty. */
typedef struct LineHistory {
	char **at;
	size_t n, cap;
} LineHistory;

typedef struct LineEdit {
	Buf text;      /* valid UTF-8 without newlines, at most LINE_MAX_BYTES */
	size_t cursor; /* byte offset, at a character boundary */
	int left;      /* cells scrolled away at the left, settled by line_draw */
	const LineHistory *history;
	size_t at;   /* position in the history; history->n is the line being typed */
	char *typed; /* the line being typed, while an older one is shown */
} LineEdit;
#define LINE_MAX_BYTES ((size_t)64 << 10)

void line_init(LineEdit *line, Str text, const LineHistory *history); /* cursor at the end; history may be NULL */
void line_done(LineEdit *line);
Str line_text(const LineEdit *line);
void line_set(LineEdit *line, Str text);
/* Takes a key that edits: characters, BS, Del, C-h, C-w (word before), C-u (to the start), C-k (to the end), Left, Right, C-Left,
 * C-Right, M-b, M-f, Home, C-a, End, and Up, Down through the history. False when the key isn't one of these. */
bool line_key(LineEdit *line, Key key);
/* Puts pasted text in; newlines and tabs become single blanks, bytes that aren't UTF-8 are dropped. */
void line_paste(LineEdit *line, Str text);
/* Draws into the one row of rect, scrolled so that the cursor is in it, and sets the grid's cursor. */
void line_draw(LineEdit *line, Grid *grid, Rect rect, Style style);

/* Remembers a line (not an empty one, and not the same twice in a row). */
void line_remember(LineHistory *history, Str text);
void line_history_done(LineHistory *history);

#endif
