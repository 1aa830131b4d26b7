#include "core/posix.h"

#include "core/align_build.h"

#include <stdlib.h>
#include <string.h>

/* Which bodies say a word: so that who looks for bodies with much in common meets only those that share something. */

static size_t words_of(const Half *h, const Ids *ids) {
	size_t n = 0;
	for (size_t i = 0; i < ids->v.n; i++) {
		const Bag *bag = &h->units[ids->v.at[i]].body;
		if (bag->n && bag->at[bag->n - 1].word >= n) n = (size_t)bag->at[bag->n - 1].word + 1;
	}
	return n;
}

WordIndex index_new(const Half *h, const Ids *ids) {
	WordIndex index = { .n_words = words_of(h, ids) };
	index.first = base_alloc((index.n_words + 2) * sizeof *index.first);
	size_t all = 0;
	for (size_t i = 0; i < ids->v.n; i++) {
		const Bag *bag = &h->units[ids->v.at[i]].body;
		for (size_t w = 0; w < bag->n; w++) index.first[bag->at[w].word + 2]++;
		all += bag->n;
	}
	for (size_t w = 1; w < index.n_words; w++) index.first[w + 1] += index.first[w];
	index.at = base_alloc((all + 1) * sizeof *index.at);
	index.weight = base_alloc((all + 1) * sizeof *index.weight);
	for (size_t i = 0; i < ids->v.n; i++) { /* first[w + 1] moves from the start of w to its end */
		const Bag *bag = &h->units[ids->v.at[i]].body;
		for (size_t w = 0; w < bag->n; w++) {
			uint32_t place = index.first[bag->at[w].word + 1]++;
			index.at[place] = (uint32_t)i;
			index.weight[place] = bag->at[w].weight;
		}
	}
	return index;
}

const uint32_t *index_of(const WordIndex *index, WordId word, size_t *n) {
	if (word >= index->n_words) {
		*n = 0;
		return index->at;
	}
	*n = index->first[word + 1] - index->first[word];
	return index->at + index->first[word];
}

void index_cosines(const WordIndex *index, const Half *h, const Ids *ids, const Bag *body, double *out) {
	memset(out, 0, ids->v.n * sizeof *out);
	for (size_t w = 0; w < body->n; w++) {
		size_t n;
		const uint32_t *at = index_of(index, body->at[w].word, &n);
		const float *weight = index->weight + (at - index->at);
		for (size_t e = 0; e < n; e++) out[at[e]] += (double)body->at[w].weight * weight[e];
	}
	for (size_t i = 0; i < ids->v.n; i++) {
		double norms = body->norm * h->units[ids->v.at[i]].body.norm;
		out[i] = norms > 0 ? out[i] / norms : 0;
	}
}

void index_free(WordIndex *index) {
	free(index->first);
	free(index->at);
	free(index->weight);
}
