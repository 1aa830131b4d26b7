/* Answers and drafts of a model as the session keeps them: the data of LOG_ANSWER and LOG_DRAFT events, written and read here alone.
 *
 *     answer: {"answer":..,"state":"done|truncated|failed|cancelled","message":..,"model":..,"profile":..,"url":..,"prompt":..,
 *              "tokens_in":N|null,"tokens_out":N|null,"cost":N (when it is known)}
 *             of suggestions, which belong to no candidate, also "use":"suggest"
 *     draft:  the same with "text" (the reply), "file","base" (content id),"port" (state that it was verified in),"diff",
 *             "passed":bool,"edited":bool,"again":bool (verified once more, not asked for),"checks":[{"name":..,"ok":bool,"note":..}]
 * A count that isn't known is null, never 0. A part of an answer is kept as well: its state isn't "done". */
#ifndef TUI_MODEL_KEEP_H
#define TUI_MODEL_KEEP_H

#include "core/json.h"
#include "sessions/walk.h"
#include "tui/draft_check.h"
#include "tui/model_run.h"

typedef struct KeptBy {
	const Profile *profile; /* NULL: a person's own hand */
	const char *prompt;     /* Prompt.version */
} KeptBy;

/* id: of the candidate; NULL for suggestions, whose question is the component's name. */
bool model_keep_answer(Walk *walk, const char *id, Str question, const ModelAnswer *answer, const KeptBy *by, Err *err);
/* subject: NULL when it was not verified. */
bool model_keep_draft(Walk *walk, const char *id, Str wish, const ModelAnswer *answer, const DraftVerdict *verdict,
    const DraftSubject *subject, const KeptBy *by, Err *err);

typedef struct KeptDraft {
	Str text, diff, file, base, port, model, prompt;
	Str state; /* "done"; another when the reply is a part only */
	bool passed, edited;
	DraftCheck checks[DRAFT_CHECKS];
} KeptDraft;
/* Keeps the new verdict on a draft that was kept before, which stays as it is. */
bool model_keep_again(Walk *walk, const char *id, const KeptDraft *draft, const DraftVerdict *verdict,
    const DraftSubject *subject, Err *err);
/* Reads one; text in the arena. False when the event is none. */
bool model_read_draft(const LogEvent *event, Arena *arena, KeptDraft *out);

/* The paragraphs of the model's answers on a candidate, the latest answer first, each in quotation marks with the model's name behind
 * it: to be quoted into a reason. Code and headings are left out. */
Str *model_quotes(const WalkItem *item, Arena *arena, size_t *n);

typedef struct ModelSpent {
	int64_t tokens_in, tokens_out;
	size_t requests, unknown; /* unknown: requests whose tokens the service didn't count */
	double cost;              /* of the `priced` ones: those whose profile had prices, and that were counted */
	size_t priced;
} ModelSpent;
/* Whether something of this session went to that address before, sent by the same person: what others' sessions bring along
 * agrees to nothing. */
bool model_sent_before(const Walk *walk, const char *url);
/* Over all that a session kept, what was undone included: it was spent. */
void model_spent(const Walk *walk, ModelSpent *out);
/* "5 requests in this session, tokens in: 6,170, out: 91 ..." with what isn't known said; nothing without requests. */
void model_spent_words(const ModelSpent *spent, Buf *out);
/* "tokens in: 1234, out: 321" with the cost when prices are configured, and unknown where it is. */
void model_usage_words(const Profile *profile, const Usage *usage, Buf *out);

#endif
