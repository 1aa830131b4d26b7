#include "core/posix.h"

#include "core/pattern_tree.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Matching is a search over goals: a goal says that a node must fit a pattern, or that what a ^p passed does not derive from
 * what p matched. Choices (alternatives, operand order, how far to reach) are tried in order; binds are undone on the way back. */
typedef struct Goal Goal;
struct Goal {
	const Pat *pat; /* NULL: a check */
	NodeId node;
	PatReach reach;
	int depth; /* steps left for ~ and ^ */
	const Goal *next;
	int root_slot; /* check: node must not derive from what this slot holds */
};

enum { REACH_DEPTH = 12, STEP_BUDGET = 20000 };

static bool solve(Matcher *m, const Goal *goal);
static bool check_clauses(Matcher *m);

static bool then(Matcher *m, const Pat *pat, NodeId node, const Goal *rest) {
	Goal goal = { .pat = pat, .node = node, .reach = pat->reach, .depth = REACH_DEPTH, .next = rest, .root_slot = -1 };
	return solve(m, &goal);
}

/* Whether node is computed from what of computes, be it written out a second time; a size or type asked of it doesn't count. */
static bool computed_from(const FlowGraph *g, NodeId node, NodeId of) {
	bool *reached = base_alloc(((size_t)node + 1) * sizeof *reached), found = false;
	reached[node] = true;
	for (NodeId id = node; id > 0 && !found; id--) {
		if (!reached[id]) continue;
		found = id == of || g->nodes[id].value == g->nodes[of].value;
		if (flow_traits(g, id) & OP_SHAPE) continue;
		for (size_t i = 0; i < g->nodes[id].n_args; i++) {
			NodeId arg = flow_arg(g, id, i);
			if (arg < id) reached[arg] = true;
		}
	}
	free(reached);
	return found;
}

bool pattern_derives(const FlowGraph *g, NodeId node, NodeId ancestor) {
	if (node <= ancestor) return node == ancestor;
	/* Arguments have smaller ids, so what lies between the two is marked downwards from node in one sweep. */
	bool small[512] = { false };
	size_t n = node - ancestor + 1;
	bool *reached = n <= BASE_COUNT(small) ? small : base_alloc(n * sizeof *reached);
	reached[n - 1] = true;
	for (NodeId id = node; id > ancestor && !reached[0]; id--) {
		if (!reached[id - ancestor]) continue;
		for (size_t i = 0; i < g->nodes[id].n_args; i++) {
			NodeId arg = flow_arg(g, id, i);
			if (arg >= ancestor && arg < id) reached[arg - ancestor] = true;
		}
	}
	bool found = reached[0];
	if (reached != small) free(reached);
	return found;
}

Truth pattern_scalar(const Program *program, const FlowGraph *g, NodeId node) {
	(void)program;
	const FlowNode *at = &g->nodes[node];
	double value;
	if (flow_number(g, node, &value)) return TRUTH_YES;
	if (at->facts.domain == DOMAIN_HOST_SCALAR) return TRUTH_YES;
	if (at->facts.domain == DOMAIN_DEVICE && at->facts.rank == 0) return TRUTH_YES;
	if (at->facts.domain == DOMAIN_HOST_ARRAY || at->facts.rank > 0) return TRUTH_NO;
	if (at->kind == NODE_FIELD && (str_is(at->name, "scale") || str_is(at->name, "scaling"))) return TRUTH_YES;
	if (at->kind == NODE_OP && (flow_traits(g, node) & OP_HOST)) return TRUTH_YES;
	if (at->kind == NODE_OP && (flow_traits(g, node) & OP_ELEMENTWISE)) {
		Truth truth = TRUTH_YES;
		for (size_t i = 0; i < flow_operands(g, node); i++) {
			Truth arg = flow_arg(g, node, i) ? pattern_scalar(program, g, flow_arg(g, node, i)) : TRUTH_YES;
			if (arg < truth) truth = arg;
		}
		return truth;
	}
	return TRUTH_UNKNOWN;
}

/* ---- reaching through ---- */

