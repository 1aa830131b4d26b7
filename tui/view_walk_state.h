/* The inside of the walk, shared by the files tui/view_walk.c and tui/view_walk_*.c and by nothing else. */
#ifndef TUI_VIEW_WALK_STATE_H
#define TUI_VIEW_WALK_STATE_H

#include "core/align_lines.h"
#include "tui/code.h"
#include "tui/doc.h"
#include "tui/view_ask.h"
#include "tui/widget.h"
#include "tui/work.h"

/* The panes have the numbers of their sides. */
typedef enum Focus { FOCUS_MLX, FOCUS_TORCH, FOCUS_SWIFT, FOCUS_LIST, FOCUS_CARD, FOCUS_COUNT } Focus;

typedef struct Pane {
	/* what it shows */
	const SourceFile *file; /* of the latest scan; NULL: an excerpt, or nothing */
	uint32_t file_index;
	CodeText text;
	bool has_text;
	Arena arena;                    /* of the excerpt, and of the texts here */
	Str name;                       /* the file */
	Str component;                  /* its label */
	Str empty;                      /* why there is nothing */
	ComponentId id;                 /* in the latest scan; COMPONENT_NONE: unknown */
	uint32_t first, last;           /* the component's lines; 0: unknown */
	uint32_t span_first, span_last; /* the candidate's, or those that answer it; 0: none */
	bool against;                   /* what answers speaks against the candidate */
	/* where it stands */
	uint32_t top, cursor;
	int left;
	bool settle; /* the cursor was moved from outside: choose `top` anew */
	/* where it was drawn; empty when it wasn't */
	Rect rect, code;
} Pane;

/* The hub's component and another pane's, line by line; both empty when there is no answer. */
typedef struct PaneLines {
	LineAlignment to, from; /* from the hub's lines to the pane's, and back */
} PaneLines;

/* The panes as aligned lines: rows of all that are shown, with fillers. */
typedef struct PaneRows {
	LineRow *rows; /* NULL: none were made */
	size_t n;
	uint32_t *of[SIDE_COUNT]; /* the row of each line of a pane's text */
	size_t top;               /* the first row shown */
	unsigned sides;           /* made for these panes (bits) ... */
	uint32_t stamp;           /* ... when they showed this */
	Arena arena;
} PaneRows;

typedef enum WalkSort {
	WALK_SORT_ORDER,
	WALK_SORT_FILE,
	WALK_SORT_TECHNIQUE,
	WALK_SORT_COMPONENT,
	WALK_SORT_COUNT
} WalkSort;

typedef struct WalkView {
	View view;
	Work *work;
	uint32_t generation; /* of the work, as last looked up */
	bool was_busy;       /* at the last tick: what ended must be drawn */
	int64_t disk_looked; /* wait_clock of the last look whether shown files changed on disk */
	bool disk_said;      /* that they did, since the last scan */
	/* the list */
	size_t *
	    shown; /* indexes of the walk's items that pass the filter, in order of the sort; of a fold its first open one */
	uint16_t *in_fold; /* per row: how many candidates it stands for; 0 or 1 for itself alone */
	Buf unfolded;      /* techniques that the user took apart, and (with a '-') those put together, ' ' around each */
	ListState list;
	Buf filter;          /* NUL-terminated */
	char *filter_before; /* while another one is being typed */
	WalkSort sort;
	bool show_all;
	char selected[64]; /* candidate's id; "" for none */
	Rect list_rect;
	/* the panes and the card */
	Pane panes[SIDE_COUNT];
	Side hub;                    /* the pane that the others are aligned to: the port's, if it shows a component */
	PaneLines lines[SIDE_COUNT]; /* of the other panes */
	ComponentId lines_of[SIDE_COUNT];
	uint32_t lines_generation; /* of the work when they were made, plus 1; 0: never */
	Arena lines_arena;
	uint32_t panes_stamp; /* counts what the panes were given to show */
	bool aligned;         /* lines that answer each other stand on one row; where one pane has room, it is plain text */
	PaneRows rows;
	Focus focus;
	Side tab;       /* the pane shown where there is room for one */
	bool list_open; /* where the card and the list share a place: the list has it */
	bool more;      /* the card says where its numbers come from */
	Doc card;
	struct {
		char id[64];
		int width, rows;
		bool more;
		uint32_t stamp;
	} card_of;       /* what the card was laid out for */
	size_t log_seen; /* events when last looked up: other views decide and take back, too */
	uint32_t stamp;  /* counts the look-ups, so that what depends on items is made anew */
	size_t card_top;
	int card_rows;
	Rect card_rect;
	LineHistory reasons, filters, questions, exports;
	Buf export_answer; /* while a yes is waited for */
	Buf find;          /* what is searched for; NUL-terminated when not empty */
	/* a verdict on its way through the questions */
	Verdict verdict;
	Buf because, condition;
	char **ids; /* whom it is about */
	size_t n_ids;
	bool with_dependencies, force;
} WalkView;

