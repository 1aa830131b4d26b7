/* duplicate-code: functions and types of the package that are the same but for the names of their locals.
 *
 * Each function and type becomes a list of tokens: comments, modifiers and its own name are left out, and the locals of a
 * function are numbered by their first appearance. Pairs are looked for by the runs of four tokens they share, and kept
 * when nearly all of the longer one is in the shorter, in the same order. A type that is a copy is one finding, and its
 * members none of their own. Configuration types, decoding and what stands in the arms of one `#if` is not looked at. */
#include "core/posix.h"

#include "core/detect.h"

#include <stdlib.h>
#include <string.h>

enum {
	RUN = 4,
	SAMPLE = 4,           /* one run in so many is indexed */
	COMMON = 48,          /* runs in more units than this say nothing */
	FUNCTION_TOKENS = 40, /* smaller functions are no matter */
	SMALL_TOKENS = 70,    /* up to this they have to be equal nearly to the token */
	TYPE_TOKENS = 90,
	LONG_TOKENS = 1500,   /* longer ones are compared by runs only */
	SIBLING_TOKENS = 120, /* members of one type that differ in words are forms of one thing, unless they are as long */
	SAME_OPS = 6,         /* as many equal operations make up for other words */
	SMALL_OPS = 3,        /* a small function that computes less than this is a wrapper */
	PLACES = 4,           /* of further copies that a message names */
	CONVENTION = 6        /* more copies than this are how the package is made */
};

static const double ALIKE = 0.88, ALIKE_SMALL = 0.96, ALIKE_BY_OPS = 0.7, SURE = 0.93, EQUAL = 0.999;

typedef struct Unit {
	ComponentId component;
	uint32_t *tokens;
	uint64_t *runs;  /* sorted */
	uint64_t *calls; /* sorted: operations, and names of what else is called or made */
	size_t n, n_runs, n_calls, n_ops;
	uint64_t ops; /* of the operations alone, whatever their order; and of a module's weight keys */
	size_t best;  /* most similar other unit */
	double similarity;
	bool same_ops; /* as the best one */
	size_t group;  /* representative, as in union-find */
} Unit;

typedef struct RunEntry {
	uint64_t hash;
	uint32_t unit;
} RunEntry;

typedef struct Duplicates {
	const Program *program;
	const Outline *outline;
	Arena arena;
	VEC(Unit) units;
	VEC(RunEntry) index;
} Duplicates;

/* ---- tokens ---- */

typedef struct Names {
	Map numbers; /* local name -> its number + 1; 0 before its first appearance */
	uintptr_t next;
	Str own; /* the declared name */
} Names;

static bool is_declared_here(const SyntaxTree *t, SynId id) {
	SyntaxKind parent = (SyntaxKind)t->nodes[t->nodes[id].parent].kind;
	return parent == SYN_PATTERN || parent == SYN_PARAMETER || parent == SYN_LAMBDA_PARAMETER ||
	       t->nodes[id].field == SYNF_BOUND_IDENTIFIER;
}

static void find_locals(const SyntaxTree *t, SynId node, Names *names) {
	for (SynId id = node; id < t->nodes[node].next; id++) {
		if (t->nodes[id].kind != SYN_SIMPLE_IDENTIFIER || !is_declared_here(t, id)) continue;
		if (t->nodes[id].field == SYNF_EXTERNAL_NAME) continue;
		Str name = syntax_text(t, id);
		if (!map_get(&names->numbers, name)) map_put(&names->numbers, name, 0);
	}
}

static bool is_member_name(const SyntaxTree *t, SynId id) {
	SyntaxKind parent = (SyntaxKind)t->nodes[t->nodes[id].parent].kind;
	return parent == SYN_NAVIGATION_SUFFIX || parent == SYN_VALUE_ARGUMENT_LABEL;
}

static uint32_t token_of(const SyntaxTree *t, SynId id, Names *names) {
	Str text = syntax_text(t, id);
	if (str_eq(text, names->own)) return 1;
	uintptr_t *number =
	    t->nodes[id].kind == SYN_SIMPLE_IDENTIFIER && !is_member_name(t, id) ? map_get(&names->numbers, text) : NULL;
	if (!number) return (uint32_t)(hash_str(HASH_SEED, text) | 0x80000000u);
	if (!*number) *number = ++names->next;
	return (uint32_t)*number + 1;
}

static bool is_left_out(SyntaxKind kind) {
	return kind == SYN_COMMENT || kind == SYN_MULTILINE_COMMENT || kind == SYN_MODIFIERS || kind == SYN_ATTRIBUTE ||
	       kind == SYN_PARAMETER_MODIFIERS;
}

