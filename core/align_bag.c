#include "core/posix.h"

#include "core/align_build.h"

#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Words of names, with the habits of the three dialects undone, and bags of them. */

/* ---- words of a name ---- */

/* Different words for one thing, as porters and libraries use them; the first of a line stands for all. */
static const char *const synonyms[][6] = {
	{ "config", "configuration", "args", "arguments", "cfg" },
	{ "block", "layer" },
	{ "embed", "embedding", "embeddings", "emb" },
	{ "norm", "normalize", "normalization", "normalized" },
	{ "pos", "position", "positional", "positions" },
	{ "conv", "convolution", "convolutional" },
	{ "encode", "encoder", "enc", "encoding" },
	{ "decode", "decoder", "dec", "decoding" },
	{ "attn", "attention" },
	{ "rope", "rotary" },
	{ "num", "n", "count" },
	{ "dim", "dims", "dimension", "dimensions" },
	{ "init", "initialize", "initialise" },
	{ "vec", "vector" },
	{ "spec", "spectrogram" },
	{ "transpose", "transposed", "swapaxes" },
	{ "reshape", "reshaped", "view" },
	{ "concat", "concatenate", "concatenated", "cat" },
	{ "expanddims", "expandeddimensions", "unsqueeze", "expanded" },
	{ "make", "create", "build", "new" },
	{ "seq", "sequence" },
	{ "len", "length", "lengths", "lens" },
};

Str name_canonical(Str word) {
	for (size_t i = 0; i < BASE_COUNT(synonyms); i++) {
		for (size_t k = 1; k < BASE_COUNT(synonyms[i]) && synonyms[i][k]; k++) {
			if (str_is(word, synonyms[i][k])) return str_of(synonyms[i][0]);
		}
	}
	return word;
}

Str name_squash(Arena *arena, Str name) {
	char *out = arena_alloc(arena, name.len + 1);
	size_t n = 0;
	for (size_t i = 0; i < name.len; i++) {
		if (isalnum((unsigned char)name.ptr[i])) out[n++] = (char)tolower((unsigned char)name.ptr[i]);
	}
	return (Str) { out, n };
}

bool name_next_part(Str *rest, Str *part) {
	while (rest->len && !isalnum((unsigned char)rest->ptr[0])) *rest = str_sub(*rest, 1, rest->len);
	if (!rest->len) return false;
	size_t n = 1;
	for (; n < rest->len && isalnum((unsigned char)rest->ptr[n]); n++) {
		bool upper = isupper((unsigned char)rest->ptr[n]), was_upper = isupper((unsigned char)rest->ptr[n - 1]);
		bool lower_follows = n + 1 < rest->len && islower((unsigned char)rest->ptr[n + 1]);
		if (upper && (!was_upper || lower_follows)) break;
	}
	*part = str_sub(*rest, 0, n);
	*rest = str_sub(*rest, n, rest->len);
	return true;
}

/* ---- bags ---- */

WordId words_id(Words *w, Str word) {
	uintptr_t *known = map_get(&w->ids, word);
	if (known) return (WordId)*known;
	WordId id = (WordId)w->documents.n;
	VEC_PUSH(w->documents) = 0;
	VEC_PUSH(w->sides) = 0;
	map_put(&w->ids, arena_str(w->arena, word), id);
	return id;
}

void words_see(Words *w, Str word) { VEC_PUSH(w->seen) = words_id(w, word); }

/* Looks a name's words up, or splits it. Returns where they stand in w->spelt. */
static size_t spell(Words *w, Str name) {
	uintptr_t *known = map_get(&w->names, name);
	if (known) return *known;
	char whole[96];
	size_t n = 0, parts = 0, start = w->spelt.n;
	Str rest = name, part;
	VEC_PUSH(w->spelt) = 0;
	while (name_next_part(&rest, &part)) {
		char lower[64];
		size_t len = part.len < sizeof lower ? part.len : sizeof lower;
		for (size_t i = 0; i < len; i++) lower[i] = (char)tolower((unsigned char)part.ptr[i]);
		Str word = name_canonical((Str) { lower, len });
		if (word.len > 1) VEC_PUSH(w->spelt) = words_id(w, word);
		for (size_t i = 0; i < word.len && n < sizeof whole; i++) whole[n++] = word.ptr[i];
		parts++;
	}
	WordId id = words_id(w, (Str) { whole, n });
	if (parts > 1) VEC_PUSH(w->spelt) = id;
	w->spelt.at[start] = (WordId)(w->spelt.n - start - 1);
	VEC_PUSH(w->spelt) = id;
	map_put(&w->names, arena_str(w->arena, name), start);
	return start;
}

