/* Entry points of the Python lowering; functions, their parameters and locals, lambdas. */
#include "core/posix.h"

#include "core/flow_python.h"

#include "core/facts.h"
#include "core/flow_python_lower.h"

#include <stdlib.h>
#include <string.h>

/* ---- what a body binds ---- */

typedef struct Locals {
	Map outer;    /* named by global or nonlocal: not its own */
	Map declared; /* declared once */
} Locals;

static void declare(PyLower *l, Locals *locals, Str name) {
	if (map_get(&locals->outer, name) || map_get(&locals->declared, name)) return;
	map_put(&locals->declared, name, 1);
	flow_declare(l->b, name);
}

static void declare_target(PyLower *l, Locals *locals, SynId target) {
	if (py_kind(l, target) == SYN_IDENTIFIER) {
		declare(l, locals, py_text(l, target));
	} else if (py_kind(l, target) != SYN_ATTRIBUTE && py_kind(l, target) != SYN_SUBSCRIPT) {
		for (SynId i = target + 1; i < l->tree->nodes[target].next;) { /* patterns nest: identifiers below, flat */
			SyntaxKind kind = py_kind(l, i);
			if (kind == SYN_IDENTIFIER) declare(l, locals, py_text(l, i));
			i = kind == SYN_ATTRIBUTE || kind == SYN_SUBSCRIPT ? l->tree->nodes[i].next : i + 1;
		}
	}
}

static void find_outer(const PyLower *l, Locals *locals, SynId body) {
	for (SynId i = body; i < l->tree->nodes[body].next; i++) {
		SyntaxKind kind = py_kind(l, i);
		if (kind == SYN_FUNCTION_DEFINITION) i = l->tree->nodes[i].next - 1;
		if (kind != SYN_GLOBAL_STATEMENT && kind != SYN_NONLOCAL_STATEMENT) continue;
		for (SynId n = syntax_named_child(l->tree, i); n; n = syntax_named_next(l->tree, n)) {
			map_put(&locals->outer, py_text(l, n), 1);
		}
	}
}

/* Declares what one node of a body binds. Whether its inside is another function's. */
static bool declare_bound(PyLower *l, Locals *locals, SynId i) {
	SynId name = 0;
	switch (py_kind(l, i)) {
	case SYN_FUNCTION_DEFINITION:
	case SYN_CLASS_DEFINITION:
		name = py_field(l, i, SYNF_NAME);
		if (name) declare(l, locals, py_text(l, name));
		return true;
	case SYN_ASSIGNMENT:
		if (!py_field(l, i, SYNF_RIGHT)) return false;
		/* fall through */
	case SYN_AUGMENTED_ASSIGNMENT:
	case SYN_FOR_STATEMENT: name = py_field(l, i, SYNF_LEFT); break;
	case SYN_NAMED_EXPRESSION: name = py_field(l, i, SYNF_NAME); break;
	case SYN_AS_PATTERN: name = py_field(l, i, SYNF_ALIAS); break;
	case SYN_CASE_PATTERN: name = syntax_find(l->tree, i, SYN_DOTTED_NAME); break;
	case SYN_SPLAT_PATTERN: name = i; break;
	case SYN_IMPORT_STATEMENT:
	case SYN_IMPORT_FROM_STATEMENT: python_names_add(&l->names, l->tree, i, l->arena); break;
	default: break;
	}
	if (!name || (py_kind(l, name) == SYN_DOTTED_NAME && syntax_has_token(l->tree, name, "."))) return false;
	declare_target(l, locals, name);
	return false;
}

static SynId param_name(const PyLower *l, SynId node);

void python_declare_locals(PyLower *l, SynId parameters, SynId body) {
	Locals locals = { { 0 }, { 0 } };
	for (SynId n = parameters ? syntax_named_child(l->tree, parameters) : 0; n; n = syntax_named_next(l->tree, n)) {
		SynId name = param_name(l, n);
		if (name) map_put(&locals.declared, py_text(l, name), 1);
	}
	find_outer(l, &locals, body);
	for (SynId i = body; i < l->tree->nodes[body].next;) {
		i = declare_bound(l, &locals, i) ? l->tree->nodes[i].next : i + 1;
	}
	map_done(&locals.outer);
	map_done(&locals.declared);
}

/* ---- fields that a function changes ---- */

static bool is_mutator(Str name) {
	static const char *const names[] = { "append", "extend", "insert", "pop", "clear", "update", "add", "remove",
		"sort", "reverse", "setdefault", "popleft", "appendleft", "discard" };
	for (size_t i = 0; i < BASE_COUNT(names); i++)
		if (str_is(name, names[i])) return true;
	return str_ends(name, "_") && !str_ends(name, "__"); /* torch's in-place methods */
}

