#include "core/posix.h"

#include "core/facts.h"
#include "core/facts_rules.h"

#include <stdlib.h>
#include <string.h>

/* The pass goes over the nodes in order until nothing changes. A join counts only the arms that have been computed, so that
 * a loop starts from what enters it; each turn may only take facts away, which is why it ends. */

bool facts_integer(const FactsPass *p, NodeId id, int64_t *value) {
	double number;
	if (!id || !flow_number(p->g, id, &number) || number != (double)(int64_t)number) return false;
	*value = (int64_t)number;
	return true;
}

bool facts_op_is(const FactsPass *p, NodeId id, const char *op) {
	return id && p->g->nodes[id].kind == NODE_OP && str_is(p->g->nodes[id].name, op);
}

static bool same_size(FlowSize a, FlowSize b) {
	if (a.kind != b.kind) return false;
	return a.kind == SIZE_LITERAL ? a.value == b.value : a.kind == SIZE_UNKNOWN || str_eq(a.name, b.name);
}

Facts facts_meet(Facts a, Facts b) {
	if (a.domain != b.domain) return FACTS_NONE;
	if (a.dtype != b.dtype) a.dtype = DTYPE_UNKNOWN;
	if (a.nesting != b.nesting) a.nesting = 0;
	a.is_double = a.is_double && b.is_double;
	bool same_rank = a.rank == b.rank;
	if (!same_rank) a.rank = -1;
	for (int i = 0; i < FLOW_MAX_RANK; i++) {
		if (!same_rank || !same_size(a.size[i], b.size[i])) a.size[i] = (FlowSize) { 0 };
	}
	return a;
}

static bool same_facts(const Facts *a, const Facts *b) {
	if (a->domain != b->domain || a->dtype != b->dtype || a->rank != b->rank || a->nesting != b->nesting ||
	    a->is_double != b->is_double)
		return false;
	for (int i = 0; i < FLOW_MAX_RANK; i++)
		if (!same_size(a->size[i], b->size[i])) return false;
	return true;
}

/* ---- elements ---- */

static Facts element_of_host(const Facts *f) {
	if (f->nesting == 0) return FACTS_NONE;
	if (f->nesting == 1) {
		if (f->dtype == DTYPE_UNKNOWN) return FACTS_NONE; /* of device arrays, or of anything */
		Facts out = facts_scalar((DtypeClass)f->dtype);
		out.is_double = f->is_double;
		return out;
	}
	Facts out = *f;
	out.nesting--;
	memset(out.size, 0, sizeof out.size);
	return out;
}

/* An array of the list that split gives: its rank and type. */
static Facts element_of_split(const FactsPass *p, NodeId id) {
	Facts x = *facts_of(p, flow_arg(p->g, id, 0)), out = { .domain = DOMAIN_DEVICE, .dtype = x.dtype, .rank = -1 };
	if (x.domain != DOMAIN_DEVICE) return FACTS_NONE;
	if (!facts_op_is(p, id, "unbind")) out.rank = x.rank;
	return out;
}

static bool is_split(const FactsPass *p, NodeId id) {
	return facts_op_is(p, id, "split") || facts_op_is(p, id, "split_sizes") || facts_op_is(p, id, "unbind");
}

/* All items of a literal array alike. */
static Facts common_item(const FactsPass *p, NodeId id) {
	const FlowNode *node = facts_node(p, id);
	Facts out = FACTS_NONE;
	for (size_t i = 0; i < node->n_args; i++) {
		const FlowArg *arg = &p->g->args[node->args + i];
		if (arg->spread || !arg->node) return FACTS_NONE;
		out = i ? facts_meet(out, *facts_of(p, arg->node)) : *facts_of(p, arg->node);
	}
	return out;
}

Facts facts_element(const FactsPass *p, NodeId collection) {
	if (!collection) return FACTS_NONE;
	const FlowNode *node = facts_node(p, collection);
	if (is_split(p, collection)) return element_of_split(p, collection);
	if (node->kind == NODE_TUPLE && !str_is(node->name, "dict_literal")) return common_item(p, collection);
	if (node->facts.domain == DOMAIN_HOST_ARRAY) return element_of_host(&node->facts);
	if (node->facts.domain != DOMAIN_DEVICE || node->facts.rank < 1) {
		bool device = node->facts.domain == DOMAIN_DEVICE;
		return device ? (Facts) { .domain = DOMAIN_DEVICE, .dtype = node->facts.dtype, .rank = -1 } : FACTS_NONE;
	}
	Facts out = node->facts;
	out.rank--;
	memmove(out.size, out.size + 1, (FLOW_MAX_RANK - 1) * sizeof *out.size);
	out.size[FLOW_MAX_RANK - 1] = (FlowSize) { 0 };
	return out;
}

