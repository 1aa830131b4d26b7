#include "core/posix.h"

#include "prompts/hunk.h"

#include "prompts/fence.h"

#include <stdlib.h>
#include <string.h>

/* ---- lines of the file ---- */

void file_lines_init(FileLines *lines, Str text) {
	Str line;
	size_t at = 0;
	*lines = (FileLines) { .text = text };
	while (at < text.len) {
		VEC_PUSH(lines->starts) = at;
		line_next(text, &at, &line);
	}
	VEC_PUSH(lines->starts) = text.len;
}

void file_lines_done(FileLines *lines) { VEC_FREE(lines->starts); }

static size_t line_count(const FileLines *lines) { return lines->starts.n - 1; }

static Str line_at(const FileLines *lines, size_t i) {
	return str_sub(lines->text, lines->starts.at[i], lines->starts.at[i + 1]);
}

/* Blanks at line ends and line ends themselves don't count. */
static Str bare(Str line) {
	while (line.len > 0 && strchr(" \t\r\n", line.ptr[line.len - 1])) line.len--;
	return line;
}

/* ---- one hunk ---- */

typedef struct HunkLine {
	char kind; /* ' ' stays, '-' goes, '+' comes */
	Str text;  /* without line break */
} HunkLine;

typedef struct Hunk {
	VEC(HunkLine) lines;
	size_t old; /* lines of kind ' ' and '-' */
} Hunk;

static bool fits_at(const Hunk *hunk, const FileLines *file, size_t line) {
	if (line + hunk->old > line_count(file)) return false;
	for (size_t i = 0; i < hunk->lines.n; i++) {
		if (hunk->lines.at[i].kind == '+') continue;
		if (!str_eq(bare(hunk->lines.at[i].text), bare(line_at(file, line++)))) return false;
	}
	return true;
}

/* Says which line of the hunk the file doesn't have; when it has each of them, that they don't stand together. */
static bool no_place(const Hunk *hunk, const FileLines *file, Err *err) {
	for (size_t i = 0; i < hunk->lines.n; i++) {
		Str text = bare(hunk->lines.at[i].text);
		bool found = hunk->lines.at[i].kind == '+';
		for (size_t l = 0; l < line_count(file) && !found; l++) found = str_eq(text, bare(line_at(file, l)));
		if (!found) return err_set(err, "the file has no line `%.*s`", STR_ARG(str_trim(text)));
	}
	return err_set(err, "the file has the lines of a hunk, but not one after the other");
}

typedef struct Fits {
	size_t n, line; /* how many places, and the last of them */
} Fits;

/* Counts the places that fit and touch the bytes start..end of the file. */
static Fits fits_in(const Hunk *hunk, const FileLines *file, size_t start, size_t end) {
	Fits fits = { 0 };
	for (size_t line = 0; line + hunk->old <= line_count(file); line++) {
		bool touches = file->starts.at[line] < end && file->starts.at[line + hunk->old] > start;
		if (touches && fits_at(hunk, file, line)) fits = (Fits) { fits.n + 1, line };
	}
	return fits;
}

static bool find_place(const Hunk *hunk, const FileLines *file, const DraftPlace *near, size_t *place, Err *err) {
	Fits fits = fits_in(hunk, file, 0, file->text.len);
	if (fits.n == 0) return no_place(hunk, file, err);
	if (fits.n > 1) {
		size_t n = fits.n;
		fits = fits_in(hunk, file, near->span_start, near->span_end);
		if (fits.n != 1) fits = fits_in(hunk, file, near->component_start, near->component_end);
		if (fits.n != 1) return err_set(err, "a hunk fits %zu places of the file; give it more lines of context", n);
	}
	*place = fits.line;
	return true;
}

/* Turns each run of changed lines into an edit. */
static void add_edits(const Hunk *hunk, const FileLines *file, size_t line, Edits *out) {
	bool crlf = str_ends(line_at(file, line), "\r\n");
	for (size_t i = 0; i < hunk->lines.n;) {
		if (hunk->lines.at[i].kind == ' ') {
			line++, i++;
			continue;
		}
		Buf text = { 0 };
		size_t first = line;
		for (; i < hunk->lines.n && hunk->lines.at[i].kind != ' '; i++) {
			if (hunk->lines.at[i].kind == '-') {
				line++;
			} else {
				buf_str(&text, hunk->lines.at[i].text);
				buf_puts(&text, crlf ? "\r\n" : "\n");
			}
		}
		VEC_PUSH(out->list) =
		    (DraftEdit) { file->starts.at[first], file->starts.at[line], arena_str(out->arena, buf_view(&text)) };
		buf_done(&text);
	}
}

