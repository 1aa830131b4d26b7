#include "core/posix.h"

#include "core/align_ops.h"

#include <stdlib.h>
#include <string.h>

enum {
	MAX_OPS = 1500,
	GAP = -1,
	SCORE_OP = 8,
	SCORE_CALLED = 5,
	SCORE_KEY = 12,
	SCORE_INPUTS = 4,
	SCORE_FIRST_INPUT = 2,
	SCORE_NAME = 2,
	SCORE_KIN = 2,
	MISFIT = -6,
	NEIGHBOURS = 5 /* steps */
};

typedef struct Step {
	NodeId node;
	uint64_t what;   /* hash of what it is */
	uint64_t called; /* letters of its name, whether the library's or the source's own; 0 for none */
	uint64_t inputs; /* hash of what all operands are computed by */
	uint64_t first;  /* of what the first one is */
	uint64_t var;    /* letters of the local it was assigned to; 0 for none */
	bool is_named;   /* ... which has a name that says something */
	bool is_heavy, answered;
} Step;

typedef struct Steps {
	const FlowGraph *g;
	Step at[MAX_OPS];
	size_t n;
} Steps;

static bool compares_with_nil(const FlowGraph *g, NodeId id) {
	const char *name = op_info(g->nodes[id].op)->name;
	if (strcmp(name, "eq") != 0 && strcmp(name, "ne") != 0) return false;
	for (size_t i = 0; i < g->nodes[id].n_args; i++) {
		NodeId arg = flow_arg(g, id, i);
		if (arg && g->nodes[arg].kind == NODE_CONST && g->nodes[arg].is_nil) return true;
	}
	return false;
}

static bool is_step(const FlowGraph *g, NodeId id, bool through_calls) {
	const FlowNode *node = &g->nodes[id];
	if ((node->origin && !through_calls) || node->is_implicit) return false;
	switch ((NodeKind)node->kind) {
	case NODE_MODULE:
	case NODE_CALL:
	case NODE_NEW:
	case NODE_LOAD:
	case NODE_RETURN:
	case NODE_STORE: return true;
	case NODE_OP: return !(op_info(node->op)->traits & OP_SHAPE) && !compares_with_nil(g, id);
	default: return false;
	}
}

bool align_is_step(const FlowGraph *g, NodeId id) { return is_step(g, id, false); }

/* Without regard to case and '_'; 0 for an empty name. */
static uint64_t same_letters(uint64_t seed, Str name) {
	uint64_t h = seed;
	for (size_t i = 0; i < name.len; i++) {
		char c = name.ptr[i];
		if (c == '_') continue;
		if (c >= 'A' && c <= 'Z') c = (char)(c - 'A' + 'a');
		h = hash_bytes(h, &c, 1);
	}
	return h;
}

static Str key_of(const FlowNode *node) { return node->key.len ? node->key : node->name; }

/* What a node is, whatever it is applied to: two nodes of equal hash are the same step. */
static uint64_t what(const FlowGraph *g, NodeId id) {
	const FlowNode *node = &g->nodes[id];
	uint64_t h = hash_u64(HASH_SEED, node->kind == NODE_MODULE && node->op ? NODE_OP : node->kind);
	if (node->op) return hash_str(h, str_of(op_info(node->op)->name));
	switch ((NodeKind)node->kind) {
	case NODE_CALL:
	case NODE_NEW:
	case NODE_MODULE: return same_letters(h, node->name);
	case NODE_STORE:
	case NODE_FIELD:
	case NODE_PARAM: return same_letters(h, key_of(node));
	case NODE_CONST: return node->is_number ? hash_u64(h, (uint64_t)(int64_t)(node->number * 1e9)) : h;
	default: return h;
	}
}

/* The local that a step's result goes to; an element's store goes to what it is stored in. */
static Str local_of(const FlowGraph *g, NodeId id) {
	const FlowNode *node = &g->nodes[id];
	bool stores = (node->kind == NODE_STORE && !node->name.len) || (flow_traits(g, id) & OP_MUTATES);
	for (int depth = 0; stores && !node->var.len && depth < 8; depth++) {
		id = flow_arg(g, id, 0);
		node = &g->nodes[id];
		stores = id && (node->kind == NODE_STORE || node->kind == NODE_JOIN || (flow_traits(g, id) & OP_MUTATES));
	}
	return node->var;
}

static void add_step(Steps *steps, NodeId id) {
	const FlowGraph *g = steps->g;
	Step step = { .node = id, .what = what(g, id), .inputs = HASH_SEED };
	const FlowNode *node = &g->nodes[id];
	Str called = node->op ? str_of(op_info(node->op)->name) : node->kind == NODE_CALL ? node->name : STR_NONE;
	if (called.len) step.called = same_letters(HASH_SEED, called);
	for (size_t i = 0; i < node->n_args; i++) {
		NodeId arg = flow_arg(g, id, i);
		uint64_t h = arg ? what(g, arg) : 0;
		if (i == 0) step.first = h;
		if (arg) step.inputs = hash_u64(step.inputs, h);
	}
	Str local = local_of(g, id);
	if (local.len) step.var = same_letters(HASH_SEED, local);
	step.is_named = local.len > 3;
	step.is_heavy = (flow_traits(g, id) & (OP_EXPENSIVE | OP_FUSED)) != 0;
	steps->at[steps->n++] = step;
}

