#include "core/posix.h"

#include "core/mentions.h"

#include <string.h>

static bool is_word(char c) {
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || (c & 0x80);
}

void mentions_want(Mentions *m, Str name) {
	if (name.len && !map_get(&m->first, name)) map_put(&m->first, name, 0);
}

void mentions_want_label(Mentions *m, Str label) {
	if (label.len && !map_get(&m->labels, label)) map_put(&m->labels, label, 0);
}

uint32_t mentions_first_label(const Mentions *m, Str label) {
	uintptr_t *slot = map_get(&m->labels, label);
	return slot && *slot ? (uint32_t)(*slot - 1) : MENTION_NONE;
}

uint32_t mentions_first(const Mentions *m, Str name) {
	uintptr_t *slot = map_get(&m->first, name);
	return slot && *slot ? (uint32_t)(*slot - 1) : MENTION_NONE;
}

void mentions_done(Mentions *m) {
	map_done(&m->first);
	map_done(&m->labels);
	VEC_FREE(m->list);
}

/* ---- what stands around an identifier ---- */

static void look_back(const Str text, Mention *m) {
	size_t at = m->span.start;
	while (at > 0 && (text.ptr[at - 1] == ' ' || text.ptr[at - 1] == '\n' || text.ptr[at - 1] == '\t')) at--;
	if (at == 0 || text.ptr[at - 1] != '.') return;
	if (at > 1 && text.ptr[at - 2] == '.') return; /* a range */
	m->dotted = true;
	size_t end = at - 1, start = end;
	while (start > 0 && is_word(text.ptr[start - 1])) start--;
	Str before = str_sub(text, start, end);
	bool chained = start > 0 && text.ptr[start - 1] == '.';
	m->own = !chained && (str_is(before, "self") || str_is(before, "Self"));
}

/* Offset of the '(' of an argument list behind the name, generic arguments passed over; SIZE_MAX without one. */
static size_t open_paren(Str text, size_t at) {
	if (at < text.len && text.ptr[at] == '<') {
		size_t close = at;
		for (int depth = 0; close < text.len && close - at < 200; close++) {
			depth += text.ptr[close] == '<' ? 1 : text.ptr[close] == '>' ? -1 : 0;
			if (depth == 0) break;
			if (!is_word(text.ptr[close]) && !strchr("<>,. []?:&", text.ptr[close])) return SIZE_MAX;
		}
		at = close + 1;
	}
	return at < text.len && text.ptr[at] == '(' ? at : SIZE_MAX;
}

static bool declares(const SyntaxTree *t, SynId id) {
	const SyntaxNode *node = &t->nodes[id];
	SyntaxKind parent = (SyntaxKind)t->nodes[node->parent].kind;
	switch (parent) {
	case SYN_PATTERN: { /* of a switch it may well be an expression */
		SynId up = node->parent;
		while (up && t->nodes[up].kind == SYN_PATTERN) up = t->nodes[up].parent;
		SyntaxKind holder = (SyntaxKind)t->nodes[up].kind;
		return holder == SYN_PROPERTY_DECLARATION || holder == SYN_PROTOCOL_PROPERTY_DECLARATION ||
		       holder == SYN_FOR_STATEMENT;
	}
	case SYN_PARAMETER:
	case SYN_LAMBDA_PARAMETER:
	case SYN_TYPE_PARAMETER: return true;
	case SYN_FUNCTION_DECLARATION:
	case SYN_PROTOCOL_FUNCTION_DECLARATION:
	case SYN_CLASS_DECLARATION:
	case SYN_PROTOCOL_DECLARATION:
	case SYN_TYPEALIAS_DECLARATION:
	case SYN_ASSOCIATEDTYPE_DECLARATION:
	case SYN_ENUM_ENTRY: return node->field == SYNF_NAME;
	case SYN_USER_TYPE: { /* the type an extension extends */
		SynId up = t->nodes[node->parent].parent;
		return t->nodes[up].kind == SYN_CLASS_DECLARATION && t->nodes[node->parent].field == SYNF_NAME;
	}
	default: return false;
	}
}

static bool writes(const SyntaxTree *t, SynId id) {
	uint32_t end = t->nodes[id].span.end;
	for (SynId up = t->nodes[id].parent; up; up = t->nodes[up].parent) {
		if (t->nodes[up].kind == SYN_DIRECTLY_ASSIGNABLE_EXPRESSION)
			return t->nodes[up].span.end == end && t->nodes[t->nodes[up].parent].kind == SYN_ASSIGNMENT;
		bool path = t->nodes[up].kind == SYN_NAVIGATION_EXPRESSION || t->nodes[up].kind == SYN_NAVIGATION_SUFFIX;
		if (!path || t->nodes[up].span.end != end) return false;
	}
	return false;
}

/* ---- building ---- */

