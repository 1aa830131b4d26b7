#include "core/posix.h"

#include "core/scan_cache.h"

#include "core/candidate_json.h"
#include "core/git.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

const char *const SCAN_READS_BESIDE[] = { "Package.swift", "Package.resolved", NULL };

/* A checksum of core's sources, from the Makefile: a program built anew from other code takes nothing from the old one. */
#ifndef TRIPTYCH_CORE
#define TRIPTYCH_CORE ""
#endif

const char *scan_build(void) { return SCAN_ANALYSIS "+" TRIPTYCH_CORE; }

/* ---- the key ---- */

static void add_beside(Buf *all, const Source *source) {
	for (size_t i = 0; SCAN_READS_BESIDE[i] && source->root && *source->root; i++) {
		char *path = base_path_join(source->root, SCAN_READS_BESIDE[i]), *text = NULL, id[41] = "-";
		size_t len;
		if (base_file_read(path, SOURCE_MAX_FILE, &text, &len, NULL)) git_id_of_text((Str) { text, len }, id);
		buf_printf(all, "beside %s %s\n", SCAN_READS_BESIDE[i], id);
		free(text);
		free(path);
	}
}

static void add_source(Buf *all, const Source *source) {
	buf_printf(all, "side %s root %s package %s\n", side_name(source->side), source->root ? source->root : "",
	    source->package ? source->package : "");
	for (size_t i = 0; i < source->n_files; i++) {
		const SourceFile *f = &source->files[i];
		buf_printf(all, "%s %d %d %s\n%s\n", f->content_id, f->in_scope, f->is_test, f->name, f->path);
	}
	for (size_t i = 0; i < source->n_skipped; i++)
		buf_printf(all, "skipped %s: %s\n", source->skipped[i].path, source->skipped[i].reason);
	if (source->side == SIDE_SWIFT) add_beside(all, source);
}

static void add_pins(Buf *all, const RowPins *pins) {
	for (size_t i = 0; pins && i < pins->n; i++) {
		buf_printf(all, "pin %.*s", STR_ARG(pins->pins[i].swift));
		for (int s = 0; s < SIDE_COUNT; s++)
			buf_printf(all, " %d %.*s", pins->pins[i].given[s], STR_ARG(pins->pins[i].other[s]));
		buf_putc(all, '\n');
	}
}

void scan_cache_key(const ScanOptions *options, const Catalogue *catalogue, Scan *scan) {
	Buf all = { 0 };
	buf_printf(&all, "triptych %s analysis %s\n", TRIPTYCH_VERSION, scan_build());
	buf_printf(&all, "at least %s\n", confidence_name(options->min_confidence));
	for (size_t i = 0; i < options->n_techniques; i++) buf_printf(&all, "only %s\n", options->techniques[i]);
	for (size_t i = 0; i < catalogue->n; i++) {
		const Technique *t = &catalogue->techniques[i];
		buf_printf(&all, "card %.*s %016" PRIx64 "\n", STR_ARG(t->id), t->version);
	}
	add_pins(&all, options->pins);
	for (int i = 0; i < SIDE_COUNT; i++) {
		if (scan->sides[i].present) add_source(&all, &scan->sides[i].source);
	}
	git_id_of_text(buf_view(&all), scan->key);
	buf_done(&all);
}

/* ---- what is kept ---- */

static void put_components(JsonOut *out, const Scan *scan) {
	json_member_array(out, "components");
	for (size_t i = 0; i < scan->n_components; i++) {
		const ScanComponent *c = &scan->components[i];
		json_open_object(out);
		json_member_str(out, "label", c->label);
		json_member_integer(out, "file", c->file);
		json_member_integer(out, "from", c->span.start);
		json_member_integer(out, "to", c->span.end);
		json_member_bool(out, "errors", c->has_errors);
		json_close(out);
	}
	json_close(out);
}

static void write_result(const Scan *scan, Buf *bytes) {
	JsonOut out = json_out(bytes, JSON_COMPACT);
	json_open_object(&out);
	json_member_array(&out, "candidates");
	for (size_t i = 0; i < scan->n_candidates; i++) candidate_put_whole(&out, &scan->candidates[i]);
	json_close(&out);
	put_components(&out, scan);
	json_member_array(&out, "errors");
	for (size_t i = 0; i < scan->sides[SIDE_SWIFT].source.n_files; i++) json_put_bool(&out, scan->file_errors[i]);
	json_close(&out);
	json_member_array(&out, "warnings");
	for (size_t i = 0; i < scan->n_warnings; i++) json_put_str(&out, scan->warnings[i]);
	json_close(&out);
	json_close(&out);
}

