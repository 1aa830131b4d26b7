/* A card's own blocks as its test. */
#include "core/posix.h"

#include "core/scan_parts.h"

#include <string.h>

enum { BLOCK_LINES = 400 };

typedef struct BlockRun {
	ScanSide side, reference; /* the latter present where the block has one */
	Rows rows;
	Arena arena;
	Findings findings;
	bool parses;
} BlockRun;

/* A ```python block before it is the block's Python MLX reference. */
static void add_reference(Str text, BlockRun *run, MatchContext *context) {
	source_of_text(SIDE_MLX, "card.py", text, &run->reference.source);
	scan_analyse(&run->reference, SIDE_MLX, 1, NULL, &run->arena);
	AlignSide sides[SIDE_COUNT] = { [SIDE_MLX] = { &run->reference.outline, &run->reference.program },
		[SIDE_SWIFT] = { &run->side.outline, &run->side.program } };
	rows_build(sides, NULL, &run->arena, &run->rows);
	context->rows = &run->rows;
	context->references[SIDE_MLX] = &run->reference.program;
	run->parses = run->parses && run->reference.trees[0].n_errors == 0;
}

static void run_block(const Technique *technique, const TechniqueBlock *block, BlockRun *run) {
	*run = (BlockRun) { 0 };
	source_of_text(SIDE_SWIFT, "card.swift", block->text, &run->side.source);
	scan_analyse(&run->side, SIDE_SWIFT, 1, NULL, &run->arena);
	run->parses = run->side.trees[0].n_errors == 0;
	MatchContext context = { .program = &run->side.program,
		.techniques = &technique,
		.n_techniques = 1,
		.all_files = true,
		.arena = &run->arena };
	if (block->reference.len) add_reference(block->reference, run, &context);
	match_all(&context, &run->findings);
}

static void end_block(BlockRun *run) {
	VEC_FREE(run->findings);
	scan_side_done(&run->reference);
	scan_side_done(&run->side);
	arena_done(&run->arena);
}

/* What `--min-confidence medium` shows is what counts as found. */
static bool is_shown(const Finding *f) { return (int)f->technique->base + f->steps >= CONFIDENCE_MEDIUM; }

static bool is_marked(const SourceFile *file, uint32_t line) {
	return str_find(source_line(file, line), "// <- flagged", 0) != SIZE_MAX;
}

typedef struct Lines {
	uint32_t first, last;
} Lines;

static Lines lines_of(const SourceFile *file, Span span) {
	return (Lines) { source_pos(file, span.start).line,
		source_pos(file, span.end > span.start ? span.end - 1 : span.start).line };
}

static bool touches_mark(const SourceFile *file, Lines lines) {
	for (uint32_t line = lines.first; line <= lines.last; line++) {
		if (is_marked(file, line)) return true;
	}
	return false;
}

static bool check_flagged(const Technique *t, const TechniqueBlock *block, Buf *report) {
	BlockRun run;
	run_block(t, block, &run);
	const SourceFile *file = &run.side.source.files[0];
	bool marks = str_find(block->text, "// <- flagged", 0) != SIZE_MAX, ok = true, any = false;
	bool found[BLOCK_LINES + 1] = { false };
	for (size_t i = 0; i < run.findings.n; i++) {
		if (!is_shown(&run.findings.at[i])) continue;
		any = true;
		Lines lines = lines_of(file, run.findings.at[i].span);
		for (uint32_t line = lines.first; line <= lines.last && line <= BLOCK_LINES; line++) found[line] = true;
		if (marks && !touches_mark(file, lines)) {
			buf_printf(
			    report, "%.*s:%u: found where nothing is marked\n", STR_ARG(t->path), block->line + lines.first - 1);
			ok = false;
		}
	}
	for (uint32_t line = 1; marks && line <= file->n_lines && line <= BLOCK_LINES; line++) {
		if (!is_marked(file, line) || found[line]) continue;
		buf_printf(report, "%.*s:%u: marked as flagged, not found\n", STR_ARG(t->path), block->line + line - 1);
		ok = false;
	}
	if (!marks && !any) {
		buf_printf(report, "%.*s:%u: nothing found in a block under Flagged\n", STR_ARG(t->path), block->line);
		ok = false;
	}
	end_block(&run);
	return ok;
}

static bool check_silent(const Technique *t, const TechniqueBlock *block, const char *section, Buf *report) {
	BlockRun run;
	run_block(t, block, &run);
	const SourceFile *file = &run.side.source.files[0];
	bool ok = true;
	for (size_t i = 0; i < run.findings.n; i++) {
		if (!is_shown(&run.findings.at[i])) continue;
		Lines lines = lines_of(file, run.findings.at[i].span);
		buf_printf(report, "%.*s:%u: found in a block under %s: %.*s\n", STR_ARG(t->path),
		    block->line + lines.first - 1, section, STR_ARG(run.findings.at[i].message));
		ok = false;
	}
	if (!run.parses) {
		buf_printf(report, "%.*s:%u: the block does not parse\n", STR_ARG(t->path), block->line);
		ok = false;
	}
	end_block(&run);
	return ok;
}

bool technique_check(const Catalogue *catalogue, const Technique *t, Buf *report) {
	(void)catalogue;
	bool ok = true;
	for (size_t i = 0; i < t->n_flagged; i++) ok &= check_flagged(t, &t->flagged[i], report);
	for (size_t i = 0; i < t->n_not_flagged; i++) ok &= check_silent(t, &t->not_flagged[i], "Not flagged", report);
	for (size_t i = 0; i < t->n_instead; i++) ok &= check_silent(t, &t->instead[i], "Instead", report);
	return ok;
}
