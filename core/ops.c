/* The lexicon's table: read from ops.tsv, indexed by dialect, form, qualifier and name. */
#include "core/posix.h"

#include "core/ops.h"

#include "core/data.h"
#include "core/ops_table.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

/* Written once under the lock of pthread_once, read-only afterwards. */
static pthread_once_t ops_once = PTHREAD_ONCE_INIT;
static OpsTable *ops_table;

static const char *const trait_names[] = { "view", "cast", "copy", "elementwise", "reduction", "sync", "eval",
	"constructor", "fused", "commutative", "random", "effect", "mutates", "host", "comparison", "device", "module",
	"shape", "expensive" };

uint32_t ops_trait_named(Str name) {
	for (size_t i = 0; i < BASE_COUNT(trait_names); i++)
		if (str_is(name, trait_names[i])) return UINT32_C(1) << i;
	return 0;
}

static void load(void) {
	Str text;
	Err err = { "" };
	if (!data_get("core/ops.tsv", &text)) base_fatal("core/ops.tsv isn't embedded");
	ops_table = ops_table_parse(text, &err);
	if (!ops_table) base_fatal("%s", err.text);
}

void ops_load(void) { pthread_once(&ops_once, load); }

const OpInfo *op_info(OpId op) {
	static const char *const none[] = { NULL };
	static const OpInfo unknown = { "unknown", 0, none, 0 };
	return op != OP_NONE && op < ops_table->n_ops ? &ops_table->ops[op] : &unknown;
}

OpId op_find(Str name) {
	const uintptr_t *op = map_get(&ops_table->by_name, name);
	return op ? (OpId)*op : OP_NONE;
}

OpId op_named(const char *name) { return op_find(str_of(name)); }

size_t op_count(void) { return ops_table->n_ops; }

/* ---- does a spelling fit a call ---- */

enum { FIT_NONE = -1, FIT_FULL = 10000, FIT_PART = 1000, MAX_ARGS = 16 };

typedef struct Fit {
	uint64_t filled;  /* parameters of the spelling that have an argument */
	size_t common;    /* labels of the call that the spelling knows */
	size_t strangers; /* labels of the call that it doesn't */
	size_t next;      /* the first parameter that an unlabelled argument may take */
	bool is_borrowed; /* a trailing closure took a labelled parameter */
} Fit;

/* Labels any call of a dialect may carry without saying anything about which operation it is. */
static bool label_is_common(Dialect dialect, Str label) {
	static const char *const torch[] = { "device", "out", "requires_grad", "generator", "pin_memory", "layout",
		"non_blocking", "memory_format", "inplace", "copy" };
	if (dialect != DIALECT_TORCH) return str_is(label, "stream");
	for (size_t i = 0; i < BASE_COUNT(torch); i++)
		if (str_is(label, torch[i])) return true;
	return false;
}

static bool is_filled(const Fit *fit, size_t param) { return fit->filled >> param & 1; }

static const SpellingParam *take(const Spelling *s, Fit *fit, size_t param) {
	fit->filled |= UINT64_C(1) << param;
	fit->next = s->params[param].is_rest ? param : param + 1;
	return &s->params[param];
}

static const SpellingParam *take_labelled(const Spelling *s, Fit *fit, Str label) {
	for (size_t i = 0; i < s->n_params; i++) {
		const SpellingParam *p = &s->params[i];
		if (p->is_rest || is_filled(fit, i) || !str_eq(p->label, label)) continue;
		fit->common++;
		size_t next = fit->next;
		take(s, fit, i);
		if (s->dialect != DIALECT_SWIFT) fit->next = next;
		return p;
	}
	return NULL;
}

/* Python's own names for an operand that ops.tsv leaves nameless. */
static const SpellingParam *take_operand(const Spelling *s, Fit *fit, Str label) {
	static const char *const first[] = { "input", "a", "x", "tensors", "arrays", "data", "self" };
	static const char *const second[] = { "other", "b", "mat2" };
	int operand = -1;
	for (size_t i = 0; i < BASE_COUNT(first); i++)
		if (str_is(label, first[i])) operand = 0;
	for (size_t i = 0; i < BASE_COUNT(second); i++)
		if (str_is(label, second[i])) operand = 1;
	for (size_t i = 0; operand >= 0 && s->dialect != DIALECT_SWIFT && i < s->n_params; i++) {
		const SpellingParam *p = &s->params[i];
		if (p->canon != operand || p->label.len || p->is_rest || is_filled(fit, i)) continue;
		size_t next = fit->next;
		take(s, fit, i);
		fit->next = next;
		return p;
	}
	return NULL;
}

/* Swift: the next parameter without a label. Python: the next parameter in order. */
static const SpellingParam *take_unlabelled(const Spelling *s, Fit *fit) {
	for (size_t i = fit->next; i < s->n_params; i++) {
		const SpellingParam *p = &s->params[i];
		if ((is_filled(fit, i) && !p->is_rest) || p->only_labelled) continue;
		if (s->dialect == DIALECT_SWIFT && p->label.len && !p->is_rest) continue;
		return take(s, fit, i);
	}
	return NULL;
}

/* A trailing closure in Swift drops its parameter's label. */
static const SpellingParam *take_trailing(const Spelling *s, Fit *fit) {
	for (size_t i = 0; i < s->n_params; i++) {
		if (is_filled(fit, i) || !s->params[i].is_closure) continue;
		fit->is_borrowed = true;
		return take(s, fit, i);
	}
	return NULL;
}

