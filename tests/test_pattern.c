/* The language of cards: what a pattern fits, what it binds, how its conditions weigh, and what it says of a slip. */
#include "core/posix.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "core/pattern.h"

typedef struct Case {
	Source source;
	SyntaxTree tree;
	Outline outline;
	Program program;
	Arena arena;
} Case;

static void build(Case *c, const char *text) {
	memset(c, 0, sizeof *c);
	source_of_text(SIDE_SWIFT, "a.swift", str_of(text), &c->source);
	assert_true(syntax_parse(side_lang(SIDE_SWIFT), c->source.files[0].text, NULL, &c->arena, &c->tree));
	outline_build(&c->source, &c->tree, &c->arena, &c->outline);
	assert_true(program_build(&c->outline, DIALECT_SWIFT, 1, NULL, &c->arena, &c->program));
}

static void drop(Case *c) {
	program_done(&c->program);
	outline_done(&c->outline);
	source_done(&c->source);
	arena_done(&c->arena);
}

static void print_bind(const Case *c, const Pattern *pattern, const PatternMatch *match, size_t i, Buf *out) {
	Str name = pattern_bind_name(pattern, i);
	if (!name.len || !match->bind[i]) return;
	const FlowNode *node = &match->graph->nodes[match->bind[i]];
	Str text = source_text(&c->source.files[0], node->span);
	if (node->kind == NODE_PARAM) text = node->name;
	if (node->kind == NODE_LOOPVAR) text = node->var;
	if (node->kind == NODE_JOIN) text = STR("join");
	buf_printf(out, "%s%.*s=%.*s", out->len && out->ptr[out->len - 1] != '[' ? "; " : "", STR_ARG(name), STR_ARG(text));
}

/* "[binds] steps" of one match, notes in brackets behind. */
static void print_match(const Case *c, const Pattern *pattern, const PatternMatch *match, Buf *out) {
	buf_puts(out, "[");
	for (size_t i = 0; i < match->n_binds; i++) print_bind(c, pattern, match, i, out);
	buf_puts(out, "]");
	if (match->steps) buf_printf(out, "%+d", match->steps);
	for (size_t i = 0; i < match->n_notes; i++) buf_printf(out, "(%.*s)", STR_ARG(match->note[i]));
}

static void match_graph(
    const Case *c, const Pattern *pattern, const PatternContext *context, const FlowGraph *g, Buf *out) {
	PatternMatch match;
	for (RegionId r = 1; pattern_is_loop(pattern) && r < g->n_regions; r++) {
		if (g->regions[r].kind == REGION_LOOP && pattern_match_loop(pattern, context, g, r, &match))
			print_match(c, pattern, &match, out);
	}
	for (NodeId id = 1; !pattern_is_loop(pattern) && id < g->n; id++) {
		if (pattern_match_at(pattern, context, g, id, &match)) print_match(c, pattern, &match, out);
	}
}

/* Everything the pattern fits in the text, in order. */
static void run(const char *text, const char *pattern_text, Buf *out) {
	Case c;
	Err err;
	build(&c, text);
	Pattern *pattern = pattern_parse(str_of(pattern_text), 1, &c.arena, &err);
	if (!pattern) fail_msg("%s: %s", pattern_text, err.text);
	PatternContext context = { .program = &c.program, .arena = &c.arena };
	for (ComponentId id = 0; id < c.outline.n; id++) {
		if (c.program.functions[id].graph.n) match_graph(&c, pattern, &context, &c.program.functions[id].graph, out);
	}
	drop(&c);
}

typedef struct Row {
	const char *text, *pattern, *want;
} Row;

static void check(const Row *rows, size_t n) {
	for (size_t i = 0; i < n; i++) {
		Buf have = { 0 };
		run(rows[i].text, rows[i].pattern, &have);
		if (!str_is(buf_view(&have), rows[i].want))
			fail_msg("%s\n  %s\n  gives %.*s\n  not   %s", rows[i].text, rows[i].pattern, STR_ARG(buf_view(&have)),
			    rows[i].want);
		buf_done(&have);
	}
}

#define F(params, body) "func f(" params ") -> MLXArray {\n" body "\n}\n"
#define X "_ x: MLXArray"
#define XY "_ x: MLXArray, _ y: MLXArray"

