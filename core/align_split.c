#include "core/posix.h"

#include "core/align_build.h"

#include <string.h>

/* One class here that is two there. One of the two wraps the other and passes its calls on; or one holds the other under a
 * weight key under which the one here holds a layer of the library; or one runs the parts of the other, which is not
 * called itself. */

static const double SPLIT_CONFIDENCE = 0.6, SPLIT_CONTAINED = 0.35, MOVED_ALIKE = 0.2;
enum { WRAPPER_NAMES = 3, WRAPPER_SHOWN = 4, SPLIT_WORDS = 6 };

typedef struct Holds {   /* of one side */
	ComponentId **field; /* by class and field: the class of the source that it holds, or COMPONENT_NONE */
	bool *held;          /* by class: some other class holds it */
} Holds;

typedef struct End { /* a pair of classes, looked at from one side */
	Members *m;
	const Half *own, *other;
	const uint32_t *of_own, *of_other;
	const Holds *holds_own, *holds_other;
	bool own_left;
} End;

static Holds read_holds(const Half *h, Arena *arena) {
	const Outline *o = h->outline;
	Holds out = { ARENA_ARRAY(arena, ComponentId *, h->n + 1), ARENA_ARRAY(arena, bool, h->n + 1) };
	for (size_t i = 0; i < h->n; i++) {
		const Component *c = &o->components[i];
		if (c->n_fields) out.field[i] = ARENA_ARRAY(arena, ComponentId, c->n_fields);
		for (size_t k = 0; k < c->n_fields; k++) {
			ComponentId held = outline_type(o, c->fields[k].type, c->file, c->name);
			out.field[i][k] = held;
			if (held != COMPONENT_NONE && held != i) out.held[held] = true;
		}
	}
	return out;
}

static End end_of(Members *m, bool own_left, const Holds *left, const Holds *right) {
	const Pairs *p = m->pairs;
	return own_left ? (End) { m, m->left, m->right, p->of_left, p->of_right, left, right, true }
	                : (End) { m, m->right, m->left, p->of_right, p->of_left, right, left, false };
}

static bool have_pair(const End *e, ComponentId own, ComponentId other) {
	for (size_t i = 0; i < e->m->pairs->v.n; i++) {
		const Pair *p = &e->m->pairs->v.at[i];
		if (p->left == (e->own_left ? own : other) && p->right == (e->own_left ? other : own)) return true;
	}
	return false;
}

static Pair *add_pair(const End *e, ComponentId own, ComponentId other) {
	return pairs_add(e->m->pairs, e->own_left ? own : other, e->own_left ? other : own, SPLIT_CONFIDENCE);
}

static ComponentId answer_of(const End *e, ComponentId own) {
	uint32_t at = e->of_own[own];
	if (at == UINT32_MAX) return COMPONENT_NONE;
	return e->own_left ? e->m->pairs->v.at[at].right : e->m->pairs->v.at[at].left;
}

static bool is_class(const Half *h, size_t i) {
	const Unit *u = &h->units[i];
	return u->kind == COMPONENT_CLASS && u->in_scope && !u->ignored && !h->outline->components[i].is_extension;
}

static ComponentId member_with(const Half *h, ComponentId cls, Role role) {
	for (ComponentId i = h->first_member[cls]; i != COMPONENT_NONE; i = h->next_member[i]) {
		if (h->units[i].role == role && !h->units[i].overload) return i;
	}
	return COMPONENT_NONE;
}

/* ---- wrappers ---- */

/* Names of members that a class and the one it wraps have in common, beside what every class has. */
static size_t passed_on(const Half *h, ComponentId wrapper, ComponentId inner, Str names[WRAPPER_SHOWN]) {
	size_t n = 0;
	for (ComponentId i = h->first_member[wrapper]; i != COMPONENT_NONE; i = h->next_member[i]) {
		if (!is_callable(h, i) || h->units[i].role == ROLE_INIT) continue;
		for (ComponentId k = h->first_member[inner]; k != COMPONENT_NONE; k = h->next_member[k]) {
			if (!is_callable(h, k) || !str_eq(h->outline->components[i].base, h->outline->components[k].base)) continue;
			if (n < WRAPPER_SHOWN) names[n] = h->outline->components[i].base;
			n++;
			break;
		}
	}
	return n;
}

