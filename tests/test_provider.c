/* prompts/provider: streams as each service sends them, in fixtures/streams, whole and in pieces; requests as each wants them. */
#include "core/posix.h"

#include "core/json.h"
#include "prompts/provider.h"
#include "prompts/stream.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

enum { UNKNOWN = -1 };

typedef struct StreamCase {
	const char *file;
	const Provider *provider;
	const char *text, *thinking;
	ReplyStop stop;
	bool ended;
	const char *error; /* a part of it; NULL: none */
	int tokens_in, tokens_out;
} StreamCase;

static const StreamCase chat_cases[] = {
	{ "openai-plain.sse", &provider_chat, "It is exact — no, nearly.", "", STOP_END, true, NULL, 812, 9 },
	{ "openrouter-reasoning.sse", &provider_chat, "Yes.", "Let me see.", STOP_END, true, NULL, 10, 5 },
	{ "azure-odd-choices.sse", &provider_chat, "right", "", STOP_LENGTH, true, NULL, UNKNOWN, UNKNOWN },
	{ "mistral-parts.sse", &provider_chat, "parts", "", STOP_END, true, NULL, UNKNOWN, UNKNOWN },
	{ "openai-filter.sse", &provider_chat, "half", "", STOP_FILTER, true, NULL, UNKNOWN, UNKNOWN },
	{ "openai-tool.sse", &provider_chat, "", "", STOP_OTHER, true, NULL, UNKNOWN, UNKNOWN },
	{ "split-surrogates.sse", &provider_chat, "a\xEF\xBF\xBD\x62", "", STOP_END, true, NULL, UNKNOWN, UNKNOWN },
	{ "done-with-space.sse", &provider_chat, "a", "", STOP_END, true, NULL, UNKNOWN, UNKNOWN },
	{ "after-done.sse", &provider_chat, "a", "", STOP_END, true, NULL, UNKNOWN, UNKNOWN },
};
static const StreamCase done_optional_cases[] = {
	{ "llamacpp-reasoning-nodone.sse", &provider_chat, "Nein: ä€😀", "hm", STOP_END, false, NULL, 20, 3 },
};
static const StreamCase keepalive_cases[] = {
	{ "mlxlm-keepalive.sse", &provider_chat, "ok", "", STOP_END, true, NULL, 812, 1 },
};
static const StreamCase think_cases[] = {
	{ "think-tags.sse", &provider_chat, "The answer < 3", "\nsome thought", STOP_END, true, NULL, UNKNOWN, UNKNOWN },
	{ "think-unopened.sse", &provider_chat, "The answer.", "Okay, so\nthought", STOP_END, true, NULL, UNKNOWN,
	    UNKNOWN },
	{ "think-in-text.sse", &provider_chat, "Use `<think>` tags, and `</think>`.", "", STOP_END, true, NULL, UNKNOWN,
	    UNKNOWN },
};
static const StreamCase error_cases[] = {
	{ "chat-error-object.sse", &provider_chat, "half", "", STOP_NONE, false, "The server had an error", -1, -1 },
	{ "chat-error-string.sse", &provider_chat, "", "", STOP_NONE, false, "model is overloaded", -1, -1 },
	{ "openrouter-error-choice.sse", &provider_chat, "half", "", STOP_NONE, false, "Provider disconnected", -1, -1 },
	{ "llamacpp-error-field.sse", &provider_chat, "half", "", STOP_NONE, false, "context shift is disabled", -1, -1 },
	{ "lemonade-unframed.sse", &provider_chat, "half", "", STOP_NONE, false, "backend crashed", -1, -1 },
	{ "vllm-error.sse", &provider_chat, "", "", STOP_NONE, false, "max model length is 4096", -1, -1 },
	{ "fastapi-detail.json", &provider_chat, "", "", STOP_NONE, false, "field required", -1, -1 },
	{ "google-array.json", &provider_chat, "", "", STOP_NONE, false, "The model is overloaded.", -1, -1 },
	{ "broken-json.sse", &provider_chat, "a", "", STOP_NONE, false, "not JSON", -1, -1 },
};
static const StreamCase plain_cases[] = {
	{ "plain-json.json", &provider_chat, "whole answer", "", STOP_END, true, NULL, 5, 2 },
	{ "responses-plain.json", &provider_responses, "plain", "", STOP_END, true, NULL, 3, 1 },
	{ "anthropic-plain.json", &provider_anthropic, "plain", "", STOP_END, true, NULL, 3, 1 },
};
static const StreamCase cut_cases[] = {
	{ "cut-midway.sse", &provider_chat, "half of it", "", STOP_NONE, false, NULL, -1, -1 },
	{ "cut-between.sse", &provider_chat, "half", "", STOP_NONE, false, NULL, -1, -1 },
	{ "responses-cut.sse", &provider_responses, "half", "", STOP_NONE, false, NULL, -1, -1 },
	{ "anthropic-cut.sse", &provider_anthropic, "half", "", STOP_NONE, false, NULL, 420, 1 },
	{ "ollama-cut.ndjson", &provider_ollama, "half", "", STOP_NONE, false, NULL, -1, -1 },
};
static const StreamCase responses_cases[] = {
	{ "responses-plain.sse", &provider_responses, "Two words", "thinking", STOP_END, true, NULL, 100, 12 },
	{ "responses-incomplete.sse", &provider_responses, "half", "", STOP_LENGTH, true, NULL, 1, 2 },
	{ "responses-failed.sse", &provider_responses, "half", "", STOP_NONE, true, "failed to generate", -1, -1 },
	{ "responses-error.sse", &provider_responses, "", "", STOP_NONE, false, "Rate limit reached", -1, -1 },
	{ "responses-error-nested.sse", &provider_responses, "", "", STOP_NONE, false, "Too long", -1, -1 },
	{ "responses-nodelta.sse", &provider_responses, "at once", "", STOP_END, true, NULL, -1, -1 },
};
static const StreamCase anthropic_cases[] = {
	{ "anthropic-plain.sse", &provider_anthropic, "Hello there", "", STOP_END, true, NULL, 420, 15 },
	{ "anthropic-thinking.sse", &provider_anthropic, "Answer", "Let me", STOP_END, true, NULL, 325, 40 },
	{ "anthropic-zero-usage.sse", &provider_anthropic, "Hello there", "", STOP_END, true, NULL, UNKNOWN, UNKNOWN },
	{ "anthropic-error.sse", &provider_anthropic, "half", "", STOP_NONE, false, "Overloaded", 420, 1 },
	{ "anthropic-length.sse", &provider_anthropic, "half", "", STOP_LENGTH, true, NULL, 420, 64 },
	{ "anthropic-refusal.sse", &provider_anthropic, "", "", STOP_FILTER, true, NULL, 420, 2 },
};
static const StreamCase ollama_cases[] = {
	{ "ollama-plain.ndjson", &provider_ollama, "one two", "hm", STOP_END, true, NULL, 55, 3 },
	{ "ollama-length.ndjson", &provider_ollama, "half", "", STOP_LENGTH, true, NULL, -1, 2 },
	{ "ollama-error.ndjson", &provider_ollama, "half", "", STOP_NONE, false, "CUDA error", -1, -1 },
};