static Steps *list_steps(const FlowGraph *g, bool through_calls) {
	Steps *steps = base_alloc(sizeof *steps);
	steps->g = g;
	for (NodeId id = 1; id < g->n && steps->n < MAX_OPS; id++)
		if (is_step(g, id, through_calls)) add_step(steps, id);
	return steps;
}

static bool same_module(const FlowNode *a, const FlowNode *b) {
	return a->kind == NODE_MODULE && b->kind == NODE_MODULE && a->key.len &&
	       same_letters(HASH_SEED, a->key) == same_letters(HASH_SEED, b->key);
}

/* The local that an operand was assigned to, or what it was made of first; of what stands for a call, the call's. */
static uint64_t input_name(const FlowGraph *g, NodeId id) {
	for (int depth = 0; depth < 3 && id; depth++) {
		NodeId call = g->nodes[id].origin;
		Str local = call ? g->nodes[call].var : g->nodes[id].var;
		if (local.len) return same_letters(HASH_SEED, local);
		id = flow_arg(g, call ? call : id, 0);
	}
	return 0;
}

/* How many operands have the name of one of the other's. */
static int shared_inputs(const FlowGraph *a, NodeId left, const FlowGraph *b, NodeId right) {
	int n = 0;
	for (size_t i = 0; i < a->nodes[left].n_args; i++) {
		uint64_t name = input_name(a, flow_arg(a, left, i));
		bool shared = false;
		for (size_t k = 0; name && k < b->nodes[right].n_args && !shared; k++)
			shared = input_name(b, flow_arg(b, right, k)) == name;
		n += shared;
	}
	return n;
}

static bool same_name(const Step *p, const Step *q) { return p->var && p->var == q->var; }

/* Equal operations, and nothing else that speaks for it. */
static bool is_bare(const Steps *x, size_t i, const Steps *y, size_t k) {
	const Step *p = &x->at[i], *q = &y->at[k];
	return p->what == q->what && p->inputs != q->inputs && !(p->first && p->first == q->first) && !same_name(p, q) &&
	       !p->is_heavy && !same_module(&x->g->nodes[p->node], &y->g->nodes[q->node]) &&
	       !shared_inputs(x->g, p->node, y->g, q->node);
}

static int score(const Steps *x, size_t i, const Steps *y, size_t k) {
	const Step *p = &x->at[i], *q = &y->at[k];
	const FlowNode *a = &x->g->nodes[p->node], *b = &y->g->nodes[q->node];
	int more = p->inputs == q->inputs ? SCORE_INPUTS : p->first && p->first == q->first ? SCORE_FIRST_INPUT : 0;
	if (same_name(p, q)) more += SCORE_NAME;
	if (same_module(a, b)) return SCORE_KEY + more;
	bool modules = a->kind == NODE_MODULE && b->kind == NODE_MODULE; /* of other keys: less than an equal operation */
	if (p->what == q->what) return SCORE_OP + more - (modules ? 4 : 0);
	if (p->called && p->called == q->called)
		return SCORE_CALLED + more;                       /* one of them is a function of the source's own */
	if (p->is_named && same_name(p, q)) return SCORE_KIN; /* computed otherwise, and called the same */
	int shared = p->is_heavy && q->is_heavy ? shared_inputs(x->g, p->node, y->g, q->node) : 0;
	return shared ? SCORE_KIN + shared - 1 : MISFIT; /* a fused kernel, and the part of it that works on the same */
}

/* Literals among the arguments, by place and label. */
static uint64_t literals(const FlowGraph *g, NodeId id) {
	uint64_t h = HASH_SEED;
	for (size_t i = 0; i < g->nodes[id].n_args; i++) {
		double value;
		NodeId arg = flow_arg(g, id, i);
		if (arg && flow_number(g, arg, &value)) h = hash_u64(hash_u64(h, i), (uint64_t)(int64_t)(value * 1e9));
	}
	return h;
}

static bool is_same(const Steps *x, size_t i, const Steps *y, size_t k) {
	NodeId a = x->at[i].node, b = y->at[k].node;
	if (same_module(&x->g->nodes[a], &y->g->nodes[b])) return true;
	return x->at[i].what == y->at[k].what && literals(x->g, a) == literals(y->g, b);
}

static OpPair pair_of(Steps *x, size_t i, Steps *y, size_t k) {
	x->at[i].answered = y->at[k].answered = true;
	return (OpPair) { x->at[i].node, y->at[k].node, is_same(x, i, y, k) };
}

enum { WAY_BOTH, WAY_LEFT, WAY_RIGHT };

