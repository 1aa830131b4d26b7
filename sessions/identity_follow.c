#include "core/posix.h"

#include "sessions/identity_lines.h"

#include <stdlib.h>
#include <string.h>

static bool find_text_once(const IdentityInput *in, Str text, size_t *file, size_t *at) {
	size_t n = 0;
	char *needle = base_alloc(text.len + 1);
	memcpy(needle, text.ptr ? text.ptr : "", text.len);
	for (size_t i = 0; i < in->n_files && n < 2; i++) {
		for (size_t p = 0; (p = str_find(in->files[i].text, needle, p)) != SIZE_MAX && n < 2; p += text.len) {
			*file = i;
			*at = p;
			n++;
		}
	}
	free(needle);
	return n == 1;
}

bool identity_follow(
    const IdentityInput *in, const IdentityAnchor *old, Arena *arena, size_t *file, Span *span, IdentityKind *kind) {
	const IdentityFile *now = identity_file_of_name(in->files, in->n_files, old->name);
	if (now && str_eq(now->content_id, old->content_id)) {
		*file = (size_t)(now - in->files);
		*span = old->span;
		*kind = IDENTITY_SAME;
		return true;
	}
	const IdentityFile *before = identity_file_of_content(in->old_texts, in->n_old_texts, old->content_id);
	if (now && before) {
		Lines was = lines_of(before->text, old->span), is;
		LineMap map = lines_map(before->text, now->text, arena);
		if (lines_kept(&map, was, &is)) {
			*file = (size_t)(now - in->files);
			*span = lines_span(now->text, is);
			*kind = was.first == is.first ? IDENTITY_SAME : IDENTITY_MOVED;
			return true;
		}
		if (lines_ends_kept(&map, was, &is)) {
			*file = (size_t)(now - in->files);
			*span = lines_span(now->text, is);
			*kind = IDENTITY_CHANGED;
			return true;
		}
	}
	size_t at = 0;
	if (str_trim(old->excerpt).len > 0 && find_text_once(in, old->excerpt, file, &at)) {
		Str text = in->files[*file].text;
		Span found = { (uint32_t)at, (uint32_t)(at + old->excerpt.len) };
		*span = lines_span(text, lines_of(text, found));
		*kind = IDENTITY_MOVED;
		return true;
	}
	if (identity_is_skipped(in, old->name))
		*kind = IDENTITY_NOT_SEEN;
	else
		*kind = now && (old->component.len == 0 || identity_component_now(in, old->component)) ? IDENTITY_UNCERTAIN
		                                                                                       : IDENTITY_REMOVED;
	return false;
}
