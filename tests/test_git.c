#include "core/posix.h"

#include "core/git.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void id_is_gits(void **state) {
	(void)state;
	char id[41];
	git_id_of_text(STR_NONE, id);
	assert_string_equal(id, "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391");
	git_id_of_text(STR("hello\n"), id);
	assert_string_equal(id, "ce013625030ba8dba906f756967f9e9ca394464a");
}

static void line_map_follows_kept_lines(void **state) {
	(void)state;
	Arena arena = { 0 };
	uint32_t n;
	uint32_t *map = git_line_map(STR("a\nb\nc\nd\n"), STR("new\na\nc\nD\nd"), &arena, &n);
	assert_int_equal(n, 4);
	assert_int_equal(map[1], 2);
	assert_int_equal(map[2], GIT_LINE_GONE);
	assert_int_equal(map[3], 3);
	map = git_line_map(STR("a\nb"), STR("a\nb"), &arena, &n);
	assert_int_equal(n, 2);
	assert_int_equal(map[2], 2);
	map = git_line_map(STR("a\nb\n"), STR_NONE, &arena, &n);
	assert_int_equal(map[1], GIT_LINE_GONE);
	map = git_line_map(STR_NONE, STR("a\n"), &arena, &n);
	assert_int_equal(n, 0);
	map = git_line_map(STR("x\ny\nz\n"), STR("x\ny\ninserted\nz\n"), &arena, &n);
	assert_int_equal(map[1], 1);
	assert_int_equal(map[2], 2);
	assert_int_equal(map[3], 4);
	arena_done(&arena);
}

static void unified_diff_has_both_headers(void **state) {
	(void)state;
	Buf out = { 0 };
	Err err = { 0 };
	assert_true(git_unified_diff("Sources/A.swift", STR("a\nb\n"), STR("a\nc\n"), &out, &err));
	assert_string_equal(out.ptr, "--- a/Sources/A.swift\n+++ b/Sources/A.swift\n@@ -1,2 +1,2 @@\n a\n-b\n+c\n");
	buf_clear(&out);
	assert_true(git_unified_diff("A.swift", STR("a\n"), STR("a\n"), &out, &err));
	assert_int_equal(out.len, 0);
	buf_done(&out);
}

static char *write_config(const char *text) {
	char *path = strdup("/tmp/triptych-test-config-XXXXXX");
	int fd = mkstemp(path);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	close(fd);
	return path;
}

static void config_keeps_sections_and_order(void **state) {
	(void)state;
	char *path = write_config(
	    "[model]\n\tprofile = local\n[profile \"My.Local\"]\n\tkeyEnv = \"A B\" ; why\n\tallowPlainHttp\n");
	Arena arena = { 0 };
	Err err = { 0 };
	GitSetting *s;
	size_t n;
	assert_true(git_config_read(path, &arena, &s, &n, &err));
	assert_int_equal(n, 3);
	assert_true(str_is(s[0].section, "model") && str_is(s[0].key, "profile") && s[0].subsection.len == 0);
	assert_true(str_is(s[1].subsection, "My.Local") && str_is(s[1].key, "keyenv") && str_is(s[1].value, "A B"));
	assert_true(str_is(s[2].key, "allowplainhttp") && str_is(s[2].value, "true"));
	arena_done(&arena);
	unlink(path);
	free(path);
}

static void config_error_names_file_and_line(void **state) {
	(void)state;
	char *path = write_config("[model]\n\tprofile = local\n[broken\n");
	Arena arena = { 0 };
	Err err = { 0 };
	GitSetting *s;
	size_t n;
	assert_false(git_config_read(path, &arena, &s, &n, &err));
	char start[128];
	snprintf(start, sizeof start, "%s:3: ", path);
	assert_memory_equal(err.text, start, strlen(start));
	assert_false(git_config_read("/nowhere/config", &arena, &s, &n, &err));
	assert_non_null(strstr(err.text, "/nowhere/config"));
	arena_done(&arena);
	unlink(path);
	free(path);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(id_is_gits),
		cmocka_unit_test(line_map_follows_kept_lines),
		cmocka_unit_test(unified_diff_has_both_headers),
		cmocka_unit_test(config_keeps_sections_and_order),
		cmocka_unit_test(config_error_names_file_and_line),
	};
	return cmocka_run_group_tests_name("git", tests, NULL, NULL);
}
