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
	{ "let state = y\nself.state = x\nreturn self.state - state", "store state(self, x); return subtract(x, y)" },
	{ "var items = xs\nself.items.append(n)\nreturn g(items, self.items)",
	    "return g(xs, array_append(self.items, n))" },
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
	{ "if case .some(let m)? = mask, let c = cache { return g(m, c) }\nreturn x", "return g(mask.0, cache); return x" },
	{ "if case let .some(m) = mask { return m }\nreturn x", "return mask.0; return x" },
	{ "let c = { [weak self] in\n guard let self = self else { return x }\n return self.state }\nreturn c()",
	    "return x; return self.state; return ({})" },
	{ "let c = { [weak self, k = n] in\n guard let self else { return k }\n return self.wq(x) }\nreturn c()",
	    "return n; return <q_proj:linear>(x); return ({})" },
	{ "var a = x\nfill(&a, n)\nreturn a", "return fill(x, n).1" },
	{ "var a = [x, y]\na[0] += 1\nreturn a", "return store([x, y], add([x, y][0], 1), 0)" },
	{ "switch (n, mask) { case (1, _): return x\ncase (_, let m?): return m\ndefault: return y }",
	    "return x; return mask; return y" },
	{ "let (a, (b, _)) = g(x)\nreturn a + b", "return add(g(x).0, g(x).1.0)" },
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
	{ "let t: MLXArray = {\n let a = x + 1\n return a * 2\n}()\nreturn t", "return multiply(add(x, 1), 2)" },
	{ "let t: MLXArray = {\n if n > 2 { return y }\n return x\n}()\nreturn t", "return y; return x; return ({})" },
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

/* ---- loops ---- */

typedef struct LoopCase {
	const char *body;
	LoopForm form;
	TripKind trips;
	int64_t count;
	const char *name;
	size_t collects, folds;
	bool has_break;
} LoopCase;

static const LoopCase loop_cases[] = {
	{ "for i in 0 ..< 8 { use(i) }", LOOP_FOR, TRIPS_LITERAL, 8, "", 0, 0, false },
	{ "for i in 1 ... 8 { use(i) }", LOOP_FOR, TRIPS_LITERAL, 8, "", 0, 0, false },
	{ "for i in stride(from: 0, to: 9, by: 2) { use(i) }", LOOP_FOR, TRIPS_LITERAL, 5, "", 0, 0, false },
	{ "for i in stride(from: 8, through: 0, by: -2) { use(i) }", LOOP_FOR, TRIPS_LITERAL, 5, "", 0, 0, false },
	{ "for i in 0 ..< n { use(i) }", LOOP_FOR, TRIPS_NAMED, 0, "n", 0, 0, false },
	{ "for i in 0 ..< config.hiddenSize { use(i) }", LOOP_FOR, TRIPS_NAMED, 0, "config.hiddenSize", 0, 0, false },
	{ "for i in 0 ..< x.dim(1) { use(i) }", LOOP_FOR, TRIPS_DATA, 0, "", 0, 0, false },
	{ "for layer in layers { use(layer) }", LOOP_FOR, TRIPS_NAMED, 0, "layers", 0, 0, false },
	{ "for (i, v) in xs.enumerated() where i > 2 { use(v) }", LOOP_FOR, TRIPS_DATA, 0, "", 0, 0, false },
	{ "for v in [1, 2, 3] { use(v) }", LOOP_FOR, TRIPS_LITERAL, 3, "", 0, 0, false },
	{ "while true { if use(n) { break } }", LOOP_WHILE, TRIPS_UNBOUNDED, 0, "", 0, 0, true },
	{ "while n < 3 { use(n) }", LOOP_WHILE, TRIPS_UNKNOWN, 0, "", 0, 0, false },
	{ "repeat { use(n) } while n < 3", LOOP_REPEAT, TRIPS_UNKNOWN, 0, "", 0, 0, false },
	{ "while true { switch n { case 1: break\ndefault: use(n) } }", LOOP_WHILE, TRIPS_UNBOUNDED, 0, "", 0, 0, false },
	{ "var out: [Float] = []\nfor v in xs { out.append(v * 2) }\nuse(out)", LOOP_FOR, TRIPS_DATA, 0, "", 1, 0, false },
	{ "var s = x\nfor v in xs { s = s + v }\nuse(s)", LOOP_FOR, TRIPS_DATA, 0, "", 0, 1, false },
	{ "use((0 ..< 4).map { _ in Layer() })", LOOP_MAP, TRIPS_LITERAL, 4, "", 1, 0, false },
	{ "use((0 ..< n).map { i in\nif i > 2 { return 0 }\nreturn i })", LOOP_MAP, TRIPS_NAMED, 0, "n", 2, 0, false },
	{ "xs.forEach { use($0) }", LOOP_FOREACH, TRIPS_DATA, 0, "", 0, 0, false },
	{ "use(xs.filter { $0 > 2 })", LOOP_FILTER, TRIPS_DATA, 0, "", 0, 0, false },
	{ "use(xs.reduce(0) { $0 + $1 })", LOOP_REDUCE, TRIPS_DATA, 0, "", 0, 1, false },
	{ "DispatchQueue.concurrentPerform(iterations: 4) { i in use(i) }", LOOP_CONCURRENT, TRIPS_LITERAL, 4, "", 0, 0,
	    false },
};

