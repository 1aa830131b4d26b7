/* ask, draft, suggest, drafts: the language model from the command line. Answers go to stdout alone; what is to be known about
 * them goes to stderr. Nothing is sent to another host than this machine before a person has agreed. */
#include "core/posix.h"

#include "tui/cli_model.h"

#include "prompts/suggest.h"
#include "tui/draft_check.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* ---- ask ---- */

static void note_missing(const ModelDesk *desk, const Candidate *candidate, Str text, Buf *marked) {
	size_t n;
	ModelWorld world = { &desk->scan, &desk->world, candidate };
	ClaimWorld claims = model_world(&world);
	const Claim *list = claims_check(text, &claims, desk->cli->arena, &n);
	for (size_t i = 0; i < n; i++) {
		if (list[i].truth != CLAIM_MISSING) continue;
		Str what = list[i].kind == CLAIM_CODE ? list[i].name : str_sub(text, list[i].start, list[i].end);
		cli_note("the answer names what isn't there: %.*s", STR_ARG(what));
	}
	claims_mark(text, list, n, marked);
}

static int answer_question(ModelDesk *desk, const WalkItem *item, Err *err) {
	Cli *cli = desk->cli;
	PromptRequest request = { .use = PROMPT_DISCUSS, .question = str_of(cli->args[2]) };
	Str id = arena_str(cli->arena, str_of(item->candidate.id));
	request.turns = model_turns(item, cli->arena, &request.n_turns);
	if (!model_parts(
	        desk->walk.walk, item, &desk->scan, &desk->catalogue, &desk->world, cli->arena, &request.parts, err))
		return CLI_ERROR;
	Prompt *prompt = desk_prompt(desk, &request, err);
	if (!prompt) return CLI_ERROR;
	ModelAnswer answer;
	int status = desk_send(desk, prompt, true, &answer, err);
	if (status == CLI_OK) {
		Buf marked = { 0 }, out = { 0 };
		note_missing(desk, &item->candidate, answer.text, &marked);
		if (!desk->streams) cli_safe(&out, buf_view(&marked));
		if (out.len > 0 && out.ptr[out.len - 1] != '\n') buf_putc(&out, '\n');
		KeptBy by = { &desk->profile, prompt->version };
		bool ok =
		    answer.text.len == 0 || model_keep_answer(desk->walk.walk, id.ptr, request.question, &answer, &by, err);
		status = cli_put(&out, err);
		if (!ok) status = CLI_ERROR;
		if (status == CLI_OK) status = desk_outcome(&answer, err);
		buf_done(&marked);
	}
	prompt_free(prompt);
	return status == DESK_SHOWN ? CLI_OK : status;
}

static int run_ask(Cli *cli, Err *err) {
	ModelDesk desk;
	const WalkItem *item;
	int status = desk_open(cli, &desk, err);
	if (status == CLI_OK) status = cli_walk_item(cli, &desk.walk, &item, err);
	if (status == CLI_OK) status = answer_question(&desk, item, err);
	desk_close(&desk);
	return status;
}

/* ---- draft ---- */

static void note_checks(const DraftVerdict *verdict) {
	for (int i = 0; i < DRAFT_CHECKS; i++) {
		const DraftCheck *check = &verdict->checks[i];
		if (!check->done) continue;
		cli_note("%s %s%s%.*s", check->ok ? "ok    " : "not ok", draft_check_words((DraftCheckKind)i),
		    check->note.len ? ": " : "", STR_ARG(check->note));
	}
}

/* One sending and its verification, kept. */
static int one_draft(ModelDesk *desk, const char *id, const DraftSubject *subject, const PromptRequest *request,
    ModelAnswer *answer, DraftVerdict *verdict, Err *err) {
	Prompt *prompt = desk_prompt(desk, request, err);
	if (!prompt) return CLI_ERROR;
	int status = desk_send(desk, prompt, false, answer, err);
	if (status == CLI_OK && answer->text.len > 0) {
		bool whole = answer->state == EXCHANGE_DONE;
		if (whole)
			draft_verify(subject, answer->text, desk->cli->arena, verdict);
		else
			draft_partial(answer->message, desk->cli->arena, verdict);
		note_checks(verdict);
		KeptBy by = { &desk->profile, prompt->version };
		if (!model_keep_draft(desk->walk.walk, id, request->question, answer, verdict, subject, &by, err))
			status = CLI_ERROR;
	}
	if (status == CLI_OK) status = desk_outcome(answer, err);
	prompt_free(prompt);
	return status;
}

