/* Results of earlier scans in the database, lent to core as a ScanCache (core/scan_cache.h).
 *
 * Bounded: the last eight results, each at most CACHE_MAX bytes. What can't be read or written is passed over, since nothing
 * depends on it: then a scan is made. Holds no decision; `triptych doctor` may empty it. */
#ifndef SESSIONS_CACHE_H
#define SESSIONS_CACHE_H

#include "core/scan.h"
#include "sessions/store.h"

enum { CACHE_KEPT = 8, CACHE_MAX = 8 << 20 };

/* Borrows the store, and is used from its thread. */
ScanCache cache_of_store(Store *store);

#endif
