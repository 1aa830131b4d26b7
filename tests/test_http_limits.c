/* prompts/client: limits of time and size, each with its own name. */
#include "core/posix.h"

#include "tests/support/client_bench.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

/* ---- limits ---- */

static void connect_timeout_is_its_own(void **state) {
	Bench *b = *state;
	int fds[SERVER_DEAF_FDS], port = server_deaf_port(fds);
	assert_true(port > 0);
	char url[64];
	snprintf(url, sizeof url, "http://127.0.0.1:%d/v1", port);
	b->profile.url = url;
	ask(b);
	for (int i = 0; i < 10; i++) {
		client_wait(b->client, NULL, 0, 5);
		client_step(b->client);
	}
	b->leap_ms += 4000;
	client_step(b->client);
	assert_int_equal(exchange_state(b->exchange), EXCHANGE_CONNECTING);
	b->leap_ms += 1500;
	pump(b, is_counting); /* nothing was sent, so it is sent again by itself */
	expect_state(b, EXCHANGE_COUNTDOWN, false, "", "no connection within 5 s (connectTimeout)");
	exchange_cancel(b->exchange);
	expect_state(b, EXCHANGE_CANCELLED, false, "", "");
	exchange_free(b->exchange);
	for (int i = 0; i < SERVER_DEAF_FDS; i++) {
		if (fds[i] >= 0) close(fds[i]);
	}
}

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

int main(void) {
	const struct CMUnitTest tests[] = {
		BENCH_TEST(connect_timeout_is_its_own),
		BENCH_TEST(first_byte_timeout_is_its_own),
		BENCH_TEST(long_silent_prefill_after_headers_is_first_byte_time),
		BENCH_TEST(idle_timeout_is_its_own_and_keeps_the_text),
		BENCH_TEST(total_timeout_is_its_own),
		BENCH_TEST(endless_answers_end_at_the_ceiling),
		BENCH_TEST(endless_lines_events_and_comments_end_at_the_ceiling),
		BENCH_TEST(endless_headers_end_at_the_ceiling),
	};
	return cmocka_run_group_tests_name("http_limits", tests, NULL, NULL);
}
