#include "core/posix.h"

#include "core/scan_reference.h"

#include <stdlib.h>

#include "core/align_lines.h"
#include "core/align_ops.h"
#include "core/scan_parts.h"

/* In this order: (1) one of the operations that the card proposes; (2) the card's pattern; (3) the lines that answer the
 * finding's, by the alignment of operations; (4) the same through calls, where one side made a function of what the other
 * wrote in place; (5) the component that answers as a whole, which is said as such. */

enum { MAX_CALLERS = 6, GAP_LINES = 4, SAYS_ENOUGH = 12 /* steps */ };

typedef struct Look {
	Scan *scan;
	Arena scratch;
	const Finding *finding;
	const ScanSide *port;
	ComponentId component;      /* of the port */
	uint32_t first, last, root; /* lines of the finding, and of the operation it is about (0: none) */
	Side side;
	References *out;
} Look;

typedef struct Lines {
	uint32_t file, first, last; /* of the reference; first 0: none */
} Lines;

static const Outline *outline(const Look *l) { return &l->scan->sides[l->side].outline; }
static const Program *program(const Look *l) { return &l->scan->sides[l->side].program; }
static const FlowGraph *graph_of(const Program *p, ComponentId id) { return &p->functions[id].graph; }

static uint32_t line_at(const ScanSide *side, uint32_t file, uint32_t offset) {
	return source_pos(&side->source.files[file], offset).line;
}

/* Where its callee or operator stands. */
static uint32_t node_line(const ScanSide *side, const FlowGraph *g, NodeId id) {
	const FlowNode *node = &g->nodes[id];
	return line_at(side, g->file, node->head.end > node->head.start ? node->head.start : node->span.start);
}

/* ---- saying it ---- */

static Str where(const Look *l, uint32_t file, uint32_t line) {
	return arena_printf(&l->scan->arena, "%s:%u", outline(l)->source->files[file].name, line);
}

static void say(Look *l, uint32_t file, Span span, bool supports, Str note) {
	Evidence *e = &l->out->evidence[l->out->n++];
	e->place = scan_place(&l->scan->sides[l->side], l->side, file, span, &l->scan->arena);
	e->supports = supports;
	e->note = note;
}

/* From the first letter of one line to the end of another. */
static Span text_of_lines(const SourceFile *file, uint32_t first, uint32_t last) {
	Span span = { source_line_start(file, first), source_line_start(file, last) };
	while (span.start < file->text.len && (file->text.ptr[span.start] == ' ' || file->text.ptr[span.start] == '\t'))
		span.start++;
	span.end += (uint32_t)source_line(file, last).len;
	return span.end > span.start ? span : (Span) { span.start, span.start };
}

static void say_lines(Look *l, Lines lines) {
	const SourceFile *file = &outline(l)->source->files[lines.file];
	Str at = where(l, lines.file, lines.first);
	say(l, lines.file, text_of_lines(file, lines.first, lines.last), false,
	    arena_printf(&l->scan->arena, "in the %s this is %.*s", side_title(l->side), STR_ARG(at)));
}

static void say_whole(Look *l, ComponentId answer) {
	const Component *c = &outline(l)->components[answer];
	Str at = where(l, c->file, line_at(&l->scan->sides[l->side], c->file, c->name_span.start));
	say(l, c->file, c->name_span, false,
	    arena_printf(&l->scan->arena, "answered as a whole by %.*s in the %s, %.*s", STR_ARG(c->name),
	        side_title(l->side), STR_ARG(at)));
}

/* ---- (1) and (2): what the card knows ---- */

static uint32_t distance(uint32_t a, uint32_t b) { return a > b ? a - b : b - a; }

/* Of the operations that the card proposes, the one nearest to a line; 0 for none. */
static NodeId proposed(const Look *l, const FlowGraph *g, uint32_t near) {
	const Technique *t = l->finding->technique;
	const ScanSide *side = &l->scan->sides[l->side];
	NodeId best = 0;
	for (NodeId id = 1; id < g->n; id++) {
		bool is = false;
		for (size_t i = 0; i < t->n_instead_ops && !is; i++) is = flow_is_op(g, id, t->instead_ops[i]);
		if (!is) continue;
		if (!best || distance(node_line(side, g, id), near) < distance(node_line(side, g, best), near)) best = id;
	}
	return best;
}

