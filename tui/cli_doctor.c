/* doctor: what works here, one line each. */
#include "core/posix.h"

#include "tui/cli_program.h"

#include "core/git.h"
#include "core/scan.h"
#include "sessions/paths.h"
#include "tui/cli_scan_print.h"
#include "tui/cli_session.h"
#include "tui/model_run.h"
#include "tui/settings.h"
#include "tui/term.h"

#include <langinfo.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

typedef struct Doctor {
	Cli *cli;
	Buf out;
	bool bad;
} Doctor;

/* One line. what_to_do is NULL when all is well. */
static void say(Doctor *d, const char *about, const char *what_to_do, const char *fmt, ...) BASE_PRINTF(4, 5);
static void say(Doctor *d, const char *about, const char *what_to_do, const char *fmt, ...) {
	Buf text = { 0 };
	va_list args;
	va_start(args, fmt);
	buf_vprintf(&text, fmt, args);
	va_end(args);
	if (what_to_do) buf_printf(&text, ": %s", what_to_do);
	buf_printf(&d->out, "%-7s %-14s ", what_to_do ? "not ok" : "ok", about);
	cli_safe(&d->out, buf_view(&text));
	buf_putc(&d->out, '\n');
	buf_done(&text);
	if (what_to_do) d->bad = true;
}

/* ---- terminal ---- */

static void check_terminal(Doctor *d) {
	const char *name = getenv("TERM");
	bool opened = false;
	int fd = term_find(&opened, NULL);
	if (opened) close(fd);
	if (fd < 0) {
		say(d, "terminal", NULL, "none here; the commands work without one");
		return;
	}
	int colors = 0;
	Err err = { { 0 } };
	if (!term_probe(&colors, &err)) {
		say(d, "terminal", "set TERM to what your terminal is, such as xterm-256color", "%s", err.text);
	} else {
		const char *none = getenv("NO_COLOR");
		say(d, "terminal", NULL, "%s, %d colours%s", name, colors,
		    none && *none ? " (NO_COLOR is set: none are used)" : "");
	}
	const char *codeset = nl_langinfo(CODESET);
	bool utf8 = strcmp(codeset, "UTF-8") == 0 || strcmp(codeset, "utf8") == 0;
	say(d, "characters", utf8 ? NULL : "set LC_ALL or LANG to a UTF-8 locale, such as en_US.UTF-8",
	    utf8 ? "%s" : "%s, so that only ASCII is drawn", codeset);
}

/* ---- database ---- */

static void check_open_store(Doctor *d, Store *store) {
	Buf report = { 0 };
	Err err = { { 0 } };
	Query query = query_open(store, "PRAGMA user_version");
	int64_t version = query_row(&query) ? query_get_integer(&query, 0) : 0;
	query_end(&query, NULL);
	if (!store_check(store, &report, &err)) {
		say(d, "database", "restore a copy from beside it, or name another with --db", "'%s' can't be checked (%s)",
		    store_path(store), err.text);
	} else if (report.len > 0) {
		Str first = buf_view(&report), line;
		str_split(&first, '\n', &line);
		say(d, "database", "restore a copy from beside it, or export its sessions and import them into another (--db)",
		    "'%s' is damaged (%.*s)", store_path(store), STR_ARG(line));
	} else if (store_is_read_only(store)) {
		say(d, "database", "make it and its folder writable, or name another with --db", "'%s' is read-only",
		    store_path(store));
	} else {
		say(d, "database", NULL, "%s, version %lld, whole and writable", store_path(store), (long long)version);
	}
	buf_done(&report);
}

static bool can_be_made(const char *path) {
	char *folder = paths_parent(path);
	while (access(folder, F_OK) != 0 && strcmp(folder, "/") != 0 && strcmp(folder, ".") != 0) {
		char *up = paths_parent(folder);
		free(folder);
		folder = up;
	}
	bool ok = access(folder, W_OK) == 0;
	free(folder);
	return ok;
}

static void check_database(Doctor *d) {
	const char *path = d->cli->db;
	if (access(path, F_OK) != 0) {
		bool ok = can_be_made(path);
		say(d, "database", ok ? NULL : "make its folder writable, or name another with --db",
		    ok ? "none yet; it will be %s" : "'%s' isn't there and can't be made", path);
		return;
	}
	Err err = { { 0 } };
	Store *store = cli_store(d->cli, false, &err);
	if (store) {
		check_open_store(d, store);
	} else {
		say(d, "database", "restore a copy from beside it, or name another with --db", "%s", err.text);
	}
	store_close(store);
}

/* ---- analysis ---- */

