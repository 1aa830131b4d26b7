#include "core/posix.h"

#include "core/align_build.h"

#include "core/assign.h"

#include <stdlib.h>
#include <string.h>

/* Classes against classes: likeness from names, keys, words, members and files; then from which class holds which as
 * what, in a few rounds; then from what both are like on the third side; and last one assignment over all. */

enum { PLACE_ROUNDS = 3 };
static const double WEIGHT_NAME = 2.5, WEIGHT_KEYS = 3, WEIGHT_FIELDS = 0.7, WEIGHT_BODY = 2.5, WEIGHT_MEMBERS = 1,
                    WEIGHT_MODULE = 1.4, WEIGHT_FILE = 0.5, WEIGHT_PLACE = 2.5, WEIGHT_COMPANY = 1, WEIGHT_NAMESAKE = 1,
                    WEIGHT_ONE_SIDED = 0.8, WEIGHT_THIRD = 0.3, WEIGHT_INVERTED = 1;
static const float LIKELY_ANSWER = 0.36F;

/* ---- which class holds which ---- */

typedef struct Held {
	ComponentId holder, held;
	Str key, name; /* squashed by the words' rules: the first forms of the field */
} Held;
typedef struct Graph {
	VEC(Held) v;         /* all fields of one half whose type is a class of it */
	uint32_t *down, *up; /* CSR by holder and by held: indices into v */
	uint32_t *down_first, *up_first;
} Graph;

static void index_by(const Graph *g, size_t n, bool by_holder, uint32_t *first, uint32_t *list) {
	for (size_t i = 0; i < g->v.n; i++) first[(by_holder ? g->v.at[i].holder : g->v.at[i].held) + 1]++;
	for (size_t i = 0; i < n; i++) first[i + 1] += first[i];
	uint32_t *next = base_alloc((n + 1) * sizeof *next);
	memcpy(next, first, n * sizeof *next);
	for (size_t i = 0; i < g->v.n; i++) list[next[by_holder ? g->v.at[i].holder : g->v.at[i].held]++] = (uint32_t)i;
	free(next);
}

static Graph graph_new(const Half *h) {
	Graph g = { 0 };
	const Outline *o = h->outline;
	for (size_t i = 0; i < o->n; i++) {
		const Component *c = &o->components[i];
		for (size_t k = 0; k < c->n_fields; k++) {
			ComponentId held = outline_type(o, c->fields[k].type, c->file, c->name);
			if (held == COMPONENT_NONE || held == i) continue;
			VEC_PUSH(g.v) = (Held) { (ComponentId)i, held, c->fields[k].key, c->fields[k].name };
		}
	}
	g.down = base_alloc((g.v.n + 1) * sizeof *g.down);
	g.up = base_alloc((g.v.n + 1) * sizeof *g.up);
	g.down_first = base_alloc((o->n + 2) * sizeof *g.down_first);
	g.up_first = base_alloc((o->n + 2) * sizeof *g.up_first);
	index_by(&g, o->n, true, g.down_first, g.down);
	index_by(&g, o->n, false, g.up_first, g.up);
	return g;
}

static void graph_free(Graph *g) {
	VEC_FREE(g->v);
	free(g->down);
	free(g->up);
	free(g->down_first);
	free(g->up_first);
}

/* ---- matrices ---- */

static bool takes_part(const Half *h, size_t i) {
	return h->units[i].kind == COMPONENT_CLASS && !h->units[i].ignored && !h->outline->components[i].is_extension;
}

static ComponentId *classes_of(const Half *h, Arena *arena, size_t *n) {
	ComponentId *out = ARENA_ARRAY(arena, ComponentId, h->n);
	*n = 0;
	for (size_t i = 0; i < h->n; i++) {
		if (takes_part(h, i)) out[(*n)++] = (ComponentId)i;
	}
	return out;
}

typedef struct Sum {
	double score, weight;
} Sum;

static void add(Sum *sum, double weight, double score) {
	sum->score += weight * score;
	sum->weight += weight;
}

static double at_most_one(double x) { return x > 1 ? 1 : x; }

