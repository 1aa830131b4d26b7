/* The ground: every function of core/base.h, at its edges. */
#include "core/posix.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/base.h"

#define assert_str(s, literal)                                                                                         \
	do {                                                                                                               \
		Str got_ = (s);                                                                                                \
		assert_int_equal(got_.len, sizeof(literal) - 1);                                                               \
		assert_memory_equal(got_.ptr, literal, sizeof(literal) - 1);                                                   \
	} while (0)

/* ---- errors ---- */

static void err_holds_one_line(void **state) {
	(void)state;
	Err err = { "before" };
	assert_false(err_set(&err, "cannot open '%s': %s", "a\nb", "why\r\n"));
	assert_string_equal(err.text, "cannot open 'a b': why  ");
	assert_false(err_set(NULL, "nobody listens to %d", 1));
}

static void err_may_quote_itself(void **state) {
	(void)state;
	Err err = { "reason" };
	err_set(&err, "cannot scan: %s", err.text);
	assert_string_equal(err.text, "cannot scan: reason");
}

static void err_is_cut_between_characters(void **state) {
	(void)state;
	Err err;
	char text[2000];
	for (size_t before = 1018; before <= 1024; before++) {
		memset(text, 'x', before);
		memcpy(text + before, "\xF0\x9F\x94\xBA\xC3\xA9!", 8);
		err_set(&err, "%s", text);
		size_t len = strlen(err.text);
		assert_true(len < sizeof err.text);
		size_t expected = before; /* then whole characters only: 4 bytes, 2 bytes, 1 byte */
		if (expected + 4 < sizeof err.text) {
			expected += 4;
			if (expected + 2 < sizeof err.text) expected += 2;
		}
		if (before >= sizeof err.text) expected = sizeof err.text - 1;
		assert_int_equal(len, expected);
	}
}

static void hook(void) { (void)!write(STDERR_FILENO, "restored\n", 9); }

/* Runs body in a child and returns how it ended; what it wrote to stderr goes to *said. */
static int in_child(void (*body)(void), char *said, size_t size) {
	int pipes[2];
	assert_int_equal(pipe(pipes), 0);
	fflush(NULL);
	pid_t child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		signal(SIGABRT, SIG_DFL);
		dup2(pipes[1], STDERR_FILENO);
		close(pipes[0]);
		body();
		_exit(0);
	}
	close(pipes[1]);
	size_t n = 0;
	for (ssize_t got; n + 1 < size && (got = read(pipes[0], said + n, size - 1 - n)) > 0;) n += (size_t)got;
	said[n] = '\0';
	close(pipes[0]);
	int status = 0;
	assert_int_equal(waitpid(child, &status, 0), child);
	return status;
}

static void fatal_body(void) {
	base_fatal_hook = hook;
	base_fatal("broken: %d %s", 7, "parts");
}

static void fatal_says_why_and_aborts(void **state) {
	(void)state;
	char said[512];
	int status = in_child(fatal_body, said, sizeof said);
	assert_true(WIFSIGNALED(status));
	assert_int_equal(WTERMSIG(status), SIGABRT);
	/* the hook runs before the message, so that it is written to a restored terminal */
	assert_string_equal(said, "restored\ntriptych: broken: 7 parts\n");
}

static void overflow_body(void) {
	Arena arena = { 0 };
	(void)ARENA_ARRAY(&arena, uint64_t, SIZE_MAX / 4);
}

static void too_much_memory_is_fatal(void **state) {
	(void)state;
	char said[512];
	int status = in_child(overflow_body, said, sizeof said);
	assert_true(WIFSIGNALED(status));
	assert_non_null(strstr(said, "out of memory"));
}

static void allocations_are_zeroed_and_never_null(void **state) {
	(void)state;
	unsigned char *p = base_alloc(100);
	for (int i = 0; i < 100; i++) assert_int_equal(p[i], 0);
	p = base_realloc(p, 10);
	assert_non_null(p);
	free(p);
	p = base_alloc(0);
	assert_non_null(p);
	free(p);
	char *copy = base_strdup("abc");
	assert_string_equal(copy, "abc");
	free(copy);
}

/* ---- slices ---- */

static void slices_are_made_and_cut(void **state) {
	(void)state;
	assert_str(str_of("abc"), "abc");
	assert_int_equal(str_of(NULL).len, 0);
	assert_int_equal(str_of("").len, 0);
	Str s = STR("hello");
	assert_str(str_sub(s, 1, 3), "el");
	assert_str(str_sub(s, 3, 99), "lo");
	assert_int_equal(str_sub(s, 4, 2).len, 0);
	assert_int_equal(str_sub(s, 99, 100).len, 0);
	assert_int_equal(str_sub(STR_NONE, 0, 5).len, 0);
	assert_null(str_sub(STR_NONE, 0, 5).ptr);
}

