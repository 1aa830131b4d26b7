/* Source code in a pane: line numbers, two columns of marks, syntax colours, tabs, wide characters. Draws only; what a line
 * means (its mark, its ground) is asked of the caller. */
#ifndef TUI_CODE_H
#define TUI_CODE_H

#include "core/syntax.h"
#include "tui/grid.h"

typedef struct CodeText {
	Str text;
	const uint32_t *line_starts; /* offset of each line */
	uint32_t n_lines;
	uint32_t first;           /* number of its first line, from 1 (an excerpt begins elsewhere) */
	const Highlight *colours; /* NULL: plain */
	size_t n_colours;
	int dedent; /* blanks at the beginning that are left out, where a line has as many */
} CodeText;

/* How one line looks. */
typedef struct CodeLook {
	const char *span; /* one cell before the code: part of what is spoken of; or NULL */
	Role span_role;
	const char *mark; /* one cell more: how the line is answered elsewhere; or NULL */
	Role mark_role;
	Ground ground;
	bool here; /* the cursor's line: its number stands out */
} CodeLook;
typedef CodeLook (*CodeLookFn)(const void *context, uint32_t line);

CodeText code_of_file(const SourceFile *file);
/* An excerpt that begins with line `first`; the line starts lie in the arena. */
CodeText code_of_excerpt(Str text, uint32_t first, Arena *arena);

/* Draws lines from number `top` on, the code scrolled by `left` cells. */
void code_draw(
    Grid *grid, Rect rect, const CodeText *text, uint32_t top, int left, CodeLookFn look, const void *context);
/* The blanks (in cells) that all lines of a part have at their beginning, empty lines aside; numbers count as the text's. */
int code_indent(const CodeText *text, uint32_t first, uint32_t last);
/* One line as coloured runs with tabs expanded, in the arena. number counts as the text's do. */
Run *code_runs(const CodeText *text, uint32_t number, Arena *arena, size_t *n);

#endif
