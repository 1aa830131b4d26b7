/* hoist-invariant across calls: what a function computes from parameters that a loop around its calls doesn't change.
 *
 * A layer that turns the mask into numbers, or takes cosine and sine of the positions, does so once a layer with one result for all; a model that embeds its
 * text does so in every step of the solver that calls it. It is told in the function, where the work stands, with the loop it can move in front of. */
#include "core/posix.h"

#include "core/detect_hoist.h"
#include "core/pattern_tree.h"
#include "core/program_steady.h"

enum { NEAR_LINES = 8, NAMED = 3 };

typedef struct Look {
	const MatchContext *context;
	const Technique *technique;
	Findings *findings;
	const FlowGraph *g;
	const SteadyFunction *steady;
} Look;

typedef struct Group {
	NodeId first;
	Span span;
	double cost;
	bool heavy, by_shape;
	size_t n;
	NodeId nodes[64];
} Group;

static uint32_t line_at(const Look *l, uint32_t offset) {
	return source_pos(&l->context->program->outline->source->files[l->g->file], offset).line;
}

static bool is_steady(const Look *l, NodeId id) {
	uint8_t truth = l->steady->nodes[id];
	return truth == TRUTH_YES || (truth == TRUTH_UNKNOWN && !l->steady->decodes);
}

/* Every turn comes here, or none. */
static bool always_reached(const Look *l, RegionId at) {
	const FlowGraph *g = l->g;
	for (RegionId r = at; r != 0 && r != REGION_NONE; r = g->regions[r].parent) {
		if (g->regions[r].kind == REGION_CLOSURE || g->regions[r].kind == REGION_LOOP) return false;
		if (g->regions[r].kind != REGION_BRANCH) continue;
		for (RegionId arm = 1; arm < g->n_regions; arm++) {
			bool same = g->regions[arm].kind == REGION_BRANCH && g->regions[arm].group == g->regions[r].group;
			if (same && g->regions[arm].condition && !is_steady(l, g->regions[arm].condition)) return false;
		}
	}
	return true;
}

static bool is_kept(const FlowGraph *g, NodeId id) {
	for (NodeId s = id + 1; s < g->n; s++) {
		bool field = g->nodes[s].kind == NODE_STORE && g->nodes[s].name.len;
		bool table = g->nodes[s].kind == NODE_STORE && g->nodes[flow_arg(g, s, 0)].kind == NODE_FIELD;
		if ((field || table) && pattern_derives(g, flow_arg(g, s, 1), id)) return true;
	}
	return false;
}

static double worth_of(const Look *l, NodeId id) {
	const FlowNode *node = &l->g->nodes[id];
	const Program *p = l->context->program;
	double worth = hoist_worth(p, l->g, id);
	bool helper = node->kind == NODE_CALL && node->callee != COMPONENT_NONE && node->facts.domain == DOMAIN_DEVICE;
	if (worth <= 0 && helper) worth = pattern_callee_cost(p, node->callee);
	return worth;
}

/* An activation in front of a layer: the layer differs from turn to turn, and the array is as small as the layer's input. */
static bool is_activation(const FlowGraph *g, NodeId id) {
	size_t n;
	const NodeId *users = flow_users(g, id, &n);
	if (flow_traits(g, id) & (OP_EXPENSIVE | OP_CONSTRUCTOR)) return false;
	for (size_t i = 0; i < n; i++) {
		if (g->nodes[users[i]].kind != NODE_MODULE) return false;
	}
	return n > 0 && g->nodes[id].kind == NODE_OP;
}

/* Models and blocks, not one layer. */
static bool is_composite(const Program *p, ComponentId callee, int depth) {
	const FlowGraph *g = &p->functions[callee].graph;
	size_t modules = 0;
	for (NodeId id = 1; id < g->n; id++) {
		const FlowNode *node = &g->nodes[id];
		if (node->kind == NODE_MODULE && flow_enclosing(g, node->region, REGION_LOOP) != REGION_NONE) return true;
		modules += node->kind == NODE_MODULE && !node->origin;
		bool deeper = depth > 0 && node->callee != COMPONENT_NONE && node->callee != callee;
		if (deeper && is_composite(p, node->callee, depth - 1)) return true;
	}
	return modules >= 3;
}

static double judge(const Look *l, NodeId id) {
	const FlowNode *node = &l->g->nodes[id];
	if (node->origin || node->is_implicit || !is_steady(l, id)) return 0;
	if (program_fixed(l->context->program, l->g, id) == TRUTH_YES) return 0; /* precompute-constant tells */
	double worth = worth_of(l, id);
	if (worth <= 0 || is_activation(l->g, id) || !always_reached(l, node->region) || hoist_is_filled(l->g, id) ||
	    is_kept(l->g, id))
		return 0;
	return worth;
}

