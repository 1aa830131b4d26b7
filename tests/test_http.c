/* prompts/client over prompts/http against a server that misbehaves. Test names follow the client checklist. The clock is the
 * real one plus a leap that tests make, so that no test waits for a time limit. */
#include "core/posix.h"

#include "core/json.h"
#include "prompts/client.h"
#include "prompts/provider.h"
#include "tests/support/model_server.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#define KEY "sk-test-0123456789abcdef"
#define OK_BODY                                                                                                        \
	"data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"Hello ä\"}}]}\n\n"                                     \
	"data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\" world\"},\"finish_reason\":\"stop\"}]}\n\n"            \
	"data: {\"choices\":[],\"usage\":{\"prompt_tokens\":7,\"completion_tokens\":3}}\n\ndata: [DONE]\n\n"
#define HALF_BODY "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"half\"}}]}\n\n"

typedef struct Bench {
	int64_t leap_ms;
	const char *key;     /* value of the variable TEST_KEY */
	const char *api_key; /* of TRIPTYCH_API_KEY */
	Clock clock;
	ConfigEnv env;
	ModelServer *server;
	Client *client;
	char url[64];
	Profile profile;
	Prompt prompt;
	Exchange *exchange;
} Bench;

static int64_t bench_now(void *user) { return clock_system.now_ms(NULL) + ((Bench *)user)->leap_ms; }
static int64_t bench_time(void *user) {
	(void)user;
	return 1760000000; /* Thu, 09 Oct 2025 08:53:20 GMT */
}

static const char *bench_env(void *user, const char *name) {
	const Bench *b = user;
	if (strcmp(name, "TEST_KEY") == 0) return b->key;
	if (strcmp(name, "TRIPTYCH_API_KEY") == 0) return b->api_key;
	return NULL;
}

static int set_up(void **state) {
	static const PromptTurn turn = { PROMPT_USER, { "Q", 1 } };
	Bench *b = base_alloc(sizeof *b);
	b->clock = (Clock) { bench_now, bench_time, b };
	b->env = (ConfigEnv) { bench_env, b };
	b->server = server_start(0);
	assert_non_null(b->server);
	snprintf(b->url, sizeof b->url, "http://127.0.0.1:%d/v1", server_port(b->server));
	b->profile = (Profile) { .name = (char *)"Test",
		.provider = &provider_chat,
		.url = b->url,
		.model = (char *)"m",
		.max_tokens = 64,
		.context_tokens = 4096,
		.connect_ms = 5000,
		.first_byte_ms = 300000,
		.idle_ms = 60000,
		.total_ms = 900000,
		.price_in = -1,
		.price_out = -1,
		.loopback = true,
		.from_env = true };
	b->prompt = (Prompt) { .system = STR("S"), .turns = &turn, .n_turns = 1, .tokens = 10 };
	b->client = client_new(&b->clock, &b->env);
	*state = b;
	return 0;
}

static int tear_down(void **state) {
	Bench *b = *state;
	client_free(b->client);
	server_stop(b->server);
	free(b);
	return 0;
}

typedef bool Condition(Bench *b);

/* Runs the wait loop until the condition holds; ten seconds are a failure. */
static void pump(Bench *b, Condition *until) {
	int64_t start = clock_system.now_ms(NULL);
	while (!until(b)) {
		client_wait(b->client, NULL, 0, 10);
		client_step(b->client);
		if (clock_system.now_ms(NULL) - start > 10000) {
			fail_msg("nothing happened; state %s, %s", exchange_state_name(exchange_state(b->exchange)),
			    exchange_message(b->exchange));
		}
	}
}

static bool is_final(Bench *b) { return exchange_state_is_final(exchange_state(b->exchange)); }
static bool is_counting(Bench *b) { return exchange_state(b->exchange) == EXCHANGE_COUNTDOWN || is_final(b); }
static bool is_streaming(Bench *b) { return exchange_state(b->exchange) == EXCHANGE_STREAMING; }
static bool is_waiting(Bench *b) {
	return exchange_state(b->exchange) == EXCHANGE_WAITING && server_requests(b->server);
}
static bool server_idle(Bench *b) { return server_is_idle(b->server); }

static void ask(Bench *b) { b->exchange = exchange_new(b->client, &b->profile, &b->prompt); }

static void expect_state(Bench *b, ExchangeState state, bool billed, const char *text, const char *message) {
	if (exchange_state(b->exchange) != state) {
		fail_msg("state is '%s' (%s), not '%s'", exchange_state_name(exchange_state(b->exchange)),
		    exchange_message(b->exchange), exchange_state_name(state));
	}
	assert_int_equal(exchange_may_be_billed(b->exchange), billed);
	if (!str_is(exchange_text(b->exchange), text)) fail_msg("text is '%.*s'", STR_ARG(exchange_text(b->exchange)));
	if (!strstr(exchange_message(b->exchange), message)) fail_msg("message is '%s'", exchange_message(b->exchange));
}

static void ask_and_expect(
    Bench *b, ServerReply reply, ExchangeState state, bool billed, const char *text, const char *message) {
	server_queue(b->server, reply);
	ask(b);
	pump(b, is_final);
	expect_state(b, state, billed, text, message);
	exchange_free(b->exchange);
	b->exchange = NULL;
}

