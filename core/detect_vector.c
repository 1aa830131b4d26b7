#include "core/posix.h"

#include "core/detect.h"
#include "core/detect_vector.h"
#include "core/vector_loop.h"

#include <stdio.h>
#include <string.h>

enum { SHORT = 128 };

typedef struct VectorRow {
	const char *id; /* of the card */
	VectorKind kind;
	const char *words; /* what the loop does */
	const char *call;  /* what does it */
} VectorRow;

static const VectorRow ROWS[] = {
	{ "vdsp-vsmul", VECTOR_SCALE, "scales samples one by one", "vDSP_vsmul" },
	{ "vdsp-vramp", VECTOR_RAMP, "fills an array with evenly growing values one by one", "vDSP_vramp" },
	{ "vdsp-vramp", VECTOR_FADE, "multiplies an array by a ramp sample by sample", "vDSP_vrampmul" },
	{ "vdsp-vmul", VECTOR_MULTIPLY, "multiplies two arrays element by element", "vDSP_vmul" },
	{ "vv-sqrtf", VECTOR_SQRT, "takes square roots one by one", "vvsqrtf" },
	{ "vv-expf", VECTOR_EXP, "takes exponentials one by one", "vvexpf" },
	{ "vdsp-zvmags", VECTOR_MAGNITUDE, "computes complex magnitudes one by one", "vDSP_zvmags" },
	{ "vdsp-hann-window", VECTOR_HANN, "computes a Hann window one by one", "vDSP_hann_window" },
	{ "vdsp-vclip", VECTOR_CLIP, "clips samples one by one", "vDSP_vclip" },
	{ "vdsp-meanv", VECTOR_MEAN, "adds up elements one by one for their mean", "vDSP_meanv" },
	{ "vdsp-maxv", VECTOR_MAX, "looks for the largest element one by one", "vDSP_maxv" },
	{ "vdsp-svesq", VECTOR_SQUARES, "adds up squares one by one", "vDSP_svesq" },
	{ "vdsp-fft", VECTOR_FOURIER, "sums one bin of a Fourier transform", "vDSP_fft_zrip" },
	{ "vdsp-dotpr", VECTOR_DOT, "adds up products of two arrays one by one", "vDSP_dotpr" },
};

static const VectorRow *row_of(const Technique *technique, VectorKind kind) {
	for (size_t i = 0; i < BASE_COUNT(ROWS); i++) {
		if (ROWS[i].kind == kind && str_is(technique->id, ROWS[i].id)) return &ROWS[i];
	}
	return NULL;
}

static const char *call_of(const VectorRow *row, const VectorLoop *v) {
	if (v->kind == VECTOR_MAX && v->magnitudes) return v->smallest ? "vDSP_minmgv" : "vDSP_maxmgv";
	if (v->kind == VECTOR_MAX && v->smallest) return "vDSP_minv";
	if (v->kind == VECTOR_CLIP && v->scaled && v->to_integer) return "vDSP_vsmul, vDSP_vclip and vDSP_vfix16";
	if (v->kind == VECTOR_CLIP && v->to_integer) return "vDSP_vclip and vDSP_vfix16";
	if (v->kind == VECTOR_CLIP && v->scaled) return "vDSP_vsmul and vDSP_vclip";
	if (v->kind == VECTOR_SCALE && v->to_integer) return "vDSP_vsmul and vDSP_vfix16";
	if (v->kind == VECTOR_MEAN && v->magnitudes) return "vDSP_meanmgv";
	if (v->kind == VECTOR_MULTIPLY && v->squared) return "vDSP_vsq";
	if (v->kind == VECTOR_MAGNITUDE && v->rooted) return "vDSP_zvabs";
	return row->call;
}

bool detect_runs_once(const MatchContext *context, const FlowGraph *g) {
	if (g->component == COMPONENT_NONE) return true;
	const Component *c = &context->program->outline->components[g->component];
	return c->is_init || context->program->functions[g->component].only_from_init;
}

