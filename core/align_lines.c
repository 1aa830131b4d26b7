#include "core/posix.h"

#include "core/align_lines.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "core/align_ops.h"

/* Three steps. (1) Pairs of operations vote for pairs of lines; a line is answered by the one with most votes. (2) The
 * heaviest chain of such pairs that never crosses stands side by side; the lines of the two names begin it. (3) Between two
 * links of the chain the lines that are left are aligned by their words. */

char line_mark_char(LineMark mark) { return "\0=~+"[mark]; }

/* ---- one side ---- */

typedef VEC(uint64_t) Words;

typedef struct LineWords {
	size_t at, n; /* in TextSide.words, sorted */
} LineWords;

typedef struct TextSide {
	const Program *program;
	const FlowGraph *graph;
	const SourceFile *file;
	uint32_t first, last, name; /* lines of the component, and of its name */
	LineWords *of;              /* one a line */
	Words words;
	uint32_t *steps, *paired, *same; /* operations on a line: all, those that are answered, by an equal one */
	bool *returns; /* the line's only step is a return: elsewhere that is none, Swift may leave it out */
	LineAlignment *out;
} TextSide;

static size_t n_lines(const TextSide *s) { return s->last - s->first + 1; }

static bool in_side(const TextSide *s, uint32_t line) { return line >= s->first && line <= s->last; }

/* The callee's own line: a call over several lines is spoken of where its name stands. */
static uint32_t line_of(const TextSide *s, NodeId id) {
	const FlowNode *node = &s->graph->nodes[id];
	return source_pos(s->file, node->head.end > node->head.start ? node->head.start : node->span.start).line;
}

/* ---- words ---- */

/* What only one of the languages writes. */
static bool is_noise(Str word) {
	static const char *const noise[] = { "let", "var", "def", "func", "self", "nil", "none", "is", "not", "in", "mx",
		"torch", "np", "f", "try", "some", "any" };
	for (size_t i = 0; i < BASE_COUNT(noise); i++)
		if (str_is(word, noise[i])) return true;
	return false;
}

static int by_value(const void *a, const void *b) {
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
	return x < y ? -1 : x > y;
}

/* Words of an identifier: parted at '_' and where a capital follows a small letter. */
static void add_words(Words *words, Str name) {
	char word[48];
	size_t n = 0;
	for (size_t i = 0; i <= name.len; i++) {
		char c = i < name.len ? name.ptr[i] : '_';
		bool capital = c >= 'A' && c <= 'Z' && i > 0 && islower((unsigned char)name.ptr[i - 1]);
		if ((c == '_' || capital) && n) {
			if (!is_noise((Str) { word, n })) VEC_PUSH(*words) = hash_bytes(HASH_SEED, word, n);
			n = 0;
		}
		if (c != '_' && n < sizeof word) word[n++] = (char)tolower((unsigned char)c);
	}
}

static bool is_word(char c) { return isalnum((unsigned char)c) || c == '_'; }

static void words_of(Words *words, Str text) {
	size_t before = words->n;
	for (size_t at = 0; at < text.len;) {
		size_t end = at;
		while (end < text.len && is_word(text.ptr[end])) end++;
		if (end > at) add_words(words, str_sub(text, at, end));
		at = end > at ? end : at + 1;
	}
	if (words->n - before > 1) qsort(&words->at[before], words->n - before, sizeof *words->at, by_value);
}

static void read_words(TextSide *s) {
	for (size_t i = 0; i < n_lines(s); i++) {
		size_t before = s->words.n;
		words_of(&s->words, source_line(s->file, s->first + (uint32_t)i));
		s->of[i] = (LineWords) { before, s->words.n - before };
	}
}

/* Dice, of sorted words. */
static double alike(const uint64_t *p, size_t n, const uint64_t *q, size_t m) {
	size_t x = 0, y = 0, both = 0;
	while (x < n && y < m) {
		both += p[x] == q[y];
		bool left = p[x] <= q[y], right = q[y] <= p[x];
		x += left;
		y += right;
	}
	return n && m ? 2.0 * (double)both / (double)(n + m) : 0;
}

