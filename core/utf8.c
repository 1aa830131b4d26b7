#include "core/posix.h"

#include "core/utf8.h"

#include <stdio.h>
#include <string.h>
#include <utf8proc.h>

#define BAD UINT32_MAX
#define ZWJ 0x200Du
#define EMOJI_STYLE 0xFE0Fu
#define ELLIPSIS "\xE2\x80\xA6"

uint32_t utf8_decode(Str text, size_t *len) {
	utf8proc_int32_t code = -1;
	utf8proc_ssize_t used = 0;
	if (text.len == 0) {
		if (len) *len = 0;
		return BAD;
	}
	used = utf8proc_iterate((const utf8proc_uint8_t *)text.ptr, text.len > 4 ? 4 : (utf8proc_ssize_t)text.len, &code);
	if (used <= 0 || code < 0) {
		if (len) *len = 1;
		return BAD;
	}
	if (len) *len = (size_t)used;
	return (uint32_t)code;
}

size_t utf8_encode(uint32_t code, char out[4]) {
	if (code > 0x10FFFF || (code >= 0xD800 && code <= 0xDFFF)) return 0;
	utf8proc_uint8_t bytes[4] = { 0 };
	utf8proc_ssize_t n = utf8proc_encode_char((utf8proc_int32_t)code, bytes);
	if (n <= 0) return 0;
	memcpy(out, bytes, (size_t)n);
	return (size_t)n;
}

bool utf8_valid(Str text, size_t *at) {
	for (size_t i = 0; i < text.len;) {
		if ((unsigned char)text.ptr[i] < 0x80) { /* nearly all of a source file */
			i++;
			continue;
		}
		size_t len;
		if (utf8_decode(str_sub(text, i, text.len), &len) == BAD) {
			if (at) *at = i;
			return false;
		}
		i += len;
	}
	return true;
}

/* What reorders or hides the text around it: bidi controls ("Trojan Source"), invisible operators, interlinear marks,
 * line and paragraph separators, the byte order mark, tags. ZWJ and ZWNJ stay: emoji and scripts are made with them. */
static bool hides(uint32_t c) {
	return c == 0x061C || c == 0x00AD || c == 0x180E || c == 0x200B || c == 0x200E || c == 0x200F ||
	       (c >= 0x2028 && c <= 0x202E) || (c >= 0x2060 && c <= 0x206F) || c == 0xFEFF ||
	       (c >= 0xFFF9 && c <= 0xFFFB) || (c >= 0xE0000 && c <= 0xE0FFF && !(c >= 0xE0100 && c <= 0xE01EF));
}

static bool is_control(uint32_t c) { return c < 0x20 || (c >= 0x7F && c < 0xA0) || hides(c); }

/* How a control or an invalid byte is written; returns its bytes, all ASCII, so also its cells. */
static int control_form(uint32_t c, unsigned char byte, char out[16]) {
	if (c == BAD) return snprintf(out, 16, "\\x%02X", byte);
	if (c < 0x20 || c == 0x7F) return snprintf(out, 16, "^%c", (int)(c ^ 0x40));
	return snprintf(out, 16, "<U+%04X>", (unsigned)c);
}

static bool is_regional(uint32_t c) { return c >= 0x1F1E6 && c <= 0x1F1FF; }

static int code_width(uint32_t c) {
	int width = utf8proc_charwidth((utf8proc_int32_t)c);
	return width < 0 ? 0 : width > 2 ? 2 : width;
}

bool utf8_next(Str *rest, Utf8Cluster *cluster) {
	if (rest->len == 0) return false;
	size_t len;
	uint32_t c = utf8_decode(*rest, &len);
	char form[16];
	if (c != BAD && c >= 0x20 && c < 0x7F && (rest->len == 1 || (unsigned char)rest->ptr[1] < 0x80)) {
		*cluster = (Utf8Cluster) { .text = { rest->ptr, 1 }, .width = 1 };
		*rest = str_sub(*rest, 1, rest->len);
		return true;
	}
	if (c == BAD || is_control(c)) {
		int width = control_form(c, (unsigned char)rest->ptr[0], form);
		*cluster = (Utf8Cluster) {
			.text = { rest->ptr, len }, .width = width, .kind = c == BAD ? UTF8_INVALID : UTF8_CONTROL
		};
		*rest = str_sub(*rest, len, rest->len);
		return true;
	}
	utf8proc_int32_t state = 0;
	uint32_t last = c;
	int width = is_regional(c) ? 1 : code_width(c);
	size_t end = len;
	while (end < rest->len) {
		size_t more;
		uint32_t next = utf8_decode(str_sub(*rest, end, rest->len), &more);
		if (next == BAD || is_control(next)) break;
		if (utf8proc_grapheme_break_stateful((utf8proc_int32_t)last, (utf8proc_int32_t)next, &state)) break;
		int wide = is_regional(next) || next == EMOJI_STYLE ? 2 : code_width(next);
		if (wide > width) width = wide;
		last = next;
		end += more;
	}
	*cluster = (Utf8Cluster) { .text = { rest->ptr, end }, .width = width };
	*rest = str_sub(*rest, end, rest->len);
	return true;
}