static bool is_named(const FlowGraph *g, NodeId node, const char *op) {
	return g->nodes[node].kind == NODE_OP && strcmp(op_info(g->nodes[node].op)->name, op) == 0;
}

static bool solve_reach(Matcher *m, const Goal *goal, NodeId to) {
	if (!to || goal->depth == 0) return false;
	Goal next = *goal;
	next.node = to;
	next.depth--;
	return solve(m, &next);
}

/* Every arm of a join must reach the pattern. */
static bool reach_join(Matcher *m, const Goal *goal) {
	const FlowGraph *g = m->graph;
	const FlowNode *node = &g->nodes[goal->node];
	if (goal->depth == 0 || node->n_args == 0 || node->n_args > 4) return false;
	if (g->regions[node->body].kind == REGION_LOOP || g->regions[node->body].kind == REGION_CLOSURE) return false;
	Goal arms[4];
	const Goal *rest = goal->next;
	for (size_t i = node->n_args; i-- > 0;) {
		arms[i] = *goal;
		arms[i].node = flow_arg(g, goal->node, i);
		arms[i].depth = goal->depth - 1;
		arms[i].next = rest;
		rest = &arms[i];
		if (!arms[i].node) return false;
	}
	return solve(m, rest);
}

static bool reach_scaled(Matcher *m, const Goal *goal) {
	const FlowGraph *g = m->graph;
	NodeId id = goal->node, a = flow_arg(g, id, 0), b = flow_arg(g, id, 1);
	if (is_named(g, id, "multiply")) {
		if (a && b && pattern_scalar(m->context->program, g, b) == TRUTH_YES && solve_reach(m, goal, a)) return true;
		return a && b && pattern_scalar(m->context->program, g, a) == TRUTH_YES && solve_reach(m, goal, b);
	}
	if (is_named(g, id, "divide")) {
		return a && b && pattern_scalar(m->context->program, g, b) == TRUTH_YES && solve_reach(m, goal, a);
	}
	NodeId ways[3] = { 0 }, others[3] = { 0 };
	if (is_named(g, id, "add")) {
		ways[0] = a, others[0] = b;
		ways[1] = b, others[1] = a;
	} else if (is_named(g, id, "subtract")) {
		ways[0] = a, others[0] = b;
	} else if (is_named(g, id, "where")) {
		NodeId c = flow_arg(g, id, 2);
		ways[0] = b, others[0] = c;
		ways[1] = c, others[1] = b;
	}
	for (size_t i = 0; i < BASE_COUNT(ways); i++) {
		if (!ways[i] || !others[i]) continue;
		Goal check = { .node = others[i], .root_slot = goal->pat->root, .next = goal->next };
		Goal through = *goal;
		through.next = &check;
		if (solve_reach(m, &through, ways[i])) return true;
	}
	return false;
}

static bool reach_on(Matcher *m, const Goal *goal) {
	const FlowGraph *g = m->graph;
	const FlowNode *node = &g->nodes[goal->node];
	for (size_t i = 0; i < goal->pat->n_passes; i++) {
		if (node->kind == NODE_OP && node->op == goal->pat->passes[i] &&
		    solve_reach(m, goal, flow_arg(g, goal->node, 0))) {
			return true;
		}
	}
	if (node->kind == NODE_JOIN) return reach_join(m, goal);
	if (flow_traits(g, goal->node) & (OP_VIEW | OP_CAST | OP_COPY)) {
		/* A dropout layer's input stands behind its field. */
		if (solve_reach(m, goal, flow_arg(g, goal->node, node->kind == NODE_MODULE))) return true;
	}
	return goal->reach == REACH_SCALED && node->kind == NODE_OP && reach_scaled(m, goal);
}

/* ---- one node against one pattern ---- */

/* `_` fits an operand that isn't there, too: the start of `..<n`. */
static bool is_anything(const Pat *pat) { return pat->kind == PAT_ANY && pat->bind < 0; }

