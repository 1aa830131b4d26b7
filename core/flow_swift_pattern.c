#include "core/posix.h"

#include "core/flow_swift_lower.h"

#include <string.h>

static bool is_token(const Lower *l, SynId syn, const char *text) {
	return l->t->nodes[syn].kind == SYN_TOKEN && str_is(syntax_text(l->t, syn), text);
}

static NodeId both(Lower *l, NodeId a, NodeId b, Span span) {
	if (!a || !b) return a ? a : b;
	NodeId node = swift_operator(l, "&&", a, b, span, span);
	flow_edit(l->b, node)->is_implicit = true;
	return node;
}

static NodeId equals(Lower *l, NodeId value, NodeId other, Span span) {
	NodeId node = swift_operator(l, "==", value, other, span, span);
	flow_edit(l->b, node)->is_implicit = true;
	return node;
}

/* ---- patterns: siblings from `first` up to `end`, which is not part of it (0: to the last) ---- */

typedef struct Match {
	NodeId value;
	bool binds;
	PatternMode mode;
} Match;

static NodeId match_siblings(Lower *l, SynId first, SynId end, Match m);

static NodeId match_pattern(Lower *l, SynId pattern, Match m) {
	if (l->depth >= LOWER_MAX_DEPTH) return 0;
	l->depth++;
	flow_count(l->b, m.mode != PATTERN_BIND);
	SynId first = syntax_child(l->t, pattern);
	NodeId test = first ? match_siblings(l, first, 0, m) : 0;
	l->depth--;
	return test;
}

static bool has_binding(const Lower *l, SynId syn) {
	for (SynId i = syn; i < l->t->nodes[syn].next; i++) {
		if (l->t->nodes[i].kind == SYN_VALUE_BINDING_PATTERN) return true;
	}
	return false;
}

/* `(a, _, .some(b))` from its opening bracket on; *after is what follows the closing one. */
static NodeId match_tuple(Lower *l, SynId open, Match m, SynId *after, bool payload) {
	NodeId test = 0;
	uint16_t index = 0;
	size_t n = 0;
	for (SynId c = open; c && !is_token(l, c, ")"); c = syntax_next(l->t, c)) n += l->t->nodes[c].kind == SYN_PATTERN;
	SynId c = syntax_next(l->t, open);
	for (; c && !is_token(l, c, ")"); c = syntax_next(l->t, c)) {
		if (l->t->nodes[c].kind != SYN_PATTERN) continue;
		Match part = m;
		SynId only = syntax_child(l->t, c);
		bool wild = only && l->t->nodes[only].kind == SYN_WILDCARD_PATTERN;
		if (!wild) {
			bool whole = n == 1 && !payload;
			part.value = whole ? m.value : swift_part(l, m.value, index, STR_NONE, swift_span(l, c));
			test = both(l, test, match_pattern(l, c, part), swift_span(l, c));
		}
		index++;
	}
	*after = c ? syntax_next(l->t, c) : 0;
	return test;
}

static NodeId match_case(Lower *l, SynId name, Match m) {
	SynId open = syntax_next(l->t, name);
	Span span = { swift_span(l, name).start, swift_span(l, name).end };
	NodeId test = 0;
	if (m.mode != PATTERN_BIND) {
		NodeId global = swift_global(l, arena_printf(l->arena, ".%.*s", STR_ARG(syntax_text(l->t, name))), span);
		test = equals(l, m.value, global, span);
	}
	if (!open || !is_token(l, open, "(")) return test;
	SynId after;
	return both(l, test, match_tuple(l, open, m, &after, true), span);
}

static NodeId match_type(Lower *l, SynId type, Match m) {
	if (m.mode == PATTERN_BIND) return 0;
	Span span = swift_span(l, type);
	FlowArg args[2] = { { .node = m.value }, { .node = swift_global(l, syntax_text(l->t, type), span) } };
	NodeId node = flow_add(l->b, NODE_CALL, span, args, 2);
	flow_edit(l->b, node)->name = STR("is");
	return node;
}

