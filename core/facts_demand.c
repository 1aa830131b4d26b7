#include "core/posix.h"

#include "core/facts.h"
#include "core/facts_rules.h"

/* Python's parameters carry no types, but what a layer or a convolution is applied to is an array, and so is what that was made
 * of by views, casts and the like. Only operations count that refuse everything else: numpy and math share the rest's names. */

static bool is_layer(const FlowNode *node) {
	uint32_t traits = op_info(node->op)->traits, both = OP_MODULE | OP_EXPENSIVE;
	if (node->op == OP_NONE || str_is(str_of(op_info(node->op)->name), "sequential")) return false;
	return node->kind == NODE_MODULE || (node->kind == NODE_OP && (traits & both) == both);
}

/* The operand that must be an array if the node itself is one: the same elements in another shape or type. */
static bool hands_on(const FlowNode *node) {
	return node->kind == NODE_OP && (op_info(node->op)->traits & (OP_VIEW | OP_CAST | OP_COPY)) && node->n_args > 0;
}

static void demand(const FlowGraph *g, bool *array, NodeId id) {
	const FlowNode *node = &g->nodes[id];
	if (is_layer(node)) {
		size_t first = node->kind == NODE_MODULE; /* behind the field */
		NodeId x = flow_arg(g, id, first);
		bool spread = x && g->args[node->args + first].spread;
		if (x && !spread) array[x] = true;
	}
	if (!array[id]) return;
	if (hands_on(node) && flow_arg(g, id, 0)) array[flow_arg(g, id, 0)] = true;
	for (size_t i = 0; node->kind == NODE_JOIN && i < node->n_args; i++) {
		if (flow_arg(g, id, i)) array[flow_arg(g, id, i)] = true;
	}
}

static bool is_annotated(const FlowGraph *g, const Outline *outline, const FlowNode *param) {
	if (g->component == COMPONENT_NONE || param->region != 0) return false;
	const Component *c = &outline->components[g->component];
	for (size_t i = 0; i < c->n_params; i++) {
		if (str_eq(c->params[i].name, param->name)) return c->params[i].type.len > 0 || c->params[i].variadic;
	}
	return false;
}

void facts_demanded(FlowGraph *g, const Outline *outline) {
	bool *array = base_alloc((g->n + 1) * sizeof *array);
	/* Arguments have smaller ids than their nodes, so one turn backwards reaches them all (but a loop's later arms). */
	for (NodeId id = g->n; id-- > 1;) demand(g, array, id);
	for (NodeId id = 1; id < g->n; id++) {
		FlowNode *node = &g->nodes[id];
		if (!array[id] || node->kind != NODE_PARAM || node->facts.domain != DOMAIN_UNKNOWN) continue;
		if (is_annotated(g, outline, node)) continue;
		node->facts = (Facts) { .domain = DOMAIN_DEVICE, .rank = -1 };
	}
	free(array);
}
