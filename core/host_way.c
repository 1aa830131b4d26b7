#include "core/posix.h"

#include "core/host_way.h"

#include "core/detect_turns.h"
#include "core/fills.h"
#include "core/vector_loop.h"

#include <stdlib.h>
#include <string.h>

enum { SMALL = 16, DEPTH = 3 };

bool host_way_reads(const FlowGraph *g, NodeId id) { return vector_is(g, id, "as_array") || vector_is(g, id, "item"); }

/* The innermost loop around a node that the array is not made in as well; REGION_NONE when there is none. */
RegionId host_way_loop(const FlowGraph *g, RegionId region, NodeId array) {
	RegionId loop = flow_enclosing(g, region, REGION_LOOP);
	return loop != REGION_NONE && flow_inside(g, g->nodes[array].region, loop) ? REGION_NONE : loop;
}

/* Of many elements: all at once, or one a turn of a loop before the array is made. */
static bool reads_elements(const FlowGraph *g, NodeId id, NodeId array) {
	return vector_is(g, id, "as_array") ||
	       (vector_is(g, id, "item") && host_way_loop(g, g->nodes[id].region, array) != REGION_NONE);
}

static bool is_device(const FlowGraph *g, NodeId id) { return g->nodes[id].facts.domain == DOMAIN_DEVICE; }

/* ---- the way ---- */

static void mark_behind(HostWay *t, NodeId from) {
	const FlowGraph *g = t->g;
	VEC(NodeId) open = { 0 };
	VEC_PUSH(open) = from;
	while (open.n) {
		NodeId id = open.at[--open.n];
		if (!id || t->behind[id] || (is_device(g, id) && g->nodes[id].kind != NODE_LOAD)) continue;
		t->behind[id] = true;
		if (host_way_reads(g, id)) {
			if (reads_elements(g, id, t->array) && (!t->read || id < t->read)) t->read = id;
			continue;
		}
		if (flow_traits(g, id) & OP_SHAPE) continue;
		if (g->nodes[id].kind == NODE_LOOPVAR) VEC_PUSH(open) = g->regions[g->nodes[id].body].over;
		for (size_t i = 0; i < g->nodes[id].n_args; i++) VEC_PUSH(open) = flow_arg(g, id, i);
	}
	VEC_FREE(open);
}

/* The variable of a loop that is done before the array is made. */
static bool is_turn(const HostWay *t, NodeId id) {
	return t->g->nodes[id].kind == NODE_LOOPVAR && host_way_loop(t->g, t->g->nodes[id].region, t->array) != REGION_NONE;
}

static bool from_after(const HostWay *t, NodeId id) {
	for (size_t i = 0; i < t->g->nodes[id].n_args; i++) {
		NodeId arg = flow_arg(t->g, id, i);
		if (arg && t->after[arg]) return true;
	}
	return false;
}

/* Later arguments of joins come from below: until nothing changes. */
static void mark_after(HostWay *t) {
	const FlowGraph *g = t->g;
	for (bool changed = true; changed;) {
		changed = false;
		for (NodeId id = 1; id < g->n; id++) {
			if (t->after[id] || (flow_traits(g, id) & OP_SHAPE) || (is_device(g, id) && !host_way_reads(g, id)))
				continue;
			bool of_loop = g->nodes[id].kind == NODE_LOOPVAR && g->regions[g->nodes[id].body].over &&
			               t->after[g->regions[g->nodes[id].body].over];
			bool begins = t->behind[id] && (t->read ? reads_elements(g, id, t->array) : is_turn(t, id));
			t->after[id] = begins || of_loop || from_after(t, id);
			changed |= t->after[id];
		}
	}
}

static bool works(const HostWay *t, NodeId id) { return t->behind[id] && t->after[id]; }

/* ---- loops ---- */

static bool reads_turns(const HostWay *t, const FlowRegion *loop) {
	if (loop->has_break || loop->form == LOOP_WHILE || loop->form == LOOP_REPEAT) return false;
	for (size_t i = 0; i < loop->n_carried; i++) {
		if (works(t, loop->carried[i]) && !fills_carry(t->g, loop, loop->carried[i])) return false;
	}
	return true;
}

