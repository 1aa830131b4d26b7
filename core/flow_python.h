/* Lowers Python (MLX and PyTorch alike) to op graphs. See core/flow.h for the form, core/flow_build.h for the builder.
 *
 * Owns: what Python syntax means as a graph, and what an imported name stands for (`F` of `import torch.nn.functional as F`).
 * Never: knows an operation's arguments (the lexicon does) or looks at other functions' bodies.
 *
 * Choices a reader of graphs may rely on:
 * - `a and b` is NODE_OP and(a, b), `a or b` or(a, b); b stands in a branch region whose condition is a (for `or`, not(a)).
 *   `not a` is not(a). `a < b < c` is and(lt(a, b), lt(b, c)) with c in such a branch region. `is` and `is not` are eq and
 *   ne, `in` is contains(container, element), `not in` the not of it.
 * - `-x` is neg(x), `~x` bitwise_not(x), `+x` is x. `a // b` is floor_div, `a % b` mod, `a ** b` pow; `&`, `|`, `^`, `<<`, `>>` are
 *   bit_and, bit_or, bit_xor, shift_left, shift_right, all by the lexicon's spelling of the operator.
 * - `x[i, a:b, ..., None]` is NODE_LOAD(x, i, range(a, b), ellipsis(), newaxis()); range takes lower, upper, step, absent ones
 *   being node 0 (cut off at the end). `x[i]` of a value is NODE_LOAD(x, i).
 * - f-strings are NODE_OP string(parts...). Comprehensions are loops of form LOOP_COMPREHENSION whose value is a NODE_TUPLE
 *   with op array_literal (dict_literal for dictionaries) holding the element of a turn.
 * - `with a as b:` runs its body in place. `try` is a branch: the body and else are arm 0, each handler an arm; `finally`
 *   runs after it. `match` is a branch whose conditions are eq(subject, value) where the pattern is one, else 0 args.
 * - A name that is neither local nor a field is NODE_GLOBAL with the full name of what was imported ("mlx.core.float32",
 *   "torch.nn.functional"), else the name as written. */
#ifndef CORE_FLOW_PYTHON_H
#define CORE_FLOW_PYTHON_H

#include "core/flow.h"

/* As flow_lower, flow_lower_toplevel and flow_lower_fields of core/flow.h, which call these for Python files; dialect is
 * DIALECT_MLX or DIALECT_TORCH. */
void flow_python_lower(const Outline *outline, ComponentId component, Dialect dialect, Arena *arena, FlowGraph *out);
void flow_python_lower_toplevel(const Outline *outline, uint32_t file, Dialect dialect, Arena *arena, FlowGraph *out);
void flow_python_lower_fields(const Outline *outline, ComponentId cls, Dialect dialect, Arena *arena, FlowGraph *out);

#endif
