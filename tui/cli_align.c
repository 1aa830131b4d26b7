/* triptych align: the rows of a port and its references, and how much is ported. */
#include "core/posix.h"

#include "tui/cli_scan_print.h"
#include "tui/coverage.h"

#include <string.h>

static const Side ORDER[] = { SIDE_MLX, SIDE_TORCH, SIDE_SWIFT };

/* ---- JSON ---- */

static void put_row_json(const Scan *scan, const Row *row, JsonOut *json) {
	Arena arena = { 0 };
	json_open_object(json);
	json_member_text(json, "kind", component_kind_name(row->kind));
	for (size_t s = 0; s < BASE_COUNT(ORDER); s++) {
		json_member_array(json, side_name(ORDER[s]));
		for (size_t k = 0; k < row->n[ORDER[s]]; k++)
			json_put_str(json, component_label(&scan->sides[ORDER[s]].outline, row->ids[ORDER[s]][k], &arena));
		json_close(json);
	}
	json_member_number(json, "confidence", row->confidence);
	json_member_array(json, "evidence");
	for (size_t k = 0; k < row->n_evidence; k++) json_put_str(json, row->evidence[k]);
	json_close(json);
	json_close(json);
	arena_done(&arena);
}

static void put_json(const Scan *scan, Buf *out) {
	JsonOut json = json_out(out, 0);
	json_open_object(&json);
	json_member_integer(&json, "version", 1);
	json_member_array(&json, "rows");
	for (size_t i = 0; i < scan->rows.n; i++)
		if (coverage_shows(scan, &scan->rows.rows[i])) put_row_json(scan, &scan->rows.rows[i], &json);
	json_close(&json);
	json_close(&json);
	buf_putc(out, '\n');
}

/* ---- text ---- */

enum { WIDTH = 36 };

static void put_cell(const Scan *scan, const Row *row, Side side, Arena *arena, Buf *out) {
	Str text = STR("─");
	int shown = 1;
	if (row->n[side]) {
		text = component_label(&scan->sides[side].outline, row->ids[side][0], arena);
		if (row->n[side] > 1) text = arena_printf(arena, "%.*s +%zu", STR_ARG(text), row->n[side] - 1);
		shown = (int)text.len;
	}
	if (shown > WIDTH) {
		buf_printf(out, "%.*s…", WIDTH - 1, text.ptr);
		shown = WIDTH;
	} else {
		buf_str(out, text);
	}
	for (int i = shown; i < WIDTH + 2; i++) buf_putc(out, ' ');
}

static void put_row(const Scan *scan, const Row *row, Arena *arena, Buf *out) {
	bool reference = row->n[SIDE_MLX] || row->n[SIDE_TORCH];
	for (size_t s = 0; s < BASE_COUNT(ORDER); s++)
		if (scan->sides[ORDER[s]].present) put_cell(scan, row, ORDER[s], arena, out);
	if (!row->n[SIDE_SWIFT])
		buf_puts(out, "       not ported");
	else if (!reference)
		buf_puts(out, "       only in the port");
	else
		buf_printf(out, "%.2f   ", row->confidence);
	for (size_t k = 0; reference && row->n[SIDE_SWIFT] && k < row->n_evidence; k++)
		buf_printf(out, "%s%.*s", k ? " · " : "", STR_ARG(row->evidence[k]));
	buf_putc(out, '\n');
}

static void put_files(const Scan *scan, Side side, Buf *out) {
	const Source *source = &scan->sides[side].source;
	bool any = false;
	for (uint32_t file = 0; scan->sides[side].present && file < source->n_files; file++) {
		CoverageCount count = coverage_of_file(scan, side, file);
		if (!source->files[file].in_scope || !count.n) continue;
		if (!any) buf_printf(out, "\n%s, %s\n", side_title(side), side == SIDE_SWIFT ? "answered" : "ported");
		any = true;
		buf_printf(out, "%6zu of %-5zu %s\n", count.answered, count.n, source->files[file].name);
	}
}

/* An absence names what was searched. */
static void put_searched(const Scan *scan, Buf *out) {
	const Source *port = &scan->sides[SIDE_SWIFT].source;
	size_t given = 0, more = 0;
	for (size_t i = 0; i < port->n_files; i++) {
		const SourceFile *file = &port->files[i];
		given += file->in_scope;
		more += !file->in_scope && !file->is_test && !str_ends(str_of(file->name), "Package.swift");
	}
	buf_printf(out, "looked for in %zu Swift file%s", given, given == 1 ? "" : "s");
	if (more) buf_printf(out, "; the package around has %zu more", more);
	buf_putc(out, '\n');
}

static void put_text(const Scan *scan, Buf *out) {
	Arena arena = { 0 };
	for (size_t s = 0; s < BASE_COUNT(ORDER); s++)
		if (scan->sides[ORDER[s]].present) buf_printf(out, "%-*s", WIDTH + 2, side_title(ORDER[s]));
	buf_puts(out, "match  why\n");
	for (size_t i = 0; i < scan->rows.n; i++)
		if (coverage_shows(scan, &scan->rows.rows[i])) put_row(scan, &scan->rows.rows[i], &arena, out);
	for (size_t s = 0; s < BASE_COUNT(ORDER); s++) put_files(scan, ORDER[s], out);
	CoverageCount all = coverage_of_rows(scan);
	buf_printf(out, "\n%zu of %zu components of the references are ported; ", all.answered, all.n);
	put_searched(scan, out);
	arena_done(&arena);
}

/* ---- the command ---- */

static bool take_options(const Cli *cli, ScanOptions *options, Err *err) {
	*options = (ScanOptions) { .rows_only = true };
	cli_take_sides(cli, options);
	SourceOptions *port = &options->sides[SIDE_SWIFT];
	port->context = cli_values(cli, "--context", &port->n_context);
	for (Side side = 0; side < SIDE_COUNT; side++) options->sides[side].no_context = cli_flag(cli, "--no-context");
	if (!port->n_paths) return err_set(err, "align needs --swift PATH");
	if (!options->sides[SIDE_MLX].n_paths && !options->sides[SIDE_TORCH].n_paths)
		return err_set(err, "align needs --mlx PATH or --torch PATH");
	return true;
}

int cli_run_align(Cli *cli, Err *err) {
	static const char *const formats[] = { "text", "json", NULL };
	const char *format = cli_format(cli, formats, err);
	ScanOptions options;
	Catalogue none = { 0 };
	Scan scan;
	if (!format || !take_options(cli, &options, err) || !scan_run(&options, &none, &scan, err)) return CLI_ERROR;
	Buf out = { 0 };
	if (strcmp(format, "json") == 0)
		put_json(&scan, &out);
	else
		put_text(&scan, &out);
	int status = cli_print(&out, err) ? CLI_OK : CLI_ERROR;
	buf_done(&out);
	scan_done(&scan);
	return status;
}
