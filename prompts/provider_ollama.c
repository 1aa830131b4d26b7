/* Ollama's own /api/chat, one JSON value a line: github.com/ollama/ollama/blob/main/docs/api.md. */
#include "core/posix.h"

#include "prompts/provider.h"

/* The default context is small, and what doesn't fit is dropped without a word; a size that changes with every question
 * would make Ollama load the model anew each time. So it is the smallest of a few sizes that holds prompt and answer. */
static int64_t context_for(const Profile *profile, const Prompt *prompt) {
	int64_t need = prompt->tokens + prompt->tokens / 4 + profile->max_tokens, size = 4096;
	while (size < need) size *= 2;
	return size;
}

static void body(const Profile *profile, const Prompt *prompt, JsonOut *out) {
	provider_put_messages(prompt, out);
	json_member_bool(out, "stream", true);
	json_member_object(out, "options");
	json_member_integer(out, "num_ctx", context_for(profile, prompt));
	json_member_integer(out, "num_predict", profile->max_tokens);
	if (profile->has_temperature) json_member_number(out, "temperature", profile->temperature);
	json_close(out);
}

static void take_end(Reply *reply, const Json *data) {
	Str word = json_text_at(data, "done_reason");
	reply_set_count(&reply->tokens_in, json_get(data, "prompt_eval_count"));
	reply_set_count(&reply->tokens_out, json_get(data, "eval_count"));
	bool end = word.len == 0 || str_is(word, "stop"); /* old versions give no reason */
	reply_set_stop(reply, end ? STOP_END : str_is(word, "length") ? STOP_LENGTH : STOP_OTHER, word);
	reply->ended = true;
}

static void event(Reply *reply, Str type, const Json *data) {
	(void)type;
	if (json_is_set(json_get(data, "error"))) {
		reply_set_error(reply, json_get(data, "error"));
		return;
	}
	reply_set_model(reply, json_get(data, "model"));
	reply_add_thinking(reply, json_text_at(data, "message.thinking"));
	reply_add_text(reply, json_text_at(data, "message.content"));
	if (json_bool_at(data, "done", false)) take_end(reply, data);
}

const Provider provider_ollama = {
	.name = "ollama",
	.title = "Ollama",
	.url = "http://127.0.0.1:11434",
	.root = "/api",
	.path = "/chat",
	.key_header = "Authorization",
	.key_prefix = "Bearer ",
	.body = body,
	.event = event,
};
