/* Detectors about arrays that are made more often, or copied more often, than needed; see core/detect.h. */
#ifndef CORE_DETECT_ARRAYS_H
#define CORE_DETECT_ARRAYS_H

#include "core/detect.h"

void detect_hoist_invariant(const MatchContext *context, const Technique *technique, Findings *findings);
void detect_cross_attention_cache(const MatchContext *context, const Technique *technique, Findings *findings);
void detect_kv_cache_missing(const MatchContext *context, const Technique *technique, Findings *findings);
void detect_sdpa_gqa(const MatchContext *context, const Technique *technique, Findings *findings);
void detect_sdpa_mask_enum(const MatchContext *context, const Technique *technique, Findings *findings);
void detect_as_strided_window(const MatchContext *context, const Technique *technique, Findings *findings);
void detect_round_trip(const MatchContext *context, const Technique *technique, Findings *findings);
void detect_broadcast_not_tile(const MatchContext *context, const Technique *technique, Findings *findings);

#endif
