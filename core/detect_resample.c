#include "core/posix.h"

#include "core/detect.h"
#include "core/detect_resample.h"
#include "core/detect_vector.h"
#include "core/vector_loop.h"

#include <string.h>

enum { STRIP_DEPTH = 12, RATE_DEPTH = 10, RATES = 8 };

/* ---- positions ---- */

static bool is_any(const FlowGraph *g, NodeId id, const char *const *names) {
	for (; *names; names++) {
		if (vector_is(g, id, *names)) return true;
	}
	return false;
}

/* One conversion, change of shape or bound back; the node itself when it is none. */
static NodeId step_back(const FlowGraph *g, NodeId id) {
	static const char *const passes[] = { "host_int", "host_float", "host_double", "host_min", "host_max", "minimum",
		"maximum", "clip", "astype", "reshape", "expand_dims", "array", NULL };
	if (!id || !is_any(g, id, passes)) return id;
	double number;
	bool bound_first =
	    (vector_is(g, id, "host_max") || vector_is(g, id, "host_min")) && flow_number(g, flow_arg(g, id, 0), &number);
	return flow_arg(g, id, bound_first ? 1 : 0);
}

static NodeId strip(const FlowGraph *g, NodeId id) {
	for (int depth = 0; depth < STRIP_DEPTH && step_back(g, id) != id; depth++) id = step_back(g, id);
	return id;
}

/* The whole part of a position: floor(p) or Int(p), also a row's base added to it; *position gets p. */
static NodeId whole_part(const FlowGraph *g, NodeId id, NodeId *position) {
	for (int depth = 0; id && depth < STRIP_DEPTH; depth++) {
		NodeId inner = flow_arg(g, id, 0);
		bool floors = vector_is(g, id, "floor");
		bool cuts = (vector_is(g, id, "host_int") || vector_is(g, id, "astype")) && !vector_is(g, inner, "floor") &&
		            g->nodes[inner].facts.dtype == DTYPE_FLOAT;
		if (floors || cuts) return *position = strip(g, inner), id;
		NodeId next = vector_is(g, id, "add") ? flow_arg(g, id, 1) : step_back(g, id);
		if (next == id) break;
		id = next;
	}
	return 0;
}

/* frac is what remains of the position behind its whole part. */
static bool is_rest(const FlowGraph *g, NodeId frac, NodeId position) {
	frac = strip(g, frac);
	if (!vector_is(g, frac, "subtract")) return false;
	NodeId of = strip(g, flow_arg(g, frac, 0)), other;
	return of && g->nodes[of].value == g->nodes[position].value && whole_part(g, flow_arg(g, frac, 1), &other);
}

/* ---- the blend of two neighbours ---- */

static bool is_load(const FlowGraph *g, NodeId id) { return g->nodes[id].kind == NODE_LOAD && flow_arg(g, id, 1); }

/* low*(1 - frac): *rest gets frac. */
static bool is_fading(const FlowGraph *g, NodeId id, NodeId *low, NodeId *rest) {
	if (!vector_is(g, id, "multiply")) return false;
	for (size_t i = 0; i < 2; i++) {
		NodeId sample = strip(g, flow_arg(g, id, i)), weight = strip(g, flow_arg(g, id, 1 - i));
		double one;
		if (!is_load(g, sample) || !vector_is(g, weight, "subtract")) continue;
		if (!flow_number(g, flow_arg(g, weight, 0), &one) || one != 1) continue;
		return *low = sample, *rest = flow_arg(g, weight, 1), true;
	}
	return false;
}

/* (high - low)*frac */
static bool is_slope(const FlowGraph *g, NodeId id, NodeId low, NodeId *high, NodeId *rest) {
	if (!vector_is(g, id, "multiply")) return false;
	for (size_t i = 0; i < 2; i++) {
		NodeId difference = strip(g, flow_arg(g, id, i));
		if (!vector_is(g, difference, "subtract") || strip(g, flow_arg(g, difference, 1)) != low) continue;
		return *high = strip(g, flow_arg(g, difference, 0)), *rest = flow_arg(g, id, 1 - i), true;
	}
	return false;
}

