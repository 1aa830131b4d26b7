#include "core/posix.h"

#include "core/component.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A side of up to four texts, put together by hand. */
typedef struct Fixture {
	Source source;
	SyntaxTree trees[4];
	Arena arena;
	Outline outline;
} Fixture;

static void read_files(Fixture *f, Side side, size_t n, const char *const *names, const char *const *texts) {
	*f = (Fixture) { 0 };
	f->source = (Source) { .side = side, .root = "", .package = "", .branch = "" };
	f->source.files = ARENA_ARRAY(&f->source.arena, SourceFile, n);
	f->source.n_files = n;
	for (size_t i = 0; i < n; i++) {
		SourceFile *file = &f->source.files[i];
		file->path = file->name = names[i];
		file->lang = side_lang(side);
		file->text = str_of(texts[i]);
		assert_true(syntax_parse(file->lang, file->text, NULL, &f->arena, &f->trees[i]));
	}
	outline_build(&f->source, f->trees, &f->arena, &f->outline);
}

static void read_text(Fixture *f, Side side, const char *text) {
	read_files(f, side, 1, (const char *const[]) { side == SIDE_SWIFT ? "A.swift" : "a.py" }, &text);
}

static void done(Fixture *f) {
	outline_done(&f->outline);
	arena_done(&f->arena);
	source_done(&f->source);
}

/* "class A; method A.f; function g" */
static const char *listing(const Fixture *f) {
	static char text[4096];
	text[0] = '\0';
	for (size_t i = 0; i < f->outline.n; i++) {
		const Component *c = &f->outline.components[i];
		snprintf(text + strlen(text), sizeof text - strlen(text), "%s%s %.*s", i ? "; " : "",
		    component_kind_name(c->kind), STR_ARG(c->name));
		assert_true(c->span.start <= c->name_span.start && c->name_span.end <= c->span.end);
	}
	return text;
}

static const Component *get(const Fixture *f, const char *name) {
	ComponentId id = outline_find(&f->outline, str_of(name));
	if (id == COMPONENT_NONE) fail_msg("no component %s", name);
	return &f->outline.components[id];
}

static const Field *field(const Fixture *f, const char *cls, const char *name) {
	const Field *out = outline_field(&f->outline, outline_find(&f->outline, str_of(cls)), str_of(name));
	if (!out) fail_msg("no field %s in %s", name, cls);
	return out;
}

static void fields_are(const Fixture *f, const char *cls, const char *want) {
	char text[1024] = "";
	const Component *c = get(f, cls);
	for (size_t i = 0; i < c->n_fields; i++) {
		snprintf(text + strlen(text), sizeof text - strlen(text), "%s%.*s", i ? " " : "", STR_ARG(c->fields[i].name));
	}
	assert_string_equal(text, want);
}

/* ---- Swift ---- */

static void swift_names_every_declaration(void **state) {
	(void)state;
	Fixture f;
	read_text(&f, SIDE_SWIFT,
	    "public final class A<T: B>: Module, UnaryLayer where T: C {\n"
	    "  struct In { var q: Int; func deep() { func local() {}; struct Local {} } }\n"
	    "  enum Kind: Int { case one, two; }\n"
	    "  var stored = 1\n"
	    "  var computed: Int { 3 }\n"
	    "  var watched: Int = 3 { didSet { go() } }\n"
	    "  init?(_ x: Int) throws { }\n"
	    "  convenience init() { self.init(1)! }\n"
	    "  deinit { }\n"
	    "  subscript(i: Int) -> Float { 1 }\n"
	    "  static func + (l: A, r: A) -> A { l }\n"
	    "  func callAsFunction(_ x: MLXArray) -> MLXArray { x }\n"
	    "}\n"
	    "protocol P { func need(); var v: Int { get } }\n"
	    "extension P { var v: Int { 1 } }\n"
	    "actor R { func run() async {} }\n"
	    "extension Array where Element == Int { func sum2() -> Int { 0 } }\n"
	    "let global = 3\n"
	    "func free() { func inner() {} }\n");
	assert_string_equal(listing(&f),
	    "class A; class A.In; method A.In.deep; class A.Kind; method A.computed; method A.init; method A.init; method A.deinit; "
	    "method A.subscript; method A.+; method A.callAsFunction; class P; method P.need; method P.v; method P.v; class R; "
	    "method R.run; class Array; method Array.sum2; function free");
	fields_are(&f, "A", "stored computed watched");
	assert_true(field(&f, "A", "computed")->is_computed);
	assert_false(field(&f, "A", "watched")->is_computed);
	assert_true(get(&f, "A")->is_module);
	assert_false(get(&f, "A.In")->is_module);
	assert_true(get(&f, "A.init")->is_init);
	assert_true(get(&f, "A.computed")->is_computed);
	assert_true(get(&f, "A.+")->is_static);
	assert_int_equal(get(&f, "P.need")->body, 0);
	assert_true(get(&f, "Array")->is_extension);
	assert_int_equal(
	    f.outline.same_name[outline_find(&f.outline, STR("A.init"))], outline_find(&f.outline, STR("A.init")) + 1);
	done(&f);
}

