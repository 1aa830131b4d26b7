#include "core/posix.h"

#include "tui/draft_api.h"

#include <stdlib.h>
#include <string.h>

/* ---- tokens ---- */

static bool is_letter(char c) { return c == '_' || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c & 0x80); }
static bool is_word(char c) { return is_letter(c) || (c >= '0' && c <= '9'); }
static char at(Str text, size_t i) { return i < text.len ? text.ptr[i] : '\0'; }

static size_t skip_string(Str text, size_t i) {
	bool block = str_starts(str_sub(text, i, text.len), "\"\"\"");
	for (i += block ? 3 : 1; i < text.len; i++) {
		if (text.ptr[i] == '\\') {
			i++;
		} else if (block ? str_starts(str_sub(text, i, text.len), "\"\"\"") : text.ptr[i] == '"') {
			return i + (block ? 3 : 1);
		} else if (!block && text.ptr[i] == '\n') {
			return i;
		}
	}
	return text.len;
}

static size_t skip_block_comment(Str text, size_t i) {
	size_t depth = 0;
	for (; i < text.len; i++) {
		if (text.ptr[i] == '/' && at(text, i + 1) == '*') {
			depth++;
			i++;
		} else if (text.ptr[i] == '*' && at(text, i + 1) == '/') {
			i++;
			if (--depth == 0) return i + 1;
		}
	}
	return text.len;
}

/* Behind what is neither code nor blank at i, or i itself. */
static size_t skip_other(Str text, size_t i) {
	if (text.ptr[i] == '"') return skip_string(text, i);
	if (text.ptr[i] != '/') return i;
	if (at(text, i + 1) == '*') return skip_block_comment(text, i);
	while (at(text, i + 1) == '/' && i < text.len && text.ptr[i] != '\n') {
		size_t end = str_find(text, "\n", i);
		return end == SIZE_MAX ? text.len : end;
	}
	return i;
}

static size_t word_end(Str text, size_t i) {
	while (i < text.len && is_word(text.ptr[i])) i++;
	return i;
}

static size_t skip_blanks(Str text, size_t i) {
	while (i < text.len && (text.ptr[i] == ' ' || text.ptr[i] == '\t')) i++;
	return i;
}

/* ---- words ---- */

enum { WORD_SEEN = 1, WORD_DECLARED = 2, WORD_AGAIN = 4 }; /* again: more than once */

static bool declares(Str word) {
	static const char *const WORDS[] = { "let", "var", "func", "class", "struct", "enum", "actor", "protocol",
		"typealias", "case", "associatedtype", "extension" };
	for (size_t i = 0; i < BASE_COUNT(WORDS); i++) {
		if (str_is(word, WORDS[i])) return true;
	}
	return false;
}

/* "name:" of a parameter, rather than the label of an argument: a type follows, or an external label stands before. */
static bool is_parameter(Str text, size_t end, Str before) {
	size_t colon = skip_blanks(text, end);
	if (at(text, colon) != ':') return false;
	char c = at(text, skip_blanks(text, colon + 1));
	return before.len > 0 || c == '[' || c == '(' || (c >= 'A' && c <= 'Z');
}

/* Marks the words of a text: declared are those behind a declaring keyword, and parameters. */
static void add_words(Map *words, Str text) {
	Str before = STR_NONE;
	for (size_t i = 0; i < text.len;) {
		size_t next = skip_other(text, i);
		if (next > i) {
			i = next;
			continue;
		}
		if (!is_letter(text.ptr[i])) {
			if (text.ptr[i] != ' ' && text.ptr[i] != '\t' && text.ptr[i] != '`') before = STR_NONE;
			i++;
			continue;
		}
		size_t end = word_end(text, i);
		Str word = str_sub(text, i, end);
		uintptr_t *old = map_get(words, word);
		uintptr_t flags = (old ? *old | WORD_AGAIN : 0) | WORD_SEEN;
		if (declares(before) || is_parameter(text, end, before)) flags |= WORD_DECLARED;
		map_put(words, word, flags);
		before = word;
		i = end;
	}
}

void port_world_init(PortWorld *world, const Source *port) {
	*world = (PortWorld) { 0 };
	api_load();
	for (size_t i = 0; i < port->n_files; i++) add_words(&world->words, port->files[i].text);
	world->version[API_MLX_SWIFT] = api_version_of_port(port->root, API_MLX_SWIFT);
	world->version[API_MLX_SWIFT_LM] = api_version_of_port(port->root, API_MLX_SWIFT_LM);
}

