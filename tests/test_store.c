#include "core/posix.h"

#include "sessions/store.h"

#include "core/data.h"
#include "sessions/log.h"
#include "sessions/walk.h"
#include "tests/support/fake_scan.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <dirent.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

typedef struct Here {
	char *folder, *db;
} Here;

static int set_up(void **state) {
	Here *here = base_alloc(sizeof *here);
	here->folder = fake_folder();
	here->db = base_path_join(here->folder, "deep/er/t.db");
	*state = here;
	return 0;
}

static int tear_down(void **state) {
	Here *here = *state;
	fake_remove(here->folder);
	free(here->folder);
	free(here->db);
	free(here);
	return 0;
}

static Store *open_it(const Here *here) {
	Err err = { { 0 } };
	Store *store = store_open(here->db, true, &err);
	if (!store) fail_msg("%s", err.text);
	return store;
}

static int64_t make_session(Store *store, const char *name) {
	Arena arena = { 0 };
	Err err = { { 0 } };
	const char *paths[] = { "/port" };
	SourceOptions sides[SIDE_COUNT] = { [SIDE_SWIFT] = { .paths = paths, .n_paths = 1 } };
	Session session;
	if (!session_create(store, name, sides, &arena, &session, &err)) fail_msg("%s", err.text);
	int64_t key = session.key;
	arena_done(&arena);
	return key;
}

static bool add_note(Store *store, int64_t session, const char *text, Err *err) {
	Arena arena = { 0 };
	LogEvent event = {
		.kind = LOG_NOTE, .session = session, .candidate = STR("sdpa-000000000000"), .reason = str_of(text)
	};
	bool ok = log_add(store, "/", &event, &arena, err);
	arena_done(&arena);
	return ok;
}

static size_t count_events(Store *store, int64_t session) {
	Arena arena = { 0 };
	LogEvent *events;
	size_t n = 0;
	assert_true(log_read(store, session, &arena, &events, &n, NULL));
	arena_done(&arena);
	return n;
}

static bool run(Store *store, const char *sql, Err *err) {
	Query q = query_open(store, sql);
	return query_run(&q, err);
}

static void a_new_database_is_private_and_ours(void **state) {
	const Here *here = *state;
	Err err = { { 0 } };
	assert_null(store_open(here->db, false, &err));
	assert_non_null(strstr(err.text, "there is no database"));
	Store *store = open_it(here);
	struct stat info;
	assert_int_equal(stat(here->db, &info), 0);
	assert_int_equal(info.st_mode & 077, 0);
	Buf report = { 0 };
	assert_true(store_check(store, &report, &err));
	assert_int_equal(report.len, 0);
	buf_done(&report);
	store_close(store);
	store_close(open_it(here));
}

static void events_are_never_changed_nor_deleted(void **state) {
	Store *store = open_it(*state);
	int64_t key = make_session(store, "whisper");
	assert_true(add_note(store, key, "keep me", NULL));
	Err err = { { 0 } };
	assert_false(run(store, "UPDATE event SET reason = 'other'", &err));
	assert_non_null(strstr(err.text, "events are never changed"));
	assert_false(run(store, "DELETE FROM event", &err));
	assert_non_null(strstr(err.text, "events are never deleted"));
	assert_false(run(store, "DELETE FROM session", &err));
	assert_int_equal(count_events(store, key), 1);
	store_close(store);
}

static void a_purge_alone_removes(void **state) {
	Store *store = open_it(*state);
	int64_t keep = make_session(store, "keep"), go = make_session(store, "go");
	add_note(store, keep, "parity stays", NULL);
	add_note(store, go, "parity goes", NULL);
	Arena arena = { 0 };
	Session session;
	assert_true(session_find(store, "go", false, &arena, &session, NULL));
	assert_true(session_purge(store, &session, NULL));
	assert_int_equal(count_events(store, go), 0);
	assert_int_equal(count_events(store, keep), 1);
	LogEvent *found;
	size_t n;
	assert_true(log_search(store, STR("parity"), &arena, &found, &n, NULL));
	assert_int_equal(n, 1);
	assert_false(run(store, "DELETE FROM event", NULL));
	arena_done(&arena);
	store_close(store);
}

