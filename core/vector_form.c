#include "core/posix.h"

#include "core/vector_form.h"

#include <math.h>
#include <string.h>

#define PI 3.14159265358979323846

bool vector_is(const FlowGraph *g, NodeId node, const char *op) {
	return node && (g->nodes[node].kind == NODE_OP || g->nodes[node].kind == NODE_TUPLE) && g->nodes[node].op &&
	       strcmp(op_info(g->nodes[node].op)->name, op) == 0;
}

/* ---- arrays ---- */

/* The array whose buffer a closure's parameter is: `a` of a.withUnsafeBufferPointer { p in ... }. */
static NodeId buffer_of(const FlowGraph *g, NodeId param) {
	RegionId closure = flow_enclosing(g, g->nodes[param].region, REGION_CLOSURE);
	if (closure == REGION_NONE || g->nodes[param].index != 0) return 0;
	size_t n;
	const NodeId *users = flow_users(g, g->regions[closure].closure, &n);
	for (size_t i = 0; i < n; i++) {
		if (vector_is(g, users[i], "unsafe_buffer")) return flow_arg(g, users[i], 0);
	}
	return 0;
}

NodeId vector_base(const FlowGraph *g, NodeId array) {
	for (int depth = 0; array && depth < 16; depth++) {
		const FlowNode *n = &g->nodes[array];
		NodeId next = 0;
		if (n->kind == NODE_LOAD || (n->kind == NODE_STORE && !n->name.len))
			next = flow_arg(g, array, 0);
		else if (n->kind == NODE_JOIN)
			next = flow_arg(g, array, 0);
		else if (n->kind == NODE_PARAM)
			next = buffer_of(g, array);
		else if (vector_is(g, array, "base_address") || vector_is(g, array, "array_append"))
			next = flow_arg(g, array, 0);
		else if (n->kind == NODE_NEW && n->n_args &&
		         (str_starts(n->name, "UnsafeBufferPointer") || str_starts(n->name, "UnsafeMutableBufferPointer")))
			next = flow_arg(g, array, 0);
		if (!next) return array;
		array = next;
	}
	return array;
}

Truth vector_floats(const FlowGraph *g, NodeId array) {
	const Facts *facts = &g->nodes[array].facts;
	if (facts->domain == DOMAIN_DEVICE) return TRUTH_NO;
	if (facts->domain == DOMAIN_HOST_ARRAY && facts->dtype)
		return facts->dtype == DTYPE_FLOAT || facts->dtype == DTYPE_HALF ? TRUTH_YES : TRUTH_NO;
	NodeId base = vector_base(g, array);
	const FlowNode *n = &g->nodes[base];
	if (n->kind == NODE_FIELD && str_is(n->name, "floatChannelData")) return TRUTH_YES;
	if (base == array || n->facts.domain != DOMAIN_HOST_ARRAY || !n->facts.dtype) return TRUTH_UNKNOWN;
	return n->facts.dtype == DTYPE_FLOAT ? TRUTH_YES : TRUTH_NO;
}

static void met_array(FormReader *r, Truth floats) {
	/* An element that is multiplied with or added to a float is one, too: what is not known decides nothing. */
	if (floats == TRUTH_YES) r->has_floats = true;
	if (floats == TRUTH_NO) r->has_others = true;
}

/* ---- leaves ---- */

static Form form(FormKind kind, NodeId at) { return (Form) { .kind = kind, .at = at }; }

static bool in_loop(const FormReader *r, NodeId node) {
	return node >= r->region->first && node < r->region->last && flow_inside(r->g, r->g->nodes[node].region, r->loop);
}

static bool over_integers(const FormReader *r) {
	NodeId over = r->region->over;
	const FlowNode *n = &r->g->nodes[over];
	return vector_is(r->g, over, "range") || vector_is(r->g, over, "range_closed") ||
	       vector_is(r->g, over, "indices") || (n->kind == NODE_FIELD && str_is(n->name, "indices"));
}

