"""Drives the real program in a pseudo-terminal and reads its screen as a terminal emulator would show it.

Nothing here sleeps: every wait is for a condition, with a deadline that only a failing test reaches.

    with Program(["build/triptych"], cols=80, rows=24) as p:
        p.until("No session here yet.")
        p.keys("?")
        p.until("Keys in")
        p.keys("C-c", "Q")
        assert p.ended() == 0
"""

import errno
import fcntl
import os
import pty
import re
import select
import signal
import struct
import termios
import time

import pyte

DEADLINE = float(os.environ.get("TRIPTYCH_PTY_DEADLINE", "20"))

NAMED = {
    "Enter": "\r", "Tab": "\t", "Esc": "\x1b", "Space": " ", "BS": "\x7f", "Up": "\x1b[A", "Down": "\x1b[B",
    "Right": "\x1b[C", "Left": "\x1b[D", "Home": "\x1b[H", "End": "\x1b[F", "PgUp": "\x1b[5~", "PgDn": "\x1b[6~",
    "Del": "\x1b[3~", "S-Tab": "\x1b[Z", "F1": "\x1bOP",
}


def key_bytes(name):
    """The bytes that xterm sends for a key of that name."""
    if name in NAMED:
        return NAMED[name].encode()
    if re.fullmatch(r"C-[a-z]", name):
        return bytes([ord(name[2]) - 96])
    if re.fullmatch(r"M-.", name):
        return b"\x1b" + name[2].encode()
    return name.encode()


class Timeout(AssertionError):
    pass


