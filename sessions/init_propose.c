#include "core/posix.h"

#include "sessions/init.h"

#include "core/component.h"
#include "sessions/paths.h"

#include <dirent.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

/* Looking for references: the port's class names and weight keys are counted in the Python files near by, a folder at a time.
 * A port has the names of its own reference; other models share only the common ones (Attention, q_proj). */

enum { DEEPEST = 7, MOST_FILES = 6000, LARGEST = 1 << 20, MOST_FINDS = 20 };

typedef struct Words {
	Map map; /* normalised name -> index + 1 */
	size_t n;
} Words;

typedef struct Folder {
	const char *path;
	bool *classes, *keys; /* one a word: met in a file of this folder */
	size_t n_classes, n_keys;
	size_t n_mlx, n_torch; /* files that import it */
} Folder;

typedef struct Search {
	Arena *arena;
	Words classes, keys;
	VEC(Str) class_names;
	VEC(Folder) folders;
	size_t n_files;
} Search;

/* Lower case without underscores: "MultiHeadAttention", "multi_head_attention" are one. */
static Str normal(Str name, Arena *arena) {
	char *out = arena_alloc(arena, name.len + 1);
	size_t n = 0;
	for (size_t i = 0; i < name.len; i++) {
		char c = name.ptr[i];
		if (c == '_') continue;
		out[n++] = c >= 'A' && c <= 'Z' ? (char)(c + 'a' - 'A') : c;
	}
	return (Str) { out, n };
}

static bool add_word(Words *words, Str name, Arena *arena) {
	Str key = normal(name, arena);
	if (key.len < 3 || map_get(&words->map, key)) return false;
	map_put(&words->map, key, ++words->n);
	return true;
}

/* ---- what the port is made of ---- */

static bool read_port(Search *s, const char *port, Err *err) {
	Source source;
	SourceOptions options = { .paths = &port, .n_paths = 1, .no_context = true };
	if (!source_open(SIDE_SWIFT, &options, &source, err)) return false;
	Arena arena = { 0 };
	SyntaxTree *trees = ARENA_ARRAY(&arena, SyntaxTree, source.n_files);
	for (size_t i = 0; i < source.n_files; i++) syntax_parse(LANG_SWIFT, source.files[i].text, NULL, &arena, &trees[i]);
	Outline outline;
	outline_build(&source, trees, &arena, &outline);
	for (size_t i = 0; i < outline.n; i++) {
		const Component *c = &outline.components[i];
		if (c->kind != COMPONENT_CLASS || !c->is_module) continue;
		if (add_word(&s->classes, c->base, s->arena)) VEC_PUSH(s->class_names) = arena_str(s->arena, c->base);
		for (size_t f = 0; f < c->n_fields; f++) {
			if (c->fields[f].is_module || c->fields[f].is_parameter) add_word(&s->keys, c->fields[f].key, s->arena);
		}
	}
	outline_done(&outline);
	arena_done(&arena);
	source_done(&source);
	return s->classes.n + s->keys.n > 0 ||
	       err_set(err, "no module of MLX in '%s': there are no names to look for references by", port);
}

/* ---- what lies near by ---- */

