#include "core/posix.h"

#include "core/technique.h"

#include "core/data.h"
#include "core/markdown.h"
#include "core/match.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

typedef struct CardReader {
	const char *path;
	Arena *arena;
	Technique *out;
	Err *err;
	uint32_t line; /* of the front matter line being read */
	uint32_t detector_line;
} CardReader;

static bool card_error(CardReader *r, uint32_t line, uint32_t column, const char *reason, Str about) {
	if (!about.len) return err_set(r->err, "%s:%u:%u: %s", r->path, line, column, reason);
	return err_set(r->err, "%s:%u:%u: %s '%.*s'", r->path, line, column, reason, STR_ARG(about));
}

/* ---- front matter ---- */

static bool read_number(CardReader *r, Str value, double low, double high, double *out) {
	char text[32] = "";
	if (value.len < sizeof text) memcpy(text, value.ptr, value.len);
	char *end;
	double number = strtod(text, &end);
	if (!text[0] || *end || number < low || number > high)
		return card_error(r, r->line, 1, "number out of its range:", value);
	*out = number;
	return true;
}

static Str *read_list(CardReader *r, Str value, size_t *n) {
	VEC(Str) list = { 0 };
	Str part;
	while (value.len && str_split(&value, ',', &part)) {
		if (str_trim(part).len) VEC_PUSH(list) = str_trim(part);
	}
	*n = list.n;
	return VEC_TO_ARENA(list, r->arena);
}

static bool read_ops(CardReader *r, Str value) {
	size_t n;
	Str *names = read_list(r, value, &n);
	r->out->instead_ops = ARENA_ARRAY(r->arena, OpId, n + 1);
	for (size_t i = 0; i < n; i++) {
		OpId op = op_find(names[i]);
		if (!op) return card_error(r, r->line, 1, "unknown operation", names[i]);
		r->out->instead_ops[r->out->n_instead_ops++] = op;
	}
	return true;
}

static bool read_member(CardReader *r, Str key, Str value) {
	Technique *t = r->out;
	if (str_is(key, "id"))
		t->id = value;
	else if (str_is(key, "title"))
		t->title = value;
	else if (str_is(key, "family"))
		t->family = value;
	else if (str_is(key, "message"))
		t->message = value;
	else if (str_is(key, "since"))
		t->since = value;
	else if (str_is(key, "api"))
		t->api = value;
	else if (str_is(key, "detector"))
		t->detector = value, r->detector_line = r->line;
	else if (str_is(key, "once"))
		t->once_a_loop = str_is(value, "loop");
	else if (str_is(key, "told"))
		t->told_in_callee = str_is(value, "callee");
	else if (str_is(key, "needs"))
		t->needs = read_list(r, value, &t->n_needs);
	else if (str_is(key, "conflicts"))
		t->conflicts = read_list(r, value, &t->n_conflicts);
	else if (str_is(key, "yields-to"))
		t->yields_to = read_list(r, value, &t->n_yields);
	else if (str_is(key, "reference"))
		return read_ops(r, value);
	else if (str_is(key, "gain"))
		return read_number(r, value, 0, 5, &t->axis[AXIS_GAIN]);
	else if (str_is(key, "accuracy"))
		return read_number(r, value, 0, 5, &t->axis[AXIS_ACCURACY]);
	else if (str_is(key, "clarity"))
		return read_number(r, value, -2, 2, &t->axis[AXIS_CLARITY]);
	else if (str_is(key, "effort"))
		return read_number(r, value, 0, 5, &t->axis[AXIS_EFFORT]);
	else if (str_is(key, "confidence")) {
		if (!confidence_of(value, &t->base))
			return card_error(r, r->line, 1, "confidence is high, medium or low, not", value);
	} else
		return card_error(r, r->line, 1, "unknown key", key);
	return true;
}

/* "key: value   # remark" lines between two lines of ---; *body gets what follows, *body_line its line. */
static bool read_front_matter(CardReader *r, Str text, Str *body, uint32_t *body_line) {
	Str rest = text, line;
	r->line = 1;
	if (!str_split(&rest, '\n', &line) || !str_is(str_trim(line), "---")) {
		return card_error(r, 1, 1, "a card begins with a line '---'", STR_NONE);
	}
	while (str_split(&rest, '\n', &line)) {
		r->line++;
		if (str_is(str_trim(line), "---")) {
			*body = rest.ptr ? rest : STR("");
			*body_line = r->line + 1;
			return true;
		}
		size_t remark = str_find(line, " #", 0), colon = str_find(line, ":", 0);
		if (!str_trim(line).len) continue;
		if (colon == SIZE_MAX) return card_error(r, r->line, 1, "expected 'key: value'", STR_NONE);
		bool has_remark = remark != SIZE_MAX && remark > colon;
		Str key = str_trim(str_sub(line, 0, colon)),
		    value = str_trim(str_sub(line, colon + 1, has_remark ? remark : line.len));
		if (!read_member(r, key, value)) return false;
	}
	return card_error(r, r->line, 1, "the front matter is not ended by a line '---'", STR_NONE);
}

