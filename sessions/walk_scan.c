#include "core/posix.h"

#include "sessions/walk_state.h"

#include "core/scan.h"
#include "core/candidate_json.h"
#include "sessions/identity_scan.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* One taking over: what is bound to what, and the rows that come of it. */
typedef struct SeenRow {
	Candidate candidate; /* with its stored id */
	bool own, is_new, present;
	Binding binding;
	Str why;
	const Str *could_be;
	size_t n_could_be;
	size_t place;
} SeenRow;

typedef struct Taking {
	Walk *walk;
	const Scan *scan;
	const ScanSide *port;
	const Catalogue *catalogue;
	Arena arena;
	IdentityInput in;
	size_t *old_index; /* index in walk->seen of each old anchor */
	IdentityBinding *bound;
	size_t *old_of; /* per found candidate: old anchor + 1, or 0 */
	Str *ids;       /* per found candidate: its stored id */
	VEC(SeenRow) rows;
	WalkChanges changes;
} Taking;

/* ---- what identity wants to know ---- */

/* One of the places that it could be is still there to be chosen. */
static bool still_uncertain(const Walk *walk, const Seen *seen) {
	if (seen->binding != BINDING_UNCERTAIN) return false;
	for (size_t i = 0; i < seen->n_could_be; i++) {
		const Seen *other = walk_seen(walk, seen->could_be[i]);
		if (other && other->binding < BINDING_UNCERTAIN) return true;
	}
	return false;
}

static void list_old(Taking *t) {
	Walk *walk = t->walk;
	IdentityAnchor *old = ARENA_ARRAY(&t->arena, IdentityAnchor, walk->n_seen + 1);
	t->old_index = ARENA_ARRAY(&t->arena, size_t, walk->n_seen + 1);
	for (size_t i = 0; i < walk->n_seen; i++) {
		const Seen *seen = &walk->seen[i];
		if (seen->own || seen->merged_into.len > 0) continue;
		old[t->in.n_old] = identity_anchor(&seen->candidate);
		old[t->in.n_old].uncertain = still_uncertain(walk, seen);
		t->old_index[t->in.n_old++] = i;
	}
	t->in.old = old;
}

static bool list_stored(Taking *t, Err *err) {
	VEC(Str) labels = { 0 };
	Query q = query_open(t->walk->store, "SELECT label FROM component WHERE session = ?");
	query_integer(&q, t->walk->session.key);
	while (query_row(&q)) VEC_PUSH(labels) = query_get(&q, 0, &t->arena);
	t->in.n_old_components = labels.n;
	t->in.old_components = (const Str *)VEC_TO_ARENA(labels, &t->arena);
	if (!query_end(&q, err)) return false;
	VEC(IdentityFile) texts = { 0 };
	q = query_open(t->walk->store, "SELECT content_id, text FROM file_text WHERE content_id IN "
	                               "(SELECT content_id FROM sighting WHERE session = ?)");
	query_integer(&q, t->walk->session.key);
	while (query_row(&q)) {
		Str id = query_get(&q, 0, &t->arena);
		VEC_PUSH(texts) = (IdentityFile) { .content_id = id, .text = query_get(&q, 1, &t->arena) };
	}
	t->in.n_old_texts = texts.n;
	t->in.old_texts = (const IdentityFile *)VEC_TO_ARENA(texts, &t->arena);
	return query_end(&q, err);
}

/* ---- names ---- */

static bool id_is_taken(const Taking *t, Str id, size_t before) {
	if (walk_seen(t->walk, id)) return true;
	for (size_t i = 0; i < before; i++) {
		if (str_eq(t->ids[i], id)) return true;
	}
	return false;
}

/* The id of a new candidate: as the scan says, unless a session has that name already for another. */
static Str fresh_id(Taking *t, const Candidate *c, size_t before) {
	Str id = str_of(c->id);
	for (uint64_t salt = 1; id_is_taken(t, id, before); salt++) {
		uint64_t hash = hash_u64(hash_str(HASH_SEED, str_of(c->id)), salt);
		id = arena_printf(&t->arena, "%.*s-%012" PRIx64, STR_ARG(c->technique), hash & UINT64_C(0xffffffffffff));
	}
	return id;
}

