/* Between the files of align, and nobody else: what they know of each component, and the pairs they find. */
#ifndef CORE_ALIGN_BUILD_H
#define CORE_ALIGN_BUILD_H

#include "core/align.h"

/* ---- words ---- */

typedef uint32_t WordId; /* from Words.ids */

typedef struct WordCount {
	WordId word;
	float weight;
} WordCount;
typedef struct Bag { /* sorted by word */
	WordCount *at;
	size_t n;
} Bag;

/* What a member does whatever it is called. */
typedef enum Role { ROLE_NONE, ROLE_INIT, ROLE_CALL } Role;

enum { UNIT_FORMS = 4, UNIT_PARTS = 12 };
typedef struct Unit { /* one component */
	ComponentKind kind;
	Role role;
	bool in_scope; /* its file is; the rest of the package is read for help only */
	bool is_near;  /* in the scope, or named there */
	bool ignored;  /* CodingKeys, deinit: gets no row */
	bool overload; /* an earlier component of the class has the same name: goes where that goes */
	Str forms
	    [UNIT_FORMS]; /* lower case without '_': as it is, without the side's prefixes, as the convention calls it */
	size_t n_forms;
	Str parts[UNIT_PARTS];          /* words of the name, synonyms made equal, prefixes left out */
	float part_weights[UNIT_PARTS]; /* rare words weigh more */
	size_t n_parts;
	Str joined;           /* the parts in one */
	size_t n_whole_parts; /* of the name with its prefix */
	Bag body;             /* of what the source says within it */
	Bag ops;              /* the operations that it and, if a class, its members compute; empty without a program */
	Bag weights;          /* of a class: keys and names of the fields that hold modules and parameters */
	Bag fields;           /* of a class: of its other stored fields */
	Bag members;          /* of a class: the names of its members */
	Bag file;             /* words of its file's path */
	float place;          /* 0..1 within its file */
} Unit;

typedef struct Half { /* one side */
	Side side;
	const Outline *outline;
	const Program *program;
	Unit *units; /* one a component */
	size_t n;
} Half;

/* Reads units of all sides and weighs their bags by how rare a word is. */
void align_read(Half *halves, size_t n_halves, Arena *arena);
/* Cosine of two bags; 0 when either is empty. */
double bag_cosine(const Bag *a, const Bag *b);
/* 0..1: what the bodies of two components have in common, words and operations. */
double bodies_alike(const Unit *a, const Unit *b);
/* Share of what part says, by weight, that whole says too; *shared gets the number of words. */
double bag_contained(const Bag *part, const Bag *whole, size_t *shared);
/* Weighted Jaccard: shared weight by all weight. */
double bag_jaccard(const Bag *a, const Bag *b);
/* 1 when a form of one is the first form of the other (less when prefixes had to go), else the share of words. */
double name_likeness(const Unit *a, const Unit *b);

/* Whether the two may answer each other at all. A package has a norm and an attention for every model, and that one looks
 * like ours is chance: what lies in the context must be named in the scope to answer it, and answers its namesake alone
 * in the other context. */
bool may_meet(const Unit *a, const Unit *b);

/* ---- pairs ---- */

typedef struct Pair { /* left of one half, right of another */
	ComponentId left, right;
	float confidence;
	Str evidence[6];
	size_t n_evidence;
} Pair;
typedef struct Pairs {
	VEC(Pair) v;
	const Half *left, *right;
	uint32_t *of_left, *of_right; /* by component: index of its first pair, or UINT32_MAX */
} Pairs;

void pairs_init(Pairs *pairs, const Half *left, const Half *right);
void pairs_done(Pairs *pairs);
/* The pointer is good until the next one is added. */
Pair *pairs_add(Pairs *pairs, ComponentId left, ComponentId right, double confidence);
void pair_say(Pair *pair, Str words);

typedef struct Matrix { /* likeness of the classes of two halves */
	const Half *left, *right;
	ComponentId *rows, *columns;
	size_t n_rows, n_columns;
	float *at; /* row-major */
} Matrix;

void align_matrix(const Half *left, const Half *right, Arena *arena, Matrix *m);
/* Into out (as large as ab): ab with what the third side c says of both. A turned matrix is stored the other way. */
void align_support(const Matrix *ab, const Matrix *ac, bool ac_turned, const Matrix *cb, bool cb_turned, float *out);
typedef struct Reach { /* who is looked at: the scope alone, or the context too */
	bool left_scope, right_scope;
} Reach;

/* Pairs of classes that have none yet, by the likeness given (of the matrix's shape), from `threshold` on; with a margin,
 * only where each is the other's best by that much. */
void align_classes(
    const Matrix *m, const float *likeness, double threshold, double margin, Reach reach, Arena *arena, Pairs *pairs);
/* Members of the class pairs, then everything callable that is left. */
void align_members(Arena *arena, Pairs *pairs);
/* Then what answers something that has an answer already. */
void align_extra(Arena *arena, Pairs *pairs);

#endif
