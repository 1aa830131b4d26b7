/* Runs a script against the headless screen. */
#include "core/posix.h"

#include "tui/app_state.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/utf8.h"
#include "tui/script.h"

typedef struct Runner {
	App *app;
	const char *name; /* of the script's file */
	Err *err;
} Runner;

static void press(App *app, Key key) {
	Event event = { .kind = EVENT_KEY, .key = key };
	app_event(app, &event);
}

/* A failed step's message is one line; the screen goes to stderr before it, for whoever reads the test's output. */
static bool fail(const Runner *run, const ScriptStep *step, const char *why) {
	Buf screen = { 0 };
	app_draw(run->app);
	grid_dump(&run->app->grid, &screen);
	fprintf(stderr, "---- the screen at %s:%d\n%s----\n", run->name, step->line, screen.ptr ? screen.ptr : "");
	buf_done(&screen);
	return err_set(run->err, "%s:%d: %s", run->name, step->line, why);
}

static bool wait_idle(const Runner *run, const ScriptStep *step) {
	int64_t deadline = wait_clock() + SCRIPT_DEADLINE_MS;
	app_turn(run->app, 0);
	while (app_busy(run->app)) {
		int64_t left = deadline - wait_clock();
		if (left <= 0) return fail(run, step, "work is still under way after a minute");
		app_turn(run->app, (int)left);
		if (run->app->killed_by) return fail(run, step, "ended by a signal");
	}
	app_turn(run->app, 0);
	return true;
}

/* Looks at once, then again whenever something came, until no work is under way. */
static bool expect(const Runner *run, const ScriptStep *step) {
	int64_t deadline = wait_clock() + SCRIPT_DEADLINE_MS;
	for (;;) {
		app_turn(run->app, 0);
		app_draw(run->app);
		if (grid_shows(&run->app->grid, step->text)) return true;
		int64_t left = deadline - wait_clock();
		if (!app_busy(run->app) || left <= 0 || run->app->killed_by) break;
		app_turn(run->app, (int)left);
	}
	Buf why = { 0 };
	buf_printf(&why, "the screen does not show '%.*s'", STR_ARG(step->text));
	bool result = fail(run, step, why.ptr);
	buf_done(&why);
	return result;
}

static bool absent(const Runner *run, const ScriptStep *step) {
	app_turn(run->app, 0);
	app_draw(run->app);
	return !grid_shows(&run->app->grid, step->text) || fail(run, step, "the screen shows what must be absent");
}

static bool dump(const Runner *run, const ScriptStep *step) {
	Buf screen = { 0 };
	app_turn(run->app, 0);
	app_draw(run->app);
	if (step->kind == SCRIPT_DUMP)
		grid_dump(&run->app->grid, &screen);
	else
		grid_dump_roles(&run->app->grid, &screen);
	Buf path = { 0 };
	buf_str(&path, step->text);
	bool out = str_is(step->text, "-");
	FILE *file = out ? stdout : fopen(path.ptr, "w");
	bool fine = file != NULL;
	if (file && screen.len) fine = fwrite(screen.ptr, 1, screen.len, file) == screen.len;
	if (file && (out ? fflush(file) : fclose(file)) != 0) fine = false;
	if (!fine) err_set(run->err, "%s:%d: cannot write '%s': %s", run->name, step->line, path.ptr, strerror(errno));
	buf_done(&path);
	buf_done(&screen);
	return fine;
}

static void type(App *app, Str text) {
	while (text.len && !app->quit) {
		size_t len;
		uint32_t code = utf8_decode(text, &len);
		if (code != UINT32_MAX) press(app, code);
		text = str_sub(text, len, text.len);
	}
}

static bool do_step(const Runner *run, const ScriptStep *step) {
	App *app = run->app;
	Event event = { .row = step->numbers[0] - 1, .col = step->numbers[1] - 1, .delta = step->numbers[2] };
	switch (step->kind) {
	case SCRIPT_KEY: press(app, step->key); break;
	case SCRIPT_TYPE: type(app, step->text); break;
	case SCRIPT_PASTE:
		event = (Event) { .kind = EVENT_PASTE, .text = step->text };
		app_event(app, &event);
		break;
	case SCRIPT_CLICK:
	case SCRIPT_WHEEL:
		event.kind = step->kind == SCRIPT_CLICK ? EVENT_PRESS : EVENT_WHEEL;
		app_event(app, &event);
		break;
	case SCRIPT_RUN:
		free(app->message); /* as a key would */
		app->message = NULL;
		app_act(app, step->action, &(Event) { 0 });
		break;
	case SCRIPT_SIZE: app_resize(app, step->numbers[1], step->numbers[0]); break;
	case SCRIPT_WAIT: return wait_idle(run, step);
	case SCRIPT_EXPECT: return expect(run, step);
	case SCRIPT_ABSENT: return absent(run, step);
	case SCRIPT_DUMP:
	case SCRIPT_DUMP_ROLES: return dump(run, step);
	case SCRIPT_QUIT: app->quit = true; break;
	}
	return true;
}

bool app_script(App *app, const Script *script, Err *err) {
	Runner run = { app, app->options->script, err };
	bool fine = true;
	size_t i = 0;
	app_draw(app);
	for (; fine && i < script->n && !app->quit; i++) {
		fine = do_step(&run, &script->steps[i]);
		/* what handlers know of the screen is what was drawn last, as on a terminal */
		if (fine && app->dirty && !app->quit) app_draw(app);
	}
	if (fine && i < script->n && script->steps[i - 1].kind != SCRIPT_QUIT)
		fine = err_set(err, "%s:%d: the program was left before this step", run.name, script->steps[i].line);
	return fine;
}
