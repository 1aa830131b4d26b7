#include "core/posix.h"

#include "tui/cli.h"

const Command CLI_SESSION_COMMANDS[] = { { .name = "sessions" } };
const size_t CLI_SESSION_COUNT = 0;
