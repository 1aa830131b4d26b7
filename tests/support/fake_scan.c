#include "core/posix.h"

#include "tests/support/fake_scan.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const struct {
	const char *mark, *technique, *title;
} DETECTORS[] = {
	{ "softmax(", "sdpa", "Fused attention" },
	{ "exp(", "precompute-constant", "Computed once" },
	{ "repeated(", "sdpa-gqa", "Heads by the kernel" },
	{ "vDSP", "vdsp", "By Accelerate" },
	{ "fft(", "rfft", "Real transform" },
};

static void put_source(FakeScan *out, const FakeFile *files, size_t n, Arena *arena) {
	ScanSide *side = &out->scan.sides[SIDE_SWIFT];
	out->parts = base_alloc((n + 1) * sizeof *out->parts);
	out->n_parts = n;
	side->present = true;
	side->source = (Source) { .side = SIDE_SWIFT, .root = "/port", .package = "Port", .branch = "", .n_files = n };
	side->source.files = ARENA_ARRAY(arena, SourceFile, n);
	side->trees = ARENA_ARRAY(arena, SyntaxTree, n);
	for (size_t i = 0; i < n; i++) {
		source_of_text(SIDE_SWIFT, files[i].name, str_of(files[i].text), &out->parts[i]);
		side->source.files[i] = out->parts[i].files[0];
		side->source.files[i].in_scope = true;
		syntax_parse(LANG_SWIFT, side->source.files[i].text, NULL, arena, &side->trees[i]);
	}
	outline_build(&side->source, side->trees, arena, &side->outline);
}

/* Tokens with names of one letter left out: what a fingerprint keeps. */
static uint64_t fingerprint(const char *technique, Str line) {
	uint64_t hash = hash_str(HASH_SEED, str_of(technique));
	bool word = false;
	for (size_t i = 0; i < line.len; i++) {
		char c = line.ptr[i];
		bool is_word = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
		bool next = i + 1 < line.len && ((line.ptr[i + 1] >= 'a' && line.ptr[i + 1] <= 'z') ||
		                                    (line.ptr[i + 1] >= 'A' && line.ptr[i + 1] <= 'Z') ||
		                                    (line.ptr[i + 1] >= '0' && line.ptr[i + 1] <= '9'));
		bool local = is_word && !word && !next;
		if (c != ' ' && c != '\t' && !local) hash = hash_bytes(hash, &c, 1);
		word = is_word;
	}
	return hash;
}

static void add_reference(FakeScan *out, Candidate *c, Str reference, Arena *arena) {
	if (reference.len == 0) return;
	c->evidence = ARENA_NEW(arena, Evidence);
	c->n_evidence = 1;
	c->evidence[0] = (Evidence) {
		.place = { .side = SIDE_MLX,
		    .path = "/mlx/model.py",
		    .name = "model.py",
		    .start = { 1, 1 },
		    .end = { 1, (uint32_t)reference.len + 1 },
		    .span = { 0, (uint32_t)reference.len },
		    .excerpt = reference },
		.note = STR("the Python reference does it"),
		.supports = true,
	};
	c->anchor.reference_hash[0] = candidate_token_hash(LANG_PYTHON, reference);
	(void)out;
}

typedef VEC(Candidate) Candidates;

static void link_needs(Candidates *list, Candidate *c, Arena *arena) {
	c->needs = ARENA_ARRAY(arena, Str, 1);
	c->conflicts = ARENA_ARRAY(arena, Str, 1);
	for (size_t i = 0; i < list->n; i++) {
		Candidate *other = &list->at[i];
		if (!str_eq(other->place.component, c->place.component)) continue;
		if (str_is(c->technique, "sdpa-gqa") && str_is(other->technique, "sdpa")) {
			c->needs[0] = arena_str(arena, str_of(other->id));
			c->n_needs = 1;
		}
		if (str_is(c->technique, "rfft") && str_is(other->technique, "vdsp")) {
			c->conflicts[0] = arena_str(arena, str_of(other->id));
			c->n_conflicts = 1;
		}
	}
}

