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

bool export_patch(const Plan *plan, Buf *out, Err *err) {
	size_t before = out->len;
	for (size_t i = 0; i < plan->n_steps; i++) {
		const WalkItem *item = plan->steps[i].item;
		if (item->verdict != VERDICT_ACCEPT || item->done || item->gone) continue;
		const LogEvent *draft = draft_of(item);
		if (!draft) continue;
		Json *doc = json_parse(draft->data, NULL);
		Str diff = json_text_at(doc, "diff");
		buf_str(out, diff);
		if (diff.len > 0 && diff.ptr[diff.len - 1] != '\n') buf_putc(out, '\n');
		json_free(doc);
	}
	return out->len > before ||
	       err_set(err, "no accepted candidate has a draft that passed: triptych draft %.*s ID makes one",
	           STR_ARG(plan->name));
}
