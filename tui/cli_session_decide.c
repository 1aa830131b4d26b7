#include "core/posix.h"

#include "tui/cli_session.h"
#include "tui/row_pin.h"

#include "sessions/plan.h"
#include "sessions/walk_json.h"

#include <stdio.h>
#include <string.h>

static const char *const TEXT_OR_JSON[] = { "text", "json", NULL };

static Str option_text(const Cli *cli, const char *name) { return str_of(cli_value(cli, name)); }

/* ---- axes: "gain=3" ---- */

static bool read_axis(const char *text, AxisSet *out, Err *err) {
	const char *equals = strchr(text, '=');
	Str name = { text, equals ? (size_t)(equals - text) : strlen(text) };
	for (int i = 0; equals && i < AXIS_COUNT; i++) {
		if (!str_is(name, axis_name((Axis)i))) continue;
		char *end;
		*out = (AxisSet) { (Axis)i, strtod(equals + 1, &end) };
		double least = i == AXIS_CLARITY ? -2 : 0, most = i == AXIS_CLARITY ? 2 : 5;
		if (end == equals + 1 || *end || !(out->value >= least && out->value <= most)) {
			return err_set(err, "%s goes from %g to %g, not '%s'", axis_name((Axis)i), least, most, equals + 1);
		}
		return true;
	}
	return err_set(err, "'%s' is no axis: gain=N, accuracy=N, clarity=N or effort=N", text);
}

static bool read_axes(const Cli *cli, const char *option, AxisSet *out, size_t *n, Err *err) {
	const char *const *texts = cli_values(cli, option, n);
	if (*n > 16) return err_set(err, "too many %s", option);
	for (size_t i = 0; i < *n; i++) {
		if (!read_axis(texts[i], &out[i], err)) return false;
	}
	return true;
}

/* ---- decide ---- */

/* The candidate's id, kept beyond the next change of the walk. */
static int take_id(const Cli *cli, const CliWalk *w, const char **id, Err *err) {
	const WalkItem *item;
	int status = cli_walk_item(cli, w, &item, err);
	if (status == CLI_OK) *id = arena_strdup(cli->arena, str_of(item->candidate.id));
	return status;
}

static int say_question(const Question *question, Err *err) {
	err_set(err, "%s; nothing was changed%s%s", question->text, question->flag[0] ? ": " : "", question->flag);
	return CLI_NO;
}

static int name_it(const Cli *cli, CliWalk *w, const char *id, Err *err) {
	const char *same = cli_value(cli, "--same-as");
	if (!same) return CLI_OK;
	const WalkItem *other;
	size_t n = walk_find(w->walk, str_of(same), &other, err);
	if (n != 1) return n > 1 ? CLI_NO : CLI_ERROR;
	const char *is = arena_strdup(cli->arena, str_of(other->candidate.id));
	return walk_same_as(w->walk, id, is, err) ? CLI_OK : CLI_ERROR;
}

static int decide(const Cli *cli, CliWalk *w, const char *id, Verdict verdict, Err *err) {
	AxisSet axes[16];
	size_t n_axes;
	if (!read_axes(cli, "--override", axes, &n_axes, err)) return CLI_ERROR;
	int status = name_it(cli, w, id, err);
	if (status != CLI_OK) return status;
	Decision decision = {
		.ids = &id,
		.n_ids = 1,
		.verdict = verdict,
		.because = option_text(cli, "--because"),
		.condition = option_text(cli, "--condition"),
		.with_dependencies = cli_flag(cli, "--with-dependencies"),
		.force = cli_flag(cli, "--force"),
		.axes = axes,
		.n_axes = n_axes,
	};
	Question question;
	if (!walk_decide(w->walk, &decision, &question, err)) {
		return question.kind == QUESTION_NONE ? CLI_ERROR : say_question(&question, err);
	}
	return CLI_OK;
}

int cli_run_decide(Cli *cli, Err *err) {
	Verdict verdict;
	if (!verdict_of(str_of(cli->args[2]), &verdict)) {
		err_set(err, "'%s' is no verdict: accept, reject, defer or measure", cli->args[2]);
		return CLI_ERROR;
	}
	CliWalk w;
	if (!cli_walk_open(cli, &w, err)) return CLI_ERROR;
	const char *id;
	int status = take_id(cli, &w, &id, err);
	if (status == CLI_OK) status = decide(cli, &w, id, verdict, err);
	Buf out = { 0 };
	if (status == CLI_OK) {
		const WalkItem *item = walk_item(w.walk, str_of(id));
		buf_printf(&out, "%s %s of %s. ", cli_mark(item), verdict_name(verdict), id);
		cli_walk_summary(w.walk, &out);
	}
	cli_walk_close(&w);
	int printed = cli_put(&out, err);
	return status == CLI_OK ? printed : status;
}

