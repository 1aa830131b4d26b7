/* prompts/draft: a change is taken from a reply in any usual form, and from no other. */
#include "core/posix.h"

#include "prompts/draft.h"
#include "prompts/fence.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#define HEAD "import MLX\nimport MLXNN\n\nclass Attention: Module {\n    let scale: Float\n\n"
#define BEFORE "    func callAsFunction(_ x: MLXArray) -> MLXArray {\n        let q = wq(x)\n"
#define SPAN "        let s = matmul(q, k) * scale\n        let w = softmax(s, axis: -1)\n"
#define AFTER "        return wo(w)\n    }\n"
#define TAIL "\n    func reset() {\n        let q = wq(x)\n    }\n}\n"
#define FILE_TEXT HEAD BEFORE SPAN AFTER TAIL
#define NEW "        let w = MLXFast.scaledDotProductAttention(q, k)\n"

static const DraftPlace place = {
	.file = { FILE_TEXT, sizeof(FILE_TEXT) - 1 },
	.span_start = sizeof(HEAD BEFORE) - 1,
	.span_end = sizeof(HEAD BEFORE SPAN) - 1,
	.component_start = sizeof(HEAD) - 1,
	.component_end = sizeof(HEAD BEFORE SPAN AFTER) - 1,
};

static void expect(const char *reply, const char *text, const char *form) {
	Draft draft;
	Err err = { "" };
	if (!draft_read(str_of(reply), &place, &draft, &err)) fail_msg("%s\n-> %s", reply, err.text);
	if (!str_is(draft.text, text)) fail_msg("%s\n->\n%.*s", reply, STR_ARG(draft.text));
	assert_string_equal(draft.form, form);
	draft_done(&draft);
}

static void refuse(const char *reply, const char *why) {
	Draft draft;
	Err err = { "" };
	if (draft_read(str_of(reply), &place, &draft, &err)) fail_msg("taken: %s\n->\n%.*s", reply, STR_ARG(draft.text));
	if (!strstr(err.text, why)) fail_msg("%s\n-> %s", reply, err.text);
}

#define WITH(span) HEAD BEFORE span AFTER TAIL

static void a_block_replaces_the_span(void **state) {
	(void)state;
	expect("Here:\n\n```swift\n" NEW "```\nTolerance 1e-3.\n", WITH(NEW), "block");
	expect("```\n" NEW "```", WITH(NEW), "block");
	expect("~~~~ swift {.x}\n" NEW "~~~~\n", WITH(NEW), "block");
	expect("\r\n```swift\r\n        let w = MLXFast.scaledDotProductAttention(q, k)\r\n```\r\n", WITH(NEW), "block");
}

static void indentation_is_fitted(void **state) {
	(void)state;
	expect("```swift\nlet w = MLXFast.scaledDotProductAttention(q, k)\n```", WITH(NEW), "block");
	expect("```swift\nif a {\n    b()\n}\n```", WITH("        if a {\n            b()\n        }\n"), "block");
	expect("1. So:\n   ```swift\n   let w = a(\n\n       b)\n   ```", WITH("        let w = a(\n\n            b)\n"),
	    "block");
}

static void a_whole_function_replaces_the_component(void **state) {
	(void)state;
	expect("```swift\n" BEFORE NEW AFTER "```", WITH(NEW), "component");
	expect(
	    "```swift\n/// Attention.\n@inlinable\npublic func callAsFunction(_ x: MLXArray) -> MLXArray {\n    y\n}\n```",
	    HEAD
	    "    /// Attention.\n    @inlinable\n    public func callAsFunction(_ x: MLXArray) -> MLXArray {\n        y\n    }\n" TAIL,
	    "component");
}

static void a_whole_file_replaces_the_file(void **state) {
	(void)state;
	expect("```swift\n" WITH(NEW) "```", WITH(NEW), "file");
}

static void diffs_apply_by_their_lines_not_their_numbers(void **state) {
	(void)state;
	static const char diff[] = "--- a/x.swift\n+++ b/x.swift\n@@ -900,4 +1,3 @@ class X\n         let q = wq(x)\n"
	                           "-        let s = matmul(q, k) * scale\n-        let w = softmax(s, axis: -1)  \n"
	                           "+        let w = MLXFast.scaledDotProductAttention(q, k)\n         return wo(w)\n";
	Buf reply = { 0 };
	buf_printf(&reply, "```diff\n%s```\n", diff);
	expect(reply.ptr, WITH(NEW), "diff");
	buf_clear(&reply);
	buf_printf(&reply, "```swift\n%s\n```\n", diff);
	expect(reply.ptr, WITH(NEW), "diff");
	expect(diff, WITH(NEW), "diff");
	buf_clear(&reply);
	buf_printf(&reply, "I would do this:\n\n%s", diff);
	expect(reply.ptr, WITH(NEW), "diff");
	buf_done(&reply);
}

