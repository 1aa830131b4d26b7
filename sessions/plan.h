/* The plan: what was accepted or is to be measured first, in the order to do it, with what it takes; and beside it what
 * was rejected, deferred, or is still open. A plain value, made from a walk or from a scan, that exports take. */
#ifndef SESSIONS_PLAN_H
#define SESSIONS_PLAN_H

#include "sessions/walk.h"

typedef struct PlanStep {
	size_t number;        /* from 1; 0 for what isn't in the order (rejected, deferred, open) */
	const WalkItem *item; /* of the walk, or of plan_of_scan's arena */
	Str check;            /* Markdown of the card's section Check; empty without a card */
	Str instead;          /* Markdown of the card's section Instead */
	Str description;      /* Markdown: the card's first paragraphs */
	size_t *after;        /* numbers of the steps it needs */
	size_t n_after;
	const char *baseline; /* of a scan held against an earlier one: "new", "unchanged", "updated"; or NULL */
} PlanStep;

/* Who can tell whether a draft still holds, handed down to the patch: puts its diff into `diff`, or says (in memory that lasts as
 * long as the judge) why it is left out. Called once for each draft, in the order of the plan. */
typedef struct PatchJudge {
	bool (*judge)(void *user, const WalkItem *item, const LogEvent *draft, Buf *diff, Str *why);
	void *user;
} PatchJudge;

typedef struct Plan {
	PatchJudge patch; /* judge NULL: drafts go into a patch as they were verified */
	const Walk *walk; /* NULL when made of a scan */
	Str name;         /* of the session, or of the port's package */
	Str made;         /* RFC 3339, UTC */
	PlanStep *steps;  /* accepted and measure first, in order; done ones stay at their place */
	size_t n_steps;
	PlanStep *rejected, *deferred, *open; /* in walk order; suppressed and hidden ones are in none */
	size_t n_rejected, n_deferred, n_open;
	double effort, effort_left; /* sums; left: without those done */
	size_t n_done, n_measure;
	struct {
		Str commit, branch;
		bool present, dirty;
	} sides[SIDE_COUNT];
} Plan;

/* catalogue may be NULL: then without the cards' words. Everything lies in the arena or in the walk. */
void plan_of_walk(const Walk *walk, const struct Catalogue *catalogue, Arena *arena, Plan *out);
/* Every candidate as one that is open, in the scan's order. */
void plan_of_scan(const struct Scan *scan, const struct Catalogue *catalogue, Arena *arena, Plan *out);

/* Whether a candidate of the plan may stand at place n: not before what it needs. See walk_move. */
bool plan_can_move(const Walk *walk, const char *id, size_t n, Question *question, Err *err);

#endif
