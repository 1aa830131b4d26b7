#include "core/posix.h"

#include "core/flow_swift_tokens.h"

#include "core/flow_swift_items.h"

#include <stdlib.h>
#include <string.h>

/* ---- flattening ---- */

bool swift_is_trivia(const SyntaxTree *tree, SynId syn) {
	switch ((SyntaxKind)tree->nodes[syn].kind) {
	case SYN_COMMENT:
	case SYN_MULTILINE_COMMENT:
	case SYN_DIRECTIVE:
	case SYN_DIAGNOSTIC: return true;
	default: return false;
	}
}

/* Nodes that say how the grammar grouped a run, which is what must not be believed. */
static bool is_grouping(SyntaxKind kind) {
	switch (kind) {
	case SYN_ADDITIVE_EXPRESSION:
	case SYN_AS_EXPRESSION:
	case SYN_ASSIGNMENT:
	case SYN_AWAIT_EXPRESSION:
	case SYN_BITWISE_OPERATION:
	case SYN_CALL_EXPRESSION:
	case SYN_CALL_SUFFIX:
	case SYN_CHECK_EXPRESSION:
	case SYN_COMPARISON_EXPRESSION:
	case SYN_CONJUNCTION_EXPRESSION:
	case SYN_CONSTRUCTOR_EXPRESSION:
	case SYN_CONSTRUCTOR_SUFFIX:
	case SYN_DIRECTLY_ASSIGNABLE_EXPRESSION:
	case SYN_DISJUNCTION_EXPRESSION:
	case SYN_EQUALITY_EXPRESSION:
	case SYN_EXPRESSION:
	case SYN_INFIX_EXPRESSION:
	case SYN_MULTIPLICATIVE_EXPRESSION:
	case SYN_NAVIGATION_EXPRESSION:
	case SYN_NIL_COALESCING_EXPRESSION:
	case SYN_OPEN_END_RANGE_EXPRESSION:
	case SYN_OPEN_START_RANGE_EXPRESSION:
	case SYN_POSTFIX_EXPRESSION:
	case SYN_PREFIX_EXPRESSION:
	case SYN_RANGE_EXPRESSION:
	case SYN_TERNARY_EXPRESSION:
	case SYN_TRY_EXPRESSION: return true;
	default: return false;
	}
}

static Item *add_item(Reader *r, ItemKind kind, SynId syn) {
	Item *item = &VEC_PUSH(r->items);
	item->kind = (uint8_t)kind;
	item->syn = syn;
	item->span = r->tree->nodes[syn].span;
	item->text = syntax_text(r->tree, syn);
	return item;
}

static bool newline_between(const Reader *r, uint32_t from, uint32_t to) {
	for (uint32_t i = from; i < to; i++) {
		if (r->tree->text.ptr[i] == '\n') return true;
	}
	return false;
}

/* In Swift neither ( nor [ continues an expression from the line before; the grammar lets them. */
static void add_args(Reader *r, SynId syn) {
	uint32_t end = r->items.n ? r->items.at[r->items.n - 1].span.end : 0;
	bool breaks = r->items.n && newline_between(r, end, r->tree->nodes[syn].span.start);
	add_item(r, ITEM_ARGS, syn)->breaks = breaks;
}

static void add_member(Reader *r, SynId suffix) {
	const SyntaxTree *t = r->tree;
	SynId name = syntax_named_child(t, suffix);
	Item *item = add_item(r, ITEM_MEMBER, suffix);
	item->text = name ? syntax_text(t, name) : STR_NONE;
	if (name) item->span = t->nodes[name].span;
}

/* `MLX.Foo<T>` as the callee of a construction: a name and its members; generic arguments say nothing here. */
static void add_user_type(Reader *r, SynId type) {
	bool first = true;
	for (SynId c = syntax_child(r->tree, type); c; c = syntax_next(r->tree, c)) {
		if (r->tree->nodes[c].kind != SYN_TYPE_IDENTIFIER) continue;
		add_item(r, first ? ITEM_NAME : ITEM_MEMBER, c);
		first = false;
	}
}

