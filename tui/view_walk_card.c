#include "core/posix.h"

#include "tui/view_walk_state.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "tui/mark.h"

#define LABEL 11 /* cells of "clean code " */
#define SAYS 9   /* cells of "Against  " */
#define BAR 5

static const Style TEXT = { ROLE_TEXT, GROUND_NONE };
static const Style DIM = { ROLE_DIM, GROUND_NONE };
static const Style LABELS = { ROLE_HINT, GROUND_NONE };

static Str bar(double value, Arena *arena) {
	static const char *const parts[] = { "", "▏", "▎", "▍", "▌", "▋", "▊", "▉" };
	Buf out = { 0 };
	int eighths = value <= 0 ? 0 : value >= 5 ? BAR * 8 : (int)(value / 5 * BAR * 8 + 0.5);
	for (int i = 0; i < eighths / 8; i++) buf_puts(&out, "█");
	buf_puts(&out, parts[eighths % 8]);
	for (int used = (eighths + 7) / 8; used < BAR; used++) buf_putc(&out, ' ');
	Str copy = arena_str(arena, buf_view(&out));
	buf_done(&out);
	return copy;
}

static const struct {
	Axis axis;
	const char *label, *brief;
} AXES[] = {
	{ AXIS_GAIN, "gain", "gain" },
	{ AXIS_ACCURACY, "accuracy", "accuracy" },
	{ AXIS_CLARITY, "clean code", "clean" },
	{ AXIS_EFFORT, "effort", "effort" },
};

static Str number(const WalkItem *item, Axis axis, Arena *arena) {
	double value = item->tradeoff.axis[axis];
	const char *hand = item->overridden[axis] ? "*" : "";
	if (axis == AXIS_CLARITY && value != 0) return arena_printf(arena, "%+.3g%s", value, hand);
	if (axis == AXIS_CLARITY) return arena_printf(arena, "0%s", hand);
	return arena_printf(arena, "%.1f%s", value, hand);
}

/* "per step: main() at main.swift:18 → step() at Decode.swift:9 → here" without the places; what hands on to the next of
 * its own name stands once. */
static Str brief_chain(Str chain, Arena *arena) {
	Buf out = { 0 };
	Str last = STR_NONE;
	for (size_t at = 0; at < chain.len;) {
		size_t place = str_find(chain, " at ", at), arrow = place == SIZE_MAX ? SIZE_MAX : str_find(chain, " →", place);
		if (arrow == SIZE_MAX) place = arrow = chain.len;
		Str station = str_sub(chain, at, place);
		if (!str_eq(station, last)) buf_str(&out, station);
		last = station;
		at = arrow;
	}
	Str copy = arena_str(arena, buf_view(&out));
	buf_done(&out);
	return copy;
}

/* What stands behind an axis: how often it runs for the gain, and on request what the number is made of. */
static Str axis_reason(const WalkView *v, const WalkItem *item, Axis axis, Arena *arena) {
	if (v->more && item->tradeoff.arithmetic[axis].len) return item->tradeoff.arithmetic[axis];
	if (axis != AXIS_GAIN) return STR_NONE;
	if (item->candidate.chain.len) return v->more ? item->candidate.chain : brief_chain(item->candidate.chain, arena);
	return str_of(frequency_words(item->candidate.frequency));
}

static void axes_long(WalkView *v, const WalkItem *item) {
	Doc *doc = &v->card;
	for (size_t i = 0; i < BASE_COUNT(AXES); i++) {
		Axis axis = AXES[i].axis;
		Str value = number(item, axis, &doc->arena);
		Str shown = arena_printf(&doc->arena, "%-*s", LABEL, AXES[i].label);
		Str gap = arena_printf(&doc->arena, " %4.*s  ", STR_ARG(value));
		Run runs[] = { { shown, LABELS },
			{ axis == AXIS_CLARITY ? STR("     ") : bar(item->tradeoff.axis[axis], &doc->arena), STYLE(ROLE_BAR) },
			{ gap, TEXT }, { axis_reason(v, item, axis, &doc->arena), DIM } };
		doc_runs(doc, 0, LABEL + BAR + 7, runs, BASE_COUNT(runs));
	}
}

