/* broadcast-not-tile: an array stretched by tile, repeat or broadcast only to meet others in elementwise operations, which stretch by
 * themselves.
 *
 * A tile or repeat counts where every axis it multiplies has size 1, which is what broadcasting does; interleaving (upsampling) is
 * another matter. Two further forms are the same stretch spread over flat arrays: a repeat and a tile that meet in index
 * arithmetic, and a tile that is the update of a scatter. Whatever needs the full shape (concatenation, matmul, a result)
 * speaks for the stretch. */
#include "core/posix.h"

#include "core/detect_arrays.h"
#include "core/pattern_tree.h"

#include <string.h>

typedef struct Stretch {
	const MatchContext *context;
	const Technique *technique;
	Findings *findings;
	const FlowGraph *g;
	OpId tile, repeat, broadcast, expand, add_at;
} Stretch;

/* ---- whether an axis has size 1 ---- */

static NodeId axis_of(const FlowGraph *g, NodeId id) {
	NodeId axis = flow_labelled(g, id, "axis");
	while (axis && g->nodes[axis].kind == NODE_TUPLE && g->nodes[axis].n_args == 1) axis = flow_arg(g, axis, 0);
	return axis;
}

static bool made_new(const Stretch *s, NodeId id, int64_t axis) {
	const FlowGraph *g = s->g;
	const FlowNode *node = &g->nodes[id];
	double value;
	if (flow_is_op(g, id, s->expand)) {
		NodeId at = axis_of(g, id);
		return at && flow_number(g, at, &value) && (int64_t)value == axis;
	}
	if (node->kind != NODE_LOAD || axis < 0 || axis + 1 >= node->n_args) return false;
	return flow_is_op(g, flow_arg(g, id, (size_t)axis + 1), op_named("newaxis"));
}

static bool axis_is_one(const Stretch *s, NodeId id, int64_t axis) {
	const FlowGraph *g = s->g;
	for (int depth = 0; id && depth < 6; depth++) {
		const Facts *facts = &g->nodes[id].facts;
		int64_t at = axis < 0 && facts->rank >= 0 ? facts->rank + axis : axis;
		bool known = facts->rank >= 0 && at >= 0 && at < facts->rank && at < FLOW_MAX_RANK;
		if (known && facts->size[at].kind == SIZE_LITERAL) return facts->size[at].value == 1;
		if (made_new(s, id, axis)) return true;
		if (!(flow_traits(g, id) & (OP_CAST | OP_COPY))) return false;
		id = flow_arg(g, id, 0);
	}
	return false;
}

static bool is_one(const FlowGraph *g, NodeId id) {
	double value;
	return id && flow_number(g, id, &value) && value == 1;
}

/* Every axis that tile or repeat multiplies has size 1. */
static bool is_broadcast(const Stretch *s, NodeId id) {
	const FlowGraph *g = s->g;
	NodeId from = flow_arg(g, id, 0);
	double axis;
	if (flow_is_op(g, id, s->broadcast)) return true;
	if (flow_is_op(g, id, s->repeat)) {
		NodeId at = axis_of(g, id);
		return at && flow_number(g, at, &axis) && axis_is_one(s, from, (int64_t)axis);
	}
	NodeId reps = flow_labelled(g, id, "reps");
	if (!reps || g->nodes[reps].kind != NODE_TUPLE) return false;
	size_t n = g->nodes[reps].n_args;
	int rank = g->nodes[from].facts.rank;
	int64_t added = rank >= 0 && (size_t)rank < n ? (int64_t)n - rank : 0;
	for (size_t i = 0; i < n; i++) {
		if (is_one(g, flow_arg(g, reps, i)) || (int64_t)i < added) continue;
		if (!axis_is_one(s, from, (int64_t)i - added)) return false;
	}
	return n > 0;
}

/* ---- who needs it ---- */

typedef struct Uses {
	NodeId elementwise; /* the first such user */
	bool copies;        /* a reshape on the way, which writes a stretched view out */
	bool other;         /* something needs the full shape */
	bool flat_update;   /* it is the update of a scatter */
} Uses;

/* Its shape comes from one operand alone. */
static bool keeps_shape(const Stretch *s, NodeId user, NodeId id) {
	for (size_t i = 0; i < flow_operands(s->g, user); i++) {
		NodeId other = flow_arg(s->g, user, i);
		if (other && other != id && pattern_scalar(s->context->program, s->g, other) != TRUTH_YES) return false;
	}
	return true;
}

