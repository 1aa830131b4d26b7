#include "core/posix.h"

#include "core/syntax.h"

/* Reading the flat trees of syntax.h; nothing here knows the parser. */

#define SYNTAX_X(enumerator, name) name,
static const char *const kind_names[] = { "nothing", "ERROR", "token", SYNTAX_KINDS(SYNTAX_X) };
#undef SYNTAX_X

const char *syntax_kind_name(SyntaxKind kind) {
	return (unsigned)kind < BASE_COUNT(kind_names) ? kind_names[kind] : "nothing";
}

SynId syntax_child(const SyntaxTree *tree, SynId node) { return tree->nodes[node].next > node + 1 ? node + 1 : 0; }

SynId syntax_next(const SyntaxTree *tree, SynId node) {
	if (!node) return 0;
	SynId after = tree->nodes[node].next;
	return after < tree->nodes[tree->nodes[node].parent].next ? after : 0;
}

static SynId first_named(const SyntaxTree *tree, SynId node) {
	for (; node; node = syntax_next(tree, node)) {
		const SyntaxNode *n = &tree->nodes[node];
		bool comment = n->kind == SYN_COMMENT || n->kind == SYN_MULTILINE_COMMENT || n->kind == SYN_LINE_CONTINUATION;
		if (n->named && !comment) return node;
	}
	return 0;
}

SynId syntax_named_child(const SyntaxTree *tree, SynId node) { return first_named(tree, syntax_child(tree, node)); }
SynId syntax_named_next(const SyntaxTree *tree, SynId node) { return first_named(tree, syntax_next(tree, node)); }

SynId syntax_field(const SyntaxTree *tree, SynId node, SyntaxField field) {
	SynId child = syntax_child(tree, node);
	while (child && tree->nodes[child].field != field) child = syntax_next(tree, child);
	return child;
}

SynId syntax_find(const SyntaxTree *tree, SynId node, SyntaxKind kind) {
	SynId child = syntax_child(tree, node);
	while (child && tree->nodes[child].kind != kind) child = syntax_next(tree, child);
	return child;
}

bool syntax_has_token(const SyntaxTree *tree, SynId node, const char *token) {
	for (SynId child = syntax_child(tree, node); child; child = syntax_next(tree, child)) {
		if (tree->nodes[child].kind == SYN_TOKEN && str_is(syntax_text(tree, child), token)) return true;
	}
	return false;
}

Str syntax_text(const SyntaxTree *tree, SynId node) {
	if (node >= tree->n) return STR_NONE;
	return str_sub(tree->text, tree->nodes[node].span.start, tree->nodes[node].span.end);
}

SynId syntax_at(const SyntaxTree *tree, Span span) {
	if (span.end <= span.start) span.end = span.start + 1; /* the node behind the point, not the one before */
	SynId node = 0;
	for (SynId child = syntax_child(tree, 0); child;) {
		Span s = tree->nodes[child].span;
		if (s.start <= span.start && span.end <= s.end) {
			node = child;
			child = syntax_child(tree, child);
		} else {
			child = s.start <= span.start ? syntax_next(tree, child) : 0;
		}
	}
	return node;
}