static void test_operands_and_binds(void **state) {
	static const Row rows[] = {
		{ F(XY, "return exp(x) * y"), "multiply(exp(?a), ?b)", "[a=x; b=y]" },
		{ F(XY, "return y * exp(x)"), "multiply(exp(?a), ?b)", "[a=x; b=y]" },
		{ F(XY, "return exp(x) / y"), "divide(?b, exp(?a))", "" },
		{ F(XY, "return x * x"), "multiply(?a, ?a)", "[a=x]" },
		{ F(XY, "return x * y"), "multiply(?a, ?a)", "" },
		{ F(XY, "let a = exp(x)\nlet b = exp(x)\nreturn a * b"), "multiply(?a, ?a)", "[a=exp(x)]" },
		{ F(XY, "return x + 2 * 3"), "add(?a, 6)", "[a=x]" },
		{ F(X, "return x ** 2"), "square(?a) | pow(?a, 2)", "[a=x]" },
		{ F(X, "return x.square()"), "square(?a) | pow(?a, 2)", "[a=x]" },
		{ F(XY, "return exp(x) + y"), "add(exp(?a) as ?e, _)", "[a=x; e=exp(x)]" },
		{ F(XY, "return concatenated([x, y], axis: 1)"), "concat([?a, ?b], axis: 1)", "[a=x; b=y]" },
		{ F(XY, "return concatenated([x, y, x], axis: 1)"), "concat([?a, ?b], axis: 1)", "" },
		{ F(XY, "return concatenated([x, y, x], axis: 1)"), "concat([?a, ...], axis: 1)", "[a=x]" },
		{ F("_ x: MLXArray, n: Int", "return x[0..., ..<n]"), "load(?a, _, range(_, ?n))", "[a=x; n=n]" },
		{ F("_ x: MLXArray, n: Int", "return x[0..., 0 ..< n]"), "load(?a, _, range(_, ?n))", "[a=x; n=n]" },
	};
	(void)state;
	check(rows, BASE_COUNT(rows));
}

static void test_labels_and_traits(void **state) {
	static const Row rows[] = {
		{ F(X, "return softmax(x, axis: -1)"), "softmax(?a, axis: -1)", "[a=x]" },
		{ F(X, "return x.softmax(axis: -1)"), "softmax(?a, axis: -1)", "[a=x]" },
		{ F(X, "return MLX.softmax(x, axis: 1)"), "softmax(?a, axis: -1)", "" },
		{ F(X, "return softmax(x, axis: -1, precise: true)"), "softmax(?a, axis: -1)", "[a=x]" },
		{ F(X, "return x.mean(axes: [-1], keepDims: true)"), "mean(?a, axis: (-1 | [-1]), keepdims: true)", "[a=x]" },
		{ F(X, "return x.mean(axis: -1)"), "mean(?a, axis: (-1 | [-1]), keepdims: true)", "" },
		{ F(X, "return x.reshaped(1, -1)"), "<view>(?a, ...)", "[a=x]" },
		{ F(X, "return x.asType(.float16)"), "<view>(?a, ...)", "" },
		{ F(X, "return x.asType(.float16)"), "<cast>(?a, ...)", "[a=x]" },
		{ "func f(" X ") -> Float { x.item(Float.self) }", "<sync>(?a, ...)", "[a=x]" },
	};
	(void)state;
	check(rows, BASE_COUNT(rows));
}

