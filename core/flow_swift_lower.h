/* Inside the Swift lowering only: its state, and what its files call of each other. */
#ifndef CORE_FLOW_SWIFT_LOWER_H
#define CORE_FLOW_SWIFT_LOWER_H

#include "core/flow_build.h"
#include "core/flow_swift_tokens.h"

/* What is known of a node beside the graph, from declarations: kept by node id, empty where nothing is known. */
typedef struct Origin {
	Str type;           /* as written: "MLXArray?", "[TransformerBlock]" */
	const Field *field; /* the node is this field, or an element of it */
} Origin;

/* A closure whose body is lowered as a loop's turn: what `return` means in it. */
typedef struct Turn {
	LoopForm form;
	VarId accumulated; /* reduce: the running value */
} Turn;

typedef struct CondName { /* a name declared in an arm of `#if`: the next arm's declaration is the same variable */
	Str name;
	VarId var;
} CondName;

typedef struct Lower {
	FlowBuilder *b;
	const Outline *o;
	const SyntaxTree *t;
	uint32_t file;
	Arena *arena;
	ComponentId component, cls; /* cls: the type whose member is lowered, or COMPONENT_NONE */
	Str owner;                  /* its name, also of a foreign type's extension */
	NodeId self;                /* 0 outside types */
	VEC(Origin) origins;
	Map assigned;       /* names that this body assigns to: their fields are variables here */
	VEC(Str) stored;    /* fields written so far; a call of an own method may change them */
	Turn *turn;         /* NULL outside loop closures */
	bool breaks_switch; /* `break` here leaves a switch */
	VEC(CondName) cond_names;
	unsigned cond_depth;
	const SyntaxCondition *condition; /* the arm of `#if` being lowered; outside every arm NULL */
	unsigned depth;
} Lower;

enum { LOWER_MAX_DEPTH = 300 };

/* ---- flow_swift_types.c: declarations ---- */
Str swift_type_bare(Str type);    /* "any KVCache?" gives "KVCache", "Foo<T>" "Foo" */
Str swift_type_element(Str type); /* "[Layer]?" gives "Layer"; empty when it is no array */
Str swift_type_unwrapped(Str type);
bool swift_type_is_function(Str type);
void swift_note(Lower *l, NodeId node, Str type, const Field *field); /* also sets facts by the type */
Origin swift_origin(const Lower *l, NodeId node);
ComponentId swift_class(const Lower *l, Str type);                        /* of the source, or COMPONENT_NONE */
const Field *swift_find_field(const Lower *l, ComponentId cls, Str name); /* of the class or one it derives from */
/* The method whose parameters take these arguments; the last n_trailing are trailing closures. */
ComponentId swift_find_method(
    const Lower *l, ComponentId cls, Str name, const FlowArg *args, size_t n, size_t n_trailing);
ComponentId swift_find_computed(const Lower *l, ComponentId cls, Str name);
bool swift_has_method(const Lower *l, ComponentId cls, Str name);
ComponentId swift_find_function(const Lower *l, Str name, const FlowArg *args, size_t n, size_t n_trailing);
OpId swift_layer_op(Str type); /* the lexicon's operation of a layer's class, or OP_NONE */
bool swift_is_layer(const Lower *l, const Field *field, Str type);

/* ---- flow_swift_expr.c ---- */
NodeId swift_expr(Lower *l, SynId syn); /* 0 when it has no value */
NodeId swift_ex(Lower *l, const Ex *ex);
NodeId swift_operator(Lower *l, const char *op, NodeId a, NodeId b, Span span, Span head);
NodeId swift_infix(Lower *l, Str op, NodeId a, NodeId b, Span span, Span head);
NodeId swift_global(Lower *l, Str name, Span span);
Span swift_span(const Lower *l, SynId syn);
Str swift_text(const Lower *l, Span span);
bool swift_name_is(const Lower *l, const Ex *ex, const char *name); /* an identifier with that text */