static void pair_members(const End *e, ComponentId own_class, ComponentId other_class) {
	for (ComponentId i = e->own->first_member[own_class]; i != COMPONENT_NONE; i = e->own->next_member[i]) {
		const Unit *a = &e->own->units[i];
		if (!is_callable(e->own, i)) continue;
		for (ComponentId k = e->other->first_member[other_class]; k != COMPONENT_NONE; k = e->other->next_member[k]) {
			const Unit *b = &e->other->units[k];
			if (!is_callable(e->other, k) || a->role != b->role || have_pair(e, i, k)) continue;
			if (a->role == ROLE_NONE && (name_likeness(a, b) < 0.95 || e->of_own[i] != UINT32_MAX)) continue;
			members_explain(e->m, add_pair(e, i, k));
		}
	}
}

/* The class of the other side answers what `wrapper` wraps; does it answer the wrapper too? */
static void pair_wrapper(const End *e, ComponentId wrapper, ComponentId inner) {
	ComponentId answer = answer_of(e, inner);
	if (answer == COMPONENT_NONE || !is_class(e->other, answer) || have_pair(e, wrapper, answer)) return;
	if (e->holds_other->held[answer] || e->holds_own->held[wrapper]) return; /* both stand on top of their models */
	Str names[WRAPPER_SHOWN];
	size_t n = passed_on(e->own, wrapper, inner, names);
	if (n < WRAPPER_NAMES) return;
	Str inner_name = e->own->outline->components[inner].name;
	pair_say(add_pair(e, wrapper, answer),
	    arena_printf(e->m->arena, "wraps %.*s and passes on %.*s, %.*s, %.*s", STR_ARG(inner_name), STR_ARG(names[0]),
	        STR_ARG(names[1]), STR_ARG(names[2])));
	pair_members(e, wrapper, answer);
}

static void match_wrappers(const End *e) {
	for (size_t i = 0; i < e->own->n && !members_stopped(e->m); i++) {
		if (!is_class(e->own, i)) continue;
		const Component *c = &e->own->outline->components[i];
		for (size_t k = 0; k < c->n_fields; k++) {
			ComponentId inner = e->holds_own->field[i][k];
			if (inner == COMPONENT_NONE || inner == i || answer_of(e, (ComponentId)i) == answer_of(e, inner)) continue;
			pair_wrapper(e, (ComponentId)i, inner);
		}
	}
}

/* ---- classes taken in ---- */

/* Whether a class has a field of that weight key that holds a layer of the library: an operation has its name. */
static bool holds_layer(const End *e, ComponentId cls, Str key) {
	const Component *c = &e->other->outline->components[cls];
	for (size_t i = 0; i < c->n_fields; i++) {
		if (!str_eq(c->fields[i].key, key)) continue;
		Str type = name_squash(e->m->arena, component_bare_type(c->fields[i].type));
		return e->holds_other->field[cls][i] == COMPONENT_NONE && op_find(type) != OP_NONE;
	}
	return false;
}

/* `cls` has no answer; `holder` holds it under `key` and is answered by `answer`. */
static void take_in(const End *e, ComponentId cls, Str key, ComponentId answer) {
	if (!holds_layer(e, answer, key)) return;
	ComponentId call = member_with(e->own, cls, ROLE_CALL), into = member_with(e->other, answer, ROLE_CALL);
	if (call == COMPONENT_NONE || into == COMPONENT_NONE) return;
	size_t words;
	double share = bag_contained(&e->own->units[call].body, &e->other->units[into].body, &words);
	if (share < SPLIT_CONTAINED || words < SPLIT_WORDS) return;
	Str key_words = arena_printf(e->m->arena, "weight key %.*s: what %.*s does stands in its holder here", STR_ARG(key),
	    STR_ARG(e->own->outline->components[cls].name));
	pair_say(add_pair(e, cls, answer), key_words);
	pair_say(
	    add_pair(e, call, into), arena_printf(e->m->arena, "%d%% of its words stand in this one", (int)(share * 100)));
	ComponentId a = member_with(e->own, cls, ROLE_INIT), b = member_with(e->other, answer, ROLE_INIT);
	if (a != COMPONENT_NONE && b != COMPONENT_NONE) members_explain(e->m, add_pair(e, a, b));
}

