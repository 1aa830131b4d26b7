#include "core/posix.h"

#include "tui/view_walk.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/utf8.h"
#include "tui/filter.h"
#include "tui/view_components.h"
#include "tui/view_discuss.h"
#include "tui/view_draft.h"
#include "tui/view_plan.h"
#include "tui/view_review.h"
#include "tui/view_suggest.h"
#include "tui/view_text.h"
#include "tui/view_walk_state.h"

void walk_looked_up(WalkView *v) {
	v->generation = work_generation(v->work);
	v->stamp++;
	walk_log(work_walk(v->work), &v->log_seen);
	walk_list_build(v);
}

void walk_refresh(WalkView *v) {
	size_t n;
	walk_log(work_walk(v->work), &n);
	if (n != v->log_seen) walk_looked_up(v);
}

/* ---- what is remembered over sessions ---- */

static void save(WalkView *v) {
	Buf state = { 0 };
	buf_printf(&state, "sort=%d all=%d focus=%d tab=%d aligned=%d folds=%.*s", (int)v->sort, v->show_all, (int)v->focus,
	    (int)v->tab, v->aligned, STR_ARG(buf_view(&v->unfolded)));
	SessionView saved = { .selected = str_of(v->selected),
		.filter = walk_filter(v),
		.state = buf_view(&state),
		.scroll = (int64_t)v->list.top };
	walk_save_view(work_walk(v->work), &saved, NULL); /* a read-only database remembers nothing */
	buf_done(&state);
}

/* The number after "NAME=" in a kept state ("sort=1 all=0 focus=2 tab=0"), or fallback. */
static int kept_number(Str state, const char *name, int fallback) {
	size_t at = str_find(state, name, 0);
	if (at == SIZE_MAX) return fallback;
	int number = 0;
	for (at += strlen(name); at < state.len && state.ptr[at] >= '0' && state.ptr[at] <= '9' && number < 1000; at++) {
		number = number * 10 + (state.ptr[at] - '0');
	}
	return number;
}

static void resume(WalkView *v) {
	const SessionView *saved = &walk_session(work_walk(v->work))->view;
	int sort = kept_number(saved->state, "sort=", 0), all = kept_number(saved->state, "all=", 0);
	int focus = kept_number(saved->state, "focus=", FOCUS_LIST), tab = kept_number(saved->state, "tab=", SIDE_SWIFT);
	v->sort = sort > 0 && sort < WALK_SORT_COUNT ? (WalkSort)sort : WALK_SORT_ORDER;
	v->show_all = all == 1;
	v->aligned = kept_number(saved->state, "aligned=", 0) == 1;
	v->focus = focus >= 0 && focus < FOCUS_COUNT ? (Focus)focus : FOCUS_LIST;
	v->tab = tab >= 0 && tab < SIDE_COUNT ? (Side)tab : SIDE_SWIFT;
	buf_str(&v->filter, saved->filter);
	size_t folds = str_find(saved->state, "folds=", 0);
	if (folds != SIZE_MAX) buf_str(&v->unfolded, str_sub(saved->state, folds + 6, saved->state.len));
	Str selected = saved->selected;
	if (selected.len && selected.len < sizeof v->selected) memcpy(v->selected, selected.ptr, selected.len);
	v->list.top = saved->scroll > 0 ? (size_t)saved->scroll : 0;
}

/* ---- moving ---- */

static Reaction next_focus(WalkView *v, int step) {
	for (int i = 0; i < FOCUS_COUNT; i++) {
		v->focus = (Focus)(((int)v->focus + step + FOCUS_COUNT) % FOCUS_COUNT);
		v->list_open = v->focus == FOCUS_LIST;
		/* a pane without room gets it by the focus, and so does the list; only what is empty is passed over */
		if (v->focus > FOCUS_SWIFT || v->panes[v->focus].has_text) break;
	}
	return react(REACT_DONE);
}