/* ---- kinds of nodes ---- */

static Facts of_const(const FlowNode *node) {
	if (node->is_string) return facts_scalar(DTYPE_STRING);
	if (node->is_bool) return facts_scalar(DTYPE_BOOL);
	if (node->is_number) return facts_scalar(node->is_int ? DTYPE_INTEGER : DTYPE_FLOAT);
	return FACTS_NONE;
}

static Facts of_declared(const FactsPass *p, Str type) {
	Facts out = FACTS_NONE;
	facts_of_type(p->is_swift ? LANG_SWIFT : LANG_PYTHON, type, &out);
	return out;
}

static Facts of_param(const FactsPass *p, const FlowNode *node) {
	if (p->g->component == COMPONENT_NONE || node->region != 0) return FACTS_NONE;
	const Component *c = &p->outline->components[p->g->component];
	for (size_t i = 0; i < c->n_params; i++) {
		if (str_eq(c->params[i].name, node->name) && !c->params[i].variadic) return of_declared(p, c->params[i].type);
	}
	return FACTS_NONE;
}

/* In Python the type of a field is often only what it was first set to; what is annotated there, and arrays, hold. */
static bool is_annotated(const FactsPass *p, const Field *field) {
	const SyntaxTree *tree = &p->outline->trees[field->file];
	return field->decl && tree->nodes[field->decl].kind == SYN_ASSIGNMENT && syntax_field(tree, field->decl, SYNF_TYPE);
}

/* PyTorch's own words for an array that a module holds. */
static bool is_registered(const FactsPass *p, const Field *field) {
	const SyntaxTree *tree = &p->outline->trees[field->file];
	if (str_is(field->type, "nn.Parameter") || str_is(field->type, "torch.nn.Parameter")) return true;
	return field->is_parameter && field->decl && tree->nodes[field->decl].kind == SYN_CALL;
}

/* `fc.weight`, where fc holds one of the library's layers. */
static bool is_layer_weight(const FactsPass *p, const FlowNode *node, NodeId base) {
	const FlowNode *holder = base ? facts_node(p, base) : NULL;
	if (!p->is_swift || !holder || holder->kind != NODE_FIELD || p->g->component == COMPONENT_NONE) return false;
	if (!str_is(node->name, "weight") && !str_is(node->name, "bias")) return false;
	NodeId self = flow_arg(p->g, base, 0);
	if (!self || facts_node(p, self)->kind != NODE_SELF) return false;
	const Field *field = outline_field(p->outline, outline_class_of(p->outline, p->g->component), holder->name);
	if (!field || outline_find(p->outline, field->type) != COMPONENT_NONE) return false;
	OpCall call = { .dialect = DIALECT_SWIFT, .form = CALL_CONSTRUCTOR, .name = field->type };
	OpMatch match = { 0 };
	return field->type.len && ops_resolve(&call, &match) && match.constructs;
}

static Facts of_field(const FactsPass *p, NodeId id) {
	const FlowNode *node = facts_node(p, id);
	NodeId base = flow_arg(p->g, id, 0);
	if (is_layer_weight(p, node, base)) return (Facts) { .domain = DOMAIN_DEVICE, .rank = -1 };
	if (!base || facts_node(p, base)->kind != NODE_SELF || p->g->component == COMPONENT_NONE) return FACTS_NONE;
	const Field *field = outline_field(p->outline, outline_class_of(p->outline, p->g->component), node->name);
	if (!field) return FACTS_NONE;
	if (!p->is_swift && is_registered(p, field)) return (Facts) { .domain = DOMAIN_DEVICE, .rank = -1 };
	if (!field->type.len) return FACTS_NONE;
	return p->is_swift || is_annotated(p, field) ? of_declared(p, field->type) : FACTS_NONE;
}

