/* prompts/stream: framing in every form that servers send, at every cut. Test names follow the client checklist. */
#include "core/posix.h"

#include "prompts/stream.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

typedef struct Log {
	Buf text; /* "type|data;" an event, "type|data~" a cut one */
	unsigned events, stop_after;
} Log;

static bool log_event(void *user, const StreamEvent *event) {
	Log *log = user;
	buf_str(&log->text, event->type);
	buf_putc(&log->text, '|');
	buf_str(&log->text, event->data);
	buf_putc(&log->text, event->cut ? '~' : ';');
	return ++log->events != log->stop_after;
}

/* Feeds input in pieces of the given size (0: whole) and returns the log's text; free() it. */
static char *run(Str input, size_t piece, unsigned stop_after) {
	Log log = { .stop_after = stop_after };
	Stream stream;
	stream_init(&stream, STREAM_MAX_EVENT, log_event, &log);
	if (piece == 0) piece = input.len ? input.len : 1;
	for (size_t at = 0; at < input.len; at += piece) {
		assert_true(stream_feed(&stream, str_sub(input, at, at + piece), NULL));
	}
	stream_end(&stream);
	stream_done(&stream);
	return buf_take(&log.text);
}

/* The same result whole, byte by byte, and cut at every single place. */
static void expect(const char *text, const char *want) {
	Str input = str_of(text);
	for (size_t piece = 0; piece <= 4; piece++) {
		char *got = run(input, piece, 0);
		if (strcmp(got, want) != 0) fail_msg("in pieces of %zu:\n%s\nwanted\n%s", piece, got, want);
		free(got);
	}
	for (size_t at = 1; at < input.len; at++) {
		Log log = { 0 };
		Stream stream;
		stream_init(&stream, STREAM_MAX_EVENT, log_event, &log);
		stream_feed(&stream, str_sub(input, 0, at), NULL);
		stream_feed(&stream, str_sub(input, at, input.len), NULL);
		stream_end(&stream);
		if (strcmp(log.text.ptr ? log.text.ptr : "", want) != 0) fail_msg("cut at %zu: %s", at, log.text.ptr);
		stream_done(&stream);
		buf_done(&log.text);
	}
}

static void lines_end_in_lf_crlf_or_cr(void **state) {
	(void)state;
	expect("data: a\n\ndata: b\n\n", "|a;|b;");
	expect("data: a\r\n\r\ndata: b\r\n\r\n", "|a;|b;");
	expect("data: a\r\rdata: b\r\r", "|a;|b;");
	expect("data: a\r\ndata: b\n\rdata: c\n\n", "|a\nb;|c;");
}

static void byte_order_mark_at_the_start_only(void **state) {
	(void)state;
	expect("\xEF\xBB\xBF"
	       "data: a\n\n",
	    "|a;");
	expect("\xEF\xBB"
	       "data: a\n\ndata: b\n\n",
	    "|b;");
	expect("data: a\n\n\xEF\xBB\xBF"
	       "data: b\n\ndata: c\n\n",
	    "|a;|c;");
}

static void data_with_and_without_space(void **state) {
	(void)state;
	expect("data:a\n\ndata:  b\n\n", "|a;| b;");
}

static void data_in_several_lines(void **state) {
	(void)state;
	expect("data: {\"a\":\ndata: 1}\n\n", "|{\"a\":\n1};");
	expect("data: a\ndata\ndata: b\n\n", "|a\n\nb;");
}

static void split_utf8_is_whole_again(void **state) {
	(void)state;
	expect("data: ä€😀\n\n", "|ä€😀;");
}

static void comments_unknown_fields_and_empty_events_are_ignored(void **state) {
	(void)state;
	expect(
	    ": OPENROUTER PROCESSING\n\n: keepalive 3/12\n\nid: 7\nretry: 10\nfoo: x\ndata: a\n\n\n\nevent: ping\n\ndata:\n\n"
	    "data: b\n\n",
	    "|a;|b;");
}

static void types_belong_to_their_event(void **state) {
	(void)state;
	expect("event: message_start\ndata: 1\n\ndata: 2\n\nevent: a\nevent: b\ndata: 3\n\n", "message_start|1;|2;b|3;");
}

static void old_llama_cpp_error_field(void **state) {
	(void)state;
	expect("data: a\n\nerror: {\"code\":500}\n\n", "|a;error|{\"code\":500};");
}

static void ndjson_lines_are_events(void **state) {
	(void)state;
	expect("{\"a\":1}\n{\"b\":\"}\\\"{\"}\r\n\n{\"c\":[{}]}", "|{\"a\":1};|{\"b\":\"}\\\"{\"};|{\"c\":[{}]};");
}

