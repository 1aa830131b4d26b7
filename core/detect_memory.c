/* cache-limit, platform-memory-limit and clear-cache: what the package says about the memory of the device.
 *
 * The first is an absence, reported once, where a program of the package starts; in a package without one at the first
 * place that loads weights, with low confidence, since the library's user may set it. */
#include "core/posix.h"

#include "core/detect_turns.h"

#include <string.h>

/* ---- the package ---- */

static bool any_file_has(const Source *source, const char *text) {
	for (size_t i = 0; i < source->n_files; i++) {
		if (!source->files[i].is_test && str_find(source->files[i].text, text, 0) != SIZE_MAX) return true;
	}
	return false;
}

static bool starts_program(const Outline *o, const Component *c) {
	if (o->source->files[c->file].is_test) return false;
	if (c->kind == COMPONENT_CLASS && c->is_main) return true;
	if (c->kind == COMPONENT_CLASS || !str_is(c->base, "run") || c->parent == COMPONENT_NONE) return false;
	const Component *cls = &o->components[c->parent];
	for (size_t i = 0; i < cls->n_bases; i++) {
		if (str_ends(cls->bases[i], "ParsableCommand")) return true;
	}
	return false;
}

/* The declaration's lines up to its body: what a reader would point at. */
static Span head_of(const SourceFile *file, const Component *c) {
	uint32_t line = source_pos(file, c->name_span.start).line;
	return (Span) { c->name_span.start, source_line_start(file, line + 1) - 1 };
}

/* Loads weights, itself or in what it calls or makes. */
static bool loads(const Program *p, ComponentId id, int depth) {
	const FlowGraph *g = &p->functions[id].graph;
	for (NodeId n = 1; n < g->n; n++) {
		if (flow_is_op(g, n, op_named("load_arrays"))) return true;
		ComponentId callee = g->nodes[n].callee;
		if (depth > 0 && callee != COMPONENT_NONE && callee != id && loads(p, callee, depth - 1)) return true;
	}
	return false;
}

/* From the head of what starts the program to where it loads a model, when that is near; else the head. */
static Span start_of(const Program *p, const SourceFile *file, ComponentId id) {
	const FlowGraph *g = &p->functions[id].graph;
	Span head = head_of(file, &p->outline->components[id]);
	for (NodeId n = 1; n < g->n; n++) {
		ComponentId callee = g->nodes[n].callee;
		if (g->nodes[n].origin || callee == COMPONENT_NONE || !loads(p, callee, PROGRAM_DEPTH)) continue;
		uint32_t from = source_pos(file, head.start).line, to = source_pos(file, g->nodes[n].span.start).line;
		return to > from + 8 ? g->nodes[n].span : head;
	}
	return head;
}

/* The public function that loads a model, and that nothing but a program calls. */
static bool is_public_loader(const Program *p, ComponentId id) {
	const Outline *o = p->outline;
	const Component *c = &o->components[id];
	const Function *f = &p->functions[id];
	if (c->kind == COMPONENT_CLASS || !c->is_public || o->source->files[c->file].is_test) return false;
	if (c->kind == COMPONENT_METHOD && !c->is_static && !c->is_init) return false;
	for (size_t i = 0; i < f->n_callers; i++) {
		ComponentId caller = f->callers[i].graph->component;
		if (caller != COMPONENT_NONE && o->components[caller].is_public && !starts_program(o, &o->components[caller]))
			return false;
	}
	return loads(p, id, PROGRAM_DEPTH);
}

void detect_cache_limit(const MatchContext *context, const Technique *technique, Findings *findings) {
	const Program *p = context->program;
	const Outline *o = p->outline;
	const Source *source = o->source;
	if (any_file_has(source, "cacheLimit") || !any_file_has(source, "import MLX")) return;
	ComponentId entry = COMPONENT_NONE, loader = COMPONENT_NONE;
	for (ComponentId id = 0; id < o->n; id++) {
		const Component *c = &o->components[id];
		if (!detect_wants(context, c->file)) continue;
		bool run = c->kind != COMPONENT_CLASS;
		bool better = entry == COMPONENT_NONE || (run && o->components[entry].kind == COMPONENT_CLASS);
		if (starts_program(o, c) && better) entry = id;
		if (loader == COMPONENT_NONE && run && is_public_loader(p, id)) loader = id;
	}
	for (ComponentId id = 0; loader == COMPONENT_NONE && id < o->n; id++) {
		if (detect_wants(context, o->components[id].file) && loads(p, id, 0)) loader = id;
	}
	ComponentId at = entry != COMPONENT_NONE ? entry : loader;
	if (at == COMPONENT_NONE) return;
	const SourceFile *file = &source->files[o->components[at].file];
	Finding *f = detect_add(context, technique, findings, o->components[at].file, start_of(p, file, at),
	    "No cache limit is set in the %zu Swift files of %s: freed buffers are kept up to the memory limit.",
	    source->n_files, source->package && *source->package ? source->package : "the source");
	if (entry == COMPONENT_NONE)
		detect_note(f, STR("the package has no program of its own: its user may set it"), true, 2);
}

