#include "core/posix.h"

#include "tui/view_start.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "core/utf8.h"
#include "sessions/demo.h"
#include "sessions/init.h"
#include "sessions/paths.h"
#include "sessions/session.h"
#include "tui/mark.h"
#include "tui/view_ask.h"
#include "tui/view_init.h"
#include "tui/view_walk.h"
#include "tui/widget.h"

typedef struct Start {
	View view;
	Store *store; /* NULL while there is no database */
	Arena arena;  /* of the list */
	SessionSummary *sessions;
	size_t n_sessions;
	ListState list;
	Rect rows, choices; /* where they were drawn */
	/* a new session, as far as it was told */
	char *name, *paths[SIDE_COUNT];
	Side asking;
	LineHistory typed;
} Start;

static const struct {
	ActionId action;
	const char *text;
} CHOICES[] = {
	{ ACTION_NEW, "new session from paths" },
	{ ACTION_INIT, "look for the port and its references around this folder" },
	{ ACTION_DEMO, "try the demo: a small speech model with things to decide" },
};

/* ---- the sessions ---- */

/* Without a database yet there are no sessions, which is no error. */
static bool read_sessions(Start *start, const ViewEnv *env, Err *err) {
	arena_done(&start->arena);
	start->sessions = NULL;
	start->n_sessions = 0;
	list_set(&start->list, 0);
	if (!start->store && access(env->options->db, F_OK) != 0) return true;
	if (!start->store) start->store = store_open(env->options->db, false, err);
	if (!start->store) return false;
	if (!session_list(start->store, false, &start->arena, &start->sessions, &start->n_sessions, err)) return false;
	list_set(&start->list, start->n_sessions);
	return true;
}

static Reaction open_session(const ViewEnv *env, const char *name) {
	Err err = { { 0 } };
	Work *work = work_open(env, name, &err);
	if (!work) return react_bad("%s", err.text);
	View *walk = view_walk_new(env, work);
	bool scanning = work_start(work, &err);
	work_release(work);
	Reaction reaction = react_open(walk);
	if (!scanning) {
		reaction.say = base_strdup(err.text);
		reaction.bad = true;
	}
	return reaction;
}

static Reaction open_selected(Start *start, const ViewEnv *env) {
	if (start->n_sessions == 0) return react_say("there is no session yet");
	char *name = arena_strdup(&start->arena, start->sessions[start->list.selected].session.name);
	return open_session(env, name);
}

/* The demo's files lie beside the database's folder; its session is made once. */
static Reaction open_demo(Start *start, const ViewEnv *env) {
	Err err = { { 0 } };
	Arena arena = { 0 };
	Session session;
	char *data = paths_data(&paths_process_env), *folder = base_path_join(data, "demo");
	SourceOptions sides[SIDE_COUNT] = { { 0 } };
	char *paths[SIDE_COUNT];
	for (int side = 0; side < SIDE_COUNT; side++) {
		paths[side] = demo_side(folder, (Side)side);
		sides[side] = (SourceOptions) { .paths = (const char *const *)&paths[side], .n_paths = 1 };
	}
	if (!start->store) start->store = store_open(env->options->db, true, &err);
	bool fine = start->store != NULL;
	if (fine && !session_find(start->store, "demo", false, &arena, &session, NULL))
		fine = demo_lay_out(folder, false, &err) &&
		       session_create(start->store, "demo", sides, &arena, &session, &err) && read_sessions(start, env, &err);
	for (int side = 0; side < SIDE_COUNT; side++) free(paths[side]);
	free(folder);
	free(data);
	arena_done(&arena);
	return fine ? open_session(env, "demo") : react_bad("%s", err.text);
}

/* ---- a new one ---- */

static void forget_new(Start *start) {
	free(start->name);
	start->name = NULL;
	for (int side = 0; side < SIDE_COUNT; side++) {
		free(start->paths[side]);
		start->paths[side] = NULL;
	}
}

static char *copy_of(Str text) {
	Buf copy = { 0 };
	buf_str(&copy, text);
	return buf_take(&copy);
}

