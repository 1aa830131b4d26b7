#!/usr/bin/env python3
"""The walk on the screen, by scripts on a small port of its own and on the demo: verdicts and their reasons, undo, what
is remembered, the other views; nothing but a typed and kept reason decides.

Run as: TRIPTYCH=build/triptych tests/test_walk.py [Walk.test_name...]
"""

import http.server
import json
import os
import random
import re
import signal
import stat
import subprocess
import sys
import tempfile
import threading
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "pty"))
import tap  # noqa: E402
from screen import Program  # noqa: E402

BINARY = os.path.abspath(os.environ.get("TRIPTYCH", "build/triptych"))

PORT = """import MLX
import MLXNN

final class Attention: Module {
    @ModuleInfo(key: "q_proj") var wq: Linear
    let scale: Float = 0.125

    func callAsFunction(_ x: MLXArray, keys: MLXArray, values: MLXArray) -> MLXArray {
        let q = wq(x)
        let scores = matmul(q, keys.transposed(0, 1, 3, 2)) * scale
        let weights = softmax(scores, axis: -1)
        return matmul(weights, values)
    }
}
"""

REFERENCE = """import mlx.core as mx
import mlx.nn as nn


class Attention(nn.Module):
    def __init__(self):
        self.q_proj = nn.Linear(64, 64)
        self.scale = 0.125

    def __call__(self, x, keys, values):
        q = self.q_proj(x)
        return mx.fast.scaled_dot_product_attention(q, keys, values, scale=self.scale)
"""


# Written differently: a helper value here, a branch there.
LONG_PORT = """import MLX
import MLXNN

final class Attention: Module {
    @ModuleInfo(key: "q_proj") var wq: Linear

    func callAsFunction(_ x: MLXArray, keys: MLXArray, values: MLXArray, mask: MLXArray?) -> MLXArray {
        let q = wq(x)
        let half = sin(x)
        print(half)
        var scores = matmul(q, keys.transposed(0, 1, 3, 2)) * 0.125
        if let mask {
            scores = scores + mask
        }
        let weights = softmax(scores, axis: -1)
        return matmul(weights, values)
    }
}
"""

LONG_REFERENCE = """import mlx.core as mx
import mlx.nn as nn


class Attention(nn.Module):
    def __init__(self):
        self.q_proj = nn.Linear(64, 64)

    def __call__(self, x, keys, values, mask=None):
        doubled = x * 2
        q = self.q_proj(x)
        scores = q @ keys.transpose(0, 1, 3, 2) * 0.125
        if mask is not None:
            scores = scores + mask
        weights = mx.softmax(scores, axis=-1)
        return weights @ values
"""