/* `x[i].item()` of an array that the loop doesn't make. */
static bool reads_one(const HostWay *t, NodeId id) {
	const FlowGraph *g = t->g;
	NodeId load = flow_arg(g, id, 0);
	RegionId loop = flow_enclosing(g, g->nodes[id].region, REGION_LOOP);
	if (!vector_is(g, id, "item") || loop == REGION_NONE || g->nodes[load].kind != NODE_LOAD) return false;
	return program_invariant(t->program, g, flow_arg(g, load, 0), loop) == TRUTH_YES;
}

/* One number of what was read back is taken, or put somewhere, in a turn. */
static bool is_element(const HostWay *t, NodeId id) {
	const FlowNode *n = &t->g->nodes[id];
	if (!works(t, id)) return false;
	if (n->kind == NODE_STORE) return t->g->nodes[flow_arg(t->g, id, 1)].facts.domain == DOMAIN_HOST_SCALAR;
	if (n->kind == NODE_LOAD || n->kind == NODE_LOOPVAR) return n->facts.domain == DOMAIN_HOST_SCALAR;
	return reads_one(t, id);
}

/* Elements of what was read back are taken one by one. */
static bool takes_elements(const HostWay *t, RegionId loop) {
	const FlowRegion *region = &t->g->regions[loop];
	if (region->trips == TRIPS_LITERAL && region->trip_count < SMALL) return false;
	for (NodeId id = region->first; id < region->last; id++) {
		if (is_element(t, id) && flow_enclosing(t->g, t->g->nodes[id].region, REGION_LOOP) == loop) return true;
	}
	return false;
}

static RegionId outermost(const HostWay *t, RegionId loop) {
	const FlowGraph *g = t->g;
	for (RegionId r = loop; r != REGION_NONE; r = g->regions[r].parent) {
		if (g->regions[r].kind == REGION_LOOP && !flow_inside(g, g->nodes[t->array].region, r)) loop = r;
	}
	return loop;
}

static bool reads_loops(HostWay *t) {
	t->first = t->last = REGION_NONE;
	for (RegionId r = 0; r < t->g->n_regions; r++) {
		const FlowRegion *loop = &t->g->regions[r];
		if (loop->kind != REGION_LOOP) continue;
		bool any = false;
		for (NodeId id = loop->first; id < loop->last && !any; id++)
			any = works(t, id) && flow_inside(t->g, t->g->nodes[id].region, r);
		if (!any) continue;
		if (!reads_turns(t, loop)) return false;
		if (flow_inside(t->g, t->g->nodes[t->array].region, r) || !takes_elements(t, r)) continue;
		RegionId whole = outermost(t, r);
		if (t->first == REGION_NONE) t->first = whole;
		t->last = whole;
	}
	if (t->first == REGION_NONE) return false;
	if (!t->read) return true;
	/* What a map reads one by one is told where it reads. */
	RegionId read = host_way_loop(t->g, t->g->nodes[t->read].region, t->array);
	return vector_is(t->g, t->read, "as_array") || (t->last != read && t->g->regions[t->last].form != LOOP_MAP);
}

/* ---- what is done ---- */

static bool is_plain_function(const Program *program, const FlowGraph *g, int depth);

static bool is_plain(const Program *program, const FlowGraph *g, NodeId id, int depth) {
	const FlowNode *n = &g->nodes[id];
	if (n->facts.dtype == DTYPE_STRING) return false;
	switch ((NodeKind)n->kind) {
	case NODE_NEW:
	case NODE_MODULE:
	case NODE_UNKNOWN: return false;
	case NODE_CALL: {
		const FlowGraph *callee = program_callee(program, g, id);
		return callee && depth > 0 && program->functions[n->callee].is_pure &&
		       is_plain_function(program, callee, depth - 1);
	}
	case NODE_LOAD: return g->nodes[flow_arg(g, id, 0)].facts.domain != DOMAIN_OTHER;
	case NODE_OP: return !(op_info(n->op)->traits & (OP_RANDOM | OP_EVAL)) && !vector_is(g, id, "print");
	default: return true;
	}
}

