#include "core/posix.h"

#include "core/data.h"

#include <string.h>

/* Written at build time; sorted by path. */
extern const DataFile data_table[];
extern const size_t data_table_n;

/* First entry whose path, cut to n bytes, is not below (or, with above, is beyond) the prefix. */
static size_t bound(const char *prefix, size_t n, bool above) {
	size_t low = 0, high = data_table_n;
	while (low < high) {
		size_t mid = low + (high - low) / 2;
		int c = strncmp(data_table[mid].path, prefix, n);
		if (c < 0 || (above && c == 0)) {
			low = mid + 1;
		} else {
			high = mid;
		}
	}
	return low;
}

bool data_get(const char *path, Str *text) {
	size_t i = bound(path, strlen(path) + 1, false);
	if (i == data_table_n || strcmp(data_table[i].path, path) != 0) return false;
	*text = data_table[i].text;
	return true;
}

const DataFile *data_list(const char *prefix, size_t *n) {
	size_t len = strlen(prefix);
	size_t first = bound(prefix, len, false);
	*n = bound(prefix, len, true) - first;
	return &data_table[first];
}
