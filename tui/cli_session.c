#include "core/posix.h"

#include "tui/cli_session.h"

#include "sessions/cache.h"
#include "sessions/paths.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* ---- options, by command ---- */

#define FORMAT                                                                                                         \
	{ "--format", CLI_VALUE, "FORMAT", "text (default) or json" }
#define END                                                                                                            \
	{ NULL, CLI_FLAG, NULL, NULL }

static const CliOption NEW_OPTIONS[] = {
	{ "--swift", CLI_LIST, "PATH", "the port: files or folders in which candidates are reported" },
	{ "--mlx", CLI_LIST, "PATH", "the Python MLX reference" },
	{ "--torch", CLI_LIST, "PATH", "the PyTorch original" },
	{ "--context", CLI_LIST, "PATH", "further files that are read to understand the port" },
	{ "--no-context", CLI_FLAG, NULL, "read the scope alone, not the package around it" },
	{ "--no-tui", CLI_FLAG, NULL, "scan and store, without the screen" },
	END,
};
static const CliOption OPEN_OPTIONS[] = { { "--no-tui", CLI_FLAG, NULL, "only say how it stands" }, END };
static const CliOption DEMO_OPTIONS[] = {
	{ "--no-tui", CLI_FLAG, NULL, "lay out, scan and store, without the screen" },
	{ "--reset", CLI_FLAG, NULL, "the files as they were, and a new session" },
	END,
};
static const CliOption SESSIONS_OPTIONS[] = { { "--deleted", CLI_FLAG, NULL, "those that were deleted" }, FORMAT, END };
static const CliOption FORMAT_OPTIONS[] = { FORMAT, END };
static const CliOption DELETE_OPTIONS[] = {
	{ "--purge", CLI_FLAG, NULL, "remove it for good, after an export beside the database" },
	{ "--yes", CLI_FLAG, NULL, "don't ask" },
	END,
};
static const CliOption CANDIDATES_OPTIONS[] = {
	{ "--all", CLI_FLAG, NULL, "also those of low confidence" },
	FORMAT,
	END,
};
static const CliOption DECIDE_OPTIONS[] = {
	{ "--because", CLI_VALUE, "TEXT", "the reason" },
	{ "--condition", CLI_VALUE, "TEXT", "what must hold: \"only if parity < 1e-3\"" },
	{ "--override", CLI_LIST, "AXIS=N", "set gain, accuracy, clarity or effort by hand" },
	{ "--with-dependencies", CLI_FLAG, NULL, "accept what it needs as well" },
	{ "--same-as", CLI_VALUE, "ID", "an uncertain candidate is this one" },
	{ "--force", CLI_FLAG, NULL, "decide although something speaks against it" },
	END,
};
static const CliOption ADD_OPTIONS[] = {
	{ "--at", CLI_VALUE, "PATH:LINE[-LINE]", "the lines in the port" },
	{ "--title", CLI_VALUE, "TEXT", "what could be done there" },
	{ "--technique", CLI_VALUE, "ID", "the card it belongs to, if any" },
	{ "--because", CLI_VALUE, "TEXT", "why" },
	{ "--axis", CLI_LIST, "AXIS=N", "gain, accuracy, clarity, effort" },
	END,
};
static const CliOption DONE_OPTIONS[] = {
	{ "--before", CLI_VALUE, "N", "measured before" },
	{ "--after", CLI_VALUE, "N", "measured after" },
	{ "--unit", CLI_VALUE, "U", "of both: tokens/s, ms" },
	{ "--command", CLI_VALUE, "TEXT", "what was run" },
	{ "--parity", CLI_VALUE, "N", "largest difference of the results" },
	{ "--because", CLI_VALUE, "TEXT", "a remark" },
	END,
};
static const CliOption EXPORT_OPTIONS[] = {
	{ "--format", CLI_VALUE, "FORMAT", "md (default), json, html, sarif, patch, adr or agent" },
	{ "--output", CLI_VALUE, "PATH", "write to this file (adr: folder); also -o" },
	{ "--force", CLI_FLAG, NULL, "replace what is there" },
	END,
};
static const CliOption IMPORT_OPTIONS[] = {
	{ "--into", CLI_VALUE, "NAME", "merge into this session, whatever session the file is of" },
	{ "--swift", CLI_LIST, "PATH", "where the port lies on this machine" },
	{ "--mlx", CLI_LIST, "PATH", "where the Python MLX reference lies" },
	{ "--torch", CLI_LIST, "PATH", "where the PyTorch original lies" },
	END,
};

