/* Conditions of patterns: one row each in the table at the end. */
#include "core/posix.h"

#include "core/pattern_where.h"

#include <stdlib.h>
#include <string.h>

/* ---- place ---- */

static Truth in_loop(const Matcher *m, const Clause *clause) {
	(void)clause;
	return truth(m->match->loop != REGION_NONE);
}

static Frequency frequency_here(const Matcher *m) {
	NodeId root = m->match->root;
	if (!root && m->match->loop != REGION_NONE) root = m->graph->regions[m->match->loop].first;
	return root ? program_frequency(m->context->program, m->graph, root, NULL, NULL) : FREQUENCY_UNKNOWN;
}

static Truth at_least(Frequency have, Frequency want) {
	return have == FREQUENCY_UNKNOWN ? TRUTH_UNKNOWN : truth(have >= want);
}

static Truth per_call(const Matcher *m, const Clause *clause) {
	(void)clause;
	return at_least(frequency_here(m), FREQUENCY_CALL);
}

static Truth per_layer(const Matcher *m, const Clause *clause) {
	(void)clause;
	Frequency have = frequency_here(m);
	return have == FREQUENCY_UNKNOWN ? TRUTH_UNKNOWN : truth(have == FREQUENCY_LAYER || have == FREQUENCY_STEP_LAYER);
}

static Truth per_step(const Matcher *m, const Clause *clause) {
	(void)clause;
	return at_least(frequency_here(m), FREQUENCY_STEP);
}

static Truth per_element(const Matcher *m, const Clause *clause) {
	(void)clause;
	return at_least(frequency_here(m), FREQUENCY_ELEMENT);
}

static Truth in_init(const Matcher *m, const Clause *clause) {
	(void)clause;
	ComponentId id = m->graph->component;
	if (id == COMPONENT_NONE) return TRUTH_YES; /* globals and field initialisers */
	const Component *c = &m->context->program->outline->components[id];
	return truth(c->is_init || m->context->program->functions[id].only_from_init);
}

static Truth in_condition(const Matcher *m, const Clause *clause) {
	RegionId r = m->match->root ? m->graph->nodes[m->match->root].region : m->match->loop;
	for (; r != REGION_NONE; r = m->graph->regions[r].parent) {
		const FlowRegion *region = &m->graph->regions[r];
		if (flow_is_compiled_if(region) && (!clause->n_words || str_find(region->text, "os(", 0) != SIZE_MAX))
			return TRUTH_YES;
	}
	return TRUTH_NO;
}

static Truth component_named(const Matcher *m, const Clause *clause) {
	ComponentId id = m->graph->component;
	if (id == COMPONENT_NONE) return TRUTH_NO;
	return truth(str_eq(m->context->program->outline->components[id].base, word(clause, 0)->text));
}

/* ---- constancy ---- */

static Truth is_fixed(const Matcher *m, const Clause *clause) {
	return program_fixed(m->context->program, m->graph, subject(m, clause));
}

static Truth is_invariant(const Matcher *m, const Clause *clause) {
	if (m->match->loop == REGION_NONE) return TRUTH_NO;
	return program_invariant(m->context->program, m->graph, subject(m, clause), m->match->loop);
}

/* Made of an array that the function is given, or of what a layer gives; not of a size alone. */
static bool is_data(const FlowGraph *g, NodeId id, int depth) {
	const FlowNode *node = &g->nodes[id];
	if (!id || depth == 0 || (flow_traits(g, id) & OP_SHAPE)) return false;
	if (node->kind == NODE_MODULE || (node->kind == NODE_PARAM && node->facts.domain == DOMAIN_DEVICE)) return true;
	for (size_t i = 0; i < node->n_args; i++) {
		NodeId arg = flow_arg(g, id, i);
		if (arg && arg < id && is_data(g, arg, depth - 1)) return true;
	}
	return false;
}