static bool check_member(CardReader *r) {
	const Technique *t = r->out;
	if (!t->id.len) return card_error(r, 1, 1, "the front matter has no id", STR_NONE);
	for (size_t i = 0; i < t->id.len; i++) {
		char c = t->id.ptr[i];
		if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-')) {
			return card_error(r, 1, 1, "an id is made of a-z, 0-9 and '-', not", t->id);
		}
	}
	if (t->id.len > 40) return card_error(r, 1, 1, "an id has at most 40 characters:", t->id);
	if (!t->title.len) return card_error(r, 1, 1, "the front matter has no title", STR_NONE);
	if (t->detector.len && !detector_find(t->detector))
		return card_error(r, r->detector_line, 1, "no such detector:", t->detector);
	return true;
}

/* ---- sections ---- */

typedef struct BlockList {
	VEC(TechniqueBlock) blocks;
} BlockList;

static void read_blocks(
    const Markdown *md, const MarkdownSection *section, uint32_t offset, const char *info, BlockList *list) {
	Str reference = STR_NONE;
	for (uint32_t i = section->from; i && i < section->to; i = md->nodes[i].next) {
		const MarkdownNode *node = &md->nodes[i];
		if (node->kind != MARKDOWN_CODE_BLOCK) continue;
		if (str_is(str_trim(node->info), "python")) reference = node->text;
		if (!str_is(str_trim(node->info), info)) continue;
		VEC_PUSH(list->blocks) = (TechniqueBlock) { node->text, node->text_line + offset, reference };
		reference = STR_NONE;
	}
}

static TechniqueBlock *take_blocks(
    const Markdown *md, const MarkdownSection *s, uint32_t offset, Arena *arena, size_t *n) {
	BlockList list = { 0 };
	read_blocks(md, s, offset, "swift", &list);
	*n = list.blocks.n;
	return VEC_TO_ARENA(list.blocks, arena);
}

static bool read_patterns(CardReader *r, const Markdown *md, const MarkdownSection *s, uint32_t offset) {
	BlockList list = { 0 };
	VEC(Pattern *) patterns = { 0 };
	read_blocks(md, s, offset, "flow", &list);
	bool ok = true;
	for (size_t i = 0; i < list.blocks.n && ok; i++) {
		Err inner;
		Pattern *pattern = pattern_parse(list.blocks.at[i].text, list.blocks.at[i].line, r->arena, &inner);
		if (pattern)
			VEC_PUSH(patterns) = pattern;
		else
			ok = err_set(r->err, "%s:%s", r->path, inner.text);
	}
	/* `detector: name` may stand in the section, too. */
	size_t at = str_find(s->source, "detector:", 0);
	if (ok && !r->out->detector.len && at != SIZE_MAX) {
		Str rest = str_sub(s->source, at + 9, s->source.len), name;
		str_split(&rest, '\n', &name);
		r->out->detector = str_trim(name);
		r->detector_line = s->line + offset;
		while (r->out->detector.len && strchr("`.", r->out->detector.ptr[r->out->detector.len - 1]))
			r->out->detector.len--;
	}
	VEC_FREE(list.blocks);
	r->out->n_patterns = patterns.n;
	r->out->patterns = VEC_TO_ARENA(patterns, r->arena);
	return ok;
}

static bool title_is(Str title, const char *want) {
	return str_starts(title, want) && (title.len == strlen(want) || title.ptr[strlen(want)] == ' ');
}

static bool read_section(CardReader *r, const Markdown *md, const MarkdownSection *s, uint32_t offset) {
	Technique *t = r->out;
	Str text = str_trim(s->source);
	if (!s->title.len)
		t->description = text;
	else if (title_is(s->title, "Trade-off"))
		t->tradeoff = text;
	else if (title_is(s->title, "When not"))
		t->when_not = text;
	else if (title_is(s->title, "Check"))
		t->check = text;
	else if (title_is(s->title, "Measured"))
		t->measured = text;
	else if (title_is(s->title, "Detect"))
		return read_patterns(r, md, s, offset);
	else if (title_is(s->title, "Flagged"))
		t->flagged = take_blocks(md, s, offset, r->arena, &t->n_flagged);
	else if (title_is(s->title, "Not flagged"))
		t->not_flagged = take_blocks(md, s, offset, r->arena, &t->n_not_flagged);
	else if (title_is(s->title, "Instead")) {
		t->instead_text = text;
		t->instead = take_blocks(md, s, offset, r->arena, &t->n_instead);
	} else
		return card_error(r, s->line + offset, 1, "unknown section", s->title);
	return true;
}

