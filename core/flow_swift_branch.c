#include "core/posix.h"

#include "core/flow_swift_lower.h"

#include <stdlib.h>
#include <string.h>

static bool is_token(const Lower *l, SynId syn, const char *text) {
	return l->t->nodes[syn].kind == SYN_TOKEN && str_is(syntax_text(l->t, syn), text);
}

/* From an opening brace: the statements in it (0 when empty) and its closing brace. */
static SynId braced(const Lower *l, SynId open, SynId *close) {
	SynId statements = 0, c = open;
	for (; c && !is_token(l, c, "}"); c = syntax_next(l->t, c)) {
		if (l->t->nodes[c].kind == SYN_STATEMENTS) statements = c;
	}
	*close = c;
	return statements;
}

static Span from_to(const Lower *l, SynId first, SynId last) {
	Span a = swift_span(l, first), z = last ? swift_span(l, last) : a;
	return (Span) { a.start, z.end };
}

static void arm_block(Lower *l, FlowBranch *branch, SynId statements, bool want_value) {
	NodeId value = statements ? swift_block(l, statements, want_value) : 0;
	if (want_value && value && !flow_is_dead(l->b)) flow_branch_value(l->b, branch, value);
}

/* ---- if ---- */

static SynId find_else(const Lower *l, SynId after) {
	for (SynId c = after; c; c = syntax_next(l->t, c)) {
		if (l->t->nodes[c].kind == SYN_ELSE) return c;
	}
	return 0;
}

static void else_arm(Lower *l, FlowBranch *branch, SynId word, bool want_value) {
	SynId next = syntax_next(l->t, word), close = 0;
	while (next && swift_is_trivia(l->t, next)) next = syntax_next(l->t, next);
	if (!next) return;
	if (l->t->nodes[next].kind == SYN_IF_STATEMENT) {
		flow_branch_arm(l->b, branch, 0, swift_span(l, next));
		flow_count(l->b, 1);
		NodeId value = swift_if(l, next, want_value);
		if (want_value && value && !flow_is_dead(l->b)) flow_branch_value(l->b, branch, value);
		return;
	}
	SynId statements = braced(l, next, &close);
	flow_branch_arm(l->b, branch, 0, from_to(l, next, close));
	arm_block(l, branch, statements, want_value);
}

static NodeId lower_if(Lower *l, SynId syn, bool want_value) {
	flow_scope_push(l->b);
	SynId brace = 0, close = 0;
	NodeId condition = swift_conditions(l, syn, &brace);
	FlowBranch *branch = flow_branch_begin(l->b, swift_span(l, syn));
	SynId statements = brace ? braced(l, brace, &close) : 0;
	flow_branch_arm(l->b, branch, condition, brace ? from_to(l, brace, close) : swift_span(l, syn));
	arm_block(l, branch, statements, want_value);
	flow_scope_pop(l->b);
	SynId word = close ? find_else(l, close) : 0;
	if (word) else_arm(l, branch, word, want_value);
	return flow_branch_end(l->b, branch, word != 0);
}

NodeId swift_if(Lower *l, SynId syn, bool want_value) {
	if (l->depth >= LOWER_MAX_DEPTH) return flow_unknown(l->b, SYN_IF_STATEMENT, swift_span(l, syn), NULL, 0);
	l->depth++;
	NodeId value = lower_if(l, syn, want_value);
	l->depth--;
	return value;
}

void swift_guard(Lower *l, SynId syn) {
	SynId word = 0, close = 0;
	NodeId condition = swift_conditions(l, syn, &word);
	Span span = swift_span(l, syn);
	FlowBranch *branch = flow_branch_begin(l->b, span);
	flow_branch_arm(l->b, branch, condition, (Span) { span.end, span.end });
	SynId open = word && l->t->nodes[word].kind == SYN_ELSE ? syntax_next(l->t, word) : word;
	while (open && !is_token(l, open, "{")) open = syntax_next(l->t, open);
	SynId statements = open ? braced(l, open, &close) : 0;
	flow_branch_arm(l->b, branch, 0, open ? from_to(l, open, close) : span);
	arm_block(l, branch, statements, false);
	flow_branch_end(l->b, branch, true);
}

/* ---- switch ---- */

static NodeId any_of(Lower *l, NodeId a, NodeId b, Span span) {
	if (!a || !b) return a ? a : b;
	NodeId node = swift_operator(l, "||", a, b, span, span);
	flow_edit(l->b, node)->is_implicit = true;
	return node;
}

static SynId entry_pattern(const Lower *l, SynId switch_pattern) {
	return syntax_find(l->t, switch_pattern, SYN_PATTERN);
}

static NodeId entry_test(Lower *l, SynId entry, NodeId subject) {
	NodeId test = 0;
	for (SynId c = syntax_child(l->t, entry); c; c = syntax_next(l->t, c)) {
		if (l->t->nodes[c].kind != SYN_SWITCH_PATTERN) continue;
		SynId pattern = entry_pattern(l, c);
		NodeId one = pattern ? swift_pattern(l, pattern, subject, false, PATTERN_TEST) : 0;
		test = any_of(l, test, one, swift_span(l, c));
	}
	return test;
}

