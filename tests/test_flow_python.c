/* The Python lowering: what a function returns, printed without spans, for both dialects; and the shape of loops, branches,
 * calls and names. */
#include "core/posix.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/flow_python.h"

/* ---- lowering a text ---- */

typedef struct Fixture {
	Source source;
	SyntaxTree tree;
	Outline outline;
	Arena arena;
	FlowGraph g;
} Fixture;

static const char mlx_head[] = "import mlx.core as mx\nimport mlx.nn as nn\nimport numpy as np\nimport math\n";
static const char torch_head[] =
    "import torch\nimport torch.nn as nn\nimport torch.nn.functional as F\nimport numpy as np\nimport math\n";

static void open_text(Fixture *x, Dialect dialect, const char *head, const char *text) {
	memset(x, 0, sizeof *x);
	ops_load();
	Buf all = { 0 };
	buf_puts(&all, head);
	buf_puts(&all, text);
	source_of_text(dialect == DIALECT_MLX ? SIDE_MLX : SIDE_TORCH, "model.py", buf_view(&all), &x->source);
	buf_done(&all);
	assert_true(syntax_parse(LANG_PYTHON, x->source.files[0].text, NULL, &x->arena, &x->tree));
	assert_int_equal(x->tree.n_errors, 0);
	outline_build(&x->source, &x->tree, &x->arena, &x->outline);
}

static void lower(Fixture *x, Dialect dialect, const char *component) {
	ComponentId id = outline_find(&x->outline, str_of(component));
	assert_int_not_equal(id, COMPONENT_NONE);
	flow_python_lower(&x->outline, id, dialect, &x->arena, &x->g);
}

static void close_text(Fixture *x) {
	outline_done(&x->outline);
	arena_done(&x->arena);
	source_done(&x->source);
}

static Str span_text(const Fixture *x, NodeId id) { return source_text(&x->source.files[0], x->g.nodes[id].span); }

/* ---- printing ---- */

static void print_node(const FlowGraph *g, NodeId id, int depth, Buf *out);

static void print_args(const FlowGraph *g, NodeId id, size_t from, int depth, Buf *out) {
	const FlowNode *node = &g->nodes[id];
	buf_putc(out, '(');
	for (size_t i = from; i < node->n_args; i++) {
		const FlowArg *arg = &g->args[node->args + i];
		if (i > from) buf_puts(out, ", ");
		if (arg->spread) buf_putc(out, '*');
		if (arg->label.len) buf_printf(out, "%.*s: ", STR_ARG(arg->label));
		print_node(g, arg->node, depth - 1, out);
	}
	buf_putc(out, ')');
}

static void print_const(const FlowNode *node, Buf *out) {
	if (node->is_string)
		buf_printf(out, "\"%.*s\"", STR_ARG(node->text));
	else if (node->is_number)
		buf_printf(out, "%g", node->number);
	else
		buf_str(out, node->text);
}

