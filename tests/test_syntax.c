#include "core/posix.h"

#include "core/syntax.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Parses and checks what holds of every tree: spans nest, siblings are in order, the text has its length. */
static SyntaxTree parse(Lang lang, const char *text, Arena *arena) {
	SyntaxTree tree;
	Str s = str_of(text);
	assert_true(syntax_parse(lang, s, NULL, arena, &tree));
	assert_int_equal(tree.text.len, s.len);
	for (uint32_t i = 1; i < tree.n; i++) {
		const SyntaxNode *node = &tree.nodes[i], *parent = &tree.nodes[node->parent];
		assert_true(node->parent < i && i < parent->next && node->next <= parent->next);
		assert_true(parent->span.start <= node->span.start && node->span.end <= parent->span.end);
		assert_int_not_equal(node->kind, SYN_NOTHING);
	}
	return tree;
}

static SynId find(const SyntaxTree *tree, SyntaxKind kind, const char *text) {
	for (SynId i = 0; i < tree->n; i++) {
		if (tree->nodes[i].kind == kind && (!text || str_is(syntax_text(tree, i), text))) return i;
	}
	return 0;
}

static size_t count(const SyntaxTree *tree, SyntaxKind kind) {
	size_t n = 0;
	for (SynId i = 0; i < tree->n; i++) n += tree->nodes[i].kind == kind;
	return n;
}

static void walks_children_and_fields(void **state) {
	(void)state;
	Arena arena = { 0 };
	SyntaxTree tree =
	    parse(LANG_PYTHON, "class A(nn.Module):\n    def f(self, x):  # why\n        return x + 1\n", &arena);
	assert_int_equal(tree.n_errors, 0);
	SynId cls = syntax_named_child(&tree, 0);
	assert_int_equal(tree.nodes[cls].kind, SYN_CLASS_DEFINITION);
	assert_int_equal(syntax_named_next(&tree, cls), 0);
	assert_true(str_is(syntax_text(&tree, syntax_field(&tree, cls, SYNF_NAME)), "A"));
	assert_true(syntax_has_token(&tree, cls, "class"));
	assert_false(syntax_has_token(&tree, cls, "def"));
	SynId def = find(&tree, SYN_FUNCTION_DEFINITION, NULL);
	assert_true(str_is(syntax_text(&tree, syntax_field(&tree, def, SYNF_NAME)), "f"));
	assert_int_equal(syntax_field(&tree, def, SYNF_RETURN_TYPE), 0);
	SynId x = find(&tree, SYN_BINARY_OPERATOR, "x + 1");
	assert_int_equal(syntax_at(&tree, tree.nodes[x].span), x);
	assert_string_equal(syntax_kind_name(SYN_BINARY_OPERATOR), "binary_operator");
	arena_done(&arena);
}

static void tables_have_the_whole_grammar(void **state) {
	(void)state;
	assert_null(syntax_unlisted(LANG_SWIFT));
	assert_null(syntax_unlisted(LANG_PYTHON));
}

static void empty_and_broken_texts_have_trees(void **state) {
	(void)state;
	Arena arena = { 0 };
	SyntaxTree tree = parse(LANG_SWIFT, "", &arena);
	assert_true(tree.n >= 1);
	assert_int_equal(syntax_child(&tree, 0), 0);
	tree = parse(LANG_SWIFT, "class A { func f( { let x = }", &arena);
	assert_true(tree.n_errors > 0);
	assert_true(tree.nodes[0].has_error);
	tree = parse(LANG_PYTHON, "def f(:\n  x = = 3\n", &arena);
	assert_true(tree.n_errors > 0);
	arena_done(&arena);
}

static void cancel_stops_parsing(void **state) {
	(void)state;
	Arena arena = { 0 };
	bool cancel = true;
	SyntaxTree tree;
	assert_false(syntax_parse(LANG_SWIFT, STR("let x = 1\n"), &cancel, &arena, &tree));
	cancel = false;
	assert_true(syntax_parse(LANG_SWIFT, STR("let x = 1\n"), &cancel, &arena, &tree));
	arena_done(&arena);
}

/* ---- #if ---- */

typedef struct ArmCase {
	const char *what, *text;
	const char *arms; /* "TEXT=FIRST LINE;" of each, in order */
	size_t classes, functions;
} ArmCase;