static void bind_entry(Lower *l, SynId entry, NodeId subject) {
	for (SynId c = syntax_child(l->t, entry); c; c = syntax_next(l->t, c)) {
		SynId pattern = l->t->nodes[c].kind == SYN_SWITCH_PATTERN ? entry_pattern(l, c) : 0;
		if (!pattern) continue;
		swift_pattern(l, pattern, subject, false, PATTERN_BIND);
		return; /* every pattern of an entry binds the same names */
	}
}

/* `where` between patterns and colon; its value decides, too, but has no form of its own. */
static void entry_where(Lower *l, SynId entry) {
	bool where = false;
	for (SynId c = syntax_child(l->t, entry); c && !is_token(l, c, ":"); c = syntax_next(l->t, c)) {
		if (l->t->nodes[c].kind == SYN_WHERE_KEYWORD)
			where = true;
		else if (where && !swift_is_trivia(l->t, c) && !is_token(l, c, ",")) {
			swift_expr(l, c);
			return;
		}
	}
}

static void lower_entry(Lower *l, FlowBranch *branch, SynId entry, NodeId subject, NodeId test, bool want_value) {
	flow_branch_arm(l->b, branch, test, swift_span(l, entry));
	flow_scope_push(l->b);
	bind_entry(l, entry, subject);
	entry_where(l, entry);
	arm_block(l, branch, syntax_find(l->t, entry, SYN_STATEMENTS), want_value);
	flow_scope_pop(l->b);
}

static NodeId lower_switch(Lower *l, SynId syn, bool want_value) {
	NodeId subject = swift_expr(l, syntax_field(l->t, syn, SYNF_EXPR));
	VEC(NodeId) tests = { 0 };
	for (SynId c = syntax_child(l->t, syn); c; c = syntax_next(l->t, c)) {
		if (l->t->nodes[c].kind != SYN_SWITCH_ENTRY) continue;
		flow_count(l->b, 1);
		NodeId test = entry_test(l, c, subject);
		VEC_PUSH(tests) = test;
	}
	bool outer = l->breaks_switch;
	l->breaks_switch = true;
	FlowBranch *branch = flow_branch_begin(l->b, swift_span(l, syn));
	size_t i = 0;
	for (SynId c = syntax_child(l->t, syn); c; c = syntax_next(l->t, c)) {
		if (l->t->nodes[c].kind == SYN_SWITCH_ENTRY) lower_entry(l, branch, c, subject, tests.at[i++], want_value);
	}
	NodeId value = flow_branch_end(l->b, branch, i > 0);
	l->breaks_switch = outer;
	VEC_FREE(tests);
	return value;
}

NodeId swift_switch(Lower *l, SynId syn, bool want_value) {
	if (l->depth >= LOWER_MAX_DEPTH) return flow_unknown(l->b, SYN_SWITCH_STATEMENT, swift_span(l, syn), NULL, 0);
	l->depth++;
	NodeId value = lower_switch(l, syn, want_value);
	l->depth--;
	return value;
}

/* ---- do, catch ---- */

static void catch_arm(Lower *l, FlowBranch *branch, SynId block) {
	Span span = swift_span(l, block);
	flow_branch_arm(l->b, branch, 0, span);
	flow_scope_push(l->b);
	NodeId error = swift_global(l, STR("error"), (Span) { span.start, span.start });
	flow_edit(l->b, error)->is_implicit = true;
	SynId pattern = syntax_field(l->t, block, SYNF_ERROR);
	if (pattern)
		swift_pattern(l, pattern, error, false, PATTERN_BOTH);
	else
		swift_declare(l, STR("error"), error, STR_NONE, span);
	SynId statements = syntax_find(l->t, block, SYN_STATEMENTS);
	if (statements) swift_block(l, statements, false);
	flow_scope_pop(l->b);
}

void swift_do(Lower *l, SynId syn) {
	SynId statements = syntax_find(l->t, syn, SYN_STATEMENTS);
	if (!syntax_find(l->t, syn, SYN_CATCH_BLOCK)) {
		if (statements) swift_block(l, statements, false);
		return;
	}
	FlowBranch *branch = flow_branch_begin(l->b, swift_span(l, syn));
	flow_branch_arm(l->b, branch, 0, statements ? swift_span(l, statements) : swift_span(l, syn));
	if (statements) swift_block(l, statements, false);
	for (SynId c = syntax_child(l->t, syn); c; c = syntax_next(l->t, c)) {
		if (l->t->nodes[c].kind != SYN_CATCH_BLOCK) continue;
		flow_count(l->b, 1);
		catch_arm(l, branch, c);
	}
	flow_branch_end(l->b, branch, true);
}
