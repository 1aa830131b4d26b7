/* Detector of hand-written resampling. */
#ifndef CORE_DETECT_RESAMPLE_H
#define CORE_DETECT_RESAMPLE_H

#include "core/match.h"

/* Linear interpolation between neighbouring samples at positions that are the index times a ratio of two rates (not of two
 * sizes, which is how features are stretched), here or in a function that is handed that ratio. */
void detect_resample(const MatchContext *context, const Technique *technique, Findings *findings);

#endif
