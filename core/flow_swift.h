/* Lowers Swift to op graphs; core/flow.c dispatches here by language. Reads syntax, writes through flow_build.h.
 *
 * The grammar's tree of an operator expression is never trusted: maximal runs are flattened to operands and operators
 * in source order and built again by Swift's own precedence groups (flow_swift_tokens.c). Statements, declarations and
 * everything between brackets is taken from the tree. Same parameters and promises as the functions of core/flow.h.
 *
 * Choices a reader of graphs may rely on:
 * - NODE_PARAM: name is the inner name, key the external label ("" for `_`). NODE_SELF is implicit and first in a method.
 * - `a && b` is bool_and(a, b), `a || b` bool_or(a, b), as the lexicon spells them; b stands in a branch region whose condition
 *   is a (for `||`, not a). `a ?? b` is the join of a and b, b in the second arm. `c ? a : b`, if and switch expressions are joins.
 * - `a ..< b` is range(a, b), `a ... b` range(a, b + 1), `..<b` range(-, b), `a...` range(a), `.stride(from:to:by:)` range with
 *   label by. As an index `.ellipsis` is ellipsis(), `.newAxis` newaxis(). stride(from:through:by:) is range_closed.
 * - `if let x = e`, `guard`: the condition is e itself, several are joined by an implicit bool_and; patterns test eq(e, .name) and
 *   bind NODE_PARTs. guard is a branch whose first arm goes on and whose second is the else block. A while loop's condition is
 *   computed in the loop's region and is no branch.
 * - `.name` is NODE_GLOBAL ".name", `Type.name` NODE_GLOBAL "Type.name" unless the source has that static field.
 * - A local value that is called: NODE_MODULE when it is a layer (by its field or its declared type), else NODE_CALL "" of it.
 * - xs.map/compactMap/flatMap/forEach/filter { } are loops; the call's node follows with body = the loop and the turn's
 *   value as its argument. reduce is a loop whose result is the join of the running value. Optional's map is no loop.
 * - A closure called where it stands, `{ ... }()`, is its statements in place. `defer` runs at the end of its block.
 * - `f(&x)`: x is afterwards NODE_PART "inout" of the call, its index one more than the argument's.
 * - A call of an own method makes the fields written before unknown again (implicit NODE_FIELDs at the call).
 * - Initial values of fields: NODE_STORE with text "lazy" or "static" where it is. didSet, willSet and setters are closures of
 *   that name. A type declared inside a function is an unknown node. */
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
