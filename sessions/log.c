#include "core/posix.h"

#include "sessions/log.h"

#include "core/git.h"
#include "core/utf8.h"

#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static const char *const KINDS[LOG_KIND_COUNT] = {
	[LOG_VERDICT] = "verdict",
	[LOG_NOTE] = "note",
	[LOG_UNDO] = "undo",
	[LOG_AXIS] = "axis",
	[LOG_DONE] = "done",
	[LOG_ADD] = "add",
	[LOG_SAME] = "same",
	[LOG_ROW] = "row",
	[LOG_ORDER] = "order",
	[LOG_ANSWER] = "answer",
	[LOG_DRAFT] = "draft",
	[LOG_DELETE] = "delete",
	[LOG_UNDELETE] = "undelete",
	[LOG_RENAME] = "rename",
};
static const char *const VERDICTS[VERDICT_COUNT] = { "none", "accept", "reject", "defer", "measure" };

const char *log_kind_name(LogKind kind) { return KINDS[kind]; }
const char *verdict_name(Verdict verdict) { return VERDICTS[verdict]; }

bool log_kind_of(Str name, LogKind *kind) {
	for (int i = 0; i < LOG_KIND_COUNT; i++) {
		if (!str_is(name, KINDS[i])) continue;
		*kind = (LogKind)i;
		return true;
	}
	return false;
}

bool verdict_of(Str name, Verdict *verdict) {
	for (int i = 1; i < VERDICT_COUNT; i++) {
		if (!str_is(name, VERDICTS[i])) continue;
		*verdict = (Verdict)i;
		return true;
	}
	return false;
}

/* ---- who, when, and a name for it ---- */

bool log_uuid(char out[37], Err *err) {
	unsigned char b[16];
	int fd = open("/dev/urandom", O_RDONLY | O_CLOEXEC);
	size_t got = 0;
	while (fd >= 0 && got < sizeof b) {
		ssize_t n = read(fd, b + got, sizeof b - got);
		if (n > 0)
			got += (size_t)n;
		else if (n == 0 || errno != EINTR)
			break;
	}
	if (fd >= 0) close(fd);
	if (got < sizeof b) return err_set(err, "the system gives no random numbers (/dev/urandom)");
	b[6] = (unsigned char)((b[6] & 0x0f) | 0x40); /* version 4 and the variant of RFC 9562 */
	b[8] = (unsigned char)((b[8] & 0x3f) | 0x80);
	char *p = out;
	for (size_t i = 0; i < sizeof b; i++) {
		if (i == 4 || i == 6 || i == 8 || i == 10) *p++ = '-';
		snprintf(p, 3, "%02x", b[i]);
		p += 2;
	}
	return true;
}

void log_now(char out[25]) {
	struct timeval now;
	gettimeofday(&now, NULL);
	struct tm utc;
	gmtime_r(&now.tv_sec, &utc);
	char seconds[24];
	strftime(seconds, sizeof seconds, "%Y-%m-%dT%H:%M:%S", &utc);
	snprintf(out, 25, "%.19s.%03uZ", seconds, (unsigned)(now.tv_usec / 1000) % 1000U);
}

Str log_who(const char *folder, Arena *arena) {
	Buf name = { 0 };
	Str who = STR_NONE;
	if (git_user_name(folder, &name) && str_trim(buf_view(&name)).len > 0) {
		who = arena_str(arena, str_trim(buf_view(&name)));
	}
	buf_done(&name);
	if (who.len > 0) return who;
	const struct passwd *user = getpwuid(getuid());
	const char *login = user && user->pw_name && *user->pw_name ? user->pw_name : getenv("LOGNAME");
	return arena_str(arena, str_of(login && *login ? login : "unknown"));
}

/* ---- writing ---- */

#define EVENT_COLUMNS "id, session, time, who, kind, candidate, verdict, reason, condition, supersedes, batch, data"

static bool insert(Store *store, const char *sql, const LogEvent *e, Err *err) {
	Query q = query_open(store, sql);
	query_text(&q, e->id);
	query_integer(&q, e->session);
	query_text(&q, e->time);
	query_text(&q, e->who);
	query_cstr(&q, KINDS[e->kind]);
	query_opt(&q, e->candidate);
	query_cstr(&q, e->verdict == VERDICT_NONE ? NULL : VERDICTS[e->verdict]);
	query_opt(&q, e->reason);
	query_opt(&q, e->condition);
	query_opt(&q, e->supersedes);
	query_opt(&q, e->batch);
	query_opt(&q, e->data);
	return query_run(&q, err);
}

bool log_add(Store *store, const char *folder, LogEvent *event, Arena *arena, Err *err) {
	char id[37], now[25];
	if (event->id.len == 0) {
		if (!log_uuid(id, err)) return false;
		event->id = arena_str(arena, str_of(id));
	}
	if (event->time.len == 0) {
		log_now(now);
		event->time = arena_str(arena, str_of(now));
	}
	if (event->who.len == 0) event->who = log_who(folder, arena);
	if (!insert(store, "INSERT INTO event (" EVENT_COLUMNS ") VALUES (?,?,?,?,?,?,?,?,?,?,?,?)", event, err))
		return false;
	event->seq = store_last_id(store);
	return true;
}

