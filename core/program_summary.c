/* What a function does as seen from its callers: waits for the device, runs submodules, has effects, is called only from init. */
#include "core/posix.h"

#include "core/program_parts.h"

#include <string.h>

static bool ends_in_number(Str type) {
	static const char *const numbers[] = { "Int", "Int32", "UInt32", "Int64", "Float", "Double", "Bool", "[Int]",
		"[Int32]", "[Float]" };
	type = str_trim(type);
	for (size_t arrow = str_find(type, "->", 0); arrow != SIZE_MAX; arrow = str_find(type, "->", 0))
		type = str_trim(str_sub(type, arrow + 2, type.len));
	while (type.len && strchr(")?! ", type.ptr[type.len - 1])) type.len--;
	for (size_t i = 0; i < BASE_COUNT(numbers); i++) {
		if (str_is(type, numbers[i])) return true;
	}
	return false;
}

static Str type_of_callee(const Program *p, const FlowGraph *g, NodeId called) {
	const FlowNode *node = &g->nodes[called];
	if (g->component == COMPONENT_NONE) return STR_NONE;
	if (node->kind == NODE_FIELD) {
		NodeId base = flow_arg(g, called, 0);
		ComponentId cls = base ? program_class_of(p, g, base) : program_own_class(p, g);
		const Field *field = cls == COMPONENT_NONE ? NULL : program_field(p, cls, node->name);
		return field ? field->type : STR_NONE;
	}
	const Component *c = &p->outline->components[g->component];
	for (size_t i = 0; node->kind == NODE_PARAM && i < c->n_params; i++) {
		if (str_eq(c->params[i].name, node->name)) return c->params[i].type;
	}
	return STR_NONE;
}

/* A function held in a field or parameter that makes numbers of an array, whichever it is: `(MLXArray) -> Int` has to wait. */
static bool reads_array(const Program *p, const FlowGraph *g, NodeId id) {
	const FlowNode *node = &g->nodes[id];
	if (node->kind != NODE_CALL || node->name.len || node->callee != COMPONENT_NONE || !flow_arg(g, id, 0))
		return false;
	Str type = type_of_callee(p, g, flow_arg(g, id, 0));
	size_t arrow = str_find(type, "->", 0), array = str_find(type, "MLXArray", 0);
	return arrow != SIZE_MAX && array < arrow && ends_in_number(type);
}

static bool node_syncs(const Program *p, const FlowGraph *g, NodeId id) {
	const FlowNode *node = &g->nodes[id];
	if (node->kind == NODE_OP) return (op_info(node->op)->traits & OP_SYNC) != 0;
	bool call = node->kind == NODE_CALL || node->kind == NODE_MODULE;
	if (reads_array(p, g, id)) return true;
	return call && node->callee != COMPONENT_NONE && p->functions[node->callee].syncs;
}

bool program_syncs(const Program *p, const FlowGraph *g, NodeId id) { return id && node_syncs(p, g, id); }

bool program_calls_local(const FlowGraph *g, NodeId call) {
	const FlowNode *node = &g->nodes[call];
	NodeId called = node->kind == NODE_CALL && !node->name.len ? flow_arg(g, call, 0) : 0;
	return called && g->nodes[called].kind == NODE_CLOSURE;
}

/* Given nothing but text, and nobody asks what it gives: a line for a log. */
static bool is_logging(const FlowGraph *g, NodeId id) {
	const FlowNode *node = &g->nodes[id];
	size_t n_users, first = node->has_receiver ? 1 : 0;
	flow_users(g, id, &n_users);
	if (n_users || node->n_args <= first) return false;
	for (size_t i = first; i < node->n_args; i++) {
		NodeId arg = flow_arg(g, id, i);
		if (!arg || !(g->nodes[arg].is_string || program_is_text(&g->nodes[arg]))) return false;
	}
	return true;
}

/* Makes what is thrown: whoever goes on has not met it. */
static bool is_thrown(const FlowGraph *g, NodeId id) {
	size_t n;
	const NodeId *users = flow_users(g, id, &n);
	for (size_t i = 0; i < n; i++) {
		if (g->nodes[users[i]].kind != NODE_RETURN || !str_is(g->nodes[users[i]].name, "throw")) return false;
	}
	return n > 0;
}

/* Effects that change no value: whoever goes on behind a check has passed it, and what is evaluated stays what it is. */
static bool is_harmless(const FlowNode *node) {
	static const char *const names[] = { "fatal_error", "precondition", "print", "eval", "checked_eval", "async_eval" };
	for (size_t i = 0; i < BASE_COUNT(names); i++) {
		if (node->op == op_named(names[i])) return true;
	}
	return false;
}

static bool calls_param(const FlowGraph *g, NodeId call) {
	const FlowNode *node = &g->nodes[call];
	NodeId called = node->kind == NODE_CALL && !node->name.len ? flow_arg(g, call, 0) : 0;
	return called && g->nodes[called].kind == NODE_PARAM;
}

