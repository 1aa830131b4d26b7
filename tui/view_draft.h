/* The drafts of one candidate as diffs, with what their verification says, and the one that is being written. */
#ifndef TUI_VIEW_DRAFT_H
#define TUI_VIEW_DRAFT_H

#include "tui/work.h"

/* id: the candidate's. Without a model the kept drafts are shown, and asking for one says how to have a model. */
View *view_draft_new(const ViewEnv *env, Work *work, Str id);
#endif
