/* The drafts of one candidate as diffs, with what their verification says, and the one that is being written. */
#ifndef TUI_VIEW_DRAFT_H
#define TUI_VIEW_DRAFT_H

#include "tui/work.h"

/* id: the candidate's. NULL with err when no model is configured (or the configuration is wrong) and there is no draft yet to show. */
View *view_draft_new(const ViewEnv *env, Work *work, Str id, Err *err);
#endif
