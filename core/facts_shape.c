/* Ranks and sizes. Everything is left unknown unless it follows from literals and known operands. */
#include "core/posix.h"

#include "core/facts_rules.h"

#include <string.h>

static void forget_sizes(Facts *f) { memset(f->size, 0, sizeof f->size); }

static void set_rank(Facts *f, int rank) {
	f->rank = rank >= 0 && rank <= FLOW_MAX_RANK ? (int8_t)rank : -1;
	if (f->rank < 0) forget_sizes(f);
}

static FlowSize literal_size(int64_t value) { return (FlowSize) { .kind = SIZE_LITERAL, .value = value }; }

void facts_like(const Facts *x, bool same_sizes, Facts *out) {
	out->rank = x->rank;
	forget_sizes(out);
	if (same_sizes && x->rank >= 0) memcpy(out->size, x->size, sizeof out->size);
}

static int axis_of(int64_t axis, int rank) {
	int64_t at = axis < 0 ? axis + rank : axis;
	return at >= 0 && at < rank ? (int)at : -1;
}

/* The literal integers of an argument that may be one or a tuple of them; -1 when it isn't all literal. */
static int integers(const FactsPass *p, NodeId id, int64_t *out, int max) {
	const FlowNode *node = facts_node(p, id);
	if (facts_integer(p, id, out)) return 1;
	if (node->kind != NODE_TUPLE || str_is(node->name, "dict_literal") || node->n_args > max) return -1;
	for (size_t i = 0; i < node->n_args; i++) {
		if (p->g->args[node->args + i].spread || !facts_integer(p, flow_arg(p->g, id, i), &out[i])) return -1;
	}
	return node->n_args;
}

/* All arguments under a label: literal integers, one by one or as a tuple. -1 when they aren't, 0 when there are none. */
static int labelled_integers(const FactsPass *p, NodeId id, const char *label, int64_t *out, int max) {
	const FlowNode *node = facts_node(p, id);
	int n = 0;
	for (size_t i = 0; i < node->n_args; i++) {
		const FlowArg *arg = &p->g->args[node->args + i];
		if (!str_is(arg->label, label)) continue;
		int more = arg->spread || !arg->node || n >= max ? -1 : integers(p, arg->node, out + n, max - n);
		if (more < 0) return -1;
		n += more;
	}
	return n;
}

/* ---- broadcasting ---- */

/* The size that two sizes of one axis broadcast to. A literal beyond 1 holds whatever the other is. */
static FlowSize broadcast_size(FlowSize a, FlowSize b) {
	if (a.kind == SIZE_LITERAL && a.value == 1) return b;
	if (b.kind == SIZE_LITERAL && b.value == 1) return a;
	if (a.kind == SIZE_LITERAL && a.value > 1) return a;
	if (b.kind == SIZE_LITERAL && b.value > 1) return b;
	bool same = a.kind == SIZE_NAMED && b.kind == SIZE_NAMED && str_eq(a.name, b.name);
	return same ? a : (FlowSize) { 0 };
}

static void broadcast_two(Facts *out, const Facts *x) {
	if (out->rank < 0 || x->rank < 0) {
		set_rank(out, -1);
		return;
	}
	int rank = out->rank > x->rank ? out->rank : x->rank;
	FlowSize size[FLOW_MAX_RANK] = { { 0 } };
	for (int i = 0; i < rank; i++) {
		int a = i - (rank - out->rank), b = i - (rank - x->rank);
		size[i] = a < 0 ? x->size[b] : b < 0 ? out->size[a] : broadcast_size(out->size[a], x->size[b]);
	}
	out->rank = (int8_t)rank;
	memcpy(out->size, size, sizeof size);
}

void facts_broadcast(const FactsPass *p, NodeId id, size_t from, Facts *out) {
	size_t n = flow_operands(p->g, id);
	set_rank(out, 0);
	for (size_t i = from; i < n; i++) {
		NodeId arg = flow_arg(p->g, id, i);
		const Facts *x = arg ? facts_of(p, arg) : NULL;
		if (!x || x->domain == DOMAIN_HOST_SCALAR) continue;
		if (x->domain != DOMAIN_DEVICE) {
			set_rank(out, -1);
			return;
		}
		broadcast_two(out, x);
	}
}

