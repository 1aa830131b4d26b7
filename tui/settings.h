/* The configuration file as a whole: one reader for the screen, the models and the commands, and one table of what may stand
 * in it. The file is in git's format (core/git.h); what a profile may have is prompts/config.h's business, a key's name
 * tui/keys.h's. An error names the file and the line. A file that isn't there is an empty one. */
#ifndef TUI_SETTINGS_H
#define TUI_SETTINGS_H

#include "core/base.h"
#include "prompts/config.h"
#include "tui/action.h"
#include "tui/app.h"

typedef struct SettingRow {
	const char *section, *name;
	const char *fallback; /* "" for none */
	const char *help;
} SettingRow;
/* Sections [screen] and [model]; those of [profile "..."] are config_settings, those of [keys] the table of actions. */
const SettingRow *settings_rows(size_t *n);

typedef struct Settings {
	const char *theme, *editor, *copy; /* NULL: not set */
	bool no_mouse;
	AppBinding *bindings; /* of [keys], checked */
	size_t n_bindings;
	Config *model; /* never NULL after settings_read */
	Str *lines;    /* every setting as it was read: "screen.theme=dark", for `triptych config` */
	size_t n_lines;
} Settings;

/* path may be NULL, or of no file. Text lies in the arena; release the rest with settings_done, also after a failure. */
bool settings_read(const char *path, Arena *arena, Settings *out, Err *err);
void settings_done(Settings *settings);
/* The keys as the user has them; release with keymap_done. */
void settings_keymap(const Settings *settings, Keymap *out);
/* Everything that can be set, as a configuration file whose lines are comments. */
void settings_defaults(Buf *out);

#endif
