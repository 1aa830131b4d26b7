#include "core/posix.h"

#include "core/align_build.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What components speak of: the words of their bodies, the operations they compute, their keys, members and files. */

/* ---- what a component says ---- */

static void see_leaf(Words *w, const SyntaxTree *tree, SynId id) {
	Str text = syntax_text(tree, id);
	switch (tree->nodes[id].kind) {
	case SYN_SIMPLE_IDENTIFIER:
	case SYN_TYPE_IDENTIFIER:
	case SYN_IDENTIFIER:
		if (!str_is(text, "self")) words_see_name(w, text);
		break;
	case SYN_INTEGER_LITERAL:
	case SYN_REAL_LITERAL:
	case SYN_INTEGER:
	case SYN_FLOAT: {
		char number[48], shown[32];
		size_t n = 0;
		for (size_t i = 0; i < text.len && n + 1 < sizeof number; i++) {
			if (text.ptr[i] != '_') number[n++] = text.ptr[i];
		}
		number[n] = '\0';
		double value = strtod(number, NULL);
		if (value == 0 || value == 1 || value == 2 || value == -1) break; /* everywhere */
		snprintf(shown, sizeof shown, "%g", value);
		words_see(w, str_of(shown));
		break;
	}
	case SYN_LINE_STR_TEXT:
	case SYN_STRING_CONTENT:
		if (text.len > 1 && text.len < 48 && str_find(text, "\n", 0) == SIZE_MAX) words_see_name(w, text);
		break;
	default: break;
	}
}

static bool is_docstring(const SyntaxTree *tree, SynId id) {
	SynId parent = tree->nodes[id].parent;
	return tree->nodes[id].kind == SYN_STRING && tree->nodes[parent].kind == SYN_EXPRESSION_STATEMENT;
}

static bool is_class(const SyntaxTree *tree, SynId id) {
	SyntaxKind kind = (SyntaxKind)tree->nodes[id].kind;
	return kind == SYN_CLASS_DECLARATION || kind == SYN_PROTOCOL_DECLARATION || kind == SYN_CLASS_DEFINITION;
}

/* What a function computes, by the canonical names of its operations and the constants it computes with. */
static void see_graph(Words *w, const FlowGraph *g) {
	for (NodeId i = 1; i < g->n; i++) {
		const FlowNode *node = &g->nodes[i];
		if (node->op != OP_NONE) words_see(w, arena_printf(w->arena, "op %s", op_info(node->op)->name));
		if (node->kind == NODE_MODULE && node->key.len) {
			words_see(w, arena_printf(w->arena, "runs %.*s", STR_ARG(name_squash(w->arena, node->key))));
		}
	}
}

/* Of a class the operations of all its members. */
static Bag read_ops(Words *w, const Half *h, size_t id) {
	if (!h->program) return (Bag) { 0 };
	see_graph(w, &h->program->functions[id].graph);
	for (ComponentId i = h->first_member[id]; i != COMPONENT_NONE; i = h->next_member[i])
		see_graph(w, &h->program->functions[i].graph);
	return words_take(w);
}

static Bag read_body(Words *w, const Half *h, size_t id) {
	const Outline *o = h->outline;
	const Component *c = &o->components[id];
	const SyntaxTree *tree = &o->trees[c->file];
	for (SynId i = c->node + 1; i < tree->nodes[c->node].next;) {
		bool nested = c->kind == COMPONENT_CLASS && is_class(tree, i);
		if (nested || is_docstring(tree, i)) {
			i = tree->nodes[i].next;
			continue;
		}
		see_leaf(w, tree, i++);
	}
	w->n_documents++;
	return words_take(w);
}

/* The weight keys of a module, or its other fields; of what is no module all fields are others. */
static Bag read_keys(Words *w, const Component *c, bool weights) {
	for (size_t i = 0; i < c->n_fields; i++) {
		const Field *f = &c->fields[i];
		if ((f->is_module || f->is_parameter) != weights || f->is_computed) continue;
		Str key = name_squash(w->arena, f->key), name = name_squash(w->arena, f->name);
		words_see(w, arena_printf(w->arena, "key %.*s", STR_ARG(key)));
		if (!str_eq(key, name)) words_see(w, arena_printf(w->arena, "key %.*s", STR_ARG(name)));
	}
	return words_take(w);
}

static Bag read_members(Words *w, const Half *h, ComponentId cls) {
	const Unit *units = h->units;
	for (ComponentId i = h->first_member[cls]; i != COMPONENT_NONE; i = h->next_member[i]) {
		if (units[i].role != ROLE_NONE || units[i].kind != COMPONENT_METHOD) continue;
		words_see(w, arena_printf(w->arena, "member %.*s", STR_ARG(units[i].forms[0])));
	}
	return words_take(w);
}

static Bag read_file(Words *w, const char *name) {
	Str rest = str_of(name), part;
	if (str_ends(rest, ".py")) rest.len -= 3;
	if (str_ends(rest, ".swift")) rest.len -= 6;
	while (rest.ptr && str_split(&rest, '/', &part)) {
		words_see_name(w, part);
		words_see(w, arena_printf(w->arena, "file %.*s", STR_ARG(name_squash(w->arena, part))));
	}
	return words_take(w);
}
/* ---- what the scope names ---- */

bool may_meet(const Unit *a, const Unit *b) {
	if (a->in_scope && b->in_scope) return true;
	if (a->in_scope || b->in_scope) return a->is_near && b->is_near;
	return str_eq(a->forms[0], b->forms[0]) && a->n_whole_parts > 1;
}

