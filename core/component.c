#include "core/posix.h"

#include "core/component.h"

#include "core/component_build.h"

#include <stdlib.h>
#include <string.h>

/* Puts together what the readers of the two languages found: extensions go to their types, classes are known as modules
 * through each other, and everything can be looked up by name and by place. */

const char *component_kind_name(ComponentKind kind) {
	static const char *const names[] = { "class", "method", "function" };
	return names[kind];
}

/* ---- adding, for the readers ---- */

Component *component_add(
    OutlineBuilder *b, size_t enclosing, ComponentKind kind, Str name, Span name_span, SynId node) {
	Str owner = enclosing == OUTLINE_TOP ? STR_NONE : b->components.at[enclosing].name;
	Component *c = &VEC_PUSH(b->components);
	c->kind = kind;
	c->base = name;
	c->owner = owner;
	c->name = owner.len ? arena_printf(b->arena, "%.*s.%.*s", STR_ARG(owner), STR_ARG(name)) : name;
	c->file = b->file;
	c->span = builder_tree(b)->nodes[node].span;
	c->name_span = name_span;
	c->node = node;
	c->parent = enclosing == OUTLINE_TOP ? COMPONENT_NONE : (ComponentId)enclosing;
	return c;
}

Field *component_add_field(OutlineBuilder *b, size_t owner, Str name, SynId decl) {
	FieldEntry *entry = &VEC_PUSH(b->fields);
	entry->owner = owner;
	entry->field = (Field) { .name = name, .key = name, .decl = decl, .file = b->file };
	entry->field.span = builder_tree(b)->nodes[decl].span;
	return &entry->field;
}

/* ---- extensions ---- */

/* Where each component goes: the index of the type that an extension extends, or its own. */
static size_t *extension_targets(const OutlineBuilder *b) {
	Map types = { 0 };
	size_t n = b->components.n;
	size_t *target = base_alloc((n + 1) * sizeof *target);
	for (size_t i = n; i-- > 0;) {
		const Component *c = &b->components.at[i];
		if (c->kind == COMPONENT_CLASS && !c->is_extension) map_put(&types, c->name, i);
	}
	for (size_t i = 0; i < n; i++) {
		const Component *c = &b->components.at[i];
		target[i] = i;
		uintptr_t *hit = c->is_extension ? map_get(&types, c->name) : NULL;
		if (!hit) continue;
		target[i] = *hit;
		for (size_t k = *hit; k < n;
		     k++) { /* a private type of the same file goes before one of the same name elsewhere */
			const Component *t = &b->components.at[k];
			bool same =
			    t->kind == COMPONENT_CLASS && !t->is_extension && t->file == c->file && str_eq(t->name, c->name);
			if (same) target[i] = k;
		}
	}
	map_done(&types);
	return target;
}

static void add_bases(Component *to, const Component *from, Arena *arena) {
	Str *bases = ARENA_ARRAY(arena, Str, to->n_bases + from->n_bases);
	if (to->n_bases) memcpy(bases, to->bases, to->n_bases * sizeof *bases);
	if (from->n_bases) memcpy(bases + to->n_bases, from->bases, from->n_bases * sizeof *bases);
	to->bases = bases;
	to->n_bases += from->n_bases;
}

/* Leaves out the extensions of types of the source, and points what they held to these types. */
static void merge_extensions(OutlineBuilder *b) {
	size_t n = b->components.n, kept = 0;
	size_t *target = extension_targets(b);
	ComponentId *fresh = base_alloc((n + 1) * sizeof *fresh);
	for (size_t i = 0; i < n; i++) {
		if (target[i] != i) add_bases(&b->components.at[target[i]], &b->components.at[i], b->arena);
		fresh[i] = target[i] == i ? (ComponentId)kept++ : COMPONENT_NONE;
	}
	for (size_t i = 0; i < n; i++) {
		Component *c = &b->components.at[i];
		if (c->parent != COMPONENT_NONE) c->parent = fresh[target[c->parent]];
	}
	for (size_t i = 0; i < b->fields.n; i++) b->fields.at[i].owner = fresh[target[b->fields.at[i].owner]];
	for (size_t i = 0; i < n; i++) {
		if (fresh[i] != COMPONENT_NONE) b->components.at[fresh[i]] = b->components.at[i];
	}
	b->components.n = kept;
	free(fresh);
	free(target);
}

static void deal_fields(OutlineBuilder *b) {
	for (size_t i = 0; i < b->fields.n; i++) b->components.at[b->fields.at[i].owner].n_fields++;
	for (size_t i = 0; i < b->components.n; i++) {
		Component *c = &b->components.at[i];
		if (c->n_fields) c->fields = ARENA_ARRAY(b->arena, Field, c->n_fields);
		c->n_fields = 0;
	}
	for (size_t i = 0; i < b->fields.n; i++) {
		Component *c = &b->components.at[b->fields.at[i].owner];
		c->fields[c->n_fields++] = b->fields.at[i].field;
	}
}

