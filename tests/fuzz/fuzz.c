/* Feeds one reader damaged input until the time is up: `make fuzz`, under ASan and UBSan.
 *
 *     fuzz TARGET SECONDS SEED FOLDER FILE...
 *
 * FILEs are good inputs, damaged anew each turn: bytes changed, ranges cut, doubled or moved, parts of another file or a word of
 * the formats put in, the end torn off. What is about to be read stands in FOLDER/TARGET.input, so that a crash leaves its cause
 * there; an input that takes longer than TURN_SECONDS ends the run by SIGALRM. Input is random but for its SEED. */
#include "core/posix.h"

#include "core/json.h"
#include "core/markdown.h"
#include "core/scan_parts.h"
#include "core/utf8.h"
#include "prompts/config.h"
#include "prompts/draft.h"
#include "prompts/provider.h"
#include "sessions/export.h"
#include "sessions/init.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { TURN_SECONDS = 30, MOST_BYTES = 24 << 10 };

typedef struct Fuzz {
	uint64_t random;
	Catalogue catalogue;
	const char *folder;
	char input[1024]; /* the file that holds what is being read */
} Fuzz;

static uint64_t roll(Fuzz *f, uint64_t below) { /* xorshift64*, Vigna 2016 */
	f->random ^= f->random >> 12;
	f->random ^= f->random << 25;
	f->random ^= f->random >> 27;
	uint64_t value = f->random * UINT64_C(2685821657736338717);
	return below ? (value >> 11) % below : 0;
}

/* ---- targets ---- */

static void fuzz_port(Fuzz *f, Str text) {
	Scan scan = { 0 };
	ScanOptions options = { .min_confidence = CONFIDENCE_LOW };
	source_of_text(SIDE_SWIFT, "Fuzz.swift", text, &scan.sides[SIDE_SWIFT].source);
	scan_analyse(&scan.sides[SIDE_SWIFT], SIDE_SWIFT, 1, NULL, &scan.arena);
	scan_find(&options, &f->catalogue, &scan);
	scan_done(&scan);
}

static void fuzz_reference(Fuzz *f, Str text) {
	Scan scan = { 0 };
	AlignSide sides[SIDE_COUNT] = { 0 };
	(void)f;
	for (Side side = SIDE_MLX; side <= SIDE_TORCH; side++) {
		source_of_text(side, "fuzz.py", text, &scan.sides[side].source);
		scan_analyse(&scan.sides[side], side, 1, NULL, &scan.arena);
		sides[side] = (AlignSide) { &scan.sides[side].outline, &scan.sides[side].program };
	}
	rows_build(sides, NULL, &scan.arena, &scan.rows);
	scan_done(&scan);
}

static void fuzz_card(Fuzz *f, Str text) {
	Technique technique = { 0 };
	Arena arena = { 0 };
	Err err;
	(void)f;
	technique_parse("fuzz.md", text, &arena, &technique, &err);
	arena_done(&arena);
}

static void fuzz_markdown(Fuzz *f, Str text) {
	Arena arena = { 0 };
	Markdown markdown;
	Buf html = { 0 };
	(void)f;
	markdown_parse(text, &arena, &markdown);
	markdown_html(text, &html);
	buf_done(&html);
	arena_done(&arena);
}

static void fuzz_import(Fuzz *f, Str text) {
	char path[1100];
	Err err;
	Arena arena = { 0 };
	ImportCounts counts;
	snprintf(path, sizeof path, "%s/import.db", f->folder);
	Store *store = store_open(path, true, &err);
	if (!store) base_fatal("%s", err.text);
	import_json(store, text, NULL, &arena, &counts, &err);
	store_close(store);
	arena_done(&arena);
}

static void fuzz_session_file(Fuzz *f, Str text) {
	Arena arena = { 0 };
	InitFile file;
	Err err;
	(void)text;
	init_read(f->input, f->folder, &arena, &file, &err);
	arena_done(&arena);
}

static bool take_event(void *user, const StreamEvent *event) {
	return reply_take(((void **)user)[0], ((void **)user)[1], event);
}

static void fuzz_stream(Fuzz *f, Str text) {
	Err err;
	for (size_t i = 0; provider_at(i); i++) {
		Profile profile = { 0 };
		Reply reply;
		Stream stream;
		profile.provider = provider_at(i);
		void *user[2] = { &reply, &profile };
		reply_init(&reply);
		stream_init(&stream, 1 << 16, take_event, user);
		for (size_t at = 0; at < text.len;) {
			size_t n = 1 + roll(f, 400);
			stream_feed(&stream, str_sub(text, at, at + n), &err);
			at += n;
		}
		stream_end(&stream);
		reply_finish(&reply);
		stream_done(&stream);
		reply_done(&reply);
	}
}

static void fuzz_draft(Fuzz *f, Str text) {
	static const char file[] = "func one(_ x: MLXArray) -> MLXArray {\n    let y = softmax(x)\n    return y * 2\n}\n\n"
	                           "func two() -> Int {\n    return 2\n}\n";
	DraftPlace place = {
		.file = STR(file), .span_start = 41, .span_end = 62, .component_start = 0, .component_end = 81
	};
	Draft draft;
	Err err;
	(void)f;
	if (draft_read(text, &place, &draft, &err)) draft_done(&draft);
}

static const struct {
	const char *name;
	void (*run)(Fuzz *f, Str text);
} targets[] = {
	{ "port", fuzz_port },
	{ "reference", fuzz_reference },
	{ "card", fuzz_card },
	{ "markdown", fuzz_markdown },
	{ "import", fuzz_import },
	{ "session-file", fuzz_session_file },
	{ "stream", fuzz_stream },
	{ "draft", fuzz_draft },
};

