#include "core/posix.h"

#include "prompts/http.h"

#include <ctype.h>
#include <curl/curl.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

enum { MAX_ERROR_BODY = 64 << 10, MAX_HEADERS = 256 << 10, MAX_WAIT_MS = 3600 * 1000 };

struct Http {
	const Clock *clock;
	CURLM *multi; /* NULL until the first request */
	HttpTransfer *transfers;
};

struct HttpTransfer {
	Http *http;
	HttpTransfer *next;
	CURL *easy;
	struct curl_slist *headers;
	HttpSink *sink;
	void *user;
	int64_t quiet_ms, end_ms, connect_ms, connect_end_ms;
	const char *quiet_name;
	int64_t heard_ms; /* when the last byte came, or the request went out */
	size_t bytes, max_bytes, header_bytes;
	bool sent, body_begun;
	long status;
	HttpOutcome outcome;
	Buf body;
	Err err;
	char detail[CURL_ERROR_SIZE];
	char *location;
	char retry_after[64], retry_after_ms[32];
};

/* ---- clock ---- */

static int64_t system_now(void *user) {
	(void)user;
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static int64_t system_time(void *user) {
	(void)user;
	return (int64_t)time(NULL);
}

const Clock clock_system = { system_now, system_time, NULL };

static int64_t now_of(const Http *http) { return http->clock->now_ms(http->clock->user); }

/* ---- addresses ---- */

/* curl writes every form of an IPv4 address ("127.1", "0x7f000001") as four decimal numbers. */
static bool is_ipv4(const char *host) {
	unsigned dots = 0;
	for (const char *p = host; *p; p++) {
		if (*p == '.') {
			dots++;
		} else if (*p < '0' || *p > '9') {
			return false;
		}
	}
	return dots == 3;
}

static bool is_loopback(const char *host) {
	if (strcasecmp(host, "localhost") == 0 || strcmp(host, "[::1]") == 0) return true;
	return is_ipv4(host) && strncmp(host, "127.", 4) == 0;
}

static bool has_part(CURLU *url, CURLUPart part) {
	char *text = NULL;
	bool has = curl_url_get(url, part, &text, 0) == CURLUE_OK && text && *text;
	curl_free(text);
	return has;
}

bool http_check_url(const char *url, bool allow_plain, bool *loopback, Err *err) {
	CURLU *parsed = curl_url();
	char *scheme = NULL, *host = NULL;
	bool ok = false;
	if (!parsed) base_fatal("out of memory");
	/* The address isn't repeated in errors before it is known to hold no password. */
	if (curl_url_set(parsed, CURLUPART_URL, url, 0) != CURLUE_OK ||
	    curl_url_get(parsed, CURLUPART_SCHEME, &scheme, 0) != CURLUE_OK ||
	    curl_url_get(parsed, CURLUPART_HOST, &host, 0) != CURLUE_OK) {
		err_set(err, "the model's address is not of the form https://host/path");
		goto out;
	}
	if (has_part(parsed, CURLUPART_USER) || has_part(parsed, CURLUPART_PASSWORD) || has_part(parsed, CURLUPART_QUERY) ||
	    has_part(parsed, CURLUPART_FRAGMENT)) {
		err_set(err, "the model's address holds a user name, password, query or fragment; a key belongs in a variable "
		             "(keyEnv)");
		goto out;
	}
	if (strcmp(scheme, "https") != 0 && strcmp(scheme, "http") != 0) {
		err_set(err, "%s: only http and https are possible", url);
		goto out;
	}
	*loopback = is_loopback(host);
	if (strcmp(scheme, "http") == 0 && !*loopback && !allow_plain) {
		err_set(err, "%s: plain http to another machine; use https, or set allowPlainHttp = true", url);
		goto out;
	}
	ok = true;
out:
	curl_free(scheme);
	curl_free(host);
	curl_url_cleanup(parsed);
	return ok;
}

static char *url_part(const char *url, CURLUPart part) {
	CURLU *parsed = curl_url();
	char *text = NULL;
	if (!parsed) base_fatal("out of memory");
	if (curl_url_set(parsed, CURLUPART_URL, url, 0) == CURLUE_OK) curl_url_get(parsed, part, &text, 0);
	curl_url_cleanup(parsed);
	return text;
}

bool http_url_is_bare(const char *url) {
	char *path = url_part(url, CURLUPART_PATH);
	bool bare = !path || strcmp(path, "/") == 0 || !*path;
	curl_free(path);
	return bare;
}

bool http_url_host(const char *url, char *host, size_t size) {
	char *text = url_part(url, CURLUPART_HOST);
	bool ok = text && *text && strlen(text) < size;
	if (ok) {
		for (size_t i = 0; i <= strlen(text); i++) host[i] = (char)tolower((unsigned char)text[i]);
	}
	curl_free(text);
	return ok;
}

/* ---- life ---- */

Http *http_new(const Clock *clock) {
	Http *http = base_alloc(sizeof *http);
	http->clock = clock;
	return http;
}

void http_free(Http *http) {
	if (!http) return;
	if (http->multi) {
		curl_multi_cleanup(http->multi);
		curl_global_cleanup();
	}
	free(http);
}

bool http_is_made(const Http *http) { return http->multi != NULL; }

static bool make_multi(Http *http, Err *err) {
	if (http->multi) return true;
	if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) return err_set(err, "cannot start libcurl");
	http->multi = curl_multi_init();
	if (!http->multi) {
		curl_global_cleanup();
		return err_set(err, "cannot start libcurl");
	}
	return true;
}