typedef struct Reader {
	Profile profile;
	Reply reply;
} Reader;

static bool on_event(void *user, const StreamEvent *event) {
	Reader *reader = user;
	return reply_take(&reader->reply, &reader->profile, event);
}

static void same(const StreamCase *c, size_t piece, const char *what, Str got, const char *want) {
	if (!str_is(got, want))
		fail_msg("%s in pieces of %zu: %s '%.*s', not '%s'", c->file, piece, what, STR_ARG(got), want);
}

static void check_reply(const StreamCase *c, size_t piece, const Reply *reply) {
	same(c, piece, "text", buf_view(&reply->text), c->text);
	same(c, piece, "thinking", buf_view(&reply->thinking), c->thinking);
	if (reply->stop != c->stop || reply->ended != c->ended || reply->failed != (c->error != NULL)) {
		fail_msg("%s in pieces of %zu: stop %d ended %d failed %d (%s)", c->file, piece, (int)reply->stop, reply->ended,
		    reply->failed, reply->error.text);
	}
	if (c->error && !strstr(reply->error.text, c->error)) fail_msg("%s: '%s'", c->file, reply->error.text);
	if (reply->tokens_in != c->tokens_in || reply->tokens_out != c->tokens_out) {
		fail_msg("%s: tokens %d and %d", c->file, (int)reply->tokens_in, (int)reply->tokens_out);
	}
}