static Sum likeness(const Half *a, ComponentId i, const Half *b, ComponentId k, double words) {
	const Unit *x = &a->units[i], *y = &b->units[k];
	Sum sum = { 0 };
	bool bare = !x->weights.n && !y->weights.n; /* names of what holds no weights don't shift by a level */
	add(&sum, bare ? 1.6 * WEIGHT_NAME : WEIGHT_NAME, name_likeness(x, y));
	if (x->weights.n && y->weights.n)
		add(&sum, WEIGHT_KEYS, at_most_one(1.4 * bag_jaccard(&x->weights, &y->weights)));
	else if (x->weights.n || y->weights.n)
		add(&sum, WEIGHT_ONE_SIDED, 0);
	if (x->fields.n && y->fields.n) {
		add(&sum, bare ? WEIGHT_KEYS : WEIGHT_FIELDS, at_most_one(1.4 * bag_jaccard(&x->fields, &y->fields)));
	} else if ((x->fields.n || y->fields.n) && bare) {
		add(&sum, WEIGHT_ONE_SIDED, 0);
	}
	add(&sum, WEIGHT_BODY, at_most_one(1.6 * bodies_alike_by(words, x, y)));
	if (x->members.n && y->members.n)
		add(&sum, WEIGHT_MEMBERS, at_most_one(1.4 * bag_jaccard(&x->members, &y->members)));
	bool same = a->outline->components[i].is_module == b->outline->components[k].is_module;
	add(&sum, WEIGHT_MODULE, same ? 1 : 0);
	add(&sum, WEIGHT_FILE, bag_cosine(&x->file, &y->file));
	return sum;
}

/* ---- place in the model ---- */

typedef struct Rounds {
	const Matrix *m;
	const Graph *left, *right;
	uint32_t *row_of, *column_of; /* component -> row or column, UINT32_MAX for none */
	const float *now;
	uint32_t *best_column, *best_row; /* of each row, of each column: the likeliest answer now, or UINT32_MAX */
} Rounds;

static float now_at(const Rounds *r, ComponentId i, ComponentId k) {
	uint32_t row = r->row_of[i], column = r->column_of[k];
	return row == UINT32_MAX || column == UINT32_MAX ? 0 : r->now[row * r->m->n_columns + column];
}

static bool same_word(Str a, Str b) {
	size_t i = 0, k = 0;
	for (;;) {
		while (i < a.len && a.ptr[i] == '_') i++;
		while (k < b.len && b.ptr[k] == '_') k++;
		if (i == a.len || k == b.len) return i == a.len && k == b.len;
		if ((a.ptr[i++] | 32) != (b.ptr[k++] | 32)) return false;
	}
}

static double key_likeness(const Held *a, const Held *b) {
	return same_word(a->key, b->key) || same_word(a->name, b->name) || same_word(a->name, b->key) ? 1 : 0.5;
}

/* The best answer to each edge of one class among the other's, on average. */
static double best_edges(const Rounds *r, const uint32_t *a, size_t n_a, const uint32_t *b, size_t n_b, bool down) {
	double sum = 0;
	for (size_t i = 0; i < n_a; i++) {
		double best = 0;
		const Held *x = &r->left->v.at[a[i]];
		for (size_t k = 0; k < n_b; k++) {
			const Held *y = &r->right->v.at[b[k]];
			double s = key_likeness(x, y) * (down ? now_at(r, x->held, y->held) : now_at(r, x->holder, y->holder));
			if (s > best) best = s;
		}
		sum += best;
	}
	return n_a > n_b ? sum / (double)n_a : n_b ? sum / (double)n_b : 0;
}

/* Whether one of the holders of `a` is best answered by a class that b itself holds: then a stands below what b stands
 * above. list and first are of a's holders, down and down_first of what b holds. */
static bool is_inverted(const Rounds *r, ComponentId a, ComponentId b, bool left) {
	const Graph *up = left ? r->left : r->right, *down = left ? r->right : r->left;
	const uint32_t *place = left ? r->row_of : r->column_of, *best = left ? r->best_column : r->best_row;
	const ComponentId *others = left ? r->m->columns : r->m->rows;
	for (uint32_t e = up->up_first[a]; e < up->up_first[a + 1]; e++) {
		uint32_t holder = place[up->v.at[up->up[e]].holder];
		if (holder == UINT32_MAX || best[holder] == UINT32_MAX) continue;
		ComponentId answer = others[best[holder]];
		for (uint32_t d = down->down_first[b]; d < down->down_first[b + 1]; d++) {
			if (down->v.at[down->down[d]].held == answer && answer != b) return true;
		}
	}
	return false;
}

