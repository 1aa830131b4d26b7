#include "core/posix.h"

#include "core/flow_swift_lower.h"

#include <stdlib.h>
#include <string.h>

/* ---- parameters ---- */

NodeId swift_param(Lower *l, uint16_t index, Str name, Str label, Str type, Span span) {
	NodeId node = flow_add(l->b, NODE_PARAM, span, NULL, 0);
	FlowNode *n = flow_edit(l->b, node);
	n->index = index;
	n->name = name;
	n->key = label; /* the external name */
	swift_note(l, node, type, NULL);
	return node;
}

typedef struct ClosureParam {
	Str name, type;
	Span span;
} ClosureParam;

enum { CLOSURE_MAX_PARAMS = 16 };
typedef struct ClosureParams {
	ClosureParam at[CLOSURE_MAX_PARAMS];
	size_t n;
} ClosureParams;

static void add_param(const Lower *l, SynId param, ClosureParams *out) {
	if (out->n == CLOSURE_MAX_PARAMS) return;
	ClosureParam *p = &out->at[out->n++];
	*p = (ClosureParam) { .span = swift_span(l, param) };
	bool colon = false;
	for (SynId c = syntax_child(l->t, param); c; c = syntax_next(l->t, c)) {
		SyntaxKind kind = (SyntaxKind)l->t->nodes[c].kind;
		if (kind == SYN_TOKEN && str_is(syntax_text(l->t, c), ":"))
			colon = true;
		else if (kind == SYN_SIMPLE_IDENTIFIER && !colon)
			p->name = syntax_text(l->t, c);
		else if (colon && kind != SYN_PARAMETER_MODIFIERS)
			p->type = syntax_text(l->t, c);
	}
}

/* `$0`, `$1`, ...: as many as the body names, closures inside not counted. */
static void implied_params(const Lower *l, SynId lambda, ClosureParams *out) {
	static const char *const names[] = { "$0", "$1", "$2", "$3", "$4", "$5" };
	for (SynId i = lambda + 1; i < l->t->nodes[lambda].next;) {
		const SyntaxNode *node = &l->t->nodes[i];
		Str text = node->kind == SYN_SIMPLE_IDENTIFIER ? syntax_text(l->t, i) : STR_NONE;
		bool implied = text.len == 2 && text.ptr[0] == '$' && text.ptr[1] >= '0' && text.ptr[1] <= '5';
		for (size_t k = out->n; implied && k <= (size_t)(text.ptr[1] - '0'); k++) {
			out->at[out->n++] = (ClosureParam) { .name = str_of(names[k]), .span = node->span };
		}
		i = node->kind == SYN_LAMBDA_LITERAL ? node->next : i + 1;
	}
}

static ClosureParams closure_params(const Lower *l, SynId lambda) {
	ClosureParams out = { .n = 0 };
	SynId type = syntax_find(l->t, lambda, SYN_LAMBDA_FUNCTION_TYPE);
	SynId list = type ? syntax_find(l->t, type, SYN_LAMBDA_FUNCTION_TYPE_PARAMETERS) : 0;
	for (SynId p = list ? syntax_child(l->t, list) : 0; p; p = syntax_next(l->t, p)) {
		if (l->t->nodes[p].kind == SYN_LAMBDA_PARAMETER) add_param(l, p, &out);
	}
	if (!type) implied_params(l, lambda, &out);
	return out;
}

/* ---- what a closure captures: `[weak self]` is self, `[n = x.count]` a new name ---- */

static void declare_captures(Lower *l, SynId lambda) {
	SynId list = syntax_find(l->t, lambda, SYN_CAPTURE_LIST);
	for (SynId c = list ? syntax_child(l->t, list) : 0; c; c = syntax_next(l->t, c)) {
		SynId value = l->t->nodes[c].kind == SYN_CAPTURE_LIST_ITEM ? syntax_field(l->t, c, SYNF_VALUE) : 0;
		SynId name = value ? syntax_field(l->t, c, SYNF_NAME) : 0;
		if (name) swift_declare(l, syntax_text(l->t, name), swift_expr(l, value), STR_NONE, swift_span(l, c));
	}
}

/* ---- bodies ---- */

static SynId only_child(const Lower *l, SynId statements) {
	SynId only = 0;
	for (SynId s = syntax_child(l->t, statements); s; s = syntax_next(l->t, s)) {
		if (swift_is_trivia(l->t, s) || l->t->nodes[s].kind == SYN_TOKEN) continue;
		if (only) return 0;
		only = s;
	}
	return only;
}

static bool is_return(const Lower *l, SynId statement) {
	SynId first = statement ? syntax_child(l->t, statement) : 0;
	return first && l->t->nodes[statement].kind == SYN_CONTROL_TRANSFER_STATEMENT &&
	       str_is(syntax_text(l->t, first), "return");
}

