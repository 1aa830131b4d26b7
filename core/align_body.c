#include "core/posix.h"

#include "core/align_build.h"

#include <stdlib.h>
#include <string.h>

/* Pairs by what is done alone, whatever it is called and wherever it stands: a method here that is a class there, a
 * function that moved into a type under another name. Two bodies must share most of their rare words and, where both
 * have op graphs, of their operations. */

enum {
	BODY_WORDS = 7,  /* fewer may meet by chance */
	BODY_RARE = 16,  /* words of more bodies than that say little */
	BODY_FEW_OPS = 3 /* fewer operations say nothing */
};
static const double BODY_ALIKE = 0.4, BODY_OPS = 0.4, BODY_CONTAINED = 0.3, PART_CONTAINED = 0.5,
                    BODY_WITHOUT_OPS = 0.65;

/* A constructor of a class without an answer may be a function on the other side, or construct what has none either. */
static bool may_construct(const Half *h, const uint32_t *pair_of, Role role, ComponentId other) {
	ComponentId cls = h->outline->components[other].parent;
	return role != ROLE_INIT || h->units[other].role == ROLE_INIT || cls == COMPONENT_NONE ||
	       pair_of[cls] == UINT32_MAX;
}

static double body_likeness(const Members *m, ComponentId i, ComponentId k) {
	const Unit *a = &m->left->units[i], *b = &m->right->units[k];
	size_t shared, same;
	if (m->left->outline->components[i].is_computed != m->right->outline->components[k].is_computed) return 0;
	if (!may_construct(m->left, m->pairs->of_left, b->role, i) ||
	    !may_construct(m->right, m->pairs->of_right, a->role, k))
		return 0;
	double words = bag_cosine(&a->body, &b->body);
	if (words < BODY_ALIKE) return 0;
	if (bag_contained(&a->body, &b->body, &shared) < BODY_CONTAINED || shared < BODY_WORDS) return 0;
	if (bag_contained(&b->body, &a->body, &same) < BODY_CONTAINED) return 0;
	double ops = bag_cosine(&a->ops, &b->ops);
	if (a->ops.n < BODY_FEW_OPS || b->ops.n < BODY_FEW_OPS) return words < BODY_WITHOUT_OPS ? 0 : words;
	return ops < BODY_OPS ? 0 : 0.6 * words + 0.4 * ops;
}

/* ---- who is compared ---- */

/* Known by an extension alone: the type itself is not in the source. */
static bool is_foreign(const Half *h, ComponentId cls) { return h->outline->components[cls].is_extension; }

/* Open callables of the scope that say enough. A constructor counts where its class has no answer. */
static Ids open_bodies(const Half *h, const uint32_t *pair_of) {
	Ids out = { 0 };
	for (size_t i = 0; i < h->n; i++) {
		const Unit *u = &h->units[i];
		if (!is_callable(h, i) || !u->in_scope || pair_of[i] != UINT32_MAX || u->body.n < BODY_WORDS) continue;
		ComponentId cls = h->outline->components[i].parent;
		if (u->role == ROLE_INIT && cls != COMPONENT_NONE && (pair_of[cls] != UINT32_MAX || is_foreign(h, cls)))
			continue;
		VEC_PUSH(out.v) = (ComponentId)i;
	}
	return out;
}

/* Marks those of the right's list that share a rare word with a body. */
static void mark_sharing(const WordIndex *index, const Bag *body, bool *marked) {
	for (size_t w = 0; w < body->n; w++) {
		size_t n;
		const uint32_t *at = index_of(index, body->at[w].word, &n);
		for (size_t e = 0; e < n && n <= BODY_RARE; e++) marked[at[e]] = true;
	}
}

/* ---- pairs ---- */

typedef struct Found {
	ComponentId left, right;
	double like;
} Found;

static int compare_found(const void *a, const void *b) {
	const Found *x = a, *y = b;
	if (x->like != y->like) return x->like > y->like ? -1 : 1;
	if (x->left != y->left) return x->left < y->left ? -1 : 1;
	return (x->right > y->right) - (x->right < y->right);
}

static ComponentId init_of(const Half *h, ComponentId cls) {
	for (ComponentId i = h->first_member[cls]; i != COMPONENT_NONE; i = h->next_member[i]) {
		if (h->units[i].role == ROLE_INIT && !h->units[i].overload) return i;
	}
	return COMPONENT_NONE;
}

static void say_body(const Members *m, const Found *f, Pair *pair) {
	const Unit *a = &m->left->units[f->left], *b = &m->right->units[f->right];
	int words = (int)(bag_cosine(&a->body, &b->body) * 100), ops = (int)(bag_cosine(&a->ops, &b->ops) * 100);
	if (ops)
		pair_say(pair, arena_printf(m->arena, "bodies share %d%% of their words and %d%% of their operations by weight",
		                   words, ops));
	else
		pair_say(pair, arena_printf(m->arena, "bodies share %d%% of their words by weight", words));
}

/* Two classes without an answer, one of which is called as the other's method computes: they are one. */
static void pair_owners(Members *m, ComponentId left, ComponentId right, bool constructed, double confidence) {
	if (m->pairs->of_left[left] != UINT32_MAX || m->pairs->of_right[right] != UINT32_MAX) return;
	Pair *pair = pairs_add(m->pairs, left, right, confidence);
	pair_say(pair,
	    constructed ? STR("constructed alike") : STR("what the one does when called, a member of the other does"));
	ComponentId a = init_of(m->left, left), b = init_of(m->right, right);
	if (a == COMPONENT_NONE || b == COMPONENT_NONE || m->pairs->of_left[a] != UINT32_MAX ||
	    m->pairs->of_right[b] != UINT32_MAX)
		return;
	members_explain(m, pairs_add(m->pairs, a, b, confidence));
}

