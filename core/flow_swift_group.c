#include "core/posix.h"

#include "core/flow_swift_items.h"

enum { READ_MAX_DEPTH = 400 };

/* ---- precedence ---- */

enum {
	PREC_ASSIGNMENT = 10,
	PREC_TERNARY = 20,
	PREC_DEFAULT = 30, /* operators nobody here knows */
	PREC_OR = 40,
	PREC_AND = 50,
	PREC_COMPARISON = 60,
	PREC_COALESCE = 70,
	PREC_CAST = 80,
	PREC_RANGE = 90,
	PREC_ADDITION = 100,
	PREC_MULTIPLICATION = 110,
	PREC_SHIFT = 120
};

typedef struct Precedence {
	const char *op;
	int level;
} Precedence;

static const Precedence precedences[] = {
	{ "<<", PREC_SHIFT },
	{ ">>", PREC_SHIFT },
	{ "&<<", PREC_SHIFT },
	{ "&>>", PREC_SHIFT },
	{ "**", PREC_SHIFT }, /* MLX: infix operator ** : BitwiseShiftPrecedence */
	{ "*", PREC_MULTIPLICATION },
	{ "/", PREC_MULTIPLICATION },
	{ "%", PREC_MULTIPLICATION },
	{ "&", PREC_MULTIPLICATION },
	{ "&*", PREC_MULTIPLICATION },
	{ ".&", PREC_MULTIPLICATION },
	{ "+", PREC_ADDITION },
	{ "-", PREC_ADDITION },
	{ "|", PREC_ADDITION },
	{ "^", PREC_ADDITION },
	{ "&+", PREC_ADDITION },
	{ "&-", PREC_ADDITION },
	{ ".|", PREC_ADDITION },
	{ ".^", PREC_ADDITION },
	{ "..<", PREC_RANGE },
	{ "...", PREC_RANGE },
	{ "??", PREC_COALESCE },
	{ "<", PREC_COMPARISON },
	{ "<=", PREC_COMPARISON },
	{ ">", PREC_COMPARISON },
	{ ">=", PREC_COMPARISON },
	{ "==", PREC_COMPARISON },
	{ "!=", PREC_COMPARISON },
	{ "===", PREC_COMPARISON },
	{ "!==", PREC_COMPARISON },
	{ "~=", PREC_COMPARISON },
	{ ".==", PREC_COMPARISON },
	{ ".!=", PREC_COMPARISON },
	{ ".<", PREC_COMPARISON },
	{ ".<=", PREC_COMPARISON },
	{ ".>", PREC_COMPARISON },
	{ ".>=", PREC_COMPARISON },
	{ "&&", PREC_AND },
	{ ".&&", PREC_AND }, /* MLX: LogicalConjunctionPrecedence */
	{ "||", PREC_OR },
	{ ".||", PREC_OR }, /* MLX: LogicalDisjunctionPrecedence */
	{ "?", PREC_TERNARY },
	{ "=", PREC_ASSIGNMENT },
};

static const Precedence groups[] = {
	{ "BitwiseShiftPrecedence", PREC_SHIFT },
	{ "MultiplicationPrecedence", PREC_MULTIPLICATION },
	{ "AdditionPrecedence", PREC_ADDITION },
	{ "RangeFormationPrecedence", PREC_RANGE },
	{ "CastingPrecedence", PREC_CAST },
	{ "NilCoalescingPrecedence", PREC_COALESCE },
	{ "ComparisonPrecedence", PREC_COMPARISON },
	{ "LogicalConjunctionPrecedence", PREC_AND },
	{ "LogicalDisjunctionPrecedence", PREC_OR },
	{ "TernaryPrecedence", PREC_TERNARY },
	{ "AssignmentPrecedence", PREC_ASSIGNMENT },
};

static int level_of(const Precedence *table, size_t n, Str name) {
	for (size_t i = 0; i < n; i++) {
		if (str_is(name, table[i].op)) return table[i].level;
	}
	return 0;
}

