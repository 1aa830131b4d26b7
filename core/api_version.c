/* Versions: reading, comparing, and finding a port's own in its manifest. */
#include "core/posix.h"

#include "core/api.h"

#include "core/json.h"
#include "core/source.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>

static bool is_digit(char c) { return c >= '0' && c <= '9'; }

static bool read_part(Str *text, int32_t *part) {
	size_t n = 0;
	int64_t value = 0;
	while (n < text->len && n < 9 && is_digit(text->ptr[n])) value = value * 10 + (text->ptr[n++] - '0');
	if (!n) return false;
	*part = (int32_t)value;
	*text = str_sub(*text, n, text->len);
	return true;
}

bool api_version_parse(Str text, ApiVersion *version) {
	ApiVersion v = { 0, 0, 0 };
	text = str_trim(text);
	if (str_is(text, "untagged")) return *version = API_UNTAGGED, true;
	if (str_starts(text, "v")) text = str_sub(text, 1, text.len);
	int32_t *const parts[] = { &v.major, &v.minor, &v.patch };
	for (size_t i = 0; i < BASE_COUNT(parts); i++) {
		if (i && !str_starts(text, ".")) break;
		if (i) text = str_sub(text, 1, text.len);
		if (!read_part(&text, parts[i])) return false;
	}
	if (text.len && text.ptr[0] != '-' && text.ptr[0] != '+') return false;
	*version = v;
	return true;
}

int api_version_cmp(ApiVersion a, ApiVersion b) {
	if (a.major != b.major) return a.major < b.major ? -1 : 1;
	if (a.minor != b.minor) return a.minor < b.minor ? -1 : 1;
	return (a.patch > b.patch) - (a.patch < b.patch);
}

bool api_version_is_known(ApiVersion version) { return version.major >= 0; }

void api_version_print(ApiVersion version, Buf *out) {
	if (version.major < 0)
		buf_puts(out, "unknown");
	else if (version.major == INT32_MAX)
		buf_puts(out, "untagged");
	else
		buf_printf(out, "%d.%d.%d", (int)version.major, (int)version.minor, (int)version.patch);
}

/* ---- whose repository is it ---- */

/* MLXLMCommon lived in mlx-swift-examples, with the same numbering, before it had a repository of its own. */
static const char *const repositories[][2] = {
	[API_MLX_SWIFT] = { "mlx-swift", NULL },
	[API_MLX_SWIFT_LM] = { "mlx-swift-lm", "mlx-swift-examples" },
};

static bool is_repository(Str location, ApiPackage package) {
	Str name = location;
	while (str_ends(name, "/")) name.len--;
	if (str_ends(name, ".git")) name.len -= 4;
	for (size_t i = name.len; i-- > 0;) {
		if (name.ptr[i] != '/' && name.ptr[i] != ':') continue;
		name = str_sub(name, i + 1, name.len);
		break;
	}
	for (size_t i = 0; i < BASE_COUNT(repositories[0]); i++)
		if (repositories[package][i] && str_is(name, repositories[package][i])) return true;
	return false;
}

/* ---- Package.resolved ---- */

bool api_version_resolved(Str text, ApiPackage package, ApiVersion *version) {
	bool is_found = false;
	Json *doc = json_parse(text, NULL);
	const Json *pins = json_get(doc, "pins");
	if (!pins) pins = json_at(doc, "object.pins"); /* format 1 */
	for (const Json *pin = json_first(pins); pin && !is_found; pin = json_next(pin)) {
		Str location = json_text_at(pin, "location");
		if (!location.len) location = json_text_at(pin, "repositoryURL");
		if (!location.len) location = json_text_at(pin, "identity");
		Str pinned = json_text_at(pin, "state.version");
		is_found = is_repository(location, package) && pinned.len && api_version_parse(pinned, version);
	}
	json_free(doc);
	return is_found;
}

/* ---- Package.swift ---- */

