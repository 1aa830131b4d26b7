#include "core/posix.h"

#include "core/align_ops.h"

#include <stdlib.h>
#include <string.h>

enum { MAX_OPS = 1500, GAP = -1, SCORE_OP = 4, SCORE_KEY = 6, SCORE_INPUT = 2, SCORE_KIN = 1, MISFIT = -3 };

typedef struct Step {
	NodeId node;
	uint64_t input; /* hash of what the operands are computed by */
} Step;

typedef struct Steps {
	const FlowGraph *g;
	Step at[MAX_OPS];
	size_t n;
} Steps;

/* What a reader would call a step of the computation. */
static bool is_step(const FlowNode *node) {
	if (node->origin || node->is_implicit) return false;
	switch ((NodeKind)node->kind) {
	case NODE_MODULE:
	case NODE_CALL:
	case NODE_NEW:
	case NODE_LOAD:
	case NODE_RETURN: return true;
	case NODE_STORE: return true;
	case NODE_OP: return !(op_info(node->op)->traits & OP_SHAPE);
	default: return false;
	}
}

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

/* What a node is, whatever it is applied to: two nodes of equal hash are the same step. */
static uint64_t what(const FlowGraph *g, NodeId id) {
	const FlowNode *node = &g->nodes[id];
	uint64_t h = hash_u64(HASH_SEED, node->kind == NODE_MODULE && node->op ? NODE_OP : node->kind);
	if (node->op) return hash_str(h, str_of(op_info(node->op)->name));
	if (node->kind == NODE_CALL || node->kind == NODE_NEW || node->kind == NODE_MODULE)
		return same_letters(h, node->name);
	if (node->kind == NODE_STORE) return same_letters(h, node->name);
	if (node->kind == NODE_CONST && node->is_number) return hash_u64(h, (uint64_t)(int64_t)(node->number * 1e9));
	if (node->kind == NODE_FIELD || node->kind == NODE_PARAM)
		return same_letters(h, node->key.len ? node->key : node->name);
	return h;
}

static void list_steps(const FlowGraph *g, Steps *steps) {
	steps->g = g;
	steps->n = 0;
	for (NodeId id = 1; id < g->n && steps->n < MAX_OPS; id++) {
		if (!is_step(&g->nodes[id])) continue;
		uint64_t input = HASH_SEED;
		for (size_t i = 0; i < g->nodes[id].n_args; i++) {
			NodeId arg = flow_arg(g, id, i);
			if (arg) input = hash_u64(input, what(g, arg));
		}
		steps->at[steps->n++] = (Step) { id, input };
	}
}

static bool same_key(const FlowNode *a, const FlowNode *b) {
	return a->key.len && same_letters(HASH_SEED, a->key) == same_letters(HASH_SEED, b->key);
}

static int score(const Steps *x, size_t i, const Steps *y, size_t k) {
	const FlowNode *a = &x->g->nodes[x->at[i].node], *b = &y->g->nodes[y->at[k].node];
	int input = x->at[i].input == y->at[k].input ? SCORE_INPUT : 0;
	bool modules = a->kind == NODE_MODULE && b->kind == NODE_MODULE;
	if (modules && same_key(a, b)) return SCORE_KEY + input;
	if (what(x->g, x->at[i].node) == what(y->g, y->at[k].node)) return SCORE_OP + input - (modules ? 2 : 0);
	uint32_t heavy = OP_EXPENSIVE | OP_FUSED;
	bool kin = (flow_traits(x->g, x->at[i].node) & heavy) && (flow_traits(y->g, y->at[k].node) & heavy);
	return kin ? SCORE_KIN : MISFIT;
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
	const FlowNode *p = &x->g->nodes[a], *q = &y->g->nodes[b];
	if (p->kind == NODE_MODULE && q->kind == NODE_MODULE && same_key(p, q)) return true;
	return what(x->g, a) == what(y->g, b) && literals(x->g, a) == literals(y->g, b);
}

static size_t trace(const Steps *x, const Steps *y, const uint8_t *way, OpPair *pairs) {
	size_t i = x->n, k = y->n, n = 0;
	while (i > 0 && k > 0) {
		uint8_t step = way[i * (y->n + 1) + k];
		if (step == 0) {
			i--, k--;
			if (score(x, i, y, k) > 0) pairs[n++] = (OpPair) { x->at[i].node, y->at[k].node, is_same(x, i, y, k) };
		} else if (step == 1) {
			i--;
		} else {
			k--;
		}
	}
	for (size_t left = 0, right = n; left + 1 < right; left++) {
		right--;
		OpPair swap = pairs[left];
		pairs[left] = pairs[right];
		pairs[right] = swap;
	}
	return n;
}

