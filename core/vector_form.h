/* What a value inside a loop is in terms of the loop's index. Internal to core/vector_*.c. */
#ifndef CORE_VECTOR_FORM_H
#define CORE_VECTOR_FORM_H

#include "core/vector_loop.h"

typedef enum FormKind {
	FORM_OTHER,     /* not understood */
	FORM_FIXED,     /* the same in every turn */
	FORM_INDEX,     /* an integer that walks evenly with the loop */
	FORM_RAMP,      /* a float that does */
	FORM_ELEMENT,   /* an element of an array at such an index, or a sum of some */
	FORM_SCALED,    /* ... times something fixed */
	FORM_FADE,      /* an element times a ramp */
	FORM_PRODUCT,   /* an element times or through another */
	FORM_SQUARE,    /* an element times itself */
	FORM_WAVE,      /* a sine or cosine of a ramp, times and plus something fixed */
	FORM_WAVED,     /* an element times such a wave */
	FORM_MAGNITUDE, /* two squares added */
	FORM_EXP,
	FORM_SQRT
} FormKind;

typedef struct Form {
	FormKind kind;
	NodeId at;               /* the operation that made it this kind */
	bool low, high;          /* bounded from below, above, by something fixed */
	bool absolute, scaled;   /* on the way */
	bool rooted, to_integer; /* on the way */
} Form;

typedef struct FormReader {
	const Program *program;
	const FlowGraph *g;
	RegionId loop;
	const FlowRegion *region;
	int budget;      /* nodes left to look at */
	bool has_floats; /* an array of floats was met */
	bool has_others; /* an array of something else was met */
} FormReader;

Form vector_form(FormReader *r, NodeId node);
/* value = *shift + *factor * cos(2*pi*i/n), for FORM_WAVE; false for waves of another length. */
bool vector_wave(const FormReader *r, NodeId node, double *shift, double *factor);

#endif
