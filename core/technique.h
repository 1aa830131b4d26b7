/* Technique cards: parsed, checked, and held in one catalogue.
 *
 * A card is one Markdown file: front matter, description, and the sections Trade-off, When not, Check, Detect, Flagged, Not
 * flagged, Instead, Measured. Built-in cards are embedded; those of the user's configuration folder and of
 * `.triptych/techniques/` in the port's repository add to them or replace one of the same id. */
#ifndef CORE_TECHNIQUE_H
#define CORE_TECHNIQUE_H

#include "core/candidate.h"

typedef struct Pattern Pattern;

typedef struct TechniqueBlock {
	Str text;      /* Swift source */
	uint32_t line; /* of its first line in the card, from 1 */
	Str reference; /* Python MLX of the ```python block right before it in the same section, or empty */
} TechniqueBlock;

typedef struct Technique {
	Str id, title, family;
	double axis[AXIS_COUNT];
	Str description, tradeoff, when_not, check, instead_text,
	    measured;       /* Markdown of the sections, without their heading */
	Pattern **patterns; /* one a ```flow block */
	size_t n_patterns;
	Str detector; /* of `detector: name`, or empty */
	TechniqueBlock *flagged, *not_flagged, *instead;
	size_t n_flagged, n_not_flagged, n_instead;
	Confidence base;   /* front matter `confidence:` of a match with nothing for or against it; high when not given */
	OpId *instead_ops; /* front matter `reference: sdpa, rms_norm`: what a reference calls that does it already */
	size_t n_instead_ops;
	Str message;    /* front matter `message:` template, or empty: {x} is the text of what ?x bound */
	Str since, api; /* front matter: the API proposed, and the version it needs; may be empty */
	Str *needs;     /* front matter `needs: sdpa`: technique ids that go before it at the same place */
	size_t n_needs;
	Str *conflicts;
	size_t n_conflicts;
	Str *yields_to; /* front matter `yields-to: a, b`: not reported where one of these covers the span */
	size_t n_yields;
	bool
	    told_in_callee; /* front matter `told: callee`: what a callee computes on the way is told where it stands, not at the call */
	bool once_a_loop; /* front matter `once: loop`: of several findings in one loop the first of the surest is told */
	Str path;         /* of a card from a file; "core/techniques/ID.md" when built in */
	uint64_t version; /* hash of the card's text: part of a scan cache's key */
} Technique;

typedef struct Catalogue {
	Technique *techniques; /* sorted by family as in TECHNIQUES, then id */
	size_t n;
	Str *problems; /* of cards that were left out: "path:line:column: reason" each */
	size_t n_problems;
	Arena arena;
} Catalogue;

/* Parses one card. Errors name path:line:column. Does not run its blocks. */
bool technique_parse(const char *path, Str text, Arena *arena, Technique *out, Err *err);
/* Built-in cards, then the folders in order (those that don't exist are passed over). A bad card is left out and told among
 * the problems; false only when a folder cannot be read. */
bool catalogue_load(const char *const *folders, size_t n_folders, Catalogue *out, Err *err);
void catalogue_done(Catalogue *catalogue);
const Technique *catalogue_find(const Catalogue *catalogue, Str id);
/* Runs the card's own blocks: every flagged block must be found at the marked lines (trailing `// <- flagged` comments, or anywhere when there
 * is none), no other block may be. Writes one line a failure; false when there was one. */
bool technique_check(const Catalogue *catalogue, const Technique *technique, Buf *report);

#endif
