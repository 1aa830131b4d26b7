/* The builder's own state. Internal to core/flow_build*.c. */
#ifndef CORE_FLOW_BUILDER_H
#define CORE_FLOW_BUILDER_H

#include "core/flow_build.h"
#include "core/flow_finish.h"

typedef struct Var {
	Str name;
	bool is_field;
} Var;

typedef VEC(NodeId) Env; /* by VarId: the node it holds, 0 when unset */

typedef struct Frame {
	enum { FRAME_LOOP, FRAME_CLOSURE } kind;
	RegionId region, outer;
	bool outer_dead;
	VEC(NodeId) joins; /* by VarId below n_vars: its join, or 0 */
	VEC(Env) latches;  /* environments that go on to the next turn, beside the end of the body */
	VEC(Env) exits;    /* environments at a break */
	NodeId closure;
} Frame;

struct FlowBranch {
	Span span;
	uint32_t group;
	uint16_t arms;
	RegionId outer, first;
	bool outer_dead, arm_open;
	Env before;
	VEC(Env) arrived;
	VEC(NodeId) values;
	NodeId value; /* of the arm being open */
	bool has_value;
};

struct FlowBuilder {
	const Outline *outline;
	Arena *arena;
	FlowGraph g;
	FlowDraft d;
	VEC(Var) vars; /* 0 unused */
	Env env;
	VEC(VarId) visible;
	VEC(size_t) scopes;
	Map fields;
	VEC(Frame) frames;
	RegionId region;
	bool dead;
	uint32_t groups;
	NodeId self;
};

#endif
