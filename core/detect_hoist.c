/* hoist-invariant: what a loop computes in each turn although nothing of it changes from turn to turn.
 *
 * Looks at device operations whose innermost loop is the one in question, that every turn reaches, and that program_invariant
 * is sure of. Neighbours within a few lines are one finding. Views, casts, scalars and sizes cost next to nothing and don't count,
 * but for the transposed weight of a recurrence. What is filled in place belongs to its turn. */
#include "core/posix.h"

#include "core/detect_arrays.h"
#include "core/detect_hoist.h"
#include "core/pattern_tree.h"

#include <stdlib.h>

enum { NEAR_LINES = 8, FEW_TRIPS = 4 };

typedef struct Hoist {
	const MatchContext *context;
	const Technique *technique;
	Findings *findings;
	const FlowGraph *g;
	RegionId loop;
	const uint8_t *same; /* program_invariants of the loop */
	bool over_layers;
} Hoist;

enum { HOIST_NAMED = 4 };

typedef struct Cluster {
	NodeId first;
	Span span;
	double cost;
	size_t n;
	NodeId named[HOIST_NAMED]; /* the first of them; lines between may well change */
	bool only_views, only_constants;
} Cluster;

static bool is_invariant(const Hoist *h, NodeId id) { return h->same[id] == TRUTH_YES; }

/* Arms before this one of the same decision are tested, too. */
static bool always_reached(const Hoist *h, RegionId at) {
	const FlowGraph *g = h->g;
	for (RegionId r = at; r != h->loop && r != 0; r = g->regions[r].parent) {
		if (g->regions[r].kind == REGION_CLOSURE || g->regions[r].leaves) return false;
		if (g->regions[r].kind != REGION_BRANCH) continue;
		for (RegionId arm = 1; arm < g->n_regions; arm++) {
			if (g->regions[arm].kind != REGION_BRANCH || g->regions[arm].group != g->regions[r].group) continue;
			if (g->regions[arm].condition && !is_invariant(h, g->regions[arm].condition)) return false;
		}
	}
	return true;
}

bool hoist_is_filled(const FlowGraph *g, NodeId id) {
	size_t n;
	const NodeId *users = flow_users(g, id, &n);
	for (size_t i = 0; i < n; i++) {
		bool stores = g->nodes[users[i]].kind == NODE_STORE && flow_arg(g, users[i], 0) == id;
		bool kept = g->nodes[users[i]].kind == NODE_STORE && g->nodes[users[i]].name.len;
		bool carried = g->nodes[users[i]].kind == NODE_JOIN && g->regions[g->nodes[users[i]].body].kind == REGION_LOOP;
		if (stores || kept || carried || (flow_traits(g, users[i]) & (OP_EVAL | OP_MUTATES))) return true;
	}
	return false;
}

static bool in_product(const FlowGraph *g, NodeId id) {
	size_t n;
	const NodeId *users = flow_users(g, id, &n);
	for (size_t i = 0; i < n; i++) {
		const FlowNode *user = &g->nodes[users[i]];
		if (user->kind == NODE_OP && (flow_traits(g, users[i]) & OP_EXPENSIVE) && flow_arg(g, users[i], 1) == id)
			return true;
	}
	return false;
}

/* Known for a device array; a variable has one type, so one arm of a join tells of all. */
static bool is_array(const FlowGraph *g, NodeId id, int depth) {
	const FlowNode *node = &g->nodes[id];
	if (node->facts.domain != DOMAIN_UNKNOWN) return node->facts.domain == DOMAIN_DEVICE;
	bool looks_on = node->kind == NODE_JOIN || (flow_traits(g, id) & OP_ELEMENTWISE);
	if (flow_is_op(g, id, op_named("concat"))) return true;
	for (size_t i = 0; looks_on && depth > 0 && i < node->n_args; i++) {
		NodeId arg = flow_arg(g, id, i);
		if (arg && arg < id && is_array(g, arg, depth - 1)) return true;
	}
	return false;
}

double hoist_worth(const Program *p, const FlowGraph *g, NodeId id) {
	const FlowNode *node = &g->nodes[id];
	if (node->kind == NODE_MODULE) return node->facts.domain == DOMAIN_DEVICE ? 5 : 0;
	if (node->kind == NODE_CALL)
		return node->callee != COMPONENT_NONE && p->functions[node->callee].runs_modules ? 5 : 0;
	if (node->kind != NODE_OP || !node->op) return 0;
	uint32_t traits = flow_traits(g, id);
	const uint32_t free_of_cost = OP_CAST | OP_SHAPE | OP_SYNC | OP_EVAL | OP_EFFECT | OP_RANDOM | OP_MUTATES | OP_HOST;
	if (traits & (free_of_cost | OP_VIEW)) return 0;
	if ((traits & OP_ELEMENTWISE) && !is_array(g, id, 4)) return 0;
	if (node->facts.rank == 0 || pattern_scalar(p, g, id) == TRUTH_YES) return 0;
	if (traits & OP_EXPENSIVE) return 5;
	return traits & OP_CONSTRUCTOR ? 0.5 : 1;
}

/* The transposed weight of a recurrence costs a node of the graph a turn. */
static double worth_of(const Hoist *h, NodeId id) {
	const FlowGraph *g = h->g;
	if (g->nodes[id].kind != NODE_OP || !(flow_traits(g, id) & OP_VIEW)) return hoist_worth(h->context->program, g, id);
	bool recurrent = !h->over_layers && !g->regions[h->loop].independent;
	return recurrent && in_product(g, id) && g->nodes[id].n_args <= 3 ? 0.9 : 0;
}