/* The array that the loop's index-th element is taken from. */
static NodeId source_of(const FormReader *r, unsigned index) {
	NodeId over = r->region->over;
	for (int depth = 0; over && depth < 6; depth++) {
		if (vector_is(r->g, over, "zip")) return flow_arg(r->g, over, index);
		if (!vector_is(r->g, over, "enumerated") && !vector_is(r->g, over, "lazy")) break;
		over = flow_arg(r->g, over, 0);
	}
	return over;
}

static Form element_form(FormReader *r, NodeId node) {
	const FlowNode *n = &r->g->nodes[node];
	bool is_offset = n->index == 0 && vector_is(r->g, r->region->over, "enumerated");
	if (is_offset || over_integers(r)) return form(FORM_INDEX, node);
	NodeId array = source_of(r, n->index);
	Truth floats = array ? vector_floats(r->g, array) : TRUTH_UNKNOWN;
	if (floats == TRUTH_UNKNOWN && n->facts.domain == DOMAIN_HOST_SCALAR)
		floats = n->facts.dtype == DTYPE_FLOAT ? TRUTH_YES : n->facts.dtype ? TRUTH_NO : TRUTH_UNKNOWN;
	if (floats == TRUTH_NO && n->facts.dtype == DTYPE_INTEGER) return form(FORM_OTHER, node);
	met_array(r, floats);
	return form(FORM_ELEMENT, node);
}

/* Another loop's variable inside or around this one stays the same while this one turns only if it is around. */
static Form variable_form(FormReader *r, NodeId node) {
	bool own = flow_enclosing(r->g, r->g->nodes[node].region, REGION_LOOP) == r->loop;
	return own ? element_form(r, node) : form(FORM_OTHER, node);
}

/* What `a[i]` is after `a[i] = x` in the same turn: x. */
static NodeId stored_before(const FormReader *r, NodeId load) {
	NodeId base = flow_arg(r->g, load, 0), index = flow_arg(r->g, load, 1);
	const FlowNode *n = &r->g->nodes[base];
	if (n->kind != NODE_STORE || n->name.len || n->n_args != 3 || !in_loop(r, base)) return 0;
	return r->g->nodes[flow_arg(r->g, base, 2)].value == r->g->nodes[index].value ? flow_arg(r->g, base, 1) : 0;
}

static Form load_form(FormReader *r, NodeId node) {
	size_t n = r->g->nodes[node].n_args;
	NodeId base = flow_arg(r->g, node, 0);
	if (n != 2 || !base) return form(FORM_OTHER, node);
	Form index = vector_form(r, flow_arg(r->g, node, 1));
	if (index.kind != FORM_INDEX) return form(FORM_OTHER, node);
	if (stored_before(r, node)) return vector_form(r, stored_before(r, node));
	for (NodeId b = base; in_loop(r, b);) {
		const FlowNode *at = &r->g->nodes[b];
		if ((at->kind == NODE_JOIN && at->body == r->loop) || vector_form(r, b).kind == FORM_FIXED) break;
		if (at->kind != NODE_LOAD || vector_form(r, flow_arg(r->g, b, 1)).kind != FORM_FIXED)
			return form(FORM_OTHER, node);
		b = flow_arg(r->g, b, 0);
	}
	met_array(r, vector_floats(r->g, base));
	return form(FORM_ELEMENT, node);
}

/* `i += 1` of a while loop. */
static bool is_counter(const FormReader *r, NodeId join) {
	NodeId turn = flow_arg(r->g, join, 1);
	if (r->g->nodes[join].facts.dtype != DTYPE_INTEGER || !vector_is(r->g, turn, "add")) return false;
	double step;
	return flow_arg(r->g, turn, 0) == join && flow_number(r->g, flow_arg(r->g, turn, 1), &step);
}

