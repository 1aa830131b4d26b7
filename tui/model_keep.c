#include "core/posix.h"

#include "tui/model_keep.h"

#include "sessions/log.h"

#include <stdio.h>

/* ---- writing ---- */

static void put_count(JsonOut *out, const char *key, int64_t count) {
	if (count < 0) {
		json_member_null(out, key);
	} else {
		json_member_integer(out, key, count);
	}
}

static const char *state_word(ExchangeState state) {
	switch (state) {
	case EXCHANGE_DONE: return "done";
	case EXCHANGE_TRUNCATED: return "truncated";
	case EXCHANGE_CANCELLED: return "cancelled";
	default: return "failed";
	}
}

/* Members that answers and drafts have in common, into an open object. */
static void put_common(JsonOut *out, const ModelAnswer *answer, const KeptBy *by) {
	if (!answer) return;
	json_member_text(out, "state", state_word(answer->state));
	if (answer->message.len > 0) json_member_str(out, "message", answer->message);
	json_member_str(
	    out, "model", answer->model.len > 0 ? answer->model : str_of(by->profile ? by->profile->model : ""));
	if (by->profile) {
		json_member_text(out, "profile", by->profile->name);
		json_member_text(out, "url", by->profile->url);
	}
	if (by->prompt) json_member_text(out, "prompt", by->prompt);
	put_count(out, "tokens_in", answer->usage.tokens_in);
	put_count(out, "tokens_out", answer->usage.tokens_out);
	double cost;
	if (by->profile && profile_cost(by->profile, answer->usage.tokens_in, answer->usage.tokens_out, &cost))
		json_member_number(out, "cost", cost);
}

bool model_keep_answer(
    Walk *walk, const char *id, Str question, const ModelAnswer *answer, const KeptBy *by, Err *err) {
	Buf data = { 0 };
	JsonOut out = json_out(&data, JSON_COMPACT);
	json_open_object(&out);
	if (!id) json_member_text(&out, "use", prompt_use_name(PROMPT_SUGGEST));
	json_member_str(&out, "answer", answer->text);
	put_common(&out, answer, by);
	json_close(&out);
	bool ok = walk_keep(walk, id, LOG_ANSWER, question, buf_view(&data), err);
	buf_done(&data);
	return ok;
}

static void put_checks(JsonOut *out, const DraftVerdict *verdict) {
	json_member_array(out, "checks");
	for (int i = 0; i < DRAFT_CHECKS; i++) {
		const DraftCheck *check = &verdict->checks[i];
		if (!check->done) continue;
		json_open_object(out);
		json_member_text(out, "name", draft_check_name((DraftCheckKind)i));
		json_member_bool(out, "ok", check->ok);
		if (check->note.len > 0) json_member_str(out, "note", check->note);
		json_close(out);
	}
	json_close(out);
}

/* What it was verified against, and what came of that. */
static void put_verdict(JsonOut *out, const DraftVerdict *verdict, const DraftSubject *subject) {
	if (subject) {
		const SourceFile *file = &subject->scan->sides[SIDE_SWIFT].source.files[subject->file];
		char state[17];
		snprintf(state, sizeof state, "%016llx", (unsigned long long)draft_port_state(subject->scan, subject->world));
		json_member_text(out, "file", file->name);
		json_member_text(out, "base", file->content_id);
		json_member_text(out, "port", state);
	}
	json_member_str(out, "diff", verdict->diff);
	json_member_bool(out, "passed", verdict->passed);
	put_checks(out, verdict);
}

bool model_keep_draft(Walk *walk, const char *id, Str wish, const ModelAnswer *answer, const DraftVerdict *verdict,
    const DraftSubject *subject, const KeptBy *by, Err *err) {
	Buf data = { 0 };
	JsonOut out = json_out(&data, JSON_COMPACT);
	json_open_object(&out);
	json_member_str(&out, "text", answer ? answer->text : STR_NONE);
	put_verdict(&out, verdict, subject);
	json_member_bool(&out, "edited", answer == NULL);
	put_common(&out, answer, by);
	json_close(&out);
	bool ok = walk_keep(walk, id, LOG_DRAFT, wish, buf_view(&data), err);
	buf_done(&data);
	return ok;
}

