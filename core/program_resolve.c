/* Which function a call goes to, and which class a value is an instance of. Says nothing rather than guess. */
#include "core/posix.h"

#include "core/program_parts.h"

#include <stdlib.h>
#include <string.h>

enum { CLASS_DEPTH = 8 };

ComponentId program_own_class(const Program *p, const FlowGraph *g) {
	if (g->component == COMPONENT_NONE) return COMPONENT_NONE;
	const Component *c = &p->outline->components[g->component];
	return c->kind == COMPONENT_CLASS ? g->component : outline_class_of(p->outline, g->component);
}

/* "[Block]?" -> "Block", "nn.ModuleList" -> "ModuleList", "Optional<Cache>" -> "Cache", "any KVCache" -> "KVCache". */
static Str bare_type(Str type) {
	for (bool changed = true; changed;) {
		Str before = type = str_trim(type);
		while (type.len && strchr("[(?!", type.ptr[0])) type = str_sub(type, 1, type.len);
		while (type.len && strchr("])?!", type.ptr[type.len - 1])) type.len--;
		static const char *const words[] = { "any ", "some ", "inout ", "Optional<", "Array<", "Optional[", "List[",
			"list[" };
		for (size_t i = 0; i < BASE_COUNT(words); i++) {
			if (str_starts(type, words[i])) type = str_sub(type, strlen(words[i]), type.len);
		}
		size_t generic = str_find(type, "<", 0);
		if (generic != SIZE_MAX) type.len = generic;
		while (type.len && type.ptr[type.len - 1] == '>') type.len--;
		changed = !str_eq(before, type);
	}
	return type;
}

static ComponentId class_named(const Program *p, Str name) {
	ComponentId id = outline_find(p->outline, name);
	for (; id != COMPONENT_NONE; id = p->outline->same_name[id]) {
		if (p->outline->components[id].kind == COMPONENT_CLASS) return id;
	}
	return COMPONENT_NONE;
}

ComponentId program_type_class(const Program *p, Str type) {
	Str name = bare_type(type);
	if (!name.len) return COMPONENT_NONE;
	ComponentId id = class_named(p, name);
	while (id == COMPONENT_NONE) {
		size_t dot = str_find(name, ".", 0);
		if (dot == SIZE_MAX) return COMPONENT_NONE;
		name = str_sub(name, dot + 1, name.len);
		id = class_named(p, name);
	}
	return id;
}

const Field *program_field(const Program *p, ComponentId cls, Str name) {
	for (int depth = 0; cls != COMPONENT_NONE && depth < CLASS_DEPTH; depth++) {
		const Field *field = outline_field(p->outline, cls, name);
		if (field) return field;
		const Component *c = &p->outline->components[cls];
		ComponentId base = c->n_bases ? program_type_class(p, c->bases[0]) : COMPONENT_NONE;
		cls = base == cls ? COMPONENT_NONE : base;
	}
	return NULL;
}

/* ---- classes of values ---- */

static ComponentId class_of(const Program *p, const FlowGraph *g, NodeId id, int depth);

static ComponentId class_of_param(const Program *p, const FlowGraph *g, const FlowNode *node) {
	if (g->component == COMPONENT_NONE) return COMPONENT_NONE;
	const Component *c = &p->outline->components[g->component];
	for (size_t i = 0; i < c->n_params; i++) {
		if (str_eq(c->params[i].name, node->name)) return program_type_class(p, c->params[i].type);
	}
	return COMPONENT_NONE;
}

static ComponentId class_of_field(const Program *p, const FlowGraph *g, NodeId id, int depth) {
	const FlowNode *node = &g->nodes[id];
	NodeId base = flow_arg(g, id, 0);
	ComponentId cls = base ? class_of(p, g, base, depth - 1) : program_own_class(p, g);
	const Field *field = cls == COMPONENT_NONE ? NULL : program_field(p, cls, node->name);
	return field ? program_type_class(p, field->type) : COMPONENT_NONE;
}

static ComponentId class_of(const Program *p, const FlowGraph *g, NodeId id, int depth) {
	const FlowNode *node = &g->nodes[id];
	NodeId first = flow_arg(g, id, 0);
	if (depth == 0) return COMPONENT_NONE;
	switch ((NodeKind)node->kind) {
	case NODE_SELF: return program_own_class(p, g);
	case NODE_GLOBAL: return class_named(p, node->name); /* the type itself: its static members */
	case NODE_PARAM: return class_of_param(p, g, node);
	case NODE_FIELD: return class_of_field(p, g, id, depth);
	case NODE_LOAD:
	case NODE_STORE:
	case NODE_JOIN: return first && first < id ? class_of(p, g, first, depth - 1) : COMPONENT_NONE;
	case NODE_LOOPVAR: {
		NodeId over = g->regions[node->body].over;
		return over && over < id ? class_of(p, g, over, depth - 1) : COMPONENT_NONE;
	}
	case NODE_NEW: return node->op ? COMPONENT_NONE : program_type_class(p, node->name);
	case NODE_CALL:
	case NODE_MODULE:
		if (node->callee == COMPONENT_NONE) return COMPONENT_NONE;
		return program_type_class(p, p->outline->components[node->callee].returns);
	case NODE_TUPLE: return first ? class_of(p, g, first, depth - 1) : COMPONENT_NONE;
	default: return COMPONENT_NONE;
	}
}

