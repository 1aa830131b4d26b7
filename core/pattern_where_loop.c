/* Conditions of patterns that speak of loops over a model's steps and of what callers see. Rows in pattern_where.c. */
#include "core/posix.h"

#include "core/pattern_tree.h"
#include "core/program_steady.h"

#include <stdlib.h>

static bool runs_modules(const Matcher *m, NodeId id) {
	const FlowNode *node = &m->graph->nodes[id];
	if (node->kind == NODE_MODULE) return true;
	return node->callee != COMPONENT_NONE && m->context->program->functions[node->callee].runs_modules;
}

static NodeId first_subject(const Matcher *m, const Clause *clause) {
	for (size_t i = 0; i < clause->n_words; i++) {
		if (clause->words[i].kind == WORD_BIND) return m->match->bind[clause->words[i].bind];
	}
	return m->match->root;
}

/* The innermost loop around the match is one of an autoregressive or diffusion kind: what a model gives in one turn is what the next begins with. */
Truth pattern_in_step_loop(const Matcher *m, const Clause *clause) {
	(void)clause;
	if (m->match->loop == REGION_NONE) return TRUTH_NO;
	Frequency rate = program_loop_rate(m->context->program, m->graph, m->match->loop);
	return rate == FREQUENCY_STEP ? TRUTH_YES : TRUTH_NO;
}

static bool is_module_in_loop(const Matcher *m, NodeId id) {
	return flow_inside(m->graph, m->graph->nodes[id].region, m->match->loop) && runs_modules(m, id);
}

static bool from_module(const Matcher *m, NodeId id, NodeId last) {
	const FlowRegion *loop = &m->graph->regions[m->match->loop];
	for (NodeId from = loop->first; from < loop->last && from <= last; from++) {
		if (is_module_in_loop(m, from) && pattern_derives(m->graph, id, from)) return true;
	}
	return false;
}

/* Computed from what a submodule gives in the same turn of the loop or, carried over, in the one before. */
Truth pattern_from_modules(const Matcher *m, const Clause *clause) {
	NodeId id = first_subject(m, clause);
	if (m->match->loop == REGION_NONE) return TRUTH_NO;
	if (from_module(m, id, id)) return TRUTH_YES;
	const FlowRegion *loop = &m->graph->regions[m->match->loop];
	for (size_t i = 0; i < loop->n_carried; i++) {
		NodeId join = loop->carried[i], turn = flow_arg(m->graph, join, 1);
		if (pattern_derives(m->graph, id, join) && turn && from_module(m, turn, turn)) return TRUTH_YES;
	}
	return TRUTH_NO;
}

/* What is started is not what is waited for in the same turn. */
static bool is_ahead(const Matcher *m, NodeId async, NodeId waits) {
	for (size_t i = 0; i < m->graph->nodes[async].n_args; i++) {
		NodeId arg = flow_arg(m->graph, async, i);
		bool here = arg && flow_inside(m->graph, m->graph->nodes[arg].region, m->match->loop);
		if (here && waits && pattern_derives(m->graph, waits, arg)) return false;
	}
	return true;
}

/* A turn of the loop starts an evaluation, itself or in a callee, and waits for something else. */
Truth pattern_evaluates_ahead(const Matcher *m, const Clause *clause) {
	NodeId waits = first_subject(m, clause);
	if (m->match->loop == REGION_NONE) return TRUTH_NO;
	const FlowRegion *loop = &m->graph->regions[m->match->loop];
	OpId async = op_named("async_eval");
	for (NodeId id = loop->first; id < loop->last; id++) {
		const FlowNode *node = &m->graph->nodes[id];
		if (!flow_inside(m->graph, node->region, m->match->loop)) continue;
		if (flow_is_op(m->graph, id, async) && is_ahead(m, id, waits)) return TRUTH_YES;
		if (node->callee != COMPONENT_NONE && m->context->program->functions[node->callee].evaluates_ahead)
			return TRUTH_YES;
	}
	return TRUTH_NO;
}

/* A loop of an autoregressive or diffusion kind runs in the function, itself or in what it calls. */
static bool runs_steps(const Program *p, const FlowGraph *g, RegionId except, int depth) {
	for (RegionId r = 1; r < g->n_regions; r++) {
		if (r == except) continue;
		if (g->regions[r].kind == REGION_LOOP && program_loop_rate(p, g, r) == FREQUENCY_STEP) return true;
		if (g->regions[r].kind == REGION_CLOSURE && program_closure_steps(p, g, r)) return true;
	}
	for (NodeId id = 1; depth > 0 && id < g->n; id++) {
		const FlowNode *node = &g->nodes[id];
		bool calls = node->kind == NODE_CALL || node->kind == NODE_MODULE;
		if (calls && !node->origin && node->callee != COMPONENT_NONE && node->callee != g->component &&
		    runs_steps(p, &p->functions[node->callee].graph, REGION_NONE, depth - 1))
			return true;
	}
	return false;
}

/* The match stands beside such a loop, not in it: it runs once where the loop's body runs many times. */
Truth pattern_beside_steps(const Matcher *m, const Clause *clause) {
	(void)clause;
	const Program *p = m->context->program;
	Frequency here = program_frequency(p, m->graph, m->match->root, NULL, NULL);
	if (here != FREQUENCY_CALL) return TRUTH_NO;
	return runs_steps(p, m->graph, REGION_NONE, 3) ? TRUTH_YES : TRUTH_NO;
}

