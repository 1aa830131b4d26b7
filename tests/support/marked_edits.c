#include "core/posix.h"

#include "tests/support/marked_edits.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- lines and blocks, by indentation ---- */

static MarkedFile *file_of(const MarkedPort *p, MarkedRange at) { return &p->files.at[at.file]; }

static size_t line_start(const MarkedFile *f, size_t at) {
	while (at > 0 && f->text[at - 1] != '\n') at--;
	return at;
}

/* Behind the line's end. */
static size_t line_end(const MarkedFile *f, size_t at) {
	while (at < f->n && f->text[at] != '\n') at++;
	return at < f->n ? at + 1 : at;
}

static MarkedRange lines_of(const MarkedPort *p, MarkedRange at) {
	const MarkedFile *f = file_of(p, at);
	size_t last = at.end > at.start ? at.end - 1 : at.start;
	return (MarkedRange) { at.file, line_start(f, at.start), line_end(f, last) };
}

static size_t n_lines(const MarkedPort *p, MarkedRange lines) {
	size_t n = 0;
	for (size_t i = lines.start; i < lines.end; i++) n += file_of(p, lines)->text[i] == '\n';
	return n;
}

static Str line_text(const MarkedFile *f, size_t start) {
	size_t end = start;
	while (end < f->n && f->text[end] != '\n') end++;
	return (Str) { f->text + start, end - start };
}

static size_t indent_of(Str line) {
	size_t n = 0;
	while (n < line.len && (line.ptr[n] == ' ' || line.ptr[n] == '\t')) n++;
	return n;
}

static bool is_blank(Str line) { return str_trim(line).len == 0; }

static bool has(Str text, const char *what) { return str_find(text, what, 0) != SIZE_MAX; }

/* To the line with the same indentation that begins with a closing brace. */
static bool block_from(const MarkedPort *p, size_t file, size_t start, MarkedRange *out) {
	const MarkedFile *f = &p->files.at[file];
	size_t indent = indent_of(line_text(f, start));
	for (size_t at = line_end(f, start); at < f->n; at = line_end(f, at)) {
		Str line = line_text(f, at);
		if (is_blank(line) || indent_of(line) > indent) continue;
		if (line.ptr[indent_of(line)] == ')') continue; /* of a long signature */
		if (indent_of(line) < indent || line.ptr[indent] != '}') return false;
		*out = (MarkedRange) { file, start, line_end(f, at) };
		return true;
	}
	return false;
}

static bool is_function(Str line) { return has(line, "func ") || has(line, "init("); }
static bool is_type(Str line) {
	return has(line, "class ") || has(line, "struct ") || has(line, "enum ") || has(line, "extension ");
}

/* The innermost block around the place whose head is what is looked for. */
static bool block_around(const MarkedPort *p, MarkedRange at, bool (*head)(Str line), MarkedRange *out) {
	const MarkedFile *f = file_of(p, at);
	for (size_t line = line_start(f, at.start);; line = line_start(f, line - 1)) {
		Str text = line_text(f, line);
		bool comment = str_starts(str_trim(text), "//");
		if (!comment && head(text) && block_from(p, at.file, line, out) && out->end >= at.end) return true;
		if (line == 0) return false;
	}
}

bool marked_function(const MarkedPort *p, MarkedRange at, MarkedRange *out) {
	return block_around(p, at, is_function, out);
}
static bool type_around(const MarkedPort *p, MarkedRange at, MarkedRange *out) {
	return block_around(p, at, is_type, out);
}

/* Puts a line with the indentation of the line at like. */
static void put_line(MarkedPort *p, size_t file, size_t at, size_t like, const char *text) {
	const MarkedFile *f = &p->files.at[file];
	Str model = line_text(f, like);
	Buf line = { 0 };
	buf_add(&line, model.ptr, indent_of(model));
	buf_printf(&line, "%s\n", text);
	marked_insert(p, file, at, line.ptr);
	buf_done(&line);
}

static bool word_char(char c) { return isalnum((unsigned char)c) || c == '_'; }

