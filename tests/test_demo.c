/* What the scan says of the demo's port: the intended places are found, the look-alikes stay silent, and nothing else is said.
 *
 * Places are named by text in them, so that an edit of the demo moves no line of this file. The golden
 * (tests/golden/demo-candidates.txt) holds the whole of what the first techniques say; `make accept` takes a new one. */
#include "core/posix.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "core/scan.h"

static const char *const FIRST[] = { "sdpa", "fast-rms-norm", "fast-layer-norm", "kv-cache-concat", "async-eval",
	"precompute-constant", "rfft", "vectorize-loop" };

typedef struct Where {
	const char *technique, *file;
	const char *after; /* the place is below this text ... */
	const char *text;  /* ... on the line that holds this */
} Where;

static const Where INTENDED[] = {
	{ "sdpa", "Encoder.swift", "class EncoderLayer", "let scores = matmul" },
	{ "sdpa", "Decoder.swift", "class SelfAttention", "var scores = matmul" },
	{ "sdpa", "Decoder.swift", "class CrossAttention", "let weights = attentionWeights" },
	{ "fast-rms-norm", "Layers.swift", "class WhinchatRMSNorm", "rsqrt(meanSquare" },
	{ "fast-rms-norm", "Decoder.swift", "func headNorm", "/ sqrt(power" },
	{ "fast-layer-norm", "Layers.swift", "class WhinchatLayerNorm", "/ sqrt(sigma" },
	{ "kv-cache-concat", "Decoder.swift", "class SelfAttention", "k = concatenated" },
	{ "async-eval", "Transcriber.swift", "func generate", "sample(logits)" },
	{ "precompute-constant", "Audio.swift", "struct MelFrontEnd", "melFilterbank(config)" },
	{ "precompute-constant", "Audio.swift", "struct MelFrontEnd", "MLXArray(hannWindow" },
	{ "precompute-constant", "Audio.swift", "struct HumProbe", "let carrier" },
	{ "precompute-constant", "Encoder.swift", "class AudioEncoder", "let positions = sinusoids" },
	{ "rfft", "Audio.swift", "struct MelFrontEnd", "let spectrum = fft" },
	{ "vectorize-loop", "Audio.swift", "struct MelFrontEnd", "let row = mel" },
	{ "vectorize-loop", "Transcriber.swift", "func generate", "logits[token] =" },
};

static const Where LOOK_ALIKE[] = {
	{ "sdpa", "Encoder.swift", "func speech", "tanh(scores / cap)" },
	{ "sdpa", "Encoder.swift", "func speech", "softmax(scores" },
	{ "sdpa", "Encoder.swift", "func languages", "let shares" },
	{ "sdpa", "Encoder.swift", "func onset", "let weights" },
	{ "precompute-constant", "Audio.swift", "struct HumProbe", "static let taper" },
	{ "precompute-constant", "Audio.swift", "struct MelFrontEnd", "let margin" },
	{ "precompute-constant", "Decoder.swift", "class TokenMixer", "let left = state" },
	{ "precompute-constant", "Decoder.swift", "class TextDecoder", "let mask = tokens.dim(1)" },
	{ "kv-cache-concat", "Decoder.swift", "class TokenMixer", "let padded = concatenated" },
	{ "vectorize-loop", "Encoder.swift", "class AudioEncoder", "x = layer(x)" },
	{ "vectorize-loop", "Decoder.swift", "class TextDecoder", "let (y, cache) = layer" },
	{ "vectorize-loop", "Transcriber.swift", "func transcribe", "level = 0.3 * level" },
	{ "vectorize-loop", "Transcriber.swift", "func transcribe", "memories.append" },
	{ "vectorize-loop", "Audio.swift", "func hannWindow", "window[i] =" },
	{ "vectorize-loop", "Audio.swift", "struct MelFrontEnd", "frames.append" },
	{ "async-eval", "Transcriber.swift", "func transcribe", "let language = argMax" },
	{ "async-eval", "Transcriber.swift", "func transcribe", "level = 0.3 * level" },
	{ "async-eval", "Audio.swift", "func level", "return (magnitude[0]" },
	{ "rfft", "Audio.swift", "func level", "let magnitude" },
	{ "fast-layer-norm", "Audio.swift", "struct MelFrontEnd", "bands.append" },
	{ "weight-remap", "Model.swift", "func sanitize", "value.transposed" },
	{ "kv-cache-missing", "Transcriber.swift", "func generate", "model.decoder(inputs" },
	{ "sdpa-gqa", "Decoder.swift", "class CrossAttention", "let k = splitHeads" },
	{ "reference-divergence", "Layers.swift", "class WhinchatLayerNorm", "eps: Float = 1e-5" },
};

typedef struct Demo {
	Catalogue catalogue;
	Scan scan;
} Demo;

static int scan_demo(void **state) {
	static const char *const swift[] = { "sessions/demo/swift" }, *const mlx[] = { "sessions/demo/mlx" },
	                         *const torch[] = { "sessions/demo/torch" };
	Demo *demo = calloc(1, sizeof *demo);
	Err err;
	ScanOptions options = { .min_confidence = CONFIDENCE_MEDIUM };
	if (!demo) return -1;
	options.sides[SIDE_SWIFT] = (SourceOptions) { .paths = swift, .n_paths = 1 };
	options.sides[SIDE_MLX] = (SourceOptions) { .paths = mlx, .n_paths = 1 };
	options.sides[SIDE_TORCH] = (SourceOptions) { .paths = torch, .n_paths = 1 };
	*state = demo;
	if (catalogue_load(NULL, 0, &demo->catalogue, &err) && scan_run(&options, &demo->catalogue, &demo->scan, &err))
		return 0;
	fprintf(stderr, "%s\n", err.text);
	return -1;
}

