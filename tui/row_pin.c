#include "core/posix.h"

#include "tui/row_pin.h"

#include "core/json.h"
#include "core/utf8.h"

bool row_pin_parse(Str text, RowPin *out, Err *err) {
	*out = (RowPin) { 0 };
	size_t equals = str_find(text, "=", 0);
	if (equals == SIZE_MAX || str_trim(str_sub(text, 0, equals)).len == 0) {
		return err_set(err, "'%.*s' is no correction: SWIFT=MLX[,TORCH]; an empty name means that nothing answers it",
		    STR_ARG(text));
	}
	size_t comma = str_find(text, ",", equals), end = comma == SIZE_MAX ? text.len : comma;
	out->swift = str_trim(str_sub(text, 0, equals));
	out->other[SIDE_MLX] = str_trim(str_sub(text, equals + 1, end));
	out->given[SIDE_MLX] = true;
	if (comma == SIZE_MAX) return true;
	out->other[SIDE_TORCH] = str_trim(str_sub(text, comma + 1, text.len));
	out->given[SIDE_TORCH] = true;
	return true;
}

RowPin row_pin_nothing(Str swift) {
	return (RowPin) { .swift = swift, .given = { [SIDE_MLX] = true, [SIDE_TORCH] = true } };
}

/* ---- checking ---- */

static Str last_part(Str name) {
	for (size_t i = name.len; i-- > 0;)
		if (name.ptr[i] == '.' || name.ptr[i] == '#') return str_sub(name, i + 1, name.len);
	return name;
}

static Str first_part(Str name) {
	Str rest = last_part(name);
	return rest.len < name.len ? str_sub(name, 0, name.len - rest.len - 1) : STR_NONE;
}

/* How near a component's name is to a mistyped one: members of the same class, the same last part, that part within. */
typedef enum Near { NEAR_CLASS, NEAR_SAME, NEAR_WITHIN, NEAR_COUNT } Near;

static bool is_near(const Component *c, Str name, Near near) {
	size_t end = 0, at = utf8_find(c->name, last_part(name), 0, &end);
	switch (near) {
	case NEAR_CLASS: return c->owner.len && str_eq(c->owner, first_part(name));
	case NEAR_SAME: at = utf8_find(c->base, last_part(name), 0, &end); return at == 0 && end == c->base.len;
	default: return at != SIZE_MAX;
	}
}

static void put_near(const Outline *outline, Str name, Buf *out) {
	Arena arena = { 0 };
	size_t n = 0;
	for (int near = 0; near < NEAR_COUNT && !n; near++) {
		for (ComponentId id = 0; id < outline->n && n < 4; id++) {
			if (!is_near(&outline->components[id], name, (Near)near)) continue;
			buf_puts(out, n++ ? ", " : "; there is ");
			buf_str(out, component_label(outline, id, &arena));
		}
	}
	arena_done(&arena);
}

/* Overloads of one file stand together in a row; the same name in two files does not. */
static bool is_in_two_files(const Outline *outline, ComponentId id) {
	for (ComponentId other = outline->same_name[id]; other != COMPONENT_NONE; other = outline->same_name[other])
		if (outline->components[other].file != outline->components[id].file) return true;
	return false;
}

static bool check_name(const Scan *scan, Side side, Str name, Err *err) {
	if (!scan->sides[side].present) return err_set(err, "this session has no %s", side_title(side));
	const Outline *outline = &scan->sides[side].outline;
	size_t hash = str_find(name, "#", 0);
	Str bare = hash == SIZE_MAX ? name : str_sub(name, hash + 1, name.len);
	ComponentId id = outline_find(outline, bare);
	bool found = id != COMPONENT_NONE;
	if (found && hash != SIZE_MAX) {
		found = false;
		for (ComponentId i = id; i != COMPONENT_NONE; i = outline->same_name[i])
			found = found || str_is(str_sub(name, 0, hash), outline->source->files[outline->components[i].file].name);
	}
	if (found && (hash != SIZE_MAX || !is_in_two_files(outline, id))) return true;
	Buf near = { 0 };
	put_near(outline, name, &near);
	err_set(err, found ? "'%.*s' of the %s stands in several files%.*s" : "there is no '%.*s' in the %s%.*s",
	    STR_ARG(name), side_title(side), STR_ARG(buf_view(&near)));
	buf_done(&near);
	return false;
}

bool row_pin_check(const Scan *scan, const RowPin *pin, Err *err) {
	if (!check_name(scan, SIDE_SWIFT, pin->swift, err)) return false;
	for (Side side = SIDE_MLX; side <= SIDE_TORCH; side++)
		if (pin->given[side] && pin->other[side].len && !check_name(scan, side, pin->other[side], err)) return false;
	return true;
}

/* ---- saying ---- */

Str row_pin_words(const RowPin *pin, Arena *arena) {
	Buf out = { 0 };
	bool any = false;
	buf_str(&out, pin->swift);
	for (Side side = SIDE_MLX; side <= SIDE_TORCH; side++) {
		if (!pin->given[side]) continue;
		buf_puts(&out, any ? ", by " : " is answered by ");
		buf_str(&out, pin->other[side].len ? pin->other[side] : STR("nothing"));
		buf_printf(&out, " in the %s", side_title(side));
		any = true;
	}
	Str copy = arena_str(arena, buf_view(&out));
	buf_done(&out);
	return copy;
}

Str row_pin_event_words(Str data, Arena *arena) {
	Err err = { { 0 } };
	Json *doc = json_parse(data, &err);
	if (!doc) return STR_NONE;
	RowPin pin = { .swift = json_text_at(doc, "swift") };
	for (Side side = SIDE_MLX; side <= SIDE_TORCH; side++) {
		pin.given[side] = json_is_set(json_get(doc, side_name(side)));
		pin.other[side] = json_text_at(doc, side_name(side));
	}
	bool corrects = pin.given[SIDE_MLX] || pin.given[SIDE_TORCH];
	Str words = corrects ? row_pin_words(&pin, arena)
	                     : arena_printf(arena, "the correction of %.*s is taken back", STR_ARG(pin.swift));
	json_free(doc);
	return words;
}

uint64_t row_pins_hash(const RowPins *pins) {
	uint64_t h = HASH_SEED;
	for (size_t i = 0; i < pins->n; i++) {
		h = hash_str(hash_u64(h, i), pins->pins[i].swift);
		for (int side = 0; side < SIDE_SWIFT; side++)
			h = hash_str(hash_u64(h, pins->pins[i].given[side]), pins->pins[i].other[side]);
	}
	return h;
}