static bool solve_args(Matcher *m, const Pat *pat, const NodeId *nodes, size_t n, const Goal *rest) {
	Goal goals[16];
	if (n > BASE_COUNT(goals)) return false;
	for (size_t i = n; i-- > 0;) {
		const Pat *arg = pat->args[i];
		if (!nodes[i] && is_anything(arg)) continue;
		if (!nodes[i]) return false;
		goals[i] = (Goal) {
			.pat = arg, .node = nodes[i], .reach = arg->reach, .depth = REACH_DEPTH, .next = rest, .root_slot = -1
		};
		rest = &goals[i];
	}
	return solve(m, rest);
}

/* The operands from `first` on against the unlabelled arguments, the labels against the labelled ones. */
static bool match_args(Matcher *m, const Pat *pat, NodeId id, size_t first, bool commutes, const Goal *rest) {
	const FlowGraph *g = m->graph;
	size_t operands = flow_operands(g, id), wanted = 0;
	if (pat->open && pat->n_args == 0) return solve(m, rest);
	NodeId nodes[16];
	for (size_t i = 0; i < pat->n_args; i++) {
		if (i >= BASE_COUNT(nodes)) return false;
		if (pat->labels[i].len) {
			char label[64];
			if (pat->labels[i].len >= sizeof label) return false;
			memcpy(label, pat->labels[i].ptr, pat->labels[i].len);
			label[pat->labels[i].len] = '\0';
			nodes[i] = flow_labelled(g, id, label);
		} else {
			nodes[i] = flow_arg(g, id, first + wanted++);
			if (first + wanted > operands) return false;
			if (!nodes[i] && is_anything(pat->args[i])) continue;
		}
		if (!nodes[i]) return false;
	}
	if (!pat->open && first + wanted < operands) return false;
	if (solve_args(m, pat, nodes, pat->n_args, rest)) return true;
	if (!commutes || wanted < 2) return false;
	NodeId swap = nodes[0];
	nodes[0] = nodes[1];
	nodes[1] = swap;
	return solve_args(m, pat, nodes, pat->n_args, rest);
}

/* op{stride: 1}(...): the arguments of the submodule's construction, where it is set exactly once. */
static bool match_made(Matcher *m, const Pat *pat, NodeId id) {
	CallSite made;
	if (!pat->n_made) return true;
	if (!program_construction(m->context->program, m->graph, flow_arg(m->graph, id, 0), &made)) return false;
	for (size_t i = 0; i < pat->n_made; i++) {
		Matcher inner = *m;
		inner.graph = made.graph;
		inner.finish = false;
		NodeId value = 0;
		const FlowNode *node = &made.graph->nodes[made.node];
		for (size_t a = 0; a < node->n_args; a++) {
			const FlowArg *arg = &made.graph->args[node->args + a];
			if (str_eq(arg->label, pat->made_labels[i])) value = arg->node;
		}
		if (!value || !then(&inner, pat->made[i], value, NULL)) return false;
	}
	return true;
}

static bool match_op(Matcher *m, const Pat *pat, NodeId id, const Goal *rest) {
	const FlowGraph *g = m->graph;
	const FlowNode *node = &g->nodes[id];
	if (node->kind == NODE_MODULE) {
		return node->op == pat->op && match_made(m, pat, id) && match_args(m, pat, id, 1, false, rest);
	}
	if (node->kind != NODE_OP || node->op != pat->op || pat->n_made) return false;
	return match_args(m, pat, id, 0, (op_info(node->op)->traits & OP_COMMUTATIVE) != 0, rest);
}

static bool named_as(const Pat *pat, Str name) { return !pat->text.len || str_eq(pat->text, name); }

static bool match_number(const Matcher *m, const Pat *pat, NodeId id) {
	double value;
	if (!flow_number(m->graph, id, &value)) return false;
	return fabs(value - pat->number) <= 1e-12 * (1 + fabs(pat->number));
}

static bool match_keep(Matcher *m, const Pat *pat, NodeId id, const Goal *rest) {
	const FlowNode *node = &m->graph->nodes[id];
	if (node->kind != NODE_STORE || !node->name.len) return false;
	NodeId value = flow_arg(m->graph, id, 1);
	return value && pat->n_args == 1 && then(m, pat->args[0], value, rest);
}

