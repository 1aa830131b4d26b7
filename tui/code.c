#include "core/posix.h"

#include "tui/code.h"

#include <stdio.h>
#include <stdlib.h>

#include "core/utf8.h"
#include "tui/highlight.h"

#define TAB 4

CodeText code_of_file(const SourceFile *file) {
	return (CodeText) { .text = file->text, .line_starts = file->line_starts, .n_lines = file->n_lines, .first = 1 };
}

CodeText code_of_excerpt(Str text, uint32_t first, Arena *arena) {
	uint32_t n = 1;
	if (text.len && text.ptr[text.len - 1] == '\n') text.len--;
	for (size_t i = 0; i < text.len; i++) n += text.ptr[i] == '\n';
	uint32_t *starts = ARENA_ARRAY(arena, uint32_t, n), line = 1;
	for (size_t i = 0; i < text.len; i++)
		if (text.ptr[i] == '\n') starts[line++] = (uint32_t)i + 1;
	return (CodeText) { .text = text, .line_starts = starts, .n_lines = n, .first = first ? first : 1 };
}

/* Bytes of a line without its end. */
static Span line_span(const CodeText *text, uint32_t number) {
	uint32_t i = number - text->first;
	uint32_t start = text->line_starts[i];
	uint32_t end = i + 1 < text->n_lines ? text->line_starts[i + 1] : (uint32_t)text->text.len;
	while (end > start && (text->text.ptr[end - 1] == '\n' || text->text.ptr[end - 1] == '\r')) end--;
	return (Span) { start, end };
}

/* The first colour that ends after an offset. */
static size_t first_colour(const CodeText *text, uint32_t offset) {
	size_t low = 0, high = text->n_colours;
	while (low < high) {
		size_t middle = (low + high) / 2;
		if (text->colours[middle].span.end <= offset)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

typedef struct Pieces {
	VEC(Run) runs;
	Arena *arena;
	Str text;
	int column;
} Pieces;

static void piece(Pieces *pieces, uint32_t from, uint32_t to, Role role) {
	Buf shown = { 0 };
	if (from >= to) return;
	utf8_show_line(&shown, str_sub(pieces->text, from, to), TAB, pieces->column);
	if (shown.len) {
		Str copy = arena_str(pieces->arena, buf_view(&shown));
		pieces->column += utf8_width(copy);
		VEC_PUSH(pieces->runs) = (Run) { copy, STYLE(role) };
	}
	buf_done(&shown);
}

static bool is_blank(const CodeText *text, uint32_t at) {
	return text->text.ptr[at] == ' ' || text->text.ptr[at] == '\t';
}

static int blank_cells(const CodeText *text, uint32_t at, int column) {
	return text->text.ptr[at] == '\t' ? TAB - column % TAB : 1;
}

int code_indent(const CodeText *text, uint32_t first, uint32_t last) {
	int least = -1;
	for (uint32_t number = first; number <= last && number - text->first < text->n_lines; number++) {
		Span line = line_span(text, number);
		int column = 0;
		uint32_t at = line.start;
		while (at < line.end && is_blank(text, at)) column += blank_cells(text, at++, column);
		if (at < line.end && (least < 0 || column < least)) least = column;
	}
	return least < 0 ? 0 : least;
}

Run *code_runs(const CodeText *text, uint32_t number, Arena *arena, size_t *n) {
	*n = 0;
	if (number < text->first || number - text->first >= text->n_lines) return NULL;
	Span line = line_span(text, number);
	Pieces pieces = { .arena = arena, .text = text->text };
	uint32_t at = line.start;
	int left_out = 0; /* a tab is left out whole or stays */
	while (at < line.end && is_blank(text, at) && left_out + blank_cells(text, at, left_out) <= text->dedent)
		left_out += blank_cells(text, at++, left_out);
	for (size_t i = first_colour(text, line.start); i < text->n_colours && text->colours[i].span.start < line.end;
	     i++) {
		const Highlight *colour = &text->colours[i];
		uint32_t from = colour->span.start > at ? colour->span.start : at;
		uint32_t to = colour->span.end < line.end ? colour->span.end : line.end;
		piece(&pieces, at, from, ROLE_TEXT);
		piece(&pieces, from, to, highlight_role(colour->role));
		if (to > at) at = to;
	}
	piece(&pieces, at, line.end, ROLE_TEXT);
	*n = pieces.runs.n;
	return VEC_TO_ARENA(pieces.runs, arena);
}

static int digits(uint32_t number) {
	int n = 1;
	for (; number > 9; number /= 10) n++;
	return n < 3 ? 3 : n;
}

static void draw_line(
    Grid *grid, Rect line, const CodeText *text, uint32_t number, int width, int left, CodeLook look, Arena *arena) {
	size_t n;
	Run *runs = code_runs(text, number, arena, &n);
	int col = line.col + 1;
	grid_printf(grid, line, line.row, col, STYLE(look.here ? ROLE_LINE_NUMBER_HERE : ROLE_LINE_NUMBER), "%*u", width,
	    (unsigned)number);
	if (look.span) grid_puts(grid, line, line.row, col + width + 1, STYLE(look.span_role), look.span);
	if (look.mark) grid_puts(grid, line, line.row, col + width + 2, STYLE(look.mark_role), look.mark);
	Rect code = { line.row, col + width + 4, 1, line.col + line.cols - col - width - 4 };
	grid_runs(grid, code, line.row, code.col, left, runs, n);
	if (look.ground != GROUND_NONE) grid_ground(grid, line, look.ground);
	int total = 0;
	for (size_t i = 0; i < n; i++) total += utf8_width(runs[i].text);
	if (code.cols > 0 && total - left > code.cols) /* more to the right */
		grid_puts(grid, code, line.row, code.col + code.cols - 1, STYLE_ON(ROLE_DIM, look.ground), "…");
}

void code_draw(
    Grid *grid, Rect rect, const CodeText *text, uint32_t top, int left, CodeLookFn look, const void *context) {
	Arena arena = { 0 };
	int width = digits(text->first + text->n_lines - 1);
	if (top < text->first) top = text->first;
	for (int row = 0; row < rect.rows; row++) {
		uint32_t number = top + (uint32_t)row;
		if (number - text->first >= text->n_lines) break;
		Rect line = { rect.row + row, rect.col, 1, rect.cols };
		draw_line(grid, line, text, number, width, left, look(context, number), &arena);
	}
	arena_done(&arena);
}
