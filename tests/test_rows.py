#!/usr/bin/env python3
"""What stands side by side, in the real program: coverage, the packages around, corrections of rows by the command line and on
the screen with what follows from them, evidence in the references, op graphs as text.

Run as: TRIPTYCH=build/triptych tests/test_rows.py [Rows.test_name...]
"""

import json
import os
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "pty"))
import tap  # noqa: E402

BINARY = os.path.abspath(os.environ.get("TRIPTYCH", "build/triptych"))

PORT = """import MLX
import MLXNN

final class Heron: Module {
    @ModuleInfo(key: "q_proj") var wq: Linear
    let scale: Float

    init(dims: Int) {
        scale = 0.125
        self._wq.wrappedValue = Linear(dims, dims)
    }

    func callAsFunction(_ x: MLXArray, keys: MLXArray, values: MLXArray, mask: MLXArray?) -> MLXArray {
        let q = wq(x)
        var scores = matmul(q, keys.transposed(0, 1, 3, 2)) * scale
        if let mask {
            scores = scores + mask
        }
        let weights = softmax(scores, axis: -1)
        return matmul(weights, values)
    }
}
"""

NORM = """import MLX

func centred(_ x: MLXArray) -> MLXArray {
    x - mean(x, axis: -1, keepDims: true)
}
"""

REFERENCE = """import mlx.core as mx
import mlx.nn as nn


class Heron(nn.Module):
    def __init__(self, dims):
        self.q_proj = nn.Linear(dims, dims)
        self.scale = 0.125

    def __call__(self, x, keys, values, mask=None):
        q = self.q_proj(x)
        return mx.fast.scaled_dot_product_attention(q, keys, values, scale=self.scale, mask=mask)

    def fold(self, x):
        return mx.sum(x, axis=0)


class Egret(nn.Module):
    def __init__(self, dims):
        self.k_proj = nn.Linear(dims, dims)

    def __call__(self, x, keys, values, mask=None):
        scores = self.k_proj(x) @ keys.transpose(0, 1, 3, 2)
        if mask is not None:
            scores = scores + mask
        weights = mx.softmax(scores, axis=-1)
        return weights @ values
"""

AROUND = """import mlx.core as mx


def centred(x):
    return x - mx.mean(x, axis=-1, keepdims=True)


def unheard_of(x):
    return mx.sin(x)
"""


