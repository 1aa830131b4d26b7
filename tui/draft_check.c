#include "core/posix.h"

#include "tui/draft_check.h"

#include "core/git.h"
#include "core/scan_draft.h"

#include <stdlib.h>
#include <string.h>

static const struct {
	const char *name, *words;
} CHECKS[DRAFT_CHECKS] = {
	[DRAFT_FORM] = { "form", "is one change that fits the file" },
	[DRAFT_APPLIES] = { "applies", "applies to the file as it is now" },
	[DRAFT_PARSES] = { "parses", "parses without new errors" },
	[DRAFT_PLACE] = { "place", "leaves the other lines alone" },
	[DRAFT_NAMES] = { "names", "declares what is used" },
	[DRAFT_API] = { "api", "names only APIs that exist" },
	[DRAFT_GONE] = { "gone", "the technique is no longer found there" },
	[DRAFT_NEW] = { "new", "nothing new is found" },
};

const char *draft_check_name(DraftCheckKind kind) { return CHECKS[kind].name; }
const char *draft_check_words(DraftCheckKind kind) { return CHECKS[kind].words; }

/* ---- the subject ---- */

static bool find_file(const Source *source, const char *name, uint32_t *file) {
	for (size_t i = 0; name && i < source->n_files; i++) {
		if (strcmp(source->files[i].name, name) == 0) {
			*file = (uint32_t)i;
			return true;
		}
	}
	return false;
}

/* The whole lines that a span touches. */
static Span whole_lines(const SourceFile *file, Span span) {
	uint32_t last = span.end > span.start ? span.end - 1 : span.start;
	return (Span) { source_line_start(file, source_pos(file, span.start).line),
		source_line_start(file, source_pos(file, last).line + 1) };
}

bool draft_subject(const Scan *scan, const Catalogue *catalogue, const RowPins *pins, const PortWorld *world,
    const Candidate *candidate, DraftSubject *out, Err *err) {
	const ScanSide *port = &scan->sides[SIDE_SWIFT];
	*out = (DraftSubject) {
		.scan = scan, .catalogue = catalogue, .pins = pins, .world = world, .technique = candidate->technique
	};
	if (!find_file(&port->source, candidate->place.name, &out->file))
		return err_set(err, "'%s' is no longer in the port", candidate->place.name ? candidate->place.name : "");
	const SourceFile *file = &port->source.files[out->file];
	if (candidate->place.span.end > file->text.len || candidate->place.span.start >= candidate->place.span.end)
		return err_set(err, "the lines of the candidate are no longer in '%s'", file->name);
	Span span = whole_lines(file, candidate->place.span);
	out->place = (DraftPlace) { .file = file->text, .span_start = span.start, .span_end = span.end };
	ComponentId component = outline_at(&port->outline, out->file, candidate->place.span.start);
	if (component != COMPONENT_NONE) {
		Span around = whole_lines(file, port->outline.components[component].span);
		if (around.start <= span.start && around.end >= span.end) {
			out->place.component_start = around.start;
			out->place.component_end = around.end;
		}
	}
	return true;
}

/* ---- one verification ---- */

typedef struct Verifying {
	const DraftSubject *subject;
	const SourceFile *file; /* as it was scanned */
	const Draft *draft;
	Arena *arena;
	DraftVerdict *out;
	Scan scan; /* with the draft in place */
	const SourceFile *new_file;
	uint32_t *lines; /* old line -> new line */
	uint32_t n_old;
	uint32_t first, last; /* lines of the new file that stand where the span's lines were; first > last: none do */
} Verifying;

static void set(Verifying *v, DraftCheckKind kind, bool ok, Str note) {
	v->out->checks[kind] = (DraftCheck) { .done = true, .ok = ok, .note = note };
}

static void check_applies(Verifying *v) {
	char *text = NULL;
	size_t len = 0;
	Err err = { { 0 } };
	if (!base_file_read(v->file->path, SOURCE_MAX_FILE, &text, &len, &err)) {
		set(v, DRAFT_APPLIES, false, arena_str(v->arena, str_of(err.text)));
	} else {
		bool same = str_eq((Str) { text, len }, v->file->text);
		set(v, DRAFT_APPLIES, same, same ? STR_NONE : STR("the file has changed since it was read"));
	}
	free(text);
}

