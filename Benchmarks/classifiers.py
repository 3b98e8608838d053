#!/usr/bin/env python3
"""Classifiers beside the intents on public data sets: the starter bot with an imported label set, measured in int8.

    Benchmarks/classifiers.py --datasets DIR [--rows "NAME;…"] [--split test|valid] [--results FILE]

Every row goes through the program: import, train, evaluate. Results are kept in FILE as they come; a row that is there is not
repeated, so the script can be stopped and started. While tuning, measure on `--split valid`.
"""
import argparse
import json
import sys
import tempfile
import time
from pathlib import Path

from learning import E5, run
from serving import ROOT, machine

# name: (folder, options of the training), all with multilingual-e5-small
ROWS = {
    "sst2, frozen encoder": ("sst2", ["--method", "head"]),
    "waimai_10k, frozen encoder": ("waimai_10k", ["--method", "head"]),
    "sst2, tuned together with the intents": ("sst2", ["--method", "full", "--epochs", "3"]),
    "waimai_10k, tuned together with the intents": ("waimai_10k", ["--method", "full", "--epochs", "3"]),
}


def measure(options, folder, training):
    with tempfile.TemporaryDirectory(prefix="frontdesk-classifiers-") as scratch:
        data = Path(scratch) / "data"
        data.mkdir()
        (data / "models").symlink_to(options.models.resolve())
        run(options.program, "import", ROOT / "Intents", "--data", data)
        source = options.datasets / folder
        run(options.program, "import", source / "train.jsonl", "--classifier", "sentiment", "--data", data)
        began = time.monotonic()
        trained = run(options.program, "train", "--activate", "--encoder", E5, *training, "--data", data)
        seconds = time.monotonic() - began
        report = run(options.program, "evaluate", source / f"{options.split}.jsonl", "--classifier", "sentiment",
                     "--data", data)
        return {"options": training, "split": options.split, "training_seconds": round(seconds, 1),
                "intents_accuracy": trained["metrics"]["accuracy"], "report": report}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--datasets", required=True, type=Path)
    parser.add_argument("--rows", default=";".join(ROWS), help="names, separated by semicolons")
    parser.add_argument("--split", default="test", choices=["test", "valid"])
    parser.add_argument("--models", default=ROOT / "data/models", type=Path)
    parser.add_argument("--program", default=ROOT / ".build/release/frontdesk", type=Path)
    parser.add_argument("--results", type=Path)
    options = parser.parse_args()
    path = options.results or ROOT / f"Benchmarks/results/classifiers-{options.split}.json"
    path.parent.mkdir(exist_ok=True)
    kept = json.loads(path.read_text()) if path.exists() else {"machine": machine(), "rows": {}}
    for name in options.rows.split(";"):
        if name not in ROWS:
            sys.exit(f"--rows: there is no '{name}', only {'; '.join(ROWS)}")
        if name not in kept["rows"]:
            kept["rows"][name] = measure(options, *ROWS[name])
            path.write_text(json.dumps(kept, indent=1, ensure_ascii=False) + "\n")
        row = kept["rows"][name]
        report = row["report"]
        print(f"{name}: {report['accuracy']:.4f} ({report['accuracy_lower']:.3f}–{report['accuracy_upper']:.3f}), "
              f"calibration error {report['calibration_error']:.3f}, intents cross-validated "
              f"{row['intents_accuracy']:.4f}, training {row['training_seconds']:.0f} s", flush=True)


if __name__ == "__main__":
    main()
