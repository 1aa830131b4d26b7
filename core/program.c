#include "core/posix.h"

#include "core/program_parts.h"

#include "core/facts.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

const char *frequency_words(Frequency frequency) {
	static const char *const words[] = { [FREQUENCY_UNKNOWN] = "unknown how often",
		[FREQUENCY_ONCE] = "once",
		[FREQUENCY_CALL] = "per call",
		[FREQUENCY_LAYER] = "per layer",
		[FREQUENCY_STEP] = "per step",
		[FREQUENCY_STEP_LAYER] = "per step and layer",
		[FREQUENCY_ELEMENT] = "per element" };
	return words[frequency];
}

/* ---- lowering, by several threads ---- */

typedef struct Work {
	Program *program;
	const ProgramProgress *progress;
	atomic_size_t next, done;
	size_t n_files;
	uint32_t *first; /* index of each file's first component; n_files + 1 of them */
} Work;

typedef struct Worker {
	Work *work;
	Arena arena;
	pthread_t thread;
	bool started;
} Worker;

static bool cancelled(const ProgramProgress *progress) { return progress && progress->cancel && *progress->cancel; }

static void lower_component(Program *p, ComponentId id, Arena *arena) {
	const Component *c = &p->outline->components[id];
	if (c->kind == COMPONENT_CLASS) {
		if (!c->n_fields) return;
		flow_lower_fields(p->outline, id, p->dialect, arena, &p->fields[id]);
		facts_infer(&p->fields[id], p->outline);
	} else if (c->body) {
		flow_lower(p->outline, id, p->dialect, arena, &p->functions[id].graph);
		facts_infer(&p->functions[id].graph, p->outline);
	}
}

static void lower_file(Work *work, size_t file, Arena *arena) {
	Program *p = work->program;
	for (ComponentId id = work->first[file]; id < work->first[file + 1]; id++) lower_component(p, id, arena);
	flow_lower_toplevel(p->outline, (uint32_t)file, p->dialect, arena, &p->toplevel[file]);
	facts_infer(&p->toplevel[file], p->outline);
}

static void *run_worker(void *argument) {
	Worker *worker = argument;
	Work *work = worker->work;
	for (;;) {
		size_t file = atomic_fetch_add(&work->next, 1);
		if (file >= work->n_files || cancelled(work->progress)) return NULL;
		lower_file(work, file, &worker->arena);
		size_t done = atomic_fetch_add(&work->done, 1) + 1;
		if (work->progress && work->progress->step) work->progress->step(work->progress->context, done, work->n_files);
	}
}

static uint32_t *first_of_files(const Outline *outline, Arena *arena) {
	size_t n = outline->source->n_files;
	uint32_t *first = ARENA_ARRAY(arena, uint32_t, n + 1);
	ComponentId id = 0;
	for (size_t file = 0; file <= n; file++) {
		while (id < outline->n && outline->components[id].file < file) id++;
		first[file] = id;
	}
	return first;
}

static bool lower_all(Program *p, unsigned n_threads, const ProgramProgress *progress, Arena *arena) {
	Work work = { .program = p,
		.progress = progress,
		.n_files = p->outline->source->n_files,
		.first = first_of_files(p->outline, arena) };
	if (n_threads < 1) n_threads = 1;
	Worker *workers = base_alloc(n_threads * sizeof *workers);
	for (unsigned i = 0; i < n_threads; i++) {
		workers[i].work = &work;
		if (i > 0) workers[i].started = pthread_create(&workers[i].thread, NULL, run_worker, &workers[i]) == 0;
	}
	run_worker(&workers[0]);
	for (unsigned i = 0; i < n_threads; i++) {
		if (workers[i].started) pthread_join(workers[i].thread, NULL);
		arena_adopt(arena, &workers[i].arena);
	}
	free(workers);
	return !cancelled(progress);
}

/* ---- all graphs ---- */

void program_each(Program *p, ProgramVisit visit, void *context) {
	for (ComponentId id = 0; id < p->outline->n; id++) {
		if (p->functions[id].graph.n) visit(p, &p->functions[id].graph, context);
		if (p->fields[id].n) visit(p, &p->fields[id], context);
	}
	for (size_t file = 0; file < p->outline->source->n_files; file++) {
		if (p->toplevel[file].n) visit(p, &p->toplevel[file], context);
	}
}

static void count_graph(Program *p, FlowGraph *g, void *context) {
	(void)context;
	if (!p->outline->source->files[g->file].in_scope) return;
	p->n_lowered += g->n_lowered;
	p->n_unknown += g->n_unknown;
	p->n_errors += g->n_errors;
	for (uint32_t i = 0; i < g->n_unknown; i++) p->unknown_by_kind[g->unknown_kinds[i]]++;
}

static void index_graph(Program *p, FlowGraph *g, void *context) {
	VEC(FieldStore) *stores = context;
	ComponentId own = program_own_class(p, g);
	bool init =
	    g->component == COMPONENT_NONE || g == &p->fields[g->component] || p->outline->components[g->component].is_init;
	for (NodeId id = 1; id < g->n; id++) {
		const FlowNode *node = &g->nodes[id];
		if (node->kind != NODE_STORE || !node->name.len || node->origin) continue;
		NodeId base = flow_arg(g, id, 0);
		bool is_own = !base || g->nodes[base].kind == NODE_SELF;
		ComponentId cls = is_own ? own : program_class_of(p, g, base);
		VEC_PUSH(*stores) = (FieldStore) { cls, node->name, { g, id }, init && is_own, UINT32_MAX };
	}
}

void program_index_stores(Program *p) {
	VEC(FieldStore) stores = { 0 };
	program_each(p, index_graph, &stores);
	for (size_t i = stores.n; i-- > 0;) {
		uintptr_t *first = map_get(&p->stores_by_name, stores.at[i].name);
		if (first) stores.at[i].next = (uint32_t)*first;
		map_put(&p->stores_by_name, stores.at[i].name, i);
	}
	p->n_stores = stores.n;
	p->stores = VEC_TO_ARENA(stores, p->arena);
}

bool program_build(const Outline *outline, Dialect dialect, unsigned n_threads, const ProgramProgress *progress,
    Arena *arena, Program *out) {
	ops_load();
	*out = (Program) { .outline = outline, .dialect = dialect, .arena = arena };
	out->functions = ARENA_ARRAY(arena, Function, outline->n + outline->n_nested + 1);
	out->fields = ARENA_ARRAY(arena, FlowGraph, outline->n + outline->n_nested + 1);
	out->toplevel = ARENA_ARRAY(arena, FlowGraph, outline->source->n_files + 1);
	out->unknown_by_kind = ARENA_ARRAY(arena, uint32_t, SYN_COUNT);
	if (!lower_all(out, n_threads, progress, arena)) return false;
	program_each(out, count_graph, NULL);
	program_resolve(out);
	program_inline(out);
	program_index_stores(out);
	program_index_callers(out);
	program_summarise(out);
	program_fix(out);
	program_rate(out);
	return true;
}

void program_done(Program *program) { map_done(&program->stores_by_name); }