static Span loop_span(const FlowGraph *g, RegionId loop) {
	const FlowRegion *region = &g->regions[loop];
	if (region->form != LOOP_MAP && region->form != LOOP_REDUCE && region->form != LOOP_FOREACH) return region->span;
	size_t n;
	const NodeId *users = region->closure ? flow_users(g, region->closure, &n) : NULL;
	return users && n == 1 ? g->nodes[users[0]].span : region->span;
}

/* A small callee's loop, repeated at a call: found in the callee. */
static bool is_repeated(const FlowGraph *g, RegionId loop) {
	NodeId first = g->regions[loop].first;
	return first && first < g->n && g->nodes[first].origin != 0;
}

/* ---- where a host call would be the wrong answer ---- */

static bool is_device(const FlowGraph *g, NodeId id) {
	if (g->nodes[id].kind != NODE_TUPLE) return g->nodes[id].facts.domain == DOMAIN_DEVICE;
	for (size_t i = 0; i < g->nodes[id].n_args; i++) {
		if (g->nodes[flow_arg(g, id, i)].facts.domain != DOMAIN_DEVICE) return false;
	}
	return g->nodes[id].n_args > 0;
}

/* Everything that uses the value after the loop makes a device array of it. */
static bool only_device(const FlowGraph *g, NodeId value, RegionId loop, int depth) {
	size_t n, after = 0;
	const NodeId *users = flow_users(g, value, &n);
	for (size_t i = 0; i < n; i++) {
		if (flow_inside(g, g->nodes[users[i]].region, loop)) continue;
		after++;
		bool around = g->nodes[users[i]].kind == NODE_JOIN && flow_inside(g, loop, g->nodes[users[i]].region);
		bool passes =
		    (vector_is(g, users[i], "array_new") || around) && depth > 0; /* a loop around this one goes on with it */
		if (passes ? !only_device(g, users[i], loop, depth - 1) : !is_device(g, users[i])) return false;
	}
	return after > 0;
}

static bool becomes_device(const FlowGraph *g, RegionId loop, bool filled_too) {
	NodeId results[4];
	size_t n = vector_loop_results(g, loop, results, 4);
	/* A table made row by row is outer arithmetic on two arrays, not a scaled one. */
	bool rows =
	    g->regions[loop].n_collects > 0 && flow_enclosing(g, g->regions[loop].parent, REGION_LOOP) != REGION_NONE;
	bool collects = g->regions[loop].form == LOOP_MAP || rows;
	return n == 1 && (filled_too || collects) && only_device(g, results[0], loop, 2);
}

/* The function is there to make a device array: tables in it are that array's, made with its operations or made once. */
static bool returns_device(const FlowGraph *g) {
	bool any = false;
	for (NodeId id = 1; id < g->n; id++) {
		if (g->nodes[id].kind != NODE_RETURN || !flow_arg(g, id, 0)) continue;
		if (flow_enclosing(g, g->nodes[id].region, REGION_CLOSURE) != REGION_NONE) continue;
		if (!is_device(g, flow_arg(g, id, 0))) return false;
		any = true;
	}
	return any;
}

static bool is_table(VectorKind kind) { return kind == VECTOR_RAMP || kind == VECTOR_HANN; }

/* Filled or read arrays of a literal, small size. */
static bool is_short(const FlowGraph *g, RegionId loop) {
	const FlowRegion *region = &g->regions[loop];
	NodeId base = region->over ? vector_base(g, region->over) : 0;
	double count;
	if (vector_is(g, base, "array_repeating")) return flow_number(g, flow_arg(g, base, 1), &count) && count <= SHORT;
	return region->trips == TRIPS_LITERAL && region->trip_count <= SHORT;
}

static void weigh(const MatchContext *context, const FlowGraph *g, RegionId loop, VectorKind kind, Finding *f) {
	int steps = kind == VECTOR_HANN ? 1 : 2;
	if (detect_runs_once(context, g))
		detect_note(f, STR("runs once, while something is set up: little to gain"), true, steps);
	if (kind == VECTOR_RAMP) detect_note(f, STR("how many values there are is not known"), true, 1);
	if (is_short(g, loop)) detect_note(f, STR("few elements: little to gain"), true, 2);
}

