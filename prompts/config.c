#include "core/posix.h"

#include "prompts/config.h"

#include "prompts/http.h"
#include "prompts/provider.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* ---- the settings of a profile, as one table ---- */

typedef enum SettingKind { KIND_PROVIDER, KIND_TEXT, KIND_COUNT, KIND_SECONDS, KIND_NUMBER, KIND_BOOL } SettingKind;

enum Setting {
	SET_PROVIDER,
	SET_URL,
	SET_MODEL,
	SET_KEY_ENV,
	SET_KEY_COMMAND,
	SET_MAX_TOKENS,
	SET_CONTEXT_TOKENS,
	SET_TEMPERATURE,
	SET_CONNECT,
	SET_FIRST_BYTE,
	SET_IDLE,
	SET_TOTAL,
	SET_PLAIN_HTTP,
	SET_PRICE_IN,
	SET_PRICE_OUT,
	SETTINGS
};

static const ProfileSetting settings[SETTINGS] = {
	[SET_PROVIDER] = { "provider", "openai", "openai, openai-responses, anthropic or ollama" },
	[SET_URL] = { "url", "", "base address, http://127.0.0.1:8080/v1; the provider's own when it is not set" },
	[SET_MODEL] = { "model", "", "the model's name, as the service calls it" },
	[SET_KEY_ENV] = { "keyEnv", "", "name of the environment variable that has the key" },
	[SET_KEY_COMMAND] = { "keyCommand", "", "command whose first line of output is the key" },
	[SET_MAX_TOKENS] = { "maxTokens", "4096", "tokens that an answer may have" },
	[SET_CONTEXT_TOKENS] = { "contextTokens", "32768", "tokens that prompt and answer may have together" },
	[SET_TEMPERATURE] = { "temperature", "", "sent only when set" },
	[SET_CONNECT] = { "connectTimeout", "10", "seconds until a connection stands" },
	[SET_FIRST_BYTE] = { "firstByteTimeout", "300", "seconds of silence before the answer begins" },
	[SET_IDLE] = { "idleTimeout", "60", "seconds of silence within the answer" },
	[SET_TOTAL] = { "totalTimeout", "900", "seconds for all of it, waiting and retries included" },
	[SET_PLAIN_HTTP] = { "allowPlainHttp", "false", "http:// to other hosts than this machine" },
	[SET_PRICE_IN] = { "priceIn", "", "price of a million tokens sent; unknown when not set" },
	[SET_PRICE_OUT] = { "priceOut", "", "price of a million tokens received" },
};

static const SettingKind kinds[SETTINGS] = {
	[SET_PROVIDER] = KIND_PROVIDER,
	[SET_MAX_TOKENS] = KIND_COUNT,
	[SET_CONTEXT_TOKENS] = KIND_COUNT,
	[SET_TEMPERATURE] = KIND_NUMBER,
	[SET_CONNECT] = KIND_SECONDS,
	[SET_FIRST_BYTE] = KIND_SECONDS,
	[SET_IDLE] = KIND_SECONDS,
	[SET_TOTAL] = KIND_SECONDS,
	[SET_PLAIN_HTTP] = KIND_BOOL,
	[SET_PRICE_IN] = KIND_NUMBER,
	[SET_PRICE_OUT] = KIND_NUMBER,
	[SET_URL] = KIND_TEXT,
	[SET_MODEL] = KIND_TEXT,
	[SET_KEY_ENV] = KIND_TEXT,
	[SET_KEY_COMMAND] = KIND_TEXT,
};

const ProfileSetting *config_settings(size_t *n) {
	*n = SETTINGS;
	return settings;
}

static const char *process_get(void *user, const char *name) {
	(void)user;
	return getenv(name);
}

const ConfigEnv config_process_env = { process_get, NULL };

/* ---- pairs ---- */

typedef struct Draft {
	char *name;
	char *values[SETTINGS]; /* as written; NULL when not set */
} Draft;

struct Config {
	char *chosen; /* [model] profile */
	VEC(Draft) drafts;
	VEC(const char *) names;
};

Config *config_new(void) { return base_alloc(sizeof(Config)); }

static void draft_done(Draft *draft) {
	free(draft->name);
	for (size_t i = 0; i < SETTINGS; i++) free(draft->values[i]);
}

void config_free(Config *config) {
	if (!config) return;
	for (size_t i = 0; i < config->drafts.n; i++) draft_done(&config->drafts.at[i]);
	VEC_FREE(config->drafts);
	VEC_FREE(config->names);
	free(config->chosen);
	free(config);
}

static Draft *draft_named(Config *config, Str name) {
	for (size_t i = 0; i < config->drafts.n; i++) {
		if (str_is(name, config->drafts.at[i].name)) return &config->drafts.at[i];
	}
	Buf copy = { 0 };
	buf_str(&copy, name);
	Draft *draft = &VEC_PUSH(config->drafts);
	draft->name = buf_take(&copy);
	VEC_PUSH(config->names) = draft->name;
	return draft;
}

