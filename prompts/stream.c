#include "core/posix.h"

#include "prompts/stream.h"

#include <string.h>

void stream_init(Stream *stream, size_t max_event, StreamSink *sink, void *user) {
	*stream = (Stream) { .sink = sink, .user = user, .max_event = max_event };
	stream->line.max = stream->data.max = stream->type.max = max_event;
}

void stream_done(Stream *stream) {
	buf_done(&stream->line);
	buf_done(&stream->data);
	buf_done(&stream->type);
}

static void emit(Stream *stream, Str type, Str data, bool cut) {
	StreamEvent event = { .type = type, .data = data, .cut = cut };
	if (!stream->closed && !stream->sink(stream->user, &event)) stream->closed = true;
}

static void dispatch(Stream *stream, bool cut) {
	if (stream->has_data && stream->data.len > 0) emit(stream, buf_view(&stream->type), buf_view(&stream->data), cut);
	stream->has_data = false;
	buf_clear(&stream->data);
	buf_clear(&stream->type);
}

static void take_field(Stream *stream, Str line) {
	size_t colon = str_find(line, ":", 0);
	if (colon == 0) return; /* a comment: OpenRouter's and mlx_lm's keep-alives */
	Str name = str_sub(line, 0, colon), value = colon == SIZE_MAX ? STR_NONE : str_sub(line, colon + 1, line.len);
	if (str_starts(value, " ")) value = str_sub(value, 1, value.len);
	if (str_is(name, "data")) {
		if (stream->has_data) buf_putc(&stream->data, '\n');
		buf_str(&stream->data, value);
		stream->has_data = true;
	} else if (str_is(name, "event")) {
		buf_clear(&stream->type);
		buf_str(&stream->type, value);
	} else if (str_is(name, "error")) {
		dispatch(stream, false);
		emit(stream, STR("error"), value, false);
	}
}

static void end_line(Stream *stream) {
	if (stream->line.len == 0) {
		dispatch(stream, false);
	} else {
		take_field(stream, buf_view(&stream->line));
	}
	buf_clear(&stream->line);
}

static void end_bare(Stream *stream, bool cut) {
	emit(stream, STR_NONE, buf_view(&stream->line), cut);
	buf_clear(&stream->line);
	stream->bare = stream->in_string = stream->in_escape = false;
	stream->depth = 0;
}

/* Follows the brackets of a bare value to its end. A line break inside a string ends it too: no JSON has one, so the
 * rest is another line's. */
static void take_bare(Stream *stream, char c) {
	if (stream->in_string && (c == '\n' || c == '\r')) {
		end_bare(stream, false);
		return;
	}
	buf_putc(&stream->line, c);
	if (stream->in_escape) {
		stream->in_escape = false;
	} else if (stream->in_string) {
		if (c == '\\') stream->in_escape = true;
		if (c == '"') stream->in_string = false;
	} else if (c == '"') {
		stream->in_string = true;
	} else if (c == '{' || c == '[') {
		stream->depth++;
	} else if ((c == '}' || c == ']') && --stream->depth == 0) {
		end_bare(stream, false);
	}
}

static void take_byte(Stream *stream, char c) {
	if (stream->bare) {
		take_bare(stream, c);
		return;
	}
	if (c == '\n' && stream->after_cr) {
		stream->after_cr = false;
		return;
	}
	stream->after_cr = c == '\r';
	if (c == '\n' || c == '\r') {
		end_line(stream);
	} else if ((c == '{' || c == '[') && str_trim(buf_view(&stream->line)).len == 0) {
		dispatch(stream, false);
		buf_clear(&stream->line);
		stream->bare = true;
		take_bare(stream, c);
	} else {
		buf_putc(&stream->line, c);
	}
}

/* A byte order mark may itself come in pieces; bytes that only began like one are given back. */
static void take_start(Stream *stream, char c) {
	static const char mark[] = "\xEF\xBB\xBF";
	if (c == mark[stream->start]) {
		stream->start++;
		return;
	}
	unsigned seen = stream->start;
	stream->start = 3;
	for (unsigned i = 0; i < seen; i++) take_byte(stream, mark[i]);
	take_byte(stream, c);
}

bool stream_feed(Stream *stream, Str bytes, Err *err) {
	for (size_t i = 0; i < bytes.len && !stream->closed; i++) {
		if (stream->start < 3) {
			take_start(stream, bytes.ptr[i]);
		} else {
			take_byte(stream, bytes.ptr[i]);
		}
		if (stream->line.too_big || stream->data.too_big) {
			stream->closed = true;
			return err_set(err, "the server sent an event larger than %zu bytes", stream->max_event);
		}
	}
	return true;
}

void stream_end(Stream *stream) {
	if (stream->bare) {
		end_bare(stream, true);
	} else if (stream->line.len > 0) {
		end_line(stream);
	}
	dispatch(stream, true);
}