static void find_near(const Half *h, Words *w) {
	bool *named = base_alloc(w->documents.n + 1);
	for (size_t i = 0; i < h->n; i++) {
		const Unit *u = &h->units[i];
		for (size_t k = 0; k < u->body.n && u->in_scope; k++) named[u->body.at[k].word] = true;
	}
	size_t n = w->documents.n;
	for (size_t i = 0; i < h->n; i++) { /* of what is nested or a member, the type around it must be named, too */
		const Component *c = &h->outline->components[i];
		WordId own = words_see_name(w, c->base);
		Str owner = c->owner;
		for (size_t k = 0; k < owner.len; k++) {
			if (owner.ptr[k] == '.') owner = str_sub(owner, k + 1, owner.len), k = 0;
		}
		WordId outer = owner.len ? words_see_name(w, owner) : own;
		h->units[i].is_near = h->units[i].in_scope || (own < n && outer < n && named[own] && named[outer]);
		w->seen.n = 0;
	}
	free(named);
}

/* ---- the whole ---- */

static bool is_ignored(const Component *c) {
	return str_is(c->base, "CodingKeys") || str_is(c->base, "deinit") || str_ends(c->owner, "CodingKeys");
}

static void list_members(Half *h, Arena *arena) {
	const Outline *o = h->outline;
	h->first_member = ARENA_ARRAY(arena, ComponentId, h->n + 1);
	h->next_member = ARENA_ARRAY(arena, ComponentId, h->n + 1);
	for (size_t i = 0; i < h->n; i++) h->first_member[i] = COMPONENT_NONE;
	for (size_t i = h->n; i-- > 0;) {
		ComponentId parent = o->components[i].parent;
		h->next_member[i] = parent == COMPONENT_NONE ? COMPONENT_NONE : h->first_member[parent];
		if (parent != COMPONENT_NONE) h->first_member[parent] = (ComponentId)i;
	}
}

static void note_overload(Half *h, ComponentId id) {
	const Outline *o = h->outline;
	const Component *c = &o->components[id];
	ComponentId first = outline_find(o, c->name);
	while (first != COMPONENT_NONE && first != id && o->components[first].parent != c->parent)
		first = o->same_name[first];
	if (first == COMPONENT_NONE || first == id || c->kind == COMPONENT_CLASS || o->components[first].file != c->file)
		return;
	h->units[id].overload = true;
	while (h->units[first].next_overload != COMPONENT_NONE) first = h->units[first].next_overload;
	h->units[first].next_overload = id;
}

static void read_units(Half *h, Words *w, const volatile bool *cancel, Arena *arena) {
	const Outline *o = h->outline;
	Prefixes prefixes = align_find_prefixes(o, arena);
	w->side = (uint8_t)(1 << h->side);
	h->n = o->n + o->n_nested;
	h->units = ARENA_ARRAY(arena, Unit, h->n);
	list_members(h, arena);
	for (size_t i = 0; i < h->n && !is_cancelled(cancel); i++) {
		const Component *c = &o->components[i];
		const SourceFile *file = &o->source->files[c->file];
		Unit *u = &h->units[i];
		u->kind = c->kind;
		u->in_scope = file->in_scope;
		u->ignored = is_ignored(c);
		u->role = align_role(o, c);
		u->place = (float)c->span.start / (float)(file->text.len + 1);
		align_read_name(u, c, &prefixes, file->name, arena);
		u->body = read_body(w, h, i);
		u->ops = read_ops(w, h, i);
		u->file = read_file(w, file->name);
		u->next_overload = COMPONENT_NONE;
		note_overload(h, (ComponentId)i);
	}
	for (size_t i = 0; i < h->n && !is_cancelled(cancel); i++) {
		if (h->units[i].kind != COMPONENT_CLASS) continue;
		h->units[i].weights = read_keys(w, &o->components[i], true);
		h->units[i].fields = read_keys(w, &o->components[i], false);
		h->units[i].members = read_members(w, h, (ComponentId)i);
	}
	VEC_FREE(prefixes.v);
	if (!is_cancelled(cancel)) find_near(h, w);
}

static const float DIALECT_WEIGHT = 0.5F;

static void weigh_unit(Words *w, Unit *u) {
	for (size_t i = 0; i < u->body.n; i++) {
		if (words_is_dialect(w, u->body.at[i].word)) u->body.at[i].weight *= DIALECT_WEIGHT;
	}
	words_weigh(w, &u->body);
	words_weigh(w, &u->ops);
	words_weigh(w, &u->weights);
	words_weigh(w, &u->fields);
	words_weigh(w, &u->members);
	words_weigh(w, &u->file);
	for (size_t i = 0; i < u->n_parts; i++) {
		uintptr_t *id = map_get(&w->ids, u->parts[i]);
		u->part_weights[i] = id ? words_rarity(w, (WordId)*id) : logf(1 + (float)w->n_documents);
		if (name_is_light(u->parts[i])) u->part_weights[i] *= 0.25F;
	}
}

void align_read(Half *halves, size_t n_halves, const volatile bool *cancel, Arena *arena) {
	Words w = { .arena = arena };
	for (size_t i = 0; i < n_halves; i++) read_units(&halves[i], &w, cancel, arena);
	for (size_t i = 0; i < n_halves && !is_cancelled(cancel); i++) {
		for (size_t k = 0; k < halves[i].n; k++) weigh_unit(&w, &halves[i].units[k]);
	}
	for (size_t i = 0; i < n_halves; i++) align_read_calls(&halves[i], arena);
	map_done(&w.ids);
	map_done(&w.names);
	VEC_FREE(w.spelt);
	VEC_FREE(w.documents);
	VEC_FREE(w.sides);
	VEC_FREE(w.seen);
}
