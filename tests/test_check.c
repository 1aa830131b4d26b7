/* prompts/check, prompts/suggest: what a model says of the code is believed only where the code says it too. */
#include "core/posix.h"

#include "prompts/check.h"
#include "prompts/suggest.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

static size_t world_lines(void *user, Str path) {
	(void)user;
	if (path.len == 0) return 100;
	return str_ends(path, "Attention.swift") || str_is(path, "model.py") ? 80 : SIZE_MAX;
}

static ClaimTruth world_api(void *user, Str name, Str labels) {
	(void)user;
	(void)labels;
	if (str_is(name, "MLXFast.scaledDotProductAttention") || str_is(name, "asyncEval")) return CLAIM_EXISTS;
	return str_starts(name, "MLX") ? CLAIM_MISSING : CLAIM_UNKNOWN;
}

static Str world_code(void *user, Str text, Arena *arena) {
	(void)user;
	size_t at = str_find(text, "MLXFast.nothing", 0);
	return at == SIZE_MAX ? STR_NONE : arena_str(arena, str_sub(text, at, at + 15));
}

static const ClaimWorld world = { .lines = world_lines, .api = world_api };

static void expect(const char *answer, const char *want) {
	Arena arena = { 0 };
	Buf out = { 0 };
	size_t n;
	const Claim *claims = claims_check(str_of(answer), &world, &arena, &n);
	claims_mark(str_of(answer), claims, n, &out);
	assert_string_equal(out.ptr ? out.ptr : "", want);
	buf_done(&out);
	arena_done(&arena);
}

static void what_does_not_exist_is_marked(void **state) {
	(void)state;
	expect("See Layers/Attention.swift:71-78.", "See Layers/Attention.swift:71-78.");
	expect("See Layers/Attention.swift:79-81.", "See Layers/Attention.swift:79-81 [no such line].");
	expect("See `Attention.swift:81`, then", "See `Attention.swift:81` [no such line], then");
	expect("Attention.swift:0", "Attention.swift:0 [no such line]");
	expect("`Cache/Kv.swift` does it", "`Cache/Kv.swift` [not found] does it");
	expect("(utils.py#L12–L14)", "(utils.py#L12–L14 [no such line])");
	expect("line 100 and lines 99-101", "line 100 and lines 99-101 [no such line]");
	expect("`MLXFast.fusedAttention(q:k:)` or `MLXFast.scaledDotProductAttention(queries:)`",
	    "`MLXFast.fusedAttention(q:k:)` [not found] or `MLXFast.scaledDotProductAttention(queries:)`");
	expect("``MLX.nothing()``", "``MLX.nothing()`` [not found]");
}

static void what_nobody_can_judge_is_left_alone(void **state) {
	(void)state;
	static const char *const answers[] = { "", "no claims", "`x`", "`scores`", "`a + b`", "`self.scale`",
		"`asyncEval(y)`", "3.14 and e.g. this.", "https://example.com/a.swift", "an unclosed ` tick", "`` ` ``",
		"baseline 9", "in line with", "```swift\nMLXFast.nothing()\nsee Kv.swift:9\n```", "model.py." };
	for (size_t i = 0; i < BASE_COUNT(answers); i++) expect(answers[i], answers[i]);
	Arena arena = { 0 };
	size_t n;
	const ClaimWorld blind = { 0 };
	const Claim *claims = claims_check(STR("Kv.swift:9 `MLX.x()`"), &blind, &arena, &n);
	assert_int_equal(n, 2);
	assert_int_equal(claims[0].truth, CLAIM_UNKNOWN);
	assert_int_equal(claims[1].truth, CLAIM_UNKNOWN);
	arena_done(&arena);
}

static void apis_in_plain_words_are_claims_when_they_name_the_library(void **state) {
	(void)state;
	expect("Use MLXFast.turbo here.", "Use MLXFast.turbo [not found] here.");
	expect("Use MLXFast.turbo.", "Use MLXFast.turbo [not found].");
	expect("(MLX.random.key)", "(MLX.random.key [not found])");
	static const char *const answers[] = { "Use MLXFast.scaledDotProductAttention, then.",
		"It is in MLX.In particular it", "MLX. next", "MLX", "an MLXArray of", "https://MLX.example/x" };
	for (size_t i = 0; i < BASE_COUNT(answers); i++) expect(answers[i], answers[i]);
}

