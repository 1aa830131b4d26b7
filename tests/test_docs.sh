#!/bin/sh
# The manual page and the completions say what the program's tables say. TAP on stdout; the program is TRIPTYCH.
# A manual page that is out of date is made anew by:   build/triptych completions man >docs/triptych.1
set -u

folder=$(mktemp -d "${TMPDIR:-/tmp}/triptych-docs.XXXXXX")
trap 'rm -rf "$folder"' EXIT
export HOME="$folder" XDG_DATA_HOME="$folder" XDG_CONFIG_HOME="$folder"
number=0
failed=0

check() { # DESCRIPTION COMMAND...
	number=$((number + 1))
	description=$1
	shift
	if "$@" >"$folder/out" 2>&1; then
		echo "ok $number - $description"
	else
		echo "not ok $number - $description"
		sed 's/^/# /' "$folder/out"
		failed=1
	fi
}

commands() { "$TRIPTYCH" --help | sed -n '/^Commands:/,/^$/s/^  \([a-z]*\) .*/\1/p' | sort -u; }
manual_is_current() { "$TRIPTYCH" completions man | diff docs/triptych.1 -; }
manual_names_all() {
	for command in $(commands); do
		grep -q "^.SS triptych $command" docs/triptych.1 || { echo "$command isn't in the manual"; return 1; }
	done
}
names_all() { # SHELL
	for command in $(commands); do
		"$TRIPTYCH" completions "$1" | grep -qw -- "$command" || { echo "$command can't be completed"; return 1; }
	done
}
# What bash offers behind the words given, the last of which is being typed.
offered() {
	"$TRIPTYCH" completions bash >"$folder/complete.bash"
	PATH="$(dirname "$TRIPTYCH"):$PATH" bash -c '
		source "$1"; shift
		COMP_WORDS=(triptych "$@"); COMP_CWORD=$#
		_triptych; printf "%s\n" "${COMPREPLY[@]}"' - "$folder/complete.bash" "$@"
}
bash_offers() { # EXPECTED WORD...
	expected=$1
	shift
	offered "$@" | grep -qx -- "$expected" || { echo "offered: $(offered "$@" | tr '\n' ' ')"; return 1; }
}
unknown_is_told() { ! "$TRIPTYCH" completions tcsh 2>"$folder/err" && grep -q "bash, zsh and fish" "$folder/err"; }

check "the manual page is what the tables say" manual_is_current
check "the manual page has every command" manual_names_all
for shell in bash zsh fish; do check "every command completes in $shell" names_all $shell; done
check "bash completes a command" bash_offers rescan resc
check "bash completes an option" bash_offers --because decide demo x accept --bec
check "bash completes a format" bash_offers sarif export demo --format sa
check "bash completes a verdict" bash_offers measure decide demo sdpa-3f2a mea
"$TRIPTYCH" demo --no-tui >/dev/null 2>&1
check "bash completes the name of a session" bash_offers demo open de
check "bash reads its completions" bash -n "$folder/complete.bash"
if command -v zsh >/dev/null 2>&1; then
	"$TRIPTYCH" completions zsh >"$folder/_triptych"
	check "zsh reads its completions" zsh -n "$folder/_triptych"
fi
if command -v fish >/dev/null 2>&1; then
	"$TRIPTYCH" completions fish >"$folder/triptych.fish"
	check "fish reads its completions" fish -n "$folder/triptych.fish"
fi
check "an unknown shell is told which there are" unknown_is_told
echo "1..$number"
exit $failed
