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
	Arena *arena;
	VEC(Row) rows;
	uint32_t *row_of[SIDE_COUNT];
	Rows *out;
} Builder;

static const Side ends[3][2] = { { SIDE_SWIFT, SIDE_MLX }, { SIDE_SWIFT, SIDE_TORCH }, { SIDE_MLX, SIDE_TORCH } };

/* ---- pairs ---- */

static void pair_up(Builder *b) {
	Half present[SIDE_COUNT];
	size_t n = 0;
	Side order[SIDE_COUNT];
	for (int s = 0; s < SIDE_COUNT; s++) {
		if (!b->present[s]) continue;
		order[n] = (Side)s;
		present[n++] = (Half) { .side = (Side)s, .outline = b->sides[s].outline, .program = b->sides[s].program };
	}
	align_read(present, n, b->arena);
	for (size_t i = 0; i < n; i++) b->halves[order[i]] = present[i];
	Matrix m[3];
	float *like[3];
	bool have[3];
	for (int i = 0; i < 3; i++) {
		have[i] = b->present[ends[i][0]] && b->present[ends[i][1]];
		if (have[i]) align_matrix(&b->halves[ends[i][0]], &b->halves[ends[i][1]], b->arena, &m[i]);
		like[i] = have[i] ? m[i].at : NULL;
	}
	if (have[0] && have[1] && have[2]) {
		for (int i = 0; i < 3; i++) like[i] = ARENA_ARRAY(b->arena, float, m[i].n_rows *m[i].n_columns + 1);
		align_support(&m[0], &m[1], false, &m[2], true, like[0]);
		align_support(&m[1], &m[0], false, &m[2], false, like[1]);
		align_support(&m[2], &m[0], true, &m[1], false, like[2]);
	}
	for (int i = 0; i < 3; i++) {
		if (!have[i]) continue;
		align_classes(&m[i], like[i], b->arena, &b->pairs[i]);
		align_members(&b->halves[ends[i][0]], &b->halves[ends[i][1]], b->arena, &b->pairs[i]);
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

static void add_evidence(Builder *b, Row *row, Side side, const Pair *pair) {
	Str *all = ARENA_ARRAY(b->arena, Str, row->n_evidence + pair->n_evidence);
	if (row->n_evidence) memcpy(all, row->evidence, row->n_evidence * sizeof *all);
	size_t n = row->n_evidence;
	for (size_t i = 0; i < pair->n_evidence; i++) {
		all[n++] = b->present[SIDE_MLX] && b->present[SIDE_TORCH]
		               ? arena_printf(b->arena, "%s: %.*s", side_name(side), STR_ARG(pair->evidence[i]))
		               : pair->evidence[i];
	}
	row->evidence = all;
	row->n_evidence = n;
	if (pair->confidence < row->confidence) row->confidence = pair->confidence;
}

static void add_answer(Builder *b, uint32_t index, Side side, const Pair *pair) {
	Row *row = &b->rows.at[index];
	row->ids[side] = with_overloads(b, side, pair->right, &row->n[side]);
	for (size_t i = 0; i < row->n[side]; i++) b->row_of[side][row->ids[side][i]] = index;
	add_evidence(b, row, side, pair);
}

/* A row for each component of the side that has none yet. */
static void add_lonely(Builder *b, Side side) {
	for (size_t i = 0; i < b->halves[side].n; i++) {
		const Unit *u = &b->halves[side].units[i];
		if (!u->ignored && !u->overload && b->row_of[side][i] == ROW_NONE) add_row(b, side, (ComponentId)i);
	}
}

static void make_rows(Builder *b) {
	add_lonely(b, SIDE_SWIFT);
	for (int p = 0; p < 2; p++) {
		for (size_t i = 0; i < b->pairs[p].v.n; i++) {
			const Pair *pair = &b->pairs[p].v.at[i];
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
	return COMPONENT_NONE;
}

/* Takes a component out of every row, for it gets another; one that is left alone keeps a row of its own. */
static void take_out(Builder *b, Side side, ComponentId id, bool alone) {
	for (size_t i = 0; i < b->rows.n; i++) {
		Row *row = &b->rows.at[i];
		bool here = false;
		for (size_t k = 0; k < row->n[side]; k++) here |= row->ids[side][k] == id;
		if (!here) continue;
		for (size_t k = 0; k < row->n[side]; k++) b->row_of[side][row->ids[side][k]] = ROW_NONE;
		row->n[side] = 0;
	}
	if (alone) add_row(b, side, id);
}

static void apply_pin(Builder *b, const RowPin *pin) {
	ComponentId swift = find_label(b, SIDE_SWIFT, pin->swift);
	if (swift == COMPONENT_NONE || b->row_of[SIDE_SWIFT][swift] == ROW_NONE) return;
	uint32_t index = b->row_of[SIDE_SWIFT][swift];
	for (int s = SIDE_MLX; s <= SIDE_TORCH; s++) {
		if (!pin->given[s] || !b->present[s]) continue;
		ComponentId other = find_label(b, (Side)s, pin->other[s]);
		if (other == COMPONENT_NONE && pin->other[s].len) continue;
		if (b->rows.at[index].n[s]) take_out(b, (Side)s, b->rows.at[index].ids[s][0], true);
		if (other != COMPONENT_NONE) {
			take_out(b, (Side)s, other, false);
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

void rows_build(const AlignSide sides[SIDE_COUNT], const RowPins *pins, Arena *arena, Rows *out) {
	*out = (Rows) { 0 };
	Builder b = { .sides = sides, .arena = arena };
	for (int s = 0; s < SIDE_COUNT; s++) {
		b.present[s] = sides[s].outline != NULL;
		if (!b.present[s]) continue;
		size_t n = sides[s].outline->n;
		b.row_of[s] = ARENA_ARRAY(arena, uint32_t, n + 1);
		for (size_t i = 0; i < n; i++) b.row_of[s][i] = ROW_NONE;
	}
	pair_up(&b);
	make_rows(&b);
	for (size_t i = 0; pins && i < pins->n; i++) apply_pin(&b, &pins->pins[i]);
	if (pins && pins->n) drop_empty(&b);
	for (int i = 0; i < 3; i++) VEC_FREE(b.pairs[i].v);
	for (int s = 0; s < SIDE_COUNT; s++) out->row_of[s] = b.row_of[s];
	out->n = b.rows.n;
	out->rows = VEC_TO_ARENA(b.rows, arena);
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
