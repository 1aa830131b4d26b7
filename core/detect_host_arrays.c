#include "core/posix.h"

#include "core/detect_host_arrays.h"

#include "core/detect.h"
#include "core/detect_vector.h"
#include "core/vector_loop.h"

#include <string.h>

static Str lines_of(const MatchContext *context, const FlowGraph *g, Span span) {
	const SourceFile *file = &context->program->outline->source->files[g->file];
	uint32_t first = source_pos(file, span.start).line, last = source_pos(file, span.end - 1).line;
	return first == last ? arena_printf(context->arena, "line %u", first)
	                     : arena_printf(context->arena, "lines %u-%u", first, last);
}

/* ---- flat-array ---- */

/* The array that stores, appends and joins of it lead back to. */
static NodeId origin_of(const FlowGraph *g, NodeId id) {
	for (int depth = 0; id && depth < 24; depth++) {
		const FlowNode *n = &g->nodes[id];
		bool passes = n->kind == NODE_JOIN || (n->kind == NODE_STORE && !n->name.len) ||
		              vector_is(g, id, "array_append") || vector_is(g, id, "array_insert") ||
		              vector_is(g, id, "reserve_capacity");
		if (!passes) return id;
		id = flow_arg(g, id, 0);
	}
	return 0;
}

static bool is_nested_floats(const FlowGraph *g, NodeId id) {
	const Facts *facts = &g->nodes[id].facts;
	return vector_is(g, id, "array_repeating") && vector_is(g, flow_arg(g, id, 0), "array_repeating") &&
	       facts->nesting >= 2 && facts->dtype == DTYPE_FLOAT;
}

/* A loop stores into it at an index that walks with the loop. */
static bool is_filled_in_loop(const FlowGraph *g, NodeId array) {
	for (NodeId id = array + 1; id < g->n; id++) {
		const FlowNode *n = &g->nodes[id];
		if (n->kind != NODE_STORE || n->name.len || n->n_args != 3) continue;
		bool looped = flow_enclosing(g, n->region, REGION_LOOP) != REGION_NONE;
		double number;
		if (looped && !flow_number(g, flow_arg(g, id, 2), &number) && origin_of(g, flow_arg(g, id, 0)) == array)
			return true;
	}
	return false;
}

/* It leaves the function as it is: its type is the interface's, for who calls it. */
static bool is_handed_on(const FlowGraph *g, NodeId array) {
	for (NodeId id = array + 1; id < g->n; id++) {
		const FlowNode *n = &g->nodes[id];
		bool leaves = n->kind == NODE_RETURN || n->kind == NODE_TUPLE || n->kind == NODE_CALL || n->kind == NODE_NEW ||
		              (n->kind == NODE_STORE && n->name.len);
		for (size_t i = 0; leaves && i < n->n_args; i++) {
			NodeId arg = flow_arg(g, id, i);
			if (arg && g->nodes[arg].facts.nesting >= 2 && origin_of(g, arg) == array) return true;
		}
	}
	return false;
}

/* Everybody who gets it is of this source, as far as calls show, and can be changed with it. */
static bool is_called_here(const MatchContext *context, const FlowGraph *g) {
	if (g->component == COMPONENT_NONE) return false;
	const Program *p = context->program;
	return p->functions[g->component].n_callers > 0;
}

static void read_nested(
    const MatchContext *context, const Technique *technique, const FlowGraph *g, Findings *findings) {
	for (NodeId id = 1; id < g->n; id++) {
		if (g->nodes[id].origin || !is_nested_floats(g, id)) continue;
		bool handed_on = is_handed_on(g, id);
		if (!is_filled_in_loop(g, id) || (handed_on && !is_called_here(context, g))) continue;
		Span span = g->nodes[id].span;
		Str name = g->nodes[id].var.len ? g->nodes[id].var : STR("[[Float]]");
		Finding *f = detect_add(context, technique, findings, g->file, span,
		    "%.*s (%.*s) holds equal rows in arrays of their own: one flat array with row * width + column",
		    STR_ARG(name), STR_ARG(lines_of(context, g, span)));
		f->graph = g;
		f->root = id;
		if (handed_on) detect_note(f, STR("it is handed on as it is: who takes it changes, too"), true, 1);
	}
}

void detect_flat_array(const MatchContext *context, const Technique *technique, Findings *findings) {
	detect_each_graph(context, technique, findings, read_nested);
}

/* ---- reserve-capacity ---- */

/* The loop's number of turns is known before it starts. */
static bool is_counted(const FlowRegion *loop) {
	bool small = loop->trips == TRIPS_LITERAL && loop->trip_count < 16;
	return loop->kind == REGION_LOOP && loop->form == LOOP_FOR && !loop->has_break && !small;
}

static bool is_host_scalar(const FlowGraph *g, NodeId id) { return g->nodes[id].facts.domain == DOMAIN_HOST_SCALAR; }

/* An array that starts empty before the loop, and for which no room is made. */
static bool starts_empty(const FlowGraph *g, NodeId array) {
	NodeId first = origin_of(g, array);
	bool empty =
	    (vector_is(g, first, "array_new") || vector_is(g, first, "array_literal")) && g->nodes[first].n_args == 0;
	for (NodeId id = first; empty && id < g->n; id++) {
		if (vector_is(g, id, "reserve_capacity") && origin_of(g, id) == first) return false;
	}
	return empty;
}

