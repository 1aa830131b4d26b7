#include "core/posix.h"

#include "core/flow_swift_lower.h"

#include <stdlib.h>
#include <string.h>

/* ---- what a statement is ---- */

typedef enum StatementKind {
	STATEMENT_EXPRESSION,
	STATEMENT_CONTROL,
	STATEMENT_DECLARATION,
	STATEMENT_NOTHING
} StatementKind;

static StatementKind statement_kind(SyntaxKind kind) {
	switch (kind) {
	case SYN_CONTROL_TRANSFER_STATEMENT:
	case SYN_FOR_STATEMENT:
	case SYN_WHILE_STATEMENT:
	case SYN_REPEAT_WHILE_STATEMENT:
	case SYN_DO_STATEMENT:
	case SYN_GUARD_STATEMENT:
	case SYN_IF_STATEMENT:
	case SYN_SWITCH_STATEMENT: return STATEMENT_CONTROL;
	case SYN_PROPERTY_DECLARATION:
	case SYN_FUNCTION_DECLARATION:
	case SYN_CLASS_DECLARATION:
	case SYN_PROTOCOL_DECLARATION:
	case SYN_TYPEALIAS_DECLARATION:
	case SYN_IMPORT_DECLARATION:
	case SYN_INIT_DECLARATION:
	case SYN_DEINIT_DECLARATION:
	case SYN_SUBSCRIPT_DECLARATION:
	case SYN_OPERATOR_DECLARATION:
	case SYN_PRECEDENCE_GROUP_DECLARATION:
	case SYN_ASSOCIATEDTYPE_DECLARATION:
	case SYN_MACRO_DECLARATION: return STATEMENT_DECLARATION;
	case SYN_STATEMENT_LABEL:
	case SYN_COMMENT:
	case SYN_MULTILINE_COMMENT:
	case SYN_DIRECTIVE:
	case SYN_DIAGNOSTIC:
	case SYN_SHEBANG_LINE:
	case SYN_ATTRIBUTE:
	case SYN_MODIFIERS:
	case SYN_THROW_KEYWORD:
	case SYN_ERROR:
	case SYN_TOKEN: return STATEMENT_NOTHING;
	default: return STATEMENT_EXPRESSION;
	}
}

bool swift_is_expression(const Lower *l, SynId statement) {
	SyntaxKind kind = (SyntaxKind)l->t->nodes[statement].kind;
	if (kind == SYN_TOKEN) return str_is(syntax_text(l->t, statement), "nil");
	if (kind == SYN_IF_STATEMENT) return syntax_find(l->t, statement, SYN_ELSE) != 0;
	if (kind == SYN_SWITCH_STATEMENT) return true;
	return statement_kind(kind) == STATEMENT_EXPRESSION && kind != SYN_ASSIGNMENT && !swift_is_trivia(l->t, statement);
}

/* ---- leaving ---- */

void swift_return_value(Lower *l, NodeId value, Span span) {
	flow_return(l->b, value, span, "");
	NodeId last = (NodeId)(flow_so_far(l->b)->n - 1);
	if (flow_edit(l->b, last)->kind == NODE_RETURN) flow_edit(l->b, last)->is_implicit = true;
}

static void lower_return(Lower *l, NodeId value, Span span) {
	if (l->turn && l->turn->form == LOOP_REDUCE) {
		if (value) flow_write(l->b, l->turn->accumulated, value);
		flow_continue(l->b);
		return;
	}
	flow_return(l->b, value, span, "");
}

static void lower_transfer(Lower *l, SynId syn) {
	SynId word = syntax_child(l->t, syn), value_syn = word ? syntax_next(l->t, word) : 0;
	while (value_syn && swift_is_trivia(l->t, value_syn)) value_syn = syntax_next(l->t, value_syn);
	Str text = word ? syntax_text(l->t, word) : STR_NONE;
	Span span = swift_span(l, syn);
	if (str_is(text, "break")) {
		if (!l->breaks_switch || value_syn) flow_break(l->b);
	} else if (str_is(text, "continue")) {
		flow_continue(l->b);
	} else if (str_is(text, "throw")) {
		flow_return(l->b, swift_expr(l, value_syn), span, "throw");
	} else if (str_is(text, "yield")) {
		flow_return(l->b, swift_expr(l, value_syn), span, "yield");
	} else if (str_is(text, "return")) {
		NodeId value = swift_expr(l, value_syn);
		lower_return(l, value, span);
	} else {
		flow_unknown(l->b, SYN_CONTROL_TRANSFER_STATEMENT, span, NULL, 0);
	}
}

