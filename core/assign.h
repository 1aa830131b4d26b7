/* The assignment problem: who goes with whom so that the sum of the gains is largest.
 *
 * Knows numbers only. Solved exactly by shortest augmenting paths (Jonker and Volgenant, 1987), one connected part of the
 * graph of positive gains after the other, so that large sparse problems stay cheap. */
#ifndef CORE_ASSIGN_H
#define CORE_ASSIGN_H

#include "core/base.h"

typedef struct AssignEdge {
	uint32_t left, right;
	double gain; /* edges that aren't given, or gain nothing, are never taken */
} AssignEdge;

#define ASSIGN_NONE UINT32_MAX

/* Fills match[left] for 0..n_left-1 with the right partner or ASSIGN_NONE; no right one is taken twice. At most one edge
 * a pair should be given; of several one counts. */
void assign_solve(const AssignEdge *edges, size_t n_edges, uint32_t n_left, uint32_t n_right, uint32_t *match);

#endif
