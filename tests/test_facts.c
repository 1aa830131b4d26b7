/* What is known of the value a function returns, in Swift and in Python. */
#include "core/posix.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/facts.h"

/* ---- printing ---- */

static void print_facts(const Facts *f, Buf *out) {
	static const char *const domains[] = { "unknown", "device", "host array", "host", "other" };
	static const char *const dtypes[] = { "", " bool", " integer", " half", " float", " complex", " string" };
	buf_printf(out, "%s%s%s", domains[f->domain], f->is_double ? " double" : "", dtypes[f->dtype]);
	if (f->nesting) buf_printf(out, " x%d", f->nesting);
	if (f->rank < 0) return;
	buf_puts(out, " [");
	for (int i = 0; i < f->rank; i++) {
		if (i) buf_puts(out, ", ");
		if (f->size[i].kind == SIZE_LITERAL)
			buf_printf(out, "%d", (int)f->size[i].value);
		else if (f->size[i].kind == SIZE_NAMED)
			buf_str(out, f->size[i].name);
		else
			buf_puts(out, "_");
	}
	buf_puts(out, "]");
}

/* Facts of what the last return of f gives. */
static char *facts_of_return(Side side, Dialect dialect, const char *name, const char *text) {
	Source source;
	SyntaxTree tree;
	Outline outline;
	Arena arena = { 0 };
	FlowGraph g;
	Buf out = { 0 };
	ops_load();
	source_of_text(side, name, str_of(text), &source);
	assert_true(syntax_parse(side_lang(side), source.files[0].text, NULL, &arena, &tree));
	assert_int_equal(tree.n_errors, 0);
	outline_build(&source, &tree, &arena, &outline);
	ComponentId f = outline_find(&outline, STR("f"));
	if (f == COMPONENT_NONE) f = outline_find(&outline, STR("C.f"));
	assert_int_not_equal(f, COMPONENT_NONE);
	flow_lower(&outline, f, dialect, &arena, &g);
	facts_infer(&g, &outline);
	NodeId value = 0;
	for (NodeId id = 1; id < g.n; id++)
		if (g.nodes[id].kind == NODE_RETURN) value = flow_arg(&g, id, 0);
	assert_int_not_equal(value, 0);
	print_facts(&g.nodes[value].facts, &out);
	outline_done(&outline);
	arena_done(&arena);
	source_done(&source);
	return buf_take(&out);
}

typedef struct Case {
	const char *text, *is;
} Case;

static void check(Side side, Dialect dialect, const char *name, const char *format, const Case *cases, size_t n) {
	for (size_t i = 0; i < n; i++) {
		char text[2048];
		snprintf(text, sizeof text, format, cases[i].text);
		char *is = facts_of_return(side, dialect, name, text);
		if (strcmp(is, cases[i].is) != 0) print_error("%s\n", text);
		assert_string_equal(is, cases[i].is);
		free(is);
	}
}

/* ---- Python ---- */

