#include "core/posix.h"

#include "tui/talk.h"

#include <stdlib.h>

struct Talk {
	Wait *wait;
	Arena arena; /* of the settings */
	Settings settings;
	Profile profile;
	bool has_profile, agreed;
	Client *client;
	Exchange *exchange;
	Prompt *prompt;
	int64_t begun;
	/* as last looked at, to notice changes */
	ExchangeState state;
	size_t len;
	int64_t second;
};

Talk *talk_new(const ViewEnv *env, const char *profile, Err *err) {
	Talk *talk = base_alloc(sizeof *talk);
	talk->wait = env->wait;
	if (settings_read(env->options->config, &talk->arena, &talk->settings, err)) {
		ConfigFound found = config_profile(talk->settings.model, &config_process_env, profile, &talk->profile, err);
		talk->has_profile = found == CONFIG_OK;
		if (found == CONFIG_NONE)
			err_set(err,
			    "no model is configured: set TRIPTYCH_MODEL_URL and TRIPTYCH_MODEL, or a [profile] (triptych config --defaults)");
	}
	if (talk->has_profile) return talk;
	talk_free(talk);
	return NULL;
}

void talk_close(Talk *talk) {
	if (!talk->exchange) return;
	wait_plug(talk->wait, (WaitSources) { 0 });
	exchange_free(talk->exchange);
	prompt_free(talk->prompt);
	talk->exchange = NULL;
	talk->prompt = NULL;
}

void talk_free(Talk *talk) {
	if (!talk) return;
	talk_close(talk);
	client_free(talk->client);
	if (talk->has_profile) profile_done(&talk->profile);
	settings_done(&talk->settings);
	arena_done(&talk->arena);
	free(talk);
}

const Profile *talk_profile(const Talk *talk) { return &talk->profile; }

bool talk_wants_yes(const Talk *talk) { return !talk->profile.loopback && !talk->agreed; }

void talk_agree(Talk *talk) { talk->agreed = true; }

static void plug(Talk *talk) {
	wait_plug(talk->wait, (WaitSources) { client_wait_plugged, talk->client });
	talk->begun = wait_clock();
}

void talk_ask(Talk *talk, Prompt *prompt) {
	talk_close(talk);
	if (!talk->client) talk->client = client_new(&clock_system, &config_process_env);
	talk->prompt = prompt;
	talk->exchange = exchange_new(talk->client, &talk->profile, prompt);
	talk->state = EXCHANGE_KEY;
	talk->len = 0;
	plug(talk);
}

bool talk_busy(const Talk *talk) { return talk->exchange && !exchange_state_is_final(exchange_state(talk->exchange)); }

bool talk_step(Talk *talk) {
	if (!talk->exchange || exchange_state_is_final(talk->state)) return false;
	client_step(talk->client);
	ExchangeState state = exchange_state(talk->exchange);
	size_t len = exchange_text(talk->exchange).len;
	int64_t second = (wait_clock() - talk->begun) / 1000;
	bool changed = state != talk->state || len != talk->len || second != talk->second;
	talk->state = state;
	talk->len = len;
	talk->second = second;
	if (exchange_state_is_final(state)) wait_plug(talk->wait, (WaitSources) { 0 });
	return changed;
}

const Exchange *talk_exchange(const Talk *talk) { return talk->exchange; }

const Prompt *talk_prompt(const Talk *talk) { return talk->prompt; }

void talk_answer(const Talk *talk, Arena *arena, ModelAnswer *out) {
	const Exchange *exchange = talk->exchange;
	*out = (ModelAnswer) { .state = exchange_state(exchange),
		.text = arena_str(arena, exchange_text(exchange)),
		.message = arena_str(arena, str_of(exchange_message(exchange))),
		.warning = arena_str(arena, str_of(exchange_warning(exchange))),
		.model = arena_str(arena, str_of(exchange_model(exchange))),
		.usage = exchange_usage(exchange),
		.may_be_billed = exchange_may_be_billed(exchange),
		.first_ms = exchange_first_ms(exchange),
		.total_ms = exchange_total_ms(exchange) };
}

void talk_cancel(Talk *talk) {
	if (talk->exchange) exchange_cancel(talk->exchange);
}

void talk_again(Talk *talk) {
	if (!talk->exchange) return;
	exchange_again(talk->exchange);
	talk->state = exchange_state(talk->exchange);
	plug(talk);
}

void talk_words(const Talk *talk, Buf *out) {
	if (!talk->exchange) return;
	ExchangeState state = exchange_state(talk->exchange);
	buf_puts(out, exchange_state_name(state));
	const char *message = exchange_message(talk->exchange);
	if (*message) buf_printf(out, ": %s", message);
	if (state == EXCHANGE_COUNTDOWN)
		buf_printf(out, ", %lld s", (long long)(exchange_countdown_ms(talk->exchange) + 999) / 1000);
	else if (!exchange_state_is_final(state))
		buf_printf(out, " · %lld s", (long long)(wait_clock() - talk->begun) / 1000);
	if (exchange_state_is_final(state) && exchange_may_be_billed(talk->exchange))
		buf_puts(out, " · it may have been billed");
	const char *warning = exchange_warning(talk->exchange);
	if (*warning) buf_printf(out, " · %s", warning);
}
