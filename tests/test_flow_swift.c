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

/* ---- one source, its outline and graphs ---- */

typedef struct World {
	Arena arena;
	Source source;
	SyntaxTree tree;
	Outline outline;
} World;

static void world_open(World *w, const char *text) {
	memset(w, 0, sizeof *w);
	source_of_text(SIDE_SWIFT, "M.swift", str_of(text), &w->source);
	assert_true(syntax_parse(LANG_SWIFT, w->source.files[0].text, NULL, &w->arena, &w->tree));
	outline_build(&w->source, &w->tree, &w->arena, &w->outline);
}

static void world_close(World *w) {
	outline_done(&w->outline);
	source_done(&w->source);
	arena_done(&w->arena);
}

static FlowGraph lower(World *w, const char *component) {
	ComponentId id = outline_find(&w->outline, str_of(component));
	if (id == COMPONENT_NONE) fail_msg("no component %s", component);
	FlowGraph g;
	flow_swift_lower(&w->outline, id, DIALECT_SWIFT, &w->arena, &g);
	return g;
}

/* ---- a graph as nested text, without spans: two graphs that print the same compute the same ---- */

typedef struct Shown {
	const FlowGraph *g;
	const Outline *outline;
	Buf out;
	VEC(NodeId) open; /* joins being printed: a loop's value within itself is "^" */
} Shown;

static void show(Shown *s, NodeId id);

static void show_args(Shown *s, const FlowNode *n, size_t from, const char *open, const char *close) {
	buf_puts(&s->out, open);
	for (size_t i = from; i < n->n_args; i++) {
		const FlowArg *arg = &s->g->args[n->args + i];
		if (i > from) buf_puts(&s->out, ", ");
		if (arg->label.len) buf_printf(&s->out, "%.*s: ", STR_ARG(arg->label));
		show(s, arg->node);
	}
	buf_puts(&s->out, close);
}

static void show_join(Shown *s, NodeId id, const FlowNode *n) {
	for (size_t i = 0; i < s->open.n; i++) {
		if (s->open.at[i] != id) continue;
		buf_puts(&s->out, "^");
		return;
	}
	VEC_PUSH(s->open) = id;
	show_args(s, n, 0, "join(", ")");
	s->open.n--;
}

static void show_call(Shown *s, const FlowNode *n) {
	bool resolved = n->callee != COMPONENT_NONE;
	Str name = resolved ? s->outline->components[n->callee].name : n->name;
	buf_printf(&s->out, "%s%.*s", resolved ? "->" : "", STR_ARG(name));
	show_args(s, n, 0, n->has_receiver ? "(." : "(", ")");
}

static void show(Shown *s, NodeId id) {
	const FlowNode *n = &s->g->nodes[id];
	Buf *out = &s->out;
	switch ((NodeKind)n->kind) {
	case NODE_NONE: buf_puts(out, "-"); break;
	case NODE_PARAM:
	case NODE_GLOBAL: buf_str(out, n->name); break;
	case NODE_SELF: buf_puts(out, "self"); break;
	case NODE_CONST: buf_printf(out, n->is_string ? "'%.*s'" : "%.*s", STR_ARG(n->text)); break;
	case NODE_FIELD:
		show(s, s->g->args[n->args].node);
		buf_printf(out, ".%.*s", STR_ARG(n->key));
		break;
	case NODE_OP:
		buf_str(out, n->name);
		show_args(s, n, 0, "(", ")");
		break;
	case NODE_MODULE:
		buf_printf(out, "<%.*s:%s>", STR_ARG(n->key),
		    n->op                         ? op_info(n->op)->name
		    : n->callee != COMPONENT_NONE ? "own"
		                                  : "?");
		show_args(s, n, 1, "(", ")");
		break;
	case NODE_CALL: show_call(s, n); break;
	case NODE_NEW:
		buf_printf(out, "new %.*s", STR_ARG(n->name));
		show_args(s, n, 0, "(", ")");
		break;
	case NODE_LOAD:
		show(s, s->g->args[n->args].node);
		show_args(s, n, 1, "[", "]");
		break;
	case NODE_STORE:
		buf_printf(out, "store%s%.*s", n->name.len ? " " : "", STR_ARG(n->name));
		show_args(s, n, 0, "(", ")");
		break;
	case NODE_TUPLE: show_args(s, n, 0, n->op ? "[" : "(", n->op ? "]" : ")"); break;
	case NODE_PART:
		show(s, s->g->args[n->args].node);
		buf_printf(out, ".%u", n->index);
		break;
	case NODE_CLOSURE: buf_printf(out, "{%.*s}", STR_ARG(n->name)); break;
	case NODE_JOIN: show_join(s, id, n); break;
	case NODE_LOOPVAR: buf_printf(out, "$%u", n->index); break;
	case NODE_RETURN:
		buf_printf(out, "%s ", n->name.len ? n->name.ptr : "return");
		show_args(s, n, 0, "", "");
		break;
	case NODE_UNKNOWN: buf_puts(out, "UNKNOWN"); break;
	case NODE_KIND_COUNT: break;
	}
}

