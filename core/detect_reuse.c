/* cross-attention-cache: keys and values of the encoder's output, computed again in each step of a decoder.
 *
 * Cross-attention is told by its projections: queries of one parameter, keys and values of another, without a branch around them, in
 * a function that runs in each step. */
#include "core/posix.h"

#include "core/detect_arrays.h"
#include "core/pattern_tree.h"

static NodeId behind_views(const FlowGraph *g, NodeId id) {
	while (id && (flow_traits(g, id) & (OP_VIEW | OP_CAST | OP_COPY)) && g->nodes[id].kind == NODE_OP)
		id = flow_arg(g, id, 0);
	return id;
}

/* ---- cross-attention ---- */

typedef struct Projections {
	NodeId query, key, value;
} Projections;

static bool is_projection(const FlowGraph *g, NodeId id, OpId linear) {
	return g->nodes[id].kind == NODE_MODULE && g->nodes[id].op == linear && !g->nodes[id].origin;
}

static NodeId projected(const FlowGraph *g, NodeId id) {
	NodeId input = behind_views(g, flow_arg(g, id, 1));
	return input && g->nodes[input].kind == NODE_PARAM && g->nodes[input].region == 0 ? input : 0;
}

/* The projection that a value derives from, where there is exactly one. */
static NodeId source_of(const FlowGraph *g, NodeId value, OpId linear) {
	NodeId found = 0;
	for (NodeId id = 1; value && id <= value; id++) {
		if (!is_projection(g, id, linear) || !pattern_derives(g, value, id)) continue;
		if (found) return 0;
		found = id;
	}
	return found;
}

static bool find_attention(const FlowGraph *g, Projections *out) {
	OpId sdpa = op_named("sdpa"), matmul = op_named("matmul"), softmax = op_named("softmax"),
	     linear = op_named("linear");
	for (NodeId id = 1; id < g->n; id++) {
		if (flow_is_op(g, id, sdpa)) {
			*out = (Projections) { source_of(g, flow_arg(g, id, 0), linear), source_of(g, flow_arg(g, id, 1), linear),
				source_of(g, flow_arg(g, id, 2), linear) };
			return true;
		}
		if (!flow_is_op(g, id, softmax)) continue;
		for (NodeId scores = id; scores > 0; scores--) {
			if (!flow_is_op(g, scores, matmul) || !pattern_derives(g, id, scores)) continue;
			out->query = source_of(g, flow_arg(g, scores, 0), linear);
			out->key = source_of(g, flow_arg(g, scores, 1), linear);
			break;
		}
		for (NodeId product = id; product < g->n; product++) {
			if (!flow_is_op(g, product, matmul) || !pattern_derives(g, flow_arg(g, product, 0), id)) continue;
			out->value = source_of(g, flow_arg(g, product, 1), linear);
			return true;
		}
	}
	return false;
}

static void look_at_cross(
    const MatchContext *context, const Technique *technique, Findings *findings, const FlowGraph *g) {
	Projections p = { 0 };
	if (!find_attention(g, &p) || !p.query || !p.key || !p.value || p.key == p.value) return;
	NodeId memory = projected(g, p.key), state = projected(g, p.query);
	if (!memory || !state || memory == state || projected(g, p.value) != memory) return;
	if (g->nodes[p.key].region != 0 || g->nodes[p.value].region != 0) return;
	Frequency often = program_frequency(context->program, g, p.key, NULL, NULL);
	if (often != FREQUENCY_STEP && often != FREQUENCY_STEP_LAYER) return;
	Span span = g->nodes[p.key].span, other = g->nodes[p.value].span;
	if (other.start < span.start) span.start = other.start;
	if (other.end > span.end) span.end = other.end;
	Finding *f = detect_add(context, technique, findings, g->file, span,
	    "Keys and values of `%.*s` are projected again %s, though it stays the same while tokens are generated.",
	    STR_ARG(g->nodes[memory].name), frequency_words(often));
	f->graph = g;
	f->root = p.key;
}

void detect_cross_attention_cache(const MatchContext *context, const Technique *technique, Findings *findings) {
	const Program *p = context->program;
	for (ComponentId c = 0; c < p->outline->n; c++) {
		const FlowGraph *g = &p->functions[c].graph;
		if (g->n && detect_wants(context, g->file)) look_at_cross(context, technique, findings, g);
	}
}