/* ---- note, undo, add, done ---- */

int cli_run_note(Cli *cli, Err *err) {
	CliWalk w;
	if (!cli_walk_open(cli, &w, err)) return CLI_ERROR;
	const char *id;
	int status = take_id(cli, &w, &id, err);
	if (status == CLI_OK && !walk_note(w.walk, id, str_of(cli->args[2]), err)) status = CLI_ERROR;
	cli_walk_close(&w);
	return status;
}

int cli_run_undo(Cli *cli, Err *err) {
	CliWalk w;
	if (!cli_walk_open(cli, &w, err)) return CLI_ERROR;
	const char *id = NULL;
	int status = cli->n_args > 1 ? take_id(cli, &w, &id, err) : CLI_OK;
	Buf what = { 0 }, out = { 0 };
	if (status == CLI_OK) {
		Err cause = { { 0 } };
		uint64_t rows = row_pins_hash(walk_pins(w.walk));
		if (walk_undo(w.walk, id, &what, &cause)) {
			buf_printf(&out, "taken back: %s\n", what.ptr);
			bool other = rows != row_pins_hash(walk_pins(w.walk)); /* what is found by the rows follows them */
			if (other && !cli_walk_rescan(cli, w.walk, NULL, err)) status = CLI_ERROR;
		} else {
			err_set(err, "%s", cause.text);
			status = str_starts(str_of(cause.text), "nothing to undo") ? CLI_NO : CLI_ERROR;
		}
	}
	buf_done(&what);
	cli_walk_close(&w);
	int printed = cli_put(&out, err);
	return status == CLI_OK ? printed : status;
}

/* "PATH:LINE" or "PATH:LINE-LINE". */
static bool read_at(const Cli *cli, OwnCandidate *own, Err *err) {
	const char *at = cli_value(cli, "--at");
	if (!at) return err_set(err, "add needs the lines: --at PATH:LINE[-LINE]");
	const char *colon = strrchr(at, ':');
	char *end = NULL;
	unsigned long first = colon ? strtoul(colon + 1, &end, 10) : 0, last = first;
	if (end && *end == '-') last = strtoul(end + 1, &end, 10);
	if (!colon || colon == at || *end || first == 0 || last < first || last > UINT32_MAX) {
		return err_set(err, "'%s' names no lines: --at PATH:LINE[-LINE]", at);
	}
	own->path = arena_strdup(cli->arena, (Str) { at, (size_t)(colon - at) });
	own->first_line = (uint32_t)first;
	own->last_line = (uint32_t)last;
	return true;
}

static bool read_own(const Cli *cli, OwnCandidate *own, Err *err) {
	*own = (OwnCandidate) {
		.title = option_text(cli, "--title"),
		.technique = option_text(cli, "--technique"),
		.reason = option_text(cli, "--because"),
	};
	AxisSet axes[16];
	size_t n;
	if (own->title.len == 0) return err_set(err, "add needs a title: --title TEXT");
	if (!read_at(cli, own, err) || !read_axes(cli, "--axis", axes, &n, err)) return false;
	for (size_t i = 0; i < n; i++) {
		own->has_axis[axes[i].axis] = true;
		own->axis[axes[i].axis] = axes[i].value;
	}
	return true;
}

static bool card_exists(const Cli *cli, const Walk *walk, Str technique, Err *err) {
	if (technique.len == 0) return true;
	Catalogue catalogue;
	if (!cli_walk_catalogue(cli, walk, &catalogue, err)) return false;
	bool found = catalogue_find(&catalogue, technique) != NULL;
	catalogue_done(&catalogue);
	return found || err_set(err, "there is no technique '%.*s' (triptych techniques lists them)", STR_ARG(technique));
}

int cli_run_add(Cli *cli, Err *err) {
	OwnCandidate own;
	CliWalk w;
	if (!read_own(cli, &own, err) || !cli_walk_open(cli, &w, err)) return CLI_ERROR;
	Str id;
	Buf out = { 0 };
	bool ok = card_exists(cli, w.walk, own.technique, err) && walk_add_own(w.walk, &own, &id, err);
	if (ok) buf_printf(&out, "%.*s\n", STR_ARG(id));
	cli_walk_close(&w);
	int printed = cli_put(&out, err);
	return ok ? printed : CLI_ERROR;
}

static bool read_measurement(const Cli *cli, Measurement *m, Err *err) {
	*m = (Measurement) { .unit = option_text(cli, "--unit"), .command = option_text(cli, "--command") };
	bool before = cli_value(cli, "--before") != NULL, after = cli_value(cli, "--after") != NULL;
	m->has_numbers = before && after;
	m->has_parity = cli_value(cli, "--parity") != NULL;
	if (before != after) return err_set(err, "a measurement has both: --before N --after N");
	return cli_number(cli, "--before", &m->before, err) && cli_number(cli, "--after", &m->after, err) &&
	       cli_number(cli, "--parity", &m->parity, err);
}

