#include "core/posix.h"

#include "core/detect_parallel.h"

#include "core/detect.h"
#include "core/detect_vector.h"
#include "core/vector_loop.h"

#include <string.h>

enum { MANY_LOOPS = 4, USES = 64, STEPS = 400, PLACES = 16 };

typedef struct Row {
	const Program *program;
	const FlowGraph *g;
	RegionId loop;
	const FlowRegion *region;
} Row;

static bool inside(const Row *r, NodeId id) {
	return id >= r->region->first && id < r->region->last && flow_inside(r->g, r->g->nodes[id].region, r->loop);
}

/* ---- how much is done in a turn ---- */

static bool is_transform(const FlowGraph *g, NodeId id) {
	static const char *const names[] = { "vdsp_dft", "vdsp_fft_zrip", "vdsp_fft_zip", "vdsp_fft_zop", "vdsp_fft_zrop",
		"vdsp_conv", "vdsp_desamp", "vdsp_mmul", "vdsp_biquad" };
	for (size_t i = 0; i < BASE_COUNT(names); i++) {
		if (vector_is(g, id, names[i])) return true;
	}
	return false;
}

static bool is_heavy(const Row *r) {
	const FlowGraph *g = r->g;
	size_t n_inner = 0;
	bool transforms = false, filters = false;
	for (RegionId i = r->loop + 1; i < g->n_regions; i++) {
		const FlowRegion *inner = &g->regions[i];
		if (inner->kind != REGION_LOOP || !flow_inside(g, i, r->loop)) continue;
		RegionId around = flow_enclosing(g, inner->parent, REGION_LOOP);
		n_inner++;
		filters |= around != r->loop && inner->n_folds > 0;
	}
	for (NodeId id = r->region->first; id < r->region->last; id++) {
		bool deeper = inside(r, id) && flow_enclosing(g, g->nodes[id].region, REGION_LOOP) != r->loop;
		transforms |= deeper && is_transform(g, id);
	}
	return transforms || filters || n_inner >= MANY_LOOPS;
}

/* ---- nothing of the device, nothing with effects elsewhere ---- */

static bool is_host_function(const FlowGraph *g) {
	for (NodeId id = 1; id < g->n; id++) {
		if (g->nodes[id].facts.domain == DOMAIN_DEVICE || g->nodes[id].kind == NODE_MODULE) return false;
	}
	return g->n > 0;
}

static bool is_host_only(const Row *r) {
	const FlowGraph *g = r->g;
	for (NodeId id = r->region->first; id < r->region->last; id++) {
		const FlowNode *n = &g->nodes[id];
		if (!inside(r, id)) continue;
		if (n->facts.domain == DOMAIN_DEVICE || n->kind == NODE_MODULE || (n->kind == NODE_RETURN && !n->is_implicit))
			return false;
		if (n->kind == NODE_STORE && n->name.len) return false;
		if (vector_is(g, id, "print")) return false;
		if (n->kind != NODE_CALL) continue;
		const FlowGraph *callee = program_callee(r->program, g, id);
		size_t users;
		flow_users(g, id, &users);
		if (callee ? !is_host_function(callee) : users == 0) return false;
	}
	return true;
}

/* ---- every row has a place of its own ---- */

/* Derives from the row's number by arithmetic alone: rows at such indices don't meet. */
static bool by_row(const Row *r, NodeId index, int depth) {
	if (!index || depth == 0 || !inside(r, index)) return false;
	if (index == r->region->var) return true;
	const FlowNode *n = &r->g->nodes[index];
	if (n->kind != NODE_OP && n->kind != NODE_CALL) return false;
	for (size_t i = 0; i < n->n_args; i++) {
		if (by_row(r, flow_arg(r->g, index, i), depth - 1)) return true;
	}
	return false;
}

typedef struct Uses {
	NodeId first_read, first_write;
	bool writes_elsewhere, reads_elsewhere; /* at an index that doesn't derive from the row's number */
	uint32_t written[PLACES], read[PLACES]; /* value numbers of the indices that do */
	size_t n_written, n_read;
} Uses;

static bool is_written_by(const FlowGraph *g, NodeId call) {
	size_t n;
	const NodeId *users = flow_users(g, call, &n);
	for (size_t i = 0; i < n; i++) {
		if (g->nodes[users[i]].kind == NODE_PART) return true; /* handed over inout */
	}
	return false;
}

static void note_use(const Row *r, NodeId user, NodeId value, Uses *uses) {
	const FlowGraph *g = r->g;
	const FlowNode *n = &g->nodes[user];
	bool replaces = vector_is(g, user, "array_replace"),
	     stores = n->kind == NODE_STORE && flow_arg(g, user, 0) == value;
	bool writes = stores || replaces || (n->kind == NODE_OP && is_written_by(g, user));
	NodeId index = stores ? flow_arg(g, user, 2) : replaces || n->kind == NODE_LOAD ? flow_arg(g, user, 1) : 0;
	NodeId *first = writes ? &uses->first_write : &uses->first_read;
	if (!*first || user < *first) *first = user;
	if (by_row(r, index, 12) && uses->n_written < PLACES && uses->n_read < PLACES) {
		uint32_t place = r->g->nodes[index].value;
		if (writes)
			uses->written[uses->n_written++] = place;
		else
			uses->read[uses->n_read++] = place;
		return;
	}
	if (writes)
		uses->writes_elsewhere = true;
	else
		uses->reads_elsewhere = true;
}

