#include "core/posix.h"

#include "tests/support/edits.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- ports ---- */

void edit_port_init(EditPort *port, const FakeFile *files, size_t n, uint64_t seed) {
	memset(port, 0, sizeof *port);
	port->seed = seed * 2654435761U + 1;
	port->n_files = n;
	for (size_t i = 0; i < n; i++) {
		snprintf(port->files[i].name, sizeof port->files[i].name, "%s", files[i].name);
		Str rest = str_of(files[i].text), line;
		if (rest.len > 0 && rest.ptr[rest.len - 1] == '\n') rest.len--;
		while (str_split(&rest, '\n', &line)) {
			Buf text = { 0 };
			buf_str(&text, line);
			VEC_PUSH(port->files[i].lines) = (EditLine) { buf_take(&text), 0, 0 };
		}
	}
}

void edit_port_done(EditPort *port) {
	for (size_t i = 0; i < port->n_files; i++) {
		for (size_t k = 0; k < port->files[i].lines.n; k++) free(port->files[i].lines.at[k].text);
		VEC_FREE(port->files[i].lines);
	}
}

void edit_texts(const EditPort *port, FakeFile files[EDIT_FILES], size_t *n) {
	*n = port->n_files;
	for (size_t i = 0; i < port->n_files; i++) {
		const EditFile *f = &port->files[i];
		Buf text = { 0 };
		for (size_t k = 0; k < f->lines.n; k++) buf_printf(&text, "%s%s", f->lines.at[k].text, f->crlf ? "\r\n" : "\n");
		files[i] = (FakeFile) { f->name, buf_take(&text) };
	}
}

void edit_texts_done(FakeFile files[EDIT_FILES], size_t n) {
	for (size_t i = 0; i < n; i++) free((char *)(uintptr_t)files[i].text);
}

int edit_truth(const EditPort *port, const char *name, uint32_t line) {
	for (size_t i = 0; i < port->n_files; i++) {
		const EditFile *f = &port->files[i];
		if (strcmp(f->name, name) == 0 && line >= 1 && line <= f->lines.n) return f->lines.at[line - 1].truth;
	}
	return 0;
}

bool edit_stands_for(const EditPort *port, const char *name, uint32_t line, int truth) {
	bool original = false;
	int copied = 0;
	for (size_t i = 0; i < port->n_files; i++) {
		const EditFile *f = &port->files[i];
		for (size_t k = 0; k < f->lines.n; k++) original = original || f->lines.at[k].truth == truth;
		if (strcmp(f->name, name) == 0 && line >= 1 && line <= f->lines.n) copied = f->lines.at[line - 1].copy_of;
	}
	return edit_truth(port, name, line) == truth || (!original && copied == truth);
}

uint32_t edit_random(EditPort *port, uint32_t below) {
	port->seed = port->seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return below ? (uint32_t)(port->seed >> 33) % below : 0;
}

/* ---- lines ---- */

static void insert(EditFile *f, size_t at, const char *text, int truth) {
	VEC_PUSH(f->lines) = (EditLine) { NULL, 0, 0 };
	memmove(&f->lines.at[at + 1], &f->lines.at[at], (f->lines.n - 1 - at) * sizeof(EditLine));
	f->lines.at[at] = (EditLine) { base_strdup(text), truth, truth };
}

static void drop(EditFile *f, size_t at) {
	free(f->lines.at[at].text);
	memmove(&f->lines.at[at], &f->lines.at[at + 1], (f->lines.n - 1 - at) * sizeof(EditLine));
	f->lines.n--;
}

static void set(EditFile *f, size_t at, char *text) {
	free(f->lines.at[at].text);
	f->lines.at[at].text = text;
}

static bool has(const EditFile *f, size_t at, const char *what) { return strstr(f->lines.at[at].text, what) != NULL; }

static size_t indent_of(const char *text) { return strspn(text, " "); }

/* All of `what` replaced; heap. */
static char *with(const char *text, const char *what, const char *instead) {
	Buf out = { 0 };
	for (const char *at; (at = strstr(text, what)); text = at + strlen(what)) {
		buf_add(&out, text, (size_t)(at - text));
		buf_puts(&out, instead);
	}
	buf_puts(&out, text);
	return buf_take(&out);
}

