/* triptych rows: the corrections of rows. What they say shows at once, since the rows are made anew with each of them. */
#include "core/posix.h"

#include "tui/cli_session.h"
#include "tui/row_pin.h"

#include <string.h>

static const char *const TEXT_OR_JSON[] = { "text", "json", NULL };

static void put_pins_json(const RowPins *pins, Buf *out) {
	JsonOut json = json_out(out, JSON_PRETTY);
	json_open_object(&json);
	json_member_integer(&json, "version", 1);
	json_member_array(&json, "rows");
	for (size_t i = 0; i < pins->n; i++) {
		const RowPin *pin = &pins->pins[i];
		json_open_object(&json);
		json_member_str(&json, "swift", pin->swift);
		for (int s = 0; s < SIDE_SWIFT; s++)
			if (pin->given[s]) json_member_str(&json, side_name((Side)s), pin->other[s]);
		json_close(&json);
	}
	json_close(&json);
	json_close(&json);
}

static void put_pins(const Cli *cli, const RowPins *pins, Buf *out) {
	for (size_t i = 0; i < pins->n; i++) {
		cli_safe(out, row_pin_words(&pins->pins[i], cli->arena));
		buf_putc(out, '\n');
	}
	if (pins->n == 0)
		buf_printf(out, "No row is corrected. triptych rows %s bind SWIFT=MLX[,TORCH] says what answers a component.\n",
		    cli->args[0]);
}

/* The session's sides as they are, for the names in them. */
static bool check_names(const Cli *cli, const Walk *walk, const RowPin *pin, Err *err) {
	ScanOptions options;
	Catalogue none = { 0 };
	Scan scan;
	if (!walk_scan_options(walk, cli->arena, &options, err)) return false;
	options.rows_only = true;
	options.pins = NULL;
	if (!scan_run(&options, &none, &scan, err)) return false;
	bool ok = row_pin_check(&scan, pin, err);
	scan_done(&scan);
	return ok;
}

static bool is_corrected(const RowPins *pins, Str swift) {
	for (size_t i = 0; i < pins->n; i++)
		if (str_eq(pins->pins[i].swift, swift)) return true;
	return false;
}

static bool bind(const Cli *cli, Walk *walk, const RowPin *pin, Buf *out, Err *err) {
	if (!check_names(cli, walk, pin, err) || !walk_bind_row(walk, pin, err)) return false;
	cli_safe(out, row_pin_words(pin, cli->arena));
	return true;
}

/* Of a row that is as it was found: nothing answers it. Of a corrected one: as it was found. */
static bool unbind(const Cli *cli, Walk *walk, Str swift, Buf *out, Err *err) {
	RowPin nothing = row_pin_nothing(swift);
	if (!is_corrected(walk_pins(walk), swift)) return bind(cli, walk, &nothing, out, err);
	if (!walk_unbind_row(walk, swift, err)) return false;
	buf_puts(out, "the correction of ");
	cli_safe(out, swift);
	buf_puts(out, " is taken back");
	return true;
}

static int correct(Cli *cli, bool binds, Err *err) {
	RowPin pin = { 0 };
	CliWalk w;
	Str text = str_of(cli->args[2]);
	if (binds && !row_pin_parse(text, &pin, err)) return CLI_ERROR;
	if (!cli_walk_open(cli, &w, err)) return CLI_ERROR;
	Buf out = { 0 };
	bool ok = binds ? bind(cli, w.walk, &pin, &out, err) : unbind(cli, w.walk, str_trim(text), &out, err);
	if (ok) ok = cli_walk_rescan(cli, w.walk, NULL, err);
	cli_walk_close(&w);
	if (ok) buf_puts(&out, "; its candidates follow\n");
	int status = cli_put(&out, err);
	return ok ? status : CLI_ERROR;
}

int cli_run_rows(Cli *cli, Err *err) {
	if (cli->n_args == 3 && strcmp(cli->args[1], "bind") == 0) return correct(cli, true, err);
	if (cli->n_args == 3 && strcmp(cli->args[1], "unbind") == 0) return correct(cli, false, err);
	CliWalk w;
	if (cli->n_args > 1) {
		err_set(err, "rows NAME takes bind SWIFT=MLX[,TORCH] or unbind SWIFT, not '%s'", cli->args[1]);
		return CLI_ERROR;
	}
	if (!cli_format(cli, TEXT_OR_JSON, err) || !cli_walk_open(cli, &w, err)) return CLI_ERROR;
	Buf out = { 0 };
	if (cli->json)
		put_pins_json(walk_pins(w.walk), &out);
	else
		put_pins(cli, walk_pins(w.walk), &out);
	cli_walk_close(&w);
	return cli_put(&out, err);
}