/* ---- answers ---- */

static void an_answer_in_every_framing(void **state) {
	Bench *b = *state;
	for (ServerFrame frame = SERVER_CHUNKED; frame <= SERVER_CLOSE; frame++) {
		if (frame == SERVER_LONGER) continue;
		for (size_t piece = 0; piece <= 3; piece++) {
			ServerReply reply = { .body = OK_BODY, .frame = frame, .piece = piece };
			ask_and_expect(b, reply, EXCHANGE_DONE, false, "Hello ä world", "");
		}
	}
	char *request = server_request(b->server, 0);
	assert_true(strncmp(request, "POST /v1/chat/completions HTTP/1.1\r\n", 36) == 0);
	assert_null(strstr(request, "Authorization"));
	assert_null(strstr(request, "Expect:"));
	free(request);
}

static void usage_and_times_are_told_and_unknown_is_not_zero(void **state) {
	Bench *b = *state;
	server_queue(b->server, (ServerReply) { .body = OK_BODY });
	ask(b);
	pump(b, is_final);
	Usage usage = exchange_usage(b->exchange);
	assert_int_equal(usage.tokens_in, 7);
	assert_int_equal(usage.tokens_out, 3);
	assert_int_equal(usage.tokens_cached, -1);
	assert_true(exchange_first_ms(b->exchange) >= 0);
	assert_true(exchange_total_ms(b->exchange) >= exchange_first_ms(b->exchange));
	double cost;
	assert_false(profile_cost(&b->profile, 7, 3, &cost));
	b->profile.price_in = 2;
	b->profile.price_out = 10;
	assert_true(profile_cost(&b->profile, 500000, 100000, &cost));
	assert_true(cost > 1.999 && cost < 2.001);
	assert_false(profile_cost(&b->profile, -1, 3, &cost));
}

static void reading_ends_with_the_terminal_event_not_with_the_connection(void **state) {
	ServerReply reply = { .body = OK_BODY, .end = SERVER_HANG };
	ask_and_expect(*state, reply, EXCHANGE_DONE, false, "Hello ä world", "");
}

static void after_finish_reason_figures_have_two_seconds(void **state) {
	Bench *b = *state;
	server_queue(b->server,
	    (ServerReply) { .body = "data: {\"choices\":[{\"delta\":{\"content\":\"x\"},\"finish_reason\":\"stop\"}]}\n\n",
	        .end = SERVER_HANG });
	ask(b);
	pump(b, is_streaming);
	client_step(b->client);
	b->leap_ms += 2500;
	pump(b, is_final);
	expect_state(b, EXCHANGE_DONE, false, "x", "");
	assert_int_equal(exchange_usage(b->exchange).tokens_in, -1);
}

static void length_is_shown_and_no_success(void **state) {
	ServerReply reply = {
		.body = "data: {\"choices\":[{\"delta\":{\"content\":\"half\"},\"finish_reason\":\"length\"}]}\n\n"
		        "data: [DONE]\n\n"
	};
	ask_and_expect(
	    *state, reply, EXCHANGE_TRUNCATED, true, "half", "cut at the limit of tokens (length; maxTokens is 64)");
}

static void end_of_input_without_finish_is_truncated(void **state) {
	ServerReply reply = { .body = HALF_BODY };
	for (reply.frame = SERVER_CHUNKED; reply.frame <= SERVER_CLOSE; reply.frame++) {
		ask_and_expect(*state, reply, EXCHANGE_TRUNCATED, true, "half", "the connection ended before the answer did");
	}
}

static void curl_18_is_truncated(void **state) {
	ServerReply reply = { .body = HALF_BODY, .frame = SERVER_LONGER };
	ask_and_expect(*state, reply, EXCHANGE_TRUNCATED, true, "half", "ended before the answer");
	reply = (ServerReply) { .body = HALF_BODY, .end = SERVER_STOP };
	ask_and_expect(*state, reply, EXCHANGE_TRUNCATED, true, "half", "ended before the answer");
}

static void reset_in_the_answer_is_truncated(void **state) {
	Bench *b = *state;
	/* A reset may overtake what was sent before it, so the text may be there or not. */
	server_queue(b->server, (ServerReply) { .body = HALF_BODY, .end = SERVER_RESET });
	ask(b);
	pump(b, is_final);
	assert_true(exchange_state(b->exchange) == EXCHANGE_TRUNCATED || exchange_state(b->exchange) == EXCHANGE_FAILED);
	assert_true(exchange_may_be_billed(b->exchange));
	assert_int_equal(server_requests(b->server), 1);
}

static void errors_at_status_200_fail_and_may_be_billed(void **state) {
	static const char *const bodies[] = {
		HALF_BODY "data: {\"error\":{\"message\":\"boom\"}}\n\n",
		HALF_BODY "data: {\"error\":\"boom\"}\n\n",
		HALF_BODY "error: {\"message\":\"boom\"}\n\n",
		HALF_BODY "{\"error\":{\"message\":\"boom\"}}",
	};
	for (size_t i = 0; i < BASE_COUNT(bodies); i++) {
		ask_and_expect(*state, (ServerReply) { .body = bodies[i] }, EXCHANGE_FAILED, true, "half", "boom");
	}
}

