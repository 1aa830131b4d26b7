/* A whole side as op graphs: every function lowered, calls resolved, summaries, and how often each place runs.
 *
 * Built once a scan from an outline; read by patterns, detectors, rows and the trade-off. Never decides what is worth
 * reporting. Everything lies in the arena given. */
#ifndef CORE_PROGRAM_H
#define CORE_PROGRAM_H

#include "core/flow.h"

typedef enum Frequency {
	FREQUENCY_UNKNOWN,
	FREQUENCY_ONCE,       /* init, lazy, static, main program */
	FREQUENCY_CALL,       /* once a call of the model or of a public entry */
	FREQUENCY_LAYER,      /* once a layer of a stack, each call */
	FREQUENCY_STEP,       /* once a turn of an autoregressive or diffusion loop */
	FREQUENCY_STEP_LAYER, /* both */
	FREQUENCY_ELEMENT,    /* once an element of an array, in a host loop */
	FREQUENCY_COUNT
} Frequency;
/* "once", "per call", "per layer", "per step", "per step and layer", "per element", "unknown how often". */
const char *frequency_words(Frequency frequency);

typedef struct CallSite {
	const FlowGraph *graph; /* where the call stands */
	NodeId node;
} CallSite;

typedef struct Function {
	FlowGraph graph;   /* n is 0 for classes and requirements without a body */
	CallSite *callers; /* resolved calls of this function, tests left out */
	size_t n_callers;
	size_t n_test_callers;
	Frequency frequency;
	Str chain; /* in words: "per step: generate() at Decode.swift:57 → step() → here"; empty when unknown */
	/* summary, through calls to depth PROGRAM_DEPTH */
	NodeId sync; /* a node that waits for the device, or calls what does; 0 if none */
	bool syncs;
	bool
	    returns_fresh_constant; /* its result depends on constants, configuration and its parameters' fixed values only */
	bool
	    only_from_init; /* every resolved caller is an init, a lazy or static value, or only_from_init itself; at least one is */
	bool is_pure;         /* no effects, no field stores, no randomness */
	bool evaluates_ahead; /* starts an evaluation without waiting for it, itself or in a callee */
	bool runs_modules;    /* calls a submodule */
	uint8_t *fixed; /* one a node: Truth with parameters taken as varying, and << 2 with parameters taken as fixed */
} Function;

/* A store to a field of a class, anywhere in the side. */
typedef struct FieldStore {
	ComponentId cls;
	Str name;
	CallSite at;
	bool in_init;  /* in an init, or the declaration's own initial value */
	uint32_t next; /* next one of the same name, or UINT32_MAX */
} FieldStore;

enum { PROGRAM_DEPTH = 4 };

typedef struct Program {
	const Outline *outline;
	Dialect dialect;
	Function *functions; /* one a component, same index; nested functions have empty ones */
	FlowGraph *toplevel; /* one a file */
	FlowGraph *fields;   /* one a component: initial values of a class's stored fields; n is 0 for other components */
	uint64_t n_lowered, n_unknown, n_errors; /* sums over the graphs of the scope */
	uint32_t *unknown_by_kind;               /* SYN_COUNT counts */
	FieldStore *stores;
	size_t n_stores;
	Map stores_by_name;                       /* field name -> index of the first */
	uint8_t **toplevel_fixed, **fields_fixed; /* as Function.fixed */
	Arena *arena;
} Program;

/* Called by worker threads: done of total files are lowered. May be NULL. */
typedef struct ProgramProgress {
	void (*step)(void *context, size_t done, size_t total);
	void *context;
	const volatile bool *cancel;
} ProgramProgress;

/* Lowers everything with n_threads (0: one). False only when cancelled. */
bool program_build(const Outline *outline, Dialect dialect, unsigned n_threads, const ProgramProgress *progress,
    Arena *arena, Program *out);

void program_done(Program *program); /* frees what is not in the arena */

/* The class a node's value is an instance of, or COMPONENT_NONE: through fields, parameters' types, constructors. */
ComponentId program_class_of(const Program *program, const FlowGraph *graph, NodeId node);
/* The graph of a resolved callee, or NULL. */
const FlowGraph *program_callee(const Program *program, const FlowGraph *graph, NodeId node);
/* The argument of a call that a parameter of the component takes, or 0 when its default holds. */
NodeId program_argument(const FlowGraph *graph, NodeId call, const Component *component, Str param);
/* Where the submodule held in a field (or in each element of it) is constructed: the NODE_NEW with its arguments, canonical labels. False when it
 * is set nowhere, or at several places that differ. The field's node may lie in any graph of the program. */
bool program_construction(const Program *program, const FlowGraph *graph, NodeId field, CallSite *construction);
/* How often a node runs, with the chain in words (in arena; may be NULL). */
Frequency program_frequency(const Program *program, const FlowGraph *graph, NodeId node, Arena *arena, Str *chain);
/* What one loop alone says of what stands in it: FREQUENCY_LAYER, _STEP, _CALL (modules, but each turn for itself), _ELEMENT or _ONCE. */
Frequency program_loop_rate(const Program *program, const FlowGraph *graph, RegionId loop);
/* Whether a value is made of constants, configuration and weights only (fields set in init and never after). */
typedef enum Truth { TRUTH_NO, TRUTH_UNKNOWN, TRUTH_YES } Truth;
Truth program_fixed(const Program *program, const FlowGraph *graph, NodeId node);
/* Whether a value cannot change from turn to turn of a loop it stands in. */
Truth program_invariant(const Program *program, const FlowGraph *graph, NodeId node, RegionId loop);
/* The same of every node of the graph at once: one Truth a node, heap memory. The region may also be a closure's: then the turns are its calls. */
uint8_t *program_invariants(const Program *program, const FlowGraph *graph, RegionId loop);
/* Whether reaching the node waits for the device, itself or in a callee; *where gets the call's node. */
bool program_syncs(const Program *program, const FlowGraph *graph, NodeId node);

#endif
