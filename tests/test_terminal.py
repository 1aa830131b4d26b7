#!/usr/bin/env python3
"""The real program on a terminal: taken and given back on every way out, resized, stopped, driven by mouse and paste.

Run as: TRIPTYCH=build/triptych tests/test_terminal.py [Terminal.test_name...]
"""

import os
import signal
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "pty"))
import tap  # noqa: E402
from screen import Program  # noqa: E402

BINARY = os.path.abspath(os.environ.get("TRIPTYCH", "build/triptych"))


class Terminal(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory(prefix="triptych-pty-")
        self.env = {
            "HOME": self.folder.name,
            "XDG_DATA_HOME": os.path.join(self.folder.name, "data"),
            "XDG_CONFIG_HOME": os.path.join(self.folder.name, "config"),
        }

    def tearDown(self):
        self.folder.cleanup()

    def program(self, **more):
        env = dict(self.env, **more.pop("env", {}))
        return Program([BINARY], env=env, cwd=self.folder.name, **more)

    def test_opens_and_leaves(self):
        with self.program() as p:
            p.until("No session here yet.").keys("Q")
            self.assertEqual(p.ended(), 0)
            self.assertTrue(p.terminal_is_as_before())

    def test_fits_80_by_24_and_resizes(self):
        with self.program(cols=80, rows=24) as p:
            p.until("Q quit")
            self.assertIn("help", p.rows()[23])
            p.resize(132, 40)
            p.until(lambda p: "help" in p.rows()[39])
            p.resize(40, 10)
            p.until(lambda p: "help" in p.rows()[9])
            p.keys("Q")
            self.assertEqual(p.ended(), 0)

    def test_a_lone_escape_is_not_swallowed(self):
        with self.program() as p:
            p.until("No session").keys("?").until("Keys in").keys("Esc").until_absent("Keys in")
            p.keys("F1").until("Keys in").keys("Esc").until_absent("Keys in").keys("Q")
            self.assertEqual(p.ended(), 0)

    def test_signals_restore_the_terminal(self):
        for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT, signal.SIGSEGV, signal.SIGABRT, signal.SIGQUIT):
            with self.subTest(number=number), self.program() as p:
                p.until("No session").signal(number)
                self.assertEqual(p.ended(), -number)
                self.assertTrue(p.terminal_is_as_before())

    def test_stops_and_comes_back(self):
        with self.program() as p:
            for way in ("key", "signal"):
                p.until("No session")
                p.keys("C-z") if way == "key" else p.signal(signal.SIGTSTP)
                self.assertEqual(p.stopped(), signal.SIGTSTP)
                self.assertTrue(p.terminal_is_as_before())
                p.screen.reset()
                p.signal(signal.SIGCONT)
            p.until("No session").keys("Q")
            self.assertEqual(p.ended(), 0)

    def test_mouse_and_paste(self):
        with self.program() as p:
            p.until("No session").keys(":").until("Command")
            p.paste("hel").until("▸ help")
            row = next(i for i, line in enumerate(p.rows()) if "▸ help" in line)
            p.click(row, 40).until("Keys in")
            p.wheel(10, 40).keys("Esc").until_absent("Keys in").keys("Q")
            self.assertEqual(p.ended(), 0)

    def test_no_color_uses_none(self):
        with self.program(env={"NO_COLOR": "1"}) as p:
            p.until("No session").keys(":").until("Command").keys("Esc").until_absent("Command").keys("Q")
            self.assertEqual(p.ended(), 0)
            self.assertNotRegex(p.raw, rb"\x1b\[[0-9;]*(?:3[0-7]|4[0-7]|38;5|48;5|9[0-7])m")

    def test_colours_come_with_a_terminal_that_has_them(self):
        with self.program() as p:
            p.until("No session").keys("Q")
            p.ended()
            self.assertRegex(p.raw, rb"\x1b\[[0-9;]*38;5;")

    def test_other_terminals(self):
        for term in ("xterm", "vt100", "linux", "screen", "tmux-256color", "rxvt"):
            with self.subTest(term=term), self.program(env={"TERM": term}) as p:
                p.until("No session").keys("Q")
                self.assertEqual(p.ended(), 0)

    def test_a_terminal_that_cannot_is_refused_in_one_line(self):
        for term in ("dumb", "no-such-terminal"):
            with self.subTest(term=term), self.program(env={"TERM": term}) as p:
                self.assertEqual(p.ended(), 2)
                self.assertIn(term, p.text())
                self.assertTrue(p.terminal_is_as_before())

    def test_a_locale_without_utf8_is_drawn_in_ascii(self):
        with self.program(env={"LC_ALL": "C"}) as p:
            p.until("drawn in ASCII").keys("?").until("Keys in").until("+-")
            self.assertTrue(all(ord(c) < 128 for c in p.text()))
            p.keys("Esc").until_absent("Keys in").keys("Q")
            self.assertEqual(p.ended(), 0)

    def test_the_terminal_is_found_behind_redirections(self):
        with self.program(stdin="/dev/null") as p:
            p.until("No session").keys("Q")
            self.assertEqual(p.ended(), 0)
            self.assertTrue(p.terminal_is_as_before())
        with self.program(stdout=os.path.join(self.folder.name, "out")) as p:
            self.assertEqual(p.ended(), 2)  # whoever redirects stdout wants text
            self.assertIn("--script", p.text())
            self.assertTrue(p.terminal_is_as_before())

    def test_a_terminal_that_goes_away_ends_the_program(self):
        with self.program() as p:
            p.until("No session")
            p.hang_up()
            self.assertNotEqual(p.ended(), 0)


if __name__ == "__main__":
    tap.main()