/* The group of an operator that this file declares (`infix operator <+> : AdditionPrecedence`), or 0. */
static int declared_level(const SyntaxTree *t, Str op) {
	for (SynId d = syntax_child(t, 0); d; d = syntax_next(t, d)) {
		if (t->nodes[d].kind != SYN_OPERATOR_DECLARATION) continue;
		SynId name = syntax_find(t, d, SYN_CUSTOM_OPERATOR), group = syntax_find(t, d, SYN_SIMPLE_IDENTIFIER);
		if (name && group && str_eq(syntax_text(t, name), op)) {
			return level_of(groups, BASE_COUNT(groups), syntax_text(t, group));
		}
	}
	return 0;
}

static int precedence(const Reader *r, Str op) {
	int level = level_of(precedences, BASE_COUNT(precedences), op);
	if (level) return level;
	if (op.len > 1 && op.ptr[op.len - 1] == '=') return PREC_ASSIGNMENT; /* +=, &=, **=; comparisons stand above */
	level = declared_level(r->tree, op);
	return level ? level : PREC_DEFAULT;
}

static bool is_right_associative(int level) { return level <= PREC_TERNARY || level == PREC_COALESCE; }

/* ---- building ---- */

static Ex *ex_new(Reader *r, ExKind kind, Span span) {
	Ex *ex = ARENA_NEW(r->arena, Ex);
	ex->kind = (uint8_t)kind;
	ex->span = span;
	return ex;
}

static const Item *peek(const Reader *r) {
	const Item *item = r->at < r->items.n ? &r->items.at[r->at] : NULL;
	return item && item->breaks ? NULL : item;
}

static bool peek_op(const Reader *r, const char *op) {
	const Item *item = peek(r);
	return item && item->kind == ITEM_OP && str_is(item->text, op);
}

static Ex *wrap(Reader *r, ExKind kind, Ex *inner, const Item *item) {
	Ex *ex = ex_new(r, kind, (Span) { inner->span.start, item->span.end });
	ex->a = inner;
	ex->head = item->span;
	ex->name = item->text;
	return ex;
}

static bool is_key_path(const Reader *r, const Ex *ex) {
	return ex->kind == EX_KEY_PATH || (ex->kind == EX_ATOM && r->tree->nodes[ex->syn].kind == SYN_KEY_PATH_EXPRESSION);
}

static Ex *read_closures(Reader *r, Ex *call) {
	size_t first = r->at, n = 0;
	while (first + n < r->items.n && r->items.at[first + n].kind == ITEM_CLOSURE) n++;
	call->closures = ARENA_ARRAY(r->arena, ExClosure, n);
	call->n_closures = n;
	for (size_t i = 0; i < n; i++) {
		const Item *item = &r->items.at[first + i];
		call->closures[i] = (ExClosure) { item->text, item->syn };
		call->span.end = item->span.end;
	}
	r->at = first + n;
	return call;
}

static Ex *read_args(Reader *r, Ex *inner, const Item *item) {
	bool square = r->tree->text.ptr[item->span.start] == '[';
	Ex *ex = wrap(r, square ? EX_INDEX : EX_CALL, inner, item);
	ex->syn = item->syn;
	ex->name = STR_NONE;
	ex->head = inner->kind == EX_MEMBER || inner->kind == EX_IMPLICIT ? inner->head : inner->span;
	return square ? ex : read_closures(r, ex);
}

static Ex *read_member(Reader *r, Ex *inner, const Item *name) {
	Ex *ex = wrap(r, EX_MEMBER, inner, name);
	ex->syn = name->syn;
	return ex;
}

/* `?` and `!` are suffixes where nothing stands between them and their operand; a ternary's `?` has a blank before it. */
static bool is_postfix_mark(const Ex *inner, const Item *item) {
	return item->kind == ITEM_OP && (str_is(item->text, "?") || str_is(item->text, "!")) &&
	       item->span.start == inner->span.end;
}

