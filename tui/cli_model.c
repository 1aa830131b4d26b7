#include "core/posix.h"

#include "tui/cli.h"

const Command CLI_MODEL_COMMANDS[] = { { .name = "" } };
const size_t CLI_MODEL_COUNT = 0;
