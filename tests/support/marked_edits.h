/* Edits as people make them to Swift, on marked texts: a table of classes. An edit is made at, or around, a place that the
 * caller chose (where a candidate lies now), and returns false when there was nothing to do it to. */
#ifndef TESTS_MARKED_EDITS_H
#define TESTS_MARKED_EDITS_H

#include "tests/support/marked.h"

typedef struct MarkedEdit {
	const char *name;
	bool (*apply)(MarkedPort *port, MarkedRange at);
} MarkedEdit;
extern const MarkedEdit MARKED_EDITS[];
extern const size_t MARKED_EDIT_COUNT;

/* The function around the bytes, its whole lines; false outside of one. */
bool marked_function(const MarkedPort *port, MarkedRange at, MarkedRange *out);

#endif
