/* Planted bad drafts: each is marked by the check that it is meant for; and good ones that pass. With those of test_draft.c, more
 * than fifty. */
#include "core/posix.h"

#include "tui/draft_check.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char PORT[] =
    "import Foundation\n"
    "import MLX\n"
    "import MLXFast\n"
    "import MLXNN\n"
    "\n"
    "public final class Attention: Module {\n"
    "    let heads: Int\n"
    "    let scale: Float\n"
    "    @ModuleInfo(key: \"q_proj\") var wq: Linear\n"
    "    @ModuleInfo(key: \"o_proj\") var wo: Linear\n"
    "\n"
    "    init(dim: Int, heads: Int) {\n"
    "        self.heads = heads\n"
    "        self.scale = 1 / sqrt(Float(dim / heads))\n"
    "        self._wq.wrappedValue = Linear(dim, dim)\n"
    "        self._wo.wrappedValue = Linear(dim, dim)\n"
    "    }\n"
    "\n"
    "    public func callAsFunction(_ q: MLXArray, _ k: MLXArray, _ v: MLXArray, mask: MLXArray?) -> MLXArray {\n"
    "        var scores = matmul(q, k.transposed(0, 1, 3, 2)) * scale\n"
    "        if let mask {\n"
    "            scores = scores + mask\n"
    "        }\n"
    "        let weights = softmax(scores, axis: -1)\n"
    "        return wo(matmul(weights, v))\n"
    "    }\n"
    "\n"
    "    public func other(_ x: MLXArray) -> MLXArray {\n"
    "        return wq(x) + 1\n"
    "    }\n"
    "}\n";
static const char MANIFEST[] =
    "// swift-tools-version: 5.9\nimport PackageDescription\nlet package = Package(name: \"P\", dependencies: [\n"
    "    .package(url: \"https://github.com/ml-explore/mlx-swift\", exact: \"0.25.6\")\n])\n";

#define BLOCK(text) "```swift\n" text "\n```\n"
#define DIFF(text) "```diff\n--- a/A.swift\n+++ b/A.swift\n@@ -1,3 +1,3 @@\n" text "\n```\n"
#define CALL "MLXFast.scaledDotProductAttention(queries: q, keys: k, values: v, scale: scale, mask: mask)"
#define GOOD_BODY "        let out = " CALL "\n        return wo(out)"

/* ---- the port that the drafts are for ---- */

typedef struct Here {
	char folder[64], file[80];
	Catalogue catalogue;
	Scan scan;
	PortWorld world;
	DraftSubject subject;
	Arena arena;
} Here;

static void put_file(const char *path, const char *text) {
	FILE *out = fopen(path, "w");
	assert_non_null(out);
	fputs(text, out);
	fclose(out);
}

static const Candidate *find(const Scan *scan, const char *technique) {
	for (size_t i = 0; i < scan->n_candidates; i++) {
		if (str_is(scan->candidates[i].technique, technique)) return &scan->candidates[i];
	}
	return NULL;
}

static int set_up(void **state) {
	Here *here = base_alloc(sizeof *here);
	Err err = { { 0 } };
	char manifest[96];
	snprintf(here->folder, sizeof here->folder, "/tmp/triptych-draft.XXXXXX");
	assert_non_null(mkdtemp(here->folder));
	snprintf(here->file, sizeof here->file, "%s/A.swift", here->folder);
	snprintf(manifest, sizeof manifest, "%s/Package.swift", here->folder);
	put_file(here->file, PORT);
	put_file(manifest, MANIFEST);
	const char *paths[1] = { here->file };
	ScanOptions options = { .n_threads = 1 };
	options.sides[SIDE_SWIFT] = (SourceOptions) { .paths = paths, .n_paths = 1 };
	assert_true(catalogue_load(NULL, 0, &here->catalogue, &err));
	assert_true(scan_run(&options, &here->catalogue, &here->scan, &err));
	port_world_init(&here->world, &here->scan.sides[SIDE_SWIFT].source);
	const Candidate *sdpa = find(&here->scan, "sdpa");
	assert_non_null(sdpa);
	assert_true(draft_subject(&here->scan, &here->catalogue, NULL, &here->world, sdpa, &here->subject, &err));
	*state = here;
	return 0;
}

