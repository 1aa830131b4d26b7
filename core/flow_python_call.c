/* Python calls: submodules, classes and functions of the source, and through the lexicon everything else. */
#include "core/posix.h"

#include "core/flow_python_lower.h"

#include <string.h>

/* ---- arguments ---- */

static void add_argument(PyLower *l, SynId id, PyArgs *args) {
	FlowArg arg = { 0 };
	SynId value = id;
	if (py_kind(l, id) == SYN_KEYWORD_ARGUMENT) {
		arg.label = py_text(l, py_field(l, id, SYNF_NAME));
		value = py_field(l, id, SYNF_VALUE);
	} else if (py_kind(l, id) == SYN_LIST_SPLAT || py_kind(l, id) == SYN_DICTIONARY_SPLAT) {
		arg.spread = true;
		value = syntax_named_child(l->tree, id);
	}
	if (!value) return;
	arg.node = python_expr(l, value);
	VEC_PUSH(*args) = arg;
}

static void arguments(PyLower *l, SynId call, PyArgs *args) {
	SynId list = py_field(l, call, SYNF_ARGUMENTS);
	if (!list) return;
	if (py_kind(l, list) == SYN_GENERATOR_EXPRESSION) {
		add_argument(l, list, args);
		return;
	}
	for (SynId n = syntax_named_child(l->tree, list); n; n = syntax_named_next(l->tree, n)) {
		if (py_kind(l, n) == SYN_ERROR) {
			flow_count_error(l->b);
			continue;
		}
		add_argument(l, n, args);
	}
}

/* ---- nodes of calls that the lexicon has no say in ---- */

/* A call of that kind whose first argument is base (or 0). */
static NodeId plain_call(PyLower *l, NodeKind kind, NodeId base, Str name, PyArgs *args, Span span, Span head) {
	PyArgs all = { 0 };
	if (base) VEC_PUSH(all) = py_arg(base);
	for (size_t i = 0; i < args->n; i++) VEC_PUSH(all) = args->at[i];
	NodeId id = flow_add(l->b, kind, span, all.at, all.n);
	VEC_FREE(all);
	flow_edit(l->b, id)->name = name;
	flow_edit(l->b, id)->head = head;
	return id;
}

static ComponentId forward_of(PyLower *l, ComponentId cls) {
	if (cls == COMPONENT_NONE) return cls;
	ComponentId call = python_method(l->outline, cls, "__call__", strlen("__call__"));
	return call != COMPONENT_NONE ? call : python_method(l->outline, cls, "forward", strlen("forward"));
}

static NodeId module_call(PyLower *l, const Field *field, NodeId base, PyArgs *args, Span span, Span head) {
	OpId op = python_field_op(l, field);
	ComponentId forward = forward_of(l, python_field_class(l, field));
	NodeId id = plain_call(l, NODE_MODULE, base, field->name, args, span, head);
	FlowNode *node = flow_edit(l->b, id);
	node->key = field->key;
	node->op = op;
	node->callee = forward;
	return id;
}

static NodeId new_object(PyLower *l, ComponentId cls, PyArgs *args, Span span, Span head) {
	NodeId id = plain_call(l, NODE_NEW, 0, l->outline->components[cls].base, args, span, head);
	flow_edit(l->b, id)->callee = python_method(l->outline, cls, "__init__", strlen("__init__"));
	return id;
}

static NodeId method_call(
    PyLower *l, NodeId receiver, ComponentId callee, Str name, PyArgs *args, Span span, Span head) {
	NodeId id = plain_call(l, NODE_CALL, receiver, name, args, span, head);
	flow_edit(l->b, id)->has_receiver = true;
	flow_edit(l->b, id)->callee = callee;
	return id;
}

/* A call of what a node holds: a submodule, an object with __call__, a layer just made, or any function value. */
static NodeId value_call(PyLower *l, NodeId callee, PyArgs *args, Span span, Span head) {
	ComponentId owner = COMPONENT_NONE;
	const Field *field = python_module_field(l, callee, &owner);
	if (field) return module_call(l, field, callee, args, span, head);
	const FlowNode *node = py_node(l, callee);
	if (node->kind == NODE_NEW && node->op != OP_NONE) {
		OpId op = node->op;
		NodeId id = plain_call(l, NODE_MODULE, callee, STR_NONE, args, span, head);
		flow_edit(l->b, id)->op = op;
		return id;
	}
	ComponentId forward = forward_of(l, python_class_of(l, callee));
	NodeId id = plain_call(l, NODE_CALL, callee, STR_NONE, args, span, head);
	flow_edit(l->b, id)->callee = forward;
	return id;
}