bool model_keep_again(Walk *walk, const char *id, const KeptDraft *draft, const DraftVerdict *verdict,
    const DraftSubject *subject, Err *err) {
	Buf data = { 0 };
	JsonOut out = json_out(&data, JSON_COMPACT);
	json_open_object(&out);
	json_member_str(&out, "text", draft->text);
	put_verdict(&out, verdict, subject);
	json_member_bool(&out, "edited", draft->edited);
	json_member_bool(&out, "again", true);
	if (draft->model.len > 0) json_member_str(&out, "model", draft->model);
	if (draft->prompt.len > 0) json_member_str(&out, "prompt", draft->prompt);
	json_close(&out);
	bool ok = walk_keep(walk, id, LOG_DRAFT, STR_NONE, buf_view(&data), err);
	buf_done(&data);
	return ok;
}

/* ---- reading ---- */

static void read_check(const Json *it, Arena *arena, KeptDraft *out) {
	for (int i = 0; i < DRAFT_CHECKS; i++) {
		if (!str_is(json_text_at(it, "name"), draft_check_name((DraftCheckKind)i))) continue;
		out->checks[i] = (DraftCheck) {
			.done = true, .ok = json_bool_at(it, "ok", false), .note = arena_str(arena, json_text_at(it, "note"))
		};
	}
}

bool model_read_draft(const LogEvent *event, Arena *arena, KeptDraft *out) {
	*out = (KeptDraft) { 0 };
	Json *doc = event->kind == LOG_DRAFT ? json_parse(event->data, NULL) : NULL;
	if (!doc) return false;
	out->text = arena_str(arena, json_text_at(doc, "text"));
	out->diff = arena_str(arena, json_text_at(doc, "diff"));
	out->file = arena_str(arena, json_text_at(doc, "file"));
	out->base = arena_str(arena, json_text_at(doc, "base"));
	out->port = arena_str(arena, json_text_at(doc, "port"));
	out->state = arena_str(arena, json_text_at(doc, "state"));
	out->model = arena_str(arena, json_text_at(doc, "model"));
	out->prompt = arena_str(arena, json_text_at(doc, "prompt"));
	out->passed = json_bool_at(doc, "passed", false);
	out->edited = json_bool_at(doc, "edited", false);
	for (const Json *it = json_first(json_get(doc, "checks")); it; it = json_next(it)) read_check(it, arena, out);
	json_free(doc);
	return true;
}

/* ---- quoting ---- */

typedef VEC(Str) Quotes;

/* A list's mark: "- ", "* ", "12. ". */
static Str without_mark(Str line) {
	size_t i = 0;
	while (i < line.len && line.ptr[i] >= '0' && line.ptr[i] <= '9') i++;
	if (i > 0 && i + 1 < line.len && line.ptr[i] == '.' && line.ptr[i + 1] == ' ')
		return str_sub(line, i + 2, line.len);
	if (str_starts(line, "- ") || str_starts(line, "* ")) return str_sub(line, 2, line.len);
	return line;
}

static void end_paragraph(Buf *paragraph, Str model, Arena *arena, Quotes *out) {
	Str text = str_trim(buf_view(paragraph));
	if (text.len > 0)
		VEC_PUSH(*out) = model.len ? arena_printf(arena, "\"%.*s\" (%.*s)", STR_ARG(text), STR_ARG(model))
		                           : arena_printf(arena, "\"%.*s\"", STR_ARG(text));
	buf_clear(paragraph);
}

static void quote_answer(Str answer, Str model, Arena *arena, Quotes *out) {
	Buf paragraph = { 0 };
	bool code = false;
	Str line;
	while (answer.len > 0 && str_split(&answer, '\n', &line)) {
		line = str_trim(line);
		bool fence = str_starts(line, "```") || str_starts(line, "~~~");
		Str plain = without_mark(line);
		if (fence || line.len == 0 || str_starts(line, "#") || plain.len < line.len)
			end_paragraph(&paragraph, model, arena, out);
		if (fence) code = !code;
		if (fence || code || str_starts(line, "#")) continue;
		if (paragraph.len > 0) buf_putc(&paragraph, ' ');
		buf_str(&paragraph, plain);
	}
	end_paragraph(&paragraph, model, arena, out);
	buf_done(&paragraph);
}

