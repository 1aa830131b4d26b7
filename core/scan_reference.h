/* What the references have at the place of a finding: where they do the better thing already, where they do it by hand, too,
 * or which of their lines answers. Part of core/scan*.c; says nothing that isn't on those lines. */
#ifndef CORE_SCAN_REFERENCE_H
#define CORE_SCAN_REFERENCE_H

#include "core/match.h"
#include "core/scan.h"

typedef struct References {
	Evidence *evidence; /* at most one a side; those that support are where a reference does it already */
	size_t n;
} References;

/* component is the finding's in the port, or COMPONENT_NONE. Everything in the scan's arena. */
void scan_references(Scan *scan, const Finding *finding, ComponentId component, References *out);

#endif
