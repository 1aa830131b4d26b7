/* The API of mlx-swift and mlx-swift-lm through their versions: what exists since when, what is deprecated and by what.
 *
 * Read from core/mlx_api.tsv once per process (api_load); the table is made by tests/bench/make_mlx_api.py from the tags
 * of both repositories. Also says which version of them a port uses, from the text of its manifest. Opens no files.
 *
 * mlx_api.tsv, tab-separated, '#' comments, one symbol as it was declared a line:
 *     symbol  package  module  since  removed  deprecated  replacement  later overloads
 * - symbol: `MLXFast.rmsNorm(_:weight:eps:stream?:)`, `Memory.cacheLimit`, `KVCacheSimple()`, `import MLXFast`; '?' behind a
 *   label that may be left away, '...' behind one that takes a list. A signature that changed has a line for each form.
 * - since, removed, deprecated: the first tag with it, without it, with it deprecated; '-' for never, `untagged` for what
 *   only the newest commit has. Tags skip versions: "since 0.23.1" may be 0.22.0 of the numbering.
 * - later overloads: `offset:MLXArray@0.30.3`, a type that a parameter takes since then, other than at first. */
#ifndef CORE_API_H
#define CORE_API_H

#include "core/base.h"

typedef struct ApiVersion {
	int32_t major, minor, patch;
} ApiVersion;

#define API_NEVER ((ApiVersion) { -1, 0, 0 })           /* also: unknown */
#define API_UNTAGGED ((ApiVersion) { INT32_MAX, 0, 0 }) /* newer than every tag */

typedef enum ApiPackage { API_MLX_SWIFT, API_MLX_SWIFT_LM } ApiPackage;

typedef struct ApiLabel {
	Str name; /* "_" for none */
	bool is_optional, is_list;
} ApiLabel;

typedef struct ApiSymbol {
	Str symbol; /* as in the table */
	Str owner;  /* "MLXFast", "GPU.DeviceInfo"; empty for free functions and constructors */
	Str name;   /* "rmsNorm"; of a constructor its type; of an import the module */
	const ApiLabel *labels;
	size_t n_labels;
	bool is_call, is_import;
	ApiPackage package;
	Str module;
	ApiVersion since, removed, deprecated;
	Str replacement; /* a symbol or a sentence of the library's; empty for none */
	Str later;       /* later overloads as in the table; empty for none */
} ApiSymbol;

/* Must be called before anything else here that asks the table; safe to call again and from any thread. A malformed
 * table is fatal with its line. */
void api_load(void);
const ApiSymbol *api_list(size_t *n);

/* ---- looking up ---- */

/* A use as written: MLXFast.rmsNorm(x, weight: w, eps: 1e-5). */
typedef struct ApiUse {
	Str owner;      /* "MLXFast", "MLX", "Memory"; empty for none */
	bool any_owner; /* a method, property or implicit member (.arrays) of something whose type isn't known */
	Str name;
	bool is_call;
	const Str *labels; /* one an argument, empty for unlabelled; a trailing closure is unlabelled */
	size_t n_args;
	bool is_name_only; /* whatever the labels are */
} ApiUse;

typedef struct ApiAnswer {
	const ApiSymbol *symbol; /* the newest form that fits */
	ApiPackage package;
	ApiVersion since;      /* of the oldest form that fits */
	ApiVersion removed;    /* API_NEVER when a form still exists */
	ApiVersion deprecated; /* API_NEVER unless every form that still exists is deprecated */
	Str replacement;
} ApiAnswer;

/* False when no symbol of either package fits. */
bool api_find(const ApiUse *use, ApiAnswer *answer);
/* A use in one piece of text, as cards name them: "MLXFast.rmsNorm(_:weight:eps:)", "Memory.cacheLimit", "import MLXFast",
 * ".arrays", "softmax" (any form of a name without parentheses, also of functions). */
bool api_find_text(Str text, ApiAnswer *answer);
/* At a version of the package: a name that isn't there yet, or no longer, is not available. An unknown version
 * (API_NEVER) has everything that the last tag has. */
bool api_available(const ApiAnswer *answer, ApiVersion version);
bool api_is_deprecated(const ApiAnswer *answer, ApiVersion version);
/* The first version in which a parameter takes that type, or the symbol's own: ("offset", "MLXArray"). */
ApiVersion api_since_type(const ApiSymbol *symbol, const char *label, const char *type);

/* ---- versions ---- */

/* "0.29.1", "v2.25", "0.30.3-beta.1" (as 0.30.3), "untagged". */
bool api_version_parse(Str text, ApiVersion *version);
int api_version_cmp(ApiVersion a, ApiVersion b); /* <0, 0, >0; API_NEVER before all, API_UNTAGGED after all */
bool api_version_is_known(ApiVersion version);
/* "0.29.1", "untagged", "unknown". */
void api_version_print(ApiVersion version, Buf *out);

/* The version of the package that the text of a Package.resolved (all its formats) pins. False when it isn't pinned to a
 * version: not there, a branch, a commit. Never fails on text that is no JSON: then it's false too. */
bool api_version_resolved(Str text, ApiPackage package, ApiVersion *version);
/* The lower bound in the text of a Package.swift: from, exact, upToNextMajor, upToNextMinor, a range; not in comments. */
bool api_version_manifest(Str text, ApiPackage package, ApiVersion *version);
/* The version that a port in the folder uses: pinned in its Package.resolved, else in one of an Xcode project there, else the lower
 * bound in its Package.swift; API_NEVER when nothing says it, or root is NULL or empty. */
ApiVersion api_version_of_port(const char *root, ApiPackage package);

#endif
