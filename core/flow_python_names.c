/* What names mean in a Python file: imports with their aliases, module-level names, components of the source. */
#include "core/posix.h"

#include "core/flow_python_lower.h"

#include <string.h>

static SyntaxKind kind_at(const SyntaxTree *t, SynId id) { return (SyntaxKind)t->nodes[id].kind; }

/* ---- imports ---- */

static void add_import(PyNames *names, Str name, Str full, Str module, Str original) {
	if (!name.len) return;
	map_put(&names->by_name, name, names->imports.n);
	VEC_PUSH(names->imports) = (PyImport) { name, full, module, original };
}

/* `import a.b as c` binds c to a.b; `import a.b` binds a to a. */
static void add_module(PyNames *names, const SyntaxTree *t, SynId item) {
	if (kind_at(t, item) == SYN_ALIASED_IMPORT) {
		SynId name = syntax_field(t, item, SYNF_NAME), alias = syntax_field(t, item, SYNF_ALIAS);
		if (name && alias) add_import(names, syntax_text(t, alias), syntax_text(t, name), STR_NONE, STR_NONE);
		return;
	}
	Str full = syntax_text(t, item);
	size_t dot = str_find(full, ".", 0);
	Str first = str_sub(full, 0, dot == SIZE_MAX ? full.len : dot);
	add_import(names, first, first, STR_NONE, STR_NONE);
}

static void add_from(PyNames *names, const SyntaxTree *t, Str module, SynId item, Arena *arena) {
	bool aliased = kind_at(t, item) == SYN_ALIASED_IMPORT;
	SynId original = aliased ? syntax_field(t, item, SYNF_NAME) : item;
	SynId bound = aliased ? syntax_field(t, item, SYNF_ALIAS) : item;
	if (!original || !bound) return;
	Str name = syntax_text(t, original);
	const char *dot = str_ends(module, ".") ? "" : ".";
	Str full = arena_printf(arena, "%.*s%s%.*s", STR_ARG(module), dot, STR_ARG(name));
	add_import(names, syntax_text(t, bound), full, module, name);
}

void python_names_add(PyNames *names, const SyntaxTree *t, SynId statement, Arena *arena) {
	if (kind_at(t, statement) == SYN_IMPORT_STATEMENT) {
		for (SynId n = syntax_named_child(t, statement); n; n = syntax_named_next(t, n)) add_module(names, t, n);
		return;
	}
	if (kind_at(t, statement) != SYN_IMPORT_FROM_STATEMENT) return;
	SynId module = syntax_field(t, statement, SYNF_MODULE_NAME);
	if (!module) return;
	if (syntax_find(t, statement, SYN_WILDCARD_IMPORT)) names->has_wildcard = true;
	for (SynId n = syntax_named_next(t, module); n; n = syntax_named_next(t, n)) {
		if (t->nodes[n].field == SYNF_NAME) add_from(names, t, syntax_text(t, module), n, arena);
	}
}

const PyImport *python_import(const PyNames *names, Str name) {
	const uintptr_t *at = map_get(&names->by_name, name);
	return at ? &names->imports.at[*at] : NULL;
}

/* ---- module-level names ---- */

static void bind_target(PyNames *names, const SyntaxTree *t, SynId target) {
	switch (kind_at(t, target)) {
	case SYN_IDENTIFIER: map_put(&names->assigned, syntax_text(t, target), 1); break;
	case SYN_PATTERN_LIST:
	case SYN_TUPLE_PATTERN:
	case SYN_LIST_PATTERN:
	case SYN_LIST_SPLAT_PATTERN:
		for (SynId n = syntax_named_child(t, target); n; n = syntax_named_next(t, n)) bind_target(names, t, n);
		break;
	default: break;
	}
}

static void read_module(PyNames *names, const SyntaxTree *t, SynId block, Arena *arena, int depth);

static void read_definition(PyNames *names, const SyntaxTree *t, SynId def) {
	SynId name = syntax_field(t, def, SYNF_NAME);
	if (name) map_put(&names->assigned, syntax_text(t, name), 1);
}

static void read_assignment(PyNames *names, const SyntaxTree *t, SynId statement) {
	SynId node = syntax_named_child(t, statement);
	while (node && kind_at(t, node) == SYN_ASSIGNMENT) {
		SynId left = syntax_field(t, node, SYNF_LEFT);
		if (left) bind_target(names, t, left);
		node = syntax_field(t, node, SYNF_RIGHT);
	}
}

