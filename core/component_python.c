#include "core/posix.h"

#include "core/component_build.h"

#include <stdlib.h>
#include <string.h>

/* The classes and functions of a Python file, at module and class level, also below if, try and with there. A def inside
 * a function is no component. Fields are class attributes and whatever any method sets on self. */

static void read_block(OutlineBuilder *b, size_t enclosing, SynId block);

static Str text_of(const OutlineBuilder *b, SynId id) { return id ? syntax_text(builder_tree(b), id) : STR_NONE; }
static SyntaxKind kind_of(const OutlineBuilder *b, SynId id) { return (SyntaxKind)builder_tree(b)->nodes[id].kind; }

/* ---- functions ---- */

static bool is_splat(SyntaxKind kind) { return kind == SYN_LIST_SPLAT_PATTERN || kind == SYN_DICTIONARY_SPLAT_PATTERN; }

static void read_param(const OutlineBuilder *b, SynId node, Param *p) {
	const SyntaxTree *t = builder_tree(b);
	SynId name = syntax_field(t, node, SYNF_NAME);
	p->type = text_of(b, syntax_field(t, node, SYNF_TYPE));
	p->fallback = syntax_field(t, node, SYNF_VALUE);
	if (!name) name = kind_of(b, node) == SYN_TYPED_PARAMETER ? syntax_named_child(t, node) : node;
	if (is_splat(kind_of(b, name))) {
		p->variadic = true;
		if (kind_of(b, name) == SYN_DICTIONARY_SPLAT_PATTERN) p->type = STR("**");
		name = syntax_named_child(t, name);
	}
	p->name = p->label = text_of(b, name);
}

static bool is_param(SyntaxKind kind) {
	return kind == SYN_IDENTIFIER || kind == SYN_TYPED_PARAMETER || kind == SYN_DEFAULT_PARAMETER ||
	       kind == SYN_TYPED_DEFAULT_PARAMETER || is_splat(kind);
}

static void read_params(const OutlineBuilder *b, SynId def, Component *c) {
	const SyntaxTree *t = builder_tree(b);
	VEC(Param) params = { 0 };
	SynId list = syntax_field(t, def, SYNF_PARAMETERS);
	for (SynId n = list ? syntax_named_child(t, list) : 0; n; n = syntax_named_next(t, n)) {
		if (is_param(kind_of(b, n))) read_param(b, n, &VEC_PUSH(params));
	}
	c->n_params = params.n;
	c->params = VEC_TO_ARENA(params, b->arena);
}

static void read_decorators(const OutlineBuilder *b, SynId decorated, Component *c) {
	const SyntaxTree *t = builder_tree(b);
	VEC(Str) decorators = { 0 };
	for (SynId n = syntax_child(t, decorated); n; n = syntax_next(t, n)) {
		if (kind_of(b, n) != SYN_DECORATOR) continue;
		Str text = syntax_text(t, n);
		VEC_PUSH(decorators) = str_trim(str_sub(text, 1, text.len));
	}
	c->n_decorators = decorators.n;
	c->decorators = VEC_TO_ARENA(decorators, b->arena);
	c->span = t->nodes[decorated].span;
}

static bool has_decorator(const Component *c, const char *last_part) {
	for (size_t i = 0; i < c->n_decorators; i++) {
		Str d = c->decorators[i];
		size_t end = str_find(d, "(", 0);
		if (end != SIZE_MAX) d.len = end;
		if (str_is(d, last_part)) return true;
		if (str_ends(d, last_part) && d.ptr[d.len - strlen(last_part) - 1] == '.') return true;
	}
	return false;
}

/* ---- fields ---- */

typedef struct Setting { /* one thing that is set: a name on self, or in the class itself */
	size_t owner;
	size_t first;            /* index of the class's first field entry */
	Str self;                /* what the method calls itself: "self" */
	const Component *method; /* NULL for the class itself */
} Setting;