/* ---- declarations ---- */

typedef struct Binding { /* one of `let a = 1, b: Int = 2` */
	SynId pattern, type, value, computed;
} Binding;

static SynId annotated_type(const Lower *l, SynId annotation) {
	return annotation ? syntax_named_child(l->t, annotation) : 0;
}

static void lower_computed_local(Lower *l, const Binding *b, Str name) {
	flow_closure_begin(l->b, name, swift_span(l, b->computed));
	SynId body = syntax_find(l->t, b->computed, SYN_STATEMENTS);
	SynId getter = syntax_find(l->t, b->computed, SYN_COMPUTED_GETTER);
	if (!body && getter) body = syntax_find(l->t, getter, SYN_STATEMENTS);
	if (body) {
		NodeId value = swift_block(l, body, true);
		if (value && !flow_is_dead(l->b)) swift_return_value(l, value, swift_span(l, body));
	}
	NodeId closure = flow_closure_end(l->b);
	swift_declare(l, name, closure, STR_NONE, swift_span(l, b->pattern));
}

static void lower_binding(Lower *l, const Binding *b) {
	SynId first = syntax_child(l->t, b->pattern);
	SynId type_syn = annotated_type(l, b->type);
	Str type = type_syn ? syntax_text(l->t, type_syn) : STR_NONE;
	bool name = first && l->t->nodes[first].kind == SYN_SIMPLE_IDENTIFIER && !syntax_next(l->t, first);
	if (b->computed) {
		lower_computed_local(l, b, name ? syntax_text(l->t, first) : STR_NONE);
		return;
	}
	NodeId value = b->value ? swift_expr(l, b->value) : 0;
	Span span = swift_span(l, b->pattern);
	if (name) {
		/* `var x: Float?` holds nil until something else is written */
		if (!b->value && str_ends(type, "?")) value = flow_const_nil(l->b, span);
		swift_declare(l, syntax_text(l->t, first), value, type, span);
	} else {
		swift_pattern(l, b->pattern, value, true, PATTERN_BOTH);
	}
}

static void lower_property(Lower *l, SynId decl) {
	Binding b = { 0 };
	for (SynId c = syntax_child(l->t, decl); c; c = syntax_next(l->t, c)) {
		const SyntaxNode *node = &l->t->nodes[c];
		if (node->kind == SYN_PATTERN && node->field == SYNF_NAME) {
			if (b.pattern) lower_binding(l, &b);
			b = (Binding) { .pattern = c };
		} else if (node->kind == SYN_TYPE_ANNOTATION) {
			b.type = c;
		} else if (node->field == SYNF_VALUE) {
			b.value = c;
		} else if (node->kind == SYN_COMPUTED_PROPERTY) {
			b.computed = c;
		}
	}
	if (b.pattern) lower_binding(l, &b);
}

static void lower_declaration(Lower *l, SynId syn) {
	SyntaxKind kind = (SyntaxKind)l->t->nodes[syn].kind;
	if (kind == SYN_PROPERTY_DECLARATION)
		lower_property(l, syn);
	else if (kind == SYN_FUNCTION_DECLARATION)
		swift_nested_function(l, syn);
	else if (kind == SYN_CLASS_DECLARATION)
		flow_unknown(l->b, kind, swift_span(l, syn), NULL, 0); /* its members are no components, either */
}

/* ---- statements ---- */

