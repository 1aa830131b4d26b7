"""The session commands of the real program, as a script or a CI would call them: what they print, their exit status, and that
nothing changes where they say so. TAP on stdout."""

import json
import os
import subprocess
import sys
import tempfile

PROGRAM = os.environ.get("TRIPTYCH", "")
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
    """A home of its own with the demo's session in it."""

    def __init__(self, folder):
        self.folder = folder
        self.env = dict(os.environ, HOME=folder, XDG_DATA_HOME=folder, XDG_CONFIG_HOME=folder)
        for name in ("TRIPTYCH_DB", "TRIPTYCH_CONFIG", "TRIPTYCH_MODEL_URL"):
            self.env.pop(name, None)

    def run(self, *args):
        done = subprocess.run([PROGRAM, *args], env=self.env, cwd=self.folder, stdin=subprocess.DEVNULL, capture_output=True, timeout=120)
        return done.returncode, done.stdout.decode(), done.stderr.decode()

    def json(self, *args):
        status, out, err = self.run(*args, "--format", "json")
        assert status == 0, err
        return json.loads(out)

    def candidates(self, *args):
        return self.json("candidates", "demo", *args)["candidates"]

    def one(self, technique):
        return next(c for c in self.candidates() if c["technique"] == technique)

    def again(self, candidate):
        return next(c for c in self.candidates("--all") if c["id"] == candidate["id"])


def first_steps(world):
    status, out, err = world.run("sessions")
    check(status == 0 and out == "", "no database yet is no error", err)
    status, out, err = world.run("demo", "--no-tui")
    check(status == 0 and "demo" in out, "the demo is laid out and scanned", err)
    found = world.json("candidates", "demo")
    check(found["version"] == 1 and found["session"] == "demo" and len(found["candidates"]) >= 15, "it has things to decide")
    first = found["candidates"][0]
    wanted = {"id", "technique", "title", "component", "confidence", "path", "start", "end", "message", "evidence", "tradeoff", "state",
              "verdict", "because"}
    check(wanted <= set(first), "a candidate has the published members", wanted - set(first))
    check(first["state"] == "open" and first["verdict"] is None and first["because"] is None, "and nothing is decided")
    check({"gain", "accuracy", "clarity", "effort", "reasons"} <= set(first["tradeoff"]), "its trade-off has four axes and reasons")
    ids = [c["id"] for c in found["candidates"]]
    check(len(ids) == len(set(ids)), "no id stands twice")


def deciding(world):
    sdpa = world.one("sdpa")
    status, out, err = world.run("decide", "demo", sdpa["id"][:9], "accept", "--because", "head dim 64")
    check(status == 0, "an id is accepted by its beginning", err)
    now = world.again(sdpa)
    check((now["verdict"], now["because"], now["state"]) == ("accept", "head dim 64", "same"), "and the verdict is there", now)
    for args, name in (
        (("decide", "demo", sdpa["id"], "maybe"), "a word that is no verdict"),
        (("decide", "demo", "sdpa-zzzz", "accept"), "an id that is none"),
        (("decide", "nosuch", sdpa["id"], "accept"), "a session that isn't there"),
        (("decide", "demo", sdpa["id"]), "a missing argument"),
        (("decide", "demo", sdpa["id"], "accept", "--nonsense"), "an unknown option"),
        (("decide", "demo", sdpa["id"], "accept", "--override", "gain=9"), "an axis out of its range"),
        (("nonsense",), "an unknown command"),
    ):
        status, out, err = world.run(*args)
        good = status == 2 and out == "" and err.startswith("triptych: ") and err.count("\n") == 1
        check(good, f"{name} is an error in one line", (status, out, err))
    status, out, err = world.run("undo", "demo")
    check(status == 0 and "accept of sdpa" in out, "undo says what it took back", (out, err))
    check(world.again(sdpa)["verdict"] is None, "and it is taken back")
    status, out, err = world.run("undo", "demo")
    check(status == 1 and "nothing to undo" in err, "nothing to undo is a no", (status, err))
    status, out, err = world.run("decide", "demo", sdpa["id"], "accept", "--because", "measured", "--override", "gain=5", "--override", "effort=0")
    check(status == 0 and world.again(sdpa)["tradeoff"]["gain"] == 5, "axes are set with the verdict", err)
    status, out, err = world.run("undo", "demo")
    now = world.again(sdpa)
    good = "accept of sdpa" in out and now["verdict"] is None and now["tradeoff"]["gain"] == sdpa["tradeoff"]["gain"]
    check(good and world.run("undo", "demo")[0] == 1, "and one undo takes back all of it", (out, now["tradeoff"]))
    world.run("decide", "demo", sdpa["id"], "reject", "--because", "parity 2e-2 in fp16")
    log = world.json("log", "demo")
    kinds = ["verdict", "undo", "verdict", "axis", "axis", "undo", "undo", "undo", "verdict"]
    check([e["kind"] for e in log["events"]] == kinds, "the log has all of it in order", log)
    keys = {"id", "time", "who", "kind", "candidate", "verdict", "reason", "supersedes"}
    check(all(keys <= set(e) for e in log["events"]) and log["version"] == 1, "with the published members")
    check(log["events"][1]["supersedes"] == log["events"][0]["id"], "an undo names what it undoes")


