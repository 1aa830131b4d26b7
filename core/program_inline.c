/* Lets patterns see through calls: after the call of a small function without loops, what it computes is repeated in the
 * caller's graph, and the call's users refer to that; early returns (`if n == 1 { return x }`) become a join. Repeated nodes carry `origin`, the call, and its span; the call itself
 * stays, so that nothing about callers changes. Callees are expanded first, to PROGRAM_DEPTH. */
#include "core/posix.h"

#include "core/program_parts.h"

#include "core/facts.h"

#include <stdlib.h>
#include <string.h>

enum { CALLEE_NODES = 160, GRAPH_NODES = 6000 };

typedef struct Expansion {
	Program *p;
	FlowGraph *g; /* the caller as it was */
	VEC(FlowNode) nodes;
	VEC(FlowArg) args;
	VEC(FlowRegion) regions;
	NodeId *to; /* old node -> new node, or what stands for its value */
} Expansion;

enum { RETURNS = 4 };

/* A value is given back from the function's own region, or early, out of a branch. */
static bool gives_back(const FlowGraph *g, NodeId id) {
	const FlowNode *node = &g->nodes[id];
	return node->n_args && !node->name.len && (node->region == 0 || g->regions[node->region].kind == REGION_BRANCH);
}

/* The returns of a function whose graph can be repeated, in order, each with a value; 0 when it can't be. */
static size_t all_returns(const FlowGraph *g, NodeId found[RETURNS]) {
	size_t n = 0;
	if (g->n > CALLEE_NODES) return 0;
	for (RegionId r = 1; r < g->n_regions; r++) {
		if (g->regions[r].kind == REGION_LOOP || g->regions[r].kind == REGION_CLOSURE) return 0;
	}
	for (NodeId id = 1; id < g->n; id++) {
		const FlowNode *node = &g->nodes[id];
		if (node->kind == NODE_UNKNOWN || (node->kind == NODE_STORE && node->name.len)) return 0;
		if (node->kind != NODE_RETURN || str_is(node->name, "throw")) continue;
		if (n == RETURNS || !gives_back(g, id)) return 0;
		found[n++] = id;
	}
	bool early = n && g->nodes[found[0]].region != 0; /* one alone in a branch: the rest throws */
	return early == (n > 1) ? n : 0;
}

static NodeId copy_node(Expansion *e, const FlowNode *from) {
	NodeId id = (NodeId)e->nodes.n;
	VEC_PUSH(e->nodes) = *from;
	return id;
}

static void copy_args(Expansion *e, const FlowGraph *g, NodeId from, NodeId to, const NodeId *map) {
	const FlowNode *node = &g->nodes[from];
	uint32_t first = (uint32_t)e->args.n;
	for (size_t i = 0; i < node->n_args; i++) {
		FlowArg arg = g->args[node->args + i];
		/* A loop's join names a later node: set once that is there. */
		arg.node = arg.node && arg.node < from ? map[arg.node] : 0;
		VEC_PUSH(e->args) = arg;
	}
	e->nodes.at[to].args = first;
}

NodeId program_argument(const FlowGraph *g, NodeId call, const Component *c, Str param) {
	const FlowNode *node = &g->nodes[call];
	size_t position = 0, index = SIZE_MAX, first = node->has_receiver || node->kind == NODE_MODULE ? 1 : 0;
	for (size_t i = 0; i < c->n_params; i++) {
		if (str_eq(c->params[i].name, param)) index = i;
	}
	if (index == SIZE_MAX) return 0;
	Str label = c->params[index].label;
	for (size_t i = first; i < node->n_args; i++) {
		const FlowArg *arg = &g->args[node->args + i];
		if (arg->label.len && (str_eq(arg->label, label) || str_eq(arg->label, param))) return arg->node;
	}
	bool skips_self = c->n_params && (str_is(c->params[0].name, "self") || str_is(c->params[0].name, "cls"));
	size_t wanted = 0;
	for (size_t i = skips_self; i < index; i++)
		wanted += !c->params[i].label.len || skips_self || g->dialect != DIALECT_SWIFT;
	if (c->params[index].label.len && g->dialect == DIALECT_SWIFT) return 0;
	for (size_t i = first; i < node->n_args; i++) {
		const FlowArg *arg = &g->args[node->args + i];
		if (!arg->label.len && position++ == wanted) return arg->node;
	}
	return 0;
}

