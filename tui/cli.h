/* The command line: one table of commands, their options, help from the same rows, exit codes.
 *
 * tui/main.c finds the command, cli_parse reads its options by its row, and run does the work. A command writes results
 * by cli_print (stdout), remarks by cli_note (stderr), and returns CLI_OK, CLI_NO or CLI_ERROR. What it puts into err is
 * printed by the caller as one line, "triptych: ..." on stderr, whatever the status; with CLI_OK nothing is.
 * With --format json stdout carries the JSON alone.
 *
 * Options may stand before or after the arguments. An option with a value takes `--name VALUE` or `--name=VALUE`; a
 * CLI_LIST takes what follows up to the next option or `--`, and may be repeated. Given to a command that doesn't know
 * it, an option is an error of usage. */
#ifndef TUI_CLI_H
#define TUI_CLI_H

#include "core/base.h"

enum { CLI_OK = 0, CLI_NO = 1, CLI_ERROR = 2 };

typedef enum CliOptionKind { CLI_FLAG, CLI_VALUE, CLI_LIST } CliOptionKind;

typedef struct CliOption {
	const char *name; /* with its dashes: "--format"; NULL ends a command's list */
	CliOptionKind kind;
	const char *value; /* what the help calls its value: "PATH"; NULL for a flag */
	const char *help;  /* a few words */
} CliOption;

typedef struct Cli Cli;

typedef struct Command {
	const char *name;          /* "decide", or "techniques check": two words find the row before one does */
	const char *synopsis;      /* what follows the name: "NAME ID accept|reject|defer|measure [--because TEXT]" */
	const char *summary;       /* one line, no full stop */
	const char *help;          /* paragraphs for `triptych NAME --help`, or NULL */
	const CliOption *options;  /* ends with a row whose name is NULL; may itself be NULL */
	size_t min_args, max_args; /* arguments that are no options; CLI_MANY for no limit */
	int (*run)(Cli *cli, Err *err);
} Command;
#define CLI_MANY SIZE_MAX

/* Rows of the one table, from several files: CLI_SESSION_COMMANDS in tui/cli_session.c, and so on. */
extern const Command CLI_SESSION_COMMANDS[], CLI_SCAN_COMMANDS[], CLI_MODEL_COMMANDS[], CLI_PROGRAM_COMMANDS[];
extern const size_t CLI_SESSION_COUNT, CLI_SCAN_COUNT, CLI_MODEL_COUNT, CLI_PROGRAM_COUNT;
/* All rows in the order of the help: NULL beyond the last. */
const Command *cli_command(size_t i);
/* Options that every command takes: --db, --config, --no-color, --script, --help, --version. Ends with a NULL name. */
extern const CliOption CLI_GLOBAL_OPTIONS[];

typedef struct CliGiven {
	const CliOption *option;
	const char *value; /* NULL for a flag */
} CliGiven;

struct Cli {
	const Command *command; /* NULL: no command was named */
	const char **args;      /* arguments that are no options */
	size_t n_args;
	CliGiven *given; /* options in their order, a CLI_LIST once a value */
	size_t n_given;
	char *db, *config;  /* paths, resolved: --db or TRIPTYCH_DB or the default, and likewise */
	const char *script; /* --script FILE, or NULL */
	bool no_color;
	bool json;    /* --format json */
	Arena *arena; /* for whatever the command needs until it ends */
};

/* Options of this call; names with their dashes. */
bool cli_flag(const Cli *cli, const char *name);
const char *cli_value(const Cli *cli, const char *name); /* the last one given, or NULL */
/* All values of a list, in an array in cli->arena (NULL when there are none). */
const char *const *cli_values(const Cli *cli, const char *name, size_t *n);
/* The value as a number. *out is untouched when it wasn't given; false with err when it is no number. */
bool cli_number(const Cli *cli, const char *name, double *out, Err *err);
/* --format, which must be one of names (NULL-terminated; the first is the default); NULL with err otherwise. */
const char *cli_format(const Cli *cli, const char *const *names, Err *err);

/* To stdout, whole. False with err when it can't be written ("cannot write: No space left on device"). */
bool cli_print(const Buf *text, Err *err);
/* One line to stderr, "triptych: ...", made safe for a terminal. */
void cli_note(const char *fmt, ...) BASE_PRINTF(1, 2);
/* Adds text that others wrote so that a terminal shows it and nothing else; newlines and tabs stay. */
void cli_safe(Buf *out, Str text);
/* True when a person can use the screen: stdout is a terminal, or --script is given. */
bool cli_has_screen(const Cli *cli);

/* Reads argv by the table. On CLI_OK: run it with cli_run. Help and version are printed here: *done is then true. Release
 * with cli_done. */
int cli_parse(int argc, char **argv, Arena *arena, Cli *out, bool *done, Err *err);
void cli_done(Cli *cli);
int cli_run(Cli *cli, Err *err);
/* Help as text: of all commands, or of one. */
void cli_help(const Command *command, Buf *out);

#endif
