/* All techniques over one side: patterns and detectors in, findings out, one a place.
 *
 * Findings are what scan.c makes candidates of, and what technique_check counts. Reads programs; writes nothing. */
#ifndef CORE_MATCH_H
#define CORE_MATCH_H

#include "core/pattern.h"

enum { FINDING_NOTES = 12 };

enum { FINDING_CALLEES = 4 };

typedef struct Finding {
	const Technique *technique;
	const FlowGraph *graph;
	NodeId root;   /* 0 for a loop's or a package's */
	RegionId loop; /* REGION_NONE when none */
	uint32_t file;
	Span span;
	int steps; /* confidence steps against the card's base */
	Str message;
	Str note[FINDING_NOTES];
	bool note_against[FINDING_NOTES];
	size_t n_notes;
	Frequency frequency;
	Str chain;
	const FlowGraph *callee[FINDING_CALLEES]; /* functions that hold a part of the formula; NULL behind the last */
} Finding;

typedef VEC(Finding) Findings;

typedef struct MatchContext {
	const Program *program;
	const Program *references[SIDE_COUNT];
	const struct Rows *rows; /* may be NULL */
	const Technique *const *techniques;
	size_t n_techniques;
	bool all_files;              /* also outside the scope */
	const volatile bool *cancel; /* may be NULL */
	Arena *arena;
} MatchContext;

/* Everything found, in order of file and place; overlapping findings of one technique merged, and those dropped that
 * yield to another technique at the same place. findings is heap memory: VEC_FREE. */
void match_all(const MatchContext *context, Findings *findings);

/* A detector for a question that no pattern can ask; named in cards by `detector:`. */
typedef struct Detector {
	const char *name;
	void (*run)(const MatchContext *context, const Technique *technique, Findings *findings);
} Detector;
const Detector *detector_find(Str name); /* NULL when there is none */

/* The text of a node on one line, cut to about 48 bytes, for messages. */
Str match_text(const MatchContext *context, const FlowGraph *graph, NodeId node);

#endif
