#include "core/posix.h"

#include "core/program_steady.h"

#include "core/program_parts.h"

#include <stdlib.h>
#include <string.h>

enum { STEADY_DEPTH = 6 };

static Truth least(Truth a, Truth b) { return a < b ? a : b; }

/* ---- closures that are called in loops ---- */

static bool in_loop(const FlowGraph *g, NodeId id) {
	RegionId r = flow_enclosing(g, g->nodes[id].region, REGION_LOOP);
	return r != REGION_NONE && !(g->regions[r].over && id <= g->regions[r].over);
}

static bool is_value_of(const FlowGraph *g, NodeId id, NodeId value, int depth) {
	if (id == value) return true;
	if (!id || depth == 0 || g->nodes[id].kind != NODE_JOIN) return false;
	for (size_t i = 0; i < g->nodes[id].n_args; i++) {
		if (is_value_of(g, flow_arg(g, id, i), value, depth - 1)) return true;
	}
	return false;
}

/* Whether a function calls the closure that a parameter holds, in a loop. */
static bool calls_in_loop(const Program *p, ComponentId callee, Str param) {
	const FlowGraph *g = &p->functions[callee].graph;
	for (NodeId id = 1; id < g->n; id++) {
		const FlowNode *node = &g->nodes[id];
		NodeId called = node->kind == NODE_CALL && !node->name.len ? flow_arg(g, id, 0) : 0;
		while (called && g->nodes[called].kind == NODE_JOIN) called = flow_arg(g, called, 0);
		if (!called || g->nodes[called].kind != NODE_PARAM || !str_eq(g->nodes[called].name, param)) continue;
		if (in_loop(g, id)) return true;
	}
	return false;
}

/* The i-th of a call's arguments as the callee's parameter, or NULL. */
static const Param *taken_as(const Component *c, const FlowGraph *g, NodeId call, size_t at) {
	const FlowNode *node = &g->nodes[call];
	Str label = g->args[node->args + at].label;
	size_t first = node->has_receiver || !node->name.len ? 1 : 0, position = at - first;
	for (size_t i = 0; i < c->n_params; i++) {
		if (label.len && (str_eq(c->params[i].label, label) || str_eq(c->params[i].name, label))) return &c->params[i];
	}
	return !label.len && at >= first && position < c->n_params ? &c->params[position] : NULL;
}

static bool takes_in_loop(const Program *p, ComponentId callee, const FlowGraph *g, NodeId call, size_t at) {
	const Param *param = taken_as(&p->outline->components[callee], g, call, at);
	return param && calls_in_loop(p, callee, param->name);
}

/* Functions that a value names: `switch method { case .euler: euler; case .rk4: rk4 }`. */
static bool named_take_in_loop(const Program *p, const FlowGraph *g, NodeId value, NodeId call, size_t at, int depth) {
	const FlowNode *node = &g->nodes[value];
	if (node->kind == NODE_JOIN && depth > 0) {
		for (size_t i = 0; i < node->n_args; i++) {
			NodeId arm = flow_arg(g, value, i);
			if (arm && named_take_in_loop(p, g, arm, call, at, depth - 1)) return true;
		}
	}
	if (node->kind != NODE_GLOBAL) return false;
	ComponentId callee = outline_find(p->outline, node->name);
	if (callee == COMPONENT_NONE || p->outline->components[callee].kind == COMPONENT_CLASS) return false;
	return takes_in_loop(p, callee, g, call, at);
}

static bool use_repeats(const Program *p, const FlowGraph *g, NodeId closure, NodeId user) {
	const FlowNode *node = &g->nodes[user];
	if (node->kind != NODE_CALL) return false;
	for (size_t i = 0; i < node->n_args; i++) {
		if (!is_value_of(g, flow_arg(g, user, i), closure, 3)) continue;
		if (i == 0 && !node->name.len) {
			if (in_loop(g, user)) return true;
		} else if (node->callee != COMPONENT_NONE) {
			if (takes_in_loop(p, node->callee, g, user, i)) return true;
		} else if (!node->name.len && flow_arg(g, user, 0)) {
			if (named_take_in_loop(p, g, flow_arg(g, user, 0), user, i, 3)) return true;
		}
	}
	return false;
}

