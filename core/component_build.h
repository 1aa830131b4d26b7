/* Between component.c and the readers of one language each, and nobody else. */
#ifndef CORE_COMPONENT_BUILD_H
#define CORE_COMPONENT_BUILD_H

#include "core/component.h"

typedef struct FieldEntry {
	size_t owner; /* index into OutlineBuilder.components */
	Field field;
} FieldEntry;

typedef struct OutlineBuilder {
	const Source *source;
	const SyntaxTree *trees;
	Arena *arena;
	VEC(Component) components; /* in order of file and start; parent is the enclosing declaration here */
	VEC(FieldEntry) fields;    /* in order of being found */
	uint32_t file;             /* the one being read */
} OutlineBuilder;

#define OUTLINE_TOP SIZE_MAX /* no enclosing declaration */

void component_read_swift(OutlineBuilder *b);
void component_read_python(OutlineBuilder *b);

/* Adds a component of the given enclosing declaration (OUTLINE_TOP for none): sets names, owner, file, span and parent.
 * The pointer is good until the next one is added. */
Component *component_add(OutlineBuilder *b, size_t enclosing, ComponentKind kind, Str name, Span name_span, SynId node);
/* Adds a field to the class at that index. */
Field *component_add_field(OutlineBuilder *b, size_t owner, Str name, SynId decl);

static inline const SyntaxTree *builder_tree(const OutlineBuilder *b) { return &b->trees[b->file]; }

#endif
