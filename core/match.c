#include "core/posix.h"

#include "core/match.h"
#include "core/pattern_tree.h"

#include <stdlib.h>
#include <string.h>

enum { TEXT_MAX = 48 };

Str match_text(const MatchContext *context, const FlowGraph *g, NodeId id) {
	const SourceFile *file = &context->program->outline->source->files[g->file];
	Str text = source_text(file, g->nodes[id].span);
	/* A join's own text is the whole branch, a parameter's its declaration. */
	bool named = g->nodes[id].kind == NODE_JOIN || text.len > TEXT_MAX;
	if (g->nodes[id].kind == NODE_PARAM && g->nodes[id].name.len) return g->nodes[id].name;
	if (g->nodes[id].var.len && named) return g->nodes[id].var;
	Buf buf = { 0 };
	for (size_t i = 0; i < text.len; i++) {
		char c = text.ptr[i];
		bool blank = c == ' ' || c == '\t' || c == '\n' || c == '\r';
		if (!blank)
			buf_putc(&buf, c);
		else if (buf.len && buf.ptr[buf.len - 1] != ' ')
			buf_putc(&buf, ' ');
	}
	if (buf.len > TEXT_MAX) {
		size_t cut = TEXT_MAX - 3;
		while (cut > 0 && ((unsigned char)buf.ptr[cut] & 0xC0) == 0x80) cut--;
		buf.len = cut;
		buf_puts(&buf, "…");
	}
	Str out = arena_str(context->arena, buf_view(&buf));
	buf_done(&buf);
	return out;
}

/* ---- messages ---- */

static void add_lines(const MatchContext *context, const Finding *finding, Buf *out) {
	const SourceFile *file = &context->program->outline->source->files[finding->file];
	uint32_t first = source_pos(file, finding->span.start).line;
	uint32_t last = source_pos(file, finding->span.end ? finding->span.end - 1 : 0).line;
	if (first == last)
		buf_printf(out, "line %u", first);
	else
		buf_printf(out, "lines %u-%u", first, last);
}

/* {lines} is the span; {x} what ?x bound; what was not bound is left out. */
static Str fill_message(
    const MatchContext *context, const Pattern *pattern, const PatternMatch *match, const Finding *finding) {
	Str text = finding->technique->message.len ? finding->technique->message : finding->technique->title;
	Buf out = { 0 };
	for (size_t i = 0; i < text.len; i++) {
		size_t end = text.ptr[i] == '{' ? str_find(text, "}", i) : SIZE_MAX;
		if (end == SIZE_MAX) {
			buf_putc(&out, text.ptr[i]);
			continue;
		}
		char name[32] = "";
		size_t n = end - i - 1;
		if (n < sizeof name) memcpy(name, text.ptr + i + 1, n);
		if (strcmp(name, "lines") == 0) {
			add_lines(context, finding, &out);
		} else {
			NodeId id = pattern ? pattern_bound(pattern, match, name) : 0;
			bool root = id && id == match->root;
			if (id) buf_str(&out, match_text(context, root ? finding->graph : match->graph, root ? finding->root : id));
		}
		i = end;
	}
	Str message = arena_str(context->arena, buf_view(&out));
	buf_done(&out);
	return message;
}

/* ---- patterns ---- */

static void add_callee(Finding *f, const FlowGraph *callee) {
	size_t n = 0;
	while (n < FINDING_CALLEES && f->callee[n] && f->callee[n] != callee) n++;
	if (n < FINDING_CALLEES) f->callee[n] = callee;
}

/* Which functions the matched values were repeated from. */
static void note_callees(const Program *p, const PatternMatch *match, Finding *f) {
	const FlowGraph *g = match->graph;
	for (size_t i = 0; i < match->n_binds; i++) {
		if (!match->bind[i] || g->nodes[match->bind[i]].kind != NODE_OP) continue;
		for (NodeId call = g->nodes[match->bind[i]].origin; call; call = g->nodes[call].origin) {
			ComponentId callee = g->nodes[call].callee;
			if (callee != COMPONENT_NONE) add_callee(f, &p->functions[callee].graph);
		}
	}
}

/* What a callee computes on the way, and not as what it gives, is told there: once, however many call it. */
static void tell_in_callee(const MatchContext *context, Finding *f) {
	const Program *p = context->program;
	while (f->root && f->graph->nodes[f->root].origin) {
		const FlowNode *node = &f->graph->nodes[f->root];
		ComponentId callee = f->graph->nodes[node->origin].callee;
		if (callee == COMPONENT_NONE || !node->copied || pattern_gives_constant(p, callee)) return;
		if (program_fixed(p, f->graph, node->origin) == TRUTH_YES) return; /* the call itself is the constant */
		const FlowGraph *g = &p->functions[callee].graph;
		if (node->copied >= g->n) return;
		f->root = node->copied;
		f->graph = g;
		f->loop = flow_enclosing(g, g->nodes[f->root].region, REGION_LOOP);
		f->file = g->file;
		f->span = g->nodes[f->root].span;
	}
}

