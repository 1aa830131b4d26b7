#include "core/posix.h"

#include "core/align_build.h"

#include "core/assign.h"

#include <stdlib.h>
#include <string.h>

/* Members of matched classes against each other, class by class; then whatever callable is left, over the whole source:
 * functions that became static methods, helpers that moved to another file. */

typedef struct Members {
	const Half *left, *right;
	Arena *arena;
	Pairs *pairs;
} Members;

static double at_most_one(double x) { return x > 1 ? 1 : x; }

static bool is_callable(const Half *h, size_t i) {
	return h->units[i].kind != COMPONENT_CLASS && !h->units[i].ignored && !h->units[i].overload;
}

/* ---- likeness ---- */

static double words_alike(const Members *m, ComponentId i, ComponentId k) {
	return bodies_alike(&m->left->units[i], &m->right->units[k]);
}

static double place_alike(const Members *m, ComponentId i, ComponentId k) {
	double d = (double)m->left->units[i].place - (double)m->right->units[k].place;
	return 1 - (d < 0 ? -d : d);
}

static double member_likeness(const Members *m, ComponentId i, ComponentId k) {
	const Unit *a = &m->left->units[i], *b = &m->right->units[k];
	if (a->role != ROLE_NONE && a->role == b->role) return 1;
	double name = name_likeness(a, b), words = at_most_one(1.6 * words_alike(m, i, k));
	if (a->role != b->role) return 0.5 * words;
	if (name >= 0.95) return 0.7 + 0.3 * words;
	return 0.5 * name + 0.45 * words + 0.05 * place_alike(m, i, k);
}

/* The class that answers a class, or COMPONENT_NONE. */
static ComponentId class_answer(const Members *m, ComponentId cls) {
	uint32_t pair = m->pairs->of_left[cls];
	return pair == UINT32_MAX ? COMPONENT_NONE : m->pairs->v.at[pair].right;
}

static double rest_likeness(const Members *m, ComponentId i, ComponentId k) {
	const Unit *a = &m->left->units[i], *b = &m->right->units[k];
	if (a->role != ROLE_NONE || b->role != ROLE_NONE || !may_meet(a, b)) return 0;
	double name = name_likeness(a, b);
	if (name < 0.4) return 0;
	double words = at_most_one(1.6 * words_alike(m, i, k));
	if (a->n_whole_parts < 2 || b->n_whole_parts < 2) name *= 0.85; /* `load`, `decode`: everybody has one */
	double score = 0.55 * name + 0.35 * words + 0.1 * bag_cosine(&a->file, &b->file);
	ComponentId p = m->left->outline->components[i].parent, q = m->right->outline->components[k].parent;
	if (p != COMPONENT_NONE && q != COMPONENT_NONE) {
		if (class_answer(m, p) != q) score -= 0.15;
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
		pair_say(pair, a->role == ROLE_INIT ? STR("both construct it") : STR("both are what a call runs"));
	} else if (name >= 0.99) {
		pair_say(pair, STR("same name"));
	} else if (name >= 0.5) {
		pair_say(pair, STR("name"));
	}
	if (words < 0.25 && pair->n_evidence) return;
	pair_say(pair, arena_printf(m->arena, "bodies share %d%% of their words by weight", (int)(words * 100)));
}

typedef double Likeness(const Members *m, ComponentId i, ComponentId k);
typedef struct Rule { /* who may be paired: above the threshold, and above all rivals by the margin */
	Likeness *likeness;
	double threshold, margin;
	double most; /* no pair is surer: members are no surer than their classes */
} Rule;

static bool stands_out(const double *like, size_t n_left, size_t n_right, size_t i, size_t k, double margin) {
	double own = like[i * n_right + k];
	for (size_t c = 0; c < n_right; c++) {
		if (c != k && like[i * n_right + c] + margin > own) return false;
	}
	for (size_t r = 0; r < n_left; r++) {
		if (r != i && like[r * n_right + k] + margin > own) return false;
	}
	return true;
}

static void match(
    Members *m, const ComponentId *left, size_t n_left, const ComponentId *right, size_t n_right, Rule rule) {
	VEC(AssignEdge) edges = { 0 };
	double *like = base_alloc((n_left * n_right + 1) * sizeof *like);
	for (size_t i = 0; i < n_left * n_right; i++) like[i] = rule.likeness(m, left[i / n_right], right[i % n_right]);
	for (size_t i = 0; i < n_left * n_right; i++) {
		size_t l = i / n_right, r = i % n_right;
		bool fits =
		    like[i] > rule.threshold && (rule.margin <= 0 || stands_out(like, n_left, n_right, l, r, rule.margin));
		if (fits) VEC_PUSH(edges) = (AssignEdge) { (uint32_t)l, (uint32_t)r, like[i] - rule.threshold + 0.02 };
	}
	uint32_t *found = base_alloc((n_left + 1) * sizeof *found);
	assign_solve(edges.at, edges.n, (uint32_t)n_left, (uint32_t)n_right, found);
	for (size_t i = 0; i < n_left; i++) {
		if (found[i] == ASSIGN_NONE) continue;
		double sure = like[i * n_right + found[i]];
		explain(m, pairs_add(m->pairs, left[i], right[found[i]], sure < rule.most ? sure : rule.most));
	}
	free(found);
	free(like);
	VEC_FREE(edges);
}