static EditFile *any_file(EditPort *p) { return &p->files[edit_random(p, (uint32_t)p->n_files)]; }

/* A range of lines, ends included. */
typedef struct Range {
	EditFile *file;
	size_t first, last;
} Range;

static bool block_at(EditFile *f, size_t first, Range *out) {
	size_t indent = indent_of(f->lines.at[first].text);
	for (size_t i = first + 1; i < f->lines.n; i++) {
		const char *text = f->lines.at[i].text;
		if (indent_of(text) == indent && text[indent] == '}') {
			*out = (Range) { f, first, i };
			return true;
		}
	}
	return false;
}

/* A random block whose first line has the word. */
static bool any_block(EditPort *p, const char *word, Range *out) {
	VEC(Range) all = { 0 };
	for (size_t i = 0; i < p->n_files; i++) {
		for (size_t k = 0; k < p->files[i].lines.n; k++) {
			Range r;
			const char *text = p->files[i].lines.at[k].text;
			if (strncmp(text + indent_of(text), word, strlen(word)) == 0 && block_at(&p->files[i], k, &r))
				VEC_PUSH(all) = r;
		}
	}
	bool any = all.n > 0;
	if (any) *out = all.at[edit_random(p, (uint32_t)all.n)];
	VEC_FREE(all);
	return any;
}

static bool is_mark(const EditFile *f, size_t at) {
	return has(f, at, "softmax(") || has(f, at, "exp(") || has(f, at, "repeated(");
}

/* A random line that is a candidate. */
static bool any_mark(EditPort *p, Range *out) {
	VEC(Range) all = { 0 };
	for (size_t i = 0; i < p->n_files; i++) {
		for (size_t k = 0; k < p->files[i].lines.n; k++) {
			if (is_mark(&p->files[i], k)) VEC_PUSH(all) = (Range) { &p->files[i], k, k };
		}
	}
	bool any = all.n > 0;
	if (any) *out = all.at[edit_random(p, (uint32_t)all.n)];
	VEC_FREE(all);
	return any;
}

static void indented(EditFile *f, size_t at, size_t like, const char *text, int truth) {
	Buf line = { 0 };
	for (size_t i = 0; i < indent_of(f->lines.at[like].text); i++) buf_putc(&line, ' ');
	buf_puts(&line, text);
	insert(f, at, line.ptr ? line.ptr : "", truth);
	buf_done(&line);
}

/* Copies the lines before index to (of another file or the same); truths go along when kept. */
static void copy_lines(Range r, EditFile *to, size_t at, bool keep) {
	size_t n = r.last - r.first + 1;
	for (size_t i = 0; i < n; i++) {
		size_t from = r.first + i;
		if (to == r.file && at + i <= from) from += i; /* what was inserted before pushed it on */
		if (to == r.file && at <= r.first) from = r.first + 2 * i;
		EditLine line = r.file->lines.at[from];
		insert(to, at + i, line.text, keep ? line.truth : 0);
		to->lines.at[at + i].copy_of = line.truth;
	}
}

static void drop_lines(Range r) {
	for (size_t i = r.first; i <= r.last; i++) drop(r.file, r.first);
}

/* Takes the lines out: heap texts with truths. */
typedef VEC(EditLine) Lines;
static void cut(Range r, Lines *out) {
	for (size_t i = r.first; i <= r.last; i++) {
		EditLine line = r.file->lines.at[i];
		line.text = base_strdup(line.text);
		VEC_PUSH(*out) = line;
	}
	drop_lines(r);
}
static void paste(Lines *lines, EditFile *f, size_t at) {
	for (size_t i = 0; i < lines->n; i++) {
		insert(f, at + i, lines->at[i].text, lines->at[i].truth);
		f->lines.at[at + i].copy_of = lines->at[i].copy_of;
		free(lines->at[i].text);
	}
	VEC_FREE(*lines);
}

static void rename_in(Range r, const char *from, const char *to) {
	for (size_t i = r.first; i <= r.last; i++) set(r.file, i, with(r.file->lines.at[i].text, from, to));
}

static bool name_after(const char *text, const char *word, char *out, size_t size) {
	const char *at = strstr(text, word);
	if (!at) return false;
	at += strlen(word);
	size_t n = strcspn(at, "(:< {");
	if (n == 0 || n >= size) return false;
	memcpy(out, at, n);
	out[n] = '\0';
	return true;
}

