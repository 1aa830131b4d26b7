/* compile-fuse: chains of elementwise operations on device arrays that each make an array of their own, in a hot path.
 *
 * A chain is what stands in one region and hangs together by its operands, without what depends on weights and constants
 * alone. It counts where it is an activation by its form (of one or two arrays, one of them or of its own steps used more
 * than once, with a sine, an exponential or the like), runs in every layer or step, and nothing around it is given to
 * compile() already: neither the closure it stands in, nor the function, nor one that calls it. Masks, positions, norms
 * and guidance are chains of another form, and small or once a step. */
#include "core/posix.h"

#include "core/detect.h"

#include <stdlib.h>
#include <string.h>

enum { CHAIN = 5, LINES = 12, CALLERS_DEPTH = 3, INPUTS = 2 };

typedef struct Fusing {
	const MatchContext *context;
	const Technique *technique;
	Findings *findings;
	Map named;      /* functions given to compile by name */
	bool *compiled; /* one a component */
} Fusing;

/* ---- what is compiled already ---- */

static void note_compiled(Fusing *s, const FlowGraph *g, NodeId compile) {
	NodeId what = flow_arg(g, compile, 0);
	for (size_t i = 0; i < g->nodes[compile].n_args; i++) {
		NodeId arg = flow_arg(g, compile, i);
		if (arg && g->nodes[arg].name.len) map_put(&s->named, g->nodes[arg].name, 1);
		if (arg && g->nodes[arg].kind == NODE_CLOSURE) what = arg;
	}
	if (!what || g->nodes[what].kind != NODE_CLOSURE) return;
	for (NodeId id = 1; id < g->n; id++) {
		const FlowNode *node = &g->nodes[id];
		if (node->callee != COMPONENT_NONE && flow_inside(g, node->region, g->nodes[what].body))
			s->compiled[node->callee] = true;
	}
}

static void find_compiled(Fusing *s) {
	const Program *p = s->context->program;
	OpId compile = op_named("compile");
	for (ComponentId c = 0; c < p->outline->n; c++) {
		const FlowGraph *graphs[] = { &p->functions[c].graph, &p->fields[c] };
		for (size_t k = 0; k < BASE_COUNT(graphs); k++) {
			for (NodeId id = 1; id < graphs[k]->n; id++) {
				if (flow_is_op(graphs[k], id, compile)) note_compiled(s, graphs[k], id);
			}
		}
	}
	for (size_t f = 0; f < p->outline->source->n_files; f++) {
		for (NodeId id = 1; id < p->toplevel[f].n; id++) {
			if (flow_is_op(&p->toplevel[f], id, compile)) note_compiled(s, &p->toplevel[f], id);
		}
	}
}

static bool is_compiled(const Fusing *s, ComponentId id, int depth) {
	const Program *p = s->context->program;
	if (s->compiled[id] || map_get(&s->named, p->outline->components[id].base)) return true;
	const Function *f = &p->functions[id];
	for (size_t i = 0; i < f->n_callers && depth > 0; i++) {
		ComponentId caller = f->callers[i].graph->component;
		if (caller != COMPONENT_NONE && caller != id && is_compiled(s, caller, depth - 1)) return true;
	}
	return false;
}

static bool inside_compile(const FlowGraph *g, NodeId id) {
	OpId compile = op_named("compile");
	for (RegionId r = g->nodes[id].region; r != REGION_NONE; r = g->regions[r].parent) {
		if (g->regions[r].kind != REGION_CLOSURE || !g->regions[r].closure) continue;
		size_t n;
		const NodeId *users = flow_users(g, g->regions[r].closure, &n);
		for (size_t i = 0; i < n; i++) {
			if (flow_is_op(g, users[i], compile)) return true;
		}
	}
	return false;
}

/* ---- chains ---- */

static bool is_link(const Fusing *s, const FlowGraph *g, NodeId id) {
	const FlowNode *node = &g->nodes[id];
	if (node->kind != NODE_OP || node->origin || node->is_implicit) return false;
	uint32_t traits = flow_traits(g, id);
	if (!(traits & OP_ELEMENTWISE) || (traits & (OP_VIEW | OP_CAST | OP_HOST | OP_RANDOM | OP_EXPENSIVE))) return false;
	if (node->facts.domain != DOMAIN_DEVICE || node->facts.rank == 0) return false;
	return program_fixed(s->context->program, g, id) != TRUTH_YES;
}

typedef struct Chain {
	size_t n, n_inputs;
	NodeId last;
	NodeId input[INPUTS]; /* what it is computed of beside weights and constants */
	Span span;
	bool curved, shared; /* has a sine or the like; something in it is used more than once */
	bool turns;          /* has a cosine: a rotation or a table of positions */
} Chain;

