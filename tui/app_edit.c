/* Other programs: the user's editor, and a command that takes what is copied. */
#include "core/posix.h"

#include "tui/app_state.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define EDIT_MAX ((size_t)16 << 20)

extern char **environ;

static const char *editor_of(const App *app) {
	if (app->options->editor && *app->options->editor) return app->options->editor;
	const char *name = getenv("VISUAL");
	if (!name || !*name) name = getenv("EDITOR");
	return name && *name ? name : "vi";
}

/* How editors are told a line. The shell sees the path as $1 and the line as $2. */
static const struct {
	const char *editor, *arguments;
} AT_LINE[] = {
	{ "code", "--goto \"$1:$2\"" },
	{ "codium", "--goto \"$1:$2\"" },
	{ "cursor", "--goto \"$1:$2\"" },
	{ "zed", "\"$1:$2\"" },
	{ "hx", "\"$1:$2\"" },
	{ "helix", "\"$1:$2\"" },
	{ "subl", "\"$1:$2\"" },
	{ "mate", "--line \"$2\" \"$1\"" },
	{ "bbedit", "+\"$2\" \"$1\"" },
	{ "xed", "--line \"$2\" \"$1\"" },
	{ "ed", "\"$1\"" },
};

static const char *arguments_for(const char *editor, size_t line) {
	size_t word = strcspn(editor, " "), slash = 0;
	for (size_t i = 0; i < word; i++)
		if (editor[i] == '/') slash = i + 1;
	Str base = { editor + slash, word - slash };
	if (line == 0) return "\"$1\"";
	for (size_t i = 0; i < BASE_COUNT(AT_LINE); i++)
		if (str_is(base, AT_LINE[i].editor)) return AT_LINE[i].arguments;
	return "+\"$2\" \"$1\""; /* vi and its kin, emacs, nano, micro, kak */
}

/* Runs it by the shell, since the variables hold words ("code --wait"). The status of the shell, -1 when it didn't run. */
static int run(const char *command, const char *path, const char *line) {
	char *argv[] = { "sh", "-c", (char *)command, "sh", (char *)path, (char *)line, NULL };
	posix_spawnattr_t attributes;
	sigset_t plain;
	pid_t child;
	sigemptyset(&plain);
	sigaddset(&plain, SIGINT);
	sigaddset(&plain, SIGPIPE);
	if (posix_spawnattr_init(&attributes) != 0) return -1;
	posix_spawnattr_setsigdefault(&attributes, &plain);
	posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF);
	int failed = posix_spawn(&child, "/bin/sh", NULL, &attributes, argv, environ);
	posix_spawnattr_destroy(&attributes);
	if (failed) return -1;
	int status;
	while (waitpid(child, &status, 0) < 0)
		if (errno != EINTR) return -1;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128;
}

static bool run_editor(App *app, const char *path, size_t line, Err *err) {
	const char *editor = editor_of(app);
	char number[24];
	Buf command = { 0 };
	snprintf(number, sizeof number, "%zu", line);
	buf_printf(&command, "%s %s", editor, arguments_for(editor, line));
	if (app->term) term_leave(app->term);
	wait_hand_over(true);
	int status = run(command.ptr, path, number);
	wait_hand_over(false);
	if (app->term) {
		int rows, cols;
		term_return(app->term);
		term_size(app->term, &rows, &cols);
		app_resize(app, rows, cols);
	}
	app->dirty = true;
	buf_done(&command);
	return status == 0 || err_set(err, "the editor '%s' ended with status %d: nothing was taken over", editor, status);
}

bool app_edit_source(App *app, const char *path, size_t line, Err *err) {
	struct stat info;
	if (stat(path, &info) != 0) return err_set(err, "cannot open '%s': %s", path, strerror(errno));
	return run_editor(app, path, line ? line : 1, err);
}

static bool write_file(const char *path, const char *text, Err *err) {
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0) return err_set(err, "cannot create '%s': %s", path, strerror(errno));
	size_t len = strlen(text), done = 0;
	while (done < len) {
		ssize_t n = write(fd, text + done, len - done);
		if (n < 0 && errno == EINTR) continue;
		if (n <= 0) break;
		done += (size_t)n;
	}
	bool fine = close(fd) == 0 && done == len;
	return fine || err_set(err, "cannot write '%s': %s", path, strerror(errno));
}

bool app_edit_text(App *app, const char *text, char **out, Err *err) {
	const char *base = getenv("TMPDIR");
	char *folder = base_path_join(base && *base ? base : "/tmp", "triptych-XXXXXX");
	size_t len = 0;
	bool fine = false;
	*out = NULL;
	if (!mkdtemp(folder)) { /* only its owner can look into it */
		err_set(err, "cannot make a folder '%s': %s", folder, strerror(errno));
		free(folder);
		return false;
	}
	char *path = base_path_join(folder, "text.md");
	if (write_file(path, text, err) && run_editor(app, path, 0, err))
		fine = base_file_read(path, EDIT_MAX, out, &len, err);
	if (fine)
		while (len && ((*out)[len - 1] == '\n' || (*out)[len - 1] == ' ')) (*out)[--len] = '\0'; /* what editors add */
	unlink(path);
	rmdir(folder);
	free(path);
	free(folder);
	return fine;
}

bool app_copy(App *app, const char *text, Err *err) {
	const char *command = app->options->copy;
	if (!command || !*command) {
		if (!app->term || term_copy(app->term, str_of(text))) return true;
		return err_set(err, "too long for the terminal's clipboard: %zu bytes", strlen(text));
	}
	Buf quiet = { 0 };
	buf_printf(&quiet, "{ %s\n} >/dev/null 2>&1", command);
	FILE *pipe_to = popen(quiet.ptr, "w");
	buf_done(&quiet);
	if (!pipe_to) return err_set(err, "cannot run '%s': %s", command, strerror(errno));
	fputs(text, pipe_to);
	int status = pclose(pipe_to);
	return status == 0 || err_set(err, "the copy command '%s' failed", command);
}
