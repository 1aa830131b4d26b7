"""The checks of make lint that read text: includes, sizes, banned calls, words that may not appear.

Each table below is the rule itself. A finding is printed as "file:line: reason"; any finding makes the exit status 1.
"""

import os
import re
import subprocess
import sys

LAYERS = {
    "core": {"core"},
    "prompts": {"core", "prompts"},
    "sessions": {"core", "sessions"},
    "tui": {"core", "prompts", "sessions", "tui"},
}

# Each third-party header has one file that includes it; tests may look for themselves.
INCLUDERS = [
    (r"tree_sitter/.*", "core/syntax.c"),
    (r"(cjson/)?cJSON(_Utils)?\.h", "core/json.c"),
    (r"git2(/.*)?(\.h)?", "core/git.c"),
    (r"cmark.*\.h", "core/markdown.c"),
    (r"utf8proc\.h", "core/utf8.c"),
    (r"curl/.*", "prompts/http.c"),
    (r"sqlite3.*\.h", "sessions/store.c"),
    (r"(ncurses.*|curses|term|panel)(/.*)?\.h", "tui/term.c"),
]

LINES = 640  # "about 600"
# Tables, which grow with the product and are read by searching, not from top to bottom.
TABLES = {"tui/action.c", "core/ops_table.c", "core/flow_table.c"}

BANNED = {
    "strcpy": "memcpy with a known length, or a Buf",
    "strcat": "a Buf",
    "strncpy": "memcpy with a known length",
    "strncat": "a Buf",
    "sprintf": "snprintf, buf_printf or arena_printf",
    "vsprintf": "vsnprintf or buf_vprintf",
    "gets": "base_file_read",
    "strtok": "str_split",
    "strtok_r": "str_split",
    "atoi": "strtol, whose errors can be seen",
    "atol": "strtol, whose errors can be seen",
    "atof": "strtod, whose errors can be seen",
    "scanf": "a parser that says where it failed",
    "sscanf": "a parser that says where it failed",
    "system": "posix_spawn with an argument vector",
    "popen": "posix_spawn with an argument vector",
    "alloca": "an arena",
    "tmpnam": "mkstemp",
    "mktemp": "mkstemp",
    "rand": "a seed that is passed",
    "srand": "a seed that is passed",
    "localtime": "localtime_r",
    "gmtime": "gmtime_r",
    "ctime": "strftime",
    "asctime": "strftime",
    "getrandom": "reading /dev/urandom, which macOS has too",
    "qsort_r": "qsort with the context in the elements",
    "sleep": "waiting for a condition with a deadline",
    "usleep": "waiting for a condition with a deadline",
    "nanosleep": "waiting for a condition with a deadline",
}
# Where a person's own command line is handed to the shell, which is what it is written for: the copy command.
ALLOWED = {
    ("popen", "tui/app_edit.c"),
}

# Spelt apart, so that this file passes its own check.
FORBIDDEN = [
    (r"registry\." + r"npmjs|npmjs\." + r"(com|org)", "names a registry host"),
    (r"deb\." + r"debian\.org|pypi\." + r"org|crates\." + r"io", "names a registry host"),
    (r"(?<![\w.~}])/(work|root)" + r"/[\w.]", "names a path of one machine"),
]
TEXT = re.compile(r"\.(c|h|md|py|sh|sql|tsv|scm|yml|yaml|txt|json|swift)$|^Makefile$|/run$|^packaging/")
SKIPPED = ("build/", "dist/", ".git/", "grammars/")

found = []


def report(path, line, reason):
    found.append(f"{path}:{line}: {reason}")


def project_files():
    """Files that git knows or would take; without git, all that stands here."""
    try:
        listed = subprocess.run(
            ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"], capture_output=True, check=True
        ).stdout.decode()
        names = listed.split("\0")
    except (OSError, subprocess.CalledProcessError):
        names = [os.path.join(folder, name)[2:] for folder, _, files in os.walk(".") for name in files]
    return sorted(n for n in names if n and os.path.isfile(n) and not n.startswith(SKIPPED))


def without_comments_and_strings(text):
    """The same text with comments and literals blanked, so that lines keep their numbers."""
    pattern = re.compile(r"//[^\n]*|/\*.*?\*/|\"(?:\\.|[^\"\\\n])*\"|'(?:\\.|[^'\\\n])+'", re.S)
    return pattern.sub(lambda m: re.sub(r"[^\n]", " ", m.group()), text)


def without_comments(text):
    pattern = re.compile(r"(\"(?:\\.|[^\"\\\n])*\")|//[^\n]*|/\*.*?\*/", re.S)
    return pattern.sub(lambda m: m.group(1) or re.sub(r"[^\n]", " ", m.group()), text)


def check_include(path, line, system, name):
    layer = path.split("/")[0]
    if name.endswith(".c"):
        report(path, line, f"includes '{name}': a .c file is compiled, never included")
    if system:
        for pattern, owner in INCLUDERS:
            if re.fullmatch(pattern, name) and path != owner and layer != "tests":
                report(path, line, f"includes <{name}>: only {owner} does, all others go through its header")
        return
    if "/" not in name:
        report(path, line, f'includes "{name}": our headers are named from the top of the repository')
        return
    target = name.split("/")[0]
    if layer in LAYERS and target not in LAYERS[layer]:
        report(path, line, f'includes "{name}": {layer} may include {", ".join(sorted(LAYERS[layer]))} only')


def check_c(path, text):
    lines = text.count("\n")
    if lines > LINES and path not in TABLES:
        report(path, lines, f"{lines} lines: a file is one thing, about 600 lines at most")
    includes = [
        (i, m.group(1) == "<", m.group(2))
        for i, line in enumerate(without_comments(text).split("\n"), 1)
        if (m := re.match(r"\s*#\s*include\s*([<\"])([^>\"]+)", line))
    ]
    for include in includes:
        check_include(path, *include)
    if path.endswith(".c") and includes and includes[0][2] != "core/posix.h":
        report(path, includes[0][0], 'the first include is not "core/posix.h", which sets the feature macros')
    if path.endswith(".h") and not text.startswith("/*"):
        report(path, 1, "a header opens with a paragraph on what it owns")
    code = without_comments_and_strings(text)
    for m in re.finditer(r"(?<![\w.>])(\w+)\s*\(", code):
        name = m.group(1)
        if name in BANNED and (name, path) not in ALLOWED:
            report(path, code.count("\n", 0, m.start()) + 1, f"{name}() is banned: use {BANNED[name]}")


def check_words(path, text):
    for i, line in enumerate(text.split("\n"), 1):
        for pattern, reason in FORBIDDEN:
            if re.search(pattern, line):
                report(path, i, reason)


def main():
    for path in project_files():
        if not TEXT.search(path):
            continue
        try:
            with open(path, encoding="utf-8", newline="") as f:
                text = f.read()
        except UnicodeDecodeError:
            continue
        check_words(path, text)
        if re.search(r"\.[ch]$", path) and path.split("/")[0] in {*LAYERS, "tests"} and not path.startswith("sessions/demo/"):
            check_c(path, text)
    print("\n".join(found), end="\n" if found else "")
    return 1 if found else 0


sys.exit(main())
