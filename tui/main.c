#include "core/posix.h"

#include "tui/cli.h"
#include "tui/cli_screen.h"

#include <locale.h>
#include <signal.h>

/* A reader that goes away (`triptych log | head`) is no error worth a message, but it must not kill a writer of the
 * database half way through its work: writes fail with EPIPE instead. */
static void ignore_broken_pipes(void) {
	struct sigaction action = { .sa_handler = SIG_IGN };
	sigemptyset(&action.sa_mask);
	sigaction(SIGPIPE, &action, NULL);
}

int main(int argc, char **argv) {
	setlocale(LC_CTYPE, "");
	ignore_broken_pipes();
	Arena arena = { 0 };
	Err err = { { 0 } };
	Cli cli;
	bool done;
	int status = cli_parse(argc, argv, &arena, &cli, &done, &err);
	if (status == CLI_OK && !done) status = cli.command ? cli_run(&cli, &err) : cli_screen_resume(&cli, &err);
	if (status != CLI_OK && err.text[0]) cli_note("%s", err.text);
	cli_done(&cli);
	arena_done(&arena);
	return status;
}
