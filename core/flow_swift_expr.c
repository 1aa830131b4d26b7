#include "core/posix.h"

#include "core/flow_swift_lower.h"

#include <string.h>

Span swift_span(const Lower *l, SynId syn) { return l->t->nodes[syn].span; }

Str swift_text(const Lower *l, Span span) { return str_sub(l->t->text, span.start, span.end); }

bool swift_name_is(const Lower *l, const Ex *ex, const char *name) {
	(void)l;
	return ex && ex->kind == EX_ATOM && str_is(ex->name, name);
}

NodeId swift_global(Lower *l, Str name, Span span) {
	NodeId node = flow_add(l->b, NODE_GLOBAL, span, NULL, 0);
	flow_edit(l->b, node)->name = name;
	return node;
}

/* ---- operators ---- */

NodeId swift_infix(Lower *l, Str op, NodeId a, NodeId b, Span span, Span head) {
	FlowArg args[2] = { { .node = a }, { .node = b } };
	return flow_call(l->b, CALL_OPERATOR, STR_NONE, op, 0, args, b ? 2 : 1, span, head);
}

NodeId swift_operator(Lower *l, const char *op, NodeId a, NodeId b, Span span, Span head) {
	return swift_infix(l, str_of(op), a, b, span, head);
}

/* The right side runs only when the left one decides nothing. */
static NodeId short_circuit(Lower *l, const Ex *ex) {
	bool either = str_is(ex->name, "||");
	NodeId a = swift_ex(l, ex->a), condition = a;
	if (either) {
		condition = swift_operator(l, "!", a, 0, ex->a->span, ex->a->span);
		flow_edit(l->b, condition)->is_implicit = true;
	}
	FlowBranch *branch = flow_branch_begin(l->b, ex->span);
	flow_branch_arm(l->b, branch, condition, ex->b->span);
	NodeId b = swift_ex(l, ex->b);
	flow_branch_end(l->b, branch, false);
	return swift_infix(l, ex->name, a, b, ex->span, ex->head);
}

static NodeId two_arms(Lower *l, const Ex *ex, NodeId condition, const Ex *yes, NodeId yes_value, const Ex *no) {
	FlowBranch *branch = flow_branch_begin(l->b, ex->span);
	flow_branch_arm(l->b, branch, condition, yes->span);
	flow_branch_value(l->b, branch, yes_value ? yes_value : swift_ex(l, yes));
	flow_branch_arm(l->b, branch, 0, no->span);
	flow_branch_value(l->b, branch, swift_ex(l, no));
	return flow_branch_end(l->b, branch, true);
}

static NodeId coalesce(Lower *l, const Ex *ex) {
	NodeId a = swift_ex(l, ex->a);
	NodeId value = two_arms(l, ex, a, ex->a, a, ex->b);
	Origin origin = swift_origin(l, a);
	if (value != a) swift_note(l, value, swift_type_unwrapped(origin.type), origin.field);
	return value;
}

/* A closed range's end, as the first value beyond it. */
static NodeId one_more(Lower *l, NodeId end) {
	if (!end) return 0;
	FlowNode node = *flow_edit(l->b, end);
	if (node.kind == NODE_CONST && node.is_number) {
		NodeId c = flow_const_number(l->b, node.span, node.number + 1, node.is_int, node.text);
		flow_edit(l->b, c)->is_implicit = true;
		return c;
	}
	NodeId one = flow_const_number(l->b, node.span, 1, true, STR("1"));
	flow_edit(l->b, one)->is_implicit = true;
	NodeId sum = swift_operator(l, "+", end, one, node.span, node.span);
	flow_edit(l->b, sum)->is_implicit = true;
	return sum;
}

static NodeId range(Lower *l, const Ex *from, const Ex *to, Str op, Span span, Span head) {
	FlowArg args[2] = { { .node = from ? swift_ex(l, from) : 0 }, { .node = to ? swift_ex(l, to) : 0 } };
	if (str_is(op, "...")) args[1].node = one_more(l, args[1].node);
	NodeId node = flow_op(l->b, "range", span, args, args[1].node ? 2 : args[0].node ? 1 : 0);
	flow_edit(l->b, node)->head = head;
	return node;
}

static bool is_range(Str op) { return str_is(op, "..<") || str_is(op, "..."); }

