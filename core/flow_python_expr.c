/* Python expressions to nodes. */
#include "core/posix.h"

#include "core/flow_python_lower.h"

#include <stdlib.h>
#include <string.h>

#define PY_ARGS(...)                                                                                                   \
	(FlowArg[]) { __VA_ARGS__ }

/* ---- names ---- */

bool python_is_self(const PyLower *l, SynId id) {
	return id && l->self.len && py_kind(l, id) == SYN_IDENTIFIER && str_eq(py_text(l, id), l->self) &&
	       !flow_lookup(l->b, l->self);
}

/* Name and key of a global: its last part, and all of it. */
static NodeId global_node(PyLower *l, Str full, Span span) {
	NodeId id = flow_add(l->b, NODE_GLOBAL, span, NULL, 0);
	size_t dot = SIZE_MAX;
	for (size_t i = 0; i + 1 < full.len; i++)
		if (full.ptr[i] == '.') dot = i;
	flow_edit(l->b, id)->name = dot == SIZE_MAX ? full : str_sub(full, dot + 1, full.len);
	flow_edit(l->b, id)->key = full;
	return id;
}

NodeId python_name(PyLower *l, SynId id) {
	if (python_is_self(l, id)) return l->self_node;
	Str name = py_text(l, id);
	VarId var = flow_lookup(l->b, name);
	NodeId value = flow_read(l->b, var);
	if (value) return value;
	const PyImport *import = var ? NULL : python_import(&l->names, name);
	NodeId node = global_node(l, import ? import->full : name, py_span(l, id));
	if (!import) flow_edit(l->b, node)->name = name;
	if (!var) flow_edit(l->b, node)->callee = python_component(l->outline, &l->names, name);
	return node;
}

Str python_global_path(PyLower *l, SynId id) {
	if (py_kind(l, id) == SYN_IDENTIFIER) {
		Str name = py_text(l, id);
		if (python_is_self(l, id) || flow_lookup(l->b, name)) return STR_NONE;
		const PyImport *import = python_import(&l->names, name);
		if (import) return import->full;
		/* A global of this file is a value; its members are fields. Classes and functions are components. */
		bool is_value = map_get(&l->names.assigned, name) != NULL &&
		                python_component(l->outline, &l->names, name) == COMPONENT_NONE;
		return is_value ? STR_NONE : name;
	}
	if (py_kind(l, id) != SYN_ATTRIBUTE) return STR_NONE;
	SynId object = py_field(l, id, SYNF_OBJECT), attribute = py_field(l, id, SYNF_ATTRIBUTE);
	Str base = object && attribute ? python_global_path(l, object) : STR_NONE;
	return base.len ? arena_printf(l->arena, "%.*s.%.*s", STR_ARG(base), STR_ARG(py_text(l, attribute))) : STR_NONE;
}

/* ---- attributes ---- */

NodeId python_self_field(PyLower *l, Str name, Span span) {
	if (map_get(&l->written, name)) {
		NodeId value = flow_read(l->b, flow_field_var(l->b, name));
		if (value) return value;
	}
	NodeId id = flow_add(l->b, NODE_FIELD, span, PY_ARGS(py_arg(l->self_node)), 1);
	const Field *field = python_field(l->outline, l->cls, name, NULL);
	ComponentId getter =
	    field && !field->is_computed ? COMPONENT_NONE : python_method(l->outline, l->cls, name.ptr, name.len);
	FlowNode *node = flow_edit(l->b, id);
	node->name = name;
	node->key = field ? field->key : name;
	node->callee = getter;
	return id;
}

/* An attribute of a module: a constant the lexicon knows, else a global with its full name. */
static NodeId global_attribute(PyLower *l, Str full, SynId id) {
	size_t dot = full.len;
	while (dot > 0 && full.ptr[dot - 1] != '.') dot--;
	Str qualifier = dot ? str_sub(full, 0, dot - 1) : STR_NONE, name = str_sub(full, dot, full.len);
	OpCall call = { .dialect = l->dialect, .form = CALL_PROPERTY, .qualifier = qualifier, .name = name };
	OpMatch match;
	if (qualifier.len && ops_resolve(&call, &match) && match.receiver < 0) {
		return flow_call(l->b, CALL_PROPERTY, qualifier, name, 0, NULL, 0, py_span(l, id), py_span(l, id));
	}
	NodeId node = global_node(l, full, py_span(l, id));
	flow_edit(l->b, node)->callee = python_component(l->outline, &l->names, py_text(l, id));
	return node;
}

