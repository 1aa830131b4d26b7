/* core/json: what others wrote is read without harm, what we write is valid JSON. */
#include "core/posix.h"

#include "core/json.h"

#include <locale.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

static Json *parsed(const char *text) {
	Err err = { "" };
	Json *doc = json_parse(str_of(text), &err);
	if (!doc) fail_msg("%s: %s", text, err.text);
	return doc;
}

static void paths_reach_nested_values(void **state) {
	(void)state;
	Json *doc = parsed("{\"choices\":[{\"delta\":{\"content\":\"hi\"}},{\"n\":[1,[2,3]]}],\"n\":7}");
	assert_true(str_is(json_text_at(doc, "choices[0].delta.content"), "hi"));
	assert_int_equal(json_integer_at(doc, "choices[1].n[1][0]", -1), 2);
	assert_int_equal(json_integer_at(doc, "n", -1), 7);
	assert_int_equal(json_count(json_get(doc, "choices")), 2);
	json_free(doc);
}

static void missing_null_and_wrong_types_are_harmless(void **state) {
	(void)state;
	Json *doc = parsed("{\"a\":null,\"b\":[],\"c\":\"text\",\"d\":1.5,\"e\":1e999}");
	assert_int_equal(json_kind(json_at(doc, "x.y[3].z")), JSON_MISSING);
	assert_int_equal(json_kind(json_at(doc, "a.b")), JSON_MISSING);
	assert_int_equal(json_kind(json_at(doc, "a")), JSON_NULL);
	assert_int_equal(json_kind(json_at(doc, "b[0]")), JSON_MISSING);
	assert_int_equal(json_kind(json_at(doc, "c[0]")), JSON_MISSING);
	assert_false(json_is_set(json_at(doc, "a")));
	assert_int_equal(json_text_at(doc, "d").len, 0);
	assert_int_equal(json_integer_at(doc, "d", 9), 9);
	assert_int_equal(json_integer_at(doc, "c", 9), 9);
	assert_int_equal(json_integer_at(doc, "e", 9), 9);
	assert_int_equal(json_kind(json_at(NULL, "a")), JSON_MISSING);
	assert_null(json_first(json_get(doc, "c")));
	json_free(doc);
	json_free(NULL);
}

static void broken_text_is_refused_with_its_place(void **state) {
	(void)state;
	static const char *const bad[] = { "", "  ", "{", "[1,]x", "{\"a\":1} x", "{\"a\" 1}", "\"open", "\"\\x\"", "nul",
		"[1 2]", "\"a\\" };
	for (size_t i = 0; i < BASE_COUNT(bad); i++) {
		Err err = { "" };
		Json *doc = json_parse(str_of(bad[i]), &err);
		if (doc) fail_msg("taken: %s", bad[i]);
		assert_true(strstr(err.text, "JSON") != NULL);
	}
	Err err;
	assert_null(json_parse(STR("{\n  \"a\": oops\n}"), &err));
	assert_non_null(strstr(err.text, "line 2"));
	assert_null(json_parse((Str) { "[\0]", 3 }, &err));
}

static void depth_has_a_limit(void **state) {
	(void)state;
	Buf deep = { 0 };
	for (int i = 0; i < 100000; i++) buf_putc(&deep, '[');
	Err err;
	assert_null(json_parse(buf_view(&deep), &err));
	assert_non_null(strstr(err.text, "deeper"));
	buf_clear(&deep);
	for (int i = 0; i < JSON_MAX_DEPTH; i++) buf_putc(&deep, '[');
	for (int i = 0; i < JSON_MAX_DEPTH; i++) buf_putc(&deep, ']');
	Json *doc = json_parse(buf_view(&deep), &err);
	assert_non_null(doc);
	json_free(doc);
	buf_done(&deep);
}

static void nul_and_lone_surrogates_become_replacement(void **state) {
	(void)state;
	Json *doc = parsed("[\"a\\u0000b\",\"\\ud83d\",\"x\\ude00y\",\"\\ud83d\\ude00\",\"\\\\u0000\",\"\\ud83d\\n\"]");
	static const char *const want[] = { "a\xEF\xBF\xBD\x62", "\xEF\xBF\xBD", "x\xEF\xBF\xBDy", "\xF0\x9F\x98\x80",
		"\\u0000", "\xEF\xBF\xBD\n" };
	size_t i = 0;
	for (const Json *it = json_first(doc); it; it = json_next(it), i++) {
		Str text;
		assert_true(json_string(it, &text));
		assert_true(str_is(text, want[i]));
	}
	assert_int_equal(i, BASE_COUNT(want));
	json_free(doc);
}

static void byte_order_mark_and_space_are_fine(void **state) {
	(void)state;
	Json *doc = parsed("\xEF\xBB\xBF \r\n {\"a\":true} \n");
	assert_true(json_bool_at(doc, "a", false));
	json_free(doc);
}

