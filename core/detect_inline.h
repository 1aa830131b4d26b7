/* Detector of small helpers in hot host loops. */
#ifndef CORE_DETECT_INLINE_H
#define CORE_DETECT_INLINE_H

#include "core/match.h"

/* A function of a few operations on host numbers, called in nested host loops, without an attribute that says it is to be
 * repeated at its calls. Surer where the compiler can't do it by itself: the call is in another module. */
void detect_inline_hot_path(const MatchContext *context, const Technique *technique, Findings *findings);

#endif