static void read_tokens(Duplicates *d, const Component *c, Unit *unit) {
	const SyntaxTree *t = &d->outline->trees[c->file];
	Names names = { .own = c->base };
	VEC(uint32_t) tokens = { 0 };
	if (c->kind != COMPONENT_CLASS) find_locals(t, c->node, &names);
	for (SynId id = c->node; id < t->nodes[c->node].next;) {
		const SyntaxNode *node = &t->nodes[id];
		if (is_left_out((SyntaxKind)node->kind)) {
			id = node->next;
			continue;
		}
		bool leaf = node->next == id + 1 && node->span.end > node->span.start;
		if (leaf) VEC_PUSH(tokens) = token_of(t, id, &names);
		id++;
	}
	map_done(&names.numbers);
	unit->n = tokens.n;
	unit->tokens = VEC_TO_ARENA(tokens, &d->arena);
}

static int by_hash(const void *a, const void *b) {
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
	return (x > y) - (x < y);
}

static void read_runs(Duplicates *d, Unit *unit) {
	unit->n_runs = unit->n >= RUN ? unit->n - RUN + 1 : 0;
	unit->runs = ARENA_ARRAY(&d->arena, uint64_t, unit->n_runs + 1);
	for (size_t i = 0; i < unit->n_runs; i++)
		unit->runs[i] = hash_bytes(HASH_SEED, &unit->tokens[i], RUN * sizeof *unit->tokens);
	qsort(unit->runs, unit->n_runs, sizeof *unit->runs, by_hash);
}

/* ---- what is called ---- */

/* "Attention" of "EncoderAttention": the last word counts where a model's name stands before it. */
static Str last_word(Str name) {
	size_t at = name.len;
	while (at > 1 && !(name.ptr[at - 1] >= 'A' && name.ptr[at - 1] <= 'Z' && name.len - at >= 3)) at--;
	return at > 1 ? str_sub(name, at - 1, name.len) : name;
}

typedef VEC(uint64_t) Hashes;

static void read_calls(const FlowGraph *g, Hashes *calls, Unit *unit) {
	for (NodeId id = 1; id < g->n; id++) {
		const FlowNode *node = &g->nodes[id];
		if (node->origin) continue;
		bool op = node->op && (node->kind == NODE_OP || node->kind == NODE_MODULE);
		if (op) {
			VEC_PUSH(*calls) = hash_u64(HASH_SEED, node->op);
			unit->ops += hash_u64(HASH_SEED, node->op);
			unit->n_ops++;
		} else if (node->kind == NODE_CONST && node->is_number && !node->is_implicit) {
			VEC_PUSH(*calls) = hash_str(HASH_SEED, node->text);
		} else if (node->kind == NODE_CALL || node->kind == NODE_NEW) {
			bool own = node->callee != COMPONENT_NONE;
			Str name = own ? last_word(node->name) : node->name;
			if (own && node->kind == NODE_CALL) continue;
			if (name.len) VEC_PUSH(*calls) = hash_str(HASH_SEED, name);
		}
	}
}

static void read_unit_calls(Duplicates *d, Unit *unit) {
	const Component *c = &d->outline->components[unit->component];
	Hashes calls = { 0 };
	if (c->kind != COMPONENT_CLASS) {
		read_calls(&d->program->functions[unit->component].graph, &calls, unit);
	} else {
		for (ComponentId id = unit->component + 1; id < d->outline->n; id++) {
			const Component *m = &d->outline->components[id];
			if (m->file != c->file || m->span.start >= c->span.end) break;
			if (d->program->functions[id].graph.n) read_calls(&d->program->functions[id].graph, &calls, unit);
		}
		for (size_t i = 0; i < c->n_fields; i++) {
			const Field *f = &c->fields[i];
			if (f->is_module || f->is_parameter) unit->ops += hash_str(HASH_SEED, f->key);
		}
	}
	unit->n_calls = calls.n;
	unit->calls = VEC_TO_ARENA(calls, &d->arena);
	if (unit->n_calls) qsort(unit->calls, unit->n_calls, sizeof *unit->calls, by_hash);
}

/* One calls something, or has a number, in place of another: a variant, not a copy. */
static bool is_variant(const Unit *a, const Unit *b) {
	size_t i = 0, k = 0, only_a = 0, only_b = 0;
	while (i < a->n_calls || k < b->n_calls) {
		if (k == b->n_calls || (i < a->n_calls && a->calls[i] < b->calls[k]))
			only_a++, i++;
		else if (i == a->n_calls || a->calls[i] > b->calls[k])
			only_b++, k++;
		else
			i++, k++;
	}
	return only_a > 0 && only_b > 0;
}