static void run(const StreamCase *cases, size_t n) {
	for (size_t i = 0; i < n; i++) {
		const StreamCase *c = &cases[i];
		char path[256], *text;
		size_t len;
		Err err;
		snprintf(path, sizeof path, "tests/fixtures/streams/%s", c->file);
		if (!base_file_read(path, 1 << 20, &text, &len, &err)) fail_msg("%s", err.text);
		for (size_t piece = 0; piece < 12; piece++) {
			Reader reader = { .profile = { .provider = c->provider } };
			Stream stream;
			reply_init(&reader.reply);
			stream_init(&stream, STREAM_MAX_EVENT, on_event, &reader);
			for (size_t at = 0, step = piece ? piece : len; at < len; at += step) {
				assert_true(stream_feed(&stream, str_sub((Str) { text, len }, at, at + step), NULL));
			}
			stream_end(&stream);
			reply_finish(&reader.reply);
			check_reply(c, piece, &reader.reply);
			reply_done(&reader.reply);
			stream_done(&stream);
		}
		free(text);
	}
}

#define RUN(name, cases)                                                                                               \
	static void name(void **state) {                                                                                   \
		(void)state;                                                                                                   \
		run(cases, BASE_COUNT(cases));                                                                                 \
	}
RUN(chat_role_only_null_content_odd_choices_and_usage_only_chunks, chat_cases)
RUN(chat_done_marker_is_optional, done_optional_cases)
RUN(mlx_lm_keepalives_pass, keepalive_cases)
RUN(thinking_is_kept_apart_in_every_form, think_cases)
RUN(errors_at_status_200_in_every_form, error_cases)
RUN(plain_json_although_a_stream_was_asked_for, plain_cases)
RUN(end_without_finish_is_never_an_end, cut_cases)
RUN(responses_typed_events_and_their_terminal_ones, responses_cases)
RUN(anthropic_ping_thinking_signature_unknown_types_and_cumulative_usage, anthropic_cases)
RUN(ollama_ndjson_and_its_error_line, ollama_cases)

/* Whatever bytes come, nothing crashes and nothing but a terminal event ends well: each fixture cut at every byte, and with
 * single bytes changed. */
static void damaged_streams_never_end_well_by_accident(void **state) {
	(void)state;
	static const StreamCase *const cases[] = { &chat_cases[0], &responses_cases[0], &anthropic_cases[1],
		&ollama_cases[0] };
	for (size_t i = 0; i < BASE_COUNT(cases); i++) {
		char path[256], *text;
		size_t len;
		snprintf(path, sizeof path, "tests/fixtures/streams/%s", cases[i]->file);
		assert_true(base_file_read(path, 1 << 20, &text, &len, NULL));
		for (size_t at = 0; at < 2 * len; at++) {
			Reader reader = { .profile = { .provider = cases[i]->provider } };
			Stream stream;
			char old = text[at / 2];
			if (at % 2) text[at / 2] = (char)(old ^ (1 << (at % 7)));
			reply_init(&reader.reply);
			stream_init(&stream, STREAM_MAX_EVENT, on_event, &reader);
			stream_feed(&stream, (Str) { text, at % 2 ? len : at / 2 }, NULL);
			stream_end(&stream);
			reply_finish(&reader.reply);
			if (at % 2 == 0 && reader.reply.stop != STOP_NONE)
				assert_true(str_is(buf_view(&reader.reply.text), cases[i]->text));
			reply_done(&reader.reply);
			stream_done(&stream);
			text[at / 2] = old;
		}
		free(text);
	}
}

/* ---- requests ---- */

