/* The drafts of a patch, judged once more when it is written. A draft was verified against the port as it was then: where the port
 * is another by now it is verified anew, and what no longer applies or no longer passes is left out, with the reason. Drafts of one
 * file follow each other: each diff is against the file with those before it in place.
 *
 * Nothing is written; the sources are read. */
#ifndef TUI_DRAFT_PATCH_H
#define TUI_DRAFT_PATCH_H

#include "core/scan.h"
#include "sessions/export.h"
#include "tui/draft_api.h"

typedef struct DraftPatch DraftPatch;

/* The port as it is now, borrowed. */
DraftPatch *draft_patch_new(const Scan *scan, const Catalogue *catalogue, const RowPins *pins, const PortWorld *world);
void draft_patch_free(DraftPatch *patch);
/* For Plan.patch; good until draft_patch_free. */
PatchJudge draft_patch_judge(DraftPatch *patch);
/* What was left out so far, a line each: "sdpa-3f2a: it doesn't fit the file as it is now: ...". */
Str draft_patch_left_out(const DraftPatch *patch, size_t *n);

#endif
