/* From a finding to a candidate: what the references do, confidence, trade-off, identity. */
#include "core/posix.h"

#include "core/scan_parts.h"
#include "core/scan_reference.h"

#include <stdlib.h>
#include <string.h>

typedef VEC(Str) StrList;
typedef VEC(Evidence) EvidenceList;

typedef struct Making {
	Scan *scan;
	Arena *arena;
	const Finding *finding;
	Candidate *out;
	int steps;
	bool reference_does; /* one of the references does it already */
	StrList why, against, reasons;
	EvidenceList evidence;
} Making;

Place scan_place(const ScanSide *side, Side which, uint32_t file_index, Span span, Arena *arena) {
	const SourceFile *file = &side->source.files[file_index];
	Place place = { .side = which, .path = file->path, .name = file->name, .span = span };
	place.start = source_pos(file, span.start);
	place.end = source_pos(file, span.end);
	uint32_t last = source_pos(file, span.end > span.start ? span.end - 1 : span.start).line;
	Span lines = { source_line_start(file, place.start.line), source_line_start(file, last + 1) };
	place.excerpt = arena_str(arena, source_text(file, lines));
	ComponentId id = outline_at(&side->outline, file_index, span.start);
	if (id != COMPONENT_NONE) place.component = component_label(&side->outline, id, arena);
	return place;
}

/* ---- what the references do ---- */

static void add_references(Making *m, ComponentId component) {
	References found;
	scan_references(m->scan, m->finding, component, &found);
	for (size_t i = 0; i < found.n; i++) {
		const Evidence *e = &found.evidence[i];
		VEC_PUSH(m->evidence) = *e;
		if (!e->supports) continue;
		VEC_PUSH(m->why) = e->note;
		m->reference_does = true;
		m->steps++;
	}
}

/* ---- trade-off ---- */

typedef struct Adjustment {
	Axis axis;
	double by;
	const char *words;
	bool (*applies)(const Making *m);
} Adjustment;

static bool reference_does(const Making *m) { return m->reference_does; }
static bool below_high(const Making *m) { return m->finding->n_notes > 0 && m->finding->steps < 0; }
static bool is_long(const Making *m) { return m->out->place.end.line - m->out->place.start.line >= 30; }

static const Adjustment ADJUSTMENTS[] = {
	{ AXIS_ACCURACY, -0.5, "a reference already does it, so results can be compared", reference_does },
	{ AXIS_ACCURACY, 0.5, "something about the place is not known", below_high },
	{ AXIS_EFFORT, 0.5, "the place is 30 lines or longer", is_long },
};

static double clip(double value, double low, double high) { return value < low ? low : value > high ? high : value; }

static void weigh(Making *m) {
	Candidate *c = m->out;
	const Technique *t = m->finding->technique;
	double factor = frequency_factor(c->frequency);
	double gain = clip(t->axis[AXIS_GAIN] * factor, 0, 5);
	c->tradeoff.axis[AXIS_GAIN] = gain;
	c->tradeoff.arithmetic[AXIS_GAIN] = arena_printf(
	    m->arena, "card %g x %g (%s) = %.2g", t->axis[AXIS_GAIN], factor, frequency_words(c->frequency), gain);
	VEC_PUSH(m->reasons) = c->chain.len ? arena_printf(m->arena, "runs %.*s", STR_ARG(c->chain))
	                                    : arena_printf(m->arena, "runs %s", frequency_words(c->frequency));
	for (Axis axis = AXIS_ACCURACY; axis < AXIS_COUNT; axis++) {
		double value = t->axis[axis];
		Str words = arena_printf(m->arena, "card %g", t->axis[axis]);
		for (size_t i = 0; i < BASE_COUNT(ADJUSTMENTS); i++) {
			const Adjustment *a = &ADJUSTMENTS[i];
			if (a->axis != axis || !a->applies(m)) continue;
			value += a->by;
			words = arena_printf(m->arena, "%.*s %+g (%s)", STR_ARG(words), a->by, a->words);
			VEC_PUSH(m->reasons) = arena_printf(m->arena, "%s %+g: %s", axis_name(axis), a->by, a->words);
		}
		c->tradeoff.axis[axis] = axis == AXIS_CLARITY ? clip(value, -2, 2) : clip(value, 0, 5);
		c->tradeoff.arithmetic[axis] = arena_printf(m->arena, "%.*s = %g", STR_ARG(words), c->tradeoff.axis[axis]);
	}
}

