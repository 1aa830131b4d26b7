#include "core/posix.h"

#include "core/markdown.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

static uint32_t find(const Markdown *m, MarkdownKind kind, size_t which) {
	for (uint32_t i = 0; i < m->n; i++) {
		if (m->nodes[i].kind == kind && which-- == 0) return i;
	}
	fail_msg("no node of kind %d", (int)kind);
	return 0;
}

static void nodes_nest_and_have_lines(void **state) {
	(void)state;
	Arena arena = { 0 };
	Markdown m;
	Str text = STR(
	    "# Title *it*\n\nOne `code` and\n**bold** [link](http://x \"t\").\n\n- a\n- b\n\n3. c\n\n```swift x\nlet a = 1\n```\n\n    plain\n\n> quote\n\n---\n");
	markdown_parse(text, &arena, &m);
	for (uint32_t i = 1; i < m.n; i++) {
		assert_true(m.nodes[i].parent < i && i < m.nodes[m.nodes[i].parent].next &&
		            m.nodes[i].next <= m.nodes[m.nodes[i].parent].next);
	}
	uint32_t heading = markdown_child(&m, 0);
	assert_int_equal(m.nodes[heading].kind, MARKDOWN_HEADING);
	assert_true(str_is(markdown_plain(&m, heading, &arena), "Title it"));
	uint32_t paragraph = markdown_next(&m, heading);
	assert_true(m.nodes[paragraph].line == 3 && m.nodes[paragraph].last == 4);
	assert_true(str_is(markdown_plain(&m, paragraph, &arena), "One code and bold link."));
	assert_true(str_is(m.nodes[find(&m, MARKDOWN_LINK, 0)].info, "http://x"));
	const MarkdownNode *list = &m.nodes[find(&m, MARKDOWN_LIST, 0)];
	assert_true(list->number == -1 && list->tight);
	assert_int_equal(m.nodes[find(&m, MARKDOWN_LIST, 1)].number, 3);
	const MarkdownNode *code = &m.nodes[find(&m, MARKDOWN_CODE_BLOCK, 0)];
	assert_true(str_is(code->text, "let a = 1\n") && str_is(code->info, "swift x"));
	assert_true(code->line == 11 && code->text_line == 12);
	code = &m.nodes[find(&m, MARKDOWN_CODE_BLOCK, 1)];
	assert_true(code->line == 15 && code->text_line == 15 && code->info.len == 0);
	find(&m, MARKDOWN_QUOTE, 0);
	find(&m, MARKDOWN_RULE, 0);
	arena_done(&arena);
}

static void sections_split_at_headings(void **state) {
	(void)state;
	Arena arena = { 0 };
	Markdown m;
	Str text =
	    STR("Before.\n\n## First\none\n### Inner\n```\n## no heading\n```\nTwo\n===\n\nSecond part\n---\n\nrest");
	markdown_parse(text, &arena, &m);
	size_t n;
	MarkdownSection *s = markdown_sections(&m, text, 2, &arena, &n);
	assert_int_equal(n, 3);
	assert_true(str_is(str_trim(s[0].source), "Before.") && s[0].title.len == 0);
	assert_true(str_is(s[1].title, "First") && s[1].line == 3 && s[1].source_line == 4);
	assert_true(str_starts(s[1].source, "one\n### Inner\n") && str_ends(str_trim(s[1].source), "==="));
	assert_true(str_is(s[2].title, "Second part") && s[2].line == 12 && s[2].source_line == 14);
	assert_true(str_is(str_trim(s[2].source), "rest"));
	assert_int_equal(m.nodes[s[1].from].kind, MARKDOWN_PARAGRAPH);
	assert_int_equal(s[2].to, m.n);
	markdown_parse(STR_NONE, &arena, &m);
	s = markdown_sections(&m, STR_NONE, 2, &arena, &n);
	assert_true(m.n == 1 && n == 1 && s[0].source.len == 0);
	arena_done(&arena);
}

static void html_keeps_scripts_out(void **state) {
	(void)state;
	Buf out = { 0 };
	markdown_html(STR("a <script>x</script> & [l](javascript:x)\n\n<script>y</script>\n"), &out);
	assert_null(strstr(out.ptr, "<script>"));
	assert_null(strstr(out.ptr, "javascript:"));
	assert_non_null(strstr(out.ptr, "&amp;"));
	buf_done(&out);
}

static void any_bytes_are_a_text(void **state) {
	(void)state;
	Arena arena = { 0 };
	Markdown m;
	markdown_parse(STR("\xff\xfe\0# x\n```"), &arena, &m);
	assert_true(m.n > 1);
	Buf deep = { 0 };
	for (int i = 0; i < 5000; i++) buf_puts(&deep, "> ");
	markdown_parse(buf_view(&deep), &arena, &m);
	assert_true(m.n > 1);
	buf_done(&deep);
	arena_done(&arena);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nodes_nest_and_have_lines),
		cmocka_unit_test(sections_split_at_headings),
		cmocka_unit_test(html_keeps_scripts_out),
		cmocka_unit_test(any_bytes_are_a_text),
	};
	return cmocka_run_group_tests_name("markdown", tests, NULL, NULL);
}
