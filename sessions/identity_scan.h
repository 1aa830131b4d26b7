/* What binding (sessions/identity.h) wants to know of a scan. */
#ifndef SESSIONS_IDENTITY_SCAN_H
#define SESSIONS_IDENTITY_SCAN_H

#include "core/scan.h"
#include "sessions/identity.h"

/* Borrows the candidate's text. */
IdentityAnchor identity_anchor(const Candidate *candidate);
/* Fills what was found, the port's files and components, what was skipped, and the techniques that ran: the new side of the
 * input. Arrays lie in the arena; their text is the scan's and the catalogue's. */
void identity_of_scan(IdentityInput *in, const Scan *scan, const Catalogue *catalogue, Arena *arena);

#endif