static void swift_fields_have_keys_and_types(void **state) {
	(void)state;
	Fixture f;
	read_text(&f, SIDE_SWIFT,
	    "class Attention: Module {\n"
	    "  @ModuleInfo(key: \"q_proj\") var wq: Linear\n"
	    "  @ModuleInfo var norm: RMSNorm\n"
	    "  @ParameterInfo(key: \"inv_freq\") var freqs: MLXArray?\n"
	    "  @ModuleInfo var late: Linear\n"
	    "  let layers: [Block]\n"
	    "  let rope = RoPE(dimensions: 3)\n"
	    "  let a = 1, b: Float = 2\n"
	    "  let (m, n) = (1, 2)\n"
	    "  private static let table: [Int] = []\n"
	    "  lazy var mask: MLXArray = { ones([1]) }()\n"
	    "  init() { self._late = ModuleInfo(wrappedValue: Linear(1, 2), key: \"late_proj\") }\n"
	    "}\n"
	    "class Block: Base { }\n"
	    "class Base: Module { }\n"
	    "struct Config: Codable {\n"
	    "  var hiddenSize: Int\n"
	    "  var other: Int\n"
	    "  enum CodingKeys: String, CodingKey { case hiddenSize = \"hidden_size\", other }\n"
	    "}\n");
	assert_true(str_is(field(&f, "Attention", "wq")->key, "q_proj"));
	assert_true(str_is(field(&f, "Attention", "wq")->type, "Linear"));
	assert_true(field(&f, "Attention", "wq")->is_module);
	assert_true(str_is(field(&f, "Attention", "norm")->key, "norm"));
	assert_true(str_is(field(&f, "Attention", "freqs")->key, "inv_freq"));
	assert_true(field(&f, "Attention", "freqs")->is_parameter);
	assert_true(str_is(field(&f, "Attention", "late")->key, "late_proj"));
	assert_true(str_is(field(&f, "Attention", "layers")->type, "[Block]"));
	assert_true(field(&f, "Attention", "layers")->is_module);
	assert_true(str_is(field(&f, "Attention", "rope")->type, "RoPE"));
	assert_true(str_is(field(&f, "Attention", "a")->type, "Int") && field(&f, "Attention", "a")->is_let);
	assert_true(str_is(field(&f, "Attention", "b")->type, "Float"));
	assert_true(field(&f, "Attention", "m") && field(&f, "Attention", "n"));
	assert_true(field(&f, "Attention", "table")->is_static);
	assert_true(field(&f, "Attention", "mask")->is_lazy && !field(&f, "Attention", "mask")->is_let);
	assert_true(str_is(field(&f, "Config", "hiddenSize")->key, "hidden_size"));
	assert_true(str_is(field(&f, "Config", "other")->key, "other"));
	done(&f);
}

static void swift_parameters_are_read(void **state) {
	(void)state;
	Fixture f;
	read_text(&f, SIDE_SWIFT,
	    "func f(_ x: MLXArray, with y: inout Float = 2, rest: Int..., then: @escaping (Int) -> Int) throws -> [Int: Float]? { nil }\n");
	const Component *c = get(&f, "f");
	assert_int_equal(c->n_params, 4);
	assert_true(c->params[0].label.len == 0 && str_is(c->params[0].name, "x") && str_is(c->params[0].type, "MLXArray"));
	assert_true(str_is(c->params[1].label, "with") && str_is(c->params[1].name, "y") && c->params[1].is_inout);
	assert_true(str_is(c->params[1].type, "Float") && c->params[1].fallback);
	assert_true(c->params[2].variadic && str_is(c->params[2].label, "rest"));
	assert_true(str_is(c->params[3].type, "(Int) -> Int") && !c->params[3].fallback);
	assert_true(str_is(c->returns, "[Int: Float]?"));
	done(&f);
}