/* Also through what a loop stored into an array. */
static bool comes_from(const FlowGraph *g, NodeId value, NodeId id) {
	if (pattern_derives(g, value, id)) return true;
	for (NodeId s = id + 1; s < g->n; s++) {
		const FlowNode *node = &g->nodes[s];
		if (node->kind != NODE_STORE || node->name.len || !pattern_derives(g, flow_arg(g, s, 1), id)) continue;
		RegionId loop = flow_enclosing(g, node->region, REGION_LOOP);
		for (size_t i = 0; loop != REGION_NONE && i < g->regions[loop].n_carried; i++) {
			NodeId join = g->regions[loop].carried[i], turn = flow_arg(g, join, 1);
			if (turn && pattern_derives(g, turn, s) && pattern_derives(g, value, join)) return true;
		}
	}
	return false;
}

/* The value is kept for the next time: stored to a field or table behind a test for nil. */
static Truth is_memoised(const Matcher *m, const Clause *clause) {
	const FlowGraph *g = m->graph;
	NodeId id = subject(m, clause);
	ComponentId component = g->component;
	if (component != COMPONENT_NONE) {
		const Component *c = &m->context->program->outline->components[component];
		for (size_t i = 0; i < c->n_decorators; i++) {
			if (str_find(c->decorators[i], "cache", 0) != SIZE_MAX) return TRUTH_YES;
		}
	}
	for (NodeId s = id + 1; s < g->n; s++) {
		const FlowNode *node = &g->nodes[s];
		if (node->kind != NODE_STORE || !flow_arg(g, s, 1)) continue;
		NodeId base = flow_arg(g, s, 0);
		bool kept = node->name.len || g->nodes[base].kind == NODE_FIELD || g->nodes[base].kind == NODE_GLOBAL;
		/* What is kept of data is no table, though the constant is in it. */
		bool table = kept && !is_data(g, flow_arg(g, s, 1), 24);
		if (table && comes_from(g, flow_arg(g, s, 1), id)) return TRUTH_YES;
	}
	return TRUTH_NO;
}

/* A part or another shape of a value, made without computing. */
static bool is_view(const FlowGraph *g, NodeId id) {
	return g->nodes[id].kind == NODE_LOAD || g->nodes[id].kind == NODE_PART || (flow_traits(g, id) & OP_VIEW);
}

static bool used_by_constant(const Matcher *m, NodeId id, int depth) {
	const FlowGraph *g = m->graph;
	size_t n;
	const NodeId *users = flow_users(g, id, &n);
	for (size_t i = 0; i < n; i++) {
		uint8_t kind = g->nodes[users[i]].kind;
		if (kind == NODE_RETURN || kind == NODE_STORE || kind == NODE_JOIN || kind == NODE_TUPLE) continue;
		if (g->nodes[users[i]].origin > g->nodes[id].origin) continue; /* inside a callee, where it is told */
		if (flow_traits(g, users[i]) & OP_SHAPE) continue;
		if (program_fixed(m->context->program, g, users[i]) != TRUTH_YES) continue;
		if (!is_view(g, users[i]) || depth == 0 || used_by_constant(m, users[i], depth - 1)) return true;
	}
	return false;
}

/* Put into an array that is the constant then. */
static bool is_put_away(const FlowGraph *g, NodeId id) {
	size_t n;
	const NodeId *users = flow_users(g, id, &n);
	for (size_t i = 0; i < n; i++) {
		if (g->nodes[users[i]].kind == NODE_STORE || (flow_traits(g, users[i]) & OP_MUTATES)) return true;
		if (is_view(g, users[i]) && is_put_away(g, users[i])) return true;
	}
	return false;
}

