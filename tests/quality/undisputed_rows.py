#!/usr/bin/env python3
"""Writes the row labels without those that are disputed, for labels/score_rows.py.

usage: undisputed_rows.py LABELS DISPUTED >OUT

DISPUTED holds lines {"file":"rows.jsonl","triple":ID,"label":{"mlx","torch","swift"},"reason"}; "instead" says what the label should be.
"""
import json
import sys


def main():
    labels, disputed = sys.argv[1:3]
    wrong = [r for r in map(json.loads, open(disputed)) if r.get("file") == "rows.jsonl"]
    for triple in map(json.loads, open(labels)):
        mine = [r for r in wrong if r["triple"] == triple["id"]]
        kept = [c for c in triple["components"] if not any(r["label"] == c for r in mine)]
        if len(triple["components"]) - len(kept) != len(mine):
            sys.exit(f"undisputed_rows: a disputed label of {triple['id']} is not among the labels")
        triple["components"] = kept + [r["instead"] for r in mine if "instead" in r]
        print(json.dumps(triple))


if __name__ == "__main__":
    main()
