/* Everything that a person can do on the screen, in one table. The bindings, the hint line, the help screen, the palette,
 * `triptych keys`, the manual and the tests read it; nothing else lists keys.
 *
 * An action has a name (in the palette and the configuration), its default keys in the words of tui/keys.h, the views
 * where it applies, and what it does in a few words. Two actions never share a key where both apply. */
#ifndef TUI_ACTION_H
#define TUI_ACTION_H

#include "core/base.h"
#include "tui/keys.h"

/* Where an action applies; a view is one of them. */
enum {
	WHERE_START = 1 << 0,
	WHERE_WALK = 1 << 1,
	WHERE_COMPONENTS = 1 << 2,
	WHERE_REVIEW = 1 << 3,
	WHERE_PLAN = 1 << 4,
	WHERE_DRAFT = 1 << 5,   /* drafts as a diff */
	WHERE_DISCUSS = 1 << 6, /* a thread on a candidate */
	WHERE_TEXT = 1 << 7,    /* something long to read: a card, an export, what would be sent, help */
	WHERE_PALETTE = 1 << 8,
	WHERE_ASK = 1 << 9,      /* the input line at the bottom */
	WHERE_CONFIRM = 1 << 10, /* a question with keys for an answer */
	WHERE_VIEWS = (1 << 8) - 1,
	WHERE_SESSION = WHERE_WALK | WHERE_COMPONENTS | WHERE_REVIEW | WHERE_PLAN | WHERE_DRAFT | WHERE_DISCUSS,
	WHERE_LISTS = WHERE_VIEWS | WHERE_PALETTE,
	WHERE_LONG = WHERE_VIEWS | WHERE_CONFIRM, /* what may be longer than the screen */
	WHERE_EVERY = (1 << 11) - 1,
};

typedef enum ActionGroup {
	ACTION_GROUP_DECIDE,
	ACTION_GROUP_CANDIDATE,
	ACTION_GROUP_MOVE,
	ACTION_GROUP_FIND,
	ACTION_GROUP_VIEW,
	ACTION_GROUP_PLAN,
	ACTION_GROUP_START,
	ACTION_GROUP_PROGRAM,
	ACTION_GROUP_COUNT
} ActionGroup;