static void foreign_and_newer_databases_are_refused_untouched(void **state) {
	const Here *here = *state;
	store_close(open_it(here));
	Err err = { { 0 } };
	StoreStep none[1] = { { STR("SELECT 1") } };
	assert_null(store_open_steps(here->db, true, none, 0, &err));
	assert_non_null(strstr(err.text, "newer Triptych"));
	char *other = base_path_join(here->folder, "other.db");
	StoreStep theirs[1] = { { STR("CREATE TABLE theirs (x); INSERT INTO theirs VALUES (1)") } };
	Store *store = store_open_steps(other, true, theirs, 1, NULL);
	assert_true(run(store, "PRAGMA application_id = 7", NULL));
	store_close(store);
	assert_null(store_open(other, true, &err));
	assert_non_null(strstr(err.text, "another program"));
	free(other);
	char *junk = base_path_join(here->folder, "junk.db");
	int fd = open(junk, O_CREAT | O_WRONLY, 0600);
	for (int i = 0; i < 200; i++) assert_int_equal(write(fd, "not a database at all\n", 22), 22);
	close(fd);
	assert_null(store_open(junk, true, &err));
	assert_non_null(strstr(err.text, "is not a database"));
	free(junk);
}

static size_t count_files(const char *folder, const char *prefix) {
	DIR *dir = opendir(folder);
	size_t n = 0;
	for (struct dirent *entry; (entry = readdir(dir));) n += strncmp(entry->d_name, prefix, strlen(prefix)) == 0;
	closedir(dir);
	return n;
}

/* The steps of a schema that grows by a column, with a row of the first version in it. */
static void an_older_database_is_migrated_after_a_copy(void **state) {
	const Here *here = *state;
	Err err = { { 0 } };
	StoreStep steps[3] = {
		{ STR("CREATE TABLE thing (a TEXT) STRICT") },
		{ STR("ALTER TABLE thing ADD COLUMN b TEXT; UPDATE thing SET b = a || '!'") },
		{ STR("CREATE TABLE broken (") },
	};
	Store *store = store_open_steps(here->db, true, steps, 1, &err);
	assert_true(run(store, "INSERT INTO thing VALUES ('kept')", &err));
	store_close(store);
	/* a step that fails leaves the old version whole */
	assert_null(store_open_steps(here->db, true, steps, 3, &err));
	store = store_open_steps(here->db, true, steps, 1, &err);
	assert_non_null(store);
	store_close(store);
	store = store_open_steps(here->db, true, steps, 2, &err);
	assert_non_null(store);
	Arena arena = { 0 };
	Query q = query_open(store, "SELECT a, b FROM thing");
	assert_true(query_row(&q));
	assert_true(str_is(query_get(&q, 1, &arena), "kept!"));
	query_end(&q, NULL);
	store_close(store);
	/* the copy beside it is the version from before */
	char *folder = base_path_join(here->folder, "deep/er");
	assert_int_equal(count_files(folder, "t.db.v1-"), 1);
	free(folder);
	arena_done(&arena);
}

static Str read_fixture(const char *path, Arena *arena) {
	char *text;
	size_t len;
	Err err = { { 0 } };
	if (!base_file_read(path, 1 << 20, &text, &len, &err)) fail_msg("%s", err.text);
	Str copy = arena_str(arena, (Str) { text, len });
	free(text);
	return copy;
}

