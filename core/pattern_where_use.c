/* Conditions of patterns about what becomes of a value. Rows in pattern_where.c. */
#include "core/posix.h"

#include "core/pattern_where.h"

#include <stdlib.h>
#include <string.h>

static bool in_match(const Matcher *m, NodeId id) {
	return m->match->root && (id == m->match->root || pattern_derives(m->graph, m->match->root, id));
}

/* What a small callee computes is repeated behind its call, and the call's users refer to that: the call itself uses nothing. */
static bool is_repeated(const FlowGraph *g, NodeId id) {
	return g->nodes[id].kind == NODE_CALL && id + 1 < g->n && g->nodes[id + 1].origin == id;
}

/* Only hands a value on: whoever uses this uses that. */
static bool carries(const FlowGraph *g, NodeId id) {
	uint8_t kind = g->nodes[id].kind;
	return kind == NODE_JOIN || kind == NODE_TUPLE || kind == NODE_PART ||
	       (flow_traits(g, id) & (OP_VIEW | OP_CAST | OP_COPY));
}

typedef struct Search {
	const Matcher *m; /* the match whose own nodes don't count; NULL in a caller */
	const FlowGraph *g;
	NodeId within; /* in a caller: the call whose repeated nodes don't count; else 0 */
} Search;

static bool used_outside(const Search *s, NodeId id, int depth);

static bool used_here(const Search *s, const NodeId *users, size_t n, size_t index, int depth) {
	for (size_t i = 0; i < n; i++) {
		const FlowNode *user = &s->g->nodes[users[i]];
		if (user->kind == NODE_PART ? user->index == index && used_outside(s, users[i], depth)
		                            : user->kind != NODE_RETURN && user->kind != NODE_STORE && user->kind != NODE_TUPLE)
			return true;
	}
	return false;
}

/* Of a tuple (not of a literal array) only the part that is this value. */
static bool part_used(const Search *s, NodeId tuple, NodeId id, int depth) {
	size_t n;
	const NodeId *users = flow_users(s->g, tuple, &n);
	if (s->g->nodes[tuple].op) return n > 0;
	for (size_t i = 0; i < s->g->nodes[tuple].n_args; i++) {
		if (flow_arg(s->g, tuple, i) == id && used_here(s, users, n, i, depth)) return true;
	}
	return false;
}

/* Computed with outside: a user that neither belongs to the match nor only hands the value on. What is returned or stored is another
 * question. */
static bool used_outside(const Search *s, NodeId id, int depth) {
	const FlowGraph *g = s->g;
	size_t n;
	const NodeId *users = flow_users(g, id, &n);
	for (size_t i = 0; i < n; i++) {
		NodeId user = users[i];
		const FlowNode *node = &g->nodes[user];
		if ((s->m && in_match(s->m, user)) || is_repeated(g, user)) continue;
		bool asks =
		    (flow_traits(g, user) & OP_SHAPE) != 0; /* for its size or type: those are known without the value */
		if (node->kind == NODE_RETURN || node->kind == NODE_STORE || asks) continue;
		bool hands_on = carries(g, user);
		if (s->within && node->origin == s->within && !hands_on) continue;
		if (!hands_on) return true;
		if (depth == 0) continue;
		bool used = node->kind == NODE_TUPLE ? part_used(s, user, id, depth - 1) : used_outside(s, user, depth - 1);
		if (used) return true;
	}
	return false;
}

static bool reaches_return(const FlowGraph *g, NodeId id, int depth) {
	size_t n;
	const NodeId *users = flow_users(g, id, &n);
	for (size_t i = 0; i < n; i++) {
		uint8_t kind = g->nodes[users[i]].kind;
		if (kind == NODE_RETURN) return true;
		bool carries =
		    kind == NODE_TUPLE || kind == NODE_JOIN || (flow_traits(g, users[i]) & (OP_VIEW | OP_CAST | OP_COPY));
		if (carries && depth > 0 && reaches_return(g, users[i], depth - 1)) return true;
	}
	return false;
}