/* ---- modules ---- */

Str component_bare_type(Str type) {
	while (type.len && strchr("[( ", type.ptr[0])) type = str_sub(type, 1, type.len);
	size_t end = 0;
	while (end < type.len && !strchr("<[]()?! ,:", type.ptr[end])) end++;
	type.len = end;
	size_t start = end;
	while (start > 0 && type.ptr[start - 1] != '.') start--;
	return str_sub(type, start, end);
}

/* Classes of MLXNN and mlx.nn and torch.nn that ports hold or derive from without defining them. */
static const char *const library_modules[] = { "AvgPool1d", "AvgPool2d", "BatchNorm", "BatchNorm1d", "BatchNorm2d",
	"Bilinear", "Conv1d", "Conv2d", "Conv3d", "ConvTransposed1d", "ConvTransposed2d", "ConvTransposed3d",
	"ConvTranspose1d", "ConvTranspose2d", "Dropout", "Dropout2d", "Dropout3d", "ELU", "Embedding", "GELU", "GLU", "GRU",
	"GradientCheckpointingLayer", "GroupNorm", "Identity", "InstanceNorm", "LSTM", "LayerNorm", "LeakyReLU", "Linear",
	"MaxPool1d", "MaxPool2d", "Module", "ModuleDict", "ModuleList", "MultiHeadAttention", "PReLU", "PreTrainedModel",
	"Quantized", "QuantizedEmbedding", "QuantizedLinear", "RMSNorm", "RNN", "ReLU", "RoPE", "Sequential", "SiLU",
	"Sigmoid", "SinusoidalPositionalEncoding", "Snake", "Softmax", "Tanh", "Transformer", "UnaryLayer", "Upsample" };

static int compare_key(const void *key, const void *name) {
	return str_cmp(*(const Str *)key, str_of(*(const char *const *)name));
}

static bool is_library_module(Str type) {
	Str bare = component_bare_type(type);
	return bsearch(&bare, library_modules, BASE_COUNT(library_modules), sizeof *library_modules, compare_key) != NULL;
}

static bool is_module_type(const Outline *o, Str type, const Component *from) {
	if (!type.len) return false;
	ComponentId id = outline_type(o, type, from->file, from->name);
	if (id != COMPONENT_NONE) return o->components[id].is_module;
	return is_library_module(type);
}

static void find_modules(Outline *o) {
	for (bool more = true; more;) { /* as deep as the deepest line of classes */
		more = false;
		for (size_t i = 0; i < o->n; i++) {
			Component *c = &o->components[i];
			for (size_t k = 0; k < c->n_bases && !c->is_module; k++) {
				c->is_module = !str_eq(component_bare_type(c->bases[k]), c->base) ? is_module_type(o, c->bases[k], c)
				                                                                  : is_library_module(c->bases[k]);
				more |= c->is_module;
			}
		}
	}
	for (size_t i = 0; i < o->n; i++) {
		Component *c = &o->components[i];
		for (size_t k = 0; k < c->n_fields; k++) {
			Field *f = &c->fields[k];
			f->is_module = f->is_module || is_module_type(o, f->type, c);
		}
	}
}

/* ---- the outline ---- */

static void index_names(Outline *o) {
	o->same_name = ARENA_ARRAY(o->arena, uint32_t, o->n + o->n_nested);
	for (size_t i = 0; i < o->n_nested; i++) o->same_name[o->n + i] = COMPONENT_NONE;
	for (size_t i = o->n; i-- > 0;) {
		uintptr_t *later = map_get(&o->by_name, o->components[i].name);
		o->same_name[i] = later ? (uint32_t)*later : COMPONENT_NONE;
		map_put(&o->by_name, o->components[i].name, i);
	}
}

/* ---- functions in functions ---- */

static bool is_declaration(const SyntaxTree *t, SynId id) {
	SyntaxKind kind = (SyntaxKind)t->nodes[id].kind;
	return kind == SYN_CLASS_DECLARATION || kind == SYN_CLASS_DEFINITION || kind == SYN_PROTOCOL_DECLARATION;
}

static void add_nested(OutlineBuilder *b, size_t outer, SynId def) {
	const SyntaxTree *t = builder_tree(b);
	SynId name = syntax_field(t, def, SYNF_NAME), body = syntax_field(t, def, SYNF_BODY);
	if (!name || !body || t->nodes[name].missing) return;
	Component *c = component_add(b, outer, COMPONENT_FUNCTION, syntax_text(t, name), t->nodes[name].span, def);
	c->parent = COMPONENT_NONE;
	c->body = body;
}

