#include "core/posix.h"

#include "core/align_build.h"

#include "core/assign.h"

#include <stdlib.h>
#include <string.h>

/* Members of matched classes against each other, class by class; then whatever callable is left, over the whole source:
 * functions that became static methods, helpers that moved to another file. */

static const double THRESHOLD_MEMBER = 0.42, THRESHOLD_REST = 0.58;

typedef struct Members {
	const Half *left, *right;
	Arena *arena;
	Pairs *pairs;
	bool *left_used, *right_used;
	ComponentId *left_class, *right_class; /* the class that answers a class, or COMPONENT_NONE */
} Members;

static double at_most_one(double x) { return x > 1 ? 1 : x; }

static bool is_callable(const Half *h, size_t i) {
	return h->units[i].kind != COMPONENT_CLASS && !h->units[i].ignored && !h->units[i].overload;
}

/* ---- likeness ---- */

static double words_alike(const Members *m, ComponentId i, ComponentId k) {
	return bag_cosine(&m->left->units[i].body, &m->right->units[k].body);
}

static double place_alike(const Members *m, ComponentId i, ComponentId k) {
	double d = (double)m->left->units[i].place - (double)m->right->units[k].place;
	return 1 - (d < 0 ? -d : d);
}

static double member_likeness(const Members *m, ComponentId i, ComponentId k) {
	const Unit *a = &m->left->units[i], *b = &m->right->units[k];
	if (a->role != ROLE_NONE && a->role == b->role) return 1;
	double name = name_likeness(a, b), words = at_most_one(1.6 * words_alike(m, i, k));
	if (a->role != b->role) return 0.55 * words;
	if (name >= 0.95) return 0.7 + 0.3 * words;
	return 0.5 * name + 0.45 * words + 0.05 * place_alike(m, i, k);
}

static double rest_likeness(const Members *m, ComponentId i, ComponentId k) {
	const Unit *a = &m->left->units[i], *b = &m->right->units[k];
	if (a->role != ROLE_NONE || b->role != ROLE_NONE) return 0;
	double name = name_likeness(a, b);
	if (name < 0.4) return 0;
	double words = at_most_one(1.6 * words_alike(m, i, k));
	double score = 0.55 * name + 0.35 * words + 0.1 * bag_cosine(&a->file, &b->file);
	ComponentId p = m->left->outline->components[i].parent, q = m->right->outline->components[k].parent;
	if (p != COMPONENT_NONE && q != COMPONENT_NONE) {
		if (m->left_class[p] != q) score -= 0.15;
	} else if (p != COMPONENT_NONE || q != COMPONENT_NONE) {
		score -= 0.03;
	}
	return score;
}

/* ---- pairing ---- */

static void explain(const Members *m, Pair *pair) {
	const Unit *a = &m->left->units[pair->left], *b = &m->right->units[pair->right];
	double name = name_likeness(a, b), words = words_alike(m, pair->left, pair->right);
	if (a->role != ROLE_NONE && a->role == b->role) {
		pair->evidence[pair->n_evidence++] =
		    a->role == ROLE_INIT ? STR("both construct it") : STR("both are what a call runs");
	} else if (name >= 0.99) {
		pair->evidence[pair->n_evidence++] = STR("same name");
	} else if (name >= 0.5) {
		pair->evidence[pair->n_evidence++] = STR("name");
	}
	if (words >= 0.25 || !pair->n_evidence) {
		pair->evidence[pair->n_evidence++] =
		    arena_printf(m->arena, "bodies share %d%% of their words by weight", (int)(words * 100));
	}
}

static void match(Members *m, const ComponentId *left, size_t n_left, const ComponentId *right, size_t n_right,
    double (*likeness)(const Members *, ComponentId, ComponentId), double threshold) {
	VEC(AssignEdge) edges = { 0 };
	for (size_t i = 0; i < n_left; i++) {
		for (size_t k = 0; k < n_right; k++) {
			double s = likeness(m, left[i], right[k]);
			if (s > threshold) VEC_PUSH(edges) = (AssignEdge) { (uint32_t)i, (uint32_t)k, s - threshold + 0.02 };
		}
	}
	uint32_t *found = base_alloc((n_left + 1) * sizeof *found);
	assign_solve(edges.at, edges.n, (uint32_t)n_left, (uint32_t)n_right, found);
	for (size_t i = 0; i < n_left; i++) {
		if (found[i] == ASSIGN_NONE) continue;
		Pair *pair = &VEC_PUSH(m->pairs->v);
		*pair = (Pair) { .left = left[i], .right = right[found[i]] };
		pair->confidence = (float)likeness(m, pair->left, pair->right);
		explain(m, pair);
		m->left_used[pair->left] = m->right_used[pair->right] = true;
	}
	free(found);
	VEC_FREE(edges);
}

typedef struct Ids {
	VEC(ComponentId) v;
} Ids;

/* Callable components that have no partner yet: of one class, or all. */
static Ids open_ones(const Half *h, const bool *used, ComponentId of) {
	Ids out = { 0 };
	for (size_t i = 0; i < h->n; i++) {
		if (!is_callable(h, i) || used[i]) continue;
		if (of == COMPONENT_NONE || h->outline->components[i].parent == of) VEC_PUSH(out.v) = (ComponentId)i;
	}
	return out;
}

static void match_open(Members *m, ComponentId left_class, ComponentId right_class,
    double (*likeness)(const Members *, ComponentId, ComponentId), double threshold) {
	Ids left = open_ones(m->left, m->left_used, left_class), right = open_ones(m->right, m->right_used, right_class);
	match(m, left.v.at, left.v.n, right.v.at, right.v.n, likeness, threshold);
	VEC_FREE(left.v);
	VEC_FREE(right.v);
}

void align_members(const Half *left, const Half *right, Arena *arena, Pairs *pairs) {
	Members m = { .left = left, .right = right, .arena = arena, .pairs = pairs };
	m.left_used = base_alloc(left->n + 1);
	m.right_used = base_alloc(right->n + 1);
	m.left_class = base_alloc((left->n + 1) * sizeof *m.left_class);
	m.right_class = base_alloc((right->n + 1) * sizeof *m.right_class);
	for (size_t i = 0; i <= left->n; i++) m.left_class[i] = COMPONENT_NONE;
	for (size_t i = 0; i <= right->n; i++) m.right_class[i] = COMPONENT_NONE;
	size_t n_classes = pairs->v.n;
	for (size_t i = 0; i < n_classes; i++) {
		m.left_class[pairs->v.at[i].left] = pairs->v.at[i].right;
		m.right_class[pairs->v.at[i].right] = pairs->v.at[i].left;
	}
	for (size_t i = 0; i < n_classes; i++) {
		match_open(&m, pairs->v.at[i].left, pairs->v.at[i].right, member_likeness, THRESHOLD_MEMBER);
	}
	match_open(&m, COMPONENT_NONE, COMPONENT_NONE, rest_likeness, THRESHOLD_REST);
	free(m.left_used);
	free(m.right_used);
	free(m.left_class);
	free(m.right_class);
}
