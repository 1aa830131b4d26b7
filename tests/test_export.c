#include "core/posix.h"

#include "sessions/export.h"

#include "core/json.h"
#include "sessions/export_text.h"
#include "tests/support/fake_scan.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

/* Code and words that try to become structure: a fence, a heading, tags, a link, an escape. */
static const char PORT[] = "class Attention {\n"
                           "    func attend(q: MLXArray) -> MLXArray {\n"
                           "        return softmax(q, \"```\\n# Not a heading <script>alert(1)</script>\")\n"
                           "    }\n"
                           "    func table(é: Int) -> MLXArray {\n"
                           "        let ü = exp(arange(é))\n"
                           "        let s = fft(ü)\n"
                           "    }\n"
                           "}\n";
static const char NASTY[] = "</pre><img src=x onerror=1> **bold** [a](b) | `x`\n# heading\n1. one";

typedef struct Here {
	char *folder;
	Store *store;
	Walk *walk;
	FakeScan fake;
	Arena arena;
	Plan plan;
} Here;

static void decide(Here *here, const char *technique, Verdict verdict, const char *because) {
	size_t n;
	const WalkItem *items = walk_items(here->walk, &n);
	for (size_t i = 0; i < n; i++) {
		if (!str_is(items[i].candidate.technique, technique)) continue;
		char id[64];
		memcpy(id, items[i].candidate.id, sizeof id);
		const char *ids[] = { id };
		Decision decision = { .ids = ids, .n_ids = 1, .verdict = verdict, .because = str_of(because) };
		Question question;
		assert_true(walk_decide(here->walk, &decision, &question, NULL));
		return;
	}
	fail();
}

static int set_up(void **state) {
	Here *here = base_alloc(sizeof *here);
	here->folder = fake_folder();
	char *db = base_path_join(here->folder, "t.db");
	here->store = store_open(db, true, NULL);
	free(db);
	const char *paths[] = { here->folder };
	SourceOptions sides[SIDE_COUNT] = { [SIDE_SWIFT] = { .paths = paths, .n_paths = 1 } };
	Session session;
	if (!session_create(here->store, "a <port>", sides, &here->arena, &session, NULL)) return -1;
	if (!walk_open(here->store, "a <port>", &here->walk, NULL)) return -1;
	FakeFile file = { "Sources/A b.swift", PORT };
	fake_scan(&here->fake, &file, 1, "w = mx.fast.sdpa(q)\n");
	if (!walk_take_scan(here->walk, &here->fake.scan, &here->fake.catalogue, NULL, NULL)) return -1;
	decide(here, "sdpa", VERDICT_ACCEPT, NASTY);
	decide(here, "rfft", VERDICT_REJECT, "complex input");
	plan_of_walk(here->walk, &here->fake.catalogue, &here->arena, &here->plan);
	*state = here;
	return 0;
}

static int tear_down(void **state) {
	Here *here = *state;
	walk_close(here->walk);
	store_close(here->store);
	fake_done(&here->fake);
	arena_done(&here->arena);
	fake_remove(here->folder);
	free(here->folder);
	free(here);
	return 0;
}

static bool has(const Buf *text, const char *what) { return strstr(text->ptr, what) != NULL; }

static void markdown_keeps_code_in_its_fence(void **state) {
	Here *here = *state;
	Buf out = { 0 };
	assert_true(export_md(&here->plan, &out, NULL));
	assert_true(has(&out, "# Plan: a &lt;port&gt;\n"));
	/* the fence is longer than the one in the code */
	assert_true(has(&out, "````swift\n        return softmax(q, \"```"));
	assert_true(has(&out, "\n````\n"));
	assert_false(has(&out, "<img"));
	assert_false(has(&out, "\n# heading"));
	assert_true(has(&out, "\\*\\*bold\\*\\*"));
	assert_true(has(&out, "**Check**\n\nCompare with `parity`."));
	assert_true(has(&out, "## Rejected"));
	assert_true(has(&out, "- Because: complex input"));
	assert_true(has(&out, "## Still open\n\n- `precompute-constant-"));
	buf_done(&out);
}

static void html_has_no_tag_of_others(void **state) {
	Here *here = *state;
	Buf out = { 0 };
	assert_true(export_html(&here->plan, &out, NULL));
	assert_false(has(&out, "<script"));
	assert_false(has(&out, "<img"));
	assert_true(has(&out, "default-src 'none'"));
	assert_true(has(&out, "<svg"));
	assert_true(has(&out, "&lt;/pre&gt;&lt;img src=x"));
	buf_done(&out);
}

