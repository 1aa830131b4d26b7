#include "core/posix.h"

#include "core/fills.h"

#include "core/detect_turns.h"
#include "core/vector_loop.h"

enum { STEPS = 200 };

bool fills_store(const FlowGraph *g, NodeId id) {
	return (g->nodes[id].kind == NODE_STORE && !g->nodes[id].name.len) || vector_is(g, id, "array_append") ||
	       vector_is(g, id, "array_extend") || vector_is(g, id, "array_replace");
}

typedef enum Lead { LEAD_ELSEWHERE, LEAD_BACK, LEAD_FRESH } Lead;

static Lead leads(const FlowGraph *g, NodeId from, NodeId join, int *steps);

/* A buffer that a call fills anew of other operands; in place only of what was filled anew in this turn. */
static Lead lead_of_call(const FlowGraph *g, NodeId part, NodeId join, int *steps) {
	NodeId call = flow_arg(g, part, 0);
	size_t own = g->nodes[part].index - 1u;
	if (own >= g->nodes[call].n_args || leads(g, flow_arg(g, call, own), join, steps) == LEAD_ELSEWHERE)
		return LEAD_ELSEWHERE;
	for (size_t i = 0; i < g->nodes[call].n_args; i++) {
		if (i != own && leads(g, flow_arg(g, call, i), join, steps) == LEAD_BACK) return LEAD_ELSEWHERE;
	}
	return LEAD_FRESH;
}

/* What a turn leaves is what it was given, filled further: stores, appends, what an inner loop fills. */
static Lead leads(const FlowGraph *g, NodeId from, NodeId join, int *steps) {
	if (from == join) return LEAD_BACK;
	if (!from || --*steps < 0) return LEAD_ELSEWHERE;
	const FlowNode *n = &g->nodes[from];
	if (fills_store(g, from) || n->kind == NODE_LOAD) return leads(g, flow_arg(g, from, 0), join, steps);
	if (n->kind == NODE_PART) return lead_of_call(g, from, join, steps);
	if (n->kind != NODE_JOIN) return LEAD_ELSEWHERE;
	Lead all = n->n_args > 0 ? LEAD_FRESH : LEAD_ELSEWHERE;
	for (size_t i = 0; i < n->n_args && all != LEAD_ELSEWHERE; i++) {
		NodeId arg = flow_arg(g, from, i);
		Lead lead = arg < from ? leads(g, arg, join, steps) : LEAD_FRESH;
		if (lead != LEAD_FRESH) all = lead;
	}
	return all;
}

/* The fill of this very loop (not of an inner one) that the array read here comes from, or the join it begins with. */
static bool is_of_turn(const FlowGraph *g, NodeId array, NodeId join) {
	while (array && array != join && (fills_store(g, array) || g->nodes[array].kind == NODE_LOAD))
		array = flow_arg(g, array, 0);
	return array == join;
}

static bool same_place(const FlowGraph *g, NodeId store, NodeId load) {
	size_t n = g->nodes[load].n_args;
	if (g->nodes[store].n_args != n + 1) return false;
	for (size_t i = 1; i < n; i++) {
		if (g->nodes[flow_arg(g, store, i + 1)].value != g->nodes[flow_arg(g, load, i)].value) return false;
	}
	return true;
}

static bool is_written_at(const FlowGraph *g, const FlowRegion *loop, NodeId join, NodeId load) {
	for (NodeId id = loop->first; id < loop->last; id++) {
		if (g->nodes[id].kind != NODE_STORE || g->nodes[id].name.len || !is_of_turn(g, flow_arg(g, id, 0), join))
			continue;
		if (same_place(g, id, load)) return true;
	}
	return false;
}

/* How an index walks with the loop: 1 up, -1 down, 0 neither or unknown. */
static int slope(const FlowGraph *g, NodeId index, NodeId var, int depth) {
	if (!index || depth == 0) return 0;
	if (index == var) return 1;
	int a = slope(g, flow_arg(g, index, 0), var, depth - 1), b = slope(g, flow_arg(g, index, 1), var, depth - 1);
	if (vector_is(g, index, "add")) return a ? a : b;
	return vector_is(g, index, "subtract") ? (a ? a : -b) : 0;
}

