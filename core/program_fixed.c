/* What is made of constants, configuration and weights only.
 *
 * `fixed` is the greatest solution of: a node is as fixed as the least of its arguments, constants are fixed, parameters are not
 * (or are, in the second reading, which tells what a function gives when all it is given is fixed). */
#include "core/posix.h"

#include "core/program_parts.h"

#include <stdlib.h>
#include <string.h>

enum { WITH_PARAMS = 2 }; /* shift of the second reading */

static Truth least(Truth a, Truth b) { return a < b ? a : b; }

static const Field *declared(const Program *p, const FlowGraph *g, NodeId id, ComponentId *cls) {
	NodeId base = flow_arg(g, id, 0);
	*cls = base ? program_class_of(p, g, base) : program_own_class(p, g);
	return *cls == COMPONENT_NONE ? NULL : program_field(p, *cls, g->nodes[id].name);
}

/* A field of a class of the source that holds one of the library's layers: nobody but the library's update sets what is in that. */
static bool holds_layer(const Program *p, const FlowGraph *g, NodeId id) {
	ComponentId cls;
	const Field *field = id && g->nodes[id].kind == NODE_FIELD ? declared(p, g, id, &cls) : NULL;
	if (!field) return false;
	Str type = str_trim(field->type);
	while (type.len && (type.ptr[type.len - 1] == '?' || type.ptr[type.len - 1] == '!')) type.len--;
	OpCall call = { .dialect = p->dialect, .form = CALL_CONSTRUCTOR, .name = type };
	OpMatch match = { 0 };
	return type.len && ops_resolve(&call, &match) && match.constructs;
}

static bool is_config_type(Str type) {
	return str_find(type, "Config", 0) != SIZE_MAX || str_ends(type, "Args") || str_ends(type, "Params");
}

/* A field that holds a configuration whose type is declared elsewhere. */
static bool holds_config(const Program *p, const FlowGraph *g, NodeId id) {
	ComponentId cls;
	const Field *field = id && g->nodes[id].kind == NODE_FIELD ? declared(p, g, id, &cls) : NULL;
	return field && field->is_let && is_config_type(field->type);
}

/* A field is fixed when nothing but init sets it. */
Truth program_field_fixed(const Program *p, const FlowGraph *g, NodeId id) {
	const FlowNode *node = &g->nodes[id];
	ComponentId cls;
	const Field *field = declared(p, g, id, &cls);
	NodeId base = flow_arg(g, id, 0);
	if (!field && cls == COMPONENT_NONE && holds_config(p, g, base)) return TRUTH_YES;
	if (!field && !(cls == COMPONENT_NONE && holds_layer(p, g, base))) return TRUTH_UNKNOWN;
	if (field && field->is_let) return TRUTH_YES;
	uintptr_t *first = map_get(&p->stores_by_name, node->name);
	for (uint32_t i = first ? (uint32_t)*first : UINT32_MAX; i != UINT32_MAX; i = p->stores[i].next) {
		const FieldStore *store = &p->stores[i];
		if (store->cls == COMPONENT_NONE && !store->in_init) {
			/* Of an unknown object: of this one it is not, where an array is set and this holds an object of a class. */
			NodeId value = flow_arg(store->at.graph, store->at.node, 1);
			bool array = value && store->at.graph->nodes[value].facts.domain == DOMAIN_DEVICE;
			if (array && field && program_type_class(p, field->type) != COMPONENT_NONE) continue;
			return TRUTH_UNKNOWN;
		}
		if (store->cls == cls && !store->in_init) return TRUTH_NO;
	}
	return TRUTH_YES;
}

static const uint8_t *fixed_of(const Program *p, const FlowGraph *g) {
	if (g->component == COMPONENT_NONE) return p->toplevel_fixed ? p->toplevel_fixed[g->file] : NULL;
	if (g == &p->fields[g->component]) return p->fields_fixed ? p->fields_fixed[g->component] : NULL;
	return p->functions[g->component].fixed;
}

static const Param *param_named(const Component *c, Str name) {
	for (size_t i = 0; i < c->n_params; i++) {
		if (str_eq(c->params[i].name, name)) return &c->params[i];
	}
	return NULL;
}

