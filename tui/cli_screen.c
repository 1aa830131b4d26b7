#include "core/posix.h"

#include "tui/cli_screen.h"

#include "tui/settings.h"

#include <stdio.h>
#include <unistd.h>

int cli_screen_open(Cli *cli, const char *session, Err *err) {
	if (!cli_has_screen(cli)) {
		err_set(err, "the screen needs a terminal; without one: triptych candidates %s, or --script FILE",
		    session ? session : "NAME");
		return CLI_ERROR;
	}
	Settings settings;
	int status = CLI_ERROR;
	if (settings_read(cli->config, cli->arena, &settings, err)) {
		AppOptions options = {
			.db = cli->db,
			.config = access(cli->config, F_OK) == 0 ? cli->config : NULL,
			.session = session,
			.folder = ".",
			.script = cli->script,
			.theme = settings.theme,
			.no_color = cli->no_color,
			.editor = settings.editor,
			.copy = settings.copy,
			.bindings = settings.bindings,
			.n_bindings = settings.n_bindings,
		};
		status = app_run(&options, err);
	}
	settings_done(&settings);
	return status;
}

int cli_screen_resume(Cli *cli, Err *err) { return cli_screen_open(cli, NULL, err); }
