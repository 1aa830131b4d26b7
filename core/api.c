/* The table of the API: read once, indexed by name. */
#include "core/posix.h"

#include "core/api.h"

#include "core/data.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

/* The symbols of one name follow each other by `next`. */
typedef struct ApiTable {
	ApiSymbol *symbols;
	uint32_t *next; /* index of the next symbol of the same name + 1; 0 ends */
	size_t n;
	Map by_name; /* index of the first symbol + 1 */
	Arena arena;
} ApiTable;

/* Written once under the lock of pthread_once, read-only afterwards. */
static pthread_once_t api_once = PTHREAD_ONCE_INIT;
static ApiTable api_table;

/* ---- reading ---- */

static bool is_none(Str cell) { return str_is(cell, "-"); }

/* "_:weight:eps:stream?:" */
static void read_labels(Arena *arena, Str text, ApiSymbol *symbol) {
	size_t n = 0;
	for (size_t i = 0; i < text.len; i++)
		if (text.ptr[i] == ':') n++;
	ApiLabel *labels = ARENA_ARRAY(arena, ApiLabel, n ? n : 1);
	Str part;
	symbol->labels = labels;
	while (symbol->n_labels < n && str_split(&text, ':', &part)) {
		ApiLabel *label = &labels[symbol->n_labels++];
		label->is_optional = str_ends(part, "?");
		label->is_list = str_ends(part, "...");
		label->name = str_sub(part, 0, part.len - (label->is_list ? 3 : label->is_optional ? 1 : 0));
	}
}

/* Owner, name and labels of a symbol as the table and the cards write it. */
static void read_symbol(Arena *arena, Str text, ApiSymbol *symbol) {
	symbol->symbol = text;
	symbol->is_import = str_starts(text, "import ");
	if (symbol->is_import) text = str_trim(str_sub(text, 7, text.len));
	size_t open = str_find(text, "(", 0), dot = SIZE_MAX;
	symbol->is_call = open != SIZE_MAX && str_ends(text, ")");
	Str head = str_sub(text, 0, open == SIZE_MAX ? text.len : open);
	for (size_t i = 0; i < head.len; i++)
		if (head.ptr[i] == '.') dot = i;
	symbol->owner = dot == SIZE_MAX ? STR_NONE : str_sub(head, 0, dot);
	symbol->name = dot == SIZE_MAX ? head : str_sub(head, dot + 1, head.len);
	if (symbol->is_call) read_labels(arena, str_sub(text, open + 1, text.len - 1), symbol);
}

static bool read_version(Str cell, ApiVersion *version) {
	*version = API_NEVER;
	return is_none(cell) || api_version_parse(cell, version);
}

static bool read_line(Arena *arena, Str line, ApiSymbol *symbol) {
	Str cells[8], cell;
	size_t n = 0;
	while (str_split(&line, '\t', &cell)) {
		if (n == BASE_COUNT(cells)) return false;
		cells[n++] = cell;
	}
	if (n != BASE_COUNT(cells)) return false;
	read_symbol(arena, cells[0], symbol);
	symbol->package = str_is(cells[1], "mlx-swift-lm") ? API_MLX_SWIFT_LM : API_MLX_SWIFT;
	symbol->module = cells[2];
	symbol->replacement = is_none(cells[6]) ? STR_NONE : cells[6];
	symbol->later = is_none(cells[7]) ? STR_NONE : cells[7];
	return symbol->name.len && read_version(cells[3], &symbol->since) && read_version(cells[4], &symbol->removed) &&
	       read_version(cells[5], &symbol->deprecated);
}

static void build_index(ApiTable *table) {
	table->next = ARENA_ARRAY(&table->arena, uint32_t, table->n);
	for (size_t i = table->n; i-- > 0;) {
		const uintptr_t *first = map_get(&table->by_name, table->symbols[i].name);
		table->next[i] = first ? (uint32_t)*first : 0;
		map_put(&table->by_name, table->symbols[i].name, i + 1);
	}
}

static void load(void) {
	Str text, line;
	VEC(ApiSymbol) symbols = { 0 };
	unsigned number = 0;
	if (!data_get("core/mlx_api.tsv", &text)) base_fatal("core/mlx_api.tsv isn't embedded");
	while (str_split(&text, '\n', &line)) {
		number++;
		if (!line.len || str_starts(line, "#")) continue;
		ApiSymbol *symbol = &VEC_PUSH(symbols);
		if (!read_line(&api_table.arena, line, symbol)) base_fatal("core/mlx_api.tsv:%u: malformed line", number);
	}
	api_table.n = symbols.n;
	api_table.symbols = VEC_TO_ARENA(symbols, &api_table.arena);
	build_index(&api_table);
}

void api_load(void) { pthread_once(&api_once, load); }

const ApiSymbol *api_list(size_t *n) {
	*n = api_table.n;
	return api_table.symbols;
}

/* ---- looking up ---- */

static bool label_fits(const ApiLabel *label, Str written) {
	return str_is(label->name, "_") ? !written.len : str_eq(label->name, written);
}

/* Whether the arguments as written can be a call of the symbol: in order, with nothing missing that has no default. A
 * trailing closure goes without its label. */
static bool labels_fit(const ApiSymbol *symbol, const ApiUse *use) {
	size_t at = 0;
	for (size_t i = 0; i < use->n_args; i++) {
		Str written = use->labels[i];
		if (i && at && symbol->labels[at - 1].is_list && !written.len) continue;
		while (at < symbol->n_labels && !label_fits(&symbol->labels[at], written)) {
			bool is_trailing = !written.len && i + 1 == use->n_args && at + 1 == symbol->n_labels;
			if (is_trailing) break;
			const ApiLabel *skipped = &symbol->labels[at];
			if (!skipped->is_optional && !skipped->is_list) return false;
			at++;
		}
		if (at == symbol->n_labels) return false;
		at++;
	}
	for (; at < symbol->n_labels; at++)
		if (!symbol->labels[at].is_optional && !symbol->labels[at].is_list) return false;
	return true;
}

