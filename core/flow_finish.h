/* The last step of building an op graph: needless joins dissolved, nodes renumbered, values numbered, loops read.
 *
 * Internal to core/flow_build.c. */
#ifndef CORE_FLOW_FINISH_H
#define CORE_FLOW_FINISH_H

#include "core/flow.h"

typedef struct FlowCollect {
	RegionId loop;
	NodeId element; /* what a turn of a map or comprehension yields */
} FlowCollect;

typedef struct FlowDraft {
	VEC(FlowNode) nodes;
	VEC(FlowArg) args;
	VEC(FlowRegion) regions;
	VEC(FlowCollect) collects;
	VEC(uint16_t) unknown;
} FlowDraft;

/* Moves the draft into g (memory in arena) and frees it. */
void flow_finish(FlowDraft *draft, Arena *arena, FlowGraph *g);

#endif
