/* Scans made of texts in memory by a detector of a few lines, so that the tests of sessions depend on no card. A line with
 * `softmax(` is a candidate of technique sdpa, with `exp(` of precompute-constant, with `repeated(` of sdpa-gqa, which needs the
 * nearest sdpa above it; `vDSP` of vdsp and `fft(` of rfft exclude each other in one component. `// ignore` suppresses, `// low`
 * lowers the confidence, `// often` makes it run per step. Names of one letter are locals. */
#ifndef TESTS_FAKE_SCAN_H
#define TESTS_FAKE_SCAN_H

#include "core/scan.h"
#include "sessions/walk.h"

typedef struct FakeFile {
	const char *name;
	const char *text;
} FakeFile;

typedef struct FakeScan {
	Scan scan;
	Catalogue catalogue;
	Source *parts;
	size_t n_parts;
} FakeScan;

/* reference: text of a Python file whose line with `fast` is every candidate's evidence; NULL for none. */
void fake_scan(FakeScan *out, const FakeFile *files, size_t n, const char *reference);
void fake_done(FakeScan *fake);

/* An empty folder of its own below the system's for temporary files: heap. */
char *fake_folder(void);
/* Removes a folder with all that is in it. */
void fake_remove(const char *folder);

#endif
