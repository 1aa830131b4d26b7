/* What should not run in every turn of a token loop or in every layer: printing, and giving the buffer cache back.
 *
 * Only what runs unconditionally is reported: `if step % 256 == 0 { Memory.clearCache() }` and prints behind a switch are
 * how it should be. */
#include "core/posix.h"

#include "core/detect_turns.h"

#include <string.h>

static bool is_conditional(const FlowGraph *g, NodeId id) {
	for (RegionId r = g->nodes[id].region; r != REGION_NONE; r = g->regions[r].parent) {
		if (g->regions[r].kind == REGION_BRANCH || flow_is_compiled_if(&g->regions[r])) return true;
	}
	return false;
}

/* An arm that leaves (`guard verbose else { return }`) stands before it in the same function. */
static bool may_be_left_before(const FlowGraph *g, NodeId id) {
	for (RegionId r = 1; r < g->n_regions; r++) {
		const FlowRegion *arm = &g->regions[r];
		if (arm->kind == REGION_BRANCH && arm->leaves && arm->last <= id &&
		    flow_inside(g, g->nodes[id].region, arm->parent))
			return true;
	}
	return false;
}

/* Files of command-line tools write to standard output on purpose. */
static bool is_of_a_tool(const Outline *o, uint32_t file) {
	const SourceFile *f = &o->source->files[file];
	if (str_ends(str_of(f->name), "main.swift")) return true;
	if (str_find(f->text, "import ArgumentParser", 0) != SIZE_MAX ||
	    str_find(f->text, "CommandLine.arguments", 0) != SIZE_MAX)
		return true;
	return str_find(f->text, "\n@main", 0) != SIZE_MAX;
}

/* The loop around it makes tokens or diffusion steps, or runs over layers. What calls the function from such a loop is
 * not asked: a helper may be called from other places, too. */
static Frequency rate_here(const MatchContext *context, const FlowGraph *g, NodeId id) {
	RegionId loop = flow_enclosing(g, g->nodes[id].region, REGION_LOOP);
	Frequency rate = loop == REGION_NONE ? FREQUENCY_UNKNOWN : program_loop_rate(context->program, g, loop);
	return rate == FREQUENCY_LAYER || rate == FREQUENCY_STEP ? rate : FREQUENCY_UNKNOWN;
}

/* A forward pass runs in each step, whatever is known of its callers. */
static bool is_forward(const MatchContext *context, const FlowGraph *g) {
	const Outline *o = context->program->outline;
	if (g->component == COMPONENT_NONE) return false;
	const Component *c = &o->components[g->component];
	return c->parent != COMPONENT_NONE && o->components[c->parent].is_module && str_is(c->base, "callAsFunction");
}

static void each_call(const MatchContext *context, OpId op,
    void (*visit)(const MatchContext *, const Technique *, Findings *, const FlowGraph *, NodeId),
    const Technique *technique, Findings *findings) {
	const Outline *o = context->program->outline;
	for (ComponentId c = 0; c < o->n; c++) {
		const FlowGraph *g = &context->program->functions[c].graph;
		if (!g->n || !detect_wants(context, g->file) || o->source->files[g->file].is_test) continue;
		for (NodeId id = 1; id < g->n; id++) {
			if (flow_is_op(g, id, op) && !g->nodes[id].origin && !is_conditional(g, id))
				visit(context, technique, findings, g, id);
		}
	}
}

static void visit_print(
    const MatchContext *context, const Technique *technique, Findings *findings, const FlowGraph *g, NodeId id) {
	if (flow_labelled(g, id, "terminator") || is_of_a_tool(context->program->outline, g->file)) return;
	Frequency rate = rate_here(context, g, id);
	if (rate == FREQUENCY_UNKNOWN && !is_forward(context, g)) return;
	if (may_be_left_before(g, id)) return;
	Finding *f = detect_add(context, technique, findings, g->file, g->nodes[id].span, "Prints %s.",
	    rate == FREQUENCY_UNKNOWN ? "in each call of the forward pass" : frequency_words(rate));
	f->graph = g;
	f->root = id;
}

void detect_print_in_hot_path(const MatchContext *context, const Technique *technique, Findings *findings) {
	each_call(context, op_named("print"), visit_print, technique, findings);
}

static void visit_clear(
    const MatchContext *context, const Technique *technique, Findings *findings, const FlowGraph *g, NodeId id) {
	RegionId loop = flow_enclosing(g, g->nodes[id].region, REGION_LOOP);
	bool inside = loop != REGION_NONE;
	bool layer = inside && turns_over_modules(g, loop), token = inside && !layer && turns_make_tokens(g, loop);
	if (!layer && !token && (inside || !is_forward(context, g))) return;
	/* What evaluates each stage and then clears bounds its peak on purpose; a loop elsewhere runs over other things. */
	OpId evals[] = { op_named("eval"), op_named("async_eval") };
	if (layer && (!is_forward(context, g) || turns_run_op(context->program, g, loop, evals, BASE_COUNT(evals)))) return;
	Finding *f = detect_add(context, technique, findings, g->file, g->nodes[id].span,
	    "The buffer cache is given back %s, so that every buffer is allocated anew.",
	    layer   ? "after each layer"
	    : token ? "after each token"
	            : "in each call of the forward pass");
	f->graph = g;
	f->root = id;
}

void detect_over_clearing(const MatchContext *context, const Technique *technique, Findings *findings) {
	each_call(context, op_named("clear_cache"), visit_clear, technique, findings);
}
