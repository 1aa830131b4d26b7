/* Help: the keys that work in a view, made from the action table and the user's bindings. */
#ifndef TUI_VIEW_HELP_H
#define TUI_VIEW_HELP_H

#include "tui/view.h"

/* For the view `below`, which must outlive it. */
View *view_help_new(const ViewEnv *env, const View *below);

#endif