static bool read_candidates(const Json *list, Scan *scan) {
	scan->candidates = ARENA_ARRAY(&scan->arena, Candidate, json_count(list) + 1);
	for (const Json *it = json_first(list); it; it = json_next(it)) {
		if (!candidate_read(it, &scan->arena, &scan->candidates[scan->n_candidates++])) return false;
	}
	return true;
}

static void read_components(const Json *list, Scan *scan) {
	scan->components = ARENA_ARRAY(&scan->arena, ScanComponent, json_count(list) + 1);
	for (const Json *it = json_first(list); it; it = json_next(it)) {
		scan->components[scan->n_components++] = (ScanComponent) {
			.label = arena_str(&scan->arena, json_text_at(it, "label")),
			.file = (uint32_t)json_integer_at(it, "file", 0),
			.span = { (uint32_t)json_integer_at(it, "from", 0), (uint32_t)json_integer_at(it, "to", 0) },
			.has_errors = json_bool_at(it, "errors", false),
		};
	}
}

static bool read_rest(const Json *doc, Scan *scan) {
	const Json *errors = json_get(doc, "errors"), *warnings = json_get(doc, "warnings");
	size_t n_files = scan->sides[SIDE_SWIFT].source.n_files, i = 0;
	if (json_count(errors) != n_files) return false;
	scan->file_errors = ARENA_ARRAY(&scan->arena, bool, n_files + 1);
	for (const Json *it = json_first(errors); it; it = json_next(it)) json_bool(it, &scan->file_errors[i++]);
	scan->warnings = ARENA_ARRAY(&scan->arena, Str, json_count(warnings) + 1);
	for (const Json *it = json_first(warnings); it; it = json_next(it)) {
		Str text = STR_NONE;
		json_string(it, &text);
		scan->warnings[scan->n_warnings++] = arena_str(&scan->arena, text);
	}
	return true;
}

static bool read_result(Str bytes, Scan *scan) {
	Json *doc = json_parse(bytes, NULL);
	bool ok = doc && read_candidates(json_get(doc, "candidates"), scan);
	if (ok) read_components(json_get(doc, "components"), scan);
	ok = ok && read_rest(doc, scan);
	json_free(doc);
	if (!ok) scan->n_candidates = scan->n_components = scan->n_warnings = 0;
	return ok;
}

/* ---- asked and kept ---- */

/* Its checkouts stand where those of the other did: what a session shows of its sides is the same, too. */
static bool same_state(const Scan *a, const Scan *b) {
	for (int i = 0; i < SIDE_COUNT; i++) {
		const Source *x = &a->sides[i].source, *y = &b->sides[i].source;
		if (a->sides[i].present != b->sides[i].present) return false;
		if (!a->sides[i].present) continue;
		bool same = strcmp(x->commit, y->commit) == 0 && x->dirty == y->dirty && x->n_changed == y->n_changed &&
		            strcmp(x->branch ? x->branch : "", y->branch ? y->branch : "") == 0;
		if (!same) return false;
	}
	return strcmp(a->key, b->key) == 0;
}

bool scan_cache_knows(const ScanOptions *options, Scan *scan) {
	if (options->unless && same_state(options->unless, scan)) {
		scan->unchanged = true;
		return true;
	}
	const ScanCache *cache = options->cache;
	if (!options->candidates_only || !cache || !cache->get) return false;
	Buf bytes = { 0 };
	scan->from_cache = cache->get(cache->context, str_of(scan->key), &bytes) && read_result(buf_view(&bytes), scan);
	buf_done(&bytes);
	return scan->from_cache;
}

static void list_components(Scan *scan) {
	const ScanSide *port = &scan->sides[SIDE_SWIFT];
	const Outline *outline = &port->outline;
	scan->components = ARENA_ARRAY(&scan->arena, ScanComponent, outline->n + 1);
	for (size_t i = 0; i < outline->n; i++) {
		const Component *c = &outline->components[i];
		scan->components[scan->n_components++] = (ScanComponent) {
			.label = component_label(outline, (ComponentId)i, &scan->arena),
			.file = c->file,
			.span = c->span,
			.has_errors = port->trees[c->file].nodes[c->node].has_error,
		};
	}
	scan->file_errors = ARENA_ARRAY(&scan->arena, bool, port->source.n_files + 1);
	for (size_t i = 0; i < port->source.n_files; i++) scan->file_errors[i] = port->trees[i].n_errors > 0;
}

void scan_cache_keep(const ScanOptions *options, Scan *scan) {
	if (!options->candidates_only || !scan->sides[SIDE_SWIFT].present) return;
	list_components(scan);
	const ScanCache *cache = options->cache;
	if (!cache || !cache->put) return;
	Buf bytes = { 0 };
	write_result(scan, &bytes);
	cache->put(cache->context, str_of(scan->key), buf_view(&bytes));
	buf_done(&bytes);
}