static void slices_are_compared_by_bytes(void **state) {
	(void)state;
	assert_true(str_eq(STR("a\0b"), STR("a\0b")));
	assert_false(str_eq(STR("a\0b"), STR("a\0c")));
	assert_true(str_eq(STR_NONE, STR("")));
	assert_true(str_is(STR("ab"), "ab"));
	assert_false(str_is(STR("ab"), "abc"));
	assert_true(str_is(STR_NONE, ""));
	assert_true(str_cmp(STR("a"), STR("b")) < 0);
	assert_true(str_cmp(STR("b"), STR("a")) > 0);
	assert_true(str_cmp(STR("a"), STR("ab")) < 0);
	assert_true(str_cmp(STR("\xC3\xA9"), STR("z")) > 0);
	assert_int_equal(str_cmp(STR("same"), STR("same")), 0);
	assert_int_equal(str_cmp(STR_NONE, STR_NONE), 0);
}

static void starts_ends_trim(void **state) {
	(void)state;
	assert_true(str_starts(STR("core/x.c"), "core/"));
	assert_false(str_starts(STR("cor"), "core"));
	assert_true(str_starts(STR_NONE, ""));
	assert_true(str_ends(STR("core/x.c"), ".c"));
	assert_false(str_ends(STR("c"), ".c"));
	assert_true(str_ends(STR_NONE, ""));
	assert_str(str_trim(STR(" \t\r\n\v\f a b \n")), "a b");
	assert_int_equal(str_trim(STR(" \n ")).len, 0);
	assert_int_equal(str_trim(STR_NONE).len, 0);
	assert_str(str_trim(STR("\xC2\xA0x")), "\xC2\xA0x"); /* ASCII only: a no-break space is text */
}

static void finds_first_at_or_after(void **state) {
	(void)state;
	Str s = STR("abcabc");
	assert_true(str_find(s, "bc", 0) == 1);
	assert_true(str_find(s, "bc", 1) == 1);
	assert_true(str_find(s, "bc", 2) == 4);
	assert_true(str_find(s, "bc", 5) == SIZE_MAX);
	assert_true(str_find(s, "abcabcd", 0) == SIZE_MAX);
	assert_true(str_find(s, "", 6) == 6);
	assert_true(str_find(s, "", 7) == SIZE_MAX);
	assert_true(str_find(s, "a", SIZE_MAX) == SIZE_MAX);
	assert_true(str_find(STR_NONE, "a", 0) == SIZE_MAX);
	assert_true(str_find(STR("aab"), "ab", 0) == 1);
	/* never looks behind the end of the slice */
	assert_true(str_find(str_sub(s, 0, 2), "abc", 0) == SIZE_MAX);
}

static void splits_into_all_parts(void **state) {
	(void)state;
	Str rest = STR("a,,b,"), part;
	assert_true(str_split(&rest, ',', &part));
	assert_str(part, "a");
	assert_true(str_split(&rest, ',', &part));
	assert_int_equal(part.len, 0);
	assert_true(str_split(&rest, ',', &part));
	assert_str(part, "b");
	assert_true(str_split(&rest, ',', &part));
	assert_int_equal(part.len, 0);
	assert_false(str_split(&rest, ',', &part));
	assert_false(str_split(&rest, ',', &part));
	rest = STR("");
	assert_true(str_split(&rest, ',', &part));
	assert_int_equal(part.len, 0);
	assert_false(str_split(&rest, ',', &part));
	rest = STR_NONE;
	assert_false(str_split(&rest, ',', &part));
}

/* ---- arenas ---- */

static void arena_memory_is_zeroed_aligned_and_apart(void **state) {
	(void)state;
	Arena arena = { 0 };
	enum { N = 2000 };
	unsigned char *pieces[N];
	size_t sizes[N];
	for (size_t i = 0; i < N; i++) {
		sizes[i] = i % 97 == 0 ? i * 100 : i % 61; /* also some beyond a block */
		pieces[i] = arena_alloc(&arena, sizes[i]);
		assert_non_null(pieces[i]);
		assert_int_equal((uintptr_t)pieces[i] % _Alignof(max_align_t), 0);
		for (size_t k = 0; k < sizes[i]; k++) assert_int_equal(pieces[i][k], 0);
		if (sizes[i]) memset(pieces[i], (int)(i % 255 + 1), sizes[i]);
	}
	size_t sum = 0;
	for (size_t i = 0; i < N; i++) {
		sum += sizes[i];
		for (size_t k = 0; k < sizes[i]; k++) assert_int_equal(pieces[i][k], i % 255 + 1);
	}
	assert_true(arena.used >= sum);
	arena_done(&arena);
	assert_null(arena.blocks);
	assert_int_equal(arena.used, 0);
	arena_done(&arena);
}

