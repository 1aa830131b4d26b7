#include "core/posix.h"

#include "core/flow_swift.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static Str read_swift(const char *text, Arena *arena) {
	SyntaxTree tree;
	assert_true(syntax_parse(LANG_SWIFT, str_of(text), NULL, arena, &tree));
	return flow_swift_reading(&tree, arena);
}

/* What Swift itself makes of each, every operator in parentheses. */
typedef struct Reading {
	const char *text, *reading;
} Reading;

static const Reading readings[] = {
	/* suffixes belong to the operand on their left */
	{ "x * rsqrt(v + eps)", "(x * rsqrt((v + eps)))" },
	{ "a + b.c(d)", "(a + b.c(d))" },
	{ "x[0] + y[2]", "(x[0] + y[2])" },
	{ "x[0] - y[2].z * w[1](3)", "(x[0] - (y[2].z * w[1](3)))" },
	{ "a + b.c.d", "(a + b.c.d)" },
	{ "a * b!", "(a * b!)" },
	{ "a * b! + c", "((a * b!) + c)" },
	{ "a + b?.c(d)", "(a + b?.c(d))" },
	{ "a.b(c).d + e.f[g].h(i, j: k)", "(a.b(c).d + e.f[g].h(i, j: k))" },
	{ "(a + b).c(d)", "(a + b).c(d)" },
	{ "x.map { $0 * 2 } + y", "(x.map { ($0 * 2) } + y)" },
	{ "y + x.map { $0 * 2 }", "(y + x.map { ($0 * 2) })" },
	{ "y + x.reduce(0) { $0 + $1 } * z", "(y + (x.reduce(0) { ($0 + $1) } * z))" },
	{ "y + f { 1 } onError: { 2 }.z", "(y + f { 1 } onError: { 2 }.z)" },
	/* prefix operators after suffixes, before infix */
	{ "-a + b", "((-a) + b)" },
	{ "!a.b", "(!a.b)" },
	{ "!a.b(c)", "(!a.b(c))" },
	{ "-a.b * -c[0]", "((-a.b) * (-c[0]))" },
	{ "-x.abs() * -y", "((-x.abs()) * (-y))" },
	{ "a - -b", "(a - (-b))" },
	{ "!a == b", "((!a) == b)" },
	{ "!a && !b.c(d) || e", "(((!a) && (!b.c(d))) || e)" },
	{ "~y & 3 << 2", "((~y) & (3 << 2))" },
	{ "-2.0 * x", "((-2.0) * x)" },
	{ "a * -2", "(a * (-2))" },
	/* precedence and associativity */
	{ "a + b * c", "(a + (b * c))" },
	{ "a * b + c", "((a * b) + c)" },
	{ "a - b - c", "((a - b) - c)" },
	{ "a / b * c % d", "(((a / b) * c) % d)" },
	{ "a - b * c / d + e", "((a - ((b * c) / d)) + e)" },
	{ "a << 2 + b", "((a << 2) + b)" },
	{ "a * b << 2", "(a * (b << 2))" },
	{ "a | b & c ^ d", "((a | (b & c)) ^ d)" },
	{ "a &+ b &* c", "(a &+ (b &* c))" },
	{ "a == b && c", "((a == b) && c)" },
	{ "a && b || c", "((a && b) || c)" },
	{ "a || b && c", "(a || (b && c))" },
	{ "a && b && c", "((a && b) && c)" },
	{ "a || b || c && d", "((a || b) || (c && d))" },
	{ "a < b && c >= d || !e", "(((a < b) && (c >= d)) || (!e))" },
	{ "a + 1 < b * 2", "((a + 1) < (b * 2))" },
	{ "a ?? b == c", "((a ?? b) == c)" },
	{ "a == b ?? c", "(a == (b ?? c))" },
	{ "a ?? b ?? c", "(a ?? (b ?? c))" },
	{ "a ?? b + c", "(a ?? (b + c))" },
	{ "a + b ?? c", "((a + b) ?? c)" },
	{ "a?.b ?? c.d(e) * 2", "(a?.b ?? (c.d(e) * 2))" },
	{ "a ?? b && c", "((a ?? b) && c)" },
	{ "a === b || c !== d", "((a === b) || (c !== d))" },
	/* what MLX declares */
	{ "a .== b .&& c", "((a .== b) .&& c)" },
	{ "a .&& b .|| c .!= d", "((a .&& b) .|| (c .!= d))" },
	{ "a .< b + c", "(a .< (b + c))" },
	{ "a .>= b .|| c .<= d", "((a .>= b) .|| (c .<= d))" },
	{ "a * b ** c", "(a * (b ** c))" },
	{ "a ** 2 + b ** 2", "((a ** 2) + (b ** 2))" },
	{ "x.dim(0) ** y.shape[1] - z", "((x.dim(0) ** y.shape[1]) - z)" },
	/* ranges */
	{ "0 ..< n + 1", "(0 ..< (n + 1))" },
	{ "a + b ... c * d", "((a + b) ... (c * d))" },
	{ "x[0..., .newAxis]", "x[(0...), .newAxis]" },
	{ "x[..<n]", "x[(..<n)]" },
	{ "x[...(n - 1)] + y[(n - 1)...]", "(x[(...(n - 1))] + y[((n - 1)...)])" },
	{ "x[.ellipsis, 0 ..< n]", "x[.ellipsis, (0 ..< n)]" },
	{ "x[0...] + x[...3] + x[...]", "((x[(0...)] + x[(...3)]) + x[...])" },
	{ "x[i, 0..., .stride(from: 1, by: 2)] * 2", "(x[i, (0...), .stride(from: 1, by: 2)] * 2)" },
	{ "(0 ..< n).map { $0 }.count", "(0 ..< n).map { $0 }.count" },
	/* casts */
	{ "a as? B ?? c", "((a as? B) ?? c)" },
	{ "a as! B + 1", "((a as! B) + 1)" },
	{ "a + b as C", "((a + b) as C)" },
	{ "y as [Float] + z", "((y as [Float]) + z)" },
	{ "x is Foo && z", "((x is Foo) && z)" },
	{ "!(x is Foo) || a.b is C", "((!(x is Foo)) || (a.b is C))" },
	{ "a == b as C", "(a == (b as C))" },
	/* ternary */
	{ "a ? b : c", "(a ? b : c)" },
	{ "a < b ? c + 1 : d.e(f) ?? g", "((a < b) ? (c + 1) : (d.e(f) ?? g))" },
	{ "a ? b : c ? d : e", "(a ? b : (c ? d : e))" },
	{ "a ? b ? c : d : e", "(a ? (b ? c : d) : e)" },
	{ "a == nil ? b : nil", "((a == nil) ? b : nil)" },
	{ "a || b ? -c : .d", "((a || b) ? (-c) : .d)" },
	{ "a ?? b ? c : d", "((a ?? b) ? c : d)" },
	/* try, await, assignment */
	{ "try foo() + 1", "(try (foo() + 1))" },
	{ "try await foo.bar(x) + 1", "(try (await (foo.bar(x) + 1)))" },
	{ "try? foo() ?? y", "(try? (foo() ?? y))" },
	{ "await a.b(c) ?? d", "(await (a.b(c) ?? d))" },
	{ "x = try await f(y)", "(x = (try (await f(y))))" },
	{ "x = a ?? b == c", "(x = ((a ?? b) == c))" },
	{ "x += a * b", "(x += (a * b))" },
	{ "x.y[0] *= -a + b", "(x.y[0] *= ((-a) + b))" },
	{ "x &= a | b", "(x &= (a | b))" },
	{ "x = a ? b : c", "(x = (a ? b : c))" },
	{ "_ = f(&x) + 1", "(_ = (f((&x)) + 1))" },
	/* the rest */
	{ "foo.bar<T>(x) + c", "(foo.bar(x) + c)" },
	{ "Foo<T>(x) * y.z", "(Foo(x) * y.z)" },
	{ "Foo.Bar<Int>.make(x) + 1", "(Foo.Bar.make(x) + 1)" },
	{ "[Float](repeating: 0, count: n * 2) + y", "([Float](repeating: 0, count: (n * 2)) + y)" },
	{ "xs.map(\\.a.b) + ys", "(xs.map(\\.a.b) + ys)" },
	{ "xs.reduce(0, +) * 2", "(xs.reduce(0, +) * 2)" },
	{ "xs.sorted(by: <) + ys", "(xs.sorted(by: <) + ys)" },
	{ "base\n  .first(1)\n  .second { $0 }\n  + c", "(base.first(1).second { $0 } + c)" },
	{ "a\n  * b.c(d)\n  < e // of\n  % f", "((a * b.c(d)) < (e % f))" },
	{ "a\n\n  * (b)\n  /* and */\n", "(a * b)" },
	{ "a\n  + b\n    .c(d)\n  / e", "(a + (b.c(d) / e))" },
	{ "cache?.update(keys: k, values: v) ?? (k, v)", "(cache?.update(keys: k, values: v) ?? (k, v))" },
	{ "a <+> b * c", "(a <+> (b * c))" },
	{ "a == .b && c != .d(e)", "((a == .b) && (c != .d(e)))" },
	{ "-.pi * 2 + .pi", "(((-.pi) * 2) + .pi)" },
	{ "f(-x, !y.z, a && b == c)", "f((-x), (!y.z), (a && (b == c)))" },
	{ "[a + b.c(d), -e + f]", "[(a + b.c(d)), ((-e) + f)]" },
	{ "foo()\n(a, b) = (b, a)", "foo()" },
	{ "![a ? b : -c].d", "(![(a ? b : (-c))].d)" },
};

