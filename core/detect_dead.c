/* dead-code: declarations that nothing in the package mentions; and statements in comments (core/detect_comment.c).
 *
 * Every declaration that could be unused is assumed to be, until a mention of its name is found in code that is in use
 * itself; so functions that only call each other, or only an unused one calls, are found too. A name is enough to count
 * as a use, whatever it refers to, unless it can't refer to the declaration: a bare name outside of the type that has the
 * member, a call without a label that must be there, a private declaration's name in another file. What is seen from
 * other packages, or may be called by a framework or through a protocol, is never reported; but layers, which only a
 * model makes. */
#include "core/posix.h"

#include "core/detect_dead.h"

#include "core/mentions.h"

#include <stdlib.h>
#include <string.h>

enum { LABELS_MAX = 32 };
static const double LIBRARY_SHARE = 0.4;

typedef enum Reach { REACH_ALL, REACH_WITHOUT_TESTS, REACH_COUNT } Reach;

typedef struct Dead {
	Str name;
	ComponentId component; /* the declaration, or of a field its class */
	ComponentId owner;     /* class it is a member of, or COMPONENT_NONE */
	const Field *field;    /* NULL for components */
	uint32_t file;
	Span span;
	bool is_private, is_type, by_labels, is_written;
	bool live[REACH_COUNT];
} Dead;

typedef struct DeadSearch {
	const MatchContext *context;
	const Technique *technique;
	const Outline *outline;
	Mentions mentions;
	VEC(Dead) list;
	uint32_t *of_component; /* index in list + 1, or 0 */
	Map required;           /* names that protocols of the source ask for */
} DeadSearch;

/* ---- what may be dead ---- */

static bool seen_from_outside(const DeadSearch *s, ComponentId id) {
	const Source *source = s->outline->source;
	const Component *c = &s->outline->components[id];
	if (c->is_private) return false;
	bool alone = source->n_files == 1 && source->root && *source->root;
	return alone || dead_is_public(s->outline, id);
}