/* 0 when either line has no words. */
static double words_alike(const TextSide *a, size_t i, const TextSide *b, size_t k) {
	const LineWords *p = &a->of[i], *q = &b->of[k];
	return p->n && q->n ? alike(&a->words.at[p->at], p->n, &b->words.at[q->at], q->n) : 0;
}

static size_t once(Words *words) {
	size_t n = 0;
	for (size_t i = 0; i < words->n; i++)
		if (n == 0 || words->at[n - 1] != words->at[i]) words->at[n++] = words->at[i];
	return n;
}

double line_words_alike(Str a, Str b) {
	Words x = { 0 }, y = { 0 };
	words_of(&x, a);
	words_of(&y, b);
	double result = alike(x.at, once(&x), y.at, once(&y));
	VEC_FREE(x);
	VEC_FREE(y);
	return result;
}

/* ---- votes ---- */

typedef struct Vote {
	uint32_t a, b; /* lines */
	uint32_t weight;
} Vote;
typedef VEC(Vote) Votes;

enum { VOTE_RETURN = 1, VOTE_DIFFERS, VOTE_SAME, VOTE_NAME = 1000 };

static int by_place(const void *a, const void *b) {
	const Vote *x = a, *y = b;
	if (x->a != y->a) return x->a < y->a ? -1 : 1;
	return x->b < y->b ? -1 : x->b > y->b;
}

static void merge_votes(Votes *votes) {
	size_t n = 0;
	if (votes->n) qsort(votes->at, votes->n, sizeof *votes->at, by_place);
	for (size_t i = 0; i < votes->n; i++) {
		if (n && votes->at[n - 1].a == votes->at[i].a && votes->at[n - 1].b == votes->at[i].b)
			votes->at[n - 1].weight += votes->at[i].weight;
		else
			votes->at[n++] = votes->at[i];
	}
	votes->n = n;
}

static void count_steps(TextSide *s) {
	for (NodeId id = 1; id < s->graph->n; id++) {
		if (!align_is_step(s->graph, id)) continue;
		uint32_t line = line_of(s, id);
		if (!in_side(s, line)) continue;
		if (s->graph->nodes[id].kind == NODE_RETURN)
			s->returns[line - s->first] = true;
		else
			s->steps[line - s->first]++;
	}
	for (size_t i = 0; i < n_lines(s); i++) {
		s->returns[i] = s->returns[i] && !s->steps[i];
		s->steps[i] += s->returns[i];
	}
}

static void count_pair(TextSide *s, uint32_t line, bool same, bool leaves) {
	if (leaves && !s->returns[line - s->first]) return;
	s->paired[line - s->first]++;
	s->same[line - s->first] += same;
}

static void cast_votes(TextSide *a, TextSide *b, Votes *votes) {
	Arena arena = { 0 };
	size_t n;
	OpPair *pairs = align_ops(a->graph, b->graph, &arena, &n);
	for (size_t i = 0; i < n; i++) {
		uint32_t left = line_of(a, pairs[i].a), right = line_of(b, pairs[i].b);
		if (!in_side(a, left) || !in_side(b, right)) continue;
		bool leaves = a->graph->nodes[pairs[i].a].kind == NODE_RETURN;
		VEC_PUSH(*votes) = (Vote) { left, right, leaves ? VOTE_RETURN : pairs[i].same ? VOTE_SAME : VOTE_DIFFERS };
		count_pair(a, left, pairs[i].same, leaves);
		count_pair(b, right, pairs[i].same, leaves);
	}
	arena_done(&arena);
	merge_votes(votes);
}

/* ---- answers ---- */

static LineMark mark_of(const TextSide *s, size_t i) {
	if (!s->steps[i]) return LINE_PLAIN;
	if (!s->paired[i]) return LINE_ONLY;
	return s->same[i] == s->steps[i] ? LINE_SAME : LINE_DIFFERS;
}

