/* Which submodule or class of the source a node holds, as far as the outline says it. */
#include "core/posix.h"

#include "core/flow_python_lower.h"

#include <string.h>

enum { TRACE_DEEP = 12 };

const PyNames *python_names_of(PyLower *l, uint32_t file) {
	if (file == l->file) return &l->names;
	for (size_t i = 0; i < l->others.n; i++) {
		if (l->others.at[i]->file == file) return l->others.at[i];
	}
	PyNames *names = ARENA_NEW(l->arena, PyNames);
	python_names_init(names, l->outline, file, l->arena);
	VEC_PUSH(l->others) = names;
	return names;
}

/* ---- types as text ---- */

static const char *const optional_of[] = { "Optional[", "typing.Optional[" };
static const char *const list_of[] = { "List[", "list[", "Sequence[", "Iterable[", "typing.List[", "typing.Sequence[",
	"typing.Iterable[", "nn.ModuleList[" };

/* What is inside "Optional[X]" (or another wrapper) without its brackets, else empty. */
static Str inside(Str type, const char *const *wrappers, size_t n) {
	for (size_t i = 0; i < n; i++) {
		if (str_starts(type, wrappers[i]) && str_ends(type, "]"))
			return str_trim(str_sub(type, strlen(wrappers[i]), type.len - 1));
	}
	return STR_NONE;
}

/* What a container or an optional is of: "X" of "[X]", "Optional[X]", "List[X]", "'X'", "X | None". */
static Str element_type(Str type) {
	for (int turn = 0; turn < 4; turn++) {
		type = str_trim(type);
		if (type.len > 1 && (type.ptr[0] == '"' || type.ptr[0] == '\'' || type.ptr[0] == '[')) {
			type = str_sub(type, 1, type.len - 1);
			continue;
		}
		size_t bar = str_find(type, " | None", 0);
		if (bar != SIZE_MAX) type.len = bar;
		Str inner = inside(type, optional_of, BASE_COUNT(optional_of));
		if (!inner.len) inner = inside(type, list_of, BASE_COUNT(list_of));
		if (inner.len) type = inner;
	}
	for (size_t i = 0; i < type.len; i++) {
		if (!strchr("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.", type.ptr[i])) return STR_NONE;
	}
	return type;
}

static ComponentId class_named(PyLower *l, uint32_t file, Str type) {
	Str bare = element_type(type);
	ComponentId id = python_component(l->outline, python_names_of(l, file), bare);
	if (id == COMPONENT_NONE || l->outline->components[id].kind != COMPONENT_CLASS) return COMPONENT_NONE;
	return id;
}

ComponentId python_field_class(PyLower *l, const Field *field) {
	return field && field->type.len ? class_named(l, field->file, field->type) : COMPONENT_NONE;
}

/* ---- a layer's operation ---- */

/* The first call in a value that constructs the type: itself, or an item of a list or comprehension. */
static SynId constructing_call(const SyntaxTree *t, SynId value, Str type) {
	for (SynId i = value; value && i < t->nodes[value].next; i++) {
		if (t->nodes[i].kind != SYN_CALL) continue;
		SynId callee = syntax_field(t, i, SYNF_FUNCTION);
		if (callee && str_eq(syntax_text(t, callee), type)) return i;
	}
	return 0;
}

/* "mlx.nn" and "Linear" of "nn.Linear", by the imports of the file. */
static void full_name(const PyNames *names, Str type, Str *qualifier, Str *name, Arena *arena) {
	size_t dot = SIZE_MAX, first = str_find(type, ".", 0);
	for (size_t i = 0; i < type.len; i++)
		if (type.ptr[i] == '.') dot = i;
	const PyImport *import = python_import(names, str_sub(type, 0, first == SIZE_MAX ? type.len : first));
	*name = dot == SIZE_MAX ? type : str_sub(type, dot + 1, type.len);
	*qualifier = dot == SIZE_MAX ? STR_NONE : str_sub(type, 0, dot);
	if (!import) return;
	if (dot == SIZE_MAX) {
		*qualifier = import->module;
		*name = import->original.len ? import->original : type;
	} else {
		*qualifier = arena_printf(arena, "%.*s%.*s", STR_ARG(import->full), STR_ARG(str_sub(type, first, dot)));
	}
}

enum { CALL_LABELS = 16 };

