#include "core/posix.h"

#include "tui/app_state.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tui/view_help.h"
#include "tui/view_palette.h"
#include "tui/view_start.h"

/* ---- reactions in short ---- */

Reaction react(unsigned what) { return (Reaction) { .what = what }; }

Reaction react_open(View *view) { return (Reaction) { .what = REACT_DONE | REACT_OPEN, .open = view }; }

static char *vtext(const char *fmt, va_list args) {
	Buf text = { 0 };
	buf_vprintf(&text, fmt, args);
	return buf_take(&text);
}

Reaction react_say(const char *fmt, ...) {
	va_list args;
	va_start(args, fmt);
	Reaction reaction = { .what = REACT_DONE, .say = vtext(fmt, args) };
	va_end(args);
	return reaction;
}

Reaction react_bad(const char *fmt, ...) {
	va_list args;
	va_start(args, fmt);
	Reaction reaction = { .what = REACT_DONE, .say = vtext(fmt, args), .bad = true };
	va_end(args);
	return reaction;
}

static char *copy(Str text) {
	Buf buf = { 0 };
	buf_str(&buf, text);
	return buf_take(&buf);
}

Reaction react_edit_text(View *owner, AnswerFn answer, Str text) {
	return (Reaction) { .what = REACT_DONE | REACT_EDIT, .owner = owner, .answer = answer, .text = copy(text) };
}

Reaction react_edit_source(const char *path, size_t line) {
	return (Reaction) { .what = REACT_DONE | REACT_EDIT, .path = base_strdup(path), .line = line };
}

Reaction react_copy(Str text) { return (Reaction) { .what = REACT_DONE | REACT_COPY, .text = copy(text) }; }

void reaction_done(Reaction *reaction) {
	free(reaction->text);
	free(reaction->path);
	free(reaction->say);
	reaction->text = reaction->path = reaction->say = NULL;
}

/* ---- the stack ---- */

View *app_top(const App *app) { return app->stack.n ? app->stack.at[app->stack.n - 1] : NULL; }

static size_t index_of(const App *app, const View *view) {
	for (size_t i = 0; i < app->stack.n; i++)
		if (app->stack.at[i] == view) return i;
	return SIZE_MAX;
}

void app_open(App *app, View *view) {
	VEC_PUSH(app->stack) = view;
	app->dirty = true;
}

static void close_one(App *app, View *view) {
	size_t i = index_of(app, view);
	if (i == SIZE_MAX) return;
	for (; i + 1 < app->stack.n; i++) app->stack.at[i] = app->stack.at[i + 1];
	app->stack.n--;
	view->ops->free(view);
	app->dirty = true;
}

void app_close_all(App *app) {
	while (app->stack.n) close_one(app, app_top(app));
	VEC_FREE(app->stack);
}

/* ---- carrying out ---- */

void app_say(App *app, bool bad, const char *fmt, ...) {
	va_list args;
	va_start(args, fmt);
	free(app->message);
	app->message = vtext(fmt, args);
	va_end(args);
	app->message_bad = bad;
	app->dirty = true;
}

static void edit(App *app, const Reaction *reaction) {
	Err err = { 0 };
	if (reaction->path) {
		if (!app_edit_source(app, reaction->path, reaction->line, &err)) app_say(app, true, "%s", err.text);
		return;
	}
	char *text = NULL;
	bool kept = app_edit_text(app, reaction->text ? reaction->text : "", &text, &err);
	if (!kept) app_say(app, true, "%s", err.text);
	if (reaction->answer && index_of(app, reaction->owner) != SIZE_MAX)
		app_apply(app, reaction->owner, reaction->answer(reaction->owner, &app->env, str_of(kept ? text : ""), kept));
	free(text);
}

static void copy_out(App *app, const Reaction *reaction) {
	Err err = { 0 };
	const char *text = reaction->text ? reaction->text : "";
	if (!app_copy(app, text, &err))
		app_say(app, true, "%s", err.text);
	else if (!reaction->say)
		app_say(app, false, "copied %zu bytes", strlen(text));
}

