/* How well a text answers to what was typed in the palette or a filter. */
#ifndef TUI_WIDGET_FUZZY_H
#define TUI_WIDGET_FUZZY_H

#include "core/base.h"

/* Score of typed in text, 0 when its characters don't all occur in order (case ignored); an empty one scores 1. Higher is
 * better: characters together, at the beginnings of words, and near the front count more. */
int fuzzy_score(Str text, Str typed);

#endif