/* Where the span's lines went: between the last line kept before them and the first one kept behind. */
static void find_region(Verifying *v) {
	const DraftPlace *place = &v->subject->place;
	uint32_t first = source_pos(v->file, (uint32_t)place->span_start).line;
	uint32_t last = source_pos(v->file, (uint32_t)place->span_end - 1).line;
	v->lines = git_line_map(v->file->text, v->draft->text, v->arena, &v->n_old);
	v->first = 1;
	for (uint32_t line = first; line-- > 1;) {
		if (line <= v->n_old && v->lines[line] != GIT_LINE_GONE) {
			v->first = v->lines[line] + 1;
			break;
		}
	}
	v->last = v->new_file->n_lines;
	for (uint32_t line = last + 1; line <= v->n_old; line++) {
		if (v->lines[line] != GIT_LINE_GONE) {
			v->last = v->lines[line] - 1;
			break;
		}
	}
}

/* Bytes of the new text that the draft brought, one span an edit. */
static Span *new_spans(const Draft *draft, Arena *arena) {
	Span *spans = ARENA_ARRAY(arena, Span, draft->n_edits + 1);
	int64_t shift = 0;
	for (size_t i = 0; i < draft->n_edits; i++) {
		const DraftEdit *edit = &draft->edits[i];
		uint32_t start = (uint32_t)((int64_t)edit->start + shift);
		spans[i] = (Span) { start, start + (uint32_t)edit->text.len };
		shift += (int64_t)edit->text.len - (int64_t)(edit->end - edit->start);
	}
	return spans;
}

static bool is_error(const SyntaxNode *node) { return node->kind == SYN_ERROR || node->missing; }

static bool inside(const Span *spans, size_t n, Span span) {
	for (size_t i = 0; i < n; i++) {
		if (span.start < spans[i].end && spans[i].start <= span.end) return true;
	}
	return false;
}

/* New errors: more than there were, or one that touches what the draft brought. */
static void check_parses(Verifying *v, const Span *spans) {
	const SyntaxTree *before = &v->subject->scan->sides[SIDE_SWIFT].trees[v->subject->file];
	const SyntaxTree *after = &v->scan.sides[SIDE_SWIFT].trees[v->subject->file];
	const SyntaxNode *found = NULL;
	bool more = after->n_errors > before->n_errors;
	for (uint32_t i = 0; i < after->n && (after->n_errors > 0) && !found; i++) {
		const SyntaxNode *node = &after->nodes[i];
		if (is_error(node) && (before->n_errors == 0 || inside(spans, v->draft->n_edits, node->span))) found = node;
	}
	if (!found && !more) {
		set(v, DRAFT_PARSES, true, STR_NONE);
		return;
	}
	Pos pos = source_pos(v->new_file, found ? found->span.start : 0);
	Str line = str_trim(source_line(v->new_file, pos.line));
	set(v, DRAFT_PARSES, false,
	    found ? arena_printf(v->arena, "an error at line %u of the changed file: `%.*s`", pos.line, STR_ARG(line))
	          : STR("the changed file has more errors than before"));
}

/* Edits that stay inside the span touch nothing else, whatever a diff by lines makes of lines that are alike. */
static bool stays_inside(const Draft *draft, const DraftPlace *place) {
	for (size_t i = 0; i < draft->n_edits; i++) {
		if (draft->edits[i].start < place->span_start || draft->edits[i].end > place->span_end) return false;
	}
	return true;
}

static void check_place(Verifying *v) {
	const Draft *d = v->draft;
	if (stays_inside(d, &v->subject->place)) {
		set(v, DRAFT_PLACE, true, STR_NONE);
	} else if (d->removed_outside > 0) {
		set(v, DRAFT_PLACE, false,
		    arena_printf(
		        v->arena, "%zu lines outside of those to be replaced are changed or removed", d->removed_outside));
	} else {
		set(v, DRAFT_PLACE, true,
		    d->added_outside ? arena_printf(v->arena, "%zu lines are added elsewhere in the file", d->added_outside)
		                     : STR_NONE);
	}
}

static Str join(const ApiProblem *problems, size_t n, Arena *arena) {
	Buf text = { 0 };
	for (size_t i = 0; i < n; i++) {
		if (i) buf_puts(&text, "; ");
		buf_str(&text, problems[i].text);
	}
	Str all = arena_str(arena, buf_view(&text));
	buf_done(&text);
	return all;
}

static void check_names(Verifying *v, const Span *spans) {
	size_t n;
	const ApiProblem *lost = draft_lost_names(v->file->text, v->draft->text, v->arena, &n);
	set(v, DRAFT_NAMES, n == 0, join(lost, n, v->arena));
	const ApiProblem *api = draft_api_check(v->subject->world, v->draft->text, spans, v->draft->n_edits, v->arena, &n);
	set(v, DRAFT_API, n == 0, join(api, n, v->arena));
}

/* ---- what is found ---- */

