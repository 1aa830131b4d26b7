#include "core/posix.h"

#include "sessions/walk.h"

#include "sessions/plan.h"
#include "tests/support/fake_scan.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

static const char ATTENTION[] = "class Attention: Module {\n"
                                "    func attend(q: MLXArray, k: MLXArray) -> MLXArray {\n"
                                "        let s = matmul(q, k)\n"
                                "        let w = softmax(s, axis: -1)\n"
                                "        let r = repeated(k, count: 4)\n"
                                "        return matmul(w, r)\n"
                                "    }\n"
                                "    func table() -> MLXArray {\n"
                                "        return exp(arange(64))\n"
                                "    }\n"
                                "}\n";
static const char AUDIO[] = "func spectrum(x: MLXArray) -> MLXArray {\n"
                            "    let a = vDSP.window(x)\n"
                            "    return fft(x)\n"
                            "}\n"
                            "func quiet(x: MLXArray) -> MLXArray {\n"
                            "    return softmax(x) // low\n"
                            "}\n"
                            "func known(x: MLXArray) -> MLXArray {\n"
                            "    return exp(x) // ignore\n"
                            "}\n";
static const char REFERENCE[] = "w = mx.fast.scaled_dot_product_attention(q, k, v)\n";

typedef struct Here {
	char *folder, *db;
	Store *store;
	Walk *walk;
	WalkChanges changes;
} Here;

static void take(Here *here, const char *attention, const char *audio, const char *reference) {
	FakeFile files[2] = { { "Sources/Attention.swift", attention }, { "Sources/Audio.swift", audio } };
	FakeScan fake;
	Err err = { { 0 } };
	fake_scan(&fake, files, audio ? 2 : 1, reference);
	if (!walk_take_scan(here->walk, &fake.scan, &fake.catalogue, &here->changes, &err)) fail_msg("%s", err.text);
	fake_done(&fake);
}

static int set_up(void **state) {
	Here *here = base_alloc(sizeof *here);
	here->folder = fake_folder();
	here->db = base_path_join(here->folder, "t.db");
	here->store = store_open(here->db, true, NULL);
	Arena arena = { 0 };
	const char *paths[] = { here->folder };
	SourceOptions sides[SIDE_COUNT] = { [SIDE_SWIFT] = { .paths = paths, .n_paths = 1 } };
	Session session;
	if (!session_create(here->store, "port", sides, &arena, &session, NULL)) return -1;
	arena_done(&arena);
	if (!walk_open(here->store, "port", &here->walk, NULL)) return -1;
	take(here, ATTENTION, AUDIO, REFERENCE);
	*state = here;
	return 0;
}

static int tear_down(void **state) {
	Here *here = *state;
	walk_close(here->walk);
	store_close(here->store);
	fake_remove(here->folder);
	free(here->folder);
	free(here->db);
	free(here);
	return 0;
}

static const WalkItem *of(Here *here, const char *technique, size_t nth) {
	size_t n;
	const WalkItem *items = walk_items(here->walk, &n);
	for (size_t i = 0; i < n; i++) {
		if (str_is(items[i].candidate.technique, technique) && nth-- == 0) return &items[i];
	}
	fail_msg("no %s", technique);
	return NULL;
}

static bool decide_as(
    Here *here, const WalkItem *item, Verdict verdict, const char *because, bool deps, bool force, Question *question) {
	char id[64];
	memcpy(id, item->candidate.id, sizeof id);
	const char *ids[] = { id };
	Decision decision = { .ids = ids,
		.n_ids = 1,
		.verdict = verdict,
		.because = str_of(because),
		.with_dependencies = deps,
		.force = force };
	Err err = { { 0 } };
	bool ok = walk_decide(here->walk, &decision, question, &err);
	if (!ok && question->kind == QUESTION_NONE) fail_msg("%s", err.text);
	return ok;
}

static void decide(Here *here, const char *technique, Verdict verdict, const char *because) {
	Question question;
	assert_true(decide_as(here, of(here, technique, 0), verdict, because, false, false, &question));
}

