#include "core/posix.h"

#include "core/flow_swift.h"

#include "core/flow_swift_lower.h"

#include <stdlib.h>
#include <string.h>

/* ---- which fields a body writes: only these are variables, all others are read where they stand ---- */

static void note_names(Lower *l, SynId root) {
	for (SynId i = root; i < l->t->nodes[root].next; i++) {
		if (l->t->nodes[i].kind == SYN_SIMPLE_IDENTIFIER) map_put(&l->assigned, syntax_text(l->t, i), 1);
	}
}

static bool is_mutating_name(Str name) {
	static const char *const names[] = { "append", "insert", "remove", "removeAll", "removeFirst", "removeLast",
		"removeSubrange", "popLast", "popFirst", "swapAt", "sort", "reverse", "shuffle", "replaceSubrange", "formUnion",
		"subtract", "toggle", "updateValue", "removeValue", "merge", "formIntersection", "reserveCapacity" };
	for (size_t i = 0; i < BASE_COUNT(names); i++) {
		if (str_is(name, names[i])) return true;
	}
	return false;
}

static void find_assigned(Lower *l, SynId root) {
	for (SynId i = root; i < l->t->nodes[root].next; i++) {
		SyntaxKind kind = (SyntaxKind)l->t->nodes[i].kind;
		if (kind == SYN_DIRECTLY_ASSIGNABLE_EXPRESSION) {
			note_names(l, i);
		} else if (kind == SYN_PREFIX_EXPRESSION && l->t->text.ptr[swift_span(l, i).start] == '&') {
			note_names(l, i);
		} else if (kind == SYN_INFIX_EXPRESSION) { /* &=, <<= are no assignments to the grammar */
			SynId op = syntax_find(l->t, i, SYN_CUSTOM_OPERATOR);
			if (op && str_ends(syntax_text(l->t, op), "=")) note_names(l, syntax_child(l->t, i));
		} else if (kind == SYN_NAVIGATION_EXPRESSION) {
			SynId suffix = syntax_field(l->t, i, SYNF_SUFFIX), name = suffix ? syntax_named_child(l->t, suffix) : 0;
			if (name && is_mutating_name(syntax_text(l->t, name))) note_names(l, syntax_child(l->t, i));
		}
	}
}

/* ---- beginning and end ---- */

static Lower lower_new(
    const Outline *outline, ComponentId component, ComponentId cls, uint32_t file, Dialect dialect, Arena *arena) {
	Lower l = {
		.o = outline, .t = &outline->trees[file], .file = file, .arena = arena, .component = component, .cls = cls
	};
	l.b = flow_builder_new(outline, component, file, dialect, arena);
	return l;
}

static void lower_done(Lower *l, FlowGraph *out) {
	flow_builder_finish(l->b, out);
	VEC_FREE(l->origins);
	VEC_FREE(l->stored);
	VEC_FREE(l->cond_names);
	map_done(&l->assigned);
}

static void make_self(Lower *l, Span span) {
	l->self = flow_add(l->b, NODE_SELF, (Span) { span.start, span.start }, NULL, 0);
	flow_edit(l->b, l->self)->is_implicit = true;
	swift_note(l, l->self, l->owner, NULL);
}

/* ---- components ---- */

static Span param_span(const Lower *l, SynId decl, size_t index) {
	size_t n = 0;
	for (SynId c = syntax_child(l->t, decl); c; c = syntax_next(l->t, c)) {
		if (l->t->nodes[c].kind == SYN_PARAMETER && n++ == index) return swift_span(l, c);
	}
	return swift_span(l, decl);
}

static void declare_params(Lower *l, const Component *c) {
	for (size_t i = 0; i < c->n_params && i < UINT16_MAX; i++) {
		const Param *p = &c->params[i];
		Str type = p->variadic ? arena_printf(l->arena, "[%.*s]", STR_ARG(p->type)) : p->type;
		NodeId node = swift_param(l, (uint16_t)i, p->name, p->label, type, param_span(l, c->node, i));
		swift_declare(l, p->name, node, STR_NONE, flow_edit(l->b, node)->span);
	}
}

static SynId only_statement(const Lower *l, SynId statements) {
	SynId only = 0;
	for (SynId s = syntax_child(l->t, statements); s; s = syntax_next(l->t, s)) {
		if (swift_is_trivia(l->t, s) || l->t->nodes[s].kind == SYN_TOKEN) continue;
		if (only) return 0;
		only = s;
	}
	return only;
}

static void lower_statements(Lower *l, SynId statements, bool returns) {
	SynId only = only_statement(l, statements);
	bool expression = returns && only && swift_is_expression(l, only);
	NodeId value = swift_block(l, statements, expression);
	if (expression && value && !flow_is_dead(l->b)) swift_return_value(l, value, swift_span(l, only));
}

/* A setter, a didSet: code of its own beside the getter. */
static void lower_accessor(Lower *l, SynId accessor, const char *name, const char *implied) {
	flow_count(l->b, 1);
	flow_closure_begin(l->b, str_of(name), swift_span(l, accessor));
	flow_scope_push(l->b);
	SynId given = syntax_find(l->t, accessor, SYN_SIMPLE_IDENTIFIER);
	Str param = given ? syntax_text(l->t, given) : str_of(implied);
	if (param.len) {
		NodeId node = swift_param(l, 0, param, STR_NONE, STR_NONE, swift_span(l, accessor));
		swift_declare(l, param, node, STR_NONE, swift_span(l, accessor));
	}
	SynId body = syntax_find(l->t, accessor, SYN_STATEMENTS);
	if (body) swift_block(l, body, false);
	flow_scope_pop(l->b);
	flow_closure_end(l->b);
}