static void print_node(const FlowGraph *g, NodeId id, int depth, Buf *out) {
	const FlowNode *node = &g->nodes[id];
	if (!id || depth == 0) {
		buf_putc(out, '_');
		return;
	}
	switch ((NodeKind)node->kind) {
	case NODE_SELF: buf_puts(out, "self"); return;
	case NODE_PARAM: buf_str(out, node->name); return;
	case NODE_GLOBAL: buf_printf(out, "global %.*s", STR_ARG(node->name)); return;
	case NODE_CONST: print_const(node, out); return;
	case NODE_LOOPVAR: buf_printf(out, "loopvar%u", node->index); return;
	case NODE_CLOSURE: buf_printf(out, "closure %.*s", STR_ARG(node->name)); return;
	case NODE_FIELD:
		print_node(g, flow_arg(g, id, 0), depth - 1, out);
		buf_printf(out, ".%.*s", STR_ARG(node->name));
		return;
	case NODE_PART:
		buf_printf(out, "part%u", node->index);
		print_args(g, id, 0, depth, out);
		return;
	case NODE_OP: buf_str(out, node->name); break;
	case NODE_MODULE: buf_printf(out, "module %.*s %s", STR_ARG(node->key), op_info(node->op)->name); break;
	case NODE_NEW: buf_printf(out, "new %.*s", STR_ARG(node->name)); break;
	case NODE_CALL: buf_printf(out, "call %.*s", STR_ARG(node->name)); break;
	case NODE_LOAD: buf_puts(out, "load"); break;
	case NODE_STORE: buf_printf(out, "store%s%.*s", node->name.len ? " " : "", STR_ARG(node->name)); break;
	case NODE_TUPLE: buf_printf(out, "%.*s", STR_ARG(node->name.len ? node->name : STR("tuple"))); break;
	case NODE_JOIN:
		if (g->regions[node->body].kind == REGION_LOOP && node->region == node->body) { /* what a turn begins with */
			buf_puts(out, "carried(");
			print_node(g, flow_arg(g, id, 0), depth - 1, out);
			buf_putc(out, ')');
			return;
		}
		buf_puts(out, "join");
		break;
	case NODE_UNKNOWN: buf_puts(out, "UNKNOWN"); break;
	default: buf_puts(out, "?"); break;
	}
	print_args(g, id, 0, depth, out);
}

static NodeId last_of(const FlowGraph *g, NodeKind kind) {
	for (NodeId id = g->n; id-- > 1;)
		if (g->nodes[id].kind == kind) return id;
	return 0;
}

/* What the last return of a function gives. */
static char *returned(const FlowGraph *g) {
	Buf out = { 0 };
	NodeId id = last_of(g, NODE_RETURN);
	print_node(g, flow_arg(g, id, 0), 40, &out);
	return buf_take(&out);
}

static char *lowered(Dialect dialect, const char *head, const char *text, const char *component) {
	Fixture x;
	open_text(&x, dialect, head, text);
	lower(&x, dialect, component);
	assert_int_equal(x.g.n_unknown, 0);
	char *out = returned(&x.g);
	close_text(&x);
	return out;
}

/* ---- both dialects agree ---- */

typedef struct Pair {
	const char *mlx, *torch; /* expressions over parameters x, y, z, w */
} Pair;

static char *lowered_expression(Dialect dialect, const char *expression) {
	char text[1024];
	snprintf(text, sizeof text, "def f(x, y, z, w):\n    return %s\n", expression);
	return lowered(dialect, dialect == DIALECT_MLX ? mlx_head : torch_head, text, "f");
}

static void same_formula(void **state) {
	static const Pair pairs[] = {
		{ "mx.softmax(x, axis=-1)", "torch.softmax(x, dim=-1)" },
		{ "mx.softmax(x, axis=-1)", "F.softmax(x, dim=-1)" },
		{ "mx.softmax(x, axis=-1)", "x.softmax(dim=-1)" },
		{ "mx.softmax(x, axis=-1)", "torch.nn.functional.softmax(x, -1)" },
		{ "mx.softmax(x, axis=-1)", "nn.functional.softmax(x, dim=-1)" },
		{ "x @ y", "torch.matmul(x, y)" },
		{ "mx.matmul(x, y)", "x @ y" },
		{ "mx.mean(x, axis=1, keepdims=True)", "x.mean(dim=1, keepdim=True)" },
		{ "mx.concatenate([x, y], axis=1)", "torch.cat([x, y], dim=1)" },
		{ "mx.expand_dims(x, 1)", "x.unsqueeze(1)" },
		{ "x * mx.rsqrt(y + 1e-5)", "x * torch.rsqrt(y + 1e-5)" },
		{ "mx.where(x, y, z)", "torch.where(x, y, z)" },
		{ "x[:, :4]", "x[:, :4]" },
		{ "x[..., None]", "x[..., None]" },
		{ "-x + ~y", "-x + ~y" },
		{ "x ** 2 // y % z", "x ** 2 // y % z" },
		{ "nn.gelu(x)", "F.gelu(x)" },
		{ "mx.abs(x).sum(axis=0)", "torch.abs(x).sum(dim=0)" },
		{ "x.astype(mx.float32)", "x.to(torch.float32)" },
		{ "x.astype(mx.float32)", "x.float()" },
		{ "x.astype(y.dtype)", "x.to(y.dtype)" },
		{ "x if y is None else mx.exp(z)", "x if y is None else torch.exp(z)" },
	};
	for (size_t i = 0; i < BASE_COUNT(pairs); i++) {
		char *mlx = lowered_expression(DIALECT_MLX, pairs[i].mlx);
		char *torch = lowered_expression(DIALECT_TORCH, pairs[i].torch);
		if (strcmp(mlx, torch) != 0) print_error("%s: %s, but %s: %s\n", pairs[i].mlx, mlx, pairs[i].torch, torch);
		assert_string_equal(mlx, torch);
		free(mlx);
		free(torch);
	}
	(void)state;
}

