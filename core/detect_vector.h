/* Detectors of the vDSP and vForce cards. */
#ifndef CORE_DETECT_VECTOR_H
#define CORE_DETECT_VECTOR_H

#include "core/match.h"

/* One loop, one card: each loop of the scope is read once (core/vector_loop.h) and told by the card of its kind. */
void detect_vector(const MatchContext *context, const Technique *technique, Findings *findings);

/* Host transforms of real samples as complex ones; of the card rfft. */
void detect_zero_imaginary(const MatchContext *context, const Technique *technique, Findings *findings);
/* Whether the function runs once, while something is set up: an init, what only inits call, a file's own code. */
bool detect_runs_once(const MatchContext *context, const FlowGraph *g);
/* Calls read for every op graph of the files wanted. */
typedef void DetectGraph(
    const MatchContext *context, const Technique *technique, const FlowGraph *g, Findings *findings);
void detect_each_graph(const MatchContext *context, const Technique *technique, Findings *findings, DetectGraph *read);

#endif
