#include "core/posix.h"

#include "sessions/identity.h"

#include "core/candidate.h"
#include "core/git.h"
#include "sessions/identity_lines.h"

#include <string.h>

#define NOBODY UINT32_MAX
#define LIKE_ENOUGH 0.6
#define CLEARLY_AHEAD 0.15

/* What is worked with: who is bound to whom, and per anchor the lines that its span covers. */
typedef struct Binder {
	const IdentityInput *in;
	Arena *arena;
	IdentityBinding *out;
	uint32_t *new_of;                  /* an old anchor's partner, or NOBODY */
	uint32_t *old_of;                  /* a new anchor's partner, or NOBODY */
	uint64_t *old_around, *new_around; /* hash of the lines around; 0 unknown */
	LineMap *maps;                     /* per old anchor: of its file */
	Lines *stood;                      /* per new anchor: its lines in the file as it was; first 0: they aren't old */
} Binder;

static bool component_before(const IdentityInput *in, Str label) {
	for (size_t i = 0; i < in->n_old_components; i++) {
		if (str_eq(in->old_components[i], label)) return true;
	}
	return false;
}

/* "Attention" of "Attention.callAsFunction"; empty for what stands alone. */
static Str owner_of(Str label) {
	size_t at = label.len;
	while (at > 0 && label.ptr[at - 1] != '.') at--;
	return str_sub(label, 0, at > 0 ? at - 1 : 0);
}

static Str base_of(Str label) {
	Str owner = owner_of(label);
	return owner.len > 0 ? str_sub(label, owner.len + 1, label.len) : label;
}

/* The old one's component is gone and the new one's was not there before, and only the type's name differs, or only the
 * function's own (of free functions in one file). */
static bool renamed(const IdentityInput *in, const IdentityAnchor *o, const IdentityAnchor *n) {
	if (in->n_old_components == 0 || o->component.len == 0 || n->component.len == 0) return false;
	if (identity_component_now(in, o->component) || component_before(in, n->component)) return false;
	Str was = owner_of(o->component), is = owner_of(n->component);
	if (str_eq(was, is)) return was.len > 0 || str_eq(o->name, n->name);
	if (was.len == 0 || is.len == 0) return false;
	return str_eq(base_of(o->component), base_of(n->component)) && !identity_component_now(in, was) &&
	       !component_before(in, is);
}

/* The old one's file is gone, and nothing was known in a file of the new one's name. */
static bool file_renamed(const IdentityInput *in, const IdentityAnchor *o, const IdentityAnchor *n) {
	if (identity_file_of_name(in->files, in->n_files, o->name)) return false;
	for (size_t i = 0; i < in->n_old; i++) {
		if (str_eq(in->old[i].name, n->name)) return false;
	}
	return true;
}

static bool same_component(const IdentityInput *in, const IdentityAnchor *o, const IdentityAnchor *n) {
	/* what stands outside of every component, an import, belongs to its file */
	if (o->component.len == 0 && n->component.len == 0) return str_eq(o->name, n->name) || file_renamed(in, o, n);
	return str_eq(o->component, n->component) || renamed(in, o, n);
}

static void bind(Binder *b, size_t o, size_t n, IdentityKind kind, int step) {
	b->new_of[o] = (uint32_t)n;
	b->old_of[n] = (uint32_t)o;
	b->out[o] = (IdentityBinding) { .kind = kind, .found = (uint32_t)n, .step = step };
}

/* ---- step 1 ---- */

static uint32_t overlap(Span a, Span b) {
	uint32_t start = a.start > b.start ? a.start : b.start, end = a.end < b.end ? a.end : b.end;
	return end > start ? end - start : 0;
}

static bool free_pair(const Binder *b, size_t o, size_t n) {
	return b->new_of[o] == NOBODY && b->old_of[n] == NOBODY &&
	       str_eq(b->in->old[o].technique, b->in->found[n].technique);
}

/* How well a new anchor sits on a span: 2^32 for the very span, else the bytes they share. */
static uint64_t fit(Span wanted, Span have) {
	if (wanted.start == have.start && wanted.end == have.end) return UINT64_C(1) << 32;
	return overlap(wanted, have);
}