/* One for each entry of a fixed list, and no step of a model: a table of constants. */
static bool is_table(const Matcher *m, NodeId id_of, RegionId r) {
	const FlowGraph *g = m->graph;
	if (g->nodes[id_of].kind != NODE_OP || is_put_away(g, id_of)) return false;
	const FlowRegion *loop = &g->regions[r];
	const Program *p = m->context->program;
	if (!loop->over || loop->form == LOOP_WHILE || program_fixed(p, g, loop->over) != TRUTH_YES) return false;
	for (NodeId id = loop->first; id < loop->last && id < g->n; id++) {
		if (!flow_inside(g, g->nodes[id].region, r)) continue;
		ComponentId callee = g->nodes[id].callee;
		if (g->nodes[id].kind == NODE_MODULE || (callee != COMPONENT_NONE && p->functions[callee].runs_modules))
			return false;
	}
	return true;
}

/* Made of what a loop around it counts or carries: it is another value in each turn. */
static bool varies_by_turn(const Matcher *m, NodeId id) {
	const FlowGraph *g = m->graph;
	const FlowNode *node = &g->nodes[id];
	bool of_loop = node->kind == NODE_JOIN && g->regions[node->body].kind == REGION_LOOP;
	RegionId r = of_loop ? g->regions[node->body].parent : node->region;
	for (; r != REGION_NONE; r = g->regions[r].parent) {
		if (g->regions[r].kind != REGION_LOOP || (g->regions[r].over && id <= g->regions[r].over)) continue;
		if (program_invariant(m->context->program, g, id, r) == TRUTH_NO && !is_table(m, id, r)) return true;
	}
	return false;
}

/* No user of the value is as constant as it is: it is the whole of the constant part. Of what is only another view of a value, the value. What
 * a loop over device arrays carries is made of what is told before it. */
static Truth is_topmost(const Matcher *m, const Clause *clause) {
	const FlowGraph *g = m->graph;
	NodeId id = subject(m, clause);
	const FlowNode *node = &g->nodes[id];
	NodeId last = id;
	while (node->kind == NODE_CALL && last + 1 < g->n && g->nodes[last + 1].origin == id) last++;
	bool repeated = last != id && g->nodes[last].kind != NODE_JOIN; /* its value is told; a join is none */
	NodeId whole = node->kind == NODE_PART ? flow_arg(g, id, 0) : 0;
	bool given = whole && g->nodes[whole].kind == NODE_CALL; /* one of what a call gives: (weight, groups) */
	if ((is_view(g, id) && !given) || repeated) return TRUTH_NO;
	if (node->kind == NODE_JOIN && node->facts.domain == DOMAIN_DEVICE && g->regions[node->body].kind == REGION_LOOP)
		return TRUTH_NO;
	return truth(!used_by_constant(m, id, 6) && !varies_by_turn(m, id));
}

typedef struct Costing {
	const Program *program;
	const FlowGraph *g;
	bool *seen;
	double sum;
} Costing;

static void add_cost(Costing *c, NodeId id, int depth) {
	if (!id || c->seen[id] || depth == 0) return;
	c->seen[id] = true;
	const FlowNode *node = &c->g->nodes[id];
	uint32_t traits = flow_traits(c->g, id);
	if (traits & OP_SHAPE) return; /* known without the value */
	if (node->kind == NODE_OP) {
		if (traits & OP_EXPENSIVE) {
			c->sum += 5;
		} else if (!(traits & (OP_VIEW | OP_HOST | OP_SHAPE | OP_SYNC)) && node->facts.domain == DOMAIN_DEVICE) {
			c->sum += 1;
		}
	}
	if (node->kind == NODE_CALL && node->callee != COMPONENT_NONE)
		c->sum += pattern_callee_cost(c->program, node->callee);
	for (size_t i = 0; i < node->n_args; i++) add_cost(c, flow_arg(c->g, id, i), depth - 1);
}

