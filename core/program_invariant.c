/* What cannot change from turn to turn of a loop.
 *
 * The greatest solution of: what stands outside the loop doesn't change, a constant doesn't, what the loop counts or carries does, and anything else
 * changes as soon as one of its arguments does. An array that is made anew in each turn and filled there, also by loops further in, is what it is
 * filled with. */
#include "core/posix.h"

#include "core/program_parts.h"

#include <stdlib.h>
#include <string.h>

typedef struct Invariance {
	const Program *p;
	const FlowGraph *g;
	RegionId loop;
	uint8_t *truth; /* one a node */
	Arena arena;
	bool *reach; /* made when a field asks */
} Invariance;

static Truth least(Truth a, Truth b) { return a < b ? a : b; }

/* ---- fields that somebody sets, but not meanwhile ---- */

static void mark(const Program *p, ComponentId id, bool *reach) {
	if (reach[id]) return;
	reach[id] = true;
	const FlowGraph *g = &p->functions[id].graph;
	for (NodeId node = 1; node < g->n; node++) {
		if (g->nodes[node].callee != COMPONENT_NONE) mark(p, g->nodes[node].callee, reach);
	}
}

bool *program_reach(const Program *p, const FlowGraph *g, RegionId region, Arena *arena) {
	bool *reach = ARENA_ARRAY(arena, bool, p->outline->n + 1);
	for (NodeId id = g->regions[region].first; id < g->regions[region].last && id < g->n; id++) {
		const FlowNode *node = &g->nodes[id];
		if (node->callee != COMPONENT_NONE && flow_inside(g, node->region, region)) mark(p, node->callee, reach);
	}
	return reach;
}

Truth program_field_keeps(
    const Program *p, const FlowGraph *g, NodeId field, const FlowGraph *around, RegionId region, const bool *reach) {
	Truth fixed = program_field_fixed(p, g, field);
	if (fixed != TRUTH_NO) return fixed;
	uintptr_t *first = map_get(&p->stores_by_name, g->nodes[field].name);
	for (uint32_t i = first ? (uint32_t)*first : UINT32_MAX; i != UINT32_MAX; i = p->stores[i].next) {
		const CallSite *at = &p->stores[i].at;
		if (p->stores[i].in_init) continue;
		if (at->graph->component != COMPONENT_NONE && reach[at->graph->component]) return TRUTH_NO;
		if (at->graph == around && flow_inside(around, around->nodes[at->node].region, region)) return TRUTH_NO;
	}
	return TRUTH_YES;
}

static Truth field(Invariance *v, NodeId id) {
	if (!v->reach) v->reach = program_reach(v->p, v->g, v->loop, &v->arena);
	return program_field_keeps(v->p, v->g, id, v->g, v->loop, v->reach);
}

/* ---- nodes ---- */

static Truth have(const Invariance *v, NodeId id) { return id ? (Truth)v->truth[id] : TRUTH_YES; }

static Truth args(const Invariance *v, NodeId id) {
	Truth truth = TRUTH_YES;
	for (size_t i = 0; i < v->g->nodes[id].n_args; i++) truth = least(truth, have(v, flow_arg(v->g, id, i)));
	return truth;
}

/* Of a branch the tested values count too; a loop further in that may be left early is not sure. */
static Truth join(const Invariance *v, NodeId id) {
	const FlowGraph *g = v->g;
	RegionId body = g->nodes[id].body;
	if (body == v->loop) return TRUTH_NO;
	Truth truth = args(v, id);
	if (g->regions[body].kind == REGION_LOOP) return g->regions[body].has_break ? least(truth, TRUTH_UNKNOWN) : truth;
	if (g->regions[body].kind != REGION_BRANCH) return least(truth, TRUTH_UNKNOWN);
	for (RegionId r = body; r < g->n_regions; r++) {
		if (g->regions[r].kind == REGION_BRANCH && g->regions[r].group == g->regions[body].group)
			truth = least(truth, have(v, g->regions[r].condition));
	}
	return truth;
}

static bool is_pure_call(const Invariance *v, const FlowNode *node) {
	return node->callee != COMPONENT_NONE && v->p->functions[node->callee].is_pure;
}

