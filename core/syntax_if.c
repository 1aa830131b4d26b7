#include "core/posix.h"

#include "core/syntax_if.h"

#include <stdlib.h>
#include <string.h>

enum { NESTING_MAX = 64 }; /* of interpolations in strings; deeper ones are read as plain text */

static char at(Str text, size_t i) { return i < text.len ? text.ptr[i] : '\0'; }
static bool is_word(char c) {
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

static size_t line_end(Str text, size_t i) {
	while (i < text.len && text.ptr[i] != '\n') i++;
	return i;
}

static bool is_repeated(Str text, size_t i, char c, size_t n) {
	for (size_t k = 0; k < n; k++) {
		if (at(text, i + k) != c) return false;
	}
	return true;
}

/* ---- what is no code: each returns the offset behind it ---- */

static size_t skip_block_comment(Str text, size_t i) {
	size_t depth = 1;
	for (i += 2; i < text.len && depth; i++) {
		if (at(text, i) == '/' && at(text, i + 1) == '*')
			depth++, i++;
		else if (at(text, i) == '*' && at(text, i + 1) == '/')
			depth--, i++;
	}
	return i;
}

static size_t skip_no_code(Str text, size_t i, int depth);

/* i is behind the '(' of an interpolation. */
static size_t skip_interpolation(Str text, size_t i, bool many_lines, int depth) {
	size_t parens = 1;
	while (i < text.len && parens) {
		if (!many_lines && text.ptr[i] == '\n') return i;
		size_t next = depth < NESTING_MAX ? skip_no_code(text, i, depth + 1) : i;
		if (next > i) {
			i = next;
			continue;
		}
		if (text.ptr[i] == '(') parens++;
		if (text.ptr[i] == ')') parens--;
		i++;
	}
	return i;
}

/* i is at the first '#' or '"'; hashes says how many '#' stand before the quote. */
static size_t skip_string(Str text, size_t i, size_t hashes, int depth) {
	i += hashes;
	bool many_lines = is_repeated(text, i, '"', 3);
	size_t quotes = many_lines ? 3 : 1;
	for (i += quotes; i < text.len;) {
		char c = text.ptr[i];
		if (c == '\n' && !many_lines) return i;
		if (c == '"' && is_repeated(text, i, '"', quotes) && is_repeated(text, i + quotes, '#', hashes)) {
			return i + quotes + hashes;
		}
		if (c != '\\' || !is_repeated(text, i + 1, '#', hashes)) {
			i++;
			continue;
		}
		i += 1 + hashes;
		if (at(text, i) == '(')
			i = skip_interpolation(text, i + 1, many_lines, depth);
		else if (at(text, i) != '\n' || many_lines)
			i++;
	}
	return text.len;
}

/* An extended regular expression literal, #/.../#. */
static size_t skip_regex(Str text, size_t i, size_t hashes) {
	bool many_lines = at(text, i + hashes + 1) == '\n';
	for (i += hashes + 1; i < text.len; i++) {
		if (text.ptr[i] == '\\')
			i++;
		else if (text.ptr[i] == '\n' && !many_lines)
			return i;
		else if (text.ptr[i] == '/' && is_repeated(text, i + 1, '#', hashes))
			return i + 1 + hashes;
	}
	return text.len;
}

/* Offset behind the comment, string or regular expression that starts at i, or i. */
static size_t skip_no_code(Str text, size_t i, int depth) {
	char c = text.ptr[i];
	if (c == '/' && at(text, i + 1) == '/') return line_end(text, i);
	if (c == '/' && at(text, i + 1) == '*') return skip_block_comment(text, i);
	if (c == '"') return skip_string(text, i, 0, depth);
	if (c != '#') return i;
	size_t hashes = 0;
	while (at(text, i + hashes) == '#') hashes++;
	if (at(text, i + hashes) == '"') return skip_string(text, i, hashes, depth);
	if (at(text, i + hashes) == '/') return skip_regex(text, i, hashes);
	return i;
}

/* ---- directives ---- */

typedef enum Directive { NO_DIRECTIVE, IF, ELSEIF, ELSE, ENDIF, OTHER } Directive;
static const struct {
	const char *word;
	Directive directive;
} words[] = { { "#if", IF }, { "#elseif", ELSEIF }, { "#else", ELSE }, { "#endif", ENDIF },
	{ "#sourceLocation", OTHER }, { "#warning", OTHER }, { "#error", OTHER } };

static Directive directive_at(Str text, size_t i, size_t *behind) {
	for (size_t k = 0; k < BASE_COUNT(words); k++) {
		size_t n = strlen(words[k].word);
		if (!str_starts(str_sub(text, i, text.len), words[k].word) || is_word(at(text, i + n))) continue;
		*behind = i + n;
		return words[k].directive;
	}
	return NO_DIRECTIVE;
}

/* The condition without comments, and where its last line ends: one that ends with && or || goes on. */
static Str condition_text(Str text, size_t i, Arena *arena, size_t *end) {
	Buf buf = { 0 };
	for (;;) {
		*end = line_end(text, i);
		while (i < *end) {
			bool comment = text.ptr[i] == '/' && (at(text, i + 1) == '/' || at(text, i + 1) == '*');
			if (comment)
				i = skip_no_code(text, i, 0);
			else
				buf_putc(&buf, text.ptr[i++]);
		}
		Str so_far = str_trim(buf_view(&buf));
		if (*end >= text.len || !(str_ends(so_far, "&&") || str_ends(so_far, "||"))) break;
		i = *end + 1;
		buf_putc(&buf, ' ');
	}
	Str out = arena_str(arena, str_trim(buf_view(&buf)));
	buf_done(&buf);
	return out;
}

static void blank(char *copy, size_t from, size_t to) {
	for (size_t i = from; i < to; i++) {
		if (copy[i] != '\n' && copy[i] != '\r') copy[i] = ' ';
	}
}

/* ---- arms ---- */

typedef struct Open { /* an #if whose #endif has not come yet */
	uint32_t group;
	size_t arm;  /* index of the open arm */
	Str negated; /* "!(A) && !(B)": what came before */
	bool had_else;
} Open;
typedef struct Scan {
	Str text;
	Arena *arena;
	char *copy; /* made with the first directive */
	VEC(SyntaxCondition) arms;
	VEC(Open) open;
	uint32_t groups;
	bool has_second;
} Scan;

static bool needs_parens(Str condition) {
	return str_find(condition, "||", 0) != SIZE_MAX || str_find(condition, "&&", 0) != SIZE_MAX;
}

static void open_arm(Scan *s, Open *open, Str condition, size_t start, bool skipped) {
	Str text = condition;
	if (open->negated.len && condition.len) {
		text = arena_printf(s->arena, needs_parens(condition) ? "%.*s && (%.*s)" : "%.*s && %.*s",
		    STR_ARG(open->negated), STR_ARG(condition));
	} else if (open->negated.len) {
		text = open->negated;
	}
	if (condition.len) {
		open->negated = arena_printf(s->arena, open->negated.len ? "%.*s && !(%.*s)" : "%.*s!(%.*s)",
		    STR_ARG(open->negated), STR_ARG(condition));
	}
	open->arm = s->arms.n;
	VEC_PUSH(s->arms) = (SyntaxCondition) {
		.span = { (uint32_t)start, (uint32_t)start }, .text = text, .group = open->group, .skipped = skipped
	};
}

static void close_arm(Scan *s, const Open *open, size_t end) {
	SyntaxCondition *arm = &s->arms.at[open->arm];
	if (end > arm->span.start) arm->span.end = (uint32_t)end;
}

/* line is the offset of the directive's line, i of its '#'. Returns where its last line ends. */
static size_t directive(Scan *s, Directive kind, size_t line, size_t i, size_t behind) {
	if (!s->copy) s->copy = arena_strdup(s->arena, s->text);
	size_t end = line_end(s->text, behind);
	Str condition = STR_NONE;
	if (kind == IF || kind == ELSEIF) condition = condition_text(s->text, behind, s->arena, &end);
	size_t body = end < s->text.len ? end + 1 : end;
	blank(s->copy, i, end);
	Open *top = s->open.n ? &s->open.at[s->open.n - 1] : NULL;
	if (kind == IF) {
		bool inside = top && s->arms.at[top->arm].skipped;
		Open *open = &VEC_PUSH(s->open);
		open->group = s->groups++;
		open_arm(s, open, condition, body, inside);
	} else if (kind == ELSEIF || kind == ELSE) {
		if (!top || top->had_else) return end;
		close_arm(s, top, line);
		top->had_else = kind == ELSE;
		s->has_second = true;
		open_arm(s, top, condition, body, true);
	} else if (kind == ENDIF && top) {
		close_arm(s, top, line);
		s->open.n--;
	}
	return end;
}

/* ---- words that the grammar doesn't know ---- */

/* Length of `nonisolated(unsafe)`, or of `sending` before a type, if one starts at i: either costs a whole type or
 * function in this grammar, and neither says anything of what is computed. */
static size_t unknown_word(Str text, size_t i) {
	static const char *const isolation = "nonisolated(unsafe)", *const sending = "sending";
	Str rest = str_sub(text, i, text.len);
	if (i > 0 && is_word(text.ptr[i - 1])) return 0;
	if (str_starts(rest, isolation)) return strlen(isolation);
	size_t n = strlen(sending);
	if (!str_starts(rest, sending) || (at(text, i + n) != ' ' && at(text, i + n) != '\n')) return 0;
	size_t before = i;
	while (before > 0 && strchr(" \t\r\n", text.ptr[before - 1])) before--;
	char c = before ? text.ptr[before - 1] : '\0';
	bool arrow = c == '>' && before > 1 && text.ptr[before - 2] == '-';
	Str left = str_sub(text, 0, before);
	bool modifier = str_ends(left, "consuming") || str_ends(left, "borrowing") || str_ends(left, "inout");
	return arrow || modifier || c == ':' || c == '(' || c == ',' ? n : 0;
}

static void blank_unknown(Scan *s, size_t i, size_t n) {
	if (!s->copy) s->copy = arena_strdup(s->arena, s->text);
	blank(s->copy, i, i + n);
}

/* ---- lines that go on: `a` and below it `* b` are two statements to this grammar, one to Swift ---- */

static bool is_operator_char(char c) { return c && strchr("*%<>=!|^&/+-.?~", c); }

/* Whether the text at i, at the start of a line, goes on with the expression above in a way the grammar doesn't see. */
static bool is_continuation(Str text, size_t i) {
	static const char *const operators[] = { "*", "%", "<", ">", "===", "!==", "|", "^", "<<", ">>",
		"+=", "-=", "*=", "/=", "%=" };
	size_t n = 0;
	while (is_operator_char(at(text, i + n))) n++;
	if (!n || n > 3 || (at(text, i + n) != ' ' && at(text, i + n) != '\t')) return false;
	for (size_t k = 0; k < BASE_COUNT(operators); k++) {
		if (str_is(str_sub(text, i, i + n), operators[k])) return true;
	}
	return false;
}

/* i is at a line's end. Joins the lines where the next one goes on; a comment between them is blanked with its line's end. */
static void join_lines(Scan *s, size_t i, size_t comment) {
	size_t next = i;
	while (next < s->text.len && strchr(" \t\r\n", s->text.ptr[next])) next++;
	if (!is_continuation(s->text, next)) return;
	if (!s->copy) s->copy = arena_strdup(s->arena, s->text);
	for (size_t k = comment < i ? comment : i; k < next; k++) s->copy[k] = ' ';
}

static bool has_continuation(Str text) {
	for (size_t i = 0; (i = str_find(text, "\n", i)) != SIZE_MAX;) {
		while (i < text.len && strchr(" \t\r\n", text.ptr[i])) i++;
		if (is_continuation(text, i)) return true;
	}
	return false;
}

/* A raw string without interpolations becomes a plain one of harmless letters: with its backslashes the grammar loses the
 * rest of the function. Whoever wants its text reads the file's. */
static void plain_string(Scan *s, size_t start, size_t end) {
	size_t hashes = 0;
	while (at(s->text, start + hashes) == '#') hashes++;
	if (at(s->text, start + hashes) != '"') return;
	size_t quotes = is_repeated(s->text, start + hashes, '"', 3) ? 3 : 1;
	if (end < start + 2 * (hashes + quotes) || !is_repeated(s->text, end - hashes, '#', hashes)) return;
	for (size_t i = start; i < end; i++) {
		bool interpolates = s->text.ptr[i] == '\\' && is_repeated(s->text, i + 1, '#', hashes);
		if (interpolates && at(s->text, i + 1 + hashes) == '(') return;
	}
	if (!s->copy) s->copy = arena_strdup(s->arena, s->text);
	blank(s->copy, start, start + hashes);
	blank(s->copy, end - hashes, end);
	for (size_t i = start + hashes + quotes; i < end - hashes - quotes; i++) {
		if (s->copy[i] == '\\' || s->copy[i] == '"') s->copy[i] = '_';
	}
}

static void scan_lines(Scan *s) {
	Str text = s->text;
	size_t comment_start = SIZE_MAX; /* of a comment that ends this line */
	size_t line = 0;
	bool fresh = true; /* nothing but white space so far in this line */
	for (size_t i = 0; i < text.len;) {
		char c = text.ptr[i];
		size_t behind = i;
		if (c == '\n') {
			join_lines(s, i, comment_start);
			comment_start = SIZE_MAX;
			line = ++i;
			fresh = true;
			continue;
		}
		Directive kind = c == '#' && fresh ? directive_at(text, i, &behind) : NO_DIRECTIVE;
		if (kind != NO_DIRECTIVE) {
			i = directive(s, kind, line, i, behind);
			continue;
		}
		size_t unknown = c == 'n' || c == 's' ? unknown_word(text, i) : 0;
		if (unknown) {
			blank_unknown(s, i, unknown);
			i += unknown;
			fresh = false;
			continue;
		}
		size_t next = skip_no_code(text, i, 0);
		if (next == i) {
			fresh = fresh && (c == ' ' || c == '\t' || c == '\r' || c == '\f' || c == '\v');
			i++;
			continue;
		}
		bool comment = c == '/';
		if (comment && at(text, i + 1) == '/') comment_start = i;
		if (c == '#') plain_string(s, i, next);
		fresh = fresh && comment;
		for (; i < next; i++) { /* what is skipped may end on a later line */
			if (text.ptr[i] == '\n') line = i + 1, fresh = comment;
		}
	}
	while (s->open.n) {
		close_arm(s, &s->open.at[s->open.n - 1], text.len);
		s->open.n--;
	}
}

SyntaxIf syntax_if_scan(Str text, Arena *arena) {
	SyntaxIf out = { .plain = text };
	bool clean = str_find(text, "#", 0) == SIZE_MAX && str_find(text, "nonisolated(", 0) == SIZE_MAX &&
	             str_find(text, "sending", 0) == SIZE_MAX && !has_continuation(text);
	if (clean) return out;
	Scan s = { .text = text, .arena = arena };
	scan_lines(&s);
	if (s.copy) out.plain = (Str) { s.copy, text.len };
	if (s.has_second) {
		char *narrowed = arena_strdup(arena, out.plain);
		for (size_t i = 0; i < s.arms.n; i++) {
			if (s.arms.at[i].skipped) blank(narrowed, s.arms.at[i].span.start, s.arms.at[i].span.end);
		}
		out.narrowed = (Str) { narrowed, text.len };
	}
	out.n_arms = s.arms.n;
	out.arms = VEC_TO_ARENA(s.arms, arena);
	VEC_FREE(s.open);
	return out;
}
