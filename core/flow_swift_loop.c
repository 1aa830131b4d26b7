#include "core/posix.h"

#include "core/flow_swift_lower.h"

#include <string.h>

/* ---- what is run over ---- */

static bool is_call_of(const Ex *ex, ExKind kind, const char *name) {
	return ex && ex->kind == EX_CALL && ex->a->kind == kind && str_is(ex->a->name, name);
}

/* Elements of the same kind in another order or number. */
static const Ex *same_elements(const Ex *ex) {
	static const char *const names[] = { "reversed", "dropFirst", "dropLast", "prefix", "suffix", "shuffled",
		"sorted" };
	for (size_t i = 0; i < BASE_COUNT(names); i++) {
		if (is_call_of(ex, EX_MEMBER, names[i])) return ex->a->a;
	}
	return NULL;
}

static Origin element_of(const Lower *l, NodeId sequence) {
	const FlowGraph *g = flow_so_far(l->b);
	Origin origin = swift_origin(l, sequence);
	for (int depth = 0; depth < 4 && sequence && !origin.type.len && !origin.field; depth++) {
		const FlowNode *n = &g->nodes[sequence];
		bool passes = (n->kind == NODE_OP || n->kind == NODE_CALL) && n->n_args > 0;
		if (!passes) break;
		static const char *const names[] = { "reversed", "array_reversed", "enumerated", "dropFirst", "dropLast",
			"prefix", "suffix", "array_prefix", "array_suffix", "array_drop" };
		bool same = false;
		for (size_t i = 0; i < BASE_COUNT(names); i++) same |= str_is(n->name, names[i]);
		if (!same) break;
		sequence = g->args[n->args].node;
		origin = swift_origin(l, sequence);
	}
	if (sequence && g->nodes[sequence].kind == NODE_OP && str_is(g->nodes[sequence].name, "range"))
		origin.type = STR("[Int]");
	return (Origin) { swift_type_element(origin.type), origin.field };
}

LoopOver swift_loop_over(Lower *l, const Ex *ex, NodeId node) {
	LoopOver over = { .node = node, .n_parts = 1 };
	while (ex && (ex->kind == EX_TRY || ex->kind == EX_FORCE)) ex = ex->a;
	const FlowNode *n = flow_edit(l->b, node);
	const FlowGraph *g = flow_so_far(l->b);
	NodeId first = n->n_args > 0 ? g->args[n->args].node : 0, second = n->n_args > 1 ? g->args[n->args + 1].node : 0;
	if (is_call_of(ex, EX_MEMBER, "enumerated")) {
		over.n_parts = 2;
		over.labels[0] = "offset";
		over.labels[1] = "element";
		over.parts[0].type = STR("Int");
		over.parts[1] = element_of(l, first);
	} else if (is_call_of(ex, EX_ATOM, "zip") && n->n_args >= 2) {
		over.n_parts = 2;
		over.labels[0] = over.labels[1] = "";
		over.parts[0] = element_of(l, first);
		over.parts[1] = element_of(l, second);
	} else {
		const Ex *base = same_elements(ex);
		LoopOver inner = base && first ? swift_loop_over(l, base, first) : over;
		inner.node = node;
		if (inner.n_parts > 1) return inner;
		over.parts[0] = element_of(l, node);
		if (!over.parts[0].type.len && base) over.parts[0] = element_of(l, first);
	}
	return over;
}

void swift_loop_elements(Lower *l, const LoopOver *over, Span span, NodeId *out) {
	for (size_t i = 0; i < over->n_parts && i < 4; i++) {
		out[i] = flow_loop_var(l->b, (uint16_t)i, span);
		swift_note(l, out[i], over->parts[i].type, over->parts[i].field);
	}
}

NodeId swift_loop_tuple(Lower *l, const LoopOver *over, const NodeId *elements, Span span) {
	if (over->n_parts < 2) return elements[0];
	FlowArg args[4] = { { 0 } };
	for (size_t i = 0; i < over->n_parts; i++) {
		args[i] = (FlowArg) { elements[i], str_of(over->labels[i] ? over->labels[i] : ""), false };
	}
	NodeId node = flow_add(l->b, NODE_TUPLE, span, args, over->n_parts);
	flow_edit(l->b, node)->is_implicit = true;
	return node;
}

