/* How often a place runs: the loops around it and, through the callers, the loops around those; with the chain in words. */
#include "core/posix.h"

#include "core/program_parts.h"
#include "core/program_steady.h"

#include <stdlib.h>
#include <string.h>

enum { RATE_DEPTH = 12, LARGE_TRIPS = 16 };

static bool runs_modules(const Program *p, const FlowGraph *g, NodeId id) {
	const FlowNode *node = &g->nodes[id];
	if (node->kind == NODE_MODULE) return true;
	return node->callee != COMPONENT_NONE && p->functions[node->callee].runs_modules;
}

/* A stack of layers: the loop's element, or what it indexes, is called as a submodule. */
static bool is_layer_loop(const Program *p, const FlowGraph *g, RegionId r) {
	const FlowRegion *loop = &g->regions[r];
	for (NodeId id = loop->first; id < loop->last; id++) {
		const FlowNode *node = &g->nodes[id];
		if (node->kind != NODE_MODULE && !(node->kind == NODE_CALL && node->has_receiver)) continue;
		NodeId callee = flow_arg(g, id, 0);
		/* Also a part of the element: block.attention(x). */
		while (callee && (g->nodes[callee].kind == NODE_PART ||
		                     (node->kind == NODE_MODULE && g->nodes[callee].kind == NODE_FIELD)))
			callee = flow_arg(g, callee, 0);
		if (!callee) continue;
		const FlowNode *from = &g->nodes[callee];
		bool element = from->kind == NODE_LOOPVAR && from->body == r;
		if (from->kind == NODE_LOAD) {
			NodeId index = flow_arg(g, callee, 1);
			element = index && g->nodes[index].kind == NODE_LOOPVAR && g->nodes[index].body == r;
		}
		if (element && (node->kind == NODE_MODULE || runs_modules(p, g, id))) return true;
	}
	return false;
}

static bool derives_from(const FlowGraph *g, NodeId id, const bool *from, bool *seen) {
	if (!id || seen[id]) return false;
	seen[id] = true;
	if (from[id]) return true;
	for (size_t i = 0; i < g->nodes[id].n_args; i++) {
		if (derives_from(g, flow_arg(g, id, i), from, seen)) return true;
	}
	return false;
}

/* Whether a module is called in the loop on what is carried there. */
static bool is_fed(const FlowGraph *g, const FlowRegion *loop, NodeId carried, const bool *modules) {
	bool *derived = base_alloc(g->n * sizeof *derived), fed = false;
	derived[carried] = true;
	for (NodeId id = carried + 1; id < loop->last && !fed; id++) {
		for (size_t i = 0; i < g->nodes[id].n_args && !derived[id]; i++) {
			NodeId arg = flow_arg(g, id, i);
			derived[id] = arg && arg < id && derived[arg];
		}
		fed = derived[id] && modules[id];
	}
	free(derived);
	return fed;
}

/* Whether what a module gives in one turn is what one begins with in the next. */
static bool feeds_back(const Program *p, const FlowGraph *g, RegionId r) {
	const FlowRegion *loop = &g->regions[r];
	bool *from = base_alloc(g->n), *seen = base_alloc(g->n);
	bool any = false, fed = false;
	for (NodeId id = loop->first; id < loop->last; id++) {
		from[id] = flow_inside(g, g->nodes[id].region, r) && runs_modules(p, g, id);
		any |= from[id];
	}
	for (size_t i = 0; any && i < loop->n_carried && !fed; i++) {
		bool collected = false;
		for (size_t c = 0; c < loop->n_collects; c++)
			collected |= flow_arg(g, loop->collects[c], 0) == loop->carried[i];
		if (collected) continue;
		memset(seen, 0, g->n);
		seen[loop->carried[i]] = true;
		fed = derives_from(g, flow_arg(g, loop->carried[i], 1), from, seen) && is_fed(g, loop, loop->carried[i], from);
	}
	free(from);
	free(seen);
	return fed;
}

Frequency program_loop_rate(const Program *p, const FlowGraph *g, RegionId r) {
	const FlowRegion *loop = &g->regions[r];
	bool small = loop->trips == TRIPS_LITERAL && loop->trip_count < LARGE_TRIPS;
	if (is_layer_loop(p, g, r)) return FREQUENCY_LAYER;
	if (small) return FREQUENCY_ONCE;
	bool modules = false;
	for (NodeId id = loop->first; id < loop->last && !modules; id++) {
		modules = flow_inside(g, g->nodes[id].region, r) && runs_modules(p, g, id);
	}
	if (modules) return feeds_back(p, g, r) ? FREQUENCY_STEP : FREQUENCY_CALL;
	return loop->trips == TRIPS_UNKNOWN ? FREQUENCY_ONCE : FREQUENCY_ELEMENT;
}

static Frequency combine(Frequency a, Frequency b) {
	bool step = a == FREQUENCY_STEP || b == FREQUENCY_STEP, layer = a == FREQUENCY_LAYER || b == FREQUENCY_LAYER;
	if (step && layer && a != FREQUENCY_ELEMENT && b != FREQUENCY_ELEMENT) return FREQUENCY_STEP_LAYER;
	return a > b ? a : b;
}