static bool place_hunk(Hunk *hunk, const FileLines *file, const DraftPlace *near, Edits *out, Err *err) {
	size_t place = 0;
	bool changes = false;
	for (size_t i = 0; i < hunk->lines.n; i++) changes = changes || hunk->lines.at[i].kind != ' ';
	bool ok = true;
	if (changes && hunk->old == 0) {
		ok = err_set(err, "a hunk adds lines without a line of the file that says where");
	} else if (changes) {
		ok = find_place(hunk, file, near, &place, err);
		if (ok) add_edits(hunk, file, place, out);
	}
	VEC_FREE(hunk->lines);
	*hunk = (Hunk) { 0 };
	return ok;
}

static void add_line(Hunk *hunk, char kind, Str text) {
	VEC_PUSH(hunk->lines) = (HunkLine) { kind, text };
	hunk->old += kind != '+';
}

/* ---- unified diffs ---- */

static bool is_file_header(Str text, size_t at, Str line) {
	Str next;
	return str_starts(line, "--- ") && line_next(text, &at, &next) && str_starts(next, "+++ ");
}

bool hunk_is_diff(Str text) {
	Str line;
	for (size_t at = 0; line_next(text, &at, &line);) {
		if (str_starts(line, "@@") || is_file_header(text, at, line)) return true;
	}
	return false;
}

/* Models forget the blank before context lines that are empty, and add empty lines at the end of a block. */
static void drop_empty_tail(Hunk *hunk) {
	while (hunk->lines.n > 0) {
		const HunkLine *last = &hunk->lines.at[hunk->lines.n - 1];
		if (last->kind != ' ' || bare(last->text).len > 0) return;
		hunk->lines.n--;
		hunk->old--;
	}
}

static Str without_indent(Str line, size_t indent) {
	while (indent > 0 && line.len > 0 && *line.ptr == ' ') line = str_sub(line, 1, line.len), indent--;
	return line;
}

static bool is_noise(Str line) {
	static const char *const starts[] = { "diff ", "index ", "new file", "\\ No newline", "+++ " };
	for (size_t i = 0; i < BASE_COUNT(starts); i++) {
		if (str_starts(line, starts[i])) return true;
	}
	return false;
}

bool hunk_read_diff(Str text, size_t indent, const FileLines *file, const DraftPlace *near, Edits *out, Err *err) {
	Hunk hunk = { 0 };
	bool in_header = true, ok = true;
	Str line;
	for (size_t at = 0; ok && line_next(text, &at, &line);) {
		line = without_indent(line, indent);
		if (str_starts(line, "@@") || is_file_header(text, at, line)) {
			drop_empty_tail(&hunk);
			ok = place_hunk(&hunk, file, near, out, err);
			in_header = !str_starts(line, "@@");
		} else if ((in_header && is_noise(line)) || str_starts(line, "\\ ")) {
			continue;
		} else if (line.len > 0 && strchr(" +-", line.ptr[0])) {
			in_header = false;
			add_line(&hunk, line.ptr[0], str_sub(line, 1, line.len));
		} else if (line.len == 0) {
			if (hunk.lines.n > 0) add_line(&hunk, ' ', STR_NONE);
		} else if (!in_header) {
			ok = err_set(err, "a line of the diff begins with neither blank, + nor -: `%.*s`", STR_ARG(str_trim(line)));
		}
	}
	drop_empty_tail(&hunk);
	if (!ok) VEC_FREE(hunk.lines);
	return ok && place_hunk(&hunk, file, near, out, err);
}

/* ---- search/replace ---- */

bool hunk_is_search(Str text) { return str_find(text, "<<<<<<< SEARCH\n", 0) != SIZE_MAX; }

bool hunk_read_search(Str text, const FileLines *file, const DraftPlace *near, Edits *out, Err *err) {
	Hunk hunk = { 0 };
	char part = 0;
	bool ok = true;
	Str line;
	for (size_t at = 0; ok && line_next(text, &at, &line);) {
		if (str_starts(line, "<<<<<<< SEARCH")) {
			part = '-';
		} else if (part == '-' && str_is(str_trim(line), "=======")) {
			part = '+';
		} else if (part == '+' && str_starts(line, ">>>>>>> REPLACE")) {
			part = 0;
			ok = place_hunk(&hunk, file, near, out, err);
		} else if (part) {
			add_line(&hunk, part, line);
		}
	}
	VEC_FREE(hunk.lines);
	return ok && (part == 0 || err_set(err, "a search/replace block is not closed"));
}
