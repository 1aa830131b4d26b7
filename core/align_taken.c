#include "core/posix.h"

#include "core/align_build.h"

#include <stdlib.h>
#include <string.h>

/* What was taken into another or out of it. A callable without an answer whose words nearly all stand in one callable of
 * the other side, and in no other so well; and a callable of the port that nothing answers, but that several of the
 * reference stand in: it was made of these. */

enum {
	TAKEN_WORDS = 14, /* fewer words may meet by chance */
	TAKEN_MOST = 3,   /* a very long callable has words of everything: the surest few count */
	MERGED_WORDS = 7,
	MERGED_LEAST = 4, /* so many stand in one before it counts as made of them */
	INLINED_WORDS = 12,
	INLINED_OPS = 8, /* fewer operations are done in many places */
	MERGED_CLASS = 2 /* so many members of one class before the class counts as taken in, too */
};
static const double TAKEN_OPEN = 0.55, TAKEN_TAKEN = 0.62, TAKEN_FOREIGN = 0.7, TAKEN_MARGIN = 0.2;
static const double MERGED_SHARE = 0.38, MERGED_MARGIN = 0.03;
static const double INLINED_SHARE = 0.5, INLINED_OPS_SHARE = 0.8;

typedef struct Place { /* where the words of one callable stand best */
	ComponentId part, whole;
	double share, second;
	size_t words;
	bool part_left;
} Place;
typedef struct Places {
	VEC(Place) v;
} Places;

typedef struct Wholes { /* in which a part may stand */
	Ids ids;
	WordIndex index;
	double *found;   /* of the part looked at: the squares of the words' weights that stand in each, ... */
	uint32_t *words; /* ... and how many words they are */
} Wholes;

static Wholes wholes_new(const Half *h) {
	Wholes out = { 0 };
	for (size_t i = 0; i < h->n; i++) {
		if (is_callable(h, i) && h->units[i].in_scope) VEC_PUSH(out.ids.v) = (ComponentId)i;
	}
	out.index = index_new(h, &out.ids);
	out.found = base_alloc((out.ids.v.n + 1) * sizeof *out.found);
	out.words = base_alloc((out.ids.v.n + 1) * sizeof *out.words);
	return out;
}

static void wholes_free(Wholes *w) {
	VEC_FREE(w->ids.v);
	index_free(&w->index);
	free(w->found);
	free(w->words);
}

static void count_words(Wholes *wholes, const Bag *part) {
	memset(wholes->found, 0, wholes->ids.v.n * sizeof *wholes->found);
	memset(wholes->words, 0, wholes->ids.v.n * sizeof *wholes->words);
	for (size_t w = 0; w < part->n; w++) {
		size_t n;
		const uint32_t *at = index_of(&wholes->index, part->at[w].word, &n);
		double square = (double)part->at[w].weight * part->at[w].weight;
		for (size_t e = 0; e < n; e++) {
			wholes->found[at[e]] += square;
			wholes->words[at[e]]++;
		}
	}
}

static Place best_place(const Half *own, Wholes *wholes, bool left, ComponentId id) {
	const Bag *part = &own->units[id].body;
	Place best = { .part = id, .whole = COMPONENT_NONE, .part_left = left };
	count_words(wholes, part);
	for (size_t k = 0; k < wholes->ids.v.n; k++) {
		double share = wholes->found[k] / (part->norm * part->norm);
		if (share > best.share) {
			best.second = best.share;
			best.share = share;
			best.words = wholes->words[k];
			best.whole = wholes->ids.v.at[k];
		} else if (share > best.second) {
			best.second = share;
		}
	}
	return best;
}

static void place_open(const Members *m, bool left, Places *places) {
	const Half *own = left ? m->left : m->right;
	const uint32_t *of = left ? m->pairs->of_left : m->pairs->of_right;
	Wholes wholes = wholes_new(left ? m->right : m->left);
	for (size_t i = 0; i < own->n && !members_stopped(m); i++) {
		const Unit *u = &own->units[i];
		if (!is_callable(own, i) || of[i] != UINT32_MAX || u->role == ROLE_INIT || u->body.n < MERGED_WORDS) continue;
		Place place = best_place(own, &wholes, left, (ComponentId)i);
		if (place.whole != COMPONENT_NONE) VEC_PUSH(places->v) = place;
	}
	wholes_free(&wholes);
}

