/* A scan as it would be if one file of the port had another text: what a draft's verification compares with the scan it was made
 * from. Nothing is read from or written to a disk. */
#ifndef CORE_SCAN_DRAFT_H
#define CORE_SCAN_DRAFT_H

#include "core/scan.h"

/* file: index into base->sides[SIDE_SWIFT].source.files; text is copied. All techniques of the catalogue run, candidates of any
 * confidence are kept. The references are the base's own: base must outlive out, which is released by scan_draft_done. progress
 * may be NULL; false with err also when it says to stop. */
bool scan_draft(const Scan *base, uint32_t file, Str text, const Catalogue *catalogue, const RowPins *pins,
    const ScanProgress *progress, Scan *out, Err *err);
void scan_draft_done(Scan *scan);

#endif
