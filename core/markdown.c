#include "core/posix.h"

#include "core/markdown.h"

#include <cmark.h>
#include <stdlib.h>
#include <string.h>

static const MarkdownKind kinds[] = {
	[CMARK_NODE_DOCUMENT] = MARKDOWN_DOCUMENT,
	[CMARK_NODE_BLOCK_QUOTE] = MARKDOWN_QUOTE,
	[CMARK_NODE_LIST] = MARKDOWN_LIST,
	[CMARK_NODE_ITEM] = MARKDOWN_ITEM,
	[CMARK_NODE_CODE_BLOCK] = MARKDOWN_CODE_BLOCK,
	[CMARK_NODE_HTML_BLOCK] = MARKDOWN_HTML_BLOCK,
	[CMARK_NODE_CUSTOM_BLOCK] = MARKDOWN_HTML_BLOCK,
	[CMARK_NODE_PARAGRAPH] = MARKDOWN_PARAGRAPH,
	[CMARK_NODE_HEADING] = MARKDOWN_HEADING,
	[CMARK_NODE_THEMATIC_BREAK] = MARKDOWN_RULE,
	[CMARK_NODE_TEXT] = MARKDOWN_TEXT,
	[CMARK_NODE_SOFTBREAK] = MARKDOWN_SOFT_BREAK,
	[CMARK_NODE_LINEBREAK] = MARKDOWN_LINE_BREAK,
	[CMARK_NODE_CODE] = MARKDOWN_CODE,
	[CMARK_NODE_HTML_INLINE] = MARKDOWN_HTML,
	[CMARK_NODE_CUSTOM_INLINE] = MARKDOWN_HTML,
	[CMARK_NODE_EMPH] = MARKDOWN_EMPHASIS,
	[CMARK_NODE_STRONG] = MARKDOWN_STRONG,
	[CMARK_NODE_LINK] = MARKDOWN_LINK,
	[CMARK_NODE_IMAGE] = MARKDOWN_IMAGE,
};

typedef struct Reader {
	Str text;
	Arena *arena;
	VEC(MarkdownNode) nodes;
} Reader;

/* Offset of a line from 1; of the end for one beyond the last. */
static size_t line_start(Str text, uint32_t line) {
	size_t at = 0;
	for (; line > 1 && at < text.len; line--) {
		while (at < text.len && text.ptr[at] != '\n') at++;
		if (at < text.len) at++;
	}
	return line > 1 ? text.len : at;
}

static Str line_of(Str text, uint32_t line) {
	return str_trim(str_sub(text, line_start(text, line), line_start(text, line + 1)));
}

static bool is_fence(Str text, uint32_t line) {
	Str rest = line_of(text, line);
	return str_find(rest, "```", 0) != SIZE_MAX || str_find(rest, "~~~", 0) != SIZE_MAX;
}

/* The last line of a heading: versions of cmark differ in where one that is underlined ends. */
static uint32_t heading_end(Str text, uint32_t line, uint32_t last) {
	if (str_starts(line_of(text, line), "#")) return line;
	for (uint32_t i = line + 1; i <= last + 1; i++) {
		Str under = line_of(text, i);
		size_t n = 0;
		while (n < under.len && under.ptr[n] == under.ptr[0]) n++;
		if (n && n == under.len && (under.ptr[0] == '=' || under.ptr[0] == '-')) return i;
	}
	return last;
}

static Str copy(const Reader *r, const char *text) { return text ? arena_str(r->arena, str_of(text)) : STR_NONE; }

static void read_node(Reader *r, cmark_node *from, uint32_t parent) {
	MarkdownNode node = { .kind = kinds[cmark_node_get_type(from)], .parent = parent };
	bool block = node.kind <= MARKDOWN_RULE;
	node.line = block ? (uint32_t)cmark_node_get_start_line(from) : r->nodes.at[parent].line;
	node.last = block ? (uint32_t)cmark_node_get_end_line(from) : r->nodes.at[parent].last;
	node.text = copy(r, cmark_node_get_literal(from));
	switch (node.kind) {
	case MARKDOWN_HEADING:
		node.number = cmark_node_get_heading_level(from);
		node.last = heading_end(r->text, node.line, node.last);
		break;
	case MARKDOWN_LIST:
		node.number = cmark_node_get_list_type(from) == CMARK_ORDERED_LIST ? cmark_node_get_list_start(from) : -1;
		node.tight = cmark_node_get_list_tight(from);
		break;
	case MARKDOWN_CODE_BLOCK:
		node.info = copy(r, cmark_node_get_fence_info(from));
		node.text_line = node.line + is_fence(r->text, node.line);
		break;
	case MARKDOWN_LINK:
	case MARKDOWN_IMAGE: node.info = copy(r, cmark_node_get_url(from)); break;
	default: break;
	}
	VEC_PUSH(r->nodes) = node;
}