static void add_place(const Rounds *r, Sum *sum, ComponentId i, ComponentId k) {
	const Graph *a = r->left, *b = r->right;
	size_t down_a = a->down_first[i + 1] - a->down_first[i], down_b = b->down_first[k + 1] - b->down_first[k];
	size_t up_a = a->up_first[i + 1] - a->up_first[i], up_b = b->up_first[k + 1] - b->up_first[k];
	if (down_a && down_b) {
		add(sum, WEIGHT_PLACE / 2,
		    best_edges(r, a->down + a->down_first[i], down_a, b->down + b->down_first[k], down_b, true));
	} else if (down_a || down_b) {
		add(sum, WEIGHT_ONE_SIDED / 2, 0);
	}
	if (up_a && up_b) {
		add(sum, WEIGHT_PLACE / 2,
		    at_most_one(1.2 * best_edges(r, a->up + a->up_first[i], up_a, b->up + b->up_first[k], up_b, false)));
	} else if (up_a || up_b) {
		add(sum, WEIGHT_ONE_SIDED / 2, 0);
	}
	if ((up_a && down_b && is_inverted(r, i, k, true)) || (up_b && down_a && is_inverted(r, k, i, false)))
		add(sum, WEIGHT_INVERTED, 0);
}

static void find_best(Rounds *r) {
	size_t rows = r->m->n_rows, columns = r->m->n_columns;
	memset(r->best_column, 0xFF, rows * sizeof *r->best_column);
	memset(r->best_row, 0xFF, columns * sizeof *r->best_row);
	for (size_t i = 0; i < rows; i++) {
		for (size_t k = 0; k < columns; k++) {
			float like = r->now[i * columns + k];
			if (like < LIKELY_ANSWER) continue;
			uint32_t *column = &r->best_column[i], *row = &r->best_row[k];
			if (*column == UINT32_MAX || like > r->now[i * columns + *column]) *column = (uint32_t)k;
			if (*row == UINT32_MAX || like > r->now[*row * columns + k]) *row = (uint32_t)i;
		}
	}
}

static uint32_t *places(const ComponentId *ids, size_t n, size_t n_components) {
	uint32_t *out = base_alloc((n_components + 1) * sizeof *out);
	for (size_t i = 0; i <= n_components; i++) out[i] = UINT32_MAX;
	for (size_t i = 0; i < n; i++) out[ids[i]] = (uint32_t)i;
	return out;
}

/* ---- company: which files answer each other ---- */

static uint32_t file_of(const Half *h, ComponentId id) { return h->outline->components[id].file; }

/* For each two files how well the classes of one find answers in the other, 0..1 of the best file for either; NULL where
 * there is nothing to choose between. */
static float *company_of(const Matrix *m) {
	size_t n_left = m->left->outline->source->n_files, n_right = m->right->outline->source->n_files;
	if (n_left < 2 || n_right < 2) return NULL;
	float *sum = base_alloc(n_left * n_right * sizeof *sum), *best = base_alloc(n_right * sizeof *best);
	for (size_t i = 0; i < m->n_rows; i++) {
		memset(best, 0, n_right * sizeof *best);
		for (size_t k = 0; k < m->n_columns; k++) {
			float s = m->at[i * m->n_columns + k];
			uint32_t f = file_of(m->right, m->columns[k]);
			if (s > best[f]) best[f] = s;
		}
		for (size_t f = 0; f < n_right; f++) sum[file_of(m->left, m->rows[i]) * n_right + f] += best[f] * best[f];
	}
	for (size_t l = 0; l < n_left; l++) {
		float most = 0;
		for (size_t f = 0; f < n_right; f++) most = sum[l * n_right + f] > most ? sum[l * n_right + f] : most;
		for (size_t f = 0; f < n_right && most > 0; f++) sum[l * n_right + f] /= most;
	}
	free(best);
	return sum;
}