void port_world_done(PortWorld *world) {
	map_done(&world->words);
	arena_done(&world->arena);
}

static bool has_word(const Map *words, Str word, uintptr_t flag) {
	const uintptr_t *flags = map_get(words, word);
	return flags && (*flags & flag);
}

/* Names of Swift, its library and Foundation that drafts use without their being in the port. */
static const char *const SWIFT_NAMES[] = { "Any", "AnyObject", "Array", "ArraySlice", "Bool", "CGFloat", "Character",
	"ClosedRange", "CommandLine", "Complex", "Data", "Date", "Decoder", "Dictionary", "DispatchQueue", "DispatchTime",
	"Double", "Encoder", "Error", "FileManager", "Float", "Float16", "Float32", "Float64", "IndexSet", "Int", "Int16",
	"Int32", "Int64", "Int8", "JSONDecoder", "JSONEncoder", "MainActor", "NSLock", "Never", "ObjectIdentifier",
	"Optional", "ProcessInfo", "Range", "Result", "Self", "Set", "String", "Substring", "Task", "UInt", "UInt16",
	"UInt32", "UInt64", "UInt8", "URL", "UUID", "UnsafeBufferPointer", "UnsafeMutableBufferPointer", "UnsafePointer",
	"Void", "abs", "acos", "addingProduct", "allSatisfy", "append", "asin", "assert", "assertionFailure", "async",
	"atan", "atan2", "await", "catch", "ceil", "compactMap", "components", "contains", "contentsOf", "cos", "cosh",
	"count", "defer", "deinit", "distance", "do", "dropFirst", "dropLast", "elementsEqual", "enumerated", "exp", "exp2",
	"fatalError", "filter", "first", "firstIndex", "flatMap", "floor", "fmod", "for", "forEach", "formatted", "get",
	"guard", "hasPrefix", "hasSuffix", "hash", "if", "in", "index", "init", "insert", "isMultiple", "joined", "last",
	"lastIndex", "log", "log10", "log2", "lowercased", "makeIterator", "map", "mapValues", "max", "merge", "merging",
	"min", "numericCast", "popLast", "pow", "precondition", "preconditionFailure", "prefix", "print",
	"quotientAndRemainder", "randomElement", "reduce", "remainder", "remove", "removeAll", "removeFirst", "removeLast",
	"removeSubrange", "removeValue", "repeatElement", "replaceSubrange", "replacingOccurrences", "reserveCapacity",
	"return", "reverse", "reversed", "round", "rounded", "self", "sequence", "set", "shuffled", "signum", "sin", "sinh",
	"sleep", "some", "sort", "sorted", "split", "sqrt", "squareRoot", "starts", "stride", "subscript", "suffix",
	"super", "swap", "swapAt", "switch", "tan", "tanh", "trimmingCharacters", "truncatingRemainder", "try", "type",
	"uppercased", "where", "while", "withCheckedContinuation", "withUnsafeBufferPointer", "withUnsafeBytes",
	"withUnsafeMutableBufferPointer", "withUnsafeMutableBytes", "yield", "zip", "catch", "else", "is", "as", "throw",
	"case" };

/* Families of the platform's C and Objective-C names. */
static const char *const SWIFT_PREFIXES[] = { "AV", "Audio", "CF", "CG", "CI", "CM", "CV", "DSP", "DispatchQueue",
	"FFT", "ML", "MPS", "MTL", "NS", "OS", "UI", "cblas_", "clock_", "kAudio", "mach_", "mem", "os_", "vDSP_", "vv",
	"pthread_" };

/* Properties and cases of the same, which are used without parentheses. */
static const char *const SWIFT_MEMBERS[] = { "ascending", "background", "baseAddress", "bitPattern", "bitWidth",
	"bytes", "capacity", "caseInsensitive", "default", "deletingLastPathComponent", "description", "descending",
	"element", "elements", "endIndex", "exponent", "failure", "greatestFiniteMagnitude", "high", "indices", "infinity",
	"isEmpty", "isFinite", "isInfinite", "isLetter", "isNaN", "isNewline", "isNumber", "isPunctuation", "isWhitespace",
	"isZero", "key", "keys", "lastPathComponent", "lazy", "leadingZeroBitCount", "leastNonzeroMagnitude",
	"leastNormalMagnitude", "localizedDescription", "low", "lowerBound", "magnitude", "main", "medium", "milliseconds",
	"nan", "nanoseconds", "newValue", "none", "nonzeroBitCount", "now", "offset", "oldValue", "path", "pathExtension",
	"pi", "pointee", "projectedValue", "rawValue", "seconds", "serialized", "shared", "sign", "significand", "size",
	"standard", "startIndex", "success", "toNearestOrAwayFromZero", "toNearestOrEven", "towardZero",
	"trailingZeroBitCount", "ulp", "unicodeScalars", "upperBound", "uptimeNanoseconds", "userInitiated", "utf16",
	"utf8", "utility", "value", "values", "whitespaces", "whitespacesAndNewlines", "wrappedValue", "zero" };

