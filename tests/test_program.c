/* A side as one program: who calls whom, what runs how often, what is fixed, what waits for the device. */
#include "core/posix.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "core/program.h"

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

static Function *function(Case *c, const char *name) {
	ComponentId id = outline_find(&c->outline, str_of(name));
	assert_true(id != COMPONENT_NONE);
	return &c->program.functions[id];
}

/* The first own node whose text is exactly that. */
static NodeId node_at(Case *c, const FlowGraph *g, const char *text) {
	for (NodeId id = 1; id < g->n; id++) {
		if (!g->nodes[id].origin && str_is(source_text(&c->source.files[0], g->nodes[id].span), text)) return id;
	}
	fail_msg("no node '%s'", text);
	return 0;
}

static const char DECODER[] = "class Block: Module {\n"
                              "  @ModuleInfo(key: \"fc\") var fc: Linear\n"
                              "  let half: Int\n"
                              "  var seen = 0\n"
                              "  init(_ n: Int) { half = n / 2; self._fc.wrappedValue = Linear(n, n) }\n"
                              "  func callAsFunction(_ x: MLXArray) -> MLXArray {\n"
                              "    seen += 1\n"
                              "    let table = exp(MLXArray(0 ..< half).asType(.float32))\n"
                              "    return fc(x) + table + Float(seen)\n"
                              "  }\n"
                              "}\n"
                              "class Model: Module {\n"
                              "  let layers: [Block]\n"
                              "  init() { layers = (0 ..< 8).map { _ in Block(64) } }\n"
                              "  func callAsFunction(_ x: MLXArray) -> MLXArray {\n"
                              "    var h = x\n"
                              "    for layer in layers { h = layer(h) }\n"
                              "    return h\n"
                              "  }\n"
                              "}\n"
                              "class Engine {\n"
                              "  let model: Model\n"
                              "  let table: MLXArray\n"
                              "  init(model: Model) { self.model = model; self.table = Engine.makeTable(32) }\n"
                              "  static func makeTable(_ n: Int) -> MLXArray { sin(MLXArray(0 ..< n)) }\n"
                              "  private func pick(_ logits: MLXArray) -> Int { argMax(logits).item(Int.self) }\n"
                              "  func generate(_ prompt: MLXArray, limit: Int) -> [Int] {\n"
                              "    var out = [Int]()\n"
                              "    var x = prompt\n"
                              "    for _ in 0 ..< limit {\n"
                              "      let scaled = prompt * 2\n"
                              "      let token = pick(model(x) + scaled)\n"
                              "      out.append(token)\n"
                              "      x = MLXArray([token])\n"
                              "    }\n"
                              "    return out\n"
                              "  }\n"
                              "  func encodeAll(_ parts: [MLXArray]) -> [MLXArray] {\n"
                              "    parts.map { model($0) }\n"
                              "  }\n"
                              "}\n";

static void test_calls_go_to_methods_fields_and_modules(void **state) {
	(void)state;
	Case c;
	build(&c, SIDE_SWIFT, DECODER);
	assert_int_equal(function(&c, "Block.callAsFunction")->n_callers, 1);
	assert_int_equal(function(&c, "Model.callAsFunction")->n_callers, 2);
	assert_int_equal(function(&c, "Engine.pick")->n_callers, 1);
	assert_int_equal(function(&c, "Block.init")->n_callers, 1);
	drop(&c);
}

static void test_frequency_follows_the_loops_of_callers(void **state) {
	(void)state;
	Case c;
	build(&c, SIDE_SWIFT, DECODER);
	const FlowGraph *block = &function(&c, "Block.callAsFunction")->graph,
	                *generate = &function(&c, "Engine.generate")->graph;
	Str chain;
	assert_int_equal(
	    program_frequency(&c.program, block, node_at(&c, block, "fc(x)"), &c.arena, &chain), FREQUENCY_STEP_LAYER);
	assert_true(str_find(chain, "generate() at a.swift:32", 0) != SIZE_MAX);
	assert_true(str_find(chain, "Model.callAsFunction() at a.swift:17", 0) != SIZE_MAX);
	assert_int_equal(
	    program_frequency(&c.program, generate, node_at(&c, generate, "prompt * 2"), NULL, NULL), FREQUENCY_STEP);
	const FlowGraph *init = &function(&c, "Block.init")->graph;
	assert_int_equal(program_frequency(&c.program, init, node_at(&c, init, "n / 2"), NULL, NULL), FREQUENCY_ONCE);
	/* Each part is independent of the one before: no step of anything. */
	const FlowGraph *all = &function(&c, "Engine.encodeAll")->graph;
	assert_int_equal(program_frequency(&c.program, all, node_at(&c, all, "model($0)"), NULL, NULL), FREQUENCY_CALL);
	drop(&c);
}

