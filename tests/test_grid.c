/* Drawing into cells: clipping, wide characters, borders that join, dumps, looks. */
#include "core/posix.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "core/utf8.h"
#include "tui/grid.h"

static const Style TEXT = { ROLE_TEXT, GROUND_NONE };

static void shows(const Grid *grid, const char *expected) {
	Buf out = { 0 };
	grid_dump(grid, &out);
	assert_string_equal(out.ptr ? out.ptr : "", expected);
	buf_done(&out);
}

/* Every row's cells must add up to its columns, and no half of a wide character may stand alone. */
static void is_sound(const Grid *grid) {
	for (int row = 0; row < grid->rows; row++)
		for (int col = 0; col < grid->cols; col++) {
			const Cell *cell = grid_at(grid, row, col);
			if (cell->width == 2) {
				assert_true(col + 1 < grid->cols);
				assert_int_equal(cell[1].width, 0);
				assert_int_equal(cell[1].len, 0);
			} else if (cell->width == 0) {
				assert_true(col > 0);
				assert_int_equal(cell[-1].width, 2);
			} else {
				assert_int_equal(cell->width, 1);
				assert_true(cell->arms || cell->len > 0);
			}
		}
}

static void borders_join(void **state) {
	(void)state;
	Grid grid = { 0 };
	grid_resize(&grid, 7, 13);
	Rect all = grid_all(&grid);
	grid_box(&grid, all, TEXT);
	grid_vline(&grid, all, 0, 4, 4, TEXT);
	grid_vline(&grid, all, 0, 8, 4, TEXT);
	grid_hline(&grid, all, 3, 0, 13, TEXT);
	grid_vline(&grid, all, 3, 6, 4, TEXT);
	shows(&grid, "┌───┬───┬───┐\n"
	             "│   │   │   │\n"
	             "│   │   │   │\n"
	             "├───┴─┬─┴───┤\n"
	             "│     │     │\n"
	             "│     │     │\n"
	             "└─────┴─────┘\n");
	grid_vline(&grid, all, 3, 4, 4, TEXT);
	assert_true(str_is(grid_glyph(grid_at(&grid, 3, 4)), "┼"));
	assert_int_equal(grid_ascii(grid_at(&grid, 3, 4)), '+');
	assert_int_equal(grid_ascii(grid_at(&grid, 0, 1)), '-');
	assert_int_equal(grid_ascii(grid_at(&grid, 1, 0)), '|');
	is_sound(&grid);
	grid_done(&grid);
}

static void nothing_is_drawn_outside_its_rectangle(void **state) {
	(void)state;
	Grid grid = { 0 };
	grid_resize(&grid, 4, 12);
	Rect part = { 1, 3, 2, 5 };
	assert_int_equal(grid_puts(&grid, part, 1, 1, TEXT, "abcdefghij"), 11);
	grid_puts(&grid, part, 0, 3, TEXT, "above");
	grid_puts(&grid, part, 3, 3, TEXT, "below");
	grid_box(&grid, (Rect) { -2, -2, 50, 50 }, TEXT);
	shows(&grid, "\n   cdefg\n");
	grid_fill(&grid, (Rect) { -5, -5, 100, 100 }, TEXT);
	shows(&grid, "");
	assert_null(grid_at(&grid, 4, 0));
	assert_null(grid_at(&grid, 0, -1));
	grid_cursor(&grid, part, 0, 0);
	assert_int_equal(grid.cursor_row, -1);
	grid_cursor(&grid, part, 2, 7);
	assert_int_equal(grid.cursor_col, 7);
	grid_done(&grid);
}

