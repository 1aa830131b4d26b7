/* kv-cache-missing: a model that runs over the whole sequence again for each new piece of it.
 *
 * Told by the loop. What the model is given, whole, is carried and grows in each turn by what was computed of the model's answer: by
 * concatenation or append (`growth`), in a field of something that is carried (the tokens of a beam), or before layers run
 * over all of it. Nothing that may be a state goes to the call, and what is called keeps nothing. Loops over layers, which
 * add what the layer gave to what it got, are none. */
#include "core/posix.h"

#include "core/detect_arrays.h"

#include <stdlib.h>
#include <string.h>

typedef struct Prefix {
	const MatchContext *context;
	const Technique *technique;
	Findings *findings;
	const Program *p;
	const FlowGraph *g;
	RegionId loop;
	uint8_t *does; /* one a component: ATTENDS, KEEPS */
	OpId concat, append, add, array;
} Prefix;

static bool is_view(const FlowGraph *g, NodeId id) {
	return g->nodes[id].kind == NODE_OP && (flow_traits(g, id) & (OP_VIEW | OP_CAST | OP_COPY));
}

static NodeId behind_views(const FlowGraph *g, NodeId id) {
	while (id && is_view(g, id)) id = flow_arg(g, id, 0);
	return id;
}

static bool is_join(const FlowGraph *g, NodeId id, RegionKind kind) {
	return g->nodes[id].kind == NODE_JOIN && g->regions[g->nodes[id].body].kind == kind;
}

/* ---- what runs a model ---- */

/* Attention in the function itself, however it is written. */
static bool attends(const FlowGraph *g) {
	OpId sdpa = op_named("sdpa"), softmax = op_named("softmax"), matmul = op_named("matmul");
	bool normalises = false, multiplies = false;
	for (NodeId n = 1; n < g->n; n++) {
		if (flow_is_op(g, n, sdpa)) return true;
		normalises |= flow_is_op(g, n, softmax);
		multiplies |= flow_is_op(g, n, matmul);
	}
	return normalises && multiplies;
}

/* A number kept (a counter, a switch) is no state of a sequence. */
static bool stores_field(const FlowGraph *g) {
	for (NodeId n = 1; n < g->n; n++) {
		NodeId value = g->nodes[n].kind == NODE_STORE && g->nodes[n].name.len ? flow_arg(g, n, 1) : 0;
		if (value && g->nodes[value].facts.domain != DOMAIN_HOST_SCALAR) return true;
	}
	return false;
}

enum { ATTENDS = 1, KEEPS = 2 };

/* What each function does, itself or in callees to depth PROGRAM_DEPTH: ATTENDS, KEEPS (something from call to call in a field:
 * perhaps what it has seen). One a component; the caller frees it. */
static uint8_t *what_is_done(const Program *p) {
	size_t n = p->outline->n;
	uint8_t *does = base_alloc(n + 1), *before = base_alloc(n + 1);
	for (ComponentId c = 0; c < n; c++) {
		const FlowGraph *g = &p->functions[c].graph;
		does[c] = (uint8_t)((attends(g) ? ATTENDS : 0) | (stores_field(g) ? KEEPS : 0));
	}
	for (int depth = 0; depth < PROGRAM_DEPTH; depth++) {
		memcpy(before, does, n);
		for (ComponentId c = 0; c < n; c++) {
			const FlowGraph *g = &p->functions[c].graph;
			for (NodeId id = 1; id < g->n; id++) {
				const FlowNode *node = &g->nodes[id];
				bool calls = node->kind == NODE_CALL || node->kind == NODE_MODULE;
				if (calls && !node->origin && node->callee != COMPONENT_NONE) does[c] |= before[node->callee];
			}
		}
	}
	free(before);
	return does;
}

static bool runs_model(const Prefix *s, NodeId id) {
	const FlowNode *node = &s->g->nodes[id];
	if (node->origin) return false;
	if (node->kind == NODE_MODULE) return !node->op || node->callee != COMPONENT_NONE;
	if (node->kind != NODE_CALL || node->callee == COMPONENT_NONE) return false;
	return s->p->functions[node->callee].runs_modules || (s->does[node->callee] & ATTENDS);
}

/* ---- what grows ---- */

typedef struct Growth {
	NodeId node, past, added;
} Growth;

/* `concatenated([past, x])`, `past.append(x)`, `past + [x]`. */
static bool read_growth(const Prefix *s, NodeId id, Growth *out) {
	const FlowGraph *g = s->g;
	NodeId a = flow_arg(g, id, 0), b = flow_arg(g, id, 1);
	*out = (Growth) { id, 0, 0 };
	if (flow_is_op(g, id, s->append)) {
		out->past = a, out->added = b;
	} else if (flow_is_op(g, id, s->concat)) {
		double axis;
		NodeId at = flow_labelled(g, id, "axis");
		if (!a || g->nodes[a].kind != NODE_TUPLE || g->nodes[a].n_args != 2) return false;
		if (at && flow_number(g, at, &axis) && axis == -1) return false; /* features, not positions */
		out->past = behind_views(g, flow_arg(g, a, 0)), out->added = flow_arg(g, a, 1);
	} else if (flow_is_op(g, id, s->add) && b && g->nodes[b].kind == NODE_TUPLE) {
		out->past = a, out->added = b;
	}
	return out->past && out->added;
}