void app_apply(App *app, View *from, Reaction reaction) {
	if (reaction.say) app_say(app, reaction.bad, "%s", reaction.say);
	if (reaction.what & REACT_DONE) app->dirty = true;
	if (reaction.what & REACT_RESET)
		app_close_all(app);
	else if (reaction.what & REACT_CLOSE)
		close_one(app, from);
	if ((reaction.what & (REACT_OPEN | REACT_RESET)) && reaction.open) app_open(app, reaction.open);
	if ((reaction.what & REACT_ANSWER) && reaction.answer && index_of(app, reaction.owner) != SIZE_MAX) {
		Str text = str_of(reaction.text ? reaction.text : "");
		app_apply(app, reaction.owner, reaction.answer(reaction.owner, &app->env, text, reaction.kept));
	}
	if (reaction.what & REACT_RUN) app_act(app, reaction.run, &(Event) { 0 });
	if (reaction.what & REACT_EDIT) edit(app, &reaction);
	if (reaction.what & REACT_COPY) copy_out(app, &reaction);
	if ((reaction.what & REACT_QUIT) || app->stack.n == 0) app->quit = true;
	reaction_done(&reaction);
}

/* ---- actions of the program itself, when the view had no use for them ---- */

/* From a session that the program was opened with to the list of all; asked for twice, since Esc also leaves smaller
 * things and is easily pressed once more. */
static bool to_start(App *app) {
	if (app_top(app)->ops->where == WHERE_START) return false;
	if (!app->leaving) {
		app->leaving = true;
		app_say(app, false, "once more shows all sessions");
		return true;
	}
	Err err = { { 0 } };
	View *start = view_start_new(&app->env, &err);
	if (!start) {
		app_say(app, true, "%s", err.text);
		return true;
	}
	app_close_all(app);
	app_open(app, start);
	app->leaving = false;
	return true;
}

static void back(App *app) {
	if (app->stack.n > 1) {
		close_one(app, app_top(app));
		app->leaving = false;
		return;
	}
	if (to_start(app)) return;
	Buf keys = { 0 };
	keymap_keys(&app->keymap, ACTION_QUIT, &keys);
	app_say(app, false, "%s leaves the program", keys.len ? keys.ptr : "quit, in the palette,");
	buf_done(&keys);
}

static void act_itself(App *app, ActionId action) {
	View *top = app_top(app);
	switch (action) {
	case ACTION_HELP: app_open(app, view_help_new(&app->env, top)); break;
	case ACTION_PALETTE: app_open(app, view_palette_new(&app->env, top)); break;
	case ACTION_BACK: back(app); break;
	case ACTION_QUIT: app->quit = true; break;
	case ACTION_CANCEL: app_say(app, false, "nothing is running"); break;
	case ACTION_SUSPEND: app_suspend(app); break;
	case ACTION_REDRAW:
		if (app->term) term_redraw(app->term);
		app->dirty = true;
		break;
	case ACTION_THEME:
		app->theme = (ThemeId)((app->theme + 1) % THEME_COUNT);
		app_say(app, false, "theme: %s", theme_name(app->theme));
		break;
	default: app_say(app, false, "%s does nothing here", action_info(action)->name);
	}
}

void app_act(App *app, ActionId action, const Event *event) {
	View *top = app_top(app);
	if (!top || action == ACTION_NONE) return;
	if (!(action_info(action)->where & top->ops->where)) {
		app_say(app, false, "%s does nothing here", action_info(action)->name);
		return;
	}
	Reaction reaction = { 0 };
	bool can = !top->ops->can || top->ops->can(top, action);
	if (top->ops->act && can) reaction = top->ops->act(top, &app->env, action, event);
	if (reaction.what == REACT_IGNORED && !reaction.say)
		act_itself(app, action);
	else
		app_apply(app, top, reaction);
}

void app_event(App *app, const Event *event) {
	View *top = app_top(app);
	if (!top) return;
	if (app->message) {
		free(app->message);
		app->message = NULL;
		app->dirty = true;
	}
	if (event->kind == EVENT_KEY) {
		ActionId action = keymap_find(&app->keymap, event->key, top->ops->where);
		if (action != ACTION_BACK) app->leaving = false;
		if (action != ACTION_NONE) {
			app_act(app, action, event);
			return;
		}
	}
	if (top->ops->event) app_apply(app, top, top->ops->event(top, &app->env, event));
}

void app_tick(App *app) {
	for (size_t i = 0; i < app->stack.n; i++) {
		View *view = app->stack.at[i];
		if (view->ops->tick) app_apply(app, view, view->ops->tick(view, &app->env));
	}
}

bool app_busy(const App *app) {
	for (size_t i = 0; i < app->stack.n; i++) {
		const View *view = app->stack.at[i];
		if (view->ops->busy && view->ops->busy(view)) return true;
	}
	return false;
}