static Facts of_callee(const FactsPass *p, const FlowNode *node) {
	if (node->callee == COMPONENT_NONE || node->callee >= p->outline->n) return FACTS_NONE;
	const Component *c = &p->outline->components[node->callee];
	return c->is_init ? FACTS_NONE : of_declared(p, c->returns);
}

/* What the i-th of a loop's variables takes from what the loop runs over. */
static Facts of_loopvar(const FactsPass *p, const FlowNode *node) {
	NodeId over = p->g->regions[node->body].over;
	if (!over) return FACTS_NONE;
	if (facts_op_is(p, over, "enumerated")) {
		if (node->index == 0) return facts_scalar(DTYPE_INTEGER);
		return node->index == 1 ? facts_element(p, flow_arg(p->g, over, 0)) : FACTS_NONE;
	}
	if (facts_op_is(p, over, "zip")) return facts_element(p, flow_arg(p->g, over, node->index));
	return node->index == 0 ? facts_element(p, over) : FACTS_NONE;
}

static Facts of_tuple(const FactsPass *p, NodeId id) {
	const FlowNode *node = facts_node(p, id);
	if (!str_is(node->name, "array_literal")) {
		return str_is(node->name, "dict_literal") ? (Facts) { .domain = DOMAIN_OTHER, .rank = -1 } : FACTS_NONE;
	}
	Facts item = common_item(p, id), out = { .domain = DOMAIN_HOST_ARRAY, .rank = -1 };
	bool spread = false;
	for (size_t i = 0; i < node->n_args; i++) spread |= p->g->args[node->args + i].spread;
	if (!spread && node->n_args) out.size[0] = (FlowSize) { .kind = SIZE_LITERAL, .value = node->n_args };
	if (item.domain == DOMAIN_HOST_SCALAR) {
		out.nesting = 1;
		out.dtype = item.dtype;
		out.is_double = item.is_double;
	} else if (item.domain == DOMAIN_DEVICE) {
		out.nesting = 1;
	} else if (item.domain == DOMAIN_HOST_ARRAY && item.nesting) {
		out.nesting = (uint8_t)(item.nesting + 1);
		out.dtype = item.dtype;
		out.is_double = item.is_double;
	}
	return out;
}

/* The i-th type of "(MLXArray, state: Float)" or "Tuple[mx.array, int]", without its label. */
static Str type_of_part(Str type, unsigned index) {
	static const char *const openings[] = { "(", "Tuple[", "tuple[" };
	Str inner = STR_NONE;
	type = str_trim(type);
	for (size_t i = 0; i < BASE_COUNT(openings); i++) {
		if (str_starts(type, openings[i]) && (str_ends(type, ")") || str_ends(type, "]")))
			inner = str_sub(type, strlen(openings[i]), type.len - 1);
	}
	int depth = 0;
	size_t start = 0, colon = SIZE_MAX;
	for (size_t i = 0; i <= inner.len && inner.len; i++) {
		char c = i < inner.len ? inner.ptr[i] : ',';
		depth += (c == '[' || c == '(' || c == '<') -
		         (c == ']' || c == ')' || (c == '>' && i > 0 && inner.ptr[i - 1] != '-'));
		if (c == ':' && depth == 0 && colon == SIZE_MAX) colon = i;
		if (c != ',' || depth != 0) continue;
		if (index-- == 0) return str_trim(str_sub(inner, colon == SIZE_MAX ? start : colon + 1, i));
		start = i + 1;
		colon = SIZE_MAX;
	}
	return STR_NONE;
}

static Facts of_result_part(const FactsPass *p, const FlowNode *call, unsigned index) {
	if (call->kind != NODE_CALL && call->kind != NODE_MODULE) return FACTS_NONE;
	if (call->callee == COMPONENT_NONE || call->callee >= p->outline->n) return FACTS_NONE;
	return of_declared(p, type_of_part(p->outline->components[call->callee].returns, index));
}

static Facts of_part(const FactsPass *p, NodeId id) {
	const FlowNode *node = facts_node(p, id);
	NodeId base = flow_arg(p->g, id, 0);
	if (!base) return FACTS_NONE;
	if (facts_op_is(p, base, "shape")) return facts_scalar(DTYPE_INTEGER);
	const FlowNode *tuple = facts_node(p, base);
	if (tuple->kind == NODE_TUPLE && node->index < tuple->n_args && !p->g->args[tuple->args + node->index].spread) {
		NodeId item = flow_arg(p->g, base, node->index);
		return item ? *facts_of(p, item) : FACTS_NONE;
	}
	if (is_split(p, base) || tuple->facts.domain == DOMAIN_HOST_ARRAY) return facts_element(p, base);
	return node->name.len ? FACTS_NONE : of_result_part(p, tuple, node->index);
}

