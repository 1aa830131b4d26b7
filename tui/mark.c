#include "core/posix.h"

#include "tui/mark.h"

#include <stdio.h>

Mark mark_of_verdict(Verdict verdict) {
	static const Mark marks[VERDICT_COUNT] = {
		[VERDICT_NONE] = { "○", ROLE_TEXT, "open" },
		[VERDICT_ACCEPT] = { "✓", ROLE_GOOD, "accepted" },
		[VERDICT_REJECT] = { "✗", ROLE_BAD, "rejected" },
		[VERDICT_DEFER] = { "…", ROLE_DIM, "deferred" },
		[VERDICT_MEASURE] = { "◐", ROLE_WARN, "measure first" },
	};
	return marks[verdict < VERDICT_COUNT ? verdict : VERDICT_NONE];
}

Mark mark_of_item(const WalkItem *item) {
	if (item->done) return (Mark) { "✔", ROLE_GOOD, "done" };
	if (item->state == STATE_CHANGED || item->state == STATE_UNCERTAIN)
		return (Mark) { "!", ROLE_WARN, state_words(item->state) };
	return mark_of_verdict(item->verdict);
}

/* Days from 1970-01-01 to a civil date (Howard Hinnant, chrono-compatible low-level date algorithms). */
static int64_t days_from_civil(int64_t y, unsigned m, unsigned d) {
	y -= m <= 2;
	int64_t era = (y >= 0 ? y : y - 399) / 400;
	unsigned yoe = (unsigned)(y - era * 400);
	unsigned doy = (153 * (m + (m > 2 ? -3u : 9u)) + 2) / 5 + d - 1;
	unsigned doe = yoe * 365 + yoe / 4 - yoe / 100 + doy;
	return era * 146097 + (int64_t)doe - 719468;
}

/* n digits at a place of an RFC 3339 time; false when one is none. */
static bool digits(Str time, size_t from, size_t n, unsigned *out) {
	*out = 0;
	for (size_t i = from; i < from + n; i++) {
		if (time.ptr[i] < '0' || time.ptr[i] > '9') return false;
		*out = *out * 10 + (unsigned)(time.ptr[i] - '0');
	}
	return true;
}

static bool seconds_of(Str time, int64_t *out, unsigned *year, unsigned *month) {
	unsigned y, mo, d, h, mi, s;
	if (time.len < 19) return false;
	if (!digits(time, 0, 4, &y) || !digits(time, 5, 2, &mo) || !digits(time, 8, 2, &d)) return false;
	if (!digits(time, 11, 2, &h) || !digits(time, 14, 2, &mi) || !digits(time, 17, 2, &s)) return false;
	if (mo < 1 || mo > 12 || d < 1 || d > 31) return false;
	*out = days_from_civil((int64_t)y, mo, d) * 86400 + (int64_t)(h * 3600 + mi * 60 + s);
	*year = y;
	*month = mo;
	return true;
}

static void ago(Buf *out, int64_t n, const char *unit) {
	buf_printf(out, "%lld %s%s ago", (long long)n, unit, n == 1 ? "" : "s");
}

void mark_age(Str time, int64_t now, Buf *out) {
	static const char *const months[] = { "January", "February", "March", "April", "May", "June", "July", "August",
		"September", "October", "November", "December" };
	int64_t then;
	unsigned year, month;
	if (!seconds_of(time, &then, &year, &month)) {
		buf_str(out, time);
		return;
	}
	int64_t age = now - then;
	if (age < 60)
		buf_puts(out, "just now");
	else if (age < 3600)
		ago(out, age / 60, "minute");
	else if (age < 86400)
		ago(out, age / 3600, "hour");
	else if (age < 2 * 86400)
		buf_puts(out, "yesterday");
	else if (age < 14 * 86400)
		ago(out, age / 86400, "day");
	else if (age < 60 * 86400)
		ago(out, age / (7 * 86400), "week");
	else
		buf_printf(out, "in %s %u", months[month - 1], year);
}