/* A loop that makes part of the value: it collects, folds or stores into it. */
static bool loop_makes(const FlowGraph *g, RegionId r, const bool *seen) {
	const FlowRegion *loop = &g->regions[r];
	if (loop->trips == TRIPS_LITERAL && loop->trip_count < 16) return false;
	for (size_t i = 0; i < loop->n_collects; i++) {
		if (seen[loop->collects[i]]) return true;
	}
	for (size_t i = 0; i < loop->n_carried; i++) {
		if (seen[loop->carried[i]]) return true;
	}
	return false;
}

/* cost ?x CMP N: device operations that make the value, 5 for an expensive one; host loops of large count are 5. */
static Truth cost(const Matcher *m, const Clause *clause) {
	Costing c = { m->context->program, m->graph, base_alloc(m->graph->n * sizeof(bool)), 0 };
	add_cost(&c, subject(m, clause), 64);
	for (RegionId r = 1; r < m->graph->n_regions; r++) {
		if (m->graph->regions[r].kind == REGION_LOOP && loop_makes(m->graph, r, c.seen)) c.sum += 5;
	}
	free(c.seen);
	return compare_words(clause, c.sum);
}

/* ---- flow ---- */

static Truth waits(const Matcher *m, const Clause *clause) {
	return truth(program_syncs(m->context->program, m->graph, subject(m, clause)));
}

/* What a turn computes from the value is what the next turn starts with: a carried join derives from it. */
static Truth feeds_back(const Matcher *m, const Clause *clause) {
	const FlowGraph *g = m->graph;
	if (m->match->loop == REGION_NONE) return TRUTH_NO;
	NodeId id = subject(m, clause);
	const FlowRegion *loop = &g->regions[m->match->loop];
	for (size_t i = 0; i < loop->n_carried; i++) {
		NodeId join = loop->carried[i], turn = flow_arg(g, join, 1);
		if (turn && (turn == id || pattern_derives(g, turn, id))) return TRUTH_YES;
	}
	return TRUTH_NO;
}

static bool any_match(const Matcher *m, const Pat *pat, NodeId from, NodeId to, RegionId inside) {
	for (NodeId id = from; id < to; id++) {
		if (inside != REGION_NONE && !flow_inside(m->graph, m->graph->nodes[id].region, inside)) continue;
		if (pattern_match_inner(m, pat, id)) return true;
	}
	return false;
}

static const Pat *quoted(const Clause *clause) {
	for (size_t i = 0; i < clause->n_words; i++) {
		if (clause->words[i].pat) return clause->words[i].pat;
	}
	return NULL;
}

static Str last_word(const Clause *clause) {
	return clause->n_words ? clause->words[clause->n_words - 1].text : STR_NONE;
}

static bool package_has(const Matcher *m, const Pat *pat) {
	const Program *program = m->context->program;
	for (ComponentId c = 0; c < program->outline->n; c++) {
		Matcher other = *m;
		other.graph = &program->functions[c].graph;
		if (other.graph->n && any_match(&other, pat, 1, other.graph->n, REGION_NONE)) return true;
	}
	for (size_t f = 0; f < program->outline->source->n_files; f++) {
		Matcher other = *m;
		other.graph = &program->toplevel[f];
		if (other.graph->n && any_match(&other, pat, 1, other.graph->n, REGION_NONE)) return true;
	}
	return false;
}

/* contains `p`, contains `p` in function|loop|package: somewhere in the loop (by default), the function or the package. */
static Truth contains(const Matcher *m, const Clause *clause) {
	const Pat *pat = quoted(clause);
	if (!pat) return TRUTH_UNKNOWN;
	Str where = last_word(clause);
	if (str_is(where, "package")) return truth(package_has(m, pat));
	RegionId inside = str_is(where, "function") ? REGION_NONE : m->match->loop;
	return truth(any_match(m, pat, 1, m->graph->n, inside));
}

