#include "core/posix.h"

#include "tui/view_text.h"

#include <stdlib.h>

#include "tui/doc.h"
#include "tui/widget.h"

typedef struct TextView {
	View view;
	char *title, *text;
	bool markdown;
	Doc doc;
	size_t top;
	int rows;
} TextView;

static void draw(View *view, const ViewEnv *env, Grid *grid, Rect rect) {
	TextView *v = (TextView *)view;
	(void)env;
	int cols = rect.cols > 110 ? 108 : rect.cols - 2;
	doc_start(&v->doc, cols - 4);
	if (v->markdown)
		doc_markdown(&v->doc, 0, str_of(v->text));
	else
		doc_text(&v->doc, 0, STYLE(ROLE_TEXT), str_of(v->text));
	Rect inside = widget_popup(grid, rect, (int)v->doc.lines.n + 2, cols, str_of(v->title));
	Rect text = { inside.row, inside.col + 1, inside.rows, inside.cols - 2 };
	v->rows = text.rows;
	size_t shown = text.rows > 0 ? (size_t)text.rows : 0, last = v->doc.lines.n > shown ? v->doc.lines.n - shown : 0;
	if (v->top > last) v->top = last;
	doc_draw(&v->doc, grid, text, v->top, GROUND_POPUP);
	widget_scrollbar(grid, inside, &(ListState) { .n = v->doc.lines.n, .top = v->top });
}

static Reaction act(View *view, const ViewEnv *env, ActionId action, const Event *event) {
	TextView *v = (TextView *)view;
	(void)env;
	(void)event;
	if (action == ACTION_OPEN) return react(REACT_DONE | REACT_CLOSE);
	return react(text_act(&v->top, v->doc.lines.n, v->rows, action) ? REACT_DONE : REACT_IGNORED);
}

static Reaction on_event(View *view, const ViewEnv *env, const Event *event) {
	(void)env;
	if (event->kind == EVENT_KEY && event->key == 'q') return react(REACT_DONE | REACT_CLOSE);
	if (event->kind != EVENT_WHEEL) return react(REACT_IGNORED);
	text_scroll(&((TextView *)view)->top, event->delta);
	return react(REACT_DONE);
}

static bool can(const View *view, ActionId action) {
	(void)view;
	return action_info(action)->group == ACTION_GROUP_MOVE || action_info(action)->group == ACTION_GROUP_PROGRAM ||
	       action == ACTION_OPEN;
}

static bool bottom(View *view, const ViewEnv *env, Grid *grid, Rect line) {
	(void)view;
	(void)env;
	grid_puts(grid, line, line.row, line.col + 1, STYLE(ROLE_HINT), "Up and Down scroll · Esc closes");
	return true;
}

static void free_text(View *view) {
	TextView *v = (TextView *)view;
	doc_done(&v->doc);
	free(v->title);
	free(v->text);
	free(v);
}

static const ViewOps OPS = {
	.name = "the text",
	.where = WHERE_TEXT,
	.overlay = true,
	.draw = draw,
	.act = act,
	.event = on_event,
	.can = can,
	.bottom = bottom,
	.free = free_text,
};

View *view_text_new(const char *title, Str text, bool markdown) {
	TextView *v = base_alloc(sizeof *v);
	Buf copy = { 0 };
	buf_str(&copy, text);
	v->view.ops = &OPS;
	v->title = base_strdup(title);
	v->text = buf_take(&copy);
	v->markdown = markdown;
	return &v->view;
}
