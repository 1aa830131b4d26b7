#include "core/posix.h"

#include "sessions/identity_scan.h"

IdentityAnchor identity_anchor(const Candidate *c) {
	return (IdentityAnchor) {
		.technique = c->technique,
		.name = str_of(c->place.name),
		.component = c->place.component,
		.content_id = str_of(c->anchor.content_id),
		.span = c->place.span,
		.fingerprint = c->fingerprint,
		.token_hash = c->anchor.token_hash,
		.excerpt = c->place.excerpt,
	};
}

static void list_found(IdentityInput *in, const Scan *scan, Arena *arena) {
	IdentityAnchor *found = ARENA_ARRAY(arena, IdentityAnchor, scan->n_candidates + 1);
	for (size_t i = 0; i < scan->n_candidates; i++) found[i] = identity_anchor(&scan->candidates[i]);
	in->found = found;
	in->n_found = scan->n_candidates;
}

static void list_files(IdentityInput *in, const Scan *scan, Arena *arena) {
	const ScanSide *port = &scan->sides[SIDE_SWIFT];
	const Source *source = &port->source;
	IdentityFile *files = ARENA_ARRAY(arena, IdentityFile, source->n_files + 1);
	for (size_t i = 0; i < source->n_files; i++) {
		const SourceFile *f = &source->files[i];
		bool errors = scan->file_errors ? scan->file_errors[i] : port->trees[i].n_errors > 0;
		files[i] = (IdentityFile) { str_of(f->name), str_of(f->content_id), f->text, errors };
	}
	in->files = files;
	in->n_files = source->n_files;
	Str *skipped = ARENA_ARRAY(arena, Str, source->n_skipped + 1);
	for (size_t i = 0; i < source->n_skipped; i++) skipped[i] = str_of(source->skipped[i].path);
	in->skipped = skipped;
	in->n_skipped = source->n_skipped;
}

static void list_kept_components(IdentityInput *in, const Scan *scan, Arena *arena) {
	IdentityComponent *components = ARENA_ARRAY(arena, IdentityComponent, scan->n_components + 1);
	for (size_t i = 0; i < scan->n_components; i++)
		components[i] = (IdentityComponent) { scan->components[i].label, scan->components[i].has_errors };
	in->components = components;
	in->n_components = scan->n_components;
}

static void list_components(IdentityInput *in, const Scan *scan, Arena *arena) {
	const ScanSide *port = &scan->sides[SIDE_SWIFT];
	const Outline *outline = &port->outline;
	IdentityComponent *components = ARENA_ARRAY(arena, IdentityComponent, outline->n + 1);
	for (size_t i = 0; i < outline->n; i++) {
		const Component *c = &outline->components[i];
		components[i].label = component_label(outline, (ComponentId)i, arena);
		components[i].has_errors = port->trees[c->file].nodes[c->node].has_error;
	}
	in->components = components;
	in->n_components = outline->n;
}

void identity_of_scan(IdentityInput *in, const Scan *scan, const Catalogue *catalogue, Arena *arena) {
	list_found(in, scan, arena);
	list_files(in, scan, arena);
	if (scan->file_errors)
		list_kept_components(in, scan, arena);
	else
		list_components(in, scan, arena);
	Str *techniques = ARENA_ARRAY(arena, Str, catalogue->n + 1);
	for (size_t i = 0; i < catalogue->n; i++) techniques[i] = catalogue->techniques[i].id;
	in->techniques = techniques;
	in->n_techniques = catalogue->n;
}