/* Behind all others, so that who reads the first n components never meets them. Those of local classes are left out. */
static void read_nested(OutlineBuilder *b) {
	size_t n = b->components.n;
	for (size_t i = 0; i < n; i++) {
		const Component *c = &b->components.at[i];
		if (c->kind == COMPONENT_CLASS || !c->body) continue;
		b->file = c->file;
		const SyntaxTree *t = builder_tree(b);
		SynId body = c->body, end = t->nodes[body].next;
		for (SynId k = body + 1; k < end;) {
			SyntaxKind kind = (SyntaxKind)t->nodes[k].kind;
			if (kind == SYN_FUNCTION_DECLARATION || kind == SYN_FUNCTION_DEFINITION) add_nested(b, i, k);
			k = is_declaration(t, k) ? t->nodes[k].next : k + 1;
		}
	}
}

void outline_build(const Source *source, const SyntaxTree *trees, Arena *arena, Outline *out) {
	OutlineBuilder b = { .source = source, .trees = trees, .arena = arena };
	for (b.file = 0; b.file < source->n_files; b.file++) {
		if (trees[b.file].lang == LANG_SWIFT)
			component_read_swift(&b);
		else
			component_read_python(&b);
	}
	merge_extensions(&b);
	deal_fields(&b);
	VEC_FREE(b.fields);
	size_t n = b.components.n;
	read_nested(&b);
	*out = (Outline) { .source = source, .trees = trees, .arena = arena, .n = n, .n_nested = b.components.n - n };
	out->components = VEC_TO_ARENA(b.components, arena);
	index_names(out);
	find_modules(out);
}

void outline_done(Outline *outline) {
	map_done(&outline->by_name);
	*outline = (Outline) { 0 };
}

/* ---- reading ---- */

ComponentId outline_find(const Outline *outline, Str qualified_name) {
	uintptr_t *hit = map_get(&outline->by_name, qualified_name);
	return hit ? (ComponentId)*hit : COMPONENT_NONE;
}

ComponentId outline_at(const Outline *outline, uint32_t file, uint32_t offset) {
	size_t low = 0, high = outline->n; /* the last that starts at or before the offset is just below low */
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		const Component *c = &outline->components[middle];
		if (c->file < file || (c->file == file && c->span.start <= offset))
			low = middle + 1;
		else
			high = middle;
	}
	for (size_t i = low; i-- > 0 && outline->components[i].file == file;) {
		if (offset < outline->components[i].span.end) return (ComponentId)i;
	}
	return COMPONENT_NONE;
}

ComponentId outline_class_of(const Outline *outline, ComponentId member) {
	return member < outline->n ? outline->components[member].parent : COMPONENT_NONE;
}

/* The class of that exact name, one of the same file first. */
static ComponentId class_named(const Outline *o, Str name, uint32_t file) {
	ComponentId out = COMPONENT_NONE;
	for (ComponentId id = outline_find(o, name); id != COMPONENT_NONE; id = o->same_name[id]) {
		if (o->components[id].kind != COMPONENT_CLASS) continue;
		if (o->components[id].file == file) return id;
		if (out == COMPONENT_NONE) out = id;
	}
	return out;
}

ComponentId outline_type(const Outline *outline, Str type, uint32_t file, Str owner) {
	Str bare = component_bare_type(type);
	char name[256];
	while (bare.len && owner.len && owner.len + bare.len + 1 < sizeof name) {
		memcpy(name, owner.ptr, owner.len);
		name[owner.len] = '.';
		memcpy(name + owner.len + 1, bare.ptr, bare.len);
		ComponentId id = class_named(outline, (Str) { name, owner.len + 1 + bare.len }, file);
		if (id != COMPONENT_NONE) return id;
		while (owner.len && owner.ptr[owner.len - 1] != '.') owner.len--;
		if (owner.len) owner.len--;
	}
	Str whole = type; /* "Vision.Attention" as written, else the last part alone */
	while (whole.len && strchr("[( ", whole.ptr[0])) whole = str_sub(whole, 1, whole.len);
	whole.len = bare.len ? (size_t)(bare.ptr + bare.len - whole.ptr) : 0;
	ComponentId id = whole.len ? class_named(outline, whole, file) : COMPONENT_NONE;
	return id == COMPONENT_NONE && bare.len ? class_named(outline, bare, file) : id;
}

const Field *outline_field(const Outline *outline, ComponentId cls, Str name) {
	if (cls >= outline->n) return NULL;
	const Component *c = &outline->components[cls];
	for (size_t i = 0; i < c->n_fields; i++) {
		if (str_eq(c->fields[i].name, name)) return &c->fields[i];
	}
	return NULL;
}

Str component_label(const Outline *outline, ComponentId id, Arena *arena) {
	const Component *c = &outline->components[id];
	for (uint32_t k = outline_find(outline, c->name); k != COMPONENT_NONE; k = outline->same_name[k]) {
		if (outline->components[k].file == c->file) continue;
		return arena_printf(arena, "%s#%.*s", outline->source->files[c->file].name, STR_ARG(c->name));
	}
	return c->name;
}