static void writes_nested_compact_and_pretty(void **state) {
	(void)state;
	for (unsigned style = JSON_COMPACT; style <= JSON_PRETTY; style++) {
		Buf buf = { 0 };
		JsonOut out = json_out(&buf, style);
		json_open_object(&out);
		json_member_integer(&out, "version", 1);
		json_member_array(&out, "list");
		json_put_text(&out, "a");
		json_put_text(&out, NULL);
		json_open_object(&out);
		json_close(&out);
		json_close(&out);
		json_member_array(&out, "none");
		json_close(&out);
		json_member_bool(&out, "yes", true);
		json_close(&out);
		assert_string_equal(buf.ptr,
		    style == JSON_COMPACT
		        ? "{\"version\":1,\"list\":[\"a\",null,{}],\"none\":[],\"yes\":true}"
		        : "{\n  \"version\": 1,\n  \"list\": [\n    \"a\",\n    null,\n    {}\n  ],\n  \"none\": [],\n  \"yes\": true\n}\n");
		buf_done(&buf);
	}
}

static void strings_are_escaped_and_always_utf8(void **state) {
	(void)state;
	static const struct {
		const char *in, *out;
	} cases[] = {
		{ "a\"b\\c/", "\"a\\\"b\\\\c/\"" },
		{ "\n\t\r\b\f\x01\x1b[2J\x7f", "\"\\n\\t\\r\\b\\f\\u0001\\u001b[2J\\u007f\"" },
		{ "ä€😀", "\"ä€😀\"" },
		{ "x\xFFy\xC3", "\"x\xEF\xBF\xBDy\xEF\xBF\xBD\"" },
		{ "\xED\xA0\x80", "\"\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\"" },
		{ "\xC0\x80", "\"\xEF\xBF\xBD\xEF\xBF\xBD\"" },
		{ "", "\"\"" },
	};
	for (size_t i = 0; i < BASE_COUNT(cases); i++) {
		Buf buf = { 0 };
		json_quote(&buf, str_of(cases[i].in));
		assert_string_equal(buf.ptr, cases[i].out);
		buf_done(&buf);
	}
	Buf buf = { 0 };
	JsonOut out = json_out(&buf, JSON_HTML);
	json_put_text(&out, "</script>&");
	assert_string_equal(buf.ptr, "\"\\u003c/script\\u003e\\u0026\"");
	buf_done(&buf);
}

static void numbers_round_trip_in_any_locale(void **state) {
	(void)state;
	static const double values[] = { 0, -0.5, 0.1, 4.5, 1e-9, 1.0 / 3, 1e300, 123456789.125, 9007199254740993.0 };
	setlocale(LC_ALL, "de_DE.UTF-8"); /* where it isn't installed the C locale stays, and the test says less */
	for (size_t i = 0; i < BASE_COUNT(values); i++) {
		Buf buf = { 0 };
		JsonOut out = json_out(&buf, JSON_COMPACT);
		json_put_number(&out, values[i]);
		assert_null(strchr(buf.ptr, ','));
		setlocale(LC_ALL, "C");
		assert_true(fabs(strtod(buf.ptr, NULL) - values[i]) <= 0);
		buf_done(&buf);
	}
	Buf buf = { 0 };
	JsonOut out = json_out(&buf, JSON_COMPACT);
	json_put_number(&out, NAN);
	assert_string_equal(buf.ptr, "null");
	buf_done(&buf);
}

static void parsed_values_are_written_whole(void **state) {
	(void)state;
	static const char text[] = "{\"a\":[1,2.5,\"x\\n\",null,true],\"b\":{\"c\":{}}}";
	Json *doc = parsed(text);
	Buf buf = { 0 };
	JsonOut out = json_out(&buf, JSON_COMPACT);
	json_put_value(&out, doc);
	assert_string_equal(buf.ptr, text);
	buf_done(&buf);
	json_free(doc);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(paths_reach_nested_values),
		cmocka_unit_test(missing_null_and_wrong_types_are_harmless),
		cmocka_unit_test(broken_text_is_refused_with_its_place),
		cmocka_unit_test(depth_has_a_limit),
		cmocka_unit_test(nul_and_lone_surrogates_become_replacement),
		cmocka_unit_test(byte_order_mark_and_space_are_fine),
		cmocka_unit_test(writes_nested_compact_and_pretty),
		cmocka_unit_test(strings_are_escaped_and_always_utf8),
		cmocka_unit_test(numbers_round_trip_in_any_locale),
		cmocka_unit_test(parsed_values_are_written_whole),
	};
	return cmocka_run_group_tests_name("json", tests, NULL, NULL);
}
