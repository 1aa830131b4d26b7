/* What --script FILE says: keys from a file instead of a terminal, so that a test is a script and a golden screen.
 *
 * One step a line; blanks before and after are dropped, empty lines and lines that begin with # are skipped:
 *
 *   j j Enter             keys by their names (tui/keys.h), done one after the other
 *   :key NAME...          the same, for keys whose name begins with a colon or #
 *   :type TEXT            types the rest of the line, character by character
 *   :paste TEXT           pastes it (\n in it is a newline)
 *   :click ROW COL        the left button at that cell, counted from 1
 *   :wheel ROW COL LINES  the wheel there; negative is up
 *   :run ACTION           does an action by its name, as the palette would
 *   :size COLS ROWS       the screen's size from here on (120 36 at first)
 *   :wait idle            until no work is under way
 *   :expect TEXT          the screen shows the text in one of its rows; waits for work that is under way
 *   :absent TEXT          no row of the screen shows it
 *   :dump FILE            writes the screen as text (tui/grid.h, grid_dump); - is stdout
 *   :dump-roles FILE      writes the styles (grid_dump_roles)
 *   :quit                 leaves; what follows isn't done
 *
 * Whatever waits fails after SCRIPT_DEADLINE_MS with a message that shows the screen. A script that leaves the program
 * with steps left that are no keys fails too. */
#ifndef TUI_SCRIPT_H
#define TUI_SCRIPT_H

#include "core/base.h"
#include "tui/action.h"
#include "tui/keys.h"

#define SCRIPT_DEADLINE_MS 60000
#define SCRIPT_COLS 120
#define SCRIPT_ROWS 36

typedef enum ScriptKind {
	SCRIPT_KEY,
	SCRIPT_TYPE,
	SCRIPT_PASTE,
	SCRIPT_CLICK,
	SCRIPT_WHEEL,
	SCRIPT_RUN,
	SCRIPT_SIZE,
	SCRIPT_WAIT,
	SCRIPT_EXPECT,
	SCRIPT_ABSENT,
	SCRIPT_DUMP,
	SCRIPT_DUMP_ROLES,
	SCRIPT_QUIT,
} ScriptKind;

typedef struct ScriptStep {
	ScriptKind kind;
	int line;        /* in the file, from 1 */
	Key key;         /* SCRIPT_KEY */
	ActionId action; /* SCRIPT_RUN */
	int numbers[3];  /* SCRIPT_CLICK, SCRIPT_WHEEL, SCRIPT_SIZE, in the order written */
	Str text;        /* the other kinds */
} ScriptStep;

typedef struct Script {
	Arena arena;
	ScriptStep *steps;
	size_t n;
} Script;

/* Reads a script. text is copied; name is for the messages ("NAME:LINE: reason"). On failure the script is empty. */
bool script_parse(Str text, const char *name, Script *script, Err *err);
void script_done(Script *script);

#endif
