#include "core/posix.h"

#include "core/vector_form.h"

#include <string.h>

enum { FORM_BUDGET = 20000, SMALL_TRIPS = 16, MANY_SUMS = 3 };

typedef struct LoopReader {
	FormReader form;
	VectorLoop found;
	bool refused;
	bool any; /* something is left behind */
} LoopReader;

static bool offer(LoopReader *l, VectorLoop v) {
	l->any = true;
	if (v.kind > l->found.kind) l->found = v;
	return true;
}

static bool refuse(LoopReader *l) {
	l->refused = true;
	return false;
}

/* ---- values stored or collected ---- */

static VectorKind kind_of(const LoopReader *l, Form f, NodeId value) {
	double shift, factor;
	bool clipped = f.low && f.high;
	switch (f.kind) {
	case FORM_FIXED:
	case FORM_ELEMENT: return clipped && f.kind == FORM_ELEMENT ? VECTOR_CLIP : VECTOR_PLAIN;
	case FORM_SCALED: return clipped ? VECTOR_CLIP : VECTOR_SCALE;
	case FORM_RAMP: return VECTOR_RAMP;
	case FORM_FADE: return VECTOR_FADE;
	case FORM_PRODUCT:
	case FORM_SQUARE: return VECTOR_MULTIPLY;
	case FORM_MAGNITUDE: return VECTOR_MAGNITUDE;
	case FORM_EXP: return VECTOR_EXP;
	case FORM_SQRT: return VECTOR_SQRT;
	case FORM_WAVE:
		while (vector_is(l->form.g, value, "host_float")) value = flow_arg(l->form.g, value, 0);
		if (!vector_wave(&l->form, value, &shift, &factor)) return VECTOR_NONE;
		return shift == 0.5 && factor == -0.5 ? VECTOR_HANN : VECTOR_NONE;
	case FORM_WAVED:
	case FORM_INDEX:
	case FORM_OTHER: break;
	}
	return VECTOR_NONE;
}

static bool read_value(LoopReader *l, NodeId value) {
	Form f = vector_form(&l->form, value);
	VectorKind kind = kind_of(l, f, value);
	if (kind == VECTOR_NONE) return refuse(l);
	return offer(l, (VectorLoop) { .kind = kind,
	                    .node = f.at,
	                    .magnitudes = f.absolute,
	                    .scaled = f.scaled,
	                    .squared = f.kind == FORM_SQUARE,
	                    .rooted = f.rooted,
	                    .to_integer = f.to_integer });
}

/* ---- what is carried from turn to turn ---- */

static bool is_add_of(const FlowGraph *g, NodeId turn, NodeId join, NodeId *other) {
	NodeId a = flow_arg(g, turn, 0), b = flow_arg(g, turn, 1);
	if (!a || !b || (a != join && b != join)) return false;
	return *other = a == join ? b : a, true;
}

/* Whether the sum is divided by a number of elements afterwards. */
static bool is_averaged(const FlowGraph *g, NodeId sum) {
	size_t n;
	const NodeId *users = flow_users(g, sum, &n);
	for (size_t i = 0; i < n; i++) {
		NodeId count = flow_arg(g, users[i], 1);
		if (!vector_is(g, users[i], "divide") || flow_arg(g, users[i], 0) != sum) continue;
		while (
		    vector_is(g, count, "host_float") || vector_is(g, count, "host_double") || vector_is(g, count, "host_max"))
			count = flow_arg(
			    g, count, vector_is(g, count, "host_max") && g->nodes[flow_arg(g, count, 0)].kind == NODE_CONST);
		if (vector_is(g, count, "count") || g->nodes[count].facts.dtype == DTYPE_INTEGER) return true;
	}
	return false;
}

/* The loop runs over all elements of an array, not over a part whose size is anybody's guess. */
static bool is_whole(const LoopReader *l) {
	const FlowGraph *g = l->form.g;
	NodeId over = l->form.region->over;
	if (!vector_is(g, over, "range") && !vector_is(g, over, "range_closed")) return over != 0;
	double from;
	bool from_start = !flow_arg(g, over, 0) || (flow_number(g, flow_arg(g, over, 0), &from) && from == 0);
	return from_start && vector_is(g, flow_arg(g, over, 1), "count");
}

