#include "core/posix.h"

#include "tui/cli_screen.h"

#include "core/git.h"
#include "tui/app.h"

#include <stdio.h>
#include <unistd.h>

typedef struct ScreenConfig {
	VEC(AppBinding) bindings;
	const char *theme, *editor, *copy;
} ScreenConfig;

/* Sections [keys] and [screen] of the configuration; the others belong to others. */
static bool read_config(Cli *cli, ScreenConfig *out, Err *err) {
	if (access(cli->config, F_OK) != 0) return true;
	GitSetting *settings;
	size_t n;
	if (!git_config_read(cli->config, cli->arena, &settings, &n, err)) return false;
	for (size_t i = 0; i < n; i++) {
		const GitSetting *s = &settings[i];
		const char *value = arena_strdup(cli->arena, s->value);
		if (str_is(s->section, "keys")) {
			VEC_PUSH(out->bindings) = (AppBinding) { arena_strdup(cli->arena, s->key), value };
		} else if (str_is(s->section, "screen")) {
			if (str_is(s->key, "theme"))
				out->theme = value;
			else if (str_is(s->key, "editor"))
				out->editor = value;
			else if (str_is(s->key, "copy"))
				out->copy = value;
			else
				return err_set(err, "%s: [screen] has no setting '%.*s'", cli->config, STR_ARG(s->key));
		}
	}
	return true;
}

int cli_screen_open(Cli *cli, const char *session, Err *err) {
	if (!cli_has_screen(cli)) {
		err_set(err, "the screen needs a terminal; without one: triptych candidates %s, or --script FILE",
		    session ? session : "NAME");
		return CLI_ERROR;
	}
	ScreenConfig config = { 0 };
	int status = CLI_ERROR;
	if (read_config(cli, &config, err)) {
		AppOptions options = {
			.db = cli->db,
			.config = access(cli->config, F_OK) == 0 ? cli->config : NULL,
			.session = session,
			.folder = ".",
			.script = cli->script,
			.theme = config.theme,
			.no_color = cli->no_color,
			.editor = config.editor,
			.copy = config.copy,
			.bindings = config.bindings.at,
			.n_bindings = config.bindings.n,
		};
		status = app_run(&options, err);
	}
	VEC_FREE(config.bindings);
	return status;
}

int cli_screen_resume(Cli *cli, Err *err) { return cli_screen_open(cli, NULL, err); }
