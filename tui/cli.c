#include "core/posix.h"

#include "tui/cli.h"

#include "core/utf8.h"
#include "sessions/paths.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

const CliOption CLI_GLOBAL_OPTIONS[] = {
	{ "--db", CLI_VALUE, "PATH", "the database of sessions (TRIPTYCH_DB)" },
	{ "--config", CLI_VALUE, "PATH", "the configuration file (TRIPTYCH_CONFIG)" },
	{ "--no-color", CLI_FLAG, NULL, "no colours (NO_COLOR)" },
	{ "--script", CLI_VALUE, "FILE", "keys for the screen come from this file" },
	{ "--help", CLI_FLAG, NULL, "help, on a command too" },
	{ "--version", CLI_FLAG, NULL, "the program's version" },
	{ NULL, CLI_FLAG, NULL, NULL },
};

/* ---- the table ---- */

const Command *cli_command(size_t i) {
	if (i < CLI_SESSION_COUNT) return &CLI_SESSION_COMMANDS[i];
	i -= CLI_SESSION_COUNT;
	if (i < CLI_SCAN_COUNT) return &CLI_SCAN_COMMANDS[i];
	i -= CLI_SCAN_COUNT;
	if (i < CLI_MODEL_COUNT) return &CLI_MODEL_COMMANDS[i];
	i -= CLI_MODEL_COUNT;
	return i < CLI_PROGRAM_COUNT ? &CLI_PROGRAM_COMMANDS[i] : NULL;
}

static const Command *find_command(Str name) {
	const Command *row;
	for (size_t i = 0; (row = cli_command(i)); i++) {
		if (str_is(name, row->name)) return row;
	}
	return NULL;
}

/* ---- what was given ---- */

static const CliGiven *find_given(const Cli *cli, const char *name) {
	for (size_t i = cli->n_given; i > 0; i--) {
		if (strcmp(cli->given[i - 1].option->name, name) == 0) return &cli->given[i - 1];
	}
	return NULL;
}

bool cli_flag(const Cli *cli, const char *name) { return find_given(cli, name) != NULL; }

const char *cli_value(const Cli *cli, const char *name) {
	const CliGiven *given = find_given(cli, name);
	return given ? given->value : NULL;
}

const char *const *cli_values(const Cli *cli, const char *name, size_t *n) {
	const char **values = ARENA_ARRAY(cli->arena, const char *, cli->n_given + 1);
	*n = 0;
	for (size_t i = 0; i < cli->n_given; i++) {
		if (strcmp(cli->given[i].option->name, name) == 0) values[(*n)++] = cli->given[i].value;
	}
	return *n > 0 ? values : NULL;
}

bool cli_number(const Cli *cli, const char *name, double *out, Err *err) {
	const char *text = cli_value(cli, name);
	if (!text) return true;
	char *end;
	double value = strtod(text, &end);
	if (end == text || *end != '\0') return err_set(err, "%s takes a number, not '%s'", name, text);
	*out = value;
	return true;
}

const char *cli_format(const Cli *cli, const char *const *names, Err *err) {
	const char *given = cli_value(cli, "--format");
	if (!given) return names[0];
	Buf known = { 0 };
	for (size_t i = 0; names[i]; i++) {
		if (strcmp(given, names[i]) == 0) {
			buf_done(&known);
			return names[i];
		}
		buf_printf(&known, "%s%s", i ? ", " : "", names[i]);
	}
	err_set(err, "--format is one of %s, not '%s'", known.ptr, given);
	buf_done(&known);
	return NULL;
}

/* ---- output ---- */

bool cli_print(const Buf *text, Err *err) {
	if (text->too_big) return err_set(err, "what is to be written is larger than %zu MB", BUF_DEFAULT_MAX >> 20);
	Str rest = buf_view(text);
	while (rest.len > 0) {
		ssize_t n = write(STDOUT_FILENO, rest.ptr, rest.len);
		if (n < 0 && errno == EINTR) continue;
		if (n < 0) return err_set(err, "cannot write: %s", strerror(errno));
		rest = str_sub(rest, (size_t)n, rest.len);
	}
	return true;
}

