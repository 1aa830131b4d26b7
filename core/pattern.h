/* The small language in which cards describe op graphs: parsing and matching.
 *
 * A pattern is an expression over canonical operations, then conditions, one a line:
 *
 *     matmul(~softmax(^matmul(?q, ?kt) as ?s, axis: -1) as ?w, ?v)
 *     where permutes ?kt last-two
 *     unless rank(?q) < 3
 *     weaker if returned ?w: the weights are returned
 *
 * Expressions
 *   ?x            binds; a name used twice must be the same value        _        anything, also an operand left out (..<n)
 *   a | b         alternatives                                           (a)      grouping
 *   op(a, b, label: c, ...)   an operation; operands without a label in order; `...` allows further operands; labels that are
 *                 not named may be there. Commutative operations match in either order.
 *   <trait>(...)  any operation with the trait: view, cast, elementwise, reduction, sync, eval, constructor, fused
 *   op{label: a}(...)  a submodule call, by its constructor's arguments
 *   [a, b]        a literal array; (a, b) is written tuple(a, b)
 *   -1, 0.5, "s", true, nil    literals (numbers also when folded from constants)
 *   field, field(name), param, const, loopvar, call(name, ...), new(name, ...), load(a, i), store(a, v, i), join, closure
 *   loop          the innermost loop region around the root; `loop as ?l` makes the root any loop
 *   p as ?x       binds what p matched
 *   ~p            p behind views, casts, copies, and joins of which every arm reaches p
 *   ^p            ~p, also behind scaling by a scalar or constant and add/where with an operand that doesn't derive from p
 *   ^{a,b}p       also behind the operations named
 *
 * Conditions: see pattern_where.c's table (printed by pattern_describe_conditions). `where c` must hold, `unless c` must not, `weaker if c: words`
 * lowers the confidence by one step and shows the words, `stronger if c: words` raises it. What is unknown is neither: it lowers
 * the confidence by one step and says so, in the words behind a colon where there are any ("unless rank ?q < 3: fewer than 3 axes");
 * after `where surely` it does not hold. */
#ifndef CORE_PATTERN_H
#define CORE_PATTERN_H

#include "core/technique.h"

enum { PATTERN_BINDS = 24, PATTERN_NOTES = 12 };

/* Parses one block. first_line is the block's line in its card, for messages ("line:column: reason"; columns from 1). */
Pattern *pattern_parse(Str text, uint32_t first_line, Arena *arena, Err *err);

typedef struct PatternMatch {
	const FlowGraph *graph;
	NodeId root;   /* what the expression as a whole matched; 0 when the root is a loop region */
	RegionId loop; /* the loop spoken of (`loop as ?l`, or the innermost around the root); REGION_NONE */
	NodeId bind[PATTERN_BINDS];
	size_t n_binds;
	int steps;               /* confidence steps: raised above 0, lowered below */
	Str note[PATTERN_NOTES]; /* words of the steps, and of conditions that were unknown */
	bool note_against[PATTERN_NOTES];
	size_t n_notes;
	Span span; /* from the first to the last node that the match is made of, within the root's statement lines */
} PatternMatch;

/* The surroundings a match may ask about. */
typedef struct PatternContext {
	const Program *program;
	const struct Rows *rows;               /* may be NULL */
	const Program *references[SIDE_COUNT]; /* NULL when absent */
	Arena *arena;                          /* for words */
} PatternContext;

typedef void (*PatternSink)(void *context, const PatternMatch *match);

/* Finds the pattern at one root node; calls sink at most once (the first solution in order). */
bool pattern_match_at(
    const Pattern *pattern, const PatternContext *context, const FlowGraph *graph, NodeId root, PatternMatch *match);
/* The same for a loop region, for patterns whose root is a loop. */
bool pattern_match_loop(
    const Pattern *pattern, const PatternContext *context, const FlowGraph *graph, RegionId loop, PatternMatch *match);
bool pattern_is_loop(const Pattern *pattern);
/* Operations the root can be; n 0: any node has to be tried. */
const OpId *pattern_roots(const Pattern *pattern, size_t *n);
/* Name of the i-th bind, without the question mark. */
Str pattern_bind_name(const Pattern *pattern, size_t i);
NodeId pattern_bound(const Pattern *pattern, const PatternMatch *match, const char *name);

/* One line a condition: how it is written, a tab, what it means. For the documentation of cards. */
void pattern_describe_conditions(Buf *out);

#endif
