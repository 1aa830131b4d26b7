/* What masks are made of: see detect_mask.h. A mask is judged by its values on both sides of a triangle, not by how they are written. */
#include "core/posix.h"

#include "core/detect_mask.h"

#include "core/pattern_tree.h"

#include <math.h>
#include <string.h>

enum { DEPTH = 12 };
static const double LOW = -1e3;

static bool is(const FlowGraph *g, NodeId id, const char *op) { return id && flow_is_op(g, id, op_named(op)); }

static bool adds_axis(const FlowGraph *g, NodeId load) {
	for (size_t i = 1; g->nodes[load].kind == NODE_LOAD && i < g->nodes[load].n_args; i++) {
		if (is(g, flow_arg(g, load, i), "newaxis")) return true;
	}
	return false;
}

static NodeId behind(const FlowGraph *g, NodeId id) {
	for (int depth = 0; id && depth < 8; depth++) {
		if (!adds_axis(g, id) && !(flow_traits(g, id) & (OP_VIEW | OP_CAST | OP_COPY))) break;
		id = flow_arg(g, id, 0);
	}
	return id;
}

static bool is_scalar(const Program *p, const FlowGraph *g, NodeId id) {
	return id && pattern_scalar(p, g, behind(g, id)) == TRUTH_YES;
}

bool mask_is_count(const Program *p, const FlowGraph *g, NodeId id) {
	id = behind(g, id);
	if (is(g, id, "add") || is(g, id, "subtract")) {
		NodeId a = flow_arg(g, id, 0), b = flow_arg(g, id, 1);
		return (is_scalar(p, g, b) && mask_is_count(p, g, a)) ||
		       (is(g, id, "add") && is_scalar(p, g, a) && mask_is_count(p, g, b));
	}
	if (is(g, id, "arange")) return true;
	NodeId from = is(g, id, "array") ? flow_arg(g, id, 0) : 0;
	if (from && is(g, from, "array_new")) from = flow_arg(g, from, 0);
	return is(g, from, "range");
}

static bool is_order(const FlowGraph *g, NodeId id) {
	return is(g, id, "lt") || is(g, id, "le") || is(g, id, "gt") || is(g, id, "ge");
}

bool mask_is_triangle(const Program *p, const FlowGraph *g, NodeId id) {
	id = behind(g, id);
	if (!id) return false;
	if (is(g, id, "tri")) return true;
	if (is(g, id, "tril") || is(g, id, "triu")) return is(g, behind(g, flow_arg(g, id, 0)), "ones");
	if (!is_order(g, id)) return false;
	int rank = g->nodes[id].facts.rank;
	return rank != 0 && rank != 1 && mask_is_count(p, g, flow_arg(g, id, 0)) && mask_is_count(p, g, flow_arg(g, id, 1));
}

/* ---- the values on both sides ---- */

typedef struct Sides {
	const Program *p;
	const FlowGraph *g;
	double on; /* what the triangle is taken to hold */
	NodeId triangle;
} Sides;

static double value_of(Sides *s, NodeId id, int depth);

static double compared(const char *op, double a, double b) {
	if (strcmp(op, "eq") == 0) return a == b;
	if (strcmp(op, "ne") == 0) return a != b;
	if (strcmp(op, "lt") == 0) return a < b;
	if (strcmp(op, "le") == 0) return a <= b;
	if (strcmp(op, "gt") == 0) return a > b;
	return strcmp(op, "ge") == 0 ? a >= b : NAN;
}

static double of_two(Sides *s, NodeId id, const char *op, int depth) {
	double a = value_of(s, flow_arg(s->g, id, 0), depth);
	double b = isnan(a) ? a : value_of(s, flow_arg(s->g, id, 1), depth);
	if (isnan(b)) return NAN;
	if (strcmp(op, "add") == 0) return a + b;
	if (strcmp(op, "subtract") == 0) return a - b;
	if (strcmp(op, "multiply") == 0) return a == 0 || b == 0 ? 0 : a * b;
	if (strcmp(op, "divide") == 0) return a / b;
	if (strcmp(op, "where") != 0) return compared(op, a, b);
	double c = value_of(s, flow_arg(s->g, id, 2), depth);
	return a != 0 ? b : c;
}

