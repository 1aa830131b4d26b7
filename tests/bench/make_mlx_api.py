#!/usr/bin/env python3
"""Writes core/mlx_api.tsv: the public API of mlx-swift and mlx-swift-lm through all their tags.

    make_mlx_api.py --mlx-swift DIR.git --mlx-swift-lm DIR.git > core/mlx_api.tsv

Every tag that is a version is read, and HEAD, whose news are `untagged`. The format is told in core/api.h.
"""
import argparse
import io
import re
import subprocess
import sys
import tarfile

PACKAGES = {
    "mlx-swift": (r"Source/(MLX|MLXNN|MLXFast|MLXFFT|MLXLinalg|MLXRandom|MLXOptimizers)/", "Source"),
    "mlx-swift-lm": (r"Libraries/(MLXLMCommon|MLXLLM|MLXVLM|MLXEmbedders)/(?!Models/)", "Libraries"),
}
TYPES = {"class", "struct", "enum", "extension", "protocol", "actor"}
MODIFIERS = {"public", "open", "internal", "private", "fileprivate", "package", "static", "final", "override", "convenience",
             "required", "mutating", "nonmutating", "lazy", "weak", "unowned", "indirect", "nonisolated", "dynamic",
             "prefix", "postfix", "infix", "optional", "consuming", "borrowing", "isolated", "unsafe", "set"}
WORD = re.compile(r"`?[A-Za-z_]\w*`?")


def blank(match):
    return re.sub(r"[^\n]", " ", match.group(0))


def without_comments(text):
    """Comments become blanks; strings stay."""
    return re.sub(r'"""(?:.|\n)*?"""|#?"(?:\\.|[^"\\\n])*"|//[^\n]*|/\*(?:.|\n)*?\*/',
                  lambda m: m.group(0) if m.group(0)[0] in '"#' else blank(m), text)


def closing(text, at):
    """The position behind the bracket that closes the one at `at`."""
    depth = 0
    while at < len(text):
        c = text[at]
        if c == '"':
            end = '"""' if text.startswith('"""', at) else '"'
            at += len(end)
            while at < len(text) and not text.startswith(end, at):
                at += 2 if text[at] == "\\" else 1
            at += len(end)
            continue
        depth += (c in "([{") - (c in ")]}")
        at += 1
        if not depth:
            return at
    return at


def top_level(text, separator):
    parts, depth, start, at = [], 0, 0, 0
    while at < len(text):
        c = text[at]
        if c == '"':
            at = closing_string(text, at)
            continue
        if c in "([{<":
            depth += 1
        elif c in ")]}" or (c == ">" and text[at - 1] != "-"):
            depth -= 1
        elif c == separator and depth == 0:
            parts.append(text[start:at])
            start = at + 1
        at += 1
    return parts + [text[start:]]


def closing_string(text, at):
    at += 1
    while at < len(text) and text[at] != '"':
        at += 2 if text[at] == "\\" else 1
    return at + 1


def parameters(text):
    """[(label, type, '?' for a default or '...' for a list)] of what stands between the parentheses."""
    found = []
    for part in top_level(text, ",") if text.strip() else []:
        head, _, rest = part.partition(":")
        words = WORD.findall(re.sub(r"@\w+(\([^)]*\))?", "", head))
        if not words:
            continue
        kind = top_level(rest, "=")
        label = words[0].strip("`")
        mark = "..." if kind[0].rstrip().endswith("...") else "?" if len(kind) > 1 else ""
        found.append((label, re.sub(r"\s+", " ", kind[0]).strip(), mark))
    return found


class Attributes:
    def __init__(self):
        self.words, self.deprecated, self.unavailable, self.replacement = [], False, False, ""

    def add(self, text):
        if not text.startswith("@available"):
            return
        self.deprecated |= bool(re.search(r"\bdeprecated\b", text))
        self.unavailable |= bool(re.search(r"\bunavailable\b", text))
        renamed = re.search(r'renamed:\s*"([^"]*)"', text)
        message = re.search(r'message:\s*"((?:\\.|[^"\\])*)"', text)
        if renamed or message:
            self.replacement = re.sub(r"\s+", " ", (renamed or message).group(1)).strip()


def declarations(text):
    """(owner, name, parameters or None, attributes) of everything public; parameters is None for properties and types."""
    text = re.sub(r"^[ \t]*#\w+[^\n]*", blank, without_comments(text), flags=re.M)
    found = []
    scan(text, 0, len(text), "", "file", False, found)
    return found


