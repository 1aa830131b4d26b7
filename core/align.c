#include "core/posix.h"

#include "core/align.h"

#include "core/align_build.h"

#include <stdlib.h>
#include <string.h>

/* Pairs of each two sides become rows of all three: a row stands for one component of the port, or for one of a
 * reference that the port doesn't have. */

typedef struct Builder {
	const AlignSide *sides;
	Half halves[SIDE_COUNT];
	bool present[SIDE_COUNT];
	Pairs pairs[3]; /* swift-mlx, swift-torch, mlx-torch */
	bool have[3];
	Arena *arena;
	const volatile bool *cancel; /* may be NULL */
	VEC(Row) rows;
	uint32_t *row_of[SIDE_COUNT];
	Rows *out;
} Builder;

static const double CLASS_SURE = 0.36, CLASS_AROUND = 0.5, CLASS_LIKELY = 0.33, CLASS_MARGIN = 0.04;
static const Side ends[3][2] = { { SIDE_SWIFT, SIDE_MLX }, { SIDE_SWIFT, SIDE_TORCH }, { SIDE_MLX, SIDE_TORCH } };

/* ---- pairs ---- */

void pairs_init(Pairs *pairs, const Half *left, const Half *right) {
	*pairs = (Pairs) { .left = left, .right = right };
	pairs->of_left = base_alloc((left->n + 1) * sizeof *pairs->of_left);
	pairs->of_right = base_alloc((right->n + 1) * sizeof *pairs->of_right);
	memset(pairs->of_left, 0xFF, left->n * sizeof *pairs->of_left);
	memset(pairs->of_right, 0xFF, right->n * sizeof *pairs->of_right);
}

void pairs_done(Pairs *pairs) {
	VEC_FREE(pairs->v);
	free(pairs->of_left);
	free(pairs->of_right);
}

Pair *pairs_add(Pairs *pairs, ComponentId left, ComponentId right, double confidence) {
	if (pairs->of_left[left] == UINT32_MAX) pairs->of_left[left] = (uint32_t)pairs->v.n;
	if (pairs->of_right[right] == UINT32_MAX) pairs->of_right[right] = (uint32_t)pairs->v.n;
	Pair *pair = &VEC_PUSH(pairs->v);
	*pair = (Pair) { .left = left, .right = right, .confidence = (float)confidence };
	return pair;
}

void pair_say(Pair *pair, Str words) {
	if (pair->n_evidence < BASE_COUNT(pair->evidence)) pair->evidence[pair->n_evidence++] = words;
}

/* The pair of a component of either end, or NULL; *other gets the other end. */
static const Pair *pair_of(const Pairs *pairs, Side side, ComponentId id, ComponentId *other) {
	bool left = pairs->left->side == side;
	uint32_t index = left ? pairs->of_left[id] : pairs->of_right[id];
	if (index == UINT32_MAX) return NULL;
	const Pair *pair = &pairs->v.at[index];
	*other = left ? pair->right : pair->left;
	return pair;
}

/* What answers the same component of the third side answers each other. ac and cb may be stored either way. */
static void close_triangle(Builder *b, Pairs *ab, const Pairs *ac, const Pairs *cb, Side third) {
	for (size_t i = 0; i < ab->left->n; i++) {
		ComponentId c, k;
		const Pair *first = ab->of_left[i] == UINT32_MAX ? pair_of(ac, ab->left->side, (ComponentId)i, &c) : NULL;
		const Pair *second = first ? pair_of(cb, third, c, &k) : NULL;
		if (!second || ab->of_right[k] != UINT32_MAX) continue;
		if ((ab->left->units[i].kind == COMPONENT_CLASS) != (ab->right->units[k].kind == COMPONENT_CLASS)) continue;
		float least = first->confidence < second->confidence ? first->confidence : second->confidence;
		Str name = component_label(b->sides[third].outline, c, b->arena);
		Pair *pair = pairs_add(ab, (ComponentId)i, k, 0.9 * (double)least);
		pair_say(pair, arena_printf(b->arena, "both answer %.*s of the %s", STR_ARG(name), side_title(third)));
	}
}

