/* Asking a model from the command line: one question, waited for, with everything that came of it. The screen doesn't use this:
 * it steps its exchange in its own wait (prompts/client.h).
 *
 * Ctrl-C and the other signals that end a program cancel the exchange; what had come is in the answer, labelled. */
#ifndef TUI_MODEL_RUN_H
#define TUI_MODEL_RUN_H

#include "prompts/client.h"

typedef struct ModelAnswer {
	ExchangeState state; /* a final one */
	Str text;            /* as sent; all text here is in the arena and NUL-terminated behind its end */
	Str message;         /* why it failed or is cut */
	Str warning;
	Str model; /* as it calls itself; empty unknown */
	Usage usage;
	bool may_be_billed;
	int64_t first_ms, total_ms; /* -1 unknown */
	int signal;                 /* that cancelled it; 0 */
} ModelAnswer;

typedef struct ModelShow {
	/* Called as the answer grows and when the state changes; text is all of it so far. */
	void (*step)(void *user, const Exchange *exchange);
	void *user;
} ModelShow;

/* False with err only when waiting is impossible: failures of the exchange are in the answer. show may be NULL. */
bool model_ask(
    const Profile *profile, const Prompt *prompt, const ModelShow *show, Arena *arena, ModelAnswer *out, Err *err);

#endif
