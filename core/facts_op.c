/* Domains and element types of operations; ranks by facts_shape.c. */
#include "core/posix.h"

#include "core/facts_rules.h"

#include <string.h>

/* ---- element types ---- */

DtypeClass facts_dtype_named(Str name) {
	static const struct {
		const char *name;
		DtypeClass dtype;
	} names[] = { { "float32", DTYPE_FLOAT }, { "float16", DTYPE_HALF }, { "bfloat16", DTYPE_HALF },
		{ "float64", DTYPE_FLOAT }, { "float", DTYPE_FLOAT }, { "double", DTYPE_FLOAT }, { "half", DTYPE_HALF },
		{ "int8", DTYPE_INTEGER }, { "int16", DTYPE_INTEGER }, { "int32", DTYPE_INTEGER }, { "int64", DTYPE_INTEGER },
		{ "uint8", DTYPE_INTEGER }, { "uint16", DTYPE_INTEGER }, { "uint32", DTYPE_INTEGER },
		{ "uint64", DTYPE_INTEGER }, { "int", DTYPE_INTEGER }, { "long", DTYPE_INTEGER }, { "bool", DTYPE_BOOL },
		{ "bool_", DTYPE_BOOL }, { "complex64", DTYPE_COMPLEX }, { "complex128", DTYPE_COMPLEX },
		{ "Float", DTYPE_FLOAT }, { "Float32", DTYPE_FLOAT }, { "Double", DTYPE_FLOAT }, { "Float16", DTYPE_HALF },
		{ "Int", DTYPE_INTEGER }, { "Int8", DTYPE_INTEGER }, { "Int16", DTYPE_INTEGER }, { "Int32", DTYPE_INTEGER },
		{ "Int64", DTYPE_INTEGER }, { "UInt8", DTYPE_INTEGER }, { "UInt16", DTYPE_INTEGER },
		{ "UInt32", DTYPE_INTEGER }, { "UInt64", DTYPE_INTEGER }, { "Bool", DTYPE_BOOL } };
	if (name.len && name.ptr[0] == '.') name = str_sub(name, 1, name.len);
	if (str_starts(name, "DType.")) name = str_sub(name, strlen("DType."), name.len);
	if (str_ends(name, ".self")) name.len -= strlen(".self");
	for (size_t i = 0; i < BASE_COUNT(names); i++)
		if (str_is(name, names[i].name)) return names[i].dtype;
	return DTYPE_UNKNOWN;
}

DtypeClass facts_promote(DtypeClass a, DtypeClass b) {
	if (a == b) return a;
	/* Whatever it meets, complex stays complex. */
	if ((a == DTYPE_COMPLEX && b != DTYPE_STRING) || (b == DTYPE_COMPLEX && a != DTYPE_STRING)) return DTYPE_COMPLEX;
	if (a == DTYPE_UNKNOWN || b == DTYPE_UNKNOWN || a == DTYPE_STRING || b == DTYPE_STRING) return DTYPE_UNKNOWN;
	return a > b ? a : b; /* the enum stands in order: bool, integer, half, float, complex */
}

/* The type that a `dtype` argument names, or that of the array whose dtype it is. */
DtypeClass facts_dtype_argument(const FactsPass *p, NodeId arg) {
	if (!arg) return DTYPE_UNKNOWN;
	const FlowNode *node = facts_node(p, arg);
	if (node->kind == NODE_GLOBAL || node->kind == NODE_FIELD) return facts_dtype_named(node->name);
	if (facts_op_is(p, arg, "dtype_of")) return (DtypeClass)facts_of(p, flow_arg(p->g, arg, 0))->dtype;
	return DTYPE_UNKNOWN;
}

static DtypeClass floating(DtypeClass dtype) {
	return dtype == DTYPE_BOOL || dtype == DTYPE_INTEGER ? DTYPE_FLOAT : dtype;
}

/* A scalar doesn't widen an array's type within its kind. */
static DtypeClass with_scalar(DtypeClass array, DtypeClass scalar) {
	if (array == DTYPE_UNKNOWN || scalar == DTYPE_UNKNOWN || scalar == DTYPE_STRING) return DTYPE_UNKNOWN;
	if (scalar == DTYPE_FLOAT || scalar == DTYPE_HALF) return floating(array);
	return array == DTYPE_BOOL && scalar == DTYPE_INTEGER ? DTYPE_INTEGER : array;
}

/* ---- elementwise ---- */

