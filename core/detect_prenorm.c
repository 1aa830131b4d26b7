/* pre-norm: residual branches that the port normalises on the other side of the sum than its references.
 *
 * In both functions of a row the sums `x + branch(x)` are taken in order. A sum is normalised before when a norm is applied
 * to what is added to and the branch goes on from it, and after when norms alone go on from the sum. Reported is the i-th
 * sum where every reference that calls the same weight keys has it the other way round. What is decided at run time, normalised on both
 * sides, or differs in the number of sums or norms is another architecture and left alone. */
#include "core/posix.h"

#include "core/detect.h"

#include "core/align.h"
#include "core/detect_turns.h"

#include <string.h>

static const double SURE_ROW = 0.6;

enum { SUMS_MAX = 16 };

typedef enum NormSide { NORM_NONE, NORM_BEFORE, NORM_AFTER, NORM_BOTH } NormSide;

typedef struct Sum {
	NodeId add, norm; /* norm: the one that decides its side */
	NormSide side;
} Sum;

typedef struct Sums {
	Sum at[SUMS_MAX];
	size_t n, n_norms;
	bool readable; /* every one is made in the same way on every call */
} Sums;

/* ---- norms ---- */

static bool is_norm_class(const Program *p, const FlowNode *node) {
	if (node->callee == COMPONENT_NONE) return false;
	ComponentId cls = p->outline->components[node->callee].parent;
	return cls != COMPONENT_NONE && str_find(p->outline->components[cls].base, "Norm", 0) != SIZE_MAX;
}

static bool is_norm(const Program *p, const FlowGraph *g, NodeId id) {
	const FlowNode *node = &g->nodes[id];
	if (node->origin) return false;
	bool known = flow_is_op(g, id, op_named("layer_norm")) || flow_is_op(g, id, op_named("rms_norm"));
	return known ||
	       (node->kind == NODE_MODULE && (node->op == op_named("layer_norm") || node->op == op_named("rms_norm") ||
	                                         (!node->op && is_norm_class(p, node))));
}

static NodeId operand(const FlowGraph *g, NodeId id) {
	return flow_arg(g, id, g->nodes[id].kind == NODE_MODULE ? 1 : 0);
}

/* Behind views, casts and dropout. */
static NodeId strip(const FlowGraph *g, NodeId id) {
	for (int depth = 0; depth < 16 && id; depth++) {
		const FlowNode *node = &g->nodes[id];
		bool passes =
		    (flow_traits(g, id) & (OP_VIEW | OP_CAST | OP_COPY)) || (node->op && node->op == op_named("dropout"));
		if (node->kind == NODE_PART && node->index == 0)
			id = flow_arg(g, id, 0);
		else if (passes && (node->kind == NODE_OP || node->kind == NODE_MODULE))
			id = operand(g, id);
		else
			break;
	}
	return id;
}

/* ---- sums ---- */

static bool is_work(const Program *p, const FlowGraph *g, NodeId id) {
	const FlowNode *node = &g->nodes[id];
	if (node->origin || is_norm(p, g, id) || (node->op && node->op == op_named("dropout"))) return false;
	return node->kind == NODE_MODULE || (node->kind == NODE_CALL && node->n_args > 0);
}

/* The branch: `other` is computed from `stream` by something that is no norm. */
static bool is_branch(const Program *p, const FlowGraph *g, NodeId other, NodeId stream) {
	if (other == stream || !turns_derive(g, other, stream)) return false;
	for (NodeId id = stream + 1; id <= other; id++) {
		if (is_work(p, g, id) && turns_derive(g, other, id) && turns_derive(g, id, stream)) return true;
	}
	return false;
}

static NodeId norm_before(const Program *p, const FlowGraph *g, NodeId other, NodeId stream) {
	for (NodeId id = stream + 1; id < other; id++) {
		if (is_norm(p, g, id) && strip(g, operand(g, id)) == stream && turns_derive(g, other, id)) return id;
	}
	return 0;
}

/* The norm that alone goes on from the sum, or 0. */
static NodeId norm_after(const Program *p, const FlowGraph *g, NodeId sum) {
	size_t n;
	const NodeId *users = flow_users(g, sum, &n);
	NodeId norm = 0;
	for (size_t i = 0; i < n; i++) {
		NodeId next = users[i];
		if (g->nodes[next].origin) continue;
		if (!is_norm(p, g, next) && strip(g, next) != next) next = norm_after(p, g, next);
		if (!next || !is_norm(p, g, next) || (norm && norm != next)) return 0;
		norm = next;
	}
	return norm;
}

static void read_sum(const Program *p, const FlowGraph *g, NodeId add, Sums *out) {
	NodeId a = strip(g, flow_arg(g, add, 0)), b = strip(g, flow_arg(g, add, 1));
	if (!a || !b) return;
	NodeId stream = is_branch(p, g, b, a) ? a : is_branch(p, g, a, b) ? b : 0, other = stream == a ? b : a;
	if (!stream || out->n == SUMS_MAX) return;
	NodeId before = norm_before(p, g, other, stream), after = norm_after(p, g, add);
	if (is_norm(p, g, other)) after = before = 0;
	NormSide side = before && after ? NORM_BOTH : before ? NORM_BEFORE : after ? NORM_AFTER : NORM_NONE;
	out->at[out->n++] = (Sum) { add, before ? before : after, side };
}