static Pair *add_place(Members *m, const Place *p) {
	Pair *pair =
	    pairs_add(m->pairs, p->part_left ? p->part : p->whole, p->part_left ? p->whole : p->part, 0.8 * p->share);
	pair_say(pair, arena_printf(m->arena, "%d%% of its words stand in this one", (int)(p->share * 100)));
	return pair;
}

static bool is_open(const Members *m, bool left, ComponentId id) {
	return (left ? m->pairs->of_left : m->pairs->of_right)[id] == UINT32_MAX;
}

/* ---- taken in, one by one ---- */

/* Whether the callable that a nested one is declared in answers the whole: then nothing more is to be said. */
static bool outer_answers(const Members *m, const Place *p) {
	const Half *own = p->part_left ? m->left : m->right;
	if (p->part < own->outline->n) return false;
	ComponentId outer = outline_find(own->outline, own->outline->components[p->part].owner);
	uint32_t at = outer == COMPONENT_NONE ? UINT32_MAX : (p->part_left ? m->pairs->of_left : m->pairs->of_right)[outer];
	return at != UINT32_MAX && (p->part_left ? m->pairs->v.at[at].right : m->pairs->v.at[at].left) == p->whole;
}

static bool is_taken(const Members *m, const Place *p) {
	const Half *own = p->part_left ? m->left : m->right;
	if (outer_answers(m, p) || own->outline->components[p->part].is_computed) return false;
	if (own->units[p->part].role != ROLE_NONE || own->units[p->part].body.n < TAKEN_WORDS) return false;
	if (p->share - p->second < TAKEN_MARGIN || p->words < TAKEN_WORDS || !is_open(m, p->part_left, p->part))
		return false;
	ComponentId cls = own->outline->components[p->part].parent;
	bool foreign = cls != COMPONENT_NONE && is_open(m, p->part_left, cls);
	bool taken = !is_open(m, !p->part_left, p->whole);
	return p->share >= (foreign ? TAKEN_FOREIGN : taken ? TAKEN_TAKEN : TAKEN_OPEN);
}

static int compare_places(const void *a, const void *b) {
	const Place *x = a, *y = b;
	if (x->part_left != y->part_left) return x->part_left ? -1 : 1;
	if (x->whole != y->whole) return x->whole < y->whole ? -1 : 1;
	if (x->share != y->share) return x->share > y->share ? -1 : 1;
	return (x->part > y->part) - (x->part < y->part);
}

static void match_taken(Members *m, const Places *places) {
	Places found = { 0 };
	for (size_t i = 0; i < places->v.n; i++) {
		if (is_taken(m, &places->v.at[i])) VEC_PUSH(found.v) = places->v.at[i];
	}
	if (found.v.n) qsort(found.v.at, found.v.n, sizeof *found.v.at, compare_places);
	for (size_t i = 0, same = 0; i < found.v.n; i++) {
		const Place *p = &found.v.at[i], *before = i ? p - 1 : NULL;
		same = before && before->whole == p->whole && before->part_left == p->part_left ? same + 1 : 0;
		if (same < TAKEN_MOST) add_place(m, p);
	}
	VEC_FREE(found.v);
}

/* ---- one made of several ---- */

static bool is_part(const Members *m, const Place *p) {
	if (p->part_left || m->right->outline->components[p->part].is_computed)
		return false; /* a value is no piece of work */
	return p->share >= MERGED_SHARE && p->share - p->second >= MERGED_MARGIN && p->words >= MERGED_WORDS &&
	       is_open(m, false, p->part) && m->right->units[p->part].in_scope &&
	       m->left->units[p->whole].role == ROLE_NONE;
}

static ComponentId init_of(const Half *h, ComponentId cls) {
	for (ComponentId i = h->first_member[cls]; i != COMPONENT_NONE; i = h->next_member[i]) {
		if (h->units[i].role == ROLE_INIT && !h->units[i].overload) return i;
	}
	return COMPONENT_NONE;
}

/* A class of the reference without an answer, members of which stand in a method of the port: so does the class in the
 * method's class. */
