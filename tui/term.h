/* The terminal: finds it, sets it up, gives it back, reads its bytes and shows a grid on it. The only file that includes
 * ncurses, and the only one that writes to a terminal.
 *
 * The terminal is stdin when that is one, else the ttyname of stdout or stderr; never /dev/tty, which macOS can't poll.
 * Only what all terminals agree on is sent: the first characters of a cluster that ncurses can hold, padded to the
 * width that the grid gives it. When the locale isn't UTF-8, everything is drawn in ASCII and term_ascii says so. */
#ifndef TUI_TERM_H
#define TUI_TERM_H

#include "core/base.h"
#include "tui/grid.h"
#include "tui/keys.h"
#include "tui/theme.h"

typedef struct Term Term;

/* Takes the terminal: other screen, raw keys, the mouse if it is wanted, bracketed paste. Sets LC_CTYPE from the environment. Returns NULL
 * and err when there is none, or it can't move its cursor. At most one at a time. After wait_init (tui/wait.h), so that
 * ncurses leaves the signals alone. */
Term *term_open(bool mouse, Err *err);
void term_close(Term *term); /* gives it back; NULL is fine */

/* Finds the terminal without changing it: a descriptor for input, and whether it must be closed. -1 and err when none. */
int term_find(bool *opened, Err *err);

/* Reads the description of the terminal that TERM names, without touching one: how many colours it has (0 for none). False with err
 * when there is none, or it can't move its cursor. Not while a Term lives. */
bool term_probe(int *colors, Err *err);

int term_input(const Term *term); /* the descriptor that wait_for waits on */
void term_size(const Term *term, int *rows, int *cols);
bool term_ascii(const Term *term);
int term_colors(const Term *term);

/* Shows the grid (only what changed is sent). A grid of another size than the terminal's is cut. */
void term_show(Term *term, const Grid *grid, ThemeId theme);
/* Everything is sent anew with the next term_show: after C-l, or when something else wrote on the screen. */
void term_redraw(Term *term);
/* After SIGWINCH: asks for the new size. */
void term_resized(Term *term);

/* Reads what there is into the decoder, until it is dry. False when the terminal is gone. */
bool term_read(Term *term, KeyDecoder *decoder);

/* Gives the terminal away for another program (or a stop) and takes it back. */
void term_leave(Term *term);
void term_return(Term *term);
/* Puts text on the clipboard by OSC 52; false when it is over 100,000 bytes, which many terminals refuse. */
bool term_copy(Term *term, Str text);

#endif
