#include "core/posix.h"

#include "core/component_build.h"

#include <string.h>

/* The declarations of a Swift file. Local functions and types (in a body) are no components. */

static void read_members(OutlineBuilder *b, size_t enclosing, SynId node);

static const SyntaxNode *node_at(const OutlineBuilder *b, SynId id) { return &builder_tree(b)->nodes[id]; }
static Str text_of(const OutlineBuilder *b, SynId id) { return id ? syntax_text(builder_tree(b), id) : STR_NONE; }

static Str without_generics(Str type) {
	for (size_t i = 0; i < type.len; i++) {
		if (type.ptr[i] == '<') return str_trim(str_sub(type, 0, i));
	}
	return str_trim(type);
}

/* ---- modifiers and attributes ---- */

typedef struct Modifiers {
	bool is_static, is_lazy, is_override, is_private, is_public, is_main, is_module, is_parameter;
	Str key; /* of @ModuleInfo(key: "...") or @ParameterInfo(key: "...") */
	Str *attributes;
	size_t n_attributes;
} Modifiers;

/* The text of the string literal that follows `key:` in "ModuleInfo(key: "q_proj")", or empty. */
static Str key_argument(Str call) {
	size_t at = str_find(call, "key:", 0);
	size_t open = at == SIZE_MAX ? SIZE_MAX : str_find(call, "\"", at);
	size_t close = open == SIZE_MAX ? SIZE_MAX : str_find(call, "\"", open + 1);
	if (close == SIZE_MAX || str_trim(str_sub(call, at + 4, open)).len) return STR_NONE;
	Str key = str_sub(call, open + 1, close);
	return str_find(key, "\\", 0) == SIZE_MAX ? key : STR_NONE;
}

static bool names_wrapper(Str attribute, const char *wrapper) {
	return str_is(attribute, wrapper) || (str_starts(attribute, wrapper) && attribute.ptr[strlen(wrapper)] == '(');
}

static void read_attribute(Modifiers *m, Str attribute) {
	m->is_module |= names_wrapper(attribute, "ModuleInfo");
	m->is_parameter |= names_wrapper(attribute, "ParameterInfo");
	m->is_main |= str_is(attribute, "main");
	if (names_wrapper(attribute, "ModuleInfo") || names_wrapper(attribute, "ParameterInfo"))
		m->key = key_argument(attribute);
	m->attributes[m->n_attributes++] = attribute;
}

static void read_modifier(Modifiers *m, Str word) {
	m->is_static |= str_is(word, "static") || str_is(word, "class");
	m->is_lazy |= str_is(word, "lazy");
	m->is_override |= str_is(word, "override");
	m->is_private |= str_is(word, "private") || str_is(word, "fileprivate");
	m->is_public |= str_is(word, "public") || str_is(word, "open");
}

static Modifiers read_modifiers(const OutlineBuilder *b, SynId decl) {
	Modifiers m = { 0 };
	const SyntaxTree *t = builder_tree(b);
	size_t n = 0;
	SynId list = syntax_find(t, decl, SYN_MODIFIERS);
	for (SynId c = syntax_child(t, list); list && c; c = syntax_next(t, c)) n += t->nodes[c].kind == SYN_ATTRIBUTE;
	m.attributes = ARENA_ARRAY(b->arena, Str, n);
	for (SynId c = syntax_child(t, list); list && c; c = syntax_next(t, c)) {
		Str text = syntax_text(t, c);
		if (t->nodes[c].kind == SYN_ATTRIBUTE)
			read_attribute(&m, str_sub(text, 1, text.len));
		else
			read_modifier(&m, text);
	}
	return m;
}

static void apply_modifiers(Component *c, const Modifiers *m) {
	c->is_static = m->is_static;
	c->is_override = m->is_override;
	c->is_private = m->is_private;
	c->is_public = m->is_public;
	c->is_main = m->is_main;
	c->decorators = m->attributes;
	c->n_decorators = m->n_attributes;
}

/* ---- functions ---- */

/* What stands behind the token (":" or "->"), parameter modifiers passed over. */
static SynId behind_token(const OutlineBuilder *b, SynId node, const char *token) {
	const SyntaxTree *t = builder_tree(b);
	SynId c = syntax_child(t, node);
	while (c && !(t->nodes[c].kind == SYN_TOKEN && str_is(syntax_text(t, c), token))) c = syntax_next(t, c);
	if (c) c = syntax_named_next(t, c);
	while (c && t->nodes[c].kind == SYN_PARAMETER_MODIFIERS) c = syntax_named_next(t, c);
	return c;
}

