#include "core/posix.h"

#include "core/json.h"

#include <cjson/cJSON.h>
#include <locale.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_EXACT 9007199254740992.0 /* 2^53 */

/* ---- reading ----
 * cJSON keeps strings NUL-terminated (so U+0000 would cut them) and refuses a document for one lone surrogate, which
 * model servers do send when a pair is split between two chunks. So the text is copied once with both escapes replaced,
 * and depth is counted on the way, before cJSON recurses. */

static bool hex4(const char *at, const char *end, unsigned *out) {
	if (end - at < 4) return false;
	unsigned v = 0;
	for (int i = 0; i < 4; i++) {
		char c = at[i];
		unsigned d;
		if (c >= '0' && c <= '9') {
			d = (unsigned)(c - '0');
		} else if (c >= 'a' && c <= 'f') {
			d = (unsigned)(c - 'a') + 10;
		} else if (c >= 'A' && c <= 'F') {
			d = (unsigned)(c - 'A') + 10;
		} else {
			return false;
		}
		v = v * 16 + d;
	}
	*out = v;
	return true;
}

/* at points behind the backslash. Copies the escape, mended, and returns the position behind it. */
static const char *mend_escape(Buf *copy, const char *at, const char *end) {
	unsigned unit, low;
	if (at >= end || *at != 'u' || !hex4(at + 1, end, &unit)) {
		buf_putc(copy, '\\');
		if (at < end) buf_putc(copy, *at++);
		return at;
	}
	bool high = unit >= 0xD800 && unit <= 0xDBFF;
	bool pair = high && end - at >= 11 && at[5] == '\\' && at[6] == 'u' && hex4(at + 7, end, &low) && low >= 0xDC00 &&
	            low <= 0xDFFF;
	buf_putc(copy, '\\');
	if (pair) {
		buf_add(copy, at, 11);
		return at + 11;
	}
	if (unit == 0 || (unit >= 0xD800 && unit <= 0xDFFF)) {
		buf_puts(copy, "uFFFD");
	} else {
		buf_add(copy, at, 5);
	}
	return at + 5;
}

static bool mend(Str text, Buf *copy, Err *err) {
	const char *at = text.ptr, *end = text.ptr + text.len;
	bool inside = false;
	unsigned depth = 0;
	while (at < end) {
		char c = *at++;
		if (c == '\0') return err_set(err, "not JSON: a NUL byte at offset %zu", (size_t)(at - 1 - text.ptr));
		if (inside && c == '\\') {
			at = mend_escape(copy, at, end);
			continue;
		}
		if (c == '"') inside = !inside;
		if (!inside && (c == '[' || c == '{') && ++depth > JSON_MAX_DEPTH) {
			return err_set(err, "JSON nested deeper than %d levels", JSON_MAX_DEPTH);
		}
		if (!inside && (c == ']' || c == '}') && depth > 0) depth--;
		buf_putc(copy, c);
	}
	return true;
}

static bool parse_error(Str text, size_t offset, Err *err) {
	size_t line = 1, column = 1;
	for (size_t i = 0; i < offset && i < text.len; i++) {
		column++;
		if (text.ptr[i] == '\n') line++, column = 1;
	}
	return err_set(err, "not JSON: line %zu, column %zu", line, column);
}

Json *json_parse(Str text, Err *err) {
	if (str_starts(text, "\xEF\xBB\xBF")) text = str_sub(text, 3, text.len);
	if (str_trim(text).len == 0) {
		err_set(err, "not JSON: empty");
		return NULL;
	}
	if (text.len > JSON_MAX_BYTES) {
		err_set(err, "JSON larger than %zu bytes", JSON_MAX_BYTES);
		return NULL;
	}
	Buf copy = { .max = 2 * JSON_MAX_BYTES };
	Json *doc = NULL;
	if (!mend(text, &copy, err)) goto out;
	const char *end = NULL;
	doc = cJSON_ParseWithLengthOpts(copy.ptr, copy.len, &end, false);
	size_t offset = end ? (size_t)(end - copy.ptr) : copy.len;
	if (doc && str_trim(str_sub(buf_view(&copy), offset, copy.len)).len > 0) {
		cJSON_Delete(doc);
		doc = NULL;
	}
	if (!doc) parse_error(buf_view(&copy), offset, err);
out:
	buf_done(&copy);
	return doc;
}