static NodeId default_value(Expansion *e, const FlowNode *param, RegionId region, NodeId call, Span span) {
	FlowNode node = { .kind = NODE_CONST,
		.span = span,
		.region = region,
		.origin = call,
		.callee = COMPONENT_NONE,
		.is_implicit = true,
		.is_nil = true,
		.text = param->name,
		.facts = { .rank = -1 } };
	return copy_node(e, &node);
}

static void copy_regions(Expansion *e, const FlowGraph *callee, RegionId base, RegionId at) {
	for (RegionId r = 1; r < callee->n_regions; r++) {
		FlowRegion region = callee->regions[r];
		region.parent = region.parent == 0 ? at : base + region.parent - 1;
		region.group += (uint32_t)base << 8; /* apart from the caller's groups */
		VEC_PUSH(e->regions) = region;
	}
}

/* What a function with early returns gives: one of their values, by the branch of the first. */
static NodeId join_returns(Expansion *e, const FlowGraph *callee, const NodeId *returns, size_t n, NodeId new_call,
    RegionId base, const NodeId *map) {
	const FlowNode call = e->nodes.at[new_call];
	FlowNode join = { .kind = NODE_JOIN,
		.span = call.span,
		.region = call.region,
		.body = base + callee->nodes[returns[0]].region - 1,
		.origin = new_call,
		.callee = COMPONENT_NONE,
		.is_implicit = true,
		.n_args = (uint16_t)n,
		.args = (uint32_t)e->args.n,
		.facts = { .rank = -1 } };
	for (size_t i = 0; i < n; i++) VEC_PUSH(e->args) = (FlowArg) { .node = map[flow_arg(callee, returns[i], 0)] };
	return copy_node(e, &join);
}

/* Appends the callee's nodes; gives the node that stands for the call's value. */
static NodeId repeat_callee(Expansion *e, NodeId call, NodeId new_call) {
	const FlowNode *site = &e->g->nodes[call];
	const Component *c = &e->p->outline->components[site->callee];
	const FlowGraph *callee = &e->p->functions[site->callee].graph;
	RegionId base = (RegionId)e->regions.n, at = site->region;
	NodeId *map = base_alloc(callee->n * sizeof *map), returns[RETURNS];
	size_t n_returns = all_returns(callee, returns);
	NodeId first = (NodeId)e->nodes.n;
	for (NodeId id = 1; id < callee->n; id++) {
		const FlowNode *from = &callee->nodes[id];
		RegionId region = from->region == 0 ? at : base + from->region - 1;
		if (from->kind == NODE_RETURN) continue;
		if (from->kind == NODE_SELF && site->has_receiver) {
			map[id] = e->to[flow_arg(e->g, call, 0)];
		} else if (from->kind == NODE_PARAM) {
			NodeId given = program_argument(e->g, call, c, from->name);
			map[id] = given ? e->to[given] : default_value(e, from, region, new_call, site->span);
		} else {
			map[id] = copy_node(e, from);
			copy_args(e, callee, id, map[id], map);
			FlowNode *copy = &e->nodes.at[map[id]];
			copy->region = region;
			copy->span = site->span;
			copy->head = (Span) { 0, 0 }; /* it stood in the callee's file */
			copy->origin = new_call;
			copy->copied = id;
			if (copy->kind == NODE_JOIN) copy->body = base + from->body - 1;
		}
	}
	copy_regions(e, callee, base, at);
	for (RegionId r = base; r < e->regions.n; r++) {
		FlowRegion *region = &e->regions.at[r];
		region->condition = region->condition ? map[region->condition] : 0;
		region->span = site->span;
		region->first = first;
		region->last = (NodeId)e->nodes.n;
	}
	NodeId value = n_returns == 1 ? map[flow_arg(callee, returns[0], 0)]
	                              : join_returns(e, callee, returns, n_returns, new_call, base, map);
	free(map);
	return value;
}