static void finish(HttpTransfer *t, HttpOutcome outcome) {
	if (t->outcome == HTTP_RUNNING) t->outcome = outcome;
}

/* Ends it from outside a callback: curl is told to forget it at once. */
static void abort_transfer(HttpTransfer *t, HttpOutcome outcome) {
	if (t->outcome != HTTP_RUNNING) return;
	curl_multi_remove_handle(t->http->multi, t->easy);
	finish(t, outcome);
}

/* ---- callbacks ---- */

static bool header_is(const char *line, size_t len, const char *name, Str *value) {
	size_t n = strlen(name);
	if (len <= n || line[n] != ':' || strncasecmp(line, name, n) != 0) return false;
	*value = str_trim((Str) { line + n + 1, len - n - 1 });
	return true;
}

static void keep_header(char *to, size_t size, Str value) {
	size_t n = value.len < size - 1 ? value.len : size - 1;
	memcpy(to, value.ptr, n);
	to[n] = '\0';
}

static size_t on_header(char *line, size_t size, size_t count, void *user) {
	HttpTransfer *t = user;
	size_t len = size * count;
	Str value;
	t->heard_ms = now_of(t->http);
	t->header_bytes += len;
	if (t->header_bytes > MAX_HEADERS) {
		err_set(&t->err, "the response's headers are larger than %d bytes", MAX_HEADERS);
		finish(t, HTTP_TOO_LARGE);
		return 0;
	}
	if (len > 5 && strncmp(line, "HTTP/", 5) == 0) {
		free(t->location);
		t->location = NULL;
		t->retry_after[0] = t->retry_after_ms[0] = '\0';
	} else if (header_is(line, len, "retry-after", &value)) {
		keep_header(t->retry_after, sizeof t->retry_after, value);
	} else if (header_is(line, len, "retry-after-ms", &value)) {
		keep_header(t->retry_after_ms, sizeof t->retry_after_ms, value);
	} else if (header_is(line, len, "location", &value) && !t->location) {
		Buf copy = { .max = 2048 };
		buf_str(&copy, value);
		t->location = buf_take(&copy);
	}
	return len;
}

