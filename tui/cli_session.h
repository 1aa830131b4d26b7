/* What the session commands of the command line share; used by the files tui/cli_session*.c alone. */
#ifndef TUI_CLI_SESSION_H
#define TUI_CLI_SESSION_H

#include "core/json.h"
#include "core/scan.h"
#include "sessions/walk.h"
#include "tui/cli.h"

/* A command's database and, if it names one, its session. All-zero is closed. */
typedef struct CliWalk {
	Store *store;
	Walk *walk;
} CliWalk;

/* Opens the database (made when create is set). */
Store *cli_store(const Cli *cli, bool create, Err *err);
/* Opens the database and the session that the first argument names. */
bool cli_walk_open(const Cli *cli, CliWalk *out, Err *err);
void cli_walk_close(CliWalk *walk);
/* The candidate that the second argument names. CLI_OK, CLI_NO (several fit), CLI_ERROR. */
int cli_walk_item(const Cli *cli, const CliWalk *walk, const WalkItem **item, Err *err);
/* Scans the session's sides with progress on stderr (of a terminal) and takes the scan over. */
bool cli_walk_rescan(const Cli *cli, Walk *walk, WalkChanges *changes, Err *err);
bool cli_walk_catalogue(const Cli *cli, const Walk *walk, Catalogue *out, Err *err);
/* One line on what to do next, after new, demo and rescan. */
void cli_walk_summary(const Walk *walk, Buf *out);
/* Prints and releases the text; CLI_OK or CLI_ERROR. */
int cli_put(Buf *text, Err *err);

const char *cli_mark(const WalkItem *item); /* ○ ✓ ✗ … ◐ ! ✔ */

/* Makes the session that .triptych/session around here describes, if there is such a file and (wanted not NULL) it has that
 * name; *name is NULL when not. What to say goes to out. */
bool cli_session_from_file(Cli *cli, const char *wanted, const char **name, Buf *out, Err *err);

/* The commands, by file. */
int cli_run_new(Cli *cli, Err *err), cli_run_demo(Cli *cli, Err *err), cli_run_open(Cli *cli, Err *err),
    cli_run_sessions(Cli *cli, Err *err), cli_run_rescan(Cli *cli, Err *err), cli_run_rename(Cli *cli, Err *err),
    cli_run_delete(Cli *cli, Err *err), cli_run_undelete(Cli *cli, Err *err);
int cli_run_candidates(Cli *cli, Err *err), cli_run_show(Cli *cli, Err *err), cli_run_log(Cli *cli, Err *err),
    cli_run_search(Cli *cli, Err *err), cli_run_stale(Cli *cli, Err *err);
int cli_run_decide(Cli *cli, Err *err), cli_run_note(Cli *cli, Err *err), cli_run_undo(Cli *cli, Err *err),
    cli_run_add(Cli *cli, Err *err), cli_run_rows(Cli *cli, Err *err), cli_run_plan(Cli *cli, Err *err),
    cli_run_done(Cli *cli, Err *err);
int cli_run_export(Cli *cli, Err *err), cli_run_import(Cli *cli, Err *err);

#endif
