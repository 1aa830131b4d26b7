/* Text as a person sees it: characters (grapheme clusters), their width in terminal cells, and what must not reach a
 * terminal as it is. The only file that includes utf8proc.
 *
 * Everything here takes any bytes. A byte that belongs to no valid UTF-8 sequence is a cluster of its own, and counts
 * and shows as `\xNN`. Widths are those that every terminal can be made to agree on (tui/term.c sees to it): a cluster
 * is 0, 1 or 2 cells, never more; control characters have the width of their visible form. */
#ifndef CORE_UTF8_H
#define CORE_UTF8_H

#include "core/base.h"

typedef enum Utf8Kind {
	UTF8_PLAIN,   /* can be shown as it is */
	UTF8_CONTROL, /* C0 and C1 controls, DEL, and characters that reorder or hide text (bidi controls, tags, ...) */
	UTF8_INVALID, /* one byte that is no UTF-8 */
} Utf8Kind;

typedef struct Utf8Cluster {
	Str text;  /* a part of the input, never empty */
	int width; /* cells when shown, of the visible form for controls (a tab is ^I) and invalid bytes */
	Utf8Kind kind;
} Utf8Cluster;

/* Takes the first cluster off *rest; false when *rest is empty. */
bool utf8_next(Str *rest, Utf8Cluster *cluster);
/* The start of the cluster before byte `at` (0 when there is none), and the end of the cluster that begins at `at`
 * (text.len when there is none). `at` should be a cluster boundary; counted in bytes from 0. */
size_t utf8_before(Str text, size_t at);
size_t utf8_after(Str text, size_t at);

/* True when text is UTF-8 throughout; else *at (may be NULL) is the offset of the first byte that isn't. */
bool utf8_valid(Str text, size_t *at);
/* One code point into at most 4 bytes; returns how many (0 for a surrogate or beyond U+10FFFF). */
size_t utf8_encode(uint32_t code, char out[4]);
/* The code point at the start of text; *len (may be NULL) its bytes. Invalid: 0xFFFFFFFF and 1 byte; empty: 0 bytes. */
uint32_t utf8_decode(Str text, size_t *len);

/* Cells of text when shown through utf8_show. */
int utf8_width(Str text);
/* Bytes of the longest beginning of text, whole clusters only, that is at most `cells` wide. */
size_t utf8_fit(Str text, int cells);
/* Adds text to out, and if it is wider than `cells`, its beginning and an ellipsis (U+2026) that fit together.
 * Shown visibly like utf8_show. */
void utf8_cut(Buf *out, Str text, int cells);
/* The same, but drops from the front ("…rest"): for paths, whose end matters. */
void utf8_cut_front(Buf *out, Str text, int cells);

/* Adds text so that it can be shown: controls as ^X (C0, DEL) or <U+009B>, invalid bytes as \xNN, the rest as it is.
 * Newlines and tabs are controls too. */
void utf8_show(Buf *out, Str text);
/* Adds one line with tabs turned into spaces up to the next multiple of tab cells (tab > 0), counted from cell
 * `column` (from 0) at the start of text; the rest as utf8_show. A carriage return at the very end is dropped. */
void utf8_show_line(Buf *out, Str line, int tab, int column);

/* Finds needle at or after byte `from` without regard to case (simple folding, code point by code point); SIZE_MAX
 * when absent. *end (may be NULL) is the end of what was found. An empty needle is found at from. */
size_t utf8_find(Str text, Str needle, size_t from, size_t *end);
/* Lower case of one code point, by Unicode's simple mapping. */
uint32_t utf8_lower(uint32_t code);

#endif
