/* Inside a row: which operation of one component answers which of another, and so which line answers which.
 *
 * The operations of both graphs, in order of evaluation, are aligned globally (Needleman and Wunsch, "A general method
 * applicable to the search for similarities in the amino acid sequence of two proteins", 1970) with scores from what they are
 * and what they are applied to. Says nothing about whether a difference matters. */
#ifndef CORE_ALIGN_OPS_H
#define CORE_ALIGN_OPS_H

#include "core/program.h"

typedef struct OpPair {
	NodeId a, b; /* nodes of the two graphs that answer each other */
	bool same;   /* equal operation, literals and weight keys; else they differ in some of these */
} OpPair;

/* Pairs in order of a. In arena; *n of them. */
OpPair *align_ops(const FlowGraph *a, const FlowGraph *b, Arena *arena, size_t *n);

typedef enum LineMark {
	LINE_PLAIN,   /* computes nothing of its own */
	LINE_SAME,    /* every operation on it is answered by an equal one */
	LINE_DIFFERS, /* some operation on it is answered by a different one, or not at all */
	LINE_ONLY     /* none of its operations is answered */
} LineMark;
/* '\0' for none, '=', '~', '+'. */
char line_mark_char(LineMark mark);

typedef struct LineAnswer {
	LineMark mark;
	uint32_t line; /* the line of the other file that answers, from 1; 0 when there is none */
} LineAnswer;

typedef struct LineAlignment {
	uint32_t first; /* line of lines[0], from 1 */
	size_t n;
	LineAnswer *lines; /* the component's lines in order */
	LineAnswer *
	    nearest; /* as lines, with lines that have no answer given that of the nearest one before (else after) that has */
} LineAlignment;

/* The lines of component a of one side as answered by component b of another. In arena. */
void align_lines(
    const Program *a_side, ComponentId a, const Program *b_side, ComponentId b, Arena *arena, LineAlignment *out);

#endif
