/* What scan, flow, ops and techniques write. */
#ifndef TUI_CLI_SCAN_PRINT_H
#define TUI_CLI_SCAN_PRINT_H

#include "core/json.h"
#include "core/scan.h"
#include "sessions/baseline.h"
#include "tui/cli.h"

/* states: what a baseline says of each candidate (sessions/baseline.h), or NULL. In text the known ones are only counted. */
void print_scan_json(const Scan *scan, const BaselineState *states, Buf *out);
void print_scan_text(const Scan *scan, const BaselineState *states, Buf *out);
/* Op graphs of all components, or of those with that name or last name. False when there is none. */
bool print_flow(const ScanSide *side, const char *component, Buf *out);
void print_ops(Buf *out);
void print_unknown_ops(const ScanSide *side, Buf *out);
void print_techniques(const Catalogue *catalogue, Buf *out);
void print_techniques_json(const Catalogue *catalogue, const Technique *one, Buf *out);
void print_technique(const Technique *technique, Buf *out);

/* The paths of --swift, --mlx and --torch. */
void cli_take_sides(const Cli *cli, ScanOptions *options);
int cli_run_align(Cli *cli, Err *err);
/* Built-in cards, the user's, and those of the port's repository around path. */
bool cli_catalogue(const Cli *cli, const char *path, Catalogue *out, Err *err);
/* Remarks on stderr: the cards that were left out. */
void cli_note_problems(const Catalogue *catalogue);

#endif
