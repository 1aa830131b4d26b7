/* The commands about the program itself, by file; used by tui/cli_program*.c alone. */
#ifndef TUI_CLI_PROGRAM_H
#define TUI_CLI_PROGRAM_H

#include "tui/cli.h"

int cli_run_doctor(Cli *cli, Err *err);      /* tui/cli_doctor.c */
int cli_run_completions(Cli *cli, Err *err); /* tui/cli_complete.c */
int cli_run_init(Cli *cli, Err *err);        /* tui/cli_init.c */

/* The manual page in troff's man macros, from the tables of commands, options, keys and settings. */
void cli_manual(Buf *out); /* tui/cli_manual.c */

#endif