/* ---- identity ---- */

/* Names of locals don't count; operations, weight keys, labels and literals do. What lies outside the span counts by kind only. */
static uint64_t subgraph_hash(const FlowGraph *g, NodeId id, Span span, int depth) {
	const FlowNode *node = &g->nodes[id];
	uint64_t h = hash_u64(HASH_SEED, node->kind);
	bool inside = node->span.start >= span.start && node->span.end <= span.end;
	if (node->kind == NODE_FIELD || node->kind == NODE_MODULE) h = hash_str(h, node->key);
	if (node->kind == NODE_CONST)
		h = node->is_number ? hash_u64(h, (uint64_t)(int64_t)(node->number * 1e9)) : hash_str(h, node->text);
	if (node->kind == NODE_CALL || node->kind == NODE_NEW) h = hash_str(h, node->name);
	if (node->kind == NODE_OP || node->kind == NODE_MODULE) h = hash_str(h, str_of(op_info(node->op)->name));
	if (!inside || depth == 0) return h;
	for (size_t i = 0; i < node->n_args; i++) {
		NodeId arg = flow_arg(g, id, i);
		h = hash_str(h, g->args[node->args + i].label);
		h = hash_u64(h, arg && arg < id ? subgraph_hash(g, arg, span, depth - 1) : 0);
	}
	return h;
}

static uint64_t fingerprint(const Finding *f, Str excerpt) {
	uint64_t h = hash_str(HASH_SEED, str_of(scan_analysis_version()));
	h = hash_str(h, f->technique->id);
	if (f->graph && f->root) return hash_u64(h, subgraph_hash(f->graph, f->root, f->span, 12));
	if (f->graph && f->loop != REGION_NONE) {
		const FlowRegion *loop = &f->graph->regions[f->loop];
		for (NodeId id = loop->first; id < loop->last; id++) {
			h = hash_u64(h, subgraph_hash(f->graph, id, (Span) { 0, 0 }, 0));
		}
		return h;
	}
	return hash_u64(h, candidate_token_hash(LANG_SWIFT, excerpt));
}

static void anchor(Making *m) {
	Candidate *c = m->out;
	const SourceFile *file = &m->scan->sides[SIDE_SWIFT].source.files[m->finding->file];
	memcpy(c->anchor.content_id, file->content_id, sizeof c->anchor.content_id);
	c->anchor.token_hash = candidate_token_hash(LANG_SWIFT, source_text(file, c->place.span));
	for (size_t i = 0; i < m->evidence.n; i++) {
		const Place *place = &m->evidence.at[i].place;
		if (place->side == SIDE_MLX || place->side == SIDE_TORCH) {
			c->anchor.reference_hash[place->side] = candidate_token_hash(LANG_PYTHON, place->excerpt);
		}
	}
}

/* ---- one candidate ---- */

static Confidence judge(const Making *m) {
	int level = (int)m->finding->technique->base + m->steps;
	return level < CONFIDENCE_LOW ? CONFIDENCE_LOW : level > CONFIDENCE_HIGH ? CONFIDENCE_HIGH : (Confidence)level;
}

static void take_notes(Making *m) {
	const Finding *f = m->finding;
	m->steps = f->steps;
	for (size_t i = 0; i < f->n_notes; i++) {
		if (f->note_against[i])
			VEC_PUSH(m->against) = f->note[i];
		else
			VEC_PUSH(m->why) = f->note[i];
	}
}