static double judge(const Hoist *h, NodeId id) {
	const FlowNode *node = &h->g->nodes[id];
	if (node->origin || node->is_implicit) return 0;
	if (flow_enclosing(h->g, node->region, REGION_LOOP) != h->loop) return 0;
	double worth = worth_of(h, id);
	if (worth <= 0 || !is_invariant(h, id) || !always_reached(h, node->region) || hoist_is_filled(h->g, id)) return 0;
	return worth;
}

static uint32_t line_at(const Hoist *h, uint32_t offset) {
	return source_pos(&h->context->program->outline->source->files[h->g->file], offset).line;
}

/* A loop around a model: a launch in each turn counts there. */
static bool runs_modules(const Hoist *h) {
	const FlowRegion *loop = &h->g->regions[h->loop];
	for (NodeId id = loop->first; id < loop->last; id++) {
		const FlowNode *node = &h->g->nodes[id];
		if (!flow_inside(h->g, node->region, h->loop)) continue;
		if (node->kind == NODE_MODULE) return true;
		if (node->callee != COMPONENT_NONE && h->context->program->functions[node->callee].runs_modules) return true;
	}
	return false;
}

/* "`a`, `b` and 2 more" */
static Str named_values(const Hoist *h, const Cluster *c) {
	Str words = STR_NONE;
	size_t shown = c->n < HOIST_NAMED ? c->n : HOIST_NAMED;
	for (size_t i = 0; i < shown; i++) {
		Str text = match_text(h->context, h->g, c->named[i]);
		const char *gap = i == 0 ? "" : i + 1 == c->n ? " and " : ", ";
		words = arena_printf(h->context->arena, "%.*s%s`%.*s`", STR_ARG(words), gap, STR_ARG(text));
	}
	if (c->n > shown) words = arena_printf(h->context->arena, "%.*s and %zu more", STR_ARG(words), c->n - shown);
	return words;
}

static void report(const Hoist *h, const Cluster *c) {
	bool enough = c->only_views || (c->only_constants && runs_modules(h)) ? c->cost > 0 : c->cost >= 1;
	if (!c->n || !enough || (h->over_layers && c->cost < 2)) return;
	if (c->only_constants && !runs_modules(h)) return;
	Str what = named_values(h, c);
	Finding *f = detect_add(h->context, h->technique, h->findings, h->g->file, c->span,
	    "%.*s %s change from turn to turn of the loop at line %u, and %s computed in each: once before the loop is enough.",
	    STR_ARG(what), c->n > 1 ? "don't" : "doesn't", line_at(h, h->g->regions[h->loop].span.start),
	    c->n > 1 ? "are" : "is");
	f->graph = h->g;
	f->root = c->first;
	f->loop = h->loop;
	if (c->only_views) {
		detect_note(f, STR("a transposition is a view: only a node of the graph is saved in each turn"), true, 1);
	} else if (c->cost < 2 || c->only_constants) {
		detect_note(f, STR("one light operation a turn"), true, 1);
	}
}

static void look_in_loop(Hoist *h) {
	const FlowRegion *loop = &h->g->regions[h->loop];
	Cluster c = { 0 };
	for (NodeId id = loop->first; id < loop->last; id++) {
		double worth = judge(h, id);
		if (worth <= 0) continue;
		Span span = h->g->nodes[id].span;
		bool view = (flow_traits(h->g, id) & OP_VIEW) != 0;
		bool far = c.n && line_at(h, span.start) > line_at(h, c.span.end) + NEAR_LINES;
		if (far) report(h, &c);
		if (far || !c.n) c = (Cluster) { .first = id, .span = span, .only_views = true, .only_constants = true };
		if (span.start < c.span.start) c.span.start = span.start;
		if (span.end > c.span.end) c.span.end = span.end;
		c.cost += worth;
		c.only_views &= view;
		c.only_constants &= (flow_traits(h->g, id) & OP_CONSTRUCTOR) != 0;
		if (c.n < HOIST_NAMED) c.named[c.n] = id;
		c.n++;
	}
	report(h, &c);
}

static bool over_layers(const Program *p, const FlowGraph *g, RegionId r) {
	const FlowRegion *loop = &g->regions[r];
	for (NodeId id = loop->first; id < loop->last; id++) {
		if (g->nodes[id].kind != NODE_MODULE || !loop->var) continue;
		NodeId field = flow_arg(g, id, 0);
		if (field && pattern_derives(g, field, loop->var)) return true;
	}
	(void)p;
	return false;
}

static void look_in_graph(Hoist *h) {
	for (RegionId r = 1; r < h->g->n_regions; r++) {
		const FlowRegion *loop = &h->g->regions[r];
		if (loop->kind != REGION_LOOP || loop->form == LOOP_FILTER) continue;
		if (loop->trips == TRIPS_LITERAL && loop->trip_count < FEW_TRIPS) continue;
		if (loop->first < h->g->n && h->g->nodes[loop->first].origin) continue;
		uint8_t *same = program_invariants(h->context->program, h->g, r);
		h->loop = r;
		h->same = same;
		h->over_layers = over_layers(h->context->program, h->g, r);
		look_in_loop(h);
		free(same);
	}
}

void detect_hoist_invariant(const MatchContext *context, const Technique *technique, Findings *findings) {
	const Program *p = context->program;
	Hoist h = { .context = context, .technique = technique, .findings = findings };
	for (ComponentId id = 0; id < p->outline->n; id++) {
		h.g = &p->functions[id].graph;
		if (h.g->n && detect_wants(context, h.g->file)) look_in_graph(&h);
	}
	detect_steady(context, technique, findings);
}
