/* How much of what real code calls the lexicon knows, against a list of symbols that isn't our own.
 *
 *     lexicon SYMBOLS.tsv swift|mlx|torch [--missing] PATH...
 *
 * Counted are calls, as written, whose callee is a public symbol of MLX or PyTorch (tests/bench/symbols.tsv), and methods
 * called on a value that is known to be a device array. A method of an array's that is called on a receiver of unknown type
 * is counted when the lexicon names it all the same, and is its own share when it doesn't. Calls of the source's own
 * functions, host arrays and other libraries aren't counted. --missing lists the calls that have no name, by count. */
#include "core/posix.h"

#include "core/scan.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

typedef struct Symbols {
	Map functions; /* "module name" and "name" of functions and types */
	Map methods;   /* of arrays */
	Map modules;   /* the modules' names */
	Arena arena;
} Symbols;

typedef struct Missing {
	Str name;
	size_t n;
} Missing;

typedef struct Tally {
	size_t named, missing, unknown_named, unknown;
	VEC(Missing) list;
	Map index;
	Arena arena;
} Tally;

static Str joined(Arena *arena, Str a, char between, Str b) {
	char *text = arena_alloc(arena, a.len + b.len + 1);
	memcpy(text, a.ptr, a.len);
	text[a.len] = between;
	memcpy(text + a.len + 1, b.ptr, b.len);
	return (Str) { text, a.len + b.len + 1 };
}

static bool is_array(Str owner) {
	return str_is(owner, "MLXArray") || str_is(owner, "array") || str_is(owner, "Tensor");
}

static void add_symbol(Symbols *s, Str kind, Str module, Str name) {
	if (str_is(kind, "method") && is_array(module)) map_put(&s->methods, name, 1);
	if (!str_is(kind, "function") && !str_is(kind, "type")) return;
	map_put(&s->functions, joined(&s->arena, module, ' ', name), 1);
	map_put(&s->functions, name, 1);
	map_put(&s->modules, module, 1);
}

static bool read_symbols(Symbols *s, const char *path, const char *dialect) {
	FILE *f = fopen(path, "r");
	if (!f) return false;
	char line[512];
	while (fgets(line, sizeof line, f)) {
		Str rest = str_trim(arena_str(&s->arena, str_of(line))), part[4];
		size_t n = 0;
		while (n < 4 && str_split(&rest, '\t', &part[n])) n++;
		if (n == 4 && str_is(part[0], dialect)) add_symbol(s, part[1], part[2], part[3]);
	}
	fclose(f);
	return true;
}

/* ---- one call as it is written ---- */

typedef struct Written {
	Str name, qualifier; /* "softmax", "mx.fast"; the qualifier of a method is empty */
	NodeId receiver;     /* of a method, else 0 */
} Written;

static size_t skip_blank(Str text, size_t at) {
	while (at < text.len && isspace((unsigned char)text.ptr[at])) at++;
	return at;
}

static bool is_name(char c) { return isalnum((unsigned char)c) || c == '_'; }

/* The receiver is the argument that ends where ".name" begins. */
static NodeId receiver_before(const FlowGraph *g, const FlowNode *node, Str text, size_t dot) {
	while (dot > 0 && isspace((unsigned char)text.ptr[dot - 1])) dot--;
	for (size_t i = 0; i < node->n_args; i++) {
		NodeId arg = g->args[node->args + i].node;
		if (arg && g->nodes[arg].span.end == dot && g->nodes[arg].span.end <= node->head.end) return arg;
	}
	return 0;
}

static bool as_written(const ScanSide *side, const FlowGraph *g, const FlowNode *node, Written *w) {
	Str text = side->source.files[g->file].text;
	size_t end = node->head.end, begin = end;
	if (end == 0 || end > text.len) return false;
	size_t after = skip_blank(text, end);
	if (after >= text.len || !strchr("({<", text.ptr[after])) return false;
	while (begin > 0 && is_name(text.ptr[begin - 1])) begin--;
	if (begin == end || isdigit((unsigned char)text.ptr[begin])) return false;
	*w = (Written) { .name = { text.ptr + begin, end - begin } };
	size_t dot = begin;
	while (dot > 0 && isspace((unsigned char)text.ptr[dot - 1])) dot--;
	if (dot == 0 || text.ptr[dot - 1] != '.') return true;
	dot--;
	w->receiver = receiver_before(g, node, text, dot);
	if (w->receiver && g->nodes[w->receiver].kind != NODE_GLOBAL) return true;
	w->receiver = 0;
	size_t from = dot;
	while (from > 0 && (is_name(text.ptr[from - 1]) || text.ptr[from - 1] == '.')) from--;
	w->qualifier = (Str) { text.ptr + from, dot - from };
	return from < dot;
}

static bool is_symbol(const Symbols *s, const FlowNode *node, const Written *w, Arena *arena) {
	if (!map_get(&s->functions, w->name)) return false;
	if (w->qualifier.len == 0) return true;
	Str module = node->kind == NODE_CALL && node->key.len ? node->key : w->qualifier;
	if (map_get(&s->functions, joined(arena, module, ' ', w->name))) return true;
	/* F, nn and the like: the last part of a module's name, or what the lexicon has named already. */
	return node->op != OP_NONE || (str_is(module, "F") || str_is(module, "nn") || str_is(module, "torch"));
}

/* ---- the count ---- */