static void sarif_points_at_code_points(void **state) {
	Here *here = *state;
	Buf out = { 0 };
	assert_true(export_sarif(&here->plan, &out, NULL));
	Json *doc = json_parse(buf_view(&out), NULL);
	assert_true(str_is(json_text_at(doc, "version"), "2.1.0"));
	assert_true(str_is(json_text_at(doc, "runs[0].columnKind"), "unicodeCodePoints"));
	const Json *results = json_at(doc, "runs[0].results");
	assert_int_equal(json_count(results), 3);
	const Json *exp = json_at(results, "[2]");
	if (!exp) exp = json_at(doc, "runs[0].results[2]");
	assert_true(str_is(json_text_at(exp, "ruleId"), "precompute-constant"));
	const Json *region = json_at(exp, "locations[0].physicalLocation.region");
	assert_int_equal(json_integer_at(region, "startLine", 0), 6);
	assert_int_equal(json_integer_at(region, "startColumn", 0), 9);
	/* 8 spaces and "let ü = exp(arange(é))": 22 code points, 24 bytes */
	assert_int_equal(json_integer_at(region, "endColumn", 0), 31);
	assert_true(str_is(json_text_at(exp, "locations[0].physicalLocation.artifactLocation.uri"), "Sources/A%20b.swift"));
	assert_int_equal(json_count(json_get(exp, "suppressions")), 0);
	const Json *rejected = json_at(doc, "runs[0].results[1]");
	assert_true(str_is(json_text_at(rejected, "suppressions[0].kind"), "external"));
	assert_true(str_is(json_text_at(rejected, "suppressions[0].justification"), "complex input"));
	json_free(doc);
	buf_done(&out);
}

static void sarif_is_made_of_a_scan_as_well(void **state) {
	Here *here = *state;
	Plan plan;
	plan_of_scan(&here->fake.scan, &here->fake.catalogue, &here->arena, &plan);
	Buf out = { 0 };
	assert_true(export_sarif(&plan, &out, NULL));
	Json *doc = json_parse(buf_view(&out), NULL);
	assert_int_equal(json_count(json_at(doc, "runs[0].results")), 3);
	json_free(doc);
	buf_done(&out);
}

static void json_goes_out_and_comes_back(void **state) {
	Here *here = *state;
	Buf out = { 0 }, again = { 0 };
	assert_true(export_json(&here->plan, &out, NULL));
	char *path = base_path_join(here->folder, "other.db");
	Store *other = store_open(path, true, NULL);
	ImportCounts counts;
	Err err = { { 0 } };
	if (!import_json(other, buf_view(&out), NULL, &here->arena, &counts, &err)) fail_msg("%s", err.text);
	assert_true(counts.made);
	assert_int_equal(counts.n_new_events, 2);
	assert_int_equal(counts.n_new_candidates, 3);
	assert_true(str_is(counts.name, "a <port>"));
	/* a second time nothing is new */
	assert_true(import_json(other, buf_view(&out), NULL, &here->arena, &counts, NULL));
	assert_int_equal(counts.n_new_events, 0);
	assert_false(counts.made);
	Session session;
	assert_true(session_find(other, "a <port>", false, &here->arena, &session, NULL));
	assert_true(export_session_json(other, &session, &again, NULL));
	assert_string_equal(out.ptr, again.ptr);
	/* what was bound before is bound there, too */
	Walk *walk;
	WalkChanges changes;
	assert_true(walk_open(other, "a <port>", &walk, NULL));
	assert_true(walk_take_scan(walk, &here->fake.scan, &here->fake.catalogue, &changes, NULL));
	assert_int_equal(changes.n_same, 3);
	assert_int_equal(walk_n_decided(walk), 2);
	walk_close(walk);
	store_close(other);
	free(path);
	buf_done(&out);
	buf_done(&again);
}

static void two_people_merge(void **state) {
	Here *here = *state;
	Buf mine = { 0 }, theirs = { 0 };
	assert_true(export_json(&here->plan, &mine, NULL));
	char *path = base_path_join(here->folder, "other.db");
	Store *other = store_open(path, true, NULL);
	ImportCounts counts;
	assert_true(import_json(other, buf_view(&mine), NULL, &here->arena, &counts, NULL));
	Here there = { .store = other };
	assert_true(walk_open(other, "a <port>", &there.walk, NULL));
	decide(&there, "rfft", VERDICT_ACCEPT, "it is real after all");
	Session session;
	assert_true(session_find(other, "a <port>", false, &here->arena, &session, NULL));
	assert_true(export_session_json(other, &session, &theirs, NULL));
	decide(here, "precompute-constant", VERDICT_DEFER, "later");
	assert_true(import_json(here->store, buf_view(&theirs), NULL, &here->arena, &counts, NULL));
	assert_int_equal(counts.n_new_events, 1);
	assert_true(walk_reload(here->walk, NULL));
	size_t n;
	const WalkItem *items = walk_items(here->walk, &n);
	for (size_t i = 0; i < n; i++) {
		if (str_is(items[i].candidate.technique, "rfft")) assert_int_equal(items[i].verdict, VERDICT_ACCEPT);
		if (str_is(items[i].candidate.technique, "precompute-constant"))
			assert_int_equal(items[i].verdict, VERDICT_DEFER);
	}
	walk_close(there.walk);
	store_close(other);
	free(path);
	buf_done(&mine);
	buf_done(&theirs);
}