/* ---- flow_swift_name.c: names, members, elements ---- */
NodeId swift_name(Lower *l, Str name, Span span);
NodeId swift_member(Lower *l, const Ex *ex);
NodeId swift_index(Lower *l, const Ex *ex);
/* The indices of a subscript, as arguments in the arena. */
FlowArg *swift_indices(Lower *l, SynId syn, size_t *n);
const Field *swift_own_field(const Lower *l, Str name); /* also for its wrapper's name "_x" */
bool swift_is_type_path(Lower *l, const Ex *ex);        /* MLXFast, Foo.Bar: no value in sight */
NodeId swift_part(Lower *l, NodeId value, uint16_t index, Str name, Span span);

/* ---- flow_swift_literal.c ---- */
NodeId swift_literal(Lower *l, SynId syn, Span span, bool *known);

/* ---- flow_swift_call.c ---- */
NodeId swift_call(Lower *l, const Ex *ex);

/* ---- flow_swift_closure.c: closures, nested functions, and loops made of closures ---- */
NodeId swift_closure(Lower *l, SynId lambda);
/* A closure called where it stands, without arguments: true when its statements were lowered in place. */
bool swift_call_at_once(Lower *l, SynId lambda, NodeId *value);
void swift_nested_function(Lower *l, SynId decl);
/* xs.map { ... } and its like: true when it was lowered, with its value in *out. */
bool swift_loop_call(Lower *l, const Ex *call, NodeId receiver, NodeId *out);
NodeId swift_concurrent(Lower *l, const Ex *call);
NodeId swift_param(Lower *l, uint16_t index, Str name, Str label, Str type, Span span);

/* ---- flow_swift_assign.c ---- */
void swift_assign(Lower *l, const Ex *ex);
void swift_assign_to(Lower *l, const Ex *target, NodeId value, Span span);
/* `rows[i].append(x)`: the element is another value from now on, and so is what holds it. Nothing of that is written as a store. */
void swift_element_changed(Lower *l, const Ex *target, NodeId value);
void swift_declare(Lower *l, Str name, NodeId value, Str type, Span span);
void swift_fields_may_change(Lower *l, Span span);

/* ---- flow_swift_stmt.c ---- */
/* The statements of a `statements` node in a scope of their own. The value of the last one where it is an expression
 * and want_value is set, else 0. */
/* Notes the arms of `#if` that a whole body stands in: they make no regions in it. */
void swift_enter_conditions(Lower *l, SynId body);
NodeId swift_block(Lower *l, SynId statements, bool want_value);
void swift_statement(Lower *l, SynId syn);
bool swift_is_expression(const Lower *l, SynId statement);
void swift_return_value(Lower *l, NodeId value, Span span); /* as the body of a one-expression function does */

/* ---- flow_swift_branch.c ---- */
NodeId swift_if(Lower *l, SynId syn, bool want_value);
void swift_guard(Lower *l, SynId syn);
NodeId swift_switch(Lower *l, SynId syn, bool want_value);
void swift_do(Lower *l, SynId syn);

/* ---- flow_swift_pattern.c ---- */
/* The conditions of an if, guard or while from its first child on, bindings declared in the scope at hand. *brace is the
 * opening brace or `else`. 0 when nothing was to be tested. */
NodeId swift_conditions(Lower *l, SynId statement, SynId *brace);
typedef enum PatternMode { PATTERN_BOTH, PATTERN_TEST, PATTERN_BIND } PatternMode;
/* Binds and tests a value by a pattern node's children; binds: names in it are new variables. The test, or 0. */
NodeId swift_pattern(Lower *l, SynId pattern, NodeId value, bool binds, PatternMode mode);

/* ---- flow_swift_loop.c ---- */
typedef struct LoopOver {
	NodeId node;
	size_t n_parts; /* 1, or more for enumerated and zip */
	Origin parts[4];
	const char *labels[4];
} LoopOver;
LoopOver swift_loop_over(Lower *l, const Ex *ex, NodeId node);
void swift_trips(Lower *l, const Ex *ex, NodeId over);
/* The elements of a turn: one node for each part. */
void swift_loop_elements(Lower *l, const LoopOver *over, Span span, NodeId *out);
NodeId swift_loop_tuple(Lower *l, const LoopOver *over, const NodeId *elements, Span span);
void swift_for(Lower *l, SynId syn);
void swift_while(Lower *l, SynId syn);
void swift_repeat(Lower *l, SynId syn);

#endif