static Reaction go(WalkView *v, ActionId action) {
	if (v->focus <= FOCUS_SWIFT) return react(walk_pane_act(v, (Side)v->focus, action) ? REACT_DONE : REACT_IGNORED);
	if (v->focus == FOCUS_CARD) {
		ListState card = { .n = v->card.lines.n, .selected = v->card_top };
		if (!list_act(&card, action, v->card_rows)) return react(REACT_IGNORED);
		v->card_top = card.selected;
		return react(REACT_DONE);
	}
	ListState list = v->list;
	if (!list_act(&list, action, v->list_rect.rows > 0 ? v->list_rect.rows : 10)) return react(REACT_IGNORED);
	walk_list_select(v, list.selected);
	return react(REACT_DONE);
}

static Reaction step_list(WalkView *v, int step) {
	if (step > 0)
		walk_list_select(v, v->list.selected + 1);
	else if (v->list.selected > 0)
		walk_list_select(v, v->list.selected - 1);
	return react(REACT_DONE);
}

static Reaction focus_on(WalkView *v, Focus focus) {
	v->focus = focus;
	return react(REACT_DONE);
}

/* ---- finding and filtering ---- */

static bool item_has(const WalkItem *item, Str text) {
	const Candidate *c = &item->candidate;
	return utf8_find(str_of(c->id), text, 0, NULL) != SIZE_MAX || utf8_find(c->title, text, 0, NULL) != SIZE_MAX ||
	       utf8_find(c->place.component, text, 0, NULL) != SIZE_MAX || utf8_find(c->message, text, 0, NULL) != SIZE_MAX;
}

static bool find_in_list(WalkView *v, Str text, bool next) {
	size_t n;
	const WalkItem *items = walk_items(work_walk(v->work), &n);
	for (size_t i = next ? 1 : 0; i < v->list.n + 1 && v->list.n; i++) {
		size_t row = (v->list.selected + i) % v->list.n;
		if (!item_has(&items[v->shown[row]], text)) continue;
		walk_list_select(v, row);
		return true;
	}
	return false;
}

static Reaction find(WalkView *v, bool next) {
	Str text = buf_view(&v->find);
	if (text.len == 0) return react(REACT_DONE);
	bool found = v->focus <= FOCUS_SWIFT ? walk_pane_find(v, (Side)v->focus, text, next) : find_in_list(v, text, next);
	return found ? react(REACT_DONE) : react_say("not found: %s", v->find.ptr);
}

static Reaction find_changed(View *owner, const ViewEnv *env, Str text, bool kept) {
	WalkView *v = (WalkView *)owner;
	(void)env;
	if (!kept && text.len == 0) return react(REACT_DONE);
	buf_clear(&v->find);
	buf_str(&v->find, text);
	return find(v, false);
}

static Reaction ask_find(WalkView *v) {
	AskOptions ask = { .label = v->focus <= FOCUS_SWIFT ? "find in the code:" : "find a candidate:",
		.history = &v->filters,
		.owner = &v->view,
		.answer = find_changed,
		.changed = find_changed };
	return react_open(view_ask_new(&ask));
}

static void set_filter(WalkView *v, Str text) {
	Buf filter = { 0 };
	buf_str(&filter, str_trim(text));
	buf_done(&v->filter);
	v->filter = filter;
	walk_list_build(v);
}

static Reaction filter_changed(View *owner, const ViewEnv *env, Str text, bool kept) {
	(void)env;
	(void)kept;
	set_filter((WalkView *)owner, text);
	return react(REACT_DONE);
}

static Reaction filter_given(View *owner, const ViewEnv *env, Str text, bool kept) {
	WalkView *v = (WalkView *)owner;
	Err err = { 0 };
	(void)env;
	bool fine = filter_check(text, &err);
	set_filter(v, kept && fine ? text : str_of(v->filter_before));
	return fine ? react(REACT_DONE) : react_bad("%s", err.text);
}

static Reaction ask_filter(WalkView *v) {
	free(v->filter_before);
	v->filter_before = base_strdup(v->filter.ptr ? v->filter.ptr : "");
	AskOptions ask = { .label = "filter:",
		.initial = walk_filter(v),
		.history = &v->filters,
		.owner = &v->view,
		.answer = filter_given,
		.changed = filter_changed };
	return react_open(view_ask_new(&ask));
}

/* ---- the candidate ---- */