/* Renames a word in a range, but for members of something else and labels when locals_only. */
static size_t rename_in(MarkedPort *p, MarkedRange in, const char *from, const char *to, bool locals_only) {
	MarkedFile *f = file_of(p, in);
	size_t n = strlen(from), count = 0;
	for (size_t i = in.start; i + n <= in.end && i + n <= f->n; i++) {
		if (memcmp(f->text + i, from, n) != 0 || word_char(f->text[i + n])) continue;
		if (i > 0 && (word_char(f->text[i - 1]) || (locals_only && f->text[i - 1] == '.'))) continue;
		if (locals_only && f->text[i + n] == ':') continue;
		marked_replace(p, (MarkedRange) { in.file, i, i + n }, to, true);
		in.end += strlen(to) - n;
		i += strlen(to) - 1;
		count++;
	}
	return count;
}

static void rename_everywhere(MarkedPort *p, const char *from, const char *to) {
	for (size_t i = 0; i < p->files.n; i++) rename_in(p, (MarkedRange) { i, 0, p->files.at[i].n }, from, to, false);
}

/* The word behind one of the keywords in a line. */
static bool name_behind(Str line, const char *keyword, char *out, size_t size) {
	size_t at = str_find(line, keyword, 0);
	if (at == SIZE_MAX) return false;
	size_t start = at + strlen(keyword), n = 0;
	while (start + n < line.len && word_char(line.ptr[start + n])) n++;
	if (n == 0 || n >= size) return false;
	memcpy(out, line.ptr + start, n);
	out[n] = '\0';
	return true;
}

static bool type_name(Str line, char *out, size_t size) {
	return name_behind(line, "class ", out, size) || name_behind(line, "struct ", out, size) ||
	       name_behind(line, "enum ", out, size) || name_behind(line, "extension ", out, size);
}

static void fresh_name(MarkedPort *p, const char *base, char *out, size_t size) {
	snprintf(out, size, "%.40sNew%d", base, ++p->counter);
}

/* ---- lines that come and go ---- */

static bool before_with(MarkedPort *p, MarkedRange at, const char *text) {
	MarkedRange lines = lines_of(p, at);
	put_line(p, at.file, lines.start, lines.start, text);
	return true;
}
static bool behind_with(MarkedPort *p, MarkedRange at, const char *text) {
	MarkedRange lines = lines_of(p, at);
	put_line(p, at.file, lines.end, lines.start, text);
	return true;
}

static bool blank_before(MarkedPort *p, MarkedRange at) {
	marked_insert(p, at.file, lines_of(p, at).start, "\n");
	return true;
}
static bool comment_before(MarkedPort *p, MarkedRange at) { return before_with(p, at, "// as the paper says"); }
static bool statement_before(MarkedPort *p, MarkedRange at) { return before_with(p, at, "precondition(isReady)"); }
static bool statement_behind(MarkedPort *p, MarkedRange at) { return behind_with(p, at, "assert(isReady)"); }

static bool comment_behind(MarkedPort *p, MarkedRange at) {
	MarkedRange lines = lines_of(p, at);
	Str line = line_text(file_of(p, at), lines.start);
	if (has(line, "\"\"\"")) return false;
	marked_insert(p, at.file, lines.start + line.len - str_ends(line, "\r"), "  // checked");
	return true;
}

