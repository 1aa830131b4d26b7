/* What the model commands of the command line share: a session with a fresh scan, the profile, the agreement to send. Used by
 * tui/cli_model*.c alone. */
#ifndef TUI_CLI_MODEL_H
#define TUI_CLI_MODEL_H

#include "tui/cli_session.h"
#include "tui/model_keep.h"
#include "tui/model_parts.h"
#include "tui/model_run.h"
#include "tui/settings.h"

/* Beside CLI_OK, CLI_NO and CLI_ERROR: --dry-run has shown what would be sent; nothing is left to do. */
enum { DESK_SHOWN = 100 };

typedef struct ModelDesk {
	Cli *cli;
	CliWalk walk;
	Settings settings;
	bool has_profile;
	Profile profile;
	Catalogue catalogue;
	bool has_catalogue, has_scan, has_world;
	Scan scan;
	PortWorld world;
	bool streams; /* the answer went to the terminal as it came */
} ModelDesk;

/* Opens the session that the first argument names, reads the configuration, scans. Without a configured model it fails, unless
 * --dry-run is given. */
int desk_open(Cli *cli, ModelDesk *desk, Err *err);
void desk_close(ModelDesk *desk); /* also after a failed desk_open */
/* Copies the parts that point into the walk's memory, which changes when something is kept. */
void desk_own_parts(const ModelDesk *desk, PromptParts *parts);
/* The prompt, within the profile's budget; NULL with err. */
Prompt *desk_prompt(const ModelDesk *desk, const PromptRequest *request, Err *err);
/* Shows it (--dry-run), or asks for the agreement, sends it and waits. show: lines go to stdout as they come, on a terminal.
 * CLI_OK with *out, DESK_SHOWN, CLI_NO (not agreed), CLI_ERROR. */
int desk_send(ModelDesk *desk, const Prompt *prompt, bool show, ModelAnswer *out, Err *err);
/* Notes on an answer (model, tokens, warning), and its status: CLI_OK when there is one, whole or cut. */
int desk_outcome(const ModelAnswer *answer, Err *err);

#endif
