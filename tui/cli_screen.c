#include "core/posix.h"

#include "tui/cli_screen.h"

#include "sessions/paths.h"
#include "sessions/session.h"
#include "tui/cli_session.h"
#include "tui/settings.h"

#include <stdlib.h>
#include <string.h>
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
			.no_mouse = settings.no_mouse,
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

/* Whether the path lies in the folder, or is it. */
static bool lies_in(const char *path, const char *folder) {
	size_t n = strlen(folder);
	return strncmp(path, folder, n) == 0 && (path[n] == '/' || path[n] == '\0' || (n > 0 && folder[n - 1] == '/'));
}

static bool is_port_of(const Session *session, const char *top) {
	const SessionSide *port = &session->sides[SIDE_SWIFT];
	for (size_t i = 0; i < port->n_paths; i++) {
		/* the top of a checkout has no symbolic links in it, what a user typed may */
		char *real = realpath(port->paths[i], NULL);
		bool here = lies_in(real ? real : port->paths[i], top);
		free(real);
		if (here) return true;
	}
	return false;
}

/* The session used last whose port lies here; NULL in *name when there is none, or no database yet. */
static bool latest_here(Cli *cli, const char **name, Err *err) {
	*name = NULL;
	if (access(cli->db, F_OK) != 0) return true;
	Store *store = store_open(cli->db, false, err);
	if (!store) return false;
	SessionSummary *list;
	size_t n;
	bool ok = session_list(store, false, cli->arena, &list, &n, err);
	char *top = paths_project(".");
	for (size_t i = 0; ok && !*name && i < n; i++) {
		/* a home folder that is a checkout, or "/", would make every session one of here */
		if (strcmp(top, "/") != 0 && is_port_of(&list[i].session, top)) *name = list[i].session.name.ptr;
	}
	free(top);
	store_close(store);
	return ok;
}

int cli_screen_resume(Cli *cli, Err *err) {
	const char *name;
	if (!cli_has_screen(cli)) return cli_screen_open(cli, NULL, err);
	if (!latest_here(cli, &name, err)) return CLI_ERROR;
	Buf said = { 0 };
	bool ok = name || cli_session_from_file(cli, NULL, &name, &said, err);
	buf_done(&said);
	return ok ? cli_screen_open(cli, name, err) : CLI_ERROR;
}
