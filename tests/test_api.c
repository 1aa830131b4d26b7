/* core/api: versions, what exists since when, and what a port's manifest pins. */
#include "core/posix.h"

#include "core/api.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

static ApiVersion version(const char *text) {
	ApiVersion v = API_NEVER;
	if (strcmp(text, "-") != 0 && !api_version_parse(str_of(text), &v)) fail_msg("no version: %s", text);
	return v;
}

static void assert_version(ApiVersion found, const char *expected, const char *of) {
	Buf buf = { 0 };
	api_version_print(found, &buf);
	if (api_version_cmp(found, version(expected)) != 0) fail_msg("%s: %s, not %s", of, buf.ptr, expected);
	buf_done(&buf);
}

/* ---- versions ---- */

static void versions_are_read_and_ordered(void **state) {
	(void)state;
	static const char *const rising[] = { "0.9.0", "0.10.0", "v0.12", "0.29.1", "0.30.1-beta.2", "0.30.6", "2.21.2",
		"3.31.4", "untagged" };
	for (size_t i = 0; i + 1 < BASE_COUNT(rising); i++)
		assert_true(api_version_cmp(version(rising[i]), version(rising[i + 1])) < 0);
	assert_int_equal(api_version_cmp(version("v2.25"), version("2.25.0")), 0);
	assert_true(api_version_cmp(API_NEVER, version("0.0.0")) < 0);
	static const char *const bad[] = { "", "v", "x", "1.", "1.x", "main", "1.2.3.4", "0.29.1 b" };
	for (size_t i = 0; i < BASE_COUNT(bad); i++) {
		ApiVersion v;
		if (api_version_parse(str_of(bad[i]), &v)) fail_msg("taken: '%s'", bad[i]);
	}
}

/* ---- the table ---- */

typedef struct Fact {
	const char *use, *since, *deprecated, *replacement;
} Fact;