static void mlx_expressions(void **state) {
	static const Case cases[] = {
		{ "x", "device" },
		{ "n", "host integer" },
		{ "s", "host double float" },
		{ "u", "unknown" },
		{ "u * 2", "unknown" },
		{ "u.sum()", "unknown" },
		{ "n * 2", "host integer" },
		{ "n / 2", "host float" },
		{ "n * s", "host double float" },
		{ "x * u", "device" },
		{ "mx.exp(u)", "device" },
		{ "mx.zeros((2, 3))", "device float [2, 3]" },
		{ "mx.zeros((n, 3), dtype=mx.float16)", "device half [n, 3]" },
		{ "mx.zeros((2, 3)).reshape(6)", "device float [6]" },
		{ "mx.zeros((2, 3)).reshape(-1, 2)", "device float [_, 2]" },
		{ "mx.zeros((2, 3)).reshape(u)", "device float" },
		{ "mx.zeros((2, 3)).T", "device float [3, 2]" },
		{ "mx.zeros((2, 3, 4)).transpose(0, 2, 1)", "device float [2, 4, 3]" },
		{ "mx.swapaxes(mx.zeros((2, 3, 4)), -1, -2)", "device float [2, 4, 3]" },
		{ "mx.expand_dims(mx.zeros((2, 3)), 1)", "device float [2, 1, 3]" },
		{ "mx.zeros((2, 1, 3)).squeeze(1)", "device float [2, 3]" },
		{ "mx.zeros((2, 1, 3)).squeeze()", "device float" },
		{ "mx.zeros((2, 3, 4)).flatten(1, 2)", "device float [2, _]" },
		{ "mx.zeros((2, 3)).sum()", "device float []" },
		{ "mx.zeros((2, 3)).sum(axis=1)", "device float [2]" },
		{ "mx.zeros((2, 3)).sum(axis=-1, keepdims=True)", "device float [2, 1]" },
		{ "mx.zeros((2, 3)).sum(axis=n)", "device float" },
		{ "mx.argmax(mx.zeros((2, 3)), axis=-1)", "device integer [2]" },
		{ "mx.zeros((2, 3)) @ mx.zeros((3, 5))", "device float [2, 5]" },
		{ "mx.zeros((7, 2, 3)) @ mx.zeros((3, 5))", "device float [7, 2, 5]" },
		{ "mx.zeros((2, 3)) + mx.zeros((1, 3))", "device float [2, 3]" },
		{ "mx.zeros((2, 3)) > 0", "device bool [2, 3]" },
		{ "mx.zeros((2, 3)).astype(mx.bfloat16) * 2.0", "device half [2, 3]" },
		{ "mx.zeros((2, 3)).astype(mx.int32) * 2", "device integer [2, 3]" },
		{ "mx.zeros((2, 3)).astype(mx.int32) * 0.5", "device float [2, 3]" },
		{ "mx.zeros((2, 3)).astype(u)", "device [2, 3]" },
		{ "x.astype(mx.float16) + x.astype(mx.float32)", "device float" },
		{ "mx.fft.rfft(mx.zeros((2, 8)))", "device complex [_, _]" },
		{ "mx.abs(mx.fft.rfft(mx.zeros((2, 8))))", "device float [_, _]" },
		{ "mx.softmax(x, axis=-1)", "device" },
		{ "mx.concatenate([mx.zeros((2, 3)), mx.zeros((2, 3))], axis=1)", "device float [_, _]" },
		{ "mx.stack([mx.zeros((2, 3)), x])", "device [_, _, _]" },
		{ "mx.zeros((2, 3))[0]", "device float [3]" },
		{ "mx.zeros((2, 3))[:, 0]", "device float [2]" },
		{ "mx.zeros((2, 3))[..., None]", "device float [2, 3, 1]" },
		{ "mx.zeros((2, 3))[:, :2]", "device float [2, 2]" },
		{ "mx.zeros((2, 3))[..., 1:3]", "device float [2, 2]" },
		{ "mx.zeros((2, 3))[u]", "device float" },
		{ "mx.zeros((2, 3))[mx.zeros((2, 3)) > 0]", "device float" },
		{ "mx.zeros((2, 3))[mx.arange(4).astype(mx.int32)]", "device float [_, 3]" },
		{ "mx.split(mx.zeros((2, 6)), 3, axis=1)[0]", "device float [_, _]" },
		{ "x.shape", "host array integer x1" },
		{ "x.shape[0]", "host integer" },
		{ "x.ndim", "host integer" },
		{ "len(x)", "host integer" },
		{ "mx.zeros((2, 3)).sum().item()", "host float" },
		{ "x.item()", "host" },
		{ "x.tolist()", "host array" },
		{ "[1.0, 2.0]", "host array float x1" },
		{ "[[1, 2], [3, 4]]", "host array integer x2" },
		{ "[1, x]", "host array" },
		{ "mx.array([1.0, 2.0])", "device float [2]" },
		{ "mx.array([[1, 2], [3, 4]])", "device integer [2, _]" },
		{ "mx.array(3)", "device integer []" },
		{ "mx.arange(10)", "device [_]" },
		{ "x is None", "host bool" },
		{ "not x", "host bool" },
		{ "'a' + 'b'", "host string" },
		{ "f'{x}'", "host string" },
		{ "x if n else mx.zeros((2,))", "device" },
		{ "mx.zeros((2, 3)) if n else mx.zeros((2, 4))", "device float [2, _]" },
		{ "n if u else x", "unknown" },
		{ "[i * 2.0 for i in range(4)]", "host array float x1" },
		{ "g(x)", "device" },
		{ "h(x)", "unknown" },
		{ "u == 'a'", "host bool" },
		{ "u == 2", "unknown" },
		{ "k(x)", "unknown" },
	};
	check(SIDE_MLX, DIALECT_MLX, "m.py",
	    "import mlx.core as mx\ndef g(x) -> mx.array:\n    return x\ndef h(x):\n    return x\n"
	    "def k(x) -> Tuple[mx.array, List[int]]:\n    return x\n"
	    "def f(x: mx.array, n: int, s: float, u):\n    return %s\n",
	    cases, BASE_COUNT(cases));
	(void)state;
}