static void nothing_is_decided_by_itself(void **state) {
	Here *here = *state;
	assert_int_equal(here->changes.n_new, 7);
	size_t n;
	const WalkItem *items = walk_items(here->walk, &n);
	assert_int_equal(n, 7);
	assert_int_equal(walk_n_listed(here->walk), 5);
	assert_int_equal(walk_n_decided(here->walk), 0);
	for (size_t i = 0; i < n; i++) assert_int_equal(items[i].verdict, VERDICT_NONE);
	assert_int_equal(of(here, "precompute-constant", 1)->state, STATE_SUPPRESSED);
	assert_true(items[n - 1].hidden);
	/* what is needed stands before what needs it */
	assert_true(of(here, "sdpa", 0) < of(here, "sdpa-gqa", 0));
}

static void a_verdict_is_kept_and_taken_back(void **state) {
	Here *here = *state;
	decide(here, "precompute-constant", VERDICT_REJECT, "runs once anyway");
	const WalkItem *item = of(here, "precompute-constant", 0);
	assert_int_equal(item->verdict, VERDICT_REJECT);
	assert_int_equal(item->state, STATE_SAME);
	assert_false(item->undecided);
	decide(here, "precompute-constant", VERDICT_ACCEPT, "on second thought");
	/* another opening of the same database sees the same */
	assert_true(walk_reload(here->walk, NULL));
	item = of(here, "precompute-constant", 0);
	assert_int_equal(item->verdict, VERDICT_ACCEPT);
	assert_true(str_is(item->because, "on second thought"));
	Buf what = { 0 };
	assert_true(walk_undo(here->walk, NULL, &what, NULL));
	assert_true(str_starts(buf_view(&what), "accept of precompute-constant-"));
	buf_done(&what);
	item = of(here, "precompute-constant", 0);
	assert_int_equal(item->verdict, VERDICT_REJECT);
	assert_true(str_is(item->because, "runs once anyway"));
	assert_true(walk_undo(here->walk, NULL, NULL, NULL));
	assert_int_equal(of(here, "precompute-constant", 0)->verdict, VERDICT_NONE);
	Err err = { { 0 } };
	assert_false(walk_undo(here->walk, NULL, NULL, &err));
	assert_string_equal(err.text, "nothing to undo");
	size_t n;
	walk_log(here->walk, &n);
	assert_int_equal(n, 4); /* two verdicts, two undos: nothing was removed */
}

static void what_is_needed_is_asked_for(void **state) {
	Here *here = *state;
	Question question;
	assert_false(decide_as(here, of(here, "sdpa-gqa", 0), VERDICT_ACCEPT, "", false, false, &question));
	assert_int_equal(question.kind, QUESTION_NEEDS);
	assert_int_equal(question.n_ids, 1);
	assert_true(str_starts(question.ids[0], "sdpa-"));
	assert_non_null(strstr(question.flag, "--with-dependencies"));
	assert_int_equal(of(here, "sdpa-gqa", 0)->verdict, VERDICT_NONE);
	assert_true(decide_as(here, of(here, "sdpa-gqa", 0), VERDICT_ACCEPT, "yes", true, false, &question));
	assert_int_equal(of(here, "sdpa", 0)->verdict, VERDICT_ACCEPT);
	assert_int_equal(of(here, "sdpa-gqa", 0)->verdict, VERDICT_ACCEPT);
	/* rejecting what another needs asks as well */
	assert_false(decide_as(here, of(here, "sdpa", 0), VERDICT_REJECT, "no", false, false, &question));
	assert_int_equal(question.kind, QUESTION_NEEDED);
	assert_int_equal(of(here, "sdpa", 0)->verdict, VERDICT_ACCEPT);
	/* one action, one undo */
	assert_true(walk_undo(here->walk, NULL, NULL, NULL));
	assert_int_equal(of(here, "sdpa", 0)->verdict, VERDICT_NONE);
	assert_int_equal(of(here, "sdpa-gqa", 0)->verdict, VERDICT_NONE);
}

