#include "core/posix.h"

#include "tui/view_palette.h"

#include <stdlib.h>

#include "tui/widget.h"
#include "tui/widget_fuzzy.h"
#include "tui/widget_line.h"

#define PALETTE_ROWS 16
#define NAME_WIDTH 18

typedef struct Found {
	ActionId action;
	int score;
} Found;

typedef struct Palette {
	View view;
	const View *below;
	LineEdit line;
	Found found[ACTION_COUNT];
	ListState list;
	Rect rows; /* where the list was drawn */
} Palette;

static bool applies(const View *below, ActionId action) {
	if (action == ACTION_PALETTE || !(action_info(action)->where & below->ops->where)) return false;
	return !below->ops->can || below->ops->can(below, action);
}

static int better(const void *a, const void *b) {
	const Found *x = a, *y = b;
	if (x->score != y->score) return x->score > y->score ? -1 : 1;
	return x->action < y->action ? -1 : x->action > y->action;
}

static void search(Palette *palette) {
	Str typed = line_text(&palette->line);
	size_t n = 0;
	for (int i = 1; i < ACTION_COUNT; i++) {
		const ActionInfo *info = action_info((ActionId)i);
		if (!applies(palette->below, (ActionId)i)) continue;
		int score = fuzzy_score(str_of(info->name), typed) * 2; /* the name before what it says */
		int words = typed.len > 2 ? fuzzy_score(str_of(info->help), typed) : 0;
		if (words > score) score = words;
		if (score > 0) palette->found[n++] = (Found) { (ActionId)i, score };
	}
	qsort(palette->found, n, sizeof *palette->found, better);
	list_set(&palette->list, n);
	list_select(&palette->list, 0);
}

static void draw_row(const Palette *palette, const ViewEnv *env, Grid *grid, Rect line, size_t i) {
	const ActionInfo *info = action_info(palette->found[i].action);
	Ground ground = i == palette->list.selected ? GROUND_SELECTED : GROUND_POPUP;
	Buf keys = { 0 };
	keymap_keys(env->keymap, palette->found[i].action, &keys);
	grid_fill(grid, line, STYLE_ON(ROLE_TEXT, ground));
	grid_puts(grid, line, line.row, line.col, STYLE_ON(ROLE_ACCENT, ground), i == palette->list.selected ? "▸" : " ");
	int col = line.col + 2, end = line.col + line.cols - 10;
	grid_cut(grid, line, line.row, col, NAME_WIDTH - 1, STYLE_ON(ROLE_TEXT, ground), str_of(info->name));
	col += NAME_WIDTH;
	grid_cut(grid, line, line.row, col, end - col - 1, STYLE_ON(ROLE_HINT, ground), str_of(info->help));
	grid_cut(grid, line, line.row, end, 10, STYLE_ON(ROLE_KEY, ground), buf_view(&keys));
	buf_done(&keys);
}

static void draw(View *view, const ViewEnv *env, Grid *grid, Rect rect) {
	Palette *palette = (Palette *)view;
	Rect inside = widget_popup(grid, rect, PALETTE_ROWS + 3, 96, STR("Command"));
	Rect input = rect_take_rows(&inside, 1);
	grid_puts(grid, input, input.row, input.col, STYLE_ON(ROLE_KEY, GROUND_POPUP), ":");
	rect_take_cols(&input, 1);
	line_draw(&palette->line, grid, input, STYLE_ON(ROLE_TEXT, GROUND_POPUP));
	palette->rows = inside;
	list_settle(&palette->list, inside.rows);
	for (int i = 0; i < inside.rows; i++) {
		size_t row = palette->list.top + (size_t)i;
		if (row < palette->list.n)
			draw_row(palette, env, grid, (Rect) { inside.row + i, inside.col, 1, inside.cols }, row);
	}
	if (palette->list.n == 0)
		grid_puts(
		    grid, inside, inside.row, inside.col + 2, STYLE_ON(ROLE_DIM, GROUND_POPUP), "no action of that name here");
}

static Reaction choose(Palette *palette) {
	if (palette->list.n == 0) return react(REACT_DONE);
	return (Reaction) { .what = REACT_DONE | REACT_CLOSE | REACT_RUN,
		.run = palette->found[palette->list.selected].action };
}

static Reaction act(View *view, const ViewEnv *env, ActionId action, const Event *event) {
	(void)env;
	(void)event;
	if (action == ACTION_OPEN) return choose((Palette *)view);
	return react(action == ACTION_CANCEL ? REACT_DONE | REACT_CLOSE : REACT_IGNORED);
}

static Reaction on_mouse(Palette *palette, const Event *event) {
	if (event->kind == EVENT_WHEEL) list_scroll(&palette->list, event->delta, palette->rows.rows);
	if (event->kind != EVENT_PRESS || !rect_has(palette->rows, event->row, event->col)) return react(REACT_DONE);
	size_t row = palette->list.top + (size_t)(event->row - palette->rows.row);
	if (row >= palette->list.n) return react(REACT_DONE);
	list_select(&palette->list, row);
	return choose(palette);
}

static Reaction on_key(Palette *palette, Key key) {
	static const struct {
		Key key;
		ActionId action;
	} moves[] = {
		{ KEYS_UP, ACTION_UP },
		{ KEYS_DOWN, ACTION_DOWN },
		{ KEYS_CTRL | 'p', ACTION_UP },
		{ KEYS_CTRL | 'n', ACTION_DOWN },
		{ KEYS_PAGE_UP, ACTION_PAGE_UP },
		{ KEYS_PAGE_DOWN, ACTION_PAGE_DOWN },
	};
	for (size_t i = 0; i < BASE_COUNT(moves); i++)
		if (moves[i].key == key) {
			list_act(&palette->list, moves[i].action, palette->rows.rows);
			return react(REACT_DONE);
		}
	if (key == KEYS_BACKSPACE && line_text(&palette->line).len == 0) return react(REACT_DONE | REACT_CLOSE);
	if (!line_key(&palette->line, key)) return react(REACT_IGNORED);
	search(palette);
	return react(REACT_DONE);
}

static Reaction on_event(View *view, const ViewEnv *env, const Event *event) {
	Palette *palette = (Palette *)view;
	(void)env;
	if (event->kind == EVENT_KEY) return on_key(palette, event->key);
	if (event->kind != EVENT_PASTE) return on_mouse(palette, event);
	line_paste(&palette->line, event->text);
	search(palette);
	return react(REACT_DONE);
}

static bool bottom(View *view, const ViewEnv *env, Grid *grid, Rect line) {
	(void)view;
	(void)env;
	grid_puts(grid, line, line.row, line.col + 1, STYLE(ROLE_HINT), "Enter does it · Up and Down choose · Esc closes");
	return true;
}

static void free_palette(View *view) {
	Palette *palette = (Palette *)view;
	line_done(&palette->line);
	free(palette);
}

static const ViewOps OPS = {
	.name = "the palette",
	.where = WHERE_PALETTE,
	.overlay = true,
	.draw = draw,
	.act = act,
	.event = on_event,
	.bottom = bottom,
	.free = free_palette,
};

View *view_palette_new(const ViewEnv *env, const View *below) {
	(void)env;
	Palette *palette = base_alloc(sizeof *palette);
	palette->view.ops = &OPS;
	palette->below = below;
	line_init(&palette->line, STR_NONE, NULL);
	search(palette);
	return &palette->view;
}