/* Checked against the sources of the tags named. */
static const Fact facts[] = {
	{ "Memory.cacheLimit", "0.30.1", "-", "" },
	{ "GPU.set(cacheLimit:)", "0.12.1", "0.30.1", "Memory.cacheLimit" },
	{ "GPU.cacheLimit", "0.12.1", "0.30.1", "Memory.cacheLimit" },
	{ "Memory.memoryLimit", "0.30.1", "-", "" },
	{ "GPU.set(memoryLimit:relaxed:)", "0.12.1", "0.30.1", "Memory.memoryLimit" },
	{ "GPU.set(memoryLimit:)", "0.12.1", "0.30.1", "Memory.memoryLimit" },
	{ "Memory.clearCache()", "0.30.1", "-", "" },
	{ "Memory.snapshot()", "0.30.1", "-", "" },
	{ "GPU.clearCache()", "0.12.1", "0.30.1", "Memory.clearCache" },
	{ "GPU.resetPeakMemory()", "0.15.2", "-", "" },
	{ "WiredMemoryManager", "0.30.6", "-", "" },
	{ "GPU.withWiredLimit(_:_:)", "0.25.4", "0.30.1", "WiredMemoryManager" },
	{ "Memory.withWiredLimit(_:_:)", "0.30.1", "0.30.6", "WiredMemoryManager" },
	{ "import MLX", "0.10.0", "-", "" },
	{ "import MLXNN", "0.10.0", "-", "" },
	{ "import MLXFast", "0.12.1", "0.23.1", "import MLX" },
	{ "import MLXFFT", "0.10.0", "0.23.1", "import MLX" },
	{ "import MLXLinalg", "0.10.0", "0.23.1", "import MLX" },
	{ "import MLXRandom", "0.10.0", "0.23.1", "import MLX" },
	{ "ScaledDotProductAttentionMaskMode", "", "", "" }, /* only inside MLXFast */
	{ "MLXFast.ScaledDotProductAttentionMaskMode.causal", "0.25.1", "-", "" },
	{ ".arrays", "0.25.1", "0.30.1", "Use .array instead" },
	{ "MLXFast.scaledDotProductAttention(queries:keys:values:scale:mask:)", "0.12.1", "-", "" },
	{ "MLXFast.scaledDotProductAttention(queries:keys:values:scale:mask:sinks:)", "0.29.1", "-", "" },
	{ "MLXFast.RoPE(_:dimensions:traditional:base:scale:offset:)", "0.12.1", "-", "" },
	{ "MLXFast.RoPE(_:dimensions:traditional:base:scale:offset:freqs:)", "0.18.0", "-", "" },
	{ "MLXFast.rmsNorm(_:weight:eps:)", "0.12.1", "-", "" },
	{ "MLXFast.layerNorm(_:weight:bias:eps:)", "0.12.1", "-", "" },
	{ "eval(_:)", "0.10.0", "-", "" },
	{ "eval(_:_:_:)", "0.10.0", "-", "" },
	{ "asyncEval(_:)", "0.12.1", "-", "" },
	{ "checkedEval(_:)", "0.25.1", "-", "" },
	{ "compile(_:)", "0.10.0", "-", "" },
	{ "compile(shapeless:_:)", "0.12.1", "-", "" },
	{ "rfft(_:n:axis:)", "0.10.0", "-", "" },
	{ "MLXFFT.rfft(_:)", "0.10.0", "-", "" },
	{ "where(_:_:_:)", "0.10.0", "-", "" },
	{ "which(_:_:_:)", "0.10.0", "-", "" },
	{ "MLXArray.at", "0.23.1", "-", "" },
	{ "asStrided(_:_:strides:offset:)", "0.10.0", "-", "" },
	{ "contiguous(_:)", "0.29.1", "-", "" },
	{ "MLXArray.asData(access:)", "0.16.2", "-", "" },
	{ "softmax(_:axis:)", "0.12.1", "-", "" },
	{ "softMax(_:axis:)", "0.10.0", "0.12.1", "softmax" },
	{ "repeated(_:count:axis:)", "0.12.1", "-", "" },
	{ "addMM(_:_:_:)", "0.12.1", "-", "" },
	{ "addmm(_:_:_:)", "0.12.1", "0.12.1", "addMM" },
	{ "quantizedMM(_:_:scales:biases:)", "0.30.1", "-", "" },
	{ "quantizedMatmul(_:_:scales:biases:)", "0.10.0", "0.30.1", "quantizedMM" },
	{ "withError(_:)", "0.25.1", "-", "" },
	{ "setErrorHandler(_:)", "0.21.3", "0.25.1", "withError" },
	{ "MLXFast.metalKernel(name:inputNames:outputNames:source:)", "0.18.0", "-", "" },
	{ "hanning(_:)", "0.31.1", "-", "" },
	{ "KVCacheSimple()", "2.21.2", "-", "" },
	{ "KVCacheSimple.update(keys:values:)", "2.21.2", "-", "" },
	{ "RotatingKVCache(maxSize:keep:step:)", "2.25.5", "-", "" },
	{ "QuantizedKVCache()", "2.25.5", "-", "" },
	{ "attentionWithCacheUpdate(queries:keys:values:cache:scale:mask:)", "2.25.5", "-", "" },
	{ "makeAttentionMask(n:cache:)", "2.30.3", "-", "" },
	{ "makeAttentionKVCache(parameters:)", "untagged", "-", "" },
	{ "MLXMemory", "", "", "" },
	{ "MLXMemory.configure(cacheLimit:)", "", "", "" },
	{ "MLXFast.rmsNorm(weight:eps:)", "", "", "" },
	{ "MLXFast.rmsNorm(_:weight:epsilon:)", "", "", "" },
};

static void symbols_are_as_the_tags_say(void **state) {
	(void)state;
	for (size_t i = 0; i < BASE_COUNT(facts); i++) {
		const Fact *fact = &facts[i];
		ApiAnswer answer;
		bool is_found = api_find_text(str_of(fact->use), &answer);
		if (is_found != (fact->since[0] != '\0')) fail_msg("%s: %s", fact->use, is_found ? "found" : "not found");
		if (!is_found) continue;
		assert_version(answer.since, fact->since, fact->use);
		assert_version(answer.deprecated, fact->deprecated, fact->use);
		if (str_find(answer.replacement, fact->replacement, 0) == SIZE_MAX && fact->replacement[0])
			fail_msg("%s: replaced by '%.*s'", fact->use, STR_ARG(answer.replacement));
	}
}

