/* sdpa-mask-enum: a causal mask built as an array.
 *
 * The mask is a triangle (counts compared on two axes, tri, tril, triu) whose sides arithmetic makes zero and low, a boolean triangle that
 * arrives at attention, or an array filled so on the host; and nothing else is mixed in: windows, padding and biases need the
 * array. Scores it is added to are not mixed in. Where a small function builds it for one or two callers, the place is that function's call. */
#include "core/posix.h"

#include "core/detect_arrays.h"
#include "core/detect_mask.h"
#include "core/pattern_tree.h"

enum { REACH = 8 };

typedef struct Mask {
	const MatchContext *context;
	const Technique *technique;
	Findings *findings;
	const FlowGraph *g;
	OpId concat;
} Mask;

static bool is_scalar(const Mask *m, NodeId id) {
	const FlowGraph *g = m->g;
	while (id && g->nodes[id].kind == NODE_OP && (flow_traits(g, id) & (OP_VIEW | OP_CAST | OP_COPY)))
		id = flow_arg(g, id, 0);
	return id && pattern_scalar(m->context->program, g, id) == TRUTH_YES;
}

/* ---- what becomes of it ---- */

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
		if (g->nodes[user].kind == NODE_TUPLE || flow_is_op(g, user, m->concat)) return true;
		if (!(traits & OP_ELEMENTWISE)) continue;
		for (size_t o = 0; o < flow_operands(g, user); o++) {
			NodeId other = flow_arg(g, user, o);
			if (!other || other == id || is_scalar(m, other) || mask_is_score(g, other)) continue;
			return true;
		}
	}
	return false;
}

static bool is_returned(const FlowGraph *g, NodeId id, int depth) {
	size_t n;
	const NodeId *users = flow_users(g, id, &n);
	for (size_t i = 0; i < n; i++) {
		if (g->nodes[users[i]].kind == NODE_RETURN) return true;
		if (depth > 0 && users[i] > id && is_returned(g, users[i], depth - 1)) return true;
	}
	return false;
}

/* A helper beside its use: its result is repeated at its caller, or at both, in the same file, and the place is there. Of many
 * callers, or of those elsewhere, none is the place. */
static bool told_at_caller(const Mask *m, const FlowGraph *g, NodeId id) {
	if (g->component == COMPONENT_NONE || g->nodes[id].origin || !is_returned(g, id, 6)) return false;
	const Function *f = &m->context->program->functions[g->component];
	size_t repeated = 0;
	for (size_t i = 0; i < f->n_callers; i++) {
		const FlowGraph *caller = f->callers[i].graph;
		NodeId call = f->callers[i].node;
		repeated += caller->file == g->file && call + 1 < caller->n && caller->nodes[call + 1].origin == call;
	}
	return repeated > 0 && repeated == f->n_callers && repeated <= 2;
}

/* Of a copy: whether its own function leaves it to this one. */
static bool is_left_here(const Mask *m, NodeId id) {
	const FlowNode *node = &m->g->nodes[id];
	ComponentId callee = m->g->nodes[node->origin].callee;
	if (callee == COMPONENT_NONE) return false;
	return told_at_caller(m, &m->context->program->functions[callee].graph, node->copied);
}

/* Every caller that is seen into mixes it with something else. */
static bool is_mixed_by_callers(const Mask *m, NodeId id) {
	if (m->g->component == COMPONENT_NONE || m->g->nodes[id].origin) return false;
	const Function *f = &m->context->program->functions[m->g->component];
	size_t copies = 0, mixed = 0;
	for (size_t i = 0; i < f->n_callers; i++) {
		Mask there = *m;
		there.g = f->callers[i].graph;
		for (NodeId copy = f->callers[i].node + 1; copy < there.g->n; copy++) {
			const FlowNode *node = &there.g->nodes[copy];
			if (node->origin != f->callers[i].node || node->copied != id) continue;
			copies++;
			mixed += is_mixed(&there, copy, 6);
		}
	}
	return copies && mixed == copies;
}

static NodeId outermost(const FlowGraph *g, NodeId id) {
	NodeId outer = g->nodes[id].origin;
	while (outer && g->nodes[outer].origin) outer = g->nodes[outer].origin;
	return outer;
}

static void report(const Mask *m, NodeId id, Span span) {
	const FlowGraph *g = m->g;
	Finding *f = detect_add(m->context, m->technique, m->findings, g->file, span,
	    "A causal mask is built as an array here; the fused kernel takes .causal (and .none for a single query) without one.");
	f->graph = g;
	f->root = id;
	bool once = g->component != COMPONENT_NONE && m->context->program->outline->components[g->component].is_init;
	if (once) detect_note(f, STR("it is built once, and only cut to size later"), true, 1);
}

/* Built by arithmetic or selection on a triangle; a boolean one only where it is seen to mask attention. */
static bool is_causal(const Mask *m, NodeId id) {
	const Program *p = m->context->program;
	if (mask_is_additive(p, m->g, id)) return true;
	bool triangle = !(flow_traits(m->g, id) & (OP_VIEW | OP_CAST | OP_COPY)) && mask_is_triangle(p, m->g, id);
	return triangle && m->g->nodes[id].facts.dtype == DTYPE_BOOL && mask_arrives(p, m->g, id, REACH);
}

static void look_at(const Mask *m, NodeId id) {
	const FlowGraph *g = m->g;
	const FlowNode *node = &g->nodes[id];
	RegionId loop = REGION_NONE;
	if (node->kind != NODE_OP) return;
	bool filled = !node->origin && mask_is_filled(g, id, &loop);
	if ((!filled && !is_causal(m, id)) || is_mixed(m, id, 6)) return;
	if (is_mixed_by_callers(m, id)) return;
	if (node->origin ? !is_left_here(m, id) : told_at_caller(m, g, id)) return;
	NodeId outer = outermost(g, id);
	Span span = outer ? g->nodes[outer].span : node->span;
	NodeId triangle = filled ? 0 : mask_triangle_of(m->context->program, g, id);
	if (!outer && triangle && g->nodes[triangle].span.start < span.start) span.start = g->nodes[triangle].span.start;
	if (loop != REGION_NONE && g->regions[loop].span.start < span.start) span.start = g->regions[loop].span.start;
	report(m, id, span);
}

void detect_sdpa_mask_enum(const MatchContext *context, const Technique *technique, Findings *findings) {
	const Program *p = context->program;
	Mask m = { .context = context, .technique = technique, .findings = findings, .concat = op_named("concat") };
	for (ComponentId c = 0; c < p->outline->n; c++) {
		m.g = &p->functions[c].graph;
		if (!m.g->n || !detect_wants(context, m.g->file)) continue;
		for (NodeId id = 1; id < m.g->n; id++) look_at(&m, id);
	}
}
