#include "core/posix.h"

#include "prompts/suggest.h"

#include "core/json.h"
#include "prompts/fence.h"

#include <stdlib.h>

/* ---- the quote ---- */

typedef VEC(Str) Lines;

/* Lines without the blank ones at both ends; each without blanks at its ends. */
static void lines_of(Str text, Lines *out) {
	Str line;
	for (size_t at = 0; line_next(text, &at, &line);) {
		line = str_trim(line);
		if (line.len > 0 || out->n > 0) VEC_PUSH(*out) = line;
	}
	while (out->n > 0 && out->at[out->n - 1].len == 0) out->n--;
}

/* Compares the quote with the component's lines from byte `at` on; *end gets the byte behind the last. Indentation doesn't
 * count: models drop it. Nothing else is forgiven. */
static bool quote_at(const Lines *quote, Str component, size_t at, size_t *end) {
	Str line;
	for (size_t i = 0; i < quote->n; i++) {
		if (!line_next(component, &at, &line) || !str_eq(str_trim(line), quote->at[i])) return false;
	}
	*end = at;
	return true;
}

static size_t count_places(const Lines *quote, Str component, Suggestion *out) {
	size_t n = 0, end;
	Str line;
	for (size_t at = 0, start = 0; line_next(component, &at, &line); start = at) {
		if (!quote_at(quote, component, start, &end)) continue;
		out->start = start;
		out->end = end;
		n++;
	}
	return n;
}

static void find_quote(Suggestion *out, Str component) {
	Lines quote = { 0 };
	lines_of(out->quote, &quote);
	size_t places = quote.n > 0 ? count_places(&quote, component, out) : 0;
	out->found = places == 1;
	if (quote.n == 0) {
		out->problem = "quotes nothing";
	} else if (places == 0) {
		out->problem = "quotes code that is not there";
	} else if (places > 1) {
		out->problem = "quotes lines that stand there more than once";
	}
	VEC_FREE(quote);
}

/* ---- the array ---- */

/* The first text of the reply that is a JSON array: a fenced block, else from the first bracket on. */
static Json *find_array(Str reply) {
	Fence fence;
	for (size_t at = 0; fence_next(reply, &at, &fence);) {
		Json *doc = json_parse(fence.text, NULL);
		if (json_kind(doc) == JSON_ARRAY) return doc;
		json_free(doc);
	}
	size_t open = str_find(reply, "[", 0), close = reply.len;
	while (close > 0 && reply.ptr[close - 1] != ']') close--;
	Json *doc = open < close ? json_parse(str_sub(reply, open, close), NULL) : NULL;
	if (json_kind(doc) == JSON_ARRAY) return doc;
	json_free(doc);
	return NULL;
}

static int axis(const Json *item, const char *name, int least, int most) {
	int64_t value = json_integer_at(item, name, SUGGEST_UNKNOWN);
	return value < least || value > most ? SUGGEST_UNKNOWN : (int)value;
}

static Str text_of(Arena *arena, const Json *item, const char *name) {
	return arena_str(arena, str_trim(json_text_at(item, name)));
}

bool suggest_read(Str reply, Str component, bool (*is_technique)(void *user, Str id), void *user, Arena *arena,
    const Suggestion **out, size_t *n, Err *err) {
	VEC(Suggestion) list = { 0 };
	Json *doc = find_array(reply);
	if (!doc) return err_set(err, "the reply holds no list of suggestions");
	for (const Json *item = json_first(doc); item && list.n < SUGGEST_MAX; item = json_next(item)) {
		Suggestion s = { .title = text_of(arena, item, "title"),
			.technique = text_of(arena, item, "technique"),
			.why = text_of(arena, item, "why"),
			.risk = text_of(arena, item, "risk"),
			.quote = arena_str(arena, json_text_at(item, "quote")),
			.gain = axis(item, "gain", 0, 5),
			.accuracy = axis(item, "accuracy", 0, 5),
			.clarity = axis(item, "clarity", -2, 2),
			.effort = axis(item, "effort", 0, 5) };
		if (s.title.len == 0) continue;
		if (s.technique.len > 0 && !is_technique(user, s.technique)) s.technique = STR_NONE;
		find_quote(&s, component);
		VEC_PUSH(list) = s;
	}
	json_free(doc);
	*n = list.n;
	*out = VEC_TO_ARENA(list, arena);
	return true;
}