/* The letters and digits of a file's own name, without what says which part of a model it holds. */
static Str stem_of(const Half *h, size_t file, char *out, size_t size) {
	const char *name = h->outline->source->files[file].name, *slash = strrchr(name, '/');
	Str base = str_of(slash ? slash + 1 : name);
	base.len = str_find(base, ".", 0) < base.len ? str_find(base, ".", 0) : base.len;
	if (str_starts(base, "modeling_")) base = str_sub(base, 9, base.len);
	size_t n = 0;
	for (size_t i = 0; i < base.len && n + 1 < size; i++) {
		char c = base.ptr[i];
		if (c >= 'A' && c <= 'Z') c = (char)(c + 32);
		if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9')) out[n++] = c;
	}
	return (Str) { out, n };
}

/* For each file of one half the only one of the other with the same name, or UINT32_MAX. */
static uint32_t *namesakes(const Half *of, const Half *in) {
	size_t n = of->outline->source->n_files, n_in = in->outline->source->n_files;
	uint32_t *out = base_alloc((n + 1) * sizeof *out);
	for (size_t i = 0; i < n; i++) {
		char a[128], b[128];
		Str own = stem_of(of, i, a, sizeof a);
		size_t hits = 0;
		out[i] = UINT32_MAX;
		for (size_t k = 0; k < n_in; k++) {
			if (!own.len || !str_eq(own, stem_of(in, k, b, sizeof b))) continue;
			hits++;
			out[i] = (uint32_t)k;
		}
		if (hits != 1) out[i] = UINT32_MAX;
	}
	return out;
}

static void add_file_names(const Matrix *m, Sum *base) {
	uint32_t *left = namesakes(m->left, m->right), *right = namesakes(m->right, m->left);
	for (size_t i = 0; i < m->n_rows * m->n_columns; i++) {
		uint32_t a = file_of(m->left, m->rows[i / m->n_columns]), b = file_of(m->right, m->columns[i % m->n_columns]);
		if (base[i].weight <= 0 || (left[a] == UINT32_MAX && right[b] == UINT32_MAX)) continue;
		add(&base[i], WEIGHT_NAMESAKE, left[a] == b ? 1 : 0);
	}
	free(left);
	free(right);
}

static void compare_all(const Matrix *m, const volatile bool *cancel, Sum *base) {
	Ids columns = { 0 };
	for (size_t k = 0; k < m->n_columns; k++) VEC_PUSH(columns.v) = m->columns[k];
	WordIndex index = index_new(m->right, &columns);
	double *words = base_alloc((m->n_columns + 1) * sizeof *words);
	for (size_t i = 0; i < m->n_rows && !is_cancelled(cancel); i++) {
		ComponentId a = m->rows[i];
		index_cosines(&index, m->right, &columns, &m->left->units[a].body, words);
		for (size_t k = 0; k < m->n_columns; k++) {
			ComponentId b = m->columns[k];
			if (!may_meet(&m->left->units[a], &m->right->units[b])) continue;
			base[i * m->n_columns + k] = likeness(m->left, a, m->right, b, words[k]);
		}
	}
	free(words);
	index_free(&index);
	VEC_FREE(columns.v);
}

static void fill(Matrix *m, const volatile bool *cancel) {
	size_t n = m->n_rows * m->n_columns;
	Graph left = graph_new(m->left), right = graph_new(m->right);
	Rounds r = { .m = m, .left = &left, .right = &right };
	r.row_of = places(m->rows, m->n_rows, m->left->n);
	r.column_of = places(m->columns, m->n_columns, m->right->n);
	r.best_column = base_alloc((m->n_rows + 1) * sizeof *r.best_column);
	r.best_row = base_alloc((m->n_columns + 1) * sizeof *r.best_row);
	Sum *base = base_alloc((n + 1) * sizeof *base);
	float *before = base_alloc((n + 1) * sizeof *before);
	compare_all(m, cancel, base);
	add_file_names(m, base);
	for (size_t i = 0; i < n; i++) m->at[i] = base[i].weight > 0 ? (float)(base[i].score / base[i].weight) : 0;
	float *company = company_of(m);
	size_t n_left_files = m->left->outline->source->n_files, n_right_files = m->right->outline->source->n_files;
	size_t fewer = n_left_files < n_right_files ? n_left_files : n_right_files;
	double weight = fewer < 8 ? WEIGHT_COMPANY * (double)fewer / 8 : WEIGHT_COMPANY; /* a choice of few says little */
	for (int round = 0; round < PLACE_ROUNDS; round++) {
		memcpy(before, m->at, n * sizeof *before);
		r.now = before;
		find_best(&r);
		for (size_t i = 0; i < n && !is_cancelled(cancel); i++) {
			Sum sum = base[i];
			if (sum.weight <= 0) continue; /* never meet */
			ComponentId a = m->rows[i / m->n_columns], b = m->columns[i % m->n_columns];
			add_place(&r, &sum, a, b);
			if (company) add(&sum, weight, (double)company[file_of(m->left, a) * n_right_files + file_of(m->right, b)]);
			m->at[i] = (float)(sum.score / sum.weight);
		}
	}
	free(company);
	free(before);
	free(base);
	free(r.row_of);
	free(r.column_of);
	free(r.best_column);
	free(r.best_row);
	graph_free(&left);
	graph_free(&right);
}