static bool is_rising(const FlowGraph *g, NodeId id, NodeId *high) {
	if (!vector_is(g, id, "multiply")) return false;
	for (size_t i = 0; i < 2; i++) {
		*high = strip(g, flow_arg(g, id, i));
		if (is_load(g, *high)) return true;
	}
	return false;
}

/* A node that interpolates between neighbours; *position gets the place in between. */
static bool is_blend(const FlowGraph *g, NodeId id, NodeId *position) {
	if (!vector_is(g, id, "add")) return false;
	for (size_t i = 0; i < 2; i++) {
		NodeId a = strip(g, flow_arg(g, id, i)), b = strip(g, flow_arg(g, id, 1 - i)), low = a, high = 0, rest = 0;
		bool fits =
		    is_fading(g, a, &low, &rest) ? is_rising(g, b, &high) : is_load(g, a) && is_slope(g, b, a, &high, &rest);
		if (!fits || !is_load(g, high)) continue;
		bool same = g->nodes[flow_arg(g, low, 0)].value == g->nodes[flow_arg(g, high, 0)].value;
		size_t at = g->nodes[low].n_args == 2 ? 1 : 2;
		if (same && whole_part(g, flow_arg(g, low, at), position) && is_rest(g, rest, *position)) return true;
	}
	return false;
}

/* ---- rates ---- */

typedef struct Rates {
	const FlowGraph *g;
	NodeId up[RATES], down[RATES];
	size_t n_up, n_down;
	NodeId size; /* a leaf made of an array's size; 0 */
} Rates;

static bool is_size(const FlowGraph *g, NodeId id, int depth) {
	if (!id || depth == 0) return false;
	uint32_t traits = flow_traits(g, id);
	if (traits & OP_SHAPE) return true;
	for (size_t i = 0; i < g->nodes[id].n_args && g->nodes[id].kind != NODE_CALL; i++) {
		if (is_size(g, flow_arg(g, id, i), depth - 1)) return true;
	}
	return false;
}

/* The scalars that multiply and divide the index on the way to a position. */
static void read_rates(Rates *r, NodeId id, bool down, int depth) {
	const FlowGraph *g = r->g;
	id = strip(g, id);
	if (!id || depth == 0) return;
	NodeId a = flow_arg(g, id, 0), b = flow_arg(g, id, 1);
	double number;
	if (vector_is(g, id, "multiply") || vector_is(g, id, "divide")) {
		read_rates(r, a, down, depth - 1);
		read_rates(r, b, vector_is(g, id, "divide") ? !down : down, depth - 1);
		return;
	}
	bool shifted = vector_is(g, id, "add") || vector_is(g, id, "subtract");
	if (shifted && b && flow_number(g, b, &number)) {
		read_rates(r, a, down, depth - 1);
		return;
	}
	uint8_t kind = g->nodes[id].kind;
	if (kind != NODE_LOOPVAR && !vector_is(g, id, "range") && is_size(g, id, 6)) r->size = id;
	bool rate = kind == NODE_PARAM || kind == NODE_FIELD || kind == NODE_GLOBAL || kind == NODE_CONST;
	if (kind == NODE_CONST && (!flow_number(g, id, &number) || number < 1000)) return;
	if (!rate || r->n_up == RATES || r->n_down == RATES) return;
	if (down)
		r->down[r->n_down++] = id;
	else
		r->up[r->n_up++] = id;
}

static bool differ(const Rates *r) {
	for (size_t i = 0; i < r->n_up; i++) {
		for (size_t j = 0; j < r->n_down; j++) {
			if (r->g->nodes[r->up[i]].value != r->g->nodes[r->down[j]].value) return true;
		}
	}
	return false;
}

/* A number of samples that was computed as another one times a ratio of rates. */
static bool is_scaled_size(const FlowGraph *g, NodeId size, int depth) {
	Rates r = { .g = g };
	if (!size || depth == 0) return false;
	if (vector_is(g, size, "divide")) read_rates(&r, size, false, RATE_DEPTH);
	if (differ(&r)) return true;
	for (size_t i = 0; i < g->nodes[size].n_args; i++) {
		if (is_scaled_size(g, flow_arg(g, size, i), depth - 1)) return true;
	}
	return false;
}

