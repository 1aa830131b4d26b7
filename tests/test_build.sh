#!/bin/sh
# The tools of the build: what must be refused is refused, and no failure is counted as a success.
set -u
work=$(mktemp -d "${TMPDIR:-/tmp}/triptych build.XXXXXX") # with a space, on purpose
trap 'rm -rf "$work"' EXIT
n=0

# check NAME COMMAND...
check() {
	n=$((n + 1))
	name=$1
	shift
	if "$@" >"$work/said" 2>&1; then
		echo "ok $n - $name"
	else
		echo "not ok $n - $name"
		sed 's/^/# /' "$work/said"
	fi
}

# suite TEXT STATUS: makes a suite that prints TEXT and ends with STATUS; runs it
suite() {
	printf 'printf "%%b" "%s"\nexit %s\n' "$1" "$2" >"$work/suite.sh"
	TRIPTYCH_GOLDEN_OUT='' TEST_SECONDS=${3:-60} tests/run "$work/suite.sh" >"$work/out" 2>&1
}
last() { [ "$(tail -n 1 "$work/out")" = "$1" ]; }

all_good() { suite '1..2\nok 1 - a\nok 2 - b\n' 0 && last '2 passed, 0 failed'; }
one_bad() { ! suite '1..2\nok 1 - a\nnot ok 2 - b\n' 1 && last '1 passed, 1 failed' && grep -q 'not ok 2 - b' "$work/out"; }
crash() { ! suite '1..5\nok 1 - a\n' 134 && last '1 passed, 4 failed'; }
leak() { ! suite '1..1\nok 1 - a\n' 23 && last '1 passed, 1 failed'; }
empty() { ! suite '' 0 && last '0 passed, 1 failed'; }
skipped() { suite '1..2\nok 1 - a\nnot ok 2 # SKIP b\n' 0 && last '1 passed, 0 failed'; }
hang() {
	printf 'echo 1..1\nexec perl -e "select undef, undef, undef, 60"\n' >"$work/suite.sh"
	! TRIPTYCH_GOLDEN_OUT='' TEST_SECONDS=1 tests/run "$work/suite.sh" >"$work/out" 2>&1 && last '0 passed, 1 failed'
}

check 'passed tests are counted' all_good
check 'a failed test fails the run and is shown' one_bad
check 'a crash counts what never ran' crash
check 'a bad exit after the last test is a failure' leak
check 'a suite without tests has failed' empty
check 'skipped tests are neither' skipped
check 'a suite that hangs is stopped' hang

# A package of the right name with other content.
mkdir "$work/packages"
while read -r name version sum; do
	case $name in '#'*) continue ;; esac
	echo "not it" | gzip >"$work/packages/$name-$version.tgz"
done <core/grammars.lock
other_bytes() {
	! TRIPTYCH_GRAMMARS=$work/packages packaging/grammars core/grammars.lock "$work/grammars" 2>"$work/why" &&
		grep -q 'SHA-512 differs' "$work/why" && [ ! -e "$work/grammars" ]
}
absent() {
	mkdir "$work/none"
	! TRIPTYCH_GRAMMARS=$work/none packaging/grammars core/grammars.lock "$work/grammars" 2>"$work/why" &&
		grep -q 'tree-sitter-0' "$work/why" && [ ! -e "$work/grammars" ]
}
# Nothing half unpacked stays behind; names with a leading dot are work in progress.
tidy() { [ "$(find "$work" -maxdepth 1 -name '.*' ! -path "$work" | wc -l)" -eq 0 ]; }
check 'a package with another content is refused' other_bytes
check 'a folder without the packages is refused' absent
check 'refusals leave nothing behind' tidy

mkdir "$work/golden" "$work/new"
accept() {
	echo old >"$work/golden/x"
	echo new >"$work/new/x"
	tests/accept "$work/new" "$work/golden" >"$work/shown" && grep -q '^-old' "$work/shown" &&
		grep -q '^+new' "$work/shown" && [ "$(cat "$work/golden/x")" = new ]
}
check 'accept shows the difference and takes the new golden' accept

echo "1..$n"