/* Keeps integers integers; every other function of one operand makes them float. */
static bool keeps_type(Str name) {
	return ONE_OF(name, "abs", "negative", "square", "sign", "floor", "ceil", "trunc", "round", "clip", "add",
	    "subtract", "reverse_subtract", "multiply", "floor_divide", "remainder", "fmod", "maximum", "minimum",
	    "bitwise_and", "bitwise_or", "bitwise_xor", "bitwise_invert", "left_shift", "right_shift", "where", "relu",
	    "relu6", "nan_to_num", "addcmul", "conjugate");
}

static DtypeClass adjusted(Str name, DtypeClass dtype) {
	if (ONE_OF(name, "real", "imag", "angle") || (str_is(name, "abs") && dtype == DTYPE_COMPLEX))
		return dtype == DTYPE_COMPLEX ? DTYPE_FLOAT : DTYPE_UNKNOWN;
	if (str_is(name, "pow")) return dtype == DTYPE_INTEGER ? DTYPE_UNKNOWN : dtype;
	return keeps_type(name) ? dtype : floating(dtype);
}

typedef struct Operands {
	size_t n, n_device, n_scalar, n_host;
	DtypeClass arrays, scalars; /* promoted; of none: bool */
	bool has_double, all_literal;
	DtypeClass typed; /* of the scalars that are no literals */
	size_t n_typed;
} Operands;

static void add_operand(const FactsPass *p, NodeId arg, Operands *o) {
	const Facts *f = facts_of(p, arg);
	o->n++;
	if (f->domain == DOMAIN_DEVICE) {
		o->arrays = o->n_device++ ? facts_promote(o->arrays, (DtypeClass)f->dtype) : (DtypeClass)f->dtype;
	} else if (f->domain == DOMAIN_HOST_SCALAR) {
		o->scalars = o->n_scalar++ ? facts_promote(o->scalars, (DtypeClass)f->dtype) : (DtypeClass)f->dtype;
		o->has_double |= f->is_double;
		if (facts_node(p, arg)->kind != NODE_CONST) {
			o->typed = o->n_typed++ ? facts_promote(o->typed, (DtypeClass)f->dtype) : (DtypeClass)f->dtype;
		}
	} else if (f->domain == DOMAIN_HOST_ARRAY) {
		o->n_host++;
	}
}

static Operands operands_of(const FactsPass *p, NodeId id, size_t from) {
	Operands o = { 0 };
	size_t n = flow_operands(p->g, id);
	for (size_t i = from; i < n; i++) {
		NodeId arg = flow_arg(p->g, id, i);
		if (arg) add_operand(p, arg, &o);
	}
	return o;
}

/* Compared with nil, a string or a truth value: no array is meant. */
static bool compares_host(const FactsPass *p, NodeId id) {
	for (size_t i = 0; i < 2; i++) {
		NodeId arg = flow_arg(p->g, id, i);
		if (!arg) continue;
		const FlowNode *node = facts_node(p, arg);
		if (node->kind == NODE_CONST && (node->is_nil || node->is_string)) return true;
		if (p->is_swift && node->facts.domain == DOMAIN_HOST_SCALAR && node->facts.dtype == DTYPE_STRING) return true;
	}
	return false;
}

static Str head_text(const FactsPass *p, const FlowNode *node) {
	return source_text(&p->outline->source->files[p->g->file], node->head);
}

/* Swift's `==` and `<` of arrays differ between versions in whether they compare elements. */
static bool is_plain_comparison(const FactsPass *p, const FlowNode *node) {
	Str head = head_text(p, node);
	return p->is_swift && head.len && strchr("=!<>", head.ptr[0]);
}

static bool is_array_function(const FactsPass *p, const FlowNode *node) {
	Str head = head_text(p, node);
	return !p->is_swift && (str_starts(head, "mx.") || str_starts(head, "torch.") || str_starts(head, "F."));
}

