#include "core/posix.h"

#include "tui/theme.h"

#include <string.h>

#define NONE LOOK_DEFAULT

/* One colour for each depth: with 256 colours, with 16, with 8. Bold and its like go with every depth. */
typedef struct Hue {
	int16_t c256, c16, c8;
	uint8_t attr;
} Hue;

#define HUE(a, b, c, attr_)                                                                                            \
	{ .c256 = (a), .c16 = (b), .c8 = (c), .attr = (attr_) }
#define PLAIN(attr_) HUE(NONE, NONE, NONE, (attr_))

static const Hue ROLES[THEME_COUNT][ROLE_COUNT] = {
	[THEME_DARK] = {
		[ROLE_TEXT] = PLAIN(0),
		[ROLE_DIM] = HUE(245, 8, NONE, 0),
		[ROLE_TITLE] = HUE(252, 15, 7, LOOK_BOLD),
		[ROLE_ACCENT] = HUE(80, 14, 6, LOOK_BOLD),
		[ROLE_BORDER] = HUE(240, 8, NONE, 0),
		[ROLE_BORDER_FOCUS] = HUE(80, 14, 6, 0),
		[ROLE_KEY] = HUE(222, 11, 3, 0),
		[ROLE_HINT] = HUE(248, 7, NONE, 0),
		[ROLE_BAR] = HUE(80, 14, 6, 0),
		[ROLE_BAR_REST] = HUE(240, 8, NONE, 0),
		[ROLE_GOOD] = HUE(114, 10, 2, 0),
		[ROLE_BAD] = HUE(210, 9, 1, 0),
		[ROLE_WARN] = HUE(215, 11, 3, 0),
		[ROLE_INFO] = HUE(117, 12, 6, 0),
		[ROLE_LINE_NUMBER] = HUE(242, 8, NONE, 0),
		[ROLE_LINE_NUMBER_HERE] = HUE(252, 15, 7, LOOK_BOLD),
		[ROLE_MARK_SAME] = HUE(242, 8, NONE, 0),
		[ROLE_MARK_DIFFERS] = HUE(215, 11, 3, LOOK_BOLD),
		[ROLE_MARK_ONLY] = HUE(117, 12, 6, LOOK_BOLD),
		[ROLE_MARK_SPAN] = HUE(80, 14, 6, LOOK_BOLD),
		[ROLE_STRONG] = PLAIN(LOOK_BOLD),
		[ROLE_EMPHASIS] = PLAIN(LOOK_ITALIC),
		[ROLE_KEYWORD] = HUE(176, 13, 5, 0),
		[ROLE_TYPE] = HUE(79, 14, 6, 0),
		[ROLE_FUNCTION] = HUE(111, 12, 6, 0),
		[ROLE_PROPERTY] = HUE(152, NONE, NONE, 0),
		[ROLE_VARIABLE] = PLAIN(0),
		[ROLE_PARAMETER] = PLAIN(0),
		[ROLE_CONSTANT] = HUE(216, 11, 3, 0),
		[ROLE_STRING] = HUE(150, 10, 2, 0),
		[ROLE_NUMBER] = HUE(216, 11, 3, 0),
		[ROLE_COMMENT] = HUE(244, 8, NONE, 0),
		[ROLE_OPERATOR] = HUE(252, 7, NONE, 0),
		[ROLE_PUNCTUATION] = HUE(248, 7, NONE, 0),
		[ROLE_ATTRIBUTE] = HUE(180, 3, 3, 0),
	},
	[THEME_LIGHT] = {
		[ROLE_TEXT] = PLAIN(0),
		[ROLE_DIM] = HUE(243, 8, NONE, 0),
		[ROLE_TITLE] = HUE(235, 0, 0, LOOK_BOLD),
		[ROLE_ACCENT] = HUE(25, 4, 4, LOOK_BOLD),
		[ROLE_BORDER] = HUE(249, 7, NONE, 0),
		[ROLE_BORDER_FOCUS] = HUE(25, 4, 4, 0),
		[ROLE_KEY] = HUE(130, 4, 4, LOOK_BOLD),
		[ROLE_HINT] = HUE(240, 8, NONE, 0),
		[ROLE_BAR] = HUE(25, 4, 4, 0),
		[ROLE_BAR_REST] = HUE(250, 7, NONE, 0),
		[ROLE_GOOD] = HUE(28, 2, 2, 0),
		[ROLE_BAD] = HUE(124, 1, 1, 0),
		[ROLE_WARN] = HUE(130, 5, 5, 0),
		[ROLE_INFO] = HUE(25, 4, 4, 0),
		[ROLE_LINE_NUMBER] = HUE(247, 8, NONE, 0),
		[ROLE_LINE_NUMBER_HERE] = HUE(235, 0, 0, LOOK_BOLD),
		[ROLE_MARK_SAME] = HUE(247, 8, NONE, 0),
		[ROLE_MARK_DIFFERS] = HUE(130, 5, 5, LOOK_BOLD),
		[ROLE_MARK_ONLY] = HUE(25, 4, 4, LOOK_BOLD),
		[ROLE_MARK_SPAN] = HUE(25, 4, 4, LOOK_BOLD),
		[ROLE_STRONG] = PLAIN(LOOK_BOLD),
		[ROLE_EMPHASIS] = PLAIN(LOOK_ITALIC),
		[ROLE_KEYWORD] = HUE(90, 5, 5, 0),
		[ROLE_TYPE] = HUE(30, 6, 4, 0),
		[ROLE_FUNCTION] = HUE(25, 4, 4, 0),
		[ROLE_PROPERTY] = HUE(24, NONE, NONE, 0),
		[ROLE_VARIABLE] = PLAIN(0),
		[ROLE_PARAMETER] = PLAIN(0),
		[ROLE_CONSTANT] = HUE(130, 5, 5, 0),
		[ROLE_STRING] = HUE(28, 2, 2, 0),
		[ROLE_NUMBER] = HUE(130, 1, 1, 0),
		[ROLE_COMMENT] = HUE(244, 8, NONE, 0),
		[ROLE_OPERATOR] = HUE(238, NONE, NONE, 0),
		[ROLE_PUNCTUATION] = HUE(241, NONE, NONE, 0),
		[ROLE_ATTRIBUTE] = HUE(94, 5, 5, 0),
	},
	[THEME_MONO] = {
		[ROLE_TEXT] = PLAIN(0),
		[ROLE_TITLE] = PLAIN(LOOK_BOLD),
		[ROLE_ACCENT] = PLAIN(LOOK_BOLD),
		[ROLE_BORDER_FOCUS] = PLAIN(LOOK_BOLD),
		[ROLE_KEY] = PLAIN(LOOK_BOLD),
		[ROLE_BAD] = PLAIN(LOOK_BOLD),
		[ROLE_WARN] = PLAIN(LOOK_BOLD),
		[ROLE_LINE_NUMBER_HERE] = PLAIN(LOOK_BOLD),
		[ROLE_MARK_DIFFERS] = PLAIN(LOOK_BOLD),
		[ROLE_MARK_ONLY] = PLAIN(LOOK_BOLD),
		[ROLE_MARK_SPAN] = PLAIN(LOOK_BOLD),
		[ROLE_STRONG] = PLAIN(LOOK_BOLD),
		[ROLE_EMPHASIS] = PLAIN(LOOK_UNDERLINE),
		[ROLE_KEYWORD] = PLAIN(LOOK_BOLD),
	},
};