/* A number, a flag or a name: how something is to be done, not what is worked on. */
static bool is_setting(Str type) {
	static const char *const settings[] = { "Int", "Int32", "Float", "Float32", "Double", "Bool", "String", "DType" };
	type = str_trim(type);
	while (type.len && type.ptr[type.len - 1] == '?') type.len--;
	for (size_t i = 0; i < BASE_COUNT(settings); i++) {
		if (str_is(type, settings[i])) return true;
	}
	return false;
}

/* A parameter is as fixed as the least fixed of what its callers give; calls of a function by itself, or of its like in a base class, are none.
 * A setting that nobody here gives is left at its default; another parameter with a default may be. An array of which that is not sure is data;
 * so is one that nobody gives but as nil: what is computed with it isn't computed. */
static Truth param_by_callers(const Program *p, ComponentId id, const Param *param) {
	const Function *f = &p->functions[id];
	bool array = str_find(param->type, "MLXArray", 0) != SIZE_MAX;
	size_t n = 0, n_given = 0;
	Truth truth = TRUTH_YES;
	for (size_t i = 0; i < f->n_callers && truth != TRUTH_NO; i++) {
		const CallSite *site = &f->callers[i];
		if (site->graph->component == id) continue;
		NodeId given = program_argument(site->graph, site->node, &p->outline->components[id], param->name);
		const uint8_t *fixed = fixed_of(p, site->graph);
		n_given += given && !site->graph->nodes[given].is_nil;
		if (!given)
			truth = least(truth, param->fallback ? TRUTH_YES : TRUTH_UNKNOWN);
		else
			truth = least(truth, fixed ? (Truth)(fixed[given] & 3) : TRUTH_NO);
		n++;
	}
	if (!n && !param->fallback)
		truth = TRUTH_NO;
	else if (!n && !is_setting(param->type))
		truth = TRUTH_UNKNOWN;
	return array && (truth != TRUTH_YES || !n_given) ? TRUTH_NO : truth;
}

static Truth param_fixed(const Program *p, const FlowGraph *g, const FlowNode *node, bool params) {
	if (params) return TRUTH_YES;
	if (g->component == COMPONENT_NONE || flow_enclosing(g, node->region, REGION_CLOSURE) != REGION_NONE)
		return TRUTH_NO;
	const Param *param = param_named(&p->outline->components[g->component], node->name);
	if (!param) return TRUTH_NO;
	return is_config_type(param->type) ? TRUTH_YES : param_by_callers(p, g->component, param);
}

/* A name from outside: types, enum cases, modules and operators are fixed; a global only when nothing sets it again. */
Truth program_global_fixed(const Program *p, const FlowNode *node) {
	Str name = node->name;
	if (!name.len) return TRUTH_UNKNOWN;
	if (name.ptr[0] == '.' || (name.ptr[0] >= 'A' && name.ptr[0] <= 'Z')) return TRUTH_YES;
	if (strchr("+-*/%<>=!&|^~", name.ptr[0])) return TRUTH_YES; /* an operator handed on: reduce(0, +) */
	if (str_find(name, ".", 0) != SIZE_MAX) return TRUTH_YES;
	uintptr_t *first = map_get(&p->stores_by_name, name);
	size_t n = 0;
	for (uint32_t i = first ? (uint32_t)*first : UINT32_MAX; i != UINT32_MAX; i = p->stores[i].next) {
		if (p->stores[i].cls != COMPONENT_NONE) continue;
		if (p->stores[i].at.graph->component != COMPONENT_NONE) return TRUTH_NO;
		n++;
	}
	return n == 1 ? TRUTH_YES : TRUTH_UNKNOWN;
}

typedef struct Fixing {
	const Program *p;
	const FlowGraph *g;
	uint8_t *fixed;
	bool params;
} Fixing;

static Truth have(const Fixing *f, NodeId id) {
	return id ? (Truth)((f->fixed[id] >> (f->params ? WITH_PARAMS : 0)) & 3) : TRUTH_YES;
}

