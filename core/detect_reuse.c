/* What a decoder's step computes again although an earlier step has: keys and values of the encoder's output
 * (cross-attention-cache), and the whole prefix (kv-cache-missing).
 *
 * Cross-attention is told by its projections: queries of one parameter, keys and values of another, without a branch around them, in
 * a function that runs in each step. A missing cache is told by the loop: what the model is given is carried and grows by what was
 * computed of the model's answer, and nothing else that is carried goes to the call. */
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

/* ---- the whole prefix again ---- */

static bool runs_model(const Program *p, const FlowGraph *g, NodeId id) {
	const FlowNode *node = &g->nodes[id];
	if (node->origin) return false;
	if (node->kind == NODE_MODULE) return !node->op || node->callee != COMPONENT_NONE;
	return node->kind == NODE_CALL && node->callee != COMPONENT_NONE && p->functions[node->callee].runs_modules;
}

/* The carried value grows by one piece a turn: concatenated, or appended to. What was added, or 0. */
static NodeId growth(const FlowGraph *g, NodeId join) {
	NodeId turn = flow_arg(g, join, 1);
	if (turn && flow_is_op(g, turn, op_named("array_append")) && flow_arg(g, turn, 0) == join)
		return flow_arg(g, turn, 1);
	if (!turn || !flow_is_op(g, turn, op_named("concat"))) return 0;
	NodeId list = flow_arg(g, turn, 0);
	if (!list || g->nodes[list].kind != NODE_TUPLE || g->nodes[list].n_args != 2) return 0;
	return behind_views(g, flow_arg(g, list, 0)) == join ? flow_arg(g, list, 1) : 0;
}

static bool is_whole(const FlowGraph *g, NodeId arg, NodeId join) {
	for (int depth = 0; arg && depth < 6; depth++) {
		if (arg == join) return true;
		bool array = flow_is_op(g, arg, op_named("array"));
		if (!array && !(g->nodes[arg].kind == NODE_OP && (flow_traits(g, arg) & (OP_VIEW | OP_CAST | OP_COPY))))
			return false;
		arg = flow_arg(g, arg, 0);
	}
	return false;
}

/* Anything beside the prefix that may hold a state: no plain array, number or constant. */
static bool has_state(const Program *p, const FlowGraph *g, NodeId call, NodeId join, RegionId loop) {
	const FlowNode *node = &g->nodes[call];
	size_t first = node->kind == NODE_MODULE || node->has_receiver ? 1 : 0;
	for (size_t i = first; i < node->n_args; i++) {
		NodeId arg = flow_arg(g, call, i);
		if (!arg || is_whole(g, arg, join) || g->nodes[arg].is_nil) continue;
		uint8_t domain = g->nodes[arg].facts.domain;
		bool plain = domain == DOMAIN_DEVICE || domain == DOMAIN_HOST_SCALAR;
		if (!plain || program_invariant(p, g, arg, loop) != TRUTH_YES) return true;
	}
	return false;
}

static void look_at_loop(
    const MatchContext *context, const Technique *technique, Findings *findings, const FlowGraph *g, RegionId r) {
	const FlowRegion *loop = &g->regions[r];
	for (size_t i = 0; i < loop->n_carried; i++) {
		NodeId join = loop->carried[i], added = growth(g, join);
		if (!added) continue;
		for (NodeId call = loop->first; call < loop->last; call++) {
			if (!flow_inside(g, g->nodes[call].region, r) || !runs_model(context->program, g, call)) continue;
			bool given = false;
			for (size_t a = 0; a < g->nodes[call].n_args; a++) given |= is_whole(g, flow_arg(g, call, a), join);
			/* A stack of layers gets what the layers before it have given: each is another one. */
			bool another = program_invariant(context->program, g, flow_arg(g, call, 0), r) == TRUTH_NO &&
			               (g->nodes[call].kind == NODE_MODULE || g->nodes[call].has_receiver);
			if (!given || another || has_state(context->program, g, call, join, r)) continue;
			bool repeated = call + 1 < g->n && g->nodes[call + 1].origin == call;
			if (!repeated && !pattern_derives(g, added, call)) continue;
			Str what = g->nodes[join].var.len ? g->nodes[join].var : STR("the sequence so far");
			Finding *f = detect_add(context, technique, findings, g->file, g->nodes[call].span,
			    "The model runs over the whole of `%.*s` for each new token; with a cache it would run over the new one alone.",
			    STR_ARG(what));
			f->graph = g;
			f->root = call;
			f->loop = r;
			return;
		}
	}
}

void detect_kv_cache_missing(const MatchContext *context, const Technique *technique, Findings *findings) {
	const Program *p = context->program;
	for (ComponentId c = 0; c < p->outline->n; c++) {
		const FlowGraph *g = &p->functions[c].graph;
		if (!g->n || !detect_wants(context, g->file)) continue;
		for (RegionId r = 1; r < g->n_regions; r++) {
			if (g->regions[r].kind == REGION_LOOP) look_at_loop(context, technique, findings, g, r);
		}
	}
}
