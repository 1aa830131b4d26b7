#!/usr/bin/env python3
"""What `triptych scan` finds in real ports, held against what people judged there: by technique and by band of confidence.

usage: candidates.py --triptych BIN --repos DIR [--bench DIR] [--show false|missed]

Reads DIR/labels/candidates-labels.jsonl and candidates-files.jsonl as labels/score_candidates.py does (its rules hold here), and where they
are there:
  disputed.jsonl  labels thought wrong, with a reason: {"repo","commit","path","start","end","technique","why"}, or "kind":"missing" for a place
                  that should have a label. The figures are printed with and without them.
  extra.jsonl     further places: {"technique","repo","commit","path","start","end","fires":true|false,"why"}, and searches that found none.
Each tree is scanned once. Repositories that are absent are named and left out.
"""
import argparse
import collections
import importlib.util
import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
BANDS = ("high", "medium")


def load_scorer(bench):
    path = os.path.join(bench, "labels", "score_candidates.py")
    spec = importlib.util.spec_from_file_location("score_candidates", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class Scans:
    """The candidates of each tree, scanned when first asked for."""

    def __init__(self, scorer, args):
        self.scorer, self.args, self.found, self.missing = scorer, args, {}, set()

    def of(self, repo, commit):
        git_dir = self.scorer.repo_dir(self.args.repos, repo)
        if not git_dir:
            self.missing.add(repo)
            return None
        if (repo, commit) not in self.found:
            self.found[repo, commit] = self.scorer.scan(self.args, git_dir, commit)
        return self.found[repo, commit]


def place(row):
    return row["repo"], row["commit"], row["path"], row["start"], row["end"], row["technique"]


def tally(scorer, scans, labels, files, excused, show):
    """Counts by technique. What an excused label speaks of is neither right nor wrong."""
    counts = collections.defaultdict(collections.Counter)
    trees = sorted({(r["repo"], r["commit"]) for r in labels} | {(repo, commit) for repo, commit, _ in files})
    for repo, commit in trees:
        found = scans.of(repo, commit)
        if found is None:
            continue
        here = [r for r in labels if (r["repo"], r["commit"]) == (repo, commit)]
        aside = [r for r in excused if (r["repo"], r["commit"]) == (repo, commit)]
        for r in here:
            hit = any(scorer.accounts(r, path, start, end, technique) for path, start, end, technique, _ in found)
            counts[r["technique"]].update(labels=1, found=hit, high=r["confidence"] == "high",
                                          high_found=hit and r["confidence"] == "high")
            if not hit and show == "missed":
                print(f"missed {r['technique']:22} {repo}@{commit[:8]} {r['path']}:{r['start']}-{r['end']}")
        for path, start, end, technique, band in found:
            entry = files.get((repo, commit, path))
            if not entry or not scorer.judged(entry, start, end, technique):
                continue
            good = any(scorer.accounts(r, path, start, end, technique) for r in here)
            if not good and any(scorer.accounts(r, path, start, end, technique) for r in aside):
                continue
            counts[technique]["true" if good else "false"] += 1
            counts[technique][band + (" true" if good else " false")] += 1
            if not good and show == "false":
                print(f"false {band:6} {technique:22} {repo}@{commit[:8]} {path}:{start}-{end}")
    return counts


def ratio(a, b):
    return f"{a / b:.2f}" if b else "-"


def line(name, t):
    cells = [f"{name:24}", f"{t['labels']:7}", f"{ratio(t['found'], t['labels']):>8}", f"{t['high']:6}",
             f"{ratio(t['high_found'], t['high']):>8}", f"{t['true']:6}", f"{t['false']:6}",
             f"{ratio(t['true'], t['true'] + t['false']):>10}"]
    for band in BANDS:
        cells.append(f"{ratio(t[band + ' true'], t[band + ' true'] + t[band + ' false']):>8}")
    return "".join(cells)


def print_table(scorer, counts):
    print(f"{'technique':24}{'labels':>7}{'recall':>8}{'high':>6}{'recall':>8}{'true':>6}{'false':>6}{'precision':>10}{'high':>8}{'medium':>8}")
    clean_up, others = collections.Counter(), collections.Counter()
    for technique in sorted(counts):
        (clean_up if technique in scorer.NEUTRAL else others).update(counts[technique])
        print(line(technique, counts[technique]))
    print(line("clean-up ids", clean_up))
    print(line("all others", others))
    for band in BANDS:
        good, bad = others[band + " true"], others[band + " false"]
        print(f"precision of {band:6} {ratio(good, good + bad):>5}  ({good} of {good + bad})")


def print_extra(scorer, scans, rows):
    """How many of the further places hold: something is found there, or nothing is."""
    held, failed = collections.Counter(), []
    for r in rows:
        if "searched" in r:
            continue
        found = scans.of(r["repo"], r["commit"])
        if found is None:
            continue
        hit = any(technique == r["technique"] and path == r["path"] and scorer.near(start, end, r["start"], r["end"])
                  for path, start, end, technique, _ in found)
        held[r["technique"], r["fires"], hit == r["fires"]] += 1
        if hit != r["fires"]:
            failed.append(f"  {'missed' if r['fires'] else 'false '} {r['technique']} {r['repo']}@{r['commit'][:8]} {r['path']}:{r['start']}-{r['end']}")
    for technique in sorted({key[0] for key in held}):
        fires, silent = [(held[technique, f, True], held[technique, f, True] + held[technique, f, False]) for f in (True, False)]
        print(f"{technique:24}found {fires[0]} of {fires[1]}, silent at {silent[0]} of {silent[1]} that look alike")
    for r in rows:
        if "searched" in r:
            print(f"{r['technique']:24}none in {len(r['searched'])} repositories: {r['why']}")
    print("\n".join(failed))


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--triptych", required=True)
    p.add_argument("--repos", required=True)
    p.add_argument("--bench", default=os.path.join(HERE, "..", "bench"))
    p.add_argument("--show", choices=["false", "missed"])
    args = p.parse_args()
    args.min_confidence = "medium"
    scorer = load_scorer(args.bench)

    def rows(name):
        path = os.path.join(args.bench, name)
        return scorer.rows(path) if os.path.exists(path) else []

    labels = rows("labels/candidates-labels.jsonl")
    files = {(r["repo"], r["commit"], r["path"]): r for r in rows("labels/candidates-files.jsonl")}
    scans = Scans(scorer, args)
    print("== candidates of medium confidence and above; precision in the files read exhaustively")
    print_table(scorer, tally(scorer, scans, labels, files, [], args.show))
    disputed = [r for r in rows("disputed.jsonl") if r.get("file") != "rows.jsonl"]
    if disputed:
        wrong = {place(r) for r in disputed if r.get("kind") != "missing"}
        kept = [r for r in labels if place(r) not in wrong]
        added = [{"confidence": "medium", **r} for r in disputed if r.get("kind") == "missing"]
        print(f"== the same without the {len(labels) - len(kept)} labels that are disputed, and with {len(added)} that are missing")
        print_table(scorer, tally(scorer, scans, kept + added, files, [r for r in labels if place(r) in wrong], None))
    extra = rows("extra.jsonl")
    if extra:
        print("== further places, for techniques with few labels")
        print_extra(scorer, scans, extra)
    if scans.missing:
        print("no repository for: " + ", ".join(sorted(scans.missing)), file=sys.stderr)


if __name__ == "__main__":
    main()