/* ---- shapes as arguments ---- */

static FlowSize size_of_value(const FactsPass *p, NodeId id) {
	int64_t value;
	if (facts_integer(p, id, &value)) return value >= 0 ? literal_size(value) : (FlowSize) { 0 };
	const FlowNode *node = facts_node(p, id);
	bool named = (node->kind == NODE_FIELD || node->kind == NODE_PARAM || node->kind == NODE_GLOBAL) && node->name.len;
	return named ? (FlowSize) { .kind = SIZE_NAMED, .name = node->name } : (FlowSize) { 0 };
}

static bool is_shape_argument(const FlowNode *node, size_t i, Str label) {
	if (str_is(label, "shape")) return true;
	return !label.len && ((i == 0 && str_is(node->name, "full")) || (i == 1 && str_is(node->name, "new_full")));
}

void facts_shape_argument(const FactsPass *p, NodeId id, Facts *out) {
	const FlowNode *node = facts_node(p, id);
	int rank = 0;
	forget_sizes(out);
	out->rank = -1;
	FlowSize size[FLOW_MAX_RANK] = { { 0 } };
	for (size_t i = 0; i < node->n_args; i++) {
		const FlowArg *arg = &p->g->args[node->args + i];
		if (!is_shape_argument(node, i, arg->label)) continue;
		if (arg->spread || !arg->node) return;
		const FlowNode *value = facts_node(p, arg->node);
		bool tuple = value->kind == NODE_TUPLE && !str_is(value->name, "dict_literal");
		if (!tuple && value->facts.domain != DOMAIN_HOST_SCALAR && value->kind != NODE_CONST) return;
		for (size_t k = 0; k < (tuple ? value->n_args : 1); k++) {
			if (rank == FLOW_MAX_RANK || (tuple && p->g->args[value->args + k].spread)) return;
			size[rank++] = size_of_value(p, tuple ? flow_arg(p->g, arg->node, k) : arg->node);
		}
	}
	if (!rank) return;
	out->rank = (int8_t)rank;
	memcpy(out->size, size, sizeof size);
}

/* ---- views ---- */

static void permute(const FactsPass *p, NodeId id, const Facts *x, Facts *out) {
	int64_t axes[FLOW_MAX_RANK];
	int n = labelled_integers(p, id, "axes", axes, FLOW_MAX_RANK);
	facts_like(x, false, out);
	if (x->rank < 0 || (n != 0 && n != x->rank)) return;
	for (int i = 0; i < x->rank; i++) {
		int from = n ? axis_of(axes[i], x->rank) : x->rank - 1 - i;
		if (from >= 0) out->size[i] = x->size[from];
	}
}

static void swap(const FactsPass *p, NodeId id, const Facts *x, Facts *out) {
	int64_t a, b;
	facts_like(x, false, out);
	NodeId first = flow_labelled(p->g, id, "axis1"), second = flow_labelled(p->g, id, "axis2");
	if (x->rank < 0 || !facts_integer(p, first, &a) || !facts_integer(p, second, &b)) return;
	int i = axis_of(a, x->rank), k = axis_of(b, x->rank);
	if (i < 0 || k < 0) return;
	memcpy(out->size, x->size, sizeof out->size);
	out->size[i] = x->size[k];
	out->size[k] = x->size[i];
}

static void expand(const FactsPass *p, NodeId id, const Facts *x, Facts *out) {
	int64_t axes[FLOW_MAX_RANK];
	int n = labelled_integers(p, id, "axis", axes, FLOW_MAX_RANK);
	out->rank = -1;
	if (x->rank < 0 || n < 1 || x->rank + n > FLOW_MAX_RANK) return;
	out->rank = (int8_t)(x->rank + n);
	bool fresh[FLOW_MAX_RANK] = { false };
	for (int i = 0; i < n; i++) {
		int at = axis_of(axes[i], out->rank);
		if (at < 0 || fresh[at]) {
			set_rank(out, -1);
			return;
		}
		fresh[at] = true;
	}
	for (int i = 0, from = 0; i < out->rank; i++) out->size[i] = fresh[i] ? literal_size(1) : x->size[from++];
}

