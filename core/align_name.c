#include "core/posix.h"

#include "core/align_build.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

/* What components are called: without what a side or a file puts before all its names, and how alike two names are. */

bool name_is_light(Str word) {
	static const char *const light[] = { "compute", "get", "calculate", "make", "do", "perform", "run", "to", "from",
		"with", "apply", "the", "of", "and", "for", "load" };
	for (size_t i = 0; i < BASE_COUNT(light); i++) {
		if (str_is(word, light[i])) return true;
	}
	return word.len < 2;
}

/* ---- names ---- */

Role align_role(const Outline *o, const Component *c) {
	if (c->kind != COMPONENT_METHOD) return ROLE_NONE;
	if (c->is_init) return ROLE_INIT;
	if (str_is(c->base, "callAsFunction") || str_is(c->base, "__call__") || str_is(c->base, "forward"))
		return ROLE_CALL;
	if (!str_is(c->base, "__post_init__")) return ROLE_NONE;
	Str init = arena_printf(o->arena, "%.*s.__init__", STR_ARG(c->owner));
	return outline_find(o, init) == COMPONENT_NONE ? ROLE_INIT : ROLE_NONE;
}

static void count_prefix(Prefixes *p, Str text, uint32_t file) {
	for (size_t i = 0; i < p->v.n; i++) {
		if (p->v.at[i].file != file || !str_eq(p->v.at[i].text, text)) continue;
		p->v.at[i].n++;
		return;
	}
	VEC_PUSH(p->v) = (Prefix) { text, 1, file };
}

/* Beginnings that most class names of a side, or of one of its files, share: such as a model's name. */
Prefixes align_find_prefixes(const Outline *o, Arena *arena) {
	Prefixes all = { 0 }, out = { 0 };
	size_t n_side = 0;
	uint32_t *n_file = base_alloc((o->source->n_files + 1) * sizeof *n_file);
	for (size_t i = 0; i < o->n; i++) {
		const Component *c = &o->components[i];
		if (c->kind != COMPONENT_CLASS || str_is(c->base, "CodingKeys")) continue;
		n_side++;
		n_file[c->file]++;
		Str rest = c->base, part;
		for (int k = 0; k < 3 && name_next_part(&rest, &part) && rest.len; k++) {
			Str text = name_squash(arena, str_sub(c->base, 0, c->base.len - rest.len));
			count_prefix(&all, text, UINT32_MAX);
			count_prefix(&all, text, c->file);
		}
	}
	for (size_t i = 0; i < all.v.n; i++) {
		const Prefix *p = &all.v.at[i];
		size_t of = p->file == UINT32_MAX ? n_side : n_file[p->file];
		if (p->n >= 3 && p->n * 5 >= of * 2 && p->text.len > 2) VEC_PUSH(out.v) = *p;
	}
	free(n_file);
	VEC_FREE(all.v);
	return out;
}

static void add_form(Unit *u, Str form) {
	for (size_t i = 0; i < u->n_forms; i++) {
		if (str_eq(u->forms[i], form)) return;
	}
	if (form.len > 1 && u->n_forms < UNIT_FORMS) u->forms[u->n_forms++] = form;
}

/* Length in the name of a beginning that has `squashed` letters and digits. */
static size_t length_in_name(Str name, size_t squashed) {
	size_t i = 0;
	for (; i < name.len && squashed; i++) squashed -= isalnum((unsigned char)name.ptr[i]) != 0;
	return i;
}

