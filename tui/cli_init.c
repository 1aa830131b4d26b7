#include "core/posix.h"

#include "tui/cli_program.h"

#include "core/utf8.h"
#include "sessions/init.h"
#include "sessions/paths.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* Below this share of the port's names a folder is shown, never taken. */
#define TAKEN 0.25

/* The port's sources: as given, else Sources of the package around here, else all of it. */
static const char *find_port(const Cli *cli, const char *top) {
	if (cli->n_args > 0) return cli->args[0];
	char *sources = base_path_join(top, "Sources");
	const char *port = arena_strdup(cli->arena, str_of(access(sources, F_OK) == 0 ? sources : top));
	free(sources);
	return port;
}

static void set_side(const Cli *cli, InitSide *side, const char *path) {
	char *absolute = paths_absolute(path);
	const char **paths = ARENA_ARRAY(cli->arena, const char *, 1);
	paths[0] = arena_strdup(cli->arena, str_of(absolute));
	*side = (InitSide) { .paths = paths, .n_paths = 1 };
	free(absolute);
}

static void put_finds(const InitFind *finds, size_t n, Buf *out) {
	for (size_t i = 0; i < n && i < 8; i++) {
		buf_printf(out, "%3.0f %%  %-6s ", 100 * finds[i].score, side_name(finds[i].side));
		cli_safe(out, str_of(finds[i].path));
		buf_puts(out, "\n       ");
		cli_safe(out, finds[i].why);
		buf_putc(out, '\n');
	}
	if (n == 0)
		buf_puts(out, "No Python near by shares names with the port: name the references with --mlx and --torch.\n");
}

/* The best of each side that wasn't given. */
static void take_finds(const Cli *cli, const InitFind *finds, size_t n, InitFile *file) {
	for (size_t i = 0; i < n; i++) {
		InitSide *side = &file->sides[finds[i].side];
		if (side->n_paths == 0 && finds[i].score >= TAKEN) set_side(cli, side, finds[i].path);
	}
}

static bool take_given(const Cli *cli, InitFile *file, Err *err) {
	static const struct {
		const char *option;
		Side side;
	} GIVEN[] = { { "--mlx", SIDE_MLX }, { "--torch", SIDE_TORCH } };
	for (size_t i = 0; i < BASE_COUNT(GIVEN); i++) {
		const char *path = cli_value(cli, GIVEN[i].option);
		if (!path) continue;
		if (access(path, R_OK) != 0) return err_set(err, "there is no '%s'", path);
		set_side(cli, &file->sides[GIVEN[i].side], path);
	}
	return true;
}

static bool fill(const Cli *cli, const char *top, InitFile *file, Buf *out, Err *err) {
	const char *port = find_port(cli, top);
	if (access(port, R_OK) != 0) return err_set(err, "there is no '%s'", port);
	set_side(cli, &file->sides[SIDE_SWIFT], port);
	const char *slash = strrchr(top, '/');
	file->name = str_of(slash && slash[1] ? slash + 1 : "port");
	if (!take_given(cli, file, err)) return false;
	if (file->sides[SIDE_MLX].n_paths > 0 && file->sides[SIDE_TORCH].n_paths > 0) return true;
	InitFind *finds;
	size_t n, n_near;
	const char *const *near = cli_values(cli, "--near", &n_near);
	if (!init_propose(file->sides[SIDE_SWIFT].paths[0], top, near, n_near, cli->arena, &finds, &n, err)) return false;
	put_finds(finds, n, out);
	take_finds(cli, finds, n, file);
	return true;
}

static void put_result(const InitFile *file, const char *path, bool written, Buf *out) {
	buf_printf(out, "\n%s ", written ? "Wrote" : "Would write");
	cli_safe(out, str_of(path));
	buf_putc(out, '\n');
	for (int i = SIDE_COUNT - 1; i >= 0; i--) {
		buf_printf(out, "  %-6s ", side_name((Side)i));
		cli_safe(out, file->sides[i].n_paths ? str_of(file->sides[i].paths[0]) : STR("none"));
		buf_putc(out, '\n');
	}
	if (written)
		buf_printf(out, "Next: triptych, or without a screen: triptych open %.*s --no-tui\n", STR_ARG(file->name));
}

int cli_run_init(Cli *cli, Err *err) {
	char *top;
	char *path = init_path(cli->n_args > 0 ? cli->args[0] : ".", &top);
	bool dry = cli_flag(cli, "--dry-run"), force = cli_flag(cli, "--force");
	InitFile file = { 0 };
	Buf out = { 0 };
	bool ok = dry || force || access(path, F_OK) != 0 || err_set(err, "'%s' exists: --force replaces it", path);
	ok = ok && fill(cli, top, &file, &out, err);
	if (ok && !dry) ok = init_write(path, top, &file, force, err);
	if (ok) put_result(&file, path, !dry, &out);
	if (ok) ok = cli_print(&out, err);
	buf_done(&out);
	free(path);
	free(top);
	return ok ? CLI_OK : CLI_ERROR;
}