static double value_of(Sides *s, NodeId id, int depth) {
	const FlowGraph *g = s->g;
	double number;
	id = behind(g, id);
	if (!id || depth == 0) return NAN;
	if (mask_is_triangle(s->p, g, id)) return s->triangle = id, s->on;
	if (flow_number(g, id, &number)) return number;
	if (g->nodes[id].kind != NODE_OP) return NAN;
	const char *op = op_info(g->nodes[id].op)->name;
	if (strcmp(op, "infinity") == 0) return INFINITY;
	if (strcmp(op, "greatest_finite") == 0) return HUGE_VAL;
	if (strcmp(op, "zeros") == 0) return 0;
	if (strcmp(op, "ones") == 0) return 1;
	if (strcmp(op, "full") == 0) {
		NodeId filled = flow_labelled(g, id, "value");
		return value_of(s, filled ? filled : flow_arg(g, id, 1), depth - 1);
	}
	NodeId first = flow_arg(g, id, 0);
	if (strcmp(op, "negative") == 0) return -value_of(s, first, depth - 1);
	if (strcmp(op, "logical_not") == 0) {
		double a = value_of(s, first, depth - 1);
		return isnan(a) ? a : a == 0;
	}
	bool wraps = strcmp(op, "array") == 0 || (op_info(g->nodes[id].op)->traits & OP_HOST);
	if (wraps && flow_operands(g, id) == 1) return value_of(s, first, depth - 1);
	return flow_operands(g, id) >= 2 ? of_two(s, id, op, depth - 1) : NAN;
}

static double constant_of(const Program *p, const FlowGraph *g, NodeId id) {
	Sides s = { p, g, NAN, 0 };
	return value_of(&s, id, DEPTH);
}

NodeId mask_triangle_of(const Program *p, const FlowGraph *g, NodeId id) {
	Sides s = { p, g, 1, 0 };
	value_of(&s, id, DEPTH);
	return s.triangle;
}

bool mask_is_additive(const Program *p, const FlowGraph *g, NodeId id) {
	if (is(g, id, "causal_mask")) return true;
	/* A triangle of -inf keeps zeros on its other side. */
	if (is(g, id, "triu")) return constant_of(p, g, flow_arg(g, id, 0)) <= LOW;
	bool computes = is(g, id, "where") || is(g, id, "multiply") || is(g, id, "subtract") || is(g, id, "add") ||
	                is(g, id, "negative");
	if (!computes) return false;
	Sides s = { p, g, 1, 0 };
	double on = value_of(&s, id, DEPTH);
	s.on = 0;
	double off = value_of(&s, id, DEPTH);
	return s.triangle && ((on == 0 && off <= LOW) || (off == 0 && on <= LOW));
}

/* ---- filled on the host ---- */

static double host_number(const FlowGraph *g, NodeId id) { return constant_of(NULL, g, id); }

static bool is_low(const FlowGraph *g, NodeId id) { return id && host_number(g, id) <= LOW; }
static bool is_zero(const FlowGraph *g, NodeId id) { return id && host_number(g, id) == 0; }

static RegionId loop_of(const FlowGraph *g, NodeId id) { return flow_enclosing(g, g->nodes[id].region, REGION_LOOP); }

static RegionId loop_around(const FlowGraph *g, RegionId loop) {
	return loop == REGION_NONE || loop == 0 ? REGION_NONE : flow_enclosing(g, g->regions[loop].parent, REGION_LOOP);
}

/* The element itself, plus a number at most: which loop's. */
static RegionId turn_of(const FlowGraph *g, NodeId id) {
	double number;
	if (is(g, id, "add") || is(g, id, "subtract"))
		id = flow_number(g, flow_arg(g, id, 1), &number) ? flow_arg(g, id, 0) : 0;
	RegionId loop = id && g->nodes[id].kind == NODE_LOOPVAR ? loop_of(g, id) : REGION_NONE;
	return loop != REGION_NONE && is(g, g->regions[loop].over, "range") ? loop : REGION_NONE;
}

/* `j > i` of two loops, one in the other. */
static bool compares_turns(const FlowGraph *g, NodeId condition, RegionId inner, RegionId outer) {
	if (!is_order(g, condition)) return false;
	RegionId a = turn_of(g, flow_arg(g, condition, 0)), b = turn_of(g, flow_arg(g, condition, 1));
	return (a == inner && b == outer) || (a == outer && b == inner);
}