static Facts scalar_arithmetic(const FactsPass *p, const FlowNode *node, const Operands *o) {
	bool compares = op_info(node->op)->traits & OP_COMPARISON;
	if (compares) return facts_scalar(DTYPE_BOOL);
	/* A literal takes the type of what it stands with. */
	DtypeClass dtype = p->is_swift && o->n_typed ? o->typed : o->scalars;
	if (dtype == DTYPE_STRING) return str_is(node->name, "add") ? facts_scalar(DTYPE_STRING) : FACTS_NONE;
	if (str_is(node->name, "divide") && !p->is_swift)
		dtype = floating(dtype);
	else if (str_is(node->name, "divide"))
		dtype = o->n_typed ? dtype : DTYPE_UNKNOWN;
	else if (!p->is_swift && ONE_OF(node->name, "floor", "ceil", "round", "trunc"))
		dtype = DTYPE_UNKNOWN;
	else
		dtype = adjusted(node->name, dtype);
	Facts out = facts_scalar(dtype);
	out.is_double = dtype == DTYPE_FLOAT && o->has_double;
	return out;
}

/* Lists added or repeated; arrays of numpy. */
static Facts host_arithmetic(const FactsPass *p, NodeId id, const Operands *o) {
	const FlowNode *node = facts_node(p, id);
	Facts a = *facts_of(p, flow_arg(p->g, id, 0));
	memset(a.size, 0, sizeof a.size);
	if (str_is(node->name, "add") && o->n_host == 2) {
		Facts b = *facts_of(p, flow_arg(p->g, id, 1));
		memset(b.size, 0, sizeof b.size);
		return facts_meet(a, b);
	}
	bool repeats = !p->is_swift && str_is(node->name, "multiply") && a.nesting > 0 && o->n_host == 1;
	if (repeats) return o->n_scalar == 1 && o->scalars == DTYPE_INTEGER ? a : FACTS_NONE;
	bool numpy = !p->is_swift && a.domain == DOMAIN_HOST_ARRAY && a.nesting == 0 && o->n_host + o->n_scalar == o->n;
	return numpy ? (Facts) { .domain = DOMAIN_HOST_ARRAY, .rank = -1 } : FACTS_NONE;
}

/* Labelled arguments that may be arrays (clip's bounds) make the result's shape unknown. */
static bool has_labelled_array(const FactsPass *p, NodeId id) {
	const FlowNode *node = facts_node(p, id);
	for (size_t i = flow_operands(p->g, id); i < node->n_args; i++) {
		NodeId arg = p->g->args[node->args + i].node;
		if (arg && facts_of(p, arg)->domain != DOMAIN_HOST_SCALAR && facts_node(p, arg)->kind != NODE_CONST)
			return true;
	}
	return false;
}

static Facts of_elementwise(const FactsPass *p, NodeId id, size_t from) {
	const FlowNode *node = facts_node(p, id);
	bool compares = op_info(node->op)->traits & OP_COMPARISON, where = str_is(node->name, "where");
	if (compares && compares_host(p, id)) return facts_scalar(DTYPE_BOOL);
	Operands o = operands_of(p, id, where ? from + 1 : from);
	NodeId condition = where ? flow_arg(p->g, id, from) : 0;
	bool device =
	    o.n_device > 0 || (condition && facts_of(p, condition)->domain == DOMAIN_DEVICE) || is_array_function(p, node);
	if (!device && o.n && o.n_scalar == o.n) return scalar_arithmetic(p, node, &o);
	if (!device) return o.n_host && flow_arg(p->g, id, from) ? host_arithmetic(p, id, &o) : FACTS_NONE;
	if (compares && is_plain_comparison(p, node)) return FACTS_NONE;
	Facts out = { .domain = DOMAIN_DEVICE, .rank = -1 };
	facts_broadcast(p, id, from, &out);
	if (o.n == 0 || has_labelled_array(p, id)) out = (Facts) { .domain = DOMAIN_DEVICE, .rank = -1 };
	bool all_known = o.n_device + o.n_scalar == o.n;
	DtypeClass dtype = o.n_device ? o.arrays : DTYPE_UNKNOWN;
	if (o.n_device && o.n_scalar) dtype = with_scalar(dtype, o.scalars);
	if (!all_known) dtype = DTYPE_UNKNOWN;
	out.dtype = (uint8_t)(compares ? DTYPE_BOOL : adjusted(node->name, dtype));
	return out;
}

/* ---- the rest, by a table ---- */

typedef enum Shape { SHAPE_SAME, SHAPE_RANK, SHAPE_MORE, SHAPE_INDICES, SHAPE_UNKNOWN } Shape;
typedef enum Type { TYPE_SAME, TYPE_FLOATING, TYPE_INTEGER, TYPE_FLOAT, TYPE_COMPLEX, TYPE_UNKNOWN } Type;

typedef struct OpRule {
	const char *name;
	Shape shape;
	Type type;
} OpRule;

