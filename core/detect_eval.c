/* eval-in-loop: loops that build one graph through all their turns; eval-before-cache: arrays kept for later calls that
 * were never evaluated.
 *
 * A loop counts when a turn runs a model and nothing in it, nor in what it calls, evaluates or reads anything back; and when
 * either the next turn starts from what the model gave, or every turn's result is kept. Loops over layers are none. */
#include "core/posix.h"

#include "core/detect_turns.h"
#include "core/pattern_tree.h"

#include <string.h>

static bool is_device(const FlowGraph *g, NodeId id) { return id && g->nodes[id].facts.domain == DOMAIN_DEVICE; }

static bool has_many_turns(const FlowRegion *loop) {
	if (loop->trips == TRIPS_LITERAL) return loop->trip_count >= 4;
	return true;
}

/* The first node in the loop that runs a model, or 0. */
static NodeId model_in(const Program *p, const FlowGraph *g, RegionId loop) {
	const FlowRegion *region = &g->regions[loop];
	for (NodeId id = region->first; id < region->last; id++) {
		if (turns_is_model(p, g, id)) return id;
	}
	return 0;
}

/* The next turn starts from what a model gave for this one. */
static bool feeds_model(const Program *p, const FlowGraph *g, RegionId loop) {
	const FlowRegion *region = &g->regions[loop];
	for (size_t i = 0; i < region->n_carried; i++) {
		NodeId join = region->carried[i], turn = flow_arg(g, join, 1);
		if (!turn || !(is_device(g, join) || is_device(g, turn))) continue;
		for (NodeId id = region->first; id < region->last; id++) {
			if (turns_is_model(p, g, id) && turns_derive(g, turn, id) && turns_derive(g, id, join)) return true;
		}
	}
	return false;
}

/* Each turn adds what a model gave to a collection. */
static bool keeps_results(const Program *p, const FlowGraph *g, RegionId loop) {
	const FlowRegion *region = &g->regions[loop];
	for (size_t i = 0; i < region->n_collects; i++) {
		NodeId append = region->collects[i];
		NodeId value = flow_is_op(g, append, op_named("array_append")) ? flow_arg(g, append, 1) : append;
		const FlowNode *node = &g->nodes[value];
		bool array = is_device(g, value) || (turns_is_model(p, g, value) && node->facts.domain == DOMAIN_UNKNOWN);
		for (NodeId id = region->first; array && id < region->last; id++) {
			if (turns_is_model(p, g, id) && turns_derive(g, value, id)) return true;
		}
	}
	return false;
}

static void look_at_loop(
    const MatchContext *context, const Technique *technique, const FlowGraph *g, RegionId loop, Findings *findings) {
	const Program *p = context->program;
	const FlowRegion *region = &g->regions[loop];
	bool statement = region->form == LOOP_FOR || region->form == LOOP_WHILE || region->form == LOOP_REPEAT;
	if (!statement || !has_many_turns(region) || !model_in(p, g, loop)) return;
	if (g->nodes[region->first].origin || turns_over_modules(g, loop) || turns_evaluate(p, g, loop)) return;
	bool feeds = feeds_model(p, g, loop), keeps = !feeds && keeps_results(p, g, loop);
	if (!feeds && !keeps) return;
	const Component *c = g->component == COMPONENT_NONE ? NULL : &p->outline->components[g->component];
	Finding *f = detect_add(context, technique, findings, g->file,
	    turns_span(&p->outline->source->files[g->file], g, loop, 60),
	    feeds
	        ? "Each turn runs a model on the last one's result and nothing is evaluated: the graph grows through all turns of this loop in %.*s."
	        : "Each turn runs a model and keeps its result unevaluated: the graphs of all turns of this loop in %.*s are held until the end.",
	    c ? (int)c->name.len : 9, c ? c->name.ptr : "this file");
	/* A decode loop ends when the data says so; steps of a solver and codebooks are often no more than ten. */
	bool counted = region->trips == TRIPS_LITERAL || region->trips == TRIPS_NAMED || region->form == LOOP_FOR;
	if (keeps || counted) detect_note(f, STR("few turns would do no harm"), true, 1);
	f->graph = g;
	f->loop = loop;
}

