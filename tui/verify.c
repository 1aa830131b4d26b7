#include "core/posix.h"

#include "tui/verify.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

struct Verify {
	pthread_t thread;
	Wait *wait;
	WorkReading *reading;
	Arena arena; /* of what follows; the thread's alone until it has ended */
	DraftSubject subject;
	RowPins pins;
	Str text;
	bool by_hand;
	Str id; /* of the candidate, with its file and its span there */
	const char *name;
	Span span;
	ScanProgress progress;
	DraftVerdict verdict;
	volatile bool cancel;
	int64_t begun;
	pthread_mutex_t lock; /* guards what follows */
	bool ended;
	WorkProgress at;
	int64_t woken; /* when the screen was last told */
};

/* ---- the thread ---- */

static void on_step(void *context, const char *phase, size_t done, size_t total) {
	Verify *v = context;
	int64_t now = wait_clock();
	pthread_mutex_lock(&v->lock);
	bool tell = strcmp(phase, v->at.phase) != 0 || now - v->woken >= 50; /* twenty times a second is enough to see */
	v->at = (WorkProgress) { phase, done, total };
	if (tell) v->woken = now;
	pthread_mutex_unlock(&v->lock);
	if (tell) wait_wake(v->wait);
}

static void *run(void *context) {
	Verify *v = context;
	if (v->by_hand) {
		draft_verify_file(&v->subject, v->text, &v->arena, &v->verdict);
	} else {
		draft_verify(&v->subject, v->text, &v->arena, &v->verdict);
	}
	pthread_mutex_lock(&v->lock);
	v->ended = true;
	pthread_mutex_unlock(&v->lock);
	wait_wake(v->wait);
	return NULL;
}

/* ---- life ---- */

/* The walk's corrections may change while the thread runs. */
static void copy_pins(const RowPins *pins, Arena *arena, RowPins *out) {
	RowPin *copies = ARENA_ARRAY(arena, RowPin, pins->n + 1);
	for (size_t i = 0; i < pins->n; i++) {
		copies[i] = pins->pins[i];
		copies[i].swift = arena_str(arena, copies[i].swift);
		for (int side = 0; side < SIDE_COUNT; side++) copies[i].other[side] = arena_str(arena, copies[i].other[side]);
	}
	*out = (RowPins) { copies, pins->n };
}

static bool take_subject(Verify *v, Work *work, const char *id, Err *err) {
	const WalkItem *item = walk_item(work_walk(work), str_of(id));
	if (!v->reading) return err_set(err, "the sources are still being read");
	if (!item) return err_set(err, "the candidate is no longer known");
	const WorkReading *r = v->reading;
	Candidate candidate = item->candidate;
	candidate.technique = arena_str(&v->arena, candidate.technique);
	copy_pins(walk_pins(work_walk(work)), &v->arena, &v->pins);
	if (!draft_subject(&r->scan, &r->catalogue, &v->pins, &r->port, &candidate, &v->subject, err)) return false;
	v->name = r->scan.sides[SIDE_SWIFT].source.files[v->subject.file].name;
	v->span = candidate.place.span;
	v->subject.progress = &v->progress;
	return true;
}

static void free_all(Verify *v) { /* the thread has ended, or was never begun */
	work_reading_release(v->reading);
	arena_done(&v->arena);
	pthread_mutex_destroy(&v->lock);
	free(v);
}

Verify *verify_begin(Wait *wait, Work *work, const char *id, Str text, bool by_hand, Err *err) {
	Verify *v = base_alloc(sizeof *v);
	v->wait = wait;
	v->reading = work_reading_keep(work);
	v->text = arena_str(&v->arena, text);
	v->id = arena_str(&v->arena, str_of(id));
	v->by_hand = by_hand;
	v->at.phase = "reading";
	v->begun = wait_clock();
	v->progress = (ScanProgress) { .context = v, .step = on_step, .cancel = &v->cancel };
	pthread_mutex_init(&v->lock, NULL);
	if (!take_subject(v, work, id, err)) {
		free_all(v);
		return NULL;
	}
	sigset_t all, before;
	sigfillset(&all); /* signals are the main thread's */
	pthread_sigmask(SIG_SETMASK, &all, &before);
	int failed = pthread_create(&v->thread, NULL, run, v);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (!failed) return v;
	free_all(v);
	err_set(err, "cannot start a thread: %s", strerror(failed));
	return NULL;
}

void verify_cancel(Verify *v) { v->cancel = true; }

void verify_free(Verify *v) {
	if (!v) return;
	v->cancel = true;
	pthread_join(v->thread, NULL);
	free_all(v);
}

static bool left_has_ended(void *verify) { return verify_ended(verify); }
static void release_left(void *verify) { verify_free(verify); }

void verify_leave(Verify *v, Work *work) {
	v->cancel = true;
	work_leave(work, v, left_has_ended, release_left);
}

/* ---- looking ---- */

bool verify_ended(Verify *v) {
	pthread_mutex_lock(&v->lock);
	bool ended = v->ended;
	pthread_mutex_unlock(&v->lock);
	return ended;
}

bool verify_is_current(const Verify *v, Work *work) {
	const WalkItem *item = walk_item(work_walk(work), v->id);
	if (work_scan(work) != &v->reading->scan || !item || !item->candidate.place.name) return false;
	const Place *place = &item->candidate.place;
	return strcmp(place->name, v->name) == 0 && place->span.start == v->span.start && place->span.end == v->span.end;
}

const DraftVerdict *verify_verdict(const Verify *v) { return &v->verdict; }
const DraftSubject *verify_subject(const Verify *v) { return &v->subject; }

void verify_words(Verify *v, Buf *out) {
	pthread_mutex_lock(&v->lock);
	WorkProgress at = v->at;
	pthread_mutex_unlock(&v->lock);
	buf_printf(out, "checking: %s", at.phase);
	if (at.total > 1) buf_printf(out, " %zu of %zu", at.done, at.total);
	buf_printf(out, " · %lld s", (long long)(wait_clock() - v->begun) / 1000);
}
