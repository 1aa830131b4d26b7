#include "core/posix.h"

#include "core/align.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Three sides of one small text each, aligned; an empty text is an absent side. */
typedef struct Fixture {
	Source sources[SIDE_COUNT];
	SyntaxTree trees[SIDE_COUNT];
	Outline outlines[SIDE_COUNT];
	Program programs[SIDE_COUNT];
	bool lowered; /* programs are built, too */
	Arena arena;
	Rows rows;
} Fixture;

static void align_as(Fixture *f, const char *swift, const char *mlx, const char *torch, const RowPins *pins) {
	const char *texts[SIDE_COUNT] = { [SIDE_MLX] = mlx, [SIDE_TORCH] = torch, [SIDE_SWIFT] = swift };
	AlignSide sides[SIDE_COUNT] = { { 0 } };
	for (int s = 0; s < SIDE_COUNT; s++) {
		if (!texts[s][0]) continue;
		source_of_text((Side)s, s == SIDE_SWIFT ? "Finch.swift" : "finch.py", str_of(texts[s]), &f->sources[s]);
		assert_true(syntax_parse(side_lang((Side)s), f->sources[s].files[0].text, NULL, &f->arena, &f->trees[s]));
		outline_build(&f->sources[s], &f->trees[s], &f->arena, &f->outlines[s]);
		sides[s].outline = &f->outlines[s];
		if (!f->lowered) continue;
		static const Dialect dialects[SIDE_COUNT] = {
			[SIDE_SWIFT] = DIALECT_SWIFT, [SIDE_MLX] = DIALECT_MLX, [SIDE_TORCH] = DIALECT_TORCH
		};
		assert_true(program_build(&f->outlines[s], dialects[s], 1, NULL, &f->arena, &f->programs[s]));
		sides[s].program = &f->programs[s];
	}
	rows_build(sides, pins, &f->arena, &f->rows);
	for (int s = 0; s < SIDE_COUNT; s++) { /* every component has a row, and that row has it */
		for (ComponentId i = 0; texts[s][0] && i < f->outlines[s].n; i++) {
			const Row *row = rows_of(&f->rows, (Side)s, i);
			bool found = false;
			for (size_t k = 0; row && k < row->n[s]; k++) found = found || row->ids[s][k] == i;
			assert_true(found || !row);
		}
	}
}

static void align(Fixture *f, const char *swift, const char *mlx, const char *torch, const RowPins *pins) {
	*f = (Fixture) { 0 };
	align_as(f, swift, mlx, torch, pins);
}

static void align_with_graphs(Fixture *f, const char *swift, const char *mlx) {
	*f = (Fixture) { .lowered = true };
	align_as(f, swift, mlx, "", NULL);
}

static void done(Fixture *f) {
	for (int s = 0; s < SIDE_COUNT; s++) {
		if (f->lowered && f->outlines[s].source) program_done(&f->programs[s]);
		outline_done(&f->outlines[s]);
		source_done(&f->sources[s]);
	}
	arena_done(&f->arena);
}

/* "Model|FinchForCausalLM": what answers a component of the port, in Python and PyTorch; "-" for nothing. */
static const char *answers(const Fixture *f, const char *swift) {
	static char text[256];
	ComponentId id = outline_find(&f->outlines[SIDE_SWIFT], str_of(swift));
	if (id == COMPONENT_NONE) fail_msg("the port has no %s", swift);
	const Row *row = rows_of(&f->rows, SIDE_SWIFT, id);
	Buf buf = { 0 };
	for (int s = SIDE_MLX; s <= SIDE_TORCH; s++) {
		if (s == SIDE_TORCH) buf_putc(&buf, '|');
		for (size_t k = 0; row && k < row->n[s]; k++) {
			if (k) buf_putc(&buf, '+');
			buf_str(&buf, f->outlines[s].components[row->ids[s][k]].name);
		}
		if (!row || !row->n[s]) buf_putc(&buf, '-');
	}
	snprintf(text, sizeof text, "%s", buf.ptr);
	buf_done(&buf);
	return text;
}

