#include "core/posix.h"

#include "sessions/walk_state.h"

#include "sessions/plan.h"

#include <stdio.h>
#include <string.h>

/* Adds one event about a candidate (or none) in a transaction of its own, and folds it in. */
static bool act(Walk *walk, LogEvent *event, Err *err) {
	if (!store_begin(walk->store, err)) return false;
	Arena arena = { 0 };
	bool ok = walk_event(walk, event, &arena, err);
	ok = store_end(walk->store, ok, err) && walk_after(walk, false, err);
	arena_done(&arena);
	return ok;
}

static bool act_json(Walk *walk, LogEvent *event, Buf *data, Err *err) {
	event->data = buf_view(data);
	bool ok = act(walk, event, err);
	buf_done(data);
	return ok;
}

bool walk_note(Walk *walk, const char *id, Str text, Err *err) {
	if (str_trim(text).len == 0) return err_set(err, "a note needs a text");
	if (!walk_must_have(walk, id, err)) return false;
	LogEvent event = { .kind = LOG_NOTE, .candidate = str_of(id), .reason = text };
	return act(walk, &event, err);
}

bool walk_keep(Walk *walk, const char *id, LogKind kind, Str text, Str data, Err *err) {
	if (id && !walk_must_have(walk, id, err)) return false;
	LogEvent event = { .kind = kind, .candidate = str_of(id), .reason = text, .data = data };
	return act(walk, &event, err);
}

bool walk_axis_event(const char *id, Axis axis, double value, Str because, Arena *arena, LogEvent *out, Err *err) {
	double least = axis == AXIS_CLARITY ? -2 : 0, most = axis == AXIS_CLARITY ? 2 : 5;
	if (!(value >= least && value <= most)) {
		return err_set(err, "%s goes from %g to %g, not %g", axis_name(axis), least, most, value);
	}
	Buf data = { 0 };
	JsonOut json = json_out(&data, JSON_COMPACT);
	json_open_object(&json);
	json_member_text(&json, "axis", axis_name(axis));
	json_member_number(&json, "value", value);
	json_close(&json);
	*out = (LogEvent) {
		.kind = LOG_AXIS, .candidate = str_of(id), .reason = because, .data = arena_str(arena, buf_view(&data))
	};
	buf_done(&data);
	return true;
}

bool walk_override(Walk *walk, const char *id, Axis axis, double value, Str because, Err *err) {
	Arena arena = { 0 };
	LogEvent event;
	bool ok = walk_axis_event(id, axis, value, because, &arena, &event, err) && walk_must_have(walk, id, err) &&
	          act(walk, &event, err);
	arena_done(&arena);
	return ok;
}

bool walk_mark_done(Walk *walk, const char *id, const Measurement *m, Str note, Err *err) {
	const WalkItem *item = walk_must_have(walk, id, err);
	if (!item) return false;
	if (item->verdict != VERDICT_ACCEPT && item->verdict != VERDICT_MEASURE) {
		return err_set(err, "%s was never accepted: only what is in the plan can be done", id);
	}
	Buf data = { 0 };
	JsonOut out = json_out(&data, JSON_COMPACT);
	json_open_object(&out);
	if (m && m->has_numbers) {
		json_member_number(&out, "before", m->before);
		json_member_number(&out, "after", m->after);
	}
	if (m && m->unit.len) json_member_str(&out, "unit", m->unit);
	if (m && m->command.len) json_member_str(&out, "command", m->command);
	if (m && m->has_parity) json_member_number(&out, "parity", m->parity);
	json_close(&out);
	LogEvent event = { .kind = LOG_DONE, .candidate = str_of(id), .reason = note };
	return act_json(walk, &event, &data, err);
}

/* ---- the plan's order ---- */

bool walk_move(Walk *walk, const char *id, size_t n, Question *question, Err *err) {
	*question = (Question) { .kind = QUESTION_NONE };
	if (!walk_must_have(walk, id, err)) return false;
	if (!plan_can_move(walk, id, n, question, err)) return false;
	Buf data = { 0 };
	buf_printf(&data, "{\"to\":%zu}", n);
	LogEvent event = { .kind = LOG_ORDER, .candidate = str_of(id) };
	return act_json(walk, &event, &data, err);
}

/* ---- rows ---- */

bool walk_bind_row(Walk *walk, const RowPin *pin, Err *err) {
	if (pin->swift.len == 0) return err_set(err, "a row is corrected by a component of the port");
	Buf data = { 0 };
	JsonOut out = json_out(&data, JSON_COMPACT);
	json_open_object(&out);
	json_member_str(&out, "swift", pin->swift);
	for (int s = 0; s < SIDE_SWIFT; s++) {
		if (pin->given[s]) json_member_str(&out, side_name((Side)s), pin->other[s]);
	}
	json_close(&out);
	LogEvent event = { .kind = LOG_ROW };
	return act_json(walk, &event, &data, err);
}