static void name_found(Taking *t) {
	t->old_of = ARENA_ARRAY(&t->arena, size_t, t->in.n_found + 1);
	t->ids = ARENA_ARRAY(&t->arena, Str, t->in.n_found + 1);
	for (size_t o = 0; o < t->in.n_old; o++) {
		if (t->bound[o].kind <= IDENTITY_CHANGED) t->old_of[t->bound[o].found] = o + 1;
	}
	for (size_t i = 0; i < t->in.n_found; i++) {
		size_t o = t->old_of[i];
		/* copied: the walk's memory is renewed before the ids are last used */
		t->ids[i] = o ? arena_str(&t->arena, str_of(t->walk->seen[t->old_index[o - 1]].candidate.id))
		              : fresh_id(t, &t->scan->candidates[i], i);
	}
}

static Str *rename_ids(Taking *t, const Str *ids, size_t n) {
	Str *out = ARENA_ARRAY(&t->arena, Str, n);
	for (size_t i = 0; i < n; i++) {
		out[i] = ids[i];
		for (size_t k = 0; k < t->in.n_found; k++) {
			if (str_is(ids[i], t->scan->candidates[k].id)) out[i] = t->ids[k];
		}
	}
	return out;
}

/* ---- rows ---- */

static Str moved_words(Taking *t, const Candidate *old, const Candidate *now) {
	if (strcmp(old->place.name, now->place.name) != 0) {
		return arena_printf(&t->arena, "moved from %s:%u", old->place.name, old->place.start.line);
	}
	return arena_printf(&t->arena, "moved from line %u to %u", old->place.start.line, now->place.start.line);
}

static void set_id(Candidate *c, Str id) {
	size_t n = id.len < sizeof c->id - 1 ? id.len : sizeof c->id - 1;
	memcpy(c->id, id.ptr, n);
	c->id[n] = '\0';
}

static void bind_row(Taking *t, SeenRow *row, const Seen *old, const IdentityBinding *bound) {
	/* what asks again goes on asking until it is decided anew; what nobody decided has nothing to ask */
	const WalkItem *item = walk_item(t->walk, str_of(old->candidate.id));
	bool asked = old->binding == BINDING_CHANGED && bound->kind != IDENTITY_CHANGED && item &&
	             item->verdict != VERDICT_NONE && item->undecided;
	if (bound->kind == IDENTITY_CHANGED || asked) {
		row->binding = BINDING_CHANGED;
		row->why = asked ? old->why : STR("its code changed");
		t->changes.n_changed += !asked;
		t->changes.n_same += asked;
	} else if (bound->kind == IDENTITY_MOVED) {
		row->binding = BINDING_MOVED;
		row->why = moved_words(t, &old->candidate, &row->candidate);
		t->changes.n_moved++;
	} else {
		row->binding = BINDING_SAME;
		t->changes.n_same++;
	}
}

/* ---- what was judged of the references ---- */

static bool still_stands(const Source *reference, const Place *place) {
	Str text = str_trim(place->excerpt);
	bool found = text.len == 0;
	char *needle = base_alloc(text.len + 1);
	memcpy(needle, text.ptr ? text.ptr : "", text.len);
	for (size_t i = 0; i < reference->n_files && !found; i++) {
		const SourceFile *f = &reference->files[i];
		found = strcmp(f->name, place->name) == 0 && str_find(f->text, needle, 0) != SIZE_MAX;
	}
	free(needle);
	return found;
}

/* A reference has changed when the text that answered is gone from its file, not when another span of it is now taken for
 * the answer (by a newer program, or since the port changed): then the hash of what answered before is kept. */