static void read_statement(PyNames *names, const SyntaxTree *t, SynId node, Arena *arena, int depth) {
	switch (kind_at(t, node)) {
	case SYN_IMPORT_STATEMENT:
	case SYN_IMPORT_FROM_STATEMENT: python_names_add(names, t, node, arena); break;
	case SYN_CLASS_DEFINITION:
	case SYN_FUNCTION_DEFINITION: read_definition(names, t, node); break;
	case SYN_DECORATED_DEFINITION: {
		SynId def = syntax_field(t, node, SYNF_DEFINITION);
		if (def) read_definition(names, t, def);
		break;
	}
	case SYN_EXPRESSION_STATEMENT: read_assignment(names, t, node); break;
	case SYN_FOR_STATEMENT: {
		SynId left = syntax_field(t, node, SYNF_LEFT);
		if (left) bind_target(names, t, left);
		read_module(names, t, node, arena, depth + 1);
		break;
	}
	case SYN_IF_STATEMENT:
	case SYN_ELIF_CLAUSE:
	case SYN_ELSE_CLAUSE:
	case SYN_TRY_STATEMENT:
	case SYN_EXCEPT_CLAUSE:
	case SYN_FINALLY_CLAUSE:
	case SYN_WITH_STATEMENT:
	case SYN_WHILE_STATEMENT:
	case SYN_BLOCK:
	case SYN_ERROR: read_module(names, t, node, arena, depth + 1); break;
	default: break;
	}
}

static void read_module(PyNames *names, const SyntaxTree *t, SynId block, Arena *arena, int depth) {
	if (depth > PYTHON_MAX_DEPTH) return;
	for (SynId n = syntax_child(t, block); n; n = syntax_next(t, n)) read_statement(names, t, n, arena, depth);
}

void python_names_init(PyNames *names, const Outline *outline, uint32_t file, Arena *arena) {
	*names = (PyNames) { .file = file };
	if (outline->trees[file].n) read_module(names, &outline->trees[file], 0, arena, 0);
}

void python_names_done(PyNames *names) {
	VEC_FREE(names->imports);
	map_done(&names->by_name);
	map_done(&names->assigned);
}

/* ---- components of the source ---- */

/* Whether a file is the module: "a.b.c" is .../a/b/c.py or .../a/b/c/__init__.py. Leading dots only say "near by". */
static bool is_module_file(const char *file_name, Str module) {
	Str path = str_of(file_name);
	if (str_ends(path, "/__init__.py"))
		path.len -= strlen("/__init__.py");
	else if (str_ends(path, ".py"))
		path.len -= strlen(".py");
	while (module.len && module.ptr[0] == '.') module = str_sub(module, 1, module.len);
	if (!module.len || module.len > path.len) return false;
	Str tail = str_sub(path, path.len - module.len, path.len);
	for (size_t i = 0; i < tail.len; i++) {
		char want = module.ptr[i] == '.' ? '/' : module.ptr[i];
		if (tail.ptr[i] != want) return false;
	}
	return path.len == module.len || path.ptr[path.len - module.len - 1] == '/';
}

static size_t shared_folders(const char *a, const char *b) {
	size_t shared = 0;
	for (size_t i = 0; a[i] && a[i] == b[i]; i++) shared += a[i] == '/';
	return shared;
}

/* The component of that name in the module: the nearest file that is the module, or the only one there is (a package
 * hands names on). */
static ComponentId imported_component(const Outline *o, uint32_t from, Str module, Str name) {
	static const char *const foreign[] = { "torch", "mlx", "numpy", "scipy", "math", "einops", "typing" };
	for (size_t i = 0; i < BASE_COUNT(foreign); i++) {
		size_t n = strlen(foreign[i]);
		if (str_starts(module, foreign[i]) && (module.len == n || module.ptr[n] == '.')) return COMPONENT_NONE;
	}
	ComponentId best = COMPONENT_NONE, only = COMPONENT_NONE;
	size_t best_shared = 0, n_all = 0;
	const char *here = o->source->files[from].name;
	for (uint32_t k = outline_find(o, name); k != COMPONENT_NONE; k = o->same_name[k]) {
		only = k;
		n_all++;
		const char *there = o->source->files[o->components[k].file].name;
		if (!is_module_file(there, module)) continue;
		size_t shared = shared_folders(here, there) + 1;
		if (shared <= best_shared) continue;
		best = k;
		best_shared = shared;
	}
	if (best != COMPONENT_NONE) return best;
	return n_all == 1 ? only : COMPONENT_NONE;
}

