#include "core/posix.h"

#include "prompts/budget.h"

typedef enum CharClass { SPACE, NEWLINE, LOWER, UPPER, DIGIT, PUNCTUATION, OTHER } CharClass;

static CharClass class_of(char c) {
	unsigned char u = (unsigned char)c;
	if (u >= 0x80) return OTHER;
	if (c == '\n' || c == '\r') return NEWLINE;
	if (c == ' ' || c == '\t') return SPACE;
	if (c >= 'a' && c <= 'z') return LOWER;
	if (c >= 'A' && c <= 'Z') return UPPER;
	if (c >= '0' && c <= '9') return DIGIT;
	return PUNCTUATION;
}

/* Tokens of a run of n characters of one class; a lower-case run includes the capital before it (a hump). */
static int64_t run_tokens(CharClass kind, size_t n) {
	switch (kind) {
	case SPACE: return n > 1; /* indentation is one token, a single blank belongs to its word */
	case NEWLINE: return 1;   /* several in a row as well */
	case LOWER: return 1 + (int64_t)(n > 0 ? n - 1 : 0) / 9; /* frequent words are whole */
	case UPPER: return 1 + (int64_t)n / 4;
	case DIGIT: return (int64_t)(n + 2) / 3;
	case PUNCTUATION: return (int64_t)(n + 1) / 2;
	case OTHER: return (int64_t)(n + 1) / 2; /* bytes: a CJK character is 3, an accented letter 2 */
	}
	return 0;
}

int64_t budget_tokens(Str text) {
	int64_t tokens = 0;
	size_t i = 0;
	while (i < text.len) {
		size_t start = i;
		CharClass kind = class_of(text.ptr[i++]);
		if (kind == UPPER && i < text.len && class_of(text.ptr[i]) == LOWER) kind = LOWER;
		while (i < text.len && class_of(text.ptr[i]) == kind) i++;
		if (kind == UPPER && i < text.len && class_of(text.ptr[i]) == LOWER) i--; /* "MLXArray": MLX, Array */
		tokens += run_tokens(kind, i - start);
	}
	return tokens;
}

static size_t count_lines(Str text) {
	size_t n = 0;
	for (size_t i = 0; i < text.len; i++) n += text.ptr[i] == '\n' || i + 1 == text.len;
	return n;
}

static Str cut_end(Str text, int64_t tokens) {
	size_t kept = 0;
	while (kept < text.len) {
		size_t stop = str_find(text, "\n", kept);
		stop = stop == SIZE_MAX ? text.len : stop + 1;
		tokens -= budget_tokens(str_sub(text, kept, stop));
		if (tokens < 0) break;
		kept = stop;
	}
	return str_sub(text, 0, kept);
}

static Str cut_start(Str text, int64_t tokens) {
	size_t kept = text.len;
	while (kept > 0) {
		size_t start = kept - 1;
		while (start > 0 && text.ptr[start - 1] != '\n') start--;
		tokens -= budget_tokens(str_sub(text, start, kept));
		if (tokens < 0) break;
		kept = start;
	}
	return str_sub(text, kept, text.len);
}

Str budget_cut(Str text, int64_t tokens, BudgetEnd end, size_t *left_out) {
	Str kept = end == BUDGET_CUT_END ? cut_end(text, tokens) : cut_start(text, tokens);
	*left_out = count_lines(text) - count_lines(kept);
	return kept;
}
