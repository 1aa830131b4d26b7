#include "core/posix.h"

#include "core/source.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- a folder to try things in; all names are relative to it ---- */

static int enter(void **state) {
	char folder[] = "/tmp/triptych-test-source-XXXXXX";
	if (!mkdtemp(folder) || chdir(folder) != 0) return -1;
	*state = strdup(folder);
	return 0;
}

static int remove_one(const char *path, const struct stat *st, int flag, struct FTW *ftw) {
	(void)st, (void)flag, (void)ftw;
	return remove(path);
}

static int leave(void **state) {
	int failed = chdir("/") != 0 || nftw(*state, remove_one, 16, FTW_DEPTH | FTW_PHYS) != 0;
	free(*state);
	return failed;
}

static void put_bytes(const char *path, const char *bytes, size_t n) {
	char folder[256];
	for (const char *slash = strchr(path, '/'); slash; slash = strchr(slash + 1, '/')) {
		snprintf(folder, sizeof folder, "%.*s", (int)(slash - path), path);
		mkdir(folder, 0777);
	}
	FILE *f = fopen(path, "wb");
	assert_non_null(f);
	assert_int_equal(fwrite(bytes, 1, n, f), n);
	fclose(f);
}

static void put(const char *path, const char *text) { put_bytes(path, text, strlen(text)); }

/* The least that is a git checkout, so that no git program is needed. */
static void put_checkout(const char *folder) {
	char path[256];
	snprintf(path, sizeof path, "%s/.git/HEAD", folder);
	put(path, "ref: refs/heads/trunk\n");
	snprintf(path, sizeof path, "%s/.git/objects/x", folder);
	put(path, "");
	snprintf(path, sizeof path, "%s/.git/refs/heads/trunk", folder);
	put(path, "0123456789abcdef0123456789abcdef01234567\n");
}

/* Opens and says what was found: "name name(context) name(test,context)". */
static const char *names_of(Side side, const char *const *paths, size_t n, Source *source) {
	static char text[2048];
	Err err = { 0 };
	SourceOptions options = { .paths = paths, .n_paths = n };
	if (!source_open(side, &options, source, &err)) fail_msg("%s", err.text);
	text[0] = '\0';
	for (size_t i = 0; i < source->n_files; i++) {
		const SourceFile *f = &source->files[i];
		snprintf(text + strlen(text), sizeof text - strlen(text), "%s%s%s%s", i ? " " : "", f->name,
		    f->is_test ? "(test)" : "", f->in_scope ? "" : "(context)");
	}
	return text;
}
#define NAMES(side, source, ...)                                                                                       \
	names_of(side, (const char *const[]) { __VA_ARGS__ },                                                              \
	    sizeof((const char *const[]) { __VA_ARGS__ }) / sizeof(char *), source)

/* ---- text ---- */

static void lines_and_columns(void **state) {
	(void)state;
	Source s;
	source_of_text(SIDE_SWIFT, "A.swift", STR("one\r\n\ttwo \xc3\xa9\n\nlast"), &s);
	const SourceFile *f = &s.files[0];
	assert_int_equal(f->n_lines, 4);
	assert_true(str_is(source_line(f, 1), "one"));
	assert_true(str_is(source_line(f, 2), "\ttwo \xc3\xa9"));
	assert_int_equal(source_line(f, 3).len, 0);
	assert_true(str_is(source_line(f, 4), "last"));
	assert_int_equal(source_line(f, 5).len, 0);
	Pos p = source_pos(f, 6);
	assert_true(p.line == 2 && p.column == 2);
	p = source_pos(f, 1000);
	assert_true(p.line == 4 && p.column == 5);
	assert_int_equal(source_line_start(f, 2), 5);
	assert_int_equal(source_line_start(f, 9), f->text.len);
	assert_string_equal(side_name(s.side), "swift");
	Side side;
	assert_true(side_of(STR("torch"), &side) && side == SIDE_TORCH);
	assert_false(side_of(STR("jax"), &side));
	source_done(&s);
	source_of_text(SIDE_MLX, "a.py", STR_NONE, &s);
	assert_int_equal(s.files[0].n_lines, 1);
	assert_string_equal(s.files[0].content_id, "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391");
	source_done(&s);
}

