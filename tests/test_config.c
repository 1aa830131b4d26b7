/* prompts/config: which model is asked, by the file and the variables, and that no key is ever taken from the file. */
#include "core/posix.h"

#include "prompts/config.h"
#include "prompts/provider.h"
#include "prompts/secret.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

typedef struct Var {
	const char *name, *value;
} Var;

static const char *get(void *user, const char *name) {
	for (const Var *v = user; v->name; v++) {
		if (strcmp(v->name, name) == 0) return v->value;
	}
	return NULL;
}

static Config *config_of(const Var *pairs) {
	Config *config = config_new();
	for (; pairs->name; pairs++) {
		Err err = { "" };
		if (!config_add(config, pairs->name, pairs->value, &err)) fail_msg("%s", err.text);
	}
	return config;
}

static Profile profile_of(const Var *pairs, Var *vars, const char *name) {
	Config *config = config_of(pairs);
	ConfigEnv env = { get, vars };
	Profile profile;
	Err err = { "" };
	if (config_profile(config, &env, name, &profile, &err) != CONFIG_OK) fail_msg("%s", err.text);
	config_free(config);
	return profile;
}

static const Var two[] = { { "profile.Local.url", "http://127.0.0.1:8080/v1/" }, { "profile.Local.model", "qwen" },
	{ "profile.Far.provider", "anthropic" }, { "profile.Far.model", "claude" }, { "profile.Far.keyenv", "FAR_KEY" },
	{ "profile.Far.connecttimeout", "2.5" }, { "profile.Far.temperature", "0.2" }, { "profile.Far.priceIn", "3" },
	{ "profile.Far.priceout", "15" }, { "profile.Far.maxtokens", "1000" }, { "model.profile", "Far" },
	{ "theme.name", "dark" }, { NULL, NULL } };
static Var no_vars[] = { { NULL, NULL } };

static void nothing_configured_is_no_error(void **state) {
	(void)state;
	Config *config = config_new();
	ConfigEnv env = { get, no_vars };
	Profile profile;
	assert_int_equal(config_profile(config, &env, NULL, &profile, NULL), CONFIG_NONE);
	assert_int_equal(config_profile(NULL, &env, NULL, &profile, NULL), CONFIG_NONE);
	config_free(config);
}

static void the_chosen_profile_is_used_with_its_values_and_defaults(void **state) {
	(void)state;
	Profile p = profile_of(two, no_vars, NULL);
	assert_string_equal(p.name, "Far");
	assert_ptr_equal(p.provider, &provider_anthropic);
	assert_string_equal(p.url, "https://api.anthropic.com/v1");
	assert_string_equal(p.key_env, "FAR_KEY");
	assert_int_equal(p.connect_ms, 2500);
	assert_int_equal(p.first_byte_ms, 300000);
	assert_int_equal(p.idle_ms, 60000);
	assert_int_equal(p.total_ms, 900000);
	assert_int_equal(p.max_tokens, 1000);
	assert_true(p.has_temperature && p.temperature > 0.19 && p.temperature < 0.21);
	assert_false(p.loopback);
	double cost;
	assert_true(profile_cost(&p, 1000000, 1000000, &cost) && cost > 17.9 && cost < 18.1);
	assert_int_equal(profile_budget(&p), 31768);
	profile_done(&p);
	p = profile_of(two, no_vars, "Local");
	assert_string_equal(p.url, "http://127.0.0.1:8080/v1");
	assert_true(p.loopback && !p.has_temperature && p.price_in < 0);
	profile_done(&p);
}

static void variables_outrank_the_file(void **state) {
	(void)state;
	Var vars[] = { { "TRIPTYCH_MODEL", "other" }, { "TRIPTYCH_PROVIDER", "" }, { NULL, NULL } };
	Profile p = profile_of(two, vars, NULL);
	assert_string_equal(p.model, "other");
	assert_ptr_equal(p.provider, &provider_anthropic);
	assert_true(p.from_env);
	profile_done(&p);
}

static void a_url_variable_needs_no_file_and_takes_no_key_from_it(void **state) {
	(void)state;
	Var vars[] = { { "TRIPTYCH_MODEL_URL", "http://localhost:9/v1" }, { "TRIPTYCH_MODEL", "m" },
		{ "TRIPTYCH_API_KEY", "for-that-url" }, { "FAR_KEY", "far" }, { NULL, NULL } };
	ConfigEnv env = { get, vars };
	Profile p;
	assert_int_equal(config_profile(NULL, &env, NULL, &p, NULL), CONFIG_OK);
	assert_ptr_equal(p.provider, &provider_chat);
	assert_string_equal(p.url, "http://localhost:9/v1");
	profile_done(&p);
	p = profile_of(two, vars, NULL);
	assert_null(p.key_env);
	assert_string_equal(p.url, "http://localhost:9/v1");
	profile_done(&p);
	/* asked for by name, the profile goes to its own address with its own key */
	p = profile_of(two, vars, "Far");
	assert_string_equal(p.url, "https://api.anthropic.com/v1");
	assert_string_equal(p.model, "claude");
	static Secret secret;
	assert_int_equal(secret_start(&secret, &p, &env, 0, NULL), SECRET_READY);
	assert_string_equal(secret.text, "far");
	secret_wipe(&secret);
	assert_int_equal(secret.len + (size_t)secret.text[0], 0);
	profile_done(&p);
}