/* The sum that an inner loop makes of elements: `for c in channels { sum += data[c][i] }`. */
static Form join_form(FormReader *r, NodeId join) {
	const FlowNode *n = &r->g->nodes[join];
	if (n->body == r->loop) return form(is_counter(r, join) ? FORM_INDEX : FORM_OTHER, join);
	const FlowRegion *inner = &r->g->regions[n->body];
	NodeId turn = flow_arg(r->g, join, 1);
	if (inner->kind != REGION_LOOP || inner->n_carried != 1 || inner->has_break || !vector_is(r->g, turn, "add"))
		return form(FORM_OTHER, join);
	NodeId added = flow_arg(r->g, turn, flow_arg(r->g, turn, 0) == join);
	double start;
	if (!flow_number(r->g, flow_arg(r->g, join, 0), &start) || r->g->nodes[added].kind != NODE_LOAD)
		return form(FORM_OTHER, join);
	NodeId row = flow_arg(r->g, added, 0);
	bool by_row = r->g->nodes[row].kind == NODE_LOAD && flow_arg(r->g, row, 1) == inner->var;
	Form index = vector_form(r, flow_arg(r->g, added, 1));
	if (!by_row || index.kind != FORM_INDEX) return form(FORM_OTHER, join);
	met_array(r, vector_floats(r->g, row));
	return form(FORM_ELEMENT, join);
}

/* ---- operations ---- */

static bool is_linear(FormKind kind) { return kind == FORM_ELEMENT || kind == FORM_SCALED; }

static Form as(Form f, FormKind kind, NodeId at) {
	f.kind = kind;
	f.at = at;
	return f;
}

static Form both(Form a, Form b, FormKind kind, NodeId at) {
	Form f = form(kind, at);
	f.low = a.low && b.low;
	f.high = a.high && b.high;
	f.absolute = a.absolute && b.absolute;
	f.scaled = a.scaled || b.scaled;
	return f;
}

static Form add_form(Form a, Form b, NodeId at) {
	if (a.kind == FORM_FIXED || b.kind == FORM_FIXED) return a.kind == FORM_FIXED ? b : a;
	if (a.kind == FORM_INDEX && b.kind == FORM_INDEX) return form(FORM_INDEX, at);
	if (a.kind == FORM_SQUARE && b.kind == FORM_SQUARE) return form(FORM_MAGNITUDE, at);
	if (is_linear(a.kind) && is_linear(b.kind)) {
		bool scaled = a.kind == FORM_SCALED || b.kind == FORM_SCALED;
		return both(a, b, scaled ? FORM_SCALED : FORM_ELEMENT, a.kind == FORM_SCALED ? a.at : scaled ? b.at : at);
	}
	bool product = a.kind == FORM_PRODUCT || b.kind == FORM_PRODUCT || a.kind == FORM_SQUARE || b.kind == FORM_SQUARE;
	bool plain = is_linear(a.kind) || is_linear(b.kind);
	if (product && (plain || a.kind == b.kind))
		return form(FORM_PRODUCT, a.kind == FORM_PRODUCT || a.kind == FORM_SQUARE ? a.at : b.at);
	if ((a.kind == FORM_FADE && is_linear(b.kind)) || (b.kind == FORM_FADE && is_linear(a.kind)))
		return form(FORM_FADE, a.kind == FORM_FADE ? a.at : b.at);
	return form(FORM_OTHER, at);
}

static Form difference_form(Form a, Form b, NodeId at) {
	Form f = add_form(a, b, at);
	return f.kind == FORM_MAGNITUDE ? form(FORM_PRODUCT, at) : f;
}

