/* What is kept of a scan stands for it only while nothing that decides has changed; then it is the same in every word. */
#include "core/posix.h"

#include "core/candidate_json.h"
#include "core/scan_cache.h"
#include "sessions/cache.h"
#include "sessions/demo.h"
#include "tests/support/fake_scan.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct Here {
	char *folder, *sides[SIDE_COUNT];
	Store *store;
	ScanCache cache;
	Catalogue catalogue;
	ScanOptions options;
	RowPin pin;
	RowPins pins;
} Here;

static int set_up(void **state) {
	Here *h = base_alloc(sizeof *h);
	Err err = { { 0 } };
	h->folder = fake_folder();
	if (!demo_lay_out(h->folder, true, &err) || !catalogue_load(NULL, 0, &h->catalogue, &err)) fail_msg("%s", err.text);
	char *db = base_path_join(h->folder, "t.db");
	h->store = store_open(db, true, &err);
	assert_non_null(h->store);
	free(db);
	h->cache = cache_of_store(h->store);
	h->options = (ScanOptions) { .cache = &h->cache, .candidates_only = true, .min_confidence = CONFIDENCE_LOW };
	for (int i = 0; i < SIDE_COUNT; i++) {
		h->sides[i] = demo_side(h->folder, (Side)i);
		h->options.sides[i] = (SourceOptions) { .paths = (const char *const *)&h->sides[i], .n_paths = 1 };
	}
	h->pin = (RowPin) { .swift = STR("MelFrontEnd"), .given = { true } };
	h->pins = (RowPins) { &h->pin, 1 };
	*state = h;
	return 0;
}

static int tear_down(void **state) {
	Here *h = *state;
	catalogue_done(&h->catalogue);
	store_close(h->store);
	fake_remove(h->folder);
	for (int i = 0; i < SIDE_COUNT; i++) free(h->sides[i]);
	free(h->folder);
	free(h);
	return 0;
}

static void run(const Here *h, Scan *out) {
	Err err = { { 0 } };
	if (!scan_run(&h->options, &h->catalogue, out, &err)) fail_msg("%s", err.text);
}

static bool is_kept(const Here *h) {
	Scan scan;
	run(h, &scan);
	bool kept = scan.from_cache;
	scan_done(&scan);
	return kept;
}

static char *in_words(const Scan *scan) {
	Buf all = { 0 };
	JsonOut out = json_out(&all, JSON_PRETTY);
	json_open_array(&out);
	for (size_t i = 0; i < scan->n_candidates; i++) candidate_put_whole(&out, &scan->candidates[i]);
	json_close(&out);
	for (size_t i = 0; i < scan->n_components; i++) {
		const ScanComponent *c = &scan->components[i];
		buf_printf(&all, "%.*s %u %u %u %d\n", STR_ARG(c->label), c->file, c->span.start, c->span.end, c->has_errors);
	}
	for (size_t i = 0; i < scan->n_warnings; i++) buf_printf(&all, "%.*s\n", STR_ARG(scan->warnings[i]));
	return buf_take(&all);
}

static void append(const char *folder, const char *name, const char *text) {
	char *path = base_path_join(folder, name);
	FILE *file = fopen(path, "ab");
	assert_non_null(file);
	fputs(text, file);
	fclose(file);
	free(path);
}

static void what_is_kept_is_the_same_in_every_word(void **state) {
	const Here *h = *state;
	Scan cold, warm;
	run(h, &cold);
	assert_false(cold.from_cache);
	assert_true(cold.n_candidates > 20);
	run(h, &warm);
	assert_true(warm.from_cache);
	char *a = in_words(&cold), *b = in_words(&warm);
	assert_string_equal(a, b);
	free(a);
	free(b);
	scan_done(&cold);
	scan_done(&warm);
}

