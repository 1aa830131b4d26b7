/* The detectors that cards name by `detector:`: questions about a whole package, or about text, which no pattern can ask.
 *
 * Each stands in a file of its own, core/detect_NAME.c, and has one row in the table of core/detect.c. A detector reads
 * the program and the trees of the context, reports only places in files of the scope (all files with
 * MatchContext.all_files), and adds its findings through detect_add. None keeps state between calls. */
#ifndef CORE_DETECT_H
#define CORE_DETECT_H

#include "core/match.h"

/* Whether findings in the file are wanted. */
bool detect_wants(const MatchContext *context, uint32_t file);
/* Adds a finding of a span; the message is printed into the context's arena. The pointer is good until the next one. */
Finding *detect_add(const MatchContext *context, const Technique *technique, Findings *findings, uint32_t file,
    Span span, const char *message, ...) BASE_PRINTF(6, 7);
/* One line of why (or why not, which lowers the confidence by `steps`). */
void detect_note(Finding *finding, Str words, bool against, int steps);

void detect_dead_code(const MatchContext *context, const Technique *technique, Findings *findings);
void detect_duplicate_code(const MatchContext *context, const Technique *technique, Findings *findings);
void detect_commented_out_code(const MatchContext *context, const Technique *technique, Findings *findings);
void detect_print_in_hot_path(const MatchContext *context, const Technique *technique, Findings *findings);
void detect_over_clearing(const MatchContext *context, const Technique *technique, Findings *findings);
void detect_deprecated_api(const MatchContext *context, const Technique *technique, Findings *findings);
void detect_dead_config_key(const MatchContext *context, const Technique *technique, Findings *findings);
void detect_cache_limit(const MatchContext *context, const Technique *technique, Findings *findings);
void detect_platform_memory_limit(const MatchContext *context, const Technique *technique, Findings *findings);
void detect_clear_cache(const MatchContext *context, const Technique *technique, Findings *findings);
void detect_eval_in_loop(const MatchContext *context, const Technique *technique, Findings *findings);
void detect_eval_before_cache(const MatchContext *context, const Technique *technique, Findings *findings);
void detect_kv_concat(const MatchContext *context, const Technique *technique, Findings *findings);
void detect_pre_norm(const MatchContext *context, const Technique *technique, Findings *findings);
void detect_compile_fuse(const MatchContext *context, const Technique *technique, Findings *findings);

#endif