static void contradictions_are_refused(void **state) {
	Here *here = *state;
	Question question;
	decide(here, "vdsp", VERDICT_ACCEPT, "");
	assert_false(decide_as(here, of(here, "rfft", 0), VERDICT_ACCEPT, "", false, false, &question));
	assert_int_equal(question.kind, QUESTION_CONFLICT);
	assert_true(str_starts(question.ids[0], "vdsp-"));
	decide(here, "vdsp", VERDICT_REJECT, "the other one");
	assert_true(decide_as(here, of(here, "rfft", 0), VERDICT_ACCEPT, "", false, false, &question));
	assert_false(decide_as(here, of(here, "vdsp", 0), VERDICT_MEASURE, "", false, false, &question));
	assert_int_equal(question.kind, QUESTION_CONFLICT);
}

static void a_moved_place_keeps_its_verdict(void **state) {
	Here *here = *state;
	decide(here, "sdpa", VERDICT_REJECT, "word timings need it");
	char id[64];
	memcpy(id, of(here, "sdpa", 0)->candidate.id, sizeof id);
	Buf text = { 0 };
	buf_printf(&text, "import MLX\n\n%s", ATTENTION);
	take(here, text.ptr, AUDIO, REFERENCE);
	buf_done(&text);
	const WalkItem *item = walk_item(here->walk, str_of(id));
	assert_int_equal(item->state, STATE_MOVED);
	assert_int_equal(item->verdict, VERDICT_REJECT);
	assert_false(item->undecided);
	assert_int_equal(item->candidate.place.start.line, 6);
	assert_true(str_is(item->state_why, "moved from line 4 to 6"));
	assert_int_equal(here->changes.n_new, 0);
}

static char *replaced(const char *text, const char *what, const char *with) {
	const char *at = strstr(text, what);
	assert_non_null(at);
	Buf out = { 0 };
	buf_add(&out, text, (size_t)(at - text));
	buf_puts(&out, with);
	buf_puts(&out, at + strlen(what));
	return buf_take(&out);
}

static void changed_code_asks_again_until_decided_anew(void **state) {
	Here *here = *state;
	decide(here, "sdpa", VERDICT_REJECT, "no");
	char *text = replaced(ATTENTION, "softmax(s, axis: -1)", "softmax(s.asType(.float32), axis: -1)");
	take(here, text, AUDIO, REFERENCE);
	const WalkItem *item = of(here, "sdpa", 0);
	assert_int_equal(item->state, STATE_CHANGED);
	assert_int_equal(item->verdict, VERDICT_REJECT);
	assert_true(item->undecided);
	/* still so after a rescan that finds nothing new */
	take(here, text, AUDIO, REFERENCE);
	assert_int_equal(of(here, "sdpa", 0)->state, STATE_CHANGED);
	Arena arena = { 0 };
	Place judged;
	assert_true(walk_judged(of(here, "sdpa", 0)->judged, SIDE_SWIFT, &arena, &judged));
	assert_true(str_find(judged.excerpt, "softmax(s, axis: -1)", 0) != SIZE_MAX);
	arena_done(&arena);
	decide(here, "sdpa", VERDICT_REJECT, "still no");
	assert_int_equal(of(here, "sdpa", 0)->state, STATE_SAME);
	/* taking the new verdict back leaves the old one, on the old code */
	assert_true(walk_undo(here->walk, NULL, NULL, NULL));
	assert_int_equal(of(here, "sdpa", 0)->state, STATE_CHANGED);
	free(text);
}

static void a_changed_reference_and_more_runs_ask_again(void **state) {
	Here *here = *state;
	decide(here, "sdpa", VERDICT_REJECT, "no");
	take(here, ATTENTION, AUDIO, "w = mx.fast.other(q)\n");
	assert_int_equal(of(here, "sdpa", 0)->state, STATE_CHANGED);
	assert_true(str_find(of(here, "sdpa", 0)->state_why, "Python reference changed", 0) != SIZE_MAX);
	take(here, ATTENTION, AUDIO, REFERENCE);
	assert_int_equal(of(here, "sdpa", 0)->state, STATE_SAME);
	char *text = replaced(ATTENTION, "softmax(s, axis: -1)", "softmax(s, axis: -1) // often");
	take(here, text, AUDIO, REFERENCE);
	assert_true(of(here, "sdpa", 0)->undecided);
	assert_true(str_find(of(here, "sdpa", 0)->state_why, "runs more often", 0) != SIZE_MAX);
	free(text);
}

