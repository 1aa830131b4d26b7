/* Colours by role. A view says what a thing is (a role for the character, a ground for what lies behind it); the theme
 * says how that looks with the colours that the terminal has. Meaning is never carried by colour alone: marks and words
 * stand beside it, and the mono theme has none. Tables only; nothing here knows a terminal. */
#ifndef TUI_THEME_H
#define TUI_THEME_H

#include <stdbool.h>
#include <stdint.h>

typedef enum Role {
	ROLE_TEXT,
	ROLE_DIM,    /* said, but not what the eye should go to */
	ROLE_TITLE,  /* titles in borders, headings */
	ROLE_ACCENT, /* the one accent: what is selected or has the focus */
	ROLE_BORDER,
	ROLE_BORDER_FOCUS,
	ROLE_KEY,  /* a key's name in a hint */
	ROLE_HINT, /* the words of a hint */
	ROLE_BAR,
	ROLE_BAR_REST,
	ROLE_GOOD,
	ROLE_BAD,
	ROLE_WARN,
	ROLE_INFO,
	ROLE_LINE_NUMBER,
	ROLE_LINE_NUMBER_HERE,
	ROLE_MARK_SAME,
	ROLE_MARK_DIFFERS,
	ROLE_MARK_ONLY,
	ROLE_MARK_SPAN, /* the ▌ before the lines of a candidate */
	ROLE_STRONG,    /* of Markdown */
	ROLE_EMPHASIS,
	ROLE_KEYWORD, /* of source code, from here on */
	ROLE_TYPE,
	ROLE_FUNCTION,
	ROLE_PROPERTY,
	ROLE_VARIABLE,
	ROLE_PARAMETER,
	ROLE_CONSTANT,
	ROLE_STRING,
	ROLE_NUMBER,
	ROLE_COMMENT,
	ROLE_OPERATOR,
	ROLE_PUNCTUATION,
	ROLE_ATTRIBUTE,
	ROLE_COUNT
} Role;

typedef enum Ground {
	GROUND_NONE, /* the terminal's own */
	GROUND_LINE, /* the top line */
	GROUND_SELECTED,
	GROUND_SPAN,   /* the lines of the candidate */
	GROUND_ANSWER, /* the line of another pane that answers the one under the cursor */
	GROUND_POPUP,
	GROUND_ADDED,
	GROUND_REMOVED,
	GROUND_MATCH, /* what a search found */
	GROUND_COUNT
} Ground;

typedef struct Style {
	uint8_t role;   /* Role */
	uint8_t ground; /* Ground */
} Style;

#define STYLE(role_) ((Style) { .role = (role_), .ground = GROUND_NONE })
#define STYLE_ON(role_, ground_) ((Style) { .role = (role_), .ground = (ground_) })

typedef enum ThemeId { THEME_DARK, THEME_LIGHT, THEME_MONO, THEME_COUNT } ThemeId;

enum { LOOK_BOLD = 1, LOOK_DIM = 2, LOOK_UNDERLINE = 4, LOOK_REVERSE = 8, LOOK_ITALIC = 16 };
#define LOOK_DEFAULT (-1) /* the terminal's own colour */

typedef struct Look {
	int16_t fg, bg; /* colour number below the terminal's count, or LOOK_DEFAULT */
	uint8_t attr;   /* LOOK_ bits */
} Look;

/* How a style looks on a terminal with that many colours (0 or 1: none; below 16: the eight; below 256: sixteen). */
Look theme_look(ThemeId theme, int colors, Style style);

const char *theme_name(ThemeId theme); /* "dark", "light", "mono" */
/* False when there is no theme of that name. */
bool theme_find(const char *name, ThemeId *theme);
/* The theme to begin with: mono when no_color or the NO_COLOR text isn't empty; else the named one (NULL or "auto": by
 * the COLORFGBG text, which some terminals set to "foreground;background"; light for backgrounds 7 and 15, else dark).
 * An unknown name chooses as NULL does. The two texts may be NULL. */
ThemeId theme_choose(const char *name, bool no_color, const char *no_color_text, const char *colorfgbg);

const char *theme_role_name(Role role);       /* "keyword" */
const char *theme_ground_name(Ground ground); /* "selected" */

#endif
