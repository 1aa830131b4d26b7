/* The inside of the program on the screen, shared by the files tui/app*.c and by nothing else. */
#ifndef TUI_APP_STATE_H
#define TUI_APP_STATE_H

#include "tui/script.h"
#include "tui/term.h"
#include "tui/view.h"

typedef struct App {
	const AppOptions *options;
	Term *term; /* NULL: headless */
	Grid grid;
	Wait wait;
	Keymap keymap;
	KeyDecoder decoder;
	ThemeId theme;
	ViewEnv env;
	struct {
		View **at;
		size_t n, cap;
	} stack; /* the last one is on top */
	char *message;
	bool message_bad;
	bool leaving; /* back was asked for once where it leads out of a session */
	bool dirty;   /* the screen must be drawn anew */
	bool quit;
	int killed_by; /* a signal that ends the program, 0 for none */
	bool gone;     /* the terminal is */
} App;

/* tui/app_react.c: carrying out what handlers return */
View *app_top(const App *app); /* NULL when all are closed */
void app_open(App *app, View *view);
void app_close_all(App *app);
void app_apply(App *app, View *from, Reaction reaction); /* takes the reaction over */
void app_act(App *app, ActionId action, const Event *event);
void app_event(App *app, const Event *event);
void app_tick(App *app);
bool app_busy(const App *app);
void app_say(App *app, bool bad, const char *fmt, ...) BASE_PRINTF(3, 4);

/* tui/app.c: the screen and the loop */
void app_draw(App *app);
void app_resize(App *app, int rows, int cols);
void app_suspend(App *app);
/* Waits at most that long and handles what came. */
void app_turn(App *app, int timeout_ms);

/* tui/app_script.c: runs the script to its end. False and err when a step failed. */
bool app_script(App *app, const Script *script, Err *err);

/* tui/app_edit.c: other programs */
/* Lets the user's editor change a text. True with *out (free() it) when it ended well and the text could be read. */
bool app_edit_text(App *app, const char *text, char **out, Err *err);
bool app_edit_source(App *app, const char *path, size_t line, Err *err);
bool app_copy(App *app, const char *text, Err *err);

#endif