void json_free(Json *doc) { cJSON_Delete(doc); }

JsonKind json_kind(const Json *value) {
	if (!value) return JSON_MISSING;
	if (cJSON_IsBool(value)) return JSON_BOOL;
	if (cJSON_IsNumber(value)) return JSON_NUMBER;
	if (cJSON_IsString(value)) return JSON_STRING;
	if (cJSON_IsArray(value)) return JSON_ARRAY;
	if (cJSON_IsObject(value)) return JSON_OBJECT;
	return JSON_NULL;
}

bool json_is_set(const Json *value) { return json_kind(value) > JSON_NULL; }

const Json *json_get(const Json *object, const char *key) {
	return cJSON_IsObject(object) ? cJSON_GetObjectItemCaseSensitive(object, key) : NULL;
}

static const Json *get_key(const Json *object, Str key) {
	if (!cJSON_IsObject(object)) return NULL;
	for (const Json *it = object->child; it; it = it->next) {
		if (it->string && str_is(key, it->string)) return it;
	}
	return NULL;
}

static const Json *get_index(const Json *array, size_t index) {
	if (!cJSON_IsArray(array)) return NULL;
	const Json *it = array->child;
	while (it && index > 0) it = it->next, index--;
	return it;
}

const Json *json_at(const Json *value, const char *path) {
	while (value && *path) {
		if (*path == '[') {
			char *end;
			unsigned long index = strtoul(path + 1, &end, 10);
			if (*end != ']') return NULL;
			value = get_index(value, index);
			path = end + 1;
		} else {
			size_t n = strcspn(path, ".[");
			value = get_key(value, (Str) { path, n });
			path += n;
		}
		if (*path == '.') path++;
	}
	return value;
}

const Json *json_first(const Json *value) {
	return cJSON_IsArray(value) || cJSON_IsObject(value) ? value->child : NULL;
}

const Json *json_next(const Json *item) { return item ? item->next : NULL; }
Str json_key(const Json *item) { return item ? str_of(item->string) : STR_NONE; }

size_t json_count(const Json *value) {
	size_t n = 0;
	for (const Json *it = json_first(value); it; it = it->next) n++;
	return n;
}

bool json_string(const Json *value, Str *out) {
	if (!cJSON_IsString(value) || !value->valuestring) return false;
	*out = str_of(value->valuestring);
	return true;
}

bool json_number(const Json *value, double *out) {
	if (!cJSON_IsNumber(value) || !isfinite(value->valuedouble)) return false;
	*out = value->valuedouble;
	return true;
}

bool json_integer(const Json *value, int64_t *out) {
	double d;
	if (!json_number(value, &d) || fabs(d) > MAX_EXACT || floor(d) < d) return false;
	*out = (int64_t)d;
	return true;
}

bool json_bool(const Json *value, bool *out) {
	if (!cJSON_IsBool(value)) return false;
	*out = cJSON_IsTrue(value);
	return true;
}

Str json_text_at(const Json *value, const char *path) {
	Str text = STR_NONE;
	json_string(json_at(value, path), &text);
	return text;
}

int64_t json_integer_at(const Json *value, const char *path, int64_t fallback) {
	json_integer(json_at(value, path), &fallback);
	return fallback;
}

bool json_bool_at(const Json *value, const char *path, bool fallback) {
	json_bool(json_at(value, path), &fallback);
	return fallback;
}

/* ---- writing ---- */

