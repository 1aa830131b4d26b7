#include "core/posix.h"

#include "tui/cli_scan_print.h"

#include "core/candidate_json.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- cards from folders ---- */

static bool exists(const char *path) { return access(path, F_OK) == 0; }

/* The nearest folder at or above path that holds .triptych or .git. */
static char *repository_of(const char *path) {
	char *folder = base_strdup(path);
	for (int up = 0; up < 64; up++) {
		char *mark = base_path_join(folder, ".triptych/techniques"), *git = base_path_join(folder, ".git");
		bool here = exists(mark), top = exists(git);
		free(git);
		if (here) {
			free(folder);
			return mark;
		}
		free(mark);
		char *above = base_path_join(folder, "..");
		struct stat a, b;
		bool end = top || stat(folder, &a) != 0 || stat(above, &b) != 0 ||
		           (S_ISDIR(a.st_mode) && a.st_ino == b.st_ino && a.st_dev == b.st_dev);
		if (stat(folder, &a) == 0 && !S_ISDIR(a.st_mode)) {
			char *slash = strrchr(folder, '/');
			free(above);
			above = slash ? base_strdup(folder) : base_strdup(".");
			if (slash) above[slash - folder + (slash == folder)] = '\0';
			end = false;
		}
		free(folder);
		folder = above;
		if (end) break;
	}
	free(folder);
	return NULL;
}

bool cli_catalogue(const Cli *cli, const char *path, Catalogue *out, Err *err) {
	const char *folders[2];
	size_t n = 0;
	Str user = STR_NONE;
	if (cli->config) {
		const char *slash = strrchr(cli->config, '/');
		if (slash) user = arena_printf(cli->arena, "%.*s/techniques", (int)(slash - cli->config), cli->config);
	}
	if (user.len) folders[n++] = user.ptr;
	char *own = repository_of(path);
	if (own) folders[n++] = own;
	bool ok = catalogue_load(folders, n, out, err);
	free(own);
	return ok;
}

void cli_note_problems(const Catalogue *catalogue) {
	for (size_t i = 0; i < catalogue->n_problems; i++) cli_note("%.*s", STR_ARG(catalogue->problems[i]));
}

/* ---- scan ---- */

static void put_suppressed(JsonOut *json, const Scan *scan) {
	json_member_array(json, "suppressed");
	for (size_t i = 0; i < scan->n_candidates; i++) {
		const Candidate *c = &scan->candidates[i];
		if (!c->suppressed) continue;
		json_open_object(json);
		json_member_text(json, "id", c->id);
		json_member_str(json, "technique", c->technique);
		json_member_text(json, "path", c->place.path);
		json_member_integer(json, "line", c->place.start.line);
		json_member_str(json, "reason", c->suppression);
		json_close(json);
	}
	json_close(json);
}

static void put_notices(JsonOut *json, const Scan *scan) {
	json_member_array(json, "notices");
	for (size_t i = 0; i < scan->n_notices; i++) {
		json_open_object(json);
		json_member_text(json, "path", scan->notices[i].path);
		json_member_integer(json, "line", scan->notices[i].line);
		json_member_str(json, "reason", scan->notices[i].words);
		json_close(json);
	}
	json_close(json);
}

void print_scan_json(const Scan *scan, const BaselineState *states, Buf *out) {
	JsonOut json = json_out(out, 0);
	const Source *port = &scan->sides[SIDE_SWIFT].source;
	size_t n_files = 0;
	for (size_t i = 0; i < port->n_files; i++) n_files += port->files[i].in_scope;
	json_open_object(&json);
	json_member_integer(&json, "version", 1);
	json_member_integer(&json, "files", (int64_t)n_files);
	json_member_array(&json, "skipped");
	for (size_t i = 0; i < port->n_skipped; i++) {
		json_open_object(&json);
		json_member_text(&json, "path", port->skipped[i].path);
		json_member_text(&json, "reason", port->skipped[i].reason);
		json_close(&json);
	}
	json_close(&json);
	json_member_array(&json, "candidates");
	for (size_t i = 0; i < scan->n_candidates; i++) {
		if (scan->candidates[i].suppressed) continue;
		json_open_object(&json);
		candidate_put_members(&json, &scan->candidates[i]);
		if (states) json_member_text(&json, "baseline", baseline_state_name(states[i]));
		json_close(&json);
	}
	json_close(&json);
	put_suppressed(&json, scan);
	put_notices(&json, scan);
	json_close(&json);
	buf_putc(out, '\n');
}

