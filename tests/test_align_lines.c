/* Lines that answer each other, and how three texts stand side by side. */
#include "core/posix.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "core/align_lines.h"
#include "core/align_ops.h"

typedef struct Case {
	Source source;
	SyntaxTree tree;
	Outline outline;
	Program program;
	Arena arena;
} Case;

static void build(Case *c, Side side, const char *text) {
	static const Dialect dialects[] = {
		[SIDE_MLX] = DIALECT_MLX, [SIDE_TORCH] = DIALECT_TORCH, [SIDE_SWIFT] = DIALECT_SWIFT
	};
	memset(c, 0, sizeof *c);
	source_of_text(side, side == SIDE_SWIFT ? "a.swift" : "a.py", str_of(text), &c->source);
	assert_true(syntax_parse(side_lang(side), c->source.files[0].text, NULL, &c->arena, &c->tree));
	outline_build(&c->source, &c->tree, &c->arena, &c->outline);
	assert_true(program_build(&c->outline, dialects[side], 1, NULL, &c->arena, &c->program));
}

static void drop(Case *c) {
	program_done(&c->program);
	outline_done(&c->outline);
	source_done(&c->source);
	arena_done(&c->arena);
}

typedef struct Both { /* a Swift function and a Python one */
	Case port, reference;
	LineAlignment to, back;
} Both;

static void build_both(Both *b, const char *swift, const char *python) {
	build(&b->port, SIDE_SWIFT, swift);
	build(&b->reference, SIDE_MLX, python);
}

static void align_both(Both *b, const char *swift, const char *python) {
	ComponentId port = outline_find(&b->port.outline, str_of(swift)),
	            reference = outline_find(&b->reference.outline, str_of(python));
	assert_true(port != COMPONENT_NONE && reference != COMPONENT_NONE);
	align_lines(&b->port.program, port, &b->reference.program, reference, &b->port.arena, &b->to, &b->back);
}

static void drop_both(Both *b) {
	drop(&b->port);
	drop(&b->reference);
}

typedef struct Want {
	uint32_t line;
	char mark;
	uint32_t answer, beside;
} Want;

static void check(const LineAlignment *lines, const Want *want, size_t n) {
	for (size_t i = 0; i < n; i++) {
		const LineAnswer *answer = line_answer(lines, want[i].line);
		assert_non_null(answer);
		char mark = line_mark_char(answer->mark);
		if (mark != want[i].mark || answer->line != want[i].answer ||
		    line_beside(lines, want[i].line) != want[i].beside)
			fail_msg("line %u: '%c' %u beside %u", want[i].line, mark ? mark : ' ', answer->line,
			    line_beside(lines, want[i].line));
	}
}

static const char MLP_PORT[] = "class MLP: Module {\n"
                               "  @ModuleInfo(key: \"up_proj\") var up: Linear\n"
                               "  @ModuleInfo(key: \"down_proj\") var down: Linear\n"
                               "  func callAsFunction(_ x: MLXArray) -> MLXArray {\n"
                               "    let h = up(x)\n"
                               "    print(h.shape)\n"
                               "    let a = gelu(h) * 2\n"
                               "    return down(a)\n"
                               "  }\n"
                               "}\n";
static const char MLP_REFERENCE[] = "import mlx.core as mx\n"
                                    "import mlx.nn as nn\n"
                                    "class MLP(nn.Module):\n"
                                    "    def __init__(self):\n"
                                    "        self.up_proj = nn.Linear(4, 4)\n"
                                    "        self.down_proj = nn.Linear(4, 4)\n"
                                    "    def __call__(self, x):\n"
                                    "        h = self.up_proj(x)\n"
                                    "        a = nn.gelu(h) * 3\n"
                                    "        return self.down_proj(a)\n";

static void lines_answer_across_languages(void **state) {
	(void)state;
	Both b;
	build_both(&b, MLP_PORT, MLP_REFERENCE);
	align_both(&b, "MLP.callAsFunction", "MLP.__call__");
	assert_int_equal(b.to.first, 4);
	static const Want to[] = { { 4, 0, 7, 7 }, { 5, '=', 8, 8 }, { 6, '+', 0, 0 }, { 7, '~', 9, 9 },
		{ 8, '=', 10, 10 } };
	check(&b.to, to, BASE_COUNT(to));
	static const Want back[] = { { 7, 0, 4, 4 }, { 8, '=', 5, 5 }, { 9, '~', 7, 7 }, { 10, '=', 8, 8 } };
	check(&b.back, back, BASE_COUNT(back));
	assert_int_equal(line_nearest(&b.to, 6), 8); /* what has no answer stands with the line before */
	assert_int_equal(line_nearest(&b.to, 3), 0);
	drop_both(&b);
}

