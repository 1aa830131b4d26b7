#include "core/posix.h"

#include "core/candidate_json.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* ---- writing ---- */

void hash_put(JsonOut *out, const char *key, uint64_t hash) {
	char hex[17];
	snprintf(hex, sizeof hex, "%016" PRIx64, hash);
	json_member_text(out, key, hex);
}

uint64_t hash_read(Str hex) {
	uint64_t value = 0;
	for (size_t i = 0; i < hex.len && i < 16; i++) {
		char c = hex.ptr[i];
		unsigned digit = c >= '0' && c <= '9'   ? (unsigned)(c - '0')
		                 : c >= 'a' && c <= 'f' ? (unsigned)(c - 'a' + 10)
		                                        : 0;
		value = value << 4 | digit;
	}
	return value;
}

static void pos_put(JsonOut *out, const char *key, Pos pos) {
	json_member_object(out, key);
	json_member_integer(out, "line", pos.line);
	json_member_integer(out, "column", pos.column);
	json_close(out);
}

static void strs_put(JsonOut *out, const char *key, const Str *texts, size_t n) {
	json_member_array(out, key);
	for (size_t i = 0; i < n; i++) json_put_str(out, texts[i]);
	json_close(out);
}

static void range_put(JsonOut *out, const Place *place) {
	json_member_text(out, "path", place->path ? place->path : "");
	pos_put(out, "start", place->start);
	pos_put(out, "end", place->end);
}

static void place_rest(JsonOut *out, const Place *place) {
	json_member_text(out, "name", place->name ? place->name : "");
	json_member_str(out, "component", place->component);
	json_member_integer(out, "from", place->span.start);
	json_member_integer(out, "to", place->span.end);
	json_member_str(out, "excerpt", place->excerpt);
}

void place_put(JsonOut *out, const Place *place) {
	json_open_object(out);
	json_member_text(out, "side", side_name(place->side));
	range_put(out, place);
	place_rest(out, place);
	json_close(out);
}

void tradeoff_put(JsonOut *out, const Tradeoff *tradeoff) {
	json_open_object(out);
	for (int i = 0; i < AXIS_COUNT; i++) json_member_number(out, axis_name((Axis)i), tradeoff->axis[i]);
	strs_put(out, "reasons", tradeoff->reasons, tradeoff->n_reasons);
	json_close(out);
}

static void evidence_put(JsonOut *out, const Candidate *c, bool whole) {
	json_member_array(out, "evidence");
	for (size_t i = 0; i < c->n_evidence; i++) {
		const Evidence *e = &c->evidence[i];
		json_open_object(out);
		json_member_text(out, "side", side_name(e->place.side));
		range_put(out, &e->place);
		json_member_str(out, "note", e->note);
		if (whole) {
			json_member_bool(out, "supports", e->supports);
			place_rest(out, &e->place);
		}
		json_close(out);
	}
	json_close(out);
}

static void members(JsonOut *out, const Candidate *c, bool whole) {
	json_member_text(out, "id", c->id);
	json_member_str(out, "technique", c->technique);
	json_member_str(out, "title", c->title);
	json_member_str(out, "component", c->place.component);
	json_member_text(out, "confidence", confidence_name(c->confidence));
	range_put(out, &c->place);
	json_member_str(out, "message", c->message);
	evidence_put(out, c, whole);
	json_put_key(out, "tradeoff");
	tradeoff_put(out, &c->tradeoff);
}

void candidate_put_identity(JsonOut *out, const Candidate *c) {
	json_open_object(out);
	json_member_text(out, "name", c->place.name ? c->place.name : "");
	json_member_text(out, "content", c->anchor.content_id);
	json_member_integer(out, "from", c->place.span.start);
	json_member_integer(out, "to", c->place.span.end);
	hash_put(out, "tokens", c->anchor.token_hash);
	hash_put(out, "fingerprint", c->fingerprint);
	json_member_str(out, "excerpt", c->place.excerpt);
	json_close(out);
}

