#!/usr/bin/env python3
"""What int8 costs in accuracy: the classifier trained and measured in float32 and in int8, on labelled data sets.

    Benchmarks/accuracy.py --datasets DIR [--sets banking77_fewshot,hwu64,smp2017_ecdt]
        [--encoders multilingual-e5-small,all-minilm-l6-v2] [--models data/models]

A data set is a folder with train.jsonl and test.jsonl, one {"text", "intent"} a line. Everything goes through the program:
import, train, evaluate. Accuracy is over the whole test split, whether a message was accepted or not.
"""
import argparse
import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from serving import ROOT, machine, save


def run(program, *arguments):
    result = subprocess.run([str(program), *map(str, arguments), "--json"], capture_output=True, text=True)
    if result.returncode != 0:
        sys.exit(f"frontdesk {' '.join(map(str, arguments))} ended with {result.returncode}:\n{result.stderr[-2000:]}")
    return json.loads(result.stdout)


def measure(program, models, dataset, encoder, precision):
    """Accuracy on the test split, and the number of its sentences."""
    folder = Path(tempfile.mkdtemp(prefix="frontdesk-accuracy-"))
    try:
        data = folder / "data"
        data.mkdir()
        (data / "models").symlink_to(Path(models).resolve())
        run(program, "import", dataset / "train.jsonl", "--data", data)
        flags = ["--data", data, "--precision", precision]
        run(program, "train", "--activate", "--encoder", encoder, *flags)
        report = run(program, "evaluate", dataset / "test.jsonl", *flags)
        return report["accuracy"], report["samples"]
    finally:
        shutil.rmtree(folder)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--datasets", required=True, type=Path)
    parser.add_argument("--sets", default="banking77_fewshot,hwu64,smp2017_ecdt")
    parser.add_argument("--encoders", default="multilingual-e5-small,all-minilm-l6-v2")
    parser.add_argument("--models", default=ROOT / "data/models", type=Path)
    parser.add_argument("--program", default=ROOT / ".build/release/frontdesk", type=Path)
    options = parser.parse_args()
    rows = []
    print("| data set | encoder | float32 | int8 | difference in points |\n| --- | --- | --- | --- | --- |")
    for name in options.sets.split(","):
        for encoder in options.encoders.split(","):
            exact, count = measure(options.program, options.models, options.datasets / name, encoder, "float32")
            fast, _ = measure(options.program, options.models, options.datasets / name, encoder, "int8")
            rows.append({"set": name, "encoder": encoder, "count": count, "float32": exact, "int8": fast})
            print(f"| {name} | {encoder} | {exact:.4f} | {fast:.4f} | {100 * (fast - exact):+.2f} |", flush=True)
    save("accuracy", {"machine": machine(), "rows": rows})


if __name__ == "__main__":
    main()
