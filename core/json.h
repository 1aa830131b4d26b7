/* Reading and writing JSON; the only file that knows cJSON.
 *
 * Reading is for text that others wrote (model servers, imports): every getter takes a NULL value and a value of the
 * wrong type without harm, so that a chain of look-ups needs one check at its end. A document is owned by whoever
 * parsed it; values, keys and strings are borrowed from it until json_free. Strings are UTF-8 as sent, except that
 * what can't be kept (U+0000, a lone surrogate) is read as U+FFFD. Of equal keys the first counts. Numbers are doubles:
 * integers are exact up to 2^53.
 *
 * Writing appends to a Buf and keeps commas, indentation and escaping right; it can't fail except by the buffer's own
 * ceiling (Buf.too_big). Bytes that aren't UTF-8 are written as U+FFFD, so that what is written is always valid JSON. */
#ifndef CORE_JSON_H
#define CORE_JSON_H

#include "core/base.h"

/* ---- reading ---- */

typedef struct cJSON Json; /* a document's root or any value in it; its fields are nobody's business */

typedef enum {
	JSON_MISSING, /* the value is NULL: no such key or index */
	JSON_NULL,
	JSON_BOOL,
	JSON_NUMBER,
	JSON_STRING,
	JSON_ARRAY,
	JSON_OBJECT,
} JsonKind;

enum { JSON_MAX_DEPTH = 200 };
#define JSON_MAX_BYTES ((size_t)64 << 20)

/* Parses one value with nothing but white space (and a leading byte order mark) around it, at most JSON_MAX_BYTES long
 * and JSON_MAX_DEPTH deep. NULL with err set ("not JSON: line 3, column 7") when it isn't one. Free with json_free. */
Json *json_parse(Str text, Err *err);
void json_free(Json *doc); /* NULL is fine */

JsonKind json_kind(const Json *value);
bool json_is_set(const Json *value); /* neither missing nor null */

/* The member of an object with exactly this key, or NULL. */
const Json *json_get(const Json *object, const char *key);
/* A path of keys and array indices: "choices[0].delta.content". Keys with dots or brackets need json_get. */
const Json *json_at(const Json *value, const char *path);

/* for (const Json *it = json_first(array); it; it = json_next(it)) -- of arrays and objects. */
const Json *json_first(const Json *value);
const Json *json_next(const Json *item);
Str json_key(const Json *item);       /* of a member of an object; else empty */
size_t json_count(const Json *value); /* items of an array or members of an object; else 0 */

/* True and *out set only when the value has that type. json_integer takes integral numbers within +-2^53 only. */
bool json_string(const Json *value, Str *out);
bool json_number(const Json *value, double *out);
bool json_integer(const Json *value, int64_t *out);
bool json_bool(const Json *value, bool *out);

/* The same by path and with a fallback, for the common case. */
Str json_text_at(const Json *value, const char *path); /* empty when it isn't a string */
int64_t json_integer_at(const Json *value, const char *path, int64_t fallback);
bool json_bool_at(const Json *value, const char *path, bool fallback);

/* ---- writing ---- */

typedef enum {
	JSON_COMPACT = 0,
	JSON_PRETTY = 1, /* two spaces a level; ends with a newline after the outermost value */
	JSON_HTML = 2,   /* '<', '>' and '&' as \u escapes, for JSON inside an HTML script element */
} JsonStyle;

typedef struct JsonOut {
	Buf *buf; /* borrowed */
	unsigned style;
	unsigned depth;
	bool key;                                   /* a key was written; its value comes next */
	uint64_t any[(JSON_MAX_DEPTH + 64) / 64];   /* bit per level: something was written in it */
	uint64_t array[(JSON_MAX_DEPTH + 64) / 64]; /* bit per level: it is an array */
} JsonOut;

/* Writes behind what is in buf already; style is JsonStyle bits. */
JsonOut json_out(Buf *buf, unsigned style);

void json_open_object(JsonOut *out);
void json_open_array(JsonOut *out);
void json_close(JsonOut *out); /* the innermost open one */

/* Before each value of an object. */
void json_put_key(JsonOut *out, const char *key);

void json_put_str(JsonOut *out, Str text);
void json_put_text(JsonOut *out, const char *text); /* NULL writes null */
void json_put_integer(JsonOut *out, int64_t value);
/* Shortest decimal that reads back as the same double, with a point in every locale; NaN and infinities write null. */
void json_put_number(JsonOut *out, double value);
void json_put_bool(JsonOut *out, bool value);
void json_put_null(JsonOut *out);
/* A value from a parsed document, whole. */
void json_put_value(JsonOut *out, const Json *value);

/* Key and value in one. */
void json_member_str(JsonOut *out, const char *key, Str text);
void json_member_text(JsonOut *out, const char *key, const char *text);
void json_member_integer(JsonOut *out, const char *key, int64_t value);
void json_member_number(JsonOut *out, const char *key, double value);
void json_member_bool(JsonOut *out, const char *key, bool value);
void json_member_null(JsonOut *out, const char *key);
void json_member_object(JsonOut *out, const char *key); /* opens it */
void json_member_array(JsonOut *out, const char *key);  /* opens it */

/* Only the string literal, quotes included. */
void json_quote(Buf *buf, Str text);

#endif