/* Words of the language itself, and what it declares without being asked. */
static const char *const SWIFT_WORDS[] = { "Type", "arch", "arm64", "available", "borrowing", "canImport", "iOS",
	"macOS", "os", "tvOS", "visionOS", "watchOS", "break", "consuming", "continue", "convenience", "deinit", "didSet",
	"dynamic", "each", "error", "fallthrough", "false", "fileprivate", "final", "import", "indirect", "infix", "init",
	"inout", "internal", "isolated", "lazy", "macro", "mutating", "newValue", "nil", "nonisolated", "nonmutating",
	"oldValue", "open", "operator", "optional", "override", "package", "postfix", "precedencegroup", "prefix",
	"private", "public", "repeat", "required", "rethrows", "sending", "static", "throws", "true", "unowned", "weak",
	"willSet", "_" };

static bool is_among(Str word, const char *const *list, size_t n) {
	for (size_t i = 0; i < n; i++) {
		if (str_is(word, list[i])) return true;
	}
	return false;
}

static bool is_swift(Str word) {
	for (size_t i = 0; i < BASE_COUNT(SWIFT_PREFIXES); i++) {
		if (str_starts(word, SWIFT_PREFIXES[i]) && !str_starts(word, "MLX")) return true;
	}
	return is_among(word, SWIFT_NAMES, BASE_COUNT(SWIFT_NAMES));
}

/* ---- uses ---- */

enum { USE_LABELS = 32 };

typedef struct Use {
	Span at;
	Str owner, name; /* owner "" for none; a leading dot or something computed: is_member */
	bool is_member, is_call;
	Str labels[USE_LABELS];
	size_t n_args;
	bool too_many, trailing; /* a closure stands behind the arguments */
} Use;

/* Reads the arguments whose '(' is at i; returns the offset behind the ')', or of the end. */
static size_t read_arguments(Str text, size_t i, Use *use) {
	size_t depth = 0;
	bool fresh = false; /* an argument begins here */
	for (; i < text.len;) {
		size_t next = skip_other(text, i);
		char c = text.ptr[i];
		if (next == i ? strchr(" \t\r\n", c) != NULL : c == '/') { /* blanks and comments */
			i = next == i ? i + 1 : next;
			continue;
		}
		bool opens = next == i && strchr("([{", c), closes = next == i && strchr(")]}", c);
		if (closes && --depth == 0) return i + 1;
		if (fresh && depth == 1) {
			fresh = false;
			if (use->n_args == USE_LABELS) {
				use->too_many = true;
			} else {
				size_t end = is_letter(c) ? word_end(text, i) : i;
				bool label = end > i && at(text, skip_blanks(text, end)) == ':';
				use->labels[use->n_args++] = label ? str_sub(text, i, end) : STR_NONE;
			}
		}
		if (opens && ++depth == 1) fresh = true;
		if (depth == 1 && c == ',' && next == i) fresh = true;
		i = next > i ? next : is_letter(c) ? word_end(text, i) : i + 1;
	}
	return text.len;
}

/* Reads "A.b.c" at i, which begins a word; *end behind it. */
static void read_chain(Str text, size_t i, bool member, Use *use, size_t *end) {
	size_t from = i, last = i;
	for (;;) {
		last = i;
		i = word_end(text, i);
		size_t dot = i;
		while (at(text, dot) == '?' || at(text, dot) == '!') dot++;
		if (at(text, dot) != '.' || !is_letter(at(text, dot + 1))) break;
		i = dot + 1;
	}
	*use = (Use) { .at = { (uint32_t)last, (uint32_t)i }, .name = str_sub(text, last, i) };
	use->owner = last > from ? str_sub(text, from, last - 1) : STR_NONE;
	char first = at(text, from);
	use->is_member = member || (use->owner.len > 0 && !(first >= 'A' && first <= 'Z'));
	*end = i;
}

