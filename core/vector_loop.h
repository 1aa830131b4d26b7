/* Host loops over arrays of floats, read as what one vDSP or vForce call would do for the whole array.
 *
 * A loop is read only when every value it leaves behind is understood: stores at an index that walks with the loop,
 * collected elements, and folds. Anything else in it (a recurrence, a branch with a store, a gather, an effect) makes it
 * VECTOR_NONE. Judges neither place nor frequency. Nothing is allocated. */
#ifndef CORE_VECTOR_LOOP_H
#define CORE_VECTOR_LOOP_H

#include "core/program.h"

/* In the order in which they speak for a loop that does several of them: the last one there wins. */
typedef enum VectorKind {
	VECTOR_NONE,      /* not understood */
	VECTOR_PLAIN,     /* copies, sums of arrays, offsets: understood, and of no card */
	VECTOR_SCALE,     /* a linear combination of arrays with a factor that stays the same */
	VECTOR_RAMP,      /* values that grow evenly with the index */
	VECTOR_FADE,      /* an array times such values */
	VECTOR_MULTIPLY,  /* products or quotients of two arrays */
	VECTOR_SQRT,      /* square roots */
	VECTOR_EXP,       /* exponentials */
	VECTOR_MAGNITUDE, /* re*re + im*im, also its root */
	VECTOR_HANN,      /* 0.5 - 0.5*cos(2*pi*i/n) */
	VECTOR_CLIP,      /* between two bounds that stay the same */
	VECTOR_MEAN,      /* a sum that is divided by the number of elements */
	VECTOR_MAX,       /* the largest (or smallest) element, or its place */
	VECTOR_SQUARES,   /* the sum of squares */
	VECTOR_DOT,       /* the sum of products of two arrays */
	VECTOR_FOURIER,   /* the sum of products with a sine or cosine of the index: one bin of a transform */
	VECTOR_KIND_COUNT
} VectorKind;

typedef struct VectorLoop {
	VectorKind kind;
	NodeId node;     /* the operation that decides the kind */
	bool magnitudes; /* of absolute values */
	bool smallest;   /* VECTOR_MAX: the smallest */
	bool scaled;     /* VECTOR_CLIP: scaled as well */
	bool squared;    /* VECTOR_MULTIPLY: of one array with itself */
	bool rooted;     /* VECTOR_MAGNITUDE: and its root */
	bool to_integer; /* the result is converted to integers */
} VectorLoop;

/* Reads one loop region of a graph; of a map whose elements are only added up or compared, with that. */
VectorLoop vector_loop_read(const Program *program, const FlowGraph *g, RegionId loop);
/* The arrays (or the number) that the loop leaves behind: the joins of what it fills, the map's result. At most max. */
size_t vector_loop_results(const FlowGraph *g, RegionId loop, NodeId *out, size_t max);

/* ---- parts, for other readers of host arrays ---- */

/* Whether a value is a host array of floating point numbers or a pointer to them: by its type, through unsafe buffers,
 * and `floatChannelData`. */
Truth vector_floats(const FlowGraph *g, NodeId array);
/* The array behind element access, stores and unsafe buffers: what `a[i]`, `a` after `a[i] = x`, `p` in
 * `a.withUnsafeBufferPointer { p in` start from. */
NodeId vector_base(const FlowGraph *g, NodeId array);
bool vector_is(const FlowGraph *g, NodeId node, const char *op);

#endif