static void a_page_for_browsers_is_no_answer(void **state) {
	ServerReply reply = { .body = "<html><body>Welcome</body></html>" };
	ask_and_expect(*state, reply, EXCHANGE_FAILED, true, "", "is the address right?");
	ask_and_expect(*state, (ServerReply) { .body = "" }, EXCHANGE_FAILED, true, "", "is the address right?");
}

static void an_empty_answer_says_so(void **state) {
	ServerReply reply = {
		.body = "data: {\"choices\":[{\"delta\":{\"reasoning_content\":\"hm\"},\"finish_reason\":\"stop\"}]}"
		        "\n\ndata: [DONE]\n\n"
	};
	ask_and_expect(*state, reply, EXCHANGE_DONE, false, "", "the answer is empty");
}

static void ollama_that_dropped_the_prompt_is_found_out(void **state) {
	Bench *b = *state;
	b->profile.provider = &provider_ollama;
	b->prompt.tokens = 9000;
	server_queue(b->server, (ServerReply) { .body = "{\"message\":{\"content\":\"x\"},\"done\":false}\n{\"done\":true,"
	                                                "\"done_reason\":\"stop\",\"prompt_eval_count\":2048}\n" });
	ask(b);
	pump(b, is_final);
	expect_state(b, EXCHANGE_DONE, false, "x", "");
	assert_non_null(strstr(exchange_warning(b->exchange), "read 2048 tokens of about 9000"));
}

/* ---- what is sent again by itself, and what is not ---- */

static void sent_again_by_itself_only_when_not_accepted(void **state) {
	Bench *b = *state;
	static const char *const statuses[] = { "429 Too Many Requests", "503 Service Unavailable", "529 Overloaded" };
	for (size_t i = 0; i < BASE_COUNT(statuses); i++) {
		size_t before = server_requests(b->server);
		server_queue(
		    b->server, (ServerReply) { .status = statuses[i], .body = "{\"error\":{\"message\":\"slow down\"}}" });
		server_queue(b->server, (ServerReply) { .body = OK_BODY });
		ask(b);
		pump(b, is_counting);
		assert_int_equal(exchange_state(b->exchange), EXCHANGE_COUNTDOWN);
		assert_in_range(exchange_countdown_ms(b->exchange), 300, 1000);
		assert_non_null(strstr(exchange_message(b->exchange), "slow down"));
		assert_int_equal(server_requests(b->server), before + 1);
		b->leap_ms += 1100;
		pump(b, is_final);
		expect_state(b, EXCHANGE_DONE, false, "Hello ä world", "");
		assert_int_equal(exchange_attempt(b->exchange), 2);
		assert_int_equal(server_requests(b->server), before + 2);
		exchange_free(b->exchange);
	}
}

static void anything_else_may_have_been_billed_and_is_sent_once(void **state) {
	Bench *b = *state;
	static const char *const statuses[] = { "408 Request Timeout", "500 Internal Server Error", "502 Bad Gateway",
		"504 Gateway Timeout", "520 Unknown" };
	for (size_t i = 0; i < BASE_COUNT(statuses); i++) {
		size_t before = server_requests(b->server);
		char code[4];
		snprintf(code, sizeof code, "%.3s", statuses[i]);
		ask_and_expect(b, (ServerReply) { .status = statuses[i], .body = "x" }, EXCHANGE_FAILED, true, "", code);
		assert_int_equal(server_requests(b->server), before + 1);
	}
	size_t before = server_requests(b->server);
	ask_and_expect(b, (ServerReply) { .end = SERVER_RESET, .frame = SERVER_RAW }, EXCHANGE_FAILED, true, "", "");
	ask_and_expect(b, (ServerReply) { .frame = SERVER_RAW }, EXCHANGE_FAILED, true, "", "");
	assert_int_equal(server_requests(b->server), before + 2);
}

static void one_key_sends_it_again(void **state) {
	Bench *b = *state;
	server_queue(b->server, (ServerReply) { .status = "500 Oops", .body = "x" });
	server_queue(b->server, (ServerReply) { .body = OK_BODY });
	ask(b);
	pump(b, is_final);
	exchange_again(b->exchange);
	assert_string_equal(exchange_message(b->exchange), "");
	pump(b, is_final);
	expect_state(b, EXCHANGE_DONE, false, "Hello ä world", "");
}

static void refusals_are_final_and_not_billed(void **state) {
	static const char *const statuses[] = { "400 Bad Request", "401 Unauthorized", "402 Payment Required",
		"403 Forbidden", "404 Not Found", "413 Payload Too Large", "422 Unprocessable" };
	for (size_t i = 0; i < BASE_COUNT(statuses); i++) {
		ServerReply reply = { .status = statuses[i], .body = "{\"error\":\"because\"}", .frame = SERVER_CLOSE };
		ask_and_expect(*state, reply, EXCHANGE_FAILED, false, "", "because");
	}
}

static void mlx_lm_404_with_an_error_string(void **state) {
	ServerReply reply = {
		.status = "404 Not Found", .body = "{\"error\": \"Repository Not Found\"}", .frame = SERVER_CLOSE
	};
	ask_and_expect(*state, reply, EXCHANGE_FAILED, false, "", "404 no such address or model: Repository Not Found");
}