/* The layer that a constructor makes, by the arguments of the call (0: none are known). */
static OpId layer_op(const PyLower *l, const PyNames *names, Str type, SynId call) {
	Str qualifier, name;
	full_name(names, type, &qualifier, &name, l->arena);
	if (!qualifier.len) return OP_NONE;
	const SyntaxTree *t = &l->outline->trees[names->file];
	SynId arguments = call ? syntax_field(t, call, SYNF_ARGUMENTS) : 0;
	Str labels[CALL_LABELS] = { { 0 } };
	OpCall made = { .dialect = l->dialect, .form = CALL_CONSTRUCTOR, .qualifier = qualifier, .name = name };
	for (SynId n = arguments ? syntax_named_child(t, arguments) : 0; n; n = syntax_named_next(t, n)) {
		if (made.n_args == CALL_LABELS) break;
		SynId label = t->nodes[n].kind == SYN_KEYWORD_ARGUMENT ? syntax_field(t, n, SYNF_NAME) : 0;
		labels[made.n_args++] = label ? syntax_text(t, label) : STR_NONE;
	}
	made.labels = made.n_args ? labels : NULL;
	OpMatch match;
	return ops_resolve(&made, &match) && (op_info(match.op)->traits & OP_MODULE) ? match.op : OP_NONE;
}

/* `weight_norm(nn.Conv1d(...))` is the convolution. */
static SynId unwrapped_call(const SyntaxTree *t, SynId call, Str *type) {
	while (call && (str_ends(*type, "weight_norm") || str_ends(*type, "spectral_norm"))) {
		SynId arguments = syntax_field(t, call, SYNF_ARGUMENTS),
		      first = arguments ? syntax_named_child(t, arguments) : 0;
		if (!first || t->nodes[first].kind != SYN_CALL) return call;
		call = first;
		*type = syntax_text(t, syntax_field(t, call, SYNF_FUNCTION));
	}
	return call;
}

/* A class of the source that derives from a layer is that layer. */
static OpId base_layer_op(PyLower *l, ComponentId cls, int depth) {
	if (cls == COMPONENT_NONE || depth == 0) return OP_NONE;
	const Component *c = &l->outline->components[cls];
	OpId op = OP_NONE;
	for (size_t i = 0; i < c->n_bases && op == OP_NONE; i++) {
		const PyNames *names = python_names_of(l, c->file);
		ComponentId base = python_component(l->outline, names, c->bases[i]);
		op = base != COMPONENT_NONE && base != cls ? base_layer_op(l, base, depth - 1)
		                                           : layer_op(l, names, c->bases[i], 0);
	}
	bool is_none = op != OP_NONE && strcmp(op_info(op)->name, "module_base") == 0;
	return is_none ? OP_NONE : op;
}

OpId python_field_op(PyLower *l, const Field *field) {
	Str type = field ? element_type(field->type) : STR_NONE;
	if (!type.len) return OP_NONE;
	ComponentId cls = class_named(l, field->file, type);
	if (cls != COMPONENT_NONE) return base_layer_op(l, cls, 4);
	const SyntaxTree *t = &l->outline->trees[field->file];
	SynId call = unwrapped_call(t, constructing_call(t, field->value, type), &type);
	return layer_op(l, python_names_of(l, field->file), type, call);
}

/* ---- nodes ---- */

static NodeId arg_of(const PyLower *l, NodeId id, size_t i) {
	const FlowNode *node = py_node(l, id);
	return i < node->n_args ? flow_so_far(l->b)->args[node->args + i].node : 0;
}

/* What a loop's variable runs over: the i-th of zip's, the second of enumerate's; 0 when it isn't an element. */
static NodeId run_over(const PyLower *l, const FlowNode *var) {
	NodeId over = flow_so_far(l->b)->regions[var->body].over;
	if (!over) return 0;
	uint16_t index = var->index;
	const FlowNode *node = py_node(l, over);
	bool enumerates = str_is(node->name, "enumerated");
	if (enumerates) {
		if (index == 0) return 0;
		over = arg_of(l, over, 0);
		node = over ? py_node(l, over) : node;
		index = 0;
	}
	if (over && str_is(node->name, "zip")) over = enumerates ? 0 : arg_of(l, over, index);
	if (over && str_is(py_node(l, over)->name, "reversed")) over = arg_of(l, over, 0);
	return over;
}

