#include "core/posix.h"

#include "sessions/walk_state.h"

#include "core/scan.h"
#include "core/candidate_json.h"
#include "sessions/paths.h"

#include <stdio.h>
#include <string.h>

static const char *const STATES[STATE_COUNT] = { "open", "same", "moved", "changed", "uncertain", "looks-done", "done",
	"removed", "not-seen", "suppressed" };
static const char *const STATE_WORDS[STATE_COUNT] = { "open", "unchanged", "moved", "changed", "uncertain",
	"looks done", "done", "removed", "not seen", "suppressed" };
static const char *const BINDINGS[BINDING_COUNT] = { "new", "same", "moved", "changed", "uncertain", "looks-done",
	"removed", "not-seen", "suppressed" };

const char *state_name(CandidateState state) { return STATES[state]; }
const char *state_words(CandidateState state) { return STATE_WORDS[state]; }
const char *binding_name(Binding binding) { return BINDINGS[binding]; }

bool binding_of(Str name, Binding *binding) {
	for (int i = 0; i < BINDING_COUNT; i++) {
		if (!str_is(name, BINDINGS[i])) continue;
		*binding = (Binding)i;
		return true;
	}
	return false;
}

/* ---- reading ---- */

static Str *could_be_read(Str text, size_t *n, Arena *arena) {
	Json *doc = json_parse(text, NULL);
	*n = json_count(doc);
	Str *ids = ARENA_ARRAY(arena, Str, *n);
	size_t i = 0;
	for (const Json *it = json_first(doc); it; it = json_next(it), i++) {
		Str id = STR_NONE;
		json_string(it, &id);
		ids[i] = arena_str(arena, id);
	}
	json_free(doc);
	return ids;
}

static bool read_row(Query *q, Arena *arena, Seen *out, Err *err) {
	Json *doc = json_parse(query_get(q, 0, arena), err);
	bool ok = doc && candidate_read(doc, arena, &out->candidate);
	if (doc && !ok) err_set(err, "a candidate in the database has no id: triptych doctor");
	json_free(doc);
	out->own = query_get_integer(q, 1) != 0;
	binding_of(query_get(q, 2, arena), &out->binding);
	out->why = query_get(q, 3, arena);
	out->could_be = could_be_read(query_get(q, 4, arena), &out->n_could_be, arena);
	out->merged_into = query_get(q, 5, arena);
	return ok;
}

static bool read_seen(Walk *walk, Arena *arena, Seen **out, size_t *n, Err *err) {
	VEC(Seen) rows = { 0 };
	Query q = query_open(walk->store, "SELECT body, own, binding, why, could_be, merged_into FROM candidate "
	                                  "WHERE session = ? ORDER BY place, id");
	query_integer(&q, walk->session.key);
	bool ok = true;
	while (ok && query_row(&q)) ok = read_row(&q, arena, &VEC_PUSH(rows), err);
	*n = rows.n;
	*out = (Seen *)VEC_TO_ARENA(rows, arena);
	return query_end(&q, ok ? err : NULL) && ok;
}

static Str side_words(Str commit, Str branch, size_t changed, Arena *arena) {
	if (commit.len == 0) return STR_NONE;
	Str words =
	    arena_printf(arena, "%.*s%s%.*s", STR_ARG(str_sub(commit, 0, 7)), branch.len ? " " : "", STR_ARG(branch));
	return changed ? arena_printf(arena, "%.*s, %zu changed", STR_ARG(words), changed) : words;
}

static bool read_sides(Walk *walk, Arena *arena, WalkSide sides[SIDE_COUNT], Err *err) {
	Query q = query_open(walk->store, "SELECT side, revision, branch, changed, was FROM side WHERE session = ?");
	query_integer(&q, walk->session.key);
	while (query_row(&q)) {
		Side side;
		if (!side_of(query_get(&q, 0, arena), &side)) continue;
		WalkSide *s = &sides[side];
		s->now = side_words(query_get(&q, 1, arena), query_get(&q, 2, arena), (size_t)query_get_integer(&q, 3), arena);
		s->was = query_get(&q, 4, arena);
		s->moved = s->was.len > 0;
	}
	return query_end(&q, err);
}

bool walk_reload_log(Walk *walk, Err *err) {
	Arena arena = { 0 };
	LogEvent *events;
	size_t n;
	if (!log_read(walk->store, walk->session.key, &arena, &events, &n, err)) {
		arena_done(&arena);
		return false;
	}
	arena_done(&walk->folded_arena);
	walk->folded_arena = arena;
	walk->events = events;
	walk->n_events = n;
	log_fold(events, n);
	walk_fold(walk);
	return true;
}

