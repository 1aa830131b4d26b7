#include "core/posix.h"

#include "core/facts.h"
#include "core/flow_swift_lower.h"

#include <stdlib.h>
#include <string.h>

/* ---- arguments ---- */

typedef struct CallArgs {
	FlowArg *at; /* in the arena */
	size_t n, n_trailing;
	const Ex **changed; /* of `&x`, by argument; NULL for others */
} CallArgs;

static CallArgs call_args(Lower *l, const Ex *call) {
	size_t n = 0;
	SwiftArg *parts = call->syn ? swift_args(l->t, call->syn, l->arena, &n) : NULL;
	CallArgs args = { .at = ARENA_ARRAY(l->arena, FlowArg, n + call->n_closures + 1),
		.changed = ARENA_ARRAY(l->arena, const Ex *, n + call->n_closures + 1) };
	for (size_t i = 0; i < n; i++) {
		args.at[i].label = parts[i].label;
		args.n++;
		if (!parts[i].value) continue;
		ExRun run = swift_read(l->t, parts[i].value, l->arena);
		flow_count(l->b, run.n_nodes ? run.n_nodes : 1);
		args.at[i].node = swift_ex(l, run.ex);
		if (run.ex->kind == EX_PREFIX && str_is(run.ex->name, "&")) args.changed[i] = run.ex->a;
	}
	for (size_t i = 0; i < call->n_closures; i++) {
		flow_count(l->b, 1);
		args.at[args.n++] = (FlowArg) { swift_closure(l, call->closures[i].syn), call->closures[i].label, false };
	}
	args.n_trailing = call->n_closures;
	return args;
}

/* `f(&x)`: x afterwards is what the call made of it. */
static void write_back(Lower *l, const CallArgs *args, NodeId call) {
	for (size_t i = 0; i < args->n; i++) {
		if (!args->changed[i] || !call) continue;
		NodeId part = flow_add(l->b, NODE_PART, args->changed[i]->span, &(FlowArg) { .node = call }, 1);
		FlowNode *node = flow_edit(l->b, part);
		node->index = (uint16_t)(i + 1);
		node->name = STR("inout");
		node->is_implicit = true;
		Origin origin = swift_origin(l, args->at[i].node);
		swift_note(l, part, origin.type, origin.field);
		swift_assign_to(l, args->changed[i], part, args->changed[i]->span);
	}
}

/* ---- making the node ---- */

static NodeId node_with(Lower *l, NodeKind kind, NodeId first, const CallArgs *args, const Ex *call) {
	FlowArg *all = ARENA_ARRAY(l->arena, FlowArg, args->n + 1);
	size_t n = 0;
	if (first) all[n++].node = first;
	for (size_t i = 0; i < args->n; i++) all[n++] = args->at[i];
	NodeId node = flow_add(l->b, kind, call->span, all, n);
	flow_edit(l->b, node)->head = call->head;
	return node;
}

static NodeId resolved_call(
    Lower *l, NodeId receiver, Str name, ComponentId callee, const CallArgs *args, const Ex *call) {
	NodeId node = node_with(l, NODE_CALL, receiver, args, call);
	FlowNode *n = flow_edit(l->b, node);
	n->name = name;
	n->has_receiver = receiver != 0;
	n->callee = callee;
	if (callee != COMPONENT_NONE) swift_note(l, node, l->o->components[callee].returns, NULL);
	return node;
}

static NodeId construct(Lower *l, Str name, ComponentId cls, const CallArgs *args, const Ex *call) {
	NodeId node = node_with(l, NODE_NEW, 0, args, call);
	flow_edit(l->b, node)->name = name;
	flow_edit(l->b, node)->callee = swift_find_method(l, cls, STR("init"), args->at, args->n, args->n_trailing);
	swift_note(l, node, l->o->components[cls].name, NULL);
	return node;
}

/* ---- calling a value: a submodule, a closure ---- */