typedef void (*GraphVisit)(const MatchContext *, const Technique *, const FlowGraph *, Findings *);

static void each_graph(const MatchContext *context, const Technique *technique, GraphVisit visit, Findings *findings) {
	const Outline *o = context->program->outline;
	for (ComponentId c = 0; c < o->n; c++) {
		const FlowGraph *g = &context->program->functions[c].graph;
		if (g->n && detect_wants(context, g->file) && !o->source->files[g->file].is_test)
			visit(context, technique, g, findings);
	}
}

static void look_at_loops(
    const MatchContext *context, const Technique *technique, const FlowGraph *g, Findings *findings) {
	for (RegionId r = 1; r < g->n_regions; r++) {
		if (g->regions[r].kind == REGION_LOOP) look_at_loop(context, technique, g, r, findings);
	}
}

void detect_eval_in_loop(const MatchContext *context, const Technique *technique, Findings *findings) {
	each_graph(context, technique, look_at_loops, findings);
}

/* ---- kept for later calls ---- */

/* A dictionary of arrays that the class keeps: looked up first, filled when nothing is there. */
static bool is_memory(const MatchContext *context, const FlowGraph *g, NodeId base) {
	const Outline *o = context->program->outline;
	if (!base || g->nodes[base].kind != NODE_FIELD || g->component == COMPONENT_NONE) return false;
	ComponentId cls = o->components[g->component].parent;
	const Field *f = cls == COMPONENT_NONE ? NULL : outline_field(o, cls, g->nodes[base].name);
	if (!f || !str_starts(f->type, "[") || str_find(f->type, ":", 0) == SIZE_MAX) return false;
	return str_find(f->type, "MLXArray", 0) != SIZE_MAX && str_find(f->type, "->", 0) == SIZE_MAX;
}

static bool is_looked_up(const FlowGraph *g, Str field, NodeId before) {
	for (NodeId id = 1; id < before; id++) {
		if (g->nodes[id].kind != NODE_LOAD) continue;
		NodeId base = flow_arg(g, id, 0);
		if (base && g->nodes[base].kind == NODE_FIELD && str_eq(g->nodes[base].name, field)) return true;
	}
	return false;
}

/* A reading in a callee (a maximum for a size) is of something else. */
static bool evaluates_anything(const FlowGraph *g) {
	for (NodeId id = 1; id < g->n; id++) {
		uint32_t traits = flow_traits(g, id);
		if ((traits & OP_EVAL) || ((traits & OP_SYNC) && !g->nodes[id].origin)) return true;
	}
	return false;
}

/* Copied from values of the host, maybe in another shape: nothing is left to compute. */
static bool is_host_made(const Program *p, const FlowGraph *g, NodeId value, int depth) {
	uint32_t traits = flow_traits(g, value);
	if (traits & OP_CONSTRUCTOR) return true;
	NodeId first = flow_arg(g, value, 0);
	if (depth == 0) return false;
	if ((traits & (OP_VIEW | OP_CAST)) && first && is_host_made(p, g, first, depth - 1)) return true;
	ComponentId callee = g->nodes[value].kind == NODE_CALL ? g->nodes[value].callee : COMPONENT_NONE;
	if (callee == COMPONENT_NONE) return false;
	const FlowGraph *body = &p->functions[callee].graph;
	bool any = false;
	for (NodeId id = 1; id < body->n; id++) {
		if (!flow_is_result(body, id)) continue;
		if (!is_host_made(p, body, flow_arg(body, id, 0), depth - 1)) return false;
		any = true;
	}
	return any;
}

static void look_at_stores(
    const MatchContext *context, const Technique *technique, const FlowGraph *g, Findings *findings) {
	for (NodeId id = 1; id < g->n; id++) {
		const FlowNode *node = &g->nodes[id];
		if (node->kind != NODE_STORE || node->origin || node->n_args < 3) continue;
		NodeId base = flow_arg(g, id, 0), value = flow_arg(g, id, 1);
		if (!is_memory(context, g, base) || !value || g->nodes[value].kind == NODE_PARAM) continue;
		if (g->nodes[value].is_nil || is_host_made(context->program, g, value, 4) ||
		    !is_looked_up(g, g->nodes[base].name, id) || evaluates_anything(g))
			continue;
		Finding *f = detect_add(context, technique, findings, g->file, node->span,
		    "An array is put into %.*s for later calls without being evaluated: what is kept is its graph, with everything it was computed from.",
		    STR_ARG(g->nodes[base].name));
		f->graph = g;
		f->root = id;
	}
}

