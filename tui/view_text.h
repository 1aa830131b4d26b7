/* Something long to read, over the view below: a card, a message, what would be sent. */
#ifndef TUI_VIEW_TEXT_H
#define TUI_VIEW_TEXT_H

#include "tui/view.h"

/* title and text are copied. markdown: laid out as such; else line by line as it stands, wrapped. */
View *view_text_new(const char *title, Str text, bool markdown);

#endif
