/* The op graph: what a function computes, in one form for Swift and Python.
 *
 * A FlowGraph belongs to one callable component. Nodes stand in order of evaluation; variables are dissolved (a use
 * refers to the node last assigned), and a value that differs by branch or loop turn is a join. Closures and nested
 * functions are regions of the graph they stand in. Built by flow_swift.c and flow_python.c through flow_build.h; what a
 * whole source computes (classes, calls, how often) is core/program.h. Nothing here reads syntax.
 *
 * Conventions every reader may rely on:
 * - Node 0 is no node. Arguments always have smaller ids than their node, except the later arms of a loop's join.
 * - Parentheses, casts of the language (`as! T`), `try`, `await`, `inout &` and single-expression wrappers leave no node.
 * - `x.f(y)` and `f(x, y)` of a lexicon operation are the same NODE_OP: operands first in canonical order, then the
 *   labelled arguments, labels canonical (`axis` for torch's `dim`). Absent operands in the middle are node 0.
 * - `a += b` is an assignment of add(a, b). `a[i] = v` is NODE_STORE(a, v, i) and `a` refers to it afterwards;
 *   `a.append(v)` is NODE_OP array_append(a, v) likewise (trait mutates). `self.f = v` is NODE_STORE with `name` "f".
 * - Literals: numbers keep value and text; strings, booleans and nil/None are NODE_CONST too. A literal array is
 *   NODE_TUPLE with op array_literal, a tuple NODE_TUPLE without op, a dictionary NODE_TUPLE with op dict_literal.
 * - What can't be lowered is NODE_UNKNOWN with its children's nodes as arguments. */
#ifndef CORE_FLOW_H
#define CORE_FLOW_H

#include "core/component.h"
#include "core/ops.h"

typedef uint32_t NodeId;
typedef uint32_t RegionId; /* 0 is the function's own region */

typedef enum NodeKind {
	NODE_NONE,
	NODE_PARAM,  /* a parameter of the function or of a closure; name = inside name, key = external label, index */
	NODE_SELF,   /* the receiver */
	NODE_FIELD,  /* read of a field; name, key; args[0] = base (NODE_SELF for the receiver's own) */
	NODE_GLOBAL, /* a name that is neither local nor a field: a global, a type, a module, an enum case (".causal") */
	NODE_CONST,  /* literal; text as written */
	NODE_OP,     /* call of a lexicon operation: op */
	NODE_MODULE, /* call of a submodule held in a field: name, key; args[0] = the field's node, then the arguments;
	                 op = the layer's operation (linear, conv1d, ...) or OP_NONE; callee = its forward method, if of the source */
	NODE_CALL,   /* call of any other function or method: name = its last part; has_receiver: args[0] is the receiver;
	                 callee when resolved. Calling a local closure: args[0] = the NODE_CLOSURE or what holds it, name "" */
	NODE_NEW, /* construction of a class or struct that is no lexicon operation: name = type; callee = its init, if known */
	NODE_LOAD, /* element or slice: args[0] = base, then one index an axis (op range/ellipsis/newaxis/value) */
	NODE_STORE, /* args[0] = base, args[1] = value, then indices; or a field store: name, args[0] = base object, args[1] = value */
	NODE_TUPLE,
	NODE_PART,    /* component of a tuple or of a multiple result: args[0], index from 0 (name when by label) */
	NODE_CLOSURE, /* a function value; region = where it stands, body = its closure region; name of a nested function */
	NODE_JOIN, /* of a branch: one argument an arm that arrives, body = its first arm's region; of a loop or closure: args[0]
	                 before, args[1] after a turn, body = region = that loop's or closure's */
	NODE_LOOPVAR, /* the element (index 0: of `for x in xs`; for enumerated/zip the parts are 0, 1, ...) */
	NODE_RETURN,  /* args[0] if any; also `yield` (name "yield") and `throw` (name "throw") */
	NODE_UNKNOWN,
	NODE_KIND_COUNT
} NodeKind;

typedef struct FlowArg {
	NodeId node;
	Str label;   /* canonical for NODE_OP, as written elsewhere; empty when positional */
	bool spread; /* *args, **kwargs */
} FlowArg;

/* ---- facts ---- */

