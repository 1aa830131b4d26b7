#include "core/posix.h"

#include "tui/highlight.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#define KEPT_MAX 64 /* coloured texts that are kept; the one unused longest goes first */

typedef enum Progress { ASKED, MADE } Progress;

typedef struct Coloured {
	char id[41];
	Lang lang;
	Progress progress;
	char *text; /* until it is made */
	size_t len;
	Arena arena;
	Highlight *spans;
	size_t n;
	uint64_t used;
} Coloured;

struct Highlights {
	Wait *wait;
	pthread_t thread;
	pthread_mutex_t lock; /* guards everything below */
	pthread_cond_t asked;
	VEC(Coloured *) texts;
	uint64_t clock;
	bool stop;
	Highlighter *highlighters[LANG_COUNT]; /* the thread's */
	bool tried[LANG_COUNT];
};

static Coloured *next_asked(Highlights *h) {
	Coloured *best = NULL; /* what was asked for last is what is on the screen */
	for (size_t i = 0; i < h->texts.n; i++)
		if (h->texts.at[i]->progress == ASKED && (!best || h->texts.at[i]->used > best->used)) best = h->texts.at[i];
	return best;
}

static void colour(Highlights *h, Coloured *text) {
	if (!h->tried[text->lang]) h->highlighters[text->lang] = highlighter_new(text->lang);
	h->tried[text->lang] = true;
	text->spans = highlighter_run(h->highlighters[text->lang], (Str) { text->text, text->len }, &text->arena, &text->n);
}

static void *work(void *context) {
	Highlights *h = context;
	pthread_mutex_lock(&h->lock);
	while (!h->stop) {
		Coloured *text = next_asked(h);
		if (!text) {
			pthread_cond_wait(&h->asked, &h->lock);
			continue;
		}
		pthread_mutex_unlock(&h->lock);
		colour(h, text); /* asked ones are never dropped, so it stays */
		pthread_mutex_lock(&h->lock);
		free(text->text);
		text->text = NULL;
		text->progress = MADE;
		wait_wake(h->wait);
	}
	pthread_mutex_unlock(&h->lock);
	return NULL;
}

Highlights *highlights_new(Wait *wait) {
	Highlights *h = base_alloc(sizeof *h);
	sigset_t all, before;
	h->wait = wait;
	pthread_mutex_init(&h->lock, NULL);
	pthread_cond_init(&h->asked, NULL);
	sigfillset(&all); /* signals are the main thread's */
	pthread_sigmask(SIG_SETMASK, &all, &before);
	int failed = pthread_create(&h->thread, NULL, work, h);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (failed) base_fatal("cannot start a thread: %s", strerror(failed));
	return h;
}

static void drop(Coloured *text) {
	free(text->text);
	arena_done(&text->arena);
	free(text);
}

void highlights_free(Highlights *h) {
	if (!h) return;
	pthread_mutex_lock(&h->lock);
	h->stop = true;
	pthread_cond_signal(&h->asked);
	pthread_mutex_unlock(&h->lock);
	pthread_join(h->thread, NULL);
	for (size_t i = 0; i < h->texts.n; i++) drop(h->texts.at[i]);
	VEC_FREE(h->texts);
	for (int lang = 0; lang < LANG_COUNT; lang++) highlighter_free(h->highlighters[lang]);
	pthread_cond_destroy(&h->asked);
	pthread_mutex_destroy(&h->lock);
	free(h);
}

static void make_room(Highlights *h) {
	while (h->texts.n >= KEPT_MAX) {
		size_t oldest = SIZE_MAX;
		for (size_t i = 0; i < h->texts.n; i++)
			if (h->texts.at[i]->progress == MADE &&
			    (oldest == SIZE_MAX || h->texts.at[i]->used < h->texts.at[oldest]->used))
				oldest = i;
		if (oldest == SIZE_MAX) return;
		drop(h->texts.at[oldest]);
		h->texts.at[oldest] = h->texts.at[--h->texts.n];
	}
}

static Coloured *find(Highlights *h, Lang lang, const char *id) {
	for (size_t i = 0; i < h->texts.n; i++)
		if (h->texts.at[i]->lang == lang && strcmp(h->texts.at[i]->id, id) == 0) return h->texts.at[i];
	return NULL;
}

static void ask(Highlights *h, Lang lang, const char *id, Str text) {
	make_room(h);
	Coloured *new = base_alloc(sizeof *new);
	*new = (Coloured) { .lang = lang, .len = text.len, .used = ++h->clock };
	memcpy(new->id, id, strlen(id) < 40 ? strlen(id) : 40);
	new->text = base_alloc(text.len + 1);
	if (text.len) memcpy(new->text, text.ptr, text.len);
	VEC_PUSH(h->texts) = new;
	pthread_cond_signal(&h->asked);
}

const Highlight *highlights_get(Highlights *h, Lang lang, const char *content_id, Str text, size_t *n) {
	const Highlight *spans = NULL;
	*n = 0;
	pthread_mutex_lock(&h->lock);
	Coloured *known = find(h, lang, content_id);
	if (!known) {
		ask(h, lang, content_id, text);
	} else {
		known->used = ++h->clock;
		if (known->progress == MADE) {
			spans = known->spans;
			*n = known->n;
		}
	}
	pthread_mutex_unlock(&h->lock);
	return spans;
}

bool highlights_busy(Highlights *h) {
	pthread_mutex_lock(&h->lock);
	bool busy = next_asked(h) != NULL;
	pthread_mutex_unlock(&h->lock);
	return busy;
}

Role highlight_role(HighlightRole role) {
	static const Role roles[HIGHLIGHT_COUNT] = {
		[HIGHLIGHT_NONE] = ROLE_TEXT,
		[HIGHLIGHT_KEYWORD] = ROLE_KEYWORD,
		[HIGHLIGHT_TYPE] = ROLE_TYPE,
		[HIGHLIGHT_FUNCTION] = ROLE_FUNCTION,
		[HIGHLIGHT_PROPERTY] = ROLE_PROPERTY,
		[HIGHLIGHT_VARIABLE] = ROLE_VARIABLE,
		[HIGHLIGHT_STRING] = ROLE_STRING,
		[HIGHLIGHT_NUMBER] = ROLE_NUMBER,
		[HIGHLIGHT_COMMENT] = ROLE_COMMENT,
		[HIGHLIGHT_OPERATOR] = ROLE_OPERATOR,
		[HIGHLIGHT_ATTRIBUTE] = ROLE_ATTRIBUTE,
		[HIGHLIGHT_CONSTANT] = ROLE_CONSTANT,
	};
	return role < HIGHLIGHT_COUNT ? roles[role] : ROLE_TEXT;
}