/* Takes axes away; keeps them with size 1 when kept. */
static void remove_axes(const Facts *x, const int64_t *axes, int n, bool kept, Facts *out) {
	bool gone[FLOW_MAX_RANK] = { false };
	set_rank(out, -1);
	for (int i = 0; i < n; i++) {
		int at = axis_of(axes[i], x->rank);
		if (at < 0 || gone[at]) return;
		gone[at] = true;
	}
	int rank = 0;
	for (int i = 0; i < x->rank; i++) {
		if (gone[i] && !kept) continue;
		out->size[rank++] = gone[i] ? literal_size(1) : x->size[i];
	}
	out->rank = (int8_t)rank;
}

static void squeeze(const FactsPass *p, NodeId id, const Facts *x, Facts *out) {
	int64_t axes[FLOW_MAX_RANK];
	int n = labelled_integers(p, id, "axis", axes, FLOW_MAX_RANK);
	set_rank(out, -1);
	/* PyTorch leaves an axis alone that isn't of size 1. */
	if (x->rank < 0 || n < 1 || p->g->dialect == DIALECT_TORCH) return;
	remove_axes(x, axes, n, false, out);
}

static void flatten(const FactsPass *p, NodeId id, const Facts *x, Facts *out) {
	int64_t start = 0, end = -1;
	NodeId from = flow_labelled(p->g, id, "start"), to = flow_labelled(p->g, id, "end");
	set_rank(out, -1);
	if (x->rank < 1 || (from && !facts_integer(p, from, &start)) || (to && !facts_integer(p, to, &end))) return;
	int a = axis_of(start, x->rank), b = axis_of(end, x->rank);
	if (a < 0 || b < a) return;
	set_rank(out, x->rank - (b - a));
	for (int i = 0; i < out->rank; i++) {
		if (i != a) out->size[i] = x->size[i < a ? i : i + (b - a)];
	}
	if (a == b) out->size[a] = x->size[a];
}

/* einops: as many axes as groups behind the arrow. */
static void rearrange(const FactsPass *p, NodeId id, Facts *out) {
	NodeId pattern = flow_arg(p->g, id, 1);
	set_rank(out, -1);
	if (!pattern || !facts_node(p, pattern)->is_string) return;
	Str text = facts_node(p, pattern)->text;
	size_t arrow = str_find(text, "->", 0);
	if (arrow == SIZE_MAX || str_find(text, "...", arrow) != SIZE_MAX) return;
	int depth = 0, rank = 0;
	bool in_word = false;
	for (size_t i = arrow + 2; i < text.len; i++) {
		char c = text.ptr[i];
		bool letter = c != ' ' && c != '(' && c != ')';
		if ((c == '(' && depth == 0) || (letter && !in_word && depth == 0)) rank++;
		depth += (c == '(') - (c == ')');
		in_word = letter;
	}
	set_rank(out, rank);
}

static void select_one(const Facts *x, Facts *out) { set_rank(out, x->rank > 0 ? x->rank - 1 : -1); }

void facts_view(const FactsPass *p, NodeId id, const Facts *x, Facts *out) {
	Str name = facts_node(p, id)->name;
	forget_sizes(out);
	if (str_is(name, "reshape") || str_is(name, "broadcast_to") || str_is(name, "as_strided"))
		facts_shape_argument(p, id, out);
	else if (str_is(name, "transpose"))
		permute(p, id, x, out);
	else if (str_is(name, "swapaxes"))
		swap(p, id, x, out);
	else if (str_is(name, "expand_dims"))
		expand(p, id, x, out);
	else if (str_is(name, "squeeze"))
		squeeze(p, id, x, out);
	else if (str_is(name, "flatten"))
		flatten(p, id, x, out);
	else if (str_is(name, "rearrange"))
		rearrange(p, id, out);
	else if (str_is(name, "select"))
		select_one(x, out);
	else if (str_is(name, "unfold_windows"))
		set_rank(out, x->rank < 0 ? -1 : x->rank + 1);
	else if (str_is(name, "moveaxis") || str_is(name, "narrow") || str_is(name, "view_dtype"))
		facts_like(x, false, out);
	else
		set_rank(out, -1);
}

/* ---- reductions, products, joins ---- */

