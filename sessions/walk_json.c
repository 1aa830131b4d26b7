#include "core/posix.h"

#include "sessions/walk_json.h"

#include "core/candidate_json.h"

static void opt(JsonOut *out, const char *key, Str text) {
	if (text.len > 0)
		json_member_str(out, key, text);
	else
		json_member_null(out, key);
}

void walk_put_item(JsonOut *out, const WalkItem *item) {
	Candidate shown = item->candidate;
	shown.tradeoff = item->tradeoff;
	json_open_object(out);
	candidate_put_members(out, &shown);
	json_member_text(out, "state", state_name(item->state));
	json_member_text(out, "verdict", item->verdict == VERDICT_NONE ? NULL : verdict_name(item->verdict));
	opt(out, "because", item->because);
	opt(out, "condition", item->condition);
	json_member_str(out, "short", item->short_id);
	json_member_str(out, "why", item->state_why);
	json_member_bool(out, "undecided", item->undecided);
	json_member_bool(out, "own", item->own);
	json_member_bool(out, "done", item->done);
	json_member_number(out, "score", item->score);
	json_member_array(out, "needs");
	for (size_t i = 0; i < item->candidate.n_needs; i++) json_put_str(out, item->candidate.needs[i]);
	json_close(out);
	if (item->n_could_be > 0) {
		json_member_array(out, "couldBe");
		for (size_t i = 0; i < item->n_could_be; i++) json_put_str(out, item->could_be[i]);
		json_close(out);
	}
	json_close(out);
}

static void put_data(JsonOut *out, const LogEvent *event) {
	Json *doc = json_parse(event->data, NULL);
	if (!doc) return;
	json_put_key(out, "data");
	json_put_value(out, doc);
	json_free(doc);
}

void walk_put_event(JsonOut *out, const LogEvent *event, bool whole) {
	json_open_object(out);
	json_member_str(out, "id", event->id);
	json_member_str(out, "time", event->time);
	json_member_str(out, "who", event->who);
	json_member_text(out, "kind", log_kind_name(event->kind));
	opt(out, "candidate", event->candidate);
	json_member_text(out, "verdict", event->verdict == VERDICT_NONE ? NULL : verdict_name(event->verdict));
	opt(out, "reason", event->reason);
	opt(out, "supersedes", event->supersedes);
	opt(out, "condition", event->condition);
	if (!whole) {
		json_member_str(out, "session", event->session_name);
		json_member_bool(out, "undone", event->undone);
	} else {
		opt(out, "batch", event->batch);
		put_data(out, event);
	}
	json_close(out);
}
