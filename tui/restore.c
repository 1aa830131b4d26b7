#include "core/posix.h"

#include "tui/restore.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct {
	volatile sig_atomic_t armed;
	int fd;
	struct termios modes;
	char bytes[256];
	size_t len;
	bool installed;
	char stack[64 * 1024]; /* for handlers: a crash may be that the stack is used up */
} saved;

void restore_now(void) {
	if (!saved.armed) return;
	saved.armed = 0;
	for (size_t done = 0; done < saved.len;) {
		ssize_t n = write(saved.fd, saved.bytes + done, saved.len - done);
		if (n <= 0) break;
		done += (size_t)n;
	}
	tcsetattr(saved.fd, TCSANOW, &saved.modes);
}

/* SA_RESETHAND has put the default action back, so that raising it again ends the program as if we had not been here. */
static void crashed(int signal_number) {
	restore_now();
	raise(signal_number);
}

static void install(void) {
	stack_t stack = { .ss_sp = saved.stack, .ss_size = sizeof saved.stack };
	sigaltstack(&stack, NULL);
	static const int signals[] = { SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGQUIT };
	for (size_t i = 0; i < BASE_COUNT(signals); i++) {
		struct sigaction action = { 0 };
		action.sa_handler = crashed;
		action.sa_flags = SA_RESETHAND | SA_ONSTACK | SA_NODEFER;
		sigemptyset(&action.sa_mask);
		sigaction(signals[i], &action, NULL);
	}
	atexit(restore_now);
	base_fatal_hook = restore_now;
	saved.installed = true;
}

void restore_arm(int fd, const struct termios *modes, Str bytes) {
	saved.armed = 0;
	saved.fd = fd;
	saved.modes = *modes;
	saved.len = bytes.len < sizeof saved.bytes ? bytes.len : sizeof saved.bytes;
	memcpy(saved.bytes, bytes.ptr, saved.len);
	if (!saved.installed) install();
	saved.armed = 1;
}

void restore_disarm(void) { saved.armed = 0; }