/* ---- how often ---- */

static void trips_of_bounds(Lower *l, NodeId from, NodeId to, NodeId by, bool closed) {
	const FlowGraph *g = flow_so_far(l->b);
	double a = 0, z = 0, step = 1;
	bool literal = (!from || flow_number(g, from, &a)) && flow_number(g, to, &z) && (!by || flow_number(g, by, &step));
	if (literal && step != 0) {
		double turns = (z - a) / step;
		int64_t whole = turns > 0 && turns < 1e15 ? (int64_t)turns : 0;
		bool last = closed ? turns >= 0 : turns > (double)whole; /* a started step, or the bound itself */
		flow_loop_trips(l->b, TRIPS_LITERAL, whole + last, STR_NONE);
		return;
	}
	const FlowNode *n = to ? &g->nodes[to] : NULL;
	for (int depth = 0; n && depth < 4 && n->kind == NODE_OP && n->n_args && !(op_info(n->op)->traits & OP_SHAPE);
	     depth++) {
		n = &g->nodes[g->args[n->args].node];
	}
	if (!n) return;
	bool data = n->kind == NODE_LOAD || (n->kind == NODE_OP && (op_info(n->op)->traits & OP_SHAPE));
	bool named =
	    n->kind == NODE_FIELD || n->kind == NODE_PARAM || (n->kind == NODE_CALL && n->has_receiver && n->n_args == 1);
	if (data)
		flow_loop_trips(l->b, TRIPS_DATA, 0, STR_NONE);
	else if (named && n->kind != NODE_PARAM && n->span.end > n->span.start)
		flow_loop_trips(l->b, TRIPS_NAMED, 0, swift_text(l, n->span));
	else if (named)
		flow_loop_trips(l->b, TRIPS_NAMED, 0, n->name);
}

void swift_trips(Lower *l, const Ex *ex, NodeId over) {
	(void)ex;
	const FlowGraph *g = flow_so_far(l->b);
	const FlowNode *n = over ? &g->nodes[over] : NULL;
	for (int depth = 0; n && depth < 6; depth++) {
		bool is_range = n->kind == NODE_OP && (str_is(n->name, "range") || str_is(n->name, "range_closed"));
		if (is_range && n->n_args >= 2) {
			trips_of_bounds(l, g->args[n->args].node, g->args[n->args + 1].node,
			    n->n_args > 2 ? g->args[n->args + 2].node : 0, str_is(n->name, "range_closed"));
			return;
		}
		if (n->kind == NODE_TUPLE && n->op != OP_NONE) {
			flow_loop_trips(l->b, TRIPS_LITERAL, n->n_args, STR_NONE);
			return;
		}
		Origin origin = swift_origin(l, over);
		if (n->kind == NODE_FIELD && origin.field && swift_is_layer(l, origin.field, swift_type_element(origin.type))) {
			flow_loop_trips(l->b, TRIPS_NAMED, 0, n->name);
			return;
		}
		bool passes = (n->kind == NODE_OP || n->kind == NODE_CALL) && n->n_args > 0 && g->args[n->args].node;
		if (!passes) break;
		over = g->args[n->args].node;
		n = &g->nodes[over];
	}
	if (n) flow_loop_trips(l->b, TRIPS_DATA, 0, STR_NONE);
}

/* ---- for ---- */

static SynId pattern_name(const Lower *l, SynId pattern) {
	SynId first = syntax_child(l->t, pattern);
	if (!first || syntax_next(l->t, first)) return 0;
	return l->t->nodes[first].kind == SYN_SIMPLE_IDENTIFIER ? first : 0;
}

static bool is_plain_tuple(const Lower *l, SynId pattern) {
	SynId first = syntax_child(l->t, pattern);
	return first && l->t->nodes[first].kind == SYN_TOKEN && str_is(syntax_text(l->t, first), "(");
}