/* The class whose only work a callable does: one that is called, or that a constructor makes; else COMPONENT_NONE. */
static ComponentId class_that_is(const Half *h, const uint32_t *pair_of, ComponentId member) {
	ComponentId cls = h->outline->components[member].parent;
	if (cls == COMPONENT_NONE || h->units[member].role == ROLE_NONE || pair_of[cls] != UINT32_MAX || is_foreign(h, cls))
		return COMPONENT_NONE;
	return cls;
}

/* A member of a class that is one callable on the other side: one whose words stand in the callable is a part of it; the
 * constructor stands in what answers its caller. */
static void pair_part(Members *m, ComponentId part, ComponentId callable, bool part_left) {
	const Half *own = part_left ? m->left : m->right, *other = part_left ? m->right : m->left;
	const uint32_t *of = part_left ? m->pairs->of_left : m->pairs->of_right;
	ComponentId whole = callable;
	bool init = own->units[part].role == ROLE_INIT;
	for (uint32_t e = own->callers.first[part]; e < own->callers.first[part + 1] && init; e++) {
		uint32_t at = of[own->callers.to[e]];
		ComponentId answer = at == UINT32_MAX ? COMPONENT_NONE
		                     : part_left      ? m->pairs->v.at[at].right
		                                      : m->pairs->v.at[at].left;
		if (answer != COMPONENT_NONE && other->units[answer].role == ROLE_INIT) whole = answer;
	}
	size_t shared;
	double share = bag_contained(&own->units[part].body, &other->units[whole].body, &shared);
	if (share < PART_CONTAINED || shared < BODY_WORDS || (init && whole == callable)) return;
	Pair *pair = pairs_add(m->pairs, part_left ? part : whole, part_left ? whole : part, 0.8 * share);
	pair_say(pair, arena_printf(m->arena, "%d%% of its words stand in this one", (int)(share * 100)));
}

static void pair_rest_of_class(Members *m, ComponentId cls, ComponentId callable, bool class_left) {
	const Half *h = class_left ? m->left : m->right;
	const uint32_t *of = class_left ? m->pairs->of_left : m->pairs->of_right;
	for (ComponentId i = h->first_member[cls]; i != COMPONENT_NONE; i = h->next_member[i]) {
		if (is_callable(h, i) && of[i] == UINT32_MAX) pair_part(m, i, callable, class_left);
	}
}

/* A class of one side that is a callable of the other; what constructs it there constructs the callable's class here. */
static void pair_class(Members *m, const Found *f, bool class_left) {
	const Half *h = class_left ? m->left : m->right, *other = class_left ? m->right : m->left;
	const uint32_t *of = class_left ? m->pairs->of_left : m->pairs->of_right;
	ComponentId cls = class_that_is(h, of, class_left ? f->left : f->right), callable = class_left ? f->right : f->left;
	if (cls == COMPONENT_NONE) return;
	ComponentId owner = other->outline->components[callable].parent;
	const uint32_t *other_of = class_left ? m->pairs->of_right : m->pairs->of_left;
	if (owner != COMPONENT_NONE && other_of[owner] == UINT32_MAX) {
		bool constructed = h->units[class_left ? f->left : f->right].role == ROLE_INIT;
		if (is_foreign(other, owner)) return;
		pair_owners(m, class_left ? cls : owner, class_left ? owner : cls, constructed, 0.9 * f->like);
		return;
	}
	Pair *pair = pairs_add(m->pairs, class_left ? cls : callable, class_left ? callable : cls, 0.9 * f->like);
	pair_say(pair, class_left ? STR("a class here, one callable there") : STR("one callable here, a class there"));
	pair_rest_of_class(m, cls, callable, class_left);
}

static void pair_found(Members *m, const Found *f) {
	if (m->pairs->of_left[f->left] != UINT32_MAX || m->pairs->of_right[f->right] != UINT32_MAX) return;
	say_body(m, f, pairs_add(m->pairs, f->left, f->right, f->like));
	pair_class(m, f, true);
	pair_class(m, f, false);
}

void align_bodies(Members *m) {
	Ids left = open_bodies(m->left, m->pairs->of_left), right = open_bodies(m->right, m->pairs->of_right);
	WordIndex index = index_new(m->right, &right);
	bool *marked = base_alloc(right.v.n + 1);
	VEC(Found) found = { 0 };
	for (size_t i = 0; i < left.v.n && !members_stopped(m); i++) {
		memset(marked, 0, right.v.n);
		mark_sharing(&index, &m->left->units[left.v.at[i]].body, marked);
		for (size_t k = 0; k < right.v.n; k++) {
			double like = marked[k] ? body_likeness(m, left.v.at[i], right.v.at[k]) : 0;
			if (like > 0) VEC_PUSH(found) = (Found) { left.v.at[i], right.v.at[k], like };
		}
	}
	if (found.n) qsort(found.at, found.n, sizeof *found.at, compare_found);
	for (size_t i = 0; i < found.n; i++) pair_found(m, &found.at[i]);
	VEC_FREE(found);
	index_free(&index);
	VEC_FREE(left.v);
	VEC_FREE(right.v);
	free(marked);
}
