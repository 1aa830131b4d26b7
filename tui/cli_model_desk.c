#include "core/posix.h"

#include "tui/cli_model.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* ---- opening ---- */

static bool take_profile(ModelDesk *desk, Err *err) {
	bool dry = cli_flag(desk->cli, "--dry-run");
	switch (config_profile(
	    desk->settings.model, &config_process_env, cli_value(desk->cli, "--profile"), &desk->profile, err)) {
	case CONFIG_OK: desk->has_profile = true; return true;
	case CONFIG_WRONG: return false;
	case CONFIG_NONE: break;
	}
	return dry ||
	       err_set(err, "no model is configured: triptych config --defaults says how, or set TRIPTYCH_MODEL_URL");
}

/* The session's own scan, so that what is asked is about the code as it is now. */
static bool take_scan(ModelDesk *desk, Err *err) {
	ScanOptions options;
	Walk *walk = desk->walk.walk;
	if (!cli_walk_catalogue(desk->cli, walk, &desk->catalogue, err)) return false;
	desk->has_catalogue = true;
	if (!walk_scan_options(walk, desk->cli->arena, &options, err)) return false;
	if (!scan_run(&options, &desk->catalogue, &desk->scan, err)) return false;
	desk->has_scan = true;
	port_world_init(&desk->world, &desk->scan.sides[SIDE_SWIFT].source);
	desk->has_world = true;
	return walk_take_scan(walk, &desk->scan, &desk->catalogue, NULL, err);
}

int desk_open(Cli *cli, ModelDesk *desk, Err *err) {
	*desk = (ModelDesk) { .cli = cli };
	bool ok = settings_read(cli->config, cli->arena, &desk->settings, err) && take_profile(desk, err) &&
	          cli_walk_open(cli, &desk->walk, err) && take_scan(desk, err);
	return ok ? CLI_OK : CLI_ERROR;
}

void desk_close(ModelDesk *desk) {
	if (desk->has_world) port_world_done(&desk->world);
	if (desk->has_scan) scan_done(&desk->scan);
	if (desk->has_catalogue) catalogue_done(&desk->catalogue);
	cli_walk_close(&desk->walk);
	if (desk->has_profile) profile_done(&desk->profile);
	settings_done(&desk->settings);
}

void desk_own_parts(const ModelDesk *desk, PromptParts *parts) {
	Str *texts[] = { &parts->technique, &parts->title, &parts->component, &parts->card, &parts->place, &parts->span,
		&parts->precedents };
	for (size_t i = 0; i < BASE_COUNT(texts); i++) *texts[i] = arena_str(desk->cli->arena, *texts[i]);
}

Prompt *desk_prompt(const ModelDesk *desk, const PromptRequest *request, Err *err) {
	enum { BUDGET = 28000 }; /* of the default profile, when a dry run has none */
	Str template;
	if (!model_template(desk->cli->config, request->use, desk->cli->arena, &template, err)) return NULL;
	return prompt_make(request, template, desk->has_profile ? profile_budget(&desk->profile) : BUDGET, err);
}

/* ---- agreeing ---- */

static int show_prompt(const ModelDesk *desk, const Prompt *prompt, Err *err) {
	Buf text = { 0 }, out = { 0 };
	if (desk->has_profile) {
		exchange_preview(&desk->profile, &config_process_env, prompt, &text);
	} else {
		prompt_show(prompt, &text);
	}
	cli_safe(&out, buf_view(&text));
	if (out.len > 0 && out.ptr[out.len - 1] != '\n') buf_putc(&out, '\n');
	buf_done(&text);
	cli_note("about %lld tokens; nothing was sent%s", (long long)prompt->tokens,
	    desk->has_profile ? "" : ", since no model is configured");
	for (size_t i = 0; i < prompt->n_cuts; i++)
		cli_note("cut to fit: %s, %zu lines", prompt->cuts[i].part, prompt->cuts[i].lines);
	int status = cli_put(&out, err);
	return status == CLI_OK ? DESK_SHOWN : status;
}

