/* The start screen: the sessions there are, with their progress and age, and what to do when there is none. */
#ifndef TUI_VIEW_START_H
#define TUI_VIEW_START_H

#include "tui/view.h"

/* NULL with err when the database can't be read; that there is none yet is fine. */
View *view_start_new(const ViewEnv *env, Err *err);

#endif
