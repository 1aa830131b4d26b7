#include "core/posix.h"

#include "tui/action.h"

#include <stdlib.h>

static const ActionInfo ACTIONS[ACTION_COUNT] = { [ACTION_NONE] = { .name = "", .keys = "", .label = "", .help = "" },
#define ACTION_ROW(id, name_, keys_, where_, group_, rank_, label_, help_)                                             \
	[ACTION_##id] = { .name = (name_),                                                                                 \
		.keys = (keys_),                                                                                               \
		.where = (where_),                                                                                             \
		.group = ACTION_GROUP_##group_,                                                                                \
		.rank = (rank_),                                                                                               \
		.label = (label_),                                                                                             \
		.help = (help_) },
	ACTION_TABLE(ACTION_ROW)
#undef ACTION_ROW
};

static const char *const GROUPS[ACTION_GROUP_COUNT] = {
	[ACTION_GROUP_DECIDE] = "Decide",
	[ACTION_GROUP_CANDIDATE] = "Candidate",
	[ACTION_GROUP_MOVE] = "Move",
	[ACTION_GROUP_FIND] = "Find",
	[ACTION_GROUP_VIEW] = "Views",
	[ACTION_GROUP_PLAN] = "Plan",
	[ACTION_GROUP_START] = "Start",
	[ACTION_GROUP_PROGRAM] = "Program",
};

const ActionInfo *action_info(ActionId action) { return &ACTIONS[action < ACTION_COUNT ? action : ACTION_NONE]; }

ActionId action_find(Str name) {
	for (int i = 1; i < ACTION_COUNT; i++)
		if (str_is(name, ACTIONS[i].name)) return (ActionId)i;
	return ACTION_NONE;
}

const char *action_group_name(ActionGroup group) { return group < ACTION_GROUP_COUNT ? GROUPS[group] : ""; }

/* Takes the next key's name off a list like "Up k". */
static bool next_key(Str *keys, Str *name) {
	*keys = str_trim(*keys);
	if (keys->len == 0) return false;
	size_t end = 0;
	while (end < keys->len && keys->ptr[end] != ' ' && keys->ptr[end] != '\t') end++;
	*name = str_sub(*keys, 0, end);
	*keys = str_sub(*keys, end, keys->len);
	return true;
}

static void remove_at(Keymap *map, size_t i) {
	for (; i + 1 < map->n; i++) map->at[i] = map->at[i + 1];
	map->n--;
}

static void take_from_others(Keymap *map, Key key, ActionId action) {
	for (size_t i = map->n; i-- > 0;)
		if (map->at[i].key == key && ACTIONS[map->at[i].action].where & ACTIONS[action].where) remove_at(map, i);
}

static void add_keys(Keymap *map, ActionId action, Str keys) {
	Str name;
	while (next_key(&keys, &name)) {
		Key key = KEYS_NONE;
		if (!key_parse(name, &key)) base_fatal("the key '%.*s' of an action has no meaning", STR_ARG(name));
		take_from_others(map, key, action);
		VEC_PUSH(*map) = (struct Binding) { key, action };
	}
}

void keymap_init(Keymap *map) {
	*map = (Keymap) { 0 };
	for (int i = 1; i < ACTION_COUNT; i++) add_keys(map, (ActionId)i, str_of(ACTIONS[i].keys));
}

void keymap_done(Keymap *map) { VEC_FREE(*map); }

bool keymap_bind(Keymap *map, const char *action, const char *keys, Err *err) {
	ActionId id = action_find(str_of(action));
	if (id == ACTION_NONE)
		return err_set(err, "there is no action '%s' to bind a key to (triptych keys lists them)", action);
	Str rest = str_is(str_of(keys), "none") ? STR_NONE : str_of(keys), all = rest, name;
	while (next_key(&rest, &name)) {
		Key key;
		if (!key_parse(name, &key))
			return err_set(err, "'%.*s', bound to %s, is not a key's name", STR_ARG(name), action);
	}
	for (size_t i = map->n; i-- > 0;)
		if (map->at[i].action == id) remove_at(map, i);
	add_keys(map, id, all);
	return true;
}

ActionId keymap_find(const Keymap *map, Key key, unsigned where) {
	for (size_t i = 0; i < map->n; i++)
		if (map->at[i].key == key && ACTIONS[map->at[i].action].where & where) return map->at[i].action;
	return ACTION_NONE;
}

void keymap_keys(const Keymap *map, ActionId action, Buf *out) {
	bool first = true;
	char name[KEYS_NAME_MAX];
	for (size_t i = 0; i < map->n; i++) {
		if (map->at[i].action != action) continue;
		if (!first) buf_putc(out, ' ');
		first = false;
		buf_puts(out, key_to_name(map->at[i].key, name));
	}
}

Key keymap_first(const Keymap *map, ActionId action) {
	for (size_t i = 0; i < map->n; i++)
		if (map->at[i].action == action) return map->at[i].key;
	return KEYS_NONE;
}
