/* What a language model proposes for one component of the port. Each proposal quotes lines that stand there; it becomes a candidate
 * only when the user takes it, one by one. */
#ifndef TUI_VIEW_SUGGEST_H
#define TUI_VIEW_SUGGEST_H

#include "tui/work.h"

/* id: of the port's component in the latest scan. NULL with err when no model is configured, or nothing is scanned yet. Its action
 * `open` sends the question (the first time), later takes the selected proposal. */
View *view_suggest_new(const ViewEnv *env, Work *work, ComponentId id, Err *err);

#endif
