/* What differs between services: where a request goes, what its body is, and what the events of its stream mean. One row
 * each in one table; a row's functions know JSON shapes, nothing of sockets, time or retries.
 *
 * Shapes are those of: OpenAI chat completions (also llama.cpp, LM Studio, Ollama's /v1, mlx_lm.server, vLLM, OpenRouter),
 * OpenAI responses, Anthropic messages, Ollama /api/chat. Whatever an event lacks, holds as null or has too much is no error. */
#ifndef PROMPTS_PROVIDER_H
#define PROMPTS_PROVIDER_H

#include "core/base.h"
#include "core/json.h"
#include "prompts/config.h"
#include "prompts/prompt.h"
#include "prompts/stream.h"

typedef enum ReplyStop {
	STOP_NONE,   /* the service hasn't said that the answer is finished */
	STOP_END,    /* finished */
	STOP_LENGTH, /* cut at the limit of tokens */
	STOP_FILTER, /* cut by the service's filter, or refused */
	STOP_OTHER,  /* something that was not asked for: a tool call, a pause */
} ReplyStop;

/* An answer as it grows. Tokens are -1 while unknown, which is not 0. */
typedef struct Reply {
	Buf text;     /* what is shown */
	Buf thinking; /* what the model thought aloud; not part of the answer */
	ReplyStop stop;
	char stop_word[40]; /* the service's own word for it */
	bool ended;         /* its terminal event came: nothing more is read */
	bool failed;        /* it reported an error in the stream: error says which */
	Err error;
	char error_code[64]; /* type or code of that error, as sent */
	int64_t tokens_in, tokens_out, tokens_thinking, tokens_cached;
	char model[128]; /* the model that answered, as it calls itself */
	size_t events;
	/* Private to provider.c: */
	Buf held; /* the start of the text, while it may still be a <think> tag */
	int think_state;
} Reply;

enum { REPLY_MAX_TEXT = 4 << 20 };

struct Provider {
	const char *name;  /* in the configuration: "openai-responses" */
	const char *title; /* on the screen */
	const char *url;   /* base when none is configured */
	const char *root;  /* put behind a base that has no path: "/v1" */
	const char *path;  /* put behind the base */
	const char *key_header, *key_prefix;
	const char *const *headers; /* further ones, NULL at the end; may be NULL */
	void (*body)(const Profile *profile, const Prompt *prompt, JsonOut *out);
	void (*event)(Reply *reply, Str type, const Json *data);
};

const Provider *provider_at(size_t i);    /* the table's rows from 0; NULL behind the last */
const Provider *provider_named(Str name); /* NULL when there is none */

/* Adds the address requests go to / the body of the request, exactly as sent. */
void provider_address(const Profile *profile, Buf *out);
void provider_body(const Profile *profile, const Prompt *prompt, Buf *out);

void reply_init(Reply *reply);
void reply_done(Reply *reply);
/* Takes one event of the stream; false when nothing more is wanted (it ended or failed). */
bool reply_take(Reply *reply, const Profile *profile, const StreamEvent *event);
/* The stream is over: settles what was held back. Call it once, before the text is used as an answer. */
void reply_finish(Reply *reply);

/* Takes an error's text out of a response body of any usual form (error object or string, message, detail, array, bare
 * text); code gets its type or code. False when the body says nothing. */
bool reply_read_error(Str body, Err *err, char *code, size_t code_size);

/* ---- for the rows ---- */

extern const Provider provider_chat, provider_responses, provider_anthropic, provider_ollama;

void reply_add_text(Reply *reply, Str text); /* <think> at its start goes to thinking */
void reply_add_thinking(Reply *reply, Str text);
void reply_set_stop(Reply *reply, ReplyStop stop, Str word);
void reply_set_error(Reply *reply, const Json *error);   /* object or string */
void reply_set_count(int64_t *count, const Json *value); /* leaves it alone when value is no number */
void reply_set_model(Reply *reply, const Json *value);
/* Adds {"role","content"} of each turn to an open array. */
void provider_put_turns(const Prompt *prompt, JsonOut *out);
/* Adds "messages": the system text as the first one, then the turns. */
void provider_put_messages(const Prompt *prompt, JsonOut *out);

#endif
