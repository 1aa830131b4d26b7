#include "core/posix.h"

#include "core/detect.h"
#include "core/match.h"

#include "core/detect_arrays.h"
#include "core/detect_host_arrays.h"
#include "core/detect_inline.h"
#include "core/detect_parallel.h"
#include "core/detect_resample.h"
#include "core/detect_small_sort.h"
#include "core/detect_vector.h"

/* Detectors for questions about a whole package or the history of values; one row each. */
static const Detector DETECTORS[] = {
	{ "vector-loop", detect_vector },
	{ "linear-resample", detect_resample },
	{ "concurrent-perform", detect_parallel },
	{ "flat-array", detect_flat_array },
	{ "inline-hot-path", detect_inline_hot_path },
	{ "sorting-network", detect_small_sort },
	{ "reserve-capacity", detect_reserve_capacity },
	{ "dead-code", detect_dead_code },
	{ "duplicate-code", detect_duplicate_code },
	{ "deprecated-api", detect_deprecated_api },
	{ "dead-config-key", detect_dead_config_key },
	{ "eval-in-loop", detect_eval_in_loop },
	{ "eval-before-cache", detect_eval_before_cache },
	{ "cache-limit", detect_cache_limit },
	{ "platform-memory-limit", detect_platform_memory_limit },
	{ "clear-cache", detect_clear_cache },
	{ "print-in-hot-path", detect_print_in_hot_path },
	{ "over-clearing", detect_over_clearing },
	{ "commented-out-code", detect_commented_out_code },
	{ "hoist-invariant", detect_hoist_invariant },
	{ "cross-attention-cache", detect_cross_attention_cache },
	{ "kv-cache-missing", detect_kv_cache_missing },
	{ "sdpa-gqa", detect_sdpa_gqa },
	{ "sdpa-mask-enum", detect_sdpa_mask_enum },
	{ "as-strided-window", detect_as_strided_window },
	{ "zero-imaginary", detect_zero_imaginary },
	{ "host-round-trip", detect_round_trip },
	{ "broadcast-not-tile", detect_broadcast_not_tile },
	{ "kv-cache-concat", detect_kv_concat },
	{ "pre-norm", detect_pre_norm },
	{ "compile-fuse", detect_compile_fuse },
	{ NULL, NULL },
};

const Detector *detector_find(Str name) {
	for (size_t i = 0; name.len && DETECTORS[i].name; i++) {
		if (str_is(name, DETECTORS[i].name)) return &DETECTORS[i];
	}
	return NULL;
}
