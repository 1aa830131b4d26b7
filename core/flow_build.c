#include "core/posix.h"

#include "core/flow_builder.h"

#include <stdlib.h>
#include <string.h>

static Env env_copy(const Env *env) {
	Env copy = { 0 };
	copy.at = base_alloc(env->n * sizeof *copy.at);
	if (env->n) memcpy(copy.at, env->at, env->n * sizeof *copy.at);
	copy.n = copy.cap = env->n;
	return copy;
}

static NodeId env_get(const Env *env, VarId var) { return var < env->n ? env->at[var] : 0; }

static void env_set(Env *env, VarId var, NodeId value) {
	while (env->n <= var) VEC_PUSH(*env) = 0;
	env->at[var] = value;
}

FlowBuilder *flow_builder_new(
    const Outline *outline, ComponentId component, uint32_t file, Dialect dialect, Arena *arena) {
	FlowBuilder *b = base_alloc(sizeof *b);
	b->outline = outline;
	b->arena = arena;
	b->g.component = component;
	b->g.file = file;
	b->g.dialect = dialect;
	VEC_PUSH(b->d.nodes).callee = COMPONENT_NONE;
	VEC_PUSH(b->vars).is_field = false;
	FlowRegion *r = &VEC_PUSH(b->d.regions);
	r->kind = REGION_FUNCTION;
	r->parent = REGION_NONE;
	r->first = 1;
	if (component != COMPONENT_NONE) r->span = outline->components[component].span;
	return b;
}

const FlowGraph *flow_so_far(const FlowBuilder *b) {
	FlowGraph *g = (FlowGraph *)&b->g;
	g->nodes = b->d.nodes.at;
	g->n = (uint32_t)b->d.nodes.n;
	g->args = b->d.args.at;
	g->n_args = (uint32_t)b->d.args.n;
	g->regions = b->d.regions.at;
	g->n_regions = (uint32_t)b->d.regions.n;
	return g;
}

void flow_builder_finish(FlowBuilder *b, FlowGraph *out) {
	b->d.regions.at[0].last = (NodeId)b->d.nodes.n;
	flow_finish(&b->d, b->arena, &b->g);
	*out = b->g;
	VEC_FREE(b->vars);
	VEC_FREE(b->env);
	VEC_FREE(b->visible);
	VEC_FREE(b->scopes);
	VEC_FREE(b->frames);
	map_done(&b->fields);
	free(b);
}

/* ---- nodes ---- */

NodeId flow_add(FlowBuilder *b, NodeKind kind, Span span, const FlowArg *args, size_t n_args) {
	NodeId id = (NodeId)b->d.nodes.n;
	FlowNode *node = &VEC_PUSH(b->d.nodes);
	*node = (FlowNode) { .kind = (uint8_t)kind,
		.span = span,
		.region = b->region,
		.callee = COMPONENT_NONE,
		.args = (uint32_t)b->d.args.n,
		.n_args = (uint16_t)n_args,
		.facts = { .rank = -1 } };
	for (size_t i = 0; i < n_args; i++) VEC_PUSH(b->d.args) = args[i];
	return id;
}

FlowNode *flow_edit(FlowBuilder *b, NodeId id) { return &b->d.nodes.at[id]; }

NodeId flow_const_number(FlowBuilder *b, Span span, double value, bool is_int, Str text) {
	NodeId id = flow_add(b, NODE_CONST, span, NULL, 0);
	FlowNode *node = flow_edit(b, id);
	node->number = value;
	node->is_number = true;
	node->is_int = is_int;
	node->text = text;
	return id;
}

NodeId flow_const_text(FlowBuilder *b, Span span, Str text) {
	NodeId id = flow_add(b, NODE_CONST, span, NULL, 0);
	flow_edit(b, id)->is_string = true;
	flow_edit(b, id)->text = text;
	return id;
}

