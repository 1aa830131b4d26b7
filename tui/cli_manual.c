/* The manual page: made from the tables that the program itself reads, so that it can't say anything else. */
#include "core/posix.h"

#include "tui/cli_program.h"

#include "tui/settings.h"

#include <string.h>

/* Text as troff shows it: backslashes and leading dots and quotes escaped, hyphens kept as they are typed. */
static void put_text(const char *text, Buf *out) {
	bool line_start = true;
	for (; *text; text++) {
		if (line_start && (*text == '.' || *text == '\'')) buf_puts(out, "\\&");
		if (*text == '\\') {
			buf_puts(out, "\\e");
		} else if (*text == '-') {
			buf_puts(out, "\\-");
		} else {
			buf_putc(out, *text);
		}
		line_start = *text == '\n';
	}
}

/* A tagged paragraph: what, and what it is. */
static void put_row(const char *name, const char *argument, const char *text, Buf *out) {
	buf_puts(out, ".TP\n\\fB");
	put_text(name, out);
	buf_puts(out, "\\fR");
	if (argument && argument[0]) {
		buf_puts(out, " \\fI");
		put_text(argument, out);
		buf_puts(out, "\\fR");
	}
	buf_putc(out, '\n');
	put_text(text, out);
	buf_putc(out, '\n');
}

static void put_options(const CliOption *rows, Buf *out) {
	for (; rows && rows->name; rows++) {
		Buf value = { 0 };
		if (rows->value) buf_printf(&value, "%s%s", rows->value, rows->kind == CLI_LIST ? "..." : "");
		put_row(rows->name, value.ptr, rows->help, out);
		buf_done(&value);
	}
}

static void put_command(const Command *command, Buf *out) {
	buf_puts(out, ".SS triptych ");
	put_text(command->name, out);
	if (command->synopsis[0]) buf_putc(out, ' ');
	put_text(command->synopsis, out);
	buf_putc(out, '\n');
	put_text(command->summary, out);
	buf_puts(out, ".\n");
	if (command->help) {
		buf_puts(out, ".PP\n");
		put_text(command->help, out);
		buf_putc(out, '\n');
	}
	put_options(command->options, out);
}

static void put_keys(Buf *out) {
	buf_puts(out,
	    ".SH KEYS\nThe default keys; section [keys] of the configuration changes them, by the names in brackets.\n");
	for (int group = 0; group < ACTION_GROUP_COUNT; group++) {
		buf_puts(out, ".SS ");
		put_text(action_group_name((ActionGroup)group), out);
		buf_putc(out, '\n');
		for (int i = 1; i < ACTION_COUNT; i++) {
			const ActionInfo *info = action_info((ActionId)i);
			if (info->group != (ActionGroup)group) continue;
			Buf name = { 0 };
			buf_printf(&name, "[%s]", info->name);
			put_row(info->keys[0] ? info->keys : "(no key)", name.ptr, info->help, out);
			buf_done(&name);
		}
	}
}

static void put_setting(const char *name, const char *fallback, const char *help, Buf *out) {
	Buf text = { 0 };
	buf_puts(&text, help);
	if (fallback[0]) buf_printf(&text, " (%s)", fallback);
	put_row(name, NULL, text.ptr, out);
	buf_done(&text);
}

static void put_settings(Buf *out) {
	size_t n;
	const SettingRow *rows = settings_rows(&n);
	buf_puts(out, ".SH CONFIGURATION\nA file in git's format; what is in brackets here holds when nothing is set.\n");
	const char *section = "";
	for (size_t i = 0; i < n; i++) {
		if (strcmp(section, rows[i].section) != 0) buf_printf(out, ".SS [%s]\n", rows[i].section);
		section = rows[i].section;
		put_setting(rows[i].name, rows[i].fallback, rows[i].help, out);
	}
	const ProfileSetting *profile = config_settings(&n);
	buf_puts(out, ".SS [profile \\(dqNAME\\(dq]\n");
	for (size_t i = 0; i < n; i++) put_setting(profile[i].name, profile[i].fallback, profile[i].help, out);
}

static const char *const VARIABLES[][2] = {
	{ "TRIPTYCH_DB", "the database of sessions" },
	{ "TRIPTYCH_CONFIG", "the configuration file" },
	{ "TRIPTYCH_MODEL_URL", "base address of a model server; nothing of the model then comes from the file" },
	{ "TRIPTYCH_MODEL", "the model's name" },
	{ "TRIPTYCH_PROVIDER", "openai (default), openai-responses, anthropic or ollama" },
	{ "TRIPTYCH_API_KEY", "the key of the service" },
	{ "XDG_DATA_HOME, XDG_CONFIG_HOME", "where the database and the configuration lie, in a folder triptych" },
	{ "NO_COLOR", "when set and not empty: no colours" },
	{ "VISUAL, EDITOR", "the editor for reasons and sources" },
};

void cli_manual(Buf *out) {
	buf_puts(out,
	    ".\\\" Made by `triptych completions man`.\n"
	    ".TH TRIPTYCH 1 \"\" \"triptych " TRIPTYCH_VERSION "\" \"User Commands\"\n"
	    ".SH NAME\ntriptych \\- plan mode for ports of machine\\-learning models to MLX in Swift\n"
	    ".SH SYNOPSIS\n.B triptych\n[\\fICOMMAND\\fR [\\fIARGUMENTS\\fR]] [\\fIOPTIONS\\fR]\n"
	    ".SH DESCRIPTION\n"
	    "Triptych shows the Python MLX reference, the PyTorch original and the Swift port of a model side by side, "
	    "finds what could be faster or cleaner in the port, walks its user through every candidate and its "
	    "trade\\-off, keeps each decision with its reason, and writes down the plan that was agreed. It never writes "
	    "to a source.\n.PP\n"
	    "Without a command it resumes the latest session of the port around the current folder, or opens the start "
	    "screen.\n.SH COMMANDS\n");
	const Command *row;
	for (size_t i = 0; (row = cli_command(i)); i++) put_command(row, out);
	buf_puts(out, ".SH OPTIONS\nOf every command:\n");
	put_options(CLI_GLOBAL_OPTIONS, out);
	buf_puts(out, ".SH EXIT STATUS\n");
	put_row("0", NULL, "done; of scan also when nothing is found", out);
	put_row("1", NULL, "the answer is no: a check failed, a search found nothing", out);
	put_row("2", NULL, "an error of usage or otherwise, said in one line on standard error", out);
	buf_puts(out, ".SH ENVIRONMENT\n");
	for (size_t i = 0; i < BASE_COUNT(VARIABLES); i++) put_row(VARIABLES[i][0], NULL, VARIABLES[i][1], out);
	put_settings(out);
	put_keys(out);
}