/* ---- the classes ---- */

static bool blank_before(EditPort *p) {
	Range r;
	if (!any_mark(p, &r)) return false;
	insert(r.file, r.first, "", 0);
	return true;
}
static bool comment_before(EditPort *p) {
	Range r;
	if (!any_mark(p, &r)) return false;
	indented(r.file, r.first, r.first, "// as the paper says", 0);
	return true;
}
static bool comment_behind(EditPort *p) {
	Range r;
	if (!any_mark(p, &r)) return false;
	Buf text = { 0 };
	buf_printf(&text, "%s // checked", r.file->lines.at[r.first].text);
	set(r.file, r.first, buf_take(&text));
	return true;
}
static bool statement_before(EditPort *p) {
	Range r;
	if (!any_mark(p, &r)) return false;
	indented(r.file, r.first, r.first, "trace(\"here\")", 0);
	return true;
}
static bool statement_behind(EditPort *p) {
	Range r;
	if (!any_mark(p, &r)) return false;
	indented(r.file, r.first + 1, r.first, "trace(\"there\")", 0);
	return true;
}
static bool import_on_top(EditPort *p) {
	insert(any_file(p), 0, "import Accelerate", 0);
	return true;
}
static bool license_on_top(EditPort *p) {
	EditFile *f = any_file(p);
	for (int i = 0; i < 6; i++) insert(f, 0, "// A line of a license.", 0);
	return true;
}
static bool function_before(EditPort *p) {
	Range r;
	if (!any_block(p, "func ", &r)) return false;
	char name[64];
	snprintf(name, sizeof name, "func fresh%d(x: Int) -> Int {", ++p->counter);
	size_t at = r.first;
	indented(r.file, at, r.first, name, 0);
	indented(r.file, at + 1, at, "    return x + 1", 0);
	indented(r.file, at + 2, at, "}", 0);
	return true;
}
static bool function_at_end(EditPort *p) {
	EditFile *f = any_file(p);
	char name[64];
	snprintf(name, sizeof name, "func late%d() -> Int {", ++p->counter);
	insert(f, f->lines.n, name, 0);
	insert(f, f->lines.n, "    return 7", 0);
	insert(f, f->lines.n, "}", 0);
	return true;
}
static bool reindent(EditPort *p) {
	EditFile *f = any_file(p);
	for (size_t i = 0; i < f->lines.n; i++) {
		size_t n = indent_of(f->lines.at[i].text);
		set(f, i, base_strdup(f->lines.at[i].text + n / 2));
	}
	return true;
}
static bool respace(EditPort *p) {
	EditFile *f = any_file(p);
	for (size_t i = 0; i < f->lines.n; i++) set(f, i, with(f->lines.at[i].text, ", ", " , "));
	return true;
}
static bool crlf(EditPort *p) {
	any_file(p)->crlf = true;
	return true;
}
static bool rename_local(EditPort *p) {
	Range r;
	if (!any_block(p, "func ", &r)) return false;
	rename_in(r, "(s,", "(z,");
	rename_in(r, "let s ", "let z ");
	rename_in(r, "let w ", "let u ");
	rename_in(r, "(w,", "(u,");
	return true;
}
static bool rename_function(EditPort *p) {
	Range r;
	char name[64], fresh[80];
	if (!any_block(p, "func ", &r) || !name_after(r.file->lines.at[r.first].text, "func ", name, sizeof name))
		return false;
	snprintf(fresh, sizeof fresh, "%sAnew%d", name, ++p->counter);
	rename_in((Range) { r.file, r.first, r.first }, name, fresh);
	return true;
}
static bool rename_class(EditPort *p) {
	Range r;
	char name[64], fresh[80];
	if (!any_block(p, "class ", &r) || !name_after(r.file->lines.at[r.first].text, "class ", name, sizeof name))
		return false;
	snprintf(fresh, sizeof fresh, "%sNew%d", name, ++p->counter);
	rename_in((Range) { r.file, r.first, r.first }, name, fresh);
	return true;
}
static bool move_in_class(EditPort *p) {
	Range cls, fn = { 0 };
	if (!any_block(p, "class ", &cls)) return false;
	size_t n = 0;
	for (size_t i = cls.first; i < cls.last; i++) {
		Range r;
		if (strstr(cls.file->lines.at[i].text, "func ") && block_at(cls.file, i, &r) &&
		    edit_random(p, (uint32_t)++n) == 0)
			fn = r;
	}
	if (n < 2) return false;
	Lines lines = { 0 };
	size_t gone = fn.last - fn.first + 1;
	cut(fn, &lines);
	paste(&lines, cls.file, cls.last - gone);
	return true;
}
static bool move_class(EditPort *p) {
	Range r;
	if (!any_block(p, "class ", &r)) return false;
	EditFile *to = any_file(p);
	if (to == r.file) return false;
	Lines lines = { 0 };
	cut(r, &lines);
	paste(&lines, to, to->lines.n);
	return true;
}
static bool move_free_function(EditPort *p) {
	Range r;
	if (!any_block(p, "func ", &r) || indent_of(r.file->lines.at[r.first].text) > 0) return false;
	EditFile *to = any_file(p);
	Lines lines = { 0 };
	cut(r, &lines);
	paste(&lines, to, to->lines.n);
	return true;
}
static bool duplicate(EditPort *p, bool before) {
	Range r;
	char name[64], fresh[80];
	if (!any_block(p, "func ", &r) || !name_after(r.file->lines.at[r.first].text, "func ", name, sizeof name))
		return false;
	snprintf(fresh, sizeof fresh, "%sCopy%d", name, ++p->counter);
	size_t n = r.last - r.first + 1, at = before ? r.first : r.last + 1;
	copy_lines(r, r.file, at, false);
	rename_in((Range) { r.file, at, at }, name, fresh);
	(void)n;
	return true;
}
static bool duplicate_behind(EditPort *p) { return duplicate(p, false); }
static bool duplicate_before(EditPort *p) { return duplicate(p, true); }
static bool twin_line(EditPort *p) {
	Range r;
	if (!any_mark(p, &r)) return false;
	insert(r.file, r.first + edit_random(p, 2), r.file->lines.at[r.first].text, 0);
	/* which of two equal neighbours is the original can't be told, not even by the truth */
	return true;
}
static bool wrap(EditPort *p) {
	Range r;
	if (!any_mark(p, &r)) return false;
	size_t n = indent_of(r.file->lines.at[r.first].text);
	Buf open = { 0 }, line = { 0 }, close = { 0 };
	for (size_t i = 0; i < n; i++) {
		buf_putc(&open, ' ');
		buf_putc(&close, ' ');
	}
	buf_puts(&open, "if training {");
	buf_puts(&close, "}");
	buf_printf(&line, "    %s", r.file->lines.at[r.first].text);
	set(r.file, r.first, buf_take(&line));
	insert(r.file, r.first + 1, close.ptr, 0);
	insert(r.file, r.first, open.ptr, 0);
	buf_done(&open);
	buf_done(&close);
	return true;
}
static bool fix(EditPort *p) {
	Range r;
	if (!any_mark(p, &r)) return false;
	size_t n = indent_of(r.file->lines.at[r.first].text);
	Buf line = { 0 };
	for (size_t i = 0; i < n; i++) buf_putc(&line, ' ');
	buf_puts(&line, "let w = MLXFast.attention(queries: q, keys: k)");
	set(r.file, r.first, buf_take(&line));
	return true;
}
static bool half_fix(EditPort *p) {
	Range r;
	if (!any_mark(p, &r)) return false;
	const char *text = r.file->lines.at[r.first].text;
	set(r.file, r.first,
	    strstr(text, "axis: -1") ? with(text, "axis: -1", "axis: 3, precise: true") : with(text, "(", "(0 + "));
	return true;
}
static bool delete_function(EditPort *p) {
	Range r;
	if (!any_block(p, "func ", &r)) return false;
	drop_lines(r);
	return true;
}
static bool delete_line(EditPort *p) {
	Range r;
	if (!any_mark(p, &r)) return false;
	drop_lines(r);
	return true;
}
static bool delete_neighbour(EditPort *p) {
	Range r;
	if (!any_mark(p, &r) || r.first == 0 || is_mark(r.file, r.first - 1) ||
	    strchr(r.file->lines.at[r.first - 1].text, '{')) {
		return false;
	}
	drop(r.file, r.first - 1);
	return true;
}
static bool rename_file(EditPort *p) {
	EditFile *f = any_file(p);
	snprintf(f->name, sizeof f->name, "Sources/Renamed%d.swift", ++p->counter);
	return true;
}
static bool parameter(EditPort *p) {
	Range r;
	if (!any_block(p, "func ", &r)) return false;
	rename_in((Range) { r.file, r.first, r.first }, "(", "(flag: Bool, ");
	return true;
}
static bool attribute(EditPort *p) {
	Range r;
	if (!any_block(p, "func ", &r)) return false;
	indented(r.file, r.first, r.first, "@inline(__always)", 0);
	return true;
}
static bool to_struct(EditPort *p) {
	Range r;
	if (!any_block(p, "class ", &r)) return false;
	rename_in((Range) { r.file, r.first, r.first }, "class ", "struct ");
	return true;
}
static bool wrap_body(EditPort *p) {
	Range r;
	if (!any_block(p, "func ", &r) || r.last < r.first + 2) return false;
	for (size_t i = r.first + 1; i < r.last; i++) {
		Buf line = { 0 };
		buf_printf(&line, "    %s", r.file->lines.at[i].text);
		set(r.file, i, buf_take(&line));
	}
	indented(r.file, r.last, r.first, "    }", 0);
	indented(r.file, r.first + 1, r.first, "    do {", 0);
	return true;
}
static bool extract(EditPort *p) {
	Range r;
	if (!any_mark(p, &r)) return false;
	char name[64];
	snprintf(name, sizeof name, "    helper%d(q, k)", ++p->counter);
	int truth = r.file->lines.at[r.first].truth;
	char *text = base_strdup(r.file->lines.at[r.first].text);
	set(r.file, r.first, base_strdup(name));
	r.file->lines.at[r.first].truth = 0;
	snprintf(name, sizeof name, "func helper%d(q: MLXArray, k: MLXArray) -> MLXArray {", p->counter);
	insert(r.file, r.file->lines.n, name, 0);
	insert(r.file, r.file->lines.n, text, truth);
	insert(r.file, r.file->lines.n, "    return q", 0);
	insert(r.file, r.file->lines.n, "}", 0);
	free(text);
	return true;
}
static bool new_candidate(EditPort *p) {
	EditFile *f = any_file(p);
	char name[64];
	snprintf(name, sizeof name, "func added%d(g: MLXArray) -> MLXArray {", ++p->counter);
	insert(f, f->lines.n, name, 0);
	insert(f, f->lines.n, "    return softmax(g * Float(headCount), axis: 2)", 0);
	insert(f, f->lines.n, "}", 0);
	return true;
}
static bool swap_classes(EditPort *p) {
	Range r;
	if (!any_block(p, "class ", &r)) return false;
	Lines lines = { 0 };
	cut(r, &lines);
	paste(&lines, r.file, r.file->lines.n);
	return true;
}

