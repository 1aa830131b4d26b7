/* Gives the terminal back, whatever happens. One of the two places with mutable globals: the saved modes, the descriptor
 * and ready-made bytes, since a crash handler has nothing else to hold on to. The handler calls only tcsetattr, write and
 * raise (and sigaction), which are safe in a signal handler.
 *
 * Armed by tui/term.c when it changes the terminal, disarmed when it has given it back itself. */
#ifndef TUI_RESTORE_H
#define TUI_RESTORE_H

#include <termios.h>

#include "core/base.h"

/* Remembers how the terminal was (modes) and what undoes our output modes (bytes: leave the other screen, show the
 * cursor, mouse and paste off; at most 256, copied). On the first call installs handlers for crashes (SIGSEGV, SIGBUS,
 * SIGFPE, SIGILL, SIGABRT, SIGQUIT: restore, then die of the same signal), an atexit handler, and base_fatal_hook. */
void restore_arm(int fd, const struct termios *modes, Str bytes);
/* The terminal is as it was: nothing to do any more. */
void restore_disarm(void);
/* Restores at once, when armed, and disarms. Safe in a signal handler. */
void restore_now(void);

#endif