static void answer_by_votes(TextSide *a, TextSide *b, const Votes *votes) {
	uint32_t *most_a = base_alloc(n_lines(a) * sizeof *most_a), *most_b = base_alloc(n_lines(b) * sizeof *most_b);
	for (size_t i = 0; i < votes->n; i++) {
		const Vote *v = &votes->at[i];
		size_t x = v->a - a->first, y = v->b - b->first;
		if (v->weight > most_a[x]) a->out->lines[x].line = v->b, most_a[x] = v->weight;
		if (v->weight > most_b[y]) b->out->lines[y].line = v->a, most_b[y] = v->weight;
	}
	free(most_a);
	free(most_b);
	for (size_t i = 0; i < n_lines(a); i++) a->out->lines[i].mark = mark_of(a, i);
	for (size_t i = 0; i < n_lines(b); i++) b->out->lines[i].mark = mark_of(b, i);
}

/* ---- side by side ---- */

static void stand_together(TextSide *a, TextSide *b, uint32_t left, uint32_t right) {
	a->out->beside[left - a->first] = right;
	b->out->beside[right - b->first] = left;
}

/* The chain of greatest weight among votes that rises on both sides. */
static void chain(TextSide *a, TextSide *b, const Votes *votes) {
	size_t n = votes->n, best = SIZE_MAX;
	uint64_t *sum = base_alloc((n + 1) * sizeof *sum);
	size_t *before = base_alloc((n + 1) * sizeof *before);
	for (size_t i = 0; i < n; i++) {
		before[i] = SIZE_MAX;
		for (size_t k = 0; k < i; k++) {
			bool rises = votes->at[k].a < votes->at[i].a && votes->at[k].b < votes->at[i].b;
			if (rises && (before[i] == SIZE_MAX || sum[k] > sum[before[i]])) before[i] = k;
		}
		sum[i] = votes->at[i].weight + (before[i] == SIZE_MAX ? 0 : sum[before[i]]);
		if (best == SIZE_MAX || sum[i] > sum[best]) best = i;
	}
	for (; best != SIZE_MAX; best = before[best]) stand_together(a, b, votes->at[best].a, votes->at[best].b);
	free(sum);
	free(before);
}

/* Lines of both sides between two links: from and before, as indexes. */
typedef struct Hole {
	size_t a, a_end, b, b_end;
} Hole;

enum { HOLE_MAX = 1 << 18, ALIKE = 10 };

/* What it is worth that two lines stand on one row; 0: they must not. From ALIKE on they answer each other. */
static int together(const TextSide *a, size_t i, const TextSide *b, size_t k) {
	bool x = a->out->lines[i].mark != LINE_PLAIN, y = b->out->lines[k].mark != LINE_PLAIN;
	double same = words_alike(a, i, b, k);
	if (same >= (x || y ? 0.6 : 0.5)) return ALIKE + (int)(same * ALIKE);
	if (x || y) return 0;
	return !a->of[i].n && !b->of[k].n ? 2 : 1;
}

static void answer_by_words(TextSide *a, TextSide *b, size_t i, size_t k) {
	LineAnswer *x = &a->out->lines[i], *y = &b->out->lines[k];
	if (!x->line) x->line = b->first + (uint32_t)k;
	if (!y->line) y->line = a->first + (uint32_t)i;
	if (x->mark == LINE_ONLY && y->mark != LINE_PLAIN) x->mark = LINE_DIFFERS;
	if (y->mark == LINE_ONLY && x->mark != LINE_PLAIN) y->mark = LINE_DIFFERS;
}

