#include "core/posix.h"

#include "core/pattern_tree.h"

#include <stdlib.h>
#include <string.h>

typedef struct Parser {
	Str text;
	size_t at;
	uint32_t first_line;
	Arena *arena;
	Pattern *out;
	Err *err;
	bool failed;
} Parser;

static void fail(Parser *p, size_t at, const char *reason, Str about) {
	if (p->failed) return;
	p->failed = true;
	uint32_t line = p->first_line, column = 1;
	for (size_t i = 0; i < at && i < p->text.len; i++) {
		column++;
		if (p->text.ptr[i] == '\n') line++, column = 1;
	}
	if (about.len) {
		err_set(p->err, "%u:%u: %s '%.*s'", line, column, reason, STR_ARG(about));
	} else {
		err_set(p->err, "%u:%u: %s", line, column, reason);
	}
}

static char peek(const Parser *p) { return p->at < p->text.len ? p->text.ptr[p->at] : '\0'; }

static void skip(Parser *p) {
	while (p->at < p->text.len) {
		char c = peek(p);
		if (c == '#') {
			while (p->at < p->text.len && peek(p) != '\n') p->at++;
		} else if (c == ' ' || c == '\t' || c == '\n' || c == '\r') {
			p->at++;
		} else {
			return;
		}
	}
}

static bool take(Parser *p, char c) {
	skip(p);
	if (peek(p) != c) return false;
	p->at++;
	return true;
}

static void expect(Parser *p, char c) {
	if (take(p, c)) return;
	char what[2] = { c, '\0' };
	fail(p, p->at, "expected", str_of(what));
}

