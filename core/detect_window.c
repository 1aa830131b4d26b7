/* as-strided-window: overlapping windows gathered by an index matrix, or cut one by one and stacked.
 *
 * The matrix is the sum of two counts on two axes, one of them times the step. The loop collects slices of one device array that
 * doesn't change, each from `i * step` (or a strided counter) on and of one length, and the collection is stacked. */
#include "core/posix.h"

#include "core/detect_arrays.h"
#include "core/pattern_tree.h"

typedef struct Window {
	const MatchContext *context;
	const Technique *technique;
	Findings *findings;
	const FlowGraph *g;
	OpId array, arange, range, range_closed, add, multiply, newaxis, expand, reshape, take, stack, concat, append,
	    host_int;
} Window;

static bool is(const Window *w, NodeId id, OpId op) { return id && flow_is_op(w->g, id, op); }

/* ---- gathered by a matrix of indices ---- */

static bool adds_axis(const Window *w, NodeId load) {
	for (size_t i = 1; i < w->g->nodes[load].n_args; i++) {
		if (is(w, flow_arg(w->g, load, i), w->newaxis)) return true;
	}
	return false;
}

/* Behind views, casts and new axes; *axes counts the latter. */
static NodeId behind(const Window *w, NodeId id, int *axes) {
	for (int depth = 0; id && depth < 8; depth++) {
		bool load = w->g->nodes[id].kind == NODE_LOAD && adds_axis(w, id);
		if (!load && !(flow_traits(w->g, id) & (OP_VIEW | OP_CAST | OP_COPY))) break;
		*axes += load || is(w, id, w->expand) || is(w, id, w->reshape);
		id = flow_arg(w->g, id, 0);
	}
	return id;
}

static bool is_count(const Window *w, NodeId id) {
	if (is(w, id, w->arange)) return true;
	NodeId from = is(w, id, w->array) ? flow_arg(w->g, id, 0) : 0;
	while (from && w->g->nodes[from].kind == NODE_CALL) from = flow_arg(w->g, from, 0);
	if (from && flow_is_op(w->g, from, op_named("array_new"))) from = flow_arg(w->g, from, 0);
	return is(w, from, w->range) || is(w, from, w->range_closed);
}

/* A count, or a count times the step; *axes counts axes added on the way. */
static bool is_places(const Window *w, NodeId id, int *axes) {
	id = behind(w, id, axes);
	if (id && is_count(w, id)) return true;
	if (!is(w, id, w->multiply)) return false;
	for (size_t i = 0; i < 2; i++) {
		NodeId count = behind(w, flow_arg(w->g, id, i), axes);
		if (count && is_count(w, count) &&
		    pattern_scalar(w->context->program, w->g, flow_arg(w->g, id, 1 - i)) == TRUTH_YES)
			return true;
	}
	return false;
}

static void widen(const FlowGraph *g, NodeId id, Span *span) {
	if (id && !g->nodes[id].origin && g->nodes[id].span.start < span->start) span->start = g->nodes[id].span.start;
}

static void look_at_gather(const Window *w, NodeId id) {
	const FlowGraph *g = w->g;
	bool load = g->nodes[id].kind == NODE_LOAD;
	if ((!load && !is(w, id, w->take)) || g->nodes[id].origin) return;
	if (g->nodes[flow_arg(g, id, 0)].facts.domain == DOMAIN_HOST_ARRAY) return;
	for (size_t i = 1; i < g->nodes[id].n_args; i++) {
		int axes = 0, own = 0;
		NodeId sum = behind(w, flow_arg(g, id, i), &own);
		if (!is(w, sum, w->add)) continue;
		NodeId a = flow_arg(g, sum, 0), b = flow_arg(g, sum, 1);
		if (!is_places(w, a, &axes) || !is_places(w, b, &axes) || axes == 0) continue;
		Span span = g->nodes[id].span;
		widen(g, sum, &span);
		widen(g, behind(w, a, &own), &span);
		widen(g, behind(w, b, &own), &span);
		Str what = match_text(w->context, g, flow_arg(g, id, 0));
		Finding *f = detect_add(w->context, w->technique, w->findings, g->file, span,
		    "The windows over `%.*s` are gathered by a matrix of indices; asStrided gives the same as a view.",
		    STR_ARG(what));
		f->graph = g;
		f->root = id;
		return;
	}
}

/* ---- cut in a loop ---- */

static bool same(const FlowGraph *g, NodeId a, NodeId b) { return a && b && g->nodes[a].value == g->nodes[b].value; }

static bool invariant(const Window *w, NodeId id, RegionId loop) {
	return id && program_invariant(w->context->program, w->g, id, loop) == TRUTH_YES;
}

static NodeId behind_int(const Window *w, NodeId id) {
	while (is(w, id, w->host_int)) id = flow_arg(w->g, id, 0);
	return id;
}

/* Nothing says that it changes; a member of a configuration often can't be told. */
static bool steady(const Window *w, NodeId id, RegionId loop) {
	double value;
	if (!id || (flow_number(w->g, id, &value) && value == 1)) return false;
	return program_invariant(w->context->program, w->g, id, loop) != TRUTH_NO;
}