static NodeId attribute(PyLower *l, SynId id) {
	SynId object = py_field(l, id, SYNF_OBJECT), member = py_field(l, id, SYNF_ATTRIBUTE);
	if (!object || !member) return python_children(l, id);
	Str name = py_text(l, member);
	if (python_is_self(l, object)) return python_self_field(l, name, py_span(l, id));
	Str full = python_global_path(l, id);
	if (full.len) return global_attribute(l, full, id);
	NodeId base = python_expr(l, object);
	ComponentId cls = python_class_of(l, base);
	const Field *field = cls == COMPONENT_NONE ? NULL : python_field(l->outline, cls, name, NULL);
	bool is_object = field || py_node(l, base)->kind == NODE_SELF;
	if (!is_object) {
		return flow_call(l->b, CALL_PROPERTY, STR_NONE, name, base, NULL, 0, py_span(l, id), py_span(l, member));
	}
	NodeId node = flow_add(l->b, NODE_FIELD, py_span(l, id), PY_ARGS(py_arg(base)), 1);
	flow_edit(l->b, node)->name = name;
	flow_edit(l->b, node)->key = field ? field->key : name;
	flow_edit(l->b, node)->head = py_span(l, member);
	if (field && field->is_computed) {
		flow_edit(l->b, node)->callee = python_method(l->outline, cls, name.ptr, name.len);
	}
	return node;
}

/* ---- literals ---- */

static NodeId number(PyLower *l, SynId id, bool is_int) {
	Str text = py_text(l, id);
	char digits[64];
	size_t n = 0;
	for (size_t i = 0; i < text.len && n < sizeof digits - 1; i++) {
		if (text.ptr[i] != '_') digits[n++] = text.ptr[i];
	}
	digits[n] = '\0';
	if (n && strchr("jJ", digits[n - 1])) { /* imaginary: no number of ours */
		NodeId node = flow_add(l->b, NODE_CONST, py_span(l, id), NULL, 0);
		flow_edit(l->b, node)->text = text;
		return node;
	}
	if (!is_int) return flow_const_number(l->b, py_span(l, id), strtod(digits, NULL), false, text);
	bool prefixed = n > 2 && digits[0] == '0' && strchr("xXoObB", digits[1]);
	int base = !prefixed ? 10 : strchr("xX", digits[1]) ? 16 : strchr("oO", digits[1]) ? 8 : 2;
	double value = base == 10 ? strtod(digits, NULL) : (double)strtoull(digits + 2, NULL, base);
	return flow_const_number(l->b, py_span(l, id), value, true, text);
}

static bool has_interpolation(const PyLower *l, SynId id) {
	for (SynId i = id + 1; i < l->tree->nodes[id].next; i++)
		if (py_kind(l, i) == SYN_INTERPOLATION) return true;
	return false;
}

/* The text between the quotes. */
static Str string_text(const PyLower *l, SynId id) {
	Span span = py_span(l, id);
	SynId start = syntax_find(l->tree, id, SYN_STRING_START), end = syntax_find(l->tree, id, SYN_STRING_END);
	uint32_t from = start ? py_span(l, start).end : span.start, to = end ? py_span(l, end).start : span.end;
	return str_sub(l->tree->text, from, to);
}

static void string_parts(PyLower *l, SynId id, PyArgs *parts) {
	for (SynId n = syntax_named_child(l->tree, id); n; n = syntax_named_next(l->tree, n)) {
		if (py_kind(l, n) == SYN_STRING_CONTENT) {
			NodeId text = flow_const_text(l->b, py_span(l, n), py_text(l, n));
			VEC_PUSH(*parts) = py_arg(text);
		} else if (py_kind(l, n) == SYN_STRING) {
			string_parts(l, n, parts);
		} else if (py_kind(l, n) == SYN_INTERPOLATION) {
			SynId value = py_field(l, n, SYNF_EXPRESSION);
			NodeId node = value ? python_expr(l, value) : 0;
			if (node) VEC_PUSH(*parts) = py_arg(node);
			SynId format = py_field(l, n, SYNF_FORMAT_SPECIFIER);
			for (SynId f = format ? syntax_named_child(l->tree, format) : 0; f; f = syntax_named_next(l->tree, f)) {
				SynId inner = py_field(l, f, SYNF_EXPRESSION);
				if (inner) python_expr(l, inner);
			}
		}
	}
}