static bool is_plain_function(const Program *program, const FlowGraph *g, int depth) {
	for (RegionId r = 0; r < g->n_regions; r++) {
		const FlowRegion *loop = &g->regions[r];
		if (loop->kind == REGION_LOOP && !loop->independent) return false;
	}
	for (NodeId id = 1; id < g->n; id++) {
		if (!g->nodes[id].origin && !is_plain(program, g, id, depth)) return false;
	}
	return g->n > 0;
}

/* Appended in a branch that an element decides: how many there are is known on the host only. */
static bool is_chosen(const HostWay *t, NodeId id) {
	const FlowGraph *g = t->g;
	if (!vector_is(g, id, "array_append") && !vector_is(g, id, "array_extend")) return false;
	for (RegionId r = g->nodes[id].region; r != REGION_NONE && g->regions[r].kind != REGION_FUNCTION;
	     r = g->regions[r].parent) {
		const FlowRegion *region = &g->regions[r];
		NodeId decides = region->kind == REGION_BRANCH ? region->condition
		                 : region->kind == REGION_LOOP ? region->over
		                                               : 0;
		bool own = decides && region->kind == REGION_LOOP && g->nodes[decides].facts.domain == DOMAIN_HOST_ARRAY &&
		           !vector_is(g, decides, "range");
		if (decides && !own && t->after[decides]) return true;
	}
	return false;
}

static bool reads_nodes(const HostWay *t) {
	for (NodeId id = 1; id < t->g->n; id++) {
		if (!works(t, id) || host_way_reads(t->g, id)) continue;
		if (!is_plain(t->program, t->g, id, DEPTH)) return false;
		if (t->g->nodes[id].kind == NODE_LOAD && fills_state(t->g, id, t->array)) return false;
	}
	return true;
}

/* How many elements the host array has depends on their values: it was filtered, or appended to by choice. */
static bool is_by_value(const HostWay *t, NodeId array, bool *seen) {
	const FlowGraph *g = t->g;
	const FlowNode *n = &g->nodes[array];
	if (!array || !t->after[array] || seen[array]) return false;
	seen[array] = true;
	if (is_chosen(t, array) || vector_is(g, array, "filter") || vector_is(g, array, "compact_map") ||
	    vector_is(g, array, "flat_map"))
		return true;
	bool passes = fills_store(g, array) || vector_is(g, array, "array_new") || vector_is(g, array, "map") ||
	              vector_is(g, array, "reshape");
	if (n->kind != NODE_JOIN && !passes) return false;
	for (size_t i = 0; i < n->n_args; i++) {
		bool size = n->kind == NODE_JOIN || i == 0 || (i == 1 && vector_is(g, array, "array_extend"));
		NodeId arg = flow_arg(g, array, i);
		if (size && is_by_value(t, arg, seen)) return true;
	}
	return false;
}

/* ---- of what is made on the host alone ---- */

/* The number of a turn, not an element. */
static bool counts(const FlowGraph *g, const FlowNode *var) {
	NodeId over = g->regions[var->body].over;
	bool offset = vector_is(g, over, "enumerated") && var->index == 0;
	return offset || vector_is(g, over, "range") || vector_is(g, over, "range_closed") || vector_is(g, over, "indices");
}

/* Made of the index that a loop counts, by arithmetic; elements of host arrays are another matter. */
static bool is_of_index(const HostWay *t, NodeId id, int depth) {
	const FlowGraph *g = t->g;
	const FlowNode *n = &g->nodes[id];
	if (!id || depth == 0 || !t->after[id] || n->kind == NODE_LOAD || n->kind == NODE_JOIN) return false;
	if (n->kind == NODE_LOOPVAR)
		return n->facts.domain == DOMAIN_HOST_SCALAR && n->facts.dtype == DTYPE_INTEGER && counts(g, n);
	for (size_t i = 0; i < n->n_args; i++) {
		if (is_of_index(t, flow_arg(g, id, i), depth - 1)) return true;
	}
	return false;
}

static bool has_integers(const HostWay *t, NodeId id, int depth) {
	const FlowGraph *g = t->g;
	if (!id || depth == 0 || !t->after[id]) return false;
	if (g->nodes[id].kind == NODE_LOAD || g->nodes[id].kind == NODE_LOOPVAR)
		return g->nodes[id].facts.dtype == DTYPE_INTEGER;
	for (size_t i = 0; i < g->nodes[id].n_args; i++) {
		if (has_integers(t, flow_arg(g, id, i), depth - 1)) return true;
	}
	return false;
}