static const char swift_text[] =
    "struct FinchConfiguration: Codable {\n"
    "  var hiddenSize: Int\n  var layerCount: Int\n  var epsilon: Float\n"
    "  enum CodingKeys: String, CodingKey { case hiddenSize = \"hidden_size\", layerCount = \"num_layers\", epsilon = \"norm_eps\" }\n"
    "}\n"
    "class FinchAttention: Module {\n"
    "  @ModuleInfo(key: \"q_proj\") var wq: Linear\n  @ModuleInfo(key: \"k_proj\") var wk: Linear\n  @ModuleInfo(key: \"o_proj\") var wo: Linear\n"
    "  init(_ config: FinchConfiguration) { }\n"
    "  func splitHeads(_ x: MLXArray) -> MLXArray { x.reshaped(1, 2, 3).transposed(0, 2, 1) }\n"
    "  func callAsFunction(_ x: MLXArray) -> MLXArray { wo(softmax(matmul(splitHeads(wq(x)), wk(x)), axis: -1)) }\n"
    "}\n"
    "class FinchMLP: Module {\n"
    "  @ModuleInfo(key: \"gate_proj\") var gate: Linear\n  @ModuleInfo(key: \"down_proj\") var down: Linear\n"
    "  init(_ config: FinchConfiguration) { }\n  func callAsFunction(_ x: MLXArray) -> MLXArray { down(silu(gate(x))) }\n"
    "}\n"
    "class FinchTransformerBlock: Module {\n"
    "  @ModuleInfo(key: \"self_attn\") var attention: FinchAttention\n  @ModuleInfo(key: \"mlp\") var mlp: FinchMLP\n"
    "  init(_ config: FinchConfiguration) { }\n  func callAsFunction(_ x: MLXArray) -> MLXArray { x + mlp(x + attention(x)) }\n"
    "}\n"
    "class FinchModelInner: Module {\n"
    "  @ModuleInfo(key: \"embed_tokens\") var embedTokens: Embedding\n  @ModuleInfo(key: \"layers\") var layers: [FinchTransformerBlock]\n"
    "  @ModuleInfo(key: \"norm\") var norm: RMSNorm\n"
    "  init(_ config: FinchConfiguration) { }\n  func callAsFunction(_ x: MLXArray) -> MLXArray { var h = embedTokens(x); for layer in layers { h = layer(h) }; return norm(h) }\n"
    "}\n"
    "class FinchModel: Module {\n"
    "  @ModuleInfo(key: \"model\") var model: FinchModelInner\n  @ModuleInfo(key: \"lm_head\") var lmHead: Linear\n"
    "  init(_ config: FinchConfiguration) { }\n  func callAsFunction(_ x: MLXArray) -> MLXArray { lmHead(model(x)) }\n"
    "  func sanitize(weights: [String: MLXArray]) -> [String: MLXArray] { weights.filter { !$0.key.contains(\"rotary_emb.inv_freq\") } }\n"
    "  func newCache() -> [KVCache] { model.layers.map { _ in KVCacheSimple() } }\n"
    "  func onlyHere() -> String { \"chirp\" }\n"
    "}\n"
    "func rotateHalf(_ x: MLXArray) -> MLXArray { concatenated([-x, x], axis: -1) }\n";

static const char mlx_text[] =
    "@dataclass\nclass ModelArgs(BaseModelArgs):\n    hidden_size: int\n    num_layers: int\n    norm_eps: float\n"
    "class Attention(nn.Module):\n"
    "    def __init__(self, args: ModelArgs):\n        self.q_proj = nn.Linear(1, 2)\n        self.k_proj = nn.Linear(1, 2)\n        self.o_proj = nn.Linear(1, 2)\n"
    "    def _split_heads(self, x):\n        return x.reshape(1, 2, 3).transpose(0, 2, 1)\n"
    "    def __call__(self, x):\n        return self.o_proj(mx.softmax(self._split_heads(self.q_proj(x)) @ self.k_proj(x), axis=-1))\n"
    "class MLP(nn.Module):\n"
    "    def __init__(self, args):\n        self.gate_proj = nn.Linear(1, 2)\n        self.down_proj = nn.Linear(1, 2)\n"
    "    def __call__(self, x):\n        return self.down_proj(nn.silu(self.gate_proj(x)))\n"
    "class TransformerBlock(nn.Module):\n"
    "    def __init__(self, args):\n        self.self_attn = Attention(args)\n        self.mlp = MLP(args)\n"
    "    def __call__(self, x):\n        return x + self.mlp(x + self.self_attn(x))\n"
    "class FinchModel(nn.Module):\n"
    "    def __init__(self, args):\n        self.embed_tokens = nn.Embedding(1, 2)\n        self.layers = [TransformerBlock(args) for _ in range(args.num_layers)]\n        self.norm = nn.RMSNorm(1)\n"
    "    def __call__(self, x):\n        h = self.embed_tokens(x)\n        for layer in self.layers:\n            h = layer(h)\n        return self.norm(h)\n"
    "class Model(nn.Module):\n"
    "    def __init__(self, args):\n        self.model = FinchModel(args)\n        self.lm_head = nn.Linear(1, 2)\n"
    "    def __call__(self, x):\n        return self.lm_head(self.model(x))\n"
    "    def sanitize(self, weights):\n        return {k: v for k, v in weights.items() if 'rotary_emb.inv_freq' not in k}\n"
    "    def make_cache(self):\n        return [KVCache() for _ in self.model.layers]\n"
    "def rotate_half(x):\n    return mx.concatenate([-x, x], axis=-1)\n";