/* "<Int, Float>" between a name and its arguments. */
static size_t skip_generics(Str text, size_t i) {
	if (at(text, i) != '<') return i;
	for (size_t j = i + 1; j < text.len; j++) {
		char c = text.ptr[j];
		if (c == '>') return j + 1;
		if (!is_word(c) && !strchr(" ,.[]?:", c)) return i;
	}
	return i;
}

static bool next_use(Str text, size_t *from, Use *use) {
	for (size_t i = *from; i < text.len;) {
		size_t next = skip_other(text, i);
		if (next > i) {
			i = next;
			continue;
		}
		if (!is_letter(text.ptr[i])) {
			/* a number's letters ("1e5", "0xff") are no names */
			i = text.ptr[i] >= '0' && text.ptr[i] <= '9' ? word_end(text, i) : i + 1;
			continue;
		}
		bool attribute = i > 0 && (text.ptr[i - 1] == '@' || text.ptr[i - 1] == '#' || text.ptr[i - 1] == '$');
		size_t end;
		read_chain(text, i, i > 0 && text.ptr[i - 1] == '.', use, &end);
		size_t open = skip_generics(text, end);
		if (at(text, open) == '(') {
			use->is_call = true;
			size_t behind = skip_blanks(text, read_arguments(text, open, use));
			use->trailing = at(text, behind) == '{';
		}
		*from = end;
		i = end;
		if (!attribute) return true;
	}
	return false;
}

/* ---- judging ---- */

static bool owner_is_library(Str owner) {
	size_t n;
	const ApiSymbol *list = api_list(&n);
	if (str_starts(owner, "MLX.")) owner = str_sub(owner, 4, owner.len);
	for (size_t i = 0; i < n; i++) {
		if (str_eq(list[i].owner, owner) || str_eq(list[i].module, owner)) return true;
	}
	return false;
}

static bool find_form(const Use *use, bool name_only, bool trailing, ApiAnswer *answer) {
	Str labels[USE_LABELS + 1];
	for (size_t i = 0; i < use->n_args; i++) labels[i] = use->labels[i];
	size_t n = use->n_args;
	if (trailing) labels[n++] = STR_NONE;
	ApiUse api = { .owner = use->owner,
		.any_owner = use->is_member,
		.name = use->name,
		.is_call = use->is_call,
		.labels = labels,
		.n_args = n,
		.is_name_only = name_only };
	if (use->is_member) api.owner = STR_NONE;
	return api_find(&api, answer);
}

/* A name without an owner can also be a constructor's or a static member's through its type. */
static bool find_name(const Use *use, ApiAnswer *answer) {
	if (find_form(use, true, false, answer)) return true;
	if (use->owner.len > 0 || use->is_member) return false;
	Use member = *use;
	member.is_member = true;
	return find_form(&member, true, false, answer);
}

static void put_form(const Use *use, Buf *out) {
	buf_putc(out, '`');
	if (use->owner.len > 0 && !use->is_member) {
		buf_str(out, use->owner);
		buf_putc(out, '.');
	}
	if (use->is_member) buf_putc(out, '.');
	buf_str(out, use->name);
	if (use->is_call) {
		buf_putc(out, '(');
		for (size_t i = 0; i < use->n_args; i++) {
			buf_str(out, use->labels[i].len ? use->labels[i] : STR("_"));
			buf_putc(out, ':');
		}
		buf_putc(out, ')');
	}
	buf_putc(out, '`');
}

static const char *package_name(ApiPackage package) {
	return package == API_MLX_SWIFT_LM ? "mlx-swift-lm" : "mlx-swift";
}

static void say_version(const PortWorld *world, const ApiAnswer *answer, Buf *out) {
	ApiVersion port = world->version[answer->package];
	const char *package = package_name(answer->package);
	if (!api_version_is_known(port)) {
		buf_printf(out, " is no longer in %s, or not yet in a release of it", package);
		return;
	}
	bool early = api_version_cmp(answer->since, port) > 0;
	buf_printf(out, early ? " is in %s only since " : " was taken out of %s with ", package);
	api_version_print(early ? answer->since : answer->removed, out);
	buf_puts(out, "; the port uses ");
	api_version_print(port, out);
}

static bool is_meta(Str name) {
	return str_is(name, "self") || str_is(name, "init") || str_is(name, "Type") || str_is(name, "shared");
}