void candidate_put_members(JsonOut *out, const Candidate *candidate) {
	members(out, candidate, false);
	json_put_key(out, "identity");
	candidate_put_identity(out, candidate);
}

static void anchor_put(JsonOut *out, const Anchor *anchor) {
	json_member_object(out, "anchor");
	json_member_text(out, "content", anchor->content_id);
	hash_put(out, "tokens", anchor->token_hash);
	hash_put(out, "mlx", anchor->reference_hash[0]);
	hash_put(out, "torch", anchor->reference_hash[1]);
	json_close(out);
}

void candidate_put_whole(JsonOut *out, const Candidate *c) {
	json_open_object(out);
	members(out, c, true);
	json_member_object(out, "place");
	place_rest(out, &c->place);
	json_close(out);
	json_member_str(out, "family", c->family);
	strs_put(out, "why", c->why, c->n_why);
	strs_put(out, "against", c->against, c->n_against);
	json_member_text(out, "frequency", frequency_words(c->frequency));
	json_member_str(out, "chain", c->chain);
	strs_put(out, "arithmetic", c->tradeoff.arithmetic, AXIS_COUNT);
	json_member_number(out, "score", c->score);
	hash_put(out, "fingerprint", c->fingerprint);
	json_member_integer(out, "ordinal", c->ordinal);
	anchor_put(out, &c->anchor);
	strs_put(out, "needs", c->needs, c->n_needs);
	strs_put(out, "conflicts", c->conflicts, c->n_conflicts);
	json_member_bool(out, "suppressed", c->suppressed);
	json_member_str(out, "suppression", c->suppression);
	json_close(out);
}

/* ---- reading ---- */

static Str text_at(const Json *json, const char *path, Arena *arena) {
	return arena_str(arena, json_text_at(json, path));
}

static Pos pos_read(const Json *json, const char *key) {
	const Json *pos = json_get(json, key);
	return (Pos) {
		(uint32_t)json_integer_at(pos, "line", 1),
		(uint32_t)json_integer_at(pos, "column", 1),
	};
}

static Str *strs_read(const Json *json, const char *key, size_t *n, Arena *arena) {
	const Json *array = json_get(json, key);
	*n = json_count(array);
	Str *texts = ARENA_ARRAY(arena, Str, *n);
	size_t i = 0;
	for (const Json *it = json_first(array); it && i < *n; it = json_next(it), i++) {
		Str text = STR_NONE;
		json_string(it, &text);
		texts[i] = arena_str(arena, text);
	}
	return texts;
}

static void range_read(const Json *json, Arena *arena, Place *out) {
	out->path = arena_strdup(arena, json_text_at(json, "path"));
	out->start = pos_read(json, "start");
	out->end = pos_read(json, "end");
}

static void place_rest_read(const Json *json, Arena *arena, Place *out) {
	out->name = arena_strdup(arena, json_text_at(json, "name"));
	out->component = text_at(json, "component", arena);
	out->span.start = (uint32_t)json_integer_at(json, "from", 0);
	out->span.end = (uint32_t)json_integer_at(json, "to", 0);
	out->excerpt = text_at(json, "excerpt", arena);
}

void place_read(const Json *json, Arena *arena, Place *out) {
	*out = (Place) { .side = SIDE_SWIFT };
	side_of(json_text_at(json, "side"), &out->side);
	range_read(json, arena, out);
	place_rest_read(json, arena, out);
}

static void evidence_read(const Json *json, Arena *arena, Candidate *out) {
	const Json *array = json_get(json, "evidence");
	out->n_evidence = json_count(array);
	out->evidence = ARENA_ARRAY(arena, Evidence, out->n_evidence);
	size_t i = 0;
	for (const Json *it = json_first(array); it && i < out->n_evidence; it = json_next(it), i++) {
		Evidence *e = &out->evidence[i];
		place_read(it, arena, &e->place);
		e->note = text_at(it, "note", arena);
		e->supports = json_bool_at(it, "supports", false);
	}
}

