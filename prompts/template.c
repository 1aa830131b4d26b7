#include "core/posix.h"

#include "prompts/template.h"

#include <string.h>

/* ---- parsing the file ---- */

typedef struct Lines {
	Str rest;
	size_t number; /* of the line last taken, from 1 */
} Lines;

static bool next_line(Lines *lines, Str *line) {
	if (!str_split(&lines->rest, '\n', line)) return false;
	if (str_ends(*line, "\r")) line->len--;
	lines->number++;
	return true;
}

static bool take_front(Lines *lines, Template *out, Err *err) {
	Str line;
	if (!next_line(lines, &line) || !str_is(str_trim(line), "---")) {
		return err_set(err, "template line 1: does not begin with '---'");
	}
	while (next_line(lines, &line) && !str_is(str_trim(line), "---")) {
		size_t colon = str_find(line, ":", 0);
		if (str_trim(line).len == 0) continue;
		Str name = str_trim(str_sub(line, 0, colon));
		Str value = colon == SIZE_MAX ? STR_NONE : str_trim(str_sub(line, colon + 1, line.len));
		if (str_is(name, "id")) {
			out->id = value;
		} else if (str_is(name, "version")) {
			out->version = value;
		} else {
			return err_set(err, "template line %zu: unknown field '%.*s'", lines->number, STR_ARG(name));
		}
	}
	if (out->id.len == 0 || out->version.len == 0) return err_set(err, "template: 'id' or 'version' is missing");
	return true;
}

static TemplateSection *section_named(Template *out, Str name) {
	if (str_is(name, "System")) return &out->system;
	if (str_is(name, "User")) return &out->user;
	if (str_is(name, "Mend")) return &out->mend;
	return NULL;
}

bool template_parse(Str text, Template *out, Err *err) {
	*out = (Template) { 0 };
	if (text.len == 0) return err_set(err, "template: empty");
	Lines lines = { .rest = text };
	if (!take_front(&lines, out, err)) return false;
	TemplateSection *open = NULL;
	Str line;
	while (next_line(&lines, &line)) {
		if (str_starts(line, "## ")) {
			Str name = str_trim(str_sub(line, 3, line.len));
			open = section_named(out, name);
			if (!open) return err_set(err, "template line %zu: unknown section '%.*s'", lines.number, STR_ARG(name));
			if (open->line) return err_set(err, "template line %zu: a second '%.*s'", lines.number, STR_ARG(name));
			open->line = lines.number + 1;
			open->text = (Str) { lines.rest.ptr ? lines.rest.ptr : line.ptr + line.len, 0 };
		} else if (open) {
			open->text.len = (size_t)(line.ptr + line.len - open->text.ptr);
		} else if (str_trim(line).len > 0) {
			return err_set(err, "template line %zu: text before the first section", lines.number);
		}
	}
	if (!out->system.line || !out->user.line) return err_set(err, "template: '## System' or '## User' is missing");
	return true;
}

/* ---- putting values in ---- */

typedef struct Render {
	Str text;
	size_t first_line;
	const TemplateValue *values;
	size_t n;
	Buf *out;
	Err *err;
	Str open; /* name of the section being read; ptr NULL when none is */
	bool hidden;
} Render;

static bool fail_at(const Render *r, size_t at, const char *what, Str name) {
	size_t line = r->first_line;
	for (size_t i = 0; i < at && i < r->text.len; i++) line += r->text.ptr[i] == '\n';
	return err_set(r->err, "template line %zu: %s '%.*s'", line, what, STR_ARG(name));
}

static const TemplateValue *value_named(const Render *r, Str name) {
	for (size_t i = 0; i < r->n; i++) {
		if (str_is(name, r->values[i].name)) return &r->values[i];
	}
	return NULL;
}

static size_t longest_backticks(Str text) {
	size_t longest = 0, run = 0;
	for (size_t i = 0; i < text.len; i++) {
		run = text.ptr[i] == '`' ? run + 1 : 0;
		if (run > longest) longest = run;
	}
	return longest;
}

static void put_fence(Buf *out, size_t ticks) {
	for (size_t i = 0; i < ticks; i++) buf_putc(out, '`');
}

