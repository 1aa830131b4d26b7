/* dead-code inside functions: locals that are never read, parameters that are never named, decisions whose arms are equal. */
#include "core/posix.h"

#include "core/detect_dead.h"

#include "core/mentions.h"

#include <string.h>

typedef struct Inside {
	const MatchContext *context;
	const Technique *technique;
	const Outline *outline;
	const Component *component; /* the function looked into */
	const SyntaxTree *tree;
	Findings *findings;
	Mentions functions; /* names of functions with unused parameters, and of those that override */
	VEC(ComponentId) suspects;
} Inside;

/* ---- reading a name within a function ---- */

typedef struct NameUse {
	size_t reads, writes;
	SynId last_write;
} NameUse;

static bool is_behind_dot(const SyntaxTree *t, SynId id) {
	return t->nodes[t->nodes[id].parent].kind == SYN_NAVIGATION_SUFFIX;
}

/* `x = ...` and `x += ...` as a whole statement; a name that is part of a longer target is read. */
static bool is_target(const SyntaxTree *t, SynId id) {
	SynId up = t->nodes[id].parent;
	if (t->nodes[up].kind != SYN_DIRECTLY_ASSIGNABLE_EXPRESSION) return false;
	return t->nodes[t->nodes[up].parent].kind == SYN_ASSIGNMENT && t->nodes[up].span.end == t->nodes[id].span.end;
}

/* `x = step(x)`: what it reads is only there to write it again. */
static bool feeds_itself(const SyntaxTree *t, SynId id, Str name) {
	for (SynId up = t->nodes[id].parent; up; up = t->nodes[up].parent) {
		if (t->nodes[up].kind == SYN_STATEMENTS) return false;
		if (t->nodes[up].kind != SYN_ASSIGNMENT) continue;
		SynId target = syntax_child(t, up);
		return str_eq(syntax_text(t, target), name);
	}
	return false;
}

static NameUse use_of(const SyntaxTree *t, SynId within, Str name, SynId declared) {
	NameUse use = { 0 };
	for (SynId id = within; id < t->nodes[within].next; id++) {
		SyntaxKind kind = (SyntaxKind)t->nodes[id].kind;
		if (kind != SYN_SIMPLE_IDENTIFIER || id == declared || !str_eq(syntax_text(t, id), name)) continue;
		if (t->nodes[t->nodes[id].parent].kind == SYN_VALUE_ARGUMENT_LABEL || is_behind_dot(t, id)) continue;
		if (is_target(t, id) || feeds_itself(t, id, name)) {
			use.writes++;
			use.last_write = id;
		} else {
			use.reads++;
		}
	}
	return use;
}

static bool is_readable(const Inside *in, SynId body) {
	const SyntaxTree *t = in->tree;
	if (t->nodes[body].has_error) return false;
	for (size_t i = 0; i < t->n_conditions; i++) {
		Span arm = t->conditions[i].span, span = t->nodes[body].span;
		if (t->conditions[i].skipped && arm.start < span.end && span.start < arm.end) return false;
	}
	return true;
}

/* ---- locals ---- */

static bool holds_a_life(const SyntaxTree *t, SynId decl) {
	static const char *const words[] = { "Lock", "Task", "Timer", "observe", "sink", "signpost", "Signpost", "lock",
		NULL };
	Str text = syntax_text(t, decl);
	for (size_t i = 0; words[i]; i++) {
		if (str_find(text, words[i], 0) != SIZE_MAX) return true;
	}
	return false;
}

/* A property of a type that is declared inside the function. */
static bool is_member(const SyntaxTree *t, SynId decl, SynId function) {
	for (SynId up = t->nodes[decl].parent; up && up != function; up = t->nodes[up].parent) {
		if (t->nodes[up].kind == SYN_CLASS_BODY || t->nodes[up].kind == SYN_ENUM_CLASS_BODY) return true;
	}
	return false;
}

