#include "core/posix.h"

#include "tests/support/rebind.h"

#include "core/git.h"
#include "sessions/walk.h"
#include "tests/support/fake_scan.h"
#include "tests/support/marked_edits.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { AROUND = 160 }; /* bytes before and behind a candidate within which an edit touches it */

/* A candidate as first seen, by the marks of its bytes. */
typedef struct Known {
	char id[64];
	Str technique;
	uint32_t first, last;           /* marks of its span */
	uint32_t near_first, near_last; /* with what is around it */
	size_t n_bytes;                 /* without white space */
	const char *file;
	uint32_t line;
} Known;

struct Rebind {
	char *folder, *port, *db, *template_db;
	const char *sides[SIDE_COUNT];
	MarkedPort original;
	Catalogue catalogue;
	Known *known;
	size_t n_known;
	Arena arena;
};

/* ---- files ---- */

static void make_folders(const char *path) {
	char *copy = base_strdup(path);
	for (char *at = strchr(copy + 1, '/'); at; at = strchr(at + 1, '/')) {
		*at = '\0';
		mkdir(copy, 0700);
		*at = '/';
	}
	free(copy);
}

static void write_file(const char *folder, const char *name, const char *text, size_t n) {
	char *path = base_path_join(folder, name);
	make_folders(path);
	FILE *f = fopen(path, "wb");
	if (!f || fwrite(text, 1, n, f) != n || fclose(f) != 0) abort();
	free(path);
}

static void copy_file(const char *from, const char *to) {
	FILE *in = fopen(from, "rb"), *out = fopen(to, "wb");
	if (!in || !out) abort();
	char bytes[65536];
	for (size_t n; (n = fread(bytes, 1, sizeof bytes, in)) > 0;) {
		if (fwrite(bytes, 1, n, out) != n) abort();
	}
	fclose(in);
	if (fclose(out) != 0) abort();
}

static bool is_same(const MarkedFile *a, const MarkedFile *b) {
	return !b->gone && a->n == b->n && strcmp(a->name, b->name) == 0 && memcmp(a->text, b->text, a->n) == 0;
}

/* Writes what an edited port has otherwise than the original, or puts the original back. */
static void lay_out(const Rebind *r, const MarkedPort *edited, bool back) {
	for (size_t i = 0; i < edited->files.n; i++) {
		const MarkedFile *now = &edited->files.at[i];
		const MarkedFile *was = i < r->original.files.n ? &r->original.files.at[i] : NULL;
		if (was && is_same(was, now)) continue;
		char *path = base_path_join(r->port, back ? now->name : was ? was->name : now->name);
		unlink(path);
		free(path);
		const MarkedFile *wanted = back ? was : now;
		if (wanted && !wanted->gone) write_file(r->port, wanted->name, wanted->text, wanted->n);
	}
}

/* ---- scanning ---- */

static bool scan(const Rebind *r, Walk *walk, Scan *out, Err *err) {
	Arena arena = { 0 };
	ScanOptions options;
	bool ok = walk_scan_options(walk, &arena, &options, err) && scan_run(&options, &r->catalogue, out, err);
	arena_done(&arena);
	return ok;
}

/* Every candidate is rejected, so that a verdict lies on each. */
static bool decide_all(Walk *walk, Err *err) {
	size_t n;
	const WalkItem *items = walk_items(walk, &n);
	const char **ids = base_alloc((n + 1) * sizeof *ids);
	for (size_t i = 0; i < n; i++) ids[i] = base_strdup(items[i].candidate.id);
	Decision decision = { .ids = ids, .n_ids = n, .verdict = VERDICT_REJECT, .because = STR("seen"), .force = true };
	Question question;
	bool ok = n == 0 || walk_decide(walk, &decision, &question, err);
	for (size_t i = 0; i < n; i++) free((char *)(uintptr_t)ids[i]);
	free(ids);
	return ok;
}

static const MarkedFile *marked_named(const MarkedPort *port, const char *name, size_t *index) {
	for (size_t i = 0; i < port->files.n; i++) {
		if (port->files.at[i].gone || strcmp(port->files.at[i].name, name) != 0) continue;
		*index = i;
		return &port->files.at[i];
	}
	return NULL;
}