static void keep_references(const Taking *t, const Candidate *old, Candidate *c) {
	bool same_build = str_is(t->walk->session.analysis, scan_build());
	for (int side = 0; side < SIDE_SWIFT; side++) {
		uint64_t was = old->anchor.reference_hash[side];
		bool stands = was != 0 && t->scan->sides[side].present;
		for (size_t e = 0; stands && e < old->n_evidence; e++) {
			const Place *place = &old->evidence[e].place;
			if ((int)place->side == side) stands = still_stands(&t->scan->sides[side].source, place);
		}
		if (stands || (was == 0 && !same_build)) c->anchor.reference_hash[side] = was;
	}
}

static void add_found(Taking *t, size_t i) {
	const Candidate *c = &t->scan->candidates[i];
	SeenRow row = { .candidate = *c, .present = true, .is_new = t->old_of[i] == 0, .place = i };
	set_id(&row.candidate, t->ids[i]);
	row.candidate.needs = rename_ids(t, c->needs, c->n_needs);
	row.candidate.conflicts = rename_ids(t, c->conflicts, c->n_conflicts);
	if (row.is_new) {
		row.binding = BINDING_NEW;
		t->changes.n_new++;
	} else {
		size_t o = t->old_of[i] - 1;
		const Seen *old = &t->walk->seen[t->old_index[o]];
		bind_row(t, &row, old, &t->bound[o]);
		keep_references(t, &old->candidate, &row.candidate);
	}
	if (c->suppressed) {
		row.binding = BINDING_SUPPRESSED;
		row.why = c->suppression;
		t->changes.n_suppressed++;
	}
	VEC_PUSH(t->rows) = row;
}

static const char *skip_reason(const Taking *t, const Candidate *c) {
	const Source *source = &t->port->source;
	for (size_t i = 0; i < source->n_skipped; i++) {
		if (str_ends(str_of(source->skipped[i].path), c->place.name)) return source->skipped[i].reason;
	}
	return "it or its file has errors, or its card did not run";
}

static void uncertain_row(Taking *t, SeenRow *row, const Seen *old, const IdentityBinding *bound) {
	row->binding = BINDING_UNCERTAIN;
	row->could_be = old->could_be;
	row->n_could_be = old->n_could_be;
	row->why = old->why;
	if (bound->n_could_be == 0) return;
	Str *ids = ARENA_ARRAY(&t->arena, Str, bound->n_could_be);
	Buf why = { 0 };
	buf_puts(&why, "could be ");
	for (size_t i = 0; i < bound->n_could_be; i++) {
		ids[i] = t->ids[bound->could_be[i]];
		buf_printf(&why, "%s%.*s", i ? " or " : "", STR_ARG(ids[i]));
	}
	row->could_be = ids;
	row->n_could_be = bound->n_could_be;
	row->why = arena_str(&t->arena, buf_view(&why));
	buf_done(&why);
}

static void add_gone(Taking *t, size_t o) {
	const Seen *old = &t->walk->seen[t->old_index[o]];
	const Candidate *c = &old->candidate;
	SeenRow row = { .candidate = *c, .place = t->in.n_found + o };
	const char *where = c->place.component.len ? "its component" : "its file";
	switch (t->bound[o].kind) {
	case IDENTITY_UNCERTAIN:
		uncertain_row(t, &row, old, &t->bound[o]);
		t->changes.n_uncertain++;
		break;
	case IDENTITY_LOOKS_DONE:
		row.binding = BINDING_LOOKS_DONE;
		row.why = arena_printf(&t->arena, "%s is there and the card no longer finds it", where);
		t->changes.n_looks_done += old->binding != BINDING_LOOKS_DONE;
		break;
	case IDENTITY_REMOVED:
		row.binding = BINDING_REMOVED;
		row.why = arena_printf(&t->arena, "%s is gone from the port", where);
		t->changes.n_removed += old->binding != BINDING_REMOVED;
		break;
	default:
		row.binding = BINDING_NOT_SEEN;
		row.why = arena_str(&t->arena, str_of(skip_reason(t, c)));
		t->changes.n_not_seen += old->binding != BINDING_NOT_SEEN;
		break;
	}
	VEC_PUSH(t->rows) = row;
}

/* ---- the user's own ---- */

