/* Reads ops.tsv into an index of spellings. The format is told in core/ops.h. */
#include "core/posix.h"

#include "core/ops_table.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_PARAMS = 48 };

/* ---- names of modules ---- */

typedef struct Qualifier {
	const char *written, *space;
} Qualifier;

/* Modules whose functions are written without a qualifier in ops.tsv. Imports may leave them away or not. */
static const char *const swift_own[] = { "MLX", "MLXNN", "MLXFast", "MLXFFT", "MLXLinalg", "MLXRandom", "MLXArray",
	"MLX.MLXArray", "MLX.MLXFast", "MLX.MLXRandom", "MLX.MLXFFT", "MLX.MLXLinalg", "Swift", "Foundation", "Accelerate",
	"Darwin", "Glibc", "simd" };

static const Qualifier mlx_spaces[] = { { "mx", "" }, { "mlx.core", "" }, { "mlx", "" }, { "mx.fast", "" },
	{ "mlx.core.fast", "" }, { "fast", "" }, { "nn", "nn" }, { "mlx.nn", "nn" }, { "nn.losses", "" },
	{ "mlx.nn.losses", "" }, { "mx.array", "" }, { "mx.metal", "metal" }, { "mlx.core.metal", "metal" },
	{ "mx.fft", "fft" }, { "mlx.core.fft", "fft" }, { "mx.linalg", "linalg" }, { "mlx.core.linalg", "linalg" },
	{ "mx.random", "random" }, { "mlx.core.random", "random" }, { "nn.init", "init" }, { "mlx.nn.init", "init" },
	{ "mlx.utils", "utils" } };

static const Qualifier torch_spaces[] = { { "torch", "" }, { "torch.nn", "nn" }, { "nn", "nn" }, { "F", "" },
	{ "nn.functional", "" }, { "torch.nn.functional", "" }, { "functional", "" }, { "torch.functional", "" },
	{ "torch.special", "" }, { "torch.Tensor", "" }, { "Tensor", "" }, { "torch.nn.modules", "" },
	{ "torch.nn.attention", "" }, { "torch.fft", "fft" }, { "torch.linalg", "linalg" }, { "nn.init", "init" },
	{ "torch.nn.init", "init" }, { "torch.cuda", "cuda" }, { "torch.mps", "mps" }, { "torch.nn.utils", "utils" },
	{ "nn.utils", "utils" }, { "torch.nn.utils.rnn", "utils" }, { "nn.utils.rnn", "utils" },
	{ "torch.nn.utils.parametrizations", "utils" }, { "nn.utils.parametrizations", "utils" }, { "torch.autograd", "" },
	{ "torch._C._nn", "" } };

static const Qualifier python_spaces[] = { { "", "builtin" }, { "builtins", "builtin" }, { "numpy", "np" },
	{ "np", "np" }, { "numpy.fft", "np.fft" }, { "numpy.linalg", "np.linalg" }, { "numpy.random", "np.random" } };

static bool find_space(const Qualifier *table, size_t n, Str qualifier, Str *space) {
	for (size_t i = 0; i < n; i++) {
		if (!str_is(qualifier, table[i].written)) continue;
		*space = str_of(table[i].space);
		return true;
	}
	return false;
}

Str ops_namespace(Dialect dialect, CallForm form, Str qualifier) {
	Str space;
	if (form == CALL_OPERATOR || form == CALL_METHOD || (form == CALL_PROPERTY && !qualifier.len)) return STR_NONE;
	if (dialect == DIALECT_SWIFT) {
		for (size_t i = 0; i < BASE_COUNT(swift_own); i++)
			if (str_is(qualifier, swift_own[i])) return STR_NONE;
		return qualifier;
	}
	if (find_space(python_spaces, BASE_COUNT(python_spaces), qualifier, &space)) return space;
	bool is_found = dialect == DIALECT_MLX ? find_space(mlx_spaces, BASE_COUNT(mlx_spaces), qualifier, &space)
	                                       : find_space(torch_spaces, BASE_COUNT(torch_spaces), qualifier, &space);
	if (is_found) return space;
	return dialect == DIALECT_TORCH && str_starts(qualifier, "torch.") ? str_sub(qualifier, 6, qualifier.len)
	                                                                   : qualifier;
}

uint64_t ops_key(Dialect dialect, CallForm form, Str space, Str name) {
	uint64_t key = hash_u64(HASH_SEED, (uint64_t)dialect * 8 + (form == CALL_CONSTRUCTOR ? CALL_FUNCTION : form));
	return hash_str(hash_str(hash_u64(key, space.len), space), name);
}

uint32_t ops_bucket(const OpsTable *table, uint64_t key) { return table->buckets[key & (table->n_buckets - 1)]; }

/* ---- reading ---- */

