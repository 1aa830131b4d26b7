/* Which model, where, and within what limits: profiles from configuration values and variables.
 *
 * Values come as pairs from whoever reads the configuration file (git's format; names as git normalises them, section and
 * variable in lower case: "profile.Local.keyenv"); names of other sections are not ours and pass. Variables outrank the file:
 * TRIPTYCH_MODEL and TRIPTYCH_PROVIDER set one value each; TRIPTYCH_MODEL_URL makes a profile by itself, of which
 * nothing comes from the file, so that a key meant for one host is never sent to another.
 *
 * A key never stands in the file: what looks like one is refused without repeating its value. A profile names the
 * variable or the command that has it (prompts/secret.h). */
#ifndef PROMPTS_CONFIG_H
#define PROMPTS_CONFIG_H

#include "core/base.h"

typedef struct Provider Provider; /* prompts/provider.h */

/* How variables of the environment are read; getenv in the program, a table in tests. */
typedef struct ConfigEnv {
	const char *(*get)(void *user, const char *name); /* NULL when it isn't set */
	void *user;
} ConfigEnv;

typedef struct Profile {
	char *name; /* "Local"; "TRIPTYCH_MODEL_URL" when it comes from variables alone */
	const Provider *provider;
	char *url; /* base, without a slash at its end */
	char *model;
	char *key_env;          /* name of the variable that has the key; NULL */
	char *key_command;      /* its first line of output is the key; NULL */
	int64_t max_tokens;     /* of the answer */
	int64_t context_tokens; /* of prompt and answer together */
	bool has_temperature;
	double temperature;
	int64_t connect_ms, first_byte_ms, idle_ms, total_ms;
	bool allow_plain_http;
	double price_in, price_out; /* per million tokens, in the user's own currency; negative: unknown */
	bool loopback;              /* the host is this machine */
	bool from_env;              /* TRIPTYCH_MODEL, _PROVIDER and _API_KEY are meant for it */
} Profile;

typedef struct ProfileSetting {
	const char *name;     /* as a person writes it: "connectTimeout" */
	const char *fallback; /* value when it isn't set, "" for none */
	const char *help;
} ProfileSetting;
/* The table that `triptych config --defaults`, the manual and the tests read. */
const ProfileSetting *config_settings(size_t *n);

typedef struct Config Config;
/* One of git's words for a boolean: true, yes, on, 1; false, no, off, 0, or nothing. */
bool config_bool(const char *text, bool *out);

Config *config_new(void);
void config_free(Config *config);
/* One pair. False with err (naming the setting, never its value) for an unknown setting of [model] or [profile "..."],
 * a value of the wrong kind, and a key. The last of equal names counts. */
bool config_add(Config *config, const char *name, const char *value, Err *err);

/* The names of the profiles, in the order in which they were first met; borrowed. */
size_t config_profiles(const Config *config, const char *const **names);

typedef enum ConfigFound {
	CONFIG_NONE,  /* no model is configured: nothing is wrong, there is just none */
	CONFIG_OK,    /* *out is filled; release it with profile_done */
	CONFIG_WRONG, /* err says what */
} ConfigFound;

/* The profile to use: `name` if not NULL, else TRIPTYCH_MODEL_URL, else [model] profile, else the only one there is.
 * Opens no socket and looks up no name. */
ConfigFound config_profile(const Config *config, const ConfigEnv *env, const char *name, Profile *out, Err *err);
void profile_done(Profile *profile);

/* Tokens that a prompt may take. */
int64_t profile_budget(const Profile *profile);
/* What so many tokens cost, by the configured prices. False when a price or a number (negative: unknown) isn't known. */
bool profile_cost(const Profile *profile, int64_t tokens_in, int64_t tokens_out, double *cost);

/* getenv. */
extern const ConfigEnv config_process_env;

#endif
