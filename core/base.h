/* Ground of everything: slices, arenas, buffers with a ceiling, growing arrays, string maps, errors.
 *
 * Text is pointer and length (Str), UTF-8 unless said otherwise, and never owned by the slice. Memory of an
 * analysis comes from arenas that are freed whole. Nothing here knows about files of the project, a terminal or
 * a database, except base_file_read, which reads one file.
 *
 * Errors: what can fail is `bool f(..., Err *err)`; err is untouched on success, and on failure holds one finished
 * line without a newline ("cannot open 'x': No such file or directory"). err may be NULL. Running out of memory
 * goes through base_fatal, which never returns. */
#ifndef CORE_BASE_H
#define CORE_BASE_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h> /* free, which VEC_FREE expands to */

#if defined(__GNUC__)
#define BASE_PRINTF(fmt, args) __attribute__((format(printf, fmt, args)))
#define BASE_NORETURN __attribute__((noreturn))
#else
#define BASE_PRINTF(fmt, args)
#define BASE_NORETURN
#endif

#define BASE_COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* ---- errors ---- */

typedef struct Err {
	char text[1024]; /* one line, no newline; cut at a character boundary when longer */
} Err;

/* Writes the message (newlines become spaces) and returns false, so that `return err_set(err, ...)` reads well. */
bool err_set(Err *err, const char *fmt, ...) BASE_PRINTF(2, 3);

/* Called once with the message before the program aborts; the terminal's owner sets it to restore the screen. */
extern void (*base_fatal_hook)(void);
void base_fatal(const char *fmt, ...) BASE_PRINTF(1, 2) BASE_NORETURN;

/* malloc family that never returns NULL (base_fatal instead). Freed with free(). */
void *base_alloc(size_t size); /* zeroed */
void *base_realloc(void *old, size_t size);
char *base_strdup(const char *text);

/* ---- slices ---- */

typedef struct Str {
	const char *ptr; /* not NUL-terminated; may be NULL when len is 0 */
	size_t len;      /* bytes */
} Str;

#define STR(literal) ((Str) { (literal), sizeof(literal) - 1 })
#define STR_NONE ((Str) { NULL, 0 })
/* For printf: printf("%.*s", STR_ARG(s)) */
#define STR_ARG(s) (int)(s).len, (s).ptr ? (s).ptr : ""

Str str_of(const char *text);               /* of a NUL-terminated string; NULL gives the empty slice */
Str str_sub(Str s, size_t from, size_t to); /* bytes from..to, both clipped to the slice */
bool str_eq(Str a, Str b);
bool str_is(Str a, const char *b);
bool str_starts(Str s, const char *prefix);
bool str_ends(Str s, const char *suffix);
int str_cmp(Str a, Str b); /* byte order, as memcmp */
Str str_trim(Str s);       /* without ASCII white space at both ends */
/* First position of needle at or after from, or SIZE_MAX. */
size_t str_find(Str s, const char *needle, size_t from);
/* Takes the part of *rest before the separator (or all of it), advances *rest beyond. False when *rest is used up
 * (ptr NULL). An empty input gives one empty part, unless its ptr is NULL. */
bool str_split(Str *rest, char separator, Str *part);

/* ---- arenas ---- */

typedef struct ArenaBlock ArenaBlock;
typedef struct Arena {
	ArenaBlock *blocks; /* all-zero is a valid empty arena */
	size_t used;        /* bytes handed out, for figures */
} Arena;

void arena_done(Arena *arena);                /* frees everything and makes it empty again */
void arena_adopt(Arena *arena, Arena *from);  /* takes over all of from's memory; from is empty then */
void *arena_alloc(Arena *arena, size_t size); /* zeroed, aligned for any type; never NULL */
char *arena_strdup(Arena *arena, Str text);   /* NUL-terminated copy */
Str arena_str(Arena *arena, Str text);        /* copy (also NUL-terminated behind its end) */
Str arena_printf(Arena *arena, const char *fmt, ...) BASE_PRINTF(2, 3);
#define ARENA_NEW(arena, Type) ((Type *)arena_alloc((arena), sizeof(Type)))
#define ARENA_ARRAY(arena, Type, n) ((Type *)arena_array_((arena), sizeof(Type), (size_t)(n)))
void *arena_array_(Arena *arena, size_t item, size_t n); /* base_fatal when n * item overflows */