bool log_merge(Store *store, const LogEvent *event, bool *added, Err *err) {
	Query known = query_open(store, "SELECT 1 FROM event WHERE id = ?");
	query_text(&known, event->id);
	*added = !query_row(&known);
	if (!query_end(&known, err)) return false;
	if (!*added) return true;
	return insert(store, "INSERT INTO event (" EVENT_COLUMNS ") VALUES (?,?,?,?,?,?,?,?,?,?,?,?)", event, err);
}

/* ---- reading ---- */

#define EVENT_SELECT                                                                                                   \
	"SELECT e.id, e.session, e.time, e.who, e.kind, e.candidate, e.verdict, e.reason, e.condition, e.supersedes, "     \
	"e.batch, e.data, e.seq, s.name FROM event e JOIN session s ON s.key = e.session "

typedef VEC(LogEvent) Events;

static void read_events(Query *q, Arena *arena, Events *out) {
	while (query_row(q)) {
		LogEvent e = {
			.id = query_get(q, 0, arena),
			.session = query_get_integer(q, 1),
			.time = query_get(q, 2, arena),
			.who = query_get(q, 3, arena),
			.candidate = query_get(q, 5, arena),
			.reason = query_get(q, 7, arena),
			.condition = query_get(q, 8, arena),
			.supersedes = query_get(q, 9, arena),
			.batch = query_get(q, 10, arena),
			.data = query_get(q, 11, arena),
			.seq = query_get_integer(q, 12),
			.session_name = query_get(q, 13, arena),
		};
		/* a kind that only a later version knows can't be in here: its database would be refused */
		if (!log_kind_of(query_get(q, 4, arena), &e.kind)) continue;
		verdict_of(query_get(q, 6, arena), &e.verdict);
		VEC_PUSH(*out) = e;
	}
}

static bool hand_over(Query *q, Arena *arena, LogEvent **out, size_t *n, Err *err) {
	Events events = { 0 };
	read_events(q, arena, &events);
	*n = events.n;
	*out = (LogEvent *)VEC_TO_ARENA(events, arena);
	return query_end(q, err);
}

bool log_read(Store *store, int64_t session, Arena *arena, LogEvent **out, size_t *n, Err *err) {
	Query q = query_open(store, session ? EVENT_SELECT "WHERE e.session = ? ORDER BY e.seq"
	                                    : EVENT_SELECT "WHERE s.deleted = 0 ORDER BY e.seq");
	if (session) query_integer(&q, session);
	return hand_over(&q, arena, out, n, err);
}

void log_fold(LogEvent *events, size_t n) {
	Map by_id = { 0 };
	for (size_t i = 0; i < n; i++) {
		events[i].undone = false;
		map_put(&by_id, events[i].id, i + 1);
	}
	for (size_t i = 0; i < n; i++) {
		if (events[i].kind != LOG_UNDO) continue;
		const uintptr_t *at = map_get(&by_id, events[i].supersedes);
		if (at) events[*at - 1].undone = true;
	}
	map_done(&by_id);
}

/* Whether a counting verdict on the same candidate says that it supersedes this one. */
static bool superseded(const LogEvent *events, size_t n, const LogEvent *event) {
	for (size_t i = 0; i < n; i++) {
		const LogEvent *e = &events[i];
		if (e->kind == LOG_VERDICT && !e->undone && str_eq(e->supersedes, event->id)) return true;
	}
	return false;
}

static bool is_later(const LogEvent *a, const LogEvent *b) {
	int order = str_cmp(a->time, b->time);
	return order ? order > 0 : a->seq > b->seq;
}

const LogEvent *log_verdict(const LogEvent *events, size_t n, int64_t session, Str candidate) {
	const LogEvent *best = NULL;
	for (size_t i = 0; i < n; i++) {
		const LogEvent *e = &events[i];
		if (e->kind != LOG_VERDICT || e->undone || (session && e->session != session)) continue;
		if (!str_eq(e->candidate, candidate) || superseded(events, n, e)) continue;
		if (!best || is_later(e, best)) best = e;
	}
	return best;
}

/* ---- search ---- */

static bool is_word(uint32_t code) {
	return code >= 0x80 || (code >= '0' && code <= '9') || (code >= 'a' && code <= 'z') || (code >= 'A' && code <= 'Z');
}

/* Every word quoted, so that nothing of what a user types is FTS5's own syntax; the last may be a beginning. */
static void search_words(Str text, Buf *out) {
	bool open = false;
	while (text.len > 0) {
		size_t len;
		uint32_t code = utf8_decode(text, &len);
		if (code != 0xFFFFFFFF && is_word(code)) {
			if (!open) buf_puts(out, out->len ? " \"" : "\"");
			buf_str(out, str_sub(text, 0, len));
			open = true;
		} else if (open) {
			buf_putc(out, '"');
			open = false;
		}
		text = str_sub(text, len, text.len);
	}
	if (open) buf_puts(out, "\"*");
}

bool log_search(Store *store, Str text, Arena *arena, LogEvent **out, size_t *n, Err *err) {
	Buf words = { 0 };
	search_words(text, &words);
	*n = 0;
	*out = NULL;
	bool ok = true;
	if (words.len > 0) {
		Query q = query_open(store,
		    EVENT_SELECT "JOIN event_text t ON t.rowid = e.seq WHERE event_text MATCH ? AND s.deleted = 0 "
		                 "ORDER BY t.rank, e.seq DESC LIMIT 500");
		query_text(&q, buf_view(&words));
		ok = hand_over(&q, arena, out, n, err);
	}
	buf_done(&words);
	return ok;
}
