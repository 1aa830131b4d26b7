/* The program on the screen: owns the terminal (or the headless grid of --script), the one wait, the stack of views
 * and the loop that joins them. It never analyses, stores or asks a model anything by itself: views do that through
 * the layers below and return consequences (tui/view.h), which are carried out here.
 *
 * app_run is all that the command line needs. What it is given is borrowed until it returns. */
#ifndef TUI_APP_H
#define TUI_APP_H

#include "core/base.h"

/* One line of the configuration's [keys] section: `accept = a Enter` (an action's name, keys as in tui/keys.h). */
typedef struct AppBinding {
	const char *action;
	const char *keys;
} AppBinding;

typedef struct AppOptions {
	const char *db;      /* path of the database, as resolved by the command line; never NULL */
	const char *config;  /* path of the configuration file; NULL when there is none */
	const char *session; /* name of the session to walk; NULL opens the start screen */
	const char *folder;  /* the folder that the start screen speaks of; NULL means "." */
	const char *script;  /* --script FILE: keys come from it, nothing is drawn on a terminal; NULL otherwise */
	const char *theme;   /* "dark", "light", "mono"; NULL chooses by NO_COLOR and the terminal */
	bool no_color;       /* --no-color: the mono theme, whatever theme says */
	bool no_mouse;       /* the terminal keeps the mouse, to select text with it */
	const char *editor;  /* command for C-e and for jumping into a source; NULL takes VISUAL, EDITOR, then vi */
	const char *copy;    /* command that takes copied text on stdin (pbcopy); NULL copies by OSC 52 */
	const AppBinding *bindings;
	size_t n_bindings;
} AppOptions;

/* Runs the program on the screen until the user leaves it. Returns the exit status: 0 left by the user or the end of
 * the script; 1 a step of the script failed (err says FILE:LINE and why); 2 it could not run (no terminal, a terminal
 * that cannot move its cursor, bad binding, unreadable script; err says why). err is untouched on 0. The terminal is
 * as it was found when this returns, also on 1 and 2. A signal that ends the program (SIGTERM, SIGHUP, SIGINT) is raised
 * again after the terminal is restored, so that the shell sees it. */
int app_run(const AppOptions *options, Err *err);

#endif