/* tui/view_walk_list.c */
void walk_list_build(WalkView *v); /* after any change of items, filter or sort; keeps the selection where it can */
void walk_list_select(WalkView *v, size_t row);
void walk_list_draw(WalkView *v, Grid *grid, Rect inside);
const WalkItem *walk_selected(const WalkView *v); /* NULL when nothing is listed */
bool walk_select_id(WalkView *v, Str id);         /* also one that the filter hides, by dropping the filter */
void walk_next_open(WalkView *v, int step);
/* Clean-ups that stand in crowds (so many of one technique) are one row each until the user takes them apart: the walk is
 * about what makes the port faster, and they are decided together. */
enum { WALK_CROWD = 6 };
bool walk_is_folded(const WalkView *v, const WalkItem *item);
size_t walk_fold_size(const WalkView *v); /* of the selected row: how many it stands for */
void walk_toggle_fold(WalkView *v);
Str walk_filter(const WalkView *v);
const char *walk_sort_words(WalkSort sort);

/* tui/view_walk_pane.c */
void walk_panes_follow(WalkView *v); /* shows what answers the selected candidate */
void walk_panes_show(WalkView *v, const ComponentId ids[SIDE_COUNT]);
void walk_panes_done(WalkView *v);
void walk_pane_draw(WalkView *v, Side side, Grid *grid, Rect rect);
bool walk_pane_act(WalkView *v, Side side, ActionId action); /* moving in one pane takes the others along */
void walk_pane_go(WalkView *v, Side side, uint32_t line);
void walk_pane_scroll(WalkView *v, Side side, int delta);
bool walk_pane_find(WalkView *v, Side side, Str text, bool next);

/* What pane.c lends to rows.c: where a scrolled text of `n` rows should begin. All count from 0. */
typedef struct PaneStand {
	size_t n, cursor;
	size_t head,
	    end;     /* the component's first row and the span's last, SIZE_MAX for none: shown, too, where that fits */
	bool settle; /* the cursor was moved from outside: at a third */
} PaneStand;
size_t walk_pane_top(const PaneStand *at, size_t top, int rows);
CodeLook walk_pane_look(const WalkView *v, Side side, uint32_t line);

/* tui/view_walk_rows.c */
Reaction walk_rows_toggle(WalkView *v);
void walk_rows_build(WalkView *v, unsigned sides); /* for the panes that are shown; one alone is plain text */
bool walk_rows_shown(const WalkView *v);
void walk_rows_settle(WalkView *v, int rows);
void walk_rows_draw(const WalkView *v, Side side, Grid *grid, Rect rect, const CodeText *text);
uint32_t walk_rows_line(const WalkView *v, Side side, size_t row);                  /* 0: a filler, or beyond */
uint32_t walk_rows_beside(const WalkView *v, Side from, uint32_t line, Side to);    /* 0: a filler stands there */
uint32_t walk_rows_step(const WalkView *v, Side side, uint32_t line, int64_t rows); /* that many rows on, no filler */
void walk_rows_done(WalkView *v);

/* tui/view_walk_card.c */
void walk_card_build(WalkView *v, const WalkItem *item, int width, int rows);

/* tui/view_walk_draw.c */
void walk_draw(View *view, const ViewEnv *env, Grid *grid, Rect rect);
bool walk_focus_shown(const WalkView *v, Focus focus);

/* tui/view_walk_decide.c */
Reaction walk_ask_verdict(WalkView *v, Verdict verdict, bool group);
Reaction walk_ask_note(WalkView *v);
Reaction walk_ask_axis(WalkView *v);
Reaction walk_ask_same(WalkView *v); /* of an uncertain candidate */
Reaction walk_undo_last(WalkView *v);
void walk_decide_done(WalkView *v);

/* tui/view_walk_export.c */
Reaction walk_ask_export(WalkView *v);

/* tui/view_walk_profile.c */
Reaction walk_ask_profile(WalkView *v, const ViewEnv *env);

/* tui/view_walk.c */
void walk_refresh(WalkView *v);   /* looks up when something was added to the log */
void walk_looked_up(WalkView *v); /* everything that is shown, from the items as they are now */

#endif