static bool is_impure(const Program *p, const FlowGraph *g, NodeId id) {
	const FlowNode *node = &g->nodes[id];
	switch ((NodeKind)node->kind) {
	case NODE_STORE: return node->name.len > 0 || g->nodes[flow_arg(g, id, 0)].kind == NODE_FIELD;
	case NODE_OP: {
		uint32_t traits = op_info(node->op)->traits;
		if (traits & OP_RANDOM) return true;
		if (is_harmless(node)) return false;
		/* Appending to a local is no effect of the function. */
		return (traits & OP_EFFECT) && !((traits & OP_MUTATES) && g->nodes[flow_arg(g, id, 0)].kind != NODE_FIELD);
	}
	case NODE_CALL:
		if (program_calls_local(g, id)) return false; /* its nodes are in this graph, and judged here */
		if (calls_param(g, id)) return false;         /* whoever hands a closure in has its effects */
		if (node->callee == COMPONENT_NONE) return !is_logging(g, id) && !is_thrown(g, id);
		return !p->functions[node->callee].is_pure;
	case NODE_MODULE: return node->callee != COMPONENT_NONE && !p->functions[node->callee].is_pure;
	case NODE_UNKNOWN: return !program_is_text(node);
	default: return false;
	}
}

static void summarise(Program *p, ComponentId id) {
	Function *f = &p->functions[id];
	const FlowGraph *g = &f->graph;
	OpId async = op_named("async_eval");
	for (NodeId node = 1; node < g->n; node++) {
		if (!f->sync && node_syncs(p, g, node)) {
			f->sync = node;
			f->syncs = true;
		}
		ComponentId callee = g->nodes[node].callee;
		if (g->nodes[node].kind == NODE_MODULE) f->runs_modules = true;
		if (callee != COMPONENT_NONE && p->functions[callee].runs_modules) f->runs_modules = true;
		if (flow_is_op(g, node, async)) f->evaluates_ahead = true;
		if (callee != COMPONENT_NONE && p->functions[callee].evaluates_ahead) f->evaluates_ahead = true;
	}
}

/* The greatest solution: a function is pure unless something in it is not. */
static void find_pure(Program *p) {
	for (ComponentId id = 0; id < p->outline->n; id++) p->functions[id].is_pure = p->functions[id].graph.n > 0;
	for (bool changed = true; changed;) {
		changed = false;
		for (ComponentId id = 0; id < p->outline->n; id++) {
			Function *f = &p->functions[id];
			for (NodeId node = 1; f->is_pure && node < f->graph.n; node++) {
				if (!is_impure(p, &f->graph, node)) continue;
				f->is_pure = false;
				changed = true;
			}
		}
	}
}

/* A place that runs once: init, initial value of a stored, lazy or static field, file level outside functions. */
static bool runs_once(const Program *p, const FlowGraph *g) {
	if (g->component == COMPONENT_NONE) return true;
	const Component *c = &p->outline->components[g->component];
	return c->kind == COMPONENT_CLASS || c->is_init || p->functions[g->component].only_from_init;
}

/* What a method overrides: the member of that name of the nearest base class that has one, or COMPONENT_NONE. */
static ComponentId overridden(const Program *p, const Component *c) {
	if (!c->is_override || c->parent == COMPONENT_NONE) return COMPONENT_NONE;
	const Component *cls = &p->outline->components[c->parent];
	ComponentId base = cls->n_bases ? program_type_class(p, cls->bases[0]) : COMPONENT_NONE;
	return base == COMPONENT_NONE || base == c->parent ? COMPONENT_NONE : program_member(p, base, c->base, NULL, 0);
}

static bool only_from_init(const Program *p, ComponentId id) {
	const Function *f = &p->functions[id];
	const Component *c = &p->outline->components[id];
	ComponentId base = overridden(p, c); /* its calls reach this one too */
	if (base != COMPONENT_NONE && p->functions[base].n_callers && !p->functions[base].only_from_init) return false;
	if (base != COMPONENT_NONE && !f->n_callers) return p->functions[base].only_from_init;
	if (!f->n_callers || c->is_init || c->is_main) return false;
	for (size_t i = 0; i < f->n_callers; i++) {
		const FlowGraph *g = f->callers[i].graph;
		/* Code at the level of a Swift file is a program's main: what it calls runs once, but is no init. */
		if (g->component == COMPONENT_NONE || !runs_once(p, g)) return false;
	}
	return true;
}

void program_summarise(Program *p) {
	for (int round = 0; round <= PROGRAM_DEPTH; round++) {
		for (ComponentId id = 0; id < p->outline->n; id++) {
			if (p->functions[id].graph.n) summarise(p, id);
			p->functions[id].only_from_init = only_from_init(p, id);
		}
	}
	find_pure(p);
}