static size_t on_body(char *bytes, size_t size, size_t count, void *user) {
	HttpTransfer *t = user;
	size_t len = size * count;
	t->heard_ms = now_of(t->http);
	t->body_begun = true;
	t->bytes += len;
	curl_easy_getinfo(t->easy, CURLINFO_RESPONSE_CODE, &t->status);
	if (t->bytes > t->max_bytes) {
		err_set(&t->err, "the response is larger than %zu bytes", t->max_bytes);
		finish(t, HTTP_TOO_LARGE);
		return 0;
	}
	if (t->status < 200 || t->status > 299) {
		size_t room = MAX_ERROR_BODY - t->body.len;
		buf_add(&t->body, bytes, len < room ? len : room);
		return len;
	}
	switch (t->sink(t->user, (Str) { bytes, len }, &t->err)) {
	case HTTP_MORE: return len;
	case HTTP_STOP: finish(t, HTTP_ENOUGH); break;
	case HTTP_FAIL: finish(t, HTTP_REFUSED); break;
	}
	return len + 1; /* not what came: curl ends the transfer */
}

/* ---- a request ---- */

static void set_options(HttpTransfer *t, const HttpRequest *request) {
	CURL *easy = t->easy;
	curl_easy_setopt(easy, CURLOPT_URL, request->url);
	curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
	curl_easy_setopt(easy, CURLOPT_HTTPHEADER, t->headers);
	curl_easy_setopt(easy, CURLOPT_POST, 1L);
	curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)request->body.len);
	curl_easy_setopt(easy, CURLOPT_POSTFIELDS, request->body.ptr);
	curl_easy_setopt(easy, CURLOPT_USERAGENT, "triptych/" TRIPTYCH_VERSION);
	curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
	curl_easy_setopt(easy, CURLOPT_FRESH_CONNECT, 1L);
	curl_easy_setopt(easy, CURLOPT_FORBID_REUSE, 1L);
	curl_easy_setopt(easy, CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
	/* curl keeps SIGPIPE away from its own calls unless told not to use signals; only a resolver that needs SIGALRM, which no
	 * usual build has, would be worse than that. */
	bool alarms = !(curl_version_info(CURLVERSION_NOW)->features & CURL_VERSION_ASYNCHDNS);
	curl_easy_setopt(easy, CURLOPT_NOSIGNAL, alarms ? 1L : 0L);
	/* our own limit ends it, with its name in the message; curl's is 300 s unless it is told another */
	curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, (long)request->connect_ms + 60000);
	curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, t->detail);
	curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, on_header);
	curl_easy_setopt(easy, CURLOPT_HEADERDATA, t);
	curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body);
	curl_easy_setopt(easy, CURLOPT_WRITEDATA, t);
	curl_easy_setopt(easy, CURLOPT_PRIVATE, t);
	if (request->direct) curl_easy_setopt(easy, CURLOPT_PROXY, "");
#if LIBCURL_VERSION_NUM >= 0x075700
	curl_easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L); /* a cancel doesn't wait for the resolver's thread */
#endif
}

static void wipe_headers(struct curl_slist *list) {
	for (struct curl_slist *it = list; it; it = it->next) {
		volatile char *p = it->data;
		for (size_t n = strlen(it->data); n > 0; n--) *p++ = 0;
	}
	curl_slist_free_all(list);
}

HttpTransfer *http_start(Http *http, const HttpRequest *request, Err *err) {
	if (!make_multi(http, err)) return NULL;
	HttpTransfer *t = base_alloc(sizeof *t);
	*t = (HttpTransfer) { .http = http,
		.sink = request->sink,
		.user = request->user,
		.quiet_ms = request->quiet_ms,
		.quiet_name = request->quiet_name,
		.connect_ms = request->connect_ms,
		.connect_end_ms = now_of(http) + request->connect_ms,
		.end_ms = request->end_ms,
		.max_bytes = request->max_bytes };
	t->easy = curl_easy_init();
	if (!t->easy) base_fatal("out of memory");
	/* Without an Expect header curl would ask leave to send a large body, and wait a second for servers that don't know it. */
	t->headers = curl_slist_append(NULL, "Expect:");
	for (size_t i = 0; i < request->n_headers; i++) t->headers = curl_slist_append(t->headers, request->headers[i]);
	set_options(t, request);
	CURLMcode code = curl_multi_add_handle(http->multi, t->easy);
	if (code != CURLM_OK) {
		err_set(err, "libcurl: %s", curl_multi_strerror(code));
		curl_easy_cleanup(t->easy);
		wipe_headers(t->headers);
		free(t);
		return NULL;
	}
	t->next = http->transfers;
	http->transfers = t;
	return t;
}