/* The sum is divided by the number of turns: a mean, whatever part of an array it is of. */
static bool is_averaged_over_turns(const LoopReader *l, NodeId sum) {
	const FlowGraph *g = l->form.g;
	NodeId over = l->form.region->over;
	double from;
	if (!vector_is(g, over, "range") || !flow_number(g, flow_arg(g, over, 0), &from) || from != 0) return false;
	size_t n;
	const NodeId *users = flow_users(g, sum, &n);
	for (size_t i = 0; i < n; i++) {
		NodeId count = flow_arg(g, users[i], 1);
		if (!vector_is(g, users[i], "divide") || flow_arg(g, users[i], 0) != sum || !vector_is(g, count, "host_float"))
			continue;
		if (g->nodes[flow_arg(g, count, 0)].value == g->nodes[flow_arg(g, over, 1)].value) return true;
	}
	return false;
}

static bool turns(const LoopReader *l, NodeId id, int depth) {
	const FlowNode *node = &l->form.g->nodes[id];
	if (node->kind == NODE_LOOPVAR) return flow_enclosing(l->form.g, node->region, REGION_LOOP) == l->form.loop;
	bool computes = vector_is(l->form.g, id, "add") || vector_is(l->form.g, id, "multiply");
	for (size_t i = 0; computes && depth > 0 && i < 2; i++) {
		if (flow_arg(l->form.g, id, i) && turns(l, flow_arg(l->form.g, id, i), depth - 1)) return true;
	}
	return false;
}

/* `a[j * width + i]` for j: neighbouring turns read elements that lie apart. */
static bool is_strided(const LoopReader *l, NodeId id, int depth) {
	const FlowGraph *g = l->form.g;
	if (!id || depth == 0) return false;
	if (vector_is(g, id, "multiply")) {
		for (size_t i = 0; i < 2; i++) {
			NodeId factor = flow_arg(g, id, i);
			if (factor && turns(l, factor, depth)) return true;
		}
		return false;
	}
	if (!vector_is(g, id, "add") && !vector_is(g, id, "subtract")) return false;
	return is_strided(l, flow_arg(g, id, 0), depth - 1) || is_strided(l, flow_arg(g, id, 1), depth - 1);
}

static NodeId behind_numbers(const FlowGraph *g, NodeId id) {
	while (vector_is(g, id, "host_float") || vector_is(g, id, "host_double")) id = flow_arg(g, id, 0);
	return id;
}

/* Both arrays are walked across their rows: the loop to take together is another one. */
static bool runs_across(const LoopReader *l, NodeId product) {
	const FlowGraph *g = l->form.g;
	for (size_t i = 0; i < 2; i++) {
		NodeId load = behind_numbers(g, flow_arg(g, product, i));
		if (!load || g->nodes[load].kind != NODE_LOAD || !is_strided(l, flow_arg(g, load, 1), 6)) return false;
	}
	return true;
}

static bool read_sum(LoopReader *l, NodeId join, NodeId added) {
	Form f = vector_form(&l->form, added);
	VectorKind kind = VECTOR_NONE;
	if (f.kind == FORM_SQUARE) kind = VECTOR_SQUARES;
	if (f.kind == FORM_WAVED) kind = VECTOR_FOURIER;
	if (f.kind == FORM_PRODUCT && vector_is(l->form.g, f.at, "multiply") && f.at == added)
		kind = runs_across(l, f.at) ? VECTOR_PLAIN : VECTOR_DOT;
	if (f.kind == FORM_ELEMENT && !f.low && !f.high)
		kind = (is_whole(l) && is_averaged(l->form.g, join)) || is_averaged_over_turns(l, join) ? VECTOR_MEAN
		                                                                                        : VECTOR_PLAIN;
	if (kind == VECTOR_NONE) return refuse(l);
	return offer(l, (VectorLoop) { .kind = kind, .node = f.at, .magnitudes = f.absolute });
}