static void swift_extensions_join_their_types(void **state) {
	(void)state;
	Fixture f;
	static const char *const names[] = { "Sources/A.swift", "Sources/B.swift", "Sources/C.swift" };
	static const char *const texts[] = {
		"extension Model.Inner: UnaryLayer { func late() {}; var extra: Int { 1 } }\nfunc only() {}\n",
		"class Model: Module { class Inner: Module { func early() {} } }\nprivate class Twin { func a() {} }\n",
		"private class Twin { func b() {} }\nextension Twin { func c() {} }\n"
	};
	read_files(&f, SIDE_SWIFT, 3, names, texts);
	assert_string_equal(listing(&f),
	    "method Model.Inner.late; method Model.Inner.extra; function only; class Model; class Model.Inner; method Model.Inner.early; "
	    "class Twin; method Twin.a; class Twin; method Twin.b; method Twin.c");
	ComponentId inner = outline_find(&f.outline, STR("Model.Inner"));
	assert_int_equal(outline_class_of(&f.outline, outline_find(&f.outline, STR("Model.Inner.late"))), inner);
	assert_non_null(outline_field(&f.outline, inner, STR("extra")));
	assert_int_equal(f.outline.components[inner].n_bases, 2);
	ComponentId c = outline_find(&f.outline, STR("Twin.c"));
	assert_int_equal(f.outline.components[outline_class_of(&f.outline, c)].file, 2);
	assert_true(
	    str_is(component_label(&f.outline, outline_find(&f.outline, STR("Twin")), &f.arena), "Sources/B.swift#Twin"));
	assert_true(str_is(component_label(&f.outline, inner, &f.arena), "Model.Inner"));
	done(&f);
}

static void swift_survives_conditions_and_errors(void **state) {
	(void)state;
	Fixture f;
	read_text(&f, SIDE_SWIFT,
	    "class A {\n#if os(iOS)\n  func phone() {}\n#else\n  func desk() {}\n#endif\n  func last() {}\n}\nfunc broken( { \nclass Z { func z() {} }\n");
	assert_non_null(get(&f, "A.phone"));
	assert_non_null(get(&f, "A.desk"));
	assert_non_null(get(&f, "A.last"));
	done(&f);
}

/* ---- Python ---- */

static void python_names_every_definition(void **state) {
	(void)state;
	Fixture f;
	read_text(&f, SIDE_MLX,
	    "class A(nn.Module):\n"
	    "    class In:\n        pass\n"
	    "    def __init__(self, n: int, *rest, bias=True, **kw):\n        def local(): pass\n"
	    "    @property\n    def size(self) -> int: return 1\n"
	    "    @size.setter\n    def size(self, v): pass\n"
	    "    @staticmethod\n    def make(): pass\n"
	    "    async def run(self): pass\n"
	    "if True:\n    def a(): pass\nelse:\n    def b(): pass\n"
	    "try:\n    import x\nexcept E:\n    class C: pass\n"
	    "@mark(1)\ndef main(): pass\n");
	assert_string_equal(listing(&f),
	    "class A; class A.In; method A.__init__; method A.size; method A.size; method A.make; method A.run; "
	    "function a; function b; class C; function main");
	assert_true(get(&f, "A.size")->is_computed && get(&f, "A.make")->is_static && get(&f, "A.__init__")->is_init);
	const Component *main_ = get(&f, "main");
	assert_true(main_->is_main && main_->n_decorators == 1 && str_is(main_->decorators[0], "mark(1)"));
	assert_true(str_starts(source_text(&f.source.files[0], main_->span), "@mark"));
	const Component *init = get(&f, "A.__init__");
	assert_int_equal(init->n_params, 5);
	assert_true(str_is(init->params[1].name, "n") && str_is(init->params[1].type, "int"));
	assert_true(init->params[2].variadic && str_is(init->params[2].name, "rest"));
	assert_true(str_is(init->params[3].name, "bias") && init->params[3].fallback);
	assert_true(init->params[4].variadic && str_is(init->params[4].type, "**"));
	done(&f);
}