static void read_param(const OutlineBuilder *b, SynId node, Param *p) {
	const SyntaxTree *t = builder_tree(b);
	SynId names[2] = { 0 };
	size_t n = 0;
	for (SynId c = syntax_child(t, node); c && n < 2; c = syntax_next(t, c)) {
		if (t->nodes[c].kind == SYN_SIMPLE_IDENTIFIER)
			names[n++] = c;
		else if (t->nodes[c].kind == SYN_TOKEN)
			break;
	}
	p->name = text_of(b, n == 2 ? names[1] : names[0]);
	p->label = text_of(b, names[0]);
	if (str_is(p->label, "_")) p->label = STR_NONE;
	p->type = text_of(b, behind_token(b, node, ":"));
	p->variadic = syntax_has_token(t, node, "...");
	SynId modifiers = syntax_find(t, node, SYN_PARAMETER_MODIFIERS);
	p->is_inout = modifiers && str_find(syntax_text(t, modifiers), "inout", 0) != SIZE_MAX;
}

static void read_params(const OutlineBuilder *b, SynId decl, Component *c) {
	const SyntaxTree *t = builder_tree(b);
	VEC(Param) params = { 0 };
	for (SynId n = syntax_child(t, decl); n; n = syntax_next(t, n)) {
		if (t->nodes[n].kind == SYN_PARAMETER)
			read_param(b, n, &VEC_PUSH(params));
		else if (t->nodes[n].field == SYNF_DEFAULT_VALUE && params.n && !params.at[params.n - 1].fallback)
			params.at[params.n - 1].fallback = n;
	}
	c->n_params = params.n;
	c->params = VEC_TO_ARENA(params, b->arena);
}

static SynId name_node(const OutlineBuilder *b, SynId decl) { return syntax_field(builder_tree(b), decl, SYNF_NAME); }

static void read_function(OutlineBuilder *b, size_t enclosing, SynId decl) {
	const SyntaxTree *t = builder_tree(b);
	SyntaxKind kind = (SyntaxKind)t->nodes[decl].kind;
	Str name = STR_NONE;
	Span name_span = t->nodes[decl].span;
	if (kind == SYN_SUBSCRIPT_DECLARATION || kind == SYN_DEINIT_DECLARATION || kind == SYN_INIT_DECLARATION) {
		name = kind == SYN_SUBSCRIPT_DECLARATION ? STR("subscript")
		       : kind == SYN_INIT_DECLARATION    ? STR("init")
		                                         : STR("deinit");
		for (SynId c = syntax_child(t, decl); c; c = syntax_next(t, c)) {
			if (t->nodes[c].kind == SYN_TOKEN && str_eq(syntax_text(t, c), name)) name_span = t->nodes[c].span;
		}
	} else {
		SynId node = name_node(b, decl);
		if (!node || t->nodes[node].missing) return;
		name = syntax_text(t, node);
		if (name.len > 2 && name.ptr[0] == '`') name = str_sub(name, 1, name.len - 1);
		name_span = t->nodes[node].span;
	}
	Modifiers m = read_modifiers(b, decl);
	Component *c = component_add(
	    b, enclosing, enclosing == OUTLINE_TOP ? COMPONENT_FUNCTION : COMPONENT_METHOD, name, name_span, decl);
	apply_modifiers(c, &m);
	c->is_init = kind == SYN_INIT_DECLARATION;
	c->is_main = c->is_main || (enclosing != OUTLINE_TOP && str_is(name, "main") && m.is_static);
	c->returns = text_of(b, behind_token(b, decl, "->"));
	c->body = syntax_find(t, decl, SYN_FUNCTION_BODY);
	if (!c->body && kind == SYN_SUBSCRIPT_DECLARATION) c->body = syntax_find(t, decl, SYN_COMPUTED_PROPERTY);
	c->is_computed = kind == SYN_SUBSCRIPT_DECLARATION;
	read_params(b, decl, c);
}

/* ---- properties ---- */

typedef struct Property { /* one binding of a declaration: `b: Int = 2` of `let a = 1, b: Int = 2` */
	SynId pattern, type, value, computed;
} Property;

/* "Linear" of `Linear(...)`, "[Block]" of `(0 ..< n).map { _ in Block(...) }`; literals by their own type. */
static Str constructed_type(const OutlineBuilder *b, SynId value) {
	const SyntaxTree *t = builder_tree(b);
	switch (t->nodes[value].kind) {
	case SYN_INTEGER_LITERAL: return STR("Int");
	case SYN_REAL_LITERAL: return STR("Double");
	case SYN_BOOLEAN_LITERAL: return STR("Bool");
	case SYN_LINE_STRING_LITERAL: return STR("String");
	case SYN_CALL_EXPRESSION: break;
	default: return STR_NONE;
	}
	SynId callee = syntax_named_child(t, value);
	Str text = without_generics(syntax_text(t, callee));
	size_t last = text.len;
	while (last > 0 && text.ptr[last - 1] != '.') last--;
	bool simple = t->nodes[callee].kind == SYN_SIMPLE_IDENTIFIER ||
	              t->nodes[callee].kind == SYN_NAVIGATION_EXPRESSION || t->nodes[callee].kind == SYN_USER_TYPE;
	bool upper = last < text.len && text.ptr[last] >= 'A' && text.ptr[last] <= 'Z';
	for (size_t i = 0; i < text.len; i++) simple = simple && !strchr("()[]{} \n?!", text.ptr[i]);
	return simple && upper ? text : STR_NONE;
}