static const char torch_text[] =
    "class FinchConfig:\n    def __init__(self, hidden_size=1, num_layers=2, norm_eps=1e-5):\n        self.hidden_size = hidden_size\n        self.num_layers = num_layers\n        self.norm_eps = norm_eps\n"
    "class FinchAttention(nn.Module):\n"
    "    def __init__(self, config):\n        self.q_proj = nn.Linear(1, 2)\n        self.k_proj = nn.Linear(1, 2)\n        self.o_proj = nn.Linear(1, 2)\n"
    "    def forward(self, x):\n        return self.o_proj(F.softmax(self.q_proj(x) @ self.k_proj(x), dim=-1))\n"
    "class FinchMLP(nn.Module):\n"
    "    def __init__(self, config):\n        self.gate_proj = nn.Linear(1, 2)\n        self.down_proj = nn.Linear(1, 2)\n"
    "    def forward(self, x):\n        return self.down_proj(F.silu(self.gate_proj(x)))\n"
    "class FinchDecoderLayer(nn.Module):\n"
    "    def __init__(self, config):\n        self.self_attn = FinchAttention(config)\n        self.mlp = FinchMLP(config)\n"
    "    def forward(self, x):\n        return x + self.mlp(x + self.self_attn(x))\n"
    "class FinchModel(nn.Module):\n"
    "    def __init__(self, config):\n        self.embed_tokens = nn.Embedding(1, 2)\n        self.layers = nn.ModuleList([FinchDecoderLayer(config) for _ in range(config.num_layers)])\n        self.norm = FinchNorm(1)\n"
    "    def forward(self, x):\n        h = self.embed_tokens(x)\n        for layer in self.layers:\n            h = layer(h)\n        return self.norm(h)\n"
    "class FinchForCausalLM(nn.Module):\n"
    "    def __init__(self, config):\n        self.model = FinchModel(config)\n        self.lm_head = nn.Linear(1, 2)\n"
    "    def forward(self, x):\n        return self.lm_head(self.model(x))\n"
    "def rotate_half(x):\n    return torch.cat((-x, x), dim=-1)\n";

static const struct {
	const char *swift, *others;
} expected[] = {
	{ "FinchConfiguration", "ModelArgs|FinchConfig" },
	{ "FinchAttention", "Attention|FinchAttention" },
	{ "FinchAttention.init", "Attention.__init__|FinchAttention.__init__" },
	{ "FinchAttention.callAsFunction", "Attention.__call__|FinchAttention.forward" },
	{ "FinchAttention.splitHeads", "Attention._split_heads|-" },
	{ "FinchTransformerBlock", "TransformerBlock|FinchDecoderLayer" },
	/* names that shift by one level: the same name is confidently wrong */
	{ "FinchModelInner", "FinchModel|FinchModel" },
	{ "FinchModelInner.callAsFunction", "FinchModel.__call__|FinchModel.forward" },
	{ "FinchModel", "Model|FinchForCausalLM" },
	{ "FinchModel.init", "Model.__init__|FinchForCausalLM.__init__" },
	{ "FinchModel.sanitize", "Model.sanitize|-" },
	{ "FinchModel.newCache", "Model.make_cache|-" },
	{ "FinchModel.onlyHere", "-|-" },
	{ "rotateHalf", "rotate_half|rotate_half" },
};

static void a_port_finds_both_references(void **state) {
	(void)state;
	Fixture f;
	align(&f, swift_text, mlx_text, torch_text, NULL);
	for (size_t i = 0; i < BASE_COUNT(expected); i++)
		assert_string_equal(answers(&f, expected[i].swift), expected[i].others);
	const Row *row = rows_of(&f.rows, SIDE_SWIFT, outline_find(&f.outlines[SIDE_SWIFT], STR("FinchAttention")));
	assert_true(row->kind == COMPONENT_CLASS && row->confidence > 0.3 && row->confidence <= 1);
	assert_true(row->n_evidence > 0 && str_is(row->evidence[0], "mlx: weight keys q_proj k_proj o_proj"));
	assert_null(
	    rows_of(&f.rows, SIDE_SWIFT, outline_find(&f.outlines[SIDE_SWIFT], STR("FinchConfiguration.CodingKeys"))));
	ComponentId mlp = outline_find(&f.outlines[SIDE_TORCH], STR("FinchMLP"));
	ComponentId answer = rows_answer(&f.rows, SIDE_TORCH, mlp, SIDE_MLX);
	assert_true(str_is(f.outlines[SIDE_MLX].components[answer].name, "MLP"));
	done(&f);
}

static void one_reference_or_none_is_enough(void **state) {
	(void)state;
	Fixture f;
	align(&f, swift_text, mlx_text, "", NULL);
	assert_string_equal(answers(&f, "FinchModel"), "Model|-");
	assert_string_equal(answers(&f, "FinchModelInner"), "FinchModel|-");
	done(&f);
	align(&f, swift_text, "", "", NULL);
	assert_string_equal(answers(&f, "FinchModel"), "-|-");
	assert_null(rows_of(&f.rows, SIDE_MLX, 0));
	done(&f);
	align(&f, "", mlx_text, torch_text, NULL);
	assert_true(f.rows.n > 0 && f.rows.rows[0].n[SIDE_MLX] == 1 && f.rows.rows[0].n[SIDE_TORCH] == 1);
	done(&f);
}