static void test_only_from_init(void **state) {
	(void)state;
	Case c;
	build(&c, SIDE_SWIFT, DECODER);
	assert_true(function(&c, "Engine.makeTable")->only_from_init);
	assert_false(function(&c, "Engine.pick")->only_from_init);
	assert_true(function(&c, "Engine.makeTable")->returns_fresh_constant);
	assert_false(function(&c, "Block.callAsFunction")->returns_fresh_constant);
	drop(&c);
}

static void test_waiting_for_the_device_is_seen_through_calls(void **state) {
	(void)state;
	Case c;
	build(&c, SIDE_SWIFT, DECODER);
	const FlowGraph *g = &function(&c, "Engine.generate")->graph;
	assert_true(function(&c, "Engine.generate")->syncs);
	assert_true(program_syncs(&c.program, g, node_at(&c, g, "pick(model(x) + scaled)")));
	assert_false(program_syncs(&c.program, g, node_at(&c, g, "model(x)")));
	assert_false(function(&c, "Model.callAsFunction")->syncs);
	drop(&c);
}

static void test_fixed_is_configuration_and_constants_only(void **state) {
	(void)state;
	Case c;
	build(&c, SIDE_SWIFT, DECODER);
	const FlowGraph *g = &function(&c, "Block.callAsFunction")->graph;
	assert_int_equal(
	    program_fixed(&c.program, g, node_at(&c, g, "exp(MLXArray(0 ..< half).asType(.float32))")), TRUTH_YES);
	assert_int_equal(program_fixed(&c.program, g, node_at(&c, g, "Float(seen)")), TRUTH_NO);
	assert_int_not_equal(program_fixed(&c.program, g, node_at(&c, g, "fc(x)")), TRUTH_YES);
	drop(&c);
}

static void test_invariance_in_a_loop(void **state) {
	(void)state;
	Case c;
	build(&c, SIDE_SWIFT, DECODER);
	const FlowGraph *g = &function(&c, "Engine.generate")->graph;
	NodeId scaled = node_at(&c, g, "prompt * 2"), token = node_at(&c, g, "MLXArray([token])");
	RegionId loop = flow_enclosing(g, g->nodes[scaled].region, REGION_LOOP);
	assert_int_equal(program_invariant(&c.program, g, scaled, loop), TRUTH_YES);
	assert_int_equal(program_invariant(&c.program, g, token, loop), TRUTH_NO);
	drop(&c);
}

static void test_small_callees_are_repeated_at_their_calls(void **state) {
	(void)state;
	Case c;
	build(&c, SIDE_SWIFT,
	    "func weights(_ s: MLXArray, mask: MLXArray? = nil) -> MLXArray {\n"
	    "  var s = s\n"
	    "  if let mask { s = s + mask }\n"
	    "  return softmax(s, axis: -1)\n"
	    "}\n"
	    "func attend(_ q: MLXArray, _ k: MLXArray, _ v: MLXArray) -> MLXArray { matmul(weights(matmul(q, k)), v) }\n");
	const FlowGraph *g = &function(&c, "attend")->graph;
	NodeId outer = 0;
	for (NodeId id = 1; id < g->n; id++) {
		if (flow_is_op(g, id, op_named("matmul"))) outer = id;
	}
	assert_true(flow_is_op(g, flow_arg(g, outer, 0), op_named("softmax")));
	assert_int_not_equal(g->nodes[flow_arg(g, outer, 0)].origin, 0);
	/* Counted once, where it stands. */
	assert_int_equal(function(&c, "weights")->n_callers, 1);
	drop(&c);
}

/* `if n == 1 { return x }` before the rest: the call stands for one of both. */
static void test_early_returns_are_one_value_of_several(void **state) {
	(void)state;
	Case c;
	build(&c, SIDE_SWIFT,
	    "func spread(_ x: MLXArray, _ n: Int) -> MLXArray {\n"
	    "  if n == 1 { return x }\n"
	    "  return repeated(x, count: n, axis: 1)\n"
	    "}\n"
	    "func thrown(_ x: MLXArray, _ n: Int) throws -> MLXArray {\n"
	    "  if n == 1 { return x }\n"
	    "  throw Wrong.count\n"
	    "}\n"
	    "func attend(_ q: MLXArray, _ k: MLXArray) throws -> MLXArray { matmul(try thrown(q, 2), spread(k, 4)) }\n");
	const FlowGraph *g = &function(&c, "attend")->graph;
	NodeId outer = 0;
	for (NodeId id = 1; id < g->n; id++) {
		if (flow_is_op(g, id, op_named("matmul"))) outer = id;
	}
	NodeId join = flow_arg(g, outer, 1);
	assert_int_equal(g->nodes[join].kind, NODE_JOIN);
	assert_int_equal(g->nodes[join].n_args, 2);
	assert_int_equal(g->nodes[flow_arg(g, join, 0)].kind, NODE_PARAM);
	assert_true(flow_is_op(g, flow_arg(g, join, 1), op_named("repeat")));
	assert_int_equal(g->regions[g->nodes[join].body].kind, REGION_BRANCH);
	assert_int_equal(g->nodes[flow_arg(g, outer, 0)].kind, NODE_CALL);
	drop(&c);
}