/* before `p`: evaluated earlier in the function than the root, on a value that the clause's names bind. */
static Truth comes_before(const Matcher *m, const Clause *clause) {
	const Pat *pat = quoted(clause);
	NodeId root = m->match->root ? m->match->root : m->graph->regions[m->match->loop].first;
	return pat ? truth(any_match(m, pat, 1, root, REGION_NONE)) : TRUTH_UNKNOWN;
}

/* is ?x `p` */
static Truth is_like(const Matcher *m, const Clause *clause) {
	const Pat *pat = quoted(clause);
	return pat ? truth(pattern_match_inner(m, pat, subject(m, clause))) : TRUTH_UNKNOWN;
}

/* made with `p`: among what the value is computed from there is one. */
static Truth made_with(const Matcher *m, const Clause *clause) {
	const Pat *pat = quoted(clause);
	if (!pat) return TRUTH_UNKNOWN;
	NodeId id = subject(m, clause);
	for (NodeId from = id; from > 0; from--) {
		if (pattern_match_inner(m, pat, from) && pattern_derives(m->graph, id, from)) return TRUTH_YES;
	}
	return TRUTH_NO;
}

/* reaches ?x argument LABEL of OP */
static Truth reaches(const Matcher *m, const Clause *clause) {
	const FlowGraph *g = m->graph;
	OpId op = op_find(last_word(clause));
	NodeId id = subject(m, clause);
	for (NodeId call = id + 1; call < g->n; call++) {
		if (!flow_is_op(g, call, op)) continue;
		for (size_t i = 0; i < g->nodes[call].n_args; i++) {
			const FlowArg *arg = &g->args[g->nodes[call].args + i];
			bool here = str_eq(arg->label, word(clause, 2)->text) && arg->node;
			if (here && (arg->node == id || pattern_derives(g, arg->node, id))) return TRUTH_YES;
		}
	}
	return TRUTH_NO;
}

/* ---- loops ---- */

static const FlowRegion *the_loop(const Matcher *m) {
	return m->match->loop == REGION_NONE ? NULL : &m->graph->regions[m->match->loop];
}

/* trips large: unbounded, by the size of data, or a literal or configured count of 16 and more. few: a literal below. */
static Truth trips(const Matcher *m, const Clause *clause) {
	const FlowRegion *loop = the_loop(m);
	if (!loop) return TRUTH_NO;
	bool large = str_is(word(clause, 0)->text, "large");
	if (str_is(word(clause, 0)->text, "few")) return truth(loop->trips == TRIPS_LITERAL && loop->trip_count < 16);
	switch ((TripKind)loop->trips) {
	case TRIPS_LITERAL: return truth((loop->trip_count >= 16) == large);
	case TRIPS_DATA:
	case TRIPS_UNBOUNDED: return truth(large);
	case TRIPS_NAMED: return large ? TRUTH_YES : TRUTH_UNKNOWN;
	case TRIPS_UNKNOWN: break;
	}
	return TRUTH_UNKNOWN;
}

static Truth is_independent(const Matcher *m, const Clause *clause) {
	(void)clause;
	const FlowRegion *loop = the_loop(m);
	return loop ? truth(loop->independent) : TRUTH_NO;
}

static Truth loop_form(const Matcher *m, const Clause *clause) {
	const FlowRegion *loop = the_loop(m);
	if (!loop) return TRUTH_NO;
	for (size_t i = 0; i < clause->n_words; i++) {
		if (str_is(clause->words[i].text, flow_loop_form_name((LoopForm)loop->form))) return TRUTH_YES;
	}
	return TRUTH_NO;
}

static Truth over_modules(const Matcher *m, const Clause *clause) {
	(void)clause;
	const FlowRegion *loop = the_loop(m);
	if (!loop) return TRUTH_NO;
	for (NodeId id = loop->first; id < loop->last; id++) {
		const FlowNode *node = &m->graph->nodes[id];
		if (node->kind != NODE_MODULE) continue;
		NodeId field = flow_arg(m->graph, id, 0);
		if (field && (pattern_derives(m->graph, field, loop->var ? loop->var : field))) {
			if (loop->var && m->graph->nodes[loop->var].body == m->match->loop) return TRUTH_YES;
		}
	}
	return TRUTH_NO;
}