/* A decimal number, with a point in every locale (strtod would want the user's). */
static bool parse_number(const char *text, double *out) {
	double value = 0, place = 1;
	bool digits = false, point = false;
	for (const char *p = text; *p; p++) {
		if (*p == '.' && !point) {
			point = true;
			continue;
		}
		if (*p < '0' || *p > '9') return false;
		value = value * 10 + (*p - '0');
		if (point) place *= 10;
		digits = true;
	}
	if (!digits || !isfinite(value / place)) return false;
	*out = value / place;
	return true;
}

bool config_bool(const char *text, bool *out) {
	static const char *const yes[] = { "true", "yes", "on", "1" }, *const no[] = { "false", "no", "off", "0", "" };
	for (size_t i = 0; i < BASE_COUNT(yes); i++) {
		if (strcasecmp(text, yes[i]) == 0) return *out = true, true;
	}
	for (size_t i = 0; i < BASE_COUNT(no); i++) {
		if (strcasecmp(text, no[i]) == 0) return *out = false, true;
	}
	return false;
}

static bool check_value(enum Setting setting, const char *value, const char *full_name, Err *err) {
	double number;
	bool flag;
	switch (kinds[setting]) {
	case KIND_PROVIDER:
		if (provider_named(str_of(value))) return true;
		return err_set(err, "%s is '%s'; it can be %s", full_name, value, settings[SET_PROVIDER].help);
	case KIND_COUNT:
		if (parse_number(value, &number) && number >= 1 && number <= 1e8) return true;
		return err_set(err, "%s is '%s'; it must be a number from 1 up", full_name, value);
	case KIND_SECONDS:
		if (parse_number(value, &number) && number > 0 && number <= 86400) return true;
		return err_set(err, "%s is '%s'; it must be seconds, above 0 and at most 86400", full_name, value);
	case KIND_NUMBER:
		if (parse_number(value, &number) && number >= 0) return true;
		return err_set(err, "%s is '%s'; it must be a number, 0 or more", full_name, value);
	case KIND_BOOL:
		if (config_bool(value, &flag)) return true;
		return err_set(err, "%s is '%s'; it must be true or false", full_name, value);
	case KIND_TEXT: return true;
	}
	return false;
}

static bool looks_like_a_key(Str variable) {
	static const char *const words[] = { "key", "apikey", "api-key", "api_key", "token", "secret", "password",
		"authorization", "bearer" };
	for (size_t i = 0; i < BASE_COUNT(words); i++) {
		if (variable.len == strlen(words[i]) && strncasecmp(variable.ptr, words[i], variable.len) == 0) return true;
	}
	return false;
}

static bool add_setting(Config *config, Str profile, Str variable, const char *full_name, const char *value, Err *err) {
	if (looks_like_a_key(variable)) {
		return err_set(err,
		    "%s: a key does not belong in the configuration file; name the variable that has it (keyEnv) "
		    "or a command (keyCommand)",
		    full_name);
	}
	for (enum Setting i = 0; i < SETTINGS; i++) {
		if (variable.len != strlen(settings[i].name) || strncasecmp(variable.ptr, settings[i].name, variable.len))
			continue;
		if (!check_value(i, value, full_name, err)) return false;
		Draft *draft = draft_named(config, profile);
		free(draft->values[i]);
		draft->values[i] = base_strdup(value);
		return true;
	}
	return err_set(err, "%s: a profile has no such setting", full_name);
}

bool config_add(Config *config, const char *name, const char *value, Err *err) {
	Str full = str_of(name);
	if (!value) value = "true"; /* git: a name alone */
	if (str_starts(full, "profile.")) {
		const char *dot = strrchr(name, '.');
		Str profile = str_sub(full, 8, (size_t)(dot - name));
		if (profile.len == 0) return err_set(err, "%s: a profile needs a name: [profile \"NAME\"]", name);
		return add_setting(config, profile, str_of(dot + 1), name, value, err);
	}
	if (!str_starts(full, "model.")) return true;
	if (looks_like_a_key(str_sub(full, 6, full.len))) {
		return err_set(err, "%s: a key does not belong in the configuration file", name);
	}
	if (strcasecmp(name + 6, "profile") != 0) return err_set(err, "%s: [model] has no such setting", name);
	free(config->chosen);
	config->chosen = base_strdup(value);
	return true;
}

size_t config_profiles(const Config *config, const char *const **names) {
	*names = config->names.at;
	return config->names.n;
}

/* ---- the profile ---- */

static const char *variable(const ConfigEnv *env, const char *name) {
	const char *value = env->get(env->user, name);
	return value && *value ? value : NULL;
}

static double number_of(const Draft *draft, enum Setting setting, double unknown) {
	const char *text = draft->values[setting] ? draft->values[setting] : settings[setting].fallback;
	double value = unknown;
	parse_number(text, &value);
	return value;
}

static char *copy_of(const char *text) { return text && *text ? base_strdup(text) : NULL; }
static int64_t ms_of(const Draft *draft, enum Setting setting) {
	return (int64_t)(number_of(draft, setting, 0) * 1000);
}

