/* What the tests of the model client share: a client with a clock that leaps, a server that misbehaves, one exchange. */
#ifndef TESTS_CLIENT_BENCH_H
#define TESTS_CLIENT_BENCH_H

#include "prompts/client.h"
#include "prompts/provider.h"
#include "tests/support/model_server.h"

#define KEY "sk-test-0123456789abcdef"
#define OK_BODY                                                                                                        \
	"data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"Hello ä\"}}]}\n\n"                                     \
	"data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\" world\"},\"finish_reason\":\"stop\"}]}\n\n"            \
	"data: {\"choices\":[],\"usage\":{\"prompt_tokens\":7,\"completion_tokens\":3}}\n\ndata: [DONE]\n\n"
#define HALF_BODY "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"half\"}}]}\n\n"

typedef struct Bench {
	int64_t leap_ms;
	const char *key;     /* value of the variable TEST_KEY */
	const char *api_key; /* of TRIPTYCH_API_KEY */
	Clock clock;
	ConfigEnv env;
	ModelServer *server;
	Client *client;
	char url[64];
	Profile profile;
	Prompt prompt;
	Exchange *exchange;
} Bench;

typedef bool Condition(Bench *b);

/* For cmocka: *state is the Bench. */
int bench_set_up(void **state);
int bench_tear_down(void **state);
#define BENCH_TEST(name) cmocka_unit_test_setup_teardown(name, bench_set_up, bench_tear_down)

void ask(Bench *b); /* begins the exchange */
/* Runs the wait loop until the condition holds; a minute is a failure. */
void pump(Bench *b, Condition *until);
bool is_final(Bench *b);
bool is_counting(Bench *b); /* counts down, or final */
bool is_streaming(Bench *b);
bool is_waiting(Bench *b); /* the server has the request */
bool server_idle(Bench *b);

/* Fails unless it is so; message is a part of the exchange's. */
void expect_state(Bench *b, ExchangeState state, bool billed, const char *text, const char *message);
/* Queues the reply, asks, waits for the end, expects, and frees the exchange. */
void ask_and_expect(
    Bench *b, ServerReply reply, ExchangeState state, bool billed, const char *text, const char *message);

#endif
