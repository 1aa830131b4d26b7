/* A draft's verification on a thread of its own: parsing, lowering and matching a whole port take longer than a key may wait.
 *
 * The thread reads a scan that it keeps (tui/work.h: one never changes) and the draft's file, and writes into memory of its own
 * alone; it wakes the screen when it gets on and when it has ended. What came of it counts only while verify_is_current: after a
 * rescan the draft is of other code, and is verified anew. All functions are for the main thread. */
#ifndef TUI_VERIFY_H
#define TUI_VERIFY_H

#include "tui/draft_check.h"
#include "tui/work.h"

typedef struct Verify Verify;

/* Begins to verify a reply of a model, or (by_hand) a whole file as a person edited it, as a draft of the candidate; both are
 * copied. NULL with err when there is no scan yet, the candidate is gone, or no thread can be had. */
Verify *verify_begin(Wait *wait, Work *work, const char *id, Str text, bool by_hand, Err *err);
void verify_free(Verify *verify); /* cancels, waits for the thread's next look at that; NULL is fine */
/* The same without waiting: it is left to the work until its thread has ended. */
void verify_leave(Verify *verify, Work *work);
void verify_cancel(Verify *verify);

bool verify_ended(Verify *verify);
/* Whether the latest scan, and the candidate in it, are still those it was begun with. */
bool verify_is_current(const Verify *verify, Work *work);
/* Once it has ended; good until verify_free. A cancelled one has verdict->stopped. */
const DraftVerdict *verify_verdict(const Verify *verify);
const DraftSubject *verify_subject(const Verify *verify);
/* "checking: lowering 12 of 40 · 1 s" */
void verify_words(Verify *verify, Buf *out);

#endif
