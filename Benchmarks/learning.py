#!/usr/bin/env python3
"""The accuracy table: the program trained and measured on labelled data sets, a row at a time.

    Benchmarks/learning.py --datasets DIR [--rows "NAME;…"] [--split test|valid] [--results FILE]

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
from typing import NamedTuple

from serving import ROOT, machine

MINILM, E5 = "all-minilm-l6-v2", "multilingual-e5-small"


class Row(NamedTuple):
    folder: str
    files: list  # training files
    encoder: str
    method: str
    out_of_scope: str = "without"  # or "with"
    unlabelled: str = None  # a file whose sentences are used without their labels
    options: list = []


ROWS = {
    "banking77 5-shot": Row("banking77_fewshot", ["train_5shot"], MINILM, "contrastive"),
    "banking77 10-shot": Row("banking77_fewshot", ["train_10shot"], MINILM, "contrastive"),
    "banking77 10-shot, unlabelled": Row(
        "banking77_fewshot", ["train_10shot"], MINILM, "contrastive", unlabelled="train"),
    "banking77 full": Row("banking77_fewshot", ["train"], MINILM, "full"),
    "banking77 full and valid": Row("banking77_fewshot", ["train", "valid"], MINILM, "full"),
    "hwu64 10-shot": Row("hwu64", ["train_10shot"], MINILM, "contrastive"),
    "hwu64 10-shot, unlabelled": Row("hwu64", ["train_10shot"], MINILM, "contrastive", unlabelled="train"),
    "hwu64 full": Row("hwu64", ["train"], MINILM, "full"),
    "clinc150 10-shot": Row("clinc150", ["../clinc150_fewshot/train_10shot"], MINILM, "contrastive"),
    "clinc150 10-shot, unlabelled": Row(
        "clinc150", ["../clinc150_fewshot/train_10shot"], MINILM, "contrastive", unlabelled="train"),
    "clinc150 full": Row("clinc150", ["train"], MINILM, "full"),
    "clinc150 with out-of-scope": Row("clinc150", ["train"], MINILM, "full", out_of_scope="with"),
    "snips": Row("snips", ["train"], MINILM, "full"),
    "smp2017_ecdt": Row("smp2017_ecdt", ["train"], E5, "full"),
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


def unlabel(source, target):
    """The sentences of a file, those out of scope too."""
    with open(source) as rows, open(target, "w") as out:
        for row in map(json.loads, rows):
            out.write(json.dumps({"text": row["text"]}, ensure_ascii=False) + "\n")


def measure(options, row):
    scratch = Path(tempfile.mkdtemp(prefix="frontdesk-learning-"))
    try:
        data = scratch / "data"
        data.mkdir()
        (data / "models").symlink_to(options.models.resolve())
        for index, name in enumerate(row.files):
            part = scratch / f"train{index}.jsonl"
            copy(options.datasets / row.folder / f"{name}.jsonl", part, row.out_of_scope)
            run(options.program, "import", part, "--data", data)
        further = list(row.options)
        if row.unlabelled:
            texts = scratch / "unlabelled.jsonl"
            unlabel(options.datasets / row.folder / f"{row.unlabelled}.jsonl", texts)
            further += ["--unlabelled", texts]
        began = time.monotonic()
        trained = run(options.program, "train", "--activate", "--encoder", row.encoder, "--method", row.method, *further,
                      "--data", data)
        seconds = time.monotonic() - began
        test = scratch / "test.jsonl"
        copy(options.datasets / row.folder / f"{options.split}.jsonl", test, row.out_of_scope)
        report = run(options.program, "evaluate", test, "--data", data)
        # What is kept are figures; the sentences belong to the data sets.
        for sentences in ("mistakes", "confused_pairs"):
            report.pop(sentences, None)
        return {"encoder": row.encoder, "method": row.method, "options": row.options,
                "unlabelled": row.unlabelled, "split": options.split,
                "examples": trained["metrics"]["examples"], "training_seconds": round(seconds, 1),
                "cross_validated": trained["metrics"], "report": report}
    finally:
        shutil.rmtree(scratch)


def table(results):
    lines = ["| data | encoder, method | accuracy (95 %) | calibration error | answered at precision | with out-of-scope: "
             "in-scope accuracy, recall at one threshold; AUROC | training |", "| --- | --- | --- | --- | --- | --- | --- |"]
    for name, row in results.items():
        report = row["report"]
        curve = report.get("out_of_scope_curve")
        point = curve and curve["balanced"]
        lines.append(
            f"| {name} | {row['encoder']}, {row['method']} | {report['accuracy']:.4f} "
            f"({report['accuracy_lower']:.3f}–{report['accuracy_upper']:.3f}) | {report['calibration_error']:.3f} "
            f"| {100 * report['coverage']:.1f} % at {report['precision'] or 0:.3f} "
            + ("| – " if curve is None else
               f"| {point['in_scope_accuracy']:.3f}, {point['out_of_scope_recall']:.3f}; {curve['auroc']:.3f} ")
            + f"| {row['training_seconds']:.0f} s |")
    return "\n".join(lines)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--datasets", required=True, type=Path)
    parser.add_argument("--rows", default=";".join(ROWS))
    parser.add_argument("--split", default="test", choices=["test", "valid"])
    parser.add_argument("--models", default=ROOT / "data/models", type=Path)
    parser.add_argument("--program", default=ROOT / ".build/release/frontdesk", type=Path)
    parser.add_argument("--results", type=Path)
    options = parser.parse_args()
    path = options.results or ROOT / f"Benchmarks/results/learning-{options.split}.json"
    path.parent.mkdir(exist_ok=True)
    kept = json.loads(path.read_text()) if path.exists() else {"machine": machine(), "rows": {}}
    for name in options.rows.split(";"):
        if name not in ROWS:
            sys.exit(f"--rows: there is no '{name}', only {'; '.join(ROWS)}")
        if name not in kept["rows"]:
            kept["rows"][name] = measure(options, ROWS[name])
            path.write_text(json.dumps(kept, indent=1, ensure_ascii=False) + "\n")
            print(f"{name}: {kept['rows'][name]['report']['accuracy']:.4f}", flush=True)
    print(table(kept["rows"]))


if __name__ == "__main__":
    main()
