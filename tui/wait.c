#include "core/posix.h"

#include "tui/wait.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static const int SIGNALS[] = { SIGTERM, SIGHUP, SIGINT, SIGPIPE, SIGWINCH, SIGCONT, SIGTSTP };
enum { ALWAYS = 4 }; /* that many of them also without a terminal */

/* What the handlers write to. Pipe and flags are set before a handler is installed and outlive it. */
static struct {
	int pipe[2];
	volatile sig_atomic_t came[BASE_COUNT(SIGNALS)];
	struct sigaction before[BASE_COUNT(SIGNALS)];
	size_t installed;
} signals = { .pipe = { -1, -1 } };

static void caught(int number) {
	int error = errno;
	for (size_t i = 0; i < BASE_COUNT(SIGNALS); i++)
		if (SIGNALS[i] == number) signals.came[i] = 1;
	ssize_t n = write(signals.pipe[1], "!", 1); /* full is as good */
	(void)n;
	errno = error;
}

static bool set_flags(int fd) {
	int flags = fcntl(fd, F_GETFL);
	return flags >= 0 && fcntl(fd, F_SETFL, flags | O_NONBLOCK) == 0 && fcntl(fd, F_SETFD, FD_CLOEXEC) == 0;
}

static bool make_pipe(int ends[2], Err *err) {
	if (pipe(ends) != 0) {
		ends[0] = ends[1] = -1;
		return err_set(err, "cannot make a pipe: %s", strerror(errno));
	}
	if (set_flags(ends[0]) && set_flags(ends[1])) return true;
	return err_set(err, "cannot set up a pipe: %s", strerror(errno));
}

static void close_pipe(int ends[2]) {
	for (int i = 0; i < 2; i++) {
		if (ends[i] >= 0) close(ends[i]);
		ends[i] = -1;
	}
}

static void handle(size_t i) {
	struct sigaction action = { 0 };
	action.sa_handler = SIGNALS[i] == SIGPIPE ? SIG_IGN : caught;
	sigemptyset(&action.sa_mask);
	sigaction(SIGNALS[i], &action, NULL);
}

bool wait_init(Wait *wait, int input, Err *err) {
	*wait = (Wait) { .input = input, .wake = { -1, -1 } };
	if (!make_pipe(wait->wake, err) || !make_pipe(signals.pipe, err)) {
		close_pipe(wait->wake);
		close_pipe(signals.pipe);
		return false;
	}
	signals.installed = input >= 0 ? BASE_COUNT(SIGNALS) : ALWAYS;
	for (size_t i = 0; i < signals.installed; i++) {
		signals.came[i] = 0;
		sigaction(SIGNALS[i], NULL, &signals.before[i]);
		/* a program started with nohup stays deaf to the hang-up */
		if (SIGNALS[i] == SIGHUP && signals.before[i].sa_handler == SIG_IGN) continue;
		handle(i);
	}
	return true;
}

void wait_done(Wait *wait) {
	for (size_t i = 0; i < signals.installed; i++) sigaction(SIGNALS[i], &signals.before[i], NULL);
	signals.installed = 0;
	close_pipe(signals.pipe);
	close_pipe(wait->wake);
}

void wait_wake(Wait *wait) {
	int error = errno;
	ssize_t n = write(wait->wake[1], "!", 1); /* full means that a wake-up is under way */
	(void)n;
	errno = error;
}

void wait_plug(Wait *wait, WaitSources sources) { wait->sources = sources; }

static void drain(int fd) {
	char bytes[256];
	while (read(fd, bytes, sizeof bytes) > 0) {}
}

unsigned wait_for(Wait *wait, int timeout_ms) {
	struct pollfd fds[3] = {
		{ .fd = wait->wake[0], .events = POLLIN },
		{ .fd = signals.pipe[0], .events = POLLIN },
		{ .fd = wait->input, .events = POLLIN },
	};
	size_t n = wait->input >= 0 ? 3 : 2;
	bool waited = wait->sources.fn && wait->sources.fn(wait->sources.state, fds, n, timeout_ms, NULL);
	if (!waited && poll(fds, (nfds_t)n, timeout_ms) < 0)
		for (size_t i = 0; i < n; i++) fds[i].revents = 0; /* a signal: its pipe says so below */
	unsigned what = 0;
	if (fds[0].revents) {
		drain(wait->wake[0]);
		what |= WAIT_WAKE;
	}
	drain(signals.pipe[0]);
	for (size_t i = 0; i < signals.installed; i++)
		if (signals.came[i]) what |= WAIT_SIGNAL;
	if (n == 3 && fds[2].revents) what |= WAIT_INPUT;
	return what;
}

int wait_signal(void) {
	for (size_t i = 0; i < signals.installed; i++)
		if (signals.came[i]) {
			signals.came[i] = 0;
			return SIGNALS[i];
		}
	return 0;
}

void wait_suspend(void) {
	struct sigaction plain = { 0 }, ours;
	plain.sa_handler = SIG_DFL;
	sigemptyset(&plain.sa_mask);
	sigaction(SIGTSTP, &plain, &ours);
	kill(0, SIGTSTP); /* the group, so that the shell's job is stopped as a whole; delivered before kill returns */
	sigaction(SIGTSTP, &ours, NULL);
}

void wait_hand_over(bool away) {
	struct sigaction plain = { 0 };
	sigemptyset(&plain.sa_mask);
	for (size_t i = 0; i < signals.installed; i++) {
		int number = SIGNALS[i];
		if (number != SIGINT && number != SIGTSTP && number != SIGCONT) continue;
		plain.sa_handler = number == SIGINT ? SIG_IGN : SIG_DFL;
		if (away)
			sigaction(number, &plain, NULL);
		else
			handle(i);
		signals.came[i] = 0;
	}
}

int64_t wait_clock(void) {
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}
