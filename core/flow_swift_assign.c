#include "core/posix.h"

#include "core/flow_swift_lower.h"

#include <string.h>

/* ---- declaring ---- */

/* In a later arm of `#if`, a name that an earlier arm declared is the same variable. */
static VarId declare_var(Lower *l, Str name) {
	if (!l->cond_depth) return flow_declare(l->b, name);
	for (size_t i = 0; i < l->cond_names.n; i++) {
		if (str_eq(l->cond_names.at[i].name, name)) return l->cond_names.at[i].var;
	}
	VarId var = flow_declare(l->b, name);
	VEC_PUSH(l->cond_names) = (CondName) { name, var };
	return var;
}

void swift_declare(Lower *l, Str name, NodeId value, Str type, Span span) {
	(void)span;
	if (str_is(name, "_") || !name.len) return;
	if (name.len > 2 && name.ptr[0] == '`') name = str_sub(name, 1, name.len - 1);
	VarId var = declare_var(l, name);
	if (!value) return;
	flow_write(l->b, var, value);
	if (type.len) swift_note(l, value, type, NULL);
}

/* ---- fields ---- */

static void remember_stored(Lower *l, Str name) {
	for (size_t i = 0; i < l->stored.n; i++) {
		if (str_eq(l->stored.at[i], name)) return;
	}
	VEC_PUSH(l->stored) = name;
}

static NodeId store_node(Lower *l, Str name, Str key, NodeId base, NodeId value, Span span) {
	FlowArg args[2] = { { .node = base }, { .node = value } };
	NodeId node = flow_add(l->b, NODE_STORE, span, args, 2);
	flow_edit(l->b, node)->name = name;
	flow_edit(l->b, node)->key = key;
	return node;
}

static void store_own_field(Lower *l, const Field *field, NodeId value, Span span) {
	store_node(l, field->name, field->key, l->self, value, span);
	if (field->is_computed || !l->self) return;
	remember_stored(l, field->name);
	flow_write(l->b, flow_field_var(l->b, field->name), value);
	if (value && !swift_origin(l, value).type.len) swift_note(l, value, field->type, NULL);
}

/* A call of a method of the same object: what it does to the fields written here is not known. */
void swift_fields_may_change(Lower *l, Span span) {
	for (size_t i = 0; i < l->stored.n && l->self; i++) {
		const Field *field = swift_own_field(l, l->stored.at[i]);
		if (!field || !flow_read(l->b, flow_field_var(l->b, field->name))) continue;
		NodeId node = flow_add(l->b, NODE_FIELD, span, &(FlowArg) { .node = l->self }, 1);
		FlowNode *n = flow_edit(l->b, node);
		n->name = field->name;
		n->key = field->key;
		n->is_implicit = true;
		swift_note(l, node, field->type, field);
		flow_write(l->b, flow_field_var(l->b, field->name), node);
	}
}

/* ---- targets ---- */

/* What holds a part of which was stored: the store itself from now on. No store of its own is made of it. */
static void rebind(Lower *l, const Ex *target, NodeId value);

static void store_field(Lower *l, const Field *field, NodeId value, Span span, bool rebinding) {
	if (!rebinding || !l->self || field->is_computed) {
		store_own_field(l, field, value, span);
		return;
	}
	remember_stored(l, field->name);
	flow_write(l->b, flow_field_var(l->b, field->name), value);
}

static void store_name(Lower *l, Str name, NodeId value, Span span, bool rebinding) {
	if (str_is(name, "_")) return;
	if (name.len > 2 && name.ptr[0] == '`') name = str_sub(name, 1, name.len - 1);
	VarId var = flow_lookup(l->b, name);
	const Field *field = var ? NULL : swift_own_field(l, name);
	if (var) {
		flow_write(l->b, var, value);
	} else if (field) {
		store_field(l, field, value, span, rebinding);
	} else if (!rebinding) {
		store_node(l, name, name, 0, value, span);
	}
}

static bool is_self(const Lower *l, const Ex *ex) {
	return ex->kind == EX_ATOM && l->self && l->t->nodes[ex->syn].kind == SYN_SELF_EXPRESSION;
}

static void store_member(Lower *l, const Ex *target, NodeId value, Span span, bool rebinding) {
	if (str_is(target->name, "wrappedValue")) {
		if (rebinding)
			rebind(l, target->a, value);
		else
			swift_assign_to(l, target->a, value, span);
		return;
	}
	const Field *field = is_self(l, target->a) ? swift_own_field(l, target->name) : NULL;
	if (field) {
		store_field(l, field, value, span, rebinding);
		return;
	}
	if (rebinding && is_self(l, target->a)) return;
	if (swift_is_type_path(l, target->a)) {
		Str path = swift_text(l, target->a->span);
		NodeId base = swift_global(l, path, target->a->span);
		store_node(l, target->name, target->name, base, value, span);
		return;
	}
	NodeId base = swift_ex(l, target->a);
	Origin origin = swift_origin(l, base);
	const Field *of = swift_find_field(l, swift_class(l, origin.type), target->name);
	NodeId store = store_node(l, target->name, of ? of->key : target->name, base, value, span);
	swift_note(l, store, origin.type, origin.field);
	if (rebinding) flow_edit(l->b, store)->is_implicit = true;
	rebind(l, target->a, store);
}

