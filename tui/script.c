#include "core/posix.h"

#include "tui/script.h"

#include <stdlib.h>
#include <string.h>

typedef VEC(ScriptStep) Steps;

typedef struct Reader {
	Arena *arena;
	Steps steps;
	const char *name;
	int line;
	Err *err;
} Reader;

static const struct {
	const char *name;
	ScriptKind kind;
	int numbers; /* how many are wanted; -1: the text, which may not be empty; -2: none at all */
} COMMANDS[] = {
	{ "type", SCRIPT_TYPE, -1 },
	{ "paste", SCRIPT_PASTE, -1 },
	{ "click", SCRIPT_CLICK, 2 },
	{ "wheel", SCRIPT_WHEEL, 3 },
	{ "run", SCRIPT_RUN, -1 },
	{ "size", SCRIPT_SIZE, 2 },
	{ "wait", SCRIPT_WAIT, -1 },
	{ "expect", SCRIPT_EXPECT, -1 },
	{ "absent", SCRIPT_ABSENT, -1 },
	{ "dump", SCRIPT_DUMP, -1 },
	{ "dump-roles", SCRIPT_DUMP_ROLES, -1 },
	{ "quit", SCRIPT_QUIT, -2 },
};

static bool next_word(Str *rest, Str *word) {
	*rest = str_trim(*rest);
	if (rest->len == 0) return false;
	size_t end = 0;
	while (end < rest->len && rest->ptr[end] != ' ' && rest->ptr[end] != '\t') end++;
	*word = str_sub(*rest, 0, end);
	*rest = str_sub(*rest, end, rest->len);
	return true;
}

static bool keys(Reader *reader, Str rest) {
	Str word;
	while (next_word(&rest, &word)) {
		Key key;
		if (!key_parse(word, &key))
			return err_set(reader->err, "%s:%d: '%.*s' is not a key's name", reader->name, reader->line, STR_ARG(word));
		VEC_PUSH(reader->steps) = (ScriptStep) { .kind = SCRIPT_KEY, .line = reader->line, .key = key };
	}
	return true;
}

static bool number(Str word, int *out) {
	size_t i = word.len && word.ptr[0] == '-';
	long value = 0;
	if (i == word.len || word.len > 6) return false;
	for (; i < word.len; i++) {
		if (word.ptr[i] < '0' || word.ptr[i] > '9') return false;
		value = value * 10 + word.ptr[i] - '0';
	}
	*out = (int)(word.ptr[0] == '-' ? -value : value);
	return true;
}

/* The text of :paste, in which \n stands for a newline. */
static Str unescape(Arena *arena, Str text) {
	char *out = arena_alloc(arena, text.len + 1);
	size_t n = 0;
	for (size_t i = 0; i < text.len; i++) {
		bool newline = text.ptr[i] == '\\' && i + 1 < text.len && text.ptr[i + 1] == 'n';
		out[n++] = newline ? '\n' : text.ptr[i];
		if (newline) i++;
	}
	return (Str) { out, n };
}

static bool arguments(Reader *reader, ScriptStep *step, int wanted, Str rest) {
	const char *name = reader->name;
	int line = reader->line;
	if (wanted == -2) return rest.len == 0 || err_set(reader->err, "%s:%d: nothing may follow here", name, line);
	if (wanted == -1) {
		if (rest.len == 0) return err_set(reader->err, "%s:%d: something must follow here", name, line);
		step->text = step->kind == SCRIPT_PASTE ? unescape(reader->arena, rest) : rest;
		if (step->kind == SCRIPT_WAIT && !str_is(rest, "idle"))
			return err_set(reader->err, "%s:%d: only ':wait idle' is known", name, line);
		if (step->kind == SCRIPT_RUN && (step->action = action_find(rest)) == ACTION_NONE)
			return err_set(reader->err, "%s:%d: there is no action '%.*s'", name, line, STR_ARG(rest));
		return true;
	}
	Str word;
	int n = 0;
	while (next_word(&rest, &word) && n < wanted && number(word, &step->numbers[n])) n++;
	if (n == wanted && rest.len == 0) return true;
	return err_set(reader->err, "%s:%d: %d numbers must follow here", name, line, wanted);
}

static bool command(Reader *reader, Str rest) {
	Str word;
	if (!next_word(&rest, &word))
		return err_set(reader->err, "%s:%d: a command must follow ':'", reader->name, reader->line);
	rest = str_trim(rest);
	if (str_is(word, "key")) return keys(reader, rest);
	for (size_t i = 0; i < BASE_COUNT(COMMANDS); i++) {
		if (!str_is(word, COMMANDS[i].name)) continue;
		ScriptStep step = { .kind = COMMANDS[i].kind, .line = reader->line };
		if (!arguments(reader, &step, COMMANDS[i].numbers, rest)) return false;
		VEC_PUSH(reader->steps) = step;
		return true;
	}
	return err_set(reader->err, "%s:%d: there is no command ':%.*s'", reader->name, reader->line, STR_ARG(word));
}

bool script_parse(Str text, const char *name, Script *script, Err *err) {
	*script = (Script) { 0 };
	Reader reader = { .arena = &script->arena, .name = name, .err = err };
	Str rest = arena_str(&script->arena, text), line;
	bool fine = true;
	while (fine && str_split(&rest, '\n', &line)) {
		reader.line++;
		line = str_trim(line);
		if (line.len == 0 || line.ptr[0] == '#') continue;
		bool is_command = line.ptr[0] == ':' && line.len > 1 && line.ptr[1] != ' ';
		fine = is_command ? command(&reader, str_sub(line, 1, line.len)) : keys(&reader, line);
	}
	script->n = fine ? reader.steps.n : 0;
	script->steps = VEC_TO_ARENA(reader.steps, &script->arena);
	if (!fine) script_done(script);
	return fine;
}

void script_done(Script *script) {
	arena_done(&script->arena);
	*script = (Script) { 0 };
}