static void whatever_decides_makes_a_scan_anew(void **state) {
	Here *h = *state;
	static const struct {
		Side side;
		const char *file;
	} CHANGED[] = { { SIDE_SWIFT, "Sources/Whinchat/Audio.swift" }, { SIDE_SWIFT, "Package.swift" },
		{ SIDE_SWIFT, "Package.resolved" }, { SIDE_MLX, "whinchat_mlx/cache.py" } };
	assert_false(is_kept(h));
	for (size_t i = 0; i < BASE_COUNT(CHANGED); i++) {
		assert_true(is_kept(h));
		append(h->sides[CHANGED[i].side], CHANGED[i].file, "\n");
		assert_false(is_kept(h));
	}
	h->options.min_confidence = CONFIDENCE_HIGH;
	assert_false(is_kept(h));
	h->options.pins = &h->pins;
	assert_false(is_kept(h));
	h->catalogue.techniques[0].version++;
	assert_false(is_kept(h));
	h->options.techniques = (const char *const[]) { "sdpa" };
	h->options.n_techniques = 1;
	assert_false(is_kept(h));
	assert_true(is_kept(h));
	h->options.candidates_only = false; /* who looks at trees and graphs gets them */
	assert_false(is_kept(h));
}

static void a_scan_at_hand_is_not_made_again(void **state) {
	Here *h = *state;
	h->options.candidates_only = false;
	Scan first, again;
	run(h, &first);
	h->options.unless = &first;
	run(h, &again);
	assert_true(again.unchanged);
	assert_int_equal(again.n_candidates, 0);
	scan_done(&again);
	append(h->sides[SIDE_SWIFT], "Sources/Whinchat/Audio.swift", "\n");
	run(h, &again);
	assert_false(again.unchanged);
	assert_int_equal(again.n_candidates, first.n_candidates);
	scan_done(&again);
	scan_done(&first);
}

static size_t count_kept(Store *store) {
	Query q = query_open(store, "SELECT count(*) FROM scan_cache");
	size_t n = query_row(&q) ? (size_t)query_get_integer(&q, 0) : 0;
	assert_true(query_end(&q, NULL));
	return n;
}

static void it_stays_small(void **state) {
	const Here *h = *state;
	const ScanCache *cache = &h->cache;
	Buf out = { 0 };
	char key[16];
	cache->put(cache->context, STR("mine"), STR("of use"));
	for (int i = 0; i < CACHE_KEPT * 3; i++) {
		snprintf(key, sizeof key, "k%d", i);
		cache->put(cache->context, str_of(key), STR("x"));
		assert_true(cache->get(cache->context, STR("mine"), &out)); /* what is used stays */
	}
	assert_int_equal(count_kept(h->store), CACHE_KEPT);
	assert_false(cache->get(cache->context, STR("k0"), &out));
	char *large = base_alloc(CACHE_MAX + 1);
	memset(large, 'x', CACHE_MAX + 1);
	cache->put(cache->context, STR("large"), (Str) { large, CACHE_MAX + 1 });
	assert_false(cache->get(cache->context, STR("large"), &out));
	free(large);
	buf_done(&out);
}

/* What can't be read is as if it weren't there. */
static void nonsense_is_passed_over(void **state) {
	const Here *h = *state;
	Scan scan;
	run(h, &scan);
	size_t n = scan.n_candidates;
	h->cache.put(h->cache.context, str_of(scan.key), STR("{\"candidates\":[{}]}"));
	scan_done(&scan);
	run(h, &scan);
	assert_false(scan.from_cache);
	assert_int_equal(scan.n_candidates, n);
	scan_done(&scan);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(what_is_kept_is_the_same_in_every_word, set_up, tear_down),
		cmocka_unit_test_setup_teardown(whatever_decides_makes_a_scan_anew, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_scan_at_hand_is_not_made_again, set_up, tear_down),
		cmocka_unit_test_setup_teardown(it_stays_small, set_up, tear_down),
		cmocka_unit_test_setup_teardown(nonsense_is_passed_over, set_up, tear_down),
	};
	return cmocka_run_group_tests_name("scan cache", tests, NULL, NULL);
}
