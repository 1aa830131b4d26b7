/* Between the files of the Python lowering (core/flow_python*.c) and nobody else.
 *
 * flow_python.c      entry points, functions, parameters, lambdas
 * flow_python_stmt.c statements, targets of assignments
 * flow_python_loop.c for, while, comprehensions: what is run over, and how often
 * flow_python_expr.c expressions
 * flow_python_call.c calls: modules, classes of the source, everything else through the lexicon
 * flow_python_type.c which class or submodule a node holds
 * flow_python_names.c what names mean in a file: imports, module-level names, components of the source */
#ifndef CORE_FLOW_PYTHON_LOWER_H
#define CORE_FLOW_PYTHON_LOWER_H

#include "core/flow_build.h"

/* ---- names ---- */

typedef struct PyImport {
	Str name;     /* as bound in this file: "mx", "F", "Linear" */
	Str full;     /* what it stands for: "mlx.core", "torch.nn.functional", "mlx.nn.Linear" */
	Str module;   /* the module it was taken from ("mlx.nn"), or empty when it is a module itself */
	Str original; /* its name there ("Linear"), or empty */
} PyImport;

typedef struct PyNames { /* all-zero is valid and empty */
	uint32_t file;
	VEC(PyImport) imports;
	Map by_name;  /* name -> index into imports */
	Map assigned; /* names that the file's own statements, defs and classes bind at module level */
	bool has_wildcard;
} PyNames;

/* Reads a file's imports (those in functions too are added by python_names_add) and its module-level names. */
void python_names_init(PyNames *names, const Outline *outline, uint32_t file, Arena *arena);
void python_names_done(PyNames *names);
void python_names_add(PyNames *names, const SyntaxTree *tree, SynId import_statement, Arena *arena);
const PyImport *python_import(const PyNames *names, Str name); /* or NULL */

/* The component a bare or dotted name means in a file: defined there, or imported from another file of the source.
 * COMPONENT_NONE when it isn't certain. */
ComponentId python_component(const Outline *outline, const PyNames *names, Str dotted);
/* A method or field of a class, its bases in the source included; owner (may be NULL) is the class that has it. */
ComponentId python_method(const Outline *outline, ComponentId cls, const char *name, size_t len);
const Field *python_field(const Outline *outline, ComponentId cls, Str name, ComponentId *owner);

/* ---- the lowering of one graph ---- */

typedef struct PyLower {
	const Outline *outline;
	const SyntaxTree *tree;
	FlowBuilder *b;
	Arena *arena;
	Dialect dialect;
	uint32_t file;
	ComponentId cls;               /* whose method this is, or COMPONENT_NONE */
	Str self, cls_name;            /* the receiver's name ("self"), and a class method's ("cls"); or empty */
	NodeId self_node;              /* NODE_SELF */
	PyNames names;                 /* of file; function-level imports included */
	VEC(PyNames *) others;         /* of other files, as they were needed */
	Map written;                   /* fields of the receiver that this function sets or changes: they are variables */
	bool is_toplevel, in_function; /* module level: assignments are stores of globals */
	int depth;
} PyLower;

enum { PYTHON_MAX_DEPTH = 300 }; /* of nested syntax: beyond it nodes are unknown */

static inline SyntaxKind py_kind(const PyLower *l, SynId id) { return (SyntaxKind)l->tree->nodes[id].kind; }
static inline Span py_span(const PyLower *l, SynId id) { return l->tree->nodes[id].span; }
static inline Str py_text(const PyLower *l, SynId id) { return id ? syntax_text(l->tree, id) : STR_NONE; }
static inline SynId py_field(const PyLower *l, SynId id, SyntaxField f) { return syntax_field(l->tree, id, f); }
static inline FlowArg py_arg(NodeId node) { return (FlowArg) { .node = node }; }
static inline const FlowNode *py_node(const PyLower *l, NodeId id) { return &flow_so_far(l->b)->nodes[id]; }

typedef VEC(FlowArg) PyArgs;

/* expressions: never 0 */
NodeId python_expr(PyLower *l, SynId id);
NodeId python_call(PyLower *l, SynId id);
NodeId python_comprehension(PyLower *l, SynId id);
NodeId python_lambda(PyLower *l, SynId id);
NodeId python_children(PyLower *l, SynId id); /* an unknown node of the expressions below */
NodeId python_operator(PyLower *l, Str op, NodeId a, NodeId b, Span span, Span head);
NodeId python_name(PyLower *l, SynId id); /* an identifier read */
NodeId python_load(PyLower *l, NodeId base, SynId subscript);
void python_indices(PyLower *l, SynId subscript, PyArgs *args);
/* The dotted full name when id is a path of names that begins with an import or an unknown global; else empty. */
Str python_global_path(PyLower *l, SynId id);
bool python_is_self(const PyLower *l, SynId id);
/* The receiver's field: through its variable when this function changes it. */
NodeId python_self_field(PyLower *l, Str name, Span span);

/* statements */
void python_block(PyLower *l, SynId block);
void python_assign(PyLower *l, SynId target, NodeId value, Span span);
void python_for(PyLower *l, SynId id);
void python_while(PyLower *l, SynId id);
NodeId python_function(PyLower *l, SynId def, SynId decorated); /* nested: a closure, decorators applied */
/* Declares the names that a function's body binds, its parameters being declared already. */
void python_declare_locals(PyLower *l, SynId parameters, SynId body);
void python_capture_writes(PyLower *l, SynId body); /* fields of the receiver that it changes */
/* After an operation that changes its first operand, the name or field it was read from holds the result. */
void python_rebind(PyLower *l, SynId target, NodeId value);

/* what nodes hold */
const PyNames *python_names_of(PyLower *l, uint32_t file);
/* The field whose submodule (or element of whose list of submodules) a node is; owner is its class. NULL when unknown. */
const Field *python_module_field(PyLower *l, NodeId node, ComponentId *owner);
/* The class of the source that a node's value is an instance of, or COMPONENT_NONE. */
ComponentId python_class_of(PyLower *l, NodeId node);
/* The class that a field holds, or holds a list of. */
ComponentId python_field_class(PyLower *l, const Field *field);
/* The layer's operation of a submodule field ("linear"), or OP_NONE. */
OpId python_field_op(PyLower *l, const Field *field);

#endif
