#include "core/posix.h"

#include "core/detect_turns.h"

#include <stdlib.h>

static bool calls_op(const Program *p, ComponentId callee, const OpId *ops, size_t n, int depth);

static bool node_runs(const Program *p, const FlowGraph *g, NodeId id, const OpId *ops, size_t n, int depth) {
	const FlowNode *node = &g->nodes[id];
	for (size_t i = 0; i < n; i++) {
		if (node->kind == NODE_OP && node->op == ops[i]) return true;
	}
	bool call = node->kind == NODE_CALL || node->kind == NODE_MODULE;
	return call && node->callee != COMPONENT_NONE && calls_op(p, node->callee, ops, n, depth);
}

static bool calls_op(const Program *p, ComponentId callee, const OpId *ops, size_t n, int depth) {
	const FlowGraph *g = &p->functions[callee].graph;
	for (NodeId id = 1; depth > 0 && id < g->n; id++) {
		if (!g->nodes[id].origin && node_runs(p, g, id, ops, n, depth - 1)) return true;
	}
	return false;
}

bool turns_run_op(const Program *p, const FlowGraph *g, RegionId loop, const OpId *ops, size_t n) {
	const FlowRegion *region = &g->regions[loop];
	for (NodeId id = region->first; id < region->last; id++) {
		if (node_runs(p, g, id, ops, n, PROGRAM_DEPTH)) return true;
	}
	return false;
}

/* A value read back in a callee waits for what it was computed from, and no more: deep in a forward pass that is a mask's
 * size or the like, not what the turn is about. */
static bool reads_back(const Program *p, const FlowGraph *g, NodeId id) {
	const OpId reads[] = { op_named("item"), op_named("as_array") };
	return node_runs(p, g, id, reads, BASE_COUNT(reads), g->nodes[id].kind == NODE_MODULE ? 1 : 3);
}

bool turns_evaluate(const Program *p, const FlowGraph *g, RegionId loop) {
	const OpId evals[] = { op_named("eval"), op_named("async_eval") };
	const FlowRegion *region = &g->regions[loop];
	for (NodeId id = region->first; id < region->last; id++) {
		NodeId origin = g->nodes[id].origin;
		if (origin && g->nodes[origin].kind == NODE_MODULE) continue;
		if ((flow_traits(g, id) & OP_SYNC) || reads_back(p, g, id)) return true;
		/* A sampler, also one handed in as a function that makes numbers of arrays. */
		bool call = g->nodes[id].kind == NODE_CALL;
		ComponentId callee = g->nodes[id].callee;
		if (call && program_syncs(p, g, id) && (callee == COMPONENT_NONE || !p->functions[callee].runs_modules))
			return true;
	}
	return turns_run_op(p, g, loop, evals, BASE_COUNT(evals));
}

bool turns_is_model(const Program *p, const FlowGraph *g, NodeId id) {
	const FlowNode *node = &g->nodes[id];
	if (node->callee == COMPONENT_NONE) return false;
	return (node->kind == NODE_MODULE || node->kind == NODE_CALL) && p->functions[node->callee].runs_modules;
}

/* A field, a row of one, or a list written of fields: `stages[k]`, `[lstm0, lstm1]`. */
static bool is_field_or_list_of_them(const FlowGraph *g, NodeId base) {
	for (int depth = 0; depth < 3 && base && g->nodes[base].kind == NODE_LOAD; depth++) base = flow_arg(g, base, 0);
	if (!base) return false;
	if (g->nodes[base].kind != NODE_TUPLE) return g->nodes[base].kind == NODE_FIELD;
	for (size_t i = 0; i < g->nodes[base].n_args; i++) {
		NodeId item = flow_arg(g, base, i);
		if (!item || g->nodes[item].kind != NODE_FIELD) return false;
	}
	return g->nodes[base].n_args > 0;
}