/* X(id, name, default keys, where, group, rank in the hint line: 0 none, 1 the last to be dropped, label there, help) */
#define ACTION_TABLE(X)                                                                                                \
	X(ACCEPT, "accept", "a", WHERE_WALK | WHERE_REVIEW, DECIDE, 1, "accept", "accept the candidate into the plan")     \
	X(REJECT, "reject", "r", WHERE_WALK | WHERE_REVIEW, DECIDE, 1, "reject", "reject it, with the reason")             \
	X(DEFER, "defer", "d", WHERE_WALK | WHERE_REVIEW, DECIDE, 1, "defer", "decide later, with the reason")             \
	X(MEASURE, "measure", "m", WHERE_WALK | WHERE_REVIEW, DECIDE, 2, "measure",                                        \
	    "accept only if a measurement says so")                                                                        \
	X(NOTE, "note", "n", WHERE_WALK | WHERE_REVIEW | WHERE_PLAN, DECIDE, 4, "note", "write a note on the candidate")   \
	X(UNDO, "undo", "u", WHERE_SESSION, DECIDE, 3, "undo", "take the last verdict, note or correction back")           \
	X(OVERRIDE, "override", "o", WHERE_WALK, DECIDE, 0, "override", "set an axis of the trade-off, with a reason")     \
	X(ACCEPT_GROUP, "accept-group", "M-a", WHERE_WALK, DECIDE, 0, "accept group",                                      \
	    "accept all of this technique, after a preview")                                                               \
	X(REJECT_GROUP, "reject-group", "M-r", WHERE_WALK, DECIDE, 0, "reject group",                                      \
	    "reject all of this technique, after a preview")                                                               \
	X(OPEN, "open", "Enter", WHERE_LISTS, CANDIDATE, 5, "more", "open it, or show more of it")                         \
	X(CARD, "card", "i", WHERE_WALK | WHERE_PLAN | WHERE_REVIEW, CANDIDATE, 0, "card",                                 \
	    "the technique's card: trade-off, when not, check, measured")                                                  \
	X(DRAFT, "draft", "D", WHERE_WALK | WHERE_PLAN | WHERE_DRAFT, CANDIDATE, 6, "draft",                               \
	    "draft a replacement with the language model, or show the drafts")                                             \
	X(EDIT_DRAFT, "edit-draft", "e", WHERE_DRAFT, CANDIDATE, 2, "edit",                                                \
	    "edit the draft in your editor; it is checked again")                                                          \
	X(CHECK_DRAFT, "check-draft", "v", WHERE_DRAFT, CANDIDATE, 3, "check",                                             \
	    "check the draft again, against the sources as they are now")                                                  \
	X(QUESTION, "question", "q", WHERE_WALK | WHERE_DISCUSS, CANDIDATE, 6, "question",                                 \
	    "ask the language model about the trade-off")                                                                  \
	X(SUGGEST, "suggest", "", WHERE_WALK | WHERE_COMPONENTS, CANDIDATE, 0, "suggest",                                  \
	    "let the language model propose candidates for this component")                                                \
	X(ADD, "add", "A", WHERE_WALK, CANDIDATE, 0, "add", "a candidate of your own at the line under the cursor")        \
	X(EDIT_SOURCE, "edit-source", "e", WHERE_WALK | WHERE_COMPONENTS | WHERE_PLAN | WHERE_REVIEW, CANDIDATE, 8,        \
	    "editor", "open the source at this line in your editor")                                                       \
	X(COPY, "copy", "y", WHERE_WALK | WHERE_PLAN | WHERE_DRAFT | WHERE_DISCUSS, CANDIDATE, 0, "copy",                  \
	    "copy place, span or draft to the clipboard")                                                                  \
	X(UP, "up", "Up k", WHERE_LONG, MOVE, 0, "up", "one line up")                                                      \
	X(DOWN, "down", "Down j", WHERE_LONG, MOVE, 0, "down", "one line down")                                            \
	X(PAGE_UP, "page-up", "PgUp C-u", WHERE_LONG, MOVE, 0, "page up", "one page up")                                   \
	X(PAGE_DOWN, "page-down", "PgDn C-d", WHERE_LONG, MOVE, 0, "page down", "one page down")                           \
	X(FIRST, "first", "Home g", WHERE_LONG, MOVE, 0, "first", "to the first line")                                     \
	X(LAST, "last", "End G", WHERE_LONG, MOVE, 0, "last", "to the last line")                                          \
	X(LEFT, "left", "Left h", WHERE_VIEWS, MOVE, 0, "left", "scroll the code to the left, or the pane before")         \
	X(RIGHT, "right", "Right l", WHERE_VIEWS, MOVE, 0, "right", "scroll the code to the right, or the pane after")     \
	X(NEXT_OPEN, "next-open", "Space", WHERE_WALK | WHERE_COMPONENTS, MOVE, 7, "next open",                            \
	    "to the next candidate that is not decided")                                                                   \
	X(PREVIOUS_OPEN, "previous-open", "b", WHERE_WALK | WHERE_COMPONENTS, MOVE, 0, "previous open",                    \
	    "to the one before that is not decided")                                                                       \
	X(NEXT, "next", "] C-n", WHERE_WALK | WHERE_DRAFT, MOVE, 0, "next",                                                \
	    "the next candidate or draft, wherever the focus is")                                                          \
	X(PREVIOUS, "previous", "[ C-p", WHERE_WALK | WHERE_DRAFT, MOVE, 0, "previous", "the candidate or draft before")   \
	X(NEXT_PANE, "next-pane", "Tab", WHERE_VIEWS, MOVE, 9, "pane", "move the focus to the next pane")                  \
	X(PREVIOUS_PANE, "previous-pane", "S-Tab", WHERE_VIEWS, MOVE, 0, "pane before",                                    \
	    "move the focus to the pane before")                                                                           \
	X(PANE_MLX, "pane-mlx", "1", WHERE_WALK, MOVE, 0, "python", "the Python reference's pane")                         \
	X(PANE_TORCH, "pane-torch", "2", WHERE_WALK, MOVE, 0, "pytorch", "the PyTorch original's pane")                    \
	X(PANE_SWIFT, "pane-swift", "3", WHERE_WALK, MOVE, 0, "swift", "the Swift port's pane")                            \
	X(CANDIDATES, "candidates", "c", WHERE_WALK, MOVE, 10, "list", "the list of candidates")                           \
	X(ALIGNED, "aligned", "=", WHERE_WALK, MOVE, 0, "aligned", "show aligned lines with fillers, or plain text")       \
	X(FIND, "find", "/", WHERE_VIEWS, FIND, 9, "find", "search as you type")                                           \
	X(FIND_NEXT, "find-next", "N", WHERE_VIEWS, FIND, 0, "next found", "the next place found")                         \
	X(FILTER, "filter", "f", WHERE_WALK | WHERE_COMPONENTS | WHERE_REVIEW, FIND, 11, "filter",                         \
	    "filter the list: technique, family, component, verdict, confidence, file")                                    \
	X(SORT, "sort", "s", WHERE_WALK | WHERE_COMPONENTS | WHERE_REVIEW, FIND, 0, "sort", "sort the list another way")   \
	X(FOLD, "fold", "z", WHERE_WALK, FIND, 0, "fold", "show all of this technique as one row, or each by itself")      \
	X(SHOW_ALL, "show-all", "H", WHERE_WALK | WHERE_REVIEW, FIND, 0, "show all",                                       \
	    "also what is hidden: low confidence, rejected and unchanged")                                                 \
	X(WALK, "walk", "W", WHERE_SESSION & ~WHERE_WALK, VIEW, 0, "walk", "back to the walk")                             \
	X(COMPONENTS, "components", "C", WHERE_SESSION & ~WHERE_COMPONENTS, VIEW, 0, "components",                         \
	    "which component of the references is ported, and by what")                                                    \
	X(REVIEW, "review", "R", WHERE_SESSION & ~WHERE_REVIEW, VIEW, 0, "review", "prior decisions of all sessions")      \
	X(PLAN, "plan", "P", WHERE_SESSION & ~WHERE_PLAN, VIEW, 0, "plan", "the plan: what was agreed, in order")          \
	X(RESCAN, "rescan", "S", WHERE_SESSION, VIEW, 0, "rescan", "read the sources again and re-bind the decisions")     \
	X(EXPORT, "export", "X", WHERE_SESSION, VIEW, 0, "export", "write the plan to a file")                             \
	X(BIND, "bind", "B", WHERE_COMPONENTS, VIEW, 2, "bind", "correct the row: these components answer each other")     \
	X(UNBIND, "unbind", "U", WHERE_COMPONENTS, VIEW, 2, "unbind", "correct the row: they don't")                       \
	X(PROFILE, "profile", "", WHERE_SESSION, VIEW, 0, "profile", "choose the language model's profile")                \
	X(MOVE_UP, "move-up", "K", WHERE_PLAN, PLAN, 2, "move up", "do this earlier")                                      \
	X(MOVE_DOWN, "move-down", "J", WHERE_PLAN, PLAN, 2, "move down", "do this later")                                  \
	X(DONE, "done", "x", WHERE_PLAN, PLAN, 1, "done", "it is done: record the measurement and the parity")             \
	X(INIT, "init", "i", WHERE_START, START, 1, "init", "look for the port and its references around this folder")     \
	X(NEW, "new", "n", WHERE_START, START, 1, "new", "a new session from paths")                                       \
	X(DEMO, "demo", "t", WHERE_START, START, 1, "demo", "try the demo: a small speech model")                          \
	X(KEEP, "keep", "Enter", WHERE_ASK, PROGRAM, 1, "keep", "keep what was typed")                                     \
	X(EDITOR, "editor", "C-e", WHERE_ASK, PROGRAM, 2, "editor", "write it in your editor")                             \
	X(QUOTE, "quote", "C-q", WHERE_ASK, PROGRAM, 3, "quote",                                                           \
	    "quote the language model's answer on the candidate; again: the next paragraph")                               \
	X(YES, "yes", "y", WHERE_CONFIRM, PROGRAM, 1, "yes", "yes, do it")                                                 \
	X(NO, "no", "n", WHERE_CONFIRM, PROGRAM, 1, "no", "no, leave it")                                                  \
	X(PALETTE, "palette", ":", WHERE_VIEWS, PROGRAM, 12, "command", "find any action by its name")                     \
	X(HELP, "help", "? F1", WHERE_VIEWS, PROGRAM, 1, "help", "the keys that work here")                                \
	X(BACK, "back", "Esc", WHERE_EVERY, PROGRAM, 13, "back", "close this, and leave everything as it was")             \
	X(QUIT, "quit", "Q", WHERE_VIEWS, PROGRAM, 14, "quit", "leave; everything that was decided is kept")               \
	X(CANCEL, "cancel", "C-c", WHERE_EVERY, PROGRAM, 0, "cancel", "stop the work that is running")                     \
	X(REDRAW, "redraw", "C-l", WHERE_EVERY, PROGRAM, 0, "redraw", "draw the screen anew")                              \
	X(SUSPEND, "suspend", "C-z", WHERE_EVERY, PROGRAM, 0, "suspend", "back to the shell; fg resumes")                  \
	X(THEME, "theme", "", WHERE_VIEWS, PROGRAM, 0, "theme", "the next colour theme: dark, light, mono")

