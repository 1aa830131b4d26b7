#include "core/posix.h"

#include "core/flow_finish.h"

#include <stdlib.h>
#include <string.h>

/* ---- joins with one value ---- */

static NodeId resolve(NodeId *forward, NodeId id) {
	while (forward[id] != id) {
		forward[id] = forward[forward[id]];
		id = forward[id];
	}
	return id;
}

/* The only other value a join can have, itself when it has several. */
static NodeId single_value(const FlowDraft *d, NodeId *forward, NodeId join) {
	const FlowNode *node = &d->nodes.at[join];
	NodeId only = 0;
	for (size_t i = 0; i < node->n_args; i++) {
		NodeId arg = resolve(forward, d->args.at[node->args + i].node);
		if (!arg || arg == join) continue;
		if (only && only != arg) return join;
		only = arg;
	}
	return only ? only : join;
}

static void dissolve_joins(const FlowDraft *d, NodeId *forward) {
	for (bool changed = true; changed;) {
		changed = false;
		for (NodeId id = 1; id < d->nodes.n; id++) {
			if (d->nodes.at[id].kind != NODE_JOIN || forward[id] != id) continue;
			NodeId only = single_value(d, forward, id);
			if (only == id) continue;
			forward[id] = only;
			changed = true;
		}
	}
}

/* A join that dissolved hands the local's name on, so that messages can still use it. */
static void renumber(FlowDraft *d, NodeId *forward, FlowGraph *g, Arena *arena) {
	NodeId *number = base_alloc((d->nodes.n + 1) * sizeof *number);
	NodeId next = 1;
	for (NodeId id = 1; id < d->nodes.n; id++) number[id] = forward[id] == id ? next++ : 0;
	/* For region bounds: the number of the first kept node at or after id. */
	NodeId *at_or_after = base_alloc((d->nodes.n + 1) * sizeof *at_or_after);
	at_or_after[d->nodes.n] = next;
	for (NodeId id = (NodeId)d->nodes.n; id-- > 0;) at_or_after[id] = number[id] ? number[id] : at_or_after[id + 1];
	g->n = next;
	g->nodes = ARENA_ARRAY(arena, FlowNode, next);
	g->nodes[0].callee = COMPONENT_NONE;
	g->n_args = (uint32_t)d->args.n;
	g->args = ARENA_ARRAY(arena, FlowArg, d->args.n + 1);
	for (size_t i = 0; i < d->args.n; i++) {
		g->args[i] = d->args.at[i];
		g->args[i].node = number[resolve(forward, d->args.at[i].node)];
	}
	for (NodeId id = 1; id < d->nodes.n; id++) {
		if (number[id]) g->nodes[number[id]] = d->nodes.at[id];
	}
	for (size_t i = 0; i < d->regions.n; i++) {
		FlowRegion *r = &d->regions.at[i];
		r->condition = number[resolve(forward, r->condition)];
		r->over = number[resolve(forward, r->over)];
		r->var = number[r->var];
		r->closure = number[r->closure];
		r->first = at_or_after[r->first < d->nodes.n ? r->first : d->nodes.n];
		r->last = at_or_after[r->last < d->nodes.n ? r->last : d->nodes.n];
	}
	for (size_t i = 0; i < d->collects.n; i++) {
		d->collects.at[i].element = number[resolve(forward, d->collects.at[i].element)];
	}
	free(number);
	free(at_or_after);
}

/* ---- uses ---- */

static void index_uses(FlowGraph *g, Arena *arena) {
	g->use_first = ARENA_ARRAY(arena, uint32_t, g->n + 1);
	uint32_t total = 0;
	for (NodeId id = 1; id < g->n; id++) {
		for (size_t i = 0; i < g->nodes[id].n_args; i++) {
			NodeId arg = g->args[g->nodes[id].args + i].node;
			if (arg) g->use_first[arg]++, total++;
		}
	}
	uint32_t sum = 0;
	for (NodeId id = 0; id <= g->n; id++) {
		uint32_t count = id < g->n ? g->use_first[id] : 0;
		g->use_first[id] = sum;
		sum += count;
	}
	g->uses = ARENA_ARRAY(arena, NodeId, total + 1);
	uint32_t *fill = base_alloc((g->n + 1) * sizeof *fill);
	memcpy(fill, g->use_first, g->n * sizeof *fill);
	for (NodeId id = 1; id < g->n; id++) {
		for (size_t i = 0; i < g->nodes[id].n_args; i++) {
			NodeId arg = g->args[g->nodes[id].args + i].node;
			if (arg) g->uses[fill[arg]++] = id;
		}
	}
	free(fill);
}

/* ---- value numbers ---- */