static void close_triangles(Builder *b) {
	if (!b->present[SIDE_MLX] || !b->present[SIDE_TORCH] || !b->present[SIDE_SWIFT]) return;
	close_triangle(b, &b->pairs[0], &b->pairs[1], &b->pairs[2], SIDE_TORCH);
	close_triangle(b, &b->pairs[1], &b->pairs[0], &b->pairs[2], SIDE_MLX);
	close_triangle(b, &b->pairs[2], &b->pairs[0], &b->pairs[1], SIDE_SWIFT);
}

/* Whether two components that answer each other are called the same; what has a role is called as its class. */
static bool are_namesakes(const Half *left, ComponentId i, const Half *right, ComponentId k) {
	if (left->units[i].role != ROLE_NONE && left->units[i].role == right->units[k].role) {
		i = left->outline->components[i].parent;
		k = right->outline->components[k].parent;
	}
	return i != COMPONENT_NONE && k != COMPONENT_NONE && name_likeness(&left->units[i], &right->units[k]) >= 0.95;
}

/* One component of the port may answer several of one reference: what these answer in the other it answers, too, unless
 * that has an answer already. */
static void close_several(Builder *b, const Pairs *ac, Pairs *ab, const Pairs *cb, Side third) {
	size_t n = ac->v.n;
	for (size_t i = 0; i < n; i++) {
		Pair pair = ac->v.at[i];
		ComponentId k;
		const Pair *second = pair_of(cb, third, pair.right, &k);
		if (!second || ab->of_right[k] != UINT32_MAX || !are_namesakes(ac->right, pair.right, ab->right, k)) continue;
		if ((ab->left->units[pair.left].kind == COMPONENT_CLASS) != (ab->right->units[k].kind == COMPONENT_CLASS))
			continue;
		float least = pair.confidence < second->confidence ? pair.confidence : second->confidence;
		Str name = component_label(b->sides[third].outline, pair.right, b->arena);
		Pair *added = pairs_add(ab, pair.left, k, 0.9 * (double)least);
		pair_say(added, arena_printf(b->arena, "both answer %.*s of the %s", STR_ARG(name), side_title(third)));
	}
}

static bool cancelled(const Builder *b) { return b->cancel && *b->cancel; }

static void read_halves(Builder *b) {
	Half present[SIDE_COUNT];
	size_t n = 0;
	for (int s = 0; s < SIDE_COUNT; s++) {
		if (b->present[s])
			present[n++] = (Half) { .side = (Side)s, .outline = b->sides[s].outline, .program = b->sides[s].program };
	}
	align_read(present, n, b->cancel, b->arena);
	for (size_t i = 0; i < n; i++) b->halves[present[i].side] = present[i];
}

/* Likeness of all classes, each two sides with what the third says of them. */
static void compare_classes(Builder *b, Matrix m[3], float *like[3]) {
	for (int i = 0; i < 3; i++) {
		if (b->have[i]) align_matrix(&b->halves[ends[i][0]], &b->halves[ends[i][1]], b->cancel, b->arena, &m[i]);
		like[i] = b->have[i] ? m[i].at : NULL;
	}
	if (!b->have[0] || !b->have[1] || !b->have[2]) return;
	for (int i = 0; i < 3; i++) like[i] = ARENA_ARRAY(b->arena, float, m[i].n_rows *m[i].n_columns + 1);
	align_support(&m[0], &m[1], false, &m[2], true, b->cancel, like[0]);
	align_support(&m[1], &m[0], false, &m[2], false, b->cancel, like[1]);
	align_support(&m[2], &m[0], true, &m[1], false, b->cancel, like[2]);
}

/* What was named to be compared comes first; a package around it has a class like any other. */
static const Reach reaches[] = { { true, true }, { true, false }, { false, true }, { false, false } };

