#include "core/posix.h"

#include "sessions/identity.h"

#include "tests/support/edits.h"
#include "tests/support/fake_scan.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>

static const FakeFile PORT[] = {
	{ "Sources/Attention.swift", "import MLX\n\n"
	                             "class SelfAttention {\n"
	                             "    func attend(q: MLXArray, k: MLXArray, v: MLXArray) -> MLXArray {\n"
	                             "        let s = matmul(q, k) * scale\n"
	                             "        let w = softmax(s, axis: -1)\n"
	                             "        return matmul(w, v)\n"
	                             "    }\n"
	                             "    func masked(q: MLXArray, k: MLXArray, m: MLXArray) -> MLXArray {\n"
	                             "        let s = matmul(q, k)\n"
	                             "        let r = repeated(k, count: heads / groups, axis: 1)\n"
	                             "        let w = softmax(s + m, axis: -1)\n"
	                             "        return matmul(w, r)\n"
	                             "    }\n"
	                             "    func table(n: Int) -> MLXArray {\n"
	                             "        let f = exp(arange(n) * -rate)\n"
	                             "        return concatenated([sin(f), cos(f)], axis: 1)\n"
	                             "    }\n"
	                             "}\n\n"
	                             "class CrossAttention {\n"
	                             "    func attend(q: MLXArray, k: MLXArray, v: MLXArray) -> MLXArray {\n"
	                             "        let s = matmul(q * scale, k)\n"
	                             "        let w = softmax(s, axis: -1)\n"
	                             "        return projection(matmul(w, v))\n"
	                             "    }\n"
	                             "    func both(q: MLXArray, k: MLXArray) -> MLXArray {\n"
	                             "        let s = matmul(q, first)\n"
	                             "        var w = softmax(s, axis: -1)\n"
	                             "        let t = matmul(w, second)\n"
	                             "        var w = softmax(s, axis: -1)\n"
	                             "        return t + w\n"
	                             "    }\n"
	                             "}\n" },
	{ "Sources/Audio.swift", "import MLX\nimport Foundation\n\n"
	                         "func mel(x: MLXArray) -> MLXArray {\n"
	                         "    let p = power(x)\n"
	                         "    let f = exp(p * logBase + offset)\n"
	                         "    return matmul(filters, f)\n"
	                         "}\n\n"
	                         "func sample(l: MLXArray, t: Float) -> MLXArray {\n"
	                         "    let p = softmax(l / t, axis: -1)\n"
	                         "    return categorical(p)\n"
	                         "}\n\n"
	                         "class Decoder {\n"
	                         "    func step(x: MLXArray) -> MLXArray {\n"
	                         "        let h = layers(x)\n"
	                         "        let e = exp(positions(x.dim(1)) * frequency)\n"
	                         "        return head(h + e)\n"
	                         "    }\n"
	                         "    func score(l: MLXArray) -> MLXArray {\n"
	                         "        let p = log(softmax(l.asType(.float32), axis: -1))\n"
	                         "        return takeAlong(p, tokens)\n"
	                         "    }\n"
	                         "}\n" },
};

/* ---- from scans to anchors ---- */

typedef struct Sight {
	FakeScan fake;
	IdentityAnchor *anchors;
	IdentityFile *files;
	IdentityComponent *components;
	Str *labels;
	size_t n, n_files, n_components;
} Sight;

static void look(Sight *out, const FakeFile *files, size_t n_files) {
	fake_scan(&out->fake, files, n_files, NULL);
	Arena *arena = &out->fake.scan.arena;
	const ScanSide *port = &out->fake.scan.sides[SIDE_SWIFT];
	out->n = out->fake.scan.n_candidates;
	out->anchors = ARENA_ARRAY(arena, IdentityAnchor, out->n + 1);
	for (size_t i = 0; i < out->n; i++) {
		const Candidate *c = &out->fake.scan.candidates[i];
		out->anchors[i] =
		    (IdentityAnchor) { c->technique, str_of(c->place.name), c->place.component, str_of(c->anchor.content_id),
			    c->place.span, c->fingerprint, c->anchor.token_hash, c->place.excerpt, false };
	}
	out->n_files = n_files;
	out->files = ARENA_ARRAY(arena, IdentityFile, n_files);
	for (size_t i = 0; i < n_files; i++) {
		const SourceFile *f = &port->source.files[i];
		out->files[i] = (IdentityFile) { str_of(f->name), str_of(f->content_id), f->text, port->trees[i].n_errors > 0 };
	}
	out->n_components = port->outline.n;
	out->components = ARENA_ARRAY(arena, IdentityComponent, port->outline.n + 1);
	out->labels = ARENA_ARRAY(arena, Str, port->outline.n + 1);
	for (size_t i = 0; i < port->outline.n; i++) {
		out->labels[i] = component_label(&port->outline, (ComponentId)i, arena);
		out->components[i] = (IdentityComponent) { out->labels[i], false };
	}
}

static const Str TECHNIQUES[] = { { "sdpa", 4 }, { "precompute-constant", 19 }, { "sdpa-gqa", 8 }, { "vdsp", 4 },
	{ "rfft", 4 } };

static IdentityBinding *bind_sights(const Sight *old, const Sight *now, Arena *arena) {
	IdentityInput in = {
		.old = old->anchors,
		.n_old = old->n,
		.found = now->anchors,
		.n_found = now->n,
		.files = now->files,
		.n_files = now->n_files,
		.old_texts = old->files,
		.n_old_texts = old->n_files,
		.components = now->components,
		.n_components = now->n_components,
		.old_components = old->labels,
		.n_old_components = old->n_components,
		.techniques = TECHNIQUES,
		.n_techniques = BASE_COUNT(TECHNIQUES),
	};
	return identity_bind(&in, arena);
}

