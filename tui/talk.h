/* One exchange with a language model on the screen: the profile, the client, the question under way. Shared by the views that
 * ask (discussion, drafts). Stepped in the program's one wait: while an exchange lives, its function is plugged in there.
 *
 * Nothing is opened before the first talk_ask. Every function is for the main thread. */
#ifndef TUI_TALK_H
#define TUI_TALK_H

#include "prompts/client.h"
#include "tui/model_run.h"
#include "tui/settings.h"
#include "tui/view.h"

typedef struct Talk Talk;

/* Reads the configuration; profile: its name, NULL for the configuration's choice. NULL with err when it is wrong, or no model is configured (err says how to have one). */
Talk *talk_new(const ViewEnv *env, const char *profile, Err *err);
void talk_free(Talk *talk); /* cancels what runs; NULL is fine */

const Profile *talk_profile(const Talk *talk);
/* True when the prompt would go to another host and that wasn't agreed to yet in this talk: show it first. */
bool talk_wants_yes(const Talk *talk);
void talk_agree(Talk *talk);

/* Begins to ask; takes the prompt over. What was asked before is dropped. */
void talk_ask(Talk *talk, Prompt *prompt);
/* To be called in every tick; true when something of the exchange changed. */
bool talk_step(Talk *talk);
bool talk_busy(const Talk *talk);
/* The exchange, also when it is over; NULL before the first and after talk_close. */
const Exchange *talk_exchange(const Talk *talk);
const Prompt *talk_prompt(const Talk *talk);
/* What came of it, texts in the arena. */
void talk_answer(const Talk *talk, Arena *arena, ModelAnswer *out);
void talk_cancel(Talk *talk);
void talk_again(Talk *talk); /* sends it once more: a person's key */
void talk_close(Talk *talk); /* forgets the exchange */

/* "waiting for the answer · 12 s", or why it failed: one line. */
void talk_words(const Talk *talk, Buf *out);

#endif
