/* Inside a row: which operation of one component answers which of another.
 *
 * The operations of both graphs, in order of evaluation, are aligned globally (Needleman and Wunsch, "A general method
 * applicable to the search for similarities in the amino acid sequence of two proteins", 1970) with scores from what they are
 * and what they are applied to; what is left and has one like on either side answers it out of order. Says nothing about
 * whether a difference matters; lines are core/align_lines.h. */
#ifndef CORE_ALIGN_OPS_H
#define CORE_ALIGN_OPS_H

#include "core/program.h"

typedef struct OpPair {
	NodeId a, b; /* nodes of the two graphs that answer each other */
	bool same;   /* equal operation, literals and weight keys; else they differ in some of these */
} OpPair;

/* Whether a reader would call the node a step of the computation: what is aligned. Comparisons with nil are none, since one
 * language writes them where the other binds. */
bool align_is_step(const FlowGraph *g, NodeId id);

/* Pairs in order of a, those out of order last. In arena; *n of them. */
OpPair *align_ops(const FlowGraph *a, const FlowGraph *b, Arena *arena, size_t *n);
/* The same, where what small callees compute counts as if it stood at their calls (nodes with an origin). */
OpPair *align_ops_through_calls(const FlowGraph *a, const FlowGraph *b, Arena *arena, size_t *n);

#endif
