#include "core/posix.h"

#include "prompts/draft.h"

#include "core/git.h"
#include "prompts/fence.h"
#include "prompts/hunk.h"

#include <stdlib.h>
#include <string.h>

typedef struct Reading {
	Str reply;
	const DraftPlace *place;
	FileLines lines;
	Edits edits;
	Fence block;   /* the one that replaces, when there is one */
	size_t blocks; /* how many could be it */
	Fence quote;   /* the last block that only repeats lines of the file */
	size_t quotes;
	bool has_diff;
	const char *form;
	Err *err;
} Reading;

/* ---- lines ---- */

static Str bare(Str line) { return str_trim(line); }

/* The first line that is code: no blank, comment or attribute. */
static Str first_code_line(Str text) {
	Str line;
	for (size_t at = 0; line_next(text, &at, &line);) {
		line = bare(line);
		if (line.len > 0 && !str_starts(line, "//") && !str_starts(line, "/*") && !str_starts(line, "*") &&
		    !str_starts(line, "@") && !str_starts(line, "#")) {
			return line;
		}
	}
	return STR_NONE;
}

/* "func callAsFunction" of "public func callAsFunction(_ x: MLXArray) -> MLXArray {": what two spellings of one declaration
 * have in common. Empty for a line that declares nothing with a body. */
static Str declaration(Str line) {
	static const char *const words[] = { "func ", "init", "subscript", "class ", "struct ", "enum ", "extension ",
		"actor ", "protocol ", "deinit" };
	for (size_t i = 0; i < BASE_COUNT(words); i++) {
		size_t at = str_find(line, words[i], 0);
		if (at == SIZE_MAX || (at > 0 && line.ptr[at - 1] != ' ')) continue;
		size_t end = at + strlen(words[i]);
		while (end < line.len && !strchr(" (<:{?!", line.ptr[end])) end++;
		if (words[i][strlen(words[i]) - 1] != ' ' && end != at + strlen(words[i])) continue;
		return str_sub(line, at, end);
	}
	return STR_NONE;
}

/* A comment that stands for code: "// ... rest as before". */
static bool is_elision(Str line) {
	line = bare(line);
	if (!str_starts(line, "//") && !str_starts(line, "/*")) return str_is(line, "...") || str_is(line, "…");
	line = bare(str_sub(line, 2, line.len));
	return str_starts(line, "...") || str_starts(line, "…");
}

static bool file_has_line(const FileLines *lines, Str line) {
	for (size_t i = 0; i + 1 < lines->starts.n; i++) {
		if (str_eq(bare(line), bare(str_sub(lines->text, lines->starts.at[i], lines->starts.at[i + 1])))) return true;
	}
	return false;
}

static bool is_in(Str text, Str wanted) {
	Str line;
	for (size_t at = 0; line_next(text, &at, &line);) {
		if (str_eq(bare(line), wanted)) return true;
	}
	return false;
}

static bool check_elisions(const Reading *r, Str text, bool diff) {
	Str line;
	for (size_t at = 0; line_next(text, &at, &line);) {
		if (diff && str_starts(str_trim(line), "+")) line = str_sub(str_trim(line), 1, line.len);
		if (!is_elision(line) || file_has_line(&r->lines, line)) continue;
		return err_set(r->err, "the draft leaves code out: `%.*s`", STR_ARG(bare(line)));
	}
	return true;
}

/* ---- indentation ---- */

static Str blanks_of(Str line) {
	size_t n = 0;
	while (n < line.len && (line.ptr[n] == ' ' || line.ptr[n] == '\t')) n++;
	return str_sub(line, 0, n);
}

/* What all lines that aren't blank begin with. */
static Str common_blanks(Str text) {
	Str line, common = STR_NONE;
	for (size_t at = 0; line_next(text, &at, &line);) {
		if (bare(line).len == 0) continue;
		Str blanks = blanks_of(line);
		if (!common.ptr) common = (Str) { blanks.ptr ? blanks.ptr : "", blanks.len };
		size_t n = 0;
		while (n < common.len && n < blanks.len && common.ptr[n] == blanks.ptr[n]) n++;
		common.len = n;
	}
	return common;
}

/* The block's text with the indentation and the line ends of what it replaces. */
static Str fitted(const Reading *r, Str text, Str old) {
	Str from = common_blanks(text), to = common_blanks(old), line;
	bool crlf = str_find(old, "\r\n", 0) != SIZE_MAX;
	Buf out = { 0 };
	for (size_t at = 0; line_next(text, &at, &line);) {
		if (bare(line).len > 0) {
			buf_str(&out, to);
			buf_str(&out, str_sub(line, from.len, line.len));
		}
		buf_puts(&out, crlf ? "\r\n" : "\n");
	}
	if (!str_ends(old, "\n") && out.len > 0) out.len -= crlf ? 2 : 1; /* the file's last line has no end */
	Str kept = arena_str(r->edits.arena, buf_view(&out));
	buf_done(&out);
	return kept;
}