static void bind_item(Lower *l, SynId pattern, const LoopOver *over) {
	Span span = swift_span(l, pattern);
	NodeId elements[4] = { 0 };
	size_t k = 0;
	if (over->n_parts > 1 && is_plain_tuple(l, pattern)) {
		for (SynId c = syntax_child(l->t, pattern); c && k < over->n_parts; c = syntax_next(l->t, c)) {
			if (l->t->nodes[c].kind != SYN_PATTERN) continue;
			elements[k] = flow_loop_var(l->b, (uint16_t)k, swift_span(l, c));
			swift_note(l, elements[k], over->parts[k].type, over->parts[k].field);
			swift_pattern(l, c, elements[k], true, PATTERN_BOTH);
			k++;
		}
		return;
	}
	swift_loop_elements(l, over, span, elements);
	NodeId whole = swift_loop_tuple(l, over, elements, span);
	SynId name = pattern_name(l, pattern);
	if (name)
		swift_declare(l, syntax_text(l->t, name), whole, STR_NONE, span);
	else
		swift_pattern(l, pattern, whole, true, PATTERN_BOTH);
}

static void lower_where(Lower *l, SynId statement, FlowBranch **branch) {
	SynId where = syntax_find(l->t, statement, SYN_WHERE_CLAUSE);
	SynId test = 0;
	for (SynId c = where ? syntax_child(l->t, where) : 0; c; c = syntax_next(l->t, c)) {
		if (l->t->nodes[c].kind != SYN_WHERE_KEYWORD && !swift_is_trivia(l->t, c)) test = c;
	}
	if (!test) return;
	NodeId condition = swift_expr(l, test);
	*branch = flow_branch_begin(l->b, swift_span(l, statement));
	flow_branch_arm(l->b, *branch, condition, swift_span(l, statement));
}

static void loop_body(Lower *l, SynId statement) {
	bool outer = l->breaks_switch;
	l->breaks_switch = false;
	SynId body = syntax_find(l->t, statement, SYN_STATEMENTS);
	if (body) swift_block(l, body, false);
	l->breaks_switch = outer;
}

void swift_for(Lower *l, SynId syn) {
	SynId item = syntax_field(l->t, syn, SYNF_ITEM), collection = syntax_field(l->t, syn, SYNF_COLLECTION);
	ExRun run = { 0 };
	NodeId node = 0;
	if (collection) {
		run = swift_read(l->t, collection, l->arena);
		flow_count(l->b, run.n_nodes ? run.n_nodes : 1);
		node = swift_ex(l, run.ex);
	}
	LoopOver over = node ? swift_loop_over(l, run.ex, node) : (LoopOver) { .n_parts = 1 };
	flow_loop_begin(l->b, LOOP_FOR, over.node, swift_span(l, syn));
	swift_trips(l, run.ex, over.node);
	flow_scope_push(l->b);
	if (item) bind_item(l, item, &over);
	FlowBranch *branch = NULL;
	lower_where(l, syn, &branch);
	loop_body(l, syn);
	if (branch) flow_branch_end(l->b, branch, false);
	flow_scope_pop(l->b);
	flow_loop_end(l->b);
}

/* ---- while, repeat ---- */

static bool is_true(const Lower *l, NodeId node) {
	const FlowNode *n = flow_edit(l->b, node);
	return node && n->kind == NODE_CONST && n->is_bool && n->number != 0;
}

void swift_while(Lower *l, SynId syn) {
	flow_loop_begin(l->b, LOOP_WHILE, 0, swift_span(l, syn));
	flow_scope_push(l->b);
	SynId brace = 0;
	NodeId condition = swift_conditions(l, syn, &brace);
	if (is_true(l, condition)) flow_loop_trips(l->b, TRIPS_UNBOUNDED, 0, STR_NONE);
	loop_body(l, syn);
	flow_scope_pop(l->b);
	flow_loop_end(l->b);
}

void swift_repeat(Lower *l, SynId syn) {
	flow_loop_begin(l->b, LOOP_REPEAT, 0, swift_span(l, syn));
	loop_body(l, syn);
	NodeId condition = 0;
	for (SynId c = syntax_child(l->t, syn); c; c = syntax_next(l->t, c)) {
		if (l->t->nodes[c].field == SYNF_CONDITION) condition = swift_expr(l, c);
	}
	if (is_true(l, condition)) flow_loop_trips(l->b, TRIPS_UNBOUNDED, 0, STR_NONE);
	flow_loop_end(l->b);
}
