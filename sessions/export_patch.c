#include "core/posix.h"

#include "sessions/export.h"

#include "core/json.h"

/* The latest draft of a candidate that counts and passed its verification; NULL. */
static const LogEvent *draft_of(const WalkItem *item) {
	for (size_t i = item->n_history; i > 0; i--) {
		const LogEvent *e = item->history[i - 1];
		if (e->kind != LOG_DRAFT || e->undone) continue;
		Json *doc = json_parse(e->data, NULL);
		bool passed = json_bool_at(doc, "passed", false);
		json_free(doc);
		if (passed) return e;
	}
	return NULL;
}

static void put_as_verified(const LogEvent *draft, Buf *out) {
	Json *doc = json_parse(draft->data, NULL);
	buf_str(out, json_text_at(doc, "diff"));
	json_free(doc);
}

typedef struct Patch {
	const Plan *plan;
	Buf diffs, left_out; /* left_out: comment lines */
	size_t n, n_left_out;
	Str why; /* of the first one left out */
	const WalkItem *first;
} Patch;

/* What is left out stands at the head: git apply and patch pass over text before the first diff. A line break in a reason would begin
 * a line of its own, which may look like a diff. */
static void put_left_out(const WalkItem *item, Str why, Buf *out) {
	buf_printf(out, "# left out, stale: %.*s: ", STR_ARG(item->short_id));
	for (size_t i = 0; i < why.len; i++) buf_putc(out, why.ptr[i] == '\n' || why.ptr[i] == '\r' ? ' ' : why.ptr[i]);
	buf_putc(out, '\n');
}

static void add(Patch *patch, const WalkItem *item, const LogEvent *draft) {
	const PatchJudge *judge = &patch->plan->patch;
	Str why = STR_NONE;
	if (!judge->judge) {
		put_as_verified(draft, &patch->diffs);
	} else if (!judge->judge(judge->user, item, draft, &patch->diffs, &why)) {
		put_left_out(item, why, &patch->left_out);
		if (patch->n_left_out++ == 0) patch->why = why, patch->first = item;
		return;
	}
	Str all = buf_view(&patch->diffs);
	if (all.len > 0 && !str_ends(all, "\n")) buf_putc(&patch->diffs, '\n');
	patch->n++;
}

static bool nothing(const Patch *patch, Err *err) {
	if (patch->n_left_out == 0)
		return err_set(err, "no accepted candidate has a draft that passed: triptych draft %.*s ID makes one",
		    STR_ARG(patch->plan->name));
	return err_set(err, "no accepted draft holds any longer (%zu left out): %.*s: %.*s", patch->n_left_out,
	    STR_ARG(patch->first->short_id), STR_ARG(patch->why));
}

bool export_patch(const Plan *plan, Buf *out, Err *err) {
	Patch patch = { .plan = plan };
	for (size_t i = 0; i < plan->n_steps; i++) {
		const WalkItem *item = plan->steps[i].item;
		if (item->verdict != VERDICT_ACCEPT || item->done || item->gone) continue;
		const LogEvent *draft = draft_of(item);
		if (draft) add(&patch, item, draft);
	}
	bool ok = patch.n > 0 || nothing(&patch, err);
	if (ok) buf_str(out, buf_view(&patch.left_out));
	if (ok) buf_str(out, buf_view(&patch.diffs));
	buf_done(&patch.diffs);
	buf_done(&patch.left_out);
	return ok;
}