static Truth args_fixed(const Fixing *f, NodeId id) {
	Truth truth = TRUTH_YES;
	for (size_t i = 0; i < f->g->nodes[id].n_args; i++) truth = least(truth, have(f, flow_arg(f->g, id, i)));
	return truth;
}

/* Whether an arm was taken decides the value too. */
static Truth arms_fixed(const Fixing *f, NodeId join) {
	const FlowGraph *g = f->g;
	Truth truth = TRUTH_YES;
	uint32_t group = g->regions[g->nodes[join].body].group;
	if (g->regions[g->nodes[join].body].kind != REGION_BRANCH) return TRUTH_YES;
	for (RegionId r = g->nodes[join].body; r < g->n_regions; r++) {
		if (g->regions[r].group == group && g->regions[r].kind == REGION_BRANCH)
			truth = least(truth, have(f, g->regions[r].condition));
	}
	return truth;
}

static Truth call_fixed(const Fixing *f, NodeId id) {
	const FlowNode *node = &f->g->nodes[id];
	if (node->callee == COMPONENT_NONE) {
		/* A local function's closure is among the arguments. */
		return program_calls_local(f->g, id) ? args_fixed(f, id) : least(TRUTH_UNKNOWN, args_fixed(f, id));
	}
	const Function *callee = &f->p->functions[node->callee];
	if (!callee->graph.n) return least(TRUTH_UNKNOWN, args_fixed(f, id)); /* a requirement of a protocol */
	return callee->returns_fresh_constant ? args_fixed(f, id) : TRUTH_NO;
}

static Truth judge(const Fixing *f, NodeId id);

/* A local function is as fixed as what it takes from outside: fields, globals, captured values; not what it is given. */
static Truth closure_fixed(const Fixing *f, NodeId closure) {
	const FlowGraph *g = f->g;
	RegionId body = g->nodes[closure].body;
	const FlowRegion *region = &g->regions[body];
	Truth truth = TRUTH_YES;
	for (NodeId id = region->first; id < region->last && id < g->n && truth != TRUTH_NO; id++) {
		const FlowNode *node = &g->nodes[id];
		if (!flow_inside(g, node->region, body)) continue;
		switch ((NodeKind)node->kind) {
		case NODE_FIELD:
		case NODE_GLOBAL: truth = least(truth, judge(f, id)); break;
		case NODE_OP:
			if (op_info(node->op)->traits & OP_RANDOM) return TRUTH_NO;
			break;
		case NODE_CALL:
			if (node->callee != COMPONENT_NONE) {
				if (!f->p->functions[node->callee].returns_fresh_constant) return TRUTH_NO;
			} else if (!program_calls_local(g, id)) {
				truth = least(truth, TRUTH_UNKNOWN);
			}
			break;
		case NODE_STORE:
		case NODE_NEW:
			if (node->kind == NODE_NEW || node->name.len) return TRUTH_NO;
			break;
		case NODE_UNKNOWN:
			if (program_is_text(node)) break;
			truth = least(truth, TRUTH_UNKNOWN);
			break;
		case NODE_MODULE: truth = least(truth, TRUTH_UNKNOWN); break;
		default: break;
		}
		for (size_t i = 0; i < node->n_args; i++) {
			NodeId arg = flow_arg(g, id, i);
			if (arg && arg != closure && !flow_inside(g, g->nodes[arg].region, body))
				truth = least(truth, have(f, arg));
		}
	}
	return truth;
}