/* ---- what an expression is ---- */

typedef struct Reading {
	const char *text, *is;
} Reading;

static void expressions(void **state) {
	static const Reading readings[] = {
		{ "x + y * z", "add(x, multiply(y, z))" },
		{ "x < y", "lt(x, y)" },
		{ "x < y <= z", "bool_and(lt(x, y), le(y, z))" },
		{ "x and y or not z", "bool_or(bool_and(x, y), bool_not(z))" },
		{ "x is None", "eq(x, nil)" },
		{ "x is not None", "ne(x, nil)" },
		{ "x not in y", "bool_not(contains(y, x))" },
		{ "x[:, :n]", "load(x, range(), range(_, global n))" },
		{ "x[..., None]", "load(x, ellipsis(), newaxis())" },
		{ "x[1:-1, ::2]", "load(x, range(1, -1), range(_, _, by: 2))" },
		{ "x[y][0]", "load(load(x, y), 0)" },
		{ "x[mx.newaxis]", "load(x, newaxis())" },
		{ "x[np.newaxis, :]", "load(x, newaxis(), range())" },
		{ "-1.5", "-1.5" },
		{ "0x1F + 1_000", "add(31, 1000)" },
		{ "(x)", "x" },
		{ "(x, y)", "tuple(x, y)" },
		{ "[x, *y]", "array_literal(x, *y)" },
		{ "{'a': x, **y}", "dict_literal(\"a\", x, *y)" },
		{ "'a' 'b'", "\"ab\"" },
		{ "f'{x} of {y:>{z}}'", "string(x, \" of \", y)" },
		{ "g(x, *y, k=z, **w)", "call g(x, *y, k: z, *w)" },
		{ "x.foo.bar(y)", "call bar(x.foo, y)" },
		{ "lambda a, b=1: a + b", "closure " },
		{ "[mx.exp(i) for i in x]", "map(x)" },
		{ "sum(i * i for i in x)", "host_sum(map(x))" },
		{ "(a := x + y) * a", "multiply(add(x, y), add(x, y))" },
		{ "mx.float32", "global float32" },
		{ "mx.fast.rope(x, 64, traditional=False, base=1e4, scale=1.0, offset=y)",
		    "rope(x, dims: 64, traditional: false, base: 10000, scale: 1, offset: y)" },
		{ "x.shape[-1]", "load(shape(x), -1)" },
		{ "len(x)", "count(x)" },
		{ "x.item()", "item(x)" },
		{ "await x", "x" },
		{ "nn.Linear(4, 8)(x)", "module  linear(new Linear(input_dims: 4, output_dims: 8), x)" },
		{ "mx.einsum('bhd,bd->bh', x, y)", "einsum(\"bhd,bd->bh\", operands: x, operands: y)" },
	};
	for (size_t i = 0; i < BASE_COUNT(readings); i++) {
		char *is = lowered_expression(DIALECT_MLX, readings[i].text);
		if (strcmp(is, readings[i].is) != 0) print_error("%s\n", readings[i].text);
		assert_string_equal(is, readings[i].is);
		free(is);
	}
	(void)state;
}

