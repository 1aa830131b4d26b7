/* scan, align, flow, ops, techniques: the analysis without a session. */
#include "core/posix.h"

#include "tui/cli.h"

#include "core/json.h"
#include "core/scan.h"
#include "sessions/baseline.h"
#include "sessions/export.h"
#include "sessions/plan.h"
#include "tui/cli_scan_print.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static const CliOption SCAN_OPTIONS[] = {
	{ "--swift", CLI_LIST, "PATH", "the port: files or folders in which candidates are reported" },
	{ "--mlx", CLI_LIST, "PATH", "the Python MLX reference" },
	{ "--torch", CLI_LIST, "PATH", "the PyTorch original" },
	{ "--context", CLI_LIST, "PATH", "further files that are read to understand the port" },
	{ "--no-context", CLI_FLAG, NULL, "read the scope alone, not the package around it" },
	{ "--technique", CLI_VALUE, "ID,...", "only these techniques" },
	{ "--min-confidence", CLI_VALUE, "LEVEL", "high, medium (default) or low" },
	{ "--format", CLI_VALUE, "FORMAT", "text (default), json or sarif" },
	{ "--baseline", CLI_VALUE, "SESSION|FILE", "what was known before: a session, or an earlier scan's json or sarif" },
	{ "--fail-on", CLI_VALUE, "new", "exit 1 when something is found that the baseline doesn't know" },
	{ NULL, CLI_FLAG, NULL, NULL },
};

static const CliOption ALIGN_OPTIONS[] = {
	{ "--swift", CLI_LIST, "PATH", "the port" },
	{ "--mlx", CLI_LIST, "PATH", "the Python MLX reference" },
	{ "--torch", CLI_LIST, "PATH", "the PyTorch original" },
	{ "--context", CLI_LIST, "PATH", "further files that are read to understand the port" },
	{ "--no-context", CLI_FLAG, NULL, "read the scope alone, not the packages around it" },
	{ "--format", CLI_VALUE, "FORMAT", "text (default) or json" },
	{ NULL, CLI_FLAG, NULL, NULL },
};

static const CliOption OPS_OPTIONS[] = {
	{ "--unknown", CLI_LIST, "PATH", "list the calls in these files that the lexicon does not know, by count" },
	{ NULL, CLI_FLAG, NULL, NULL },
};

static const CliOption TECHNIQUES_OPTIONS[] = {
	{ "--format", CLI_VALUE, "FORMAT", "text (default) or json" },
	{ NULL, CLI_FLAG, NULL, NULL },
};

void cli_take_sides(const Cli *cli, ScanOptions *options) {
	for (Side side = 0; side < SIDE_COUNT; side++) {
		Str name = arena_printf(cli->arena, "--%s", side_name(side));
		options->sides[side].paths = cli_values(cli, name.ptr, &options->sides[side].n_paths);
	}
}

static bool take_scan_options(const Cli *cli, ScanOptions *options, Err *err) {
	cli_take_sides(cli, options);
	if (!options->sides[SIDE_SWIFT].n_paths) return err_set(err, "scan needs --swift PATH");
	SourceOptions *port = &options->sides[SIDE_SWIFT];
	port->context = cli_values(cli, "--context", &port->n_context);
	port->no_context = cli_flag(cli, "--no-context");
	options->min_confidence = CONFIDENCE_MEDIUM;
	const char *level = cli_value(cli, "--min-confidence");
	if (level && !confidence_of(str_of(level), &options->min_confidence)) {
		return err_set(err, "--min-confidence is high, medium or low, not '%s'", level);
	}
	const char *ids = cli_value(cli, "--technique");
	if (!ids) return true;
	VEC(const char *) list = { 0 };
	Str rest = str_of(ids), part;
	while (str_split(&rest, ',', &part)) {
		if (str_trim(part).len) VEC_PUSH(list) = arena_strdup(cli->arena, str_trim(part));
	}
	options->n_techniques = list.n;
	options->techniques = VEC_TO_ARENA(list, cli->arena);
	return true;
}

/* ---- against a baseline ---- */

typedef struct Against {
	bool given, fail;
	Baseline baseline;
	BaselineState *states; /* NULL without a baseline */
	size_t n_new;
} Against;

/* A file of that name is taken for one; what has no such file is a session. */
static bool read_baseline(const Cli *cli, const char *name, Baseline *out, Err *err) {
	struct stat info;
	if (stat(name, &info) != 0 || !S_ISREG(info.st_mode)) {
		Err cause = { { 0 } };
		Store *store = store_open(cli->db, false, &cause);
		bool ok = store && baseline_of_session(store, name, cli->arena, out, &cause);
		store_close(store);
		return ok || err_set(err, "--baseline: no file '%s', and %s", name, cause.text);
	}
	char *text;
	size_t len;
	if (!base_file_read(name, JSON_MAX_BYTES, &text, &len, err)) return false;
	bool ok = baseline_of_text(name, (Str) { text, len }, cli->arena, out, err);
	free(text);
	return ok;
}