static void wide_characters_are_never_halved(void **state) {
	(void)state;
	Grid grid = { 0 };
	grid_resize(&grid, 2, 8);
	Rect all = grid_all(&grid);
	grid_puts(&grid, all, 0, 0, TEXT, "漢字漢字");
	is_sound(&grid);
	grid_puts(&grid, all, 0, 1, TEXT, "x"); /* over the right half of the first */
	grid_puts(&grid, all, 0, 4, TEXT, "y"); /* over the left half of the third */
	is_sound(&grid);
	shows(&grid, " x字y 字\n");
	grid_puts(&grid, (Rect) { 1, 1, 1, 4 }, 1, 0, TEXT, "漢字漢"); /* cut by both edges */
	is_sound(&grid);
	shows(&grid, " x字y 字\n  字\n");
	grid_puts(&grid, (Rect) { 0, 0, 2, 8 }, 1, 0, TEXT, "👨‍👩‍👧e\xCC\x81");
	assert_int_equal(grid_at(&grid, 1, 0)->width, 2);
	assert_int_equal(grid_at(&grid, 1, 2)->len, 3);
	is_sound(&grid);
	grid_done(&grid);
}

static void random_drawing_keeps_the_grid_sound(void **state) {
	(void)state;
	static const char *const pieces[] = { "a", "漢", "\x1b[2J", "🇫🇮", "e\xCC\x81", "\xFF", "──", "\t" };
	Grid grid = { 0 };
	grid_resize(&grid, 9, 23);
	uint64_t seed = HASH_SEED;
	for (int i = 0; i < 5000; i++) {
		seed = hash_u64(seed, (uint64_t)i);
		Rect rect = { (int)(seed % 12) - 2, (int)(seed >> 8) % 28 - 3, (int)(seed >> 16) % 8, (int)(seed >> 24) % 20 };
		int row = (int)(seed >> 32) % 11 - 1, col = (int)(seed >> 40) % 27 - 2;
		switch (seed >> 60) {
		case 0: grid_box(&grid, rect, TEXT); break;
		case 1: grid_fill(&grid, rect, TEXT); break;
		case 2: grid_ground(&grid, rect, GROUND_SPAN); break;
		case 3: grid_cut(&grid, rect, row, col, 4, TEXT, str_of("漢字漢字")); break;
		default: grid_puts(&grid, rect, row, col, TEXT, pieces[(seed >> 48) % BASE_COUNT(pieces)]);
		}
		is_sound(&grid);
	}
	grid_done(&grid);
}

static void source_text_cannot_steer_the_screen(void **state) {
	(void)state;
	Grid grid = { 0 };
	grid_resize(&grid, 2, 20);
	grid_puts(&grid, grid_all(&grid), 0, 0, TEXT, "a\x1b[2Jb\nc\xFF");
	shows(&grid, "a^[[2Jb^Jc\\xFF\n");
	grid_done(&grid);
}

static void runs_scroll_sideways(void **state) {
	(void)state;
	Grid grid = { 0 };
	grid_resize(&grid, 1, 20);
	Run runs[] = { { STR("let "), STYLE(ROLE_KEYWORD) }, { STR("w = 漢x"), TEXT } };
	grid_runs(&grid, (Rect) { 0, 0, 1, 10 }, 0, 3, 0, runs, 2);
	shows(&grid, "   let w =\n");
	grid_clear(&grid);
	grid_runs(&grid, (Rect) { 0, 0, 1, 20 }, 0, 3, 5, runs, 2);
	shows(&grid, "    = 漢x\n");
	grid_clear(&grid);
	grid_runs(&grid, (Rect) { 0, 0, 1, 20 }, 0, 3, 9, runs, 2); /* half of the wide one is scrolled away */
	shows(&grid, "    x\n");
	is_sound(&grid);
	grid_done(&grid);
}

static void dumps_say_roles_and_find_text(void **state) {
	(void)state;
	Grid grid = { 0 };
	grid_resize(&grid, 3, 20);
	Rect all = grid_all(&grid);
	grid_puts(&grid, all, 1, 2, STYLE(ROLE_KEYWORD), "let");
	grid_puts(&grid, all, 1, 6, TEXT, "x");
	grid_ground(&grid, (Rect) { 1, 0, 1, 7 }, GROUND_SELECTED);
	Buf out = { 0 };
	grid_dump_roles(&grid, &out);
	assert_string_equal(out.ptr, "2:1 text/selected   \n2:3 keyword/selected let\n2:6 text/selected  x\n");
	buf_done(&out);
	assert_true(grid_shows(&grid, STR("let x")));
	assert_false(grid_shows(&grid, STR("let y")));
	assert_true(grid_shows(&grid, STR("")));
	grid_done(&grid);
}