static void add_candidate(
    FakeScan *out, uint32_t file, uint32_t line, size_t detector, Str reference, Candidates *list) {
	ScanSide *side = &out->scan.sides[SIDE_SWIFT];
	Arena *arena = &out->scan.arena;
	const SourceFile *f = &side->source.files[file];
	Str text = source_line(f, line), code = str_trim(text);
	size_t comment = str_find(code, "//", 0);
	Str bare = str_trim(str_sub(code, 0, comment == SIZE_MAX ? code.len : comment));
	uint32_t start = source_line_start(f, line) + (uint32_t)(bare.ptr - text.ptr);
	Candidate c = {
		.technique = str_of(DETECTORS[detector].technique),
		.title = str_of(DETECTORS[detector].title),
		.family = STR("MLX built-ins"),
		.confidence = str_find(code, "// low", 0) != SIZE_MAX ? CONFIDENCE_LOW : CONFIDENCE_HIGH,
		.frequency = str_find(code, "// often", 0) != SIZE_MAX ? FREQUENCY_STEP : FREQUENCY_CALL,
		.message = STR("found by the test"),
		.suppressed = str_find(code, "// ignore", 0) != SIZE_MAX,
		.suppression = STR("ignored in the source"),
		.tradeoff = { .axis = { 4 - (double)detector * 0.5, 1, 1, 1 } },
		.place = { .side = SIDE_SWIFT,
		    .path = f->path,
		    .name = f->name,
		    .span = { start, start + (uint32_t)bare.len } },
	};
	c.place.start = source_pos(f, c.place.span.start);
	c.place.end = source_pos(f, c.place.span.end);
	c.place.excerpt = text;
	c.component = outline_at(&side->outline, file, start);
	if (c.component != COMPONENT_NONE) c.place.component = component_label(&side->outline, c.component, arena);
	c.fingerprint = fingerprint(DETECTORS[detector].technique, bare);
	for (size_t i = 0; i < list->n; i++) {
		c.ordinal += list->at[i].fingerprint == c.fingerprint && str_eq(list->at[i].place.component, c.place.component);
	}
	memcpy(c.anchor.content_id, f->content_id, sizeof c.anchor.content_id);
	c.anchor.token_hash = candidate_token_hash(LANG_SWIFT, source_text(f, c.place.span));
	add_reference(out, &c, reference, arena);
	candidate_identify(&c);
	link_needs(list, &c, arena);
	VEC_PUSH(*list) = c;
}

static Str reference_line(const char *reference, Arena *arena) {
	Str rest = str_of(reference), line;
	while (reference && str_split(&rest, '\n', &line)) {
		if (str_find(line, "fast", 0) != SIZE_MAX) return arena_str(arena, line);
	}
	return STR_NONE;
}

void fake_scan(FakeScan *out, const FakeFile *files, size_t n, const char *reference) {
	memset(out, 0, sizeof *out);
	Arena *arena = &out->scan.arena;
	put_source(out, files, n, arena);
	out->catalogue.techniques = ARENA_ARRAY(arena, Technique, BASE_COUNT(DETECTORS));
	out->catalogue.n = BASE_COUNT(DETECTORS);
	for (size_t d = 0; d < BASE_COUNT(DETECTORS); d++) {
		out->catalogue.techniques[d].id = str_of(DETECTORS[d].technique);
		out->catalogue.techniques[d].check = STR("Compare with `parity`.");
	}
	Candidates list = { 0 };
	Str python = reference_line(reference, arena);
	for (uint32_t i = 0; i < n; i++) {
		const SourceFile *f = &out->scan.sides[SIDE_SWIFT].source.files[i];
		for (uint32_t line = 1; line <= f->n_lines; line++) {
			for (size_t d = 0; d < BASE_COUNT(DETECTORS); d++) {
				if (str_find(source_line(f, line), DETECTORS[d].mark, 0) != SIZE_MAX)
					add_candidate(out, i, line, d, python, &list);
			}
		}
	}
	out->scan.n_candidates = list.n;
	out->scan.candidates = (Candidate *)VEC_TO_ARENA(list, arena);
}

void fake_done(FakeScan *fake) {
	outline_done(&fake->scan.sides[SIDE_SWIFT].outline);
	for (size_t i = 0; i < fake->n_parts; i++) source_done(&fake->parts[i]);
	free(fake->parts);
	arena_done(&fake->scan.arena);
}

char *fake_folder(void) {
	const char *base = getenv("TMPDIR");
	char *path = base_path_join(base && *base ? base : "/tmp", "triptych-test-XXXXXX");
	if (!mkdtemp(path)) abort();
	return path;
}

void fake_remove(const char *folder) {
	DIR *dir = opendir(folder);
	for (struct dirent *entry; dir && (entry = readdir(dir));) {
		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0) continue;
		char *path = base_path_join(folder, entry->d_name);
		struct stat info;
		if (lstat(path, &info) == 0 && S_ISDIR(info.st_mode))
			fake_remove(path);
		else
			unlink(path);
		free(path);
	}
	if (dir) closedir(dir);
	rmdir(folder);
}