static Prompt sample_prompt(void) {
	static const PromptTurn turns[] = { { PROMPT_USER, { "Q \"1\"\n\x1b[2J", 10 } }, { PROMPT_ASSISTANT, { "A", 1 } },
		{ PROMPT_USER, { "Q2", 2 } } };
	return (Prompt) { .system = STR("S"), .turns = turns, .n_turns = 3, .tokens = 6000 };
}

static Json *request(const char *provider, const char *url) {
	char address[64];
	snprintf(address, sizeof address, "%s", url);
	Profile profile = {
		.provider = provider_named(str_of(provider)), .url = address, .model = (char *)"m", .max_tokens = 77
	};
	Prompt prompt = sample_prompt();
	Buf body = { 0 };
	provider_body(&profile, &prompt, &body);
	Json *doc = json_parse(buf_view(&body), NULL);
	assert_non_null(doc);
	buf_done(&body);
	assert_true(str_is(json_text_at(doc, "model"), "m"));
	assert_true(json_bool_at(doc, "stream", false));
	assert_int_equal(json_kind(json_get(doc, "temperature")), JSON_MISSING);
	return doc;
}

static void chat_requests_always_limit_tokens_and_ask_for_usage(void **state) {
	(void)state;
	Json *doc = request("openai", "http://127.0.0.1:8080/v1");
	assert_true(str_is(json_text_at(doc, "messages[0].role"), "system"));
	assert_true(str_is(json_text_at(doc, "messages[1].content"), "Q \"1\"\n\x1b[2J"));
	assert_true(str_is(json_text_at(doc, "messages[2].role"), "assistant"));
	assert_int_equal(json_count(json_get(doc, "messages")), 4);
	assert_int_equal(json_integer_at(doc, "max_tokens", 0), 77);
	assert_true(json_bool_at(doc, "stream_options.include_usage", false));
	json_free(doc);
	doc = request("openai", "https://api.openai.com/v1");
	assert_int_equal(json_integer_at(doc, "max_completion_tokens", 0), 77);
	assert_int_equal(json_kind(json_get(doc, "max_tokens")), JSON_MISSING);
	json_free(doc);
}

static void anthropic_requests_hold_max_tokens_and_version(void **state) {
	(void)state;
	Json *doc = request("anthropic", "https://api.anthropic.com/v1");
	assert_true(str_is(json_text_at(doc, "system"), "S"));
	assert_int_equal(json_count(json_get(doc, "messages")), 3);
	assert_true(str_is(json_text_at(doc, "messages[0].role"), "user"));
	assert_int_equal(json_integer_at(doc, "max_tokens", 0), 77);
	assert_string_equal(provider_anthropic.headers[0], "anthropic-version: 2023-06-01");
	assert_string_equal(provider_anthropic.key_header, "x-api-key");
	json_free(doc);
}

static void responses_requests_are_not_stored(void **state) {
	(void)state;
	Json *doc = request("openai-responses", "https://api.openai.com/v1");
	assert_true(str_is(json_text_at(doc, "instructions"), "S"));
	assert_int_equal(json_integer_at(doc, "max_output_tokens", 0), 77);
	assert_false(json_bool_at(doc, "store", true));
	json_free(doc);
}

static void ollama_requests_ask_for_a_context_that_holds_the_prompt(void **state) {
	(void)state;
	Json *doc = request("ollama", "http://127.0.0.1:11434");
	assert_int_equal(json_integer_at(doc, "options.num_ctx", 0), 8192);
	assert_int_equal(json_integer_at(doc, "options.num_predict", 0), 77);
	json_free(doc);
}

