#include "core/posix.h"

#include "core/source_walk.h"

#include "core/git.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

const char *walk_resolve(Arena *arena, const char *path) {
	char *real = realpath(path, NULL);
	if (!real) return NULL;
	const char *copy = arena_strdup(arena, str_of(real));
	free(real);
	return copy;
}

const char *walk_below(const char *folder, const char *place) {
	size_t n = strlen(folder);
	if (n == 1 && folder[0] == '/') return place[0] == '/' ? place + 1 : NULL;
	if (strncmp(folder, place, n) != 0) return NULL;
	if (place[n] == '\0') return place + n;
	return place[n] == '/' ? place + n + 1 : NULL;
}

static const char *join(Arena *arena, const char *folder, const char *name) {
	bool slash = *folder && folder[strlen(folder) - 1] == '/';
	return arena_printf(arena, "%s%s%s", folder, slash || !*folder ? "" : "/", name).ptr;
}

static bool first_time(Walk *walk, const char *real) {
	if (map_get(&walk->seen, str_of(real))) return false;
	map_put(&walk->seen, str_of(real), 1);
	return true;
}

static bool exists(Arena *arena, const char *folder, const char *name) {
	struct stat st;
	return stat(join(arena, folder, name), &st) == 0;
}

/* ---- what is left out ---- */

static bool is_left_out(Walk *walk, const char *name, const char *place) {
	static const char *const names[] = { "DerivedData", "node_modules", "__pycache__", "SourcePackages", "checkouts",
		"Carthage", "Pods" };
	if (name[0] == '.') return true;
	for (size_t i = 0; i < BASE_COUNT(names); i++) {
		if (strcmp(name, names[i]) == 0) return true;
	}
	return walk->lang == LANG_PYTHON && exists(walk->arena, place, "pyvenv.cfg");
}

static bool is_ignored(Checkout *checkout, const char *top, const char *place, bool folder) {
	const char *relative = checkout ? walk_below(top, place) : NULL;
	return relative && *relative && checkout_ignores(checkout, relative, folder);
}

static bool has_extension(Lang lang, const char *name) {
	return str_ends(str_of(name), lang == LANG_SWIFT ? ".swift" : ".py");
}

/* ---- folders ---- */

typedef struct Rules { /* the checkout whose ignore rules hold */
	Checkout *checkout;
	const char *top;
} Rules;

static Rules rules_open(Walk *walk, const char *place) {
	Rules rules = { .checkout = checkout_open(place) };
	if (rules.checkout) rules.top = walk_resolve(walk->arena, checkout_top(rules.checkout));
	if (rules.checkout && !rules.top) {
		checkout_close(rules.checkout);
		rules.checkout = NULL;
	}
	return rules;
}

static void add_file(Walk *walk, const char *path, const char *place, const char *real, bool is_given) {
	if (first_time(walk, real)) {
		VEC_PUSH(walk->files) =
		    (WalkFile) { .path = path, .place = place, .given = walk->n_given, .is_given = is_given };
	}
}

static void walk_folder(Walk *walk, const char *path, const char *place, Rules rules, const char *fence);

static void visit(Walk *walk, const char *name, const char *path, const char *place, Rules rules, const char *fence) {
	struct stat st;
	if (lstat(path, &st) != 0) return;
	bool link = S_ISLNK(st.st_mode);
	if (link && stat(path, &st) != 0) return;
	bool folder = S_ISDIR(st.st_mode);
	if (!folder && !(S_ISREG(st.st_mode) && has_extension(walk->lang, name))) return;
	if (folder && is_left_out(walk, name, place)) return;
	if (is_ignored(rules.checkout, rules.top, place, folder)) return;
	const char *real = link ? walk_resolve(walk->arena, path) : place;
	if (!real) return;
	if (!folder) {
		add_file(walk, path, place, real, false);
	} else if (!link) {
		walk_folder(walk, path, place, rules, fence);
	} else if (walk_below(fence, real)) {
		VEC_PUSH(walk->links) = (WalkFile) { .path = path, .place = real };
	}
}

static int compare_names(const void *a, const void *b) { return strcmp(*(char *const *)a, *(char *const *)b); }

static void walk_folder(Walk *walk, const char *path, const char *place, Rules rules, const char *fence) {
	DIR *dir = first_time(walk, place) ? opendir(path) : NULL;
	if (!dir) return;
	VEC(char *) names = { 0 };
	for (struct dirent *entry; (entry = readdir(dir)) != NULL;) {
		if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0) {
			VEC_PUSH(names) = arena_strdup(walk->arena, str_of(entry->d_name));
		}
	}
	closedir(dir);
	if (names.n) qsort(names.at, names.n, sizeof *names.at, compare_names);
	bool nested = exists(walk->arena, place, ".git") && !(rules.top && strcmp(rules.top, place) == 0);
	if (nested) rules = rules_open(walk, place); /* a checkout within has rules of its own */
	for (size_t i = 0; i < names.n; i++) {
		const char *name = names.at[i];
		visit(walk, name, join(walk->arena, path, name), join(walk->arena, place, name), rules, fence);
	}
	if (nested) checkout_close(rules.checkout);
	VEC_FREE(names);
}

/* What was given inside an ignored folder is taken without the rules that would leave out all of it. */
static void walk_given_folder(Walk *walk, const char *path, const char *place, const char *fence) {
	Rules rules = rules_open(walk, place);
	bool ignored = is_ignored(rules.checkout, rules.top, place, true);
	Rules none = { 0 };
	walk_folder(walk, path, place, ignored ? none : rules, fence);
	checkout_close(rules.checkout);
}

/* The folder of a path that is given is resolved, its own name is kept: links keep the name they are known by. */
static const char *place_of_file(Walk *walk, const char *path) {
	const char *slash = strrchr(path, '/');
	const char *folder =
	    slash ? arena_strdup(walk->arena, (Str) { path, slash == path ? 1 : (size_t)(slash - path) }) : ".";
	const char *real = walk_resolve(walk->arena, folder);
	return real ? join(walk->arena, real, slash ? slash + 1 : path) : path;
}

bool walk_add(Walk *walk, const char *path, const char *fence, Err *err) {
	struct stat st;
	const char *real = walk_resolve(walk->arena, path);
	if (!real || stat(path, &st) != 0) return err_set(err, "cannot open '%s': %s", path, strerror(errno));
	size_t n = strlen(path);
	while (n > 1 && path[n - 1] == '/') n--;
	path = arena_strdup(walk->arena, (Str) { path, n });
	if (S_ISDIR(st.st_mode))
		walk_given_folder(walk, path, real, fence);
	else
		add_file(walk, path, place_of_file(walk, path), real, true);
	while (walk->links.n) {
		WalkFile link = walk->links.at[--walk->links.n];
		walk_given_folder(walk, link.path, link.place, fence);
	}
	walk->n_given++;
	return true;
}

void walk_done(Walk *walk) {
	VEC_FREE(walk->files);
	VEC_FREE(walk->links);
	map_done(&walk->seen);
}