/* All four in one line, for a card that is low. */
static void axes_brief(WalkView *v, const WalkItem *item) {
	Doc *doc = &v->card;
	Run runs[BASE_COUNT(AXES) * 3];
	size_t n = 0;
	for (size_t i = 0; i < BASE_COUNT(AXES); i++) {
		Axis axis = AXES[i].axis;
		Str value = number(item, axis, &doc->arena);
		runs[n++] = (Run) { arena_printf(&doc->arena, "%s%s ", i ? "  " : "", AXES[i].brief), LABELS };
		Str filled = axis == AXIS_CLARITY ? STR_NONE : str_trim(bar(item->tradeoff.axis[axis], &doc->arena));
		runs[n++] = (Run) { filled, STYLE(ROLE_BAR) };
		runs[n++] = (Run) { arena_printf(&doc->arena, "%s%.*s", filled.len ? " " : "", STR_ARG(value)), TEXT };
	}
	doc_runs(doc, 0, 0, runs, n);
}

static void says(Doc *doc, const char **label, Style style, Str text) {
	doc_label(doc, *label, SAYS, LABELS, style, text);
	*label = "";
}

static void for_and_against(WalkView *v, const WalkItem *item) {
	const Candidate *c = &item->candidate;
	const char *label = "For";
	for (size_t i = 0; i < c->n_evidence; i++)
		if (c->evidence[i].supports) says(&v->card, &label, TEXT, c->evidence[i].note);
	label = "Against";
	for (size_t i = 0; i < c->n_against; i++) says(&v->card, &label, TEXT, c->against[i]);
	label = "See";
	for (size_t i = 0; i < c->n_evidence; i++)
		if (!c->evidence[i].supports) says(&v->card, &label, TEXT, c->evidence[i].note);
}

static void relations(WalkView *v, const WalkItem *item) {
	const Candidate *c = &item->candidate;
	const char *label = "Needs";
	for (size_t i = 0; i < c->n_needs; i++) {
		const WalkItem *other = walk_item(work_walk(v->work), c->needs[i]);
		Mark mark = other ? mark_of_item(other) : mark_of_verdict(VERDICT_NONE);
		says(&v->card, &label, TEXT,
		    arena_printf(
		        &v->card.arena, "%.*s %s %s", STR_ARG(other ? other->short_id : c->needs[i]), mark.glyph, mark.word));
	}
	label = "Excludes";
	for (size_t i = 0; i < c->n_conflicts; i++) {
		const WalkItem *other = walk_item(work_walk(v->work), c->conflicts[i]);
		says(&v->card, &label, TEXT, other ? other->short_id : c->conflicts[i]);
	}
	label = "Could be";
	for (size_t i = 0; i < item->n_could_be; i++) says(&v->card, &label, TEXT, item->could_be[i]);
}

static Str age_of(Str then, Arena *arena) {
	Buf age = { 0 };
	mark_age(then, (int64_t)time(NULL), &age);
	Str copy = arena_str(arena, buf_view(&age));
	buf_done(&age);
	return copy;
}