bool walk_unbind_row(Walk *walk, Str swift, Err *err) {
	bool found = false;
	for (size_t i = 0; i < walk->pins.n; i++) found = found || str_eq(walk->pins.pins[i].swift, swift);
	if (!found) return err_set(err, "no correction of '%.*s' is kept", STR_ARG(swift));
	Buf data = { 0 };
	JsonOut out = json_out(&data, JSON_COMPACT);
	json_open_object(&out);
	json_member_str(&out, "swift", swift);
	json_member_bool(&out, "unbind", true);
	json_close(&out);
	LogEvent event = { .kind = LOG_ROW };
	return act_json(walk, &event, &data, err);
}

/* ---- undo ---- */

static bool can_be_undone(const LogEvent *e) {
	switch (e->kind) {
	case LOG_VERDICT:
	case LOG_NOTE:
	case LOG_AXIS:
	case LOG_DONE:
	case LOG_ADD:
	case LOG_SAME:
	case LOG_ROW:
	case LOG_ORDER: return !e->undone;
	default: return false;
	}
}

static const LogEvent *last_action(const Walk *walk, const char *id) {
	for (size_t i = walk->n_events; i > 0; i--) {
		const LogEvent *e = &walk->events[i - 1];
		if (can_be_undone(e) && (!id || str_is(e->candidate, id))) return e;
	}
	return NULL;
}

static bool undo_one(Walk *walk, const LogEvent *e, Str batch, Arena *arena, Err *err) {
	LogEvent event = { .kind = LOG_UNDO, .candidate = e->candidate, .supersedes = e->id, .batch = batch };
	return walk_event(walk, &event, arena, err) && (e->kind != LOG_SAME || walk_unmerge(walk, e, err));
}

static bool undo_all(Walk *walk, const LogEvent *last, Arena *arena, size_t *n, Err *err) {
	bool ok = true;
	for (size_t i = 0; ok && i < walk->n_events; i++) {
		const LogEvent *e = &walk->events[i];
		bool belongs = e == last || (last->batch.len > 0 && str_eq(e->batch, last->batch));
		if (!belongs || !can_be_undone(e)) continue;
		ok = undo_one(walk, e, last->batch, arena, err);
		++*n;
	}
	return ok;
}

static void say_row(Str data, Buf *what) {
	Err err = { { 0 } };
	Json *doc = json_parse(data, &err);
	Str swift = doc ? json_text_at(doc, "swift") : STR_NONE;
	if (swift.len) buf_printf(what, " of %.*s", STR_ARG(swift));
	if (doc) json_free(doc);
}

/* Of an action of several events the verdict is its name; *n is then how many verdicts it has. */
static const LogEvent *speaks_for(const Walk *walk, const LogEvent *last, size_t *n) {
	const LogEvent *first = NULL;
	size_t verdicts = 0;
	for (size_t i = 0; i < walk->n_events && last->batch.len > 0; i++) {
		const LogEvent *e = &walk->events[i];
		if (e->kind != LOG_VERDICT || !str_eq(e->batch, last->batch)) continue;
		if (!first) first = e;
		verdicts++;
	}
	if (first) *n = verdicts;
	return first ? first : last;
}

static void say_undone(const Walk *walk, const LogEvent *e, size_t n, Buf *what) {
	e = speaks_for(walk, e, &n);
	buf_puts(what, e->kind == LOG_VERDICT ? verdict_name(e->verdict) : log_kind_name(e->kind));
	const WalkItem *item = walk_item(walk, e->candidate);
	if (n > 1)
		buf_printf(what, " of %zu candidates", n);
	else if (item)
		buf_printf(what, " of %.*s", STR_ARG(item->short_id));
	else if (e->kind == LOG_ROW)
		say_row(e->data, what);
}

bool walk_undo(Walk *walk, const char *id, Buf *what, Err *err) {
	if (store_changed_elsewhere(walk->store) && !walk_reload(walk, err)) return false;
	const LogEvent *last = last_action(walk, id);
	if (!last) return id ? err_set(err, "nothing to undo on %s", id) : err_set(err, "nothing to undo");
	if (!store_begin(walk->store, err)) return false;
	Arena arena = { 0 };
	size_t n = 0;
	bool ok = store_end(walk->store, undo_all(walk, last, &arena, &n, err), err);
	if (ok && what) say_undone(walk, last, n, what);
	arena_done(&arena);
	return ok && walk_after(walk, true, err);
}