void cli_safe(Buf *out, Str text) {
	while (text.len > 0) {
		size_t n = 0;
		while (n < text.len && text.ptr[n] != '\n' && text.ptr[n] != '\t') n++;
		utf8_show(out, str_sub(text, 0, n));
		if (n < text.len) buf_putc(out, text.ptr[n++]);
		text = str_sub(text, n, text.len);
	}
}

void cli_note(const char *fmt, ...) {
	Buf text = { 0 }, line = { 0 };
	va_list args;
	va_start(args, fmt);
	buf_vprintf(&text, fmt, args);
	va_end(args);
	buf_puts(&line, "triptych: ");
	utf8_show(&line, buf_view(&text));
	fprintf(stderr, "%s\n", line.ptr);
	buf_done(&text);
	buf_done(&line);
}

/* stdin may be something else: the terminal is then found by stdout's name (tui/term.h) */
bool cli_has_screen(const Cli *cli) { return cli->script || isatty(STDOUT_FILENO); }

/* ---- reading argv ---- */

typedef struct Reader {
	int argc, i;
	char **argv;
	VEC(CliGiven) given;
	VEC(const char *) args;
	bool only_args; /* "--" was met */
} Reader;

static const CliOption *find_option(const CliOption *rows, Str name) {
	for (; rows && rows->name; rows++) {
		if (str_is(name, rows->name)) return rows;
	}
	return NULL;
}

static bool is_option(const char *text) { return text[0] == '-' && text[1] != '\0'; }

static bool read_option(Reader *r, const Command *command, Err *err) {
	const char *text = r->argv[r->i++];
	const char *equals = strncmp(text, "--", 2) == 0 ? strchr(text, '=') : NULL;
	Str name = equals ? (Str) { text, (size_t)(equals - text) } : str_of(text);
	if (str_is(name, "-h")) name = STR("--help");
	if (str_is(name, "-o")) name = STR("--output");
	const CliOption *option = find_option(CLI_GLOBAL_OPTIONS, name);
	if (!option && command) option = find_option(command->options, name);
	if (!option) {
		return command ? err_set(err, "%s has no option '%.*s' (triptych %s --help)", command->name, STR_ARG(name),
		                     command->name)
		               : err_set(err, "unknown option '%.*s' (triptych --help)", STR_ARG(name));
	}
	if (option->kind == CLI_FLAG) {
		if (equals) return err_set(err, "%s takes no value", option->name);
		VEC_PUSH(r->given) = (CliGiven) { option, NULL };
		return true;
	}
	const char *value = equals ? equals + 1 : r->i < r->argc ? r->argv[r->i] : NULL;
	if (!equals && value && strcmp(value, "--") == 0) value = NULL;
	if (!equals && value && option->kind == CLI_LIST && is_option(value)) value = NULL;
	if (!value) return err_set(err, "%s needs a value: %s %s", option->name, option->name, option->value);
	if (!equals) r->i++;
	VEC_PUSH(r->given) = (CliGiven) { option, value };
	if (option->kind != CLI_LIST || equals) return true;
	while (r->i < r->argc && !is_option(r->argv[r->i])) VEC_PUSH(r->given) = (CliGiven) { option, r->argv[r->i++] };
	return true;
}

/* The command is the first argument (or the first two) that is no global option. */
static const Command *take_command(Reader *r, Err *err) {
	const char *first = r->args.at[0];
	if (r->i < r->argc) {
		Buf two = { 0 };
		buf_printf(&two, "%s %s", first, r->argv[r->i]);
		const Command *command = find_command(buf_view(&two));
		buf_done(&two);
		if (command) {
			r->i++;
			return command;
		}
	}
	const Command *command = find_command(str_of(first));
	if (!command) err_set(err, "there is no command '%s' (triptych --help lists them)", first);
	return command;
}

static bool read_all(Reader *r, const Command **command, Err *err) {
	while (r->i < r->argc) {
		const char *text = r->argv[r->i];
		if (!r->only_args && strcmp(text, "--") == 0) {
			r->only_args = true;
			r->i++;
		} else if (!r->only_args && is_option(text)) {
			if (!read_option(r, *command, err)) return false;
		} else {
			VEC_PUSH(r->args) = text;
			r->i++;
			if (*command) continue;
			*command = take_command(r, err);
			if (!*command) return false;
			r->args.n = 0;
		}
	}
	return true;
}

