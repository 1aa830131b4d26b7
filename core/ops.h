/* The operations lexicon: one canonical name for what Swift MLX, Python MLX and PyTorch spell differently.
 *
 * Read from core/ops.tsv once per process (ops_load). Knows names, labels and traits; knows nothing of graphs.
 *
 * ops.tsv, tab-separated, '#' comments, one operation a line:
 *     name  traits  params  swift  mlx  torch
 * - name: canonical, lower_snake: softmax, matmul, rfft, sdpa, rope, array_append.
 * - traits: comma-separated names of OpTrait without the prefix, lower case.
 * - params: canonical operands and labels in order, separated by blanks: `x axis precise`. The operands that a pattern
 *   writes without a label come first and are marked by a leading '.': `.x axis`, `.a .b`, `.arrays axis`.
 * - swift, mlx, torch: spellings separated by ' | ', '-' for none. A spelling is
 *     f(_,axis:,precise:)     function; Swift labels with ':', '_' for an unlabelled parameter; a Python parameter is its name
 *     .f(axis:)               method: the receiver is the first operand
 *     .f                      property (no parentheses)
 *     Type(…)                 a constructor, e.g. MLXArray(_)
 *     operator names (`+`, `@`, `.==`) stand as they are
 *     @y.f(mask=condition)    method whose receiver is another operand than the first
 *     host .f, device .f      only where the receiver is known to be one: names that fields have too
 *     ^                       (torch only) the spellings of the mlx column as well
 *   A parameter may be renamed `dim=axis`, `_=axis` (dialect name = canonical name, '-' for one that has no place in
 *   the canonical form). A fixed canonical argument is given by a trailing `{axis=-1}` or `{dtype=float32}`; it counts
 *   only where the call doesn't say otherwise. '*' ends what may be given without a label, '...' takes the rest,
 *   `...=shape` sends each of the rest to one parameter. Operands must be there for a spelling to fit, other parameters
 *   need not; marks before '=' change that and more: `parts:!` must be there, `_?` need not, `by:&` may be a trailing
 *   closure; unlabelled, `dim#` is only an integer literal, `other~` anything else, `parts%` no string literal.
 *   In an operation with trait module, a capitalised spelling that doesn't name the first operand constructs the layer.
 *   Qualifiers: Swift's modules and MLXArray are not written; other types are (`Memory.clearCache()`). In Python mx,
 *   mx.fast, nn, torch, F and their long forms are not written; others are: `fft.rfft`, `linalg.norm`, `random.normal`,
 *   `np.zeros`, `math.sqrt`, `builtin.len` (no qualifier). A call with a qualifier that isn't known is no operation. */
#ifndef CORE_OPS_H
#define CORE_OPS_H

#include "core/source.h"

typedef uint16_t OpId;
#define OP_NONE 0 /* no or an unknown operation */

typedef enum Dialect { DIALECT_SWIFT, DIALECT_MLX, DIALECT_TORCH, DIALECT_COUNT } Dialect;

typedef enum OpTrait {
	OP_VIEW = 1 << 0, /* the same elements in another shape or order: reshaped, transposed, slice of a device array */
	OP_CAST = 1 << 1, /* changes the element type only */
	OP_COPY = 1 << 2, /* the same values: contiguous, identity, dropout at inference, clone */
	OP_ELEMENTWISE = 1 << 3, /* result broadcast from the operands, one element at a time */
	OP_REDUCTION = 1 << 4,   /* folds one or more axes */
	OP_SYNC = 1 << 5,        /* waits for the device and moves values to the host: item, asArray, tolist, cpu, numpy */
	OP_EVAL = 1 << 6,        /* forces or starts evaluation: eval, asyncEval */
	OP_CONSTRUCTOR = 1 << 7, /* a fresh device array: zeros, arange, MLXArray(...) */
	OP_FUSED = 1 << 8,       /* one kernel for a known formula: sdpa, rope, rms_norm, layer_norm */
	OP_COMMUTATIVE = 1 << 9, /* operand order doesn't matter: add, mul, eq, maximum */
	OP_RANDOM = 1 << 10,     /* differs from call to call: never the same value */
	OP_EFFECT = 1 << 11,     /* changes something beside its result: print, append, eval, cache update */
	OP_MUTATES = 1 << 12,    /* the receiver or first operand afterwards holds the result: append, inout */
	OP_HOST = 1 << 13,       /* works on host values: Array.map, count, Float(...), pow of scalars */
	OP_COMPARISON = 1 << 14, /* elementwise, result is bool */
	OP_DEVICE = 1 << 15,     /* the result is a device array whatever the operands are */
	OP_MODULE = 1 << 16,   /* a layer's class: Linear, Conv1d, RMSNorm, Embedding; calls of its instances are this op */
	OP_SHAPE = 1 << 17,    /* yields shape facts: shape, dim, size, ndim, count */
	OP_EXPENSIVE = 1 << 18 /* linear or worse in a large array with real work: matmul, conv, fft, softmax */
} OpTrait;