static int tear_down(void **state) {
	Here *here = *state;
	char path[96];
	port_world_done(&here->world);
	scan_done(&here->scan);
	catalogue_done(&here->catalogue);
	arena_done(&here->arena);
	unlink(here->file);
	snprintf(path, sizeof path, "%s/Package.swift", here->folder);
	unlink(path);
	rmdir(here->folder);
	free(here);
	return 0;
}

/* ---- bad drafts ---- */

typedef struct Bad {
	const char *what;
	DraftCheckKind check; /* that must mark it */
	const char *reply;
} Bad;

static const Bad BAD[] = {
	/* nothing to take, or nothing that fits */
	{ "no block", DRAFT_FORM, "I would use the fused call here.\n" },
	{ "left out", DRAFT_FORM, BLOCK("        // ... as before\n        return wo(out)") },
	{ "invented line to be searched", DRAFT_FORM,
	    "<<<<<<< SEARCH\n        let nothing = here\n=======\n        let x = 1\n>>>>>>> REPLACE\n" },
	{ "a diff for another file", DRAFT_FORM,
	    "```diff\n--- a/Other.swift\n+++ b/Other.swift\n@@ -1,2 +1,2 @@\n import SwiftUI\n-let a = 1\n+let a = 2\n```\n" },
	{ "lines that stand apart", DRAFT_FORM, DIFF(" import Foundation\n import MLXNN\n+import Accelerate") },
	{ "invented line in a diff", DRAFT_FORM, DIFF(" import MLX\n-let nothing = here\n+let x = 1") },
	{ "two blocks", DRAFT_FORM, BLOCK("        return wo(q)") BLOCK("        return wo(k)") },
	{ "not closed", DRAFT_FORM, "```swift\n        return wo(q)\n" },
	{ "unchanged", DRAFT_FORM,
	    BLOCK("        var scores = matmul(q, k.transposed(0, 1, 3, 2)) * scale\n        if let mask {\n"
	          "            scores = scores + mask\n        }\n        let weights = softmax(scores, axis: -1)\n"
	          "        return wo(matmul(weights, v))") },
	/* doesn't parse */
	{ "parenthesis missing", DRAFT_PARSES, BLOCK("        let out = (" CALL "\n        return wo(out)") },
	{ "brace too many", DRAFT_PARSES, BLOCK(GOOD_BODY "\n    }\n    }") },
	{ "brace missing", DRAFT_PARSES, BLOCK("        if true {\n" GOOD_BODY) },
	{ "Python", DRAFT_PARSES,
	    BLOCK("        out = mx.fast.f(q, k, v) if mask is not None else q\n        return wo(out)") },
	{ "operator without its right side", DRAFT_PARSES,
	    BLOCK("        let out = " CALL " +\n        return wo(out) *") },
	{ "prose inside", DRAFT_PARSES, BLOCK("        Here is the fused call, as asked for:\n" GOOD_BODY) },
	{ "string not closed", DRAFT_PARSES, BLOCK("        print(\"fused)\n" GOOD_BODY) },
	/* APIs that aren't there */
	{ "invented function of MLXFast", DRAFT_API,
	    BLOCK("        let out = MLXFast.flashAttention(queries: q, keys: k, values: v)\n        return wo(out)") },
	{ "invented free function", DRAFT_API, BLOCK("        let out = fusedAttention(q, k, v)\n        return wo(out)") },
	{ "invented label", DRAFT_API,
	    BLOCK(
	        "        let out = MLXFast.scaledDotProductAttention(query: q, key: k, value: v, scale: scale, mask: mask)\n"
	        "        return wo(out)") },
	{ "label of Python", DRAFT_API, BLOCK("        let out = softmax(q, dim: -1)\n        return wo(out)") },
	{ "label missing", DRAFT_API,
	    BLOCK("        let out = MLXFast.scaledDotProductAttention(q, k, v, scale: scale, mask: mask)\n"
	          "        return wo(out)") },
	{ "required argument missing", DRAFT_API,
	    BLOCK("        let out = MLXFast.scaledDotProductAttention(queries: q, keys: k)\n        return wo(out)") },
	{ "invented method", DRAFT_API, BLOCK("        let out = q.fusedSoftmax(axis: -1)\n        return wo(out)") },
	{ "method of PyTorch", DRAFT_API, BLOCK("        let out = q.contiguousView(1)\n        return wo(out)") },
	{ "wrong labels of a method", DRAFT_API,
	    BLOCK("        let out = q.reshaped(shape: [1, 2])\n        return wo(out)") },
	{ "invented module", DRAFT_API, BLOCK("        let out = MLXFlash.attention(q, k, v)\n        return wo(out)") },
	{ "invented type", DRAFT_API, BLOCK("        let out = FlashAttentionKernel(heads: heads)\n        return wo(q)") },
	{ "newer than the port", DRAFT_API,
	    BLOCK(
	        "        let out = MLXFast.scaledDotProductAttention(\n            queries: q, keys: k, values: v, scale: scale, "
	        "mask: .none, sinks: q)\n        return wo(out)") },
	{ "invented constant", DRAFT_API, BLOCK("        let limit = Memory.fusedLimit\n" GOOD_BODY) },
	{ "invented behind a comment", DRAFT_API,
	    BLOCK(
	        "        let out = MLXFast.scaledDotProductAttention( // fused\n            q /* queries */, keys: k, values: v, "
	        "scale: scale, mask: mask)\n        return wo(out)") },
	{ "invented property", DRAFT_API, BLOCK("        let out = " CALL "\n        return wo(out.fusedView)") },
	{ "invented property of Memory's kind", DRAFT_API, BLOCK("        let n = q.headCount * 2\n" GOOD_BODY) },
	{ "invented case", DRAFT_API,
	    BLOCK("        let out = MLXFast.scaledDotProductAttention(queries: q, keys: k, values: v, scale: scale, mask: "
	          ".blockDiagonal)\n        return wo(out)") },
	{ "invented variable", DRAFT_API,
	    BLOCK(
	        "        let out = MLXFast.scaledDotProductAttention(queries: q, keys: cachedKeys, values: v, scale: scale, mask: "
	        "mask)\n        return wo(out)") },
	{ "function newer than the port", DRAFT_API, BLOCK("        let w = MLX.hanning(16)\n" GOOD_BODY) },
	{ "library of Python", DRAFT_API,
	    BLOCK("        let out = mx.fast.scaled_dot_product_attention(q, k, v)\n        return wo(out)") },
	/* names that are gone */
	{ "variable taken away and still used", DRAFT_NAMES,
	    BLOCK("        let out = " CALL "\n        print(weights)\n        return wo(out)") },
	{ "loses the scores", DRAFT_NAMES, BLOCK("        return wo(matmul(softmax(scores, axis: -1), v))") },
	/* the technique is still there */
	{ "renamed variables", DRAFT_GONE,
	    BLOCK(
	        "        var s = matmul(q, k.transposed(0, 1, 3, 2)) * scale\n        if let mask {\n"
	        "            s = s + mask\n        }\n        let w = softmax(s, axis: -1)\n        return wo(matmul(w, v))") },
	{ "method instead of function", DRAFT_GONE,
	    BLOCK(
	        "        var scores = q.matmul(k.transposed(0, 1, 3, 2)) * scale\n        if let mask {\n"
	        "            scores = scores + mask\n        }\n        return wo(softmax(scores, axis: -1).matmul(v))") },
	{ "a comment only", DRAFT_GONE,
	    BLOCK("        // fused below\n        var scores = matmul(q, k.transposed(0, 1, 3, 2)) * scale\n"
	          "        if let mask {\n            scores = scores + mask\n        }\n"
	          "        let weights = softmax(scores, axis: -1)\n        return wo(matmul(weights, v))") },
	{ "hidden by a comment", DRAFT_GONE,
	    BLOCK("        // triptych:ignore sdpa fused elsewhere\n"
	          "        var scores = matmul(q, k.transposed(0, 1, 3, 2)) * scale\n        if let mask {\n"
	          "            scores = scores + mask\n        }\n        let weights = softmax(scores, axis: -1)\n"
	          "        return wo(matmul(weights, v))") },
	{ "fused and written out", DRAFT_GONE,
	    BLOCK("        var scores = matmul(q, k.transposed(0, 1, 3, 2)) * scale\n        if let mask {\n"
	          "            scores = scores + mask\n        }\n        let weights = softmax(scores, axis: -1)\n"
	          "        let out = " CALL "\n        return wo(matmul(weights, v)) + out") },
	{ "the mask alone changed", DRAFT_GONE,
	    BLOCK("        var scores = matmul(q, k.transposed(0, 1, 3, 2)) * scale\n"
	          "        scores = scores + (mask ?? MLXArray(0))\n        let weights = softmax(scores, axis: -1)\n"
	          "        return wo(matmul(weights, v))") },
	/* something new */
	{ "moved into a helper behind it", DRAFT_GONE,
	    BLOCK(
	        "        return wo(attend(q, k, v))\n    }\n\n    func attend(_ a: MLXArray, _ b: MLXArray, _ c: MLXArray) -> "
	        "MLXArray {\n        let s = matmul(a, b.transposed(0, 1, 3, 2)) * scale\n"
	        "        return matmul(softmax(s, axis: -1), c)") },
	{ "moved into a helper elsewhere", DRAFT_NEW,
	    BLOCK("        return wo(attend(q, k, v))") DIFF(
	        "         return wq(x) + 1\n     }\n+\n+    func attend(_ a: MLXArray, _ b: MLXArray, _ c: MLXArray) -> "
	        "MLXArray {\n+        let s = matmul(a, b.transposed(0, 1, 3, 2)) * scale\n"
	        "+        return matmul(softmax(s, axis: -1), c)\n+    }\n }") },
	{ "code that nothing uses", DRAFT_NEW, BLOCK("        let extra = q.transposed(0, 1, 3, 2)\n" GOOD_BODY) },
	/* outside of its lines */
	{ "another function changed", DRAFT_PLACE,
	    BLOCK(GOOD_BODY) DIFF(
	        "     public func other(_ x: MLXArray) -> MLXArray {\n-        return wq(x) + 1\n+        return wq(x) + 2\n"
	        "     }") },
	{ "a function taken away", DRAFT_PLACE,
	    BLOCK(GOOD_BODY) DIFF(
	        "     }\n \n-    public func other(_ x: MLXArray) -> MLXArray {\n-        return wq(x) + 1\n-    }\n }") },
	{ "an import taken away", DRAFT_PLACE, BLOCK(GOOD_BODY) DIFF("-import Foundation\n import MLX") },
	{ "the signature changed", DRAFT_PLACE,
	    BLOCK(
	        "    public func callAsFunction(_ q: MLXArray, _ k: MLXArray, _ v: MLXArray, mask: MLXArray) -> MLXArray {\n" GOOD_BODY
	        "\n    }") },
};

