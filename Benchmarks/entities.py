#!/usr/bin/env python3
"""Entities on public data sets: the encoder trained together with an entity head, and measured in int8 as it serves.

    Benchmarks/entities.py --datasets DIR [--rows conll2003,snips,hwu64_slots] [--split test|valid] [--work DIR]

By token: every token of the data set has one BIO tag, `O` included, that of the first found span which it overlaps; figures
are also given with B- and I- of a label taken together. By entity: only the exact span with the right label counts. A
training that was stopped goes on from its checkpoint, and a row that is trained is only measured again, so the script can be
stopped and started. While tuning, measure on `--split valid`.
"""
import argparse
import json
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

from serving import ROOT, machine

# name: (validation file or None, options of the training), all with multilingual-e5-small
ROWS = {
    "conll2003": ("valid", ["--epochs", "5", "--rate", "1e-4", "--head-factor", "10"]),
    "snips": ("valid", ["--epochs", "5", "--rate", "1e-4", "--head-factor", "10"]),
    "hwu64_slots": (None, ["--epochs", "6", "--rate", "1e-4", "--head-factor", "10"]),
}


def places(text, tokens):
    position, found = 0, []
    for token in tokens:
        start = text.index(token, position)
        position = start + len(token)
        found.append((start, position))
    return found


def tags(row, spans):
    """The tag of each token by the spans found: it belongs to the first one that it overlaps."""
    result, previous = [], None
    for start, end in places(row["text"], row["tokens"]):
        index = next((i for i, span in enumerate(spans) if span["start"] < end and start < span["end"]), None)
        result.append("O" if index is None else ("I-" if index == previous else "B-") + spans[index]["slot"])
        previous = index
    return result


def f1(right, given, support):
    return 2 * right / (given + support) if given + support else 0.0


def token_scores(pairs):
    """F1 of each label, their plain and their weighted mean, from (truth, prediction) of every token."""
    support, given, right = Counter(), Counter(), Counter()
    for truth, label in pairs:
        support[truth] += 1
        given[label] += 1
        right[truth] += truth == label
    each = {label: f1(right[label], given[label], support[label]) for label in sorted(support | given)}
    weighted = sum(value * support[label] for label, value in each.items()) / sum(support.values())
    return {"weighted_f1": weighted, "macro_f1": sum(each.values()) / len(each), "f1": each}


def scores(rows, found):
    pairs, entities = [], Counter()
    for row, spans in zip(rows, found, strict=True):
        pairs += zip(row["bio"], tags(row, spans), strict=True)
        truth = {(slot["slot"], slot["start"], slot["end"]) for slot in row["slots"]}
        guess = {(span["slot"], span["start"], span["end"]) for span in spans}
        entities.update(right=len(truth & guess), given=len(guess), support=len(truth))
    return {
        "tokens": len(pairs), "by_tag": token_scores(pairs),
        "by_label": token_scores([(truth[2:] or truth, tag[2:] or tag) for truth, tag in pairs]),
        "entities": entities["support"],
        "entity_precision": entities["right"] / max(1, entities["given"]),
        "entity_recall": entities["right"] / max(1, entities["support"]),
        "entity_f1": f1(entities["right"], entities["given"], entities["support"]),
    }


def measure(options, name):
    valid, settings = ROWS[name]
    folder, out = options.datasets / name, options.work / name
    seconds = None
    if not (out / "entities.head").exists():
        began = time.monotonic()
        check = ["--valid", folder / f"{valid}.jsonl"] if valid else []
        command = [options.program, "train", options.model, folder / "train.jsonl", "--out", out, *check, *settings]
        subprocess.run([str(part) for part in command], check=True)
        seconds = round(time.monotonic() - began, 1)
    path = folder / f"{options.split}.jsonl"
    command = [options.program, "find", options.model, path, "--out", out, "--precision", options.precision]
    output = subprocess.run([str(part) for part in command], check=True, capture_output=True, text=True).stdout
    rows = [json.loads(line) for line in path.read_text().splitlines()]
    return {"split": options.split, "precision": options.precision, "training_seconds": seconds, "settings": settings,
            **scores(rows, [json.loads(line) for line in output.splitlines()])}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--datasets", required=True, type=Path)
    parser.add_argument("--rows", default=",".join(ROWS))
    parser.add_argument("--split", default="test", choices=["test", "valid"])
    parser.add_argument("--precision", default="int8", choices=["int8", "float32"])
    parser.add_argument("--model", default=ROOT / "data/models/multilingual-e5-small", type=Path)
    parser.add_argument("--program", default=ROOT / ".build/release/EntityBench", type=Path)
    parser.add_argument("--work", default=ROOT / "data/entity-bench", type=Path, help="where trained weights are kept")
    options = parser.parse_args()
    results = {"machine": machine(), "rows": {}}
    for name in options.rows.split(","):
        if name not in ROWS:
            sys.exit(f"--rows: there is no '{name}', only {', '.join(ROWS)}")
        row = results["rows"][name] = measure(options, name)
        print(f"{name} ({row['split']}, {row['precision']}): by token weighted F1 {row['by_tag']['weighted_f1']:.4f}, "
              f"macro {row['by_tag']['macro_f1']:.4f} (B- and I- together {row['by_label']['weighted_f1']:.4f}, "
              f"{row['by_label']['macro_f1']:.4f}); by entity F1 {row['entity_f1']:.4f} "
              f"(precision {row['entity_precision']:.4f}, recall {row['entity_recall']:.4f})", flush=True)
    target = ROOT / f"Benchmarks/results/entities-{options.split}.json"
    target.parent.mkdir(exist_ok=True)
    target.write_text(json.dumps(results, indent=1) + "\n")


if __name__ == "__main__":
    main()
