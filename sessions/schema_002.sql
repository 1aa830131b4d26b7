-- Version 2: results of earlier scans (core/scan_cache.h). Nothing depends on what is in here: it may be emptied at any time.

CREATE TABLE scan_cache (
	key TEXT PRIMARY KEY,
	used INTEGER NOT NULL,
	bytes TEXT NOT NULL
) STRICT, WITHOUT ROWID;
