#include "core/posix.h"

#include "sessions/cache.h"

/* One more than any use so far: an order that no clock can turn. */
#define NEXT_USE "(SELECT coalesce(max(used), 0) + 1 FROM scan_cache)"

static bool get(void *context, Str key, Buf *out) {
	Store *store = context;
	Arena arena = { 0 };
	Query q = query_open(store, "SELECT bytes FROM scan_cache WHERE key = ?");
	query_text(&q, key);
	bool found = query_row(&q);
	if (found) buf_str(out, query_get(&q, 0, &arena));
	found = query_end(&q, NULL) && found;
	arena_done(&arena);
	if (!found || store_is_read_only(store)) return found;
	q = query_open(store, "UPDATE scan_cache SET used = " NEXT_USE " WHERE key = ?");
	query_text(&q, key);
	query_run(&q, NULL);
	return true;
}

static void put(void *context, Str key, Str bytes) {
	Store *store = context;
	if (bytes.len > CACHE_MAX || store_is_read_only(store)) return;
	if (!store_begin(store, NULL)) return;
	Query q = query_open(store, "INSERT OR REPLACE INTO scan_cache (key, used, bytes) VALUES (?, " NEXT_USE ", ?)");
	query_text(&q, key);
	query_text(&q, bytes);
	bool ok = query_run(&q, NULL);
	if (ok) {
		q = query_open(store, "DELETE FROM scan_cache WHERE key NOT IN "
		                      "(SELECT key FROM scan_cache ORDER BY used DESC LIMIT ?)");
		query_integer(&q, CACHE_KEPT);
		ok = query_run(&q, NULL);
	}
	store_end(store, ok, NULL);
}

ScanCache cache_of_store(Store *store) { return (ScanCache) { .context = store, .get = get, .put = put }; }