/* ---- what a function is ---- */

static void functions(void **state) {
	static const Reading readings[] = {
		{ "def f(x):\n    a, b = x, 2\n    a, b = b, a\n    return (a, b)\n", "tuple(2, x)" },
		{ "def f(x):\n    a, *b, c = x\n    return (a, b, c)\n",
		    "tuple(part0(x), load(x, range(1, -1)), load(x, -1))" },
		{ "def f(x):\n    B, (L, _) = x.shape\n    return L\n", "part0(part1(shape(x)))" },
		{ "def f(x):\n    x += 1\n    x *= 2\n    return x\n", "multiply(add(x, 1), 2)" },
		{ "def f(x, i, v):\n    x[i] = v\n    return x\n", "store(x, v, i)" },
		{ "def f(x, i, v):\n    x[:, i] += v\n    return x\n", "store(x, add(load(x, range(), i), v), range(), i)" },
		{ "def f(x):\n    a = []\n    a.append(x)\n    return a\n", "array_append(array_literal(), x)" },
		{ "def f(x, y):\n    if y:\n        x = x + 1\n    return x\n", "join(add(x, 1), x)" },
		{ "def f(x, y):\n    if y:\n        a = 1\n    elif x:\n        a = 2\n    else:\n        a = 3\n    return a\n",
		    "join(1, join(2, 3))" },
		{ "def f(x, y):\n    if y:\n        return x\n    else:\n        x = 2\n    return x\n", "2" },
		{ "def f(x):\n    with open(x) as g, g.lock() as h:\n        y = h\n    return y\n",
		    "call lock(open_file(x))" },
		{ "def f(x):\n    try:\n        y = 1\n    except ValueError as e:\n        y = 2\n    finally:\n        z = 3\n"
		  "    return (y, z)\n",
		    "tuple(join(1, 2), 3)" },
		{ "def f(x):\n    match x:\n        case 1: y = 1\n        case _: y = 2\n    return y\n", "join(1, 2)" },
		{ "def f(x):\n    def g(a):\n        return a + x\n    return g(1)\n", "call (closure g, 1)" },
		{ "def f(x):\n    mx = x\n    return mx.sum(axis=-1)\n", "sum(x, axis: -1)" },
		{ "def f(x):\n    mx = x\n    return mx.fast\n", "x.fast" },
		{ "def softmax(x):\n    return x\ndef f(x):\n    return softmax(x)\n", "call softmax(x)" },
		{ "def f(x):\n    from mlx.core import exp as e\n    return e(x)\n", "exp(x)" },
		{ "def f(x):\n    a: int\n    b: int = 3\n    return b\n", "3" },
		{ "def f(x):\n    x.scale = 2\n    return x.scale\n", "store scale(x, 2).scale" },
		{ "def f(x):\n    assert x > 0, 'no'\n    return x\n", "x" },
		{ "def f(x):\n    a = b = x + 1\n    return (a, b)\n", "tuple(add(x, 1), add(x, 1))" },
		{ "def f(x):\n    y = {k: v for k, v in x.items()}\n    return y\n", "array_new(map(dict_items(x)))" },
		{ "N = 4\ndef f(x):\n    return x * N\n", "multiply(x, global N)" },
	};
	for (size_t i = 0; i < BASE_COUNT(readings); i++) {
		char *is = lowered(DIALECT_MLX, mlx_head, readings[i].text, "f");
		if (strcmp(is, readings[i].is) != 0) print_error("%s\n", readings[i].text);
		assert_string_equal(is, readings[i].is);
		free(is);
	}
	(void)state;
}

