#include "core/posix.h"

#include "core/align_build.h"

#include <stdlib.h>
#include <string.h>

/* What the two assignments leave: one that answers several, what was taken into another, classes that are functions on
 * the other side. Each pair found here says which of these it is. */

static double at_most_one(double x) { return x > 1 ? 1 : x; }

/* ---- one that answers several ---- */

/* A callable without an answer whose very name has one: the port has it twice, or the reference has. */
static void also_answer(Members *m, ComponentId i, ComponentId k) {
	const Unit *a = &m->left->units[i], *b = &m->right->units[k];
	if (a->role != ROLE_NONE || b->role != ROLE_NONE) return;
	bool functions = a->kind == COMPONENT_FUNCTION && b->kind == COMPONENT_FUNCTION;
	ComponentId p = m->left->outline->components[i].parent, q = m->right->outline->components[k].parent;
	if (p != COMPONENT_NONE && q != COMPONENT_NONE && class_answer(m, p) != q) return; /* every layer has a reset */
	/* A reference has siblings that were never ported; only its functions are taken for one more of the same. */
	if (m->pairs->of_left[i] != UINT32_MAX && b->kind != COMPONENT_FUNCTION) return;
	double name = name_likeness(a, b), words = words_alike(m, i, k);
	bool same = functions && name >= 0.99 && words >= 0.05;
	if (!same && (name < 0.95 || words < 0.12 || a->n_whole_parts < 2)) return;
	members_explain(m, pairs_add(m->pairs, i, k, 0.5 + 0.4 * words));
}

static const double SECOND_CONFIDENCE = 0.5;

/* ---- classes and functions ---- */

static double crossed_likeness(const Members *m, ComponentId i, ComponentId k) {
	const Unit *a = &m->left->units[i], *b = &m->right->units[k];
	if ((a->kind == COMPONENT_CLASS) == (b->kind == COMPONENT_CLASS)) return 0;
	double name = name_likeness(a, b);
	return name < 0.3 ? 0 : 0.4 * name + 0.6 * at_most_one(1.6 * words_alike(m, i, k));
}

static const Rule CROSSED = { crossed_likeness, 0.5, 0, 1 };

static Ids open_classes_and_functions(const Half *h, const uint32_t *pair_of) {
	Ids out = { 0 };
	for (size_t i = 0; i < h->n; i++) {
		const Unit *u = &h->units[i];
		bool fits =
		    u->kind == COMPONENT_FUNCTION || (u->kind == COMPONENT_CLASS && !h->outline->components[i].is_extension);
		if (fits && u->in_scope && !u->ignored && !u->overload && pair_of[i] == UINT32_MAX)
			VEC_PUSH(out.v) = (ComponentId)i;
	}
	return out;
}

/* What one side makes a class of and the other a function. The function stands for the class's init, too. */
static void match_crossed(Members *m) {
	Ids left = open_classes_and_functions(m->left, m->pairs->of_left),
	    right = open_classes_and_functions(m->right, m->pairs->of_right);
	size_t before = m->pairs->v.n;
	members_match(m, left.v.at, left.v.n, right.v.at, right.v.n, CROSSED);
	size_t after = m->pairs->v.n;
	for (size_t p = before; p < after; p++) {
		Pair pair = m->pairs->v.at[p];
		bool class_left = m->left->units[pair.left].kind == COMPONENT_CLASS;
		const Half *h = class_left ? m->left : m->right;
		ComponentId cls = class_left ? pair.left : pair.right;
		if (name_likeness(&m->left->units[pair.left], &m->right->units[pair.right]) >= 0.99)
			continue; /* it makes one */
		for (size_t i = 0; i < h->n; i++) {
			if (h->outline->components[i].parent != cls || h->units[i].role != ROLE_INIT || h->units[i].overload)
				continue;
			ComponentId init = (ComponentId)i;
			members_explain(m, pairs_add(m->pairs, class_left ? init : pair.left, class_left ? pair.right : init,
			                       (double)pair.confidence));
		}
	}
	VEC_FREE(left.v);
	VEC_FREE(right.v);
}

/* Members of a class that answers one that another class answers already: by name and role alone. */
static void second_members(Members *m, ComponentId left_class, ComponentId right_class) {
	for (size_t i = 0; i < m->left->n; i++) {
		if (m->left->outline->components[i].parent != left_class || !is_callable(m->left, i) ||
		    m->pairs->of_left[i] != UINT32_MAX)
			continue;
		const Unit *a = &m->left->units[i];
		for (size_t k = 0; k < m->right->n; k++) {
			const Unit *b = &m->right->units[k];
			if (m->right->outline->components[k].parent != right_class || !is_callable(m->right, k) ||
			    a->role != b->role)
				continue;
			if (a->role == ROLE_NONE && name_likeness(a, b) < 0.95) continue;
			members_explain(m, pairs_add(m->pairs, (ComponentId)i, (ComponentId)k, SECOND_CONFIDENCE));
		}
	}
}