static void keys_in_the_file_are_refused_without_repeating_them(void **state) {
	(void)state;
	static const char *const names[] = { "profile.a.key", "profile.a.apikey", "profile.a.apiKey", "profile.a.api-key",
		"profile.a.token", "profile.a.secret", "profile.a.password", "profile.a.authorization", "model.key",
		"model.apikey" };
	for (size_t i = 0; i < BASE_COUNT(names); i++) {
		Config *config = config_new();
		Err err = { "" };
		assert_false(config_add(config, names[i], "sk-very-secret", &err));
		assert_non_null(strstr(err.text, "does not belong in the configuration file"));
		assert_non_null(strstr(err.text, names[i]));
		assert_null(strstr(err.text, "sk-very"));
		config_free(config);
	}
}

static void wrong_values_and_unknown_names_are_refused(void **state) {
	(void)state;
	static const Var bad[] = { { "profile.a.provider", "openia" }, { "profile.a.maxtokens", "many" },
		{ "profile.a.maxtokens", "0" }, { "profile.a.idletimeout", "-1" }, { "profile.a.idletimeout", "0" },
		{ "profile.a.totaltimeout", "1e3" }, { "profile.a.allowplainhttp", "perhaps" },
		{ "profile.a.pricein", "3 EUR" }, { "profile.a.temprature", "1" }, { "profile.url", "http://x" },
		{ "model.name", "x" }, { "profile.a.temperature", "" } };
	for (size_t i = 0; i < BASE_COUNT(bad); i++) {
		Config *config = config_new();
		Err err = { "" };
		if (config_add(config, bad[i].name, bad[i].value, &err)) fail_msg("taken: %s = %s", bad[i].name, bad[i].value);
		assert_true(err.text[0] != '\0');
		config_free(config);
	}
}

static void profile_names_may_hold_dots_and_blanks(void **state) {
	(void)state;
	static const Var pairs[] = { { "profile.my llama 3.1.url", "http://127.0.0.1:1" },
		{ "profile.my llama 3.1.model", "m" }, { NULL, NULL } };
	Profile p = profile_of(pairs, no_vars, NULL);
	assert_string_equal(p.name, "my llama 3.1");
	profile_done(&p);
}

static void what_cannot_be_used_says_why(void **state) {
	(void)state;
	static const struct {
		Var pairs[4];
		const char *error;
	} cases[] = {
		{ { { "profile.a.url", "http://10.0.0.1/v1" }, { "profile.a.model", "m" } }, "plain http to another machine" },
		{ { { "profile.a.url", "http://127.0.0.1/v1" } }, "names no model" },
		{ { { "model.profile", "b" }, { "profile.a.model", "m" } }, "no profile 'b'" },
		{ { { "profile.b.model", "m" }, { "profile.a.model", "m" } }, "none is chosen" },
		{ { { "profile.a.url", "https://u:p@host/v1" }, { "profile.a.model", "m" } }, "user name, password" },
	};
	for (size_t i = 0; i < BASE_COUNT(cases); i++) {
		Config *config = config_of(cases[i].pairs);
		ConfigEnv env = { get, no_vars };
		Profile profile;
		Err err = { "" };
		assert_int_equal(config_profile(config, &env, NULL, &profile, &err), CONFIG_WRONG);
		if (!strstr(err.text, cases[i].error)) fail_msg("%s", err.text);
		config_free(config);
	}
	Var vars[] = { { "TRIPTYCH_MODEL_URL", "http://localhost/v1" }, { "TRIPTYCH_MODEL", "m" },
		{ "TRIPTYCH_PROVIDER", "x" }, { NULL, NULL } };
	ConfigEnv env = { get, vars };
	Profile profile;
	Err err = { "" };
	assert_int_equal(config_profile(NULL, &env, NULL, &profile, &err), CONFIG_WRONG);
	assert_non_null(strstr(err.text, "TRIPTYCH_PROVIDER is 'x'"));
}

static void every_setting_of_the_table_is_taken(void **state) {
	(void)state;
	size_t n;
	const ProfileSetting *settings = config_settings(&n);
	Config *config = config_new();
	for (size_t i = 0; i < n; i++) {
		Buf name = { 0 };
		buf_printf(&name, "profile.a.%s", settings[i].name);
		Err err = { "" };
		const char *value = settings[i].fallback[0] ? settings[i].fallback : "1";
		if (!config_add(config, name.ptr, value, &err)) fail_msg("%s", err.text);
		buf_done(&name);
		assert_true(settings[i].help[0] != '\0');
	}
	const char *const *names;
	assert_int_equal(config_profiles(config, &names), 1);
	assert_string_equal(names[0], "a");
	config_free(config);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_configured_is_no_error),
		cmocka_unit_test(the_chosen_profile_is_used_with_its_values_and_defaults),
		cmocka_unit_test(variables_outrank_the_file),
		cmocka_unit_test(a_url_variable_needs_no_file_and_takes_no_key_from_it),
		cmocka_unit_test(keys_in_the_file_are_refused_without_repeating_them),
		cmocka_unit_test(wrong_values_and_unknown_names_are_refused),
		cmocka_unit_test(profile_names_may_hold_dots_and_blanks),
		cmocka_unit_test(what_cannot_be_used_says_why),
		cmocka_unit_test(every_setting_of_the_table_is_taken),
	};
	return cmocka_run_group_tests_name("config", tests, NULL, NULL);
}
