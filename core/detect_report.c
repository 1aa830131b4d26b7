#include "core/posix.h"

#include "core/detect.h"

#include <stdarg.h>

bool detect_wants(const MatchContext *context, uint32_t file) {
	return context->all_files || context->program->outline->source->files[file].in_scope;
}

Finding *detect_add(const MatchContext *context, const Technique *technique, Findings *findings, uint32_t file,
    Span span, const char *message, ...) {
	Buf text = { 0 };
	va_list args;
	va_start(args, message);
	buf_vprintf(&text, message, args);
	va_end(args);
	Finding *finding = &VEC_PUSH(*findings);
	*finding = (Finding) { .technique = technique,
		.loop = REGION_NONE,
		.file = file,
		.span = span,
		.message = arena_str(context->arena, buf_view(&text)) };
	buf_done(&text);
	return finding;
}

void detect_note(Finding *finding, Str words, bool against, int steps) {
	finding->steps += against ? -steps : steps;
	if (finding->n_notes == FINDING_NOTES) return;
	finding->note[finding->n_notes] = words;
	finding->note_against[finding->n_notes++] = against;
}
