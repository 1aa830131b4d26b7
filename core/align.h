/* Rows: which components of the three sides answer each other.
 *
 * All components of all sides are aligned at once from weighted evidence: weight keys and field names, names with the
 * conventions of ports undone, what the bodies speak of, which class holds which as what, files and order. Classes come
 * first, as one assignment problem, then the members of matched classes, then free functions and the rest. A
 * correction by a person outranks everything. Never judges whether two components compute the same. */
#ifndef CORE_ALIGN_H
#define CORE_ALIGN_H

#include "core/program.h"

typedef struct Row {
	ComponentKind kind;                 /* of the port's component, else of the first side that has one */
	const ComponentId *ids[SIDE_COUNT]; /* in order of place; overloads of one name stand together */
	size_t n[SIDE_COUNT];               /* 0: this side has no counterpart */
	double confidence;                  /* 0..1: of the weakest pair; 1 for a row with one side only */
	const Str *evidence;                /* in words: "weight keys q_proj k_proj v_proj", "name", "held as self_attn" */
	size_t n_evidence;
	bool pinned; /* by a person */
} Row;

typedef struct Rows {
	Row *rows; /* those of the port in its order, then those without a component of the port */
	size_t n;
	uint32_t *row_of[SIDE_COUNT]; /* one a component: its (first) row; NULL for a side that is absent */
} Rows;
#define ROW_NONE UINT32_MAX

/* A correction: what answers one component of the port. Names are component labels ("Attention.init", "path#Name"). */
typedef struct RowPin {
	Str swift;
	Str other[SIDE_COUNT];  /* of mlx and torch: the label, or empty for "nothing answers it" */
	bool given[SIDE_COUNT]; /* whether this side is corrected at all */
} RowPin;
typedef struct RowPins {
	const RowPin *pins; /* later ones outrank earlier ones */
	size_t n;
} RowPins;

typedef struct AlignSide {
	const Outline *outline; /* NULL: the side is absent */
	const Program *program; /* may be NULL: then bodies are compared by their words alone */
} AlignSide;

/* Every component of every side gets a row, except `CodingKeys` and the like that have no part in computing, and functions
 * within functions that nothing answers. pins may be NULL; a pin whose names lead to nothing is passed over. Everything
 * lies in the arena. */
void rows_build(const AlignSide sides[SIDE_COUNT], const RowPins *pins, Arena *arena, Rows *out);
/* The same; once *cancel (may be NULL) is true it soon returns false and leaves no rows. */
bool rows_build_until(
    const AlignSide sides[SIDE_COUNT], const RowPins *pins, const volatile bool *cancel, Arena *arena, Rows *out);

/* The row of a component, or NULL. */
const Row *rows_of(const Rows *rows, Side side, ComponentId id);
/* The (first) component of another side that answers it, or COMPONENT_NONE. */
ComponentId rows_answer(const Rows *rows, Side side, ComponentId id, Side other);

#endif