NodeId flow_const_bool(FlowBuilder *b, Span span, bool value) {
	NodeId id = flow_add(b, NODE_CONST, span, NULL, 0);
	FlowNode *node = flow_edit(b, id);
	node->is_bool = true;
	node->number = value;
	node->text = value ? STR("true") : STR("false");
	return id;
}

NodeId flow_const_nil(FlowBuilder *b, Span span) {
	NodeId id = flow_add(b, NODE_CONST, span, NULL, 0);
	flow_edit(b, id)->is_nil = true;
	flow_edit(b, id)->text = STR("nil");
	return id;
}

NodeId flow_op(FlowBuilder *b, const char *op, Span span, const FlowArg *args, size_t n_args) {
	OpId found = op_named(op);
	NodeId id = flow_add(b, NODE_OP, span, args, n_args);
	flow_edit(b, id)->op = found;
	flow_edit(b, id)->name = str_of(op);
	return id;
}

NodeId flow_unknown(FlowBuilder *b, SyntaxKind kind, Span span, const FlowArg *args, size_t n_args) {
	NodeId id = flow_add(b, NODE_UNKNOWN, span, args, n_args);
	flow_edit(b, id)->name = str_of(syntax_kind_name(kind));
	VEC_PUSH(b->d.unknown) = (uint16_t)kind;
	return id;
}

void flow_count(FlowBuilder *b, uint32_t n) { b->g.n_lowered += n; }
void flow_count_error(FlowBuilder *b) { b->g.n_errors++; }

/* ---- variables ---- */

void flow_scope_push(FlowBuilder *b) { VEC_PUSH(b->scopes) = b->visible.n; }

void flow_scope_pop(FlowBuilder *b) {
	if (b->scopes.n) b->visible.n = b->scopes.at[--b->scopes.n];
}

static VarId var_new(FlowBuilder *b, Str name, bool is_field) {
	VarId id = (VarId)b->vars.n;
	VEC_PUSH(b->vars) = (Var) { name, is_field };
	env_set(&b->env, id, 0);
	return id;
}

VarId flow_declare(FlowBuilder *b, Str name) {
	VarId id = var_new(b, name, false);
	VEC_PUSH(b->visible) = id;
	return id;
}

VarId flow_lookup(FlowBuilder *b, Str name) {
	for (size_t i = b->visible.n; i-- > 0;) {
		if (str_eq(b->vars.at[b->visible.at[i]].name, name)) return b->visible.at[i];
	}
	return 0;
}

VarId flow_field_var(FlowBuilder *b, Str field) {
	uintptr_t *found = map_get(&b->fields, field);
	if (found) return (VarId)*found;
	VarId id = var_new(b, field, true);
	map_put(&b->fields, field, id);
	return id;
}

/* The read of a field before anything in this function wrote it. */
static NodeId field_read(FlowBuilder *b, Str name, RegionId region) {
	RegionId here = b->region;
	b->region = 0;
	if (!b->self) b->self = flow_add(b, NODE_SELF, (Span) { 0, 0 }, NULL, 0);
	b->region = region;
	NodeId id = flow_add(b, NODE_FIELD, (Span) { 0, 0 }, &(FlowArg) { .node = b->self }, 1);
	b->region = here;
	FlowNode *node = flow_edit(b, id);
	node->name = node->key = name;
	node->is_implicit = true;
	ComponentId cls = b->g.component == COMPONENT_NONE ? COMPONENT_NONE : outline_class_of(b->outline, b->g.component);
	const Field *field = cls == COMPONENT_NONE ? NULL : outline_field(b->outline, cls, name);
	if (field) node->key = field->key;
	return id;
}

/* A join is called as the variable whose values meet in it. */
static NodeId name_join(FlowBuilder *b, NodeId id, VarId var) {
	if (!id || b->vars.at[var].is_field) return id;
	FlowNode *node = flow_edit(b, id);
	if (node->kind == NODE_JOIN && !node->var.len) node->var = b->vars.at[var].name;
	return id;
}