/* Branches are written differently and compute nothing: their words answer. */
static void lines_that_compute_nothing_answer_by_their_words(void **state) {
	(void)state;
	Both b;
	build_both(&b,
	    "func f(_ x: MLXArray, mask: MLXArray?) -> MLXArray {\n"
	    "  var scores = softmax(x, axis: -1)\n"
	    "  // the padding goes first\n"
	    "  if let mask {\n"
	    "    scores = scores + mask\n"
	    "  } else {\n"
	    "    scores = exp(scores)\n"
	    "  }\n"
	    "  return scores\n"
	    "}\n",
	    "import mlx.core as mx\n"
	    "def f(x, mask=None):\n"
	    "    scores = mx.softmax(x, axis=-1)\n"
	    "    if mask is not None:\n"
	    "        scores = scores + mask\n"
	    "    else:\n"
	    "        scores = mx.exp(scores)\n"
	    "    return scores\n");
	align_both(&b, "f", "f");
	static const Want to[] = { { 1, 0, 2, 2 }, { 2, '=', 3, 3 }, { 3, 0, 0, 0 }, { 4, 0, 4, 4 }, { 5, '=', 5, 5 },
		{ 6, 0, 6, 6 }, { 7, '=', 7, 7 }, { 8, 0, 0, 0 }, { 9, '=', 8, 8 } };
	check(&b.to, to, BASE_COUNT(to));
	drop_both(&b);
}

/* Two statements have traded places: each is answered, but only one of them can stand beside its answer. */
static void what_has_moved_is_answered_out_of_order(void **state) {
	(void)state;
	Both b;
	build_both(&b,
	    "func f(_ x: MLXArray) -> MLXArray {\n"
	    "  let low = exp(x)\n"
	    "  let high = sin(x)\n"
	    "  let wide = cos(x)\n"
	    "  return low * high * wide\n"
	    "}\n",
	    "import mlx.core as mx\n"
	    "def f(x):\n"
	    "    high = mx.sin(x)\n"
	    "    wide = mx.cos(x)\n"
	    "    low = mx.exp(x)\n"
	    "    return low * high * wide\n");
	align_both(&b, "f", "f");
	static const Want to[] = { { 2, '=', 5, 0 }, { 3, '=', 3, 3 }, { 4, '=', 4, 4 }, { 5, '=', 6, 6 } };
	check(&b.to, to, BASE_COUNT(to));
	drop_both(&b);
}

/* One kernel stands for three steps: it is answered by the first that works on the same, seen through small callees. */
static void a_fused_kernel_is_answered_by_its_parts(void **state) {
	(void)state;
	Both b;
	build_both(&b,
	    "func half(_ x: MLXArray) -> MLXArray { x * 0.5 }\n"
	    "func f(_ x: MLXArray, k: MLXArray, v: MLXArray) -> MLXArray {\n"
	    "  let q = half(x)\n"
	    "  let scores = matmul(q, k)\n"
	    "  let weights = softmax(scores, axis: -1)\n"
	    "  return matmul(weights, v)\n"
	    "}\n",
	    "import mlx.core as mx\n"
	    "def half(x):\n"
	    "    return x * 0.5\n"
	    "def f(x, k, v):\n"
	    "    q = half(x)\n"
	    "    return mx.fast.scaled_dot_product_attention(q, k, v, scale=1.0)\n");
	align_both(&b, "f", "f");
	static const Want to[] = { { 3, '=', 5, 5 }, { 4, '~', 6, 6 }, { 5, '+', 0, 0 } };
	check(&b.to, to, BASE_COUNT(to));
	drop_both(&b);
}

/* ---- rows ---- */

static void rows_are(const LineRow *rows, size_t n, const uint32_t (*want)[SIDE_COUNT], size_t n_want) {
	for (size_t i = 0; i < n && i < n_want; i++)
		for (int side = 0; side < SIDE_COUNT; side++)
			if (rows[i].line[side] != want[i][side])
				fail_msg("row %zu: %u %u %u", i, rows[i].line[0], rows[i].line[1], rows[i].line[2]);
	assert_int_equal(n, n_want);
}

/* Lines 2..5 of the hub towards 3..6 of the other: 2-3, 4-5, 5-6. */
static const LineAlignment *towards(uint32_t beside[4]) {
	static LineAnswer none[4];
	static uint32_t nearest[4];
	static LineAlignment alignment;
	alignment = (LineAlignment) { .first = 2, .n = 4, .lines = none, .nearest = nearest, .beside = beside };
	return &alignment;
}