/* Whether what the name is called with can be known: not of a type whose initializers it inherits, nor of an enum's case, which
 * the table lists without a form, nor of methods that other types may have as well. */
static bool form_is_known(const Use *use) {
	ApiAnswer answer;
	ApiUse api = { .owner = use->owner, .any_owner = use->is_member, .name = use->name };
	if (use->is_member) api.owner = STR_NONE;
	if (api_find(&api, &answer)) return false;
	api.any_owner = true;
	if (use->owner.len == 0 && api_find(&api, &answer)) return false;
	if (!use->is_member) return true;
	ApiUse array = { .owner = STR("MLXArray"), .name = use->name, .is_name_only = true };
	return api_find(&array, &answer);
}

/* A property or a case of nobody knows what is only judged by its name: somebody must have it. */
static bool member_is_known(const PortWorld *world, const Map *local, const Use *use) {
	ApiAnswer answer;
	Str name = use->name,
	    bare = str_starts(name, "_") ? str_sub(name, 1, name.len) : name; /* _wq of @ModuleInfo var wq */
	return has_word(&world->words, bare, WORD_SEEN) || has_word(&world->words, name, WORD_SEEN) ||
	       has_word(local, bare, WORD_DECLARED) || is_swift(name) ||
	       is_among(name, SWIFT_MEMBERS, BASE_COUNT(SWIFT_MEMBERS)) || find_name(use, &answer);
}

/* A variable's name that stands in the whole file once, and nowhere in the port: used, but never declared. One that stands there
 * again may be declared by a pattern, which isn't read here; a label is another's name; constants of C, types and modules may be the
 * platform's. */
static bool word_is_known(const PortWorld *world, const Map *local, const Use *use, Str text) {
	ApiAnswer answer;
	bool label = at(text, skip_blanks(text, use->at.end)) == ':';
	char first = at(use->name, 0), second = at(use->name, 1);
	if (first < 'a' || first > 'z' || (first == 'k' && second >= 'A' && second <= 'Z')) return true;
	return label || has_word(&world->words, use->name, WORD_SEEN) || has_word(local, use->name, WORD_DECLARED) ||
	       has_word(local, use->name, WORD_AGAIN) || is_swift(use->name) ||
	       is_among(use->name, SWIFT_WORDS, BASE_COUNT(SWIFT_WORDS)) || find_name(use, &answer);
}

static bool say_unknown(const PortWorld *world, const Map *local, const Use *use, Str text, Buf *out) {
	if (use->is_member ? member_is_known(world, local, use) : word_is_known(world, local, use, text)) return false;
	put_form(use, out);
	buf_puts(out, use->is_member ? " is neither in mlx-swift nor in the port" : " is declared nowhere");
	return true;
}

/* True when something is wrong with the use; its text is then in out. local: words that the text declares itself. */
static bool judge(const PortWorld *world, const Map *local, const Use *use, Str text, bool *of_library, Buf *out) {
	ApiAnswer answer;
	*of_library = true;
	Str root = use->owner;
	size_t dot = str_find(root, ".", 0);
	if (dot != SIZE_MAX) root = str_sub(root, 0, dot);
	bool typed = use->owner.len > 0 && !use->is_member;
	bool of_port = has_word(&world->words, root, WORD_DECLARED) || has_word(local, root, WORD_DECLARED);
	if (typed && of_port) return false;
	bool ours = typed && owner_is_library(use->owner);
	if (is_meta(use->name) || (typed && is_swift(root))) return false;
	if (typed && !ours) {
		if (has_word(&world->words, root, WORD_SEEN)) return false;
		*of_library = str_starts(root, "MLX");
		put_form(use, out);
		buf_printf(out, ": `%.*s` is neither in mlx-swift nor in the port", STR_ARG(root));
		return true;
	}
	if (!ours && !use->is_call) {
		*of_library = false;
		return say_unknown(world, local, use, text, out);
	}
	bool declared = has_word(&world->words, use->name, WORD_DECLARED) || has_word(local, use->name, WORD_DECLARED);
	if (!ours && (declared || is_swift(use->name))) return false;
	bool fits =
	    find_form(use, !use->is_call, false, &answer) || (use->trailing && find_form(use, false, true, &answer));
	if (fits || use->too_many) {
		if (use->too_many || api_available(&answer, world->version[answer.package])) return false;
		put_form(use, out);
		say_version(world, &answer, out);
		return true;
	}
	bool named = find_name(use, &answer);
	if (named && !form_is_known(use)) return false;
	if (!named && !ours && has_word(&world->words, use->name, WORD_SEEN)) return false;
	*of_library = named || ours;
	put_form(use, out);
	if (named) {
		buf_printf(out, ": %s has no such form of it; it has `%.*s`", package_name(answer.package),
		    STR_ARG(answer.symbol->symbol));
	} else {
		buf_puts(out, ours ? " isn't in mlx-swift" : " is neither in mlx-swift nor in the port");
	}
	return true;
}

