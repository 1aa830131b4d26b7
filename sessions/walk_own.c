#include "core/posix.h"

#include "sessions/walk_state.h"

#include "core/scan.h"
#include "core/candidate_json.h"
#include "sessions/paths.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* ---- a candidate of the user's own ---- */

/* The side is opened as a scan does it, so that names and spans are those that a rescan compares with. */
static bool open_port(Walk *walk, Source *source, Err *err) {
	SourceOptions sides[SIDE_COUNT];
	session_source_options(&walk->session, sides);
	return source_open(SIDE_SWIFT, &sides[SIDE_SWIFT], source, err);
}

static const SourceFile *find_file(const Source *source, const char *path) {
	char *absolute = paths_absolute(path);
	const SourceFile *found = NULL;
	for (size_t i = 0; i < source->n_files && !found; i++) {
		const SourceFile *f = &source->files[i];
		char *its = paths_absolute(f->path);
		if (strcmp(its, absolute) == 0 || strcmp(f->name, path) == 0) found = f;
		free(its);
	}
	free(absolute);
	return found;
}

/* Without indentation at its beginning and the line end at its end. */
static Span span_of(const SourceFile *file, uint32_t first, uint32_t last) {
	Span span = { source_line_start(file, first), source_line_start(file, last + 1) };
	while (span.end > span.start && strchr(" \t\r\n", file->text.ptr[span.end - 1])) span.end--;
	while (span.start < span.end && strchr(" \t\r\n", file->text.ptr[span.start])) span.start++;
	return span;
}

Str walk_whole_lines(const SourceFile *file, Span span) {
	uint32_t first = source_pos(file, span.start).line, last = source_pos(file, span.end).line;
	Str text = source_text(file, (Span) { source_line_start(file, first), source_line_start(file, last + 1) });
	while (text.len > 0 && (text.ptr[text.len - 1] == '\n' || text.ptr[text.len - 1] == '\r')) text.len--;
	return text;
}

static bool fill_place(const SourceFile *f, const OwnCandidate *own, Candidate *c, Arena *arena, Err *err) {
	uint32_t last = own->last_line ? own->last_line : own->first_line;
	if (own->first_line < 1 || last < own->first_line || last > f->n_lines) {
		return err_set(err, "'%s' has lines 1 to %u, not %u-%u", f->name, f->n_lines, own->first_line, last);
	}
	Span span = span_of(f, own->first_line, last);
	if (span.end <= span.start) return err_set(err, "these lines of '%s' are empty", f->name);
	c->place = (Place) {
		.side = SIDE_SWIFT,
		.path = f->path,
		.name = f->name,
		.span = span,
		.start = source_pos(f, span.start),
		.end = source_pos(f, span.end),
		.excerpt = walk_whole_lines(f, span),
	};
	SyntaxTree tree;
	Outline outline;
	Source one = { .side = SIDE_SWIFT, .files = (SourceFile *)(uintptr_t)f, .n_files = 1 };
	if (syntax_parse(LANG_SWIFT, f->text, NULL, arena, &tree)) {
		outline_build(&one, &tree, arena, &outline);
		ComponentId id = outline_at(&outline, 0, span.start);
		if (id != COMPONENT_NONE) c->place.component = arena_str(arena, outline.components[id].name);
		outline_done(&outline);
	}
	memcpy(c->anchor.content_id, f->content_id, sizeof c->anchor.content_id);
	c->anchor.token_hash = candidate_token_hash(LANG_SWIFT, source_text(f, span));
	return true;
}

static void fill_rest(const Walk *walk, const OwnCandidate *own, Candidate *c) {
	static const double PLAIN[AXIS_COUNT] = { 2, 1, 0, 1 };
	c->technique = own->technique.len ? own->technique : STR("own");
	c->title = own->title;
	c->family = STR("Your own");
	c->confidence = CONFIDENCE_HIGH;
	c->message = own->reason.len ? own->reason : own->title;
	for (int i = 0; i < AXIS_COUNT; i++) {
		c->tradeoff.axis[i] = own->has_axis[i] ? own->axis[i] : PLAIN[i];
		c->tradeoff.arithmetic[i] =
		    own->has_axis[i] ? STR("set when it was added") : STR("not said: taken as middling");
	}
	c->fingerprint = hash_str(hash_str(HASH_SEED, own->title), c->place.excerpt);
	for (c->ordinal = 0;; c->ordinal++) {
		candidate_identify(c);
		if (!walk_seen(walk, str_of(c->id))) return;
	}
}

static bool insert_own(Walk *walk, const Candidate *c, const SourceFile *file, Str body, Err *err) {
	char now[25];
	log_now(now);
	Query q = query_open(walk->store, "INSERT INTO candidate (session, id, own, first_seen, place, binding, body) "
	                                  "VALUES (?, ?, 1, ?, ?, 'new', ?)");
	query_integer(&q, walk->session.key);
	query_cstr(&q, c->id);
	query_cstr(&q, now);
	query_integer(&q, (int64_t)walk->n_seen);
	query_text(&q, body);
	if (!query_run(&q, err)) return false;
	if (!walk_add_sighting(walk, c, now, err)) return false;
	q = query_open(walk->store, "INSERT OR IGNORE INTO file_text (content_id, text) VALUES (?, ?)");
	query_cstr(&q, c->anchor.content_id);
	query_text(&q, file->text);
	return query_run(&q, err);
}

