#include "core/posix.h"

#include "tui/model_parts.h"

#include "core/align_ops.h"
#include "core/data.h"
#include "core/json.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ---- code ---- */

/* Whole lines of a component. */
static Str component_code(const ScanSide *side, ComponentId id, Span *lines) {
	const Component *component = &side->outline.components[id];
	const SourceFile *file = &side->source.files[component->file];
	uint32_t first = source_pos(file, component->span.start).line, last = source_pos(file, component->span.end).line;
	*lines = (Span) { first, last };
	return str_sub(file->text, source_line_start(file, first), source_line_start(file, last + 1));
}

static Str component_place(const ScanSide *side, ComponentId id, Arena *arena) {
	Span lines;
	component_code(side, id, &lines);
	return arena_printf(
	    arena, "%s:%u-%u", side->source.files[side->outline.components[id].file].name, lines.start, lines.end);
}

static Str place_text(const Place *place, Arena *arena) {
	uint32_t last =
	    place->end.column == 1 && place->end.line > place->start.line ? place->end.line - 1 : place->end.line;
	return arena_printf(arena, "%s:%u-%u", place->name ? place->name : "", place->start.line, last);
}

/* What answers the port's component on another side. */
static void add_reference(const Scan *scan, ComponentId component, Side side, Arena *arena, Str *code, Str *place) {
	if (component == COMPONENT_NONE || !scan->sides[side].present) return;
	ComponentId answer = rows_answer(&scan->rows, SIDE_SWIFT, component, side);
	Span lines;
	if (answer == COMPONENT_NONE) return;
	*code = component_code(&scan->sides[side], answer, &lines);
	*place = component_place(&scan->sides[side], answer, arena);
}

/* ---- operations that differ ---- */

enum { MAX_DIFFERENCES = 24 };

typedef struct Differences {
	const Scan *scan;
	Side side;
	const FlowGraph *port, *other;
	const SourceFile *port_file, *other_file;
	Buf *out;
	size_t n;
} Differences;

static void put_node(const SourceFile *file, const FlowNode *node, Buf *out) {
	Str text = source_text(file, node->span), line;
	str_split(&text, '\n', &line);
	line = str_trim(line);
	bool cut = line.len > 70 || text.ptr;
	buf_printf(out, "`%.*s%s` (%s:%u)", STR_ARG(str_sub(line, 0, 70)), cut ? "…" : "", file->name,
	    source_pos(file, node->span.start).line);
}

static bool counts(const FlowGraph *g, NodeId id) {
	const FlowNode *node = &g->nodes[id];
	if (node->copied || node->is_implicit || node->span.end <= node->span.start) return false;
	if (node->kind == NODE_MODULE) return true;
	return node->kind == NODE_OP && node->op != OP_NONE && !(op_info(node->op)->traits & (OP_VIEW | OP_CAST));
}

/* A submodule that answers nothing may have been handed to a function that runs it, and sums of host numbers say nothing: neither
 * is told as missing. */
static bool counts_alone(const FlowGraph *g, NodeId id) {
	return counts(g, id) && g->nodes[id].kind == NODE_OP && g->nodes[id].facts.domain == DOMAIN_DEVICE;
}

static void put_lonely(
    Differences *d, const FlowGraph *g, const SourceFile *file, const bool *answered, const char *where) {
	for (NodeId id = 1; id < g->n && d->n < MAX_DIFFERENCES; id++) {
		if (answered[id] || !counts_alone(g, id)) continue;
		buf_printf(d->out, "- only in the %s: ", where);
		put_node(file, &g->nodes[id], d->out);
		buf_putc(d->out, '\n');
		d->n++;
	}
}

static void put_differences(Differences *d, Arena *arena) {
	size_t n;
	OpPair *pairs = align_ops(d->port, d->other, arena, &n);
	bool *a = ARENA_ARRAY(arena, bool, d->port->n + 1), *b = ARENA_ARRAY(arena, bool, d->other->n + 1);
	for (size_t i = 0; i < n; i++) {
		a[pairs[i].a] = b[pairs[i].b] = true;
		if (pairs[i].same || d->n >= MAX_DIFFERENCES) continue;
		if (!counts(d->port, pairs[i].a) || !counts(d->other, pairs[i].b)) continue;
		buf_puts(d->out, "- ");
		put_node(d->port_file, &d->port->nodes[pairs[i].a], d->out);
		buf_puts(d->out, " against ");
		put_node(d->other_file, &d->other->nodes[pairs[i].b], d->out);
		buf_putc(d->out, '\n');
		d->n++;
	}
	put_lonely(d, d->port, d->port_file, a, "port");
	put_lonely(d, d->other, d->other_file, b, d->side == SIDE_MLX ? "Python reference" : "PyTorch original");
}

