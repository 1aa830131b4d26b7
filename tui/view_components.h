/* Coverage: every component of the three sides with what answers it, and what is not ported; rows are corrected here. */
#ifndef TUI_VIEW_COMPONENTS_H
#define TUI_VIEW_COMPONENTS_H

#include "tui/work.h"

/* walk is the view of the walk below it, whose panes show a row that is opened. */
View *view_components_new(const ViewEnv *env, Work *work, View *walk);

#endif