typedef struct Ids {
	VEC(ComponentId) v;
} Ids;

/* Callable components that have no partner yet: of one class, or all. */
static Ids open_ones(const Half *h, const uint32_t *pair_of, ComponentId of) {
	Ids out = { 0 };
	for (size_t i = 0; i < h->n; i++) {
		if (!is_callable(h, i) || pair_of[i] != UINT32_MAX) continue;
		if (of == COMPONENT_NONE || h->outline->components[i].parent == of) VEC_PUSH(out.v) = (ComponentId)i;
	}
	return out;
}

static void match_open(Members *m, ComponentId left_class, ComponentId right_class, Rule rule) {
	Ids left = open_ones(m->left, m->pairs->of_left, left_class),
	    right = open_ones(m->right, m->pairs->of_right, right_class);
	match(m, left.v.at, left.v.n, right.v.at, right.v.n, rule);
	VEC_FREE(left.v);
	VEC_FREE(right.v);
}

/* ---- the rest ---- */

/* Those of the open ones that may_meet could let meet anything: the scope, what it names, or namesakes of the other half. */
static Ids within_reach(const Half *h, const uint32_t *pair_of, bool scope_only, bool contexts, const Map *names) {
	Ids out = open_ones(h, pair_of, COMPONENT_NONE);
	size_t kept = 0;
	for (size_t i = 0; i < out.v.n; i++) {
		const Unit *u = &h->units[out.v.at[i]];
		bool fits = contexts ? map_get(names, u->forms[0]) != NULL : scope_only ? u->in_scope : u->is_near;
		if (fits && u->role == ROLE_NONE) out.v.at[kept++] = out.v.at[i];
	}
	out.v.n = kept;
	return out;
}

static void add_names(Map *names, const Half *h) {
	for (size_t i = 0; i < h->n; i++) map_put(names, h->units[i].forms[0], 1);
}

static void match_rest(Members *m, Reach reach, Rule rule) {
	Map left_names = { 0 }, right_names = { 0 };
	bool contexts = !reach.left_scope && !reach.right_scope;
	if (contexts) {
		add_names(&left_names, m->left);
		add_names(&right_names, m->right);
	}
	Ids left = within_reach(m->left, m->pairs->of_left, reach.left_scope, contexts, &right_names);
	Ids right = within_reach(m->right, m->pairs->of_right, reach.right_scope, contexts, &left_names);
	match(m, left.v.at, left.v.n, right.v.at, right.v.n, rule);
	VEC_FREE(left.v);
	VEC_FREE(right.v);
	map_done(&left_names);
	map_done(&right_names);
}

static const Rule MEMBERS = { member_likeness, 0.42, 0, 1 }, LEFT_OVER_MEMBERS = { member_likeness, 0.3, 0.1, 1 },
                  REST = { rest_likeness, 0.58, 0, 1 }, LEFT_OVER_REST = { rest_likeness, 0.5, 0.12, 1 };

void align_members(Arena *arena, Pairs *pairs) {
	Members m = { .left = pairs->left, .right = pairs->right, .arena = arena, .pairs = pairs };
	size_t n_classes = pairs->v.n;
	for (size_t i = 0; i < n_classes; i++) {
		if (m.left->units[pairs->v.at[i].left].kind != COMPONENT_CLASS) continue;
		Rule first = MEMBERS, second = LEFT_OVER_MEMBERS;
		first.most = second.most = (double)pairs->v.at[i].confidence;
		match_open(&m, pairs->v.at[i].left, pairs->v.at[i].right, first);
		match_open(&m, pairs->v.at[i].left, pairs->v.at[i].right, second);
	}
	/* The scope first, then the context against it, then namesakes of both contexts. */
	static const Reach reaches[] = { { true, true }, { true, false }, { false, true }, { false, false } };
	for (size_t i = 0; i < BASE_COUNT(reaches); i++) {
		match_rest(&m, reaches[i], REST);
		match_rest(&m, reaches[i], LEFT_OVER_REST);
	}
}

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
	explain(m, pairs_add(m->pairs, i, k, 0.5 + 0.4 * words));
}