static void add(Mentions *m, uint32_t file, Span span, SynId node) {
	const SyntaxTree *t = &m->outline->trees[file];
	Str name = str_sub(t->text, span.start, span.end);
	if (name.len > 2 && name.ptr[0] == '`') name = str_sub(name, 1, name.len - 1);
	uintptr_t *slot = map_get(&m->first, name);
	if (!slot) return;
	uint32_t next = *slot ? (uint32_t)(*slot - 1) : MENTION_NONE;
	Mention *mention = &VEC_PUSH(m->list);
	*mention = (Mention) { .file = file, .span = span, .node = node, .next = next };
	mention->component = outline_at(m->outline, file, span.start);
	look_back(t->text, mention);
	mention->called = open_paren(t->text, span.end) != SIZE_MAX;
	if (node) {
		mention->is_declaration = !mention->dotted && declares(t, node);
		mention->is_write = writes(t, node);
	}
	*slot = m->list.n;
}

static void add_words(Mentions *m, uint32_t file, Span span) {
	Str text = m->outline->source->files[file].text;
	for (uint32_t at = span.start; at < span.end && at < text.len;) {
		if (!is_word(text.ptr[at])) {
			at++;
			continue;
		}
		uint32_t end = at;
		while (end < span.end && is_word(text.ptr[end])) end++;
		uintptr_t *slot = map_get(&m->first, str_sub(text, at, end));
		if (slot) {
			Mention mention = { .file = file, .span = { at, end }, .dotted = true, .called = true };
			mention.next = *slot ? (uint32_t)(*slot - 1) : MENTION_NONE;
			mention.component = outline_at(m->outline, file, at);
			VEC_PUSH(m->list) = mention;
			*slot = m->list.n;
		}
		at = end;
	}
}

static void add_label(Mentions *m, uint32_t file, SynId label) {
	const SyntaxTree *t = &m->outline->trees[file];
	uintptr_t *slot = map_get(&m->labels, syntax_text(t, label));
	if (!slot) return;
	uint32_t at = t->nodes[t->nodes[t->nodes[label].parent].parent].span.start;
	Mention mention = { .file = file, .span = { at, at }, .node = label, .dotted = true, .called = true };
	mention.next = *slot ? (uint32_t)(*slot - 1) : MENTION_NONE;
	mention.component = outline_at(m->outline, file, at);
	VEC_PUSH(m->list) = mention;
	*slot = m->list.n;
}

static bool is_one_word(Str text) {
	for (size_t i = 0; i < text.len; i++) {
		if (!is_word(text.ptr[i])) return false;
	}
	return text.len > 0;
}

static void read_file(Mentions *m, uint32_t file) {
	const SyntaxTree *t = &m->outline->trees[file];
	for (SynId id = 1; id < t->n; id++) {
		const SyntaxNode *node = &t->nodes[id];
		switch (node->kind) {
		case SYN_SIMPLE_IDENTIFIER:
		case SYN_TYPE_IDENTIFIER:
			if (t->nodes[node->parent].kind == SYN_VALUE_ARGUMENT_LABEL) break;
			if (node->field == SYNF_EXTERNAL_NAME) break;
			add(m, file, node->span, id);
			break;
		case SYN_VALUE_ARGUMENT_LABEL: add_label(m, file, id); break;
		case SYN_LINE_STR_TEXT:
			if (is_one_word(syntax_text(t, id))) add_words(m, file, node->span);
			break;
		case SYN_ERROR: add_words(m, file, node->span); break;
		default: break;
		}
	}
	for (size_t i = 0; i < t->n_conditions; i++) {
		if (t->conditions[i].skipped) add_words(m, file, t->conditions[i].span);
	}
}

void mentions_build(Mentions *m, const Outline *outline) {
	m->outline = outline;
	for (uint32_t file = 0; file < outline->source->n_files; file++) {
		if (outline->trees[file].n) read_file(m, file);
	}
}

/* ---- calls ---- */

bool mentions_labels(const Mentions *m, const Mention *mention, Str *labels, size_t max, size_t *n, bool *trailing) {
	const SyntaxTree *t = &m->outline->trees[mention->file];
	size_t open = open_paren(t->text, mention->span.end);
	if (open == SIZE_MAX) return false;
	SynId list = syntax_at(t, (Span) { (uint32_t)open, (uint32_t)open + 1 });
	while (list && t->nodes[list].kind != SYN_VALUE_ARGUMENTS && t->nodes[list].span.start == open)
		list = t->nodes[list].parent;
	if (!list || t->nodes[list].kind != SYN_VALUE_ARGUMENTS || t->nodes[list].span.start != open) return false;
	*n = 0;
	for (SynId c = syntax_child(t, list); c; c = syntax_next(t, c)) {
		if (t->nodes[c].kind != SYN_VALUE_ARGUMENT) continue;
		if (*n == max) return false;
		SynId label = syntax_find(t, c, SYN_VALUE_ARGUMENT_LABEL);
		labels[(*n)++] = label ? syntax_text(t, label) : STR_NONE;
	}
	size_t end = t->nodes[list].span.end;
	while (end < t->text.len && (t->text.ptr[end] == ' ' || t->text.ptr[end] == '\n')) end++;
	*trailing = end < t->text.len && t->text.ptr[end] == '{';
	return true;
}