static void fill(Profile *out, const Draft *draft) {
	out->name = base_strdup(draft->name);
	out->key_env = copy_of(draft->values[SET_KEY_ENV]);
	out->key_command = copy_of(draft->values[SET_KEY_COMMAND]);
	out->max_tokens = (int64_t)number_of(draft, SET_MAX_TOKENS, 0);
	out->context_tokens = (int64_t)number_of(draft, SET_CONTEXT_TOKENS, 0);
	out->temperature = number_of(draft, SET_TEMPERATURE, 0);
	out->has_temperature = draft->values[SET_TEMPERATURE] != NULL;
	out->connect_ms = ms_of(draft, SET_CONNECT);
	out->first_byte_ms = ms_of(draft, SET_FIRST_BYTE);
	out->idle_ms = ms_of(draft, SET_IDLE);
	out->total_ms = ms_of(draft, SET_TOTAL);
	out->price_in = number_of(draft, SET_PRICE_IN, -1);
	out->price_out = number_of(draft, SET_PRICE_OUT, -1);
	if (draft->values[SET_PLAIN_HTTP]) config_bool(draft->values[SET_PLAIN_HTTP], &out->allow_plain_http);
}

/* Provider, address and model; the variables have their say when they apply. False with err. */
static bool fill_target(Profile *out, const Draft *draft, const ConfigEnv *env, Err *err) {
	const char *provider = out->from_env ? variable(env, "TRIPTYCH_PROVIDER") : NULL;
	const char *model = out->from_env ? variable(env, "TRIPTYCH_MODEL") : NULL;
	const char *url = out->from_env ? variable(env, "TRIPTYCH_MODEL_URL") : NULL;
	if (provider && !provider_named(str_of(provider))) {
		return err_set(err, "TRIPTYCH_PROVIDER is '%s'; it can be %s", provider, settings[SET_PROVIDER].help);
	}
	if (!provider) provider = draft->values[SET_PROVIDER];
	out->provider = provider_named(str_of(provider ? provider : settings[SET_PROVIDER].fallback));
	out->model = copy_of(model ? model : draft->values[SET_MODEL]);
	out->url = copy_of(url ? url : draft->values[SET_URL] ? draft->values[SET_URL] : out->provider->url);
	if (!out->model || !out->url) {
		return err_set(err, "profile '%s' names no model (model, or TRIPTYCH_MODEL)", out->name);
	}
	for (size_t n = strlen(out->url); n > 0 && out->url[n - 1] == '/'; n--) out->url[n - 1] = '\0';
	return http_check_url(out->url, out->allow_plain_http, &out->loopback, err);
}

/* The draft to use; NULL with *found set when there is none. */
static const Draft *choose(const Config *config, const char *name, ConfigFound *found, Err *err) {
	const char *wanted = name ? name : config ? config->chosen : NULL;
	size_t n = config ? config->drafts.n : 0;
	*found = CONFIG_WRONG;
	for (size_t i = 0; wanted && i < n; i++) {
		if (strcmp(config->drafts.at[i].name, wanted) == 0) return &config->drafts.at[i];
	}
	if (wanted) {
		err_set(err, "there is no profile '%s' in the configuration", wanted);
		return NULL;
	}
	if (n == 1) return &config->drafts.at[0];
	if (n == 0) {
		*found = CONFIG_NONE;
	} else {
		err_set(err, "several profiles, and none is chosen: set [model] profile = NAME (on the screen, the action "
		             "'profile'; else --profile NAME)");
	}
	return NULL;
}

ConfigFound config_profile(const Config *config, const ConfigEnv *env, const char *name, Profile *out, Err *err) {
	static const char variables_name[] = "TRIPTYCH_MODEL_URL";
	const Draft from_variables = { .name = (char *)variables_name };
	ConfigFound found = CONFIG_OK;
	const Draft *draft = &from_variables;
	bool url = variable(env, "TRIPTYCH_MODEL_URL") != NULL;
	if (name || !url) draft = choose(config, name, &found, err);
	if (!draft) return found;
	/* The variables speak of one place: a profile asked for by name while they name another address is left alone. */
	*out = (Profile) { .from_env = !url || draft == &from_variables };
	fill(out, draft);
	if (fill_target(out, draft, env, err)) return CONFIG_OK;
	profile_done(out);
	return CONFIG_WRONG;
}

void profile_done(Profile *profile) {
	free(profile->name);
	free(profile->url);
	free(profile->model);
	free(profile->key_env);
	free(profile->key_command);
	*profile = (Profile) { 0 };
}

int64_t profile_budget(const Profile *profile) {
	int64_t room = profile->context_tokens - profile->max_tokens;
	int64_t least = profile->context_tokens / 4;
	return room > least ? room : least;
}

bool profile_cost(const Profile *profile, int64_t tokens_in, int64_t tokens_out, double *cost) {
	if (profile->price_in < 0 || profile->price_out < 0 || tokens_in < 0 || tokens_out < 0) return false;
	*cost = (profile->price_in * (double)tokens_in + profile->price_out * (double)tokens_out) / 1e6;
	return true;
}
