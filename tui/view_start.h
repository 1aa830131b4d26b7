/* The start screen: what to do when no session is open. */
#ifndef TUI_VIEW_START_H
#define TUI_VIEW_START_H

#include "tui/view.h"

View *view_start_new(const ViewEnv *env);

#endif