static bool match_kind(Matcher *m, const Pat *pat, NodeId id, const Goal *rest) {
	const FlowGraph *g = m->graph;
	const FlowNode *node = &g->nodes[id];
	switch (pat->kind) {
	case PAT_ANY:
	case PAT_BIND: return solve(m, rest);
	case PAT_OP: return match_op(m, pat, id, rest);
	case PAT_TRAIT:
		if (!(flow_traits(g, id) & pat->traits)) return false;
		return match_args(m, pat, id, node->kind == NODE_MODULE, false, rest);
	case PAT_NUMBER: return match_number(m, pat, id) && solve(m, rest);
	case PAT_TEXT:
		return node->kind == NODE_CONST && node->is_string && str_eq(node->text, pat->text) && solve(m, rest);
	case PAT_BOOL: return node->kind == NODE_CONST && node->is_bool && node->number == pat->number && solve(m, rest);
	case PAT_NIL: return node->kind == NODE_CONST && node->is_nil && solve(m, rest);
	case PAT_FIELD:
		return node->kind == NODE_FIELD && named_as(pat, node->name) && match_args(m, pat, id, 0, false, rest);
	case PAT_PARAM: return node->kind == NODE_PARAM && solve(m, rest);
	case PAT_CONST: return node->kind == NODE_CONST && solve(m, rest);
	case PAT_LOOPVAR: return node->kind == NODE_LOOPVAR && solve(m, rest);
	case PAT_JOIN: return node->kind == NODE_JOIN && match_args(m, pat, id, 0, true, rest);
	case PAT_CLOSURE: return node->kind == NODE_CLOSURE && solve(m, rest);
	case PAT_CALL:
		return node->kind == NODE_CALL && named_as(pat, node->name) && match_args(m, pat, id, 0, false, rest);
	case PAT_NEW: return node->kind == NODE_NEW && named_as(pat, node->name) && match_args(m, pat, id, 0, false, rest);
	case PAT_MODULE: return node->kind == NODE_MODULE && match_args(m, pat, id, 1, false, rest);
	case PAT_LOAD: return node->kind == NODE_LOAD && match_args(m, pat, id, 0, false, rest);
	case PAT_STORE: return node->kind == NODE_STORE && !node->name.len && match_args(m, pat, id, 0, false, rest);
	case PAT_KEEP: return match_keep(m, pat, id, rest);
	case PAT_LIST:
		return node->kind == NODE_TUPLE && is_named(g, id, "array_literal") == false &&
		       strcmp(op_info(node->op)->name, "array_literal") == 0 && match_args(m, pat, id, 0, false, rest);
	case PAT_TUPLE: return node->kind == NODE_TUPLE && node->op == OP_NONE && match_args(m, pat, id, 0, false, rest);
	case PAT_PART: return node->kind == NODE_PART && match_args(m, pat, id, 0, false, rest);
	case PAT_RETURN: return node->kind == NODE_RETURN && !node->name.len && match_args(m, pat, id, 0, false, rest);
	case PAT_SYNCS: return program_syncs(m->context->program, g, id) && solve(m, rest);
	case PAT_EITHER:
	case PAT_LOOP: return false;
	}
	return false;
}

static bool solve_here(Matcher *m, const Goal *goal) {
	const Pat *pat = goal->pat;
	NodeId *slot = pat->bind >= 0 ? &m->match->bind[pat->bind] : NULL;
	NodeId *root = pat->root >= 0 ? &m->match->bind[pat->root] : NULL;
	NodeId old_slot = slot ? *slot : 0, old_root = root ? *root : 0;
	/* An operand must be the same value wherever it is named; a part of the formula may be written once in each arm of a join. */
	bool operand = pat->kind == PAT_BIND || pat->kind == PAT_ANY;
	if (old_slot && operand && m->graph->nodes[old_slot].value != m->graph->nodes[goal->node].value) return false;
	if (slot && !old_slot) *slot = goal->node;
	if (root && !old_root) *root = goal->node;
	bool found = false;
	if (pat->kind == PAT_EITHER) {
		for (size_t i = 0; i < pat->n_args && !found; i++) found = then(m, pat->args[i], goal->node, goal->next);
	} else {
		found = match_kind(m, pat, goal->node, goal->next);
	}
	if (!found && slot) *slot = old_slot;
	if (!found && root) *root = old_root;
	return found;
}

