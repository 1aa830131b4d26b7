#include "core/posix.h"

#include "core/source.h"

#include "core/git.h"
#include "core/source_imports.h"
#include "core/source_library.h"
#include "core/source_open.h"
#include "core/source_walk.h"
#include "core/utf8.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* Which files belong to a side. The scope is what lies below the paths given; the context of a Swift side is the rest of
 * the enclosing package, that of a Python side what the scope imports from its own package: references can be huge. */

typedef struct Opening {
	Side side;
	const SourceOptions *options;
	Source *out;
	Arena *arena; /* the source's */
	Walk walk;
	VEC(const char *) roots;  /* packages of the paths, absolute, each once; "" for a path outside of any */
	VEC(const char *) places; /* the paths, resolved; files as their folder */
	VEC(SourceFile) files;
	VEC(const char *) file_places; /* of each of files */
	VEC(SourceSkip) skipped;
} Opening;

/* ---- roots ---- */

static bool is_folder(const char *path) {
	struct stat st;
	return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

static bool holds(Arena *arena, const char *folder, const char *name) {
	struct stat st;
	return stat(arena_printf(arena, "%s/%s", folder, name).ptr, &st) == 0;
}

static bool holds_package(Arena *arena, Side side, const char *folder) {
	if (side == SIDE_SWIFT) return holds(arena, folder, "Package.swift");
	return holds(arena, folder, "pyproject.toml") || holds(arena, folder, "setup.py");
}

static const char *parent_of(Arena *arena, const char *folder) {
	const char *slash = strrchr(folder, '/');
	if (!slash || folder[1] == '\0') return NULL;
	return slash == folder ? "/" : arena_strdup(arena, (Str) { folder, (size_t)(slash - folder) });
}

/* The nearest folder upwards that holds a package, not beyond the checkout's top; else that top; else "". */
static const char *root_of(Arena *arena, Side side, const char *folder) {
	Checkout *checkout = checkout_open(folder);
	const char *top = checkout ? walk_resolve(arena, checkout_top(checkout)) : NULL;
	checkout_close(checkout);
	for (const char *at = folder; at; at = parent_of(arena, at)) {
		if (holds_package(arena, side, at)) return at;
		if (top && strcmp(at, top) == 0) return top;
	}
	return top ? top : "";
}

static const char *common_folder(Arena *arena, const char *a, const char *b) {
	while (a && !walk_below(a, b)) a = parent_of(arena, a);
	return a ? a : "/";
}

static bool find_root(Opening *o, const char *path, Err *err) {
	const char *place = walk_resolve(o->arena, path);
	if (!place) {
		Err walk_err = { 0 };
		walk_add(&o->walk, path, "/", &walk_err); /* for its message */
		return err_set(err, "%s", walk_err.text);
	}
	if (!is_folder(place)) place = parent_of(o->arena, place);
	VEC_PUSH(o->places) = place;
	VEC_PUSH(o->roots) = root_of(o->arena, o->side, place);
	return true;
}

/* One folder that everything lies in: the package when there is one, else what the paths have in common. */
static const char *join_roots(Opening *o) {
	const char *root = NULL;
	for (size_t i = 0; i < o->roots.n; i++) {
		const char *one = *o->roots.at[i] ? o->roots.at[i] : o->places.at[i];
		root = root ? common_folder(o->arena, root, one) : one;
	}
	return root ? root : "";
}

/* ---- tests ---- */

static bool is_test_folder(Str part) {
	return str_is(part, "tests") || str_is(part, "test") || str_ends(part, "Tests");
}

static bool in_test_folder(const char *name) {
	Str rest = str_of(name), part;
	while (rest.ptr && str_split(&rest, '/', &part)) {
		if (rest.ptr && is_test_folder(part)) return true;
	}
	return false;
}

static bool is_test_file(const char *name) {
	const char *slash = strrchr(name, '/');
	Str base = str_of(slash ? slash + 1 : name);
	return in_test_folder(name) || str_ends(base, "Tests.swift") || str_ends(base, "_test.py") ||
	       str_is(base, "conftest.py") || (str_starts(base, "test_") && str_ends(base, ".py"));
}

/* Whether the path that was given lies in a test target itself. */
static bool given_in_tests(const Opening *o, size_t given) {
	const char *below = walk_below(o->out->root, o->places.at[given]);
	return below && in_test_folder(arena_printf(o->arena, "%s/x", below).ptr);
}

/* ---- reading ---- */

static const char *why_not(Opening *o, const char *path, Str *text) {
	struct stat st;
	Err err = { 0 };
	char *bytes = NULL;
	if (stat(path, &st) == 0 && st.st_size > SOURCE_MAX_FILE) return "larger than 8 MB";
	if (!base_file_read(path, SOURCE_MAX_FILE, &bytes, &text->len, &err)) {
		const char *why = strstr(err.text, "': ");
		return arena_printf(o->arena, "cannot read: %s", why ? why + 3 : err.text).ptr;
	}
	const char *reason = NULL;
	text->ptr = bytes;
	if (!text->len)
		reason = "empty";
	else if (memchr(bytes, '\0', text->len))
		reason = "binary";
	else if (!utf8_valid(*text, NULL))
		reason = "not UTF-8";
	else
		*text = arena_str(o->arena, *text);
	free(bytes);
	return reason;
}

static void read_file(Opening *o, const WalkFile *found, bool in_scope, bool is_test) {
	SourceFile file = { .path = found->path, .lang = side_lang(o->side), .in_scope = in_scope, .is_test = is_test };
	const char *below = walk_below(o->out->root, found->place);
	file.name = below && *below ? below : found->place;
	const char *reason = why_not(o, found->path, &file.text);
	if (reason && in_scope) VEC_PUSH(o->skipped) = (SourceSkip) { found->path, reason };
	if (reason) return;
	source_content_id(file.text, file.content_id);
	source_index_lines(o->arena, &file);
	VEC_PUSH(o->files) = file;
	VEC_PUSH(o->file_places) = found->place;
}

/* Reads what the walk found since `from`. */
static void read_found(Opening *o, size_t from, bool scope) {
	for (size_t i = from; i < o->walk.files.n; i++) {
		const WalkFile *found = &o->walk.files.at[i];
		const char *below = walk_below(o->out->root, found->place);
		bool is_test = is_test_file(below ? below : found->place);
		bool in_scope = scope && (found->is_given || !is_test || given_in_tests(o, found->given));
		read_file(o, found, in_scope, is_test);
	}
}

static bool read_scope(Opening *o, Err *err) {
	for (size_t i = 0; i < o->options->n_paths; i++) {
		if (!walk_add(&o->walk, o->options->paths[i], o->out->root, err)) return false;
	}
	Lang lang = side_lang(o->side);
	for (size_t i = 0; i < o->walk.files.n; i++) {
		const WalkFile *f = &o->walk.files.at[i];
		if (str_ends(str_of(f->path), lang == LANG_SWIFT ? ".swift" : ".py")) continue;
		VEC_PUSH(o->skipped) = (SourceSkip) { f->path, lang == LANG_SWIFT ? "not a Swift file" : "not a Python file" };
		memmove(&o->walk.files.at[i], &o->walk.files.at[i + 1], (o->walk.files.n - i - 1) * sizeof *f);
		o->walk.files.n--, i--;
	}
	read_found(o, 0, true);
	return true;
}

static void follow_imports(Opening *o) {
	for (size_t i = 0; i < o->files.n && o->files.n < SOURCE_IMPORTS_MAX; i++) {
		size_t n = 0;
		const char **paths = source_imports(o->files.at[i].text, o->file_places.at[i], o->out->root, o->arena, &n);
		size_t from = o->walk.files.n;
		for (size_t k = 0; k < n; k++) walk_add(&o->walk, paths[k], o->out->root, NULL);
		read_found(o, from, false);
	}
}

static bool read_context(Opening *o, Err *err) {
	size_t from = o->walk.files.n;
	for (size_t i = 0; i < o->options->n_context; i++) {
		if (!walk_add(&o->walk, o->options->context[i], o->out->root, err)) return false;
	}
	for (size_t i = 0; i < o->roots.n && o->side == SIDE_SWIFT && !o->options->no_context; i++) {
		if (*o->roots.at[i]) walk_add(&o->walk, o->roots.at[i], o->roots.at[i], NULL);
	}
	read_found(o, from, false);
	if (side_lang(o->side) == LANG_PYTHON && !o->options->no_context) follow_imports(o);
	return true;
}

/* ---- what the side is called ---- */

/* The name in `Package(name: "x"`, or empty. */
static Str manifest_name(Str text) {
	size_t at = str_find(text, "Package(", 0);
	while (at != SIZE_MAX && at > 0 && text.ptr[at - 1] != ' ' && text.ptr[at - 1] != '\n' && text.ptr[at - 1] != '=') {
		at = str_find(text, "Package(", at + 1);
	}
	size_t name = at == SIZE_MAX ? at : str_find(text, "name:", at);
	size_t open = name == SIZE_MAX ? name : str_find(text, "\"", name);
	size_t close = open == SIZE_MAX ? open : str_find(text, "\"", open + 1);
	return close == SIZE_MAX || str_trim(str_sub(text, name + 5, open)).len ? STR_NONE : str_sub(text, open + 1, close);
}

static const char *package_name(Opening *o) {
	const char *root = o->out->root;
	char *text = NULL;
	size_t len = 0;
	Str name = STR_NONE;
	const char *manifest = arena_printf(o->arena, "%s/Package.swift", root).ptr;
	if (o->side == SIDE_SWIFT && base_file_read(manifest, (size_t)1 << 20, &text, &len, NULL)) {
		name = arena_str(o->arena, manifest_name((Str) { text, len }));
	}
	free(text);
	if (name.len) return name.ptr;
	const char *slash = strrchr(root, '/');
	return slash && slash[1] ? slash + 1 : root;
}

static void read_checkout(Opening *o) {
	Source *out = o->out;
	Checkout *checkout = o->places.n ? checkout_open(o->places.at[0]) : NULL;
	if (!checkout) return;
	Buf branch = { 0 };
	checkout_head(checkout, out->commit, &branch);
	out->branch = arena_strdup(o->arena, buf_view(&branch));
	out->n_changed = checkout_changed(checkout);
	out->dirty = out->n_changed > 0;
	buf_done(&branch);
	checkout_close(checkout);
}

/* ---- the whole ---- */

static int by_name(const void *a, const void *b) {
	const SourceFile *x = a, *y = b;
	int c = strcmp(x->name, y->name);
	return c ? c : strcmp(x->path, y->path);
}

static bool check_scope(const Opening *o, Err *err) {
	for (size_t i = 0; i < o->files.n; i++) {
		if (o->files.at[i].in_scope) return true;
	}
	const char *what = side_lang(o->side) == LANG_SWIFT ? "Swift" : "Python";
	const char *where = o->options->n_paths ? o->options->paths[0] : "";
	if (!o->skipped.n) return err_set(err, "no %s file in '%s'", what, where);
	return err_set(err, "no %s file in '%s' can be read: '%s' is skipped (%s)", what, where, o->skipped.at[0].path,
	    o->skipped.at[0].reason);
}

static void hand_over(Opening *o) {
	Source *out = o->out;
	if (o->files.n) qsort(o->files.at, o->files.n, sizeof *o->files.at, by_name);
	out->n_files = o->files.n;
	out->files = VEC_TO_ARENA(o->files, o->arena);
	out->n_skipped = o->skipped.n;
	out->skipped = VEC_TO_ARENA(o->skipped, o->arena);
}

bool source_open(Side side, const SourceOptions *options, Source *out, Err *err) {
	*out = (Source) { .side = side, .root = "", .package = "", .branch = "" };
	Opening o = { .side = side, .options = options, .out = out, .arena = &out->arena };
	o.walk = (Walk) { .lang = side_lang(side), .arena = &out->arena };
	bool ok = true;
	for (size_t i = 0; i < options->n_paths && ok; i++) ok = find_root(&o, options->paths[i], err);
	if (ok) out->root = join_roots(&o);
	ok = ok && read_scope(&o, err) && check_scope(&o, err) && read_context(&o, err);
	if (ok) {
		source_leave_library_out(o.files.at, &o.files.n);
		out->package = package_name(&o);
		read_checkout(&o);
		hand_over(&o);
	}
	VEC_FREE(o.files);
	VEC_FREE(o.file_places);
	VEC_FREE(o.skipped);
	VEC_FREE(o.roots);
	VEC_FREE(o.places);
	walk_done(&o.walk);
	if (!ok) source_done(out);
	return ok;
}