/* The start of a line inside of the span at which a statement can stand: as far in as the span's first line. */
static bool gap_inside(MarkedPort *p, MarkedRange at, size_t *out) {
	MarkedRange lines = lines_of(p, at);
	const MarkedFile *f = file_of(p, at);
	size_t indent = indent_of(line_text(f, lines.start));
	for (size_t i = line_end(f, lines.start); i < lines.end; i = line_end(f, i)) {
		Str line = line_text(f, i);
		if (is_blank(line) || indent_of(line) != indent || strchr("})].", line.ptr[indent])) continue;
		*out = i;
		return true;
	}
	return false;
}
static bool comment_inside(MarkedPort *p, MarkedRange at) {
	size_t gap;
	if (!gap_inside(p, at, &gap)) return false;
	put_line(p, at.file, gap, gap, "// here too");
	return true;
}
static bool line_inside(MarkedPort *p, MarkedRange at) {
	size_t gap;
	if (!gap_inside(p, at, &gap)) return false;
	put_line(p, at.file, gap, gap, "let unrelated = identifier.count");
	return true;
}
static bool change_comment(MarkedPort *p, MarkedRange at) {
	MarkedRange fn;
	if (!marked_function(p, at, &fn)) return false;
	MarkedFile *f = file_of(p, fn);
	for (size_t i = fn.start; i < fn.end; i = line_end(f, i)) {
		Str line = line_text(f, i);
		if (!str_starts(str_trim(line), "//")) continue;
		marked_insert(p, fn.file, i + line.len, ", and so on");
		return true;
	}
	return false;
}
static bool import_on_top(MarkedPort *p, MarkedRange at) {
	marked_insert(p, at.file, 0, "import os\n");
	return true;
}
static bool license_on_top(MarkedPort *p, MarkedRange at) {
	for (int i = 0; i < 6; i++) marked_insert(p, at.file, 0, "// A line of a license.\n");
	return true;
}
static bool delete_neighbour(MarkedPort *p, MarkedRange at) {
	MarkedRange lines = lines_of(p, at);
	MarkedFile *f = file_of(p, at);
	if (lines.start == 0) return false;
	size_t start = line_start(f, lines.start - 1);
	Str line = str_trim(line_text(f, start));
	if (line.len == 0 || strchr("{}(,[:", line.ptr[line.len - 1]) || strchr("})].", line.ptr[0])) return false;
	marked_replace(p, (MarkedRange) { at.file, start, lines.start }, "", false);
	return true;
}
static bool other_line(MarkedPort *p, MarkedRange at) {
	MarkedRange fn, lines = lines_of(p, at);
	if (!marked_function(p, at, &fn)) return false;
	MarkedFile *f = file_of(p, fn);
	for (size_t i = fn.start; i < fn.end; i++) {
		bool outside = i < lines.start || i >= lines.end;
		if (!outside || f->text[i] != '1' || word_char(f->text[i + 1]) || (i > 0 && word_char(f->text[i - 1])))
			continue;
		marked_replace(p, (MarkedRange) { at.file, i, i + 1 }, "3", true);
		return true;
	}
	return false;
}

/* ---- layout ---- */

static bool each_indent(MarkedPort *p, MarkedRange at, bool tabs) {
	MarkedFile *f = file_of(p, at);
	for (size_t i = 0; i < f->n; i = line_end(f, i)) {
		size_t n = indent_of(line_text(f, i));
		char in[128] = "";
		size_t wanted = n / 2 < sizeof in - 1 ? n / 2 : sizeof in - 1;
		memset(in, tabs ? '\t' : ' ', wanted);
		marked_replace(p, (MarkedRange) { at.file, i, i + n }, in, false);
	}
	return true;
}
static bool reindent(MarkedPort *p, MarkedRange at) { return each_indent(p, at, false); }
static bool tabs(MarkedPort *p, MarkedRange at) { return each_indent(p, at, true); }
static bool crlf(MarkedPort *p, MarkedRange at) {
	MarkedFile *f = file_of(p, at);
	for (size_t i = 0; i < f->n; i++) {
		if (f->text[i] != '\n' || (i > 0 && f->text[i - 1] == '\r')) continue;
		marked_insert(p, at.file, i++, "\r");
	}
	return true;
}
/* Spaces around commas, but for lines with a text in them. */
static bool respace(MarkedPort *p, MarkedRange at) {
	MarkedFile *f = file_of(p, at);
	for (size_t i = 0; i < f->n; i = line_end(f, i)) {
		Str line = line_text(f, i);
		if (has(line, "\"") || has(line, "//")) continue;
		for (size_t k = i; k < f->n && f->text[k] != '\n'; k++) {
			if (f->text[k] == ',') marked_insert(p, at.file, k++, " ");
		}
	}
	return true;
}
static bool trailing_space(MarkedPort *p, MarkedRange at) {
	MarkedRange lines = lines_of(p, at);
	marked_insert(p, at.file, lines.start + line_text(file_of(p, at), lines.start).len, "  ");
	return true;
}
static bool break_line(MarkedPort *p, MarkedRange at) {
	MarkedRange lines = lines_of(p, at);
	const MarkedFile *f = file_of(p, at);
	Str line = line_text(f, lines.start);
	size_t open = str_find(line, "(", 0);
	if (open == SIZE_MAX || open + 2 >= line.len || has(line, "\"") || has(line, "//")) return false;
	marked_insert(p, at.file, lines.start + open + 1, "\n                ");
	return true;
}
static bool join_lines(MarkedPort *p, MarkedRange at) {
	MarkedRange lines = lines_of(p, at);
	const MarkedFile *f = file_of(p, at);
	for (size_t i = lines.start; i < lines.end; i = line_end(f, i)) {
		Str line = line_text(f, i);
		if (line.len == 0 || has(line, "//") || !strchr("(,", line.ptr[line.len - 1])) continue;
		size_t next = line_end(f, i), n = indent_of(line_text(f, next));
		if (has(line_text(f, next), "//")) continue;
		marked_replace(p, (MarkedRange) { at.file, i + line.len, next + n }, " ", false);
		return true;
	}
	return false;
}