/* ---- growing arrays ----
 * VEC(T) name; VEC_PUSH(name) is an lvalue of a new zeroed last element; VEC_FREE(name) frees and empties it.
 * All-zero is empty. What is assigned to a VEC_PUSH must not look at the same array. In an arena use VEC_TO_ARENA to
 * move the finished array there. */
#define VEC(Type)                                                                                                      \
	struct {                                                                                                           \
		Type *at;                                                                                                      \
		size_t n, cap;                                                                                                 \
	}
#define VEC_PUSH(v) (*(vec_grow_(&(v).at, &(v).n, &(v).cap, sizeof(*(v).at)), &(v).at[(v).n - 1]))
#define VEC_FREE(v) (free((v).at), (v).at = NULL, (v).n = (v).cap = 0)
/* Copies the array into the arena and frees the heap copy; evaluates to the arena pointer. */
#define VEC_TO_ARENA(v, arena) vec_to_arena_(&(v).at, &(v).n, &(v).cap, sizeof(*(v).at), (arena))
void vec_grow_(void *at, size_t *n, size_t *cap, size_t item);
void *vec_to_arena_(void *at, size_t *n, size_t *cap, size_t item, Arena *arena);

/* ---- byte buffers with a ceiling (curl's dynbuf) ---- */

typedef struct Buf {
	char *ptr; /* always NUL-terminated when not NULL */
	size_t len, cap;
	size_t max;   /* ceiling in bytes; 0 means BUF_DEFAULT_MAX */
	bool too_big; /* something was refused, and everything after it: what is in the buffer is a prefix */
} Buf;
#define BUF_DEFAULT_MAX ((size_t)256 << 20)

void buf_done(Buf *buf);
/* Adds all or nothing: false and too_big when over the ceiling. The bytes must not lie in the buffer itself. */
bool buf_add(Buf *buf, const void *bytes, size_t len);
bool buf_str(Buf *buf, Str text);
bool buf_puts(Buf *buf, const char *text);
bool buf_putc(Buf *buf, char c);
bool buf_printf(Buf *buf, const char *fmt, ...) BASE_PRINTF(2, 3);
bool buf_vprintf(Buf *buf, const char *fmt, va_list args);
void buf_clear(Buf *buf); /* keeps the memory */
char *buf_take(Buf *buf); /* hands over the NUL-terminated text (never NULL), to be freed with free() */
Str buf_view(const Buf *buf);

/* ---- hashing and maps ---- */

uint64_t hash_bytes(
    uint64_t seed, const void *bytes, size_t len); /* FNV-1a, 64 bits, finished with a mix; the same on every machine */
uint64_t hash_u64(uint64_t seed, uint64_t value);
uint64_t hash_str(uint64_t seed, Str s);
#define HASH_SEED UINT64_C(0xcbf29ce484222325)

/* Map from text to a number or pointer; keys are borrowed and must outlive it. All-zero is empty. */
typedef struct MapSlot {
	Str key;
	uint64_t hash;
	uintptr_t value;
	bool used;
} MapSlot;
typedef struct Map {
	MapSlot *slots;
	size_t n, cap;
} Map;
void map_done(Map *map);
void map_put(Map *map, Str key, uintptr_t value); /* replaces */
/* Slot's value or NULL; the pointer is good until the next put. */
uintptr_t *map_get(const Map *map, Str key);

/* ---- files ---- */

/* Reads a whole regular file of at most max bytes into *out (free() it; NUL-terminated behind its end). Never opens
 * for writing, never blocks on a FIFO. */
bool base_file_read(const char *path, size_t max, char **out, size_t *len, Err *err);
/* Joins with one slash; absolute names replace the folder. free() it. */
char *base_path_join(const char *folder, const char *name);

#endif