static const FlowRegion *first_loop(const FlowGraph *g) {
	for (RegionId r = 0; r < g->n_regions; r++) {
		if (g->regions[r].kind == REGION_LOOP) return &g->regions[r];
	}
	return NULL;
}

static void loops_know_what_they_run_over(void **state) {
	(void)state;
	for (size_t i = 0; i < BASE_COUNT(loop_cases); i++) {
		const LoopCase *c = &loop_cases[i];
		World w;
		Arena text = { 0 };
		world_open(&w, arena_printf(&text, frame, c->body).ptr);
		FlowGraph g = lower(&w, "M.f");
		const FlowRegion *r = first_loop(&g);
		if (!r) fail_msg("no loop: %s", c->body);
		if (r->form != c->form || r->trips != c->trips || r->trip_count != c->count || !str_is(r->trip_name, c->name) ||
		    r->n_collects != c->collects || r->n_folds != c->folds || r->has_break != c->has_break) {
			fail_msg("%s: form %d, trips %d %d '%.*s', %zu collects, %zu folds, break %d", c->body, r->form, r->trips,
			    (int)r->trip_count, STR_ARG(r->trip_name), r->n_collects, r->n_folds, r->has_break);
		}
		world_close(&w);
		arena_done(&text);
	}
}

/* ---- branches and conditions as regions ---- */

typedef struct RegionCase {
	const char *body;
	const char *regions; /* of each but the first: "branch?" tested, "branch" not, '!' leaves; "if TEXT" */
} RegionCase;

static const RegionCase region_cases[] = {
	{ "guard let mask else { return x }", "branch? branch!" },
	{ "if n > 2 { use(x) } else { use(y) }", "branch? branch" },
	{ "if n > 2 { return x } else if n > 1 { return y }", "branch?! branch branch?!" },
	{ "use(n > 2 && n < 3)", "branch?" },
	{ "use(mask ?? x)", "branch? branch" },
	{ "use(n > 2 ? x : y)", "branch? branch" },
	{ "switch n { case 1: use(x)\ncase 2 where n > 1: use(y)\ndefault: break }", "branch? branch? branch" },
	{ "do { try use(x) } catch let e as Oops { use(e) } catch { use(error) }", "branch branch branch" },
	{ "#if os(iOS)\nuse(x)\n#elseif DEBUG\nuse(y)\n#else\nuse(n)\n#endif",
	    "if:os(iOS) if:!(os(iOS)) && DEBUG if:!(os(iOS)) && !(DEBUG)" },
	{ "#if os(iOS)\n#if DEBUG\nuse(x)\n#endif\nuse(y)\n#endif\nuse(n)", "if:os(iOS) if:DEBUG" },
	{ "use { $0 }", "closure" },
	{ "func g() { for i in xs { use(i) } }", "closure loop" },
};

