/* Texts whose every byte carries an invisible mark through edits, so that afterwards the truth is known: which byte of the
 * edited port was which byte of the old one. What identity over rescans is tested against.
 *
 * A mark is a number from 1, in the order of the files as they were added; 0 stands for what an edit wrote, and a copy has
 * the mark of its original with MARK_COPY set. Moves keep marks. */
#ifndef TESTS_MARKED_H
#define TESTS_MARKED_H

#include "core/base.h"

#define MARK_COPY UINT32_C(0x80000000)

typedef struct MarkedFile {
	char *name; /* relative to the port's folder; heap */
	char *text; /* heap, NUL at its end */
	uint32_t *mark;
	size_t n, cap;
	uint32_t first; /* mark of its first byte when it was added; 0 for a file that an edit made */
	bool gone;
} MarkedFile;

typedef struct MarkedPort {
	VEC(MarkedFile) files;
	uint32_t next; /* mark, less one */
	uint64_t seed; /* of the random choices */
	int counter;   /* for names that must be new */
} MarkedPort;

/* Bytes of a file, end excluded. */
typedef struct MarkedRange {
	size_t file, start, end;
} MarkedRange;

void marked_done(MarkedPort *port);
/* Index of the new file. fresh: its bytes are an edit's, without marks. */
size_t marked_add(MarkedPort *port, const char *name, Str text, bool fresh);
MarkedPort marked_copy(const MarkedPort *port, uint64_t seed);
uint32_t marked_random(MarkedPort *port, uint32_t below);

/* Replaces bytes by text. keep: the new bytes take the marks of those they replace (a renamed thing is still that thing). */
void marked_replace(MarkedPort *port, MarkedRange what, const char *text, bool keep);
void marked_insert(MarkedPort *port, size_t file, size_t at, const char *text);
/* Takes the bytes to another place, or copies them there; at counts as before. */
void marked_move(MarkedPort *port, MarkedRange what, size_t file, size_t at);
void marked_duplicate(MarkedPort *port, MarkedRange what, size_t file, size_t at);
/* Copies them with the marks they have, for neighbours of which nobody can say which one is the original. */
void marked_twin(MarkedPort *port, MarkedRange what, size_t at);

/* Where the original bytes with marks from first to last lie now: from the first to the last of them, in the file that has
 * most of them. False when none is left. */
bool marked_find(const MarkedPort *port, uint32_t first, uint32_t last, MarkedRange *out);
/* How many bytes of the range, white space left out, have marks from first to last; of copies, when copies is set. */
size_t marked_overlap(const MarkedPort *port, MarkedRange in, uint32_t first, uint32_t last, bool copies);

#endif
