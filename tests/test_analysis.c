/* The guard of SCAN_ANALYSIS (core/scan_cache.h): what recognises a candidate, held against what it was when that version was
 * set. A fingerprint or a span that differs for code that is the same would, in a user's session, make a moved candidate a
 * stranger; with the version raised, sessions know that fingerprints of before say nothing. */
#include "core/posix.h"

#include "core/scan.h"
#include "sessions/demo.h"
#include "tests/support/fake_scan.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static const char *const TECHNIQUES[] = { "sdpa", "fast-rms-norm", "fast-layer-norm", "kv-cache-concat", "async-eval",
	"precompute-constant", "rfft", "vectorize-loop" };
static const char GOLDEN[] = "tests/golden/analysis.txt";

/* The candidates point into the catalogue. */
static void scan_demo(Catalogue *catalogue, Scan *out) {
	char *folder = fake_folder(), *sides[SIDE_COUNT];
	Err err = { { 0 } };
	ScanOptions options = { .techniques = TECHNIQUES, .n_techniques = BASE_COUNT(TECHNIQUES) };
	if (!demo_lay_out(folder, true, &err) || !catalogue_load(NULL, 0, catalogue, &err)) fail_msg("%s", err.text);
	for (int i = 0; i < SIDE_COUNT; i++) {
		sides[i] = demo_side(folder, (Side)i);
		options.sides[i] = (SourceOptions) { .paths = (const char *const *)&sides[i], .n_paths = 1 };
	}
	if (!scan_run(&options, catalogue, out, &err)) fail_msg("%s", err.text);
	fake_remove(folder);
	free(folder);
	for (int i = 0; i < SIDE_COUNT; i++) free(sides[i]);
}

/* How many of its technique stand before it in its component. */
static unsigned nth(const Scan *scan, const Candidate *c) {
	unsigned n = 0;
	for (size_t i = 0; i < scan->n_candidates; i++) {
		const Candidate *o = &scan->candidates[i];
		n += str_eq(o->technique, c->technique) && str_eq(o->place.component, c->place.component) &&
		     strcmp(o->place.name, c->place.name) == 0 && o->place.span.start < c->place.span.start;
	}
	return n;
}

/* "KEY = WHAT": a key says which candidate, what follows how it is recognised. */
static void print(const Scan *scan, Buf *out) {
	buf_printf(out, "analysis = %s\n", scan_analysis_version());
	for (size_t i = 0; i < scan->n_candidates; i++) {
		const Candidate *c = &scan->candidates[i];
		const char *slash = strrchr(c->place.name, '/');
		buf_printf(out, "%.*s %s %.*s %u %.8s = %016" PRIx64 " %u-%u %016" PRIx64 "\n", STR_ARG(c->technique),
		    slash ? slash + 1 : c->place.name, STR_ARG(c->place.component), nth(scan, c), c->anchor.content_id,
		    c->fingerprint, c->place.span.start, c->place.span.end, c->anchor.token_hash);
	}
}

/* The line of a text that begins with the same key; empty when there is none. */
static Str same_key(Str text, Str line) {
	size_t key = str_find(line, " = ", 0);
	Str other;
	while (str_split(&text, '\n', &other)) {
		if (other.len > key && str_eq(str_sub(other, 0, key + 3), str_sub(line, 0, key + 3))) return other;
	}
	return STR_NONE;
}

static void keep_for_accept(Str text) {
	const char *folder = getenv("TRIPTYCH_GOLDEN_OUT");
	char path[4096];
	if (!folder) return;
	mkdir(folder, 0777);
	snprintf(path, sizeof path, "%s/analysis.txt", folder);
	FILE *file = fopen(path, "wb");
	if (!file) return;
	fwrite(text.ptr, 1, text.len, file);
	fclose(file);
}

static void what_recognises_a_candidate_is_as_its_version_says(void **state) {
	(void)state;
	Catalogue catalogue;
	Scan scan;
	scan_demo(&catalogue, &scan);
	Buf now = { 0 };
	print(&scan, &now);
	char *golden = NULL;
	size_t len = 0;
	Err err = { { 0 } };
	bool there = base_file_read(GOLDEN, 1 << 20, &golden, &len, &err);
	Str before = { golden, len }, rest = before, line, was = same_key(before, STR("analysis = "));
	bool raised = !str_eq(was, same_key(buf_view(&now), STR("analysis = ")));
	size_t n_known = 0, n_other = 0;
	while (there && str_split(&rest, '\n', &line)) {
		Str is = line.len ? same_key(buf_view(&now), line) : STR_NONE;
		n_known += is.len > 0;
		if (is.len == 0 || str_eq(is, line)) continue;
		n_other++;
		print_message("was %.*s\nis  %.*s\n", STR_ARG(line), STR_ARG(is));
	}
	/* too few are left to compare with: the demo was edited, or its techniques are others */
	bool stale = !there || n_known * 2 < scan.n_candidates;
	if (raised || stale || n_other > 0) keep_for_accept(buf_view(&now));
	if (!raised && n_other > 0)
		fail_msg("%s",
		    "fingerprints or spans of candidates that were there before have changed: raise SCAN_ANALYSIS in "
		    "core/scan_cache.h, then make accept");
	if (raised || stale) fail_msg("%s is of another version or demo: make accept", GOLDEN);
	free(golden);
	buf_done(&now);
	scan_done(&scan);
	catalogue_done(&catalogue);
}

/* Whatever is built from other code says so by itself. */
static void a_build_is_told_from_another(void **state) {
	(void)state;
	assert_true(str_starts(str_of(scan_build()), scan_analysis_version()));
	assert_true(strlen(scan_build()) > strlen(scan_analysis_version()) + 2);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_recognises_a_candidate_is_as_its_version_says),
		cmocka_unit_test(a_build_is_told_from_another),
	};
	return cmocka_run_group_tests_name("analysis", tests, NULL, NULL);
}