/* ---- names ---- */

static bool rename_local(MarkedPort *p, MarkedRange at) {
	MarkedRange fn, lines = lines_of(p, at);
	char name[48], fresh[64];
	if (!marked_function(p, at, &fn)) return false;
	MarkedFile *f = file_of(p, fn);
	Str span = { f->text + lines.start, lines.end - lines.start };
	Str body = { f->text + fn.start, fn.end - fn.start };
	if (!name_behind(span, "let ", name, sizeof name) && !name_behind(body, "let ", name, sizeof name)) return false;
	fresh_name(p, name, fresh, sizeof fresh);
	return rename_in(p, fn, name, fresh, true) > 0;
}
static bool rename_function(MarkedPort *p, MarkedRange at) {
	MarkedRange fn;
	char name[48], fresh[64];
	if (!marked_function(p, at, &fn)) return false;
	if (!name_behind(line_text(file_of(p, fn), fn.start), "func ", name, sizeof name)) return false;
	if (strcmp(name, "callAsFunction") == 0) return false;
	fresh_name(p, name, fresh, sizeof fresh);
	rename_everywhere(p, name, fresh);
	return true;
}
static bool rename_class(MarkedPort *p, MarkedRange at) {
	MarkedRange type;
	char name[48], fresh[64];
	if (!type_around(p, at, &type)) return false;
	if (!type_name(line_text(file_of(p, type), type.start), name, sizeof name)) return false;
	fresh_name(p, name, fresh, sizeof fresh);
	rename_everywhere(p, name, fresh);
	return true;
}
static bool rename_file(MarkedPort *p, MarkedRange at) {
	MarkedFile *f = file_of(p, at);
	char fresh[512];
	const char *slash = strrchr(f->name, '/');
	int folder = slash ? (int)(slash - f->name + 1) : 0;
	snprintf(fresh, sizeof fresh, "%.*sRenamed%d.swift", folder, f->name, ++p->counter);
	free(f->name);
	f->name = base_strdup(fresh);
	return true;
}
static bool parameter(MarkedPort *p, MarkedRange at) {
	MarkedRange fn;
	if (!marked_function(p, at, &fn)) return false;
	Str head = line_text(file_of(p, fn), fn.start);
	size_t open = str_find(head, "(", 0);
	if (open == SIZE_MAX) return false;
	bool none = open + 1 < head.len && head.ptr[open + 1] == ')';
	marked_insert(p, at.file, fn.start + open + 1, none ? "flag: Bool = true" : "flag: Bool = true, ");
	return true;
}
static bool attribute(MarkedPort *p, MarkedRange at) {
	MarkedRange fn;
	if (!marked_function(p, at, &fn)) return false;
	put_line(p, at.file, fn.start, fn.start, "@inline(__always)");
	return true;
}

/* ---- moves ---- */

