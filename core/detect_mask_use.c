/* Where a mask goes: see detect_mask.h. */
#include "core/posix.h"

#include "core/detect_mask.h"

#include "core/pattern_tree.h"

bool mask_is_score(const FlowGraph *g, NodeId id) {
	OpId matmul = op_named("matmul"), einsum = op_named("einsum");
	for (NodeId from = id; from > 0; from--) {
		bool product = flow_is_op(g, from, matmul) || flow_is_op(g, from, einsum);
		if (product && (from == id || pattern_derives(g, id, from))) return true;
	}
	return false;
}

static bool joins(const FlowGraph *g, NodeId id) {
	return g->nodes[id].kind == NODE_JOIN && g->regions[g->nodes[id].body].kind == REGION_BRANCH;
}

/* `.array(mask)` */
static bool is_mode(const FlowGraph *g, NodeId id) {
	return g->nodes[id].kind == NODE_CALL && str_is(g->nodes[id].name, ".array");
}

static bool masks_scores(const FlowGraph *g, NodeId user, NodeId id) {
	if (flow_is_op(g, user, op_named("sdpa"))) return flow_labelled(g, user, "mask") == id;
	if (flow_is_op(g, user, op_named("where")) && flow_arg(g, user, 0) == id)
		return mask_is_score(g, flow_arg(g, user, 1)) || mask_is_score(g, flow_arg(g, user, 2));
	if (!flow_is_op(g, user, op_named("add"))) return false;
	NodeId other = flow_arg(g, user, flow_arg(g, user, 0) == id);
	return other && other != id && mask_is_score(g, other);
}

/* The callee's parameter that the value is given for, or 0. */
static NodeId as_param(const Program *p, const FlowGraph *g, NodeId call, NodeId id, const FlowGraph **callee) {
	const FlowNode *node = &g->nodes[call];
	bool calls = node->kind == NODE_CALL || node->kind == NODE_MODULE;
	if (!calls || node->callee == COMPONENT_NONE || !p->functions[node->callee].graph.n) return 0;
	const Component *c = &p->outline->components[node->callee];
	*callee = &p->functions[node->callee].graph;
	for (NodeId param = 1; param < (*callee)->n; param++) {
		const FlowNode *at = &(*callee)->nodes[param];
		if (at->kind != NODE_PARAM || at->region != 0) continue;
		if (program_argument(g, call, c, at->name) == id) return param;
	}
	return 0;
}

bool mask_arrives(const Program *p, const FlowGraph *g, NodeId id, int depth) {
	size_t n;
	const NodeId *users = flow_users(g, id, &n);
	for (size_t i = 0; i < n; i++) {
		NodeId user = users[i];
		const FlowGraph *callee = NULL;
		if (user <= id) continue;
		if (masks_scores(g, user, id)) return true;
		if (depth == 0) continue;
		bool view = (flow_traits(g, user) & (OP_VIEW | OP_CAST | OP_COPY)) && flow_arg(g, user, 0) == id;
		bool slice = g->nodes[user].kind == NODE_LOAD && flow_arg(g, user, 0) == id;
		if ((view || slice || joins(g, user) || is_mode(g, user)) && mask_arrives(p, g, user, depth - 1)) return true;
		NodeId param = as_param(p, g, user, id, &callee);
		if (param && mask_arrives(p, callee, param, depth - 1)) return true;
	}
	return false;
}