static void add_section(Buf *out, const char *title, Str text) {
	if (text.len) buf_printf(out, "\n## %s\n\n%.*s\n", title, STR_ARG(text));
}

static Reaction show_card(WalkView *v) {
	const WalkItem *item = walk_selected(v);
	const Catalogue *catalogue = work_catalogue(v->work);
	if (!item) return react_say("no candidate is selected");
	if (!catalogue) return react_say("the cards are there when the first scan has ended");
	const Technique *card = catalogue_find(catalogue, item->candidate.technique);
	if (!card) return react_say("there is no card for %.*s", STR_ARG(item->candidate.technique));
	Buf text = { 0 }, title = { 0 };
	buf_printf(&title, "%.*s", STR_ARG(card->id));
	buf_printf(&text, "# %.*s\n\n%.*s\n", STR_ARG(card->title), STR_ARG(card->description));
	add_section(&text, "Trade-off", card->tradeoff);
	add_section(&text, "When not", card->when_not);
	add_section(&text, "Check", card->check);
	add_section(&text, "Instead", card->instead_text);
	add_section(&text, "Measured", card->measured);
	Reaction reaction = react_open(view_text_new(title.ptr, buf_view(&text), true));
	buf_done(&text);
	buf_done(&title);
	return reaction;
}

static Reaction edit_source(WalkView *v) {
	v->disk_looked = 0; /* the editor may write it */
	const Pane *pane = &v->panes[v->focus <= FOCUS_SWIFT ? (Side)v->focus : SIDE_SWIFT];
	const WalkItem *item = walk_selected(v);
	if (pane->file) return react_edit_source(pane->file->path, pane->cursor);
	if (item && item->candidate.place.path)
		return react_edit_source(item->candidate.place.path, item->candidate.place.start.line);
	return react_say("no file is shown");
}

static Reaction copy(const WalkView *v) {
	const WalkItem *item = walk_selected(v);
	if (!item) return react_say("no candidate is selected");
	const Place *place = &item->candidate.place;
	Buf text = { 0 };
	buf_printf(&text, "%s:%u  %.*s\n%.*s\n", place->name ? place->name : "", (unsigned)place->start.line,
	    STR_ARG(item->short_id), STR_ARG(place->excerpt));
	Reaction reaction = react_copy(buf_view(&text));
	buf_done(&text);
	return reaction;
}

static Reaction own_given(View *owner, const ViewEnv *env, Str text, bool kept) {
	WalkView *v = (WalkView *)owner;
	const Pane *pane = &v->panes[SIDE_SWIFT];
	Err err = { 0 };
	Str id;
	(void)env;
	if (!kept || !pane->file) return react(REACT_DONE);
	OwnCandidate own = {
		.path = pane->file->path, .first_line = pane->cursor, .last_line = pane->cursor, .title = str_trim(text)
	};
	if (!walk_add_own(work_walk(v->work), &own, &id, &err)) return react_bad("%s", err.text);
	Buf copied = { 0 };
	buf_str(&copied, id);
	walk_looked_up(v);
	walk_select_id(v, buf_view(&copied));
	buf_done(&copied);
	return react_say("added; o sets its trade-off");
}

static Reaction ask_own(WalkView *v) {
	const Pane *pane = &v->panes[SIDE_SWIFT];
	if (!pane->file) return react_say("the port's file is not read yet");
	Buf label = { 0 };
	buf_printf(&label, "your candidate at %.*s:%u, in a few words:", STR_ARG(pane->name), (unsigned)pane->cursor);
	AskOptions ask = { .label = label.ptr,
		.required = true,
		.required_why = "say what could be better there (Esc leaves)",
		.owner = &v->view,
		.answer = own_given };
	Reaction reaction = react_open(view_ask_new(&ask));
	buf_done(&label);
	return reaction;
}

static Reaction discuss(WalkView *v, const ViewEnv *env) {
	const WalkItem *item = walk_selected(v);
	Err err = { { 0 } };
	if (!item) return react_say("no candidate is selected");
	View *view = view_discuss_new(env, v->work, str_of(item->candidate.id), &err);
	if (!view) return react_bad("%s", err.text);
	Reaction reaction = react_open(view);
	bool asked = false;
	for (size_t i = 0; i < item->n_history; i++) asked = asked || item->history[i]->kind == LOG_ANSWER;
	if (!asked) { /* nothing to read yet: begin with the question */
		reaction.what |= REACT_RUN;
		reaction.run = ACTION_QUESTION;
	}
	return reaction;
}

