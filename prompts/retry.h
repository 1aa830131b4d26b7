/* Whether a request that failed may be sent again without asking, and when. Rules only: no clock, no connection. */
#ifndef PROMPTS_RETRY_H
#define PROMPTS_RETRY_H

#include "core/base.h"
#include "prompts/http.h"

typedef enum RetryVerdict {
	RETRY_NEVER,   /* it failed, and that is that: refused (4xx), not trusted, ... */
	RETRY_BY_HAND, /* may have been accepted, so may be billed */
	RETRY_WAIT,    /* was not accepted: again after wait_ms */
} RetryVerdict;

typedef struct RetryCase {
	HttpOutcome outcome;
	long status;            /* HTTP status, 0 when there was none */
	const char *code;       /* type or code of the error in the body, "" when there is none */
	const char *message;    /* its text */
	int64_t retry_after_ms; /* -1 when the response doesn't say */
	unsigned attempt;       /* of what has just failed, from 1 */
	double jitter;          /* 0..1, random */
} RetryCase;

enum {
	RETRY_ATTEMPTS = 5,             /* all together */
	RETRY_LOADING_ATTEMPTS = 300,   /* of a server that says it is loading its model; the total time limit ends it */
	RETRY_MAX_WAIT_MS = 300 * 1000, /* a service that wants more is told to the user instead */
};

/* wait_ms is set for RETRY_WAIT. *why (static text) says what isn't said by status and message: "the quota is exhausted". */
RetryVerdict retry_judge(const RetryCase *failed, int64_t *wait_ms, const char **why);

#endif