static void exhausted_quota_is_not_sent_again(void **state) {
	Bench *b = *state;
	ServerReply reply = { .status = "429 Too Many Requests",
		.body = "{\"error\":{\"message\":\"You exceeded your current quota\",\"code\":\"insufficient_quota\"}}" };
	ask_and_expect(b, reply, EXCHANGE_FAILED, false, "", "waiting does not help");
	assert_int_equal(server_requests(b->server), 1);
}

static void retry_after_in_seconds_as_date_and_in_milliseconds(void **state) {
	Bench *b = *state;
	static const struct {
		const char *headers;
		int least, most;
	} cases[] = {
		{ "Retry-After: 7\r\n", 6500, 7700 },
		{ "retry-after: 1.5\r\n", 1000, 1650 },
		{ "Retry-After: Thu, 09 Oct 2025 08:53:40 GMT\r\n", 19500, 22000 },
		{ "Retry-After: Thu, 09 Oct 2025 08:00:00 GMT\r\n", 0, 10 },
		{ "Retry-After: 100\r\nretry-after-ms: 2500\r\n", 2000, 2750 },
		{ "Retry-After: soon\r\n", 300, 1000 },
	};
	for (size_t i = 0; i < BASE_COUNT(cases); i++) {
		server_queue(b->server, (ServerReply) { .status = "429 Too Many", .headers = cases[i].headers, .body = "{}" });
		ask(b);
		pump(b, is_counting);
		int64_t left = exchange_countdown_ms(b->exchange);
		if (left < cases[i].least || left > cases[i].most) fail_msg("%s waits %d ms", cases[i].headers, (int)left);
		exchange_free(b->exchange);
	}
	ServerReply reply = { .status = "429 Too Many", .headers = "Retry-After: 86400\r\n", .body = "{}" };
	ask_and_expect(b, reply, EXCHANGE_FAILED, false, "", "longer than five minutes");
}

static void a_countdown_can_be_cancelled_and_cut_short(void **state) {
	Bench *b = *state;
	server_queue(b->server, (ServerReply) { .status = "529 Overloaded", .headers = "Retry-After: 60\r\n" });
	server_queue(b->server, (ServerReply) { .status = "529 Overloaded", .headers = "Retry-After: 60\r\n" });
	server_queue(b->server, (ServerReply) { .body = OK_BODY });
	ask(b);
	pump(b, is_counting);
	exchange_cancel(b->exchange);
	expect_state(b, EXCHANGE_CANCELLED, false, "", "cancelled");
	exchange_again(b->exchange);
	pump(b, is_counting);
	exchange_again(b->exchange);
	pump(b, is_final);
	expect_state(b, EXCHANGE_DONE, false, "Hello ä world", "");
}

static void attempts_end_with_the_fifth_and_back_off(void **state) {
	Bench *b = *state;
	for (int i = 0; i < 6; i++) server_queue(b->server, (ServerReply) { .status = "503 Busy", .body = "{}" });
	ask(b);
	static const int steps[] = { 1000, 2000, 4000, 8000 };
	for (int i = 0; i < 4; i++) {
		pump(b, is_counting);
		assert_in_range(exchange_countdown_ms(b->exchange), steps[i] / 2 - 200, steps[i]);
		b->leap_ms += steps[i];
		client_step(b->client);
	}
	pump(b, is_final);
	expect_state(b, EXCHANGE_FAILED, false, "", "tried several times");
	assert_int_equal(server_requests(b->server), 5);
}

static void llama_cpp_loading_is_waited_for(void **state) {
	Bench *b = *state;
	ServerReply loading = { .status = "503 Service Unavailable",
		.body = "{\"error\":{\"code\":503,\"message\":\"Loading model\",\"type\":\"unavailable_error\"}}" };
	for (int i = 0; i < 12; i++) server_queue(b->server, loading);
	server_queue(b->server, (ServerReply) { .body = OK_BODY });
	ask(b);
	for (int i = 0; i < 12; i++) {
		pump(b, is_counting);
		assert_non_null(strstr(exchange_message(b->exchange), "Loading model"));
		assert_in_range(exchange_countdown_ms(b->exchange), 700, 2000);
		b->leap_ms += 2000;
		client_step(b->client);
	}
	pump(b, is_final);
	expect_state(b, EXCHANGE_DONE, false, "Hello ä world", "");
}

static void connect_failures_are_tried_again(void **state) {
	Bench *b = *state;
	int port = server_free_port();
	snprintf(b->url, sizeof b->url, "http://127.0.0.1:%d/v1", port);
	ask(b);
	pump(b, is_counting);
	assert_int_equal(exchange_state(b->exchange), EXCHANGE_COUNTDOWN);
	assert_false(exchange_may_be_billed(b->exchange));
	server_stop(b->server);
	b->server = server_start(port);
	assert_non_null(b->server);
	server_queue(b->server, (ServerReply) { .body = OK_BODY });
	b->leap_ms += 1100;
	pump(b, is_final);
	expect_state(b, EXCHANGE_DONE, false, "Hello ä world", "");
}

