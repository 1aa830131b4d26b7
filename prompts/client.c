#include "core/posix.h"

#include "prompts/client.h"

#include "prompts/provider.h"
#include "prompts/retry.h"
#include "prompts/secret.h"
#include "prompts/stream.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	MAX_RESPONSE = 64 << 20, /* bytes of one response, all framing included */
	AFTER_END_MS = 2000,     /* how long figures may still follow a finished answer */
	COMMAND_POLL_MS = 50,    /* a key command that closed its output is looked after this often */
};

struct Client {
	const Clock *clock;
	const ConfigEnv *env;
	Http *http;
	Exchange *exchanges;
	uint64_t random;
	bool opened;
};

struct Exchange {
	Client *client;
	Exchange *next;
	const Profile *profile;
	const Prompt *prompt;
	ExchangeState state;
	Secret secret;
	HttpTransfer *transfer;
	Stream stream;
	Reply reply;
	Buf address, body;
	int64_t end_ms;                       /* when totalTimeout runs out */
	int64_t sent_ms, first_ms, finish_ms; /* on the clock; -1 */
	int64_t again_ms;                     /* when the countdown ends */
	unsigned attempt;
	bool may_be_billed;
	Err message, warning;
};

static int64_t now_of(const Client *client) { return client->clock->now_ms(client->clock->user); }

/* ---- client ---- */

Client *client_new(const Clock *clock, const ConfigEnv *env) {
	Client *client = base_alloc(sizeof *client);
	client->clock = clock;
	client->env = env;
	client->http = http_new(clock);
	client->random = hash_u64(HASH_SEED ^ (uint64_t)(uintptr_t)client, (uint64_t)now_of(client));
	return client;
}

void client_free(Client *client) {
	if (!client) return;
	while (client->exchanges) exchange_free(client->exchanges);
	http_free(client->http);
	free(client);
}

bool client_has_opened(const Client *client) { return http_is_made(client->http); }

bool client_busy(const Client *client) {
	for (const Exchange *x = client->exchanges; x; x = x->next) {
		if (!exchange_state_is_final(x->state)) return true;
	}
	return false;
}

static double jitter(Client *client) {
	client->random = hash_u64(client->random, client->random);
	return (double)(client->random >> 11) / 9007199254740992.0;
}

/* ---- states ---- */

static const char *const state_names[] = {
	[EXCHANGE_KEY] = "asking for the key",
	[EXCHANGE_CONNECTING] = "connecting",
	[EXCHANGE_WAITING] = "waiting for the answer",
	[EXCHANGE_STREAMING] = "answering",
	[EXCHANGE_COUNTDOWN] = "waiting to send again",
	[EXCHANGE_DONE] = "done",
	[EXCHANGE_TRUNCATED] = "not complete",
	[EXCHANGE_FAILED] = "failed",
	[EXCHANGE_CANCELLED] = "cancelled",
};

const char *exchange_state_name(ExchangeState state) { return state_names[state]; }
bool exchange_state_is_final(ExchangeState state) { return state >= EXCHANGE_DONE; }

static void close_transfer(Exchange *x) {
	if (!x->transfer) return;
	http_drop(x->transfer);
	x->transfer = NULL;
	stream_done(&x->stream);
}

/* What a server said may hold the key that it was sent. */
static void mask_all(Exchange *x) {
	secret_mask(&x->secret, x->message.text, strlen(x->message.text));
	secret_mask(&x->secret, x->warning.text, strlen(x->warning.text));
	if (x->reply.text.ptr) secret_mask(&x->secret, x->reply.text.ptr, x->reply.text.len);
	if (x->reply.thinking.ptr) secret_mask(&x->secret, x->reply.thinking.ptr, x->reply.thinking.len);
}

static void settle(Exchange *x, ExchangeState state, bool may_be_billed) {
	reply_finish(&x->reply);
	close_transfer(x);
	mask_all(x);
	secret_wipe(&x->secret);
	x->state = state;
	x->may_be_billed = may_be_billed;
	x->finish_ms = now_of(x->client);
}

/* ---- sending ---- */

