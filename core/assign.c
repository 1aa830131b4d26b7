#include "core/posix.h"

#include "core/assign.h"

#include <float.h>
#include <stdlib.h>
#include <string.h>

/* ---- connected parts ---- */

static uint32_t find(uint32_t *parent, uint32_t i) {
	while (parent[i] != i) i = parent[i] = parent[parent[i]];
	return i;
}

/* ---- one part, as a dense square problem ---- */

typedef struct Dense {
	size_t n;
	double *cost; /* n by n, row-major: 0 where there is no edge, minus the gain where there is one */
	double *row_price, *column_price, *distance;
	size_t *row_of, *from; /* column -> row; column -> column before it on the path; n is the virtual start */
	bool *done;
} Dense;

static Dense dense_new(size_t n) {
	Dense d = { .n = n };
	d.cost = base_alloc(n * n * sizeof *d.cost);
	d.row_price = base_alloc((n + 1) * sizeof *d.row_price);
	d.column_price = base_alloc((n + 1) * sizeof *d.column_price);
	d.distance = base_alloc((n + 1) * sizeof *d.distance);
	d.row_of = base_alloc((n + 1) * sizeof *d.row_of);
	d.from = base_alloc((n + 1) * sizeof *d.from);
	d.done = base_alloc((n + 1) * sizeof *d.done);
	return d;
}

static void dense_free(Dense *d) {
	free(d->cost);
	free(d->row_price);
	free(d->column_price);
	free(d->distance);
	free(d->row_of);
	free(d->from);
	free(d->done);
}

/* The shortest augmenting path from a row that has no column yet; prices keep all reduced costs at or above zero. */
static void augment(Dense *d, size_t row) {
	size_t n = d->n, column = n;
	for (size_t j = 0; j <= n; j++) {
		d->distance[j] = DBL_MAX;
		d->done[j] = false;
	}
	d->row_of[n] = row;
	while (d->row_of[column] != n) {
		d->done[column] = true;
		size_t i = d->row_of[column], next = n;
		double best = DBL_MAX;
		for (size_t j = 0; j < n; j++) {
			if (d->done[j]) continue;
			double reduced = d->cost[i * n + j] - d->row_price[i] - d->column_price[j];
			if (reduced < d->distance[j]) {
				d->distance[j] = reduced;
				d->from[j] = column;
			}
			if (d->distance[j] < best) {
				best = d->distance[j];
				next = j;
			}
		}
		for (size_t j = 0; j <= n; j++) {
			if (d->done[j]) {
				d->row_price[d->row_of[j]] += best;
				d->column_price[j] -= best;
			} else {
				d->distance[j] -= best;
			}
		}
		column = next;
	}
	while (column != n) {
		size_t before = d->from[column];
		d->row_of[column] = d->row_of[before];
		column = before;
	}
}

static void dense_solve(Dense *d) {
	for (size_t j = 0; j <= d->n; j++) d->row_of[j] = d->n; /* n: free */
	for (size_t i = 0; i < d->n; i++) augment(d, i);
}

/* ---- the whole ---- */

typedef struct Part {
	VEC(uint32_t) left, right;
	VEC(AssignEdge) edges;
} Part;

static void solve_part(const Part *part, uint32_t *place, uint32_t *match) {
	size_t n = part->left.n > part->right.n ? part->left.n : part->right.n;
	Dense d = dense_new(n);
	for (size_t i = 0; i < part->left.n; i++) place[part->left.at[i]] = (uint32_t)i;
	for (size_t i = 0; i < part->right.n; i++) place[part->right.at[i]] = (uint32_t)i;
	for (size_t i = 0; i < part->edges.n; i++) {
		const AssignEdge *e = &part->edges.at[i];
		d.cost[place[e->left] * n + place[e->right]] = -e->gain;
	}
	dense_solve(&d);
	for (size_t j = 0; j < part->right.n; j++) {
		size_t i = d.row_of[j];
		if (i < part->left.n && d.cost[i * n + j] < 0) match[part->left.at[i]] = (uint32_t)j;
	}
	dense_free(&d);
}

void assign_solve(const AssignEdge *edges, size_t n_edges, uint32_t n_left, uint32_t n_right, uint32_t *match) {
	uint32_t n = n_left + n_right; /* right nodes are numbered after the left ones */
	uint32_t *parent = base_alloc((size_t)(n + 1) * sizeof *parent),
	         *place = base_alloc((size_t)(n + 1) * sizeof *place);
	Part *parts = base_alloc((size_t)(n + 1) * sizeof *parts);
	for (uint32_t i = 0; i < n; i++) parent[i] = i;
	for (uint32_t i = 0; i < n_left; i++) match[i] = ASSIGN_NONE;
	for (size_t i = 0; i < n_edges; i++) {
		if (edges[i].gain > 0) parent[find(parent, edges[i].left)] = find(parent, n_left + edges[i].right);
	}
	for (uint32_t i = 0; i < n; i++) {
		Part *part = &parts[find(parent, i)];
		if (i < n_left)
			VEC_PUSH(part->left) = i;
		else
			VEC_PUSH(part->right) = i;
	}
	for (size_t i = 0; i < n_edges; i++) {
		if (edges[i].gain <= 0) continue;
		AssignEdge *e = &VEC_PUSH(parts[find(parent, edges[i].left)].edges);
		*e = edges[i];
		e->right += n_left;
	}
	for (uint32_t i = 0; i < n; i++) {
		if (parts[i].edges.n) solve_part(&parts[i], place, match);
		for (size_t k = 0; k < parts[i].left.n && parts[i].edges.n; k++) {
			uint32_t *m = &match[parts[i].left.at[k]];
			if (*m != ASSIGN_NONE) *m = parts[i].right.at[*m] - n_left;
		}
		VEC_FREE(parts[i].left);
		VEC_FREE(parts[i].right);
		VEC_FREE(parts[i].edges);
	}
	free(parts);
	free(place);
	free(parent);
}