static void lower_control(Lower *l, SynId syn) {
	switch ((SyntaxKind)l->t->nodes[syn].kind) {
	case SYN_CONTROL_TRANSFER_STATEMENT: lower_transfer(l, syn); break;
	case SYN_FOR_STATEMENT: swift_for(l, syn); break;
	case SYN_WHILE_STATEMENT: swift_while(l, syn); break;
	case SYN_REPEAT_WHILE_STATEMENT: swift_repeat(l, syn); break;
	case SYN_DO_STATEMENT: swift_do(l, syn); break;
	case SYN_GUARD_STATEMENT: swift_guard(l, syn); break;
	case SYN_IF_STATEMENT: swift_if(l, syn, false); break;
	case SYN_SWITCH_STATEMENT: swift_switch(l, syn, false); break;
	default: break;
	}
}

static SynId deferred_body(const Lower *l, SynId syn) {
	if (l->t->nodes[syn].kind != SYN_CALL_EXPRESSION) return 0;
	SynId callee = syntax_child(l->t, syn), suffix = syntax_find(l->t, syn, SYN_CALL_SUFFIX);
	if (!callee || !str_is(syntax_text(l->t, callee), "defer")) return 0;
	return suffix ? syntax_find(l->t, suffix, SYN_LAMBDA_LITERAL) : 0;
}

/* `return e` as the last statement of a turn gives the turn's value, as a lone expression does. */
static SynId returned_by(const Lower *l, SynId statement) {
	if (!l->turn || l->t->nodes[statement].kind != SYN_CONTROL_TRANSFER_STATEMENT) return 0;
	SynId word = syntax_child(l->t, statement);
	return word && str_is(syntax_text(l->t, word), "return") ? syntax_next(l->t, word) : 0;
}

static NodeId lower_statement(Lower *l, SynId syn, bool want_value) {
	SyntaxKind kind = (SyntaxKind)l->t->nodes[syn].kind;
	if (kind == SYN_ERROR) flow_count_error(l->b);
	bool value_token = kind == SYN_TOKEN && want_value && str_is(syntax_text(l->t, syn), "nil");
	StatementKind what = value_token ? STATEMENT_EXPRESSION : statement_kind(kind);
	if (l->t->nodes[syn].missing || what == STATEMENT_NOTHING) return 0;
	if (l->depth >= LOWER_MAX_DEPTH) return flow_unknown(l->b, kind, swift_span(l, syn), NULL, 0);
	l->depth++;
	NodeId value = 0;
	SynId returned = want_value ? returned_by(l, syn) : 0;
	if (returned)
		value = swift_expr(l, returned);
	else if (want_value && kind == SYN_IF_STATEMENT)
		value = swift_if(l, syn, true);
	else if (want_value && kind == SYN_SWITCH_STATEMENT)
		value = swift_switch(l, syn, true);
	else if (what == STATEMENT_CONTROL)
		lower_control(l, syn);
	else if (what == STATEMENT_DECLARATION)
		lower_declaration(l, syn);
	else if (!deferred_body(l, syn) && !str_is(syntax_text(l->t, syn), "fallthrough"))
		value = swift_expr(l, syn);
	if (what != STATEMENT_EXPRESSION) flow_count(l->b, 1);
	l->depth--;
	return value;
}

void swift_statement(Lower *l, SynId syn) { lower_statement(l, syn, false); }

/* ---- `#if` ---- */

/* The innermost arm that holds a statement and isn't the one being lowered (or around it). */
static const SyntaxCondition *condition_around(const Lower *l, SynId syn, const SyntaxCondition *inside) {
	Span s = swift_span(l, syn);
	const SyntaxCondition *outermost = NULL;
	for (size_t i = 0; i < l->t->n_conditions; i++) {
		const SyntaxCondition *c = &l->t->conditions[i];
		if (c->skipped || c->span.start > s.start || s.end > c->span.end) continue;
		if (inside && (inside->span.start > c->span.start || c->span.end > inside->span.end || c == inside)) continue;
		if (!outermost || c->span.end - c->span.start > outermost->span.end - outermost->span.start) outermost = c;
	}
	return outermost;
}