static void fill_hole(TextSide *a, TextSide *b, Hole hole) {
	size_t m = hole.a_end - hole.a, n = hole.b_end - hole.b, wide = n + 1;
	if (!m || !n || m > HOLE_MAX / (n + 1)) return;
	uint32_t *best = base_alloc((m + 1) * wide * sizeof *best);
	for (size_t i = m; i-- > 0;) {
		for (size_t k = n; k-- > 0;) {
			uint32_t here = (uint32_t)together(a, hole.a + i, b, hole.b + k);
			uint32_t both = here ? here + best[(i + 1) * wide + k + 1] : 0, left = best[(i + 1) * wide + k],
			         right = best[i * wide + k + 1];
			best[i * wide + k] = both > left && both > right ? both : left > right ? left : right;
		}
	}
	for (size_t i = 0, k = 0; i < m && k < n;) {
		uint32_t here = (uint32_t)together(a, hole.a + i, b, hole.b + k);
		if (here && best[i * wide + k] == here + best[(i + 1) * wide + k + 1]) {
			stand_together(a, b, a->first + (uint32_t)(hole.a + i), b->first + (uint32_t)(hole.b + k));
			if (here >= ALIKE) answer_by_words(a, b, hole.a + i, hole.b + k);
			i++, k++;
		} else if (best[i * wide + k] == best[(i + 1) * wide + k]) {
			i++;
		} else {
			k++;
		}
	}
	free(best);
}

static void fill_holes(TextSide *a, TextSide *b) {
	size_t n = n_lines(a);
	Hole hole = { 0 };
	for (size_t i = 0; i < n; i++) {
		uint32_t link = a->out->beside[i];
		if (!link) continue;
		hole.a_end = i;
		hole.b_end = link - b->first;
		fill_hole(a, b, hole);
		hole = (Hole) { .a = i + 1, .b = hole.b_end + 1 };
	}
	hole.a_end = n;
	hole.b_end = n_lines(b);
	fill_hole(a, b, hole);
}

static void fill_nearest(LineAlignment *out) {
	uint32_t line = 0;
	for (size_t i = 0; i < out->n; i++) {
		if (out->lines[i].line) line = out->lines[i].line;
		out->nearest[i] = line;
	}
	for (size_t i = out->n; i-- > 0;) {
		if (out->nearest[i])
			line = out->nearest[i];
		else
			out->nearest[i] = line;
	}
}

/* ---- all of it ---- */

static void open_side(TextSide *s, const Program *program, ComponentId id, Arena *arena, LineAlignment *out) {
	const Component *c = &program->outline->components[id];
	s->program = program;
	s->graph = &program->functions[id].graph;
	s->file = &program->outline->source->files[c->file];
	s->first = source_pos(s->file, c->span.start).line;
	s->last = source_pos(s->file, c->span.end > c->span.start ? c->span.end - 1 : c->span.start).line;
	s->name = source_pos(s->file, c->name_span.start).line;
	size_t n = n_lines(s);
	s->of = ARENA_ARRAY(arena, LineWords, n);
	s->steps = ARENA_ARRAY(arena, uint32_t, n);
	s->paired = ARENA_ARRAY(arena, uint32_t, n);
	s->same = ARENA_ARRAY(arena, uint32_t, n);
	s->returns = ARENA_ARRAY(arena, bool, n);
	*out = (LineAlignment) { .first = s->first, .n = n };
	out->lines = ARENA_ARRAY(arena, LineAnswer, n);
	out->nearest = ARENA_ARRAY(arena, uint32_t, n);
	out->beside = ARENA_ARRAY(arena, uint32_t, n);
	s->out = out;
	count_steps(s);
	read_words(s);
}

void align_lines(const Program *a_side, ComponentId a, const Program *b_side, ComponentId b, Arena *arena,
    LineAlignment *to, LineAlignment *back) {
	TextSide x = { 0 }, y = { 0 };
	Votes votes = { 0 };
	open_side(&x, a_side, a, arena, to);
	open_side(&y, b_side, b, arena, back);
	cast_votes(&x, &y, &votes);
	answer_by_votes(&x, &y, &votes);
	if (in_side(&x, x.name) && in_side(&y, y.name)) {
		VEC_PUSH(votes) = (Vote) { x.name, y.name, VOTE_NAME };
		merge_votes(&votes);
		LineAnswer *p = &to->lines[x.name - x.first], *q = &back->lines[y.name - y.first];
		if (!p->line) p->line = y.name;
		if (!q->line) q->line = x.name;
	}
	chain(&x, &y, &votes);
	fill_holes(&x, &y);
	fill_nearest(to);
	fill_nearest(back);
	VEC_FREE(votes);
	VEC_FREE(x.words);
	VEC_FREE(y.words);
}

