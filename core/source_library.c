#include "core/posix.h"

#include "core/source_library.h"

#include <string.h>

static const char *const MODULES[] = { "MLX", "MLXNN", "MLXFast", "MLXFFT", "MLXLinalg", "MLXRandom", "MLXOptimizers" };

/* The folder that holds the folder `MLX` of the file which declares the array type, with its slash; false for other files. */
static bool library_root(const SourceFile *file, Str *root) {
	Str name = str_of(file->name), end = STR("MLX/MLXArray.swift");
	if (!str_ends(name, "MLX/MLXArray.swift") || str_find(file->text, "class MLXArray", 0) == SIZE_MAX) return false;
	*root = str_sub(name, 0, name.len - end.len);
	return !root->len || root->ptr[root->len - 1] == '/';
}

static bool is_below(Str name, Str root) {
	if (name.len <= root.len || memcmp(name.ptr, root.ptr, root.len) != 0) return false;
	Str rest = str_sub(name, root.len, name.len);
	for (size_t i = 0; i < BASE_COUNT(MODULES); i++) {
		size_t n = strlen(MODULES[i]);
		if (rest.len > n && rest.ptr[n] == '/' && memcmp(rest.ptr, MODULES[i], n) == 0) return true;
	}
	return false;
}

void source_leave_library_out(SourceFile *files, size_t *n) {
	Str root = STR_NONE;
	bool found = false, others = false;
	for (size_t i = 0; i < *n && !found; i++) found = library_root(&files[i], &root);
	if (!found) return;
	for (size_t i = 0; i < *n; i++) others |= files[i].in_scope && !is_below(str_of(files[i].name), root);
	if (!others) return;
	size_t kept = 0;
	for (size_t i = 0; i < *n; i++) {
		if (!is_below(str_of(files[i].name), root)) files[kept++] = files[i];
	}
	*n = kept;
}