typedef uint64_t FitFn(const Binder *b, size_t o, size_t n);

static uint64_t fit_content(const Binder *b, size_t o, size_t n) {
	const IdentityAnchor *old = &b->in->old[o], *found = &b->in->found[n];
	if (!str_eq(old->content_id, found->content_id)) return 0;
	uint64_t value = fit(old->span, found->span);
	if (value == 0) return 0;
	/* equals at one place (two in one line) are told apart by what they compute; equal files by their name */
	return value * 4 + (str_eq(old->name, found->name) ? 2 : 0) + (old->fingerprint == found->fingerprint ? 1 : 0);
}

/* Binds pairs that are each other's single best, until there are none. */
static void bind_best(Binder *b, FitFn *fits, int step, bool settled_only) {
	for (bool again = true; again;) {
		again = false;
		for (size_t o = 0; o < b->in->n_old; o++) {
			if (b->new_of[o] != NOBODY || (settled_only && b->in->old[o].uncertain)) continue;
			uint64_t best = 0;
			size_t at = 0;
			bool tie = false;
			for (size_t n = 0; n < b->in->n_found; n++) {
				uint64_t value = free_pair(b, o, n) ? fits(b, o, n) : 0;
				if (value == 0 || value < best) continue;
				tie = value == best;
				best = value;
				at = n;
			}
			if (best == 0 || tie) continue;
			for (size_t p = 0; p < b->in->n_old; p++) {
				if (p == o || (settled_only && b->in->old[p].uncertain)) continue;
				if (free_pair(b, p, at) && fits(b, p, at) >= best) tie = true;
			}
			if (tie) continue;
			const IdentityAnchor *old = &b->in->old[o], *found = &b->in->found[at];
			bool in_place = step == 1 ? str_eq(old->name, found->name) : false;
			bind(b, o, at, in_place ? IDENTITY_SAME : IDENTITY_MOVED, step);
			again = true;
		}
	}
}

/* ---- step 2 ---- */

/* Marks the new anchors of a file whose lines all are lines of the old text, one behind the other. */
static void mark_stood(Binder *b, size_t o) {
	const IdentityInput *in = b->in;
	const IdentityFile *now = identity_file_of_name(in->files, in->n_files, in->old[o].name);
	uint32_t n_now = 1;
	for (size_t i = 0; i < now->text.len; i++) n_now += now->text.ptr[i] == '\n';
	uint32_t *from = ARENA_ARRAY(b->arena, uint32_t, n_now + 1);
	for (uint32_t i = 1; i <= b->maps[o].n; i++) {
		if (b->maps[o].to[i] != GIT_LINE_GONE && b->maps[o].to[i] <= n_now) from[b->maps[o].to[i]] = i;
	}
	for (size_t n = 0; n < in->n_found; n++) {
		if (!str_eq(in->found[n].name, in->old[o].name)) continue;
		Lines is = lines_of(now->text, in->found[n].span);
		bool kept = is.last <= n_now && from[is.first] != 0;
		for (uint32_t i = is.first; kept && i <= is.last; i++) kept = from[i] == from[is.first] + (i - is.first);
		if (kept) b->stood[n] = (Lines) { from[is.first], from[is.last] };
	}
}

/* One diff a file, shared by the anchors in it. */
static void make_maps(Binder *b) {
	const IdentityInput *in = b->in;
	for (size_t o = 0; o < in->n_old; o++) {
		const IdentityAnchor *old = &in->old[o];
		const IdentityFile *before = identity_file_of_content(in->old_texts, in->n_old_texts, old->content_id);
		if (!before) continue;
		b->old_around[o] = lines_around(before->text, old->span);
		for (size_t p = 0; p < o && !b->maps[o].to; p++) {
			if (!b->maps[p].to || !str_eq(in->old[p].content_id, old->content_id) ||
			    !str_eq(in->old[p].name, old->name)) {
				continue;
			}
			b->maps[o] = b->maps[p];
		}
		const IdentityFile *now = identity_file_of_name(in->files, in->n_files, old->name);
		if (b->maps[o].to || !now) continue;
		b->maps[o] = lines_map(before->text, now->text, b->arena);
		if (b->maps[o].to) mark_stood(b, o);
	}
	for (size_t n = 0; n < in->n_found; n++) {
		const IdentityFile *now = identity_file_of_name(in->files, in->n_files, in->found[n].name);
		if (now) b->new_around[n] = lines_around(now->text, in->found[n].span);
	}
}

