/* What a declared type says of a value. */
#include "core/posix.h"

#include "core/facts.h"

#include <string.h>

typedef struct TypeFacts {
	const char *name;
	uint8_t domain, dtype;
	bool is_double;
} TypeFacts;

static const TypeFacts swift_types[] = {
	{ "MLXArray", DOMAIN_DEVICE, DTYPE_UNKNOWN, false },
	{ "Float", DOMAIN_HOST_SCALAR, DTYPE_FLOAT, false },
	{ "Float32", DOMAIN_HOST_SCALAR, DTYPE_FLOAT, false },
	{ "Double", DOMAIN_HOST_SCALAR, DTYPE_FLOAT, true },
	{ "Float64", DOMAIN_HOST_SCALAR, DTYPE_FLOAT, true },
	{ "Float16", DOMAIN_HOST_SCALAR, DTYPE_HALF, false },
	{ "Int", DOMAIN_HOST_SCALAR, DTYPE_INTEGER, false },
	{ "Int8", DOMAIN_HOST_SCALAR, DTYPE_INTEGER, false },
	{ "Int16", DOMAIN_HOST_SCALAR, DTYPE_INTEGER, false },
	{ "Int32", DOMAIN_HOST_SCALAR, DTYPE_INTEGER, false },
	{ "Int64", DOMAIN_HOST_SCALAR, DTYPE_INTEGER, false },
	{ "UInt", DOMAIN_HOST_SCALAR, DTYPE_INTEGER, false },
	{ "UInt8", DOMAIN_HOST_SCALAR, DTYPE_INTEGER, false },
	{ "UInt16", DOMAIN_HOST_SCALAR, DTYPE_INTEGER, false },
	{ "UInt32", DOMAIN_HOST_SCALAR, DTYPE_INTEGER, false },
	{ "UInt64", DOMAIN_HOST_SCALAR, DTYPE_INTEGER, false },
	{ "Bool", DOMAIN_HOST_SCALAR, DTYPE_BOOL, false },
	{ "String", DOMAIN_HOST_SCALAR, DTYPE_STRING, false },
};

static const TypeFacts python_types[] = {
	{ "mx.array", DOMAIN_DEVICE, DTYPE_UNKNOWN, false },
	{ "mlx.core.array", DOMAIN_DEVICE, DTYPE_UNKNOWN, false },
	{ "array", DOMAIN_DEVICE, DTYPE_UNKNOWN, false },
	{ "torch.Tensor", DOMAIN_DEVICE, DTYPE_UNKNOWN, false },
	{ "Tensor", DOMAIN_DEVICE, DTYPE_UNKNOWN, false },
	{ "torch.FloatTensor", DOMAIN_DEVICE, DTYPE_FLOAT, false },
	{ "torch.LongTensor", DOMAIN_DEVICE, DTYPE_INTEGER, false },
	{ "torch.IntTensor", DOMAIN_DEVICE, DTYPE_INTEGER, false },
	{ "torch.BoolTensor", DOMAIN_DEVICE, DTYPE_BOOL, false },
	{ "np.ndarray", DOMAIN_HOST_ARRAY, DTYPE_UNKNOWN, false },
	{ "numpy.ndarray", DOMAIN_HOST_ARRAY, DTYPE_UNKNOWN, false },
	{ "int", DOMAIN_HOST_SCALAR, DTYPE_INTEGER, false },
	{ "float", DOMAIN_HOST_SCALAR, DTYPE_FLOAT, true },
	{ "bool", DOMAIN_HOST_SCALAR, DTYPE_BOOL, false },
	{ "str", DOMAIN_HOST_SCALAR, DTYPE_STRING, false },
};

static void look_up(const TypeFacts *types, size_t n, Str type, uint8_t nesting, Facts *facts) {
	for (size_t i = 0; i < n; i++) {
		if (!str_is(type, types[i].name)) continue;
		bool of_arrays = nesting && types[i].domain != DOMAIN_HOST_SCALAR;
		facts->domain = types[i].domain;
		facts->dtype = of_arrays ? DTYPE_UNKNOWN : types[i].dtype;
		facts->is_double = types[i].is_double;
	}
	if (!nesting) return;
	facts->domain = DOMAIN_HOST_ARRAY;
	facts->nesting = nesting;
}

/* Whether a bracketed type is a dictionary: a colon outside of inner brackets. */
static bool is_dictionary(Str inner) {
	int depth = 0;
	for (size_t i = 0; i < inner.len; i++) {
		char c = inner.ptr[i];
		depth += (c == '[' || c == '(' || c == '<') - (c == ']' || c == ')' || c == '>');
		if (c == ':' && depth == 0) return true;
	}
	return false;
}

static void of_swift_type(Str type, Facts *facts) {
	uint8_t nesting = 0;
	for (;;) {
		type = str_trim(type);
		if (str_starts(type, "inout ")) type = str_trim(str_sub(type, strlen("inout "), type.len));
		while (type.len && strchr("?!", type.ptr[type.len - 1])) type.len--;
		bool bracketed = type.len > 2 && type.ptr[0] == '[' && type.ptr[type.len - 1] == ']';
		if (!bracketed || nesting == 8) break;
		Str inner = str_sub(type, 1, type.len - 1);
		if (is_dictionary(inner)) {
			if (!nesting) facts->domain = DOMAIN_OTHER;
			break;
		}
		type = inner;
		nesting++;
	}
	look_up(swift_types, BASE_COUNT(swift_types), type, nesting, facts);
}

static Str inside(Str type, const char *const *wrappers, size_t n) {
	for (size_t i = 0; i < n; i++) {
		if (str_starts(type, wrappers[i]) && str_ends(type, "]"))
			return str_trim(str_sub(type, strlen(wrappers[i]), type.len - 1));
	}
	return STR_NONE;
}

static void of_python_type(Str type, Facts *facts) {
	static const char *const optional[] = { "Optional[", "typing.Optional[" };
	static const char *const lists[] = { "List[", "list[", "Sequence[", "typing.List[", "typing.Sequence[" };
	uint8_t nesting = 0;
	for (int turn = 0; turn < 8; turn++) {
		type = str_trim(type);
		if (str_ends(type, "| None")) type = str_trim(str_sub(type, 0, type.len - strlen("| None")));
		if (type.len > 1 && strchr("\"'", type.ptr[0])) type = str_sub(type, 1, type.len - 1);
		Str inner = inside(type, optional, BASE_COUNT(optional));
		if (!inner.len) {
			inner = inside(type, lists, BASE_COUNT(lists));
			nesting += inner.len > 0;
		}
		if (!inner.len) break;
		type = inner;
	}
	look_up(python_types, BASE_COUNT(python_types), type, nesting, facts);
}

void facts_of_type(Lang lang, Str type, Facts *facts) {
	if (!type.len) return;
	if (lang == LANG_SWIFT)
		of_swift_type(type, facts);
	else
		of_python_type(type, facts);
}
