/* Choosing the language model's profile for this session, among those of the configuration. Nothing is opened by it. */
#include "core/posix.h"

#include "tui/view_walk_state.h"

#include <stdlib.h>

#include "tui/settings.h"

static Reaction chosen(View *owner, const ViewEnv *env, Str text, bool kept) {
	WalkView *v = (WalkView *)owner;
	Arena arena = { 0 };
	Settings settings;
	Profile profile;
	Err err = { { 0 } };
	if (!kept || str_trim(text).len == 0) return react(REACT_DONE);
	char *name = arena_strdup(&arena, str_trim(text));
	bool fine = settings_read(env->options->config, &arena, &settings, &err) &&
	            config_profile(settings.model, &config_process_env, name, &profile, &err) == CONFIG_OK;
	Reaction reaction = fine ? react_say("profile %s: %s at %s", name, profile.model, profile.url)
	                         : react_bad("%s", err.text[0] ? err.text : "there is no such profile");
	if (fine) {
		work_set_profile(v->work, name);
		profile_done(&profile);
	}
	settings_done(&settings);
	arena_done(&arena);
	return reaction;
}

Reaction walk_ask_profile(WalkView *v, const ViewEnv *env) {
	Arena arena = { 0 };
	Settings settings;
	Err err = { { 0 } };
	const char *const *names;
	if (!settings_read(env->options->config, &arena, &settings, &err)) {
		settings_done(&settings);
		arena_done(&arena);
		return react_bad("%s", err.text);
	}
	size_t n = config_profiles(settings.model, &names);
	Buf label = { 0 };
	buf_puts(&label, "profile (");
	for (size_t i = 0; i < n; i++) buf_printf(&label, "%s%s", i ? " " : "", names[i]);
	buf_puts(&label, "):");
	AskOptions ask = {
		.label = label.ptr, .initial = str_of(work_profile(v->work)), .owner = &v->view, .answer = chosen
	};
	Reaction reaction = n ? react_open(view_ask_new(&ask))
	                      : react_say("the configuration has no profile (triptych config --defaults shows how)");
	buf_done(&label);
	settings_done(&settings);
	arena_done(&arena);
	return reaction;
}
