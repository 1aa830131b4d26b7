/* The condition `consecutive`: where a table of sines and cosines gets its positions from. Its row is in pattern_where.c. */
#include "core/posix.h"

#include "core/pattern_tree.h"
#include "core/vector_loop.h"

#include <string.h>

enum { DEPTH = 28, BUDGET = 4000, CALLERS = 6 };

typedef struct Origin {
	const Program *program;
	int budget;
	bool counts; /* from numbers that count up */
	bool axes;   /* positions of several axes are put together */
} Origin;

static void follow(Origin *o, const FlowGraph *g, NodeId id, int depth);

static void follow_args(Origin *o, const FlowGraph *g, NodeId id, int depth) {
	for (size_t i = 0; i < g->nodes[id].n_args; i++) follow(o, g, flow_arg(g, id, i), depth);
}

/* ---- several axes ---- */

static bool is_wave(const FlowGraph *g, NodeId id) {
	while (id && (flow_traits(g, id) & (OP_VIEW | OP_CAST | OP_COPY))) id = flow_arg(g, id, 0);
	return vector_is(g, id, "cos") || vector_is(g, id, "sin");
}

/* Parts that differ, other than a sine beside its cosine and padding: one for each axis. */
static bool joins_axes(const FlowGraph *g, NodeId list) {
	NodeId first = 0;
	if (g->nodes[list].kind != NODE_TUPLE) return g->nodes[list].kind == NODE_JOIN || vector_is(g, list, "map");
	for (size_t i = 0; i < g->nodes[list].n_args; i++) {
		NodeId part = flow_arg(g, list, i);
		if (!part || (flow_traits(g, part) & OP_CONSTRUCTOR)) continue;
		if (!first)
			first = part;
		else if (g->nodes[part].value != g->nodes[first].value && !(is_wave(g, part) && is_wave(g, first)))
			return true;
	}
	return false;
}

/* `positions[..., axis]` for each axis in turn. */
static bool takes_axis(const FlowGraph *g, NodeId load) {
	size_t n = g->nodes[load].n_args;
	return n > 2 && g->nodes[flow_arg(g, load, n - 1)].kind == NODE_LOOPVAR;
}

/* Three and more rows of one array are taken apart: `freqs[0]`, `freqs[1]`, `freqs[2]`. */
static bool takes_rows(const FlowGraph *g, NodeId base) {
	size_t n;
	bool row[8] = { false };
	int rows = 0;
	const NodeId *users = flow_users(g, base, &n);
	for (size_t i = 0; i < n; i++) {
		double index;
		bool load = g->nodes[users[i]].kind == NODE_LOAD && flow_arg(g, users[i], 0) == base;
		if (!load || !flow_number(g, flow_arg(g, users[i], 1), &index) || index < 0 || index >= 8) continue;
		rows += !row[(int)index];
		row[(int)index] = true;
	}
	return rows > 2;
}

/* ---- where a value comes from ---- */

static void follow_param(Origin *o, const FlowGraph *g, NodeId id, int depth) {
	if (g->component == COMPONENT_NONE) return;
	const Function *f = &o->program->functions[g->component];
	for (size_t i = 0; i < f->n_callers && i < CALLERS; i++) {
		const CallSite *site = &f->callers[i];
		if (site->graph->component == g->component) continue;
		const Component *c = &o->program->outline->components[g->component];
		follow(o, site->graph, program_argument(site->graph, site->node, c, g->nodes[id].name), depth);
	}
}

static void follow_field(Origin *o, const FlowGraph *g, NodeId id, int depth) {
	const Program *p = o->program;
	ComponentId cls = program_class_of(p, g, flow_arg(g, id, 0));
	uintptr_t *first = cls == COMPONENT_NONE ? NULL : map_get((Map *)&p->stores_by_name, g->nodes[id].name);
	for (uint32_t i = first ? (uint32_t)*first : UINT32_MAX; i != UINT32_MAX; i = p->stores[i].next) {
		if (p->stores[i].cls == cls)
			follow(o, p->stores[i].at.graph, flow_arg(p->stores[i].at.graph, p->stores[i].at.node, 1), depth);
	}
}

