#include "core/posix.h"

#include "core/syntax.h"

#include "core/data.h"
#include "core/syntax_if.h"

#include <regex.h>
#include <stdlib.h>
#include <string.h>
#include <tree_sitter/api.h>

const TSLanguage *tree_sitter_swift(void);
const TSLanguage *tree_sitter_python(void);

static const TSLanguage *language(Lang lang) { return lang == LANG_SWIFT ? tree_sitter_swift() : tree_sitter_python(); }

/* ---- the grammar's numbers to ours: by name, each looked up when first met ---- */

#define SYNTAX_X(enumerator, name) name,
static const char *const kinds[] = { SYNTAX_KINDS(SYNTAX_X) };   /* sorted, as the table is */
static const char *const fields[] = { SYNTAX_FIELDS(SYNTAX_X) }; /* likewise */
#undef SYNTAX_X

static int compare_names(const void *a, const void *b) {
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Index of the name in a sorted table plus one, or 0. */
static unsigned name_index(const char *const *table, size_t n, const char *name) {
	const char *const *hit = name ? bsearch(&name, table, n, sizeof *table, compare_names) : NULL;
	return hit ? (unsigned)(hit - table) + 1 : 0;
}

enum { UNSEEN = UINT16_MAX, SYMBOLS_MAX = 1024, FIELDS_MAX = 128 };
typedef struct Names {
	const TSLanguage *language;
	uint16_t kind[SYMBOLS_MAX];
	uint16_t field[FIELDS_MAX];
} Names;

static void names_init(Names *names, Lang lang) {
	names->language = language(lang);
	for (size_t i = 0; i < SYMBOLS_MAX; i++) names->kind[i] = UNSEEN;
	for (size_t i = 0; i < FIELDS_MAX; i++) names->field[i] = UNSEEN;
}

static SyntaxKind kind_of(const TSLanguage *lang, TSSymbol symbol) {
	if (ts_language_symbol_type(lang, symbol) != TSSymbolTypeRegular) return SYN_TOKEN;
	unsigned i = name_index(kinds, BASE_COUNT(kinds), ts_language_symbol_name(lang, symbol));
	return i ? (SyntaxKind)(SYN_TOKEN + i) : SYN_NOTHING;
}

static SyntaxKind names_kind(Names *names, TSSymbol symbol) {
	if (symbol >= SYMBOLS_MAX) return symbol == (TSSymbol)-1 ? SYN_ERROR : kind_of(names->language, symbol);
	if (names->kind[symbol] == UNSEEN) names->kind[symbol] = (uint16_t)kind_of(names->language, symbol);
	return (SyntaxKind)names->kind[symbol];
}

static SyntaxField field_of(const TSLanguage *lang, TSFieldId field) {
	return (SyntaxField)name_index(fields, BASE_COUNT(fields), ts_language_field_name_for_id(lang, field));
}

static SyntaxField names_field(Names *names, TSFieldId field) {
	if (!field) return SYNF_NOTHING;
	if (field >= FIELDS_MAX) return field_of(names->language, field);
	if (names->field[field] == UNSEEN) names->field[field] = (uint16_t)field_of(names->language, field);
	return (SyntaxField)names->field[field];
}

const char *syntax_unlisted(Lang lang) {
	const TSLanguage *grammar = language(lang);
	for (uint32_t i = 0; i < ts_language_symbol_count(grammar); i++) {
		const char *name = ts_language_symbol_name(grammar, (TSSymbol)i);
		/* Names that begin with '_' are of rules that leave no node, though one is typed as if it did. */
		if (kind_of(grammar, (TSSymbol)i) == SYN_NOTHING && name[0] != '_') return name;
	}
	for (uint32_t i = 1; i <= ts_language_field_count(grammar); i++) {
		if (!field_of(grammar, (TSFieldId)i)) return ts_language_field_name_for_id(grammar, (TSFieldId)i);
	}
	return NULL;
}

/* ---- the parser's tree to ours ---- */

typedef struct Nodes {
	VEC(SyntaxNode) v;
	uint32_t n_errors;
} Nodes;

static void add_node(Nodes *out, Names *names, const TSTreeCursor *cursor, SynId parent) {
	TSNode from = ts_tree_cursor_current_node(cursor);
	SyntaxNode *node = &VEC_PUSH(out->v);
	node->kind = (uint16_t)names_kind(names, ts_node_symbol(from));
	node->field = (uint8_t)names_field(names, ts_tree_cursor_current_field_id(cursor));
	node->named = ts_node_is_named(from);
	node->missing = ts_node_is_missing(from);
	node->has_error = ts_node_has_error(from) || node->missing;
	node->span = (Span) { ts_node_start_byte(from), ts_node_end_byte(from) };
	node->parent = parent;
	if (node->missing || node->kind == SYN_ERROR) out->n_errors++;
}

static void flatten(const TSTree *tree, Lang lang, Nodes *out) {
	Names names;
	names_init(&names, lang);
	TSTreeCursor cursor = ts_tree_cursor_new(ts_tree_root_node(tree));
	SynId parent = 0;
	for (bool more = true; more;) {
		SynId id = (SynId)out->v.n;
		add_node(out, &names, &cursor, parent);
		if (ts_tree_cursor_goto_first_child(&cursor)) {
			parent = id;
			continue;
		}
		out->v.at[id].next = (SynId)out->v.n;
		while (!ts_tree_cursor_goto_next_sibling(&cursor)) {
			more = ts_tree_cursor_goto_parent(&cursor);
			if (!more) break;
			out->v.at[parent].next = (SynId)out->v.n;
			parent = out->v.at[parent].parent;
		}
	}
	ts_tree_cursor_delete(&cursor);
}

/* ---- parsing ---- */

static const char *read_text(void *payload, uint32_t at, TSPoint point, uint32_t *len) {
	(void)point;
	const Str *text = payload;
	*len = at < text->len ? (uint32_t)(text->len - at) : 0;
	return *len ? text->ptr + at : "";
}

static bool is_cancelled(TSParseState *state) {
	const volatile bool *const *cancel = state->payload;
	return *cancel && **cancel;
}

/* NULL when cancelled. */
static TSTree *parse(Lang lang, Str text, const volatile bool *cancel) {
	TSParser *parser = ts_parser_new();
	if (!parser || !ts_parser_set_language(parser, language(lang))) {
		base_fatal("the grammar does not fit the tree-sitter library it is linked with");
	}
	TSInput input = { .payload = &text, .read = read_text, .encoding = TSInputEncodingUTF8 };
	TSParseOptions options = { .payload = &cancel, .progress_callback = is_cancelled };
	TSTree *tree = cancel && *cancel ? NULL : ts_parser_parse_with_options(parser, NULL, input, options);
	ts_parser_delete(parser);
	return tree;
}

static bool parse_nodes(Lang lang, Str text, const volatile bool *cancel, Nodes *out) {
	TSTree *tree = parse(lang, text, cancel);
	if (!tree) return false;
	flatten(tree, lang, out);
	ts_tree_delete(tree);
	return true;
}

/* Parses the narrowed copy too when the plain one has errors, and keeps the better of both. */
static bool parse_swift(const SyntaxIf *arms, const volatile bool *cancel, Nodes *nodes, bool *narrowed) {
	*narrowed = false;
	if (!parse_nodes(LANG_SWIFT, arms->plain, cancel, nodes)) return false;
	if (!nodes->n_errors || !arms->narrowed.len) return true;
	Nodes other = { 0 };
	if (!parse_nodes(LANG_SWIFT, arms->narrowed, cancel, &other)) {
		VEC_FREE(other.v);
		return false;
	}
	*narrowed = other.n_errors < nodes->n_errors;
	Nodes worse = *narrowed ? *nodes : other;
	if (*narrowed) *nodes = other;
	VEC_FREE(worse.v);
	return true;
}

bool syntax_parse(Lang lang, Str text, const volatile bool *cancel, Arena *arena, SyntaxTree *out) {
	*out = (SyntaxTree) { .lang = lang, .text = text };
	SyntaxIf arms = { .plain = text };
	if (lang == LANG_SWIFT) arms = syntax_if_scan(text, arena);
	Nodes nodes = { 0 };
	bool narrowed = false;
	bool ok =
	    lang == LANG_SWIFT ? parse_swift(&arms, cancel, &nodes, &narrowed) : parse_nodes(lang, text, cancel, &nodes);
	if (!ok) {
		VEC_FREE(nodes.v);
		return false;
	}
	for (size_t i = 0; i < arms.n_arms; i++) arms.arms[i].skipped = narrowed && arms.arms[i].skipped;
	out->text = narrowed ? arms.narrowed : arms.plain;
	out->conditions = arms.arms;
	out->n_conditions = arms.n_arms;
	out->n = (uint32_t)nodes.v.n;
	out->n_errors = nodes.n_errors;
	out->nodes = VEC_TO_ARENA(nodes.v, arena);
	return true;
}

/* ---- colours ---- */

/* Capture names of the two queries by their first part; what isn't here has no colour of its own. */
static const struct {
	const char *name;
	HighlightRole role;
} roles[] = {
	{ "attribute", HIGHLIGHT_ATTRIBUTE },
	{ "boolean", HIGHLIGHT_CONSTANT },
	{ "comment", HIGHLIGHT_COMMENT },
	{ "constant", HIGHLIGHT_CONSTANT },
	{ "constructor", HIGHLIGHT_TYPE },
	{ "escape", HIGHLIGHT_STRING },
	{ "function", HIGHLIGHT_FUNCTION },
	{ "keyword", HIGHLIGHT_KEYWORD },
	{ "number", HIGHLIGHT_NUMBER },
	{ "operator", HIGHLIGHT_OPERATOR },
	{ "property", HIGHLIGHT_PROPERTY },
	{ "string", HIGHLIGHT_STRING },
	{ "type", HIGHLIGHT_TYPE },
	{ "variable.member", HIGHLIGHT_PROPERTY },
	{ "variable", HIGHLIGHT_VARIABLE },
};

static HighlightRole role_of(Str capture) {
	for (size_t i = 0; i < BASE_COUNT(roles); i++) {
		size_t n = strlen(roles[i].name);
		if (str_starts(capture, roles[i].name) && (capture.len == n || capture.ptr[n] == '.')) return roles[i].role;
	}
	return HIGHLIGHT_NONE;
}

typedef struct Pattern { /* of a highlight query: its one condition, if it has one */
	bool is_conditional, is_regex;
	uint32_t capture;
	regex_t regex;
} Pattern;
typedef struct Paint {
	Span span;
	uint32_t pattern;
	HighlightRole role;
} Paint;

static Str query_string(const TSQuery *query, uint32_t id) {
	uint32_t len;
	const char *text = ts_query_string_value_for_id(query, id, &len);
	return (Str) { text, len };
}

/* `(#match? @capture "regex")`; a pattern with any other predicate never matches. */
static void read_predicate(const TSQuery *query, uint32_t index, Pattern *out) {
	uint32_t n;
	const TSQueryPredicateStep *step = ts_query_predicates_for_pattern(query, index, &n);
	if (!n) return;
	out->is_conditional = true;
	bool match = n >= 3 && step[1].type == TSQueryPredicateStepTypeCapture &&
	             step[2].type == TSQueryPredicateStepTypeString &&
	             str_is(query_string(query, step[0].value_id), "match?");
	if (!match) return;
	out->capture = step[1].value_id;
	out->is_regex = regcomp(&out->regex, query_string(query, step[2].value_id).ptr, REG_EXTENDED | REG_NOSUB) == 0;
}

static bool pattern_holds(const Pattern *pattern, const TSQueryMatch *match, Str text) {
	if (!pattern->is_conditional) return true;
	for (uint16_t i = 0; i < match->capture_count && pattern->is_regex; i++) {
		TSQueryCapture c = match->captures[i];
		if (c.index != pattern->capture) continue;
		Str word = str_sub(text, ts_node_start_byte(c.node), ts_node_end_byte(c.node));
		char copy[128];
		if (word.len >= sizeof copy) return false;
		memcpy(copy, word.ptr, word.len);
		copy[word.len] = '\0';
		return regexec(&pattern->regex, copy, 0, NULL, 0) == 0;
	}
	return false;
}

/* Outer before inner, and of one node the earlier pattern before the later: who comes last is seen. */
static int compare_paint(const void *a, const void *b) {
	const Paint *x = a, *y = b;
	if (x->span.start != y->span.start) return x->span.start < y->span.start ? -1 : 1;
	if (x->span.end != y->span.end) return x->span.end > y->span.end ? -1 : 1;
	return (x->pattern > y->pattern) - (x->pattern < y->pattern);
}

struct Highlighter {
	Lang lang;
	TSQuery *query;
	Pattern *patterns;
	uint32_t n_patterns;
	HighlightRole *roles; /* of each capture name */
};

Highlighter *highlighter_new(Lang lang) {
	Str source;
	uint32_t at;
	TSQueryError error;
	if (!data_get(lang == LANG_SWIFT ? "queries/swift.scm" : "queries/python.scm", &source)) return NULL;
	TSQuery *query = ts_query_new(language(lang), source.ptr, (uint32_t)source.len, &at, &error);
	if (!query) return NULL;
	Highlighter *h = base_alloc(sizeof *h);
	*h = (Highlighter) { .lang = lang, .query = query, .n_patterns = ts_query_pattern_count(query) };
	h->patterns = base_alloc(h->n_patterns * sizeof *h->patterns);
	for (uint32_t i = 0; i < h->n_patterns; i++) read_predicate(query, i, &h->patterns[i]);
	uint32_t n_names = ts_query_capture_count(query);
	h->roles = base_alloc(n_names * sizeof *h->roles);
	for (uint32_t i = 0; i < n_names; i++) {
		uint32_t len;
		const char *name = ts_query_capture_name_for_id(query, i, &len);
		h->roles[i] = role_of((Str) { name, len });
	}
	return h;
}

void highlighter_free(Highlighter *h) {
	if (!h) return;
	for (uint32_t i = 0; i < h->n_patterns; i++) {
		if (h->patterns[i].is_regex) regfree(&h->patterns[i].regex);
	}
	ts_query_delete(h->query);
	free(h->patterns);
	free(h->roles);
	free(h);
}

/* One role a byte into colours. */
static void paint_tree(const Highlighter *h, TSNode root, Str text, unsigned char *colours) {
	VEC(Paint) paints = { 0 };
	TSQueryCursor *cursor = ts_query_cursor_new();
	ts_query_cursor_exec(cursor, h->query, root);
	TSQueryMatch match;
	while (ts_query_cursor_next_match(cursor, &match)) {
		if (!pattern_holds(&h->patterns[match.pattern_index], &match, text)) continue;
		for (uint16_t i = 0; i < match.capture_count; i++) {
			TSQueryCapture c = match.captures[i];
			Span span = { ts_node_start_byte(c.node), ts_node_end_byte(c.node) };
			if (h->roles[c.index]) VEC_PUSH(paints) = (Paint) { span, match.pattern_index, h->roles[c.index] };
		}
	}
	ts_query_cursor_delete(cursor);
	if (paints.n) qsort(paints.at, paints.n, sizeof *paints.at, compare_paint);
	for (size_t i = 0; i < paints.n; i++) {
		Span span = paints.at[i].span;
		memset(colours + span.start, (int)paints.at[i].role, span.end - span.start);
	}
	VEC_FREE(paints);
}

static Highlight *gather(const unsigned char *colours, size_t len, Arena *arena, size_t *n) {
	VEC(Highlight) out = { 0 };
	for (size_t i = 0, end; i < len; i = end) {
		for (end = i + 1; end < len && colours[end] == colours[i];) end++;
		if (colours[i]) VEC_PUSH(out) = (Highlight) { { (uint32_t)i, (uint32_t)end }, (HighlightRole)colours[i] };
	}
	*n = out.n;
	return VEC_TO_ARENA(out, arena);
}

Highlight *highlighter_run(const Highlighter *h, Str text, Arena *arena, size_t *n) {
	*n = 0;
	if (!h || !text.len) return NULL;
	SyntaxIf arms = { .plain = text };
	if (h->lang == LANG_SWIFT) arms = syntax_if_scan(text, arena);
	TSTree *tree = parse(h->lang, arms.plain, NULL);
	unsigned char *colours = base_alloc(text.len);
	paint_tree(h, ts_tree_root_node(tree), arms.plain, colours);
	ts_tree_delete(tree);
	for (size_t i = 0; i < text.len; i++) { /* directive lines, which the parser hasn't seen */
		if (text.ptr[i] != arms.plain.ptr[i]) colours[i] = HIGHLIGHT_KEYWORD;
	}
	Highlight *out = gather(colours, text.len, arena, n);
	free(colours);
	return out;
}

Highlight *syntax_highlight(Lang lang, Str text, Arena *arena, size_t *n) {
	Highlighter *h = highlighter_new(lang);
	Highlight *out = highlighter_run(h, text, arena, n);
	highlighter_free(h);
	return out;
}
