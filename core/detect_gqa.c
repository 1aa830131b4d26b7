/* sdpa-gqa: keys and values whose heads are repeated before attention.
 *
 * A repeat, or a tile, broadcast or concatenation of copies that is reshaped, of two arrays in one function, each of which arrives,
 * through views, branches and scaling only, at the second or third operand of fused attention or at the second operand of a
 * product beside a softmax. Repeats along the first axis are batches or beams. Both are one finding. */
#include "core/posix.h"

#include "core/detect_arrays.h"
#include "core/pattern_tree.h"

#include <string.h>

typedef struct Gqa {
	const Program *program;
	const FlowGraph *g;
	OpId repeat, tile, broadcast, reshape, flatten, matmul, sdpa, softmax, concat, stack, copies, einsum;
} Gqa;

static bool first_axis(const Gqa *q, NodeId id) {
	double value;
	NodeId axis = flow_labelled(q->g, id, "axis"), reps = flow_labelled(q->g, id, "reps");
	if (reps && q->g->nodes[reps].kind == NODE_TUPLE && q->g->nodes[reps].n_args)
		return !(flow_number(q->g, flow_arg(q->g, reps, 0), &value) && value == 1);
	return axis && flow_number(q->g, axis, &value) && value == 0;
}

/* `x + 0`, `x * scale`: what a port writes around keys without changing what they are. */
static bool is_scaling(const Gqa *q, NodeId user, NodeId id) {
	if (!(flow_traits(q->g, user) & OP_ELEMENTWISE) || flow_operands(q->g, user) != 2) return false;
	NodeId other = flow_arg(q->g, user, flow_arg(q->g, user, 0) == id);
	return other && other != id && pattern_scalar(q->program, q->g, other) == TRUTH_YES;
}

/* Which operand it arrives at: 1 keys, 2 values, 0 none of attention's. */
static int arrives(const Gqa *q, NodeId id, bool reshaped, int depth) {
	const FlowGraph *g = q->g;
	size_t n;
	const NodeId *users = flow_users(g, id, &n);
	for (size_t i = 0; i < n; i++) {
		NodeId user = users[i];
		if (flow_is_op(g, user, q->sdpa) && reshaped) {
			if (flow_arg(g, user, 1) == id) return 1;
			if (flow_arg(g, user, 2) == id) return 2;
		}
		if (flow_is_op(g, user, q->matmul) && reshaped && flow_arg(g, user, 1) == id) return 3;
		if (flow_is_op(g, user, q->einsum) && reshaped && flow_arg(g, user, 2) == id) return 3;
		bool joins = g->nodes[user].kind == NODE_JOIN && g->regions[g->nodes[user].body].kind == REGION_BRANCH;
		bool view = (flow_traits(g, user) & (OP_VIEW | OP_CAST | OP_COPY)) && flow_arg(g, user, 0) == id;
		bool shapes = flow_is_op(g, user, q->reshape) || flow_is_op(g, user, q->flatten);
		if ((!joins && !view && !is_scaling(q, user, id)) || depth == 0 || user < id) continue;
		int at = arrives(q, user, reshaped || shapes, depth - 1);
		if (at) return at;
	}
	return 0;
}

static bool has_softmax(const Gqa *q) {
	for (NodeId id = 1; id < q->g->n; id++) {
		if (flow_is_op(q->g, id, q->softmax) || flow_is_op(q->g, id, q->sdpa)) return true;
	}
	return false;
}

static bool is_repeat(const Gqa *q, NodeId id) {
	const FlowNode *node = &q->g->nodes[id];
	if (node->kind != NODE_OP) return false;
	NodeId list = node->op == q->concat || node->op == q->stack ? flow_arg(q->g, id, 0) : 0;
	bool stretches = node->op == q->repeat || node->op == q->tile || node->op == q->broadcast ||
	                 (list && flow_is_op(q->g, list, q->copies));
	if (!stretches || node->facts.rank == 1 || node->facts.rank == 2 || first_axis(q, id)) return false;
	return arrives(q, id, node->op == q->repeat, 8) != 0;
}

static Span span_of(const Gqa *q, NodeId id) {
	while (q->g->nodes[id].origin) id = q->g->nodes[id].origin;
	return q->g->nodes[id].span;
}

static void look_in(const MatchContext *context, const Technique *technique, Findings *findings, const Gqa *q) {
	NodeId first = 0;
	if (!has_softmax(q)) return;
	for (NodeId id = 1; id < q->g->n; id++) {
		if (!is_repeat(q, id)) continue;
		if (!first || q->g->nodes[first].value == q->g->nodes[id].value) {
			first = id;
			continue;
		}
		Span a = span_of(q, first), b = span_of(q, id);
		if (b.end > a.end) a.end = b.end;
		if (b.start < a.start) a.start = b.start;
		Str keys = match_text(context, q->g, first), values = match_text(context, q->g, id);
		Finding *f = detect_add(context, technique, findings, q->g->file, a,
		    "`%.*s` and `%.*s` repeat the heads of keys and values, which fused attention does without a copy.",
		    STR_ARG(keys), STR_ARG(values));
		f->graph = q->g;
		f->root = first;
		first = 0;
	}
}

void detect_sdpa_gqa(const MatchContext *context, const Technique *technique, Findings *findings) {
	const Program *p = context->program;
	Gqa q = { .program = p,
		.repeat = op_named("repeat"),
		.tile = op_named("tile"),
		.broadcast = op_named("broadcast_to"),
		.reshape = op_named("reshape"),
		.flatten = op_named("flatten"),
		.matmul = op_named("matmul"),
		.sdpa = op_named("sdpa"),
		.softmax = op_named("softmax"),
		.concat = op_named("concat"),
		.stack = op_named("stack"),
		.copies = op_named("array_repeating"),
		.einsum = op_named("einsum") };
	for (ComponentId c = 0; c < p->outline->n; c++) {
		q.g = &p->functions[c].graph;
		if (q.g->n && detect_wants(context, q.g->file)) look_in(context, technique, findings, &q);
	}
}