static void a_version_decides_what_is_there(void **state) {
	(void)state;
	ApiAnswer clear, old, batched, cache;
	assert_true(api_find_text(STR("Memory.clearCache()"), &clear));
	assert_false(api_available(&clear, version("0.29.1")));
	assert_true(api_available(&clear, version("0.30.1")));
	assert_true(api_available(&clear, API_NEVER));
	assert_true(api_find_text(STR("GPU.clearCache()"), &old));
	assert_false(api_is_deprecated(&old, version("0.29.1")));
	assert_true(api_is_deprecated(&old, version("0.31.3")));
	assert_true(api_is_deprecated(&old, API_NEVER));
	assert_true(api_available(&old, version("0.31.3")));
	assert_true(api_find_text(STR("MLXFast.RoPE(_:dimensions:traditional:base:scale:offset:)"), &batched));
	assert_version(api_since_type(batched.symbol, "offset", "MLXArray"), "0.30.3", "RoPE offset: MLXArray");
	assert_version(api_since_type(batched.symbol, "offset", "Int"), "0.23.1", "RoPE offset: Int");
	assert_true(api_find_text(STR("makeAttentionKVCache(parameters:)"), &cache));
	assert_false(api_available(&cache, API_NEVER));
	assert_int_equal(cache.package, API_MLX_SWIFT_LM);
}

/* A call with its labels, as code has it: trailing closures without a label, members of values of unknown type. */
static void uses_in_code_are_found(void **state) {
	(void)state;
	static const Str data[] = { { "noCopy", 6 } };
	ApiUse use = { .any_owner = true, .name = STR("asData"), .is_call = true, .labels = data, .n_args = 1 };
	ApiAnswer answer;
	assert_true(api_find(&use, &answer));
	assert_version(answer.since, "0.12.1", "asData(noCopy:)");
	assert_version(answer.deprecated, "0.16.2", "asData(noCopy:)");
	static const Str closure[] = { { NULL, 0 } };
	use = (ApiUse) { .name = STR("compile"), .is_call = true, .labels = closure, .n_args = 1 };
	assert_true(api_find(&use, &answer));
	use = (ApiUse) {
		.name = STR("withNewDefaultStream"), .is_call = true, .labels = closure, .n_args = 1, .any_owner = true
	};
	assert_true(api_find(&use, &answer));
	use = (ApiUse) { .name = STR("softMax"), .is_name_only = true };
	assert_true(api_find(&use, &answer));
	assert_version(answer.deprecated, "0.12.1", "softMax");
}

static void the_table_holds_together(void **state) {
	(void)state;
	size_t n, modules = 0;
	const ApiSymbol *symbols = api_list(&n);
	assert_true(n > 3000);
	for (size_t i = 0; i < n; i++) {
		const ApiSymbol *s = &symbols[i];
		bool is_gone = api_version_is_known(s->removed), is_old = api_version_is_known(s->deprecated);
		if (!api_version_is_known(s->since)) fail_msg("%.*s: no version", STR_ARG(s->symbol));
		if (is_gone && api_version_cmp(s->removed, s->since) <= 0)
			fail_msg("%.*s: gone before it was there", STR_ARG(s->symbol));
		if (is_old && api_version_cmp(s->deprecated, s->since) < 0)
			fail_msg("%.*s: old before it was there", STR_ARG(s->symbol));
		modules += s->is_import;
	}
	assert_true(modules >= 10);
}

/* ---- manifests ---- */

typedef struct Manifest {
	const char *text, *mlx, *lm; /* "" for none */
} Manifest;