static void match_taken_in(const End *e) {
	for (size_t i = 0; i < e->own->n && !members_stopped(e->m); i++) {
		ComponentId answer = is_class(e->own, i) ? answer_of(e, (ComponentId)i) : COMPONENT_NONE;
		if (answer == COMPONENT_NONE || !is_class(e->other, answer)) continue;
		const Component *c = &e->own->outline->components[i];
		for (size_t k = 0; k < c->n_fields; k++) {
			ComponentId held = e->holds_own->field[i][k];
			if (held == COMPONENT_NONE || e->of_own[held] != UINT32_MAX || !c->fields[k].is_module) continue;
			take_in(e, held, c->fields[k].key, answer);
		}
	}
}

/* ---- calls that moved to the holder ---- */

/* `cls` has no call of its own; `answer` has one that nothing answers. */
static void move_call(const End *e, ComponentId holder, ComponentId cls, ComponentId answer) {
	ComponentId call = member_with(e->own, holder, ROLE_CALL), there = member_with(e->other, answer, ROLE_CALL);
	if (call == COMPONENT_NONE || there == COMPONENT_NONE || member_with(e->own, cls, ROLE_CALL) != COMPONENT_NONE)
		return;
	if (e->of_other[there] != UINT32_MAX) return;
	double alike = words_alike(e->m, e->own_left ? call : there, e->own_left ? there : call);
	if (alike < MOVED_ALIKE) return;
	Str name = e->own->outline->components[cls].name;
	Pair *pair = add_pair(e, call, there);
	pair_say(pair, arena_printf(e->m->arena, "runs the parts of %.*s, which has no call of its own", STR_ARG(name)));
	members_explain(e->m, pair);
	if (e->of_own[holder] != UINT32_MAX) return;
	pair_say(add_pair(e, holder, answer), arena_printf(e->m->arena, "holds %.*s and does its work", STR_ARG(name)));
	ComponentId a = member_with(e->own, holder, ROLE_INIT), b = member_with(e->other, answer, ROLE_INIT);
	if (a != COMPONENT_NONE && b != COMPONENT_NONE) members_explain(e->m, add_pair(e, a, b));
}

/* The class of the source that is the only module a class holds, or COMPONENT_NONE. */
static ComponentId only_module(const End *e, ComponentId cls) {
	const Component *c = &e->own->outline->components[cls];
	ComponentId found = COMPONENT_NONE;
	size_t n = 0;
	for (size_t k = 0; k < c->n_fields; k++) {
		if (!c->fields[k].is_module) continue;
		found = e->holds_own->field[cls][k];
		n++;
	}
	return n == 1 && found != cls ? found : COMPONENT_NONE;
}

static void match_moved(const End *e) {
	for (size_t i = 0; i < e->own->n && !members_stopped(e->m); i++) {
		ComponentId held = is_class(e->own, i) ? only_module(e, (ComponentId)i) : COMPONENT_NONE;
		ComponentId answer = held == COMPONENT_NONE ? COMPONENT_NONE : answer_of(e, held);
		if (answer != COMPONENT_NONE && is_class(e->other, answer)) move_call(e, (ComponentId)i, held, answer);
	}
}

void align_splits(Members *m) {
	ops_load();
	Holds left = read_holds(m->left, m->arena), right = read_holds(m->right, m->arena);
	static void (*const steps[])(const End *) = { match_moved, match_taken_in, match_wrappers };
	for (size_t i = 0; i < BASE_COUNT(steps); i++) {
		for (int own_left = 0; own_left < 2; own_left++) {
			End e = end_of(m, own_left, &left, &right);
			steps[i](&e);
		}
	}
}