static void every_bad_draft_is_marked(void **state) {
	Here *here = *state;
	size_t missed = 0;
	for (size_t i = 0; i < BASE_COUNT(BAD); i++) {
		DraftVerdict verdict;
		Buf failures = { 0 };
		draft_verify(&here->subject, str_of(BAD[i].reply), &here->arena, &verdict);
		const DraftCheck *check = &verdict.checks[BAD[i].check];
		draft_failures(&verdict, &failures);
		if (verdict.passed || !check->done || check->ok || failures.len == 0) {
			print_message("not marked by '%s': %s\n%s\n", draft_check_name(BAD[i].check), BAD[i].what,
			    failures.ptr ? failures.ptr : "");
			missed++;
		}
		buf_done(&failures);
	}
	assert_int_equal(missed, 0);
	assert_true(BASE_COUNT(BAD) >= 45);
}

/* ---- good ones ---- */

static const char *const GOOD[] = {
	BLOCK(GOOD_BODY),
	BLOCK("        return wo(\n            " CALL ")"),
	"Fused:\n\n" BLOCK(GOOD_BODY) "\nTolerance 1e-3; run the parity test.\n",
	BLOCK(
	    "    public func callAsFunction(_ q: MLXArray, _ k: MLXArray, _ v: MLXArray, mask: MLXArray?) -> MLXArray {\n" GOOD_BODY
	    "\n    }"),
	DIFF("-        var scores = matmul(q, k.transposed(0, 1, 3, 2)) * scale\n-        if let mask {\n"
	     "-            scores = scores + mask\n-        }\n-        let weights = softmax(scores, axis: -1)\n"
	     "-        return wo(matmul(weights, v))\n+        let out = " CALL "\n+        return wo(out)\n     }"),
	/* what isn't in the port, but is the language's or the library's */
	BLOCK(
	    "        precondition(q.ndim == 4 && q.dtype == .float32 && !k.shape.isEmpty)\n        let out = "
	    "MLXFast.scaledDotProductAttention(queries: q, keys: k, values: v, scale: scale, mask: mask)\n        return wo(out)"),
	BLOCK(
	    "        let (a, b) = (k, v)\n        let out = MLXFast.scaledDotProductAttention(queries: q, keys: a, values: b, "
	    "scale: scale, mask: mask)\n        return true ? wo(out) : wo(a)"),
};

