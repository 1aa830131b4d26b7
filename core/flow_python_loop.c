/* Python loops: for, while and comprehensions; what they run over and how often. */
#include "core/posix.h"

#include "core/flow_python_lower.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- how often ---- */

static NodeId arg_of(const PyLower *l, NodeId id, size_t i) {
	const FlowNode *node = py_node(l, id);
	return i < node->n_args ? flow_so_far(l->b)->args[node->args + i].node : 0;
}

static bool literal(const PyLower *l, NodeId id, double *value) { return flow_number(flow_so_far(l->b), id, value); }

/* A field of the receiver, of a parameter, or of a field: a configuration value, unless it is of an array. */
static bool is_setting(const PyLower *l, NodeId id) {
	const FlowNode *node = py_node(l, id);
	if (node->kind == NODE_GLOBAL) return true;
	if (node->kind != NODE_FIELD || !node->n_args) return false;
	NodeKind base = (NodeKind)py_node(l, arg_of(l, id, 0))->kind;
	return base == NODE_SELF || base == NODE_FIELD || base == NODE_PARAM;
}

static void trips_of_range(PyLower *l, NodeId range) {
	NodeId start = arg_of(l, range, 0), stop = arg_of(l, range, 1), third = arg_of(l, range, 2);
	double from = 0, to = 0, step = 1;
	bool known = (!start || literal(l, start, &from)) && (!third || literal(l, third, &step));
	if (stop && known && literal(l, stop, &to) && step != 0) {
		double n = ceil((to - from) / step);
		flow_loop_trips(l->b, TRIPS_LITERAL, n > 0 ? (int64_t)n : 0, STR_NONE);
	} else if (stop && is_setting(l, stop)) {
		flow_loop_trips(l->b, TRIPS_NAMED, 0, py_node(l, stop)->name);
	} else {
		flow_loop_trips(l->b, TRIPS_DATA, 0, STR_NONE);
	}
}

/* Through enumerate, reversed and the first of zip to what is counted. */
static NodeId counted(const PyLower *l, NodeId over) {
	static const char *const through[] = { "enumerated", "reversed", "zip", "tqdm", "array_new", "host_sorted" };
	for (int depth = 0; depth < 4 && over; depth++) {
		const FlowNode *node = py_node(l, over);
		bool passes = false;
		for (size_t i = 0; i < BASE_COUNT(through); i++) passes |= str_is(node->name, through[i]);
		if (!passes || (node->kind != NODE_OP && node->kind != NODE_CALL)) break;
		over = arg_of(l, over, 0);
	}
	return over;
}

static void trips(PyLower *l, NodeId over) {
	NodeId what = counted(l, over);
	if (!what) return;
	const FlowNode *node = py_node(l, what);
	if (str_is(node->name, "range") && node->kind == NODE_OP) {
		trips_of_range(l, what);
		return;
	}
	if (node->kind == NODE_TUPLE && !str_is(node->name, "dict_literal")) {
		bool spread = false;
		for (size_t i = 0; i < node->n_args; i++) spread |= flow_so_far(l->b)->args[node->args + i].spread;
		if (!spread) {
			flow_loop_trips(l->b, TRIPS_LITERAL, node->n_args, STR_NONE);
			return;
		}
	}
	ComponentId owner = COMPONENT_NONE;
	const Field *field = python_module_field(l, what, &owner);
	if (field && field->is_module)
		flow_loop_trips(l->b, TRIPS_NAMED, 0, field->name);
	else
		flow_loop_trips(l->b, TRIPS_DATA, 0, STR_NONE);
}

/* ---- the elements of a turn ---- */

static bool runs_in_parts(const PyLower *l, NodeId over) {
	const FlowNode *node = over ? py_node(l, over) : NULL;
	bool called = node && (node->kind == NODE_OP || node->kind == NODE_CALL);
	return called && (str_is(node->name, "enumerated") || str_is(node->name, "zip"));
}

static size_t count_items(const PyLower *l, SynId list) {
	size_t n = 0;
	for (SynId c = syntax_named_child(l->tree, list); c; c = syntax_named_next(l->tree, c)) {
		if (py_kind(l, c) == SYN_LIST_SPLAT_PATTERN) return 0;
		n++;
	}
	return n;
}

static bool is_list(SyntaxKind kind) {
	return kind == SYN_PATTERN_LIST || kind == SYN_TUPLE_PATTERN || kind == SYN_LIST_PATTERN;
}

static void bind_elements(PyLower *l, SynId target, NodeId over) {
	if (runs_in_parts(l, over) && is_list(py_kind(l, target)) && count_items(l, target)) {
		uint16_t i = 0;
		for (SynId c = syntax_named_child(l->tree, target); c; c = syntax_named_next(l->tree, c), i++) {
			NodeId var = flow_loop_var(l->b, i, py_span(l, c));
			python_assign(l, c, var, py_span(l, c));
		}
		return;
	}
	NodeId var = flow_loop_var(l->b, 0, py_span(l, target));
	python_assign(l, target, var, py_span(l, target));
}

/* `for x in a, b:` runs over a tuple. */
static NodeId run_over(PyLower *l, SynId id) {
	PyArgs args = { 0 };
	Span span = { 0, 0 };
	for (SynId c = syntax_child(l->tree, id); c; c = syntax_next(l->tree, c)) {
		if (l->tree->nodes[c].field != SYNF_RIGHT || !l->tree->nodes[c].named) continue;
		FlowArg arg = py_arg(python_expr(l, c));
		VEC_PUSH(args) = arg;
		if (args.n == 1) span.start = py_span(l, c).start;
		span.end = py_span(l, c).end;
	}
	NodeId over = args.n == 1 ? args.at[0].node : args.n ? flow_add(l->b, NODE_TUPLE, span, args.at, args.n) : 0;
	VEC_FREE(args);
	return over;
}