static bool does_it(Look *l, const FlowGraph *g, uint32_t near) {
	NodeId id = proposed(l, g, near);
	if (!id) return false;
	Str at = where(l, g->file, node_line(&l->scan->sides[l->side], g, id));
	say(l, g->file, g->nodes[id].span, true,
	    arena_printf(&l->scan->arena, "the %s does it at %.*s", side_title(l->side), STR_ARG(at)));
	return true;
}

static bool does_it_by_hand(Look *l, const FlowGraph *g, uint32_t near) {
	const Technique *t = l->finding->technique;
	PatternContext context = { .program = program(l), .arena = &l->scan->arena };
	Span best = { 0, 0 };
	uint32_t nearest = UINT32_MAX;
	for (size_t i = 0; i < t->n_patterns; i++) {
		if (pattern_is_loop(t->patterns[i])) continue;
		for (NodeId id = 1; id < g->n; id++) {
			PatternMatch match;
			if (!pattern_match_at(t->patterns[i], &context, g, id, &match)) continue;
			uint32_t far = distance(line_at(&l->scan->sides[l->side], g->file, match.span.start), near);
			if (far < nearest) best = match.span, nearest = far;
		}
	}
	if (nearest == UINT32_MAX) return false;
	say(l, g->file, best, false, arena_printf(&l->scan->arena, "the %s does it by hand, too", side_title(l->side)));
	return true;
}

/* ---- (3): lines that answer ---- */

typedef struct Vote {
	uint32_t line, weight;
} Vote;
typedef VEC(Vote) Votes;

enum { WEIGHT_TELLING = 3, WEIGHT_SAME = 1, WEIGHT_ROOT = 1000 };

/* Whether an operation says more of a place than that something is read, looked at another way or returned. */
static bool tells(const FlowGraph *g, NodeId id) {
	const FlowNode *node = &g->nodes[id];
	return node->kind == NODE_MODULE || node->kind == NODE_CALL || node->kind == NODE_NEW ||
	       (node->kind == NODE_STORE && node->name.len) || (node->kind == NODE_OP && !(flow_traits(g, id) & OP_VIEW));
}

static bool in_finding(const Look *l, const FlowGraph *g, NodeId id) {
	if (g->file != l->finding->file || g->nodes[id].origin) return false;
	uint32_t line = node_line(l->port, g, id);
	return line >= l->first && line <= l->last;
}

static bool is_root(const Look *l, const FlowGraph *g, NodeId id) {
	return g == l->finding->graph && id == l->finding->root;
}

/* The heaviest lines that lie close together: those around the heaviest line. */
static Lines heaviest(const Votes *votes, uint32_t file) {
	Lines lines = { .file = file };
	uint32_t most = 0;
	for (size_t i = 0; i < votes->n; i++) {
		uint32_t sum = 0;
		for (size_t k = 0; k < votes->n; k++)
			if (distance(votes->at[k].line, votes->at[i].line) <= GAP_LINES) sum += votes->at[k].weight;
		if (sum > most) most = sum, lines.first = lines.last = votes->at[i].line;
	}
	for (bool grown = most > 0; grown;) {
		grown = false;
		for (size_t i = 0; i < votes->n; i++) {
			uint32_t line = votes->at[i].line;
			if (line < lines.first && lines.first - line <= GAP_LINES) lines.first = line, grown = true;
			if (line > lines.last && line - lines.last <= GAP_LINES) lines.last = line, grown = true;
		}
	}
	return lines;
}