static void check_grammars(Doctor *d) {
	static const struct {
		Lang lang;
		const char *about, *text;
	} PROBES[] = { { LANG_SWIFT, "Swift", "let w = softmax(q.matmul(k) * scale, axis: -1)\n" },
		{ LANG_PYTHON, "Python", "w = mx.softmax((q * scale) @ k, axis=-1)\n" } };
	for (size_t i = 0; i < BASE_COUNT(PROBES); i++) {
		SyntaxTree tree;
		size_t n = 0;
		bool parsed =
		    syntax_parse(PROBES[i].lang, str_of(PROBES[i].text), NULL, d->cli->arena, &tree) && tree.n_errors == 0;
		syntax_highlight(PROBES[i].lang, str_of(PROBES[i].text), d->cli->arena, &n);
		bool ok = parsed && n > 0 && !syntax_unlisted(PROBES[i].lang);
		say(d, "grammar", ok ? NULL : "the program was built with another grammar: build it anew (make clean, make)",
		    ok ? "%s parses and is coloured" : "%s isn't read as it should be", PROBES[i].about);
	}
}

static void check_techniques(Doctor *d) {
	Catalogue catalogue;
	Err err = { { 0 } };
	if (!cli_catalogue(d->cli, ".", &catalogue, &err)) {
		say(d, "techniques", "mend the card (triptych techniques check FILE)", "%s", err.text);
		return;
	}
	say(d, "techniques", NULL, "%zu", catalogue.n);
	for (size_t i = 0; i < catalogue.n_problems; i++)
		say(d, "techniques", "mend the card, or take it away", "%.*s", STR_ARG(catalogue.problems[i]));
	catalogue_done(&catalogue);
}

/* The port around here, if any: how much of it the analysis understands. */
static void check_port(Doctor *d) {
	char *top = paths_project(".");
	char *manifest = base_path_join(top, "Package.swift");
	const char *paths[1] = { top };
	ScanOptions options = { .rows_only = true };
	options.sides[SIDE_SWIFT] = (SourceOptions) { .paths = paths, .n_paths = 1, .no_context = true };
	Catalogue catalogue = { 0 };
	Scan scan;
	Err err = { { 0 } };
	if (access(manifest, F_OK) != 0) {
		say(d, "port", NULL, "no Swift package around here");
	} else if (!cli_catalogue(d->cli, top, &catalogue, &err) || !scan_run(&options, &catalogue, &scan, &err)) {
		say(d, "port", "name the folder with the Swift files", "%s", err.text);
	} else {
		const Program *program = &scan.sides[SIDE_SWIFT].program;
		double share = program->n_lowered ? 100.0 * (double)program->n_unknown / (double)program->n_lowered : 0;
		say(d, "port", NULL, "%zu Swift files, %.1f %% of their operations are unknown (triptych ops --unknown .)",
		    scan.sides[SIDE_SWIFT].source.n_files, share);
		for (size_t i = 0; i < scan.n_warnings; i++) say(d, "port", NULL, "%.*s", STR_ARG(scan.warnings[i]));
		scan_done(&scan);
	}
	catalogue_done(&catalogue);
	free(manifest);
	free(top);
}

/* ---- configuration and model ---- */

static void check_answer(Doctor *d, const Profile *profile) {
	Prompt *probe = prompt_probe();
	ModelAnswer answer;
	Err err = { { 0 } };
	if (!model_ask(profile, probe, NULL, d->cli->arena, &answer, &err)) {
		say(d, "model", "see above", "%s", err.text);
	} else if (answer.state == EXCHANGE_DONE || answer.state == EXCHANGE_TRUNCATED) {
		say(d, "model", NULL, "%s answers at %s after %.1f s%s%s", answer.model.len ? answer.model.ptr : profile->model,
		    profile->url, (double)answer.total_ms / 1000, answer.warning.len ? "; " : "",
		    answer.warning.len ? answer.warning.ptr : "");
	} else {
		say(d, "model", "see [profile] in the configuration (triptych config --defaults)", "%s: %s", profile->url,
		    answer.message.len ? answer.message.ptr : exchange_state_name(answer.state));
	}
	prompt_free(probe);
}

static void check_model(Doctor *d, const Settings *settings) {
	Profile profile;
	Err err = { { 0 } };
	switch (config_profile(settings->model, &config_process_env, NULL, &profile, &err)) {
	case CONFIG_NONE: say(d, "model", NULL, "no model is configured: nothing is sent anywhere"); return;
	case CONFIG_WRONG: say(d, "model", "mend the configuration", "%s", err.text); return;
	case CONFIG_OK: break;
	}
	check_answer(d, &profile);
	profile_done(&profile);
}

static void check_settings(Doctor *d) {
	Settings settings;
	Err err = { { 0 } };
	bool there = access(d->cli->config, F_OK) == 0;
	if (!settings_read(d->cli->config, d->cli->arena, &settings, &err)) {
		say(d, "configuration", "mend it (triptych config --defaults lists what can be set)", "%s", err.text);
	} else {
		say(d, "configuration", NULL, "%s%s", d->cli->config, there ? "" : " isn't there, and needn't be");
		check_model(d, &settings);
	}
	settings_done(&settings);
}

int cli_run_doctor(Cli *cli, Err *err) {
	Doctor d = { .cli = cli };
	check_terminal(&d);
	check_database(&d);
	check_grammars(&d);
	check_techniques(&d);
	check_port(&d);
	check_settings(&d);
	int status = cli_put(&d.out, err);
	if (status == CLI_OK && d.bad) {
		err_set(err, "something isn't ok");
		status = CLI_NO;
	}
	return status;
}
