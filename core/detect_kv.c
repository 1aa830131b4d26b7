/* kv-cache-concat: keys and values kept by concatenating each step's to all that came before.
 *
 * What is looked for in one function: two concatenations of [past, new] on the same axis, where both pasts come from what the function was
 * handed or keeps (a parameter, fields of one object, what a loop carries), and both results go back there whole: stored,
 * returned or carried. A result that is cut before it is kept is a window, not a cache; padding with zeros is an allocation.
 * A pair alone may be anything that grows, so it must also be seen in attention: keys in a product before a softmax, both
 * handed to one call, or a function whose whole purpose it is to take both as parameters and give both back. */
#include "core/posix.h"

#include "core/detect.h"

#include "core/pattern_tree.h"

#include <stdlib.h>

typedef struct Growth {
	NodeId node; /* the concatenation */
	NodeId past, added;
	NodeId root; /* the parameter, self or loop's join that past comes from */
	double axis;
} Growth;

typedef struct KvSearch {
	const MatchContext *context;
	const Technique *technique;
	Findings *findings;
	const FlowGraph *g;
	OpId concat, split, softmax, matmul, sdpa, sdpa_with_cache;
	VEC(Growth) growths;
} KvSearch;

static bool is_view(const FlowGraph *g, NodeId id) {
	return (flow_traits(g, id) & (OP_VIEW | OP_CAST | OP_COPY)) && g->nodes[id].kind == NODE_OP;
}

static bool is_constant_index(const FlowGraph *g, NodeId load) {
	double value;
	const FlowNode *node = &g->nodes[load];
	if (node->n_args != 2 || !flow_arg(g, load, 1)) return false;
	const FlowNode *index = &g->nodes[flow_arg(g, load, 1)];
	return flow_number(g, flow_arg(g, load, 1), &value) || index->is_string || index->kind == NODE_LOOPVAR ||
	       index->kind == NODE_PARAM || index->kind == NODE_FIELD;
}

/* `kept[0..., 0..., 0 ..< length, 0...]`: all of it that holds something; from the start on, so no window. */
static bool is_filled_part(const FlowGraph *g, NodeId load) {
	OpId range = op_named("range"), ellipsis = op_named("ellipsis");
	double from;
	size_t ends = 0;
	for (size_t i = 1; i < g->nodes[load].n_args; i++) {
		NodeId index = flow_arg(g, load, i);
		if (index && flow_is_op(g, index, ellipsis)) continue;
		if (!index || !flow_is_op(g, index, range)) return false;
		if (!flow_number(g, flow_arg(g, index, 0), &from) || from != 0) return false;
		ends += flow_arg(g, index, 1) != 0;
	}
	return ends == 1;
}

/* Where a kept value comes from, through parts, fields, elements and halves: a parameter, self, or a loop's join; 0 for anything else. */
static NodeId kept_in(const KvSearch *s, NodeId id) {
	const FlowGraph *g = s->g;
	for (int depth = 0; id && depth < 12; depth++) {
		const FlowNode *node = &g->nodes[id];
		bool passes = node->kind == NODE_PART || node->kind == NODE_FIELD || is_view(g, id) ||
		              flow_is_op(g, id, s->split) ||
		              (node->kind == NODE_LOAD && (is_constant_index(g, id) || is_filled_part(g, id)));
		if (node->kind == NODE_PARAM || node->kind == NODE_SELF) return id;
		if (node->kind == NODE_JOIN && g->regions[node->body].kind == REGION_LOOP) return id;
		if (!passes && node->kind != NODE_JOIN) return 0;
		id = flow_arg(g, id, 0);
	}
	return 0;
}

static bool is_made_here(const FlowGraph *g, NodeId id) {
	while (is_view(g, id) && flow_arg(g, id, 0)) id = flow_arg(g, id, 0);
	return (flow_traits(g, id) & OP_CONSTRUCTOR) || g->nodes[id].kind == NODE_CONST;
}

/* Moved from one part of what is kept to another: nothing is new. */
static bool is_part_of(const FlowGraph *g, NodeId id, NodeId root) {
	while (id && id != root) {
		uint8_t kind = g->nodes[id].kind;
		if (kind != NODE_FIELD && kind != NODE_PART && kind != NODE_LOAD && !is_view(g, id)) return false;
		id = flow_arg(g, id, 0);
	}
	return id == root && g->nodes[root].kind != NODE_SELF;
}