static bool is_unique(const FlowNode *node) {
	switch ((NodeKind)node->kind) {
	case NODE_CALL:
	case NODE_NEW:
	case NODE_STORE:
	case NODE_CLOSURE:
	case NODE_RETURN:
	case NODE_UNKNOWN: return true;
	case NODE_OP: return (op_info(node->op)->traits & (OP_RANDOM | OP_EFFECT | OP_MUTATES)) != 0;
	default: return false;
	}
}

static uint64_t node_hash(const FlowGraph *g, NodeId id) {
	const FlowNode *node = &g->nodes[id];
	uint64_t h = hash_u64(HASH_SEED, node->kind);
	if (is_unique(node)) return hash_u64(h, UINT64_C(1) << 40 | id);
	h = hash_u64(h, node->op);
	h = hash_u64(h, node->index);
	bool named = node->kind != NODE_OP && node->kind != NODE_CONST && node->kind != NODE_JOIN;
	if (named) h = hash_str(h, node->name);
	if (node->kind == NODE_CONST) {
		uint64_t bits;
		memcpy(&bits, &node->number, sizeof bits);
		h = hash_u64(h, bits);
		h = hash_u64(h, (uint64_t)node->is_number | (uint64_t)node->is_int << 1 | (uint64_t)node->is_bool << 2 |
		                    (uint64_t)node->is_nil << 3 | (uint64_t)node->is_string << 4);
		if (!node->is_number) h = hash_str(h, node->text);
	}
	bool placed = node->kind == NODE_JOIN || node->kind == NODE_LOOPVAR || node->kind == NODE_PARAM;
	if (placed) h = hash_u64(h, node->kind == NODE_PARAM ? node->region : node->body);
	bool commutes = node->kind == NODE_OP && (op_info(node->op)->traits & OP_COMMUTATIVE) && node->n_args >= 2;
	for (size_t i = 0; i < node->n_args; i++) {
		size_t from = i;
		if (commutes && i < 2) {
			uint32_t a = g->nodes[g->args[node->args].node].value, c = g->nodes[g->args[node->args + 1].node].value;
			if (a > c) from = 1 - i;
		}
		const FlowArg *arg = &g->args[node->args + from];
		if (node->kind == NODE_JOIN && arg->node >= id) return hash_u64(h, UINT64_C(1) << 40 | id);
		h = hash_u64(h, arg->node ? g->nodes[arg->node].value : 0);
		h = hash_str(h, arg->label);
		h = hash_u64(h, arg->spread);
	}
	return h;
}

static void number_values(FlowGraph *g) {
	/* Open addressing over the hashes; 64 well-mixed bits are taken as identity. */
	size_t cap = 16;
	while (cap < (size_t)g->n * 2) cap *= 2;
	struct {
		uint64_t hash;
		uint32_t value;
	} *table = base_alloc(cap * sizeof *table);
	for (NodeId id = 1; id < g->n; id++) {
		uint64_t hash = node_hash(g, id) | 1;
		size_t i = (size_t)(hash >> 1) & (cap - 1);
		while (table[i].hash && table[i].hash != hash) i = (i + 1) & (cap - 1);
		if (!table[i].hash) {
			table[i].hash = hash;
			table[i].value = id;
		}
		g->nodes[id].value = table[i].value;
	}
	free(table);
}

void flow_refresh(FlowGraph *g, Arena *arena) {
	index_uses(g, arena);
	number_values(g);
}

/* ---- loops ---- */

typedef struct LoopReading {
	FlowGraph *g;
	RegionId loop;
	OpId append, add, mul, maximum, minimum, concatenate, and_, or_;
} LoopReading;

static bool used_inside(const LoopReading *l, NodeId id, NodeId except) {
	size_t n;
	const NodeId *users = flow_users(l->g, id, &n);
	for (size_t i = 0; i < n; i++) {
		if (users[i] != except && users[i] != id && flow_inside(l->g, l->g->nodes[users[i]].region, l->loop))
			return true;
	}
	return false;
}

static bool is_fold_op(const LoopReading *l, OpId op) {
	return op && (op == l->add || op == l->mul || op == l->maximum || op == l->minimum || op == l->concatenate ||
	                 op == l->and_ || op == l->or_);
}

/* The value a turn gives, followed through joins of branches in which one arm leaves it as it was. */
static NodeId turn_step(const LoopReading *l, NodeId join, NodeId value, int depth) {
	const FlowNode *node = &l->g->nodes[value];
	if (node->kind != NODE_JOIN || value == join || depth == 0) return value;
	NodeId only = 0;
	for (size_t i = 0; i < node->n_args; i++) {
		NodeId arg = flow_arg(l->g, value, i);
		if (arg == join || arg == value) continue;
		if (only) return value;
		only = arg;
	}
	return only ? turn_step(l, join, only, depth - 1) : value;
}

