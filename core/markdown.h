/* CommonMark texts: cards, model replies, exports. The only file that includes cmark.
 *
 * A text becomes a flat array of nodes in preorder, like a syntax tree, with the lines they came from, so that a card's
 * errors can name a line and a terminal can lay it out. Never renders for a terminal, and judges no contents. */
#ifndef CORE_MARKDOWN_H
#define CORE_MARKDOWN_H

#include "core/base.h"

typedef enum MarkdownKind {
	MARKDOWN_DOCUMENT,
	/* blocks */
	MARKDOWN_QUOTE,
	MARKDOWN_LIST, /* number: what an ordered one begins with, else -1 */
	MARKDOWN_ITEM,
	MARKDOWN_CODE_BLOCK, /* text: contents; info: info string ("swift"); text_line: where the contents begin */
	MARKDOWN_HTML_BLOCK, /* text: as written */
	MARKDOWN_PARAGRAPH,
	MARKDOWN_HEADING, /* number: 1 to 6 */
	MARKDOWN_RULE,
	/* inlines */
	MARKDOWN_TEXT,       /* text, escapes and entities resolved */
	MARKDOWN_SOFT_BREAK, /* a line end in the source: a blank, or a line end where lines are not filled */
	MARKDOWN_LINE_BREAK, /* one that is meant */
	MARKDOWN_CODE,       /* text */
	MARKDOWN_HTML,       /* text: a tag, as written */
	MARKDOWN_EMPHASIS,
	MARKDOWN_STRONG,
	MARKDOWN_LINK, /* info: where to; its title, if any, is left out */
	MARKDOWN_IMAGE /* info: where it is; the children are what to say instead */
} MarkdownKind;

typedef struct MarkdownNode {
	MarkdownKind kind;
	int number;
	bool tight;          /* of a list: no blank lines between items */
	Str text, info;      /* in the arena */
	uint32_t line, last; /* first and last line of the block, from 1; of an inline those of its block */
	uint32_t text_line;  /* line of a code block's first line of contents */
	uint32_t parent;     /* index; 0 is the document */
	uint32_t next;       /* index after the subtree */
} MarkdownNode;

typedef struct Markdown {
	MarkdownNode *nodes;
	uint32_t n; /* at least 1 */
} Markdown;

/* Any bytes are a valid text. Everything lies in the arena. */
void markdown_parse(Str text, Arena *arena, Markdown *out);

/* First child or next sibling of a node, or 0. */
uint32_t markdown_child(const Markdown *markdown, uint32_t node);
uint32_t markdown_next(const Markdown *markdown, uint32_t node);
/* The words of a node and all below it, code included, breaks as blanks. */
Str markdown_plain(const Markdown *markdown, uint32_t node, Arena *arena);

typedef struct MarkdownSection {
	Str title;            /* words of the heading; empty for what stands before the first */
	uint32_t line;        /* of the heading, from 1 (of the text's start for the first part) */
	uint32_t from, to;    /* top-level nodes from..to, heading excluded: walk with markdown_next while below `to` */
	Str source;           /* the Markdown of the part, heading excluded */
	uint32_t source_line; /* where it begins */
} MarkdownSection;

/* The parts of the text between headings of that level (2 for `##`) at top level; the first is what precedes them, and is
 * there even when empty. Headings of higher levels (`#`) end no part. */
MarkdownSection *markdown_sections(const Markdown *markdown, Str text, int level, Arena *arena, size_t *n);

/* Appends HTML; raw HTML and dangerous links of the text are left out. */
void markdown_html(Str text, Buf *out);

#endif
