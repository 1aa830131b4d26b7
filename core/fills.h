/* What the turns of a host loop leave in arrays, and whether one turn needs what another left: fills, folds, states.
 * Internal to core/detect_*.c and core/pattern_where*.c. */
#ifndef CORE_FILLS_H
#define CORE_FILLS_H

#include "core/flow.h"

/* A store at an index, or an append: the array afterwards. */
bool fills_store(const FlowGraph *graph, NodeId node);
/* What the loop carries in this join is only filled further, or folded in any order: no turn looks at what another wrote. */
bool fills_carry(const FlowGraph *graph, const FlowRegion *loop, NodeId join);
/* An element is read that is made anew of itself in a loop that comes to the same place in each turn: a recurrence. Loops
 * around `array`, the node that the elements are for, don't count. */
bool fills_state(const FlowGraph *graph, NodeId load, NodeId array);

#endif