static const OpRule rules[] = {
	{ "softmax", SHAPE_SAME, TYPE_FLOATING },
	{ "log_softmax", SHAPE_SAME, TYPE_FLOATING },
	{ "softmin", SHAPE_SAME, TYPE_FLOATING },
	{ "glu", SHAPE_RANK, TYPE_SAME },
	{ "cumsum", SHAPE_SAME, TYPE_SAME },
	{ "cumprod", SHAPE_SAME, TYPE_SAME },
	{ "cummax", SHAPE_SAME, TYPE_SAME },
	{ "cummin", SHAPE_SAME, TYPE_SAME },
	{ "logcumsumexp", SHAPE_SAME, TYPE_FLOATING },
	{ "sort", SHAPE_SAME, TYPE_SAME },
	{ "argsort", SHAPE_SAME, TYPE_INTEGER },
	{ "partition", SHAPE_SAME, TYPE_SAME },
	{ "argpartition", SHAPE_SAME, TYPE_INTEGER },
	{ "topk", SHAPE_RANK, TYPE_SAME },
	{ "flip", SHAPE_SAME, TYPE_SAME },
	{ "roll", SHAPE_SAME, TYPE_SAME },
	{ "tril", SHAPE_SAME, TYPE_SAME },
	{ "triu", SHAPE_SAME, TYPE_SAME },
	{ "pad", SHAPE_RANK, TYPE_SAME },
	{ "take_along_axis", SHAPE_INDICES, TYPE_SAME },
	{ "normalize", SHAPE_SAME, TYPE_FLOATING },
	{ "l2_normalized", SHAPE_SAME, TYPE_FLOATING },
	{ "fft", SHAPE_RANK, TYPE_COMPLEX },
	{ "ifft", SHAPE_RANK, TYPE_COMPLEX },
	{ "rfft", SHAPE_RANK, TYPE_COMPLEX },
	{ "fft2", SHAPE_RANK, TYPE_COMPLEX },
	{ "ifft2", SHAPE_RANK, TYPE_COMPLEX },
	{ "rfft2", SHAPE_RANK, TYPE_COMPLEX },
	{ "fftn", SHAPE_RANK, TYPE_COMPLEX },
	{ "ifftn", SHAPE_RANK, TYPE_COMPLEX },
	{ "rfftn", SHAPE_RANK, TYPE_COMPLEX },
	{ "irfft", SHAPE_RANK, TYPE_FLOAT },
	{ "irfft2", SHAPE_RANK, TYPE_FLOAT },
	{ "irfftn", SHAPE_RANK, TYPE_FLOAT },
	{ "rope", SHAPE_SAME, TYPE_SAME },
	{ "sdpa", SHAPE_RANK, TYPE_UNKNOWN },
	{ "rms_norm", SHAPE_SAME, TYPE_UNKNOWN },
	{ "layer_norm", SHAPE_SAME, TYPE_UNKNOWN },
	{ "group_norm", SHAPE_SAME, TYPE_UNKNOWN },
	{ "instance_norm", SHAPE_SAME, TYPE_UNKNOWN },
	{ "batch_norm", SHAPE_SAME, TYPE_UNKNOWN },
	{ "linear", SHAPE_RANK, TYPE_UNKNOWN },
	{ "quantized_linear", SHAPE_RANK, TYPE_UNKNOWN },
	{ "conv1d", SHAPE_RANK, TYPE_UNKNOWN },
	{ "conv2d", SHAPE_RANK, TYPE_UNKNOWN },
	{ "conv3d", SHAPE_RANK, TYPE_UNKNOWN },
	{ "conv_transpose1d", SHAPE_RANK, TYPE_UNKNOWN },
	{ "conv_transpose2d", SHAPE_RANK, TYPE_UNKNOWN },
	{ "conv_transpose3d", SHAPE_RANK, TYPE_UNKNOWN },
	{ "conv_general", SHAPE_RANK, TYPE_UNKNOWN },
	{ "embedding", SHAPE_MORE, TYPE_UNKNOWN },
	{ "quantized_embedding", SHAPE_MORE, TYPE_UNKNOWN },
	{ "sdpa_with_cache", SHAPE_RANK, TYPE_UNKNOWN },
	{ "quantized_matmul", SHAPE_UNKNOWN, TYPE_UNKNOWN },
	{ "upsample", SHAPE_RANK, TYPE_SAME },
	{ "max_pool1d", SHAPE_RANK, TYPE_SAME },
	{ "max_pool2d", SHAPE_RANK, TYPE_SAME },
	{ "avg_pool1d", SHAPE_RANK, TYPE_SAME },
	{ "avg_pool2d", SHAPE_RANK, TYPE_SAME },
	{ "dropout", SHAPE_SAME, TYPE_SAME },
	{ "repeat", SHAPE_UNKNOWN, TYPE_SAME },
	{ "tile", SHAPE_UNKNOWN, TYPE_SAME },
	{ "outer", SHAPE_UNKNOWN, TYPE_UNKNOWN },
	{ "diag", SHAPE_UNKNOWN, TYPE_SAME },
};