/* The longest known beginning of the name: shared by classes, or the name of its file or a folder. */
static size_t prefix_length(const Prefixes *prefixes, Str whole, uint32_t index, const char *file, Arena *arena) {
	size_t best = 0;
	for (size_t i = 0; i < prefixes->v.n; i++) {
		Str p = prefixes->v.at[i].text;
		if (prefixes->v.at[i].file != UINT32_MAX && prefixes->v.at[i].file != index) continue;
		if (p.len > best && p.len < whole.len && str_eq(str_sub(whole, 0, p.len), p)) best = p.len;
	}
	Str rest = str_of(file), part;
	while (rest.ptr && str_split(&rest, '/', &part)) {
		size_t dot = str_find(part, ".", 0);
		Str p = name_squash(arena, dot == SIZE_MAX ? part : str_sub(part, 0, dot));
		if (p.len > 2 && p.len > best && p.len < whole.len && str_eq(str_sub(whole, 0, p.len), p)) best = p.len;
	}
	return best;
}

/* A filter: what stands in a text has no pair of letters that the text hasn't. */
static uint64_t letters_of(Str text) {
	uint64_t out = 0;
	for (size_t i = 0; i + 1 < text.len; i++)
		out |= (uint64_t)1 << (((unsigned char)text.ptr[i] * 31U + (unsigned char)text.ptr[i + 1]) & 63);
	return out;
}

void align_read_name(Unit *u, const Component *c, const Prefixes *prefixes, const char *file, Arena *arena) {
	Str whole = name_squash(arena, c->base);
	if (!whole.len) whole = c->base; /* operators */
	add_form(u, whole);
	if (!u->n_forms) u->forms[u->n_forms++] = whole;
	Str name = c->base;
	size_t prefix = c->kind == COMPONENT_METHOD ? 0 : prefix_length(prefixes, whole, c->file, file, arena);
	if (prefix && isdigit((unsigned char)whole.ptr[prefix])) prefix = 0; /* Llama3 is no Llama */
	if (prefix) {
		add_form(u, str_sub(whole, prefix, whole.len));
		name = str_sub(name, length_in_name(name, prefix), name.len);
	}
	Buf joined = { 0 };
	Str rest = c->base, part;
	while (name_next_part(&rest, &part)) u->n_whole_parts++;
	rest = name;
	while (u->n_parts < UNIT_PARTS && name_next_part(&rest, &part)) {
		u->parts[u->n_parts] = name_canonical(name_squash(arena, part));
		u->part_letters[u->n_parts] = letters_of(u->parts[u->n_parts]);
		buf_str(&joined, u->parts[u->n_parts++]);
	}
	u->letters = letters_of(buf_view(&joined));
	u->joined = arena_str(arena, buf_view(&joined));
	add_form(u, u->joined);
	buf_done(&joined);
}

static bool stands_in(Str part, Str whole) {
	for (size_t i = 0; i + part.len <= whole.len; i++) {
		if (memcmp(whole.ptr + i, part.ptr, part.len) == 0) return true;
	}
	return false;
}

static double covered(const Unit *a, const Unit *b) {
	double all = 0, found = 0;
	for (size_t i = 0; i < a->n_parts; i++) {
		if (!a->parts[i].len) continue;
		all += (double)a->part_weights[i];
		if ((a->part_letters[i] & ~b->letters) == 0 && stands_in(a->parts[i], b->joined))
			found += (double)a->part_weights[i];
	}
	return all > 0 ? found / all : 0;
}

/* How much the words of a name say together. */
static double weight_of(const Unit *u) {
	double sum = 0;
	for (size_t i = 0; i < u->n_parts; i++) sum += (double)u->part_weights[i];
	return sum;
}

static double at_most_one(double x) { return x > 1 ? 1 : x; }

/* Below this weight the words left of a name ("Config") are shared by chance. */
static const double TELLING = 1.5;

double name_likeness(const Unit *a, const Unit *b) {
	if (str_eq(a->forms[0], b->forms[0])) return 1;
	for (size_t i = 0; i < a->n_forms; i++) {
		for (size_t k = 0; k < b->n_forms; k++) {
			if (str_eq(a->forms[i], b->forms[k])) return 0.95 * at_most_one(weight_of(a) / TELLING);
		}
	}
	double x = covered(a, b), y = covered(b, a);
	return x + y > 0 ? 0.9 * 2 * x * y / (x + y) : 0;
}
