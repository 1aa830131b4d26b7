/* Between the files of align, and nobody else: what they know of each component, and the pairs they find. */
#ifndef CORE_ALIGN_BUILD_H
#define CORE_ALIGN_BUILD_H

#include "core/align.h"

/* What takes a `cancel` (may be NULL) stops soon once it is true; what it then leaves is good for nothing but freeing. */
static inline bool is_cancelled(const volatile bool *cancel) { return cancel && *cancel; }

/* ---- words ---- */

typedef uint32_t WordId; /* from Words.ids */

typedef struct WordCount {
	WordId word;
	float weight;
} WordCount;
typedef struct Bag { /* sorted by word */
	WordCount *at;
	size_t n;
	double norm; /* set by words_weigh */
} Bag;

typedef struct Words {
	Map ids;
	Map names; /* a name -> where its words stand in `spelt`: their number, then they; the whole comes last */
	VEC(WordId) spelt;
	Arena *arena;
	VEC(uint32_t) documents; /* by word: in how many components it stands */
	VEC(uint8_t) sides;      /* by word: bits of the sides that say it */
	uint8_t side;            /* bit of the one being read */
	VEC(WordId) seen;        /* of the component being read, with repetitions */
	size_t n_documents;
} Words;

WordId words_id(Words *w, Str word);
void words_see(Words *w, Str word);
/* A name counts as a whole and by its parts. Returns the word of the whole. */
WordId words_see_name(Words *w, Str name);
/* Makes a bag of what was seen; a word that comes often counts little more than once. */
Bag words_take(Words *w);
/* Rare words weigh more. */
float words_rarity(const Words *w, WordId word);
void words_weigh(const Words *w, Bag *bag);
/* A word that one side alone says is mostly its dialect's. */
bool words_is_dialect(const Words *w, WordId word);

/* Letters and digits, lower case. */
Str name_squash(Arena *arena, Str name);
/* Splits at '_' and at changes of case: "RMSNorm2d_x" is RMS, Norm2d, x. */
bool name_next_part(Str *rest, Str *part);
/* The word that stands for all that mean the same: "attn" and "attention" are one. */
Str name_canonical(Str word);
/* Words of names that say little of what is meant. */
bool name_is_light(Str word);

/* What a member does whatever it is called. */
typedef enum Role { ROLE_NONE, ROLE_INIT, ROLE_CALL } Role;

enum { UNIT_FORMS = 4, UNIT_PARTS = 12 };
typedef struct Unit { /* one component */
	ComponentKind kind;
	Role role;
	bool in_scope;             /* its file is; the rest of the package is read for help only */
	bool is_near;              /* in the scope, or named there */
	bool ignored;              /* CodingKeys, deinit: gets no row */
	bool overload;             /* an earlier component of the class has the same name: goes where that goes */
	ComponentId next_overload; /* of the same name and class, or COMPONENT_NONE */
	Str forms
	    [UNIT_FORMS]; /* lower case without '_': as it is, without the side's prefixes, as the convention calls it */
	size_t n_forms;
	Str parts[UNIT_PARTS];             /* words of the name, synonyms made equal, prefixes left out */
	float part_weights[UNIT_PARTS];    /* rare words weigh more */
	uint64_t part_letters[UNIT_PARTS]; /* which pairs of letters stand in it, hashed to 64 bits */
	size_t n_parts;
	Str joined;           /* the parts in one */
	uint64_t letters;     /* of joined, as part_letters */
	size_t n_whole_parts; /* of the name with its prefix */
	Bag body;             /* of what the source says within it */
	Bag ops;              /* the operations that it and, if a class, its members compute; empty without a program */
	Bag weights;          /* of a class: keys and names of the fields that hold modules and parameters */
	Bag fields;           /* of a class: of its other stored fields */
	Bag members;          /* of a class: the names of its members */
	Bag file;             /* words of its file's path */
	float place;          /* 0..1 within its file */
} Unit;

typedef struct Links { /* from each component to some others, each once: to[first[i]] to before to[first[i + 1]] */
	uint32_t *first;
	ComponentId *to;
} Links;

typedef struct Half { /* one side */
	Side side;
	const Outline *outline;
	const Program *program;
	Unit *units; /* one a component */
	size_t n;
	ComponentId *first_member, *next_member; /* of a class, in order; COMPONENT_NONE ends a list */
	Links calls, callers;                    /* resolved calls; empty without a program */
} Half;