static const ArmCase arm_cases[] = {
	{ "in a class body", "class A {\n#if os(iOS)\n  let a = 1\n#else\n  let b = 2\n#endif\n  func f() { g() }\n}\n",
	    "os(iOS)=let a = 1;!(os(iOS))=let b = 2;", 1, 1 },
	{ "nested",
	    "#if os(iOS)\n#if DEBUG\nfunc a() {}\n#endif\nfunc b() {}\n#elseif canImport(X)\nfunc c() {}\n#else\nfunc d() {}\n#endif\n",
	    "os(iOS)=#if DEBUG;DEBUG=func a() {};!(os(iOS)) && canImport(X)=func c() {};!(os(iOS)) && !(canImport(X))=func d() {};",
	    0, 4 },
	{ "conditions with operators and comments",
	    "#if os(iOS) || /* and */ os(tvOS) // both\nfunc a() {}\n#elseif A && B\nfunc b() {}\n#endif\n",
	    "os(iOS) ||  os(tvOS)=func a() {};!(os(iOS) ||  os(tvOS)) && (A && B)=func b() {};", 0, 2 },
	{ "condition over two lines", "#if os(iOS) ||\n    os(tvOS)\nfunc a() {}\n#endif\n",
	    "os(iOS) ||     os(tvOS)=func a() {};", 0, 1 },
	{ "in a switch",
	    "func f(x: Int) {\n  switch x {\n  case 1: a()\n  #if os(macOS)\n  case 2: b()\n  #endif\n  default: c()\n  }\n}\n",
	    "os(macOS)=case 2: b();", 0, 1 },
	{ "in an expression chain",
	    "func f() {\n  let x = base\n    .first()\n    #if os(iOS)\n    .second()\n    #else\n    .third()\n    #endif\n    .last()\n}\n",
	    "os(iOS)=.second();!(os(iOS))=.third();", 0, 1 },
	{ "in strings and comments",
	    "let a = \"\"\"\n#if X\n\"\"\"\n/*\n#if Y\n/* #endif\n*/\n#if Z\n*/\n// #if W\nlet b = \"#if V\"\nfunc f() {}\n",
	    "", 0, 1 },
	{ "in raw strings and interpolations",
	    "let a = #\"\"\"\n\"\"\"\n#if X\n\"\"\"#\nlet b = \"\"\"\n\\(g(\"\\(\")\")\"))\n#if Y\n\"\"\"\nfunc f() {}\n",
	    "", 0, 1 },
	{ "a quote in a regular expression", "let r = #/\"/#\n#if X\nfunc f() {}\n#endif\n", "X=func f() {};", 0, 1 },
	{ "expressions that begin with #",
	    "func f() {\n  if #available(iOS 17, *) { g(#selector(h)) }\n  let c = #colorLiteral(red: 1, green: 1, blue: 1, alpha: 1)\n}\n",
	    "", 0, 1 },
	{ "other directive lines",
	    "class A {\n#sourceLocation(file: \"a\", line: 1)\n  func f() {\n#warning(\"x\")\n    g()\n  #error(\"y\")\n  }\n#sourceLocation()\n}\n",
	    "", 1, 1 },
	{ "carriage returns", "class A {\r\n#if X\r\n  func f() {}\r\n#endif\r\n}\r\n", "X=func f() {};", 1, 1 },
	{ "without an end", "class A {\n  func f() {}\n}\n#if X\nfunc g() {}\n", "X=func g() {};", 1, 2 },
	{ "an end alone", "#endif\n#else\nfunc g() {}\n", "", 0, 1 },
	{ "a comment before the directive", "/* a */ #if X\nfunc g() {}\n/* b\n */ #endif\n", "X=func g() {};", 0, 1 },
};

static void directives_become_conditions(void **state) {
	(void)state;
	Arena arena = { 0 };
	for (size_t i = 0; i < BASE_COUNT(arm_cases); i++) {
		const ArmCase *c = &arm_cases[i];
		SyntaxTree tree = parse(LANG_SWIFT, c->text, &arena);
		Buf arms = { 0 };
		buf_puts(&arms, "");
		for (size_t k = 0; k < tree.n_conditions; k++) {
			Str body = str_trim(str_sub(str_of(c->text), tree.conditions[k].span.start, tree.conditions[k].span.end));
			Str line;
			str_split(&body, '\n', &line);
			buf_printf(&arms, "%.*s=%.*s;", STR_ARG(tree.conditions[k].text), STR_ARG(str_trim(line)));
			assert_false(tree.conditions[k].skipped);
		}
		if (strcmp(arms.ptr ? arms.ptr : "", c->arms) != 0 || tree.n_errors ||
		    count(&tree, SYN_CLASS_DECLARATION) != c->classes ||
		    count(&tree, SYN_FUNCTION_DECLARATION) != c->functions) {
			fail_msg("%s: arms '%s', %u errors, %zu classes, %zu functions", c->what, arms.ptr ? arms.ptr : "",
			    tree.n_errors, count(&tree, SYN_CLASS_DECLARATION), count(&tree, SYN_FUNCTION_DECLARATION));
		}
		buf_done(&arms);
	}
	arena_done(&arena);
}

static void unknown_words_cost_nothing(void **state) {
	(void)state;
	Arena arena = { 0 };
	const char *text =
	    "actor A {\n  nonisolated(unsafe) private var m: M?\n  let s = \"nonisolated(unsafe)\"\n"
	    "  func f(x: sending M, y: consuming sending M, g: (sending M) -> M) -> sending M { sending(x) }\n}\n";
	SyntaxTree tree = parse(LANG_SWIFT, text, &arena);
	assert_int_equal(tree.n_errors, 0);
	assert_int_equal(count(&tree, SYN_CLASS_DECLARATION), 1);
	assert_int_not_equal(find(&tree, SYN_LINE_STR_TEXT, "nonisolated(unsafe)"), 0);
	assert_int_not_equal(find(&tree, SYN_CALL_EXPRESSION, "sending(x)"), 0);
	arena_done(&arena);
}

