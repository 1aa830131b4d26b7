/* Python statements, and what they assign to. */
#include "core/posix.h"

#include "core/flow_python_lower.h"

#include <stdlib.h>
#include <string.h>

static void statement(PyLower *l, SynId id);

/* ---- targets ---- */

static void assign_name(PyLower *l, Str name, NodeId value, Span span) {
	VarId var = flow_lookup(l->b, name);
	if (l->in_function && var) {
		flow_write(l->b, var, value);
		return;
	}
	FlowArg args[2] = { py_arg(l->self_node), py_arg(value) }; /* a global, or a class's attribute */
	if (l->in_function) args[0].node = 0;
	NodeId store = flow_add(l->b, NODE_STORE, span, args, 2);
	flow_edit(l->b, store)->name = name;
	if (!var && l->is_toplevel) var = flow_declare(l->b, name);
	flow_write(l->b, var, value);
}

static void assign_self_field(PyLower *l, Str name, NodeId value, Span span, Span head) {
	FlowArg args[2] = { py_arg(l->self_node), py_arg(value) };
	NodeId store = flow_add(l->b, NODE_STORE, span, args, 2);
	const Field *field = python_field(l->outline, l->cls, name, NULL);
	FlowNode *node = flow_edit(l->b, store);
	node->name = name;
	node->key = field ? field->key : name;
	node->head = head;
	flow_write(l->b, flow_field_var(l->b, name), value);
}

static void assign_attribute(PyLower *l, SynId target, NodeId value, Span span) {
	SynId object = py_field(l, target, SYNF_OBJECT), member = py_field(l, target, SYNF_ATTRIBUTE);
	if (!object || !member) return;
	if (python_is_self(l, object)) {
		assign_self_field(l, py_text(l, member), value, span, py_span(l, target));
		return;
	}
	FlowArg args[2] = { py_arg(python_expr(l, object)), py_arg(value) };
	NodeId store = flow_add(l->b, NODE_STORE, span, args, 2);
	flow_edit(l->b, store)->name = py_text(l, member);
	flow_edit(l->b, store)->key = py_text(l, member);
	flow_edit(l->b, store)->head = py_span(l, target);
	python_rebind(l, object, store);
}

static void assign_element(PyLower *l, SynId target, NodeId value, Span span) {
	SynId base = py_field(l, target, SYNF_VALUE);
	if (!base) return;
	PyArgs args = { 0 };
	NodeId node = python_expr(l, base);
	VEC_PUSH(args) = py_arg(node);
	VEC_PUSH(args) = py_arg(value);
	python_indices(l, target, &args);
	NodeId store = flow_add(l->b, NODE_STORE, span, args.at, args.n);
	VEC_FREE(args);
	flow_edit(l->b, store)->head = py_span(l, target);
	python_rebind(l, base, store);
}

void python_rebind(PyLower *l, SynId target, NodeId value) {
	if (py_kind(l, target) == SYN_IDENTIFIER && !python_is_self(l, target)) {
		VarId var = flow_lookup(l->b, py_text(l, target));
		if (var) flow_write(l->b, var, value);
	} else if (py_kind(l, target) == SYN_ATTRIBUTE && python_is_self(l, py_field(l, target, SYNF_OBJECT))) {
		Str name = py_text(l, py_field(l, target, SYNF_ATTRIBUTE));
		if (map_get(&l->written, name)) flow_write(l->b, flow_field_var(l->b, name), value);
	}
}

static size_t count_items(const PyLower *l, SynId list) {
	size_t n = 0;
	for (SynId c = syntax_named_child(l->tree, list); c; c = syntax_named_next(l->tree, c)) n++;
	return n;
}

/* A literal tuple or list with as many items, none spread, that a destructuring can take apart. */
static bool is_open_tuple(const PyLower *l, NodeId value, size_t n) {
	const FlowNode *node = py_node(l, value);
	if (node->kind != NODE_TUPLE || node->n_args != n || str_is(node->name, "dict_literal")) return false;
	for (size_t i = 0; i < n; i++)
		if (flow_so_far(l->b)->args[node->args + i].spread) return false;
	return true;
}

