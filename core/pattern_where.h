/* What the files of conditions share. Internal to core/pattern_where*.c. */
#ifndef CORE_PATTERN_WHERE_H
#define CORE_PATTERN_WHERE_H

#include "core/pattern_tree.h"

/* ---- what a clause speaks of ---- */

static inline const ConditionWord *word(const Clause *clause, size_t i) {
	static const ConditionWord none = { .bind = -1 };
	return i < clause->n_words ? &clause->words[i] : &none;
}

/* The node of the first bound name in the clause, else the root. */
static inline NodeId subject(const Matcher *m, const Clause *clause) {
	for (size_t i = 0; i < clause->n_words; i++) {
		if (clause->words[i].kind == WORD_BIND) return m->match->bind[clause->words[i].bind];
	}
	return m->match->root;
}

static inline Truth truth(bool yes) { return yes ? TRUTH_YES : TRUTH_NO; }

static inline Truth compare(double have, Str how, double want) {
	if (str_is(how, "=")) return truth(have == want);
	if (str_is(how, "!=")) return truth(have != want);
	if (str_is(how, "<")) return truth(have < want);
	if (str_is(how, "<=")) return truth(have <= want);
	if (str_is(how, ">")) return truth(have > want);
	return truth(have >= want);
}

static inline Truth compare_words(const Clause *clause, double have) {
	for (size_t i = 0; i + 1 < clause->n_words; i++) {
		if (clause->words[i].kind == WORD_COMPARE)
			return compare(have, clause->words[i].text, clause->words[i + 1].number);
	}
	return TRUTH_UNKNOWN;
}

/* ---- rows of pattern_where_value.c and pattern_where_use.c ---- */

Truth where_is_device(const Matcher *m, const Clause *clause);
Truth where_is_host(const Matcher *m, const Clause *clause);
Truth where_is_host_array(const Matcher *m, const Clause *clause);
Truth where_is_real(const Matcher *m, const Clause *clause);
Truth where_is_float(const Matcher *m, const Clause *clause);
Truth where_is_scalar(const Matcher *m, const Clause *clause);
Truth where_rank(const Matcher *m, const Clause *clause);
Truth where_size_of_axis(const Matcher *m, const Clause *clause);
Truth where_length(const Matcher *m, const Clause *clause);
Truth where_has_type(const Matcher *m, const Clause *clause);
Truth where_is_double(const Matcher *m, const Clause *clause);
Truth where_permutes_last_two(const Matcher *m, const Clause *clause);
Truth where_is_used(const Matcher *m, const Clause *clause);
Truth where_is_returned(const Matcher *m, const Clause *clause);
Truth where_is_stored(const Matcher *m, const Clause *clause);
Truth where_has_pointer(const Matcher *m, const Clause *clause);
Truth where_derives(const Matcher *m, const Clause *clause);

#endif
