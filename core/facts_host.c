/* What operations give on the host: values taken from the device, counts and shapes, scalars, lists. */
#include "core/posix.h"

#include "core/facts_rules.h"

#include <string.h>

bool facts_one_of(Str name, const char *const *names, size_t n) {
	for (size_t i = 0; i < n; i++)
		if (str_is(name, names[i])) return true;
	return false;
}

Facts facts_of_sync(const FactsPass *p, NodeId id) {
	const FlowNode *node = facts_node(p, id);
	NodeId x = flow_arg(p->g, id, 0), type = flow_labelled(p->g, id, "type");
	DtypeClass of_x = x ? (DtypeClass)facts_of(p, x)->dtype : DTYPE_UNKNOWN;
	DtypeClass dtype = type ? facts_dtype_argument(p, type) : of_x == DTYPE_HALF ? DTYPE_FLOAT : of_x;
	if (str_is(node->name, "item")) return facts_scalar(dtype);
	if (ONE_OF(node->name, "equal_host", "allclose_host")) return facts_scalar(DTYPE_BOOL);
	if (!str_is(node->name, "as_array")) return FACTS_NONE;
	return (Facts) { .domain = DOMAIN_HOST_ARRAY, .dtype = (uint8_t)dtype, .nesting = p->is_swift, .rank = -1 };
}

Facts facts_of_shape_op(Str name) {
	if (str_is(name, "shape"))
		return (Facts) { .domain = DOMAIN_HOST_ARRAY, .dtype = DTYPE_INTEGER, .nesting = 1, .rank = -1 };
	if (ONE_OF(name, "dim", "ndim", "size", "nbytes", "item_size", "count")) return facts_scalar(DTYPE_INTEGER);
	if (ONE_OF(name, "is_empty", "is_floating_point")) return facts_scalar(DTYPE_BOOL);
	return ONE_OF(name, "dtype_of", "device_of") ? (Facts) { .domain = DOMAIN_OTHER, .rank = -1 } : FACTS_NONE;
}

/* A range that is run over or collected. */
static Facts of_range(const FactsPass *p, NodeId id) {
	Facts out = { .domain = DOMAIN_HOST_ARRAY, .nesting = 1, .dtype = DTYPE_INTEGER, .rank = -1 };
	const FlowNode *node = facts_node(p, id);
	bool integer = !p->is_swift;
	for (size_t i = 0; i < node->n_args; i++) {
		NodeId arg = flow_arg(p->g, id, i);
		if (!arg) continue;
		integer |= facts_of(p, arg)->dtype == DTYPE_INTEGER && facts_node(p, arg)->kind != NODE_CONST;
		if (facts_of(p, arg)->dtype == DTYPE_FLOAT || facts_of(p, arg)->dtype == DTYPE_HALF) return FACTS_NONE;
	}
	/* In Swift only stride counts in anything but whole numbers. */
	return integer || !flow_labelled(p->g, id, "by") ? out : FACTS_NONE;
}

/* map: what a turn of its loop gives, one deeper. */
static Facts of_map(const FactsPass *p, NodeId id) {
	const FlowNode *node = facts_node(p, id);
	Facts out = { .domain = DOMAIN_HOST_ARRAY, .rank = -1 };
	if (!node->body || node->body >= p->g->n_regions || p->g->regions[node->body].n_collects != 1) return out;
	const Facts *item = facts_of(p, p->g->regions[node->body].collects[0]);
	if (item->domain == DOMAIN_HOST_SCALAR || item->domain == DOMAIN_DEVICE) out.nesting = 1;
	if (item->domain == DOMAIN_HOST_ARRAY && item->nesting) out.nesting = (uint8_t)(item->nesting + 1);
	if (item->domain != DOMAIN_DEVICE && out.nesting) out.dtype = item->dtype;
	out.is_double = item->is_double && out.dtype == DTYPE_FLOAT;
	return out;
}

/* reduce(0, +): one of the list's elements in kind. */
static Facts of_reduce(const FactsPass *p, NodeId id) {
	NodeId list = flow_arg(p->g, id, 0), f = flow_arg(p->g, id, 2);
	bool arithmetic = f && facts_node(p, f)->kind == NODE_GLOBAL && facts_node(p, f)->name.len == 1 &&
	                  strchr("+-*/", facts_node(p, f)->name.ptr[0]);
	Facts item = arithmetic ? facts_element(p, list) : FACTS_NONE;
	return item.domain == DOMAIN_HOST_SCALAR ? item : FACTS_NONE;
}