static bool used_in_group(const FlowGraph *g, const Group *group, NodeId id) {
	for (size_t i = 0; i < group->n; i++) {
		if (group->nodes[i] != id && pattern_derives(g, group->nodes[i], id)) return true;
	}
	return false;
}

/* "`a`, `b` and 2 more": only what is not part of another. */
static Str named_values(const Look *l, const Group *group, size_t *n) {
	Str words = STR_NONE;
	size_t top = 0, shown = 0;
	for (size_t i = 0; i < group->n; i++) top += !used_in_group(l->g, group, group->nodes[i]);
	for (size_t i = 0; i < group->n && shown < NAMED; i++) {
		if (used_in_group(l->g, group, group->nodes[i])) continue;
		Str text = match_text(l->context, l->g, group->nodes[i]);
		const char *gap = shown == 0 ? "" : shown + 1 == top ? " and " : ", ";
		words = arena_printf(l->context->arena, "%.*s%s`%.*s`", STR_ARG(words), gap, STR_ARG(text));
		shown++;
	}
	if (top > shown) words = arena_printf(l->context->arena, "%.*s and %zu more", STR_ARG(words), top - shown);
	*n = top;
	return words;
}

static Str where_words(const Look *l) {
	const SteadyFunction *s = l->steady;
	const Outline *o = l->context->program->outline;
	const char *name = o->source->files[s->around->file].name, *file = name;
	for (const char *at = name; *at; at++) {
		if (*at == '/') file = at + 1;
	}
	bool closure = s->around->regions[s->loop].kind == REGION_CLOSURE;
	const char *what = s->kind == REPEAT_LAYERS  ? "in every layer of the loop"
	                   : closure                 ? "at every call of the closure"
	                   : s->kind == REPEAT_STEPS ? "in every step of the loop"
	                                             : "in every turn of the loop";
	return arena_printf(l->context->arena, "%s at %s:%u", what, file, s->line);
}

static void report(const Look *l, const Group *group) {
	bool enough = l->steady->kind == REPEAT_TURNS ? group->heavy : group->cost >= 2;
	if (!group->n || !enough) return;
	size_t n;
	Str what = named_values(l, group, &n);
	Finding *f = detect_add(l->context, l->technique, l->findings, l->g->file, group->span,
	    "%.*s %s the same %.*s that leads here, and %s computed in each: once before it, handed on, is enough.",
	    STR_ARG(what), n > 1 ? "are" : "is", STR_ARG(where_words(l)), n > 1 ? "are" : "is");
	f->graph = l->g;
	f->root = group->first;
	detect_note(f, group->by_shape ? STR("as long as shapes don't change") : STR("seen through the calls"), true, 1);
}

static void look_at_function(const Look *l) {
	Group group = { 0 };
	for (NodeId id = 1; id < l->g->n; id++) {
		double worth = judge(l, id);
		if (worth <= 0) continue;
		Span span = l->g->nodes[id].span;
		bool far = group.n && line_at(l, span.start) > line_at(l, group.span.end) + NEAR_LINES;
		if (far || group.n == BASE_COUNT(group.nodes)) {
			report(l, &group);
			group = (Group) { 0 };
		}
		if (!group.n) group = (Group) { .first = id, .span = span };
		if (span.start < group.span.start) group.span.start = span.start;
		if (span.end > group.span.end) group.span.end = span.end;
		ComponentId callee = l->g->nodes[id].callee;
		group.heavy |= callee != COMPONENT_NONE && is_composite(l->context->program, callee, 3);
		group.by_shape |= l->steady->nodes[id] == TRUTH_UNKNOWN;
		group.cost += worth;
		group.nodes[group.n++] = id;
	}
	report(l, &group);
}

/* Everything it gives is steady, and everything it is given: its caller is told of the call. */
static bool left_to_callers(const FlowGraph *g, const SteadyFunction *s) {
	bool any = false;
	for (NodeId id = 1; id < g->n; id++) {
		bool result = flow_is_result(g, id);
		if ((result || g->nodes[id].kind == NODE_PARAM) && s->nodes[id] == TRUTH_NO) return false;
		any |= result;
	}
	return any;
}

void detect_steady(const MatchContext *context, const Technique *technique, Findings *findings) {
	const Program *p = context->program;
	Steady steady;
	steady_init(p, context->arena, &steady);
	for (ComponentId id = 0; id < p->outline->n; id++) {
		const FlowGraph *g = &p->functions[id].graph;
		if (!g->n || !detect_wants(context, g->file) || p->outline->source->files[g->file].is_test) continue;
		const SteadyFunction *s = steady_of(&steady, id);
		if (!s || !s->nodes || left_to_callers(g, s)) continue;
		Look look = { context, technique, findings, g, s };
		look_at_function(&look);
	}
}