static NodeId frame_join(FlowBuilder *b, Frame *frame, NodeId before) {
	RegionId here = b->region;
	b->region = frame->region;
	FlowArg args[2] = { { .node = before }, { .node = 0 } };
	NodeId id = flow_add(b, NODE_JOIN, b->d.regions.at[frame->region].span, args, 2);
	b->region = here;
	flow_edit(b, id)->body = frame->region;
	flow_edit(b, id)->is_implicit = true;
	return id;
}

static void frame_note(Frame *frame, VarId var, NodeId join) {
	while (frame->joins.n <= var) VEC_PUSH(frame->joins) = 0;
	frame->joins.at[var] = join;
}

/* A field first met inside loops: it has its value from before the outermost of them, and joins in each. */
static void field_enter(FlowBuilder *b, VarId var) {
	NodeId value = 0;
	for (size_t i = 0; i < b->frames.n; i++) {
		Frame *frame = &b->frames.at[i];
		if (var < frame->joins.n && frame->joins.at[var]) {
			value = frame->joins.at[var];
			continue;
		}
		if (!value) value = field_read(b, b->vars.at[var].name, frame->outer);
		frame = &b->frames.at[i];
		value = frame_join(b, frame, value);
		frame_note(frame, var, value);
	}
	if (value) env_set(&b->env, var, value);
}

void flow_write(FlowBuilder *b, VarId var, NodeId value) {
	if (!var) return;
	if (b->vars.at[var].is_field && b->frames.n && !env_get(&b->env, var)) field_enter(b, var);
	env_set(&b->env, var, value);
	if (value && value < b->d.nodes.n) {
		FlowNode *node = flow_edit(b, value);
		if (!node->var.len && !b->vars.at[var].is_field) node->var = b->vars.at[var].name;
	}
}

NodeId flow_read(FlowBuilder *b, VarId var) {
	if (!var) return 0;
	NodeId value = env_get(&b->env, var);
	if (value || !b->vars.at[var].is_field || !b->frames.n) return value;
	field_enter(b, var);
	return env_get(&b->env, var);
}

/* ---- regions and frames ---- */

RegionId flow_region(const FlowBuilder *b) { return b->region; }
bool flow_is_dead(const FlowBuilder *b) { return b->dead; }

static RegionId region_open(FlowBuilder *b, RegionKind kind, Span span) {
	RegionId id = (RegionId)b->d.regions.n;
	FlowRegion *r = &VEC_PUSH(b->d.regions);
	r->kind = (uint8_t)kind;
	r->parent = b->region;
	r->span = span;
	r->first = (NodeId)b->d.nodes.n;
	b->region = id;
	return id;
}

static void region_close(FlowBuilder *b, RegionId id, RegionId outer) {
	b->d.regions.at[id].last = (NodeId)b->d.nodes.n;
	b->region = outer;
}

static void frame_open(FlowBuilder *b, int kind, RegionId outer) {
	Frame *frame = &VEC_PUSH(b->frames);
	frame->kind = kind == FRAME_LOOP ? FRAME_LOOP : FRAME_CLOSURE;
	frame->region = b->region;
	frame->outer = outer;
	frame->outer_dead = b->dead;
	b->dead = false;
	for (VarId var = 1; var < b->vars.n; var++) {
		NodeId before = env_get(&b->env, var);
		if (!before) continue;
		frame = &b->frames.at[b->frames.n - 1];
		NodeId join = name_join(b, frame_join(b, frame, before), var);
		frame_note(frame, var, join);
		env_set(&b->env, var, join);
	}
}

/* One node for the values that arrive from several places: the value itself when all agree. */
static NodeId merge(FlowBuilder *b, const NodeId *values, size_t n, Span span, RegionId body) {
	NodeId first = 0;
	bool differ = false;
	for (size_t i = 0; i < n; i++) {
		if (!values[i]) continue;
		if (!first) first = values[i];
		differ |= values[i] != first;
	}
	if (!differ) return first;
	VEC(FlowArg) args = { 0 };
	for (size_t i = 0; i < n; i++) {
		if (values[i]) VEC_PUSH(args).node = values[i];
	}
	NodeId id = flow_add(b, NODE_JOIN, span, args.at, args.n);
	VEC_FREE(args);
	flow_edit(b, id)->body = body;
	flow_edit(b, id)->is_implicit = true;
	return id;
}

