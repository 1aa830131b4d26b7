#include "core/posix.h"

#include "tui/view_start.h"

#include <stdlib.h>

#include "core/utf8.h"
#include "tui/widget.h"

typedef struct Start {
	View view;
	Rect choices; /* where they were drawn */
} Start;

static const struct {
	ActionId action;
	const char *text;
} CHOICES[] = {
	{ ACTION_INIT, "look for the port and its references around this folder" },
	{ ACTION_NEW, "new session from paths" },
	{ ACTION_DEMO, "try the demo: a small speech model with a few things to decide" },
};

static void draw(View *view, const ViewEnv *env, Grid *grid, Rect rect) {
	Start *start = (Start *)view;
	grid_puts(grid, rect, rect.row, rect.col + 1, STYLE(ROLE_TITLE), "triptych");
	int row = rect.row + 2;
	grid_puts(grid, rect, row, rect.col + 1, STYLE(ROLE_TEXT), "No session here yet.");
	start->choices = (Rect) { row + 1, rect.col + 1, (int)BASE_COUNT(CHOICES), rect.cols - 2 };
	int width = 1;
	for (size_t i = 0; i < BASE_COUNT(CHOICES); i++) {
		char name[KEYS_NAME_MAX];
		int cells = utf8_width(str_of(key_to_name(keymap_first(env->keymap, CHOICES[i].action), name)));
		if (cells > width) width = cells;
	}
	for (size_t i = 0; i < BASE_COUNT(CHOICES); i++) {
		char name[KEYS_NAME_MAX];
		Key key = keymap_first(env->keymap, CHOICES[i].action);
		row++;
		grid_puts(grid, rect, row, rect.col + 3, STYLE(ROLE_KEY), key == KEYS_NONE ? ":" : key_to_name(key, name));
		grid_puts(grid, rect, row, rect.col + 5 + width, STYLE(ROLE_TEXT), CHOICES[i].text);
	}
}

static Reaction act(View *view, const ViewEnv *env, ActionId action, const Event *event) {
	(void)view;
	(void)env;
	(void)event;
	switch (action) {
	case ACTION_INIT: return react_say("on the command line for now: triptych init");
	case ACTION_NEW: return react_say("on the command line for now: triptych new NAME --swift PATH");
	case ACTION_DEMO: return react_say("on the command line for now: triptych demo");
	default: return react(REACT_IGNORED);
	}
}

static Reaction on_event(View *view, const ViewEnv *env, const Event *event) {
	Start *start = (Start *)view;
	if (event->kind != EVENT_PRESS || !rect_has(start->choices, event->row, event->col)) return react(REACT_IGNORED);
	return act(view, env, CHOICES[event->row - start->choices.row].action, event);
}

static bool can(const View *view, ActionId action) {
	(void)view;
	if (action == ACTION_BACK) return false;
	switch (action_info(action)->group) {
	case ACTION_GROUP_START:
	case ACTION_GROUP_PROGRAM: return true;
	default: return false;
	}
}

static void free_start(View *view) { free(view); }

static const ViewOps OPS = {
	.name = "the start screen",
	.where = WHERE_START,
	.draw = draw,
	.act = act,
	.event = on_event,
	.can = can,
	.free = free_start,
};

View *view_start_new(const ViewEnv *env) {
	(void)env;
	Start *start = base_alloc(sizeof *start);
	start->view.ops = &OPS;
	return &start->view;
}
