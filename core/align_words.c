#include "core/posix.h"

#include "core/align_build.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What components are called and what they speak of, with the habits of the three dialects undone. */

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

static Str canonical(Str word) {
	for (size_t i = 0; i < BASE_COUNT(synonyms); i++) {
		for (size_t k = 1; k < BASE_COUNT(synonyms[i]) && synonyms[i][k]; k++) {
			if (str_is(word, synonyms[i][k])) return str_of(synonyms[i][0]);
		}
	}
	return word;
}

static Str squash(Arena *arena, Str name) {
	char *out = arena_alloc(arena, name.len + 1);
	size_t n = 0;
	for (size_t i = 0; i < name.len; i++) {
		if (isalnum((unsigned char)name.ptr[i])) out[n++] = (char)tolower((unsigned char)name.ptr[i]);
	}
	return (Str) { out, n };
}

/* Splits at '_' and at changes of case: "RMSNorm2d_x" is RMS, Norm2d, x. */
static bool next_part(Str *rest, Str *part) {
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

typedef struct Words {
	Map ids;
	Arena *arena;
	VEC(uint32_t) documents; /* by word: in how many components it stands */
	VEC(uint8_t) sides;      /* by word: bits of the sides that say it */
	uint8_t side;            /* bit of the one being read */
	VEC(WordId) seen;        /* of the component being read, with repetitions */
	size_t n_documents;
} Words;

static WordId word_id(Words *w, Str word) {
	uintptr_t *known = map_get(&w->ids, word);
	if (known) return (WordId)*known;
	WordId id = (WordId)w->documents.n;
	VEC_PUSH(w->documents) = 0;
	VEC_PUSH(w->sides) = 0;
	map_put(&w->ids, arena_str(w->arena, word), id);
	return id;
}

static void see(Words *w, Str word) { VEC_PUSH(w->seen) = word_id(w, word); }

/* A name counts as a whole and by its parts. Returns the word of the whole. */
static WordId see_name(Words *w, Str name) {
	char whole[96];
	size_t n = 0, parts = 0;
	Str rest = name, part;
	while (next_part(&rest, &part)) {
		char lower[64];
		size_t len = part.len < sizeof lower ? part.len : sizeof lower;
		for (size_t i = 0; i < len; i++) lower[i] = (char)tolower((unsigned char)part.ptr[i]);
		Str word = canonical((Str) { lower, len });
		if (word.len > 1) see(w, word);
		for (size_t i = 0; i < word.len && n < sizeof whole; i++) whole[n++] = word.ptr[i];
		parts++;
	}
	WordId id = word_id(w, (Str) { whole, n });
	if (parts > 1) VEC_PUSH(w->seen) = id;
	return id;
}

static int compare_ids(const void *a, const void *b) {
	WordId x = *(const WordId *)a, y = *(const WordId *)b;
	return (x > y) - (x < y);
}

/* Makes a bag of what was seen; a word that comes often counts little more than once. */
static Bag take_bag(Words *w) {
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

/* Words of names that say little of what is meant. */
static bool is_light(Str word) {
	static const char *const light[] = { "compute", "get", "calculate", "make", "do", "perform", "run", "to", "from",
		"with", "apply", "the", "of", "and", "for", "load" };
	for (size_t i = 0; i < BASE_COUNT(light); i++) {
		if (str_is(word, light[i])) return true;
	}
	return word.len < 2;
}

/* A word that one side alone says is mostly its dialect's. */
static bool is_dialect(const Words *w, WordId word) { return (w->sides.at[word] & (w->sides.at[word] - 1)) == 0; }

static float rarity(const Words *w, WordId word) {
	return logf(1 + (float)w->n_documents / (1 + (float)w->documents.at[word]));
}

static void weigh(const Words *w, Bag *bag) {
	for (size_t i = 0; i < bag->n; i++) bag->at[i].weight *= rarity(w, bag->at[i].word);
}

static const double JACCARD_PRIOR = 2, OPS_SHARE = 0.1;

double bag_cosine(const Bag *a, const Bag *b) {
	double dot = 0, aa = 0, bb = 0;
	for (size_t i = 0; i < a->n; i++) aa += (double)a->at[i].weight * a->at[i].weight;
	for (size_t i = 0; i < b->n; i++) bb += (double)b->at[i].weight * b->at[i].weight;
	for (size_t i = 0, k = 0; i < a->n && k < b->n;) {
		if (a->at[i].word == b->at[k].word)
			dot += (double)a->at[i++].weight * b->at[k++].weight;
		else if (a->at[i].word < b->at[k].word)
			i++;
		else
			k++;
	}
	return aa > 0 && bb > 0 ? dot / sqrt(aa * bb) : 0;
}

double bodies_alike(const Unit *a, const Unit *b) {
	double words = bag_cosine(&a->body, &b->body);
	if (!a->ops.n || !b->ops.n) return words;
	return (1 - OPS_SHARE) * words + OPS_SHARE * bag_cosine(&a->ops, &b->ops);
}

double bag_contained(const Bag *part, const Bag *whole, size_t *shared) {
	double found = 0, all = 0;
	*shared = 0;
	for (size_t i = 0, k = 0; i < part->n; i++) {
		double square = (double)part->at[i].weight * part->at[i].weight;
		all += square;
		while (k < whole->n && whole->at[k].word < part->at[i].word) k++;
		if (k == whole->n || whole->at[k].word != part->at[i].word) continue;
		found += square;
		++*shared;
	}
	return all > 0 ? found / all : 0;
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

/* ---- what a component says ---- */

static void see_leaf(Words *w, const SyntaxTree *tree, SynId id) {
	Str text = syntax_text(tree, id);
	switch (tree->nodes[id].kind) {
	case SYN_SIMPLE_IDENTIFIER:
	case SYN_TYPE_IDENTIFIER:
	case SYN_IDENTIFIER:
		if (!str_is(text, "self")) see_name(w, text);
		break;
	case SYN_INTEGER_LITERAL:
	case SYN_REAL_LITERAL:
	case SYN_INTEGER:
	case SYN_FLOAT: {
		char number[48], shown[32];
		size_t n = 0;
		for (size_t i = 0; i < text.len && n + 1 < sizeof number; i++) {
			if (text.ptr[i] != '_') number[n++] = text.ptr[i];
		}
		number[n] = '\0';
		double value = strtod(number, NULL);
		if (value == 0 || value == 1 || value == 2 || value == -1) break; /* everywhere */
		snprintf(shown, sizeof shown, "%g", value);
		see(w, str_of(shown));
		break;
	}
	case SYN_LINE_STR_TEXT:
	case SYN_STRING_CONTENT:
		if (text.len > 1 && text.len < 48 && str_find(text, "\n", 0) == SIZE_MAX) see_name(w, text);
		break;
	default: break;
	}
}

static bool is_docstring(const SyntaxTree *tree, SynId id) {
	SynId parent = tree->nodes[id].parent;
	return tree->nodes[id].kind == SYN_STRING && tree->nodes[parent].kind == SYN_EXPRESSION_STATEMENT;
}

static bool is_class(const SyntaxTree *tree, SynId id) {
	SyntaxKind kind = (SyntaxKind)tree->nodes[id].kind;
	return kind == SYN_CLASS_DECLARATION || kind == SYN_PROTOCOL_DECLARATION || kind == SYN_CLASS_DEFINITION;
}

/* What a function computes, by the canonical names of its operations and the constants it computes with. */
static void see_graph(Words *w, const FlowGraph *g) {
	for (NodeId i = 1; i < g->n; i++) {
		const FlowNode *node = &g->nodes[i];
		if (node->op != OP_NONE) see(w, arena_printf(w->arena, "op %s", op_info(node->op)->name));
		if (node->kind == NODE_MODULE && node->key.len) {
			see(w, arena_printf(w->arena, "runs %.*s", STR_ARG(squash(w->arena, node->key))));
		}
	}
}

static Bag read_ops(Words *w, const Half *h, size_t id) {
	if (h->program) see_graph(w, &h->program->functions[id].graph);
	for (size_t i = 0; i < h->n && h->program && h->units[id].kind == COMPONENT_CLASS; i++) {
		if (h->outline->components[i].parent == id) see_graph(w, &h->program->functions[i].graph);
	}
	return take_bag(w);
}

static Bag read_body(Words *w, const Half *h, size_t id) {
	const Outline *o = h->outline;
	const Component *c = &o->components[id];
	const SyntaxTree *tree = &o->trees[c->file];
	for (SynId i = c->node + 1; i < tree->nodes[c->node].next;) {
		bool nested = c->kind == COMPONENT_CLASS && is_class(tree, i);
		if (nested || is_docstring(tree, i)) {
			i = tree->nodes[i].next;
			continue;
		}
		see_leaf(w, tree, i++);
	}
	w->n_documents++;
	return take_bag(w);
}

/* The weight keys of a module, or its other fields; of what is no module all fields are others. */
static Bag read_keys(Words *w, const Component *c, bool weights) {
	for (size_t i = 0; i < c->n_fields; i++) {
		const Field *f = &c->fields[i];
		if ((f->is_module || f->is_parameter) != weights || f->is_computed) continue;
		Str key = squash(w->arena, f->key), name = squash(w->arena, f->name);
		see(w, arena_printf(w->arena, "key %.*s", STR_ARG(key)));
		if (!str_eq(key, name)) see(w, arena_printf(w->arena, "key %.*s", STR_ARG(name)));
	}
	return take_bag(w);
}

static Bag read_members(Words *w, const Outline *o, const Unit *units, ComponentId cls) {
	for (size_t i = 0; i < o->n; i++) {
		if (o->components[i].parent != cls || units[i].role != ROLE_NONE || units[i].kind != COMPONENT_METHOD) continue;
		see(w, arena_printf(w->arena, "member %.*s", STR_ARG(units[i].forms[0])));
	}
	return take_bag(w);
}

static Bag read_file(Words *w, const char *name) {
	Str rest = str_of(name), part;
	if (str_ends(rest, ".py")) rest.len -= 3;
	if (str_ends(rest, ".swift")) rest.len -= 6;
	while (rest.ptr && str_split(&rest, '/', &part)) {
		see_name(w, part);
		see(w, arena_printf(w->arena, "file %.*s", STR_ARG(squash(w->arena, part))));
	}
	return take_bag(w);
}

/* ---- names ---- */

static Role role_of(const Outline *o, const Component *c) {
	if (c->kind != COMPONENT_METHOD) return ROLE_NONE;
	if (c->is_init) return ROLE_INIT;
	if (str_is(c->base, "callAsFunction") || str_is(c->base, "__call__") || str_is(c->base, "forward"))
		return ROLE_CALL;
	if (!str_is(c->base, "__post_init__")) return ROLE_NONE;
	Str init = arena_printf(o->arena, "%.*s.__init__", STR_ARG(c->owner));
	return outline_find(o, init) == COMPONENT_NONE ? ROLE_INIT : ROLE_NONE;
}

typedef struct Prefix {
	Str text;      /* squashed */
	size_t n;      /* classes that begin with it: of the side, or of one file */
	uint32_t file; /* UINT32_MAX for the side */
} Prefix;
typedef struct Prefixes {
	VEC(Prefix) v;
} Prefixes;

static void count_prefix(Prefixes *p, Str text, uint32_t file) {
	for (size_t i = 0; i < p->v.n; i++) {
		if (p->v.at[i].file != file || !str_eq(p->v.at[i].text, text)) continue;
		p->v.at[i].n++;
		return;
	}
	VEC_PUSH(p->v) = (Prefix) { text, 1, file };
}

/* Beginnings that most class names of a side, or of one of its files, share: such as a model's name. */
static Prefixes find_prefixes(const Outline *o, Arena *arena) {
	Prefixes all = { 0 }, out = { 0 };
	size_t n_side = 0;
	uint32_t *n_file = base_alloc((o->source->n_files + 1) * sizeof *n_file);
	for (size_t i = 0; i < o->n; i++) {
		const Component *c = &o->components[i];
		if (c->kind != COMPONENT_CLASS || str_is(c->base, "CodingKeys")) continue;
		n_side++;
		n_file[c->file]++;
		Str rest = c->base, part;
		for (int k = 0; k < 3 && next_part(&rest, &part) && rest.len; k++) {
			Str text = squash(arena, str_sub(c->base, 0, c->base.len - rest.len));
			count_prefix(&all, text, UINT32_MAX);
			count_prefix(&all, text, c->file);
		}
	}
	for (size_t i = 0; i < all.v.n; i++) {
		const Prefix *p = &all.v.at[i];
		size_t of = p->file == UINT32_MAX ? n_side : n_file[p->file];
		if (p->n >= 3 && p->n * 5 >= of * 2 && p->text.len > 2) VEC_PUSH(out.v) = *p;
	}
	free(n_file);
	VEC_FREE(all.v);
	return out;
}

static void add_form(Unit *u, Str form) {
	for (size_t i = 0; i < u->n_forms; i++) {
		if (str_eq(u->forms[i], form)) return;
	}
	if (form.len > 1 && u->n_forms < UNIT_FORMS) u->forms[u->n_forms++] = form;
}

/* Length in the name of a beginning that has `squashed` letters and digits. */
static size_t length_in_name(Str name, size_t squashed) {
	size_t i = 0;
	for (; i < name.len && squashed; i++) squashed -= isalnum((unsigned char)name.ptr[i]) != 0;
	return i;
}

/* The longest known beginning of the name: shared by classes, or the name of its file or a folder. */
static size_t prefix_length(const Prefixes *prefixes, Str whole, uint32_t index, const char *file, Arena *arena) {
	size_t best = 0;
	for (size_t i = 0; i < prefixes->v.n; i++) {
		Str p = prefixes->v.at[i].text;
		if (prefixes->v.at[i].file != UINT32_MAX && prefixes->v.at[i].file != index) continue;
		if (p.len > best && p.len < whole.len && str_eq(str_sub(whole, 0, p.len), p)) best = p.len;
	}
	Str rest = str_of(file), part;
	while (rest.ptr && str_split(&rest, '/', &part)) {
		size_t dot = str_find(part, ".", 0);
		Str p = squash(arena, dot == SIZE_MAX ? part : str_sub(part, 0, dot));
		if (p.len > 2 && p.len > best && p.len < whole.len && str_eq(str_sub(whole, 0, p.len), p)) best = p.len;
	}
	return best;
}

static void read_name(Unit *u, const Component *c, const Prefixes *prefixes, const char *file, Arena *arena) {
	Str whole = squash(arena, c->base);
	if (!whole.len) whole = c->base; /* operators */
	add_form(u, whole);
	if (!u->n_forms) u->forms[u->n_forms++] = whole;
	Str name = c->base;
	size_t prefix = c->kind == COMPONENT_METHOD ? 0 : prefix_length(prefixes, whole, c->file, file, arena);
	if (prefix && isdigit((unsigned char)whole.ptr[prefix])) prefix = 0; /* Llama3 is no Llama */
	if (prefix) {
		add_form(u, str_sub(whole, prefix, whole.len));
		name = str_sub(name, length_in_name(name, prefix), name.len);
	}
	Buf joined = { 0 };
	Str rest = c->base, part;
	while (next_part(&rest, &part)) u->n_whole_parts++;
	rest = name;
	while (u->n_parts < UNIT_PARTS && next_part(&rest, &part)) {
		u->parts[u->n_parts] = canonical(squash(arena, part));
		buf_str(&joined, u->parts[u->n_parts++]);
	}
	u->joined = arena_str(arena, buf_view(&joined));
	add_form(u, u->joined);
	buf_done(&joined);
}

static double covered(const Unit *a, const Unit *b) {
	double all = 0, found = 0;
	for (size_t i = 0; i < a->n_parts; i++) {
		char part[64];
		if (a->parts[i].len >= sizeof part || !a->parts[i].len) continue;
		memcpy(part, a->parts[i].ptr, a->parts[i].len);
		part[a->parts[i].len] = '\0';
		all += a->part_weights[i];
		if (str_find(b->joined, part, 0) != SIZE_MAX) found += a->part_weights[i];
	}
	return all > 0 ? found / all : 0;
}

/* How much the words of a name say together. */
static double weight_of(const Unit *u) {
	double sum = 0;
	for (size_t i = 0; i < u->n_parts; i++) sum += (double)u->part_weights[i];
	return sum;
}

static double at_most_one(double x) { return x > 1 ? 1 : x; }

/* Below this weight the words left of a name ("Config") are shared by chance. */
static const double TELLING = 1.5;

double name_likeness(const Unit *a, const Unit *b) {
	if (str_eq(a->forms[0], b->forms[0])) return 1;
	for (size_t i = 0; i < a->n_forms; i++) {
		for (size_t k = 0; k < b->n_forms; k++) {
			if (str_eq(a->forms[i], b->forms[k])) return 0.95 * at_most_one(weight_of(a) / TELLING);
		}
	}
	double x = covered(a, b), y = covered(b, a);
	return x + y > 0 ? 0.9 * 2 * x * y / (x + y) : 0;
}

/* ---- what the scope names ---- */

bool may_meet(const Unit *a, const Unit *b) {
	if (a->in_scope && b->in_scope) return true;
	if (a->in_scope || b->in_scope) return a->is_near && b->is_near;
	return str_eq(a->forms[0], b->forms[0]) && a->n_whole_parts > 1;
}

static void find_near(const Half *h, Words *w) {
	bool *named = base_alloc(w->documents.n + 1);
	for (size_t i = 0; i < h->n; i++) {
		const Unit *u = &h->units[i];
		for (size_t k = 0; k < u->body.n && u->in_scope; k++) named[u->body.at[k].word] = true;
	}
	size_t n = w->documents.n;
	for (size_t i = 0; i < h->n; i++) { /* of what is nested or a member, the type around it must be named, too */
		const Component *c = &h->outline->components[i];
		WordId own = see_name(w, c->base);
		Str owner = c->owner;
		for (size_t k = 0; k < owner.len; k++) {
			if (owner.ptr[k] == '.') owner = str_sub(owner, k + 1, owner.len), k = 0;
		}
		WordId outer = owner.len ? see_name(w, owner) : own;
		h->units[i].is_near = h->units[i].in_scope || (own < n && outer < n && named[own] && named[outer]);
		w->seen.n = 0;
	}
	free(named);
}

/* ---- the whole ---- */

static bool is_ignored(const Component *c) {
	return str_is(c->base, "CodingKeys") || str_is(c->base, "deinit") || str_ends(c->owner, "CodingKeys");
}

static void read_units(Half *h, Words *w, Arena *arena) {
	const Outline *o = h->outline;
	Prefixes prefixes = find_prefixes(o, arena);
	w->side = (uint8_t)(1 << h->side);
	h->n = o->n;
	h->units = ARENA_ARRAY(arena, Unit, o->n);
	for (size_t i = 0; i < o->n; i++) {
		const Component *c = &o->components[i];
		const SourceFile *file = &o->source->files[c->file];
		Unit *u = &h->units[i];
		u->kind = c->kind;
		u->in_scope = file->in_scope;
		u->ignored = is_ignored(c);
		u->role = role_of(o, c);
		u->place = (float)c->span.start / (float)(file->text.len + 1);
		read_name(u, c, &prefixes, file->name, arena);
		u->body = read_body(w, h, i);
		u->ops = read_ops(w, h, i);
		u->file = read_file(w, file->name);
		ComponentId first = outline_find(o, c->name);
		while (first != COMPONENT_NONE && first != i && o->components[first].parent != c->parent)
			first = o->same_name[first];
		u->overload =
		    first != COMPONENT_NONE && first != i && c->kind != COMPONENT_CLASS && o->components[first].file == c->file;
	}
	for (size_t i = 0; i < o->n; i++) {
		if (h->units[i].kind != COMPONENT_CLASS) continue;
		h->units[i].weights = read_keys(w, &o->components[i], true);
		h->units[i].fields = read_keys(w, &o->components[i], false);
		h->units[i].members = read_members(w, o, h->units, (ComponentId)i);
	}
	VEC_FREE(prefixes.v);
	find_near(h, w);
}

static const float DIALECT_WEIGHT = 0.5F;

static void weigh_unit(Words *w, Unit *u) {
	weigh(w, &u->body);
	for (size_t i = 0; i < u->body.n; i++) {
		if (is_dialect(w, u->body.at[i].word)) u->body.at[i].weight *= DIALECT_WEIGHT;
	}
	weigh(w, &u->ops);
	weigh(w, &u->weights);
	weigh(w, &u->fields);
	weigh(w, &u->members);
	weigh(w, &u->file);
	for (size_t i = 0; i < u->n_parts; i++) {
		uintptr_t *id = map_get(&w->ids, u->parts[i]);
		u->part_weights[i] = id ? rarity(w, (WordId)*id) : logf(1 + (float)w->n_documents);
		if (is_light(u->parts[i])) u->part_weights[i] *= 0.25F;
	}
}

void align_read(Half *halves, size_t n_halves, Arena *arena) {
	Words w = { .arena = arena };
	for (size_t i = 0; i < n_halves; i++) read_units(&halves[i], &w, arena);
	for (size_t i = 0; i < n_halves; i++) {
		for (size_t k = 0; k < halves[i].n; k++) weigh_unit(&w, &halves[i].units[k]);
	}
	map_done(&w.ids);
	VEC_FREE(w.documents);
	VEC_FREE(w.sides);
	VEC_FREE(w.seen);
}
