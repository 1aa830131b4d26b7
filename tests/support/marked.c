#include "core/posix.h"

#include "tests/support/marked.h"

#include <stdlib.h>
#include <string.h>

void marked_done(MarkedPort *port) {
	for (size_t i = 0; i < port->files.n; i++) {
		free(port->files.at[i].name);
		free(port->files.at[i].text);
		free(port->files.at[i].mark);
	}
	VEC_FREE(port->files);
}

static void reserve(MarkedFile *f, size_t n) {
	if (n + 1 <= f->cap) return;
	f->cap = (n + 1) * 2;
	f->text = base_realloc(f->text, f->cap);
	f->mark = base_realloc(f->mark, f->cap * sizeof *f->mark);
}

size_t marked_add(MarkedPort *port, const char *name, Str text, bool fresh) {
	MarkedFile f = { .name = base_strdup(name), .n = text.len, .first = fresh ? 0 : port->next + 1 };
	reserve(&f, text.len);
	if (text.len) memcpy(f.text, text.ptr, text.len);
	f.text[f.n] = '\0';
	for (size_t i = 0; i < f.n; i++) f.mark[i] = fresh ? 0 : ++port->next;
	VEC_PUSH(port->files) = f;
	return port->files.n - 1;
}

MarkedPort marked_copy(const MarkedPort *port, uint64_t seed) {
	MarkedPort copy = { .next = port->next, .seed = seed * UINT64_C(2654435761) + 1 };
	for (size_t i = 0; i < port->files.n; i++) {
		const MarkedFile *f = &port->files.at[i];
		MarkedFile c = { .name = base_strdup(f->name), .n = f->n, .first = f->first, .gone = f->gone };
		reserve(&c, f->n);
		memcpy(c.text, f->text, f->n + 1);
		memcpy(c.mark, f->mark, f->n * sizeof *c.mark);
		VEC_PUSH(copy.files) = c;
	}
	return copy;
}

uint32_t marked_random(MarkedPort *port, uint32_t below) {
	port->seed = port->seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return below ? (uint32_t)(port->seed >> 33) % below : 0;
}

/* Makes room for n bytes in place of those from start to end. */
static void open_gap(MarkedFile *f, size_t start, size_t end, size_t n) {
	size_t tail = f->n - end;
	reserve(f, start + n + tail);
	memmove(f->text + start + n, f->text + end, tail + 1);
	memmove(f->mark + start + n, f->mark + end, tail * sizeof *f->mark);
	f->n = start + n + tail;
}

void marked_replace(MarkedPort *port, MarkedRange what, const char *text, bool keep) {
	MarkedFile *f = &port->files.at[what.file];
	size_t n = strlen(text), old = what.end - what.start;
	uint32_t *marks = base_alloc((n + 1) * sizeof *marks);
	for (size_t i = 0; i < n && keep && old; i++) marks[i] = f->mark[what.start + (i < old ? i : old - 1)];
	open_gap(f, what.start, what.end, n);
	memcpy(f->text + what.start, text, n);
	memcpy(f->mark + what.start, marks, n * sizeof *marks);
	free(marks);
}

void marked_insert(MarkedPort *port, size_t file, size_t at, const char *text) {
	marked_replace(port, (MarkedRange) { file, at, at }, text, false);
}

static void put_bytes(MarkedFile *f, size_t at, const char *text, const uint32_t *mark, size_t n, uint32_t flag) {
	open_gap(f, at, at, n);
	memcpy(f->text + at, text, n);
	for (size_t i = 0; i < n; i++) f->mark[at + i] = mark[i] ? mark[i] | flag : 0;
}

static void transfer(MarkedPort *port, MarkedRange what, size_t file, size_t at, bool move, uint32_t flag) {
	MarkedFile *from = &port->files.at[what.file];
	size_t n = what.end - what.start;
	char *text = base_alloc(n + 1);
	uint32_t *mark = base_alloc((n + 1) * sizeof *mark);
	memcpy(text, from->text + what.start, n);
	memcpy(mark, from->mark + what.start, n * sizeof *mark);
	if (move) {
		open_gap(from, what.start, what.end, 0);
		if (file == what.file && at >= what.end) at -= n;
	}
	put_bytes(&port->files.at[file], at, text, mark, n, flag);
	free(text);
	free(mark);
}

void marked_move(MarkedPort *port, MarkedRange what, size_t file, size_t at) {
	transfer(port, what, file, at, true, 0);
}

void marked_duplicate(MarkedPort *port, MarkedRange what, size_t file, size_t at) {
	transfer(port, what, file, at, false, MARK_COPY);
}

void marked_twin(MarkedPort *port, MarkedRange what, size_t at) { transfer(port, what, what.file, at, false, 0); }

bool marked_find(const MarkedPort *port, uint32_t first, uint32_t last, MarkedRange *out) {
	size_t most = 0;
	for (size_t i = 0; i < port->files.n; i++) {
		const MarkedFile *f = &port->files.at[i];
		size_t n = 0;
		MarkedRange r = { i, 0, 0 };
		for (size_t k = 0; k < f->n && !f->gone; k++) {
			if (f->mark[k] < first || f->mark[k] > last) continue;
			if (n++ == 0) r.start = k;
			r.end = k + 1;
		}
		if (n <= most) continue;
		most = n;
		*out = r;
	}
	return most > 0;
}

size_t marked_overlap(const MarkedPort *port, MarkedRange in, uint32_t first, uint32_t last, bool copies) {
	const MarkedFile *f = &port->files.at[in.file];
	size_t n = 0;
	for (size_t i = in.start; i < in.end && i < f->n; i++) {
		if (strchr(" \t\r\n", f->text[i])) continue;
		uint32_t mark = copies ? f->mark[i] & ~MARK_COPY : f->mark[i];
		n += mark >= first && mark <= last;
	}
	return n;
}