static bool is_word(char c) {
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

static void mark(const Words *words, Str key, bool *met, size_t *n) {
	const uintptr_t *at = map_get(&words->map, key);
	if (!at || met[*at - 1]) return;
	met[*at - 1] = true;
	++*n;
}

/* `class Name` and `self.name` of a Python text. */
static void read_names(Search *s, Folder *folder, Str text) {
	for (size_t i = 0; i < text.len; i++) {
		if (!is_word(text.ptr[i]) || (i > 0 && is_word(text.ptr[i - 1]))) continue;
		size_t end = i;
		while (end < text.len && is_word(text.ptr[end])) end++;
		Str before = str_sub(text, i >= 6 ? i - 6 : 0, i);
		bool is_class = str_ends(before, "class ");
		bool is_field = str_ends(before, "self.");
		char lower[80];
		size_t n = 0;
		for (size_t k = i; (is_class || is_field) && k < end && n < sizeof lower; k++) {
			char c = text.ptr[k];
			if (c != '_') lower[n++] = c >= 'A' && c <= 'Z' ? (char)(c + 'a' - 'A') : c;
		}
		if (is_class) mark(&s->classes, (Str) { lower, n }, folder->classes, &folder->n_classes);
		if (is_field) mark(&s->keys, (Str) { lower, n }, folder->keys, &folder->n_keys);
		i = end;
	}
}

static void read_file(Search *s, Folder *folder, const char *path) {
	char *text;
	size_t len;
	if (!base_file_read(path, LARGEST, &text, &len, NULL)) return;
	Str all = { text, len };
	bool mlx = str_find(all, "import mlx", 0) != SIZE_MAX || str_find(all, "from mlx", 0) != SIZE_MAX;
	bool torch = str_find(all, "import torch", 0) != SIZE_MAX || str_find(all, "from torch", 0) != SIZE_MAX;
	folder->n_mlx += mlx;
	folder->n_torch += torch && !mlx;
	if (mlx || torch) read_names(s, folder, all);
	free(text);
}

static bool is_passed_over(const char *name) {
	static const char *const NAMES[] = { "node_modules", "__pycache__", "site-packages", "venv", "env", "build", "dist",
		"DerivedData", "tests", "test", "docs" };
	if (name[0] == '.') return true;
	for (size_t i = 0; i < BASE_COUNT(NAMES); i++) {
		if (strcmp(name, NAMES[i]) == 0) return true;
	}
	return false;
}

static int by_name(const void *a, const void *b) { return strcmp(*(char *const *)a, *(char *const *)b); }

static char **list_folder(const char *path, size_t *n) {
	VEC(char *) names = { 0 };
	DIR *dir = opendir(path);
	for (struct dirent *entry; dir && (entry = readdir(dir));) {
		if (!is_passed_over(entry->d_name)) VEC_PUSH(names) = base_strdup(entry->d_name);
	}
	if (dir) closedir(dir);
	if (names.n > 1) qsort(names.at, names.n, sizeof *names.at, by_name);
	*n = names.n;
	return names.at;
}

static void visit(Search *s, const char *path, int depth) {
	size_t n;
	char **names = list_folder(path, &n);
	Folder folder = {
		.path = arena_strdup(s->arena, str_of(path)),
		.classes = ARENA_ARRAY(s->arena, bool, s->classes.n + 1),
		.keys = ARENA_ARRAY(s->arena, bool, s->keys.n + 1),
	};
	for (size_t i = 0; i < n; i++) {
		char *child = base_path_join(path, names[i]);
		struct stat info;
		/* links are not followed: what they lead to is found where it lies, or isn't near by */
		bool known = lstat(child, &info) == 0;
		if (known && S_ISDIR(info.st_mode) && depth < DEEPEST) visit(s, child, depth + 1);
		if (known && S_ISREG(info.st_mode) && str_ends(str_of(names[i]), ".py") && s->n_files < MOST_FILES) {
			s->n_files++;
			read_file(s, &folder, child);
		}
		free(child);
		free(names[i]);
	}
	free(names);
	if (folder.n_classes + folder.n_keys > 0) VEC_PUSH(s->folders) = folder;
}

/* ---- ranking ---- */

static Str words_of(const Search *s, const Folder *folder) {
	Buf why = { 0 };
	buf_printf(
	    &why, "%zu of %zu classes, %zu of %zu weight keys", folder->n_classes, s->classes.n, folder->n_keys, s->keys.n);
	size_t named = 0;
	for (size_t i = 0; i < s->class_names.n && named < 4; i++) {
		if (folder->classes[i]) buf_printf(&why, "%s%.*s", named++ ? ", " : ": ", STR_ARG(s->class_names.at[i]));
	}
	Str text = arena_str(s->arena, buf_view(&why));
	buf_done(&why);
	return text;
}

static int by_score(const void *a, const void *b) {
	const InitFind *x = a, *y = b;
	if (x->score != y->score) return x->score > y->score ? -1 : 1;
	return strcmp(x->path, y->path);
}

static void rank(Search *s, InitFind **out, size_t *n) {
	VEC(InitFind) finds = { 0 };
	for (size_t i = 0; i < s->folders.n; i++) {
		const Folder *f = &s->folders.at[i];
		double most = 3.0 * (double)s->classes.n + (double)s->keys.n;
		InitFind find = {
			.side = f->n_mlx > 0 ? SIDE_MLX : SIDE_TORCH,
			.path = f->path,
			.n_classes = f->n_classes,
			.n_keys = f->n_keys,
			.score = (3.0 * (double)f->n_classes + (double)f->n_keys) / most,
			.why = words_of(s, f),
		};
		/* a few common names say nothing */
		if (find.score >= 0.1) VEC_PUSH(finds) = find;
	}
	if (finds.n > 1) qsort(finds.at, finds.n, sizeof *finds.at, by_score);
	*n = finds.n < MOST_FINDS ? finds.n : MOST_FINDS;
	*out = (InitFind *)VEC_TO_ARENA(finds, s->arena);
}

static void look_near(Search *s, const char *top, const char *const *near, size_t n_near) {
	for (size_t i = 0; i < n_near; i++) {
		char *folder = paths_absolute(near[i]);
		visit(s, folder, 0);
		free(folder);
	}
	if (n_near > 0) return;
	char *parent = paths_parent(top);
	/* directly below "/" the whole disk would be near by: then only the repository itself */
	visit(s, strcmp(parent, "/") == 0 ? top : parent, 0);
	free(parent);
}

bool init_propose(const char *port, const char *top, const char *const *near, size_t n_near, Arena *arena,
    InitFind **out, size_t *n, Err *err) {
	Search s = { .arena = arena };
	*n = 0;
	bool ok = read_port(&s, port, err);
	if (ok) {
		look_near(&s, top, near, n_near);
		rank(&s, out, n);
	}
	map_done(&s.classes.map);
	map_done(&s.keys.map);
	VEC_FREE(s.class_names);
	VEC_FREE(s.folders);
	return ok;
}
