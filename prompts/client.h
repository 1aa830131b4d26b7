/* Asking a model: requests and their life, from the key to the last byte, stepped by the program's one wait.
 *
 * A Client holds all that lives; an Exchange is one question and its answer. Nothing is opened until the first exchange_new;
 * none of the calls block. The loop of the program:
 *
 *     while (...) {
 *         client_wait(client, fds, n, timeout);      in place of poll, same arguments and result
 *         client_step(client);                       then look at exchange_state, exchange_text, ...
 *     }
 *
 * A request is sent again by itself only when the service didn't take it: no connection, 429 unless the quota is exhausted,
 * 503, 529. Each wait before that is the state EXCHANGE_COUNTDOWN with a time and a reason, and can be cancelled. Whatever
 * else fails after the request went out may have been billed: EXCHANGE_FAILED says so (exchange_may_be_billed), and only
 * exchange_again, a person's key, sends it again. The key is read when needed, and wiped when the exchange ends. */
#ifndef PROMPTS_CLIENT_H
#define PROMPTS_CLIENT_H

#include "core/base.h"
#include "prompts/config.h"
#include "prompts/http.h"
#include "prompts/prompt.h"

typedef struct Client Client;
typedef struct Exchange Exchange;

/* Both borrowed; &clock_system and &config_process_env in the program. */
Client *client_new(const Clock *clock, const ConfigEnv *env);
void client_free(Client *client); /* frees what exchanges are left; NULL is fine */

/* Like poll, but also returns when something of an exchange is due. */
int client_wait(Client *client, struct pollfd *fds, size_t n, int timeout_ms);
/* The same as tui/wait.h wants it (WaitFn, with the client as state): false with err only when waiting is impossible. */
bool client_wait_plugged(void *client, struct pollfd *fds, size_t n, int timeout_ms, Err *err);
void client_step(Client *client);
bool client_busy(const Client *client);       /* an exchange is neither finished nor failed */
bool client_has_opened(const Client *client); /* whether any request was ever begun */

typedef enum ExchangeState {
	EXCHANGE_KEY,        /* keyCommand runs */
	EXCHANGE_CONNECTING, /* name, connection, TLS */
	EXCHANGE_WAITING,    /* sent; nothing of the answer yet */
	EXCHANGE_STREAMING,  /* the answer comes */
	EXCHANGE_COUNTDOWN,  /* not accepted; sent again when it runs out */
	EXCHANGE_DONE,       /* the whole answer is there */
	EXCHANGE_TRUNCATED,  /* what is there isn't all: cut, at the limit, filtered; exchange_message says which */
	EXCHANGE_FAILED,     /* exchange_message says why; text may hold a part */
	EXCHANGE_CANCELLED,  /* by exchange_cancel; text may hold a part */
} ExchangeState;
const char *exchange_state_name(ExchangeState state); /* "waiting for the answer" */
bool exchange_state_is_final(ExchangeState state);

/* Begins to ask; profile and prompt are borrowed until exchange_free. Failures come as EXCHANGE_FAILED, never as NULL. */
Exchange *exchange_new(Client *client, const Profile *profile, const Prompt *prompt);
void exchange_free(Exchange *exchange); /* at any time, also while it runs; NULL is fine */
/* Ends it at once; the connection is closed before this returns. No effect on a final state. */
void exchange_cancel(Exchange *exchange);
/* Sends it again from the start: a person's decision in any final state (what was said before is dropped), and in a
 * countdown "now". */
void exchange_again(Exchange *exchange);

ExchangeState exchange_state(const Exchange *exchange);
/* The answer so far. It grows; the pointer is good until the next client_step. UTF-8 as sent: escapes are made visible
 * by who shows it (core/utf8.h). */
Str exchange_text(const Exchange *exchange);
Str exchange_thinking(const Exchange *exchange);
/* One line: why it failed, is cut, or waits ("429 Too Many Requests: slow down; again in 12 s" without the time). "" when there
 * is nothing to say. Never holds the key. */
const char *exchange_message(const Exchange *exchange);
/* Said besides, in any state: the server read much less than was sent, the model is another. "" mostly. */
const char *exchange_warning(const Exchange *exchange);
bool exchange_may_be_billed(const Exchange *exchange);   /* FAILED, CANCELLED or TRUNCATED after the request went out */
int64_t exchange_countdown_ms(const Exchange *exchange); /* left of EXCHANGE_COUNTDOWN; else 0 */
unsigned exchange_attempt(const Exchange *exchange);     /* 1 for the first */

typedef struct Usage {
	int64_t tokens_in, tokens_out, tokens_thinking,
	    tokens_cached; /* as the service counts; -1 unknown, never 0 for it */
} Usage;
Usage exchange_usage(const Exchange *exchange);
const char *exchange_stop(const Exchange *exchange);  /* the service's word: "end_turn"; "" unknown */
const char *exchange_model(const Exchange *exchange); /* the model as it calls itself; "" unknown */
/* Milliseconds from sending to the first text and to the end; -1 while unknown. */
int64_t exchange_first_ms(const Exchange *exchange);
int64_t exchange_total_ms(const Exchange *exchange);

/* Exactly what would be sent, for --dry-run: request line, headers (a key is only said to be there), an empty line, the body. */
void exchange_preview(const Profile *profile, const ConfigEnv *env, const Prompt *prompt, Buf *out);

#endif