static void code_that_names_what_is_not_there_is_marked_behind_its_block(void **state) {
	(void)state;
	ClaimWorld with_code = world;
	with_code.code = world_code;
	Arena arena = { 0 };
	Buf out = { 0 };
	size_t n;
	Str answer =
	    STR("So:\n```swift\nMLXFast.nothing()\n```\nand\n```python\nMLXFast.nothing()\n```\n```swift\nx + 1\n```\n");
	const Claim *claims = claims_check(answer, &with_code, &arena, &n);
	claims_mark(answer, claims, n, &out);
	assert_int_equal(n, 1);
	assert_non_null(strstr(out.ptr, "MLXFast.nothing()\n```\n\n[not found: MLXFast.nothing]\n\nand\n"));
	buf_clear(&out);
	answer = STR("```swift\nMLXFast.nothing()\n```"); /* without a line end */
	claims = claims_check(answer, &with_code, &arena, &n);
	claims_mark(answer, claims, n, &out);
	assert_non_null(strstr(out.ptr, "```\n\n[not found: MLXFast.nothing]"));
	buf_done(&out);
	arena_done(&arena);
}

static void claims_name_what_they_claim(void **state) {
	(void)state;
	Arena arena = { 0 };
	size_t n;
	const Claim *c = claims_check(STR("a/b.swift:3-4, `MLX.f(x, axis: 1)`"), &world, &arena, &n);
	assert_int_equal(n, 2);
	assert_true(str_is(c[0].path, "a/b.swift") && c[0].first == 3 && c[0].last == 4);
	assert_true(str_is(c[1].name, "MLX.f") && str_is(c[1].labels, "x, axis: 1"));
	arena_done(&arena);
}

/* ---- suggestions ---- */

#define COMPONENT                                                                                                      \
	"func f(_ x: MLXArray) -> MLXArray {\n    let a = x * 2\n\n    let b = a + 1\n    eval(b)\n    eval(b)\n    return b\n}\n"

static bool known(void *user, Str id) {
	(void)user;
	return str_is(id, "sdpa");
}

static const Suggestion *read_ok(const char *reply, Arena *arena, size_t *n) {
	const Suggestion *list;
	Err err = { "" };
	if (!suggest_read(str_of(reply), STR(COMPONENT), known, NULL, arena, &list, n, &err)) fail_msg("%s", err.text);
	return list;
}

static void each_suggestion_quotes_lines_that_stand_there(void **state) {
	(void)state;
	Arena arena = { 0 };
	size_t n;
	const Suggestion *s = read_ok(
	    "Sure:\n```json\n[{\"title\":\"One\",\"technique\":\"sdpa\",\"quote\":\"let a = x * 2\\n\\nlet b = a + 1\\n\","
	    "\"why\":\"w\",\"gain\":3,\"accuracy\":9,\"clarity\":-1,\"effort\":\"2\"},"
	    "{\"title\":\"Two\",\"technique\":\"made-up\",\"quote\":\"let a = x * 3\"},"
	    "{\"title\":\"Three\",\"quote\":\"    eval(b)\"},{\"title\":\"Four\"},{\"quote\":\"x\"},7,null]\n```\n",
	    &arena, &n);
	assert_int_equal(n, 4);
	assert_true(s[0].found && str_is(s[0].technique, "sdpa"));
	assert_true(str_is(str_sub(STR(COMPONENT), s[0].start, s[0].end), "    let a = x * 2\n\n    let b = a + 1\n"));
	assert_int_equal(s[0].gain, 3);
	assert_int_equal(s[0].accuracy, SUGGEST_UNKNOWN);
	assert_int_equal(s[0].clarity, -1);
	assert_int_equal(s[0].effort, SUGGEST_UNKNOWN);
	assert_true(!s[1].found && s[1].technique.len == 0);
	assert_string_equal(s[1].problem, "quotes code that is not there");
	assert_string_equal(s[2].problem, "quotes lines that stand there more than once");
	assert_string_equal(s[3].problem, "quotes nothing");
	arena_done(&arena);
}

static void none_is_an_answer_and_prose_is_not(void **state) {
	(void)state;
	Arena arena = { 0 };
	size_t n;
	read_ok("[]", &arena, &n);
	assert_int_equal(n, 0);
	read_ok("I found nothing: []", &arena, &n);
	assert_int_equal(n, 0);
	static const char *const bad[] = { "", "Nothing to propose.", "{\"title\":\"x\"}", "[{\"title\":", "] [" };
	for (size_t i = 0; i < BASE_COUNT(bad); i++) {
		const Suggestion *list;
		Err err = { "" };
		assert_false(suggest_read(str_of(bad[i]), STR(COMPONENT), known, NULL, &arena, &list, &n, &err));
		assert_string_equal(err.text, "the reply holds no list of suggestions");
	}
	arena_done(&arena);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_does_not_exist_is_marked),
		cmocka_unit_test(what_nobody_can_judge_is_left_alone),
		cmocka_unit_test(apis_in_plain_words_are_claims_when_they_name_the_library),
		cmocka_unit_test(code_that_names_what_is_not_there_is_marked_behind_its_block),
		cmocka_unit_test(claims_name_what_they_claim),
		cmocka_unit_test(each_suggestion_quotes_lines_that_stand_there),
		cmocka_unit_test(none_is_an_answer_and_prose_is_not),
	};
	return cmocka_run_group_tests_name("check", tests, NULL, NULL);
}