/* What a value is made of: "nn.Linear" of `nn.Linear(...)`, "[Block]" of a list of `Block(...)`. */
static Str type_of_value(const OutlineBuilder *b, SynId value, int depth) {
	const SyntaxTree *t = builder_tree(b);
	if (!value || depth > 4) return STR_NONE;
	SynId child = syntax_named_child(t, value);
	switch (kind_of(b, value)) {
	case SYN_INTEGER: return STR("int");
	case SYN_FLOAT: return STR("float");
	case SYN_STRING: return STR("str");
	case SYN_TRUE:
	case SYN_FALSE: return STR("bool");
	case SYN_PARENTHESIZED_EXPRESSION:
	case SYN_CONDITIONAL_EXPRESSION: return type_of_value(b, child, depth + 1);
	case SYN_LIST:
	case SYN_LIST_COMPREHENSION: {
		Str item = child ? type_of_value(b, child, depth + 1) : STR_NONE;
		return item.len ? arena_printf(b->arena, "[%.*s]", STR_ARG(item)) : STR_NONE;
	}
	case SYN_CALL: break;
	default: return STR_NONE;
	}
	Str callee = text_of(b, syntax_field(t, value, SYNF_FUNCTION));
	SynId arguments = syntax_field(t, value, SYNF_ARGUMENTS);
	if (str_ends(callee, "ModuleList") && arguments) {
		SynId list = syntax_named_child(t, arguments);
		if (list && kind_of(b, list) == SYN_GENERATOR_EXPRESSION) list = syntax_named_child(t, list);
		Str item = type_of_value(b, list, depth + 1);
		if (item.len) return item.ptr[0] == '[' ? item : arena_printf(b->arena, "[%.*s]", STR_ARG(item));
	}
	for (size_t i = 0; i < callee.len; i++) {
		if (strchr("()[]{} \n", callee.ptr[i])) return STR_NONE;
	}
	return callee;
}

static bool makes_array(Str type) {
	return str_starts(type, "mx.") || str_starts(type, "torch.") || str_starts(type, "np.") ||
	       str_starts(type, "nn.Parameter");
}

/* The annotation of the parameter that the value names: `self.args = args` has the type of args. */
static Str type_of_param(const OutlineBuilder *b, const Component *method, SynId value) {
	if (!method || !value || kind_of(b, value) != SYN_IDENTIFIER) return STR_NONE;
	for (size_t i = 0; i < method->n_params; i++) {
		const Param *p = &method->params[i];
		if (str_eq(p->name, text_of(b, value)) && !p->variadic) return p->type;
	}
	return STR_NONE;
}

/* A field is kept once: where init sets it, and else where its type is known first. */
static void set_field(OutlineBuilder *b, const Setting *s, Str name, SynId decl, Str annotation, SynId value) {
	if (!name.len) return;
	Str type = annotation.len ? annotation : type_of_value(b, value, 0);
	Str made = type;
	if (!type.len) type = type_of_param(b, s->method, value);
	Field *f = NULL;
	for (size_t i = s->first; i < b->fields.n && !f; i++) {
		FieldEntry *e = &b->fields.at[i];
		if (e->owner == s->owner && str_eq(e->field.name, name)) f = &e->field;
	}
	if (f && (f->type.len || !type.len)) return;
	if (!f) f = component_add_field(b, s->owner, name, decl);
	f->decl = decl;
	f->span = builder_tree(b)->nodes[decl].span;
	f->value = value;
	f->type = type;
	f->is_module = str_starts(type, "nn.") && !str_starts(type, "nn.Parameter") && type.len > 3 && type.ptr[3] >= 'A' &&
	               type.ptr[3] <= 'Z';
	f->is_parameter = s->method && makes_array(made) && !f->is_module;
	f->is_static = !s->method && !annotation.len;
}

/* The name behind `self.`, when the target is that and nothing more. */
static Str self_attribute(const OutlineBuilder *b, const Setting *s, SynId target) {
	const SyntaxTree *t = builder_tree(b);
	if (!s->method) return kind_of(b, target) == SYN_IDENTIFIER ? syntax_text(t, target) : STR_NONE;
	if (kind_of(b, target) != SYN_ATTRIBUTE) return STR_NONE;
	Str object = text_of(b, syntax_field(t, target, SYNF_OBJECT));
	return str_eq(object, s->self) ? text_of(b, syntax_field(t, target, SYNF_ATTRIBUTE)) : STR_NONE;
}

static bool is_list(SyntaxKind kind) {
	return kind == SYN_PATTERN_LIST || kind == SYN_TUPLE_PATTERN || kind == SYN_LIST_PATTERN ||
	       kind == SYN_EXPRESSION_LIST || kind == SYN_TUPLE || kind == SYN_LIST || kind == SYN_AS_PATTERN_TARGET;
}

