/* The embedded files: every one is there as it stands in the repository, and lists are slices of one sorted table. */
#include "core/posix.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "core/data.h"

static void table_is_sorted_and_terminated(void **state) {
	(void)state;
	size_t n;
	const DataFile *all = data_list("", &n);
	assert_true(n >= 2); /* the two highlight queries at least */
	for (size_t i = 0; i < n; i++) {
		assert_int_equal(all[i].text.ptr[all[i].text.len], '\0');
		if (i > 0) assert_true(strcmp(all[i - 1].path, all[i].path) < 0);
	}
}

static void each_is_found_by_its_path(void **state) {
	(void)state;
	size_t n;
	const DataFile *all = data_list("", &n);
	for (size_t i = 0; i < n; i++) {
		Str text;
		assert_true(data_get(all[i].path, &text));
		assert_ptr_equal(text.ptr, all[i].text.ptr);
		assert_int_equal(text.len, all[i].text.len);
	}
}

/* Run from the top of the repository, where the files stand that were embedded. */
static void each_is_the_file_byte_for_byte(void **state) {
	(void)state;
	size_t n, compared = 0;
	const DataFile *all = data_list("", &n);
	for (size_t i = 0; i < n; i++) {
		if (strncmp(all[i].path, "queries/", 8) == 0) continue; /* these come with the grammars */
		char *bytes;
		size_t len;
		Err err;
		if (!base_file_read(all[i].path, SIZE_MAX / 4, &bytes, &len, &err)) fail_msg("%s", err.text);
		assert_int_equal(all[i].text.len, len);
		assert_memory_equal(all[i].text.ptr, bytes, len);
		free(bytes);
		compared++;
	}
	if (compared == 0) skip();
}

static void highlight_queries_are_there(void **state) {
	(void)state;
	Str swift, python;
	assert_true(data_get("queries/swift.scm", &swift));
	assert_true(data_get("queries/python.scm", &python));
	assert_true(str_find(swift, "@keyword", 0) != SIZE_MAX);
	assert_true(str_find(python, "@keyword", 0) != SIZE_MAX);
}

static void what_is_not_there_is_not_found(void **state) {
	(void)state;
	Str text = STR("untouched");
	assert_false(data_get("queries/swift", &text));
	assert_false(data_get("queries/swift.scmx", &text));
	assert_false(data_get("", &text));
	assert_false(data_get("\x7f", &text));
	assert_true(str_is(text, "untouched"));
	size_t n = 99;
	data_list("no such folder/", &n);
	assert_int_equal(n, 0);
	data_list("\x7f", &n);
	assert_int_equal(n, 0);
}

static void a_list_holds_all_with_the_prefix(void **state) {
	(void)state;
	size_t n, all_n, expected = 0;
	const DataFile *all = data_list("", &all_n), *some = data_list("queries/", &n);
	for (size_t i = 0; i < all_n; i++) expected += str_starts(str_of(all[i].path), "queries/");
	assert_int_equal(n, expected);
	for (size_t i = 0; i < n; i++) assert_true(str_starts(str_of(some[i].path), "queries/"));
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(table_is_sorted_and_terminated),
		cmocka_unit_test(each_is_found_by_its_path),
		cmocka_unit_test(each_is_the_file_byte_for_byte),
		cmocka_unit_test(highlight_queries_are_there),
		cmocka_unit_test(what_is_not_there_is_not_found),
		cmocka_unit_test(a_list_holds_all_with_the_prefix),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
