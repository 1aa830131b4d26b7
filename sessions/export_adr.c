#include "core/posix.h"

#include "sessions/export.h"
#include "sessions/export_text.h"

#include <stdio.h>

/* Decision records after MADR 4: one decided candidate a file, numbered by when it was decided. */

static const char *status_of(const WalkItem *item) {
	switch (item->verdict) {
	case VERDICT_REJECT: return "rejected";
	case VERDICT_DEFER:
	case VERDICT_MEASURE: return "proposed";
	default: return "accepted";
	}
}

static void put_yaml(Buf *out, const char *key, Str value) {
	buf_printf(out, "%s: \"", key);
	for (size_t i = 0; i < value.len; i++) {
		char c = value.ptr[i];
		if (c == '"' || c == '\\') buf_putc(out, '\\');
		buf_putc(out, (unsigned char)c < ' ' ? ' ' : c);
	}
	buf_puts(out, "\"\n");
}

static void put_outcome(Buf *out, const WalkItem *item) {
	static const char *const WORDS[VERDICT_COUNT] = { "", "Do it", "Leave the code as it is",
		"Leave the code as it is for now, and come back to it",
		"Measure first, and do it only if the measurement says so" };
	buf_printf(out, "## Decision Outcome\n\nChosen option: \"%s\"", WORDS[item->verdict]);
	if (item->because.len > 0) {
		buf_puts(out, ", because ");
		md_text(out, item->because);
	}
	buf_puts(out, ".\n\n");
	if (item->condition.len > 0) {
		buf_puts(out, "Condition: ");
		md_text(out, item->condition);
		buf_puts(out, "\n\n");
	}
	buf_puts(out, "### Consequences\n\n");
	const double *axis = item->tradeoff.axis;
	buf_printf(out, "* Gain %.3g of 5, accuracy risk %.3g of 5, clean code %+.3g, effort %.3g of 5 for doing it\n\n",
	    axis[AXIS_GAIN], axis[AXIS_ACCURACY], axis[AXIS_CLARITY], axis[AXIS_EFFORT]);
}

static void put_record(const PlanStep *step, Buf *out) {
	const WalkItem *item = step->item;
	const Candidate *c = &item->candidate;
	buf_puts(out, "---\n");
	buf_printf(out, "status: \"%s\"\ndate: %.*s\n", status_of(item), STR_ARG(str_sub(item->when, 0, 10)));
	put_yaml(out, "decision-makers", item->who);
	buf_puts(out, "---\n\n# ");
	md_text(out, c->title);
	if (c->place.component.len > 0) {
		buf_puts(out, " in ");
		md_code(out, c->place.component);
	}
	buf_puts(out, "\n\n## Context and Problem Statement\n\n");
	md_text(out, c->message.len ? c->message : c->title);
	buf_printf(out, "\n\nCandidate `%s`, at ", c->id);
	Buf where = { 0 };
	place_words(&where, &c->place);
	md_code(out, buf_view(&where));
	buf_done(&where);
	buf_puts(out, ":\n\n");
	md_fence(out, "swift", c->place.excerpt);
	buf_puts(out, "\n## Considered Options\n\n* Do it\n* Leave the code as it is\n* Measure first\n\n");
	put_outcome(out, item);
	if (step->check.len > 0) buf_printf(out, "### Confirmation\n\n%.*s\n", STR_ARG(str_trim(step->check)));
}

static void add(const PlanStep *step, ExportFiles *out) {
	const Candidate *c = &step->item->candidate;
	Buf name = { 0 }, text = { 0 };
	buf_printf(&name, "%04zu-", out->n + 1);
	slug(&name, c->title, 40);
	buf_putc(&name, '-');
	slug(&name, str_of(c->id), 80);
	buf_puts(&name, ".md");
	put_record(step, &text);
	if (out->n == out->cap) {
		out->cap = out->cap ? out->cap * 2 : 16;
		out->at = base_realloc(out->at, out->cap * sizeof *out->at);
	}
	size_t len = text.len;
	out->at[out->n++] = (ExportFile) { buf_take(&name), buf_take(&text), len };
}

static int by_time(const void *a, const void *b) {
	const PlanStep *const *x = a, *const *y = b;
	return str_cmp((*x)->item->when, (*y)->item->when);
}

bool export_adr(const Plan *plan, ExportFiles *out, Err *err) {
	VEC(const PlanStep *) decided = { 0 };
	for (size_t i = 0; i < plan->n_steps; i++) VEC_PUSH(decided) = &plan->steps[i];
	for (size_t i = 0; i < plan->n_rejected; i++) VEC_PUSH(decided) = &plan->rejected[i];
	for (size_t i = 0; i < plan->n_deferred; i++) VEC_PUSH(decided) = &plan->deferred[i];
	if (decided.n > 1) qsort(decided.at, decided.n, sizeof(const PlanStep *), by_time);
	for (size_t i = 0; i < decided.n; i++) add(decided.at[i], out);
	bool any = decided.n > 0;
	VEC_FREE(decided);
	return any || err_set(err, "nothing is decided yet: there is no record to write");
}
