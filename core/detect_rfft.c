#include "core/posix.h"

#include "core/detect.h"
#include "core/detect_vector.h"
#include "core/vector_loop.h"

/* Complex transforms on the host whose imaginary part is zeros: the samples are real, and half of the bins would do. */

enum { DEPTH = 8 };

/* Changed through a pointer, other than by being cleared. */
static bool is_written_through(const FlowGraph *g, NodeId array) {
	size_t n;
	const NodeId *users = flow_users(g, array, &n);
	for (size_t i = 0; i < n; i++) {
		NodeId closure = vector_is(g, users[i], "unsafe_buffer") ? flow_arg(g, users[i], 1) : 0;
		if (!closure || g->nodes[closure].kind != NODE_CLOSURE) continue;
		const FlowRegion *body = &g->regions[g->nodes[closure].body];
		for (NodeId id = body->first; id < body->last; id++) {
			uint8_t kind = g->nodes[id].kind;
			bool host = kind == NODE_OP && (flow_traits(g, id) & OP_EFFECT) && !vector_is(g, id, "vdsp_vclr");
			if (host || kind == NODE_CALL || kind == NODE_STORE) return true;
		}
	}
	return false;
}

/* An array of zeros that nothing was written to, on every way here. */
static bool is_zeros(const FlowGraph *g, NodeId id, NodeId join, int depth) {
	double value;
	if (!id || depth == 0 || is_written_through(g, id)) return false;
	if (vector_is(g, id, "array_repeating")) return flow_number(g, flow_arg(g, id, 0), &value) && value == 0;
	if (g->nodes[id].kind != NODE_JOIN || !g->nodes[id].n_args) return false;
	for (size_t i = 0; i < g->nodes[id].n_args; i++) {
		NodeId arg = flow_arg(g, id, i);
		if (arg != id && arg != join && !is_zeros(g, arg, id, depth - 1)) return false;
	}
	return true;
}

static void read_graph(
    const MatchContext *context, const Technique *technique, const FlowGraph *g, Findings *findings) {
	for (NodeId id = 1; id < g->n; id++) {
		/* setup, real and imaginary input, real and imaginary output */
		bool transform = vector_is(g, id, "vdsp_dft") && g->nodes[id].n_args == 5 && !g->nodes[id].origin;
		if (!transform || !is_zeros(g, flow_arg(g, id, 2), 0, DEPTH)) continue;
		const SourceFile *file = &context->program->outline->source->files[g->file];
		Finding *f = detect_add(context, technique, findings, g->file, g->nodes[id].span,
		    "A complex transform at line %u gets zeros as imaginary part: the real one (vDSP_DFT_zrop, or rfft of all frames at "
		    "once) does half the work",
		    source_pos(file, g->nodes[id].span.start).line);
		f->graph = g;
		f->root = id;
	}
}

void detect_zero_imaginary(const MatchContext *context, const Technique *technique, Findings *findings) {
	detect_each_graph(context, technique, findings, read_graph);
}
