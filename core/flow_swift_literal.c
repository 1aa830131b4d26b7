#include "core/posix.h"

#include "core/flow_swift_lower.h"

#include <stdlib.h>
#include <string.h>

/* ---- numbers ---- */

static double digits_value(const char *digits, int base) {
	double value = 0;
	for (; *digits; digits++) {
		int d = *digits <= '9' ? *digits - '0' : (*digits | 0x20) - 'a' + 10;
		value = value * base + d;
	}
	return value;
}

static NodeId number(Lower *l, SynId syn, Span span) {
	Str text = syntax_text(l->t, syn);
	char *plain = arena_strdup(l->arena, text), *to = plain;
	for (const char *from = plain; *from; from++) {
		if (*from != '_') *to++ = *from;
	}
	*to = '\0';
	SyntaxKind kind = (SyntaxKind)l->t->nodes[syn].kind;
	double value = 0;
	switch (kind) {
	case SYN_HEX_LITERAL: value = digits_value(plain + 2, 16); break;
	case SYN_OCT_LITERAL: value = digits_value(plain + 2, 8); break;
	case SYN_BIN_LITERAL: value = digits_value(plain + 2, 2); break;
	default: value = strtod(plain, NULL);
	}
	return flow_const_number(l->b, span, value, kind != SYN_REAL_LITERAL, text);
}

/* ---- strings ---- */

static Str unquoted(Str text) {
	size_t from = 0, to = text.len;
	while (from < to && text.ptr[from] == '#') from++, to -= to > from;
	size_t quotes = to - from >= 6 && strncmp(text.ptr + from, "\"\"\"", 3) == 0 ? 3 : 1;
	return to - from >= 2 * quotes ? str_sub(text, from + quotes, to - quotes) : text;
}

/* The parts of an interpolated string are its operands; text between them is a constant. */
static NodeId string(Lower *l, SynId syn, Span span) {
	VEC(FlowArg) parts = { 0 };
	bool interpolated = false;
	for (SynId c = syntax_child(l->t, syn); c; c = syntax_next(l->t, c)) {
		SyntaxKind kind = (SyntaxKind)l->t->nodes[c].kind;
		NodeId part = 0;
		if (kind == SYN_INTERPOLATED_EXPRESSION || kind == SYN_RAW_STR_INTERPOLATION) {
			interpolated = true;
			SynId inner = c;
			if (kind == SYN_RAW_STR_INTERPOLATION) inner = syntax_find(l->t, c, SYN_INTERPOLATED_EXPRESSION);
			SynId value = inner ? syntax_field(l->t, inner, SYNF_VALUE) : 0;
			if (inner && !value) value = syntax_named_child(l->t, inner);
			part = value ? swift_expr(l, value) : 0;
		} else if (kind == SYN_LINE_STR_TEXT || kind == SYN_MULTI_LINE_STR_TEXT || kind == SYN_RAW_STR_PART ||
		           kind == SYN_RAW_STR_END_PART) {
			part = interpolated || syntax_next(l->t, c)
			           ? flow_const_text(l->b, l->t->nodes[c].span, syntax_text(l->t, c))
			           : 0;
		}
		if (part) VEC_PUSH(parts).node = part;
	}
	NodeId node = interpolated ? flow_op(l->b, "string", span, parts.at, parts.n)
	                           : flow_const_text(l->b, span, unquoted(syntax_text(l->t, syn)));
	VEC_FREE(parts);
	return node;
}

static bool is_interpolated(const Lower *l, SynId syn) {
	return syntax_find(l->t, syn, SYN_INTERPOLATED_EXPRESSION) || syntax_find(l->t, syn, SYN_RAW_STR_INTERPOLATION);
}

/* ---- brackets ---- */

static NodeId tuple_of(Lower *l, SynId syn, Span span, const char *op, bool labels) {
	size_t n = 0;
	SwiftArg *parts = swift_args(l->t, syn, l->arena, &n);
	FlowArg *args = ARENA_ARRAY(l->arena, FlowArg, n);
	if (n > UINT16_MAX) n = UINT16_MAX;
	for (size_t i = 0; i < n; i++) {
		args[i].node = parts[i].value ? swift_expr(l, parts[i].value) : 0;
		if (labels) args[i].label = parts[i].label;
	}
	NodeId node = flow_add(l->b, NODE_TUPLE, span, args, n);
	if (op) flow_edit(l->b, node)->op = op_named(op);
	if (op) flow_edit(l->b, node)->name = str_of(op);
	return node;
}