static void test_reaching_through(void **state) {
	static const Row rows[] = {
		{ F(X, "return exp(x.reshaped(1, -1).asType(.float32))"), "exp(~?a)",
		    "[a=x.reshaped(1, -1).asType(.float32)]" },
		{ F(XY, "return exp(sin(x).asType(.float16).expandedDimensions(axis: 0))"), "exp(~sin(?a))", "[a=x]" },
		{ F(XY, "return exp(sin(x) * 2)"), "exp(~sin(?a))", "" },
		{ F(XY, "return exp(sin(x) * 2)"), "exp(^sin(?a))", "[a=x]" },
		{ F(XY, "return exp(sin(x) / 2 + y)"), "exp(^sin(?a))", "[a=x]" },
		{ F(XY, "return exp(sin(x) + tanh(sin(x)))"), "exp(^sin(?a))", "" },
		{ F(XY, "return exp(which(y, sin(x), MLXArray(-1e9)))"), "exp(^sin(?a))", "[a=x]" },
		{ F(XY, "return exp(which(y, sin(x), MLXArray(0).asType(sin(x).dtype)))"), "exp(^sin(?a))", "[a=x]" },
		{ F(XY, "return exp(tanh(sin(x) / 30) * 30)"), "exp(^sin(?a))", "" },
		{ F(XY, "return exp(tanh(sin(x) / 30) * 30)"), "exp(^{tanh}sin(?a))", "[a=x]" },
		{ F("_ x: MLXArray, mask: MLXArray?", "var s = sin(x)\nif let mask { s = s + mask }\nreturn exp(s)"),
		    "exp(^sin(?a))", "[a=x]" },
		{ F("_ x: MLXArray, mask: MLXArray?", "var s = sin(x)\nif let mask { s = mask }\nreturn exp(s)"),
		    "exp(^sin(?a))", "" },
		{ "func g(_ x: MLXArray) -> MLXArray { sin(x) }\n" F(X, "return exp(g(x))"), "exp(sin(?a))", "[a=x]" },
	};
	(void)state;
	check(rows, BASE_COUNT(rows));
}

static void test_conditions_weigh(void **state) {
	static const Row rows[] = {
		{ F(X, "return exp(x)"), "exp(?a)\nwhere device ?a", "[a=x]" },
		{ F(X, "return exp(x)"), "exp(?a)\nwhere host ?a", "" },
		{ F(X, "return exp(x)"), "exp(?a)\nunless device ?a", "" },
		{ F(X, "return exp(x)"), "exp(?a)\nwhere rank ?a > 2: three axes", "[a=x]-1(not known: three axes)" },
		{ F(X, "return exp(x.reshaped(1, 2, 3))"), "exp(?a)\nwhere rank ?a > 2: three axes",
		    "[a=x.reshaped(1, 2, 3)]" },
		{ F(X, "return exp(x)"), "exp(?a)\nweaker if device ?a: on the device", "[a=x]-1(on the device)" },
		{ F(X, "return exp(x)"), "exp(?a)\nstronger if device ?a: on the device", "[a=x]+1(on the device)" },
		{ F(X, "return exp(x)"), "exp(?a)\nweaker if rank ?a > 2: never said of what is unknown", "[a=x]" },
		{ F(X, "return exp(x) + sin(x)"), "exp(?a)\nwhere contains `sin(?a)` in function", "[a=x]" },
		{ F(X, "return exp(x) + sin(x * x)"), "exp(?a)\nwhere contains `sin(?a)` in function", "" },
		{ F(XY, "return exp(sin(x))"), "exp(?a)\nwhere is ?a `sin(?b)`", "[a=sin(x); b=x]" },
		{ F(XY, "return exp(x * MLXArray(real: 0, imaginary: 1))"), "exp(?a)\nwhere real ?a", "" },
	};
	(void)state;
	check(rows, BASE_COUNT(rows));
}

static void test_transpositions_of_the_last_two(void **state) {
	static const char pattern[] = "matmul(_, ?k)\nwhere permutes ?k last-two: transposed";
	static const Row rows[] = {
		{ F(XY, "return matmul(x, y.transposed(0, 1, 3, 2))"), pattern, "[k=y.transposed(0, 1, 3, 2)]" },
		{ F(XY, "return matmul(x, y.transposed(0, 2, 1, 3))"), pattern, "" },
		{ F(XY, "return matmul(x, y.transposed(axes: [0, 2, 3, 1]))"), pattern,
		    "[k=y.transposed(axes: [0, 2, 3, 1])]" },
		{ F(XY, "return matmul(x, swappedAxes(y, -1, -2))"), pattern, "[k=swappedAxes(y, -1, -2)]" },
		{ F(XY, "return matmul(x, y.swappedAxes(1, 2))"), pattern, "[k=y.swappedAxes(1, 2)]-1(not known: transposed)" },
		{ F(XY, "return matmul(x, y.swappedAxes(2, 3).asType(.float32))"), pattern,
		    "[k=y.swappedAxes(2, 3).asType(.float32)]" },
		{ F(XY, "return matmul(x, y.reshaped(2, 3, 4).swappedAxes(0, 1))"), pattern, "" },
		{ F(XY, "return matmul(x, y)"), pattern, "[k=y]-1(not known: transposed)" },
		{ F(XY, "return matmul(x, exp(y))"), pattern, "" },
	};
	(void)state;
	check(rows, BASE_COUNT(rows));
}