/* By values, not by a size or a type alone. */
static bool derives_by_value(const FlowGraph *g, NodeId id, NodeId from, int depth) {
	if (id == from) return true;
	if (!id || depth == 0 || id < from || (flow_traits(g, id) & OP_SHAPE)) return false;
	for (size_t i = 0; i < g->nodes[id].n_args; i++) {
		NodeId arg = flow_arg(g, id, i);
		if (arg < id && derives_by_value(g, arg, from, depth - 1)) return true;
	}
	return false;
}

/* Computed from an array that the class holds as a parameter: what is loaded, and never set again. */
Truth pattern_from_weights(const Matcher *m, const Clause *clause) {
	const FlowGraph *g = m->graph;
	const Program *p = m->context->program;
	NodeId id = first_subject(m, clause);
	for (NodeId from = 1; from <= id; from++) {
		const FlowNode *node = &g->nodes[from];
		if (node->kind != NODE_FIELD || node->facts.domain != DOMAIN_DEVICE) continue;
		if (!pattern_derives(g, id, from) || !derives_by_value(g, id, from, 12)) continue;
		NodeId base = flow_arg(g, from, 0);
		ComponentId cls = base && g->nodes[base].kind != NODE_SELF ? program_class_of(p, g, base)
		                  : g->component == COMPONENT_NONE         ? COMPONENT_NONE
		                                                           : outline_class_of(p->outline, g->component);
		bool module = cls == COMPONENT_NONE || p->outline->components[cls].is_module;
		if (module && !str_starts(node->name, "_")) return TRUTH_YES;
	}
	return TRUTH_NO;
}

static bool goes_into_object(const FlowGraph *g, NodeId id, int depth) {
	size_t n;
	const NodeId *users = flow_users(g, id, &n);
	for (size_t i = 0; i < n; i++) {
		uint8_t kind = g->nodes[users[i]].kind;
		if (kind == NODE_NEW) return true;
		if (kind == NODE_OP && depth > 0 && goes_into_object(g, users[i], depth - 1)) return true;
	}
	return false;
}

/* Handed to the making of an object, as a layer's weight, maybe summed with others: it is made once for that, not for a call. */
Truth pattern_goes_into_object(const Matcher *m, const Clause *clause) {
	return goes_into_object(m->graph, first_subject(m, clause), 3) ? TRUTH_YES : TRUTH_NO;
}

/* The function runs once a layer or a step, or both. */
Truth pattern_called_in_turns(const Matcher *m, const Clause *clause) {
	(void)clause;
	if (m->graph->component == COMPONENT_NONE) return TRUTH_NO;
	Frequency rate = m->context->program->functions[m->graph->component].frequency;
	return rate == FREQUENCY_LAYER || rate == FREQUENCY_STEP || rate == FREQUENCY_STEP_LAYER ? TRUTH_YES : TRUTH_NO;
}

/* Behind a test for every n-th turn. */
Truth pattern_now_and_then(const Matcher *m, const Clause *clause) {
	(void)clause;
	const FlowGraph *g = m->graph;
	OpId remainder = op_named("remainder");
	for (RegionId r = g->nodes[m->match->root].region; r != REGION_NONE && r != m->match->loop;
	     r = g->regions[r].parent) {
		NodeId condition = g->regions[r].kind == REGION_BRANCH ? g->regions[r].condition : 0;
		for (NodeId id = 1; condition && id <= condition; id++) {
			if (flow_is_op(g, id, remainder) && pattern_derives(g, condition, id)) return TRUTH_YES;
		}
	}
	return TRUTH_NO;
}

bool pattern_gives_constant(const Program *program, ComponentId id) {
	const FlowGraph *g = &program->functions[id].graph;
	bool any = false;
	for (NodeId node = 1; node < g->n; node++) {
		if (!flow_is_result(g, node)) continue;
		if (program_fixed(program, g, node) == TRUTH_NO) return false;
		any = true;
	}
	return any;
}

/* The function does nothing but make a constant: whether that is made anew each time is for its callers to say. */
Truth pattern_left_to_callers(const Matcher *m, const Clause *clause) {
	(void)clause;
	ComponentId id = m->graph->component;
	if (id == COMPONENT_NONE) return TRUTH_NO;
	return pattern_gives_constant(m->context->program, id) ? TRUTH_YES : TRUTH_NO;
}

static bool is_repeated_call(const FlowGraph *g, NodeId call) {
	return call + 1 < g->n && g->nodes[call + 1].origin == call;
}

static double callee_cost(const Program *program, ComponentId callee, int depth) {
	const FlowGraph *g = &program->functions[callee].graph;
	double cost = 0;
	for (NodeId id = 1; id < g->n; id++) {
		const FlowNode *node = &g->nodes[id];
		uint32_t traits = flow_traits(g, id);
		bool deeper = node->kind == NODE_CALL && node->callee != COMPONENT_NONE && node->callee != callee && depth > 0;
		if (deeper && !is_repeated_call(g, id)) cost += callee_cost(program, node->callee, depth - 1);
		if (node->kind != NODE_OP) continue;
		if (traits & OP_EXPENSIVE)
			cost += 5;
		else if (!(traits & (OP_VIEW | OP_HOST | OP_SHAPE | OP_SYNC)) && node->facts.domain == DOMAIN_DEVICE)
			cost += 1;
	}
	for (RegionId r = 1; r < g->n_regions; r++) {
		const FlowRegion *loop = &g->regions[r];
		bool small = loop->trips == TRIPS_LITERAL && loop->trip_count < 16;
		if (loop->kind == REGION_LOOP && !small) cost += 5;
	}
	return cost;
}

/* What a called function costs that is too large to be repeated at its call: its device operations, and its loops. */
double pattern_callee_cost(const Program *program, ComponentId callee) {
	return callee_cost(program, callee, PROGRAM_DEPTH);
}