static bool on_event(void *user, const StreamEvent *event) {
	Exchange *x = user;
	bool more = reply_take(&x->reply, x->profile, event);
	bool begun = x->reply.text.len > 0 || x->reply.thinking.len > 0;
	if (begun && x->state == EXCHANGE_WAITING) {
		x->state = EXCHANGE_STREAMING;
		x->first_ms = now_of(x->client);
		http_set_quiet(x->transfer, x->profile->idle_ms, "idleTimeout");
	}
	if (x->reply.stop != STOP_NONE) http_set_quiet(x->transfer, AFTER_END_MS, "after its end");
	return more;
}

static HttpTake on_bytes(void *user, Str bytes, Err *err) {
	Exchange *x = user;
	if (x->state == EXCHANGE_CONNECTING) x->state = EXCHANGE_WAITING;
	if (x->sent_ms < 0) x->sent_ms = now_of(x->client);
	if (!stream_feed(&x->stream, bytes, err)) return HTTP_FAIL;
	return x->stream.closed ? HTTP_STOP : HTTP_MORE;
}

/* Fills lines with the headers of a request; the one with the key is in key_line, to be wiped by the caller. */
static size_t fill_headers(const Profile *profile, const char *key_line, const char **lines) {
	size_t n = 0;
	lines[n++] = "Content-Type: application/json";
	lines[n++] = profile->provider == &provider_ollama ? "Accept: application/x-ndjson" : "Accept: text/event-stream";
	for (const char *const *more = profile->provider->headers; more && *more; more++) lines[n++] = *more;
	if (key_line) lines[n++] = key_line;
	return n;
}

enum { MAX_HEADER_LINES = 8 };

static void send_request(Exchange *x) {
	const Provider *provider = x->profile->provider;
	const char *lines[MAX_HEADER_LINES];
	char key_line[SECRET_MAX + 64];
	Err err = { "" };
	snprintf(key_line, sizeof key_line, "%s: %s%s", provider->key_header, provider->key_prefix, x->secret.text);
	reply_done(&x->reply);
	reply_init(&x->reply);
	x->sent_ms = x->first_ms = -1;
	HttpRequest request = { .url = x->address.ptr,
		.headers = lines,
		.n_headers = fill_headers(x->profile, x->secret.len ? key_line : NULL, lines),
		.body = buf_view(&x->body),
		.direct = x->profile->loopback,
		.connect_ms = x->profile->connect_ms,
		.quiet_ms = x->profile->first_byte_ms,
		.quiet_name = "firstByteTimeout",
		.end_ms = x->end_ms,
		.max_bytes = MAX_RESPONSE,
		.sink = on_bytes,
		.user = x };
	x->transfer = http_start(x->client->http, &request, &err);
	secret_zero(key_line, sizeof key_line);
	x->message.text[0] = '\0';
	x->attempt++;
	if (!x->transfer) {
		x->message = err;
		settle(x, EXCHANGE_FAILED, false);
		return;
	}
	stream_init(&x->stream, STREAM_MAX_EVENT, on_event, x);
	x->state = EXCHANGE_CONNECTING;
}

static void take_key(Exchange *x, SecretState state, const Err *err) {
	if (state == SECRET_FAILED) {
		x->message = *err;
		settle(x, EXCHANGE_FAILED, false);
	} else if (state == SECRET_READY) {
		send_request(x);
	}
}

static void begin(Exchange *x) {
	Err err = { "" };
	int64_t now = now_of(x->client);
	x->state = EXCHANGE_KEY;
	x->attempt = 0;
	x->may_be_billed = false;
	x->message.text[0] = x->warning.text[0] = '\0';
	x->finish_ms = -1;
	x->end_ms = now + x->profile->total_ms;
	SecretState state = secret_start(&x->secret, x->profile, x->client->env, now, &err);
	take_key(x, state, &err);
}

Exchange *exchange_new(Client *client, const Profile *profile, const Prompt *prompt) {
	Exchange *x = base_alloc(sizeof *x);
	x->client = client;
	x->profile = profile;
	x->prompt = prompt;
	x->secret.fd = -1;
	x->next = client->exchanges;
	client->exchanges = x;
	provider_address(profile, &x->address);
	provider_body(profile, prompt, &x->body);
	reply_init(&x->reply);
	begin(x);
	return x;
}