typedef enum Domain { DOMAIN_UNKNOWN, DOMAIN_DEVICE, DOMAIN_HOST_ARRAY, DOMAIN_HOST_SCALAR, DOMAIN_OTHER } Domain;
typedef enum DtypeClass {
	DTYPE_UNKNOWN,
	DTYPE_BOOL,
	DTYPE_INTEGER,
	DTYPE_HALF,
	DTYPE_FLOAT,
	DTYPE_COMPLEX,
	DTYPE_STRING
} DtypeClass;
typedef enum SizeKind { SIZE_UNKNOWN, SIZE_LITERAL, SIZE_NAMED } SizeKind;

typedef struct FlowSize {
	SizeKind kind;
	int64_t value; /* SIZE_LITERAL */
	Str name;      /* SIZE_NAMED: of the configuration or parameter ("config.hiddenSize", "n_mels") */
} FlowSize;

enum { FLOW_MAX_RANK = 6 };
typedef struct Facts {
	uint8_t domain;  /* Domain; DOMAIN_HOST_ARRAY and DOMAIN_HOST_SCALAR for [Float] and Float */
	uint8_t dtype;   /* DtypeClass of the elements */
	int8_t rank;     /* of device arrays; -1 unknown */
	uint8_t nesting; /* of host arrays: 1 for [Float], 2 for [[Float]] */
	bool is_double;  /* host Double, where dtype is float */
	FlowSize size[FLOW_MAX_RANK];
} Facts;

/* ---- nodes ---- */

typedef struct FlowNode {
	uint8_t kind;      /* NodeKind */
	bool has_receiver; /* NODE_CALL */
	bool is_implicit;  /* not written as such: implicit return, join, desugared */
	OpId op;
	uint16_t index; /* NODE_PART, NODE_PARAM, NODE_LOOPVAR */
	uint16_t n_args;
	uint32_t args;   /* first argument in FlowGraph.args */
	RegionId region; /* the region it is evaluated in */
	RegionId body;   /* NODE_CLOSURE: its region; NODE_JOIN of a loop: that loop; a call's trailing loop body */
	uint32_t value;  /* value number: equal numbers compute equal values whenever both are reached */
	Span span;       /* what a reader would point at; for a join the branch or loop */
	Span head;       /* the callee's or operator's own span; empty when there is none */
	Str name;
	Str key;       /* weight key of a field or submodule */
	Str text;      /* NODE_CONST: as written */
	Str var;       /* the local it was first assigned to, for messages; may be empty */
	double number; /* NODE_CONST that is_number */
	bool is_number, is_int, is_bool, is_nil, is_string;
	NodeId copied;      /* of such a node: the callee's own node that it repeats */
	NodeId origin;      /* of a node that stands for what a callee computes: the call it came with; else 0 */
	ComponentId callee; /* COMPONENT_NONE when unresolved; of the same source */
	Facts facts;
} FlowNode;

/* ---- regions ---- */

typedef enum RegionKind { REGION_FUNCTION, REGION_BRANCH, REGION_CLOSURE, REGION_CONDITION, REGION_LOOP } RegionKind;
typedef enum TripKind { TRIPS_UNKNOWN, TRIPS_LITERAL, TRIPS_NAMED, TRIPS_DATA, TRIPS_UNBOUNDED } TripKind;
typedef enum LoopForm {
	LOOP_FOR,
	LOOP_WHILE,
	LOOP_REPEAT,
	LOOP_MAP,
	LOOP_FOREACH,
	LOOP_REDUCE,
	LOOP_FILTER,
	LOOP_COMPREHENSION,
	LOOP_CONCURRENT
} LoopForm;

typedef struct FlowRegion {
	uint8_t kind; /* RegionKind */
	RegionId parent;
	Span span;
	NodeId first, last; /* nodes from first to before last were made while it was open (inner regions included) */
	/* branch: an arm of an if/guard/switch/ternary/try/&& right side/?? right side */
	NodeId condition; /* the tested value, or 0 (else, default) */
	uint32_t group;   /* arms of one decision share it */
	uint16_t arm;     /* from 0 */
	bool leaves;      /* the arm ends in return, throw, break or continue */
	/* condition; of the function's own region: the conditions that it stands in as a whole */
	Str text; /* "os(iOS)" */
	/* loop */
	uint8_t form;       /* LoopForm */
	uint8_t trips;      /* TripKind: of a literal range, a configuration value, the size of data, `while true` */
	int64_t trip_count; /* TRIPS_LITERAL */
	Str trip_name;      /* TRIPS_NAMED */
	NodeId over;        /* what it runs over; 0 for while */
	NodeId var;         /* its (first) NODE_LOOPVAR, or 0 */
	NodeId *carried;    /* joins: what goes from turn to turn */
	size_t n_carried;
	NodeId *collects; /* nodes appending one element a turn to a collection carried by the loop; for map and
	                     comprehensions the element's node */
	size_t n_collects;
	NodeId *folds; /* joins whose turn is an associative operation of themselves (sum, maximum, concatenation) */
	size_t n_folds;
	bool independent; /* nothing is carried but collects, folds and stores at the loop's own index */
	bool has_break;
	NodeId closure; /* REGION_CLOSURE: its NODE_CLOSURE; REGION_LOOP by map/forEach: the closure passed */
} FlowRegion;

