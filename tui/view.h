/* What a view is: a struct of functions over its own state. A view draws into a rectangle of the grid when it is asked
 * to, and handles actions and events by changing its state and returning consequences (a Reaction), which tui/app.c
 * carries out. A handler never draws, never waits, never touches the terminal; work that takes longer than a few
 * milliseconds runs on a thread, which calls env->wake when there is something to take over in `tick`.
 *
 * A view's struct begins with a View. Views lie on a stack; a view below lives as long as those above it. */
#ifndef TUI_VIEW_H
#define TUI_VIEW_H

#include "core/base.h"
#include "tui/action.h"
#include "tui/app.h"
#include "tui/grid.h"
#include "tui/keys.h"
#include "tui/wait.h"

typedef struct View View;

/* What every view is told. Borrowed; alive as long as the program runs on the screen. */
typedef struct ViewEnv {
	const AppOptions *options;
	const Keymap *keymap;
	Wait *wait; /* wait_wake(env->wait) from a thread; wait_plug for a transfer */
	int rows, cols;
} ViewEnv;

typedef struct Reaction Reaction;
/* Called on the owner when what it asked for is answered: kept false means that the user left it (then text is empty).
 * text is borrowed. */
typedef Reaction (*AnswerFn)(View *owner, const ViewEnv *env, Str text, bool kept);

enum {
	REACT_IGNORED = 0,    /* nothing happened: the program may look further */
	REACT_DONE = 1 << 0,  /* handled; the screen is drawn anew */
	REACT_CLOSE = 1 << 1, /* close this view (before `open` is opened); the last one closed leaves the program */
	REACT_OPEN = 1 << 2,  /* open `open` on top; it is owned by the stack from here on */
	REACT_RESET = 1 << 3, /* close all views, then open `open` */
	REACT_QUIT = 1 << 4,
	REACT_ANSWER = 1 << 5, /* after closing: call answer(owner, text, kept) */
	REACT_RUN = 1 << 6,    /* after closing: do the action `run` in the view that is then on top */
	REACT_EDIT = 1 << 7,   /* give the terminal to the user's editor with `text`, or on `path` at `line` */
	REACT_COPY = 1 << 8,   /* put `text` on the clipboard */
};

struct Reaction {
	unsigned what; /* REACT_ bits */
	View *open;
	ActionId run;
	AnswerFn answer; /* of REACT_ANSWER, and for REACT_EDIT with text (NULL: nobody wants to know) */
	View *owner;
	char *text; /* heap, handed over */
	bool kept;
	char *path;  /* heap, handed over */
	size_t line; /* from 1; 0: none */
	char *say;   /* a message for the bottom line until the next key; heap, handed over; NULL leaves what is there */
	bool bad;    /* it is an error's message */
};

typedef struct ViewOps {
	const char *name; /* "walk": for help's title and messages */
	unsigned where;   /* one WHERE_ bit: which actions apply */
	bool overlay;     /* drawn over the view below, which is drawn first */
	/* Draws into rect (all but the bottom line, which is the program's; an overlay chooses its place inside). May settle
	 * scrolling, since only here the size is known. */
	void (*draw)(View *view, const ViewEnv *env, Grid *grid, Rect rect);
	/* Does an action that applies here. event is the key behind it (kind EVENT_NONE from the palette). */
	Reaction (*act)(View *view, const ViewEnv *env, ActionId action, const Event *event);
	/* A key that is bound to nothing here, a paste, the mouse. May be NULL. */
	Reaction (*event)(View *view, const ViewEnv *env, const Event *event);
	/* Called after a wake-up, on every view of the stack: take over what threads have done. May be NULL. */
	Reaction (*tick)(View *view, const ViewEnv *env);
	/* True while work is under way that will wake the program: `:wait idle` waits for it. May be NULL. */
	bool (*busy)(const View *view);
	/* False hides an action for now from hints, help and the palette (nothing to undo, no candidate). May be NULL. */
	bool (*can)(const View *view, ActionId action);
	/* Draws the bottom line instead of the hints; returns false to have the hints. May be NULL. */
	bool (*bottom)(View *view, const ViewEnv *env, Grid *grid, Rect line);
	void (*free)(View *view);
} ViewOps;

struct View {
	const ViewOps *ops;
};

/* Reactions in short. Texts are copied. */
Reaction react(unsigned what);
Reaction react_open(View *view);
Reaction react_say(const char *fmt, ...) BASE_PRINTF(1, 2); /* REACT_DONE with a message */
Reaction react_bad(const char *fmt, ...) BASE_PRINTF(1, 2); /* the same for an error */
Reaction react_edit_text(View *owner, AnswerFn answer, Str text);
Reaction react_edit_source(const char *path, size_t line);
Reaction react_copy(Str text);
void reaction_done(Reaction *reaction); /* frees texts that weren't taken */

#endif