class Walk(unittest.TestCase):
    def setUp(self):
        holder = tempfile.TemporaryDirectory(prefix="triptych-walk-")
        self.addCleanup(holder.cleanup)
        self.folder = holder.name
        self.env = {
            "HOME": self.folder,
            "XDG_DATA_HOME": os.path.join(self.folder, "data"),
            "XDG_CONFIG_HOME": os.path.join(self.folder, "config"),
            "LC_ALL": "C.UTF-8",
            "ASAN_OPTIONS": "detect_leaks=1",
        }
        self.write("port/Attention.swift", PORT)
        self.write("mlx/attention.py", REFERENCE)

    def write(self, name, text):
        path = os.path.join(self.folder, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w") as file:
            file.write(text)
        return path

    def run_it(self, *args, status=0, env=None, cwd=None):
        full = {k: v for k, v in os.environ.items() if k not in ("NO_COLOR", "TRIPTYCH_DB", "TRIPTYCH_CONFIG")}
        full.update(self.env, **(env or {}))
        done = subprocess.run([BINARY, *args], capture_output=True, text=True, env=full, cwd=cwd or self.folder, timeout=120)
        self.assertEqual(done.returncode, status, done.stderr + done.stdout)
        return done.stdout

    def new(self):
        self.run_it("new", "small", "--swift", "port", "--mlx", "mlx", "--no-tui")

    def script(self, text, session="small", status=0, env=None):
        path = self.write("script", ":wait idle\n" + text)
        return self.run_it("open", session, "--script", path, status=status, env=env)

    def events(self, kind=None):
        log = json.loads(self.run_it("log", "small", "--format", "json"))["events"]
        return [e for e in log if kind is None or e["kind"] == kind]

    # ---- what is shown

    def test_three_sides_and_the_card_are_shown(self):
        self.new()
        shown = self.script(":dump -\n")
        for text in ("Python reference", "PyTorch original", "Swift port", "Attention.callAsFunction", "Attention.__call__",
                     "This session has no PyTorch", "Candidates  1 open", "sdpa", "gain", "accuracy", "clean code", "effort",
                     "0 of 1 decided"):
            self.assertIn(text, shown)

    def test_narrow_shows_one_pane_with_tabs(self):
        self.new()
        shown = self.script(":size 80 24\n:dump -\n1\n:dump -\n")
        self.assertIn("[3 swift]", shown)
        self.assertIn("[1 python]", shown)
        self.assertIn("return mx.fast.scaled_dot_product_attention", shown)
        for line in shown.splitlines():
            self.assertLessEqual(len(line), 80)

    def test_every_size_is_drawn(self):
        self.new()
        sizes = "".join(":size %d %d\n:absent nothing like this\nTab\n" % (c, r) for c in (1, 9, 40, 80, 99, 100, 119, 120, 200) for r in (1, 5, 14, 24, 60))
        self.script(sizes)

    def is_golden(self, name, text):
        """Compares with tests/golden/NAME; what differs is left for `make accept`."""
        text = re.sub(r"\b(sdpa)-[0-9a-f]{4,}\b", r"\1-XXXX", text)
        path = os.path.join(os.path.dirname(os.path.abspath(__file__)), "golden", name)
        known = open(path).read() if os.path.exists(path) else ""
        if text != known and os.environ.get("TRIPTYCH_GOLDEN_OUT"):
            out = os.path.join(os.environ["TRIPTYCH_GOLDEN_OUT"], name)
            os.makedirs(os.path.dirname(out), exist_ok=True)
            with open(out, "w") as file:
                file.write(text)
        self.assertEqual(text, known)

    def test_golden_screens(self):
        self.new()
        wide = self.script("Esc\n:expect once more shows all sessions\nF12\n:dump -\n")
        self.is_golden("walk_120x36.txt", wide)
        self.assertEqual(wide.splitlines()[1][0], "┌")  # three panes, joined borders
        self.assertEqual(wide.splitlines()[1].count("┬"), 2)
        narrow = self.script(":size 80 24\nEsc\nF12\n:dump -\n")
        self.is_golden("walk_80x24.txt", narrow)
        self.assertIn("[3 swift]", narrow)
        self.is_golden("walk_help.txt", self.script(":size 120 90\n?\n:dump -\n"))

    def test_aligned_lines(self):
        self.write("port/Attention.swift", LONG_PORT)
        self.write("mlx/attention.py", LONG_REFERENCE)
        self.new()
        wide = self.script("Esc\n=\n:expect on one row\nF12\n:dump -\n")
        self.is_golden("walk_aligned_120x36.txt", wide)

        def row(text):
            return next(line for line in wide.splitlines() if text in line)

        self.assertIn("let q = wq(x)", row("q = self.q_proj(x)"))
        self.assertIn("if let mask", row("if mask is not None"))
        self.assertIn("scores = scores + mask", row("= scores + mask"))
        self.assertIn("╌╌╌", row("let half"))  # nothing answers it: a filler stands in the reference's pane
        self.assertIn("╌╌╌", row("doubled = x * 2"))
        two = self.script(":size 100 30\n:dump -\n")  # kept; two panes have room
        self.assertIn("╌╌╌", two)
        narrow = self.script(":size 80 24\n:dump -\n")  # one pane is plain text
        self.assertNotIn("╌╌╌", narrow)
        plain = self.script("=\n:expect plain text\n:dump -\n")
        self.assertNotIn("╌╌╌", plain)

    def test_the_cursor_takes_the_others_to_the_answering_line(self):
        self.write("port/Attention.swift", LONG_PORT)
        self.write("mlx/attention.py", LONG_REFERENCE)
        self.new()
        for mode in ("", "=\n"):  # plain text, then aligned lines
            shown = self.script(mode + ":size 80 24\n3\ng\n" + "j\n" * 12 + ":expect Attention.swift:13\n1\n:dump -\n")
            self.assertIn("attention.py:14", shown)  # scores = scores + mask
            shown = self.script(":size 80 24\n1\ng\n" + "j\n" * 14 + ":expect attention.py:15\n3\n:dump -\n")
            self.assertIn("Attention.swift:15", shown)  # weights = softmax(...)

    # ---- deciding

    def test_a_verdict_is_kept_with_its_reason_and_undone(self):
        self.new()
        self.script("a\n:expect accept sdpa\n:type shorter and faster\nEnter\n:expect ✓ accepted\n:expect 1 of 1 decided\nQ")
        verdict = self.events("verdict")
        self.assertEqual([(e["verdict"], e["reason"]) for e in verdict], [("accept", "shorter and faster")])
        self.script(":expect shorter and faster\nu\n:expect taken back\n:expect 0 of 1 decided\nQ")
        self.assertEqual(len(self.events("undo")), 1)

    def test_a_rejection_wants_a_reason(self):
        self.new()
        self.script("r Enter\n:expect say why\n:type parity 2e-2\nEnter\n:expect ✗ rejected\nQ")
        self.assertEqual([e["reason"] for e in self.events("verdict")], ["parity 2e-2"])

    def test_measuring_keeps_the_condition(self):
        self.new()
        self.script("m\n:type parity < 1e-3\nEnter\n:expect ◐\n:expect only if parity < 1e-3\nQ")
        self.assertEqual([e["verdict"] for e in self.events("verdict")], ["measure"])

    def test_leaving_the_line_decides_nothing(self):
        self.new()
        self.script("a\n:type almost\nEsc\n:expect nothing was decided\nr Esc d Esc m C-c M-a n Esc M-r Esc\nQ")
        self.assertEqual(self.events(), [])

    def test_the_editor_writes_reasons(self):
        self.new()
        editor = self.write("editor", "#!/bin/sh\ncat \"$1\" > \"%s/seen\"\nprintf 'first line\\nsecond line\\n' > \"$1\"\n"
                            "stat -c %%a \"$1\" > \"%s/mode\" 2>/dev/null\n" % (self.folder, self.folder))
        os.chmod(editor, stat.S_IRWXU)
        self.script("a\n:type begun\nC-e\n:expect first line\n:expect 2 lines\nEnter\n:expect ✓ accepted\nQ", env={"VISUAL": editor})
        self.assertEqual([e["reason"] for e in self.events("verdict")], ["first line\nsecond line"])
        self.assertEqual(open(os.path.join(self.folder, "seen")).read(), "begun")
        failing = self.write("failing", "#!/bin/sh\nexit 3\n")
        os.chmod(failing, stat.S_IRWXU)
        self.script("n\n:type kept\nC-e\n:expect nothing was taken over\nF12\n:expect kept\nEsc\nQ", env={"VISUAL": failing})

    def test_random_keys_never_decide(self):
        self.new()
        keys = ("a r d m n u o i e y A D q j k g G h l b Space ] [ Tab S-Tab 1 2 3 c / N f s H W C R P B U K J x : ? "
                "Esc C-c C-l PgUp PgDn Home End Left Right Up Down BS Del C-u C-k C-e F5 M-a M-r z ! é").split()
        rng = random.Random(20261123)
        for _ in range(3):
            steps = [rng.choice(keys) for _ in range(150)]
            text = "\n".join(":key " + key for key in steps if key != "y")  # neither Enter nor yes
            self.script(text + "\n:quit\n", env={"VISUAL": "true"})
        self.assertEqual([e for e in self.events() if e["kind"] in ("verdict", "done")], [])

    def test_notes_and_axes(self):
        self.new()
        self.script("n\n:type look at the mask\nEnter\n:expect noted\n:expect look at the mask\n"
                    "o\n:type gain 2 it runs once\nEnter\n:expect 2.0*\n"
                    "o\n:type nonsense\nEnter\n:expect an axis\nQ")
        self.assertEqual([e["kind"] for e in self.events()], ["note", "axis"])

    def test_a_candidate_of_ones_own(self):
        self.new()
        self.script("3 j j j A\n:expect your candidate at\n:type hoist the projection\nEnter\n:expect added\n"
                    ":expect hoist the projection\n:expect your own\nQ")
        self.assertEqual(len(self.events("add")), 1)

    # ---- the other views

    def test_plan_components_and_decisions(self):
        self.new()
        self.script("a\n:type agreed\nEnter\nP\n:expect Plan\n:expect 1 accepted\n:expect accuracy risk\n"
                    "x\n:type before 10 after 14 unit tok/s parity 1e-4 command swift run bench\nEnter\n:expect 10 → 14 tok/s\n"
                    "Esc C\n:expect Components\n:expect ported\nf\n:expect not ported\nEsc\n"
                    "R\n:expect Decisions\n:expect agreed\n:expect as it is now: unchanged\n"
                    "/\n:type nowhere\n:expect 0 found\nEsc\n:expect 1 found\nEnter\n:expect · walk\nQ")

    def test_a_changed_source_is_asked_again(self):
        self.new()
        self.script("a\n:type agreed\nEnter\nQ")
        self.write("port/Attention.swift", PORT.replace("* scale", "* (scale * 2)").replace("let q = wq(x)", "let q = wq(x) + 1"))
        shown = self.script(":dump -\nR\n:dump -\nQ")
        self.assertTrue("changed" in shown or "1 of 1 decided" in shown)

    def test_a_source_edited_meanwhile_is_noticed(self):
        self.new()
        editor = self.write("appends", "#!/bin/sh\nfor last; do :; done\nprintf '// more\\n' >> \"$last\"\n")
        os.chmod(editor, stat.S_IRWXU)
        self.script("e\n:expect Attention.swift changed on disk\nS\n:wait idle\n:expect // more\nQ", env={"VISUAL": editor})

    # ---- coming back

    def test_it_opens_where_it_was_left(self):
        self.write("port/Second.swift", PORT.replace("Attention", "CrossAttention"))
        self.new()
        self.script("f\n:type file:second\nEnter\n:expect Filter: file:second\nQ")
        self.script(":expect Filter: file:second\n:expect CrossAttention\nQ")

    def test_kill_loses_nothing_that_was_confirmed(self):
        self.new()
        with Program([BINARY, "open", "small"], env=dict(self.env), cwd=self.folder) as p:
            p.until("0 of 1 decided").keys("a").until("accept sdpa").send(b"kept\r").until("accepted")
            p.keys("n").until("note on").send(b"lost").until("lost").signal(signal.SIGKILL)
            self.assertEqual(p.ended(), -signal.SIGKILL)
        self.assertEqual([(e["kind"], e["reason"]) for e in self.events()], [("verdict", "kept")])

    def test_another_process_is_noticed(self):
        self.new()
        with Program([BINARY, "open", "small"], env=dict(self.env), cwd=self.folder) as p:
            p.until("0 of 1 decided")
            id_ = json.loads(self.run_it("candidates", "small", "--format", "json"))["candidates"][0]["id"]
            self.run_it("decide", "small", id_, "reject", "--because", "from outside")
            p.keys("j").until("1 of 1 decided").until("from outside").keys("Q")
            self.assertEqual(p.ended(), 0)

    def test_a_read_only_database_loses_nothing_typed(self):
        self.new()
        script = self.write("script", ":wait idle\na\n:type precious\nEnter\n:expect read-only\nF12\n:expect precious\nEsc\nQ")
        database = os.path.join(self.folder, "data", "triptych", "triptych.db")
        os.chmod(database, 0o444)
        other = {}
        if os.geteuid() == 0:  # root writes everywhere, so somebody else does it
            other = {"user": 65534, "group": 65534, "extra_groups": []}
            for path, _, _ in os.walk(self.folder):
                os.chmod(path, 0o755)
            try:
                subprocess.run([BINARY, "--version"], capture_output=True, check=True, **other)
            except (OSError, subprocess.SubprocessError) as error:
                self.skipTest("root writes everywhere, and nobody else may run the program: %s" % error)
        env = dict(os.environ, **self.env)
        for name in ("NO_COLOR", "TRIPTYCH_DB", "TRIPTYCH_CONFIG"):
            env.pop(name, None)
        done = subprocess.run([BINARY, "open", "small", "--script", script], capture_output=True, text=True, env=env,
                              cwd=self.folder, timeout=120, **other)
        self.assertEqual(done.returncode, 0, done.stderr + done.stdout)
        os.chmod(database, 0o644)
        self.assertEqual(self.events(), [])

    def test_a_crowd_of_clean_ups_is_one_row(self):
        unused = "".join("\nprivate func unused%d(_ x: Int) -> Int {\n    return x + %d\n}\n" % (i, i * i) for i in range(8))
        self.write("port/Attention.swift", PORT + unused)
        self.new()
        self.script("End\n:expect 8 places, as one\nz\n:expect unused7\nz\n:expect 8 places, as one\n"
                    "a\n:expect accept all 8 below?\ny\n:type nobody calls them\nEnter\n:expect accepted: 8 of dead-code\nQ")
        self.assertEqual({e["verdict"] for e in self.events("verdict")}, {"accept"})
        self.assertEqual(len(self.events("verdict")), 8)
        self.script("u\n:expect taken back: accept of 8 candidates\n:expect 8 places, as one\nz\n:expect unused7\nQ")
        self.assertEqual(len(self.events("undo")), 8)
        self.script(":expect unused7\nQ")  # what was taken apart stays so

    def test_a_verdict_for_the_crowd_can_be_left(self):
        unused = "".join("\nprivate func unused%d(_ x: Int) -> Int {\n    return x + %d\n}\n" % (i, i * i) for i in range(8))
        self.write("port/Attention.swift", PORT + unused)
        self.new()
        self.script("End a\n:expect accept all 8 below?\nn\nEnd a\n:expect accept all 8\ny Esc\nEnd a\n:expect accept all 8\nEsc\nQ")
        self.assertEqual(self.events(), [])

    def test_the_start_screen_lists_and_makes_sessions(self):
        self.new()
        elsewhere = tempfile.TemporaryDirectory(prefix="triptych-elsewhere-")
        self.addCleanup(elsewhere.cleanup)
        path = self.write("script", ":expect Sessions\n:expect small\nEnter\n:wait idle\n:expect 0 of 1 decided\nEsc\n:expect Sessions\n"
                          "n\n:type second\nEnter\n:expect Swift port\n:type %s/port\nEnter\n:type /nowhere\nEnter\n:expect cannot open\n"
                          "F12\n:expect Python MLX\n:type %s/mlx\nEnter\nEnter\n:wait idle\n:expect second · walk\nQ"
                          % (self.folder, self.folder))
        self.run_it("--script", path, cwd=elsewhere.name)

    def test_escape_leads_to_all_sessions_when_pressed_twice(self):
        self.new()
        self.script("Esc\n:expect once more\nj Esc\n:expect once more\nEsc\n:expect Sessions\nEnter\n:wait idle\n:expect small · walk\nQ")

    def test_the_references_are_found_from_the_start_screen(self):
        self.write("near/port/Package.swift", "// swift-tools-version: 5.9\nimport PackageDescription\nlet package = Package(name: \"Small\")\n")
        self.write("near/port/Sources/Small/Attention.swift", PORT)
        self.write("near/small_mlx/attention.py", REFERENCE)
        port = os.path.join(self.folder, "near", "port")
        path = self.write("script", ":expect No session here yet\ni\n:wait idle\n:expect ✓ mlx\n:expect small_mlx\nEsc\n:expect No session\n"
                          "i\n:wait idle\nEnter\n:wait idle\n:expect port · walk\n:expect mlx ✓\nQ")
        self.run_it("--script", path, cwd=port)
        with open(os.path.join(port, ".triptych", "session")) as file:
            self.assertIn("small_mlx", file.read())
        self.assertEqual(self.run_it("sessions", cwd=port).split()[0], "port")

    def test_the_demo_opens_from_the_start_screen(self):
        path = self.write("script", ":expect No session here yet\nt\n:wait idle\n:expect demo · walk\n:expect decided\nQ")
        self.run_it("--script", path)

    # ---- a language model

    def model(self, chunks, status=200):
        """A chat completions server that answers with these pieces; its URL, and the requests it saw."""
        seen = []

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                seen.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
                self.send_response(status)
                self.send_header("Content-Type", "text/event-stream")
                self.end_headers()
                for i, piece in enumerate(chunks):
                    last = i + 1 == len(chunks)
                    choice = {"index": 0, "delta": {"content": piece}, "finish_reason": "stop" if last else None}
                    event = {"id": "x", "object": "chat.completion.chunk", "model": "tiny", "choices": [choice]}
                    self.wfile.write(b"data: " + json.dumps(event).encode() + b"\n\n")
                    self.wfile.flush()
                self.wfile.write(b"data: [DONE]\n\n")

            def log_message(self, *unused):
                pass

        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        self.addCleanup(server.server_close)
        self.addCleanup(server.shutdown)
        return {"TRIPTYCH_MODEL_URL": "http://127.0.0.1:%d/v1" % server.server_port, "TRIPTYCH_MODEL": "tiny"}, seen

    def test_a_question_is_answered_and_kept(self):
        self.new()
        env, seen = self.model(["The fused kernel ", "keeps **float32** for the softmax; see `nowhere.swift`. \x1b[2J"])
        self.script("q\n:expect question:\n:type Is it exact?\nEnter\n:wait idle\n:expect Is it exact?\n:expect The fused kernel keeps float32\n"
                    ":expect not found\n:expect ^[[2J\nEsc\n:expect · walk\nq\n:expect The fused kernel\nQ", env=env)
        self.assertEqual(len(seen), 1)
        self.assertIn("Is it exact?", json.dumps(seen[0]))
        self.assertEqual([e["kind"] for e in self.events()], ["answer"])

    def test_a_draft_is_checked_and_kept_and_nothing_is_applied(self):
        self.new()
        good = ("```swift\n        return MLXFast.scaledDotProductAttention(\n"
                "            queries: q, keys: keys, values: values, scale: scale, mask: nil)\n```\n")
        env, seen = self.model([good])
        self.script("D\n:expect with a wish\nEnter\n:wait idle\n:expect 1 of 1\n:expect ✓ parses\n:expect +        return MLXFast\nQ", env=env)
        self.assertEqual(len(self.events("draft")), 1)
        bad = "```swift\n        return MLXFast.inventedAttention(q, keys, values)\n```\n"
        env, seen = self.model([bad])
        self.script("D D\n:type be brief\nEnter\n:wait idle\n:expect a check failed\n:expect 3 of 3\n:expect inventedAttention\nQ", env=env)
        self.assertEqual(len(seen), 2)  # sent back once, and no more
        self.assertIn("be brief", json.dumps(seen[0]))
        with open(os.path.join(self.folder, "port", "Attention.swift")) as file:
            self.assertEqual(file.read(), PORT)

    def test_suggestions_are_taken_one_by_one(self):
        self.new()
        reply = json.dumps([
            {"title": "Hoist the transpose", "quote": "let scores = matmul(q, keys.transposed(0, 1, 3, 2)) * scale", "why": "it is done each call"},
            {"title": "Made up", "quote": "let nothing = like(this)", "why": "it isn't there"}])
        env, _ = self.model(["```json\n" + reply + "\n```\n"])
        self.script(":run suggest\n:wait idle\n:expect 2 proposed\n:expect ○ Hoist the transpose\n:expect ✗ Made up\nEnter\n"
                    ":expect taken as a candidate\nj Enter\n:expect cannot be taken\nEsc\nG\n:expect Hoist the transpose\nQ", env=env)
        self.assertEqual([e["kind"] for e in self.events()], ["answer", "add"])

    def test_a_profile_is_chosen(self):
        self.new()
        env, seen = self.model(["ok"])
        self.write("config/triptych/config", '[profile "Local"]\n\tprovider = openai\n\turl = %s\n\tmodel = first\n'
                   '[profile "Other"]\n\tprovider = openai\n\turl = %s\n\tmodel = second\n' % ((env["TRIPTYCH_MODEL_URL"],) * 2))
        self.script(":run profile\n:expect (Local Other)\n:type Other\nEnter\n:expect profile Other: second\n"
                    "q\n:type Which?\nEnter\n:wait idle\n:expect ok\nQ")
        self.assertEqual(seen[0]["model"], "second")

    def test_without_a_model_it_says_how_to_have_one(self):
        self.new()
        self.script("q\n:expect no model is configured\nQ")


if __name__ == "__main__":
    tap.main()