/* How many anchors are equal to this one (technique and tokens): in the port, and in what may be its own component. */
typedef struct Twins {
	size_t old, found, old_here, found_here;
	size_t old_alike, found_alike; /* in the component, with the same lines around */
} Twins;

static Twins count_twins(const Binder *b, size_t o, size_t n) {
	const IdentityAnchor *old = &b->in->old[o], *found = &b->in->found[n];
	Twins t = { 0 };
	for (size_t i = 0; i < b->in->n_old; i++) {
		const IdentityAnchor *a = &b->in->old[i];
		if (a->token_hash != old->token_hash || !str_eq(a->technique, old->technique)) continue;
		t.old++;
		if (!same_component(b->in, a, found)) continue;
		t.old_here++;
		t.old_alike += b->old_around[i] == b->old_around[o];
	}
	for (size_t i = 0; i < b->in->n_found; i++) {
		const IdentityAnchor *a = &b->in->found[i];
		if (a->token_hash != found->token_hash || !str_eq(a->technique, found->technique)) continue;
		t.found++;
		if (!same_component(b->in, old, a)) continue;
		t.found_here++;
		t.found_alike += b->new_around[i] == b->new_around[n];
	}
	return t;
}

/* The old component still stands, the lines around the old place are kept, and the same lines stand around the new
 * place in a component that wasn't there: that is a copy of which the original was mended, or nothing that can be told
 * from it. */
static bool looks_copied(const Binder *b, size_t o, size_t n) {
	const IdentityAnchor *old = &b->in->old[o], *found = &b->in->found[n];
	if (str_eq(old->component, found->component) || !identity_component_now(b->in, old->component)) return false;
	return b->old_around[o] == 0 || b->old_around[o] == b->new_around[n];
}

/* Both were there, with the same words among the same lines: two that were always alike. */
static bool were_twins(const Binder *b, size_t o, size_t p) {
	const IdentityAnchor *a = &b->in->old[o], *c = &b->in->old[p];
	return a->token_hash == c->token_hash && str_eq(a->technique, c->technique) && b->old_around[o] &&
	       b->old_around[o] == b->old_around[p];
}

/* The same words among the same lines are bound already: this one is a copy of them, not what something else became;
 * unless the old one was as like them before, and this one stands in its component. */
static bool is_copy(const Binder *b, size_t o, size_t n) {
	const IdentityAnchor *found = &b->in->found[n];
	bool at_home = same_component(b->in, &b->in->old[o], found);
	for (size_t i = 0; i < b->in->n_found; i++) {
		const IdentityAnchor *a = &b->in->found[i];
		if (i == n || b->old_of[i] == NOBODY || !b->new_around[n] || b->new_around[i] != b->new_around[n]) continue;
		if (a->token_hash != found->token_hash || !str_eq(a->technique, found->technique)) continue;
		if (!at_home || !were_twins(b, o, b->old_of[i])) return true;
	}
	return false;
}

/* What stood elsewhere before, and was no candidate there: code that did not come from the old one's place. */
static bool was_elsewhere(const Binder *b, size_t o, size_t n) {
	const IdentityAnchor *old = &b->in->old[o];
	if (b->stood[n].first == 0) return false;
	if (!str_eq(old->name, b->in->found[n].name)) return true;
	const IdentityFile *before = identity_file_of_content(b->in->old_texts, b->in->n_old_texts, old->content_id);
	if (!before) return false;
	Lines was = lines_of(before->text, old->span);
	return b->stood[n].last < was.first || b->stood[n].first > was.last;
}