static NodeId string(PyLower *l, SynId id) {
	if (has_interpolation(l, id)) {
		PyArgs parts = { 0 };
		string_parts(l, id, &parts);
		NodeId node = flow_op(l->b, "string", py_span(l, id), parts.at, parts.n);
		VEC_FREE(parts);
		return node;
	}
	if (py_kind(l, id) == SYN_STRING) return flow_const_text(l->b, py_span(l, id), string_text(l, id));
	Buf text = { 0 };
	for (SynId n = syntax_named_child(l->tree, id); n; n = syntax_named_next(l->tree, n)) {
		buf_str(&text, string_text(l, n));
	}
	NodeId node = flow_const_text(l->b, py_span(l, id), arena_str(l->arena, buf_view(&text)));
	buf_done(&text);
	return node;
}

/* ---- collections ---- */

static FlowArg element(PyLower *l, SynId id) {
	bool spread = py_kind(l, id) == SYN_LIST_SPLAT || py_kind(l, id) == SYN_DICTIONARY_SPLAT;
	SynId inner = spread ? syntax_named_child(l->tree, id) : id;
	return (FlowArg) { .node = inner ? python_expr(l, inner) : 0, .spread = spread };
}

static NodeId collection(PyLower *l, SynId id, const char *op) {
	PyArgs args = { 0 };
	for (SynId n = syntax_named_child(l->tree, id); n; n = syntax_named_next(l->tree, n)) {
		FlowArg arg = element(l, n);
		VEC_PUSH(args) = arg;
	}
	NodeId node = flow_add(l->b, NODE_TUPLE, py_span(l, id), args.at, args.n);
	VEC_FREE(args);
	if (op) flow_edit(l->b, node)->op = op_named(op);
	if (op) flow_edit(l->b, node)->name = str_of(op);
	return node;
}

/* Keys and values in turn. */
static NodeId dictionary(PyLower *l, SynId id) {
	PyArgs args = { 0 };
	for (SynId n = syntax_named_child(l->tree, id); n; n = syntax_named_next(l->tree, n)) {
		if (py_kind(l, n) != SYN_PAIR) {
			FlowArg rest = element(l, n);
			VEC_PUSH(args) = rest;
			continue;
		}
		SynId key = py_field(l, n, SYNF_KEY), value = py_field(l, n, SYNF_VALUE);
		FlowArg k = py_arg(key ? python_expr(l, key) : 0), v = py_arg(value ? python_expr(l, value) : 0);
		VEC_PUSH(args) = k;
		VEC_PUSH(args) = v;
	}
	NodeId node = flow_add(l->b, NODE_TUPLE, py_span(l, id), args.at, args.n);
	VEC_FREE(args);
	flow_edit(l->b, node)->op = op_named("dict_literal");
	flow_edit(l->b, node)->name = STR("dict_literal");
	return node;
}

/* ---- operators ---- */

NodeId python_operator(PyLower *l, Str op, NodeId a, NodeId b, Span span, Span head) {
	FlowArg args[2] = { py_arg(a), py_arg(b) };
	return flow_call(l->b, CALL_OPERATOR, STR_NONE, op, 0, args, b ? 2 : 1, span, head);
}

static NodeId negation(PyLower *l, NodeId value, Span span, bool implicit) {
	NodeId node = python_operator(l, STR("not"), value, 0, span, (Span) { 0, 0 });
	flow_edit(l->b, node)->is_implicit = implicit;
	return node;
}

static NodeId binary(PyLower *l, SynId id) {
	SynId left = py_field(l, id, SYNF_LEFT), right = py_field(l, id, SYNF_RIGHT), op = py_field(l, id, SYNF_OPERATOR);
	if (!left || !right || !op) return python_children(l, id);
	NodeId a = python_expr(l, left), b = python_expr(l, right);
	return python_operator(l, py_text(l, op), a, b, py_span(l, id), py_span(l, op));
}