/* A file that is compiled on a condition as a whole: its functions are as they would be without, and say so. */
static void test_conditions_around_a_function_make_no_regions(void **state) {
	(void)state;
	Case c;
	build(&c, SIDE_SWIFT,
	    "#if canImport(Accelerate)\n"
	    "func energy(_ a: [Float]) -> Float {\n"
	    "  var sum: Float = 0\n"
	    "  for x in a { sum += x * x }\n"
	    "#if DEBUG\n"
	    "  print(sum)\n"
	    "#endif\n"
	    "  return sum\n"
	    "}\n"
	    "#endif\n");
	const FlowGraph *g = &function(&c, "energy")->graph;
	size_t conditions = 0, folds = 0;
	for (RegionId r = 0; r < g->n_regions; r++) {
		conditions += g->regions[r].kind == REGION_CONDITION;
		folds += g->regions[r].n_folds;
	}
	assert_int_equal(conditions, 1);
	assert_int_equal(folds, 1);
	assert_true(flow_is_compiled_if(&g->regions[0]));
	assert_true(str_is(g->regions[0].text, "canImport(Accelerate)"));
	drop(&c);
}

static void test_fixed_through_local_functions_and_callers(void **state) {
	(void)state;
	Case c;
	build(&c, SIDE_SWIFT,
	    "protocol Sampler { func sample(_ x: MLXArray) -> MLXArray }\n"
	    "class Base: Module { func callAsFunction(_ x: MLXArray) -> MLXArray { x } }\n"
	    "class Front: Base {\n"
	    "  let n: Int\n"
	    "  var gain: MLXArray\n"
	    "  let sampler: Sampler\n"
	    "  init(n: Int) { self.n = n; gain = MLXArray(1) }\n"
	    "  override func callAsFunction(_ x: MLXArray) -> MLXArray {\n"
	    "    func mel(_ f: Float) -> Float { if f < 0 { fatalError(\"no\") }; return 2595 * log10(1 + f / 700) }\n"
	    "    func moved(_ k: Int) -> MLXArray { gain * Float(k) }\n"
	    "    let top = mel(8000)\n"
	    "    let sum = [1, 2, 3].reduce(0, +)\n"
	    "    let drift = moved(3)\n"
	    "    gain = gain + x.mean()\n"
	    "    let drawn = sampler.sample(x)\n"
	    "    return super.callAsFunction(x * 2) + top + drift + drawn\n"
	    "  }\n"
	    "}\n");
	const FlowGraph *g = &function(&c, "Front.callAsFunction")->graph;
	const struct {
		const char *text;
		Truth want;
	} cases[] = { { "mel(8000)", TRUTH_YES }, { "[1, 2, 3].reduce(0, +)", TRUTH_YES }, { "moved(3)", TRUTH_NO },
		{ "sampler.sample(x)", TRUTH_NO }, { "x * 2", TRUTH_NO } };
	for (size_t i = 0; i < BASE_COUNT(cases); i++)
		assert_int_equal(program_fixed(&c.program, g, node_at(&c, g, cases[i].text)), cases[i].want);
	drop(&c);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_calls_go_to_methods_fields_and_modules),
		cmocka_unit_test(test_frequency_follows_the_loops_of_callers),
		cmocka_unit_test(test_only_from_init),
		cmocka_unit_test(test_waiting_for_the_device_is_seen_through_calls),
		cmocka_unit_test(test_fixed_is_configuration_and_constants_only),
		cmocka_unit_test(test_invariance_in_a_loop),
		cmocka_unit_test(test_fixed_through_local_functions_and_callers),
		cmocka_unit_test(test_small_callees_are_repeated_at_their_calls),
		cmocka_unit_test(test_early_returns_are_one_value_of_several),
		cmocka_unit_test(test_conditions_around_a_function_make_no_regions),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
