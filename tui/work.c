#include "core/posix.h"

#include "tui/work.h"

#include "tui/row_pin.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

/* One scan under way. The thread owns it until `ended` is set. */
typedef struct Job {
	pthread_t thread;
	Wait *wait;
	Arena arena; /* of the options */
	ScanOptions options;
	ScanProgress progress;
	WorkReading *reading; /* on the heap: what it holds points into it, so it must not be moved */
	volatile bool cancel;
	time_t begun;
	bool fine;
	Err err;
	pthread_mutex_t lock; /* guards what follows */
	bool ended;
	WorkProgress at;
	int64_t woken; /* when the screen was last told of progress */
} Job;

/* What was left to us, until its thread has ended. */
typedef struct Left {
	void *thing;
	bool (*ended)(void *thing);
	void (*release)(void *thing);
} Left;

struct Work {
	int references;
	const ViewEnv *env;
	Store *store;
	Walk *walk;
	char *name, *config_folder, *profile;
	Job *job;
	WorkReading *reading; /* NULL before the first scan has ended */
	time_t read;          /* when that one began to read */
	Highlights *highlights;
	struct {
		Left *at;
		size_t n, cap;
	} left;
	uint32_t generation;
};

/* ---- the thread ---- */

static void on_step(void *context, const char *phase, size_t done, size_t total) {
	Job *job = context;
	int64_t now = wait_clock();
	pthread_mutex_lock(&job->lock);
	bool tell =
	    strcmp(phase, job->at.phase) != 0 || now - job->woken >= 50; /* twenty times a second is enough to see */
	job->at = (WorkProgress) { phase, done, total };
	if (tell) job->woken = now;
	pthread_mutex_unlock(&job->lock);
	if (tell) wait_wake(job->wait);
}

static void *run(void *context) {
	Job *job = context;
	WorkReading *reading = job->reading;
	job->fine = scan_run(&job->options, &reading->catalogue, &reading->scan, &job->err);
	if (job->fine) port_world_init(&reading->port, &reading->scan.sides[SIDE_SWIFT].source);
	pthread_mutex_lock(&job->lock);
	job->ended = true;
	pthread_mutex_unlock(&job->lock);
	wait_wake(job->wait);
	return NULL;
}

static bool has_ended(Job *job) {
	pthread_mutex_lock(&job->lock);
	bool ended = job->ended;
	pthread_mutex_unlock(&job->lock);
	return ended;
}

void work_reading_release(WorkReading *reading) {
	if (!reading || --reading->references > 0) return;
	port_world_done(&reading->port);
	scan_done(&reading->scan);
	catalogue_done(&reading->catalogue);
	free(reading);
}

static void free_job(Job *job) { /* the thread has ended, or was never begun */
	if (job->reading && !job->fine) {
		job->reading->scan = (Scan) { 0 }; /* a scan that failed has released what it had */
	}
	work_reading_release(job->reading);
	arena_done(&job->arena);
	pthread_mutex_destroy(&job->lock);
	free(job);
}

static Job *new_job(Work *work, Err *err) {
	Job *job = base_alloc(sizeof *job);
	job->wait = work->env->wait;
	job->at.phase = "reading";
	job->begun = time(NULL);
	job->reading = base_alloc(sizeof *job->reading);
	job->reading->references = 1;
	job->progress = (ScanProgress) { .context = job, .step = on_step, .cancel = &job->cancel };
	pthread_mutex_init(&job->lock, NULL);
	if (walk_scan_options(work->walk, &job->arena, &job->options, err) &&
	    walk_catalogue(work->walk, work->config_folder, &job->reading->catalogue, err)) {
		job->options.progress = &job->progress;
		job->options.unless = work_scan(work); /* which stays until the job's end */
		return job;
	}
	free_job(job);
	return NULL;
}

static bool begin(Work *work, Err *err) {
	sigset_t all, before;
	work->job = new_job(work, err);
	if (!work->job) return false;
	sigfillset(&all); /* signals are the main thread's */
	pthread_sigmask(SIG_SETMASK, &all, &before);
	int failed = pthread_create(&work->job->thread, NULL, run, work->job);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (!failed) return true;
	free_job(work->job);
	work->job = NULL;
	return err_set(err, "cannot start a thread: %s", strerror(failed));
}

/* ---- opening and closing ---- */

/* The folder of the configuration file, where the user's own cards are. */
static char *folder_of(const char *path) {
	const char *slash = path ? strrchr(path, '/') : NULL;
	if (!slash) return path ? base_strdup(".") : NULL;
	char *folder = base_strdup(path);
	folder[slash - path] = '\0';
	return folder;
}

Work *work_open(const ViewEnv *env, const char *session, Err *err) {
	Work *work = base_alloc(sizeof *work);
	work->references = 1;
	work->env = env;
	work->name = base_strdup(session);
	work->config_folder = folder_of(env->options->config);
	work->store = store_open(env->options->db, false, err);
	if (!work->store || !walk_open(work->store, session, &work->walk, err)) {
		work_release(work);
		return NULL;
	}
	work->highlights = highlights_new(env->wait);
	return work;
}

Work *work_keep(Work *work) {
	work->references++;
	return work;
}

void work_leave(Work *work, void *thing, bool (*ended)(void *thing), void (*release)(void *thing)) {
	VEC_PUSH(work->left) = (Left) { thing, ended, release };
}

