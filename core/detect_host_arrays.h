/* Detectors of how host arrays are kept and filled. */
#ifndef CORE_DETECT_HOST_ARRAYS_H
#define CORE_DETECT_HOST_ARRAYS_H

#include "core/match.h"

/* [[Float]] of equal rows that a loop fills element by element or row by row, and that no caller gets as such. */
void detect_flat_array(const MatchContext *context, const Technique *technique, Findings *findings);
/* Elements of several host arrays appended in a counted loop without room made before, and elements inserted at the front. */
void detect_reserve_capacity(const MatchContext *context, const Technique *technique, Findings *findings);

#endif
