/* Anthropic messages: docs.anthropic.com/en/api/messages-streaming. */
#include "core/posix.h"

#include "prompts/provider.h"

static void body(const Profile *profile, const Prompt *prompt, JsonOut *out) {
	json_member_integer(out, "max_tokens", profile->max_tokens); /* required */
	json_member_str(out, "system", prompt->system);
	json_member_array(out, "messages");
	provider_put_turns(prompt, out);
	json_close(out);
	json_member_bool(out, "stream", true);
	if (profile->has_temperature) json_member_number(out, "temperature", profile->temperature);
}

static void take_stop(Reply *reply, const Json *reason) {
	Str word;
	if (!json_string(reason, &word) || word.len == 0) return;
	if (str_is(word, "end_turn") || str_is(word, "stop_sequence")) {
		reply_set_stop(reply, STOP_END, word);
	} else if (str_is(word, "max_tokens") || str_is(word, "model_context_window_exceeded")) {
		reply_set_stop(reply, STOP_LENGTH, word);
	} else {
		reply_set_stop(reply, str_is(word, "refusal") ? STOP_FILTER : STOP_OTHER, word);
	}
}

/* Counts are cumulative: each replaces the one before. What was read from and written to the cache was sent too, but isn't
 * in input_tokens. */
static void take_usage(Reply *reply, const Json *usage) {
	int64_t input = -1, read = -1, written = -1;
	reply_set_count(&input, json_get(usage, "input_tokens"));
	reply_set_count(&read, json_get(usage, "cache_read_input_tokens"));
	reply_set_count(&written, json_get(usage, "cache_creation_input_tokens"));
	if (input >= 0) reply->tokens_in = input + (read > 0 ? read : 0) + (written > 0 ? written : 0);
	if (read >= 0) reply->tokens_cached = read;
	reply_set_count(&reply->tokens_out, json_get(usage, "output_tokens"));
}

static void take_block(Reply *reply, const Json *block) {
	reply_add_text(reply, json_text_at(block, "text"));
	reply_add_thinking(reply, json_text_at(block, "thinking"));
}

static void take_message(Reply *reply, const Json *message) {
	reply_set_model(reply, json_get(message, "model"));
	take_usage(reply, json_get(message, "usage"));
	for (const Json *it = json_first(json_get(message, "content")); it; it = json_next(it)) take_block(reply, it);
	take_stop(reply, json_get(message, "stop_reason"));
}

static void event(Reply *reply, Str type, const Json *data) {
	Str named = json_text_at(data, "type");
	if (named.len > 0) type = named;
	if (str_is(type, "message_start")) {
		take_message(reply, json_get(data, "message"));
	} else if (str_is(type, "content_block_start")) {
		take_block(reply, json_get(data, "content_block"));
	} else if (str_is(type, "content_block_delta")) {
		take_block(
		    reply, json_get(data, "delta")); /* signature_delta and input_json_delta have neither text nor thinking */
	} else if (str_is(type, "message_delta")) {
		take_usage(reply, json_get(data, "usage"));
		take_stop(reply, json_at(data, "delta.stop_reason"));
	} else if (str_is(type, "message_stop")) {
		reply->ended = true;
	} else if (str_is(type, "error") || json_is_set(json_get(data, "error"))) {
		const Json *inner = json_get(data, "error");
		reply_set_error(reply, json_is_set(inner) ? inner : data);
	} else if (str_is(type, "message")) {
		take_message(reply, data); /* one plain answer, although a stream was asked for */
		reply->ended = true;
	}
}

static const char *const headers[] = { "anthropic-version: 2023-06-01", NULL };

const Provider provider_anthropic = {
	.name = "anthropic",
	.title = "Anthropic messages",
	.url = "https://api.anthropic.com/v1",
	.root = "/v1",
	.path = "/messages",
	.key_header = "x-api-key",
	.key_prefix = "",
	.headers = headers,
	.body = body,
	.event = event,
};
