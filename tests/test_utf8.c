/* Text as it is shown: widths, clusters, cutting, controls made visible. */
#include "core/posix.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "core/utf8.h"

static void is_text(Buf *buf, const char *expected) {
	assert_string_equal(buf->ptr ? buf->ptr : "", expected);
	buf_done(buf);
}

static void widths_are_those_a_terminal_shows(void **state) {
	(void)state;
	static const struct {
		const char *text;
		int width;
		int clusters;
	} cases[] = {
		{ "", 0, 0 }, { "plain", 5, 5 }, { "e\xCC\x81t\xC3\xA9", 3, 3 }, /* é with a combining accent, é composed */
		{ "\xE6\xBC\xA2\xE5\xAD\x97", 4, 2 },                            /* 漢字 */
		{ "\xF0\x9F\x98\x80!", 3, 2 },                                   /* a face */
		{ "\xE2\x9D\xA4\xEF\xB8\x8F", 2, 1 },                            /* a heart in emoji style */
		{ "\xE2\x9D\xA4", 1, 1 },                                        /* the same as text */
		{ "\xF0\x9F\x87\xAB\xF0\x9F\x87\xAE", 2, 1 },                    /* a flag: two regional indicators */
		{ "\xF0\x9F\x91\xA8\xE2\x80\x8D\xF0\x9F\x91\xA9\xE2\x80\x8D\xF0\x9F\x91\xA7", 2, 1 }, /* a family */
		{ "\xF0\x9F\x91\x8D\xF0\x9F\x8F\xBD", 2, 1 },                 /* thumb with a skin colour */
		{ "\xE2\x94\x8C\xE2\x94\x80\xE2\x96\x88\xE2\x97\x8F", 4, 4 }, /* ┌─█● */
		{ "\x1b[0m", 5, 4 },                                          /* ^[ counts two */
		{ "\xFF", 4, 1 },                                             /* \xFF */
	};
	for (size_t i = 0; i < BASE_COUNT(cases); i++) {
		Str text = str_of(cases[i].text), rest = text;
		assert_int_equal(utf8_width(text), cases[i].width);
		Utf8Cluster cluster;
		int n = 0;
		while (utf8_next(&rest, &cluster)) n++;
		assert_int_equal(n, cases[i].clusters);
	}
}

static void escapes_never_reach_the_terminal(void **state) {
	(void)state;
	Buf out = { 0 };
	utf8_show(&out, STR("a\x1b]0;title\x07"
	                    "b\x7f\xC2\x9B"));
	is_text(&out, "a^[]0;title^Gb^?<U+009B>");
	utf8_show(&out, STR("x\xE2\x80\xAEy\xE2\x81\xA6")); /* the characters of Trojan Source */
	is_text(&out, "x<U+202E>y<U+2066>");
	utf8_show(&out, STR("\xC3(\xE2\x82")); /* a broken and a cut sequence */
	is_text(&out, "\\xC3(\\xE2\\x82");
	/* a combining mark that follows a control must not hang on it */
	utf8_show(&out, STR("\x01\xCC\x81"));
	is_text(&out, "^A\xCC\x81");
}

static void lines_have_their_tabs_expanded(void **state) {
	(void)state;
	Buf out = { 0 };
	utf8_show_line(&out, STR("\tlet x\t= 1\r"), 4, 0);
	is_text(&out, "    let x   = 1");
	utf8_show_line(&out, STR("\xE6\xBC\xA2\tx"), 4, 0);
	is_text(&out, "\xE6\xBC\xA2  x");
	utf8_show_line(&out, STR("\tx"), 4, 3);
	is_text(&out, " x");
	utf8_show_line(&out, STR("a\rb\r"), 4, 0);
	is_text(&out, "a^Mb");
}

static void cutting_keeps_whole_characters(void **state) {
	(void)state;
	Buf out = { 0 };
	utf8_cut(&out, STR("softmax(qk)"), 11);
	is_text(&out, "softmax(qk)");
	utf8_cut(&out, STR("softmax(qk)"), 8);
	is_text(&out, "softmax\xE2\x80\xA6");
	utf8_cut(&out, STR("\xE6\xBC\xA2\xE5\xAD\x97\xE6\xBC\xA2"), 4);
	is_text(&out, "\xE6\xBC\xA2\xE2\x80\xA6"); /* three cells: a half character isn't shown */
	utf8_cut(&out, STR("abc"), 0);
	is_text(&out, "");
	utf8_cut(&out, STR("abc"), 1);
	is_text(&out, "\xE2\x80\xA6");
	utf8_cut_front(&out, STR("Sources/Layers/Attention.swift"), 16);
	is_text(&out, "\xE2\x80\xA6"
	              "Attention.swift");
	utf8_cut_front(&out, STR("short"), 16);
	is_text(&out, "short");
	assert_int_equal(utf8_fit(STR("a\xE6\xBC\xA2z"), 2), 1);
	assert_int_equal(utf8_fit(STR("a\xE6\xBC\xA2z"), 3), 4);
}