typedef struct OpInfo {
	const char *name;
	uint32_t traits;           /* OpTrait bits */
	const char *const *params; /* canonical names, operands first; NULL-terminated */
	uint8_t n_operands;        /* how many of params are operands */
} OpInfo;

/* One parameter of the call as written, sent to its canonical place. */
typedef struct OpMatch {
	OpId op;
	/* canon[i] for the i-th argument as written (receiver not counted): index into OpInfo.params, or -1 when the
	 * spelling doesn't name it (then it stays with its own label, or positional). Arguments may share one (the sizes of
	 * reshape(2, -1), the axes of transposed(0, 2, 1)): they keep their order. Beyond 16 arguments nothing is said. */
	int8_t canon[16];
	int8_t receiver;    /* index into params the receiver goes to, or -1 */
	bool constructs;    /* makes the layer, doesn't apply it: Conv1d(...); only where the operation has trait module */
	int fixed_param;    /* a fixed argument of the spelling: index into params or -1 ... */
	double fixed_value; /* ... and its value; NAN when it isn't a number ... */
	Str fixed_text;     /* ... but a word: "float32"; static storage */
	bool in_place;      /* the receiver or left operand holds the result: `a += b`, torch's x.add_(y) */
} OpMatch;

/* Must be called before anything else here; safe to call again. Parses the embedded ops.tsv; a malformed table is fatal
 * with its line. */
void ops_load(void);

const OpInfo *op_info(OpId op); /* of OP_NONE: name "unknown", no traits */
OpId op_find(Str name);         /* by canonical name */
OpId op_named(const char *name);
size_t op_count(void);

typedef enum CallForm { CALL_FUNCTION, CALL_METHOD, CALL_PROPERTY, CALL_OPERATOR, CALL_CONSTRUCTOR } CallForm;

/* What the caller knows of a method's or property's receiver. */
typedef enum OpReceiver { OP_RECEIVER_UNKNOWN, OP_RECEIVER_DEVICE, OP_RECEIVER_HOST } OpReceiver;

typedef struct OpCall {
	Dialect dialect;
	CallForm form;
	Str qualifier;     /* "MLX", "mx.fast", "F", "torch.nn.functional"; empty for none and for methods */
	Str name;          /* "softmax", "+" */
	const Str *labels; /* one an argument as written, empty for unlabelled; NULL when n_args is 0 */
	size_t n_args;     /* operators: the number of operands, 1 for a prefix */
	/* All may be left 0. */
	OpReceiver receiver; /* a device array's `.split` isn't a string's */
	uint32_t integers;   /* bit i: the i-th argument is an integer literal, also negated; torch.max(x, 1) needs it */
	uint32_t strings;    /* bit i: the i-th argument is a string literal; text.split(",") */
} OpCall;

/* The operation a spelling means, or false. CALL_FUNCTION and CALL_CONSTRUCTOR are one. Compound assignment operators
 * are their base (`+=` is `+`). The methods of Swift's `x.at[i]` aren't resolved here: they are the operations scatter_add,
 * scatter_subtract, ... by the method's name. Among spellings of one name the one whose labels fit is taken; when the name is
 * known but no labels fit, the spelling with the most labels in common is taken only if its parameter count allows it. */
bool ops_resolve(const OpCall *call, OpMatch *match);

#endif