static bool is_carried(const Prefix *s, NodeId id) {
	const FlowNode *node = &s->g->nodes[id];
	return node->kind == NODE_JOIN && node->body == s->loop && node->n_args == 2 && flow_arg(s->g, id, 1);
}

/* The carried value that something is, or is a field or element of; *field is the last field's name. */
static NodeId carried_root(const Prefix *s, NodeId id, Str *field) {
	const FlowGraph *g = s->g;
	*field = STR_NONE;
	for (int depth = 0; id && depth < 10; depth++) {
		const FlowNode *node = &g->nodes[id];
		if (is_carried(s, id)) return id;
		if (node->kind == NODE_FIELD && !field->len) *field = node->name;
		if (node->kind == NODE_LOOPVAR) {
			RegionId inner = flow_enclosing(g, node->region, REGION_LOOP);
			if (inner == REGION_NONE || inner == s->loop) return 0;
			id = g->regions[inner].over;
		} else if (node->kind == NODE_FIELD || node->kind == NODE_PART || node->kind == NODE_LOAD ||
		           (node->kind == NODE_OP && (is_view(g, id) || flow_is_op(g, id, op_named("enumerated"))))) {
			id = flow_arg(g, id, 0);
		} else {
			return 0;
		}
	}
	return 0;
}

/* Computed of a call's result (or of what was repeated for the call), also through the elements of what a loop runs over. */
static bool comes_from(const FlowGraph *g, NodeId node, NodeId from) {
	bool *seen = base_alloc(g->n + 1), found = false;
	VEC(NodeId) open = { 0 };
	VEC_PUSH(open) = node;
	while (open.n && !found) {
		NodeId id = open.at[--open.n];
		if (seen[id]) continue;
		seen[id] = true;
		found = id == from || g->nodes[id].origin == from;
		for (size_t i = 0; i < g->nodes[id].n_args; i++) {
			if (flow_arg(g, id, i)) VEC_PUSH(open) = flow_arg(g, id, i);
		}
		RegionId loop = g->nodes[id].kind == NODE_LOOPVAR ? flow_enclosing(g, g->nodes[id].region, REGION_LOOP) : 0;
		if (loop && loop != REGION_NONE && g->regions[loop].over) VEC_PUSH(open) = g->regions[loop].over;
	}
	VEC_FREE(open);
	free(seen);
	return found;
}

/* ---- what the model is given ---- */

/* The growing part of an argument that is given whole: behind views, arrays made of it, a fixed beginning, layers before. */
static NodeId given_whole(const Prefix *s, NodeId arg) {
	const FlowGraph *g = s->g;
	for (int depth = 0; arg && depth < 8; depth++) {
		Growth growth;
		bool inner = is_join(g, arg, REGION_LOOP) && g->nodes[arg].body != s->loop;
		if (is_carried(s, arg)) return arg;
		if (read_growth(s, arg, &growth) && is_carried(s, growth.past)) return arg;
		if (is_view(g, arg) || flow_is_op(g, arg, s->array) || inner) {
			arg = flow_arg(g, arg, 0);
		} else if (flow_is_op(g, arg, s->add) && g->nodes[flow_arg(g, arg, 0)].kind == NODE_TUPLE) {
			arg = flow_arg(g, arg, 1); /* [start] + tokens */
		} else {
			return g->nodes[arg].kind == NODE_FIELD ? arg : 0;
		}
	}
	return 0;
}

/* Anything beside the prefix that may hold a state: no plain array, number or constant. */
static bool has_state(const Prefix *s, NodeId call, NodeId prefix) {
	const FlowGraph *g = s->g;
	const FlowNode *node = &g->nodes[call];
	size_t first = node->kind == NODE_MODULE || node->has_receiver ? 1 : 0;
	for (size_t i = first; i < node->n_args; i++) {
		NodeId arg = flow_arg(g, call, i);
		if (!arg || given_whole(s, arg) == prefix || g->nodes[arg].is_nil) continue;
		uint8_t domain = g->nodes[arg].facts.domain;
		bool plain = domain == DOMAIN_DEVICE || domain == DOMAIN_HOST_SCALAR;
		if (!plain || program_invariant(s->p, g, arg, s->loop) != TRUTH_YES) return true;
	}
	return node->callee != COMPONENT_NONE && (s->does[node->callee] & KEEPS);
}

/* A stack of layers gets what the layers before it have given: each is another one. Layers of an inner loop are the same in each turn. */
static bool is_another(const Prefix *s, NodeId call) {
	const FlowGraph *g = s->g;
	const FlowNode *node = &g->nodes[call];
	if (node->kind != NODE_MODULE && !node->has_receiver) return false;
	NodeId called = flow_arg(g, call, 0);
	RegionId of =
	    g->nodes[called].kind == NODE_LOOPVAR ? flow_enclosing(g, g->nodes[called].region, REGION_LOOP) : REGION_NONE;
	if (of != REGION_NONE && of != s->loop) called = g->regions[of].over;
	return program_invariant(s->p, g, called, s->loop) == TRUTH_NO;
}

