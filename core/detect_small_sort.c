#include "core/posix.h"

#include "core/detect_small_sort.h"

#include "core/detect.h"
#include "core/detect_vector.h"
#include "core/vector_loop.h"

enum { FEWEST = 3, MOST = 9 };

/* upper - lower where both are the same value with a literal added or taken away. */
static bool literal_width(const FlowGraph *g, NodeId lower, NodeId upper, double *width) {
	double sum[2] = { 0, 0 }, number;
	NodeId base[2] = { lower, upper };
	for (size_t i = 0; i < 2; i++) {
		for (int depth = 0; depth < 4 && flow_arg(g, base[i], 1); depth++) {
			bool plus = vector_is(g, base[i], "add"), minus = vector_is(g, base[i], "subtract");
			if ((!plus && !minus) || !flow_number(g, flow_arg(g, base[i], 1), &number)) break;
			sum[i] += plus ? number : -number;
			base[i] = flow_arg(g, base[i], 0);
		}
	}
	*width = sum[1] - sum[0];
	return base[0] && base[1] && g->nodes[base[0]].value == g->nodes[base[1]].value;
}

/* The literal number of elements of an array, or 0. */
static double size_of(const FlowGraph *g, NodeId array) {
	double size = 0;
	for (int depth = 0; array && depth < 8; depth++) {
		const FlowNode *n = &g->nodes[array];
		if (vector_is(g, array, "array_literal")) return n->n_args;
		if (vector_is(g, array, "array_repeating")) return flow_number(g, flow_arg(g, array, 1), &size) ? size : 0;
		NodeId range = n->kind == NODE_LOAD ? flow_arg(g, array, 1) : 0;
		bool closed = vector_is(g, range, "range_closed");
		if (closed || vector_is(g, range, "range"))
			return literal_width(g, flow_arg(g, range, 0), flow_arg(g, range, 1), &size) ? size + closed : 0;
		bool filled = n->kind == NODE_JOIN || (n->kind == NODE_STORE && !n->name.len);
		if (!filled && !vector_is(g, array, "array_new")) return 0;
		array = flow_arg(g, array, 0);
	}
	return 0;
}

/* In a loop, or in a function that does little else and so is called in one. */
static bool is_often(const FlowGraph *g, NodeId id) {
	return flow_enclosing(g, g->nodes[id].region, REGION_LOOP) != REGION_NONE || g->n < 24;
}

static void read_graph(
    const MatchContext *context, const Technique *technique, const FlowGraph *g, Findings *findings) {
	for (NodeId id = 1; id < g->n; id++) {
		const FlowNode *n = &g->nodes[id];
		NodeId sorted = n->kind == NODE_LOAD ? flow_arg(g, id, 0) : 0;
		double index;
		if (n->origin || !(vector_is(g, sorted, "host_sorted") || vector_is(g, sorted, "host_sort"))) continue;
		if (flow_labelled(g, sorted, "by") || !flow_number(g, flow_arg(g, id, 1), &index) || !is_often(g, id)) continue;
		double size = size_of(g, flow_arg(g, sorted, 0));
		if (size < FEWEST || size > MOST) continue;
		Span span = g->nodes[sorted].span;
		if (n->span.end > span.end) span.end = n->span.end;
		if (n->span.start < span.start) span.start = n->span.start;
		Finding *f = detect_add(context, technique, findings, g->file, span,
		    "%d elements are sorted for one of them: a fixed network of min and max needs no array", (int)size);
		f->graph = g;
		f->root = id;
	}
}

void detect_small_sort(const MatchContext *context, const Technique *technique, Findings *findings) {
	detect_each_graph(context, technique, findings, read_graph);
}