static void fill(const Steps *x, const Steps *y, uint8_t *way) {
	int32_t *row = base_alloc((y->n + 1) * sizeof *row), *last = base_alloc((y->n + 1) * sizeof *last);
	for (size_t k = 0; k <= y->n; k++) {
		last[k] = (int32_t)k * GAP;
		way[k] = 2;
	}
	for (size_t i = 1; i <= x->n; i++) {
		row[0] = (int32_t)i * GAP;
		way[i * (y->n + 1)] = 1;
		for (size_t k = 1; k <= y->n; k++) {
			int32_t both = last[k - 1] + score(x, i - 1, y, k - 1), left = last[k] + GAP, right = row[k - 1] + GAP;
			row[k] = both >= left && both >= right ? both : left >= right ? left : right;
			way[i * (y->n + 1) + k] = both >= left && both >= right ? 0 : left >= right ? 1 : 2;
		}
		int32_t *swap = last;
		last = row;
		row = swap;
	}
	free(row);
	free(last);
}

OpPair *align_ops(const FlowGraph *a, const FlowGraph *b, Arena *arena, size_t *n) {
	*n = 0;
	if (!a->n || !b->n) return NULL;
	Steps *x = base_alloc(sizeof *x), *y = base_alloc(sizeof *y);
	list_steps(a, x);
	list_steps(b, y);
	uint8_t *way = base_alloc((x->n + 1) * (y->n + 1));
	OpPair *pairs = ARENA_ARRAY(arena, OpPair, x->n + 1);
	fill(x, y, way);
	*n = trace(x, y, way, pairs);
	free(way);
	free(x);
	free(y);
	return pairs;
}

/* ---- lines ---- */

char line_mark_char(LineMark mark) { return "\0=~+"[mark]; }

static uint32_t line_of(const Program *p, const FlowGraph *g, NodeId id) {
	/* The callee's own line: a call over several lines is spoken of where its name stands. */
	const FlowNode *node = &g->nodes[id];
	uint32_t at = node->head.end > node->head.start ? node->head.start : node->span.start;
	return source_pos(&p->outline->source->files[g->file], at).line;
}

typedef struct LineCount {
	uint32_t steps, paired, same;
	uint32_t line, votes; /* majority vote (Boyer and Moore) over the answering lines */
} LineCount;

static void count_pair(LineCount *count, uint32_t line, bool same) {
	count->paired++;
	count->same += same;
	if (count->votes == 0) count->line = line;
	if (count->line == line)
		count->votes++;
	else
		count->votes--;
}

static void fill_nearest(LineAlignment *out) {
	uint32_t line = 0;
	for (size_t i = 0; i < out->n; i++) {
		if (out->lines[i].line) line = out->lines[i].line;
		out->nearest[i] = (LineAnswer) { out->lines[i].mark, line };
	}
	for (size_t i = out->n; i-- > 0;) {
		if (out->nearest[i].line)
			line = out->nearest[i].line;
		else
			out->nearest[i].line = line;
	}
}

void align_lines(
    const Program *a_side, ComponentId a, const Program *b_side, ComponentId b, Arena *arena, LineAlignment *out) {
	const Component *c = &a_side->outline->components[a];
	const SourceFile *file = &a_side->outline->source->files[c->file];
	const FlowGraph *x = &a_side->functions[a].graph, *y = &b_side->functions[b].graph;
	uint32_t last = source_pos(file, c->span.end > c->span.start ? c->span.end - 1 : c->span.start).line;
	out->first = source_pos(file, c->span.start).line;
	out->n = last - out->first + 1;
	out->lines = ARENA_ARRAY(arena, LineAnswer, out->n);
	out->nearest = ARENA_ARRAY(arena, LineAnswer, out->n);
	LineCount *counts = base_alloc(out->n * sizeof *counts);
	size_t n_pairs;
	OpPair *pairs = align_ops(x, y, arena, &n_pairs);
	for (NodeId id = 1; id < x->n; id++) {
		uint32_t line = is_step(&x->nodes[id]) ? line_of(a_side, x, id) : 0;
		if (line >= out->first && line <= last) counts[line - out->first].steps++;
	}
	for (size_t i = 0; i < n_pairs; i++) {
		uint32_t line = line_of(a_side, x, pairs[i].a);
		if (line >= out->first && line <= last)
			count_pair(&counts[line - out->first], line_of(b_side, y, pairs[i].b), pairs[i].same);
	}
	for (size_t i = 0; i < out->n; i++) {
		const LineCount *count = &counts[i];
		out->lines[i].line = count->paired ? count->line : 0;
		out->lines[i].mark = !count->steps                 ? LINE_PLAIN
		                     : !count->paired              ? LINE_ONLY
		                     : count->same == count->steps ? LINE_SAME
		                                                   : LINE_DIFFERS;
	}
	free(counts);
	fill_nearest(out);
}
