#include "core/posix.h"

#include "tui/view_ask.h"

#include <stdlib.h>

#include "core/utf8.h"
#include "tui/widget.h"

typedef struct Ask {
	View view;
	AskOptions options;
	char *label;
	LineEdit line;
	char *whole; /* a text of several lines from the editor, of which the line shows the beginning; NULL: the line */
} Ask;

static Str text_of(const Ask *ask) { return ask->whole ? str_of(ask->whole) : line_text(&ask->line); }

static void forget_whole(Ask *ask) {
	free(ask->whole);
	ask->whole = NULL;
}

static bool bottom(View *view, const ViewEnv *env, Grid *grid, Rect line) {
	Ask *ask = (Ask *)view;
	(void)env;
	int half = line.cols > 40 ? line.cols * 2 / 3 : line.cols / 2;
	int col = grid_cut(grid, line, line.row, line.col + 1, half, STYLE(ROLE_ACCENT), str_of(ask->label)) + 1;
	Rect rest = { line.row, col, 1, line.col + line.cols - col };
	if (ask->whole) {
		int lines = 1;
		for (const char *c = ask->whole; *c; c++) lines += *c == '\n';
		Str first = str_of(ask->whole);
		first.len = str_find(first, "\n", 0) == SIZE_MAX ? first.len : str_find(first, "\n", 0);
		col = grid_cut(grid, rest, rest.row, col, rest.cols - 14, STYLE(ROLE_TEXT), first);
		grid_printf(grid, rest, rest.row, col + 1, STYLE(ROLE_DIM), "(%d lines)", lines);
		return true;
	}
	line_draw(&ask->line, grid, rest, STYLE(ROLE_TEXT));
	return true;
}

static Reaction changed(Ask *ask, const ViewEnv *env) {
	if (!ask->options.changed) return react(REACT_DONE);
	return ask->options.changed(ask->options.owner, env, text_of(ask), false);
}

static Reaction finish(Ask *ask, bool kept) {
	Str text = text_of(ask);
	if (kept && ask->options.required && str_trim(text).len == 0) return react_bad("%s", ask->options.required_why);
	if (kept && ask->options.history && !ask->whole) line_remember(ask->options.history, text);
	Buf copy = { 0 };
	if (kept) buf_str(&copy, text);
	return (Reaction) { .what = REACT_DONE | REACT_CLOSE | REACT_ANSWER,
		.answer = ask->options.answer,
		.owner = ask->options.owner,
		.text = buf_take(&copy),
		.kept = kept };
}

static Reaction edited(View *view, const ViewEnv *env, Str text, bool kept) {
	Ask *ask = (Ask *)view;
	if (!kept) return react(REACT_DONE);
	forget_whole(ask);
	if (!utf8_valid(text, NULL)) return react_bad("the text from the editor is not UTF-8");
	if (str_find(text, "\n", 0) != SIZE_MAX) {
		Buf copy = { 0 };
		buf_str(&copy, text);
		ask->whole = buf_take(&copy);
	}
	line_set(&ask->line, text);
	return changed(ask, env);
}

static Reaction act(View *view, const ViewEnv *env, ActionId action, const Event *event) {
	Ask *ask = (Ask *)view;
	(void)env;
	(void)event;
	switch (action) {
	case ACTION_KEEP: return finish(ask, true);
	case ACTION_BACK:
	case ACTION_CANCEL: return finish(ask, false);
	case ACTION_EDITOR: return react_edit_text(view, edited, text_of(ask));
	default: return react(REACT_IGNORED);
	}
}

static Reaction on_event(View *view, const ViewEnv *env, const Event *event) {
	Ask *ask = (Ask *)view;
	if (event->kind == EVENT_PASTE) {
		forget_whole(ask);
		line_paste(&ask->line, event->text);
		return changed(ask, env);
	}
	if (event->kind != EVENT_KEY || !line_key(&ask->line, event->key)) return react(REACT_IGNORED);
	forget_whole(ask);
	return changed(ask, env);
}

static void free_ask(View *view) {
	Ask *ask = (Ask *)view;
	line_done(&ask->line);
	forget_whole(ask);
	free(ask->label);
	free(ask);
}