/* An arm of a decision is a norm, or a norm stands in an arm: where it stands is decided at run time. */
static bool is_decided_later(const Program *p, const FlowGraph *g, NodeId id) {
	if (is_norm(p, g, id)) return flow_enclosing(g, g->nodes[id].region, REGION_BRANCH) != REGION_NONE;
	if (g->nodes[id].kind != NODE_JOIN || g->regions[g->nodes[id].body].kind == REGION_LOOP) return false;
	for (size_t i = 0; i < g->nodes[id].n_args; i++) {
		NodeId arm = strip(g, flow_arg(g, id, i));
		if (arm && is_norm(p, g, arm)) return true;
	}
	return false;
}

static void read_sums(const Program *p, const FlowGraph *g, Sums *out) {
	*out = (Sums) { .readable = true };
	OpId add = op_named("add");
	for (NodeId id = 1; id < g->n; id++) {
		if (is_decided_later(p, g, id)) out->readable = false;
		out->n_norms += is_norm(p, g, id);
		if (flow_is_op(g, id, add) && !g->nodes[id].origin) read_sum(p, g, id, out);
	}
}

/* ---- port and references ---- */

static bool is_opposite(NormSide a, NormSide b) {
	return (a == NORM_BEFORE && b == NORM_AFTER) || (a == NORM_AFTER && b == NORM_BEFORE);
}

typedef struct Compared {
	Side side;
	const FlowGraph *graph;
	Sums sums;
} Compared;

/* The weight keys of what the function calls: those of one model are the same on both sides. */
static uint64_t keys_of(const FlowGraph *g, size_t *n) {
	uint64_t keys = 0;
	*n = 0;
	for (NodeId id = 1; id < g->n; id++) {
		const FlowNode *node = &g->nodes[id];
		NodeId field = node->kind == NODE_MODULE ? flow_arg(g, id, 0) : 0;
		if (!field || node->origin || node->op == op_named("dropout")) continue;
		Str key = g->nodes[field].key.len ? g->nodes[field].key : g->nodes[field].name;
		keys += hash_str(HASH_SEED, key);
		++*n;
	}
	return keys;
}

static bool same_keys(const FlowGraph *a, const FlowGraph *b) {
	size_t in_a, in_b;
	return keys_of(a, &in_a) == keys_of(b, &in_b) && in_a == in_b;
}

/* The sums of a reference's function, or false when it can't be held against the port's. */
static bool read_reference(const MatchContext *context, ComponentId id, Side side, const Sums *port, Compared *out) {
	const FlowGraph *own = &context->program->functions[id].graph;
	const Program *p = context->references[side];
	ComponentId answer = p ? rows_answer(context->rows, SIDE_SWIFT, id, side) : COMPONENT_NONE;
	if (answer == COMPONENT_NONE || !p->functions[answer].graph.n) return false;
	*out = (Compared) { .side = side, .graph = &p->functions[answer].graph };
	if (!same_keys(own, out->graph)) return false;
	read_sums(p, out->graph, &out->sums);
	return out->sums.readable && out->sums.n == port->n && out->sums.n_norms == port->n_norms;
}

static void report(const MatchContext *context, const Technique *technique, Findings *findings, const FlowGraph *g,
    const Sum *sum, const Compared *other, const Sum *there) {
	const SourceFile *file = &context->references[other->side]->outline->source->files[other->graph->file];
	bool before = sum->side == NORM_BEFORE;
	Finding *f = detect_add(context, technique, findings, g->file, g->nodes[sum->norm].span,
	    "The port normalises %s of this residual branch, the %s %s (%s:%u): the results differ.",
	    before ? "the input" : "the sum", side_title(other->side), before ? "the sum" : "the input", file->name,
	    source_pos(file, other->graph->nodes[there->norm].span.start).line);
	f->graph = g;
	f->root = sum->norm;
}

static void compare(const MatchContext *context, const Technique *technique, Findings *findings, ComponentId id) {
	const FlowGraph *g = &context->program->functions[id].graph;
	Sums port;
	read_sums(context->program, g, &port);
	if (!port.readable || !port.n || !port.n_norms) return;
	Compared others[SIDE_COUNT];
	size_t n = 0;
	for (Side side = SIDE_MLX; side <= SIDE_TORCH; side++) n += read_reference(context, id, side, &port, &others[n]);
	for (size_t i = 0; i < port.n && n; i++) {
		bool differs = true;
		for (size_t k = 0; k < n; k++) differs = differs && is_opposite(port.at[i].side, others[k].sums.at[i].side);
		if (differs) report(context, technique, findings, g, &port.at[i], &others[0], &others[0].sums.at[i]);
	}
}

void detect_pre_norm(const MatchContext *context, const Technique *technique, Findings *findings) {
	const Outline *o = context->program->outline;
	if (!context->rows || (!context->references[SIDE_MLX] && !context->references[SIDE_TORCH])) return;
	for (ComponentId id = 0; id < o->n; id++) {
		const Component *c = &o->components[id];
		bool reads = c->kind != COMPONENT_CLASS && context->program->functions[id].graph.n;
		if (!reads || !detect_wants(context, c->file) || o->source->files[c->file].is_test) continue;
		const Row *row = rows_of(context->rows, SIDE_SWIFT, id);
		if (row && row->confidence >= SURE_ROW) compare(context, technique, findings, id);
	}
}