void facts_reduce(const FactsPass *p, NodeId id, const Facts *x, Facts *out) {
	int64_t axes[FLOW_MAX_RANK];
	int n = labelled_integers(p, id, "axis", axes, FLOW_MAX_RANK);
	NodeId keep = flow_labelled(p->g, id, "keepdims");
	const FlowNode *kept = keep ? facts_node(p, keep) : NULL;
	set_rank(out, -1);
	if (n < 0 || (kept && !kept->is_bool)) return;
	bool keeps = kept && kept->number != 0;
	if (n == 0) { /* over all of it, unless an axis was given as none */
		bool none = !flow_labelled(p->g, id, "axis");
		if (none && !keeps) set_rank(out, 0);
		if (none && keeps) facts_like(x, false, out);
		return;
	}
	if (x->rank >= 0) remove_axes(x, axes, n, keeps, out);
}

void facts_matmul(const Facts *a, const Facts *b, Facts *out) {
	set_rank(out, -1);
	if (a->domain != DOMAIN_DEVICE || b->domain != DOMAIN_DEVICE || a->rank < 1 || b->rank < 1) return;
	if (a->rank == 1 || b->rank == 1) {
		set_rank(out, a->rank + b->rank - 2);
		if (a->rank == 1 && b->rank == 1) return;
		if (b->rank == 1) memcpy(out->size, a->size, (size_t)out->rank * sizeof *out->size);
		return;
	}
	int rank = a->rank > b->rank ? a->rank : b->rank;
	set_rank(out, rank);
	for (int i = 0; i < rank - 2; i++) {
		int from_a = i - (rank - a->rank), from_b = i - (rank - b->rank);
		out->size[i] = from_a < 0   ? b->size[from_b]
		               : from_b < 0 ? a->size[from_a]
		                            : broadcast_size(a->size[from_a], b->size[from_b]);
	}
	out->size[rank - 2] = a->size[a->rank - 2];
	out->size[rank - 1] = b->size[b->rank - 1];
}

void facts_joined(const FactsPass *p, NodeId id, bool stacked, Facts *out) {
	NodeId list = flow_arg(p->g, id, 0);
	set_rank(out, -1);
	if (!list || facts_node(p, list)->kind != NODE_TUPLE) return;
	int rank = -1;
	for (size_t i = 0; i < facts_node(p, list)->n_args; i++) {
		const Facts *x = facts_of(p, flow_arg(p->g, list, i));
		/* All have one rank, so one that is known is enough. */
		if (x->domain == DOMAIN_DEVICE && x->rank >= 0 && !p->g->args[facts_node(p, list)->args + i].spread)
			rank = x->rank;
	}
	if (rank >= 0) set_rank(out, stacked ? rank + 1 : rank);
}

/* ---- indexing ---- */

typedef struct Indexing {
	Facts out;
	int axis;   /* of the base, next */
	int arrays; /* index arrays so far */
	bool lost;
} Indexing;

static void keep_axis(Indexing *at, FlowSize size) {
	if (at->out.rank == FLOW_MAX_RANK) at->lost = true;
	if (!at->lost) at->out.size[at->out.rank++] = size;
}

static FlowSize range_size(const FactsPass *p, NodeId range, FlowSize whole) {
	if (facts_node(p, range)->n_args == 0) return whole;
	int64_t from = 0, to = 0;
	NodeId first = flow_arg(p->g, range, 0), last = flow_arg(p->g, range, 1);
	bool from_start = !last && facts_node(p, range)->n_args == 1 && facts_integer(p, first, &from) && from == 0;
	if (from_start) return whole;
	bool literal = facts_node(p, range)->n_args == 2 && last && facts_integer(p, last, &to) && to > 0 &&
	               (!first || (facts_integer(p, first, &from) && from >= 0 && from < to));
	bool fits = whole.kind == SIZE_LITERAL && whole.value >= to;
	return literal && fits ? literal_size(to - from) : (FlowSize) { 0 };
}