static NodeId run_layer(Lower *l, NodeId layer, Origin origin, const CallArgs *args, const Ex *call) {
	NodeId node = node_with(l, NODE_MODULE, layer, args, call);
	Str element = swift_type_element(origin.type);
	ComponentId cls = swift_class(l, element.len ? element : origin.type);
	FlowNode *n = flow_edit(l->b, node);
	n->name = origin.field ? origin.field->name : n->name;
	n->key = origin.field ? origin.field->key : STR_NONE;
	if (cls == COMPONENT_NONE) {
		n->op = swift_layer_op(element.len ? element : origin.type);
	} else {
		n->callee = swift_find_method(l, cls, STR("callAsFunction"), args->at, args->n, args->n_trailing);
		if (n->callee != COMPONENT_NONE) swift_note(l, node, l->o->components[n->callee].returns, NULL);
	}
	return node;
}

static NodeId call_value(Lower *l, NodeId value, const CallArgs *args, const Ex *call) {
	Origin origin = swift_origin(l, value);
	if (swift_is_layer(l, origin.field, origin.type)) return run_layer(l, value, origin, args, call);
	ComponentId cls = swift_class(l, origin.type);
	ComponentId callee = swift_find_method(l, cls, STR("callAsFunction"), args->at, args->n, args->n_trailing);
	bool named = call->a->kind == EX_MEMBER && str_is(call->a->name, "callAsFunction");
	if (named || callee != COMPONENT_NONE) return resolved_call(l, value, STR("callAsFunction"), callee, args, call);
	return node_with(l, NODE_CALL, value, args, call);
}

/* ---- functions by name ---- */

static bool is_upper(Str name) { return name.len && name.ptr[0] >= 'A' && name.ptr[0] <= 'Z'; }

static NodeId lexicon_call(Lower *l, Str qualifier, Str name, const CallArgs *args, const Ex *call) {
	CallForm form = is_upper(name) ? CALL_CONSTRUCTOR : CALL_FUNCTION;
	return flow_call(l->b, form, qualifier, name, 0, args->at, args->n, call->span, call->head);
}

static bool resolves(Lower *l, CallForm form, Str name, const CallArgs *args) {
	Str *labels = ARENA_ARRAY(l->arena, Str, args->n + 1);
	for (size_t i = 0; i < args->n; i++) labels[i] = args->at[i].label;
	OpCall call = { .dialect = DIALECT_SWIFT, .form = form, .name = name, .labels = labels, .n_args = args->n };
	OpMatch match;
	return ops_resolve(&call, &match);
}

/* `reshaped(2, -1)` in an extension of MLXArray is a method of self: members hide functions of the same name. */
static bool is_implied_method(Lower *l, Str name, const CallArgs *args) {
	bool foreign = l->self && l->cls != COMPONENT_NONE && l->o->components[l->cls].is_extension;
	if (!foreign || !resolves(l, CALL_METHOD, name, args)) return false;
	return str_is(l->owner, "MLXArray") || !resolves(l, CALL_FUNCTION, name, args);
}

static NodeId own_method(Lower *l, Str name, const CallArgs *args, const Ex *call) {
	ComponentId callee = swift_find_method(l, l->cls, name, args->at, args->n, args->n_trailing);
	if (callee == COMPONENT_NONE && !swift_has_method(l, l->cls, name)) return 0;
	bool is_static = callee != COMPONENT_NONE && l->o->components[callee].is_static;
	ComponentId function =
	    callee == COMPONENT_NONE ? swift_find_function(l, name, args->at, args->n, args->n_trailing) : callee;
	if (callee == COMPONENT_NONE && function != COMPONENT_NONE) return 0;
	NodeId node = resolved_call(l, is_static ? 0 : l->self, name, callee, args, call);
	if (!is_static) swift_fields_may_change(l, call->span);
	return node;
}

static NodeId named_call(Lower *l, Str name, const CallArgs *args, const Ex *call) {
	NodeId own = l->cls == COMPONENT_NONE ? 0 : own_method(l, name, args, call);
	if (own) return own;
	ComponentId function = swift_find_function(l, name, args->at, args->n, args->n_trailing);
	if (function != COMPONENT_NONE) return resolved_call(l, 0, name, function, args, call);
	ComponentId cls = is_upper(name) ? swift_class(l, name) : COMPONENT_NONE;
	if (cls != COMPONENT_NONE && !l->o->components[cls].is_extension) return construct(l, name, cls, args, call);
	if (is_implied_method(l, name, args)) {
		return flow_call(l->b, CALL_METHOD, STR_NONE, name, l->self, args->at, args->n, call->span, call->head);
	}
	NodeId node = lexicon_call(l, STR_NONE, name, args, call);
	if (flow_edit(l->b, node)->kind == NODE_NEW) swift_note(l, node, name, NULL);
	return node;
}

