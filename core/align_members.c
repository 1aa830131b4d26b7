#include "core/posix.h"

#include "core/align_build.h"

#include "core/assign.h"

#include <stdlib.h>
#include <string.h>

/* Members of matched classes against each other, class by class; then whatever callable is left, over the whole source:
 * functions that became static methods, helpers that moved to another file. */

static double at_most_one(double x) { return x > 1 ? 1 : x; }

bool members_stopped(const Members *m) { return is_cancelled(m->cancel); }

bool is_callable(const Half *h, size_t i) {
	return h->units[i].kind != COMPONENT_CLASS && !h->units[i].ignored && !h->units[i].overload;
}

/* ---- likeness ---- */

double words_alike(const Members *m, ComponentId i, ComponentId k) {
	double best = 0;
	for (ComponentId a = i; a != COMPONENT_NONE; a = m->left->units[a].next_overload) {
		for (ComponentId b = k; b != COMPONENT_NONE; b = m->right->units[b].next_overload) {
			double alike = bodies_alike(&m->left->units[a], &m->right->units[b]);
			if (alike > best) best = alike;
		}
	}
	return best;
}

static double place_alike(const Members *m, ComponentId i, ComponentId k) {
	double d = (double)m->left->units[i].place - (double)m->right->units[k].place;
	return 1 - (d < 0 ? -d : d);
}

static double member_likeness(const Members *m, ComponentId i, ComponentId k) {
	const Unit *a = &m->left->units[i], *b = &m->right->units[k];
	if (a->role != ROLE_NONE && a->role == b->role) return 1;
	double name = name_likeness(a, b), words = at_most_one(1.6 * words_alike(m, i, k));
	if (a->role != b->role) return 0.4 * words;
	if (name >= 0.95) return 0.7 + 0.3 * words;
	return 0.5 * name + 0.45 * words + 0.05 * place_alike(m, i, k);
}

