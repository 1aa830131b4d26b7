#include "core/posix.h"

#include "tui/settings.h"

#include "core/git.h"

#include <string.h>
#include <strings.h>
#include <unistd.h>

static const SettingRow ROWS[] = {
	{ "screen", "theme", "", "dark, light or mono; when not set, by the terminal and NO_COLOR" },
	{ "screen", "mouse", "true",
	    "clicks and the wheel are the program's; false leaves them to the terminal, to select text" },
	{ "screen", "editor", "", "command for texts and for opening a source; when not set, VISUAL, EDITOR, then vi" },
	{ "screen", "copy", "", "command that takes copied text (pbcopy); when not set, the terminal is asked (OSC 52)" },
	{ "model", "profile", "", "name of the profile to use; needed only when there are several" },
};

const SettingRow *settings_rows(size_t *n) {
	*n = BASE_COUNT(ROWS);
	return ROWS;
}

/* ---- where a setting stands ---- */

static bool same_word(Str a, Str b) { return a.len == b.len && strncasecmp(a.ptr, b.ptr, a.len) == 0; }

/* "[section]" or "[section "sub"]": whether the header names this setting's section. */
static bool is_header_of(Str line, const GitSetting *s) {
	Str inside = str_trim(str_sub(line, 1, line.len));
	size_t n = 0;
	while (n < inside.len && inside.ptr[n] != ']' && inside.ptr[n] != ' ' && inside.ptr[n] != '\t') n++;
	if (!same_word(str_sub(inside, 0, n), s->section)) return false;
	size_t open = str_find(inside, "\"", n);
	if (open == SIZE_MAX) return s->subsection.len == 0;
	size_t close = str_find(inside, "\"", open + 1);
	return close != SIZE_MAX && str_eq(str_sub(inside, open + 1, close), s->subsection);
}

static bool is_line_of(Str line, const GitSetting *s) {
	size_t n = 0;
	while (n < line.len && line.ptr[n] != '=' && line.ptr[n] != ' ' && line.ptr[n] != '\t') n++;
	return same_word(str_sub(line, 0, n), s->key);
}

/* The line of the last such setting, from 1; 0 when it stands in an included file. */
static size_t line_of(Str text, const GitSetting *s) {
	size_t found = 0, number = 0;
	bool inside = false;
	Str rest = text, line;
	while (str_split(&rest, '\n', &line)) {
		number++;
		line = str_trim(line);
		if (str_starts(line, "[")) {
			inside = is_header_of(line, s);
		} else if (inside && is_line_of(line, s)) {
			found = number;
		}
	}
	return found;
}

static bool fail_at(const char *path, const GitSetting *s, const Err *why, Err *err) {
	char *text = NULL;
	size_t len, line = 0;
	if (base_file_read(path, 1 << 20, &text, &len, NULL)) line = line_of((Str) { text, len }, s);
	free(text);
	return line ? err_set(err, "%s:%zu: %s", path, line, why->text) : err_set(err, "%s: %s", path, why->text);
}

/* ---- reading ---- */

typedef struct Reader {
	Arena *arena;
	Settings *out;
	VEC(AppBinding) bindings;
	VEC(Str) lines;
	Keymap keymap; /* to find a bad binding here rather than on the screen */
} Reader;

static bool take_screen(Reader *r, const GitSetting *s, Err *err) {
	const char *value = arena_strdup(r->arena, s->value);
	if (str_is(s->key, "theme")) {
		if (strcmp(value, "dark") != 0 && strcmp(value, "light") != 0 && strcmp(value, "mono") != 0)
			return err_set(err, "screen.theme is dark, light or mono, not '%s'", value);
		r->out->theme = value;
	} else if (str_is(s->key, "mouse")) {
		bool mouse;
		if (!config_bool(value, &mouse)) return err_set(err, "screen.mouse is true or false, not '%s'", value);
		r->out->no_mouse = !mouse;
	} else if (str_is(s->key, "editor")) {
		r->out->editor = value;
	} else if (str_is(s->key, "copy")) {
		r->out->copy = value;
	} else {
		return err_set(err, "[screen] has no setting '%.*s' (triptych config --defaults)", STR_ARG(s->key));
	}
	return true;
}

