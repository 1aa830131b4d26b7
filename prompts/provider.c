#include "core/posix.h"

#include "prompts/provider.h"

#include "prompts/http.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const Provider *const providers[] = { &provider_chat, &provider_responses, &provider_anthropic,
	&provider_ollama };

const Provider *provider_at(size_t i) { return i < BASE_COUNT(providers) ? providers[i] : NULL; }

const Provider *provider_named(Str name) {
	for (size_t i = 0; i < BASE_COUNT(providers); i++) {
		if (str_is(name, providers[i]->name)) return providers[i];
	}
	return NULL;
}

/* ---- requests ---- */

void provider_address(const Profile *profile, Buf *out) {
	const Provider *provider = profile->provider;
	Str url = str_of(profile->url);
	buf_str(out, url);
	if (str_ends(url, provider->path)) return; /* the whole address was configured */
	if (http_url_is_bare(profile->url)) buf_puts(out, provider->root);
	buf_puts(out, provider->path);
}

void provider_body(const Profile *profile, const Prompt *prompt, Buf *out) {
	JsonOut json = json_out(out, JSON_COMPACT);
	json_open_object(&json);
	json_member_text(&json, "model", profile->model);
	profile->provider->body(profile, prompt, &json);
	json_close(&json);
}

void provider_put_turns(const Prompt *prompt, JsonOut *out) {
	for (size_t i = 0; i < prompt->n_turns; i++) {
		json_open_object(out);
		json_member_text(out, "role", prompt->turns[i].role == PROMPT_USER ? "user" : "assistant");
		json_member_str(out, "content", prompt->turns[i].text);
		json_close(out);
	}
}

void provider_put_messages(const Prompt *prompt, JsonOut *out) {
	json_member_array(out, "messages");
	json_open_object(out);
	json_member_text(out, "role", "system");
	json_member_str(out, "content", prompt->system);
	json_close(out);
	provider_put_turns(prompt, out);
	json_close(out);
}

/* ---- the answer ---- */

void reply_init(Reply *reply) {
	*reply = (Reply) { .tokens_in = -1, .tokens_out = -1, .tokens_thinking = -1, .tokens_cached = -1 };
	reply->text.max = reply->thinking.max = REPLY_MAX_TEXT;
}

void reply_done(Reply *reply) {
	buf_done(&reply->text);
	buf_done(&reply->thinking);
	buf_done(&reply->held);
}

/* Models that think in the text begin it with a tag; servers that don't know the model pass it on. The tags may come in
 * pieces, so what may still become one is held back. */
enum { THINK_START, THINK_INSIDE, THINK_OVER };
#define TAG_OPEN "<think>"
#define TAG_CLOSE "</think>"

/* How many bytes at the end of text could be the beginning of the tag. */
static size_t tag_tail(Str text, const char *tag) {
	size_t n = strlen(tag) - 1;
	for (n = n < text.len ? n : text.len; n > 0; n--) {
		if (memcmp(text.ptr + text.len - n, tag, n) == 0) return n;
	}
	return 0;
}

static void drop_front(Buf *buf, size_t n) {
	memmove(buf->ptr, buf->ptr + n, buf->len - n + 1);
	buf->len -= n;
}

static void settle_start(Reply *reply) {
	Str held = buf_view(&reply->held);
	Str trimmed = str_trim(held);
	size_t lead = trimmed.len > 0 ? (size_t)(trimmed.ptr - held.ptr) : held.len;
	Str rest = str_sub(held, lead, held.len);
	if (str_starts(rest, TAG_OPEN)) {
		drop_front(&reply->held, lead + strlen(TAG_OPEN));
		reply->think_state = THINK_INSIDE;
	} else if (rest.len > 0 && tag_tail(rest, TAG_OPEN) < rest.len) {
		reply->think_state = THINK_OVER;
		buf_str(&reply->text, held);
		buf_clear(&reply->held);
	}
}

static void settle_inside(Reply *reply) {
	Str held = buf_view(&reply->held);
	size_t close = str_find(held, TAG_CLOSE, 0);
	if (close == SIZE_MAX) {
		size_t safe = held.len - tag_tail(held, TAG_CLOSE);
		buf_str(&reply->thinking, str_sub(held, 0, safe));
		if (safe > 0) drop_front(&reply->held, safe);
		return;
	}
	buf_str(&reply->thinking, str_sub(held, 0, close));
	size_t from = close + strlen(TAG_CLOSE);
	while (from < held.len && (held.ptr[from] == '\n' || held.ptr[from] == ' ')) from++;
	buf_str(&reply->text, str_sub(held, from, held.len));
	buf_clear(&reply->held);
	reply->think_state = THINK_OVER;
}

void reply_add_text(Reply *reply, Str text) {
	if (reply->think_state == THINK_OVER) {
		buf_str(&reply->text, text);
		return;
	}
	buf_str(&reply->held, text);
	if (reply->think_state == THINK_START) settle_start(reply);
	if (reply->think_state == THINK_INSIDE && reply->held.len > 0) settle_inside(reply);
}

