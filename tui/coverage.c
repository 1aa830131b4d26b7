#include "core/posix.h"

#include "tui/coverage.h"

#include <stdlib.h>

static const SourceFile *file_of(const Scan *scan, Side side, ComponentId id) {
	const Outline *outline = &scan->sides[side].outline;
	return &outline->source->files[outline->components[id].file];
}

/* Its component of the port, which makes the row, is in the scope. */
static bool is_of_scope(const Scan *scan, const Row *row) {
	for (size_t i = 0; i < row->n[SIDE_SWIFT]; i++)
		if (file_of(scan, SIDE_SWIFT, row->ids[SIDE_SWIFT][i])->in_scope) return true;
	return false;
}

/* A component of the scope may also stand in the row of something around that looks like it: there it is no news. */
static bool has_scope(const Scan *scan, const Row *row, Side side) {
	for (size_t i = 0; i < row->n[side]; i++) {
		ComponentId id = row->ids[side][i];
		if (file_of(scan, side, id)->in_scope && (rows_of(&scan->rows, side, id) == row || is_of_scope(scan, row)))
			return true;
	}
	return false;
}

bool coverage_is_wanted(const Scan *scan, const Row *row) {
	return has_scope(scan, row, SIDE_MLX) || has_scope(scan, row, SIDE_TORCH);
}

bool coverage_shows(const Scan *scan, const Row *row) {
	return coverage_is_wanted(scan, row) || has_scope(scan, row, SIDE_SWIFT);
}

CoverageCount coverage_of_rows(const Scan *scan) {
	CoverageCount count = { 0 };
	for (size_t i = 0; i < scan->rows.n; i++) {
		const Row *row = &scan->rows.rows[i];
		if (!coverage_is_wanted(scan, row)) continue;
		count.n++;
		count.answered += row->n[SIDE_SWIFT] > 0;
	}
	return count;
}

CoverageCount coverage_of_file(const Scan *scan, Side side, uint32_t file) {
	CoverageCount count = { 0 };
	const Outline *outline = &scan->sides[side].outline;
	for (ComponentId id = 0; id < outline->n; id++) {
		const Row *row = outline->components[id].file == file ? rows_of(&scan->rows, side, id) : NULL;
		if (!row) continue;
		count.n++;
		count.answered += side == SIDE_SWIFT ? row->n[SIDE_MLX] || row->n[SIDE_TORCH] : row->n[SIDE_SWIFT] > 0;
	}
	return count;
}

/* ---- by file ---- */

typedef struct Placed {
	uint32_t behind; /* 1: the row has nothing on the side asked for */
	uint32_t side, file, start, row;
} Placed;

static Placed place(const Scan *scan, Side side, uint32_t index) {
	static const Side order[] = { SIDE_MLX, SIDE_TORCH, SIDE_SWIFT };
	const Row *row = &scan->rows.rows[index];
	Placed placed = { .row = index, .behind = row->n[side] == 0 };
	for (size_t i = 0; placed.behind && i < BASE_COUNT(order); i++) {
		if (!row->n[order[i]]) continue;
		side = order[i];
		break;
	}
	if (!row->n[side]) return placed;
	const Component *c = &scan->sides[side].outline.components[row->ids[side][0]];
	placed.side = side;
	placed.file = c->file;
	placed.start = c->span.start;
	return placed;
}

static int by_place(const void *a, const void *b) {
	const Placed *x = a, *y = b;
	const uint32_t p[] = { x->behind, x->side, x->file, x->start, x->row };
	const uint32_t q[] = { y->behind, y->side, y->file, y->start, y->row };
	for (size_t i = 0; i < BASE_COUNT(p); i++)
		if (p[i] != q[i]) return p[i] < q[i] ? -1 : 1;
	return 0;
}

CoverageEntry *coverage_group(
    const Scan *scan, Side side, const uint32_t *rows, size_t n, Arena *arena, size_t *n_entries) {
	Placed *placed = base_alloc((n + 1) * sizeof *placed);
	CoverageEntry *entries = ARENA_ARRAY(arena, CoverageEntry, 2 * n + 1);
	size_t count = 0;
	for (size_t i = 0; i < n; i++) placed[i] = place(scan, side, rows[i]);
	if (n) qsort(placed, n, sizeof *placed, by_place);
	for (size_t i = 0; i < n; i++) {
		const Placed *p = &placed[i], *before = i ? &placed[i - 1] : NULL;
		CoverageEntry entry = { (Side)p->side, p->file, COVERAGE_HEAD };
		if (!before || before->behind != p->behind || before->side != p->side || before->file != p->file)
			entries[count++] = entry;
		entry.row = p->row;
		entries[count++] = entry;
	}
	free(placed);
	*n_entries = count;
	return entries;
}
