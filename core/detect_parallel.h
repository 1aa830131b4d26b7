/* Detector of independent rows that are worked on one after the other. */
#ifndef CORE_DETECT_PARALLEL_H
#define CORE_DETECT_PARALLEL_H

#include "core/match.h"

/* A loop over rows (channels, batch items) of host arrays with much work in each: inner loops that filter or transform, or many
 * of them; nothing of the device in it, and every row written to a place of its own. */
void detect_parallel(const MatchContext *context, const Technique *technique, Findings *findings);

#endif