static void add_token(Reader *r, SynId syn) {
	Str text = syntax_text(r->tree, syn);
	SyntaxKind parent = (SyntaxKind)r->tree->nodes[r->tree->nodes[syn].parent].kind;
	if (parent == SYN_CALL_SUFFIX || parent == SYN_CONSTRUCTOR_SUFFIX) return; /* the colon of a closure's label */
	if (str_is(text, "await")) {
		add_item(r, ITEM_TRY, syn);
	} else if (str_is(text, "is") && parent == SYN_CHECK_EXPRESSION) {
		add_item(r, ITEM_CAST, syn)->syn = 0;
	} else if (str_is(text, "nil")) {
		add_item(r, ITEM_ATOM, syn);
	} else {
		add_item(r, ITEM_OP, syn);
	}
}

static bool is_suffix(SyntaxKind kind) { return kind == SYN_CALL_SUFFIX || kind == SYN_CONSTRUCTOR_SUFFIX; }

static void add_operand(Reader *r, SynId syn, SyntaxKind kind, SyntaxKind parent) {
	Item *last = r->items.n ? &r->items.at[r->items.n - 1] : NULL;
	bool cast = parent == SYN_AS_EXPRESSION || parent == SYN_CHECK_EXPRESSION;
	if (cast && last && last->kind == ITEM_CAST && !last->syn) { /* the type */
		last->syn = syn;
		last->span.end = r->tree->nodes[syn].span.end;
	} else if (is_suffix(parent) && kind == SYN_LAMBDA_LITERAL) {
		add_item(r, ITEM_CLOSURE, syn)->text = r->label;
		r->label = STR_NONE;
	} else if (is_suffix(parent) && kind == SYN_SIMPLE_IDENTIFIER) {
		r->label = syntax_text(r->tree, syn);
	} else if (kind == SYN_SIMPLE_IDENTIFIER) {
		add_item(r, ITEM_NAME, syn);
	} else if (kind == SYN_USER_TYPE && (parent == SYN_CONSTRUCTOR_EXPRESSION || parent == SYN_NAVIGATION_EXPRESSION)) {
		add_user_type(r, syn);
	} else {
		add_item(r, ITEM_ATOM, syn);
	}
}

/* Adds a node's own item; true when its children are to be looked at. */
static bool flatten_node(Reader *r, SynId syn, SynId root) {
	const SyntaxNode *node = &r->tree->nodes[syn];
	SyntaxKind kind = (SyntaxKind)node->kind;
	SyntaxKind parent = syn == root ? SYN_NOTHING : (SyntaxKind)r->tree->nodes[node->parent].kind;
	if (kind == SYN_ERROR) {
		r->n_errors++;
		return false;
	}
	if (swift_is_trivia(r->tree, syn) || node->missing || node->span.start == node->span.end) return false;
	r->n_nodes += node->named && !is_suffix(kind);
	if (is_grouping(kind)) return true;
	switch (kind) {
	case SYN_NAVIGATION_SUFFIX: add_member(r, syn); break;
	case SYN_VALUE_ARGUMENTS: add_args(r, syn); break;
	case SYN_BANG:
	case SYN_CUSTOM_OPERATOR: add_item(r, ITEM_OP, syn); break;
	case SYN_TRY_OPERATOR: add_item(r, ITEM_TRY, syn); break;
	case SYN_AS_OPERATOR: add_item(r, ITEM_CAST, syn)->syn = 0; break;
	case SYN_TOKEN: add_token(r, syn); break;
	default: add_operand(r, syn, kind, parent);
	}
	return false;
}

static void flatten(Reader *r, SynId root) {
	SynId end = r->tree->nodes[root].next;
	for (SynId i = root; i < end;) i = flatten_node(r, i, root) ? i + 1 : r->tree->nodes[i].next;
}