static void ascii_has_a_look_for_every_mark(void **state) {
	(void)state;
	Grid grid = { 0 };
	grid_resize(&grid, 1, 20);
	const char *marks = "○✓✗…◐!✔●▌█░▸";
	grid_puts(&grid, grid_all(&grid), 0, 0, TEXT, marks);
	char seen[16] = { 0 };
	for (int i = 0; i < 12; i++) {
		char c = grid_ascii(grid_at(&grid, 0, i));
		assert_true(c > ' ' && c < 0x7F && c != '?');
		assert_null(strchr(seen, c)); /* and each its own */
		seen[i] = c;
	}
	grid_puts(&grid, grid_all(&grid), 0, 0, TEXT, "漢");
	assert_int_equal(grid_ascii(grid_at(&grid, 0, 0)), '?');
	grid_done(&grid);
}

static void every_depth_of_colour_has_a_look(void **state) {
	(void)state;
	static const int depths[] = { 0, 2, 8, 16, 88, 256, 1 << 24 };
	for (int theme = 0; theme < THEME_COUNT; theme++)
		for (size_t d = 0; d < BASE_COUNT(depths); d++)
			for (uint8_t role = 0; role < ROLE_COUNT; role++)
				for (uint8_t ground = 0; ground < GROUND_COUNT; ground++) {
					Look look = theme_look((ThemeId)theme, depths[d], (Style) { role, ground });
					int limit = depths[d] < 8 ? 0 : depths[d] < 16 ? 8 : depths[d] < 256 ? 16 : 256;
					assert_true(look.fg < limit && look.bg < limit);
					assert_true(look.fg == LOOK_DEFAULT || look.fg != look.bg); /* never unreadable */
					if (theme == THEME_MONO) assert_true(look.fg == LOOK_DEFAULT && look.bg == LOOK_DEFAULT);
				}
	for (int role = 0; role < ROLE_COUNT; role++) assert_non_null(theme_role_name((Role)role));
	for (int ground = 0; ground < GROUND_COUNT; ground++) assert_non_null(theme_ground_name((Ground)ground));
}

static void what_is_selected_shows_without_colour(void **state) {
	(void)state;
	Look plain = theme_look(THEME_DARK, 0, STYLE(ROLE_TEXT));
	Look selected = theme_look(THEME_DARK, 0, STYLE_ON(ROLE_TEXT, GROUND_SELECTED));
	assert_int_equal(plain.attr, 0);
	assert_int_equal(selected.attr, LOOK_REVERSE);
}

static void no_color_is_honoured(void **state) {
	(void)state;
	assert_int_equal(theme_choose("dark", true, NULL, NULL), THEME_MONO);
	assert_int_equal(theme_choose("light", false, "1", NULL), THEME_MONO);
	assert_int_equal(theme_choose("light", false, "", NULL), THEME_LIGHT); /* empty is not set: no-color.org */
	assert_int_equal(theme_choose(NULL, false, NULL, "0;15"), THEME_LIGHT);
	assert_int_equal(theme_choose("auto", false, NULL, "15;0"), THEME_DARK);
	assert_int_equal(theme_choose(NULL, false, NULL, NULL), THEME_DARK);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(borders_join),
		cmocka_unit_test(nothing_is_drawn_outside_its_rectangle),
		cmocka_unit_test(wide_characters_are_never_halved),
		cmocka_unit_test(random_drawing_keeps_the_grid_sound),
		cmocka_unit_test(source_text_cannot_steer_the_screen),
		cmocka_unit_test(runs_scroll_sideways),
		cmocka_unit_test(dumps_say_roles_and_find_text),
		cmocka_unit_test(ascii_has_a_look_for_every_mark),
		cmocka_unit_test(every_depth_of_colour_has_a_look),
		cmocka_unit_test(what_is_selected_shows_without_colour),
		cmocka_unit_test(no_color_is_honoured),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
