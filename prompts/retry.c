#include "core/posix.h"

#include "prompts/retry.h"

#include <string.h>

static bool says(const char *text, const char *const *words, size_t n) {
	for (size_t i = 0; i < n; i++) {
		size_t len = strlen(words[i]);
		for (const char *p = text; *p; p++) {
			size_t k = 0;
			while (k < len && p[k] && (p[k] >= 'A' && p[k] <= 'Z' ? p[k] + 32 : p[k]) == words[i][k]) k++;
			if (k == len) return true;
		}
	}
	return false;
}

/* A 429 that waiting doesn't cure: money or a plan is used up. */
static bool quota_is_exhausted(const RetryCase *failed) {
	static const char *const codes[] = { "insufficient_quota", "billing", "quota_exceeded", "credits",
		"payment_required" };
	static const char *const words[] = { "insufficient_quota", "exceeded your current quota",
		"check your plan and billing", "credit balance", "insufficient balance", "insufficient credits" };
	return says(failed->code, codes, BASE_COUNT(codes)) || says(failed->message, words, BASE_COUNT(words));
}

static bool is_loading(const RetryCase *failed) {
	static const char *const words[] = { "loading" };
	return failed->status == 503 && says(failed->message, words, BASE_COUNT(words));
}

/* 1, 2, 4, 8 s ..., at most 30, between half of it and all of it; a loading server is asked every second or two. What the
 * service says is the least, with up to a tenth more so that many clients don't come back in one moment. */
static int64_t wait_for(const RetryCase *failed) {
	if (failed->retry_after_ms >= 0) {
		return failed->retry_after_ms + (int64_t)((double)failed->retry_after_ms * 0.1 * failed->jitter);
	}
	int64_t step = 1000;
	for (unsigned i = 1; i < failed->attempt && step < 30000; i++) step *= 2;
	if (step > 30000) step = 30000;
	if (is_loading(failed)) step = 2000;
	return step / 2 + (int64_t)((double)step / 2 * failed->jitter);
}

static RetryVerdict judge_status(const RetryCase *failed, const char **why) {
	switch (failed->status) {
	case 429:
		if (!quota_is_exhausted(failed)) return RETRY_WAIT;
		*why = "the quota is exhausted: waiting does not help";
		return RETRY_NEVER;
	case 503:
	case 529: return RETRY_WAIT;
	case 408: return RETRY_BY_HAND;
	default: return failed->status >= 300 && failed->status < 500 ? RETRY_NEVER : RETRY_BY_HAND;
	}
}

/* A status says it all, also when the rest of that response was cut. */
static RetryVerdict judge(const RetryCase *failed, const char **why) {
	if (failed->status > 0) return judge_status(failed, why);
	switch (failed->outcome) {
	case HTTP_NO_CONNECTION: return RETRY_WAIT;
	case HTTP_NOT_TRUSTED: return RETRY_NEVER;
	default: return RETRY_BY_HAND;
	}
}

RetryVerdict retry_judge(const RetryCase *failed, int64_t *wait_ms, const char **why) {
	*why = "";
	*wait_ms = 0;
	RetryVerdict verdict = judge(failed, why);
	if (verdict != RETRY_WAIT) return verdict;
	*wait_ms = wait_for(failed);
	if (failed->attempt >= (is_loading(failed) ? (unsigned)RETRY_LOADING_ATTEMPTS : (unsigned)RETRY_ATTEMPTS)) {
		*why = "tried several times";
		return RETRY_NEVER;
	}
	if (failed->retry_after_ms > RETRY_MAX_WAIT_MS) {
		*why = "the service asks to wait longer than five minutes";
		return RETRY_NEVER;
	}
	return RETRY_WAIT;
}
