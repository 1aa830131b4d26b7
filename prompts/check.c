#include "core/posix.h"

#include "prompts/check.h"

#include "prompts/fence.h"

#include <stdlib.h>
#include <string.h>

typedef struct Finder {
	Str answer;
	const ClaimWorld *world;
	VEC(Claim) claims;
} Finder;

static bool is_digit(char c) { return c >= '0' && c <= '9'; }
static bool is_word(char c) {
	return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || (unsigned char)c >= 0x80;
}
static bool is_path(char c) { return is_word(c) || c == '.' || c == '/' || c == '-' || c == '+'; }
static char at_or_nul(Str s, size_t i) { return i < s.len ? s.ptr[i] : '\0'; }

static bool number(Str s, size_t *at, size_t *out) {
	size_t i = *at, value = 0;
	while (i < s.len && is_digit(s.ptr[i]) && value < 10000000) value = value * 10 + (size_t)(s.ptr[i++] - '0');
	if (i == *at) return false;
	*at = i;
	*out = value;
	return true;
}

/* "71", "71-78", "71–78"; moves *at behind it. */
static bool line_range(Str s, size_t *at, size_t *first, size_t *last) {
	if (at_or_nul(s, *at) == 'L' && is_digit(at_or_nul(s, *at + 1))) ++*at;
	if (!number(s, at, first)) return false;
	*last = *first;
	size_t dash = at_or_nul(s, *at) == '-' ? 1 : str_starts(str_sub(s, *at, s.len), "\xE2\x80\x93") ? 3 : 0;
	size_t next = *at + dash;
	if (dash && at_or_nul(s, next) == 'L') next++;
	if (dash && is_digit(at_or_nul(s, next)) && number(s, &next, last)) *at = next;
	return true;
}

static ClaimTruth judge_lines(const Finder *f, const Claim *claim) {
	if (!f->world->lines) return CLAIM_UNKNOWN;
	size_t n = f->world->lines(f->world->user, claim->path);
	if (claim->kind == CLAIM_FILE) return n == SIZE_MAX ? CLAIM_MISSING : CLAIM_EXISTS;
	if (n == SIZE_MAX) return claim->path.len ? CLAIM_MISSING : CLAIM_UNKNOWN;
	return claim->first >= 1 && claim->first <= claim->last && claim->last <= n ? CLAIM_EXISTS : CLAIM_MISSING;
}

static void add(Finder *f, Claim claim) {
	if (claim.kind == CLAIM_API) {
		claim.truth = f->world->api ? f->world->api(f->world->user, claim.name, claim.labels) : CLAIM_UNKNOWN;
	} else {
		claim.truth = judge_lines(f, &claim);
	}
	VEC_PUSH(f->claims) = claim;
}

/* ---- files and lines ---- */

static bool names_source(Str path) {
	static const char *const ends[] = { ".swift", ".py" };
	for (size_t i = 0; i < BASE_COUNT(ends); i++) {
		if (path.len > strlen(ends[i]) && str_ends(path, ends[i])) return true;
	}
	return false;
}

/* A path at `at`, and lines behind it; returns where it ends, or `at`. */
static size_t take_path(Finder *f, size_t at, size_t end) {
	size_t stop = at;
	while (stop < end && is_path(f->answer.ptr[stop])) stop++;
	Str path = str_sub(f->answer, at, stop);
	while (path.len > 0 && !names_source(path) && strchr(".-", path.ptr[path.len - 1])) path.len--; /* "see a.swift." */
	if (!names_source(path) || str_find(path, "//", 0) != SIZE_MAX) return at;
	Claim claim = { .kind = CLAIM_FILE, .start = at, .end = at + path.len, .path = path };
	size_t next = claim.end;
	char mark = at_or_nul(f->answer, next);
	if (mark == ':' || mark == '#') {
		next++;
		if (line_range(f->answer, &next, &claim.first, &claim.last)) {
			claim.kind = CLAIM_LINE;
			claim.end = next;
		}
	}
	add(f, claim);
	return claim.end;
}

/* "line 71", "lines 71-78". */
static size_t take_line_words(Finder *f, size_t at) {
	static const char *const words[] = { "lines ", "line ", "Lines ", "Line " };
	for (size_t i = 0; i < BASE_COUNT(words); i++) {
		if (!str_starts(str_sub(f->answer, at, f->answer.len), words[i])) continue;
		Claim claim = { .kind = CLAIM_LINE, .start = at };
		size_t next = at + strlen(words[i]);
		if (!line_range(f->answer, &next, &claim.first, &claim.last)) return at;
		claim.end = next;
		add(f, claim);
		return next;
	}
	return at;
}

/* ---- APIs ---- */

