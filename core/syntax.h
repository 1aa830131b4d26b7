/* Concrete syntax: parsing with tree-sitter, and the trees the rest of the program reads.
 *
 * The parser's tree is copied into a flat array in preorder, so that nobody but syntax.c knows tree-sitter, trees are
 * cheap to walk from any thread, and the parser's memory is gone after parsing. Never lowers or judges anything.
 *
 * `#if` in Swift destroys classes in this grammar, so directive lines are overwritten by spaces in a copy of the same
 * length before parsing; the arms are kept as SyntaxCondition. When that copy has more errors than one in which every
 * arm but the first is blanked too, the latter is used and the skipped arms are counted. `nonisolated(unsafe)`, and
 * `sending` before a type, which it doesn't know, are blanked likewise. */
#ifndef CORE_SYNTAX_H
#define CORE_SYNTAX_H

#include "core/source.h"
#include "core/syntax_kinds.h"

#define SYNTAX_X(enumerator, name) enumerator,
typedef enum SyntaxKind {
	SYN_NOTHING,
	SYN_ERROR, /* the grammar could not make sense of this span */
	SYN_TOKEN, /* anonymous: a keyword, bracket or operator; compare its text */
	SYNTAX_KINDS(SYNTAX_X) SYN_COUNT
} SyntaxKind;
typedef enum SyntaxField { SYNF_NOTHING, SYNTAX_FIELDS(SYNTAX_X) SYNF_COUNT } SyntaxField;
#undef SYNTAX_X

/* Index into SyntaxTree.nodes. 0 is the root, which is nobody's child, so 0 also says "none" of a child or sibling. */
typedef uint32_t SynId;

typedef struct SyntaxNode {
	uint16_t kind; /* SyntaxKind */
	uint8_t field; /* SyntaxField under which the parent holds it */
	bool named : 1;
	bool missing : 1;   /* inserted by the parser to recover; its span is empty */
	bool has_error : 1; /* an ERROR or MISSING node lies in this subtree (or it is one) */
	Span span;
	SynId parent;
	SynId next; /* index after the subtree: the following sibling, if that is still inside the parent */
} SyntaxNode;

typedef struct SyntaxCondition {
	Span span; /* the arm's lines, directive lines excluded */
	Str text;  /* "os(iOS)", "!(os(iOS))" for an #else, "canImport(X)" for an #elseif (with what came before negated) */
	uint32_t group; /* arms of one #if share it */
	bool skipped;   /* blanked: not in the tree */
} SyntaxCondition;

typedef struct SyntaxTree {
	Lang lang;
	Str text; /* the bytes as parsed: directive lines blanked, else equal to the file's; same length */
	SyntaxNode *nodes;
	uint32_t n;
	uint32_t n_errors; /* ERROR and MISSING nodes */
	SyntaxCondition *conditions;
	size_t n_conditions;
} SyntaxTree;

/* Parses text (borrowed; must outlive the tree) into arena. Only fails when cancelled: *cancel (may be NULL) is polled
 * while parsing. Safe from several threads at once. */
bool syntax_parse(Lang lang, Str text, const volatile bool *cancel, Arena *arena, SyntaxTree *out);

SynId syntax_child(const SyntaxTree *tree, SynId node);       /* first child, or 0 */
SynId syntax_next(const SyntaxTree *tree, SynId node);        /* next sibling, or 0 */
SynId syntax_named_child(const SyntaxTree *tree, SynId node); /* first named child that is no comment, or 0 */
SynId syntax_named_next(const SyntaxTree *tree, SynId node);
SynId syntax_field(const SyntaxTree *tree, SynId node, SyntaxField field);    /* first child under the field, or 0 */
SynId syntax_find(const SyntaxTree *tree, SynId node, SyntaxKind kind);       /* first child of the kind, or 0 */
bool syntax_has_token(const SyntaxTree *tree, SynId node, const char *token); /* an anonymous child with that text */
Str syntax_text(const SyntaxTree *tree, SynId node);
const char *syntax_kind_name(SyntaxKind kind);
/* A named node type or field of the linked grammar that syntax_kinds.h doesn't have, or NULL when it has all. */
const char *syntax_unlisted(Lang lang);
/* The smallest node that spans the bytes. */
SynId syntax_at(const SyntaxTree *tree, Span span);

/* Syntax colours: spans in order of start, not overlapping (the inner capture wins). */
typedef enum HighlightRole {
	HIGHLIGHT_NONE,
	HIGHLIGHT_KEYWORD,
	HIGHLIGHT_TYPE,
	HIGHLIGHT_FUNCTION,
	HIGHLIGHT_PROPERTY,
	HIGHLIGHT_VARIABLE,
	HIGHLIGHT_STRING,
	HIGHLIGHT_NUMBER,
	HIGHLIGHT_COMMENT,
	HIGHLIGHT_OPERATOR,
	HIGHLIGHT_ATTRIBUTE,
	HIGHLIGHT_CONSTANT,
	HIGHLIGHT_COUNT
} HighlightRole;
typedef struct Highlight {
	Span span;
	HighlightRole role;
} Highlight;
/* By the grammar's own highlight query, compiled: that takes a fifth of a second for Swift, so make one a language and
 * program, away from the thread that answers keys. NULL when the query isn't embedded. Running it is safe from several
 * threads at once and takes some milliseconds a file. */
typedef struct Highlighter Highlighter;
Highlighter *highlighter_new(Lang lang);
void highlighter_free(Highlighter *highlighter); /* NULL is fine */
/* Returns the arena array and its length; nothing for a NULL highlighter. */
Highlight *highlighter_run(const Highlighter *highlighter, Str text, Arena *arena, size_t *n);
/* All of it at once, for a single text. */
Highlight *syntax_highlight(Lang lang, Str text, Arena *arena, size_t *n);

#endif
