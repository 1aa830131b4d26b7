/* Text laid out in lines for a width: cards, replies of a model, long messages. Wraps at blanks with a hanging indent, keeps
 * styles, and is drawn from any line on. Everything lies in its arena. */
#ifndef TUI_DOC_H
#define TUI_DOC_H

#include "tui/grid.h"

typedef struct DocLine {
	Run *runs;
	size_t n;
	int indent; /* cells before the first run */
} DocLine;

typedef struct Doc {
	Arena arena;
	struct {
		DocLine *at;
		size_t n, cap;
	} lines;
	int width;
} Doc;

void doc_start(Doc *doc, int width); /* empties it; width in cells */
void doc_done(Doc *doc);

/* One paragraph of runs, wrapped; the first line begins at cell `first`, the others at `rest`. Texts are copied and made
 * visible; newlines in them begin a new line. */
void doc_runs(Doc *doc, int first, int rest, const Run *runs, size_t n);
void doc_text(Doc *doc, int indent, Style style, Str text);
/* "For      text", the label in its style in `room` cells; the text hangs behind it. An empty label only indents. */
void doc_label(Doc *doc, const char *label, int room, Style label_style, Style style, Str text);
void doc_blank(Doc *doc); /* an empty line, unless there is one already or nothing before it */
/* A Markdown text: headings, paragraphs, lists, quotes, code as it stands. */
void doc_markdown(Doc *doc, int indent, Str text);

/* Draws lines from `top` on into rect. */
void doc_draw(const Doc *doc, Grid *grid, Rect rect, size_t top, Ground ground);

#endif