/* ---- by what is called ---- */

/* A path of names from a module or a global: the source's own function or class, else what the lexicon makes of it. */
static NodeId path_call(PyLower *l, Str full, SynId callee, PyArgs *args, Span span) {
	Span head = py_span(l, callee);
	ComponentId id = python_component(l->outline, &l->names, py_text(l, callee));
	if (id != COMPONENT_NONE && l->outline->components[id].kind == COMPONENT_CLASS) {
		return new_object(l, id, args, span, head);
	}
	size_t dot = full.len;
	while (dot > 0 && full.ptr[dot - 1] != '.') dot--;
	Str qualifier = dot ? str_sub(full, 0, dot - 1) : STR_NONE, name = str_sub(full, dot, full.len);
	bool own = id != COMPONENT_NONE || (!dot && map_get(&l->names.assigned, name));
	if (!own) return flow_call(l->b, CALL_FUNCTION, qualifier, name, 0, args->at, args->n, span, head);
	NodeId node = plain_call(l, NODE_CALL, 0, name, args, span, head);
	flow_edit(l->b, node)->key = qualifier;
	flow_edit(l->b, node)->callee = id;
	return node;
}

/* `super().f(...)`: the receiver's own, looked up among the bases. */
static NodeId super_call(PyLower *l, Str name, PyArgs *args, Span span, Span head) {
	ComponentId callee = COMPONENT_NONE;
	const Component *cls = l->cls == COMPONENT_NONE ? NULL : &l->outline->components[l->cls];
	for (size_t i = 0; cls && i < cls->n_bases && callee == COMPONENT_NONE; i++) {
		ComponentId base = python_component(l->outline, &l->names, cls->bases[i]);
		callee = python_method(l->outline, base, name.ptr, name.len);
	}
	return method_call(l, l->self_node, callee, name, args, span, head);
}

static bool is_super(const PyLower *l, SynId id) {
	if (py_kind(l, id) != SYN_CALL) return false;
	SynId callee = py_field(l, id, SYNF_FUNCTION);
	return callee && str_is(py_text(l, callee), "super");
}

/* Names that mean something else on a layer than on an array: no operation is read into them. */
static bool is_layer_method(Str name) {
	static const char *const names[] = { "to", "half", "float", "double", "bfloat16", "eval", "train", "cpu", "cuda",
		"apply", "update", "copy", "type", "parameters", "children", "modules", "state_dict", "load_state_dict",
		"load_weights", "freeze", "unfreeze", "requires_grad_", "compile", "sum", "mean" };
	for (size_t i = 0; i < BASE_COUNT(names); i++)
		if (str_is(name, names[i])) return true;
	return false;
}

static bool is_own_method(PyLower *l, NodeId receiver, ComponentId cls, Str name) {
	if (py_node(l, receiver)->kind == NODE_SELF || cls != COMPONENT_NONE) return true;
	ComponentId owner = COMPONENT_NONE;
	const Field *field = python_module_field(l, receiver, &owner);
	return field && field->is_module && is_layer_method(name);
}

/* PyTorch's `.to(torch.float32)` and `.to(y.dtype)` cast; `.to(device)` moves. Only the argument tells. */
static void label_dtype(const PyLower *l, Str name, PyArgs *args) {
	static const char *const dtypes[] = { "float32", "float16", "bfloat16", "float64", "float", "half", "double",
		"long", "int", "int64", "int32", "int16", "int8", "uint8", "bool", "complex64", "complex128", "short" };
	if (l->dialect != DIALECT_TORCH || !str_is(name, "to") || !args->n || args->at[0].label.len) return;
	const FlowNode *node = py_node(l, args->at[0].node);
	bool is_dtype = node->kind == NODE_OP && str_is(node->name, "dtype_of");
	for (size_t i = 0; node->kind == NODE_GLOBAL && str_starts(node->key, "torch.") && i < BASE_COUNT(dtypes); i++) {
		is_dtype |= str_is(node->name, dtypes[i]);
	}
	if (is_dtype) args->at[0].label = STR("dtype");
}