static const SyntaxCondition *arm_of_group(const Lower *l, SynId syn, uint32_t group) {
	Span s = swift_span(l, syn);
	for (size_t i = 0; i < l->t->n_conditions; i++) {
		const SyntaxCondition *c = &l->t->conditions[i];
		if (c->group == group && !c->skipped && c->span.start <= s.start && s.end <= c->span.end) return c;
	}
	return NULL;
}

static SynId lower_range(
    Lower *l, SynId first, const SyntaxCondition *inside, NodeId *value, SynId last, bool want_value);

void swift_enter_conditions(Lower *l, SynId body) {
	Buf text = { 0 };
	for (const SyntaxCondition *c = condition_around(l, body, NULL); c; c = condition_around(l, body, c)) {
		if (text.len) buf_puts(&text, " && ");
		buf_str(&text, c->text);
		l->condition = c;
	}
	if (text.len) flow_function_condition(l->b, arena_str(l->arena, buf_view(&text)));
	buf_done(&text);
}

/* All arms of one `#if` that stand here; the statement behind them. */
static SynId lower_conditions(Lower *l, SynId first, const SyntaxCondition *arm) {
	uint32_t group = arm->group;
	bool otherwise = false;
	size_t names = l->cond_names.n;
	FlowBranch *branch = flow_branch_begin(l->b, arm->span);
	l->cond_depth++;
	const SyntaxCondition *around = l->condition;
	SynId at = first;
	while (at && arm) {
		flow_branch_condition_arm(l->b, branch, arm->text, arm->span);
		otherwise |= str_starts(arm->text, "!(");
		NodeId value = 0;
		l->condition = arm;
		at = lower_range(l, at, arm, &value, 0, false);
		arm = at ? arm_of_group(l, at, group) : NULL;
	}
	l->condition = around;
	l->cond_depth--;
	if (!l->cond_depth) l->cond_names.n = names;
	flow_branch_end(l->b, branch, otherwise);
	return at;
}

/* Statements from `first` on, up to the end of the arm they stand in. Gives the value of `last`. */
static SynId lower_range(
    Lower *l, SynId first, const SyntaxCondition *inside, NodeId *value, SynId last, bool want_value) {
	SynId s = first;
	while (s) {
		if (inside && swift_span(l, s).start >= inside->span.end) return s;
		bool nothing = statement_kind((SyntaxKind)l->t->nodes[s].kind) == STATEMENT_NOTHING;
		const SyntaxCondition *arm = l->t->n_conditions && !nothing ? condition_around(l, s, inside) : NULL;
		SynId next = arm ? lower_conditions(l, s, arm) : 0;
		if (arm && next != s) {
			s = next;
			continue;
		}
		NodeId got = lower_statement(l, s, want_value && s == last);
		if (s == last) *value = got;
		s = syntax_next(l->t, s);
	}
	return 0;
}

/* ---- blocks ---- */

static SynId last_statement(const Lower *l, SynId statements) {
	SynId last = 0;
	for (SynId s = syntax_child(l->t, statements); s; s = syntax_next(l->t, s)) {
		bool nil = l->t->nodes[s].kind == SYN_TOKEN && str_is(syntax_text(l->t, s), "nil");
		if (nil || statement_kind((SyntaxKind)l->t->nodes[s].kind) != STATEMENT_NOTHING) last = s;
	}
	return last;
}

/* `defer` runs where its block ends. */
static void lower_deferred(Lower *l, SynId statements) {
	for (SynId s = syntax_child(l->t, statements); s; s = syntax_next(l->t, s)) {
		SynId lambda = deferred_body(l, s);
		SynId body = lambda ? syntax_find(l->t, lambda, SYN_STATEMENTS) : 0;
		if (lambda) flow_count(l->b, 1);
		if (body) swift_block(l, body, false);
	}
}

NodeId swift_block(Lower *l, SynId statements, bool want_value) {
	flow_scope_push(l->b);
	NodeId value = 0;
	SynId first = syntax_child(l->t, statements);
	if (first) lower_range(l, first, l->condition, &value, last_statement(l, statements), want_value);
	lower_deferred(l, statements);
	flow_scope_pop(l->b);
	return value;
}
