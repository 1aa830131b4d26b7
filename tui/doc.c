#include "core/posix.h"

#include "tui/doc.h"

#include <stdlib.h>

#include "core/markdown.h"
#include "core/utf8.h"

typedef VEC(Run) Runs;

void doc_start(Doc *doc, int width) {
	arena_done(&doc->arena);
	doc->lines.n = 0;
	doc->width = width > 1 ? width : 1;
}

void doc_done(Doc *doc) {
	arena_done(&doc->arena);
	VEC_FREE(doc->lines);
	*doc = (Doc) { 0 };
}

/* ---- wrapping ---- */

typedef struct Wrap {
	Doc *doc;
	Runs line;
	int indent, rest, used;
} Wrap;

static void end_line(Wrap *wrap) {
	size_t n = wrap->line.n;
	DocLine line = { .n = n, .indent = wrap->indent };
	line.runs = VEC_TO_ARENA(wrap->line, &wrap->doc->arena);
	VEC_PUSH(wrap->doc->lines) = line;
	wrap->line = (Runs) { 0 };
	wrap->indent = wrap->rest;
	wrap->used = 0;
}

static void put(Wrap *wrap, Str text, Style style) {
	if (text.len == 0) return;
	VEC_PUSH(wrap->line) = (Run) { text, style };
	wrap->used += utf8_width(text);
}

/* One word with the blanks before it. */
static void put_word(Wrap *wrap, Str blanks, Str word, Style style) {
	int room = wrap->doc->width - wrap->indent;
	if (wrap->used > 0 && wrap->used + (int)blanks.len + utf8_width(word) > room) {
		end_line(wrap);
		room = wrap->doc->width - wrap->indent;
		blanks.len = 0;
	}
	if ((int)blanks.len > room - wrap->used) blanks.len = (size_t)(room - wrap->used);
	put(wrap, blanks, style);
	while (word.len && utf8_width(word) > room - wrap->used) { /* longer than a line */
		size_t fit = utf8_fit(word, room - wrap->used);
		if (fit == 0 && wrap->used == 0) fit = utf8_after(word, 0);
		put(wrap, str_sub(word, 0, fit), style);
		word = str_sub(word, fit, word.len);
		if (word.len) end_line(wrap);
		room = wrap->doc->width - wrap->indent;
	}
	put(wrap, word, style);
}

static size_t blanks_at(Str text, size_t at) {
	size_t end = at;
	while (end < text.len && text.ptr[end] == ' ') end++;
	return end;
}

static void put_text(Wrap *wrap, Str text, Style style) {
	for (size_t at = 0; at < text.len;) {
		if (text.ptr[at] == '\n') {
			end_line(wrap);
			at++;
			continue;
		}
		size_t word = blanks_at(text, at), end = word;
		while (end < text.len && text.ptr[end] != ' ' && text.ptr[end] != '\n') end++;
		put_word(wrap, str_sub(text, at, word), str_sub(text, word, end), style);
		at = end;
	}
}

/* A copy that can be shown; newlines stay. */
static Str visible(Arena *arena, Str text) {
	Buf out = { 0 };
	for (Str line; str_split(&text, '\n', &line);) {
		utf8_show_line(&out, line, 4, 0);
		if (text.ptr) buf_putc(&out, '\n');
	}
	Str copy = arena_str(arena, buf_view(&out));
	buf_done(&out);
	return copy;
}

void doc_runs(Doc *doc, int first, int rest, const Run *runs, size_t n) {
	Wrap wrap = { .doc = doc, .indent = first, .rest = rest };
	if (first >= doc->width) wrap.indent = 0;
	if (rest >= doc->width) wrap.rest = 0;
	for (size_t i = 0; i < n; i++) put_text(&wrap, visible(&doc->arena, runs[i].text), runs[i].style);
	end_line(&wrap);
}

void doc_text(Doc *doc, int indent, Style style, Str text) { doc_runs(doc, indent, indent, &(Run) { text, style }, 1); }

void doc_label(Doc *doc, const char *label, int room, Style label_style, Style style, Str text) {
	Buf padded = { 0 };
	buf_puts(&padded, label);
	for (int width = utf8_width(str_of(label)); width < room; width++) buf_putc(&padded, ' ');
	Run runs[] = { { buf_view(&padded), label_style }, { text, style } };
	doc_runs(doc, 0, room, runs, 2);
	buf_done(&padded);
}

void doc_blank(Doc *doc) {
	if (doc->lines.n && doc->lines.at[doc->lines.n - 1].n) VEC_PUSH(doc->lines) = (DocLine) { 0 };
}

void doc_draw(const Doc *doc, Grid *grid, Rect rect, size_t top, Ground ground) {
	for (int row = 0; row < rect.rows && top + (size_t)row < doc->lines.n; row++) {
		const DocLine *line = &doc->lines.at[top + (size_t)row];
		int col = rect.col + line->indent;
		for (size_t i = 0; i < line->n; i++) {
			Style style = line->runs[i].style;
			if (style.ground == GROUND_NONE) style.ground = (uint8_t)ground;
			col = grid_text(grid, rect, rect.row + row, col, style, line->runs[i].text);
		}
	}
}