/* Part of an element of enumerate(zip(...)). */
static NodeId run_over_part(const PyLower *l, const FlowNode *part) {
	NodeId base = flow_so_far(l->b)->args[part->args].node;
	const FlowNode *var = base ? py_node(l, base) : NULL;
	if (!var || var->kind != NODE_LOOPVAR) return 0;
	NodeId over = flow_so_far(l->b)->regions[var->body].over;
	if (!over || !str_is(py_node(l, over)->name, "enumerated") || var->index != 1) return 0;
	NodeId zip = arg_of(l, over, 0);
	return zip && str_is(py_node(l, zip)->name, "zip") ? arg_of(l, zip, part->index) : 0;
}

static ComponentId class_of(PyLower *l, NodeId id, int depth);

/* The field that a node reads, its owner; element: an element of what the field holds. */
static const Field *field_of(PyLower *l, NodeId id, ComponentId *owner, bool *element, int depth) {
	if (!id || depth == 0) return NULL;
	const FlowNode *node = py_node(l, id);
	switch ((NodeKind)node->kind) {
	case NODE_FIELD: {
		Str name = node->name;
		return node->n_args ? python_field(l->outline, class_of(l, arg_of(l, id, 0), depth - 1), name, owner) : NULL;
	}
	case NODE_STORE: return field_of(l, arg_of(l, id, 0), owner, element, depth - 1);
	case NODE_LOAD: *element = true; return field_of(l, arg_of(l, id, 0), owner, element, depth - 1);
	case NODE_LOOPVAR: *element = true; return field_of(l, run_over(l, node), owner, element, depth - 1);
	case NODE_PART: *element = true; return field_of(l, run_over_part(l, node), owner, element, depth - 1);
	case NODE_JOIN: {
		const Field *first = field_of(l, arg_of(l, id, 0), owner, element, depth - 1);
		for (size_t i = 1; i < py_node(l, id)->n_args && first; i++) {
			NodeId arm = arg_of(l, id, i);
			if (arm && arm != id && arm < id && field_of(l, arm, owner, element, depth - 1) != first) return NULL;
		}
		return first;
	}
	default: return NULL;
	}
}

static ComponentId class_of_param(PyLower *l, const FlowNode *node) {
	ComponentId id = flow_so_far(l->b)->component;
	if (id == COMPONENT_NONE || node->region != 0) return COMPONENT_NONE;
	const Component *c = &l->outline->components[id];
	bool known = node->index < c->n_params && str_eq(c->params[node->index].name, node->name);
	return known && c->params[node->index].type.len ? class_named(l, c->file, c->params[node->index].type)
	                                                : COMPONENT_NONE;
}

static bool is_list_type(Str type) {
	Str inner = inside(type, optional_of, BASE_COUNT(optional_of));
	if (inner.len) type = inner;
	return str_starts(type, "[") || inside(type, list_of, BASE_COUNT(list_of)).len > 0;
}

static ComponentId class_of(PyLower *l, NodeId id, int depth) {
	if (!id || depth == 0) return COMPONENT_NONE;
	const FlowNode *node = py_node(l, id);
	switch ((NodeKind)node->kind) {
	case NODE_SELF: return l->cls;
	case NODE_NEW: {
		ComponentId cls = class_named(l, l->file, node->name);
		return cls != COMPONENT_NONE ? cls : outline_class_of(l->outline, node->callee);
	}
	case NODE_PARAM: return class_of_param(l, node);
	default: break;
	}
	bool element = false;
	const Field *field = field_of(l, id, NULL, &element, depth - 1);
	if (!field || is_list_type(field->type) != element) return COMPONENT_NONE;
	return python_field_class(l, field);
}

ComponentId python_class_of(PyLower *l, NodeId node) { return class_of(l, node, TRACE_DEEP); }

const Field *python_module_field(PyLower *l, NodeId node, ComponentId *owner) {
	bool element = false;
	const Field *field = field_of(l, node, owner, &element, TRACE_DEEP);
	if (!field || field->is_computed || field->is_parameter) return NULL;
	if (field->is_module) return field;
	ComponentId cls = python_field_class(l, field);
	if (cls != COMPONENT_NONE) return l->outline->components[cls].is_module ? field : NULL;
	bool in_module = l->outline->components[*owner].is_module && !field->is_static;
	return in_module && !element ? field : NULL;
}