bool technique_parse(const char *path, Str text, Arena *arena, Technique *out, Err *err) {
	ops_load();
	*out = (Technique) { .base = CONFIDENCE_HIGH };
	CardReader r = { .path = path, .arena = arena, .out = out, .err = err };
	Str copy = arena_str(arena, text), body;
	uint32_t body_line = 1;
	out->path = arena_str(arena, str_of(path));
	out->version = hash_str(HASH_SEED, text);
	if (!read_front_matter(&r, copy, &body, &body_line)) return false;
	Markdown md;
	markdown_parse(body, arena, &md);
	size_t n;
	MarkdownSection *sections = markdown_sections(&md, body, 2, arena, &n);
	for (size_t i = 0; i < n; i++) {
		if (!read_section(&r, &md, &sections[i], body_line - 1)) return false;
	}
	if (!check_member(&r)) return false;
	if (!out->n_patterns && !out->detector.len)
		return card_error(&r, body_line, 1, "the card has no ```flow block and no detector", STR_NONE);
	return true;
}

/* ---- catalogue ---- */

typedef struct CardList {
	VEC(Technique) cards;
	VEC(Str) problems;
} CardList;

static void add_card(CardList *list, const Technique *card) {
	for (size_t i = 0; i < list->cards.n; i++) {
		if (!str_eq(list->cards.at[i].id, card->id)) continue;
		list->cards.at[i] = *card;
		return;
	}
	VEC_PUSH(list->cards) = *card;
}

/* One bad card must not stop what the others can do. */
static void take_card(const char *path, Str text, CardList *list, Arena *arena) {
	Technique card;
	Err err = { { 0 } };
	if (technique_parse(path, text, arena, &card, &err))
		add_card(list, &card);
	else
		VEC_PUSH(list->problems) = arena_str(arena, str_of(err.text));
}

static void load_file(const char *path, CardList *list, Arena *arena) {
	char *text;
	size_t len;
	Err err = { { 0 } };
	if (!base_file_read(path, 1 << 20, &text, &len, &err)) {
		VEC_PUSH(list->problems) = arena_str(arena, str_of(err.text));
		return;
	}
	take_card(arena_strdup(arena, str_of(path)), (Str) { text, len }, list, arena);
	free(text);
}

static int by_text(const void *a, const void *b) { return strcmp(*(char *const *)a, *(char *const *)b); }

static bool load_folder(const char *folder, CardList *list, Arena *arena, Err *err) {
	DIR *dir = opendir(folder);
	if (!dir) {
		bool absent = errno == ENOENT || errno == ENOTDIR;
		return absent || err_set(err, "cannot open '%s': %s", folder, strerror(errno));
	}
	VEC(char *) names = { 0 };
	for (struct dirent *entry; (entry = readdir(dir));) {
		if (str_ends(str_of(entry->d_name), ".md") && entry->d_name[0] != '.')
			VEC_PUSH(names) = base_path_join(folder, entry->d_name);
	}
	closedir(dir);
	if (names.n) qsort(names.at, names.n, sizeof *names.at, by_text);
	for (size_t i = 0; i < names.n; i++) {
		load_file(names.at[i], list, arena);
		free(names.at[i]);
	}
	VEC_FREE(names);
	return true;
}

static const char *const FAMILIES[] = { "MLX built-ins", "Vectorization", "Pre-computation", "KV cache",
	"Memory management", "Computation graph control", "Zero-copy", "Audio on GPU", "Audio on CPU", "Algorithms",
	"Clean-up" };

static size_t family_rank(Str family) {
	size_t i = 0;
	while (i < BASE_COUNT(FAMILIES) && !str_is(family, FAMILIES[i])) i++;
	return i;
}

static int by_family(const void *a, const void *b) {
	const Technique *x = a, *y = b;
	size_t fx = family_rank(x->family), fy = family_rank(y->family);
	if (fx != fy) return fx < fy ? -1 : 1;
	int family = str_cmp(x->family, y->family);
	return family ? family : str_cmp(x->id, y->id);
}

bool catalogue_load(const char *const *folders, size_t n_folders, Catalogue *out, Err *err) {
	*out = (Catalogue) { 0 };
	CardList list = { 0 };
	size_t n;
	const DataFile *files = data_list("core/techniques/", &n);
	bool ok = true;
	for (size_t i = 0; i < n; i++) take_card(files[i].path, files[i].text, &list, &out->arena);
	for (size_t i = 0; i < n_folders && ok; i++) ok = load_folder(folders[i], &list, &out->arena, err);
	if (ok && list.cards.n) qsort(list.cards.at, list.cards.n, sizeof *list.cards.at, by_family);
	out->n = list.cards.n;
	out->techniques = VEC_TO_ARENA(list.cards, &out->arena);
	out->n_problems = list.problems.n;
	out->problems = VEC_TO_ARENA(list.problems, &out->arena);
	if (!ok) catalogue_done(out);
	return ok;
}

void catalogue_done(Catalogue *catalogue) {
	arena_done(&catalogue->arena);
	*catalogue = (Catalogue) { 0 };
}

const Technique *catalogue_find(const Catalogue *catalogue, Str id) {
	for (size_t i = 0; i < catalogue->n; i++) {
		if (str_eq(catalogue->techniques[i].id, id)) return &catalogue->techniques[i];
	}
	return NULL;
}