static void decisions_become_regions(void **state) {
	(void)state;
	for (size_t i = 0; i < BASE_COUNT(region_cases); i++) {
		World w;
		Arena text = { 0 };
		world_open(&w, arena_printf(&text, frame, region_cases[i].body).ptr);
		FlowGraph g = lower(&w, "M.f");
		Buf out = { 0 };
		for (RegionId k = 1; k < g.n_regions; k++) {
			const FlowRegion *r = &g.regions[k];
			if (k > 1) buf_puts(&out, " ");
			if (r->kind == REGION_BRANCH) buf_printf(&out, "branch%s%s", r->condition ? "?" : "", r->leaves ? "!" : "");
			if (r->kind == REGION_CONDITION) buf_printf(&out, "if:%.*s", STR_ARG(r->text));
			if (r->kind == REGION_CLOSURE) buf_puts(&out, "closure");
			if (r->kind == REGION_LOOP) buf_puts(&out, "loop");
		}
		if (strcmp(out.ptr, region_cases[i].regions) != 0) fail_msg("%s\nhas %s", region_cases[i].body, out.ptr);
		buf_done(&out);
		world_close(&w);
		arena_done(&text);
	}
}

/* ---- what a reader is pointed at ---- */

static void check_span(
    World *w, const FlowGraph *g, NodeKind kind, const char *name, const char *text, const char *head) {
	const SourceFile *file = &w->source.files[g->file];
	for (NodeId id = 1; id < g->n; id++) {
		const FlowNode *n = &g->nodes[id];
		if (n->kind != kind || !str_is(n->name, name)) continue;
		if (!str_is(source_text(file, n->span), text)) continue;
		if (!str_is(source_text(file, n->head), head))
			fail_msg("%s: head %.*s", name, STR_ARG(source_text(file, n->head)));
		return;
	}
	fail_msg("no %s at '%s'", name, text);
}

static void spans_are_the_smallest_that_say_it(void **state) {
	(void)state;
	World w;
	Arena text = { 0 };
	const char *body = "let a = -x + wq(y).reshaped(2,\n  -1)\n"
	                   "let b = MLXFast.rope(a, dimensions: 3)\n"
	                   "let c = (x * rsqrt(y + 1)) as MLXArray\n"
	                   "state[0, 1...] = c\n"
	                   "return own(b, n: config.hiddenSize)";
	world_open(&w, arena_printf(&text, frame, body).ptr);
	FlowGraph g = lower(&w, "M.f");
	check_span(&w, &g, NODE_OP, "negative", "-x", "-");
	check_span(&w, &g, NODE_OP, "add", "-x + wq(y).reshaped(2,\n  -1)", "+");
	check_span(&w, &g, NODE_MODULE, "wq", "wq(y)", "wq");
	check_span(&w, &g, NODE_OP, "reshape", "wq(y).reshaped(2,\n  -1)", "reshaped");
	check_span(&w, &g, NODE_OP, "rsqrt", "rsqrt(y + 1)", "rsqrt");
	check_span(&w, &g, NODE_OP, "multiply", "x * rsqrt(y + 1)", "*");
	check_span(&w, &g, NODE_STORE, "", "state[0, 1...] = c", "state[0, 1...]");
	check_span(&w, &g, NODE_FIELD, "hiddenSize", "config.hiddenSize", "hiddenSize");
	check_span(&w, &g, NODE_CALL, "own", "own(b, n: config.hiddenSize)", "own");
	check_span(&w, &g, NODE_PARAM, "mask", "mask: MLXArray?", "");
	world_close(&w);
	arena_done(&text);
}

/* ---- code that is in no function ---- */