static Truth judge(const Fixing *f, NodeId id) {
	const FlowGraph *g = f->g;
	const FlowNode *node = &g->nodes[id];
	switch ((NodeKind)node->kind) {
	case NODE_CONST:
	case NODE_SELF: return TRUTH_YES;
	case NODE_PARAM: return param_fixed(f->p, g, node, f->params);
	case NODE_FIELD: return least(program_field_fixed(f->p, g, id), have(f, flow_arg(g, id, 0)));
	case NODE_GLOBAL: return program_global_fixed(f->p, node);
	case NODE_OP:
		if (op_info(node->op)->traits & OP_RANDOM) return TRUTH_NO;
		/* A model works in one type of numbers. */
		if (node->op == op_named("dtype_of")) return TRUTH_YES;
		return args_fixed(f, id);
	case NODE_CALL: return call_fixed(f, id);
	case NODE_NEW: return is_config_type(node->name) ? args_fixed(f, id) : TRUTH_NO; /* an object may keep state */
	case NODE_MODULE: return least(TRUTH_UNKNOWN, args_fixed(f, id));
	case NODE_LOOPVAR: return have(f, g->regions[node->body].over);
	case NODE_JOIN: return least(args_fixed(f, id), arms_fixed(f, id));
	case NODE_LOAD:
	case NODE_STORE:
	case NODE_TUPLE:
	case NODE_PART:
	case NODE_RETURN: return args_fixed(f, id);
	case NODE_CLOSURE: return closure_fixed(f, id);
	case NODE_UNKNOWN: return program_is_text(node) ? args_fixed(f, id) : TRUTH_UNKNOWN;
	case NODE_NONE:
	case NODE_KIND_COUNT: break;
	}
	return TRUTH_UNKNOWN;
}

static void settle(Fixing *f) {
	int shift = f->params ? WITH_PARAMS : 0;
	for (bool changed = true; changed;) {
		changed = false;
		for (NodeId id = 1; id < f->g->n; id++) {
			Truth now = least(have(f, id), judge(f, id));
			if (now == have(f, id)) continue;
			f->fixed[id] = (uint8_t)((f->fixed[id] & ~(3 << shift)) | now << shift);
			changed = true;
		}
	}
}

static uint8_t *fix_graph(const Program *p, const FlowGraph *g, uint8_t *fixed) {
	if (!g->n) return NULL;
	if (!fixed) fixed = ARENA_ARRAY(p->arena, uint8_t, g->n);
	memset(fixed, TRUTH_YES | TRUTH_YES << WITH_PARAMS, g->n);
	Fixing f = { p, g, fixed, false };
	settle(&f);
	f.params = true;
	settle(&f);
	return fixed;
}

/* Pure, with something returned, and everything returned fixed once the parameters are. */
static bool gives_constant(const Function *f) {
	bool any = false;
	if (!f->is_pure) return false;
	for (NodeId id = 1; id < f->graph.n; id++) {
		if (!flow_is_result(&f->graph, id)) continue;
		if (((f->fixed[id] >> WITH_PARAMS) & 3) != TRUTH_YES) return false;
		any = true;
	}
	return any;
}

void program_fix(Program *p) {
	size_t n_files = p->outline->source->n_files;
	p->toplevel_fixed = ARENA_ARRAY(p->arena, uint8_t *, n_files + 1);
	p->fields_fixed = ARENA_ARRAY(p->arena, uint8_t *, p->outline->n + 1);
	for (size_t i = 0; i < n_files; i++) p->toplevel_fixed[i] = fix_graph(p, &p->toplevel[i], NULL);
	for (ComponentId id = 0; id < p->outline->n; id++) p->fields_fixed[id] = fix_graph(p, &p->fields[id], NULL);
	/* Callees begin as giving no constants, parameters as varying, and are raised: what holds after any round is so. */
	for (int round = 0; round < 2 * PROGRAM_DEPTH; round++) {
		bool changed = false;
		for (ComponentId id = 0; id < p->outline->n; id++) {
			Function *f = &p->functions[id];
			if (!f->graph.n) continue;
			uint64_t before = f->fixed ? hash_bytes(HASH_SEED, f->fixed, f->graph.n) : 0;
			f->fixed = fix_graph(p, &f->graph, f->fixed);
			bool gives = gives_constant(f);
			changed |= gives != f->returns_fresh_constant || hash_bytes(HASH_SEED, f->fixed, f->graph.n) != before;
			f->returns_fresh_constant = gives;
		}
		if (!changed) break;
	}
}

Truth program_fixed(const Program *p, const FlowGraph *g, NodeId id) {
	const uint8_t *fixed = fixed_of(p, g);
	return id && fixed ? (Truth)(fixed[id] & 3) : TRUTH_UNKNOWN;
}