static void know(Rebind *r, const Scan *found) {
	r->known = ARENA_ARRAY(&r->arena, Known, found->n_candidates + 1);
	for (size_t i = 0; i < found->n_candidates; i++) {
		const Candidate *c = &found->candidates[i];
		size_t file;
		const MarkedFile *f = marked_named(&r->original, c->place.name, &file);
		if (!f) continue;
		Known *k = &r->known[r->n_known++];
		Span s = c->place.span;
		size_t from = s.start > AROUND ? s.start - AROUND : 0, to = s.end + AROUND < f->n ? s.end + AROUND : f->n;
		*k = (Known) { .technique = arena_str(&r->arena, c->technique),
			.first = f->first + s.start,
			.last = f->first + (s.end > s.start ? s.end - 1 : s.start),
			.near_first = f->first + (uint32_t)from,
			.near_last = f->first + (uint32_t)to - 1,
			.file = f->name,
			.line = c->place.start.line };
		memcpy(k->id, c->id, sizeof k->id);
		k->n_bytes = marked_overlap(&r->original, (MarkedRange) { file, s.start, s.end }, k->first, k->last, false);
	}
}

static bool take_first(Rebind *r, Err *err) {
	Store *store = store_open(r->template_db, true, err);
	if (!store) return false;
	SourceOptions sides[SIDE_COUNT] = { 0 };
	const char *port = r->port;
	for (int i = 0; i < SIDE_COUNT; i++) {
		if (i != SIDE_SWIFT && !r->sides[i]) continue;
		sides[i] =
		    (SourceOptions) { .paths = i == SIDE_SWIFT ? &port : &r->sides[i], .n_paths = 1, .no_context = true };
	}
	Session session;
	Walk *walk = NULL;
	Scan found = { 0 };
	bool ok = session_create(store, "port", sides, &r->arena, &session, err) && walk_open(store, "port", &walk, err) &&
	          walk_catalogue(walk, NULL, &r->catalogue, err) && scan(r, walk, &found, err);
	if (ok) {
		ok = walk_take_scan(walk, &found, &r->catalogue, NULL, err) && decide_all(walk, err);
		know(r, &found);
		scan_done(&found);
	}
	walk_close(walk);
	store_close(store);
	return ok;
}

/* Reads the port into marks and lays a copy of it out. */
static bool copy_port(Rebind *r, const char *path, Err *err) {
	Source source;
	SourceOptions options = { .paths = &path, .n_paths = 1, .no_context = true };
	if (!source_open(SIDE_SWIFT, &options, &source, err)) return false;
	size_t n = strlen(path);
	for (size_t i = 0; i < source.n_files; i++) {
		const SourceFile *f = &source.files[i];
		const char *name = strncmp(f->path, path, n) == 0 ? f->path + n : f->name;
		while (*name == '/') name++;
		marked_add(&r->original, name, f->text, false);
		write_file(r->port, name, f->text.ptr, f->text.len);
	}
	source_done(&source);
	return true;
}

Rebind *rebind_open(const char *const sides[SIDE_COUNT], Err *err) {
	Rebind *r = base_alloc(sizeof *r);
	r->folder = fake_folder();
	r->port = base_path_join(r->folder, "port");
	r->db = base_path_join(r->folder, "run.db");
	r->template_db = base_path_join(r->folder, "first.db");
	memcpy(r->sides, sides, sizeof r->sides);
	if (copy_port(r, sides[SIDE_SWIFT], err) && take_first(r, err)) return r;
	rebind_close(r);
	return NULL;
}

void rebind_close(Rebind *r) {
	if (!r) return;
	catalogue_done(&r->catalogue);
	marked_done(&r->original);
	fake_remove(r->folder);
	arena_done(&r->arena);
	free(r->folder);
	free(r->port);
	free(r->db);
	free(r->template_db);
	free(r);
}

size_t rebind_n_candidates(const Rebind *r) { return r->n_known; }

/* ---- the truth ---- */

/* What became of it in the edited port. */
typedef struct Became {
	size_t most;     /* bytes that it shares with a candidate of its technique */
	size_t bound_to; /* bytes that it shares with the one it was bound to */
	bool is_bound, is_uncertain, stands;
	const Candidate *bound;
} Became;

