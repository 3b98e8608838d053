#!/usr/bin/env python3
"""The accuracy table: the program trained and measured on labelled data sets, a row at a time.

    Benchmarks/learning.py --datasets DIR [--rows NAME,…] [--split test|valid] [--results FILE]

A row is a data set's part, an encoder and a method. Every row goes through the program: import, train, evaluate in int8.
Results are kept in FILE as they come; a row that is there is not repeated, so the script can be stopped and started.
While tuning, measure on `--split valid`; the test split is for the figures that are told.
"""
import argparse
import json
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from serving import ROOT, machine

MINILM, E5 = "all-minilm-l6-v2", "multilingual-e5-small"
# name: (folder, training files, encoder, method, further options, what is done with out-of-scope rows)
ROWS = {
    "banking77 5-shot": ("banking77_fewshot", ["train_5shot"], MINILM, "contrastive", [], None),
    "banking77 10-shot": ("banking77_fewshot", ["train_10shot"], MINILM, "contrastive", [], None),
    "banking77 full": ("banking77_fewshot", ["train"], MINILM, "full", [], None),
    "hwu64 10-shot": ("hwu64", ["train_10shot"], MINILM, "contrastive", [], None),
    "hwu64 full": ("hwu64", ["train"], MINILM, "full", [], None),
    "clinc150 10-shot": ("clinc150", ["../clinc150_fewshot/train_10shot"], MINILM, "contrastive", [], "without"),
    "clinc150 full": ("clinc150", ["train"], MINILM, "full", [], "without"),
    "clinc150 with out-of-scope": ("clinc150", ["train"], MINILM, "full", [], "with"),
    "snips": ("snips", ["train"], MINILM, "full", [], None),
    "smp2017_ecdt": ("smp2017_ecdt", ["train"], E5, "full", [], None),
}


def run(program, *arguments):
    result = subprocess.run([str(program), *map(str, arguments), "--json"], capture_output=True, text=True)
    if result.returncode != 0:
        sys.exit(f"frontdesk {' '.join(map(str, arguments))} ended with {result.returncode}:\n{result.stderr[-2000:]}")
    return json.loads(result.stdout)


def copy(source, target, out_of_scope):
    """The rows of a file; those out of scope are left out unless they are wanted."""
    with open(source) as rows, open(target, "w") as out:
        for row in map(json.loads, rows):
            if row["intent"] == "oos" and out_of_scope != "with":
                continue
            intent = "out_of_scope" if row["intent"] == "oos" else row["intent"]
            out.write(json.dumps({"text": row["text"], "intent": intent}, ensure_ascii=False) + "\n")


def measure(options, row):
    folder, files, encoder, method, further, out_of_scope = row
    scratch = Path(tempfile.mkdtemp(prefix="frontdesk-learning-"))
    try:
        data = scratch / "data"
        data.mkdir()
        (data / "models").symlink_to(options.models.resolve())
        for index, name in enumerate(files):
            part = scratch / f"train{index}.jsonl"
            copy(options.datasets / folder / f"{name}.jsonl", part, out_of_scope)
            run(options.program, "import", part, "--data", data)
        began = time.monotonic()
        trained = run(options.program, "train", "--activate", "--encoder", encoder, "--method", method, *further,
                      "--data", data)
        seconds = time.monotonic() - began
        test = scratch / "test.jsonl"
        copy(options.datasets / folder / f"{options.split}.jsonl", test, out_of_scope)
        report = run(options.program, "evaluate", test, "--data", data)
        # What is kept are figures; the sentences belong to the data sets.
        for sentences in ("mistakes", "confused_pairs"):
            report.pop(sentences, None)
        return {"encoder": encoder, "method": method, "options": further, "split": options.split,
                "examples": trained["metrics"]["examples"], "training_seconds": round(seconds, 1),
                "cross_validated": trained["metrics"], "report": report}
    finally:
        shutil.rmtree(scratch)


def table(results):
    lines = ["| data | encoder, method | accuracy (95 %) | calibration error | answered at precision | out-of-scope recall "
             "| training |", "| --- | --- | --- | --- | --- | --- | --- |"]
    for name, row in results.items():
        report = row["report"]
        recall = report.get("out_of_scope_recall")
        lines.append(
            f"| {name} | {row['encoder']}, {row['method']} | {report['accuracy']:.4f} "
            f"({report['accuracy_lower']:.3f}–{report['accuracy_upper']:.3f}) | {report['calibration_error']:.3f} "
            f"| {100 * report['coverage']:.1f} % at {report['precision'] or 0:.3f} "
            f"| {'–' if recall is None else f'{recall:.3f}'} | {row['training_seconds']:.0f} s |")
    return "\n".join(lines)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--datasets", required=True, type=Path)
    parser.add_argument("--rows", default=",".join(ROWS))
    parser.add_argument("--split", default="test", choices=["test", "valid"])
    parser.add_argument("--models", default=ROOT / "data/models", type=Path)
    parser.add_argument("--program", default=ROOT / ".build/release/frontdesk", type=Path)
    parser.add_argument("--results", type=Path)
    options = parser.parse_args()
    path = options.results or ROOT / f"Benchmarks/results/learning-{options.split}.json"
    path.parent.mkdir(exist_ok=True)
    kept = json.loads(path.read_text()) if path.exists() else {"machine": machine(), "rows": {}}
    for name in options.rows.split(","):
        if name not in ROWS:
            sys.exit(f"--rows: there is no '{name}', only {', '.join(ROWS)}")
        if name not in kept["rows"]:
            kept["rows"][name] = measure(options, ROWS[name])
            path.write_text(json.dumps(kept, indent=1, ensure_ascii=False) + "\n")
            print(f"{name}: {kept['rows'][name]['report']['accuracy']:.4f}", flush=True)
    print(table(kept["rows"]))


if __name__ == "__main__":
    main()