/* What the grammar has as an expression but is a pattern where names are bound: `(i, x)`, `x`. */
static NodeId match_expression(Lower *l, SynId syn, Match m);

static NodeId match_parts(Lower *l, SynId syn, Match m) {
	if (l->depth >= LOWER_MAX_DEPTH) return 0;
	l->depth++;
	size_t n = 0;
	SwiftArg *parts = swift_args(l->t, syn, l->arena, &n);
	NodeId test = 0;
	for (size_t i = 0; i < n && i < UINT16_MAX; i++) {
		Match part = m;
		if (!parts[i].value || str_is(syntax_text(l->t, parts[i].value), "_")) continue;
		Span span = swift_span(l, parts[i].value);
		part.value = n == 1 ? m.value : swift_part(l, m.value, (uint16_t)i, STR_NONE, span);
		test = both(l, test, match_expression(l, parts[i].value, part), span);
	}
	l->depth--;
	return test;
}

static NodeId match_expression(Lower *l, SynId syn, Match m) {
	SyntaxKind kind = (SyntaxKind)l->t->nodes[syn].kind;
	Span span = swift_span(l, syn);
	if (m.binds && kind == SYN_SIMPLE_IDENTIFIER) {
		if (m.mode != PATTERN_TEST) swift_declare(l, syntax_text(l->t, syn), m.value, STR_NONE, span);
		return 0;
	}
	if (m.binds && kind == SYN_TUPLE_EXPRESSION) return match_parts(l, syn, m);
	if (m.mode == PATTERN_BIND) return 0;
	NodeId other = swift_expr(l, syn);
	if (!other) return 0;
	const FlowNode *n = flow_edit(l->b, other);
	if (n->kind == NODE_OP && str_is(n->name, "range")) return swift_operator(l, "~=", other, m.value, span, span);
	return equals(l, m.value, other, span);
}

/* The sibling that begins a case's name in `.name` or `Type.name`, or 0. */
static SynId case_name(const Lower *l, SynId syn) {
	if (l->t->nodes[syn].kind == SYN_USER_TYPE) syn = syntax_next(l->t, syn);
	if (!syn || !is_token(l, syn, ".")) return 0;
	SynId name = syntax_next(l->t, syn);
	return name && l->t->nodes[name].kind == SYN_SIMPLE_IDENTIFIER ? name : 0;
}

static NodeId match_siblings(Lower *l, SynId first, SynId end, Match m) {
	for (SynId c = first; c && c != end; c = syntax_next(l->t, c)) {
		SyntaxKind kind = (SyntaxKind)l->t->nodes[c].kind;
		if (swift_is_trivia(l->t, c) || is_token(l, c, "case") || is_token(l, c, "async")) continue;
		if (kind == SYN_VALUE_BINDING_PATTERN) {
			m.binds = true;
			continue;
		}
		if (kind == SYN_WILDCARD_PATTERN || kind == SYN_TYPE_ANNOTATION) return 0;
		SynId name = case_name(l, c), after = 0;
		if (name) return match_case(l, name, m);
		if (is_token(l, c, "(")) return match_tuple(l, c, m, &after, false);
		if (is_token(l, c, "is")) return match_type(l, syntax_next(l->t, c) ? syntax_next(l->t, c) : c, m);
		if (kind == SYN_PATTERN) {
			SynId as = syntax_next(l->t, c);
			SynId type = as && as != end ? syntax_next(l->t, as) : 0;
			NodeId test = type ? match_type(l, type, m) : 0;
			return both(l, test, match_pattern(l, c, m), swift_span(l, c));
		}
		return match_expression(l, c, m);
	}
	return 0;
}

NodeId swift_pattern(Lower *l, SynId pattern, NodeId value, bool binds, PatternMode mode) {
	if (mode == PATTERN_BIND && !binds && !has_binding(l, pattern)) return 0;
	return match_pattern(l, pattern, (Match) { value, binds, mode });
}

