/* Candidates are found again after edits, and no verdict ever comes to lie on other code: the demo's port, edited at random by
 * a program that knows where every byte went, and scanned for real. `make bench-identity PORT=DIR` does it to other ports. */
#include "core/posix.h"

#include "sessions/demo.h"
#include "tests/support/fake_scan.h"
#include "tests/support/marked_edits.h"
#include "tests/support/rebind.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { COMBINATIONS = 24, SEED = 20261123 };

typedef struct Demo {
	char *folder, *sides[SIDE_COUNT];
	Rebind *rebind;
} Demo;

static int open_demo(void **state) {
	Demo *demo = calloc(1, sizeof *demo);
	if (!demo) return -1;
	demo->folder = fake_folder();
	Err err = { { 0 } };
	if (!demo_lay_out(demo->folder, true, &err)) fail_msg("%s", err.text);
	const char *sides[SIDE_COUNT];
	for (int i = 0; i < SIDE_COUNT; i++) sides[i] = demo->sides[i] = demo_side(demo->folder, (Side)i);
	demo->rebind = rebind_open(sides, &err);
	if (!demo->rebind) fail_msg("%s", err.text);
	*state = demo;
	return 0;
}

static int close_demo(void **state) {
	Demo *demo = *state;
	rebind_close(demo->rebind);
	fake_remove(demo->folder);
	for (int i = 0; i < SIDE_COUNT; i++) free(demo->sides[i]);
	free(demo->folder);
	free(demo);
	return 0;
}

/* At least 95 % of those near an edit, none wrongly. */
static void is_good(const RebindResult *result) {
	assert_int_equal(result->all.wrong, 0);
	assert_true(result->touched.right * 100 >= rebind_sum(&result->touched) * 95);
}

static void every_class_of_edit_alone(void **state) {
	Demo *demo = *state;
	RebindResult whole = { 0 };
	rebind_print_head();
	for (size_t c = 0; c < MARKED_EDIT_COUNT; c++) {
		RebindResult result = { 0 };
		assert_true(rebind_run(demo->rebind, &c, 1, SEED + c, &result, false));
		rebind_print(MARKED_EDITS[c].name, &result);
		whole.all.wrong += result.all.wrong;
		whole.touched.right += result.touched.right;
		whole.touched.missed += result.touched.missed;
		whole.touched.uncertain += result.touched.uncertain;
	}
	is_good(&whole);
}

static void combinations_of_up_to_three(void **state) {
	Demo *demo = *state;
	RebindResult whole = { 0 };
	rebind_runs(demo->rebind, COMBINATIONS, SEED, &whole, NULL, false);
	rebind_print("combinations", &whole);
	is_good(&whole);
	assert_true(rebind_sum(&whole.touched) > 50);
}

/* What the figures above rest on: marks go where bytes go. */
static void marks_follow_the_bytes(void **state) {
	(void)state;
	MarkedPort port = { 0 };
	size_t a = marked_add(&port, "A.swift", STR("one two three\n"), false),
	       b = marked_add(&port, "B.swift", STR("x\n"), false);
	MarkedRange found;
	marked_insert(&port, a, 0, "zero ");
	assert_true(marked_find(&port, 5, 7, &found)); /* "two" */
	assert_int_equal(found.start, 9);
	marked_move(&port, found, b, 0);
	assert_true(marked_find(&port, 5, 7, &found));
	assert_int_equal(found.file, b);
	assert_string_equal(port.files.at[b].text, "twox\n");
	marked_duplicate(&port, found, a, 0);
	assert_int_equal(marked_overlap(&port, (MarkedRange) { a, 0, 3 }, 5, 7, false), 0);
	assert_int_equal(marked_overlap(&port, (MarkedRange) { a, 0, 3 }, 5, 7, true), 3);
	marked_replace(&port, found, "deux", true);
	assert_int_equal(marked_overlap(&port, (MarkedRange) { b, 0, 4 }, 5, 7, false), 4);
	marked_replace(&port, (MarkedRange) { b, 0, 4 }, "", false);
	assert_false(marked_find(&port, 5, 7, &found));
	marked_done(&port);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(marks_follow_the_bytes),
		cmocka_unit_test_setup_teardown(every_class_of_edit_alone, open_demo, close_demo),
		cmocka_unit_test_setup_teardown(combinations_of_up_to_three, open_demo, close_demo),
	};
	return cmocka_run_group_tests_name("rebind", tests, NULL, NULL);
}