static bool solve(Matcher *m, const Goal *goal) {
	if (!goal) return !m->finish || check_clauses(m);
	if (--m->budget < 0) return false;
	if (!goal->pat) {
		NodeId root = goal->root_slot >= 0 ? m->match->bind[goal->root_slot] : 0;
		if (root && computed_from(m->graph, goal->node, root)) return false;
		return solve(m, goal->next);
	}
	if (solve_here(m, goal)) return true;
	return goal->reach != REACH_HERE && reach_on(m, goal);
}

bool pattern_match_inner(const Matcher *m, const Pat *pat, NodeId node) {
	Matcher inner = *m;
	inner.budget = STEP_BUDGET;
	inner.finish = false;
	return then(&inner, pat, node, NULL);
}

/* ---- conditions ---- */

static void note(Matcher *m, Str words, bool against) {
	PatternMatch *match = m->match;
	if (!words.len || match->n_notes == PATTERN_NOTES) return;
	match->note_against[match->n_notes] = against;
	match->note[match->n_notes++] = words;
}

static bool check_clauses(Matcher *m) {
	m->match->steps = 0;
	m->match->n_notes = 0;
	for (size_t i = 0; i < m->pattern->n_clauses; i++) {
		const Clause *clause = &m->pattern->clauses[i];
		Truth truth = clause->row->holds(m, clause);
		switch (clause->kind) {
		case CLAUSE_WHERE:
			if (truth == TRUTH_NO) return false;
			break;
		case CLAUSE_SURELY:
			if (truth != TRUTH_YES) return false;
			break;
		case CLAUSE_UNLESS:
			if (truth == TRUTH_YES) return false;
			break;
		case CLAUSE_WEAKER:
			if (truth != TRUTH_YES) continue;
			m->match->steps--;
			note(m, clause->says, true);
			continue;
		case CLAUSE_STRONGER:
			if (truth != TRUTH_YES) continue;
			m->match->steps++;
			note(m, clause->says, false);
			continue;
		}
		if (truth == TRUTH_UNKNOWN) {
			m->match->steps--;
			Str says = clause->says.len ? clause->says : clause->text;
			note(m, arena_printf(m->context->arena, "not known: %.*s", STR_ARG(says)), true);
		}
	}
	return true;
}

/* ---- the span of a match ---- */

static void widen(Span *span, Span with) {
	if (with.end <= with.start) return;
	if (span->end <= span->start) {
		*span = with;
		return;
	}
	if (with.start < span->start) span->start = with.start;
	if (with.end > span->end) span->end = with.end;
}

static bool binds_part(const Pat *pat, int bind, int depth) {
	if (pat->bind == bind && pat->kind != PAT_BIND && pat->kind != PAT_ANY) return true;
	for (size_t a = 0; a < pat->n_args && depth > 0; a++) {
		if (binds_part(pat->args[a], bind, depth - 1)) return true;
	}
	return false;
}

/* Whether a name stands for a part of the formula (`p as ?w`, also in a `where` that must fit), not for an operand (`?x` alone)
 * handed in. */
static bool is_formula(const Pattern *pattern, int bind) {
	if (binds_part(pattern->root, bind, 32)) return true;
	for (size_t c = 0; c < pattern->n_clauses; c++) {
		const Clause *clause = &pattern->clauses[c];
		for (size_t w = 0; clause->kind == CLAUSE_WHERE && w < clause->n_words; w++) {
			if (clause->words[w].pat && binds_part(clause->words[w].pat, bind, 32)) return true;
		}
	}
	return false;
}

/* From the root and the named parts of the formula that are computed before it. */
static Span match_span(const Matcher *m, NodeId root) {
	const FlowGraph *g = m->graph;
	Span span = g->nodes[root].span;
	for (size_t i = 0; i < m->pattern->n_binds; i++) {
		NodeId id = m->match->bind[i];
		if (id && id < root && g->nodes[id].kind == NODE_OP && is_formula(m->pattern, (int)i))
			widen(&span, g->nodes[id].span);
	}
	return span;
}

