/* The parts of the dead-code detector. Internal to core/detect_dead*.c. */
#ifndef CORE_DETECT_DEAD_H
#define CORE_DETECT_DEAD_H

#include "core/detect.h"

/* Whether everything a type takes over from outside the source is known to ask for no members: else a member may be a
 * requirement, or the type may be found by a framework. Follows bases in the source. */
bool dead_is_closed(const Outline *outline, ComponentId cls);
/* Whether cls is base or derives from it, through classes of the source. */
bool dead_derives(const Outline *outline, ComponentId cls, ComponentId base);
bool dead_is_protocol(const Outline *outline, ComponentId cls);
/* Seen from other packages: public itself, and so are all types around it. */
bool dead_is_public(const Outline *outline, ComponentId component);
/* Every attribute is known not to make the declaration reachable in another way. */
bool dead_plain_attributes(const Component *component);
/* Members that the language or Foundation call by these names. */
bool dead_is_reserved(Str name);

/* Locals never read, parameters never named, decisions with equal arms. */
void dead_inside_functions(const MatchContext *context, const Technique *technique, Findings *findings);

#endif
