/* commented-out-code: comments that hold statements of Swift.
 *
 * Whole-line comments that follow each other are one block. In it, runs of lines are looked for that begin like a statement
 * and go on like one; what remains must parse. Documentation, examples ("Usage:", "e.g.") and lines of Python, which ports
 * quote from their reference, are none. */
#include "core/posix.h"

#include "core/detect.h"

#include <string.h>

enum { BLOCK_MAX = 200 };

typedef struct CommentLine {
	Str text;  /* without the slashes */
	Span span; /* of the comment */
	uint32_t line;
} CommentLine;

typedef VEC(CommentLine) CommentLines;

static bool starts_with_any(Str text, const char *const *list) {
	for (; *list; list++) {
		if (str_starts(text, *list)) return true;
	}
	return false;
}

static bool has_any(Str text, const char *const *list) {
	for (; *list; list++) {
		if (str_find(text, *list, 0) != SIZE_MAX) return true;
	}
	return false;
}

/* ---- one line ---- */

static bool is_foreign(Str t) {
	static const char *const foreign[] = { "torch.", "mx.", "np.", "nn.", "F.", "None", "True", "False", "def ", " -> ",
		"…", "...", "lambda", "elif", " is not ", "**", "//", "e.g.", "i.e.", NULL };
	return has_any(t, foreign) || str_find(t, ". ", 0) != SIZE_MAX;
}

static bool has_label(Str t) {
	size_t open = str_find(t, "(", 0), colon = str_find(t, ": ", 0);
	return open != SIZE_MAX && colon != SIZE_MAX && colon > open && str_ends(t, ")");
}

/* An identifier, with dots, up to what follows it. */
static size_t path_end(Str t) {
	size_t i = 0;
	while (i < t.len && ((t.ptr[i] >= 'a' && t.ptr[i] <= 'z') || (t.ptr[i] >= 'A' && t.ptr[i] <= 'Z') ||
	                        (t.ptr[i] >= '0' && t.ptr[i] <= '9') || t.ptr[i] == '_' || t.ptr[i] == '.'))
		i++;
	return i;
}

static bool is_call_or_assignment(Str t) {
	size_t end = path_end(t);
	if (!end || (t.ptr[0] >= 'A' && t.ptr[0] <= 'Z')) return false;
	Str rest = str_sub(t, end, t.len);
	if (str_starts(rest, "(")) return has_label(t);
	return (str_starts(rest, " = ") || str_starts(rest, " += ")) && has_label(t);
}

/* Begins like a statement of Swift, and not like a sentence. */
static bool is_statement(Str t) {
	static const char *const bindings[] = { "let ", "var ", "private let ", "private var ", "public let ",
		"public var ", NULL };
	static const char *const blocks[] = { "if ", "guard ", "for ", "while ", "switch ", "func ", "private func ",
		"public func ", "} else ", "do {", "defer {", NULL };
	static const char *const calls[] = { "print(", "debugPrint(", "eval(", "asyncEval(", "assert(", "precondition(",
		"try ", "await ", "logger.", "Log.", NULL };
	if (starts_with_any(t, bindings)) return str_find(t, " = ", 0) != SIZE_MAX;
	if (starts_with_any(t, blocks)) return str_ends(t, "{") || str_ends(t, "}");
	if (starts_with_any(t, calls)) return str_find(t, "(", 0) != SIZE_MAX && (str_ends(t, ")") || str_ends(t, "("));
	if (str_starts(t, "return ")) return str_find(t, "(", 0) != SIZE_MAX && str_ends(t, ")");
	return is_call_or_assignment(t);
}

/* A line that may go on what a statement began. */
static bool continues(Str t) {
	static const char *const heads[] = { "}", ")", "]", ".", "&&", "||", "??", "? ", ": ", "+ ", "- ", "* ", "/ ",
		NULL };
	return !t.len || starts_with_any(t, heads) || str_ends(t, ",") || str_ends(t, "{") || str_ends(t, "(");
}

static bool announces_example(Str t) {
	static const char *const words[] = { "xample", "sage", "e.g", "Python", "python", "PyTorch", "eference",
		"quivalent", "ormula", "seudo", NULL };
	return has_any(t, words) || str_ends(t, ":");
}

/* ---- blocks ---- */

static bool parses(const CommentLine *lines, size_t n) {
	Buf text = { 0 };
	for (size_t i = 0; i < n; i++) {
		buf_str(&text, lines[i].text);
		buf_putc(&text, '\n');
	}
	Arena arena = { 0 };
	SyntaxTree tree;
	bool ok = syntax_parse(LANG_SWIFT, buf_view(&text), NULL, &arena, &tree) && tree.n_errors == 0;
	arena_done(&arena);
	buf_done(&text);
	return ok;
}

typedef struct CommentSearch {
	const MatchContext *context;
	const Technique *technique;
	uint32_t file;
	Findings *findings;
} CommentSearch;