/* ---- scope and context ---- */

static void package_is_context(void **state) {
	(void)state;
	put("p/Package.swift", "import PackageDescription\nlet package = Package(\n  name: \"Whin\", targets: [])\n");
	put("p/Sources/M/A.swift", "let a = 1\n");
	put("p/Sources/M/B.swift", "let b = 1\n");
	put("p/Sources/N/C.swift", "let c = 1\n");
	put("p/Tests/MTests/ATests.swift", "let t = 1\n");
	put("p/.build/checkouts/x/X.swift", "let x = 1\n");
	put("p/DerivedData/Y.swift", "let y = 1\n");
	put("p/readme.md", "no\n");
	Source s;
	assert_string_equal(NAMES(SIDE_SWIFT, &s, "p/Sources/M"),
	    "Package.swift(context) Sources/M/A.swift Sources/M/B.swift Sources/N/C.swift(context) "
	    "Tests/MTests/ATests.swift(test)(context)");
	assert_string_equal(s.files[1].path, "p/Sources/M/A.swift");
	assert_string_equal(s.package, "Whin");
	assert_string_equal(s.commit, "");
	source_done(&s);
	assert_string_equal(NAMES(SIDE_SWIFT, &s, "p/"),
	    "Package.swift Sources/M/A.swift Sources/M/B.swift Sources/N/C.swift Tests/MTests/ATests.swift(test)(context)");
	assert_string_equal(s.files[1].path, "p/Sources/M/A.swift");
	source_done(&s);
	assert_string_equal(NAMES(SIDE_SWIFT, &s, "p/Tests"),
	    "Package.swift(context) Sources/M/A.swift(context) Sources/M/B.swift(context) Sources/N/C.swift(context) "
	    "Tests/MTests/ATests.swift(test)");
	source_done(&s);
	/* the same file as itself, by its folder and by another spelling */
	assert_string_equal(NAMES(SIDE_SWIFT, &s, "p/Sources/M/A.swift", "p/Sources/./M", "p/Sources/M/A.swift"),
	    "Package.swift(context) Sources/M/A.swift Sources/M/B.swift Sources/N/C.swift(context) "
	    "Tests/MTests/ATests.swift(test)(context)");
	source_done(&s);
	/* what is left out below others may be given itself */
	assert_string_equal(NAMES(SIDE_SWIFT, &s, "p/.build/checkouts/x/X.swift"),
	    ".build/checkouts/x/X.swift Package.swift(context) Sources/M/A.swift(context) Sources/M/B.swift(context) "
	    "Sources/N/C.swift(context) Tests/MTests/ATests.swift(test)(context)");
	source_done(&s);
	const char *paths[] = { "p/Sources/M/A.swift" }, *more[] = { "p/DerivedData" };
	SourceOptions options = { .paths = paths, .n_paths = 1, .context = more, .n_context = 1, .no_context = true };
	assert_true(source_open(SIDE_SWIFT, &options, &s, NULL));
	assert_int_equal(s.n_files, 2);
	assert_string_equal(s.files[0].name, "DerivedData/Y.swift");
	assert_false(s.files[0].in_scope);
	source_done(&s);
}

static void git_rules_hold(void **state) {
	(void)state;
	put_checkout("g");
	put("g/.gitignore", "out/\n*.gen.swift\n!keep.gen.swift\n");
	put("g/sub/.gitignore", "Local.swift\n");
	put("g/A.swift", "let a = 1\n");
	put("g/a.gen.swift", "let a = 1\n");
	put("g/keep.gen.swift", "let a = 1\n");
	put("g/sub/Local.swift", "let a = 1\n");
	put("g/sub/B.swift", "let a = 1\n");
	put("g/out/O.swift", "let a = 1\n");
	Source s;
	assert_string_equal(NAMES(SIDE_SWIFT, &s, "g"), "A.swift keep.gen.swift sub/B.swift");
	assert_string_equal(s.branch, "trunk");
	assert_string_equal(s.commit, "0123456789abcdef0123456789abcdef01234567");
	source_done(&s);
	assert_string_equal(
	    NAMES(SIDE_SWIFT, &s, "g/out"), "A.swift(context) keep.gen.swift(context) out/O.swift sub/B.swift(context)");
	source_done(&s);
}