/* ---- the three forms ---- */

/* Kept as it is, in one branch or the other: not cut to a window. */
static bool is_kept_whole(const FlowGraph *g, NodeId id, NodeId grown, int depth) {
	if (id == grown) return true;
	if (!id || depth == 0) return false;
	if (is_view(g, id)) return is_kept_whole(g, flow_arg(g, id, 0), grown, depth - 1);
	for (size_t i = 0; is_join(g, id, REGION_BRANCH) && i < g->nodes[id].n_args; i++) {
		if (is_kept_whole(g, flow_arg(g, id, i), grown, depth - 1)) return true;
	}
	return false;
}

/* Kept after layers ran over all of it. */
static bool is_kept_through_layers(const Prefix *s, NodeId id, NodeId grown) {
	const FlowGraph *g = s->g;
	for (int depth = 0; id && depth < 12; depth++) {
		if (id == grown) return true;
		bool inner = is_join(g, id, REGION_LOOP) && g->nodes[id].body != s->loop;
		if (g->nodes[id].kind == NODE_MODULE)
			id = flow_arg(g, id, 1);
		else if (is_view(g, id) || inner)
			id = flow_arg(g, id, 0);
		else
			return false;
	}
	return false;
}

/* The growth in this loop that the call's argument is the past of, or is itself; 0 when it doesn't grow by what the call gives. */
static NodeId grows(const Prefix *s, NodeId call, NodeId whole) {
	const FlowGraph *g = s->g;
	Growth growth;
	Str field, other;
	if (read_growth(s, whole, &growth) && is_carried(s, growth.past)) {
		NodeId turn = flow_arg(g, growth.past, 1);
		bool kept = turn != whole && is_kept_through_layers(s, turn, whole) && comes_from(g, turn, call);
		return kept && comes_from(g, growth.added, growth.past) ? growth.past : 0;
	}
	NodeId root = carried_root(s, whole, &field);
	if (!root || (whole != root && !field.len)) return 0;
	for (NodeId id = g->regions[s->loop].first; id < g->regions[s->loop].last; id++) {
		if (!read_growth(s, id, &growth) || !flow_inside(g, g->nodes[id].region, s->loop)) continue;
		if (carried_root(s, growth.past, &other) != root || !str_eq(field, other)) continue;
		if (!field.len && growth.past != root) continue;
		NodeId turn = flow_arg(g, root, 1);
		bool kept = field.len ? comes_from(g, turn, id) : is_kept_whole(g, turn, id, 4);
		if (kept && comes_from(g, growth.added, call)) return root;
	}
	return 0;
}

static void report(const Prefix *s, NodeId call, NodeId whole, NodeId root) {
	const FlowGraph *g = s->g;
	Str what = g->nodes[whole].kind == NODE_FIELD ? g->nodes[whole].name : g->nodes[root].var;
	if (!what.len) what = STR("the sequence so far");
	Finding *f = detect_add(s->context, s->technique, s->findings, g->file, g->nodes[call].span,
	    "The model runs over the whole of `%.*s` for each new token; with a cache it would run over the new one alone.",
	    STR_ARG(what));
	f->graph = g;
	f->root = call;
	f->loop = s->loop;
}

static bool look_at_call(const Prefix *s, NodeId call) {
	const FlowGraph *g = s->g;
	const FlowNode *node = &g->nodes[call];
	size_t first = node->kind == NODE_MODULE || node->has_receiver ? 1 : 0;
	for (size_t i = first; i < node->n_args; i++) {
		NodeId whole = given_whole(s, flow_arg(g, call, i));
		NodeId root = whole ? grows(s, call, whole) : 0;
		if (!root || is_another(s, call) || has_state(s, call, whole)) continue;
		report(s, call, whole, root);
		return true;
	}
	return false;
}

static void look_at_loop(const Prefix *s) {
	const FlowRegion *loop = &s->g->regions[s->loop];
	for (NodeId call = loop->first; call < loop->last; call++) {
		if (!flow_inside(s->g, s->g->nodes[call].region, s->loop) || !runs_model(s, call)) continue;
		if (look_at_call(s, call)) return;
	}
}

void detect_kv_cache_missing(const MatchContext *context, const Technique *technique, Findings *findings) {
	const Program *p = context->program;
	Prefix s = { .context = context,
		.technique = technique,
		.findings = findings,
		.p = p,
		.does = what_is_done(p),
		.concat = op_named("concat"),
		.append = op_named("array_append"),
		.add = op_named("add"),
		.array = op_named("array") };
	for (ComponentId c = 0; c < p->outline->n; c++) {
		s.g = &p->functions[c].graph;
		if (!s.g->n || !detect_wants(context, s.g->file)) continue;
		for (s.loop = 1; s.loop < s.g->n_regions; s.loop++) {
			if (s.g->regions[s.loop].kind == REGION_LOOP) look_at_loop(&s);
		}
	}
	free(s.does);
}