def scan(text, at, end, owner, kind, all_public, found):
    pending, before = Attributes(), ""
    while at < end:
        c = text[at]
        if c == "@":
            m = re.compile(r"@\w+").match(text, at)
            stop = m.end() if m else at + 1
            if stop < end and text[stop] == "(":
                stop = closing(text, stop)
            pending.add(text[at:stop])
            at = stop
        elif c == '"':
            at = closing_string(text, at) if not text.startswith('"""', at) else closing(text, at - 1) if at and text[at - 1] in "([{" else text.find('"""', at + 3) + 3
        elif c in "([{":
            at = closing(text, at)
        elif WORD.match(text, at) and (at == 0 or not (text[at - 1].isalnum() or text[at - 1] == "_")):
            m = WORD.match(text, at)
            word, stop = m.group(0), m.end()
            if before == "." or (before == ":" and word in ("class",)):
                at = stop
            elif word in MODIFIERS and re.match(r"\s*[(\w`@]", text[stop:stop + 40]):
                if word == "set":
                    at = stop
                    continue
                pending.words.append(word)
                at = stop
                if text.startswith("(set)", at):
                    pending.words.pop()
                    at += 5
            elif word == "class" and re.match(r"\s+(func|var|subscript)\b", text[stop:stop + 30]):
                pending.words.append("static")
                at = stop
            elif word in TYPES:
                at = type_declaration(text, stop, end, owner, word, pending, found)
                pending = Attributes()
            elif word in ("func", "init", "var", "let", "case", "typealias", "subscript", "associatedtype", "import"):
                at = member(text, stop, end, owner, kind, all_public, word, pending, found)
                pending = Attributes()
            else:
                at = stop
            before = ""
            continue
        else:
            if not c.isspace():
                before = c
            at += 1
            continue
        before = ""


def is_public(words, kind, all_public):
    if {"private", "fileprivate", "internal", "package"} & set(words):
        return False
    return bool({"public", "open"} & set(words)) or all_public


def type_declaration(text, at, end, owner, word, pending, found):
    m = re.compile(r"\s*([\w.`]+)").match(text, at)
    if not m:
        return at
    name = m.group(1).strip("`")
    brace = m.end()
    while brace < end and text[brace] != "{":
        brace = closing(text, brace) if text[brace] in "([" else brace + 1
    stop = closing(text, brace)
    public = bool({"public", "open"} & set(pending.words))
    path = name if word == "extension" or not owner else owner + "." + name
    if path.startswith("MLX.") and word == "extension":
        path = path[4:]
    if public and word != "extension":
        found.append((owner, name, None, pending))
    if public or word == "extension":
        inner = public and word in ("extension", "protocol")
        scan(text, brace + 1, stop - 1, path, word if public else "extension", inner, found)
    return stop


def member(text, at, end, owner, kind, all_public, word, pending, found):
    public = is_public(pending.words, kind, all_public) or (word == "case" and kind == "enum")
    if word == "init":
        name = "init"
        at += text[at:at + 1] in ("?", "!")
    else:
        m = re.compile(r"\s*(`?[A-Za-z_]\w*`?)").match(text, at)
        if not m:
            return at
        name, at = m.group(1).strip("`"), m.end()
    if word in ("func", "init"):
        generics = re.compile(r"\s*<").match(text, at)
        if generics:
            depth, at = 1, generics.end()
            while depth and at < end:
                depth += (text[at] == "<") - (text[at] == ">" and text[at - 1] != "-")
                at += 1
        paren = re.compile(r"\s*\(").match(text, at)
        if not paren:
            return at
        stop = closing(text, paren.end() - 1)
        if public and not pending.unavailable:
            found.append((owner, name, parameters(text[paren.end():stop - 1]), pending))
        return stop
    if word == "case" and public:
        line = re.compile(r"[^\n{]*").match(text, at).group(0)
        found.append((owner, name, None, pending))
        for other in top_level(line, ",")[1:]:
            m = WORD.match(other.strip())
            if m:
                found.append((owner, m.group(0).strip("`"), None, pending))
    elif word in ("var", "let", "typealias") and public and not pending.unavailable:
        found.append((owner, name, None, pending))
    return at


def symbol(owner, name, params):
    """`MLXFast.rmsNorm(_:weight:eps:stream?:)`; '?' marks what may be left away, '...' a list."""
    if params is None:
        return (owner + "." if owner else "") + name
    labels = "".join(label + mark + ":" for label, _, mark in params)
    if name == "init":
        return "%s(%s)" % (owner, labels)
    return "%s%s(%s)" % (owner + "." if owner else "", name, labels)


