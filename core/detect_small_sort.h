/* Detector of general sorts over a few elements. */
#ifndef CORE_DETECT_SMALL_SORT_H
#define CORE_DETECT_SMALL_SORT_H

#include "core/match.h"

/* One element taken, by a literal index, of a sorted array whose size is a literal from 3 to 9. */
void detect_small_sort(const MatchContext *context, const Technique *technique, Findings *findings);

#endif
