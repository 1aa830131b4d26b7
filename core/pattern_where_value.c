/* Conditions of patterns about one value: where it lives, its type, its shape. Rows in pattern_where.c. */
#include "core/posix.h"

#include "core/pattern_where.h"

#include <stdlib.h>
#include <string.h>

Truth where_is_device(const Matcher *m, const Clause *clause) {
	const FlowNode *node = &m->graph->nodes[subject(m, clause)];
	return node->facts.domain == DOMAIN_UNKNOWN ? TRUTH_UNKNOWN : truth(node->facts.domain == DOMAIN_DEVICE);
}

Truth where_is_host(const Matcher *m, const Clause *clause) {
	const FlowNode *node = &m->graph->nodes[subject(m, clause)];
	if (node->facts.domain == DOMAIN_UNKNOWN) return TRUTH_UNKNOWN;
	return truth(node->facts.domain == DOMAIN_HOST_ARRAY || node->facts.domain == DOMAIN_HOST_SCALAR);
}

Truth where_is_host_array(const Matcher *m, const Clause *clause) {
	const FlowNode *node = &m->graph->nodes[subject(m, clause)];
	return node->facts.domain == DOMAIN_UNKNOWN ? TRUTH_UNKNOWN : truth(node->facts.domain == DOMAIN_HOST_ARRAY);
}

Truth where_is_real(const Matcher *m, const Clause *clause) {
	uint8_t dtype = m->graph->nodes[subject(m, clause)].facts.dtype;
	return dtype == DTYPE_UNKNOWN ? TRUTH_UNKNOWN : truth(dtype != DTYPE_COMPLEX);
}

Truth where_is_float(const Matcher *m, const Clause *clause) {
	uint8_t dtype = m->graph->nodes[subject(m, clause)].facts.dtype;
	return dtype == DTYPE_UNKNOWN ? TRUTH_UNKNOWN : truth(dtype == DTYPE_FLOAT || dtype == DTYPE_HALF);
}

Truth where_is_scalar(const Matcher *m, const Clause *clause) {
	return pattern_scalar(m->context->program, m->graph, subject(m, clause));
}

Truth where_rank(const Matcher *m, const Clause *clause) {
	const Facts *facts = &m->graph->nodes[subject(m, clause)].facts;
	return facts->domain != DOMAIN_DEVICE || facts->rank < 0 ? TRUTH_UNKNOWN : compare_words(clause, facts->rank);
}

/* size ?x axis N CMP K; a negative axis counts from the end. */
Truth where_size_of_axis(const Matcher *m, const Clause *clause) {
	const Facts *facts = &m->graph->nodes[subject(m, clause)].facts;
	double axis = word(clause, 2)->number;
	if (facts->rank < 0) return TRUTH_UNKNOWN;
	int at = (int)axis < 0 ? facts->rank + (int)axis : (int)axis;
	if (at < 0 || at >= facts->rank || at >= FLOW_MAX_RANK || facts->size[at].kind != SIZE_LITERAL)
		return TRUTH_UNKNOWN;
	return compare_words(clause, (double)facts->size[at].value);
}

/* length ?x CMP N: number of elements of a host array, where literal. */
Truth where_length(const Matcher *m, const Clause *clause) {
	NodeId id = subject(m, clause);
	const FlowNode *node = &m->graph->nodes[id];
	if (node->kind == NODE_TUPLE) return compare_words(clause, node->n_args);
	if (node->facts.size[0].kind == SIZE_LITERAL) return compare_words(clause, (double)node->facts.size[0].value);
	return TRUTH_UNKNOWN;
}