static void pair_classes(
    Builder *b, const Matrix m[3], float *const like[3], double threshold, double margin, Reach reach) {
	for (int i = 0; i < 3; i++) {
		if (b->have[i]) align_classes(&m[i], like[i], threshold, margin, reach, b->arena, &b->pairs[i]);
	}
	close_triangles(b);
}

static void pair_up(Builder *b) {
	Matrix m[3];
	float *like[3];
	read_halves(b);
	for (int i = 0; i < 3; i++) {
		b->have[i] = b->present[ends[i][0]] && b->present[ends[i][1]];
		if (b->have[i]) pairs_init(&b->pairs[i], &b->halves[ends[i][0]], &b->halves[ends[i][1]]);
	}
	if (!cancelled(b)) compare_classes(b, m, like);
	for (size_t r = 0; r < BASE_COUNT(reaches) && !cancelled(b); r++) {
		pair_classes(
		    b, m, like, reaches[r].left_scope || reaches[r].right_scope ? CLASS_SURE : CLASS_AROUND, 0, reaches[r]);
		if (r + 1 < BASE_COUNT(reaches)) pair_classes(b, m, like, CLASS_LIKELY, CLASS_MARGIN, reaches[r]);
	}
	for (int i = 0; i < 3; i++) {
		if (b->have[i] && !cancelled(b)) align_members(b->arena, &b->pairs[i], b->cancel);
	}
	close_triangles(b);
	for (int i = 0; i < 3; i++) {
		if (b->have[i] && !cancelled(b)) align_extra(b->arena, &b->pairs[i], b->cancel);
	}
	if (b->have[0] && b->have[1] && b->have[2]) {
		close_several(b, &b->pairs[0], &b->pairs[1], &b->pairs[2], SIDE_MLX);
		close_several(b, &b->pairs[1], &b->pairs[0], &b->pairs[2], SIDE_TORCH);
	}
}

/* ---- rows ---- */

/* A component with its overloads, which go where it goes. */
static const ComponentId *with_overloads(const Builder *b, Side side, ComponentId id, size_t *n) {
	const Outline *o = b->sides[side].outline;
	const Unit *units = b->halves[side].units;
	VEC(ComponentId) ids = { 0 };
	VEC_PUSH(ids) = id;
	for (ComponentId k = o->same_name[id]; k != COMPONENT_NONE; k = o->same_name[k]) {
		if (units[k].overload && o->components[k].parent == o->components[id].parent &&
		    o->components[k].file == o->components[id].file) {
			VEC_PUSH(ids) = k;
		}
	}
	*n = ids.n;
	return VEC_TO_ARENA(ids, b->arena);
}

static Row *add_row(Builder *b, Side side, ComponentId id) {
	Row *row = &VEC_PUSH(b->rows);
	row->kind = b->halves[side].units[id].kind;
	row->confidence = 1;
	row->ids[side] = with_overloads(b, side, id, &row->n[side]);
	for (size_t i = 0; i < row->n[side]; i++) b->row_of[side][row->ids[side][i]] = (uint32_t)(b->rows.n - 1);
	return row;
}

static bool is_said(const Str *all, size_t n, Str words) {
	for (size_t i = 0; i < n; i++) {
		if (str_eq(all[i], words)) return true;
	}
	return false;
}

static void add_evidence(Builder *b, Row *row, Side side, const Pair *pair) {
	Str *all = ARENA_ARRAY(b->arena, Str, row->n_evidence + pair->n_evidence);
	if (row->n_evidence) memcpy(all, row->evidence, row->n_evidence * sizeof *all);
	size_t n = row->n_evidence;
	for (size_t i = 0; i < pair->n_evidence; i++) {
		Str words = b->present[SIDE_MLX] && b->present[SIDE_TORCH]
		                ? arena_printf(b->arena, "%s: %.*s", side_name(side), STR_ARG(pair->evidence[i]))
		                : pair->evidence[i];
		if (!is_said(all, n, words)) all[n++] = words;
	}
	row->evidence = all;
	row->n_evidence = n;
	if (pair->confidence < row->confidence) row->confidence = pair->confidence;
}

