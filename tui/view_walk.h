/* The walk: the three sides, the candidates, and the card of the selected one, with its verdict keys. */
#ifndef TUI_VIEW_WALK_H
#define TUI_VIEW_WALK_H

#include "tui/view.h"
#include "tui/work.h"

/* Keeps the work itself (work_keep). Opens where the session was left. */
View *view_walk_new(const ViewEnv *env, Work *work);
/* Selects a candidate by its whole id, for other views of the session. */
void view_walk_select(View *view, Str id);
/* Shows components of the latest scan in the panes, until another candidate is selected. */
void view_walk_show(View *view, const ComponentId ids[SIDE_COUNT]);

#endif
