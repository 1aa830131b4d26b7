/* From the bytes of a response to its events, whatever the framing: server-sent events (as HTML's standard section 9.2.6
 * parses them), one JSON value a line (NDJSON), or JSON that a server sent bare where events were asked for.
 *
 * Bytes may come in any pieces. It knows lines and JSON's brackets, not what an event means: that is a provider's
 * business. LF, CRLF and CR end a line; a byte order mark at the start, comments, unknown fields and events without data
 * are dropped. A bare JSON value (one line or many) is an event by itself, and so is a line `error: {...}`, which old
 * llama.cpp servers send (ggml-org/llama.cpp PR 16109). */
#ifndef PROMPTS_STREAM_H
#define PROMPTS_STREAM_H

#include "core/base.h"

typedef struct StreamEvent {
	Str type; /* of the `event:` field; "error" for an `error:` line; else empty */
	Str data; /* without the framing; lines of several `data:` fields joined by LF */
	bool cut; /* the input ended inside it: data may be a beginning only */
} StreamEvent;

/* What the event points to is good until it returns. False: nothing more is wanted. */
typedef bool StreamSink(void *user, const StreamEvent *event);

typedef struct Stream {
	StreamSink *sink;
	void *user;
	size_t max_event; /* bytes of one event; more is an error */
	Buf line, data, type;
	bool has_data;  /* a data field was seen in the event being read */
	bool after_cr;  /* the last byte was CR: an LF now belongs to it */
	bool closed;    /* the sink wants no more */
	unsigned start; /* bytes of a byte order mark seen at the start; 3 when that is decided */
	bool bare;      /* inside a bare JSON value, collected in line */
	unsigned depth; /* of its brackets */
	bool in_string, in_escape;
} Stream;

enum { STREAM_MAX_EVENT = 8 << 20 };

void stream_init(Stream *stream, size_t max_event, StreamSink *sink, void *user);
void stream_done(Stream *stream);
/* Takes the next bytes. False with err only when an event is larger than max_event; after that, and after the sink
 * wanted no more, bytes are dropped. */
bool stream_feed(Stream *stream, Str bytes, Err *err);
/* The input ended: hands out what was still being read, marked cut. */
void stream_end(Stream *stream);

#endif