typedef struct Reader {
	OpsTable *table;
	Arena *arena;
	uint32_t line;
	Err *err;
	VEC(OpInfo) ops;
	VEC(Spelling) spellings;
	/* the operation being read */
	OpInfo *op;
	size_t n_params; /* of its canonical form */
} Reader;

static bool fail(Reader *r, const char *what, Str text) {
	return err_set(r->err, "core/ops.tsv:%u: %s '%.*s'", (unsigned)r->line, what, STR_ARG(text));
}

static int canon_find(const Reader *r, Str name) {
	for (size_t i = 0; i < r->n_params; i++)
		if (str_is(name, r->op->params[i])) return (int)i;
	return -1;
}

static bool read_traits(Reader *r, Str text) {
	Str rest = text, name;
	if (str_is(text, "-")) return true;
	while (str_split(&rest, ',', &name)) {
		uint32_t bit = ops_trait_named(name);
		if (!bit || (r->op->traits & bit)) return fail(r, "not a trait, or twice:", name);
		r->op->traits |= bit;
	}
	return true;
}

static bool read_params(Reader *r, Str text) {
	size_t n_words = 1;
	for (size_t i = 0; i < text.len; i++)
		if (text.ptr[i] == ' ') n_words++;
	const char **params = ARENA_ARRAY(r->arena, const char *, n_words + 1);
	Str rest = text, name;
	bool is_operands = true;
	r->op->params = params;
	r->n_params = 0;
	if (str_is(text, "-")) return true;
	while (str_split(&rest, ' ', &name)) {
		bool is_operand = str_starts(name, ".");
		if (is_operand) name = str_sub(name, 1, name.len);
		if (!name.len || (is_operand && !is_operands)) return fail(r, "misplaced parameter", text);
		if (canon_find(r, name) >= 0) return fail(r, "parameter twice:", name);
		if (r->n_params == MAX_PARAMS) return fail(r, "too many parameters:", text);
		is_operands = is_operand;
		if (is_operand) r->op->n_operands++;
		params[r->n_params++] = arena_strdup(r->arena, name);
	}
	return true;
}