static void operators_are_read_as_swift_reads_them(void **state) {
	(void)state;
	Arena arena = { 0 };
	size_t wrong = 0;
	for (size_t i = 0; i < BASE_COUNT(readings); i++) {
		Str got = read_swift(readings[i].text, &arena);
		if (str_is(got, readings[i].reading)) continue;
		print_error("%s\n  is %s\n  not %.*s\n", readings[i].text, readings[i].reading, STR_ARG(got));
		wrong++;
	}
	assert_int_equal(wrong, 0);
	arena_done(&arena);
}

/* A file's own operators have the group it declares. */
static void declared_operators_have_their_group(void **state) {
	(void)state;
	Arena arena = { 0 };
	Str got = read_swift("a + b <+> c\ninfix operator <+> : MultiplicationPrecedence\n", &arena);
	assert_true(str_is(got, "(a + (b <+> c))"));
	arena_done(&arena);
}

/* ---- random expressions ---- */

typedef struct Random {
	uint64_t state;
} Random;

static unsigned random_below(Random *random, unsigned n) {
	random->state = hash_u64(random->state, 1);
	return (unsigned)((random->state >> 33) % n);
}

typedef struct Operator {
	const char *text;
	int level;
	bool right;
} Operator;

static const Operator operators[] = {
	{ "*", 110, false },
	{ "/", 110, false },
	{ "%", 110, false },
	{ "+", 100, false },
	{ "-", 100, false },
	{ "??", 70, true },
	{ "==", 60, false },
	{ "<", 60, false },
	{ ".<", 60, false },
	{ ".==", 60, false },
	{ "&&", 50, false },
	{ ".&&", 50, false },
	{ "||", 40, false },
	{ ".||", 40, false },
	{ "<<", 120, false },
	{ "**", 120, false },
};