int cli_run_done(Cli *cli, Err *err) {
	Measurement m;
	CliWalk w;
	if (!read_measurement(cli, &m, err) || !cli_walk_open(cli, &w, err)) return CLI_ERROR;
	const char *id;
	int status = take_id(cli, &w, &id, err);
	if (status == CLI_OK && !walk_mark_done(w.walk, id, &m, option_text(cli, "--because"), err)) status = CLI_ERROR;
	cli_walk_close(&w);
	return status;
}

/* ---- plan ---- */

static void put_step(Buf *out, const PlanStep *step) {
	const WalkItem *item = step->item;
	buf_printf(out, "%3zu  %s %.*s  ", step->number, cli_mark(item), STR_ARG(item->short_id));
	cli_safe(out, item->candidate.title);
	buf_puts(out, "  ");
	cli_safe(out, item->candidate.place.component);
	buf_printf(out, "  effort %g", item->tradeoff.axis[AXIS_EFFORT]);
	for (size_t i = 0; i < step->n_after; i++) buf_printf(out, "%s %zu", i ? "," : "  after", step->after[i]);
	if (item->verdict == VERDICT_MEASURE) buf_puts(out, "  measure first");
	if (item->condition.len > 0) {
		buf_puts(out, ": ");
		cli_safe(out, item->condition);
	}
	if (item->measurement.has_numbers) {
		buf_printf(out, "  %g to %g ", item->measurement.before, item->measurement.after);
		cli_safe(out, item->measurement.unit);
	}
	if (item->gone || item->state == STATE_CHANGED) buf_printf(out, "  (%s)", state_words(item->state));
	buf_putc(out, '\n');
}

static void put_plan_json(const Plan *plan, Buf *out) {
	JsonOut json = json_out(out, JSON_PRETTY);
	json_open_object(&json);
	json_member_integer(&json, "version", 1);
	json_member_str(&json, "session", plan->name);
	json_member_number(&json, "effort", plan->effort);
	json_member_number(&json, "effortLeft", plan->effort_left);
	json_member_array(&json, "steps");
	for (size_t i = 0; i < plan->n_steps; i++) {
		json_open_object(&json);
		json_member_integer(&json, "number", (int64_t)plan->steps[i].number);
		json_member_array(&json, "after");
		for (size_t k = 0; k < plan->steps[i].n_after; k++) json_put_integer(&json, (int64_t)plan->steps[i].after[k]);
		json_close(&json);
		json_put_key(&json, "candidate");
		walk_put_item(&json, plan->steps[i].item);
		json_close(&json);
	}
	json_close(&json);
	json_close(&json);
}

static int move_step(Cli *cli, CliWalk *w, Err *err) {
	char *end;
	unsigned long n = strtoul(cli->args[3], &end, 10);
	if (*end || n == 0) {
		err_set(err, "'%s' is no place in the plan", cli->args[3]);
		return CLI_ERROR;
	}
	const WalkItem *item;
	size_t fits = walk_find(w->walk, str_of(cli->args[2]), &item, err);
	if (fits != 1) return fits > 1 ? CLI_NO : CLI_ERROR;
	const char *id = arena_strdup(cli->arena, str_of(item->candidate.id));
	Question question;
	if (walk_move(w->walk, id, n, &question, err)) return CLI_OK;
	return question.kind == QUESTION_NONE ? CLI_ERROR : say_question(&question, err);
}

int cli_run_plan(Cli *cli, Err *err) {
	bool move = cli->n_args == 4 && strcmp(cli->args[1], "move") == 0;
	if (cli->n_args > 1 && !move) {
		err_set(err, "plan NAME takes nothing else, or: move ID N");
		return CLI_ERROR;
	}
	CliWalk w;
	if (!cli_format(cli, TEXT_OR_JSON, err) || !cli_walk_open(cli, &w, err)) return CLI_ERROR;
	int status = move ? move_step(cli, &w, err) : CLI_OK;
	Buf out = { 0 };
	if (status == CLI_OK) {
		Plan plan;
		plan_of_walk(w.walk, NULL, cli->arena, &plan);
		if (cli->json) {
			put_plan_json(&plan, &out);
		} else {
			for (size_t i = 0; i < plan.n_steps; i++) put_step(&out, &plan.steps[i]);
			buf_printf(&out, "%zu steps (%zu done, %zu measured first), effort %g, %g left\n", plan.n_steps,
			    plan.n_done, plan.n_measure, plan.effort, plan.effort_left);
		}
	}
	cli_walk_close(&w);
	int printed = cli_put(&out, err);
	return status == CLI_OK ? printed : status;
}
