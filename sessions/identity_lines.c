#include "core/posix.h"

#include "sessions/identity_lines.h"

#include "core/git.h"

#include <string.h>

/* ---- looking up ---- */

const IdentityFile *identity_file_of_name(const IdentityFile *files, size_t n, Str name) {
	for (size_t i = 0; i < n; i++) {
		if (str_eq(files[i].name, name)) return &files[i];
	}
	return NULL;
}

const IdentityFile *identity_file_of_content(const IdentityFile *files, size_t n, Str content_id) {
	for (size_t i = 0; i < n; i++) {
		if (str_eq(files[i].content_id, content_id)) return &files[i];
	}
	return NULL;
}

const IdentityComponent *identity_component_now(const IdentityInput *in, Str label) {
	for (size_t i = 0; i < in->n_components; i++) {
		if (str_eq(in->components[i].label, label)) return &in->components[i];
	}
	return NULL;
}

bool identity_is_skipped(const IdentityInput *in, Str name) {
	for (size_t i = 0; i < in->n_skipped; i++) {
		Str s = in->skipped[i];
		if (str_eq(s, name)) return true;
		if (s.len > name.len && s.ptr[s.len - name.len - 1] == '/' &&
		    str_eq(str_sub(s, s.len - name.len, s.len), name)) {
			return true;
		}
	}
	return false;
}

/* ---- lines ---- */

Lines lines_of(Str text, Span span) {
	Lines lines = { 1, 1 };
	size_t end = span.end > span.start ? span.end - 1 : span.start;
	for (size_t i = 0; i < text.len && i < end; i++) {
		if (text.ptr[i] != '\n') continue;
		if (i < span.start) lines.first++;
		lines.last++;
	}
	return lines;
}

/* Where a function or a block begins or ends: lines beyond it say nothing of what is inside. */
static bool is_border(Str line) {
	if (str_is(line, "}")) return true;
	return str_ends(line, "{") &&
	       (str_find(line, "func ", 0) != SIZE_MAX || str_find(line, "init", 0) != SIZE_MAX ||
	           str_find(line, "class ", 0) != SIZE_MAX || str_find(line, "struct ", 0) != SIZE_MAX ||
	           str_find(line, "var ", 0) != SIZE_MAX || str_find(line, "extension ", 0) != SIZE_MAX);
}

/* Adds a line's text, or for a border that there is one; true when no more is to be looked at. */
static bool add_around(uint64_t *hash, Str line, uint64_t place, int *found) {
	line = str_trim(line);
	if (line.len == 0) return false;
	bool border = is_border(line);
	*hash = border ? hash_u64(*hash, place + 2) : hash_str(hash_u64(*hash, place), line);
	return border || ++*found == 2;
}

uint64_t lines_around(Str text, Span span) {
	uint64_t hash = HASH_SEED;
	size_t at = span.start < text.len ? span.start : text.len;
	while (at > 0 && text.ptr[at - 1] != '\n') at--;
	int found = 0;
	for (bool enough = false; at > 0 && !enough;) {
		size_t end = --at;
		while (at > 0 && text.ptr[at - 1] != '\n') at--;
		enough = add_around(&hash, str_sub(text, at, end), 1, &found);
	}
	Str rest = str_sub(text, span.end, text.len), line;
	str_split(&rest, '\n', &line);
	found = 0;
	while (str_split(&rest, '\n', &line) && !add_around(&hash, line, 2, &found)) continue;
	return hash ? hash : 1;
}

/* Without white space at both ends. */
static Span tight(Str text, Span span) {
	while (span.end > span.start && strchr(" \t\r\n", text.ptr[span.end - 1])) span.end--;
	while (span.start < span.end && strchr(" \t\r\n", text.ptr[span.start])) span.start++;
	return span;
}

Span lines_span(Str text, Lines lines) {
	Span span = { 0, (uint32_t)text.len };
	uint32_t line = 1;
	for (size_t i = 0; i < text.len; i++) {
		if (text.ptr[i] != '\n') continue;
		if (line == lines.last) {
			span.end = (uint32_t)i;
			break;
		}
		if (++line == lines.first) span.start = (uint32_t)(i + 1);
	}
	return tight(text, span);
}

/* ---- from old to new ---- */

/* The text without white space at the ends of its lines, so that CRLF and what an editor strips change no line. */
static Str stripped(Str text, Arena *arena) {
	char *out = arena_alloc(arena, text.len + 1);
	size_t n = 0, keep = 0;
	for (size_t i = 0; i < text.len; i++) {
		char c = text.ptr[i];
		if (c == '\n') n = keep;
		out[n++] = c;
		if (c != ' ' && c != '\t' && c != '\r') keep = n;
	}
	return (Str) { out, n };
}

LineMap lines_map(Str before, Str now, Arena *arena) {
	LineMap map = { NULL, 0 };
	map.to = git_line_map(stripped(before, arena), stripped(now, arena), arena, &map.n);
	return map;
}

bool lines_kept(const LineMap *map, Lines old, Lines *now) {
	const uint32_t *to = map->to;
	if (!to || old.last > map->n || to[old.first] == GIT_LINE_GONE) return false;
	for (uint32_t i = old.first; i <= old.last; i++) {
		if (to[i] != to[old.first] + (i - old.first)) return false;
	}
	*now = (Lines) { to[old.first], to[old.last] };
	return true;
}

bool lines_ends_kept(const LineMap *map, Lines old, Lines *now) {
	const uint32_t *to = map->to;
	if (!to || old.last > map->n || !to[old.first] || !to[old.last]) return false;
	*now = (Lines) { to[old.first], to[old.last] };
	return true;
}