static void strangers_stay_apart(void **state) {
	(void)state;
	Fixture f;
	align(&f, swift_text,
	    "class Parser:\n    def __init__(self, path):\n        self.lines = open(path)\n    def words(self):\n        return self.lines.split()\n",
	    "", NULL);
	for (size_t i = 0; i < BASE_COUNT(expected); i++) assert_string_equal(answers(&f, expected[i].swift), "-|-");
	done(&f);
}

static void overloads_go_together(void **state) {
	(void)state;
	Fixture f;
	align(&f,
	    "class Clock {\n  init(a: Int) {}\n  init(b: Int) {}\n  func tick(x: Int) {}\n  func tick(y: Int) {}\n}\n",
	    "class Clock:\n    def __init__(self, a):\n        pass\n    def tick(self, x):\n        pass\n", "", NULL);
	const Row *row = rows_of(&f.rows, SIDE_SWIFT, outline_find(&f.outlines[SIDE_SWIFT], STR("Clock.tick")));
	assert_int_equal(row->n[SIDE_SWIFT], 2);
	assert_int_equal(row->n[SIDE_MLX], 1);
	assert_int_equal(f.rows.n, 3);
	done(&f);
}

static void a_person_outranks_everything(void **state) {
	(void)state;
	Fixture f;
	RowPin pins[] = {
		{ .swift = STR("FinchMLP"), .other[SIDE_MLX] = STR("Attention"), .given[SIDE_MLX] = true },
		{ .swift = STR("rotateHalf"), .given[SIDE_MLX] = true, .given[SIDE_TORCH] = true },
		{ .swift = STR("FinchModel"), .other[SIDE_MLX] = STR("NoSuchClass"), .given[SIDE_MLX] = true },
		{ .swift = STR("Gone"), .other[SIDE_MLX] = STR("Model"), .given[SIDE_MLX] = true },
	};
	RowPins all = { pins, BASE_COUNT(pins) };
	align(&f, swift_text, mlx_text, torch_text, &all);
	assert_string_equal(answers(&f, "FinchMLP"), "Attention|FinchMLP");
	assert_string_equal(answers(&f, "FinchAttention"), "-|FinchAttention");
	assert_string_equal(answers(&f, "rotateHalf"), "-|-");
	assert_string_equal(answers(&f, "FinchModel"), "Model|FinchForCausalLM");
	const Row *row = rows_of(&f.rows, SIDE_SWIFT, outline_find(&f.outlines[SIDE_SWIFT], STR("FinchMLP")));
	assert_true(row->pinned && row->confidence >= 1);
	ComponentId lonely = outline_find(&f.outlines[SIDE_MLX], STR("rotate_half"));
	assert_int_equal(rows_answer(&f.rows, SIDE_MLX, lonely, SIDE_SWIFT), COMPONENT_NONE);
	assert_non_null(rows_of(&f.rows, SIDE_MLX, lonely));
	done(&f);
}

/* A package around the port holds a class like any other; what was named to be compared comes first. */
static void scope_comes_before_context(void **state) {
	(void)state;
	Fixture f = { 0 };
	SourceFile files[2] = { { .path = "Finch.swift", .name = "Finch.swift", .in_scope = true },
		{ .path = "Robin.swift", .name = "Robin.swift" } };
	static const char *const texts[2] = {
		"class FinchAttention: Module {\n  @ModuleInfo(key: \"qkv\") var qkv: Linear\n  init() {}\n}\nfunc near() { RotaryHelper() }\n",
		"class RobinAttention: Module {\n  @ModuleInfo(key: \"qkv\") var qkv: Linear\n  @ModuleInfo(key: \"out\") var out: Linear\n"
		"  init() {}\n}\nclass RotaryHelper: Module {\n  @ModuleInfo(key: \"freqs\") var freqs: Linear\n}\n"
		"class RobinMLP: Module {\n  @ModuleInfo(key: \"up\") var up: Linear\n}\n",
	};
	SyntaxTree trees[2];
	for (int i = 0; i < 2; i++) {
		files[i].text = str_of(texts[i]);
		assert_true(syntax_parse(LANG_SWIFT, files[i].text, NULL, &f.arena, &trees[i]));
	}
	Source port = { .side = SIDE_SWIFT, .root = "", .files = files, .n_files = 2 };
	outline_build(&port, trees, &f.arena, &f.outlines[SIDE_SWIFT]);
	source_of_text(SIDE_MLX, "robin.py",
	    STR("class Attention(nn.Module):\n    def __init__(self):\n        self.qkv = nn.Linear(1)\n        self.out = nn.Linear(1)\n"
	        "class RotaryHelper(nn.Module):\n    def __init__(self):\n        self.freqs = nn.Linear(1)\n"
	        "class MLP(nn.Module):\n    def __init__(self):\n        self.up = nn.Linear(1)\n"),
	    &f.sources[SIDE_MLX]);
	assert_true(syntax_parse(LANG_PYTHON, f.sources[SIDE_MLX].files[0].text, NULL, &f.arena, &f.trees[SIDE_MLX]));
	outline_build(&f.sources[SIDE_MLX], &f.trees[SIDE_MLX], &f.arena, &f.outlines[SIDE_MLX]);
	AlignSide sides[SIDE_COUNT] = {
		[SIDE_SWIFT] = { .outline = &f.outlines[SIDE_SWIFT] }, [SIDE_MLX] = { .outline = &f.outlines[SIDE_MLX] }
	};
	rows_build(sides, NULL, &f.arena, &f.rows);
	assert_string_equal(answers(&f, "FinchAttention"), "Attention|-");
	assert_string_equal(answers(&f, "RobinAttention"), "-|-");
	assert_string_equal(answers(&f, "RotaryHelper"), "RotaryHelper|-"); /* named in the scope */
	assert_string_equal(answers(&f, "RobinMLP"), "-|-");                /* not named there: its likeness is chance */
	done(&f);
}