static size_t least(size_t a, size_t b) { return a < b ? a : b; }

static Became became(const Known *k, const MarkedPort *port, const Scan *found, const Walk *walk) {
	Became b = { 0 };
	const WalkItem *item = walk_item(walk, str_of(k->id));
	b.is_uncertain = item && item->state == STATE_UNCERTAIN;
	MarkedRange left;
	bool original = marked_find(port, k->first, k->last, &left);
	for (size_t i = 0; i < found->n_candidates; i++) {
		const Candidate *c = &found->candidates[i];
		size_t file;
		if (!str_eq(c->technique, k->technique) || !marked_named(port, c->place.name, &file)) continue;
		MarkedRange at = { file, c->place.span.start, c->place.span.end };
		size_t shared = marked_overlap(port, at, k->first, k->last, !original);
		size_t all = marked_overlap(port, at, 0, UINT32_MAX, false);
		/* a finding about the whole type is not the one about its field */
		if (shared > 0 && shared * 2 >= least(k->n_bytes, all) && all <= k->n_bytes * 4) b.stands = true;
		if (shared > b.most) b.most = shared;
		const WalkItem *is = walk_item_of_scan(walk, c->id);
		if (!is || strcmp(is->candidate.id, k->id) != 0) continue;
		b.is_bound = true;
		b.bound = c;
		b.bound_to = shared;
	}
	return b;
}

/* Something within sight of it was edited, or its file has another name. */
static bool is_touched(const Rebind *r, const Known *k, const MarkedPort *port) {
	MarkedRange now;
	(void)r;
	if (!marked_find(port, k->near_first, k->near_last, &now)) return true;
	const MarkedFile *f = &port->files.at[now.file];
	if (strcmp(f->name, k->file) != 0 || now.end - now.start != (size_t)(k->near_last - k->near_first) + 1) return true;
	for (size_t i = now.start; i < now.end; i++) {
		if (f->mark[i] != k->near_first + (i - now.start)) return true;
	}
	return false;
}

static void count(RebindTally *t, const Became *b) {
	if (b->is_uncertain) {
		t->uncertain++;
	} else if (b->is_bound) {
		bool right = b->bound_to > 0 && b->bound_to * 2 >= b->most;
		t->right += right;
		t->wrong += !right;
	} else {
		t->right += !b->stands;
		t->missed += b->stands;
	}
}

static void tell(const Known *k, const Became *b, const char *what) {
	printf("%s: %s %s:%u", what, k->id, k->file, k->line);
	if (b->bound) printf(" bound to %s:%u", b->bound->place.name, b->bound->place.start.line);
	printf("\n");
}

static void judge(
    const Rebind *r, const MarkedPort *port, const Scan *found, const Walk *walk, RebindResult *result, bool loud) {
	for (size_t i = 0; i < r->n_known; i++) {
		const Known *k = &r->known[i];
		Became b = became(k, port, found, walk);
		RebindTally before = result->all;
		count(&result->all, &b);
		if (is_touched(r, k, port)) count(&result->touched, &b);
		if (!loud) continue;
		if (result->all.wrong > before.wrong) tell(k, &b, "  wrong");
		if (result->all.missed > before.missed) tell(k, &b, "  missed");
		if (result->all.uncertain > before.uncertain) tell(k, &b, "  uncertain");
	}
}

/* What the edits made of the port. */
static void show_edits(const Rebind *r, const MarkedPort *port) {
	for (size_t i = 0; i < port->files.n; i++) {
		const MarkedFile *now = &port->files.at[i];
		const MarkedFile *was = i < r->original.files.n ? &r->original.files.at[i] : NULL;
		if (was && is_same(was, now)) continue;
		Buf diff = { 0 };
		git_unified_diff(now->name, was ? (Str) { was->text, was->n } : STR_NONE,
		    now->gone ? STR_NONE : (Str) { now->text, now->n }, &diff, NULL);
		printf("%.*s", STR_ARG(buf_view(&diff)));
		buf_done(&diff);
	}
}

/* ---- runs ---- */

