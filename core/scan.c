#include "core/posix.h"

#include "core/scan_cache.h"
#include "core/scan_parts.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

const char *scan_analysis_version(void) { return SCAN_ANALYSIS; }

static bool stopped(const ScanProgress *progress) { return progress && progress->cancel && *progress->cancel; }

static void report(const ScanProgress *progress, const char *phase, size_t done, size_t total) {
	if (progress && progress->step) progress->step(progress->context, phase, done, total);
}

/* ---- parsing ---- */

typedef struct Parsing {
	ScanSide *side;
	const ScanProgress *progress;
	atomic_size_t next, done;
} Parsing;

typedef struct ParseWorker {
	Parsing *parsing;
	Arena arena;
	pthread_t thread;
	bool started;
} ParseWorker;

static void *parse_files(void *argument) {
	ParseWorker *worker = argument;
	Parsing *parsing = worker->parsing;
	const Source *source = &parsing->side->source;
	const volatile bool *cancel = parsing->progress ? parsing->progress->cancel : NULL;
	for (;;) {
		size_t i = atomic_fetch_add(&parsing->next, 1);
		if (i >= source->n_files || stopped(parsing->progress)) return NULL;
		const SourceFile *file = &source->files[i];
		if (!syntax_parse(file->lang, file->text, cancel, &worker->arena, &parsing->side->trees[i])) return NULL;
		report(parsing->progress, "parsing", atomic_fetch_add(&parsing->done, 1) + 1, source->n_files);
	}
}

static void parse_all(ScanSide *side, unsigned n_threads, const ScanProgress *progress, Arena *arena) {
	Parsing parsing = { .side = side, .progress = progress };
	side->trees = ARENA_ARRAY(arena, SyntaxTree, side->source.n_files + 1);
	ParseWorker *workers = base_alloc(n_threads * sizeof *workers);
	for (unsigned i = 0; i < n_threads; i++) {
		workers[i].parsing = &parsing;
		if (i > 0) workers[i].started = pthread_create(&workers[i].thread, NULL, parse_files, &workers[i]) == 0;
	}
	parse_files(&workers[0]);
	for (unsigned i = 0; i < n_threads; i++) {
		if (workers[i].started) pthread_join(workers[i].thread, NULL);
		arena_adopt(arena, &workers[i].arena);
	}
	free(workers);
}

typedef struct Lowering {
	const ScanProgress *progress;
} Lowering;

static void lowered(void *context, size_t done, size_t total) {
	const Lowering *lowering = context;
	report(lowering->progress, "lowering", done, total);
}

bool scan_analyse(ScanSide *side, Side which, unsigned n_threads, const ScanProgress *progress, Arena *arena) {
	static const Dialect dialects[] = {
		[SIDE_MLX] = DIALECT_MLX, [SIDE_TORCH] = DIALECT_TORCH, [SIDE_SWIFT] = DIALECT_SWIFT
	};
	side->present = true;
	parse_all(side, n_threads, progress, arena);
	if (stopped(progress)) return false;
	outline_build(&side->source, side->trees, arena, &side->outline);
	Lowering lowering = { progress };
	ProgramProgress steps = { lowered, &lowering, progress ? progress->cancel : NULL };
	return program_build(&side->outline, dialects[which], n_threads, &steps, arena, &side->program);
}

void scan_side_done(ScanSide *side) {
	if (!side->present) return;
	program_done(&side->program);
	outline_done(&side->outline);
	source_done(&side->source);
	*side = (ScanSide) { 0 };
}

/* ---- the whole ---- */

static unsigned thread_count(unsigned wanted) {
	long n = wanted ? (long)wanted : sysconf(_SC_NPROCESSORS_ONLN);
	return n < 1 ? 1 : n > 8 ? 8 : (unsigned)n;
}

static bool wants(const ScanOptions *options, Str id) {
	for (size_t i = 0; i < options->n_techniques; i++) {
		if (str_is(id, options->techniques[i])) return true;
	}
	return options->n_techniques == 0;
}

static bool check_techniques(const ScanOptions *options, const Catalogue *catalogue, Err *err) {
	for (size_t i = 0; i < options->n_techniques; i++) {
		if (!catalogue_find(catalogue, str_of(options->techniques[i])))
			return err_set(err, "no technique '%s'", options->techniques[i]);
	}
	return true;
}

void scan_find(const ScanOptions *options, const Catalogue *catalogue, Scan *scan) {
	const Technique **techniques = ARENA_ARRAY(&scan->arena, const Technique *, catalogue->n + 1);
	MatchContext context = { .program = &scan->sides[SIDE_SWIFT].program,
		.rows = &scan->rows,
		.techniques = techniques,
		.cancel = options->progress ? options->progress->cancel : NULL,
		.arena = &scan->arena };
	for (size_t i = 0; i < catalogue->n; i++) {
		if (wants(options, catalogue->techniques[i].id)) techniques[context.n_techniques++] = &catalogue->techniques[i];
	}
	for (Side side = SIDE_MLX; side <= SIDE_TORCH; side++) {
		if (scan->sides[side].present) context.references[side] = &scan->sides[side].program;
	}
	Findings findings = { 0 };
	match_all(&context, &findings);
	scan_candidates(scan, &findings, options->min_confidence);
	VEC_FREE(findings);
}