static void look_at_local(Inside *in, SynId decl) {
	const SyntaxTree *t = in->tree;
	if (is_member(t, decl, in->component->node)) return;
	SynId pattern = syntax_field(t, decl, SYNF_NAME), name = pattern ? syntax_named_child(t, pattern) : 0;
	bool simple = name && t->nodes[name].kind == SYN_SIMPLE_IDENTIFIER && !syntax_named_next(t, name);
	SynId value = syntax_field(t, decl, SYNF_VALUE);
	bool computed = syntax_find(t, decl, SYN_COMPUTED_PROPERTY) || syntax_find(t, decl, SYN_WILLSET_DIDSET_BLOCK);
	if (!simple || computed || !value || syntax_find(t, decl, SYN_MODIFIERS) || holds_a_life(t, decl)) return;
	Str text = syntax_text(t, name);
	if (str_starts(text, "_") || str_starts(text, "$")) return;
	NameUse use = use_of(t, in->component->node, text, name);
	if (use.reads) return;
	Span span = t->nodes[decl].span;
	if (use.writes)
		detect_add(in->context, in->technique, in->findings, in->component->file, span,
		    "%.*s is set and never read in this function.", STR_ARG(text));
	else
		detect_add(in->context, in->technique, in->findings, in->component->file, span,
		    "%.*s is never read in this function.", STR_ARG(text));
}

/* ---- decisions ---- */

/* The block behind the i-th '{' of an if statement, or 0 when it is empty. */
static SynId arm_of(const SyntaxTree *t, SynId statement, size_t i) {
	size_t seen = 0;
	for (SynId c = syntax_child(t, statement); c; c = syntax_next(t, c)) {
		if (t->nodes[c].kind == SYN_STATEMENTS && seen++ == i) return c;
	}
	return 0;
}

static void look_at_decision(Inside *in, SynId statement) {
	const SyntaxTree *t = in->tree;
	SynId first = arm_of(t, statement, 0), second = arm_of(t, statement, 1);
	if (!first || !second || arm_of(t, statement, 2) || syntax_find(t, statement, SYN_IF_STATEMENT)) return;
	uint64_t a = candidate_token_hash(LANG_SWIFT, syntax_text(t, first));
	uint64_t b = candidate_token_hash(LANG_SWIFT, syntax_text(t, second));
	if (a != b) return;
	detect_add(in->context, in->technique, in->findings, in->component->file, t->nodes[statement].span,
	    "Both arms of this decision do the same.");
}

/* ---- parameters ---- */

/* A body of one statement that only fails or gives a constant is a stub: its parameters are for others. */
static bool is_stub(const SyntaxTree *t, SynId body) {
	SynId statements = syntax_find(t, body, SYN_STATEMENTS);
	if (!statements) return true;
	SynId first = syntax_named_child(t, statements);
	if (syntax_text(t, statements).len < 40 && !syntax_named_next(t, first)) return true;
	return str_find(syntax_text(t, statements), "fatalError", 0) != SIZE_MAX ||
	       str_find(syntax_text(t, statements), "not implemented", 0) != SIZE_MAX;
}

static bool has_base_in_source(const Outline *o, ComponentId cls) {
	for (size_t i = 0; i < o->components[cls].n_bases; i++) {
		Str base = o->components[cls].bases[i];
		if (str_is(base, "UnaryLayer") || outline_type(o, base, o->components[cls].file, STR_NONE) != COMPONENT_NONE)
			return true;
	}
	return false;
}

static bool is_suspect(const Inside *in, ComponentId id) {
	const Component *c = &in->outline->components[id];
	if (c->is_override || c->is_main || c->is_computed || !c->body || !dead_plain_attributes(c)) return false;
	if (c->parent == COMPONENT_NONE) return !c->owner.len;
	if (in->outline->components[c->parent].is_extension || dead_is_protocol(in->outline, c->parent)) return false;
	return dead_is_closed(in->outline, c->parent) && !has_base_in_source(in->outline, c->parent);
}

static bool is_unused(const Inside *in, const Component *c, const Param *p) {
	if (!p->name.len || str_starts(p->name, "_") || str_ends(p->type, ".Type")) return false;
	for (SynId id = c->body; id < in->tree->nodes[c->body].next; id++) {
		SyntaxKind kind = (SyntaxKind)in->tree->nodes[id].kind;
		if (kind == SYN_SIMPLE_IDENTIFIER && !is_behind_dot(in->tree, id) &&
		    in->tree->nodes[in->tree->nodes[id].parent].kind != SYN_VALUE_ARGUMENT_LABEL &&
		    str_eq(syntax_text(in->tree, id), p->name))
			return false;
	}
	return true;
}