static bool take_against(const Cli *cli, Against *out, Err *err) {
	const char *name = cli_value(cli, "--baseline"), *fail = cli_value(cli, "--fail-on");
	*out = (Against) { .given = name != NULL, .fail = fail != NULL };
	if (fail && strcmp(fail, "new") != 0) return err_set(err, "--fail-on is new, not '%s'", fail);
	if (fail && !name) return err_set(err, "--fail-on needs --baseline SESSION|FILE");
	return !name || read_baseline(cli, name, &out->baseline, err);
}

/* ---- scan ---- */

static bool print_scan_sarif(
    const Cli *cli, const Scan *scan, const Catalogue *catalogue, const BaselineState *states, Buf *out, Err *err) {
	Plan plan;
	plan_of_scan(scan, catalogue, cli->arena, &plan);
	for (size_t i = 0; states && i < plan.n_open; i++) plan.open[i].baseline = baseline_state_name(states[i]);
	return export_sarif(&plan, out, err);
}

static int print_scan(const Cli *cli, const Scan *scan, const Catalogue *catalogue, const char *format,
    const Against *against, Err *err) {
	Buf out = { 0 };
	bool ok = true;
	if (strcmp(format, "json") == 0)
		print_scan_json(scan, against->states, &out);
	else if (strcmp(format, "sarif") == 0)
		ok = print_scan_sarif(cli, scan, catalogue, against->states, &out, err);
	else
		print_scan_text(scan, against->states, &out);
	ok = ok && cli_print(&out, err);
	buf_done(&out);
	if (!ok) return CLI_ERROR;
	if (!against->fail || against->n_new == 0) return CLI_OK;
	err_set(err, "%zu new since the baseline", against->n_new);
	return CLI_NO;
}

static int run_scan(Cli *cli, Err *err) {
	static const char *const formats[] = { "text", "json", "sarif", NULL };
	const char *format = cli_format(cli, formats, err);
	ScanOptions options = { 0 };
	Against against;
	if (!format || !take_scan_options(cli, &options, err) || !take_against(cli, &against, err)) return CLI_ERROR;
	Catalogue catalogue;
	if (!cli_catalogue(cli, options.sides[SIDE_SWIFT].paths[0], &catalogue, err)) return CLI_ERROR;
	if (strcmp(format, "text") != 0) cli_note_problems(&catalogue);
	Scan scan;
	int status = CLI_ERROR;
	if (scan_run(&options, &catalogue, &scan, err)) {
		if (against.given)
			against.states = baseline_compare(&against.baseline, &scan, &catalogue, cli->arena, &against.n_new);
		status = print_scan(cli, &scan, &catalogue, format, &against, err);
		scan_done(&scan);
	}
	catalogue_done(&catalogue);
	return status;
}

/* ---- flow and ops: one file, as Swift or Python by its name ---- */

static bool open_path(const char *path, bool context, Scan *scan, Side *side, Err *err) {
	*side = str_ends(str_of(path), ".py") ? SIDE_MLX : SIDE_SWIFT;
	const char *paths[1] = { path };
	ScanOptions options = { .rows_only = true };
	options.sides[*side] = (SourceOptions) { .paths = paths, .n_paths = 1, .no_context = !context };
	Catalogue none = { 0 };
	if (scan_run(&options, &none, scan, err)) return true;
	if (*side != SIDE_SWIFT) return false;
	/* A folder of Python files. */
	options.sides[*side].n_paths = 0;
	*side = SIDE_MLX;
	options.sides[*side] = (SourceOptions) { .paths = paths, .n_paths = 1, .no_context = !context };
	Err other;
	return scan_run(&options, &none, scan, &other);
}

static bool imports_torch(Str text) {
	return str_find(text, "import torch", 0) != SIZE_MAX || str_find(text, "from torch", 0) != SIZE_MAX;
}

static int run_flow(Cli *cli, Err *err) {
	Scan scan;
	Side side;
	if (!open_path(cli->args[0], false, &scan, &side, err)) return CLI_ERROR;
	if (side == SIDE_MLX && imports_torch(scan.sides[side].source.files[0].text)) {
		const char *paths[1] = { cli->args[0] };
		ScanOptions options = { .rows_only = true };
		options.sides[SIDE_TORCH] = (SourceOptions) { .paths = paths, .n_paths = 1, .no_context = true };
		Catalogue none = { 0 };
		scan_done(&scan);
		side = SIDE_TORCH;
		if (!scan_run(&options, &none, &scan, err)) return CLI_ERROR;
	}
	Buf out = { 0 };
	bool any = print_flow(&scan.sides[side], cli->n_args > 1 ? cli->args[1] : NULL, &out);
	int status = any && cli_print(&out, err) ? CLI_OK : CLI_ERROR;
	if (!any) err_set(err, "no component '%s' in '%s'", cli->n_args > 1 ? cli->args[1] : "", cli->args[0]);
	buf_done(&out);
	scan_done(&scan);
	return status;
}