static bool edit(const Rebind *r, MarkedPort *port, size_t which) {
	for (int tries = 0; tries < 200 && r->n_known; tries++) {
		const Known *k = &r->known[marked_random(port, (uint32_t)r->n_known)];
		MarkedRange at;
		if (!marked_find(port, k->first, k->last, &at)) continue;
		/* what is scattered by an earlier edit is no place */
		if (at.end - at.start > (size_t)(k->last - k->first) * 2 + 400) continue;
		if (MARKED_EDITS[which].apply(port, at)) return true;
	}
	return false;
}

static size_t n_verdicts(const Walk *walk) {
	size_t n, count_of = 0;
	const LogEvent *events = walk_log(walk, &n);
	for (size_t i = 0; i < n; i++) count_of += events[i].kind == LOG_VERDICT;
	return count_of;
}

static void rescan(Rebind *r, const MarkedPort *port, RebindResult *result, bool loud) {
	copy_file(r->template_db, r->db);
	Err err = { { 0 } };
	Store *store = store_open(r->db, false, &err);
	Walk *walk = NULL;
	Scan found;
	if (!store || !walk_open(store, "port", &walk, &err)) {
		fprintf(stderr, "%s\n", err.text);
		abort();
	}
	size_t before = n_verdicts(walk);
	if (scan(r, walk, &found, &err)) {
		if (!walk_take_scan(walk, &found, &r->catalogue, NULL, &err) || n_verdicts(walk) != before) abort();
		judge(r, port, &found, walk, result, loud);
		if (loud && result->all.wrong + result->all.missed > 0) show_edits(r, port);
		scan_done(&found);
	}
	walk_close(walk);
	store_close(store);
	unlink(r->db);
}

bool rebind_run(Rebind *r, const size_t *edits, size_t n, uint64_t seed, RebindResult *result, bool loud) {
	MarkedPort port = marked_copy(&r->original, seed);
	bool any = false;
	if (loud) printf("seed %llu:", (unsigned long long)seed);
	for (size_t i = 0; i < n; i++) {
		bool made = edit(r, &port, edits[i]);
		any = any || made;
		if (loud && made) printf(" %s;", MARKED_EDITS[edits[i]].name);
	}
	if (loud) printf("\n");
	if (any) {
		lay_out(r, &port, false);
		rescan(r, &port, result, loud);
		lay_out(r, &port, true);
	}
	marked_done(&port);
	return any;
}

static void add(RebindTally *to, const RebindTally *from) {
	to->right += from->right;
	to->uncertain += from->uncertain;
	to->missed += from->missed;
	to->wrong += from->wrong;
}

void rebind_runs(Rebind *r, size_t n, uint64_t seed, RebindResult *whole, RebindResult *by_class, bool loud) {
	MarkedPort random = { .seed = seed };
	for (size_t i = 0; i < n; i++) {
		size_t edits[3], n_edits = 1 + marked_random(&random, 3);
		for (size_t k = 0; k < n_edits; k++) edits[k] = marked_random(&random, (uint32_t)MARKED_EDIT_COUNT);
		RebindResult result = { 0 };
		rebind_run(r, edits, n_edits, seed * 1000003 + i, &result, loud);
		add(&whole->all, &result.all);
		add(&whole->touched, &result.touched);
		for (size_t k = 0; by_class && k < n_edits; k++) {
			add(&by_class[edits[k]].all, &result.all);
			add(&by_class[edits[k]].touched, &result.touched);
		}
	}
}

size_t rebind_sum(const RebindTally *t) { return t->right + t->uncertain + t->missed + t->wrong; }

void rebind_print_head(void) {
	printf("%-24s %26s   %s\n", "", "all", "touched by an edit");
	printf("%-24s %8s %7s %4s %3s %3s   %7s %7s %4s %3s %3s\n", "", "n", "right", "ask", "mis", "wro", "n", "right",
	    "ask", "mis", "wro");
}

static void print_tally(const RebindTally *t, int width) {
	size_t n = rebind_sum(t);
	printf(" %*zu %6.1f%% %4zu %3zu %3zu", width, n, n ? 100.0 * (double)t->right / (double)n : 100.0, t->uncertain,
	    t->missed, t->wrong);
}

void rebind_print(const char *name, const RebindResult *result) {
	printf("%-24s", name);
	print_tally(&result->all, 8);
	printf("  ");
	print_tally(&result->touched, 7);
	printf("\n");
}