static const OpRule *rule_of(Str name) {
	for (size_t i = 0; i < BASE_COUNT(rules); i++)
		if (str_is(name, rules[i].name)) return &rules[i];
	return NULL;
}

static Facts by_rule(const FactsPass *p, NodeId id, const OpRule *rule, size_t at) {
	NodeId first = flow_arg(p->g, id, at), second = flow_arg(p->g, id, at + 1);
	const Facts none = FACTS_NONE, *x = first ? facts_of(p, first) : &none;
	Facts out = { .domain = DOMAIN_DEVICE, .rank = -1 };
	bool array = x->domain == DOMAIN_DEVICE;
	if (array && rule->shape <= SHAPE_RANK) facts_like(x, rule->shape == SHAPE_SAME, &out);
	if (array && rule->shape == SHAPE_MORE && x->rank >= 0 && x->rank < FLOW_MAX_RANK) {
		facts_like(x, true, &out);
		out.rank++;
	}
	if (rule->shape == SHAPE_INDICES && second && facts_of(p, second)->domain == DOMAIN_DEVICE)
		facts_like(facts_of(p, second), true, &out);
	DtypeClass dtype = array ? (DtypeClass)x->dtype : DTYPE_UNKNOWN;
	switch (rule->type) {
	case TYPE_SAME: break;
	case TYPE_FLOATING: dtype = floating(dtype); break;
	case TYPE_INTEGER: dtype = DTYPE_INTEGER; break;
	case TYPE_FLOAT: dtype = DTYPE_FLOAT; break;
	case TYPE_COMPLEX: dtype = DTYPE_COMPLEX; break;
	case TYPE_UNKNOWN: dtype = DTYPE_UNKNOWN; break;
	}
	out.dtype = (uint8_t)dtype;
	return out;
}

/* `f(x)`, not `x.f()`: then the lexicon's word for it is enough, whatever x is. */
static bool is_function(const FlowNode *node) {
	return node->head.end > node->head.start && node->head.start == node->span.start;
}

/* ---- constructors ---- */

static DtypeClass made_dtype(const FactsPass *p, NodeId id) {
	NodeId given = flow_labelled(p->g, id, "dtype");
	Str name = facts_node(p, id)->name;
	if (given) return facts_dtype_argument(p, given);
	if (ONE_OF(name, "zeros", "ones", "linspace", "eye", "identity", "hann_window", "hamming_window", "blackman_window",
	        "fftfreq", "rfftfreq", "random_normal", "random_uniform", "random_gumbel", "random_laplace", "causal_mask"))
		return DTYPE_FLOAT;
	if (ONE_OF(name, "random_int", "random_categorical", "tril_indices", "triu_indices")) return DTYPE_INTEGER;
	return str_is(name, "random_bernoulli") ? DTYPE_BOOL : DTYPE_UNKNOWN;
}

static void array_of_value(const FactsPass *p, NodeId id, Facts *out) {
	NodeId value = flow_arg(p->g, id, 0);
	if (!value) return;
	const Facts *f = facts_of(p, value);
	if (!flow_labelled(p->g, id, "dtype")) out->dtype = f->dtype == DTYPE_STRING ? DTYPE_UNKNOWN : f->dtype;
	if (flow_labelled(p->g, id, "shape")) return;
	if (f->domain == DOMAIN_HOST_SCALAR) out->rank = 0;
	if (f->domain == DOMAIN_DEVICE) facts_like(f, true, out);
	if (f->domain == DOMAIN_HOST_ARRAY && f->nesting && f->nesting <= FLOW_MAX_RANK && f->dtype != DTYPE_UNKNOWN) {
		out->rank = (int8_t)f->nesting;
		out->size[0] = f->size[0];
	}
}