/* A class of the port that has no answer, but the very name of one that is taken: the port has split it. */
static void second_classes(Members *m) {
	for (size_t i = 0; i < m->left->n; i++) {
		const Unit *a = &m->left->units[i];
		bool fits = a->kind == COMPONENT_CLASS && a->in_scope && !a->ignored && a->n_whole_parts > 1 &&
		            m->pairs->of_left[i] == UINT32_MAX;
		for (size_t k = 0; k < m->right->n && fits; k++) {
			const Unit *b = &m->right->units[k];
			if (b->kind != COMPONENT_CLASS || !str_eq(a->forms[0], b->forms[0])) continue;
			pair_say(pairs_add(m->pairs, (ComponentId)i, (ComponentId)k, SECOND_CONFIDENCE), STR("same name"));
			second_members(m, (ComponentId)i, (ComponentId)k);
			break;
		}
	}
}

/* ---- the same name twice ---- */

static const double SWAP_GAIN = 0.15;

static bool same_owner(const Members *m, const Pair *p) {
	ComponentId a = m->left->outline->components[p->left].parent, b = m->right->outline->components[p->right].parent;
	return a != COMPONENT_NONE && b != COMPONENT_NONE && class_answer(m, a) == b;
}

/* Two pairs of one name, one of which doesn't lie within classes that answer each other: the bodies say which goes where. */
static void swap_namesakes(Members *m, Pair *p, Pair *q) {
	if (same_owner(m, p) && same_owner(m, q)) return;
	double now = words_alike(m, p->left, p->right) + words_alike(m, q->left, q->right);
	double then = words_alike(m, p->left, q->right) + words_alike(m, q->left, p->right);
	if (then < now + SWAP_GAIN) return;
	uint32_t *of = m->pairs->of_right, at = of[p->right];
	ComponentId right = p->right;
	of[p->right] = of[q->right];
	of[q->right] = at;
	p->right = q->right;
	q->right = right;
	p->n_evidence = q->n_evidence = 0;
	members_explain(m, p);
	members_explain(m, q);
}

static void match_namesakes(Members *m) {
	Map first = { 0 }; /* name -> index of a pair + 1 */
	for (size_t i = 0; i < m->pairs->v.n; i++) {
		Pair *p = &m->pairs->v.at[i];
		const Unit *a = &m->left->units[p->left], *b = &m->right->units[p->right];
		if (a->kind == COMPONENT_CLASS || a->role != ROLE_NONE || a->n_whole_parts < 2 ||
		    !str_eq(a->forms[0], b->forms[0]))
			continue;
		uintptr_t *before = map_get(&first, a->forms[0]);
		if (before) swap_namesakes(m, &m->pairs->v.at[*before], p);
		map_put(&first, a->forms[0], i);
	}
	map_done(&first);
}

/* ---- what passes its work on, and what is inherited ---- */

enum { THIN = 24 }; /* words of a body that does little itself */

/* The one callee of another class that is called as its caller is; COMPONENT_NONE when there are none or several. */
static ComponentId passed_to(const Half *h, ComponentId id) {
	ComponentId found = COMPONENT_NONE;
	for (uint32_t e = h->calls.first[id]; e < h->calls.first[id + 1]; e++) {
		ComponentId callee = h->calls.to[e];
		if (!str_eq(h->units[id].forms[0], h->units[callee].forms[0])) continue;
		if (h->outline->components[callee].parent == h->outline->components[id].parent) continue;
		if (found != COMPONENT_NONE) return COMPONENT_NONE;
		found = callee;
	}
	return found;
}

/* An open callable that calls one of the same name, which has an answer: it only passes the work on. */
static void pass_on(Members *m, bool left, ComponentId id) {
	const Half *h = left ? m->left : m->right;
	const uint32_t *of = left ? m->pairs->of_left : m->pairs->of_right;
	ComponentId callee = passed_to(h, id);
	if (callee == COMPONENT_NONE || of[callee] == UINT32_MAX) return;
	Pair pair = m->pairs->v.at[of[callee]];
	Pair *added = pairs_add(m->pairs, left ? id : pair.left, left ? pair.right : id, 0.8 * (double)pair.confidence);
	pair_say(added, arena_printf(m->arena, "passes its work on to %.*s, which answers this one",
	                    STR_ARG(h->outline->components[callee].name)));
}

static void match_passed_on(Members *m, bool left) {
	const Half *h = left ? m->left : m->right;
	for (size_t i = 0; i < h->n && !members_stopped(m); i++) {
		bool open = (left ? m->pairs->of_left : m->pairs->of_right)[i] == UINT32_MAX;
		const Unit *u = &h->units[i];
		bool thin = u->body.n <= THIN && u->role == ROLE_NONE && !h->outline->components[i].is_computed;
		if (open && thin && is_callable(h, i) && u->in_scope) pass_on(m, left, (ComponentId)i);
	}
}