static void add_match(const MatchContext *context, const Technique *technique, const Pattern *pattern,
    const PatternMatch *match, Findings *findings) {
	Finding *f = &VEC_PUSH(*findings);
	*f = (Finding) { .technique = technique,
		.graph = match->graph,
		.root = match->root,
		.loop = match->loop,
		.file = match->graph->file,
		.span = match->span,
		.steps = match->steps };
	for (size_t i = 0; i < match->n_notes && i < FINDING_NOTES; i++) {
		f->note[i] = match->note[i];
		f->note_against[i] = match->note_against[i];
		f->n_notes++;
	}
	if (technique->told_in_callee) tell_in_callee(context, f);
	f->message = fill_message(context, pattern, match, f);
	note_callees(context->program, match, f);
}

typedef struct RootRow {
	const Technique *technique;
	const Pattern *pattern;
	OpId op; /* OP_NONE: any node */
} RootRow;

typedef struct RootIndex {
	VEC(RootRow) rows;
	uint32_t *first; /* per op: first row; rows are sorted by op */
	VEC(RootRow) loops;
} RootIndex;

static int by_op(const void *a, const void *b) {
	const RootRow *x = a, *y = b;
	return (x->op > y->op) - (x->op < y->op);
}

static void index_roots(const MatchContext *context, RootIndex *index) {
	for (size_t t = 0; t < context->n_techniques; t++) {
		const Technique *technique = context->techniques[t];
		for (size_t i = 0; i < technique->n_patterns; i++) {
			const Pattern *pattern = technique->patterns[i];
			size_t n;
			const OpId *roots = pattern_roots(pattern, &n);
			RootRow row = { technique, pattern, OP_NONE };
			if (pattern_is_loop(pattern))
				VEC_PUSH(index->loops) = row;
			else if (n == 0)
				VEC_PUSH(index->rows) = row;
			for (size_t r = 0; r < n; r++) {
				row.op = roots[r];
				VEC_PUSH(index->rows) = row;
			}
		}
	}
	if (index->rows.n) qsort(index->rows.at, index->rows.n, sizeof *index->rows.at, by_op);
	size_t ops = op_count() + 1;
	index->first = base_alloc((ops + 1) * sizeof *index->first);
	size_t row = 0;
	for (size_t op = 0; op <= ops; op++) {
		while (row < index->rows.n && index->rows.at[row].op < op) row++;
		index->first[op] = (uint32_t)row;
	}
}

static void try_rows(const MatchContext *context, const PatternContext *patterns, const RootIndex *index, OpId op,
    const FlowGraph *g, NodeId id, Findings *findings) {
	for (uint32_t i = index->first[op]; i < index->first[op + 1]; i++) {
		PatternMatch match;
		const RootRow *row = &index->rows.at[i];
		if (pattern_match_at(row->pattern, patterns, g, id, &match))
			add_match(context, row->technique, row->pattern, &match, findings);
	}
}

static void match_graph(const MatchContext *context, const RootIndex *index, const FlowGraph *g, Findings *findings) {
	PatternContext patterns = { .program = context->program, .rows = context->rows, .arena = context->arena };
	for (Side side = 0; side < SIDE_COUNT; side++) patterns.references[side] = context->references[side];
	for (NodeId id = 1; id < g->n; id++) {
		const FlowNode *node = &g->nodes[id];
		bool op = node->op && (node->kind == NODE_OP || node->kind == NODE_MODULE);
		if (op) try_rows(context, &patterns, index, node->op, g, id, findings);
		try_rows(context, &patterns, index, OP_NONE, g, id, findings);
	}
	for (RegionId r = 0; r < g->n_regions; r++) {
		if (g->regions[r].kind != REGION_LOOP) continue;
		for (size_t i = 0; i < index->loops.n; i++) {
			PatternMatch match;
			const RootRow *row = &index->loops.at[i];
			if (pattern_match_loop(row->pattern, &patterns, g, r, &match))
				add_match(context, row->technique, row->pattern, &match, findings);
		}
	}
}

/* ---- one finding a place ---- */

static int by_place(const void *a, const void *b) {
	const Finding *x = a, *y = b;
	if (x->file != y->file) return x->file < y->file ? -1 : 1;
	if (x->technique != y->technique) return x->technique < y->technique ? -1 : 1;
	if (x->span.start != y->span.start) return x->span.start < y->span.start ? -1 : 1;
	return (x->span.end > y->span.end) - (x->span.end < y->span.end);
}

