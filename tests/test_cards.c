/* Every built-in card holds to what it promises: its blocks are its test, its sections are filled, its APIs exist. */
#include "core/posix.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/api.h"
#include "core/api_apple.h"
#include "core/data.h"
#include "core/technique.h"

static const char *const FAMILIES[] = { "MLX built-ins", "Vectorization", "Pre-computation", "KV cache",
	"Memory management", "Computation graph control", "Zero-copy", "Audio on GPU", "Audio on CPU", "Algorithms",
	"Clean-up" };

static int load(void **state) {
	Catalogue *catalogue = calloc(1, sizeof *catalogue);
	Err err;
	*state = catalogue;
	bool ok = catalogue && catalogue_load(NULL, 0, catalogue, &err);
	if (!ok) fprintf(stderr, "%s\n", catalogue ? err.text : "out of memory");
	for (size_t i = 0; ok && i < catalogue->n_problems; i++) fprintf(stderr, "%.*s\n", STR_ARG(catalogue->problems[i]));
	return ok && !catalogue->n_problems ? 0 : -1;
}

static int drop(void **state) {
	catalogue_done(*state);
	free(*state);
	return 0;
}

static void test_blocks_are_found_and_silent(void **state) {
	Buf report = { 0 };
	bool ok = true;
	const Catalogue *catalogue = *state;
	for (size_t i = 0; i < catalogue->n; i++) ok &= technique_check(catalogue, &catalogue->techniques[i], &report);
	if (!ok) fail_msg("%.*s", STR_ARG(buf_view(&report)));
	buf_done(&report);
}

static bool is_family(Str family) {
	for (size_t i = 0; i < BASE_COUNT(FAMILIES); i++) {
		if (str_is(family, FAMILIES[i])) return true;
	}
	return false;
}

static void wants(const Technique *t, bool holds, const char *what) {
	if (!holds) fail_msg("%.*s: %s", STR_ARG(t->path), what);
}

static void test_cards_say_what_a_reader_needs(void **state) {
	const Catalogue *catalogue = *state;
	for (size_t i = 0; i < catalogue->n; i++) {
		const Technique *t = &catalogue->techniques[i];
		char path[128];
		snprintf(path, sizeof path, "core/techniques/%.*s.md", STR_ARG(t->id));
		wants(t, str_is(t->path, path), "the file isn't named by its id");
		wants(t, is_family(t->family), "no such family");
		wants(t, t->description.len > 80, "no description");
		wants(t, t->tradeoff.len > 0, "no trade-off");
		wants(t, t->when_not.len > 0, "no 'When not'");
		wants(t, t->check.len > 0, "no 'Check'");
		wants(t, t->measured.len > 0, "no 'Measured'");
		wants(t, t->message.len > 0 || t->detector.len > 0, "no message");
		wants(t, t->n_flagged >= 3 || (t->detector.len && t->n_flagged >= 1), "fewer than three blocks under Flagged");
		wants(t, t->n_not_flagged >= 3, "fewer than three blocks under Not flagged");
		wants(t, t->instead_text.len > 0, "no 'Instead'");
	}
}

/* One of Apple's: it is in the table, and the card says since when. */
static bool check_apple(const Technique *t, Str api) {
	const ApiApple *apple = api_apple_find(api);
	char since[64];
	if (!apple) return false;
	snprintf(since, sizeof since, "macOS %s, iOS %s", apple->macos, apple->ios);
	wants(t, str_is(t->since, since), "the systems named aren't those of the table");
	return true;
}

static bool is_part_of_a_name(char c) {
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

/* Every name of Apple's frameworks in a card's text and code is one that exists. */
static void test_names_of_apple_exist(void **state) {
	const Catalogue *catalogue = *state;
	size_t seen = 0;
	for (size_t i = 0; i < catalogue->n; i++) {
		Str text;
		char path[128];
		snprintf(path, sizeof path, "%.*s", STR_ARG(catalogue->techniques[i].path));
		assert_true(data_get(path, &text));
		for (size_t at = 0; at < text.len;) {
			size_t from = at;
			while (at < text.len && is_part_of_a_name(text.ptr[at])) at++;
			Str name = str_sub(text, from, at);
			if (at == from) at++;
			if (!api_apple_looks_like(name) || str_ends(name, "_")) continue;
			seen++;
			if (!api_apple_find(name))
				fail_msg("%.*s: no such name: %.*s", STR_ARG(catalogue->techniques[i].path), STR_ARG(name));
		}
	}
	assert_true(seen > 50);
}

/* The API proposed is one of the last version, and none that it tells to leave. */
static void test_what_cards_propose_exists(void **state) {
	const Catalogue *catalogue = *state;
	api_load();
	for (size_t i = 0; i < catalogue->n; i++) {
		const Technique *t = &catalogue->techniques[i];
		Str rest = t->api, api;
		while (rest.len && str_split(&rest, ';', &api)) {
			ApiAnswer answer;
			if (check_apple(t, str_trim(api))) continue;
			if (!api_find_text(str_trim(api), &answer))
				fail_msg("%.*s: no such API: %.*s", STR_ARG(t->path), STR_ARG(api));
			wants(t, api_available(&answer, API_NEVER), "the API is gone");
			wants(t, !api_is_deprecated(&answer, API_NEVER), "the API is deprecated");
		}
		for (size_t n = 0; n < t->n_needs; n++) wants(t, !str_eq(t->needs[n], t->id), "a technique can't need itself");
		for (size_t n = 0; n < t->n_yields; n++)
			wants(t, !str_eq(t->yields_to[n], t->id), "a technique can't yield to itself");
	}
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_blocks_are_found_and_silent),
		cmocka_unit_test(test_cards_say_what_a_reader_needs),
		cmocka_unit_test(test_what_cards_propose_exists),
		cmocka_unit_test(test_names_of_apple_exist),
	};
	return cmocka_run_group_tests(tests, load, drop);
}