size_t utf8_after(Str text, size_t at) {
	Str rest = str_sub(text, at, text.len);
	Utf8Cluster cluster;
	if (!utf8_next(&rest, &cluster)) return text.len;
	return at + cluster.text.len;
}

/* Clusters can only be told from the front; what is edited is one line, so from its start is soon enough. */
size_t utf8_before(Str text, size_t at) {
	Str rest = text;
	Utf8Cluster cluster;
	size_t pos = 0;
	while (utf8_next(&rest, &cluster)) {
		size_t next = pos + cluster.text.len;
		if (next >= at) break;
		pos = next;
	}
	return pos;
}

int utf8_width(Str text) {
	int width = 0;
	Utf8Cluster cluster;
	while (utf8_next(&text, &cluster)) width += cluster.width;
	return width;
}

size_t utf8_fit(Str text, int cells) {
	Str rest = text;
	Utf8Cluster cluster;
	size_t bytes = 0;
	int width = 0;
	while (utf8_next(&rest, &cluster)) {
		if (width + cluster.width > cells) break;
		width += cluster.width;
		bytes += cluster.text.len;
	}
	return bytes;
}

static void show_cluster(Buf *out, const Utf8Cluster *cluster) {
	if (cluster->kind == UTF8_PLAIN) {
		buf_str(out, cluster->text);
		return;
	}
	char form[16];
	uint32_t c = cluster->kind == UTF8_INVALID ? BAD : utf8_decode(cluster->text, NULL);
	int n = control_form(c, (unsigned char)cluster->text.ptr[0], form);
	buf_add(out, form, (size_t)n);
}

void utf8_show(Buf *out, Str text) {
	Utf8Cluster cluster;
	while (utf8_next(&text, &cluster)) show_cluster(out, &cluster);
}

void utf8_show_line(Buf *out, Str line, int tab, int column) {
	if (line.len && line.ptr[line.len - 1] == '\r') line.len--;
	Utf8Cluster cluster;
	while (utf8_next(&line, &cluster)) {
		if (cluster.text.ptr[0] != '\t') {
			show_cluster(out, &cluster);
			column += cluster.width;
			continue;
		}
		do buf_putc(out, ' ');
		while (++column % tab != 0);
	}
}

void utf8_cut(Buf *out, Str text, int cells) {
	if (cells <= 0) return;
	size_t whole = utf8_fit(text, cells);
	if (whole == text.len) {
		utf8_show(out, text);
		return;
	}
	utf8_show(out, str_sub(text, 0, utf8_fit(text, cells - 1)));
	buf_puts(out, ELLIPSIS);
}

void utf8_cut_front(Buf *out, Str text, int cells) {
	if (cells <= 0) return;
	int width = utf8_width(text);
	if (width <= cells) {
		utf8_show(out, text);
		return;
	}
	Utf8Cluster cluster;
	while (width > cells - 1 && utf8_next(&text, &cluster)) width -= cluster.width;
	buf_puts(out, ELLIPSIS);
	utf8_show(out, text);
}

uint32_t utf8_lower(uint32_t code) {
	if (code < 0x80) return code >= 'A' && code <= 'Z' ? code + 32 : code;
	return code > 0x10FFFF ? code : (uint32_t)utf8proc_tolower((utf8proc_int32_t)code);
}

/* Length in text of needle when it stands at the start of text, else SIZE_MAX. */
static size_t match_here(Str text, Str needle) {
	size_t at = 0;
	for (size_t i = 0; i < needle.len;) {
		size_t need, have;
		uint32_t a = utf8_decode(str_sub(needle, i, needle.len), &need);
		uint32_t b = utf8_decode(str_sub(text, at, text.len), &have);
		if (have == 0 || utf8_lower(a) != utf8_lower(b)) return SIZE_MAX;
		if (a == BAD && needle.ptr[i] != text.ptr[at]) return SIZE_MAX;
		i += need;
		at += have;
	}
	return at;
}

size_t utf8_find(Str text, Str needle, size_t from, size_t *end) {
	for (size_t at = from; at <= text.len;) {
		size_t len = match_here(str_sub(text, at, text.len), needle);
		if (len != SIZE_MAX) {
			if (end) *end = at + len;
			return at;
		}
		if (at == text.len) break;
		size_t step;
		utf8_decode(str_sub(text, at, text.len), &step);
		at += step;
	}
	return SIZE_MAX;
}