static void offsets_stay_true(void **state) {
	(void)state;
	Arena arena = { 0 };
	const char *text = "class A {\n#if os(iOS)\n  let wide = \"é🙂\"\n#endif\n  func later() {}\n}\n";
	SyntaxTree tree = parse(LANG_SWIFT, text, &arena);
	SynId f = find(&tree, SYN_FUNCTION_DECLARATION, NULL);
	assert_int_equal(tree.nodes[f].span.start, strstr(text, "func") - text);
	assert_int_equal(tree.n_conditions, 1);
	assert_int_equal(tree.conditions[0].span.start, strstr(text, "  let") - text);
	assert_int_equal(tree.conditions[0].span.end, strstr(text, "#endif") - text);
	arena_done(&arena);
}

static void later_arms_go_when_they_break_the_rest(void **state) {
	(void)state;
	Arena arena = { 0 };
	/* Two heads of one body: together they are no Swift. */
	const char *text = "#if os(iOS)\nclass A: B {\n#else\nclass A: C {\n#if DEEP\n#endif\n#endif\n  func f() {}\n}\n";
	SyntaxTree tree = parse(LANG_SWIFT, text, &arena);
	assert_int_equal(tree.n_errors, 0);
	assert_int_equal(tree.n_conditions, 3);
	assert_false(tree.conditions[0].skipped);
	assert_true(tree.conditions[1].skipped);
	assert_true(tree.conditions[2].skipped); /* within the one that was blanked */
	assert_int_equal(tree.conditions[0].group, tree.conditions[1].group);
	assert_int_not_equal(tree.conditions[0].group, tree.conditions[2].group);
	assert_int_equal(count(&tree, SYN_CLASS_DECLARATION), 1);
	arena_done(&arena);
}

/* ---- colours ---- */

static HighlightRole role_at(const char *text, const char *word, const Highlight *spans, size_t n) {
	uint32_t at = (uint32_t)(strstr(text, word) - text);
	for (size_t i = 0; i < n; i++) {
		if (spans[i].span.start <= at && at < spans[i].span.end) return spans[i].role;
		if (i) assert_true(spans[i].span.start >= spans[i - 1].span.end);
	}
	return HIGHLIGHT_NONE;
}

static void words_have_their_colours(void **state) {
	(void)state;
	Arena arena = { 0 };
	static const struct {
		const char *word;
		HighlightRole role;
	} swift[] = { { "import", HIGHLIGHT_KEYWORD }, { "// why", HIGHLIGHT_COMMENT }, { "func", HIGHLIGHT_KEYWORD },
		{ "Linear", HIGHLIGHT_TYPE }, { "12", HIGHLIGHT_NUMBER }, { "\"text\"", HIGHLIGHT_STRING },
		{ "run", HIGHLIGHT_FUNCTION }, { "#if", HIGHLIGHT_KEYWORD }, { "return", HIGHLIGHT_KEYWORD } };
	const char *text =
	    "import MLX\n// why\nfunc go(x: Linear) -> Int {\n#if DEBUG\n  run(12, \"text\")\n#endif\n  return 3\n}\n";
	size_t n;
	Highlight *spans = syntax_highlight(LANG_SWIFT, str_of(text), &arena, &n);
	assert_true(n > 0);
	for (size_t i = 0; i < BASE_COUNT(swift); i++) {
		if (role_at(text, swift[i].word, spans, n) != swift[i].role) {
			fail_msg("%s has role %d", swift[i].word, (int)role_at(text, swift[i].word, spans, n));
		}
	}
	text = "@mark\ndef go(x):\n    return Model(len(x), LIMIT) + 1.5  # why\n";
	spans = syntax_highlight(LANG_PYTHON, str_of(text), &arena, &n);
	assert_int_equal(role_at(text, "def", spans, n), HIGHLIGHT_KEYWORD);
	assert_int_equal(role_at(text, "Model", spans, n), HIGHLIGHT_FUNCTION);
	assert_int_equal(role_at(text, "len", spans, n), HIGHLIGHT_FUNCTION);
	assert_int_equal(role_at(text, "LIMIT", spans, n), HIGHLIGHT_CONSTANT);
	assert_int_equal(role_at(text, "1.5", spans, n), HIGHLIGHT_NUMBER);
	assert_int_equal(role_at(text, "# why", spans, n), HIGHLIGHT_COMMENT);
	arena_done(&arena);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(walks_children_and_fields),
		cmocka_unit_test(tables_have_the_whole_grammar),
		cmocka_unit_test(empty_and_broken_texts_have_trees),
		cmocka_unit_test(cancel_stops_parsing),
		cmocka_unit_test(directives_become_conditions),
		cmocka_unit_test(unknown_words_cost_nothing),
		cmocka_unit_test(offsets_stay_true),
		cmocka_unit_test(later_arms_go_when_they_break_the_rest),
		cmocka_unit_test(words_have_their_colours),
	};
	return cmocka_run_group_tests_name("syntax", tests, NULL, NULL);
}
