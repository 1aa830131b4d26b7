/* identity PORT [RUNS [SEED [loud]]]: how well candidates are found again after random edits of a port, with real scans: every
 * class of edit alone, then random combinations of up to three; the table of classes at the end. Exit 1 when one was bound
 * wrongly, or less than 95 % rightly. */
#include "core/posix.h"

#include "tests/support/marked_edits.h"
#include "tests/support/rebind.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int main(int n, char **arguments) {
	if (n < 2) {
		fprintf(stderr, "identity PORT [RUNS [SEED [loud]]]\n");
		return 2;
	}
	const char *sides[SIDE_COUNT] = { [SIDE_SWIFT] = arguments[1] };
	Err err = { { 0 } };
	Rebind *rebind = rebind_open(sides, &err);
	if (!rebind) {
		fprintf(stderr, "identity: %s\n", err.text);
		return 2;
	}
	RebindResult whole = { 0 };
	RebindResult *by_class = calloc(MARKED_EDIT_COUNT, sizeof *by_class);
	size_t runs = n > 2 ? strtoul(arguments[2], NULL, 10) : 500;
	uint64_t seed = n > 3 ? strtoul(arguments[3], NULL, 10) : 20261123;
	if (by_class) rebind_runs(rebind, runs, seed, &whole, by_class, n > 4);
	printf("%s: %zu candidates, %zu runs of one to three edits; by class, every run that has it\n", arguments[1],
	    rebind_n_candidates(rebind), runs);
	rebind_print_head();
	for (size_t i = 0; by_class && i < MARKED_EDIT_COUNT; i++) rebind_print(MARKED_EDITS[i].name, &by_class[i]);
	rebind_print("all runs", &whole);
	free(by_class);
	rebind_close(rebind);
	const RebindTally *t = &whole.touched;
	return whole.all.wrong > 0 || t->right * 100 < rebind_sum(t) * 95;
}