/* ---- one limit for all systems ---- */

static bool is_for_one_system(const FlowGraph *g, RegionId region) {
	for (RegionId r = region; r != REGION_NONE; r = g->regions[r].parent) {
		if (flow_is_compiled_if(&g->regions[r])) return true;
	}
	return false;
}

/* What a limit is set to by the node, or 0. */
static NodeId limit_set(const FlowGraph *g, NodeId id) {
	const FlowNode *node = &g->nodes[id];
	if (node->origin) return 0;
	if (node->kind == NODE_STORE && (str_is(node->name, "cacheLimit") || str_is(node->name, "memoryLimit"))) {
		NodeId base = flow_arg(g, id, 0);
		bool library = base && g->nodes[base].kind == NODE_GLOBAL &&
		               (str_ends(g->nodes[base].name, "Memory") || str_ends(g->nodes[base].name, "GPU"));
		return library ? flow_arg(g, id, 1) : 0;
	}
	if (node->op && (node->op == op_named("cache_limit") || node->op == op_named("memory_limit")))
		return flow_labelled(g, id, "bytes");
	if (node->kind == NODE_CALL && str_is(node->name, "set")) {
		NodeId limit = flow_labelled(g, id, "cacheLimit");
		return limit ? limit : flow_labelled(g, id, "memoryLimit");
	}
	return 0;
}

static bool asks_system(const Source *source) {
	return any_file_has(source, "physicalMemory") || any_file_has(source, "os_proc_available_memory") ||
	       any_file_has(source, "recommendedMaxWorkingSetSize") || any_file_has(source, "maxRecommendedWorkingSetSize");
}

static bool is_constant(const FlowGraph *g, NodeId id) {
	double number;
	if (flow_number(g, id, &number)) return number > 0;
	const FlowNode *node = &g->nodes[id];
	if (node->kind == NODE_GLOBAL) return true;
	if (node->kind == NODE_FIELD) { /* Constants.Memory.limit */
		NodeId base = flow_arg(g, id, 0);
		return base && g->nodes[base].kind == NODE_GLOBAL;
	}
	if (node->kind != NODE_OP || !node->n_args) return false;
	for (size_t i = 0; i < node->n_args; i++) {
		NodeId arg = flow_arg(g, id, i);
		if (arg && !is_constant(g, arg)) return false;
	}
	return true;
}

/* The package, or the app, is made for iOS as well as for macOS. */
static bool runs_on_both(const Source *source) {
	if (any_file_has(source, "import UIKit") && any_file_has(source, "import AppKit")) return true;
	if (any_file_has(source, "os(iOS)") || any_file_has(source, "import SwiftUI")) return true;
	if (!source->root || !*source->root) return true;
	char *path = base_path_join(source->root, "Package.swift"), *text = NULL;
	size_t len;
	bool both = base_file_read(path, SOURCE_MAX_FILE, &text, &len, NULL) &&
	            str_find((Str) { text, len }, ".iOS(", 0) != SIZE_MAX &&
	            str_find((Str) { text, len }, ".macOS(", 0) != SIZE_MAX;
	free(text);
	free(path);
	return both;
}

void detect_platform_memory_limit(const MatchContext *context, const Technique *technique, Findings *findings) {
	const Outline *o = context->program->outline;
	if (!runs_on_both(o->source) || asks_system(o->source)) return;
	for (ComponentId c = 0; c < o->n; c++) {
		const FlowGraph *g = &context->program->functions[c].graph;
		if (!g->n || !detect_wants(context, g->file) || o->source->files[g->file].is_test) continue;
		if (str_find(o->source->files[g->file].text, "import ArgumentParser", 0) != SIZE_MAX ||
		    str_find(o->source->files[g->file].text, "CommandLine.arguments", 0) != SIZE_MAX)
			continue; /* a tool of the Mac's terminal */
		for (NodeId id = 1; id < g->n; id++) {
			NodeId limit = limit_set(g, id);
			if (!limit || !is_constant(g, limit) || is_for_one_system(g, g->nodes[id].region)) continue;
			Finding *f = detect_add(context, technique, findings, g->file, g->nodes[id].span,
			    "One limit for every device, iPhone and Mac alike: %.*s.", STR_ARG(match_text(context, g, limit)));
			f->graph = g;
			f->root = id;
		}
	}
}

/* ---- nothing is given back between heavy turns ---- */

static bool is_heavy_turn(const Program *p, const FlowGraph *g, RegionId loop) {
	const FlowRegion *region = &g->regions[loop];
	bool model = false;
	for (NodeId id = region->first; id < region->last && !model; id++) model = turns_is_model(p, g, id);
	const OpId clear[] = { op_named("clear_cache") };
	return model && !turns_over_modules(g, loop) && !turns_make_tokens(g, loop) && turns_evaluate(p, g, loop) &&
	       !turns_run_op(p, g, loop, clear, 1);
}