/* Lines whose operations answer those of the finding, if one of them says something of the place; strict: the root, or two. */
static Lines lines_by_ops(
    const Look *l, const FlowGraph *own, const FlowGraph *g, const OpPair *pairs, size_t n, bool strict) {
	Votes votes = { 0 };
	uint32_t told = 0;
	bool root = false;
	for (size_t i = 0; i < n && !root; i++) {
		if (!in_finding(l, own, pairs[i].a)) continue;
		Vote vote = { node_line(&l->scan->sides[l->side], g, pairs[i].b), WEIGHT_SAME };
		root = is_root(l, own, pairs[i].a) && pairs[i].same;
		if (tells(own, pairs[i].a)) vote.weight += WEIGHT_TELLING;
		if (root) votes.n = 0; /* no line says more */
		told += tells(own, pairs[i].a) && (pairs[i].same || !strict);
		VEC_PUSH(votes) = vote;
	}
	Lines lines = root || told > (strict ? 1 : 0) ? heaviest(&votes, g->file) : (Lines) { 0 };
	uint32_t most = 2 * (l->last - l->first + 1) + GAP_LINES;
	if (lines.first && lines.last - lines.first > most) lines.last = lines.first + most;
	VEC_FREE(votes);
	return lines;
}

/* The loop that begins on the finding's first line: the finding's own, or what a head alone speaks of. */
static RegionId loop_of(const Look *l, const FlowGraph *own) {
	for (RegionId r = 1; r < own->n_regions; r++) {
		const FlowRegion *region = &own->regions[r];
		if (region->kind == REGION_LOOP && own->file == l->finding->file &&
		    line_at(l->port, own->file, region->span.start) == l->first)
			return r;
	}
	return REGION_NONE;
}

static uint32_t steps_in(const FlowGraph *g, RegionId region) {
	uint32_t n = 0;
	for (NodeId id = 1; id < g->n; id++) n += align_is_step(g, id) && flow_inside(g, g->nodes[id].region, region);
	return n;
}

/* How much of what one of two loops does is what the other does. */
static double loops_alike(
    const FlowGraph *own, RegionId loop, const FlowGraph *g, RegionId other, const OpPair *pairs, size_t n) {
	uint32_t shared = 0;
	for (size_t i = 0; i < n; i++)
		shared +=
		    flow_inside(own, own->nodes[pairs[i].a].region, loop) && flow_inside(g, g->nodes[pairs[i].b].region, other);
	return 2.0 * shared / (steps_in(own, loop) + steps_in(g, other) + 1e-9);
}

/* The reference's loop that does most of what the loop does, and little else; n 0: that says the same words. */
static Lines answering_loop(const Look *l, const FlowGraph *own, const FlowGraph *g, const OpPair *pairs, size_t n) {
	RegionId loop = loop_of(l, own);
	Lines lines = { 0 };
	double best = n ? 0.3 : 0.4;
	if (loop == REGION_NONE) return lines;
	Str text = source_text(&l->port->source.files[own->file], own->regions[loop].span);
	if (!n && steps_in(own, loop) < SAYS_ENOUGH) return lines; /* a few words are soon the same */
	for (RegionId r = 1; r < g->n_regions; r++) {
		if (g->regions[r].kind != REGION_LOOP) continue;
		Str other = source_text(&outline(l)->source->files[g->file], g->regions[r].span);
		double alike = n ? loops_alike(own, loop, g, r, pairs, n) : line_words_alike(text, other);
		if (alike <= best) continue;
		best = alike;
		uint32_t line = line_at(&l->scan->sides[l->side], g->file, g->regions[r].span.start);
		lines = (Lines) { g->file, line, line };
	}
	return lines;
}

/* Of what computes nothing (a declaration, a branch's head): the line that says the same. */
static Lines lines_by_words(const Look *l, const LineAlignment *to, uint32_t file) {
	for (uint32_t line = l->first; line <= l->last; line++) {
		const LineAnswer *answer = line_answer(to, line);
		if (answer && answer->mark != LINE_PLAIN) return (Lines) { 0 };
	}
	const LineAnswer *answer = line_answer(to, l->first);
	return answer && answer->line ? (Lines) { file, answer->line, answer->line } : (Lines) { 0 };
}