static void merge_class(Members *m, ComponentId cls, ComponentId whole, size_t n_members) {
	ComponentId owner = m->left->outline->components[whole].parent;
	if (cls == COMPONENT_NONE || owner == COMPONENT_NONE || n_members < MERGED_CLASS || !is_open(m, false, cls)) return;
	Pair *pair = pairs_add(m->pairs, owner, cls, 0.5);
	pair_say(pair, arena_printf(m->arena, "%zu of its members stand in %.*s", n_members,
	                   STR_ARG(m->left->outline->components[whole].name)));
	ComponentId a = init_of(m->left, owner), b = init_of(m->right, cls);
	if (a != COMPONENT_NONE && b != COMPONENT_NONE && is_open(m, false, b))
		members_explain(m, pairs_add(m->pairs, a, b, 0.5));
}

static void merge_into(Members *m, const Place *parts, size_t n) {
	const Outline *o = m->right->outline;
	for (size_t i = 0; i < n; i++) {
		Pair *pair = add_place(m, &parts[i]);
		pair_say(pair, arena_printf(m->arena, "made of %zu that stand apart there", n));
	}
	for (size_t i = 0; i < n; i++) {
		ComponentId cls = o->components[parts[i].part].parent;
		size_t members = 0;
		for (size_t k = 0; k < n; k++) members += o->components[parts[k].part].parent == cls;
		merge_class(m, cls, parts[i].whole, members);
	}
}

static void match_merged(Members *m, const Places *places) {
	Places found = { 0 };
	for (size_t i = 0; i < places->v.n; i++) {
		const Place *p = &places->v.at[i];
		if (is_part(m, p) && is_open(m, true, p->whole)) VEC_PUSH(found.v) = *p;
	}
	if (found.v.n) qsort(found.v.at, found.v.n, sizeof *found.v.at, compare_places);
	for (size_t i = 0, end; i < found.v.n; i = end) {
		for (end = i; end < found.v.n && found.v.at[end].whole == found.v.at[i].whole;) end++;
		if (end - i >= MERGED_LEAST) merge_into(m, &found.v.at[i], end - i);
	}
	VEC_FREE(found.v);
}

/* ---- what its caller's answer does ---- */

/* A callable without an answer whose caller has one: nearly all that it computes stands there. */
static void match_inlined(Members *m, bool left, ComponentId id) {
	const Half *own = left ? m->left : m->right, *other = left ? m->right : m->left;
	const Unit *u = &own->units[id];
	Place best = { .part = id, .whole = COMPONENT_NONE, .share = INLINED_SHARE, .part_left = left };
	ComponentId caller = COMPONENT_NONE;
	for (uint32_t e = own->callers.first[id]; e < own->callers.first[id + 1]; e++) {
		ComponentId c = own->callers.to[e];
		uint32_t at = (left ? m->pairs->of_left : m->pairs->of_right)[c];
		if (at == UINT32_MAX) continue;
		ComponentId whole = left ? m->pairs->v.at[at].right : m->pairs->v.at[at].left;
		size_t words, ops;
		double share = bag_contained(&u->body, &other->units[whole].body, &words);
		double same = bag_contained(&u->ops, &other->units[whole].ops, &ops);
		if (share < best.share || words < INLINED_WORDS || same < INLINED_OPS_SHARE || ops < INLINED_OPS) continue;
		best.share = share;
		best.whole = whole;
		caller = c;
	}
	if (caller == COMPONENT_NONE) return;
	pair_say(
	    add_place(m, &best), arena_printf(m->arena, "and so do its operations; %.*s, which calls it, answers this one",
	                             STR_ARG(own->outline->components[caller].name)));
}

static void match_all_inlined(Members *m, bool left) {
	const Half *own = left ? m->left : m->right;
	for (size_t i = 0; i < own->n && !members_stopped(m); i++) {
		const Unit *u = &own->units[i];
		bool fits = is_callable(own, i) && u->in_scope && u->role == ROLE_NONE && u->ops.n >= INLINED_OPS;
		if (fits && is_open(m, left, (ComponentId)i)) match_inlined(m, left, (ComponentId)i);
	}
}

void align_taken(Members *m) {
	Places places = { 0 };
	match_all_inlined(m, true);
	match_all_inlined(m, false);
	place_open(m, true, &places);
	place_open(m, false, &places);
	if (m->left->side == SIDE_SWIFT) match_merged(m, &places);
	match_taken(m, &places);
	VEC_FREE(places.v);
}