static const ViewOps ASK_OPS = {
	.name = "the input line",
	.where = WHERE_ASK,
	.overlay = true,
	.act = act,
	.event = on_event,
	.bottom = bottom,
	.free = free_ask,
};

View *view_ask_new(const AskOptions *options) {
	Ask *ask = base_alloc(sizeof *ask);
	ask->view.ops = &ASK_OPS;
	ask->options = *options;
	ask->label = base_strdup(options->label);
	line_init(&ask->line, options->initial, options->history);
	ask->options.initial = STR_NONE;
	return &ask->view;
}

/* ---- yes or no ---- */

typedef struct Confirm {
	View view;
	char *label, *body;
	View *owner;
	AnswerFn answer;
} Confirm;

static void confirm_draw(View *view, const ViewEnv *env, Grid *grid, Rect rect) {
	Confirm *confirm = (Confirm *)view;
	(void)env;
	if (!confirm->body) return;
	int cols = rect.cols > 100 ? 96 : rect.cols - 4;
	int lines = widget_wrap_lines(str_trim(str_of(confirm->body)), cols - 4);
	Rect inside = widget_popup(grid, rect, lines + 2, cols, STR_NONE);
	inside.col++;
	inside.cols -= 2;
	int shown = widget_wrap(grid, inside, STYLE_ON(ROLE_TEXT, GROUND_POPUP), str_trim(str_of(confirm->body)), 0);
	if (shown > inside.rows && inside.rows > 0) {
		Rect last = { inside.row + inside.rows - 1, inside.col, 1, inside.cols };
		grid_fill(grid, last, STYLE_ON(ROLE_DIM, GROUND_POPUP));
		grid_printf(
		    grid, last, last.row, last.col, STYLE_ON(ROLE_DIM, GROUND_POPUP), "… and %d more", shown - inside.rows + 1);
	}
}

static bool confirm_bottom(View *view, const ViewEnv *env, Grid *grid, Rect line) {
	Confirm *confirm = (Confirm *)view;
	char yes[KEYS_NAME_MAX], no[KEYS_NAME_MAX];
	Buf keys = { 0 };
	buf_printf(&keys, " %s yes  %s no", key_to_name(keymap_first(env->keymap, ACTION_YES), yes),
	    key_to_name(keymap_first(env->keymap, ACTION_NO), no));
	int room = line.cols - utf8_width(buf_view(&keys)) - 3;
	int col = grid_cut(grid, line, line.row, line.col + 1, room, STYLE(ROLE_ACCENT), str_of(confirm->label));
	grid_text(grid, line, line.row, col + 1, STYLE(ROLE_KEY), buf_view(&keys));
	buf_done(&keys);
	return true;
}

static Reaction confirm_act(View *view, const ViewEnv *env, ActionId action, const Event *event) {
	Confirm *confirm = (Confirm *)view;
	(void)env;
	(void)event;
	if (action == ACTION_REDRAW || action == ACTION_SUSPEND) return react(REACT_IGNORED);
	return (Reaction) { .what = REACT_DONE | REACT_CLOSE | REACT_ANSWER,
		.answer = confirm->answer,
		.owner = confirm->owner,
		.kept = action == ACTION_YES };
}

static void free_confirm(View *view) {
	Confirm *confirm = (Confirm *)view;
	free(confirm->label);
	free(confirm->body);
	free(confirm);
}

static const ViewOps CONFIRM_OPS = {
	.name = "the question",
	.where = WHERE_CONFIRM,
	.overlay = true,
	.draw = confirm_draw,
	.act = confirm_act,
	.bottom = confirm_bottom,
	.free = free_confirm,
};

View *view_confirm_new(const char *label, const char *body, View *owner, AnswerFn answer) {
	Confirm *confirm = base_alloc(sizeof *confirm);
	confirm->view.ops = &CONFIRM_OPS;
	confirm->label = base_strdup(label);
	confirm->body = body ? base_strdup(body) : NULL;
	confirm->owner = owner;
	confirm->answer = answer;
	return &confirm->view;
}