/* type ?x [[Float]]: host arrays by nesting and element class. */
Truth where_has_type(const Matcher *m, const Clause *clause) {
	const Facts *facts = &m->graph->nodes[subject(m, clause)].facts;
	Str type = word(clause, 1)->text;
	uint8_t nesting = 0;
	while (nesting < type.len && type.ptr[nesting] == '[') nesting++;
	if (facts->domain == DOMAIN_UNKNOWN) return TRUTH_UNKNOWN;
	if (facts->domain != DOMAIN_HOST_ARRAY && nesting) return TRUTH_NO;
	bool floats = str_find(type, "Float", 0) != SIZE_MAX, ints = str_find(type, "Int", 0) != SIZE_MAX;
	if (facts->nesting != nesting) return TRUTH_NO;
	if (facts->dtype == DTYPE_UNKNOWN) return TRUTH_UNKNOWN;
	return truth((!floats || facts->dtype == DTYPE_FLOAT) && (!ints || facts->dtype == DTYPE_INTEGER));
}

Truth where_is_double(const Matcher *m, const Clause *clause) {
	return truth(m->graph->nodes[subject(m, clause)].facts.is_double);
}

static NodeId behind_casts(const FlowGraph *g, NodeId id) {
	while (g->nodes[id].kind == NODE_OP && (op_info(g->nodes[id].op)->traits & (OP_CAST | OP_COPY)) &&
	       flow_arg(g, id, 0)) {
		id = flow_arg(g, id, 0);
	}
	return id;
}

/* The numbers of an axis argument, a list of them as well; at most 8. */
static bool add_axes(const FlowGraph *g, NodeId id, double axes[8], size_t *n) {
	if (id && g->nodes[id].kind == NODE_TUPLE) {
		for (size_t i = 0; i < g->nodes[id].n_args; i++) {
			if (!add_axes(g, flow_arg(g, id, i), axes, n)) return false;
		}
		return true;
	}
	return *n < 8 && flow_number(g, id, &axes[(*n)++]);
}

/* permutes ?k last-two: a transposition of exactly the last two axes. */
Truth where_permutes_last_two(const Matcher *m, const Clause *clause) {
	const FlowGraph *g = m->graph;
	NodeId id = behind_casts(g, subject(m, clause));
	const FlowNode *node = &g->nodes[id];
	if (node->kind != NODE_OP) return node->kind == NODE_CONST ? TRUTH_NO : TRUTH_UNKNOWN;
	double axes[8];
	size_t n = 0;
	for (size_t i = 1; i < node->n_args; i++) {
		if (!add_axes(g, flow_arg(g, id, i), axes, &n)) return TRUTH_UNKNOWN;
	}
	const char *name = op_info(node->op)->name;
	if (strcmp(name, "swapaxes") == 0 && n == 2) {
		double a = axes[0] > axes[1] ? axes[0] : axes[1], b = axes[0] > axes[1] ? axes[1] : axes[0];
		if (a == -1 && b == -2) return TRUTH_YES;
		if (a >= 0 && b >= 0) {
			int have = node->facts.rank;
			/* Of [B, H, T, D], or of [B, T, H, D], where it would move the heads: only the rank tells. */
			if (have < 0 && a - b == 1 && a < 3) return TRUTH_UNKNOWN;
			return have < 0 ? truth(a == 3 && b == 2) : truth(a == have - 1 && b == have - 2);
		}
		return a - b == 1 ? TRUTH_UNKNOWN : TRUTH_NO;
	}
	if (strcmp(name, "transpose") != 0) return (op_info(node->op)->traits & OP_VIEW) ? TRUTH_UNKNOWN : TRUTH_NO;
	if (n == 0) return node->facts.rank < 0 ? TRUTH_UNKNOWN : truth(node->facts.rank == 2);
	for (size_t i = 0; i < n; i++) {
		double want = i + 2 < n ? (double)i : i + 2 == n ? (double)(n - 1) : (double)(n - 2);
		if (axes[i] != want && axes[i] != want - (double)n) {
			/* (0, 2, 3, 1) of [B, T, H, D] moves heads and transposes at once: keys as the product wants them. */
			return truth(n == 4 && axes[0] == 0 && axes[1] == 2 && axes[2] == 3 && axes[3] == 1);
		}
	}
	return truth(n >= 2);
}
