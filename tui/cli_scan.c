#include "core/posix.h"

#include "tui/cli.h"

/* scan, align, flow, ops, techniques: to be filled. A count of 0 keeps the row below from being seen. */
const Command CLI_SCAN_COMMANDS[] = { { .name = "scan" } };
const size_t CLI_SCAN_COUNT = 0;