static void a_block_and_a_diff_for_elsewhere(void **state) {
	(void)state;
	Draft draft;
	Err err = { "" };
	static const char reply[] = "```swift\n" NEW "```\n```diff\n@@\n import MLX\n+import MLXFast\n import MLXNN\n```\n";
	if (!draft_read(STR(reply), &place, &draft, &err)) fail_msg("%s", err.text);
	assert_int_equal(draft.n_edits, 2);
	assert_int_equal(draft.added, 2);
	assert_int_equal(draft.removed, 2);
	assert_int_equal(draft.added_outside, 1);
	assert_int_equal(draft.removed_outside, 0);
	draft_done(&draft);
}

static void search_and_replace_blocks(void **state) {
	(void)state;
	expect("<<<<<<< SEARCH\n" SPAN "=======\n" NEW ">>>>>>> REPLACE\n", WITH(NEW), "search/replace");
	expect("```swift\n<<<<<<< SEARCH\n" SPAN "=======\n" NEW ">>>>>>> REPLACE\n```\n", WITH(NEW), "search/replace");
}

static void a_quotation_before_the_draft_is_no_draft(void **state) {
	(void)state;
	expect("Now:\n```swift\n" SPAN "```\nBetter:\n```swift\n" NEW "```\nRun:\n```sh\nswift test\n```\n", WITH(NEW),
	    "block");
	expect("```swift\n        let s = matmul(q, k) * scale\n```\n", WITH("        let s = matmul(q, k) * scale\n"),
	    "block");
}

static void a_hunk_that_fits_twice_goes_to_the_component_or_nowhere(void **state) {
	(void)state;
	expect("```diff\n@@\n-        let q = wq(x)\n+        let q = wq(x).r()\n```",
	    HEAD "    func callAsFunction(_ x: MLXArray) -> MLXArray {\n        let q = wq(x).r()\n" SPAN AFTER TAIL,
	    "diff");
	DraftPlace unknown = place;
	unknown.component_start = unknown.component_end = 0;
	Draft draft;
	Err err = { "" };
	assert_false(draft_read(STR("```diff\n@@\n     }\n+    // end\n```"), &unknown, &draft, &err));
	assert_non_null(strstr(err.text, "fits 2 places of the file"));
}

static void edits_outside_the_span_are_counted(void **state) {
	(void)state;
	Draft draft;
	static const char reply[] =
	    "```swift\n    func callAsFunction(_ x: MLXArray) -> MLXArray {\n        let q = other(x)\n" SPAN AFTER "```";
	assert_true(draft_read(STR(reply), &place, &draft, NULL));
	assert_int_equal(draft.removed_outside, 1);
	draft_done(&draft);
	assert_true(draft_read(STR("```swift\n" NEW "```"), &place, &draft, NULL));
	assert_int_equal(draft.removed_outside, 0);
	assert_int_equal(draft.added_outside, 0);
	assert_int_equal(draft.added, 1);
	assert_int_equal(draft.removed, 2);
	draft_done(&draft);
}

static void planted_bad_drafts_are_refused(void **state) {
	(void)state;
	static const char *const cases[][2] = {
		{ "", "no draft" },
		{ "I would not change this.", "no draft" },
		{ "Use `softmax` instead.", "no draft" },
		{ "```json\n{}\n```", "no draft" },
		{ "```python\nx = 1\n```", "no draft" },
		{ "```sh\nrm -rf /\n```", "no draft" },
		{ "```swift\n" SPAN "```", "changes nothing" },
		{ "```swift\nlet s = matmul(q, k) * scale\nlet w = softmax(s, axis: -1)\n```", "changes nothing" },
		{ "```swift\n" BEFORE SPAN AFTER "```", "changes nothing" },
		{ "```swift\n" FILE_TEXT "```", "changes nothing" },
		{ "```diff\n@@\n let q = 1\n```", "no draft" },
		{ "```swift\n" NEW, "not closed" },
		{ "```diff\n@@\n-        let s = 1\n", "not closed" },
		{ "```swift\n" NEW "```\n```swift\n        let w = other(q)\n```", "2 code blocks" },
		{ "```swift\na()\n```\n```swift\nb()\n```\n```swift\nc()\n```", "3 code blocks" },
		{ "```swift\nlet a = 1\n// ... rest as before\n```", "leaves code out: `// ... rest as before`" },
		{ "```swift\nlet a = 1\n    // … existing code …\n```", "leaves code out" },
		{ "```swift\n/* ... */\nlet a = 1\n```", "leaves code out" },
		{ "```swift\nlet a = 1\n...\n```", "leaves code out" },
		{ "```diff\n@@\n-        let s = matmul(q, k) * scale\n+        // ...\n```", "leaves code out" },
		{ "```diff\n@@\n-        let s = matmul(q, k, v) * scale\n+        let s = 1\n```",
		    "the file has no line `let s = matmul(q, k, v) * scale`" },
		{ "```diff\n@@\n         invented context\n-        let s = matmul(q, k) * scale\n+x\n```",
		    "no line `invented context`" },
		{ "```diff\n@@\n         let q = wq(x)\n-        let w = softmax(s, axis: -1)\n+x\n```",
		    "not one after the other" },
		{ "```diff\n@@\n-    let s = matmul(q, k) * scale\n+x\n```", "no line" },
		{ "```diff\n@@\n+        let s = 1\n```", "without a line of the file" },
		{ "```diff\n@@\n-        let s = matmul(q, k) * scale\nlet t = 1\n```", "begins with neither" },
		{ "<<<<<<< SEARCH\nlet nothing = 1\n=======\nx\n>>>>>>> REPLACE\n", "no line `let nothing = 1`" },
		{ "<<<<<<< SEARCH\n" SPAN "=======\n" NEW, "not closed" },
		{ "<<<<<<< SEARCH\n=======\n" NEW ">>>>>>> REPLACE\n", "without a line of the file" },
		{ "```swift\nclass Attention: Module {\n" NEW "}\n```", "begins with `class Attention`" },
		{ "```swift\n    func reset() {\n        x()\n    }\n```", "begins with `func reset`" },
		{ "```swift\nimport MLXFast\n" NEW "```", "add an import as a diff" },
		{ "```swift\n" NEW "```\n```diff\n@@\n-        let w = softmax(s, axis: -1)\n+        let w = 1\n```",
		    "same lines" },
		{ "```diff\n@@\n-        let w = softmax(s, axis: -1)\n+a\n@@\n-        let w = softmax(s, axis: -1)\n+b\n```",
		    "same lines" },
		{ "```swift\n" NEW "```\n```diff\n@@\n-import MLXRandom\n+import MLXFast\n```", "no line `import MLXRandom`" },
	};
	for (size_t i = 0; i < BASE_COUNT(cases); i++) refuse(cases[i][0], cases[i][1]);
}

