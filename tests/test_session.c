#include "core/posix.h"

#include "sessions/session.h"

#include "sessions/demo.h"
#include "sessions/log.h"
#include "sessions/paths.h"
#include "sessions/walk.h"
#include "tests/support/fake_scan.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

typedef struct Here {
	char *folder;
	Store *store;
	Arena arena;
} Here;

static int set_up(void **state) {
	Here *here = base_alloc(sizeof *here);
	here->folder = fake_folder();
	char *db = base_path_join(here->folder, "t.db");
	here->store = store_open(db, true, NULL);
	free(db);
	*state = here;
	return here->store ? 0 : -1;
}

static int tear_down(void **state) {
	Here *here = *state;
	store_close(here->store);
	arena_done(&here->arena);
	fake_remove(here->folder);
	free(here->folder);
	free(here);
	return 0;
}

static bool create(Here *here, const char *name, Session *out, Err *err) {
	const char *paths[] = { "/port/Sources", "relative/../x" };
	const char *mlx[] = { "/mlx" };
	SourceOptions sides[SIDE_COUNT] = {
		[SIDE_SWIFT] = { .paths = paths, .n_paths = 2, .no_context = true },
		[SIDE_MLX] = { .paths = mlx, .n_paths = 1 },
	};
	return session_create(here->store, name, sides, &here->arena, out, err);
}

static void a_session_remembers_its_sides(void **state) {
	Here *here = *state;
	Session session;
	assert_true(create(here, "whisper", &session, NULL));
	assert_int_equal(session.sides[SIDE_SWIFT].n_paths, 2);
	assert_string_equal(session.sides[SIDE_SWIFT].paths[0], "/port/Sources");
	assert_true(session.sides[SIDE_SWIFT].paths[1][0] == '/');
	assert_null(strstr(session.sides[SIDE_SWIFT].paths[1], ".."));
	assert_true(session.sides[SIDE_SWIFT].no_context);
	assert_int_equal(session.sides[SIDE_TORCH].n_paths, 0);
	assert_int_equal(session.uuid.len, 36);
}

static void names_are_checked_and_stay_free_of_doubles(void **state) {
	Here *here = *state;
	static const char *const BAD[] = { "", "  ", "a/b", "a\nb", "-x" };
	Session session;
	Err err = { { 0 } };
	for (size_t i = 0; i < BASE_COUNT(BAD); i++) assert_false(create(here, BAD[i], &session, &err));
	assert_true(create(here, "Müller's port", &session, &err));
	assert_false(create(here, "Müller's port", &session, &err));
	assert_non_null(strstr(err.text, "already"));
	assert_false(session_find(here->store, "other", false, &here->arena, &session, &err));
	assert_non_null(strstr(err.text, "there is no session 'other'"));
}

static void deleting_hides_and_undeleting_brings_back(void **state) {
	Here *here = *state;
	Session session;
	Err err = { { 0 } };
	assert_true(create(here, "whisper", &session, NULL));
	assert_true(session_delete(here->store, &session, NULL));
	assert_false(session_find(here->store, "whisper", false, &here->arena, &session, &err));
	assert_non_null(strstr(err.text, "undelete whisper"));
	assert_false(create(here, "whisper", &session, &err));
	assert_non_null(strstr(err.text, "deleted session"));
	SessionSummary *list;
	size_t n;
	assert_true(session_list(here->store, false, &here->arena, &list, &n, NULL));
	assert_int_equal(n, 0);
	assert_true(session_list(here->store, true, &here->arena, &list, &n, NULL));
	assert_int_equal(n, 1);
	assert_true(session_find(here->store, "whisper", true, &here->arena, &session, &err));
	assert_true(session_undelete(here->store, &session, NULL));
	assert_true(session_find(here->store, "whisper", false, &here->arena, &session, &err));
	LogEvent *events;
	assert_true(log_read(here->store, session.key, &here->arena, &events, &n, NULL));
	assert_int_equal(n, 2);
	assert_int_equal(events[0].kind, LOG_DELETE);
	assert_int_equal(events[1].kind, LOG_UNDELETE);
}

static void a_rename_is_remembered(void **state) {
	Here *here = *state;
	Session session, other;
	Err err = { { 0 } };
	assert_true(create(here, "whisper", &session, NULL) && create(here, "parakeet", &other, NULL));
	assert_false(session_rename(here->store, &session, "parakeet", &err));
	assert_true(session_rename(here->store, &session, "whisper-2", NULL));
	assert_true(session_find(here->store, "whisper-2", false, &here->arena, &other, NULL));
	assert_true(str_eq(session.uuid, other.uuid));
	assert_false(session_find(here->store, "whisper", false, &here->arena, &other, NULL));
}

