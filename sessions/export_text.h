/* Escaping for exports: what people and sources wrote as inert text in Markdown, HTML and URIs. */
#ifndef SESSIONS_EXPORT_TEXT_H
#define SESSIONS_EXPORT_TEXT_H

#include "core/candidate.h"

/* One line of prose: Markdown's and HTML's marks escaped, newlines become spaces. */
void md_text(Buf *out, Str text);
/* Prose on lines of its own, each escaped, behind a prefix ("> "). */
void md_lines(Buf *out, const char *prefix, Str text);
/* A code span with as many backticks as it takes. */
void md_code(Buf *out, Str text);
/* A fenced block whose fence is longer than every run of backticks in it; ends with a newline. */
void md_fence(Buf *out, const char *language, Str text);
/* Element content and attribute values. */
void html_text(Buf *out, Str text);
/* A relative or absolute path as part of a URI. */
void uri_path(Buf *out, const char *path);
/* "Sources/A.swift:71" of a place. */
void place_words(Buf *out, const Place *place);
/* A file name of the text: lower case letters, digits and single hyphens, at most max bytes. */
void slug(Buf *out, Str text, size_t max);
const char *lang_name(Side side); /* of a fence: "swift", "python" */

#endif