static void functions(void **state) {
	static const Case cases[] = {
		{ "    for i in range(3):\n        x = x + 1\n    return x\n", "device" },
		{ "    y = mx.zeros((2, 3))\n    for i in range(3):\n        y = y * 2\n    return y\n",
		    "device float [2, 3]" },
		{ "    y = mx.zeros((2, 3))\n    for i in range(3):\n        y = y[None]\n    return y\n", "device float" },
		{ "    y = 0\n    for i in range(3):\n        y = y + x\n    return y\n", "unknown" },
		{ "    for i in range(3):\n        y = i\n    return y\n", "host integer" },
		{ "    for i, z in enumerate([1.5, 2.5]):\n        y = (i, z)[1]\n    return y\n", "host float" },
		{ "    for z in mx.zeros((2, 3)):\n        y = z\n    return y\n", "device float [3]" },
		{ "    a, b = mx.split(mx.zeros((2, 6)), 2)\n    return b\n", "device float [_, _]" },
		{ "    B, L = x.shape\n    return B * L\n", "host integer" },
		{ "    y = None\n    if x:\n        y = mx.zeros((2, 3))\n    return y\n", "device float [2, 3]" },
		{ "    y = []\n    for i in range(3):\n        y.append(i)\n    return y\n", "host array" },
		{ "    x[0] = 3\n    return x\n", "device" },
		{ "    a, b = k(x)\n    return a\n", "device" },
		{ "    a, b = k(x)\n    return b\n", "host array integer x1" },
	};
	check(SIDE_MLX, DIALECT_MLX, "m.py",
	    "import mlx.core as mx\ndef k(x) -> Tuple[mx.array, List[int]]:\n    return x\ndef f(x: mx.array):\n%s", cases,
	    BASE_COUNT(cases));
	(void)state;
}

static void torch_expressions(void **state) {
	static const Case cases[] = {
		{ "x.float()", "device float" },
		{ "x.to(torch.float16)", "device half" },
		{ "x.size(0)", "host integer" },
		{ "x.size()", "host array integer x1" },
		{ "torch.zeros(2, 3)", "device float [2, 3]" },
		{ "torch.zeros(2, 3).permute(1, 0)", "device float [3, 2]" },
		{ "torch.zeros(2, 3).view(1, 6)", "device float [1, 6]" },
		{ "torch.zeros(2, 3).unsqueeze(0)", "device float [1, 2, 3]" },
		{ "torch.zeros(2, 1).squeeze(0)", "device float" }, /* leaves it alone when it isn't 1 */
		{ "torch.zeros(2, 3).mean(dim=-1, keepdim=True)", "device float [2, 1]" },
		{ "F.softmax(u, dim=-1)", "device" },
		{ "x.item()", "host" },
		{ "a.sum()", "unknown" },
		{ "a * 2", "host array" },
	};
	check(SIDE_TORCH, DIALECT_TORCH, "m.py",
	    "import torch\nimport torch.nn.functional as F\nimport numpy as np\n"
	    "def f(x: torch.Tensor, u, a: np.ndarray):\n    return %s\n",
	    cases, BASE_COUNT(cases));
	(void)state;
}

/* Parameters without a type are what is applied to them; fields are what PyTorch's own words make them. */
static void torch_modules(void **state) {
	static const Case cases[] = {
		{ "        y = self.norm(x)\n        return x\n", "device" },
		{ "        y = self.norm(x.transpose(1, 2))\n        return x\n", "device" },
		{ "        if n:\n            x = x.float()\n        y = self.norm(x)\n        return x\n", "device" },
		{ "        return x\n", "unknown" },
		{ "        y = math.tanh(x)\n        return x\n", "unknown" },
		{ "        y = self.layers(x)\n        return x\n", "unknown" },
		{ "        y = self.norm(n)\n        return n\n", "host integer" },
		{ "        return x.unsqueeze(0)\n", "device" },
		{ "        return x.reshape(2, -1)\n", "unknown" }, /* numpy's too */
		{ "        return self.alpha\n", "device" },
		{ "        return self.pe\n", "device" },
		{ "        return self.size\n", "unknown" },
	};
	check(SIDE_TORCH, DIALECT_TORCH, "m.py",
	    "import math\nimport torch\nfrom torch import nn\nclass C(nn.Module):\n    def __init__(self, pe, size):\n"
	    "        self.norm = nn.LayerNorm(4)\n        self.layers = nn.Sequential(size)\n        self.size = size\n"
	    "        self.alpha = nn.Parameter(torch.ones(4))\n        self.register_buffer('pe', pe)\n"
	    "    def f(self, x, n: int):\n%s",
	    cases, BASE_COUNT(cases));
	(void)state;
}