/* `for j in (i + 1) ..< n`, `for j in 0 ... i`. */
static bool is_bounded_by(const FlowGraph *g, RegionId inner, RegionId outer) {
	NodeId over = g->regions[inner].over;
	if (!is(g, over, "range")) return false;
	return (turn_of(g, flow_arg(g, over, 0)) == outer) != (turn_of(g, flow_arg(g, over, 1)) == outer);
}

/* What an array holds before the loops: a fill's value, also of rows made in the outer loop; NAN for others. */
static double filled_with(const FlowGraph *g, NodeId id) {
	for (int depth = 0; id && depth < 6 && g->nodes[id].kind == NODE_JOIN; depth++) id = flow_arg(g, id, 0);
	return is(g, id, "array_repeating") ? host_number(g, flow_arg(g, id, 0)) : NAN;
}

static bool is_single_branch(const FlowGraph *g, RegionId region, RegionId inner, RegionId outer) {
	return g->regions[region].kind == REGION_BRANCH && g->regions[region].parent == inner &&
	       compares_turns(g, g->regions[region].condition, inner, outer);
}

/* m[...] = low on one side of the diagonal, everything else untouched (or the other way round). */
static bool stores_side(const FlowGraph *g, NodeId store, RegionId inner, RegionId outer) {
	double before = filled_with(g, flow_arg(g, store, 0));
	NodeId value = flow_arg(g, store, 1);
	if (!((before == 0 && is_low(g, value)) || (before <= LOW && is_zero(g, value)))) return false;
	RegionId region = g->nodes[store].region;
	return region == inner ? is_bounded_by(g, inner, outer) : is_single_branch(g, region, inner, outer);
}

/* m.append(j <= i ? 0 : low) */
static bool appends_side(const FlowGraph *g, NodeId value, RegionId inner, RegionId outer) {
	if (g->nodes[value].kind != NODE_JOIN || g->nodes[value].n_args != 2) return false;
	NodeId a = flow_arg(g, value, 0), b = flow_arg(g, value, 1);
	if (!(is_zero(g, a) && is_low(g, b)) && !(is_low(g, a) && is_zero(g, b))) return false;
	return compares_turns(g, g->regions[g->nodes[value].body].condition, inner, outer);
}

/* Zeros and low values written out as a square: low above the diagonal. */
static bool is_written_out(const FlowGraph *g, NodeId list) {
	size_t n = g->nodes[list].n_args, side = 1;
	while (side * side < n) side++;
	if (g->nodes[list].kind != NODE_TUPLE || side < 2 || side * side != n) return false;
	for (size_t i = 0; i < n; i++) {
		NodeId element = flow_arg(g, list, i);
		bool above = i % side > i / side;
		if (above ? !is_low(g, element) : !is_zero(g, element)) return false;
	}
	return true;
}

/* Whether a host array is made by this write, through joins, further writes and rows. */
static bool is_made_by(const FlowGraph *g, NodeId id, NodeId write, int depth) {
	if (id == write) return true;
	const FlowNode *node = &g->nodes[id];
	bool host = node->kind == NODE_OP && (flow_traits(g, id) & OP_HOST);
	if (depth == 0 || !id || !(host || node->kind == NODE_JOIN || node->kind == NODE_STORE)) return false;
	for (size_t i = 0; i < node->n_args && i < 2; i++) {
		if (flow_arg(g, id, i) && is_made_by(g, flow_arg(g, id, i), write, depth - 1)) return true;
	}
	return false;
}

bool mask_is_filled(const FlowGraph *g, NodeId array, RegionId *loop) {
	NodeId from = is(g, array, "array") ? flow_arg(g, array, 0) : 0;
	*loop = REGION_NONE;
	if (!from) return false;
	if (is_written_out(g, from)) return true;
	if (g->nodes[from].facts.domain != DOMAIN_HOST_ARRAY) return false;
	size_t writes = 0;
	for (NodeId id = 1; id < array; id++) {
		bool stores = g->nodes[id].kind == NODE_STORE && !g->nodes[id].name.len;
		bool appends = is(g, id, "array_append");
		if (!stores && !appends) continue;
		RegionId inner = loop_of(g, id), outer = loop_around(g, inner);
		if (outer == REGION_NONE || !is_made_by(g, from, id, 8)) continue;
		NodeId value = flow_arg(g, id, 1);
		if (!(stores ? stores_side(g, id, inner, outer) : appends_side(g, value, inner, outer))) return false;
		*loop = outer;
		writes++;
	}
	return writes == 1;
}