static NodeId part(PyLower *l, NodeId value, size_t index, Span span) {
	FlowArg base = py_arg(value);
	NodeId node = flow_add(l->b, NODE_PART, span, &base, 1);
	flow_edit(l->b, node)->index = (uint16_t)index;
	flow_edit(l->b, node)->is_implicit = true;
	return node;
}

/* Elements counted from the end, or those the starred name takes: `value[from:to]`, to 0 for none. */
static NodeId tail(PyLower *l, NodeId value, long from, long to, bool slice, Span span) {
	FlowArg bounds[2] = { py_arg(flow_const_number(l->b, span, (double)from, true, STR_NONE)), { 0 } };
	flow_edit(l->b, bounds[0].node)->is_implicit = true;
	if (slice && to) {
		bounds[1].node = flow_const_number(l->b, span, (double)to, true, STR_NONE);
		flow_edit(l->b, bounds[1].node)->is_implicit = true;
	}
	NodeId index = slice ? flow_op(l->b, "range", span, bounds, to ? 2 : 1) : bounds[0].node;
	FlowArg args[2] = { py_arg(value), py_arg(index) };
	NodeId node = flow_add(l->b, NODE_LOAD, span, args, 2);
	flow_edit(l->b, node)->is_implicit = true;
	return node;
}

static bool is_ignored(const PyLower *l, SynId target) {
	return py_kind(l, target) == SYN_IDENTIFIER && str_is(py_text(l, target), "_");
}

static void assign_list(PyLower *l, SynId list, NodeId value) {
	size_t n = count_items(l, list), i = 0;
	bool starred = false;
	for (SynId c = syntax_named_child(l->tree, list); c; c = syntax_named_next(l->tree, c)) {
		if (py_kind(l, c) == SYN_LIST_SPLAT_PATTERN || py_kind(l, c) == SYN_LIST_SPLAT) starred = true;
	}
	NodeId items[64] = { 0 };
	bool open = !starred && n <= BASE_COUNT(items) && is_open_tuple(l, value, n);
	for (size_t k = 0; open && k < n; k++) items[k] = flow_so_far(l->b)->args[py_node(l, value)->args + k].node;
	bool behind = false; /* the starred name */
	for (SynId c = syntax_named_child(l->tree, list); c; c = syntax_named_next(l->tree, c), i++) {
		bool splat = py_kind(l, c) == SYN_LIST_SPLAT_PATTERN || py_kind(l, c) == SYN_LIST_SPLAT;
		SynId target = splat ? syntax_named_child(l->tree, c) : c;
		long from_end = (long)i - (long)n;
		if (target && !is_ignored(l, target)) {
			Span span = py_span(l, c);
			NodeId item = open     ? items[i]
			              : splat  ? tail(l, value, (long)i, from_end + 1, true, span)
			              : behind ? tail(l, value, from_end, 0, false, span)
			                       : part(l, value, i, span);
			python_assign(l, target, item, span);
		}
		behind |= splat;
	}
}

void python_assign(PyLower *l, SynId target, NodeId value, Span span) {
	if (l->depth >= PYTHON_MAX_DEPTH) return;
	l->depth++;
	switch (py_kind(l, target)) {
	case SYN_IDENTIFIER: assign_name(l, py_text(l, target), value, span); break;
	case SYN_ATTRIBUTE: assign_attribute(l, target, value, span); break;
	case SYN_SUBSCRIPT: assign_element(l, target, value, span); break;
	case SYN_PATTERN_LIST:
	case SYN_TUPLE_PATTERN:
	case SYN_LIST_PATTERN:
	case SYN_EXPRESSION_LIST:
	case SYN_TUPLE:
	case SYN_LIST: assign_list(l, target, value); break;
	default: { /* as_pattern_target, parentheses, a star alone */
		SynId inner = syntax_named_child(l->tree, target);
		if (inner) python_assign(l, inner, value, span);
		break;
	}
	}
	l->depth--;
}