static void arena_keeps_copies_of_text(void **state) {
	(void)state;
	Arena arena = { 0 };
	char text[] = "abc";
	Str copy = arena_str(&arena, (Str) { text, 2 });
	char *z = arena_strdup(&arena, STR("x\0y"));
	Str none = arena_str(&arena, STR_NONE);
	text[0] = '-';
	assert_str(copy, "ab");
	assert_int_equal(copy.ptr[2], '\0');
	assert_memory_equal(z, "x\0y", 4);
	assert_int_equal(none.len, 0);
	assert_string_equal(none.ptr, "");
	Str printed = arena_printf(&arena, "%s:%d", "a", 12);
	assert_str(printed, "a:12");
	assert_int_equal(arena_printf(&arena, "%s", "").len, 0);
	Str wide = arena_printf(&arena, "%*d", 100000, 1);
	assert_int_equal(wide.len, 100000);
	assert_int_equal(strlen(wide.ptr), 100000);
	arena_done(&arena);
}

static void arena_makes_typed_memory(void **state) {
	(void)state;
	Arena arena = { 0 };
	Err *one = ARENA_NEW(&arena, Err);
	uint64_t *many = ARENA_ARRAY(&arena, uint64_t, 1000);
	assert_string_equal(one->text, "");
	for (int i = 0; i < 1000; i++) assert_true(many[i] == 0);
	arena_done(&arena);
}

/* ---- growing arrays ---- */

static void vec_grows_zeroed(void **state) {
	(void)state;
	typedef struct Pair {
		int a;
		double b;
	} Pair;
	VEC(Pair) v = { 0 };
	for (int i = 0; i < 1000; i++) {
		Pair *p = &VEC_PUSH(v);
		assert_int_equal(p->a, 0);
		assert_true(p->b == 0.0);
		p->a = i;
	}
	assert_int_equal(v.n, 1000);
	for (int i = 0; i < 1000; i++) assert_int_equal(v.at[i].a, i);
	v.n = 3; /* popping is allowed, and what is pushed afterwards is zeroed again */
	assert_int_equal(VEC_PUSH(v).a, 0);
	VEC_FREE(v);
	assert_null(v.at);
	assert_int_equal(v.n + v.cap, 0);
}

static void vec_moves_to_an_arena(void **state) {
	(void)state;
	Arena arena = { 0 };
	VEC(Str) v = { 0 };
	for (int i = 0; i < 20; i++) VEC_PUSH(v) = STR("item");
	Str *items = VEC_TO_ARENA(v, &arena);
	assert_null(v.at);
	assert_int_equal(v.n, 0);
	for (int i = 0; i < 20; i++) assert_str(items[i], "item");
	assert_non_null(VEC_TO_ARENA(v, &arena)); /* an empty one too */
	arena_done(&arena);
}

/* ---- buffers ---- */

static void buf_adds_everything(void **state) {
	(void)state;
	Buf buf = { 0 };
	assert_int_equal(buf_view(&buf).len, 0);
	assert_true(buf_puts(&buf, "a"));
	assert_true(buf_putc(&buf, '\0'));
	assert_true(buf_str(&buf, STR("bc")));
	assert_true(buf_str(&buf, STR_NONE));
	assert_true(buf_printf(&buf, "-%d", 42));
	assert_str(buf_view(&buf), "a\0bc-42");
	assert_int_equal(buf.ptr[buf.len], '\0');
	buf_clear(&buf);
	assert_int_equal(buf.len, 0);
	assert_string_equal(buf.ptr, "");
	for (int width = 500; width < 530; width++) { /* around the size of the small buffer inside */
		buf_clear(&buf);
		assert_true(buf_printf(&buf, "%0*d", width, 5));
		assert_int_equal(buf.len, width);
		assert_int_equal(strlen(buf.ptr), width);
	}
	buf_done(&buf);
	assert_null(buf.ptr);
}