/* "~/port" as a shell has it. */
static char *expand(Str path) {
	const char *home = getenv("HOME");
	if (home && path.len && path.ptr[0] == '~' && (path.len == 1 || path.ptr[1] == '/')) {
		Buf out = { 0 };
		buf_puts(&out, home);
		buf_str(&out, str_sub(path, 1, path.len));
		return buf_take(&out);
	}
	return copy_of(path);
}

static Reaction create(Start *start, const ViewEnv *env) {
	Err err = { { 0 } };
	Arena arena = { 0 };
	Session session;
	SourceOptions sides[SIDE_COUNT] = { { 0 } };
	for (int side = 0; side < SIDE_COUNT; side++)
		if (start->paths[side]) {
			sides[side].paths = (const char *const *)&start->paths[side];
			sides[side].n_paths = 1;
		}
	if (!start->store) start->store = store_open(env->options->db, true, &err);
	bool fine = start->store && session_create(start->store, start->name, sides, &arena, &session, &err);
	arena_done(&arena);
	if (!fine) return react_bad("%s", err.text);
	if (!read_sessions(start, env, &err)) return react_bad("%s", err.text);
	Reaction reaction = open_session(env, start->name);
	forget_new(start);
	return reaction;
}

static Reaction ask_path(Start *start, Side side);

static Reaction path_given(View *owner, const ViewEnv *env, Str text, bool kept) {
	Start *start = (Start *)owner;
	struct stat info;
	text = str_trim(text);
	if (!kept) return react_say("no session was made");
	if (text.len) {
		char *path = expand(text);
		if (stat(path, &info) != 0) {
			Reaction again = ask_path(start, start->asking);
			Buf say = { 0 };
			buf_printf(&say, "cannot open '%s': %s", path, strerror(errno));
			again.say = buf_take(&say);
			again.bad = true;
			free(path);
			return again;
		}
		start->paths[start->asking] = path;
	}
	switch (start->asking) {
	case SIDE_SWIFT: return ask_path(start, SIDE_MLX);
	case SIDE_MLX: return ask_path(start, SIDE_TORCH);
	default: return create(start, env);
	}
}

static Reaction ask_path(Start *start, Side side) {
	static const char *const labels[SIDE_COUNT] = {
		[SIDE_MLX] = "Python MLX reference, a file or folder (Enter for none):",
		[SIDE_TORCH] = "PyTorch original, a file or folder (Enter for none):",
		[SIDE_SWIFT] = "Swift port, a file or folder:",
	};
	start->asking = side;
	AskOptions ask = { .label = labels[side],
		.required = side == SIDE_SWIFT,
		.required_why = "there must be a port (Esc leaves)",
		.history = &start->typed,
		.owner = &start->view,
		.answer = path_given };
	return react_open(view_ask_new(&ask));
}

static Reaction name_given(View *owner, const ViewEnv *env, Str text, bool kept) {
	Start *start = (Start *)owner;
	(void)env;
	if (!kept) return react_say("no session was made");
	forget_new(start);
	start->name = copy_of(str_trim(text));
	return ask_path(start, SIDE_SWIFT);
}

static Reaction ask_name(Start *start) {
	AskOptions ask = { .label = "name of the new session:",
		.required = true,
		.required_why = "a session has a name (Esc leaves)",
		.owner = &start->view,
		.answer = name_given };
	return react_open(view_ask_new(&ask));
}

/* ---- .triptych/session ---- */

static bool create_from_file(Start *start, const ViewEnv *env, Arena *arena, Str *name, Err *err) {
	char *top, *path = init_path(env->options->folder, &top);
	InitFile file;
	SourceOptions sides[SIDE_COUNT] = { { 0 } };
	Session session;
	bool fine = init_read(path, top, arena, &file, err);
	for (int i = 0; fine && i < SIDE_COUNT; i++)
		sides[i] = (SourceOptions) { .paths = file.sides[i].paths, .n_paths = file.sides[i].n_paths };
	if (fine && !start->store) start->store = store_open(env->options->db, true, err);
	fine = fine && start->store;
	if (fine) *name = file.name;
	/* one of that name is opened as it is: its decisions are its own */
	if (fine && !session_find(start->store, file.name.ptr, false, arena, &session, NULL))
		fine = session_create(start->store, file.name.ptr, sides, arena, &session, err);
	free(path);
	free(top);
	return fine;
}

