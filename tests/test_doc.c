/* Text laid out for a width: wrapping, hanging labels, Markdown; any text at any width ends and fits. */
#include "core/posix.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "core/utf8.h"
#include "tui/doc.h"

static void shows(const Doc *doc, const char *expected) {
	Grid grid = { 0 };
	Buf out = { 0 };
	grid_resize(&grid, 40, 60);
	doc_draw(doc, &grid, grid_all(&grid), 0, GROUND_NONE);
	grid_dump(&grid, &out);
	assert_string_equal(out.ptr ? out.ptr : "", expected);
	buf_done(&out);
	grid_done(&grid);
}

static void labels_hang(void **state) {
	(void)state;
	Doc doc = { 0 };
	doc_start(&doc, 30);
	doc_label(&doc, "For", 9, STYLE(ROLE_HINT), STYLE(ROLE_TEXT), STR("PyTorch does it at model.py:119."));
	doc_label(&doc, "", 9, STYLE(ROLE_HINT), STYLE(ROLE_TEXT), STR("Head dimension 64."));
	shows(&doc, "For      PyTorch does it at\n         model.py:119.\n         Head dimension 64.\n");
	doc_done(&doc);
}

static void markdown_is_laid_out(void **state) {
	(void)state;
	Doc doc = { 0 };
	doc_start(&doc, 40);
	doc_markdown(&doc, 0,
	    STR("# Title\n\nSome `code` and *more* of it, so that the line is wrapped.\n\n- one\n- two\n  lines\n\n"
	        "```swift\nlet x = 1\n    let y = 2\n```\nEnd.\n"));
	shows(&doc, "Title\n"
	            "Some code and more of it, so that the\n"
	            "line is wrapped.\n"
	            "\n"
	            "· one\n"
	            "· two lines\n"
	            "\n"
	            "  let x = 1\n"
	            "      let y = 2\n"
	            "\n"
	            "End.\n");
	doc_done(&doc);
}

static void any_text_at_any_width_ends_and_fits(void **state) {
	(void)state;
	static const char *const pieces[] = { "word ", "   ", "漢字", "\n", "# ", "- ", "`x`", "\x1b[2J", "\t",
		"a-long-word-without-blanks", "\xFF", "> ", "1. ", "```\n", "*", "👨‍👩‍👧" };
	uint64_t seed = HASH_SEED;
	for (int round = 0; round < 600; round++) {
		Buf text = { 0 };
		Doc doc = { 0 };
		for (int i = 0; i < 14; i++) {
			seed = hash_u64(seed, (uint64_t)(round * 20 + i));
			buf_puts(&text, pieces[seed % BASE_COUNT(pieces)]);
		}
		for (int width = -3; width < 30; width += 3) {
			doc_start(&doc, width);
			doc_markdown(&doc, 0, buf_view(&text));
			doc_label(&doc, "Against", 9, STYLE(ROLE_HINT), STYLE(ROLE_TEXT), buf_view(&text));
			Run runs[] = { { STR("gain  "), STYLE(ROLE_TEXT) }, { buf_view(&text), STYLE(ROLE_TEXT) },
				{ STR("  "), STYLE(ROLE_TEXT) } };
			size_t from = doc.lines.n;
			doc_runs(&doc, 0, 23, runs, 3);
			for (size_t i = from; width > 24 && i < doc.lines.n; i++) {
				int cells = doc.lines.at[i].indent;
				for (size_t k = 0; k < doc.lines.at[i].n; k++) cells += utf8_width(doc.lines.at[i].runs[k].text);
				assert_true(cells <= width);
			}
			assert_true(doc.lines.n > 0 && doc.lines.n < 2000);
		}
		doc_done(&doc);
		buf_done(&text);
	}
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(labels_hang),
		cmocka_unit_test(markdown_is_laid_out),
		cmocka_unit_test(any_text_at_any_width_ends_and_fits),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
