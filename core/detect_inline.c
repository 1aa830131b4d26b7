#include "core/posix.h"

#include "core/detect_inline.h"

#include "core/detect.h"

enum { SMALL = 24, NEST = 2 };

/* A few operations on numbers: no loop, no call, nothing of the device or of an object. */
static bool is_small(const FlowGraph *g) {
	if (g->n < 3 || g->n > SMALL) return false;
	bool computes = false;
	for (NodeId id = 1; id < g->n; id++) {
		const FlowNode *n = &g->nodes[id];
		bool scalar = n->facts.domain == DOMAIN_HOST_SCALAR && n->facts.dtype != DTYPE_STRING;
		switch ((NodeKind)n->kind) {
		case NODE_PARAM:
			if (!scalar || n->facts.dtype == DTYPE_UNKNOWN) return false;
			break;
		case NODE_SELF:
		case NODE_CONST:
		case NODE_RETURN:
		case NODE_JOIN: break;
		case NODE_OP:
			if (!scalar || (op_info(n->op)->traits & (OP_EFFECT | OP_RANDOM))) return false;
			computes = true;
			break;
		default: return false;
		}
	}
	return computes;
}

static bool has_attribute(const Component *c) {
	for (size_t i = 0; i < c->n_decorators; i++) {
		if (str_find(c->decorators[i], "inlin", 0) != SIZE_MAX ||
		    str_find(c->decorators[i], "transparent", 0) != SIZE_MAX)
			return true;
	}
	return false;
}

/* How many loops of unknown or large count stand around a place. */
static int nest_of(const FlowGraph *g, RegionId region) {
	int nest = 0;
	for (; region != REGION_NONE; region = g->regions[region].parent) {
		const FlowRegion *at = &g->regions[region];
		bool small = at->trips == TRIPS_LITERAL && at->trip_count < 16;
		if (at->kind == REGION_LOOP && !small) nest++;
	}
	return nest;
}

/* The folder below the last "Sources/" of a path: the module. */
static Str module_of(Str path) {
	size_t from = SIZE_MAX, at = 0;
	while ((at = str_find(path, "Sources/", at)) != SIZE_MAX) from = at += 8;
	size_t end = from == SIZE_MAX ? SIZE_MAX : str_find(path, "/", from);
	return end == SIZE_MAX ? STR("") : str_sub(path, from, end);
}

static void read_function(const MatchContext *context, const Technique *technique, ComponentId id, Findings *findings) {
	const Program *p = context->program;
	const Component *c = &p->outline->components[id];
	const Function *f = &p->functions[id];
	const SourceFile *files = p->outline->source->files;
	int nest = 0;
	bool elsewhere = false;
	const CallSite *where = NULL;
	for (size_t i = 0; i < f->n_callers; i++) {
		const CallSite *site = &f->callers[i];
		int here = nest_of(site->graph, site->graph->nodes[site->node].region);
		ComponentId caller = site->graph->component;
		bool once = caller != COMPONENT_NONE && p->outline->components[caller].is_init;
		if (here < NEST || once) continue;
		if (here > nest) nest = here, where = site;
		elsewhere |= !str_eq(module_of(str_of(files[site->graph->file].path)), module_of(str_of(files[c->file].path)));
	}
	if (!where) return;
	const SourceFile *file = &files[where->graph->file];
	uint32_t line = source_pos(file, where->graph->nodes[where->node].span.start).line;
	Finding *finding = detect_add(context, technique, findings, c->file, c->name_span,
	    "%.*s is a few operations, called in %d nested loops (line %u), with no attribute to repeat it there",
	    STR_ARG(c->base), nest, line);
	finding->graph = where->graph;
	finding->root = where->node;
	if (elsewhere) detect_note(finding, STR("called from another module, where its body isn't known"), false, 1);
	if (!elsewhere && !c->is_public)
		detect_note(finding, STR("within one module an optimised build mostly does it by itself"), true, 1);
}

void detect_inline_hot_path(const MatchContext *context, const Technique *technique, Findings *findings) {
	const Program *p = context->program;
	for (ComponentId id = 0; id < p->outline->n; id++) {
		const Component *c = &p->outline->components[id];
		bool callable = c->kind == COMPONENT_METHOD || c->kind == COMPONENT_FUNCTION;
		if (!callable || c->is_init || has_attribute(c) || !detect_wants(context, c->file)) continue;
		if (is_small(&p->functions[id].graph)) read_function(context, technique, id, findings);
	}
}