static void set_target(OutlineBuilder *b, const Setting *s, SynId target, SynId decl, Str annotation, SynId value) {
	const SyntaxTree *t = builder_tree(b);
	if (!is_list(kind_of(b, target))) {
		set_field(b, s, self_attribute(b, s, target), decl, annotation, value);
		return;
	}
	SynId item = value && is_list(kind_of(b, value)) ? syntax_named_child(t, value) : 0;
	for (SynId n = syntax_named_child(t, target); n; n = syntax_named_next(t, n)) {
		set_target(b, s, n, decl, STR_NONE, item);
		if (item) item = syntax_named_next(t, item);
	}
}

static void set_assignment(OutlineBuilder *b, const Setting *s, SynId node) {
	const SyntaxTree *t = builder_tree(b);
	SynId left = syntax_field(t, node, SYNF_LEFT), value = syntax_field(t, node, SYNF_RIGHT);
	while (value && kind_of(b, value) == SYN_ASSIGNMENT) value = syntax_field(t, value, SYNF_RIGHT); /* a = b = value */
	if (left) set_target(b, s, left, node, text_of(b, syntax_field(t, node, SYNF_TYPE)), value);
}

/* self.register_buffer("mask", x), register_parameter, add_module; setattr(self, "name", x). */
static void set_by_call(OutlineBuilder *b, const Setting *s, SynId call) {
	const SyntaxTree *t = builder_tree(b);
	SynId callee = syntax_field(t, call, SYNF_FUNCTION), arguments = syntax_field(t, call, SYNF_ARGUMENTS);
	if (!callee || !arguments) return;
	Str method = self_attribute(b, s, callee);
	SynId first = syntax_named_child(t, arguments);
	if (str_is(text_of(b, callee), "setattr") && str_eq(text_of(b, first), s->self)) {
		first = syntax_named_next(t, first);
	} else if (!str_is(method, "register_buffer") && !str_is(method, "register_parameter") &&
	           !str_is(method, "add_module")) {
		return;
	}
	SynId content = first && kind_of(b, first) == SYN_STRING ? syntax_find(t, first, SYN_STRING_CONTENT) : 0;
	if (!content || syntax_find(t, first, SYN_INTERPOLATION)) return;
	size_t before = b->fields.n;
	set_field(b, s, syntax_text(t, content), call, STR_NONE, syntax_named_next(t, first));
	if (b->fields.n > before && str_starts(method, "register_")) b->fields.at[before].field.is_parameter = true;
}

/* Everything that a method sets on self, nested functions and closures included. */
static void read_settings(OutlineBuilder *b, const Setting *s, SynId body) {
	const SyntaxTree *t = builder_tree(b);
	for (SynId i = body; i < t->nodes[body].next;) {
		switch (kind_of(b, i)) {
		case SYN_CLASS_DEFINITION: i = t->nodes[i].next; continue;
		case SYN_ASSIGNMENT: set_assignment(b, s, i); break;
		case SYN_CALL: set_by_call(b, s, i); break;
		case SYN_AS_PATTERN_TARGET: set_target(b, s, i, i, STR_NONE, 0); break;
		case SYN_FOR_STATEMENT: {
			SynId left = syntax_field(t, i, SYNF_LEFT);
			if (left) set_target(b, s, left, left, STR_NONE, 0);
			break;
		}
		default: break;
		}
		i++;
	}
}

static void read_method_settings(OutlineBuilder *b, size_t owner, size_t first, const Component *method) {
	if (!method->body || !method->n_params || has_decorator(method, "staticmethod") ||
	    has_decorator(method, "classmethod"))
		return;
	Setting s = { .owner = owner, .first = first, .self = method->params[0].name, .method = method };
	read_settings(b, &s, method->body);
}

/* ---- definitions ---- */

static void read_function(OutlineBuilder *b, size_t enclosing, SynId def, SynId decorated) {
	const SyntaxTree *t = builder_tree(b);
	SynId name = syntax_field(t, def, SYNF_NAME);
	if (!name || t->nodes[name].missing) return;
	Component *c = component_add(b, enclosing, enclosing == OUTLINE_TOP ? COMPONENT_FUNCTION : COMPONENT_METHOD,
	    syntax_text(t, name), t->nodes[name].span, def);
	if (decorated) read_decorators(b, decorated, c);
	if (has_decorator(c, "overload")) {
		b->components.n--;
		return;
	}
	c->body = syntax_field(t, def, SYNF_BODY);
	c->returns = text_of(b, syntax_field(t, def, SYNF_RETURN_TYPE));
	c->is_init = enclosing != OUTLINE_TOP && str_is(c->base, "__init__");
	c->is_static = has_decorator(c, "staticmethod") || has_decorator(c, "classmethod");
	c->is_computed = enclosing != OUTLINE_TOP && (has_decorator(c, "property") || has_decorator(c, "cached_property"));
	c->is_private = str_starts(c->base, "_") && !str_starts(c->base, "__");
	c->is_main = enclosing == OUTLINE_TOP && str_is(c->base, "main");
	read_params(b, def, c);
	if (!c->is_computed) return;
	Str type = c->returns, field_name = c->base;
	Field *f = component_add_field(b, enclosing, field_name, def);
	f->type = type;
	f->is_computed = true;
}

