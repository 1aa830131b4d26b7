/* deprecated-api: uses of mlx-swift's API that the port's own version of it already marks as deprecated.
 *
 * Looked at are imports, members named with their type (`GPU.clearCache()`) and free functions by name and labels; never
 * methods of values whose type isn't known, nor names that the package declares itself. The version is pinned in
 * Package.resolved, else the lower bound in Package.swift, else the newest one known. */
#include "core/posix.h"

#include "core/detect.h"

#include "core/api.h"
#include "core/mentions.h"

#include <string.h>

enum { LABELS_MAX = 24 };

typedef struct DeprecatedSearch {
	const MatchContext *context;
	const Technique *technique;
	Findings *findings;
	const Outline *outline;
	Mentions mentions; /* only for reading argument lists */
	ApiVersion version[2];
	Map names; /* that a deprecated symbol has */
	uint32_t file;
} DeprecatedSearch;

/* ---- one use ---- */

static void report(DeprecatedSearch *s, Span span, Str what, const ApiAnswer *answer) {
	ApiVersion have = s->version[answer->package];
	if (!api_version_is_known(answer->deprecated) || !api_is_deprecated(answer, have)) return;
	Buf since = { 0 };
	api_version_print(answer->deprecated, &since);
	bool instead = answer->replacement.len > 0;
	Finding *f =
	    detect_add(s->context, s->technique, s->findings, s->file, span, "%.*s is deprecated since %s %.*s%s%.*s.",
	        STR_ARG(what), answer->package == API_MLX_SWIFT ? "mlx-swift" : "mlx-swift-lm", STR_ARG(buf_view(&since)),
	        instead ? "; the library says: " : "", STR_ARG(answer->replacement));
	buf_done(&since);
	if (!api_version_is_known(have))
		detect_note(f, STR("the port's version of the library isn't pinned; the newest is assumed"), false, 0);
}

static bool find(DeprecatedSearch *s, Str owner, Str name, Span span, ApiAnswer *answer) {
	Str labels[LABELS_MAX];
	size_t n = 0;
	bool trailing = false;
	Mention mention = { .file = s->file, .span = span };
	bool called = mentions_labels(&s->mentions, &mention, labels, LABELS_MAX, &n, &trailing);
	if (called && trailing && n < LABELS_MAX) labels[n++] = STR_NONE;
	ApiUse use = { .owner = owner, .name = name, .is_call = called, .labels = labels, .n_args = n };
	return api_find(&use, answer);
}

static bool is_word(char c) {
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

/* The type's name before ".name", or empty when something else stands there. */
static Str owner_before(Str text, size_t start) {
	if (start == 0 || text.ptr[start - 1] != '.') return STR_NONE;
	size_t end = start - 1, from = end;
	while (from > 0 && is_word(text.ptr[from - 1])) from--;
	Str owner = str_sub(text, from, end);
	bool is_type = owner.len && owner.ptr[0] >= 'A' && owner.ptr[0] <= 'Z';
	return is_type ? owner : STR_NONE;
}

static bool is_free(const SyntaxTree *t, SynId id) {
	size_t at = t->nodes[id].span.start;
	if (at > 0 && (t->text.ptr[at - 1] == '.' || is_word(t->text.ptr[at - 1]))) return false;
	SyntaxKind parent = (SyntaxKind)t->nodes[t->nodes[id].parent].kind;
	return parent != SYN_FUNCTION_DECLARATION && parent != SYN_PARAMETER && parent != SYN_VALUE_ARGUMENT_LABEL &&
	       parent != SYN_PATTERN;
}

static void look_at_name(DeprecatedSearch *s, const SyntaxTree *t, SynId id) {
	Str name = syntax_text(t, id);
	Span span = t->nodes[id].span;
	ApiAnswer answer;
	if (!map_get(&s->names, name)) return;
	Str owner = owner_before(t->text, span.start);
	if (owner.len) {
		bool module = str_is(owner, "MLX") || str_is(owner, "MLXFast");
		if (!module && outline_type(s->outline, owner, s->file, STR_NONE) != COMPONENT_NONE) return;
		Str in = str_is(owner, "MLX") ? STR_NONE : owner;
		if (!find(s, in, name, span, &answer)) return;
		Span whole = { span.start - (uint32_t)owner.len - 1, span.end };
		report(s, whole, source_text(&s->outline->source->files[s->file], whole), &answer);
	} else if (is_free(t, id)) {
		size_t open = span.end;
		bool called = open < t->text.len && t->text.ptr[open] == '(';
		if (!called || outline_find(s->outline, name) != COMPONENT_NONE) return;
		if (find(s, STR_NONE, name, span, &answer)) report(s, span, name, &answer);
	}
}

static void look_at_import(DeprecatedSearch *s, const SyntaxTree *t, SynId id) {
	SynId name = syntax_find(t, id, SYN_IDENTIFIER);
	if (!name) return;
	Str text = arena_printf(s->context->arena, "import %.*s", STR_ARG(syntax_text(t, name)));
	ApiAnswer answer;
	if (api_find_text(text, &answer)) report(s, t->nodes[id].span, text, &answer);
}

static void read_file(DeprecatedSearch *s) {
	const SyntaxTree *t = &s->outline->trees[s->file];
	for (SynId id = 1; id < t->n; id++) {
		if (t->nodes[id].kind == SYN_IMPORT_DECLARATION)
			look_at_import(s, t, id);
		else if (t->nodes[id].kind == SYN_SIMPLE_IDENTIFIER)
			look_at_name(s, t, id);
	}
}

static void index_names(DeprecatedSearch *s) {
	size_t n;
	const ApiSymbol *symbols = api_list(&n);
	for (size_t i = 0; i < n; i++) {
		if (api_version_is_known(symbols[i].deprecated)) map_put(&s->names, symbols[i].name, 1);
	}
}

static bool imports_mlx(const SourceFile *file) { return str_find(file->text, "import MLX", 0) != SIZE_MAX; }

void detect_deprecated_api(const MatchContext *context, const Technique *technique, Findings *findings) {
	const Source *source = context->program->outline->source;
	DeprecatedSearch s = {
		.context = context, .technique = technique, .findings = findings, .outline = context->program->outline
	};
	api_load();
	s.mentions.outline = s.outline;
	s.version[API_MLX_SWIFT] = api_version_of_port(source->root, API_MLX_SWIFT);
	s.version[API_MLX_SWIFT_LM] = api_version_of_port(source->root, API_MLX_SWIFT_LM);
	index_names(&s);
	for (s.file = 0; s.file < source->n_files; s.file++) {
		bool wanted = detect_wants(context, s.file) && !source->files[s.file].is_test;
		if (wanted && imports_mlx(&source->files[s.file])) read_file(&s);
	}
	map_done(&s.names);
}
