#include "core/posix.h"

#include "core/git.h"

#include <git2.h>
#include <stdlib.h>
#include <string.h>

/* Headers of libgit2 1.5 to 1.9 serve. Its initialisation is counted and never undone: calls are many and short. */
static void ready(void) {
	if (git_libgit2_init() == 1) {
		/* We only read, and run nothing a repository names: a checkout that belongs to somebody else is as good. */
		git_libgit2_opts(GIT_OPT_SET_OWNER_VALIDATION, 0);
	}
}

static const char *reason(void) {
	const git_error *last = git_error_last();
	return last && last->message ? last->message : "unknown error of libgit2";
}

void git_id_of_text(Str text, char out[41]) {
	ready();
	git_oid id;
	if (git_odb_hash(&id, text.ptr ? text.ptr : "", text.len, GIT_OBJECT_BLOB) != 0)
		base_fatal("git blob id: %s", reason());
	git_oid_tostr(out, 41, &id);
}

/* ---- checkouts ---- */

struct Checkout {
	git_repository *repository;
	git_index *index; /* NULL when it can't be read */
	char *top;
};

Checkout *checkout_open(const char *path) {
	ready();
	git_repository *repository = NULL;
	if (git_repository_open_ext(&repository, path, 0, NULL) != 0) return NULL;
	const char *top = git_repository_workdir(repository);
	if (!top) {
		git_repository_free(repository);
		return NULL;
	}
	Checkout *checkout = base_alloc(sizeof *checkout);
	checkout->repository = repository;
	checkout->top = base_strdup(top);
	size_t n = strlen(checkout->top);
	while (n > 1 && checkout->top[n - 1] == '/') checkout->top[--n] = '\0';
	if (git_repository_index(&checkout->index, repository) != 0) checkout->index = NULL;
	return checkout;
}

void checkout_close(Checkout *checkout) {
	if (!checkout) return;
	git_index_free(checkout->index);
	git_repository_free(checkout->repository);
	free(checkout->top);
	free(checkout);
}

const char *checkout_top(const Checkout *checkout) { return checkout->top; }

static bool is_tracked(const Checkout *checkout, const char *path, bool folder) {
	if (!checkout->index) return false;
	size_t at;
	return folder ? git_index_find_prefix(&at, checkout->index, path) == 0
	              : git_index_get_bypath(checkout->index, path, 0) != NULL;
}

bool checkout_ignores(Checkout *checkout, const char *relative, bool folder) {
	Buf path = { 0 };
	buf_printf(&path, folder ? "%s/" : "%s", relative);
	int ignored = 0;
	bool failed = git_ignore_path_is_ignored(&ignored, checkout->repository, path.ptr) != 0;
	bool out = !failed && ignored && !is_tracked(checkout, path.ptr, folder);
	buf_done(&path);
	return out;
}

void checkout_head(Checkout *checkout, char commit[41], Buf *branch) {
	commit[0] = '\0';
	git_oid id;
	if (git_reference_name_to_id(&id, checkout->repository, "HEAD") == 0) git_oid_tostr(commit, 41, &id);
	git_reference *head = NULL;
	if (git_reference_lookup(&head, checkout->repository, "HEAD") != 0) return;
	const char *target = git_reference_symbolic_target(head);
	const char *prefix = "refs/heads/";
	if (target && strncmp(target, prefix, strlen(prefix)) == 0) buf_puts(branch, target + strlen(prefix));
	git_reference_free(head);
}

size_t checkout_changed(Checkout *checkout) {
	git_status_options options;
	git_status_options_init(&options, GIT_STATUS_OPTIONS_VERSION);
	options.show = GIT_STATUS_SHOW_INDEX_AND_WORKDIR;
	options.flags = GIT_STATUS_OPT_EXCLUDE_SUBMODULES;
	git_status_list *list = NULL;
	if (git_status_list_new(&list, checkout->repository, &options) != 0) return 0;
	size_t n = git_status_list_entrycount(list);
	git_status_list_free(list);
	return n;
}

bool git_user_name(const char *folder, Buf *out) {
	ready();
	git_repository *repository = NULL;
	git_config *config = NULL, *frozen = NULL;
	int failed = git_repository_open_ext(&repository, folder, 0, NULL);
	failed = failed ? git_config_open_default(&config) : git_repository_config(&config, repository);
	const char *name = NULL;
	bool ok = !failed && git_config_snapshot(&frozen, config) == 0 &&
	          git_config_get_string(&name, frozen, "user.name") == 0 && name && *name;
	if (ok) buf_puts(out, name);
	git_config_free(frozen);
	git_config_free(config);
	git_repository_free(repository);
	return ok;
}

/* ---- differences ---- */

static uint32_t count_lines(Str text) {
	uint32_t n = 0;
	for (size_t i = 0; i < text.len; i++) n += text.ptr[i] == '\n';
	return n + (text.len && text.ptr[text.len - 1] != '\n');
}

typedef struct LineMap {
	uint32_t *map;
	uint32_t n_old, n_new;
	uint32_t old_line, new_line; /* next lines that are not accounted for yet */
} LineMap;

static void keep_until(LineMap *m, uint32_t old_line) {
	while (m->old_line < old_line && m->old_line <= m->n_old && m->new_line <= m->n_new)
		m->map[m->old_line++] = m->new_line++;
}