bool program_closure_repeats(const Program *p, const FlowGraph *g, RegionId region) {
	NodeId closure = g->regions[region].closure;
	if (!closure) return false;
	for (NodeId user = closure + 1; user < g->n; user++) {
		if (!g->nodes[user].origin && use_repeats(p, g, closure, user)) return true;
	}
	return false;
}

bool program_closure_steps(const Program *p, const FlowGraph *g, RegionId closure) {
	const FlowRegion *region = &g->regions[closure];
	for (NodeId id = region->first; id < region->last && id < g->n; id++) {
		const FlowNode *node = &g->nodes[id];
		if (!flow_inside(g, node->region, closure)) continue;
		bool runs = node->callee != COMPONENT_NONE && p->functions[node->callee].runs_modules;
		if (node->kind == NODE_MODULE || runs) return program_closure_repeats(p, g, closure);
	}
	return false;
}

/* ---- the loop around a call ---- */

static RegionId loop_around(const Program *p, const CallSite *site) {
	const FlowGraph *g = site->graph;
	for (RegionId r = g->nodes[site->node].region; r != REGION_NONE; r = g->regions[r].parent) {
		const FlowRegion *region = &g->regions[r];
		if (region->kind == REGION_LOOP && !(region->over && site->node <= region->over)) {
			bool few = region->trips == TRIPS_LITERAL && region->trip_count < 3;
			if (!few && region->form != LOOP_FILTER) return r;
		}
		if (region->kind == REGION_CLOSURE && program_closure_repeats(p, g, r)) return r;
	}
	return REGION_NONE;
}

static bool reads_numbers(const Program *p, const FlowGraph *g, RegionId r) {
	const FlowRegion *region = &g->regions[r];
	for (NodeId id = region->first; id < region->last && id < g->n; id++) {
		if (!flow_inside(g, g->nodes[id].region, r)) continue;
		if (flow_is_op(g, id, op_named("argmax")) || flow_is_op(g, id, op_named("random_categorical"))) return true;
		bool reads = flow_is_op(g, id, op_named("item")) || flow_is_op(g, id, op_named("as_array"));
		if (reads && g->nodes[id].facts.dtype == DTYPE_INTEGER) return true;
		ComponentId callee = g->nodes[id].callee;
		if (callee != COMPONENT_NONE && g->nodes[id].kind == NODE_CALL && p->functions[callee].syncs) return true;
	}
	return false;
}

/* Something carried is joined with more in each turn: shapes are others in each. */
static bool grows(const FlowGraph *g, RegionId r) {
	const FlowRegion *region = &g->regions[r];
	OpId concat = op_named("concat"), append = op_named("array_append");
	for (size_t i = 0; region->kind == REGION_LOOP && i < region->n_carried; i++) {
		NodeId carried = region->carried[i];
		for (NodeId id = region->first; id < region->last && id < g->n; id++) {
			if (!flow_is_op(g, id, concat) && !flow_is_op(g, id, append)) continue;
			NodeId list = flow_arg(g, id, 0);
			for (size_t a = 0; list && g->nodes[list].kind == NODE_TUPLE && a < g->nodes[list].n_args; a++) {
				if (flow_arg(g, list, a) == carried) return true;
			}
		}
	}
	return false;
}

static RepeatKind kind_of(const Program *p, const FlowGraph *g, RegionId r) {
	if (g->regions[r].kind == REGION_CLOSURE) return REPEAT_STEPS;
	switch (program_loop_rate(p, g, r)) {
	case FREQUENCY_LAYER: return REPEAT_LAYERS;
	case FREQUENCY_STEP: return REPEAT_STEPS;
	default: return REPEAT_TURNS;
	}
}

/* Nothing that differs by turn decides whether the call is reached. */
static bool is_unconditional(const CallSite *site, RegionId loop, const uint8_t *truths) {
	const FlowGraph *g = site->graph;
	for (RegionId r = g->nodes[site->node].region; r != loop && r != REGION_NONE; r = g->regions[r].parent) {
		if (g->regions[r].kind != REGION_BRANCH) continue;
		for (RegionId arm = 1; arm < g->n_regions; arm++) {
			bool same = g->regions[arm].kind == REGION_BRANCH && g->regions[arm].group == g->regions[r].group;
			NodeId condition = same ? g->regions[arm].condition : 0;
			if (condition && truths[condition] == TRUTH_NO) return false;
		}
	}
	return true;
}

