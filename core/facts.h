/* Facts on nodes: domain, rank, sizes, dtype class, nesting of host arrays, where they can be inferred; else unknown. A wrong
 * fact is worse than none. */
#ifndef CORE_FACTS_H
#define CORE_FACTS_H

#include "core/flow.h"

/* Fills FlowNode.facts of every node by one forward pass. */
void facts_infer(FlowGraph *graph, const Outline *outline);

#endif