static ComponentId own_component(const Outline *o, uint32_t file, Str name) {
	for (uint32_t k = outline_find(o, name); k != COMPONENT_NONE; k = o->same_name[k]) {
		if (o->components[k].file == file) return k;
	}
	return COMPONENT_NONE;
}

static ComponentId only_component(const Outline *o, Str name) {
	ComponentId first = outline_find(o, name);
	return first != COMPONENT_NONE && o->same_name[first] == COMPONENT_NONE ? first : COMPONENT_NONE;
}

ComponentId python_component(const Outline *o, const PyNames *names, Str dotted) {
	if (!dotted.len) return COMPONENT_NONE;
	ComponentId own = own_component(o, names->file, dotted);
	if (own != COMPONENT_NONE) return own;
	size_t dot = str_find(dotted, ".", 0);
	Str first = str_sub(dotted, 0, dot == SIZE_MAX ? dotted.len : dot);
	Str rest = dot == SIZE_MAX ? STR_NONE : str_sub(dotted, dot + 1, dotted.len);
	const PyImport *import = python_import(names, first);
	if (!import) {
		bool may = names->has_wildcard && !map_get(&names->assigned, first);
		return may ? only_component(o, dotted) : COMPONENT_NONE;
	}
	if (rest.len && import->original.len) { /* from m import Class; Class.method, or from p import module; module.f */
		ComponentId in_module = imported_component(o, names->file, import->full, rest);
		if (in_module != COMPONENT_NONE && o->components[in_module].parent == COMPONENT_NONE) return in_module;
		ComponentId cls = imported_component(o, names->file, import->module, import->original);
		return cls == COMPONENT_NONE ? cls : python_method(o, cls, rest.ptr, rest.len);
	}
	if (rest.len) return imported_component(o, names->file, import->full, rest);
	return import->original.len ? imported_component(o, names->file, import->module, import->original) : COMPONENT_NONE;
}

/* ---- members, through bases ---- */

enum { BASES_DEEP = 8 };

static ComponentId base_class(const Outline *o, ComponentId cls, Str base) {
	ComponentId own = own_component(o, o->components[cls].file, base);
	if (own != COMPONENT_NONE) return own == cls ? COMPONENT_NONE : own;
	size_t dot = SIZE_MAX;
	for (size_t i = 0; i < base.len; i++)
		if (base.ptr[i] == '.') dot = i;
	if (dot != SIZE_MAX) {
		Str module = str_sub(base, 0, dot);
		if (str_is(module, "nn") || str_starts(module, "torch") || str_starts(module, "mlx")) return COMPONENT_NONE;
		base = str_sub(base, dot + 1, base.len);
	}
	ComponentId found = only_component(o, base);
	return found == cls ? COMPONENT_NONE : found;
}

static ComponentId own_member(const Outline *o, ComponentId cls, const char *name, size_t len) {
	for (ComponentId k = cls + 1; k < o->n && o->components[k].span.start < o->components[cls].span.end &&
	                              o->components[k].file == o->components[cls].file;
	     k++) {
		const Component *c = &o->components[k];
		if (c->parent == cls && c->base.len == len && memcmp(c->base.ptr, name, len) == 0) return k;
	}
	return COMPONENT_NONE;
}

static ComponentId find_method(const Outline *o, ComponentId cls, const char *name, size_t len, int depth) {
	if (cls >= o->n || o->components[cls].kind != COMPONENT_CLASS || depth == 0) return COMPONENT_NONE;
	ComponentId found = own_member(o, cls, name, len);
	const Component *c = &o->components[cls];
	for (size_t i = 0; i < c->n_bases && found == COMPONENT_NONE; i++) {
		found = find_method(o, base_class(o, cls, c->bases[i]), name, len, depth - 1);
	}
	return found;
}

ComponentId python_method(const Outline *o, ComponentId cls, const char *name, size_t len) {
	return find_method(o, cls, name, len, BASES_DEEP);
}

static const Field *find_field(const Outline *o, ComponentId cls, Str name, ComponentId *owner, int depth) {
	if (cls >= o->n || depth == 0) return NULL;
	const Field *field = outline_field(o, cls, name);
	if (field) {
		if (owner) *owner = cls;
		return field;
	}
	const Component *c = &o->components[cls];
	for (size_t i = 0; i < c->n_bases && !field; i++) {
		field = find_field(o, base_class(o, cls, c->bases[i]), name, owner, depth - 1);
	}
	return field;
}

const Field *python_field(const Outline *o, ComponentId cls, Str name, ComponentId *owner) {
	return find_field(o, cls, name, owner, BASES_DEEP);
}