static Truth loop_runs_modules(const Matcher *m, const Clause *clause) {
	(void)clause;
	const FlowRegion *loop = the_loop(m);
	if (!loop) return TRUTH_NO;
	for (NodeId id = loop->first; id < loop->last; id++) {
		const FlowNode *node = &m->graph->nodes[id];
		if (!flow_inside(m->graph, node->region, m->match->loop)) continue;
		if (node->kind == NODE_MODULE) return TRUTH_YES;
		if (node->callee != COMPONENT_NONE && m->context->program->functions[node->callee].runs_modules)
			return TRUTH_YES;
	}
	return TRUTH_NO;
}

/* ---- references ---- */

static Truth reference_uses(const Matcher *m, const Clause *clause) {
	OpId op = op_find(last_word(clause));
	bool any = false;
	for (Side side = SIDE_MLX; side <= SIDE_TORCH; side++) {
		const Program *reference = m->context->references[side];
		if (!reference) continue;
		any = true;
		for (ComponentId c = 0; c < reference->outline->n; c++) {
			const FlowGraph *g = &reference->functions[c].graph;
			for (NodeId id = 1; id < g->n; id++) {
				if (flow_is_op(g, id, op)) return TRUTH_YES;
			}
		}
	}
	return any ? TRUTH_NO : TRUTH_UNKNOWN;
}