/* Sends one argument to its place; false when it can't be an argument of this spelling. */
static bool place(const Spelling *s, const OpCall *call, size_t arg, Fit *fit, OpMatch *match) {
	Str label = call->labels ? call->labels[arg] : STR_NONE;
	const SpellingParam *p = NULL;
	if (label.len) {
		p = take_labelled(s, fit, label);
		if (!p) p = take_operand(s, fit, label);
		if (!p && !label_is_common(s->dialect, label)) fit->strangers++;
	} else {
		p = take_unlabelled(s, fit);
		if (!p && arg + 1 == call->n_args) p = take_trailing(s, fit);
		if (!p) return false;
		bool is_integer = arg < 32 && (call->integers >> arg & 1);
		bool is_string = arg < 32 && (call->strings >> arg & 1);
		if ((p->only_integer && !is_integer) || (p->never_integer && is_integer)) return false;
		if (p->never_string && is_string) return false;
	}
	if (arg < MAX_ARGS) match->canon[arg] = p ? p->canon : -1;
	return true;
}

static size_t missing(const Spelling *s, const Fit *fit, bool *is_required) {
	size_t n = 0;
	*is_required = false;
	for (size_t i = 0; i < s->n_params; i++) {
		if (is_filled(fit, i)) continue;
		if (s->params[i].is_required) *is_required = true;
		if (!s->params[i].is_rest) n++;
	}
	return n;
}

static void fix(const Spelling *s, OpMatch *match, size_t n_args) {
	match->fixed_param = s->fixed_param;
	match->fixed_value = s->fixed_value;
	match->fixed_text = s->fixed_text;
	for (size_t i = 0; i < n_args && i < MAX_ARGS; i++)
		if (match->canon[i] == s->fixed_param) match->fixed_param = -1;
}

/* How well the spelling fits, FIT_NONE when it doesn't; fills *match. */
static int spelling_fit(const Spelling *s, const OpCall *call, OpMatch *match) {
	Fit fit = { 0 };
	memset(match, 0, sizeof *match);
	memset(match->canon, -1, sizeof match->canon);
	match->op = s->op;
	match->receiver = s->receiver;
	match->constructs = s->constructs;
	for (size_t i = 0; i < call->n_args; i++)
		if (!place(s, call, i, &fit, match)) return FIT_NONE;
	bool lacks_required;
	size_t unfilled = missing(s, &fit, &lacks_required);
	if (lacks_required) return FIT_NONE;
	fix(s, match, call->n_args);
	int penalty = (int)unfilled * 10 + (fit.is_borrowed ? 5 : 0);
	if (!fit.strangers) return FIT_FULL - penalty;
	/* Swift's labels belong to the function's name: one in common at least, and in Python anything that was placed. */
	if (call->n_args > s->n_params && !s->has_rest) return FIT_NONE;
	if (s->dialect == DIALECT_SWIFT ? !fit.common : !fit.filled && s->receiver < 0) return FIT_NONE;
	return FIT_PART + (int)fit.common * 20 - (int)fit.strangers * 20 - penalty;
}

/* Host and device methods share names: what is known of the receiver decides, and an array is likelier than a list. */
static int receiver_bonus(const Spelling *s, const OpCall *call) {
	bool is_host = ops_table->ops[s->op].traits & OP_HOST;
	if (call->receiver == OP_RECEIVER_HOST) return is_host ? 500 : 0;
	return is_host ? 0 : 3;
}

static void resolve_key(const OpCall *call, uint64_t key, Str name, int *best, OpMatch *match) {
	for (uint32_t i = ops_bucket(ops_table, key); i; i = ops_table->spellings[i].next) {
		const Spelling *s = &ops_table->spellings[i];
		OpMatch candidate;
		if (s->key != key || !str_eq(s->name, name)) continue;
		if (s->needs && s->needs != call->receiver) continue;
		bool is_host = ops_table->ops[s->op].traits & OP_HOST;
		if (call->receiver == OP_RECEIVER_DEVICE && s->receiver >= 0 && is_host) continue;
		int fit = spelling_fit(s, call, &candidate);
		if (fit == FIT_NONE) continue;
		if (s->receiver >= 0) fit += receiver_bonus(s, call);
		if (fit <= *best) continue;
		*best = fit;
		*match = candidate;
	}
}

static bool resolve_named(const OpCall *call, Str name, OpMatch *match) {
	int best = FIT_NONE;
	Str space = ops_namespace(call->dialect, call->form, call->qualifier);
	resolve_key(call, ops_key(call->dialect, call->form, space, name), name, &best, match);
	/* Few names mean another thing in nn than in mx or torch: the others are written without it. */
	if (best == FIT_NONE && call->dialect != DIALECT_SWIFT && str_is(space, "nn"))
		resolve_key(call, ops_key(call->dialect, call->form, STR_NONE, name), name, &best, match);
	return best != FIT_NONE;
}

/* The name without what says "in place": the '=' of `+=`, the '_' of torch's x.add_(y). Empty when there is none. */
static Str without_mark(const OpCall *call) {
	Str name = call->name;
	bool is_compound = call->form == CALL_OPERATOR && str_ends(name, "=");
	bool is_torch = call->dialect == DIALECT_TORCH && str_ends(name, "_") && !str_ends(name, "__") &&
	                (call->form == CALL_METHOD || call->form == CALL_FUNCTION);
	return name.len > 1 && (is_compound || is_torch) ? str_sub(name, 0, name.len - 1) : STR_NONE;
}

bool ops_resolve(const OpCall *call, OpMatch *match) {
	if (resolve_named(call, call->name, match)) return true;
	Str bare = without_mark(call);
	if (!bare.len || !resolve_named(call, bare, match)) return false;
	match->in_place = true;
	return true;
}