static NodeId call_name(Lower *l, const Ex *call, Str name) {
	VarId var = flow_lookup(l->b, name);
	const Field *field = var ? NULL : swift_own_field(l, name);
	NodeId value = var || (field && !swift_has_method(l, l->cls, name)) ? swift_name(l, name, call->a->span) : 0;
	CallArgs args = call_args(l, call);
	bool recursive = var && value && flow_edit(l->b, value)->kind == NODE_GLOBAL; /* a nested function in itself */
	NodeId node = value && !recursive ? call_value(l, value, &args, call) : named_call(l, name, &args, call);
	write_back(l, &args, node);
	return node;
}

/* ---- static members and modules: MLXFast.rope(...), Foo.make(...), Foo.init(...) ---- */

static NodeId call_static(Lower *l, const Ex *call) {
	const Ex *callee = call->a;
	Str path = swift_text(l, callee->a->span), name = callee->name;
	CallArgs args = call_args(l, call);
	ComponentId cls = swift_class(l, path);
	ComponentId method = swift_find_method(l, cls, name, args.at, args.n, args.n_trailing);
	NodeId node;
	ComponentId nested = is_upper(name) ? swift_class(l, swift_text(l, callee->span)) : COMPONENT_NONE;
	if (str_is(name, "init") && cls != COMPONENT_NONE)
		node = construct(l, path, cls, &args, call);
	else if (str_is(name, "init"))
		node = lexicon_call(l, STR_NONE, path, &args, call);
	else if (nested != COMPONENT_NONE)
		node = construct(l, l->o->components[nested].name, nested, &args, call);
	else if (method != COMPONENT_NONE)
		node = resolved_call(l, 0, name, method, &args, call);
	else
		node = lexicon_call(l, path, name, &args, call);
	write_back(l, &args, node);
	return node;
}

/* `.array(mask)`, `.init(...)`: a case or a static function of a type that stands elsewhere. */
static NodeId call_implicit(Lower *l, const Ex *call) {
	CallArgs args = call_args(l, call);
	OpCall what = { .dialect = DIALECT_SWIFT, .form = CALL_FUNCTION, .name = call->a->name, .n_args = args.n };
	Str *labels = ARENA_ARRAY(l->arena, Str, args.n + 1);
	for (size_t i = 0; i < args.n; i++) labels[i] = args.at[i].label;
	what.labels = labels;
	OpMatch match;
	if (ops_resolve(&what, &match) && (op_info(match.op)->traits & OP_CONSTRUCTOR)) {
		return lexicon_call(l, STR_NONE, call->a->name, &args, call);
	}
	NodeId node = node_with(l, NODE_CALL, 0, &args, call);
	flow_edit(l->b, node)->name = arena_printf(l->arena, ".%.*s", STR_ARG(call->a->name));
	return node;
}

/* ---- methods ---- */

static bool is_super(const Lower *l, const Ex *ex) {
	return ex->kind == EX_ATOM && l->t->nodes[ex->syn].kind == SYN_SUPER_EXPRESSION;
}

static NodeId call_super(Lower *l, const Ex *call) {
	CallArgs args = call_args(l, call);
	ComponentId callee = COMPONENT_NONE;
	const Component *c = l->cls == COMPONENT_NONE ? NULL : &l->o->components[l->cls];
	for (size_t i = 0; c && callee == COMPONENT_NONE && i < c->n_bases; i++) {
		ComponentId base = swift_class(l, c->bases[i]);
		callee = swift_find_method(l, base, call->a->name, args.at, args.n, args.n_trailing);
	}
	NodeId node = resolved_call(l, l->self, call->a->name, callee, &args, call);
	if (!str_is(call->a->name, "init")) swift_fields_may_change(l, call->span);
	write_back(l, &args, node);
	return node;
}

