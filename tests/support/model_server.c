#include "core/posix.h"

#include "tests/support/model_server.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

struct ModelServer {
	int listener, port;
	int stop[2]; /* closing the writing end ends the thread */
	pthread_t thread;
	pthread_mutex_t lock; /* guards what follows */
	VEC(ServerReply) replies;
	size_t next_reply, connections;
	VEC(char *) requests;
	bool serving;
	uint64_t random;
};

static int listen_on(int port, int *got) {
	int fd = socket(AF_INET, SOCK_STREAM, 0), on = 1;
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port) };
	socklen_t len = sizeof address;
	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
	if (fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof address) != 0 || listen(fd, 8) != 0 ||
	    getsockname(fd, (struct sockaddr *)&address, &len) != 0) {
		if (fd >= 0) close(fd);
		return -1;
	}
	*got = ntohs(address.sin_port);
	return fd;
}

int server_free_port(void) {
	int port = -1, fd = listen_on(0, &port);
	if (fd >= 0) close(fd);
	return port;
}

int server_deaf_port(int fds[SERVER_DEAF_FDS]) {
	int port = -1;
	struct sockaddr_in address = { .sin_family = AF_INET };
	for (int i = 0; i < SERVER_DEAF_FDS; i++) fds[i] = -1;
	fds[0] = socket(AF_INET, SOCK_STREAM, 0);
	socklen_t len = sizeof address;
	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (fds[0] < 0 || bind(fds[0], (struct sockaddr *)&address, sizeof address) != 0 || listen(fds[0], 0) != 0 ||
	    getsockname(fds[0], (struct sockaddr *)&address, &len) != 0) {
		return -1;
	}
	port = ntohs(address.sin_port);
	for (int i = 1; i < SERVER_DEAF_FDS; i++) { /* nobody accepts them */
		fds[i] = socket(AF_INET, SOCK_STREAM, 0);
		fcntl(fds[i], F_SETFL, O_NONBLOCK);
		if (connect(fds[i], (struct sockaddr *)&address, sizeof address) != 0 && errno != EINPROGRESS) return -1;
	}
	return port;
}

/* Waits until fd is ready for the events; false when the server is being stopped. */
static bool ready(ModelServer *server, int fd, short events) {
	struct pollfd fds[2] = { { fd, events, 0 }, { server->stop[0], POLLIN, 0 } };
	while (poll(fds, 2, -1) < 0 && errno == EINTR) {}
	return fds[1].revents == 0;
}

static bool send_all(ModelServer *server, int fd, const char *bytes, size_t len) {
	while (len > 0) {
		if (!ready(server, fd, POLLOUT)) return false;
		ssize_t n = send(fd, bytes, len, 0);
		if (n < 0 && (errno == EINTR || errno == EAGAIN)) continue;
		if (n <= 0) return false;
		bytes += n;
		len -= (size_t)n;
	}
	return true;
}

static size_t next_piece(ModelServer *server, const ServerReply *reply, size_t left) {
	size_t piece = reply->piece;
	if (piece == 0) {
		server->random = hash_u64(server->random, left);
		piece = 1 + (size_t)(server->random % 40);
	}
	return piece < left ? piece : left;
}

static bool send_body(ModelServer *server, int fd, const ServerReply *reply) {
	size_t len = reply->body_len ? reply->body_len : reply->body ? strlen(reply->body) : 0;
	do {
		for (size_t at = 0; at < len;) {
			char head[32];
			size_t n = next_piece(server, reply, len - at);
			snprintf(head, sizeof head, "%zx\r\n", n);
			bool chunked = reply->frame == SERVER_CHUNKED;
			if (chunked && !send_all(server, fd, head, strlen(head))) return false;
			if (!send_all(server, fd, reply->body + at, n)) return false;
			if (chunked && !send_all(server, fd, "\r\n", 2)) return false;
			at += n;
		}
	} while (reply->endless && len > 0);
	return true;
}

static bool send_head(ModelServer *server, int fd, const ServerReply *reply) {
	Buf head = { 0 };
	size_t len = reply->body_len ? reply->body_len : reply->body ? strlen(reply->body) : 0;
	if (reply->frame == SERVER_RAW) return true;
	buf_printf(&head, "HTTP/1.%d %s\r\n", reply->frame != SERVER_CLOSE, reply->status ? reply->status : "200 OK");
	if (reply->headers) buf_puts(&head, reply->headers);
	if (reply->frame == SERVER_CHUNKED) buf_puts(&head, "Transfer-Encoding: chunked\r\n");
	if (reply->frame == SERVER_LENGTH) buf_printf(&head, "Content-Length: %zu\r\n", len);
	if (reply->frame == SERVER_LONGER) buf_printf(&head, "Content-Length: %zu\r\n", len + 1000);
	buf_puts(&head, "\r\n");
	bool ok = send_all(server, fd, head.ptr, head.len);
	buf_done(&head);
	return ok;
}