static NodeId binary(Lower *l, const Ex *ex) {
	if (str_is(ex->name, "&&") || str_is(ex->name, "||")) return short_circuit(l, ex);
	if (str_is(ex->name, "??")) return coalesce(l, ex);
	if (is_range(ex->name)) return range(l, ex->a, ex->b, ex->name, ex->span, ex->head);
	NodeId a = swift_ex(l, ex->a), b = swift_ex(l, ex->b);
	return swift_infix(l, ex->name, a, b, ex->span, ex->head);
}

/* A sign before a literal is part of it. */
static bool is_number(const Lower *l, const Ex *ex) {
	if (ex->kind != EX_ATOM) return false;
	SyntaxKind kind = (SyntaxKind)l->t->nodes[ex->syn].kind;
	return kind == SYN_INTEGER_LITERAL || kind == SYN_REAL_LITERAL || kind == SYN_HEX_LITERAL ||
	       kind == SYN_OCT_LITERAL || kind == SYN_BIN_LITERAL;
}

static NodeId negative(Lower *l, const Ex *ex) {
	NodeId node = swift_ex(l, ex->a);
	FlowNode *n = flow_edit(l->b, node);
	n->number = -n->number;
	n->span = ex->span;
	n->text = swift_text(l, ex->span);
	return node;
}

static NodeId prefix(Lower *l, const Ex *ex) {
	if (str_is(ex->name, "-") && is_number(l, ex->a)) return negative(l, ex);
	if (str_is(ex->name, "&") || str_is(ex->name, "+") || str_is(ex->name, ".")) return swift_ex(l, ex->a);
	if (is_range(ex->name)) return range(l, NULL, ex->a, ex->name, ex->span, ex->head);
	return swift_infix(l, ex->name, swift_ex(l, ex->a), 0, ex->span, ex->head);
}

static NodeId cast(Lower *l, const Ex *ex) {
	NodeId value = swift_ex(l, ex->a);
	Str type = ex->syn ? syntax_text(l->t, ex->syn) : STR_NONE;
	if (!str_starts(ex->name, "is")) {
		if (!swift_origin(l, value).type.len) swift_note(l, value, type, NULL);
		return value;
	}
	FlowArg args[2] = { { .node = value },
		{ .node = swift_global(l, type, ex->syn ? swift_span(l, ex->syn) : ex->head) } };
	NodeId node = flow_add(l->b, NODE_CALL, ex->span, args, 2);
	flow_edit(l->b, node)->name = STR("is");
	flow_edit(l->b, node)->head = ex->head;
	return node;
}

/* ---- operands ---- */

static bool is_type_syntax(SyntaxKind kind) {
	switch (kind) {
	case SYN_USER_TYPE:
	case SYN_ARRAY_TYPE:
	case SYN_DICTIONARY_TYPE:
	case SYN_OPTIONAL_TYPE:
	case SYN_TUPLE_TYPE:
	case SYN_TUPLE_TYPE_ITEM:
	case SYN_FUNCTION_TYPE:
	case SYN_OPAQUE_TYPE:
	case SYN_EXISTENTIAL_TYPE:
	case SYN_METATYPE: return true;
	default: return false;
	}
}

/* What the grammar has for an operand and the graph has no form for, with what is inside it. */
static NodeId unknown(Lower *l, SynId syn, Span span) {
	VEC(FlowArg) args = { 0 };
	for (SynId c = syntax_named_child(l->t, syn); c && args.n < 32; c = syntax_named_next(l->t, c)) {
		if (swift_is_expression(l, c)) VEC_PUSH(args).node = swift_expr(l, c);
	}
	NodeId node = flow_unknown(l->b, (SyntaxKind)l->t->nodes[syn].kind, span, args.at, args.n);
	VEC_FREE(args);
	return node;
}

static NodeId self_node(Lower *l, Span span) {
	VarId shadow = flow_lookup(l->b, STR("self"));
	NodeId value = shadow ? flow_read(l->b, shadow) : 0;
	if (value) return value;
	return l->self ? l->self : swift_global(l, STR("self"), span);
}

