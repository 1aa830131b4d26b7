/* The program on a headless screen, driven by scripts: what scripts say, what actions and keys do, help, palette, the
 * input line, the editor. */
#include "core/posix.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base.h"
#include "tui/action.h"
#include "tui/app.h"
#include "tui/script.h"
#include "tui/widget.h"
#include "tui/widget_fuzzy.h"
#include "tui/widget_line.h"

/* ---- the action table ---- */

static void no_two_actions_share_a_key(void **state) {
	(void)state;
	for (int i = 1; i < ACTION_COUNT; i++) {
		const ActionInfo *a = action_info((ActionId)i);
		assert_true(a->name[0] && a->help[0] && a->where && a->label[0]);
		assert_int_equal(action_find(str_of(a->name)), i);
		assert_true(strlen(a->help) < 80);
		Keymap alone = { 0 }; /* its own keys all parse and survive the table's other rows */
		keymap_init(&alone);
		Buf keys = { 0 };
		keymap_keys(&alone, (ActionId)i, &keys);
		if (strcmp(keys.ptr ? keys.ptr : "", a->keys) != 0) fail_msg("%s lost a key: %s", a->name, keys.ptr);
		buf_done(&keys);
		keymap_done(&alone);
	}
}

static void keys_are_rebound_and_taken(void **state) {
	(void)state;
	Keymap map;
	Err err = { 0 };
	keymap_init(&map);
	assert_int_equal(keymap_find(&map, 'a', WHERE_WALK), ACTION_ACCEPT);
	assert_int_equal(keymap_find(&map, 'a', WHERE_PLAN), ACTION_NONE);
	assert_int_equal(keymap_find(&map, 'n', WHERE_START), ACTION_NEW);
	assert_int_equal(keymap_find(&map, 'n', WHERE_WALK), ACTION_NOTE);
	assert_true(keymap_bind(&map, "accept", "Enter C-y", &err));
	assert_int_equal(keymap_find(&map, 'a', WHERE_WALK), ACTION_NONE);
	assert_int_equal(keymap_find(&map, KEYS_ENTER, WHERE_WALK), ACTION_ACCEPT);
	assert_int_equal(keymap_find(&map, KEYS_CTRL | 'y', WHERE_WALK), ACTION_ACCEPT);
	assert_true(keymap_bind(&map, "accept", "none", &err));
	assert_int_equal(keymap_first(&map, ACTION_ACCEPT), KEYS_NONE);
	assert_false(keymap_bind(&map, "acept", "a", &err));
	assert_non_null(strstr(err.text, "'acept'"));
	assert_false(keymap_bind(&map, "reject", "r Foo", &err));
	assert_non_null(strstr(err.text, "'Foo'"));
	assert_int_equal(keymap_find(&map, 'r', WHERE_WALK), ACTION_REJECT); /* nothing changed */
	keymap_done(&map);
}

/* ---- scripts ---- */

static void scripts_say_what_they_mean(void **state) {
	(void)state;
	Script script;
	Err err = { 0 };
	assert_true(
	    script_parse(STR("# a test\n\nj C-e\n:type two words \n:size 80 24\n:key :\n:run undo\n:paste a\\nb\n:quit"),
	        "s", &script, &err));
	assert_int_equal(script.n, 8);
	assert_int_equal(script.steps[1].key, KEYS_CTRL | 'e');
	assert_true(str_is(script.steps[2].text, "two words"));
	assert_int_equal(script.steps[3].numbers[0], 80);
	assert_int_equal(script.steps[3].line, 5);
	assert_int_equal(script.steps[4].key, ':');
	assert_int_equal(script.steps[5].action, ACTION_UNDO);
	assert_true(str_is(script.steps[6].text, "a\nb"));
	script_done(&script);
	static const struct {
		const char *text, *message;
	} bad[] = {
		{ "j\nFoo", "s:2: 'Foo' is not a key's name" },
		{ ":nope", "s:1: there is no command ':nope'" },
		{ ":size 80", "s:1: 2 numbers must follow here" },
		{ ":size 80 x", "s:1: 2 numbers must follow here" },
		{ ":expect", "s:1: something must follow here" },
		{ ":wait long", "s:1: only ':wait idle' is known" },
		{ ":run fly", "s:1: there is no action 'fly'" },
		{ ":quit now", "s:1: nothing may follow here" },
	};
	for (size_t i = 0; i < BASE_COUNT(bad); i++) {
		assert_false(script_parse(str_of(bad[i].text), "s", &script, &err));
		assert_string_equal(err.text, bad[i].message);
	}
}