static Form times_form(const FormReader *r, Form a, Form b, NodeId at) {
	if (a.kind == FORM_FIXED || b.kind == FORM_FIXED) {
		Form f = a.kind == FORM_FIXED ? b : a;
		f.scaled = true;
		return f.kind == FORM_ELEMENT ? as(f, FORM_SCALED, at) : f;
	}
	if ((a.kind == FORM_RAMP && is_linear(b.kind)) || (b.kind == FORM_RAMP && is_linear(a.kind)))
		return form(FORM_FADE, at);
	if (is_linear(a.kind) && is_linear(b.kind)) {
		bool same = r->g->nodes[flow_arg(r->g, at, 0)].value == r->g->nodes[flow_arg(r->g, at, 1)].value;
		return form(same ? FORM_SQUARE : FORM_PRODUCT, at);
	}
	if ((a.kind == FORM_WAVE && is_linear(b.kind)) || (b.kind == FORM_WAVE && is_linear(a.kind)))
		return form(FORM_WAVED, at);
	if (a.kind == FORM_PRODUCT && is_linear(b.kind)) return form(FORM_PRODUCT, at);
	if (b.kind == FORM_PRODUCT && is_linear(a.kind)) return form(FORM_PRODUCT, at);
	bool waves = a.kind == FORM_WAVE && b.kind == FORM_WAVE;
	bool same = r->g->nodes[flow_arg(r->g, at, 0)].value == r->g->nodes[flow_arg(r->g, at, 1)].value;
	return waves && same ? form(FORM_WAVE, at) : form(FORM_OTHER, at);
}

static Form divide_form(Form a, Form b, NodeId at) {
	if (b.kind == FORM_FIXED) {
		a.scaled = true;
		return a.kind == FORM_ELEMENT ? as(a, FORM_SCALED, at) : a.kind == FORM_INDEX ? form(FORM_OTHER, at) : a;
	}
	if (is_linear(a.kind) && is_linear(b.kind)) return form(FORM_PRODUCT, at);
	return form(FORM_OTHER, at);
}

static Form bound_form(Form a, Form b, bool from_below, NodeId at) {
	bool fixed = a.kind == FORM_FIXED || b.kind == FORM_FIXED;
	Form f = a.kind == FORM_FIXED ? b : a;
	if (!fixed || f.kind == FORM_INDEX) return form(FORM_OTHER, at);
	if (from_below)
		f.low = true;
	else
		f.high = true;
	if (f.low && f.high) f.at = at;
	return f;
}

static bool is_one_of(const char *name, const char *const *names) {
	for (; *names; names++) {
		if (strcmp(name, *names) == 0) return true;
	}
	return false;
}

static Form unary_form(const char *name, Form x, NodeId at) {
	bool real = x.kind != FORM_OTHER && x.kind != FORM_FIXED && x.kind != FORM_INDEX;
	if (strcmp(name, "negative") == 0) return x.kind == FORM_ELEMENT ? as(x, FORM_SCALED, at) : x;
	if (strcmp(name, "abs") == 0 && (is_linear(x.kind) || x.kind == FORM_RAMP)) return x.absolute = true, x;
	if (strcmp(name, "square") == 0 && is_linear(x.kind)) return form(FORM_SQUARE, at);
	if (strcmp(name, "exp") == 0 && real) return form(FORM_EXP, at);
	if (strcmp(name, "sqrt") == 0 && x.kind == FORM_MAGNITUDE) return x.rooted = true, x;
	if (strcmp(name, "sqrt") == 0 && real) return form(FORM_SQRT, at);
	bool wave = strcmp(name, "cos") == 0 || strcmp(name, "sin") == 0;
	if (wave && x.kind == FORM_RAMP) return form(FORM_WAVE, at);
	return form(FORM_OTHER, at);
}

/* Whether the arguments from `first` on are the same in every turn. */
static bool all_fixed(FormReader *r, NodeId node, size_t first) {
	for (size_t i = first; i < r->g->nodes[node].n_args; i++) {
		NodeId arg = flow_arg(r->g, node, i);
		if (arg && vector_form(r, arg).kind != FORM_FIXED) return false;
	}
	return true;
}