/* ---- state that streams from call to call ---- */

static bool reads_field(const FlowGraph *g, Str name) {
	for (NodeId id = 1; id < g->n; id++) {
		if (g->nodes[id].kind == NODE_FIELD && str_eq(g->nodes[id].name, name) && !g->nodes[id].is_implicit)
			return true;
	}
	return false;
}

/* Whoever evaluates what the function gives evaluates it too; or nothing is given, and somebody else has to. */
static bool is_behind_result(const FlowGraph *g, NodeId store, NodeId value) {
	bool any = false;
	for (NodeId id = 1; id < g->n; id++) {
		if (!flow_is_result(g, id)) continue;
		any = true;
		if (pattern_derives(g, id, value) || pattern_derives(g, id, store)) return true;
		for (NodeId read = store + 1; read < id; read++) {
			bool kept = g->nodes[read].kind == NODE_FIELD && str_eq(g->nodes[read].name, g->nodes[store].name);
			if (kept && pattern_derives(g, id, read)) return true;
		}
	}
	return !any;
}

/* Every call comes here, or what it is given decides: not a mode such as training. */
static bool depends_on_mode(const FlowGraph *g, NodeId store) {
	for (RegionId r = g->nodes[store].region; r != 0 && r != REGION_NONE; r = g->regions[r].parent) {
		NodeId condition = g->regions[r].kind == REGION_BRANCH ? g->regions[r].condition : 0;
		bool given = !condition;
		for (NodeId id = 1; id < condition && !given; id++)
			given = g->nodes[id].kind == NODE_PARAM && pattern_derives(g, condition, id);
		if (!given) return true;
	}
	return false;
}

/* Made by an operation of what was given or kept, not set to a fresh array or to nothing. */
static bool is_made_of_data(const FlowGraph *g, NodeId value) {
	const FlowNode *node = &g->nodes[value];
	if (node->facts.domain != DOMAIN_DEVICE || node->kind == NODE_PARAM || node->kind == NODE_FIELD) return false;
	if (node->kind == NODE_CONST || (flow_traits(g, value) & OP_CONSTRUCTOR)) return false;
	for (NodeId from = 1; from < value; from++) {
		bool data = g->nodes[from].kind == NODE_PARAM && g->nodes[from].facts.domain == DOMAIN_DEVICE;
		if (data && pattern_derives(g, value, from)) return true;
	}
	return false;
}

/* A part of what a step is given, kept for the next: the slice keeps the whole step's graph until somebody evaluates it. */
static void look_at_state(
    const MatchContext *context, const Technique *technique, const FlowGraph *g, Findings *findings) {
	const Component *c = &context->program->outline->components[g->component];
	if (c->is_init || c->is_static || context->program->functions[g->component].only_from_init || evaluates_anything(g))
		return;
	for (NodeId id = 1; id < g->n; id++) {
		const FlowNode *node = &g->nodes[id];
		NodeId base = flow_arg(g, id, 0), value = flow_arg(g, id, 1);
		if (node->kind != NODE_STORE || node->origin || node->is_implicit || !node->name.len || !base || !value)
			continue;
		bool kept = g->nodes[base].kind == NODE_SELF || g->nodes[base].kind == NODE_PARAM;
		if (!kept || !reads_field(g, node->name) || !is_made_of_data(g, value)) continue;
		if (is_behind_result(g, id, value) || depends_on_mode(g, id)) continue;
		Finding *f = detect_add(context, technique, findings, g->file, node->span,
		    "%.*s is kept for the next call, and evaluating what %.*s gives doesn't evaluate it: its graph keeps this call's arrays alive.",
		    STR_ARG(node->name), STR_ARG(c->name));
		f->graph = g;
		f->root = id;
		return;
	}
}

void detect_eval_before_cache(const MatchContext *context, const Technique *technique, Findings *findings) {
	each_graph(context, technique, look_at_stores, findings);
	each_graph(context, technique, look_at_state, findings);
}