static bool can_repeat(const Program *p, const FlowGraph *g, NodeId id, size_t so_far) {
	const FlowNode *node = &g->nodes[id];
	if (node->kind != NODE_CALL || node->callee == COMPONENT_NONE || node->callee == g->component) return false;
	const FlowGraph *callee = &p->functions[node->callee].graph;
	NodeId returns[RETURNS];
	return callee->n > 0 && so_far + callee->n < GRAPH_NODES && all_returns(callee, returns) != 0;
}

static NodeId *map_list(Expansion *e, const NodeId *list, size_t n) {
	NodeId *copy = ARENA_ARRAY(e->p->arena, NodeId, n + 1);
	for (size_t i = 0; i < n; i++) copy[i] = e->to[list[i]];
	return copy;
}

static void finish(Expansion *e, const NodeId *plain) {
	FlowGraph *g = e->g;
	for (NodeId id = 1; id < g->n; id++) {
		/* The later arms of loops' joins. */
		const FlowNode *node = &g->nodes[id];
		for (size_t i = 0; i < node->n_args; i++) {
			NodeId arg = g->args[node->args + i].node;
			if (arg >= id) e->args.at[e->nodes.at[plain[id]].args + i].node = e->to[arg];
		}
	}
	for (RegionId r = 0; r < g->n_regions; r++) {
		FlowRegion *region = &e->regions.at[r];
		region->first = region->first < g->n ? plain[region->first] : (NodeId)e->nodes.n;
		region->last = region->last < g->n ? plain[region->last] : (NodeId)e->nodes.n;
		region->condition = e->to[region->condition];
		region->over = e->to[region->over];
		region->var = e->to[region->var];
		region->closure = e->to[region->closure];
		region->carried = map_list(e, region->carried, region->n_carried);
		region->collects = map_list(e, region->collects, region->n_collects);
		region->folds = map_list(e, region->folds, region->n_folds);
	}
	g->n = (uint32_t)e->nodes.n;
	g->n_args = (uint32_t)e->args.n;
	g->n_regions = (uint32_t)e->regions.n;
	g->nodes = VEC_TO_ARENA(e->nodes, e->p->arena);
	g->args = VEC_TO_ARENA(e->args, e->p->arena);
	g->regions = VEC_TO_ARENA(e->regions, e->p->arena);
	flow_refresh(g, e->p->arena);
	facts_infer(g, e->p->outline);
}

static void expand(Program *p, FlowGraph *g) {
	bool any = false;
	for (NodeId id = 1; id < g->n && !any; id++) any = can_repeat(p, g, id, g->n);
	if (!any) return;
	Expansion e = { .p = p, .g = g };
	NodeId *plain = base_alloc((g->n + 1) * sizeof *plain); /* old node -> its own copy */
	e.to = base_alloc((g->n + 1) * sizeof *e.to);
	VEC_PUSH(e.nodes) = g->nodes[0];
	for (RegionId r = 0; r < g->n_regions; r++) VEC_PUSH(e.regions) = g->regions[r];
	for (NodeId id = 1; id < g->n; id++) {
		NodeId copy = copy_node(&e, &g->nodes[id]);
		copy_args(&e, g, id, copy, e.to);
		plain[id] = e.to[id] = copy;
		if (can_repeat(p, g, id, e.nodes.n)) e.to[id] = repeat_callee(&e, id, copy);
	}
	finish(&e, plain);
	free(plain);
	free(e.to);
}

static void expand_component(Program *p, ComponentId id, uint8_t *state, int depth) {
	if (state[id]) return;
	state[id] = 1;
	FlowGraph *g = &p->functions[id].graph;
	for (NodeId node = 1; node < g->n && depth > 0; node++) {
		ComponentId callee = g->nodes[node].callee;
		if (callee != COMPONENT_NONE) expand_component(p, callee, state, depth - 1);
	}
	if (g->n) expand(p, g);
}

void program_inline(Program *p) {
	uint8_t *state = base_alloc(p->outline->n + 1);
	for (ComponentId id = 0; id < p->outline->n; id++) expand_component(p, id, state, PROGRAM_DEPTH);
	free(state);
}