static void match_init(const Pattern *pattern, const FlowGraph *graph, PatternMatch *match) {
	*match = (PatternMatch) { .graph = graph, .loop = REGION_NONE, .n_binds = pattern->n_binds };
}

/* A value asked for itself that is as fixed in the callee is told there, unless the callee leaves it to its callers. */
static bool told_in_callee(const Program *program, const FlowGraph *g, NodeId id) {
	ComponentId callee = g->nodes[g->nodes[id].origin].callee;
	size_t n;
	const NodeId *users = flow_users(g, id, &n);
	for (size_t i = 0; i < n; i++) {
		if (g->nodes[users[i]].origin == g->nodes[id].origin)
			return true; /* a step on the way, not what the call gives */
	}
	if (callee == COMPONENT_NONE || pattern_gives_constant(program, callee)) return false;
	return program_fixed(program, &program->functions[callee].graph, g->nodes[id].copied) != TRUTH_NO;
}

/* All of it lies in one callee, where it is found for itself. */
static bool is_foreign(const Program *program, const FlowGraph *g, const Pattern *pattern, const PatternMatch *match) {
	NodeId origin = g->nodes[match->root].origin;
	if (pattern->root->kind == PAT_ANY || pattern->root->kind == PAT_BIND)
		return origin && told_in_callee(program, g, match->root); /* asked of every value: its conditions decide */
	for (size_t i = 0; origin && i < pattern->n_binds; i++) {
		NodeId id = match->bind[i];
		if (id && g->nodes[id].kind == NODE_OP && g->nodes[id].origin != origin && is_formula(pattern, (int)i))
			return false;
	}
	return origin != 0;
}

bool pattern_match_at(
    const Pattern *pattern, const PatternContext *context, const FlowGraph *graph, NodeId root, PatternMatch *match) {
	match_init(pattern, graph, match);
	match->root = root;
	match->loop = flow_enclosing(graph, graph->nodes[root].region, REGION_LOOP);
	Matcher m = { pattern, context, graph, match, true, STEP_BUDGET };
	if (!then(&m, pattern->root, root, NULL) || is_foreign(context->program, graph, pattern, match)) return false;
	match->span = match_span(&m, root);
	return true;
}

/* ---- loops as roots ---- */

static const NodeId *loop_part(const FlowRegion *loop, Str label, NodeId single[1], size_t *n) {
	*n = 1;
	if (str_is(label, "over")) return single[0] = loop->over, single;
	if (str_is(label, "var")) return single[0] = loop->var, single;
	if (str_is(label, "carried")) return *n = loop->n_carried, loop->carried;
	if (str_is(label, "collects")) return *n = loop->n_collects, loop->collects;
	if (str_is(label, "folds")) return *n = loop->n_folds, loop->folds;
	*n = 0;
	return single;
}

/* One choice for each labelled part, then the conditions; backtracks over the choices. */
static bool match_parts(Matcher *m, const FlowRegion *loop, size_t part) {
	const Pat *pat = m->pattern->root;
	if (part == pat->n_args) return check_clauses(m);
	NodeId single[1];
	size_t n;
	const NodeId *nodes = loop_part(loop, pat->labels[part], single, &n);
	for (size_t i = 0; i < n; i++) {
		PatternMatch before = *m->match;
		if (nodes[i] && then(m, pat->args[part], nodes[i], NULL) && match_parts(m, loop, part + 1)) return true;
		*m->match = before;
	}
	return false;
}

bool pattern_match_loop(
    const Pattern *pattern, const PatternContext *context, const FlowGraph *graph, RegionId loop, PatternMatch *match) {
	match_init(pattern, graph, match);
	match->loop = loop;
	Matcher m = { pattern, context, graph, match, false, STEP_BUDGET };
	if (!match_parts(&m, &graph->regions[loop], 0)) return false;
	match->span = graph->regions[loop].span;
	return true;
}