static bool read_extreme(LoopReader *l, NodeId value, bool smallest) {
	Form f = vector_form(&l->form, value);
	if (f.kind != FORM_ELEMENT || f.low || f.high) return refuse(l);
	return offer(l, (VectorLoop) { .kind = VECTOR_MAX, .node = value, .magnitudes = f.absolute, .smallest = smallest });
}

/* `if x > best { best = x }`: a join of an element and what was best; *value gets the element. */
static bool is_choice(const LoopReader *l, NodeId join, NodeId *value, bool *smallest) {
	const FlowGraph *g = l->form.g;
	NodeId turn = flow_arg(g, join, 1), a = flow_arg(g, turn, 0), b = flow_arg(g, turn, 1);
	if (g->nodes[turn].kind != NODE_JOIN || g->nodes[turn].n_args != 2 || (a != join && b != join)) return false;
	*value = a == join ? b : a;
	NodeId test = g->regions[g->nodes[turn].body].condition;
	bool less = vector_is(g, test, "lt") || vector_is(g, test, "le");
	if (!less && !vector_is(g, test, "gt") && !vector_is(g, test, "ge")) return false;
	NodeId left = flow_arg(g, test, 0), right = flow_arg(g, test, 1);
	bool in_order = right == join && g->nodes[left].value == g->nodes[*value].value;
	bool turned = left == join && g->nodes[right].value == g->nodes[*value].value;
	*smallest = in_order ? less : !less;
	return in_order || turned;
}

/* The place of the best, kept beside it: a join of the index, or of several, in the same branch. */
static bool is_place(const LoopReader *l, NodeId join) {
	const FlowGraph *g = l->form.g;
	NodeId turn = flow_arg(g, join, 1);
	if (g->nodes[turn].kind != NODE_JOIN || g->nodes[turn].n_args != 2) return false;
	NodeId a = flow_arg(g, turn, 0), b = flow_arg(g, turn, 1), value = a == join ? b : a;
	FormReader form = l->form;
	return (a == join || b == join) && vector_form(&form, value).kind == FORM_INDEX;
}

/* Stores and appends lead back to what was carried in, on both sides of a branch. */
static bool is_filled_to(const FlowGraph *g, NodeId join, NodeId turn, int depth) {
	if (turn == join) return true;
	if (!turn || depth == 0) return false;
	const FlowNode *n = &g->nodes[turn];
	bool branches = n->kind == NODE_JOIN && g->regions[n->body].kind == REGION_BRANCH;
	for (size_t i = 0; branches && i < n->n_args; i++) {
		if (!is_filled_to(g, join, flow_arg(g, turn, i), depth - 1)) return false;
	}
	bool passes = (n->kind == NODE_STORE && !n->name.len) || vector_is(g, turn, "array_append") || n->kind == NODE_LOAD;
	return branches || (passes && is_filled_to(g, join, flow_arg(g, turn, 0), depth - 1));
}

static bool is_filled(const FlowGraph *g, NodeId join, NodeId turn) { return is_filled_to(g, join, turn, 24); }

static bool read_carried(LoopReader *l, NodeId join) {
	const FlowGraph *g = l->form.g;
	NodeId turn = flow_arg(g, join, 1), other = 0, value = 0;
	bool smallest = false;
	if (is_filled(g, join, turn)) return true;
	if (g->nodes[join].facts.dtype == DTYPE_INTEGER && vector_form(&l->form, join).kind == FORM_INDEX) return true;
	if (vector_is(g, turn, "add") && is_add_of(g, turn, join, &other)) return read_sum(l, join, other);
	if (vector_is(g, turn, "subtract") && flow_arg(g, turn, 0) == join) return read_sum(l, join, flow_arg(g, turn, 1));
	bool least = vector_is(g, turn, "host_min") || vector_is(g, turn, "minimum");
	if ((least || vector_is(g, turn, "host_max") || vector_is(g, turn, "maximum")) && is_add_of(g, turn, join, &other))
		return read_extreme(l, other, least);
	if (is_choice(l, join, &value, &smallest)) return read_extreme(l, value, smallest);
	return is_place(l, join) || refuse(l);
}

/* ---- what is done in a turn ---- */