/* From `self.x` outwards: is that (or an element or member of it) assigned to, or a method of it called that changes it? */
static bool is_changed(const PyLower *l, SynId id) {
	for (SynId parent = l->tree->nodes[id].parent; parent; id = parent, parent = l->tree->nodes[parent].parent) {
		uint8_t field = l->tree->nodes[id].field;
		switch (py_kind(l, parent)) {
		case SYN_SUBSCRIPT:
			if (field != SYNF_VALUE) return false;
			break;
		case SYN_ATTRIBUTE: {
			SynId call = l->tree->nodes[parent].parent;
			bool called = py_kind(l, call) == SYN_CALL && l->tree->nodes[parent].field == SYNF_FUNCTION;
			if (called) return is_mutator(py_text(l, py_field(l, parent, SYNF_ATTRIBUTE)));
			break;
		}
		case SYN_PATTERN_LIST:
		case SYN_TUPLE_PATTERN:
		case SYN_LIST_PATTERN:
		case SYN_LIST_SPLAT_PATTERN:
		case SYN_TUPLE: break;
		case SYN_ASSIGNMENT:
		case SYN_AUGMENTED_ASSIGNMENT:
		case SYN_FOR_STATEMENT: return field == SYNF_LEFT;
		case SYN_AS_PATTERN_TARGET: return true;
		default: return false;
		}
	}
	return false;
}

void python_capture_writes(PyLower *l, SynId body) {
	if (!l->self.len) return;
	for (SynId i = body; i < l->tree->nodes[body].next; i++) {
		if (py_kind(l, i) != SYN_ATTRIBUTE) continue;
		SynId object = py_field(l, i, SYNF_OBJECT), name = py_field(l, i, SYNF_ATTRIBUTE);
		if (!object || !name || !str_eq(py_text(l, object), l->self) || !is_changed(l, i)) continue;
		map_put(&l->written, py_text(l, name), 1);
	}
}

/* ---- parameters ---- */

static bool is_splat(SyntaxKind kind) { return kind == SYN_LIST_SPLAT_PATTERN || kind == SYN_DICTIONARY_SPLAT_PATTERN; }

static bool is_param(SyntaxKind kind) {
	return kind == SYN_IDENTIFIER || kind == SYN_TYPED_PARAMETER || kind == SYN_DEFAULT_PARAMETER ||
	       kind == SYN_TYPED_DEFAULT_PARAMETER || is_splat(kind);
}

static SynId param_name(const PyLower *l, SynId node) {
	if (!is_param(py_kind(l, node))) return 0;
	SynId name = py_field(l, node, SYNF_NAME);
	if (!name) name = py_kind(l, node) == SYN_TYPED_PARAMETER ? syntax_named_child(l->tree, node) : node;
	if (name && is_splat(py_kind(l, name))) name = syntax_named_child(l->tree, name);
	return name && py_text(l, name).len ? name : 0;
}

static void parameter(PyLower *l, SynId node, uint16_t index) {
	SynId name = param_name(l, node), type = py_field(l, node, SYNF_TYPE);
	if (!name) return;
	bool splat = is_splat(py_kind(l, l->tree->nodes[name].parent));
	NodeId id = flow_add(l->b, NODE_PARAM, py_span(l, name), NULL, 0);
	FlowNode *param = flow_edit(l->b, id);
	param->name = param->key = py_text(l, name);
	param->index = index;
	if (type && !splat) facts_of_type(LANG_PYTHON, py_text(l, type), &param->facts);
	flow_write(l->b, flow_declare(l->b, py_text(l, name)), id);
}

/* Skips the first one when that is the receiver. */
static void parameters(PyLower *l, SynId list, bool has_receiver) {
	uint16_t index = 0;
	for (SynId n = list ? syntax_named_child(l->tree, list) : 0; n; n = syntax_named_next(l->tree, n)) {
		if (!is_param(py_kind(l, n))) continue;
		if (index > 0 || !has_receiver) parameter(l, n, index);
		index++;
	}
}

/* Defaults are evaluated outside, once. */
static void defaults(PyLower *l, SynId list) {
	for (SynId n = list ? syntax_named_child(l->tree, list) : 0; n; n = syntax_named_next(l->tree, n)) {
		SynId value = py_field(l, n, SYNF_VALUE);
		if (value) python_expr(l, value);
	}
}

/* ---- closures ---- */

NodeId python_lambda(PyLower *l, SynId id) {
	SynId list = py_field(l, id, SYNF_PARAMETERS), body = py_field(l, id, SYNF_BODY);
	defaults(l, list);
	bool in_function = l->in_function;
	l->in_function = true;
	flow_closure_begin(l->b, STR_NONE, py_span(l, id));
	flow_scope_push(l->b);
	parameters(l, list, false);
	if (body) flow_return(l->b, python_expr(l, body), py_span(l, body), "");
	flow_scope_pop(l->b);
	l->in_function = in_function;
	return flow_closure_end(l->b);
}

