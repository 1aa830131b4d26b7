#include "core/posix.h"

#include "core/base.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

void (*base_fatal_hook)(void);

void base_fatal(const char *fmt, ...) {
	if (base_fatal_hook) base_fatal_hook();
	va_list args;
	va_start(args, fmt);
	fputs("triptych: ", stderr);
	vfprintf(stderr, fmt, args);
	fputc('\n', stderr);
	va_end(args);
	abort();
}

bool err_set(Err *err, const char *fmt, ...) {
	if (!err) return false;
	char text[sizeof err->text + 4];
	va_list args;
	va_start(args, fmt);
	int n = vsnprintf(text, sizeof text, fmt, args);
	va_end(args);
	size_t len = n < 0 ? 0 : (size_t)n;
	if (len >= sizeof err->text) {
		len = sizeof err->text - 1;
		while (len > 0 && ((unsigned char)text[len] & 0xC0) == 0x80) len--;
	}
	for (size_t i = 0; i < len; i++) {
		if (text[i] == '\n' || text[i] == '\r') text[i] = ' ';
	}
	memcpy(err->text, text, len);
	err->text[len] = '\0';
	return false;
}

void *base_alloc(size_t size) {
	void *p = calloc(1, size ? size : 1);
	if (!p) base_fatal("out of memory (%zu bytes)", size);
	return p;
}

void *base_realloc(void *old, size_t size) {
	void *p = realloc(old, size ? size : 1);
	if (!p) base_fatal("out of memory (%zu bytes)", size);
	return p;
}

char *base_strdup(const char *text) {
	size_t len = strlen(text);
	char *copy = base_alloc(len + 1);
	memcpy(copy, text, len);
	return copy;
}

/* ---- slices ---- */

Str str_of(const char *text) { return (Str) { text, text ? strlen(text) : 0 }; }

Str str_sub(Str s, size_t from, size_t to) {
	if (to > s.len) to = s.len;
	if (from > to) from = to;
	return (Str) { s.ptr ? s.ptr + from : NULL, to - from };
}

bool str_eq(Str a, Str b) { return a.len == b.len && (a.len == 0 || memcmp(a.ptr, b.ptr, a.len) == 0); }
bool str_is(Str a, const char *b) { return str_eq(a, str_of(b)); }

bool str_starts(Str s, const char *prefix) {
	size_t n = strlen(prefix);
	return s.len >= n && (n == 0 || memcmp(s.ptr, prefix, n) == 0);
}

bool str_ends(Str s, const char *suffix) {
	size_t n = strlen(suffix);
	return s.len >= n && (n == 0 || memcmp(s.ptr + s.len - n, suffix, n) == 0);
}

int str_cmp(Str a, Str b) {
	size_t n = a.len < b.len ? a.len : b.len;
	int c = n ? memcmp(a.ptr, b.ptr, n) : 0;
	return c ? c : (a.len > b.len) - (a.len < b.len);
}