static NodeId merge_envs(
    FlowBuilder *b, const Env *envs, size_t n_envs, VarId var, NodeId also, Span span, RegionId body) {
	VEC(NodeId) values = { 0 };
	if (also) VEC_PUSH(values) = also;
	for (size_t i = 0; i < n_envs; i++) VEC_PUSH(values) = env_get(&envs[i], var);
	NodeId id = merge(b, values.at, values.n, span, body);
	VEC_FREE(values);
	return name_join(b, id, var);
}

static void frame_free(Frame *frame) {
	for (size_t i = 0; i < frame->latches.n; i++) VEC_FREE(frame->latches.at[i]);
	for (size_t i = 0; i < frame->exits.n; i++) VEC_FREE(frame->exits.at[i]);
	VEC_FREE(frame->latches);
	VEC_FREE(frame->exits);
	VEC_FREE(frame->joins);
}

static void frame_close(FlowBuilder *b) {
	Frame frame = b->frames.at[b->frames.n - 1];
	Span span = b->d.regions.at[frame.region].span;
	if (!b->dead) VEC_PUSH(frame.latches) = env_copy(&b->env);
	for (VarId var = 1; var < frame.joins.n; var++) {
		NodeId join = frame.joins.at[var];
		if (!join) continue;
		NodeId latch = merge_envs(b, frame.latches.at, frame.latches.n, var, 0, span, frame.region);
		b->d.args.at[b->d.nodes.at[join].args + 1].node = latch ? latch : join;
	}
	const FlowRegion *region = &b->d.regions.at[frame.region];
	bool only_breaks = region->kind == REGION_LOOP && region->trips == TRIPS_UNBOUNDED && frame.exits.n > 0;
	RegionId region_id = frame.region;
	region_close(b, region_id, frame.outer);
	for (VarId var = 1; var < frame.joins.n; var++) {
		NodeId join = frame.joins.at[var];
		if (!join) continue;
		NodeId also = only_breaks ? 0 : join;
		env_set(&b->env, var, merge_envs(b, frame.exits.at, frame.exits.n, var, also, span, region_id));
	}
	b->dead = frame.outer_dead;
	frame_free(&frame);
	b->frames.n--;
}

/* ---- loops ---- */

RegionId flow_loop_begin(FlowBuilder *b, LoopForm form, NodeId over, Span span) {
	RegionId outer = b->region;
	RegionId id = region_open(b, REGION_LOOP, span);
	FlowRegion *r = &b->d.regions.at[id];
	r->form = (uint8_t)form;
	r->over = over;
	frame_open(b, FRAME_LOOP, outer);
	return id;
}

static Frame *innermost(FlowBuilder *b, int kind) {
	for (size_t i = b->frames.n; i-- > 0;) {
		if ((int)b->frames.at[i].kind == kind) return &b->frames.at[i];
	}
	return NULL;
}

NodeId flow_loop_var(FlowBuilder *b, uint16_t index, Span span) {
	Frame *frame = innermost(b, FRAME_LOOP);
	if (!frame) return 0;
	NodeId id = flow_add(b, NODE_LOOPVAR, span, NULL, 0);
	FlowNode *node = flow_edit(b, id);
	node->index = index;
	node->body = frame->region;
	node->region = frame->region;
	FlowRegion *r = &b->d.regions.at[frame->region];
	if (!r->var) r->var = id;
	return id;
}

void flow_loop_trips(FlowBuilder *b, TripKind kind, int64_t count, Str name) {
	Frame *frame = innermost(b, FRAME_LOOP);
	if (!frame) return;
	FlowRegion *r = &b->d.regions.at[frame->region];
	r->trips = (uint8_t)kind;
	r->trip_count = count;
	r->trip_name = name;
}

