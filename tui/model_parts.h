/* What a question to a model is made of: the card, the code of three sides, the trade-off and what was decided before, from the
 * session and a scan; the template, built-in or the user's; and what an answer is checked against.
 *
 * Everything is text in the arena given. Nothing here opens a socket. */
#ifndef TUI_MODEL_PARTS_H
#define TUI_MODEL_PARTS_H

#include "core/scan.h"
#include "prompts/check.h"
#include "prompts/prompt.h"
#include "sessions/walk.h"
#include "tui/draft_api.h"

/* The parts about a candidate. scan and catalogue are of the session; a candidate that is no longer in the code keeps the lines
 * it was last seen with. */
bool model_parts(const Walk *walk, const WalkItem *item, const Scan *scan, const Catalogue *catalogue,
    const PortWorld *world, Arena *arena, PromptParts *out, Err *err);
/* The parts about a component of the port, for suggestions. */
void model_parts_component(const Walk *walk, const Scan *scan, ComponentId component, const Catalogue *catalogue,
    const PortWorld *world, Arena *arena, PromptParts *out);

/* The template of a use: prompts/NAME.md beside the configuration when it is there, else the built-in one. */
bool model_template(const char *config, PromptUse use, Arena *arena, Str *out, Err *err);

/* Earlier questions and answers on a candidate, oldest first, those that were undone left out. */
PromptTurn *model_turns(const WalkItem *item, Arena *arena, size_t *n);

/* What exists, for claims_check; user is the struct, which is borrowed. */
typedef struct ModelWorld {
	const Scan *scan;
	const PortWorld *port;
	const Candidate *candidate; /* that the question was about; NULL: then "line 71" isn't judged */
} ModelWorld;
ClaimWorld model_world(ModelWorld *world);

#endif