static void add_answer(Builder *b, uint32_t index, Side side, const Pair *pair) {
	Row *row = &b->rows.at[index];
	size_t n;
	const ComponentId *more = with_overloads(b, side, pair->right, &n);
	ComponentId *ids = ARENA_ARRAY(b->arena, ComponentId, row->n[side] + n);
	if (row->n[side]) memcpy(ids, row->ids[side], row->n[side] * sizeof *ids);
	memcpy(ids + row->n[side], more, n * sizeof *ids);
	row->ids[side] = ids;
	row->n[side] += n;
	for (size_t i = 0; i < n; i++) {
		if (b->row_of[side][more[i]] == ROW_NONE) b->row_of[side][more[i]] = index;
	}
	add_evidence(b, row, side, pair);
}

/* A row for each component of the side that has none yet. */
static void add_lonely(Builder *b, Side side) {
	for (size_t i = 0; i < b->halves[side].n; i++) {
		const Unit *u = &b->halves[side].units[i];
		bool nested = i >= b->sides[side].outline->n; /* nobody misses it, for its outer one has a row */
		if (!u->ignored && !u->overload && !nested && b->row_of[side][i] == ROW_NONE) add_row(b, side, (ComponentId)i);
	}
}

static void make_rows(Builder *b) {
	add_lonely(b, SIDE_SWIFT);
	for (int p = 0; p < 2; p++) {
		for (size_t i = 0; i < b->pairs[p].v.n; i++) {
			const Pair *pair = &b->pairs[p].v.at[i];
			if (b->row_of[SIDE_SWIFT][pair->left] == ROW_NONE) add_row(b, SIDE_SWIFT, pair->left); /* a nested one */
			add_answer(b, b->row_of[SIDE_SWIFT][pair->left], ends[p][1], pair);
		}
	}
	add_lonely(b, SIDE_MLX);
	for (size_t i = 0; i < b->pairs[2].v.n; i++) {
		const Pair *pair = &b->pairs[2].v.at[i];
		uint32_t row = b->row_of[SIDE_MLX][pair->left];
		if (row == ROW_NONE || b->row_of[SIDE_TORCH][pair->right] != ROW_NONE || b->rows.at[row].n[SIDE_TORCH])
			continue;
		add_answer(b, row, SIDE_TORCH, pair);
	}
	add_lonely(b, SIDE_TORCH);
}

/* ---- corrections ---- */

static ComponentId find_label(const Builder *b, Side side, Str label) {
	if (!b->present[side] || !label.len) return COMPONENT_NONE;
	const Outline *o = b->sides[side].outline;
	size_t hash = str_find(label, "#", 0);
	Str name = hash == SIZE_MAX ? label : str_sub(label, hash + 1, label.len);
	for (ComponentId id = outline_find(o, name); id != COMPONENT_NONE; id = o->same_name[id]) {
		if (hash == SIZE_MAX || str_is(str_sub(label, 0, hash), o->source->files[o->components[id].file].name))
			return id;
	}
	for (size_t i = 0; i < o->n_nested; i++) {
		if (str_eq(o->components[o->n + i].name, name)) return (ComponentId)(o->n + i);
	}
	return COMPONENT_NONE;
}

/* Takes a component out of every row; what else answered there stays. */
static void take_out(Builder *b, Side side, ComponentId id) {
	for (size_t i = 0; i < b->rows.n; i++) {
		Row *row = &b->rows.at[i];
		if (!row->n[side]) continue;
		ComponentId *others = ARENA_ARRAY(b->arena, ComponentId, row->n[side]);
		size_t kept = 0;
		for (size_t k = 0; k < row->n[side]; k++) {
			if (row->ids[side][k] != id) others[kept++] = row->ids[side][k];
		}
		if (kept == row->n[side]) continue;
		row->ids[side] = others;
		row->n[side] = kept;
	}
	b->row_of[side][id] = ROW_NONE;
}

