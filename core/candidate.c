#include "core/posix.h"

#include "core/candidate.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *confidence_name(Confidence confidence) {
	static const char *const names[] = {
		[CONFIDENCE_LOW] = "low", [CONFIDENCE_MEDIUM] = "medium", [CONFIDENCE_HIGH] = "high"
	};
	return names[confidence];
}

bool confidence_of(Str name, Confidence *confidence) {
	for (Confidence c = CONFIDENCE_LOW; c <= CONFIDENCE_HIGH; c++) {
		if (str_is(name, confidence_name(c))) {
			*confidence = c;
			return true;
		}
	}
	return false;
}

const char *axis_name(Axis axis) {
	static const char *const names[] = {
		[AXIS_GAIN] = "gain", [AXIS_ACCURACY] = "accuracy", [AXIS_CLARITY] = "clarity", [AXIS_EFFORT] = "effort"
	};
	return names[axis];
}

double frequency_factor(Frequency frequency) {
	static const double factors[] = { [FREQUENCY_UNKNOWN] = 0.5,
		[FREQUENCY_ONCE] = 0.1,
		[FREQUENCY_CALL] = 0.5,
		[FREQUENCY_LAYER] = 0.8,
		[FREQUENCY_STEP] = 1.0,
		[FREQUENCY_STEP_LAYER] = 1.2,
		[FREQUENCY_ELEMENT] = 1.2 };
	return factors[frequency];
}

void candidate_identify(Candidate *c) {
	static const double weight[] = { [CONFIDENCE_LOW] = 0.3, [CONFIDENCE_MEDIUM] = 0.7, [CONFIDENCE_HIGH] = 1 };
	uint64_t hash = hash_u64(HASH_SEED, c->fingerprint);
	hash = hash_str(hash, c->place.component);
	hash = hash_u64(hash, c->ordinal);
	snprintf(c->id, sizeof c->id, "%.*s-%012llx", STR_ARG(c->technique), (unsigned long long)(hash >> 16));
	const double *axis = c->tradeoff.axis;
	c->score = axis[AXIS_GAIN] * weight[c->confidence] / (1 + axis[AXIS_ACCURACY] + axis[AXIS_EFFORT] / 2);
}

/* ---- order ---- */

static int by_score(const void *a, const void *b) {
	const Candidate *x = a, *y = b;
	if (x->score != y->score) return x->score > y->score ? -1 : 1;
	int name = strcmp(x->place.name, y->place.name);
	if (name) return name;
	if (x->place.span.start != y->place.span.start) return x->place.span.start < y->place.span.start ? -1 : 1;
	return strcmp(x->id, y->id);
}

static bool is_waiting_for(const Candidate *c, const Candidate *rest, size_t n) {
	for (size_t i = 0; i < c->n_needs; i++) {
		for (size_t k = 0; k < n; k++) {
			if (&rest[k] != c && str_is(c->needs[i], rest[k].id)) return true;
		}
	}
	return false;
}

/* Takes the first that waits for none of those behind it; with a cycle the first as it is. */
static void place_needed_first(Candidate *candidates, size_t n) {
	for (size_t at = 0; at < n; at++) {
		size_t pick = at;
		while (pick < n && is_waiting_for(&candidates[pick], candidates + at, n - at)) pick++;
		if (pick == n || pick == at) continue;
		Candidate taken = candidates[pick];
		memmove(&candidates[at + 1], &candidates[at], (pick - at) * sizeof *candidates);
		candidates[at] = taken;
	}
}

void candidates_sort(Candidate *candidates, size_t n) {
	if (n > 1) qsort(candidates, n, sizeof *candidates, by_score);
	place_needed_first(candidates, n);
}

/* ---- tokens ---- */

static bool is_word(char c) {
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
	       (unsigned char)c >= 0x80;
}

/* The next token at or after *at; comments and white space are passed over. False at the end. */
static bool next_token(Lang lang, Str text, size_t *at, Str *token) {
	for (;;) {
		while (*at < text.len && strchr(" \t\r\n", text.ptr[*at])) ++*at;
		if (*at >= text.len) return false;
		char c = text.ptr[*at], d = *at + 1 < text.len ? text.ptr[*at + 1] : '\0';
		if (lang == LANG_PYTHON ? c == '#' : c == '/' && d == '/') {
			while (*at < text.len && text.ptr[*at] != '\n') ++*at;
		} else if (lang == LANG_SWIFT && c == '/' && d == '*') {
			size_t end = str_find(text, "*/", *at + 2);
			*at = end == SIZE_MAX ? text.len : end + 2;
		} else {
			break;
		}
	}
	size_t from = *at;
	char c = text.ptr[from];
	if (is_word(c)) {
		while (*at < text.len && is_word(text.ptr[*at])) ++*at;
	} else if (c == '"' || (c == '\'' && lang == LANG_PYTHON)) {
		++*at;
		while (*at < text.len && text.ptr[*at] != c && text.ptr[*at] != '\n') *at += text.ptr[*at] == '\\' ? 2 : 1;
		*at = *at < text.len ? *at + 1 : text.len;
	} else {
		++*at;
	}
	*token = str_sub(text, from, *at);
	return true;
}

uint64_t candidate_token_hash(Lang lang, Str text) {
	uint64_t hash = HASH_SEED;
	Str token;
	for (size_t at = 0; next_token(lang, text, &at, &token);) hash = hash_str(hash, token);
	return hash;
}

typedef VEC(uint64_t) TokenList;

static void list_tokens(Lang lang, Str text, TokenList *list) {
	enum { MOST = 2000 };
	Str token;
	for (size_t at = 0; list->n < MOST && next_token(lang, text, &at, &token);)
		VEC_PUSH(*list) = hash_str(HASH_SEED, token);
}

double candidate_similarity(Lang lang, Str a, Str b) {
	TokenList x = { 0 }, y = { 0 };
	list_tokens(lang, a, &x);
	list_tokens(lang, b, &y);
	uint32_t *row = base_alloc((y.n + 1) * sizeof *row);
	for (size_t i = 0; i < x.n; i++) {
		uint32_t diagonal = 0;
		for (size_t k = 0; k < y.n; k++) {
			uint32_t above = row[k + 1];
			if (x.at[i] == y.at[k])
				row[k + 1] = diagonal + 1;
			else if (row[k] > above)
				row[k + 1] = row[k];
			diagonal = above;
		}
	}
	double common = y.n ? row[y.n] : 0, sum = (double)(x.n + y.n);
	free(row);
	VEC_FREE(x);
	VEC_FREE(y);
	return sum > 0 ? 2 * common / sum : 1;
}