static void what_is_no_longer_found_is_no_verdict(void **state) {
	Here *here = *state;
	decide(here, "sdpa", VERDICT_ACCEPT, "");
	decide(here, "precompute-constant", VERDICT_ACCEPT, "");
	decide(here, "rfft", VERDICT_ACCEPT, "");
	char *fixed = replaced(ATTENTION, "softmax(s, axis: -1)", "fused(q, k)");
	char *gone = replaced(fixed, "    func table() -> MLXArray {\n        return exp(arange(64))\n    }\n", "");
	char *broken = replaced(AUDIO, "let a = vDSP.window(x)\n    return fft(x)", "let a = = (vDSP\n    return ) {");
	take(here, gone, broken, REFERENCE);
	assert_int_equal(of(here, "sdpa", 0)->state, STATE_LOOKS_DONE);
	assert_int_equal(of(here, "precompute-constant", 0)->state, STATE_REMOVED);
	assert_int_equal(of(here, "rfft", 0)->state, STATE_NOT_SEEN);
	assert_int_equal(of(here, "sdpa", 0)->verdict, VERDICT_ACCEPT);
	Measurement m = { .has_numbers = true, .before = 20, .after = 31, .unit = STR("tokens/s") };
	char id[64];
	memcpy(id, of(here, "sdpa", 0)->candidate.id, sizeof id);
	assert_true(walk_mark_done(here->walk, id, &m, STR_NONE, NULL));
	assert_int_equal(of(here, "sdpa", 0)->state, STATE_DONE);
	assert_true(of(here, "sdpa", 0)->measurement.after == 31);
	/* the file as it was brings all back */
	take(here, ATTENTION, AUDIO, REFERENCE);
	assert_int_equal(of(here, "precompute-constant", 0)->state, STATE_SAME);
	assert_int_equal(of(here, "rfft", 0)->state, STATE_SAME);
	free(fixed);
	free(gone);
	free(broken);
}

static void twins_whose_number_changed_are_uncertain(void **state) {
	Here *here = *state;
	decide(here, "sdpa", VERDICT_REJECT, "no");
	char old[64];
	memcpy(old, of(here, "sdpa", 0)->candidate.id, sizeof old);
	char *text = replaced(ATTENTION, "        let s = matmul(q, k)\n        let w = softmax(s, axis: -1)\n",
	    "        let s = matmul(k, q)\n        let w = softmax(s, axis: -1)\n        print(s)\n        let w = softmax(s, axis: -1)\n");
	take(here, text, AUDIO, REFERENCE);
	const WalkItem *item = walk_item(here->walk, str_of(old));
	assert_int_equal(item->state, STATE_UNCERTAIN);
	assert_int_equal(item->n_could_be, 2);
	assert_true(item->undecided);
	/* neither of the two has the verdict */
	for (size_t i = 0; i < 2; i++) assert_int_equal(walk_item(here->walk, item->could_be[i])->verdict, VERDICT_NONE);
	Question question;
	assert_false(decide_as(here, item, VERDICT_ACCEPT, "", false, false, &question));
	assert_int_equal(question.kind, QUESTION_UNCERTAIN);
	/* it stays so when nothing changes */
	take(here, text, AUDIO, REFERENCE);
	item = walk_item(here->walk, str_of(old));
	assert_int_equal(item->state, STATE_UNCERTAIN);
	char is[64];
	memcpy(is, item->could_be[1].ptr, item->could_be[1].len + 1);
	Err err = { { 0 } };
	if (!walk_same_as(here->walk, old, is, &err)) fail_msg("%s", err.text);
	assert_int_equal(walk_item(here->walk, str_of(old))->verdict, VERDICT_REJECT);
	assert_false(walk_item(here->walk, str_of(old))->gone);
	assert_true(walk_item(here->walk, str_of(is))->hidden);
	take(here, text, AUDIO, REFERENCE);
	assert_int_equal(here->changes.n_new, 0);
	assert_int_equal(walk_item(here->walk, str_of(old))->candidate.place.start.line, 6);
	assert_true(walk_undo(here->walk, NULL, NULL, NULL));
	assert_int_equal(walk_item(here->walk, str_of(old))->state, STATE_UNCERTAIN);
	free(text);
}

