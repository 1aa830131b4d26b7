#!/usr/bin/env python3
"""Writes tests/bench/symbols.tsv: the public symbols of the libraries, read from their own sources.

    make_symbols.py --mlx-swift DIR.git --mlx DIR.git [--torch PACKAGE] > symbols.tsv

DIR.git are (bare) git directories of ml-explore/mlx-swift and ml-explore/mlx, read at HEAD; PACKAGE is an installed torch
package with its .pyi files. Without --torch the torch rows of the symbols.tsv beside this script are kept.

Columns: dialect (swift, mlx, torch), kind (function, method, property, type), module, name.
"""
import argparse
import ast
import os
import re
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
SWIFT_MODULES = ("MLX", "MLXNN", "MLXFast", "MLXFFT", "MLXLinalg", "MLXRandom")


def git_files(repo, under, suffix):
    names = subprocess.check_output(["git", "--git-dir", repo, "ls-tree", "-r", "--name-only", "HEAD", under], text=True)
    return [n for n in names.split("\n") if n.endswith(suffix)]


def git_show(repo, path):
    return subprocess.check_output(["git", "--git-dir", repo, "show", "HEAD:" + path], text=True)


def strip_swift(text):
    text = re.sub(r"/\*.*?\*/", lambda m: re.sub(r"[^\n]", " ", m.group(0)), text, flags=re.S)
    return re.sub(r"//[^\n]*", "", text)


SCOPE = re.compile(r"\b(class|struct|enum|extension|protocol|actor)\s+([\w.]+)")
MEMBER = re.compile(r"\b(func|var|let|init|subscript|case)\b\s*(`?[A-Za-z_]\w*`?)?")


def swift_symbols(text, module):
    """Public declarations, by a brace counter: (kind, owner, name)."""
    text = strip_swift(text)
    scopes, depth, start = [], 0, 0
    for i, c in enumerate(text):
        if c not in "{}":
            continue
        if c == "}":
            depth -= 1
            while scopes and scopes[-1][0] > depth:
                scopes.pop()
            start = i + 1
            continue
        head = text[start:i]
        inside = len(scopes) == depth
        for line in re.split(r"\n\s*\n|;", head) if inside else []:
            yield from swift_declarations(line, scopes, module)
        opened = SCOPE.findall(head)
        depth += 1
        if inside and opened:
            words = head.split(opened[-1][0])[-2] if head.count(opened[-1][0]) else ""
            is_public = bool(re.search(r"\b(public|open)\b", head)) or opened[-1][0] == "extension"
            if is_public:
                scopes.append((depth, opened[-1][1].split(".")[-1], opened[-1][0], "public" in words))
            if is_public and opened[-1][0] in ("class", "struct", "enum"):
                yield "type", module, opened[-1][1]
        start = i + 1


def swift_declarations(head, scopes, module):
    owner = scopes[-1][1] if scopes else ""
    all_public = bool(scopes) and scopes[-1][2] == "extension" and scopes[-1][3]
    for m in re.finditer(r"(?:^|\n)\s*((?:@\w+(?:\([^)]*\))?\s*)*)((?:[a-z]+(?:\(set\))?\s+)*)(func|var|let)\s+(`?[A-Za-z_]\w*`?)",
                         head):
        modifiers = m.group(2).split()
        if not all_public and "public" not in modifiers and "open" not in modifiers:
            continue
        if "unavailable" in m.group(1):
            continue
        name = m.group(4).strip("`")
        is_static = "static" in modifiers or "class" in modifiers
        if m.group(3) == "func":
            is_member = owner and not is_static and owner not in SWIFT_MODULES
            yield ("method" if is_member else "function"), (owner or module), name
        elif owner:
            yield "property", owner, name


def mlx_swift(repo):
    for module in SWIFT_MODULES:
        for path in git_files(repo, "Source/" + module, ".swift"):
            for kind, owner, name in swift_symbols(git_show(repo, path), module):
                if not name.startswith("_") and name not in ("callAsFunction", "description"):
                    yield "swift", kind, owner, name


def mlx_python(repo):
    modules = {"ops": "mx", "fast": "mx.fast", "fft": "mx.fft", "linalg": "mx.linalg", "random": "mx.random",
               "transforms": "mx", "memory": "mx", "load": "mx"}
    for stem, module in modules.items():
        for name in re.findall(r"\bm\.def\(\s*\"(\w+)\"", git_show(repo, "python/src/%s.cpp" % stem)):
            if not name.startswith("_"):
                yield "mlx", "function", module, name
    text = git_show(repo, "python/src/array.cpp")
    for what, name in re.findall(r"\.(def|def_prop_ro)\(\s*\"(\w+)\"", text):
        if not name.startswith("_"):
            yield "mlx", "method" if what == "def" else "property", "array", name
    for path in git_files(repo, "python/mlx/nn", ".py"):
        for node in ast.parse(git_show(repo, path)).body:
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                yield "mlx", "type", "nn", node.name
            elif isinstance(node, ast.FunctionDef) and not node.name.startswith("_"):
                is_init = path.endswith("nn/init.py")
                yield "mlx", "function", "nn.init" if is_init else "nn", node.name


def functions_of(path):
    with open(path, encoding="utf-8") as f:
        return [n.name for n in ast.parse(f.read()).body if isinstance(n, ast.FunctionDef) and not n.name.startswith("_")]


def torch_python(package):
    files = {"_C/_VariableFunctions.pyi": "torch", "functional.py": "torch", "nn/functional.py": "torch.nn.functional"}
    for path, module in files.items():
        for name in functions_of(os.path.join(package, path)):
            yield "torch", "function", module, name
    for module in ("fft", "linalg"):
        with open(os.path.join(package, module, "__init__.py"), encoding="utf-8") as f:
            for name in re.findall(r"^([a-z]\w*) = _add_docstr", f.read(), re.M):
                yield "torch", "function", "torch." + module, name
    with open(os.path.join(package, "_C/__init__.pyi"), encoding="utf-8") as f:
        for node in ast.parse(f.read()).body:
            if not isinstance(node, ast.ClassDef) or node.name != "_TensorBase":
                continue
            for member in node.body:
                if isinstance(member, ast.FunctionDef) and not member.name.startswith("_"):
                    yield "torch", "method", "Tensor", member.name
    folder = os.path.join(package, "nn/modules")
    for name in sorted(os.listdir(folder)):
        if name.endswith(".py"):
            with open(os.path.join(folder, name), encoding="utf-8") as f:
                for node in ast.parse(f.read()).body:
                    if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                        yield "torch", "type", "torch.nn", node.name


def kept_torch():
    with open(os.path.join(HERE, "symbols.tsv"), encoding="utf-8") as f:
        for line in f:
            if line.startswith("torch\t"):
                yield tuple(line.rstrip("\n").split("\t"))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--mlx-swift", required=True)
    parser.add_argument("--mlx", required=True)
    parser.add_argument("--torch")
    args = parser.parse_args()
    rows = set(mlx_swift(args.mlx_swift)) | set(mlx_python(args.mlx))
    rows |= set(torch_python(args.torch) if args.torch else kept_torch())
    sys.stdout.write("# dialect\tkind\tmodule\tname; made by make_symbols.py\n")
    for row in sorted(rows):
        sys.stdout.write("\t".join(row) + "\n")


main()