static void unframed_json_in_an_event_stream(void **state) {
	(void)state;
	expect("data: a\n\n{\"error\":\"x\"}\ndata: b\n\n", "|a;|{\"error\":\"x\"};|b;");
	expect("data: a\n{\"error\":\"x\"}\n", "|a;|{\"error\":\"x\"};");
}

static void plain_json_in_many_lines(void **state) {
	(void)state;
	expect("  \n{\n  \"a\": [\n    1\n  ]\n}\n", "|{\n  \"a\": [\n    1\n  ]\n};");
	expect("[{\n\"error\": {}}]", "|[{\n\"error\": {}}];");
}

static void cut_input_is_said_to_be_cut(void **state) {
	(void)state;
	expect("data: a\n\ndata: {\"b", "|a;|{\"b~");
	expect("data: a\n\ndata: b\n", "|a;|b~");
	expect("{\"a\":1}\n{\"b\":\"x", "|{\"a\":1};|{\"b\":\"x~");
}

static void broken_line_of_json_ends_with_its_line(void **state) {
	(void)state;
	expect("{\"a\":\"x\n{\"b\":1}\n", "|{\"a\":\"x;|{\"b\":1};");
}

static void text_that_is_no_event_is_ignored(void **state) {
	(void)state;
	expect("<html>Bad gateway</html>\nInternal error\n", "");
	expect("", "");
}

static void nothing_comes_after_the_sink_is_done(void **state) {
	(void)state;
	char *got = run(STR("data: a\n\ndata: b\n\ndata: c\n\n"), 0, 2);
	assert_string_equal(got, "|a;|b;");
	free(got);
}

static void large_events_pass_and_endless_ones_end(void **state) {
	(void)state;
	Buf big = { 0 };
	buf_puts(&big, "data: ");
	for (int i = 0; i < 100000; i++) buf_puts(&big, "0123456789");
	buf_puts(&big, "\n\n");
	char *got = run(buf_view(&big), 4096, 0);
	assert_int_equal(strlen(got), 1000002);
	free(got);
	static const char *const starts[] = { "data: ", "x", "{\"a\":\"", "[[[", ": " };
	for (size_t i = 0; i < BASE_COUNT(starts); i++) {
		Log log = { 0 };
		Stream stream;
		Err err = { "" };
		stream_init(&stream, 100000, log_event, &log);
		bool ok = stream_feed(&stream, str_of(starts[i]), &err);
		for (int n = 0; n < 200 && ok; n++) ok = stream_feed(&stream, str_sub(buf_view(&big), 6, 1006), &err);
		assert_false(ok);
		assert_non_null(strstr(err.text, "larger than 100000 bytes"));
		stream_done(&stream);
		buf_done(&log.text);
	}
	buf_done(&big);
}

static void many_data_lines_cannot_grow_without_end(void **state) {
	(void)state;
	Log log = { 0 };
	Stream stream;
	bool ok = true;
	stream_init(&stream, 1000, log_event, &log);
	for (int n = 0; n < 1000 && ok; n++) ok = stream_feed(&stream, STR("data: xxxxx\n"), NULL);
	assert_false(ok);
	stream_done(&stream);
	buf_done(&log.text);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines_end_in_lf_crlf_or_cr),
		cmocka_unit_test(byte_order_mark_at_the_start_only),
		cmocka_unit_test(data_with_and_without_space),
		cmocka_unit_test(data_in_several_lines),
		cmocka_unit_test(split_utf8_is_whole_again),
		cmocka_unit_test(comments_unknown_fields_and_empty_events_are_ignored),
		cmocka_unit_test(types_belong_to_their_event),
		cmocka_unit_test(old_llama_cpp_error_field),
		cmocka_unit_test(ndjson_lines_are_events),
		cmocka_unit_test(unframed_json_in_an_event_stream),
		cmocka_unit_test(plain_json_in_many_lines),
		cmocka_unit_test(cut_input_is_said_to_be_cut),
		cmocka_unit_test(broken_line_of_json_ends_with_its_line),
		cmocka_unit_test(text_that_is_no_event_is_ignored),
		cmocka_unit_test(nothing_comes_after_the_sink_is_done),
		cmocka_unit_test(large_events_pass_and_endless_ones_end),
		cmocka_unit_test(many_data_lines_cannot_grow_without_end),
	};
	return cmocka_run_group_tests_name("stream", tests, NULL, NULL);
}