static Form op_form(FormReader *r, NodeId node) {
	static const char *const floats[] = { "host_float", "host_double", NULL };
	static const char *const maxima[] = { "host_max", "maximum", NULL }, *const minima[] = { "host_min", "minimum",
		NULL };
	const char *name = op_info(r->g->nodes[node].op)->name;
	size_t n = r->g->nodes[node].n_args;
	Form a = form(FORM_FIXED, node), b = a;
	if (n > 0 && flow_arg(r->g, node, 0)) a = vector_form(r, flow_arg(r->g, node, 0));
	if (n > 1 && flow_arg(r->g, node, 1)) b = vector_form(r, flow_arg(r->g, node, 1));
	bool rest = n <= 2 || all_fixed(r, node, 2);
	if (a.kind == FORM_FIXED && b.kind == FORM_FIXED && rest) return form(FORM_FIXED, node);
	if (a.kind == FORM_OTHER || b.kind == FORM_OTHER || !rest) return form(FORM_OTHER, node);
	if (is_one_of(name, floats)) return a.kind == FORM_INDEX ? form(FORM_RAMP, node) : a;
	if (strcmp(name, "host_int") == 0) {
		if (a.kind == FORM_RAMP) return form(FORM_OTHER, node);
		return a.to_integer = a.kind != FORM_INDEX, a;
	}
	if (strcmp(name, "round") == 0 || strcmp(name, "host_round") == 0)
		return a.kind == FORM_RAMP ? form(FORM_OTHER, node) : a;
	if (strcmp(name, "add") == 0 || strcmp(name, "wrapping_add") == 0) return add_form(a, b, node);
	if (strcmp(name, "subtract") == 0) return difference_form(a, b, node);
	if (strcmp(name, "multiply") == 0 || strcmp(name, "wrapping_multiply") == 0) return times_form(r, a, b, node);
	if (strcmp(name, "divide") == 0) return divide_form(a, b, node);
	if (n == 2 && is_one_of(name, maxima)) return bound_form(a, b, true, node);
	if (n == 2 && is_one_of(name, minima)) return bound_form(a, b, false, node);
	double exponent;
	if (strcmp(name, "pow") == 0 && n == 2 && flow_number(r->g, flow_arg(r->g, node, 1), &exponent) && exponent == 2) {
		if (is_linear(a.kind)) return form(FORM_SQUARE, node);
		if (a.kind == FORM_WAVE) return form(FORM_WAVE, node);
	}
	if (n == 1) return unary_form(name, a, node);
	return form(FORM_OTHER, node);
}

/* ---- calls ---- */

/* Whether what a function returns is its parameter between two bounds; a call of it stands for the bounds. */
static bool is_clip(const FlowGraph *g, NodeId node, int bounds, int depth) {
	if (!node || depth == 0) return false;
	if (g->nodes[node].kind == NODE_PARAM) return bounds == 3;
	bool low = vector_is(g, node, "host_max") || vector_is(g, node, "maximum");
	bool high = vector_is(g, node, "host_min") || vector_is(g, node, "minimum");
	if (!low && !high) return false;
	bounds |= low ? 1 : 2;
	return is_clip(g, flow_arg(g, node, 0), bounds, depth - 1) || is_clip(g, flow_arg(g, node, 1), bounds, depth - 1);
}

static Form call_form(FormReader *r, NodeId node) {
	const FlowGraph *callee = program_callee(r->program, r->g, node);
	NodeId value = 0;
	bool found = false;
	Form f = form(FORM_FIXED, node);
	for (NodeId id = 1; callee && id < callee->n; id++) {
		if (callee->nodes[id].kind != NODE_RETURN) continue;
		if (value) return form(FORM_OTHER, node);
		value = flow_arg(callee, id, 0);
	}
	if (!value || !is_clip(callee, value, 0, 4)) return form(FORM_OTHER, node);
	for (size_t i = 0; i < r->g->nodes[node].n_args; i++) {
		NodeId a = flow_arg(r->g, node, i);
		Form of = a ? vector_form(r, a) : form(FORM_FIXED, node);
		if (of.kind == FORM_FIXED) continue;
		if (found) return form(FORM_OTHER, node);
		found = true;
		f = of;
	}
	if (f.kind != FORM_ELEMENT && f.kind != FORM_SCALED) return form(FORM_OTHER, node);
	f.low = f.high = true;
	f.at = node;
	return f;
}