/* ---- which functions and types ---- */

/* A type that is more than a list of fields: members with a body besides decoding. */
static bool does_something(const Outline *o, ComponentId cls) {
	size_t bodies = 0;
	for (ComponentId id = cls + 1; id < o->n; id++) {
		const Component *c = &o->components[id];
		if (c->file != o->components[cls].file || c->span.start >= o->components[cls].span.end) break;
		bodies += c->kind != COMPONENT_CLASS && c->body && !c->is_init && !c->is_computed;
	}
	return bodies > 0;
}

static bool is_coding(const Component *c) {
	if (str_is(c->base, "encode")) return c->n_params == 1 && str_is(c->params[0].label, "to");
	return c->is_init && c->n_params == 1 && str_is(c->params[0].label, "from");
}

static bool is_unit(const Outline *o, ComponentId id) {
	const Component *c = &o->components[id];
	const SyntaxTree *t = &o->trees[c->file];
	if (o->source->files[c->file].is_test || c->is_extension || t->nodes[c->node].has_error) return false;
	if (c->kind == COMPONENT_CLASS) return t->nodes[c->node].kind != SYN_PROTOCOL_DECLARATION && does_something(o, id);
	if (str_find(c->returns, "some View", 0) != SIZE_MAX) return false;
	return c->body && !c->is_init && !is_coding(c) && t->nodes[c->node].kind != SYN_PROTOCOL_FUNCTION_DECLARATION;
}

static void collect(Duplicates *d) {
	for (ComponentId id = 0; id < d->outline->n; id++) {
		if (!is_unit(d->outline, id)) continue;
		const Component *c = &d->outline->components[id];
		Unit unit = { .component = id };
		read_tokens(d, c, &unit);
		if (unit.n < (size_t)(c->kind == COMPONENT_CLASS ? TYPE_TOKENS : FUNCTION_TOKENS)) continue;
		read_runs(d, &unit);
		read_unit_calls(d, &unit);
		unit.group = d->units.n;
		for (size_t i = 0; i < unit.n_runs; i++) {
			bool again = i > 0 && unit.runs[i] == unit.runs[i - 1];
			if (!again && unit.runs[i] % SAMPLE == 0)
				VEC_PUSH(d->index) = (RunEntry) { unit.runs[i], (uint32_t)d->units.n };
		}
		VEC_PUSH(d->units) = unit;
	}
}

/* ---- similarity ---- */

/* 2 x runs in both / runs of both. */
static double shared_runs(const Unit *a, const Unit *b) {
	size_t i = 0, k = 0, shared = 0;
	while (i < a->n_runs && k < b->n_runs) {
		if (a->runs[i] == b->runs[k])
			shared++, i++, k++;
		else if (a->runs[i] < b->runs[k])
			i++;
		else
			k++;
	}
	return a->n_runs + b->n_runs ? 2.0 * (double)shared / (double)(a->n_runs + b->n_runs) : 0;
}

/* 2 x longest common subsequence / tokens of both. */
static double common_tokens(const Unit *a, const Unit *b) {
	uint32_t *row = base_alloc((b->n + 1) * sizeof *row);
	for (size_t i = 0; i < a->n; i++) {
		uint32_t diagonal = 0;
		for (size_t k = 0; k < b->n; k++) {
			uint32_t above = row[k + 1];
			if (a->tokens[i] == b->tokens[k])
				row[k + 1] = diagonal + 1;
			else if (row[k] > above)
				row[k + 1] = row[k];
			diagonal = above;
		}
	}
	double similarity = 2.0 * row[b->n] / (double)(a->n + b->n);
	free(row);
	return similarity;
}

static double similarity_of(const Unit *a, const Unit *b) {
	double runs = shared_runs(a, b);
	if (runs < 0.3) return 0;
	return a->n > LONG_TOKENS || b->n > LONG_TOKENS ? runs : common_tokens(a, b);
}

/* ---- pairs ---- */

/* In different arms of one `#if`. */
static bool excludes(const SyntaxTree *t, Span a, Span b) {
	for (size_t i = 0; i < t->n_conditions; i++) {
		const SyntaxCondition *x = &t->conditions[i];
		if (a.start < x->span.start || a.end > x->span.end) continue;
		for (size_t k = 0; k < t->n_conditions; k++) {
			const SyntaxCondition *y = &t->conditions[k];
			if (k != i && y->group == x->group && b.start >= y->span.start && b.end <= y->span.end) return true;
		}
	}
	return false;
}