static void buf_stops_at_its_ceiling(void **state) {
	(void)state;
	Buf buf = { .max = 4 };
	assert_true(buf_puts(&buf, "abc"));
	assert_false(buf_puts(&buf, "de"));
	assert_true(buf.too_big);
	assert_false(buf_putc(&buf, 'f')); /* would fit, but what is there must stay a prefix */
	assert_false(buf_printf(&buf, "%s", "g"));
	assert_str(buf_view(&buf), "abc");
	buf_clear(&buf);
	assert_false(buf.too_big);
	assert_true(buf_puts(&buf, "wxyz"));
	assert_false(buf_putc(&buf, '!'));
	char *text = buf_take(&buf);
	assert_string_equal(text, "wxyz");
	free(text);
	assert_int_equal(buf.max, 4);
	assert_false(buf.too_big);
	buf_done(&buf);
	Buf endless = { .max = SIZE_MAX };
	assert_true(buf_puts(&endless, "abc"));
	buf_done(&endless);
}

static void buf_take_hands_over(void **state) {
	(void)state;
	Buf buf = { 0 };
	char *empty = buf_take(&buf);
	assert_string_equal(empty, "");
	free(empty);
	buf_puts(&buf, "mine");
	char *text = buf_take(&buf);
	assert_null(buf.ptr);
	assert_int_equal(buf.len, 0);
	assert_string_equal(text, "mine");
	free(text);
}

/* ---- hashes and maps ---- */

static void hashes_are_the_same_everywhere(void **state) {
	(void)state;
	/* ids of candidates rest on these: they may never change (checked against a second implementation, in Python) */
	assert_true(hash_bytes(HASH_SEED, "", 0) == UINT64_C(0xefd01f60ba992926));
	assert_true(hash_bytes(HASH_SEED, "abc", 3) == UINT64_C(0x33ebaf9927cbc5bd));
	assert_true(hash_u64(HASH_SEED, UINT64_C(0x0102030405060708)) == UINT64_C(0x4ce83454b8ce0827));
	assert_true(hash_str(HASH_SEED, STR("abc")) == UINT64_C(0x39356dabc56f8fca));
	assert_true(hash_str(HASH_SEED, STR_NONE) == hash_str(HASH_SEED, STR("")));
	/* the length is part of it, so that "a","bc" and "ab","c" differ when chained */
	uint64_t one = hash_str(hash_str(HASH_SEED, STR("a")), STR("bc"));
	uint64_t two = hash_str(hash_str(HASH_SEED, STR("ab")), STR("c"));
	assert_true(one != two);
}

static void map_finds_what_was_put(void **state) {
	(void)state;
	enum { N = 5000 };
	Arena arena = { 0 };
	Map map = { 0 };
	assert_null(map_get(&map, STR("x")));
	for (uintptr_t i = 0; i < N; i++) map_put(&map, arena_printf(&arena, "key %lu", (unsigned long)i), i);
	assert_int_equal(map.n, N);
	for (uintptr_t i = 0; i < N; i++) {
		uintptr_t *value = map_get(&map, arena_printf(&arena, "key %lu", (unsigned long)i));
		assert_non_null(value);
		assert_int_equal(*value, i);
	}
	assert_null(map_get(&map, STR("key 5000")));
	assert_null(map_get(&map, STR("")));
	map_put(&map, STR("key 7"), 1234);
	assert_int_equal(map.n, N);
	assert_int_equal(*map_get(&map, STR("key 7")), 1234);
	++*map_get(&map, STR("key 7"));
	assert_int_equal(*map_get(&map, STR("key 7")), 1235);
	map_put(&map, STR_NONE, 9);
	assert_int_equal(*map_get(&map, STR("")), 9);
	map_put(&map, STR("a\0b"), 10);
	assert_null(map_get(&map, STR("a")));
	assert_int_equal(*map_get(&map, STR("a\0b")), 10);
	map_done(&map);
	assert_null(map_get(&map, STR("key 7")));
	arena_done(&arena);
}

/* ---- files ---- */

typedef struct Folder {
	char path[64];
} Folder;

static int folder_made(void **state) {
	Folder *folder = calloc(1, sizeof *folder);
	if (!folder) return -1;
	*state = folder;
	*folder = (Folder) { "/tmp/triptych-base-XXXXXX" };
	return mkdtemp(folder->path) ? 0 : -1;
}

static int folder_removed(void **state) {
	Folder *folder = *state;
	const char *names[] = { "file", "fifo", "empty" };
	for (size_t i = 0; i < BASE_COUNT(names); i++) {
		char *path = base_path_join(folder->path, names[i]);
		unlink(path);
		free(path);
	}
	int status = rmdir(folder->path);
	free(folder);
	return status;
}