/* ---- random edits with a known truth ---- */

typedef struct Tally {
	size_t right, uncertain, missed, wrong;
} Tally;

static bool is_bound(const IdentityBinding *b) { return b->kind <= IDENTITY_CHANGED; }

static void count_one(const EditPort *port, const Sight *now, const IdentityBinding *b, int truth, Tally *tally) {
	bool present = false;
	for (size_t i = 0; i < now->n; i++) {
		const Candidate *c = &now->fake.scan.candidates[i];
		present = present || edit_truth(port, c->place.name, c->place.start.line) == truth;
	}
	if (is_bound(b)) {
		const Candidate *c = &now->fake.scan.candidates[b->found];
		if (edit_stands_for(port, c->place.name, c->place.start.line, truth))
			tally->right++;
		else
			tally->wrong++;
	} else if (!present) {
		tally->right += b->kind != IDENTITY_UNCERTAIN;
		tally->uncertain += b->kind == IDENTITY_UNCERTAIN;
	} else if (b->kind == IDENTITY_UNCERTAIN) {
		tally->uncertain++;
	} else {
		tally->missed++;
	}
}

/* One run: the port, some edits, a second look. */
static void run_edits(const size_t *classes, size_t n_classes, uint64_t seed, Tally *tally, bool loud) {
	EditPort port;
	edit_port_init(&port, PORT, BASE_COUNT(PORT), seed);
	Sight old, now;
	look(&old, PORT, BASE_COUNT(PORT));
	for (size_t i = 0; i < old.n; i++) {
		const Candidate *c = &old.fake.scan.candidates[i];
		for (size_t f = 0; f < port.n_files; f++) {
			if (strcmp(port.files[f].name, c->place.name) == 0)
				port.files[f].lines.at[c->place.start.line - 1].truth = (int)i + 1;
		}
	}
	for (size_t i = 0; i < n_classes; i++) EDIT_CLASSES[classes[i]].apply(&port);
	FakeFile files[EDIT_FILES];
	size_t n_files;
	edit_texts(&port, files, &n_files);
	look(&now, files, n_files);
	Arena arena = { 0 };
	IdentityBinding *bound = bind_sights(&old, &now, &arena);
	size_t wrong = tally->wrong;
	for (size_t i = 0; i < old.n; i++) {
		size_t before = tally->wrong;
		count_one(&port, &now, &bound[i], (int)i + 1, tally);
		if (loud && tally->wrong > before) {
			const Candidate *c = &now.fake.scan.candidates[bound[i].found];
			print_message("wrong: %.*s of line %u bound to %s:%u in step %d\n", STR_ARG(old.anchors[i].component),
			    old.fake.scan.candidates[i].place.start.line, c->place.name, c->place.start.line, bound[i].step);
		}
	}
	if (loud && tally->wrong > wrong) {
		for (size_t i = 0; i < n_classes; i++) print_message("  after: %s\n", EDIT_CLASSES[classes[i]].name);
		for (size_t i = 0; i < n_files; i++) print_message("--- %s\n%s", files[i].name, files[i].text);
	}
	arena_done(&arena);
	edit_texts_done(files, n_files);
	fake_done(&now.fake);
	fake_done(&old.fake);
	edit_port_done(&port);
}

static void every_class_of_edit_alone(void **state) {
	(void)state;
	Tally all = { 0 };
	for (size_t c = 0; c < EDIT_CLASS_COUNT; c++) {
		Tally tally = { 0 };
		for (uint64_t seed = 1; seed <= 12; seed++) run_edits(&c, 1, seed * 977 + c, &tally, true);
		print_message("%-22s right %3zu  uncertain %2zu  missed %2zu  wrong %2zu\n", EDIT_CLASSES[c].name, tally.right,
		    tally.uncertain, tally.missed, tally.wrong);
		all.right += tally.right;
		all.uncertain += tally.uncertain;
		all.missed += tally.missed;
		all.wrong += tally.wrong;
	}
	assert_int_equal(all.wrong, 0);
	assert_true(all.right * 100 >= (all.right + all.uncertain + all.missed) * 97);
}

enum { RUNS = 500, SEED = 20261123 };

static void random_combinations(void **state) {
	(void)state;
	Tally all = { 0 };
	EditPort random = { .seed = SEED };
	for (uint64_t i = 0; i < RUNS; i++) {
		size_t classes[3], n = 1 + edit_random(&random, 3);
		for (size_t k = 0; k < n; k++) classes[k] = edit_random(&random, (uint32_t)EDIT_CLASS_COUNT);
		run_edits(classes, n, i * 7919 + 3, &all, true);
	}
	size_t sum = all.right + all.uncertain + all.missed + all.wrong;
	print_message("%d runs, %zu candidates: right %zu (%.1f %%), uncertain %zu, missed %zu, wrong %zu\n", RUNS, sum,
	    all.right, 100.0 * (double)all.right / (double)sum, all.uncertain, all.missed, all.wrong);
	assert_int_equal(all.wrong, 0);
	assert_true(all.right * 100 >= sum * 95);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_class_of_edit_alone),
		cmocka_unit_test(random_combinations),
	};
	return cmocka_run_group_tests_name("identity", tests, NULL, NULL);
}
