/* One exchange with a language model on the screen: the profile, the client, the question under way, and the yes before something goes
 * to another host. Shared by the views that ask (discussion, drafts, suggestions). Stepped in the program's one wait: while an
 * exchange lives, its function is plugged in there.
 *
 * Nothing is opened before a question is sent. Every function is for the main thread. */
#ifndef TUI_TALK_H
#define TUI_TALK_H

#include "prompts/client.h"
#include "tui/model_run.h"
#include "tui/settings.h"
#include "tui/work.h"

typedef struct Talk Talk;

/* Reads the configuration, for the profile chosen on the screen or there. NULL with err when it is wrong, or no model is configured
 * (err says how to have one). work is borrowed. */
Talk *talk_new(const ViewEnv *env, Work *work, Err *err);
void talk_free(Talk *talk); /* cancels what runs; NULL is fine */
const Profile *talk_profile(const Talk *talk);

/* Begins to ask; takes the prompt over. What was asked before is dropped. Before the first send of the session to another host, what
 * would be sent is shown with a question to the user instead, whose answer goes to `answered` of the owner: that calls
 * talk_answered, and *sent of both says whether it is on its way. */
Reaction talk_send(Talk *talk, Prompt *prompt, View *owner, AnswerFn answered, bool *sent);
Reaction talk_answered(Talk *talk, bool yes, bool *sent);
/* Begins to ask without a question: a draft's mending, in the same conversation. */
void talk_go_on(Talk *talk, Prompt *prompt);

typedef enum TalkStep { TALK_SAME, TALK_CHANGED, TALK_ENDED } TalkStep;
/* To be called in every tick: whether something of the exchange changed. TALK_ENDED is told once an exchange. */
TalkStep talk_step(Talk *talk);
bool talk_busy(const Talk *talk);
/* Whether there is an exchange whose end talk_step hasn't told yet: a view that closes keeps what came of it first. */
bool talk_is_open(const Talk *talk);
/* The exchange, also when it is over; NULL before the first. */
const Exchange *talk_exchange(const Talk *talk);
const Prompt *talk_prompt(const Talk *talk); /* of that exchange */
/* What came of it, texts in the arena. */
void talk_answer(const Talk *talk, Arena *arena, ModelAnswer *out);
Reaction talk_cancel(Talk *talk); /* REACT_IGNORED when nothing runs */
/* Sends it once more, a person's key: possible after anything but a whole answer. */
bool talk_can_again(const Talk *talk);
bool talk_again(Talk *talk);

/* "waiting for the answer · 12 s", or why it failed and which key sends it again: one line. */
void talk_words(const Talk *talk, Buf *out);

#endif
