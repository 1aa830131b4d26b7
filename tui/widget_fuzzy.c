#include "core/posix.h"

#include "tui/widget_fuzzy.h"

#include "core/utf8.h"

static bool begins_word(Str text, size_t at) {
	if (at == 0) return true;
	char before = text.ptr[at - 1], here = text.ptr[at];
	if (before == ' ' || before == '-' || before == '_' || before == '.' || before == '/' || before == ':') return true;
	return before >= 'a' && before <= 'z' && here >= 'A' && here <= 'Z';
}

/* Takes the characters greedily from byte `from`: each as early as it occurs. */
static int score_from(Str text, Str typed, size_t from) {
	size_t at = from, last = SIZE_MAX;
	int score = from == 0 ? 20 : 10;
	for (size_t i = 0; i < typed.len;) {
		size_t need, have = 0;
		uint32_t wanted = utf8_lower(utf8_decode(str_sub(typed, i, typed.len), &need));
		while (at < text.len && utf8_lower(utf8_decode(str_sub(text, at, text.len), &have)) != wanted) at += have;
		if (at >= text.len) return 0;
		if (last == at)
			score += 8;
		else if (begins_word(text, at))
			score += 6;
		else
			score += 1;
		utf8_decode(str_sub(text, at, text.len), &have);
		at += have;
		last = at;
		i += need;
	}
	return score;
}

int fuzzy_score(Str text, Str typed) {
	if (typed.len == 0) return 1;
	int best = 0;
	uint32_t first = utf8_lower(utf8_decode(typed, NULL));
	for (size_t at = 0, len; at < text.len; at += len) {
		if (utf8_lower(utf8_decode(str_sub(text, at, text.len), &len)) != first) continue;
		int score = score_from(text, typed, at) - (at > 12 ? 6 : (int)at / 2);
		if (score > best) best = score;
	}
	return best;
}