static void list_suppressed(const Scan *scan, Buf *out) {
	for (size_t i = 0; i < scan->n_candidates; i++) {
		const Candidate *c = &scan->candidates[i];
		if (!c->suppressed) continue;
		buf_printf(out, "ignored %s:%u: %s  %.*s", c->place.path, c->place.start.line, c->id, STR_ARG(c->title));
		buf_printf(out, "%s%.*s\n", c->suppression.len ? ": " : "", STR_ARG(c->suppression));
	}
}

void print_scan_text(const Scan *scan, const BaselineState *states, Buf *out) {
	size_t suppressed = 0, shown = 0, known = 0;
	for (size_t i = 0; i < scan->n_candidates; i++) {
		const Candidate *c = &scan->candidates[i];
		if (c->suppressed) {
			suppressed++;
			continue;
		}
		if (states && states[i] != BASELINE_NEW) {
			known++;
			continue;
		}
		shown++;
		buf_printf(out, "%s:%u:%u: %s  %.*s  (%s)\n", c->place.path, c->place.start.line, c->place.start.column, c->id,
		    STR_ARG(c->title), confidence_name(c->confidence));
		buf_printf(out, "    %.*s\n", STR_ARG(c->message));
		for (size_t e = 0; e < c->n_evidence; e++) {
			const Evidence *evidence = &c->evidence[e];
			buf_printf(out, "    %s: %.*s\n", evidence->supports ? "for" : "see", STR_ARG(evidence->note));
		}
		for (size_t a = 0; a < c->n_against; a++) buf_printf(out, "    against: %.*s\n", STR_ARG(c->against[a]));
		const double *axis = c->tradeoff.axis;
		buf_printf(out, "    gain %.1f  accuracy risk %.1f  clean code %+.0f  effort %.1f; %.*s\n\n", axis[AXIS_GAIN],
		    axis[AXIS_ACCURACY], axis[AXIS_CLARITY], axis[AXIS_EFFORT], STR_ARG(c->tradeoff.reasons[0]));
	}
	const Source *port = &scan->sides[SIDE_SWIFT].source;
	size_t n_files = 0;
	for (size_t i = 0; i < port->n_files; i++) n_files += port->files[i].in_scope;
	buf_printf(out, "%zu %scandidate%s in %zu file%s", shown, states ? "new " : "", shown == 1 ? "" : "s", n_files,
	    n_files == 1 ? "" : "s");
	if (states) buf_printf(out, ", %zu known before", known);
	if (suppressed) buf_printf(out, ", %zu ignored by comments", suppressed);
	const Program *p = &scan->sides[SIDE_SWIFT].program;
	double share = p->n_lowered ? 100.0 * (double)p->n_unknown / (double)p->n_lowered : 0;
	buf_printf(out, "; %.1f %% of the code was not understood; %.2f s\n", share, scan->seconds);
	for (size_t i = 0; i < port->n_skipped; i++)
		buf_printf(out, "skipped %s: %s\n", port->skipped[i].path, port->skipped[i].reason);
	list_suppressed(scan, out);
	for (size_t i = 0; i < scan->n_warnings; i++) buf_printf(out, "%.*s\n", STR_ARG(scan->warnings[i]));
}

/* ---- flow and ops ---- */

static bool named(const Component *c, const char *name) {
	return !name || str_is(c->name, name) || str_is(c->base, name) ||
	       (str_starts(c->name, name) && c->name.len > strlen(name) && c->name.ptr[strlen(name)] == '.');
}

bool print_flow(const ScanSide *side, const char *component, Buf *out) {
	const Program *p = &side->program;
	bool any = false;
	for (ComponentId id = 0; id < side->outline.n; id++) {
		if (!named(&side->outline.components[id], component)) continue;
		const FlowGraph *graphs[2] = { &p->fields[id], &p->functions[id].graph };
		for (size_t i = 0; i < 2; i++) {
			if (graphs[i]->n < 2) continue;
			if (any) buf_putc(out, '\n');
			flow_print(graphs[i], &side->outline, out);
			any = true;
		}
	}
	for (size_t i = 0; !component && i < side->source.n_files; i++) {
		if (p->toplevel[i].n < 2) continue;
		if (any) buf_putc(out, '\n');
		flow_print(&p->toplevel[i], &side->outline, out);
		any = true;
	}
	return any || !component;
}