/* Which part of the result it is; SIZE_MAX when it is no part, or not returned. */
static bool returned_as(const FlowGraph *g, NodeId id, size_t *index, int depth) {
	size_t n;
	const NodeId *users = flow_users(g, id, &n);
	for (size_t i = 0; i < n; i++) {
		const FlowNode *user = &g->nodes[users[i]];
		*index = SIZE_MAX;
		if (user->kind == NODE_RETURN) return true;
		if (depth == 0 || !carries(g, users[i]) || !returned_as(g, users[i], index, depth - 1)) continue;
		for (size_t a = 0; user->kind == NODE_TUPLE && !user->op && a < user->n_args; a++) {
			if (flow_arg(g, users[i], a) == id) *index = a;
		}
		return true;
	}
	return false;
}

/* A caller that computes with the returned value: with its part of the call's result, or with the copy that was repeated there. */
static bool caller_uses(const CallSite *site, const FlowNode *value, size_t index) {
	Search search = { NULL, site->graph, site->node };
	size_t n;
	const NodeId *users = flow_users(site->graph, site->node, &n);
	if (is_repeated(site->graph, site->node)) {
		for (NodeId id = site->node + 1; id < site->graph->n; id++) {
			const FlowNode *copy = &site->graph->nodes[id];
			if (copy->origin == site->node && copy->kind == value->kind && copy->op == value->op &&
			    used_outside(&search, id, 6))
				return true;
		}
		return false;
	}
	return index == SIZE_MAX ? used_outside(&search, site->node, 6) : used_here(&search, users, n, index, 6);
}

Truth where_is_used(const Matcher *m, const Clause *clause) {
	NodeId id = subject(m, clause);
	Search search = { m, m->graph, 0 };
	size_t index;
	if (used_outside(&search, id, 6)) return TRUTH_YES;
	if (m->graph->component == COMPONENT_NONE || !returned_as(m->graph, id, &index, 6)) return TRUTH_NO;
	const Function *f = &m->context->program->functions[m->graph->component];
	if (id == m->match->root || pattern_derives(m->graph, id, m->match->root)) return TRUTH_NO;
	for (size_t i = 0; i < f->n_callers; i++) {
		if (caller_uses(&f->callers[i], &m->graph->nodes[id], index)) return TRUTH_YES;
	}
	return TRUTH_NO;
}
Truth where_is_returned(const Matcher *m, const Clause *clause) {
	return truth(reaches_return(m->graph, subject(m, clause), 6));
}

Truth where_is_stored(const Matcher *m, const Clause *clause) {
	NodeId id = subject(m, clause);
	for (NodeId s = 1; s < m->graph->n; s++) {
		if (m->graph->nodes[s].kind == NODE_STORE && m->graph->nodes[s].name.len && flow_arg(m->graph, s, 1) == id)
			return TRUTH_YES;
	}
	return TRUTH_NO;
}

/* What is written through a pointer leaves no node: the array may be another afterwards. */
Truth where_has_pointer(const Matcher *m, const Clause *clause) {
	size_t n;
	const NodeId *users = flow_users(m->graph, subject(m, clause), &n);
	OpId pointer = op_named("unsafe_buffer");
	for (size_t i = 0; i < n; i++) {
		const FlowNode *user = &m->graph->nodes[users[i]];
		if (user->kind == NODE_OP && user->op == pointer) return TRUTH_YES;
		if (user->kind != NODE_JOIN) continue;
		size_t n_inner;
		const NodeId *inner = flow_users(m->graph, users[i], &n_inner);
		for (size_t k = 0; k < n_inner; k++) {
			if (m->graph->nodes[inner[k]].kind == NODE_OP && m->graph->nodes[inner[k]].op == pointer) return TRUTH_YES;
		}
	}
	return TRUTH_NO;
}

Truth where_derives(const Matcher *m, const Clause *clause) {
	if (word(clause, 0)->bind < 0 || word(clause, 1)->bind < 0) return TRUTH_UNKNOWN;
	NodeId a = m->match->bind[word(clause, 0)->bind], b = m->match->bind[word(clause, 1)->bind];
	return truth(a && b && pattern_derives(m->graph, a, b));
}
