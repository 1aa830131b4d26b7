/* OpenAI chat completions, and the many servers that speak it: platform.openai.com/docs/api-reference/chat. */
#include "core/posix.h"

#include "prompts/provider.h"

#include "prompts/http.h"

#include <string.h>

static void body(const Profile *profile, const Prompt *prompt, JsonOut *out) {
	char host[256];
	provider_put_messages(prompt, out);
	json_member_bool(out, "stream", true);
	/* mlx_lm.server fails on stream_options without include_usage. */
	json_member_object(out, "stream_options");
	json_member_bool(out, "include_usage", true);
	json_close(out);
	/* OpenAI's own newer models refuse max_tokens; other servers know nothing else, and mlx_lm.server stops at 512 without. */
	bool own = http_url_host(profile->url, host, sizeof host) && strcmp(host, "api.openai.com") == 0;
	json_member_integer(out, own ? "max_completion_tokens" : "max_tokens", profile->max_tokens);
	if (profile->has_temperature) json_member_number(out, "temperature", profile->temperature);
}

static void take_stop(Reply *reply, const Json *reason) {
	Str word;
	if (!json_string(reason, &word) || word.len == 0) return;
	if (str_is(word, "stop") || str_is(word, "eos") || str_is(word, "end_turn")) {
		reply_set_stop(reply, STOP_END, word);
	} else if (str_is(word, "length") || str_is(word, "max_tokens")) {
		reply_set_stop(reply, STOP_LENGTH, word);
	} else if (str_is(word, "content_filter")) {
		reply_set_stop(reply, STOP_FILTER, word);
	} else {
		reply_set_stop(reply, STOP_OTHER, word);
	}
}

/* A string, or parts of which those of type text count. */
static void take_content(Reply *reply, const Json *content) {
	Str text;
	if (json_string(content, &text)) {
		reply_add_text(reply, text);
		return;
	}
	for (const Json *part = json_first(content); part; part = json_next(part)) {
		if (json_string(json_get(part, "text"), &text)) reply_add_text(reply, text);
	}
}

static void take_message(Reply *reply, const Json *message) {
	Str text;
	if (json_string(json_get(message, "reasoning_content"), &text) ||
	    json_string(json_get(message, "reasoning"), &text)) {
		reply_add_thinking(reply, text);
	}
	take_content(reply, json_get(message, "content"));
	if (json_string(json_get(message, "refusal"), &text)) reply_add_text(reply, text);
}

static void take_usage(Reply *reply, const Json *usage) {
	reply_set_count(&reply->tokens_in, json_get(usage, "prompt_tokens"));
	reply_set_count(&reply->tokens_out, json_get(usage, "completion_tokens"));
	reply_set_count(&reply->tokens_thinking, json_at(usage, "completion_tokens_details.reasoning_tokens"));
	reply_set_count(&reply->tokens_cached, json_at(usage, "prompt_tokens_details.cached_tokens"));
}

static const Json *first_choice(const Json *data) {
	for (const Json *it = json_first(json_get(data, "choices")); it; it = json_next(it)) {
		if (json_integer_at(it, "index", 0) == 0) return it;
	}
	return NULL;
}

static void event(Reply *reply, Str type, const Json *data) {
	(void)type;
	const Json *choice = first_choice(data), *whole = json_get(choice, "message");
	const Json *error = json_get(data, "error");
	if (!json_is_set(error)) error = json_get(choice, "error"); /* OpenRouter */
	reply_set_model(reply, json_get(data, "model"));
	take_usage(reply, json_get(data, "usage"));
	if (json_is_set(error)) {
		reply_set_error(reply, error);
		return;
	}
	if (!json_get(data, "choices") &&
	    (str_is(json_text_at(data, "object"), "error") || json_is_set(json_get(data, "detail")))) {
		reply_set_error(reply, data); /* vLLM's and FastAPI's own */
		return;
	}
	take_message(reply, json_kind(whole) == JSON_OBJECT ? whole : json_get(choice, "delta"));
	take_stop(reply, json_get(choice, "finish_reason"));
	if (json_kind(whole) == JSON_OBJECT) reply->ended = true; /* one plain answer, although a stream was asked for */
}

const Provider provider_chat = {
	.name = "openai",
	.title = "OpenAI-compatible chat completions",
	.url = "https://api.openai.com/v1",
	.root = "/v1",
	.path = "/chat/completions",
	.key_header = "Authorization",
	.key_prefix = "Bearer ",
	.body = body,
	.event = event,
};
