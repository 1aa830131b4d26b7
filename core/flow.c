#include "core/posix.h"

#include "core/flow.h"

#include "core/flow_python.h"
#include "core/flow_swift.h"

#include <string.h>

NodeId flow_arg(const FlowGraph *g, NodeId id, size_t i) {
	const FlowNode *node = &g->nodes[id];
	return i < node->n_args ? g->args[node->args + i].node : 0;
}

NodeId flow_labelled(const FlowGraph *g, NodeId id, const char *label) {
	const FlowNode *node = &g->nodes[id];
	for (size_t i = 0; i < node->n_args; i++) {
		if (str_is(g->args[node->args + i].label, label)) return g->args[node->args + i].node;
	}
	return 0;
}

size_t flow_operands(const FlowGraph *g, NodeId id) {
	const FlowNode *node = &g->nodes[id];
	size_t n = 0;
	while (n < node->n_args && !g->args[node->args + n].label.len) n++;
	return n;
}

const NodeId *flow_users(const FlowGraph *g, NodeId id, size_t *n) {
	*n = g->use_first[id + 1] - g->use_first[id];
	return g->uses + g->use_first[id];
}

bool flow_is_op(const FlowGraph *g, NodeId id, OpId op) {
	const FlowNode *node = &g->nodes[id];
	return op != OP_NONE && (node->kind == NODE_OP || node->kind == NODE_MODULE) && node->op == op;
}

uint32_t flow_traits(const FlowGraph *g, NodeId id) {
	const FlowNode *node = &g->nodes[id];
	return node->kind == NODE_OP || node->kind == NODE_MODULE ? op_info(node->op)->traits : 0;
}

static bool fold_number(const FlowGraph *g, NodeId id, double *value, int depth) {
	const FlowNode *node = &g->nodes[id];
	if (node->kind == NODE_CONST) {
		*value = node->number;
		return node->is_number;
	}
	if (node->kind != NODE_OP || depth == 0) return false;
	const char *name = op_info(node->op)->name;
	double a, b;
	if (!fold_number(g, flow_arg(g, id, 0), &a, depth - 1)) return false;
	if (strcmp(name, "negative") == 0) return *value = -a, true;
	if (strcmp(name, "host_float") == 0 || strcmp(name, "host_int") == 0) return *value = a, true;
	if (!fold_number(g, flow_arg(g, id, 1), &b, depth - 1)) return false;
	if (strcmp(name, "add") == 0) return *value = a + b, true;
	if (strcmp(name, "subtract") == 0) return *value = a - b, true;
	if (strcmp(name, "multiply") == 0) return *value = a * b, true;
	if (strcmp(name, "divide") == 0 && b != 0) return *value = a / b, true;
	return false;
}

bool flow_number(const FlowGraph *g, NodeId id, double *value) {
	double found;
	if (!id || !fold_number(g, id, &found, 6)) return false;
	*value = found;
	return true;
}

bool flow_is_result(const FlowGraph *g, NodeId id) {
	const FlowNode *node = &g->nodes[id];
	if (node->kind != NODE_RETURN || !node->n_args || str_is(node->name, "throw")) return false;
	return flow_enclosing(g, node->region, REGION_CLOSURE) == REGION_NONE;
}

const char *flow_loop_form_name(LoopForm form) {
	static const char *const names[] = { [LOOP_FOR] = "for",
		[LOOP_WHILE] = "while",
		[LOOP_REPEAT] = "repeat",
		[LOOP_MAP] = "map",
		[LOOP_FOREACH] = "foreach",
		[LOOP_REDUCE] = "reduce",
		[LOOP_FILTER] = "filter",
		[LOOP_COMPREHENSION] = "comprehension",
		[LOOP_CONCURRENT] = "concurrent" };
	return names[form];
}

bool flow_inside(const FlowGraph *g, RegionId region, RegionId outer) {
	while (region != REGION_NONE && region != outer) region = g->regions[region].parent;
	return region == outer;
}

RegionId flow_enclosing(const FlowGraph *g, RegionId region, RegionKind kind) {
	while (region != REGION_NONE && g->regions[region].kind != kind) region = g->regions[region].parent;
	return region;
}

/* ---- which language ---- */

static Lang lang_of(const Outline *outline, uint32_t file) { return outline->source->files[file].lang; }

void flow_lower(const Outline *outline, ComponentId component, Dialect dialect, Arena *arena, FlowGraph *out) {
	bool swift = lang_of(outline, outline->components[component].file) == LANG_SWIFT;
	(swift ? flow_swift_lower : flow_python_lower)(outline, component, dialect, arena, out);
}

void flow_lower_toplevel(const Outline *outline, uint32_t file, Dialect dialect, Arena *arena, FlowGraph *out) {
	bool swift = lang_of(outline, file) == LANG_SWIFT;
	(swift ? flow_swift_lower_toplevel : flow_python_lower_toplevel)(outline, file, dialect, arena, out);
}

void flow_lower_fields(const Outline *outline, ComponentId cls, Dialect dialect, Arena *arena, FlowGraph *out) {
	bool swift = lang_of(outline, outline->components[cls].file) == LANG_SWIFT;
	(swift ? flow_swift_lower_fields : flow_python_lower_fields)(outline, cls, dialect, arena, out);
}