static size_t request_length(Str text) {
	size_t head = str_find(text, "\r\n\r\n", 0), at = str_find(text, "Content-Length: ", 0);
	if (head == SIZE_MAX) return SIZE_MAX;
	return head + 4 + (at < head ? (size_t)strtoul(text.ptr + at + 16, NULL, 10) : 0);
}

static bool read_request(ModelServer *server, int fd) {
	Buf text = { 0 };
	while (text.len < request_length(buf_view(&text))) {
		char piece[4096];
		ssize_t n = -1;
		if (ready(server, fd, POLLIN)) n = recv(fd, piece, sizeof piece, 0);
		if (n <= 0) {
			buf_done(&text);
			return false;
		}
		buf_add(&text, piece, (size_t)n);
	}
	pthread_mutex_lock(&server->lock);
	VEC_PUSH(server->requests) = buf_take(&text);
	pthread_mutex_unlock(&server->lock);
	return true;
}

static void hang(ModelServer *server, int fd) {
	char piece[256];
	while (ready(server, fd, POLLIN) && recv(fd, piece, sizeof piece, 0) > 0) {}
}

static void reset(int fd) {
	struct linger now = { 1, 0 };
	setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof now);
}

static void serve(ModelServer *server, int fd, const ServerReply *reply) {
	if (reply->when != SERVER_AT_ONCE) {
		if (!read_request(server, fd)) return;
		if (reply->when == SERVER_NEVER) {
			hang(server, fd);
			return;
		}
		if (!send_head(server, fd, reply) || !send_body(server, fd, reply)) return;
		if (reply->end == SERVER_END && reply->frame == SERVER_CHUNKED) send_all(server, fd, "0\r\n\r\n", 5);
	}
	if (reply->end == SERVER_HANG) hang(server, fd);
	if (reply->end == SERVER_RESET) reset(fd);
}

static void *run(void *user) {
	ModelServer *server = user;
	while (ready(server, server->listener, POLLIN)) {
		int fd = accept(server->listener, NULL, NULL), on = 1;
		if (fd < 0) continue;
		ServerReply reply = { .when = SERVER_AT_ONCE };
		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
		pthread_mutex_lock(&server->lock);
		if (server->next_reply < server->replies.n) reply = server->replies.at[server->next_reply++];
		server->connections++;
		server->serving = true;
		pthread_mutex_unlock(&server->lock);
		serve(server, fd, &reply);
		close(fd);
		pthread_mutex_lock(&server->lock);
		server->serving = false;
		pthread_mutex_unlock(&server->lock);
	}
	return NULL;
}

ModelServer *server_start(int port) {
	ModelServer *server = base_alloc(sizeof *server);
	server->random = 1;
	server->listener = listen_on(port, &server->port);
	if (server->listener < 0 || pipe(server->stop) != 0) {
		free(server);
		return NULL;
	}
	signal(SIGPIPE, SIG_IGN); /* a client that goes away is what these tests are about */
	pthread_mutex_init(&server->lock, NULL);
	if (pthread_create(&server->thread, NULL, run, server) != 0) base_fatal("cannot start a thread");
	return server;
}

void server_stop(ModelServer *server) {
	close(server->stop[1]);
	pthread_join(server->thread, NULL);
	close(server->stop[0]);
	close(server->listener);
	for (size_t i = 0; i < server->requests.n; i++) free(server->requests.at[i]);
	VEC_FREE(server->requests);
	VEC_FREE(server->replies);
	pthread_mutex_destroy(&server->lock);
	free(server);
}

int server_port(const ModelServer *server) { return server->port; }

void server_queue(ModelServer *server, ServerReply reply) {
	pthread_mutex_lock(&server->lock);
	VEC_PUSH(server->replies) = reply;
	pthread_mutex_unlock(&server->lock);
}

size_t server_requests(ModelServer *server) {
	pthread_mutex_lock(&server->lock);
	size_t n = server->requests.n;
	pthread_mutex_unlock(&server->lock);
	return n;
}

size_t server_connections(ModelServer *server) {
	pthread_mutex_lock(&server->lock);
	size_t n = server->connections;
	pthread_mutex_unlock(&server->lock);
	return n;
}

bool server_is_idle(ModelServer *server) {
	pthread_mutex_lock(&server->lock);
	bool idle = !server->serving;
	pthread_mutex_unlock(&server->lock);
	return idle;
}

char *server_request(ModelServer *server, size_t i) {
	pthread_mutex_lock(&server->lock);
	char *text = base_strdup(i < server->requests.n ? server->requests.at[i] : "");
	pthread_mutex_unlock(&server->lock);
	return text;
}