static NodeId atom(Lower *l, const Ex *ex) {
	bool known;
	NodeId node = swift_literal(l, ex->syn, ex->span, &known);
	if (known) return node;
	SyntaxKind kind = (SyntaxKind)l->t->nodes[ex->syn].kind;
	switch (kind) {
	case SYN_SIMPLE_IDENTIFIER:
	case SYN_TYPE_IDENTIFIER: return swift_name(l, ex->name, ex->span);
	case SYN_SELF_EXPRESSION:
	case SYN_SUPER_EXPRESSION: return self_node(l, ex->span);
	case SYN_LAMBDA_LITERAL: return swift_closure(l, ex->syn);
	case SYN_IF_STATEMENT: return swift_if(l, ex->syn, true);
	case SYN_SWITCH_STATEMENT: return swift_switch(l, ex->syn, true);
	case SYN_FULLY_OPEN_RANGE: return flow_op(l->b, "range", ex->span, NULL, 0);
	case SYN_TOKEN:
		if (str_is(ex->name, "nil")) return flow_const_nil(l->b, ex->span);
		return swift_global(l, ex->name, ex->span);
	case SYN_CUSTOM_OPERATOR:
	case SYN_BANG: return swift_global(l, ex->name, ex->span);
	default: break;
	}
	if (is_type_syntax(kind)) return swift_global(l, syntax_text(l->t, ex->syn), ex->span);
	return unknown(l, ex->syn, ex->span);
}

static NodeId key_path(Lower *l, const Ex *ex) {
	NodeId node = flow_add(l->b, NODE_CONST, ex->span, NULL, 0);
	flow_edit(l->b, node)->text = swift_text(l, ex->span);
	return node;
}

/* `.pi` is an operation without operands wherever it stands; `.sum` may be anybody's enum case. */
static NodeId implicit_member(Lower *l, const Ex *ex) {
	OpCall call = { .dialect = DIALECT_SWIFT, .form = CALL_PROPERTY, .name = ex->name };
	OpMatch match;
	if (ops_resolve(&call, &match) && op_info(match.op)->n_operands == 0) {
		return flow_op(l->b, op_info(match.op)->name, ex->span, NULL, 0);
	}
	return swift_global(l, arena_printf(l->arena, ".%.*s", STR_ARG(ex->name)), ex->span);
}

static NodeId ternary(Lower *l, const Ex *ex) { return two_arms(l, ex, swift_ex(l, ex->a), ex->b, 0, ex->c); }

static NodeId lower_kind(Lower *l, const Ex *ex) {
	switch ((ExKind)ex->kind) {
	case EX_MISSING: return flow_unknown(l->b, SYN_EXPRESSION, ex->span, NULL, 0);
	case EX_ATOM: return atom(l, ex);
	case EX_KEY_PATH: return key_path(l, ex);
	case EX_IMPLICIT: return implicit_member(l, ex);
	case EX_MEMBER: return swift_member(l, ex);
	case EX_CALL: return swift_call(l, ex);
	case EX_INDEX: return swift_index(l, ex);
	case EX_FORCE:
	case EX_CHAIN:
	case EX_TRY: return swift_ex(l, ex->a);
	case EX_PREFIX: return prefix(l, ex);
	case EX_POSTFIX: return range(l, ex->a, NULL, ex->name, ex->span, ex->head);
	case EX_BINARY: return binary(l, ex);
	case EX_ASSIGN: swift_assign(l, ex); return 0;
	case EX_TERNARY: return ternary(l, ex);
	case EX_CAST: return cast(l, ex);
	}
	return 0;
}

NodeId swift_ex(Lower *l, const Ex *ex) {
	if (l->depth >= LOWER_MAX_DEPTH) return flow_unknown(l->b, SYN_EXPRESSION, ex->span, NULL, 0);
	l->depth++;
	NodeId node = lower_kind(l, ex);
	l->depth--;
	return node;
}

NodeId swift_expr(Lower *l, SynId syn) {
	if (!syn) return 0;
	ExRun run = swift_read(l->t, syn, l->arena);
	flow_count(l->b, run.n_nodes ? run.n_nodes : 1);
	for (uint32_t i = 0; i < run.n_errors; i++) flow_count_error(l->b);
	NodeId first = swift_ex(l, run.ex);
	for (const Ex *ex = run.ex->then; ex; ex = ex->then) swift_ex(l, ex);
	return first;
}