static int print_draft(const DraftVerdict *verdict, Err *err) {
	Buf out = { 0 };
	cli_safe(&out, verdict->diff);
	int status = cli_put(&out, err);
	if (status != CLI_OK || verdict->passed) return status;
	err_set(err, "the draft did not pass; it is kept, marked so, and goes into no patch");
	return CLI_NO;
}

static int make_draft(ModelDesk *desk, const WalkItem *item, Err *err) {
	Cli *cli = desk->cli;
	PromptRequest request = { .use = PROMPT_DRAFT, .question = str_of(cli->n_args > 2 ? cli->args[2] : NULL) };
	Walk *walk = desk->walk.walk;
	/* the walk's memory changes when something is kept */
	Str id = arena_str(cli->arena, str_of(item->candidate.id));
	Candidate candidate = item->candidate;
	candidate.technique = arena_str(cli->arena, candidate.technique);
	candidate.place.name = arena_strdup(cli->arena, str_of(candidate.place.name));
	DraftSubject subject;
	if (!draft_subject(&desk->scan, &desk->catalogue, walk_pins(walk), &desk->world, &candidate, &subject, err))
		return CLI_ERROR;
	subject.technique = candidate.technique;
	if (!model_parts(walk, item, &desk->scan, &desk->catalogue, &desk->world, cli->arena, &request.parts, err))
		return CLI_ERROR;
	desk_own_parts(desk, &request.parts);
	request.parts.span = str_sub(subject.place.file, subject.place.span_start, subject.place.span_end);
	ModelAnswer answer;
	DraftVerdict verdict = { .form = "" };
	int status = one_draft(desk, id.ptr, &subject, &request, &answer, &verdict, err);
	if (status == DESK_SHOWN) return CLI_OK;
	if (status == CLI_OK && !verdict.passed && answer.state == EXCHANGE_DONE) {
		Buf failures = { 0 };
		draft_failures(&verdict, &failures);
		request.reply = answer.text;
		request.failures = arena_str(cli->arena, buf_view(&failures));
		buf_done(&failures);
		cli_note("sent back once, to be mended");
		status = one_draft(desk, id.ptr, &subject, &request, &answer, &verdict, err);
	}
	return status == CLI_OK ? print_draft(&verdict, err) : status;
}

static int run_draft(Cli *cli, Err *err) {
	ModelDesk desk;
	const WalkItem *item;
	int status = desk_open(cli, &desk, err);
	if (status == CLI_OK) status = cli_walk_item(cli, &desk.walk, &item, err);
	if (status == CLI_OK) status = make_draft(&desk, item, err);
	desk_close(&desk);
	return status;
}

/* ---- suggest ---- */

static bool is_technique(void *user, Str id) { return catalogue_find(user, id) != NULL; }

static void put_quoted(Buf *out, Str text) {
	buf_putc(out, '\'');
	for (size_t i = 0; i < text.len; i++) {
		if (text.ptr[i] == '\'') {
			buf_puts(out, "'\\''");
		} else {
			buf_putc(out, text.ptr[i]);
		}
	}
	buf_putc(out, '\'');
}

static void put_suggestion(
    const ModelDesk *desk, const SourceFile *file, uint32_t base, const Suggestion *s, Buf *out) {
	Buf safe = { 0 };
	uint32_t first = source_pos(file, base + (uint32_t)s->start).line;
	uint32_t last = source_pos(file, base + (uint32_t)(s->end > s->start ? s->end - 1 : s->start)).line;
	buf_printf(&safe, "%.*s\n  %s:%u-%u  %.*s\n  %.*s\n", STR_ARG(s->title), file->name, first, last,
	    STR_ARG(s->technique), STR_ARG(s->why));
	if (s->risk.len > 0) buf_printf(&safe, "  risk: %.*s\n", STR_ARG(s->risk));
	buf_printf(&safe, "  take it: triptych add %s --at ", desk->cli->args[0]);
	buf_printf(&safe, "%s:%u-%u --title ", file->name, first, last);
	put_quoted(&safe, s->title);
	if (s->technique.len > 0) buf_printf(&safe, " --technique %.*s", STR_ARG(s->technique));
	buf_puts(&safe, "\n\n");
	cli_safe(out, buf_view(&safe));
	buf_done(&safe);
}

