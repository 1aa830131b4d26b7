#include "core/posix.h"

#include "core/source.h"

#include "core/git.h"
#include "core/source_open.h"

#include <string.h>

/* What a side is called, and reading the text of a file that has been read. How files are found: source_open.c. */

static const struct {
	const char *name, *title;
	Lang lang;
} sides[SIDE_COUNT] = {
	[SIDE_MLX] = { "mlx", "Python reference", LANG_PYTHON },
	[SIDE_TORCH] = { "torch", "PyTorch original", LANG_PYTHON },
	[SIDE_SWIFT] = { "swift", "Swift port", LANG_SWIFT },
};

const char *side_name(Side side) { return sides[side].name; }
const char *side_title(Side side) { return sides[side].title; }
Lang side_lang(Side side) { return sides[side].lang; }

bool side_of(Str name, Side *side) {
	for (int i = 0; i < SIDE_COUNT; i++) {
		if (!str_is(name, sides[i].name)) continue;
		*side = (Side)i;
		return true;
	}
	return false;
}

void source_content_id(Str text, char out[41]) { git_id_of_text(text, out); }

void source_index_lines(Arena *arena, SourceFile *file) {
	size_t n = 1;
	for (size_t i = 0; i < file->text.len; i++) n += file->text.ptr[i] == '\n';
	file->line_starts = ARENA_ARRAY(arena, uint32_t, n);
	file->n_lines = 1;
	for (size_t i = 0; i < file->text.len; i++) {
		if (file->text.ptr[i] == '\n') file->line_starts[file->n_lines++] = (uint32_t)(i + 1);
	}
}

void source_of_text(Side side, const char *name, Str text, Source *out) {
	*out = (Source) { .side = side, .root = "", .package = "", .branch = "" };
	SourceFile *file = ARENA_NEW(&out->arena, SourceFile);
	file->path = file->name = arena_strdup(&out->arena, str_of(name));
	file->lang = side_lang(side);
	file->in_scope = true;
	file->text = arena_str(&out->arena, text);
	source_content_id(text, file->content_id);
	source_index_lines(&out->arena, file);
	out->files = file;
	out->n_files = 1;
}

void source_done(Source *source) {
	arena_done(&source->arena);
	*source = (Source) { .side = source->side, .root = "", .package = "", .branch = "" };
}

/* Index of the line an offset lies in, from 0. */
static uint32_t line_of(const SourceFile *file, uint32_t offset) {
	uint32_t low = 0, high = file->n_lines;
	while (high - low > 1) {
		uint32_t middle = low + (high - low) / 2;
		if (file->line_starts[middle] <= offset)
			low = middle;
		else
			high = middle;
	}
	return low;
}

Pos source_pos(const SourceFile *file, uint32_t offset) {
	if (offset > file->text.len) offset = (uint32_t)file->text.len;
	uint32_t line = line_of(file, offset);
	return (Pos) { line + 1, offset - file->line_starts[line] + 1 };
}

uint32_t source_line_start(const SourceFile *file, uint32_t line) {
	if (line == 0) return 0;
	return line <= file->n_lines ? file->line_starts[line - 1] : (uint32_t)file->text.len;
}

Str source_line(const SourceFile *file, uint32_t line) {
	if (line == 0 || line > file->n_lines) return STR_NONE;
	Str text = str_sub(file->text, file->line_starts[line - 1], source_line_start(file, line + 1));
	if (str_ends(text, "\n")) text.len--;
	if (str_ends(text, "\r")) text.len--;
	return text;
}

Str source_text(const SourceFile *file, Span span) { return str_sub(file->text, span.start, span.end); }
