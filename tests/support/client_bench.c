#include "core/posix.h"

#include "tests/support/client_bench.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

static int64_t bench_now(void *user) { return clock_system.now_ms(NULL) + ((Bench *)user)->leap_ms; }
static int64_t bench_time(void *user) {
	(void)user;
	return 1760000000; /* Thu, 09 Oct 2025 08:53:20 GMT */
}

static const char *bench_env(void *user, const char *name) {
	const Bench *b = user;
	if (strcmp(name, "TEST_KEY") == 0) return b->key;
	if (strcmp(name, "TRIPTYCH_API_KEY") == 0) return b->api_key;
	return NULL;
}

int bench_set_up(void **state) {
	static const PromptTurn turn = { PROMPT_USER, { "Q", 1 } };
	Bench *b = base_alloc(sizeof *b);
	b->clock = (Clock) { bench_now, bench_time, b };
	b->env = (ConfigEnv) { bench_env, b };
	b->server = server_start(0);
	assert_non_null(b->server);
	snprintf(b->url, sizeof b->url, "http://127.0.0.1:%d/v1", server_port(b->server));
	b->profile = (Profile) { .name = (char *)"Test",
		.provider = &provider_chat,
		.url = b->url,
		.model = (char *)"m",
		.max_tokens = 64,
		.context_tokens = 4096,
		.connect_ms = 5000,
		.first_byte_ms = 300000,
		.idle_ms = 60000,
		.total_ms = 900000,
		.price_in = -1,
		.price_out = -1,
		.loopback = true,
		.from_env = true };
	b->prompt = (Prompt) { .system = STR("S"), .turns = &turn, .n_turns = 1, .tokens = 10 };
	b->client = client_new(&b->clock, &b->env);
	*state = b;
	return 0;
}

int bench_tear_down(void **state) {
	Bench *b = *state;
	client_free(b->client);
	server_stop(b->server);
	free(b);
	return 0;
}

void pump(Bench *b, Condition *until) {
	int64_t start = clock_system.now_ms(NULL);
	while (!until(b)) {
		client_wait(b->client, NULL, 0, 10);
		client_step(b->client);
		if (clock_system.now_ms(NULL) - start > 60000) {
			fail_msg("nothing happened; state %s, %s", exchange_state_name(exchange_state(b->exchange)),
			    exchange_message(b->exchange));
		}
	}
}

bool is_final(Bench *b) { return exchange_state_is_final(exchange_state(b->exchange)); }
bool is_counting(Bench *b) { return exchange_state(b->exchange) == EXCHANGE_COUNTDOWN || is_final(b); }
bool is_streaming(Bench *b) { return exchange_state(b->exchange) == EXCHANGE_STREAMING; }
bool is_waiting(Bench *b) { return exchange_state(b->exchange) == EXCHANGE_WAITING && server_requests(b->server); }
bool server_idle(Bench *b) { return server_is_idle(b->server); }

void ask(Bench *b) { b->exchange = exchange_new(b->client, &b->profile, &b->prompt); }

void expect_state(Bench *b, ExchangeState state, bool billed, const char *text, const char *message) {
	if (exchange_state(b->exchange) != state) {
		fail_msg("state is '%s' (%s), not '%s'", exchange_state_name(exchange_state(b->exchange)),
		    exchange_message(b->exchange), exchange_state_name(state));
	}
	assert_int_equal(exchange_may_be_billed(b->exchange), billed);
	if (!str_is(exchange_text(b->exchange), text)) fail_msg("text is '%.*s'", STR_ARG(exchange_text(b->exchange)));
	if (!strstr(exchange_message(b->exchange), message)) fail_msg("message is '%s'", exchange_message(b->exchange));
}

void ask_and_expect(
    Bench *b, ServerReply reply, ExchangeState state, bool billed, const char *text, const char *message) {
	server_queue(b->server, reply);
	ask(b);
	pump(b, is_final);
	expect_state(b, state, billed, text, message);
	exchange_free(b->exchange);
	b->exchange = NULL;
}