void align_matrix(const Half *left, const Half *right, const volatile bool *cancel, Arena *arena, Matrix *m) {
	*m = (Matrix) { .left = left, .right = right };
	m->rows = classes_of(left, arena, &m->n_rows);
	m->columns = classes_of(right, arena, &m->n_columns);
	m->at = ARENA_ARRAY(arena, float, m->n_rows * m->n_columns + 1);
	fill(m, cancel);
}

/* ---- the third side ---- */

static float cell(const Matrix *m, bool turned, size_t i, size_t k) {
	return turned ? m->at[k * m->n_columns + i] : m->at[i * m->n_columns + k];
}

/* What left and right both are like on the third side: ab gains from ac and cb (each perhaps stored the other way). */
void align_support(const Matrix *ab, const Matrix *ac, bool ac_turned, const Matrix *cb, bool cb_turned,
    const volatile bool *cancel, float *out) {
	size_t n_third = ac_turned ? ac->n_rows : ac->n_columns;
	for (size_t i = 0; i < ab->n_rows && !is_cancelled(cancel); i++) {
		for (size_t k = 0; k < ab->n_columns; k++) {
			float best = 0;
			if (ab->at[i * ab->n_columns + k] <= 0) continue; /* never meet */
			for (size_t c = 0; c < n_third; c++) {
				float x = cell(ac, ac_turned, i, c), y = cell(cb, cb_turned, c, k);
				float s = x < y ? x : y;
				if (s > best) best = s;
			}
			float own = ab->at[i * ab->n_columns + k];
			out[i * ab->n_columns + k] = (float)((own + WEIGHT_THIRD * best) / (1 + WEIGHT_THIRD));
		}
	}
}

/* ---- pairs ---- */

static Str shared_keys(const Component *a, const Component *b, Arena *arena) {
	Buf buf = { 0 };
	size_t n = 0;
	for (size_t i = 0; i < a->n_fields; i++) {
		for (size_t k = 0; k < b->n_fields; k++) {
			if (!same_word(a->fields[i].key, b->fields[k].key)) continue;
			if (n++ < 6) buf_printf(&buf, " %.*s", STR_ARG(b->fields[k].key));
			break;
		}
	}
	if (n > 6) buf_printf(&buf, " and %zu more", n - 6);
	bool module = a->is_module && b->is_module;
	Str out = n ? arena_printf(arena, "%s%.*s", module ? "weight keys" : "fields", STR_ARG(buf_view(&buf))) : STR_NONE;
	buf_done(&buf);
	return out;
}

static void explain(const Matrix *m, ComponentId i, ComponentId k, Pair *pair, Arena *arena) {
	const Component *a = &m->left->outline->components[i], *b = &m->right->outline->components[k];
	Str keys = shared_keys(a, b, arena);
	if (keys.len) pair_say(pair, keys);
	double name = name_likeness(&m->left->units[i], &m->right->units[k]);
	if (name >= 0.99)
		pair_say(pair, STR("same name"));
	else if (name >= 0.6)
		pair_say(pair, STR("name"));
	double words = bodies_alike(&m->left->units[i], &m->right->units[k]);
	if (words >= 0.25)
		pair_say(pair, arena_printf(arena, "bodies share %d%% of their words by weight", (int)(words * 100)));
	if (bag_jaccard(&m->left->units[i].members, &m->right->units[k].members) >= 0.3)
		pair_say(pair, STR("names of members"));
	if (!pair->n_evidence) pair_say(pair, STR("place in the model"));
}