static void imports(void **state) {
	static const Reading readings[] = {
		{ "from torch import softmax\ndef f(x):\n    return softmax(x, dim=1)\n", "softmax(x, axis: 1)" },
		{ "from torch.nn import functional\ndef f(x):\n    return functional.softmax(x, dim=1)\n",
		    "softmax(x, axis: 1)" },
		{ "from torch import nn\ndef f(x):\n    return nn.functional.softmax(x, dim=1)\n", "softmax(x, axis: 1)" },
		{ "import torch.nn.functional as FF\ndef f(x):\n    return FF.silu(x)\n", "silu(x)" },
		{ "import torch\ndef f(x):\n    return torch.nn.functional.silu(x)\n", "silu(x)" },
		{ "from torch.nn import Linear as L\ndef f(x):\n    return L(2, 3)(x)\n",
		    "module  linear(new Linear(input_dims: 2, output_dims: 3), x)" },
		{ "from einops import rearrange\ndef f(x):\n    return rearrange(x, 'b (h d) n -> b h n d', h=4)\n",
		    "rearrange(x, \"b (h d) n -> b h n d\", h: 4)" },
		{ "def f(x):\n    return softmax(x, dim=1)\n",
		    "call softmax(x, dim: 1)" }, /* not imported: not the operation */
		{ "import other\ndef f(x):\n    return other.softmax(x)\n", "call softmax(x)" },
	};
	for (size_t i = 0; i < BASE_COUNT(readings); i++) {
		char *is = lowered(DIALECT_TORCH, "", readings[i].text, "f");
		if (strcmp(is, readings[i].is) != 0) print_error("%s\n", readings[i].text);
		assert_string_equal(is, readings[i].is);
		free(is);
	}
	(void)state;
}

/* ---- modules ---- */

static const char model[] = "class Block(nn.Module):\n"
                            "    def __init__(self, dims):\n"
                            "        super().__init__()\n"
                            "        self.q_proj = nn.Linear(dims, dims, bias=False)\n"
                            "        self.scale = dims ** -0.5\n"
                            "    def __call__(self, x, mask: mx.array = None):\n"
                            "        return self.q_proj(x) * self.scale\n"
                            "    def helper(self, x):\n"
                            "        return x\n"
                            "class Model(nn.Module):\n"
                            "    def __init__(self, dims, n):\n"
                            "        super().__init__()\n"
                            "        self.layers = [Block(dims) for _ in range(n)]\n"
                            "        self.norm = nn.RMSNorm(dims, eps=1e-5)\n"
                            "        self.one = Block(dims)\n"
                            "        self.more: Iterable[Block] = make(dims)\n"
                            "        self.steps = 0\n"
                            "    def __call__(self, x, cache):\n"
                            "        for layer, c in zip(self.layers, cache):\n"
                            "            x = layer(x, c)\n"
                            "        return self.norm(x)\n"
                            "    def first(self, x):\n"
                            "        return self.layers[0](x)\n"
                            "    def each(self, x):\n"
                            "        for i, m in enumerate(self.more):\n"
                            "            x = m(x)\n"
                            "        return m(x)\n"
                            "    def inner(self, x):\n"
                            "        return self.one.q_proj(x)\n"
                            "    def through(self, x):\n"
                            "        return self.one.helper(x)\n"
                            "    def count(self):\n"
                            "        self.steps += 1\n"
                            "        return self.steps\n"
                            "    def make(self):\n"
                            "        return Block(3)\n"
                            "    def moved(self, x):\n"
                            "        return self.norm.to(x)\n";

static char *of_model(const char *component) { return lowered(DIALECT_MLX, mlx_head, model, component); }

static void modules(void **state) {
	static const Reading readings[] = {
		{ "Block.__call__", "multiply(module q_proj linear(self.q_proj, x), self.scale)" },
		{ "Model.first", "module layers unknown(load(self.layers, 0), x)" },
		{ "Model.each", "module more unknown(loopvar1, carried(x))" },
		{ "Model.inner", "module q_proj linear(self.one.q_proj, x)" },
		{ "Model.through", "call helper(self.one, x)" },
		{ "Model.count", "add(self.steps, 1)" },
		{ "Model.make", "new Block(3)" },
		{ "Model.moved", "call to(self.norm, x)" },
	};
	for (size_t i = 0; i < BASE_COUNT(readings); i++) {
		char *is = of_model(readings[i].text);
		assert_string_equal(is, readings[i].is);
		free(is);
	}
	(void)state;
}