static SynId last_child(const Lower *l, SynId statements) {
	SynId last = 0;
	for (SynId s = statements ? syntax_child(l->t, statements) : 0; s; s = syntax_next(l->t, s)) {
		if (!swift_is_trivia(l->t, s) && l->t->nodes[s].kind != SYN_TOKEN) last = s;
	}
	return last;
}

/* A body of one expression gives its value; else what `return` says. */
static void closure_body(Lower *l, SynId statements, Span span) {
	if (!statements) return;
	SynId only = only_child(l, statements);
	bool expression = only && swift_is_expression(l, only);
	NodeId value = swift_block(l, statements, expression);
	if (expression && value && !flow_is_dead(l->b)) swift_return_value(l, value, only ? swift_span(l, only) : span);
}

typedef struct Saved {
	Turn *turn;
	bool breaks_switch;
} Saved;

static Saved enter_function(Lower *l) {
	Saved saved = { l->turn, l->breaks_switch };
	l->turn = NULL;
	l->breaks_switch = false;
	return saved;
}

static void leave_function(Lower *l, Saved saved) {
	l->turn = saved.turn;
	l->breaks_switch = saved.breaks_switch;
}

NodeId swift_closure(Lower *l, SynId lambda) {
	Span span = swift_span(l, lambda);
	if (l->depth >= LOWER_MAX_DEPTH) return flow_unknown(l->b, SYN_LAMBDA_LITERAL, span, NULL, 0);
	l->depth++;
	flow_scope_push(l->b);
	declare_captures(l, lambda);
	Saved saved = enter_function(l);
	flow_closure_begin(l->b, STR_NONE, span);
	ClosureParams params = closure_params(l, lambda);
	for (size_t i = 0; i < params.n; i++) {
		const ClosureParam *p = &params.at[i];
		NodeId node = swift_param(l, (uint16_t)i, p->name, STR_NONE, p->type, p->span);
		swift_declare(l, p->name, node, STR_NONE, p->span);
	}
	closure_body(l, syntax_find(l->t, lambda, SYN_STATEMENTS), span);
	NodeId closure = flow_closure_end(l->b);
	leave_function(l, saved);
	flow_scope_pop(l->b);
	l->depth--;
	return closure;
}

/* Returns in the closure's own code, nested closures and functions not counted. */
static size_t count_returns(const Lower *l, SynId lambda) {
	size_t n = 0;
	for (SynId i = lambda + 1; i < l->t->nodes[lambda].next;) {
		const SyntaxNode *node = &l->t->nodes[i];
		bool inner = node->kind == SYN_LAMBDA_LITERAL || node->kind == SYN_FUNCTION_DECLARATION;
		n += is_return(l, i);
		i = inner ? node->next : i + 1;
	}
	return n;
}

/* `{ ... }()` where nothing leaves before the end is its statements, in place. */
bool swift_call_at_once(Lower *l, SynId lambda, NodeId *value) {
	SynId statements = syntax_find(l->t, lambda, SYN_STATEMENTS);
	size_t returns = count_returns(l, lambda);
	SynId last = last_child(l, statements);
	if (!statements || !last || returns > 1 || (returns == 1 && !is_return(l, last))) return false;
	bool alone = last == only_child(l, statements) && swift_is_expression(l, last);
	if (!returns && !alone) return false;
	if (l->depth >= LOWER_MAX_DEPTH) return false;
	l->depth++;
	Saved saved = enter_function(l);
	Turn turn = { LOOP_FOREACH, 0 };
	l->turn = &turn; /* the last `return` gives the value */
	flow_scope_push(l->b);
	declare_captures(l, lambda);
	*value = swift_block(l, statements, true);
	flow_scope_pop(l->b);
	leave_function(l, saved);
	l->depth--;
	return true;
}

/* ---- nested functions ---- */

static void declare_function_param(Lower *l, uint16_t index, SynId param) {
	SynId name = syntax_field(l->t, param, SYNF_NAME), label = syntax_field(l->t, param, SYNF_EXTERNAL_NAME);
	Str type = STR_NONE, inner = name ? syntax_text(l->t, name) : STR_NONE;
	bool colon = false;
	for (SynId c = syntax_child(l->t, param); c; c = syntax_next(l->t, c)) {
		SyntaxKind kind = (SyntaxKind)l->t->nodes[c].kind;
		if (kind == SYN_TOKEN)
			colon |= str_is(syntax_text(l->t, c), ":");
		else if (kind == SYN_SIMPLE_IDENTIFIER && !colon)
			inner = syntax_text(l->t, c);
		else if (colon && kind != SYN_PARAMETER_MODIFIERS)
			type = syntax_text(l->t, c);
	}
	Str external = label ? syntax_text(l->t, label) : inner;
	if (str_is(external, "_")) external = STR_NONE;
	NodeId node = swift_param(l, index, inner, external, type, swift_span(l, param));
	swift_declare(l, inner, node, STR_NONE, swift_span(l, param));
}