static bool move_in_type(MarkedPort *p, MarkedRange at, bool to_end) {
	MarkedRange fn, type;
	if (!marked_function(p, at, &fn) || !type_around(p, fn, &type)) return false;
	MarkedFile *f = file_of(p, at);
	size_t last = line_start(f, type.end - 1), first = line_end(f, type.start);
	if (fn.start <= first || fn.end >= last) return false;
	marked_move(p, fn, at.file, to_end ? last : first);
	return true;
}
static bool move_to_end(MarkedPort *p, MarkedRange at) { return move_in_type(p, at, true); }
static bool move_to_start(MarkedPort *p, MarkedRange at) { return move_in_type(p, at, false); }

static size_t other_file(MarkedPort *p, size_t file) {
	for (int tries = 0; tries < 20; tries++) {
		size_t i = marked_random(p, (uint32_t)p->files.n);
		if (i != file && !p->files.at[i].gone && p->files.at[i].n > 0) return i;
	}
	return SIZE_MAX;
}
static size_t new_file(MarkedPort *p, size_t beside) {
	char name[512];
	const char *old = p->files.at[beside].name, *slash = strrchr(old, '/');
	snprintf(name, sizeof name, "%.*sSplit%d.swift", slash ? (int)(slash - old + 1) : 0, old, ++p->counter);
	return marked_add(p, name, STR("import Foundation\nimport MLX\nimport MLXNN\n\n"), true);
}
static bool move_type(MarkedPort *p, MarkedRange at) {
	MarkedRange type;
	size_t to = other_file(p, at.file);
	if (to == SIZE_MAX || !type_around(p, at, &type)) return false;
	marked_move(p, type, to, p->files.at[to].n);
	return true;
}
static bool split_file(MarkedPort *p, MarkedRange at) {
	MarkedRange type;
	if (!type_around(p, at, &type)) return false;
	size_t to = new_file(p, at.file);
	marked_move(p, type, to, p->files.at[to].n);
	return true;
}
static bool swap_types(MarkedPort *p, MarkedRange at) {
	MarkedRange type;
	if (!type_around(p, at, &type)) return false;
	MarkedFile *f = file_of(p, at);
	if (type.end + 2 >= f->n) return false;
	marked_move(p, type, at.file, f->n);
	return true;
}
static bool to_extension(MarkedPort *p, MarkedRange at) {
	MarkedRange fn, type;
	char name[48], head[80];
	if (!marked_function(p, at, &fn) || !type_around(p, fn, &type)) return false;
	if (!type_name(line_text(file_of(p, type), type.start), name, sizeof name)) return false;
	size_t to = new_file(p, at.file);
	snprintf(head, sizeof head, "extension %s {\n", name);
	marked_insert(p, to, p->files.at[to].n, head);
	marked_move(p, fn, to, p->files.at[to].n);
	marked_insert(p, to, p->files.at[to].n, "}\n");
	return true;
}
/* This function and the next one of its kind change places. */
static bool swap_functions(MarkedPort *p, MarkedRange at) {
	MarkedRange fn, next;
	if (!marked_function(p, at, &fn)) return false;
	MarkedFile *f = file_of(p, at);
	size_t i = fn.end;
	while (i < f->n && is_blank(line_text(f, i))) i = line_end(f, i);
	if (i >= f->n || !is_function(line_text(f, i)) || !block_from(p, at.file, i, &next)) return false;
	marked_move(p, fn, at.file, next.end);
	return true;
}

/* ---- copies ---- */

static bool duplicate(MarkedPort *p, MarkedRange at, bool before) {
	MarkedRange fn;
	char name[48], fresh[64];
	if (!marked_function(p, at, &fn)) return false;
	if (!name_behind(line_text(file_of(p, fn), fn.start), "func ", name, sizeof name)) return false;
	size_t n = fn.end - fn.start, to = before ? fn.start : fn.end;
	marked_duplicate(p, fn, at.file, to);
	MarkedFile *f = file_of(p, at);
	fresh_name(p, name, fresh, sizeof fresh);
	rename_in(p, (MarkedRange) { at.file, to, line_end(f, to) }, name, fresh, false);
	(void)n;
	return true;
}
static bool duplicate_behind(MarkedPort *p, MarkedRange at) { return duplicate(p, at, false); }
static bool duplicate_before(MarkedPort *p, MarkedRange at) { return duplicate(p, at, true); }
static bool duplicate_type(MarkedPort *p, MarkedRange at) {
	MarkedRange type;
	char name[48], fresh[64];
	if (!type_around(p, at, &type)) return false;
	if (!type_name(line_text(file_of(p, type), type.start), name, sizeof name)) return false;
	size_t n = type.end - type.start, to = new_file(p, at.file), begin = p->files.at[to].n;
	marked_duplicate(p, type, to, begin);
	fresh_name(p, name, fresh, sizeof fresh);
	rename_in(p, (MarkedRange) { to, begin, begin + n }, name, fresh, false);
	return true;
}
static bool twin_line(MarkedPort *p, MarkedRange at) {
	MarkedRange lines = lines_of(p, at);
	if (n_lines(p, lines) != 1 || str_ends(str_trim(line_text(file_of(p, at), lines.start)), "{")) return false;
	marked_twin(p, lines, lines.end);
	return true;
}

