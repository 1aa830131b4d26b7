#include "core/posix.h"

#include "tui/view_init.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "sessions/init.h"
#include "sessions/paths.h"
#include "tui/widget.h"

/* Below this share of the port's names a folder is shown, never chosen beforehand: as the command does. */
#define TAKEN 0.25

/* A row: the port, a folder that could be a reference, or (last) writing it. */
typedef struct InitRow {
	const InitFind *find; /* NULL: the port, or the last row */
	bool chosen;
} InitRow;

typedef struct InitView {
	View view;
	View *owner;
	AnswerFn written;
	Wait *wait;
	char *top, *path, *port;
	bool exists; /* the file is there already */
	/* the thread */
	pthread_t thread;
	bool started;
	pthread_mutex_t lock; /* guards `ended` */
	bool ended;
	bool looked; /* it has ended, and was taken over */
	Arena arena;
	InitFind *finds;
	size_t n_finds;
	bool fine;
	Err err;
	/* the list */
	InitRow *rows;
	size_t n_rows;
	ListState list;
	Rect rect;
} InitView;

/* ---- the thread ---- */

static void *look(void *context) {
	InitView *v = context;
	v->fine = init_propose(v->port, v->top, NULL, 0, &v->arena, &v->finds, &v->n_finds, &v->err);
	pthread_mutex_lock(&v->lock);
	v->ended = true;
	pthread_mutex_unlock(&v->lock);
	wait_wake(v->wait);
	return NULL;
}

static void start(InitView *v) {
	sigset_t all, before;
	sigfillset(&all); /* signals are the main thread's */
	pthread_sigmask(SIG_SETMASK, &all, &before);
	v->started = pthread_create(&v->thread, NULL, look, v) == 0;
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (!v->started) err_set(&v->err, "cannot start a thread");
	v->looked = !v->started;
}

static bool has_ended(InitView *v) {
	pthread_mutex_lock(&v->lock);
	bool ended = v->ended;
	pthread_mutex_unlock(&v->lock);
	return ended;
}

/* The best of each side is chosen beforehand. */
static void make_rows(InitView *v) {
	bool taken[SIDE_COUNT] = { false };
	v->rows = base_alloc((v->n_finds + 2) * sizeof *v->rows);
	v->rows[v->n_rows++] = (InitRow) { .chosen = true };
	for (size_t i = 0; v->fine && i < v->n_finds; i++) {
		const InitFind *find = &v->finds[i];
		bool chosen = !taken[find->side] && find->score >= TAKEN;
		taken[find->side] = taken[find->side] || chosen;
		v->rows[v->n_rows++] = (InitRow) { find, chosen };
	}
	v->rows[v->n_rows++] = (InitRow) { .chosen = false };
	list_set(&v->list, v->n_rows);
	list_select(&v->list, v->n_rows - 1);
}

static Reaction tick(View *view, const ViewEnv *env) {
	InitView *v = (InitView *)view;
	(void)env;
	if (v->looked || !has_ended(v)) return react(REACT_IGNORED);
	pthread_join(v->thread, NULL);
	v->started = false;
	v->looked = true;
	make_rows(v);
	return v->fine ? react(REACT_DONE) : react_bad("%s", v->err.text);
}

static bool busy(const View *view) { return !((const InitView *)view)->looked; }

/* ---- choosing ---- */

static InitFile file_of(const InitView *v, Arena *arena) {
	InitFile file = { 0 };
	const char *slash = strrchr(v->top, '/');
	file.name = str_of(slash && slash[1] ? slash + 1 : "port");
	for (size_t i = 0; i + 1 < v->n_rows; i++) {
		const InitRow *row = &v->rows[i];
		if (!row->chosen) continue;
		InitSide *side = &file.sides[row->find ? row->find->side : SIDE_SWIFT];
		const char **paths = ARENA_ARRAY(arena, const char *, side->n_paths + 1);
		if (side->n_paths > 0) memcpy(paths, side->paths, side->n_paths * sizeof *paths);
		paths[side->n_paths++] = row->find ? row->find->path : v->port;
		side->paths = paths;
	}
	return file;
}

static Reaction write_file(InitView *v) {
	Arena arena = { 0 };
	Err err = { { 0 } };
	InitFile file = file_of(v, &arena);
	Reaction reaction = { 0 };
	if (init_write(v->path, v->top, &file, v->exists, &err)) {
		Buf name = { 0 };
		buf_str(&name, file.name);
		reaction = (Reaction) { .what = REACT_DONE | REACT_CLOSE | REACT_ANSWER,
			.answer = v->written,
			.owner = v->owner,
			.text = buf_take(&name),
			.kept = true };
	} else {
		reaction = react_bad("%s", err.text);
	}
	arena_done(&arena);
	return reaction;
}

static Reaction open_row(InitView *v) {
	if (!v->looked || v->n_rows == 0) return react_say("still looking");
	if (v->list.selected + 1 == v->n_rows) return write_file(v);
	InitRow *row = &v->rows[v->list.selected];
	if (!row->find) return react_say("the port is always in it; n makes a session from other paths");
	row->chosen = !row->chosen;
	return react(REACT_DONE);
}

