/* completions: for three shells, from the table of commands; and the manual page and names that they and make need. */
#include "core/posix.h"

#include "tui/cli_program.h"
#include "tui/cli_session.h"

#include <string.h>
#include <unistd.h>

/* ---- what the table says ---- */

/* The words that an argument can be: "accept|reject|defer|measure" in a synopsis, "text (default) or json" in the help of
 * --format. Adds them separated by blanks. */
static void put_choices(Str text, Buf *out) {
	Str part;
	bool first = true;
	while (str_split(&text, '|', &part)) {
		if (!first) buf_putc(out, ' ');
		first = false;
		buf_str(out, part);
	}
}

/* The "a|b|c" behind --format in the synopsis, else the usual two. */
static void put_formats(const Command *command, Buf *out) {
	Str synopsis = str_of(command->synopsis);
	size_t at = str_find(synopsis, "--format ", 0);
	if (at == SIZE_MAX) {
		buf_puts(out, "text json");
		return;
	}
	Str rest = str_sub(synopsis, at + strlen("--format "), synopsis.len);
	size_t n = 0;
	while (n < rest.len && rest.ptr[n] != ' ' && rest.ptr[n] != ']') n++;
	put_choices(str_sub(rest, 0, n), out);
}

/* The first word of the synopsis with '|' and no dash in it: the choices of an argument. */
static bool put_argument_choices(const Command *command, Buf *out) {
	Str rest = str_of(command->synopsis), word;
	while (str_split(&rest, ' ', &word)) {
		if (str_starts(word, "-") || str_starts(word, "[-") || str_find(word, "|", 0) == SIZE_MAX) continue;
		if (str_starts(word, "[")) continue;
		put_choices(word, out);
		return true;
	}
	return false;
}

static bool wants_session(const Command *command) {
	return strcmp(command->name, "new") != 0 &&
	       (strncmp(command->synopsis, "NAME", 4) == 0 || strncmp(command->synopsis, "[NAME]", 6) == 0);
}

static bool is_one_word(const Command *command) { return strchr(command->name, ' ') == NULL; }

static bool takes_path(const CliOption *option) {
	return option->value &&
	       (strstr(option->value, "PATH") || strstr(option->value, "FILE") || strstr(option->value, "FOLDER"));
}

static void put_option_names(const CliOption *rows, Buf *out) {
	for (; rows && rows->name; rows++) buf_printf(out, " %s", rows->name);
}

/* ---- bash ---- */

static void put_bash_command(const Command *command, Buf *out) {
	buf_printf(out, "\t%s)\n\t\toptions='", command->name);
	put_option_names(command->options, out);
	buf_puts(out, "'\n");
	if (wants_session(command)) buf_puts(out, "\t\twords=$(triptych completions sessions 2>/dev/null)\n");
	Buf choices = { 0 };
	if (put_argument_choices(command, &choices)) {
		buf_puts(out, wants_session(command) ? "\t\t[ \"$place\" -gt 1 ] && words='" : "\t\twords='");
		for (size_t i = 0; i < choices.len; i++) buf_putc(out, choices.ptr[i] == ' ' ? '\n' : choices.ptr[i]);
		buf_puts(out, "'\n");
	}
	buf_done(&choices);
	buf_puts(out, "\t\tformats='");
	put_formats(command, out);
	buf_puts(out, "'\n\t\t;;\n");
}

