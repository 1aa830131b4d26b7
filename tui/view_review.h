/* Prior decisions of all sessions, with search; the code as it was judged beside the code as it is. */
#ifndef TUI_VIEW_REVIEW_H
#define TUI_VIEW_REVIEW_H

#include "tui/work.h"

/* walk is the view of the walk below it, where a decision of this session is opened or superseded. */
View *view_review_new(const ViewEnv *env, Work *work, View *walk);

#endif