static NodeId unary(PyLower *l, SynId id) {
	SynId argument = py_field(l, id, SYNF_ARGUMENT), op = py_field(l, id, SYNF_OPERATOR);
	if (!argument || !op) return python_children(l, id);
	NodeId a = python_expr(l, argument);
	if (str_is(py_text(l, op), "+")) return a;
	bool literal = py_kind(l, argument) == SYN_INTEGER || py_kind(l, argument) == SYN_FLOAT;
	if (literal && str_is(py_text(l, op), "-") && py_node(l, a)->is_number) { /* the sign is part of the literal */
		FlowNode *node = flow_edit(l->b, a);
		node->number = -node->number;
		node->span = py_span(l, id);
		node->text = py_text(l, id);
		return a;
	}
	return python_operator(l, py_text(l, op), a, 0, py_span(l, id), py_span(l, op));
}

static NodeId not_operator(PyLower *l, SynId id) {
	SynId argument = py_field(l, id, SYNF_ARGUMENT);
	return argument ? negation(l, python_expr(l, argument), py_span(l, id), false) : python_children(l, id);
}

/* The right side is evaluated in a region of its own, under the left one's truth (or, for `or`, its falsity). */
static NodeId boolean(PyLower *l, SynId id) {
	SynId left = py_field(l, id, SYNF_LEFT), right = py_field(l, id, SYNF_RIGHT), op = py_field(l, id, SYNF_OPERATOR);
	if (!left || !right || !op) return python_children(l, id);
	NodeId a = python_expr(l, left);
	bool is_or = str_is(py_text(l, op), "or");
	NodeId condition = is_or ? negation(l, a, py_span(l, left), true) : a;
	FlowBranch *branch = flow_branch_begin(l->b, py_span(l, id));
	flow_branch_arm(l->b, branch, condition, py_span(l, right));
	NodeId b = python_expr(l, right);
	flow_branch_end(l->b, branch, false);
	return python_operator(l, py_text(l, op), a, b, py_span(l, id), py_span(l, op));
}

/* One link of a comparison: `not in` and `is not` are two tokens. `is None` asks what `== nil` asks in Swift. */
static NodeId compare(PyLower *l, NodeId a, NodeId b, Span head, Span span) {
	Str op = str_sub(l->tree->text, head.start, head.end);
	const FlowNode *right = py_node(l, b);
	bool is_not = str_starts(op, "not") || (str_starts(op, "is") && op.len > 2);
	if (str_starts(op, "is")) {
		bool singular = right->kind == NODE_CONST && (right->is_nil || right->is_bool);
		Str same = singular ? STR("==") : STR("is"), other = singular ? STR("!=") : STR("is not");
		return python_operator(l, is_not ? other : same, a, b, span, head);
	}
	if (!str_ends(op, "in")) return python_operator(l, str_is(op, "<>") ? STR("!=") : op, a, b, span, head);
	NodeId in = flow_op(l->b, "contains", span, PY_ARGS(py_arg(b), py_arg(a)), 2);
	flow_edit(l->b, in)->head = head;
	return is_not ? negation(l, in, span, false) : in;
}

static SynId operand_after(const PyLower *l, SynId from, Span *head) {
	SynId n = syntax_next(l->tree, from);
	*head = (Span) { 0, 0 };
	while (n && l->tree->nodes[n].field == SYNF_OPERATORS) {
		if (!head->end) head->start = py_span(l, n).start;
		head->end = py_span(l, n).end;
		n = syntax_next(l->tree, n);
	}
	return n;
}

static NodeId comparison(PyLower *l, SynId id) {
	SynId left = syntax_named_child(l->tree, id);
	Span head;
	SynId right = left ? operand_after(l, left, &head) : 0;
	if (!right) return python_children(l, id);
	NodeId a = python_expr(l, left), b = python_expr(l, right);
	uint32_t start = py_span(l, id).start;
	NodeId all = compare(l, a, b, head, (Span) { start, py_span(l, right).end });
	for (SynId next = operand_after(l, right, &head); next; next = operand_after(l, right, &head)) {
		FlowBranch *branch = flow_branch_begin(l->b, py_span(l, id));
		flow_branch_arm(l->b, branch, all, py_span(l, next));
		NodeId c = python_expr(l, next);
		NodeId link = compare(l, b, c, head, (Span) { py_span(l, right).start, py_span(l, next).end });
		flow_branch_end(l->b, branch, false);
		all = python_operator(l, STR("and"), all, link, (Span) { start, py_span(l, next).end }, (Span) { 0, 0 });
		flow_edit(l->b, all)->is_implicit = true;
		right = next;
		b = c;
	}
	return all;
}