/* ---- what is done to the place itself ---- */

static bool wrap_with(MarkedPort *p, MarkedRange range, const char *head) {
	MarkedFile *f = file_of(p, range);
	Str line = line_text(f, range.start);
	char in[128], text[256];
	size_t n = indent_of(line) < sizeof in - 1 ? indent_of(line) : sizeof in - 1;
	memcpy(in, line.ptr, n);
	in[n] = '\0';
	size_t end = range.end;
	for (size_t i = range.start; i < end; i = line_end(f, i)) {
		if (is_blank(line_text(f, i))) continue;
		marked_insert(p, range.file, i, "    ");
		end += 4;
	}
	snprintf(text, sizeof text, "%s}\n", in);
	marked_insert(p, range.file, end, text);
	snprintf(text, sizeof text, "%s%s {\n", in, head);
	marked_insert(p, range.file, range.start, text);
	return true;
}
static bool wrap(MarkedPort *p, MarkedRange at) {
	MarkedRange fn, lines = lines_of(p, at);
	if (!marked_function(p, at, &fn) || lines.start <= fn.start || lines.end >= fn.end) return false;
	return wrap_with(p, lines, "if isTraining");
}
static bool wrap_body(MarkedPort *p, MarkedRange at) {
	MarkedRange fn;
	if (!marked_function(p, at, &fn)) return false;
	MarkedFile *f = file_of(p, fn);
	if (!str_ends(str_trim(line_text(f, fn.start)), "{")) return false;
	fn.start = line_end(f, fn.start);
	fn.end = line_start(f, fn.end - 1);
	return fn.end > fn.start && wrap_with(p, fn, "do");
}
static bool inside_function(const MarkedPort *p, MarkedRange lines) {
	MarkedRange fn;
	return marked_function(p, lines, &fn) && lines.start > fn.start && lines.end < fn.end;
}
static bool fix(MarkedPort *p, MarkedRange at) {
	MarkedRange lines = lines_of(p, at);
	if (!inside_function(p, lines)) return false;
	size_t n = indent_of(line_text(file_of(p, at), lines.start));
	lines.start += n;
	marked_replace(p, lines, "finished()\n", false);
	return true;
}
static bool half_fix(MarkedPort *p, MarkedRange at) {
	MarkedFile *f = file_of(p, at);
	for (size_t i = at.start; i < at.end; i++) {
		if (!isdigit((unsigned char)f->text[i]) || (i > 0 && (word_char(f->text[i - 1]) || f->text[i - 1] == '.')))
			continue;
		if (word_char(f->text[i + 1]) || f->text[i + 1] == '.') continue;
		marked_replace(p, (MarkedRange) { at.file, i, i + 1 }, f->text[i] == '7' ? "8" : "7", true);
		return true;
	}
	Str span = { f->text + at.start, at.end - at.start };
	size_t plus = str_find(span, " + ", 0);
	if (plus == SIZE_MAX) return false;
	marked_replace(p, (MarkedRange) { at.file, at.start + plus, at.start + plus + 3 }, " - ", true);
	return true;
}
static bool delete_function(MarkedPort *p, MarkedRange at) {
	MarkedRange fn;
	if (!marked_function(p, at, &fn)) return false;
	marked_replace(p, fn, "", false);
	return true;
}
static bool delete_lines(MarkedPort *p, MarkedRange at) {
	MarkedRange lines = lines_of(p, at);
	if (!inside_function(p, lines)) return false;
	marked_replace(p, lines, "", false);
	return true;
}
static bool delete_file(MarkedPort *p, MarkedRange at) {
	file_of(p, at)->gone = true;
	return true;
}
static bool extract(MarkedPort *p, MarkedRange at) {
	MarkedRange fn, lines = lines_of(p, at);
	char text[160];
	if (!inside_function(p, lines) || !marked_function(p, at, &fn)) return false;
	size_t length = lines.end - lines.start, to = fn.end;
	marked_move(p, lines, at.file, to);
	snprintf(text, sizeof text, "helper%d()", ++p->counter);
	put_line(p, at.file, to, fn.start, "}");
	snprintf(text, sizeof text, "func helper%d() {", p->counter);
	put_line(p, at.file, to - length, fn.start, text);
	snprintf(text, sizeof text, "helper%d()", p->counter);
	put_line(p, at.file, lines.start, fn.start, text);
	return true;
}
static bool function_before(MarkedPort *p, MarkedRange at) {
	MarkedRange fn;
	char text[160];
	if (!marked_function(p, at, &fn)) return false;
	size_t n = file_of(p, at)->n;
	put_line(p, at.file, fn.start, fn.start, "}");
	put_line(p, at.file, fn.start, fn.start, "    return x + 1");
	snprintf(text, sizeof text, "func fresh%d(x: Int) -> Int {", ++p->counter);
	put_line(p, at.file, fn.start, fn.start, text);
	return file_of(p, at)->n > n;
}
static bool function_at_end(MarkedPort *p, MarkedRange at) {
	char text[160];
	snprintf(text, sizeof text, "\nfunc late%d() -> Int {\n    return 7\n}\n", ++p->counter);
	marked_insert(p, at.file, file_of(p, at)->n, text);
	return true;
}
static bool three_in_one(MarkedPort *p, MarkedRange at) {
	bool renamed = rename_local(p, at);
	comment_behind(p, at);
	return statement_before(p, at) && renamed;
}