/* x.at[i].add(v): the operations scatter_add and so on, with the indices behind. */
static NodeId call_at(Lower *l, const Ex *call) {
	static const char *const names[] = { "add", "subtract", "multiply", "divide", "maximum", "minimum" };
	const Ex *element = call->a->a;
	bool at = element->kind == EX_INDEX && element->a->kind == EX_MEMBER && str_is(element->a->name, "at");
	const char *name = NULL;
	for (size_t i = 0; at && i < BASE_COUNT(names); i++) {
		if (str_is(call->a->name, names[i])) name = names[i];
	}
	if (!name) return 0;
	NodeId base = swift_ex(l, element->a->a);
	size_t n = 0;
	FlowArg *indices = swift_indices(l, element->syn, &n);
	CallArgs values = call_args(l, call);
	FlowArg *args = ARENA_ARRAY(l->arena, FlowArg, n + 2);
	args[0].node = base;
	args[1].node = values.n ? values.at[0].node : 0;
	for (size_t i = 0; i < n; i++) args[i + 2] = (FlowArg) { indices[i].node, STR("index"), false };
	Str op = arena_printf(l->arena, "scatter_%s", name);
	NodeId node = flow_op(l->b, op.ptr, call->span, args, n + 2);
	flow_edit(l->b, node)->head = call->head;
	return node;
}

/* A member of a known class that is called: a layer or closure in a field, or a method. 0 when it is neither. */
static NodeId call_known(Lower *l, const Ex *call, NodeId receiver, ComponentId cls, const CallArgs *args) {
	Str name = call->a->name;
	ComponentId method = swift_find_method(l, cls, name, args->at, args->n, args->n_trailing);
	if (method == COMPONENT_NONE) return 0;
	bool own = receiver == l->self;
	NodeId node = resolved_call(l, receiver, name, method, args, call);
	if (own && !l->o->components[method].is_static) swift_fields_may_change(l, call->span);
	return node;
}

static bool is_callable_field(const Lower *l, ComponentId cls, Str name) {
	return cls != COMPONENT_NONE && swift_find_field(l, cls, name) && !swift_has_method(l, cls, name);
}

/* What a mutating operation does to its receiver. */
static void mutate(Lower *l, const Ex *receiver, NodeId before, NodeId node) {
	if (!node || flow_edit(l->b, node)->kind != NODE_OP) return;
	if (!(op_info(flow_edit(l->b, node)->op)->traits & OP_MUTATES)) return;
	Origin origin = swift_origin(l, before);
	swift_note(l, node, origin.type, origin.field);
	const Ex *target = receiver;
	while (target->kind == EX_CHAIN || target->kind == EX_FORCE) target = target->a;
	if (target->kind == EX_MEMBER &&
	    !(target->a->kind == EX_ATOM && l->t->nodes[target->a->syn].kind == SYN_SELF_EXPRESSION))
		return;
	if (target->kind == EX_INDEX) {
		/* Another element, another list: rows[i].append(x). */
		const Ex *list = target->a;
		while (list->kind == EX_INDEX) list = list->a;
		if (list->kind == EX_ATOM && flow_lookup(l->b, list->name)) swift_element_changed(l, target, node);
		return;
	}
	if (target->kind == EX_ATOM || target->kind == EX_MEMBER) {
		Str name = target->name;
		VarId var = target->kind == EX_ATOM ? flow_lookup(l->b, name) : 0;
		const Field *field = var ? NULL : swift_own_field(l, name);
		if (var) flow_write(l->b, var, node);
		if (field && l->self && !field->is_computed) flow_write(l->b, flow_field_var(l->b, field->name), node);
	}
}

static NodeId call_method(Lower *l, const Ex *call) {
	const Ex *callee = call->a;
	NodeId node = call_at(l, call);
	if (node) return node;
	NodeId receiver = swift_ex(l, callee->a);
	if (swift_loop_call(l, call, receiver, &node)) return node;
	Origin origin = swift_origin(l, receiver);
	ComponentId cls = receiver && receiver == l->self ? l->cls : swift_class(l, origin.type);
	if (is_callable_field(l, cls, callee->name)) {
		NodeId value = swift_member(l, callee);
		CallArgs args = call_args(l, call);
		node = call_value(l, value, &args, call);
		write_back(l, &args, node);
		return node;
	}
	CallArgs args = call_args(l, call);
	if (str_is(callee->name, "callAsFunction") && receiver != l->self) {
		node = call_value(l, receiver, &args, call);
	} else {
		node = call_known(l, call, receiver, cls, &args);
		if (!node && receiver && receiver == l->self && swift_has_method(l, cls, callee->name)) {
			node = resolved_call(l, receiver, callee->name, COMPONENT_NONE, &args, call);
			swift_fields_may_change(l, call->span);
		}
	}
	if (!node) {
		node = flow_call(l->b, CALL_METHOD, STR_NONE, callee->name, receiver, args.at, args.n, call->span, call->head);
		mutate(l, callee->a, receiver, node);
	}
	write_back(l, &args, node);
	return node;
}