/* The span's text stands more than once in the old file: a diff may take one for the other. */
static bool repeats(const Binder *b, size_t o) {
	const IdentityAnchor *old = &b->in->old[o];
	const IdentityFile *before = identity_file_of_content(b->in->old_texts, b->in->n_old_texts, old->content_id);
	Str excerpt = str_trim(old->excerpt);
	if (!before || excerpt.len == 0) return false;
	char *needle = base_alloc(excerpt.len + 1);
	memcpy(needle, excerpt.ptr, excerpt.len);
	size_t first = str_find(before->text, needle, 0);
	bool again = first != SIZE_MAX && str_find(before->text, needle, first + excerpt.len) != SIZE_MAX;
	free(needle);
	return again;
}

/* Whether a diff's word can be taken for this pair: nothing equal to it is around, or component, number or neighbours
 * tell the equal ones apart. */
static bool told_apart(const Binder *b, size_t o, size_t n) {
	const IdentityAnchor *old = &b->in->old[o], *found = &b->in->found[n];
	if (old->token_hash != found->token_hash) return true;
	if (looks_copied(b, o, n)) return false;
	Twins t = count_twins(b, o, n);
	if (t.old == 1 && t.found == 1 && (same_component(b->in, old, found) || !repeats(b, o))) return true;
	if (!same_component(b->in, old, found)) return false;
	if (t.old_here == t.found_here) return true;
	return b->old_around[o] && b->old_around[o] == b->new_around[n] && t.old_alike == 1 && t.found_alike == 1;
}

static uint64_t fit_diff(const Binder *b, size_t o, size_t n) {
	const IdentityInput *in = b->in;
	const IdentityAnchor *old = &in->old[o], *found = &in->found[n];
	if (!str_eq(old->name, found->name)) return 0;
	const IdentityFile *before = identity_file_of_content(in->old_texts, in->n_old_texts, old->content_id);
	const IdentityFile *now = identity_file_of_name(in->files, in->n_files, found->name);
	if (!before || !now) return 0;
	Lines was = lines_of(before->text, old->span), is = lines_of(now->text, found->span), kept;
	bool same_tokens = old->token_hash == found->token_hash;
	bool fits = lines_kept(&b->maps[o], was, &kept) || (same_tokens && lines_ends_kept(&b->maps[o], was, &kept));
	if (!fits || kept.first > is.last || is.first > kept.last) return 0;
	/* with other tokens it may still be the same finding with a wider or narrower span, but only if it covers it */
	bool same_lines = kept.first == is.first && kept.last == is.last;
	if (!same_tokens && !same_lines && old->fingerprint != found->fingerprint) return 0;
	if (!told_apart(b, o, n)) return 0;
	return 1 + (same_lines ? 8 : 0) + (same_tokens ? 4 : 0) + (old->fingerprint == found->fingerprint ? 2 : 0);
}

/* Same line in the same file: it did not move. */
static void settle_places(Binder *b) {
	for (size_t o = 0; o < b->in->n_old; o++) {
		if (b->new_of[o] == NOBODY || b->out[o].step != 2) continue;
		const IdentityAnchor *old = &b->in->old[o], *found = &b->in->found[b->new_of[o]];
		const IdentityFile *before = identity_file_of_content(b->in->old_texts, b->in->n_old_texts, old->content_id);
		const IdentityFile *now = identity_file_of_name(b->in->files, b->in->n_files, found->name);
		bool same = lines_of(before->text, old->span).first == lines_of(now->text, found->span).first;
		b->out[o].kind = same && str_eq(old->component, found->component) ? IDENTITY_SAME : IDENTITY_MOVED;
	}
}

/* ---- step 3 ---- */

static void bind_fingerprints(Binder *b) {
	const IdentityInput *in = b->in;
	for (size_t o = 0; o < in->n_old; o++) {
		if (b->new_of[o] != NOBODY || in->old[o].uncertain) continue;
		size_t n_old = 0, n_found = 0, at = 0;
		for (size_t i = 0; i < in->n_old; i++) {
			n_old += b->new_of[i] == NOBODY && in->old[i].fingerprint == in->old[o].fingerprint &&
			         str_eq(in->old[i].technique, in->old[o].technique);
		}
		for (size_t i = 0; i < in->n_found; i++) {
			if (!free_pair(b, o, i) || in->found[i].fingerprint != in->old[o].fingerprint) continue;
			n_found++;
			at = i;
		}
		if (n_old != 1 || n_found != 1 || looks_copied(b, o, at) || is_copy(b, o, at) || was_elsewhere(b, o, at))
			continue;
		bind(b, o, at, IDENTITY_MOVED, 3);
	}
}