static bool has_rates(const FlowGraph *g, NodeId position) {
	Rates r = { .g = g };
	read_rates(&r, position, false, RATE_DEPTH);
	return r.size ? is_scaled_size(g, r.size, RATE_DEPTH) : differ(&r);
}

/* ---- findings ---- */

static void report(const MatchContext *context, const Technique *technique, const FlowGraph *g, NodeId id, Span span,
    Findings *findings) {
	const SourceFile *file = &context->program->outline->source->files[g->file];
	uint32_t first = source_pos(file, span.start).line, last = source_pos(file, span.end - 1).line;
	Str lines = first == last ? arena_printf(context->arena, "line %u", first)
	                          : arena_printf(context->arena, "lines %u-%u", first, last);
	Finding *f = detect_add(context, technique, findings, g->file, span,
	    "Audio is resampled by linear interpolation (%.*s), without a filter against aliasing: AVAudioConverter",
	    STR_ARG(lines));
	f->graph = g;
	f->root = id;
}

/* A host loop as a whole; on the device from the positions to the blend. */
static Span blend_span(const FlowGraph *g, NodeId id, NodeId position) {
	RegionId loop = flow_enclosing(g, g->nodes[id].region, REGION_LOOP);
	Span span = g->nodes[id].span;
	if (loop != REGION_NONE) return g->regions[loop].span;
	if (g->nodes[position].span.start < span.start) span.start = g->nodes[position].span.start;
	return span;
}

/* `if from == to { return audio }`: rates are compared so, sizes of features are not. */
static bool compares_rates(const FlowGraph *g) {
	for (NodeId id = 1; id < g->n; id++) {
		NodeId a = flow_arg(g, id, 0), b = flow_arg(g, id, 1);
		bool equal = vector_is(g, id, "eq") || vector_is(g, id, "ne");
		if (equal && g->nodes[a].kind == NODE_PARAM && g->nodes[b].kind == NODE_PARAM) return true;
	}
	return false;
}

static const FlowGraph *interpolating_callee(const MatchContext *context, const FlowGraph *g, NodeId call) {
	const FlowGraph *callee = program_callee(context->program, g, call);
	NodeId position;
	for (NodeId id = 1; callee && id < callee->n; id++) {
		if (is_blend(callee, id, &position) && !has_rates(callee, position)) return callee;
	}
	return NULL;
}

/* interpolate(audio, scaleFactor: Float(to) / Float(from)) of two whole rates. */
static bool hands_over_rates(const FlowGraph *g, NodeId call) {
	for (size_t i = 0; i < g->nodes[call].n_args; i++) {
		NodeId ratio = strip(g, flow_arg(g, call, i));
		if (!vector_is(g, ratio, "divide")) continue;
		NodeId a = strip(g, flow_arg(g, ratio, 0)), b = strip(g, flow_arg(g, ratio, 1));
		bool whole = g->nodes[a].facts.dtype == DTYPE_INTEGER && g->nodes[b].facts.dtype == DTYPE_INTEGER;
		if (whole && !is_size(g, a, 6) && !is_size(g, b, 6) && has_rates(g, ratio)) return true;
	}
	return false;
}

static void read_graph(
    const MatchContext *context, const Technique *technique, const FlowGraph *g, Findings *findings) {
	for (NodeId id = 1; id < g->n; id++) {
		NodeId position = 0;
		if (g->nodes[id].origin) continue;
		bool device = g->nodes[id].facts.domain == DOMAIN_DEVICE;
		if (is_blend(g, id, &position) && has_rates(g, position) && (!device || compares_rates(g)))
			report(context, technique, g, id, blend_span(g, id, position), findings);
		if (g->nodes[id].kind == NODE_CALL && hands_over_rates(g, id) && interpolating_callee(context, g, id))
			report(context, technique, g, id, g->nodes[id].span, findings);
	}
}

void detect_resample(const MatchContext *context, const Technique *technique, Findings *findings) {
	detect_each_graph(context, technique, findings, read_graph);
}
