"""No socket of the internet is opened and no name looked up, unless a model is configured and used: by a trace of system calls.

Needs strace and the program (TRIPTYCH); without either it is skipped, with the reason. TAP on stdout."""

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile

# What gives a network away: an internet socket, or the ways to a resolver (nscd, systemd-resolved, resolv.conf, hosts).
SOCKET = r"AF_INET"
LOOKUP = r"nscd/socket|io\.systemd\.Resolve|/etc/resolv\.conf|/etc/hosts\b"
NETWORK = re.compile(SOCKET + "|" + LOOKUP)
# Without a user's name git has none to give, and the C library asks nscd for the login's, which is no host's name.
GIT = "[user]\n\tname = Test\n"
# A host that nobody has; without the time limit it would be tried again.
FAR = '[profile "Far"]\n\tmodel = m\n\turl = https://model.invalid/v1\n\ttotalTimeout = 1\n'
SCRIPT = ":wait idle\n:expect walk\nj\nP\nEsc\nR\nEsc\nC\nEsc\ni\nEsc\nS\n:wait idle\nQ\n"
SWIFT = "import MLX\n\nfunc f(_ x: MLXArray) -> MLXArray {\n    return softmax(x, axis: -1)\n}\n"


def trace(program, args, env, folder):
    log = os.path.join(folder, "trace")
    command = ["strace", "-f", "-qq", "-e", "trace=socket,connect,open,openat", "-o", log, program] + args
    done = subprocess.run(command, env=env, cwd=folder, stdin=subprocess.DEVNULL, capture_output=True, timeout=120)
    with open(log, encoding="utf-8", errors="replace") as lines:
        return done, [line.strip() for line in lines if NETWORK.search(line)]


def ask(program, env):
    """A dry run of `ask` about the demo's first candidate."""
    return ["ask", "demo", first(program, env), "Is it exact?", "--dry-run"]


def first(program, env):
    done = subprocess.run([program, "candidates", "demo", "--format", "json"], env=env, capture_output=True, timeout=120)
    return json.loads(done.stdout)["candidates"][0]["id"]


def later(program, env):
    """What is done with a session, once the demo is there."""
    id = first(program, env)
    commands = [["open", "demo", "--script", "script"], ["decide", "demo", id, "accept", "--because", "x"], ["show", "demo", id]]
    commands += [["export", "demo", "--format", name] for name in ("md", "html", "json", "sarif", "agent")]
    return commands + [["rescan", "demo"], ["drafts", "demo"], ["log", "demo"], ["search", "x"], ["plan", "demo"]]


def main():
    program = os.environ.get("TRIPTYCH", "")
    if not shutil.which("strace"):
        print("1..1\nok 1 # SKIP strace is missing")
        return 0
    if not os.access(program, os.X_OK):
        print("1..1\nok 1 # SKIP the program is not built")
        return 0
    cases = [["--version"], ["techniques"], ["scan", "--swift", "a.swift"], ["demo", "--no-tui"], ["sessions"]]
    alone = [["doctor"], ["keys"], ["config"]]
    failed = 0
    with tempfile.TemporaryDirectory() as folder:
        with open(os.path.join(folder, "a.swift"), "w", encoding="utf-8") as out:
            out.write(SWIFT)
        # LeakSanitizer can't work under another tracer.
        env = dict(os.environ, HOME=folder, XDG_DATA_HOME=folder, XDG_CONFIG_HOME=folder, ASAN_OPTIONS="detect_leaks=0")
        for name, text in ((".gitconfig", GIT), ("far", FAR), ("script", SCRIPT)):
            with open(os.path.join(folder, name), "w", encoding="utf-8") as out:
                out.write(text)
        for variable in [name for name in env if name.startswith("TRIPTYCH_")]:
            del env[variable]
        configured = dict(env, TRIPTYCH_MODEL_URL="https://model.invalid/v1", TRIPTYCH_MODEL="m", TRIPTYCH_API_KEY="k" * 20)
        number = 0
        for name, environment in (("no model", env), ("a model that isn't used", configured)):
            more = alone if environment is env else [["keys"], ask(program, environment)] + later(program, env)
            for args in cases + more:
                number += 1
                done, found = trace(program, args, environment, folder)
                good = done.returncode == 0 and not found
                failed += not good
                print(f"{'' if good else 'not '}ok {number} - triptych {' '.join(args)} with {name} stays off the network")
                for line in found[:5] + ([] if done.returncode == 0 else [done.stderr.decode(errors="replace").strip()]):
                    print("# " + line)
        # the trace sees a socket when there is one
        number += 1
        found = [line for line in trace(program, ["doctor", "--config", "far"], env, folder)[1] if re.search(LOOKUP, line)]
        failed += not found
        print(f"{'' if found else 'not '}ok {number} - triptych doctor with a model elsewhere looks its name up")
        number += 1
        used = dict(configured, TRIPTYCH_MODEL_URL="http://127.0.0.1:9/v1")
        found = trace(program, ["doctor"], used, folder)[1]
        failed += not found
        print(f"{'' if found else 'not '}ok {number} - triptych doctor with a model uses the network")
    print(f"1..{number}")
    return 1 if failed else 0


sys.exit(main())