def dependencies(world):
    needy = [c for c in world.candidates() if c["needs"]]
    if not needy:
        return
    candidate = needy[0]
    world.run("decide", "demo", candidate["needs"][0], "defer")
    status, out, err = world.run("decide", "demo", candidate["id"], "accept")
    good = status == 1 and candidate["needs"][0] in err and "--with-dependencies" in err
    check(good, "what is needed is asked for, by id and flag", (status, err))
    check(world.again(candidate)["verdict"] is None, "and nothing changed")
    status, out, err = world.run("decide", "demo", candidate["id"], "accept", "--with-dependencies")
    check(status == 0 and world.again({"id": candidate["needs"][0]})["verdict"] == "accept", "with the flag both are accepted", err)
    world.run("undo", "demo")
    check(world.again(candidate)["verdict"] is None and world.again({"id": candidate["needs"][0]})["verdict"] == "defer",
          "one undo takes both back")
    world.run("undo", "demo")


def searching(world):
    status, out, err = world.run("search", "parity")
    check(status == 0 and "2e-2" in out, "a reason is found by a word of it", err)
    status, out, err = world.run("search", "nothinglikethat")
    check(status == 1 and out == "", "nothing found is a no", (status, out))


def editing(world):
    kept = world.one("sdpa")
    with open(kept["path"], encoding="utf-8") as source:
        text = source.read()
    with open(kept["path"], "w", encoding="utf-8") as source:
        source.write("// a line\n\n" + text)
    before = {c["id"]: c for c in world.candidates("--all")}
    changes = world.json("rescan", "demo")
    check(changes["moved"] >= 1 and changes["new"] == 0, "lines above move candidates and make no new ones", changes)
    now = world.again(kept)
    moved = now["start"]["line"] == kept["start"]["line"] + 2
    check(moved and now["state"] == "moved" and now["verdict"] == "reject", "the verdict went along", now)
    check({c["id"] for c in world.candidates("--all")} == set(before), "every id is still there")
    with open(kept["path"], "w", encoding="utf-8") as source:
        source.write(text)
    world.run("rescan", "demo")
    check(world.again(kept)["state"] == "same", "and is the same when the file is")