static bool alike(const Binder *b, size_t o, size_t p) {
	const IdentityAnchor *a = &b->in->old[o], *c = &b->in->old[p];
	return a->fingerprint == c->fingerprint && str_eq(a->technique, c->technique) && str_eq(a->component, c->component);
}

/* Adds index i to a list kept in order of the anchors' starts. */
static void put_in_order(const IdentityAnchor *anchors, uint32_t *list, size_t *n, size_t i) {
	size_t at = (*n)++;
	for (; at > 0 && anchors[list[at - 1]].span.start > anchors[i].span.start; at--) list[at] = list[at - 1];
	list[at] = (uint32_t)i;
}

/* Twins of one component whose number did not change, all of them moved or reformatted together: they keep their order. */
static void bind_twins(Binder *b) {
	const IdentityInput *in = b->in;
	uint32_t *olds = ARENA_ARRAY(b->arena, uint32_t, in->n_old + 1);
	uint32_t *news = ARENA_ARRAY(b->arena, uint32_t, in->n_found + 1);
	for (size_t o = 0; o < in->n_old; o++) {
		if (b->new_of[o] != NOBODY || in->old[o].uncertain) continue;
		size_t n_olds = 0, n_news = 0;
		for (size_t p = 0; p < in->n_old; p++) {
			if (b->new_of[p] != NOBODY || in->old[p].uncertain || !alike(b, o, p)) continue;
			put_in_order(in->old, olds, &n_olds, p);
		}
		for (size_t n = 0; n < in->n_found; n++) {
			if (!free_pair(b, o, n) || in->found[n].fingerprint != in->old[o].fingerprint) continue;
			if (same_component(in, &in->old[o], &in->found[n])) put_in_order(in->found, news, &n_news, n);
		}
		if (n_olds < 2 || n_olds != n_news) continue;
		for (size_t i = 0; i < n_olds; i++) bind(b, olds[i], news[i], IDENTITY_MOVED, 3);
	}
}

/* ---- step 4 ---- */

/* Likeness of every pair left that step 4 may bind; 0 elsewhere. */
static double *likenesses(Binder *b) {
	const IdentityInput *in = b->in;
	double *like = ARENA_ARRAY(b->arena, double, in->n_old * in->n_found + 1);
	for (size_t o = 0; o < in->n_old; o++) {
		for (size_t n = 0; n < in->n_found; n++) {
			if (in->old[o].uncertain || !free_pair(b, o, n)) continue;
			if (!same_component(in, &in->old[o], &in->found[n]) || is_copy(b, o, n) || was_elsewhere(b, o, n)) continue;
			like[o * in->n_found + n] = candidate_similarity(LANG_SWIFT, in->old[o].excerpt, in->found[n].excerpt);
		}
	}
	return like;
}

static bool is_ahead(const Binder *b, const double *like, size_t o, size_t n) {
	size_t width = b->in->n_found;
	double best = like[o * width + n];
	for (size_t i = 0; i < width; i++) {
		if (i != n && b->old_of[i] == NOBODY && like[o * width + i] > best - CLEARLY_AHEAD) return false;
	}
	for (size_t i = 0; i < b->in->n_old; i++) {
		if (i != o && b->new_of[i] == NOBODY && like[i * width + n] > best - CLEARLY_AHEAD) return false;
	}
	return true;
}

