/* OpenAI responses: platform.openai.com/docs/api-reference/responses-streaming. Events are typed, and there is no [DONE]. */
#include "core/posix.h"

#include "prompts/provider.h"

static void body(const Profile *profile, const Prompt *prompt, JsonOut *out) {
	json_member_str(out, "instructions", prompt->system);
	json_member_array(out, "input");
	provider_put_turns(prompt, out);
	json_close(out);
	json_member_bool(out, "stream", true);
	json_member_bool(out, "store", false); /* the service would keep source code for 30 days */
	json_member_integer(out, "max_output_tokens", profile->max_tokens);
	if (profile->has_temperature) json_member_number(out, "temperature", profile->temperature);
}

static void take_usage(Reply *reply, const Json *usage) {
	reply_set_count(&reply->tokens_in, json_get(usage, "input_tokens"));
	reply_set_count(&reply->tokens_out, json_get(usage, "output_tokens"));
	reply_set_count(&reply->tokens_thinking, json_at(usage, "output_tokens_details.reasoning_tokens"));
	reply_set_count(&reply->tokens_cached, json_at(usage, "input_tokens_details.cached_tokens"));
}

/* The text of a finished response, for servers that send no deltas. */
static void take_output(Reply *reply, const Json *response) {
	if (reply->text.len > 0 || reply->held.len > 0) return;
	for (const Json *item = json_first(json_get(response, "output")); item; item = json_next(item)) {
		if (!str_is(json_text_at(item, "type"), "message")) continue;
		for (const Json *part = json_first(json_get(item, "content")); part; part = json_next(part)) {
			reply_add_text(reply, json_text_at(part, "text"));
			reply_add_text(reply, json_text_at(part, "refusal"));
		}
	}
}

static void take_end(Reply *reply, const Json *response) {
	Str status = json_text_at(response, "status"), reason = json_text_at(response, "incomplete_details.reason");
	reply_set_model(reply, json_get(response, "model"));
	take_usage(reply, json_get(response, "usage"));
	take_output(reply, response);
	if (json_is_set(json_get(response, "error"))) {
		reply_set_error(reply, json_get(response, "error"));
	} else if (str_is(status, "completed")) {
		reply_set_stop(reply, STOP_END, status);
	} else if (str_is(status, "incomplete")) {
		bool length = str_is(reason, "max_output_tokens"), filter = str_is(reason, "content_filter");
		reply_set_stop(reply, length ? STOP_LENGTH : filter ? STOP_FILTER : STOP_OTHER, reason.len ? reason : status);
	} else {
		reply_set_error(reply, response);
	}
	reply->ended = true;
}

static void event(Reply *reply, Str type, const Json *data) {
	Str named = json_text_at(data, "type");
	if (named.len > 0) type = named;
	if (str_is(type, "response.output_text.delta") || str_is(type, "response.refusal.delta")) {
		reply_add_text(reply, json_text_at(data, "delta"));
	} else if (str_is(type, "response.reasoning_summary_text.delta") || str_is(type, "response.reasoning_text.delta")) {
		reply_add_thinking(reply, json_text_at(data, "delta"));
	} else if (str_is(type, "response.completed") || str_is(type, "response.incomplete") ||
	           str_is(type, "response.failed") || str_is(type, "response.cancelled")) {
		take_end(reply, json_get(data, "response"));
	} else if (str_is(type, "error") || json_is_set(json_get(data, "error"))) {
		const Json *inner = json_get(data, "error");
		reply_set_error(reply, json_is_set(inner) ? inner : data);
	} else if (str_is(json_text_at(data, "object"), "response")) {
		take_end(reply, data); /* one plain answer, although a stream was asked for */
	}
}

const Provider provider_responses = {
	.name = "openai-responses",
	.title = "OpenAI responses",
	.url = "https://api.openai.com/v1",
	.root = "/v1",
	.path = "/responses",
	.key_header = "Authorization",
	.key_prefix = "Bearer ",
	.body = body,
	.event = event,
};