static int agree(const ModelDesk *desk, const Prompt *prompt, Err *err) {
	const Profile *profile = &desk->profile;
	/* a host is agreed to once a session */
	if (profile->loopback || cli_flag(desk->cli, "--yes") || model_sent_before(desk->walk.walk, profile->url))
		return CLI_OK;
	if (!isatty(STDIN_FILENO) || !isatty(STDERR_FILENO)) {
		err_set(err, "about %lld tokens of your code would go to %s: --yes agrees, --dry-run shows them",
		    (long long)prompt->tokens, profile->url);
		return CLI_NO;
	}
	cli_note("about %lld tokens, code of all sides among them, go to %s (--dry-run shows them)",
	    (long long)prompt->tokens, profile->url);
	fprintf(stderr, "send? [y/N] ");
	fflush(stderr);
	char line[16];
	bool yes = fgets(line, sizeof line, stdin) && (line[0] == 'y' || line[0] == 'Y');
	if (yes) return CLI_OK;
	err_set(err, "nothing was sent");
	return CLI_NO;
}

/* ---- sending ---- */

typedef struct Showing {
	size_t shown; /* bytes of the answer that are out */
	bool lines, progress;
	ExchangeState state;
} Showing;

static void step(void *user, const Exchange *exchange) {
	Showing *s = user;
	ExchangeState state = exchange_state(exchange);
	if (s->progress && state != s->state && !exchange_state_is_final(state)) {
		const char *message = exchange_message(exchange);
		cli_note("%s%s%s", exchange_state_name(state), message[0] ? ": " : "", message);
	}
	s->state = state;
	if (!s->lines) return;
	Str text = exchange_text(exchange), rest = str_sub(text, s->shown, text.len);
	size_t end = rest.len;
	while (end > 0 && rest.ptr[end - 1] != '\n') end--;
	if (exchange_state_is_final(state)) end = rest.len;
	if (end == 0) return;
	Buf out = { 0 };
	cli_safe(&out, str_sub(rest, 0, end));
	if (exchange_state_is_final(state) && out.ptr[out.len - 1] != '\n') buf_putc(&out, '\n');
	cli_print(&out, NULL);
	buf_done(&out);
	s->shown += end;
}

int desk_send(ModelDesk *desk, const Prompt *prompt, bool show, ModelAnswer *out, Err *err) {
	*out = (ModelAnswer) { 0 };
	if (cli_flag(desk->cli, "--dry-run")) return show_prompt(desk, prompt, err);
	int status = agree(desk, prompt, err);
	if (status != CLI_OK) return status;
	Showing showing = { .progress = isatty(STDERR_FILENO) != 0 };
	showing.lines = desk->streams = show && isatty(STDOUT_FILENO);
	ModelShow shower = { step, &showing };
	if (!model_ask(&desk->profile, prompt, &shower, desk->cli->arena, out, err)) return CLI_ERROR;
	Buf usage = { 0 };
	model_usage_words(&desk->profile, &out->usage, &usage);
	if (out->text.len > 0) cli_note("%s; %s", out->model.len ? out->model.ptr : desk->profile.model, usage.ptr);
	if (out->warning.len > 0) cli_note("%s", out->warning.ptr);
	buf_done(&usage);
	return CLI_OK;
}

int desk_outcome(const ModelAnswer *answer, Err *err) {
	if (answer->state == EXCHANGE_DONE) return CLI_OK;
	if (answer->state == EXCHANGE_TRUNCATED) {
		cli_note("not the whole answer: %s", answer->message.ptr);
		return CLI_OK;
	}
	const char *billed = answer->may_be_billed ? " (it may have been billed)" : "";
	if (answer->state == EXCHANGE_CANCELLED) {
		err_set(err, "cancelled%s%s", answer->text.len ? "; what had come is kept" : "", billed);
	} else {
		err_set(err, "%s%s", answer->message.len ? answer->message.ptr : "no answer", billed);
	}
	return CLI_ERROR;
}