Form vector_form(FormReader *r, NodeId node) {
	if (!node || --r->budget < 0) return form(FORM_OTHER, node);
	if (!in_loop(r, node)) return form(FORM_FIXED, node);
	const FlowNode *n = &r->g->nodes[node];
	switch ((NodeKind)n->kind) {
	case NODE_CONST:
	case NODE_GLOBAL:
	case NODE_SELF: return form(FORM_FIXED, node);
	case NODE_FIELD: return form(all_fixed(r, node, 0) ? FORM_FIXED : FORM_OTHER, node);
	case NODE_LOOPVAR: return variable_form(r, node);
	case NODE_LOAD: return all_fixed(r, node, 0) ? form(FORM_FIXED, node) : load_form(r, node);
	case NODE_JOIN: return join_form(r, node);
	case NODE_CALL: return call_form(r, node);
	case NODE_OP:
		if (op_info(n->op)->traits & (OP_RANDOM | OP_EFFECT | OP_SYNC)) return form(FORM_OTHER, node);
		if (op_info(n->op)->traits & OP_SHAPE) return form(FORM_FIXED, node);
		return op_form(r, node);
	default: return form(FORM_OTHER, node);
	}
}

/* The number that the index over the length is multiplied with. */
static double turns(const FormReader *r, NodeId node, int depth) {
	double number;
	NodeId a = flow_arg(r->g, node, 0), b = flow_arg(r->g, node, 1);
	if (flow_number(r->g, node, &number)) return number;
	if (vector_is(r->g, node, "pi")) return PI;
	if (!a || depth == 0) return 1;
	if (vector_is(r->g, node, "multiply")) return turns(r, a, depth - 1) * turns(r, b, depth - 1);
	if (vector_is(r->g, node, "divide")) return turns(r, a, depth - 1) / turns(r, b, depth - 1);
	if (vector_is(r->g, node, "host_float") || vector_is(r->g, node, "host_double")) return turns(r, a, depth - 1);
	return 1;
}

static bool is_near(double a, double b) { return fabs(a - b) < 1e-3 * b; }

bool vector_wave(const FormReader *r, NodeId node, double *shift, double *factor) {
	const double pi = PI;
	double number, s, f;
	NodeId a = flow_arg(r->g, node, 0), b = flow_arg(r->g, node, 1);
	if (vector_is(r->g, node, "cos")) return *shift = 0, *factor = 1, is_near(turns(r, a, 8), 2 * pi);
	/* sin(x)^2 is 0.5 - 0.5*cos(2x) */
	if ((vector_is(r->g, node, "pow") || vector_is(r->g, node, "multiply")) && vector_is(r->g, a, "sin"))
		return *shift = 0.5, *factor = -0.5, is_near(turns(r, flow_arg(r->g, a, 0), 8), pi);
	bool minus = vector_is(r->g, node, "subtract"), times = vector_is(r->g, node, "multiply");
	if (!minus && !times && !vector_is(r->g, node, "add")) return false;
	bool first = flow_number(r->g, a, &number);
	if ((!first && !flow_number(r->g, b, &number)) || !vector_wave(r, first ? b : a, &s, &f)) return false;
	*shift = times ? number * s : minus && !first ? s - number : minus ? number - s : number + s;
	*factor = times ? number * f : minus && first ? -f : f;
	return true;
}
