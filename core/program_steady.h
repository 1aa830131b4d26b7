/* What a function computes alike in every turn of a loop that calls it, near or far.
 *
 * A parameter is steady when each call that stands in a loop gives it what that loop doesn't change, and each call elsewhere what is steady there, in a
 * function that is itself called in a loop. The loop may be one over layers (then the weights of `self` differ from turn to turn), one over steps, one over
 * data, or a closure that the function it is given to calls in a loop. Computed on demand from a finished program; nothing is kept in it. */
#ifndef CORE_PROGRAM_STEADY_H
#define CORE_PROGRAM_STEADY_H

#include "core/program.h"

typedef enum RepeatKind { REPEAT_NONE, REPEAT_TURNS, REPEAT_LAYERS, REPEAT_STEPS } RepeatKind;

typedef struct SteadyFunction {
	RepeatKind kind;         /* REPEAT_NONE: no loop calls it, or nobody knows */
	const FlowGraph *around; /* where the loop stands, and which it is: a loop's region or a closure's */
	RegionId loop;
	uint32_t line; /* of the loop, or of the closure */
	/* One a node: TRUTH_YES the same in every turn, TRUTH_UNKNOWN the same as long as shapes are; NULL when not repeated. */
	uint8_t *nodes;
	const bool *reach; /* program_reach of the loop */
	bool
	    decodes; /* the loop reads numbers back and goes on from them: shapes change from its first turn to the second */
} SteadyFunction;

typedef struct Steady {
	const Program *program;
	SteadyFunction *functions; /* one a component */
	uint8_t *state;
	Arena *arena;
} Steady;

void steady_init(const Program *program, Arena *arena, Steady *out);
const SteadyFunction *steady_of(Steady *steady, ComponentId function);

/* Whether a closure is called in a loop: by the function it is given to, or where it is made. */
bool program_closure_repeats(const Program *program, const FlowGraph *graph, RegionId closure);
/* The step of a solver: such a closure that runs a model. */
bool program_closure_steps(const Program *program, const FlowGraph *graph, RegionId closure);

#endif