/* What the first schema left, opened by this program: nothing that was decided is gone, and a copy stands beside it. */
static void a_database_of_the_first_schema_comes_along(void **state) {
	const Here *here = *state;
	Arena arena = { 0 };
	Err err = { { 0 } };
	StoreStep first = { read_fixture("tests/fixtures/databases/schema_1.sql", &arena) };
	Str released;
	assert_true(data_get("sessions/schema.sql", &released));
	/* a released schema is never edited: what changes is a step of its own */
	assert_true(str_find(first.sql, released.ptr, 0) != SIZE_MAX);
	Store *store = store_open_steps(here->db, true, &first, 1, &err);
	if (!store) fail_msg("%s", err.text);
	store_close(store);
	store = open_it(here);
	Buf report = { 0 };
	assert_true(store_check(store, &report, &err));
	assert_int_equal(report.len, 0);
	Walk *walk;
	if (!walk_open(store, "quail-port", &walk, &err)) fail_msg("%s", err.text);
	size_t n, n_found;
	walk_log(walk, &n);
	assert_int_equal(n, 7);
	const WalkItem *item;
	assert_int_equal(walk_find(walk, STR("sdpa-4c7e"), &item, &err), 1);
	assert_int_equal(item->verdict, VERDICT_ACCEPT);
	assert_true(str_is(item->condition, "only if parity < 1e-4"));
	assert_true(item->done && item->measurement.after == 14);
	assert_int_equal(walk_find(walk, STR("log-softmax-5bcd"), &item, &err), 1);
	assert_int_equal(item->verdict, VERDICT_REJECT);
	assert_int_equal(walk_n_listed(walk), 5);
	LogEvent *found;
	assert_true(log_search(store, STR("probabilities wanted"), &arena, &found, &n_found, &err));
	assert_int_equal(n_found, 1);
	Decision decision = { .ids = (const char *[]) { item->candidate.id }, .n_ids = 1, .verdict = VERDICT_DEFER };
	Question question;
	assert_true(walk_decide(walk, &decision, &question, &err));
	walk_close(walk);
	store_close(store);
	char *folder = base_path_join(here->folder, "deep/er");
	assert_int_equal(count_files(folder, "t.db.v1-"), 1);
	free(folder);
	buf_done(&report);
	arena_done(&arena);
}

static void a_full_disk_loses_nothing_and_says_so(void **state) {
	Store *store = open_it(*state);
	int64_t key = make_session(store, "whisper");
	assert_true(add_note(store, key, "before", NULL));
	store_limit_size(store, true);
	char *text = base_alloc(200001);
	memset(text, 'x', 200000);
	Err err = { { 0 } };
	assert_false(add_note(store, key, text, &err));
	assert_non_null(strstr(err.text, "the disk is full: nothing was written"));
	assert_int_equal(count_events(store, key), 1);
	store_limit_size(store, false);
	assert_true(add_note(store, key, text, &err));
	assert_int_equal(count_events(store, key), 2);
	free(text);
	store_close(store);
}

/* 0 when the database can be read but not written. Runs in a process of its own, since root writes everywhere. */
static int read_only_child(const Here *here, int64_t key) {
	if (geteuid() == 0 && setuid(65534) != 0) return 1;
	Err err = { { 0 } };
	Store *store = store_open(here->db, true, &err);
	if (!store) {
		print_message("%s\n", err.text);
		return 2;
	}
	int failed = 0;
	if (!store_is_read_only(store))
		failed = 3;
	else if (count_events(store, key) != 1)
		failed = 4;
	else if (add_note(store, key, "no", &err))
		failed = 5;
	else if (!strstr(err.text, "read-only: nothing was written"))
		failed = 6;
	store_close(store);
	return failed;
}

static void a_read_only_database_can_be_read(void **state) {
	const Here *here = *state;
	Store *store = open_it(here);
	int64_t key = make_session(store, "whisper");
	add_note(store, key, "written", NULL);
	store_close(store);
	char *deep = base_path_join(here->folder, "deep"), *deeper = base_path_join(here->folder, "deep/er");
	chmod(here->db, 0444);
	chmod(deeper, 0555);
	chmod(deep, 0555);
	chmod(here->folder, 0755);
	pid_t child = fork();
	if (child == 0) _exit(read_only_child(here, key));
	int status;
	assert_int_equal(waitpid(child, &status, 0), child);
	chmod(deeper, 0700);
	chmod(deep, 0700);
	free(deep);
	free(deeper);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
}

enum { WRITERS = 3, NOTES = 40 };

