#include "core/posix.h"

#include "tui/cli_session.h"

#include "sessions/export.h"
#include "sessions/init.h"
#include "sessions/paths.h"
#include "tui/draft_patch.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const ExportFormat *take_format(const Cli *cli, Err *err) {
	const char *names[16] = { NULL };
	size_t n;
	const ExportFormat *rows = export_formats(&n);
	for (size_t i = 0; i < n && i < BASE_COUNT(names) - 1; i++) names[i] = rows[i].name;
	const char *name = cli_format(cli, names, err);
	return name ? export_format(name) : NULL;
}

static int put_document(const Cli *cli, const ExportFormat *format, const Plan *plan, Err *err) {
	Buf out = { 0 };
	if (!format->write(plan, &out, err)) {
		buf_done(&out);
		return CLI_NO;
	}
	const char *path = cli_value(cli, "--output");
	if (!path || strcmp(path, "-") == 0) return cli_put(&out, err);
	Err cause = { { 0 } };
	bool ok = paths_write_file(path, buf_view(&out), cli_flag(cli, "--force"), &cause);
	if (!ok) err_set(err, "%s%s", cause.text, str_ends(str_of(cause.text), "exists") ? ": --force replaces it" : "");
	buf_done(&out);
	return ok ? CLI_OK : CLI_ERROR;
}

static int put_folder(const Cli *cli, const ExportFormat *format, const Plan *plan, Err *err) {
	const char *folder = cli_value(cli, "--output");
	if (!folder) {
		err_set(err, "%s makes several files: name their folder with -o", format->name);
		return CLI_ERROR;
	}
	ExportFiles files = { 0 };
	int status = format->write_files(plan, &files, err) ? CLI_OK : CLI_NO;
	char *absolute = paths_absolute(folder);
	if (status == CLI_OK && !paths_make_folder(absolute, err)) status = CLI_ERROR;
	for (size_t i = 0; status == CLI_OK && i < files.n; i++) {
		char *path = base_path_join(absolute, files.at[i].name);
		Str text = { files.at[i].text, files.at[i].len };
		if (!paths_write_file(path, text, cli_flag(cli, "--force"), err)) status = CLI_ERROR;
		free(path);
	}
	free(absolute);
	export_files_done(&files);
	return status;
}

/* A patch is of the sources as they are now: its drafts are judged against a scan of them, which the session doesn't take over. */
static int put_patch(Cli *cli, const Walk *walk, const Catalogue *catalogue, Plan *plan, Err *err) {
	ScanOptions options;
	Scan scan;
	PortWorld world;
	if (!walk_scan_options(walk, cli->arena, &options, err)) return CLI_ERROR;
	if (!scan_run(&options, catalogue, &scan, err)) return CLI_ERROR;
	port_world_init(&world, &scan.sides[SIDE_SWIFT].source);
	DraftPatch *patch = draft_patch_new(&scan, catalogue, walk_pins(walk), &world);
	plan->patch = draft_patch_judge(patch);
	int status = put_document(cli, export_format("patch"), plan, err);
	size_t n;
	Str lines = draft_patch_left_out(patch, &n), line;
	while (lines.len > 0 && str_split(&lines, '\n', &line)) cli_note("left out, stale: %.*s", STR_ARG(line));
	draft_patch_free(patch);
	port_world_done(&world);
	scan_done(&scan);
	return status;
}

int cli_run_export(Cli *cli, Err *err) {
	const ExportFormat *format = take_format(cli, err);
	CliWalk w;
	if (!format || !cli_walk_open(cli, &w, err)) return CLI_ERROR;
	Catalogue catalogue;
	int status = CLI_ERROR;
	if (cli_walk_catalogue(cli, w.walk, &catalogue, err)) {
		Plan plan;
		plan_of_walk(w.walk, &catalogue, cli->arena, &plan);
		if (strcmp(format->name, "patch") == 0)
			status = put_patch(cli, w.walk, &catalogue, &plan, err);
		else if (format->folder)
			status = put_folder(cli, format, &plan, err);
		else
			status = put_document(cli, format, &plan, err);
		catalogue_done(&catalogue);
	}
	cli_walk_close(&w);
	return status;
}

/* ---- import ---- */

/* Sides as given, else as .triptych/session around here has them. */
static void sides_of_here(Cli *cli, const InitFile *file, size_t side, const char *const **paths, size_t *n) {
	Str option = arena_printf(cli->arena, "--%s", side_name((Side)side));
	*paths = cli_values(cli, option.ptr, n);
	if (*n > 0 || !file) return;
	*paths = file->sides[side].paths;
	*n = file->sides[side].n_paths;
}

static bool all_there(const char *const *paths, size_t n) {
	for (size_t i = 0; i < n; i++) {
		if (access(paths[i], R_OK) != 0) return false;
	}
	return n > 0;
}

/* The folders in an export are those of the machine that wrote it. What lies elsewhere here is bound to what was given, or to
 * what .triptych/session names; what is nowhere is told. */
static bool bind_sides(Cli *cli, Store *store, Str name, Err *err) {
	char *top, *path = init_path(".", &top);
	InitFile file;
	bool known = access(path, F_OK) == 0 && init_read(path, top, cli->arena, &file, NULL);
	Session session;
	bool ok = session_find(store, arena_strdup(cli->arena, name), true, cli->arena, &session, err);
	for (int i = 0; ok && i < SIDE_COUNT; i++) {
		const SessionSide *kept = &session.sides[i];
		const char *const *paths;
		size_t n;
		Str option = arena_printf(cli->arena, "--%s", side_name((Side)i));
		bool given = cli_value(cli, option.ptr) != NULL;
		sides_of_here(cli, known ? &file : NULL, (size_t)i, &paths, &n);
		if (given && !all_there(paths, n)) ok = err_set(err, "there is no '%s'", paths[0]);
		bool lost = kept->n_paths > 0 && !all_there(kept->paths, kept->n_paths);
		if (ok && (given || lost) && all_there(paths, n)) {
			ok = session_set_paths(store, &session, (Side)i, paths, n, err);
		} else if (ok && lost) {
			cli_note("the %s was at '%s', which isn't here: triptych import %s --%s PATH", side_title((Side)i),
			    kept->paths[0], cli->args[0], side_name((Side)i));
		}
	}
	free(path);
	free(top);
	return ok;
}

int cli_run_import(Cli *cli, Err *err) {
	char *text;
	size_t len;
	if (!base_file_read(cli->args[0], (size_t)64 << 20, &text, &len, err)) return CLI_ERROR;
	Store *store = cli_store(cli, true, err);
	ImportCounts counts;
	bool ok = store && import_json(store, (Str) { text, len }, cli_value(cli, "--into"), cli->arena, &counts, err);
	Buf out = { 0 };
	ok = ok && bind_sides(cli, store, counts.name, err);
	if (ok) {
		buf_printf(&out, "%.*s: %zu of %zu events and %zu of %zu candidates were new%s\n", STR_ARG(counts.name),
		    counts.n_new_events, counts.n_events, counts.n_new_candidates, counts.n_candidates,
		    counts.made ? "; the session is new here" : "");
	}
	store_close(store);
	free(text);
	int printed = cli_put(&out, err);
	return ok ? printed : CLI_ERROR;
}