/* A function value is what it takes from outside; what it is given comes with its calls. */
static Truth closure(const Invariance *v, NodeId id) {
	const FlowGraph *g = v->g;
	RegionId body = g->nodes[id].body;
	Truth truth = TRUTH_YES;
	for (NodeId in = g->regions[body].first; in < g->regions[body].last && in < g->n && truth != TRUTH_NO; in++) {
		const FlowNode *node = &g->nodes[in];
		if (!flow_inside(g, node->region, body)) continue;
		bool outer = node->kind == NODE_FIELD || node->kind == NODE_GLOBAL;
		if (outer) truth = least(truth, have(v, in));
		if (node->kind == NODE_OP && (flow_traits(g, in) & (OP_RANDOM | OP_EFFECT))) return TRUTH_NO;
		if (node->kind == NODE_STORE && node->name.len) return TRUTH_NO;
		if (node->kind == NODE_CALL && !is_pure_call(v, node) && !program_calls_local(g, in))
			truth = least(truth, TRUTH_UNKNOWN);
		for (size_t i = 0; i < node->n_args; i++) {
			NodeId arg = flow_arg(g, in, i);
			if (arg && arg != id && !flow_inside(g, g->nodes[arg].region, body)) truth = least(truth, have(v, arg));
		}
	}
	return truth;
}

static Truth op(const Invariance *v, NodeId id) {
	uint32_t traits = flow_traits(v->g, id);
	NodeId first = flow_arg(v->g, id, 0);
	if (traits & OP_RANDOM) return TRUTH_NO;
	/* Appending to what is local to a turn is no effect outside of it; to anything else it is carried, or a field. */
	bool local = (traits & OP_MUTATES) && first && v->g->nodes[first].kind != NODE_FIELD;
	return (traits & (OP_EFFECT | OP_MUTATES)) && !local ? TRUTH_NO : args(v, id);
}

static Truth judge(Invariance *v, NodeId id) {
	const FlowGraph *g = v->g;
	const FlowNode *node = &g->nodes[id];
	if (!flow_inside(g, node->region, v->loop)) return TRUTH_YES;
	switch ((NodeKind)node->kind) {
	case NODE_CONST:
	case NODE_SELF: return TRUTH_YES;
	case NODE_PARAM: return TRUTH_NO; /* of a closure inside the loop */
	case NODE_FIELD: return least(field(v, id), have(v, flow_arg(g, id, 0)));
	case NODE_GLOBAL: return program_global_fixed(v->p, node);
	case NODE_LOOPVAR: return node->body == v->loop ? TRUTH_NO : have(v, g->regions[node->body].over);
	case NODE_CLOSURE: return closure(v, id);
	case NODE_JOIN: return join(v, id);
	case NODE_OP: return op(v, id);
	case NODE_MODULE:
		/* A library layer is a function of its input; a class of the source may keep state. */
		if (!node->op && !is_pure_call(v, node)) return least(TRUTH_UNKNOWN, args(v, id));
		return args(v, id);
	case NODE_CALL:
		if (node->callee == COMPONENT_NONE)
			return program_calls_local(g, id) ? args(v, id) : least(TRUTH_UNKNOWN, args(v, id));
		return is_pure_call(v, node) ? args(v, id) : TRUTH_NO;
	case NODE_STORE: return node->name.len ? TRUTH_NO : args(v, id);
	case NODE_LOAD:
	case NODE_TUPLE:
	case NODE_PART:
	case NODE_NEW: return args(v, id);
	case NODE_UNKNOWN: return program_is_text(node) ? args(v, id) : TRUTH_UNKNOWN;
	default: return TRUTH_UNKNOWN;
	}
}

uint8_t *program_invariants(const Program *p, const FlowGraph *g, RegionId loop) {
	Invariance v = { .p = p, .g = g, .loop = loop, .truth = base_alloc(g->n + 1) };
	memset(v.truth, TRUTH_YES, g->n);
	NodeId last = g->regions[loop].last < g->n ? g->regions[loop].last : g->n;
	for (bool changed = true; changed;) {
		changed = false;
		for (NodeId id = g->regions[loop].first; id < last; id++) {
			Truth now = least(have(&v, id), judge(&v, id));
			changed |= now != have(&v, id);
			v.truth[id] = (uint8_t)now;
		}
	}
	arena_done(&v.arena);
	return v.truth;
}

Truth program_invariant(const Program *p, const FlowGraph *g, NodeId id, RegionId loop) {
	uint8_t *all = program_invariants(p, g, loop);
	Truth truth = (Truth)all[id];
	free(all);
	return truth;
}