ComponentId program_class_of(const Program *p, const FlowGraph *g, NodeId id) {
	return id ? class_of(p, g, id, CLASS_DEPTH) : COMPONENT_NONE;
}

/* ---- callees ---- */

/* How well the arguments' labels fit a component's parameters: each labelled argument must be there. -1 for a misfit. */
static int label_fit(const Program *p, const Component *c, const FlowGraph *g, NodeId call) {
	const FlowNode *node = &g->nodes[call];
	size_t first = node->has_receiver || node->kind == NODE_MODULE ? 1 : 0;
	int score = 0;
	bool python = p->dialect != DIALECT_SWIFT;
	size_t given = node->n_args - first, taken = c->n_params;
	if (python && taken && (str_is(c->params[0].name, "self") || str_is(c->params[0].name, "cls"))) taken--;
	for (size_t i = first; i < node->n_args; i++) {
		Str label = g->args[node->args + i].label;
		if (!label.len) continue;
		bool there = false;
		for (size_t k = 0; k < c->n_params && !there; k++) {
			there = str_eq(c->params[k].label, label) || c->params[k].variadic;
		}
		if (!there) return -1;
		score++;
	}
	bool variadic = false;
	for (size_t k = 0; k < c->n_params; k++) variadic |= c->params[k].variadic;
	if (given > taken + 1 && !variadic) return -1; /* one more may be a trailing closure */
	return score * 2 + (given == taken);
}

static ComponentId best_overload(const Program *p, ComponentId first, const FlowGraph *g, NodeId call) {
	ComponentId best = COMPONENT_NONE;
	int best_fit = -1;
	for (ComponentId id = first; id != COMPONENT_NONE; id = p->outline->same_name[id]) {
		const Component *c = &p->outline->components[id];
		if (c->kind == COMPONENT_CLASS) continue;
		int fit = call ? label_fit(p, c, g, call) : 0;
		if (fit > best_fit) best = id, best_fit = fit;
	}
	return best;
}

static ComponentId own_member(const Program *p, ComponentId cls, Str name, const FlowGraph *g, NodeId call) {
	Str owner = p->outline->components[cls].name;
	char full[512];
	if (owner.len + name.len + 2 > sizeof full) return COMPONENT_NONE;
	memcpy(full, owner.ptr, owner.len);
	full[owner.len] = '.';
	memcpy(full + owner.len + 1, name.ptr, name.len);
	return best_overload(p, outline_find(p->outline, (Str) { full, owner.len + 1 + name.len }), g, call);
}

ComponentId program_member(const Program *p, ComponentId cls, Str name, const FlowGraph *g, NodeId call) {
	for (int depth = 0; cls != COMPONENT_NONE && depth < CLASS_DEPTH; depth++) {
		ComponentId id = own_member(p, cls, name, g, call);
		if (id != COMPONENT_NONE) return id;
		const Component *c = &p->outline->components[cls];
		ComponentId base = COMPONENT_NONE;
		for (size_t i = 0; i < c->n_bases && base == COMPONENT_NONE; i++) base = program_type_class(p, c->bases[i]);
		cls = base == cls ? COMPONENT_NONE : base;
	}
	return COMPONENT_NONE;
}

static ComponentId forward_of(const Program *p, ComponentId cls, const FlowGraph *g, NodeId call) {
	static const char *const names[] = { "callAsFunction", "__call__", "forward" };
	for (size_t i = 0; i < BASE_COUNT(names); i++) {
		ComponentId id = program_member(p, cls, str_of(names[i]), g, call);
		if (id != COMPONENT_NONE) return id;
	}
	return COMPONENT_NONE;
}

static ComponentId init_of(const Program *p, ComponentId cls, const FlowGraph *g, NodeId call) {
	ComponentId id = own_member(p, cls, p->dialect == DIALECT_SWIFT ? STR("init") : STR("__init__"), g, call);
	return id;
}

/* A free function: of the same file first, else the only one of that name in the side. */
static ComponentId free_function(const Program *p, const FlowGraph *g, NodeId call, Str name) {
	ComponentId only = COMPONENT_NONE;
	size_t n = 0;
	for (ComponentId id = outline_find(p->outline, name); id != COMPONENT_NONE; id = p->outline->same_name[id]) {
		const Component *c = &p->outline->components[id];
		if (c->kind != COMPONENT_FUNCTION || label_fit(p, c, g, call) < 0) continue;
		if (c->file == g->file) return id;
		only = id;
		n++;
	}
	return n == 1 ? only : COMPONENT_NONE;
}

