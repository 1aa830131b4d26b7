"""scan --baseline and --fail-on new, by the real program: what was moved, renamed or reformatted is known, what was written anew
is not, and the exit status says so. TAP on stdout."""

import json
import os
import shutil
import subprocess
import sys
import tempfile

PROGRAM = os.environ.get("TRIPTYCH", "")
ADDED = """
func addedAttention(q: MLXArray, k: MLXArray, v: MLXArray) -> MLXArray {
    let w = softmax(matmul(q, k.transposed(0, 1, 3, 2)) * 0.125, axis: -1)
    return matmul(w, v)
}
"""
number = 0
failed = 0


def check(good, name, why=""):
    global number, failed
    number += 1
    failed += not good
    print(f"{'' if good else 'not '}ok {number} - {name}")
    if not good and why:
        print("\n".join("# " + line for line in str(why).splitlines()[:10]))


class World:
    def __init__(self, folder):
        self.folder = folder
        self.env = dict(os.environ, HOME=folder, XDG_DATA_HOME=folder, XDG_CONFIG_HOME=folder)
        for name in ("TRIPTYCH_DB", "TRIPTYCH_CONFIG"):
            self.env.pop(name, None)

    def run(self, *args):
        done = subprocess.run([PROGRAM, *args], env=self.env, cwd=self.folder, stdin=subprocess.DEVNULL, capture_output=True, timeout=120)
        return done.returncode, done.stdout.decode(), done.stderr.decode()

    def keep(self, form):
        path = os.path.join(self.folder, "known." + form)
        with open(path, "w") as out:
            out.write(self.run("scan", "--swift", "port", "--format", form)[1])
        return path


def rewrite(path, change):
    with open(path) as file:
        text = file.read()
    with open(path, "w") as file:
        file.write(change(text))


def move_things(sources):
    """No line of the port stays at its place, one file has another name, a local and its indentation change."""
    for name in os.listdir(sources):
        rewrite(os.path.join(sources, name), lambda text: "// A line of a license.\n" + text)
    os.rename(os.path.join(sources, "Encoder.swift"), os.path.join(sources, "Hearing.swift"))
    rewrite(os.path.join(sources, "Decoder.swift"), lambda text: text.replace("scores", "products").replace("    ", "\t"))


def main():
    if not os.access(PROGRAM, os.X_OK):
        print("1..1\nok 1 # SKIP the program is not built")
        return 0
    with tempfile.TemporaryDirectory() as folder:
        world = World(os.path.realpath(folder))
        status, _, err = world.run("demo", "--no-tui")
        check(status == 0, "the demo is a session", err)
        shutil.copytree(os.path.join(world.folder, "triptych/demo/swift"), os.path.join(world.folder, "port"))
        sources = os.path.join(world.folder, "port/Sources/Whinchat")
        known = [world.keep("json"), world.keep("sarif"), "demo"]

        for baseline in known:
            status, out, err = world.run("scan", "--swift", "port", "--baseline", baseline, "--fail-on", "new")
            check(status == 0 and "0 new candidates" in out, f"nothing is new against itself: {os.path.basename(baseline)}", out + err)
        move_things(sources)
        for baseline in known:
            status, out, err = world.run("scan", "--swift", "port", "--baseline", baseline, "--fail-on", "new")
            check(status == 0 and "0 new candidates" in out, f"what moved is known: {os.path.basename(baseline)}", out + err)
        rewrite(os.path.join(sources, "Layers.swift"), lambda text: text + ADDED)
        for baseline in known:
            status, out, err = world.run("scan", "--swift", "port", "--technique", "sdpa", "--baseline", baseline, "--fail-on", "new")
            good = status == 1 and "1 new candidate " in out and "Layers.swift" in out and err == "triptych: 1 new since the baseline\n"
            check(good, f"what was written is new, and it fails: {os.path.basename(baseline)}", out + err)

        status, out, err = world.run("scan", "--swift", "port", "--baseline", known[0])
        check(status == 0 and err == "", "without --fail-on it only says so", err)
        status, out, err = world.run("scan", "--swift", "port", "--technique", "sdpa", "--baseline", known[0], "--format", "json")
        states = [c["baseline"] for c in json.loads(out)["candidates"]] if status == 0 else []
        check(sorted(set(states)) == ["new", "unchanged"] and states.count("new") == 1, "JSON marks each candidate", states)
        status, out, err = world.run("scan", "--swift", "port", "--technique", "sdpa", "--baseline", known[1], "--format", "sarif")
        states = [r["baselineState"] for r in json.loads(out)["runs"][0]["results"]] if status == 0 else []
        check(states.count("new") == 1, "SARIF has its baselineState", states)

        status, out, err = world.run("scan", "--swift", "port", "--baseline", "nobody")
        check(status == 2 and "nobody" in err and err.count("\n") == 1, "neither a file nor a session: one line", err)
        status, out, err = world.run("scan", "--swift", "port", "--baseline", "port/Package.swift")
        check(status == 2 and "no scan" in err, "a file that is no scan is refused", err)
        status, out, err = world.run("scan", "--swift", "port", "--fail-on", "new")
        check(status == 2 and "--baseline" in err, "--fail-on alone is an error of usage", err)
    print(f"1..{number}")
    return 1 if failed else 0


sys.exit(main())