static void total_time_ends_the_retries(void **state) {
	Bench *b = *state;
	b->profile.total_ms = 5000;
	server_queue(b->server, (ServerReply) { .status = "503 Busy", .headers = "Retry-After: 10\r\n" });
	ask(b);
	pump(b, is_final);
	expect_state(b, EXCHANGE_FAILED, false, "", "totalTimeout");
}

/* ---- limits ---- */

static void first_byte_timeout_is_its_own(void **state) {
	Bench *b = *state;
	server_queue(b->server, (ServerReply) { .when = SERVER_NEVER });
	ask(b);
	pump(b, is_waiting);
	b->leap_ms += 299000;
	client_step(b->client);
	assert_int_equal(exchange_state(b->exchange), EXCHANGE_WAITING);
	b->leap_ms += 2000;
	pump(b, is_final);
	expect_state(b, EXCHANGE_FAILED, true, "", "silent for 300 s (firstByteTimeout)");
}

static void long_silent_prefill_after_headers_is_first_byte_time(void **state) {
	Bench *b = *state;
	server_queue(b->server,
	    (ServerReply) { .body = ": keepalive 1/9\n\ndata: {\"choices\":[{\"delta\":{\"role\":\"assistant\"}}]}"
	                            "\n\n",
	        .end = SERVER_HANG });
	ask(b);
	pump(b, is_waiting);
	for (int i = 0; i < 20; i++) {
		client_wait(b->client, NULL, 0, 5);
		client_step(b->client);
	}
	b->leap_ms += 200000;
	client_step(b->client);
	assert_int_equal(exchange_state(b->exchange), EXCHANGE_WAITING);
	b->leap_ms += 101000;
	pump(b, is_final);
	expect_state(b, EXCHANGE_FAILED, true, "", "firstByteTimeout");
}

static void idle_timeout_is_its_own_and_keeps_the_text(void **state) {
	Bench *b = *state;
	server_queue(b->server, (ServerReply) { .body = HALF_BODY, .end = SERVER_HANG });
	ask(b);
	pump(b, is_streaming);
	b->leap_ms += 61000;
	pump(b, is_final);
	expect_state(b, EXCHANGE_FAILED, true, "half", "silent for 60 s (idleTimeout)");
}

static void total_timeout_is_its_own(void **state) {
	Bench *b = *state;
	b->profile.idle_ms = b->profile.first_byte_ms = 100000000;
	server_queue(b->server, (ServerReply) { .body = HALF_BODY, .end = SERVER_HANG });
	ask(b);
	pump(b, is_streaming);
	b->leap_ms += 900000;
	pump(b, is_final);
	expect_state(b, EXCHANGE_FAILED, true, "half", "totalTimeout");
}

static void endless_answers_end_at_the_ceiling(void **state) {
	Buf body = { 0 };
	buf_puts(&body, "data: {\"choices\":[{\"delta\":{\"content\":\"");
	for (int i = 0; i < 10000; i++) buf_puts(&body, "0123456789");
	buf_puts(&body, "\"}}]}\n\n");
	Bench *b = *state;
	server_queue(b->server, (ServerReply) { .body = body.ptr, .piece = 65536, .endless = true });
	ask(b);
	pump(b, is_final);
	assert_int_equal(exchange_state(b->exchange), EXCHANGE_FAILED);
	assert_non_null(strstr(exchange_message(b->exchange), "larger than"));
	assert_true(exchange_text(b->exchange).len <= REPLY_MAX_TEXT);
	pump(b, server_idle);
	buf_done(&body);
}

static void endless_lines_events_and_comments_end_at_the_ceiling(void **state) {
	Bench *b = *state;
	Buf line = { 0 };
	for (int i = 0; i < 100000; i++) buf_puts(&line, "xxxxxxxxxx");
	ServerReply reply = { .body = line.ptr, .piece = 65536, .endless = true };
	ask_and_expect(b, reply, EXCHANGE_FAILED, true, "", "larger than 8388608 bytes");
	buf_clear(&line);
	for (int i = 0; i < 100000; i++) buf_puts(&line, ": keep\n\n");
	reply.body = line.ptr;
	ask_and_expect(b, reply, EXCHANGE_FAILED, true, "", "larger than 67108864 bytes");
	buf_done(&line);
}

static void endless_headers_end_at_the_ceiling(void **state) {
	Bench *b = *state;
	Buf head = { 0 };
	buf_puts(&head, "HTTP/1.1 200 OK\r\n");
	for (int i = 0; i < 6000; i++) buf_printf(&head, "X-%d: 0123456789012345678901234567890123456789\r\n", i);
	ServerReply reply = { .body = head.ptr, .frame = SERVER_RAW, .piece = 65536, .end = SERVER_HANG };
	ask_and_expect(b, reply, EXCHANGE_FAILED, true, "", "headers are larger than 262144 bytes");
	buf_done(&head);
}

/* ---- cancel ---- */

