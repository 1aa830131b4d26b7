/* The demo: a small speech model in its three forms, embedded in the program, laid out as files to be scanned and played
 * with. */
#ifndef SESSIONS_DEMO_H
#define SESSIONS_DEMO_H

#include "core/source.h"

/* Writes the demo's files below folder (made 0700). Files that are there stay as they are, unless reset. */
bool demo_lay_out(const char *folder, bool reset, Err *err);
/* The folder of a side below it: heap. */
char *demo_side(const char *folder, Side side);

#endif