/* What a turn reads of an array that it writes is the element that it writes. */
static bool reads_elsewhere(const LoopReader *l, NodeId store) {
	const FlowGraph *g = l->form.g;
	NodeId index = flow_arg(g, store, 2), array = flow_arg(g, store, 0);
	while (g->nodes[array].kind == NODE_STORE) array = flow_arg(g, array, 0);
	for (NodeId id = l->form.region->first; id < l->form.region->last; id++) {
		const FlowNode *n = &g->nodes[id];
		if (n->kind != NODE_LOAD || flow_arg(g, id, 0) != array) continue;
		if (g->nodes[flow_arg(g, id, 1)].value != g->nodes[index].value) return true;
	}
	return false;
}

/* `if start + i < count { ... }`: from some turn on nothing is done any more, which is a smaller number of elements. */
static bool is_bound(LoopReader *l, NodeId test) {
	const FlowGraph *g = l->form.g;
	bool order =
	    vector_is(g, test, "lt") || vector_is(g, test, "le") || vector_is(g, test, "gt") || vector_is(g, test, "ge");
	if (!order) return false;
	FormKind a = vector_form(&l->form, flow_arg(g, test, 0)).kind, b = vector_form(&l->form, flow_arg(g, test, 1)).kind;
	return (a == FORM_INDEX && b == FORM_FIXED) || (a == FORM_FIXED && b == FORM_INDEX);
}

static bool is_in_every_turn(LoopReader *l, RegionId region) {
	const FlowRegion *at = &l->form.g->regions[region];
	if (region == l->form.loop) return true;
	return at->kind == REGION_BRANCH && at->parent == l->form.loop && at->arm == 0 && is_bound(l, at->condition);
}

static bool read_store(LoopReader *l, NodeId store) {
	const FlowGraph *g = l->form.g;
	NodeId value = flow_arg(g, store, 1);
	if (g->nodes[store].name.len || g->nodes[store].n_args != 3 || !value) {
		/* `rows[c][i] = x` writes the row back: the inner store was read already. */
		bool written_back = !g->nodes[store].name.len && g->nodes[value].kind == NODE_STORE;
		return written_back || refuse(l);
	}
	if (g->nodes[value].kind == NODE_STORE) return true;
	if (!is_in_every_turn(l, g->nodes[store].region) || reads_elsewhere(l, store) ||
	    vector_form(&l->form, flow_arg(g, store, 2)).kind != FORM_INDEX)
		return refuse(l);
	return read_value(l, value);
}

static bool is_quiet(const FlowGraph *g, NodeId id) {
	const FlowNode *n = &g->nodes[id];
	if (n->kind == NODE_NEW) return false;
	if (n->kind == NODE_CALL) {
		/* What a small callee computes stands beside the call; else the call's value says what it is. */
		size_t users;
		flow_users(g, id, &users);
		bool repeated = id + 1 < g->n && g->nodes[id + 1].origin == id;
		return n->callee != COMPONENT_NONE && (users > 0 || repeated);
	}
	return !(flow_traits(g, id) & (OP_EFFECT | OP_SYNC | OP_EVAL | OP_RANDOM));
}

/* A call that takes one sample, converted or clipped: `append(Int16(x * 32767))`. */
static bool read_call(LoopReader *l, NodeId call) {
	const FlowGraph *g = l->form.g;
	NodeId value = 0;
	for (size_t i = 0; i < g->nodes[call].n_args; i++) {
		NodeId arg = flow_arg(g, call, i);
		Form f = vector_form(&l->form, arg);
		if (f.kind == FORM_FIXED || g->nodes[arg].kind == NODE_CLOSURE) continue;
		bool clipped = f.kind == FORM_ELEMENT && f.low && f.high;
		if ((!f.to_integer && !clipped) || value) return refuse(l);
		value = arg;
	}
	return value ? read_value(l, value) : refuse(l);
}