static void callees(void **state) {
	static const Reading readings[] = { { "Model.first", "Block.__call__" }, { "Model.through", "Block.helper" },
		{ "Model.make", "Block.__init__" }, { "Model.__call__", "Block.__call__" } };
	for (size_t i = 0; i < BASE_COUNT(readings); i++) {
		Fixture x;
		open_text(&x, DIALECT_MLX, mlx_head, model);
		lower(&x, DIALECT_MLX, readings[i].text);
		bool found = false;
		for (NodeId id = 1; id < x.g.n; id++) {
			ComponentId callee = x.g.nodes[id].callee;
			found |= callee != COMPONENT_NONE && str_is(x.outline.components[callee].name, readings[i].is);
		}
		assert_true(found);
		close_text(&x);
	}
	(void)state;
}

static void init_stores_fields(void **state) {
	Fixture x;
	open_text(&x, DIALECT_MLX, mlx_head, model);
	lower(&x, DIALECT_MLX, "Block.__init__");
	bool found = false;
	for (NodeId id = 1; id < x.g.n; id++) {
		const FlowNode *node = &x.g.nodes[id];
		if (node->kind != NODE_STORE || !str_is(node->name, "q_proj")) continue;
		const FlowNode *made = flow_node(&x.g, flow_arg(&x.g, id, 1));
		found = true;
		assert_int_equal(made->kind, NODE_NEW);
		assert_string_equal(op_info(made->op)->name, "linear");
		assert_int_equal(flow_node(&x.g, flow_arg(&x.g, id, 0))->kind, NODE_SELF);
		assert_true(str_is(span_text(&x, flow_arg(&x.g, id, 1)), "nn.Linear(dims, dims, bias=False)"));
	}
	assert_true(found);
	close_text(&x);
	(void)state;
}

/* ---- loops ---- */

typedef struct LoopCase {
	const char *text;
	LoopForm form;
	TripKind trips;
	int64_t count;
	size_t n_carried, n_collects, n_folds;
} LoopCase;

static void loops(void **state) {
	static const LoopCase cases[] = {
		{ "def f(x):\n    for i in range(8):\n        x = x @ x\n    return x\n", LOOP_FOR, TRIPS_LITERAL, 8, 1, 0, 0 },
		{ "def f(x):\n    for i in range(2, 8, 3):\n        x = x @ x\n    return x\n", LOOP_FOR, TRIPS_LITERAL, 2, 1,
		    0, 0 },
		{ "def f(x, n):\n    for i in range(x.shape[0]):\n        x = x @ x\n    return x\n", LOOP_FOR, TRIPS_DATA, 0,
		    1, 0, 0 },
		{ "def f(x, args):\n    for i in range(args.n_layers):\n        x = x @ x\n    return x\n", LOOP_FOR,
		    TRIPS_NAMED, 0, 1, 0, 0 },
		{ "def f(x):\n    for i in (1, 2, 3):\n        x = x @ x\n    return x\n", LOOP_FOR, TRIPS_LITERAL, 3, 1, 0,
		    0 },
		{ "def f(x):\n    while True:\n        x = x @ x\n        if x.sum() > 3:\n            break\n    return x\n",
		    LOOP_WHILE, TRIPS_UNBOUNDED, 0, 1, 0, 0 },
		{ "def f(x):\n    a = []\n    for y in x:\n        a.append(mx.exp(y))\n    return a\n", LOOP_FOR, TRIPS_DATA,
		    0, 1, 1, 0 },
		{ "def f(x):\n    return [mx.exp(y) for y in x]\n", LOOP_COMPREHENSION, TRIPS_DATA, 0, 0, 1, 0 },
		{ "def f(x):\n    return {y: 1 for y in x}\n", LOOP_COMPREHENSION, TRIPS_DATA, 0, 0, 1, 0 },
	};
	for (size_t i = 0; i < BASE_COUNT(cases); i++) {
		Fixture x;
		open_text(&x, DIALECT_MLX, mlx_head, cases[i].text);
		lower(&x, DIALECT_MLX, "f");
		RegionId r = 1;
		while (r < x.g.n_regions && x.g.regions[r].kind != REGION_LOOP) r++;
		assert_true(r < x.g.n_regions);
		const FlowRegion *loop = &x.g.regions[r];
		if (loop->n_collects != cases[i].n_collects || loop->n_carried != cases[i].n_carried)
			print_error("%s: carries %zu, collects %zu\n", cases[i].text, loop->n_carried, loop->n_collects);
		assert_int_equal(loop->form, cases[i].form);
		assert_int_equal(loop->trips, cases[i].trips);
		assert_int_equal(loop->trip_count, cases[i].count);
		assert_int_equal(loop->n_carried, cases[i].n_carried);
		assert_int_equal(loop->n_collects, cases[i].n_collects);
		close_text(&x);
	}
	(void)state;
}