static bool is_unconditional(const FlowGraph *g, NodeId id, RegionId loop) {
	for (RegionId r = g->nodes[id].region; r != loop && r != REGION_NONE; r = g->regions[r].parent) {
		if (g->regions[r].kind == REGION_BRANCH) return false;
	}
	return true;
}

/* What a turn runs holds a loop of its own that waits: a whole decoding, window by window. */
static bool decodes(const Program *p, ComponentId callee, int depth) {
	const FlowGraph *g = &p->functions[callee].graph;
	for (RegionId r = 1; r < g->n_regions; r++) {
		if (g->regions[r].kind == REGION_LOOP && turns_make_tokens(g, r)) return true;
	}
	for (NodeId id = 1; depth > 0 && id < g->n; id++) {
		bool call = g->nodes[id].callee != COMPONENT_NONE && is_unconditional(g, id, 0);
		if (call && decodes(p, g->nodes[id].callee, depth - 1)) return true;
	}
	return false;
}

static bool decodes_in_turn(const Program *p, const FlowGraph *g, RegionId loop) {
	const FlowRegion *region = &g->regions[loop];
	for (NodeId id = region->first; id < region->last; id++) {
		if (turns_is_model(p, g, id) && is_unconditional(g, id, loop) && decodes(p, g->nodes[id].callee, 3))
			return true;
	}
	return false;
}

/* A loop of steps runs in the function or in what it calls, and nothing there clears. */
static bool runs_steps(const Program *p, ComponentId id, int depth) {
	const FlowGraph *g = &p->functions[id].graph;
	for (RegionId r = 1; r < g->n_regions; r++) {
		bool steps = g->regions[r].kind == REGION_LOOP && program_loop_rate(p, g, r) == FREQUENCY_STEP;
		if (steps && turns_evaluate(p, g, r)) return true;
	}
	for (NodeId n = 1; depth > 0 && n < g->n; n++) {
		ComponentId callee = g->nodes[n].callee;
		bool call = callee != COMPONENT_NONE && callee != id && !g->nodes[n].origin;
		if (call && runs_steps(p, callee, depth - 1)) return true;
	}
	return false;
}

static bool is_stage(const Program *p, const FlowGraph *g, NodeId id) {
	return turns_is_model(p, g, id) && !g->nodes[id].origin &&
	       flow_enclosing(g, g->nodes[id].region, REGION_LOOP) == REGION_NONE;
}

/* Loop of steps, then another model on what it gave: the buffers of the first stay in the cache through the second. */
static void look_at_stages(
    const MatchContext *context, const Technique *technique, const FlowGraph *g, Findings *findings) {
	const Program *p = context->program;
	const OpId clear[] = { op_named("clear_cache") };
	NodeId decoded = 0;
	if (p->functions[g->component].frequency > FREQUENCY_CALL || turns_run_op(p, g, 0, clear, 1)) return;
	for (NodeId id = 1; id < g->n; id++) {
		if (!is_stage(p, g, id)) continue;
		if (decoded && turns_derive(g, id, decoded) && !runs_steps(p, g->nodes[id].callee, 0)) {
			Finding *f = detect_add(context, technique, findings, g->file, g->nodes[id].span,
			    "%.*s runs after the loop of steps of `%.*s`, whose buffers stay in the cache: nothing is given back between the two.",
			    STR_ARG(match_text(context, g, id)), STR_ARG(g->nodes[decoded].name));
			f->graph = g;
			f->root = id;
			return;
		}
		if (!decoded && runs_steps(p, g->nodes[id].callee, 3)) decoded = id;
	}
}

void detect_clear_cache(const MatchContext *context, const Technique *technique, Findings *findings) {
	const Program *p = context->program;
	const Outline *o = p->outline;
	const OpId clear[] = { op_named("clear_cache") };
	for (ComponentId c = 0; c < o->n; c++) {
		const FlowGraph *g = &p->functions[c].graph;
		if (!g->n || !detect_wants(context, g->file) || o->source->files[g->file].is_test) continue;
		look_at_stages(context, technique, g, findings);
		for (RegionId r = 1; r < g->n_regions; r++) {
			const FlowRegion *region = &g->regions[r];
			bool statement = region->kind == REGION_LOOP && (region->form == LOOP_FOR || region->form == LOOP_WHILE);
			if (!statement || region->trips == TRIPS_LITERAL || turns_run_op(p, g, 0, clear, 1)) continue;
			if (!is_heavy_turn(p, g, r) || !decodes_in_turn(p, g, r)) continue;
			Finding *f = detect_add(context, technique, findings, g->file,
			    turns_span(&o->source->files[g->file], g, r, 1),
			    "Each turn runs a whole decoding, and the buffers of its shapes stay in the cache: nothing is given back between turns.");
			f->graph = g;
			f->loop = r;
		}
	}
}