enum { LEVEL_OPERAND = 1000, LEVEL_PREFIX = 500, LEVEL_TERNARY = 20, LEVEL_CAST = 80 };

/* Two printings of one expression: `bare` has parentheses only where Swift needs them, `full` around every operator. */
typedef struct Pair {
	Buf bare, full;
	int level; /* of its outermost operator */
} Pair;

static void pair_done(Pair *p) {
	buf_done(&p->bare);
	buf_done(&p->full);
}

static Pair random_pair(Random *random, unsigned depth);

static void add_pair(Pair *out, Pair *part, bool protect) {
	buf_printf(&out->bare, protect ? "(%s)" : "%s", part->bare.ptr);
	buf_puts(&out->full, part->full.ptr);
	pair_done(part);
}

static void add_both(Pair *out, const char *text) {
	buf_puts(&out->bare, text);
	buf_puts(&out->full, text);
}

static Pair random_operand(Random *random, unsigned depth) {
	static const char *const plain[] = { "a", "b", "x.y", "x[0]", "f(a)", "3", "2.5", "v!.w", "k?.m(b)", "g { $0 }",
		".q", "nil", "self.z", "h(&u)" };
	Pair out = { .level = LEVEL_OPERAND };
	if (depth == 0 || random_below(random, 3)) {
		add_both(&out, plain[random_below(random, BASE_COUNT(plain))]);
		return out;
	}
	static const char *const open[] = { "f(", "x[", "y.z(n: ", "[" };
	unsigned which = random_below(random, 4);
	add_both(&out, open[which]);
	Pair inner = random_pair(random, depth - 1);
	add_pair(&out, &inner, false);
	add_both(&out, which == 1 || which == 3 ? "]" : ")");
	if (random_below(random, 2)) add_both(&out, ".s(t)");
	return out;
}

static Pair random_prefix(Random *random, unsigned depth) {
	Pair out = { .level = LEVEL_PREFIX }, inner = random_operand(random, depth);
	const char *op = random_below(random, 2) ? "-" : "!";
	buf_puts(&out.bare, op);
	buf_printf(&out.full, "(%s", op);
	add_pair(&out, &inner, false);
	buf_puts(&out.full, ")");
	return out;
}

static Pair random_binary(Random *random, unsigned depth) {
	const Operator *op = &operators[random_below(random, BASE_COUNT(operators))];
	Pair out = { .level = op->level }, left = random_pair(random, depth - 1), right = random_pair(random, depth - 1);
	bool comparison = op->level == 60 || op->level == 120; /* these two don't associate in Swift */
	bool protect_left = left.level < op->level || (left.level == op->level && (op->right || comparison));
	bool protect_right = right.level < op->level || (right.level == op->level && (!op->right || comparison));
	buf_puts(&out.full, "(");
	add_pair(&out, &left, protect_left);
	buf_printf(&out.bare, " %s ", op->text);
	buf_printf(&out.full, " %s ", op->text);
	add_pair(&out, &right, protect_right);
	buf_puts(&out.full, ")");
	return out;
}