/* The whole of a code span as a dotted name, perhaps with parentheses behind: nothing else is taken for an API. */
static bool take_api(Finder *f, Str code, size_t start, size_t end) {
	size_t i = 0, dots = 0;
	if (code.len == 0 || is_digit(code.ptr[0])) return false;
	if (code.ptr[0] == '.') i = 1;
	while (i < code.len && (is_word(code.ptr[i]) || code.ptr[i] == '.')) dots += code.ptr[i++] == '.';
	Str name = str_sub(code, 0, i), labels = STR_NONE;
	if (i == 0 || code.ptr[i - 1] == '.') return false;
	if (at_or_nul(code, i) == '(' && str_ends(code, ")")) {
		labels = str_sub(code, i + 1, code.len - 1);
	} else if (i < code.len || dots == 0) {
		return false; /* a lone word is a variable as well as anything */
	}
	add(f, (Claim) { .kind = CLAIM_API, .start = start, .end = end, .name = name, .labels = labels });
	return true;
}

/* MLX.name or MLXFast.name in plain words; a lower-case letter behind the dot, since "MLX.In" is a blank forgotten. */
static size_t take_plain_api(Finder *f, size_t at, size_t end) {
	if (!str_starts(str_sub(f->answer, at, end), "MLX")) return at;
	size_t i = at, dot = SIZE_MAX;
	while (i < end && (is_word(f->answer.ptr[i]) || f->answer.ptr[i] == '.')) {
		if (f->answer.ptr[i] == '.' && dot == SIZE_MAX) dot = i;
		i++;
	}
	while (i > at && f->answer.ptr[i - 1] == '.') i--;
	char next = dot == SIZE_MAX ? '\0' : at_or_nul(f->answer, dot + 1);
	if (dot == SIZE_MAX || dot + 1 >= i || next < 'a' || next > 'z') return at;
	add(f, (Claim) { .kind = CLAIM_API, .start = at, .end = i, .name = str_sub(f->answer, at, i) });
	return i;
}

/* A code span at `at` (one or more backticks); returns where it ends, or `at`. */
static size_t take_code(Finder *f, size_t at, size_t end) {
	size_t ticks = 0;
	while (at + ticks < end && f->answer.ptr[at + ticks] == '`') ticks++;
	size_t inside = at + ticks, close = inside;
	for (size_t run = 0; close < end; close++) {
		run = f->answer.ptr[close] == '`' ? run + 1 : 0;
		if (run == ticks && at_or_nul(f->answer, close + 1) != '`') break;
	}
	if (close >= end) return at + ticks;
	Str code = str_trim(str_sub(f->answer, inside, close + 1 - ticks));
	size_t from = code.len ? (size_t)(code.ptr - f->answer.ptr) : inside;
	if (take_path(f, from, from + code.len) == from) take_api(f, code, at, close + 1);
	return close + 1;
}

static void find_in(Finder *f, size_t at, size_t end) {
	while (at < end) {
		char before = at > 0 ? f->answer.ptr[at - 1] : ' ';
		size_t next = at;
		if (f->answer.ptr[at] == '`') {
			next = take_code(f, at, end);
		} else if (is_path(f->answer.ptr[at]) && !is_path(before)) {
			next = take_path(f, at, end);
			if (next == at) next = take_line_words(f, at);
			if (next == at) next = take_plain_api(f, at, end);
		}
		at = next > at ? next : at + 1;
	}
}

static void take_block(Finder *f, const Fence *fence, Arena *arena) {
	if (!f->world->code || !(str_is(fence->language, "swift") || str_is(fence->language, "Swift"))) return;
	Str missing = f->world->code(f->world->user, fence->text, arena);
	if (missing.len == 0) return;
	Claim claim = { .kind = CLAIM_CODE, .start = fence->start, .end = fence->end, .name = missing };
	claim.truth = CLAIM_MISSING;
	VEC_PUSH(f->claims) = claim;
}

const Claim *claims_check(Str answer, const ClaimWorld *world, Arena *arena, size_t *n) {
	Finder f = { .answer = answer, .world = world };
	Fence fence;
	size_t at = 0, from = 0;
	while (fence_next(answer, &at, &fence)) {
		find_in(&f, from, fence.start);
		take_block(&f, &fence, arena);
		from = at;
	}
	find_in(&f, from, answer.len);
	*n = f.claims.n;
	return VEC_TO_ARENA(f.claims, arena);
}

void claims_mark(Str answer, const Claim *claims, size_t n, Buf *out) {
	size_t at = 0;
	for (size_t i = 0; i < n; i++) {
		if (claims[i].truth != CLAIM_MISSING || claims[i].end < at) continue;
		size_t end = claims[i].end;
		while (end < answer.len && answer.ptr[end] == '`') end++; /* the mark stands behind a code span, not in it */
		buf_str(out, str_sub(answer, at, end));
		if (claims[i].kind == CLAIM_CODE) { /* a paragraph of its own behind the block */
			if (end == 0 || answer.ptr[end - 1] != '\n') buf_putc(out, '\n');
			buf_printf(out, "\n[not found: %.*s]\n\n", STR_ARG(claims[i].name));
			at = end;
			continue;
		}
		buf_puts(out, claims[i].kind == CLAIM_LINE ? " [no such line]" : " [not found]");
		at = end;
	}
	buf_str(out, str_sub(answer, at, answer.len));
}