/* One suffix, or NULL when the operand ends here. */
static Ex *read_suffix(Reader *r, Ex *inner) {
	const Item *item = peek(r);
	if (!item) return NULL;
	Item it = *item;
	if (it.kind == ITEM_ARGS || it.kind == ITEM_MEMBER || is_postfix_mark(inner, item)) {
		r->at++;
		if (is_key_path(r, inner)) {
			inner->kind = EX_KEY_PATH;
			inner->span.end = it.span.end;
			return inner;
		}
		if (it.kind == ITEM_ARGS) return read_args(r, inner, &it);
		if (it.kind == ITEM_MEMBER) return read_member(r, inner, &it);
		return wrap(r, str_is(it.text, "?") ? EX_CHAIN : EX_FORCE, inner, &it);
	}
	if (it.kind == ITEM_CLOSURE) {
		Ex *call = wrap(r, EX_CALL, inner, &it);
		call->name = STR_NONE;
		call->head = inner->kind == EX_MEMBER || inner->kind == EX_IMPLICIT ? inner->head : inner->span;
		return read_closures(r, call);
	}
	if (peek_op(r, ".") && r->at + 1 < r->items.n && r->items.at[r->at + 1].kind == ITEM_NAME) {
		r->at += 2; /* a leading dot that the grammar took for an implicit member */
		return read_member(r, inner, &r->items.at[r->at - 1]);
	}
	return NULL;
}

static Ex *read_suffixes(Reader *r, Ex *operand) {
	for (Ex *next; (next = read_suffix(r, operand)); operand = next) {}
	return operand;
}

static Ex *read_binary(Reader *r, int least);

static Ex *missing(Reader *r) {
	uint32_t at = r->at ? r->items.at[r->at - 1].span.end : 0;
	return ex_new(r, EX_MISSING, (Span) { at, at });
}

static Ex *read_atom(Reader *r) {
	Item it = r->items.at[r->at++];
	Ex *ex = ex_new(r, EX_ATOM, it.span);
	ex->syn = it.syn;
	ex->name = it.text;
	ex->head = it.span;
	return ex;
}

/* `.name`, its suffixes left to the caller. */
static Ex *read_implicit(Reader *r, Item dot) {
	const Item *name = &r->items.at[r->at++];
	Ex *ex = ex_new(r, EX_IMPLICIT, (Span) { dot.span.start, name->span.end });
	ex->name = name->text;
	ex->head = name->span;
	ex->syn = name->syn;
	return ex;
}

static Ex *read_operand(Reader *r);

static Ex *read_prefix(Reader *r) {
	Item op = r->items.at[r->at++];
	const Item *next = peek(r);
	if (!next) {
		Ex *value = ex_new(r, EX_ATOM, op.span); /* an operator as a value: reduce(0, +) */
		value->syn = op.syn;
		value->name = op.text;
		value->head = op.span;
		return value;
	}
	if (str_is(op.text, ".") && next->kind == ITEM_NAME) return read_suffixes(r, read_implicit(r, op));
	Ex *ex = ex_new(r, EX_PREFIX, op.span);
	ex->name = op.text;
	ex->head = op.span;
	ex->syn = op.syn;
	ex->a = read_operand(r);
	ex->span.end = ex->a->span.end;
	return ex;
}

static Ex *read_try(Reader *r) {
	Item it = r->items.at[r->at++];
	Ex *ex = ex_new(r, EX_TRY, it.span);
	ex->name = it.text;
	ex->head = it.span;
	ex->a = read_binary(r, 0); /* covers everything to its right */
	ex->span.end = ex->a->span.end;
	return ex;
}

