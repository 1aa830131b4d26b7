#!/usr/bin/env python3
"""scan on the real program: comments that hide a candidate, and cards of the port's own repository.

Run as: TRIPTYCH=build/triptych tests/test_scan.py [Scan.test_name...]
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

public func attend(_ q: MLXArray, _ k: MLXArray, _ v: MLXArray) -> MLXArray {
    %s
    let weights = softmax(matmul(q, k.transposed(0, 1, 3, 2)) * 0.125, axis: -1)
    return matmul(weights, v)
}
"""
CARD = """---
id: no-gelu
title: No GELU here
family: Clean-up
gain: 1
accuracy: 0
clarity: 0
effort: 0
%s
---

Says so.

## Detect

```flow
gelu(?x)
```
"""


class Scan(unittest.TestCase):
    def setUp(self):
        holder = tempfile.TemporaryDirectory(prefix="triptych-scan-")
        self.addCleanup(holder.cleanup)
        self.folder = holder.name
        self.env = {"HOME": self.folder, "XDG_DATA_HOME": self.folder + "/data", "XDG_CONFIG_HOME": self.folder + "/config",
                    "LC_ALL": "C.UTF-8"}
        os.mkdir(self.folder + "/.git")

    def write(self, name, text):
        path = os.path.join(self.folder, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w") as f:
            f.write(text)

    def run_it(self, *args):
        return subprocess.run([BINARY, *args], capture_output=True, text=True, env=self.env, cwd=self.folder, timeout=60)

    def scan(self, *args):
        done = self.run_it("scan", "--swift", "port", *args)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout

    def scan_json(self, *args):
        return json.loads(self.scan("--format", "json", *args))

    def port(self, comment):
        self.write("port/Attention.swift", PORT % comment)

    def test_a_comment_with_a_reason_hides_and_is_listed(self):
        self.port("// triptych:ignore sdpa the head size has no fused kernel")
        found = self.scan_json()
        self.assertNotIn("sdpa", [c["technique"] for c in found["candidates"]])
        [hidden] = [s for s in found["suppressed"] if s["technique"] == "sdpa"]
        self.assertEqual((hidden["path"], hidden["line"]), ("port/Attention.swift", 5))
        self.assertEqual(hidden["reason"], "the head size has no fused kernel")
        self.assertEqual(found["notices"], [])
        text = self.scan()
        self.assertIn("1 ignored by comments", text)
        self.assertRegex(text, r"ignored port/Attention.swift:5: sdpa-[0-9a-f]+ .*: the head size has no fused kernel")

    def test_without_a_reason_it_is_told(self):
        self.port("// triptych:ignore sdpa")
        found = self.scan_json()
        self.assertEqual([s["technique"] for s in found["suppressed"]], ["sdpa"])
        [notice] = found["notices"]
        self.assertEqual((notice["path"], notice["line"]), ("port/Attention.swift", 4))
        self.assertIn("no reason", notice["reason"])
        self.assertIn("port/Attention.swift:4: the ignore comment of sdpa gives no reason", self.scan())

    def test_an_unknown_technique_is_told_and_hides_nothing(self):
        self.port("// triptych:ignore sdpaa because")
        found = self.scan_json()
        self.assertIn("sdpa", [c["technique"] for c in found["candidates"]])
        self.assertEqual(found["suppressed"], [])
        self.assertIn("no technique 'sdpaa'", found["notices"][0]["reason"])
        self.port("// triptych:ignore")
        self.assertIn("names no technique", self.scan_json()["notices"][0]["reason"])

    def test_words_about_the_mark_are_no_mark(self):
        self.port('print("// triptych:ignore sdpa nothing") // see triptych:ignore in the manual')
        found = self.scan_json()
        self.assertEqual((found["suppressed"], found["notices"]), ([], []))

    def test_a_session_keeps_them_suppressed(self):
        self.port("// triptych:ignore sdpa the head size has no fused kernel")
        made = self.run_it("new", "one", "--swift", "port", "--no-tui")
        self.assertEqual(made.returncode, 0, made.stderr)
        listed = json.loads(self.run_it("candidates", "one", "--all", "--format", "json").stdout)["candidates"]
        self.assertEqual([c["state"] for c in listed if c["technique"] == "sdpa"], ["suppressed"])
        self.assertEqual([c["verdict"] for c in listed if c["technique"] == "sdpa"], [None])

    def test_doctor_tells_them(self):
        self.port("// triptych:ignore sdpa")
        self.write("Package.swift", "// swift-tools-version: 5.9\nimport PackageDescription\nlet package = Package(name: \"port\")\n")
        self.assertIn("gives no reason", self.run_it("doctor").stdout)

    def test_a_bad_card_is_told_and_the_rest_goes_on(self):
        self.port("// plain")
        self.write(".triptych/techniques/bad.md", CARD % "detector: not-built")
        self.write(".triptych/techniques/good.md", (CARD % "confidence: high").replace("no-gelu", "no-relu").replace("gelu(", "relu("))
        done = self.run_it("scan", "--swift", "port", "--format", "json")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("sdpa", [c["technique"] for c in json.loads(done.stdout)["candidates"]])
        self.assertRegex(done.stderr, r"bad\.md:9:1: no such detector: 'not-built'")
        self.assertRegex(self.scan(), r"bad\.md:9:1: no such detector: 'not-built'")
        listed = self.run_it("techniques")
        self.assertEqual(listed.returncode, 0)
        self.assertIn("no-relu", listed.stdout)
        self.assertNotIn("no-gelu", listed.stdout)
        self.assertIn("bad.md:9:1", listed.stderr)
        self.assertIn("bad.md:9:1", self.run_it("doctor").stdout)


if __name__ == "__main__":
    tap.main()