/* ---- one that is two, and two that are one ---- */

static void a_function_within_a_function_is_found(void **state) {
	(void)state;
	Fixture f;
	align(&f,
	    "func linnetScore(_ word: Word) -> Float {\n  var score: Float = 0\n  if word.probability < 0.15 { score += 1 }\n"
	    "  if word.duration < 0.133 { score += (0.133 - word.duration) * 15 }\n  return score\n}\n",
	    "def generate(model, words):\n    def linnet_score(word):\n        score = 0\n        if word.probability < 0.15:\n"
	    "            score += 1\n        if word.duration < 0.133:\n            score += (0.133 - word.duration) * 15\n"
	    "        return score\n    def unheard(x):\n        return x\n    return [linnet_score(w) for w in words]\n",
	    "", NULL);
	assert_string_equal(answers(&f, "linnetScore"), "generate.linnet_score|-");
	for (size_t i = 0; i < f.rows.n; i++) { /* what nobody ported inside a function is no row of its own */
		ComponentId id = f.rows.rows[i].n[SIDE_MLX] ? f.rows.rows[i].ids[SIDE_MLX][0] : COMPONENT_NONE;
		if (id != COMPONENT_NONE) assert_false(str_is(f.outlines[SIDE_MLX].components[id].base, "unheard"));
	}
	done(&f);
}

static const char wrapped_swift[] =
    "class Wren: Module {\n  @ModuleInfo(key: \"encoder\") var encoder: Linear\n  @ModuleInfo(key: \"decoder\") var decoder: Linear\n"
    "  init(_ config: Config) { encoder = Linear(4, 8); decoder = Linear(8, 4) }\n"
    "  func embedSong(_ song: MLXArray) -> MLXArray { encoder(song) }\n  func embedCall(_ call: MLXArray) -> MLXArray { encoder(call * 3) }\n"
    "  func callAsFunction(_ song: MLXArray) -> MLXArray { decoder(embedSong(song) + embedCall(song)) }\n}\n";
static const char wrapped_torch[] =
    "class WrenModel(nn.Module):\n    def __init__(self, config):\n        self.encoder = nn.Linear(4, 8)\n        self.decoder = nn.Linear(8, 4)\n"
    "    def embed_song(self, song):\n        return self.encoder(song)\n    def embed_call(self, call):\n        return self.encoder(call * 3)\n"
    "    def forward(self, song):\n        return self.decoder(self.embed_song(song) + self.embed_call(song))\n"
    "class WrenForSinging(nn.Module):\n    def __init__(self, config):\n        self.model = WrenModel(config)\n"
    "    def embed_song(self, song):\n        return self.model.embed_song(song)\n    def embed_call(self, call):\n        return self.model.embed_call(call)\n"
    "    def forward(self, song):\n        return self.model(song)\n";

/* Whoever corrects a row of several answers leaves none of them without a row. */
static void a_correction_loses_nothing(void **state) {
	(void)state;
	Fixture f;
	RowPin pin = { .swift = STR("Wren"), .given[SIDE_TORCH] = true }; /* nothing answers it */
	RowPins all = { &pin, 1 };
	align(&f, wrapped_swift, "", wrapped_torch, &all);
	assert_string_equal(answers(&f, "Wren"), "-|-");
	for (ComponentId id = 0; id < f.outlines[SIDE_TORCH].n; id++) assert_non_null(rows_of(&f.rows, SIDE_TORCH, id));
	done(&f);
	pin.swift = STR("Wren.embedSong");
	pin.other[SIDE_TORCH] = STR("WrenForSinging.forward");
	align(&f, wrapped_swift, "", wrapped_torch, &all);
	assert_string_equal(answers(&f, "Wren.embedSong"), "-|WrenForSinging.forward");
	assert_string_equal(answers(&f, "Wren.callAsFunction"), "-|WrenModel.forward"); /* the other one stays */
	for (ComponentId id = 0; id < f.outlines[SIDE_TORCH].n; id++) assert_non_null(rows_of(&f.rows, SIDE_TORCH, id));
	done(&f);
}