static Lines answering_lines(Look *l, const LineAlignment *to, const FlowGraph *own, const FlowGraph *g) {
	size_t n;
	OpPair *pairs = align_ops(own, g, &l->scratch, &n);
	Lines lines = n ? answering_loop(l, own, g, pairs, n) : (Lines) { 0 };
	if (!lines.first) lines = lines_by_ops(l, own, g, pairs, n, false);
	if (!lines.first) lines = answering_loop(l, own, g, NULL, 0);
	if (!lines.first) lines = lines_by_words(l, to, g->file);
	return lines;
}

/* ---- (4): through calls ---- */

/* The node itself that a repeated one stands for, in its own function's graph. */
static NodeId original(const Program *p, const FlowGraph **g, NodeId id) {
	while ((*g)->nodes[id].origin) {
		const FlowNode *node = &(*g)->nodes[id];
		ComponentId callee = (*g)->nodes[node->origin].callee;
		if (callee == COMPONENT_NONE || !node->copied || node->copied >= p->functions[callee].graph.n) return 0;
		*g = graph_of(p, callee);
		id = node->copied;
	}
	return id;
}

/* Pairs of equal operations of a port's graph and a reference's, callees in place, whose own node lies in the finding: where
 * its root is answered, else where two or more of its operations are. */
static Lines through_calls(Look *l, const FlowGraph *port, const FlowGraph *reference) {
	Votes votes = { 0 };
	Lines found = { 0 };
	uint32_t file = reference->file;
	size_t n;
	OpPair *pairs = align_ops_through_calls(port, reference, &l->scratch, &n);
	for (size_t i = 0; i < n && !found.first; i++) {
		const FlowGraph *a = port, *b = reference;
		if (!pairs[i].same || !tells(port, pairs[i].a)) continue;
		NodeId left = original(&l->port->program, &a, pairs[i].a), right = original(program(l), &b, pairs[i].b);
		if (!left || !right || !in_finding(l, a, left)) continue;
		uint32_t line = node_line(&l->scan->sides[l->side], b, right);
		if (is_root(l, a, left)) found = (Lines) { b->file, line, line };
		if (votes.n == 0) file = b->file;
		if (b->file == file) VEC_PUSH(votes) = (Vote) { line, WEIGHT_SAME };
	}
	if (!found.first && votes.n > 1) found = heaviest(&votes, file);
	VEC_FREE(votes);
	return found;
}

/* A function of the port's own: its callers are answered, and what it does stands there. */
static Lines through_callers(Look *l) {
	const Function *f = &l->port->program.functions[l->component];
	for (size_t i = 0; i < f->n_callers && i < MAX_CALLERS; i++) {
		ComponentId caller = f->callers[i].graph->component;
		if (caller == COMPONENT_NONE) continue;
		ComponentId answer = rows_answer(&l->scan->rows, SIDE_SWIFT, caller, l->side);
		if (answer == COMPONENT_NONE) continue;
		Lines found = through_calls(l, f->callers[i].graph, graph_of(program(l), answer));
		if (found.first) return found;
	}
	return (Lines) { 0 };
}

/* What the reference wrote as a function of its own, too large to be repeated in place. */
static Lines in_callees(Look *l, const FlowGraph *own, const FlowGraph *g) {
	for (NodeId id = 1; id < g->n; id++) {
		ComponentId callee = g->nodes[id].callee;
		bool calls = g->nodes[id].kind == NODE_CALL && !g->nodes[id].origin;
		if (!calls || callee == COMPONENT_NONE || callee == g->component) continue;
		const FlowGraph *inner = graph_of(program(l), callee);
		size_t n;
		OpPair *pairs = inner->n ? align_ops(own, inner, &l->scratch, &n) : NULL;
		Lines lines = pairs ? lines_by_ops(l, own, inner, pairs, n, true) : (Lines) { 0 };
		if (lines.first) return lines;
	}
	return (Lines) { 0 };
}

/* ---- fields ---- */