static void an_id_is_never_given_to_another(void **state) {
	Here *here = *state;
	char old[64];
	memcpy(old, of(here, "sdpa", 0)->candidate.id, sizeof old);
	decide(here, "sdpa", VERDICT_REJECT, "no");
	char *fixed = replaced(ATTENTION, "softmax(s, axis: -1)", "fused(q, k)");
	take(here, fixed, AUDIO, REFERENCE);
	/* the very words come back, but in a function of another name: that is not what was judged */
	char *renamed = replaced(ATTENTION, "softmax(s, axis: -1)", "fused(q, k)");
	Buf text = { 0 };
	buf_printf(&text, "%sfunc other(s: MLXArray) -> MLXArray {\n    return softmax(s, axis: -2)\n}\n", renamed);
	take(here, text.ptr, AUDIO, REFERENCE);
	size_t n, same = 0;
	const WalkItem *items = walk_items(here->walk, &n);
	for (size_t i = 0; i < n; i++) same += strcmp(items[i].candidate.id, old) == 0;
	assert_int_equal(same, 1);
	assert_int_equal(walk_item(here->walk, str_of(old))->state, STATE_LOOKS_DONE);
	buf_done(&text);
	free(fixed);
	free(renamed);
}

static void ids_are_found_by_their_beginning(void **state) {
	Here *here = *state;
	const WalkItem *sdpa = of(here, "sdpa", 0), *found;
	Err err = { { 0 } };
	assert_int_equal(walk_find(here->walk, sdpa->short_id, &found, &err), 1);
	assert_ptr_equal(found, sdpa);
	Str id = str_of(sdpa->candidate.id);
	assert_int_equal(walk_find(here->walk, str_sub(id, 5, 9), &found, &err), 1);
	assert_ptr_equal(found, sdpa);
	assert_int_equal(walk_find(here->walk, str_sub(id, 0, 8), &found, &err), 0);
	assert_non_null(strstr(err.text, "at least 4"));
	assert_int_equal(walk_find(here->walk, STR("sdpa-"), &found, &err), 0);
	assert_int_equal(walk_find(here->walk, STR("nothing"), &found, &err), 0);
}

static void axes_and_notes_are_kept(void **state) {
	Here *here = *state;
	char id[64];
	memcpy(id, of(here, "rfft", 0)->candidate.id, sizeof id);
	double before = of(here, "rfft", 0)->score;
	Err err = { { 0 } };
	assert_false(walk_override(here->walk, id, AXIS_GAIN, 7, STR_NONE, &err));
	assert_string_equal(err.text, "gain goes from 0 to 5, not 7");
	assert_true(walk_override(here->walk, id, AXIS_GAIN, 5, STR("measured"), NULL));
	assert_true(of(here, "rfft", 0)->score > before);
	assert_true(of(here, "rfft", 0)->overridden[AXIS_GAIN]);
	assert_true(walk_note(here->walk, id, STR("look at istft too"), NULL));
	assert_int_equal(of(here, "rfft", 0)->n_notes, 1);
	assert_int_equal(of(here, "rfft", 0)->verdict, VERDICT_NONE);
	assert_false(walk_note(here->walk, id, STR("  "), &err));
}

static void precedents_come_from_all_sessions(void **state) {
	Here *here = *state;
	decide(here, "sdpa", VERDICT_REJECT, "parity 2e-2 in fp16");
	Arena arena = { 0 };
	const char *paths[] = { here->folder };
	SourceOptions sides[SIDE_COUNT] = { [SIDE_SWIFT] = { .paths = paths, .n_paths = 1 } };
	Session session;
	assert_true(session_create(here->store, "second", sides, &arena, &session, NULL));
	walk_close(here->walk);
	assert_true(walk_open(here->store, "second", &here->walk, NULL));
	take(here, ATTENTION, NULL, NULL);
	Precedent *list;
	size_t n;
	assert_true(walk_precedents(here->walk, of(here, "sdpa", 0), &arena, &list, &n, NULL));
	assert_int_equal(n, 1);
	assert_true(str_is(list[0].event->reason, "parity 2e-2 in fp16"));
	assert_true(str_is(list[0].where, "port, Attention.attend"));
	assert_true(list[0].likeness > 0.99);
	assert_true(walk_precedents(here->walk, of(here, "sdpa-gqa", 0), &arena, &list, &n, NULL));
	assert_int_equal(n, 0);
	arena_done(&arena);
}

