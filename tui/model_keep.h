/* Answers and drafts of a model as the session keeps them: the data of LOG_ANSWER and LOG_DRAFT events, written and read here alone.
 *
 *     answer: {"answer":..,"state":"done|truncated|failed|cancelled","message":..,"model":..,"profile":..,"url":..,"prompt":..,
 *              "tokens_in":N|null,"tokens_out":N|null}
 *     draft:  the same with "text" (the reply), "file","base" (content id),"diff","passed":bool,"edited":bool,
 *             "checks":[{"name":..,"ok":bool,"note":..}]
 * A count that isn't known is null, never 0. */
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

bool model_keep_answer(Walk *walk, const char *id, Str question, const ModelAnswer *answer, const KeptBy *by, Err *err);
bool model_keep_draft(Walk *walk, const char *id, Str wish, const ModelAnswer *answer, const DraftVerdict *verdict,
    const DraftSubject *subject, const KeptBy *by, Err *err);

typedef struct KeptDraft {
	Str text, diff, file, base, model, prompt;
	bool passed, edited;
	DraftCheck checks[DRAFT_CHECKS];
} KeptDraft;
/* Reads one; text in the arena. False when the event is none. */
bool model_read_draft(const LogEvent *event, Arena *arena, KeptDraft *out);

typedef struct ModelSpent {
	int64_t tokens_in, tokens_out;
	size_t requests, unknown; /* unknown: requests whose tokens the service didn't count */
} ModelSpent;
/* Over all that a session kept, what was undone included: it was spent. */
void model_spent(const Walk *walk, ModelSpent *out);
/* "1,234 tokens in, 321 out" with the cost when prices are configured, and unknown where it is. */
void model_usage_words(const Profile *profile, const Usage *usage, Buf *out);

#endif