static void several_processes_wait_for_each_other(void **state) {
	const Here *here = *state;
	Store *store = open_it(here);
	int64_t key = make_session(store, "whisper");
	store_close(store);
	pid_t writers[WRITERS];
	for (int w = 0; w < WRITERS; w++) {
		writers[w] = fork();
		if (writers[w] != 0) continue;
		Store *mine = store_open(here->db, false, NULL);
		int failed = mine ? 0 : 1;
		for (int i = 0; i < NOTES && !failed; i++) failed = !add_note(mine, key, "from several", NULL);
		_exit(failed);
	}
	for (int w = 0; w < WRITERS; w++) {
		int status;
		assert_int_equal(waitpid(writers[w], &status, 0), writers[w]);
		assert_int_equal(status, 0);
	}
	store = open_it(here);
	assert_int_equal(count_events(store, key), WRITERS * NOTES);
	store_close(store);
}

static void changes_by_others_are_noticed(void **state) {
	const Here *here = *state;
	Store *store = open_it(here), *other = open_it(here);
	int64_t key = make_session(store, "whisper");
	assert_false(store_changed_elsewhere(store));
	add_note(other, key, "theirs", NULL);
	assert_true(store_changed_elsewhere(store));
	assert_false(store_changed_elsewhere(store));
	store_close(other);
	store_close(store);
}

static void search_takes_words_as_words(void **state) {
	Store *store = open_it(*state);
	int64_t key = make_session(store, "whisper");
	add_note(store, key, "parity 2e-2 in fp16, see \"note\"", NULL);
	add_note(store, key, "word timings need qk", NULL);
	static const struct {
		const char *text;
		size_t n;
	} CASES[] = { { "parity", 1 }, { "par", 1 }, { "PARITY fp16", 1 }, { "parity timings", 0 }, { "\"note", 1 },
		{ "", 0 }, { "* OR NEAR(", 0 }, { "qk AND", 0 }, { "timings need", 1 }, { "-", 0 }, { "2e-2", 1 } };
	for (size_t i = 0; i < BASE_COUNT(CASES); i++) {
		Arena arena = { 0 };
		LogEvent *found;
		size_t n = 99;
		Err err = { { 0 } };
		if (!log_search(store, str_of(CASES[i].text), &arena, &found, &n, &err))
			fail_msg("%s: %s", CASES[i].text, err.text);
		if (n != CASES[i].n) fail_msg("'%s' finds %zu", CASES[i].text, n);
		arena_done(&arena);
	}
	store_close(store);
}

static void ids_are_random_and_of_version_4(void **state) {
	(void)state;
	char a[37], b[37], now[25];
	assert_true(log_uuid(a, NULL) && log_uuid(b, NULL));
	assert_int_equal(strlen(a), 36);
	assert_int_equal(a[14], '4');
	assert_non_null(strchr("89ab", a[19]));
	assert_string_not_equal(a, b);
	log_now(now);
	assert_int_equal(strlen(now), 24);
	assert_int_equal(now[23], 'Z');
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_new_database_is_private_and_ours, set_up, tear_down),
		cmocka_unit_test_setup_teardown(events_are_never_changed_nor_deleted, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_purge_alone_removes, set_up, tear_down),
		cmocka_unit_test_setup_teardown(foreign_and_newer_databases_are_refused_untouched, set_up, tear_down),
		cmocka_unit_test_setup_teardown(an_older_database_is_migrated_after_a_copy, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_database_of_the_first_schema_comes_along, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_full_disk_loses_nothing_and_says_so, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_read_only_database_can_be_read, set_up, tear_down),
		cmocka_unit_test_setup_teardown(several_processes_wait_for_each_other, set_up, tear_down),
		cmocka_unit_test_setup_teardown(changes_by_others_are_noticed, set_up, tear_down),
		cmocka_unit_test_setup_teardown(search_takes_words_as_words, set_up, tear_down),
		cmocka_unit_test(ids_are_random_and_of_version_4),
	};
	return cmocka_run_group_tests_name("store", tests, NULL, NULL);
}