/* ---- assignments ---- */

static NodeId assignment(PyLower *l, SynId id);

static NodeId augmented(PyLower *l, SynId id) {
	SynId left = py_field(l, id, SYNF_LEFT), right = py_field(l, id, SYNF_RIGHT), op = py_field(l, id, SYNF_OPERATOR);
	if (!left || !right || !op) return python_children(l, id);
	NodeId a = python_expr(l, left), b = python_expr(l, right);
	Str text = py_text(l, op);
	NodeId value = python_operator(l, str_sub(text, 0, text.len - 1), a, b, py_span(l, id), py_span(l, op));
	python_assign(l, left, value, py_span(l, id));
	return value;
}

static NodeId assigned_value(PyLower *l, SynId right) {
	if (py_kind(l, right) == SYN_ASSIGNMENT) return assignment(l, right);
	if (py_kind(l, right) == SYN_AUGMENTED_ASSIGNMENT) return augmented(l, right);
	return python_expr(l, right);
}

static NodeId assignment(PyLower *l, SynId id) {
	SynId left = py_field(l, id, SYNF_LEFT), right = py_field(l, id, SYNF_RIGHT);
	if (!left || !right || l->depth >= PYTHON_MAX_DEPTH) return 0; /* `x: int` declares and does nothing */
	l->depth++;
	NodeId value = assigned_value(l, right);
	if (value) python_assign(l, left, value, py_span(l, id));
	l->depth--;
	return value;
}

static void expression_statement(PyLower *l, SynId id) {
	size_t n = 0;
	for (SynId c = syntax_named_child(l->tree, id); c; c = syntax_named_next(l->tree, c), n++) {
		switch (py_kind(l, c)) {
		case SYN_ASSIGNMENT: assignment(l, c); break;
		case SYN_AUGMENTED_ASSIGNMENT: augmented(l, c); break;
		case SYN_STRING: /* a docstring */
		case SYN_ELLIPSIS: break;
		default: python_expr(l, c); break;
		}
	}
}

/* ---- branches ---- */

typedef VEC(FlowBranch *) Branches;

/* All but the innermost have an else arm, in which the next stands. */
static void close_branches(PyLower *l, Branches *open, bool exhaustive) {
	while (open->n) {
		flow_branch_end(l->b, open->at[--open->n], exhaustive);
		exhaustive = true;
	}
	VEC_FREE(*open);
}

/* An elif is an if in the arm before's else. */
static void if_statement(PyLower *l, SynId id) {
	Branches open = { 0 };
	bool has_else = false;
	SynId clause = id;
	SynId next = syntax_child(l->tree, id);
	while (clause) {
		SynId test = py_field(l, clause, SYNF_CONDITION), body = py_field(l, clause, SYNF_CONSEQUENCE);
		if (test) {
			NodeId condition = python_expr(l, test);
			Span span = { py_span(l, clause).start, py_span(l, id).end };
			FlowBranch *branch = flow_branch_begin(l->b, span);
			VEC_PUSH(open) = branch;
			flow_branch_arm(l->b, branch, condition, body ? py_span(l, body) : py_span(l, clause));
			if (body) python_block(l, body);
		}
		while (next && l->tree->nodes[next].field != SYNF_ALTERNATIVE) next = syntax_next(l->tree, next);
		clause = next;
		if (!clause) break;
		if (open.n) flow_branch_arm(l->b, open.at[open.n - 1], 0, py_span(l, clause));
		if (py_kind(l, clause) == SYN_ELSE_CLAUSE) {
			SynId otherwise = py_field(l, clause, SYNF_BODY);
			if (otherwise) python_block(l, otherwise);
			has_else = true;
			break;
		}
		next = syntax_next(l->tree, next);
	}
	close_branches(l, &open, has_else);
}

