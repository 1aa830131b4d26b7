#include "core/posix.h"

#include "tui/view_ask.h"

#include <stdlib.h>

#include "core/utf8.h"
#include "tui/pager.h"
#include "tui/widget.h"

typedef struct Ask {
	View view;
	AskOptions options;
	char *label;
	LineEdit line;
	struct {
		Arena arena;
		Str *at;
		size_t n, next;
		Str before; /* the line without the quote that was put in last, and with it */
		Str after;
	} quotes;
	char *whole; /* a text of several lines from the editor, of which the line shows the beginning; NULL: the line */
} Ask;

static Str text_of(const Ask *ask) { return ask->whole ? str_of(ask->whole) : line_text(&ask->line); }

static void forget_whole(Ask *ask) {
	free(ask->whole);
	ask->whole = NULL;
}

static bool bottom(View *view, const ViewEnv *env, Grid *grid, Rect line) {
	Ask *ask = (Ask *)view;
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
	if (ask->quotes.n > 0 && line_text(&ask->line).len == 0) {
		char key[KEYS_NAME_MAX];
		grid_printf(grid, rest, rest.row, rest.col + 2, STYLE(ROLE_HINT), "%s quotes the answer",
		    key_to_name(keymap_first(env->keymap, ACTION_QUOTE), key));
	}
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

/* The next quote takes the place of the one before, as long as nothing was typed behind it. */
static Reaction quote(Ask *ask, const ViewEnv *env) {
	if (ask->quotes.n == 0) return react_say("there is no answer to quote: q asks the language model");
	if (ask->whole) return react_say("the text has several lines; C-e opens it");
	Str line = line_text(&ask->line);
	if (!ask->quotes.after.ptr || !str_eq(line, ask->quotes.after)) {
		ask->quotes.before = arena_str(&ask->quotes.arena, line);
		ask->quotes.next = 0;
	}
	Str before = ask->quotes.before, text = ask->quotes.at[ask->quotes.next++ % ask->quotes.n];
	bool blank = before.len > 0 && !str_ends(before, " ");
	Str with = arena_printf(&ask->quotes.arena, "%.*s%s%.*s", STR_ARG(before), blank ? " " : "", STR_ARG(text));
	line_set(&ask->line, with);
	ask->quotes.after = arena_str(&ask->quotes.arena, line_text(&ask->line));
	return changed(ask, env);
}

static void copy_quotes(Ask *ask, const AskOptions *options) {
	ask->quotes.n = options->n_quotes;
	ask->quotes.at = ARENA_ARRAY(&ask->quotes.arena, Str, options->n_quotes + 1);
	for (size_t i = 0; i < options->n_quotes; i++)
		ask->quotes.at[i] = arena_str(&ask->quotes.arena, options->quotes[i]);
}

static Reaction act(View *view, const ViewEnv *env, ActionId action, const Event *event) {
	Ask *ask = (Ask *)view;
	(void)event;
	switch (action) {
	case ACTION_KEEP: return finish(ask, true);
	case ACTION_BACK:
	case ACTION_CANCEL: return finish(ask, false);
	case ACTION_QUOTE: return quote(ask, env);
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
	arena_done(&ask->quotes.arena);
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
	copy_quotes(ask, options);
	return &ask->view;
}

/* ---- yes or no ---- */

typedef struct Confirm {
	View view;
	char *label, *body;
	Pager pager;
	View *owner;
	AnswerFn answer;
} Confirm;

static void confirm_draw(View *view, const ViewEnv *env, Grid *grid, Rect rect) {
	Confirm *confirm = (Confirm *)view;
	(void)env;
	if (!confirm->body) return;
	int cols = rect.cols > 100 ? 96 : rect.cols - 4;
	doc_start(&confirm->pager.doc, cols - 4);
	doc_text(&confirm->pager.doc, 0, STYLE(ROLE_TEXT), str_trim(str_of(confirm->body)));
	Rect inside = widget_popup(grid, rect, (int)confirm->pager.doc.lines.n + 2, cols, STR_NONE);
	Rect text = { inside.row, inside.col + 1, inside.rows, inside.cols - 2 };
	pager_draw(&confirm->pager, grid, text, inside, GROUND_POPUP);
	int below = (int)(confirm->pager.doc.lines.n - confirm->pager.top) - text.rows;
	if (below <= 0 || text.rows < 2) return;
	Rect last = { text.row + text.rows - 1, text.col, 1, text.cols };
	grid_fill(grid, last, STYLE_ON(ROLE_DIM, GROUND_POPUP));
	grid_printf(
	    grid, last, last.row, last.col, STYLE_ON(ROLE_DIM, GROUND_POPUP), "… and %d more: Down, PgDn", below + 1);
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
	if (confirm->body && pager_act(&confirm->pager, action)) return react(REACT_DONE);
	if (action == ACTION_REDRAW || action == ACTION_SUSPEND) return react(REACT_IGNORED);
	return (Reaction) { .what = REACT_DONE | REACT_CLOSE | REACT_ANSWER,
		.answer = confirm->answer,
		.owner = confirm->owner,
		.kept = action == ACTION_YES };
}

static void free_confirm(View *view) {
	Confirm *confirm = (Confirm *)view;
	pager_done(&confirm->pager);
	free(confirm->label);
	free(confirm->body);
	free(confirm);
}

static Reaction confirm_event(View *view, const ViewEnv *env, const Event *event) {
	Confirm *confirm = (Confirm *)view;
	(void)env;
	return react(confirm->body && pager_event(&confirm->pager, event) ? REACT_DONE : REACT_IGNORED);
}

static const ViewOps CONFIRM_OPS = {
	.name = "the question",
	.where = WHERE_CONFIRM,
	.overlay = true,
	.draw = confirm_draw,
	.act = confirm_act,
	.event = confirm_event,
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
