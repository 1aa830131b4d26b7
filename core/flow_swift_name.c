#include "core/posix.h"

#include "core/flow_swift_lower.h"

#include <string.h>

static Str without_ticks(Str name) {
	bool ticks = name.len > 2 && name.ptr[0] == '`' && name.ptr[name.len - 1] == '`';
	return ticks ? str_sub(name, 1, name.len - 1) : name;
}

/* ---- fields ---- */

/* `_wq` of `@ModuleInfo var wq`, `$text` of `@State var text`. */
static bool has_wrapper(const Lower *l, const Field *f) {
	if (f->is_computed || f->is_module || f->is_parameter) return !f->is_computed;
	const SyntaxTree *t = &l->o->trees[f->file];
	SynId modifiers = f->decl ? syntax_find(t, f->decl, SYN_MODIFIERS) : 0;
	return modifiers && syntax_find(t, modifiers, SYN_ATTRIBUTE);
}

const Field *swift_own_field(const Lower *l, Str name) {
	if (l->cls == COMPONENT_NONE) return NULL;
	const Field *field = swift_find_field(l, l->cls, name);
	if (field || name.len < 2 || (name.ptr[0] != '_' && name.ptr[0] != '$')) return field;
	field = swift_find_field(l, l->cls, str_sub(name, 1, name.len));
	return field && has_wrapper(l, field) ? field : NULL;
}

static NodeId computed_read(Lower *l, NodeId base, ComponentId cls, Str name, Str type, Span span, Span head) {
	NodeId node = flow_add(l->b, NODE_CALL, span, &(FlowArg) { .node = base }, base ? 1 : 0);
	FlowNode *n = flow_edit(l->b, node);
	n->name = name;
	n->has_receiver = base != 0;
	n->callee = swift_find_computed(l, cls, name);
	n->head = head;
	if (!type.len && n->callee != COMPONENT_NONE) type = l->o->components[n->callee].returns;
	swift_note(l, node, type, NULL);
	return node;
}

static NodeId field_read(Lower *l, NodeId base, ComponentId cls, const Field *f, Span span, Span head) {
	if (f->is_computed) return computed_read(l, base, cls, f->name, f->type, span, head);
	if (base == l->self && base && map_get(&l->assigned, f->name)) {
		NodeId value = flow_read(l->b, flow_field_var(l->b, f->name));
		if (value) {
			if (!swift_origin(l, value).type.len) swift_note(l, value, f->type, f);
			return value;
		}
	}
	NodeId node = flow_add(l->b, NODE_FIELD, span, &(FlowArg) { .node = base }, base ? 1 : 0);
	FlowNode *n = flow_edit(l->b, node);
	n->name = f->name;
	n->key = f->key;
	n->head = head;
	swift_note(l, node, f->type, f);
	return node;
}

/* ---- names ---- */

NodeId swift_name(Lower *l, Str name, Span span) {
	name = without_ticks(name);
	if (str_is(name, "self") && l->self) return l->self;
	VarId var = flow_lookup(l->b, name);
	NodeId value = var ? flow_read(l->b, var) : 0;
	if (value) return value;
	const Field *field = var ? NULL : swift_own_field(l, name);
	if (field && field->is_static && !l->self) return field_read(l, 0, l->cls, field, span, span);
	if (field && l->self) return field_read(l, l->self, l->cls, field, span, span);
	if (!var && l->self && l->cls != COMPONENT_NONE && swift_find_computed(l, l->cls, name) != COMPONENT_NONE) {
		return computed_read(l, l->self, l->cls, name, STR_NONE, span, span);
	}
	return swift_global(l, name, span);
}

/* ---- types and modules as qualifiers ---- */

static bool is_upper(Str name) { return name.len && name.ptr[0] >= 'A' && name.ptr[0] <= 'Z'; }