void swift_nested_function(Lower *l, SynId decl) {
	SynId name_syn = syntax_field(l->t, decl, SYNF_NAME), body = syntax_find(l->t, decl, SYN_FUNCTION_BODY);
	Str name = name_syn ? syntax_text(l->t, name_syn) : STR_NONE;
	VarId var = flow_declare(l->b, name);
	Saved saved = enter_function(l);
	flow_closure_begin(l->b, name, swift_span(l, decl));
	flow_scope_push(l->b);
	uint16_t index = 0;
	for (SynId c = syntax_child(l->t, decl); c; c = syntax_next(l->t, c)) {
		if (l->t->nodes[c].kind == SYN_PARAMETER) declare_function_param(l, index++, c);
	}
	if (body) closure_body(l, syntax_find(l->t, body, SYN_STATEMENTS), swift_span(l, decl));
	flow_scope_pop(l->b);
	NodeId closure = flow_closure_end(l->b);
	leave_function(l, saved);
	flow_write(l->b, var, closure);
}

/* ---- loops made of closures ---- */

typedef struct LoopMethod {
	const char *name;
	LoopForm form;
} LoopMethod;

static const LoopMethod loop_methods[] = {
	{ "map", LOOP_MAP },
	{ "compactMap", LOOP_MAP },
	{ "flatMap", LOOP_MAP },
	{ "forEach", LOOP_FOREACH },
	{ "filter", LOOP_FILTER },
	{ "reduce", LOOP_REDUCE },
};

/* The closure literal of the call: the only trailing one, or the last argument. */
static SynId closure_of(Lower *l, const Ex *call, SwiftArg **args, size_t *n_args) {
	*args = call->syn ? swift_args(l->t, call->syn, l->arena, n_args) : NULL;
	if (call->n_closures == 1) return call->closures[0].syn;
	if (call->n_closures || !*n_args) return 0;
	SynId last = (*args)[*n_args - 1].value;
	if (!last || l->t->nodes[last].kind != SYN_LAMBDA_LITERAL) return 0;
	--*n_args;
	return last;
}

static void bind_params(
    Lower *l, const ClosureParams *params, size_t from, const LoopOver *over, const NodeId *elements, Span span) {
	size_t n = params->n > from ? params->n - from : 0;
	NodeId whole = n == 1 ? swift_loop_tuple(l, over, elements, span) : elements[0];
	for (size_t i = 0; i < n; i++) {
		const ClosureParam *p = &params->at[from + i];
		NodeId value = n == 1              ? whole
		               : over->n_parts > 1 ? (i < over->n_parts ? elements[i] : 0)
		                                   : swift_part(l, elements[0], (uint16_t)i, STR_NONE, p->span);
		swift_declare(l, p->name, value, p->type, p->span);
	}
}

/* The statements of a turn; its value where the last one gives it. Returns before that are the turn's too. */
static NodeId turn_body(Lower *l, SynId lambda, Turn *turn) {
	SynId statements = syntax_find(l->t, lambda, SYN_STATEMENTS);
	if (!statements) return 0;
	Saved saved = enter_function(l);
	l->turn = turn;
	SynId last = last_child(l, statements);
	bool wants = is_return(l, last) || (last && last == only_child(l, statements) && swift_is_expression(l, last));
	NodeId value = swift_block(l, statements, wants);
	leave_function(l, saved);
	return value;
}

static NodeId loop_result(Lower *l, const Ex *call, NodeId receiver, NodeId element, RegionId region) {
	FlowArg arg = { .node = element };
	NodeId node =
	    flow_call(l->b, CALL_METHOD, STR_NONE, call->a->name, receiver, &arg, element ? 1 : 0, call->span, call->head);
	flow_edit(l->b, node)->body = region;
	return node;
}

static NodeId plain_loop(Lower *l, const Ex *call, NodeId receiver, LoopForm form, SynId lambda) {
	LoopOver over = swift_loop_over(l, call->a->a, receiver);
	Span span = swift_span(l, lambda);
	RegionId region = flow_loop_begin(l->b, form, over.node, call->span);
	swift_trips(l, call->a->a, over.node);
	flow_scope_push(l->b);
	declare_captures(l, lambda);
	ClosureParams params = closure_params(l, lambda);
	NodeId elements[4] = { 0 };
	swift_loop_elements(l, &over, params.n ? params.at[0].span : span, elements);
	bind_params(l, &params, 0, &over, elements, span);
	Turn turn = { form, 0 };
	NodeId value = turn_body(l, lambda, &turn);
	if (form == LOOP_MAP && value) flow_loop_collect(l->b, value);
	flow_scope_pop(l->b);
	flow_loop_end(l->b);
	return loop_result(l, call, receiver, value, region);
}