/* ---- the rows ---- */

const Command CLI_SESSION_COMMANDS[] = {
	{ "demo", "[--no-tui] [--reset]", "a small speech model to try everything on",
	    "Lays a small port and its two references out below the data folder and opens a session on them.", DEMO_OPTIONS,
	    0, 0, cli_run_demo },
	{ "new", "NAME --swift PATH... [--mlx PATH...] [--torch PATH...]", "a session of a port",
	    "Candidates are reported in the PATHs of --swift; the package around them is read as well, to understand them.\n"
	    "NAME stands before the paths.",
	    NEW_OPTIONS, 1, 1, cli_run_new },
	{ "open", "NAME", "go on with a session",
	    "A session that isn't there yet is made when .triptych/session around here has that name.", OPEN_OPTIONS, 1, 1,
	    cli_run_open },
	{ "sessions", "[--deleted]", "list the sessions", NULL, SESSIONS_OPTIONS, 0, 0, cli_run_sessions },
	{ "rescan", "NAME", "look at the code again, and bind what was decided to it",
	    "No verdict changes by it. What changed since it was judged asks again.", FORMAT_OPTIONS, 1, 1,
	    cli_run_rescan },
	{ "rename", "NAME NEW", "give a session another name", NULL, NULL, 2, 2, cli_run_rename },
	{ "delete", "NAME [--purge]", "hide a session; with --purge remove it", NULL, DELETE_OPTIONS, 1, 1,
	    cli_run_delete },
	{ "undelete", "NAME", "bring a deleted session back", NULL, NULL, 1, 1, cli_run_undelete },
	{ "candidates", "NAME [--all]", "what could be done, with what was decided", NULL, CANDIDATES_OPTIONS, 1, 1,
	    cli_run_candidates },
	{ "show", "NAME ID", "one candidate: the code, what speaks for and against it, the arithmetic",
	    "ID is a candidate's id, or a beginning of it with at least 4 of its hex digits, or those digits alone.",
	    FORMAT_OPTIONS, 2, 2, cli_run_show },
	{ "add", "NAME --at PATH:LINE[-LINE] --title TEXT", "a candidate of your own", NULL, ADD_OPTIONS, 1, 1,
	    cli_run_add },
	{ "decide", "NAME ID accept|reject|defer|measure [--because TEXT]", "decide on a candidate",
	    "Where the screen would ask (it needs another, excludes another, or is uncertain), nothing changes and the exit\n"
	    "status is 1.",
	    DECIDE_OPTIONS, 3, 3, cli_run_decide },
	{ "note", "NAME ID TEXT", "write a note to a candidate", NULL, NULL, 3, 3, cli_run_note },
	{ "undo", "NAME [ID]", "take back what was done last, or last on a candidate", NULL, NULL, 1, 2, cli_run_undo },
	{ "stale", "[NAME]", "decisions whose code or reference changed", NULL, FORMAT_OPTIONS, 0, 1, cli_run_stale },
	{ "rows", "NAME [bind SWIFT=MLX[,TORCH] | unbind SWIFT]", "the corrections of rows that are kept", NULL,
	    FORMAT_OPTIONS, 1, 3, cli_run_rows },
	{ "plan", "NAME [move ID N]", "what was agreed, in the order to do it", NULL, FORMAT_OPTIONS, 1, 4, cli_run_plan },
	{ "done", "NAME ID [--before N --after N --unit U]", "mark a step of the plan as done", NULL, DONE_OPTIONS, 2, 2,
	    cli_run_done },
	{ "log", "[NAME]", "everything that was decided and written, in order", NULL, FORMAT_OPTIONS, 0, 1, cli_run_log },
	{ "search", "TEXT", "earlier verdicts and notes of all sessions", NULL, FORMAT_OPTIONS, 1, CLI_MANY,
	    cli_run_search },
	{ "export", "NAME --format md|json|html|sarif|patch|adr|agent [-o PATH]", "write the plan for others", NULL,
	    EXPORT_OPTIONS, 1, 1, cli_run_export },
	{ "import", "FILE [--swift PATH... --mlx PATH... --torch PATH...]", "take over what a JSON export has",
	    "The folders in an export are those of the machine that wrote it: name yours, or import within the port, where "
	    ".triptych/session names them. Importing again names them later.",
	    IMPORT_OPTIONS, 1, 1, cli_run_import },
};
const size_t CLI_SESSION_COUNT = BASE_COUNT(CLI_SESSION_COMMANDS);