static int show_suggestions(ModelDesk *desk, ComponentId id, Str code, Str reply, Err *err) {
	const ScanSide *port = &desk->scan.sides[SIDE_SWIFT];
	const SourceFile *file = &port->source.files[port->outline.components[id].file];
	const Suggestion *list;
	size_t n, found = 0;
	if (!suggest_read(reply, code, is_technique, &desk->catalogue, desk->cli->arena, &list, &n, err)) return CLI_ERROR;
	Buf out = { 0 };
	for (size_t i = 0; i < n; i++) {
		if (!list[i].found) {
			cli_note("left out, it %s: %.*s", list[i].problem, STR_ARG(list[i].title));
			continue;
		}
		put_suggestion(desk, file, (uint32_t)(code.ptr - file->text.ptr), &list[i], &out);
		found++;
	}
	if (found == 0) cli_note("nothing is proposed");
	return cli_put(&out, err);
}

/* With the session: the answer belongs to no candidate. */
static bool keep_suggestions(ModelDesk *desk, const ModelAnswer *answer, const Prompt *prompt, Err *err) {
	KeptBy by = { &desk->profile, prompt->version };
	return answer->text.len == 0 ||
	       model_keep_answer(desk->walk.walk, NULL, str_of(desk->cli->args[1]), answer, &by, err);
}

static int run_suggest(Cli *cli, Err *err) {
	ModelDesk desk;
	int status = desk_open(cli, &desk, err);
	if (status == CLI_OK) {
		ComponentId id = outline_find(&desk.scan.sides[SIDE_SWIFT].outline, str_of(cli->args[1]));
		PromptRequest request = { .use = PROMPT_SUGGEST };
		Prompt *prompt = NULL;
		ModelAnswer answer;
		if (id == COMPONENT_NONE) {
			err_set(err, "the port has no component '%s' (triptych align lists them)", cli->args[1]);
			status = CLI_ERROR;
		} else {
			model_parts_component(
			    desk.walk.walk, &desk.scan, id, &desk.catalogue, &desk.world, cli->arena, &request.parts);
			prompt = desk_prompt(&desk, &request, err);
			status = prompt ? desk_send(&desk, prompt, false, &answer, err) : CLI_ERROR;
			if (status == CLI_OK && !keep_suggestions(&desk, &answer, prompt, err)) status = CLI_ERROR;
			if (status == CLI_OK) status = desk_outcome(&answer, err);
			if (status == CLI_OK) status = show_suggestions(&desk, id, request.parts.code, answer.text, err);
		}
		prompt_free(prompt);
	}
	desk_close(&desk);
	return status == DESK_SHOWN ? CLI_OK : status;
}

/* ---- drafts ---- */

/* What becomes of a draft; later: one that passed was kept after it. */
static const char *fate(const WalkItem *item, const KeptDraft *draft, bool later) {
	if (draft->state.len > 0 && !str_is(draft->state, "done")) return "  a part only";
	if (!draft->passed) return "";
	if (later) return "  a later one passed";
	return item->verdict == VERDICT_ACCEPT ? "  for the patch" : "  not accepted";
}

static bool passed_later(const Cli *cli, const WalkItem *item, size_t from) {
	for (size_t i = from; i < item->n_history; i++) {
		KeptDraft draft;
		bool is_one = !item->history[i]->undone && model_read_draft(item->history[i], cli->arena, &draft);
		if (is_one && draft.passed) return true;
	}
	return false;
}