static void read_tree(Reader *r, cmark_node *root) {
	cmark_iter *iter = cmark_iter_new(root);
	uint32_t parent = 0;
	for (cmark_event_type event; (event = cmark_iter_next(iter)) != CMARK_EVENT_DONE;) {
		if (event == CMARK_EVENT_ENTER) {
			uint32_t id = (uint32_t)r->nodes.n;
			cmark_node *node = cmark_iter_get_node(iter);
			read_node(r, node, parent);
			r->nodes.at[id].next = id + 1;
			MarkdownKind kind = r->nodes.at[id].kind;
			bool leaf = kind == MARKDOWN_CODE_BLOCK || kind == MARKDOWN_HTML_BLOCK || kind == MARKDOWN_RULE ||
			            (kind >= MARKDOWN_TEXT && kind <= MARKDOWN_HTML);
			if (!leaf) parent = id; /* these alone are left again */
		} else {
			r->nodes.at[parent].next = (uint32_t)r->nodes.n;
			parent = r->nodes.at[parent].parent;
		}
	}
	cmark_iter_free(iter);
}

void markdown_parse(Str text, Arena *arena, Markdown *out) {
	Reader r = { .text = text, .arena = arena };
	cmark_node *root = cmark_parse_document(text.ptr ? text.ptr : "", text.len, CMARK_OPT_VALIDATE_UTF8);
	read_tree(&r, root);
	cmark_node_free(root);
	out->n = (uint32_t)r.nodes.n;
	out->nodes = VEC_TO_ARENA(r.nodes, arena);
}

uint32_t markdown_child(const Markdown *markdown, uint32_t node) {
	return markdown->nodes[node].next > node + 1 ? node + 1 : 0;
}

uint32_t markdown_next(const Markdown *markdown, uint32_t node) {
	if (!node) return 0;
	uint32_t after = markdown->nodes[node].next;
	return after < markdown->nodes[markdown->nodes[node].parent].next ? after : 0;
}

Str markdown_plain(const Markdown *markdown, uint32_t node, Arena *arena) {
	Buf buf = { 0 };
	for (uint32_t i = node; i < markdown->nodes[node].next; i++) {
		MarkdownKind kind = markdown->nodes[i].kind;
		if (kind == MARKDOWN_TEXT || kind == MARKDOWN_CODE || kind == MARKDOWN_CODE_BLOCK)
			buf_str(&buf, markdown->nodes[i].text);
		else if (kind == MARKDOWN_SOFT_BREAK || kind == MARKDOWN_LINE_BREAK)
			buf_putc(&buf, ' ');
		else if (kind <= MARKDOWN_RULE && buf.len && buf.ptr[buf.len - 1] != ' ')
			buf_putc(&buf, ' ');
	}
	Str out = arena_str(arena, str_trim(buf_view(&buf)));
	buf_done(&buf);
	return out;
}

MarkdownSection *markdown_sections(const Markdown *markdown, Str text, int level, Arena *arena, size_t *n) {
	VEC(MarkdownSection) sections = { 0 };
	VEC_PUSH(sections) =
	    (MarkdownSection) { .line = 1, .from = 1, .to = markdown->n, .source_line = 1, .source = text };
	for (uint32_t i = markdown_child(markdown, 0); i; i = markdown_next(markdown, i)) {
		const MarkdownNode *node = &markdown->nodes[i];
		if (node->kind != MARKDOWN_HEADING || node->number != level) continue;
		MarkdownSection *before = &sections.at[sections.n - 1];
		before->to = i;
		before->source = str_sub(text, line_start(text, before->source_line), line_start(text, node->line));
		MarkdownSection *section = &VEC_PUSH(sections);
		*section = (MarkdownSection) {
			.line = node->line, .from = node->next, .to = markdown->n, .source_line = node->last + 1
		};
		section->title = markdown_plain(markdown, i, arena);
		section->source = str_sub(text, line_start(text, section->source_line), text.len);
	}
	*n = sections.n;
	return VEC_TO_ARENA(sections, arena);
}

void markdown_html(Str text, Buf *out) {
	char *html = cmark_markdown_to_html(text.ptr ? text.ptr : "", text.len, CMARK_OPT_VALIDATE_UTF8);
	buf_puts(out, html);
	free(html);
}