void http_drop(HttpTransfer *t) {
	if (!t) return;
	HttpTransfer **at = &t->http->transfers;
	while (*at != t) at = &(*at)->next;
	*at = t->next;
	curl_multi_remove_handle(t->http->multi, t->easy);
	curl_easy_cleanup(t->easy);
	wipe_headers(t->headers);
	buf_done(&t->body);
	free(t->location);
	free(t);
}

/* ---- moving on ---- */

static void explain(HttpTransfer *t, CURLcode code) {
	if (t->err.text[0]) return;
	err_set(&t->err, "%s", t->detail[0] ? t->detail : curl_easy_strerror(code));
}

static HttpOutcome classify(const HttpTransfer *t, CURLcode code) {
	switch (code) {
	case CURLE_OK: return HTTP_COMPLETE;
	case CURLE_COULDNT_RESOLVE_HOST:
	case CURLE_COULDNT_RESOLVE_PROXY:
	case CURLE_COULDNT_CONNECT: return HTTP_NO_CONNECTION;
	case CURLE_PEER_FAILED_VERIFICATION:
	case CURLE_SSL_CACERT_BADFILE:
	case CURLE_SSL_CERTPROBLEM:
	case CURLE_SSL_CIPHER:
	case CURLE_SSL_ISSUER_ERROR: return HTTP_NOT_TRUSTED;
	case CURLE_SSL_CONNECT_ERROR: return t->sent ? HTTP_BROKEN : HTTP_NOT_TRUSTED;
	case CURLE_OPERATION_TIMEDOUT: return t->sent ? HTTP_SILENT : HTTP_NO_CONNECTION;
	case CURLE_PARTIAL_FILE: return HTTP_CUT;
	default: break;
	}
	if (!t->sent) return HTTP_NO_CONNECTION;
	return t->body_begun ? HTTP_CUT : HTTP_BROKEN;
}

/* The request counts as sent when the connection, TLS included, stands: from then on it may have reached the service. */
static void note_sent(HttpTransfer *t) {
	curl_off_t ready = 0;
	long sent = 0;
	if (t->sent) return;
	curl_easy_getinfo(t->easy, CURLINFO_PRETRANSFER_TIME_T, &ready);
	curl_easy_getinfo(t->easy, CURLINFO_REQUEST_SIZE, &sent);
	if (ready <= 0 && sent <= 0) return;
	t->sent = true;
	t->heard_ms = now_of(t->http);
}

static void take_finished(Http *http) {
	int left;
	for (CURLMsg *m; (m = curl_multi_info_read(http->multi, &left));) {
		if (m->msg != CURLMSG_DONE) continue;
		HttpTransfer *t = NULL;
		CURLcode code = m->data.result;
		curl_easy_getinfo(m->easy_handle, CURLINFO_PRIVATE, (char **)&t);
		curl_easy_getinfo(t->easy, CURLINFO_RESPONSE_CODE, &t->status);
		note_sent(t);
		if (code != CURLE_OK && t->outcome == HTTP_RUNNING) explain(t, code);
		finish(t, classify(t, code));
	}
}

/* The limit that runs out next, on the clock. */
static int64_t limit_of(const HttpTransfer *t) {
	int64_t own = t->sent ? t->heard_ms + t->quiet_ms : t->connect_end_ms;
	return own < t->end_ms ? own : t->end_ms;
}

static void check_limit(HttpTransfer *t, int64_t now) {
	if (t->outcome != HTTP_RUNNING || now < limit_of(t)) return;
	if (!t->sent && now >= t->end_ms) {
		err_set(&t->err, "no connection within totalTimeout");
	} else if (!t->sent) {
		err_set(&t->err, "no connection within %g s (connectTimeout)", (double)t->connect_ms / 1000);
	} else if (now >= t->end_ms) {
		err_set(&t->err, "not finished within totalTimeout");
	} else {
		err_set(&t->err, "the server was silent for %g s (%s)", (double)t->quiet_ms / 1000, t->quiet_name);
	}
	abort_transfer(t, t->sent ? HTTP_SILENT : HTTP_NO_CONNECTION);
}