/* ---- steady parameters ---- */

typedef struct Pass {
	Steady *steady;
	const FlowGraph *g;
	const Component *c;
	SteadyFunction *out;
	uint8_t *params; /* one a parameter of the component */
	Truth self;      /* whether it is the same object in every turn */
	const Component *cls;
	uint8_t *fields; /* one a field of its class: what a receiver that is made in each turn is made with */
} Pass;

static SteadyFunction *solve(Steady *s, ComponentId id, int depth);

/* What the site gives for a node of its graph; NULL when nothing repeats the site. */
static uint8_t *truths_at(Steady *s, const CallSite *site, int depth, SteadyFunction *about, bool *own) {
	const Program *p = s->program;
	RegionId r = loop_around(p, site);
	*own = r != REGION_NONE;
	if (*own) {
		const SourceFile *file = &p->outline->source->files[site->graph->file];
		*about = (SteadyFunction) { .kind = kind_of(p, site->graph, r),
			.around = site->graph,
			.loop = r,
			.line = source_pos(file, site->graph->regions[r].span.start).line,
			.reach = program_reach(p, site->graph, r, s->arena),
			.decodes = reads_numbers(p, site->graph, r) || grows(site->graph, r) };
		return program_invariants(p, site->graph, r);
	}
	if (site->graph->component == COMPONENT_NONE || depth == 0) return NULL;
	SteadyFunction *outer = solve(s, site->graph->component, depth - 1);
	if (!outer || !outer->nodes) return NULL;
	*about = *outer;
	return outer->nodes;
}

/* The object it is called on; of one that is made in each turn, what it is made with under the field's own name. */
static void take_receiver(Pass *pass, const CallSite *site, const uint8_t *truths) {
	const FlowGraph *g = site->graph;
	const FlowNode *call = &g->nodes[site->node];
	NodeId receiver = call->has_receiver || call->kind == NODE_MODULE ? flow_arg(g, site->node, 0) : 0;
	Truth same = receiver ? (Truth)truths[receiver] : TRUTH_YES;
	bool made = receiver && g->nodes[receiver].kind == NODE_NEW;
	pass->self = least(pass->self, same);
	for (size_t i = 0; pass->cls && i < pass->cls->n_fields; i++) {
		const FlowNode *object = made ? &g->nodes[receiver] : NULL;
		Truth here = same;
		for (size_t a = 0; object && pass->cls->fields[i].is_let && a < object->n_args; a++) {
			const FlowArg *arg = &g->args[object->args + a];
			if (arg->node && str_eq(arg->label, pass->cls->fields[i].name)) here = (Truth)truths[arg->node];
		}
		pass->fields[i] = (uint8_t)least((Truth)pass->fields[i], here);
	}
}

static bool take_site(Pass *pass, ComponentId id, const CallSite *site, int depth) {
	const FlowGraph *g = site->graph;
	SteadyFunction about = { 0 };
	bool own;
	uint8_t *truths = truths_at(pass->steady, site, depth, &about, &own);
	if (!truths) return false;
	if (!is_unconditional(site, own ? about.loop : 0, truths)) {
		if (own) free(truths);
		return false;
	}
	for (size_t i = 0; i < pass->c->n_params; i++) {
		NodeId given =
		    program_argument(g, site->node, &pass->steady->program->outline->components[id], pass->c->params[i].name);
		Truth now = given ? (Truth)truths[given] : pass->c->params[i].fallback ? TRUTH_YES : TRUTH_NO;
		pass->params[i] = (uint8_t)least((Truth)pass->params[i], now);
	}
	take_receiver(pass, site, truths);
	if (pass->out->kind == REPEAT_NONE || about.kind > pass->out->kind) {
		uint8_t *nodes = pass->out->nodes;
		*pass->out = about;
		pass->out->nodes = nodes;
	}
	if (own) free(truths);
	return true;
}

/* ---- steady nodes ---- */

static Truth have(const Pass *pass, NodeId id) { return id ? (Truth)pass->out->nodes[id] : TRUTH_YES; }