/* What a callee returns, of a tuple the part that is asked for. */
static void follow_result(Origin *o, const FlowGraph *g, NodeId call, const FlowNode *part, int depth) {
	const FlowGraph *callee = program_callee(o->program, g, call);
	for (NodeId id = 1; callee && id < callee->n; id++) {
		if (!flow_is_result(callee, id)) continue;
		NodeId value = flow_arg(callee, id, 0);
		if (part && callee->nodes[value].kind == NODE_TUPLE && part->index < callee->nodes[value].n_args)
			value = flow_arg(callee, value, part->index);
		follow(o, callee, value, depth);
	}
	if (!callee) follow_args(o, g, call, depth);
}

static void follow_op(Origin *o, const FlowGraph *g, NodeId id, int depth) {
	bool list = vector_is(g, id, "concat") || vector_is(g, id, "stack");
	if (flow_traits(g, id) & OP_SHAPE) return;
	/* Powers make the frequencies, not the positions. */
	if (vector_is(g, id, "pow") || vector_is(g, id, "exp") || vector_is(g, id, "reciprocal")) return;
	if (vector_is(g, id, "meshgrid") || vector_is(g, id, "take_along_axis") ||
	    (list && joins_axes(g, flow_arg(g, id, 0))))
		o->axes = true;
	if (vector_is(g, id, "arange") || vector_is(g, id, "range") || vector_is(g, id, "linspace")) o->counts = true;
	follow_args(o, g, id, depth);
}

static void follow(Origin *o, const FlowGraph *g, NodeId id, int depth) {
	if (!id || depth == 0 || --o->budget < 0 || o->axes) return;
	const FlowNode *n = &g->nodes[id];
	switch ((NodeKind)n->kind) {
	case NODE_PARAM: follow_param(o, g, id, depth - 1); return;
	case NODE_FIELD: follow_field(o, g, id, depth - 1); return;
	case NODE_CALL:
	case NODE_MODULE: follow_result(o, g, id, NULL, depth - 1); return;
	case NODE_PART: {
		NodeId of = flow_arg(g, id, 0);
		bool call = g->nodes[of].kind == NODE_CALL || g->nodes[of].kind == NODE_MODULE;
		if (call)
			follow_result(o, g, of, n, depth - 1);
		else
			follow(o, g, of, depth - 1);
		return;
	}
	case NODE_OP: follow_op(o, g, id, depth - 1); return;
	case NODE_LOAD:
		o->axes |= takes_axis(g, id) || takes_rows(g, flow_arg(g, id, 0));
		/* Indices are positions only where a table is gathered by an array of them. */
		follow(o, g, flow_arg(g, id, 0), depth - 1);
		for (size_t i = 1; i < n->n_args; i++) {
			if (g->nodes[flow_arg(g, id, i)].facts.domain == DOMAIN_DEVICE) follow(o, g, flow_arg(g, id, i), depth - 1);
		}
		return;
	case NODE_STORE:
		/* A part is overwritten by what is taken from elsewhere. */
		o->axes |= n->facts.domain == DOMAIN_DEVICE && g->nodes[flow_arg(g, id, 1)].kind == NODE_LOAD;
		follow_args(o, g, id, depth - 1);
		return;
	case NODE_TUPLE:
	case NODE_JOIN:
		for (size_t i = 0; i < n->n_args; i++) {
			follow(o, g, flow_arg(g, id, i), depth - 1);
		}
		return;
	default: return;
	}
}

Truth pattern_consecutive(const Matcher *m, const Clause *clause) {
	NodeId id = 0;
	for (size_t i = 0; i < clause->n_words && !id; i++) {
		if (clause->words[i].kind == WORD_BIND) id = m->match->bind[clause->words[i].bind];
	}
	Origin o = { .program = m->context->program, .budget = BUDGET };
	follow(&o, m->graph, id, DEPTH);
	if (o.axes) return TRUTH_NO;
	return o.counts ? TRUTH_YES : TRUTH_UNKNOWN;
}