static void loop_variables(void **state) {
	static const Reading readings[] = {
		{ "def f(x, y):\n    for i, (a, b) in enumerate(zip(x, y)):\n        c = (i, a, b)\n    return c\n",
		    "tuple(loopvar0, part0(loopvar1), part1(loopvar1))" },
		{ "def f(x, y):\n    for a, b in zip(x, y):\n        c = (a, b)\n    return c\n", "tuple(loopvar0, loopvar1)" },
		{ "def f(x, y):\n    for k, v in x.items():\n        c = (k, v)\n    return c\n",
		    "tuple(part0(loopvar0), part1(loopvar0))" },
		{ "def f(x, y):\n    for a in reversed(x):\n        c = a\n    return c\n", "loopvar0" },
	};
	for (size_t i = 0; i < BASE_COUNT(readings); i++) {
		char *is = lowered(DIALECT_MLX, mlx_head, readings[i].text, "f");
		assert_string_equal(is, readings[i].is);
		free(is);
	}
	(void)state;
}

/* ---- branches of operators, spans, values ---- */

static void right_sides_are_conditional(void **state) {
	Fixture x;
	open_text(&x, DIALECT_MLX, mlx_head, "def f(x, y):\n    return x or g(y)\n");
	lower(&x, DIALECT_MLX, "f");
	NodeId call = last_of(&x.g, NODE_CALL);
	const FlowRegion *region = &x.g.regions[x.g.nodes[call].region];
	assert_int_equal(region->kind, REGION_BRANCH);
	assert_true(str_is(x.g.nodes[region->condition].name, "bool_not"));
	assert_true(str_is(span_text(&x, call), "g(y)"));
	close_text(&x);
	(void)state;
}

static void spans_are_what_one_points_at(void **state) {
	Fixture x;
	open_text(&x, DIALECT_MLX, mlx_head, "def f(x):\n    a = mx.softmax(x * 2, axis=-1)[..., :3]\n    return a\n");
	lower(&x, DIALECT_MLX, "f");
	for (NodeId id = 1; id < x.g.n; id++) {
		const FlowNode *node = &x.g.nodes[id];
		if (node->kind == NODE_LOAD) assert_true(str_is(span_text(&x, id), "mx.softmax(x * 2, axis=-1)[..., :3]"));
		if (node->kind == NODE_OP && str_is(node->name, "softmax")) {
			assert_true(str_is(span_text(&x, id), "mx.softmax(x * 2, axis=-1)"));
			assert_true(str_is(source_text(&x.source.files[0], node->head), "mx.softmax"));
		}
		if (node->kind == NODE_OP && str_is(node->name, "multiply")) {
			assert_true(str_is(source_text(&x.source.files[0], node->head), "*"));
		}
	}
	close_text(&x);
	(void)state;
}