static char *file_written(const Folder *folder, const char *name, const void *bytes, size_t len) {
	char *path = base_path_join(folder->path, name);
	FILE *f = fopen(path, "wb");
	assert_non_null(f);
	assert_int_equal(fwrite(bytes, 1, len, f), len);
	assert_int_equal(fclose(f), 0);
	return path;
}

static void file_is_read_whole(void **state) {
	Err err = { "untouched" };
	char *text = NULL;
	size_t len = 99;
	char *path = file_written(*state, "file", "a\0b\n", 4);
	assert_true(base_file_read(path, 4, &text, &len, &err));
	assert_int_equal(len, 4);
	assert_memory_equal(text, "a\0b\n", 5);
	assert_string_equal(err.text, "untouched");
	free(text);
	free(path);
	path = file_written(*state, "empty", "", 0);
	assert_true(base_file_read(path, 0, &text, &len, &err));
	assert_int_equal(len, 0);
	assert_string_equal(text, "");
	free(text);
	free(path);
}

static void file_over_the_limit_is_refused(void **state) {
	Err err = { "" };
	char *text = NULL, *path = file_written(*state, "file", "12345", 5);
	size_t len = 99;
	assert_false(base_file_read(path, 4, &text, &len, &err));
	assert_non_null(strstr(err.text, "larger than 4 bytes"));
	assert_null(text);
	assert_int_equal(len, 99);
	free(path);
}

static void only_regular_files_are_read(void **state) {
	const Folder *folder = *state;
	Err err = { "" };
	char *text = NULL;
	size_t len;
	assert_false(base_file_read(folder->path, 100, &text, &len, &err));
	assert_non_null(strstr(err.text, "not a regular file"));
	char *fifo = base_path_join(folder->path, "fifo");
	assert_int_equal(mkfifo(fifo, 0600), 0);
	assert_false(base_file_read(fifo, 100, &text, &len, &err)); /* and doesn't wait for a writer */
	assert_non_null(strstr(err.text, "not a regular file"));
	free(fifo);
	assert_false(base_file_read("/nonexistent/file", 100, &text, &len, &err));
	assert_string_equal(err.text, "cannot open '/nonexistent/file': No such file or directory");
	assert_false(base_file_read("/nonexistent/file", 100, &text, &len, NULL));
}

static void paths_are_joined_with_one_slash(void **state) {
	(void)state;
	static const char *const rows[][3] = {
		{ "a", "b", "a/b" },
		{ "a/", "b", "a/b" },
		{ "", "b", "b" },
		{ "a", "/b", "/b" },
		{ "/", "b", "/b" },
		{ "a b", "c d", "a b/c d" },
	};
	for (size_t i = 0; i < BASE_COUNT(rows); i++) {
		char *joined = base_path_join(rows[i][0], rows[i][1]);
		assert_string_equal(joined, rows[i][2]);
		free(joined);
	}
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(err_holds_one_line),
		cmocka_unit_test(err_may_quote_itself),
		cmocka_unit_test(err_is_cut_between_characters),
		cmocka_unit_test(fatal_says_why_and_aborts),
		cmocka_unit_test(too_much_memory_is_fatal),
		cmocka_unit_test(allocations_are_zeroed_and_never_null),
		cmocka_unit_test(slices_are_made_and_cut),
		cmocka_unit_test(slices_are_compared_by_bytes),
		cmocka_unit_test(starts_ends_trim),
		cmocka_unit_test(finds_first_at_or_after),
		cmocka_unit_test(splits_into_all_parts),
		cmocka_unit_test(arena_memory_is_zeroed_aligned_and_apart),
		cmocka_unit_test(arena_keeps_copies_of_text),
		cmocka_unit_test(arena_makes_typed_memory),
		cmocka_unit_test(vec_grows_zeroed),
		cmocka_unit_test(vec_moves_to_an_arena),
		cmocka_unit_test(buf_adds_everything),
		cmocka_unit_test(buf_stops_at_its_ceiling),
		cmocka_unit_test(buf_take_hands_over),
		cmocka_unit_test(hashes_are_the_same_everywhere),
		cmocka_unit_test(map_finds_what_was_put),
		cmocka_unit_test_setup_teardown(file_is_read_whole, folder_made, folder_removed),
		cmocka_unit_test_setup_teardown(file_over_the_limit_is_refused, folder_made, folder_removed),
		cmocka_unit_test_setup_teardown(only_regular_files_are_read, folder_made, folder_removed),
		cmocka_unit_test(paths_are_joined_with_one_slash),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