static void cutting_is_never_too_wide(void **state) {
	(void)state;
	static const char *const pieces[] = { "a", "\t", "\xE6\xBC\xA2", "\x1b", "\xFF", "e\xCC\x81", "\xE2\x80\xAE",
		"\xF0\x9F\x87\xAB\xF0\x9F\x87\xAE", "\xC3" };
	uint64_t seed = HASH_SEED;
	for (int round = 0; round < 2000; round++) {
		Buf text = { 0 }, out = { 0 };
		seed = hash_u64(seed, (uint64_t)round);
		for (uint64_t n = seed % 12, bits = seed >> 8; n > 0; n--, bits /= 9)
			buf_puts(&text, pieces[bits % BASE_COUNT(pieces)]);
		int cells = (int)(seed >> 40) % 14;
		utf8_cut(&out, buf_view(&text), cells);
		assert_true(utf8_width(buf_view(&out)) <= cells);
		assert_true(utf8_valid(buf_view(&out), NULL));
		buf_clear(&out);
		utf8_cut_front(&out, buf_view(&text), cells);
		assert_true(utf8_width(buf_view(&out)) <= cells);
		buf_done(&text);
		buf_done(&out);
	}
}

static void a_cursor_moves_by_characters(void **state) {
	(void)state;
	Str text = STR("ae\xCC\x81\xF0\x9F\x87\xAB\xF0\x9F\x87\xAEz");
	size_t stops[] = { 0, 1, 4, 12, 13 };
	for (size_t i = 0; i + 1 < BASE_COUNT(stops); i++) {
		assert_int_equal(utf8_after(text, stops[i]), stops[i + 1]);
		assert_int_equal(utf8_before(text, stops[i + 1]), stops[i]);
	}
	assert_int_equal(utf8_before(text, 0), 0);
	assert_int_equal(utf8_after(text, 13), 13);
}

static void validity_names_the_first_bad_byte(void **state) {
	(void)state;
	size_t at = 99;
	assert_true(utf8_valid(STR("caf\xC3\xA9"), &at));
	assert_int_equal(at, 99);
	assert_false(utf8_valid(STR("caf\xE9 au"), &at));
	assert_int_equal(at, 3);
	assert_false(utf8_valid(STR("\xED\xA0\x80"), &at)); /* a surrogate */
	assert_int_equal(at, 0);
	assert_false(utf8_valid(STR("ab\xC0\xAF"), &at)); /* an overlong slash */
	assert_int_equal(at, 2);
	char out[4];
	assert_int_equal(utf8_encode(0xD800, out), 0);
	assert_int_equal(utf8_encode(0x20AC, out), 3);
	assert_memory_equal(out, "\xE2\x82\xAC", 3);
}

static void search_ignores_case(void **state) {
	(void)state;
	size_t end = 0;
	assert_int_equal(utf8_find(STR("word Softmax"), STR("softMAX"), 0, &end), 5);
	assert_int_equal(end, 12);
	assert_int_equal(utf8_find(STR("\xC3\x89t\xC3\xA9"), STR("\xC3\xA9"), 0, &end), 0);
	assert_int_equal(utf8_find(STR("\xC3\x89t\xC3\xA9"), STR("\xC3\xA9"), 1, &end), 3);
	assert_true(utf8_find(STR("abc"), STR("abcd"), 0, NULL) == SIZE_MAX);
	assert_int_equal(utf8_find(STR("abc"), STR(""), 3, NULL), 3);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(widths_are_those_a_terminal_shows),
		cmocka_unit_test(escapes_never_reach_the_terminal),
		cmocka_unit_test(lines_have_their_tabs_expanded),
		cmocka_unit_test(cutting_keeps_whole_characters),
		cmocka_unit_test(cutting_is_never_too_wide),
		cmocka_unit_test(a_cursor_moves_by_characters),
		cmocka_unit_test(validity_names_the_first_bad_byte),
		cmocka_unit_test(search_ignores_case),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
