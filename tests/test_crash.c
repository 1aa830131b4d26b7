/* A writer is killed at any instant, again and again: no verdict that it confirmed may be missing afterwards. The writer
 * confirms by writing to a pipe once walk_decide has returned; the killer waits on that pipe, never on time. */
#include "core/posix.h"

#include "sessions/walk.h"
#include "tests/support/fake_scan.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { KILLS = 200, SCANNED = 12 };

static char *port_text(void) {
	Buf text = { 0 };
	for (int i = 0; i < SCANNED; i++) {
		buf_printf(&text, "func f%d(x: MLXArray) -> MLXArray {\n    return softmax(x * %d)\n}\n", i, i);
	}
	return buf_take(&text);
}

static void set_up_session(const char *db) {
	Store *store = store_open(db, true, NULL);
	assert_non_null(store);
	Arena arena = { 0 };
	const char *paths[] = { "/port" };
	SourceOptions sides[SIDE_COUNT] = { [SIDE_SWIFT] = { .paths = paths, .n_paths = 1 } };
	Session session;
	assert_true(session_create(store, "port", sides, &arena, &session, NULL));
	Walk *walk;
	assert_true(walk_open(store, "port", &walk, NULL));
	char *text = port_text();
	FakeFile file = { "Sources/A.swift", text };
	FakeScan fake;
	fake_scan(&fake, &file, 1, NULL);
	assert_true(walk_take_scan(walk, &fake.scan, &fake.catalogue, NULL, NULL));
	fake_done(&fake);
	free(text);
	walk_close(walk);
	arena_done(&arena);
	store_close(store);
}

/* Decides without end; tells the number of each verdict that is on the disk. */
static void write_for_ever(const char *db, int pipe_end, int round) {
	Store *store = store_open(db, false, NULL);
	Walk *walk;
	if (!store || !walk_open(store, "port", &walk, NULL)) _exit(3);
	for (int i = 0;; i++) {
		size_t n;
		const WalkItem *items = walk_items(walk, &n);
		char id[64], because[64];
		memcpy(id, items[(size_t)i % n].candidate.id, sizeof id);
		snprintf(because, sizeof because, "round %d verdict %d", round, i);
		const char *ids[] = { id };
		Decision decision = {
			.ids = ids, .n_ids = 1, .verdict = i % 2 ? VERDICT_ACCEPT : VERDICT_REJECT, .because = str_of(because)
		};
		Question question;
		if (!walk_decide(walk, &decision, &question, NULL)) _exit(4);
		if (write(pipe_end, &i, sizeof i) != sizeof i) _exit(0);
	}
}

/* Kills the writer once it has confirmed `after` verdicts; returns the last one confirmed. */
static int kill_one(const char *db, int round, int after) {
	int ends[2];
	assert_int_equal(pipe(ends), 0);
	pid_t writer = fork();
	if (writer == 0) {
		close(ends[0]);
		write_for_ever(db, ends[1], round);
	}
	close(ends[1]);
	int last = -1, got;
	while (last < after && read(ends[0], &got, sizeof got) == sizeof got) last = got;
	kill(writer, SIGKILL);
	/* what it confirmed before it died counts too */
	while (read(ends[0], &got, sizeof got) == sizeof got) last = got;
	close(ends[0]);
	int status;
	assert_int_equal(waitpid(writer, &status, 0), writer);
	assert_true(WIFSIGNALED(status));
	return last;
}

static size_t count_round(Store *store, int round) {
	Arena arena = { 0 };
	LogEvent *events;
	size_t n, found = 0;
	char prefix[32];
	snprintf(prefix, sizeof prefix, "round %d verdict ", round);
	assert_true(log_read(store, 0, &arena, &events, &n, NULL));
	for (size_t i = 0; i < n; i++) found += str_starts(events[i].reason, prefix);
	arena_done(&arena);
	return found;
}

static void no_confirmed_verdict_is_lost(void **state) {
	(void)state;
	char *folder = fake_folder(), *db = base_path_join(folder, "t.db");
	set_up_session(db);
	size_t confirmed = 0;
	for (int round = 0; round < KILLS; round++) {
		int last = kill_one(db, round, round % 4);
		assert_true(last >= round % 4);
		Err err = { { 0 } };
		Store *store = store_open(db, false, &err);
		if (!store) fail_msg("%s", err.text);
		size_t found = count_round(store, round);
		/* one more may be on the disk than was confirmed, never one less */
		assert_true(found == (size_t)last + 1 || found == (size_t)last + 2);
		confirmed += (size_t)last + 1;
		Buf report = { 0 };
		if (round % 20 == 0) assert_true(store_check(store, &report, NULL));
		assert_int_equal(report.len, 0);
		buf_done(&report);
		store_close(store);
	}
	print_message("%d kills, %zu verdicts confirmed, none lost\n", KILLS, confirmed);
	fake_remove(folder);
	free(folder);
	free(db);
}

int main(void) {
	const struct CMUnitTest tests[] = { cmocka_unit_test(no_confirmed_verdict_is_lost) };
	return cmocka_run_group_tests_name("crash", tests, NULL, NULL);
}
