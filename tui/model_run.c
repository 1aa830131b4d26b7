#include "core/posix.h"

#include "tui/model_run.h"

#include "tui/wait.h"

#include <signal.h>

static void take(const Exchange *exchange, Arena *arena, ModelAnswer *out) {
	out->state = exchange_state(exchange);
	out->text = arena_str(arena, exchange_text(exchange));
	out->message = arena_str(arena, str_of(exchange_message(exchange)));
	out->warning = arena_str(arena, str_of(exchange_warning(exchange)));
	out->model = arena_str(arena, str_of(exchange_model(exchange)));
	out->usage = exchange_usage(exchange);
	out->may_be_billed = exchange_may_be_billed(exchange);
	out->first_ms = exchange_first_ms(exchange);
	out->total_ms = exchange_total_ms(exchange);
}

static bool ends_program(int number) { return number == SIGINT || number == SIGTERM || number == SIGHUP; }

bool model_ask(
    const Profile *profile, const Prompt *prompt, const ModelShow *show, Arena *arena, ModelAnswer *out, Err *err) {
	*out = (ModelAnswer) { 0 };
	Wait wait;
	if (!wait_init(&wait, -1, err)) return false;
	Client *client = client_new(&clock_system, &config_process_env);
	Exchange *exchange = exchange_new(client, profile, prompt);
	wait_plug(&wait, (WaitSources) { client_wait_plugged, client });
	while (!exchange_state_is_final(exchange_state(exchange))) {
		wait_for(&wait, 1000);
		client_step(client); /* first, so that a cancelled answer has all that came */
		for (int number; (number = wait_signal()) != 0;) {
			if (ends_program(number)) out->signal = number;
		}
		if (out->signal) exchange_cancel(exchange);
		if (show) show->step(show->user, exchange);
	}
	take(exchange, arena, out);
	wait_plug(&wait, (WaitSources) { 0 });
	exchange_free(exchange);
	client_free(client);
	wait_done(&wait);
	return true;
}