static Reaction drafts(WalkView *v, const ViewEnv *env) {
	const WalkItem *item = walk_selected(v);
	return item ? view_draft_open(env, v->work, item) : react_say("no candidate is selected");
}

static Reaction suggest(WalkView *v, const ViewEnv *env) {
	Err err = { { 0 } };
	View *view = view_suggest_new(env, v->work, v->panes[SIDE_SWIFT].id, &err);
	if (!view) return react_bad("%s", err.text);
	Reaction reaction = react_open(view);
	reaction.what |= REACT_RUN; /* sends, after a yes where one is due */
	reaction.run = ACTION_OPEN;
	return reaction;
}

/* ---- actions ---- */

static Reaction open_more(WalkView *v) {
	const WalkItem *item = walk_selected(v);
	if (item && item->state == STATE_UNCERTAIN) return walk_ask_same(v);
	if (v->list_open && v->card_rect.rows == 0)
		v->list_open = false; /* narrow: the list gives way to the card */
	else
		v->more = !v->more;
	return react(REACT_DONE);
}

static Reaction rescan(WalkView *v) {
	Err err = { 0 };
	return work_start(v->work, &err) ? react_say("reading the sources again") : react_bad("%s", err.text);
}

static Reaction open_view(WalkView *v, const ViewEnv *env, ActionId action) {
	switch (action) {
	case ACTION_COMPONENTS: return react_open(view_components_new(env, v->work, &v->view));
	case ACTION_REVIEW: return react_open(view_review_new(env, v->work, &v->view));
	case ACTION_PLAN: return react_open(view_plan_new(env, v->work, &v->view));
	default: return react(REACT_IGNORED);
	}
}

static Reaction cancel(WalkView *v) {
	WorkProgress at;
	if (!work_progress(v->work, &at)) return react(REACT_IGNORED);
	work_cancel(v->work);
	return react_say("stopping the scan");
}

static Reaction fold(WalkView *v) {
	const WalkItem *item = walk_selected(v);
	if (!item) return react_say("no candidate is selected");
	if (v->sort != WALK_SORT_ORDER) return react_say("rows are put together only in the order of worth; s sorts");
	walk_toggle_fold(v);
	return react(REACT_DONE);
}

static Reaction resort(WalkView *v) {
	v->sort = (WalkSort)((v->sort + 1) % WALK_SORT_COUNT);
	walk_list_build(v);
	return react_say("%s", walk_sort_words(v->sort));
}

static Reaction show_all(WalkView *v) {
	v->show_all = !v->show_all;
	walk_list_build(v);
	return react_say(
	    v->show_all ? "also low confidence, suppressed and gone ones" : "what is there and worth a question");
}

static Reaction open_list(WalkView *v) {
	bool was = v->list_open && v->focus == FOCUS_LIST;
	v->list_open = !was;
	return focus_on(v, FOCUS_LIST);
}