static void damaged_imports_change_nothing(void **state) {
	Here *here = *state;
	static const char *const BAD[] = {
		"",
		"{}",
		"[1]",
		"{\"kind\":\"triptych-session\",\"version\":9}",
		"{\"kind\":\"triptych-session\",\"version\":1}",
		"{\"kind\":\"triptych-session\",\"version\":1,\"session\":{\"uuid\":\"u\",\"name\":\"../x\"}}",
		"{\"kind\":\"triptych-session\",\"version\":1,\"session\":{\"uuid\":\"u\",\"name\":\"x\"},\"candidates\":[{\"id\":\"a\"}]}",
		"{\"kind\":\"triptych-session\",\"version\":1,\"session\":{\"uuid\":\"u\",\"name\":\"x\"},\"events\":[{\"id\":\"a\"}]}",
		"{\"kind\":\"triptych-session\",\"version\":1,\"session\":{\"uuid\":\"u\",\"name\":\"x\"},\"candidates\":7,\"events\":[[]]}",
	};
	for (size_t i = 0; i < BASE_COUNT(BAD); i++) {
		ImportCounts counts;
		Err err = { { 0 } };
		assert_false(import_json(here->store, str_of(BAD[i]), NULL, &here->arena, &counts, &err));
		assert_true(err.text[0] != '\0');
	}
	SessionSummary *list;
	size_t n;
	assert_true(session_list(here->store, false, &here->arena, &list, &n, NULL));
	assert_int_equal(n, 1);
}

static void records_are_one_file_a_decision(void **state) {
	Here *here = *state;
	ExportFiles files = { 0 };
	assert_true(export_adr(&here->plan, &files, NULL));
	assert_int_equal(files.n, 2);
	assert_true(str_starts(str_of(files.at[0].name), "0001-fused-attention-sdpa-"));
	assert_non_null(strstr(files.at[1].text, "status: \"rejected\""));
	export_files_done(&files);
	Err err = { { 0 } };
	Buf out = { 0 };
	assert_false(export_patch(&here->plan, &out, &err));
	assert_non_null(strstr(err.text, "no accepted candidate has a draft"));
	buf_done(&out);
}

static void accepted_drafts_make_a_patch(void **state) {
	Here *here = *state;
	char id[64];
	memcpy(id, here->plan.steps[0].item->candidate.id, sizeof id);
	Str data = STR("{\"passed\":true,\"diff\":\"--- a/A.swift\\n+++ b/A.swift\\n@@ -1 +1 @@\\n-a\\n+b\\n\"}");
	assert_true(walk_keep(here->walk, id, LOG_DRAFT, STR("draft"), data, NULL));
	plan_of_walk(here->walk, NULL, &here->arena, &here->plan);
	Buf out = { 0 };
	assert_true(export_patch(&here->plan, &out, NULL));
	assert_string_equal(out.ptr, "--- a/A.swift\n+++ b/A.swift\n@@ -1 +1 @@\n-a\n+b\n");
	buf_done(&out);
}

static void fences_grow_with_what_they_hold(void **state) {
	(void)state;
	Buf out = { 0 };
	md_fence(&out, "swift", STR("a ````` b"));
	assert_string_equal(out.ptr, "``````swift\na ````` b\n``````\n");
	buf_clear(&out);
	md_code(&out, STR("`x`"));
	assert_string_equal(out.ptr, "`` `x` ``");
	buf_done(&out);
}

int main(void) {
#define T(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		T(markdown_keeps_code_in_its_fence),
		T(html_has_no_tag_of_others),
		T(sarif_points_at_code_points),
		T(sarif_is_made_of_a_scan_as_well),
		T(json_goes_out_and_comes_back),
		T(two_people_merge),
		T(damaged_imports_change_nothing),
		T(records_are_one_file_a_decision),
		T(accepted_drafts_make_a_patch),
		cmocka_unit_test(fences_grow_with_what_they_hold),
	};
	return cmocka_run_group_tests_name("export", tests, NULL, NULL);
}