static Str differences(const Scan *scan, ComponentId component, Arena *arena) {
	Buf out = { 0 };
	const ScanSide *port = &scan->sides[SIDE_SWIFT];
	for (Side side = SIDE_MLX; side <= SIDE_TORCH && component != COMPONENT_NONE; side++) {
		const ScanSide *other = &scan->sides[side];
		ComponentId answer = other->present ? rows_answer(&scan->rows, SIDE_SWIFT, component, side) : COMPONENT_NONE;
		if (answer == COMPONENT_NONE) continue;
		Differences d = { .scan = scan, .side = side, .out = &out };
		d.port = &port->program.functions[component].graph;
		d.other = &other->program.functions[answer].graph;
		d.port_file = &port->source.files[port->outline.components[component].file];
		d.other_file = &other->source.files[other->outline.components[answer].file];
		if (d.port->n > 0 && d.other->n > 0) put_differences(&d, arena);
	}
	Str text = arena_str(arena, str_trim(buf_view(&out)));
	buf_done(&out);
	return text;
}

/* ---- card, trade-off, precedents ---- */

/* The card without what only the program reads: its patterns and test blocks. */
static Str card_text(const Technique *t, Arena *arena) {
	Buf out = { 0 };
	const struct {
		const char *title;
		Str text;
	} parts[] = { { NULL, t->description }, { "Trade-off", t->tradeoff }, { "When not", t->when_not },
		{ "Check", t->check }, { "Instead", t->instead_text }, { "Measured", t->measured } };
	for (size_t i = 0; i < BASE_COUNT(parts); i++) {
		Str text = str_trim(parts[i].text);
		if (text.len == 0) continue;
		if (parts[i].title) buf_printf(&out, "\n## %s\n\n", parts[i].title);
		buf_printf(&out, "%.*s\n", STR_ARG(text));
	}
	if (t->api.len > 0)
		buf_printf(&out, "\nAPI: %.*s, since %s%.*s\n", STR_ARG(t->api),
		    str_starts(t->since, "macOS") ? "" : "mlx-swift ", STR_ARG(t->since));
	Str text = arena_str(arena, str_trim(buf_view(&out)));
	buf_done(&out);
	return text;
}

static Str tradeoff_text(const WalkItem *item, Arena *arena) {
	static const char *const NAMES[AXIS_COUNT] = { "gain (0 to 5)", "accuracy risk (0 to 5)", "clarity (-2 to 2)",
		"effort (0 to 5)" };
	Buf out = { 0 };
	for (int i = 0; i < AXIS_COUNT; i++) {
		buf_printf(&out, "- %s: %g", NAMES[i], item->tradeoff.axis[i]);
		if (item->tradeoff.arithmetic[i].len > 0) buf_printf(&out, " (%.*s)", STR_ARG(item->tradeoff.arithmetic[i]));
		buf_putc(&out, '\n');
	}
	const Candidate *c = &item->candidate;
	buf_printf(&out, "- confidence: %s\n", confidence_name(c->confidence));
	if (c->message.len > 0) buf_printf(&out, "- %.*s\n", STR_ARG(c->message));
	for (size_t i = 0; i < item->tradeoff.n_reasons; i++)
		buf_printf(&out, "- %.*s\n", STR_ARG(item->tradeoff.reasons[i]));
	for (size_t i = 0; i < c->n_against; i++) buf_printf(&out, "- against it: %.*s\n", STR_ARG(c->against[i]));
	for (size_t i = 0; i < c->n_evidence; i++) buf_printf(&out, "- %.*s\n", STR_ARG(c->evidence[i].note));
	Str text = arena_str(arena, str_trim(buf_view(&out)));
	buf_done(&out);
	return text;
}

