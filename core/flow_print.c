/* Op graphs as text, for people who write cards. */
#include "core/posix.h"

#include "core/flow.h"

#include <stdlib.h>

typedef struct Printer {
	const FlowGraph *g;
	const SourceFile *file;
	uint32_t quoted; /* the line of the source that was printed last */
	Buf *out;
} Printer;

static void put_facts(Buf *out, const Facts *f) {
	static const char *const domains[] = { [DOMAIN_UNKNOWN] = "",
		[DOMAIN_DEVICE] = "device",
		[DOMAIN_HOST_ARRAY] = "host array",
		[DOMAIN_HOST_SCALAR] = "host",
		[DOMAIN_OTHER] = "other" };
	static const char *const dtypes[] = { [DTYPE_UNKNOWN] = "",
		[DTYPE_BOOL] = "bool",
		[DTYPE_INTEGER] = "integer",
		[DTYPE_HALF] = "half",
		[DTYPE_FLOAT] = "float",
		[DTYPE_COMPLEX] = "complex",
		[DTYPE_STRING] = "string" };
	if (f->domain == DOMAIN_UNKNOWN && f->dtype == DTYPE_UNKNOWN && f->rank < 0) return;
	buf_printf(out, "  : %s%s%s", domains[f->domain], f->dtype && f->domain ? " " : "", dtypes[f->dtype]);
	if (f->domain == DOMAIN_HOST_ARRAY && f->nesting > 1) buf_printf(out, " x%d", f->nesting);
	if (f->rank < 0) return;
	buf_puts(out, " [");
	for (int i = 0; i < f->rank && i < FLOW_MAX_RANK; i++) {
		const FlowSize *s = &f->size[i];
		if (i) buf_puts(out, ", ");
		if (s->kind == SIZE_LITERAL)
			buf_printf(out, "%lld", (long long)s->value);
		else if (s->kind == SIZE_NAMED)
			buf_printf(out, "%.*s", STR_ARG(s->name));
		else
			buf_puts(out, "_");
	}
	buf_puts(out, "]");
}

static void put_args(const Printer *p, NodeId id) {
	const FlowNode *node = &p->g->nodes[id];
	buf_puts(p->out, "(");
	for (size_t i = 0; i < node->n_args; i++) {
		const FlowArg *arg = &p->g->args[node->args + i];
		if (i) buf_puts(p->out, ", ");
		if (arg->label.len) buf_printf(p->out, "%.*s: ", STR_ARG(arg->label));
		const FlowNode *value = &p->g->nodes[arg->node];
		if (!arg->node)
			buf_puts(p->out, "_");
		else if (value->kind == NODE_CONST && value->is_string)
			buf_printf(p->out, "\"%.*s\"", STR_ARG(value->text));
		else if (value->kind == NODE_CONST && value->is_number)
			buf_printf(p->out, "%g", value->number);
		else if (value->kind == NODE_CONST)
			buf_printf(p->out, "%.*s", STR_ARG(value->text));
		else
			buf_printf(p->out, "%%%u", arg->node);
	}
	buf_puts(p->out, ")");
}

static void put_node(const Printer *p, NodeId id) {
	static const char *const kinds[] = { [NODE_NONE] = "none",
		[NODE_PARAM] = "param",
		[NODE_SELF] = "self",
		[NODE_FIELD] = "field",
		[NODE_GLOBAL] = "global",
		[NODE_CONST] = "const",
		[NODE_OP] = "",
		[NODE_MODULE] = "module",
		[NODE_CALL] = "call",
		[NODE_NEW] = "new",
		[NODE_LOAD] = "load",
		[NODE_STORE] = "store",
		[NODE_TUPLE] = "tuple",
		[NODE_PART] = "part",
		[NODE_CLOSURE] = "closure",
		[NODE_JOIN] = "join",
		[NODE_LOOPVAR] = "loopvar",
		[NODE_RETURN] = "return",
		[NODE_UNKNOWN] = "unknown" };
	const FlowNode *node = &p->g->nodes[id];
	Buf *out = p->out;
	if (node->kind == NODE_OP)
		buf_puts(out, op_info(node->op)->name);
	else
		buf_puts(out, kinds[node->kind]);
	if (node->kind == NODE_TUPLE && node->op) buf_printf(out, " %s", op_info(node->op)->name);
	if ((node->kind == NODE_MODULE || node->kind == NODE_NEW) && node->op)
		buf_printf(out, " %s", op_info(node->op)->name);
	if (node->kind != NODE_OP && node->name.len) buf_printf(out, " %.*s", STR_ARG(node->name));
	if (node->key.len && !str_eq(node->key, node->name)) buf_printf(out, " <%.*s>", STR_ARG(node->key));
	if (node->kind == NODE_PART || node->kind == NODE_LOOPVAR) buf_printf(out, " .%u", node->index);
	if (node->kind == NODE_CONST) buf_printf(out, " %.*s", STR_ARG(node->text));
	if (node->n_args) put_args(p, id);
	if (node->var.len) buf_printf(out, "  as %.*s", STR_ARG(node->var));
	put_facts(out, &node->facts);
}

