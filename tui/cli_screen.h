/* Where the command line ends and the screen begins: options for app_run from the command line and the configuration. */
#ifndef TUI_CLI_SCREEN_H
#define TUI_CLI_SCREEN_H

#include "tui/cli.h"

/* Opens the screen on a session, or on the start screen (NULL). Without a terminal it says in one line what to do
 * instead and returns CLI_ERROR. */
int cli_screen_open(Cli *cli, const char *session, Err *err);
/* `triptych` alone: the session used last whose port lies in the checkout (or folder) around the current folder, else the start
 * screen. */
int cli_screen_resume(Cli *cli, Err *err);

#endif
