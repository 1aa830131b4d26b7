/* What the list of candidates shows: words that all must fit. A word is `key:value`, with key one of technique, family,
 * component, verdict, confidence, file, state (beginnings will do: `conf:high`), or free text that occurs in id, title,
 * component or file. Case is ignored; `-word` must not fit. */
#ifndef TUI_FILTER_H
#define TUI_FILTER_H

#include "sessions/walk.h"

bool filter_fits(Str filter, const WalkItem *item);
/* False with err when a word has a key that there isn't. */
bool filter_check(Str filter, Err *err);

#endif
