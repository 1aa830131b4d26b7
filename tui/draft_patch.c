#include "core/posix.h"

#include "tui/draft_patch.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/git.h"
#include "tui/model_keep.h"

/* One file with the drafts that are in the patch so far. */
typedef struct Patched {
	const SourceFile *file;
	VEC(DraftEdit) edits; /* of the file as it is, in its order */
	Str text;             /* with them in place */
} Patched;

struct DraftPatch {
	const Scan *scan;
	const Catalogue *catalogue;
	const RowPins *pins;
	const PortWorld *world;
	Arena arena;
	char state[17]; /* of the port */
	VEC(Patched) files;
	Buf left_out; /* lines */
	size_t n_left_out;
};

DraftPatch *draft_patch_new(const Scan *scan, const Catalogue *catalogue, const RowPins *pins, const PortWorld *world) {
	DraftPatch *p = base_alloc(sizeof *p);
	p->scan = scan;
	p->catalogue = catalogue;
	p->pins = pins;
	p->world = world;
	snprintf(p->state, sizeof p->state, "%016llx", (unsigned long long)draft_port_state(scan, world));
	return p;
}

void draft_patch_free(DraftPatch *p) {
	if (!p) return;
	for (size_t i = 0; i < p->files.n; i++) VEC_FREE(p->files.at[i].edits);
	VEC_FREE(p->files);
	buf_done(&p->left_out);
	arena_done(&p->arena);
	free(p);
}

/* ---- the file ---- */

static bool find_file(const DraftPatch *p, Str name, uint32_t *file) {
	const Source *source = &p->scan->sides[SIDE_SWIFT].source;
	for (size_t i = 0; i < source->n_files; i++) {
		if (!str_is(name, source->files[i].name)) continue;
		*file = (uint32_t)i;
		return true;
	}
	return false;
}

static Patched *patched_of(DraftPatch *p, const SourceFile *file) {
	for (size_t i = 0; i < p->files.n; i++) {
		if (p->files.at[i].file == file) return &p->files.at[i];
	}
	Patched *new = &VEC_PUSH(p->files);
	*new = (Patched) { .file = file, .text = file->text };
	return new;
}

/* ---- whether it still holds ---- */

/* The first check that fails, in words. */
static Str failure(const DraftVerdict *verdict, Arena *arena) {
	for (int i = 0; i < DRAFT_CHECKS; i++) {
		const DraftCheck *check = &verdict->checks[i];
		if (!check->done || check->ok) continue;
		return arena_printf(arena, "not: %s%s%.*s", draft_check_words((DraftCheckKind)i), check->note.len ? ": " : "",
		    STR_ARG(check->note));
	}
	return STR("not verified");
}

/* Verified against the port as it is now; place: where the draft's edits are. */
static bool holds(
    DraftPatch *p, const WalkItem *item, const KeptDraft *kept, const Draft *draft, uint32_t file, Str *why) {
	const SourceFile *source = &p->scan->sides[SIDE_SWIFT].source.files[file];
	DraftSubject subject = { .scan = p->scan,
		.catalogue = p->catalogue,
		.pins = p->pins,
		.world = p->world,
		.technique = item->candidate.technique,
		.file = file,
		.place = { .file = source->text } };
	subject.place.span_start = draft->edits[0].start;
	subject.place.span_end = draft->edits[draft->n_edits - 1].end;
	if (subject.place.span_end == subject.place.span_start) subject.place.span_end++; /* an insertion */
	DraftVerdict verdict;
	draft_verify_diff(&subject, kept->diff, &p->arena, &verdict);
	if (!verdict.passed) *why = failure(&verdict, &p->arena);
	return verdict.passed;
}

static bool is_on_disk(const SourceFile *file) {
	char *text = NULL;
	size_t len = 0;
	bool same =
	    base_file_read(file->path, SOURCE_MAX_FILE, &text, &len, NULL) && str_eq((Str) { text, len }, file->text);
	free(text);
	return same;
}