static Span param_span(const SyntaxTree *t, const Component *c, const Param *p) {
	for (SynId n = syntax_child(t, c->node); n; n = syntax_next(t, n)) {
		if (t->nodes[n].kind != SYN_PARAMETER) continue;
		for (SynId k = syntax_child(t, n); k; k = syntax_next(t, k)) {
			if (t->nodes[k].kind == SYN_SIMPLE_IDENTIFIER && str_eq(syntax_text(t, k), p->name))
				return t->nodes[n].span;
		}
	}
	return c->name_span;
}

/* Handed on as a value, or overridden somewhere: then the parameters are a form that others need. */
static bool form_is_needed(const Inside *in, const Component *c) {
	for (uint32_t i = mentions_first(&in->functions, c->base); i != MENTION_NONE; i = in->functions.list.at[i].next) {
		const Mention *m = &in->functions.list.at[i];
		if (!m->is_declaration && !m->called && !str_is(c->base, "init")) return true;
	}
	for (ComponentId id = 0; c->parent != COMPONENT_NONE && id < in->outline->n; id++) {
		const Component *other = &in->outline->components[id];
		if (other->is_override && str_eq(other->base, c->base) && other->parent != COMPONENT_NONE &&
		    dead_derives(in->outline, other->parent, c->parent))
			return true;
	}
	return false;
}

static void look_at_parameters(Inside *in) {
	for (size_t i = 0; i < in->suspects.n; i++) {
		const Component *c = &in->outline->components[in->suspects.at[i]];
		in->tree = &in->outline->trees[c->file];
		if (form_is_needed(in, c)) continue;
		for (size_t p = 0; p < c->n_params; p++) {
			if (!is_unused(in, c, &c->params[p])) continue;
			Finding *f =
			    detect_add(in->context, in->technique, in->findings, c->file, param_span(in->tree, c, &c->params[p]),
			        "The parameter %.*s of %.*s is never used.", STR_ARG(c->params[p].name), STR_ARG(c->name));
			bool is_data = str_is(component_bare_type(c->params[p].type), "MLXArray");
			bool is_form = c->is_init || dead_is_public(in->outline, in->suspects.at[i]);
			detect_note(f, STR("it may mirror a reference's signature"), true, is_form && !is_data ? 2 : 1);
		}
	}
}

/* ---- all functions ---- */

static void look_inside(Inside *in, ComponentId id) {
	const Component *c = in->component;
	for (SynId n = c->body; n < in->tree->nodes[c->body].next; n++) {
		SyntaxKind kind = (SyntaxKind)in->tree->nodes[n].kind;
		if (kind != SYN_PROPERTY_DECLARATION && kind != SYN_IF_STATEMENT) continue;
		if (outline_at(in->outline, c->file, in->tree->nodes[n].span.start) != id) continue;
		if (kind == SYN_PROPERTY_DECLARATION)
			look_at_local(in, n);
		else
			look_at_decision(in, n);
	}
	if (is_stub(in->tree, c->body) || !is_suspect(in, id)) return;
	for (size_t p = 0; p < c->n_params; p++) {
		if (!is_unused(in, c, &c->params[p])) continue;
		VEC_PUSH(in->suspects) = id;
		mentions_want(&in->functions, c->base);
		return;
	}
}

void dead_inside_functions(const MatchContext *context, const Technique *technique, Findings *findings) {
	Inside in = {
		.context = context, .technique = technique, .outline = context->program->outline, .findings = findings
	};
	for (ComponentId id = 0; id < in.outline->n; id++) {
		in.component = &in.outline->components[id];
		bool callable = in.component->kind != COMPONENT_CLASS && in.component->body;
		const SourceFile *file = &in.outline->source->files[in.component->file];
		if (!callable || file->is_test || !detect_wants(context, in.component->file)) continue;
		in.tree = &in.outline->trees[in.component->file];
		if (is_readable(&in, in.component->body)) look_inside(&in, id);
	}
	if (in.suspects.n) mentions_build(&in.functions, in.outline);
	look_at_parameters(&in);
	mentions_done(&in.functions);
	VEC_FREE(in.suspects);
}