static const Manifest resolved[] = {
	{ "{\"pins\":[{\"identity\":\"mlx-swift\",\"kind\":\"remoteSourceControl\",\"location\":"
	  "\"https://github.com/ml-explore/mlx-swift\",\"state\":{\"revision\":\"ab\",\"version\":\"0.29.1\"}},"
	  "{\"identity\":\"mlx-swift-lm\",\"location\":\"https://github.com/ml-explore/mlx-swift-lm.git\","
	  "\"state\":{\"version\":\"2.29.2\"}}],\"version\":3}",
	    "0.29.1", "2.29.2" },
	{ "{\"object\":{\"pins\":[{\"package\":\"mlx-swift\",\"repositoryURL\":\"git@github.com:ml-explore/mlx-swift.git\","
	  "\"state\":{\"branch\":null,\"version\":\"0.12.1\"}}]},\"version\":1}",
	    "0.12.1", "" },
	{ "{\"pins\":[{\"identity\":\"mlx-swift\",\"location\":\"https://github.com/ml-explore/mlx-swift\","
	  "\"state\":{\"branch\":\"main\",\"revision\":\"ab\"}}],\"version\":2}",
	    "", "" },
	{ "{\"pins\":[{\"identity\":\"mlx-swift-audio\",\"location\":\"https://github.com/x/mlx-swift-audio\","
	  "\"state\":{\"version\":\"1.0.0\"}},{\"identity\":\"mlx-swift-examples\",\"location\":"
	  "\"https://github.com/ml-explore/mlx-swift-examples/\",\"state\":{\"version\":\"2.25.5\"}}],\"version\":2}",
	    "", "2.25.5" },
	{ "not json", "", "" },
	{ "", "", "" },
	{ "{\"pins\":7}", "", "" },
};

static const Manifest manifests[] = {
	{ "dependencies: [\n  .package(url: \"https://github.com/ml-explore/mlx-swift\", from: \"0.25.1\"),\n"
	  "  .package(url: \"https://github.com/ml-explore/mlx-swift-lm.git\", .upToNextMinor(from: \"2.29.1\")),\n]",
	    "0.25.1", "2.29.1" },
	{ ".package(\n    url: \"https://github.com/ml-explore/mlx-swift\",\n    exact: \"0.30.6\"\n)", "0.30.6", "" },
	{ ".package(url: \"https://github.com/ml-explore/mlx-swift\", \"0.21.0\"..<\"0.22.0\")", "0.21.0", "" },
	{ ".package(url: \"https://github.com/ml-explore/mlx-swift\", branch: \"main\")", "", "" },
	{ "// .package(url: \"https://github.com/ml-explore/mlx-swift\", from: \"0.10.0\"),\n"
	  "/* .package(url: \"https://github.com/ml-explore/mlx-swift\", from: \"0.12.0\") */\n"
	  ".package(name: \"MLX\", url: \"https://github.com/ml-explore/mlx-swift\", .upToNextMajor(from: \"0.29.0\"))",
	    "0.29.0", "" },
	{ ".product(name: \"MLX\", package: \"mlx-swift\")", "", "" },
	{ ".package(path: \"../mlx-swift\")", "", "" },
	{ ".package(url: \"https://github.com/ml-explore/mlx-swift", "", "" },
	{ "", "", "" },
};

typedef bool ReadVersion(Str text, ApiPackage package, ApiVersion *version);

static void check_manifest(ReadVersion *read, const Manifest *m) {
	const char *const expected[] = { m->mlx, m->lm };
	for (size_t p = 0; p < BASE_COUNT(expected); p++) {
		ApiVersion v = API_NEVER;
		bool is_found = read(str_of(m->text), (ApiPackage)p, &v);
		if (is_found != (expected[p][0] != '\0')) fail_msg("%s: %s", m->text, is_found ? "found" : "not found");
		if (is_found) assert_version(v, expected[p], m->text);
	}
}

static void a_port_pins_its_version(void **state) {
	(void)state;
	for (size_t i = 0; i < BASE_COUNT(resolved); i++) check_manifest(api_version_resolved, &resolved[i]);
}

static void a_manifest_has_a_lower_bound(void **state) {
	(void)state;
	for (size_t i = 0; i < BASE_COUNT(manifests); i++) check_manifest(api_version_manifest, &manifests[i]);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(versions_are_read_and_ordered),
		cmocka_unit_test(symbols_are_as_the_tags_say),
		cmocka_unit_test(a_version_decides_what_is_there),
		cmocka_unit_test(uses_in_code_are_found),
		cmocka_unit_test(the_table_holds_together),
		cmocka_unit_test(a_port_pins_its_version),
		cmocka_unit_test(a_manifest_has_a_lower_bound),
	};
	api_load();
	return cmocka_run_group_tests_name("api", tests, NULL, NULL);
}
