/* keys and config, and the rows of the commands about the program itself. */
#include "core/posix.h"

#include "tui/cli_program.h"

#include "core/json.h"
#include "tui/cli_session.h"
#include "tui/settings.h"

#include <string.h>
#include <unistd.h>

static const char *const TEXT_OR_JSON[] = { "text", "json", NULL };

/* ---- keys ---- */

static void put_keys_text(const Keymap *map, Buf *out) {
	for (int group = 0; group < ACTION_GROUP_COUNT; group++) {
		buf_printf(out, "%s%s\n", group ? "\n" : "", action_group_name((ActionGroup)group));
		for (int i = 1; i < ACTION_COUNT; i++) {
			const ActionInfo *info = action_info((ActionId)i);
			if (info->group != (ActionGroup)group) continue;
			Buf keys = { 0 };
			keymap_keys(map, (ActionId)i, &keys);
			buf_printf(out, "  %-14s %-14s %s\n", keys.len ? keys.ptr : "-", info->name, info->help);
			buf_done(&keys);
		}
	}
}

static void put_keys_json(const Keymap *map, Buf *out) {
	JsonOut json = json_out(out, JSON_PRETTY);
	json_open_object(&json);
	json_member_integer(&json, "version", 1);
	json_member_array(&json, "actions");
	for (int i = 1; i < ACTION_COUNT; i++) {
		const ActionInfo *info = action_info((ActionId)i);
		json_open_object(&json);
		json_member_text(&json, "name", info->name);
		json_member_text(&json, "group", action_group_name(info->group));
		json_member_array(&json, "keys");
		char name[KEYS_NAME_MAX];
		for (size_t k = 0; k < map->n; k++) {
			if (map->at[k].action == (ActionId)i) json_put_text(&json, key_to_name(map->at[k].key, name));
		}
		json_close(&json);
		json_member_text(&json, "help", info->help);
		json_close(&json);
	}
	json_close(&json);
	json_close(&json);
}

static int run_keys(Cli *cli, Err *err) {
	Settings settings = { 0 };
	if (!cli_format(cli, TEXT_OR_JSON, err)) return CLI_ERROR;
	bool ok = settings_read(cli->config, cli->arena, &settings, err);
	Buf out = { 0 };
	if (ok) {
		Keymap map;
		settings_keymap(&settings, &map);
		(cli->json ? put_keys_json : put_keys_text)(&map, &out);
		keymap_done(&map);
	}
	settings_done(&settings);
	int status = cli_put(&out, err);
	return ok ? status : CLI_ERROR;
}

/* ---- config ---- */

static int run_config(Cli *cli, Err *err) {
	Settings settings = { 0 };
	Buf out = { 0 };
	bool ok = true;
	if (cli_flag(cli, "--defaults")) {
		buf_puts(&out, "# Everything that can be set, with what holds when it isn't.\n# This is the file ");
		cli_safe(&out, str_of(cli->config));
		buf_puts(&out, " (or --config, TRIPTYCH_CONFIG).\n#\n");
		settings_defaults(&out);
	} else {
		ok = settings_read(cli->config, cli->arena, &settings, err);
		bool there = access(cli->config, F_OK) == 0;
		cli_note("%s%s", cli->config, there ? "" : " isn't there: everything is as `triptych config --defaults` says");
		for (size_t i = 0; ok && i < settings.n_lines; i++) {
			cli_safe(&out, settings.lines[i]);
			buf_putc(&out, '\n');
		}
	}
	settings_done(&settings);
	int status = cli_put(&out, err);
	return ok ? status : CLI_ERROR;
}

/* ---- the rows ---- */

#define END                                                                                                            \
	{ NULL, CLI_FLAG, NULL, NULL }

static const CliOption KEYS_OPTIONS[] = { { "--format", CLI_VALUE, "FORMAT", "text (default) or json" }, END };
static const CliOption CONFIG_OPTIONS[] = {
	{ "--defaults", CLI_FLAG, NULL, "everything that can be set, as a file of comments" },
	END,
};
static const CliOption INIT_OPTIONS[] = {
	{ "--mlx", CLI_VALUE, "PATH", "the Python MLX reference; proposed when not given" },
	{ "--torch", CLI_VALUE, "PATH", "the PyTorch original; proposed when not given" },
	{ "--near", CLI_LIST, "FOLDER", "look for references there, instead of beside and around the port" },
	{ "--dry-run", CLI_FLAG, NULL, "only show what would be written" },
	{ "--force", CLI_FLAG, NULL, "replace .triptych/session" },
	END,
};

const Command CLI_PROGRAM_COMMANDS[] = {
	{ "init", "[PORT]", "propose the references of the port around here, and write .triptych/session",
	    "Looks for Python checkouts beside the port and ranks them by the weight keys and class names that they share\n"
	    "with it. What it writes names the sides by paths relative to the repository, so that a colleague opens the same\n"
	    "session with `triptych`.",
	    INIT_OPTIONS, 0, 1, cli_run_init },
	{ "keys", "[--format text|json]", "what each key does, as configured",
	    "Keys are set in section [keys] of the configuration: an action's name, then its keys, or none.", KEYS_OPTIONS,
	    0, 0, run_keys },
	{ "config", "[--defaults]", "what is configured", NULL, CONFIG_OPTIONS, 0, 0, run_config },
	{ "doctor", "", "what works here: terminal, database, grammars, model",
	    "One line each, ok or not ok with what to do; the exit status is 1 when something isn't ok.\n"
	    "A configured model gets a question of a few words; without one nothing is sent anywhere.",
	    NULL, 0, 0, cli_run_doctor },
	{ "completions", "bash|zsh|fish", "completions for a shell",
	    "bash: triptych completions bash >~/.local/share/bash-completion/completions/triptych\n"
	    "zsh: into a folder of $fpath, as _triptych\n"
	    "fish: triptych completions fish >~/.config/fish/completions/triptych.fish\n"
	    "Also: `completions man` prints the manual page, `completions sessions` the names of the sessions.",
	    NULL, 1, 1, cli_run_completions },
};
const size_t CLI_PROGRAM_COUNT = BASE_COUNT(CLI_PROGRAM_COMMANDS);