static void fields_and_globals_are_stores(void **state) {
	(void)state;
	World w;
	world_open(&w, "let limit = 3 * 4\n"
	               "class A: Module {\n"
	               "  static let shared = A()\n"
	               "  lazy var table = { zeros([3]) }()\n"
	               "  @ModuleInfo(key: \"proj\") var p = Linear(3, 4)\n"
	               "  var plain: Int\n"
	               "  var counted = 2 { didSet { use(counted) } }\n"
	               "  var twice: Int { get { counted * 2 } set { counted = newValue / 2 } }\n"
	               "  subscript(i: Int) -> Int { counted + i }\n"
	               "}\n"
	               "extension MLXArray { func halved() -> MLXArray { reshaped(2, -1) * 0.5 } }\n");
	FlowGraph top, fields;
	flow_swift_lower_toplevel(&w.outline, 0, DIALECT_SWIFT, &w.arena, &top);
	char *text = shown(&w, &top);
	assert_string_equal(text, "store limit(-, multiply(3, 4))");
	free(text);
	flow_swift_lower_fields(&w.outline, outline_find(&w.outline, STR("A")), DIALECT_SWIFT, &w.arena, &fields);
	text = shown(&w, &fields);
	assert_string_equal(text, "store shared(self, new A()); store table(self, zeros(shape: [3])); "
	                          "store p(self, new Linear(input_dims: 3, output_dims: 4)); store counted(self, 2)");
	free(text);
	for (NodeId id = 1; id < fields.n; id++) {
		const FlowNode *n = &fields.nodes[id];
		if (n->kind == NODE_STORE && str_is(n->name, "shared")) assert_true(str_is(n->text, "static"));
		if (n->kind == NODE_STORE && str_is(n->name, "table")) assert_true(str_is(n->text, "lazy"));
		if (n->kind == NODE_STORE && str_is(n->name, "p")) assert_true(str_is(n->key, "proj"));
	}
	FlowGraph twice = lower(&w, "A.twice"), at = lower(&w, "A.subscript"), half = lower(&w, "MLXArray.halved");
	text = shown(&w, &twice);
	assert_string_equal(text, "return multiply(self.counted, 2); store counted(self, divide(newValue, 2))");
	free(text);
	text = shown(&w, &at);
	assert_string_equal(text, "return add(self.counted, i)");
	free(text);
	text = shown(&w, &half);
	assert_string_equal(text, "return multiply(reshape(self, shape: 2, shape: -1), 0.5)");
	free(text);
	world_close(&w);
}

/* ---- code nobody would write ---- */

static void repeat(Buf *out, const char *text, size_t n) {
	for (size_t i = 0; i < n; i++) buf_puts(out, text);
}

static void deep_and_long_code_is_survived(void **state) {
	(void)state;
	static const char *const parts[][3] = { { "(", "x", ")" }, { "", "x", " + x" }, { "f { ", "x", " }" },
		{ "-", "x", "" }, { "x ? x : ", "x", "" }, { "", "x", ".y" }, { "[", "x", "]" }, { "if x { ", "x", " }" },
		{ "", "x", "[0]" }, { "", "x", "[0] = 1" }, { "(", "x", ") = 1" }, { "", "x", ".map { $0 }" },
		{ "x = ", "x", "" }, { "case let (", "x", ")" } };
	for (size_t i = 0; i < BASE_COUNT(parts); i++) {
		Buf text = { 0 };
		buf_puts(&text, "func f(x: Int) {\n  let v = ");
		repeat(&text, parts[i][0], 3000);
		buf_puts(&text, parts[i][1]);
		repeat(&text, parts[i][2], 3000);
		buf_puts(&text, "\n}\n");
		World w;
		world_open(&w, text.ptr);
		if (outline_find(&w.outline, STR("f")) != COMPONENT_NONE) {
			FlowGraph g = lower(&w, "f");
			assert_true(g.n > 1);
		}
		world_close(&w);
		buf_done(&text);
	}
}

/* A broken line costs itself, not its neighbours. */
static void errors_cost_only_their_span(void **state) {
	(void)state;
	World w;
	world_open(&w, "func f(x: MLXArray) -> MLXArray {\n  let a = x + 1\n  let = ) 3\n  let b = a * 2\n  return b\n}\n");
	FlowGraph g = lower(&w, "f");
	assert_true(g.n_errors > 0);
	char *text = shown(&w, &g);
	assert_non_null(strstr(text, "return multiply(add(x, 1), 2)"));
	free(text);
	world_close(&w);
}

int main(void) {
	ops_load();
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(statements_become_graphs),
		cmocka_unit_test(loops_know_what_they_run_over),
		cmocka_unit_test(decisions_become_regions),
		cmocka_unit_test(spans_are_the_smallest_that_say_it),
		cmocka_unit_test(fields_and_globals_are_stores),
		cmocka_unit_test(deep_and_long_code_is_survived),
		cmocka_unit_test(errors_cost_only_their_span),
	};
	return cmocka_run_group_tests_name("flow swift", tests, NULL, NULL);
}
