/* The outline of a source: its components by qualified name, with weight keys and fields.
 *
 * A component is a class, struct, method or function. `class` is any nominal type (class, struct, actor, enum,
 * protocol); `method` anything callable or computed in one: `Attention.init`, `Attention.subscript`,
 * `Attention.headDim`. An extension's members carry the type's name. Names are qualified by their types, nested with
 * dots; where two files of a side hold the same name they are told apart by component_label ("path#Name"). */
#ifndef CORE_COMPONENT_H
#define CORE_COMPONENT_H

#include "core/syntax.h"

typedef enum ComponentKind { COMPONENT_CLASS, COMPONENT_METHOD, COMPONENT_FUNCTION } ComponentKind;
const char *component_kind_name(ComponentKind kind); /* "class", "method", "function" */

typedef uint32_t ComponentId; /* index into Outline.components; COMPONENT_NONE for none */
#define COMPONENT_NONE UINT32_MAX

typedef struct Field {
	Str name; /* "wq" */
	Str key; /* weight key: "q_proj" of @ModuleInfo(key: "q_proj") var wq, or of self.q_proj in Python; the raw value in
	          * CodingKeys of a configuration's field ("hidden_size" of hiddenSize); else the name */
	Str type; /* as written or as constructed: "Linear", "[TransformerBlock]", "MLXArray?", "nn.Conv1d"; may be empty */
	bool is_module;    /* @ModuleInfo, or set to nn.*, or to a class of the source that is a module */
	bool is_parameter; /* @ParameterInfo, or an array made in init */
	bool is_static, is_lazy, is_computed, is_let;
	SynId decl;  /* the declaration (Swift property, Python assignment) */
	SynId value; /* its initial value there, or 0 */
	Span span;
	uint32_t file;
} Field;

typedef struct Param {
	Str label;      /* external label: "axis"; empty for `_`; in Python the name */
	Str name;       /* inside the body */
	Str type;       /* as written, or empty */
	SynId fallback; /* default value's node, or 0 */
	bool variadic;  /* Swift `T...`, Python *args; keywords (**kw) are `variadic` with type "**" */
	bool is_inout;
} Param;

typedef struct Component {
	ComponentKind kind;
	Str name;      /* qualified: "Attention.callAsFunction" */
	Str base;      /* last part: "callAsFunction" */
	uint32_t file; /* index into Source.files */
	Span span;     /* whole declaration, attributes and decorators included, leading comments not */
	Span name_span;
	SynId node;         /* declaration node in that file's tree */
	SynId body;         /* block or accessor body; 0 when there is none (protocol requirement) */
	ComponentId parent; /* enclosing class (for an extension: the type's own component where it is in the source) */
	Str owner; /* enclosing type's qualified name, also when parent is none (extension of a foreign type); "" if none */
	/* class */
	Str *bases; /* superclass, protocols: as written, generic arguments cut off */
	size_t n_bases;
	Field *
	    fields; /* of classes: all stored and computed ones, those of extensions and, in Python, every self.x set in any method */
	size_t n_fields;
	bool is_module;    /* derives from nn.Module / Module (through classes of the source too) */
	bool is_extension; /* an `extension X` declaration: kept as a class component only when X is not in the source */
	/* method, function */
	Param *params;
	size_t n_params;
	Str returns; /* return type as written, or empty */
	bool is_static, is_init, is_computed, is_override, is_private, is_public, is_main;
	Str *decorators; /* Python decorators and Swift attributes, as written without '@': "inline(__always)" */
	size_t n_decorators;
} Component;

typedef struct Outline {
	const Source *source;
	const SyntaxTree *trees; /* one a file, same index as source->files */
	Component *components;   /* in order of file and start */
	size_t n;
	/* Functions declared within functions stand behind these n, under the outer one's name: no parent, no parameters, found
	 * by no name and lowered with the outer one. Only rows speak of them. */
	size_t n_nested;
	Map by_name;         /* qualified name -> index of the first component with that name */
	uint32_t *same_name; /* next component with the same qualified name, or COMPONENT_NONE: one a component */
	Arena *arena;        /* borrowed */
} Outline;

/* Builds the outline of all files. Never fails: what doesn't parse is left out. Release by map_done(&by_name); the rest
 * is in the arena. */
void outline_build(const Source *source, const SyntaxTree *trees, Arena *arena, Outline *out);
void outline_done(Outline *outline);

ComponentId outline_find(const Outline *outline, Str qualified_name); /* first, or COMPONENT_NONE */
/* The innermost component around an offset, or COMPONENT_NONE at file level. */
ComponentId outline_at(const Outline *outline, uint32_t file, uint32_t offset);
/* The class a member belongs to, or COMPONENT_NONE. */
ComponentId outline_class_of(const Outline *outline, ComponentId member);
/* Last part of a type's name without what wraps it: "nn.Conv1d" and "[Conv1d]?" give "Conv1d". */
Str component_bare_type(Str type);
/* The class that a type as written in a component (of that file and qualified owner) names, the nearest first; or
 * COMPONENT_NONE. */
ComponentId outline_type(const Outline *outline, Str type, uint32_t file, Str owner);
const Field *outline_field(const Outline *outline, ComponentId cls, Str name);
/* Name for JSON and screens: qualified, and "path#Name" where two files of the side hold the same name. */
Str component_label(const Outline *outline, ComponentId id, Arena *arena);

#endif