static int run_ops(Cli *cli, Err *err) {
	size_t n;
	const char *const *paths = cli_values(cli, "--unknown", &n);
	Buf out = { 0 };
	if (n == 0) {
		print_ops(&out);
	} else {
		for (size_t i = 0; i < n; i++) {
			Scan scan;
			Side side;
			if (!open_path(paths[i], false, &scan, &side, err)) return CLI_ERROR;
			print_unknown_ops(&scan.sides[side], &out);
			scan_done(&scan);
		}
	}
	int status = cli_print(&out, err) ? CLI_OK : CLI_ERROR;
	buf_done(&out);
	return status;
}

/* ---- techniques ---- */

static int run_techniques(Cli *cli, Err *err) {
	static const char *const formats[] = { "text", "json", NULL };
	const char *format = cli_format(cli, formats, err);
	Catalogue catalogue;
	if (!format || !cli_catalogue(cli, ".", &catalogue, err)) return CLI_ERROR;
	cli_note_problems(&catalogue);
	Buf out = { 0 };
	int status = CLI_OK;
	const Technique *one = cli->n_args ? catalogue_find(&catalogue, str_of(cli->args[0])) : NULL;
	if (cli->n_args && !one) {
		err_set(err, "no technique '%s'; `triptych techniques` lists them", cli->args[0]);
		status = CLI_ERROR;
	} else if (strcmp(format, "json") == 0) {
		print_techniques_json(&catalogue, one, &out);
	} else if (one) {
		print_technique(one, &out);
	} else {
		print_techniques(&catalogue, &out);
	}
	if (status == CLI_OK && !cli_print(&out, err)) status = CLI_ERROR;
	buf_done(&out);
	catalogue_done(&catalogue);
	return status;
}

static int run_techniques_check(Cli *cli, Err *err) {
	Catalogue none = { 0 };
	Buf out = { 0 };
	bool ok = true;
	for (size_t i = 0; i < cli->n_args; i++) {
		char *text;
		size_t len;
		Arena arena = { 0 };
		Technique technique;
		if (!base_file_read(cli->args[i], 1 << 20, &text, &len, err)) return buf_done(&out), CLI_ERROR;
		bool parsed = technique_parse(cli->args[i], (Str) { text, len }, &arena, &technique, err);
		if (!parsed) {
			buf_printf(&out, "%s\n", err->text);
			ok = false;
		} else if (technique_check(&none, &technique, &out)) {
			buf_printf(&out, "%s: %.*s is right: %zu flagged, %zu not flagged, %zu instead\n", cli->args[i],
			    STR_ARG(technique.id), technique.n_flagged, technique.n_not_flagged, technique.n_instead);
		} else {
			ok = false;
		}
		free(text);
		arena_done(&arena);
	}
	int status = !cli_print(&out, err) ? CLI_ERROR : ok ? CLI_OK : CLI_NO;
	if (status == CLI_NO) err_set(err, "a card is not right");
	buf_done(&out);
	return status;
}

const Command CLI_SCAN_COMMANDS[] = {
	{ "scan",
	    "--swift PATH... [--mlx PATH...] [--torch PATH...] [--format text|json|sarif] [--technique ID,...] "
	    "[--min-confidence LEVEL] [--baseline SESSION|FILE --fail-on new]",
	    "find candidates in a port",
	    "With --baseline only what is new is shown in text; in json and sarif each candidate says whether it is new, "
	    "unchanged or updated. What was moved, renamed or reformatted is known, as in a rescan.",
	    SCAN_OPTIONS, 0, 0, run_scan },
	{ "align", "--swift PATH... --mlx PATH... [--torch PATH...] [--format text|json]",
	    "show which components answer each other",
	    "Rows are of the PATHs given; the packages around them are read to know what their names mean, and stand where they\n"
	    "answer what was given.",
	    ALIGN_OPTIONS, 0, 0, cli_run_align },
	{ "techniques", "[ID] [--format text|json]", "list the techniques, or show one", NULL, TECHNIQUES_OPTIONS, 0, 1,
	    run_techniques },
	{ "techniques check", "FILE...", "check cards of your own", NULL, NULL, 1, CLI_MANY, run_techniques_check },
	{ "flow", "PATH [COMPONENT]", "print op graphs, for writing cards",
	    "Under each line of the source stand the nodes that it makes, with their columns, arguments and what is known of the\n"
	    "value. ↳ is what a called function computes, repeated in place; COMPONENT is a name or the end of one.",
	    NULL, 1, 2, run_flow },
	{ "ops", "[--unknown PATH...]", "list the operations, or the calls that none of them is", NULL, OPS_OPTIONS, 0, 0,
	    run_ops },
};
const size_t CLI_SCAN_COUNT = BASE_COUNT(CLI_SCAN_COMMANDS);