static bool is_name_char(char c) {
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

static Str take_name(Parser *p) {
	skip(p);
	size_t from = p->at;
	while (is_name_char(peek(p))) p->at++;
	return str_sub(p->text, from, p->at);
}

static bool take_word(Parser *p, const char *word) {
	skip(p);
	size_t at = p->at;
	if (str_eq(take_name(p), str_of(word))) return true;
	p->at = at;
	return false;
}

static int bind_slot(Parser *p, Str name) {
	for (size_t i = 0; name.len && i < p->out->n_binds; i++) {
		if (str_eq(p->out->binds[i], name)) return (int)i;
	}
	if (p->out->n_binds == PATTERN_BINDS) {
		fail(p, p->at, "too many names in one pattern", STR_NONE);
		return -1;
	}
	p->out->binds[p->out->n_binds] = name;
	return (int)p->out->n_binds++;
}

static const struct {
	const char *name;
	uint32_t trait;
} TRAITS[] = { { "view", OP_VIEW }, { "cast", OP_CAST }, { "copy", OP_COPY }, { "elementwise", OP_ELEMENTWISE },
	{ "reduction", OP_REDUCTION }, { "sync", OP_SYNC }, { "eval", OP_EVAL }, { "constructor", OP_CONSTRUCTOR },
	{ "fused", OP_FUSED }, { "random", OP_RANDOM }, { "host", OP_HOST }, { "module", OP_MODULE },
	{ "expensive", OP_EXPENSIVE }, { "comparison", OP_COMPARISON } };

static const struct {
	const char *name;
	PatKind kind;
	bool named; /* its first argument may be a name */
} FORMS[] = { { "field", PAT_FIELD, true }, { "param", PAT_PARAM, false }, { "const", PAT_CONST, false },
	{ "loopvar", PAT_LOOPVAR, false }, { "join", PAT_JOIN, false }, { "closure", PAT_CLOSURE, false },
	{ "call", PAT_CALL, true }, { "new", PAT_NEW, true }, { "module", PAT_MODULE, false }, { "load", PAT_LOAD, false },
	{ "store", PAT_STORE, false }, { "keep", PAT_KEEP, false }, { "tuple", PAT_TUPLE, false },
	{ "part", PAT_PART, false }, { "return", PAT_RETURN, false }, { "syncs", PAT_SYNCS, false },
	{ "loop", PAT_LOOP, false } };

static Pat *parse_expr(Parser *p);

static Pat *pat_new(Parser *p, PatKind kind) {
	Pat *pat = ARENA_NEW(p->arena, Pat);
	pat->kind = kind;
	pat->bind = pat->root = -1;
	return pat;
}

/* A label is a name directly before ':'. */
static Str take_label(Parser *p) {
	size_t at = p->at;
	Str name = take_name(p);
	if (name.len && peek(p) == ':') {
		p->at++;
		return name;
	}
	p->at = at;
	return STR_NONE;
}

typedef VEC(Pat *) PatList;
typedef VEC(Str) StrList;

static void parse_args(Parser *p, Pat *pat, char close, bool named) {
	PatList args = { 0 };
	StrList labels = { 0 };
	skip(p);
	if (named) {
		size_t at = p->at;
		Str name = take_name(p);
		skip(p);
		if (name.len && (peek(p) == ',' || peek(p) == close)) {
			pat->text = str_is(name, "_") ? STR_NONE : name;
			if (!take(p, ',') && peek(p) != close) fail(p, p->at, "expected ','", STR_NONE);
		} else {
			p->at = at;
		}
	}
	while (!p->failed && !take(p, close)) {
		skip(p);
		if (p->at + 3 <= p->text.len && memcmp(p->text.ptr + p->at, "...", 3) == 0) {
			p->at += 3;
			pat->open = true;
		} else {
			VEC_PUSH(labels) = take_label(p);
			VEC_PUSH(args) = parse_expr(p);
		}
		skip(p);
		if (peek(p) != close) expect(p, ',');
	}
	pat->n_args = args.n;
	pat->args = VEC_TO_ARENA(args, p->arena);
	pat->labels = VEC_TO_ARENA(labels, p->arena);
}

static void parse_made(Parser *p, Pat *pat) {
	Pat inner = { 0 };
	parse_args(p, &inner, '}', false);
	pat->made = inner.args;
	pat->made_labels = inner.labels;
	pat->n_made = inner.n_args;
}

static Pat *parse_number(Parser *p) {
	char digits[64];
	size_t from = p->at, n = 0;
	while (n < sizeof digits - 1 && (is_name_char(peek(p)) || peek(p) == '.' || peek(p) == '-' || peek(p) == '+')) {
		if ((peek(p) == '-' || peek(p) == '+') && n && digits[n - 1] != 'e' && digits[n - 1] != 'E') break;
		digits[n++] = peek(p);
		p->at++;
	}
	digits[n] = '\0';
	char *end;
	Pat *pat = pat_new(p, PAT_NUMBER);
	pat->number = strtod(digits, &end);
	if (*end || n == 0) fail(p, from, "not a number:", str_of(digits));
	return pat;
}

static Pat *parse_trait(Parser *p) {
	Pat *pat = pat_new(p, PAT_TRAIT);
	do {
		size_t at = p->at;
		Str name = take_name(p);
		uint32_t trait = 0;
		for (size_t i = 0; i < BASE_COUNT(TRAITS); i++) {
			if (str_is(name, TRAITS[i].name)) trait = TRAITS[i].trait;
		}
		if (!trait) fail(p, at, "unknown trait", name);
		pat->traits |= trait;
	} while (!p->failed && take(p, '|'));
	expect(p, '>');
	pat->open = true;
	if (take(p, '(')) {
		pat->open = false;
		parse_args(p, pat, ')', false);
	}
	return pat;
}

static Pat *parse_named(Parser *p) {
	size_t at = p->at;
	Str name = take_name(p);
	if (str_is(name, "_")) return pat_new(p, PAT_ANY);
	if (str_is(name, "nil")) return pat_new(p, PAT_NIL);
	if (str_is(name, "true") || str_is(name, "false")) {
		Pat *pat = pat_new(p, PAT_BOOL);
		pat->number = str_is(name, "true");
		return pat;
	}
	for (size_t i = 0; i < BASE_COUNT(FORMS); i++) {
		if (!str_is(name, FORMS[i].name)) continue;
		Pat *pat = pat_new(p, FORMS[i].kind);
		pat->open = true;
		if (peek(p) == '(') {
			p->at++;
			pat->open = false;
			parse_args(p, pat, ')', FORMS[i].named);
		}
		return pat;
	}
	Pat *pat = pat_new(p, PAT_OP);
	pat->op = op_find(name);
	if (!pat->op) fail(p, at, name.len ? "unknown operation" : "expected a pattern", name);
	pat->open = true;
	if (peek(p) == '{') {
		p->at++;
		parse_made(p, pat);
	}
	if (peek(p) == '(') {
		p->at++;
		pat->open = false;
		parse_args(p, pat, ')', false);
	}
	return pat;
}

static Pat *parse_primary(Parser *p) {
	skip(p);
	char c = peek(p);
	if (c == '(') {
		p->at++;
		Pat *pat = parse_expr(p);
		expect(p, ')');
		return pat;
	}
	if (c == '?') {
		p->at++;
		Pat *pat = pat_new(p, PAT_BIND);
		Str name = take_name(p);
		if (!name.len) fail(p, p->at, "expected a name after '?'", STR_NONE);
		pat->bind = bind_slot(p, name);
		return pat;
	}
	if (c == '[') {
		p->at++;
		Pat *pat = pat_new(p, PAT_LIST);
		parse_args(p, pat, ']', false);
		return pat;
	}
	if (c == '<') {
		p->at++;
		return parse_trait(p);
	}
	if (c == '"') {
		size_t from = ++p->at;
		while (p->at < p->text.len && peek(p) != '"' && peek(p) != '\n') p->at++;
		Pat *pat = pat_new(p, PAT_TEXT);
		pat->text = str_sub(p->text, from, p->at);
		expect(p, '"');
		return pat;
	}
	if (c == '-' || (c >= '0' && c <= '9')) return parse_number(p);
	return parse_named(p);
}

static void parse_passes(Parser *p, Pat *pat) {
	VEC(OpId) passes = { 0 };
	while (!p->failed && !take(p, '}')) {
		size_t at = p->at;
		Str name = take_name(p);
		OpId op = op_find(name);
		if (!op) fail(p, at, "unknown operation", name);
		VEC_PUSH(passes) = op;
		skip(p);
		if (peek(p) != '}') expect(p, ',');
	}
	pat->n_passes = passes.n;
	pat->passes = VEC_TO_ARENA(passes, p->arena);
}

/* Wraps a pattern that already reaches or has a name, so that a second prefix or name has its own place. */
static Pat *wrap(Parser *p, Pat *inner) {
	Pat *pat = pat_new(p, PAT_EITHER);
	pat->args = ARENA_ARRAY(p->arena, Pat *, 1);
	pat->args[0] = inner;
	pat->labels = ARENA_ARRAY(p->arena, Str, 1);
	pat->n_args = 1;
	return pat;
}

static Pat *parse_prefixed(Parser *p) {
	skip(p);
	char c = peek(p);
	if (c != '~' && c != '^') {
		Pat *pat = parse_primary(p);
		if (!p->failed && take_word(p, "as")) {
			expect(p, '?');
			if (pat->bind >= 0) pat = wrap(p, pat);
			pat->bind = bind_slot(p, take_name(p));
		}
		return pat;
	}
	p->at++;
	Pat *passes = pat_new(p, PAT_ANY);
	if (c == '^' && peek(p) == '{') {
		p->at++;
		parse_passes(p, passes);
	}
	Pat *pat = parse_prefixed(p);
	if (pat->reach != REACH_HERE) pat = wrap(p, pat);
	pat->reach = c == '~' ? REACH_BEHIND : REACH_SCALED;
	pat->passes = passes->passes;
	pat->n_passes = passes->n_passes;
	if (c == '^') pat->root = bind_slot(p, STR_NONE);
	return pat;
}

static Pat *parse_expr(Parser *p) {
	Pat *first = parse_prefixed(p);
	skip(p);
	if (peek(p) != '|') return first;
	PatList arms = { 0 };
	VEC_PUSH(arms) = first;
	while (!p->failed && take(p, '|')) VEC_PUSH(arms) = parse_prefixed(p);
	Pat *pat = pat_new(p, PAT_EITHER);
	pat->n_args = arms.n;
	pat->args = VEC_TO_ARENA(arms, p->arena);
	return pat;
}

/* ---- conditions ---- */

static const struct {
	const char *word;
	ClauseKind kind;
} CLAUSES[] = { { "where surely", CLAUSE_SURELY }, { "where", CLAUSE_WHERE }, { "unless", CLAUSE_UNLESS },
	{ "weaker if", CLAUSE_WEAKER }, { "stronger if", CLAUSE_STRONGER } };

static bool line_is_clause(Str line, ClauseKind *kind, size_t *len) {
	for (size_t i = 0; i < BASE_COUNT(CLAUSES); i++) {
		size_t n = strlen(CLAUSES[i].word);
		if (!str_starts(line, CLAUSES[i].word) || (line.len > n && is_name_char(line.ptr[n]))) continue;
		*kind = CLAUSES[i].kind;
		*len = n;
		return true;
	}
	return false;
}

static bool is_compare(Str word) {
	return str_is(word, "=") || str_is(word, "<") || str_is(word, ">") || str_is(word, "<=") || str_is(word, ">=") ||
	       str_is(word, "!=");
}

static ConditionWord read_word(Parser *p, Str word, size_t at) {
	ConditionWord w = { .text = word, .bind = -1 };
	char digits[40] = "";
	if (word.ptr[0] == '?') {
		w.kind = WORD_BIND;
		Str name = str_sub(word, 1, word.len);
		for (size_t i = 0; i < p->out->n_binds; i++) {
			if (name.len && str_eq(p->out->binds[i], name)) w.bind = (int)i;
		}
		if (w.bind < 0) fail(p, at, "no such name in the pattern:", word);
		return w;
	}
	if (is_compare(word)) {
		w.kind = WORD_COMPARE;
		return w;
	}
	if (word.len < sizeof digits) memcpy(digits, word.ptr, word.len);
	char *end;
	w.number = strtod(digits, &end);
	w.kind = digits[0] && end != digits && !*end ? WORD_NUMBER : WORD_NAME;
	return w;
}

/* Splits at blanks, keeping (...) and [...] together. `rank(?q)` reads as `rank ?q`. */
static size_t split_words(Str text, Str words[24], size_t at[24]) {
	size_t n = 0, i = 0;
	while (i < text.len && n < 24) {
		while (i < text.len && strchr(" \t(),", text.ptr[i])) i++;
		if (i == text.len) break;
		size_t from = i;
		bool quoted = text.ptr[i] == '`';
		if (quoted) {
			i++;
			while (i < text.len && text.ptr[i] != '`') i++;
			if (i < text.len) i++;
		} else {
			while (i < text.len && !strchr(" \t(),", text.ptr[i])) i++;
		}
		words[n] = str_sub(text, from, i);
		at[n++] = from;
	}
	return n;
}

/* `pattern` in back quotes inside a condition. */
static Pat *inner_pattern(Parser *p, Str quoted, size_t at) {
	Parser inner = *p;
	inner.text = str_sub(p->text, 0, at + quoted.len - 1);
	inner.at = at + 1;
	Pat *pat = parse_expr(&inner);
	skip(&inner);
	if (!inner.failed && inner.at != inner.text.len)
		fail(&inner, inner.at, "unexpected text in a quoted pattern", STR_NONE);
	p->failed |= inner.failed;
	return pat;
}

static void parse_clause(Parser *p, ClauseKind kind, Str body, size_t at, Clause *clause) {
	bool must_say = kind == CLAUSE_WEAKER || kind == CLAUSE_STRONGER;
	size_t quote = SIZE_MAX;
	for (size_t i = 0; i < body.len; i++) {
		if (body.ptr[i] == '`') quote = i;
	}
	size_t colon = str_find(body, ": ", quote == SIZE_MAX ? 0 : quote);
	if (must_say && colon == SIZE_MAX)
		fail(p, at, "say in words what it means: 'weaker if CONDITION: words'", STR_NONE);
	if (colon != SIZE_MAX) clause->says = str_trim(str_sub(body, colon + 1, body.len));
	Str text = str_trim(colon == SIZE_MAX ? body : str_sub(body, 0, colon));
	size_t text_at = (size_t)(text.ptr - p->text.ptr);
	Str words[24];
	size_t offsets[24], n = split_words(text, words, offsets), taken = 0;
	clause->kind = kind;
	clause->text = text;
	clause->row = pattern_condition(words, n, &taken);
	if (!clause->row) {
		fail(p, text_at, "unknown condition", text);
		return;
	}
	clause->n_words = n - taken;
	clause->words = ARENA_ARRAY(p->arena, ConditionWord, n + 1);
	for (size_t i = taken; i < n && !p->failed; i++) {
		ConditionWord *w = &clause->words[i - taken];
		if (words[i].ptr[0] == '`' && words[i].len >= 2) {
			*w = (ConditionWord) { .kind = WORD_PAT, .text = words[i], .bind = -1 };
			w->pat = inner_pattern(p, words[i], text_at + offsets[i]);
		} else {
			*w = read_word(p, words[i], text_at + offsets[i]);
		}
	}
}

static size_t clause_start(Str text) {
	size_t at = 0;
	while (at < text.len) {
		size_t end = at;
		while (end < text.len && text.ptr[end] != '\n') end++;
		ClauseKind kind;
		size_t len;
		if (line_is_clause(str_trim(str_sub(text, at, end)), &kind, &len)) return at;
		at = end + 1;
	}
	return text.len;
}

static void parse_clauses(Parser *p, size_t at) {
	VEC(Clause) clauses = { 0 };
	Str rest = str_sub(p->text, at, p->text.len), line;
	uint32_t number = p->first_line;
	for (size_t i = 0; i < at; i++) number += p->text.ptr[i] == '\n';
	for (; !p->failed && str_split(&rest, '\n', &line); number++) {
		Str body = str_trim(line);
		if (!body.len || body.ptr[0] == '#') continue;
		ClauseKind kind;
		size_t len;
		if (!line_is_clause(body, &kind, &len)) {
			fail(p, (size_t)(body.ptr - p->text.ptr), "expected where, unless, weaker if or stronger if", STR_NONE);
			break;
		}
		Clause *clause = &VEC_PUSH(clauses);
		clause->line = number;
		parse_clause(p, kind, str_sub(body, len, body.len), (size_t)(body.ptr - p->text.ptr) + len, clause);
	}
	p->out->n_clauses = clauses.n;
	p->out->clauses = VEC_TO_ARENA(clauses, p->arena);
}

/* ---- roots ---- */

typedef VEC(OpId) OpList;

/* False when the pattern can begin with anything. */
static bool collect_roots(const Pat *pat, OpList *ops) {
	if (pat->reach != REACH_HERE) return false;
	if (pat->kind == PAT_OP) {
		VEC_PUSH(*ops) = pat->op;
		return true;
	}
	if (pat->kind == PAT_TRAIT) {
		for (OpId op = 1; op < op_count(); op++) {
			if (op_info(op)->traits & pat->traits) VEC_PUSH(*ops) = op;
		}
		return true;
	}
	if (pat->kind != PAT_EITHER) return false;
	for (size_t i = 0; i < pat->n_args; i++) {
		if (!collect_roots(pat->args[i], ops)) return false;
	}
	return true;
}

static void find_roots(Parser *p) {
	OpList ops = { 0 };
	if (collect_roots(p->out->root, &ops)) {
		p->out->n_roots = ops.n;
		p->out->roots = VEC_TO_ARENA(ops, p->arena);
	} else {
		VEC_FREE(ops);
	}
}

Pattern *pattern_parse(Str text, uint32_t first_line, Arena *arena, Err *err) {
	ops_load();
	Pattern *out = ARENA_NEW(arena, Pattern);
	out->line = first_line;
	size_t clauses = clause_start(text);
	Parser p = { .text = text, .first_line = first_line, .arena = arena, .out = out, .err = err };
	p.text = str_sub(text, 0, clauses);
	out->root = parse_expr(&p);
	skip(&p);
	if (!p.failed && p.at != p.text.len) fail(&p, p.at, "unexpected text after the expression", STR_NONE);
	p.text = text;
	if (!p.failed) parse_clauses(&p, clauses);
	if (p.failed) return NULL;
	find_roots(&p);
	return out;
}

bool pattern_is_loop(const Pattern *pattern) { return pattern->root->kind == PAT_LOOP; }

const OpId *pattern_roots(const Pattern *pattern, size_t *n) {
	*n = pattern->n_roots;
	return pattern->roots;
}

Str pattern_bind_name(const Pattern *pattern, size_t i) { return i < pattern->n_binds ? pattern->binds[i] : STR_NONE; }

NodeId pattern_bound(const Pattern *pattern, const PatternMatch *match, const char *name) {
	for (size_t i = 0; i < pattern->n_binds && i < match->n_binds; i++) {
		if (str_is(pattern->binds[i], name)) return match->bind[i];
	}
	return 0;
}
