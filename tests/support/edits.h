/* Ports as lists of lines that remember which candidate they were, and edits as people make them to code: what identity over
 * rescans is tested against. A line's truth (from 1, 0 for none) goes with it through every edit; copies have none. */
#ifndef TESTS_EDITS_H
#define TESTS_EDITS_H

#include "core/base.h"
#include "tests/support/fake_scan.h"

typedef struct EditLine {
	char *text; /* without line end; heap */
	int truth;
	int copy_of; /* truth of the line that this one was copied from */
} EditLine;

typedef struct EditFile {
	char name[64];
	VEC(EditLine) lines;
	bool crlf;
} EditFile;

enum { EDIT_FILES = 4 };

typedef struct EditPort {
	EditFile files[EDIT_FILES];
	size_t n_files;
	uint64_t seed; /* of the random choices */
	int counter;   /* for names that must be new */
} EditPort;

typedef struct EditClass {
	const char *name;
	bool (*apply)(EditPort *port); /* false: there was nothing to do it to */
} EditClass;
extern const EditClass EDIT_CLASSES[];
extern const size_t EDIT_CLASS_COUNT;

void edit_port_init(EditPort *port, const FakeFile *files, size_t n, uint64_t seed);
void edit_port_done(EditPort *port);
/* The port as texts (heap, to be freed with edit_texts_done). */
void edit_texts(const EditPort *port, FakeFile files[EDIT_FILES], size_t *n);
void edit_texts_done(FakeFile files[EDIT_FILES], size_t n);
/* Truth of a line (from 1) of a file by name. */
int edit_truth(const EditPort *port, const char *name, uint32_t line);
/* The same, or when that original is no longer anywhere, what it is a copy of: who copies a function and deletes the old one
 * has renamed it. */
bool edit_stands_for(const EditPort *port, const char *name, uint32_t line, int truth);
uint32_t edit_random(EditPort *port, uint32_t below);

#endif