static size_t put_drafts(const Cli *cli, const WalkItem *item, bool whole, Buf *out) {
	size_t n = 0;
	for (size_t i = 0; i < item->n_history; i++) {
		KeptDraft draft;
		const LogEvent *event = item->history[i];
		if (event->undone || !model_read_draft(event, cli->arena, &draft)) continue;
		n++;
		buf_printf(out, "%.*s  %.16s  %s  ", STR_ARG(item->short_id), event->time.ptr ? event->time.ptr : "",
		    draft.passed ? "passed    " : "not passed");
		cli_safe(out, draft.edited ? STR("edited by hand") : draft.model);
		buf_puts(out, fate(item, &draft, passed_later(cli, item, i + 1)));
		buf_putc(out, '\n');
		for (int k = 0; k < DRAFT_CHECKS; k++) {
			if (!draft.checks[k].done || draft.checks[k].ok) continue;
			buf_printf(out, "  not: %s: ", draft_check_words((DraftCheckKind)k));
			cli_safe(out, draft.checks[k].note);
			buf_putc(out, '\n');
		}
		if (!whole) continue;
		buf_putc(out, '\n');
		cli_safe(out, draft.diff.len ? draft.diff : draft.text);
		buf_putc(out, '\n');
	}
	return n;
}

static int run_drafts(Cli *cli, Err *err) {
	CliWalk w;
	if (!cli_walk_open(cli, &w, err)) return CLI_ERROR;
	Buf out = { 0 };
	size_t n = 0, n_items;
	int status = CLI_OK;
	if (cli->n_args > 1) {
		const WalkItem *item;
		status = cli_walk_item(cli, &w, &item, err);
		if (status == CLI_OK) n = put_drafts(cli, item, true, &out);
	} else {
		const WalkItem *items = walk_items(w.walk, &n_items);
		for (size_t i = 0; i < n_items; i++) n += put_drafts(cli, &items[i], false, &out);
	}
	if (status == CLI_OK && n == 0) cli_note("no drafts yet: triptych draft %s ID makes one", cli->args[0]);
	ModelSpent spent;
	Buf words = { 0 };
	model_spent(w.walk, &spent);
	model_spent_words(&spent, &words);
	if (words.len > 0) cli_note("%s", words.ptr);
	buf_done(&words);
	cli_walk_close(&w);
	int put = cli_put(&out, err);
	return status != CLI_OK ? status : put;
}

/* ---- the rows ---- */

static const CliOption MODEL_OPTIONS[] = {
	{ "--dry-run", CLI_FLAG, NULL, "print exactly what would be sent, and send nothing" },
	{ "--yes", CLI_FLAG, NULL, "send it to another host without asking" },
	{ "--profile", CLI_VALUE, "NAME", "the model's profile, instead of the configured one" },
	{ NULL, CLI_FLAG, NULL, NULL },
};

const Command CLI_MODEL_COMMANDS[] = {
	{ "ask", "NAME ID QUESTION [--dry-run] [--yes]", "ask the language model about a candidate",
	    "The answer alone goes to stdout, and is kept with the candidate. Files, lines and APIs that it names and that\n"
	    "aren't there are marked.",
	    MODEL_OPTIONS, 3, 3, run_ask },
	{ "draft", "NAME ID [WISH] [--dry-run] [--yes]", "let the language model draft a candidate's change",
	    "The draft is verified: it must apply, parse, name only what exists, no longer have the technique there and bring\n"
	    "nothing new. What fails is sent back once. It is kept, and goes into `export --format patch` when its candidate\n"
	    "is accepted and it passed. Nothing is applied. Exit status 1: it didn't pass.",
	    MODEL_OPTIONS, 2, 3, run_draft },
	{ "suggest", "NAME COMPONENT [--dry-run] [--yes]", "let the language model propose candidates for a component",
	    "Each must quote lines that stand there. They become candidates only when you add them.", MODEL_OPTIONS, 2, 2,
	    run_suggest },
	{ "drafts", "NAME [ID]", "the drafts of a session; with ID, whole", NULL, NULL, 1, 2, run_drafts },
};
const size_t CLI_MODEL_COUNT = BASE_COUNT(CLI_MODEL_COMMANDS);
