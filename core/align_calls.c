#include "core/posix.h"

#include "core/align_build.h"

#include <stdlib.h>
#include <string.h>

/* Who calls whom: two functions whose callers answer each other, and that call what answers each other, have the same
 * place in the program, whatever they are called. */

typedef struct Call {
	ComponentId from, to;
} Call;
typedef struct Calls {
	VEC(Call) v;
} Calls;

static int compare_calls(const void *a, const void *b) {
	const Call *x = a, *y = b;
	if (x->from != y->from) return x->from < y->from ? -1 : 1;
	return (x->to > y->to) - (x->to < y->to);
}

/* What the graph of a function calls itself; nodes that only repeat a callee's are left out. */
static void read_graph(Calls *calls, ComponentId from, const FlowGraph *g) {
	for (NodeId i = 1; i < g->n; i++) {
		const FlowNode *node = &g->nodes[i];
		if (node->callee == COMPONENT_NONE || node->callee == from || node->origin || node->copied) continue;
		VEC_PUSH(calls->v) = (Call) { from, node->callee };
	}
}

/* Makes links of calls, sorted and without repetition. */
static Links link_up(Calls *calls, size_t n, Arena *arena) {
	Links out = { ARENA_ARRAY(arena, uint32_t, n + 1), ARENA_ARRAY(arena, ComponentId, calls->v.n + 1) };
	if (calls->v.n) qsort(calls->v.at, calls->v.n, sizeof *calls->v.at, compare_calls);
	size_t kept = 0;
	for (size_t i = 0; i < calls->v.n; i++) {
		Call c = calls->v.at[i];
		if (kept && compare_calls(&calls->v.at[kept - 1], &c) == 0) continue;
		calls->v.at[kept] = c;
		out.to[kept++] = c.to;
		out.first[c.from + 1]++;
	}
	calls->v.n = kept;
	for (size_t i = 0; i < n; i++) out.first[i + 1] += out.first[i];
	return out;
}

void align_read_calls(Half *half, Arena *arena) {
	Calls calls = { 0 };
	for (size_t i = 0; half->program && i < half->n; i++)
		read_graph(&calls, (ComponentId)i, &half->program->functions[i].graph);
	half->calls = link_up(&calls, half->n, arena);
	for (size_t i = 0; i < calls.v.n; i++) {
		Call *c = &calls.v.at[i];
		*c = (Call) { c->to, c->from };
	}
	half->callers = link_up(&calls, half->n, arena);
	VEC_FREE(calls.v);
}