static bool in_file(const Verifying *v, const Candidate *c) {
	return c->place.name && strcmp(c->place.name, v->file->name) == 0;
}

static bool overlaps_lines(const Candidate *c, uint32_t first, uint32_t last) {
	return c->place.start.line <= last && c->place.end.line >= first;
}

/* Whether a candidate of the scan before is the one the draft is for. */
static bool is_subject(const Verifying *v, const Candidate *c) {
	const DraftPlace *place = &v->subject->place;
	return str_eq(c->technique, v->subject->technique) && in_file(v, c) && c->place.span.start < place->span_end &&
	       c->place.span.end > place->span_start;
}

static bool was_found(const Verifying *v) {
	const Scan *before = v->subject->scan;
	for (size_t i = 0; i < before->n_candidates; i++) {
		if (is_subject(v, &before->candidates[i])) return true;
	}
	return false;
}

static void check_gone(Verifying *v) {
	if (!catalogue_find(v->subject->catalogue, v->subject->technique)) {
		set(v, DRAFT_GONE, true, STR("a candidate of your own: nothing looks for it"));
		return;
	}
	if (!was_found(v)) {
		set(v, DRAFT_GONE, true, STR("it isn't found in the present code either"));
		return;
	}
	for (size_t i = 0; i < v->scan.n_candidates; i++) {
		const Candidate *c = &v->scan.candidates[i];
		if (!in_file(v, c) || !str_eq(c->technique, v->subject->technique)) continue;
		if (v->first > v->last || !overlaps_lines(c, v->first, v->last)) continue;
		set(v, DRAFT_GONE, false,
		    arena_printf(v->arena, "%.*s is still found at line %u of the changed file%s", STR_ARG(c->technique),
		        c->place.start.line, c->suppressed ? " (a comment that hides it doesn't count)" : ""));
		return;
	}
	set(v, DRAFT_GONE, true, STR_NONE);
}

/* The same place in both: mapped by lines in the changed file, by bytes elsewhere. */
static bool same_place(const Verifying *v, const Candidate *old, const Candidate *new) {
	if (!old->place.name || !new->place.name || strcmp(old->place.name, new->place.name) != 0) return false;
	if (!in_file(v, old)) return old->place.span.start == new->place.span.start;
	for (uint32_t line = old->place.start.line; line <= old->place.end.line && line <= v->n_old; line++) {
		uint32_t now = v->lines[line];
		if (now != GIT_LINE_GONE && now >= new->place.start.line &&now <= new->place.end.line) return true;
	}
	return false;
}

static bool same_code(const Candidate *old, const Candidate *new) {
	return old->fingerprint == new->fingerprint &&str_eq(old->place.component, new->place.component);
}

/* Each candidate of the scan before accounts for one of the scan after: by place first, then by what it is. */
static bool account_for(const Verifying *v, const Candidate *new, bool *used) {
	const Scan *before = v->subject->scan;
	for (int by_code = 0; by_code < 2; by_code++) {
		for (size_t i = 0; i < before->n_candidates; i++) {
			const Candidate *old = &before->candidates[i];
			if (used[i] || !str_eq(old->technique, new->technique) || is_subject(v, old)) continue;
			if (by_code ? !same_code(old, new) : !same_place(v, old, new)) continue;
			used[i] = true;
			return true;
		}
	}
	return false;
}

static void check_new(Verifying *v) {
	bool *used = ARENA_ARRAY(v->arena, bool, v->subject->scan->n_candidates + 1);
	Buf found = { 0 };
	for (size_t i = 0; i < v->scan.n_candidates; i++) {
		const Candidate *c = &v->scan.candidates[i];
		if (account_for(v, c, used) || c->confidence < CONFIDENCE_MEDIUM) continue;
		/* what is still found at the place itself is the other check's business */
		if (in_file(v, c) && str_eq(c->technique, v->subject->technique) && !v->out->checks[DRAFT_GONE].ok) continue;
		buf_printf(&found, "%s%.*s at %s:%u (%.*s)", found.len ? "; " : "", STR_ARG(c->technique), c->place.name,
		    c->place.start.line, STR_ARG(c->title));
	}
	set(v, DRAFT_NEW, found.len == 0, arena_str(v->arena, buf_view(&found)));
	buf_done(&found);
}

/* ---- all of it ---- */