static void equal_formulas_are_one_value(void **state) {
	Fixture x;
	open_text(&x, DIALECT_MLX, mlx_head, "def f(x, y):\n    return (x @ y + 1, mx.matmul(x, y) + 1)\n");
	lower(&x, DIALECT_MLX, "f");
	NodeId tuple = last_of(&x.g, NODE_TUPLE);
	assert_int_equal(x.g.nodes[flow_arg(&x.g, tuple, 0)].value, x.g.nodes[flow_arg(&x.g, tuple, 1)].value);
	close_text(&x);
	(void)state;
}

static void annotations_are_facts(void **state) {
	Fixture x;
	open_text(&x, DIALECT_MLX, mlx_head,
	    "def f(x: mx.array, n: int, s: 'Optional[float]', a: List[List[float]], o: Foo):\n    return x\n");
	lower(&x, DIALECT_MLX, "f");
	static const Domain domains[] = { DOMAIN_DEVICE, DOMAIN_HOST_SCALAR, DOMAIN_HOST_SCALAR, DOMAIN_HOST_ARRAY,
		DOMAIN_UNKNOWN };
	for (NodeId id = 1; id <= BASE_COUNT(domains); id++) {
		assert_int_equal(x.g.nodes[id].kind, NODE_PARAM);
		assert_int_equal(x.g.nodes[id].facts.domain, domains[id - 1]);
	}
	assert_int_equal(x.g.nodes[4].facts.nesting, 2);
	close_text(&x);
	(void)state;
}

/* ---- outside of functions ---- */

static void fields_and_globals(void **state) {
	Fixture x;
	open_text(&x, DIALECT_MLX, mlx_head,
	    "RATE = 16000\nclass Args:\n    dims: int = 4\n    name: str\n    heads = dims * 2\n"
	    "if __name__ == '__main__':\n    a = RATE // 2\n");
	flow_python_lower_toplevel(&x.outline, 0, DIALECT_MLX, &x.arena, &x.g);
	assert_true(str_is(x.g.nodes[last_of(&x.g, NODE_STORE)].name, "a"));
	assert_int_equal(x.g.n_unknown, 0);
	flow_python_lower_fields(&x.outline, outline_find(&x.outline, STR("Args")), DIALECT_MLX, &x.arena, &x.g);
	NodeId store = last_of(&x.g, NODE_STORE);
	assert_true(str_is(x.g.nodes[store].name, "heads"));
	assert_true(str_is(x.g.nodes[flow_arg(&x.g, store, 1)].name, "multiply"));
	assert_int_equal(x.g.nodes[flow_arg(&x.g, store, 0)].kind, NODE_SELF);
	close_text(&x);
	(void)state;
}

static void deep_nesting_is_unknown_not_a_crash(void **state) {
	Buf text = { 0 };
	buf_puts(&text, "def f(x):\n    return ");
	for (int i = 0; i < 2000; i++) buf_puts(&text, "x + ");
	buf_puts(&text, "x\n");
	char *nested = buf_take(&text);
	Fixture x;
	open_text(&x, DIALECT_MLX, mlx_head, nested);
	free(nested);
	lower(&x, DIALECT_MLX, "f");
	assert_true(x.g.n_unknown > 0);
	close_text(&x);
	(void)state;
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(same_formula),
		cmocka_unit_test(expressions),
		cmocka_unit_test(functions),
		cmocka_unit_test(imports),
		cmocka_unit_test(modules),
		cmocka_unit_test(callees),
		cmocka_unit_test(init_stores_fields),
		cmocka_unit_test(loops),
		cmocka_unit_test(loop_variables),
		cmocka_unit_test(right_sides_are_conditional),
		cmocka_unit_test(spans_are_what_one_points_at),
		cmocka_unit_test(equal_formulas_are_one_value),
		cmocka_unit_test(annotations_are_facts),
		cmocka_unit_test(fields_and_globals),
		cmocka_unit_test(deep_nesting_is_unknown_not_a_crash),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