static void addresses_are_made_from_any_usual_base(void **state) {
	(void)state;
	static const char *const cases[][3] = {
		{ "openai", "http://127.0.0.1:8080/v1", "http://127.0.0.1:8080/v1/chat/completions" },
		{ "openai", "http://127.0.0.1:8080", "http://127.0.0.1:8080/v1/chat/completions" },
		{ "openai", "https://openrouter.ai/api/v1", "https://openrouter.ai/api/v1/chat/completions" },
		{ "openai", "http://localhost:1/v1/chat/completions", "http://localhost:1/v1/chat/completions" },
		{ "openai-responses", "https://api.openai.com/v1", "https://api.openai.com/v1/responses" },
		{ "anthropic", "https://api.anthropic.com", "https://api.anthropic.com/v1/messages" },
		{ "anthropic", "https://api.anthropic.com/v1", "https://api.anthropic.com/v1/messages" },
		{ "ollama", "http://127.0.0.1:11434", "http://127.0.0.1:11434/api/chat" },
		{ "ollama", "http://127.0.0.1:11434/api", "http://127.0.0.1:11434/api/chat" },
	};
	for (size_t i = 0; i < BASE_COUNT(cases); i++) {
		char url[128];
		snprintf(url, sizeof url, "%s", cases[i][1]);
		Profile profile = { .provider = provider_named(str_of(cases[i][0])), .url = url };
		Buf out = { 0 };
		provider_address(&profile, &out);
		assert_string_equal(out.ptr, cases[i][2]);
		buf_done(&out);
	}
}

static void error_bodies_of_any_form_are_read(void **state) {
	(void)state;
	static const struct {
		const char *body, *text, *code;
	} cases[] = {
		{ "{\"error\":{\"message\":\"M\",\"type\":\"t\",\"code\":\"insufficient_quota\"}}", "M", "insufficient_quota" },
		{ "{\"error\":{\"message\":\"M\",\"type\":\"t\",\"code\":null}}", "M", "t" },
		{ "{\"error\":\"Model not found\"}", "Model not found", "" },
		{ "{\"type\":\"error\",\"error\":{\"type\":\"overloaded_error\",\"message\":\"Overloaded\"}}", "Overloaded",
		    "overloaded_error" },
		{ "{\"error\":{\"code\":503,\"message\":\"Loading model\",\"type\":\"unavailable_error\"}}", "Loading model",
		    "unavailable_error" },
		{ "{\"detail\":\"Not Found\"}", "Not Found", "" },
		{ "{\"message\":\"Unauthorized\"}", "Unauthorized", "" },
		{ "{\"error\":{\"type\":\"only_a_type\"}}", "only_a_type", "only_a_type" },
		{ "upstream connect error", "upstream connect error", "" },
	};
	for (size_t i = 0; i < BASE_COUNT(cases); i++) {
		Err err = { "" };
		char code[32] = "";
		assert_true(reply_read_error(str_of(cases[i].body), &err, code, sizeof code));
		assert_string_equal(err.text, cases[i].text);
		assert_string_equal(code, cases[i].code);
	}
	char code[32] = "";
	assert_false(reply_read_error(STR("<html><body>502</body></html>"), NULL, code, sizeof code));
	assert_false(reply_read_error(STR_NONE, NULL, code, sizeof code));
	assert_false(reply_read_error(STR("{\"a\":1}"), NULL, code, sizeof code));
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(chat_role_only_null_content_odd_choices_and_usage_only_chunks),
		cmocka_unit_test(chat_done_marker_is_optional),
		cmocka_unit_test(mlx_lm_keepalives_pass),
		cmocka_unit_test(thinking_is_kept_apart_in_every_form),
		cmocka_unit_test(errors_at_status_200_in_every_form),
		cmocka_unit_test(plain_json_although_a_stream_was_asked_for),
		cmocka_unit_test(end_without_finish_is_never_an_end),
		cmocka_unit_test(responses_typed_events_and_their_terminal_ones),
		cmocka_unit_test(anthropic_ping_thinking_signature_unknown_types_and_cumulative_usage),
		cmocka_unit_test(ollama_ndjson_and_its_error_line),
		cmocka_unit_test(damaged_streams_never_end_well_by_accident),
		cmocka_unit_test(chat_requests_always_limit_tokens_and_ask_for_usage),
		cmocka_unit_test(anthropic_requests_hold_max_tokens_and_version),
		cmocka_unit_test(responses_requests_are_not_stored),
		cmocka_unit_test(ollama_requests_ask_for_a_context_that_holds_the_prompt),
		cmocka_unit_test(addresses_are_made_from_any_usual_base),
		cmocka_unit_test(error_bodies_of_any_form_are_read),
	};
	return cmocka_run_group_tests_name("provider", tests, NULL, NULL);
}
