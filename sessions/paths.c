#include "core/posix.h"

#include "sessions/paths.h"

#include "core/git.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *process_get(void *user, const char *name) {
	(void)user;
	return getenv(name);
}
const PathsEnv paths_process_env = { process_get, NULL };

static const char *variable(const PathsEnv *env, const char *name) {
	const char *value = env->get(env->user, name);
	return value && *value ? value : NULL;
}

static char *home_folder(const PathsEnv *env) {
	const char *home = variable(env, "HOME");
	if (home && home[0] == '/') return base_strdup(home);
	const struct passwd *user = getpwuid(getuid());
	return base_strdup(user && user->pw_dir && *user->pw_dir ? user->pw_dir : "/");
}

static char *xdg_folder(const PathsEnv *env, const char *name, const char *fallback) {
	const char *value = variable(env, name);
	if (value && value[0] == '/') return base_path_join(value, "triptych");
	char *home = home_folder(env);
	char *base = base_path_join(home, fallback);
	char *folder = base_path_join(base, "triptych");
	free(base);
	free(home);
	return folder;
}

char *paths_data(const PathsEnv *env) { return xdg_folder(env, "XDG_DATA_HOME", ".local/share"); }
char *paths_config_folder(const PathsEnv *env) { return xdg_folder(env, "XDG_CONFIG_HOME", ".config"); }

static char *in_folder(char *folder, const char *name) {
	char *path = base_path_join(folder, name);
	free(folder);
	return path;
}

char *paths_db(const PathsEnv *env, const char *given) {
	if (!given) given = variable(env, "TRIPTYCH_DB");
	return given ? paths_absolute(given) : in_folder(paths_data(env), "triptych.db");
}

char *paths_config(const PathsEnv *env, const char *given) {
	if (!given) given = variable(env, "TRIPTYCH_CONFIG");
	return given ? paths_absolute(given) : in_folder(paths_config_folder(env), "config");
}

char *paths_absolute(const char *path) {
	Buf whole = { 0 };
	if (path[0] != '/') {
		char here[PATH_MAX];
		buf_puts(&whole, getcwd(here, sizeof here) ? here : "/");
		buf_putc(&whole, '/');
	}
	buf_puts(&whole, path);
	Buf out = { 0 };
	Str rest = buf_view(&whole), part;
	while (str_split(&rest, '/', &part)) {
		if (part.len == 0 || str_is(part, ".")) continue;
		if (!str_is(part, "..")) {
			buf_putc(&out, '/');
			buf_str(&out, part);
			continue;
		}
		while (out.len > 0 && out.ptr[out.len - 1] != '/') out.len--;
		if (out.len > 0) out.len--;
		if (out.ptr) out.ptr[out.len] = '\0';
	}
	if (out.len == 0) buf_putc(&out, '/');
	buf_done(&whole);
	return buf_take(&out);
}

char *paths_parent(const char *path) {
	const char *slash = strrchr(path, '/');
	if (!slash) return base_strdup(".");
	if (slash == path) return base_strdup("/");
	char *parent = base_strdup(path);
	parent[slash - path] = '\0';
	return parent;
}

static bool has_manifest(const char *folder) {
	char *manifest = base_path_join(folder, "Package.swift");
	bool has = access(manifest, F_OK) == 0;
	free(manifest);
	return has;
}

char *paths_project(const char *path) {
	Checkout *checkout = checkout_open(path);
	if (checkout) {
		char *top = base_strdup(checkout_top(checkout));
		checkout_close(checkout);
		return top;
	}
	char *folder = paths_absolute(path);
	char *at = base_strdup(folder);
	while (strcmp(at, "/") != 0 && !has_manifest(at)) {
		char *above = paths_parent(at);
		free(at);
		at = above;
	}
	bool found = strcmp(at, "/") != 0;
	free(found ? folder : at);
	return found ? at : folder;
}

bool paths_make_folder(const char *path, Err *err) {
	char *copy = base_strdup(path);
	bool ok = true;
	for (char *p = copy + 1; ok; p++) {
		if (*p != '/' && *p != '\0') continue;
		char end = *p;
		*p = '\0';
		struct stat info;
		if (mkdir(copy, 0700) != 0 && (stat(copy, &info) != 0 || !S_ISDIR(info.st_mode))) {
			ok = err_set(err, "cannot make the folder '%s': %s", copy, strerror(errno));
		}
		*p = end;
		if (end == '\0') break;
	}
	free(copy);
	return ok;
}

static bool write_all(int fd, Str text) {
	while (text.len > 0) {
		ssize_t n = write(fd, text.ptr, text.len);
		if (n < 0 && errno == EINTR) continue;
		if (n <= 0) return false;
		text = str_sub(text, (size_t)n, text.len);
	}
	return true;
}

bool paths_write_file(const char *path, Str text, bool replace, Err *err) {
	Buf name = { 0 };
	buf_printf(&name, "%s.XXXXXX", path);
	int fd = mkstemp(name.ptr);
	if (fd < 0) {
		err_set(err, "cannot write '%s': %s", path, strerror(errno));
		buf_done(&name);
		return false;
	}
	mode_t mask = umask(0);
	umask(mask);
	bool ok = write_all(fd, text) && fchmod(fd, 0666 & ~mask) == 0 && fsync(fd) == 0;
	ok = close(fd) == 0 && ok;
	/* link never replaces, rename always does */
	if (ok) ok = (replace ? rename(name.ptr, path) : link(name.ptr, path)) == 0;
	if (!ok) {
		if (!replace && errno == EEXIST) {
			err_set(err, "'%s' exists", path);
		} else {
			err_set(err, "cannot write '%s': %s", path, strerror(errno));
		}
	}
	if (!ok || !replace) unlink(name.ptr);
	buf_done(&name);
	return ok;
}