/* Runs a script with options, in a folder of its own; returns the status. */
static int run(AppOptions options, const char *text, Err *err) {
	char folder[] = "/tmp/triptych-test-XXXXXX";
	assert_non_null(mkdtemp(folder));
	char *path = base_path_join(folder, "script"), *db = base_path_join(folder, "triptych.db");
	FILE *file = fopen(path, "w");
	assert_non_null(file);
	fputs(text, file);
	fclose(file);
	options.script = path;
	if (!options.db) options.db = db;
	int status = app_run(&options, err);
	remove(path);
	remove(db);
	static const char *const leftovers[] = { "-wal", "-shm" };
	for (size_t i = 0; i < BASE_COUNT(leftovers); i++) {
		Buf name = { 0 };
		buf_printf(&name, "%s%s", db, leftovers[i]);
		remove(name.ptr);
		buf_done(&name);
	}
	rmdir(folder);
	free(path);
	free(db);
	return status;
}

static void runs(const char *text) {
	Err err = { 0 };
	int status = run((AppOptions) { 0 }, text, &err);
	if (status != 0) fail_msg("status %d: %s", status, err.text);
	assert_string_equal(err.text, "");
}

static void the_start_screen_says_what_to_do(void **state) {
	(void)state;
	runs(":expect No session here yet.\n"
	     ":expect   i  look for the port\n"
	     ":expect  n  new session\n"
	     ":expect  t  try the demo\n"
	     ":expect Q quit\n"
	     "Q");
}

static void it_fits_any_size(void **state) {
	(void)state;
	runs(
	    ":size 80 24\n:expect No session\n? \n:size 20 5\n:size 1 1\nEsc :\n:size 10 3\nEsc\n:size 1000 400\n:expect No session");
}

static void help_and_palette_come_from_the_table(void **state) {
	(void)state;
	runs("?\n"
	     ":expect Keys in the start screen\n"
	     ":expect the keys that work here\n"
	     ":expect : \n"
	     "Esc\n"
	     ":absent Keys in\n"
	     ":key :\n"
	     ":expect Command\n"
	     ":type thm\n"
	     ":expect ▸ theme\n"
	     "Enter\n"
	     ":expect theme: light\n"
	     ":absent Command\n"
	     ":key :\n"
	     ":type zzz\n"
	     ":expect no action of that name\n"
	     "Enter Esc\n"
	     ":absent Command\n"
	     ":run help\n"
	     ":expect Keys in\n");
}

static void bindings_show_where_keys_are_shown(void **state) {
	(void)state;
	Err err = { 0 };
	AppBinding bindings[] = { { "init", "C-o" }, { "quit", "C-q" } };
	AppOptions options = { .bindings = bindings, .n_bindings = 2 };
	int status = run(options, ":expect C-o  look\n:expect C-q quit\nQ\n:expect No session\nC-q", &err);
	assert_string_equal(err.text, "");
	assert_int_equal(status, 0);
	AppBinding wrong[] = { { "fly", "x" } };
	options = (AppOptions) { .bindings = wrong, .n_bindings = 1 };
	assert_int_equal(run(options, "Q", &err), 2);
	assert_non_null(strstr(err.text, "no action 'fly'"));
}