static bool is_curved(OpId op) {
	static const char *const names[] = { "sin", "tanh", "exp", "expm1", "log", "log1p", "sigmoid", "erf", "softplus",
		"logaddexp", NULL };
	for (size_t i = 0; names[i]; i++) {
		if (op && op == op_find(str_of(names[i]))) return true;
	}
	return false;
}

static void add_input(Chain *chain, NodeId id) {
	for (size_t i = 0; i < chain->n_inputs && i < INPUTS; i++) {
		if (chain->input[i] != id) continue;
		chain->shared = true;
		return;
	}
	if (chain->n_inputs < INPUTS) chain->input[chain->n_inputs] = id;
	chain->n_inputs++;
}

/* Counts one more operation, and what it takes from outside of the chain. */
static void add_link(const Fusing *s, const FlowGraph *g, const bool *link, NodeId id, Chain *chain) {
	Span span = g->nodes[id].span;
	if (!chain->n++) chain->span = span;
	chain->last = id;
	if (span.start < chain->span.start) chain->span.start = span.start;
	if (span.end > chain->span.end) chain->span.end = span.end;
	chain->curved |= is_curved(g->nodes[id].op);
	chain->turns |= flow_is_op(g, id, op_named("cos"));
	size_t uses = 0, n;
	const NodeId *users = flow_users(g, id, &n);
	for (size_t i = 0; i < n; i++) uses += link[users[i]];
	chain->shared |= uses > 1;
	for (size_t i = 0; i < g->nodes[id].n_args; i++) {
		NodeId arg = flow_arg(g, id, i);
		bool inner = arg && link[arg] && g->nodes[arg].region == g->nodes[id].region;
		if (!arg || inner || g->nodes[arg].facts.domain != DOMAIN_DEVICE || g->nodes[arg].facts.rank == 0) continue;
		if (program_fixed(s->context->program, g, arg) != TRUTH_YES) add_input(chain, arg);
	}
}

static bool is_activation(const Chain *chain) {
	return chain->curved && chain->shared && !chain->turns && chain->n_inputs >= 1 && chain->n_inputs <= INPUTS;
}

static NodeId head_of(const NodeId *head, NodeId id) {
	while (head[id] != id) id = head[id];
	return id;
}

static void report(Fusing *s, const FlowGraph *g, const Chain *chain) {
	const SourceFile *file = &s->context->program->outline->source->files[g->file];
	uint32_t lines = source_pos(file, chain->span.end).line - source_pos(file, chain->span.start).line + 1;
	if (lines > LINES || inside_compile(g, chain->last)) return;
	Frequency often = program_frequency(s->context->program, g, chain->last, NULL, NULL);
	if (often != FREQUENCY_LAYER && often != FREQUENCY_STEP && often != FREQUENCY_STEP_LAYER) return;
	Finding *f = detect_add(s->context, s->technique, s->findings, g->file, chain->span,
	    "%zu elementwise operations, each with an array of its own: compile(shapeless: true) makes one kernel of them.",
	    chain->n);
	f->graph = g;
	f->root = chain->last;
}

static void look_at(Fusing *s, const FlowGraph *g) {
	NodeId *head = base_alloc((g->n + 1) * sizeof *head);
	Chain *chains = base_alloc((g->n + 1) * sizeof *chains);
	bool *link = base_alloc(g->n + 1);
	for (NodeId id = 1; id < g->n; id++) {
		head[id] = id;
		link[id] = is_link(s, g, id);
		for (size_t i = 0; link[id] && i < g->nodes[id].n_args; i++) {
			NodeId arg = flow_arg(g, id, i);
			if (arg && arg < id && link[arg] && g->nodes[arg].region == g->nodes[id].region)
				head[head_of(head, arg)] = id;
		}
	}
	for (NodeId id = 1; id < g->n; id++) {
		if (!link[id]) continue;
		add_link(s, g, link, id, &chains[head_of(head, id)]);
	}
	for (NodeId id = 1; id < g->n; id++) {
		if (link[id] && chains[id].n >= CHAIN && is_activation(&chains[id])) report(s, g, &chains[id]);
	}
	free(head);
	free(chains);
	free(link);
}

void detect_compile_fuse(const MatchContext *context, const Technique *technique, Findings *findings) {
	const Outline *o = context->program->outline;
	Fusing s = { .context = context, .technique = technique, .findings = findings };
	s.compiled = base_alloc(o->n + 1);
	find_compiled(&s);
	for (ComponentId id = 0; id < o->n; id++) {
		const Component *c = &o->components[id];
		const FlowGraph *g = &context->program->functions[id].graph;
		if (!g->n || !detect_wants(context, c->file) || o->source->files[c->file].is_test) continue;
		if (!is_compiled(&s, id, CALLERS_DEPTH)) look_at(&s, g);
	}
	map_done(&s.named);
	free(s.compiled);
}
