#include "core/posix.h"

#include "tui/app.h"

#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "tui/app_state.h"
#include "tui/script.h"
#include "tui/view_start.h"
#include "tui/view_walk.h"
#include "tui/widget.h"

/* ---- the screen ---- */

static void draw_bottom(App *app, Rect line) {
	View *top = app_top(app);
	if (app->message) {
		Style style = STYLE(app->message_bad ? ROLE_BAD : ROLE_INFO);
		int col = grid_puts(&app->grid, line, line.row, line.col + 1, style, app->message_bad ? "! " : "");
		grid_cut(&app->grid, line, line.row, col, line.cols - col - 1, style, str_of(app->message));
		return;
	}
	if (top->ops->bottom && top->ops->bottom(top, &app->env, &app->grid, line)) return;
	widget_hints(&app->grid, line, &app->keymap, top);
}

void app_draw(App *app) {
	app->dirty = false;
	if (app->stack.n == 0) return;
	grid_clear(&app->grid);
	Rect rect = grid_all(&app->grid);
	Rect bottom = rect_take_rows(&rect, -1);
	size_t first = app->stack.n - 1;
	while (first > 0 && app->stack.at[first]->ops->overlay) first--;
	for (size_t i = first; i < app->stack.n; i++) {
		View *view = app->stack.at[i];
		app->grid.cursor_row = app->grid.cursor_col = -1; /* only the top one may show it */
		if (view->ops->draw) view->ops->draw(view, &app->env, &app->grid, rect);
	}
	draw_bottom(app, bottom);
	if (app->term) term_show(app->term, &app->grid, app->theme);
}

void app_resize(App *app, int rows, int cols) {
	grid_resize(&app->grid, rows, cols);
	app->env.rows = app->grid.rows;
	app->env.cols = app->grid.cols;
	app->dirty = true;
}

static void take_size(App *app) {
	int rows, cols;
	if (!app->term) return;
	term_resized(app->term);
	term_size(app->term, &rows, &cols);
	app_resize(app, rows, cols);
}

void app_suspend(App *app) {
	if (!app->term) return;
	term_leave(app->term);
	wait_suspend();
	wait_hand_over(false); /* forgets the SIGCONT that woke us */
	term_return(app->term);
	take_size(app);
}

/* ---- the loop ---- */

static void take_signals(App *app) {
	for (int number; (number = wait_signal()) != 0;) {
		switch (number) {
		case SIGWINCH: take_size(app); break;
		case SIGTSTP: app_suspend(app); break;
		case SIGCONT: /* stopped by what can't be caught: the shell has had the terminal */
			if (app->term) {
				term_leave(app->term);
				term_return(app->term);
			}
			take_size(app);
			break;
		case SIGPIPE: break;
		default: app->killed_by = number; app->quit = true;
		}
	}
}

static void take_input(App *app, bool late) {
	Event event;
	while (!app->quit && key_decoder_next(&app->decoder, late, &event)) {
		if (app->dirty && event.kind != EVENT_KEY) app_draw(app); /* the mouse points at what is drawn */
		app_event(app, &event);
	}
}

void app_turn(App *app, int timeout_ms) {
	bool held = key_decoder_waits(&app->decoder);
	if (held && (timeout_ms < 0 || timeout_ms > KEYS_ESC_MS)) timeout_ms = KEYS_ESC_MS;
	unsigned what = wait_for(&app->wait, timeout_ms);
	if (what & WAIT_SIGNAL) take_signals(app);
	if ((what & WAIT_INPUT) && app->term && !term_read(app->term, &app->decoder)) app->gone = app->quit = true;
	if ((what & WAIT_INPUT) || held) take_input(app, held && !(what & WAIT_INPUT));
	app_tick(app);
}

static void loop(App *app) {
	while (!app->quit) {
		if (app->dirty) app_draw(app);
		app_turn(app, -1);
	}
}

/* ---- start and end ---- */

static bool bind_keys(App *app, Err *err) {
	keymap_init(&app->keymap);
	for (size_t i = 0; i < app->options->n_bindings; i++)
		if (!keymap_bind(&app->keymap, app->options->bindings[i].action, app->options->bindings[i].keys, err))
			return false;
	return true;
}

static bool open_screen(App *app, Err *err) {
	bool headless = app->options->script != NULL;
	/* the handlers first: ncurses leaves signals alone that have one */
	if (!wait_init(&app->wait, headless ? -1 : STDIN_FILENO, err)) return false;
	if (!headless) {
		app->term = term_open(!app->options->no_mouse, err);
		if (!app->term) {
			wait_done(&app->wait);
			return false;
		}
		app->wait.input = term_input(app->term);
	}
	app->env = (ViewEnv) { .options = app->options, .keymap = &app->keymap, .wait = &app->wait };
	app_resize(app, SCRIPT_ROWS, SCRIPT_COLS);
	take_size(app);
	return true;
}

static int finish(App *app, int status, Err *err) {
	term_close(app->term); /* first: views may wait a moment for a thread that was cancelled */
	app->term = NULL;
	app_close_all(app);
	wait_done(&app->wait);
	grid_done(&app->grid);
	key_decoder_done(&app->decoder);
	free(app->message);
	if (app->killed_by) raise(app->killed_by);
	if (app->gone) {
		err_set(err, "the terminal is gone");
		return 2;
	}
	return status;
}

/* The walk of the session that was asked for, else the start screen. */
static bool open_first(App *app, Err *err) {
	if (!app->options->session) {
		View *start = view_start_new(&app->env, err);
		if (start) app_open(app, start);
		return start != NULL;
	}
	Work *work = work_open(&app->env, app->options->session, err);
	if (!work) return false;
	Err why = { { 0 } };
	app_open(app, view_walk_new(&app->env, work));
	if (!work_start(work, &why)) app_say(app, true, "%s", why.text); /* the walk opens without a scan too */
	work_release(work);
	return true;
}

/* Reads the script before anything else, so that a mistake in it is said like one in the command line. */
static bool load_script(const char *path, Script *script, Err *err) {
	char *text = NULL;
	size_t len = 0;
	if (!path) return true;
	if (!base_file_read(path, (size_t)1 << 20, &text, &len, err)) return false;
	bool fine = script_parse((Str) { text, len }, path, script, err);
	free(text);
	return fine;
}

int app_run(const AppOptions *options, Err *err) {
	App app = { .options = options };
	Script script = { 0 };
	int status = 2;
	app.theme = theme_choose(options->theme, options->no_color, getenv("NO_COLOR"), getenv("COLORFGBG"));
	if (bind_keys(&app, err) && load_script(options->script, &script, err) && open_screen(&app, err)) {
		bool fine = open_first(&app, err);
		status = fine ? 1 : 2;
		if (fine && app.term && term_ascii(app.term))
			app_say(
			    &app, false, "drawn in ASCII, since the locale is not UTF-8 (LANG=en_US.UTF-8 or C.UTF-8 would do)");
		if (fine && options->script)
			fine = app_script(&app, &script, err);
		else if (fine)
			loop(&app);
		status = finish(&app, fine ? 0 : status, err);
	}
	script_done(&script);
	keymap_done(&app.keymap);
	return status;
}