/* A member of the reference's bases that plays this part and that the class itself doesn't override; or COMPONENT_NONE. */
static ComponentId inherited(const Half *h, ComponentId cls, const Unit *like) {
	for (int depth = 0; depth < 4 && cls != COMPONENT_NONE; depth++) {
		const Component *c = &h->outline->components[cls];
		for (ComponentId i = h->first_member[cls]; i != COMPONENT_NONE; i = h->next_member[i]) {
			const Unit *u = &h->units[i];
			if (!is_callable(h, i) || u->role != like->role) continue;
			if (u->role == ROLE_CALL || str_eq(u->forms[0], like->forms[0])) return depth ? i : COMPONENT_NONE;
		}
		cls = c->n_bases ? outline_type(h->outline, c->bases[0], c->file, c->owner) : COMPONENT_NONE;
	}
	return COMPONENT_NONE;
}

/* What the port's class says itself may be inherited in the reference. */
static void match_inherited(Members *m) {
	size_t n = m->pairs->v.n;
	for (size_t p = 0; p < n && !members_stopped(m); p++) {
		Pair pair = m->pairs->v.at[p];
		if (m->left->units[pair.left].kind != COMPONENT_CLASS || m->right->units[pair.right].kind != COMPONENT_CLASS)
			continue;
		for (ComponentId i = m->left->first_member[pair.left]; i != COMPONENT_NONE; i = m->left->next_member[i]) {
			const Unit *u = &m->left->units[i];
			if (!is_callable(m->left, i) || m->pairs->of_left[i] != UINT32_MAX || u->role == ROLE_INIT) continue;
			ComponentId k = inherited(m->right, pair.right, u);
			if (k == COMPONENT_NONE) continue;
			Pair *added = pairs_add(m->pairs, i, k, 0.8 * (double)pair.confidence);
			pair_say(added, STR("inherited there"));
			members_explain(m, added);
		}
	}
}

/* ---- a second entry ---- */

static const double SECOND_ENTRY = 0.45;

/* Both classes are called, but one of the port's other methods does more of what the reference does when called than
 * the port's own call: the work was moved there, and the call stayed for single steps. */
static void match_second_entry(Members *m, ComponentId left_call, ComponentId right_call) {
	ComponentId cls = m->left->outline->components[left_call].parent, entry = COMPONENT_NONE;
	double best = words_alike(m, left_call, right_call);
	if (best < SECOND_ENTRY) best = SECOND_ENTRY;
	for (ComponentId i = m->left->first_member[cls]; i != COMPONENT_NONE; i = m->left->next_member[i]) {
		if (!is_callable(m->left, i) || m->left->units[i].role != ROLE_NONE || m->pairs->of_left[i] != UINT32_MAX)
			continue;
		double alike = words_alike(m, i, right_call);
		if (alike <= best) continue;
		best = alike;
		entry = i;
	}
	if (entry == COMPONENT_NONE) return;
	Pair *pair = pairs_add(m->pairs, entry, right_call, 0.5 + 0.4 * best);
	pair_say(pair, STR("does more of what a call does there than the port's own call"));
	members_explain(m, pair);
}

static void second_entries(Members *m) {
	size_t n = m->pairs->v.n;
	for (size_t i = 0; i < n; i++) {
		Pair p = m->pairs->v.at[i];
		bool calls = m->left->units[p.left].role == ROLE_CALL && m->right->units[p.right].role == ROLE_CALL;
		if (calls && m->left->units[p.left].in_scope && m->right->units[p.right].in_scope)
			match_second_entry(m, p.left, p.right);
	}
}

void align_extra(Arena *arena, Pairs *pairs, const volatile bool *cancel) {
	Members m = { .left = pairs->left, .right = pairs->right, .arena = arena, .pairs = pairs, .cancel = cancel };
	match_namesakes(&m);
	match_passed_on(&m, true);
	match_passed_on(&m, false);
	if (m.left->side == SIDE_SWIFT) match_inherited(&m);
	match_crossed(&m);
	align_bodies(&m);
	align_splits(&m);
	if (m.left->side == SIDE_SWIFT) {
		second_classes(&m);
		second_entries(&m);
	}
	for (size_t i = 0; i < m.left->n && !members_stopped(&m); i++) {
		if (!is_callable(m.left, i) || !m.left->units[i].in_scope) continue;
		for (size_t k = 0; k < m.right->n; k++) {
			bool open = pairs->of_left[i] == UINT32_MAX || pairs->of_right[k] == UINT32_MAX;
			if (open && is_callable(m.right, k) && m.right->units[k].in_scope)
				also_answer(&m, (ComponentId)i, (ComponentId)k);
		}
	}
	align_taken(&m);
}