static size_t root_of(Duplicates *d, size_t unit) {
	while (d->units.at[unit].group != unit) unit = d->units.at[unit].group;
	return unit;
}

/* Wrappers, and the forms of one operation beside each other (encoder and decoder, two methods of integration), look alike
 * and are none the worse for it. */
static bool is_worth_it(const Component *ca, const Component *cb, const Unit *a, const Unit *b, double similarity) {
	bool equal = similarity > EQUAL, beside = ca->file == cb->file;
	size_t smaller = a->n < b->n ? a->n : b->n;
	if (smaller < SMALL_TOKENS && (!equal || a->n_ops < SMALL_OPS)) return false;
	if (beside && similarity < SURE) return false;
	return equal || !beside || ca->parent != cb->parent || smaller >= SIBLING_TOKENS;
}

static void try_pair(Duplicates *d, size_t x, size_t y) {
	Unit *a = &d->units.at[x], *b = &d->units.at[y];
	const Component *ca = &d->outline->components[a->component], *cb = &d->outline->components[b->component];
	if ((ca->kind == COMPONENT_CLASS) != (cb->kind == COMPONENT_CLASS)) return;
	bool nested = ca->file == cb->file && ca->span.start < cb->span.end && cb->span.start < ca->span.end;
	bool overloads = ca->parent == cb->parent && ca->file == cb->file && str_eq(ca->base, cb->base);
	if (nested || overloads || is_variant(a, b)) return;
	if (ca->file == cb->file && excludes(&d->outline->trees[ca->file], ca->span, cb->span)) return;
	size_t smaller = a->n < b->n ? a->n : b->n, larger = a->n < b->n ? b->n : a->n;
	bool by_ops = a->ops == b->ops && a->n_ops == b->n_ops && a->n_ops >= SAME_OPS;
	double need = by_ops ? ALIKE_BY_OPS : smaller < SMALL_TOKENS ? ALIKE_SMALL : ALIKE;
	if (2.0 * (double)smaller / (double)(smaller + larger) < need) return;
	double similarity = similarity_of(a, b);
	if (similarity < need) return;
	if (!is_worth_it(ca, cb, a, b, similarity)) return;
	if (similarity > a->similarity) a->similarity = similarity, a->best = y, a->same_ops = by_ops;
	if (similarity > b->similarity) b->similarity = similarity, b->best = x, b->same_ops = by_ops;
	d->units.at[root_of(d, x)].group = root_of(d, y);
}

static int by_run(const void *a, const void *b) {
	const RunEntry *x = a, *y = b;
	if (x->hash != y->hash) return x->hash < y->hash ? -1 : 1;
	return (x->unit > y->unit) - (x->unit < y->unit);
}

/* Units of the same operations, whatever runs they share. */
static void add_pairs_by_ops(const Duplicates *d, Hashes *pairs) {
	VEC(RunEntry) all = { 0 };
	for (size_t i = 0; i < d->units.n; i++) {
		if (d->units.at[i].n_ops >= SAME_OPS) VEC_PUSH(all) = (RunEntry) { d->units.at[i].ops, (uint32_t)i };
	}
	if (all.n) qsort(all.at, all.n, sizeof *all.at, by_run);
	for (size_t i = 0; i < all.n; i++) {
		for (size_t k = i + 1; k < all.n && all.at[k].hash == all.at[i].hash && k - i <= COMMON; k++)
			VEC_PUSH(*pairs) = (uint64_t)all.at[i].unit << 32 | all.at[k].unit;
	}
	VEC_FREE(all);
}

/* Pairs that share a third of their indexed runs, or have the same operations. */
static void find_pairs(Duplicates *d) {
	size_t n = d->index.n;
	if (n) qsort(d->index.at, n, sizeof *d->index.at, by_run);
	Hashes pairs = { 0 };
	for (size_t from = 0, to; from < n; from = to) {
		for (to = from; to < n && d->index.at[to].hash == d->index.at[from].hash;) to++;
		if (to - from > COMMON) continue;
		for (size_t i = from; i < to; i++) {
			for (size_t k = i + 1; k < to; k++)
				VEC_PUSH(pairs) = (uint64_t)d->index.at[i].unit << 32 | d->index.at[k].unit;
		}
	}
	add_pairs_by_ops(d, &pairs);
	if (pairs.n) qsort(pairs.at, pairs.n, sizeof *pairs.at, by_hash);
	for (size_t from = 0, to; from < pairs.n; from = to) {
		for (to = from; to < pairs.n && pairs.at[to] == pairs.at[from];) to++;
		size_t x = pairs.at[from] >> 32, y = pairs.at[from] & UINT32_MAX;
		size_t least = d->units.at[x].n_runs < d->units.at[y].n_runs ? d->units.at[x].n_runs : d->units.at[y].n_runs;
		bool ops = d->units.at[x].ops == d->units.at[y].ops && d->units.at[x].n_ops >= SAME_OPS;
		if (x != y && (ops || (to - from) * SAMPLE * 3 >= least)) try_pair(d, x, y);
	}
	VEC_FREE(pairs);
}

