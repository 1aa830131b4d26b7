#!/usr/bin/env python3
"""The real program in a terminal, killed with -9 at any instant of a walk: what it had confirmed on the screen is in the log
afterwards, in order, and nothing is in it that was not typed to its end. KILLS=200 does it so often; fewer otherwise.

Run as: TRIPTYCH=build/triptych tests/test_kill.py
"""

import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "pty"))
import tap  # noqa: E402
from screen import Program  # noqa: E402

BINARY = os.path.abspath(os.environ.get("TRIPTYCH", "build/triptych"))
KILLS = int(os.environ.get("KILLS", "12"))
VERDICTS = (("a", "✓ accepted:"), ("r", "✗ rejected:"), ("d", "… deferred:"))

PORT = """import MLX

final class Attention {
    func callAsFunction(_ q: MLXArray, _ k: MLXArray, _ v: MLXArray) -> MLXArray {
        let scores = matmul(q, k.transposed(0, 1, 3, 2)) * 0.125
        let weights = softmax(scores, axis: -1)
        return matmul(weights, v)
    }
}
"""


class Kill(unittest.TestCase):
    def setUp(self):
        holder = tempfile.TemporaryDirectory(prefix="triptych-kill-")
        self.addCleanup(holder.cleanup)
        self.folder = holder.name
        self.env = {"HOME": self.folder, "XDG_DATA_HOME": self.folder, "XDG_CONFIG_HOME": self.folder, "LC_ALL": "C.UTF-8"}
        os.mkdir(os.path.join(self.folder, "port"))
        with open(os.path.join(self.folder, "port", "Attention.swift"), "w") as file:
            file.write(PORT)
        self.run_it("new", "small", "--swift", "port", "--no-tui")

    def run_it(self, *args):
        env = {k: v for k, v in os.environ.items() if k not in ("NO_COLOR", "TRIPTYCH_DB", "TRIPTYCH_CONFIG")}
        done = subprocess.run([BINARY, *args], capture_output=True, text=True, env=dict(env, **self.env), cwd=self.folder, timeout=120)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout

    def reasons(self):
        return [e["reason"] for e in json.loads(self.run_it("log", "small", "--format", "json"))["events"]]

    def round(self, number, choose):
        """Decides some times, then dies within a keystroke of the next. Returns (confirmed, perhaps) reasons."""
        confirmed, perhaps = [], None
        with Program([BINARY, "open", "small"], env=dict(self.env), cwd=self.folder) as p:
            p.until("decided")
            for i in range(choose.randrange(3)):
                key, said = VERDICTS[i % 3]
                p.keys(key).until("because").send(("round %d no %d" % (number, i)).encode()).keys("Enter").until(said)
                confirmed.append("round %d no %d" % (number, i))
            part = choose.randrange(4)
            if part > 0:
                p.keys(VERDICTS[len(confirmed) % 3][0])
            if part > 1:
                p.until("because").send(b"half of it")
            if part > 2:  # Enter is on its way: it may have been taken, or not
                perhaps = "half of it"
                p.keys("Enter")
            p.signal(signal.SIGKILL)
            self.assertEqual(p.ended(), -signal.SIGKILL)
        return confirmed, perhaps

    def test_what_was_confirmed_is_there(self):
        choose = random.Random(20261123)
        known, n_confirmed = [], 0
        for number in range(KILLS):
            confirmed, perhaps = self.round(number, choose)
            n_confirmed += len(confirmed)
            after = self.reasons()
            wanted = known + confirmed
            self.assertIn(after, [wanted] + ([wanted + [perhaps]] if perhaps else []))
            known = after
        sys.stderr.write("%d kills, %d verdicts confirmed, none lost\n" % (KILLS, n_confirmed))


if __name__ == "__main__":
    tap.main()
