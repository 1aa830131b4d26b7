/* The drafts of one candidate as diffs, with what their verification says, and the one that is being written. */
#ifndef TUI_VIEW_DRAFT_H
#define TUI_VIEW_DRAFT_H

#include "tui/work.h"

/* Opens them; where there is none yet, begins with the wish. Without a model the kept drafts are shown, and asking for one says how
 * to have a model. */
Reaction view_draft_open(const ViewEnv *env, Work *work, const WalkItem *item);
#endif