/* A copy in which comments are blanks. */
static char *without_comments(Str text) {
	char *copy = base_alloc(text.len + 1);
	bool in_string = false;
	if (text.len) memcpy(copy, text.ptr, text.len);
	for (size_t i = 0; i < text.len; i++) {
		if (copy[i] == '\\' && in_string)
			i++;
		else if (copy[i] == '"')
			in_string = !in_string;
		else if (copy[i] == '\n')
			in_string = false;
		else if (!in_string && copy[i] == '/' && copy[i + 1] == '/')
			while (i < text.len && copy[i] != '\n') copy[i++] = ' ';
		else if (!in_string && copy[i] == '/' && copy[i + 1] == '*')
			while (i < text.len && !(copy[i] == '/' && i && text.ptr[i - 1] == '*')) copy[i++] = ' ';
	}
	return copy;
}

/* The text between the quotes that come next at or after *at, which moves behind them. */
static bool next_string(Str text, size_t *at, Str *string) {
	size_t open = str_find(text, "\"", *at);
	if (open == SIZE_MAX) return false;
	size_t close = str_find(text, "\"", open + 1);
	if (close == SIZE_MAX) return false;
	*string = str_sub(text, open + 1, close);
	*at = close + 1;
	return true;
}

/* The end of the call whose text begins at from: where its parenthesis closes. */
static size_t call_end(Str text, size_t from) {
	int depth = 0;
	bool in_string = false;
	for (size_t i = from; i < text.len; i++) {
		if (text.ptr[i] == '"') in_string = !in_string;
		if (in_string) continue;
		if (text.ptr[i] == '(') depth++;
		if (text.ptr[i] == ')' && --depth == 0) return i;
	}
	return text.len;
}

/* The requirement of one `.package(url: "...", from: "...")`; branches and commits have none. */
static bool read_dependency(Str call, ApiPackage package, ApiVersion *version) {
	size_t url = str_find(call, "url:", 0), at = url;
	Str string;
	if (url == SIZE_MAX || !next_string(call, &at, &string) || !is_repository(string, package)) return false;
	Str rest = str_sub(call, at, call.len);
	if (str_find(rest, "branch", 0) != SIZE_MAX || str_find(rest, "revision", 0) != SIZE_MAX) return false;
	return next_string(call, &at, &string) && api_version_parse(string, version);
}

bool api_version_manifest(Str text, ApiPackage package, ApiVersion *version) {
	char *copy = without_comments(text);
	Str clean = { copy, text.len };
	bool is_found = false;
	for (size_t at = str_find(clean, ".package", 0); at != SIZE_MAX && !is_found;
	     at = str_find(clean, ".package", at + 1))
		is_found = read_dependency(str_sub(clean, at, call_end(clean, at)), package, version);
	free(copy);
	return is_found;
}

/* ---- a port ---- */

static bool version_in(const char *root, const char *name, bool (*read)(Str, ApiPackage, ApiVersion *),
    ApiPackage package, ApiVersion *version) {
	char *path = base_path_join(root, name), *text = NULL;
	size_t len;
	bool found =
	    base_file_read(path, SOURCE_MAX_FILE, &text, &len, NULL) && read((Str) { text, len }, package, version);
	free(text);
	free(path);
	return found;
}

/* Xcode keeps its own pins inside the project. */
static bool version_in_projects(const char *root, ApiPackage package, ApiVersion *version) {
	DIR *folder = opendir(root);
	bool found = false;
	for (struct dirent *entry; folder && !found && (entry = readdir(folder));) {
		bool project = str_ends(str_of(entry->d_name), ".xcodeproj"),
		     space = str_ends(str_of(entry->d_name), ".xcworkspace");
		if (!project && !space) continue;
		Buf name = { 0 };
		buf_printf(
		    &name, "%s/%sxcshareddata/swiftpm/Package.resolved", entry->d_name, project ? "project.xcworkspace/" : "");
		found = version_in(root, name.ptr, api_version_resolved, package, version);
		buf_done(&name);
	}
	if (folder) closedir(folder);
	return found;
}

ApiVersion api_version_of_port(const char *root, ApiPackage package) {
	ApiVersion version = API_NEVER;
	if (!root || !root[0]) return version;
	if (version_in(root, "Package.resolved", api_version_resolved, package, &version)) return version;
	if (version_in_projects(root, package, &version)) return version;
	if (version_in(root, "Package.swift", api_version_manifest, package, &version)) return version;
	return API_NEVER;
}
