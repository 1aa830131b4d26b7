/* Lines of two components that answer each other, and how three texts stand side by side.
 *
 * A line answers the line whose operations answer its own (core/align_ops.h); a line that computes nothing is answered by
 * one that says the same words between the same neighbours. Lines count from 1. Says nothing about whether a difference
 * matters, and reads no file. */
#ifndef CORE_ALIGN_LINES_H
#define CORE_ALIGN_LINES_H

#include "core/program.h"

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
	uint32_t line; /* the line of the other file that answers; 0 when there is none */
} LineAnswer;

typedef struct LineAlignment { /* the lines of one component towards another */
	uint32_t first;            /* line of lines[0] */
	size_t n;
	LineAnswer *lines; /* in order */
	uint32_t *nearest; /* the answering line, else that of the nearest line before (else after) that has one */
	uint32_t *beside;  /* the line that stands on the same row, or 0: one to one, and never crossing */
} LineAlignment;

/* The lines of component a of one side and b of another: to[] of a's towards b's, back[] the other way; both agree on what
 * stands beside what. In arena. */
void align_lines(const Program *a_side, ComponentId a, const Program *b_side, ComponentId b, Arena *arena,
    LineAlignment *to, LineAlignment *back);
/* The entry of a line, or NULL outside the component. */
const LineAnswer *line_answer(const LineAlignment *alignment, uint32_t line);
uint32_t line_nearest(const LineAlignment *alignment, uint32_t line); /* 0 outside */
uint32_t line_beside(const LineAlignment *alignment, uint32_t line);  /* 0 outside, and for none */

/* 0..1: how many of the words in two parts of code are in both (identifiers parted, without what one language alone says). */
double line_words_alike(Str a, Str b);

/* ---- three texts side by side ---- */

typedef struct LinePane {
	uint32_t first, last;        /* the lines that are shown; 0, 0: nothing is */
	const LineAlignment *beside; /* of the hub's lines towards this pane's; NULL: none is known */
	uint32_t anchor;             /* without beside: this line stands beside the hub's anchor; 0: the first one does */
} LinePane;

typedef struct LineRow {
	uint32_t line[SIDE_COUNT]; /* 0: a filler */
} LineRow;

/* Rows in which every line of every pane stands once and in order, and lines that answer each other stand on one row. hub is
 * the pane that the others are aligned to; its own `beside` is not read. Outside of what is aligned, lines go on by twos
 * and threes. In arena; *n of them. */
LineRow *line_rows(const LinePane panes[SIDE_COUNT], Side hub, Arena *arena, size_t *n);

#endif