static Truth args(const Pass *pass, NodeId id) {
	Truth truth = TRUTH_YES;
	for (size_t i = 0; i < pass->g->nodes[id].n_args; i++) truth = least(truth, have(pass, flow_arg(pass->g, id, i)));
	return truth;
}

static Truth param(const Pass *pass, const FlowNode *node) {
	if (flow_enclosing(pass->g, node->region, REGION_CLOSURE) != REGION_NONE) return TRUTH_NO;
	for (size_t i = 0; i < pass->c->n_params; i++) {
		if (str_eq(pass->c->params[i].name, node->name)) return (Truth)pass->params[i];
	}
	return TRUTH_NO;
}

/* Filled by loading: what init puts there is only a place for it. */
static bool is_loaded(const Program *p, ComponentId cls, Str name) {
	uintptr_t *first = map_get(&p->stores_by_name, name);
	for (uint32_t i = first ? (uint32_t)*first : UINT32_MAX; i != UINT32_MAX; i = p->stores[i].next) {
		const FieldStore *store = &p->stores[i];
		NodeId value = store->cls == cls ? flow_arg(store->at.graph, store->at.node, 1) : 0;
		if (!value) continue;
		const FlowNode *node = &store->at.graph->nodes[value];
		if (node->kind == NODE_PARAM || (flow_traits(store->at.graph, value) & (OP_CONSTRUCTOR | OP_RANDOM)))
			return true;
	}
	return false;
}

/* Holds an object without weights: equal in all layers, which are configured alike. */
static bool is_weightless(const Pass *pass, NodeId id) {
	const Program *p = pass->steady->program;
	ComponentId cls = program_class_of(p, pass->g, id);
	if (cls == COMPONENT_NONE) return false;
	const Component *c = &p->outline->components[cls];
	bool any = false;
	for (size_t i = 0; i < c->n_fields; i++) {
		const Field *f = &c->fields[i];
		if (f->is_module || program_type_class(p, f->type) != COMPONENT_NONE) return false;
		bool array = str_find(f->type, "MLXArray", 0) != SIZE_MAX;
		if (array && is_loaded(p, cls, f->name)) return false;
		any = true;
	}
	return any;
}

/* Layers of one stack are configured alike, but each has its own weights. */
static Truth field(const Pass *pass, NodeId id) {
	const FlowNode *node = &pass->g->nodes[id];
	NodeId base = flow_arg(pass->g, id, 0);
	const SteadyFunction *out = pass->out;
	Truth fixed = program_field_keeps(pass->steady->program, pass->g, id, out->around, out->loop, out->reach);
	bool setting = node->facts.domain == DOMAIN_HOST_SCALAR;
	if (fixed != TRUTH_YES) return TRUTH_NO;
	if (base && pass->g->nodes[base].kind != NODE_SELF) return have(pass, base);
	if (setting) return TRUTH_YES;
	if (out->kind == REPEAT_LAYERS && is_weightless(pass, id)) return TRUTH_UNKNOWN;
	for (size_t i = 0; pass->cls && i < pass->cls->n_fields; i++) {
		if (str_eq(pass->cls->fields[i].name, node->name)) return (Truth)pass->fields[i];
	}
	return pass->self;
}

static Truth shape(const Pass *pass, NodeId id) {
	static const char *const of_kind[] = { "ndim", "dtype_of" };
	for (size_t i = 0; i < BASE_COUNT(of_kind); i++) {
		if (flow_is_op(pass->g, id, op_named(of_kind[i]))) return TRUTH_YES;
	}
	Truth truth = args(pass, id);
	return truth == TRUTH_NO && !pass->out->decodes && pass->out->kind != REPEAT_TURNS ? TRUTH_UNKNOWN : truth;
}

static Truth join(const Pass *pass, NodeId id) {
	const FlowGraph *g = pass->g;
	RegionId body = g->nodes[id].body;
	Truth truth = args(pass, id);
	if (g->regions[body].kind != REGION_BRANCH) return truth;
	for (RegionId r = body; r < g->n_regions; r++) {
		if (g->regions[r].kind == REGION_BRANCH && g->regions[r].group == g->regions[body].group)
			truth = least(truth, have(pass, g->regions[r].condition));
	}
	return truth;
}