static Str component_at(Taking *t, uint32_t file, uint32_t offset) {
	if (t->scan->file_errors) return scan_component_at(t->scan, file, offset);
	ComponentId id = outline_at(&t->port->outline, file, offset);
	return id == COMPONENT_NONE ? STR_NONE : component_label(&t->port->outline, id, &t->arena);
}

static void place_own(Taking *t, Candidate *c, size_t file, Span span) {
	const SourceFile *f = &t->port->source.files[file];
	c->place.path = f->path;
	c->place.name = f->name;
	c->place.span = span;
	c->place.start = source_pos(f, span.start);
	c->place.end = source_pos(f, span.end);
	c->place.excerpt = walk_whole_lines(f, span);
	c->place.component = component_at(t, (uint32_t)file, span.start);
	memcpy(c->anchor.content_id, f->content_id, sizeof c->anchor.content_id);
	c->anchor.token_hash = candidate_token_hash(LANG_SWIFT, source_text(f, span));
}

static void add_own(Taking *t, const Seen *old, size_t place) {
	SeenRow row = { .candidate = old->candidate, .own = true, .place = place };
	IdentityAnchor anchor = identity_anchor(&old->candidate);
	size_t file = 0;
	Span span = { 0, 0 };
	IdentityKind kind = IDENTITY_REMOVED;
	row.present = identity_follow(&t->in, &anchor, &t->arena, &file, &span, &kind);
	if (row.present) {
		place_own(t, &row.candidate, file, span);
		bind_row(t, &row, old, &(IdentityBinding) { .kind = kind });
	} else {
		static const Binding GONE[] = { [IDENTITY_UNCERTAIN] = BINDING_UNCERTAIN,
			[IDENTITY_REMOVED] = BINDING_REMOVED,
			[IDENTITY_NOT_SEEN] = BINDING_NOT_SEEN };
		row.binding = GONE[kind];
		row.why = kind == IDENTITY_UNCERTAIN ? STR("the lines it stood at changed too much")
		          : kind == IDENTITY_REMOVED ? STR("its component is gone from the port")
		                                     : STR("its file was not read");
		t->changes.n_uncertain += kind == IDENTITY_UNCERTAIN;
		t->changes.n_removed += kind == IDENTITY_REMOVED;
		t->changes.n_not_seen += kind == IDENTITY_NOT_SEEN;
	}
	VEC_PUSH(t->rows) = row;
}

/* ---- storing ---- */

static Str body_of(const Candidate *c, Buf *buf) {
	buf_clear(buf);
	JsonOut out = json_out(buf, JSON_COMPACT);
	candidate_put_whole(&out, c);
	return buf_view(buf);
}

static Str ids_json(const Str *ids, size_t n, Buf *buf) {
	buf_clear(buf);
	JsonOut out = json_out(buf, JSON_COMPACT);
	json_open_array(&out);
	for (size_t i = 0; i < n; i++) json_put_str(&out, ids[i]);
	json_close(&out);
	return buf_view(buf);
}

static bool store_row(Taking *t, const SeenRow *row, const char *now, Buf *buf, Err *err) {
	Query q = query_open(t->walk->store,
	    "INSERT INTO candidate (session, id, own, first_seen, place, binding, why, could_be, body) "
	    "VALUES (?,?,?,?,?,?,?,?,?) ON CONFLICT (session, id) DO UPDATE SET place = excluded.place, "
	    "binding = excluded.binding, why = excluded.why, could_be = excluded.could_be, body = excluded.body");
	query_integer(&q, t->walk->session.key);
	query_cstr(&q, row->candidate.id);
	query_integer(&q, row->own);
	query_cstr(&q, now);
	query_integer(&q, (int64_t)row->place);
	query_cstr(&q, binding_name(row->binding));
	query_text(&q, row->why);
	query_text(&q, ids_json(row->could_be, row->n_could_be, buf));
	query_text(&q, body_of(&row->candidate, buf));
	return query_run(&q, err);
}