static bool precedents_text(const Walk *walk, const WalkItem *item, Arena *arena, Str *text, Err *err) {
	enum { MAX = 6 };
	Precedent *list = NULL;
	size_t n;
	if (!walk_precedents(walk, item, arena, &list, &n, err)) return false;
	Buf out = { 0 };
	for (size_t i = 0; i < n && i < MAX; i++) {
		const LogEvent *e = list[i].event;
		buf_printf(&out, "- %s, %.10s, %.*s", verdict_name(e->verdict), e->time.ptr, STR_ARG(list[i].where));
		if (e->reason.len > 0) buf_printf(&out, ": %.*s", STR_ARG(e->reason));
		if (e->condition.len > 0) buf_printf(&out, " (%.*s)", STR_ARG(e->condition));
		buf_putc(&out, '\n');
	}
	*text = arena_str(arena, str_trim(buf_view(&out)));
	buf_done(&out);
	return true;
}

static Str version_text(const PortWorld *world, Arena *arena) {
	Buf out = { 0 };
	if (api_version_is_known(world->version[API_MLX_SWIFT])) api_version_print(world->version[API_MLX_SWIFT], &out);
	Str text = arena_str(arena, buf_view(&out));
	buf_done(&out);
	return text;
}

/* ---- parts ---- */

/* The component around the candidate in this scan, or COMPONENT_NONE. */
static ComponentId component_of(const Scan *scan, const Candidate *c, uint32_t *file) {
	const ScanSide *port = &scan->sides[SIDE_SWIFT];
	for (size_t i = 0; c->place.name && i < port->source.n_files; i++) {
		if (strcmp(port->source.files[i].name, c->place.name) != 0) continue;
		*file = (uint32_t)i;
		return outline_at(&port->outline, *file, c->place.span.start);
	}
	return COMPONENT_NONE;
}

bool model_parts(const Walk *walk, const WalkItem *item, const Scan *scan, const Catalogue *catalogue,
    const PortWorld *world, Arena *arena, PromptParts *out, Err *err) {
	const Candidate *c = &item->candidate;
	const Technique *technique = catalogue_find(catalogue, c->technique);
	uint32_t file = 0;
	Span lines;
	ComponentId component = item->gone ? COMPONENT_NONE : component_of(scan, c, &file);
	*out = (PromptParts) { .title = c->title,
		.component = c->place.component,
		.place = place_text(&c->place, arena),
		.span = c->place.excerpt,
		.tradeoff = tradeoff_text(item, arena),
		.version = version_text(world, arena) };
	if (technique) {
		out->technique = technique->id;
		out->card = card_text(technique, arena);
	}
	if (component != COMPONENT_NONE) out->code = component_code(&scan->sides[SIDE_SWIFT], component, &lines);
	add_reference(scan, component, SIDE_MLX, arena, &out->mlx, &out->mlx_place);
	add_reference(scan, component, SIDE_TORCH, arena, &out->torch, &out->torch_place);
	out->differences = differences(scan, component, arena);
	return precedents_text(walk, item, arena, &out->precedents, err);
}

static Str known_text(const Walk *walk, Str component, Arena *arena) {
	Buf out = { 0 };
	size_t n;
	const WalkItem *items = walk_items(walk, &n);
	for (size_t i = 0; i < n; i++) {
		const Candidate *c = &items[i].candidate;
		if (items[i].gone || !str_eq(c->place.component, component)) continue;
		buf_printf(&out, "- %.*s at line %u: %.*s\n", STR_ARG(c->technique), c->place.start.line, STR_ARG(c->title));
	}
	Str text = arena_str(arena, str_trim(buf_view(&out)));
	buf_done(&out);
	return text;
}

void model_parts_component(const Walk *walk, const Scan *scan, ComponentId component, const Catalogue *catalogue,
    const PortWorld *world, Arena *arena, PromptParts *out) {
	const ScanSide *port = &scan->sides[SIDE_SWIFT];
	Span lines;
	Buf techniques = { 0 };
	for (size_t i = 0; i < catalogue->n; i++) {
		buf_printf(&techniques, "- %.*s: %.*s\n", STR_ARG(catalogue->techniques[i].id),
		    STR_ARG(catalogue->techniques[i].title));
	}
	Str label = component_label(&port->outline, component, arena);
	*out = (PromptParts) { .title = label,
		.component = label,
		.place = component_place(port, component, arena),
		.code = component_code(port, component, &lines),
		.version = version_text(world, arena),
		.techniques = arena_str(arena, str_trim(buf_view(&techniques))),
		.known = known_text(walk, label, arena) };
	buf_done(&techniques);
	add_reference(scan, component, SIDE_MLX, arena, &out->mlx, &out->mlx_place);
	add_reference(scan, component, SIDE_TORCH, arena, &out->torch, &out->torch_place);
	out->differences = differences(scan, component, arena);
}

