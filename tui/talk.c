#include "core/posix.h"

#include "tui/talk.h"

#include <stdlib.h>

#include "tui/model_keep.h"
#include "tui/view_ask.h"

struct Talk {
	const ViewEnv *env;
	Work *work;
	Arena arena; /* of the settings */
	Settings settings;
	Profile profile;
	bool has_profile, agreed;
	Client *client;
	Exchange *exchange;
	Prompt *prompt;  /* of the exchange */
	Prompt *waiting; /* to be agreed to */
	int64_t begun;
	/* as last looked at, to notice changes */
	ExchangeState state;
	size_t len;
	int64_t second;
};

Talk *talk_new(const ViewEnv *env, Work *work, Err *err) {
	Talk *talk = base_alloc(sizeof *talk);
	const char *profile = work_profile(work);
	talk->env = env;
	talk->work = work;
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

static void forget(Talk *talk) {
	if (!talk->exchange) return;
	wait_plug(talk->env->wait, (WaitSources) { 0 });
	exchange_free(talk->exchange);
	prompt_free(talk->prompt);
	talk->exchange = NULL;
	talk->prompt = NULL;
}

void talk_free(Talk *talk) {
	if (!talk) return;
	forget(talk);
	prompt_free(talk->waiting);
	client_free(talk->client);
	if (talk->has_profile) profile_done(&talk->profile);
	settings_done(&talk->settings);
	arena_done(&talk->arena);
	free(talk);
}

const Profile *talk_profile(const Talk *talk) { return &talk->profile; }

/* ---- sending ---- */

/* Besides what the client waits for: the seconds that are shown go on. */
static bool wait_plugged(void *state, struct pollfd *fds, size_t n, int timeout_ms, Err *err) {
	const Talk *talk = state;
	int second = 1000 - (int)((wait_clock() - talk->begun) % 1000);
	return client_wait_plugged(talk->client, fds, n, timeout_ms < 0 || timeout_ms > second ? second : timeout_ms, err);
}

/* The exchange has begun, and may have failed already: then nothing else would wake the screen. */
static void follow(Talk *talk) {
	talk->state = EXCHANGE_KEY;
	talk->len = 0;
	talk->begun = wait_clock();
	wait_plug(talk->env->wait, (WaitSources) { wait_plugged, talk });
	if (!talk_busy(talk)) wait_wake(talk->env->wait);
}

void talk_go_on(Talk *talk, Prompt *prompt) {
	forget(talk);
	if (!talk->client) talk->client = client_new(&clock_system, &config_process_env);
	talk->prompt = prompt;
	talk->exchange = exchange_new(talk->client, &talk->profile, prompt);
	follow(talk);
}

Reaction talk_send(Talk *talk, Prompt *prompt, View *owner, AnswerFn answered, bool *sent) {
	*sent = talk->profile.loopback || talk->agreed || model_sent_before(work_walk(talk->work), talk->profile.url);
	if (*sent) {
		talk_go_on(talk, prompt);
		return react(REACT_DONE);
	}
	Buf label = { 0 }, body = { 0 };
	prompt_free(talk->waiting);
	talk->waiting = prompt;
	buf_printf(&label, "send about %lld tokens to %s?", (long long)prompt->tokens, talk->profile.url);
	prompt_show(prompt, &body);
	Reaction reaction = react_open(view_confirm_new(label.ptr, body.ptr, owner, answered));
	buf_done(&label);
	buf_done(&body);
	return reaction;
}

Reaction talk_answered(Talk *talk, bool yes, bool *sent) {
	Prompt *prompt = talk->waiting;
	talk->waiting = NULL;
	*sent = yes && prompt;
	if (!*sent) {
		prompt_free(prompt);
		return react_say("nothing was sent");
	}
	talk->agreed = true;
	talk_go_on(talk, prompt);
	return react(REACT_DONE);
}

bool talk_can_again(const Talk *talk) {
	return talk->exchange && !talk_busy(talk) && exchange_state(talk->exchange) != EXCHANGE_DONE;
}

bool talk_again(Talk *talk) {
	if (!talk_can_again(talk)) return false;
	exchange_again(talk->exchange);
	follow(talk);
	return true;
}

Reaction talk_cancel(Talk *talk) {
	if (!talk_busy(talk)) return react(REACT_IGNORED);
	exchange_cancel(talk->exchange);
	wait_wake(talk->env->wait);
	return react_say("stopped");
}

/* ---- looking ---- */

bool talk_busy(const Talk *talk) { return talk->exchange && !exchange_state_is_final(exchange_state(talk->exchange)); }

bool talk_is_open(const Talk *talk) { return talk->exchange && !exchange_state_is_final(talk->state); }

TalkStep talk_step(Talk *talk) {
	if (!talk_is_open(talk)) return TALK_SAME;
	client_step(talk->client);
	ExchangeState state = exchange_state(talk->exchange);
	size_t len = exchange_text(talk->exchange).len;
	int64_t second = (wait_clock() - talk->begun) / 1000;
	bool changed = state != talk->state || len != talk->len || second != talk->second;
	talk->state = state;
	talk->len = len;
	talk->second = second;
	if (!exchange_state_is_final(state)) return changed ? TALK_CHANGED : TALK_SAME;
	wait_plug(talk->env->wait, (WaitSources) { 0 });
	return TALK_ENDED;
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
	if (talk_can_again(talk)) {
		char key[KEYS_NAME_MAX];
		buf_printf(out, " · %s sends it again", key_to_name(keymap_first(talk->env->keymap, ACTION_OPEN), key));
	}
	const char *warning = exchange_warning(talk->exchange);
	if (*warning) buf_printf(out, " · %s", warning);
}
