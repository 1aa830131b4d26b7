/* Between the files of the facts pass (core/facts*.c) and nobody else.
 *
 * facts.c       the pass: order, joins, what each kind of node is
 * facts_op.c    domains and element types of operations on arrays
 * facts_host.c  operations whose value is on the host
 * facts_shape.c ranks and sizes of operations and of indexing
 * facts_type.c  what a declared type says
 * facts_demand.c what a Python parameter must be, by what is applied to it */
#ifndef CORE_FACTS_RULES_H
#define CORE_FACTS_RULES_H

#include "core/facts.h"

typedef struct FactsPass {
	FlowGraph *g;
	const Outline *outline;
	bool is_swift;
	bool *seen; /* nodes whose facts have been computed once */
} FactsPass;

#define FACTS_NONE ((Facts) { .rank = -1 })

static inline const FlowNode *facts_node(const FactsPass *p, NodeId id) { return &p->g->nodes[id]; }
static inline const Facts *facts_of(const FactsPass *p, NodeId id) { return &p->g->nodes[id].facts; }
static inline Facts facts_scalar(DtypeClass dtype) {
	return (Facts) { .domain = DOMAIN_HOST_SCALAR, .dtype = (uint8_t)dtype, .rank = -1 };
}

/* Parameters without a type that a layer or convolution is applied to: seeds of the pass, for Python only. */
void facts_demanded(FlowGraph *graph, const Outline *outline);
/* Literal integer, also negated. */
bool facts_integer(const FactsPass *p, NodeId id, int64_t *value);
bool facts_op_is(const FactsPass *p, NodeId id, const char *op);
/* An element of what is iterated or indexed once. */
Facts facts_element(const FactsPass *p, NodeId collection);
/* What both agree on. */
Facts facts_meet(Facts a, Facts b);

/* Whether the name is one of those given. */
#define ONE_OF(name, ...)                                                                                              \
	facts_one_of(name, (const char *const[]) { __VA_ARGS__ }, BASE_COUNT(((const char *const[]) { __VA_ARGS__ })))
bool facts_one_of(Str name, const char *const *names, size_t n);

/* ---- facts_host.c ---- */
Facts facts_of_sync(const FactsPass *p, NodeId id);
Facts facts_of_shape_op(Str name);
Facts facts_of_host(const FactsPass *p, NodeId id);

/* ---- facts_op.c ---- */
Facts facts_of_op(const FactsPass *p, NodeId id);
Facts facts_of_module(const FactsPass *p, NodeId id);
DtypeClass facts_dtype_named(Str name); /* "float32", ".float16", "Float": unknown for anything else */
/* The type that a `dtype` or `type` argument names, or that of the array whose dtype it is. */
DtypeClass facts_dtype_argument(const FactsPass *p, NodeId arg);
DtypeClass facts_promote(DtypeClass a, DtypeClass b);

/* ---- facts_shape.c: they set rank and sizes of out, whose domain is a device's; x is the first operand ---- */
void facts_broadcast(const FactsPass *p, NodeId id, size_t from, Facts *out);
void facts_shape_argument(const FactsPass *p, NodeId id, Facts *out); /* the arguments labelled `shape` */
void facts_view(const FactsPass *p, NodeId id, const Facts *x, Facts *out);
void facts_reduce(const FactsPass *p, NodeId id, const Facts *x, Facts *out);
void facts_matmul(const Facts *a, const Facts *b, Facts *out);
void facts_joined(const FactsPass *p, NodeId id, bool stacked, Facts *out); /* concat, stack */
Facts facts_of_load(const FactsPass *p, NodeId id);
/* The same rank as x, sizes too when same_sizes. */
void facts_like(const Facts *x, bool same_sizes, Facts *out);

#endif