bool swift_is_type_path(Lower *l, const Ex *ex) {
	if (ex->kind == EX_MEMBER) {
		return (is_upper(ex->name) || str_is(ex->name, "self") || str_is(ex->name, "Type")) &&
		       swift_is_type_path(l, ex->a);
	}
	if (ex->kind != EX_ATOM) return false;
	SyntaxKind kind = (SyntaxKind)l->t->nodes[ex->syn].kind;
	bool is_name = kind == SYN_SIMPLE_IDENTIFIER || kind == SYN_TYPE_IDENTIFIER;
	if (!is_name || !is_upper(ex->name)) return false;
	return !flow_lookup(l->b, ex->name) && !swift_own_field(l, ex->name);
}

static Str path_text(const Lower *l, const Ex *ex) {
	Str text = swift_text(l, ex->span);
	return str_ends(text, ".self") ? str_sub(text, 0, text.len - 5) : text;
}

/* A member of a type: a static field of the source, an operation without arguments, or a name by its full path. */
static NodeId static_member(Lower *l, const Ex *ex) {
	Str path = path_text(l, ex->a);
	if (str_is(ex->name, "self")) return swift_global(l, path, ex->span);
	ComponentId cls = swift_class(l, path);
	const Field *field = cls == COMPONENT_NONE ? NULL : swift_find_field(l, cls, ex->name);
	if (field) {
		NodeId type = swift_global(l, path, ex->a->span);
		return field_read(l, type, cls, field, ex->span, ex->head);
	}
	NodeId node = flow_call(l->b, CALL_PROPERTY, path, ex->name, 0, NULL, 0, ex->span, ex->head);
	FlowNode *n = flow_edit(l->b, node);
	if (n->kind == NODE_OP) return node;
	n->kind = NODE_GLOBAL;
	n->name = arena_printf(l->arena, "%.*s.%.*s", STR_ARG(path), STR_ARG(ex->name));
	n->key = STR_NONE;
	return node;
}

/* ---- members of values ---- */

NodeId swift_part(Lower *l, NodeId value, uint16_t index, Str name, Span span) {
	if (!value) return 0;
	const FlowGraph *g = flow_so_far(l->b);
	const FlowNode *n = &g->nodes[value];
	if (n->kind == NODE_TUPLE && n->op == OP_NONE && index < n->n_args && g->args[n->args + index].node) {
		return g->args[n->args + index].node;
	}
	NodeId node = flow_add(l->b, NODE_PART, span, &(FlowArg) { .node = value }, 1);
	flow_edit(l->b, node)->index = index;
	flow_edit(l->b, node)->name = name;
	return node;
}

static bool is_digits(Str s) {
	for (size_t i = 0; i < s.len; i++) {
		if (s.ptr[i] < '0' || s.ptr[i] > '9') return false;
	}
	return s.len > 0 && s.len < 4;
}

static uint16_t digits_value(Str s) {
	unsigned value = 0;
	for (size_t i = 0; i < s.len; i++) value = value * 10 + (unsigned)(s.ptr[i] - '0');
	return (uint16_t)value;
}

/* `pair.first` of a tuple that was labelled so, or 0. */
static NodeId tuple_label(const Lower *l, NodeId base, Str name) {
	const FlowGraph *g = flow_so_far(l->b);
	const FlowNode *n = &g->nodes[base];
	if (n->kind != NODE_TUPLE || n->op != OP_NONE) return 0;
	for (size_t i = 0; i < n->n_args; i++) {
		if (str_eq(g->args[n->args + i].label, name)) return g->args[n->args + i].node;
	}
	return 0;
}

static bool is_transparent(Str name) {
	return str_is(name, "wrappedValue") || str_is(name, "projectedValue") || str_is(name, "lazy") ||
	       str_is(name, "self");
}