static NodeId reduce_loop(Lower *l, const Ex *call, NodeId receiver, SynId lambda, SynId initial) {
	LoopOver over = swift_loop_over(l, call->a->a, receiver);
	Span span = swift_span(l, lambda);
	NodeId before = initial ? swift_expr(l, initial) : flow_const_nil(l->b, span);
	flow_scope_push(l->b);
	ClosureParams params = closure_params(l, lambda);
	VarId running = flow_declare(l->b, params.n ? params.at[0].name : STR("$0"));
	flow_write(l->b, running, before);
	flow_loop_begin(l->b, LOOP_REDUCE, over.node, call->span);
	swift_trips(l, call->a->a, over.node);
	declare_captures(l, lambda);
	NodeId elements[4] = { 0 };
	swift_loop_elements(l, &over, params.n > 1 ? params.at[1].span : span, elements);
	bind_params(l, &params, 1, &over, elements, span);
	Turn turn = { LOOP_REDUCE, running };
	NodeId value = turn_body(l, lambda, &turn);
	if (value) flow_write(l->b, running, value);
	flow_loop_end(l->b);
	NodeId result = flow_read(l->b, running);
	flow_scope_pop(l->b);
	return result;
}

/* Optional.map runs at most once and is no loop. */
static bool is_optional(const Lower *l, NodeId receiver) {
	Str type = str_trim(swift_origin(l, receiver).type);
	if (type.len && type.ptr[type.len - 1] == '?') return true;
	const FlowNode *n = flow_edit(l->b, receiver);
	return n->kind == NODE_OP && (str_is(n->name, "first") || str_is(n->name, "last"));
}

bool swift_loop_call(Lower *l, const Ex *call, NodeId receiver, NodeId *out) {
	const LoopMethod *method = NULL;
	for (size_t i = 0; i < BASE_COUNT(loop_methods); i++) {
		if (str_is(call->a->name, loop_methods[i].name)) method = &loop_methods[i];
	}
	if (!method || !receiver || call->a->a->kind == EX_CHAIN) return false;
	if (is_optional(l, receiver)) return false;
	if (flow_edit(l->b, receiver)->facts.domain == DOMAIN_DEVICE) return false;
	size_t n = 0;
	SwiftArg *args;
	SynId lambda = closure_of(l, call, &args, &n);
	if (!lambda || n > 1 || (n == 1) != (method->form == LOOP_REDUCE)) return false;
	if (l->depth >= LOWER_MAX_DEPTH) return false;
	l->depth++;
	flow_count(l->b, 1);
	*out = method->form == LOOP_REDUCE ? reduce_loop(l, call, receiver, lambda, args[0].value)
	                                   : plain_loop(l, call, receiver, method->form, lambda);
	l->depth--;
	return true;
}

/* DispatchQueue.concurrentPerform(iterations: n) { i in ... } */
NodeId swift_concurrent(Lower *l, const Ex *call) {
	size_t n = 0;
	SwiftArg *args;
	SynId lambda = closure_of(l, call, &args, &n);
	if (!lambda || n != 1 || !args[0].value) return 0;
	NodeId count = swift_expr(l, args[0].value);
	FlowArg range_args[2] = { { .node = flow_const_number(l->b, call->head, 0, true, STR("0")) }, { .node = count } };
	flow_edit(l->b, range_args[0].node)->is_implicit = true;
	LoopOver over = { .n_parts = 1 };
	over.node = flow_op(l->b, "range", call->span, range_args, 2);
	flow_edit(l->b, over.node)->is_implicit = true;
	RegionId region = flow_loop_begin(l->b, LOOP_CONCURRENT, over.node, call->span);
	swift_trips(l, NULL, over.node);
	flow_scope_push(l->b);
	ClosureParams params = closure_params(l, lambda);
	NodeId elements[4] = { 0 };
	swift_loop_elements(l, &over, params.n ? params.at[0].span : call->span, elements);
	bind_params(l, &params, 0, &over, elements, call->span);
	Turn turn = { LOOP_CONCURRENT, 0 };
	turn_body(l, lambda, &turn);
	flow_scope_pop(l->b);
	flow_loop_end(l->b);
	NodeId node = flow_add(l->b, NODE_CALL, call->span, &(FlowArg) { count, STR("iterations"), false }, 1);
	flow_edit(l->b, node)->name = call->a->name;
	flow_edit(l->b, node)->head = call->head;
	flow_edit(l->b, node)->body = region;
	return node;
}
