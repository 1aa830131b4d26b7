/* Swift expressions as they are read by the language, not by the grammar: inside the Swift lowering only.
 *
 * A run is everything between two brackets, commas or statement ends. Its syntax nodes are flattened to items in source
 * order (operands, operators, suffixes) and built again: suffixes bind to the operand on their left, then prefix
 * operators, then infix operators by precedence group. What stands inside brackets and closures stays in the syntax
 * tree and is read when it is met. Precedences: the Swift standard library's and those declared by MLX. */
#ifndef CORE_FLOW_SWIFT_TOKENS_H
#define CORE_FLOW_SWIFT_TOKENS_H

#include "core/syntax.h"

typedef enum ExKind {
	EX_MISSING,  /* an operand the text doesn't have */
	EX_ATOM,     /* syn: identifier, literal, bracketed expression, closure, if/switch; or an operator as a value */
	EX_KEY_PATH, /* syn: its root; span holds all of it */
	EX_IMPLICIT, /* .name */
	EX_MEMBER,   /* a.name */
	EX_CALL,     /* a(args), with closures behind; syn: the arguments, or 0 */
	EX_INDEX,    /* a[args]; syn: the arguments */
	EX_FORCE,    /* a! */
	EX_CHAIN,    /* a? */
	EX_PREFIX,   /* name: operator; a */
	EX_POSTFIX,  /* name: operator; a */
	EX_BINARY,   /* name: operator; a, b */
	EX_ASSIGN,   /* name: operator; a, b */
	EX_TERNARY,  /* a ? b : c */
	EX_CAST,     /* name: as, as?, as!, is; a; syn: the type, or 0 */
	EX_TRY       /* name: try, try?, try!, await; a */
} ExKind;

typedef struct ExClosure {
	Str label; /* empty for the first trailing closure */
	SynId syn; /* lambda_literal */
} ExClosure;

typedef struct Ex Ex;
struct Ex {
	uint8_t kind; /* ExKind */
	Span span;
	Span head; /* of the name or the operator */
	Str name;
	SynId syn;
	Ex *a, *b, *c;
	ExClosure *closures; /* EX_CALL */
	size_t n_closures;
	Ex *then; /* what the grammar glued to this expression but is a statement of its own, or NULL */
};

typedef struct ExRun {
	Ex *ex;            /* never NULL */
	uint32_t n_nodes;  /* syntax nodes of expressions that were read */
	uint32_t n_errors; /* ERROR nodes skipped */
} ExRun;

/* Reads the run whose outermost node is syn. Everything made lies in the arena. */
ExRun swift_read(const SyntaxTree *tree, SynId syn, Arena *arena);

/* Whether a node is no part of any program text: comments, blanked directives. */
bool swift_is_trivia(const SyntaxTree *tree, SynId syn);

/* A value_argument's parts: label (empty when none) and the expression's node (0 when the grammar has none). */
typedef struct SwiftArg {
	Str label;
	SynId value;
} SwiftArg;
/* The arguments in a value_arguments, tuple_expression or array_literal node; the array is in the arena. */
SwiftArg *swift_args(const SyntaxTree *tree, SynId syn, Arena *arena, size_t *n);

#endif