static bool read_node(LoopReader *l, NodeId id) {
	const FlowGraph *g = l->form.g;
	const FlowNode *n = &g->nodes[id];
	bool own = flow_enclosing(g, n->region, REGION_LOOP) == l->form.loop;
	if (n->kind == NODE_STORE) return own ? read_store(l, id) : refuse(l);
	if (n->kind == NODE_RETURN && !n->is_implicit) return refuse(l);
	if (vector_is(g, id, "array_append")) {
		if (n->region != l->form.loop) return refuse(l);
		return read_value(l, flow_arg(g, id, 1));
	}
	if (is_quiet(g, id)) return true;
	if (n->kind == NODE_CALL && n->region == l->form.loop && own) return read_call(l, id);
	return refuse(l);
}

static bool is_small(const FlowRegion *region) {
	return region->trips == TRIPS_LITERAL && region->trip_count < SMALL_TRIPS;
}

static bool is_map(const FlowRegion *region) { return region->form == LOOP_MAP || region->form == LOOP_COMPREHENSION; }

size_t vector_loop_results(const FlowGraph *g, RegionId loop, NodeId *out, size_t max) {
	const FlowRegion *region = &g->regions[loop];
	size_t n = 0;
	for (size_t i = 0; !is_map(region) && i < region->n_carried && n < max; i++) out[n++] = region->carried[i];
	for (size_t i = 0; is_map(region) && i < region->n_collects && n < max; i++) {
		size_t n_users;
		const NodeId *users = flow_users(g, region->collects[i], &n_users);
		for (size_t u = 0; u < n_users && n < max; u++) {
			if (vector_is(g, users[u], "map") && flow_arg(g, users[u], 1) == region->collects[i]) out[n++] = users[u];
		}
	}
	return n;
}

static bool is_plus(const FlowGraph *g, NodeId f) {
	return f && g->nodes[f].kind == NODE_GLOBAL && str_is(g->nodes[f].name, "+");
}

/* `a.map { $0 * $0 }.reduce(0, +)`, `a.map { abs($0) }.max()`: what is made of the elements. */
static void read_consumer(const FlowGraph *g, RegionId loop, VectorLoop *v) {
	NodeId result = 0;
	size_t n;
	if (!is_map(&g->regions[loop]) || vector_loop_results(g, loop, &result, 1) == 0) return;
	const NodeId *users = flow_users(g, result, &n);
	if (n != 1) return;
	bool sums = vector_is(g, users[0], "reduce") && is_plus(g, flow_arg(g, users[0], 2));
	bool magnitude = v->kind == VECTOR_PLAIN && v->magnitudes;
	if (sums && v->kind == VECTOR_MULTIPLY && vector_is(g, v->node, "divide") == false)
		v->kind = v->squared ? VECTOR_SQUARES : VECTOR_DOT;
	else if (magnitude && (vector_is(g, users[0], "max") || vector_is(g, users[0], "min")))
		v->kind = VECTOR_MAX, v->smallest = vector_is(g, users[0], "min");
}

VectorLoop vector_loop_read(const Program *program, const FlowGraph *g, RegionId loop) {
	const FlowRegion *region = &g->regions[loop];
	LoopReader l = { .form = { .program = program, .g = g, .loop = loop, .region = region, .budget = FORM_BUDGET } };
	VectorLoop none = { 0 };
	if (region->kind != REGION_LOOP || region->has_break || is_small(region) || region->form == LOOP_FILTER)
		return none;
	for (size_t i = 0; i < region->n_carried && !l.refused; i++) read_carried(&l, region->carried[i]);
	for (NodeId id = region->first; id < region->last && !l.refused; id++) {
		if (flow_inside(g, g->nodes[id].region, loop)) read_node(&l, id);
	}
	for (size_t i = 0; is_map(region) && i < region->n_collects && !l.refused; i++) read_value(&l, region->collects[i]);
	if (l.refused || !l.any) return none;
	/* Several sums side by side are a small matrix product, row by row. */
	if (l.found.kind == VECTOR_DOT && region->n_folds > MANY_SUMS) return none;
	bool made = l.found.kind == VECTOR_RAMP || l.found.kind == VECTOR_HANN;
	if (l.form.has_others || (!made && !l.form.has_floats)) return none;
	read_consumer(g, loop, &l.found);
	return l.found;
}