/* What a function gives and stores, in order. */
static char *shown(World *w, const FlowGraph *g) {
	Shown s = { .g = g, .outline = &w->outline };
	buf_puts(&s.out, "");
	for (NodeId id = 1; id < g->n; id++) {
		bool named = g->nodes[id].kind == NODE_STORE && g->nodes[id].name.len;
		if (g->nodes[id].kind != NODE_RETURN && !named) continue;
		if (s.out.len) buf_puts(&s.out, "; ");
		show(&s, id);
	}
	VEC_FREE(s.open);
	return buf_take(&s.out);
}

/* ---- statements and calls ---- */

static const char *const frame =
    "class Layer: Module {\n"
    "  func callAsFunction(_ x: MLXArray, cache: Cache? = nil) -> MLXArray { x }\n"
    "}\n"
    "class Cache { var offset: Int = 0\n"
    "  func update(keys: MLXArray, values: MLXArray) -> (MLXArray, MLXArray) { (keys, values) } }\n"
    "func free(_ x: MLXArray, by n: Int = 1) -> MLXArray { x }\n"
    "struct Config { var hiddenSize: Int }\n"
    "class M: Module {\n"
    "  @ModuleInfo(key: \"q_proj\") var wq: Linear\n"
    "  @ModuleInfo(key: \"layers\") var layers: [Layer]\n"
    "  let config: Config\n"
    "  let scale: Float\n"
    "  let activation: (MLXArray) -> MLXArray\n"
    "  var state: MLXArray\n"
    "  var items: [Int] = []\n"
    "  var half: Float { scale / 2 }\n"
    "  func own(_ x: MLXArray, n: Int) -> MLXArray { x }\n"
    "  func reset() { state = zeros([1]) }\n"
    "  static func make(_ n: Int) -> M { M() }\n"
    "  func f(_ x: MLXArray, _ y: MLXArray, n: Int, mask: MLXArray?, cache: Cache?, xs: [Float]) -> MLXArray {\n"
    "%s\n"
    "  }\n"
    "}\n";

typedef struct Lowering {
	const char *body, *graph;
} Lowering;