static void a_failed_step_is_named(void **state) {
	(void)state;
	Err err = { 0 };
	assert_int_equal(run((AppOptions) { 0 }, "F12\n:expect nothing like this\n", &err), 1);
	assert_non_null(strstr(err.text, "script:2: the screen does not show 'nothing like this'"));
	assert_int_equal(run((AppOptions) { 0 }, "Q\n:expect more", &err), 1);
	assert_non_null(strstr(err.text, "script:2: the program was left before this step"));
	assert_int_equal(run((AppOptions) { 0 }, ":nope", &err), 2);
	AppOptions missing = { .db = "x", .script = "/nowhere/script" };
	assert_int_equal(app_run(&missing, &err), 2);
	assert_non_null(strstr(err.text, "/nowhere/script"));
}

/* ---- pieces ---- */

static void is_line(const LineEdit *line, const char *text, size_t cursor) {
	Buf copy = { 0 };
	buf_str(&copy, line_text(line));
	assert_string_equal(copy.ptr ? copy.ptr : "", text);
	assert_int_equal(line->cursor, cursor);
	buf_done(&copy);
}

static void a_line_is_edited(void **state) {
	(void)state;
	LineHistory history = { 0 };
	LineEdit line;
	line_init(&line, STR("parity"), &history);
	assert_true(line_key(&line, ' '));
	line_paste(&line, STR("in\r\n\tfp16\x1b[31m\xFF!"));
	is_line(&line, "parity in fp16[31m!", 19);
	assert_true(line_key(&line, KEYS_CTRL | 'w'));
	is_line(&line, "parity in ", 10);
	assert_true(line_key(&line, KEYS_HOME));
	assert_true(line_key(&line, 0x6F22)); /* 漢 */
	is_line(&line, "漢parity in ", 3);
	assert_true(line_key(&line, KEYS_BACKSPACE));
	assert_true(line_key(&line, KEYS_BACKSPACE)); /* nothing before */
	assert_true(line_key(&line, KEYS_DELETE));
	is_line(&line, "arity in ", 0);
	assert_true(line_key(&line, KEYS_CTRL | KEYS_RIGHT));
	is_line(&line, "arity in ", 5);
	assert_true(line_key(&line, KEYS_CTRL | 'k'));
	is_line(&line, "arity", 5);
	assert_false(line_key(&line, KEYS_F1));
	assert_false(line_key(&line, KEYS_ESC));
	line_remember(&history, STR("first"));
	line_remember(&history, STR("first"));
	line_remember(&history, STR(""));
	line_remember(&history, STR("second"));
	assert_int_equal(history.n, 2);
	line_done(&line);
	line_init(&line, STR("typing"), &history);
	line_key(&line, KEYS_UP);
	is_line(&line, "second", 6);
	line_key(&line, KEYS_UP);
	line_key(&line, KEYS_UP);
	is_line(&line, "first", 5);
	line_key(&line, KEYS_DOWN);
	line_key(&line, KEYS_DOWN);
	is_line(&line, "typing", 6);
	line_done(&line);
	line_history_done(&history);
}

static void a_long_line_scrolls_with_its_cursor(void **state) {
	(void)state;
	Grid grid = { 0 };
	LineEdit line;
	grid_resize(&grid, 1, 10);
	line_init(&line, STR("0123456789abcdef"), NULL);
	line_draw(&line, &grid, grid_all(&grid), STYLE(ROLE_TEXT));
	assert_true(grid_shows(&grid, STR("…89abcdef")));
	assert_int_equal(grid.cursor_col, 9);
	line_key(&line, KEYS_HOME);
	grid_clear(&grid);
	line_draw(&line, &grid, grid_all(&grid), STYLE(ROLE_TEXT));
	assert_true(grid_shows(&grid, STR("0123456789")));
	assert_int_equal(grid.cursor_col, 0);
	line_done(&line);
	grid_done(&grid);
}

