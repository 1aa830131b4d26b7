/* Looking for the port and its references around the current folder: what was found stands in a list to be chosen from, and
 * Enter on its last row writes .triptych/session and opens the session. The looking is done by a thread. */
#ifndef TUI_VIEW_INIT_H
#define TUI_VIEW_INIT_H

#include "tui/view.h"

/* Called on the owner when the user has written the file: text is the session's name. */
View *view_init_new(const ViewEnv *env, View *owner, AnswerFn written);

#endif