/* Where the tokens stand in the layouts that attention uses: [B, H, T, D], [B, T, H, D], [B, T, D]; [T, H, D] without a batch. */
static bool is_token_axis(double axis) { return axis == 0 || axis == 1 || axis == 2 || axis == -2 || axis == -3; }

static bool read_growth(const KvSearch *s, NodeId id, Growth *out) {
	const FlowGraph *g = s->g;
	NodeId list = flow_arg(g, id, 0), axis = flow_labelled(g, id, "axis");
	if (g->nodes[id].origin || !list || g->nodes[list].kind != NODE_TUPLE || g->nodes[list].n_args != 2) return false;
	*out = (Growth) { .node = id, .past = flow_arg(g, list, 0), .added = flow_arg(g, list, 1) };
	if (!out->past || !out->added || !axis || !flow_number(g, axis, &out->axis) || !is_token_axis(out->axis))
		return false;
	out->root = kept_in(s, out->past);
	bool plain = g->nodes[out->past].kind == NODE_PARAM && g->nodes[out->added].kind == NODE_PARAM;
	return out->root && !plain && !is_made_here(g, out->added) && !is_part_of(g, out->added, out->root);
}

/* Marks where a value goes whole: through branches, tuples, views, new objects and lists. *keeps: whether it is stored, returned
 * or carried to the next turn. */
static bool *follow(const KvSearch *s, const Growth *growth, bool *keeps) {
	const FlowGraph *g = s->g;
	bool *marked = base_alloc(g->n * sizeof *marked);
	marked[growth->node] = true;
	*keeps = false;
	for (NodeId id = growth->node + 1; id < g->n; id++) {
		const FlowNode *node = &g->nodes[id];
		bool any = false;
		for (size_t i = 0; i < node->n_args; i++) {
			NodeId arg = flow_arg(g, id, i);
			any |= arg && arg < id && marked[arg];
		}
		if (!any) continue;
		if (node->kind == NODE_RETURN || node->kind == NODE_STORE) *keeps = true;
		marked[id] = node->kind == NODE_JOIN || node->kind == NODE_TUPLE || node->kind == NODE_PART ||
		             node->kind == NODE_NEW || node->kind == NODE_STORE || is_view(g, id) ||
		             flow_is_op(g, id, s->concat);
	}
	for (RegionId r = 0; r < g->n_regions; r++) {
		for (size_t i = 0; i < g->regions[r].n_carried; i++) {
			NodeId turn = flow_arg(g, g->regions[r].carried[i], 1);
			if (turn && marked[turn]) *keeps = true;
		}
	}
	return marked;
}

static bool hands_over(const FlowNode *node, const KvSearch *s) {
	return node->kind == NODE_CALL || node->kind == NODE_MODULE ||
	       (node->kind == NODE_OP && (node->op == s->sdpa || node->op == s->sdpa_with_cache));
}

static bool takes(const FlowGraph *g, NodeId id, const bool *marked) {
	for (size_t i = 0; i < g->nodes[id].n_args; i++) {
		NodeId arg = flow_arg(g, id, i);
		while (arg && !marked[arg] && flow_arg(g, arg, 0) && (is_view(g, arg) || (flow_traits(g, arg) & OP_COPY)))
			arg = flow_arg(g, arg, 0);
		if (arg && marked[arg]) return true;
	}
	return false;
}

/* One node that takes both: attention itself, or a call that goes on with them. */
static bool used_together(const KvSearch *s, const bool *a, const bool *b, NodeId from) {
	for (NodeId id = from; id < s->g->n; id++) {
		if (hands_over(&s->g->nodes[id], s) && takes(s->g, id, a) && takes(s->g, id, b)) return true;
	}
	return false;
}

static bool reaches_op(const KvSearch *s, NodeId from, OpId op) {
	for (NodeId id = from + 1; id < s->g->n; id++) {
		if (flow_is_op(s->g, id, op) && pattern_derives(s->g, id, from)) return true;
	}
	return false;
}

static bool in_attention(const KvSearch *s, const Growth *x, const Growth *y) {
	if (reaches_op(s, x->node, s->softmax) && reaches_op(s, y->node, s->matmul)) return true;
	if (reaches_op(s, y->node, s->softmax) && reaches_op(s, x->node, s->matmul)) return true;
	return reaches_op(s, x->node, s->sdpa) && reaches_op(s, y->node, s->sdpa);
}

