/* sdpa-mask-enum: a causal mask built as an array.
 *
 * The mask is a comparison of two counts on two axes, or a triangle of ones or of minus infinity, made additive or left boolean, and
 * nothing else is mixed in: windows, padding and biases need the array. Scores it is added to are not mixed in.
 * Where a small function builds it, the place is that function's call. */
#include "core/posix.h"

#include "core/detect_arrays.h"
#include "core/pattern_tree.h"

#include <string.h>

typedef struct Mask {
	const MatchContext *context;
	const Technique *technique;
	Findings *findings;
	const FlowGraph *g;
	OpId where, multiply, add, subtract, triu, tril, ones, full, array, arange, range, causal, matmul, negative,
	    infinity;
} Mask;

static bool is(const Mask *m, NodeId id, OpId op) { return id && flow_is_op(m->g, id, op); }

static bool adds_axis(const Mask *m, NodeId load) {
	for (size_t i = 1; m->g->nodes[load].kind == NODE_LOAD && i < m->g->nodes[load].n_args; i++) {
		if (is(m, flow_arg(m->g, load, i), op_named("newaxis"))) return true;
	}
	return false;
}

static NodeId behind(const Mask *m, NodeId id) {
	for (int depth = 0; id && depth < 8; depth++) {
		if (!adds_axis(m, id) && !(flow_traits(m->g, id) & (OP_VIEW | OP_CAST | OP_COPY))) break;
		id = flow_arg(m->g, id, 0);
	}
	return id;
}

static bool is_scalar(const Mask *m, NodeId id) {
	return id && pattern_scalar(m->context->program, m->g, behind(m, id)) == TRUTH_YES;
}

/* 0, 1, ... plus a scalar at most. */
static bool is_count(const Mask *m, NodeId id) {
	id = behind(m, id);
	if (is(m, id, m->add) || is(m, id, m->subtract)) {
		NodeId a = flow_arg(m->g, id, 0), b = flow_arg(m->g, id, 1);
		return (is_scalar(m, b) && is_count(m, a)) || (is(m, id, m->add) && is_scalar(m, a) && is_count(m, b));
	}
	if (is(m, id, m->arange)) return true;
	NodeId from = is(m, id, m->array) ? flow_arg(m->g, id, 0) : 0;
	if (from && flow_is_op(m->g, from, op_named("array_new"))) from = flow_arg(m->g, from, 0);
	return is(m, from, m->range);
}

static bool is_comparison(const FlowGraph *g, NodeId id) {
	if (!(flow_traits(g, id) & OP_COMPARISON)) return false;
	const char *name = op_info(g->nodes[id].op)->name;
	return strcmp(name, "lt") == 0 || strcmp(name, "le") == 0 || strcmp(name, "gt") == 0 || strcmp(name, "ge") == 0;
}

/* A boolean triangle: two counts on two axes, or tril/triu of ones. */
static bool is_triangle(const Mask *m, NodeId id) {
	id = behind(m, id);
	if (!id) return false;
	if (is(m, id, m->tril) || is(m, id, m->triu)) return is(m, behind(m, flow_arg(m->g, id, 0)), m->ones);
	NodeId a = flow_arg(m->g, id, 0), b = flow_arg(m->g, id, 1);
	if (flow_is_op(m->g, id, op_named("logical_not"))) return is_triangle(m, a);
	if (flow_is_op(m->g, id, op_named("eq")) && is_scalar(m, b)) return is_triangle(m, a);
	if (!is_comparison(m->g, id)) return false;
	int rank = m->g->nodes[id].facts.rank;
	return rank != 0 && rank != 1 && is_count(m, a) && is_count(m, b);
}

static bool is_low(const Mask *m, NodeId id) {
	double value;
	id = behind(m, id);
	if (is(m, id, m->array)) id = flow_arg(m->g, id, 0);
	if (is(m, id, m->negative)) return is(m, flow_arg(m->g, id, 0), m->infinity);
	while (id && m->g->nodes[id].kind == NODE_OP && (flow_traits(m->g, id) & OP_HOST) && flow_arg(m->g, id, 0) &&
	       !is(m, id, m->infinity))
		id = flow_arg(m->g, id, 0);
	if (is(m, id, m->negative)) return is(m, flow_arg(m->g, id, 0), m->infinity);
	return id && flow_number(m->g, id, &value) && value <= -1e3;
}

static bool fills_low(const Mask *m, NodeId id) {
	id = behind(m, id);
	if (is(m, id, m->full)) {
		NodeId value = flow_labelled(m->g, id, "value");
		return is_low(m, value ? value : flow_arg(m->g, id, 1));
	}
	if (!is(m, id, m->multiply)) return false;
	NodeId a = flow_arg(m->g, id, 0), b = flow_arg(m->g, id, 1);
	return (is(m, behind(m, a), m->ones) && is_low(m, b)) || (is(m, behind(m, b), m->ones) && is_low(m, a));
}

