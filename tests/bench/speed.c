/* How long a cold scan takes against parsing alone, taken within one run with the same number of threads.
 *
 *     speed [--mlx PATH] [--torch PATH] [--runs N] SWIFT-PATH...
 *
 * Prints, tab-separated, the medians over N runs (5): files, lines, seconds of parsing, of the whole scan. The first run
 * warms the file system and isn't counted. */
#include "core/posix.h"

#include "core/scan.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

enum { MOST_RUNS = 99 };

typedef struct Phases {
	double begun, parsing; /* when parsing began on the clock, and how long it took over all sides */
	bool in_parsing;
} Phases;

static double now(void) {
	struct timespec at;
	clock_gettime(CLOCK_MONOTONIC, &at);
	return (double)at.tv_sec + (double)at.tv_nsec / 1e9;
}

/* Phases come from the calling thread, one after the other. */
static void step(void *context, const char *phase, size_t done, size_t total) {
	Phases *p = context;
	bool parsing = strcmp(phase, "parsing") == 0;
	(void)done;
	(void)total;
	if (parsing && !p->in_parsing) p->begun = now();
	if (!parsing && p->in_parsing) p->parsing += now() - p->begun;
	p->in_parsing = parsing;
}

static int by_size(const void *a, const void *b) {
	double x = *(const double *)a, y = *(const double *)b;
	return (x > y) - (x < y);
}

static double median(double *values, size_t n) {
	qsort(values, n, sizeof *values, by_size);
	return values[n / 2];
}

static int fail(const char *text) {
	fprintf(stderr, "speed: %s\n", text);
	return 2;
}

static bool one_run(
    ScanOptions *options, const Catalogue *catalogue, double *parsing, double *whole, size_t size[2], Err *err) {
	Phases phases = { 0 };
	ScanProgress progress = { .context = &phases, .step = step };
	Scan scan;
	options->progress = &progress;
	if (!scan_run(options, catalogue, &scan, err)) return false;
	*parsing = phases.parsing;
	*whole = scan.seconds;
	size[0] = size[1] = 0;
	for (Side side = 0; side < SIDE_COUNT; side++) {
		const Source *source = &scan.sides[side].source;
		for (size_t i = 0; scan.sides[side].present && i < source->n_files; i++) size[1] += source->files[i].n_lines;
		if (scan.sides[side].present) size[0] += source->n_files;
	}
	scan_done(&scan);
	return true;
}

int main(int argc, char **argv) {
	ScanOptions options = { 0 };
	const char *paths[SIDE_COUNT] = { 0 };
	int runs = 5, at = 1;
	for (; at + 1 < argc && strncmp(argv[at], "--", 2) == 0; at += 2) {
		Side side;
		if (strcmp(argv[at], "--runs") == 0)
			runs = (int)strtol(argv[at + 1], NULL, 10);
		else if (side_of(str_of(argv[at] + 2), &side) && side != SIDE_SWIFT) {
			paths[side] = argv[at + 1];
			options.sides[side] = (SourceOptions) { .paths = &paths[side], .n_paths = 1 };
		} else
			return fail("unknown option");
	}
	if (at >= argc || runs < 1 || runs > MOST_RUNS)
		return fail("usage: speed [--mlx PATH] [--torch PATH] [--runs N] SWIFT-PATH...");
	options.sides[SIDE_SWIFT] =
	    (SourceOptions) { .paths = (const char *const *)(argv + at), .n_paths = (size_t)(argc - at) };
	Catalogue catalogue;
	Err err;
	if (!catalogue_load(NULL, 0, &catalogue, &err)) return fail(err.text);
	double parsing[MOST_RUNS + 1], whole[MOST_RUNS + 1];
	size_t size[2];
	bool ok = true;
	for (int i = 0; i <= runs && ok; i++) ok = one_run(&options, &catalogue, &parsing[i], &whole[i], size, &err);
	catalogue_done(&catalogue);
	if (!ok) return fail(err.text);
	double parse = median(parsing + 1, (size_t)runs), all = median(whole + 1, (size_t)runs);
	printf("%zu\t%zu\t%.4f\t%.4f\n", size[0], size[1], parse, all);
	return 0;
}