static void cancel_is_immediate_in_every_state(void **state) {
	Bench *b = *state;
	Condition *const when[] = { is_waiting, is_streaming };
	const ServerReply replies[] = { { .when = SERVER_NEVER }, { .body = HALF_BODY, .end = SERVER_HANG } };
	for (size_t i = 0; i < BASE_COUNT(when); i++) {
		server_queue(b->server, replies[i]);
		ask(b);
		pump(b, when[i]);
		int64_t start = clock_system.now_ms(NULL);
		exchange_cancel(b->exchange);
		assert_true(clock_system.now_ms(NULL) - start < 200);
		expect_state(b, EXCHANGE_CANCELLED, true, i ? "half" : "", "cancelled");
		pump(b, server_idle); /* the server sees that the connection is closed */
		exchange_free(b->exchange);
	}
	ask(b);
	exchange_cancel(b->exchange); /* while connecting */
	expect_state(b, EXCHANGE_CANCELLED, false, "", "cancelled");
}

static void freeing_a_living_exchange_is_fine(void **state) {
	Bench *b = *state;
	server_queue(b->server, (ServerReply) { .body = HALF_BODY, .end = SERVER_HANG });
	ask(b);
	pump(b, is_streaming);
	exchange_free(b->exchange);
	assert_false(client_busy(b->client));
	client_step(b->client);
	ask(b); /* and one is left for client_free */
}

static void two_exchanges_live_beside_each_other(void **state) {
	Bench *b = *state;
	server_queue(b->server, (ServerReply) { .status = "503 Busy", .body = "{}" });
	server_queue(b->server, (ServerReply) { .body = OK_BODY });
	ask(b);
	Exchange *first = b->exchange;
	pump(b, is_counting);
	ask(b);
	pump(b, is_final);
	expect_state(b, EXCHANGE_DONE, false, "Hello ä world", "");
	assert_int_equal(exchange_state(first), EXCHANGE_COUNTDOWN);
	exchange_free(first);
}

/* ---- the one wait ---- */

static void other_descriptors_are_waited_for_with_a_transfer(void **state) {
	Bench *b = *state;
	int ends[2];
	assert_int_equal(pipe(ends), 0);
	struct pollfd fds[2] = { { ends[0], POLLIN, 0 }, { -1, POLLIN, 0 } };
	for (int transfer = 0; transfer < 2; transfer++) {
		if (transfer) {
			server_queue(b->server, (ServerReply) { .when = SERVER_NEVER });
			ask(b);
			pump(b, is_waiting);
		}
		assert_int_equal(client_wait(b->client, fds, 2, 0), 0);
		assert_int_equal(write(ends[1], "x", 1), 1);
		int64_t start = clock_system.now_ms(NULL);
		assert_int_equal(client_wait(b->client, fds, 2, 5000), 1);
		assert_true(clock_system.now_ms(NULL) - start < 2000);
		assert_true(fds[0].revents & POLLIN);
		char c;
		assert_int_equal(read(ends[0], &c, 1), 1);
	}
	close(ends[1]); /* a hang-up is told too */
	assert_int_equal(client_wait(b->client, fds, 2, 5000), 1);
	assert_true(fds[0].revents & (POLLHUP | POLLIN));
	close(ends[0]);
}

static void nothing_is_opened_before_the_first_question(void **state) {
	Bench *b = *state;
	int before = open("/dev/null", O_RDONLY);
	close(before);
	Client *client = client_new(&clock_system, &config_process_env);
	bool loopback;
	assert_true(http_check_url("https://example.com/v1", false, &loopback, NULL));
	client_wait(client, NULL, 0, 0);
	client_step(client);
	assert_false(client_has_opened(client));
	assert_false(client_has_opened(b->client));
	int after = open("/dev/null", O_RDONLY);
	close(after);
	assert_int_equal(before, after);
	client_free(client);
}

/* ---- keys ---- */

static void keys_come_from_the_variable_and_go_into_the_header_alone(void **state) {
	Bench *b = *state;
	static const struct {
		const Provider *provider;
		const char *line;
	} cases[] = { { &provider_chat, "Authorization: Bearer " KEY "\r\n" },
		{ &provider_anthropic, "x-api-key: " KEY "\r\n" } };
	b->key = KEY "\n";
	b->profile.key_env = (char *)"TEST_KEY";
	for (size_t i = 0; i < BASE_COUNT(cases); i++) {
		b->profile.provider = cases[i].provider;
		server_queue(b->server, (ServerReply) { .status = "400 Bad" });
		ask(b);
		pump(b, is_final);
		char *request = server_request(b->server, i);
		assert_non_null(strstr(request, cases[i].line));
		char *body = strstr(request, "\r\n\r\n");
		assert_null(strstr(body, KEY));
		if (i == 1) assert_non_null(strstr(request, "anthropic-version: 2023-06-01\r\n"));
		free(request);
		exchange_free(b->exchange);
		Buf preview = { 0 };
		exchange_preview(&b->profile, &b->env, &b->prompt, &preview);
		assert_null(strstr(preview.ptr, KEY));
		assert_non_null(strstr(preview.ptr, "(the key)"));
		buf_done(&preview);
	}
}

static void the_general_variable_outranks_the_profile(void **state) {
	Bench *b = *state;
	b->key = KEY;
	b->api_key = "other-key";
	b->profile.key_env = (char *)"TEST_KEY";
	server_queue(b->server, (ServerReply) { .status = "400 Bad" });
	ask(b);
	pump(b, is_final);
	char *request = server_request(b->server, 0);
	assert_non_null(strstr(request, "Authorization: Bearer other-key\r\n"));
	free(request);
}