const MarkedEdit MARKED_EDITS[] = {
	{ "blank line before", blank_before },
	{ "comment before", comment_before },
	{ "comment behind", comment_behind },
	{ "comment inside", comment_inside },
	{ "comment changed", change_comment },
	{ "statement before", statement_before },
	{ "statement behind", statement_behind },
	{ "line inside the span", line_inside },
	{ "other line changed", other_line },
	{ "neighbour deleted", delete_neighbour },
	{ "import on top", import_on_top },
	{ "license on top", license_on_top },
	{ "function before", function_before },
	{ "function at the end", function_at_end },
	{ "reindent", reindent },
	{ "tabs", tabs },
	{ "CRLF", crlf },
	{ "respace", respace },
	{ "trailing space", trailing_space },
	{ "line broken", break_line },
	{ "lines joined", join_lines },
	{ "local renamed", rename_local },
	{ "function renamed", rename_function },
	{ "type renamed", rename_class },
	{ "file renamed", rename_file },
	{ "parameter added", parameter },
	{ "attribute added", attribute },
	{ "moved to type's end", move_to_end },
	{ "moved to type's start", move_to_start },
	{ "functions swapped", swap_functions },
	{ "types reordered", swap_types },
	{ "type to other file", move_type },
	{ "file split", split_file },
	{ "moved to extension", to_extension },
	{ "duplicated behind", duplicate_behind },
	{ "duplicated before", duplicate_before },
	{ "type duplicated", duplicate_type },
	{ "twin line", twin_line },
	{ "wrapped in condition", wrap },
	{ "body wrapped in do", wrap_body },
	{ "helper extracted", extract },
	{ "fixed", fix },
	{ "half fixed", half_fix },
	{ "three in one place", three_in_one },
	{ "lines deleted", delete_lines },
	{ "function deleted", delete_function },
	{ "file deleted", delete_file },
};
const size_t MARKED_EDIT_COUNT = BASE_COUNT(MARKED_EDITS);