static bool right_number(const Cli *cli, Err *err) {
	const Command *command = cli->command;
	if (!command) return true;
	if (cli->n_args < command->min_args) {
		return err_set(err, "something is missing: triptych %s %s", command->name, command->synopsis);
	}
	if (cli->n_args > command->max_args) {
		return err_set(
		    err, "'%s' is too much: triptych %s %s", cli->args[command->max_args], command->name, command->synopsis);
	}
	return true;
}

static int answer_help(const Cli *cli, bool *done, Err *err) {
	Buf text = { 0 };
	if (cli_flag(cli, "--version")) {
		buf_puts(&text, "triptych " TRIPTYCH_VERSION "\n");
	} else if (cli_flag(cli, "--help")) {
		cli_help(cli->command, &text);
	}
	*done = text.len > 0;
	bool ok = cli_print(&text, err);
	buf_done(&text);
	return ok ? CLI_OK : CLI_ERROR;
}

int cli_parse(int argc, char **argv, Arena *arena, Cli *out, bool *done, Err *err) {
	Reader r = { argc, 1, argv, { 0 }, { 0 }, false };
	*out = (Cli) { .arena = arena };
	*done = false;
	const Command *command = NULL;
	bool ok = read_all(&r, &command, err);
	out->command = command;
	out->n_args = r.args.n;
	out->args = (const char **)VEC_TO_ARENA(r.args, arena);
	out->n_given = r.given.n;
	out->given = (CliGiven *)VEC_TO_ARENA(r.given, arena);
	if (!ok) return CLI_ERROR;
	int status = answer_help(out, done, err);
	if (*done || status != CLI_OK) return status;
	if (!right_number(out, err)) return CLI_ERROR;
	out->db = paths_db(&paths_process_env, cli_value(out, "--db"));
	out->config = paths_config(&paths_process_env, cli_value(out, "--config"));
	out->script = cli_value(out, "--script");
	out->no_color = cli_flag(out, "--no-color");
	const char *format = cli_value(out, "--format");
	out->json = format && strcmp(format, "json") == 0;
	return CLI_OK;
}

void cli_done(Cli *cli) {
	free(cli->db);
	free(cli->config);
	*cli = (Cli) { 0 };
}

int cli_run(Cli *cli, Err *err) { return cli->command->run(cli, err); }

/* ---- help ---- */

static void put_options(const CliOption *rows, Buf *out) {
	for (; rows && rows->name; rows++) {
		Buf left = { 0 };
		buf_printf(&left, "%s%s%s%s", rows->name, rows->value ? " " : "", rows->value ? rows->value : "",
		    rows->kind == CLI_LIST ? "..." : "");
		buf_printf(out, "  %-26s %s\n", left.ptr, rows->help);
		buf_done(&left);
	}
}

static void put_all(Buf *out) {
	buf_puts(out, "triptych: walk through what could be faster or cleaner in a model's port to MLX in Swift,\n"
	              "side by side with its Python references, decide, and write down the plan.\n\n"
	              "Without a command: resume the latest session here, or the start screen.\n\nCommands:\n");
	const Command *row;
	for (size_t i = 0; (row = cli_command(i)); i++) buf_printf(out, "  %-18s %s\n", row->name, row->summary);
	buf_puts(out, "\nOptions of every command:\n");
	put_options(CLI_GLOBAL_OPTIONS, out);
	buf_puts(out, "\ntriptych COMMAND --help says more. Exit status: 0 done, 1 the answer is no, 2 an error.\n");
}

void cli_help(const Command *command, Buf *out) {
	if (!command) {
		put_all(out);
		return;
	}
	buf_printf(out, "triptych %s%s%s\n\n%s.\n", command->name, command->synopsis[0] ? " " : "", command->synopsis,
	    command->summary);
	if (command->help) buf_printf(out, "\n%s\n", command->help);
	if (command->options && command->options->name) {
		buf_puts(out, "\nOptions:\n");
		put_options(command->options, out);
	}
	buf_puts(out, "\nOptions of every command:\n");
	put_options(CLI_GLOBAL_OPTIONS, out);
}