enum { CONTAINED_WORDS = 14, CONTAINED_MOST = 3 }; /* fewer words may meet by chance; more parts too */
typedef struct Contained {
	ComponentId left, right, whole;
	double share;
	bool left_in_right;
} Contained;
typedef struct ContainedList {
	VEC(Contained) v;
} ContainedList;
static const double CONTAINED_OPEN = 0.55, CONTAINED_TAKEN = 0.62, CONTAINED_FOREIGN = 0.7, CONTAINED_MARGIN = 0.2;

/* A callable without an answer whose words nearly all stand in one of the other side, and in no other so well: it was
 * taken into that one, or taken out of it. */
static void contained_in(const Members *m, bool left, ComponentId id, ContainedList *found) {
	const Half *own = left ? m->left : m->right, *other = left ? m->right : m->left;
	const Bag *part = &own->units[id].body;
	if (own->units[id].role != ROLE_NONE || part->n < CONTAINED_WORDS) return;
	double best = 0, second = 0;
	size_t words = 0;
	ComponentId whole = COMPONENT_NONE;
	for (size_t k = 0; k < other->n; k++) {
		size_t shared;
		if (!is_callable(other, k) || !other->units[k].in_scope) continue;
		double share = bag_contained(part, &other->units[k].body, &shared);
		if (share > best) {
			second = best;
			best = share;
			words = shared;
			whole = (ComponentId)k;
		} else if (share > second) {
			second = share;
		}
	}
	if (whole == COMPONENT_NONE || best - second < CONTAINED_MARGIN || words < CONTAINED_WORDS) return;
	bool taken = (left ? m->pairs->of_right : m->pairs->of_left)[whole] != UINT32_MAX;
	ComponentId cls = own->outline->components[id].parent;
	bool foreign = cls != COMPONENT_NONE && (left ? m->pairs->of_left : m->pairs->of_right)[cls] == UINT32_MAX;
	if (best < (foreign ? CONTAINED_FOREIGN : taken ? CONTAINED_TAKEN : CONTAINED_OPEN)) return;
	VEC_PUSH(found->v) = (Contained) { left ? id : whole, left ? whole : id, whole, best, left };
}

static int compare_contained(const void *a, const void *b) {
	const Contained *x = a, *y = b;
	if (x->left_in_right != y->left_in_right) return x->left_in_right ? -1 : 1;
	if (x->whole != y->whole) return x->whole < y->whole ? -1 : 1;
	if (x->share != y->share) return x->share > y->share ? -1 : 1;
	return x->left != y->left ? (x->left < y->left ? -1 : 1) : (x->right > y->right) - (x->right < y->right);
}

/* Of all that seems to stand in one callable only the surest few count: a very long one has words of everything. */
static void match_contained(Members *m) {
	ContainedList found = { 0 };
	for (size_t i = 0; i < m->left->n; i++) {
		if (is_callable(m->left, i) && m->pairs->of_left[i] == UINT32_MAX)
			contained_in(m, true, (ComponentId)i, &found);
	}
	for (size_t k = 0; k < m->right->n; k++) {
		if (is_callable(m->right, k) && m->pairs->of_right[k] == UINT32_MAX)
			contained_in(m, false, (ComponentId)k, &found);
	}
	if (found.v.n) qsort(found.v.at, found.v.n, sizeof *found.v.at, compare_contained);
	for (size_t i = 0, same = 0; i < found.v.n; i++) {
		const Contained *c = &found.v.at[i], *before = i ? c - 1 : NULL;
		same = before && before->whole == c->whole && before->left_in_right == c->left_in_right ? same + 1 : 0;
		if (same >= CONTAINED_MOST) continue;
		Pair *pair = pairs_add(m->pairs, c->left, c->right, 0.8 * c->share);
		pair_say(pair, arena_printf(m->arena, "%d%% of its words stand in this one", (int)(c->share * 100)));
	}
	VEC_FREE(found.v);
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
	match(m, left.v.at, left.v.n, right.v.at, right.v.n, CROSSED);
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
			explain(m, pairs_add(m->pairs, class_left ? init : pair.left, class_left ? pair.right : init,
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
			explain(m, pairs_add(m->pairs, (ComponentId)i, (ComponentId)k, SECOND_CONFIDENCE));
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

void align_extra(Arena *arena, Pairs *pairs) {
	Members m = { .left = pairs->left, .right = pairs->right, .arena = arena, .pairs = pairs };
	match_crossed(&m);
	if (m.left->side == SIDE_SWIFT) second_classes(&m);
	for (size_t i = 0; i < m.left->n; i++) {
		if (!is_callable(m.left, i) || !m.left->units[i].in_scope) continue;
		for (size_t k = 0; k < m.right->n; k++) {
			bool open = pairs->of_left[i] == UINT32_MAX || pairs->of_right[k] == UINT32_MAX;
			if (open && is_callable(m.right, k) && m.right->units[k].in_scope)
				also_answer(&m, (ComponentId)i, (ComponentId)k);
		}
	}
	match_contained(&m);
}