static void handler(PyLower *l, SynId id) {
	SynId body = 0;
	for (SynId c = syntax_named_child(l->tree, id); c; c = syntax_named_next(l->tree, c)) {
		if (py_kind(l, c) == SYN_BLOCK) {
			body = c;
		} else if (py_kind(l, c) == SYN_AS_PATTERN) {
			SynId kinds = syntax_named_child(l->tree, c), alias = py_field(l, c, SYNF_ALIAS);
			if (kinds) python_expr(l, kinds);
			if (!alias) continue;
			NodeId caught = flow_add(l->b, NODE_GLOBAL, py_span(l, alias), NULL, 0);
			flow_edit(l->b, caught)->name = flow_edit(l->b, caught)->key = py_text(l, alias);
			python_assign(l, alias, caught, py_span(l, alias));
		} else {
			python_expr(l, c);
		}
	}
	if (body) python_block(l, body);
}

static void try_statement(PyLower *l, SynId id) {
	SynId body = py_field(l, id, SYNF_BODY), otherwise = syntax_find(l->tree, id, SYN_ELSE_CLAUSE);
	SynId finally = syntax_find(l->tree, id, SYN_FINALLY_CLAUSE), except = syntax_find(l->tree, id, SYN_EXCEPT_CLAUSE);
	SynId after = otherwise ? py_field(l, otherwise, SYNF_BODY) : 0;
	FlowBranch *branch = except ? flow_branch_begin(l->b, py_span(l, id)) : NULL;
	if (branch) flow_branch_arm(l->b, branch, 0, body ? py_span(l, body) : py_span(l, id));
	if (body) python_block(l, body);
	if (after) python_block(l, after);
	for (SynId c = except; c; c = syntax_next(l->tree, c)) {
		if (py_kind(l, c) != SYN_EXCEPT_CLAUSE) continue;
		flow_branch_arm(l->b, branch, 0, py_span(l, c));
		handler(l, c);
	}
	if (branch) flow_branch_end(l->b, branch, true);
	SynId last = finally ? syntax_find(l->tree, finally, SYN_BLOCK) : 0;
	if (last) python_block(l, last);
}

/* ---- match ---- */

/* Names in a pattern take (parts of) the subject; its values are tested. Returns the test, or 0 when it always fits. */
static NodeId pattern(PyLower *l, SynId id, NodeId subject) {
	SynId child = syntax_named_child(l->tree, id);
	switch (py_kind(l, id)) {
	case SYN_CASE_PATTERN: return child ? pattern(l, child, subject) : 0; /* `_` */
	case SYN_DOTTED_NAME:
		if (child && !syntax_named_next(l->tree, child)) {
			if (!is_ignored(l, child)) python_assign(l, child, subject, py_span(l, id));
			return 0;
		}
		break;
	case SYN_AS_PATTERN: {
		SynId alias = py_field(l, id, SYNF_ALIAS);
		if (!alias && child) alias = syntax_named_next(l->tree, child);
		NodeId test = child ? pattern(l, child, subject) : 0;
		if (alias) python_assign(l, alias, subject, py_span(l, alias));
		return test;
	}
	case SYN_TUPLE_PATTERN:
	case SYN_LIST_PATTERN:
	case SYN_UNION_PATTERN:
	case SYN_CLASS_PATTERN:
	case SYN_DICT_PATTERN:
	case SYN_KEYWORD_PATTERN:
	case SYN_SPLAT_PATTERN: {
		PyArgs args = { 0 };
		VEC_PUSH(args) = py_arg(subject);
		size_t i = 0;
		bool alternatives = py_kind(l, id) == SYN_UNION_PATTERN;
		for (SynId c = child; c; c = syntax_named_next(l->tree, c), i++) {
			if (py_kind(l, c) == SYN_DOTTED_NAME && py_kind(l, id) == SYN_CLASS_PATTERN && i == 0) continue;
			if (py_kind(l, c) == SYN_IDENTIFIER) {
				python_assign(l, c, subject, py_span(l, c));
				continue;
			}
			NodeId test = pattern(l, c, alternatives ? subject : part(l, subject, i, py_span(l, c)));
			if (test) VEC_PUSH(args) = py_arg(test);
		}
		NodeId node = flow_add(l->b, NODE_CALL, py_span(l, id), args.at, args.n);
		VEC_FREE(args);
		flow_edit(l->b, node)->name = STR("matches");
		return node;
	}
	default: break;
	}
	NodeId value = py_kind(l, id) == SYN_DOTTED_NAME ? 0 : python_expr(l, id);
	if (!value) {
		value = flow_add(l->b, NODE_GLOBAL, py_span(l, id), NULL, 0);
		flow_edit(l->b, value)->name = flow_edit(l->b, value)->key = py_text(l, id);
	}
	return python_operator(l, STR("=="), subject, value, py_span(l, id), py_span(l, id));
}