static NodeId conditional(PyLower *l, SynId id) {
	SynId then = syntax_named_child(l->tree, id), test = then ? syntax_named_next(l->tree, then) : 0;
	SynId otherwise = test ? syntax_named_next(l->tree, test) : 0;
	if (!otherwise) return python_children(l, id);
	NodeId condition = python_expr(l, test);
	FlowBranch *branch = flow_branch_begin(l->b, py_span(l, id));
	flow_branch_arm(l->b, branch, condition, py_span(l, then));
	flow_branch_value(l->b, branch, python_expr(l, then));
	flow_branch_arm(l->b, branch, 0, py_span(l, otherwise));
	NodeId other = python_expr(l, otherwise);
	flow_branch_value(l->b, branch, other);
	NodeId value = flow_branch_end(l->b, branch, true);
	return value ? value : other;
}

/* ---- subscripts ---- */

static NodeId slice(PyLower *l, SynId id) {
	FlowArg bounds[3] = { { 0 } };
	size_t at = 0, n = 0;
	for (SynId c = syntax_child(l->tree, id); c && at < 3; c = syntax_next(l->tree, c)) {
		if (py_kind(l, c) == SYN_TOKEN) {
			at++;
		} else if (l->tree->nodes[c].named && py_kind(l, c) != SYN_COMMENT) {
			bounds[at].node = python_expr(l, c);
			n = at + 1;
		}
	}
	if (n == 3) bounds[2].label = STR("by");
	return flow_op(l->b, "range", py_span(l, id), bounds, n);
}

static void add_index(PyLower *l, SynId id, PyArgs *args) {
	FlowArg arg = { 0 };
	switch (py_kind(l, id)) {
	case SYN_SLICE: arg.node = slice(l, id); break;
	case SYN_ELLIPSIS: arg.node = flow_op(l->b, "ellipsis", py_span(l, id), NULL, 0); break;
	case SYN_NONE: arg.node = flow_op(l->b, "newaxis", py_span(l, id), NULL, 0); break;
	case SYN_TUPLE:
		for (SynId n = syntax_named_child(l->tree, id); n; n = syntax_named_next(l->tree, n)) add_index(l, n, args);
		return;
	default: arg = element(l, id); break;
	}
	const FlowNode *node = py_node(l, arg.node);
	if (node->kind == NODE_GLOBAL && str_is(node->name, "newaxis")) {
		arg.node = flow_op(l->b, "newaxis", py_span(l, id), NULL, 0);
	}
	VEC_PUSH(*args) = arg;
}

void python_indices(PyLower *l, SynId subscript, PyArgs *args) {
	for (SynId n = syntax_child(l->tree, subscript); n; n = syntax_next(l->tree, n)) {
		if (l->tree->nodes[n].field == SYNF_SUBSCRIPT) add_index(l, n, args);
	}
}

NodeId python_load(PyLower *l, NodeId base, SynId subscript) {
	PyArgs args = { 0 };
	VEC_PUSH(args) = py_arg(base);
	python_indices(l, subscript, &args);
	NodeId node = flow_add(l->b, NODE_LOAD, py_span(l, subscript), args.at, args.n);
	VEC_FREE(args);
	return node;
}

static NodeId subscript(PyLower *l, SynId id) {
	SynId value = py_field(l, id, SYNF_VALUE);
	return value ? python_load(l, python_expr(l, value), id) : python_children(l, id);
}

/* ---- the rest ---- */

static NodeId named(PyLower *l, SynId id) {
	SynId name = py_field(l, id, SYNF_NAME), value = py_field(l, id, SYNF_VALUE);
	if (!name || !value) return python_children(l, id);
	NodeId node = python_expr(l, value);
	python_assign(l, name, node, py_span(l, id));
	return node;
}

/* `with value as name` and its like. */
static NodeId as_pattern(PyLower *l, SynId id) {
	SynId child = syntax_named_child(l->tree, id), alias = py_field(l, id, SYNF_ALIAS);
	if (!child) return python_children(l, id);
	NodeId value = python_expr(l, child);
	if (alias) python_assign(l, alias, value, py_span(l, id));
	return value;
}

