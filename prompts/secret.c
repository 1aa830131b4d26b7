#include "core/posix.h"

#include "prompts/secret.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

enum { COMMAND_MS = 60 * 1000 };

void secret_zero(void *bytes, size_t len) {
	volatile unsigned char *p = bytes;
	while (len-- > 0) *p++ = 0;
}

void secret_mask(const Secret *secret, char *text, size_t len) {
	enum { SHORTEST = 6 }; /* a shorter "key" is a placeholder ("none") whose letters occur in plain words */
	if (secret->len < SHORTEST) return;
	for (size_t i = 0; i + secret->len <= len; i++) {
		if (memcmp(text + i, secret->text, secret->len) == 0) memset(text + i, '*', secret->len);
	}
}

/* A key goes into a header line: what could end the line or isn't text is an error, not a key. */
static bool check_key(const Secret *secret, const char *from, Err *err) {
	if (secret->len == 0) return err_set(err, "the key from %s is empty", from);
	for (size_t i = 0; i < secret->len; i++) {
		unsigned char c = (unsigned char)secret->text[i];
		if (c < 0x21 || c > 0x7E)
			return err_set(err, "the key from %s has a blank or a character that no key has", from);
	}
	return true;
}

/* Keeps the first line without blanks around it. */
static void trim_key(Secret *secret) {
	Str line, rest = { secret->text, secret->len };
	str_split(&rest, '\n', &line);
	line = str_trim(line);
	memmove(secret->text, line.ptr, line.len);
	secret_zero(secret->text + line.len, sizeof secret->text - line.len);
	secret->len = line.len;
}

static SecretState take_variable(Secret *secret, const char *name, const char *value, Err *err) {
	size_t len = strlen(value);
	if (len > SECRET_MAX) {
		err_set(err, "the key in %s is longer than %d bytes", name, SECRET_MAX);
		return SECRET_FAILED;
	}
	memcpy(secret->text, value, len);
	secret->len = len;
	trim_key(secret);
	return check_key(secret, name, err) ? SECRET_READY : SECRET_FAILED;
}

/* ---- the command ---- */

static bool spawn(const char *command, int out, pid_t *pid, Err *err) {
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;
	sigset_t none, usual;
	char *argv[] = { "sh", "-c", (char *)command, NULL };
	posix_spawn_file_actions_init(&actions);
	posix_spawnattr_init(&attributes);
	sigemptyset(&none);
	sigemptyset(&usual);
	sigaddset(&usual, SIGPIPE);
	sigaddset(&usual, SIGINT);
	posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
	posix_spawnattr_setsigdefault(&attributes, &usual);
	posix_spawnattr_setpgroup(&attributes, 0);
	posix_spawnattr_setsigmask(&attributes, &none);
	posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
	posix_spawn_file_actions_adddup2(&actions, out, 1);
	posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0);
	int failed = posix_spawn(pid, "/bin/sh", &actions, &attributes, argv, environ);
	posix_spawnattr_destroy(&attributes);
	posix_spawn_file_actions_destroy(&actions);
	return failed ? err_set(err, "cannot run keyCommand: %s", strerror(failed)) : true;
}

static SecretState start_command(Secret *secret, const char *command, int64_t now_ms, Err *err) {
	int ends[2];
	if (pipe(ends) != 0) {
		err_set(err, "cannot run keyCommand: %s", strerror(errno));
		return SECRET_FAILED;
	}
	fcntl(ends[0], F_SETFD, FD_CLOEXEC);
	fcntl(ends[1], F_SETFD, FD_CLOEXEC);
	fcntl(ends[0], F_SETFL, O_NONBLOCK);
	bool ok = spawn(command, ends[1], &secret->pid, err);
	close(ends[1]);
	secret->fd = ends[0];
	secret->deadline = now_ms + COMMAND_MS;
	if (ok) return SECRET_RUNNING;
	secret->pid = 0;
	secret_wipe(secret);
	return SECRET_FAILED;
}

SecretState secret_start(Secret *secret, const Profile *profile, const ConfigEnv *env, int64_t now_ms, Err *err) {
	*secret = (Secret) { .fd = -1 };
	const char *value = profile->from_env ? env->get(env->user, "TRIPTYCH_API_KEY") : NULL;
	if (value && *value) return take_variable(secret, "TRIPTYCH_API_KEY", value, err);
	if (profile->key_env) {
		value = env->get(env->user, profile->key_env);
		if (value && *value) return take_variable(secret, profile->key_env, value, err);
		err_set(err, "the variable %s, which has the key of profile '%s', is not set", profile->key_env, profile->name);
		return SECRET_FAILED;
	}
	if (profile->key_command) return start_command(secret, profile->key_command, now_ms, err);
	return SECRET_READY;
}

/* True when the output has ended; what is longer than a key is read and dropped, and leaves len above SECRET_MAX. */
static bool read_output(Secret *secret) {
	for (;;) {
		char piece[512];
		ssize_t got = read(secret->fd, piece, sizeof piece);
		if (got < 0 && errno == EINTR) continue;
		if (got < 0) return errno != EAGAIN && errno != EWOULDBLOCK;
		if (got == 0) return true;
		size_t n = (size_t)got;
		if (secret->len <= SECRET_MAX && n <= SECRET_MAX - secret->len) {
			memcpy(secret->text + secret->len, piece, n);
			secret->len += n;
		} else {
			secret->len = SECRET_MAX + 1;
		}
		secret_zero(piece, sizeof piece);
	}
}

static SecretState finish(Secret *secret, int status, Err *err) {
	bool too_long = secret->len > SECRET_MAX;
	secret->pid = 0;
	if (WIFEXITED(status) && WEXITSTATUS(status) != 0) {
		err_set(err, "keyCommand ended with status %d", WEXITSTATUS(status));
	} else if (!WIFEXITED(status)) {
		err_set(err, "keyCommand was ended by a signal");
	} else if (too_long) {
		err_set(err, "keyCommand wrote more than %d bytes", SECRET_MAX);
	} else {
		trim_key(secret);
		if (check_key(secret, "keyCommand", err)) return SECRET_READY;
	}
	secret_wipe(secret);
	return SECRET_FAILED;
}

SecretState secret_step(Secret *secret, int64_t now_ms, Err *err) {
	int status;
	if (!secret->pid) return SECRET_READY;
	if (secret->fd >= 0 && read_output(secret)) {
		close(secret->fd);
		secret->fd = -1;
	}
	if (secret->fd < 0 && waitpid(secret->pid, &status, WNOHANG) == secret->pid) return finish(secret, status, err);
	if (now_ms < secret->deadline) return SECRET_RUNNING;
	err_set(err, "keyCommand did not end within %d seconds", COMMAND_MS / 1000);
	secret_wipe(secret);
	return SECRET_FAILED;
}

void secret_wipe(Secret *secret) {
	if (secret->pid > 0) {
		kill(-secret->pid, SIGKILL);
		while (waitpid(secret->pid, NULL, 0) < 0 && errno == EINTR) {}
	}
	if (secret->fd > 0) close(secret->fd);
	secret_zero(secret, sizeof *secret);
	secret->fd = -1;
}