static void links_lead_nowhere_twice(void **state) {
	(void)state;
	put("l/Package.swift", "let package = Package(name: name)\n");
	put("l/Sources/A.swift", "let a = 1\n");
	put("l/Shared/S.swift", "let s = 1\n");
	put("other/O.swift", "let o = 1\n");
	assert_int_equal(symlink("..", "l/Sources/loop"), 0);
	assert_int_equal(symlink("../Shared", "l/Sources/Shared"), 0);
	assert_int_equal(symlink("A.swift", "l/Sources/Alias.swift"), 0);
	assert_int_equal(symlink("../../other", "l/Sources/outside"), 0);
	assert_int_equal(symlink("nothing", "l/Sources/Dangling.swift"), 0);
	Source s;
	assert_string_equal(NAMES(SIDE_SWIFT, &s, "l"), "Package.swift Shared/S.swift Sources/A.swift");
	assert_string_equal(s.package, "l");
	source_done(&s);
}

/* A package that carries the library: its sources are no port, but for who asks for them alone. */
static void the_library_is_left_out(void **state) {
	(void)state;
	Source s;
	put("v/Package.swift", "let package = Package(name: \"v\")\n");
	put("v/Source/MLX/MLXArray.swift", "public final class MLXArray {}\n");
	put("v/Source/MLX/Ops.swift", "public func softmax(_ x: MLXArray) -> MLXArray { x }\n");
	put("v/Source/MLXNN/Linear.swift", "open class Linear {}\n");
	put("v/Source/MLXPort/Model.swift", "final class Model {}\n");
	assert_string_equal(NAMES(SIDE_SWIFT, &s, "v"), "Package.swift Source/MLXPort/Model.swift");
	source_done(&s);
	assert_string_equal(
	    NAMES(SIDE_SWIFT, &s, "v/Source/MLXPort/Model.swift"), "Package.swift(context) Source/MLXPort/Model.swift");
	source_done(&s);
	assert_string_equal(NAMES(SIDE_SWIFT, &s, "v/Source/MLX/Ops.swift"),
	    "Package.swift(context) Source/MLX/MLXArray.swift(context) Source/MLX/Ops.swift "
	    "Source/MLXNN/Linear.swift(context) Source/MLXPort/Model.swift(context)");
	source_done(&s);
}

static void loose_files_have_no_context(void **state) {
	(void)state;
	put("loose/a/A.swift", "let a = 1\n");
	put("loose/b/B.swift", "let b = 1\n");
	put("loose/b/C.swift", "let c = 1\n");
	Source s;
	assert_string_equal(NAMES(SIDE_SWIFT, &s, "loose/b/B.swift", "loose/a"), "a/A.swift b/B.swift");
	source_done(&s);
}