static int on_hunk(const git_diff_delta *delta, const git_diff_hunk *hunk, void *payload) {
	(void)delta;
	LineMap *m = payload;
	/* Without context a hunk that only adds names the old line before it. */
	keep_until(m, (uint32_t)hunk->old_start + (hunk->old_lines == 0));
	m->old_line += (uint32_t)hunk->old_lines;
	m->new_line += (uint32_t)hunk->new_lines;
	return 0;
}

static git_diff_options diff_options(uint32_t context) {
	git_diff_options options;
	git_diff_options_init(&options, GIT_DIFF_OPTIONS_VERSION);
	options.flags = GIT_DIFF_FORCE_TEXT | GIT_DIFF_MINIMAL | GIT_DIFF_INDENT_HEURISTIC;
	options.context_lines = context;
	return options;
}

uint32_t *git_line_map(Str old_text, Str new_text, Arena *arena, uint32_t *n_old) {
	ready();
	LineMap m = { .n_old = count_lines(old_text), .n_new = count_lines(new_text), .old_line = 1, .new_line = 1 };
	m.map = ARENA_ARRAY(arena, uint32_t, (size_t)m.n_old + 1);
	*n_old = m.n_old;
	git_diff_options options = diff_options(0);
	if (!str_eq(old_text, new_text) &&
	    git_diff_buffers(old_text.ptr ? old_text.ptr : "", old_text.len, NULL, new_text.ptr ? new_text.ptr : "",
	        new_text.len, NULL, &options, NULL, NULL, on_hunk, NULL, &m) != 0) {
		base_fatal("line diff: %s", reason());
	}
	keep_until(&m, m.n_old + 1);
	return m.map;
}

bool git_unified_diff(const char *name, Str old_text, Str new_text, Buf *out, Err *err) {
	ready();
	git_diff_options options = diff_options(3);
	git_patch *patch = NULL;
	git_buf text = { 0 };
	bool ok = git_patch_from_buffers(&patch, old_text.ptr ? old_text.ptr : "", old_text.len, name,
	              new_text.ptr ? new_text.ptr : "", new_text.len, name, &options) == 0 &&
	          git_patch_to_buf(&text, patch) == 0;
	if (ok) {
		Str all = { text.ptr, text.size };
		size_t from = str_starts(all, "--- ") ? 0 : str_find(all, "\n--- ", 0) + 1;
		if (all.len && from < all.len) buf_str(out, str_sub(all, from, all.len));
	} else {
		err_set(err, "cannot compare '%s': %s", name, reason());
	}
	git_buf_dispose(&text);
	git_patch_free(patch);
	return ok;
}

/* ---- configuration ---- */

/* libgit2 says "failed to parse config file: WHAT (in FILE:LINE)", some versions "(in FILE:LINE, column N)"; we say
 * "FILE:LINE: WHAT". */
static bool config_error(const char *path, Err *err) {
	Str text = str_of(reason());
	size_t what = str_find(text, ": ", 0), where = str_find(text, " (in ", 0);
	size_t colon = text.len;
	while (colon > 0 && text.ptr[colon - 1] != ':') colon--;
	size_t digits = colon;
	while (digits < text.len && text.ptr[digits] >= '0' && text.ptr[digits] <= '9') digits++;
	if (what == SIZE_MAX || where == SIZE_MAX || what > where || colon < where || digits == colon) {
		return err_set(err, "cannot read '%s': %.*s", path, STR_ARG(text));
	}
	Str line = str_sub(text, colon, digits);
	return err_set(err, "%s:%.*s: %.*s", path, STR_ARG(line), STR_ARG(str_sub(text, what + 2, where)));
}

/* "profile.local.keyenv" of section, subsection and key; the first two may hold dots of their own. */
static void split_name(Str name, GitSetting *out) {
	size_t first = str_find(name, ".", 0), last = name.len;
	while (last > 0 && name.ptr[last - 1] != '.') last--;
	out->section = str_sub(name, 0, first);
	out->key = str_sub(name, last, name.len);
	out->subsection = last > first + 1 ? str_sub(name, first + 1, last - 1) : STR_NONE;
}

bool git_config_read(const char *path, Arena *arena, GitSetting **out, size_t *n, Err *err) {
	ready();
	char *bytes = NULL; /* libgit2 takes a missing file for an empty one */
	size_t len = 0;
	if (!base_file_read(path, (size_t)1 << 20, &bytes, &len, err)) return false;
	free(bytes);
	git_config *config = NULL;
	git_config_iterator *iterator = NULL;
	VEC(GitSetting) settings = { 0 };
	bool ok = git_config_open_ondisk(&config, path) == 0 && git_config_iterator_new(&iterator, config) == 0;
	if (!ok) {
		config_error(path, err);
		goto out;
	}
	git_config_entry *entry;
	while (git_config_next(&entry, iterator) == 0) {
		GitSetting *setting = &VEC_PUSH(settings);
		split_name(arena_str(arena, str_of(entry->name)), setting);
		setting->value = arena_str(arena, str_of(entry->value ? entry->value : "true"));
	}
	*n = settings.n;
	*out = VEC_TO_ARENA(settings, arena);
out:
	git_config_iterator_free(iterator);
	git_config_free(config);
	return ok;
}
