/* Facts on nodes: domain, rank, sizes, dtype class, nesting of host arrays, where they can be inferred; else unknown. A wrong
 * fact is worse than none.
 *
 * For a host array whose length is known size[0] holds it; its rank stays unknown. An array of device arrays
 * ([MLXArray], the result of split) is a host array of nesting 1 with unknown dtype. */
#ifndef CORE_FACTS_H
#define CORE_FACTS_H

#include "core/flow.h"

/* Fills FlowNode.facts of every node, from declared types, literals and operations forward. Facts that are there already
 * (a lowering sets those of annotated parameters) are kept. */
void facts_infer(FlowGraph *graph, const Outline *outline);

/* What a type as written says: "MLXArray?", "[[Float]]", "Optional[torch.Tensor]", "int". Leaves what it doesn't say. */
void facts_of_type(Lang lang, Str type, Facts *facts);

#endif