static Reaction act(View *view, const ViewEnv *env, ActionId action, const Event *event) {
	WalkView *v = (WalkView *)view;
	(void)event;
	walk_refresh(v);
	switch (action) {
	case ACTION_ACCEPT: return walk_ask_verdict(v, VERDICT_ACCEPT, false);
	case ACTION_REJECT: return walk_ask_verdict(v, VERDICT_REJECT, false);
	case ACTION_DEFER: return walk_ask_verdict(v, VERDICT_DEFER, false);
	case ACTION_MEASURE: return walk_ask_verdict(v, VERDICT_MEASURE, false);
	case ACTION_ACCEPT_GROUP: return walk_ask_verdict(v, VERDICT_ACCEPT, true);
	case ACTION_REJECT_GROUP: return walk_ask_verdict(v, VERDICT_REJECT, true);
	case ACTION_NOTE: return walk_ask_note(v);
	case ACTION_OVERRIDE: return walk_ask_axis(v);
	case ACTION_UNDO: return walk_undo_last(v);
	case ACTION_ADD: return ask_own(v);
	case ACTION_QUESTION: return discuss(v, env);
	case ACTION_DRAFT: return drafts(v, env);
	case ACTION_SUGGEST: return suggest(v, env);
	case ACTION_OPEN: return open_more(v);
	case ACTION_CARD: return show_card(v);
	case ACTION_EDIT_SOURCE: return edit_source(v);
	case ACTION_COPY: return copy(v);
	case ACTION_NEXT_OPEN: walk_next_open(v, 1); return react(REACT_DONE);
	case ACTION_PREVIOUS_OPEN: walk_next_open(v, -1); return react(REACT_DONE);
	case ACTION_NEXT: return step_list(v, 1);
	case ACTION_PREVIOUS: return step_list(v, -1);
	case ACTION_NEXT_PANE: return next_focus(v, 1);
	case ACTION_PREVIOUS_PANE: return next_focus(v, -1);
	case ACTION_PANE_MLX: return focus_on(v, FOCUS_MLX);
	case ACTION_PANE_TORCH: return focus_on(v, FOCUS_TORCH);
	case ACTION_PANE_SWIFT: return focus_on(v, FOCUS_SWIFT);
	case ACTION_CANDIDATES: return open_list(v);
	case ACTION_ALIGNED: return walk_rows_toggle(v);
	case ACTION_FIND: return ask_find(v);
	case ACTION_FIND_NEXT: return find(v, true);
	case ACTION_FILTER: return ask_filter(v);
	case ACTION_SORT: return resort(v);
	case ACTION_FOLD: return fold(v);
	case ACTION_SHOW_ALL: return show_all(v);
	case ACTION_COMPONENTS:
	case ACTION_REVIEW:
	case ACTION_PLAN: return open_view(v, env, action);
	case ACTION_EXPORT: return walk_ask_export(v);
	case ACTION_PROFILE: return walk_ask_profile(v, env);
	case ACTION_RESCAN: return rescan(v);
	case ACTION_CANCEL: return cancel(v);
	default: return go(v, action);
	}
}

/* ---- the mouse ---- */

static void press_code(WalkView *v, Side side, uint32_t row) {
	uint32_t line = walk_rows_shown(v) ? walk_rows_line(v, side, v->rows.top + row) : v->panes[side].top + row;
	if (line) walk_pane_go(v, side, line);
}

static Reaction press(WalkView *v, const Event *event) {
	if (rect_has(v->list_rect, event->row, event->col)) {
		size_t row = v->list.top + (size_t)(event->row - v->list_rect.row);
		v->focus = FOCUS_LIST;
		if (row < v->list.n) walk_list_select(v, row);
		return react(REACT_DONE);
	}
	if (rect_has(v->card_rect, event->row, event->col)) return focus_on(v, FOCUS_CARD);
	for (int side = 0; side < SIDE_COUNT; side++) {
		Pane *pane = &v->panes[side];
		if (!rect_has(pane->rect, event->row, event->col)) continue;
		v->focus = (Focus)side;
		if (rect_has(pane->code, event->row, event->col) && pane->has_text)
			press_code(v, (Side)side, (uint32_t)(event->row - pane->code.row));
		return react(REACT_DONE);
	}
	return react(REACT_IGNORED);
}

static Reaction wheel(WalkView *v, const Event *event) {
	if (rect_has(v->list_rect, event->row, event->col)) {
		ListState list = v->list;
		list_scroll(&list, event->delta, v->list_rect.rows);
		v->list.top = list.top;
		walk_list_select(v, list.selected);
		return react(REACT_DONE);
	}
	if (rect_has(v->card_rect, event->row, event->col)) {
		size_t back = (size_t)(event->delta < 0 ? -event->delta : 0);
		if (event->delta > 0)
			v->card_top += (size_t)event->delta; /* drawing settles it */
		else
			v->card_top = back > v->card_top ? 0 : v->card_top - back;
		return react(REACT_DONE);
	}
	for (int side = 0; side < SIDE_COUNT; side++)
		if (rect_has(v->panes[side].rect, event->row, event->col)) {
			walk_pane_scroll(v, (Side)side, event->delta);
			return react(REACT_DONE);
		}
	return react(REACT_IGNORED);
}

