#include "core/posix.h"

#include "tui/view_help.h"

#include <stdlib.h>

#include "core/utf8.h"
#include "tui/widget.h"

#define KEYS_WIDTH 13
#define NAME_WIDTH 17

typedef struct HelpRow {
	ActionId action; /* ACTION_NONE: the group's title, or with no title a blank line */
	const char *title;
} HelpRow;

typedef struct Help {
	View view;
	char *title;
	VEC(HelpRow) rows;
	size_t top;
	int shown; /* rows drawn last */
} Help;

static bool applies(const View *below, ActionId action) {
	if (!(action_info(action)->where & below->ops->where)) return false;
	return !below->ops->can || below->ops->can(below, action);
}

static void add_group(Help *help, const View *below, ActionGroup group) {
	bool first = true;
	for (int i = 1; i < ACTION_COUNT; i++) {
		if (action_info((ActionId)i)->group != group || !applies(below, (ActionId)i)) continue;
		if (first && help->rows.n) VEC_PUSH(help->rows) = (HelpRow) { 0 };
		if (first) VEC_PUSH(help->rows) = (HelpRow) { .title = action_group_name(group) };
		first = false;
		VEC_PUSH(help->rows) = (HelpRow) { .action = (ActionId)i };
	}
}

static void draw_row(const Help *help, const ViewEnv *env, Grid *grid, Rect line, const HelpRow *row) {
	(void)help;
	if (row->action == ACTION_NONE) {
		if (row->title) grid_puts(grid, line, line.row, line.col, STYLE_ON(ROLE_TITLE, GROUND_POPUP), row->title);
		return;
	}
	const ActionInfo *info = action_info(row->action);
	Buf keys = { 0 };
	keymap_keys(env->keymap, row->action, &keys);
	if (keys.len == 0) buf_puts(&keys, "-");
	int col = line.col + 2;
	grid_cut(grid, line, line.row, col, KEYS_WIDTH - 1, STYLE_ON(ROLE_KEY, GROUND_POPUP), buf_view(&keys));
	grid_cut(
	    grid, line, line.row, col + KEYS_WIDTH, NAME_WIDTH - 1, STYLE_ON(ROLE_TEXT, GROUND_POPUP), str_of(info->name));
	col += KEYS_WIDTH + NAME_WIDTH;
	grid_cut(
	    grid, line, line.row, col, line.col + line.cols - col, STYLE_ON(ROLE_HINT, GROUND_POPUP), str_of(info->help));
	buf_done(&keys);
}

static void draw(View *view, const ViewEnv *env, Grid *grid, Rect rect) {
	Help *help = (Help *)view;
	Rect inside = widget_popup(grid, rect, (int)help->rows.n + 2, 104, str_of(help->title));
	inside.col++;
	inside.cols -= 2;
	help->shown = inside.rows;
	size_t shown = inside.rows > 0 ? (size_t)inside.rows : 0;
	if (help->top + shown > help->rows.n) help->top = help->rows.n > shown ? help->rows.n - shown : 0;
	for (size_t i = 0; i < shown && help->top + i < help->rows.n; i++) {
		Rect line = { inside.row + (int)i, inside.col, 1, inside.cols };
		draw_row(help, env, grid, line, &help->rows.at[help->top + i]);
	}
	ListState list = { .n = help->rows.n, .top = help->top };
	widget_scrollbar(grid, (Rect) { inside.row, inside.col, inside.rows, inside.cols + 1 }, &list);
}

static Reaction act(View *view, const ViewEnv *env, ActionId action, const Event *event) {
	Help *help = (Help *)view;
	(void)env;
	(void)event;
	if (action == ACTION_OPEN || action == ACTION_HELP) return react(REACT_DONE | REACT_CLOSE);
	return react(text_act(&help->top, help->rows.n, help->shown, action) ? REACT_DONE : REACT_IGNORED);
}

static Reaction on_event(View *view, const ViewEnv *env, const Event *event) {
	(void)env;
	if (event->kind == EVENT_WHEEL) text_scroll(&((Help *)view)->top, event->delta);
	if (event->kind == EVENT_KEY && event->key == 'q') return react(REACT_DONE | REACT_CLOSE);
	return react(event->kind == EVENT_WHEEL ? REACT_DONE : REACT_IGNORED);
}

static bool can(const View *view, ActionId action) {
	(void)view;
	return action_info(action)->group == ACTION_GROUP_MOVE || action_info(action)->group == ACTION_GROUP_PROGRAM ||
	       action == ACTION_OPEN;
}

static bool bottom(View *view, const ViewEnv *env, Grid *grid, Rect line) {
	(void)view;
	(void)env;
	grid_puts(grid, line, line.row, line.col + 1, STYLE(ROLE_HINT),
	    "Esc closes · keys are rebound in the configuration's [keys] section");
	return true;
}

static void free_help(View *view) {
	Help *help = (Help *)view;
	VEC_FREE(help->rows);
	free(help->title);
	free(help);
}

static const ViewOps OPS = {
	.name = "help",
	.where = WHERE_TEXT,
	.overlay = true,
	.draw = draw,
	.act = act,
	.event = on_event,
	.can = can,
	.bottom = bottom,
	.free = free_help,
};

View *view_help_new(const ViewEnv *env, const View *below) {
	(void)env;
	Help *help = base_alloc(sizeof *help);
	help->view.ops = &OPS;
	Buf title = { 0 };
	buf_printf(&title, "Keys in %s", below->ops->name);
	help->title = buf_take(&title);
	for (int group = 0; group < ACTION_GROUP_COUNT; group++) add_group(help, below, (ActionGroup)group);
	return &help->view;
}
