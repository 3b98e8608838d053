"""Trained tokens per second beside a PyTorch script, in one run.

  python3 Benchmarks/training.py PROGRAM MODEL_DIR DATA_DIR [--split train_10shot] [--epochs 2] [--rounds 3] [--batch 32]
      [--peer PYTHON PEER_SCRIPT] [--json FILE]

PROGRAM is the built TrainingBench. The peer is called as PYTHON PEER_SCRIPT MODEL_DIR DATA_DIR SPLIT EPOCHS RATE BATCH and
must print "tokens_per_s N" per epoch. Both run in turn, `rounds` times; the medians of the last epochs are compared.
"""
import argparse, json, re, statistics, subprocess, sys


def ours(a):
    command = [a.program, a.model, f"{a.data}/{a.split}.jsonl", "--epochs", str(a.epochs), "--rate", str(a.rate),
               "--batch", str(a.batch), "--threads", str(a.threads)]
    lines = subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()
    return json.loads(lines[-1])["tokens_per_s"]


def peer(a):
    command = [*a.peer, a.model, a.data, a.split, str(a.epochs), str(a.rate), str(a.batch)]
    text = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    return float(re.findall(r"tokens_per_s (\d+)", text)[-1])


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("program", "model", "data"):
        parser.add_argument(name)
    parser.add_argument("--split", default="train_10shot")
    parser.add_argument("--epochs", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--batch", type=int, default=32)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--rate", type=float, default=5e-5)
    parser.add_argument("--peer", nargs=2, metavar=("PYTHON", "PEER_SCRIPT"))
    parser.add_argument("--json")
    a = parser.parse_args()
    rows = {"ours": [], "peer": []}
    for number in range(a.rounds):
        rows["ours"].append(ours(a))
        if a.peer:
            rows["peer"].append(peer(a))
        print(f"round {number + 1}: " + ", ".join(f"{k} {v[-1]:.0f} tokens/s" for k, v in rows.items() if v), flush=True)
    result = {"split": a.split, "batch": a.batch, "epochs": a.epochs, "threads": a.threads, "tokens_per_s": rows,
              "median": {k: statistics.median(v) for k, v in rows.items() if v}}
    if a.peer:
        result["ratio"] = result["median"]["ours"] / result["median"]["peer"]
        print(f"ratio {result['ratio']:.2f}")
    if a.json:
        json.dump(result, open(a.json, "w"), indent=1)


if __name__ == "__main__":
    sys.exit(main())
