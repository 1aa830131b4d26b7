/* Conditions of patterns about what a loop's turns leave and need. Rows in pattern_where.c. */
#include "core/posix.h"

#include "core/fills.h"
#include "core/pattern_tree.h"
#include "core/vector_loop.h"

#include <stdlib.h>

static const FlowRegion *the_loop(const Matcher *m) {
	return m->match->loop == REGION_NONE ? NULL : &m->graph->regions[m->match->loop];
}

static NodeId first_subject(const Matcher *m, const Clause *clause) {
	for (size_t i = 0; i < clause->n_words; i++) {
		if (clause->words[i].kind == WORD_BIND) return m->match->bind[clause->words[i].bind];
	}
	return m->match->root;
}

Truth pattern_only_fills(const Matcher *m, const Clause *clause) {
	(void)clause;
	const FlowRegion *loop = the_loop(m);
	if (!loop || loop->has_break || loop->form == LOOP_WHILE || loop->form == LOOP_REPEAT) return TRUTH_NO;
	for (size_t i = 0; i < loop->n_carried; i++) {
		if (!fills_carry(m->graph, loop, loop->carried[i])) return TRUTH_NO;
	}
	return TRUTH_YES;
}

Truth pattern_folds(const Matcher *m, const Clause *clause) {
	const FlowRegion *loop = the_loop(m);
	NodeId id = first_subject(m, clause);
	for (size_t i = 0; loop && i < loop->n_carried; i++) {
		NodeId join = loop->carried[i];
		if (flow_arg(m->graph, join, 1) == id && fills_carry(m->graph, loop, join)) return TRUTH_YES;
	}
	return TRUTH_NO;
}

/* `body(x)`, where body is a parameter or a local: what it runs is not known here. */
Truth pattern_runs_given(const Matcher *m, const Clause *clause) {
	(void)clause;
	const FlowRegion *loop = the_loop(m);
	const FlowGraph *g = m->graph;
	for (NodeId id = loop ? loop->first : 0; loop && id < loop->last; id++) {
		const FlowNode *n = &g->nodes[id];
		if (n->kind != NODE_CALL || n->callee != COMPONENT_NONE || !flow_inside(g, n->region, m->match->loop)) continue;
		NodeId called = flow_arg(g, id, 0);
		bool given =
		    !n->name.len && called && (g->nodes[called].kind == NODE_PARAM || g->nodes[called].kind == NODE_FIELD);
		for (size_t i = 1; given && i < n->n_args; i++) {
			if (g->nodes[flow_arg(g, id, i)].facts.domain == DOMAIN_DEVICE) return TRUTH_YES;
		}
	}
	return TRUTH_NO;
}

/* The number of a turn, not an element of what the loop runs over. */
static bool counts(const FlowGraph *g, NodeId var) {
	NodeId over = g->regions[g->nodes[var].body].over;
	bool offset = vector_is(g, over, "enumerated") && g->nodes[var].index == 0;
	return offset || vector_is(g, over, "range") || vector_is(g, over, "range_closed") || vector_is(g, over, "indices");
}

/* Computed from an element of the loop's, or of one that its number picks: another number in each turn, as the data are. */
static bool is_by_data(const Matcher *m, NodeId id, int depth) {
	const FlowGraph *g = m->graph;
	const FlowNode *n = &g->nodes[id];
	if (!id || depth == 0 || !flow_inside(g, n->region, m->match->loop)) return false;
	if (n->kind == NODE_LOOPVAR) return !counts(g, id);
	if (n->kind == NODE_LOAD || vector_is(g, id, "item") || (flow_traits(g, id) & OP_SHAPE)) {
		for (size_t i = n->kind == NODE_LOAD ? 1 : 0; i < n->n_args; i++) {
			NodeId arg = flow_arg(g, id, i);
			if (arg && g->regions[m->match->loop].var && pattern_derives(g, arg, g->regions[m->match->loop].var))
				return true;
		}
		return false;
	}
	for (size_t i = 0; i < n->n_args; i++) {
		if (is_by_data(m, flow_arg(g, id, i), depth - 1)) return true;
	}
	return false;
}

/* zeros(...), arange(...), reshapes to a size that the loop's element gives. */
Truth pattern_sized_by_turn(const Matcher *m, const Clause *clause) {
	(void)clause;
	const FlowRegion *loop = the_loop(m);
	const FlowGraph *g = m->graph;
	for (NodeId id = loop ? loop->first : 0; loop && id < loop->last; id++) {
		const FlowNode *n = &g->nodes[id];
		if (n->kind != NODE_OP || !flow_inside(g, n->region, m->match->loop)) continue;
		bool sized = vector_is(g, id, "zeros") || vector_is(g, id, "ones") || vector_is(g, id, "full") ||
		             vector_is(g, id, "arange") || vector_is(g, id, "reshape") || vector_is(g, id, "linspace") ||
		             vector_is(g, id, "eye") || vector_is(g, id, "array");
		for (size_t i = vector_is(g, id, "reshape") ? 1 : 0; sized && i < n->n_args; i++) {
			NodeId arg = flow_arg(g, id, i);
			bool scalar = vector_is(g, id, "array") && g->nodes[arg].facts.domain != DOMAIN_HOST_ARRAY;
			if (!scalar && is_by_data(m, arg, 8)) return TRUTH_YES;
		}
	}
	return TRUTH_NO;
}

Truth pattern_is_ragged(const Matcher *m, const Clause *clause) {
	(void)clause;
	const FlowRegion *loop = the_loop(m);
	const FlowGraph *g = m->graph;
	for (NodeId id = loop ? loop->first : 0; loop && id < loop->last; id++) {
		if (!vector_is(g, id, "range") || !flow_inside(g, g->nodes[id].region, m->match->loop)) continue;
		for (size_t i = 0; i < g->nodes[id].n_args; i++) {
			if (is_by_data(m, flow_arg(g, id, i), 8)) return TRUTH_YES;
		}
	}
	return TRUTH_NO;
}