def own_and_plan(world):
    place = world.one("rfft") if any(c["technique"] == "rfft" for c in world.candidates()) else world.candidates()[-1]
    status, out, err = world.run("add", "demo", "--at", f"{place['path']}:{place['start']['line']}", "--title", "My own idea")
    own = out.strip()
    check(status == 0 and own.startswith("own-"), "a candidate of one's own gets an id", (out, err))
    status, out, err = world.run("done", "demo", own)
    check(status == 2, "what was never accepted can't be done", err)
    world.run("decide", "demo", own, "measure", "--condition", "only if faster")
    status, out, err = world.run("done", "demo", own, "--before", "10", "--after", "14", "--unit", "tokens/s")
    check(status == 0 and world.again({"id": own})["state"] == "done", "after a measurement it is", err)
    plan = world.json("plan", "demo")
    check(any(s["candidate"]["id"] == own for s in plan["steps"]), "it stands in the plan")
    status, out, err = world.run("export", "demo")
    check(status == 0 and "My own idea" in out and "## Rejected" in out and "parity 2e-2 in fp16" in out, "and in the export", err)
    path = os.path.join(world.folder, "plan.md")
    status, out, err = world.run("export", "demo", "-o", path)
    check(status == 0 and out == "" and os.path.exists(path), "an export goes to a file", err)
    status, out, err = world.run("export", "demo", "-o", path)
    check(status == 2 and "--force" in err, "and replaces none without --force", err)
    status, out, err = world.run("export", "demo", "--format", "sarif")
    run = json.loads(out)["runs"][0]
    check(run["columnKind"] == "unicodeCodePoints" and len(run["results"]) > 10, "SARIF is one")


def sharing_and_removing(world):
    path = os.path.join(world.folder, "shared.json")
    world.run("export", "demo", "--format", "json", "-o", path)
    other = ("--db", os.path.join(world.folder, "other.db"))
    status, out, err = world.run("import", path, *other)
    check(status == 0 and "new here" in out, "an export comes in elsewhere", err)
    status, theirs, err = world.run("log", "demo", "--format", "json", *other)
    check(json.loads(theirs)["events"] == world.json("log", "demo")["events"], "with the same log")
    with open(path) as file:
        text = file.read()
    there = os.path.join(world.folder, "triptych/demo")
    away = os.path.join(world.folder, "away.json")
    with open(away, "w") as file:
        file.write(text.replace(there, "/another/machine"))
    third = ("--db", os.path.join(world.folder, "third.db"))
    status, out, err = world.run("import", away, *third)
    check(status == 0 and "isn't here" in err and "--swift" in err, "folders of another machine are told of", err)
    status, out, err = world.run("import", away, *sum((("--" + side, os.path.join(there, side)) for side in ("swift", "mlx", "torch")), ()), *third)
    check(status == 0 and err == "", "and named by importing again", err)
    status, out, err = world.run("rescan", "demo", *third)
    check(status == 0 and "nothing changed" in out, "then it is scanned, and nothing is lost", out + err)
    status, out, err = world.run("delete", "demo", *other)
    check(status == 0 and world.run("sessions", *other)[1] == "", "delete hides")
    status, out, err = world.run("undelete", "demo", *other)
    check(status == 0 and "demo" in world.run("sessions", *other)[1], "undelete brings back", err)
    status, out, err = world.run("delete", "demo", "--purge", *other)
    check(status == 1 and "demo" in world.run("sessions", *other)[1], "a purge asks first, and without a terminal stops", err)
    status, out, err = world.run("delete", "demo", "--purge", "--yes", *other)
    kept = [n for n in os.listdir(world.folder) if n.startswith("other.db.purged-")]
    check(status == 0 and len(kept) == 1 and world.run("sessions", *other)[1] == "", "then it removes, and keeps an export", err)
    status, out, err = world.run("open", "demo")
    check(status == 2 and "terminal" in err and err.count("\n") == 1, "the screen without a terminal says what to do instead", err)


def main():
    if not os.access(PROGRAM, os.X_OK):
        print("1..1\nok 1 # SKIP the program is not built")
        return 0
    with tempfile.TemporaryDirectory() as folder:
        world = World(os.path.realpath(folder))
        for part in (first_steps, deciding, dependencies, searching, editing, own_and_plan, sharing_and_removing):
            part(world)
    print(f"1..{number}")
    return 1 if failed else 0


sys.exit(main())