Str *model_quotes(const WalkItem *item, Arena *arena, size_t *n) {
	Quotes quotes = { 0 };
	for (size_t i = item->n_history; i > 0; i--) {
		const LogEvent *event = item->history[i - 1];
		if (event->kind != LOG_ANSWER || event->undone) continue;
		Json *doc = json_parse(event->data, NULL);
		quote_answer(json_text_at(doc, "answer"), json_text_at(doc, "model"), arena, &quotes);
		json_free(doc);
	}
	*n = quotes.n;
	return VEC_TO_ARENA(quotes, arena);
}

/* ---- what it cost ---- */

bool model_sent_before(const Walk *walk, const char *url) {
	Arena arena = { 0 };
	bool before = false;
	size_t n;
	const LogEvent *log = walk_log(walk, &n);
	Str me = log_who(session_folder(walk_session(walk), &arena), &arena);
	for (size_t i = 0; i < n && !before; i++) {
		if ((log[i].kind != LOG_ANSWER && log[i].kind != LOG_DRAFT) || !str_eq(log[i].who, me)) continue;
		Json *doc = json_parse(log[i].data, NULL);
		before = str_is(json_text_at(doc, "url"), url);
		json_free(doc);
	}
	arena_done(&arena);
	return before;
}

void model_spent(const Walk *walk, ModelSpent *out) {
	*out = (ModelSpent) { 0 };
	size_t n;
	const LogEvent *log = walk_log(walk, &n);
	for (size_t i = 0; i < n; i++) {
		if (log[i].kind != LOG_ANSWER && log[i].kind != LOG_DRAFT) continue;
		Json *doc = json_parse(log[i].data, NULL);
		int64_t in = json_integer_at(doc, "tokens_in", -1), back = json_integer_at(doc, "tokens_out", -1);
		double cost = -1;
		json_number(json_get(doc, "cost"), &cost);
		bool asked = !json_bool_at(doc, "edited", false) && !json_bool_at(doc, "again", false);
		json_free(doc);
		if (!asked) continue;
		out->requests++;
		if (in < 0 || back < 0) out->unknown++;
		if (in > 0) out->tokens_in += in;
		if (back > 0) out->tokens_out += back;
		if (cost >= 0) out->cost += cost;
		out->priced += cost >= 0;
	}
}

static void put_tokens(int64_t count, Buf *out) {
	if (count < 0) {
		buf_puts(out, "unknown");
	} else {
		buf_printf(out, "%lld", (long long)count);
	}
}

void model_spent_words(const ModelSpent *spent, Buf *out) {
	if (spent->requests == 0) return;
	bool all = spent->unknown == spent->requests;
	buf_printf(out, "%zu request%s in this session, tokens in: ", spent->requests, spent->requests == 1 ? "" : "s");
	put_tokens(all ? -1 : spent->tokens_in, out);
	buf_puts(out, ", out: ");
	put_tokens(all ? -1 : spent->tokens_out, out);
	if (spent->unknown > 0 && !all) buf_printf(out, ", and %zu that the service didn't count", spent->unknown);
	if (spent->priced > 0) buf_printf(out, ", cost: %.4f", spent->cost);
	if (spent->priced > 0 && spent->priced < spent->requests) buf_printf(out, " for %zu of them", spent->priced);
}

void model_usage_words(const Profile *profile, const Usage *usage, Buf *out) {
	double cost;
	buf_puts(out, "tokens in: ");
	put_tokens(usage->tokens_in, out);
	buf_puts(out, ", out: ");
	put_tokens(usage->tokens_out, out);
	if (profile && profile_cost(profile, usage->tokens_in, usage->tokens_out, &cost))
		buf_printf(out, ", cost: %.4f", cost);
}