/* Follows what is carried in through the turn. */
static bool read_uses(const Row *r, NodeId join, Uses *uses) {
	NodeId stack[USES], seen[USES * 4];
	size_t n = 0, n_seen = 0;
	int steps = 0;
	stack[n++] = join;
	while (n > 0) {
		NodeId value = stack[--n];
		size_t n_users;
		const NodeId *users = flow_users(r->g, value, &n_users);
		for (size_t i = 0; i < n_users; i++) {
			const FlowNode *user = &r->g->nodes[users[i]];
			bool again = users[i] == join;
			for (size_t s = 0; s < n_seen; s++) again |= seen[s] == users[i];
			if (again || !inside(r, users[i])) continue;
			if (++steps > STEPS || n + 1 >= USES || n_seen == BASE_COUNT(seen)) return false;
			bool carries = user->kind == NODE_JOIN || user->kind == NODE_PART;
			if (!carries) note_use(r, users[i], value, uses);
			bool same = carries || (user->kind == NODE_STORE && flow_arg(r->g, users[i], 0) == value) ||
			            vector_is(r->g, users[i], "array_replace") ||
			            (user->kind == NODE_OP && is_written_by(r->g, users[i]));
			seen[n_seen++] = users[i];
			if (same) stack[n++] = users[i];
		}
	}
	return true;
}

/* What is read of the rows is what the same turn writes: another turn's row is not looked at. */
static bool reads_own_row(const Uses *uses) {
	for (size_t i = 0; i < uses->n_read; i++) {
		size_t j = 0;
		while (j < uses->n_written && uses->written[j] != uses->read[i]) j++;
		if (j == uses->n_written) return false;
	}
	return true;
}

static bool is_used_after(const Row *r, NodeId join) {
	size_t n;
	const NodeId *users = flow_users(r->g, join, &n);
	for (size_t i = 0; i < n; i++) {
		if (!inside(r, users[i]) && users[i] > join) return true;
	}
	return false;
}

/* Written at the row's own place, collected in order, or written anew in each turn before it is read. */
static bool is_own(const Row *r, NodeId join, bool *scratch) {
	NodeId before = flow_arg(r->g, join, 0);
	if (r->g->nodes[join].facts.domain != DOMAIN_HOST_ARRAY && r->g->nodes[before].facts.domain != DOMAIN_HOST_ARRAY)
		return false;
	for (size_t i = 0; i < r->region->n_collects; i++) {
		if (flow_arg(r->g, join, 1) == r->region->collects[i]) return true;
	}
	Uses uses = { 0 };
	if (!read_uses(r, join, &uses) || !uses.first_write) return false;
	if (!reads_own_row(&uses)) return false;
	if (!uses.writes_elsewhere && !uses.reads_elsewhere) return true;
	if ((uses.first_read && uses.first_read < uses.first_write) || is_used_after(r, join)) return false;
	return *scratch = true;
}

static bool is_parallel_already(const FlowGraph *g, RegionId loop) {
	for (RegionId at = loop; at != REGION_NONE; at = g->regions[at].parent) {
		const FlowRegion *region = &g->regions[at];
		if (region->kind == REGION_LOOP && region->form == LOOP_CONCURRENT) return true;
		if (region->kind != REGION_CLOSURE || !region->closure) continue;
		size_t n;
		const NodeId *users = flow_users(g, region->closure, &n);
		for (size_t i = 0; i < n; i++) {
			if (vector_is(g, users[i], "concurrent_perform")) return true;
		}
	}
	return false;
}

static bool reads_rows(Row *r, bool *scratch) {
	const FlowRegion *region = r->region;
	if (region->kind != REGION_LOOP || region->form != LOOP_FOR || region->has_break || !region->var) return false;
	if ((region->trips == TRIPS_LITERAL && region->trip_count < 2) || is_parallel_already(r->g, r->loop)) return false;
	if (!is_heavy(r) || !is_host_only(r)) return false;
	for (size_t i = 0; i < region->n_carried; i++) {
		if (!is_own(r, region->carried[i], scratch)) return false;
	}
	return region->n_carried > 0;
}

static void read_graph(
    const MatchContext *context, const Technique *technique, const FlowGraph *g, Findings *findings) {
	Span told = { 0 };
	for (RegionId loop = 0; loop < g->n_regions; loop++) {
		Row r = { context->program, g, loop, &g->regions[loop] };
		bool scratch = false;
		Span span = r.region->span;
		if (span.start < told.end || !reads_rows(&r, &scratch)) continue;
		if (r.region->first < g->n && g->nodes[r.region->first].origin) continue;
		told = span;
		const SourceFile *file = &context->program->outline->source->files[g->file];
		Finding *f = detect_add(context, technique, findings, g->file, span,
		    "Rows that don't depend on each other are worked on one after the other (lines %u-%u): concurrentPerform",
		    source_pos(file, span.start).line, source_pos(file, span.end - 1).line);
		f->graph = g;
		f->root = r.region->var;
		f->loop = loop;
		if (scratch) detect_note(f, STR("buffers made before the loop must be made in each turn"), false, 0);
	}
}

void detect_parallel(const MatchContext *context, const Technique *technique, Findings *findings) {
	detect_each_graph(context, technique, findings, read_graph);
}