/* Where the chat template opened the tag itself, the text has only the closing one, on a line of its own. */
static void split_unopened(Reply *reply) {
	Str text = buf_view(&reply->text);
	size_t close = str_find(text, "\n" TAG_CLOSE "\n", 0);
	if (close == SIZE_MAX || str_find(text, TAG_OPEN, 0) < close || reply->thinking.len > 0) return;
	buf_str(&reply->thinking, str_sub(text, 0, close));
	size_t from = close + strlen("\n" TAG_CLOSE "\n");
	while (from < text.len && text.ptr[from] == '\n') from++;
	drop_front(&reply->text, from);
}

void reply_finish(Reply *reply) {
	if (reply->held.len > 0)
		buf_str(reply->think_state == THINK_INSIDE ? &reply->thinking : &reply->text, buf_view(&reply->held));
	buf_clear(&reply->held);
	reply->think_state = THINK_OVER;
	split_unopened(reply);
	/* Routers that don't count send zeros, which can't be true: something was asked, and something said. */
	if (reply->tokens_in == 0) reply->tokens_in = -1;
	if (reply->tokens_out == 0 && reply->text.len > 0) reply->tokens_out = -1;
}

void reply_add_thinking(Reply *reply, Str text) { buf_str(&reply->thinking, text); }

void reply_set_stop(Reply *reply, ReplyStop stop, Str word) {
	reply->stop = stop;
	snprintf(reply->stop_word, sizeof reply->stop_word, "%.*s", STR_ARG(word));
}

void reply_set_count(int64_t *count, const Json *value) {
	int64_t n;
	if (json_integer(value, &n) && n >= 0) *count = n;
}

void reply_set_model(Reply *reply, const Json *value) {
	Str name;
	if (json_string(value, &name) && name.len > 0) {
		snprintf(reply->model, sizeof reply->model, "%.*s", STR_ARG(name));
	}
}

/* ---- errors ---- */

static void put_code(const Json *error, char *code, size_t size) {
	static const char *const names[] = { "code", "type", "status" };
	int64_t number;
	for (size_t i = 0; i < BASE_COUNT(names); i++) {
		const Json *value = json_get(error, names[i]);
		Str word;
		if (json_string(value, &word) && word.len > 0) {
			snprintf(code, size, "%.*s", STR_ARG(word));
			return;
		}
		if (json_integer(value, &number) && i > 0) snprintf(code, size, "%lld", (long long)number);
	}
}

/* The message in an error of any shape; NULL-tolerant. */
static bool error_text(const Json *error, Str *text) {
	if (json_string(error, text)) return text->len > 0;
	static const char *const names[] = { "message", "error", "detail", "msg", "reason", "code", "type" };
	for (size_t i = 0; i < BASE_COUNT(names); i++) {
		const Json *value = json_get(error, names[i]);
		if (json_is_set(value) && error_text(value, text)) return true;
	}
	return json_kind(error) == JSON_ARRAY && json_first(error) && error_text(json_first(error), text);
}

void reply_set_error(Reply *reply, const Json *error) {
	Str text;
	reply->failed = true;
	put_code(error, reply->error_code, sizeof reply->error_code);
	if (error_text(error, &text)) {
		err_set(&reply->error, "%.*s", STR_ARG(text));
	} else {
		err_set(&reply->error, "the service reported an error without saying which");
	}
}

bool reply_read_error(Str body, Err *err, char *code, size_t code_size) {
	enum { BARE_TEXT = 300 };
	Json *doc = json_parse(body, NULL);
	Str text = STR_NONE;
	if (doc) {
		const Json *top = json_kind(doc) == JSON_ARRAY ? json_first(doc) : doc;
		put_code(json_kind(json_get(top, "error")) == JSON_OBJECT ? json_get(top, "error") : top, code, code_size);
		if (error_text(top, &text)) err_set(err, "%.*s", STR_ARG(text));
		json_free(doc);
		return text.len > 0;
	}
	text = str_trim(body);
	if (text.len == 0 || text.ptr[0] == '<') return false; /* a page for a browser helps nobody here */
	err_set(err, "%.*s", STR_ARG(str_sub(text, 0, BARE_TEXT)));
	return true;
}

/* ---- events ---- */

static void take_unparsed(Reply *reply, const StreamEvent *event, const Err *why) {
	if (event->cut) return; /* the end of a cut stream: said by the missing end */
	reply->failed = true;
	if (str_is(event->type, "error")) {
		err_set(&reply->error, "%.*s", STR_ARG(event->data));
	} else {
		err_set(&reply->error, "the server sent an event that is %s", why->text);
	}
}

bool reply_take(Reply *reply, const Profile *profile, const StreamEvent *event) {
	Err why = { "" };
	Str data = str_trim(event->data);
	if (str_is(data, "[DONE]")) {
		reply->ended = true;
		return false;
	}
	reply->events++;
	Json *doc = json_parse(data, &why);
	if (!doc) {
		take_unparsed(reply, event, &why);
	} else {
		const Json *top = json_kind(doc) == JSON_ARRAY ? json_first(doc) : doc;
		if (str_is(event->type, "error") && !json_is_set(json_get(top, "error"))) {
			reply_set_error(reply, top);
		} else {
			profile->provider->event(reply, event->type, top);
		}
		json_free(doc);
	}
	if (!reply->failed && (reply->text.too_big || reply->thinking.too_big || reply->held.too_big)) {
		reply->failed = true;
		err_set(&reply->error, "the answer is larger than %d bytes", REPLY_MAX_TEXT);
	}
	return !reply->ended && !reply->failed;
}
