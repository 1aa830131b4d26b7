/* prompts/client over prompts/http against a server that misbehaves: answers, what is sent again, cancel, the one wait. Test
 * names follow the client checklist. The clock is the real one plus a leap that tests make, so that none waits for a limit. */
#include "core/posix.h"

#include "tests/support/client_bench.h"

#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

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
	assert_non_null(strstr(exchange_warning(b->exchange), "2048 tokens read of about 9000 sent"));
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
		fds[0].revents = 0;
		assert_true(client_wait_plugged(b->client, fds, 2, -1, NULL));
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

int main(void) {
	const struct CMUnitTest tests[] = {
		BENCH_TEST(an_answer_in_every_framing),
		BENCH_TEST(usage_and_times_are_told_and_unknown_is_not_zero),
		BENCH_TEST(reading_ends_with_the_terminal_event_not_with_the_connection),
		BENCH_TEST(after_finish_reason_figures_have_two_seconds),
		BENCH_TEST(length_is_shown_and_no_success),
		BENCH_TEST(end_of_input_without_finish_is_truncated),
		BENCH_TEST(curl_18_is_truncated),
		BENCH_TEST(reset_in_the_answer_is_truncated),
		BENCH_TEST(errors_at_status_200_fail_and_may_be_billed),
		BENCH_TEST(a_page_for_browsers_is_no_answer),
		BENCH_TEST(an_empty_answer_says_so),
		BENCH_TEST(ollama_that_dropped_the_prompt_is_found_out),
		BENCH_TEST(sent_again_by_itself_only_when_not_accepted),
		BENCH_TEST(anything_else_may_have_been_billed_and_is_sent_once),
		BENCH_TEST(one_key_sends_it_again),
		BENCH_TEST(refusals_are_final_and_not_billed),
		BENCH_TEST(mlx_lm_404_with_an_error_string),
		BENCH_TEST(exhausted_quota_is_not_sent_again),
		BENCH_TEST(retry_after_in_seconds_as_date_and_in_milliseconds),
		BENCH_TEST(a_countdown_can_be_cancelled_and_cut_short),
		BENCH_TEST(attempts_end_with_the_fifth_and_back_off),
		BENCH_TEST(llama_cpp_loading_is_waited_for),
		BENCH_TEST(connect_failures_are_tried_again),
		BENCH_TEST(total_time_ends_the_retries),
		BENCH_TEST(cancel_is_immediate_in_every_state),
		BENCH_TEST(freeing_a_living_exchange_is_fine),
		BENCH_TEST(two_exchanges_live_beside_each_other),
		BENCH_TEST(other_descriptors_are_waited_for_with_a_transfer),
		BENCH_TEST(nothing_is_opened_before_the_first_question),
	};
	return cmocka_run_group_tests_name("http", tests, NULL, NULL);
}
