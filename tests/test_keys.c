/* Keys by name, and what terminals really send. */
#include "core/posix.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tui/keys.h"

static void names_are_taken_back(void **state) {
	(void)state;
	static const char *const names[] = { "a", "?", ":", "C-e", "M-x", "C-M-x", "S-Tab", "PgDn", "PgUp", "F1", "F12",
		"Space", "C-Space", "Up", "C-Left", "S-Down", "Enter", "Esc", "BS", "Del", "é", "漢", "-", "M--", "C-_" };
	for (size_t i = 0; i < BASE_COUNT(names); i++) {
		Key key = KEYS_NONE;
		char name[KEYS_NAME_MAX];
		assert_true(key_parse(str_of(names[i]), &key));
		assert_string_equal(key_to_name(key, name), names[i]);
	}
	Key a, b;
	assert_true(key_parse(STR("C-E"), &a) && key_parse(STR("C-e"), &b) && a == b);
	static const char *const bad[] = { "", "ab", "F0", "F13", "F1x", "C-i", "C-m", "C-[", "C-1", "S-a", "X-a", "C-C-a",
		"\x1b", "\xFF", "C-Tab", "enter" };
	for (size_t i = 0; i < BASE_COUNT(bad); i++) assert_false(key_parse(str_of(bad[i]), &a));
}

/* Feeds bytes and writes the events down: "a Up press(3,4) paste[x] esc". */
static void decodes(const char *bytes, size_t len, bool byte_by_byte, const char *expected) {
	KeyDecoder decoder = { 0 };
	key_decoder_own(&decoder, "\x1b[[A", KEYS_F1);     /* the Linux console's */
	key_decoder_own(&decoder, "\x08", KEYS_BACKSPACE); /* not an escape sequence: ignored */
	Buf out = { 0 };
	Event event;
	for (size_t i = 0; i <= len; i++) {
		if (byte_by_byte && i < len) key_decoder_feed(&decoder, (Str) { bytes + i, 1 });
		if (!byte_by_byte && i == 0) key_decoder_feed(&decoder, (Str) { bytes, len });
		while (key_decoder_next(&decoder, i == len, &event)) {
			char name[KEYS_NAME_MAX];
			if (out.len) buf_putc(&out, ' ');
			switch (event.kind) {
			case EVENT_KEY: buf_puts(&out, key_to_name(event.key, name)); break;
			case EVENT_PASTE: buf_printf(&out, "paste[%.*s]", STR_ARG(event.text)); break;
			case EVENT_PRESS: buf_printf(&out, "press(%d,%d)", event.row, event.col); break;
			case EVENT_WHEEL: buf_printf(&out, "wheel(%d,%d,%d)", event.row, event.col, event.delta); break;
			case EVENT_NONE: break;
			}
		}
	}
	assert_string_equal(out.ptr ? out.ptr : "", expected);
	assert_false(key_decoder_waits(&decoder));
	buf_done(&out);
	key_decoder_done(&decoder);
}

static void bytes_become_keys(void **state) {
	(void)state;
	static const struct {
		const char *bytes, *events;
	} cases[] = {
		{ "ab\r\n\t\x7f\x08", "a b Enter Enter Tab BS BS" },
		{ "\x05\x1a\x03", "C-e C-z C-c" },
		{ "\x1b[A\x1bOB\x1b[1;5C\x1b[1;2D", "Up Down C-Right S-Left" },
		{ "\x1b[5~\x1b[6~\x1b[3;5~\x1b[H\x1bOF\x1b[7~", "PgUp PgDn C-Del Home End Home" },
		{ "\x1bOP\x1b[15~\x1b[24~\x1b[[A", "F1 F5 F12 F1" },
		{ "\x1b[Z\x1bx\x1b\x05", "S-Tab M-x C-M-e" },
		{ "\xC3\xA9\xE6\xBC\xA2", "é 漢" },
		{ "a\xFF"
		  "b",
		    "a b" },
		{ "\x1b[<0;5;4M\x1b[<0;5;4m\x1b[<64;1;1M\x1b[<65;300;120M", "press(3,4) wheel(0,0,-3) wheel(119,299,3)" },
		{ "\x1b[<2;5;4Mx", "x" }, /* the right button does nothing */
		{ "\x1b[200~two\rlines\x1b[A\x1b[201~z", "paste[two\nlines\x1b[A] z" },
		{ "\x1b[?62;22cx", "x" }, /* a reply to a question of another program */
		{ "\x1b]11;rgb:0000/0000/0000\x1b\\y\x1b]0;t\x07z", "y z" },
		{ "\x1b[99999999999999999999~q", "q" },
		{ "\x1b", "Esc" },
		{ "\x1b\x1b", "Esc Esc" },
	};
	for (size_t i = 0; i < BASE_COUNT(cases); i++)
		decodes(cases[i].bytes, strlen(cases[i].bytes), false, cases[i].events);
	/* the same however a slow line cuts it */
	for (size_t i = 0; i < BASE_COUNT(cases); i++)
		decodes(cases[i].bytes, strlen(cases[i].bytes), true, cases[i].events);
	decodes("a\0b", 3, false, "a C-Space b");
}

static void a_lone_escape_waits_for_what_may_follow(void **state) {
	(void)state;
	KeyDecoder decoder = { 0 };
	Event event;
	key_decoder_feed(&decoder, STR("\x1b"));
	assert_false(key_decoder_next(&decoder, false, &event));
	assert_true(key_decoder_waits(&decoder));
	key_decoder_feed(&decoder, STR("[A"));
	assert_true(key_decoder_next(&decoder, false, &event));
	assert_int_equal(event.key, KEYS_UP);
	key_decoder_feed(&decoder, STR("\x1b"));
	assert_true(key_decoder_next(&decoder, true, &event));
	assert_int_equal(event.key, KEYS_ESC);
	key_decoder_done(&decoder);
}

static void any_bytes_end_in_events(void **state) {
	(void)state;
	static const char alphabet[] = "\x1b[O<;0123~MmAZ\xC3\xA9 \x7f\r]\x07";
	uint64_t seed = HASH_SEED;
	for (int round = 0; round < 3000; round++) {
		KeyDecoder decoder = { 0 };
		Event event;
		for (int i = 0; i < 40; i++) {
			seed = hash_u64(seed, (uint64_t)i);
			key_decoder_feed(&decoder, (Str) { &alphabet[seed % (sizeof alphabet - 1)], 1 });
			while (key_decoder_next(&decoder, (seed >> 20) % 8 == 0, &event)) {}
		}
		key_decoder_feed(&decoder, STR("\x1b[201~"));
		while (key_decoder_next(&decoder, true, &event)) {}
		assert_false(key_decoder_waits(&decoder));
		key_decoder_done(&decoder);
	}
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_are_taken_back),
		cmocka_unit_test(bytes_become_keys),
		cmocka_unit_test(a_lone_escape_waits_for_what_may_follow),
		cmocka_unit_test(any_bytes_end_in_events),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