static bool is_in(const Span *spans, size_t n, uint32_t offset) {
	for (size_t i = 0; i < n; i++) {
		if (offset >= spans[i].start && offset < spans[i].end) return true;
	}
	return n == 0;
}

const ApiProblem *draft_api_check(
    const PortWorld *world, Str text, const Span *spans, size_t n_spans, Arena *arena, size_t *n) {
	VEC(ApiProblem) problems = { 0 };
	Map local = { 0 };
	add_words(&local, text);
	Use use;
	for (size_t from = 0; next_use(text, &from, &use);) {
		if (!is_in(spans, n_spans, use.at.start)) continue;
		Buf said = { 0 };
		bool of_library;
		if (judge(world, &local, &use, text, &of_library, &said))
			VEC_PUSH(problems) = (ApiProblem) { use.at, arena_str(arena, buf_view(&said)), of_library };
		buf_done(&said);
	}
	map_done(&local);
	*n = problems.n;
	return VEC_TO_ARENA(problems, arena);
}

static bool has_label(const ApiSymbol *symbol, Str label) {
	for (size_t i = 0; i < symbol->n_labels; i++) {
		if (str_eq(symbol->labels[i].name, label)) return true;
	}
	return symbol->n_labels == 0 && symbol->is_call;
}

/* Whether each of "x:weight:" is a label of some form of the name. Arguments ("q, k") and a list cut short say nothing. */
static bool labels_exist(Str name, Str labels) {
	for (size_t i = 0; i < labels.len; i++) {
		if (!is_word(labels.ptr[i]) && labels.ptr[i] != ':') return true;
	}
	size_t dot = 0, n;
	for (size_t i = 0; i < name.len; i++) {
		if (name.ptr[i] == '.') dot = i + 1;
	}
	const ApiSymbol *list = api_list(&n);
	Str last = str_sub(name, dot, name.len), label;
	while (str_ends(labels, ":") && str_split(&labels, ':', &label)) {
		bool found = label.len == 0 || str_is(label, "_"), known = false;
		for (size_t i = 0; i < n && !found; i++) {
			if (!str_eq(list[i].name, last)) continue;
			known = known || list[i].is_call;
			found = has_label(&list[i], label);
		}
		if (!found && known) return false;
	}
	return true;
}

int draft_api_exists(const PortWorld *world, Str name, Str labels) {
	ApiAnswer answer;
	if (api_find_text(name, &answer))
		return api_available(&answer, world->version[answer.package]) && labels_exist(name, labels) ? 1 : 0;
	size_t dot = SIZE_MAX;
	for (size_t i = 0; i < name.len; i++) {
		if (name.ptr[i] == '.') dot = i;
	}
	Str owner = dot == SIZE_MAX ? STR_NONE : str_sub(name, 0, dot);
	Str root = str_sub(name, 0, str_find(name, ".", 0));
	if (has_word(&world->words, root, WORD_DECLARED)) return -1;
	return str_starts(name, "MLX") || (owner.len > 0 && owner_is_library(owner)) ? 0 : -1;
}

const ApiProblem *draft_lost_names(Str before, Str after, Arena *arena, size_t *n) {
	VEC(ApiProblem) problems = { 0 };
	Map old = { 0 }, new = { 0 };
	add_words(&old, before);
	add_words(&new, after);
	for (size_t i = 0; i < new.cap; i++) {
		const MapSlot *slot = &new.slots[i];
		if (!slot->used || (slot->value & WORD_DECLARED) || !has_word(&old, slot->key, WORD_DECLARED)) continue;
		VEC_PUSH(problems) = (ApiProblem) {
			.text = arena_printf(arena, "`%.*s` is still used, but no longer declared", STR_ARG(slot->key)),
		};
	}
	map_done(&old);
	map_done(&new);
	*n = problems.n;
	return VEC_TO_ARENA(problems, arena);
}