static const Lowering lowerings[] = {
	/* operations, however they are spelled */
	{ "return softmax(x, axis: -1)", "return softmax(x, axis: -1)" },
	{ "return x.softmax(axis: -1)", "return softmax(x, axis: -1)" },
	{ "return MLX.softmax(x, axis: -1)", "return softmax(x, axis: -1)" },
	{ "return matmul(x, y) * scale", "return multiply(matmul(x, y), self.scale)" },
	{ "x * rsqrt(y + 1e-5)", "return multiply(x, rsqrt(add(y, 1e-5)))" },
	{ "return x.reshaped(2, -1).transposed(0, 1)",
	    "return transpose(reshape(x, shape: 2, shape: -1), axes: 0, axes: 1)" },
	{ "return x .== y .&& x .< 3", "return logical_and(eq(x, y), lt(x, 3))" },
	{ "return -x + ~y", "return add(negative(x), bitwise_invert(y))" },
	{ "return x * -2", "return multiply(x, -2)" },
	/* variables dissolve */
	{ "let a = x + y\nlet b = a\nreturn b * b", "return multiply(add(x, y), add(x, y))" },
	{ "var a = x\na += y\na *= 2\nreturn a", "return multiply(add(x, y), 2)" },
	{ "let (a, b) = (x, y)\nreturn b - a", "return subtract(y, x)" },
	{ "var a = x, b = y\n(a, b) = (b, a)\nreturn a - b", "return subtract(y, x)" },
	{ "let t = (first: x, second: y)\nreturn t.second + t.0", "return add(y, x)" },
	{ "let x = x + 1\nreturn x", "return add(x, 1)" },
	{ "let a: MLXArray\nif n > 1 { a = x } else { a = y }\nreturn a", "return join(x, y)" },
	/* fields, own members, submodules */
	{ "return wq(x)", "return <q_proj:linear>(x)" },
	{ "return self.wq(x)", "return <q_proj:linear>(x)" },
	{ "return wq.callAsFunction(x)", "return <q_proj:linear>(x)" },
	{ "return layers[0](x)", "return <layers:own>(x)" },
	{ "return activation(x)", "return (self.activation, x)" },
	{ "return x * half", "return multiply(x, ->M.half(.self))" },
	{ "return own(x, n: 3)", "return ->M.own(.self, x, n: 3)" },
	{ "return self.own(x, n: config.hiddenSize)", "return ->M.own(.self, x, n: self.config.hiddenSize)" },
	{ "return free(x)", "return ->free(x)" },
	{ "return free(x, by: 2)", "return ->free(x, by: 2)" },
	{ "return elsewhere(x, by: 2)", "return elsewhere(x, by: 2)" },
	{ "return M.make(3)", "return ->M.make(3)" },
	{ "state = x\nreturn state + y", "store state(self, x); return add(x, y)" },
	{ "self.state = x\nreset()\nreturn state", "store state(self, x); return self.state" },
	{ "let l = Layer()\nreturn l(x)", "return <:own>(x)" },
	{ "return Linear(3, 4, bias: false)(x)", "return <:linear>(x)" },
	/* elements and slices */
	{ "return x[0] + y[2]", "return add(x[0], y[2])" },
	{ "return x[.ellipsis, 0 ..< n]", "return x[ellipsis(), range(0, n)]" },
	{ "return x[0..., .newAxis]", "return x[range(0), newaxis()]" },
	{ "return x[..<n]", "return x[range(-, n)]" },
	{ "return x[...3, n...]", "return x[range(-, 3), range(n)]" },
	{ "return x[.stride(by: 2)]", "return x[range(-, -, by: 2)]" },
	{ "var a = x\na[0, 1...] = y\nreturn a", "return store(x, y, 0, range(1))" },
	{ "return x.at[n].add(y)", "return scatter_add(x, y, index: n)" },
	{ "items.append(n)\nreturn items", "return array_append(self.items, n)" },
	{ "var a = [n]\na.append(2)\na.append(3)\nreturn a", "return array_append(array_append([n], 2), 3)" },
	/* optionals, casts, try, await */
	{ "return mask ?? x", "return join(mask, x)" },
	{ "if let mask { return x + mask }\nreturn x", "return add(x, mask); return x" },
	{ "guard let mask else { return x }\nreturn x + mask", "return x; return add(x, mask)" },
	{ "guard let m = mask, n > 2 else { return x }\nreturn m", "return x; return mask" },
	{ "return cache!.offset + 1", "return add(cache.offset, 1)" },
	{ "if let (k, v) = cache?.update(keys: x, values: y) { return k - v }\nreturn x",
	    "return subtract(->Cache.update(.cache, keys: x, values: y).0, ->Cache.update(.cache, keys: x, values: y).1); return x" },
	{ "return (y as! MLXArray) + (try! g(x)) * n", "return add(y, multiply(g(x), n))" },
	{ "return try await g(x) + y", "return add(g(x), y)" },
	/* branches */
	{ "return n > 2 ? x : y", "return join(x, y)" },
	{ "return if n > 2 { x } else if n > 1 { y } else { x + y }", "return join(x, join(y, add(x, y)))" },
	{ "let a = switch n { case 1: x; case 2, 3: y; default: x + y }\nreturn a", "return join(x, y, add(x, y))" },
	{ "var a = x\nif n > 2 && n < 9 { a = a + 1 }\nreturn a", "return join(add(x, 1), x)" },
	{ "var a = x\nif let mask { a = a + mask }\nreturn a * 2", "return multiply(join(add(x, mask), x), 2)" },
	{ "switch mask { case .some(let m): return m\ncase .none: return x }", "return mask.0; return x" },
	{ "do { return try g(x) } catch { throw error }", "return g(x); throw error" },
	{ "#if os(iOS)\nlet a = x\n#else\nlet a = y\n#endif\nreturn a", "return join(x, y)" },
	/* loops */
	{ "var a = x\nfor _ in 0 ..< 3 { a = a + y }\nreturn a", "return join(x, add(^, y))" },
	{ "var h = x\nfor layer in layers { h = layer(h, cache: cache) }\nreturn h",
	    "return join(x, <layers:own>(^, cache: cache))" },
	{ "var h = x\nfor (i, layer) in layers.enumerated() { h = layer(h) + i }\nreturn h",
	    "return join(x, add(<layers:own>(^), $0))" },
	{ "var h = x\nfor (a, layer) in zip(xs, layers) { h = layer(h) * a }\nreturn h",
	    "return join(x, multiply(<layers:own>(^), $0))" },
	{ "var i = 0\nwhile i < n { i += 1 }\nreturn i", "return join(0, add(^, 1))" },
	{ "var i = 0\nrepeat { i += 1 } while i < n\nreturn i", "return join(0, add(^, 1))" },
	{ "outer: for i in 0 ..< 3 { for j in 0 ..< 2 { if j == i { continue outer } } }\nreturn x", "return x" },
	/* closures */
	{ "return xs.map { $0 * 2 }", "return map(xs, multiply($0, 2))" },
	{ "return xs.map { v in\n let w = v * 2\n return w + 1 }", "return map(xs, add(multiply($0, 2), 1))" },
	{ "return xs.map { $0 * 2 } + xs", "return add(map(xs, multiply($0, 2)), xs)" },
	{ "return xs.enumerated().map { i, v in v * i }", "return map(enumerated(xs), multiply($1, $0))" },
	{ "return xs.enumerated().map { $0.element * $0.offset }", "return map(enumerated(xs), multiply($1, $0))" },
	{ "return xs.reduce(0) { $0 + $1 }", "return join(0, add(^, $0))" },
	{ "return xs.reduce(into: x) { a, v in a = a + v }", "return join(x, add(^, $0))" },
	{ "return mask.map { $0 * 2 }", "return multiply($0, 2); return map(.mask, {})" },
	{ "func g(_ v: MLXArray) -> MLXArray { v + y }\nreturn g(x)", "return add(v, y); return ({g}, x)" },
	{ "let g = { (v: MLXArray) in v + y }\nreturn g(x)", "return add(v, y); return ({}, x)" },
	{ "return run(n) { x } onError: { y }", "return x; return y; return run(n, {}, onError: {})" },
	/* the rest */
	{ "return g(\"a \\(n) b\")", "return g(string('a ', n, ' b'))" },
	{ "return g(#\"\\.mlp\\.(\\d+)\"#, \"$1\")", "return g('\\.mlp\\.(\\d+)', '$1')" },
	{ "let a = x\n  * scale // half\n  * 2\nreturn a", "return multiply(multiply(x, self.scale), 2)" },
	{ "return g(.causal, .array(x), dtype: .float32)", "return g(.causal, .array(x), dtype: .float32)" },
	{ "return x.asType(.float32)", "return astype(x, dtype: .float32)" },
	{ "return [Float](repeating: 0, count: n)", "return array_repeating(0, n)" },
	{ "return x\n  .reshaped(1)\n  .squeezed()\n", "return squeeze(reshape(x, shape: 1))" },
	{ "defer { reset() }\nreturn x", "return x" },
};

static void statements_become_graphs(void **state) {
	(void)state;
	size_t wrong = 0;
	for (size_t i = 0; i < BASE_COUNT(lowerings); i++) {
		World w;
		Arena text = { 0 };
		world_open(&w, arena_printf(&text, frame, lowerings[i].body).ptr);
		FlowGraph g = lower(&w, "M.f");
		char *got = shown(&w, &g);
		if (strcmp(got, lowerings[i].graph) != 0 || g.n_unknown) {
			print_error("%s\n  is  %s\n  not %s\n", lowerings[i].body, lowerings[i].graph, got);
			wrong++;
		}
		free(got);
		world_close(&w);
		arena_done(&text);
	}
	assert_int_equal(wrong, 0);
}

int main(void) {
	ops_load();
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(statements_become_graphs),
	};
	return cmocka_run_group_tests_name("flow swift", tests, NULL, NULL);
}