/* ---- Markdown ---- */

static void inlines(const Markdown *md, uint32_t node, Style style, Runs *out) {
	for (uint32_t child = markdown_child(md, node); child; child = markdown_next(md, child)) {
		const MarkdownNode *n = &md->nodes[child];
		switch (n->kind) {
		case MARKDOWN_TEXT: VEC_PUSH(*out) = (Run) { n->text, style }; break;
		case MARKDOWN_HTML: VEC_PUSH(*out) = (Run) { n->text, STYLE(ROLE_DIM) }; break;
		case MARKDOWN_CODE: VEC_PUSH(*out) = (Run) { n->text, STYLE(ROLE_FUNCTION) }; break;
		case MARKDOWN_SOFT_BREAK: VEC_PUSH(*out) = (Run) { STR(" "), style }; break;
		case MARKDOWN_LINE_BREAK: VEC_PUSH(*out) = (Run) { STR("\n"), style }; break;
		case MARKDOWN_EMPHASIS: inlines(md, child, STYLE(ROLE_EMPHASIS), out); break;
		case MARKDOWN_STRONG: inlines(md, child, STYLE(ROLE_STRONG), out); break;
		case MARKDOWN_LINK:
			inlines(md, child, style, out);
			if (n->info.len && !str_starts(n->info, "#")) {
				VEC_PUSH(*out) = (Run) { STR(" ("), STYLE(ROLE_DIM) };
				VEC_PUSH(*out) = (Run) { n->info, STYLE(ROLE_DIM) };
				VEC_PUSH(*out) = (Run) { STR(")"), STYLE(ROLE_DIM) };
			}
			break;
		default: inlines(md, child, style, out);
		}
	}
}

static void paragraph(Doc *doc, const Markdown *md, uint32_t node, int first, int rest, Style style, const char *mark) {
	Runs runs = { 0 };
	if (mark) VEC_PUSH(runs) = (Run) { str_of(mark), STYLE(ROLE_DIM) };
	inlines(md, node, style, &runs);
	doc_runs(doc, first, rest, runs.at, runs.n);
	VEC_FREE(runs);
}

static void code(Doc *doc, Str text, int indent) {
	if (text.len && text.ptr[text.len - 1] == '\n') text.len--;
	for (Str line; str_split(&text, '\n', &line);) {
		Wrap wrap = { .doc = doc, .indent = indent + 2, .rest = indent + 2 };
		put(&wrap, visible(&doc->arena, line), STYLE(ROLE_TEXT)); /* never wrapped: cut by the edge */
		end_line(&wrap);
	}
}

static void block(Doc *doc, const Markdown *md, uint32_t node, int indent, const char *mark);

static void blocks(Doc *doc, const Markdown *md, uint32_t node, int indent, const char *mark) {
	for (uint32_t child = markdown_child(md, node); child; child = markdown_next(md, child)) {
		block(doc, md, child, indent, mark);
		mark = NULL; /* only before the first block of an item */
	}
}

static void list(Doc *doc, const Markdown *md, uint32_t node, int indent) {
	int number = md->nodes[node].number;
	for (uint32_t item = markdown_child(md, node); item; item = markdown_next(md, item)) {
		Str mark = number < 0 ? STR("· ") : arena_printf(&doc->arena, "%d. ", number++);
		blocks(doc, md, item, indent + utf8_width(mark), arena_strdup(&doc->arena, mark));
	}
}

static void block(Doc *doc, const Markdown *md, uint32_t node, int indent, const char *mark) {
	const MarkdownNode *n = &md->nodes[node];
	int first = mark ? indent - utf8_width(str_of(mark)) : indent;
	switch (n->kind) {
	case MARKDOWN_HEADING:
		doc_blank(doc);
		paragraph(doc, md, node, first, indent, STYLE(ROLE_TITLE), mark);
		break;
	case MARKDOWN_PARAGRAPH: paragraph(doc, md, node, first, indent, STYLE(ROLE_TEXT), mark); break;
	case MARKDOWN_CODE_BLOCK:
		doc_blank(doc);
		code(doc, n->text, indent);
		break;
	case MARKDOWN_HTML_BLOCK: doc_text(doc, indent, STYLE(ROLE_DIM), str_trim(n->text)); break;
	case MARKDOWN_RULE: doc_text(doc, indent, STYLE(ROLE_BORDER), STR("────")); break;
	case MARKDOWN_QUOTE: blocks(doc, md, node, indent + 2, "▏ "); break;
	case MARKDOWN_LIST:
		list(doc, md, node, indent);
		doc_blank(doc);
		return;
	default: blocks(doc, md, node, indent, mark); return;
	}
	uint32_t up = n->parent;
	bool tight = md->nodes[up].kind == MARKDOWN_ITEM && md->nodes[md->nodes[up].parent].tight;
	if (n->kind != MARKDOWN_HEADING && !tight) doc_blank(doc);
}

void doc_markdown(Doc *doc, int indent, Str text) {
	Markdown md;
	markdown_parse(text, &doc->arena, &md);
	blocks(doc, &md, 0, indent, NULL);
}