static void fillers_stand_where_one_side_has_nothing(void **state) {
	(void)state;
	Arena arena = { 0 };
	size_t n;
	LinePane panes[SIDE_COUNT] = {
		[SIDE_MLX] = { .first = 1, .last = 7, .beside = towards((uint32_t[4]) { 3, 0, 5, 6 }) },
		[SIDE_SWIFT] = { .first = 1, .last = 6 }
	};
	LineRow *rows = line_rows(panes, SIDE_SWIFT, &arena, &n);
	static const uint32_t want[][SIDE_COUNT] = {
		{ 1, 0, 0 },                           /* the other's text begins earlier ... */
		{ 2, 0, 1 }, { 3, 0, 2 },              /* ... so that what answers stands together */
		{ 0, 0, 3 }, { 4, 0, 0 },              /* nothing answers either */
		{ 5, 0, 4 }, { 6, 0, 5 }, { 7, 0, 6 }, /* after the last link lines go on by twos */
	};
	rows_are(rows, n, want, BASE_COUNT(want));
	arena_done(&arena);
}

static void three_texts_stand_beside_the_hub(void **state) {
	(void)state;
	Arena arena = { 0 };
	size_t n;
	uint32_t mlx[] = { 1, 2 }, torch[] = { 2, 4 };
	LineAlignment to_mlx = { .first = 1, .n = 2, .lines = (LineAnswer[2]) { { 0 } }, .beside = mlx },
	              to_torch = { .first = 1, .n = 2, .lines = (LineAnswer[2]) { { 0 } }, .beside = torch };
	LinePane panes[SIDE_COUNT] = { { .first = 1, .last = 2, .beside = &to_mlx },
		{ .first = 1, .last = 5, .beside = &to_torch }, { .first = 1, .last = 2 } };
	LineRow *rows = line_rows(panes, SIDE_SWIFT, &arena, &n);
	static const uint32_t want[][SIDE_COUNT] = { { 0, 1, 0 }, { 1, 2, 1 }, { 0, 3, 0 }, { 2, 4, 2 }, { 0, 5, 0 } };
	rows_are(rows, n, want, BASE_COUNT(want));
	arena_done(&arena);
}

static void without_an_alignment_the_anchors_stand_together(void **state) {
	(void)state;
	Arena arena = { 0 };
	size_t n;
	LinePane panes[SIDE_COUNT] = {
		[SIDE_TORCH] = { .first = 40, .last = 42, .anchor = 41 }, [SIDE_SWIFT] = { .first = 1, .last = 3, .anchor = 3 }
	};
	LineRow *rows = line_rows(panes, SIDE_SWIFT, &arena, &n);
	static const uint32_t want[][SIDE_COUNT] = { { 0, 0, 1 }, { 0, 40, 2 }, { 0, 41, 3 }, { 0, 42, 0 } };
	rows_are(rows, n, want, BASE_COUNT(want));
	panes[SIDE_TORCH].anchor = 0;
	rows = line_rows(panes, SIDE_SWIFT, &arena, &n);
	static const uint32_t first[][SIDE_COUNT] = { { 0, 40, 1 }, { 0, 41, 2 }, { 0, 42, 3 } };
	rows_are(rows, n, first, BASE_COUNT(first));
	arena_done(&arena);
}

/* Whatever the links: every line of every pane once, in order. */
static void every_line_stands_once_and_in_order(void **state) {
	(void)state;
	Arena arena = { 0 };
	uint32_t seed = 7;
	for (int round = 0; round < 200; round++) {
		enum { N = 12 };
		uint32_t beside[2][N] = { { 0 } };
		LineAlignment to[2];
		LinePane panes[SIDE_COUNT] = { { .first = 1, .last = 9 }, { .first = 5, .last = 30 },
			{ .first = 1, .last = 20 } };
		for (int side = 0; side < 2; side++) {
			uint32_t at = panes[side].first;
			for (int i = 0; i < N && at <= panes[side].last; i++) {
				seed = seed * 1664525 + 1013904223;
				if (seed >> 30 == 0) continue;
				at += seed >> 28 & 3;
				if (at <= panes[side].last) beside[side][i] = at++;
			}
			to[side] =
			    (LineAlignment) { .first = 4, .n = N, .lines = (LineAnswer[N]) { { 0 } }, .beside = beside[side] };
			panes[side].beside = &to[side];
		}
		size_t n;
		LineRow *rows = line_rows(panes, SIDE_SWIFT, &arena, &n);
		for (int side = 0; side < SIDE_COUNT; side++) {
			uint32_t next = panes[side].first;
			for (size_t i = 0; i < n; i++)
				if (rows[i].line[side]) assert_int_equal(rows[i].line[side], next++);
			assert_int_equal(next, panes[side].last + 1);
		}
	}
	arena_done(&arena);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines_answer_across_languages),
		cmocka_unit_test(lines_that_compute_nothing_answer_by_their_words),
		cmocka_unit_test(what_has_moved_is_answered_out_of_order),
		cmocka_unit_test(a_fused_kernel_is_answered_by_its_parts),
		cmocka_unit_test(fillers_stand_where_one_side_has_nothing),
		cmocka_unit_test(three_texts_stand_beside_the_hub),
		cmocka_unit_test(without_an_alignment_the_anchors_stand_together),
		cmocka_unit_test(every_line_stands_once_and_in_order),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
