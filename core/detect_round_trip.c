#include "core/posix.h"

#include "core/detect.h"
#include "core/detect_arrays.h"
#include "core/detect_turns.h"
#include "core/detect_vector.h"
#include "core/host_way.h"
#include "core/vector_loop.h"

#include <stdlib.h>

/* Arrays that Swift loops make number by number: of what was read back from the device, or on the host alone. */

enum { NEAR = 6, LONG = 16 };

/* ---- telling ---- */

/* Where it is read back and, when that is near, the loop's first line; of elements that are read one by one, the loop that
 * makes the array of them. */
static Span trip_span(const SourceFile *file, const HostWay *t) {
	const FlowGraph *g = t->g;
	Span read = g->nodes[t->read].span, first = turns_span(file, g, t->first, NEAR);
	if (host_way_loop(g, g->nodes[t->read].region, t->array) != REGION_NONE)
		return turns_span(file, g, t->last, 2 * NEAR);
	uint32_t read_line = source_pos(file, read.start).line, loop_line = source_pos(file, first.start).line;
	bool near = first.start > read.start && loop_line - read_line <= NEAR;
	return (Span) { read.start, near ? first.end : read.end };
}

static Finding *tell_trip(
    const MatchContext *context, const Technique *technique, const HostWay *t, Findings *findings) {
	const FlowGraph *g = t->g;
	const SourceFile *file = &context->program->outline->source->files[g->file];
	Str read = match_text(context, g, t->read);
	return detect_add(context, technique, findings, g->file, trip_span(file, t),
	    "%.*s at line %u leaves the device, Swift loops work on it (lines %u-%u), and line %u makes an array of it again: "
	    "operations on the whole array do that without a wait; what else is said of the loops falls away then",
	    STR_ARG(read), source_pos(file, g->nodes[t->read].span.start).line,
	    source_pos(file, g->regions[t->first].span.start).line, source_pos(file, g->regions[t->last].span.end - 1).line,
	    source_pos(file, g->nodes[t->array].span.start).line);
}

static Finding *tell_made(
    const MatchContext *context, const Technique *technique, const HostWay *t, Findings *findings) {
	const FlowGraph *g = t->g;
	const SourceFile *file = &context->program->outline->source->files[g->file];
	return detect_add(context, technique, findings, g->file, turns_span(file, g, t->first, LONG),
	    "Swift loops compute number by number (lines %u-%u) what becomes an array at line %u: operations on whole arrays "
	    "(arange, broadcasting, which, .at[]) make it there",
	    source_pos(file, g->regions[t->first].span.start).line, source_pos(file, g->regions[t->last].span.end - 1).line,
	    source_pos(file, g->nodes[t->array].span.start).line);
}

static void tell(const MatchContext *context, const Technique *technique, const HostWay *t, Findings *findings) {
	Finding *f = (t->read ? tell_trip : tell_made)(context, technique, t, findings);
	f->graph = t->g;
	f->root = t->read ? t->read : t->array;
	if (t->by_value)
		detect_note(
		    f, STR("how many elements there are depends on their values: the host has to know some of them"), true, 2);
	if (t->small && !t->read)
		detect_note(f, STR("one axis of values: where it is made once, there is little to gain"), true, 1);
	if (detect_runs_once(context, t->g))
		detect_note(f, STR("runs once, while something is set up: little to gain"), true, 2);
}

/* One finding for all arrays that are made of one readback, or in the same loops. */
static bool is_told(const HostWay *t, const bool *told) {
	return t->read ? told[t->read] : told[t->g->regions[t->first].first];
}

static void mark_told(const HostWay *t, bool *told) {
	if (!t->read) told[t->g->regions[t->first].first] = true;
	for (NodeId r = 1; r < t->g->n; r++) told[r] |= host_way_reads(t->g, r) && t->behind[r];
}

static void read_graph(
    const MatchContext *context, const Technique *technique, const FlowGraph *g, Findings *findings) {
	bool any = false;
	for (RegionId r = 0; r < g->n_regions && !any; r++) any = g->regions[r].kind == REGION_LOOP;
	if (!any) return;
	bool *told = base_alloc(g->n + 1);
	for (NodeId id = 1; id < g->n; id++) {
		if (!vector_is(g, id, "array") || g->nodes[id].origin) continue;
		HostWay way;
		host_way_begin(&way, context->program, g, id);
		bool found = host_way_read(&way) && !is_told(&way, told);
		if (found && !(way.read && g->nodes[way.read].origin)) {
			tell(context, technique, &way, findings);
			mark_told(&way, told);
		}
		host_way_done(&way);
	}
	free(told);
}

void detect_round_trip(const MatchContext *context, const Technique *technique, Findings *findings) {
	detect_each_graph(context, technique, findings, read_graph);
}
