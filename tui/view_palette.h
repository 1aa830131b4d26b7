/* The command palette: any action that applies in the view below, found by typing a part of its name or of what it does. */
#ifndef TUI_VIEW_PALETTE_H
#define TUI_VIEW_PALETTE_H

#include "tui/view.h"

View *view_palette_new(const ViewEnv *env, const View *below);

#endif