/* Length of the well-formed UTF-8 character at at (Unicode, table 3-7), or 0. */
static size_t utf8_length(const unsigned char *at, size_t left) {
	unsigned char c = at[0];
	if (c < 0x80) return 1;
	size_t n = c >= 0xC2 && c <= 0xDF ? 2 : c >= 0xE0 && c <= 0xEF ? 3 : c >= 0xF0 && c <= 0xF4 ? 4 : 0;
	if (n == 0 || n > left) return 0;
	unsigned char low = c == 0xE0 ? 0xA0 : c == 0xF0 ? 0x90 : 0x80;
	unsigned char high = c == 0xED ? 0x9F : c == 0xF4 ? 0x8F : 0xBF;
	if (at[1] < low || at[1] > high) return 0;
	for (size_t i = 2; i < n; i++) {
		if ((at[i] & 0xC0) != 0x80) return 0;
	}
	return n;
}

static void put_escape(Buf *buf, unsigned char c) {
	static const char names[] = "\"\\\b\f\n\r\t", letters[] = "\"\\bfnrt";
	const char *name = c ? strchr(names, c) : NULL;
	if (name) {
		buf_putc(buf, '\\');
		buf_putc(buf, letters[name - names]);
	} else {
		buf_printf(buf, "\\u%04x", c);
	}
}

static void quote(Buf *buf, Str text, bool html) {
	const unsigned char *at = (const unsigned char *)text.ptr;
	size_t start = 0, i = 0;
	buf_putc(buf, '"');
	while (i < text.len) {
		size_t n = utf8_length(at + i, text.len - i);
		bool special = at[i] < 0x20 || at[i] == 0x7F || at[i] == '"' || at[i] == '\\' ||
		               (html && (at[i] == '<' || at[i] == '>' || at[i] == '&'));
		if (n > 0 && !special) {
			i += n;
			continue;
		}
		buf_str(buf, str_sub(text, start, i));
		if (n == 0) {
			buf_puts(buf, "\xEF\xBF\xBD");
		} else {
			put_escape(buf, at[i]);
		}
		start = ++i;
	}
	buf_str(buf, str_sub(text, start, i));
	buf_putc(buf, '"');
}

void json_quote(Buf *buf, Str text) { quote(buf, text, false); }

JsonOut json_out(Buf *buf, unsigned style) { return (JsonOut) { .buf = buf, .style = style }; }

static bool bit_get(const uint64_t *bits, unsigned i) { return bits[i / 64] >> (i % 64) & 1; }

static void bit_put(uint64_t *bits, unsigned i, bool on) {
	uint64_t mask = UINT64_C(1) << (i % 64);
	bits[i / 64] = on ? bits[i / 64] | mask : bits[i / 64] & ~mask;
}

static void newline(JsonOut *out) {
	if (!(out->style & JSON_PRETTY)) return;
	buf_putc(out->buf, '\n');
	for (unsigned i = 0; i < out->depth; i++) buf_puts(out->buf, "  ");
}

/* What comes before a value or a key: the comma and the line break, unless a key stands right before. */
static void lead(JsonOut *out) {
	if (out->key) {
		out->key = false;
		return;
	}
	if (out->depth == 0) return;
	if (bit_get(out->any, out->depth)) buf_putc(out->buf, ',');
	bit_put(out->any, out->depth, true);
	newline(out);
}

static void trail(JsonOut *out) {
	if (out->depth == 0 && (out->style & JSON_PRETTY)) buf_putc(out->buf, '\n');
}

static void open_level(JsonOut *out, bool array) {
	lead(out);
	if (out->depth >= JSON_MAX_DEPTH) base_fatal("JSON written deeper than %d levels", JSON_MAX_DEPTH);
	buf_putc(out->buf, array ? '[' : '{');
	out->depth++;
	bit_put(out->any, out->depth, false);
	bit_put(out->array, out->depth, array);
}

void json_open_object(JsonOut *out) { open_level(out, false); }
void json_open_array(JsonOut *out) { open_level(out, true); }

