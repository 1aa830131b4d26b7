#include "core/posix.h"

#include "tui/view_walk_state.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/utf8.h"
#include "tui/filter.h"
#include "tui/mark.h"

Str walk_filter(const WalkView *v) { return buf_view(&v->filter); }

const char *walk_sort_words(WalkSort sort) {
	static const char *const words[WALK_SORT_COUNT] = {
		[WALK_SORT_ORDER] = "most worth first",
		[WALK_SORT_FILE] = "by file and line",
		[WALK_SORT_TECHNIQUE] = "by technique",
		[WALK_SORT_COMPONENT] = "by component",
	};
	return words[sort < WALK_SORT_COUNT ? sort : 0];
}

static int compare(const WalkItem *a, const WalkItem *b, WalkSort sort) {
	const Candidate *x = &a->candidate, *y = &b->candidate;
	int by = 0;
	if (sort == WALK_SORT_TECHNIQUE) by = str_cmp(x->technique, y->technique);
	if (sort == WALK_SORT_COMPONENT) by = str_cmp(x->place.component, y->place.component);
	if (by == 0 && sort != WALK_SORT_ORDER && x->place.name && y->place.name) by = strcmp(x->place.name, y->place.name);
	if (by == 0 && sort != WALK_SORT_ORDER)
		by = (x->place.start.line > y->place.start.line) - (x->place.start.line < y->place.start.line);
	return by;
}

/* Stable, so that equals stay in walk order; lists are a few hundred long at most. */
static void sort_shown(WalkView *v, const WalkItem *items, size_t n) {
	for (size_t i = 1; i < n; i++) {
		size_t moved = v->shown[i], j = i;
		for (; j > 0 && compare(&items[v->shown[j - 1]], &items[moved], v->sort) > 0; j--)
			v->shown[j] = v->shown[j - 1];
		v->shown[j] = moved;
	}
}

static bool listed(const WalkView *v, const WalkItem *item) {
	if (!v->show_all && (item->hidden || item->gone)) return false;
	return filter_fits(walk_filter(v), item);
}

/* ---- folds ---- */

/* " dead-code " or " -dead-code " stands among what the user chose. */
static bool is_chosen(const WalkView *v, const char *sign, Str technique) {
	char word[80];
	snprintf(word, sizeof word, " %s%.*s ", sign, STR_ARG(technique));
	return str_find(buf_view(&v->unfolded), word, 0) != SIZE_MAX;
}

/* How many that are listed have this technique. */
static size_t crowd_of(const WalkView *v, Str technique) {
	size_t n, crowd = 0;
	const WalkItem *items = walk_items(work_walk(v->work), &n);
	for (size_t i = 0; i < n; i++) crowd += str_eq(items[i].candidate.technique, technique) && listed(v, &items[i]);
	return crowd;
}

bool walk_is_folded(const WalkView *v, const WalkItem *item) {
	Str technique = item->candidate.technique;
	if (v->sort != WALK_SORT_ORDER || item->own || is_chosen(v, "", technique)) return false;
	if (is_chosen(v, "-", technique)) return crowd_of(v, technique) > 1;
	/* a filter is a wish to see each */
	return v->filter.len == 0 && str_is(item->candidate.family, "Clean-up") && crowd_of(v, technique) >= WALK_CROWD;
}

size_t walk_fold_size(const WalkView *v) {
	return v->list.n > 0 && v->list.selected < v->list.n ? v->in_fold[v->list.selected] : 0;
}

static void drop_word(Buf *words, const char *sign, Str technique) {
	Buf rest = { 0 };
	Str all = buf_view(words), word;
	while (str_split(&all, ' ', &word)) {
		bool same = word.len == strlen(sign) + technique.len && str_starts(word, sign) &&
		            str_eq(str_sub(word, strlen(sign), word.len), technique);
		if (word.len > 0 && !same) buf_printf(&rest, " %.*s ", STR_ARG(word));
	}
	buf_clear(words);
	buf_str(words, buf_view(&rest));
	buf_done(&rest);
}