static NodeId parenthesized(Lower *l, SynId syn, Span span) {
	size_t n = 0;
	SwiftArg *parts = swift_args(l->t, syn, l->arena, &n);
	if (n == 1 && !parts[0].label.len) return parts[0].value ? swift_expr(l, parts[0].value) : 0;
	return tuple_of(l, syn, span, NULL, true);
}

static NodeId bracketed(Lower *l, SynId syn, Span span) {
	bool square = l->t->text.ptr[span.start] == '[';
	return square ? tuple_of(l, syn, span, "array_literal", false) : parenthesized(l, syn, span);
}

/* ---- the rest ---- */

static NodeId opaque(Lower *l, SynId syn, Span span) {
	NodeId node = flow_add(l->b, NODE_CONST, span, NULL, 0);
	flow_edit(l->b, node)->text = syntax_text(l->t, syn);
	return node;
}

static NodeId macro(Lower *l, SynId syn, Span span) {
	SynId name = syntax_find(l->t, syn, SYN_SIMPLE_IDENTIFIER), suffix = syntax_find(l->t, syn, SYN_CALL_SUFFIX);
	SynId list = suffix ? syntax_find(l->t, suffix, SYN_VALUE_ARGUMENTS) : 0;
	size_t n = 0;
	SwiftArg *parts = list ? swift_args(l->t, list, l->arena, &n) : NULL;
	FlowArg *args = ARENA_ARRAY(l->arena, FlowArg, n + 1);
	for (size_t i = 0; i < n; i++) {
		args[i] = (FlowArg) { parts[i].value ? swift_expr(l, parts[i].value) : 0, parts[i].label, false };
	}
	SynId lambda = suffix ? syntax_find(l->t, suffix, SYN_LAMBDA_LITERAL) : 0;
	if (lambda) args[n++].node = swift_closure(l, lambda);
	NodeId node = flow_add(l->b, NODE_CALL, span, args, n);
	flow_edit(l->b, node)->name = arena_printf(l->arena, "#%.*s", STR_ARG(name ? syntax_text(l->t, name) : STR_NONE));
	return node;
}

NodeId swift_literal(Lower *l, SynId syn, Span span, bool *known) {
	*known = true;
	switch ((SyntaxKind)l->t->nodes[syn].kind) {
	case SYN_INTEGER_LITERAL:
	case SYN_HEX_LITERAL:
	case SYN_OCT_LITERAL:
	case SYN_BIN_LITERAL:
	case SYN_REAL_LITERAL: return number(l, syn, span);
	case SYN_BOOLEAN_LITERAL: return flow_const_bool(l->b, span, str_is(syntax_text(l->t, syn), "true"));
	case SYN_LINE_STRING_LITERAL:
	case SYN_MULTI_LINE_STRING_LITERAL:
	case SYN_RAW_STRING_LITERAL:
		if (is_interpolated(l, syn)) return string(l, syn, span);
		/* raw strings are parsed as plain ones of other letters, so the text is the file's */
		return flow_const_text(l->b, span, unquoted(source_text(&l->o->source->files[l->file], swift_span(l, syn))));
	case SYN_SPECIAL_LITERAL:
	case SYN_PLAYGROUND_LITERAL:
	case SYN_REGEX_LITERAL:
	case SYN_SELECTOR_EXPRESSION:
	case SYN_KEY_PATH_EXPRESSION:
	case SYN_KEY_PATH_STRING_EXPRESSION: return opaque(l, syn, span);
	case SYN_TUPLE_EXPRESSION:
	case SYN_VALUE_ARGUMENTS:
	case SYN_ARRAY_LITERAL: return bracketed(l, syn, span);
	case SYN_DICTIONARY_LITERAL: return tuple_of(l, syn, span, "dict_literal", false);
	case SYN_MACRO_INVOCATION: return macro(l, syn, span);
	default: *known = false; return 0;
	}
}
