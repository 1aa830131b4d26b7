#include "core/posix.h"

#include "core/assign.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

static double gain_of(const AssignEdge *edges, size_t n, const uint32_t *match) {
	double sum = 0;
	for (size_t i = 0; i < n; i++) {
		if (match[edges[i].left] == edges[i].right) sum += edges[i].gain;
	}
	return sum;
}

/* Tries every assignment: rows from `row` on, columns not in `used`. */
static double best_of(double gains[6][6], size_t n_left, size_t n_right, size_t row, unsigned used) {
	if (row == n_left) return 0;
	double best = best_of(gains, n_left, n_right, row + 1, used);
	for (size_t j = 0; j < n_right; j++) {
		if (used & (1u << j) || gains[row][j] <= 0) continue;
		double sum = gains[row][j] + best_of(gains, n_left, n_right, row + 1, used | 1u << j);
		if (sum > best) best = sum;
	}
	return best;
}

static void greedy_would_be_wrong(void **state) {
	(void)state;
	AssignEdge edges[] = { { 0, 0, 0.9 }, { 0, 1, 0.8 }, { 1, 0, 0.8 }, { 1, 1, 0.1 }, { 2, 2, 0 }, { 3, 2, -1 } };
	uint32_t match[4];
	assign_solve(edges, BASE_COUNT(edges), 4, 3, match);
	assert_int_equal(match[0], 1);
	assert_int_equal(match[1], 0);
	assert_int_equal(match[2], ASSIGN_NONE);
	assert_int_equal(match[3], ASSIGN_NONE);
	assign_solve(NULL, 0, 2, 0, match);
	assert_int_equal(match[1], ASSIGN_NONE);
}

static void as_good_as_trying_all(void **state) {
	(void)state;
	uint64_t seed = 1;
	for (int round = 0; round < 500; round++) {
		seed = hash_u64(seed, (uint64_t)round);
		size_t n_left = 1 + seed % 6, n_right = 1 + seed / 6 % 6, n = 0;
		double gains[6][6] = { { 0 } };
		AssignEdge edges[36];
		for (size_t i = 0; i < n_left; i++) {
			for (size_t j = 0; j < n_right; j++) {
				seed = hash_u64(seed, i * 7 + j);
				gains[i][j] = seed % 3 ? (double)(seed / 8 % 1000) / 1000 : 0;
				if (gains[i][j] > 0) edges[n++] = (AssignEdge) { (uint32_t)i, (uint32_t)j, gains[i][j] };
			}
		}
		uint32_t match[6];
		assign_solve(edges, n, (uint32_t)n_left, (uint32_t)n_right, match);
		unsigned used = 0;
		for (size_t i = 0; i < n_left; i++) {
			if (match[i] == ASSIGN_NONE) continue;
			assert_false(used & (1u << match[i]));
			used |= 1u << match[i];
		}
		double difference = gain_of(edges, n, match) - best_of(gains, n_left, n_right, 0, 0);
		assert_true(difference > -1e-9 && difference < 1e-9);
	}
}

int main(void) {
	const struct CMUnitTest tests[] = { cmocka_unit_test(greedy_would_be_wrong),
		cmocka_unit_test(as_good_as_trying_all) };
	return cmocka_run_group_tests_name("assign", tests, NULL, NULL);
}
