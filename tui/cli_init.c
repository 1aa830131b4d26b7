#include "core/posix.h"

#include "tui/cli_program.h"

int cli_run_init(Cli *cli, Err *err) {
	(void)cli;
	err_set(err, "init isn't there yet: triptych new NAME --swift PATH --mlx PATH makes a session");
	return CLI_ERROR;
}