static ComponentId callee_of(const Program *p, const FlowGraph *g, NodeId id) {
	const FlowNode *node = &g->nodes[id];
	NodeId receiver = flow_arg(g, id, 0);
	if (node->kind == NODE_NEW) {
		ComponentId cls = node->op ? COMPONENT_NONE : program_type_class(p, node->name);
		return cls == COMPONENT_NONE ? COMPONENT_NONE : init_of(p, cls, g, id);
	}
	if (node->kind == NODE_MODULE) {
		ComponentId cls = program_class_of(p, g, receiver);
		return cls == COMPONENT_NONE ? COMPONENT_NONE : forward_of(p, cls, g, id);
	}
	if (!node->has_receiver) return node->name.len ? free_function(p, g, id, node->name) : COMPONENT_NONE;
	ComponentId cls = program_class_of(p, g, receiver);
	if (cls == COMPONENT_NONE && g->nodes[receiver].kind == NODE_GLOBAL) cls = class_named(p, g->nodes[receiver].name);
	if (cls != COMPONENT_NONE) {
		return node->name.len ? program_member(p, cls, node->name, g, id) : forward_of(p, cls, g, id);
	}
	return COMPONENT_NONE;
}

static void resolve_graph(Program *p, FlowGraph *g, void *context) {
	size_t *changed = context;
	for (NodeId id = 1; id < g->n; id++) {
		FlowNode *node = &g->nodes[id];
		if (node->kind != NODE_CALL && node->kind != NODE_MODULE && node->kind != NODE_NEW) continue;
		if (node->callee != COMPONENT_NONE) continue;
		node->callee = callee_of(p, g, id);
		if (node->callee != COMPONENT_NONE) ++*changed;
	}
}

static void count_callers(Program *p, FlowGraph *g, void *context) {
	(void)context;
	bool test = p->outline->source->files[g->file].is_test;
	for (NodeId id = 1; id < g->n; id++) {
		ComponentId callee = g->nodes[id].callee;
		if (callee == COMPONENT_NONE || g->nodes[id].origin) continue;
		if (test)
			p->functions[callee].n_test_callers++;
		else
			p->functions[callee].n_callers++;
	}
}

static void fill_callers(Program *p, FlowGraph *g, void *context) {
	(void)context;
	if (p->outline->source->files[g->file].is_test) return;
	for (NodeId id = 1; id < g->n; id++) {
		ComponentId callee = g->nodes[id].callee;
		if (callee == COMPONENT_NONE || g->nodes[id].origin) continue;
		Function *f = &p->functions[callee];
		f->callers[f->n_callers++] = (CallSite) { g, id };
	}
}

void program_resolve(Program *p) {
	/* The class of a call's result is known once the call is: two rounds see through one such link each. */
	for (int round = 0; round < 3; round++) {
		size_t changed = 0;
		program_each(p, resolve_graph, &changed);
		if (!changed) break;
	}
}

void program_index_callers(Program *p) {
	program_each(p, count_callers, NULL);
	for (ComponentId id = 0; id < p->outline->n; id++) {
		Function *f = &p->functions[id];
		f->callers = ARENA_ARRAY(p->arena, CallSite, f->n_callers + 1);
		f->n_callers = 0;
	}
	program_each(p, fill_callers, NULL);
}

const FlowGraph *program_callee(const Program *p, const FlowGraph *g, NodeId id) {
	ComponentId callee = g->nodes[id].callee;
	return callee == COMPONENT_NONE || !p->functions[callee].graph.n ? NULL : &p->functions[callee].graph;
}

/* ---- where a submodule is made ---- */

static NodeId made_by(const FlowGraph *g, NodeId value, int depth) {
	const FlowNode *node = &g->nodes[value];
	if (node->kind == NODE_NEW) return value;
	if (depth == 0) return 0;
	if (node->kind == NODE_TUPLE || node->kind == NODE_JOIN || node->kind == NODE_OP) {
		NodeId found = 0;
		for (size_t i = 0; i < node->n_args; i++) {
			NodeId arg = flow_arg(g, value, i);
			NodeId made = arg && arg < value ? made_by(g, arg, depth - 1) : 0;
			if (!made) continue;
			if (found && found != made) return 0;
			found = made;
		}
		return found;
	}
	return 0;
}

bool program_construction(const Program *p, const FlowGraph *g, NodeId field, CallSite *construction) {
	while (field && (g->nodes[field].kind == NODE_LOAD || g->nodes[field].kind == NODE_JOIN))
		field = flow_arg(g, field, 0);
	if (!field || g->nodes[field].kind != NODE_FIELD) return false;
	NodeId base = flow_arg(g, field, 0);
	ComponentId cls = base ? program_class_of(p, g, base) : program_own_class(p, g);
	uintptr_t *first = map_get(&p->stores_by_name, g->nodes[field].name);
	size_t n = 0;
	for (uint32_t i = first ? (uint32_t)*first : UINT32_MAX; i != UINT32_MAX; i = p->stores[i].next) {
		const FieldStore *store = &p->stores[i];
		if (store->cls != cls || !store->in_init) continue;
		NodeId value = flow_arg(store->at.graph, store->at.node, 1);
		NodeId made = value ? made_by(store->at.graph, value, 4) : 0;
		if (!made) continue;
		*construction = (CallSite) { store->at.graph, made };
		n++;
	}
	return n == 1;
}