static void line_ends_and_a_missing_last_one_are_kept(void **state) {
	(void)state;
	Str file = STR("a\r\nb\r\nc");
	DraftPlace crlf = { .file = file, .span_start = 3, .span_end = 6 },
	           last = { .file = file, .span_start = 6, .span_end = 7 };
	Draft draft;
	assert_true(draft_read(STR("```\nx\ny\n```"), &crlf, &draft, NULL));
	assert_true(str_is(draft.text, "a\r\nx\r\ny\r\nc"));
	draft_done(&draft);
	assert_true(draft_read(STR("```\nx\n```"), &last, &draft, NULL));
	assert_true(str_is(draft.text, "a\r\nb\r\nx"));
	draft_done(&draft);
	assert_true(draft_read(STR("```diff\n@@\n a\n-b\n+B\n c\n```"), &crlf, &draft, NULL));
	assert_true(str_is(draft.text, "a\r\nB\r\nc"));
	draft_done(&draft);
}

static void an_edited_file_is_a_draft_too(void **state) {
	(void)state;
	Draft draft;
	Err err;
	assert_true(draft_from_file(STR(WITH(NEW)), &place, &draft, &err));
	assert_int_equal(draft.removed, 2);
	assert_int_equal(draft.removed_outside, 0);
	draft_done(&draft);
	assert_false(draft_from_file(place.file, &place, &draft, &err));
}

/* Every reply cut at every byte is refused or gives a draft; nothing crashes. */
static void cut_replies_are_harmless(void **state) {
	(void)state;
	static const char reply[] =
	    "Now:\n```swift\n" SPAN "```\nBetter:\n```swift\n" NEW "```\n```diff\n--- a/x\n+++ b/x\n@@ -1,2 +1,3 @@\n"
	    " import MLX\n+import MLXFast\n import MLXNN\n```\n<<<<<<< SEARCH\nx\n=======\ny\n>>>>>>> REPLACE\n";
	for (size_t n = 0; n < sizeof reply; n++) {
		char *copy = base_alloc(n + 1);
		memcpy(copy, reply, n);
		Draft draft;
		if (draft_read((Str) { copy, n }, &place, &draft, NULL)) draft_done(&draft);
		free(copy);
	}
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_block_replaces_the_span),
		cmocka_unit_test(indentation_is_fitted),
		cmocka_unit_test(a_whole_function_replaces_the_component),
		cmocka_unit_test(a_whole_file_replaces_the_file),
		cmocka_unit_test(diffs_apply_by_their_lines_not_their_numbers),
		cmocka_unit_test(a_block_and_a_diff_for_elsewhere),
		cmocka_unit_test(search_and_replace_blocks),
		cmocka_unit_test(a_quotation_before_the_draft_is_no_draft),
		cmocka_unit_test(a_hunk_that_fits_twice_goes_to_the_component_or_nowhere),
		cmocka_unit_test(edits_outside_the_span_are_counted),
		cmocka_unit_test(planted_bad_drafts_are_refused),
		cmocka_unit_test(line_ends_and_a_missing_last_one_are_kept),
		cmocka_unit_test(an_edited_file_is_a_draft_too),
		cmocka_unit_test(cut_replies_are_harmless),
	};
	return cmocka_run_group_tests_name("draft", tests, NULL, NULL);
}