static void tradeoff_read(const Json *json, Arena *arena, Tradeoff *out) {
	const Json *tradeoff = json_get(json, "tradeoff");
	for (int i = 0; i < AXIS_COUNT; i++) json_number(json_get(tradeoff, axis_name((Axis)i)), &out->axis[i]);
	out->reasons = strs_read(tradeoff, "reasons", &out->n_reasons, arena);
	size_t n;
	const Str *arithmetic = strs_read(json, "arithmetic", &n, arena);
	for (size_t i = 0; i < n && i < AXIS_COUNT; i++) out->arithmetic[i] = arithmetic[i];
}

static Frequency frequency_read(Str words) {
	for (int i = 0; i < FREQUENCY_COUNT; i++) {
		if (str_is(words, frequency_words((Frequency)i))) return (Frequency)i;
	}
	return FREQUENCY_UNKNOWN;
}

static void fill(char *out, size_t size, Str text) {
	size_t n = text.len < size - 1 ? text.len : size - 1;
	if (n > 0) memcpy(out, text.ptr, n);
	out[n] = '\0';
}

bool candidate_read_identity(const Json *json, Arena *arena, Candidate *out) {
	if (!json_get(json, "content")) return false;
	out->place.name = arena_strdup(arena, json_text_at(json, "name"));
	out->place.span.start = (uint32_t)json_integer_at(json, "from", 0);
	out->place.span.end = (uint32_t)json_integer_at(json, "to", 0);
	out->place.excerpt = text_at(json, "excerpt", arena);
	fill(out->anchor.content_id, sizeof out->anchor.content_id, json_text_at(json, "content"));
	out->anchor.token_hash = hash_read(json_text_at(json, "tokens"));
	out->fingerprint = hash_read(json_text_at(json, "fingerprint"));
	return true;
}

bool candidate_read(const Json *json, Arena *arena, Candidate *out) {
	*out = (Candidate) { .component = COMPONENT_NONE };
	fill(out->id, sizeof out->id, json_text_at(json, "id"));
	if (out->id[0] == '\0') return false;
	out->technique = text_at(json, "technique", arena);
	out->title = text_at(json, "title", arena);
	out->family = text_at(json, "family", arena);
	confidence_of(json_text_at(json, "confidence"), &out->confidence);
	out->place.side = SIDE_SWIFT;
	range_read(json, arena, &out->place);
	place_rest_read(json_get(json, "place"), arena, &out->place);
	out->message = text_at(json, "message", arena);
	out->why = strs_read(json, "why", &out->n_why, arena);
	out->against = strs_read(json, "against", &out->n_against, arena);
	evidence_read(json, arena, out);
	out->frequency = frequency_read(json_text_at(json, "frequency"));
	out->chain = text_at(json, "chain", arena);
	tradeoff_read(json, arena, &out->tradeoff);
	json_number(json_get(json, "score"), &out->score);
	out->fingerprint = hash_read(json_text_at(json, "fingerprint"));
	out->ordinal = (uint32_t)json_integer_at(json, "ordinal", 0);
	fill(out->anchor.content_id, sizeof out->anchor.content_id, json_text_at(json, "anchor.content"));
	out->anchor.token_hash = hash_read(json_text_at(json, "anchor.tokens"));
	out->anchor.reference_hash[0] = hash_read(json_text_at(json, "anchor.mlx"));
	out->anchor.reference_hash[1] = hash_read(json_text_at(json, "anchor.torch"));
	out->needs = strs_read(json, "needs", &out->n_needs, arena);
	out->conflicts = strs_read(json, "conflicts", &out->n_conflicts, arena);
	out->suppressed = json_bool_at(json, "suppressed", false);
	out->suppression = text_at(json, "suppression", arena);
	return true;
}