static void read_bases(const OutlineBuilder *b, SynId def, Component *c) {
	const SyntaxTree *t = builder_tree(b);
	VEC(Str) bases = { 0 };
	SynId list = syntax_field(t, def, SYNF_SUPERCLASSES);
	for (SynId n = list ? syntax_named_child(t, list) : 0; n; n = syntax_named_next(t, n)) {
		if (kind_of(b, n) == SYN_KEYWORD_ARGUMENT) continue;
		Str base = syntax_text(t, n);
		size_t open = str_find(base, "[", 0);
		VEC_PUSH(bases) = open == SIZE_MAX ? base : str_sub(base, 0, open);
	}
	c->n_bases = bases.n;
	c->bases = VEC_TO_ARENA(bases, b->arena);
}

/* init's settings go first, so that a field is known by where it is made. */
static void read_class_settings(OutlineBuilder *b, size_t index, size_t first, size_t end) {
	for (int pass = 0; pass < 2; pass++) {
		for (size_t i = index + 1; i < end; i++) {
			Component method = b->components.at[i];
			if (method.parent != index || method.kind != COMPONENT_METHOD) continue;
			if (method.is_init == (pass == 0)) read_method_settings(b, index, first, &method);
		}
	}
}

static void read_class(OutlineBuilder *b, size_t enclosing, SynId def, SynId decorated) {
	const SyntaxTree *t = builder_tree(b);
	SynId name = syntax_field(t, def, SYNF_NAME);
	if (!name || t->nodes[name].missing) return;
	size_t index = b->components.n, first = b->fields.n;
	Component *c = component_add(b, enclosing, COMPONENT_CLASS, syntax_text(t, name), t->nodes[name].span, def);
	if (decorated) read_decorators(b, decorated, c);
	read_bases(b, def, c);
	SynId body = c->body = syntax_field(t, def, SYNF_BODY);
	if (!body) return;
	read_block(b, index, body);
	read_class_settings(b, index, first, b->components.n);
}

static void read_class_attribute(OutlineBuilder *b, size_t owner, SynId statement) {
	SynId assignment = syntax_find(builder_tree(b), statement, SYN_ASSIGNMENT);
	Setting s = { .owner = owner };
	if (assignment) set_assignment(b, &s, assignment);
}

static void read_statement(OutlineBuilder *b, size_t enclosing, SynId node) {
	const SyntaxTree *t = builder_tree(b);
	switch (kind_of(b, node)) {
	case SYN_CLASS_DEFINITION: read_class(b, enclosing, node, 0); break;
	case SYN_FUNCTION_DEFINITION: read_function(b, enclosing, node, 0); break;
	case SYN_DECORATED_DEFINITION: {
		SynId def = syntax_field(t, node, SYNF_DEFINITION);
		if (def && kind_of(b, def) == SYN_CLASS_DEFINITION)
			read_class(b, enclosing, def, node);
		else if (def)
			read_function(b, enclosing, def, node);
		break;
	}
	case SYN_EXPRESSION_STATEMENT:
		if (enclosing != OUTLINE_TOP) read_class_attribute(b, enclosing, node);
		break;
	case SYN_IF_STATEMENT:
	case SYN_ELIF_CLAUSE:
	case SYN_ELSE_CLAUSE:
	case SYN_TRY_STATEMENT:
	case SYN_EXCEPT_CLAUSE:
	case SYN_FINALLY_CLAUSE:
	case SYN_WITH_STATEMENT:
	case SYN_BLOCK:
	case SYN_ERROR: read_block(b, enclosing, node); break;
	default: break;
	}
}

static void read_block(OutlineBuilder *b, size_t enclosing, SynId block) {
	const SyntaxTree *t = builder_tree(b);
	for (SynId c = syntax_child(t, block); c; c = syntax_next(t, c)) read_statement(b, enclosing, c);
}

void component_read_python(OutlineBuilder *b) {
	if (builder_tree(b)->n) read_block(b, OUTLINE_TOP, 0);
}
