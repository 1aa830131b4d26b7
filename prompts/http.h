/* HTTP requests to model servers, without blocking. The only file that knows curl.
 *
 * curl's multi handle is made with the first request and no earlier: until then there is no socket, no resolver thread,
 * no library state. Every request has a connection of its own, because curl sends a request again by itself when a kept
 * connection turns out dead, and what may have been billed is never sent twice unasked. Redirects are never followed
 * (curl hands custom headers such as x-api-key on to the new host), netrc isn't read, TLS is verified, only http and
 * https exist, plain http only where the caller allows it. Proxies come from the usual variables, except to this machine.
 *
 * Times are milliseconds of a monotonic clock, which tests replace. All calls belong to one thread. */
#ifndef PROMPTS_HTTP_H
#define PROMPTS_HTTP_H

#include "core/base.h"

#include <poll.h>

typedef struct Clock {
	int64_t (*now_ms)(void *user);    /* monotonic */
	int64_t (*unix_time)(void *user); /* seconds since 1970, for Retry-After with a date */
	void *user;
} Clock;
extern const Clock clock_system;

typedef struct Http Http;
Http *http_new(const Clock *clock); /* clock is borrowed; opens nothing */
void http_free(Http *http);         /* no transfer may live */

/* Parses a base address without opening or looking up anything. False with err when it isn't http(s), holds a user name
 * or password, or is plain http to another host than this machine without allow_plain. *loopback: localhost, 127/8, ::1. */
bool http_check_url(const char *url, bool allow_plain, bool *loopback, Err *err);
/* True when the address has no path of its own ("https://host", "https://host/"). */
bool http_url_is_bare(const char *url);
/* The host as written, lower case, in the buffer; false when there is none. */
bool http_url_host(const char *url, char *host, size_t size);

typedef enum HttpOutcome {
	HTTP_RUNNING,
	HTTP_COMPLETE,      /* the whole response came, whatever its status */
	HTTP_ENOUGH,        /* the sink wanted no more */
	HTTP_NO_CONNECTION, /* nothing was sent: name, connection, its time limit */
	HTTP_NOT_TRUSTED,   /* nothing was sent: the server's certificate, or TLS itself */
	HTTP_SILENT,        /* a time limit after the request was sent: silence or total */
	HTTP_CUT,           /* the response began and ended early (curl's code 18 and its like) */
	HTTP_BROKEN,        /* the connection ended without a response: reset, empty, not HTTP */
	HTTP_TOO_LARGE,     /* more bytes than allowed */
	HTTP_REFUSED,       /* the sink reported an error */
} HttpOutcome;

/* Takes the body of a response with status 2xx as it comes. */
typedef enum HttpTake { HTTP_MORE, HTTP_STOP, HTTP_FAIL } HttpTake;
typedef HttpTake HttpSink(void *user, Str bytes, Err *err);

typedef struct HttpRequest {
	const char *url;
	const char *const *headers; /* "Name: value", copied, and wiped after use */
	size_t n_headers;
	Str body;    /* borrowed until the transfer is freed; POST */
	bool direct; /* no proxy: the host is this machine */
	int64_t connect_ms;
	int64_t quiet_ms;       /* how long it may be silent once sent (http_set_quiet changes it) */
	const char *quiet_name; /* the setting's name, for the message; static */
	int64_t end_ms;         /* on the clock: when it must be over */
	size_t max_bytes;
	HttpSink *sink;
	void *user;
} HttpRequest;

typedef struct HttpTransfer HttpTransfer;
/* Begins it; NULL with err when curl refuses. Free with http_drop, at any time: that is the cancel, and it is immediate. */
HttpTransfer *http_start(Http *http, const HttpRequest *request, Err *err);
void http_drop(HttpTransfer *transfer);

/* Moves all transfers on; calls sinks. Never blocks. */
void http_step(Http *http);
/* Waits like poll for the given descriptors (revents set as poll does), for any transfer, for the next time limit of one,
 * or for timeout_ms (negative: no limit). Returns how many of fds have revents, or -1 with errno. http_step comes next. */
int http_wait(Http *http, struct pollfd *fds, size_t n, int timeout_ms);
bool http_is_made(const Http *http); /* whether curl has been asked for anything yet */

HttpOutcome http_outcome(const HttpTransfer *transfer);
const char *http_error(const HttpTransfer *transfer); /* in words; "" when the outcome needs none */
long http_status(const HttpTransfer *transfer);       /* 0 until the status line came */
bool http_is_sent(const HttpTransfer *transfer);      /* the connection stands; the request is on its way */
Str http_body(const HttpTransfer *transfer);          /* of a response other than 2xx: its first 64 KB */
/* From now on the transfer may be silent for so long; name is the setting's, static. */
void http_set_quiet(HttpTransfer *transfer, int64_t quiet_ms, const char *name);
/* Milliseconds that the response asks to wait (retry-after-ms, Retry-After in seconds or as a date), or -1. */
int64_t http_retry_after(const HttpTransfer *transfer);
const char *http_location(const HttpTransfer *transfer); /* where a redirect points to; NULL */

#endif
