/* dead-config-key: keys of a model's configuration that are decoded and never read.
 *
 * A key counts as read where its name is mentioned anywhere in the package but in its declaration, its CodingKeys, the
 * decoding and encoding of its own type, and as the target of an assignment. */
#include "core/posix.h"

#include "core/detect.h"

#include "core/align.h"
#include "core/detect_dead.h"
#include "core/mentions.h"

#include <string.h>

static const double SURE_ROW = 0.6; /* below, another model's configuration may stand beside it */

typedef struct Key {
	ComponentId cls;
	const Field *field;
} Key;

typedef struct ConfigSearch {
	const MatchContext *context;
	const Technique *technique;
	const Outline *outline;
	Mentions mentions;
	VEC(Key) keys;
} ConfigSearch;

static bool is_decoded(const Component *c) {
	for (size_t i = 0; i < c->n_bases; i++) {
		if (str_is(c->bases[i], "Codable") || str_is(c->bases[i], "Decodable")) return true;
	}
	return false;
}

/* Written by every exporter of configurations, and for the loader. */
static bool is_for_loaders(const Field *f) {
	static const char *const keys[] = { "model_type", "architectures", "torch_dtype", "transformers_version", "dtype",
		"quantization", "version", "name", "type", "id", NULL };
	for (size_t i = 0; keys[i]; i++) {
		if (str_is(f->key, keys[i]) || str_is(f->name, keys[i])) return true;
	}
	return false;
}

/* A configuration: made of numbers, words and switches, and of more than one or two of them. */
static bool is_configuration(const Component *c) {
	size_t plain = 0, stored = 0;
	static const char *const types[] = { "Int", "Float", "Double", "Bool", "String", NULL };
	for (size_t i = 0; i < c->n_fields; i++) {
		if (c->fields[i].is_static || c->fields[i].is_computed) continue;
		stored++;
		for (size_t k = 0; types[k] && !str_starts(c->fields[i].type, "["); k++)
			plain += str_is(component_bare_type(c->fields[i].type), types[k]);
	}
	return stored >= 4 && 2 * plain >= stored;
}

static void collect(ConfigSearch *s) {
	const Outline *o = s->outline;
	for (ComponentId id = 0; id < o->n; id++) {
		const Component *c = &o->components[id];
		if (c->kind != COMPONENT_CLASS || c->is_extension || o->source->files[c->file].is_test) continue;
		if (!detect_wants(s->context, c->file) || !is_decoded(c) || !is_configuration(c)) continue;
		for (size_t i = 0; i < c->n_fields; i++) {
			const Field *f = &c->fields[i];
			if (f->is_static || f->is_computed || is_for_loaders(f)) continue;
			VEC_PUSH(s->keys) = (Key) { id, f };
			mentions_want(&s->mentions, f->name);
		}
	}
}

/* ---- who reads it ---- */

static bool is_parameter(const Outline *o, const Mention *m, Str name) {
	if (m->component == COMPONENT_NONE || m->dotted) return false;
	const Component *c = &o->components[m->component];
	for (size_t i = 0; i < c->n_params; i++) {
		if (str_eq(c->params[i].name, name)) return true;
	}
	return false;
}

/* In the decoding, encoding or CodingKeys of the type itself. */
static bool is_coding(const Outline *o, ComponentId at, ComponentId cls) {
	for (; at != COMPONENT_NONE && at != cls; at = o->components[at].parent) {
		const Component *c = &o->components[at];
		bool codes = c->is_init && c->n_params && str_is(c->params[0].label, "from");
		codes |= str_is(c->base, "encode") || str_is(c->base, "CodingKeys");
		if (codes && dead_derives(o, c->parent, cls)) return true;
	}
	return false;
}

static bool is_read(const ConfigSearch *s, const Key *key) {
	for (uint32_t i = mentions_first(&s->mentions, key->field->name); i != MENTION_NONE;
	     i = s->mentions.list.at[i].next) {
		const Mention *m = &s->mentions.list.at[i];
		if (m->is_declaration || m->is_write || is_parameter(s->outline, m, key->field->name)) continue;
		if (!m->node && m->component == key->cls) continue; /* a raw value of CodingKeys that equals the name */
		if (!is_coding(s->outline, m->component, key->cls)) return true;
	}
	return false;
}

/* Where the reference's model reads the key: of the configuration that surely answers the port's, and outside of it. */
static bool reads_key(const ConfigSearch *s, const Key *key, Side side, CallSite *at) {
	const Program *reference = s->context->references[side];
	const Outline *o = reference ? reference->outline : NULL;
	ComponentId answer =
	    o && s->context->rows ? rows_answer(s->context->rows, SIDE_SWIFT, key->cls, side) : COMPONENT_NONE;
	if (answer == COMPONENT_NONE || rows_of(s->context->rows, SIDE_SWIFT, key->cls)->confidence < SURE_ROW)
		return false;
	for (ComponentId c = 0; c < o->n; c++) {
		const FlowGraph *g = &reference->functions[c].graph;
		if (!g->n || g->file != o->components[answer].file || o->components[c].parent == answer) continue;
		for (NodeId id = 1; id < g->n; id++) {
			bool named = g->nodes[id].kind == NODE_FIELD && !g->nodes[id].origin;
			if (!named || !str_eq(g->nodes[id].name, key->field->key)) continue;
			if (program_class_of(reference, g, flow_arg(g, id, 0)) != answer) continue;
			*at = (CallSite) { g, id };
			return true;
		}
	}
	return false;
}

static void report(ConfigSearch *s, const Key *key, Findings *findings) {
	const Outline *o = s->outline;
	const Field *f = key->field;
	const Source *source = o->source;
	Span span = o->trees[f->file].nodes[f->decl].span;
	Finding *found = detect_add(s->context, s->technique, findings, f->file, span,
	    "The key %.*s is decoded and never read in the %zu Swift files of %s.", STR_ARG(f->key), source->n_files,
	    source->package && *source->package ? source->package : "the source");
	bool read = false;
	for (Side side = SIDE_MLX; side <= SIDE_TORCH; side++) {
		CallSite at;
		if (!reads_key(s, key, side, &at)) continue;
		const SourceFile *file = &s->context->references[side]->outline->source->files[at.graph->file];
		Str words = arena_printf(s->context->arena, "the %s reads it at %s:%u", side_title(side), file->name,
		    source_pos(file, at.graph->nodes[at.node].span.start).line);
		detect_note(found, words, false, read ? 0 : 1);
		read = true;
	}
	/* Keys are kept for what the file holds; only one that changes the computation elsewhere is worth a word. */
	if (!read) detect_note(found, STR("no reference is known to read it"), true, 1);
}

void detect_dead_config_key(const MatchContext *context, const Technique *technique, Findings *findings) {
	ConfigSearch s = { .context = context, .technique = technique, .outline = context->program->outline };
	bool alone = s.outline->source->n_files == 1 && s.outline->source->root && *s.outline->source->root;
	if (!alone) {
		collect(&s);
		mentions_build(&s.mentions, s.outline);
	}
	for (size_t i = 0; i < s.keys.n; i++) {
		if (!is_read(&s, &s.keys.at[i])) report(&s, &s.keys.at[i], findings);
	}
	mentions_done(&s.mentions);
	VEC_FREE(s.keys);
}