/* What lies behind. With few colours a ground brings its own character colour along, since one of the eight on another
 * of the eight may not be readable. */
typedef struct Base {
	Hue bg;
	int16_t fg16, fg8; /* NONE: the role's own */
} Base;

static const Base GROUNDS[THEME_COUNT][GROUND_COUNT] = {
	[THEME_DARK] = {
		[GROUND_NONE] = { PLAIN(0), NONE, NONE },
		[GROUND_LINE] = { HUE(236, NONE, NONE, 0), NONE, NONE },
		[GROUND_SELECTED] = { HUE(24, 4, 4, 0), 15, 7 },
		[GROUND_SPAN] = { HUE(236, NONE, NONE, 0), NONE, NONE },
		[GROUND_ANSWER] = { HUE(238, NONE, NONE, 0), NONE, NONE },
		[GROUND_POPUP] = { HUE(235, NONE, NONE, 0), NONE, NONE },
		[GROUND_ADDED] = { HUE(22, NONE, NONE, 0), 10, 2 },
		[GROUND_REMOVED] = { HUE(52, NONE, NONE, 0), 9, 1 },
		[GROUND_MATCH] = { HUE(94, 3, 3, 0), 0, 0 },
	},
	[THEME_LIGHT] = {
		[GROUND_NONE] = { PLAIN(0), NONE, NONE },
		[GROUND_LINE] = { HUE(254, NONE, NONE, 0), NONE, NONE },
		[GROUND_SELECTED] = { HUE(153, 6, 6, 0), 0, 0 },
		[GROUND_SPAN] = { HUE(255, NONE, NONE, 0), NONE, NONE },
		[GROUND_ANSWER] = { HUE(254, NONE, NONE, 0), NONE, NONE },
		[GROUND_POPUP] = { HUE(255, NONE, NONE, 0), NONE, NONE },
		[GROUND_ADDED] = { HUE(194, NONE, NONE, 0), 2, 2 },
		[GROUND_REMOVED] = { HUE(224, NONE, NONE, 0), 1, 1 },
		[GROUND_MATCH] = { HUE(222, 3, 3, 0), 0, 0 },
	},
	[THEME_MONO] = {
		[GROUND_NONE] = { PLAIN(0), NONE, NONE },
		[GROUND_LINE] = { PLAIN(0), NONE, NONE },
		[GROUND_SELECTED] = { PLAIN(LOOK_REVERSE), NONE, NONE },
		[GROUND_SPAN] = { PLAIN(0), NONE, NONE },
		[GROUND_ANSWER] = { PLAIN(LOOK_UNDERLINE), NONE, NONE },
		[GROUND_POPUP] = { PLAIN(0), NONE, NONE },
		[GROUND_ADDED] = { PLAIN(LOOK_BOLD), NONE, NONE },
		[GROUND_REMOVED] = { PLAIN(0), NONE, NONE },
		[GROUND_MATCH] = { PLAIN(LOOK_UNDERLINE | LOOK_BOLD), NONE, NONE },
	},
};

