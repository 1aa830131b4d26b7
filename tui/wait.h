/* The one wait of the program. It owns what can wake the main thread: the terminal's input, a wake-up pipe that worker
 * threads write to, and a pipe that the signal handlers write to (the one mutable global here). Nothing else in the
 * program may block.
 *
 * While a network transfer lives, whoever drives it plugs in a function that waits for its own descriptors as well as
 * ours (prompts' http_wait over curl_multi_poll); without one it is poll. */
#ifndef TUI_WAIT_H
#define TUI_WAIT_H

#include <poll.h>

#include "core/base.h"

/* What a plugged-in function gets: our descriptors with POLLIN in events, to be waited for besides its own; it sets
 * revents as poll does. timeout_ms is -1 for ever. Returns false only when waiting itself is impossible. It must return
 * when any of ours is ready, or any of its own, or the time is over, or a signal came (errno EINTR). */
typedef bool (*WaitFn)(void *state, struct pollfd *fds, size_t n, int timeout_ms, Err *err);

typedef struct WaitSources {
	WaitFn fn; /* NULL: poll */
	void *state;
} WaitSources;

enum {
	WAIT_INPUT = 1, /* the terminal has bytes, or is gone (reading says which) */
	WAIT_WAKE = 2,  /* a worker thread has called wait_wake; the pipe is empty again */
	WAIT_SIGNAL = 4,
};

typedef struct Wait {
	int input; /* the terminal's descriptor, -1 for none; borrowed */
	int wake[2];
	WaitSources sources;
} Wait;

/* Makes the pipes and installs the handlers of SIGWINCH, SIGTERM, SIGHUP, SIGINT, SIGCONT and SIGTSTP (the latter two and
 * SIGWINCH only with an input), and ignores SIGPIPE. At most one Wait lives at a time. */
bool wait_init(Wait *wait, int input, Err *err);
/* Puts the signals' former handlers back. */
void wait_done(Wait *wait);

/* From any thread, at any time while the Wait lives: the next or present wait_for returns WAIT_WAKE. Never blocks. */
void wait_wake(Wait *wait);
/* Plugs in (or with a NULL fn removes) the function that waits. Main thread only. */
void wait_plug(Wait *wait, WaitSources sources);

/* Waits at most timeout_ms (-1: for ever; 0: looks only). Returns WAIT_ bits, 0 when only the time is over or the
 * plugged-in function's own descriptors were ready. */
unsigned wait_for(Wait *wait, int timeout_ms);
/* The next signal that arrived since the last call, 0 when there is none. The same signal twice may count once. */
int wait_signal(void);

/* Stops the process as Ctrl-Z does, until it is continued: SIGTSTP with its default action, to the whole process group.
 * The caller has given the terminal back before. */
void wait_suspend(void);

/* While another program has the terminal (away true), its keys' signals are not ours: Ctrl-Z stops the whole group as a
 * whole, Ctrl-C is ignored here. With false the handlers are back, and what came meanwhile of these is forgotten. A
 * program started in between must be given SIGINT and SIGPIPE with their default actions. */
void wait_hand_over(bool away);

/* Milliseconds of a clock that only goes forward, for deadlines. */
int64_t wait_clock(void);

#endif