typedef enum ActionId {
	ACTION_NONE,
#define ACTION_ID(id, name, keys, where, group, rank, label, help) ACTION_##id,
	ACTION_TABLE(ACTION_ID)
#undef ACTION_ID
	    ACTION_COUNT
} ActionId;

typedef struct ActionInfo {
	const char *name;
	const char *keys; /* default keys, separated by blanks; "" for none */
	unsigned where;
	ActionGroup group;
	int rank;
	const char *label;
	const char *help;
} ActionInfo;

const ActionInfo *action_info(ActionId action); /* never NULL; ACTION_NONE has empty texts */
ActionId action_find(Str name);                 /* ACTION_NONE when there is none */
const char *action_group_name(ActionGroup group);

/* Which key does what, as the user has it. */
typedef struct Keymap {
	struct Binding {
		Key key;
		ActionId action;
	} * at;
	size_t n, cap;
} Keymap;

void keymap_init(Keymap *map); /* the default keys */
void keymap_done(Keymap *map);
/* Gives the action these keys and no others ("" or "none": no key at all). A key that another action has where both apply is
 * taken from it. On an unknown action or key: false, err, and nothing changed. */
bool keymap_bind(Keymap *map, const char *action, const char *keys, Err *err);
/* The action of a key at a place (one WHERE_ bit); ACTION_NONE when it has none there. */
ActionId keymap_find(const Keymap *map, Key key, unsigned where);
/* Adds the names of the action's keys, separated by blanks; nothing when it has none. */
void keymap_keys(const Keymap *map, ActionId action, Buf *out);
/* The first of them, KEYS_NONE when there is none. */
Key keymap_first(const Keymap *map, ActionId action);

#endif