/* ---- blocks ---- */

static bool is_code(Str language) {
	static const char *const names[] = { "", "swift", "Swift", "SWIFT" };
	for (size_t i = 0; i < BASE_COUNT(names); i++) {
		if (str_is(language, names[i])) return true;
	}
	return false;
}

/* A block that only repeats lines of the file is a quotation ("currently it reads:"), unless it is all there is: a draft that
 * takes lines away has no others. */
static bool is_quotation(const Reading *r, Str text) {
	Str line;
	for (size_t at = 0; line_next(text, &at, &line);) {
		if (bare(line).len > 0 && !file_has_line(&r->lines, line)) return false;
	}
	return true;
}

static bool read_fences(Reading *r) {
	Fence fence;
	for (size_t at = 0; fence_next(r->reply, &at, &fence);) {
		if (fence.open) return err_set(r->err, "the last code block of the reply is not closed");
		if (str_is(fence.language, "diff") || str_is(fence.language, "patch") ||
		    (is_code(fence.language) && hunk_is_diff(fence.text))) {
			if (!check_elisions(r, fence.text, true)) return false;
			if (!hunk_read_diff(fence.text, fence.indent, &r->lines, r->place, &r->edits, r->err)) return false;
			r->has_diff = true;
		} else if (hunk_is_search(fence.text)) {
			if (!hunk_read_search(fence.text, &r->lines, r->place, &r->edits, r->err)) return false;
			r->form = "search/replace";
		} else if (is_code(fence.language) && is_quotation(r, fence.text)) {
			r->quote = fence;
			r->quotes++;
		} else if (is_code(fence.language)) {
			r->block = fence;
			r->blocks++;
		}
	}
	return true;
}

/* Which part of the file the block replaces: by the declaration it begins with, else the span. */
static bool block_range(Reading *r, size_t *start, size_t *end) {
	const DraftPlace *p = r->place;
	Str first = first_code_line(r->block.text), name = declaration(first);
	Str component = str_sub(p->file, p->component_start, p->component_end);
	Str span = str_sub(p->file, p->span_start, p->span_end);
	*start = p->span_start;
	*end = p->span_end;
	r->form = "block";
	if (first.len == 0) return true; /* deletes the span */
	if (name.len > 0 && str_eq(name, declaration(first_code_line(span)))) return true;
	if (name.len > 0 && str_eq(name, declaration(first_code_line(component)))) {
		*start = p->component_start;
		*end = p->component_end;
		r->form = "component";
		return true;
	}
	bool imports = str_starts(first, "import ") || str_starts(first, "@preconcurrency import ");
	if (imports && str_eq(first, first_code_line(p->file))) {
		*start = 0;
		*end = p->file.len;
		r->form = "file";
		return true;
	}
	if (imports)
		return err_set(r->err,
		    "the block begins with `%.*s`, which is not where the lines to be replaced are; add an import as a diff",
		    STR_ARG(first));
	if (name.len > 0 && file_has_line(&r->lines, first) && !is_in(span, first)) {
		return err_set(
		    r->err, "the block begins with `%.*s`, which is not among the lines to be replaced", STR_ARG(name));
	}
	return true;
}

static bool take_block(Reading *r) {
	size_t start, end;
	if (r->blocks > 1) return err_set(r->err, "the reply holds %zu code blocks; one was asked for", r->blocks);
	if (r->blocks == 0 && r->quotes == 1 && r->edits.list.n == 0) {
		r->block = r->quote;
		r->blocks = 1;
	}
	if (r->blocks == 0) return true;
	if (!check_elisions(r, r->block.text, false) || !block_range(r, &start, &end)) return false;
	Str text = fitted(r, r->block.text, str_sub(r->place->file, start, end));
	VEC_PUSH(r->edits.list) = (DraftEdit) { start, end, text };
	return true;
}

/* A diff or search/replace blocks without any fence. */
static bool read_bare(Reading *r) {
	if (r->blocks > 0 || r->edits.list.n > 0 || r->form) return true;
	if (hunk_is_search(r->reply)) {
		r->form = "search/replace";
		return hunk_read_search(r->reply, &r->lines, r->place, &r->edits, r->err);
	}
	size_t start = str_starts(r->reply, "--- ") ? 0 : str_find(r->reply, "\n--- ", 0);
	if (start == SIZE_MAX || !hunk_is_diff(r->reply)) return true;
	r->has_diff = true;
	return hunk_read_diff(str_sub(r->reply, start, r->reply.len), 0, &r->lines, r->place, &r->edits, r->err);
}

/* ---- edits to text ---- */

static int by_start(const void *a, const void *b) {
	const DraftEdit *x = a, *y = b;
	if (x->start != y->start) return x->start < y->start ? -1 : 1;
	return (x->end > y->end) - (x->end < y->end);
}