/* ---- templates and threads ---- */

bool model_template(const char *config, PromptUse use, Arena *arena, Str *out, Err *err) {
	Str folder = STR("");
	const char *slash = config ? strrchr(config, '/') : NULL;
	if (slash) folder = (Str) { config, (size_t)(slash - config) + 1 };
	Str path = arena_printf(arena, "%.*sprompts/%s.md", STR_ARG(folder), prompt_use_name(use));
	if (config && access(path.ptr, F_OK) == 0) {
		char *text;
		size_t len;
		if (!base_file_read(path.ptr, 1 << 20, &text, &len, err)) return false;
		*out = arena_str(arena, (Str) { text, len });
		free(text);
		return true;
	}
	return data_get(prompt_path(use), out) || err_set(err, "the template '%s' isn't embedded", prompt_path(use));
}

PromptTurn *model_turns(const WalkItem *item, Arena *arena, size_t *n) {
	VEC(PromptTurn) turns = { 0 };
	for (size_t i = 0; i < item->n_history; i++) {
		const LogEvent *e = item->history[i];
		if (e->kind != LOG_ANSWER || e->undone || e->reason.len == 0) continue;
		Json *doc = json_parse(e->data, NULL);
		Str answer = json_text_at(doc, "answer");
		if (answer.len > 0) {
			VEC_PUSH(turns) = (PromptTurn) { PROMPT_USER, e->reason };
			VEC_PUSH(turns) = (PromptTurn) { PROMPT_ASSISTANT, arena_str(arena, answer) };
		}
		json_free(doc);
	}
	*n = turns.n;
	return VEC_TO_ARENA(turns, arena);
}

/* ---- claims ---- */

/* Of the files whose code a question about the candidate shows: "line 71" may be of any of them. */
static size_t longest_shown(const ModelWorld *world) {
	const Scan *scan = world->scan;
	uint32_t file = 0;
	ComponentId component = world->candidate ? component_of(scan, world->candidate, &file) : COMPONENT_NONE;
	if (component == COMPONENT_NONE) return SIZE_MAX;
	size_t longest = scan->sides[SIDE_SWIFT].source.files[file].n_lines;
	for (Side side = SIDE_MLX; side <= SIDE_TORCH; side++) {
		const ScanSide *other = &scan->sides[side];
		ComponentId answer = other->present ? rows_answer(&scan->rows, SIDE_SWIFT, component, side) : COMPONENT_NONE;
		if (answer == COMPONENT_NONE) continue;
		size_t n = other->source.files[other->outline.components[answer].file].n_lines;
		if (n > longest) longest = n;
	}
	return longest;
}

static size_t world_lines(void *user, Str path) {
	const ModelWorld *world = user;
	if (path.len == 0) return longest_shown(world);
	for (Side side = 0; side < SIDE_COUNT; side++) {
		const Source *source = &world->scan->sides[side].source;
		for (size_t i = 0; world->scan->sides[side].present && i < source->n_files; i++) {
			Str name = str_of(source->files[i].path);
			if (name.len < path.len || !str_eq(str_sub(name, name.len - path.len, name.len), path)) continue;
			if (name.len == path.len || name.ptr[name.len - path.len - 1] == '/') return source->files[i].n_lines;
		}
	}
	return SIZE_MAX;
}

static ClaimTruth world_api(void *user, Str name, Str labels) {
	const ModelWorld *world = user;
	int exists = draft_api_exists(world->port, name, labels);
	return exists < 0 ? CLAIM_UNKNOWN : exists ? CLAIM_EXISTS : CLAIM_MISSING;
}

/* Only what claims to be of the library: a helper in a sketch needn't exist. */
static Str world_code(void *user, Str text, Arena *arena) {
	const ModelWorld *world = user;
	size_t n;
	Buf list = { 0 };
	const ApiProblem *problems = draft_api_check(world->port, text, NULL, 0, arena, &n);
	for (size_t i = 0; i < n; i++) {
		if (!problems[i].of_library) continue;
		buf_printf(&list, "%s%.*s", list.len ? "; " : "", STR_ARG(problems[i].text));
	}
	Str copy = arena_str(arena, buf_view(&list));
	buf_done(&list);
	return copy;
}

ClaimWorld model_world(ModelWorld *world) {
	return (ClaimWorld) { .lines = world_lines, .api = world_api, .code = world_code, .user = world };
}