void flow_loop_collect(FlowBuilder *b, NodeId element) {
	Frame *frame = innermost(b, FRAME_LOOP);
	if (frame && element) VEC_PUSH(b->d.collects) = (FlowCollect) { frame->region, element };
}

void flow_loop_end(FlowBuilder *b) {
	if (b->frames.n) frame_close(b);
}

/* ---- closures ---- */

void flow_closure_begin(FlowBuilder *b, Str name, Span span) {
	RegionId outer = b->region;
	NodeId closure = flow_add(b, NODE_CLOSURE, span, NULL, 0);
	RegionId id = region_open(b, REGION_CLOSURE, span);
	flow_edit(b, closure)->name = name;
	flow_edit(b, closure)->body = id;
	b->d.regions.at[id].closure = closure;
	frame_open(b, FRAME_CLOSURE, outer);
	b->frames.at[b->frames.n - 1].closure = closure;
}

NodeId flow_closure_end(FlowBuilder *b) {
	if (!b->frames.n) return 0;
	NodeId closure = b->frames.at[b->frames.n - 1].closure;
	frame_close(b);
	return closure;
}

/* ---- branches ---- */

FlowBranch *flow_branch_begin(FlowBuilder *b, Span span) {
	FlowBranch *branch = base_alloc(sizeof *branch);
	branch->span = span;
	branch->group = ++b->groups;
	branch->outer = b->region;
	branch->outer_dead = b->dead;
	branch->before = env_copy(&b->env);
	return branch;
}

static void arm_close(FlowBuilder *b, FlowBranch *branch) {
	if (!branch->arm_open) return;
	b->d.regions.at[b->region].leaves = b->dead && !branch->outer_dead;
	if (!b->dead) {
		VEC_PUSH(branch->arrived) = env_copy(&b->env);
		if (branch->has_value) VEC_PUSH(branch->values) = branch->value;
	}
	region_close(b, b->region, branch->outer);
	branch->arm_open = false;
	branch->has_value = false;
}

static void arm_open(FlowBuilder *b, FlowBranch *branch, RegionKind kind, NodeId condition, Str text, Span span) {
	arm_close(b, branch);
	Env env = env_copy(&branch->before);
	while (env.n < b->vars.n) VEC_PUSH(env) = 0;
	for (VarId var = (VarId)branch->before.n; var < b->vars.n && var < b->env.n; var++) env.at[var] = 0;
	VEC_FREE(b->env);
	b->env = env;
	b->dead = branch->outer_dead;
	RegionId id = region_open(b, kind, span);
	FlowRegion *r = &b->d.regions.at[id];
	r->condition = condition;
	r->text = text;
	r->group = branch->group;
	r->arm = branch->arms++;
	if (!branch->first) branch->first = id;
	branch->arm_open = true;
}

void flow_branch_arm(FlowBuilder *b, FlowBranch *branch, NodeId condition, Span span) {
	arm_open(b, branch, REGION_BRANCH, condition, STR_NONE, span);
}

void flow_branch_condition_arm(FlowBuilder *b, FlowBranch *branch, Str text, Span span) {
	arm_open(b, branch, REGION_CONDITION, 0, text, span);
}

void flow_function_condition(FlowBuilder *b, Str text) { b->d.regions.at[0].text = text; }

void flow_branch_value(FlowBuilder *b, FlowBranch *branch, NodeId value) {
	(void)b;
	branch->value = value;
	branch->has_value = true;
}

/* A field untouched on one arm holds there what it held before the function: its read. */
static void settle_fields(FlowBuilder *b, FlowBranch *branch, VarId var) {
	bool set = false, unset = false;
	for (size_t i = 0; i < branch->arrived.n; i++) {
		set |= env_get(&branch->arrived.at[i], var) != 0;
		unset |= env_get(&branch->arrived.at[i], var) == 0;
	}
	if (!set || !unset) return;
	NodeId read = field_read(b, b->vars.at[var].name, branch->outer);
	for (size_t i = 0; i < branch->arrived.n; i++) {
		if (!env_get(&branch->arrived.at[i], var)) env_set(&branch->arrived.at[i], var, read);
	}
}

