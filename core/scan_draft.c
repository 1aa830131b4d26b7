#include "core/posix.h"

#include "core/scan_draft.h"

#include "core/scan_parts.h"
#include "core/source_open.h"

#include <string.h>

/* The base's files with one text replaced; what isn't replaced is borrowed. */
static void change_source(const Source *base, uint32_t file, Str text, Arena *arena, Source *out) {
	*out = *base;
	out->arena = (Arena) { 0 };
	out->files = ARENA_ARRAY(arena, SourceFile, base->n_files + 1);
	memcpy(out->files, base->files, base->n_files * sizeof *out->files);
	SourceFile *changed = &out->files[file];
	changed->text = arena_str(arena, text);
	source_content_id(changed->text, changed->content_id);
	source_index_lines(arena, changed);
}

static bool stopped(const ScanProgress *progress) { return progress && progress->cancel && *progress->cancel; }

static void report(const ScanProgress *progress, const char *phase, size_t done, size_t total) {
	if (progress && progress->step) progress->step(progress->context, phase, done, total);
}

static void lowered(void *context, size_t done, size_t total) { report(context, "lowering", done, total); }

static bool analyse(const ScanSide *base, uint32_t file, const ScanProgress *progress, Arena *arena, ScanSide *out) {
	size_t n = out->source.n_files;
	ProgramProgress steps = { lowered, (void *)progress, progress ? progress->cancel : NULL };
	out->present = true;
	out->trees = ARENA_ARRAY(arena, SyntaxTree, n + 1);
	memcpy(out->trees, base->trees, n * sizeof *out->trees);
	const SourceFile *changed = &out->source.files[file];
	if (!syntax_parse(changed->lang, changed->text, NULL, arena, &out->trees[file])) return false;
	outline_build(&out->source, out->trees, arena, &out->outline);
	return program_build(&out->outline, DIALECT_SWIFT, 1, &steps, arena, &out->program);
}

bool scan_draft(const Scan *base, uint32_t file, Str text, const Catalogue *catalogue, const RowPins *pins,
    const ScanProgress *progress, Scan *out, Err *err) {
	*out = (Scan) { 0 };
	AlignSide sides[SIDE_COUNT] = { 0 };
	for (Side side = SIDE_MLX; side <= SIDE_TORCH; side++) out->sides[side] = base->sides[side];
	ScanSide *port = &out->sides[SIDE_SWIFT];
	change_source(&base->sides[SIDE_SWIFT].source, file, text, &out->arena, &port->source);
	if (!analyse(&base->sides[SIDE_SWIFT], file, progress, &out->arena, port)) {
		scan_draft_done(out);
		return err_set(err, stopped(progress) ? "stopped" : "the draft could not be analysed");
	}
	for (Side side = 0; side < SIDE_COUNT; side++) {
		if (out->sides[side].present)
			sides[side] = (AlignSide) { &out->sides[side].outline, &out->sides[side].program };
	}
	report(progress, "aligning", 0, 1);
	rows_build(sides, pins, &out->arena, &out->rows);
	report(progress, "matching", 0, 1);
	ScanOptions options = { .min_confidence = CONFIDENCE_LOW, .progress = progress };
	if (!stopped(progress)) scan_find(&options, catalogue, out);
	if (!stopped(progress)) return true;
	scan_draft_done(out);
	return err_set(err, "stopped");
}

void scan_draft_done(Scan *scan) {
	scan->sides[SIDE_MLX] = scan->sides[SIDE_TORCH] = (ScanSide) { 0 };
	scan_done(scan);
}
