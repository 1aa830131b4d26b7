#include "core/posix.h"

#include "prompts/fence.h"

bool line_next(Str text, size_t *at, Str *line) {
	if (*at >= text.len) return false;
	size_t stop = str_find(text, "\n", *at);
	*line = str_sub(text, *at, stop);
	if (str_ends(*line, "\r")) line->len--;
	*at = stop == SIZE_MAX ? text.len : stop + 1;
	return true;
}

/* The fence at the start of a line: its character, how many, what stands before and behind. */
static bool fence_line(Str line, char *mark, size_t *count, size_t *indent, Str *info) {
	size_t i = 0;
	while (i < line.len && line.ptr[i] == ' ') i++;
	*indent = i;
	if (i >= line.len || (line.ptr[i] != '`' && line.ptr[i] != '~')) return false;
	*mark = line.ptr[i];
	*count = 0;
	while (i < line.len && line.ptr[i] == *mark) i++, ++*count;
	*info = str_trim(str_sub(line, i, line.len));
	return *count >= 3 && (*mark == '~' || str_find(*info, "`", 0) == SIZE_MAX);
}

static Str first_word(Str info) {
	size_t n = 0;
	while (n < info.len && info.ptr[n] != ' ' && info.ptr[n] != '\t' && info.ptr[n] != '{') n++;
	return str_sub(info, 0, n);
}

bool fence_next(Str reply, size_t *at, Fence *out) {
	Str line, info;
	char mark, closing;
	size_t count, indent, ticks, blanks, start = *at;
	for (;; start = *at) {
		if (!line_next(reply, at, &line)) return false;
		if (fence_line(line, &mark, &count, &indent, &info)) break;
	}
	*out = (Fence) { .language = first_word(info), .start = start, .indent = indent, .open = true };
	size_t inside = *at, stop = *at;
	while (line_next(reply, at, &line)) {
		if (fence_line(line, &closing, &ticks, &blanks, &info) && closing == mark && ticks >= count && info.len == 0) {
			out->open = false;
			break;
		}
		stop = *at;
	}
	out->text = str_sub(reply, inside, stop);
	out->end = *at;
	return true;
}
