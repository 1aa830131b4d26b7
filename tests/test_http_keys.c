/* prompts/secret, prompts/http: where keys come from, where they never go, and which addresses are taken. */
#include "core/posix.h"

#include "tests/support/client_bench.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

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

int main(void) {
	const struct CMUnitTest tests[] = {
		BENCH_TEST(keys_come_from_the_variable_and_go_into_the_header_alone),
		BENCH_TEST(the_general_variable_outranks_the_profile),
		BENCH_TEST(a_missing_or_broken_key_sends_nothing),
		BENCH_TEST(a_key_command_is_waited_for_without_blocking),
		BENCH_TEST(key_commands_that_fail_hang_or_flood),
		BENCH_TEST(redirects_are_not_followed_and_the_key_goes_nowhere),
		BENCH_TEST(a_key_that_a_server_echoes_is_masked),
		BENCH_TEST(plain_http_and_odd_addresses_are_refused),
		BENCH_TEST(a_server_that_cannot_prove_itself_gets_nothing),
		BENCH_TEST(no_proxy_stands_between_us_and_this_machine),
	};
	return cmocka_run_group_tests_name("http_keys", tests, NULL, NULL);
}