static void the_plan_is_ordered_and_can_be_moved(void **state) {
	Here *here = *state;
	Question question;
	assert_true(decide_as(here, of(here, "sdpa-gqa", 0), VERDICT_ACCEPT, "", true, false, &question));
	decide(here, "rfft", VERDICT_MEASURE, "");
	decide(here, "precompute-constant", VERDICT_REJECT, "once");
	Arena arena = { 0 };
	Plan plan;
	plan_of_walk(here->walk, NULL, &arena, &plan);
	assert_int_equal(plan.n_steps, 3);
	assert_int_equal(plan.n_rejected, 1);
	assert_int_equal(plan.n_measure, 1);
	assert_int_equal(plan.n_open, 1);
	assert_true(plan.effort == 3);
	assert_true(str_is(plan.steps[0].item->candidate.technique, "sdpa"));
	char gqa[64], rfft[64];
	memcpy(gqa, of(here, "sdpa-gqa", 0)->candidate.id, sizeof gqa);
	memcpy(rfft, of(here, "rfft", 0)->candidate.id, sizeof rfft);
	assert_true(walk_move(here->walk, rfft, 1, &question, NULL));
	plan_of_walk(here->walk, NULL, &arena, &plan);
	assert_true(str_is(plan.steps[0].item->candidate.technique, "rfft"));
	assert_false(walk_move(here->walk, gqa, 1, &question, NULL));
	assert_int_equal(question.kind, QUESTION_NEEDS);
	arena_done(&arena);
}

static void rows_are_corrected_and_restored(void **state) {
	Here *here = *state;
	RowPin pin = {
		.swift = STR("Attention.attend"), .given = { [SIDE_MLX] = true }, .other = { [SIDE_MLX] = STR("Attn.f") }
	};
	assert_true(walk_bind_row(here->walk, &pin, NULL));
	assert_int_equal(walk_pins(here->walk)->n, 1);
	assert_true(str_is(walk_pins(here->walk)->pins[0].other[SIDE_MLX], "Attn.f"));
	assert_false(walk_pins(here->walk)->pins[0].given[SIDE_TORCH]);
	assert_true(walk_unbind_row(here->walk, pin.swift, NULL));
	assert_int_equal(walk_pins(here->walk)->n, 0);
	assert_true(walk_undo(here->walk, NULL, NULL, NULL));
	assert_int_equal(walk_pins(here->walk)->n, 1);
}

static void a_failed_write_changes_nothing(void **state) {
	Here *here = *state;
	store_limit_size(here->store, true);
	char *text = base_alloc(300001);
	memset(text, 'y', 300000);
	char id[64];
	memcpy(id, of(here, "rfft", 0)->candidate.id, sizeof id);
	Err err = { { 0 } };
	assert_false(walk_note(here->walk, id, str_of(text), &err));
	assert_non_null(strstr(err.text, "full"));
	assert_int_equal(of(here, "rfft", 0)->n_notes, 0);
	store_limit_size(here->store, false);
	assert_true(walk_note(here->walk, id, str_of(text), &err));
	free(text);
}

int main(void) {
#define T(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		T(nothing_is_decided_by_itself),
		T(a_verdict_is_kept_and_taken_back),
		T(what_is_needed_is_asked_for),
		T(contradictions_are_refused),
		T(a_moved_place_keeps_its_verdict),
		T(changed_code_asks_again_until_decided_anew),
		T(a_changed_reference_and_more_runs_ask_again),
		T(what_is_no_longer_found_is_no_verdict),
		T(twins_whose_number_changed_are_uncertain),
		T(an_id_is_never_given_to_another),
		T(ids_are_found_by_their_beginning),
		T(axes_and_notes_are_kept),
		T(precedents_come_from_all_sessions),
		T(the_plan_is_ordered_and_can_be_moved),
		T(rows_are_corrected_and_restored),
		T(a_failed_write_changes_nothing),
	};
	return cmocka_run_group_tests_name("walk", tests, NULL, NULL);
}