/* Written from the other end than it is read from: a mirror image, not a recurrence. */
static bool is_mirrored(const FlowGraph *g, const FlowRegion *loop, NodeId join, NodeId index) {
	int reads = slope(g, index, loop->var, 8);
	for (NodeId id = loop->first; id < loop->last && reads; id++) {
		if (g->nodes[id].kind != NODE_STORE || !is_of_turn(g, flow_arg(g, id, 0), join)) continue;
		if (slope(g, flow_arg(g, id, 2), loop->var, 8) != -reads) return false;
	}
	return reads != 0;
}

/* An element of the array that another turn wrote is looked at. */
static bool looks_back(const FlowGraph *g, const FlowRegion *loop, NodeId join) {
	for (NodeId id = loop->first; id < loop->last; id++) {
		if (g->nodes[id].kind != NODE_LOAD || !is_of_turn(g, flow_arg(g, id, 0), join)) continue;
		NodeId index = flow_arg(g, id, 1);
		if (!index) return true;
		if (!is_written_at(g, loop, join, id) && !is_mirrored(g, loop, join, index)) return true;
	}
	return false;
}

/* `a[i] += x`, `a[i] = max(a[i], x)`: the turns may come in any order. */
static bool is_accumulated(const FlowGraph *g, NodeId load, NodeId value) {
	bool known = vector_is(g, value, "add") || vector_is(g, value, "subtract") || vector_is(g, value, "host_max") ||
	             vector_is(g, value, "host_min");
	NodeId a = flow_arg(g, value, 0), b = flow_arg(g, value, 1);
	if (!known || (a != load && (b != load || vector_is(g, value, "subtract")))) return false;
	return !turns_derive(g, a == load ? b : a, load);
}

/* The array that an element is read of is carried by the loop, from before its first turn. */
static bool is_carried(const FlowGraph *g, NodeId array, RegionId loop) {
	for (int steps = STEPS; array && steps > 0; steps--) {
		const FlowNode *n = &g->nodes[array];
		if (n->kind == NODE_JOIN && n->body == loop) return true;
		if (n->kind != NODE_JOIN && !fills_store(g, array) && n->kind != NODE_LOAD) return false;
		array = flow_arg(g, array, 0);
	}
	return false;
}

/* An element that is made of what stood there before, in a loop that comes to the same place in each turn: a state. */
bool fills_state(const FlowGraph *g, NodeId load, NodeId array) {
	NodeId index = flow_arg(g, load, 1);
	for (NodeId id = load + 1; id < g->n && index; id++) {
		const FlowNode *n = &g->nodes[id];
		if (n->kind != NODE_STORE || n->name.len || n->n_args < 3) continue;
		if (g->nodes[flow_arg(g, id, 2)].value != g->nodes[index].value) continue;
		NodeId value = flow_arg(g, id, 1);
		if (!turns_derive(g, value, load) || is_accumulated(g, load, value)) continue;
		for (RegionId r = n->region; r != REGION_NONE; r = g->regions[r].parent) {
			const FlowRegion *loop = &g->regions[r];
			if (loop->kind != REGION_LOOP || flow_inside(g, g->nodes[array].region, r)) continue;
			if (loop->var && is_carried(g, flow_arg(g, load, 0), r) && !turns_derive(g, index, loop->var)) return true;
		}
	}
	return false;
}

/* `sum += x`, `best = max(best, x)`, also where what was added up so far is kept in each turn (cumsum). */
static bool is_running(const FlowGraph *g, NodeId join) {
	NodeId turn = flow_arg(g, join, 1);
	bool known = vector_is(g, turn, "add") || vector_is(g, turn, "host_max") || vector_is(g, turn, "host_min") ||
	             vector_is(g, turn, "logical_or") || vector_is(g, turn, "logical_and");
	NodeId a = flow_arg(g, turn, 0), b = flow_arg(g, turn, 1);
	if (!known || (a != join && b != join)) return false;
	return !turns_derive(g, a == join ? b : a, join);
}

static bool is_fold(const FlowRegion *loop, NodeId join) {
	for (size_t i = 0; i < loop->n_folds; i++) {
		if (loop->folds[i] == join) return true;
	}
	return false;
}

bool fills_carry(const FlowGraph *g, const FlowRegion *loop, NodeId join) {
	int steps = STEPS;
	if (is_fold(loop, join) || is_running(g, join)) return true;
	return leads(g, flow_arg(g, join, 1), join, &steps) != LEAD_ELSEWHERE && !looks_back(g, loop, join);
}