static void a_wrapper_goes_with_what_it_wraps(void **state) {
	(void)state;
	Fixture f;
	align(&f, wrapped_swift, "", wrapped_torch, NULL);
	assert_string_equal(answers(&f, "Wren"), "-|WrenModel+WrenForSinging");
	assert_string_equal(answers(&f, "Wren.callAsFunction"), "-|WrenModel.forward+WrenForSinging.forward");
	const Row *row = rows_of(&f.rows, SIDE_SWIFT, outline_find(&f.outlines[SIDE_SWIFT], STR("Wren")));
	bool said = false;
	for (size_t i = 0; i < row->n_evidence; i++) said |= str_find(row->evidence[i], "wraps WrenModel", 0) != SIZE_MAX;
	assert_true(said);
	done(&f);
}

static void a_class_is_taken_in_under_its_weight_key(void **state) {
	(void)state;
	Fixture f;
	align(&f,
	    "class NestBlock: Module {\n  @ModuleInfo(key: \"gate\") var gate: Linear\n  @ModuleInfo(key: \"experts\") var experts: Linear\n"
	    "  init(_ size: Int) { gate = Linear(size, 8); experts = Linear(size, 8) }\n"
	    "  func callAsFunction(_ x: MLXArray) -> MLXArray {\n    let routerLogits = softmax(gate(x), axis: -1)\n"
	    "    let selectedExperts = argPartition(routerLogits, kth: topK)\n    let routingScores = routerLogits / routerLogits.sum(axis: -1)\n"
	    "    return experts(x, selectedExperts) * routingScores\n  }\n}\n",
	    "",
	    "class NestRouter(nn.Module):\n    def __init__(self, size):\n        self.weight = nn.Parameter(torch.zeros(8, size))\n"
	    "    def forward(self, x):\n        router_logits = softmax(linear(x, self.weight), axis=-1)\n"
	    "        selected_experts = topk(router_logits, self.top_k)\n        routing_scores = router_logits / router_logits.sum(axis=-1)\n"
	    "        return routing_scores, selected_experts\n"
	    "class NestBlock(nn.Module):\n    def __init__(self, size):\n        self.gate = NestRouter(size)\n        self.experts = nn.Linear(size, 8)\n"
	    "    def forward(self, x):\n        scores, selected_experts = self.gate(x)\n        return self.experts(x, selected_experts) * scores\n",
	    NULL);
	assert_string_equal(answers(&f, "NestBlock"), "-|NestBlock+NestRouter");
	assert_string_equal(answers(&f, "NestBlock.callAsFunction"), "-|NestBlock.forward+NestRouter.forward");
	done(&f);
}

static void a_layer_of_the_library_answers_no_class(void **state) {
	(void)state;
	Fixture f;
	align(&f,
	    "class NestBlock: Module {\n  @ModuleInfo(key: \"norm\") var norm: RMSNorm\n  @ModuleInfo(key: \"proj\") var proj: Linear\n"
	    "  init(_ size: Int) { norm = RMSNorm(dimensions: size); proj = Linear(size, 8) }\n"
	    "  func callAsFunction(_ x: MLXArray) -> MLXArray { x + proj(norm(x)) }\n}\n",
	    "",
	    "class NestRMSNorm(nn.Module):\n    def __init__(self, size):\n        self.weight = nn.Parameter(torch.ones(size))\n"
	    "    def forward(self, hidden_states):\n        variance = hidden_states.pow(2).mean(-1, keepdim=True)\n"
	    "        return self.weight * hidden_states * torch.rsqrt(variance + 1e-6)\n"
	    "class NestBlock(nn.Module):\n    def __init__(self, size):\n        self.norm = NestRMSNorm(size)\n        self.proj = nn.Linear(size, 8)\n"
	    "    def forward(self, x):\n        return x + self.proj(self.norm(x))\n",
	    NULL);
	assert_string_equal(answers(&f, "NestBlock"), "-|NestBlock");
	assert_string_equal(answers(&f, "NestBlock.callAsFunction"), "-|NestBlock.forward");
	done(&f);
}

static void a_class_there_may_be_a_method_here(void **state) {
	(void)state;
	Fixture f;
	align(&f,
	    "class DipperAttention: Module {\n  @ModuleInfo(key: \"qkv\") var qkv: Linear\n  init(_ size: Int) { qkv = Linear(size, 8) }\n"
	    "  func phases(_ positions: MLXArray) -> MLXArray {\n    let inverseFrequency = 1 / pow(rippleBase, arange(0, rippleDims, step: 7) / rippleDims)\n"
	    "    let turning = expandedDimensions(positions, axis: 3) * inverseFrequency\n    return concatenated([cos(turning), sin(turning)], axis: 5)\n  }\n"
	    "  func callAsFunction(_ x: MLXArray, _ positions: MLXArray) -> MLXArray { qkv(x) * phases(positions) }\n}\n",
	    "class DipperRipple:\n    def __init__(self, size):\n        self.size = size\n"
	    "    def __call__(self, positions):\n        inverse_frequency = 1 / pow(ripple_base, arange(0, ripple_dims, step=7) / ripple_dims)\n"
	    "        turning = expand_dims(positions, axis=3) * inverse_frequency\n        return concatenate([cos(turning), sin(turning)], axis=5)\n"
	    "class DipperAttention(nn.Module):\n    def __init__(self, size):\n        self.qkv = nn.Linear(size, 8)\n        self.ripple = DipperRipple(size)\n"
	    "    def __call__(self, x, positions):\n        return self.qkv(x) * self.ripple(positions)\n",
	    "", NULL);
	assert_string_equal(answers(&f, "DipperAttention.phases"), "DipperRipple.__call__+DipperRipple|-");
	assert_string_equal(answers(&f, "DipperAttention.callAsFunction"), "DipperAttention.__call__|-");
	done(&f);
}