static bool overlap(Span a, Span b) { return a.start < b.end && b.start < a.end; }

/* Of overlapping findings of one technique the surest stays, of equally sure ones the longest. */
static void merge_same(Findings *findings) {
	size_t kept = 0;
	for (size_t i = 0; i < findings->n; i++) {
		Finding *f = &findings->at[i], *last = kept ? &findings->at[kept - 1] : NULL;
		if (last && last->technique == f->technique && last->file == f->file && overlap(last->span, f->span)) {
			uint32_t have = last->span.end - last->span.start, other = f->span.end - f->span.start;
			if (f->steps > last->steps || (f->steps == last->steps && other > have)) *last = *f;
			continue;
		}
		findings->at[kept++] = *f;
	}
	findings->n = kept;
}

/* The surest finding of a loop speaks for the others; of those outside of loops, that of a function. */
static void merge_loops(Findings *findings) {
	size_t kept = 0;
	for (size_t i = 0; i < findings->n; i++) {
		Finding *f = &findings->at[i];
		bool told = false;
		for (size_t k = 0; f->technique->once_a_loop && f->graph && k < kept && !told; k++) {
			Finding *other = &findings->at[k];
			if (other->technique != f->technique || other->graph != f->graph || other->loop != f->loop) continue;
			if (f->steps > other->steps) *other = *f;
			told = true;
		}
		if (!told) findings->at[kept++] = *f;
	}
	findings->n = kept;
}

/* A formula that a function holds is told there, once, and not at the function's callers, whatever they add to it. */
static bool told_in_callee(const Finding *f, const Findings *findings) {
	for (size_t i = 0; f->callee[0] && i < findings->n; i++) {
		const Finding *other = &findings->at[i];
		if (other->technique != f->technique || other == f || other->steps < f->steps) continue;
		for (size_t c = 0; c < FINDING_CALLEES && f->callee[c]; c++) {
			if (f->callee[c] == other->graph && other->graph != f->graph) return true;
		}
	}
	return false;
}

static bool yields(const Finding *f, const Findings *findings) {
	for (size_t y = 0; y < f->technique->n_yields; y++) {
		for (size_t i = 0; i < findings->n; i++) {
			const Finding *other = &findings->at[i];
			if (other->file == f->file && str_eq(other->technique->id, f->technique->yields_to[y]) &&
			    overlap(other->span, f->span))
				return true;
		}
	}
	return false;
}

static void drop_told_elsewhere(Findings *findings) {
	bool *drop = base_alloc(findings->n + 1);
	for (size_t i = 0; i < findings->n; i++)
		drop[i] = yields(&findings->at[i], findings) || told_in_callee(&findings->at[i], findings);
	size_t kept = 0;
	for (size_t i = 0; i < findings->n; i++) {
		if (!drop[i]) findings->at[kept++] = findings->at[i];
	}
	findings->n = kept;
	free(drop);
}

static void rate_findings(const MatchContext *context, Findings *findings) {
	for (size_t i = 0; i < findings->n; i++) {
		Finding *f = &findings->at[i];
		NodeId at = f->root ? f->root : f->loop != REGION_NONE && f->graph ? f->graph->regions[f->loop].first : 0;
		if (!f->graph || !at || at >= f->graph->n) continue;
		f->frequency = program_frequency(context->program, f->graph, at, context->arena, &f->chain);
	}
}

void match_all(const MatchContext *context, Findings *findings) {
	RootIndex index = { 0 };
	index_roots(context, &index);
	const Program *p = context->program;
	const Source *source = p->outline->source;
	for (ComponentId id = 0; id < p->outline->n; id++) {
		if (context->cancel && *context->cancel) break;
		const Component *c = &p->outline->components[id];
		if (!context->all_files && !source->files[c->file].in_scope) continue;
		if (p->functions[id].graph.n) match_graph(context, &index, &p->functions[id].graph, findings);
		if (p->fields[id].n) match_graph(context, &index, &p->fields[id], findings);
	}
	for (size_t i = 0; i < source->n_files; i++) {
		if ((context->all_files || source->files[i].in_scope) && p->toplevel[i].n)
			match_graph(context, &index, &p->toplevel[i], findings);
	}
	for (size_t t = 0; t < context->n_techniques; t++) {
		const Detector *detector = detector_find(context->techniques[t]->detector);
		if (detector) detector->run(context, context->techniques[t], findings);
	}
	VEC_FREE(index.rows);
	VEC_FREE(index.loops);
	free(index.first);
	if (findings->n) qsort(findings->at, findings->n, sizeof *findings->at, by_place);
	merge_same(findings);
	merge_loops(findings);
	drop_told_elsewhere(findings);
	rate_findings(context, findings);
}