void http_step(Http *http) {
	int running;
	if (!http->multi) return;
	curl_multi_perform(http->multi, &running);
	for (HttpTransfer *t = http->transfers; t; t = t->next) {
		if (t->outcome == HTTP_RUNNING) note_sent(t);
	}
	take_finished(http);
	int64_t now = now_of(http);
	for (HttpTransfer *t = http->transfers; t; t = t->next) check_limit(t, now);
}

static int nearest_limit(const Http *http, int timeout_ms) {
	int64_t now = now_of(http), wait = timeout_ms < 0 ? MAX_WAIT_MS : timeout_ms;
	for (const HttpTransfer *t = http->transfers; t; t = t->next) {
		int64_t left = limit_of(t) - now;
		if (t->outcome == HTTP_RUNNING && left < wait) wait = left;
	}
	return wait < 0 ? 0 : (int)wait;
}

int http_wait(Http *http, struct pollfd *fds, size_t n, int timeout_ms) {
	if (!http->multi) return poll(fds, (nfds_t)n, timeout_ms);
	struct curl_waitfd *extra = base_alloc((n + 1) * sizeof *extra);
	for (size_t i = 0; i < n; i++) {
		extra[i].fd = fds[i].fd;
		extra[i].events = (short)((fds[i].events & POLLIN ? CURL_WAIT_POLLIN : 0) |
		                          (fds[i].events & POLLPRI ? CURL_WAIT_POLLPRI : 0) |
		                          (fds[i].events & POLLOUT ? CURL_WAIT_POLLOUT : 0));
	}
	CURLMcode code = curl_multi_poll(http->multi, extra, (unsigned)n, nearest_limit(http, timeout_ms), NULL);
	free(extra);
	if (code != CURLM_OK) {
		errno = EIO;
		return -1;
	}
	/* curl drops POLLHUP and POLLERR, so what became ready is asked again, without waiting. */
	return poll(fds, (nfds_t)n, 0);
}

/* ---- what became of it ---- */

HttpOutcome http_outcome(const HttpTransfer *t) { return t->outcome; }
const char *http_error(const HttpTransfer *t) { return t->err.text; }
long http_status(const HttpTransfer *t) { return t->status; }
bool http_is_sent(const HttpTransfer *t) { return t->sent; }
Str http_body(const HttpTransfer *t) { return buf_view(&t->body); }

void http_set_quiet(HttpTransfer *t, int64_t quiet_ms, const char *name) {
	t->quiet_ms = quiet_ms;
	t->quiet_name = name;
}

const char *http_location(const HttpTransfer *t) { return t->location; }

static bool digits_of(const char *text, double *value) {
	*value = 0;
	double place = 0;
	if (!*text) return false;
	for (; *text; text++) {
		if (*text == '.' && place <= 0) {
			place = 1;
			continue;
		}
		if (*text < '0' || *text > '9') return false;
		*value = *value * 10 + (*text - '0');
		if (place > 0) place *= 10;
	}
	if (place > 0) *value /= place;
	return true;
}

int64_t http_retry_after(const HttpTransfer *t) {
	double value;
	const double most = 30.0 * 24 * 3600 * 1000;
	if (digits_of(t->retry_after_ms, &value)) return (int64_t)(value < most ? value : most);
	if (digits_of(t->retry_after, &value)) return (int64_t)(value * 1000 < most ? value * 1000 : most);
	if (!t->retry_after[0]) return -1;
	time_t date = curl_getdate(t->retry_after, NULL);
	if (date == (time_t)-1) return -1;
	int64_t left = (int64_t)date - t->http->clock->unix_time(t->http->clock->user);
	return left > 0 ? left * 1000 : 0;
}
