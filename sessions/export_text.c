#include "core/posix.h"

#include "sessions/export_text.h"

#include <string.h>

void md_text(Buf *out, Str text) {
	for (size_t i = 0; i < text.len; i++) {
		char c = text.ptr[i];
		if (c == '\n' || c == '\r' || c == '\t')
			buf_putc(out, ' ');
		else if (c == '<')
			buf_puts(out, "&lt;");
		else if (c == '>')
			buf_puts(out, "&gt;");
		else if (c == '&')
			buf_puts(out, "&amp;");
		else if (strchr("\\`*_[]|~#", c))
			buf_printf(out, "\\%c", c);
		else if ((unsigned char)c >= ' ' && c != 0x7f)
			buf_putc(out, c);
	}
}

/* What would begin a list or a heading at the start of a line ("1.", "-", "+", "="). */
static void md_line(Buf *out, Str line) {
	size_t digits = 0;
	while (digits < line.len && line.ptr[digits] >= '0' && line.ptr[digits] <= '9') digits++;
	if (digits > 0 && digits < line.len && (line.ptr[digits] == '.' || line.ptr[digits] == ')')) {
		buf_str(out, str_sub(line, 0, digits));
		buf_putc(out, '\\');
		line = str_sub(line, digits, line.len);
	} else if (line.len > 0 && strchr("-+=", line.ptr[0])) {
		buf_putc(out, '\\');
	}
	md_text(out, line);
}

void md_lines(Buf *out, const char *prefix, Str text) {
	Str rest = str_trim(text), line;
	while (str_split(&rest, '\n', &line)) {
		buf_puts(out, prefix);
		md_line(out, str_trim(line));
		buf_putc(out, '\n');
	}
}

static size_t longest_run(Str text) {
	size_t longest = 0, run = 0;
	for (size_t i = 0; i < text.len; i++) {
		run = text.ptr[i] == '`' ? run + 1 : 0;
		if (run > longest) longest = run;
	}
	return longest;
}

static void ticks(Buf *out, size_t n) {
	while (n-- > 0) buf_putc(out, '`');
}

void md_code(Buf *out, Str text) {
	if (text.len == 0) return;
	size_t n = longest_run(text) + 1;
	bool space = text.ptr[0] == '`' || text.ptr[text.len - 1] == '`';
	ticks(out, n);
	if (space) buf_putc(out, ' ');
	for (size_t i = 0; i < text.len; i++) buf_putc(out, (unsigned char)text.ptr[i] < ' ' ? ' ' : text.ptr[i]);
	if (space) buf_putc(out, ' ');
	ticks(out, n);
}

void md_fence(Buf *out, const char *language, Str text) {
	size_t n = longest_run(text);
	n = n < 3 ? 3 : n + 1;
	ticks(out, n);
	buf_printf(out, "%s\n", language);
	buf_str(out, text);
	if (text.len == 0 || text.ptr[text.len - 1] != '\n') buf_putc(out, '\n');
	ticks(out, n);
	buf_putc(out, '\n');
}

void html_text(Buf *out, Str text) {
	for (size_t i = 0; i < text.len; i++) {
		char c = text.ptr[i];
		switch (c) {
		case '<': buf_puts(out, "&lt;"); break;
		case '>': buf_puts(out, "&gt;"); break;
		case '&': buf_puts(out, "&amp;"); break;
		case '"': buf_puts(out, "&quot;"); break;
		case '\'': buf_puts(out, "&#39;"); break;
		default:
			if ((unsigned char)c >= ' ' || c == '\n' || c == '\t') buf_putc(out, c);
		}
	}
}

void uri_path(Buf *out, const char *path) {
	for (const char *p = path; *p; p++) {
		bool plain = (*p >= 'a' && *p <= 'z') || (*p >= 'A' && *p <= 'Z') || (*p >= '0' && *p <= '9') ||
		             strchr("-._~/!$&'()*+,;=@", *p);
		if (plain)
			buf_putc(out, *p);
		else
			buf_printf(out, "%%%02X", (unsigned)(unsigned char)*p);
	}
}

void place_words(Buf *out, const Place *place) { buf_printf(out, "%s:%u", place->name, place->start.line); }

void slug(Buf *out, Str text, size_t max) {
	size_t start = out->len;
	for (size_t i = 0; i < text.len && out->len - start < max; i++) {
		char c = text.ptr[i];
		if (c >= 'A' && c <= 'Z') c = (char)(c + 'a' - 'A');
		bool plain = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
		if (plain)
			buf_putc(out, c);
		else if (out->len > start && out->ptr[out->len - 1] != '-')
			buf_putc(out, '-');
	}
	while (out->len > start && out->ptr[out->len - 1] == '-') out->ptr[--out->len] = '\0';
}

const char *lang_name(Side side) { return side_lang(side) == LANG_SWIFT ? "swift" : "python"; }