/* ---- [Float](repeating: 0, count: n), [String: Int]() ---- */

static NodeId call_bracketed_type(Lower *l, const Ex *call) {
	Str text = syntax_text(l->t, call->a->syn);
	CallArgs args = call_args(l, call);
	bool dictionary = l->t->nodes[call->a->syn].kind == SYN_DICTIONARY_LITERAL ||
	                  l->t->nodes[call->a->syn].kind == SYN_DICTIONARY_TYPE;
	NodeId node = lexicon_call(l, STR_NONE, dictionary ? STR("Dictionary") : STR("Array"), &args, call);
	if (flow_edit(l->b, node)->kind == NODE_NEW) flow_edit(l->b, node)->name = text;
	Origin origin = { text, NULL };
	while (l->origins.n <= node) VEC_PUSH(l->origins).field = NULL;
	l->origins.at[node] = origin;
	facts_of_type(LANG_SWIFT, text, &flow_edit(l->b, node)->facts);
	return node;
}

static bool is_bracketed_type(const Lower *l, const Ex *ex) {
	if (ex->kind != EX_ATOM) return false;
	SyntaxKind kind = (SyntaxKind)l->t->nodes[ex->syn].kind;
	return kind == SYN_ARRAY_LITERAL || kind == SYN_DICTIONARY_LITERAL || kind == SYN_ARRAY_TYPE ||
	       kind == SYN_DICTIONARY_TYPE;
}

/* ---- all calls ---- */

static bool is_name(const Lower *l, const Ex *ex) {
	if (ex->kind != EX_ATOM) return false;
	SyntaxKind kind = (SyntaxKind)l->t->nodes[ex->syn].kind;
	return kind == SYN_SIMPLE_IDENTIFIER || kind == SYN_TYPE_IDENTIFIER;
}

static Str plain_name(Str name) { return name.len > 2 && name.ptr[0] == '`' ? str_sub(name, 1, name.len - 1) : name; }

static NodeId call_other(Lower *l, const Ex *call, const Ex *callee) {
	NodeId value = 0;
	bool lambda = callee->kind == EX_ATOM && l->t->nodes[callee->syn].kind == SYN_LAMBDA_LITERAL;
	bool plain = lambda && !call->n_closures && !syntax_find(l->t, call->syn, SYN_VALUE_ARGUMENT);
	if (plain && swift_call_at_once(l, callee->syn, &value)) return value;
	value = swift_ex(l, callee);
	CallArgs args = call_args(l, call);
	NodeId node = value ? call_value(l, value, &args, call) : node_with(l, NODE_CALL, 0, &args, call);
	write_back(l, &args, node);
	return node;
}

/* `decode(from:)`: the function itself. */
static bool is_reference(const Lower *l, const Ex *call) {
	SynId first = call->syn ? syntax_find(l->t, call->syn, SYN_VALUE_ARGUMENT) : 0;
	return first && syntax_field(l->t, first, SYNF_REFERENCE_SPECIFIER);
}

NodeId swift_call(Lower *l, const Ex *call) {
	if (is_reference(l, call)) return swift_global(l, swift_text(l, call->span), call->span);
	const Ex *callee = call->a;
	while (callee->kind == EX_FORCE || callee->kind == EX_CHAIN) callee = callee->a;
	Ex direct = *call;
	direct.a = (Ex *)callee;
	if (is_name(l, callee)) return call_name(l, &direct, plain_name(callee->name));
	if (callee->kind == EX_IMPLICIT) return call_implicit(l, &direct);
	if (is_bracketed_type(l, callee)) return call_bracketed_type(l, &direct);
	if (callee->kind != EX_MEMBER) return call_other(l, call, callee);
	if (is_super(l, callee->a)) return call_super(l, &direct);
	if (str_is(callee->name, "concurrentPerform")) {
		NodeId node = swift_concurrent(l, &direct);
		if (node) return node;
	}
	if (swift_is_type_path(l, callee->a)) return call_static(l, &direct);
	return call_method(l, &direct);
}