static void python_context_is_what_is_imported(void **state) {
	(void)state;
	put("py/pyproject.toml", "");
	put("py/pkg/__init__.py", "x = 1\n");
	put("py/pkg/models/__init__.py", "from .llama import Model\n");
	put("py/pkg/models/llama.py",
	    "import mlx.core as mx\nfrom .base import (\n    A,\n    B)\nfrom ..tools import rope\nfrom pkg import util as u\n");
	put("py/pkg/models/base.py", "import pkg.deep.cache\n");
	put("py/pkg/models/unrelated.py", "x = 1\n");
	put("py/pkg/tools/__init__.py", "x = 1\n");
	put("py/pkg/tools/rope.py", "x = 1\n");
	put("py/pkg/util.py", "x = 1\n");
	put("py/pkg/deep/cache.py", "x = 1\n");
	put("py/tests/test_llama.py", "x = 1\n");
	put("py/env/pyvenv.cfg", "");
	put("py/env/lib/x.py", "x = 1\n");
	put("py/__pycache__/y.py", "x = 1\n");
	Source s;
	assert_string_equal(NAMES(SIDE_MLX, &s, "py/pkg/models/llama.py"),
	    "pkg/__init__.py(context) pkg/deep/cache.py(context) pkg/models/base.py(context) pkg/models/llama.py "
	    "pkg/tools/__init__.py(context) pkg/tools/rope.py(context) pkg/util.py(context)");
	source_done(&s);
	assert_string_equal(NAMES(SIDE_MLX, &s, "py"),
	    "pkg/__init__.py pkg/deep/cache.py pkg/models/__init__.py pkg/models/base.py pkg/models/llama.py "
	    "pkg/models/unrelated.py pkg/tools/__init__.py pkg/tools/rope.py pkg/util.py tests/test_llama.py(test)(context)");
	source_done(&s);
}

/* ---- what can't be read ---- */

static void skips_have_reasons(void **state) {
	(void)state;
	put("s/Good.swift", "let a = 1\n");
	put("s/Empty.swift", "");
	put_bytes("s/Binary.swift", "a\0b", 3);
	put("s/Latin.swift", "// caf\xe9\n");
	put("s/Huge.swift", "");
	assert_int_equal(truncate("s/Huge.swift", SOURCE_MAX_FILE + 1), 0);
	put("s/notes.txt", "x\n");
	Source s;
	assert_string_equal(NAMES(SIDE_SWIFT, &s, "s", "s/notes.txt"), "Good.swift");
	Buf skips = { 0 };
	for (size_t i = 0; i < s.n_skipped; i++) buf_printf(&skips, "%s: %s\n", s.skipped[i].path, s.skipped[i].reason);
	assert_string_equal(skips.ptr, "s/notes.txt: not a Swift file\ns/Binary.swift: binary\ns/Empty.swift: empty\n"
	                               "s/Huge.swift: larger than 8 MB\ns/Latin.swift: not UTF-8\n");
	buf_done(&skips);
	source_done(&s);
}

static void failures_name_the_path(void **state) {
	(void)state;
	put("f/Empty.swift", "");
	put("f/n/a.py", "x = 1\n");
	static const struct {
		const char *path, *message;
	} cases[] = {
		{ "f/gone", "cannot open 'f/gone': No such file or directory" },
		{ "f/n", "no Swift file in 'f/n'" },
		{ "f/n/a.py", "no Swift file in 'f/n/a.py' can be read: 'f/n/a.py' is skipped (not a Swift file)" },
		{ "f/Empty.swift", "no Swift file in 'f/Empty.swift' can be read: 'f/Empty.swift' is skipped (empty)" },
	};
	for (size_t i = 0; i < BASE_COUNT(cases); i++) {
		Source s;
		Err err = { 0 };
		SourceOptions options = { .paths = &cases[i].path, .n_paths = 1 };
		assert_false(source_open(SIDE_SWIFT, &options, &s, &err));
		assert_string_equal(err.text, cases[i].message);
		assert_int_equal(s.n_files, 0);
	}
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines_and_columns),
		cmocka_unit_test_setup_teardown(package_is_context, enter, leave),
		cmocka_unit_test_setup_teardown(git_rules_hold, enter, leave),
		cmocka_unit_test_setup_teardown(links_lead_nowhere_twice, enter, leave),
		cmocka_unit_test_setup_teardown(the_library_is_left_out, enter, leave),
		cmocka_unit_test_setup_teardown(loose_files_have_no_context, enter, leave),
		cmocka_unit_test_setup_teardown(python_context_is_what_is_imported, enter, leave),
		cmocka_unit_test_setup_teardown(skips_have_reasons, enter, leave),
		cmocka_unit_test_setup_teardown(failures_name_the_path, enter, leave),
	};
	return cmocka_run_group_tests_name("source", tests, NULL, NULL);
}