static void make_candidate(Scan *scan, const Finding *f, Candidate *c) {
	const Technique *t = f->technique;
	const ScanSide *port = &scan->sides[SIDE_SWIFT];
	Making m = { .scan = scan, .arena = &scan->arena, .finding = f, .out = c };
	c->technique = t->id;
	c->title = t->title;
	c->family = t->family;
	c->place = scan_place(port, SIDE_SWIFT, f->file, f->span, m.arena);
	c->component = outline_at(&port->outline, f->file, f->span.start);
	c->message = f->message;
	c->frequency = f->frequency;
	c->chain = f->chain;
	take_notes(&m);
	add_references(&m, c->component);
	c->confidence = judge(&m);
	weigh(&m);
	c->fingerprint = fingerprint(f, c->place.excerpt);
	anchor(&m);
	const ScanIgnore *ignore = scan_ignore_at(scan, f->file, c->place.start.line, t->id);
	c->suppressed = ignore != NULL;
	if (ignore) c->suppression = ignore->reason;
	c->n_why = m.why.n;
	c->why = VEC_TO_ARENA(m.why, m.arena);
	c->n_against = m.against.n;
	c->against = VEC_TO_ARENA(m.against, m.arena);
	c->tradeoff.n_reasons = m.reasons.n;
	c->tradeoff.reasons = VEC_TO_ARENA(m.reasons, m.arena);
	c->n_evidence = m.evidence.n;
	c->evidence = VEC_TO_ARENA(m.evidence, m.arena);
}

/* ---- all of them ---- */

/* Equal ones in one component are told apart by their order. */
static void number_equals(Candidate *candidates, size_t n) {
	for (size_t i = 0; i < n; i++) {
		for (size_t k = 0; k < i; k++) {
			const Candidate *a = &candidates[k], *b = &candidates[i];
			if (a->fingerprint == b->fingerprint && str_eq(a->place.component, b->place.component))
				candidates[i].ordinal++;
		}
		candidate_identify(&candidates[i]);
	}
}

static bool same_function(const Candidate *a, const Candidate *b) {
	return a->component == b->component && strcmp(a->place.name, b->place.name) == 0;
}

/* Ids of the candidates of the named techniques that stand in the same function. */
static Str *related(Scan *scan, const Candidate *c, const Str *techniques, size_t n_techniques, size_t *n) {
	StrList list = { 0 };
	for (size_t i = 0; i < scan->n_candidates; i++) {
		const Candidate *other = &scan->candidates[i];
		for (size_t t = 0; t < n_techniques; t++) {
			if (other != c && str_eq(other->technique, techniques[t]) && same_function(other, c))
				VEC_PUSH(list) = arena_str(&scan->arena, str_of(other->id));
		}
	}
	*n = list.n;
	return VEC_TO_ARENA(list, &scan->arena);
}

void scan_candidates(Scan *scan, const Findings *findings, Confidence min_confidence) {
	VEC(Candidate) list = { 0 };
	VEC(const Technique *) techniques = { 0 };
	for (size_t i = 0; i < findings->n; i++) {
		Candidate c = { 0 };
		make_candidate(scan, &findings->at[i], &c);
		if (c.confidence < min_confidence) continue;
		VEC_PUSH(list) = c;
		VEC_PUSH(techniques) = findings->at[i].technique;
	}
	scan->n_candidates = list.n;
	scan->candidates = VEC_TO_ARENA(list, &scan->arena);
	number_equals(scan->candidates, scan->n_candidates);
	for (size_t i = 0; i < scan->n_candidates; i++) {
		Candidate *c = &scan->candidates[i];
		const Technique *t = techniques.at[i];
		c->needs = related(scan, c, t->needs, t->n_needs, &c->n_needs);
		c->conflicts = related(scan, c, t->conflicts, t->n_conflicts, &c->n_conflicts);
	}
	VEC_FREE(techniques);
	candidates_sort(scan->candidates, scan->n_candidates);
}