static void put_bash(Buf *out) {
	buf_puts(out, "# bash completion for triptych; made by `triptych completions bash`\n"
	              "_triptych() {\n"
	              "\tlocal cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]}\n"
	              "\tlocal command= place=0 i words= options= formats= IFS=$' \\t\\n'\n"
	              "\tCOMPREPLY=()\n"
	              "\tfor ((i = 1; i < COMP_CWORD; i++)); do\n"
	              "\t\tcase ${COMP_WORDS[i]} in\n"
	              "\t\t--db|--config|--script) ((i++)) ;;\n"
	              "\t\t-*) ;;\n"
	              "\t\t*) if [ -z \"$command\" ]; then command=${COMP_WORDS[i]}; else ((place++)); fi ;;\n"
	              "\t\tesac\n"
	              "\tdone\n"
	              "\t((place++))\n"
	              "\tcase $command in\n"
	              "\t'') words='");
	const Command *row;
	bool first = true;
	for (size_t i = 0; (row = cli_command(i)); i++) {
		if (is_one_word(row)) buf_printf(out, "%s%s", first ? "" : "\n", row->name);
		first = false;
	}
	buf_puts(out, "' ;;\n");
	for (size_t i = 0; (row = cli_command(i)); i++) {
		if (is_one_word(row)) put_bash_command(row, out);
	}
	buf_puts(out, "\tesac\n"
	              "\tif [ \"$prev\" = --format ]; then\n"
	              "\t\tCOMPREPLY=($(compgen -W \"$formats\" -- \"$cur\"))\n"
	              "\t\treturn\n"
	              "\tfi\n"
	              "\tcase $cur in\n"
	              "\t-*)\n"
	              "\t\tCOMPREPLY=($(compgen -W \"$options");
	put_option_names(CLI_GLOBAL_OPTIONS, out);
	buf_puts(out, "\" -- \"$cur\"))\n"
	              "\t\treturn\n"
	              "\t\t;;\n"
	              "\tesac\n"
	              "\tif [ -n \"$words\" ] && [[ $prev != --* ]]; then\n"
	              "\t\tIFS=$'\\n'\n"
	              "\t\tCOMPREPLY=($(compgen -W \"$words\" -- \"$cur\"))\n"
	              "\t\t[ \"${#COMPREPLY[@]}\" -gt 0 ] && return\n"
	              "\tfi\n"
	              "\tCOMPREPLY=($(compgen -f -- \"$cur\"))\n"
	              "}\n"
	              "complete -o filenames -F _triptych triptych\n");
}

/* ---- zsh ---- */

/* Inside '...' of an _arguments or _describe word: quotes and colons escaped, brackets too. */
static void put_zsh_text(const char *text, Buf *out) {
	for (; *text; text++) {
		if (*text == '\'') {
			buf_puts(out, "'\\''");
			continue;
		}
		if (*text == ':' || *text == '[' || *text == ']' || *text == '\\') buf_putc(out, '\\');
		buf_putc(out, *text);
	}
}

static void put_zsh_options(const Command *command, const CliOption *rows, Buf *out) {
	for (; rows && rows->name; rows++) {
		buf_printf(out, " \\\n\t\t\t'%s%s[", rows->kind == CLI_LIST ? "*" : "", rows->name);
		put_zsh_text(rows->help, out);
		buf_putc(out, ']');
		if (rows->value) {
			buf_putc(out, ':');
			put_zsh_text(rows->value, out);
			buf_putc(out, ':');
			if (command && strcmp(rows->name, "--format") == 0) {
				buf_putc(out, '(');
				put_formats(command, out);
				buf_putc(out, ')');
			} else if (takes_path(rows)) {
				buf_puts(out, "_files");
			}
		}
		buf_putc(out, '\'');
	}
}

static void put_zsh_command(const Command *command, Buf *out) {
	buf_printf(out, "\t\t%s)\n\t\t_arguments", command->name);
	put_zsh_options(command, command->options, out);
	put_zsh_options(NULL, CLI_GLOBAL_OPTIONS, out);
	if (wants_session(command)) buf_puts(out, " \\\n\t\t\t'1:session:_triptych_sessions'");
	Buf choices = { 0 };
	if (put_argument_choices(command, &choices)) {
		buf_printf(out, " \\\n\t\t\t'*:argument:(%s)'", choices.ptr);
	} else if (command->max_args > 0) {
		buf_puts(out, " \\\n\t\t\t'*:argument:_files'");
	}
	buf_done(&choices);
	buf_puts(out, "\n\t\t;;\n");
}

