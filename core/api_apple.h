/* Functions and classes of Apple's frameworks that cards name: Accelerate (vDSP, vForce), AVFAudio, Dispatch, AudioToolbox.
 *
 * A small table kept by hand beside core/mlx_api.tsv. The versions are systems in which the symbol is surely there; most
 * are older. Every system that mlx-swift runs on (macOS 14, iOS 17) is newer than all of them. */
#ifndef CORE_API_APPLE_H
#define CORE_API_APPLE_H

#include "core/base.h"

typedef struct ApiApple {
	const char *name, *framework;
	const char *macos, *ios; /* "10.13" */
} ApiApple;

/* NULL when the table doesn't have it. */
const ApiApple *api_apple_find(Str name);
/* Whether a name is written like one of these frameworks', so that it has to be in the table. */
bool api_apple_looks_like(Str name);

#endif