static NodeId store_element(Lower *l, const Ex *target, NodeId value, Span span) {
	NodeId base = swift_ex(l, target->a);
	size_t n = 0;
	FlowArg *indices = swift_indices(l, target->syn, &n);
	FlowArg *args = ARENA_ARRAY(l->arena, FlowArg, n + 2);
	args[0].node = base;
	args[1].node = value;
	if (n) memcpy(args + 2, indices, n * sizeof *args);
	NodeId store = flow_add(l->b, NODE_STORE, span, args, n + 2);
	flow_edit(l->b, store)->head = target->span;
	Origin origin = swift_origin(l, base);
	swift_note(l, store, origin.type, origin.field);
	rebind(l, target->a, store);
	return store;
}

static void rebind_kind(Lower *l, const Ex *target, NodeId value) {
	switch ((ExKind)target->kind) {
	case EX_ATOM:
		if (l->t->nodes[target->syn].kind == SYN_SIMPLE_IDENTIFIER)
			store_name(l, target->name, value, target->span, true);
		break;
	case EX_MEMBER: store_member(l, target, value, target->span, true); break;
	case EX_INDEX: store_element(l, target, value, target->span); break;
	case EX_FORCE:
	case EX_CHAIN:
	case EX_TRY: rebind(l, target->a, value); break;
	default: break;
	}
}

static void rebind(Lower *l, const Ex *target, NodeId value) {
	if (l->depth >= LOWER_MAX_DEPTH) return;
	l->depth++;
	rebind_kind(l, target, value);
	l->depth--;
}

static void store_parts(Lower *l, SynId syn, NodeId value, Span span) {
	size_t n = 0;
	SwiftArg *parts = swift_args(l->t, syn, l->arena, &n);
	for (size_t i = 0; i < n && i < UINT16_MAX; i++) {
		if (!parts[i].value) continue;
		ExRun run = swift_read(l->t, parts[i].value, l->arena);
		flow_count(l->b, run.n_nodes);
		Span part = run.ex->span;
		swift_assign_to(l, run.ex, n == 1 ? value : swift_part(l, value, (uint16_t)i, STR_NONE, part), span);
	}
}

static void assign_kind(Lower *l, const Ex *target, NodeId value, Span span) {
	switch ((ExKind)target->kind) {
	case EX_ATOM: {
		SyntaxKind kind = (SyntaxKind)l->t->nodes[target->syn].kind;
		if (kind == SYN_TUPLE_EXPRESSION || kind == SYN_VALUE_ARGUMENTS)
			store_parts(l, target->syn, value, span);
		else if (kind != SYN_SELF_EXPRESSION)
			store_name(l, target->name, value, span, false);
		break;
	}
	case EX_MEMBER: store_member(l, target, value, span, false); break;
	case EX_INDEX: store_element(l, target, value, span); break;
	case EX_FORCE:
	case EX_CHAIN:
	case EX_TRY:
	case EX_PREFIX: swift_assign_to(l, target->a, value, span); break;
	default: swift_ex(l, target);
	}
}

void swift_element_changed(Lower *l, const Ex *target, NodeId value) {
	flow_edit(l->b, store_element(l, target, value, target->span))->is_implicit = true;
}

void swift_assign_to(Lower *l, const Ex *target, NodeId value, Span span) {
	if (l->depth >= LOWER_MAX_DEPTH) return;
	l->depth++;
	assign_kind(l, target, value, span);
	l->depth--;
}

/* ---- assignments ---- */

/* `ModuleInfo(wrappedValue: Linear(...), key: "q_proj")` is the Linear. */
static const Ex *unwrapped_module(Lower *l, const Ex *ex) {
	bool wrapper = ex->kind == EX_CALL && ex->syn &&
	               (swift_name_is(l, ex->a, "ModuleInfo") || swift_name_is(l, ex->a, "ParameterInfo"));
	if (!wrapper) return ex;
	size_t n = 0;
	SwiftArg *parts = swift_args(l->t, ex->syn, l->arena, &n);
	for (size_t i = 0; i < n; i++) {
		if (!str_is(parts[i].label, "wrappedValue") || !parts[i].value) continue;
		ExRun run = swift_read(l->t, parts[i].value, l->arena);
		return run.ex;
	}
	return ex;
}

void swift_assign(Lower *l, const Ex *ex) {
	if (str_is(ex->name, "=")) {
		swift_assign_to(l, ex->a, swift_ex(l, unwrapped_module(l, ex->b)), ex->span);
		return;
	}
	NodeId a = swift_ex(l, ex->a), b = swift_ex(l, ex->b);
	Str op = str_sub(ex->name, 0, ex->name.len - 1);
	NodeId value = swift_infix(l, op, a, b, ex->span, ex->head);
	Origin origin = swift_origin(l, a);
	swift_note(l, value, origin.type, NULL);
	swift_assign_to(l, ex->a, value, ex->span);
}
