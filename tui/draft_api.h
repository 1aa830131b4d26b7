/* The APIs that a text names, and whether they exist: for drafts and for answers of a model.
 *
 * Uses are read from the text's own tokens (comments and strings left out), since a draft needn't parse. A name is known when the
 * library has it (core/api.h, at the port's version), when the port has the word anywhere, when the draft declares it, or when
 * Swift itself has it. Whatever is said to be missing is in none of these: an invented name, an invented form of one that
 * exists, or one that the port's version hasn't. */
#ifndef TUI_DRAFT_API_H
#define TUI_DRAFT_API_H

#include "core/api.h"
#include "core/source.h"

/* What the port has. The source is borrowed. */
typedef struct PortWorld {
	Arena arena;
	Map words;             /* identifiers of the port, and whether it declares them */
	ApiVersion version[2]; /* one an ApiPackage; API_NEVER when unknown */
} PortWorld;

void port_world_init(PortWorld *world, const Source *port);
void port_world_done(PortWorld *world);

typedef struct ApiProblem {
	Span at;         /* of the name, in the text */
	Str text;        /* "`fusedAttention(...)` is neither in mlx-swift nor in the port" */
	bool of_library; /* it claims to be of mlx-swift or mlx-swift-lm: by its owner, or by its name */
} ApiProblem;

/* Checks the uses that begin inside one of the spans (n_spans 0: everywhere). Texts lie in the arena. */
const ApiProblem *draft_api_check(
    const PortWorld *world, Str text, const Span *spans, size_t n_spans, Arena *arena, size_t *n);

/* Names that the text before declares, and the one after still uses without declaring them anywhere; `at` is empty. */
const ApiProblem *draft_lost_names(Str before, Str after, Arena *arena, size_t *n);

/* One name as an answer writes it: "MLXFast.rmsNorm", with what stands in its parentheses (ptr NULL: none). 1 it exists at the port's
 * version, 0 it doesn't, or has no such label ("x:weight:"), -1 nobody knows: it claims to be no part of the library. */
int draft_api_exists(const PortWorld *world, Str name, Str labels);

#endif