static Facts of_constructor(const FactsPass *p, NodeId id) {
	Str name = facts_node(p, id)->name;
	NodeId first = flow_arg(p->g, id, 0);
	Facts out = { .domain = DOMAIN_DEVICE, .dtype = (uint8_t)made_dtype(p, id), .rank = -1 };
	bool given = flow_labelled(p->g, id, "dtype") != 0;
	facts_shape_argument(p, id, &out);
	if (ONE_OF(name, "zeros_like", "ones_like", "full_like", "random_normal_like", "random_uniform_like") && first &&
	    facts_of(p, first)->domain == DOMAIN_DEVICE) {
		facts_like(facts_of(p, first), true, &out);
		if (!given) out.dtype = facts_of(p, first)->dtype;
	} else if (str_is(name, "array")) {
		array_of_value(p, id, &out);
		if (flow_labelled(p->g, id, "imaginary")) out.dtype = DTYPE_COMPLEX;
	} else if (ONE_OF(name, "arange", "linspace", "hann_window", "hamming_window", "blackman_window", "fftfreq",
	               "rfftfreq")) {
		out.rank = 1;
	} else if (ONE_OF(name, "eye", "identity", "tri", "causal_mask")) {
		out.rank = 2;
	}
	return out;
}

/* ---- all of them ---- */

static Facts of_cast(const FactsPass *p, NodeId id, const Facts *x) {
	Facts out = *x;
	NodeId given = flow_labelled(p->g, id, "dtype");
	if (x->domain != DOMAIN_DEVICE) return FACTS_NONE;
	out.dtype = (uint8_t)(given ? facts_dtype_argument(p, given) : DTYPE_UNKNOWN);
	return out;
}

static Facts of_reduction(const FactsPass *p, NodeId id, const Facts *x) {
	Str name = facts_node(p, id)->name;
	Facts out = { .domain = DOMAIN_DEVICE, .dtype = x->dtype, .rank = -1 };
	if (ONE_OF(name, "var_mean", "std_mean", "max_pair", "min_pair", "aminmax")) return FACTS_NONE;
	facts_reduce(p, id, x, &out);
	if (ONE_OF(name, "argmax", "argmin", "count_nonzero"))
		out.dtype = DTYPE_INTEGER;
	else if (op_info(facts_node(p, id)->op)->traits & OP_COMPARISON)
		out.dtype = DTYPE_BOOL;
	else if (ONE_OF(name, "mean", "var", "std", "logsumexp"))
		out.dtype = (uint8_t)floating((DtypeClass)x->dtype);
	else if (str_is(name, "norm"))
		out.dtype = x->dtype == DTYPE_COMPLEX ? DTYPE_FLOAT : (uint8_t)floating((DtypeClass)x->dtype);
	else if (ONE_OF(name, "sum", "prod"))
		out.dtype = x->dtype == DTYPE_BOOL ? DTYPE_INTEGER : x->dtype;
	else if (!ONE_OF(name, "max", "min", "median"))
		out.dtype = DTYPE_UNKNOWN;
	return out;
}

static Facts of_product(const FactsPass *p, NodeId id) {
	NodeId a = flow_arg(p->g, id, 0), b = flow_arg(p->g, id, 1);
	if (!a || !b) return FACTS_NONE;
	const Facts *x = facts_of(p, a), *y = facts_of(p, b);
	bool device = x->domain == DOMAIN_DEVICE || y->domain == DOMAIN_DEVICE || is_function(facts_node(p, id));
	if (!device) return FACTS_NONE;
	Facts out = { .domain = DOMAIN_DEVICE, .rank = -1 };
	if (x->domain == DOMAIN_DEVICE && y->domain == DOMAIN_DEVICE)
		out.dtype = (uint8_t)facts_promote((DtypeClass)x->dtype, (DtypeClass)y->dtype);
	facts_matmul(x, y, &out);
	return out;
}

static Facts of_joining(const FactsPass *p, NodeId id) {
	NodeId list = flow_arg(p->g, id, 0);
	Facts out = { .domain = DOMAIN_DEVICE, .rank = -1 };
	facts_joined(p, id, facts_op_is(p, id, "stack"), &out);
	if (!list || facts_node(p, list)->kind != NODE_TUPLE) return out;
	const FlowNode *items = facts_node(p, list);
	DtypeClass dtype = DTYPE_UNKNOWN;
	for (size_t i = 0; i < items->n_args; i++) {
		const Facts *x = facts_of(p, flow_arg(p->g, list, i));
		bool array = x->domain == DOMAIN_DEVICE && !p->g->args[items->args + i].spread;
		DtypeClass of_x = array ? (DtypeClass)x->dtype : DTYPE_UNKNOWN;
		dtype = i ? facts_promote(dtype, of_x) : of_x;
	}
	out.dtype = (uint8_t)dtype;
	return out;
}

