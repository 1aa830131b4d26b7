/* How the lexicon is held: only core/ops.c and its test look inside.
 *
 * A table is built once from the text of ops.tsv and never changes; all of it lies in its own arena. */
#ifndef CORE_OPS_TABLE_H
#define CORE_OPS_TABLE_H

#include "core/ops.h"

typedef struct SpellingParam {
	Str label;         /* as written in the dialect; empty for '_' and '...' */
	int8_t canon;      /* index into OpInfo.params, or -1 */
	bool is_required;  /* a call without it is another one */
	bool is_rest;      /* takes every unlabelled argument from here on */
	bool is_closure;   /* Swift: may be written as a trailing closure, without its label */
	bool only_integer; /* unlabelled only when an integer literal */
	bool never_integer;
	bool never_string;
	bool only_labelled; /* Python: behind a '*' */
} SpellingParam;

typedef struct Spelling {
	uint64_t key;
	uint32_t next; /* in the same bucket; 0 ends */
	uint32_t line; /* of ops.tsv, from 1 */
	OpId op;
	Dialect dialect;
	Str qualifier, name;
	const SpellingParam *params;
	size_t n_params;
	bool has_rest, constructs;
	int8_t receiver;    /* -1 for functions, operators and constructors */
	OpReceiver needs;   /* only for such a receiver, unless unknown */
	int fixed_param;    /* -1 for none */
	double fixed_value; /* NAN when it is a word */
	Str fixed_text;
	CallForm form; /* functions and constructors alike are CALL_FUNCTION */
} Spelling;

typedef struct OpsTable {
	OpInfo *ops; /* [0] is unused */
	size_t n_ops;
	Spelling *spellings; /* [0] is unused */
	size_t n_spellings;
	uint32_t *buckets;
	size_t n_buckets; /* a power of two */
	Map by_name;
	Arena arena;
} OpsTable;

/* NULL and a message with the line when the text is malformed. */
OpsTable *ops_table_parse(Str text, Err *err);
void ops_table_free(OpsTable *table);

/* The bit of a trait's name, or 0. */
uint32_t ops_trait_named(Str name);
/* What a qualifier as written stands for: "" for the dialect's own modules, else a short form ("fft", "np.linalg"). */
Str ops_namespace(Dialect dialect, CallForm form, Str qualifier);
uint64_t ops_key(Dialect dialect, CallForm form, Str space, Str name);
uint32_t ops_bucket(const OpsTable *table, uint64_t key);

#endif