const EditClass EDIT_CLASSES[] = {
	{ "blank line before", blank_before },
	{ "comment before", comment_before },
	{ "comment behind", comment_behind },
	{ "statement before", statement_before },
	{ "statement behind", statement_behind },
	{ "import on top", import_on_top },
	{ "license on top", license_on_top },
	{ "function before", function_before },
	{ "function at the end", function_at_end },
	{ "reindent", reindent },
	{ "respace", respace },
	{ "CRLF", crlf },
	{ "rename local", rename_local },
	{ "rename function", rename_function },
	{ "rename class", rename_class },
	{ "move within class", move_in_class },
	{ "move class to file", move_class },
	{ "move free function", move_free_function },
	{ "swap classes", swap_classes },
	{ "duplicate behind", duplicate_behind },
	{ "duplicate before", duplicate_before },
	{ "twin line", twin_line },
	{ "wrap in condition", wrap },
	{ "fix it", fix },
	{ "half fix it", half_fix },
	{ "delete function", delete_function },
	{ "delete the line", delete_line },
	{ "delete a neighbour", delete_neighbour },
	{ "rename file", rename_file },
	{ "add a parameter", parameter },
	{ "add an attribute", attribute },
	{ "class to struct", to_struct },
	{ "wrap body in do", wrap_body },
	{ "extract helper", extract },
	{ "new candidate", new_candidate },
};
const size_t EDIT_CLASS_COUNT = BASE_COUNT(EDIT_CLASSES);