/* `MLXFast.rmsNorm` was a function of a module once and is one of an enum now; `MLX.eval` names the module. */
static bool owner_fits(const ApiSymbol *symbol, const ApiUse *use) {
	Str owner = use->owner;
	if (use->any_owner) return symbol->owner.len > 0;
	if (str_starts(owner, "MLX.")) owner = str_sub(owner, 4, owner.len);
	if (str_eq(symbol->owner, owner)) return true;
	return !symbol->owner.len && str_eq(symbol->module, owner);
}

static bool symbol_fits(const ApiSymbol *symbol, const ApiUse *use) {
	if (symbol->is_import || !owner_fits(symbol, use)) return false;
	if (use->is_name_only) return true;
	if (symbol->is_call != use->is_call) return false;
	return !use->is_call || labels_fit(symbol, use);
}

static bool is_newer(const ApiSymbol *a, const ApiSymbol *b) {
	bool a_lives = !api_version_is_known(a->removed), b_lives = !api_version_is_known(b->removed);
	if (a_lives != b_lives) return a_lives;
	bool a_old = api_version_is_known(a->deprecated), b_old = api_version_is_known(b->deprecated);
	if (a_old != b_old) return b_old;
	return api_version_cmp(a->since, b->since) > 0;
}

/* Adds what one more form says; `all` is whether every living form so far is deprecated. */
static void answer_add(ApiAnswer *answer, const ApiSymbol *symbol, bool *any_lives, bool *all_deprecated) {
	bool lives = !api_version_is_known(symbol->removed), is_old = api_version_is_known(symbol->deprecated);
	if (!answer->symbol || api_version_cmp(symbol->since, answer->since) < 0) answer->since = symbol->since;
	if (!answer->symbol || is_newer(symbol, answer->symbol)) answer->symbol = symbol;
	if (!lives) {
		if (api_version_cmp(symbol->removed, answer->removed) > 0) answer->removed = symbol->removed;
		return;
	}
	*any_lives = true;
	*all_deprecated &= is_old;
	if (is_old && api_version_cmp(symbol->deprecated, answer->deprecated) > 0) {
		answer->deprecated = symbol->deprecated;
		answer->replacement = symbol->replacement;
	}
}

static bool find(const ApiUse *use, bool is_import, ApiAnswer *answer) {
	bool any_lives = false, all_deprecated = true;
	*answer = (ApiAnswer) { .since = API_NEVER, .removed = API_NEVER, .deprecated = API_NEVER };
	const uintptr_t *first = map_get(&api_table.by_name, use->name);
	for (size_t i = first ? *first : 0; i; i = api_table.next[i - 1]) {
		const ApiSymbol *symbol = &api_table.symbols[i - 1];
		if (is_import ? symbol->is_import : symbol_fits(symbol, use))
			answer_add(answer, symbol, &any_lives, &all_deprecated);
	}
	if (!answer->symbol) return false;
	answer->package = answer->symbol->package;
	if (any_lives) answer->removed = API_NEVER;
	if (!any_lives || !all_deprecated) {
		answer->deprecated = API_NEVER;
		answer->replacement = STR_NONE;
	}
	return true;
}

bool api_find(const ApiUse *use, ApiAnswer *answer) { return find(use, false, answer); }

bool api_find_text(Str text, ApiAnswer *answer) {
	Arena arena = { 0 };
	ApiSymbol written = { 0 };
	Str labels[32];
	read_symbol(&arena, str_trim(text), &written);
	ApiUse use = { .owner = written.owner, .name = written.name, .is_call = written.is_call, .labels = labels };
	use.any_owner = str_starts(str_trim(text), ".");
	use.is_name_only = !written.is_call;
	for (size_t i = 0; i < written.n_labels && i < BASE_COUNT(labels); i++) {
		bool is_named = !str_is(written.labels[i].name, "_");
		labels[use.n_args++] = is_named ? written.labels[i].name : STR_NONE;
	}
	bool is_found = find(&use, written.is_import, answer);
	arena_done(&arena);
	return is_found;
}

bool api_available(const ApiAnswer *answer, ApiVersion version) {
	bool is_tagged = api_version_cmp(answer->since, API_UNTAGGED) < 0;
	if (!api_version_is_known(version)) return is_tagged && !api_version_is_known(answer->removed);
	if (api_version_cmp(answer->since, version) > 0) return false;
	return !api_version_is_known(answer->removed) || api_version_cmp(answer->removed, version) > 0;
}

bool api_is_deprecated(const ApiAnswer *answer, ApiVersion version) {
	if (!api_version_is_known(answer->deprecated)) return false;
	return !api_version_is_known(version) || api_version_cmp(answer->deprecated, version) <= 0;
}

ApiVersion api_since_type(const ApiSymbol *symbol, const char *label, const char *type) {
	Str rest = symbol->later, part;
	while (rest.len && str_split(&rest, ' ', &part)) {
		size_t colon = str_find(part, ":", 0), at = str_find(part, "@", 0);
		ApiVersion version;
		if (colon == SIZE_MAX || at == SIZE_MAX || at < colon) continue;
		if (!str_is(str_sub(part, 0, colon), label) || !str_is(str_sub(part, colon + 1, at), type)) continue;
		if (api_version_parse(str_sub(part, at + 1, part.len), &version)) return version;
	}
	return symbol->since;
}
