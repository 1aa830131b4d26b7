#include "core/posix.h"

#include "tui/filter.h"

#include "core/utf8.h"
#include "tui/mark.h"

static bool within(Str text, Str wanted) { return utf8_find(text, wanted, 0, NULL) != SIZE_MAX; }

static bool by_technique(const WalkItem *item, Str wanted) { return within(item->candidate.technique, wanted); }
static bool by_family(const WalkItem *item, Str wanted) { return within(item->candidate.family, wanted); }
static bool by_component(const WalkItem *item, Str wanted) { return within(item->candidate.place.component, wanted); }
static bool by_file(const WalkItem *item, Str wanted) { return within(str_of(item->candidate.place.name), wanted); }
static bool by_state(const WalkItem *item, Str wanted) { return within(str_of(state_words(item->state)), wanted); }

static bool by_verdict(const WalkItem *item, Str wanted) {
	if (str_is(wanted, "open")) return item->undecided;
	return within(str_of(verdict_name(item->verdict)), wanted) || within(str_of(mark_of_item(item).word), wanted);
}

static bool by_confidence(const WalkItem *item, Str wanted) {
	return within(str_of(confidence_name(item->candidate.confidence)), wanted);
}

static const struct {
	const char *key;
	bool (*fits)(const WalkItem *item, Str wanted);
} KEYS[] = {
	{ "technique", by_technique },
	{ "family", by_family },
	{ "component", by_component },
	{ "verdict", by_verdict },
	{ "confidence", by_confidence },
	{ "file", by_file },
	{ "state", by_state },
};

static bool anywhere(const WalkItem *item, Str wanted) {
	const Candidate *c = &item->candidate;
	return within(str_of(c->id), wanted) || within(c->title, wanted) || by_component(item, wanted) ||
	       by_file(item, wanted);
}

/* The key's row of a word like "conf:high", BASE_COUNT(KEYS) when it has none; *value is what follows. */
static size_t key_of(Str word, Str *value, bool *has_colon) {
	size_t colon = str_find(word, ":", 0);
	*has_colon = colon != SIZE_MAX && colon > 0;
	if (!*has_colon) return BASE_COUNT(KEYS);
	*value = str_sub(word, colon + 1, word.len);
	for (size_t i = 0; i < BASE_COUNT(KEYS); i++)
		if (utf8_find(str_of(KEYS[i].key), str_sub(word, 0, colon), 0, NULL) == 0) return i;
	return BASE_COUNT(KEYS);
}

static bool word_fits(Str word, const WalkItem *item) {
	bool negated = word.len > 1 && word.ptr[0] == '-', has_colon;
	if (negated) word = str_sub(word, 1, word.len);
	Str value;
	size_t key = key_of(word, &value, &has_colon);
	bool fits = key < BASE_COUNT(KEYS) ? KEYS[key].fits(item, value) : anywhere(item, word);
	return fits != negated;
}

bool filter_fits(Str filter, const WalkItem *item) {
	for (Str word; str_split(&filter, ' ', &word);)
		if (word.len && !word_fits(word, item)) return false;
	return true;
}

bool filter_check(Str filter, Err *err) {
	for (Str word; str_split(&filter, ' ', &word);) {
		Str value;
		bool has_colon;
		if (word.len && word.ptr[0] == '-') word = str_sub(word, 1, word.len);
		if (word.len == 0 || key_of(word, &value, &has_colon) < BASE_COUNT(KEYS) || !has_colon) continue;
		Str key = str_sub(word, 0, word.len - value.len);
		return err_set(err,
		    "a filter knows technique:, family:, component:, verdict:, confidence:, file: and state:, not '%.*s'",
		    STR_ARG(key));
	}
	return true;
}
