/* A parsed pattern. Internal to core/pattern_*.c. */
#ifndef CORE_PATTERN_TREE_H
#define CORE_PATTERN_TREE_H

#include "core/pattern.h"

typedef enum PatKind {
	PAT_ANY,   /* _ */
	PAT_BIND,  /* ?x alone */
	PAT_OP,    /* op(...), op{...}(...) */
	PAT_TRAIT, /* <trait>(...) */
	PAT_NUMBER,
	PAT_TEXT, /* "s" */
	PAT_BOOL,
	PAT_NIL,
	PAT_FIELD, /* field, field(name) */
	PAT_PARAM,
	PAT_CONST,
	PAT_LOOPVAR,
	PAT_JOIN,
	PAT_CLOSURE,
	PAT_CALL, /* call(name, ...), call(_, ...) */
	PAT_NEW,
	PAT_MODULE, /* module(...): a call of any submodule */
	PAT_LOAD,
	PAT_STORE, /* store(a, v, i...) of an element */
	PAT_KEEP,  /* keep(field, v): a store to a field; keep(v): to any field */
	PAT_LIST,  /* [a, b] */
	PAT_TUPLE,
	PAT_PART, /* part(a) */
	PAT_RETURN,
	PAT_SYNCS,  /* syncs: a node that waits for the device, itself or in a callee */
	PAT_EITHER, /* a | b */
	PAT_LOOP    /* only as the root */
} PatKind;

typedef enum PatReach { REACH_HERE, REACH_BEHIND, REACH_SCALED } PatReach; /* p, ~p, ^p */

typedef struct Pat Pat;
struct Pat {
	PatKind kind;
	PatReach reach;
	OpId *passes; /* ^{a,b} */
	size_t n_passes;
	int bind; /* slot of `as ?x` or ?x, or -1 */
	int root; /* hidden slot of a ^p: what p matched, so that what is passed can be checked not to derive from it; -1 */
	OpId op;
	uint32_t traits;
	double number;
	Str text; /* PAT_TEXT; name of field, call, new */
	Pat **args;
	Str *labels; /* one an argument, empty for operands */
	size_t n_args;
	bool open;  /* `...`: further operands allowed */
	Pat **made; /* op{label: p}: constructor's arguments */
	Str *made_labels;
	size_t n_made;
};

typedef enum ClauseKind { CLAUSE_WHERE, CLAUSE_SURELY, CLAUSE_UNLESS, CLAUSE_WEAKER, CLAUSE_STRONGER } ClauseKind;

typedef struct ConditionRow ConditionRow;

typedef enum ConditionWordKind { WORD_NAME, WORD_BIND, WORD_NUMBER, WORD_COMPARE, WORD_PAT } ConditionWordKind;
typedef struct ConditionWord {
	ConditionWordKind kind;
	Str text; /* as written */
	int bind; /* slot */
	double number;
	Pat *pat;
} ConditionWord;

typedef struct Clause {
	ClauseKind kind;
	const ConditionRow *row;
	ConditionWord *words; /* after the condition's own name */
	size_t n_words;
	Str says; /* words after ':' */
	Str text; /* the condition as written, for messages */
	uint32_t line;
} Clause;

struct Pattern {
	Pat *root;
	Clause *clauses;
	size_t n_clauses;
	Str binds[PATTERN_BINDS]; /* names; hidden slots are empty */
	size_t n_binds;
	OpId *roots;
	size_t n_roots;
	uint32_t line;
};

/* ---- conditions (pattern_where.c) ---- */

typedef struct Matcher Matcher;

struct ConditionRow {
	const char *name;  /* one or several words: "in loop" */
	const char *words; /* what follows: "?x", "?x axis N CMP N", ... for the help and the parser */
	Truth (*holds)(const Matcher *m, const Clause *clause);
	const char *help;
};

/* The row whose name the words begin with, longest first, and how many words its name takes; NULL when there is none. */
const ConditionRow *pattern_condition(const Str *words, size_t n_words, size_t *taken);

struct Matcher {
	const Pattern *pattern;
	const PatternContext *context;
	const FlowGraph *graph;
	PatternMatch *match;
	bool
	    finish; /* the conditions are checked when the last goal is met, so that another solution is tried when they fail */
	long budget; /* steps left; a pattern that runs away gives up */
};

/* Conditions of pattern_where_loop.c. */
Truth pattern_in_step_loop(const Matcher *m, const Clause *clause);
Truth pattern_from_modules(const Matcher *m, const Clause *clause);
Truth pattern_evaluates_ahead(const Matcher *m, const Clause *clause);
Truth pattern_left_to_callers(const Matcher *m, const Clause *clause);
Truth pattern_consecutive(const Matcher *m, const Clause *clause);
Truth pattern_only_fills(const Matcher *m, const Clause *clause);
Truth pattern_folds(const Matcher *m, const Clause *clause);
Truth pattern_runs_given(const Matcher *m, const Clause *clause);
Truth pattern_sized_by_turn(const Matcher *m, const Clause *clause);
Truth pattern_is_ragged(const Matcher *m, const Clause *clause);
Truth pattern_goes_into_object(const Matcher *m, const Clause *clause);
Truth pattern_called_in_turns(const Matcher *m, const Clause *clause);
Truth pattern_now_and_then(const Matcher *m, const Clause *clause);
Truth pattern_beside_steps(const Matcher *m, const Clause *clause);
Truth pattern_from_weights(const Matcher *m, const Clause *clause);
/* Whether all that a function returns is fixed, whatever it is given. */
bool pattern_gives_constant(const Program *program, ComponentId id);
/* What a callee computes, in the units of the condition `cost`. */
double pattern_callee_cost(const Program *program, ComponentId callee);

/* Whether node derives from ancestor: reaches it through arguments. */
bool pattern_derives(const FlowGraph *g, NodeId node, NodeId ancestor);
/* Whether a value is a scalar: a number, a host scalar, a device array of rank 0 or one element. */
Truth pattern_scalar(const Program *program, const FlowGraph *g, NodeId node);
/* Matches a condition's own small pattern against a node with the binds as they are (binds made are kept on success). */
bool pattern_match_inner(const Matcher *m, const Pat *pat, NodeId node);

#endif
