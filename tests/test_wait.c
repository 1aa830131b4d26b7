/* The one wait: input, worker threads, signals, a plugged-in function; nothing is lost and nothing blocks. */
#include "core/posix.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "tui/wait.h"

enum { DEADLINE = 10000 }; /* ms, only reached when a test fails */

static void input_is_seen_and_left_to_be_read(void **state) {
	(void)state;
	int ends[2];
	Wait wait;
	assert_int_equal(pipe(ends), 0);
	assert_true(wait_init(&wait, ends[0], NULL));
	assert_int_equal(wait_for(&wait, 0), 0);
	assert_int_equal(write(ends[1], "xy", 2), 2);
	assert_int_equal(wait_for(&wait, DEADLINE), WAIT_INPUT);
	assert_int_equal(wait_for(&wait, DEADLINE), WAIT_INPUT); /* still there */
	char bytes[8];
	assert_int_equal(read(ends[0], bytes, sizeof bytes), 2);
	assert_int_equal(wait_for(&wait, 0), 0);
	close(ends[1]);
	assert_int_equal(wait_for(&wait, DEADLINE), WAIT_INPUT); /* hung up: reading says so */
	wait_done(&wait);
	close(ends[0]);
}

static void *wakes(void *wait) {
	for (int i = 0; i < 100000; i++) wait_wake(wait); /* far more than a pipe holds */
	return NULL;
}

static void worker_threads_wake_and_never_block(void **state) {
	(void)state;
	Wait wait;
	assert_true(wait_init(&wait, -1, NULL));
	pthread_t threads[3];
	for (int i = 0; i < 3; i++) assert_int_equal(pthread_create(&threads[i], NULL, wakes, &wait), 0);
	assert_int_equal(wait_for(&wait, DEADLINE), WAIT_WAKE);
	for (int i = 0; i < 3; i++) pthread_join(threads[i], NULL);
	wait_wake(&wait);
	assert_int_equal(wait_for(&wait, DEADLINE), WAIT_WAKE);
	assert_int_equal(wait_for(&wait, 0), 0); /* one wait empties the pipe */
	wait_done(&wait);
}

static void signals_come_one_by_one(void **state) {
	(void)state;
	Wait wait;
	assert_true(wait_init(&wait, 0, NULL));
	raise(SIGWINCH);
	raise(SIGTERM);
	raise(SIGTERM);
	assert_true(wait_for(&wait, DEADLINE) & WAIT_SIGNAL);
	assert_int_equal(wait_signal(), SIGTERM);
	assert_int_equal(wait_signal(), SIGWINCH);
	assert_int_equal(wait_signal(), 0);
	raise(SIGPIPE); /* ignored */
	assert_false(wait_for(&wait, 0) & WAIT_SIGNAL);
	wait_done(&wait);
	struct sigaction now;
	sigaction(SIGTERM, NULL, &now);
	assert_true(now.sa_handler == SIG_DFL);
}

static bool plugged(void *state, struct pollfd *fds, size_t n, int timeout_ms, Err *err) {
	(void)err;
	(*(int *)state)++;
	assert_int_equal(timeout_ms, 7);
	assert_true(n >= 2);
	for (size_t i = 0; i < n; i++) {
		assert_int_equal(fds[i].events, POLLIN);
		fds[i].revents = 0;
	}
	return poll(fds, (nfds_t)n, 0) >= 0;
}

static void a_transfer_waits_for_our_descriptors_too(void **state) {
	(void)state;
	Wait wait;
	int calls = 0;
	assert_true(wait_init(&wait, -1, NULL));
	wait_plug(&wait, (WaitSources) { plugged, &calls });
	assert_int_equal(wait_for(&wait, 7), 0);
	wait_wake(&wait);
	assert_int_equal(wait_for(&wait, 7), WAIT_WAKE);
	raise(SIGINT);
	assert_int_equal(wait_for(&wait, 7), WAIT_SIGNAL);
	assert_int_equal(wait_signal(), SIGINT);
	assert_int_equal(calls, 3);
	wait_plug(&wait, (WaitSources) { 0 });
	assert_int_equal(wait_for(&wait, 0), 0);
	wait_done(&wait);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(input_is_seen_and_left_to_be_read),
		cmocka_unit_test(worker_threads_wake_and_never_block),
		cmocka_unit_test(signals_come_one_by_one),
		cmocka_unit_test(a_transfer_waits_for_our_descriptors_too),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
