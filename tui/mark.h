/* How a candidate's standing is shown everywhere: a mark, a role, a word. Meaning is in the mark and the word; the role only
 * helps the eye. */
#ifndef TUI_MARK_H
#define TUI_MARK_H

#include "sessions/walk.h"
#include "tui/theme.h"

typedef struct Mark {
	const char *glyph; /* one cell: ○ open, ✓ accepted, ✗ rejected, … deferred, ◐ measure first, ! asks again, ✔ done */
	Role role;
	const char *word; /* "open", "accepted", ... */
} Mark;

Mark mark_of_verdict(Verdict verdict);
Mark mark_of_item(const WalkItem *item);

/* A point in time as people say it: "just now", "20 minutes ago", "yesterday", "3 weeks ago", "in March 2025". time is
 * RFC 3339 in UTC; anything else is given back as it is. now is seconds since 1970. */
void mark_age(Str time, int64_t now, Buf *out);

#endif