void walk_toggle_fold(WalkView *v) {
	const WalkItem *item = walk_selected(v);
	if (!item) return;
	Str technique = item->candidate.technique;
	bool folded = walk_is_folded(v, item);
	drop_word(&v->unfolded, "", technique);
	drop_word(&v->unfolded, "-", technique);
	buf_printf(&v->unfolded, " %s%.*s ", folded ? "" : "-", STR_ARG(technique));
	walk_list_build(v);
}

/* Rows of one fold become one, at the place of its first; it stands for the first that is open. */
static size_t fold_rows(WalkView *v, const WalkItem *items, size_t n) {
	size_t kept = 0;
	for (size_t i = 0; i < n; i++) {
		const WalkItem *item = &items[v->shown[i]];
		size_t row = 0;
		bool folded = walk_is_folded(v, item);
		while (folded && row < kept && !str_eq(items[v->shown[row]].candidate.technique, item->candidate.technique))
			row++;
		if (!folded || row == kept) {
			v->shown[kept] = v->shown[i];
			v->in_fold[kept++] = 1;
			continue;
		}
		v->in_fold[row]++;
		bool is_selected = strcmp(item->candidate.id, v->selected) == 0;
		const WalkItem *first = &items[v->shown[row]];
		bool first_selected = strcmp(first->candidate.id, v->selected) == 0;
		if (is_selected || (item->undecided && !first->undecided && !first_selected)) v->shown[row] = v->shown[i];
	}
	return kept;
}

void walk_list_build(WalkView *v) {
	size_t n, shown = 0;
	const WalkItem *items = walk_items(work_walk(v->work), &n);
	v->shown = base_realloc(v->shown, (n + 1) * sizeof *v->shown);
	v->in_fold = base_realloc(v->in_fold, (n + 1) * sizeof *v->in_fold);
	for (size_t i = 0; i < n; i++)
		if (listed(v, &items[i])) v->shown[shown++] = i;
	sort_shown(v, items, shown);
	shown = fold_rows(v, items, shown);
	size_t before = v->list.selected;
	list_set(&v->list, shown);
	list_select(&v->list, before);
	for (size_t i = 0; i < shown; i++)
		if (strcmp(items[v->shown[i]].candidate.id, v->selected) == 0) list_select(&v->list, i);
	walk_list_select(v, v->list.selected);
}

const WalkItem *walk_selected(const WalkView *v) {
	size_t n;
	const WalkItem *items = walk_items(work_walk(v->work), &n);
	if (v->list.n == 0 || v->list.selected >= v->list.n || v->shown[v->list.selected] >= n) return NULL;
	return &items[v->shown[v->list.selected]];
}

void walk_list_select(WalkView *v, size_t row) {
	list_select(&v->list, row);
	const WalkItem *item = walk_selected(v);
	const char *id = item ? item->candidate.id : "";
	if (strcmp(id, v->selected) == 0) return;
	memset(v->selected, 0, sizeof v->selected);
	memcpy(v->selected, id, strlen(id));
	v->card_top = 0;
	walk_panes_follow(v);
}

bool walk_select_id(WalkView *v, Str id) {
	size_t n;
	const WalkItem *items = walk_items(work_walk(v->work), &n);
	for (int attempt = 0; attempt < 2; attempt++) {
		for (size_t i = 0; i < v->list.n; i++)
			if (str_is(id, items[v->shown[i]].candidate.id)) {
				walk_list_select(v, i);
				return true;
			}
		if (attempt == 0 && !walk_item(work_walk(v->work), id)) return false;
		buf_clear(&v->filter);
		const WalkItem *item = walk_item(work_walk(v->work), id);
		if (item && (item->hidden || item->gone)) v->show_all = true;
		memset(v->selected, 0, sizeof v->selected); /* of a fold it is then the one that stands for it */
		memcpy(v->selected, id.ptr, id.len < sizeof v->selected - 1 ? id.len : sizeof v->selected - 1);
		walk_list_build(v);
	}
	return false;
}