static NodeId case_condition(PyLower *l, SynId clause, NodeId subject, bool *always) {
	NodeId test = 0;
	for (SynId c = syntax_named_child(l->tree, clause); c; c = syntax_named_next(l->tree, c)) {
		if (py_kind(l, c) == SYN_CASE_PATTERN) test = pattern(l, c, subject);
	}
	SynId guard = py_field(l, clause, SYNF_GUARD), inner = guard ? syntax_named_child(l->tree, guard) : 0;
	*always = !test && !inner;
	if (!inner) return test;
	NodeId asked = python_expr(l, inner);
	return test ? python_operator(l, STR("and"), test, asked, py_span(l, guard), (Span) { 0, 0 }) : asked;
}

static void match_statement(PyLower *l, SynId id) {
	SynId subject = py_field(l, id, SYNF_SUBJECT), body = py_field(l, id, SYNF_BODY);
	if (!subject || !body) return;
	NodeId value = python_expr(l, subject);
	Branches open = { 0 };
	bool always = false;
	for (SynId c = syntax_named_child(l->tree, body); c; c = syntax_named_next(l->tree, c)) {
		if (py_kind(l, c) != SYN_CASE_CLAUSE) continue;
		if (open.n) flow_branch_arm(l->b, open.at[open.n - 1], 0, py_span(l, c));
		NodeId condition = case_condition(l, c, value, &always);
		SynId block = py_field(l, c, SYNF_CONSEQUENCE);
		if (!always) {
			FlowBranch *branch = flow_branch_begin(l->b, (Span) { py_span(l, c).start, py_span(l, id).end });
			VEC_PUSH(open) = branch;
			flow_branch_arm(l->b, branch, condition, py_span(l, c));
		}
		if (block) python_block(l, block);
		if (always) break;
	}
	close_branches(l, &open, always);
}

/* ---- other statements ---- */

static void with_statement(PyLower *l, SynId id) {
	SynId clause = syntax_find(l->tree, id, SYN_WITH_CLAUSE), body = py_field(l, id, SYNF_BODY);
	for (SynId i = clause; clause && i < l->tree->nodes[clause].next; i++) {
		if (py_kind(l, i) != SYN_WITH_ITEM) continue;
		SynId value = py_field(l, i, SYNF_VALUE);
		if (value) python_expr(l, value);
	}
	if (body) python_block(l, body);
}

static void assert_statement(PyLower *l, SynId id) {
	SynId test = syntax_named_child(l->tree, id), message = test ? syntax_named_next(l->tree, test) : 0;
	if (!test) return;
	NodeId condition = python_operator(l, STR("not"), python_expr(l, test), 0, py_span(l, test), (Span) { 0, 0 });
	flow_edit(l->b, condition)->is_implicit = true;
	FlowBranch *branch = flow_branch_begin(l->b, py_span(l, id));
	flow_branch_arm(l->b, branch, condition, py_span(l, id));
	flow_return(l->b, message ? python_expr(l, message) : 0, py_span(l, id), "throw");
	flow_branch_end(l->b, branch, false);
}