/* `update(keys:values:)`: both are parameters here. */
static bool both_given(const FlowGraph *g, NodeId a, NodeId b) {
	while (is_view(g, a) && flow_arg(g, a, 0)) a = flow_arg(g, a, 0);
	while (is_view(g, b) && flow_arg(g, b, 0)) b = flow_arg(g, b, 0);
	return a != b && g->nodes[a].kind == NODE_PARAM && g->nodes[b].kind == NODE_PARAM;
}

/* One object, one tuple, one loop; or two parameters that each hold one. */
static bool one_place(const FlowGraph *g, const Growth *x, const Growth *y) {
	if (x->root == y->root) return true;
	if (x->root == x->past && y->root == y->past && g->nodes[x->root].kind == g->nodes[y->root].kind)
		return g->nodes[x->root].kind == NODE_PARAM || g->nodes[x->root].body == g->nodes[y->root].body;
	return false;
}

static Truth is_cache(const KvSearch *s, const Growth *x, const Growth *y) {
	const FlowGraph *g = s->g;
	bool same_value =
	    g->nodes[x->past].value == g->nodes[y->past].value || g->nodes[x->added].value == g->nodes[y->added].value;
	if (!one_place(g, x, y)) return TRUTH_NO;
	if (x->axis != y->axis || same_value || g->nodes[x->node].region != g->nodes[y->node].region) return TRUTH_NO;
	bool keeps_x, keeps_y;
	bool *a = follow(s, x, &keeps_x), *b = follow(s, y, &keeps_y);
	Truth seen = TRUTH_NO;
	if (keeps_x && keeps_y) {
		bool batched = x->axis != 0; /* what grows at the first axis may be any list of rows */
		if (in_attention(s, x, y) || (batched && both_given(g, x->added, y->added)))
			seen = TRUTH_YES;
		else if (batched && used_together(s, a, b, x->node))
			seen = TRUTH_UNKNOWN;
	}
	free(a);
	free(b);
	return seen;
}

static void report(const KvSearch *s, const Growth *x, const Growth *y, Truth seen) {
	const FlowGraph *g = s->g;
	Span first = g->nodes[x->node].span, last = g->nodes[y->node].span;
	Span span = { first.start < last.start ? first.start : last.start, first.end > last.end ? first.end : last.end };
	Str a = g->nodes[x->node].var, b = g->nodes[y->node].var;
	Str who = STR("Keys and values");
	if (a.len && b.len) who = arena_printf(s->context->arena, "`%.*s` and `%.*s`", STR_ARG(a), STR_ARG(b));
	Finding *f = detect_add(s->context, s->technique, s->findings, g->file, span,
	    "%.*s grow by concatenation: each step copies what all earlier ones left.", STR_ARG(who));
	f->graph = g;
	f->root = y->node;
	if (seen == TRUTH_UNKNOWN)
		detect_note(f, STR("both are handed to one call; whether that is attention is not known"), true, 1);
}

static void look_in_graph(KvSearch *s) {
	s->growths.n = 0;
	for (NodeId id = 1; id < s->g->n; id++) {
		Growth growth;
		if (flow_is_op(s->g, id, s->concat) && read_growth(s, id, &growth)) VEC_PUSH(s->growths) = growth;
	}
	for (size_t i = 0; i + 1 < s->growths.n; i++) {
		Truth seen = is_cache(s, &s->growths.at[i], &s->growths.at[i + 1]);
		if (seen == TRUTH_NO) continue;
		report(s, &s->growths.at[i], &s->growths.at[i + 1], seen);
		i++;
	}
}

void detect_kv_concat(const MatchContext *context, const Technique *technique, Findings *findings) {
	const Program *p = context->program;
	KvSearch s = { .context = context,
		.technique = technique,
		.findings = findings,
		.concat = op_named("concat"),
		.split = op_named("split"),
		.softmax = op_named("softmax"),
		.matmul = op_named("matmul"),
		.sdpa = op_named("sdpa"),
		.sdpa_with_cache = op_named("sdpa_with_cache") };
	for (ComponentId id = 0; id < p->outline->n; id++) {
		s.g = &p->functions[id].graph;
		if (s.g->n && detect_wants(context, s.g->file)) look_in_graph(&s);
	}
	VEC_FREE(s.growths);
}