/* ---- opening ---- */

Store *cli_store(const Cli *cli, bool create, Err *err) { return store_open(cli->db, create, err); }

bool cli_walk_open(const Cli *cli, CliWalk *out, Err *err) {
	*out = (CliWalk) { 0 };
	out->store = cli_store(cli, false, err);
	if (!out->store) return false;
	if (walk_open(out->store, cli->args[0], &out->walk, err)) return true;
	cli_walk_close(out);
	return false;
}

void cli_walk_close(CliWalk *walk) {
	walk_close(walk->walk);
	store_close(walk->store);
	*walk = (CliWalk) { 0 };
}

int cli_walk_item(const Cli *cli, const CliWalk *walk, const WalkItem **item, Err *err) {
	size_t n = walk_find(walk->walk, str_of(cli->args[1]), item, err);
	return n == 1 ? CLI_OK : n > 1 ? CLI_NO : CLI_ERROR;
}

int cli_put(Buf *text, Err *err) {
	bool ok = cli_print(text, err);
	buf_done(text);
	return ok ? CLI_OK : CLI_ERROR;
}

/* ---- scanning ---- */

static void show_progress(void *context, const char *phase, size_t done, size_t total) {
	(void)context;
	fprintf(stderr, "\r\033[K%s %zu of %zu", phase, done, total);
	fflush(stderr);
}

bool cli_walk_catalogue(const Cli *cli, const Walk *walk, Catalogue *out, Err *err) {
	char *folder = paths_parent(cli->config);
	bool ok = walk_catalogue(walk, folder, out, err);
	free(folder);
	return ok;
}

static bool scan_and_take(Walk *walk, ScanOptions *options, Catalogue *catalogue, WalkChanges *changes, Err *err) {
	bool tty = isatty(STDERR_FILENO) != 0;
	ScanProgress progress = { .step = show_progress };
	if (tty) options->progress = &progress;
	Scan scan;
	bool ok = scan_run(options, catalogue, &scan, err);
	if (tty) fputs("\r\033[K", stderr);
	if (!ok) return false;
	for (size_t i = 0; i < scan.n_warnings; i++) cli_note("%.*s", STR_ARG(scan.warnings[i]));
	ok = walk_take_scan(walk, &scan, catalogue, changes, err);
	scan_done(&scan);
	return ok;
}

bool cli_walk_rescan(const Cli *cli, Walk *walk, WalkChanges *changes, Err *err) {
	ScanOptions options;
	Catalogue catalogue;
	if (!walk_scan_options(walk, cli->arena, &options, err)) return false;
	if (!cli_walk_catalogue(cli, walk, &catalogue, err)) return false;
	ScanCache cache = cache_of_store(walk_store(walk));
	options.candidates_only = true;
	options.cache = &cache;
	bool ok = scan_and_take(walk, &options, &catalogue, changes, err);
	catalogue_done(&catalogue);
	return ok;
}

void cli_walk_summary(const Walk *walk, Buf *out) {
	Str session = walk_session(walk)->name;
	buf_printf(out, "%.*s: %zu of %zu decided. Next: triptych open %.*s, or triptych candidates %.*s\n",
	    STR_ARG(session), walk_n_decided(walk), walk_n_listed(walk), STR_ARG(session), STR_ARG(session));
}

const char *cli_mark(const WalkItem *item) {
	static const char *const MARKS[VERDICT_COUNT] = { "○", "✓", "✗", "…", "◐" };
	if (item->state == STATE_DONE) return "✔";
	if (item->undecided && item->verdict != VERDICT_NONE) return "!";
	if (item->state == STATE_UNCERTAIN) return "!";
	return MARKS[item->verdict];
}