static bool is_word(char c) {
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

/* The canonical parameters that the spelling has given away so far. */
static uint64_t taken(const Spelling *s, const SpellingParam *params, size_t n) {
	uint64_t bits = s->receiver >= 0 ? UINT64_C(1) << s->receiver : 0;
	for (size_t i = 0; i < n; i++)
		if (params[i].canon >= 0) bits |= UINT64_C(1) << params[i].canon;
	return bits;
}

static bool set_canon(Reader *r, SpellingParam *p, Str written, Str canon, uint64_t used) {
	if (str_is(canon, "-")) return p->canon = -1, true;
	if (!canon.len && (p->label.len || p->is_rest)) canon = p->label;
	if (canon.len) {
		p->canon = (int8_t)canon_find(r, canon);
		if (p->canon < 0) return fail(r, "no canonical parameter for", written);
		if (!p->label.len && !p->is_rest && (used >> p->canon & 1))
			return fail(r, "canonical parameter twice:", written);
		return true;
	}
	for (size_t i = 0; i < r->n_params; i++)
		if (!(used >> i & 1)) return p->canon = (int8_t)i, true;
	return fail(r, "no canonical parameter left for", written);
}

/* `axis:`, `dim#=axis`, `_`, `...=shape`, `by:&`. */
static bool read_param(Reader *r, const Spelling *s, Str text, SpellingParam *p, uint64_t used) {
	size_t equals = str_find(text, "=", 0);
	Str canon = equals == SIZE_MAX ? STR_NONE : str_sub(text, equals + 1, text.len);
	Str name = equals == SIZE_MAX ? text : str_sub(text, 0, equals);
	bool must = false, may = false;
	for (; name.len && strchr("!?#~&%", name.ptr[name.len - 1]); name.len--) {
		char mark = name.ptr[name.len - 1];
		if (mark == '!') must = true;
		if (mark == '?') may = true;
		if (mark == '#') p->only_integer = true;
		if (mark == '~') p->never_integer = true;
		if (mark == '%') p->never_string = true;
		if (mark == '&') p->is_closure = true;
	}
	bool is_swift = s->dialect == DIALECT_SWIFT;
	p->is_rest = str_is(name, "...");
	if (is_swift && str_ends(name, ":"))
		name.len--;
	else if (is_swift && !p->is_rest && !str_is(name, "_"))
		return fail(r, "a Swift label ends in ':',", text);
	if (!name.len) return fail(r, "empty parameter in", text);
	p->label = p->is_rest || str_is(name, "_") ? STR_NONE : name;
	if (p->is_rest && !canon.len)
		p->canon = -1;
	else if (!set_canon(r, p, text, canon, used))
		return false;
	p->is_required = must || (!may && !p->is_rest && p->canon >= 0 && p->canon < r->op->n_operands && !s->constructs);
	return true;
}

static bool read_list(Reader *r, Spelling *s, Str text) {
	SpellingParam params[MAX_PARAMS] = { 0 };
	Str rest = text, part;
	bool only_labelled = false;
	if (!text.len) return true;
	while (str_split(&rest, ',', &part)) {
		if (s->n_params == MAX_PARAMS) return fail(r, "too many parameters:", text);
		if (str_is(part, "*")) {
			only_labelled = true;
			continue;
		}
		if (s->has_rest && str_starts(part, "...")) return fail(r, "'...' twice in", text);
		SpellingParam *p = &params[s->n_params];
		if (!read_param(r, s, part, p, taken(s, params, s->n_params))) return false;
		p->only_labelled = only_labelled;
		s->has_rest |= p->is_rest;
		s->n_params++;
	}
	SpellingParam *kept = ARENA_ARRAY(r->arena, SpellingParam, s->n_params);
	memcpy(kept, params, s->n_params * sizeof *kept);
	s->params = kept;
	return true;
}

static bool read_number(Str text, double *value) {
	char digits[32], *end;
	if (!text.len || text.len >= sizeof digits) return false;
	memcpy(digits, text.ptr, text.len);
	digits[text.len] = '\0';
	*value = strtod(digits, &end);
	return !*end;
}

static bool read_fixed(Reader *r, Spelling *s, Str text) {
	size_t equals = str_find(text, "=", 0);
	if (equals == SIZE_MAX) return fail(r, "no value in", text);
	s->fixed_param = canon_find(r, str_sub(text, 0, equals));
	if (s->fixed_param < 0) return fail(r, "no canonical parameter for", text);
	Str value = str_sub(text, equals + 1, text.len);
	if (!value.len) return fail(r, "no value in", text);
	if (read_number(value, &s->fixed_value)) return true;
	s->fixed_value = NAN;
	s->fixed_text = value;
	return true;
}

static bool read_operator(Reader *r, Spelling *s, Str text) {
	SpellingParam *params = ARENA_ARRAY(r->arena, SpellingParam, 4);
	if (!r->op->n_operands || r->op->n_operands > 3) return fail(r, "an operator has one to three operands:", text);
	s->form = CALL_OPERATOR;
	s->name = text;
	s->params = params;
	s->n_params = r->op->n_operands;
	for (size_t i = 0; i < s->n_params; i++) {
		params[i].canon = (int8_t)i;
		params[i].is_required = true;
	}
	return true;
}

/* The name before the parameters: `rfft`, `fft.rfft`, `.softmax`, `@y.masked_fill`. */
static bool read_head(Reader *r, Spelling *s, Str head, bool has_list) {
	size_t dot = SIZE_MAX;
	for (size_t i = 0; i < head.len; i++)
		if (head.ptr[i] == '.') dot = i;
	s->name = dot == SIZE_MAX ? head : str_sub(head, dot + 1, head.len);
	s->qualifier = dot == SIZE_MAX ? STR_NONE : str_sub(head, 0, dot);
	s->form = has_list ? CALL_FUNCTION : CALL_PROPERTY;
	if (!s->name.len) return fail(r, "no name in", head);
	if (dot == 0 || str_starts(head, "@")) {
		int receiver = dot == 0 ? 0 : canon_find(r, str_sub(s->qualifier, 1, s->qualifier.len));
		bool is_implicit = !r->n_params && !has_list; /* Swift's implicit members: .newAxis, .pi */
		if (is_implicit)
			receiver = -1;
		else if (receiver < 0 || !r->n_params)
			return fail(r, "no canonical receiver for", head);
		s->receiver = (int8_t)receiver;
		s->qualifier = STR_NONE;
		if (has_list) s->form = CALL_METHOD;
	} else if (!has_list && dot == SIZE_MAX) {
		return fail(r, "neither called, nor a property, nor an operator:", head);
	}
	return true;
}

static bool is_operator(Str text) {
	static const char *const words[] = { "and", "or", "not", "in", "not in", "is", "is not", "as" };
	for (size_t i = 0; i < BASE_COUNT(words); i++)
		if (str_is(text, words[i])) return true;
	if (str_starts(text, ".") || str_starts(text, "@")) return text.len == 1 || !is_word(text.ptr[1]);
	return !is_word(text.ptr[0]);
}

static bool read_spelling(Reader *r, Dialect dialect, Str text) {
	Spelling s = { .op = (OpId)(r->ops.n - 1), .dialect = dialect, .line = r->line, .receiver = -1, .fixed_param = -1 };
	if (str_starts(text, "host .")) s.needs = OP_RECEIVER_HOST;
	if (str_starts(text, "device .")) s.needs = OP_RECEIVER_DEVICE;
	if (s.needs) text = str_sub(text, str_find(text, " ", 0) + 1, text.len);
	if (!text.len) return fail(r, "empty spelling", text);
	if (is_operator(text)) {
		if (!read_operator(r, &s, text)) return false;
	} else {
		size_t open = str_find(text, "(", 0), brace = str_find(text, "{", 0);
		Str body = str_sub(text, 0, brace == SIZE_MAX ? text.len : brace);
		if (brace != SIZE_MAX && !str_ends(text, "}")) return fail(r, "'{' without '}' in", text);
		if (open != SIZE_MAX && !str_ends(body, ")")) return fail(r, "'(' without ')' in", text);
		if (!read_head(r, &s, str_sub(body, 0, open == SIZE_MAX ? body.len : open), open != SIZE_MAX)) return false;
		bool is_module = r->op->traits & OP_MODULE && s.name.ptr[0] >= 'A' && s.name.ptr[0] <= 'Z' && s.receiver < 0;
		s.constructs = is_module;
		if (open != SIZE_MAX && !read_list(r, &s, str_sub(body, open + 1, body.len - 1))) return false;
		if (is_module && (taken(&s, s.params, s.n_params) & 1) && r->op->n_operands) s.constructs = false;
		if (brace != SIZE_MAX && !read_fixed(r, &s, str_sub(text, brace + 1, text.len - 1))) return false;
	}
	s.key = ops_key(dialect, s.form, ops_namespace(dialect, CALL_FUNCTION, s.qualifier), s.name);
	if (!s.qualifier.len) s.key = ops_key(dialect, s.form, STR_NONE, s.name);
	VEC_PUSH(r->spellings) = s;
	return true;
}

static bool read_column(Reader *r, Dialect dialect, Str text, Str mlx) {
	if (str_is(text, "-")) return true;
	while (text.len) {
		size_t bar = str_find(text, " | ", 0);
		Str part = bar == SIZE_MAX ? text : str_sub(text, 0, bar);
		text = bar == SIZE_MAX ? STR_NONE : str_sub(text, bar + 3, text.len);
		if (dialect == DIALECT_TORCH && str_is(part, "^") && !str_is(mlx, "^")) {
			if (!read_column(r, dialect, mlx, STR("^"))) return false;
		} else if (!read_spelling(r, dialect, part)) {
			return false;
		}
	}
	return true;
}

static bool read_line(Reader *r, Str line) {
	Str cells[6], rest = line, cell;
	size_t n = 0;
	while (str_split(&rest, '\t', &cell)) {
		if (n == BASE_COUNT(cells)) return fail(r, "more than six columns:", line);
		cells[n++] = cell;
	}
	if (n != BASE_COUNT(cells)) return fail(r, "fewer than six columns:", line);
	r->op = &VEC_PUSH(r->ops);
	r->op->name = arena_strdup(r->arena, cells[0]);
	if (map_get(&r->table->by_name, cells[0])) return fail(r, "operation twice:", cells[0]);
	map_put(&r->table->by_name, str_of(r->op->name), r->ops.n - 1);
	return read_traits(r, cells[1]) && read_params(r, cells[2]) && read_column(r, DIALECT_SWIFT, cells[3], STR_NONE) &&
	       read_column(r, DIALECT_MLX, cells[4], STR_NONE) && read_column(r, DIALECT_TORCH, cells[5], cells[4]);
}

static void build_index(OpsTable *table) {
	table->n_buckets = 1;
	while (table->n_buckets < table->n_spellings * 2) table->n_buckets *= 2;
	table->buckets = ARENA_ARRAY(&table->arena, uint32_t, table->n_buckets);
	/* From the last to the first, so that a bucket is walked in the order of the file. */
	for (size_t i = table->n_spellings; i-- > 1;) {
		uint32_t *bucket = &table->buckets[table->spellings[i].key & (table->n_buckets - 1)];
		table->spellings[i].next = *bucket;
		*bucket = (uint32_t)i;
	}
}

OpsTable *ops_table_parse(Str text, Err *err) {
	OpsTable *table = base_alloc(sizeof *table);
	Reader r = { .table = table, .arena = &table->arena, .err = err };
	Str line;
	bool ok = true;
	(void)VEC_PUSH(r.ops);
	(void)VEC_PUSH(r.spellings);
	while (ok && str_split(&text, '\n', &line)) {
		r.line++;
		if (line.len && !str_starts(line, "#")) ok = read_line(&r, line);
	}
	table->n_ops = r.ops.n;
	table->n_spellings = r.spellings.n;
	table->ops = VEC_TO_ARENA(r.ops, &table->arena);
	table->spellings = VEC_TO_ARENA(r.spellings, &table->arena);
	if (!ok) return ops_table_free(table), NULL;
	build_index(table);
	return table;
}

void ops_table_free(OpsTable *table) {
	if (!table) return;
	map_done(&table->by_name);
	arena_done(&table->arena);
	free(table);
}
