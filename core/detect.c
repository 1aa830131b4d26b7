#include "core/posix.h"

#include "core/match.h"

/* Detectors for questions about a whole package or the history of values; one row each. */
static const Detector DETECTORS[] = {
	{ NULL, NULL },
};

const Detector *detector_find(Str name) {
	for (size_t i = 0; name.len && DETECTORS[i].name; i++) {
		if (str_is(name, DETECTORS[i].name)) return &DETECTORS[i];
	}
	return NULL;
}
