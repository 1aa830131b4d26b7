/* The steps of program_build. Internal to core/program*.c. */
#ifndef CORE_PROGRAM_PARTS_H
#define CORE_PROGRAM_PARTS_H

#include "core/program.h"

/* Calls f for every graph of the program: functions, fields, file levels. */
typedef void (*ProgramVisit)(Program *program, FlowGraph *graph, void *context);
void program_each(Program *program, ProgramVisit visit, void *context);

void program_index_stores(Program *program);
void program_resolve(Program *program); /* callees */
void program_index_callers(Program *program);
void program_summarise(Program *program); /* syncs, modules, purity, only_from_init */
void program_inline(Program *program);    /* what small callees compute, at their calls */
void program_fix(Program *program);       /* what is fixed, returns_fresh_constant */
void program_rate(Program *program);      /* frequency and chain of every function */

/* A call of a function defined in the same body: its nodes are in this graph too. */
bool program_calls_local(const FlowGraph *graph, NodeId call);

/* Text with values in it ("layers.\(i).weight"): nothing but those decide it. */
static inline bool program_is_text(const FlowNode *node) {
	return node->kind == NODE_UNKNOWN && node->facts.domain == DOMAIN_HOST_SCALAR && node->facts.dtype == DTYPE_STRING;
}

/* Whether a field, read at a node, is set by nothing but init; whether a name from outside stands for one value. */
Truth program_field_fixed(const Program *program, const FlowGraph *graph, NodeId field);
Truth program_global_fixed(const Program *program, const FlowNode *node);
/* The functions that run within a region, near or far, as far as calls are resolved: one a component, in arena. */
bool *program_reach(const Program *program, const FlowGraph *graph, RegionId region, Arena *arena);
/* Whether a field keeps its value while a region runs that reaches those functions: what sets it stands elsewhere. */
Truth program_field_keeps(const Program *program, const FlowGraph *graph, NodeId field, const FlowGraph *around,
    RegionId region, const bool *reach);

/* The class whose members a graph's SELF has, or COMPONENT_NONE. */
ComponentId program_own_class(const Program *program, const FlowGraph *graph);
/* A member of a class or of its bases, by its last name, or COMPONENT_NONE; of overloads the one whose labels fit best. */
ComponentId program_member(const Program *program, ComponentId cls, Str name, const FlowGraph *graph, NodeId call);
/* The class named by a type as written ("[Block]?", "nn.Module"), or COMPONENT_NONE. */
ComponentId program_type_class(const Program *program, Str type);
const Field *program_field(const Program *program, ComponentId cls, Str name); /* also of the bases */

#endif
