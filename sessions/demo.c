#include "core/posix.h"

#include "sessions/demo.h"

#include "core/data.h"
#include "sessions/paths.h"

#include <string.h>
#include <unistd.h>

#define EMBEDDED "sessions/demo/"

static bool write_one(const char *folder, const DataFile *file, bool reset, Err *err) {
	char *path = base_path_join(folder, file->path + strlen(EMBEDDED));
	char *parent = paths_parent(path);
	bool ok = paths_make_folder(parent, err);
	if (ok && (reset || access(path, F_OK) != 0)) ok = paths_write_file(path, file->text, true, err);
	free(parent);
	free(path);
	return ok;
}

bool demo_lay_out(const char *folder, bool reset, Err *err) {
	size_t n;
	const DataFile *files = data_list(EMBEDDED, &n);
	bool ok = paths_make_folder(folder, err);
	for (size_t i = 0; ok && i < n; i++) ok = write_one(folder, &files[i], reset, err);
	return ok;
}

char *demo_side(const char *folder, Side side) { return base_path_join(folder, side_name(side)); }
