/* Exporting from the screen: a format and a path on the bottom line. What exists is only replaced after a yes. */
#include "core/posix.h"

#include "tui/view_walk_state.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sessions/export.h"
#include "sessions/paths.h"
#include "tui/draft_patch.h"

static bool write_one(const ExportFormat *format, const Plan *plan, const char *path, bool replace, Err *err) {
	Buf text = { 0 };
	bool fine = format->write(plan, &text, err) && paths_write_file(path, buf_view(&text), replace, err);
	buf_done(&text);
	return fine;
}

static bool write_folder(const ExportFormat *format, const Plan *plan, const char *path, bool replace, Err *err) {
	ExportFiles files = { 0 };
	bool fine = format->write_files(plan, &files, err) && paths_make_folder(path, err);
	for (size_t i = 0; fine && i < files.n; i++) {
		char *name = base_path_join(path, files.at[i].name);
		fine = paths_write_file(name, (Str) { files.at[i].text, files.at[i].len }, replace, err);
		free(name);
	}
	export_files_done(&files);
	return fine;
}

/* left_out: how many stale drafts are not in the patch. */
static bool write_export(
    WalkView *v, const ExportFormat *format, const char *path, bool replace, size_t *left_out, Err *err) {
	Arena arena = { 0 };
	Plan plan = { 0 };
	plan_of_walk(work_walk(v->work), work_catalogue(v->work), &arena, &plan);
	DraftPatch *patch = work_scan(v->work) ? draft_patch_new(work_scan(v->work), work_catalogue(v->work),
	                                             walk_pins(work_walk(v->work)), work_port(v->work))
	                                       : NULL;
	if (patch) plan.patch = draft_patch_judge(patch);
	bool fine =
	    format->folder ? write_folder(format, &plan, path, replace, err) : write_one(format, &plan, path, replace, err);
	*left_out = 0;
	if (patch) draft_patch_left_out(patch, left_out);
	draft_patch_free(patch);
	arena_done(&arena);
	return fine;
}

/* "md plan.md" into the format and the path (heap); false with err. */
static bool read_answer(Str text, const ExportFormat **format, char **path, Err *err) {
	size_t blank = str_find(str_trim(text), " ", 0), n;
	Str name = str_sub(str_trim(text), 0, blank), rest = str_trim(str_sub(str_trim(text), blank, SIZE_MAX));
	const ExportFormat *all = export_formats(&n);
	*format = NULL;
	for (size_t i = 0; i < n; i++)
		if (str_is(name, all[i].name)) *format = &all[i];
	if (*format && rest.len && blank != SIZE_MAX) {
		Buf copy = { 0 };
		buf_str(&copy, rest);
		*path = buf_take(&copy);
		return true;
	}
	Buf names = { 0 };
	for (size_t i = 0; i < n; i++) buf_printf(&names, "%s%s", i ? ", " : "", all[i].name);
	err_set(err, "a format and a path: one of %s, then where to (Esc leaves)", names.ptr ? names.ptr : "");
	buf_done(&names);
	return false;
}

static Reaction ask(WalkView *v, Str initial);

static Reaction again(WalkView *v, Str text, const Err *err) {
	Reaction reaction = ask(v, text);
	reaction.say = base_strdup(err->text);
	reaction.bad = true;
	return reaction;
}

static Reaction carry_out(WalkView *v, Str answer, bool replace) {
	const ExportFormat *format;
	char *path = NULL;
	Err err = { { 0 } };
	if (!read_answer(answer, &format, &path, &err)) return again(v, answer, &err);
	size_t left_out;
	bool fine = write_export(v, format, path, replace, &left_out, &err);
	Reaction reaction =
	    !fine ? again(v, answer, &err)
	    : left_out
	        ? react_bad("written: %s, without %zu drafts that no longer hold (D shows, v checks again)", path, left_out)
	        : react_say("written: %s", path);
	free(path);
	return reaction;
}

static Reaction replace_confirmed(View *owner, const ViewEnv *env, Str text, bool kept) {
	WalkView *v = (WalkView *)owner;
	(void)env;
	(void)text;
	return kept ? carry_out(v, buf_view(&v->export_answer), true) : react_say("nothing was written");
}

static Reaction answered(View *owner, const ViewEnv *env, Str text, bool kept) {
	WalkView *v = (WalkView *)owner;
	const ExportFormat *format;
	char *path = NULL;
	struct stat info;
	(void)env;
	if (!kept) return react_say("nothing was written");
	buf_clear(&v->export_answer);
	buf_str(&v->export_answer, text);
	if (!read_answer(text, &format, &path, NULL) || stat(path, &info) != 0 || S_ISDIR(info.st_mode)) {
		free(path);
		return carry_out(v, buf_view(&v->export_answer), false);
	}
	Buf label = { 0 };
	buf_printf(&label, "'%s' exists: replace it?", path);
	Reaction reaction = react_open(view_confirm_new(label.ptr, NULL, &v->view, replace_confirmed));
	buf_done(&label);
	free(path);
	return reaction;
}

static Reaction ask(WalkView *v, Str initial) {
	size_t n;
	const ExportFormat *all = export_formats(&n);
	Buf label = { 0 };
	buf_puts(&label, "export (");
	for (size_t i = 0; i < n; i++) buf_printf(&label, "%s%s", i ? " " : "", all[i].name);
	buf_puts(&label, ") to:");
	AskOptions options = {
		.label = label.ptr, .initial = initial, .history = &v->exports, .owner = &v->view, .answer = answered
	};
	Reaction reaction = react_open(view_ask_new(&options));
	buf_done(&label);
	return reaction;
}

Reaction walk_ask_export(WalkView *v) {
	Buf initial = { 0 };
	buf_printf(&initial, "md %s-plan.md", work_name(v->work));
	Reaction reaction = ask(v, buf_view(&initial));
	buf_done(&initial);
	return reaction;
}