static bool is_space(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

Str str_trim(Str s) {
	while (s.len && is_space(s.ptr[s.len - 1])) s.len--;
	while (s.len && is_space(*s.ptr)) s.ptr++, s.len--;
	return s;
}

size_t str_find(Str s, const char *needle, size_t from) {
	size_t n = strlen(needle);
	for (size_t i = from; n <= s.len && i <= s.len - n; i++) {
		if (n == 0 || memcmp(s.ptr + i, needle, n) == 0) return i;
	}
	return SIZE_MAX;
}

bool str_split(Str *rest, char separator, Str *part) {
	if (!rest->ptr) return false;
	const char *at = rest->len ? memchr(rest->ptr, separator, rest->len) : NULL;
	if (!at) {
		*part = *rest;
		*rest = STR_NONE;
		return true;
	}
	size_t n = (size_t)(at - rest->ptr);
	*part = (Str) { rest->ptr, n };
	*rest = (Str) { at + 1, rest->len - n - 1 };
	return true;
}

/* ---- arenas ---- */

struct ArenaBlock {
	ArenaBlock *next;
	size_t used, cap;
	max_align_t data[];
};

enum { ARENA_BLOCK = 64 * 1024, ARENA_ALIGN = _Alignof(max_align_t) };

void arena_done(Arena *arena) {
	for (ArenaBlock *b = arena->blocks, *next; b; b = next) {
		next = b->next;
		free(b);
	}
	*arena = (Arena) { 0 };
}

void arena_adopt(Arena *arena, Arena *from) {
	ArenaBlock **end = &arena->blocks;
	while (*end) end = &(*end)->next;
	*end = from->blocks;
	arena->used += from->used;
	*from = (Arena) { 0 };
}

void *arena_alloc(Arena *arena, size_t size) {
	if (size > SIZE_MAX / 2) base_fatal("out of memory (%zu bytes)", size);
	size = (size + ARENA_ALIGN - 1) / ARENA_ALIGN * ARENA_ALIGN;
	ArenaBlock *b = arena->blocks;
	if (!b || b->cap - b->used < size) {
		size_t cap = size > ARENA_BLOCK ? size : ARENA_BLOCK;
		ArenaBlock *fresh = base_alloc(sizeof *fresh + cap);
		fresh->cap = cap;
		if (b && size > ARENA_BLOCK / 2) { /* a big one goes behind, so that the room left in front stays in use */
			fresh->next = b->next;
			b->next = fresh;
		} else {
			fresh->next = b;
			arena->blocks = fresh;
		}
		b = fresh;
	}
	void *p = (char *)b->data + b->used;
	b->used += size;
	arena->used += size;
	return p;
}

void *arena_array_(Arena *arena, size_t item, size_t n) {
	if (n > SIZE_MAX / 2 / item) base_fatal("out of memory (%zu items of %zu bytes)", n, item);
	return arena_alloc(arena, n * item);
}

char *arena_strdup(Arena *arena, Str text) {
	char *copy = arena_alloc(arena, text.len + 1);
	if (text.len) memcpy(copy, text.ptr, text.len);
	return copy;
}

Str arena_str(Arena *arena, Str text) { return (Str) { arena_strdup(arena, text), text.len }; }

Str arena_printf(Arena *arena, const char *fmt, ...) {
	va_list args, again;
	va_start(args, fmt);
	va_copy(again, args);
	int n = vsnprintf(NULL, 0, fmt, args);
	va_end(args);
	size_t len = n < 0 ? 0 : (size_t)n;
	char *text = arena_alloc(arena, len + 1);
	vsnprintf(text, len + 1, fmt, again);
	va_end(again);
	return (Str) { text, len };
}

/* ---- growing arrays ---- */

/* `at` is the address of a `T *`, which may not be read as a `void *`; its bytes may be copied. */
static void *vec_at(const void *at) {
	void *items;
	memcpy(&items, at, sizeof items);
	return items;
}

void vec_grow_(void *at, size_t *n, size_t *cap, size_t item) {
	void *items = vec_at(at);
	if (*n == *cap) {
		if (*cap > SIZE_MAX / 4 / item) base_fatal("out of memory (%zu items of %zu bytes)", *cap, item);
		*cap = *cap ? *cap * 2 : 8;
		items = base_realloc(items, *cap * item);
		memcpy(at, &items, sizeof items);
	}
	memset((char *)items + *n * item, 0, item);
	++*n;
}

void *vec_to_arena_(void *at, size_t *n, size_t *cap, size_t item, Arena *arena) {
	void *items = vec_at(at), *none = NULL;
	void *copy = arena_array_(arena, item, *n);
	if (*n) memcpy(copy, items, *n * item);
	free(items);
	memcpy(at, &none, sizeof none);
	*n = *cap = 0;
	return copy;
}

/* ---- buffers ---- */

void buf_done(Buf *buf) {
	free(buf->ptr);
	*buf = (Buf) { .max = buf->max };
}

bool buf_add(Buf *buf, const void *bytes, size_t len) {
	size_t max = buf->max ? buf->max : BUF_DEFAULT_MAX;
	if (max > SIZE_MAX / 4) max = SIZE_MAX / 4;
	/* once something was refused, so is the rest: what is there stays a prefix */
	if (buf->too_big || len > max || buf->len > max - len) {
		buf->too_big = true;
		return false;
	}
	if (buf->cap < buf->len + len + 1) {
		size_t cap = buf->cap ? buf->cap : 64;
		while (cap < buf->len + len + 1) cap *= 2;
		buf->ptr = base_realloc(buf->ptr, cap);
		buf->cap = cap;
	}
	if (len) memcpy(buf->ptr + buf->len, bytes, len);
	buf->len += len;
	buf->ptr[buf->len] = '\0';
	return true;
}

bool buf_str(Buf *buf, Str text) { return buf_add(buf, text.ptr, text.len); }
bool buf_puts(Buf *buf, const char *text) { return buf_add(buf, text, strlen(text)); }
bool buf_putc(Buf *buf, char c) { return buf_add(buf, &c, 1); }

bool buf_vprintf(Buf *buf, const char *fmt, va_list args) {
	char small[512];
	va_list again;
	va_copy(again, args);
	int n = vsnprintf(small, sizeof small, fmt, args);
	bool ok;
	if (n < 0) {
		buf->too_big = true;
		ok = false;
	} else if ((size_t)n < sizeof small) {
		ok = buf_add(buf, small, (size_t)n);
	} else {
		char *big = base_alloc((size_t)n + 1);
		vsnprintf(big, (size_t)n + 1, fmt, again);
		ok = buf_add(buf, big, (size_t)n);
		free(big);
	}
	va_end(again);
	return ok;
}

bool buf_printf(Buf *buf, const char *fmt, ...) {
	va_list args;
	va_start(args, fmt);
	bool ok = buf_vprintf(buf, fmt, args);
	va_end(args);
	return ok;
}

void buf_clear(Buf *buf) {
	buf->len = 0;
	buf->too_big = false;
	if (buf->ptr) buf->ptr[0] = '\0';
}

char *buf_take(Buf *buf) {
	char *text = buf->ptr ? buf->ptr : base_alloc(1);
	*buf = (Buf) { .max = buf->max };
	return text;
}

Str buf_view(const Buf *buf) { return (Str) { buf->ptr, buf->len }; }

/* ---- hashing and maps ---- */

/* The finaliser of MurmurHash3 (Appleby): spreads FNV's weak high bits. */
static uint64_t mix(uint64_t h) {
	h ^= h >> 33;
	h *= UINT64_C(0xff51afd7ed558ccd);
	h ^= h >> 33;
	h *= UINT64_C(0xc4ceb9fe1a85ec53);
	return h ^ (h >> 33);
}

uint64_t hash_bytes(uint64_t seed, const void *bytes, size_t len) {
	const unsigned char *p = bytes;
	uint64_t h = seed;
	for (size_t i = 0; i < len; i++) {
		h ^= p[i];
		h *= UINT64_C(0x100000001b3);
	}
	return mix(h);
}

uint64_t hash_u64(uint64_t seed, uint64_t value) {
	unsigned char bytes[8];
	for (int i = 0; i < 8; i++) bytes[i] = (unsigned char)(value >> (8 * i));
	return hash_bytes(seed, bytes, sizeof bytes);
}

uint64_t hash_str(uint64_t seed, Str s) { return hash_bytes(hash_u64(seed, s.len), s.ptr, s.len); }

void map_done(Map *map) {
	free(map->slots);
	*map = (Map) { 0 };
}

static MapSlot *map_slot(MapSlot *slots, size_t cap, Str key, uint64_t hash) {
	size_t i = (size_t)hash & (cap - 1);
	while (slots[i].used && !(slots[i].hash == hash && str_eq(slots[i].key, key))) i = (i + 1) & (cap - 1);
	return &slots[i];
}

static void map_grow(Map *map) {
	size_t cap = map->cap ? map->cap * 2 : 16;
	MapSlot *slots = base_alloc(cap * sizeof *slots);
	for (size_t i = 0; i < map->cap; i++) {
		if (map->slots[i].used) *map_slot(slots, cap, map->slots[i].key, map->slots[i].hash) = map->slots[i];
	}
	free(map->slots);
	map->slots = slots;
	map->cap = cap;
}

void map_put(Map *map, Str key, uintptr_t value) {
	if (map->n * 4 >= map->cap * 3) map_grow(map);
	uint64_t hash = hash_str(HASH_SEED, key);
	MapSlot *slot = map_slot(map->slots, map->cap, key, hash);
	if (!slot->used) {
		map->n++;
		*slot = (MapSlot) { .key = key, .hash = hash, .used = true };
	}
	slot->value = value;
}

uintptr_t *map_get(const Map *map, Str key) {
	if (!map->cap) return NULL;
	MapSlot *slot = map_slot(map->slots, map->cap, key, hash_str(HASH_SEED, key));
	return slot->used ? &slot->value : NULL;
}

/* ---- files ---- */

bool base_file_read(const char *path, size_t max, char **out, size_t *len, Err *err) {
	int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0) return err_set(err, "cannot open '%s': %s", path, strerror(errno));
	bool ok = false;
	char *text = NULL;
	size_t n = 0;
	struct stat st;
	if (fstat(fd, &st) != 0) {
		err_set(err, "cannot read '%s': %s", path, strerror(errno));
		goto out;
	}
	if (!S_ISREG(st.st_mode)) {
		err_set(err, "cannot read '%s': not a regular file", path);
		goto out;
	}
	size_t cap = (size_t)st.st_size + 1;
	if ((uintmax_t)st.st_size > max) {
		err_set(err, "cannot read '%s': larger than %zu bytes", path, max);
		goto out;
	}
	text = base_alloc(cap + 1);
	for (;;) {
		if (n > max) { /* it grew meanwhile, or its size isn't told */
			err_set(err, "cannot read '%s': larger than %zu bytes", path, max);
			goto out;
		}
		if (n == cap) {
			text = base_realloc(text, cap * 2 + 1);
			cap *= 2;
		}
		ssize_t got = read(fd, text + n, cap - n);
		if (got < 0 && errno == EINTR) continue;
		if (got < 0) {
			err_set(err, "cannot read '%s': %s", path, strerror(errno));
			goto out;
		}
		if (got == 0) break;
		n += (size_t)got;
	}
	text[n] = '\0';
	*out = text;
	*len = n;
	text = NULL;
	ok = true;
out:
	free(text);
	close(fd);
	return ok;
}

char *base_path_join(const char *folder, const char *name) {
	Buf buf = { 0 };
	if (*name != '/' && *folder) {
		buf_puts(&buf, folder);
		if (folder[strlen(folder) - 1] != '/') buf_putc(&buf, '/');
	}
	buf_puts(&buf, name);
	return buf_take(&buf);
}
