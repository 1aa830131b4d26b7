#include "core/posix.h"

#include "core/detect_dead.h"

#include <string.h>

static bool listed(Str name, const char *const *list) {
	for (; *list; list++) {
		if (str_is(name, *list)) return true;
	}
	return false;
}

/* Types and protocols from outside that ask for no member but the reserved ones. */
static const char *const HARMLESS[] = { "Module", "UnaryLayer", "Sendable", "Error", "LocalizedError",
	"CustomStringConvertible", "CustomDebugStringConvertible", "Equatable", "Hashable", "Codable", "Decodable",
	"Encodable", "Identifiable", "CaseIterable", "AnyObject", "String", "Int", "Int8", "Int16", "Int32", "Int64",
	"UInt8", "UInt16", "UInt32", "UInt64", "Float", "Double", "Actor", "ObservableObject", "Observable", "NSObject",
	"BitwiseCopyable", "~Copyable", "Copyable", "Any", "NSLocking", NULL };

static const char *const RESERVED[] = { "init", "deinit", "subscript", "main", "body", "previews", "description",
	"debugDescription", "errorDescription", "failureReason", "recoverySuggestion", "helpAnchor", "id", "hash",
	"hashValue", "encode", "wrappedValue", "projectedValue", "makeIterator", "next", "allCases", "rawValue", "isEqual",
	"setUp", "tearDown", "setUpWithError", "tearDownWithError", "dynamicallyCall", "buildBlock", "buildExpression",
	"buildOptional", "buildEither", "buildArray", "buildFinalResult", "stringValue", "intValue", "callAsFunction",
	"copy", "load", NULL };

static const char *const PLAIN_ATTRIBUTES[] = { "inline(__always)", "inline(never)", "inlinable", "discardableResult",
	"MainActor", "Observable", "frozen", "unchecked", "available", NULL };

bool dead_is_reserved(Str name) { return listed(name, RESERVED); }

bool dead_plain_attributes(const Component *c) {
	for (size_t i = 0; i < c->n_decorators; i++) {
		Str name = str_trim(c->decorators[i]);
		if (str_find(name, "deprecated", 0) != SIZE_MAX || str_find(name, "unavailable", 0) != SIZE_MAX) return false;
		size_t paren = str_find(name, "(", 0);
		if (!listed(name, PLAIN_ATTRIBUTES) && !listed(str_sub(name, 0, paren), PLAIN_ATTRIBUTES)) return false;
	}
	return true;
}

static bool closed(const Outline *o, ComponentId cls, int depth) {
	const Component *c = &o->components[cls];
	if (depth == 0) return false;
	for (size_t i = 0; i < c->n_bases; i++) {
		Str base = c->bases[i];
		if (str_starts(base, "@")) return false;
		if (listed(base, HARMLESS) || listed(component_bare_type(base), HARMLESS)) continue;
		ComponentId inner = outline_type(o, base, c->file, c->owner);
		if (inner == COMPONENT_NONE || o->components[inner].is_extension) return false;
		if (inner != cls && !closed(o, inner, depth - 1)) return false;
	}
	return true;
}

bool dead_is_closed(const Outline *o, ComponentId cls) { return closed(o, cls, 8); }

static bool derives(const Outline *o, ComponentId cls, ComponentId base, int depth) {
	if (cls == base || str_eq(o->components[cls].name, o->components[base].name)) return true;
	const Component *c = &o->components[cls];
	for (size_t i = 0; depth > 0 && i < c->n_bases; i++) {
		ComponentId up = outline_type(o, c->bases[i], c->file, c->owner);
		if (up != COMPONENT_NONE && up != cls && derives(o, up, base, depth - 1)) return true;
	}
	return false;
}

bool dead_derives(const Outline *o, ComponentId cls, ComponentId base) { return derives(o, cls, base, 8); }

bool dead_is_protocol(const Outline *o, ComponentId cls) {
	const Component *c = &o->components[cls];
	return o->trees[c->file].nodes[c->node].kind == SYN_PROTOCOL_DECLARATION;
}

/* `public extension X { func f() }` makes f public. */
static bool in_public_extension(const Outline *o, const Component *c) {
	const SyntaxTree *t = &o->trees[c->file];
	for (SynId up = t->nodes[c->node].parent; up; up = t->nodes[up].parent) {
		if (t->nodes[up].kind != SYN_CLASS_DECLARATION) continue;
		if (!syntax_has_token(t, up, "extension")) return false;
		SynId modifiers = syntax_find(t, up, SYN_MODIFIERS);
		Str text = modifiers ? syntax_text(t, modifiers) : STR_NONE;
		return str_find(text, "public", 0) != SIZE_MAX || str_find(text, "open", 0) != SIZE_MAX;
	}
	return false;
}

bool dead_is_public(const Outline *o, ComponentId id) {
	for (ComponentId at = id; at != COMPONENT_NONE; at = o->components[at].parent) {
		const Component *c = &o->components[at];
		if (c->kind == COMPONENT_CLASS && c->is_extension) return true;
		if (c->is_private || (!c->is_public && !in_public_extension(o, c))) return false;
	}
	return true;
}