/* ---- the conditions of if, guard and while ---- */

/* The comma, brace or `else` that ends the condition beginning at first. */
static SynId condition_end(const Lower *l, SynId first) {
	int depth = 0;
	for (SynId c = first; c; c = syntax_next(l->t, c)) {
		if (is_token(l, c, "("))
			depth++;
		else if (is_token(l, c, ")"))
			depth--;
		else if (depth <= 0 && (is_token(l, c, ",") || is_token(l, c, "{") || l->t->nodes[c].kind == SYN_ELSE))
			return c;
	}
	return 0;
}

static SynId equal_sign(const Lower *l, SynId first, SynId end) {
	for (SynId c = first; c && c != end; c = syntax_next(l->t, c)) {
		if (is_token(l, c, "=")) return c;
	}
	return 0;
}

static SynId after_trivia(const Lower *l, SynId syn) {
	while (syn && swift_is_trivia(l->t, syn)) syn = syntax_next(l->t, syn);
	return syn;
}

static NodeId where_test(Lower *l, SynId first, SynId end) {
	for (SynId c = first; c && c != end; c = syntax_next(l->t, c)) {
		if (l->t->nodes[c].kind != SYN_WHERE_CLAUSE) continue;
		SynId test = syntax_named_child(l->t, c);
		while (test && l->t->nodes[test].kind == SYN_WHERE_KEYWORD) test = syntax_named_next(l->t, test);
		return test ? swift_expr(l, test) : 0;
	}
	return 0;
}

/* `let x = value`, `let x`, `case .a(let x) = value`: the value tests itself where nothing else does. */
static NodeId bound_condition(Lower *l, SynId first, SynId end) {
	flow_count(l->b, 1);
	SynId equal = equal_sign(l, first, end);
	SynId value_syn = equal ? after_trivia(l, syntax_next(l->t, equal)) : 0;
	bool is_case = is_token(l, first, "case");
	NodeId value = 0;
	if (value_syn && value_syn != end) {
		value = swift_expr(l, value_syn);
	} else { /* `if let x` is `if let x = x` */
		SynId name = first;
		while (name && name != end && l->t->nodes[name].kind != SYN_SIMPLE_IDENTIFIER) name = syntax_next(l->t, name);
		if (name && name != end) value = swift_name(l, syntax_text(l->t, name), swift_span(l, name));
		if (l->self && value == l->self) return 0;
	}
	if (value) {
		Origin origin = swift_origin(l, value);
		if (!is_case && origin.type.len) swift_note(l, value, swift_type_unwrapped(origin.type), origin.field);
	}
	NodeId test = match_siblings(l, first, equal ? equal : end, (Match) { value, false, PATTERN_BOTH });
	test = both(l, is_case ? 0 : value, test, swift_span(l, first));
	return both(l, test, where_test(l, first, end), swift_span(l, first));
}

static NodeId one_condition(Lower *l, SynId first, SynId end) {
	SyntaxKind kind = (SyntaxKind)l->t->nodes[first].kind;
	if (kind == SYN_ERROR) {
		flow_count_error(l->b);
		return 0;
	}
	if (kind == SYN_AVAILABILITY_CONDITION) return flow_const_bool(l->b, swift_span(l, first), true);
	if (kind == SYN_VALUE_BINDING_PATTERN || is_token(l, first, "case")) return bound_condition(l, first, end);
	return swift_expr(l, first);
}

NodeId swift_conditions(Lower *l, SynId statement, SynId *brace) {
	NodeId all = 0;
	SynId first = after_trivia(l, syntax_next(l->t, syntax_child(l->t, statement))); /* past the keyword */
	while (first) {
		SynId end = condition_end(l, first);
		if (first != end) all = both(l, all, one_condition(l, first, end), swift_span(l, first));
		if (!end || !is_token(l, end, ",")) {
			*brace = end;
			return all;
		}
		first = after_trivia(l, syntax_next(l->t, end));
	}
	*brace = 0;
	return all;
}