static void put_loop(const Printer *p, const FlowRegion *r) {
	static const char *const trips[] = { [TRIPS_UNKNOWN] = "unknown",
		[TRIPS_LITERAL] = "literal",
		[TRIPS_NAMED] = "named",
		[TRIPS_DATA] = "by data",
		[TRIPS_UNBOUNDED] = "unbounded" };
	buf_printf(p->out, "loop %s, turns %s", flow_loop_form_name((LoopForm)r->form), trips[r->trips]);
	if (r->trips == TRIPS_LITERAL) buf_printf(p->out, " %lld", (long long)r->trip_count);
	if (r->trips == TRIPS_NAMED) buf_printf(p->out, " %.*s", STR_ARG(r->trip_name));
	if (r->over) buf_printf(p->out, ", over %%%u", r->over);
	buf_printf(p->out, "%s%s", r->independent ? ", independent" : "", r->has_break ? ", breaks" : "");
	const struct {
		const char *name;
		const NodeId *at;
		size_t n;
	} lists[] = { { "carries", r->carried, r->n_carried }, { "collects", r->collects, r->n_collects },
		{ "folds", r->folds, r->n_folds } };
	for (size_t l = 0; l < BASE_COUNT(lists); l++) {
		for (size_t i = 0; i < lists[l].n; i++)
			buf_printf(p->out, "%s %%%u", i ? "" : l || i ? ", " : ", ", lists[l].at[i]);
		if (lists[l].n) buf_printf(p->out, " (%s)", lists[l].name);
	}
}

static void put_region(const Printer *p, RegionId id) {
	const FlowRegion *r = &p->g->regions[id];
	switch ((RegionKind)r->kind) {
	case REGION_FUNCTION: buf_puts(p->out, "function"); break;
	case REGION_BRANCH:
		if (r->condition)
			buf_printf(p->out, "when %%%u", r->condition);
		else
			buf_puts(p->out, "otherwise");
		if (r->leaves) buf_puts(p->out, ", leaves");
		break;
	case REGION_CLOSURE: buf_printf(p->out, "closure of %%%u", r->closure); break;
	case REGION_CONDITION: buf_printf(p->out, "#if %.*s", STR_ARG(r->text)); break;
	case REGION_LOOP: put_loop(p, r); break;
	}
}

static int depth_of(const FlowGraph *g, RegionId r) {
	int depth = 0;
	while (g->regions[r].parent != REGION_NONE) {
		r = g->regions[r].parent;
		depth++;
	}
	return depth;
}

enum { SPAN_WIDTH = 13 };

/* Columns of a span, and the line it ends on if that is another: "9-41", "9-78:40". */
static void put_span(const Printer *p, Span span) {
	Pos start = source_pos(p->file, span.start),
	    end = source_pos(p->file, span.end > span.start ? span.end - 1 : span.end);
	size_t before = p->out->len;
	buf_printf(p->out, "  %u-", start.column);
	if (end.line != start.line) buf_printf(p->out, "%u:", end.line);
	buf_printf(p->out, "%u", end.column);
	while (p->out->len - before < SPAN_WIDTH) buf_putc(p->out, ' ');
}

/* The source's line, where it is another than the one before; then the span and the depth. */
static void put_place(Printer *p, Span span, bool own, int depth) {
	bool known = own && span.end > span.start;
	uint32_t line = known ? source_pos(p->file, span.start).line : 0;
	if (line && line != p->quoted) {
		buf_printf(p->out, "%5u │ %.*s\n", line, STR_ARG(source_line(p->file, line)));
		p->quoted = line;
	}
	if (known)
		put_span(p, span);
	else
		for (int i = 0; i < SPAN_WIDTH; i++) buf_putc(p->out, ' ');
	for (int i = 0; i < depth; i++) buf_puts(p->out, "  ");
}

/* Heads of the regions that are entered on the way to this one. */
static void enter(Printer *p, RegionId region, bool *entered) {
	if (region == REGION_NONE || entered[region]) return;
	entered[region] = true;
	enter(p, p->g->regions[region].parent, entered);
	if (region == 0) return;
	put_place(p, p->g->regions[region].span, true, depth_of(p->g, region) - 1);
	put_region(p, region);
	buf_putc(p->out, '\n');
}

void flow_print(const FlowGraph *g, const Outline *outline, Buf *out) {
	Printer p = { .g = g, .file = &outline->source->files[g->file], .out = out };
	bool *entered = base_alloc(g->n_regions + 1);
	if (g->component != COMPONENT_NONE) {
		const Component *c = &outline->components[g->component];
		buf_printf(out, "%.*s  %s:%u\n", STR_ARG(c->name), p.file->name, source_pos(p.file, c->span.start).line);
	} else {
		buf_printf(out, "%s, file level\n", p.file->name);
	}
	entered[0] = true;
	for (NodeId id = 1; id < g->n; id++) {
		const FlowNode *node = &g->nodes[id];
		if (node->kind == NODE_CONST) continue;
		enter(&p, node->region, entered);
		put_place(&p, node->span, !node->origin, depth_of(g, node->region));
		buf_printf(out, "%s%%%u = ", node->origin ? "↳ " : "", id);
		put_node(&p, id);
		buf_putc(out, '\n');
	}
	if (g->n_unknown) buf_printf(out, "  %u of %u places not understood\n", g->n_unknown, g->n_lowered);
	free(entered);
}