/* `layers[i]`, where i comes of this loop and layers a field that isn't an array of numbers. */
static bool is_indexed_module(const FlowGraph *g, NodeId id, RegionId loop) {
	const FlowNode *node = &g->nodes[id];
	NodeId base = node->kind == NODE_LOAD ? flow_arg(g, id, 0) : 0, index = base ? flow_arg(g, id, 1) : 0;
	if (!base || !index || node->facts.domain != DOMAIN_UNKNOWN) return false;
	NodeId var = g->regions[loop].var;
	return is_field_or_list_of_them(g, base) && var && turns_derive(g, index, var);
}

bool turns_over_modules(const FlowGraph *g, RegionId loop) {
	const FlowRegion *region = &g->regions[loop];
	for (NodeId id = region->first; id < region->last; id++) {
		if (is_indexed_module(g, id, loop)) return true;
	}
	for (NodeId id = region->first; id < region->last; id++) {
		const FlowNode *node = &g->nodes[id];
		bool call = node->kind == NODE_MODULE || (node->kind == NODE_CALL && node->has_receiver);
		NodeId called = call || (node->kind == NODE_CALL && !node->name.len) ? flow_arg(g, id, 0) : 0;
		if (!called || node->origin) continue;
		const FlowNode *what = &g->nodes[called];
		bool element = what->kind == NODE_LOOPVAR && what->facts.domain != DOMAIN_DEVICE &&
		               what->facts.domain != DOMAIN_HOST_SCALAR && what->facts.domain != DOMAIN_HOST_ARRAY;
		bool indexed = what->kind == NODE_LOAD && what->facts.domain != DOMAIN_DEVICE &&
		               g->nodes[flow_arg(g, called, 0)].kind == NODE_FIELD;
		if ((element && flow_inside(g, what->region, loop)) || indexed) return true;
	}
	return false;
}

Span turns_span(const SourceFile *file, const FlowGraph *g, RegionId loop, uint32_t max_lines) {
	Span span = g->regions[loop].span;
	uint32_t first = source_pos(file, span.start).line, last = source_pos(file, span.end).line;
	if (last - first < max_lines) return span;
	return (Span) { span.start, source_line_start(file, first + 1) - 1 };
}

bool turns_derive(const FlowGraph *g, NodeId node, NodeId from) {
	if (node == from) return true;
	bool *seen = base_alloc(g->n + 1);
	VEC(NodeId) open = { 0 };
	VEC_PUSH(open) = node;
	bool found = false;
	while (open.n && !found) {
		NodeId id = open.at[--open.n];
		if (seen[id]) continue;
		seen[id] = true;
		found = id == from;
		for (size_t i = 0; i < g->nodes[id].n_args; i++) {
			NodeId arg = flow_arg(g, id, i);
			if (arg && !seen[arg]) VEC_PUSH(open) = arg;
		}
	}
	VEC_FREE(open);
	free(seen);
	return found;
}

/* What is read back decides what the next turn calls something with. */
static bool feeds_call(const FlowGraph *g, RegionId loop, NodeId item) {
	const FlowRegion *region = &g->regions[loop];
	for (size_t i = 0; i < region->n_carried; i++) {
		NodeId join = region->carried[i], turn = flow_arg(g, join, 1);
		if (!turn || !turns_derive(g, turn, item)) continue;
		for (NodeId id = region->first; id < region->last; id++) {
			uint8_t kind = g->nodes[id].kind;
			bool call = kind == NODE_MODULE || kind == NODE_CALL || kind == NODE_UNKNOWN;
			if (call && !g->nodes[id].origin && turns_derive(g, id, join)) return true;
		}
	}
	return false;
}

bool turns_make_tokens(const FlowGraph *g, RegionId loop) {
	const FlowRegion *region = &g->regions[loop];
	OpId item = op_named("item");
	bool reads = false;
	if (region->form != LOOP_FOR && region->form != LOOP_WHILE && region->form != LOOP_REPEAT) return false;
	for (NodeId id = region->first; id < region->last; id++) {
		if (!flow_is_op(g, id, item) || g->nodes[id].facts.dtype != DTYPE_INTEGER) continue;
		if (flow_enclosing(g, g->nodes[id].region, REGION_LOOP) != loop) return false;
		reads = reads || feeds_call(g, loop, id);
	}
	return reads;
}