static void the_walk_goes_on_where_it_stood(void **state) {
	Here *here = *state;
	Session session;
	assert_true(create(here, "whisper", &session, NULL));
	Walk *walk;
	assert_true(walk_open(here->store, "whisper", &walk, NULL));
	SessionView view = { STR("sdpa-3f2a90c1d2e3"), STR("verdict:none"), STR("sort=gain"), 17 };
	assert_true(walk_save_view(walk, &view, NULL));
	walk_close(walk);
	assert_true(walk_open(here->store, "whisper", &walk, NULL));
	assert_true(str_is(walk_session(walk)->view.selected, "sdpa-3f2a90c1d2e3"));
	assert_true(str_is(walk_session(walk)->view.filter, "verdict:none"));
	assert_true(str_is(walk_session(walk)->view.state, "sort=gain"));
	assert_int_equal(walk_session(walk)->view.scroll, 17);
	walk_close(walk);
}

static void the_latest_used_stands_first(void **state) {
	Here *here = *state;
	Session session;
	assert_true(create(here, "first", &session, NULL) && create(here, "second", &session, NULL));
	Query q = query_open(here->store, "UPDATE session SET opened = '2001-01-01T00:00:00.000Z'");
	assert_true(query_run(&q, NULL));
	Walk *walk;
	assert_true(walk_open(here->store, "first", &walk, NULL));
	walk_close(walk);
	SessionSummary *list;
	size_t n;
	assert_true(session_list(here->store, false, &here->arena, &list, &n, NULL));
	assert_true(str_is(list[0].session.name, "first"));
}

static void the_demo_is_laid_out_once(void **state) {
	Here *here = *state;
	char *folder = base_path_join(here->folder, "data/demo"), *port = demo_side(folder, SIDE_SWIFT);
	char *package = base_path_join(port, "Package.swift");
	Err err = { { 0 } };
	if (!demo_lay_out(folder, false, &err)) fail_msg("%s", err.text);
	struct stat info;
	assert_int_equal(stat(folder, &info), 0);
	assert_int_equal(info.st_mode & 077, 0);
	assert_int_equal(stat(package, &info), 0);
	assert_true(info.st_size > 0);
	/* what a user did to a file stays, until a reset */
	assert_true(paths_write_file(package, STR("// mine\n"), true, NULL));
	assert_true(demo_lay_out(folder, false, NULL));
	assert_int_equal(stat(package, &info), 0);
	assert_int_equal(info.st_size, 8);
	assert_true(demo_lay_out(folder, true, NULL));
	assert_int_equal(stat(package, &info), 0);
	assert_true(info.st_size > 8);
	free(folder);
	free(port);
	free(package);
}

static const char *fake_variable(void *user, const char *name) {
	const char *const *pairs = user;
	for (size_t i = 0; pairs[i]; i += 2) {
		if (strcmp(pairs[i], name) == 0) return pairs[i + 1];
	}
	return NULL;
}

static void check_path(char *path, const char *expected) {
	assert_string_equal(path, expected);
	free(path);
}

static void paths_follow_the_environment(void **state) {
	(void)state;
	const char *home[] = { "HOME", "/home/ada", NULL };
	const char *xdg[] = { "HOME", "/home/ada", "XDG_DATA_HOME", "/data", "XDG_CONFIG_HOME", "relative", "TRIPTYCH_DB",
		"/x/y.db", NULL };
	PathsEnv plain = { fake_variable, home }, set = { fake_variable, xdg };
	check_path(paths_data(&plain), "/home/ada/.local/share/triptych");
	check_path(paths_config(&plain, NULL), "/home/ada/.config/triptych/config");
	check_path(paths_db(&plain, NULL), "/home/ada/.local/share/triptych/triptych.db");
	check_path(paths_data(&set), "/data/triptych");
	check_path(paths_config_folder(&set), "/home/ada/.config/triptych");
	check_path(paths_db(&set, NULL), "/x/y.db");
	check_path(paths_db(&set, "/z.db"), "/z.db");
	check_path(paths_absolute("/a/./b//c/../d/"), "/a/b/d");
	check_path(paths_absolute("/.."), "/");
	check_path(paths_parent("/a"), "/");
}

static void files_are_written_whole_or_not(void **state) {
	Here *here = *state;
	char *path = base_path_join(here->folder, "plan.md");
	Err err = { { 0 } };
	assert_true(paths_write_file(path, STR("one"), false, NULL));
	assert_false(paths_write_file(path, STR("two"), false, &err));
	assert_non_null(strstr(err.text, "exists"));
	assert_true(paths_write_file(path, STR("three"), true, NULL));
	struct stat info;
	assert_int_equal(stat(path, &info), 0);
	assert_int_equal(info.st_size, 5);
	free(path);
	path = base_path_join(here->folder, "no/such/plan.md");
	assert_false(paths_write_file(path, STR("x"), false, &err));
	assert_non_null(strstr(err.text, "cannot write"));
	free(path);
}

int main(void) {
#define T(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		T(a_session_remembers_its_sides),
		T(names_are_checked_and_stay_free_of_doubles),
		T(deleting_hides_and_undeleting_brings_back),
		T(a_rename_is_remembered),
		T(the_walk_goes_on_where_it_stood),
		T(the_latest_used_stands_first),
		T(the_demo_is_laid_out_once),
		cmocka_unit_test(paths_follow_the_environment),
		T(files_are_written_whole_or_not),
	};
	return cmocka_run_group_tests_name("session", tests, NULL, NULL);
}
