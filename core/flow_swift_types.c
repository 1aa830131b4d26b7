#include "core/posix.h"

#include "core/facts.h"
#include "core/flow_swift_lower.h"

#include <string.h>

/* ---- types as text ---- */

Str swift_type_unwrapped(Str type) {
	type = str_trim(type);
	while (type.len && (type.ptr[type.len - 1] == '?' || type.ptr[type.len - 1] == '!')) type.len--;
	return type;
}

Str swift_type_bare(Str type) {
	type = swift_type_unwrapped(type);
	if (str_starts(type, "any ") || str_starts(type, "some "))
		type = str_trim(str_sub(type, type.ptr[0] == 'a' ? 4 : 5, type.len));
	size_t open = str_find(type, "<", 0);
	return open == SIZE_MAX ? type : str_sub(type, 0, open);
}

Str swift_type_element(Str type) {
	type = swift_type_unwrapped(type);
	if (type.len < 3 || type.ptr[0] != '[' || type.ptr[type.len - 1] != ']') return STR_NONE;
	Str inner = str_trim(str_sub(type, 1, type.len - 1));
	int depth = 0;
	for (size_t i = 0; i < inner.len; i++) {
		char c = inner.ptr[i];
		depth += (c == '[' || c == '(' || c == '<') - (c == ']' || c == ')' || c == '>');
		if (c == ':' && depth == 0) return STR_NONE; /* a dictionary */
	}
	return inner;
}

bool swift_type_is_function(Str type) { return str_find(type, "->", 0) != SIZE_MAX; }

/* ---- nodes ---- */

void swift_note(Lower *l, NodeId node, Str type, const Field *field) {
	if (!node || (!type.len && !field)) return;
	while (l->origins.n <= node) VEC_PUSH(l->origins).field = NULL;
	Origin *origin = &l->origins.at[node];
	if (type.len) origin->type = type;
	if (field) origin->field = field;
	FlowNode *n = flow_edit(l->b, node);
	if (type.len && n->facts.domain == DOMAIN_UNKNOWN && n->kind != NODE_OP) facts_of_type(LANG_SWIFT, type, &n->facts);
}

static Origin origin_at(const Lower *l, NodeId node, int depth) {
	Origin none = { STR_NONE, NULL };
	if (!node) return none;
	if (node < l->origins.n && (l->origins.at[node].type.len || l->origins.at[node].field)) return l->origins.at[node];
	const FlowGraph *g = flow_so_far(l->b);
	const FlowNode *n = &g->nodes[node];
	bool same = n->kind == NODE_JOIN || (n->kind == NODE_STORE && n->n_args);
	return same && depth > 0 && n->n_args ? origin_at(l, g->args[n->args].node, depth - 1) : none;
}

Origin swift_origin(const Lower *l, NodeId node) { return origin_at(l, node, 4); }

/* ---- declarations of the source ---- */

/* Several targets of a package may each hold a type or function of one name. Meant is the one that is nearest: of this
 * file, else of the folder most of the path is shared with. 0 is not visible at all. */
static size_t nearness(const Lower *l, ComponentId id) {
	const Component *c = &l->o->components[id];
	if (c->file == l->file) return SIZE_MAX;
	if (c->is_private) return 0;
	const char *a = l->o->source->files[l->file].name, *b = l->o->source->files[c->file].name;
	size_t shared = 1;
	for (size_t i = 0; a[i] && a[i] == b[i]; i++) shared += a[i] == '/';
	return shared;
}

static ComponentId class_named(const Lower *l, Str name) {
	ComponentId best = COMPONENT_NONE;
	size_t best_near = 0;
	for (ComponentId id = outline_find(l->o, name); id != COMPONENT_NONE; id = l->o->same_name[id]) {
		size_t near = l->o->components[id].kind == COMPONENT_CLASS ? nearness(l, id) : 0;
		if (near > best_near) best = id, best_near = near;
	}
	return best;
}

ComponentId swift_class(const Lower *l, Str type) {
	Str name = swift_type_bare(type);
	if (!name.len || name.ptr[0] == '[' || name.ptr[0] == '(') return COMPONENT_NONE;
	if (str_is(name, "Self")) return l->cls;
	for (Str outer = l->owner; outer.len;) { /* a nested type hides an outer one */
		ComponentId id = class_named(l, arena_printf(l->arena, "%.*s.%.*s", STR_ARG(outer), STR_ARG(name)));
		if (id != COMPONENT_NONE) return id;
		size_t dot = outer.len;
		while (dot > 0 && outer.ptr[dot - 1] != '.') dot--;
		outer = str_sub(outer, 0, dot ? dot - 1 : 0);
	}
	return class_named(l, name);
}

enum { MAX_BASES_DEPTH = 5 };

static const Field *field_in(const Lower *l, ComponentId cls, Str name, int depth) {
	if (cls == COMPONENT_NONE || depth == 0) return NULL;
	const Field *field = outline_field(l->o, cls, name);
	const Component *c = &l->o->components[cls];
	for (size_t i = 0; !field && i < c->n_bases; i++) field = field_in(l, class_named(l, c->bases[i]), name, depth - 1);
	return field;
}