/* A mask to add: `where(triangle, 0, low)` in either order, `triangle * low`, a triangle of low values. */
static bool is_additive(const Mask *m, NodeId id) {
	const FlowGraph *g = m->g;
	NodeId a = flow_arg(g, id, 0), b = flow_arg(g, id, 1), c = flow_arg(g, id, 2);
	if (is(m, id, m->causal)) return true;
	if (is(m, id, m->triu)) return fills_low(m, a);
	if (is(m, id, m->multiply)) return (is_triangle(m, a) && is_low(m, b)) || (is_triangle(m, b) && is_low(m, a));
	if (!is(m, id, m->where) || !is_triangle(m, a)) return false;
	bool plain = (is_scalar(m, b) || flow_is_op(g, behind(m, b), op_named("zeros")) || fills_low(m, b)) &&
	             (is_scalar(m, c) || flow_is_op(g, behind(m, c), op_named("zeros")) || fills_low(m, c));
	return plain && (is_low(m, b) || is_low(m, c) || fills_low(m, b) || fills_low(m, c));
}

/* ---- what becomes of it ---- */

static bool from_matmul(const Mask *m, NodeId id) {
	for (NodeId from = id; from > 0; from--) {
		if (is(m, from, m->matmul) && pattern_derives(m->g, id, from)) return true;
	}
	return false;
}

/* Combined with another array that is no score. */
static bool is_mixed(const Mask *m, NodeId id, int depth) {
	const FlowGraph *g = m->g;
	size_t n;
	const NodeId *users = flow_users(g, id, &n);
	for (size_t i = 0; i < n; i++) {
		NodeId user = users[i];
		uint32_t traits = flow_traits(g, user);
		bool joins = g->nodes[user].kind == NODE_JOIN && g->regions[g->nodes[user].body].kind == REGION_BRANCH;
		if ((joins || (traits & (OP_VIEW | OP_CAST | OP_COPY))) && depth > 0 && user > id) {
			if (is_mixed(m, user, depth - 1)) return true;
			continue;
		}
		if (g->nodes[user].kind == NODE_TUPLE || is(m, user, op_named("concat"))) return true;
		if (!(traits & OP_ELEMENTWISE)) continue;
		for (size_t o = 0; o < flow_operands(g, user); o++) {
			NodeId other = flow_arg(g, user, o);
			if (!other || other == id || is_scalar(m, other) || from_matmul(m, other)) continue;
			return true;
		}
	}
	return false;
}

/* Its result is repeated at its callers: the place is there. */
static bool told_at_callers(const Mask *m, NodeId id, int depth) {
	const FlowGraph *g = m->g;
	if (g->component == COMPONENT_NONE) return false;
	size_t n;
	const NodeId *users = flow_users(g, id, &n);
	bool returned = false;
	for (size_t i = 0; i < n; i++)
		returned |= g->nodes[users[i]].kind == NODE_RETURN || (depth > 0 && told_at_callers(m, users[i], depth - 1));
	const Function *f = &m->context->program->functions[g->component];
	for (size_t i = 0; returned && i < f->n_callers; i++) {
		const FlowGraph *caller = f->callers[i].graph;
		NodeId call = f->callers[i].node;
		if (call + 1 < caller->n && caller->nodes[call + 1].origin == call) return true;
	}
	return false;
}

static void look_at(const Mask *m, NodeId id) {
	const FlowGraph *g = m->g;
	const FlowNode *node = &g->nodes[id];
	if (node->kind != NODE_OP || !is_additive(m, id) || is_mixed(m, id, 6)) return;
	if (!node->origin && told_at_callers(m, id, 6)) return;
	NodeId outer = node->origin;
	while (outer && g->nodes[outer].origin) outer = g->nodes[outer].origin;
	Span span = outer ? g->nodes[outer].span : node->span;
	NodeId triangle = is(m, id, m->where) ? behind(m, flow_arg(g, id, 0)) : 0;
	if (!outer && triangle && g->nodes[triangle].span.start < span.start) span.start = g->nodes[triangle].span.start;
	Finding *f = detect_add(m->context, m->technique, m->findings, g->file, span,
	    "A causal mask is built as an array here; the fused kernel takes .causal (and .none for a single query) without one.");
	f->graph = g;
	f->root = id;
	bool once = g->component != COMPONENT_NONE && m->context->program->outline->components[g->component].is_init;
	if (once) detect_note(f, STR("it is built once, and only cut to size later"), true, 1);
}

void detect_sdpa_mask_enum(const MatchContext *context, const Technique *technique, Findings *findings) {
	const Program *p = context->program;
	Mask m = { .context = context,
		.technique = technique,
		.findings = findings,
		.where = op_named("where"),
		.multiply = op_named("multiply"),
		.add = op_named("add"),
		.subtract = op_named("subtract"),
		.triu = op_named("triu"),
		.tril = op_named("tril"),
		.ones = op_named("ones"),
		.full = op_named("full"),
		.array = op_named("array"),
		.arange = op_named("arange"),
		.range = op_named("range"),
		.causal = op_named("causal_mask"),
		.matmul = op_named("matmul"),
		.negative = op_named("negative"),
		.infinity = op_named("infinity") };
	for (ComponentId c = 0; c < p->outline->n; c++) {
		m.g = &p->functions[c].graph;
		if (!m.g->n || !detect_wants(context, m.g->file)) continue;
		for (NodeId id = 1; id < m.g->n; id++) look_at(&m, id);
	}
}