/* An arm opened before a field was first met in a loop around it still lacks the join that another arm made. */
static void settle_frames(FlowBuilder *b, FlowBranch *branch, VarId var) {
	if (!b->frames.n) return;
	const Frame *frame = &b->frames.at[b->frames.n - 1];
	NodeId join = var < frame->joins.n ? frame->joins.at[var] : 0;
	for (size_t i = 0; join && i < branch->arrived.n; i++) {
		if (!env_get(&branch->arrived.at[i], var)) env_set(&branch->arrived.at[i], var, join);
	}
}

NodeId flow_branch_end(FlowBuilder *b, FlowBranch *branch, bool exhaustive) {
	arm_close(b, branch);
	if (!exhaustive && !branch->outer_dead) VEC_PUSH(branch->arrived) = env_copy(&branch->before);
	b->dead = branch->outer_dead || branch->arrived.n == 0;
	for (VarId var = 1; var < b->vars.n; var++) {
		if (b->vars.at[var].is_field) {
			settle_frames(b, branch, var);
			settle_fields(b, branch, var);
		}
		if (branch->arrived.n == 0) {
			env_set(&b->env, var, env_get(&branch->before, var));
			continue;
		}
		env_set(
		    &b->env, var, merge_envs(b, branch->arrived.at, branch->arrived.n, var, 0, branch->span, branch->first));
	}
	NodeId value = merge(b, branch->values.at, branch->values.n, branch->span, branch->first);
	for (size_t i = 0; i < branch->arrived.n; i++) VEC_FREE(branch->arrived.at[i]);
	VEC_FREE(branch->arrived);
	VEC_FREE(branch->values);
	VEC_FREE(branch->before);
	free(branch);
	return value;
}

/* ---- leaving ---- */

static bool is_turn(const FlowBuilder *b, const Frame *frame) {
	if (frame->kind != FRAME_LOOP) return false;
	LoopForm form = (LoopForm)b->d.regions.at[frame->region].form;
	return form == LOOP_MAP || form == LOOP_FOREACH || form == LOOP_REDUCE || form == LOOP_FILTER ||
	       form == LOOP_CONCURRENT;
}

/* The closure-like frame a `return` here leaves, or NULL for the function itself. */
static Frame *returning_frame(FlowBuilder *b) {
	for (size_t i = b->frames.n; i-- > 0;) {
		Frame *frame = &b->frames.at[i];
		if (frame->kind == FRAME_CLOSURE || is_turn(b, frame)) return frame;
	}
	return NULL;
}

void flow_return(FlowBuilder *b, NodeId value, Span span, const char *kind) {
	Frame *frame = returning_frame(b);
	bool plain = kind[0] == '\0';
	if (plain && frame && frame->kind == FRAME_LOOP) {
		if (value) VEC_PUSH(b->d.collects) = (FlowCollect) { frame->region, value };
	} else {
		NodeId id = flow_add(b, NODE_RETURN, span, &(FlowArg) { .node = value }, value ? 1 : 0);
		flow_edit(b, id)->name = str_of(kind);
	}
	if (strcmp(kind, "yield") == 0) return;
	if (frame && plain && !b->dead) VEC_PUSH(frame->latches) = env_copy(&b->env);
	b->dead = true;
}

void flow_break(FlowBuilder *b) {
	Frame *frame = innermost(b, FRAME_LOOP);
	if (frame) {
		b->d.regions.at[frame->region].has_break = true;
		if (!b->dead) VEC_PUSH(frame->exits) = env_copy(&b->env);
	}
	b->dead = true;
}

void flow_continue(FlowBuilder *b) {
	Frame *frame = innermost(b, FRAME_LOOP);
	if (frame && !b->dead) VEC_PUSH(frame->latches) = env_copy(&b->env);
	b->dead = true;
}