static void read_loop(
    const MatchContext *context, const Technique *technique, const FlowGraph *g, RegionId loop, Findings *findings) {
	VectorLoop v = vector_loop_read(context->program, g, loop);
	const VectorRow *row = row_of(technique, v.kind);
	if (!row || is_repeated(g, loop) || becomes_device(g, loop, is_table(v.kind))) return;
	if (is_table(v.kind) && returns_device(g)) return;
	Span span = loop_span(g, loop);
	const SourceFile *file = &context->program->outline->source->files[g->file];
	uint32_t first = source_pos(file, span.start).line, last = source_pos(file, span.end - 1).line;
	char where[48];
	snprintf(where, sizeof where, first == last ? "line %u" : "lines %u-%u", first, last);
	Finding *f = detect_add(context, technique, findings, g->file, span,
	    "A scalar loop %s (%s): %s for the whole array at once", row->words, where, call_of(row, &v));
	f->graph = g;
	f->root = v.node;
	f->loop = loop;
	weigh(context, g, loop, v.kind, f);
}

/* `x.reduce(0, +) / Float(x.count)`; of doubles it is rather a statistic of a few timings. */
static void read_mean(
    const MatchContext *context, const Technique *technique, const FlowGraph *g, NodeId id, Findings *findings) {
	NodeId sum = flow_arg(g, id, 0), count = flow_arg(g, id, 1), array = flow_arg(g, sum, 0), f = flow_arg(g, sum, 2);
	if (!vector_is(g, id, "divide") || !vector_is(g, sum, "reduce") || !vector_is(g, count, "host_float")) return;
	count = flow_arg(g, count, 0);
	if (!vector_is(g, count, "count") || g->nodes[flow_arg(g, count, 0)].value != g->nodes[array].value) return;
	const Facts *facts = &g->nodes[array].facts;
	bool adds = g->nodes[f].kind == NODE_GLOBAL && str_is(g->nodes[f].name, "+");
	if (!adds || facts->domain != DOMAIN_HOST_ARRAY || facts->dtype != DTYPE_FLOAT || facts->is_double) return;
	Str text = match_text(context, g, id);
	Finding *finding = detect_add(context, technique, findings, g->file, g->nodes[id].span,
	    "%.*s adds up one by one: vDSP_meanv for the whole array at once", STR_ARG(text));
	finding->graph = g;
	finding->root = id;
	detect_note(finding, STR("the array's size is not known"), true, 1);
}

static void read_graph(
    const MatchContext *context, const Technique *technique, const FlowGraph *g, Findings *findings) {
	for (RegionId r = 0; r < g->n_regions; r++) {
		if (g->regions[r].kind == REGION_LOOP) read_loop(context, technique, g, r, findings);
	}
	if (!row_of(technique, VECTOR_MEAN)) return;
	for (NodeId id = 1; id < g->n; id++) read_mean(context, technique, g, id, findings);
}

void detect_each_graph(const MatchContext *context, const Technique *technique, Findings *findings, DetectGraph *read) {
	const Program *p = context->program;
	for (ComponentId id = 0; id < p->outline->n; id++) {
		if (!detect_wants(context, p->outline->components[id].file)) continue;
		if (p->functions[id].graph.n) read(context, technique, &p->functions[id].graph, findings);
		if (p->fields[id].n) read(context, technique, &p->fields[id], findings);
	}
	for (uint32_t i = 0; i < p->outline->source->n_files; i++) {
		if (detect_wants(context, i) && p->toplevel[i].n) read(context, technique, &p->toplevel[i], findings);
	}
}

void detect_vector(const MatchContext *context, const Technique *technique, Findings *findings) {
	detect_each_graph(context, technique, findings, read_graph);
}