/* Nothing in a turn costs more than the appending: no device work, no calls, no inner loops. */
static bool is_light(const FlowGraph *g, RegionId loop) {
	const FlowRegion *region = &g->regions[loop];
	for (NodeId id = region->first; id < region->last; id++) {
		const FlowNode *n = &g->nodes[id];
		if (flow_enclosing(g, n->region, REGION_LOOP) != loop) return false;
		if (n->facts.domain == DOMAIN_DEVICE || n->kind == NODE_CALL || n->kind == NODE_NEW || n->kind == NODE_MODULE)
			return false;
	}
	return true;
}

static Finding *report(const MatchContext *context, const Technique *technique, const FlowGraph *g, RegionId loop,
    NodeId id, Span span, const char *what, Findings *findings) {
	Finding *f =
	    detect_add(context, technique, findings, g->file, span, "%s (%.*s)", what, STR_ARG(lines_of(context, g, span)));
	f->graph = g;
	f->root = id;
	f->loop = loop;
	return f;
}

/* A few sizes of a device array: as many as it has axes. */
static bool is_of_shape(const FlowGraph *g, NodeId id, int depth) {
	if (!id || depth == 0) return false;
	if (vector_is(g, id, "shape") || vector_is(g, id, "dim")) return true;
	size_t n = g->nodes[id].kind == NODE_LOAD ? 1 : g->nodes[id].n_args; /* not where an element is taken from */
	for (size_t i = 0; i < n; i++) {
		if (is_of_shape(g, flow_arg(g, id, i), depth - 1)) return true;
	}
	return false;
}

/* `result.insert(x, at: 0)` in each turn. */
static void read_insert(
    const MatchContext *context, const Technique *technique, const FlowGraph *g, RegionId loop, Findings *findings) {
	Span span = { 0 };
	NodeId first = 0;
	for (NodeId id = g->regions[loop].first; id < g->regions[loop].last; id++) {
		double at;
		NodeId index = vector_is(g, id, "array_insert") ? flow_labelled(g, id, "index") : 0;
		if (!index || flow_enclosing(g, g->nodes[id].region, REGION_LOOP) != loop) continue;
		if (!flow_number(g, index, &at) || at != 0 || g->nodes[id].origin) continue;
		/* Layers are made once and are few. */
		const FlowNode *value = &g->nodes[flow_arg(g, id, 1)];
		if (value->facts.domain != DOMAIN_DEVICE && value->facts.domain != DOMAIN_HOST_SCALAR) return;
		if (!first) first = id, span = g->nodes[id].span;
		span.end = g->nodes[id].span.end;
	}
	if (!first || g->regions[loop].has_break) return;
	report(context, technique, g, loop, first, span,
	    "Each turn inserts at the front and moves all that is there: append and reverse once, or fill a sized array",
	    findings);
}

/* Computed of the loop's variable or of what it carries. */
static bool turns_with(const FlowGraph *g, NodeId id, RegionId loop, int depth) {
	if (!id || id < g->regions[loop].first) return false;
	uint8_t kind = g->nodes[id].kind;
	if (kind == NODE_LOOPVAR || kind == NODE_JOIN || kind == NODE_CALL || depth == 0) return true;
	for (size_t i = 0; i < g->nodes[id].n_args; i++) {
		if (turns_with(g, flow_arg(g, id, i), loop, depth - 1)) return true;
	}
	return false;
}

/* In every turn, or in none: no test on the way depends on the turn. */
static bool is_in_every_turn(const FlowGraph *g, NodeId id, RegionId loop) {
	for (RegionId at = g->nodes[id].region; at != loop && at != REGION_NONE; at = g->regions[at].parent) {
		NodeId test = g->regions[at].condition;
		if (g->regions[at].kind != REGION_BRANCH || !test || turns_with(g, test, loop, 12)) return false;
	}
	return true;
}

/* Appends of host numbers, as many in each turn as in the next. */
static void read_appends(
    const MatchContext *context, const Technique *technique, const FlowGraph *g, RegionId loop, Findings *findings) {
	NodeId arrays[8], first = 0;
	size_t n = 0;
	for (NodeId id = g->regions[loop].first; id < g->regions[loop].last; id++) {
		if (!vector_is(g, id, "array_append") || g->nodes[id].origin) continue;
		NodeId array = origin_of(g, id);
		if (is_of_shape(g, flow_arg(g, id, 1), 6) || !is_in_every_turn(g, id, loop)) return;
		if (!is_host_scalar(g, flow_arg(g, id, 1)) || array >= g->regions[loop].first || !starts_empty(g, id)) return;
		size_t i = 0;
		while (i < n && arrays[i] != array) i++;
		if (i == n && n < BASE_COUNT(arrays)) arrays[n++] = array;
		if (!first) first = id;
	}
	if (n < 1 || !is_light(g, loop)) return;
	const char *what =
	    n > 1 ? "Several arrays grow by a number of elements that is known before the loop: reserveCapacity"
	          : "An array grows by a number of elements that is known before the loop: reserveCapacity";
	Finding *f = report(context, technique, g, loop, first, g->regions[loop].span, what, findings);
	if (n == 1)
		detect_note(f, STR("a single array: map makes room by itself, or the growth is seldom noticed"), true, 2);
}

static void read_loops(
    const MatchContext *context, const Technique *technique, const FlowGraph *g, Findings *findings) {
	for (RegionId r = 0; r < g->n_regions; r++) {
		if (!is_counted(&g->regions[r])) continue;
		read_insert(context, technique, g, r, findings);
		read_appends(context, technique, g, r, findings);
	}
}

void detect_reserve_capacity(const MatchContext *context, const Technique *technique, Findings *findings) {
	detect_each_graph(context, technique, findings, read_loops);
}