static void fill(const Steps *x, const Steps *y, uint8_t *way) {
	int32_t *row = base_alloc((y->n + 1) * sizeof *row), *last = base_alloc((y->n + 1) * sizeof *last);
	for (size_t k = 0; k <= y->n; k++) {
		last[k] = (int32_t)k * GAP;
		way[k] = WAY_RIGHT;
	}
	for (size_t i = 1; i <= x->n; i++) {
		row[0] = (int32_t)i * GAP;
		way[i * (y->n + 1)] = WAY_LEFT;
		for (size_t k = 1; k <= y->n; k++) {
			int32_t both = last[k - 1] + score(x, i - 1, y, k - 1), left = last[k] + GAP, right = row[k - 1] + GAP;
			row[k] = both >= left && both >= right ? both : left >= right ? left : right;
			way[i * (y->n + 1) + k] = both >= left && both >= right ? WAY_BOTH : left >= right ? WAY_LEFT : WAY_RIGHT;
		}
		int32_t *swap = last;
		last = row;
		row = swap;
	}
	free(row);
	free(last);
}

typedef struct Match { /* indexes of steps */
	size_t i, k;
} Match;

/* From the last to the first. */
static size_t trace(const Steps *x, const Steps *y, const uint8_t *way, Match *matches) {
	size_t i = x->n, k = y->n, n = 0;
	while (i > 0 && k > 0) {
		uint8_t step = way[i * (y->n + 1) + k];
		if (step != WAY_RIGHT) i--;
		if (step != WAY_LEFT) k--;
		if (step == WAY_BOTH && score(x, i, y, k) > 0) matches[n++] = (Match) { i, k };
	}
	return n;
}

static bool is_near(Match before, Match after) {
	return after.i - before.i <= NEIGHBOURS && after.k - before.k <= NEIGHBOURS;
}

/* In order. A bare match far from any other is chance. */
static size_t keep(Steps *x, Steps *y, const Match *matches, size_t n, OpPair *pairs) {
	size_t kept = 0;
	for (size_t at = n; at-- > 0;) {
		Match m = matches[at];
		bool held = (at + 1 < n && is_near(matches[at + 1], m)) || (at > 0 && is_near(m, matches[at - 1]));
		if (!held && is_bare(x, m.i, y, m.k)) continue;
		pairs[kept++] = pair_of(x, m.i, y, m.k);
	}
	return kept;
}

/* ---- out of order ---- */

enum { LIKE_ALL, LIKE_NAME, LIKE_INPUTS, LIKE_OPERAND, LIKE_COUNT };

static bool alike(const Steps *x, size_t i, const Steps *y, size_t k, int how) {
	const Step *p = &x->at[i], *q = &y->at[k];
	if (p->what != q->what) return false;
	bool inputs = p->inputs == q->inputs, name = same_name(p, q);
	switch (how) {
	case LIKE_ALL: return inputs && name;
	case LIKE_NAME: return name;
	case LIKE_INPUTS: return inputs;
	default: return shared_inputs(x->g, p->node, y->g, q->node) > 0;
	}
}

/* The only unanswered step of y that is like this one of x; SIZE_MAX when there is none or several. */
static size_t only_like(const Steps *x, size_t i, const Steps *y, int how) {
	size_t found = SIZE_MAX;
	for (size_t k = 0; k < y->n; k++) {
		if (y->at[k].answered || !alike(x, i, y, k, how)) continue;
		if (found != SIZE_MAX) return SIZE_MAX;
		found = k;
	}
	return found;
}

/* Statements that trade places: a step left over answers the one like it that is left over, where both are the only ones. */
static size_t pair_moved(Steps *x, Steps *y, OpPair *pairs, size_t n) {
	for (int how = 0; how < LIKE_COUNT; how++) {
		for (size_t i = 0; i < x->n; i++) {
			const FlowNode *node = &x->g->nodes[x->at[i].node];
			if (x->at[i].answered || node->kind == NODE_RETURN || node->kind == NODE_LOAD) continue;
			size_t k = only_like(x, i, y, how);
			if (k != SIZE_MAX && only_like(y, k, x, how) == i) pairs[n++] = pair_of(x, i, y, k);
		}
	}
	return n;
}

static OpPair *align(const FlowGraph *a, const FlowGraph *b, bool through_calls, Arena *arena, size_t *n) {
	*n = 0;
	if (!a->n || !b->n) return NULL;
	Steps *x = list_steps(a, through_calls), *y = list_steps(b, through_calls);
	uint8_t *way = base_alloc((x->n + 1) * (y->n + 1));
	Match *matches = base_alloc((x->n + 1) * sizeof *matches);
	OpPair *pairs = ARENA_ARRAY(arena, OpPair, x->n + 1);
	fill(x, y, way);
	*n = keep(x, y, matches, trace(x, y, way, matches), pairs);
	*n = pair_moved(x, y, pairs, *n);
	free(matches);
	free(way);
	free(x);
	free(y);
	return pairs;
}

OpPair *align_ops(const FlowGraph *a, const FlowGraph *b, Arena *arena, size_t *n) {
	return align(a, b, false, arena, n);
}

OpPair *align_ops_through_calls(const FlowGraph *a, const FlowGraph *b, Arena *arena, size_t *n) {
	return align(a, b, true, arena, n);
}
