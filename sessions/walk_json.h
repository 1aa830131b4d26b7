/* A walk's candidates and log as published JSON. */
#ifndef SESSIONS_WALK_JSON_H
#define SESSIONS_WALK_JSON_H

#include "core/json.h"
#include "sessions/walk.h"

/* One candidate as `candidates --format json` gives it: the members of scan, then state, verdict, because and more. */
void walk_put_item(JsonOut *out, const WalkItem *item);
/* One event as `log --format json` gives it. whole: with what an import needs besides (condition, batch, data). */
void walk_put_event(JsonOut *out, const LogEvent *event, bool whole);

#endif