WordId words_see_name(Words *w, Str name) {
	size_t at = spell(w, name), n = w->spelt.at[at];
	for (size_t i = 1; i <= n; i++) {
		WordId id = w->spelt.at[at + i];
		VEC_PUSH(w->seen) = id;
	}
	return w->spelt.at[at + n + 1];
}

static int compare_ids(const void *a, const void *b) {
	WordId x = *(const WordId *)a, y = *(const WordId *)b;
	return (x > y) - (x < y);
}

Bag words_take(Words *w) {
	Bag bag = { 0 };
	if (w->seen.n) qsort(w->seen.at, w->seen.n, sizeof *w->seen.at, compare_ids);
	bag.at = ARENA_ARRAY(w->arena, WordCount, w->seen.n);
	for (size_t i = 0, end; i < w->seen.n; i = end) {
		for (end = i; end < w->seen.n && w->seen.at[end] == w->seen.at[i];) end++;
		bag.at[bag.n++] = (WordCount) { w->seen.at[i], 1 + logf((float)(end - i)) };
		w->documents.at[w->seen.at[i]]++;
		w->sides.at[w->seen.at[i]] |= w->side;
	}
	w->seen.n = 0;
	return bag;
}

bool words_is_dialect(const Words *w, WordId word) { return (w->sides.at[word] & (w->sides.at[word] - 1)) == 0; }

float words_rarity(const Words *w, WordId word) {
	return logf(1 + (float)w->n_documents / (1 + (float)w->documents.at[word]));
}

void words_weigh(const Words *w, Bag *bag) {
	double sum = 0;
	for (size_t i = 0; i < bag->n; i++) {
		WordCount *c = &bag->at[i];
		c->weight *= words_rarity(w, c->word);
		sum += (double)c->weight * c->weight;
	}
	bag->norm = sqrt(sum);
}

static const double JACCARD_PRIOR = 2, OPS_SHARE = 0.1;

double bag_cosine(const Bag *a, const Bag *b) {
	double dot = 0;
	if (a->norm <= 0 || b->norm <= 0) return 0;
	for (size_t i = 0, k = 0; i < a->n && k < b->n;) {
		WordId x = a->at[i].word, y = b->at[k].word;
		if (x == y) dot += (double)a->at[i].weight * b->at[k].weight;
		i += x <= y;
		k += y <= x;
	}
	return dot / (a->norm * b->norm);
}

double bodies_alike_by(double words, const Unit *a, const Unit *b) {
	if (!a->ops.n || !b->ops.n) return words;
	return (1 - OPS_SHARE) * words + OPS_SHARE * bag_cosine(&a->ops, &b->ops);
}

double bodies_alike(const Unit *a, const Unit *b) { return bodies_alike_by(bag_cosine(&a->body, &b->body), a, b); }

double bag_contained(const Bag *part, const Bag *whole, size_t *shared) {
	double found = 0;
	*shared = 0;
	for (size_t i = 0, k = 0; i < part->n && k < whole->n;) {
		WordId x = part->at[i].word, y = whole->at[k].word;
		if (x == y) {
			found += (double)part->at[i].weight * part->at[i].weight;
			++*shared;
		}
		i += x <= y;
		k += y <= x;
	}
	return part->norm > 0 ? found / (part->norm * part->norm) : 0;
}

double bag_jaccard(const Bag *a, const Bag *b) {
	double shared = 0, all = JACCARD_PRIOR; /* one shared word that everybody has proves little */
	size_t i = 0, k = 0;
	while (i < a->n || k < b->n) {
		if (i < a->n && k < b->n && a->at[i].word == b->at[k].word) {
			double x = a->at[i++].weight, y = b->at[k++].weight;
			shared += x < y ? x : y;
			all += x < y ? y : x;
		} else if (k >= b->n || (i < a->n && a->at[i].word < b->at[k].word)) {
			all += a->at[i++].weight;
		} else {
			all += b->at[k++].weight;
		}
	}
	return all > 0 ? shared / all : 0;
}