static Truth judge(const Pass *pass, NodeId id) {
	const FlowGraph *g = pass->g;
	const FlowNode *node = &g->nodes[id];
	const Program *p = pass->steady->program;
	uint32_t traits = flow_traits(g, id);
	bool pure = node->callee != COMPONENT_NONE && p->functions[node->callee].is_pure;
	switch ((NodeKind)node->kind) {
	case NODE_CONST: return TRUTH_YES;
	case NODE_SELF: return pass->self;
	case NODE_PARAM: return param(pass, node);
	case NODE_FIELD: return field(pass, id);
	case NODE_GLOBAL: return program_global_fixed(p, node);
	case NODE_LOOPVAR: return have(pass, g->regions[node->body].over);
	case NODE_JOIN: return join(pass, id);
	case NODE_OP: {
		NodeId first = flow_arg(g, id, 0);
		bool local = (traits & OP_MUTATES) && first && g->nodes[first].kind != NODE_FIELD;
		if ((traits & OP_RANDOM) || ((traits & (OP_EFFECT | OP_MUTATES)) && !local)) return TRUTH_NO;
		return traits & OP_SHAPE ? shape(pass, id) : args(pass, id);
	}
	case NODE_MODULE: return node->op || pure ? args(pass, id) : TRUTH_NO;
	case NODE_CALL: return pure || program_calls_local(g, id) ? args(pass, id) : TRUTH_NO;
	case NODE_STORE: return node->name.len ? TRUTH_NO : args(pass, id);
	case NODE_UNKNOWN: return program_is_text(node) ? args(pass, id) : TRUTH_NO;
	case NODE_LOAD:
	case NODE_TUPLE:
	case NODE_PART:
	case NODE_RETURN: return args(pass, id);
	default: return TRUTH_NO;
	}
}

static void settle(const Pass *pass) {
	memset(pass->out->nodes, TRUTH_YES, pass->g->n);
	for (bool changed = true; changed;) {
		changed = false;
		for (NodeId id = 1; id < pass->g->n; id++) {
			Truth now = least(have(pass, id), judge(pass, id));
			changed |= now != have(pass, id);
			pass->out->nodes[id] = (uint8_t)now;
		}
	}
}

static SteadyFunction *solve(Steady *s, ComponentId id, int depth) {
	SteadyFunction *out = &s->functions[id];
	const Function *f = &s->program->functions[id];
	const Component *c = &s->program->outline->components[id];
	if (s->state[id] == 1) return NULL; /* recursion */
	if (s->state[id] == 2) return out;
	s->state[id] = 1;
	Pass pass = { .steady = s, .g = &f->graph, .c = c, .out = out, .self = TRUTH_YES };
	pass.params = ARENA_ARRAY(s->arena, uint8_t, c->n_params + 1);
	memset(pass.params, TRUTH_YES, c->n_params + 1);
	ComponentId cls = outline_class_of(s->program->outline, id);
	pass.cls = cls == COMPONENT_NONE ? NULL : &s->program->outline->components[cls];
	size_t n_fields = pass.cls ? pass.cls->n_fields : 0;
	pass.fields = ARENA_ARRAY(s->arena, uint8_t, n_fields + 1);
	memset(pass.fields, TRUTH_YES, n_fields + 1);
	bool any = false;
	for (size_t i = 0; i < f->n_callers && f->graph.n && !c->is_init && !f->only_from_init; i++) {
		if (f->callers[i].graph->component != id) any |= take_site(&pass, id, &f->callers[i], depth);
	}
	if (any) {
		out->nodes = ARENA_ARRAY(s->arena, uint8_t, f->graph.n);
		settle(&pass);
	}
	s->state[id] = 2;
	return out;
}

void steady_init(const Program *program, Arena *arena, Steady *out) {
	*out = (Steady) { .program = program,
		.functions = ARENA_ARRAY(arena, SteadyFunction, program->outline->n + 1),
		.state = ARENA_ARRAY(arena, uint8_t, program->outline->n + 1),
		.arena = arena };
}

const SteadyFunction *steady_of(Steady *steady, ComponentId function) { return solve(steady, function, STEADY_DEPTH); }