static void good_drafts_pass(void **state) {
	Here *here = *state;
	for (size_t i = 0; i < BASE_COUNT(GOOD); i++) {
		DraftVerdict verdict;
		Buf failures = { 0 };
		draft_verify(&here->subject, str_of(GOOD[i]), &here->arena, &verdict);
		draft_failures(&verdict, &failures);
		if (!verdict.passed) print_message("good draft %zu:\n%s\n", i, failures.ptr ? failures.ptr : "");
		assert_true(verdict.passed);
		assert_non_null(strstr(arena_strdup(&here->arena, verdict.diff), "+++ b/A.swift"));
		buf_done(&failures);
	}
}

static void a_file_that_changed_is_a_stale_base(void **state) {
	Here *here = *state;
	Buf changed = { 0 };
	buf_printf(&changed, "// edited meanwhile\n%s", PORT);
	put_file(here->file, changed.ptr);
	DraftVerdict verdict;
	draft_verify(&here->subject, str_of(GOOD[0]), &here->arena, &verdict);
	put_file(here->file, PORT);
	buf_done(&changed);
	assert_false(verdict.passed);
	assert_true(verdict.checks[DRAFT_APPLIES].done && !verdict.checks[DRAFT_APPLIES].ok);
}

static void a_file_that_is_gone_is_marked(void **state) {
	Here *here = *state;
	unlink(here->file);
	DraftVerdict verdict;
	draft_verify(&here->subject, str_of(GOOD[0]), &here->arena, &verdict);
	put_file(here->file, PORT);
	assert_false(verdict.checks[DRAFT_APPLIES].ok);
}