static bool is_sighted(Taking *t, const Candidate *c, bool *sighted, Err *err) {
	Query q = query_open(t->walk->store, "SELECT content_id, span_start, span_end, name FROM sighting "
	                                     "WHERE session = ? AND candidate = ? ORDER BY key DESC LIMIT 1");
	query_integer(&q, t->walk->session.key);
	query_cstr(&q, c->id);
	*sighted = query_row(&q) && str_is(query_get(&q, 0, &t->arena), c->anchor.content_id) &&
	           query_get_integer(&q, 1) == c->place.span.start && query_get_integer(&q, 2) == c->place.span.end &&
	           str_is(query_get(&q, 3, &t->arena), c->place.name);
	return query_end(&q, err);
}

static void query_hash(Query *q, uint64_t hash) {
	char hex[17];
	snprintf(hex, sizeof hex, "%016" PRIx64, hash);
	query_cstr(q, hex);
}

bool walk_add_sighting(Walk *walk, const Candidate *c, const char *now, Err *err) {
	Query q = query_open(walk->store,
	    "INSERT INTO sighting (session, candidate, time, analysis, name, component, content_id, span_start, span_end, "
	    "line, fingerprint, token_hash, mlx_hash, torch_hash, excerpt) VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)");
	query_integer(&q, walk->session.key);
	query_cstr(&q, c->id);
	query_cstr(&q, now);
	query_cstr(&q, scan_build());
	query_cstr(&q, c->place.name);
	query_text(&q, c->place.component);
	query_cstr(&q, c->anchor.content_id);
	query_integer(&q, c->place.span.start);
	query_integer(&q, c->place.span.end);
	query_integer(&q, c->place.start.line);
	query_hash(&q, c->fingerprint);
	query_hash(&q, c->anchor.token_hash);
	query_hash(&q, c->anchor.reference_hash[0]);
	query_hash(&q, c->anchor.reference_hash[1]);
	query_text(&q, c->place.excerpt);
	return query_run(&q, err);
}

static bool store_sighting(Taking *t, const Candidate *c, const char *now, Err *err) {
	bool sighted;
	if (!is_sighted(t, c, &sighted, err)) return false;
	return sighted || walk_add_sighting(t->walk, c, now, err);
}

static bool store_text(Taking *t, const Candidate *c, Err *err) {
	for (size_t i = 0; i < t->in.n_files; i++) {
		if (!str_is(t->in.files[i].content_id, c->anchor.content_id)) continue;
		Query q = query_open(t->walk->store, "INSERT OR IGNORE INTO file_text (content_id, text) VALUES (?, ?)");
		query_cstr(&q, c->anchor.content_id);
		query_text(&q, t->in.files[i].text);
		return query_run(&q, err);
	}
	return true;
}

static bool store_components(Taking *t, Err *err) {
	Query q = query_open(t->walk->store, "DELETE FROM component WHERE session = ?");
	query_integer(&q, t->walk->session.key);
	bool ok = query_run(&q, err);
	for (size_t i = 0; ok && i < t->in.n_components; i++) {
		q = query_open(t->walk->store, "INSERT OR IGNORE INTO component (session, label) VALUES (?, ?)");
		query_integer(&q, t->walk->session.key);
		query_text(&q, t->in.components[i].label);
		ok = query_run(&q, err);
	}
	return ok;
}

static bool store_side(Taking *t, Side side, Err *err) {
	const Source *source = &t->scan->sides[side].source;
	const SessionSide *before = &t->walk->session.sides[side];
	bool scanned = t->walk->session.analysis.len > 0;
	bool moved = scanned && (!str_is(before->commit, source->commit) || before->dirty != source->dirty);
	Query q = query_open(t->walk->store, "UPDATE side SET revision = ?, branch = ?, dirty = ?, changed = ?, was = ? "
	                                     "WHERE session = ? AND side = ?");
	query_cstr(&q, source->commit);
	query_text(&q, str_of(source->branch));
	query_integer(&q, source->dirty);
	query_integer(&q, (int64_t)source->n_changed);
	query_text(&q, moved ? t->walk->sides[side].now : STR_NONE);
	query_integer(&q, t->walk->session.key);
	query_cstr(&q, side_name(side));
	return query_run(&q, err);
}

