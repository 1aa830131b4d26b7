/* Lowers Swift to op graphs; core/flow.c dispatches here by language. Reads syntax, writes through flow_build.h.
 *
 * The grammar's tree of an operator expression is never trusted: maximal runs are flattened to operands and operators
 * in source order and built again by Swift's own precedence groups (flow_swift_tokens.c). Statements, declarations and
 * everything between brackets is taken from the tree. Same parameters and promises as the functions of core/flow.h. */
#ifndef CORE_FLOW_SWIFT_H
#define CORE_FLOW_SWIFT_H

#include "core/flow.h"

void flow_swift_lower(const Outline *outline, ComponentId component, Dialect dialect, Arena *arena, FlowGraph *out);
void flow_swift_lower_toplevel(const Outline *outline, uint32_t file, Dialect dialect, Arena *arena, FlowGraph *out);
void flow_swift_lower_fields(const Outline *outline, ComponentId cls, Dialect dialect, Arena *arena, FlowGraph *out);

/* For tests: the fully parenthesised reading of the first operator expression of a text ("(a + (b * c))"), by the
 * same flattening and grouping that the lowering uses. Tree must be Swift. The result is in the arena. */
Str flow_swift_reading(const SyntaxTree *tree, Arena *arena);

#endif