void walk_next_open(WalkView *v, int step) {
	size_t n, at = v->list.selected;
	const WalkItem *items = walk_items(work_walk(v->work), &n);
	for (size_t i = 1; i <= v->list.n; i++) {
		size_t row = (at + (step > 0 ? i : v->list.n - i % v->list.n)) % v->list.n;
		if (!items[v->shown[row]].undecided) continue;
		walk_list_select(v, row);
		return;
	}
}

/* ---- drawing ---- */

static int technique_width(const WalkView *v, const WalkItem *items) {
	int width = 6;
	for (size_t i = 0; i < v->list.n; i++) {
		int own = utf8_width(items[v->shown[i]].candidate.technique);
		if (own > width) width = own;
	}
	return width > 16 ? 16 : width;
}

/* What is said at the right of a row: the state when it isn't what is expected. */
static Str remark(const WalkItem *item) {
	if (item->hidden && item->candidate.confidence == CONFIDENCE_LOW) return STR("low");
	if (item->state == STATE_OPEN || item->state == STATE_SAME || item->state == STATE_DONE) return STR_NONE;
	return str_of(state_words(item->state));
}

static void draw_row(
    const WalkView *v, Grid *grid, Rect line, const WalkItem *item, bool selected, int width, size_t fold) {
	Ground ground = selected ? GROUND_SELECTED : GROUND_NONE;
	bool quiet = !item->undecided && !selected;
	Mark mark = mark_of_item(item);
	Str right = remark(item);
	if (selected) grid_fill(grid, line, STYLE_ON(ROLE_TEXT, ground));
	grid_puts(grid, line, line.row, line.col, STYLE_ON(ROLE_ACCENT, ground), selected ? "▸" : " ");
	grid_puts(grid, line, line.row, line.col + 1, STYLE_ON(mark.role, ground), mark.glyph);
	int col = line.col + 3, end = line.col + line.cols - (right.len ? utf8_width(right) + 2 : 1);
	grid_cut(
	    grid, line, line.row, col, width, STYLE_ON(quiet ? ROLE_DIM : ROLE_TEXT, ground), item->candidate.technique);
	col += width + 2;
	Str what = item->own ? item->candidate.title : item->candidate.place.component;
	char words[160];
	const char *name = item->candidate.place.name ? item->candidate.place.name : "", *slash = strrchr(name, '/');
	if (fold > 1)
		snprintf(words, sizeof words, "%zu places, as one (z: each)", fold);
	else if (what.len == 0)
		snprintf(words, sizeof words, "%s:%u", slash ? slash + 1 : name, (unsigned)item->candidate.place.start.line);
	if (fold > 1 || what.len == 0) what = str_of(words);
	grid_cut(grid, line, line.row, col, end - col, STYLE_ON(quiet ? ROLE_DIM : ROLE_TEXT, ground), what);
	grid_text(grid, line, line.row, end + 1, STYLE_ON(ROLE_WARN, ground), right);
	(void)v;
}

static void draw_none(const WalkView *v, Grid *grid, Rect inside) {
	Str why = v->filter.len         ? STR("Nothing fits the filter; f changes it.")
	          : !work_scan(v->work) ? STR("The first scan is under way.")
	                                : STR("Nothing was found that is worth a question.");
	widget_wrap(grid, (Rect) { inside.row, inside.col + 1, inside.rows, inside.cols - 2 }, STYLE(ROLE_DIM), why, 0);
}

void walk_list_draw(WalkView *v, Grid *grid, Rect inside) {
	size_t n;
	const WalkItem *items = walk_items(work_walk(v->work), &n);
	v->list_rect = inside;
	list_settle(&v->list, inside.rows);
	if (v->list.n == 0) draw_none(v, grid, inside);
	int width = technique_width(v, items);
	for (int i = 0; i < inside.rows; i++) {
		size_t row = v->list.top + (size_t)i;
		if (row >= v->list.n) break;
		Rect line = { inside.row + i, inside.col, 1, inside.cols };
		draw_row(v, grid, line, &items[v->shown[row]], row == v->list.selected, width, v->in_fold[row]);
	}
	widget_scrollbar(grid, inside, &v->list);
}