const Field *swift_find_field(const Lower *l, ComponentId cls, Str name) {
	return field_in(l, cls, name, MAX_BASES_DEPTH);
}

typedef struct Signature {
	const FlowArg *args;
	size_t n, n_trailing;
	bool computed, any; /* a computed property is asked for; whatever the labels are */
} Signature;

static bool takes(const Param *p, const Signature *s, size_t i) {
	if (i >= s->n) return false;
	Str label = s->args[i].label;
	if (i >= s->n - s->n_trailing && !label.len) return true; /* the first trailing closure stands without its label */
	return str_eq(label, p->label);
}

static bool is_unlabelled(const Signature *s, size_t i) { return i < s->n - s->n_trailing && !s->args[i].label.len; }

static bool fits(const Component *c, const Signature *s) {
	if (c->kind == COMPONENT_CLASS || c->is_computed != s->computed) return false;
	if (s->any || s->computed) return true;
	size_t i = 0;
	for (size_t k = 0; k < c->n_params; k++) {
		const Param *p = &c->params[k];
		if (takes(p, s, i)) {
			i++;
			while (p->variadic && is_unlabelled(s, i)) i++;
		} else if (!p->fallback && !p->variadic) {
			return false;
		}
	}
	return i == s->n;
}

/* Extensions of a type that isn't of the source are one type, in however many files they stand. */
static bool is_of(const Lower *l, const Component *c, ComponentId cls) {
	if (c->parent == cls) return true;
	if (cls == COMPONENT_NONE || c->parent == COMPONENT_NONE || !l->o->components[cls].is_extension) return false;
	return str_eq(l->o->components[c->parent].name, l->o->components[cls].name);
}

/* cls: whose member it is, or COMPONENT_NONE for functions. */
static ComponentId find_fitting(const Lower *l, Str qualified, ComponentId cls, const Signature *s) {
	ComponentId best = COMPONENT_NONE;
	size_t best_near = 0;
	for (ComponentId id = outline_find(l->o, qualified); id != COMPONENT_NONE; id = l->o->same_name[id]) {
		const Component *c = &l->o->components[id];
		if (!is_of(l, c, cls) || !fits(c, s)) continue;
		size_t near = nearness(l, id);
		if (near > best_near) best = id, best_near = near;
	}
	return best;
}

static ComponentId member_in(const Lower *l, ComponentId cls, Str name, const Signature *s, int depth) {
	if (cls == COMPONENT_NONE || depth == 0) return COMPONENT_NONE;
	const Component *c = &l->o->components[cls];
	Str qualified = arena_printf(l->arena, "%.*s.%.*s", STR_ARG(c->name), STR_ARG(name));
	ComponentId found = find_fitting(l, qualified, cls, s);
	for (size_t i = 0; found == COMPONENT_NONE && i < c->n_bases; i++) {
		found = member_in(l, class_named(l, c->bases[i]), name, s, depth - 1);
	}
	return found;
}

ComponentId swift_find_method(
    const Lower *l, ComponentId cls, Str name, const FlowArg *args, size_t n, size_t n_trailing) {
	return member_in(l, cls, name, &(Signature) { .args = args, .n = n, .n_trailing = n_trailing }, MAX_BASES_DEPTH);
}

ComponentId swift_find_computed(const Lower *l, ComponentId cls, Str name) {
	return member_in(l, cls, name, &(Signature) { .computed = true }, MAX_BASES_DEPTH);
}

bool swift_has_method(const Lower *l, ComponentId cls, Str name) {
	return member_in(l, cls, name, &(Signature) { .any = true }, MAX_BASES_DEPTH) != COMPONENT_NONE;
}

ComponentId swift_find_function(const Lower *l, Str name, const FlowArg *args, size_t n, size_t n_trailing) {
	ComponentId id =
	    find_fitting(l, name, COMPONENT_NONE, &(Signature) { .args = args, .n = n, .n_trailing = n_trailing });
	return id != COMPONENT_NONE && l->o->components[id].kind == COMPONENT_FUNCTION ? id : COMPONENT_NONE;
}

/* ---- layers ---- */

OpId swift_layer_op(Str type) {
	Str name = swift_type_bare(type);
	size_t dot = name.len;
	while (dot > 0 && name.ptr[dot - 1] != '.') dot--;
	OpCall call = { .dialect = DIALECT_SWIFT, .form = CALL_CONSTRUCTOR, .name = str_sub(name, dot, name.len) };
	OpMatch match = { 0 };
	if (!call.name.len || !ops_resolve(&call, &match)) return OP_NONE;
	return match.constructs ? match.op : OP_NONE;
}

bool swift_is_layer(const Lower *l, const Field *field, Str type) {
	if (swift_type_is_function(type)) return false;
	if (field && field->is_module) return true;
	ComponentId cls = swift_class(l, type);
	if (cls != COMPONENT_NONE)
		return l->o->components[cls].is_module || swift_has_method(l, cls, STR("callAsFunction"));
	Str bare = swift_type_bare(type);
	if (swift_layer_op(bare) != OP_NONE) return true;
	return str_is(bare, "UnaryLayer") || str_is(bare, "Module");
}