/* nil is none of the values: where an optional is computed with, it is the other. */
static Facts of_join(const FactsPass *p, NodeId id) {
	const FlowNode *node = facts_node(p, id);
	Facts out = FACTS_NONE;
	bool first = true;
	for (size_t i = 0; i < node->n_args; i++) {
		NodeId arg = flow_arg(p->g, id, i);
		if (!arg || arg == id || !p->seen[arg]) continue;
		if (facts_node(p, arg)->kind == NODE_CONST && facts_node(p, arg)->is_nil) continue;
		out = first ? *facts_of(p, arg) : facts_meet(out, *facts_of(p, arg));
		first = false;
	}
	return out;
}

static Facts of_store(const FactsPass *p, NodeId id) {
	NodeId base = flow_arg(p->g, id, 0);
	return base && !facts_node(p, id)->name.len ? *facts_of(p, base) : FACTS_NONE;
}

static Facts compute(const FactsPass *p, NodeId id) {
	const FlowNode *node = facts_node(p, id);
	switch ((NodeKind)node->kind) {
	case NODE_CONST: return of_const(node);
	case NODE_PARAM: return of_param(p, node);
	case NODE_FIELD: return of_field(p, id);
	case NODE_OP: return facts_of_op(p, id);
	case NODE_MODULE: return node->callee != COMPONENT_NONE ? of_callee(p, node) : facts_of_module(p, id);
	case NODE_CALL: return of_callee(p, node);
	case NODE_LOAD: return facts_of_load(p, id);
	case NODE_STORE: return of_store(p, id);
	case NODE_TUPLE: return of_tuple(p, id);
	case NODE_PART: return of_part(p, id);
	case NODE_JOIN: return of_join(p, id);
	case NODE_LOOPVAR: return of_loopvar(p, node);
	case NODE_CLOSURE: return (Facts) { .domain = DOMAIN_OTHER, .rank = -1 };
	default: return FACTS_NONE;
	}
}

/* ---- the pass ---- */

enum { MAX_TURNS = 24 };

/* What the lowering said of a node stands; what it left open may be filled in. */
static Facts with_seed(const Facts *seed, Facts now) {
	if (seed->domain == DOMAIN_UNKNOWN) return now;
	if (seed->domain != now.domain) return *seed;
	Facts out = *seed;
	if (out.dtype == DTYPE_UNKNOWN) {
		out.dtype = now.dtype;
		out.is_double = now.is_double;
	}
	if (out.nesting == 0) out.nesting = now.nesting;
	if (out.rank < 0) out.rank = now.rank;
	memcpy(out.size, now.size, sizeof out.size);
	return out;
}

static bool one_turn(FactsPass *p, const Facts *seeds) {
	bool changed = false;
	for (NodeId id = 1; id < p->g->n; id++) {
		Facts now = with_seed(&seeds[id], compute(p, id)), *facts = &p->g->nodes[id].facts;
		if (p->seen[id]) now = facts_meet(*facts, now);
		if (p->seen[id] && same_facts(&now, facts)) continue;
		*facts = now;
		p->seen[id] = true;
		changed = true;
	}
	return changed;
}

void facts_infer(FlowGraph *graph, const Outline *outline) {
	FactsPass pass = { .g = graph, .outline = outline, .is_swift = graph->dialect == DIALECT_SWIFT };
	if (!pass.is_swift) facts_demanded(graph, outline);
	pass.seen = base_alloc(graph->n + 1);
	Facts *seeds = base_alloc((graph->n + 1) * sizeof *seeds);
	for (NodeId id = 1; id < graph->n; id++) seeds[id] = graph->nodes[id].facts;
	int turn = 0;
	while (one_turn(&pass, seeds) && ++turn < MAX_TURNS) continue;
	/* Not settled in time: only what the lowering said is sure. */
	for (NodeId id = 1; turn == MAX_TURNS && id < graph->n; id++) graph->nodes[id].facts = seeds[id];
	free(seeds);
	free(pass.seen);
}