static Ex *read_operand(Reader *r) {
	const Item *item = peek(r);
	if (!item || r->depth >= READ_MAX_DEPTH) return missing(r);
	r->depth++;
	Ex *ex;
	switch ((ItemKind)item->kind) {
	case ITEM_ATOM:
	case ITEM_NAME:
	case ITEM_ARGS: /* begins a line: a tuple or an array */
	case ITEM_CLOSURE: ex = read_suffixes(r, read_atom(r)); break;
	case ITEM_MEMBER: /* a leading dot without a base */
		r->at++;
		ex = ex_new(r, EX_IMPLICIT, item->span);
		ex->name = item->text;
		ex->head = item->span;
		ex = read_suffixes(r, ex);
		break;
	case ITEM_OP: ex = read_prefix(r); break;
	case ITEM_TRY: ex = read_try(r); break;
	default: ex = missing(r);
	}
	r->depth--;
	return ex;
}

static Ex *join_binary(Reader *r, ExKind kind, Ex *left, const Item *op, Ex *right) {
	Ex *ex = ex_new(r, kind, (Span) { left->span.start, right->span.end });
	if (right->kind == EX_MISSING) ex->span.end = op->span.end;
	ex->a = left;
	ex->b = right;
	ex->name = op->text;
	ex->head = op->span;
	ex->syn = op->syn;
	return ex;
}

static Ex *read_ternary(Reader *r, Ex *condition, const Item *op) {
	Ex *yes = read_binary(r, PREC_ASSIGNMENT);
	if (peek_op(r, ":")) r->at++;
	Ex *no = read_binary(r, PREC_TERNARY);
	Ex *ex = join_binary(r, EX_TERNARY, condition, op, no);
	ex->b = yes;
	ex->c = no;
	return ex;
}

static Ex *read_cast(Reader *r, Ex *inner, const Item *item) {
	Ex *ex = wrap(r, EX_CAST, inner, item);
	ex->syn = item->syn;
	return ex;
}

/* `...` with nothing behind it to run to. */
static bool is_open_end(const Reader *r, Str op) {
	if (!str_is(op, "...")) return false;
	const Item *item = peek(r);
	return !item || item->kind == ITEM_CAST ||
	       (item->kind == ITEM_OP && precedence(r, item->text) != PREC_DEFAULT && !str_is(item->text, "-") &&
	           !str_is(item->text, "+") && !str_is(item->text, "&"));
}

/* One infix operator with what is on its right, or NULL when it binds less than `least`. */
static Ex *read_infix(Reader *r, Ex *left, int least) {
	const Item *item = peek(r);
	if (!item || (item->kind != ITEM_OP && item->kind != ITEM_CAST)) return NULL;
	Item it = *item;
	int level = it.kind == ITEM_CAST ? PREC_CAST : precedence(r, it.text);
	if (level < least || str_is(it.text, ":")) return NULL;
	r->at++;
	if (it.kind == ITEM_CAST) return read_cast(r, left, &it); /* its right side is the type and nothing more */
	if (str_is(it.text, "?")) return read_ternary(r, left, &it);
	if (is_open_end(r, it.text)) return wrap(r, EX_POSTFIX, left, &it);
	Ex *right = read_binary(r, is_right_associative(level) ? level : level + 1);
	return join_binary(r, level == PREC_ASSIGNMENT ? EX_ASSIGN : EX_BINARY, left, &it, right);
}

static Ex *read_binary(Reader *r, int least) {
	if (r->depth >= READ_MAX_DEPTH) return missing(r);
	r->depth++;
	Ex *left = read_operand(r);
	for (Ex *next; (next = read_infix(r, left, least)); left = next) {}
	r->depth--;
	return left;
}

Ex *swift_group(Reader *r) {
	Ex *first = NULL, *last = NULL;
	while (r->at < r->items.n) {
		size_t before = r->at;
		r->items.at[r->at].breaks = false;
		Ex *ex = read_binary(r, 0);
		if (r->at == before) {
			r->at++; /* nothing can begin here: a stray colon, a limit reached */
			continue;
		}
		if (!first) {
			first = ex;
		} else {
			last->then = ex;
		}
		last = ex;
	}
	return first ? first : missing(r);
}