static NodeId receiver_call(PyLower *l, SynId callee, SynId object, Str name, SynId call) {
	Span span = py_span(l, call), head = py_span(l, py_field(l, callee, SYNF_ATTRIBUTE));
	PyArgs args = { 0 };
	NodeId receiver = python_expr(l, object), node;
	ComponentId cls = python_class_of(l, receiver);
	ComponentId method = python_method(l->outline, cls, name.ptr, name.len);
	ComponentId owner = COMPONENT_NONE;
	const Field *field = method == COMPONENT_NONE ? python_field(l->outline, cls, name, &owner) : NULL;
	if (field && !field->is_computed) { /* self.model.norm(x): a submodule of a submodule */
		NodeId base = python_expr(l, callee);
		arguments(l, call, &args);
		node = value_call(l, base, &args, span, head);
		VEC_FREE(args);
		return node;
	}
	arguments(l, call, &args);
	if (is_own_method(l, receiver, cls, name)) {
		node = method_call(l, receiver, method, name, &args, span, head);
	} else {
		label_dtype(l, name, &args);
		node = flow_call(l->b, CALL_METHOD, STR_NONE, name, receiver, args.at, args.n, span, head);
		const FlowNode *made = py_node(l, node);
		if (made->kind == NODE_OP && (op_info(made->op)->traits & OP_MUTATES)) python_rebind(l, object, node);
	}
	VEC_FREE(args);
	return node;
}

/* self.f(...): a method of the class, else a call of what the field holds. */
static NodeId self_call(PyLower *l, SynId callee, Str name, SynId call) {
	Span span = py_span(l, call);
	ComponentId method = python_method(l->outline, l->cls, name.ptr, name.len);
	const Field *field = python_field(l->outline, l->cls, name, NULL);
	bool is_field = field && (method == COMPONENT_NONE || field->is_computed);
	PyArgs args = { 0 };
	NodeId node, base = is_field ? python_expr(l, callee) : 0;
	arguments(l, call, &args);
	if (is_field)
		node = value_call(l, base, &args, span, py_span(l, callee));
	else
		node = method_call(l, l->self_node, method, name, &args, span, py_span(l, callee));
	VEC_FREE(args);
	return node;
}

static NodeId attribute_call(PyLower *l, SynId callee, SynId call) {
	SynId object = py_field(l, callee, SYNF_OBJECT), member = py_field(l, callee, SYNF_ATTRIBUTE);
	if (!object || !member) return python_children(l, call);
	Str name = py_text(l, member);
	if (python_is_self(l, object)) return self_call(l, callee, name, call);
	PyArgs args = { 0 };
	NodeId node;
	Str full = python_global_path(l, callee);
	if (full.len) {
		arguments(l, call, &args);
		node = path_call(l, full, callee, &args, py_span(l, call));
	} else if (is_super(l, object) && l->self_node) {
		arguments(l, call, &args);
		node = super_call(l, name, &args, py_span(l, call), py_span(l, callee));
	} else {
		return receiver_call(l, callee, object, name, call);
	}
	VEC_FREE(args);
	return node;
}

static NodeId name_call(PyLower *l, SynId callee, SynId call) {
	Str name = py_text(l, callee);
	PyArgs args = { 0 };
	NodeId node;
	VarId var = flow_lookup(l->b, name);
	if (var || python_is_self(l, callee)) {
		NodeId value = python_expr(l, callee);
		arguments(l, call, &args);
		bool of_class = l->cls_name.len && str_eq(name, l->cls_name) && l->cls != COMPONENT_NONE;
		node = of_class ? new_object(l, l->cls, &args, py_span(l, call), py_span(l, callee))
		                : value_call(l, value, &args, py_span(l, call), py_span(l, callee));
	} else {
		const PyImport *import = python_import(&l->names, name);
		arguments(l, call, &args);
		node = path_call(l, import ? import->full : name, callee, &args, py_span(l, call));
	}
	VEC_FREE(args);
	return node;
}

NodeId python_call(PyLower *l, SynId id) {
	SynId callee = py_field(l, id, SYNF_FUNCTION);
	if (!callee) return python_children(l, id);
	while (py_kind(l, callee) == SYN_PARENTHESIZED_EXPRESSION && syntax_named_child(l->tree, callee)) {
		callee = syntax_named_child(l->tree, callee);
	}
	if (py_kind(l, callee) == SYN_ATTRIBUTE) return attribute_call(l, callee, id);
	if (py_kind(l, callee) == SYN_IDENTIFIER) return name_call(l, callee, id);
	PyArgs args = { 0 };
	NodeId value = python_expr(l, callee);
	arguments(l, id, &args);
	NodeId node = value_call(l, value, &args, py_span(l, id), py_span(l, callee));
	VEC_FREE(args);
	return node;
}