static void add_stored(OutlineBuilder *b, size_t owner, SynId decl, SynId name, const Property *p, const Modifiers *m) {
	Field *f = component_add_field(b, owner, text_of(b, name), decl);
	if (f->name.len > 2 && f->name.ptr[0] == '`') f->name = f->key = str_sub(f->name, 1, f->name.len - 1);
	if (m->key.len) f->key = m->key;
	f->type = p->type ? text_of(b, syntax_named_child(builder_tree(b), p->type)) : STR_NONE;
	f->value = p->value;
	if (!f->type.len && p->value) f->type = constructed_type(b, p->value);
	f->is_module = m->is_module;
	f->is_parameter = m->is_parameter;
	f->is_static = m->is_static;
	f->is_lazy = m->is_lazy;
	f->is_computed = p->computed != 0;
	f->is_let =
	    !p->computed && str_starts(text_of(b, syntax_find(builder_tree(b), decl, SYN_VALUE_BINDING_PATTERN)), "let");
}

static void add_property(OutlineBuilder *b, size_t owner, SynId decl, const Property *p, const Modifiers *m) {
	const SyntaxTree *t = builder_tree(b);
	SynId first = 0;
	for (SynId i = p->pattern; i < t->nodes[p->pattern].next; i++) { /* `(m, n)` has several */
		if (t->nodes[i].kind != SYN_SIMPLE_IDENTIFIER) continue;
		if (!first) first = i;
		if (owner != OUTLINE_TOP) add_stored(b, owner, decl, i, p, m);
	}
	if (!p->computed || !first) return;
	Component *c = component_add(b, owner, owner == OUTLINE_TOP ? COMPONENT_FUNCTION : COMPONENT_METHOD,
	    text_of(b, first), t->nodes[first].span, decl);
	apply_modifiers(c, m);
	c->is_computed = true;
	if (t->nodes[p->computed].kind == SYN_COMPUTED_PROPERTY) c->body = p->computed;
	if (p->type) c->returns = text_of(b, syntax_named_child(t, p->type));
}

static void read_property(OutlineBuilder *b, size_t owner, SynId decl) {
	const SyntaxTree *t = builder_tree(b);
	Modifiers m = read_modifiers(b, decl);
	Property p = { 0 };
	for (SynId c = syntax_child(t, decl); c; c = syntax_next(t, c)) {
		SyntaxKind kind = (SyntaxKind)t->nodes[c].kind;
		if (kind == SYN_PATTERN && t->nodes[c].field == SYNF_NAME) {
			if (p.pattern) add_property(b, owner, decl, &p, &m);
			p = (Property) { .pattern = c };
		} else if (kind == SYN_TYPE_ANNOTATION) {
			p.type = c;
		} else if (t->nodes[c].field == SYNF_VALUE) {
			p.value = c;
		} else if (kind == SYN_COMPUTED_PROPERTY || kind == SYN_PROTOCOL_PROPERTY_REQUIREMENTS) {
			p.computed = c;
		}
	}
	if (p.pattern) add_property(b, owner, decl, &p, &m);
}

/* ---- types ---- */

/* `self._norm = ModuleInfo(wrappedValue: ..., key: "attn_norm")` in init gives a field its key, too. */
static void read_wrapped_keys(OutlineBuilder *b, size_t owner, SynId init) {
	const SyntaxTree *t = builder_tree(b);
	for (SynId i = init; i < t->nodes[init].next; i++) {
		if (t->nodes[i].kind != SYN_ASSIGNMENT) continue;
		Str target = text_of(b, syntax_child(t, i));
		SynId value = syntax_field(t, i, SYNF_RESULT);
		Str right = text_of(b, value);
		bool module = str_starts(right, "ModuleInfo(") || str_starts(right, "ModuleInfo<");
		if (!module && !str_starts(right, "ParameterInfo(") && !str_starts(right, "ParameterInfo<")) continue;
		if (str_starts(target, "self.")) target = str_sub(target, 5, target.len);
		if (!str_starts(target, "_")) continue;
		target = str_sub(target, 1, target.len);
		for (size_t k = 0; k < b->fields.n; k++) {
			FieldEntry *e = &b->fields.at[k];
			if (e->owner != owner || !str_eq(e->field.name, target)) continue;
			Str key = key_argument(right);
			if (key.len) e->field.key = key;
			e->field.is_module |= module;
			e->field.is_parameter |= !module;
		}
	}
}