/* Arithmetic on something that differs by turn. */
static bool is_arithmetic(const HostWay *t, NodeId id, int depth) {
	const FlowGraph *g = t->g;
	if (!id || depth == 0 || !t->after[id] || g->nodes[id].kind != NODE_OP) return false;
	uint32_t traits = flow_traits(g, id);
	if ((traits & OP_ELEMENTWISE) && g->nodes[id].facts.domain == DOMAIN_HOST_SCALAR) return true;
	for (size_t i = 0; i < g->nodes[id].n_args; i++) {
		if (is_arithmetic(t, flow_arg(g, id, i), depth - 1)) return true;
	}
	return false;
}

static int nesting(const HostWay *t, RegionId region) {
	int n = 0;
	for (RegionId r = region; r != REGION_NONE; r = t->g->regions[r].parent)
		n += t->g->regions[r].kind == REGION_LOOP && !flow_inside(t->g, t->g->nodes[t->array].region, r);
	return n;
}

/* Put there only where the indices of the turn fulfil a condition: a mask. */
static bool is_compared(const HostWay *t, NodeId id) {
	const FlowGraph *g = t->g;
	for (RegionId r = g->nodes[id].region; r != REGION_NONE && g->regions[r].kind != REGION_FUNCTION;
	     r = g->regions[r].parent) {
		if (g->regions[r].kind == REGION_BRANCH && is_of_index(t, g->regions[r].condition, 8)) return nesting(t, r) > 1;
	}
	return false;
}

/* What is put into the array is computed of the turn's index, or nested loops compute it of whole numbers (pixels), or one
 * number goes to places that elements name, or that indices decide: each is an operation on whole arrays. Elements that are only copied are data
 * that has to come over in any case, and arithmetic on floats is what vDSP is for. */
static bool is_computed(HostWay *t) {
	const FlowGraph *g = t->g;
	NodeId found = 0;
	for (NodeId id = 1; id < g->n && !found; id++) {
		if (!t->behind[id] || !fills_store(g, id) || nesting(t, g->nodes[id].region) == 0) continue;
		NodeId value = flow_arg(g, id, vector_is(g, id, "array_replace") ? 2 : 1);
		bool store = g->nodes[id].kind == NODE_STORE;
		if (is_of_index(t, value, 8)) {
			found = id;
			t->small = nesting(t, g->nodes[id].region) == 1 && g->nodes[value].facts.dtype == DTYPE_FLOAT;
		}
		if (nesting(t, g->nodes[id].region) > 1 && is_arithmetic(t, value, 8) && has_integers(t, value, 8)) found = id;
		if (!store || t->after[value] || !t->after[flow_arg(g, id, 2)]) continue;
		if (!is_of_index(t, flow_arg(g, id, 2), 8) || is_compared(t, id)) found = id;
	}
	if (found) t->first = outermost(t, flow_enclosing(g, g->nodes[found].region, REGION_LOOP));
	return found != 0;
}

/* `MLXArray(x.asArray(Float.self).map { ... })` is told as a copy that nobody needs. */
static bool is_mapped(const FlowGraph *g, NodeId host) {
	return vector_is(g, host, "map") && vector_is(g, flow_arg(g, host, 0), "as_array");
}

bool host_way_read(HostWay *t) {
	NodeId host = flow_arg(t->g, t->array, 0);
	if (!host || is_mapped(t->g, host)) return false;
	mark_behind(t, host);
	mark_after(t);
	bool *seen = base_alloc(t->g->n);
	t->by_value = is_by_value(t, host, seen);
	free(seen);
	return reads_nodes(t) && reads_loops(t) && (t->read || is_computed(t));
}

void host_way_begin(HostWay *t, const Program *program, const FlowGraph *g, NodeId array) {
	*t = (HostWay) { .program = program, .g = g, .array = array };
	t->behind = base_alloc(g->n);
	t->after = base_alloc(g->n);
}

void host_way_done(HostWay *t) {
	free(t->behind);
	free(t->after);
}