/* ---- Swift ---- */

static void swift_expressions(void **state) {
	static const Case cases[] = {
		{ "x", "device" },
		{ "n", "host integer" },
		{ "n / 2", "host integer" },
		{ "Float(n)", "host float" },
		{ "Double(n) * 2", "host double float" },
		{ "s * 2", "host float" },
		{ "h * 0.5", "host half" },
		{ "values", "host array float x1" },
		{ "table[0]", "host array float x1" },
		{ "table[0][n]", "host float" },
		{ "x.dim(0)", "host integer" },
		{ "x.shape[0]", "host integer" },
		{ "softmax(x, axis: -1)", "device" },
		{ "MLXArray.zeros([2, 3])", "device float [2, 3]" },
		{ "MLXArray.zeros([2, 3]).transposed(1, 0)", "device float [3, 2]" },
		{ "MLXArray.zeros([2, 3]).reshaped(6)", "device float [6]" },
		{ "MLXArray.zeros([2, 3]).expandedDimensions(axis: 0)", "device float [1, 2, 3]" },
		{ "MLXArray.zeros([2, 3]).sum(axis: 1)", "device float [2]" },
		{ "MLXArray.zeros([2, 3])[0]", "device float [3]" },
		{ "MLXArray.zeros([2, 3])[0..., .newAxis]", "device float [2, 1, 3]" },
		{ "MLXArray.zeros([2, 3]).asType(.float16)", "device half [2, 3]" },
		{ "matmul(MLXArray.zeros([2, 3]), MLXArray.zeros([3, 4]))", "device float [2, 4]" },
		{ "MLXArray(values)", "device float [_]" },
		{ "x.asArray(Float.self)", "host array float x1" },
		{ "x.item(Int.self)", "host integer" },
		{ "x .> 0", "device bool" },
		{ "values.map { $0 * 2 }", "host array float x1" },
		{ "[1.0, 2.0]", "host array float x1" },
		{ "n > 2 && s > 0", "host bool" },
		{ "u", "unknown" },
		{ "u.sum()", "unknown" },
	};
	check(SIDE_SWIFT, DIALECT_SWIFT, "M.swift",
	    "import MLX\nfunc f(x: MLXArray, n: Int, s: Float, h: Float16, values: [Float], table: [[Float]], u: Foo) -> Any {\n"
	    "    return %s\n}\n",
	    cases, BASE_COUNT(cases));
	(void)state;
}

static void swift_fields(void **state) {
	static const Case cases[] = {
		{ "weight", "device" },
		{ "weight * scale", "device" },
		{ "scale", "host float" },
		{ "made(weight)", "device" },
	};
	check(SIDE_SWIFT, DIALECT_SWIFT, "M.swift",
	    "import MLX\nclass C {\n    let weight: MLXArray\n    let scale: Float\n"
	    "    func made(_ x: MLXArray) -> MLXArray { x }\n"
	    "    func f() -> Any {\n        return %s\n    }\n}\n",
	    cases, BASE_COUNT(cases));
	(void)state;
}

static void types(void **state) {
	static const struct {
		Lang lang;
		const char *type, *is;
	} cases[] = {
		{ LANG_SWIFT, "MLXArray?", "device" },
		{ LANG_SWIFT, "inout [[Double]]", "host array double float x2" },
		{ LANG_SWIFT, "[MLXArray]", "host array x1" },
		{ LANG_SWIFT, "[String: MLXArray]", "other" },
		{ LANG_SWIFT, "Foo", "unknown" },
		{ LANG_PYTHON, "Optional[mx.array]", "device" },
		{ LANG_PYTHON, "mx.array | None", "device" },
		{ LANG_PYTHON, "List[torch.Tensor]", "host array x1" },
		{ LANG_PYTHON, "List[List[int]]", "host array integer x2" },
		{ LANG_PYTHON, "Union[int, float]", "unknown" },
		{ LANG_PYTHON, "'str'", "host string" },
	};
	for (size_t i = 0; i < BASE_COUNT(cases); i++) {
		Facts facts = { .rank = -1 };
		Buf out = { 0 };
		facts_of_type(cases[i].lang, str_of(cases[i].type), &facts);
		print_facts(&facts, &out);
		char *is = buf_take(&out);
		assert_string_equal(is, cases[i].is);
		free(is);
	}
	(void)state;
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(types),
		cmocka_unit_test(mlx_expressions),
		cmocka_unit_test(functions),
		cmocka_unit_test(torch_expressions),
		cmocka_unit_test(torch_modules),
		cmocka_unit_test(swift_expressions),
		cmocka_unit_test(swift_fields),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