static void delete_statement(PyLower *l, SynId id) {
	for (SynId i = id + 1; i < l->tree->nodes[id].next; i = l->tree->nodes[i].next) {
		if (py_kind(l, i) == SYN_EXPRESSION_LIST) {
			delete_statement(l, i);
		} else if (py_kind(l, i) == SYN_SUBSCRIPT) {
			FlowArg arg = py_arg(python_expr(l, i));
			NodeId node = flow_add(l->b, NODE_CALL, py_span(l, id), &arg, 1);
			flow_edit(l->b, node)->name = STR("del");
			SynId base = py_field(l, i, SYNF_VALUE);
			if (base) python_rebind(l, base, node);
		}
	}
}

static void return_statement(PyLower *l, SynId id, const char *kind) {
	SynId value = syntax_named_child(l->tree, id);
	flow_return(l->b, value ? python_expr(l, value) : 0, py_span(l, id), kind);
}

static void definition(PyLower *l, SynId def, SynId decorated) {
	if (l->is_toplevel && !l->in_function) return; /* a component of its own */
	SynId name = py_field(l, def, SYNF_NAME);
	if (!name) return;
	NodeId value = python_function(l, def, decorated);
	python_assign(l, name, value, py_span(l, name));
}

static void statement_of_kind(PyLower *l, SynId id) {
	switch (py_kind(l, id)) {
	case SYN_EXPRESSION_STATEMENT: expression_statement(l, id); break;
	case SYN_RETURN_STATEMENT: return_statement(l, id, ""); break;
	case SYN_RAISE_STATEMENT: return_statement(l, id, "throw"); break;
	case SYN_IF_STATEMENT: if_statement(l, id); break;
	case SYN_FOR_STATEMENT: python_for(l, id); break;
	case SYN_WHILE_STATEMENT: python_while(l, id); break;
	case SYN_TRY_STATEMENT: try_statement(l, id); break;
	case SYN_WITH_STATEMENT: with_statement(l, id); break;
	case SYN_MATCH_STATEMENT: match_statement(l, id); break;
	case SYN_ASSERT_STATEMENT: assert_statement(l, id); break;
	case SYN_DELETE_STATEMENT: delete_statement(l, id); break;
	case SYN_BREAK_STATEMENT: flow_break(l->b); break;
	case SYN_CONTINUE_STATEMENT: flow_continue(l->b); break;
	case SYN_FUNCTION_DEFINITION:
	case SYN_CLASS_DEFINITION: definition(l, id, 0); break;
	case SYN_DECORATED_DEFINITION: {
		SynId def = py_field(l, id, SYNF_DEFINITION);
		if (def) definition(l, def, id);
		break;
	}
	case SYN_BLOCK: python_block(l, id); break;
	case SYN_PASS_STATEMENT:
	case SYN_GLOBAL_STATEMENT:
	case SYN_NONLOCAL_STATEMENT:
	case SYN_IMPORT_STATEMENT:
	case SYN_IMPORT_FROM_STATEMENT:
	case SYN_FUTURE_IMPORT_STATEMENT:
	case SYN_TYPE_ALIAS_STATEMENT: break;
	default: python_children(l, id); break;
	}
}

static void statement(PyLower *l, SynId id) {
	flow_count(l->b, 1);
	if (py_kind(l, id) == SYN_ERROR) {
		flow_count_error(l->b);
		return;
	}
	if (l->depth >= PYTHON_MAX_DEPTH) {
		flow_unknown(l->b, py_kind(l, id), py_span(l, id), NULL, 0);
		return;
	}
	l->depth++;
	statement_of_kind(l, id);
	l->depth--;
}

void python_block(PyLower *l, SynId block) {
	for (SynId n = syntax_child(l->tree, block); n; n = syntax_next(l->tree, n)) {
		const SyntaxNode *node = &l->tree->nodes[n];
		if ((node->named && node->kind != SYN_COMMENT && node->kind != SYN_LINE_CONTINUATION) ||
		    node->kind == SYN_ERROR)
			statement(l, n);
	}
}