class Program:
    """One run of a program as the foreground job of a terminal of its own."""

    def __init__(self, argv, cols=120, rows=36, env=None, cwd=None, stdin=None, stdout=None):
        self.screen = pyte.Screen(cols, rows)
        self.stream = pyte.ByteStream(self.screen)
        self.raw = self.partial = b""
        self.last = b" "
        self.status = None
        self.master, self.slave = pty.openpty()
        self._size(rows, cols)
        self.before = termios.tcgetattr(self.slave)
        full = dict(os.environ, TERM="xterm-256color", LC_ALL="C.UTF-8", ASAN_OPTIONS="detect_leaks=0")
        for name in ("NO_COLOR", "COLORFGBG", "VISUAL", "EDITOR"):
            full.pop(name, None)
        full.update(env or {})
        events, tell = os.pipe()
        self.events = os.fdopen(events, "rb", buffering=0)
        os.set_blocking(events, False)
        self.told = b""
        self.leader = os.fork()
        if self.leader == 0:
            self._lead(tell, argv, full, cwd, stdin, stdout)
        os.close(tell)
        self.pid = int(self._told("pid", DEADLINE))

    def _lead(self, tell, argv, env, cwd, stdin, stdout):
        """The session's leader, a small shell: runs the program as a foreground job and tells what becomes of it."""
        try:
            os.setsid()
            fcntl.ioctl(self.slave, termios.TIOCSCTTY, 0)
            signal.signal(signal.SIGTTOU, signal.SIG_IGN)
            signal.signal(signal.SIGHUP, signal.SIG_IGN)
            ready, go = os.pipe()
            pid = os.fork()
            if pid == 0:
                os.close(go)
                os.read(ready, 1)
                self._child(argv, env, cwd, stdin, stdout)
            os.setpgid(pid, pid)
            os.tcsetpgrp(self.slave, pid)
            os.write(tell, b"pid %d\n" % pid)
            os.close(go)
            os.close(self.master)
            os.close(self.slave)
            while True:
                _, status = os.waitpid(pid, os.WUNTRACED)
                if os.WIFSTOPPED(status):
                    os.write(tell, b"stopped %d\n" % os.WSTOPSIG(status))
                else:
                    os.write(tell, b"ended %d\n" % os.waitstatus_to_exitcode(status))
                    break
        finally:
            os._exit(0)

    def _child(self, argv, env, cwd, stdin, stdout):
        try:
            os.dup2(self.slave if stdin is None else os.open(stdin, os.O_RDONLY), 0)
            os.dup2(self.slave if stdout is None else os.open(stdout, os.O_WRONLY | os.O_CREAT, 0o600), 1)
            os.dup2(self.slave, 2)
            os.closerange(3, 256)
            for number in (signal.SIGPIPE, signal.SIGINT, signal.SIGTTOU, signal.SIGHUP):
                signal.signal(number, signal.SIG_DFL)
            if cwd:
                os.chdir(cwd)
            os.execvpe(argv[0], argv, env)
        finally:
            os._exit(127)

    def _told(self, what, deadline):
        """Waits for the leader to tell `what`, and reads the screen meanwhile; the number told, None at the deadline."""
        end = time.monotonic() + deadline
        while True:
            found = re.search(rb"^%s (-?\d+)\n" % what.encode(), self.told, re.M)
            if found:
                self.told = self.told[: found.start()] + self.told[found.end():]
                return int(found.group(1))
            if time.monotonic() > end:
                return None
            ready, _, _ = select.select([self.events] + ([self.master] if self.master >= 0 else []), [], [], 0.1)
            if self.master in ready:
                self._read(0)
            if self.events in ready:
                more = self.events.read(4096)
                if not more and what != "ended":
                    return None
                self.told += more or b""

    def __enter__(self):
        return self

    def __exit__(self, *unused):
        if not self._gone():
            try:
                os.kill(self.pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
            self.ended()
        self.hang_up()
        self.events.close()
        os.waitpid(self.leader, 0)

    def hang_up(self):
        """Takes the terminal away."""
        for fd in {self.master, self.slave} - {-1}:
            os.close(fd)
        self.master = self.slave = -1

    # ---- the screen

    def _size(self, rows, cols):
        fcntl.ioctl(self.master, termios.TIOCSWINSZ, struct.pack("HHHH", rows, cols, 0, 0))

    def resize(self, cols, rows):
        self.screen.resize(rows, cols)
        self._size(rows, cols)
        os.kill(self.pid, signal.SIGWINCH)

    def _read(self, timeout):
        """Feeds what the program has written; False when nothing came within timeout."""
        ready, _, _ = select.select([self.master], [], [], timeout)
        if not ready:
            return False
        try:
            data = os.read(self.master, 65536)
        except OSError as error:
            if error.errno == errno.EIO:
                return False
            raise
        self.raw += data
        self._feed(data)
        return True

    def _feed(self, data):
        """What pyte 0.8 doesn't know: REP (repeat the last character), and replies, which it would print."""
        self.partial += data
        whole = re.search(rb"(?:\x1b(?:\[[0-9;<=>?]*|\][^\x07\x1b]*)?|[\xc0-\xff][\x80-\xbf]*)\Z", self.partial)
        end = whole.start() if whole and len(whole.group()) < 64 else len(self.partial)
        text, self.partial = self.partial[:end], self.partial[end:]
        for piece in re.split(rb"(\x1b\[\d+b|\x1b\[[<>=][0-9;]*[a-zA-Z]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\))", text):
            if re.fullmatch(rb"\x1b\[\d+b", piece):
                self.stream.feed(self.last * int(piece[2:-1]))
            elif not piece.startswith((b"\x1b[<", b"\x1b[>", b"\x1b[=", b"\x1b]")):
                self.stream.feed(piece)
                plain = re.sub(rb"\x1b(?:\[[0-9;?]*[@-~]|[()].|[^\[()])", b"", piece).decode("utf-8", "replace")
                self.last = plain[-1].encode() if plain else self.last

    def rows(self):
        return [row.rstrip() for row in self.screen.display]

    def text(self):
        return "\n".join(self.rows()).rstrip() + "\n"

    def cell(self, row, col):
        return self.screen.buffer[row][col]

    def until(self, what, deadline=None):
        """Waits until the screen shows the text (or the function of this object is true)."""
        met = what if callable(what) else (lambda p: what in p.text())
        end = time.monotonic() + (deadline or DEADLINE)
        while not met(self):
            left = end - time.monotonic()
            if left <= 0:
                raise Timeout("not seen: %s\n%s" % (what, self.text()))
            if not self._read(min(left, 0.2)) and self._gone() and not met(self):
                raise Timeout("ended before: %s\n%s" % (what, self.text()))
        return self

    def until_absent(self, text):
        return self.until(lambda p: text not in p.text())

    # ---- keys

    def send(self, data):
        os.write(self.master, data)
        return self

    def keys(self, *names):
        return self.send(b"".join(key_bytes(name) for name in names))

    def paste(self, text):
        return self.send(b"\x1b[200~" + text.encode() + b"\x1b[201~")

    def click(self, row, col):
        return self.send(b"\x1b[<0;%d;%dM\x1b[<0;%d;%dm" % (col + 1, row + 1, col + 1, row + 1))

    def wheel(self, row, col, up=False):
        return self.send(b"\x1b[<%d;%d;%dM" % (64 if up else 65, col + 1, row + 1))

    # ---- the process

    def _gone(self):
        if self.status is None:
            self.status = self._told("ended", 0)
        return self.status is not None

    def signal(self, number):
        os.kill(self.pid, number)
        return self

    def ended(self, deadline=None):
        """Waits for the end; the exit status, or minus the signal's number."""
        if self.status is None:
            self.status = self._told("ended", deadline or DEADLINE)
        if self.status is None:
            raise Timeout("still running\n" + self.text())
        while self.master >= 0 and self._read(0):
            pass
        return self.status

    def stopped(self, deadline=None):
        """Waits until the program has stopped itself (Ctrl-Z); the signal."""
        number = self._told("stopped", deadline or DEADLINE)
        if number is None:
            raise Timeout("did not stop\n" + self.text())
        while self._read(0):
            pass
        return number

    def terminal_is_as_before(self):
        """Modes as they were, the other screen left, mouse and paste off, cursor shown."""
        now = termios.tcgetattr(self.slave)
        same = now[:4] == self.before[:4] and now[6] == self.before[6]
        last = {}
        for number, onoff in re.findall(rb"\x1b\[\?(\d+)([hl])", self.raw):
            last[number] = onoff
        modes = all(last.get(n, b"l") == b"l" for n in (b"1000", b"1002", b"1006", b"2004", b"1049"))
        return same and modes and last.get(b"25", b"h") == b"h"