static NodeId decorate(PyLower *l, SynId decorator, NodeId value) {
	SynId expr = syntax_named_child(l->tree, decorator);
	if (!expr) return value;
	Str full = python_global_path(l, expr);
	FlowArg args[2] = { py_arg(0), py_arg(value) };
	if (!full.len) {
		args[0].node = python_expr(l, expr);
		return flow_add(l->b, NODE_CALL, py_span(l, decorator), args, 2);
	}
	size_t dot = full.len;
	while (dot > 0 && full.ptr[dot - 1] != '.') dot--;
	return flow_call(l->b, CALL_FUNCTION, dot ? str_sub(full, 0, dot - 1) : STR_NONE, str_sub(full, dot, full.len), 0,
	    args + 1, 1, py_span(l, decorator), py_span(l, expr));
}

static NodeId decorate_all(PyLower *l, SynId decorated, NodeId value) {
	SynId found[16];
	size_t n = 0;
	for (SynId c = syntax_child(l->tree, decorated); c && n < BASE_COUNT(found); c = syntax_next(l->tree, c)) {
		if (py_kind(l, c) == SYN_DECORATOR) found[n++] = c;
	}
	while (n) value = decorate(l, found[--n], value);
	return value;
}

NodeId python_function(PyLower *l, SynId def, SynId decorated) {
	SynId name = py_field(l, def, SYNF_NAME), list = py_field(l, def, SYNF_PARAMETERS);
	SynId body = py_field(l, def, SYNF_BODY);
	defaults(l, list);
	bool in_function = l->in_function;
	l->in_function = true;
	flow_closure_begin(l->b, py_text(l, name), py_span(l, def));
	flow_scope_push(l->b);
	parameters(l, list, false);
	if (body) {
		python_declare_locals(l, list, body);
		python_block(l, body);
	}
	flow_scope_pop(l->b);
	l->in_function = in_function;
	NodeId closure = flow_closure_end(l->b);
	return decorated ? decorate_all(l, decorated, closure) : closure;
}

/* ---- entry points ---- */

static void begin(PyLower *l, const Outline *o, ComponentId component, uint32_t file, Dialect dialect, Arena *arena) {
	*l = (PyLower) { .outline = o, .tree = &o->trees[file], .arena = arena, .dialect = dialect, .file = file };
	l->cls = COMPONENT_NONE;
	l->b = flow_builder_new(o, component, file, dialect, arena);
	python_names_init(&l->names, o, file, arena);
}

static void finish(PyLower *l, FlowGraph *out) {
	flow_builder_finish(l->b, out);
	python_names_done(&l->names);
	for (size_t i = 0; i < l->others.n; i++) python_names_done(l->others.at[i]);
	VEC_FREE(l->others);
	map_done(&l->written);
}

static bool is_class_method(const Component *c) {
	for (size_t i = 0; i < c->n_decorators; i++)
		if (str_is(c->decorators[i], "classmethod")) return true;
	return str_is(c->base, "__new__") || str_is(c->base, "__init_subclass__") || str_is(c->base, "__class_getitem__");
}

/* The receiver's node, when the function has one. */
static bool take_receiver(PyLower *l, const Component *c) {
	if (c->kind != COMPONENT_METHOD || !c->n_params || c->params[0].variadic) return false;
	if (is_class_method(c)) {
		l->cls_name = c->params[0].name;
		return false;
	}
	if (c->is_static) return false;
	l->self = c->params[0].name;
	l->self_node = flow_add(l->b, NODE_SELF, c->name_span, NULL, 0);
	flow_edit(l->b, l->self_node)->name = l->self;
	flow_edit(l->b, l->self_node)->is_implicit = true;
	return true;
}

void flow_python_lower(const Outline *outline, ComponentId component, Dialect dialect, Arena *arena, FlowGraph *out) {
	const Component *c = &outline->components[component];
	PyLower l;
	begin(&l, outline, component, c->file, dialect, arena);
	l.in_function = true;
	l.cls = outline_class_of(outline, component);
	if (c->body && c->kind != COMPONENT_CLASS) {
		bool has_receiver = take_receiver(&l, c);
		flow_scope_push(l.b);
		SynId list = py_field(&l, c->node, SYNF_PARAMETERS);
		parameters(&l, list, has_receiver);
		python_declare_locals(&l, list, c->body);
		python_capture_writes(&l, c->body);
		python_block(&l, c->body);
		flow_scope_pop(l.b);
	}
	finish(&l, out);
}

void flow_python_lower_toplevel(const Outline *outline, uint32_t file, Dialect dialect, Arena *arena, FlowGraph *out) {
	PyLower l;
	begin(&l, outline, COMPONENT_NONE, file, dialect, arena);
	l.is_toplevel = true;
	if (l.tree->n) python_block(&l, 0);
	finish(&l, out);
}

void flow_python_lower_fields(const Outline *outline, ComponentId cls, Dialect dialect, Arena *arena, FlowGraph *out) {
	const Component *c = &outline->components[cls];
	PyLower l;
	begin(&l, outline, COMPONENT_NONE, c->file, dialect, arena);
	l.is_toplevel = true;
	l.cls = cls;
	if (c->body) {
		l.self_node = flow_add(l.b, NODE_SELF, c->name_span, NULL, 0);
		flow_edit(l.b, l.self_node)->is_implicit = true;
		python_block(&l, c->body);
	}
	finish(&l, out);
}