typedef struct FlowGraph {
	ComponentId component; /* COMPONENT_NONE for file-level code and field initialisers */
	uint32_t file;
	Dialect dialect; /* of a Python file: mlx or torch, by its side */
	FlowNode *nodes;
	uint32_t n; /* node 0 included */
	FlowArg *args;
	uint32_t n_args;
	FlowRegion *regions;
	uint32_t n_regions;
	uint32_t *use_first; /* CSR of uses: users of node i are uses[use_first[i] .. use_first[i + 1]) */
	NodeId *uses;
	uint32_t n_lowered;      /* expression and statement nodes of the syntax that were met ... */
	uint32_t n_unknown;      /* ... and those that became unknown nodes */
	uint16_t *unknown_kinds; /* SyntaxKind of each unknown, n_unknown of them */
	uint32_t n_errors;       /* ERROR nodes skipped */
} FlowGraph;

/* ---- reading ---- */

static inline const FlowNode *flow_node(const FlowGraph *g, NodeId id) { return &g->nodes[id]; }
/* The i-th argument's node, or 0 beyond the last. */
NodeId flow_arg(const FlowGraph *g, NodeId id, size_t i);
/* The argument with that label, or 0. */
NodeId flow_labelled(const FlowGraph *g, NodeId id, const char *label);
/* Number of positional arguments (operands) at the front. */
size_t flow_operands(const FlowGraph *g, NodeId id);
/* Users in order; *n of them. */
const NodeId *flow_users(const FlowGraph *g, NodeId id, size_t *n);
bool flow_is_op(const FlowGraph *g, NodeId id, OpId op);
uint32_t flow_traits(const FlowGraph *g, NodeId id); /* OpTrait bits; 0 for other kinds */
bool flow_number(
    const FlowGraph *g, NodeId id, double *value); /* a numeric constant, also negated or folded from constants */
/* A return of the function itself, with a value: not of a closure in it, no throw. */
bool flow_is_result(const FlowGraph *g, NodeId id);
/* As patterns and prints name it: "for", "while", ..., "concurrent". */
const char *flow_loop_form_name(LoopForm form);
/* Compiled on a condition: an arm of `#if`, or the region of a function that stands in one as a whole. */
static inline bool flow_is_compiled_if(const FlowRegion *region) {
	return region->kind == REGION_CONDITION || (region->kind == REGION_FUNCTION && region->text.len);
}
/* Whether region is inner or equal to outer. */
bool flow_inside(const FlowGraph *g, RegionId region, RegionId outer);
/* The innermost enclosing region of a kind, the region itself included; SIZE_MAX cut to UINT32_MAX when none. */
RegionId flow_enclosing(const FlowGraph *g, RegionId region, RegionKind kind);
#define REGION_NONE UINT32_MAX

/* Makes use lists and value numbers anew after nodes were changed. */
void flow_refresh(FlowGraph *g, Arena *arena);
/* Prints the graph for people who write cards: under each line of the source its nodes, one a line, with their columns,
 * indented by region, with facts. */
void flow_print(const FlowGraph *g, const Outline *outline, Buf *out);

/* Lowers one callable component (its body), or a field's initial value. Memory in arena. Never fails. */
void flow_lower(const Outline *outline, ComponentId component, Dialect dialect, Arena *arena, FlowGraph *out);
/* Lowers the code of a file outside every component (scripts, globals, default values of fields of a class when cls is given).
 * Global and field initialisers become NODE_STORE of that name. */
void flow_lower_toplevel(const Outline *outline, uint32_t file, Dialect dialect, Arena *arena, FlowGraph *out);
/* All stored fields' initial values of a class, as NODE_STORE(self, value) in one graph, regions lazy/static kept in name. */
void flow_lower_fields(const Outline *outline, ComponentId cls, Dialect dialect, Arena *arena, FlowGraph *out);

#endif
