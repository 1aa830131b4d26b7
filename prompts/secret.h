/* The key of a service: read when it is needed, from an environment variable or from a command's output, and wiped after
 * use. It is never written, logged, put into an argument, or part of a message.
 *
 * A key command runs with the shell in a process group of its own, its input and errors at /dev/null, and is waited for without
 * blocking: its descriptor joins the program's one wait. */
#ifndef PROMPTS_SECRET_H
#define PROMPTS_SECRET_H

#include "core/base.h"
#include "prompts/config.h"

#include <sys/types.h>

typedef enum SecretState {
	SECRET_READY,   /* text is the key, or empty when the profile needs none */
	SECRET_RUNNING, /* the command still runs: wait for fd, then secret_step */
	SECRET_FAILED,  /* err says why */
} SecretState;

enum { SECRET_MAX = 16384 };

typedef struct Secret {
	char text[SECRET_MAX + 1];
	size_t len;
	pid_t pid;        /* of the command; 0 when none runs */
	int fd;           /* its output; -1 when closed */
	int64_t deadline; /* on the caller's clock, ms */
} Secret;

/* TRIPTYCH_API_KEY, else the profile's variable, else its command, which gets 60 s. An empty or unset variable that the
 * profile names is an error. */
SecretState secret_start(Secret *secret, const Profile *profile, const ConfigEnv *env, int64_t now_ms, Err *err);
/* Reads what the command has written. */
SecretState secret_step(Secret *secret, int64_t now_ms, Err *err);
/* Overwrites the key and ends a running command. All-zero is fine. */
void secret_wipe(Secret *secret);
/* Overwrites each occurrence of the key in text by asterisks: for what a server may echo. */
void secret_mask(const Secret *secret, char *text, size_t len);
/* memset that no compiler leaves out. */
void secret_zero(void *bytes, size_t len);

#endif