/* Everything is read into a new arena first, so that a failure leaves the walk as it was. */
static bool read_all(Walk *walk, Arena *arena, Walk *fresh, Err *err) {
	*fresh = (Walk) { .store = walk->store };
	return session_find(walk->store, walk->name, true, arena, &fresh->session, err) &&
	       read_seen(fresh, arena, &fresh->seen, &fresh->n_seen, err) && read_sides(fresh, arena, fresh->sides, err);
}

bool walk_reload(Walk *walk, Err *err) {
	Arena arena = { 0 };
	Walk fresh;
	if (!read_all(walk, &arena, &fresh, err)) {
		arena_done(&arena);
		return false;
	}
	map_done(&walk->scan_ids);
	arena_done(&walk->seen_arena);
	walk->seen_arena = arena;
	walk->session = fresh.session;
	walk->seen = fresh.seen;
	walk->n_seen = fresh.n_seen;
	memcpy(walk->sides, fresh.sides, sizeof walk->sides);
	return walk_reload_log(walk, err);
}

bool walk_open(Store *store, const char *name, Walk **out, Err *err) {
	Arena arena = { 0 };
	Session session;
	bool ok = session_find(store, name, false, &arena, &session, err);
	if (ok && !store_is_read_only(store)) ok = session_touch(store, session.key, err);
	arena_done(&arena);
	if (!ok) return false;
	Walk *walk = base_alloc(sizeof *walk);
	walk->store = store;
	walk->name = base_strdup(name);
	if (!walk_reload(walk, err)) {
		walk_close(walk);
		return false;
	}
	*out = walk;
	return true;
}

void walk_close(Walk *walk) {
	if (!walk) return;
	map_done(&walk->scan_ids);
	arena_done(&walk->seen_arena);
	arena_done(&walk->folded_arena);
	free(walk->name);
	free(walk);
}

bool walk_is_stale(Walk *walk) { return store_changed_elsewhere(walk->store); }

/* ---- looking ---- */

const Session *walk_session(const Walk *walk) { return &walk->session; }
Store *walk_store(const Walk *walk) { return walk->store; }
const WalkSide *walk_side(const Walk *walk, Side side) { return &walk->sides[side]; }
const RowPins *walk_pins(const Walk *walk) { return &walk->pins; }

const WalkItem *walk_items(const Walk *walk, size_t *n) {
	*n = walk->n_items;
	return walk->items;
}

const LogEvent *walk_log(const Walk *walk, size_t *n) {
	*n = walk->n_events;
	return walk->events;
}

static bool is_listed(const WalkItem *item) {
	return !item->hidden && item->state != STATE_SUPPRESSED && (!item->gone || item->state == STATE_UNCERTAIN);
}

size_t walk_n_listed(const Walk *walk) {
	size_t n = 0;
	for (size_t i = 0; i < walk->n_items; i++) n += is_listed(&walk->items[i]);
	return n;
}

size_t walk_n_decided(const Walk *walk) {
	size_t n = 0;
	for (size_t i = 0; i < walk->n_items; i++) n += is_listed(&walk->items[i]) && !walk->items[i].undecided;
	return n;
}

const WalkItem *walk_item(const Walk *walk, Str id) {
	for (size_t i = 0; i < walk->n_items; i++) {
		if (str_is(id, walk->items[i].candidate.id)) return &walk->items[i];
	}
	return NULL;
}

const Seen *walk_seen(const Walk *walk, Str id) {
	for (size_t i = 0; i < walk->n_seen; i++) {
		if (str_is(id, walk->seen[i].candidate.id)) return &walk->seen[i];
	}
	return NULL;
}

const WalkItem *walk_item_of_scan(const Walk *walk, const char *scan_id) {
	const uintptr_t *at = map_get(&walk->scan_ids, str_of(scan_id));
	return at ? walk_item(walk, str_of(walk->seen[*at - 1].candidate.id)) : walk_item(walk, str_of(scan_id));
}

size_t walk_next_undecided(const Walk *walk, size_t at, int step) {
	size_t n = walk->n_items;
	for (size_t i = 1; i <= n; i++) {
		size_t next = step > 0 ? (at + i) % n : (at + n - i % n) % n;
		if (walk->items[next].undecided) return next;
	}
	return SIZE_MAX;
}

/* ---- ids as people type them ---- */