static void the_line_that_matters_is_never_at_the_edge(void **state) {
	(void)state;
	for (int rows = 1; rows < 30; rows++) {
		ListState list = { 0 };
		list_set(&list, 50);
		int margin = rows > 6 ? 3 : (rows - 1) / 2;
		uint64_t seed = HASH_SEED;
		for (int i = 0; i < 300; i++) {
			seed = hash_u64(seed, (uint64_t)i);
			static const ActionId moves[] = { ACTION_UP, ACTION_DOWN, ACTION_PAGE_UP, ACTION_PAGE_DOWN, ACTION_FIRST,
				ACTION_LAST };
			if (seed % 7 == 6)
				list_scroll(&list, (int)(seed >> 8) % 9 - 4, rows);
			else
				assert_true(list_act(&list, moves[seed % 7 % 6], rows));
			list_settle(&list, rows);
			int at = (int)(list.selected - list.top);
			assert_true(list.selected < list.n && list.selected >= list.top && at < rows);
			if (list.top > 0) assert_true(at >= margin);
			if (list.top + (size_t)rows < list.n) assert_true(at < rows - margin);
		}
		list_set(&list, 0);
		list_settle(&list, rows);
		assert_int_equal(list.selected, 0);
		assert_true(list_act(&list, ACTION_DOWN, rows));
		assert_int_equal(list.selected, 0);
	}
}

static void bars_count_in_eighths(void **state) {
	(void)state;
	Grid grid = { 0 };
	grid_resize(&grid, 1, 12);
	static const struct {
		double value;
		const char *bar;
	} cases[] = { { 0, "░░░░░" }, { 0.24, "█▎░░░" }, { 0.96, "████▊" }, { 1, "█████" }, { 7, "█████" }, { -1, "░░░░░" },
		{ 0.0 / 1, "░░░░░" } };
	for (size_t i = 0; i < BASE_COUNT(cases); i++) {
		grid_clear(&grid);
		widget_bar(&grid, grid_all(&grid), 0, 0, 5, cases[i].value, false);
		Buf out = { 0 };
		grid_dump(&grid, &out);
		assert_int_equal(strncmp(out.ptr, cases[i].bar, strlen(cases[i].bar)), 0);
		buf_done(&out);
	}
	grid_done(&grid);
}

static void text_wraps_at_blanks(void **state) {
	(void)state;
	Grid grid = { 0 };
	grid_resize(&grid, 6, 12);
	int n = widget_wrap(
	    &grid, grid_all(&grid), STYLE(ROLE_TEXT), STR("keep the manual path where\nweights_are_returned"), 0);
	assert_int_equal(n, 5);
	assert_int_equal(n, widget_wrap_lines(STR("keep the manual path where\nweights_are_returned"), 12));
	Buf out = { 0 };
	grid_dump(&grid, &out);
	assert_string_equal(out.ptr, "keep the\nmanual path\nwhere\nweights_are_\nreturned\n");
	buf_done(&out);
	grid_done(&grid);
}

static void the_palette_prefers_what_is_meant(void **state) {
	(void)state;
	assert_int_equal(fuzzy_score(STR("reject"), STR("xr")), 0);
	assert_true(fuzzy_score(STR("reject"), STR("rej")) > fuzzy_score(STR("next-open rejected"), STR("rej")));
	assert_true(fuzzy_score(STR("next-open"), STR("no")) > fuzzy_score(STR("note"), STR("ne")));
	assert_true(fuzzy_score(STR("Reject"), STR("REJ")) > 0);
	assert_true(fuzzy_score(STR("anything"), STR("")) > 0);
}

int main(void) {
	unsetenv("NO_COLOR");
	unsetenv("COLORFGBG");
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_two_actions_share_a_key),
		cmocka_unit_test(keys_are_rebound_and_taken),
		cmocka_unit_test(scripts_say_what_they_mean),
		cmocka_unit_test(the_start_screen_says_what_to_do),
		cmocka_unit_test(it_fits_any_size),
		cmocka_unit_test(help_and_palette_come_from_the_table),
		cmocka_unit_test(bindings_show_where_keys_are_shown),
		cmocka_unit_test(a_failed_step_is_named),
		cmocka_unit_test(a_line_is_edited),
		cmocka_unit_test(a_long_line_scrolls_with_its_cursor),
		cmocka_unit_test(the_line_that_matters_is_never_at_the_edge),
		cmocka_unit_test(bars_count_in_eighths),
		cmocka_unit_test(text_wraps_at_blanks),
		cmocka_unit_test(the_palette_prefers_what_is_meant),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