void exchange_free(Exchange *x) {
	if (!x) return;
	Exchange **at = &x->client->exchanges;
	while (*at != x) at = &(*at)->next;
	*at = x->next;
	close_transfer(x);
	secret_wipe(&x->secret);
	reply_done(&x->reply);
	buf_done(&x->address);
	buf_done(&x->body);
	free(x);
}

void exchange_cancel(Exchange *x) {
	if (exchange_state_is_final(x->state)) return;
	bool sent = x->transfer && http_is_sent(x->transfer);
	err_set(&x->message, "cancelled");
	settle(x, EXCHANGE_CANCELLED, sent);
}

void exchange_again(Exchange *x) {
	if (x->state == EXCHANGE_COUNTDOWN) {
		send_request(x);
	} else if (exchange_state_is_final(x->state)) {
		begin(x);
	}
}

/* ---- what came of it ---- */

/* A server whose context is too small drops the beginning of the prompt and says nothing (Ollama); the count of what it
 * read gives it away. Some old versions leave out what they had cached, hence "perhaps". The estimate is at most a third
 * above the truth for code. */
static void compare_counts(Exchange *x) {
	int64_t told = x->reply.tokens_in, sent = x->prompt->tokens;
	if (told < 0 || sent < 500 || told * 2 >= sent) return;
	err_set(&x->warning,
	    "the server counts %lld tokens read of about %lld sent: perhaps its context is too small, and it dropped a part",
	    (long long)told, (long long)sent);
}

static void end_complete(Exchange *x) {
	const Reply *reply = &x->reply;
	compare_counts(x);
	switch (reply->stop) {
	case STOP_LENGTH:
		err_set(&x->message, "cut at the limit of tokens (%s; maxTokens is %lld)", reply->stop_word,
		    (long long)x->profile->max_tokens);
		break;
	case STOP_FILTER: err_set(&x->message, "stopped by the service (%s)", reply->stop_word); break;
	case STOP_OTHER: err_set(&x->message, "the model stopped for something else (%s)", reply->stop_word); break;
	case STOP_NONE:
	case STOP_END:
		if (str_trim(buf_view(&reply->text)).len + reply->held.len == 0) err_set(&x->message, "the answer is empty");
		settle(x, EXCHANGE_DONE, false);
		return;
	}
	settle(x, EXCHANGE_TRUNCATED, true);
}

/* A response with status 2xx, however it ended. */
static void end_answer(Exchange *x, HttpOutcome outcome) {
	Reply *reply = &x->reply;
	const char *error = http_error(x->transfer);
	stream_end(&x->stream);
	if (reply->failed) {
		err_set(&x->message, "%s%s%s", reply->error.text, reply->error_code[0] ? " - " : "", reply->error_code);
		settle(x, EXCHANGE_FAILED, true);
	} else if (reply->stop != STOP_NONE || reply->ended) {
		end_complete(x);
	} else if (reply->events == 0) {
		err_set(&x->message, "%s",
		    error[0] ? error : "the server answered with something that is no model's answer; is the address right?");
		settle(x, EXCHANGE_FAILED, true);
	} else if (outcome == HTTP_REFUSED || outcome == HTTP_TOO_LARGE || outcome == HTTP_SILENT) {
		err_set(&x->message, "%s", error);
		settle(x, EXCHANGE_FAILED, true);
	} else {
		err_set(&x->message, "the connection ended before the answer did%s%s", error[0] ? ": " : "", error);
		settle(x, EXCHANGE_TRUNCATED, true);
	}
}

static const char *status_words(long status) {
	static const struct {
		long status;
		const char *words;
	} table[] = { { 400, "the service finds the request wrong" }, { 401, "the key was not accepted" },
		{ 402, "payment required" }, { 403, "not allowed" }, { 404, "no such address or model" },
		{ 408, "the service gave up waiting" }, { 413, "the prompt is too large" },
		{ 422, "the service finds the request wrong" }, { 429, "too many requests" }, { 500, "error in the service" },
		{ 502, "bad gateway" }, { 503, "not available now" }, { 504, "gateway timeout" }, { 529, "overloaded" } };
	for (size_t i = 0; i < BASE_COUNT(table); i++) {
		if (table[i].status == status) return table[i].words;
	}
	return "unexpected status";
}

