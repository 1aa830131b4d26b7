/* The plan: what was accepted or is to be measured first, in the order to do it; gain against risk; how to check the
 * selected step. */
#ifndef TUI_VIEW_PLAN_H
#define TUI_VIEW_PLAN_H

#include "tui/work.h"

/* walk is the view of the walk below it, where a step is opened; both keep the work. */
View *view_plan_new(const ViewEnv *env, Work *work, View *walk);

#endif