static Facts of_list_of_arrays(void) { return (Facts) { .domain = DOMAIN_HOST_ARRAY, .nesting = 1, .rank = -1 }; }

/* PyTorch's names for what nothing but a tensor has: unsqueeze, contiguous. */
static bool only_tensors(const FactsPass *p, Str name) {
	return p->g->dialect == DIALECT_TORCH && ONE_OF(name, "expand_dims", "contiguous");
}

Facts facts_of_op(const FactsPass *p, NodeId id) {
	const FlowNode *node = facts_node(p, id);
	uint32_t traits = op_info(node->op)->traits;
	Str name = node->name;
	NodeId first = flow_arg(p->g, id, 0);
	const Facts none = FACTS_NONE, *x = first ? facts_of(p, first) : &none;
	bool device = x->domain == DOMAIN_DEVICE || is_function(node);
	if (node->op == OP_NONE) return str_is(name, "string") ? facts_scalar(DTYPE_STRING) : FACTS_NONE;
	if (traits & OP_SYNC) return facts_of_sync(p, id);
	if (traits & OP_HOST && traits & OP_SHAPE) return facts_of_shape_op(name);
	if (traits & OP_HOST) return facts_of_host(p, id);
	if (traits & OP_SHAPE) return facts_of_shape_op(name);
	if (str_is(name, "astype")) return of_cast(p, id, x);
	if (traits & (OP_CONSTRUCTOR | OP_DEVICE)) return of_constructor(p, id);
	if (str_is(name, "matmul")) return of_product(p, id);
	if (ONE_OF(name, "concat", "stack")) return device ? of_joining(p, id) : FACTS_NONE;
	if (ONE_OF(name, "split", "split_sizes", "unbind", "meshgrid", "broadcast_arrays"))
		return device ? of_list_of_arrays() : FACTS_NONE;
	if (traits & OP_ELEMENTWISE) return of_elementwise(p, id, 0);
	const OpRule *rule = rule_of(name);
	if (rule) return device ? by_rule(p, id, rule, 0) : FACTS_NONE;
	if (str_is(name, "apply_rope")) return by_rule(p, id, rule_of(STR("rope")), 1);
	if (str_is(name, "as_linear")) return by_rule(p, id, rule_of(STR("linear")), 1);
	if (traits & OP_COPY && (x->domain != DOMAIN_UNKNOWN || !only_tensors(p, name)))
		return x->domain == DOMAIN_DEVICE && !(traits & OP_CAST) ? *x : FACTS_NONE;
	Facts out = { .domain = DOMAIN_DEVICE, .dtype = x->dtype, .rank = -1 };
	if (x->domain == DOMAIN_UNKNOWN && only_tensors(p, name)) return out;
	if (x->domain != DOMAIN_DEVICE) return FACTS_NONE;
	if (traits & OP_VIEW) {
		facts_view(p, id, x, &out);
		if (str_is(name, "view_dtype") || str_starts(name, "view_as_")) out.dtype = DTYPE_UNKNOWN;
		return out;
	}
	return traits & OP_REDUCTION ? of_reduction(p, id, x) : FACTS_NONE;
}

Facts facts_of_module(const FactsPass *p, NodeId id) {
	const FlowNode *node = facts_node(p, id);
	if (node->op == OP_NONE) return FACTS_NONE;
	const OpInfo *info = op_info(node->op);
	const OpRule *rule = rule_of(str_of(info->name));
	if (rule) return by_rule(p, id, rule, 1);
	if (!(info->traits & OP_ELEMENTWISE)) return FACTS_NONE;
	NodeId arg = flow_arg(p->g, id, 1);
	const Facts none = FACTS_NONE, *x = arg ? facts_of(p, arg) : &none;
	Facts out = { .domain = DOMAIN_DEVICE, .rank = -1 };
	if (x->domain != DOMAIN_DEVICE) return out;
	facts_like(x, true, &out);
	out.dtype = (uint8_t)adjusted(str_of(info->name), (DtypeClass)x->dtype);
	return out;
}