/* Raw values of the enum CodingKeys are the names of a configuration's fields in its file, as weight keys are of layers. */
static void read_coding_keys(OutlineBuilder *b, size_t owner, SynId decl) {
	const SyntaxTree *t = builder_tree(b);
	SynId body = syntax_field(t, decl, SYNF_BODY);
	for (SynId entry = syntax_child(t, body); body && entry; entry = syntax_next(t, entry)) {
		if (t->nodes[entry].kind != SYN_ENUM_ENTRY) continue;
		Str name = STR_NONE;
		for (SynId c = syntax_child(t, entry); c; c = syntax_next(t, c)) {
			if (t->nodes[c].field == SYNF_NAME) name = syntax_text(t, c);
			if (t->nodes[c].field != SYNF_RAW_VALUE || !name.len) continue;
			Str raw = syntax_text(t, c);
			if (raw.len < 3 || raw.ptr[0] != '"') continue;
			for (size_t k = 0; k < b->fields.n; k++) {
				FieldEntry *e = &b->fields.at[k];
				if (e->owner == owner && str_eq(e->field.name, name)) e->field.key = str_sub(raw, 1, raw.len - 1);
			}
		}
	}
}

static void read_bases(const OutlineBuilder *b, SynId decl, Component *c) {
	const SyntaxTree *t = builder_tree(b);
	VEC(Str) bases = { 0 };
	for (SynId n = syntax_child(t, decl); n; n = syntax_next(t, n)) {
		if (t->nodes[n].kind == SYN_INHERITANCE_SPECIFIER) VEC_PUSH(bases) = without_generics(syntax_text(t, n));
	}
	c->n_bases = bases.n;
	c->bases = VEC_TO_ARENA(bases, b->arena);
}

/* Keys are read when all fields of the type are known, whatever the order of its members. */
static void read_keys(OutlineBuilder *b, size_t owner, SynId body) {
	const SyntaxTree *t = builder_tree(b);
	for (SynId c = syntax_child(t, body); c; c = syntax_next(t, c)) {
		if (t->nodes[c].kind == SYN_INIT_DECLARATION) read_wrapped_keys(b, owner, c);
		if (t->nodes[c].kind == SYN_CLASS_DECLARATION && str_is(text_of(b, name_node(b, c)), "CodingKeys"))
			read_coding_keys(b, owner, c);
	}
}

static void read_type(OutlineBuilder *b, size_t enclosing, SynId decl) {
	const SyntaxTree *t = builder_tree(b);
	SynId name = name_node(b, decl);
	if (!name || t->nodes[name].missing) return;
	Modifiers m = read_modifiers(b, decl);
	size_t index = b->components.n;
	Component *c =
	    component_add(b, enclosing, COMPONENT_CLASS, without_generics(syntax_text(t, name)), t->nodes[name].span, decl);
	apply_modifiers(c, &m);
	c->is_extension = syntax_has_token(t, decl, "extension");
	c->body = syntax_field(t, decl, SYNF_BODY);
	read_bases(b, decl, c);
	SynId body = c->body;
	if (!body) return;
	read_members(b, index, body);
	read_keys(b, index, body);
}

static void read_members(OutlineBuilder *b, size_t enclosing, SynId node) {
	const SyntaxTree *t = builder_tree(b);
	for (SynId c = syntax_child(t, node); c; c = syntax_next(t, c)) {
		switch (node_at(b, c)->kind) {
		case SYN_CLASS_DECLARATION:
		case SYN_PROTOCOL_DECLARATION: read_type(b, enclosing, c); break;
		case SYN_FUNCTION_DECLARATION:
		case SYN_PROTOCOL_FUNCTION_DECLARATION: read_function(b, enclosing, c); break;
		case SYN_INIT_DECLARATION:
		case SYN_DEINIT_DECLARATION:
		case SYN_SUBSCRIPT_DECLARATION:
			if (enclosing != OUTLINE_TOP) read_function(b, enclosing, c);
			break;
		case SYN_PROPERTY_DECLARATION:
		case SYN_PROTOCOL_PROPERTY_DECLARATION: read_property(b, enclosing, c); break;
		case SYN_ERROR: read_members(b, enclosing, c); break; /* whole declarations inside are as good as outside */
		default: break;
		}
	}
}

void component_read_swift(OutlineBuilder *b) {
	if (builder_tree(b)->n) read_members(b, OUTLINE_TOP, 0);
}