/* `A.B<Int>.make()` is flattened as comparisons: without blanks around it, <...> before a dot or a bracket is generic. */
static bool is_generic_item(const Item *item) {
	return item->kind == ITEM_NAME || item->kind == ITEM_MEMBER || item->kind == ITEM_ATOM ||
	       (item->kind == ITEM_OP && (str_is(item->text, "?") || str_is(item->text, ".")));
}

static size_t generic_end(const Reader *r, size_t open) {
	const Item *at = r->items.at;
	if (open == 0 || at[open].kind != ITEM_OP || !str_is(at[open].text, "<") ||
	    at[open].span.start != at[open - 1].span.end) {
		return 0;
	}
	for (size_t i = open + 1; i + 1 < r->items.n && at[i].span.start == at[i - 1].span.end; i++) {
		if (at[i].kind == ITEM_OP && str_is(at[i].text, ">")) return at[i + 1].span.start <= at[i].span.end + 1 ? i : 0;
		if (!is_generic_item(&at[i])) return 0;
	}
	return 0;
}

static void drop_generics(Reader *r) {
	for (size_t i = 1; i < r->items.n; i++) {
		size_t end = generic_end(r, i);
		const Item *after = end ? &r->items.at[end + 1] : NULL;
		bool goes_on = after && (after->kind == ITEM_ARGS || after->kind == ITEM_MEMBER ||
		                            (after->kind == ITEM_OP && str_is(after->text, ".")));
		if (!goes_on || newline_between(r, r->items.at[end].span.end, after->span.start)) continue;
		memmove(&r->items.at[i], &r->items.at[end + 1], (r->items.n - end - 1) * sizeof *r->items.at);
		r->items.n -= end + 1 - i;
	}
}

ExRun swift_read(const SyntaxTree *tree, SynId syn, Arena *arena) {
	Reader r = { .tree = tree, .arena = arena };
	flatten(&r, syn);
	drop_generics(&r);
	ExRun run = { .ex = swift_group(&r), .n_nodes = r.n_nodes, .n_errors = r.n_errors };
	if (run.ex->kind == EX_MISSING) run.ex->span = tree->nodes[syn].span;
	VEC_FREE(r.items);
	return run;
}

/* ---- bracketed lists ---- */

static SwiftArg arg_of(const SyntaxTree *t, SynId syn) {
	SwiftArg arg = { STR_NONE, 0 };
	SynId label = syntax_field(t, syn, SYNF_NAME);
	if (label) arg.label = syntax_text(t, label);
	arg.value = syntax_field(t, syn, SYNF_VALUE);
	if (arg.value) return arg;
	for (SynId c = syntax_child(t, syn); c; c = syntax_next(t, c)) { /* `+`, nil: tokens stand under no field */
		if (c != label && !str_is(syntax_text(t, c), ":") && !swift_is_trivia(t, c)) arg.value = c;
	}
	return arg;
}

static bool is_bracket(Str text) {
	return str_is(text, "(") || str_is(text, ")") || str_is(text, "[") || str_is(text, "]");
}

SwiftArg *swift_args(const SyntaxTree *t, SynId syn, Arena *arena, size_t *n) {
	VEC(SwiftArg) args = { 0 };
	Str label = STR_NONE;
	for (SynId c = syntax_child(t, syn); c; c = syntax_next(t, c)) {
		const SyntaxNode *node = &t->nodes[c];
		Str text = syntax_text(t, c);
		if (swift_is_trivia(t, c) || node->kind == SYN_ERROR || node->missing) continue;
		if (node->kind == SYN_TOKEN && (is_bracket(text) || str_is(text, ",") || str_is(text, ":"))) continue;
		if (node->kind == SYN_VALUE_ARGUMENT) {
			SwiftArg arg = arg_of(t, c);
			VEC_PUSH(args) = arg;
		} else if (node->field == SYNF_NAME) {
			label = text; /* a tuple's label */
		} else {
			SwiftArg arg = { label, c };
			VEC_PUSH(args) = arg;
			label = STR_NONE;
		}
	}
	*n = args.n;
	return VEC_TO_ARENA(args, arena);
}