static bool store_session(Taking *t, Err *err) {
	bool ok = true;
	for (int i = 0; ok && i < SIDE_COUNT; i++) {
		if (t->scan->sides[i].present) ok = store_side(t, (Side)i, err);
	}
	if (!ok) return false;
	Query q = query_open(t->walk->store, "UPDATE session SET program = ?, analysis = ? WHERE key = ?");
	query_cstr(&q, TRIPTYCH_VERSION);
	query_cstr(&q, scan_build());
	query_integer(&q, t->walk->session.key);
	return query_run(&q, err);
}

static bool store_all(Taking *t, Err *err) {
	if (!store_begin(t->walk->store, err)) return false;
	char now[25];
	log_now(now);
	Buf buf = { 0 };
	bool ok = true;
	for (size_t i = 0; ok && i < t->rows.n; i++) {
		const SeenRow *row = &t->rows.at[i];
		ok = store_row(t, row, now, &buf, err);
		if (ok && row->present) {
			ok = store_sighting(t, &row->candidate, now, err) && store_text(t, &row->candidate, err);
		}
	}
	buf_done(&buf);
	ok = ok && store_components(t, err) && store_session(t, err);
	return store_end(t->walk->store, ok, err);
}

static void remember_scan_ids(Taking *t) {
	Walk *walk = t->walk;
	for (size_t i = 0; i < t->in.n_found; i++) {
		const Seen *seen = walk_seen(walk, t->ids[i]);
		if (!seen) continue;
		Str key = arena_str(&walk->seen_arena, str_of(t->scan->candidates[i].id));
		map_put(&walk->scan_ids, key, (uintptr_t)(seen - walk->seen) + 1);
	}
}

static void make_rows(Taking *t) {
	t->bound = identity_bind(&t->in, &t->arena);
	name_found(t);
	for (size_t i = 0; i < t->in.n_found; i++) add_found(t, i);
	for (size_t o = 0; o < t->in.n_old; o++) {
		if (t->bound[o].kind > IDENTITY_CHANGED) add_gone(t, o);
	}
	for (size_t i = 0; i < t->walk->n_seen; i++) {
		if (t->walk->seen[i].own) add_own(t, &t->walk->seen[i], t->in.n_found + t->in.n_old + i);
	}
}

bool walk_take_scan(Walk *walk, const Scan *scan, const Catalogue *catalogue, WalkChanges *changes, Err *err) {
	Taking t = { .walk = walk, .scan = scan, .port = &scan->sides[SIDE_SWIFT], .catalogue = catalogue };
	/* another process may have decided, or taken over a scan, since */
	bool ok = !store_changed_elsewhere(walk->store) || walk_reload(walk, err);
	if (ok) {
		list_old(&t);
		identity_of_scan(&t.in, scan, catalogue, &t.arena);
		ok = list_stored(&t, err);
	}
	if (ok) {
		make_rows(&t);
		ok = store_all(&t, err) && walk_after(walk, true, err);
	}
	if (ok) {
		remember_scan_ids(&t);
		if (changes) *changes = t.changes;
	}
	VEC_FREE(t.rows);
	arena_done(&t.arena);
	return ok;
}

void walk_changes_words(const WalkChanges *changes, Buf *out) {
	const struct {
		size_t n;
		const char *words;
	} parts[] = {
		{ changes->n_new, "new" },
		{ changes->n_moved, "moved" },
		{ changes->n_changed, "changed" },
		{ changes->n_uncertain, "uncertain" },
		{ changes->n_looks_done, "looks done" },
		{ changes->n_removed, "removed" },
		{ changes->n_not_seen, "not seen" },
	};
	size_t before = out->len;
	for (size_t i = 0; i < BASE_COUNT(parts); i++) {
		if (parts[i].n > 0) buf_printf(out, "%s%zu %s", out->len > before ? ", " : "", parts[i].n, parts[i].words);
	}
	if (out->len == before) buf_puts(out, "nothing changed");
}