static void a_missing_or_broken_key_sends_nothing(void **state) {
	Bench *b = *state;
	static const struct {
		const char *value, *message;
	} cases[] = {
		{ NULL, "TEST_KEY, which has the key of profile 'Test', is not set" },
		{ "", "is not set" },
		{ "bad\x01key", "character that no key has" },
		{ "two words", "blank" },
	};
	b->profile.key_env = (char *)"TEST_KEY";
	for (size_t i = 0; i < BASE_COUNT(cases); i++) {
		b->key = cases[i].value;
		ask(b);
		expect_state(b, EXCHANGE_FAILED, false, "", cases[i].message);
		exchange_free(b->exchange);
	}
	assert_int_equal(server_connections(b->server), 0);
}

static void a_key_command_is_waited_for_without_blocking(void **state) {
	Bench *b = *state;
	b->profile.key_command = (char *)"printf '%s\\nsecond line\\n' " KEY "; echo noise >&2";
	server_queue(b->server, (ServerReply) { .body = OK_BODY });
	ask(b);
	assert_int_equal(exchange_state(b->exchange), EXCHANGE_KEY);
	pump(b, is_final);
	expect_state(b, EXCHANGE_DONE, false, "Hello ä world", "");
	char *request = server_request(b->server, 0);
	assert_non_null(strstr(request, "Authorization: Bearer " KEY "\r\n"));
	free(request);
}

static void key_commands_that_fail_hang_or_flood(void **state) {
	Bench *b = *state;
	static const struct {
		const char *command, *message;
	} cases[] = {
		{ "exit 3", "keyCommand ended with status 3" },
		{ "true", "the key from keyCommand is empty" },
		{ "kill -9 $$", "ended by a signal" },
		{ "i=0; while [ $i -lt 3000 ]; do echo 0123456789; i=$((i+1)); done", "wrote more than" },
	};
	for (size_t i = 0; i < BASE_COUNT(cases); i++) {
		b->profile.key_command = (char *)cases[i].command;
		ask(b);
		pump(b, is_final);
		expect_state(b, EXCHANGE_FAILED, false, "", cases[i].message);
		exchange_free(b->exchange);
	}
	b->profile.key_command = (char *)"exec sleep 600";
	ask(b);
	client_step(b->client);
	int64_t start = clock_system.now_ms(NULL);
	exchange_cancel(b->exchange);
	assert_true(clock_system.now_ms(NULL) - start < 200);
	exchange_again(b->exchange);
	b->leap_ms += 61000;
	pump(b, is_final);
	expect_state(b, EXCHANGE_FAILED, false, "", "did not end within 60 seconds");
	assert_int_equal(server_connections(b->server), 0);
}

static void redirects_are_not_followed_and_the_key_goes_nowhere(void **state) {
	Bench *b = *state;
	ModelServer *other = server_start(0);
	char headers[128];
	snprintf(headers, sizeof headers, "Location: http://127.0.0.1:%d/v1/messages\r\n", server_port(other));
	b->key = KEY;
	b->profile.key_env = (char *)"TEST_KEY";
	b->profile.provider = &provider_anthropic;
	static const char *const statuses[] = { "301 Moved", "302 Found", "307 Temporary Redirect",
		"308 Permanent Redirect" };
	for (size_t i = 0; i < BASE_COUNT(statuses); i++) {
		ServerReply reply = { .status = statuses[i], .headers = headers };
		ask_and_expect(b, reply, EXCHANGE_FAILED, false, "", "the address redirects to http://127.0.0.1:");
	}
	assert_int_equal(server_connections(other), 0);
	server_stop(other);
}

static void a_key_that_a_server_echoes_is_masked(void **state) {
	Bench *b = *state;
	b->key = KEY;
	b->profile.key_env = (char *)"TEST_KEY";
	ServerReply reply = { .status = "401 Unauthorized", .body = "{\"error\":\"bad key " KEY "\"}" };
	ask_and_expect(b, reply, EXCHANGE_FAILED, false, "", "bad key ****");
	server_queue(
	    b->server, (ServerReply) { .body = "data: {\"choices\":[{\"delta\":{\"content\":\"sk-test-0123\"}}]}\n\ndata: "
	                                       "{\"choices\":[{\"delta\":{\"content\":\"456789abcdef\"},"
	                                       "\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n" });
	ask(b);
	pump(b, is_final);
	expect_state(b, EXCHANGE_DONE, false, "************************", "");
}