static void check_found(Verifying *v, const Span *spans) {
	Err err = { { 0 } };
	const DraftSubject *s = v->subject;
	if (!scan_draft(s->scan, s->file, v->draft->text, s->catalogue, s->pins, s->progress, &v->scan, &err)) {
		set(v, DRAFT_PARSES, false, arena_str(v->arena, str_of(err.text)));
		v->out->stopped = s->progress && s->progress->cancel && *s->progress->cancel;
		return;
	}
	v->new_file = &v->scan.sides[SIDE_SWIFT].source.files[s->file];
	find_region(v);
	check_parses(v, spans);
	check_gone(v);
	check_new(v);
	scan_draft_done(&v->scan);
}

static void sum_up(DraftVerdict *out) {
	out->passed = !out->stopped;
	for (int i = 0; i < DRAFT_CHECKS; i++) out->passed &= out->checks[i].done && out->checks[i].ok;
}

static void verify(const DraftSubject *subject, const Draft *draft, Arena *arena, DraftVerdict *out) {
	Verifying v = { .subject = subject, .draft = draft, .arena = arena, .out = out };
	v.file = &subject->scan->sides[SIDE_SWIFT].source.files[subject->file];
	Span *spans = new_spans(draft, arena);
	set(&v, DRAFT_FORM, true, STR_NONE);
	check_applies(&v);
	check_place(&v);
	check_names(&v, spans);
	check_found(&v, spans);
	Buf diff = { 0 };
	Err err = { { 0 } };
	if (!git_unified_diff(v.file->name, v.file->text, draft->text, &diff, &err)) {
		set(&v, DRAFT_FORM, false, arena_str(arena, str_of(err.text)));
	}
	out->diff = arena_str(arena, buf_view(&diff));
	buf_done(&diff);
	out->text = arena_str(arena, draft->text);
	out->form = draft->form;
	out->added = draft->added;
	out->removed = draft->removed;
	sum_up(out);
}

static void no_draft(Arena *arena, Str why, DraftVerdict *out) {
	*out = (DraftVerdict) { .form = "" };
	out->checks[DRAFT_FORM] = (DraftCheck) { .done = true, .note = arena_str(arena, why) };
}

void draft_partial(Str why, Arena *arena, DraftVerdict *out) {
	no_draft(arena, arena_printf(arena, "the reply is a part only (%.*s)", STR_ARG(why)), out);
}

void draft_verify(const DraftSubject *subject, Str reply, Arena *arena, DraftVerdict *out) {
	Draft draft;
	Err err = { { 0 } };
	*out = (DraftVerdict) { .form = "" };
	if (!draft_read(reply, &subject->place, &draft, &err)) {
		no_draft(arena, str_of(err.text), out);
		return;
	}
	verify(subject, &draft, arena, out);
	draft_done(&draft);
}

void draft_verify_diff(const DraftSubject *subject, Str diff, Arena *arena, DraftVerdict *out) {
	Draft draft;
	Err err = { { 0 } };
	*out = (DraftVerdict) { .form = "" };
	if (!draft_of_diff(diff, subject->place.file, &draft, &err)) {
		no_draft(arena, str_of(err.text), out);
		return;
	}
	verify(subject, &draft, arena, out);
	draft_done(&draft);
}

void draft_verify_file(const DraftSubject *subject, Str text, Arena *arena, DraftVerdict *out) {
	Draft draft;
	Err err = { { 0 } };
	*out = (DraftVerdict) { .form = "" };
	if (!draft_from_file(text, &subject->place, &draft, &err)) {
		no_draft(arena, str_of(err.text), out);
		return;
	}
	verify(subject, &draft, arena, out);
	/* a person may change what they like */
	out->checks[DRAFT_PLACE].ok = true;
	sum_up(out);
	draft_done(&draft);
}

uint64_t draft_port_state(const Scan *scan, const PortWorld *world) {
	const Source *source = &scan->sides[SIDE_SWIFT].source;
	Buf versions = { 0 };
	for (size_t i = 0; i < BASE_COUNT(world->version); i++) {
		api_version_print(world->version[i], &versions);
		buf_putc(&versions, ' ');
	}
	uint64_t state = hash_str(hash_str(HASH_SEED, buf_view(&versions)), str_of(scan_analysis_version()));
	for (size_t i = 0; i < source->n_files; i++) {
		state = hash_str(state, str_of(source->files[i].name));
		state = hash_str(state, str_of(source->files[i].content_id));
	}
	buf_done(&versions);
	return state;
}

void draft_failures(const DraftVerdict *verdict, Buf *out) {
	for (int i = 0; i < DRAFT_CHECKS; i++) {
		const DraftCheck *check = &verdict->checks[i];
		if (!check->done || check->ok) continue;
		buf_printf(out, "- not: %s", CHECKS[i].words);
		if (check->note.len) buf_printf(out, ": %.*s", STR_ARG(check->note));
		buf_putc(out, '\n');
	}
}