static Reaction on_event(View *view, const ViewEnv *env, const Event *event) {
	WalkView *v = (WalkView *)view;
	(void)env;
	walk_refresh(v);
	if (event->kind == EVENT_PRESS) return press(v, event);
	if (event->kind == EVENT_WHEEL) return wheel(v, event);
	return react(REACT_IGNORED);
}

/* ---- the rest of a view ---- */

/* Says once a scan when a file that is shown is another on the disk; looks at most once a second. */
static void look_at_disk(WalkView *v, Reaction *reaction) {
	int64_t now = wait_clock();
	if (v->disk_said || now - v->disk_looked < 1000 || work_busy(v->work)) return;
	v->disk_looked = now;
	for (int side = 0; side < SIDE_COUNT && !v->disk_said; side++) {
		const Pane *pane = &v->panes[side];
		if (!pane->file || !work_is_stale(v->work, pane->file)) continue;
		Reaction said = react_say("%.*s changed on disk; rescan reads it again", STR_ARG(pane->name));
		if (reaction->say)
			reaction_done(&said);
		else
			*reaction = said;
		v->disk_said = true;
	}
}

static Reaction tick(View *view, const ViewEnv *env) {
	WalkView *v = (WalkView *)view;
	Reaction reaction = { 0 };
	(void)env;
	work_tick(v->work, &reaction.say, &reaction.bad);
	if (v->generation != work_generation(v->work)) {
		walk_looked_up(v);
		walk_panes_follow(v); /* what they showed may be gone */
		v->disk_said = false;
		reaction.what |= REACT_DONE;
	}
	if (work_busy(v->work) || v->was_busy) reaction.what |= REACT_DONE;
	v->was_busy = work_busy(v->work);
	look_at_disk(v, &reaction);
	return reaction;
}

static bool busy(const View *view) { return work_busy(((const WalkView *)view)->work); }

static bool can(const View *view, ActionId action) {
	const WalkView *v = (const WalkView *)view;
	const ActionInfo *info = action_info(action);
	switch (action) {
	case ACTION_FIND_NEXT: return v->find.len > 0;
	case ACTION_UNDO: {
		size_t n;
		walk_log(work_walk(v->work), &n);
		return n > 0;
	}
	default: return v->list.n > 0 || (info->group != ACTION_GROUP_DECIDE && info->group != ACTION_GROUP_CANDIDATE);
	}
}

static void free_walk(View *view) {
	WalkView *v = (WalkView *)view;
	save(v);
	walk_decide_done(v);
	walk_panes_done(v);
	doc_done(&v->card);
	line_history_done(&v->reasons);
	line_history_done(&v->filters);
	line_history_done(&v->questions);
	line_history_done(&v->exports);
	buf_done(&v->export_answer);
	buf_done(&v->filter);
	buf_done(&v->find);
	free(v->filter_before);
	free(v->shown);
	free(v->in_fold);
	buf_done(&v->unfolded);
	work_release(v->work);
	free(v);
}

static const ViewOps OPS = {
	.name = "the walk",
	.where = WHERE_WALK,
	.draw = walk_draw,
	.act = act,
	.event = on_event,
	.tick = tick,
	.busy = busy,
	.can = can,
	.free = free_walk,
};

View *view_walk_new(const ViewEnv *env, Work *work) {
	(void)env;
	WalkView *v = base_alloc(sizeof *v);
	v->view.ops = &OPS;
	v->work = work_keep(work);
	resume(v);
	walk_looked_up(v);
	walk_panes_follow(v);
	return &v->view;
}

void view_walk_show(View *view, const ComponentId ids[SIDE_COUNT]) {
	WalkView *v = (WalkView *)view;
	walk_panes_show(v, ids);
	for (int side = SIDE_COUNT; side-- > 0;) /* the port's pane gets the focus, else the first that shows something */
		if (v->panes[side].has_text) {
			v->focus = (Focus)side;
			break;
		}
}

void view_walk_select(View *view, Str id) { walk_select_id((WalkView *)view, id); }