static NodeId yield(PyLower *l, SynId id) {
	SynId value = syntax_named_child(l->tree, id);
	NodeId node = value ? python_expr(l, value) : 0;
	flow_return(l->b, node, py_span(l, id), "yield");
	NodeId sent = flow_const_nil(l->b, py_span(l, id));
	flow_edit(l->b, sent)->is_implicit = true;
	return sent;
}

NodeId python_children(PyLower *l, SynId id) {
	PyArgs args = { 0 };
	if (l->depth < PYTHON_MAX_DEPTH) {
		for (SynId n = syntax_named_child(l->tree, id); n; n = syntax_named_next(l->tree, n)) {
			FlowArg arg = py_arg(python_expr(l, n));
			VEC_PUSH(args) = arg;
		}
	}
	NodeId node = flow_unknown(l->b, py_kind(l, id), py_span(l, id), args.at, args.n);
	VEC_FREE(args);
	return node;
}

static NodeId expr_of_kind(PyLower *l, SynId id) {
	SynId child = syntax_named_child(l->tree, id);
	switch (py_kind(l, id)) {
	case SYN_IDENTIFIER:
	case SYN_KEYWORD_PATTERN: return python_name(l, id);
	case SYN_ATTRIBUTE: return attribute(l, id);
	case SYN_CALL: return python_call(l, id);
	case SYN_SUBSCRIPT: return subscript(l, id);
	case SYN_INTEGER: return number(l, id, true);
	case SYN_FLOAT: return number(l, id, false);
	case SYN_STRING:
	case SYN_CONCATENATED_STRING: return string(l, id);
	case SYN_TRUE: return flow_const_bool(l->b, py_span(l, id), true);
	case SYN_FALSE: return flow_const_bool(l->b, py_span(l, id), false);
	case SYN_NONE: return flow_const_nil(l->b, py_span(l, id));
	case SYN_ELLIPSIS: return flow_op(l->b, "ellipsis", py_span(l, id), NULL, 0);
	case SYN_BINARY_OPERATOR: return binary(l, id);
	case SYN_UNARY_OPERATOR: return unary(l, id);
	case SYN_NOT_OPERATOR: return not_operator(l, id);
	case SYN_BOOLEAN_OPERATOR: return boolean(l, id);
	case SYN_COMPARISON_OPERATOR: return comparison(l, id);
	case SYN_CONDITIONAL_EXPRESSION: return conditional(l, id);
	case SYN_NAMED_EXPRESSION: return named(l, id);
	case SYN_AS_PATTERN: return as_pattern(l, id);
	case SYN_LAMBDA: return python_lambda(l, id);
	case SYN_LIST_COMPREHENSION:
	case SYN_SET_COMPREHENSION:
	case SYN_GENERATOR_EXPRESSION:
	case SYN_DICTIONARY_COMPREHENSION: return python_comprehension(l, id);
	case SYN_LIST:
	case SYN_SET: return collection(l, id, "array_literal");
	case SYN_TUPLE:
	case SYN_EXPRESSION_LIST:
	case SYN_PATTERN_LIST: return collection(l, id, NULL);
	case SYN_DICTIONARY: return dictionary(l, id);
	case SYN_YIELD: return yield(l, id);
	case SYN_SLICE: return slice(l, id);
	case SYN_TYPE:
	case SYN_AWAIT:
	case SYN_PARENTHESIZED_EXPRESSION: return child ? python_expr(l, child) : python_children(l, id);
	case SYN_LIST_SPLAT:
	case SYN_DICTIONARY_SPLAT: return child ? python_expr(l, child) : python_children(l, id);
	default: return python_children(l, id);
	}
}

NodeId python_expr(PyLower *l, SynId id) {
	flow_count(l->b, 1);
	if (l->depth >= PYTHON_MAX_DEPTH) return python_children(l, id);
	if (py_kind(l, id) == SYN_ERROR) {
		flow_count_error(l->b);
		return flow_unknown(l->b, SYN_ERROR, py_span(l, id), NULL, 0);
	}
	l->depth++;
	NodeId node = expr_of_kind(l, id);
	l->depth--;
	return node;
}
