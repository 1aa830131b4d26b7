/* Asks the model that the TRIPTYCH_ variables name, by the program's own client, and prints what came of it:
 *
 *     ask QUESTION [SECONDS]   ->   STATE stop=WORD in=N out=N attempts=N\nMESSAGE\nTEXT
 *
 * For tests/peers/run, which compares that with what a server nobody here wrote was told to say. */
#include "core/posix.h"

#include "prompts/client.h"

#include <stdio.h>
#include <stdlib.h>

static int ask(const Profile *profile, const char *question, int64_t seconds) {
	PromptTurn turn = { PROMPT_USER, str_of(question) };
	Prompt prompt = { .system = STR("You are a test."), .turns = &turn, .n_turns = 1, .tokens = 20 };
	Client *client = client_new(&clock_system, &config_process_env);
	Exchange *x = exchange_new(client, profile, &prompt);
	int64_t end = clock_system.now_ms(NULL) + seconds * 1000;
	while (client_busy(client)) {
		client_wait(client, NULL, 0, 100);
		client_step(client);
		if (clock_system.now_ms(NULL) > end) exchange_cancel(x);
	}
	Usage usage = exchange_usage(x);
	printf("%s stop=%s in=%lld out=%lld attempts=%u\n%s\n%.*s\n", exchange_state_name(exchange_state(x)),
	    exchange_stop(x), (long long)usage.tokens_in, (long long)usage.tokens_out, exchange_attempt(x),
	    exchange_message(x), STR_ARG(exchange_text(x)));
	client_free(client);
	return 0;
}

int main(int argc, char **argv) {
	Profile profile;
	Err err = { "no model is configured" };
	if (argc < 2 || config_profile(NULL, &config_process_env, NULL, &profile, &err) != CONFIG_OK) {
		fprintf(stderr, "ask: %s\n", err.text);
		return 2;
	}
	profile.max_tokens = 32;
	int status = ask(&profile, argv[1], argc > 2 ? strtol(argv[2], NULL, 10) : 60);
	profile_done(&profile);
	return status;
}
