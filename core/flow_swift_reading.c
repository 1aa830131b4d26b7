#include "core/posix.h"

#include "core/flow_swift.h"
#include "core/flow_swift_tokens.h"

/* Prints expressions with every operator in parentheses, which is what tests compare. */

typedef struct Printer {
	const SyntaxTree *tree;
	Arena *arena;
	Buf out;
	unsigned depth;
} Printer;

enum { PRINT_MAX_DEPTH = 200 };

static void print_ex(Printer *p, const Ex *ex);

static void print_list(Printer *p, SynId syn, char open, char close) {
	size_t n = 0;
	SwiftArg *args = syn ? swift_args(p->tree, syn, p->arena, &n) : NULL;
	buf_putc(&p->out, open);
	for (size_t i = 0; i < n; i++) {
		if (i) buf_puts(&p->out, ", ");
		if (args[i].label.len) buf_printf(&p->out, "%.*s: ", STR_ARG(args[i].label));
		if (args[i].value) print_ex(p, swift_read(p->tree, args[i].value, p->arena).ex);
	}
	buf_putc(&p->out, close);
}

static void print_lambda(Printer *p, SynId syn) {
	SynId body = syntax_find(p->tree, syn, SYN_STATEMENTS);
	buf_puts(&p->out, "{ ");
	for (SynId s = body ? syntax_named_child(p->tree, body) : 0; s; s = syntax_named_next(p->tree, s)) {
		print_ex(p, swift_read(p->tree, s, p->arena).ex);
		buf_puts(&p->out, " ");
	}
	buf_puts(&p->out, "}");
}

/* A tuple or an array; arguments too, where the grammar took a prefix operator for the callee. */
static void print_bracketed(Printer *p, const Ex *ex) {
	size_t n = 0;
	bool square = p->tree->text.ptr[ex->span.start] == '[';
	SwiftArg *args = swift_args(p->tree, ex->syn, p->arena, &n);
	if (!square && n == 1 && !args[0].label.len) {
		print_ex(p, swift_read(p->tree, args[0].value, p->arena).ex);
	} else {
		print_list(p, ex->syn, square ? '[' : '(', square ? ']' : ')');
	}
}

static void print_atom(Printer *p, const Ex *ex) {
	SyntaxKind kind = (SyntaxKind)p->tree->nodes[ex->syn].kind;
	switch (kind) {
	case SYN_TUPLE_EXPRESSION:
	case SYN_VALUE_ARGUMENTS:
	case SYN_ARRAY_LITERAL: print_bracketed(p, ex); return;
	case SYN_LAMBDA_LITERAL: print_lambda(p, ex->syn); return;
	default: buf_str(&p->out, (Str) { p->tree->text.ptr + ex->span.start, ex->span.end - ex->span.start });
	}
}

static void print_call(Printer *p, const Ex *ex) {
	print_ex(p, ex->a);
	if (ex->syn || !ex->n_closures) print_list(p, ex->syn, '(', ')');
	for (size_t i = 0; i < ex->n_closures; i++) {
		buf_puts(&p->out, " ");
		if (ex->closures[i].label.len) buf_printf(&p->out, "%.*s: ", STR_ARG(ex->closures[i].label));
		print_lambda(p, ex->closures[i].syn);
	}
}

static void print_infix(Printer *p, const Ex *ex) {
	buf_puts(&p->out, "(");
	print_ex(p, ex->a);
	buf_printf(&p->out, " %.*s ", STR_ARG(ex->name));
	print_ex(p, ex->b);
	if (ex->kind == EX_TERNARY) {
		buf_puts(&p->out, " : ");
		print_ex(p, ex->c);
	}
	buf_puts(&p->out, ")");
}

static void print_prefix(Printer *p, const Ex *ex) {
	buf_printf(&p->out, "(%.*s%s", STR_ARG(ex->name), ex->kind == EX_TRY ? " " : "");
	print_ex(p, ex->a);
	buf_puts(&p->out, ")");
}

static void print_kind(Printer *p, const Ex *ex) {
	switch ((ExKind)ex->kind) {
	case EX_MISSING: buf_puts(&p->out, "<missing>"); break;
	case EX_ATOM:
	case EX_KEY_PATH: print_atom(p, ex); break;
	case EX_IMPLICIT: buf_printf(&p->out, ".%.*s", STR_ARG(ex->name)); break;
	case EX_MEMBER:
		print_ex(p, ex->a);
		buf_printf(&p->out, ".%.*s", STR_ARG(ex->name));
		break;
	case EX_CALL: print_call(p, ex); break;
	case EX_INDEX:
		print_ex(p, ex->a);
		print_list(p, ex->syn, '[', ']');
		break;
	case EX_FORCE:
	case EX_CHAIN:
		print_ex(p, ex->a);
		buf_puts(&p->out, ex->kind == EX_FORCE ? "!" : "?");
		break;
	case EX_PREFIX:
	case EX_TRY: print_prefix(p, ex); break;
	case EX_POSTFIX:
		buf_puts(&p->out, "(");
		print_ex(p, ex->a);
		buf_printf(&p->out, "%.*s)", STR_ARG(ex->name));
		break;
	case EX_CAST:
		buf_puts(&p->out, "(");
		print_ex(p, ex->a);
		buf_puts(&p->out, " ");
		buf_str(&p->out, ex->name);
		if (ex->syn) buf_printf(&p->out, " %.*s", STR_ARG(syntax_text(p->tree, ex->syn)));
		buf_puts(&p->out, ")");
		break;
	case EX_BINARY:
	case EX_ASSIGN:
	case EX_TERNARY: print_infix(p, ex); break;
	}
}

static void print_ex(Printer *p, const Ex *ex) {
	if (p->depth >= PRINT_MAX_DEPTH) return;
	p->depth++;
	print_kind(p, ex);
	p->depth--;
}

/* The first statement's expression, or the initial value when it is a declaration. */
static SynId first_expression(const SyntaxTree *t) {
	SynId s = syntax_named_child(t, 0);
	if (s && t->nodes[s].kind == SYN_PROPERTY_DECLARATION) return syntax_field(t, s, SYNF_VALUE);
	return s;
}

Str flow_swift_reading(const SyntaxTree *tree, Arena *arena) {
	Printer p = { .tree = tree, .arena = arena };
	SynId syn = first_expression(tree);
	for (const Ex *ex = syn ? swift_read(tree, syn, arena).ex : NULL; ex; ex = ex->then) {
		print_ex(&p, ex);
		if (ex->then) buf_puts(&p.out, "; ");
	}
	Str result = arena_str(arena, buf_view(&p.out));
	buf_done(&p.out);
	return result;
}
