/* What the detectors of repeated work share. Internal to core/detect_hoist.c and core/detect_steady.c. */
#ifndef CORE_DETECT_HOIST_H
#define CORE_DETECT_HOIST_H

#include "core/detect.h"

/* What computing a node anew in each turn costs: 5 for heavy work, 1 for an operation of the device, 0.5 for a fresh array, 0 for nothing worth a word. */
double hoist_worth(const Program *program, const FlowGraph *graph, NodeId node);
/* The value is filled or kept afterwards: then it belongs to its turn. */
bool hoist_is_filled(const FlowGraph *graph, NodeId node);
/* What a function computes alike in every turn of a loop that calls it. */
void detect_steady(const MatchContext *context, const Technique *technique, Findings *findings);

#endif
