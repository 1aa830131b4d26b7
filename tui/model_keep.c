#include "core/posix.h"

#include "tui/model_keep.h"

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
}

bool model_keep_answer(
    Walk *walk, const char *id, Str question, const ModelAnswer *answer, const KeptBy *by, Err *err) {
	Buf data = { 0 };
	JsonOut out = json_out(&data, JSON_COMPACT);
	json_open_object(&out);
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

bool model_keep_draft(Walk *walk, const char *id, Str wish, const ModelAnswer *answer, const DraftVerdict *verdict,
    const DraftSubject *subject, const KeptBy *by, Err *err) {
	const SourceFile *file = &subject->scan->sides[SIDE_SWIFT].source.files[subject->file];
	Buf data = { 0 };
	JsonOut out = json_out(&data, JSON_COMPACT);
	json_open_object(&out);
	json_member_str(&out, "text", answer ? answer->text : STR_NONE);
	json_member_text(&out, "file", file->name);
	json_member_text(&out, "base", file->content_id);
	json_member_str(&out, "diff", verdict->diff);
	json_member_bool(&out, "passed", verdict->passed);
	json_member_bool(&out, "edited", answer == NULL);
	put_checks(&out, verdict);
	put_common(&out, answer, by);
	json_close(&out);
	bool ok = walk_keep(walk, id, LOG_DRAFT, wish, buf_view(&data), err);
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
	out->model = arena_str(arena, json_text_at(doc, "model"));
	out->prompt = arena_str(arena, json_text_at(doc, "prompt"));
	out->passed = json_bool_at(doc, "passed", false);
	out->edited = json_bool_at(doc, "edited", false);
	for (const Json *it = json_first(json_get(doc, "checks")); it; it = json_next(it)) read_check(it, arena, out);
	json_free(doc);
	return true;
}

/* ---- what it cost ---- */

void model_spent(const Walk *walk, ModelSpent *out) {
	*out = (ModelSpent) { 0 };
	size_t n;
	const LogEvent *log = walk_log(walk, &n);
	for (size_t i = 0; i < n; i++) {
		if (log[i].kind != LOG_ANSWER && log[i].kind != LOG_DRAFT) continue;
		Json *doc = json_parse(log[i].data, NULL);
		int64_t in = json_integer_at(doc, "tokens_in", -1), back = json_integer_at(doc, "tokens_out", -1);
		bool edited = json_bool_at(doc, "edited", false);
		json_free(doc);
		if (edited) continue;
		out->requests++;
		if (in < 0 || back < 0) out->unknown++;
		if (in > 0) out->tokens_in += in;
		if (back > 0) out->tokens_out += back;
	}
}

static void put_tokens(int64_t count, Buf *out) {
	if (count < 0) {
		buf_puts(out, "unknown");
	} else {
		buf_printf(out, "%lld", (long long)count);
	}
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
