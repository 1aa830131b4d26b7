/* Lowers Python (MLX and PyTorch alike) to op graphs. See core/flow.h for the form, core/flow_build.h for the builder.
 *
 * Owns: what Python syntax means as a graph, and what an imported name stands for (`F` of `import torch.nn.functional as F`).
 * Never: knows an operation's arguments (the lexicon does) or looks at other functions' bodies.
 *
 * Choices a reader of graphs may rely on:
 * - `a and b` is NODE_OP bool_and(a, b), `a or b` bool_or(a, b); b stands in a branch region whose condition is a (for
 *   `or`, bool_not(a)). `a < b < c` is bool_and(lt(a, b), lt(b, c)) with c in such a region. `x is None` is eq(x, nil), as
 *   Swift's `x == nil`; `a in b` is contains(b, a), `not in` the bool_not of it. A sign before a number is part of the literal.
 * - `x[i, a:b, ..., None]` is NODE_LOAD(x, i, range(a, b), ellipsis(), newaxis()); range takes from, to and `by:`, absent ones
 *   being node 0 (cut off at the end).
 * - f-strings are NODE_OP string(parts...). A comprehension is NODE_OP map(what it runs over) with body = its (outermost)
 *   loop of form LOOP_COMPREHENSION, whose innermost loop collects the element; of a dictionary the element is a pair, and
 *   the map goes through dict(...), of a set through set(...).
 * - `for a, b in zip(x, y)` and enumerate give NODE_LOOPVARs 0, 1; other patterns are parts of loop variable 0.
 * - `with a as b:` runs its body in place. `try` is a branch: body and else are arm 0, each handler an arm; `finally` runs
 *   after it. `match` and elif are branches in the else arm of the one before. `assert c, m` throws m in an arm under bool_not(c).
 * - NODE_FIELD of an object of the source that is a property has its getter as callee. `super()` is the receiver.
 * - A call of a field that is no method is NODE_MODULE when the field is (or, in a module, may be) a submodule; an element of a
 *   list of submodules too, with the list's key. A call of any other value is NODE_CALL with name "" and args[0] = it.
 * - A name that is neither local nor a field is NODE_GLOBAL: name is its last part ("float32"), key the full name of what was
 *   imported ("mlx.core.float32"), callee the component of the source it names.
 * - NODE_PARAM: index counts the receiver, as Component.params does; facts hold what the annotation states.
 */
#ifndef CORE_FLOW_PYTHON_H
#define CORE_FLOW_PYTHON_H

#include "core/flow.h"

/* As flow_lower, flow_lower_toplevel and flow_lower_fields of core/flow.h, which call these for Python files; dialect is
 * DIALECT_MLX or DIALECT_TORCH. */
void flow_python_lower(const Outline *outline, ComponentId component, Dialect dialect, Arena *arena, FlowGraph *out);
void flow_python_lower_toplevel(const Outline *outline, uint32_t file, Dialect dialect, Arena *arena, FlowGraph *out);
void flow_python_lower_fields(const Outline *outline, ComponentId cls, Dialect dialect, Arena *arena, FlowGraph *out);

#endif