static bool take_key(Reader *r, const GitSetting *s, Err *err) {
	AppBinding binding = { arena_strdup(r->arena, s->key), arena_strdup(r->arena, s->value) };
	if (!keymap_bind(&r->keymap, binding.action, binding.keys, err)) return false;
	VEC_PUSH(r->bindings) = binding;
	return true;
}

static Str full_name(const GitSetting *s, Arena *arena) {
	if (s->subsection.len == 0) return arena_printf(arena, "%.*s.%.*s", STR_ARG(s->section), STR_ARG(s->key));
	return arena_printf(arena, "%.*s.%.*s.%.*s", STR_ARG(s->section), STR_ARG(s->subsection), STR_ARG(s->key));
}

static bool take(Reader *r, const GitSetting *s, Err *err) {
	Str name = full_name(s, r->arena);
	bool ok;
	if (str_is(s->section, "keys")) {
		ok = take_key(r, s, err);
	} else if (str_is(s->section, "screen")) {
		ok = take_screen(r, s, err);
	} else if (str_is(s->section, "model") || str_is(s->section, "profile")) {
		ok = config_add(r->out->model, name.ptr, arena_strdup(r->arena, s->value), err);
	} else if (str_is(s->section, "include") || str_is(s->section, "includeif")) {
		return true;
	} else {
		return err_set(
		    err, "there is no section [%.*s]: keys, screen, model and profile are known", STR_ARG(s->section));
	}
	if (ok) VEC_PUSH(r->lines) = arena_printf(r->arena, "%.*s=%.*s", STR_ARG(name), STR_ARG(s->value));
	return ok;
}

bool settings_read(const char *path, Arena *arena, Settings *out, Err *err) {
	*out = (Settings) { .model = config_new() };
	if (!path || access(path, F_OK) != 0) return true;
	GitSetting *list;
	size_t n;
	if (!git_config_read(path, arena, &list, &n, err)) return false;
	Reader r = { .arena = arena, .out = out };
	keymap_init(&r.keymap);
	bool ok = true;
	for (size_t i = 0; ok && i < n; i++) {
		Err why = { { 0 } };
		if (!take(&r, &list[i], &why)) ok = fail_at(path, &list[i], &why, err);
	}
	keymap_done(&r.keymap);
	out->n_bindings = r.bindings.n;
	out->bindings = VEC_TO_ARENA(r.bindings, arena);
	out->n_lines = r.lines.n;
	out->lines = VEC_TO_ARENA(r.lines, arena);
	return ok;
}

void settings_done(Settings *settings) {
	config_free(settings->model);
	*settings = (Settings) { 0 };
}

void settings_keymap(const Settings *settings, Keymap *out) {
	keymap_init(out);
	for (size_t i = 0; i < settings->n_bindings; i++)
		keymap_bind(out, settings->bindings[i].action, settings->bindings[i].keys, NULL);
}

/* ---- everything that can be set ---- */

static void put_default(Buf *out, const char *name, const char *fallback, const char *help) {
	size_t before = out->len;
	buf_printf(out, "#\t%s = %s", name, fallback);
	size_t width = out->len - before;
	do buf_putc(out, ' ');
	while (++width < 36);
	buf_printf(out, "# %s\n", help);
}

void settings_defaults(Buf *out) {
	const char *section = "";
	for (size_t i = 0; i < BASE_COUNT(ROWS); i++) {
		if (strcmp(section, ROWS[i].section) != 0) buf_printf(out, "%s# [%s]\n", i ? "#\n" : "", ROWS[i].section);
		section = ROWS[i].section;
		put_default(out, ROWS[i].name, ROWS[i].fallback, ROWS[i].help);
	}
	size_t n;
	const ProfileSetting *profile = config_settings(&n);
	buf_puts(out, "#\n# [profile \"NAME\"]\n");
	for (size_t i = 0; i < n; i++) put_default(out, profile[i].name, profile[i].fallback, profile[i].help);
	buf_puts(out, "#\n# [keys]\n");
	for (int i = 1; i < ACTION_COUNT; i++) {
		const ActionInfo *info = action_info((ActionId)i);
		/* ';' and '#' begin a comment, and a value that is one of them must be quoted; none of the default keys is */
		put_default(out, info->name, info->keys[0] ? info->keys : "none", info->help);
	}
}