static bool index_is_own(const LoopReading *l, NodeId store) {
	const FlowNode *node = &l->g->nodes[store];
	for (size_t i = 2; i < node->n_args; i++) {
		const FlowNode *index = &l->g->nodes[flow_arg(l->g, store, i)];
		if (index->kind == NODE_LOOPVAR && index->body == l->loop) return true;
	}
	return false;
}

/* Stores at the loop's own index into a collection that is read, if at all, at that index only. */
static bool is_own_store(const LoopReading *l, NodeId join, NodeId step) {
	const FlowGraph *g = l->g;
	if (g->nodes[step].kind != NODE_STORE || flow_arg(g, step, 0) != join || !index_is_own(l, step)) return false;
	size_t n;
	const NodeId *users = flow_users(g, join, &n);
	for (size_t i = 0; i < n; i++) {
		const FlowNode *user = &g->nodes[users[i]];
		if (users[i] == step || !flow_inside(g, user->region, l->loop) || user->kind == NODE_JOIN) continue;
		if (user->kind != NODE_LOAD) return false;
		NodeId at = flow_arg(g, users[i], 1), own = flow_arg(g, step, 2);
		if (!at || g->nodes[at].value != g->nodes[own].value) return false;
	}
	return true;
}

typedef VEC(NodeId) NodeList;

static void read_loop(LoopReading *l, NodeList *carried, NodeList *collects, NodeList *folds) {
	FlowGraph *g = l->g;
	FlowRegion *region = &g->regions[l->loop];
	region->independent = !region->has_break && region->form != LOOP_WHILE && region->form != LOOP_REPEAT;
	for (NodeId id = 1; id < g->n; id++) {
		const FlowNode *node = &g->nodes[id];
		if (node->kind != NODE_JOIN || node->body != l->loop || node->region != l->loop || node->n_args != 2) continue;
		NodeId step = turn_step(l, id, flow_arg(g, id, 1), 8);
		if (!used_inside(l, id, 0)) continue;
		VEC_PUSH(*carried) = id;
		if (flow_is_op(g, step, l->append) && flow_arg(g, step, 0) == id && !used_inside(l, id, step)) {
			VEC_PUSH(*collects) = step;
		} else if (g->nodes[step].kind == NODE_OP && is_fold_op(l, g->nodes[step].op) && !used_inside(l, id, step)) {
			VEC_PUSH(*folds) = id;
		} else if (!is_own_store(l, id, step)) {
			region->independent = false;
		}
	}
}

static NodeId *list_done(NodeList *list, Arena *arena, size_t *n) {
	*n = list->n;
	return VEC_TO_ARENA(*list, arena);
}

static void read_loops(FlowGraph *g, const FlowDraft *d, Arena *arena) {
	LoopReading l = { .g = g,
		.append = op_named("array_append"),
		.add = op_named("add"),
		.mul = op_named("multiply"),
		.maximum = op_named("maximum"),
		.minimum = op_named("minimum"),
		.concatenate = op_named("concat"),
		.and_ = op_named("and"),
		.or_ = op_named("or") };
	for (RegionId r = 0; r < g->n_regions; r++) {
		FlowRegion *region = &g->regions[r];
		if (region->kind != REGION_LOOP) continue;
		NodeList carried = { 0 }, collects = { 0 }, folds = { 0 };
		l.loop = r;
		read_loop(&l, &carried, &collects, &folds);
		for (size_t i = 0; i < d->collects.n; i++) {
			if (d->collects.at[i].loop == r && d->collects.at[i].element)
				VEC_PUSH(collects) = d->collects.at[i].element;
		}
		region->carried = list_done(&carried, arena, &region->n_carried);
		region->collects = list_done(&collects, arena, &region->n_collects);
		region->folds = list_done(&folds, arena, &region->n_folds);
	}
}

void flow_finish(FlowDraft *d, Arena *arena, FlowGraph *g) {
	NodeId *forward = base_alloc(d->nodes.n * sizeof *forward);
	for (NodeId id = 0; id < d->nodes.n; id++) forward[id] = id;
	dissolve_joins(d, forward);
	renumber(d, forward, g, arena);
	free(forward);
	g->n_unknown = (uint32_t)d->unknown.n;
	g->unknown_kinds = VEC_TO_ARENA(d->unknown, arena);
	g->n_regions = (uint32_t)d->regions.n;
	g->regions = VEC_TO_ARENA(d->regions, arena);
	index_uses(g, arena);
	number_values(g);
	read_loops(g, d, arena);
	VEC_FREE(d->nodes);
	VEC_FREE(d->args);
	VEC_FREE(d->collects);
}