static Reaction init_written(View *owner, const ViewEnv *env, Str text, bool kept) {
	Start *start = (Start *)owner;
	Err err = { { 0 } };
	Arena arena = { 0 };
	Str name = STR_NONE;
	(void)text;
	if (!kept) return react(REACT_DONE);
	bool fine = create_from_file(start, env, &arena, &name, &err) && read_sessions(start, env, &err);
	Reaction reaction = fine ? open_session(env, name.ptr) : react_bad("%s", err.text);
	arena_done(&arena);
	return reaction;
}

/* ---- drawing ---- */

static void draw_session(const Start *start, Grid *grid, Rect line, size_t i, int width) {
	const SessionSummary *summary = &start->sessions[i];
	bool selected = i == start->list.selected;
	Ground ground = selected ? GROUND_SELECTED : GROUND_NONE;
	if (selected) grid_fill(grid, line, STYLE_ON(ROLE_TEXT, ground));
	grid_puts(grid, line, line.row, line.col, STYLE_ON(ROLE_ACCENT, ground), selected ? "▸" : " ");
	int col = line.col + 2;
	grid_cut(grid, line, line.row, col, width, STYLE_ON(ROLE_TEXT, ground), summary->session.name);
	col += width + 2;
	grid_printf(grid, line, line.row, col, STYLE_ON(ROLE_TEXT, ground), "%3zu of %-3zu decided", summary->n_decided,
	    summary->n_candidates);
	col += 19;
	double value = summary->n_candidates ? (double)summary->n_decided / (double)summary->n_candidates : 0;
	widget_bar(grid, line, line.row, col, 12, value, false);
	Buf age = { 0 };
	mark_age(summary->session.opened, (int64_t)time(NULL), &age);
	grid_cut(
	    grid, line, line.row, col + 14, line.col + line.cols - col - 15, STYLE_ON(ROLE_DIM, ground), buf_view(&age));
	buf_done(&age);
	if (selected) grid_ground(grid, line, ground);
}

static void draw_sessions(Start *start, Grid *grid, Rect rect) {
	int width = 8;
	for (size_t i = 0; i < start->n_sessions; i++) {
		int own = utf8_width(start->sessions[i].session.name);
		if (own > width) width = own;
	}
	if (width > rect.cols / 2) width = rect.cols / 2;
	start->rows = rect;
	list_settle(&start->list, rect.rows);
	for (int i = 0; i < rect.rows; i++) {
		size_t row = start->list.top + (size_t)i;
		if (row < start->n_sessions)
			draw_session(start, grid, (Rect) { rect.row + i, rect.col, 1, rect.cols }, row, width);
	}
	widget_scrollbar(grid, rect, &start->list);
}

static void draw_choices(Start *start, const ViewEnv *env, Grid *grid, Rect rect) {
	int width = 1;
	char name[KEYS_NAME_MAX];
	start->choices = rect;
	for (size_t i = 0; i < BASE_COUNT(CHOICES); i++) {
		int cells = utf8_width(str_of(key_to_name(keymap_first(env->keymap, CHOICES[i].action), name)));
		if (cells > width) width = cells;
	}
	for (size_t i = 0; i < BASE_COUNT(CHOICES); i++) {
		Key key = keymap_first(env->keymap, CHOICES[i].action);
		int row = rect.row + (int)i;
		grid_puts(grid, rect, row, rect.col + 2, STYLE(ROLE_KEY), key == KEYS_NONE ? ":" : key_to_name(key, name));
		grid_puts(grid, rect, row, rect.col + 4 + width, STYLE(ROLE_TEXT), CHOICES[i].text);
	}
}