static void add_warnings(Scan *scan, const Catalogue *catalogue) {
	VEC(Str) warnings = { 0 };
	for (Side side = 0; side < SIDE_COUNT; side++) {
		const ScanSide *s = &scan->sides[side];
		size_t bad = 0, in_scope = 0, arms = 0;
		for (size_t i = 0; s->present && i < s->source.n_files; i++) {
			if (!s->source.files[i].in_scope) continue;
			in_scope++;
			bad += s->trees[i].n_errors > 0;
			for (size_t c = 0; c < s->trees[i].n_conditions; c++) arms += s->trees[i].conditions[c].skipped;
		}
		if (bad) {
			VEC_PUSH(warnings) = arena_printf(&scan->arena,
			    "%s: %zu of %zu files have places that the parser does not understand; these are left out",
			    side_title(side), bad, in_scope);
		}
		if (arms)
			VEC_PUSH(warnings) =
			    arena_printf(&scan->arena, "%s: %zu arms of #if could not be read", side_title(side), arms);
	}
	for (size_t i = 0; i < scan->n_notices; i++) {
		const ScanNotice *notice = &scan->notices[i];
		VEC_PUSH(warnings) =
		    arena_printf(&scan->arena, "%s:%u: %.*s", notice->path, notice->line, STR_ARG(notice->words));
	}
	for (size_t i = 0; i < catalogue->n_problems; i++)
		VEC_PUSH(warnings) = arena_str(&scan->arena, catalogue->problems[i]);
	scan->n_warnings = warnings.n;
	scan->warnings = VEC_TO_ARENA(warnings, &scan->arena);
}

static bool open_sides(const ScanOptions *options, Scan *scan, Err *err) {
	for (Side side = 0; side < SIDE_COUNT; side++) {
		if (!options->sides[side].n_paths) continue;
		report(options->progress, "reading", side, SIDE_COUNT);
		if (!source_open(side, &options->sides[side], &scan->sides[side].source, err)) return false;
		scan->sides[side].present = true;
	}
	return true;
}

/* What follows reading: everything that the sources decide. */
static bool analyse(const ScanOptions *options, const Catalogue *catalogue, Scan *scan, Err *err) {
	unsigned n_threads = thread_count(options->n_threads);
	bool ok = true;
	for (Side side = 0; side < SIDE_COUNT && ok; side++) {
		if (!scan->sides[side].present) continue;
		ok = scan_analyse(&scan->sides[side], side, n_threads, options->progress, &scan->arena) ||
		     err_set(err, "cancelled");
	}
	if (ok) {
		AlignSide sides[SIDE_COUNT] = { 0 };
		report(options->progress, "aligning", 0, 1);
		for (Side side = 0; side < SIDE_COUNT; side++) {
			if (scan->sides[side].present)
				sides[side] = (AlignSide) { &scan->sides[side].outline, &scan->sides[side].program };
		}
		const volatile bool *cancel = options->progress ? options->progress->cancel : NULL;
		ok = rows_build_until(sides, options->pins, cancel, &scan->arena, &scan->rows) || err_set(err, "cancelled");
	}
	if (ok && scan->sides[SIDE_SWIFT].present) scan_read_ignores(scan, catalogue);
	if (ok && !options->rows_only && scan->sides[SIDE_SWIFT].present) {
		report(options->progress, "matching", 0, 1);
		scan_find(options, catalogue, scan);
	}
	if (ok) add_warnings(scan, catalogue);
	if (ok && stopped(options->progress)) ok = err_set(err, "cancelled");
	if (ok) scan_cache_keep(options, scan);
	return ok;
}

bool scan_run(const ScanOptions *options, const Catalogue *catalogue, Scan *scan, Err *err) {
	struct timespec from, to;
	clock_gettime(CLOCK_MONOTONIC, &from);
	*scan = (Scan) { 0 };
	bool ok = check_techniques(options, catalogue, err) && open_sides(options, scan, err);
	if (ok) scan_cache_key(options, catalogue, scan);
	if (ok && !scan_cache_knows(options, scan)) ok = analyse(options, catalogue, scan, err);
	clock_gettime(CLOCK_MONOTONIC, &to);
	scan->seconds = (double)(to.tv_sec - from.tv_sec) + (double)(to.tv_nsec - from.tv_nsec) / 1e9;
	if (!ok) scan_done(scan);
	return ok;
}

Str scan_component_at(const Scan *scan, uint32_t file, uint32_t offset) {
	Str label = STR_NONE;
	for (size_t i = 0; i < scan->n_components; i++) {
		const ScanComponent *c = &scan->components[i];
		/* in order of their starts, so the last that fits is the innermost */
		if (c->file == file && c->span.start <= offset && offset < c->span.end) label = c->label;
	}
	return label;
}

void scan_done(Scan *scan) {
	for (Side side = 0; side < SIDE_COUNT; side++) scan_side_done(&scan->sides[side]);
	arena_done(&scan->arena);
	*scan = (Scan) { 0 };
}