static bool same_name(Str a, Str b) {
	size_t i = 0, k = 0;
	for (;;) {
		while (i < a.len && a.ptr[i] == '_') i++;
		while (k < b.len && b.ptr[k] == '_') k++;
		if (i == a.len || k == b.len) return i == a.len && k == b.len && a.len > 0;
		char x = a.ptr[i++], y = b.ptr[k++];
		if (x >= 'A' && x <= 'Z') x = (char)(x - 'A' + 'a');
		if (y >= 'A' && y <= 'Z') y = (char)(y - 'A' + 'a');
		if (x != y) return false;
	}
}

/* A finding on a field's declaration: the reference's field of that name or weight key. */
static Lines answering_field(Look *l, ComponentId answer) {
	const Component *own = &l->port->outline.components[l->component], *other = &outline(l)->components[answer];
	for (size_t i = 0; i < own->n_fields; i++) {
		const Field *f = &own->fields[i];
		if (f->file != l->finding->file || f->span.start > l->finding->span.start || f->span.end < l->finding->span.end)
			continue;
		for (size_t k = 0; k < other->n_fields; k++) {
			const Field *g = &other->fields[k];
			if (!same_name(f->key, g->key) && !same_name(f->name, g->name) && !same_name(f->key, g->name)) continue;
			uint32_t line = line_at(&l->scan->sides[l->side], g->file, g->span.start);
			return (Lines) { g->file, line, line };
		}
	}
	return (Lines) { 0 };
}

/* ---- one component that answers ---- */

static bool is_whole(const Look *l) {
	Span name = l->port->outline.components[l->component].name_span;
	return l->finding->span.start <= name.start && l->finding->span.end >= name.end;
}

static bool look_in(Look *l, ComponentId answer, bool last) {
	const FlowGraph *own = graph_of(&l->port->program, l->component), *g = graph_of(program(l), answer);
	LineAlignment to = { 0 }, back;
	if (g->n && own->n) align_lines(&l->port->program, l->component, program(l), answer, &l->scratch, &to, &back);
	uint32_t near = line_nearest(&to, l->root ? l->root : l->first);
	if (g->n && (does_it(l, g, near) || does_it_by_hand(l, g, near))) return true;
	Lines lines = { 0 };
	if (is_whole(l)) return last ? say_whole(l, answer), true : false;
	if (g->n && own->n) lines = answering_lines(l, &to, own, g);
	if (!lines.first && !g->n) lines = answering_field(l, answer);
	if (!lines.first && g->n && own->n) lines = through_calls(l, own, g);
	if (!lines.first && g->n && own->n) lines = in_callees(l, own, g);
	if (!lines.first && !last) return false;
	if (lines.first)
		say_lines(l, lines);
	else
		say_whole(l, answer);
	return true;
}

static void look_at_side(Look *l) {
	const Row *row = rows_of(&l->scan->rows, SIDE_SWIFT, l->component);
	size_t n = row ? row->n[l->side] : 0;
	for (size_t i = 0; i < n; i++)
		if (look_in(l, row->ids[l->side][i], false)) return;
	if (n) {
		look_in(l, row->ids[l->side][0], true);
		return;
	}
	Lines lines = through_callers(l);
	if (lines.first) say_lines(l, lines);
}

void scan_references(Scan *scan, const Finding *finding, ComponentId component, References *out) {
	Look l = { .scan = scan, .finding = finding, .port = &scan->sides[SIDE_SWIFT], .component = component, .out = out };
	*out = (References) { .evidence = ARENA_ARRAY(&scan->arena, Evidence, SIDE_COUNT) };
	if (component == COMPONENT_NONE) return;
	Span span = finding->span;
	l.first = line_at(l.port, finding->file, span.start);
	l.last = line_at(l.port, finding->file, span.end > span.start ? span.end - 1 : span.start);
	if (finding->graph && finding->root && !finding->graph->nodes[finding->root].origin)
		l.root = node_line(l.port, finding->graph, finding->root);
	for (Side side = SIDE_MLX; side <= SIDE_TORCH; side++) {
		l.side = side;
		if (scan->sides[side].present) look_at_side(&l);
	}
	arena_done(&l.scratch);
}