/* ---- together with the others ---- */

static bool touches(const DraftEdit *a, const DraftEdit *b) {
	return a->start < b->end ? b->start < a->end || b->start == a->start : a->start == b->end && a->start == b->start;
}

static bool add_edits(DraftPatch *p, Patched *file, const Draft *draft, Str *why) {
	for (size_t i = 0; i < draft->n_edits; i++) {
		for (size_t k = 0; k < file->edits.n; k++) {
			if (!touches(&draft->edits[i], &file->edits.at[k])) continue;
			*why = STR("another draft of the patch changes the same lines");
			return false;
		}
	}
	for (size_t i = 0; i < draft->n_edits; i++) {
		DraftEdit edit = draft->edits[i];
		edit.text = arena_str(&p->arena, edit.text);
		VEC_PUSH(file->edits) = edit;
		for (size_t k = file->edits.n - 1; k > 0 && file->edits.at[k - 1].start > edit.start; k--) {
			file->edits.at[k] = file->edits.at[k - 1];
			file->edits.at[k - 1] = edit;
		}
	}
	return true;
}

static Str text_of(DraftPatch *p, const Patched *file) {
	Buf text = { 0 };
	size_t at = 0;
	for (size_t i = 0; i < file->edits.n; i++) {
		buf_str(&text, str_sub(file->file->text, at, file->edits.at[i].start));
		buf_str(&text, file->edits.at[i].text);
		at = file->edits.at[i].end;
	}
	buf_str(&text, str_sub(file->file->text, at, file->file->text.len));
	Str copy = arena_str(&p->arena, buf_view(&text));
	buf_done(&text);
	return copy;
}

static bool take(DraftPatch *p, const SourceFile *source, const Draft *draft, Buf *diff, Str *why) {
	Patched *file = patched_of(p, source);
	Err err = { { 0 } };
	if (!add_edits(p, file, draft, why)) return false;
	Str before = file->text;
	file->text = text_of(p, file);
	if (git_unified_diff(source->name, before, file->text, diff, &err)) return true;
	*why = arena_str(&p->arena, str_of(err.text));
	return false;
}

static bool judge_one(DraftPatch *p, const WalkItem *item, const LogEvent *event, Buf *diff, Str *why) {
	KeptDraft kept;
	Draft draft;
	Err err = { { 0 } };
	uint32_t index;
	if (!model_read_draft(event, &p->arena, &kept)) return *why = STR("it can't be read"), false;
	if (!find_file(p, kept.file, &index)) return *why = STR("its file is no longer in the port"), false;
	const SourceFile *file = &p->scan->sides[SIDE_SWIFT].source.files[index];
	if (!is_on_disk(file)) return *why = STR("its file has changed since it was read"), false;
	if (!draft_of_diff(kept.diff, file->text, &draft, &err)) {
		*why = arena_printf(&p->arena, "it doesn't fit the file as it is now: %s", err.text);
		return false;
	}
	bool as_then = str_is(kept.base, file->content_id) && str_is(kept.port, p->state);
	bool ok = (as_then || holds(p, item, &kept, &draft, index, why)) && take(p, file, &draft, diff, why);
	draft_done(&draft);
	return ok;
}

static bool judge(void *user, const WalkItem *item, const LogEvent *event, Buf *diff, Str *why) {
	DraftPatch *p = user;
	if (judge_one(p, item, event, diff, why)) return true;
	buf_printf(&p->left_out, "%.*s: %.*s\n", STR_ARG(item->short_id), STR_ARG(*why));
	p->n_left_out++;
	return false;
}

Str draft_patch_left_out(const DraftPatch *p, size_t *n) {
	*n = p->n_left_out;
	return str_trim(buf_view(&p->left_out));
}

PatchJudge draft_patch_judge(DraftPatch *p) { return (PatchJudge) { judge, p }; }