const LineAnswer *line_answer(const LineAlignment *alignment, uint32_t line) {
	if (!alignment->n || line < alignment->first || line - alignment->first >= alignment->n) return NULL;
	return &alignment->lines[line - alignment->first];
}

uint32_t line_nearest(const LineAlignment *alignment, uint32_t line) {
	return line_answer(alignment, line) ? alignment->nearest[line - alignment->first] : 0;
}

uint32_t line_beside(const LineAlignment *alignment, uint32_t line) {
	return line_answer(alignment, line) ? alignment->beside[line - alignment->first] : 0;
}

/* ---- three texts side by side ---- */

typedef struct Ends { /* first and last pair of lines that are known to stand side by side */
	uint32_t hub_first, first, hub_last, last;
} Ends;

static Ends ends_of(const LinePane *pane, const LinePane *hub) {
	Ends ends = { 0 };
	const LineAlignment *beside = pane->beside;
	for (size_t i = 0; beside && i < beside->n; i++) {
		if (!beside->beside[i]) continue;
		if (!ends.first) ends.hub_first = beside->first + (uint32_t)i, ends.first = beside->beside[i];
		ends.hub_last = beside->first + (uint32_t)i;
		ends.last = beside->beside[i];
	}
	if (ends.first) return ends;
	bool known = pane->anchor && hub->anchor;
	ends.hub_first = ends.hub_last = known ? hub->anchor : hub->first;
	ends.first = ends.last = known ? pane->anchor : pane->first;
	return ends;
}

/* The line of a pane that stands beside a line of the hub; 0 for none. */
static uint32_t partner(const LinePane *pane, const Ends *ends, uint32_t line) {
	int64_t other;
	if (line <= ends->hub_first)
		other = (int64_t)ends->first - (ends->hub_first - line);
	else if (line >= ends->hub_last)
		other = (int64_t)ends->last + (line - ends->hub_last);
	else
		other = line_beside(pane->beside, line);
	return other >= pane->first && other <= pane->last ? (uint32_t)other : 0;
}

typedef VEC(LineRow) LineRows;

/* Rows for the lines of the other panes that come before these; next[] moves on. */
static void put_others(LineRows *rows, Side hub, uint32_t next[SIDE_COUNT], const uint32_t until[SIDE_COUNT]) {
	for (;;) {
		LineRow row = { { 0 } };
		bool any = false;
		for (int side = 0; side < SIDE_COUNT; side++) {
			if (side == (int)hub || next[side] >= until[side]) continue;
			row.line[side] = next[side]++;
			any = true;
		}
		if (!any) return;
		VEC_PUSH(*rows) = row;
	}
}

LineRow *line_rows(const LinePane panes[SIDE_COUNT], Side hub, Arena *arena, size_t *n) {
	LineRows rows = { 0 };
	Ends ends[SIDE_COUNT];
	uint32_t next[SIDE_COUNT], until[SIDE_COUNT];
	for (int side = 0; side < SIDE_COUNT; side++) {
		next[side] = panes[side].first;
		ends[side] = panes[side].first ? ends_of(&panes[side], &panes[hub]) : (Ends) { 0 };
	}
	for (uint32_t line = panes[hub].first; line && line <= panes[hub].last; line++) {
		LineRow row = { { 0 } };
		for (int side = 0; side < SIDE_COUNT; side++) {
			until[side] = next[side];
			if (side == (int)hub || !panes[side].first) continue;
			uint32_t other = partner(&panes[side], &ends[side], line);
			if (other < next[side]) continue;
			until[side] = row.line[side] = other;
		}
		put_others(&rows, hub, next, until);
		for (int side = 0; side < SIDE_COUNT; side++)
			if (row.line[side]) next[side] = row.line[side] + 1;
		row.line[hub] = line;
		VEC_PUSH(rows) = row;
	}
	for (int side = 0; side < SIDE_COUNT; side++) until[side] = panes[side].first ? panes[side].last + 1 : next[side];
	put_others(&rows, hub, next, until);
	*n = rows.n;
	return VEC_TO_ARENA(rows, arena);
}
