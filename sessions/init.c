#include "core/posix.h"

#include "sessions/init.h"

#include "core/git.h"
#include "sessions/paths.h"

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

char *init_path(const char *around, char **top) {
	char *project = paths_project(around);
	char *path = base_path_join(project, ".triptych/session");
	if (top)
		*top = project;
	else
		free(project);
	return path;
}

/* ---- reading ---- */

static void add_path(InitSide *side, const char *top, Str value, Arena *arena) {
	char *relative = arena_strdup(arena, value);
	char *joined = base_path_join(top, relative), *absolute = paths_absolute(joined);
	const char **paths = ARENA_ARRAY(arena, const char *, side->n_paths + 1);
	if (side->n_paths > 0) memcpy(paths, side->paths, side->n_paths * sizeof *paths);
	paths[side->n_paths++] = arena_strdup(arena, str_of(absolute));
	side->paths = paths;
	free(joined);
	free(absolute);
}

static bool take_setting(
    const char *path, const char *top, const GitSetting *s, Arena *arena, InitFile *out, Err *err) {
	Side side;
	if (str_is(s->section, "session") && str_is(s->key, "name")) {
		out->name = s->value;
		return true;
	}
	if (side_of(s->section, &side)) {
		if (str_is(s->key, "path"))
			add_path(&out->sides[side], top, s->value, arena);
		else if (str_is(s->key, "url"))
			out->sides[side].url = s->value;
		else if (str_is(s->key, "commit"))
			out->sides[side].commit = s->value;
		else
			return err_set(err, "%s: [%s] has no setting '%.*s'", path, side_name(side), STR_ARG(s->key));
		return true;
	}
	return err_set(err, "%s: unknown setting %.*s.%.*s", path, STR_ARG(s->section), STR_ARG(s->key));
}

/* The folder's own name: what the session is called when nothing else is said. */
static Str last_part(const char *top, Arena *arena) {
	const char *slash = strrchr(top, '/');
	Str name = arena_str(arena, str_of(slash ? slash + 1 : top));
	return name.len > 0 ? name : STR("port");
}

bool init_read(const char *path, const char *top, Arena *arena, InitFile *out, Err *err) {
	*out = (InitFile) { 0 };
	GitSetting *settings;
	size_t n;
	if (access(path, F_OK) != 0) return err_set(err, "there is no '%s': triptych init writes it", path);
	if (!git_config_read(path, arena, &settings, &n, err)) return false;
	for (size_t i = 0; i < n; i++) {
		if (!take_setting(path, top, &settings[i], arena, out, err)) return false;
	}
	if (out->sides[SIDE_SWIFT].n_paths == 0) return err_set(err, "%s: [swift] has no path", path);
	if (out->name.len == 0) out->name = last_part(top, arena);
	return true;
}

/* ---- writing ---- */

/* "../mlx-audio/whisper" of a path seen from top; absolute when they share nothing but the root. */
static void put_relative(Buf *out, const char *top, const char *path) {
	size_t shared = 0, i = 0;
	for (; top[i] && top[i] == path[i]; i++) {
		if (top[i] == '/') shared = i;
	}
	if (!top[i] && (path[i] == '/' || !path[i])) shared = i;
	if (shared == 0) {
		buf_puts(out, path);
		return;
	}
	size_t before = out->len;
	for (const char *p = top + shared; *p; p++) {
		if (*p == '/' && p[1]) buf_puts(out, "../");
	}
	const char *rest = path + shared;
	while (*rest == '/') rest++;
	buf_puts(out, rest);
	if (out->len == before) buf_putc(out, '.');
}

/* As git's configuration wants it: quoted, with quotes and backslashes escaped. */
static void put_value(Buf *out, const char *key, Str value) {
	buf_printf(out, "\t%s = \"", key);
	for (size_t i = 0; i < value.len; i++) {
		char c = value.ptr[i];
		if (c == '"' || c == '\\') buf_putc(out, '\\');
		if (c == '\n')
			buf_puts(out, "\\n");
		else
			buf_putc(out, c);
	}
	buf_puts(out, "\"\n");
}

static void put_side(Buf *out, const char *top, Side name, const InitSide *side) {
	if (side->n_paths == 0 && side->url.len == 0) return;
	buf_printf(out, "[%s]\n", side_name(name));
	for (size_t i = 0; i < side->n_paths; i++) {
		Buf path = { 0 };
		put_relative(&path, top, side->paths[i]);
		put_value(out, "path", buf_view(&path));
		buf_done(&path);
	}
	if (side->url.len > 0) put_value(out, "url", side->url);
	if (side->commit.len > 0) put_value(out, "commit", side->commit);
}

bool init_write(const char *path, const char *top, const InitFile *file, bool replace, Err *err) {
	static const Side ORDER[] = { SIDE_SWIFT, SIDE_MLX, SIDE_TORCH };
	Buf out = { 0 };
	buf_puts(&out,
	    "# The three sides of this port, for `triptych`. Paths are relative to the top of this repository.\n[session]\n");
	put_value(&out, "name", file->name);
	for (size_t i = 0; i < BASE_COUNT(ORDER); i++) put_side(&out, top, ORDER[i], &file->sides[ORDER[i]]);
	char *folder = paths_parent(path);
	/* a folder of a repository, not one of the user's alone; what fails is told by the next line */
	mkdir(folder, 0777);
	bool ok = paths_make_folder(folder, err) && paths_write_file(path, buf_view(&out), replace, err);
	free(folder);
	buf_done(&out);
	return ok;
}