/* The message of a response that is no answer; code gets the service's word for it. */
static void explain_status(Exchange *x, Err *detail, char *code, size_t size) {
	long status = http_status(x->transfer);
	const char *location = http_location(x->transfer);
	if (status >= 300 && status < 400) {
		err_set(&x->message,
		    "%ld: the address redirects%s%s; requests are not redirected, so put the right one into the "
		    "configuration",
		    status, location ? " to " : "", location ? location : "");
	} else if (reply_read_error(http_body(x->transfer), detail, code, size)) {
		err_set(&x->message, "%ld %s: %s", status, status_words(status), detail->text);
	} else {
		err_set(&x->message, "%ld %s", status, status_words(status));
	}
}

static void count_down(Exchange *x, int64_t wait_ms) {
	int64_t now = now_of(x->client);
	close_transfer(x);
	x->again_ms = now + wait_ms;
	x->state = EXCHANGE_COUNTDOWN;
	mask_all(x);
}

static void end_refused(Exchange *x, HttpOutcome outcome) {
	RetryCase failed = { .outcome = outcome,
		.status = http_status(x->transfer),
		.retry_after_ms = http_retry_after(x->transfer),
		.attempt = x->attempt,
		.jitter = jitter(x->client) };
	char code[64] = "";
	Err detail = { "" };
	const char *why;
	int64_t wait_ms;
	if (failed.status > 0) {
		explain_status(x, &detail, code, sizeof code);
	} else {
		err_set(&x->message, "%s", http_error(x->transfer));
	}
	failed.code = code;
	failed.message = detail.text;
	RetryVerdict verdict = retry_judge(&failed, &wait_ms, &why);
	if (verdict == RETRY_WAIT && now_of(x->client) + wait_ms >= x->end_ms) {
		verdict = RETRY_NEVER;
		why = "totalTimeout would run out before the next attempt";
	}
	if (verdict == RETRY_WAIT) {
		count_down(x, wait_ms);
		return;
	}
	if (why[0]) {
		Err message = x->message;
		err_set(&x->message, "%s (%s)", message.text, why);
	}
	settle(x, EXCHANGE_FAILED, verdict == RETRY_BY_HAND);
}

static void step_transfer(Exchange *x) {
	HttpOutcome outcome = http_outcome(x->transfer);
	long status = http_status(x->transfer);
	if (x->sent_ms < 0 && http_is_sent(x->transfer)) {
		x->sent_ms = now_of(x->client);
		if (x->state == EXCHANGE_CONNECTING) x->state = EXCHANGE_WAITING;
	}
	if (outcome == HTTP_RUNNING) return;
	if (status >= 200 && status < 300) {
		end_answer(x, outcome);
	} else {
		end_refused(x, outcome);
	}
}

static void step_exchange(Exchange *x) {
	int64_t now = now_of(x->client);
	Err err = { "" };
	if (x->state == EXCHANGE_KEY) {
		SecretState state = secret_step(&x->secret, now, &err);
		take_key(x, state, &err);
	} else if (x->state == EXCHANGE_COUNTDOWN) {
		if (now >= x->again_ms) send_request(x);
	} else if (x->transfer) {
		step_transfer(x);
	}
}

void client_step(Client *client) {
	http_step(client->http);
	for (Exchange *x = client->exchanges; x; x = x->next) step_exchange(x);
}

/* Milliseconds until an exchange wants to be stepped although no descriptor says so. */
static int64_t due_in(const Exchange *x, int64_t now) {
	if (x->state == EXCHANGE_COUNTDOWN) return x->again_ms > now ? x->again_ms - now : 0;
	if (x->state != EXCHANGE_KEY) return INT64_MAX;
	int64_t left = x->secret.deadline - now;
	if (x->secret.fd < 0 && left > COMMAND_POLL_MS) return COMMAND_POLL_MS;
	return left > 0 ? left : 0;
}