/* A reply that isn't whole is none, whatever it holds. */
static void a_part_of_a_reply_never_passes(void **state) {
	Here *here = *state;
	DraftVerdict verdict;
	draft_partial(STR("cancelled"), &here->arena, &verdict);
	assert_false(verdict.passed);
	assert_true(verdict.checks[DRAFT_FORM].done && !verdict.checks[DRAFT_FORM].ok);
	assert_string_equal(
	    arena_strdup(&here->arena, verdict.checks[DRAFT_FORM].note), "the reply is a part only (cancelled)");
}

static void a_verification_can_be_stopped_and_says_nothing_then(void **state) {
	Here *here = *state;
	volatile bool cancel = true;
	ScanProgress progress = { .cancel = &cancel };
	DraftSubject subject = here->subject;
	subject.progress = &progress;
	DraftVerdict verdict;
	draft_verify(&subject, str_of(GOOD[0]), &here->arena, &verdict);
	assert_true(verdict.stopped);
	assert_false(verdict.passed);
	cancel = false;
	draft_verify(&subject, str_of(GOOD[0]), &here->arena, &verdict);
	assert_false(verdict.stopped);
	assert_true(verdict.passed);
}

/* A kept diff is verified as the draft was, and follows the file when lines above it come or go. */
static void a_kept_diff_is_verified_like_the_draft(void **state) {
	Here *here = *state;
	DraftVerdict first, second;
	draft_verify(&here->subject, str_of(GOOD[0]), &here->arena, &first);
	draft_verify_diff(&here->subject, first.diff, &here->arena, &second);
	assert_true(second.passed);
	assert_true(str_eq(first.text, second.text));
	Buf moved = { 0 };
	Draft draft;
	Err err = { { 0 } };
	buf_printf(&moved, "// one\n// two\n%s", PORT);
	assert_true(draft_of_diff(first.diff, buf_view(&moved), &draft, &err));
	assert_true(str_ends(draft.text, arena_strdup(&here->arena, first.text)));
	draft_done(&draft);
	buf_done(&moved);
	assert_false(draft_of_diff(first.diff, STR("import MLX\n"), &draft, &err));
	assert_false(draft_of_diff(STR_NONE, str_of(PORT), &draft, &err));
}