static void put_zsh(Buf *out) {
	buf_puts(out, "#compdef triptych\n"
	              "# made by `triptych completions zsh`\n"
	              "_triptych_sessions() {\n"
	              "\tlocal -a names\n"
	              "\tnames=(${(f)\"$(triptych completions sessions 2>/dev/null)\"})\n"
	              "\tcompadd -a names\n"
	              "}\n"
	              "_triptych() {\n"
	              "\tlocal state\n"
	              "\tlocal -a commands\n"
	              "\tcommands=(");
	const Command *row;
	for (size_t i = 0; (row = cli_command(i)); i++) {
		if (!is_one_word(row)) continue;
		buf_printf(out, "\n\t\t'%s:", row->name);
		put_zsh_text(row->summary, out);
		buf_putc(out, '\'');
	}
	buf_puts(out, "\n\t)\n\t_arguments -C");
	put_zsh_options(NULL, CLI_GLOBAL_OPTIONS, out);
	buf_puts(out, " \\\n\t\t\t'1:command:->command' '*::argument:->argument'\n"
	              "\tcase $state in\n"
	              "\tcommand) _describe command commands ;;\n"
	              "\targument)\n"
	              "\t\tcase $words[1] in\n");
	for (size_t i = 0; (row = cli_command(i)); i++) {
		if (is_one_word(row)) put_zsh_command(row, out);
	}
	buf_puts(out, "\t\tesac\n\t\t;;\n\tesac\n}\n_triptych \"$@\"\n");
}

/* ---- fish ---- */

static void put_fish_text(const char *text, Buf *out) {
	buf_putc(out, '\'');
	for (; *text; text++) {
		if (*text == '\'' || *text == '\\') buf_putc(out, '\\');
		buf_putc(out, *text);
	}
	buf_putc(out, '\'');
}

static void put_fish_options(const Command *command, const CliOption *rows, Buf *out) {
	for (; rows && rows->name; rows++) {
		buf_puts(out, "complete -c triptych");
		if (command) buf_printf(out, " -n '__fish_seen_subcommand_from %s'", command->name);
		buf_printf(out, " -l %s", rows->name + 2);
		if (rows->value) {
			buf_puts(out, takes_path(rows) ? " -r -F" : " -x");
			if (command && strcmp(rows->name, "--format") == 0) {
				buf_puts(out, " -a '");
				put_formats(command, out);
				buf_putc(out, '\'');
			}
		}
		buf_puts(out, " -d ");
		put_fish_text(rows->help, out);
		buf_putc(out, '\n');
	}
}

static void put_fish(Buf *out) {
	buf_puts(out, "# made by `triptych completions fish`\n");
	const Command *row;
	for (size_t i = 0; (row = cli_command(i)); i++) {
		if (!is_one_word(row)) continue;
		buf_printf(out, "complete -c triptych -f -n __fish_use_subcommand -a %s -d ", row->name);
		put_fish_text(row->summary, out);
		buf_putc(out, '\n');
		if (wants_session(row)) {
			buf_printf(out,
			    "complete -c triptych -f -n '__fish_seen_subcommand_from %s' -a "
			    "'(triptych completions sessions 2>/dev/null)'\n",
			    row->name);
		}
		Buf choices = { 0 };
		if (put_argument_choices(row, &choices)) {
			buf_printf(
			    out, "complete -c triptych -f -n '__fish_seen_subcommand_from %s' -a '%s'\n", row->name, choices.ptr);
		}
		buf_done(&choices);
		put_fish_options(row, row->options, out);
	}
	put_fish_options(NULL, CLI_GLOBAL_OPTIONS, out);
}

/* ---- names of sessions ---- */

static bool put_sessions(const Cli *cli, Buf *out, Err *err) {
	if (access(cli->db, F_OK) != 0) return true;
	Store *store = cli_store(cli, false, err);
	if (!store) return false;
	SessionSummary *list;
	size_t n;
	bool ok = session_list(store, false, cli->arena, &list, &n, err);
	for (size_t i = 0; ok && i < n; i++) {
		cli_safe(out, list[i].session.name);
		buf_putc(out, '\n');
	}
	store_close(store);
	return ok;
}

int cli_run_completions(Cli *cli, Err *err) {
	static const struct {
		const char *name;
		void (*put)(Buf *out);
	} SHELLS[] = { { "bash", put_bash }, { "zsh", put_zsh }, { "fish", put_fish }, { "man", cli_manual } };
	Buf out = { 0 };
	for (size_t i = 0; i < BASE_COUNT(SHELLS); i++) {
		if (strcmp(cli->args[0], SHELLS[i].name) == 0) {
			SHELLS[i].put(&out);
			return cli_put(&out, err);
		}
	}
	if (strcmp(cli->args[0], "sessions") != 0) {
		err_set(err, "completions are for bash, zsh and fish, not '%s'", cli->args[0]);
		return CLI_ERROR;
	}
	bool ok = put_sessions(cli, &out, err);
	int status = cli_put(&out, err);
	return ok ? status : CLI_ERROR;
}