static void report(CommentSearch *s, const CommentLine *lines, size_t n) {
	while (n && !str_trim(lines[n - 1].text).len) n--;
	Span span = { lines[0].span.start, lines[n - 1].span.end };
	if (n == 1)
		detect_add(s->context, s->technique, s->findings, s->file, span, "A line of code is commented out.");
	else
		detect_add(s->context, s->technique, s->findings, s->file, span, "%zu lines of code are commented out.", n);
}

static bool is_code(Str t) { return str_starts(t, "//") || (!is_foreign(t) && (is_statement(t) || continues(t))); }

/* Sentences around code outside of functions are documentation with an example. */
static bool is_documentation(const CommentSearch *s, const CommentLine *lines, size_t n) {
	const Outline *o = s->context->program->outline;
	ComponentId id = outline_at(o, s->file, lines[0].span.start);
	bool inside = id != COMPONENT_NONE && o->components[id].kind != COMPONENT_CLASS;
	for (size_t i = 0; i < n && !inside; i++) {
		if (!is_code(str_trim(lines[i].text))) return true;
	}
	return false;
}

/* A function of nothing but the comment: a switch that somebody turns by hand. */
static bool is_whole_body(const CommentSearch *s, Span span) {
	const Outline *o = s->context->program->outline;
	ComponentId id = outline_at(o, s->file, span.start);
	if (id == COMPONENT_NONE || !o->components[id].body) return false;
	return !syntax_find(&o->trees[s->file], o->components[id].body, SYN_STATEMENTS);
}

/* Lines from a block's head (`if let x {`) to the brace that ends it; 0 when it isn't ended. What stands inside may be in
 * another language's words. */
static size_t braced(const CommentLine *lines, size_t n) {
	Str first = str_trim(lines[0].text);
	int depth = 0;
	if (!str_ends(first, "{")) return 0;
	for (size_t i = 0; i < n; i++) {
		for (size_t k = 0; k < lines[i].text.len; k++)
			depth += (lines[i].text.ptr[k] == '{') - (lines[i].text.ptr[k] == '}');
		if (depth <= 0) return str_is(str_trim(lines[i].text), "}") ? i + 1 : 0;
	}
	return 0;
}

static void read_block(CommentSearch *s, const CommentLine *lines, size_t n) {
	if (is_documentation(s, lines, n) || is_whole_body(s, lines[0].span)) return;
	for (size_t from = 0; from < n;) {
		Str first = str_trim(lines[from].text);
		if (!is_statement(first) || is_foreign(first) ||
		    (from > 0 && announces_example(str_trim(lines[from - 1].text)))) {
			if (from == 0 && announces_example(first)) return;
			from++;
			continue;
		}
		size_t to = from;
		for (; to < n; to++) {
			Str text = str_trim(lines[to].text);
			if (!is_code(text)) break;
		}
		while (to > from && !parses(&lines[from], to - from)) to--;
		size_t whole = braced(&lines[from], n - from);
		if (from + whole > to) to = from + whole;
		/* One line below a sentence is what the sentence speaks of. */
		bool quoted = to == from + 1 && from > 0 && str_trim(lines[from - 1].text).len;
		if (to > from && !quoted) report(s, &lines[from], to - from);
		from = to > from ? to : from + 1;
	}
}

/* ---- comments of a file ---- */

static bool is_alone(const SourceFile *file, Span span) {
	Pos pos = source_pos(file, span.start);
	Str before = str_sub(file->text, source_line_start(file, pos.line), span.start);
	return str_trim(before).len == 0;
}

static void read_file(CommentSearch *s) {
	const SourceFile *file = &s->context->program->outline->source->files[s->file];
	const SyntaxTree *t = &s->context->program->outline->trees[s->file];
	CommentLines lines = { 0 };
	for (SynId id = 1; id < t->n; id++) {
		if (t->nodes[id].kind != SYN_COMMENT) continue;
		Str text = syntax_text(t, id);
		bool plain = str_starts(text, "//") && !str_starts(text, "///") && is_alone(file, t->nodes[id].span);
		uint32_t line = source_pos(file, t->nodes[id].span.start).line;
		bool follows = lines.n && lines.at[lines.n - 1].line + 1 == line && lines.n < BLOCK_MAX;
		if (lines.n && (!plain || !follows)) {
			read_block(s, lines.at, lines.n);
			lines.n = 0;
		}
		if (plain) VEC_PUSH(lines) = (CommentLine) { str_sub(text, 2, text.len), t->nodes[id].span, line };
	}
	if (lines.n) read_block(s, lines.at, lines.n);
	VEC_FREE(lines);
}

void detect_commented_out_code(const MatchContext *context, const Technique *technique, Findings *findings) {
	const Source *source = context->program->outline->source;
	CommentSearch s = { .context = context, .technique = technique, .findings = findings };
	for (s.file = 0; s.file < source->n_files; s.file++) {
		if (detect_wants(context, s.file) && !source->files[s.file].is_test) read_file(&s);
	}
}
