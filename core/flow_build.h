/* How a lowering pass builds an op graph: nodes, variables in SSA form, branches and loops, value numbers.
 *
 * Only core/flow_swift*.c and core/flow_python*.c use it. Variables are numbered by declaration; the environment maps each to the
 * node it holds now. Joins are made as in Braun et al., "Simple and Efficient Construction of Static Single Assignment
 * Form" (CC 2013): a loop's variable gets its join at the first read or write inside, and a join that turns out to have one
 * value is dissolved when the graph is finished. Fields of the receiver are variables too, named "self.x". */
#ifndef CORE_FLOW_BUILD_H
#define CORE_FLOW_BUILD_H

#include "core/flow.h"

typedef uint32_t VarId; /* 0 is no variable */

typedef struct FlowBuilder FlowBuilder;

FlowBuilder *flow_builder_new(
    const Outline *outline, ComponentId component, uint32_t file, Dialect dialect, Arena *arena);
/* Dissolves needless joins, numbers values, finds what loops collect, fold and carry, makes use lists; hands the graph over and frees the
 * builder. */
void flow_builder_finish(FlowBuilder *b, FlowGraph *out);

/* The graph so far; nodes may move when one is added, so hold ids. */
const FlowGraph *flow_so_far(const FlowBuilder *b);

/* ---- nodes ---- */
/* A fresh node in the current region with the arguments copied. Set further members through flow_edit at once. */
NodeId flow_add(FlowBuilder *b, NodeKind kind, Span span, const FlowArg *args, size_t n_args);
FlowNode *flow_edit(FlowBuilder *b, NodeId id); /* good until the next flow_add */
NodeId flow_const_number(FlowBuilder *b, Span span, double value, bool is_int, Str text);
NodeId flow_const_text(FlowBuilder *b, Span span, Str text); /* a string literal: text without quotes */
NodeId flow_const_bool(FlowBuilder *b, Span span, bool value);
NodeId flow_const_nil(FlowBuilder *b, Span span);
NodeId flow_op(FlowBuilder *b, const char *op, Span span, const FlowArg *args,
    size_t n_args); /* op by canonical name, args canonical already */
/* A call as written: resolves by the lexicon (NODE_OP with canonical arguments) or leaves a NODE_CALL. receiver 0 for
 * functions. head is the callee's own span. */
NodeId flow_call(FlowBuilder *b, CallForm form, Str qualifier, Str name, NodeId receiver, const FlowArg *args,
    size_t n_args, Span span, Span head);
/* An unknown node of a syntax kind, counted. */
NodeId flow_unknown(FlowBuilder *b, SyntaxKind kind, Span span, const FlowArg *args, size_t n_args);
void flow_count(FlowBuilder *b, uint32_t n); /* so many syntax nodes were met */
void flow_count_error(FlowBuilder *b);       /* an ERROR node was skipped */

/* ---- variables ---- */
void flow_scope_push(FlowBuilder *b);
void flow_scope_pop(FlowBuilder *b);          /* what was declared inside is no longer found by name */
VarId flow_declare(FlowBuilder *b, Str name); /* a new variable in the innermost scope; unset */
VarId flow_lookup(FlowBuilder *b, Str name);  /* innermost visible, or 0 */
/* The pseudo-variable of a field of the receiver; made at first use, visible in the whole graph, holds 0 until written. */
VarId flow_field_var(FlowBuilder *b, Str field);
void flow_write(FlowBuilder *b, VarId var, NodeId value);
NodeId flow_read(FlowBuilder *b, VarId var); /* 0 when it was never written on any path so far */

/* ---- control ---- */
RegionId flow_region(const FlowBuilder *b); /* the current one */

/* if / guard / switch / ternary / do-catch: begin; for each arm: arm ... ; end. An implicit empty arm is added by end unless
 * `exhaustive` was given. After end, variables that differ hold joins. */
typedef struct FlowBranch FlowBranch;
FlowBranch *flow_branch_begin(FlowBuilder *b, Span span);
void flow_branch_arm(FlowBuilder *b, FlowBranch *branch, NodeId condition, Span span); /* closes the arm before */
/* A value for the arm being open (ternary, if-expression); the join of all arms' values is returned by end. */
void flow_branch_value(FlowBuilder *b, FlowBranch *branch, NodeId value);
NodeId flow_branch_end(FlowBuilder *b, FlowBranch *branch, bool exhaustive);
/* An arm of `#if`: like branches, but the region is of kind condition with its text. */
void flow_branch_condition_arm(FlowBuilder *b, FlowBranch *branch, Str text, Span span);
/* The function as a whole stands in arms of `#if`. */
void flow_function_condition(FlowBuilder *b, Str text);

/* Loops. over may be 0. Between begin and end the body is lowered; its variables join. */
RegionId flow_loop_begin(FlowBuilder *b, LoopForm form, NodeId over, Span span);
NodeId flow_loop_var(FlowBuilder *b, uint16_t index, Span span); /* NODE_LOOPVAR of the innermost open loop */
void flow_loop_trips(FlowBuilder *b, TripKind kind, int64_t count, Str name); /* of the innermost open loop */
void flow_loop_collect(FlowBuilder *b, NodeId element); /* map, comprehension: the element of a turn */
void flow_loop_end(FlowBuilder *b);

/* Closures and nested functions: the body is lowered in place; outer variables are readable, and those written inside may
 * or may not have changed afterwards. Returns the NODE_CLOSURE at end. */
void flow_closure_begin(FlowBuilder *b, Str name, Span span);
NodeId flow_closure_end(FlowBuilder *b);

/* return/throw/yield/break/continue. After the first, the rest of the region is dead and its values don't join. */
void flow_return(
    FlowBuilder *b, NodeId value, Span span, const char *kind); /* kind "", "throw", "yield"; a yield doesn't leave */
void flow_break(FlowBuilder *b);
void flow_continue(FlowBuilder *b);
bool flow_is_dead(const FlowBuilder *b);

#endif
