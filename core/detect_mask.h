/* What a mask array is made of, for sdpa-mask-enum. Between detect_mask*.c and nobody else. */
#ifndef CORE_DETECT_MASK_H
#define CORE_DETECT_MASK_H

#include "core/detect.h"

/* 0, 1, ... plus a scalar at most, as an array. */
bool mask_is_count(const Program *program, const FlowGraph *g, NodeId id);
/* A triangle of true or one and false or zero: two counts compared on two axes, tri, tril or triu of ones; behind views and casts. */
bool mask_is_triangle(const Program *program, const FlowGraph *g, NodeId id);
/* A value that is zero on one side of such a triangle and low (at most -1000) on the other, whatever the arithmetic between:
 * where(t .== 0, low, 0), t * 1e9 - 1e9, (1 - t) * low; or a triangle cut out of low values. */
bool mask_is_additive(const Program *program, const FlowGraph *g, NodeId id);
/* The triangle that an additive mask is made of, or 0. */
NodeId mask_triangle_of(const Program *program, const FlowGraph *g, NodeId id);
/* An array of zeros and low values that is filled on the host by two loops, one below the other's index, or written out:
 * the loop's region in *loop, or REGION_NONE. */
bool mask_is_filled(const FlowGraph *g, NodeId array, RegionId *loop);
/* Whether the value becomes the mask of attention, through views, branches and calls: the argument of the fused kernel, what scores
 * are added to or selected by. */
bool mask_arrives(const Program *program, const FlowGraph *g, NodeId id, int depth);
/* Whether a value is made by a product of arrays. */
bool mask_is_score(const FlowGraph *g, NodeId id);

#endif