int client_wait(Client *client, struct pollfd *fds, size_t n, int timeout_ms) {
	int64_t now = now_of(client), wait = timeout_ms < 0 ? INT64_MAX : timeout_ms;
	size_t total = n;
	for (const Exchange *x = client->exchanges; x; x = x->next) {
		int64_t due = due_in(x, now);
		if (due < wait) wait = due;
		total += x->state == EXCHANGE_KEY && x->secret.fd >= 0;
	}
	int timeout = wait == INT64_MAX ? -1 : wait > 3600000 ? 3600000 : (int)wait;
	if (total == n) return http_wait(client->http, fds, n, timeout);
	struct pollfd *all = base_alloc(total * sizeof *all);
	if (n) memcpy(all, fds, n * sizeof *all);
	size_t at = n;
	for (const Exchange *x = client->exchanges; x; x = x->next) {
		if (x->state == EXCHANGE_KEY && x->secret.fd >= 0) all[at++] = (struct pollfd) { x->secret.fd, POLLIN, 0 };
	}
	int got = http_wait(client->http, all, total, timeout);
	if (n) memcpy(fds, all, n * sizeof *all);
	for (size_t i = n; i < total && got > 0; i++) got -= all[i].revents != 0;
	free(all);
	return got;
}

bool client_wait_plugged(void *client, struct pollfd *fds, size_t n, int timeout_ms, Err *err) {
	if (client_wait(client, fds, n, timeout_ms) >= 0) return true;
	for (size_t i = 0; i < n; i++) fds[i].revents = 0;
	return errno == EINTR || err_set(err, "cannot wait for the model: %s", strerror(errno));
}

/* ---- looking at it ---- */

ExchangeState exchange_state(const Exchange *x) { return x->state; }
Str exchange_text(const Exchange *x) { return buf_view(&x->reply.text); }
Str exchange_thinking(const Exchange *x) { return buf_view(&x->reply.thinking); }
const char *exchange_message(const Exchange *x) { return x->message.text; }
const char *exchange_warning(const Exchange *x) { return x->warning.text; }
bool exchange_may_be_billed(const Exchange *x) { return x->may_be_billed; }
unsigned exchange_attempt(const Exchange *x) { return x->attempt; }
const char *exchange_stop(const Exchange *x) { return x->reply.stop_word; }
const char *exchange_model(const Exchange *x) { return x->reply.model; }

int64_t exchange_countdown_ms(const Exchange *x) {
	if (x->state != EXCHANGE_COUNTDOWN) return 0;
	int64_t left = x->again_ms - now_of(x->client);
	return left > 0 ? left : 0;
}

Usage exchange_usage(const Exchange *x) {
	return (Usage) { x->reply.tokens_in, x->reply.tokens_out, x->reply.tokens_thinking, x->reply.tokens_cached };
}

int64_t exchange_first_ms(const Exchange *x) {
	return x->sent_ms < 0 || x->first_ms < 0 ? -1 : x->first_ms - x->sent_ms;
}
int64_t exchange_total_ms(const Exchange *x) {
	return x->sent_ms < 0 || x->finish_ms < 0 ? -1 : x->finish_ms - x->sent_ms;
}

void exchange_preview(const Profile *profile, const ConfigEnv *env, const Prompt *prompt, Buf *out) {
	const char *lines[MAX_HEADER_LINES];
	const char *variable = profile->from_env ? env->get(env->user, "TRIPTYCH_API_KEY") : NULL;
	bool key = profile->key_env || profile->key_command || (variable && *variable);
	size_t n = fill_headers(profile, NULL, lines);
	buf_puts(out, "POST ");
	provider_address(profile, out);
	buf_putc(out, '\n');
	for (size_t i = 0; i < n; i++) buf_printf(out, "%s\n", lines[i]);
	if (key) buf_printf(out, "%s: (the key)\n", profile->provider->key_header);
	buf_putc(out, '\n');
	provider_body(profile, prompt, out);
	buf_putc(out, '\n');
}