/* All that answered in the row go, each to a row of its own. */
static void take_answers(Builder *b, uint32_t index, Side side) {
	while (b->rows.at[index].n[side]) {
		ComponentId id = b->rows.at[index].ids[side][0];
		take_out(b, side, id);
		add_row(b, side, id);
	}
}

static void apply_pin(Builder *b, const RowPin *pin) {
	ComponentId swift = find_label(b, SIDE_SWIFT, pin->swift);
	if (swift == COMPONENT_NONE || b->row_of[SIDE_SWIFT][swift] == ROW_NONE) return;
	uint32_t index = b->row_of[SIDE_SWIFT][swift];
	for (int s = SIDE_MLX; s <= SIDE_TORCH; s++) {
		if (!pin->given[s] || !b->present[s]) continue;
		ComponentId other = find_label(b, (Side)s, pin->other[s]);
		if (other == COMPONENT_NONE && pin->other[s].len) continue;
		take_answers(b, index, (Side)s);
		if (other != COMPONENT_NONE) {
			take_out(b, (Side)s, other);
			Pair pair = { .left = swift, .right = other, .confidence = 1, .n_evidence = 1 };
			pair.evidence[0] = STR("said by a person");
			b->rows.at[index].n_evidence = 0;
			b->rows.at[index].confidence = 1;
			add_answer(b, index, (Side)s, &pair);
		}
		b->rows.at[index].pinned = true;
	}
}

/* Rows that lost their last component to a correction go; row_of follows. */
static void drop_empty(Builder *b) {
	size_t kept = 0;
	for (size_t i = 0; i < b->rows.n; i++) {
		Row *row = &b->rows.at[i];
		if (!row->n[SIDE_SWIFT] && !row->n[SIDE_MLX] && !row->n[SIDE_TORCH]) continue;
		for (int s = 0; s < SIDE_COUNT; s++) {
			for (size_t k = 0; k < row->n[s]; k++) b->row_of[s][row->ids[s][k]] = (uint32_t)kept;
		}
		b->rows.at[kept++] = *row;
	}
	b->rows.n = kept;
}

/* ---- the whole ---- */

bool rows_build_until(
    const AlignSide sides[SIDE_COUNT], const RowPins *pins, const volatile bool *cancel, Arena *arena, Rows *out) {
	*out = (Rows) { 0 };
	Builder b = { .sides = sides, .arena = arena, .cancel = cancel };
	for (int s = 0; s < SIDE_COUNT; s++) {
		b.present[s] = sides[s].outline != NULL;
		if (!b.present[s]) continue;
		size_t n = sides[s].outline->n + sides[s].outline->n_nested;
		b.row_of[s] = ARENA_ARRAY(arena, uint32_t, n + 1);
		for (size_t i = 0; i < n; i++) b.row_of[s][i] = ROW_NONE;
	}
	pair_up(&b);
	bool done = !cancelled(&b);
	if (done) make_rows(&b);
	for (size_t i = 0; done && pins && i < pins->n; i++) apply_pin(&b, &pins->pins[i]);
	if (done && pins && pins->n) drop_empty(&b);
	for (int i = 0; i < 3; i++) pairs_done(&b.pairs[i]);
	if (!done) return false;
	for (int s = 0; s < SIDE_COUNT; s++) out->row_of[s] = b.row_of[s];
	out->n = b.rows.n;
	out->rows = VEC_TO_ARENA(b.rows, arena);
	return true;
}

void rows_build(const AlignSide sides[SIDE_COUNT], const RowPins *pins, Arena *arena, Rows *out) {
	rows_build_until(sides, pins, NULL, arena, out);
}

const Row *rows_of(const Rows *rows, Side side, ComponentId id) {
	if (!rows->row_of[side] || id == COMPONENT_NONE) return NULL;
	uint32_t row = rows->row_of[side][id];
	return row == ROW_NONE ? NULL : &rows->rows[row];
}

ComponentId rows_answer(const Rows *rows, Side side, ComponentId id, Side other) {
	const Row *row = rows_of(rows, side, id);
	return row && row->n[other] ? row->ids[other][0] : COMPONENT_NONE;
}