static void release_left(Work *work, bool all) {
	size_t kept = 0;
	for (size_t i = 0; i < work->left.n; i++) {
		Left left = work->left.at[i];
		if (all || left.ended(left.thing))
			left.release(left.thing);
		else
			work->left.at[kept++] = left;
	}
	work->left.n = kept;
}

void work_release(Work *work) {
	if (--work->references > 0) return;
	if (work->job) {
		Job *job = work->job;
		job->cancel = true;
		pthread_join(job->thread, NULL);
		free_job(job);
	}
	release_left(work, true);
	VEC_FREE(work->left);
	highlights_free(work->highlights);
	work_reading_release(work->reading);
	walk_close(work->walk);
	store_close(work->store);
	free(work->name);
	free(work->config_folder);
	free(work->profile);
	free(work);
}

/* ---- looking ---- */

Walk *work_walk(Work *work) { return work->walk; }

const char *work_name(const Work *work) { return work->name; }

const Scan *work_scan(const Work *work) { return work->reading ? &work->reading->scan : NULL; }

const Catalogue *work_catalogue(const Work *work) { return work->reading ? &work->reading->catalogue : NULL; }

const PortWorld *work_port(const Work *work) { return work->reading ? &work->reading->port : NULL; }

WorkReading *work_reading_keep(Work *work) {
	if (work->reading) work->reading->references++;
	return work->reading;
}

Highlights *work_highlights(Work *work) { return work->highlights; }

uint32_t work_generation(const Work *work) { return work->generation; }

const char *work_profile(const Work *work) { return work->profile; }

void work_set_profile(Work *work, const char *name) {
	free(work->profile);
	work->profile = base_strdup(name);
}

bool work_busy(const Work *work) { return work->job != NULL || highlights_busy(work->highlights); }

bool work_progress(Work *work, WorkProgress *out) {
	if (!work->job) return false;
	pthread_mutex_lock(&work->job->lock);
	*out = work->job->at;
	pthread_mutex_unlock(&work->job->lock);
	return true;
}

const SourceFile *work_file(const Work *work, Side side, const char *name, uint32_t *index) {
	const Scan *scan = work_scan(work);
	if (!scan || !scan->sides[side].present || !name) return NULL;
	const Source *source = &scan->sides[side].source;
	for (size_t i = 0; i < source->n_files; i++)
		if (strcmp(source->files[i].name, name) == 0) {
			if (index) *index = (uint32_t)i;
			return &source->files[i];
		}
	return NULL;
}

bool work_is_stale(const Work *work, const SourceFile *file) {
	struct stat info;
	if (stat(file->path, &info) != 0) return true;
	return (size_t)info.st_size != file->text.len || info.st_mtime > work->read;
}

/* ---- scanning ---- */

bool work_start(Work *work, Err *err) {
	if (work->job) return err_set(err, "a scan is under way already");
	return begin(work, err);
}

bool work_undo(Work *work, Buf *what, Err *err) {
	Err busy = { { 0 } };
	uint64_t rows = row_pins_hash(walk_pins(work->walk));
	if (!walk_undo(work->walk, NULL, what, err)) return false;
	if (rows == row_pins_hash(walk_pins(work->walk))) return true;
	buf_puts(what, work_start(work, &busy) ? "; aligning anew" : "; it shows with the next scan");
	return true;
}

void work_cancel(Work *work) {
	if (work->job) work->job->cancel = true;
}

static char *said(const char *fmt, ...) BASE_PRINTF(1, 2);

static char *said(const char *fmt, ...) {
	Buf text = { 0 };
	va_list args;
	va_start(args, fmt);
	buf_vprintf(&text, fmt, args);
	va_end(args);
	return buf_take(&text);
}

static bool take_over(Work *work, Job *job, char **say, bool *bad) {
	WalkChanges changes = { 0 };
	Err err = { 0 };
	if (!job->fine) {
		*bad = !job->cancel;
		*say = job->cancel ? said("the scan was stopped; what was known stays") : said("%s", job->err.text);
		return true;
	}
	if (job->reading->scan.unchanged) {
		work->read = job->begun;
		*say = said("nothing changed (looked in %.1f s)", job->reading->scan.seconds);
		return true;
	}
	bool taken = walk_take_scan(work->walk, &job->reading->scan, &job->reading->catalogue, &changes, &err);
	work_reading_release(work->reading);
	work->reading = job->reading; /* shown also when it could not be stored */
	work->read = job->begun;
	job->reading = NULL;
	if (!taken) {
		*bad = true;
		*say = said("%s", err.text);
		return true;
	}
	Buf words = { 0 };
	const Scan *scan = work_scan(work);
	buf_printf(&words, "scanned in %.1f s: ", scan->seconds);
	walk_changes_words(&changes, &words);
	if (scan->n_warnings) buf_printf(&words, "; %.*s", STR_ARG(scan->warnings[0]));
	*say = said("%s", words.ptr);
	buf_done(&words);
	return true;
}

bool work_tick(Work *work, char **say, bool *bad) {
	*say = NULL;
	*bad = false;
	bool changed = false;
	release_left(work, false);
	if (work->job && has_ended(work->job)) {
		Job *job = work->job;
		pthread_join(job->thread, NULL);
		work->job = NULL;
		changed = take_over(work, job, say, bad);
		free_job(job);
	} else if (walk_is_stale(work->walk)) {
		Err err = { 0 };
		changed = true;
		*bad = !walk_reload(work->walk, &err);
		*say = *bad ? said("%s", err.text) : said("another program changed the session: read anew");
	}
	if (changed) work->generation++;
	return changed;
}