/* after: an operation with scalars lies between. What returns it then could have stretched it later. */
static void collect_uses(const Stretch *s, NodeId id, Uses *uses, bool after, int depth) {
	const FlowGraph *g = s->g;
	size_t n;
	const NodeId *users = flow_users(g, id, &n);
	if (n == 0 || depth == 0) uses->other = true;
	for (size_t i = 0; i < n; i++) {
		NodeId user = users[i];
		uint32_t traits = flow_traits(g, user);
		const FlowNode *node = &g->nodes[user];
		bool repeated = node->kind == NODE_CALL && user + 1 < g->n && g->nodes[user + 1].origin == user;
		if (repeated || (traits & (OP_SHAPE | OP_EVAL))) continue;
		bool branch = node->kind == NODE_JOIN && g->regions[node->body].kind == REGION_BRANCH;
		if (node->kind == NODE_OP && (traits & OP_ELEMENTWISE)) {
			if (!uses->elementwise) uses->elementwise = user;
			if (keeps_shape(s, user, id) && depth > 0) collect_uses(s, user, uses, true, depth - 1);
		} else if (flow_is_op(g, user, s->add_at) && flow_arg(g, user, 1) == id) {
			uses->flat_update = true;
		} else if (node->kind == NODE_OP && (traits & (OP_VIEW | OP_CAST | OP_COPY))) {
			bool reshapes =
			    strcmp(op_info(node->op)->name, "reshape") == 0 || strcmp(op_info(node->op)->name, "flatten") == 0;
			uses->copies |= reshapes;
			if (depth > 0) collect_uses(s, user, uses, after, depth - 1);
		} else if (branch && depth > 0) {
			collect_uses(s, user, uses, after, depth - 1);
		} else if (!(after && node->kind == NODE_RETURN)) {
			uses->other = true;
		}
	}
}

/* Behind elementwise operations with scalars: the flat repeat and tile of index arithmetic. */
static bool meets(const Stretch *s, NodeId at, OpId op, int depth) {
	const FlowGraph *g = s->g;
	if (flow_is_op(g, at, op)) return true;
	if (depth == 0 || !(flow_traits(g, at) & (OP_ELEMENTWISE | OP_CAST))) return false;
	for (size_t i = 0; i < flow_operands(g, at); i++) {
		if (flow_arg(g, at, i) && meets(s, flow_arg(g, at, i), op, depth - 1)) return true;
	}
	return false;
}

static bool is_pair(const Stretch *s, NodeId id, NodeId user) {
	bool tiles = flow_is_op(s->g, id, s->tile), repeats = flow_is_op(s->g, id, s->repeat);
	for (int depth = 0; user && depth < 3; depth++) {
		if (tiles && meets(s, user, s->repeat, 3)) return true;
		if (repeats && meets(s, user, s->tile, 3)) return true;
		size_t n;
		const NodeId *next = flow_users(s->g, user, &n);
		user = n == 1 && (flow_traits(s->g, next[0]) & OP_ELEMENTWISE) ? next[0] : 0;
	}
	return false;
}

/* ---- reporting ---- */

static void report(const Stretch *s, NodeId id, const Uses *uses, bool pair) {
	Str what = match_text(s->context, s->g, id), from = match_text(s->context, s->g, flow_arg(s->g, id, 0));
	const char *why = uses->flat_update ? "only fills the updates of a scatter, which broadcast"
	                  : pair            ? "only meets its counterpart in index arithmetic, where two axes broadcast"
	                                    : "only meets other arrays elementwise, which broadcasts by itself";
	Finding *f = detect_add(s->context, s->technique, s->findings, s->g->file, s->g->nodes[id].span,
	    "`%.*s` %s: `%.*s` can go in as it is.", STR_ARG(what), why, STR_ARG(from));
	f->graph = s->g;
	f->root = id;
	if (!flow_is_op(s->g, id, s->broadcast) && uses->copies && !uses->flat_update)
		detect_note(f, STR("it is reshaped on the way: the other operand then has to be reshaped to match"), true, 1);
	else if (flow_is_op(s->g, id, s->broadcast) && !uses->copies)
		detect_note(f, STR("broadcast is a view, so little but the line is saved"), true, 1);
	else if (pair || uses->flat_update)
		detect_note(f, STR("the indices have to keep their two axes for it"), true, 1);
}

static void look_at(const Stretch *s, NodeId id) {
	const FlowGraph *g = s->g;
	const FlowNode *node = &g->nodes[id];
	if (node->kind != NODE_OP || node->origin) return;
	bool tiles = node->op == s->tile || node->op == s->repeat;
	if (!tiles && node->op != s->broadcast) return;
	NodeId from = flow_arg(g, id, 0);
	if (!from || pattern_scalar(s->context->program, g, from) == TRUTH_YES) return;
	Uses uses = { 0 };
	collect_uses(s, id, &uses, false, 8);
	if (uses.other || (!uses.elementwise && !uses.flat_update)) return;
	if (uses.flat_update && (uses.elementwise || !tiles)) return;
	bool pair = tiles && uses.elementwise && is_pair(s, id, uses.elementwise);
	if (!pair && !uses.flat_update && !is_broadcast(s, id)) return;
	report(s, id, &uses, pair && !is_broadcast(s, id));
}

void detect_broadcast_not_tile(const MatchContext *context, const Technique *technique, Findings *findings) {
	const Program *p = context->program;
	Stretch s = { .context = context,
		.technique = technique,
		.findings = findings,
		.tile = op_named("tile"),
		.repeat = op_named("repeat"),
		.broadcast = op_named("broadcast_to"),
		.expand = op_named("expand_dims"),
		.add_at = op_named("scatter_add") };
	for (ComponentId c = 0; c < p->outline->n; c++) {
		s.g = &p->functions[c].graph;
		if (!s.g->n || !detect_wants(context, s.g->file)) continue;
		if (p->outline->components[c].is_init || p->functions[c].only_from_init) continue;
		for (NodeId id = 1; id < s.g->n; id++) look_at(&s, id);
	}
}