typedef struct Prefix {
	Str text;      /* squashed */
	size_t n;      /* classes that begin with it: of the side, or of one file */
	uint32_t file; /* UINT32_MAX for the side */
} Prefix;
typedef struct Prefixes {
	VEC(Prefix) v;
} Prefixes;

/* Beginnings that most class names of a side, or of one of its files, share: such as a model's name. The caller frees v. */
Prefixes align_find_prefixes(const Outline *outline, Arena *arena);
/* Fills forms, parts and joined. */
void align_read_name(Unit *u, const Component *c, const Prefixes *prefixes, const char *file, Arena *arena);
Role align_role(const Outline *outline, const Component *c);

/* Fills calls and callers from the program. */
void align_read_calls(Half *half, Arena *arena);

/* Reads units of all sides and weighs their bags by how rare a word is. */
void align_read(Half *halves, size_t n_halves, const volatile bool *cancel, Arena *arena);
/* Cosine of two bags; 0 when either is empty. */
double bag_cosine(const Bag *a, const Bag *b);
/* 0..1: what the bodies of two components have in common, words and operations. */
double bodies_alike(const Unit *a, const Unit *b);
/* The same where the cosine of the words is known. */
double bodies_alike_by(double words, const Unit *a, const Unit *b);
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

void align_matrix(const Half *left, const Half *right, const volatile bool *cancel, Arena *arena, Matrix *m);
/* Into out (as large as ab): ab with what the third side c says of both. A turned matrix is stored the other way. */
void align_support(const Matrix *ab, const Matrix *ac, bool ac_turned, const Matrix *cb, bool cb_turned,
    const volatile bool *cancel, float *out);
typedef struct Reach { /* who is looked at: the scope alone, or the context too */
	bool left_scope, right_scope;
} Reach;

/* Pairs of classes that have none yet, by the likeness given (of the matrix's shape), from `threshold` on; with a margin,
 * only where each is the other's best by that much. */
void align_classes(
    const Matrix *m, const float *likeness, double threshold, double margin, Reach reach, Arena *arena, Pairs *pairs);
/* ---- members ---- */

typedef struct Members {
	const Half *left, *right;
	Arena *arena;
	Pairs *pairs;
	const volatile bool *cancel; /* may be NULL */
} Members;
typedef struct Ids {
	VEC(ComponentId) v;
} Ids;
typedef double Likeness(const Members *m, ComponentId i, ComponentId k);
typedef struct Rule { /* who may be paired: above the threshold, and above all rivals by the margin */
	Likeness *likeness;
	double threshold, margin;
	double most; /* no pair is surer: members are no surer than their classes */
} Rule;

typedef struct WordIndex { /* for each word which of a list of components say it in their bodies */
	uint32_t *first, *at;
	float *weight; /* one each of at: of the word there */
	size_t n_words;
} WordIndex;
WordIndex index_new(const Half *h, const Ids *ids);
/* Indices into the list. */
const uint32_t *index_of(const WordIndex *index, WordId word, size_t *n);
/* Cosines of a body with each of the list, of which h is the side; out has one each. */
void index_cosines(const WordIndex *index, const Half *h, const Ids *ids, const Bag *body, double *out);
void index_free(WordIndex *index);

bool members_stopped(const Members *m);
bool is_callable(const Half *h, size_t i);
/* What the bodies of two members have in common; of overloads the two that are most alike count. */
double words_alike(const Members *m, ComponentId i, ComponentId k);
/* The (first) class that answers a class of the left, or COMPONENT_NONE. */
ComponentId class_answer(const Members *m, ComponentId cls);
/* Says in words why two components answer each other. */
void members_explain(const Members *m, Pair *pair);
/* Pairs those given by the rule, as one assignment. */
void members_match(
    Members *m, const ComponentId *left, size_t n_left, const ComponentId *right, size_t n_right, Rule rule);

/* Members of the class pairs, then everything callable that is left. */
void align_members(Arena *arena, Pairs *pairs, const volatile bool *cancel);
/* Callables that do the same under another name and in another place; part of align_extra. */
void align_bodies(Members *m);
/* Classes of which the other side has two; part of align_extra. */
void align_splits(Members *m);
/* What was taken into another or out of it; part of align_extra. */
void align_taken(Members *m);
/* Then what answers something that has an answer already. */
void align_extra(Arena *arena, Pairs *pairs, const volatile bool *cancel);

#endif