/* The loops around a node within its own graph. */
static Frequency local_rate(const Program *p, const FlowGraph *g, NodeId id) {
	Frequency rate = FREQUENCY_ONCE;
	for (RegionId r = g->nodes[id].region; r != REGION_NONE; r = g->regions[r].parent) {
		if (g->regions[r].kind == REGION_CLOSURE && program_closure_steps(p, g, r))
			rate = combine(rate, FREQUENCY_STEP);
		if (g->regions[r].kind != REGION_LOOP || (g->regions[r].over && id <= g->regions[r].over)) continue;
		rate = combine(rate, program_loop_rate(p, g, r));
	}
	return rate;
}

typedef struct Rating {
	Program *p;
	uint8_t *state; /* 0 not begun, 1 under way, 2 done */
} Rating;

static Str last_name(const Program *p, const FlowGraph *g) {
	if (g->component == COMPONENT_NONE) return STR("main");
	const Component *c = &p->outline->components[g->component];
	bool plain =
	    str_is(c->base, "callAsFunction") || str_is(c->base, "__call__") || str_is(c->base, "forward") || c->is_init;
	return plain ? c->name : c->base;
}

static Str site_words(const Program *p, const CallSite *site) {
	const SourceFile *file = &p->outline->source->files[site->graph->file];
	const char *slash = strrchr(file->name, '/');
	Pos pos = source_pos(file, site->graph->nodes[site->node].span.start);
	Str name = last_name(p, site->graph);
	return arena_printf(p->arena, "%.*s() at %s:%u", STR_ARG(name), slash ? slash + 1 : file->name, pos.line);
}

static void rate(Rating *r, ComponentId id, int depth);

/* Whether a function works on the device: then a loop around its call runs it once a row, not once an element. */
static bool uses_device(const FlowGraph *g) {
	for (NodeId id = 1; id < g->n; id++) {
		if (g->nodes[id].kind == NODE_OP && g->nodes[id].facts.domain == DOMAIN_DEVICE) return true;
	}
	return false;
}

static Frequency rate_of_site(Rating *r, const CallSite *site, int depth, Str *chain) {
	const Program *p = r->p;
	const FlowGraph *g = site->graph;
	Frequency local = local_rate(p, g, site->node), outer = FREQUENCY_CALL;
	*chain = STR_NONE;
	ComponentId callee = g->nodes[site->node].callee;
	if (local == FREQUENCY_ELEMENT && uses_device(&p->functions[callee].graph)) local = FREQUENCY_CALL;
	if (g->component == COMPONENT_NONE) {
		outer = FREQUENCY_ONCE;
	} else if (p->outline->components[g->component].kind == COMPONENT_CLASS) {
		outer = FREQUENCY_ONCE;
		local = FREQUENCY_ONCE;
	} else {
		rate(r, g->component, depth - 1);
		outer = p->functions[g->component].frequency;
		*chain = p->functions[g->component].chain;
		if (outer == FREQUENCY_ONCE) local = FREQUENCY_ONCE;
	}
	return combine(outer, local);
}

static void rate(Rating *r, ComponentId id, int depth) {
	Program *p = r->p;
	Function *f = &p->functions[id];
	const Component *c = &p->outline->components[id];
	if (r->state[id] || !f->graph.n) return;
	r->state[id] = 1;
	f->frequency = FREQUENCY_CALL;
	if (c->is_init || f->only_from_init) {
		f->frequency = FREQUENCY_ONCE;
	} else if (f->n_callers && depth > 0) {
		Frequency best = FREQUENCY_UNKNOWN;
		for (size_t i = 0; i < f->n_callers; i++) {
			const FlowGraph *g = f->callers[i].graph;
			if (g->component != COMPONENT_NONE && r->state[g->component] == 1) continue; /* recursion */
			Str chain;
			Frequency here = rate_of_site(r, &f->callers[i], depth, &chain);
			if (here <= best) continue;
			best = here;
			/* An overload that only hands on to the next of the same name is one station of the way. */
			bool overload =
			    g->component != COMPONENT_NONE && str_eq(p->outline->components[g->component].name, c->name);
			if (overload && chain.len) {
				f->chain = chain;
				continue;
			}
			Str words = site_words(p, &f->callers[i]);
			f->chain = chain.len ? arena_printf(p->arena, "%.*s → %.*s", STR_ARG(chain), STR_ARG(words)) : words;
		}
		f->frequency = best == FREQUENCY_UNKNOWN || best == FREQUENCY_ONCE ? FREQUENCY_CALL : best;
	}
	r->state[id] = 2;
}

void program_rate(Program *p) {
	Rating r = { p, base_alloc(p->outline->n + 1) };
	for (ComponentId id = 0; id < p->outline->n; id++) rate(&r, id, RATE_DEPTH);
	free(r.state);
}

Frequency program_frequency(const Program *p, const FlowGraph *g, NodeId id, Arena *arena, Str *chain) {
	if (chain) *chain = STR_NONE;
	if (g->component == COMPONENT_NONE || p->outline->components[g->component].kind == COMPONENT_CLASS)
		return FREQUENCY_ONCE;
	const Function *f = &p->functions[g->component];
	Frequency local = local_rate(p, g, id);
	Frequency all = f->frequency == FREQUENCY_ONCE ? FREQUENCY_ONCE : combine(f->frequency, local);
	if (chain && arena) {
		Str here = last_name(p, g);
		*chain = f->chain.len
		             ? arena_printf(arena, "%s: %.*s → %.*s", frequency_words(all), STR_ARG(f->chain), STR_ARG(here))
		             : arena_printf(arena, "%s: %.*s, no caller in the sources", frequency_words(all), STR_ARG(here));
	}
	return all;
}