static void missing(Tally *t, Str name) {
	uintptr_t *at = map_get(&t->index, name);
	if (!at) {
		map_put(&t->index, name, t->list.n);
		VEC_PUSH(t->list).name = name;
		at = map_get(&t->index, name);
	}
	t->list.at[*at].n++;
}

static void count_method(Tally *t, const Symbols *s, const FlowGraph *g, const FlowNode *node, const Written *w) {
	Domain domain = g->nodes[w->receiver].facts.domain;
	bool named = node->op != OP_NONE, known = domain == DOMAIN_DEVICE;
	if (!known && (domain != DOMAIN_UNKNOWN || !map_get(&s->methods, w->name))) return;
	if (known) *(named ? &t->named : &t->missing) += 1;
	if (!known) *(named ? &t->unknown_named : &t->unknown) += 1;
	if (!named) missing(t, joined(&t->arena, known ? STR("array") : STR("?"), '.', w->name));
}

static void count_function(Tally *t, const Symbols *s, const FlowNode *node, const Written *w) {
	if (!is_symbol(s, node, w, &t->arena)) return;
	*(node->op != OP_NONE ? &t->named : &t->missing) += 1;
	if (node->op == OP_NONE) missing(t, w->qualifier.len ? joined(&t->arena, w->qualifier, '.', w->name) : w->name);
}

static void count_graph(Tally *t, const Symbols *s, const ScanSide *side, const FlowGraph *g) {
	for (NodeId id = 1; id < g->n; id++) {
		const FlowNode *node = &g->nodes[id];
		bool call = node->kind == NODE_OP || node->kind == NODE_NEW || node->kind == NODE_CALL;
		Written w;
		if (!call || node->is_implicit || node->copied || node->callee != COMPONENT_NONE) continue;
		if (!as_written(side, g, node, &w)) continue;
		if (node->kind == NODE_NEW && !w.receiver && outline_find(&side->outline, w.name) != COMPONENT_NONE) continue;
		if (w.receiver)
			count_method(t, s, g, node, &w);
		else
			count_function(t, s, node, &w);
	}
}

static void count_side(Tally *t, const Symbols *s, const ScanSide *side) {
	for (ComponentId id = 0; id < side->outline.n; id++) {
		count_graph(t, s, side, &side->program.functions[id].graph);
		count_graph(t, s, side, &side->program.fields[id]);
	}
	for (size_t file = 0; file < side->source.n_files; file++) count_graph(t, s, side, &side->program.toplevel[file]);
}

static int by_count(const void *a, const void *b) {
	const Missing *x = a, *y = b;
	return x->n != y->n ? (x->n > y->n ? -1 : 1) : str_cmp(x->name, y->name);
}

static double percent(size_t part, size_t whole) { return whole ? 100.0 * (double)part / (double)whole : 0; }

static void print_tally(Tally *t, const ScanSide *side, bool list) {
	size_t known = t->named + t->missing, all = known + t->unknown_named + t->unknown;
	size_t lowered = side->program.n_lowered, unknown = side->program.n_unknown;
	printf("%-7s %6zu files  %6zu calls on arrays and of symbols, %.2f %% named;  receivers of unknown type: %zu calls"
	       " (%.1f %%), %zu of them unnamed (%.1f %%);  unknown nodes %.3f %% of %zu\n",
	    side_name(side->source.side), side->source.n_files, known, percent(t->named, known),
	    t->unknown_named + t->unknown, percent(t->unknown_named + t->unknown, all), t->unknown,
	    percent(t->unknown, all), percent(unknown, lowered), lowered);
	if (!list || !t->list.n) return;
	qsort(t->list.at, t->list.n, sizeof *t->list.at, by_count);
	for (size_t i = 0; i < t->list.n; i++) printf("%6zu  %.*s\n", t->list.at[i].n, STR_ARG(t->list.at[i].name));
}

int main(int argc, char **argv) {
	Side which;
	bool list = argc > 3 && strcmp(argv[3], "--missing") == 0;
	int first = list ? 4 : 3;
	Symbols symbols = { 0 };
	if (argc <= first || !side_of(str_of(argv[2]), &which)) {
		fprintf(stderr, "usage: lexicon SYMBOLS.tsv swift|mlx|torch [--missing] PATH...\n");
		return 2;
	}
	if (!read_symbols(&symbols, argv[1], argv[2])) {
		fprintf(stderr, "lexicon: cannot read '%s'\n", argv[1]);
		return 2;
	}
	ScanOptions options = { .rows_only = true };
	options.sides[which] = (SourceOptions) {
		.paths = (const char *const *)(argv + first), .n_paths = (size_t)(argc - first), .no_context = true
	};
	Catalogue none = { 0 };
	Scan scan;
	Err err;
	if (!scan_run(&options, &none, &scan, &err)) {
		fprintf(stderr, "lexicon: %s\n", err.text);
		return 2;
	}
	Tally tally = { 0 };
	const ScanSide *side = &scan.sides[which];
	count_side(&tally, &symbols, side);
	print_tally(&tally, side, list);
	scan_done(&scan);
	VEC_FREE(tally.list);
	map_done(&tally.index);
	map_done(&symbols.functions);
	map_done(&symbols.methods);
	map_done(&symbols.modules);
	arena_done(&tally.arena);
	arena_done(&symbols.arena);
	return 0;
}