void json_close(JsonOut *out) {
	if (out->depth == 0 || out->key) base_fatal("JSON closed where nothing is open");
	bool any = bit_get(out->any, out->depth), array = bit_get(out->array, out->depth);
	out->depth--;
	if (any) newline(out);
	buf_putc(out->buf, array ? ']' : '}');
	trail(out);
}

void json_put_key(JsonOut *out, const char *key) {
	lead(out);
	quote(out->buf, str_of(key), out->style & JSON_HTML);
	buf_puts(out->buf, out->style & JSON_PRETTY ? ": " : ":");
	out->key = true;
}

static void put_raw(JsonOut *out, const char *text) {
	lead(out);
	buf_puts(out->buf, text);
	trail(out);
}

void json_put_str(JsonOut *out, Str text) {
	lead(out);
	quote(out->buf, text, out->style & JSON_HTML);
	trail(out);
}

void json_put_text(JsonOut *out, const char *text) {
	if (text) {
		json_put_str(out, str_of(text));
	} else {
		json_put_null(out);
	}
}

void json_put_integer(JsonOut *out, int64_t value) {
	char text[32];
	snprintf(text, sizeof text, "%lld", (long long)value);
	put_raw(out, text);
}

/* printf writes the locale's decimal point, which need not be one. */
static void decimal_point(char *text) {
	const char *point = localeconv()->decimal_point;
	size_t n = strlen(point);
	char *at = n && strcmp(point, ".") != 0 ? strstr(text, point) : NULL;
	if (!at) return;
	*at = '.';
	memmove(at + 1, at + n, strlen(at + n) + 1);
}

void json_put_number(JsonOut *out, double value) {
	char text[64];
	if (!isfinite(value)) {
		json_put_null(out);
		return;
	}
	if (fabs(value) <= MAX_EXACT && !(floor(value) < value)) {
		json_put_integer(out, (int64_t)value);
		return;
	}
	for (int digits = 15; digits <= 17; digits++) {
		snprintf(text, sizeof text, "%.*g", digits, value);
		if (!(strtod(text, NULL) < value) && !(strtod(text, NULL) > value)) break;
	}
	decimal_point(text);
	put_raw(out, text);
}

void json_put_bool(JsonOut *out, bool value) { put_raw(out, value ? "true" : "false"); }
void json_put_null(JsonOut *out) { put_raw(out, "null"); }

void json_put_value(JsonOut *out, const Json *value) {
	switch (json_kind(value)) {
	case JSON_OBJECT:
	case JSON_ARRAY:
		open_level(out, cJSON_IsArray(value));
		for (const Json *it = value->child; it; it = it->next) {
			if (cJSON_IsObject(value)) json_put_key(out, it->string);
			json_put_value(out, it);
		}
		json_close(out);
		break;
	case JSON_STRING: json_put_text(out, value->valuestring); break;
	case JSON_NUMBER: json_put_number(out, value->valuedouble); break;
	case JSON_BOOL: json_put_bool(out, cJSON_IsTrue(value)); break;
	case JSON_NULL:
	case JSON_MISSING: json_put_null(out); break;
	}
}

void json_member_str(JsonOut *out, const char *key, Str text) {
	json_put_key(out, key);
	json_put_str(out, text);
}

void json_member_text(JsonOut *out, const char *key, const char *text) {
	json_put_key(out, key);
	json_put_text(out, text);
}

void json_member_integer(JsonOut *out, const char *key, int64_t value) {
	json_put_key(out, key);
	json_put_integer(out, value);
}

void json_member_number(JsonOut *out, const char *key, double value) {
	json_put_key(out, key);
	json_put_number(out, value);
}

void json_member_bool(JsonOut *out, const char *key, bool value) {
	json_put_key(out, key);
	json_put_bool(out, value);
}

void json_member_null(JsonOut *out, const char *key) {
	json_put_key(out, key);
	json_put_null(out);
}

void json_member_object(JsonOut *out, const char *key) {
	json_put_key(out, key);
	json_open_object(out);
}

void json_member_array(JsonOut *out, const char *key) {
	json_put_key(out, key);
	json_open_array(out);
}
