#include "core/posix.h"

#include "core/source_imports.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

typedef struct Found {
	VEC(const char *) paths;
	Arena *arena;
	const char *root;
} Found;

static bool is_file(const char *path) {
	struct stat st;
	return stat(path, &st) == 0 && S_ISREG(st.st_mode);
}

static bool is_name(char c) {
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

/* folder/a/b.py or folder/a/b/__init__.py of "a.b"; with an empty module folder/__init__.py. */
static bool add_module(Found *f, Str folder, Str module) {
	Buf path = { 0 };
	buf_str(&path, folder);
	if (module.len) buf_putc(&path, '/');
	for (size_t i = 0; i < module.len; i++) buf_putc(&path, module.ptr[i] == '.' ? '/' : module.ptr[i]);
	size_t stem = path.len;
	buf_puts(&path, ".py");
	bool ok = module.len && is_file(path.ptr);
	if (!ok) {
		path.len = stem;
		buf_puts(&path, "/__init__.py");
		ok = is_file(path.ptr);
	}
	if (ok) VEC_PUSH(f->paths) = arena_strdup(f->arena, buf_view(&path));
	buf_done(&path);
	return ok;
}

static Str parent_folder(Str folder) {
	while (folder.len && folder.ptr[folder.len - 1] != '/') folder.len--;
	if (folder.len > 1) folder.len--;
	return folder;
}

/* An absolute module may begin in any folder from the file's up to the root, or in the root's src. Returns the folder. */
static Str find_base(Found *f, Str folder, Str module) {
	size_t root = strlen(f->root);
	for (; folder.len >= root; folder = parent_folder(folder)) {
		if (add_module(f, folder, module)) return folder;
		if (folder.len <= 1) break;
	}
	Str src = arena_printf(f->arena, "%s/src", f->root);
	return add_module(f, src, module) ? src : STR_NONE;
}

static Str take_name(Str *rest, bool dots) {
	*rest = str_trim(*rest);
	size_t n = 0;
	while (n < rest->len && (is_name(rest->ptr[n]) || (dots && rest->ptr[n] == '.'))) n++;
	Str name = str_sub(*rest, 0, n);
	*rest = str_sub(*rest, n, rest->len);
	return name;
}

/* `from pkg import a, b`: each may be a module of its own. rest is behind "import". */
static void add_imported(Found *f, Str folder, Str module, Str rest) {
	for (;;) {
		rest = str_trim(rest);
		if (str_starts(rest, "(")) rest = str_trim(str_sub(rest, 1, rest.len));
		Str name = take_name(&rest, false);
		if (!name.len) return;
		Str whole = module.len ? arena_printf(f->arena, "%.*s.%.*s", STR_ARG(module), STR_ARG(name)) : name;
		add_module(f, folder, whole);
		size_t comma = str_find(rest, ",", 0);
		if (comma == SIZE_MAX) return;
		rest = str_sub(rest, comma + 1, rest.len);
	}
}

static void read_from(Found *f, Str folder, Str rest) {
	size_t dots = 0;
	rest = str_trim(rest);
	while (dots < rest.len && rest.ptr[dots] == '.') dots++;
	rest = str_sub(rest, dots, rest.len);
	for (size_t i = 1; i < dots; i++) folder = parent_folder(folder);
	Str module = take_name(&rest, true);
	if (str_is(module, "import"))
		module = STR_NONE;
	else if (!str_is(take_name(&rest, false), "import"))
		return;
	if (dots) {
		if (folder.len < strlen(f->root)) return;
		if (module.len) add_module(f, folder, module);
	} else {
		folder = find_base(f, folder, module);
	}
	if (folder.len) add_imported(f, folder, module, rest);
}

static void read_import(Found *f, Str folder, Str rest) {
	Str part;
	while (rest.ptr && str_split(&rest, ',', &part)) {
		Str module = take_name(&part, true);
		if (module.len) find_base(f, folder, module);
	}
}

/* Imported names in parentheses may take several lines. */
static Str statement(Str text, size_t start, size_t line_end) {
	size_t end = line_end;
	Str line = str_sub(text, start, line_end);
	if (str_find(line, "(", 0) != SIZE_MAX && str_find(line, ")", 0) == SIZE_MAX) {
		size_t close = str_find(text, ")", line_end);
		if (close != SIZE_MAX) end = close;
	}
	return str_sub(text, start, end);
}

const char **source_imports(Str text, const char *place, const char *root, Arena *arena, size_t *n) {
	Found f = { .arena = arena, .root = root };
	Str folder = parent_folder(str_of(place));
	for (size_t at = 0; at < text.len && *root;) {
		size_t end = str_find(text, "\n", at);
		if (end == SIZE_MAX) end = text.len;
		Str line = str_trim(str_sub(text, at, end));
		if (str_starts(line, "from ")) {
			Str whole = str_trim(statement(text, at, end));
			read_from(&f, folder, str_sub(whole, 5, whole.len));
		} else if (str_starts(line, "import ")) {
			read_import(&f, folder, str_sub(line, 7, line.len));
		}
		at = end + 1;
	}
	*n = f.paths.n;
	return VEC_TO_ARENA(f.paths, arena);
}