static void lower_body(Lower *l, SynId body, bool returns) {
	SynId statements = syntax_find(l->t, body, SYN_STATEMENTS);
	if (statements) lower_statements(l, statements, returns);
	for (SynId c = syntax_child(l->t, body); c; c = syntax_next(l->t, c)) {
		switch ((SyntaxKind)l->t->nodes[c].kind) {
		case SYN_COMPUTED_GETTER: {
			SynId getter = syntax_find(l->t, c, SYN_STATEMENTS);
			if (getter) lower_statements(l, getter, returns);
			break;
		}
		case SYN_COMPUTED_SETTER: lower_accessor(l, c, "set", "newValue"); break;
		case SYN_COMPUTED_MODIFY: lower_accessor(l, c, "_modify", ""); break;
		default: break;
		}
	}
}

void flow_swift_lower(const Outline *outline, ComponentId component, Dialect dialect, Arena *arena, FlowGraph *out) {
	const Component *c = &outline->components[component];
	ComponentId cls = c->kind == COMPONENT_METHOD ? outline_class_of(outline, component) : COMPONENT_NONE;
	Lower l = lower_new(outline, component, cls, c->file, dialect, arena);
	l.owner = c->owner;
	if (c->body && c->kind != COMPONENT_CLASS) {
		find_assigned(&l, c->body);
		swift_enter_conditions(&l, c->body);
		flow_scope_push(l.b);
		if (c->owner.len && !c->is_static) make_self(&l, c->span);
		declare_params(&l, c);
		lower_body(&l, c->body, c->returns.len > 0);
		flow_scope_pop(l.b);
	}
	lower_done(&l, out);
}

/* ---- code outside components ---- */

static void store_value(Lower *l, NodeId base, Str name, Str key, const char *when, NodeId value, Span span) {
	FlowArg args[2] = { { .node = base }, { .node = value } };
	NodeId node = flow_add(l->b, NODE_STORE, span, args, 2);
	FlowNode *n = flow_edit(l->b, node);
	n->name = name;
	n->key = key;
	n->text = str_of(when);
}

/* Every name that a global declaration binds is stored; `let a = 1, b = 2` has two. */
static void store_globals(Lower *l, SynId decl) {
	SynId pattern = 0;
	for (SynId c = syntax_child(l->t, decl); c; c = syntax_next(l->t, c)) {
		const SyntaxNode *node = &l->t->nodes[c];
		if (node->kind == SYN_PATTERN && node->field == SYNF_NAME) pattern = c;
		if (!pattern || node->field != SYNF_VALUE) continue;
		flow_count(l->b, 1);
		NodeId value = swift_expr(l, c);
		swift_pattern(l, pattern, value, true, PATTERN_BOTH);
		SynId name = syntax_find(l->t, pattern, SYN_SIMPLE_IDENTIFIER);
		if (name) {
			Str text = syntax_text(l->t, name);
			store_value(l, 0, text, text, "static", value, swift_span(l, decl));
		}
		pattern = 0;
	}
}

static bool is_component(SyntaxKind kind) {
	return kind == SYN_FUNCTION_DECLARATION || kind == SYN_CLASS_DECLARATION || kind == SYN_PROTOCOL_DECLARATION ||
	       kind == SYN_INIT_DECLARATION || kind == SYN_IMPORT_DECLARATION;
}

void flow_swift_lower_toplevel(const Outline *outline, uint32_t file, Dialect dialect, Arena *arena, FlowGraph *out) {
	Lower l = lower_new(outline, COMPONENT_NONE, COMPONENT_NONE, file, dialect, arena);
	flow_scope_push(l.b);
	SynId first = l.t->n ? syntax_child(l.t, 0) : 0;
	for (SynId c = first; c; c = syntax_next(l.t, c)) {
		SyntaxKind kind = (SyntaxKind)l.t->nodes[c].kind;
		if (kind == SYN_PROPERTY_DECLARATION)
			store_globals(&l, c);
		else if (!is_component(kind))
			swift_statement(&l, c);
	}
	flow_scope_pop(l.b);
	lower_done(&l, out);
}

/* ---- initial values of fields ---- */

/* The store says in its text whether the value is computed once and later: "lazy", "static". */
static void lower_field(Lower *l, const Field *f) {
	const char *when = f->is_static ? "static" : f->is_lazy ? "lazy" : "";
	flow_count(l->b, 1);
	NodeId value = swift_expr(l, f->value);
	if (f->type.len) swift_note(l, value, f->type, f);
	store_value(l, l->self, f->name, f->key, when, value, f->span);
	SynId observers = syntax_find(l->t, f->decl, SYN_WILLSET_DIDSET_BLOCK);
	for (SynId c = observers ? syntax_child(l->t, observers) : 0; c; c = syntax_next(l->t, c)) {
		if (l->t->nodes[c].kind == SYN_DIDSET_CLAUSE) lower_accessor(l, c, "didSet", "oldValue");
		if (l->t->nodes[c].kind == SYN_WILLSET_CLAUSE) lower_accessor(l, c, "willSet", "newValue");
	}
}

void flow_swift_lower_fields(const Outline *outline, ComponentId cls, Dialect dialect, Arena *arena, FlowGraph *out) {
	const Component *c = &outline->components[cls];
	Lower l = lower_new(outline, COMPONENT_NONE, cls, c->file, dialect, arena);
	l.owner = c->name;
	flow_scope_push(l.b);
	make_self(&l, c->span);
	for (size_t i = 0; i < c->n_fields; i++) {
		const Field *f = &c->fields[i];
		if (f->value && !f->is_computed && f->file == c->file) lower_field(&l, f);
	}
	flow_scope_pop(l.b);
	lower_done(&l, out);
}