/* ---- what is said ---- */

static bool holder_is_copy(const Duplicates *d, const Unit *unit) {
	const Component *c = &d->outline->components[unit->component];
	for (size_t i = 0; i < d->units.n; i++) {
		const Unit *other = &d->units.at[i];
		const Component *o = &d->outline->components[other->component];
		if (o->kind == COMPONENT_CLASS && other != unit && other->similarity > 0 && o->file == c->file &&
		    o->span.start <= c->span.start && c->span.end <= o->span.end)
			return true;
	}
	return false;
}

static Str place_words(const Duplicates *d, const Component *c, Arena *arena) {
	const SourceFile *file = &d->outline->source->files[c->file];
	return arena_printf(arena, "%s:%u", file->name, source_pos(file, c->span.start).line);
}

/* The copies beside the unit and its best: "; there are 4 copies, also at a.swift:12, b.swift:9". */
static Str others_words(Duplicates *d, size_t index, Arena *arena) {
	Buf places = { 0 };
	size_t copies = 0, named = 0;
	for (size_t i = 0; i < d->units.n; i++) {
		if (root_of(d, i) != root_of(d, index)) continue;
		copies++;
		if (i == index || i == d->units.at[index].best || named == PLACES) continue;
		Str at = place_words(d, &d->outline->components[d->units.at[i].component], arena);
		buf_printf(&places, "%s%.*s", named++ ? ", " : "", STR_ARG(at));
	}
	Str words = STR("");
	if (copies > 2)
		words = arena_printf(arena, "; there are %zu copies, also at %.*s%s", copies, STR_ARG(buf_view(&places)),
		    copies - 2 > named ? " and others" : "");
	buf_done(&places);
	return words;
}

static void report(
    Duplicates *d, size_t index, const MatchContext *context, const Technique *technique, Findings *findings) {
	const Unit *unit = &d->units.at[index];
	const Component *c = &d->outline->components[unit->component];
	if (unit->similarity == 0 || !detect_wants(context, c->file) || holder_is_copy(d, unit)) return;
	size_t copies = 0, first = SIZE_MAX;
	for (size_t i = 0; i < d->units.n; i++) {
		if (root_of(d, i) != root_of(d, index)) continue;
		copies++;
		if (first == SIZE_MAX) first = i;
		/* Of several in one file the last is the one written again. */
		if (i > index && d->outline->components[d->units.at[i].component].file == c->file) return;
	}
	const Component *other = &d->outline->components[d->units.at[unit->best].component];
	bool equal = unit->similarity > EQUAL;
	Str at = place_words(d, other, context->arena), more = others_words(d, index, context->arena);
	Finding *f =
	    detect_add(context, technique, findings, c->file, c->span, "%.*s is %s %.*s at %.*s%.*s.", STR_ARG(c->name),
	        equal ? "the same as" : "nearly the same as", STR_ARG(other->name), STR_ARG(at), STR_ARG(more));
	if (!equal)
		detect_note(f, arena_printf(context->arena, "%.0f %% of the tokens are equal", 100 * unit->similarity),
		    unit->similarity < SURE,
		    unit->similarity >= SURE                    ? 0
		    : unit->same_ops || unit->n_ops >= SAME_OPS ? 1
		                                                : 2);
	if (copies > CONVENTION)
		detect_note(f, STR("so many copies seem to be how this package is made"), true, first == index ? 1 : 2);
}

void detect_duplicate_code(const MatchContext *context, const Technique *technique, Findings *findings) {
	Duplicates d = { .program = context->program, .outline = context->program->outline };
	collect(&d);
	find_pairs(&d);
	for (size_t i = 0; i < d.units.n; i++) report(&d, i, context, technique, findings);
	VEC_FREE(d.units);
	VEC_FREE(d.index);
	arena_done(&d.arena);
}
