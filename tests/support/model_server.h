/* A model server that misbehaves on demand, on 127.0.0.1 only, in a thread of the test.
 *
 * Each connection takes the next of the queued replies; when none is left, the connection is closed without a byte. What
 * came in is kept, so that a test can count requests and read them. Nothing sleeps: a server that "hangs" waits until the
 * other side goes away or the server is stopped. */
#ifndef TESTS_MODEL_SERVER_H
#define TESTS_MODEL_SERVER_H

#include "core/base.h"

typedef enum ServerFrame {
	SERVER_CHUNKED, /* HTTP/1.1, chunked */
	SERVER_LENGTH,  /* HTTP/1.1 with Content-Length */
	SERVER_LONGER,  /* ... which promises more than comes */
	SERVER_CLOSE,   /* HTTP/1.0, ended by closing */
	SERVER_RAW,     /* body alone, no status line or headers */
} ServerFrame;

typedef enum ServerEnd {
	SERVER_END,   /* as the framing wants it */
	SERVER_STOP,  /* closes in the middle: no last chunk */
	SERVER_RESET, /* resets the connection */
	SERVER_HANG,  /* says nothing more */
} ServerEnd;

typedef enum ServerWhen {
	SERVER_AFTER_REQUEST, /* reads the request, then replies */
	SERVER_AT_ONCE,       /* closes or resets before reading anything */
	SERVER_NEVER,         /* reads the request and says nothing */
} ServerWhen;

typedef struct ServerReply {
	const char *status;  /* "200 OK" (NULL too) */
	const char *headers; /* further lines, each with "\r\n"; NULL */
	const char *body;    /* NULL: empty */
	size_t body_len;     /* 0: strlen(body) */
	size_t piece;        /* bytes a write; 0: pieces of random length */
	ServerFrame frame;
	ServerEnd end;
	ServerWhen when;
	bool endless; /* the body again and again */
} ServerReply;

typedef struct ModelServer ModelServer;
ModelServer *server_start(int port); /* 0: a free one. NULL when it can't listen */
void server_stop(ModelServer *server);
int server_port(const ModelServer *server);
void server_queue(ModelServer *server, ServerReply reply); /* texts are borrowed until server_stop */
size_t server_requests(ModelServer *server);               /* connections on which a request came whole */
size_t server_connections(ModelServer *server);
bool server_is_idle(ModelServer *server); /* no connection is being served */
/* Head and body of the request with that number, from 0; free() it. */
char *server_request(ModelServer *server, size_t i);
/* A port of this machine on which nobody listens. */
int server_free_port(void);
/* A port on which connections never come to stand: its queue is full, so that the machine answers nothing. fds are to be closed. */
enum { SERVER_DEAF_FDS = 8 };
int server_deaf_port(int fds[SERVER_DEAF_FDS]);

#endif