static bool is_hex(Str text) {
	for (size_t i = 0; i < text.len; i++) {
		char c = text.ptr[i];
		if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'))) return false;
	}
	return text.len > 0;
}

static Str hex_part(Str id) {
	size_t at = id.len;
	while (at > 0 && id.ptr[at - 1] != '-') at--;
	return str_sub(id, at, id.len);
}

/* Whether typed is a beginning of the id that has its technique, or of its hex digits alone, with at least 4 of them. */
static bool names(Str typed, Str id) {
	Str hex = hex_part(id);
	Str given = typed;
	if (typed.len > id.len - hex.len && str_eq(str_sub(typed, 0, id.len - hex.len), str_sub(id, 0, id.len - hex.len))) {
		given = str_sub(typed, id.len - hex.len, typed.len);
	}
	return given.len >= 4 && given.len <= hex.len && is_hex(given) && str_eq(given, str_sub(hex, 0, given.len));
}

size_t walk_find(const Walk *walk, Str typed, const WalkItem **out, Err *err) {
	const WalkItem *exact = walk_item(walk, typed);
	if (exact) {
		*out = exact;
		return 1;
	}
	Buf several = { 0 };
	size_t n = 0;
	for (size_t i = 0; i < walk->n_items; i++) {
		if (!names(typed, str_of(walk->items[i].candidate.id))) continue;
		*out = &walk->items[i];
		if (n++ < 8) buf_printf(&several, "%s%s", n > 1 ? ", " : "", walk->items[i].candidate.id);
	}
	if (n > 1) err_set(err, "'%.*s' could be %s: type more of it", STR_ARG(typed), several.ptr);
	if (n == 0 && is_hex(hex_part(typed)) && hex_part(typed).len < 4) {
		err_set(err, "'%.*s' is too short: at least 4 of an id's hex digits", STR_ARG(typed));
	} else if (n == 0) {
		err_set(err, "the session '%.*s' has no candidate '%.*s'", STR_ARG(walk->session.name), STR_ARG(typed));
	}
	buf_done(&several);
	return n;
}

/* ---- for a scan ---- */

bool walk_scan_options(const Walk *walk, Arena *arena, ScanOptions *out, Err *err) {
	*out = (ScanOptions) { .min_confidence = CONFIDENCE_LOW };
	session_source_options(&walk->session, out->sides);
	if (out->sides[SIDE_SWIFT].n_paths == 0) {
		return err_set(err, "the session '%.*s' has no Swift port", STR_ARG(walk->session.name));
	}
	RowPins *pins = ARENA_NEW(arena, RowPins);
	RowPin *copy = ARENA_ARRAY(arena, RowPin, walk->pins.n);
	for (size_t i = 0; i < walk->pins.n; i++) {
		const RowPin *pin = &walk->pins.pins[i];
		copy[i] = *pin;
		copy[i].swift = arena_str(arena, pin->swift);
		for (int s = 0; s < SIDE_COUNT; s++) copy[i].other[s] = arena_str(arena, pin->other[s]);
	}
	*pins = (RowPins) { copy, walk->pins.n };
	out->pins = pins;
	/* the scan runs on a thread while the walk may be reloaded: its paths must not lie in the walk's memory */
	for (int i = 0; i < SIDE_COUNT; i++) {
		SourceOptions *side = &out->sides[i];
		const char **paths = ARENA_ARRAY(arena, const char *, side->n_paths);
		for (size_t p = 0; p < side->n_paths; p++) paths[p] = arena_strdup(arena, str_of(side->paths[p]));
		side->paths = paths;
		const char **context = ARENA_ARRAY(arena, const char *, side->n_context);
		for (size_t p = 0; p < side->n_context; p++) context[p] = arena_strdup(arena, str_of(side->context[p]));
		side->context = context;
	}
	return true;
}

bool walk_catalogue(const Walk *walk, const char *config_folder, Catalogue *out, Err *err) {
	Arena arena = { 0 };
	const char *folders[2];
	size_t n = 0;
	char *own = config_folder ? base_path_join(config_folder, "techniques") : NULL;
	if (own) folders[n++] = own;
	char *top = paths_project(session_folder(&walk->session, &arena));
	char *port = base_path_join(top, ".triptych/techniques");
	folders[n++] = port;
	bool ok = catalogue_load(folders, n, out, err);
	free(own);
	free(top);
	free(port);
	arena_done(&arena);
	return ok;
}

bool walk_save_view(Walk *walk, const SessionView *view, Err *err) {
	return session_save_view(walk->store, walk->session.key, view, err);
}
