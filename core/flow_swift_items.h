/* Between flow_swift_tokens.c (syntax to items) and flow_swift_group.c (items to expressions), and nobody else. */
#ifndef CORE_FLOW_SWIFT_ITEMS_H
#define CORE_FLOW_SWIFT_ITEMS_H

#include "core/flow_swift_tokens.h"

typedef enum ItemKind {
	ITEM_ATOM,
	ITEM_NAME,
	ITEM_MEMBER,
	ITEM_ARGS,
	ITEM_CLOSURE,
	ITEM_OP,
	ITEM_CAST,
	ITEM_TRY
} ItemKind;

typedef struct Item {
	uint8_t kind;
	bool breaks; /* stands on a new line where Swift ends the statement before it */
	Span span;
	Str text; /* name, operator, label of a closure */
	SynId syn;
} Item;

typedef struct Reader {
	const SyntaxTree *tree;
	Arena *arena;
	VEC(Item) items;
	size_t at; /* of the item to be read next */
	Str label; /* of the trailing closure to come */
	unsigned depth;
	uint32_t n_nodes, n_errors;
} Reader;

/* All items, grouped: more than one expression, linked by `then`, where the grammar glued statements together or where an
 * ERROR was skipped between two operands. Never NULL. */
Ex *swift_group(Reader *r);

#endif