static Pair random_ternary(Random *random, unsigned depth) {
	Pair out = { .level = LEVEL_TERNARY }, c = random_pair(random, depth - 1), yes = random_pair(random, depth - 1),
	     no = random_pair(random, depth - 1);
	buf_puts(&out.full, "(");
	add_pair(&out, &c, c.level <= LEVEL_TERNARY);
	add_both(&out, " ? ");
	add_pair(&out, &yes, false);
	add_both(&out, " : ");
	add_pair(&out, &no, false);
	buf_puts(&out.full, ")");
	return out;
}

static Pair random_cast(Random *random, unsigned depth) {
	Pair out = { .level = LEVEL_CAST }, inner = random_pair(random, depth - 1);
	buf_puts(&out.full, "(");
	add_pair(&out, &inner, inner.level < LEVEL_CAST);
	add_both(&out, " as! T");
	buf_puts(&out.full, ")");
	return out;
}

static Pair random_pair(Random *random, unsigned depth) {
	if (depth == 0) return random_operand(random, 0);
	switch (random_below(random, 8)) {
	case 0: return random_operand(random, depth);
	case 1: return random_prefix(random, depth);
	case 2: return random_ternary(random, depth);
	case 3: return random_cast(random, depth);
	default: return random_binary(random, depth);
	}
}

/* The graph of a file's code, node by node and region by region, without spans. */
static char *graph_of(const char *text) {
	Source source;
	Outline outline;
	SyntaxTree tree;
	FlowGraph g;
	Arena arena = { 0 };
	source_of_text(SIDE_SWIFT, "a.swift", str_of(text), &source);
	assert_true(syntax_parse(LANG_SWIFT, source.files[0].text, NULL, &arena, &tree));
	outline_build(&source, &tree, &arena, &outline);
	flow_swift_lower_toplevel(&outline, 0, DIALECT_SWIFT, &arena, &g);
	Buf out = { 0 };
	for (NodeId id = 1; id < g.n; id++) {
		const FlowNode *n = &g.nodes[id];
		buf_printf(&out, "%u r%u %d %d %d %.*s %.*s(", id, n->region, n->kind, n->op, n->index, STR_ARG(n->name),
		    STR_ARG(n->text));
		for (size_t i = 0; i < n->n_args; i++) {
			const FlowArg *arg = &g.args[n->args + i];
			buf_printf(&out, " %.*s:%u", STR_ARG(arg->label), arg->node);
		}
		buf_puts(&out, " )\n");
	}
	for (RegionId id = 0; id < g.n_regions; id++) {
		const FlowRegion *r = &g.regions[id];
		buf_printf(&out, "r%u %d in r%d if %u\n", id, r->kind, (int)r->parent, r->condition);
	}
	outline_done(&outline);
	source_done(&source);
	arena_done(&arena);
	return buf_take(&out);
}

static bool check_pair(const char *bare, const char *full) {
	Arena arena = { 0 };
	SyntaxTree tree;
	assert_true(syntax_parse(LANG_SWIFT, str_of(bare), NULL, &arena, &tree));
	if (tree.n_errors) { /* the grammar gave up on it: nothing was promised */
		arena_done(&arena);
		return false;
	}
	Str a = read_swift(bare, &arena), b = read_swift(full, &arena);
	if (!str_eq(a, b)) fail_msg("%s\n  bare %.*s\n  full %.*s", full, STR_ARG(a), STR_ARG(b));
	char *of_bare = graph_of(bare), *of_full = graph_of(full);
	if (strcmp(of_bare, of_full) != 0) fail_msg("%s\n%s\n%s\n%s", bare, of_bare, full, of_full);
	free(of_bare);
	free(of_full);
	arena_done(&arena);
	return true;
}

static void parentheses_change_nothing(void **state) {
	(void)state;
	Random random = { HASH_SEED };
	size_t checked = 0;
	for (size_t i = 0; i < 3000; i++) {
		Pair p = random_pair(&random, 1 + i % 4);
		Arena arena = { 0 };
		const char *bare = arena_printf(&arena, "let v = %s", p.bare.ptr).ptr;
		checked += check_pair(bare, arena_printf(&arena, "let v = %s", p.full.ptr).ptr);
		arena_done(&arena);
		pair_done(&p);
	}
	if (checked < 2700) fail_msg("only %zu of 3000 expressions parse", checked);
}

int main(void) {
	ops_load();
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(operators_are_read_as_swift_reads_them),
		cmocka_unit_test(declared_operators_have_their_group),
		cmocka_unit_test(parentheses_change_nothing),
	};
	return cmocka_run_group_tests_name("swift operators", tests, NULL, NULL);
}