static void standing(WalkView *v, const WalkItem *item) {
	Doc *doc = &v->card;
	Mark mark = mark_of_item(item);
	bool odd = item->state != STATE_OPEN && item->state != STATE_SAME && item->state != STATE_DONE;
	if (odd)
		doc_runs(doc, 0, 2,
		    (Run[]) { { str_of(state_words(item->state)), STYLE(ROLE_WARN) },
		        { str_of(item->state_why.len ? ": " : ""), TEXT }, { item->state_why, TEXT } },
		    3);
	if (item->verdict == VERDICT_NONE) return;
	Mark verdict = item->done ? mark : mark_of_verdict(item->verdict);
	Str when = arena_printf(
	    &doc->arena, " %s %.*s by %.*s", verdict.word, STR_ARG(age_of(item->when, &doc->arena)), STR_ARG(item->who));
	Run runs[] = { { str_of(verdict.glyph), STYLE(verdict.role) }, { when, TEXT },
		{ item->condition.len ? STR(", only if ") : STR_NONE, DIM }, { item->condition, TEXT },
		{ item->because.len ? STR(": ") : STR_NONE, TEXT }, { item->because, STYLE(ROLE_STRONG) } };
	doc_runs(doc, 0, 2, runs, BASE_COUNT(runs));
}

static void before(WalkView *v, const WalkItem *item) {
	Arena arena = { 0 };
	Precedent *precedents;
	size_t n;
	const char *label = "Before";
	if (walk_precedents(work_walk(v->work), item, &arena, &precedents, &n, NULL)) {
		for (size_t i = 0; i < n && i < (v->more ? 8 : 2); i++) {
			const LogEvent *event = precedents[i].event;
			Mark mark = mark_of_verdict(event->verdict);
			Str text = arena_printf(&v->card.arena, "%s %s in %.*s, %.*s%s%.*s%s", mark.glyph, mark.word,
			    STR_ARG(precedents[i].where), STR_ARG(age_of(event->time, &arena)), event->reason.len ? ": “" : "",
			    STR_ARG(event->reason), event->reason.len ? "”" : "");
			says(&v->card, &label, DIM, text);
		}
	}
	arena_done(&arena);
}

static void notes(WalkView *v, const WalkItem *item) {
	const char *label = "Notes";
	for (size_t i = 0; i < item->n_history; i++) {
		const LogEvent *event = item->history[i];
		if (event->kind == LOG_NOTE && !event->undone) says(&v->card, &label, TEXT, event->reason);
	}
}

static void reasons(WalkView *v, const WalkItem *item) {
	const Candidate *c = &item->candidate;
	const char *label = "Numbers";
	for (size_t i = 0; i < item->tradeoff.n_reasons; i++) says(&v->card, &label, DIM, item->tradeoff.reasons[i]);
	label = "Sure by";
	for (size_t i = 0; i < c->n_why; i++) says(&v->card, &label, DIM, c->why[i]);
	if (c->place.name)
		doc_label(&v->card, "Place", SAYS, LABELS, DIM,
		    arena_printf(
		        &v->card.arena, "%s:%u-%u", c->place.name, (unsigned)c->place.start.line, (unsigned)c->place.end.line));
	if (c->suppressed) doc_label(&v->card, "Ignored", SAYS, LABELS, TEXT, c->suppression);
}

void walk_card_build(WalkView *v, const WalkItem *item, int width, int rows) {
	const char *id = item ? item->candidate.id : "";
	bool same = strcmp(v->card_of.id, id) == 0 && v->card_of.width == width && v->card_of.rows == rows &&
	            v->card_of.more == v->more && v->card_of.stamp == v->stamp + 1;
	if (same) return; /* precedents are a query each time */
	memset(&v->card_of, 0, sizeof v->card_of);
	memcpy(v->card_of.id, id, strlen(id));
	v->card_of.width = width;
	v->card_of.rows = rows;
	v->card_of.more = v->more;
	v->card_of.stamp = v->stamp + 1;
	doc_start(&v->card, width);
	if (!item) return;
	standing(v, item);
	if (rows >= 9) {
		doc_text(&v->card, 0, TEXT, item->candidate.message);
		axes_long(v, item);
	} else {
		axes_brief(v, item);
		doc_text(&v->card, 0, TEXT, item->candidate.message);
	}
	for_and_against(v, item);
	relations(v, item);
	notes(v, item);
	before(v, item);
	if (v->more) reasons(v, item);
}