class Rows(unittest.TestCase):
    def setUp(self):
        holder = tempfile.TemporaryDirectory(prefix="triptych-rows-")
        self.addCleanup(holder.cleanup)
        self.folder = holder.name
        self.env = {
            "HOME": self.folder,
            "XDG_DATA_HOME": os.path.join(self.folder, "data"),
            "XDG_CONFIG_HOME": os.path.join(self.folder, "config"),
            "LC_ALL": "C.UTF-8",
        }
        self.write("port/Package.swift", "// swift-tools-version: 5.9\n")
        self.write("port/Sources/Birds/Heron.swift", PORT)
        self.write("port/Sources/Birds/Norm.swift", NORM)
        self.write("mlx/setup.py", "")
        self.write("mlx/birds/heron.py", REFERENCE)
        self.write("mlx/birds/norm.py", AROUND)

    def write(self, name, text):
        path = os.path.join(self.folder, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w") as file:
            file.write(text)
        return path

    def run_it(self, *args, status=0):
        full = {k: v for k, v in os.environ.items() if k not in ("NO_COLOR", "TRIPTYCH_DB", "TRIPTYCH_CONFIG")}
        full.update(self.env)
        done = subprocess.run([BINARY, *args], capture_output=True, text=True, env=full, cwd=self.folder, timeout=120)
        self.assertEqual(done.returncode, status, done.stderr + done.stdout)
        return done.stdout if status == 0 else done.stderr

    def new(self):
        self.run_it("new", "birds", "--swift", "port/Sources", "--mlx", "mlx/birds/heron.py", "--no-tui")

    def script(self, text):
        return self.run_it("open", "birds", "--script", self.write("script", ":wait idle\n" + text))

    def corrections(self):
        return json.loads(self.run_it("rows", "birds", "--format", "json"))["rows"]

    def evidence(self):
        """What the Python reference says to the attention written out: (line, note), or None."""
        found = json.loads(self.run_it("candidates", "birds", "--format", "json"))["candidates"]
        sdpa = next(c for c in found if c["technique"] == "sdpa")
        mlx = [e for e in sdpa["evidence"] if e["side"] == "mlx"]
        return (mlx[0]["start"]["line"], mlx[0]["note"]) if mlx else None

    # ---- coverage

    def test_align_says_what_is_ported_and_counts_by_file(self):
        text = self.run_it("align", "--swift", "port/Sources", "--mlx", "mlx/birds/heron.py")
        row = next(line for line in text.splitlines() if line.startswith("Heron.fold"))
        self.assertIn("not ported", row)
        self.assertRegex(text, r"(?m)^ +3 of 7 +\S*heron\.py$")
        self.assertRegex(text, r"(?m)^ +3 of 3 +\S*Heron\.swift$")
        self.assertIn("3 of 7 components of the references are ported; looked for in 2 Swift files", text)

    def test_the_packages_around_are_read_and_not_reported(self):
        def rows(*more):
            out = self.run_it("align", "--swift", "port/Sources/Birds/Heron.swift", "--mlx", "mlx/birds/heron.py", "--format", "json", *more)
            return json.loads(out)["rows"]

        for found in (rows(), rows("--no-context")):
            names = [name for row in found for side in ("swift", "mlx") for name in row[side]]
            self.assertIn("Heron.callAsFunction", names)
            self.assertNotIn("centred", names)
            self.assertNotIn("unheard_of", names)
        text = self.run_it("align", "--swift", "port/Sources/Birds/Heron.swift", "--mlx", "mlx/birds/heron.py")
        self.assertIn("looked for in 1 Swift file; the package around has 1 more", text)

    # ---- corrections

    def test_a_correction_is_kept_and_the_evidence_follows(self):
        self.new()
        self.assertEqual(self.evidence(), (12, "the Python reference does it at birds/heron.py:12"))
        said = self.run_it("rows", "birds", "bind", "Heron.callAsFunction = Egret.__call__")
        self.assertIn("Heron.callAsFunction is answered by Egret.__call__ in the Python reference", said)
        self.assertEqual(self.corrections(), [{"swift": "Heron.callAsFunction", "mlx": "Egret.__call__"}])
        by_hand = self.evidence()
        self.assertEqual((by_hand[0], by_hand[1]), (23, "the Python reference does it by hand, too"))
        self.write("port/Sources/Birds/Heron.swift", "// moved\n\n" + PORT)
        self.run_it("rescan", "birds")
        self.assertEqual(self.evidence(), by_hand)
        self.assertIn("Heron.callAsFunction is answered by Egret.__call__", self.run_it("log", "birds"))

    def test_corrections_are_undone_like_verdicts(self):
        self.new()
        first = self.evidence()
        self.run_it("rows", "birds", "bind", "Heron.callAsFunction=Egret.__call__")
        self.run_it("rows", "birds", "unbind", "Heron.callAsFunction")  # the correction goes
        self.assertEqual((self.corrections(), self.evidence()), ([], first))
        self.assertIn("row of Heron.callAsFunction", self.run_it("undo", "birds"))  # and comes back
        self.assertEqual(self.evidence()[0], 23)
        self.run_it("undo", "birds")
        self.assertEqual((self.corrections(), self.evidence()), ([], first))
        self.run_it("undo", "birds", status=1)

    def test_unbind_says_that_nothing_answers(self):
        self.new()
        self.run_it("rows", "birds", "unbind", "Heron.callAsFunction")
        self.assertEqual(self.corrections(), [{"swift": "Heron.callAsFunction", "mlx": "", "torch": ""}])
        self.assertIsNone(self.evidence())

    def test_what_is_no_component_is_refused(self):
        self.new()
        for wrong, why in (
            ("Heron.callAsFunction", "is no correction"),
            ("Heron.call=Egret.__call__", "there is no 'Heron.call' in the Swift port; there is Heron"),
            ("Heron.callAsFunction=Egret.call", "there is Egret.__init__, Egret.__call__"),
            ("Heron.callAsFunction=Egret.__call__,X", "no PyTorch original"),
        ):
            self.assertIn(why, self.run_it("rows", "birds", "bind", wrong, status=2))
        self.assertEqual(self.corrections(), [])
        self.assertIn("No row is corrected", self.run_it("rows", "birds"))

    def test_corrections_on_the_screen(self):
        self.new()
        shown = self.script(
            "C\n:expect 3 of 7 ported\n/\n:type Heron.call\nEnter\nB\n:expect these answer each other\nC-u\n"
            ":type Heron.callAsFunction = Egret.__cal\nEnter\n:expect there is no 'Egret.__cal'\n"
            "B\nC-u\n:type Heron.callAsFunction = Egret.__call__\nEnter\n:wait idle\n:expect Egret.__call__\n:expect by hand\n:dump -\n")
        self.assertIn("birds/heron.py:22  Sources/Birds/Heron.swift:13", shown)
        self.assertEqual(self.corrections(), [{"swift": "Heron.callAsFunction", "mlx": "Egret.__call__"}])
        self.assertEqual(self.evidence()[0], 23)
        self.script("C\n/\n:type Heron.call\nEnter\nu\n:expect taken back: row\n:wait idle\n:absent by hand\n")
        self.assertEqual((self.corrections(), self.evidence()[0]), ([], 12))
        self.script("C\n/\n:type Heron.call\nEnter\nU\n:expect nothing of the references answers\ny\n:wait idle\n:expect by hand\nEsc\n:wait idle\nu\n:wait idle\n")
        self.assertEqual(self.corrections(), [])

    def test_the_view_groups_by_file(self):
        self.new()
        shown = self.script("C\n:expect Birds/Heron.swift  3 of 3 answered\ns\n:expect by the files of the Python reference\n:dump -\n")
        self.assertIn("heron.py  3 of 7 ported", shown)

    # ---- evidence

    def found(self, swift, mlx, technique):
        """The first line of what the Python reference says to the first finding of a technique, with its note."""
        self.write("finch/Finch.swift", swift)
        self.write("finch_mlx/finch.py", mlx)
        out = json.loads(self.run_it("scan", "--swift", "finch", "--mlx", "finch_mlx", "--technique", technique, "--format", "json"))
        mlx = [e for e in out["candidates"][0]["evidence"] if e["side"] == "mlx"]
        return (mlx[0]["start"]["line"], mlx[0]["note"]) if mlx else None

    def test_the_line_that_answers_may_stand_in_a_function_of_the_reference(self):
        swift = ("import MLX\nimport MLXNN\n\nclass Finch: Module {\n    @ModuleInfo(key: \"fc\") var fc: Linear\n\n"
                 "    func callAsFunction(_ x: MLXArray) -> MLXArray {\n        let table = exp(MLXArray(0 ..< 64).asType(.float32) * 0.5)\n"
                 "        return fc(x) * table\n    }\n}\n")
        mlx = ("import mlx.core as mx\nimport mlx.nn as nn\n\n\nclass Finch(nn.Module):\n    def __init__(self):\n"
               "        self.fc = nn.Linear(64, 64)\n\n    def __call__(self, x):\n        return self.fc(x) * self.table()\n\n"
               "    def table(self):\n        steps = mx.arange(64).astype(mx.float32)\n        return mx.exp(steps * 0.5)\n")
        self.assertEqual(self.found(swift, mlx, "precompute-constant"), (14, "in the Python reference this is finch.py:14"))

    def test_a_function_of_the_ports_own_is_answered_through_its_caller(self):
        swift = ("import MLX\nimport MLXNN\n\nclass Finch: Module {\n    @ModuleInfo(key: \"fc\") var fc: Linear\n\n"
                 "    func ladder() -> MLXArray {\n        exp(MLXArray(0 ..< 64).asType(.float32) * 0.5)\n    }\n\n"
                 "    func callAsFunction(_ x: MLXArray) -> MLXArray {\n        fc(x) * ladder()\n    }\n}\n")
        mlx = ("import mlx.core as mx\nimport mlx.nn as nn\n\n\nclass Finch(nn.Module):\n    def __init__(self):\n"
               "        self.fc = nn.Linear(64, 64)\n\n    def __call__(self, x):\n        steps = mx.arange(64).astype(mx.float32)\n"
               "        return self.fc(x) * mx.exp(steps * 0.5)\n")
        line, note = self.found(swift, mlx, "precompute-constant")
        self.assertEqual((line, note), (11, "in the Python reference this is finch.py:11"))

    def test_where_no_line_answers_only_the_whole_is_said(self):
        swift = ("import MLX\nimport MLXNN\n\nclass Finch: Module {\n    @ModuleInfo(key: \"fc\") var fc: Linear\n\n"
                 "    func callAsFunction(_ x: MLXArray) -> MLXArray {\n        let table = exp(MLXArray(0 ..< 64).asType(.float32) * 0.5)\n"
                 "        return fc(x) * table\n    }\n}\n")
        mlx = ("import mlx.core as mx\nimport mlx.nn as nn\n\n\nclass Finch(nn.Module):\n    def __init__(self):\n"
               "        self.fc = nn.Linear(64, 64)\n\n    def __call__(self, x):\n        return self.fc(x)\n")
        line, note = self.found(swift, mlx, "precompute-constant")
        self.assertEqual((line, note), (9, "answered as a whole by Finch.__call__ in the Python reference, finch.py:9"))

    # ---- op graphs

    def test_flow_prints_spans_and_facts(self):
        text = self.run_it("flow", "port/Sources/Birds/Heron.swift", "Heron.callAsFunction")
        self.assertIn("Heron.callAsFunction  ", text)
        lines = text.splitlines()
        at = lines.index("   19 │         let weights = softmax(scores, axis: -1)")
        self.assertRegex(lines[at + 1], r"^  23-47 +%\d+ = softmax\(%\d+, axis: -1\)  as weights  : device")
        self.assertIn("no component 'Hero' in", self.run_it("flow", "port/Sources/Birds/Heron.swift", "Hero", status=2))


if __name__ == "__main__":
    tap.main()