static Facts of_append(const FactsPass *p, NodeId id, bool many) {
	NodeId base = flow_arg(p->g, id, 0), value = flow_arg(p->g, id, 1);
	if (!base || !value || facts_of(p, base)->domain != DOMAIN_HOST_ARRAY) return FACTS_NONE;
	Facts out = *facts_of(p, base), v = *facts_of(p, value);
	memset(out.size, 0, sizeof out.size);
	bool empty = facts_node(p, base)->kind == NODE_TUPLE && facts_node(p, base)->n_args == 0;
	if (out.nesting || !empty) return out;
	if (!many && v.domain == DOMAIN_HOST_ARRAY && v.nesting) out.nesting = (uint8_t)(v.nesting + 1);
	if (!many && (v.domain == DOMAIN_HOST_SCALAR || v.domain == DOMAIN_DEVICE)) out.nesting = 1;
	if (many && v.domain == DOMAIN_HOST_ARRAY) out.nesting = v.nesting;
	if (out.nesting && v.domain != DOMAIN_DEVICE) out.dtype = v.dtype;
	return out;
}

static Facts of_repeating(const FactsPass *p, NodeId id) {
	NodeId value = flow_arg(p->g, id, 0), count = flow_arg(p->g, id, 1);
	Facts v = value ? *facts_of(p, value) : FACTS_NONE, out = { .domain = DOMAIN_HOST_ARRAY, .rank = -1 };
	if (v.domain == DOMAIN_HOST_SCALAR || v.domain == DOMAIN_DEVICE) out.nesting = 1;
	if (v.domain == DOMAIN_HOST_ARRAY && v.nesting) out.nesting = (uint8_t)(v.nesting + 1);
	/* A literal takes its type from where it goes. */
	if (v.domain != DOMAIN_DEVICE && out.nesting && facts_node(p, value)->kind != NODE_CONST) out.dtype = v.dtype;
	int64_t n;
	if (facts_integer(p, count, &n) && n >= 0) out.size[0] = (FlowSize) { .kind = SIZE_LITERAL, .value = n };
	return out;
}

Facts facts_of_host(const FactsPass *p, NodeId id) {
	Str name = facts_node(p, id)->name;
	NodeId first = flow_arg(p->g, id, 0);
	Facts x = first ? *facts_of(p, first) : FACTS_NONE, out;
	if (ONE_OF(name, "host_float", "pi", "infinity", "nan_value", "e_value")) return facts_scalar(DTYPE_FLOAT);
	if (str_is(name, "host_double")) {
		out = facts_scalar(DTYPE_FLOAT);
		out.is_double = true;
		return out;
	}
	if (str_is(name, "host_float16")) return facts_scalar(DTYPE_HALF);
	if (ONE_OF(name, "host_int", "ord")) return facts_scalar(DTYPE_INTEGER);
	if (ONE_OF(name, "host_bool", "bool_not", "contains", "isinstance", "hasattr", "callable", "host_all", "host_any",
	        "is_multiple", "string_starts", "string_ends", "is_same", "is_not_same", "is_tensor"))
		return facts_scalar(DTYPE_BOOL);
	if (p->is_swift && ONE_OF(name, "bool_and", "bool_or")) return facts_scalar(DTYPE_BOOL);
	if (ONE_OF(name, "string", "host_string", "string_lower", "string_upper", "joined"))
		return facts_scalar(DTYPE_STRING);
	if (str_is(name, "range")) return of_range(p, id);
	if (str_is(name, "map")) return of_map(p, id);
	if (str_is(name, "reduce")) return of_reduce(p, id);
	if (ONE_OF(name, "first", "last")) return first ? facts_element(p, first) : FACTS_NONE;
	if (str_is(name, "indices"))
		return (Facts) { .domain = DOMAIN_HOST_ARRAY, .dtype = DTYPE_INTEGER, .nesting = 1, .rank = -1 };
	if (str_is(name, "array_append")) return of_append(p, id, false);
	if (str_is(name, "array_extend")) return of_append(p, id, true);
	if (str_is(name, "array_repeating")) return of_repeating(p, id);
	if (ONE_OF(name, "np_array", "np_zeros", "np_ones", "np_arange", "np_linspace"))
		return (Facts) { .domain = DOMAIN_HOST_ARRAY, .rank = -1 };
	memset(x.size, 0, sizeof x.size);
	bool list = x.domain == DOMAIN_HOST_ARRAY && first;
	if (list && ONE_OF(name, "reversed", "host_sorted", "prefix", "suffix", "drop_first", "drop_last", "filter",
	                "array_new", "array_insert", "array_remove"))
		return x;
	if (ONE_OF(name, "host_max", "host_min") && flow_operands(p->g, id) == 2) {
		NodeId second = flow_arg(p->g, id, 1);
		bool scalars = second && x.domain == DOMAIN_HOST_SCALAR && facts_of(p, second)->domain == DOMAIN_HOST_SCALAR;
		return scalars ? facts_meet(x, *facts_of(p, second)) : FACTS_NONE;
	}
	if (str_is(name, "coalesce")) {
		NodeId second = flow_arg(p->g, id, 1);
		return second ? facts_meet(x, *facts_of(p, second)) : FACTS_NONE;
	}
	return FACTS_NONE;
}
