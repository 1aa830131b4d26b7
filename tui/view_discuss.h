/* The discussion of one candidate with a language model: what was asked and answered, and the answer that is coming. */
#ifndef TUI_VIEW_DISCUSS_H
#define TUI_VIEW_DISCUSS_H

#include "tui/work.h"

/* id: the candidate's. NULL with err when no model is configured, or the configuration is wrong. */
View *view_discuss_new(const ViewEnv *env, Work *work, Str id, Err *err);
#endif