static bool store_own(Walk *walk, const Candidate *c, const SourceFile *file, Str reason, Arena *arena, Err *err) {
	Buf body = { 0 };
	JsonOut out = json_out(&body, JSON_COMPACT);
	candidate_put_whole(&out, c);
	LogEvent event = { .kind = LOG_ADD, .candidate = str_of(c->id), .reason = reason, .data = buf_view(&body) };
	bool ok = store_begin(walk->store, err);
	if (ok) {
		ok = insert_own(walk, c, file, buf_view(&body), err) && walk_event(walk, &event, arena, err);
		ok = store_end(walk->store, ok, err);
	}
	buf_done(&body);
	return ok;
}

bool walk_add_own(Walk *walk, const OwnCandidate *own, Str *id, Err *err) {
	if (str_trim(own->title).len == 0) return err_set(err, "a candidate needs a title");
	Source source;
	if (!open_port(walk, &source, err)) return false;
	Arena arena = { 0 };
	Candidate c = { .component = COMPONENT_NONE };
	const SourceFile *file = find_file(&source, own->path);
	bool ok = file ? fill_place(file, own, &c, &arena, err)
	               : err_set(err, "'%s' is no file of the port of '%.*s'", own->path, STR_ARG(walk->session.name));
	if (ok) {
		fill_rest(walk, own, &c);
		ok = store_own(walk, &c, file, own->reason, &arena, err) && walk_after(walk, true, err);
	}
	if (ok) *id = str_of(walk_item(walk, str_of(c.id))->candidate.id);
	arena_done(&arena);
	source_done(&source);
	return ok;
}

/* ---- which one it is ---- */

static bool set_row(Walk *walk, Str id, Str binding, Str why, Str body, Err *err) {
	Query q =
	    query_open(walk->store, "UPDATE candidate SET binding = ?, why = ?, body = ? WHERE session = ? AND id = ?");
	query_text(&q, binding);
	query_text(&q, why);
	query_text(&q, body);
	query_integer(&q, walk->session.key);
	query_text(&q, id);
	return query_run(&q, err);
}

static bool set_merged(Walk *walk, Str id, Str into, Err *err) {
	Query q = query_open(walk->store, "UPDATE candidate SET merged_into = ? WHERE session = ? AND id = ?");
	query_opt(&q, into);
	query_integer(&q, walk->session.key);
	query_text(&q, id);
	return query_run(&q, err);
}

static Str body_as(const Candidate *candidate, const char *id, Arena *arena) {
	Candidate c = *candidate;
	memcpy(c.id, id, strlen(id) + 1);
	Buf buf = { 0 };
	JsonOut out = json_out(&buf, JSON_COMPACT);
	candidate_put_whole(&out, &c);
	Str text = arena_str(arena, buf_view(&buf));
	buf_done(&buf);
	return text;
}

static Str same_data(const Seen *old, const char *is, Arena *arena) {
	Buf buf = { 0 };
	JsonOut out = json_out(&buf, JSON_COMPACT);
	json_open_object(&out);
	json_member_text(&out, "is", is);
	json_member_text(&out, "binding", binding_name(old->binding));
	json_member_str(&out, "why", old->why);
	json_member_str(&out, "body", body_as(&old->candidate, old->candidate.id, arena));
	json_close(&out);
	Str data = arena_str(arena, buf_view(&buf));
	buf_done(&buf);
	return data;
}

static bool merge(Walk *walk, const Seen *old, const Seen *now, Arena *arena, Err *err) {
	LogEvent event = {
		.kind = LOG_SAME,
		.candidate = str_of(old->candidate.id),
		.data = same_data(old, now->candidate.id, arena),
	};
	return walk_event(walk, &event, arena, err) &&
	       set_row(walk, str_of(old->candidate.id), str_of(binding_name(BINDING_MOVED)), STR("as you said"),
	           body_as(&now->candidate, old->candidate.id, arena), err) &&
	       set_merged(walk, str_of(now->candidate.id), str_of(old->candidate.id), err);
}

bool walk_same_as(Walk *walk, const char *id, const char *is, Err *err) {
	const WalkItem *item = walk_must_have(walk, id, err), *other = walk_must_have(walk, is, err);
	if (!item || !other) return false;
	if (!item->gone) return err_set(err, "%s is found where it was: there is nothing to say", id);
	if (other->verdict != VERDICT_NONE || other->gone || other->own || item == other) {
		return err_set(err, "%s can't be %s: that one has a verdict of its own, or isn't in the port", id, is);
	}
	if (!str_eq(item->candidate.technique, other->candidate.technique)) {
		return err_set(err, "%s can't be %s: that is another technique", id, is);
	}
	const Seen *old = walk_seen(walk, str_of(id)), *now = walk_seen(walk, str_of(is));
	if (!store_begin(walk->store, err)) return false;
	Arena arena = { 0 };
	bool ok = store_end(walk->store, merge(walk, old, now, &arena, err), err);
	arena_done(&arena);
	return ok && walk_after(walk, true, err);
}

bool walk_unmerge(Walk *walk, const LogEvent *event, Err *err) {
	Json *doc = json_parse(event->data, err);
	if (!doc) return false;
	bool ok = set_merged(walk, json_text_at(doc, "is"), STR_NONE, err) &&
	          set_row(walk, event->candidate, json_text_at(doc, "binding"), json_text_at(doc, "why"),
	              json_text_at(doc, "body"), err);
	json_free(doc);
	return ok;
}