static void python_fields_are_what_self_gets(void **state) {
	(void)state;
	Fixture f;
	read_text(&f, SIDE_TORCH,
	    "@dataclass\nclass Args:\n    dims: int\n    eps: float = 1e-5\n    kind = 'x'\n"
	    "class Block(nn.Module):\n    pass\n"
	    "class Sub(Block):\n    pass\n"
	    "class Net(Sub):\n"
	    "    def __init__(self, args: Args):\n"
	    "        self.args = args\n"
	    "        self.cache = None\n"
	    "        self.conv = nn.Conv1d(1, 2, 3)\n"
	    "        self.layers = nn.ModuleList([Sub() for _ in range(3)])\n"
	    "        self.blocks = [Block() for _ in range(3)]\n"
	    "        self.a, (self.b, c) = 1, (mx.zeros((2,)), 3)\n"
	    "        self.d = self.e = 2.5\n"
	    "        self.register_buffer('mask', torch.ones(3))\n"
	    "        other.x = 1\n"
	    "    def later(this):\n"
	    "        this.cache = Cache()\n"
	    "        for this.i in range(3): pass\n"
	    "        with open() as this.file: pass\n"
	    "        self.no = 1\n");
	fields_are(&f, "Args", "dims eps kind");
	assert_false(field(&f, "Args", "dims")->is_static);
	assert_true(field(&f, "Args", "kind")->is_static);
	fields_are(&f, "Net", "args cache conv layers blocks a b d e mask i file");
	assert_true(str_is(field(&f, "Net", "args")->type, "Args"));
	assert_true(str_is(field(&f, "Net", "cache")->type, "Cache"));
	assert_true(str_is(field(&f, "Net", "conv")->type, "nn.Conv1d") && field(&f, "Net", "conv")->is_module);
	assert_true(str_is(field(&f, "Net", "layers")->type, "[Sub]") && field(&f, "Net", "layers")->is_module);
	assert_true(str_is(field(&f, "Net", "blocks")->type, "[Block]") && field(&f, "Net", "blocks")->is_module);
	assert_true(field(&f, "Net", "b")->is_parameter && field(&f, "Net", "mask")->is_parameter);
	assert_true(str_is(field(&f, "Net", "e")->type, "float"));
	assert_true(get(&f, "Net")->is_module && get(&f, "Sub")->is_module && !get(&f, "Args")->is_module);
	done(&f);
}

static void places_lead_to_components(void **state) {
	(void)state;
	Fixture f;
	const char *text = "x = 1\nclass A:\n    def f(self):\n        return 1\n\n    y = 2\n\ndef g(): pass\n";
	read_text(&f, SIDE_MLX, text);
	static const struct {
		const char *at, *name;
	} cases[] = { { "return", "A.f" }, { "y = 2", "A" }, { "def g", "g" } };
	for (size_t i = 0; i < BASE_COUNT(cases); i++) {
		ComponentId id = outline_at(&f.outline, 0, (uint32_t)(strstr(text, cases[i].at) - text));
		assert_int_equal(id, outline_find(&f.outline, str_of(cases[i].name)));
	}
	assert_int_equal(outline_at(&f.outline, 0, 0), COMPONENT_NONE);
	assert_int_equal(outline_at(&f.outline, 7, 0), COMPONENT_NONE);
	assert_int_equal(outline_find(&f.outline, STR("nothing")), COMPONENT_NONE);
	done(&f);
}

static void empty_texts_have_empty_outlines(void **state) {
	(void)state;
	Fixture f;
	read_text(&f, SIDE_SWIFT, "");
	assert_int_equal(f.outline.n, 0);
	assert_int_equal(outline_at(&f.outline, 0, 0), COMPONENT_NONE);
	done(&f);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(swift_names_every_declaration),
		cmocka_unit_test(swift_fields_have_keys_and_types),
		cmocka_unit_test(swift_parameters_are_read),
		cmocka_unit_test(swift_extensions_join_their_types),
		cmocka_unit_test(swift_survives_conditions_and_errors),
		cmocka_unit_test(python_names_every_definition),
		cmocka_unit_test(python_fields_are_what_self_gets),
		cmocka_unit_test(places_lead_to_components),
		cmocka_unit_test(empty_texts_have_empty_outlines),
	};
	return cmocka_run_group_tests_name("component", tests, NULL, NULL);
}