/* ---- damage ---- */

static void put_word(Fuzz *f, Buf *out) {
	static const char *const words[] = { "{", "}", "(", ")", "[", "]", "\"", "\"\"\"", "'''", "```", "---", "\n",
		"\r\n", "\t", "\0", "#if", "#endif", "#else", "func ", "class ", "def ", "lambda: ", "in ", "for ", "while ",
		"return ", "self.", "async ", "->", "=>", "...", "..<", "??", "?.", "!", "&", "@", "\\(", "//", "/*", "*/", "#",
		"0x", "1e999", "-1", "18446744073709551616", "null", "true", "data: ", "event: error\n", "\xff", "\xc3",
		"\xf0\x9f\x98\x80", "\xe2\x80\xae", "\x1b[31m", "\xef\xbb\xbf", "@@ -1,3 +1,3 @@\n", "<<<<<<< SEARCH\n",
		"=======\n", ">>>>>>> REPLACE\n", "where ", "unless ", "?x", "~", "^", "loop(" };
	const char *word = words[roll(f, BASE_COUNT(words))];
	size_t times = roll(f, 20) ? 1 : 1 + roll(f, 300);
	while (times-- > 0) buf_add(out, word, *word ? strlen(word) : 1);
}

static void damage_once(Fuzz *f, Str in, const Str *seeds, size_t n_seeds, Buf *out) {
	size_t a = roll(f, in.len + 1), b = a + roll(f, roll(f, 2) ? 8 : 400);
	if (b > in.len) b = in.len;
	Str other = seeds[roll(f, n_seeds)];
	size_t from = roll(f, other.len + 1);
	buf_str(out, str_sub(in, 0, a));
	switch (roll(f, 7)) {
	case 0: buf_str(out, str_sub(in, b, in.len)); break;                                  /* cut */
	case 1: buf_str(out, str_sub(in, a, b)), buf_str(out, str_sub(in, a, in.len)); break; /* doubled */
	case 2: put_word(f, out), buf_str(out, str_sub(in, a, in.len)); break;
	case 3: put_word(f, out), buf_str(out, str_sub(in, b, in.len)); break;
	case 4: buf_str(out, str_sub(other, from, from + roll(f, 600))), buf_str(out, str_sub(in, b, in.len)); break;
	case 5: buf_putc(out, (char)roll(f, 256)), buf_str(out, str_sub(in, a + 1, in.len)); break;
	default:
		if (roll(f, 6)) buf_str(out, str_sub(in, a, in.len)); /* torn off, now and then */
	}
}

static Str damaged(Fuzz *f, const Str *seeds, size_t n_seeds, Buf *keep, Buf *spare) {
	Str seed = seeds[roll(f, n_seeds)];
	size_t from = seed.len > MOST_BYTES ? roll(f, seed.len - MOST_BYTES) : 0;
	buf_clear(keep);
	buf_str(keep, str_sub(seed, from, from + MOST_BYTES));
	for (uint64_t times = 1 + roll(f, 12); times > 0; times--) {
		buf_clear(spare);
		damage_once(f, buf_view(keep), seeds, n_seeds, spare);
		Buf swap = *keep;
		*keep = *spare;
		*spare = swap;
	}
	return buf_view(keep);
}

static void keep_input(const Fuzz *f, Str text) {
	FILE *out = fopen(f->input, "wb");
	if (!out || fwrite(text.ptr, 1, text.len, out) != text.len || fclose(out) != 0)
		base_fatal("cannot write '%s'", f->input);
}

static Str read_file(const char *path, Arena *arena) {
	Buf text = { 0 };
	FILE *in = fopen(path, "rb");
	if (!in) base_fatal("cannot open '%s'", path);
	char part[4096];
	for (size_t n; (n = fread(part, 1, sizeof part, in)) > 0;) buf_add(&text, part, n);
	fclose(in);
	Str kept = arena_str(arena, buf_view(&text));
	buf_done(&text);
	return kept;
}

int main(int argc, char **argv) {
	size_t target = 0;
	while (argc > 1 && target < BASE_COUNT(targets) && strcmp(targets[target].name, argv[1]) != 0) target++;
	if (argc < 6 || target == BASE_COUNT(targets)) {
		fprintf(stderr, "usage: fuzz TARGET SECONDS SEED FOLDER FILE...\n");
		return 2;
	}
	Fuzz f = { .random = strtoull(argv[3], NULL, 10) | 1, .folder = argv[4] };
	Arena arena = { 0 };
	Err err;
	VEC(Str) seeds = { 0 };
	Buf keep = { 0 }, spare = { 0 };
	snprintf(f.input, sizeof f.input, "%s/%s.input", argv[4], argv[1]);
	for (int i = 5; i < argc; i++) VEC_PUSH(seeds) = read_file(argv[i], &arena);
	if (!catalogue_load(NULL, 0, &f.catalogue, &err)) base_fatal("%s", err.text);
	time_t end = time(NULL) + strtol(argv[2], NULL, 10);
	uint64_t turns = 0;
	for (; time(NULL) < end; turns++) {
		Str text = damaged(&f, seeds.at, seeds.n, &keep, &spare);
		keep_input(&f, text);
		alarm(TURN_SECONDS);
		targets[target].run(&f, text);
		alarm(0);
	}
	printf("%-14s %8" PRIu64 " inputs\n", argv[1], turns);
	remove(f.input);
	VEC_FREE(seeds);
	buf_done(&keep);
	buf_done(&spare);
	catalogue_done(&f.catalogue);
	arena_done(&arena);
	return 0;
}