void print_ops(Buf *out) {
	for (OpId op = 1; op < op_count(); op++) {
		const OpInfo *info = op_info(op);
		buf_puts(out, info->name);
		buf_putc(out, '(');
		for (size_t i = 0; info->params[i]; i++) {
			buf_printf(out, "%s%s%s", i ? ", " : "", info->params[i], i < info->n_operands ? "" : ":");
		}
		buf_puts(out, ")\n");
	}
}

typedef struct CallCount {
	Str name;
	size_t n;
} CallCount;

static int by_count(const void *a, const void *b) {
	const CallCount *x = a, *y = b;
	if (x->n != y->n) return x->n > y->n ? -1 : 1;
	return str_cmp(x->name, y->name);
}

void print_unknown_ops(const ScanSide *side, Buf *out) {
	VEC(CallCount) counts = { 0 };
	Map index = { 0 };
	const Program *p = &side->program;
	for (ComponentId id = 0; id < side->outline.n; id++) {
		const FlowGraph *g = &p->functions[id].graph;
		for (NodeId node = 1; node < g->n; node++) {
			const FlowNode *call = &g->nodes[node];
			bool unknown = (call->kind == NODE_CALL && call->callee == COMPONENT_NONE && call->name.len) ||
			               (call->kind == NODE_NEW && !call->op && call->callee == COMPONENT_NONE);
			if (!unknown) continue;
			uintptr_t *at = map_get(&index, call->name);
			if (!at) {
				map_put(&index, call->name, counts.n);
				VEC_PUSH(counts).name = call->name;
				at = map_get(&index, call->name);
			}
			counts.at[*at].n++;
		}
	}
	if (counts.n) qsort(counts.at, counts.n, sizeof *counts.at, by_count);
	for (size_t i = 0; i < counts.n; i++) buf_printf(out, "%6zu  %.*s\n", counts.at[i].n, STR_ARG(counts.at[i].name));
	VEC_FREE(counts);
	map_done(&index);
}

/* ---- techniques ---- */

void print_techniques(const Catalogue *catalogue, Buf *out) {
	Str family = STR_NONE;
	for (size_t i = 0; i < catalogue->n; i++) {
		const Technique *t = &catalogue->techniques[i];
		if (!str_eq(family, t->family)) {
			buf_printf(out, "%s%.*s\n", i ? "\n" : "", STR_ARG(t->family));
			family = t->family;
		}
		buf_printf(out, "  %-24.*s %.*s\n", STR_ARG(t->id), STR_ARG(t->title));
	}
}

void print_techniques_json(const Catalogue *catalogue, const Technique *one, Buf *out) {
	JsonOut json = json_out(out, 0);
	json_open_object(&json);
	json_member_integer(&json, "version", 1);
	json_member_array(&json, "techniques");
	for (size_t i = 0; i < catalogue->n; i++) {
		const Technique *t = &catalogue->techniques[i];
		if (one && t != one) continue;
		json_open_object(&json);
		json_member_str(&json, "id", t->id);
		json_member_str(&json, "title", t->title);
		json_member_str(&json, "family", t->family);
		for (Axis axis = 0; axis < AXIS_COUNT; axis++) json_member_number(&json, axis_name(axis), t->axis[axis]);
		json_close(&json);
	}
	json_close(&json);
	json_close(&json);
	buf_putc(out, '\n');
}

static void put_section(Buf *out, const char *title, Str text) {
	if (text.len) buf_printf(out, "\n%s\n%.*s\n", title, STR_ARG(text));
}

void print_technique(const Technique *t, Buf *out) {
	buf_printf(out, "%.*s  %.*s\n%.*s\n", STR_ARG(t->id), STR_ARG(t->title), STR_ARG(t->family));
	buf_printf(out, "gain %g  accuracy risk %g  clean code %+g  effort %g\n", t->axis[AXIS_GAIN],
	    t->axis[AXIS_ACCURACY], t->axis[AXIS_CLARITY], t->axis[AXIS_EFFORT]);
	buf_printf(out, "\n%.*s\n", STR_ARG(t->description));
	put_section(out, "Trade-off", t->tradeoff);
	put_section(out, "When not", t->when_not);
	put_section(out, "Check", t->check);
	put_section(out, "Instead", t->instead_text);
	put_section(out, "Measured", t->measured);
}