ComponentId class_answer(const Members *m, ComponentId cls) {
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

static const double NEARLY_NAMESAKES = 0.75;

/* Names of several words that are nearly the same need no such margin. */
static double named_likeness(const Members *m, ComponentId i, ComponentId k) {
	const Unit *a = &m->left->units[i], *b = &m->right->units[k];
	bool named = a->n_whole_parts > 1 && b->n_whole_parts > 1 && name_likeness(a, b) >= NEARLY_NAMESAKES;
	return named ? rest_likeness(m, i, k) : 0;
}

/* ---- pairing ---- */

void members_explain(const Members *m, Pair *pair) {
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

typedef struct Cell { /* a pair that is likely enough, or that rivals one */
	uint32_t left, right;
	double like;
} Cell;
typedef struct Best { /* of one row or column */
	double first, second;
} Best;

static void rank(Best *best, double like) {
	if (like > best->first) {
		best->second = best->first;
		best->first = like;
	} else if (like > best->second) {
		best->second = like;
	}
}

/* Whether no rival in its row or column comes near. */
static bool stands_out(const Best *best, double like, double margin) {
	double rival = like >= best->first ? best->second : best->first;
	return rival + margin <= like;
}

static void pair_cells(Members *m, const ComponentId *left, size_t n_left, const ComponentId *right, size_t n_right,
    const Cell *cells, size_t n_cells, Rule rule) {
	VEC(AssignEdge) edges = { 0 };
	Best *rows = base_alloc((n_left + 1) * sizeof *rows), *columns = base_alloc((n_right + 1) * sizeof *columns);
	for (size_t i = 0; i < n_cells; i++) {
		rank(&rows[cells[i].left], cells[i].like);
		rank(&columns[cells[i].right], cells[i].like);
	}
	double *like = base_alloc((n_left + 1) * sizeof *like);
	for (size_t i = 0; i < n_cells; i++) {
		const Cell *c = &cells[i];
		bool fits =
		    c->like > rule.threshold && (rule.margin <= 0 || (stands_out(&rows[c->left], c->like, rule.margin) &&
		                                                         stands_out(&columns[c->right], c->like, rule.margin)));
		if (fits) VEC_PUSH(edges) = (AssignEdge) { c->left, c->right, c->like - rule.threshold + 0.02 };
	}
	uint32_t *found = base_alloc((n_left + 1) * sizeof *found);
	assign_solve(edges.at, edges.n, (uint32_t)n_left, (uint32_t)n_right, found);
	for (size_t i = 0; i < edges.n; i++) {
		if (found[edges.at[i].left] == edges.at[i].right) like[edges.at[i].left] = edges.at[i].gain;
	}
	for (size_t i = 0; i < n_left; i++) {
		if (found[i] == ASSIGN_NONE) continue;
		double sure = like[i] + rule.threshold - 0.02;
		members_explain(m, pairs_add(m->pairs, left[i], right[found[i]], sure < rule.most ? sure : rule.most));
	}
	free(found);
	free(like);
	free(rows);
	free(columns);
	VEC_FREE(edges);
}

void members_match(
    Members *m, const ComponentId *left, size_t n_left, const ComponentId *right, size_t n_right, Rule rule) {
	VEC(Cell) cells = { 0 };
	for (size_t i = 0; i < n_left && !members_stopped(m); i++) {
		for (size_t k = 0; k < n_right; k++) {
			double like = rule.likeness(m, left[i], right[k]);
			if (like > rule.threshold - rule.margin) VEC_PUSH(cells) = (Cell) { (uint32_t)i, (uint32_t)k, like };
		}
	}
	if (!members_stopped(m)) pair_cells(m, left, n_left, right, n_right, cells.at, cells.n, rule);
	VEC_FREE(cells);
}

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
	members_match(m, left.v.at, left.v.n, right.v.at, right.v.n, rule);
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
	members_match(m, left.v.at, left.v.n, right.v.at, right.v.n, rule);
	VEC_FREE(left.v);
	VEC_FREE(right.v);
	map_done(&left_names);
	map_done(&right_names);
}

static const Rule MEMBERS = { member_likeness, 0.42, 0, 1 }, LEFT_OVER_MEMBERS = { member_likeness, 0.33, 0.1, 1 },
                  REST = { rest_likeness, 0.58, 0, 1 }, LEFT_OVER_REST = { rest_likeness, 0.5, 0.12, 1 },
                  NAMED_REST = { named_likeness, 0.5, 0.06, 1 };

/* ---- what one side calls and the other names ---- */

enum { ENTRY_WORDS = 8 };
static const double ENTRY_ALIKE = 0.18, ENTRY_NAMESAKES = 0.15, ENTRY_MARGIN = 0.04;

static ComponentId call_of(const Half *h, ComponentId cls) {
	for (ComponentId i = h->first_member[cls]; i != COMPONENT_NONE; i = h->next_member[i]) {
		if (h->units[i].role == ROLE_CALL && !h->units[i].overload) return i;
	}
	return COMPONENT_NONE;
}

/* One of two classes is called, the other has no such member: the one of its methods that does most of the same is. */
static void match_entry(Members *m, ComponentId left_class, ComponentId right_class, double most) {
	ComponentId left = call_of(m->left, left_class), right = call_of(m->right, right_class);
	if ((left == COMPONENT_NONE) == (right == COMPONENT_NONE)) return;
	bool call_left = left != COMPONENT_NONE;
	const Half *h = call_left ? m->right : m->left;
	ComponentId call = call_left ? left : right, cls = call_left ? right_class : left_class, entry = COMPONENT_NONE;
	if ((call_left ? m->pairs->of_left : m->pairs->of_right)[call] != UINT32_MAX) return;
	double best = 0, second = 0;
	for (ComponentId i = h->first_member[cls]; i != COMPONENT_NONE; i = h->next_member[i]) {
		if (!is_callable(h, i) || h->units[i].role != ROLE_NONE || h->units[i].body.n < ENTRY_WORDS) continue;
		if ((call_left ? m->pairs->of_right : m->pairs->of_left)[i] != UINT32_MAX) continue;
		double alike = words_alike(m, call_left ? call : i, call_left ? i : call);
		if (alike > best) {
			second = best;
			best = alike;
			entry = i;
		} else if (alike > second) {
			second = alike;
		}
	}
	bool namesakes = name_likeness(&m->left->units[left_class], &m->right->units[right_class]) >= 0.95;
	if (best < (namesakes ? ENTRY_NAMESAKES : ENTRY_ALIKE) || best - second < ENTRY_MARGIN) return;
	Pair *pair = pairs_add(m->pairs, call_left ? call : entry, call_left ? entry : call,
	    0.5 + 0.4 * best < most ? 0.5 + 0.4 * best : most);
	pair_say(pair, STR("what a call runs there is named here"));
	members_explain(m, pair);
}

void align_members(Arena *arena, Pairs *pairs, const volatile bool *cancel) {
	Members m = { .left = pairs->left, .right = pairs->right, .arena = arena, .pairs = pairs, .cancel = cancel };
	size_t n_classes = pairs->v.n;
	for (size_t i = 0; i < n_classes && !members_stopped(&m); i++) {
		if (m.left->units[pairs->v.at[i].left].kind != COMPONENT_CLASS) continue;
		Rule first = MEMBERS, second = LEFT_OVER_MEMBERS;
		first.most = second.most = (double)pairs->v.at[i].confidence;
		match_open(&m, pairs->v.at[i].left, pairs->v.at[i].right, first);
		match_open(&m, pairs->v.at[i].left, pairs->v.at[i].right, second);
		match_entry(&m, pairs->v.at[i].left, pairs->v.at[i].right, first.most);
	}
	/* The scope first, then the context against it, then namesakes of both contexts. */
	static const Reach reaches[] = { { true, true }, { true, false }, { false, true }, { false, false } };
	for (size_t i = 0; i < BASE_COUNT(reaches) && !members_stopped(&m); i++) {
		match_rest(&m, reaches[i], REST);
		match_rest(&m, reaches[i], LEFT_OVER_REST);
		match_rest(&m, reaches[i], NAMED_REST);
	}
}