static bool is_identifier(Str name) {
	char c = name.len ? name.ptr[0] : ' ';
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

/* The first label that every call has to have, or empty. */
static Str required_label(const Component *c) {
	for (size_t i = 0; i < c->n_params; i++) {
		const Param *p = &c->params[i];
		if (p->label.len && !p->fallback && !p->variadic && str_find(p->type, "->", 0) == SIZE_MAX) return p->label;
	}
	return STR_NONE;
}

/* `layer(x, lengths: n)` names no function: only a label that has to be there tells its calls. */
static bool is_call_operator(const Component *c) {
	return str_is(c->base, "callAsFunction") && !c->is_computed && required_label(c).len;
}

static bool may_be_dead(const DeadSearch *s, ComponentId id) {
	const Outline *o = s->outline;
	const Component *c = &o->components[id];
	if (o->source->files[c->file].is_test || c->is_extension || c->is_main || c->is_init || c->is_override)
		return false;
	if (syntax_find(&o->trees[c->file], c->node, SYN_ERROR)) return false;
	if (!is_identifier(c->base) || (dead_is_reserved(c->base) && !is_call_operator(c)) ||
	    map_get(&s->required, c->base))
		return false;
	if (!dead_plain_attributes(c) || seen_from_outside(s, id)) return false;
	if (c->kind == COMPONENT_CLASS) return dead_is_closed(o, id) && !str_is(c->base, "CodingKeys");
	if (!c->body) return false;
	ComponentId cls = c->parent;
	if (cls == COMPONENT_NONE) return !c->owner.len;
	if (dead_is_protocol(o, cls)) return false;
	return c->is_private || dead_is_closed(o, cls);
}

static bool is_plain_property(const SyntaxTree *t, SynId decl) {
	SynId modifiers = syntax_find(t, decl, SYN_MODIFIERS);
	if (modifiers && str_find(syntax_text(t, modifiers), "@", 0) != SIZE_MAX) return false;
	return !syntax_find(t, decl, SYN_WILLSET_DIDSET_BLOCK);
}

/* Values that are kept for what they hold, not for their life. */
static bool is_plain_type(Str type) {
	static const char *const plain[] = { "Int", "Int32", "Int64", "Float", "Double", "Bool", "String", "MLXArray",
		"UInt32", "UInt64", "DType", NULL };
	Str bare = component_bare_type(type);
	for (size_t i = 0; plain[i]; i++) {
		if (str_is(bare, plain[i])) return true;
	}
	return false;
}

/* Synthesised conformances read every field; modules find theirs by reflection. */
static bool fields_are_reflected(const Component *cls) {
	static const char *const by[] = { "Codable", "Decodable", "Encodable", "Equatable", "Hashable", NULL };
	for (size_t i = 0; i < cls->n_bases; i++) {
		for (size_t k = 0; by[k]; k++) {
			if (str_is(cls->bases[i], by[k])) return true;
		}
	}
	return false;
}

static bool field_may_be_dead(const DeadSearch *s, ComponentId cls, const Field *f) {
	const Outline *o = s->outline;
	const Component *c = &o->components[cls];
	const SyntaxTree *t = &o->trees[f->file];
	if (f->is_computed || f->is_module || f->is_parameter || o->source->files[f->file].is_test) return false;
	if (!is_identifier(f->name) || dead_is_reserved(f->name) || map_get(&s->required, f->name)) return false;
	SynId modifiers = syntax_find(t, f->decl, SYN_MODIFIERS);
	Str words = modifiers ? syntax_text(t, modifiers) : STR_NONE;
	bool is_private = str_starts(words, "private") || str_starts(words, "fileprivate");
	if (!is_plain_property(t, f->decl)) return false;
	if (!is_private && (str_find(words, "public", 0) != SIZE_MAX || str_find(words, "override", 0) != SIZE_MAX ||
	                       !dead_is_closed(o, cls)))
		return false;
	if (!is_private && o->source->n_files == 1 && o->source->root && *o->source->root) return false;
	if (fields_are_reflected(c) && !f->is_static) return false;
	bool weights = c->is_module && !f->is_static && !is_private;
	return !weights || (is_plain_type(f->type) && !str_is(component_bare_type(f->type), "MLXArray"));
}

static void add_component(DeadSearch *s, ComponentId id) {
	const Component *c = &s->outline->components[id];
	bool is_type = c->kind == COMPONENT_CLASS;
	Dead *d = &VEC_PUSH(s->list);
	*d = (Dead) { .name = c->base, .component = id, .owner = c->parent, .file = c->file, .span = c->span };
	d->is_private = c->is_private;
	d->is_type = is_type;
	s->of_component[id] = (uint32_t)s->list.n;
	mentions_want(&s->mentions, c->base);
	if (!is_type && is_call_operator(c)) mentions_want_label(&s->mentions, required_label(c));
}

static void add_fields(DeadSearch *s, ComponentId cls) {
	const Component *c = &s->outline->components[cls];
	for (size_t i = 0; i < c->n_fields; i++) {
		const Field *f = &c->fields[i];
		if (!field_may_be_dead(s, cls, f)) continue;
		const SyntaxTree *t = &s->outline->trees[f->file];
		Span span = t->nodes[f->decl].span;
		SynId modifiers = syntax_find(t, f->decl, SYN_MODIFIERS);
		bool is_private = modifiers && str_find(syntax_text(t, modifiers), "private", 0) != SIZE_MAX;
		Dead *d = &VEC_PUSH(s->list);
		*d = (Dead) { .name = f->name, .component = cls, .owner = cls, .field = f, .file = f->file, .span = span };
		d->is_private = is_private;
		mentions_want(&s->mentions, f->name);
	}
}

/* A layer is made by the model that holds it: one that nothing in the package names is left over, although it is public. */
static bool is_public_layer(const DeadSearch *s, ComponentId id) {
	const Component *c = &s->outline->components[id];
	bool type = c->kind == COMPONENT_CLASS && c->is_module && !c->is_extension && !c->is_main;
	return type && !s->of_component[id] && !s->outline->source->files[c->file].is_test && dead_plain_attributes(c) &&
	       dead_is_public(s->outline, id) && dead_is_closed(s->outline, id);
}

static void collect(DeadSearch *s) {
	const Outline *o = s->outline;
	for (ComponentId id = 0; id < o->n; id++) {
		const Component *c = &o->components[id];
		if (c->kind != COMPONENT_CLASS && c->parent != COMPONENT_NONE && dead_is_protocol(o, c->parent))
			map_put(&s->required, c->base, 1);
	}
	for (ComponentId id = 0; id < o->n; id++) {
		if (may_be_dead(s, id)) add_component(s, id);
		if (is_public_layer(s, id)) mentions_want(&s->mentions, o->components[id].base);
		bool fields = o->components[id].kind == COMPONENT_CLASS && !dead_is_protocol(o, id);
		if (fields) add_fields(s, id);
	}
}

/* ---- what a mention may refer to ---- */

/* A parameter of that name hides what stands outside of the function. */
static bool is_parameter_there(const Outline *o, const Mention *m) {
	if (m->component == COMPONENT_NONE || m->called) return false;
	const Component *c = &o->components[m->component];
	Span body = o->trees[c->file].nodes[c->body].span;
	if (!c->body || c->file != m->file || m->span.start < body.start || m->span.end > body.end) return false;
	Str name = source_text(&o->source->files[m->file], m->span);
	for (size_t i = 0; i < c->n_params; i++) {
		if (str_eq(c->params[i].name, name)) return true;
	}
	return false;
}

/* A bare name refers to members of the types around it and of their bases only. */
static bool stands_in(const Outline *o, ComponentId at, ComponentId owner) {
	for (; at != COMPONENT_NONE; at = o->components[at].parent) {
		if (o->components[at].kind != COMPONENT_CLASS) continue;
		if (dead_is_protocol(o, at) || dead_derives(o, at, owner)) return true;
	}
	return false;
}

/* Calls without a label that has to be there, or with one that isn't known, are of another function. */
static bool labels_fit(const DeadSearch *s, const Dead *d, const Mention *m) {
	const Component *c = &s->outline->components[d->component];
	Str labels[LABELS_MAX];
	size_t n;
	bool trailing;
	if (!m->called || !m->node || c->kind == COMPONENT_CLASS || c->is_computed) return true;
	if (!mentions_labels(&s->mentions, m, labels, LABELS_MAX, &n, &trailing) || trailing) return true;
	for (size_t p = 0; p < c->n_params; p++) {
		bool given = c->params[p].fallback || !c->params[p].label.len || c->params[p].variadic;
		for (size_t i = 0; i < n && !given; i++) given = str_eq(labels[i], c->params[p].label);
		if (!given) return false;
	}
	for (size_t i = 0; i < n; i++) {
		bool known = !labels[i].len;
		for (size_t p = 0; p < c->n_params && !known; p++) known = str_eq(labels[i], c->params[p].label);
		if (!known) return false;
	}
	return true;
}

static bool may_refer(const DeadSearch *s, const Dead *d, const Mention *m) {
	if (m->is_declaration) return false;
	if (d->is_private && m->file != d->file) return false;
	if (d->field && m->is_write) return false;
	if (!m->node) return true;
	bool member = d->owner != COMPONENT_NONE && !d->is_type;
	if (!m->dotted && member && is_parameter_there(s->outline, m)) return false;
	if ((!m->dotted || m->own) && member && !stands_in(s->outline, m->component, d->owner)) return false;
	return d->is_type || d->field || labels_fit(s, d, m);
}

/* In code that is in use itself, and not inside the declaration. */
static bool is_live_place(const DeadSearch *s, const Dead *d, const Mention *m, Reach reach) {
	if (reach == REACH_WITHOUT_TESTS && s->outline->source->files[m->file].is_test) return false;
	for (ComponentId at = m->component; at != COMPONENT_NONE; at = s->outline->components[at].parent) {
		if (!d->field && at == d->component) return false;
		uint32_t other = s->of_component[at];
		if (other && !s->list.at[other - 1].live[reach]) return false;
	}
	return true;
}

static bool uses_it(const DeadSearch *s, const Dead *d, Reach reach, uint32_t first) {
	for (uint32_t i = first; i != MENTION_NONE; i = s->mentions.list.at[i].next) {
		const Mention *m = &s->mentions.list.at[i];
		if (may_refer(s, d, m) && is_live_place(s, d, m, reach)) return true;
	}
	return false;
}

static bool is_used(const DeadSearch *s, const Dead *d, Reach reach) {
	const Component *c = &s->outline->components[d->component];
	if (uses_it(s, d, reach, mentions_first(&s->mentions, d->name))) return true;
	bool call = !d->field && !d->is_type && is_call_operator(c);
	return call && uses_it(s, d, reach, mentions_first_label(&s->mentions, required_label(c)));
}

static void spread(DeadSearch *s, Reach reach) {
	for (bool changed = true; changed;) {
		changed = false;
		for (size_t i = 0; i < s->list.n; i++) {
			Dead *d = &s->list.at[i];
			if (d->live[reach] || !is_used(s, d, reach)) continue;
			d->live[reach] = changed = true;
		}
	}
}

/* ---- what is said ---- */

/* The unused function that mentions it, or COMPONENT_NONE; *writes and *others count what was passed over. */
static ComponentId mentioned_by(const DeadSearch *s, const Dead *d, size_t *writes, size_t *others) {
	ComponentId by = COMPONENT_NONE;
	*writes = *others = 0;
	for (uint32_t i = mentions_first(&s->mentions, d->name); i != MENTION_NONE; i = s->mentions.list.at[i].next) {
		const Mention *m = &s->mentions.list.at[i];
		if (m->is_declaration) continue;
		bool refers = may_refer(s, d, m);
		*writes += d->field && m->is_write && (!d->is_private || m->file == d->file);
		*others += !refers && !(d->field && m->is_write);
		if (refers && m->component != COMPONENT_NONE && m->component != d->component) by = m->component;
	}
	return by;
}

static const char *kind_words(const DeadSearch *s, const Dead *d) {
	if (d->field) return d->field->is_let ? "Constant" : "Property";
	const Component *c = &s->outline->components[d->component];
	if (c->kind == COMPONENT_CLASS) return "Type";
	if (c->is_computed) return "Computed property";
	return c->kind == COMPONENT_METHOD ? "Method" : "Function";
}

static bool is_inside_dead(const DeadSearch *s, const Dead *d) {
	for (ComponentId at = d->owner; at != COMPONENT_NONE; at = s->outline->components[at].parent) {
		uint32_t other = s->of_component[at];
		if (other && !s->list.at[other - 1].live[REACH_ALL]) return true;
	}
	return false;
}

static void report(DeadSearch *s, const Dead *d, Findings *findings) {
	const Source *source = s->outline->source;
	bool tests_only = d->live[REACH_ALL];
	if (!detect_wants(s->context, d->file) || is_inside_dead(s, d)) return;
	size_t writes, others;
	ComponentId by = mentioned_by(s, d, &writes, &others);
	if (d->field && writes && !is_plain_type(d->field->type)) return; /* kept alive by it, perhaps */
	const char *where = source->package && *source->package ? source->package : "the files read";
	Finding *f;
	if (tests_only)
		f = detect_add(s->context, s->technique, findings, d->file, d->span, "%s %.*s is only used by tests.",
		    kind_words(s, d), STR_ARG(d->name));
	else if (d->field && writes)
		f = detect_add(s->context, s->technique, findings, d->file, d->span,
		    "%s %.*s is set and never read in the %zu Swift files of %s.", kind_words(s, d), STR_ARG(d->name),
		    source->n_files, where);
	else if (by != COMPONENT_NONE)
		f = detect_add(s->context, s->technique, findings, d->file, d->span,
		    "%s %.*s is only used by %.*s, which nothing uses itself (%zu Swift files of %s).", kind_words(s, d),
		    STR_ARG(d->name), STR_ARG(s->outline->components[by].name), source->n_files, where);
	else
		f = detect_add(s->context, s->technique, findings, d->file, d->span,
		    "%s %.*s is never used in the %zu Swift files of %s.", kind_words(s, d), STR_ARG(d->name), source->n_files,
		    where);
	if (tests_only) detect_note(f, STR("only tests use it"), true, 2);
	if (d->field && writes) detect_note(f, STR("it is still assigned to"), true, 1);
	if (others && !tests_only)
		detect_note(f, STR("the name occurs elsewhere, for something else by its labels or place"), true, 1);
}

/* ---- public layers ---- */

static Str folder_of(const char *path) {
	const char *slash = strrchr(path, '/');
	return (Str) { path, slash ? (size_t)(slash - path) : 0 };
}

static bool is_left_over(const DeadSearch *s, ComponentId id) {
	const Component *c = &s->outline->components[id];
	Dead d = {
		.name = c->base, .component = id, .owner = c->parent, .file = c->file, .span = c->span, .is_type = true
	};
	return !uses_it(s, &d, REACH_ALL, mentions_first(&s->mentions, c->base));
}

/* A folder of layers of which many are unused is a library of layers. */
static bool is_library(const DeadSearch *s, ComponentId id) {
	const Outline *o = s->outline;
	Str folder = folder_of(o->source->files[o->components[id].file].name);
	size_t n = 0, unused = 0;
	for (ComponentId other = 0; other < o->n; other++) {
		if (!is_public_layer(s, other)) continue;
		if (!str_eq(folder, folder_of(o->source->files[o->components[other].file].name))) continue;
		n++;
		unused += is_left_over(s, other);
	}
	return (double)unused > LIBRARY_SHARE * (double)n;
}

static void report_layers(DeadSearch *s, Findings *findings) {
	const Source *source = s->outline->source;
	bool alone = source->n_files == 1 && source->root && *source->root;
	for (ComponentId id = 0; id < s->outline->n && !alone; id++) {
		const Component *c = &s->outline->components[id];
		if (!detect_wants(s->context, c->file) || !is_public_layer(s, id)) continue;
		if (!is_left_over(s, id) || is_library(s, id)) continue;
		Finding *f = detect_add(s->context, s->technique, findings, c->file, c->span,
		    "Layer %.*s is never used in the %zu Swift files of %s.", STR_ARG(c->base), source->n_files,
		    source->package && *source->package ? source->package : "the files read");
		detect_note(f, STR("it is public, so another package may use it"), true, 1);
	}
}

/* What stands inside of something unused needs no words of its own. */
static void drop_inner(Findings *findings, size_t from) {
	size_t n = findings->n;
	bool *inner = base_alloc(n + 1);
	for (size_t i = from; i < n; i++) {
		const Finding *f = &findings->at[i];
		for (size_t k = from; k < n && !inner[i]; k++) {
			const Finding *o = &findings->at[k];
			bool longer = o->span.end - o->span.start > f->span.end - f->span.start;
			inner[i] = longer && o->file == f->file && o->span.start <= f->span.start && f->span.end <= o->span.end;
		}
	}
	findings->n = from;
	for (size_t i = from; i < n; i++) {
		if (!inner[i]) findings->at[findings->n++] = findings->at[i];
	}
	free(inner);
}

void detect_dead_code(const MatchContext *context, const Technique *technique, Findings *findings) {
	DeadSearch s = { .context = context, .technique = technique, .outline = context->program->outline };
	size_t from = findings->n;
	s.of_component = base_alloc((s.outline->n + 1) * sizeof *s.of_component);
	collect(&s);
	mentions_build(&s.mentions, s.outline);
	spread(&s, REACH_ALL);
	spread(&s, REACH_WITHOUT_TESTS);
	for (size_t i = 0; i < s.list.n; i++) {
		if (!s.list.at[i].live[REACH_WITHOUT_TESTS]) report(&s, &s.list.at[i], findings);
	}
	report_layers(&s, findings);
	dead_inside_functions(context, technique, findings);
	detect_commented_out_code(context, technique, findings);
	drop_inner(findings, from);
	mentions_done(&s.mentions);
	map_done(&s.required);
	VEC_FREE(s.list);
	free(s.of_component);
}
