/* What a turn of a loop does, as the detectors of evaluation and memory ask. Internal to core/detect_*.c. */
#ifndef CORE_DETECT_TURNS_H
#define CORE_DETECT_TURNS_H

#include "core/detect.h"

/* An operation runs in the loop, itself or in a callee to depth PROGRAM_DEPTH. */
bool turns_run_op(const Program *program, const FlowGraph *graph, RegionId loop, const OpId *ops, size_t n);
/* Something in a turn evaluates or waits: eval, asyncEval, item, asArray, also in callees. */
bool turns_evaluate(const Program *program, const FlowGraph *graph, RegionId loop);
/* A node that runs a module which runs modules itself (a model, a block), in the graph or through a function; 0 if none. */
bool turns_is_model(const Program *program, const FlowGraph *graph, NodeId node);
/* The loop calls what it runs over: layers, blocks, heads; also by index. */
bool turns_over_modules(const FlowGraph *graph, RegionId loop);
/* A whole number is read back in the loop itself, once a turn: a token loop. */
bool turns_make_tokens(const FlowGraph *graph, RegionId loop);
/* The loop, or where it is long its first line. */
Span turns_span(const SourceFile *file, const FlowGraph *graph, RegionId loop, uint32_t max_lines);
/* Whether node is computed from `from`, by nodes of the graph. */
bool turns_derive(const FlowGraph *graph, NodeId node, NodeId from);

#endif