static int drop_demo(void **state) {
	Demo *demo = *state;
	scan_done(&demo->scan);
	catalogue_done(&demo->catalogue);
	free(demo);
	return 0;
}

static uint32_t line_of(const Demo *demo, const Where *where) {
	const Source *source = &demo->scan.sides[SIDE_SWIFT].source;
	for (size_t i = 0; i < source->n_files; i++) {
		const SourceFile *file = &source->files[i];
		if (!str_ends(str_of(file->name), where->file)) continue;
		size_t after = str_find(file->text, where->after, 0);
		size_t at = after == SIZE_MAX ? SIZE_MAX : str_find(file->text, where->text, after);
		if (at == SIZE_MAX) break;
		return source_pos(file, (uint32_t)at).line;
	}
	fail_msg("the demo holds no '%s' below '%s' in %s", where->text, where->after, where->file);
	return 0;
}

static const Candidate *at_place(const Demo *demo, const Where *where) {
	uint32_t line = line_of(demo, where);
	for (size_t i = 0; i < demo->scan.n_candidates; i++) {
		const Candidate *c = &demo->scan.candidates[i];
		if (str_is(c->technique, where->technique) && str_ends(str_of(c->place.path), where->file) &&
		    c->place.start.line <= line && line <= c->place.end.line)
			return c;
	}
	return NULL;
}

static void test_intended_places_are_found(void **state) {
	const Demo *demo = *state;
	for (size_t i = 0; i < BASE_COUNT(INTENDED); i++) {
		const Where *where = &INTENDED[i];
		if (!at_place(demo, where))
			fail_msg("%s isn't found at '%s' in %s", where->technique, where->text, where->file);
	}
}

static void test_look_alikes_stay_silent(void **state) {
	const Demo *demo = *state;
	for (size_t i = 0; i < BASE_COUNT(LOOK_ALIKE); i++) {
		const Where *where = &LOOK_ALIKE[i];
		const Candidate *c = at_place(demo, where);
		if (c) fail_msg("%s is said of '%s': %.*s", where->technique, where->text, STR_ARG(c->message));
	}
}

static bool is_first(Str technique) {
	for (size_t i = 0; i < BASE_COUNT(FIRST); i++) {
		if (str_is(technique, FIRST[i])) return true;
	}
	return false;
}

/* Each finding of the first techniques is an intended one. */
static void test_nothing_else_is_said(void **state) {
	const Demo *demo = *state;
	size_t n = 0;
	for (size_t i = 0; i < demo->scan.n_candidates; i++) n += is_first(demo->scan.candidates[i].technique);
	assert_int_equal(n, BASE_COUNT(INTENDED));
}

/* Where both references do it already, a candidate says so. */
static void test_references_speak(void **state) {
	const Demo *demo = *state;
	const Candidate *c = at_place(demo, &INTENDED[0]);
	size_t supports = 0;
	assert_non_null(c);
	for (size_t i = 0; i < c->n_evidence; i++) supports += c->evidence[i].supports;
	assert_true(supports >= 2);
	assert_int_equal(c->confidence, CONFIDENCE_HIGH);
}

static void print_candidates(const Demo *demo, Buf *out) {
	for (size_t i = 0; i < demo->scan.n_candidates; i++) {
		const Candidate *c = &demo->scan.candidates[i];
		if (!is_first(c->technique)) continue;
		const char *name = strrchr(c->place.path, '/');
		buf_printf(out, "%.*s %s %s:%u-%u %.*s, %s: %.*s\n", STR_ARG(c->technique), confidence_name(c->confidence),
		    name ? name + 1 : c->place.path, c->place.start.line, c->place.end.line, STR_ARG(c->place.component),
		    frequency_words(c->frequency), STR_ARG(c->message));
	}
}

static void keep_for_accept(Str text) {
	const char *folder = getenv("TRIPTYCH_GOLDEN_OUT");
	char path[1024];
	if (!folder) return;
	mkdir(folder, 0777);
	snprintf(path, sizeof path, "%s/demo-candidates.txt", folder);
	FILE *file = fopen(path, "wb");
	if (!file) return;
	fwrite(text.ptr, 1, text.len, file);
	fclose(file);
}

static void test_candidates_are_those_of_the_golden(void **state) {
	Buf have = { 0 };
	char golden[16384];
	print_candidates(*state, &have);
	FILE *file = fopen("tests/golden/demo-candidates.txt", "rb");
	size_t n = file ? fread(golden, 1, sizeof golden, file) : 0;
	if (file) fclose(file);
	if (n != have.len || memcmp(golden, have.ptr, n) != 0) {
		keep_for_accept(buf_view(&have));
		fail_msg("the candidates differ from tests/golden/demo-candidates.txt:\n%.*s", STR_ARG(buf_view(&have)));
	}
	buf_done(&have);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_intended_places_are_found),
		cmocka_unit_test(test_look_alikes_stay_silent),
		cmocka_unit_test(test_nothing_else_is_said),
		cmocka_unit_test(test_references_speak),
		cmocka_unit_test(test_candidates_are_those_of_the_golden),
	};
	return cmocka_run_group_tests(tests, scan_demo, drop_demo);
}