/* The loop's counter, also times a step and plus an offset that don't change. */
static bool is_start(const Window *w, NodeId id, RegionId loop) {
	id = behind_int(w, id);
	if (!id) return false;
	if (w->g->nodes[id].kind == NODE_LOOPVAR) return w->g->nodes[id].body == loop;
	if (!is(w, id, w->multiply) && !is(w, id, w->add)) return false;
	NodeId a = flow_arg(w->g, id, 0), b = flow_arg(w->g, id, 1);
	return (is_start(w, a, loop) && steady(w, b, loop)) || (is_start(w, b, loop) && steady(w, a, loop));
}

static bool is_slice(const Window *w, NodeId range, RegionId loop) {
	if (!is(w, range, w->range)) return false;
	NodeId start = flow_arg(w->g, range, 0), end = behind_int(w, flow_arg(w->g, range, 1));
	if (!start || !is_start(w, start, loop) || !is(w, end, w->add)) return false;
	NodeId a = flow_arg(w->g, end, 0), b = flow_arg(w->g, end, 1);
	return (same(w->g, a, start) && steady(w, b, loop)) || (same(w->g, b, start) && steady(w, a, loop));
}

/* The array cut, or 0. */
static NodeId cut_of(const Window *w, NodeId id, RegionId loop, int *axes) {
	NodeId load = behind(w, id, axes);
	if (!load || w->g->nodes[load].kind != NODE_LOAD) return 0;
	NodeId base = flow_arg(w->g, load, 0);
	uint8_t domain = w->g->nodes[base].facts.domain;
	if ((domain != DOMAIN_DEVICE && domain != DOMAIN_UNKNOWN) || !invariant(w, base, loop)) return 0;
	size_t slices = 0;
	for (size_t i = 1; i < w->g->nodes[load].n_args; i++) {
		NodeId index = flow_arg(w->g, load, i);
		if (is_slice(w, index, loop))
			slices++;
		else if (!index || !invariant(w, index, loop))
			return 0;
	}
	return slices == 1 ? base : 0;
}

/* The collection ends in a stack (or a concat, where each got an axis of its own), directly or through outer loops. */
static bool is_stacked(const Window *w, NodeId list, bool has_axis, int depth) {
	size_t n;
	const NodeId *users = flow_users(w->g, list, &n);
	for (size_t i = 0; i < n; i++) {
		if (is(w, users[i], w->stack) || (has_axis && is(w, users[i], w->concat))) return true;
		uint8_t kind = w->g->nodes[users[i]].kind;
		if (depth > 0 && (kind == NODE_JOIN || is(w, users[i], w->append)) && users[i] != list &&
		    is_stacked(w, users[i], has_axis, depth - 1))
			return true;
	}
	return false;
}

static void look_in_loop(const Window *w, RegionId r) {
	const FlowGraph *g = w->g;
	const FlowRegion *loop = &g->regions[r];
	for (size_t i = 0; i < loop->n_collects; i++) {
		NodeId at = loop->collects[i];
		if (!at || g->nodes[at].origin || flow_enclosing(g, g->nodes[at].region, REGION_LOOP) != r) continue;
		int axes = 0;
		NodeId base = cut_of(w, is(w, at, w->append) ? flow_arg(g, at, 1) : at, r, &axes);
		NodeId list = is(w, at, w->append) ? flow_arg(g, at, 0) : 0;
		size_t n = 0;
		const NodeId *users = list ? NULL : flow_users(g, at, &n);
		for (size_t u = 0; u < n; u++) list = users[u];
		if (!base || !list || !is_stacked(w, list, axes > 0, 4)) continue;
		Str what = match_text(w->context, g, base);
		Finding *f = detect_add(w->context, w->technique, w->findings, g->file, loop->span,
		    "Windows over `%.*s` are cut one by one and stacked; asStrided gives all of them as one view.",
		    STR_ARG(what));
		f->graph = g;
		f->root = at;
		f->loop = r;
		return;
	}
}

void detect_as_strided_window(const MatchContext *context, const Technique *technique, Findings *findings) {
	const Program *p = context->program;
	Window w = { .context = context,
		.technique = technique,
		.findings = findings,
		.array = op_named("array"),
		.arange = op_named("arange"),
		.range = op_named("range"),
		.range_closed = op_named("range_closed"),
		.add = op_named("add"),
		.multiply = op_named("multiply"),
		.newaxis = op_named("newaxis"),
		.expand = op_named("expand_dims"),
		.reshape = op_named("reshape"),
		.take = op_named("take"),
		.stack = op_named("stack"),
		.concat = op_named("concat"),
		.append = op_named("array_append"),
		.host_int = op_named("host_int") };
	for (ComponentId c = 0; c < p->outline->n; c++) {
		w.g = &p->functions[c].graph;
		if (!w.g->n || !detect_wants(context, w.g->file)) continue;
		for (NodeId id = 1; id < w.g->n; id++) look_at_gather(&w, id);
		for (RegionId r = 1; r < w.g->n_regions; r++) {
			if (w.g->regions[r].kind == REGION_LOOP) look_in_loop(&w, r);
		}
	}
}