static void plain_http_and_odd_addresses_are_refused(void **state) {
	(void)state;
	static const struct {
		const char *url;
		bool plain, ok, loopback;
	} cases[] = {
		{ "https://api.example.com/v1", false, true, false },
		{ "http://api.example.com/v1", false, false, false },
		{ "http://192.168.1.5:8080/v1", false, false, false },
		{ "http://192.168.1.5:8080/v1", true, true, false },
		{ "http://127.0.0.1:8080/v1", false, true, true },
		{ "http://127.9.9.9/v1", false, true, true },
		{ "http://127.1:80", false, true, true },
		{ "http://localhost:1234", false, true, true },
		{ "http://LOCALHOST:1234", false, true, true },
		{ "http://[::1]:8080/v1", false, true, true },
		{ "http://localhost.example.com/v1", false, false, false },
		{ "http://127.0.0.1.example.com/v1", false, false, false },
		{ "http://127.0.0.1@example.com/v1", true, false, false },
		{ "https://user:password@example.com/v1", false, false, false },
		{ "https://example.com/v1?key=abc", false, false, false },
		{ "ftp://example.com/", true, false, false },
		{ "file:///etc/passwd", true, false, false },
		{ "", true, false, false },
		{ "not an address", true, false, false },
	};
	for (size_t i = 0; i < BASE_COUNT(cases); i++) {
		bool loopback = false;
		Err err = { "" };
		bool ok = http_check_url(cases[i].url, cases[i].plain, &loopback, &err);
		if (ok != cases[i].ok || (ok && loopback != cases[i].loopback))
			fail_msg("%s: %d %s", cases[i].url, ok, err.text);
		assert_null(strstr(err.text, "password@"));
		assert_null(strstr(err.text, "abc"));
	}
}

static void a_server_that_cannot_prove_itself_gets_nothing(void **state) {
	Bench *b = *state;
	b->key = KEY;
	b->profile.key_env = (char *)"TEST_KEY";
	snprintf(b->url, sizeof b->url, "https://127.0.0.1:%d/v1", server_port(b->server));
	server_queue(
	    b->server, (ServerReply) { .when = SERVER_AT_ONCE, .frame = SERVER_RAW, .body = "HTTP/1.0 400 x\r\n\r\n" });
	ask(b);
	pump(b, is_final);
	assert_int_equal(exchange_state(b->exchange), EXCHANGE_FAILED);
	assert_false(exchange_may_be_billed(b->exchange));
	assert_int_equal(server_requests(b->server), 0);
}

static void no_proxy_stands_between_us_and_this_machine(void **state) {
	Bench *b = *state;
	setenv("http_proxy", "http://127.0.0.1:1", 1);
	setenv("all_proxy", "http://127.0.0.1:1", 1);
	ask_and_expect(b, (ServerReply) { .body = OK_BODY }, EXCHANGE_DONE, false, "Hello ä world", "");
	b->profile.loopback = false; /* as for another host: now it is used */
	ask(b);
	pump(b, is_counting);
	assert_int_equal(exchange_state(b->exchange), EXCHANGE_COUNTDOWN);
	unsetenv("http_proxy");
	unsetenv("all_proxy");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void) {
	const struct CMUnitTest tests[] = {
		TEST(an_answer_in_every_framing),
		TEST(usage_and_times_are_told_and_unknown_is_not_zero),
		TEST(reading_ends_with_the_terminal_event_not_with_the_connection),
		TEST(after_finish_reason_figures_have_two_seconds),
		TEST(length_is_shown_and_no_success),
		TEST(end_of_input_without_finish_is_truncated),
		TEST(curl_18_is_truncated),
		TEST(reset_in_the_answer_is_truncated),
		TEST(errors_at_status_200_fail_and_may_be_billed),
		TEST(a_page_for_browsers_is_no_answer),
		TEST(an_empty_answer_says_so),
		TEST(ollama_that_dropped_the_prompt_is_found_out),
		TEST(sent_again_by_itself_only_when_not_accepted),
		TEST(anything_else_may_have_been_billed_and_is_sent_once),
		TEST(one_key_sends_it_again),
		TEST(refusals_are_final_and_not_billed),
		TEST(mlx_lm_404_with_an_error_string),
		TEST(exhausted_quota_is_not_sent_again),
		TEST(retry_after_in_seconds_as_date_and_in_milliseconds),
		TEST(a_countdown_can_be_cancelled_and_cut_short),
		TEST(attempts_end_with_the_fifth_and_back_off),
		TEST(llama_cpp_loading_is_waited_for),
		TEST(connect_failures_are_tried_again),
		TEST(total_time_ends_the_retries),
		TEST(first_byte_timeout_is_its_own),
		TEST(long_silent_prefill_after_headers_is_first_byte_time),
		TEST(idle_timeout_is_its_own_and_keeps_the_text),
		TEST(total_timeout_is_its_own),
		TEST(endless_answers_end_at_the_ceiling),
		TEST(endless_lines_events_and_comments_end_at_the_ceiling),
		TEST(endless_headers_end_at_the_ceiling),
		TEST(cancel_is_immediate_in_every_state),
		TEST(freeing_a_living_exchange_is_fine),
		TEST(two_exchanges_live_beside_each_other),
		TEST(other_descriptors_are_waited_for_with_a_transfer),
		TEST(nothing_is_opened_before_the_first_question),
		TEST(keys_come_from_the_variable_and_go_into_the_header_alone),
		TEST(the_general_variable_outranks_the_profile),
		TEST(a_missing_or_broken_key_sends_nothing),
		TEST(a_key_command_is_waited_for_without_blocking),
		TEST(key_commands_that_fail_hang_or_flood),
		TEST(redirects_are_not_followed_and_the_key_goes_nowhere),
		TEST(a_key_that_a_server_echoes_is_masked),
		TEST(plain_http_and_odd_addresses_are_refused),
		TEST(a_server_that_cannot_prove_itself_gets_nothing),
		TEST(no_proxy_stands_between_us_and_this_machine),
	};
	return cmocka_run_group_tests_name("http", tests, NULL, NULL);
}
