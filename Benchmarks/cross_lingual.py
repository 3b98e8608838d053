#!/usr/bin/env python3
"""What the starter bot understands of Chinese when its Chinese examples are taken away.

    Benchmarks/cross_lingual.py [--method head|full] [--models DIR] [--program FILE]

Its answers and buttons stay in both languages. The examples that were taken away are what is measured on.
"""
import argparse
import json
import re
import shutil
import sys
import tempfile
from pathlib import Path

from learning import E5, run
from serving import ROOT

MARK = re.compile(r"\[([^\]]*)\]\([^)]*\)")


def divide(path):
    """The text of an intent's file without its Chinese examples, and these examples.

    The starter bot's files keep them as a list below `  zh:`, one line each.
    """
    kept, taken, inside = [], [], False
    for line in path.read_text().splitlines():
        if re.fullmatch(r"  zh:\s*", line):
            inside = True
        elif inside and line.startswith("    - "):
            text = line[6:].strip()
            text = json.loads(text) if text.startswith('"') else text.strip("'")
            taken.append(MARK.sub(r"\1", text))
        else:
            inside = False
            kept.append(line)
    return "\n".join(kept) + "\n", taken


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--method", default="head")
    parser.add_argument("--models", default=ROOT / "data/models", type=Path)
    parser.add_argument("--program", default=ROOT / ".build/release/frontdesk", type=Path)
    options = parser.parse_args()
    scratch = Path(tempfile.mkdtemp(prefix="frontdesk-cross-lingual-"))
    try:
        data, intents, test = scratch / "data", scratch / "Intents", scratch / "test.jsonl"
        data.mkdir()
        (data / "models").symlink_to(options.models.resolve())
        shutil.copytree(ROOT / "Intents", intents)
        with open(test, "w") as out:
            for path in sorted(intents.glob("*.yaml")):
                kept, taken = divide(path)
                path.write_text(kept)
                for text in taken:
                    out.write(json.dumps({"text": text, "intent": path.stem}, ensure_ascii=False) + "\n")
        run(options.program, "import", intents, "--data", data)
        trained = run(options.program, "train", "--activate", "--encoder", E5, "--method", options.method, "--data", data)
        report = run(options.program, "evaluate", test, "--data", data)
        print(f"{options.method}: {trained['metrics']['examples']} English examples, accuracy on {report['samples']} Chinese ones "
              f"{report['accuracy']:.4f} ({report['accuracy_lower']:.3f}–{report['accuracy_upper']:.3f}), calibration error "
              f"{report['calibration_error']:.3f}; answers {100 * report['coverage']:.1f} % at precision {report['precision']:.3f}")
    finally:
        shutil.rmtree(scratch)


if __name__ == "__main__":
    sys.exit(main())