static const ConditionRow CONDITIONS[] = {
	{ "in loop", "", in_loop, "the match stands in a loop" },
	{ "per call", "", per_call, "runs at least once a call of the model" },
	{ "per layer", "", per_layer, "runs once a layer of a stack" },
	{ "per step", "", per_step, "runs at least once a turn of an autoregressive or diffusion loop" },
	{ "per element", "", per_element, "runs once an element of a host array" },
	{ "in init", "", in_init, "in an init, a lazy or static value, or what only these call" },
	{ "in condition", "[os]", in_condition, "inside an arm of #if" },
	{ "component named", "NAME", component_named, "the component's last name" },
	{ "device", "?x", where_is_device, "a device array" },
	{ "host", "?x", where_is_host, "a host scalar or array" },
	{ "host array", "?x", where_is_host_array, "a host array" },
	{ "real", "?x", where_is_real, "its elements are not complex" },
	{ "floating", "?x", where_is_float, "its elements are floating point" },
	{ "scalar", "?x", where_is_scalar, "one number" },
	{ "rank", "?x CMP N", where_rank, "number of axes" },
	{ "size", "?x axis N CMP K", where_size_of_axis, "size of an axis, where literal" },
	{ "length", "?x CMP N", where_length, "number of elements of a host array, where literal" },
	{ "type", "?x [[Float]]", where_has_type, "a host array's nesting and element" },
	{ "double", "?x", where_is_double, "host numbers of type Double" },
	{ "permutes", "?x last-two", where_permutes_last_two, "a transposition of exactly the last two axes" },
	{ "fixed", "?x", is_fixed, "made of constants, configuration and weights only" },
	{ "invariant", "?x", is_invariant, "cannot change from turn to turn of the loop" },
	{ "memoised", "[?x]", is_memoised, "kept for the next call" },
	{ "topmost", "[?x]", is_topmost, "the whole of the constant part" },
	{ "cost", "?x CMP N", cost, "device operations that make it, expensive ones and host loops 5 each" },
	{ "used", "?x", where_is_used, "computed with outside the match, in callers too" },
	{ "returned", "?x", where_is_returned, "reaches a return, also in a tuple" },
	{ "stored", "?x", where_is_stored, "stored to a field" },
	{ "pointed to", "?x", where_has_pointer, "a pointer to its elements is used, through which it may be written" },
	{ "derives", "?x ?y", where_derives, "?x is computed from ?y" },
	{ "syncs", "[?x]", waits, "waits for the device, itself or in a callee" },
	{ "feeds back", "[?x]", feeds_back, "the next turn of the loop starts from what is computed of it" },
	{ "contains", "`p` [in function|package]", contains, "the loop, function or package holds a match of p" },
	{ "before", "`p`", comes_before, "p is evaluated earlier in the function" },
	{ "is", "?x `p`", is_like, "?x fits p" },
	{ "made with", "?x `p`", made_with, "p is among what ?x is computed from" },
	{ "reaches", "?x argument LABEL of OP", reaches, "becomes that argument of an operation" },
	{ "trips", "large|small|few", trips, "the loop's number of turns; few: written in the code" },
	{ "independent", "", is_independent, "no turn of the loop depends on another" },
	{ "form", "for|while|repeat|map|foreach|reduce|filter|comprehension|concurrent", loop_form,
	    "how the loop is written" },
	{ "in step loop", "", pattern_in_step_loop,
	    "the loop around is autoregressive or diffusion: what a model gives is what the next turn begins with" },
	{ "from modules", "[?x]", pattern_from_modules, "computed from what a submodule gives in the same turn" },
	{ "evaluates ahead", "", pattern_evaluates_ahead,
	    "the loop starts evaluations without waiting, itself or in a callee" },
	{ "goes into object", "[?x]", pattern_goes_into_object, "an argument of what makes an object" },
	{ "called in turns", "", pattern_called_in_turns, "the function runs once a layer or a step" },
	{ "now and then", "", pattern_now_and_then, "behind a test for every n-th turn" },
	{ "beside steps", "", pattern_beside_steps,
	    "the function runs an autoregressive or diffusion loop, and the match runs once beside it" },
	{ "from weights", "[?x]", pattern_from_weights, "computed from an array that is loaded" },
	{ "left to callers", "", pattern_left_to_callers, "the function only makes a constant: its callers can keep it" },
	{ "over modules", "", over_modules, "the loop runs over submodules" },
	{ "runs modules", "", loop_runs_modules, "the loop calls submodules, itself or in a callee" },
	{ "consecutive", "?x", pattern_consecutive,
	    "its positions count up along one axis, as fields, callees and callers tell" },
	{ "only fills", "", pattern_only_fills,
	    "what the loop carries is only filled or added up: no turn reads another's" },
	{ "folds", "?x", pattern_folds, "each turn joins ?x to what the loop has gathered so far, in any order" },
	{ "runs given", "", pattern_runs_given, "the loop calls a function that it was given on device arrays" },
	{ "sized by turn", "", pattern_sized_by_turn, "an array's size in the loop differs by turn" },
	{ "ragged", "", pattern_is_ragged, "slices in the loop end where data say, another length each turn" },
	{ "reference uses", "OP", reference_uses, "a reference calls the operation" },
};

const ConditionRow *pattern_condition(const Str *words, size_t n_words, size_t *taken) {
	const ConditionRow *best = NULL;
	*taken = 0;
	for (size_t i = 0; i < BASE_COUNT(CONDITIONS); i++) {
		Str name = str_of(CONDITIONS[i].name), part;
		size_t n = 0;
		bool fits = true;
		while (fits && str_split(&name, ' ', &part)) {
			fits = n < n_words && str_eq(words[n], part);
			n++;
		}
		if (fits && n > *taken) best = &CONDITIONS[i], *taken = n;
	}
	return best;
}

void pattern_describe_conditions(Buf *out) {
	for (size_t i = 0; i < BASE_COUNT(CONDITIONS); i++) {
		const ConditionRow *row = &CONDITIONS[i];
		buf_printf(out, "%s%s%s\t%s\n", row->name, row->words[0] ? " " : "", row->words, row->help);
	}
}