/* ---- statements ---- */

static void loop_else(PyLower *l, SynId id) {
	SynId otherwise = py_field(l, id, SYNF_ALTERNATIVE);
	SynId body = otherwise ? py_field(l, otherwise, SYNF_BODY) : 0;
	if (body) python_block(l, body);
}

void python_for(PyLower *l, SynId id) {
	SynId left = py_field(l, id, SYNF_LEFT), body = py_field(l, id, SYNF_BODY);
	NodeId over = run_over(l, id);
	flow_loop_begin(l->b, LOOP_FOR, over, py_span(l, id));
	trips(l, over);
	if (left) bind_elements(l, left, over);
	if (body) python_block(l, body);
	flow_loop_end(l->b);
	loop_else(l, id);
}

void python_while(PyLower *l, SynId id) {
	SynId test = py_field(l, id, SYNF_CONDITION), body = py_field(l, id, SYNF_BODY);
	flow_loop_begin(l->b, LOOP_WHILE, 0, py_span(l, id));
	NodeId condition = test ? python_expr(l, test) : 0;
	const FlowNode *node = condition ? py_node(l, condition) : NULL;
	bool forever = node && node->kind == NODE_CONST && (node->is_bool || node->is_number) && node->number != 0;
	flow_loop_trips(l->b, forever ? TRIPS_UNBOUNDED : TRIPS_DATA, 0, STR_NONE);
	if (body) python_block(l, body);
	flow_loop_end(l->b);
	loop_else(l, id);
}

/* ---- comprehensions ---- */

static NodeId turn_element(PyLower *l, SynId id) {
	SynId body = py_field(l, id, SYNF_BODY);
	if (!body) return 0;
	if (py_kind(l, body) != SYN_PAIR) return python_expr(l, body);
	SynId key = py_field(l, body, SYNF_KEY), value = py_field(l, body, SYNF_VALUE);
	FlowArg pair[2] = { py_arg(key ? python_expr(l, key) : 0), py_arg(value ? python_expr(l, value) : 0) };
	return flow_add(l->b, NODE_TUPLE, py_span(l, body), pair, 2);
}

static void declare_targets(PyLower *l, SynId target) {
	if (py_kind(l, target) == SYN_IDENTIFIER) {
		flow_declare(l->b, py_text(l, target));
	} else if (py_kind(l, target) != SYN_ATTRIBUTE && py_kind(l, target) != SYN_SUBSCRIPT) {
		for (SynId c = syntax_named_child(l->tree, target); c; c = syntax_named_next(l->tree, c)) declare_targets(l, c);
	}
}

/* The clauses from `clause` on, one inside the other; the element in the innermost. */
static void clauses(PyLower *l, SynId comprehension, SynId clause, RegionId *outermost) {
	while (clause && py_kind(l, clause) != SYN_FOR_IN_CLAUSE && py_kind(l, clause) != SYN_IF_CLAUSE) {
		clause = syntax_named_next(l->tree, clause);
	}
	if (!clause || l->depth >= PYTHON_MAX_DEPTH) {
		flow_loop_collect(l->b, turn_element(l, comprehension));
		return;
	}
	l->depth++;
	SynId next = syntax_named_next(l->tree, clause);
	if (py_kind(l, clause) == SYN_IF_CLAUSE) {
		SynId test = syntax_named_child(l->tree, clause);
		NodeId condition = test ? python_expr(l, test) : 0;
		FlowBranch *branch = flow_branch_begin(l->b, py_span(l, clause));
		flow_branch_arm(l->b, branch, condition, py_span(l, comprehension));
		clauses(l, comprehension, next, outermost);
		flow_branch_end(l->b, branch, false);
	} else {
		SynId left = py_field(l, clause, SYNF_LEFT);
		NodeId over = run_over(l, clause);
		RegionId loop = flow_loop_begin(l->b, LOOP_COMPREHENSION, over, py_span(l, comprehension));
		if (!*outermost) *outermost = loop;
		trips(l, over);
		if (left) declare_targets(l, left);
		if (left) bind_elements(l, left, over);
		clauses(l, comprehension, next, outermost);
		flow_loop_end(l->b);
	}
	l->depth--;
}

NodeId python_comprehension(PyLower *l, SynId id) {
	RegionId loop = 0;
	bool in_function = l->in_function;
	l->in_function = true; /* its names are its own, also at module level */
	flow_scope_push(l->b);
	clauses(l, id, syntax_named_next(l->tree, syntax_named_child(l->tree, id)), &loop);
	flow_scope_pop(l->b);
	l->in_function = in_function;
	FlowArg over = py_arg(flow_so_far(l->b)->regions[loop].over);
	NodeId node = flow_op(l->b, "map", py_span(l, id), &over, loop && over.node ? 1 : 0);
	flow_edit(l->b, node)->body = loop;
	bool keyed = py_kind(l, id) == SYN_DICTIONARY_COMPREHENSION;
	if (!keyed && py_kind(l, id) != SYN_SET_COMPREHENSION) return node;
	FlowArg arg = py_arg(node);
	Str maker = keyed ? STR("dict") : STR("set");
	node = flow_call(l->b, CALL_FUNCTION, STR_NONE, maker, 0, &arg, 1, py_span(l, id), (Span) { 0, 0 });
	flow_edit(l->b, node)->is_implicit = true;
	return node;
}