static Reaction act(View *view, const ViewEnv *env, ActionId action, const Event *event) {
	InitView *v = (InitView *)view;
	(void)env;
	(void)event;
	if (action == ACTION_OPEN) return open_row(v);
	return react(list_act(&v->list, action, v->rect.rows) ? REACT_DONE : REACT_IGNORED);
}

static Reaction on_event(View *view, const ViewEnv *env, const Event *event) {
	InitView *v = (InitView *)view;
	(void)env;
	if (event->kind == EVENT_KEY && event->key == ' ') return open_row(v);
	if (event->kind != EVENT_PRESS || !rect_has(v->rect, event->row, event->col)) return react(REACT_IGNORED);
	size_t row = v->list.top + (size_t)(event->row - v->rect.row);
	if (row >= v->n_rows) return react(REACT_DONE);
	list_select(&v->list, row);
	return open_row(v);
}

static bool can(const View *view, ActionId action) {
	(void)view;
	return action_info(action)->group == ACTION_GROUP_MOVE || action_info(action)->group == ACTION_GROUP_PROGRAM ||
	       action == ACTION_OPEN;
}

/* ---- drawing ---- */

static void words_of(const InitView *v, size_t i, Buf *out) {
	const InitRow *row = &v->rows[i];
	if (i + 1 == v->n_rows) {
		buf_printf(out, "%s .triptych/session, and open it", v->exists ? "replace" : "write");
	} else if (!row->find) {
		buf_printf(out, "%s %-6s %s", "✓", "swift", v->port);
	} else {
		buf_printf(out, "%s %-6s %s  (%.*s)", row->chosen ? "✓" : "·", side_name(row->find->side), row->find->path,
		    STR_ARG(row->find->why));
	}
}

static void draw_row(const InitView *v, Grid *grid, Rect line, size_t i) {
	Ground ground = i == v->list.selected ? GROUND_SELECTED : GROUND_POPUP;
	Buf words = { 0 };
	words_of(v, i, &words);
	grid_fill(grid, line, STYLE_ON(ROLE_TEXT, ground));
	grid_puts(grid, line, line.row, line.col, STYLE_ON(ROLE_ACCENT, ground), i == v->list.selected ? "▸" : " ");
	bool quiet = v->rows[i].find && !v->rows[i].chosen;
	grid_cut(grid, line, line.row, line.col + 2, line.cols - 3, STYLE_ON(quiet ? ROLE_DIM : ROLE_TEXT, ground),
	    buf_view(&words));
	buf_done(&words);
}

static void draw(View *view, const ViewEnv *env, Grid *grid, Rect rect) {
	InitView *v = (InitView *)view;
	(void)env;
	int wanted = v->looked ? (int)v->n_rows + 4 : 5;
	Rect inside = widget_popup(grid, rect, wanted, rect.cols - 4, STR("The port and its references"));
	Rect head = rect_take_rows(&inside, 2);
	const char *say = !v->looked ? "Looking through the folders near by for Python that shares names with the port …"
	                  : v->n_finds == 0
	                      ? "No Python near by shares names with the port: n names the references by path."
	                      : "By the class names and weight keys they share with the port:";
	widget_wrap(grid, (Rect) { head.row, head.col + 1, head.rows, head.cols - 2 }, STYLE_ON(ROLE_HINT, GROUND_POPUP),
	    str_of(say), 0);
	v->rect = inside;
	list_settle(&v->list, inside.rows);
	for (int i = 0; i < inside.rows && v->list.top + (size_t)i < v->n_rows; i++)
		draw_row(v, grid, (Rect) { inside.row + i, inside.col, 1, inside.cols }, v->list.top + (size_t)i);
}

static bool bottom(View *view, const ViewEnv *env, Grid *grid, Rect line) {
	(void)view;
	(void)env;
	grid_puts(grid, line, line.row, line.col + 1, STYLE(ROLE_HINT),
	    "Enter chooses, or writes on the last line · Esc leaves everything as it was");
	return true;
}

/* ---- beginning and end ---- */

static void free_init(View *view) {
	InitView *v = (InitView *)view;
	if (v->started) pthread_join(v->thread, NULL);
	pthread_mutex_destroy(&v->lock);
	arena_done(&v->arena);
	free(v->rows);
	free(v->top);
	free(v->path);
	free(v->port);
	free(v);
}

static const ViewOps OPS = {
	.name = "looking around",
	.where = WHERE_TEXT,
	.overlay = true,
	.draw = draw,
	.act = act,
	.event = on_event,
	.tick = tick,
	.busy = busy,
	.can = can,
	.bottom = bottom,
	.free = free_init,
};

View *view_init_new(const ViewEnv *env, View *owner, AnswerFn written) {
	InitView *v = base_alloc(sizeof *v);
	v->view.ops = &OPS;
	v->owner = owner;
	v->written = written;
	v->wait = env->wait;
	pthread_mutex_init(&v->lock, NULL);
	v->path = init_path(env->options->folder, &v->top);
	v->exists = access(v->path, F_OK) == 0;
	char *sources = base_path_join(v->top, "Sources");
	char *port = paths_absolute(access(sources, F_OK) == 0 ? sources : v->top);
	v->port = port;
	free(sources);
	start(v);
	return &v->view;
}