static bool is_open(const Half *h, const uint32_t *pair_of, ComponentId id, bool scope_only) {
	return pair_of[id] == UINT32_MAX && (h->units[id].in_scope || !scope_only);
}

/* Whether nothing else in its row or column that is still free comes near the cell. */
static bool stands_out(
    const Matrix *m, const float *like, const Pairs *pairs, size_t i, size_t k, double margin, Reach reach) {
	float own = like[i * m->n_columns + k];
	for (size_t c = 0; c < m->n_columns; c++) {
		bool rival = c != k && is_open(m->right, pairs->of_right, m->columns[c], reach.right_scope);
		if (rival && like[i * m->n_columns + c] + margin > own) return false;
	}
	for (size_t r = 0; r < m->n_rows; r++) {
		bool rival = r != i && is_open(m->left, pairs->of_left, m->rows[r], reach.left_scope);
		if (rival && like[r * m->n_columns + k] + margin > own) return false;
	}
	return true;
}

/* Bodies that share less than this have nothing to do with each other, unless name or keys are the same. */
static const double STRANGERS = 0.17;

/* Whether one thing by itself speaks for the pair; place and kind alone make no pair. */
static bool has_reason(const Unit *a, const Unit *b) {
	double words = bodies_alike(a, b), name = name_likeness(a, b);
	if (words < STRANGERS && name < 0.99 && bag_jaccard(&a->weights, &b->weights) < 0.5 &&
	    bag_jaccard(&a->fields, &b->fields) < 0.5)
		return false;
	return name_likeness(a, b) >= 0.25 || bodies_alike(a, b) >= 0.25 || bag_jaccard(&a->weights, &b->weights) >= 0.25 ||
	       bag_jaccard(&a->fields, &b->fields) >= 0.25 || bag_jaccard(&a->members, &b->members) >= 0.25;
}

/* Likeness as a share of such pairs that are right, roughly, as counted on models labelled by hand. */
static double confidence_of(double alike) {
	static const struct {
		double likeness, confidence;
	} steps[] = { { 0, 0.3 }, { 0.3, 0.5 }, { 0.36, 0.75 }, { 0.45, 0.92 }, { 0.6, 0.97 }, { 1, 1 } };
	for (size_t i = 1; i < BASE_COUNT(steps); i++) {
		if (alike > steps[i].likeness) continue;
		double part = (alike - steps[i - 1].likeness) / (steps[i].likeness - steps[i - 1].likeness);
		return steps[i - 1].confidence + part * (steps[i].confidence - steps[i - 1].confidence);
	}
	return 1;
}

void align_classes(
    const Matrix *m, const float *like, double threshold, double margin, Reach reach, Arena *arena, Pairs *pairs) {
	VEC(AssignEdge) edges = { 0 };
	for (size_t i = 0; i < m->n_rows * m->n_columns; i++) {
		size_t row = i / m->n_columns, column = i % m->n_columns;
		ComponentId left = m->rows[row], right = m->columns[column];
		if (like[i] <= threshold || !is_open(m->left, pairs->of_left, left, reach.left_scope) ||
		    !is_open(m->right, pairs->of_right, right, reach.right_scope)) {
			continue;
		}
		if (margin > 0 && !stands_out(m, like, pairs, row, column, margin, reach)) continue;
		if (!may_meet(&m->left->units[left], &m->right->units[right])) continue;
		if (!has_reason(&m->left->units[left], &m->right->units[right])) continue;
		VEC_PUSH(edges) = (AssignEdge) { (uint32_t)row, (uint32_t)column, like[i] - threshold + 0.02 };
	}
	uint32_t *match = base_alloc((m->n_rows + 1) * sizeof *match);
	assign_solve(edges.at, edges.n, (uint32_t)m->n_rows, (uint32_t)m->n_columns, match);
	for (size_t i = 0; i < m->n_rows; i++) {
		if (match[i] == ASSIGN_NONE) continue;
		ComponentId left = m->rows[i], right = m->columns[match[i]];
		explain(m, left, right, pairs_add(pairs, left, right, confidence_of((double)like[i * m->n_columns + match[i]])),
		    arena);
	}
	free(match);
	VEC_FREE(edges);
}