static void what_a_call_runs_there_may_have_a_name_here(void **state) {
	(void)state;
	Fixture f;
	align(&f,
	    "struct SwiftProcessor {\n  let tokenizer: Tokenizer\n  init(_ tokenizer: Tokenizer) { self.tokenizer = tokenizer }\n"
	    "  func prepare(image: Image) -> MLXArray { image.resized(224).normalized(mean: 0.5) }\n"
	    "  func prepare(input: Input) -> Output {\n    let prompt = imageToken + beginToken + input.prompt\n    let tokens = tokenizer.encode(text: prompt)\n"
	    "    return Output(tokens: tokens, pixels: prepare(image: input.image))\n  }\n}\n",
	    "class SwiftProcessor:\n    def __init__(self, tokenizer):\n        self.tokenizer = tokenizer\n"
	    "    def __call__(self, image, prompt):\n        text = self.image_token + self.begin_token + prompt\n        tokens = self.tokenizer.encode(text)\n"
	    "        return Output(tokens=tokens, pixels=self.image_processor(image))\n    def batch_decode(self, ids):\n        return self.tokenizer.batch_decode(ids)\n",
	    "", NULL);
	assert_string_equal(answers(&f, "SwiftProcessor.prepare"), "SwiftProcessor.__call__|-");
	done(&f);
}

static void what_passes_its_work_on_answers_with_it(void **state) {
	(void)state;
	Fixture f;
	align_with_graphs(&f,
	    "func songSpectrum(_ x: MLXArray, window: MLXArray) -> MLXArray {\n  let framed = asStrided(x * 13, [7, 5])\n  return rfft(framed * window, axis: 1)\n}\n"
	    "class Warbler: Module {\n  @ModuleInfo(key: \"body\") var body: Linear\n  init(_ size: Int) { body = Linear(size, 8) }\n"
	    "  func decode(_ x: MLXArray) -> MLXArray { body(songSpectrum(x, window: x)) }\n}\n",
	    "import mlx.core as mx\nimport mlx.nn as nn\n\ndef song_spectrum(x, window):\n    framed = mx.as_strided(x * 13, (7, 5))\n    return mx.fft.rfft(framed * window, axis=1)\n\n"
	    "class Warbler(nn.Module):\n    def __init__(self, size):\n        self.body = nn.Linear(size, 8)\n"
	    "    def _song_spectrum(self, x):\n        return song_spectrum(x, x)\n    def decode(self, x):\n        return self.body(self._song_spectrum(x))\n");
	assert_string_equal(answers(&f, "songSpectrum"), "song_spectrum+Warbler._song_spectrum|-");
	assert_string_equal(answers(&f, "Warbler.decode"), "Warbler.decode|-");
	done(&f);
}

static void what_the_port_says_again_is_inherited_there(void **state) {
	(void)state;
	Fixture f;
	align(&f,
	    "class Finch: Module {\n  @ModuleInfo(key: \"wing\") var wing: Linear\n  init(_ size: Int) { wing = Linear(size, 8) }\n"
	    "  func callAsFunction(_ x: MLXArray) -> MLXArray { wing(x) + x }\n}\n"
	    "class CausalFinch: Module {\n  @ModuleInfo(key: \"wing\") var wing: Linear\n  @ModuleInfo(key: \"mask\") var mask: Linear\n"
	    "  init(_ size: Int) { wing = Linear(size, 8); mask = Linear(size, 8) }\n  func callAsFunction(_ x: MLXArray) -> MLXArray { wing(x) + x }\n}\n",
	    "class Finch(nn.Module):\n    def __init__(self, size):\n        self.wing = nn.Linear(size, 8)\n    def __call__(self, x):\n        return self.wing(x) + x\n"
	    "class CausalFinch(Finch):\n    def __init__(self, size):\n        super().__init__(size)\n        self.wing = nn.Linear(size, 8)\n        self.mask = nn.Linear(size, 8)\n",
	    "", NULL);
	assert_string_equal(answers(&f, "Finch.callAsFunction"), "Finch.__call__|-");
	assert_string_equal(answers(&f, "CausalFinch"), "CausalFinch|-");
	assert_string_equal(answers(&f, "CausalFinch.callAsFunction"), "Finch.__call__|-");
	done(&f);
}