static int16_t by_depth(const Hue *hue, int colors) {
	if (colors >= 256) return hue->c256;
	if (colors >= 16) return hue->c16;
	if (colors >= 8) return hue->c8;
	return NONE;
}

Look theme_look(ThemeId theme, int colors, Style style) {
	if (theme >= THEME_COUNT || colors < 8) theme = THEME_MONO;
	const Hue *hue = &ROLES[theme][style.role < ROLE_COUNT ? style.role : ROLE_TEXT];
	const Base *base = &GROUNDS[theme][style.ground < GROUND_COUNT ? style.ground : GROUND_NONE];
	if (theme == THEME_MONO) return (Look) { .fg = NONE, .bg = NONE, .attr = (uint8_t)(hue->attr | base->bg.attr) };
	Look look = { .fg = by_depth(hue, colors), .bg = by_depth(&base->bg, colors) };
	int16_t own = colors >= 256 ? NONE : colors >= 16 ? base->fg16 : base->fg8;
	if (own != NONE) look.fg = own;
	look.attr = (uint8_t)(hue->attr | base->bg.attr);
	return look;
}

static const char *const THEME_NAMES[THEME_COUNT] = {
	[THEME_DARK] = "dark",
	[THEME_LIGHT] = "light",
	[THEME_MONO] = "mono",
};

const char *theme_name(ThemeId theme) { return theme < THEME_COUNT ? THEME_NAMES[theme] : "dark"; }

bool theme_find(const char *name, ThemeId *theme) {
	for (int i = 0; name && i < THEME_COUNT; i++)
		if (strcmp(THEME_NAMES[i], name) == 0) {
			*theme = (ThemeId)i;
			return true;
		}
	return false;
}

ThemeId theme_choose(const char *name, bool no_color, const char *no_color_text, const char *colorfgbg) {
	ThemeId theme = THEME_DARK;
	if (no_color || (no_color_text && *no_color_text)) return THEME_MONO;
	if (theme_find(name, &theme)) return theme;
	const char *last = colorfgbg ? strrchr(colorfgbg, ';') : NULL;
	return last && (strcmp(last, ";7") == 0 || strcmp(last, ";15") == 0) ? THEME_LIGHT : THEME_DARK;
}

static const char *const ROLE_NAMES[ROLE_COUNT] = {
	[ROLE_TEXT] = "text",
	[ROLE_DIM] = "dim",
	[ROLE_TITLE] = "title",
	[ROLE_ACCENT] = "accent",
	[ROLE_BORDER] = "border",
	[ROLE_BORDER_FOCUS] = "border-focus",
	[ROLE_KEY] = "key",
	[ROLE_HINT] = "hint",
	[ROLE_BAR] = "bar",
	[ROLE_BAR_REST] = "bar-rest",
	[ROLE_GOOD] = "good",
	[ROLE_BAD] = "bad",
	[ROLE_WARN] = "warn",
	[ROLE_INFO] = "info",
	[ROLE_LINE_NUMBER] = "line-number",
	[ROLE_LINE_NUMBER_HERE] = "line-number-here",
	[ROLE_MARK_SAME] = "mark-same",
	[ROLE_MARK_DIFFERS] = "mark-differs",
	[ROLE_MARK_ONLY] = "mark-only",
	[ROLE_MARK_SPAN] = "mark-span",
	[ROLE_STRONG] = "strong",
	[ROLE_EMPHASIS] = "emphasis",
	[ROLE_KEYWORD] = "keyword",
	[ROLE_TYPE] = "type",
	[ROLE_FUNCTION] = "function",
	[ROLE_PROPERTY] = "property",
	[ROLE_VARIABLE] = "variable",
	[ROLE_PARAMETER] = "parameter",
	[ROLE_CONSTANT] = "constant",
	[ROLE_STRING] = "string",
	[ROLE_NUMBER] = "number",
	[ROLE_COMMENT] = "comment",
	[ROLE_OPERATOR] = "operator",
	[ROLE_PUNCTUATION] = "punctuation",
	[ROLE_ATTRIBUTE] = "attribute",
};

static const char *const GROUND_NAMES[GROUND_COUNT] = {
	[GROUND_NONE] = "none",
	[GROUND_LINE] = "line",
	[GROUND_SELECTED] = "selected",
	[GROUND_SPAN] = "span",
	[GROUND_ANSWER] = "answer",
	[GROUND_POPUP] = "popup",
	[GROUND_ADDED] = "added",
	[GROUND_REMOVED] = "removed",
	[GROUND_MATCH] = "match",
};

const char *theme_role_name(Role role) { return role < ROLE_COUNT ? ROLE_NAMES[role] : "text"; }

const char *theme_ground_name(Ground ground) { return ground < GROUND_COUNT ? GROUND_NAMES[ground] : "none"; }