static bool order_edits(Reading *r) {
	if (r->edits.list.n == 0) return err_set(r->err, "the reply holds no draft: no code block and no diff");
	qsort(r->edits.list.at, r->edits.list.n, sizeof *r->edits.list.at, by_start);
	for (size_t i = 1; i < r->edits.list.n; i++) {
		const DraftEdit *before = &r->edits.list.at[i - 1], *edit = &r->edits.list.at[i];
		if (edit->start < before->end || edit->start == before->start) {
			return err_set(r->err, "two parts of the reply change the same lines");
		}
	}
	return true;
}

static Str apply(const Reading *r) {
	Buf text = { 0 };
	size_t at = 0;
	for (size_t i = 0; i < r->edits.list.n; i++) {
		const DraftEdit *edit = &r->edits.list.at[i];
		buf_str(&text, str_sub(r->place->file, at, edit->start));
		buf_str(&text, edit->text);
		at = edit->end;
	}
	buf_str(&text, str_sub(r->place->file, at, r->place->file.len));
	Str kept = arena_str(r->edits.arena, buf_view(&text));
	buf_done(&text);
	return kept;
}

static size_t count_lines(Str text) {
	size_t n = 0;
	for (size_t i = 0; i < text.len; i++) n += text.ptr[i] == '\n' || i + 1 == text.len;
	return n;
}

/* Counts what really changed, line by line, and what of it lies outside the span. Lines that come count as inside when
 * they stand next to a line of the span, kept or replaced. */
static void count_changes(const DraftPlace *place, Draft *out) {
	uint32_t n;
	uint32_t *map = git_line_map(place->file, out->text, &out->arena, &n);
	size_t first = count_lines(str_sub(place->file, 0, place->span_start)) + 1;
	size_t last = count_lines(str_sub(place->file, 0, place->span_end));
	size_t total = count_lines(out->text), next = 1;
	for (size_t line = 1; line <= (size_t)n + 1; line++) {
		bool kept = line <= n && map[line] != GIT_LINE_GONE;
		if (line <= n && !kept) {
			out->removed++;
			if (line < first || line > last) out->removed_outside++;
		}
		if (!kept && line <= n) continue;
		size_t to = line <= n ? map[line] : total + 1, come = to > next ? to - next : 0;
		out->added += come;
		if (line < first || line > last + 1) out->added_outside += come;
		next = to + 1;
	}
}

static bool finish(Reading *r, Draft *out) {
	if (!order_edits(r)) return false;
	out->text = apply(r);
	if (str_eq(out->text, r->place->file)) return err_set(r->err, "the draft changes nothing");
	out->form = r->form ? r->form : "diff";
	out->n_edits = r->edits.list.n;
	out->edits = VEC_TO_ARENA(r->edits.list, &out->arena);
	count_changes(r->place, out);
	return true;
}

bool draft_read(Str reply, const DraftPlace *place, Draft *out, Err *err) {
	*out = (Draft) { 0 };
	Reading r = { .reply = reply, .place = place, .edits.arena = &out->arena, .err = err };
	file_lines_init(&r.lines, place->file);
	bool ok = read_fences(&r) && take_block(&r) && read_bare(&r) && finish(&r, out);
	file_lines_done(&r.lines);
	VEC_FREE(r.edits.list);
	if (!ok) draft_done(out);
	return ok;
}

bool draft_from_file(Str text, const DraftPlace *place, Draft *out, Err *err) {
	*out = (Draft) { 0 };
	Reading r = { .place = place, .edits.arena = &out->arena, .err = err, .form = "file" };
	VEC_PUSH(r.edits.list) = (DraftEdit) { 0, place->file.len, arena_str(&out->arena, text) };
	bool ok = finish(&r, out);
	VEC_FREE(r.edits.list);
	if (!ok) draft_done(out);
	return ok;
}

/* The lines of the file that the first hunk is of: "@@ -12,7 +12,9 @@". */
static void place_of_diff(Str diff, Str file, DraftPlace *place) {
	size_t at = str_find(diff, "@@ -", 0), first = 0, line = 1, from = 0;
	for (size_t i = at + 4; at != SIZE_MAX && i < diff.len && diff.ptr[i] >= '0' && diff.ptr[i] <= '9'; i++)
		first = first * 10 + (size_t)(diff.ptr[i] - '0');
	while (line < first && from < file.len) line += file.ptr[from++] == '\n';
	*place = (DraftPlace) { .file = file, .span_start = from, .span_end = from < file.len ? from + 1 : from };
}

bool draft_of_diff(Str diff, Str file, Draft *out, Err *err) {
	DraftPlace place;
	*out = (Draft) { 0 };
	place_of_diff(diff, file, &place);
	Reading r = { .place = &place, .edits.arena = &out->arena, .err = err };
	file_lines_init(&r.lines, file);
	bool ok = hunk_read_diff(diff, 0, &r.lines, &place, &r.edits, err) && finish(&r, out);
	file_lines_done(&r.lines);
	VEC_FREE(r.edits.list);
	if (!ok) draft_done(out);
	return ok;
}

void draft_done(Draft *draft) {
	arena_done(&draft->arena);
	*draft = (Draft) { 0 };
}