static void one_function_may_be_made_of_several(void **state) {
	(void)state;
	Fixture f;
	align(&f,
	    "func perform(_ mel: MLXArray, voice: Voice) -> [Int] {\n    let audioFeatures = voice.encodeAudio(mel, segmentFrames: 3000)\n"
	    "    var startTokens = promptTokens + [startOfPrevious]\n    startTokens.append(languageOffset + chosenLanguage)\n"
	    "    let suppressed = punctuationTokens.filter { $0 != endToken && $0 != noSpeechToken }\n"
	    "    var heard = [Int]()\n    for beat in 0 ..< maximumBeats {\n      var logits = voice.logits(startTokens + heard, audioFeatures)\n"
	    "      logits[suppressed] = -floatInfinity\n      let timestampMass = logSumExp(logits[timestampBegin...])\n"
	    "      if timestampMass > maximumTextLogit { logits[..<timestampBegin] = -floatInfinity }\n"
	    "      let drawn = drawToken(logits / temperature)\n      if drawn == endToken { break }\n      heard.append(drawn)\n    }\n    return heard\n}\n",
	    "class SongTask:\n    def __init__(self, voice):\n        self.voice = voice\n"
	    "    def _audio(self, mel):\n        audio_features = self.voice.encode_audio(mel, segment_frames=3000)\n        return audio_features\n"
	    "    def _start(self):\n        start_tokens = prompt_tokens + [start_of_previous]\n        start_tokens.append(language_offset + chosen_language)\n        return start_tokens\n"
	    "    def _quiet(self):\n        suppressed = [t for t in punctuation_tokens if t != end_token and t != no_speech_token]\n        return suppressed\n"
	    "    def _loop(self, audio_features, start_tokens):\n        heard = []\n        for beat in range(maximum_beats):\n            logits = self.voice.logits(start_tokens + heard, audio_features)\n"
	    "            heard.append(self._draw(logits))\n        return heard\n"
	    "    def _draw(self, logits):\n        drawn = draw_token(logits / temperature)\n        if drawn == end_token:\n            raise StopIteration\n        return drawn\n"
	    "class StampRules:\n    def __init__(self, begin):\n        self.begin = begin\n"
	    "    def apply(self, logits):\n        timestamp_mass = log_sum_exp(logits[timestamp_begin:])\n        if timestamp_mass > maximum_text_logit:\n"
	    "            logits[:timestamp_begin] = -float_infinity\n        return logits\n",
	    "", NULL);
	const Row *row = rows_of(&f.rows, SIDE_SWIFT, outline_find(&f.outlines[SIDE_SWIFT], STR("perform")));
	assert_true(row->n[SIDE_MLX] >= 4);
	bool said = false;
	for (size_t i = 0; i < row->n_evidence; i++) said |= str_find(row->evidence[i], "stand apart there", 0) != SIZE_MAX;
	assert_true(said);
	done(&f);
}

static void a_cancelled_alignment_leaves_no_rows(void **state) {
	(void)state;
	Fixture f = { 0 };
	const char *texts[SIDE_COUNT] = { [SIDE_MLX] = mlx_text, [SIDE_SWIFT] = swift_text };
	AlignSide sides[SIDE_COUNT] = { { 0 } };
	for (int s = 0; s < SIDE_COUNT; s++) {
		if (!texts[s]) continue;
		source_of_text((Side)s, s == SIDE_SWIFT ? "Finch.swift" : "finch.py", str_of(texts[s]), &f.sources[s]);
		assert_true(syntax_parse(side_lang((Side)s), f.sources[s].files[0].text, NULL, &f.arena, &f.trees[s]));
		outline_build(&f.sources[s], &f.trees[s], &f.arena, &f.outlines[s]);
		sides[s].outline = &f.outlines[s];
	}
	volatile bool cancel = true;
	assert_false(rows_build_until(sides, NULL, &cancel, &f.arena, &f.rows));
	assert_int_equal(f.rows.n, 0);
	assert_null(rows_of(&f.rows, SIDE_SWIFT, 0));
	cancel = false;
	assert_true(rows_build_until(sides, NULL, &cancel, &f.arena, &f.rows));
	assert_true(f.rows.n > 0);
	done(&f);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_port_finds_both_references),
		cmocka_unit_test(one_reference_or_none_is_enough),
		cmocka_unit_test(strangers_stay_apart),
		cmocka_unit_test(overloads_go_together),
		cmocka_unit_test(scope_comes_before_context),
		cmocka_unit_test(a_person_outranks_everything),
		cmocka_unit_test(a_correction_loses_nothing),
		cmocka_unit_test(a_function_within_a_function_is_found),
		cmocka_unit_test(a_wrapper_goes_with_what_it_wraps),
		cmocka_unit_test(a_class_is_taken_in_under_its_weight_key),
		cmocka_unit_test(a_layer_of_the_library_answers_no_class),
		cmocka_unit_test(a_class_there_may_be_a_method_here),
		cmocka_unit_test(what_a_call_runs_there_may_have_a_name_here),
		cmocka_unit_test(what_passes_its_work_on_answers_with_it),
		cmocka_unit_test(what_the_port_says_again_is_inherited_there),
		cmocka_unit_test(one_function_may_be_made_of_several),
		cmocka_unit_test(a_cancelled_alignment_leaves_no_rows),
	};
	return cmocka_run_group_tests_name("align", tests, NULL, NULL);
}