static void bind_changed(Binder *b, const double *like) {
	const IdentityInput *in = b->in;
	for (bool again = true; again;) {
		again = false;
		for (size_t o = 0; o < in->n_old; o++) {
			for (size_t n = 0; n < in->n_found && b->new_of[o] == NOBODY; n++) {
				if (b->old_of[n] != NOBODY || like[o * in->n_found + n] < LIKE_ENOUGH) continue;
				if (!is_ahead(b, like, o, n)) continue;
				/* reformatting changes lines, never tokens: that is the same code at another place */
				bool same = in->old[o].token_hash == in->found[n].token_hash;
				bind(b, o, n, same ? IDENTITY_MOVED : IDENTITY_CHANGED, 4);
				again = true;
			}
		}
	}
}

/* ---- step 5, and what is gone ---- */

static bool ran(const IdentityInput *in, Str technique) {
	for (size_t i = 0; i < in->n_techniques; i++) {
		if (str_eq(in->techniques[i], technique)) return true;
	}
	return false;
}

static IdentityKind how_gone(const IdentityInput *in, const IdentityAnchor *old) {
	const IdentityFile *file = identity_file_of_name(in->files, in->n_files, old->name);
	if (identity_is_skipped(in, old->name) || !ran(in, old->technique)) return IDENTITY_NOT_SEEN;
	const IdentityComponent *component = identity_component_now(in, old->component);
	if (old->component.len == 0) {
		if (!file) return IDENTITY_REMOVED;
		return file->has_errors ? IDENTITY_NOT_SEEN : IDENTITY_LOOKS_DONE;
	}
	/* an error may have swallowed the component's head */
	if (!component) return file && file->has_errors ? IDENTITY_NOT_SEEN : IDENTITY_REMOVED;
	return component->has_errors ? IDENTITY_NOT_SEEN : IDENTITY_LOOKS_DONE;
}

static void settle_rest(Binder *b, const double *like) {
	const IdentityInput *in = b->in;
	for (size_t o = 0; o < in->n_old; o++) {
		if (b->new_of[o] != NOBODY) continue;
		if (in->old[o].uncertain) {
			b->out[o] = (IdentityBinding) { .kind = IDENTITY_UNCERTAIN };
			continue;
		}
		uint32_t *could = ARENA_ARRAY(b->arena, uint32_t, in->n_found + 1);
		size_t n_could = 0;
		for (size_t n = 0; n < in->n_found; n++) {
			if (!free_pair(b, o, n) || (was_elsewhere(b, o, n) && !repeats(b, o))) continue;
			bool fits = like[o * in->n_found + n] >= LIKE_ENOUGH ||
			            in->found[n].fingerprint == in->old[o].fingerprint ||
			            in->found[n].token_hash == in->old[o].token_hash;
			if (fits) could[n_could++] = (uint32_t)n;
		}
		b->out[o] = (IdentityBinding) {
			.kind = n_could ? IDENTITY_UNCERTAIN : how_gone(in, &in->old[o]),
			.could_be = could,
			.n_could_be = n_could,
		};
	}
}

IdentityBinding *identity_bind(const IdentityInput *input, Arena *arena) {
	Binder b = {
		.in = input,
		.arena = arena,
		.out = ARENA_ARRAY(arena, IdentityBinding, input->n_old + 1),
		.new_of = ARENA_ARRAY(arena, uint32_t, input->n_old + 1),
		.old_of = ARENA_ARRAY(arena, uint32_t, input->n_found + 1),
		.old_around = ARENA_ARRAY(arena, uint64_t, input->n_old + 1),
		.new_around = ARENA_ARRAY(arena, uint64_t, input->n_found + 1),
		.maps = ARENA_ARRAY(arena, LineMap, input->n_old + 1),
		.stood = ARENA_ARRAY(arena, Lines, input->n_found + 1),
	};
	memset(b.new_of, 0xff, (input->n_old + 1) * sizeof *b.new_of);
	memset(b.old_of, 0xff, (input->n_found + 1) * sizeof *b.old_of);
	bind_best(&b, fit_content, 1, false);
	make_maps(&b);
	bind_best(&b, fit_diff, 2, true);
	settle_places(&b);
	bind_fingerprints(&b);
	bind_twins(&b);
	double *like = likenesses(&b);
	bind_changed(&b, like);
	settle_rest(&b, like);
	return b.out;
}