#define PAIR                                                                                                           \
	"struct S {\n func pair(_ x: MLXArray) -> (MLXArray, MLXArray) {\n  let e = exp(x)\n  return (sin(e), e)\n }\n"

static void test_use_outside_the_match(void **state) {
	static const char used[] = "sin(exp(?a) as ?e)\nunless used ?e",
	                  returned[] = "sin(exp(?a) as ?e)\nwhere returned ?e";
	static const Row rows[] = {
		{ F(X, "return sin(exp(x))"), used, "[a=x; e=exp(x)]" },
		{ F(X, "let e = exp(x)\nreturn sin(e) + e"), used, "" },
		{ F(X, "let e = exp(x)\nreturn sin(e).reshaped(e.dim(0), -1)"), used, "[a=x; e=exp(x)]" },
		{ PAIR "}", used, "[a=x; e=exp(x)]" },
		{ PAIR "}", returned, "[a=x; e=exp(x)]" },
		{ PAIR " func g(_ x: MLXArray) -> MLXArray { let (s, _) = pair(x); return cos(s) }\n}", used,
		    "[a=x; e=exp(x)]" },
		{ PAIR " func g(_ x: MLXArray) -> MLXArray { let (s, e) = pair(x); return s + e }\n}", used, "" },
		{ PAIR " func g(_ x: MLXArray) -> MLXArray { pair(x).1.sum() }\n}", used, "" },
	};
	(void)state;
	check(rows, BASE_COUNT(rows));
}

static void test_loops(void **state) {
	static const Row rows[] = {
		{ F(X, "var rows: [MLXArray] = []\nfor i in 0 ..< x.dim(0) { rows.append(exp(x[i])) }\nreturn stacked(rows)"),
		    "loop(collects: array_append(_, ?e))\nwhere independent\nunless trips small", "[e=exp(x[i])]" },
		{ F(X, "var y = x\nfor _ in 0 ..< 100 { y = exp(y) }\nreturn y"), "loop(carried: ?c)\nwhere independent", "" },
		{ F(X, "var y = x\nfor _ in 0 ..< 100 { y = exp(y) }\nreturn y"), "exp(?a)\nwhere in loop\nwhere feeds back",
		    "[a=join]" },
		{ F(X, "for i in 0 ..< 4 { x[i] = exp(x[i]) }\nreturn x"), "store(_, exp(load(?a, loopvar as ?i)), ?i)",
		    "[a=join; i=i]" },
		{ F(X, "var y = x\nfor i in 0 ..< 4 { y = y + exp(x) }\nreturn y"), "exp(?a)\nwhere invariant ?a", "[a=x]" },
		{ F(X, "return exp(x)"), "exp(?a)\nwhere in loop", "" },
	};
	(void)state;
	check(rows, BASE_COUNT(rows));
}

static void test_slips_are_named_with_their_place(void **state) {
	static const struct {
		const char *text, *where, *says;
	} rows[] = {
		{ "matmul(?a, ?b", "3:", "" },
		{ "nosuchop(?a)", "3:1", "nosuchop" },
		{ "exp(?a)\nwhere nothing ?a", "4:", "nothing" },
		{ "exp(?a)\nwhere device ?b", "4:", "?b" },
		{ "exp(?a)\nperhaps device ?a", "4:1", "unexpected" },
	};
	Arena arena = { 0 };
	(void)state;
	for (size_t i = 0; i < BASE_COUNT(rows); i++) {
		Err err = { 0 };
		if (pattern_parse(str_of(rows[i].text), 3, &arena, &err)) fail_msg("'%s' was taken", rows[i].text);
		if (strncmp(err.text, rows[i].where, strlen(rows[i].where)) != 0 || !strstr(err.text, rows[i].says))
			fail_msg("'%s' gives '%s'", rows[i].text, err.text);
	}
	arena_done(&arena);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_operands_and_binds),
		cmocka_unit_test(test_labels_and_traits),
		cmocka_unit_test(test_reaching_through),
		cmocka_unit_test(test_conditions_weigh),
		cmocka_unit_test(test_transpositions_of_the_last_two),
		cmocka_unit_test(test_use_outside_the_match),
		cmocka_unit_test(test_loops),
		cmocka_unit_test(test_slips_are_named_with_their_place),
	};
	ops_load();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
