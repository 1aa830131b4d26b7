/* Calls as written, turned into operations with their arguments in canonical places. */
#include "core/posix.h"

#include "core/flow_builder.h"

#include <string.h>

enum { CALL_ARGS = 64 };

/* What is known of a receiver while the graph is still being built: enough to tell an array's `.split` from a string's. */
static OpReceiver receiver_of(const FlowBuilder *b, NodeId id, int depth) {
	const FlowNode *node = &b->d.nodes.at[id];
	if (node->facts.domain == DOMAIN_DEVICE) return OP_RECEIVER_DEVICE;
	if (node->facts.domain == DOMAIN_HOST_ARRAY || node->facts.domain == DOMAIN_HOST_SCALAR) return OP_RECEIVER_HOST;
	if (node->kind == NODE_CONST || node->kind == NODE_TUPLE) return OP_RECEIVER_HOST;
	if (node->kind == NODE_MODULE) return OP_RECEIVER_DEVICE;
	uint32_t traits = node->kind == NODE_OP ? op_info(node->op)->traits : 0;
	if (traits & (OP_HOST | OP_SYNC)) return OP_RECEIVER_HOST;
	if (traits & (OP_DEVICE | OP_CONSTRUCTOR)) return OP_RECEIVER_DEVICE;
	bool through = traits & (OP_VIEW | OP_CAST | OP_COPY | OP_ELEMENTWISE | OP_REDUCTION);
	if (!through && node->kind != NODE_LOAD && node->kind != NODE_JOIN && node->kind != NODE_STORE)
		return OP_RECEIVER_UNKNOWN;
	if (depth == 0 || node->n_args == 0) return OP_RECEIVER_UNKNOWN;
	OpReceiver base = receiver_of(b, b->d.args.at[node->args].node, depth - 1);
	return node->kind == NODE_LOAD && base == OP_RECEIVER_HOST ? OP_RECEIVER_UNKNOWN : base;
}

static bool is_integer_literal(const FlowBuilder *b, NodeId id) {
	const FlowNode *node = &b->d.nodes.at[id];
	if (node->kind == NODE_OP && node->n_args == 1 && str_is(node->name, "negative")) {
		node = &b->d.nodes.at[b->d.args.at[node->args].node];
	}
	return node->kind == NODE_CONST && node->is_number && node->is_int;
}

typedef struct CanonicalCall {
	const OpMatch *match;
	const OpInfo *info;
	NodeId receiver, fixed;
	const FlowArg *args;
	size_t n_args;
	FlowArg *out; /* room for CALL_ARGS */
	size_t n;
} CanonicalCall;

static void put_arg(CanonicalCall *c, FlowArg arg) {
	if (c->n < CALL_ARGS) c->out[c->n++] = arg;
}

/* All that goes to one parameter, in order; several sizes of reshape(2, -1) share one. Whether there was any. */
static bool put_param(CanonicalCall *c, int param, Str label) {
	size_t before = c->n;
	if (c->receiver && c->match->receiver == param) put_arg(c, (FlowArg) { c->receiver, label, false });
	for (size_t i = 0; i < c->n_args && i < 16; i++) {
		if (c->match->canon[i] == param) put_arg(c, (FlowArg) { c->args[i].node, label, c->args[i].spread });
	}
	if (c->n == before && c->fixed && c->match->fixed_param == param) put_arg(c, (FlowArg) { c->fixed, label, false });
	return c->n > before;
}

static void put_rest(CanonicalCall *c, bool labelled) {
	for (size_t i = 0; i < c->n_args; i++) {
		bool named = i < 16 && c->match->canon[i] >= 0;
		if (!named && (c->args[i].label.len > 0) == labelled) put_arg(c, c->args[i]);
	}
}

/* Operands and labelled arguments at their canonical places; what the spelling doesn't name follows as written. */
static void canonical_args(CanonicalCall *c) {
	int n_operands = c->info->n_operands;
	size_t kept = 0;
	for (int p = 0; p < n_operands; p++) {
		if (put_param(c, p, STR_NONE)) {
			kept = c->n;
		} else {
			put_arg(c, (FlowArg) { 0, STR_NONE, false });
		}
	}
	c->n = kept;
	put_rest(c, false);
	for (int p = n_operands; c->info->params[p]; p++) put_param(c, p, str_of(c->info->params[p]));
	put_rest(c, true);
}

static NodeId unresolved_call(FlowBuilder *b, CallForm form, Str qualifier, Str name, NodeId receiver,
    const FlowArg *args, size_t n_args, Span span, Span head) {
	FlowArg all[CALL_ARGS] = { 0 };
	size_t n = 0;
	if (receiver) all[n++].node = receiver;
	for (size_t i = 0; i < n_args && n < CALL_ARGS; i++) all[n++] = args[i];
	NodeKind kind = form == CALL_PROPERTY ? NODE_FIELD : form == CALL_CONSTRUCTOR ? NODE_NEW : NODE_CALL;
	NodeId id = flow_add(b, kind, span, all, n);
	FlowNode *node = flow_edit(b, id);
	node->name = name;
	node->key = form == CALL_PROPERTY ? name : qualifier;
	node->head = head;
	node->has_receiver = receiver != 0;
	return id;
}

NodeId flow_call(FlowBuilder *b, CallForm form, Str qualifier, Str name, NodeId receiver, const FlowArg *args,
    size_t n_args, Span span, Span head) {
	Str labels[CALL_ARGS] = { { 0 } };
	if (n_args > CALL_ARGS - 20) n_args = CALL_ARGS - 20;
	OpCall call = { .dialect = b->g.dialect, .form = form, .qualifier = qualifier, .name = name, .n_args = n_args };
	for (size_t i = 0; i < n_args; i++) {
		labels[i] = args[i].label;
		if (i < 32 && is_integer_literal(b, args[i].node)) call.integers |= UINT32_C(1) << i;
		if (i < 32 && b->d.nodes.at[args[i].node].is_string) call.strings |= UINT32_C(1) << i;
	}
	call.labels = n_args ? labels : NULL;
	if (receiver) call.receiver = receiver_of(b, receiver, 6);
	OpMatch match = { .receiver = -1, .fixed_param = -1 };
	memset(match.canon, -1, sizeof match.canon);
	if (!ops_resolve(&call, &match)) {
		return unresolved_call(b, form, qualifier, name, receiver, args, n_args, span, head);
	}
	FlowArg out[CALL_ARGS];
	CanonicalCall c = {
		.match = &match, .info = op_info(match.op), .receiver = receiver, .args = args, .n_args = n_args, .out = out
	};
	if (match.fixed_param >= 0) {
		double value = match.fixed_value;
		bool is_int = value > -1e15 && value < 1e15 && value == (double)(int64_t)value; /* false for nan and inf */
		c.fixed = match.fixed_text.len ? flow_add(b, NODE_GLOBAL, span, NULL, 0)
		                               : flow_const_number(b, span, value, is_int, STR_NONE);
		if (match.fixed_text.len) flow_edit(b, c.fixed)->name = flow_edit(b, c.fixed)->key = match.fixed_text;
		flow_edit(b, c.fixed)->is_implicit = true;
	}
	canonical_args(&c);
	NodeId id = flow_add(b, match.constructs ? NODE_NEW : NODE_OP, span, out, c.n);
	FlowNode *node = flow_edit(b, id);
	node->op = match.op;
	node->name = match.constructs ? name : str_of(op_info(match.op)->name);
	node->head = head;
	return id;
}