static void draw(View *view, const ViewEnv *env, Grid *grid, Rect rect) {
	Start *start = (Start *)view;
	Rect top = rect_take_rows(&rect, 1);
	grid_puts(grid, top, top.row, top.col + 1, STYLE(ROLE_TITLE), "triptych");
	grid_ground(grid, top, GROUND_LINE);
	rect_take_rows(&rect, 1);
	Rect body = { rect.row, rect.col + 1, rect.rows, rect.cols - 2 };
	Rect choices = rect_take_rows(&body, start->n_sessions ? -(int)BASE_COUNT(CHOICES) : 0);
	Rect head = rect_take_rows(&body, 1);
	start->rows = (Rect) { 0 };
	if (start->n_sessions) {
		grid_puts(grid, head, head.row, head.col, STYLE(ROLE_TITLE), "Sessions");
		rect_take_rows(&body, -1);
		draw_sessions(start, grid, body);
	} else {
		grid_puts(grid, head, head.row, head.col, STYLE(ROLE_TEXT), "No session here yet.");
		choices = rect_take_rows(&body, (int)BASE_COUNT(CHOICES));
	}
	draw_choices(start, env, grid, choices);
}

/* ---- the rest of a view ---- */

static Reaction act(View *view, const ViewEnv *env, ActionId action, const Event *event) {
	Start *start = (Start *)view;
	(void)event;
	switch (action) {
	case ACTION_OPEN: return open_selected(start, env);
	case ACTION_NEW: return ask_name(start);
	case ACTION_INIT: return react_open(view_init_new(env, view, init_written));
	case ACTION_DEMO: return open_demo(start, env);
	default: return react(list_act(&start->list, action, start->rows.rows) ? REACT_DONE : REACT_IGNORED);
	}
}

static Reaction on_event(View *view, const ViewEnv *env, const Event *event) {
	Start *start = (Start *)view;
	if (event->kind == EVENT_WHEEL) {
		list_scroll(&start->list, event->delta, start->rows.rows);
		return react(REACT_DONE);
	}
	if (event->kind != EVENT_PRESS) return react(REACT_IGNORED);
	if (rect_has(start->choices, event->row, event->col))
		return act(view, env, CHOICES[event->row - start->choices.row].action, event);
	if (!rect_has(start->rows, event->row, event->col)) return react(REACT_IGNORED);
	size_t row = start->list.top + (size_t)(event->row - start->rows.row);
	if (row >= start->n_sessions) return react(REACT_DONE);
	bool again = row == start->list.selected;
	list_select(&start->list, row);
	return again ? open_selected(start, env) : react(REACT_DONE);
}

/* Another process, or the walk above, may have changed what is listed. */
static Reaction tick(View *view, const ViewEnv *env) {
	Start *start = (Start *)view;
	Err err = { { 0 } };
	if (!start->store || !store_changed_elsewhere(start->store)) return react(REACT_IGNORED);
	if (!read_sessions(start, env, &err)) return react_bad("%s", err.text);
	return react(REACT_DONE);
}

static bool can(const View *view, ActionId action) {
	const Start *start = (const Start *)view;
	if (action == ACTION_BACK) return false;
	if (action == ACTION_OPEN || action_info(action)->group == ACTION_GROUP_MOVE) return start->n_sessions > 0;
	return action_info(action)->group == ACTION_GROUP_START || action_info(action)->group == ACTION_GROUP_PROGRAM;
}

static void free_start(View *view) {
	Start *start = (Start *)view;
	forget_new(start);
	line_history_done(&start->typed);
	store_close(start->store);
	arena_done(&start->arena);
	free(start);
}

static const ViewOps OPS = {
	.name = "the start screen",
	.where = WHERE_START,
	.draw = draw,
	.act = act,
	.event = on_event,
	.tick = tick,
	.can = can,
	.free = free_start,
};

View *view_start_new(const ViewEnv *env, Err *err) {
	Start *start = base_alloc(sizeof *start);
	start->view.ops = &OPS;
	if (read_sessions(start, env, err)) return &start->view;
	free_start(&start->view);
	return NULL;
}