/* What a verdict depends on beside the draft. */
static void the_port_s_state_tells_another_port(void **state) {
	Here *here = *state;
	uint64_t before = draft_port_state(&here->scan, &here->world);
	assert_true(before == draft_port_state(&here->scan, &here->world));
	ApiVersion version = here->world.version[API_MLX_SWIFT];
	here->world.version[API_MLX_SWIFT].minor++;
	assert_true(before != draft_port_state(&here->scan, &here->world));
	here->world.version[API_MLX_SWIFT] = version;
	char *id = here->scan.sides[SIDE_SWIFT].source.files[0].content_id, first = id[0];
	id[0] = first == 'a' ? 'b' : 'a';
	assert_true(before != draft_port_state(&here->scan, &here->world));
	id[0] = first;
}

/* What a person edits is verified as well; the person may change other lines, too. */
static void an_edited_draft_is_verified_again(void **state) {
	Here *here = *state;
	DraftVerdict verdict;
	draft_verify(&here->subject, str_of(GOOD[0]), &here->arena, &verdict);
	Str good = verdict.text;
	Buf text = { 0 };
	buf_printf(&text, "// ours\n%.*s", STR_ARG(good));
	draft_verify_file(&here->subject, buf_view(&text), &here->arena, &verdict);
	assert_true(verdict.passed);
	buf_puts(&text, "let y = MLX.notThere(1)\n");
	draft_verify_file(&here->subject, buf_view(&text), &here->arena, &verdict);
	assert_false(verdict.passed);
	buf_done(&text);
}

static void the_port_s_version_is_read(void **state) {
	Here *here = *state;
	Buf version = { 0 };
	api_version_print(here->world.version[API_MLX_SWIFT], &version);
	assert_string_equal(version.ptr, "0.25.6");
	buf_done(&version);
	assert_int_equal(draft_api_exists(&here->world, STR("MLXFast.rmsNorm"), STR_NONE), 1);
	assert_int_equal(draft_api_exists(&here->world, STR("MLXFast.flashAttention"), STR_NONE), 0);
	assert_int_equal(draft_api_exists(&here->world, STR("wq"), STR_NONE), -1);
	assert_int_equal(draft_api_exists(&here->world, STR("MLXFast.rmsNorm"), STR("_:weight:eps:")), 1);
	assert_int_equal(draft_api_exists(&here->world, STR("MLXFast.rmsNorm"), STR("weight:")), 1); /* a short form */
	assert_int_equal(draft_api_exists(&here->world, STR("MLXFast.rmsNorm"), STR("x, weight: w")), 1);
	assert_int_equal(draft_api_exists(&here->world, STR("MLXFast.rmsNorm"), STR("_:power:")), 0);
}

/* The port's own text names nothing that is missing: what the port has, Swift has or the library has is known. */
static void the_port_itself_is_known(void **state) {
	Here *here = *state;
	size_t n;
	draft_api_check(&here->world, str_of(PORT), NULL, 0, &here->arena, &n);
	assert_int_equal(n, 0);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_bad_draft_is_marked),
		cmocka_unit_test(good_drafts_pass),
		cmocka_unit_test(a_file_that_changed_is_a_stale_base),
		cmocka_unit_test(a_file_that_is_gone_is_marked),
		cmocka_unit_test(an_edited_draft_is_verified_again),
		cmocka_unit_test(a_part_of_a_reply_never_passes),
		cmocka_unit_test(a_verification_can_be_stopped_and_says_nothing_then),
		cmocka_unit_test(a_kept_diff_is_verified_like_the_draft),
		cmocka_unit_test(the_port_s_state_tells_another_port),
		cmocka_unit_test(the_port_s_version_is_read),
		cmocka_unit_test(the_port_itself_is_known),
	};
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