static void index_by(const FactsPass *p, const Facts *base, NodeId index, size_t n_behind, Indexing *at) {
	const FlowNode *node = facts_node(p, index);
	if (facts_op_is(p, index, "newaxis")) {
		keep_axis(at, literal_size(1));
		return;
	}
	if (facts_op_is(p, index, "ellipsis")) {
		int last = base->rank - (int)n_behind;
		while (at->axis < last) keep_axis(at, base->size[at->axis++]);
		return;
	}
	if (at->axis >= base->rank) {
		at->lost = true;
	} else if (facts_op_is(p, index, "range")) {
		keep_axis(at, range_size(p, index, base->size[at->axis++]));
	} else if (node->facts.domain == DOMAIN_HOST_SCALAR && node->facts.dtype == DTYPE_INTEGER) {
		at->axis++;
	} else if (node->facts.domain == DOMAIN_DEVICE && node->facts.rank >= 0 && node->facts.dtype == DTYPE_INTEGER &&
	           at->arrays++ == 0) {
		for (int i = 0; i < node->facts.rank; i++) keep_axis(at, node->facts.size[i]);
		at->axis++;
	} else {
		at->lost = true;
	}
}

static Facts device_load(const FactsPass *p, NodeId id, const Facts *base) {
	Indexing at = { .out = { .domain = DOMAIN_DEVICE, .dtype = base->dtype } };
	const FlowNode *node = facts_node(p, id);
	Facts unknown = { .domain = DOMAIN_DEVICE, .dtype = base->dtype, .rank = -1 };
	if (base->rank < 0) return unknown;
	for (size_t i = 1; i < node->n_args; i++) {
		NodeId index = flow_arg(p->g, id, i);
		if (!index || p->g->args[node->args + i].spread) return unknown;
		size_t behind = 0; /* axes that the later indices take */
		for (size_t k = i + 1; k < node->n_args; k++) behind += !facts_op_is(p, flow_arg(p->g, id, k), "newaxis");
		index_by(p, base, index, behind, &at);
		if (at.lost) return unknown;
	}
	while (at.axis < base->rank) keep_axis(&at, base->size[at.axis++]);
	return at.lost ? unknown : at.out;
}

/* weights["encoder.weight"] of a parameter [String: MLXArray]. */
static bool from_table_of_arrays(const FactsPass *p, NodeId base) {
	const FlowNode *node = facts_node(p, base);
	if (!p->is_swift || node->kind != NODE_PARAM || node->region != 0 || p->g->component == COMPONENT_NONE)
		return false;
	const Component *c = &p->outline->components[p->g->component];
	for (size_t i = 0; i < c->n_params; i++) {
		if (!str_eq(c->params[i].name, node->name)) continue;
		Str type = c->params[i].type;
		return str_starts(type, "[String") && str_ends(type, "MLXArray]") && str_find(type, "->", 0) == SIZE_MAX &&
		       str_find(type, "[", 1) == SIZE_MAX;
	}
	return false;
}

Facts facts_of_load(const FactsPass *p, NodeId id) {
	if (flow_arg(p->g, id, 0) && from_table_of_arrays(p, flow_arg(p->g, id, 0)))
		return (Facts) { .domain = DOMAIN_DEVICE, .rank = -1 };
	NodeId base = flow_arg(p->g, id, 0), index = flow_arg(p->g, id, 1);
	if (!base || !index) return FACTS_NONE;
	Facts x = *facts_of(p, base);
	bool sliced = facts_op_is(p, index, "range");
	if (x.domain == DOMAIN_DEVICE) return device_load(p, id, &x);
	if (facts_node(p, id)->n_args != 2) return FACTS_NONE;
	if (sliced && x.domain == DOMAIN_HOST_ARRAY) {
		forget_sizes(&x);
		return x;
	}
	bool by_integer = facts_of(p, index)->domain == DOMAIN_HOST_SCALAR && facts_of(p, index)->dtype == DTYPE_INTEGER;
	int64_t at;
	const FlowNode *tuple = facts_node(p, base);
	if (tuple->kind == NODE_TUPLE && facts_integer(p, index, &at) && at >= 0 && at < tuple->n_args) {
		const FlowArg *item = &p->g->args[tuple->args + at];
		return item->spread || !item->node ? FACTS_NONE : *facts_of(p, item->node);
	}
	return by_integer && !sliced ? facts_element(p, base) : FACTS_NONE;
}