def version_key(tag):
    return tuple(int(p) for p in tag.split("."))


class Row:
    def __init__(self, module):
        self.module, self.since, self.last, self.removed = module, "", "", "-"
        self.deprecated, self.replacement, self.types = "-", "-", {}


def read_tag(repo, tag, pattern, folder, cache):
    """{(module, symbol): (all deprecated, replacement, {label: types})}"""
    data = subprocess.check_output(["git", "--git-dir", repo, "archive", "--format=tar", tag, folder], stderr=subprocess.DEVNULL)
    seen = {}
    for entry in tarfile.open(fileobj=io.BytesIO(data)):
        m = re.match(pattern, entry.name)
        if not m or not entry.isfile() or not entry.name.endswith(".swift"):
            continue
        text = tarfile_text(data, entry)
        found = cache.setdefault(hash(text), None)
        if found is None:
            found = cache[hash(text)] = declarations(text)
        for owner, name, params, attributes in found:
            if name.startswith("_") or owner.startswith("_") or name == "deprecationWarning":
                continue
            key = (m.group(1), symbol(owner, name, params))
            old = seen.setdefault(key, [True, "", {}])
            old[0] &= attributes.deprecated
            old[1] = attributes.replacement if attributes.deprecated else old[1]
            for label, kind, _ in params or []:
                old[2].setdefault(label, set()).add(kind)
    return seen


def tarfile_text(data, entry):
    return data[entry.offset_data:entry.offset_data + entry.size].decode("utf-8", "replace")


SIMPLE = re.compile(r"^[A-Z]\w+\??$")


def new_types(row, tag, types):
    """Overloads that joined later and differ only in a parameter's type: {(label, type): tag}"""
    for label, kinds in types.items():
        simple = {k.rstrip("?") for k in kinds if SIMPLE.match(k)}
        known = row.types.setdefault(label, {})
        is_first = not known
        for kind in simple:
            known.setdefault(kind, "" if is_first or len(simple) == 1 else tag)


def package_rows(repo, package):
    pattern, folder = PACKAGES[package]
    tags = [t for t in subprocess.check_output(["git", "--git-dir", repo, "tag"], text=True).split() if re.match(r"\d+\.\d+\.\d+$", t)]
    rows, cache = {}, {}
    for tag in sorted(tags, key=version_key) + ["HEAD"]:
        name = "untagged" if tag == "HEAD" else tag
        try:
            seen = read_tag(repo, tag, pattern, folder, cache)
        except subprocess.CalledProcessError:
            continue
        for key, (deprecated, replacement, types) in seen.items():
            row = rows.setdefault(key, Row(key[0]))
            row.since = row.since or name
            row.removed = "-"
            if not deprecated:
                row.deprecated, row.replacement = "-", "-"
            elif row.deprecated == "-":
                row.deprecated = name
            if deprecated:
                row.replacement = replacement or "-"
            new_types(row, name, types)
        for key, row in rows.items():
            if key not in seen and row.removed == "-":
                row.removed = name
        for module in {k[0] for k in seen}:
            of_module = [v[0] for k, v in seen.items() if k[0] == module and "(" in k[1]]
            row = rows.setdefault((module, "import " + module), Row(module))
            row.since = row.since or name
            row.removed = "-"
            if sum(of_module) * 2 > len(of_module) and row.deprecated == "-":
                row.deprecated, row.replacement = name, "import MLX"
            seen[(module, "import " + module)] = None
    return rows


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--mlx-swift", required=True)
    parser.add_argument("--mlx-swift-lm", required=True)
    args = parser.parse_args()
    out = ["# The public API of mlx-swift and mlx-swift-lm; made by tests/bench/make_mlx_api.py. core/api.h tells the format.",
           "# symbol\tpackage\tmodule\tsince\tremoved\tdeprecated\treplacement\tlater overloads"]
    for package, repo in (("mlx-swift", args.mlx_swift), ("mlx-swift-lm", args.mlx_swift_lm)):
        for (module, name), row in sorted(package_rows(repo, package).items()):
            later = [":".join((label, kind)) + "@" + tag for label, kinds in sorted(row.types.items())
                     for kind, tag in sorted(kinds.items()) if tag]
            out.append("\t".join((name, package, module, row.since, row.removed, row.deprecated, row.replacement,
                                  " ".join(later) or "-")))
    sys.stdout.write("\n".join(out) + "\n")


main()