static void put_value(Buf *out, const TemplateValue *value, Str language) {
	if (value->left_out && value->at_start) buf_printf(out, "(%zu lines left out here to fit.)\n", value->left_out);
	if (language.len > 0) {
		size_t ticks = longest_backticks(value->text) + 1;
		if (ticks < 3) ticks = 3;
		put_fence(out, ticks);
		buf_str(out, language);
		buf_putc(out, '\n');
		buf_str(out, value->text);
		if (!str_ends(value->text, "\n")) buf_putc(out, '\n');
		put_fence(out, ticks);
	} else {
		buf_str(out, str_trim(value->text));
	}
	if (value->left_out && !value->at_start) buf_printf(out, "\n(%zu lines left out here to fit.)", value->left_out);
}

/* The end of a section marker at start..end: behind its line break when nothing else stands on its line. What was written
 * of the line before it (blanks) is left: it is only indentation. */
static size_t behind_marker(Str text, size_t start, size_t end) {
	bool line_start = start == 0 || text.ptr[start - 1] == '\n';
	if (!line_start) return end;
	if (str_starts(str_sub(text, end, text.len), "\r\n")) return end + 2;
	if (end < text.len && text.ptr[end] == '\n') return end + 1;
	return end;
}

/* One {{...}}: tag is what stands inside, at start..end with its braces. Sets *next to where reading goes on. */
static bool put_tag(Render *r, Str tag, size_t start, size_t end, size_t *next) {
	bool opens = str_starts(tag, "#"), closes = str_starts(tag, "/");
	Str name = str_trim(opens || closes ? str_sub(tag, 1, tag.len) : tag), language = STR_NONE;
	size_t as = str_find(name, " as ", 0);
	if (!opens && !closes && as != SIZE_MAX) {
		language = str_trim(str_sub(name, as + 4, name.len));
		name = str_trim(str_sub(name, 0, as));
	}
	const TemplateValue *value = value_named(r, name);
	if (!value) return fail_at(r, start, "unknown part", name);
	*next = opens || closes ? behind_marker(r->text, start, end) : end;
	if (opens) {
		if (r->open.ptr) return fail_at(r, start, "section inside a section:", name);
		r->open = name;
		r->hidden = str_trim(value->text).len == 0;
	} else if (closes) {
		if (!r->open.ptr || !str_eq(r->open, name)) return fail_at(r, start, "end of a section that isn't open:", name);
		r->open = STR_NONE;
		r->hidden = false;
	} else if (!r->hidden) {
		put_value(r->out, value, language);
	}
	return true;
}

bool template_uses(const TemplateSection *section, const char *name) {
	for (size_t at = 0; (at = str_find(section->text, "{{", at)) != SIZE_MAX; at += 2) {
		Str tag = str_sub(section->text, at + 2, str_find(section->text, "}}", at));
		if (str_is(str_trim(str_sub(tag, 0, str_find(tag, " as ", 0))), name)) return true;
	}
	return false;
}

static bool render(Render *r) {
	size_t at = 0;
	for (;;) {
		size_t start = str_find(r->text, "{{", at);
		Str plain = str_sub(r->text, at, start);
		if (!r->hidden) buf_str(r->out, plain);
		if (start == SIZE_MAX) break;
		size_t end = str_find(r->text, "}}", start);
		if (end == SIZE_MAX) return fail_at(r, start, "'{{' without its", STR("}}"));
		if (!put_tag(r, str_trim(str_sub(r->text, start + 2, end)), start, end + 2, &at)) return false;
	}
	if (r->open.ptr) return fail_at(r, r->text.len, "section without its end:", r->open);
	return true;
}

bool template_render(const TemplateSection *section, const TemplateValue *values, size_t n, Buf *out, Err *err) {
	Buf text = { 0 };
	Render r = { .text = str_trim(section->text), .values = values, .n = n, .out = &text, .err = err };
	r.first_line = section->line;
	for (const char *p = section->text.ptr; p && p < r.text.ptr; p++) r.first_line += *p == '\n';
	bool ok = render(&r);
	if (ok) buf_str(out, str_trim(buf_view(&text)));
	buf_done(&text);
	return ok;
}