static NodeId value_member(Lower *l, NodeId base, const Ex *ex) {
	Str name = without_ticks(ex->name);
	if (!base) return flow_call(l->b, CALL_PROPERTY, STR_NONE, name, 0, NULL, 0, ex->span, ex->head);
	if (is_digits(name)) return swift_part(l, base, digits_value(name), STR_NONE, ex->span);
	NodeId part = tuple_label(l, base, name);
	if (part || is_transparent(name)) return part ? part : base;
	Origin origin = swift_origin(l, base);
	ComponentId cls = base == l->self ? l->cls : swift_class(l, origin.type);
	const Field *field = cls == COMPONENT_NONE ? NULL : swift_find_field(l, cls, name);
	if (!field && base == l->self && base) field = swift_own_field(l, name);
	if (field) return field_read(l, base, cls, field, ex->span, ex->head);
	return flow_call(l->b, CALL_PROPERTY, STR_NONE, name, base, NULL, 0, ex->span, ex->head);
}

NodeId swift_member(Lower *l, const Ex *ex) {
	if (swift_is_type_path(l, ex->a)) return static_member(l, ex);
	return value_member(l, swift_ex(l, ex->a), ex);
}

/* ---- elements ---- */

/* `stride(from: 0, to: n, by: 2)` and `.stride(by: 2)` as an index. */
static bool is_stride(const Lower *l, const Ex *ex) {
	if (ex->kind != EX_CALL || !ex->syn) return false;
	return (ex->a->kind == EX_IMPLICIT && str_is(ex->a->name, "stride")) || swift_name_is(l, ex->a, "stride");
}

static NodeId stride_index(Lower *l, const Ex *ex) {
	size_t n = 0;
	SwiftArg *parts = swift_args(l->t, ex->syn, l->arena, &n);
	FlowArg args[3] = { { 0 } };
	for (size_t i = 0; i < n; i++) {
		size_t at = str_is(parts[i].label, "from") ? 0 : str_is(parts[i].label, "by") ? 2 : 1;
		args[at].node = parts[i].value ? swift_expr(l, parts[i].value) : 0;
	}
	args[2].label = STR("by");
	return flow_op(l->b, "range", ex->span, args, args[2].node ? 3 : 2);
}

static NodeId index_value(Lower *l, SynId syn) {
	ExRun run = swift_read(l->t, syn, l->arena);
	flow_count(l->b, run.n_nodes);
	const Ex *ex = run.ex;
	if (ex->kind == EX_IMPLICIT && str_is(ex->name, "ellipsis")) return flow_op(l->b, "ellipsis", ex->span, NULL, 0);
	if (ex->kind == EX_IMPLICIT && str_is(ex->name, "newAxis")) return flow_op(l->b, "newaxis", ex->span, NULL, 0);
	return is_stride(l, ex) ? stride_index(l, ex) : swift_ex(l, ex);
}

FlowArg *swift_indices(Lower *l, SynId syn, size_t *n) {
	SwiftArg *parts = swift_args(l->t, syn, l->arena, n);
	FlowArg *args = ARENA_ARRAY(l->arena, FlowArg, *n + 2);
	for (size_t i = 0; i < *n; i++) {
		args[i] = (FlowArg) { parts[i].value ? index_value(l, parts[i].value) : 0, parts[i].label, false };
	}
	return args;
}

NodeId swift_index(Lower *l, const Ex *ex) {
	NodeId base = swift_ex(l, ex->a);
	size_t n = 0;
	FlowArg *indices = swift_indices(l, ex->syn, &n);
	FlowArg *args = ARENA_ARRAY(l->arena, FlowArg, n + 1);
	args[0].node = base;
	if (n) memcpy(args + 1, indices, n * sizeof *args);
	NodeId node = flow_add(l->b, NODE_LOAD, ex->span, args, n + 1);
	flow_edit(l->b, node)->head = ex->a->span;
	Origin origin = swift_origin(l, base);
	bool slice = n == 1 && flow_edit(l->b, indices[0].node)->op == op_named("range") && indices[0].node;
	Str type = str_is(swift_type_bare(origin.type), "MLXArray") ? STR("MLXArray")
	           : slice                                          ? origin.type
	                                                            : swift_type_element(origin.type);
	swift_note(l, node, type, origin.field);
	return node;
}
